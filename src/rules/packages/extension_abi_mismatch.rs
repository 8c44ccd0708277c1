//! # extension-abi-mismatch
//!
//! A compiled package was built for a different PyTorch than the installed one: for another release, or for the other of libstdc++'s two
//! C++ ABIs. PyTorch's libraries lack the symbols that it needs.
//!
//! ## How it is decided
//! The local part of the package's version, if the publisher sets one (`2.8.3+cu12torch2.8cxx11abiTRUE`), names PyTorch's minor release,
//! the ABI and the CUDA major version. Otherwise the knowledge-base row for the version names the PyTorch that it was compiled for.
//! PyTorch's own ABI comes from the knowledge base: the old one up to 2.6 (with exceptions), the new one from 2.7 on.
//!
//! ## How to fix it
//! Install the build of the package for this PyTorch. If there is none, compile it in this environment (`--no-build-isolation`), or install
//! the PyTorch that it was built for.
//!
//! ## In a log
//! `undefined symbol: _ZN3c104cuda9SetDeviceEa`; `undefined symbol: _ZN2at4_ops…`; `__cxx11` in the name of the symbol.
//!
//! ## Sources
//! File names of the release wheels of flash-attention, mamba and causal-conv1d; METADATA of the packages; `TorchConfig.cmake` of
//! PyTorch 2.5.1, 2.6.0, 2.7.1.

use crate::{
    facts::Package,
    finding::{Evidence, Severity},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::{extension, is_linux, torch_cuda_major},
        shared::{label, package_evidence, package_row},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "extension-abi-mismatch",
    scope: Scope::Package,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["cpu-only-torch"],
    remedies: &[Remedy::PackageVersion, Remedy::TorchBuild, Remedy::Advice],
    judge,
};

/// What a package was compiled for, according to the local part of its version.
#[derive(Debug, Default, PartialEq, Eq)]
struct CompiledFor {
    /// Minor release of torch: `2.8`.
    torch: Option<String>,
    /// CUDA major version.
    cuda: Option<u16>,
    /// `_GLIBCXX_USE_CXX11_ABI`.
    cxx11: Option<bool>,
}

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some(torch)) = (extension(context), context.package("torch")) else {
        return Outcome::NotApplicable;
    };
    let version = torch.build.value().map(|build| &build.version).or(torch.version.value());
    let Some(version) = version else { return Outcome::NotApplicable };
    let compiled = package.version.value().map(|version| compiled_for(version)).unwrap_or_default();
    let wrong = by_release(package, &compiled, version)
        .or_else(|| by_cuda(context, package, &compiled))
        .or_else(|| by_abi(context, package, &compiled, version))
        .or_else(|| by_row(context, package, version));
    let Some((why, evidence)) = wrong else {
        let judged = compiled != CompiledFor::default()
            || package_row(context, package).is_some_and(|row| row.links_torch && row.torch.is_some());
        return if judged { Outcome::Holds } else { Outcome::NotApplicable };
    };
    Draft::new(label(package), format!("{} was not compiled for {}: {why}.", label(package), label(torch)))
        .about(package)
        .symptom("ImportError: … undefined symbol: _ZN3c10…")
        .evidence(package_evidence(context, package))
        .evidence(package_evidence(context, torch))
        .evidence(evidence)
        .cause(python::public_version(version))
        .found()
}

type Wrong = Option<(String, Evidence)>;

fn own(package: &Package, fact: String) -> Evidence {
    Evidence::new(fact, package.version.via().map(ToString::to_string).unwrap_or_default())
}

fn by_release(package: &Package, compiled: &CompiledFor, torch: &str) -> Wrong {
    let wanted = compiled.torch.as_ref()?;
    (minor(torch) != *wanted)
        .then(|| (format!("this build is for torch {wanted}"), own(package, format!("built for torch {wanted}"))))
}

fn by_cuda(context: &Context<'_>, package: &Package, compiled: &CompiledFor) -> Wrong {
    let (built, there) = (compiled.cuda?, torch_cuda_major(context)?);
    (built != there).then(|| {
        (format!("this build is for CUDA {built}, not {there}"), own(package, format!("built for CUDA {built}")))
    })
}

fn by_abi(context: &Context<'_>, package: &Package, compiled: &CompiledFor, torch: &str) -> Wrong {
    let (_, environment) = context.environment.filter(|(_, environment)| is_linux(environment))?;
    let built = compiled.cxx11?;
    let variant = torch.split_once('+').map(|(_, local)| local);
    let row = context.knowledge.torch_abi(torch, variant, *environment.platform.value()?)?;
    let name = |cxx11: bool| if cxx11 { "the new C++ ABI (cxx11abiTRUE)" } else { "the old C++ ABI (cxx11abiFALSE)" };
    (built != row.cxx11).then(|| {
        let why = format!("this build uses {}, but torch uses {}", name(built), name(row.cxx11));
        (why, own(package, format!("built for {}", name(built))))
    })
}

fn by_row(context: &Context<'_>, package: &Package, torch: &str) -> Wrong {
    let (row, (_, file)) = (package_row(context, package).filter(|row| row.links_torch)?, context.subject?);
    let range = row.torch.as_ref()?;
    (python::in_range(range, torch) == Some(false)).then(|| {
        let evidence = Evidence::new(
            format!("{} {}: torch {range}", package.name, row.versions),
            format!("knowledge: {}", context.knowledge.cite_build(file, row)),
        );
        (format!("it was built for torch {range}"), evidence)
    })
}

/// `2.7` of `2.7.1+cu126`.
fn minor(version: &str) -> String {
    python::public_version(version).splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// Reads `cu12torch2.8cxx11abiTRUE`, `pt26cu124` and the like; anything missing stays `None`.
fn compiled_for(version: &str) -> CompiledFor {
    let local = version.split_once('+').map_or("", |(_, local)| local).to_ascii_lowercase();
    let number = |text: &str| text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect::<String>();
    let after = |key: &str| local.split_once(key).map(|(_, rest)| number(rest)).filter(|text| !text.is_empty());
    let short = || {
        let digits = after("pt").filter(|digits| digits.len() >= 2 && !digits.contains('.'))?;
        let (major, minor) = digits.split_at_checked(1)?;
        Some(format!("{major}.{minor}"))
    };
    let torch = after("torch").filter(|text| text.contains('.')).map(|text| minor(text.trim_end_matches('.')));
    let cuda = after("cu").and_then(|digits| digits.get(..2)?.parse().ok()).filter(|major| (10..=20).contains(major));
    let cxx11 = match () {
        () if local.contains("cxx11abitrue") => Some(true),
        () if local.contains("cxx11abifalse") => Some(false),
        () => None,
    };
    CompiledFor { torch: torch.or_else(short), cuda, cxx11 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_versions_are_taken_apart() {
        for (version, torch, cuda, cxx11) in [
            ("2.6.3+cu123torch2.4cxx11abiFALSE", Some("2.4"), Some(12), Some(false)),
            ("2.8.3+cu12torch2.10cxx11abiTRUE", Some("2.10"), Some(12), Some(true)),
            ("2.1.2+pt26cu124", Some("2.6"), Some(12), None),
            ("0.0.29.post3+cu118", None, Some(11), None),
            ("2.8.3", None, None, None),
            ("1.0+local.7", None, None, None),
            ("1.0+cpu", None, None, None),
        ] {
            let expected = CompiledFor { torch: torch.map(str::to_owned), cuda, cxx11 };
            assert_eq!(compiled_for(version), expected, "{version}");
        }
    }
}
