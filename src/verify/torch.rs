//! torch: build, code, Python, requirements.

use std::collections::BTreeSet;

use super::{
    Check, Evidence, Outcome, Verified,
    compare::{list, pinned, plain, same},
};
use crate::{
    compat::{self, DriverSupport, Reach},
    facts::{CodeKind, CodeObjects, Extent, Platform, Target},
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    python::Requirement,
};

/// What the main library of a wheel holds, as a row lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// Machine code of the general part.
    pub sass: BTreeSet<Target>,
    /// PTX of the general part.
    pub ptx: BTreeSet<Target>,
    /// Machine code that a few fatbins hold.
    pub partial: BTreeSet<Target>,
    /// Number of fatbins.
    pub fatbins: u32,
    /// Whether every fatbin was read, so that `partial` is complete.
    pub whole: bool,
    /// Whether the fatbins that were read differ so that the others may serve a GPU, or not, that these do not tell.
    pub open: bool,
}

/// What the main library of torch holds; nothing where there is none, as in a build without CUDA.
pub fn measured(knowledge: &Knowledge, evidence: &Evidence) -> Option<Measured> {
    let main: Vec<&str> = knowledge.main_libraries("torch").collect();
    // torch 1.13 has its code in a library beside one of the usual name that holds none.
    let mut libraries = evidence.libraries.iter().filter(|library| main.contains(&library.path.as_str()));
    libraries.find_map(|library| library.code.value()).map(|code| of_code(knowledge, code))
}

fn of_code(knowledge: &Knowledge, code: &CodeObjects) -> Measured {
    let general = compat::general(knowledge, code);
    let kind = |kind| general.iter().filter(move |code| code.kind == kind).map(|code| code.target).collect();
    Measured {
        sass: kind(CodeKind::Sass),
        ptx: kind(CodeKind::Ptx),
        partial: code.sass.keys().filter(|code| !general.contains(code)).map(|code| code.target).collect(),
        fatbins: code.fatbins,
        whole: code.extent != Extent::Sampled,
        open: is_open(knowledge, code),
    }
}

/// Whether code is a sample whose fatbins differ: what some GPU can use is in a part of them.
pub(super) fn is_open(knowledge: &Knowledge, code: &CodeObjects) -> bool {
    let driver = DriverSupport::default();
    let of = |gpu| compat::reach(&compat::coverage(knowledge, code, gpu, None, &driver));
    code.extent == Extent::Sampled && knowledge.capabilities().any(|gpu| matches!(of(gpu), Reach::Partial(..)))
}

/// Every fact that a torch package tells.
pub fn verify(knowledge: &Knowledge, evidence: &Evidence, verified: &mut Verified) {
    let Some(platform) = evidence.platform else {
        return unknown(verified, "platform", "neither the file name nor an environment shows it");
    };
    let Some(release) = knowledge.torch_release(&evidence.version) else {
        return unknown(verified, "release", &evidence.version);
    };
    let build = row(release, evidence, platform);
    verified.row = Some(match build {
        Some(build) => knowledge.cite_torch(release, build),
        None => format!("torch.toml, {}", release.version),
    });
    let variant = evidence.full_version().split_once('+').map(|(_, local)| local.to_owned());
    if let Some(variant) = &variant {
        let known = |build: &TorchBuild| build.platform == platform && build.variant == *variant;
        let row = release.builds.iter().any(known).then(|| variant.clone());
        verified.checks.push(same("build", row, variant.clone(), Clone::clone));
    }
    let Some(build) = build else { return };
    from_pypi(release, evidence, platform, &variant, verified);
    code(knowledge, build, evidence, verified);
    for_python(release, build, evidence, verified);
    required(release, build, evidence, verified);
}

fn unknown(verified: &mut Verified, fact: &'static str, package: &str) {
    verified.checks.push(Check { fact, outcome: Outcome::NoRow, row: None, package: package.to_owned() });
}

/// The row of the build: by its local version; by CUDA release for old wheels whose `version.py` has none.
fn row<'k>(release: &'k TorchRelease, evidence: &Evidence, platform: Platform) -> Option<&'k TorchBuild> {
    let cuda = evidence.build.as_ref().and_then(|build| build.cuda.as_deref()?.parse().ok());
    let variant = evidence.full_version().split_once('+').map(|(_, local)| local);
    release.builds.iter().filter(|build| build.platform == platform).find(|build| match variant {
        Some(variant) => build.variant == variant,
        None => build.cuda() == cuda,
    })
}

/// A wheel whose file name has no local version is PyPI's.
fn from_pypi(
    release: &TorchRelease,
    evidence: &Evidence,
    platform: Platform,
    variant: &Option<String>,
    verified: &mut Verified,
) {
    let Some(file) = &evidence.file_version else { return };
    if file.contains('+') {
        return;
    }
    let default = release.builds.iter().find(|build| build.platform == platform && build.pypi_default);
    let package = variant.clone().unwrap_or_else(|| {
        let cuda = evidence.build.as_ref().and_then(|build| build.cuda.as_deref());
        cuda.map_or_else(|| "cpu".to_owned(), |cuda| format!("cu{}", cuda.replace('.', "")))
    });
    verified.checks.push(same("PyPI default", default.map(|build| build.variant.clone()), package, Clone::clone));
}

