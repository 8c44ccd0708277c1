//! Which GPUs can run a library, and a bundle of libraries: the answers of the one judge as reports write them.

use super::bundle::Bundle;
use crate::{
    compat,
    facts::{CodeTarget, ComputeCapability, CudaVersion, Extent, Fact, Gpu, Library, Platform, Source},
    knowledge::Knowledge,
    python,
    report::scan::{BundleKind, Run},
    rules::code::{self, Answer, BY_SAMPLE, Deciding, Execution, Support, Terms},
};

/// A GPU as far as code is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGpu {
    /// What reports call it.
    pub name: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// The platforms of the machines that it is in; empty where any can have it.
    pub platforms: Vec<Platform>,
}

impl TargetGpu {
    /// A GPU of the facts, if its capability is known.
    pub fn of(knowledge: &Knowledge, gpu: &Gpu) -> Option<Self> {
        let name = gpu.name.value().cloned().unwrap_or_else(|| gpu.id.clone());
        Some(Self { name, capability: *gpu.capability.value()?, platforms: knowledge.gpu_platforms(gpu) })
    }

    /// One for each capability there is.
    pub fn all(knowledge: &Knowledge) -> Vec<Self> {
        let of = |capability: ComputeCapability| {
            let number = capability.number();
            let name = match knowledge.products(capability).first() {
                Some(product) => format!("{product} (sm_{number})"),
                None => format!("sm_{number} GPU"),
            };
            let of = Gpu { capability: Fact::known(capability, Source::option("--gpu all")), ..Gpu::unknown("", "") };
            Self { name, capability, platforms: knowledge.gpu_platforms(&of) }
        };
        knowledge.capabilities().map(of).collect()
    }
}

/// What is known of a bundle that decides about its code.
pub fn terms<'a>(knowledge: &'a Knowledge, bundle: &Bundle, driver: &'a compat::DriverSupport) -> Terms<'a> {
    let file = name(bundle).and_then(|name| knowledge.package_file(name));
    Terms {
        knowledge,
        driver,
        cuda: built_with(knowledge, bundle),
        // A sample has no names of the libraries that it links to: its requirements name the CUDA release.
        major: major(knowledge, bundle),
        os: None,
        share: file.and_then(|file| file.package.share),
        floors: true,
    }
}

/// The CUDA major version that is said of a bundle. What its libraries link to is not known of a sample.
fn major(knowledge: &Knowledge, bundle: &Bundle) -> Option<u16> {
    let (name, version) = (name(bundle).unwrap_or_default(), bundle.version.as_deref());
    let row = version.and_then(|version| knowledge.package_build(name, version, bundle.platform())?.cuda);
    code::major_of(bundle.requires.as_deref().unwrap_or_default(), row, name, version)
}

/// The CUDA release of a torch, by its build or its version: its local part names it, or the default index has one build of it.
fn built_with(knowledge: &Knowledge, bundle: &Bundle) -> Option<CudaVersion> {
    if let Some(build) = bundle.build.value() {
        return build.cuda;
    }
    let version = bundle.version.as_deref().filter(|_| name(bundle) == Some("torch"))?;
    python::cuda_of_local(version).or_else(|| {
        let release = knowledge.torch_release(version)?;
        let mut builds = release.builds.iter().filter(|build| build.pypi_default).filter_map(|build| build.cuda());
        let first = builds.next()?;
        builds.all(|other| other == first).then_some(first)
    })
}

/// The name of a distribution. The name of a folder or file says nothing about a package.
fn name(bundle: &Bundle) -> Option<&str> {
    (!matches!(bundle.kind, BundleKind::File | BundleKind::Folder)).then_some(bundle.name.as_str())
}

/// The libraries of a bundle that decide what it runs on.
pub fn deciding<'a>(knowledge: &Knowledge, bundle: &'a Bundle) -> Deciding<'a> {
    code::deciding(knowledge, name(bundle), &bundle.libraries, None)
}

/// The answer of the code that decides in a bundle; nothing where none does.
pub fn answer(
    knowledge: &Knowledge,
    bundle: &Bundle,
    driver: &compat::DriverSupport,
    gpu: ComputeCapability,
) -> Option<code::Answer> {
    let terms = terms(knowledge, bundle, driver);
    Some(deciding(knowledge, bundle).on(&terms, gpu)?.answer)
}

/// The verdicts for these GPUs. A library without runnable device code gets none.
pub fn runs(terms: &Terms<'_>, bundle: &Bundle, library: &Library, gpus: &[TargetGpu]) -> Vec<Run> {
    let sampled = library.code.value().is_some_and(|code| code.extent == Extent::Sampled);
    let of = |gpu: &TargetGpu| {
        let answer = code::on_library(terms, library, gpu.capability)?;
        if let Some(why) = of_another_processor(bundle, gpu) {
            return Some(run(gpu, Support::No, None, Some(why)));
        }
        Some(run(gpu, answer.support(), answer.target(), answer.why(terms, sampled)))
    };
    gpus.iter().filter_map(of).collect()
}

