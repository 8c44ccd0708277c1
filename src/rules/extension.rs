//! What the rules about packages around torch share: which libraries a package needs and what provides them, which of its code a GPU can
//! use, which cuDNN is installed.

use std::collections::BTreeSet;

use super::{
    Context, Outcome,
    code::{self, Answer, Judgement, Terms},
    shared::{chosen_cuda, describe, driver, gpu_name, label, main_libraries, package_row},
};
use crate::{
    compat::Reach,
    facts::{ComputeCapability, Environment, Fact, Library, Os, Package},
    finding::{Evidence, Severity},
    knowledge::{Knowledge, PackageBuild, PackageFile},
    python::{self, Requirement},
};

/// Packages that have rules of their own.
const OWN_RULES: [&str; 4] = ["torch", "torchvision", "torchaudio", "triton"];

/// The package at hand, unless it has rules of its own.
pub fn extension<'a>(context: &Context<'a>) -> Option<&'a Package> {
    match context.subject {
        Some((package, file)) => (!OWN_RULES.contains(&file.package.name.as_str())).then_some(package),
        None => context.tagged,
    }
}

/// The code of an extension on a GPU, judged by its worst main library.
pub struct ExtensionOnGpu<'a> {
    /// The package.
    pub package: &'a Package,
    /// The library with the least support for the GPU.
    pub library: &'a Library,
    /// Compute capability of the GPU.
    pub capability: ComputeCapability,
    /// What the GPU can do with it.
    pub reach: Reach,
    /// The evidence, for people.
    pub evidence: Vec<Evidence>,
}

/// The extension at hand on the GPU at hand, or why there is nothing to judge.
pub fn on_gpu<'a>(context: &Context<'a>) -> Result<ExtensionOnGpu<'a>, Outcome> {
    let (Some(package), Some((_, file)), Some((index, gpu))) = (extension(context), context.subject, context.gpu)
    else {
        return Err(Outcome::NotApplicable);
    };
    if file.package.main.is_empty() {
        return Err(Outcome::NotApplicable);
    }
    let Some(&capability) = gpu.capability.value() else {
        return Err(Outcome::Needs(vec![format!("the compute capability of {} (--gpu)", gpu_name(gpu))]));
    };
    let (cuda, driver) = (chosen_cuda(context, package), driver(context));
    // The driver's own floors have rules of their own.
    let terms = Terms { share: file.package.share, ..Terms::new(context.knowledge, &driver, None) };
    let deciding = code::deciding(context.knowledge, Some(&package.name), &package.libraries, cuda.as_deref());
    let judged = deciding.known.then(|| deciding.on(&terms, capability)).flatten();
    let Some(Judgement { library, answer, why, .. }) = judged else { return Err(unread(context, package, file)) };
    let reach = match answer {
        Answer::Fatbins(reach) => reach,
        Answer::Hidden(target, _) => Reach::Native(target),
        _ => {
            let why = why.unwrap_or_default();
            return Err(Outcome::Needs(vec![format!(
                "the device code of {} for {}: {why}",
                label(package),
                gpu_name(gpu)
            )]));
        }
    };
    let Fact::Known { value: code, via } = &library.code else { return Err(Outcome::NotApplicable) };
    let place = package.libraries.iter().position(|other| std::ptr::eq(other, library)).unwrap_or(0);
    let held = Evidence::new(format!("{}: {}", library.path, describe(context.knowledge, code)), via);
    let measured = !via.how.is_claim();
    let device = Evidence::new(
        format!("{}: compute capability {capability}", gpu_name(gpu)),
        gpu.capability.via().map(ToString::to_string).unwrap_or_default(),
    );
    let evidence = vec![
        if measured { held.at(format!("{}/libraries/{place}", context.pointer(&package.name))) } else { held },
        device.at(format!("/facts/gpus/value/{index}")),
    ];
    Ok(ExtensionOnGpu { package, library, capability, reach, evidence })
}

/// What to say of a package in whose libraries no code is known: nothing, unless others of its versions have rows that list code, and of
/// this one there is neither a row nor a library that was read.
fn unread(context: &Context<'_>, package: &Package, file: &PackageFile) -> Outcome {
    let lists = |row: &PackageBuild| row.sass.is_some() || !row.variants.is_empty();
    let looked_at = main_libraries(context, package).any(|library| !library.code.is_unknown());
    if looked_at || package_row(context, package).is_some() || !file.build.iter().any(lists) {
        return Outcome::NotApplicable;
    }
    Outcome::Needs(vec![format!(
        "the device code of {}: none of its libraries could be read and the knowledge base has no row for this version",
        label(package)
    )])
}

/// The package in the environment that provides a shared library of this name.
pub fn bringer<'a>(context: &Context<'a>, soname: &str) -> Option<&'a Package> {
    let (_, environment) = context.environment?;
    let has = |package: &&Package| package.libraries.iter().any(|library| file_name(&library.path) == soname);
    let platform = environment.platform.value().copied();
    let claims = |package: &&Package| {
        let version = package.version.value();
        let row = version.and_then(|version| context.knowledge.package_build(&package.name, version, platform));
        let mut owners = context.knowledge.distributions_with(soname).filter(|row| row.distribution == package.name);
        let owns = owners.any(|row| match (&row.versions, version) {
            (Some(range), Some(version)) => python::in_range(range, version) == Some(true),
            _ => true,
        });
        package.libraries.is_empty()
            && (owns || row.is_some_and(|row| row.brings.iter().any(|brought| brought == soname)))
    };
    environment.packages.iter().find(has).or_else(|| environment.packages.iter().find(claims))
}

/// The severity if the package at hand does not find a CUDA library.
pub fn lacking(context: &Context<'_>) -> Severity {
    let falls_back = context.subject.is_some_and(|(_, file)| file.package.falls_back);
    if falls_back { Severity::Warning } else { Severity::Error }
}

