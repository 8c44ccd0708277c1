//! One library on one GPU.

use super::{Answer, Terms, floor};
use crate::{
    compat::{self, Reach},
    facts::{CodeKind, CodeObjects, CodeTarget, ComputeCapability, CudaVersion, Extent, Library},
    python::file_name,
};

/// Whether a GPU can run a library's code. `None` for a library without runnable code.
pub fn on_library(terms: &Terms<'_>, library: &Library, capability: ComputeCapability) -> Option<Answer> {
    let code = library.code.value().filter(|code| has_runnable(code))?;
    let floor = || floor::runtime(terms, library).or_else(|| floor::unserved(terms, library, capability));
    if let Some(floor) = terms.floors.then(floor).flatten() {
        return Some(Answer::Driver(floor));
    }
    let in_sections = code.modules.iter().any(|group| !group.images.is_empty());
    Some(match in_sections && !code.is_stub() {
        true => by_fatbins(terms, library, code, capability),
        false => hidden(terms, code, capability),
    })
}

/// Whether there is any code that could run.
pub fn has_runnable(code: &CodeObjects) -> bool {
    !code.hidden.is_empty() || code.modules.iter().any(|group| !group.images.is_empty())
}

fn by_fatbins(terms: &Terms<'_>, library: &Library, code: &CodeObjects, capability: ComputeCapability) -> Answer {
    let reach = |cuda| on_code(&Terms { cuda, ..*terms }, code, capability);
    let told = terms.cuda.or_else(|| by_ptx(terms, code));
    let linked = floor::linked_major(library).map(|major| CudaVersion::new(major, 0));
    let reached = reach(told.or(linked));
    if let Reach::Partial(some, all) = reached
        && terms.knowledge.dispatches(file_name(&library.path))
    {
        return Answer::Chooses(some, all);
    }
    // If fatbins differ, the ones that were read say nothing about the others.
    if code.extent == Extent::Sampled && (terms.share.is_some() || matches!(reached, Reach::Partial(..))) {
        return Answer::Sampled;
    }
    // From a certain CUDA release on, desktop code also runs on Jetson; linked libraries reveal only the major release.
    let unified = terms.knowledge.sass_exclusion_lifted().filter(|unified| {
        reached.lacks() && told.is_none() && linked.is_none_or(|linked| linked.major == unified.major)
    });
    match unified.map(|unified| (unified, reach(Some(unified)))) {
        Some((unified, Reach::Native(target) | Reach::Compiled(target))) => Answer::IfBuiltWith(unified, target),
        _ => Answer::Fatbins(reached),
    }
}

/// What a GPU can use of code in fatbins, including code claimed by a row.
pub fn on_code(terms: &Terms<'_>, code: &CodeObjects, capability: ComputeCapability) -> Reach {
    let coverage = compat::coverage(terms.knowledge, code, capability, terms.cuda, terms.driver);
    compat::reach_with_share(&coverage, terms.share)
}

/// Code outside the named sections: evidence that a target is present, only weak evidence that one is absent.
fn hidden(terms: &Terms<'_>, code: &CodeObjects, capability: ComputeCapability) -> Answer {
    let fits = |target: &&CodeTarget| match target.kind {
        CodeKind::Sass => compat::sass_runs(terms.knowledge, target.target, capability, terms.cuda),
        CodeKind::Ptx => compat::ptx_runs(terms.knowledge, target.target, capability),
        _ => false,
    };
    let serving = code.hidden.keys().filter(fits).max_by_key(|target| (target.kind == CodeKind::Sass, target.target));
    let found = code.hidden.values().fold(0u32, |sum, count| sum.saturating_add(*count));
    serving.map_or(Answer::HiddenForOthers(found), |target| Answer::Hidden(*target, found))
}

/// The CUDA release that a library was built with, by the version of the PTX in it.
fn by_ptx(terms: &Terms<'_>, code: &CodeObjects) -> Option<CudaVersion> {
    let images = code.modules.iter().flat_map(|group| &group.images);
    images.filter_map(|image| image.isa).max().and_then(|isa| terms.knowledge.ptx_cuda(isa))
}

/// The generation that all of a library's code is for, if there is only one.
pub fn generation(library: &Library) -> Option<u16> {
    let mut majors =
        library.code.value()?.modules.iter().filter(|group| !group.images.is_empty()).map(compat::generation);
    let first = majors.next()??;
    majors.all(|major| major == Some(first)).then_some(first)
}
