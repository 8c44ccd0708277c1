//! What the rules about the driver share: which library said what, whether a GPU is really there, and how that is shown.

use super::{Context, Draft, Outcome, shared::gpu_name};
use crate::{
    facts::{Aftermath, Contact, ContactOutcome, Fact, Gpu, How, KernelModule, LibraryKind, Os},
    finding::Evidence,
    knowledge::OpenModules,
};

/// The driver's libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// NVML.
    Nvml,
    /// The CUDA driver API.
    Cuda,
}

/// Whether the machine runs Windows.
pub fn is_windows(context: &Context<'_>) -> bool {
    context.facts.host.platform.value().is_some_and(|platform| platform.os == Os::Windows)
}

impl Asked {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Nvml, Self::Cuda];

    /// The name for people.
    pub fn name(self, context: &Context<'_>) -> &'static str {
        match (self, is_windows(context)) {
            (Self::Nvml, false) => "NVML (libnvidia-ml)",
            (Self::Nvml, true) => "NVML (nvml.dll)",
            (Self::Cuda, false) => "the CUDA driver (libcuda)",
            (Self::Cuda, true) => "the CUDA driver (nvcuda.dll)",
        }
    }

    /// The name of its file, as the loader is asked for it.
    pub fn file(self, context: &Context<'_>) -> &'static str {
        match (self, is_windows(context)) {
            (Self::Nvml, false) => "libnvidia-ml.so.1",
            (Self::Nvml, true) => "nvml.dll",
            (Self::Cuda, false) => "libcuda.so.1",
            (Self::Cuda, true) => "nvcuda.dll",
        }
    }

    /// Its name within a sentence.
    pub fn short(self, context: &Context<'_>) -> &'static str {
        match (self, is_windows(context)) {
            (Self::Nvml, _) => "NVML",
            (Self::Cuda, false) => "libcuda",
            (Self::Cuda, true) => "nvcuda.dll",
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Nvml => "nvml",
            Self::Cuda => "cuda",
        }
    }

    /// The result of querying it; `None` if it was not queried.
    pub fn contact<'a>(self, context: &Context<'a>) -> Option<&'a Contact> {
        let contact = match self {
            Self::Nvml => &context.facts.nvml,
            Self::Cuda => &context.facts.cuda,
        };
        contact.value()
    }

    /// The code that its first call returned, when it failed.
    pub fn code(self, context: &Context<'_>) -> Option<u32> {
        let call = match self {
            Self::Nvml => "nvmlInit",
            Self::Cuda => "cuInit",
        };
        self.contact(context)?.code_of(call)
    }

    /// Whether it answered.
    pub fn is_ready(self, context: &Context<'_>) -> bool {
        self.contact(context).is_some_and(Contact::is_ready)
    }

    /// Whether there is no such library.
    pub fn is_missing(self, context: &Context<'_>) -> bool {
        self.contact(context).is_some_and(|contact| contact.answer == ContactOutcome::NoLibrary)
    }

    /// What it said, as evidence.
    pub fn evidence(self, context: &Context<'_>) -> Option<Evidence> {
        let contact = self.contact(context)?;
        let said = match &contact.answer {
            ContactOutcome::Ready => "answers".to_owned(),
            ContactOutcome::Failed { call, code, name } => match name {
                Some(name) => format!("{call} returned {code} ({name})"),
                None => format!("{call} returned {code}, an unknown code"),
            },
            ContactOutcome::NoLibrary => "was not found".to_owned(),
            ContactOutcome::Unloadable { why } => format!("cannot be loaded: {why}"),
            ContactOutcome::MissingFunction { name } => format!("has no function {name}"),
            ContactOutcome::Crashed { how } => format!("crashed the process that queried it: {how}"),
            ContactOutcome::TimedOut { after_ms, left_running } => match left_running {
                Some(pid) => format!("did not respond within {after_ms} ms; process {pid} cannot be killed"),
                None => format!("did not respond within {after_ms} ms"),
            },
            ContactOutcome::TooMuchMemory { limit } => {
                format!("used more than {} GiB of memory; its process was killed", limit >> 30)
            }
            ContactOutcome::Garbled { what } => format!("did not return a valid answer: {what}"),
        };
        let source = match &contact.library {
            Fact::Known { value, .. } => value.path.clone(),
            Fact::Absent { via } => via.to_string(),
            Fact::Unknown { .. } => self.name(context).to_owned(),
        };
        Some(Evidence::new(format!("{} {said}", self.name(context)), source).at(format!("/facts/{}", self.key())))
    }

    /// Whether the library that was loaded is of this kind.
    pub fn is_of(self, context: &Context<'_>, kind: LibraryKind) -> bool {
        self.contact(context).and_then(|contact| contact.library.value()).is_some_and(|library| library.kind == kind)
    }
}

