//! What a line of a log comes to: the finding that it shows, by the row that it fits and by what else the log says.

use super::{Context, Outcome, find, shared::driver_os, signs};
use crate::{
    facts::{ComputeCapability, CudaVersion, Meaning, Os, Target},
    knowledge::{ErrorKind, Knowledge, TextRow},
    python,
};

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion<'k> {
    /// The finding of this slug.
    Finding(&'k str),
    /// What one of the row's rules would explain, and none is known to hold.
    Open,
    /// Nothing about compatibility.
    NotOurs,
    /// Nothing: it is harmless.
    Harmless,
}

/// What a meaning of a line comes to.
pub fn conclude<'k>(context: &Context<'_>, row: &TextRow<'k>, meaning: &Meaning) -> Conclusion<'k> {
    match row.kind {
        ErrorKind::Harmless => return Conclusion::Harmless,
        ErrorKind::Program | ErrorKind::NotJudged => return Conclusion::NotOurs,
        ErrorKind::Defect | ErrorKind::NoGpu => {}
    }
    if let Some(slug) = row.rules.iter().find(|slug| is_possible(context, slug) && signs::holds(context, slug, meaning))
    {
        return Conclusion::Finding(slug);
    }
    // CUDA's run time says the same where it finds no driver at all, as in a container that was started without the GPU.
    let package = || row.package.or_else(|| speaker(context));
    if row.finding == Some("driver-too-old-for-cuda-runtime") && signs::driver_suffices(context, meaning, package()) {
        let container = context.facts.host.container.value().is_some();
        return if container { Conclusion::Finding("container-no-gpu-flag") } else { Conclusion::Open };
    }
    if let (Some(newer), Some(older)) = (row.newer, row.older) {
        // Such a text may be about torch or about another library.
        let vague = row.rules.contains(&"extension-arch-missing");
        match age(context, meaning, newer, vague) {
            Some(Age::Newer) => return Conclusion::Finding(newer),
            Some(Age::Older) => return Conclusion::Finding(older),
            Some(Age::Runs) if vague => return Conclusion::Open,
            Some(Age::Runs) => return Conclusion::Harmless,
            None => {}
        }
    }
    match row.finding {
        // A text that names the rule among others is a sign of it, and no proof.
        Some(slug) if is_possible(context, slug) && !(row.rules.contains(&slug) && is_refuted(context, slug)) => {
            Conclusion::Finding(slug)
        }
        _ => Conclusion::Open,
    }
}

/// The package of which the log has a text that is in no other's.
fn speaker<'k>(context: &Context<'k>) -> Option<&'k str> {
    let mut meanings = context.facts.symptoms.iter().flat_map(|symptom| &symptom.means);
    meanings.find_map(|meaning| context.knowledge.package_of_text(&meaning.row))
}

/// Findings about Linux' own driver, its kernel modules and services: Windows and WSL have another.
const OF_LINUX_DRIVER: [&str; 8] = [
    "uvm-not-ready",
    "fabric-manager-not-running",
    "nouveau-conflict",
    "secure-boot-blocks-module",
    "open-kernel-modules-required",
    "open-kernel-modules-unsupported",
    "no-kernel-module-for-all-gpus",
    "bios-above-4g-decoding",
];

/// Whether a finding can be one of the system that the log is of; of an unknown one it can.
pub fn is_possible(context: &Context<'_>, slug: &str) -> bool {
    driver_os(context) != Some(Os::Windows) || !OF_LINUX_DRIVER.contains(&slug)
}

/// Findings of which a text is a sign, and no proof: what the log says of the packages may refute it.
const REFUTABLE: [&str; 1] = ["torch-companion-mismatch"];

/// Whether the rule of such a finding has looked at an environment of the log, and it holds there.
fn is_refuted(context: &Context<'_>, slug: &str) -> bool {
    let Some(entry) = find(slug).filter(|_| REFUTABLE.contains(&slug)) else { return false };
    let mut environments = context.facts.environments.iter().enumerate();
    environments.any(|environment| {
        let there = Context { environment: Some(environment), ..*context };
        matches!((entry.rule.judge)(&there), Outcome::Holds)
    })
}

/// How an architecture stands to what does not support it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Newer,
    Older,
    /// It is supported after all.
    Runs,
}

/// From this release on toolkits know GPUs that many builds in use do not know: of others, a vague text says nothing.
const RECENT: CudaVersion = CudaVersion::new(12, 8);

