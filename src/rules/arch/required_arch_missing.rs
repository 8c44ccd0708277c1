//! # required-arch-missing
//!
//! A library contains device code, but not for every target that `scan --require` asks for. Intended as a gate for package publishers.
//!
//! ## How it is decided
//! Each library with device code must contain an image of exactly each target in nine tenths of its fatbins, not counting those for one GPU
//! generation only. Code for a lower minor version, or PTX, does not count: the question is what was built, not what would run. Code found
//! only outside the named sections does not count either: nothing shows that the library loads it. A target that the baseline
//! (`--baseline`) lists under `lacks` for a library is not required of it; nothing else exempts a library, not even its name.
//!
//! ## How to fix it
//! Build with the missing targets: `-gencode arch=compute_120,code=sm_120`, or TORCH_CUDA_ARCH_LIST="…;12.0". What a library leaves out by design,
//! such as one variant for each CUDA release, or kernels for one GPU family, belongs in the baseline: `lacks = ["sm_120"]`.
//!
//! ## In a log
//! Nothing until someone with that GPU runs it.
//!
//! ## Sources
//! nvcc manual, `-gencode`.

use crate::{
    compat,
    facts::{CodeTarget, Fact, Library, Package},
    finding::{Evidence, Severity},
    knowledge::Knowledge,
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, shared::describe},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "required-arch-missing",
    scope: Scope::Environment,
    judges: Judges::Artifacts,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment.filter(|_| !context.facts.required.is_empty()) else {
        return Outcome::NotApplicable;
    };
    // The part that sampling skipped may be the package's main code, unless a library that a row names was read.
    let is_named = |package: &Package| {
        package.libraries.iter().any(|l| context.knowledge.is_main_library(&package.name, &l.path, None))
    };
    if let Some(unread) = environment.unlisted.first().filter(|_| !environment.packages.iter().any(is_named)) {
        return Outcome::Needs(vec![format!("the device code of {}: {}", unread.path, unread.why)]);
    }
    let libraries: Vec<&Library> = environment.packages.iter().flat_map(|package| &package.libraries).collect();
    let lacking: Vec<(&Library, Vec<String>)> = libraries
        .iter()
        .filter_map(|library| {
            let missing: Vec<String> = context
                .facts
                .required
                .iter()
                .filter(|target| !excused(context, library, **target) && lacks(context.knowledge, library, **target))
                .map(|target| named(library, *target))
                .collect();
            (!missing.is_empty()).then_some((*library, missing))
        })
        .collect();
    if lacking.is_empty() {
        let any = libraries.iter().any(|library| library.code.value().is_some_and(|code| code.fatbins > 0));
        return if any { Outcome::Holds } else { Outcome::Needs(vec!["a library with device code".to_owned()]) };
    }
    let shown: Vec<String> = lacking
        .iter()
        .take(3)
        .map(|(library, missing)| format!("{} lacks {}", library.path, missing.join(", ")))
        .collect();
    let more = lacking.len().saturating_sub(3);
    let more = match more {
        0 => String::new(),
        1 => "; and 1 more library".to_owned(),
        more => format!("; and {more} more libraries"),
    };
    let mut draft = Draft::of_environment(environment, format!("{}{more}.", shown.join("; ")))
        .symptom("CUDA error: no kernel image is available for execution on the device");
    for (library, missing) in lacking {
        if let Fact::Known { value, via } = &library.code {
            draft = draft.cause(missing.join(" ")).evidence(Evidence::new(describe(context.knowledge, value), via));
        }
    }
    draft.found()
}

/// Whether the baseline says that a library lacks a target by design.
fn excused(context: &Context<'_>, library: &Library, target: CodeTarget) -> bool {
    context.facts.excused.get(&library.path).is_some_and(|targets| targets.contains(&target))
}

/// The target, and whether it was found only where nothing shows that the library loads it.
fn named(library: &Library, target: CodeTarget) -> String {
    match library.code.value().is_some_and(|code| code.hidden.contains_key(&target)) {
        true => format!("{target} (found only outside the named sections)"),
        false => target.to_string(),
    }
}

/// Whether a library with device code lacks a target in its general part. Code found only by searching the whole file does not count.
fn lacks(knowledge: &Knowledge, library: &Library, target: CodeTarget) -> bool {
    let Some(code) = library.code.value() else { return false };
    let built = compat::built(knowledge, code);
    match built.fatbins {
        0 => !code.hidden.is_empty(),
        _ => !built.serves(target),
    }
}