/// The name of a file in a path of forward slashes.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// NVIDIA's shared libraries that a package must find outside of itself: those that its main libraries link to, and those that it loads at
/// run time according to its row.
pub fn needs(context: &Context<'_>, package: &Package) -> BTreeSet<String> {
    let linked = main_libraries(context, package).flat_map(|library| library.needed.iter().cloned());
    let asked = package_row(context, package).into_iter().flat_map(|row| row.needs.iter().cloned());
    linked.chain(asked).filter(|soname| of_nvidia(context.knowledge, soname)).collect()
}

/// Whether a library is one of NVIDIA's that separate packages provide.
pub fn of_nvidia(knowledge: &Knowledge, soname: &str) -> bool {
    let mut owners = knowledge.distributions_with(soname);
    cuda_major(soname).is_some() || owners.any(|row| row.distribution.starts_with("nvidia-"))
}

/// The CUDA major version that a library of the toolkit belongs to, by its name: 12 of `libcublas.so.12` and `cudart64_12.dll`. Only
/// libraries whose own major version is CUDA's.
pub fn cuda_major(soname: &str) -> Option<u16> {
    const NAMES: [&str; 5] = ["cudart", "cublas", "cublasLt", "nvrtc", "nvJitLink"];
    let (name, rest) = match soname.strip_prefix("lib") {
        Some(rest) => rest.split_once(".so.")?,
        None => soname.strip_suffix(".dll")?.split_once("64_")?,
    };
    if !NAMES.contains(&name) {
        return None;
    }
    let digits: &str = rest.split(['.', '_']).next()?;
    let number: u16 = digits.parse().ok()?;
    // Windows writes 110 and 120 where Linux writes 11.0 and 12.
    Some(if number >= 100 { number / 10 } else { number })
}

/// The CUDA major version of the installed torch's build; `None` for builds without CUDA or if it is unknown.
pub fn torch_cuda_major(context: &Context<'_>) -> Option<u16> {
    Some(context.package("torch")?.build.value()?.cuda?.major)
}

/// Whether a library that a package needs is available, and where it comes from.
#[derive(Debug)]
pub enum Provision {
    /// A package in the environment provides it.
    Package,
    /// The system loader finds it.
    System,
    /// Nothing provides it.
    Nothing,
    /// It was not checked.
    Unknown,
}

/// Where the environment gets a library of the CUDA toolkit from.
pub fn provision(context: &Context<'_>, soname: &str) -> Provision {
    let Some((_, environment)) = context.environment else { return Provision::Unknown };
    if bringer(context, soname).is_some() {
        return Provision::Package;
    }
    match environment.system_libraries.get(soname) {
        Some(Fact::Known { .. }) => return Provision::System,
        Some(Fact::Absent { .. }) => return Provision::Nothing,
        _ => {}
    }
    // If files were not read: torch provides the libraries of its own CUDA release, as requirements or in its own folder.
    match torch_cuda_major(context) {
        Some(major) if Some(major) == cuda_major(soname) => Provision::Package,
        _ => Provision::Unknown,
    }
}

/// The cuDNN in an environment: its version as far as it is known, and the package that provides it.
pub fn cudnn<'a>(context: &Context<'a>) -> Option<(String, &'a Package)> {
    let (_, environment) = context.environment?;
    let named = |package: &&Package| package.name.starts_with("nvidia-cudnn-cu");
    if let Some(package) = environment.packages.iter().find(named) {
        return Some((package.version.value()?.clone(), package));
    }
    let torch = environment.package("torch")?;
    let of_file = |library: &Library| {
        let name = file_name(&library.path);
        let number =
            name.strip_prefix("libcudnn.so.").or_else(|| name.strip_prefix("cudnn64_")?.strip_suffix(".dll"))?;
        Some(number.to_owned())
    };
    if let Some(version) = torch.libraries.iter().find_map(of_file) {
        return Some((version, torch));
    }
    // A torch that is not installed yet will bring the cuDNN that its metadata requires.
    let build = torch.build.value().filter(|build| build.cuda.is_some())?;
    let release = context.knowledge.torch_release(&build.version)?;
    let required = release.requires_nvidia.iter().find_map(|line| {
        let requirement: Requirement = line.parse().ok()?;
        let version = requirement.specifiers.iter().next()?.version().to_string();
        requirement.name.starts_with("nvidia-cudnn-cu").then_some(version)
    })?;
    Some((required, torch))
}

/// The first number of a version.
pub fn major(version: &str) -> Option<u64> {
    python::public_version(version).split('.').next()?.parse().ok()
}

/// Whether the environment uses Linux wheels.
pub fn is_linux(environment: &Environment) -> bool {
    environment.platform.value().is_some_and(|platform| platform.os == Os::Linux)
}

/// A row as evidence.
pub fn row_evidence(context: &Context<'_>, row: &PackageBuild, fact: impl Into<String>) -> Option<Evidence> {
    let (_, file) = context.subject?;
    Some(Evidence::new(fact, format!("knowledge: {}", context.knowledge.cite_build(file, row))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_names_tell_their_cuda_major() {
        for (name, major) in [
            ("libcublas.so.12", Some(12)),
            ("libcudart.so.11.0", Some(11)),
            ("cudart64_110.dll", Some(11)),
            ("cudart64_12.dll", Some(12)),
            ("nvrtc64_120_0.dll", Some(12)),
            ("cublasLt64_13.dll", Some(13)),
            ("libcufft.so.11", None),
            ("libcudnn.so.9", None),
            ("libtorch_cuda.so", None),
            ("", None),
        ] {
            assert_eq!(cuda_major(name), major, "{name}");
        }
    }
}