fn code(knowledge: &Knowledge, build: &TorchBuild, evidence: &Evidence, verified: &mut Verified) {
    let cuda = evidence.build.as_ref().and_then(|build| build.cuda.clone());
    let named = build.cuda().map(|cuda| cuda.to_string());
    verified.checks.push(same("CUDA", Some(named), cuda, |cuda| cuda.clone().unwrap_or_else(|| "none".to_owned())));
    let Some(measured) = measured(knowledge, evidence) else {
        if build.cuda().is_some() {
            let package = "the main library was not found or contains no code".to_owned();
            let row = build.sass.as_ref().map(list);
            verified.checks.push(Check { fact: "machine code", outcome: Outcome::Disagree, row, package });
        }
        return;
    };
    let set = |targets: &Vec<Target>| targets.iter().copied().collect::<BTreeSet<_>>();
    let shown = |targets: &BTreeSet<Target>| list(targets);
    verified.checks.push(same("machine code", build.sass.as_ref().map(set), measured.sass, shown));
    verified.checks.push(same("PTX", build.ptx.as_ref().map(set), measured.ptx, shown));
    if measured.whole {
        verified.checks.push(same("partial code", build.partial.as_ref().map(set), measured.partial, shown));
    }
}

fn for_python(release: &TorchRelease, build: &TorchBuild, evidence: &Evidence, verified: &mut Verified) {
    if let Some(asked) = &evidence.requires_python {
        verified.checks.push(same(
            "Requires-Python",
            Some(release.requires_python.clone()),
            asked.clone(),
            Clone::clone,
        ));
    }
    let Some(tags) = &evidence.tags else { return };
    if let Some(python) = tags.python {
        let list = release.python_of(build);
        let outcome = if list.contains(&python) { Outcome::Agree } else { Outcome::Disagree };
        let row = Some(self::list(list));
        verified.checks.push(Check { fact: "Python", outcome, row, package: python.to_string() });
    }
    if let Some(manylinux) = &tags.manylinux {
        let row = build.manylinux.as_ref().unwrap_or(&release.manylinux).clone();
        verified.checks.push(same("manylinux", Some(row), manylinux.clone(), Clone::clone));
    }
}

/// triton and NVIDIA's packages. The rows have those of PyPI's Linux build with CUDA; other builds require others.
fn required(release: &TorchRelease, build: &TorchBuild, evidence: &Evidence, verified: &mut Verified) {
    if !build.pypi_default || build.cuda().is_none() {
        return;
    }
    let wanted: Vec<Requirement> = evidence.requires.iter().filter_map(|line| line.parse().ok()).collect();
    let named = |test: &dyn Fn(&str) -> bool| wanted.iter().find(|requirement| test(&requirement.name));
    let triton = named(&|name| name == "triton");
    let specifier = |requirement: &Requirement| {
        let text = super::compare::spelled(requirement);
        text.strip_prefix("triton").unwrap_or(&text).to_owned()
    };
    let none = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    verified.checks.push(same("triton", Some(release.triton.clone()), triton.map(specifier), none));
    if let Some(line) = evidence.requires.iter().find(|line| line.starts_with("triton")) {
        verified.checks.push(same("triton's Python", Some(release.triton_marker.clone()), python_marker(line), none));
    }
    let of_nvidia = |line: &&String| {
        line.parse::<Requirement>().is_ok_and(|r| r.name.starts_with("nvidia-") || r.name.starts_with("cuda-"))
    };
    let package = plain(evidence.requires.iter().filter(of_nvidia));
    let row = plain(&release.requires_nvidia);
    verified.checks.push(same("NVIDIA packages", Some(row), package, |set| list(set)));
    let version = |prefix: &str| named(&|name| name.starts_with(prefix)).and_then(pinned);
    if let Some(cudnn) = version("nvidia-cudnn-") {
        verified.checks.push(same("cuDNN", build.cudnn.clone(), cudnn, Clone::clone));
    }
    if let Some(nccl) = version("nvidia-nccl-") {
        verified.checks.push(same("NCCL", release.nccl.clone(), nccl, Clone::clone));
    }
    toolkit(build, &version, verified);
}

/// The toolkit, by the package of that name, or by the runtime's up to its second number.
fn toolkit(build: &TorchBuild, version: &dyn Fn(&str) -> Option<String>, verified: &mut Verified) {
    if let Some(toolkit) = version("cuda-toolkit") {
        verified.checks.push(same("CUDA toolkit", build.toolkit.clone(), toolkit, Clone::clone));
    } else if let Some(runtime) = version("nvidia-cuda-runtime-") {
        let minor = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
        let row = build.toolkit.as_deref().map(minor);
        verified.checks.push(same("CUDA toolkit", row, minor(&runtime), Clone::clone));
    }
}

/// The part of a requirement's marker that speaks of Python: `python_version < "3.12"`.
pub fn python_marker(line: &str) -> Option<String> {
    let (_, marker) = line.split_once(';')?;
    let part = marker.split(" and ").find(|part| part.contains("python_version"))?;
    Some(part.trim().trim_matches(['(', ')']).replace('\'', "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_reduced_to_python() {
        let line = "triton==3.1.0; platform_system == \"Linux\" and platform_machine == \"x86_64\" and python_version < \"3.13\"";
        assert_eq!(python_marker(line).as_deref(), Some("python_version < \"3.13\""));
        assert_eq!(python_marker("triton==3.3.1; platform_system == \"Linux\""), None);
        assert_eq!(python_marker("triton==3.3.1"), None);
    }
}