/// Whether an NVIDIA GPU was detected, not only assumed.
pub fn sees_gpu(context: &Context<'_>) -> bool {
    context.facts.gpus.value().is_some_and(|gpus| gpus.iter().any(is_real))
}

/// Whether the kernel lists an NVIDIA GPU on the bus.
pub fn on_the_bus(context: &Context<'_>) -> bool {
    context.facts.gpus.value().is_some_and(|gpus| gpus.iter().any(|gpu| gpu.seen_by.contains(&How::Pci)))
}

/// Whether a GPU was detected, not just named by an option.
pub fn is_real(gpu: &Gpu) -> bool {
    !gpu.seen_by.is_empty()
}

/// Whether the bus was checked and has no NVIDIA GPU: then it is fine if libraries find none.
pub fn has_no_gpu(context: &Context<'_>) -> bool {
    context.facts.gpus.is_absent()
        && context.facts.gpus.via().is_some_and(|via| matches!(via.how, How::File | How::Pci))
}

/// Whether this runs inside a container.
pub fn in_container(context: &Context<'_>) -> bool {
    context.facts.host.container.value().is_some()
}

/// Whether CUDA answers in a container under WSL as it does where libnvdxgdmal.so.1 was left out: 500, by a driver that may have it (from
/// 555 on; NVIDIA/nvidia-container-toolkit#520).
pub fn lacks_library_of_wsl(context: &Context<'_>) -> bool {
    const FIRST_DRIVER: u32 = 555;
    const NOT_FOUND: u32 = 500;
    let older = context.facts.driver.value().is_some_and(|driver| driver.version.branch() < FIRST_DRIVER);
    let here = in_container(context) && context.facts.host.wsl.value().is_some();
    here && !older && Asked::Cuda.code(context) == Some(NOT_FOUND)
}

/// Ends a rule about the libraries' answers if none was queried or none was found.
pub fn not_asked(context: &Context<'_>) -> Option<Outcome> {
    let silent = |asked: Asked| asked.contact(context).is_none() || asked.is_missing(context);
    Asked::BOTH.into_iter().all(silent).then_some(Outcome::NotApplicable)
}

/// Checks whether a library answered in a way that no driver should; `words` say what it does, as the end of a sentence.
pub fn strange(context: &Context<'_>, is_strange: fn(&ContactOutcome) -> bool, words: &str) -> Outcome {
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    let answers = |asked: &Asked| asked.contact(context).is_some_and(|contact| is_strange(&contact.answer));
    let Some(asked) = Asked::BOTH.into_iter().find(answers) else { return Outcome::Holds };
    let mut draft = Draft::new("NVIDIA driver", format!("{} {words}", asked.name(context))).cause(asked.name(context));
    draft.evidence.extend(asked.evidence(context));
    draft.found()
}

/// What happened after the libraries and the smoke runs had answered: the library, what happened, and its place in the report.
pub fn aftermaths<'a>(context: &Context<'a>) -> Vec<(&'static str, &'a Aftermath, String)> {
    let asked = Asked::BOTH.into_iter().filter_map(|asked| {
        let contact = asked.contact(context)?;
        Some((asked.name(context), &contact.aftermath, format!("/facts/{}/value/aftermath", asked.key())))
    });
    let runs = context.facts.smoke.value().map(Vec::as_slice).unwrap_or_default().iter().enumerate();
    let runs = runs.map(|(index, run)| {
        (Asked::Cuda.name(context), &run.aftermath, format!("/facts/smoke/value/{index}/aftermath"))
    });
    asked.chain(runs).collect()
}

/// Judges whether the first call of a library returned one of these codes; `draft` is the finding, to which the answers of both
/// libraries are added as evidence.
pub fn refuses(context: &Context<'_>, asked: Asked, codes: &[u32], draft: impl FnOnce() -> Draft) -> Outcome {
    if let Some(outcome) = not_asked(context) {
        return outcome;
    }
    if !asked.code(context).is_some_and(|code| codes.contains(&code)) {
        return Outcome::Holds;
    }
    let mut draft = draft();
    draft.evidence.extend(asked.evidence(context));
    draft
        .evidence
        .extend(Asked::BOTH.into_iter().filter(|other| *other != asked).filter_map(|other| other.evidence(context)));
    draft.found()
}