/// The verdicts for a bundle by the libraries that decide. A sample that is not enough says so.
pub fn bundle_runs(terms: &Terms<'_>, bundle: &Bundle, deciding: &Deciding<'_>, gpus: &[TargetGpu]) -> Vec<Run> {
    let compiles = name(bundle).and_then(|name| terms.knowledge.package_file(name)).is_some_and(|f| f.package.compiles);
    let of = |gpu: &TargetGpu| {
        if let Some(why) = of_another_processor(bundle, gpu) {
            deciding.on(terms, gpu.capability).filter(|_| !compiles)?;
            return Some(run(gpu, Support::No, None, Some(why)));
        }
        if compiles {
            let (verdict, why) = match compiler_for(terms, bundle, gpu.capability) {
                Ok(()) => return Some(compiled(gpu)),
                Err((verdict, why)) => (verdict, why),
            };
            return Some(run(gpu, verdict, None, Some(why)));
        }
        let judgement = deciding.on(terms, gpu.capability)?;
        let driver = matches!(judgement.answer, Answer::Driver(_));
        let told = judgement.tells_of_sample;
        let run = run(gpu, judgement.support, judgement.target, judgement.why);
        // Where the driver is in the way whatever the code is, no more needs to be read.
        Some(if bundle.sampled && !driver { of_sample(bundle, deciding, run, told) } else { run })
    };
    gpus.iter().filter_map(of).collect()
}

/// Whether the CUDA release that a package compiles its kernels with still has a GPU that later ones have dropped.
fn compiler_for(terms: &Terms<'_>, bundle: &Bundle, gpu: ComputeCapability) -> Result<(), (Support, String)> {
    let Some(last) = terms.knowledge.architecture(gpu).and_then(|row| row.last_toolkit) else { return Ok(()) };
    let number = gpu.number();
    match terms.major.or_else(|| bundle.libraries.iter().find_map(code::linked_major)) {
        Some(major) if major <= last.major => Ok(()),
        Some(major) => {
            let why =
                format!("it compiles its kernels with CUDA {major}, and CUDA {last} was the last for sm_{number}");
            Err((Support::No, why))
        }
        None => {
            let why =
                format!("CUDA {last} was the last to compile for sm_{number}, and with which it does is not known");
            Err((Support::Unknown, why))
        }
    }
}

/// Why nothing of a bundle is loaded where this GPU is: it is for another processor.
fn of_another_processor(bundle: &Bundle, gpu: &TargetGpu) -> Option<String> {
    let built = bundle.told_platform()?;
    let there = gpu.platforms.first()?;
    let other = gpu.platforms.iter().all(|platform| platform.cpu != built.cpu);
    other.then(|| format!("it is built for {built}, and machines with this GPU are {there}"))
}

/// One verdict as reports have it. `target`: the code that decides.
fn run(gpu: &TargetGpu, verdict: Support, target: Option<CodeTarget>, why: Option<String>) -> Run {
    let without = if verdict == Support::Unknown { Execution::Unknown } else { Execution::None };
    Run {
        gpu: gpu.name.clone(),
        capability: gpu.capability,
        how: target.map_or(without, Execution::of),
        works: verdict == Support::Yes,
        verdict,
        why,
    }
}

/// For a package that contains its source or a compiler instead of the code.
fn compiled(gpu: &TargetGpu) -> Run {
    let why = "its kernels are compiled on the machine that runs it, so its prebuilt code does not decide";
    Run { how: Execution::CompiledThere, ..run(gpu, Support::Yes, None, Some(why.to_owned())) }
}

/// Limits a verdict to what a sample shows. `told`: whether the verdict already says that it rests on one.
fn of_sample(bundle: &Bundle, deciding: &Deciding<'_>, run: Run, told: bool) -> Run {
    let unreached = || {
        let path = bundle.unreached.as_deref().filter(|_| !deciding.known)?;
        Some(format!("the sample did not reach its largest library, {path} (--full, or no --quick, reads all)"))
    };
    if run.verdict == Support::Unknown {
        return run;
    }
    match unreached() {
        Some(why) => Run { how: Execution::Unknown, works: false, verdict: Support::Unknown, why: Some(why), ..run },
        None if told => run,
        None => {
            let why = run.why.map_or_else(|| BY_SAMPLE.to_owned(), |why| format!("{why}, {BY_SAMPLE}"));
            Run { why: Some(why), ..run }
        }
    }
}
