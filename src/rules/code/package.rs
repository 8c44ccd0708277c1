//! The libraries of a package together on one GPU: the deciding ones, the best of several variants, without kernels for one other
//! generation.

use std::collections::BTreeMap;

use super::{
    Answer, Support, Terms,
    library::{generation, has_runnable, on_library},
};
use crate::{
    facts::{CodeKind, CodeTarget, ComputeCapability, Extent, Library},
    knowledge::Knowledge,
    python::{file_name, library_variant},
};

/// The libraries that decide which GPUs a package runs on.
#[derive(Debug, Clone)]
pub struct Deciding<'a> {
    /// The deciding libraries in which code was found.
    pub libraries: Vec<&'a Library>,
    /// Whether a row names them; otherwise these are all libraries with runnable code, and which of them are needed is unknown.
    pub known: bool,
    /// Those that the package loads instead on GPUs that the others do not support.
    pub instead: Vec<&'a Library>,
}

/// Whether a GPU can run a package.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// The kind of answer.
    pub support: Support,
    /// The code that the GPU uses, if it runs.
    pub target: Option<CodeTarget>,
    /// What keeps it from running, or what the answer is based on, as the end of a sentence.
    pub why: Option<String>,
    /// Whether that mentions a sample.
    pub tells_of_sample: bool,
    /// The library that the answer comes from.
    pub library: &'a Library,
    /// That library's answer.
    pub answer: Answer,
}

/// The deciding libraries of a package. `name`: the distribution's name; `None` for a folder or a file, whose names do not identify a
/// package. `cuda`: the digits by which some packages choose among their libraries, if known.
pub fn deciding<'a>(
    knowledge: &Knowledge,
    name: Option<&str>,
    libraries: &'a [Library],
    cuda: Option<&str>,
) -> Deciding<'a> {
    let judged: Vec<(&Library, bool)> =
        libraries.iter().filter_map(|library| Some((library, is_little(library)?))).collect();
    let of = |is: &dyn Fn(&Library) -> bool| judged.iter().map(|(library, _)| *library).filter(|l| is(l)).collect();
    let main: Vec<&Library> = match name.map(|name| knowledge.main_library(name, cuda)) {
        Some(is_main) => of(&|library| is_main(&library.path)),
        None => Vec::new(),
    };
    let instead = match name {
        Some(name) => of(&|library| knowledge.is_taken_instead(name, &library.path, cuda)),
        None => Vec::new(),
    };
    let whole: Vec<&Library> = judged.iter().filter(|(_, little)| !little).map(|(library, _)| *library).collect();
    let known = !main.is_empty();
    let libraries = match (known, whole.is_empty()) {
        (true, _) => main,
        (false, false) => whole,
        (false, true) => of(&|_| true),
    };
    Deciding { libraries, known, instead }
}

/// Whether a package is one of NVIDIA's own libraries: the packages that load it decide what it must support, and most select kernels
/// themselves.
pub fn is_of_nvidia(name: &str) -> bool {
    ["nvidia-", "cuda-"].iter().any(|prefix| name.starts_with(prefix))
}

/// Whether a library contains next to no code, just what a compiler leaves behind: libcufftw.so.11 has one fatbin, only for sm_52. `None`
/// for a library without runnable code.
fn is_little(library: &Library) -> Option<bool> {
    let code = library.code.value().filter(|code| has_runnable(code))?;
    let bytes = code.bytes.values().sum::<u64>();
    // A row has no byte counts, and a sample has incomplete ones.
    let measured = !matches!(code.extent, Extent::Claim | Extent::Sampled);
    Some(measured && code.hidden.is_empty() && code.fatbins <= 1 && bytes < 4096 && !is_loose(library))
}

/// Whether a file consists only of code: then a small size means nothing.
fn is_loose(library: &Library) -> bool {
    use crate::facts::Container::{Cubin, Fatbin, Ptx};
    matches!(library.container, Fatbin | Cubin | Ptx)
}