/// What CUDA_VISIBLE_DEVICES leaves of the GPUs that the driver lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// How many are left.
    pub kept: usize,
    /// The first entry that does not exist.
    pub invalid: Option<String>,
}

/// The variable and what it leaves; `None` if it is not set or NVML's list is unknown. Numbers count; `-1` and numbers that do not exist
/// end the list; names (`GPU-…`, `MIG-…`) are assumed to exist, because the facts contain no UUIDs.
///
/// Source: CUDA Programming Guide 13.4.3, section 5.2.1.1.
pub fn visible_devices<'a>(context: &Context<'a>) -> Option<(&'a str, Visible)> {
    let text = context.variable("CUDA_VISIBLE_DEVICES")?;
    let gpus = context.facts.gpus.value().filter(|_| Asked::Nvml.is_ready(context))?;
    let there = gpus.iter().filter(|gpu| gpu.seen_by.contains(&How::Nvml)).count();
    if there == 0 {
        return None;
    }
    let mut visible = Visible { kept: 0, invalid: None };
    for entry in text.split(',').map(str::trim) {
        let exists = match entry.parse::<usize>() {
            Ok(number) => number < there,
            Err(_) => entry.starts_with("GPU-") || entry.starts_with("MIG-"),
        };
        if !exists {
            visible.invalid = Some(entry.to_owned());
            break;
        }
        visible.kept += 1;
    }
    Some((text, visible))
}

/// Checks the flavour of the loaded kernel module for the current GPU: a finding if the architecture has this need and the other flavour is
/// loaded. `summary` gets the GPU's name.
pub fn flavour(
    context: &Context<'_>,
    need: OpenModules,
    wrong: KernelModule,
    symptom: &'static str,
    summary: impl Fn(&str) -> String,
) -> Outcome {
    let Some((index, gpu)) = context.gpu.filter(|(_, gpu)| is_real(gpu)) else { return Outcome::NotApplicable };
    let row = gpu.capability.value().and_then(|capability| context.knowledge.architecture(*capability));
    let Some(row) = row.filter(|row| row.open_kernel_modules == Some(need)) else { return Outcome::NotApplicable };
    let Fact::Known { value, via } = &context.facts.kernel.flavour else { return Outcome::NotApplicable };
    if *value != wrong {
        return Outcome::Holds;
    }
    let name = gpu_name(gpu);
    let loaded = match value {
        KernelModule::Open => "the open kernel module is loaded",
        KernelModule::Proprietary => "the proprietary kernel module is loaded",
    };
    let needs = match need {
        OpenModules::Required => "open module required",
        OpenModules::Supported => "both modules work",
        OpenModules::Impossible => "open module impossible",
    };
    Draft::new(name.clone(), summary(&name))
        .evidence(Evidence::new(loaded, via).at("/facts/kernel/flavour"))
        .evidence(
            Evidence::new(name, gpu.name.via().map(ToString::to_string).unwrap_or_default())
                .at(format!("/facts/gpus/value/{index}")),
        )
        .evidence(Evidence::new(
            format!("sm_{}: {needs}", row.capability.number()),
            format!("knowledge: {}", context.knowledge.cite_architecture(row, row.by.open_kernel_modules.as_ref())),
        ))
        .symptom(symptom)
        .cause(row.capability)
        .found()
}

/// Judges whether a call about the GPU at hand returned this code. `summary` gets the GPU's name.
pub fn troubled(context: &Context<'_>, code: u32, symptom: &'static str, summary: impl Fn(&str) -> String) -> Outcome {
    let Some((index, gpu)) = context.gpu.filter(|(_, gpu)| is_real(gpu)) else { return Outcome::NotApplicable };
    match &gpu.trouble {
        Fact::Known { value, via } if value.code == code => {
            let name = gpu_name(gpu);
            let said = value.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            Draft::new(name.clone(), summary(&name))
                .evidence(
                    Evidence::new(format!("{} returned {}{said}", value.call, value.code), via)
                        .at(format!("/facts/gpus/value/{index}/trouble")),
                )
                .symptom(symptom)
                .found()
        }
        _ => Outcome::Holds,
    }
}

/// Whether a GPU's name has every word of what was asked for.
pub fn named_alike(gpu: &Gpu, text: &str) -> bool {
    let name = gpu.name.value().map(|name| name.to_lowercase()).unwrap_or_default();
    text.to_lowercase().split_whitespace().all(|word| name.contains(word))
}