/// `newer` is the finding of a GPU that is too new: it says what does not support it. What a vague text is about must be known.
fn age(context: &Context<'_>, meaning: &Meaning, newer: &str, vague: bool) -> Option<Age> {
    let knowledge = context.knowledge;
    let said = |name: &str| meaning.captured.get(name).map(String::as_str);
    let capability = said("cc").and_then(capability).or_else(|| of_gpus(context))?;
    if let Some(generation) = said("generation").map(str::to_lowercase) {
        let floor = knowledge.first_of_generation(&generation)?;
        return Some(if capability < floor { Age::Older } else { Age::Newer });
    }
    let range = [said("least"), said("most")].map(|end| end.and_then(self::capability));
    let list: Vec<ComputeCapability> = match (said("list"), range) {
        (Some(list), _) => list.split([' ', ',', '\'', '"']).filter_map(self::capability).collect(),
        (_, [Some(least), Some(most)]) => vec![least, most],
        _ if newer == "gpu-too-new-for-wheel" => of_torch(context),
        _ => Vec::new(),
    };
    if let (Some(&least), Some(&most)) = (list.iter().min(), list.iter().max()) {
        let runs = |code: &ComputeCapability| {
            code.major == capability.major && *code <= capability && !knowledge.sass_excluded(*code, capability, None)
        };
        return Some(match () {
            () if list.iter().any(runs) => Age::Runs,
            () if capability > most => Age::Newer,
            () if capability < least => Age::Older,
            // A gap in the middle: what came before the newest was left out.
            () => Age::Older,
        });
    }
    let row = knowledge.architecture(capability);
    let of_wheel = newer == "gpu-too-new-for-wheel";
    // What a release of CUDA makes for one GPU runs on newer ones of its major.
    let first = if of_wheel { first_of_major(knowledge, capability) } else { row.and_then(|row| row.first_toolkit) };
    if of_wheel && first.is_some_and(|first| newest_torch_cuda(context).is_some_and(|newest| newest < first)) {
        return Some(Age::Newer);
    }
    let cuda = said("cuda").and_then(|text| text.parse::<CudaVersion>().ok()).or_else(|| match newer {
        "gpu-too-new-for-wheel" => torch_cuda(context),
        _ => toolkit(context),
    });
    match (row, cuda) {
        (Some(_), Some(cuda)) if first.is_some_and(|first| cuda < first) => Some(Age::Newer),
        (Some(row), Some(cuda)) if row.last_toolkit.is_some_and(|last| cuda > last) => Some(Age::Older),
        // A toolkit that knows it is named, and another one was used: years before the release that dropped it, that was an older one.
        (Some(row), Some(cuda)) if row.last_toolkit.is_some_and(|last| cuda.major < last.major) => Some(Age::Newer),
        // What some release has dropped was not supported by newer ones; what none has dropped was not known to older ones.
        (Some(row), _) if row.last_toolkit.is_some_and(|last| last >= RECENT) && has_old_python(context) => {
            Some(Age::Newer)
        }
        (Some(row), _) if row.last_toolkit.is_some() => Some(Age::Older),
        (Some(row), _) if vague && row.first_toolkit.is_none_or(|first| first < RECENT || may_know(context, first)) => {
            None
        }
        (Some(_), _) => Some(Age::Newer),
        (None, _) => Some(if knowledge.capabilities().min().is_some_and(|first| capability < first) {
            Age::Older
        } else {
            Age::Newer
        }),
    }
}

/// Whether the log's Python is one for which nothing with CUDA 13 exists, the release that dropped what 12.8 still knew.
fn has_old_python(context: &Context<'_>) -> bool {
    let mut pythons = context.facts.environments.iter().filter_map(|environment| environment.python.value());
    pythons.any(|python| (python.major, python.minor) < (3, 9))
}

/// A capability as programs write it: `120`, `sm_120a`, `compute_75`, `12.0`, `(12, 0)`.
pub fn capability(text: &str) -> Option<ComputeCapability> {
    let text = text.trim_matches(['(', ')', ' ', '\'', '"', '.', ';']);
    if let Some((major, minor)) = text.split_once(", ").or(text.split_once('.')) {
        let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
        return format!("{}.{minor}", major.trim()).parse().ok();
    }
    text.parse::<Target>().ok().map(|target| target.capability)
}