impl<'a> Deciding<'a> {
    /// Whether a GPU can run them; `None` if there are none.
    pub fn on(&self, terms: &Terms<'_>, capability: ComputeCapability) -> Option<Judgement<'a>> {
        let answers = |libraries: &[&'a Library]| -> Vec<(&'a Library, Answer)> {
            libraries.iter().filter_map(|library| Some((*library, on_library(terms, library, capability)?))).collect()
        };
        let main = together(terms, &answers(&self.libraries), capability)?;
        if !matches!(main.support, Support::Partial | Support::No) || self.instead.is_empty() {
            return Some(main);
        }
        let instead = together(terms, &answers(&self.instead), capability);
        instead.filter(|instead| instead.support == Support::Yes).or(Some(main))
    }
}

/// Answers of several libraries as one.
pub fn together<'a>(
    terms: &Terms<'_>,
    answers: &[(&'a Library, Answer)],
    capability: ComputeCapability,
) -> Option<Judgement<'a>> {
    let answers: Vec<One<'a, '_>> = answers.iter().map(|(library, answer)| One { library, answer }).collect();
    // Kernels for one other generation are never loaded on this GPU, like fatbins of one other generation.
    let concerns =
        |one: &One<'_, '_>| one.works() || generation(one.library).is_none_or(|major| major == capability.major);
    let (mut concerning, mut other): (Vec<_>, Vec<_>) = answers.into_iter().partition(concerns);
    if concerning.is_empty() {
        concerning = std::mem::take(&mut other);
    }
    // A program loads one of several variants of a library: the best one counts.
    let mut slots: BTreeMap<String, Vec<One<'a, '_>>> = BTreeMap::new();
    for one in concerning {
        let path = &one.library.path;
        slots.entry(library_variant(file_name(path)).unwrap_or_else(|| path.clone())).or_default().push(one);
    }
    let best = slots.values().filter_map(|slot| slot.iter().min_by_key(|one| one.answer.support()).copied());
    let chosen: Vec<One<'a, '_>> = best.collect();
    let lacking: Vec<One<'a, '_>> = chosen.iter().copied().filter(|one| !one.works()).collect();
    if !lacking.is_empty() {
        return lacks(terms, &lacking, chosen.len());
    }
    let mut judgement = works(terms, &slots, &chosen)?;
    if !other.is_empty() {
        let names: Vec<&str> = other.iter().map(|one| file_name(&one.library.path)).collect();
        let note = format!("except for {}, which is only for another generation", names.join(", "));
        judgement.why = Some(judgement.why.map_or(note.clone(), |why| format!("{why}; {note}")));
    }
    Some(judgement)
}

/// A library and whether a GPU can run it.
#[derive(Clone, Copy)]
struct One<'a, 'b> {
    library: &'a Library,
    answer: &'b Answer,
}

impl<'a> One<'a, '_> {
    fn works(&self) -> bool {
        self.answer.support() == Support::Yes
    }

    fn is_sampled(&self) -> bool {
        self.library.code.value().is_some_and(|code| code.extent == Extent::Sampled)
    }

    fn why(&self, terms: &Terms<'_>) -> Option<String> {
        self.answer.why(terms, self.is_sampled())
    }

    fn tells_of_sample(&self) -> bool {
        self.is_sampled() && self.answer.tells_of_sample()
    }

    fn judgement(&self, support: Support, why: Option<String>) -> Judgement<'a> {
        let target = self.answer.target().filter(|_| support == Support::Yes);
        let (library, answer) = (self.library, self.answer.clone());
        Judgement { support, target, why, tells_of_sample: false, library, answer }
    }
}

/// All deciding libraries run: how.
fn works<'a>(
    terms: &Terms<'_>,
    slots: &BTreeMap<String, Vec<One<'a, '_>>>,
    chosen: &[One<'a, '_>],
) -> Option<Judgement<'a>> {
    let fatbins = |one: &&One<'_, '_>| one.library.code.value().map_or(0, |code| code.fatbins);
    let from_ptx = |one: &One<'_, '_>| one.answer.target().is_some_and(|target| target.kind == CodeKind::Ptx);
    let compiled: Vec<One<'a, '_>> = chosen.iter().copied().filter(from_ptx).collect();
    // If the driver must compile any of them, that is the answer; else the largest library decides.
    let largest = if compiled.is_empty() { chosen } else { &compiled }.iter().max_by_key(fatbins)?;
    let some = |slot: &&Vec<One<'_, '_>>| slot.len() > 1 && slot.iter().any(|one| !one.works());
    let why = match slots.values().find(some) {
        Some(slot) => {
            let works: Vec<&str> =
                slot.iter().filter(|one| one.works()).map(|one| file_name(&one.library.path)).collect();
            Some(format!("{} of {} variants: {}", works.len(), slot.len(), works.join(", ")))
        }
        None if !compiled.is_empty() && compiled.len() < chosen.len() => {
            Some(format!("{} of {} libraries from PTX", compiled.len(), chosen.len()))
        }
        None if chosen.len() == 1 => largest.why(terms),
        None => None,
    };
    Some(largest.judgement(Support::Yes, why))
}

/// A deciding library does not run: which, and why. `all`: how many libraries decide.
fn lacks<'a>(terms: &Terms<'_>, lacking: &[One<'a, '_>], all: usize) -> Option<Judgement<'a>> {
    let mildest = lacking.iter().map(|one| one.answer.support()).min()?;
    // The lowest-ranked one decides; among equals, the first.
    let speaks = lacking.iter().min_by_key(|one| one.answer.rank())?;
    let first = lacking.first()?.why(terms);
    if lacking.len() == all && (all == 1 || lacking.iter().all(|one| one.why(terms) == first)) {
        let tells_of_sample = speaks.tells_of_sample();
        return Some(Judgement { tells_of_sample, ..speaks.judgement(mildest, first) });
    }
    let mut names: Vec<&str> = lacking.iter().take(3).map(|one| file_name(&one.library.path)).collect();
    if lacking.len() > 3 {
        names.push("…");
    }
    let names = names.join(", ");
    let mut tells_of_sample = false;
    let (support, why) = match mildest {
        Support::Unknown => (Support::Unknown, format!("unknown for {names}")),
        mildest if lacking.len() == all => (mildest, format!("no support in any of {all} libraries: {names}")),
        // A single library can give its own reason.
        _ => match lacking {
            [one] => {
                tells_of_sample = one.tells_of_sample();
                let why = one.why(terms).map_or(String::new(), |why| format!(": {why}"));
                (Support::Partial, format!("no support in 1 of {all} libraries: {names}{why}"))
            }
            _ => (Support::Partial, format!("no support in {} of {all} libraries: {names}", lacking.len())),
        },
    };
    Some(Judgement { tells_of_sample, ..speaks.judgement(support, Some(why)) })
}
