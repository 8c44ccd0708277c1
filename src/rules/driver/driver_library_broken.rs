//! # driver-library-broken
//!
//! A driver library is present but cannot be loaded: it is empty, truncated, for another architecture, a dangling link, or lacks its own
//! dependencies.
//!
//! ## How it is decided
//! From the loader's own message, if libcuda and NVML are queried. With `--root`, with `--no-driver`, and for the compilers that libcuda
//! loads on demand (PTX, NVVM), from the file that the loader would pick: its length and its ELF headers. Broken compilers are a warning,
//! because machine code runs without them. If no driver should be there (no kernel module, no intact NVML), an empty file is what a
//! container runtime leaves behind in an image, and only informational: the runtime mounts the real file over it.
//!
//! ## How to fix it
//! Reinstall the driver. In an image, remove the file.
//!
//! ## In a log
//! `libcuda.so.1: file too short`; `wrong ELF class: ELFCLASS32`; `PTX JIT compiler library not found`.
//!
//! ## Sources
//! gpucheck queries each library in a separate process with a deadline (docs/probing.md); ld.so(8); NVIDIA/libnvidia-container#140 (an
//! image built with NVIDIA's runtime keeps the mount points as empty files).

use crate::{
    facts::{ContactOutcome, DriverFile, DriverPart, FileDamage},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        stack::strange,
        user_space::{chosen, driver_is_here, evidence, was_loaded},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-library-broken",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let by_loader = strange(context, |answer| matches!(answer, ContactOutcome::Unloadable { .. }), "cannot be loaded.");
    match (by_loader, by_files(context)) {
        (Outcome::Finding(mut draft), files) => {
            // Both have the same cause: the loader's message, and the file that it refers to.
            if let Some(files) = files {
                draft.evidence.extend(files.evidence);
            }
            Outcome::Finding(draft)
        }
        (_, Some(files)) => files.found(),
        (outcome, None) if context.facts.driver_files.value().is_none_or(Vec::is_empty) => outcome,
        (_, None) => Outcome::Holds,
    }
}

fn by_files(context: &Context<'_>) -> Option<Draft> {
    let here = driver_is_here(context);
    let broken: Vec<_> = DriverPart::ALL
        .into_iter()
        .filter(|part| !was_loaded(context, *part))
        .filter_map(|part| {
            let (index, file) = chosen(context, part)?;
            let damage = file.damage.as_ref()?;
            let severity = severity(part, damage, here.is_some())?;
            Some((index, file, damage, severity))
        })
        .collect();
    let worst = broken.iter().map(|(.., severity)| *severity).max()?;
    let said =
        |(_, file, damage, _): &(usize, &DriverFile, &FileDamage, Severity)| format!("{} {damage}", file.part.soname());
    let mut summary = format!("{}.", broken.iter().map(said).collect::<Vec<_>>().join("; "));
    if here.is_none() && worst == Severity::Info {
        summary +=
            " No driver is installed here: a container runtime left the file behind and mounts the real one over it.";
    }
    let mut draft = Draft::new("NVIDIA driver", summary).severity(worst);
    for (index, file, damage, _) in &broken {
        draft = draft.evidence(evidence(&damage.to_string(), *index, file)).cause(file.part.soname());
    }
    draft.evidence.extend(here);
    let symptom = broken.first().map(|(_, file, damage, _)| symptom(file.part, damage))?;
    Some(draft.symptom(symptom))
}

/// The loader's message about it, or libcuda's if the loader's is not shown.
fn symptom(part: DriverPart, damage: &FileDamage) -> String {
    let said = match damage {
        _ if !matches!(part, DriverPart::Cuda | DriverPart::Nvml) => {
            return "PTX JIT compiler library not found".to_owned();
        }
        FileDamage::Empty | FileDamage::CutOff { .. } => "file too short",
        FileDamage::NotALibrary { .. } => "invalid ELF header",
        FileDamage::OtherMachine => "wrong ELF class",
        FileDamage::NotAFile => "cannot read file data",
        FileDamage::Dangling | FileDamage::Unlinked | FileDamage::Unreadable { .. } => "cannot open shared object file",
    };
    format!("{}: {said}", part.soname())
}

/// The severity; `None` for a file that the loader skips if no driver should be there.
fn severity(part: DriverPart, damage: &FileDamage, here: bool) -> Option<Severity> {
    match (part, damage) {
        (DriverPart::Cuda | DriverPart::Nvml, _) if here => Some(Severity::Error),
        _ if here => Some(Severity::Warning),
        (_, damage) if damage.is_passed_over() => None,
        (_, FileDamage::Empty) => Some(Severity::Info),
        _ => Some(Severity::Warning),
    }
}