/// Whether the log's torch may be one for a CUDA release that knows the GPU: its build says so, or a toolkit of such a release is named, and
/// there is a build of this torch for it.
fn may_know(context: &Context<'_>, first: CudaVersion) -> bool {
    if let Some(cuda) = torch_cuda(context) {
        return cuda >= first;
    }
    if toolkit(context).is_none_or(|cuda| cuda < first) {
        return false;
    }
    let torch = context.facts.environments.iter().filter_map(|environment| environment.package("torch"));
    let versions = torch.filter_map(|torch| torch.version.value());
    let mut releases = versions.filter_map(|version| context.knowledge.torch_release(python::public_version(version)));
    releases.any(|release| release.builds.iter().any(|build| build.cuda().is_some_and(|cuda| cuda >= first)))
}

/// What torch itself says that it was built for.
fn of_torch(context: &Context<'_>) -> Vec<ComputeCapability> {
    let torch = context.facts.environments.iter().filter_map(|environment| environment.package("torch"));
    let code = torch.flat_map(|torch| &torch.libraries).filter_map(|library| library.code.value());
    code.flat_map(|code| code.sass.keys().map(|code| code.target.capability)).collect()
}

/// The CUDA release of torch's build, from what is known of it, or from its version.
fn torch_cuda(context: &Context<'_>) -> Option<CudaVersion> {
    let torch = || context.facts.environments.iter().filter_map(|environment| environment.package("torch"));
    let said = || torch().find_map(|torch| python::cuda_of_local(torch.version.value()?));
    torch().find_map(|torch| torch.build.value()?.cuda).or_else(said)
}

/// Before 1.7 there was no torch for a newer CUDA.
const BEFORE_1_7: CudaVersion = CudaVersion::new(10, 2);

/// The newest CUDA release that the log's torch was built for in any of its builds.
fn newest_torch_cuda(context: &Context<'_>) -> Option<CudaVersion> {
    let torch = context.facts.environments.iter().filter_map(|environment| environment.package("torch"));
    let version = torch.filter_map(|torch| torch.version.value()).next().filter(|_| torch_cuda(context).is_none())?;
    let version = python::public_version(version);
    match context.knowledge.torch_release(version) {
        Some(release) => release.builds.iter().filter_map(|build| build.cuda()).max(),
        None => python::in_range("<1.7", version).filter(|before| *before).map(|_| BEFORE_1_7),
    }
}

/// The first CUDA release that knows a GPU of the same major that is not newer.
fn first_of_major(knowledge: &Knowledge, capability: ComputeCapability) -> Option<CudaVersion> {
    let same = knowledge.capabilities().filter(|one| one.major == capability.major && *one <= capability);
    same.filter_map(|one| knowledge.architecture(one)).map(|row| row.first_toolkit).min().flatten()
}

/// The capability of the log's GPUs, where all have one.
fn of_gpus(context: &Context<'_>) -> Option<ComputeCapability> {
    let gpus = context.facts.gpus.value()?;
    let first = *gpus.first()?.capability.value()?;
    gpus.iter().all(|gpu| gpu.capability.value() == Some(&first)).then_some(first)
}

/// The release of the toolkit that is spoken of: of a compiler, if there is one.
fn toolkit(context: &Context<'_>) -> Option<CudaVersion> {
    let toolkits = &context.facts.toolkits;
    let compiler = toolkits.iter().rev().find(|toolkit| toolkit.nvcc);
    compiler.or(toolkits.last()).and_then(|toolkit| toolkit.version.value().copied())
}

/// Whether the log has a text that says that something is wrong with CUDA here.
pub fn is_fault(context: &Context<'_>) -> bool {
    let mut meanings = context.facts.symptoms.iter().flat_map(|symptom| &symptom.means).peekable();
    if meanings.peek().is_none() {
        return false;
    }
    let rows = rows(context.knowledge);
    let kinds = [ErrorKind::Defect, ErrorKind::NoGpu];
    meanings.any(|meaning| row(&rows, meaning).is_some_and(|row| kinds.contains(&row.kind)))
}

/// The rows by their names.
pub fn row<'r, 'k>(rows: &'r [TextRow<'k>], meaning: &Meaning) -> Option<&'r TextRow<'k>> {
    rows.iter().find(|row| row.id == meaning.row)
}

/// All rows.
pub fn rows(knowledge: &Knowledge) -> Vec<TextRow<'_>> {
    knowledge.texts()
}
