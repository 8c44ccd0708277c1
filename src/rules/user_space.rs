//! What the rules about the driver's user-space files share: whether a driver should be here at all, and which file of a library the loader
//! picks.

use super::{Context, stack::Asked};
use crate::{
    facts::{ContactOutcome, DriverFile, DriverPart, DriverVersion, Fact, LibraryKind, Source},
    finding::Evidence,
};

/// The evidence that a driver is installed on this machine or in this tree: its module, loaded or built, or an intact NVML. `None` if there
/// is neither: an image without a driver, into which the runtime mounts one, or a machine without NVIDIA.
pub fn driver_is_here(context: &Context<'_>) -> Option<Evidence> {
    if let Some((version, via, is_loaded)) = module(context) {
        let state = if is_loaded { "loaded" } else { "installed" };
        let key = if is_loaded { "version" } else { "installed" };
        return Some(
            Evidence::new(format!("kernel module {version} is {state}"), via.to_string())
                .at(format!("/facts/kernel/{key}")),
        );
    }
    if context.facts.kernel.has_loaded("nvidia") == Some(true) {
        let via = context.facts.kernel.loaded.via().map(ToString::to_string).unwrap_or_default();
        return Some(Evidence::new("the nvidia kernel module is loaded", via).at("/facts/kernel/loaded"));
    }
    let (index, nvml) = chosen(context, DriverPart::Nvml).filter(|(_, file)| file.damage.is_none())?;
    Some(evidence("found", index, nvml))
}

/// The version of the kernel module that these files are used with, and whether it is loaded: the loaded one; if none is loaded or that is
/// unknown, the one that is built.
pub fn module<'a>(context: &Context<'a>) -> Option<(&'a DriverVersion, &'a Source, bool)> {
    let kernel = &context.facts.kernel;
    match (&kernel.version, &kernel.installed) {
        (Fact::Known { value, via }, _) => Some((value, via, true)),
        (_, Fact::Known { value, via }) => Some((value, via, false)),
        _ => None,
    }
}

/// The file that the loader picks for a library, or fails on; if it skips all of them, the first. With its index in the facts.
/// Compatibility packages and stubs are not part of the installed driver.
pub fn chosen<'a>(context: &Context<'a>, part: DriverPart) -> Option<(usize, &'a DriverFile)> {
    let files = context.facts.driver_files.value()?;
    let own = |kind| matches!(kind, LibraryKind::Driver | LibraryKind::Wsl);
    let mut of_part = files.iter().enumerate().filter(|(_, file)| file.part == part && own(file.kind));
    let first = of_part.clone().next();
    of_part.find(|(_, file)| !file.damage.as_ref().is_some_and(|damage| damage.is_passed_over())).or(first)
}

/// Whether the loader itself found the library: then the result of querying it counts, not the files.
pub fn was_loaded(context: &Context<'_>, part: DriverPart) -> bool {
    let asked = match part {
        DriverPart::Cuda => Asked::Cuda,
        DriverPart::Nvml => Asked::Nvml,
        _ => return false,
    };
    let failed =
        |answer: &ContactOutcome| matches!(answer, ContactOutcome::NoLibrary | ContactOutcome::Unloadable { .. });
    asked.contact(context).is_some_and(|contact| !failed(&contact.answer))
}

/// A file as evidence: `libcuda.so.1 is empty (0 bytes)`, with its path.
pub fn evidence(said: &str, index: usize, file: &DriverFile) -> Evidence {
    Evidence::new(format!("{} {said}", file.part.soname()), &file.path).at(format!("/facts/driver_files/value/{index}"))
}
