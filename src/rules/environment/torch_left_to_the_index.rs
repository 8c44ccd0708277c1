//! # torch-left-to-the-index
//!
//! A requirements file asks for packages that require PyTorch without naming PyTorch itself: pip installs whatever its index offers that
//! day; for Windows that is a build without CUDA, for Linux the newest release with the newest CUDA.
//!
//! ## How it is decided
//! For requirements files: one of the packages requires torch, according to its metadata or its knowledge-base row, without an exact
//! version, and torch itself is not listed. The build that the default index offers now is checked against the machine's GPUs.
//!
//! ## How to fix it
//! List torch in the file, along with the index that has the right build.
//!
//! ## In a log
//! `Collecting torch>=1.11.0 (from sentence-transformers)`.
//!
//! ## Sources
//! METADATA of the packages; the knowledge base's rows on what the default index offers.

use crate::{
    facts::{Environment, Gpu, Origin, Package},
    finding::{Evidence, Severity},
    knowledge::{TorchBuild, TorchRelease},
    python::Requirement,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        code::{Terms, on_code},
        shared::{driver, driver_os, gpu_name, label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "torch-left-to-the-index",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[Remedy::TorchBuild],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    // Where another file of the folder names torch, it is not left to the index.
    let named = environment.beside.is_some();
    if environment.origin == Origin::Installed || environment.packages.is_empty() || named {
        return Outcome::NotApplicable;
    }
    if let Some(torch) = environment.package("torch") {
        return brought_along(context, environment, torch);
    }
    let asks = |package: &&Package| requires_torch(context, package).is_some();
    let Some(by) = environment.packages.iter().find(asks) else { return Outcome::NotApplicable };
    let range = requires_torch(context, by).unwrap_or_default();
    if range.contains("==") {
        return Outcome::Holds;
    }
    let Some((release, build)) = default_build(context, environment, &range) else {
        return Outcome::Needs(vec!["the system (--os)".to_owned()]);
    };
    let full = build.full_version(release);
    let fault = context.facts.gpus.value().into_iter().flatten().find_map(|gpu| fault(context, gpu, build));
    let summary = match &fault {
        Some(fault) => format!("{} depends on torch {range}, and pip would install torch {full}: {fault}.", label(by)),
        None => {
            format!("{} depends on torch {range}, and pip would install the newest: currently torch {full}.", label(by))
        }
    };
    Draft::new("torch", summary)
        .evidence(package_evidence(context, by))
        .evidence(Evidence::new(
            format!("{} requires torch{range}", by.name),
            context.knowledge.package_file(&by.name).map_or_else(
                || by.at.clone(),
                |file| format!("METADATA; knowledge: packages/{}.toml", file.package.name),
            ),
        ))
        .evidence(Evidence::new(
            format!("the default index offers torch {full}"),
            format!("knowledge: {}", context.knowledge.cite_torch(release, build)),
        ))
        .cause(&by.name)
        .severity(if fault.is_some() { Severity::Warning } else { Severity::Info })
        .found()
}

/// torch came with a package that requires it, and that no file pins.
fn brought_along(context: &Context<'_>, environment: &Environment, torch: &Package) -> Outcome {
    let Some(place) = torch.request.filter(|_| torch.asked.is_none()) else { return Outcome::Holds };
    let request = environment.steps.get(place.step).and_then(|step| step.requests.get(place.request));
    let Some(request) = request else { return Outcome::Holds };
    // torchvision and torchaudio are built for one torch.
    let companion = ["torchvision", "torchaudio"].contains(&request.name.as_str());
    let pins = companion && request.asked.specifiers.contains("==")
        || requires_torch_of(context, environment, &request.name).is_some_and(|range| range.contains("=="));
    if pins {
        return Outcome::Holds;
    }
    let by = &request.name;
    let Some(build) = torch.build.value() else {
        return Draft::new(
            "torch",
            format!("{by} depends on torch, which no file names: the index decides which torch comes."),
        )
        .evidence(package_evidence(context, torch))
        .cause(by)
        .severity(Severity::Info)
        .found();
    };
    let fault = context.facts.gpus.value().into_iter().flatten().find_map(|gpu| {
        let (_, row) = environment
            .platform
            .value()
            .and_then(|platform| context.knowledge.torch_build(&build.version, *platform))?;
        fault(context, gpu, row)
    });
    let mut summary =
        format!("{by} depends on torch, which no file names: currently torch {} would come", build.version);
    if let Some(fault) = &fault {
        summary += &format!(": {fault}");
    }
    Draft::new("torch", summary + ".")
        .evidence(package_evidence(context, torch))
        .cause(by)
        .severity(if fault.is_some() { Severity::Warning } else { Severity::Info })
        .found()
}

/// The range of torch that the version of a package requires that would come.
fn requires_torch_of(context: &Context<'_>, environment: &Environment, name: &str) -> Option<String> {
    environment.package(name).and_then(|package| requires_torch(context, package))
}

/// The range of torch that a package requires.
fn requires_torch(context: &Context<'_>, package: &Package) -> Option<String> {
    let lines = package.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
    let own = lines.filter(|line| line.name == "torch").map(|line| line.specifiers.to_string().replace(' ', "")).next();
    let (_, environment) = context.environment?;
    own.or_else(|| {
        let platform = environment.platform.value().copied();
        let row = context.knowledge.package_build(&package.name, package.version.value()?, platform)?;
        row.torch.clone()
    })
}

/// The build that the default index offers for a range.
fn default_build<'a>(
    context: &Context<'a>,
    environment: &Environment,
    range: &str,
) -> Option<(&'a TorchRelease, &'a TorchBuild)> {
    let platform = *environment.platform.value()?;
    let fits = |release: &&TorchRelease| {
        let python = environment.python.value().is_none_or(|python| release.python_on(platform).contains(python));
        python && crate::python::in_range(range, &release.version) == Some(true)
    };
    context.knowledge.torch_releases().filter(fits).collect::<Vec<_>>().into_iter().rev().find_map(|release| {
        let build = release.builds.iter().find(|build| build.platform == platform && build.pypi_default)?;
        Some((release, build))
    })
}

/// Why that build does not work on a GPU.
fn fault(context: &Context<'_>, gpu: &Gpu, build: &TorchBuild) -> Option<String> {
    let name = gpu_name(gpu);
    let Some(cuda) = build.cuda() else { return Some("a build without CUDA".to_owned()) };
    let driver = driver(context);
    if let (Some(version), Some(os)) = (&driver.version, driver_os(context))
        && let Some(floor) = context.knowledge.runtime_floor(cuda, os).filter(|floor| *version < floor.driver)
    {
        return Some(format!("CUDA {cuda} needs driver {} or newer, but {version} is installed", floor.driver));
    }
    let code = context.knowledge.torch_code(build)?;
    let reach = on_code(&Terms::new(context.knowledge, &driver, Some(cuda)), &code, *gpu.capability.value()?);
    (!reach.works()).then(|| format!("it has no code for {name}"))
}
