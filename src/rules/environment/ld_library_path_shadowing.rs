//! # ld-library-path-shadowing
//!
//! A folder in `LD_LIBRARY_PATH` contains another copy of a CUDA library that a package in the environment provides, and the loader picks
//! that copy: NVIDIA's packages find their dependencies through DT_RUNPATH, which comes after the variable (PyTorch's own libraries use
//! DT_RPATH, which comes before it).
//!
//! ## How it is decided
//! The libraries that the packages provide are searched for in the variable's folders, except those of the environment itself. Only
//! libraries that a package other than PyTorch links to count, and cuDNN, whose parts are loaded by name. If the copy's file name contains
//! its version (`libnvJitLink.so.12.1.105`) and it is older than the package's, it is an error: newer libraries need symbols that it lacks.
//!
//! ## How to fix it
//! Unset the variable for programs that ship their own CUDA libraries, as PyTorch's wheels do.
//!
//! ## In a log
//! `libcusparse.so.12: undefined symbol: __nvJitLinkComplete_12_4, version libnvJitLink.so.12`; `cuDNN version incompatibility`.
//!
//! ## Sources
//! ld.so(8); `readelf -d` of libcusparse.so.12 and libtorch_cuda.so of torch 2.8.0 and 2.15.0; pytorch/pytorch issues 111469, 134929 and
//! 140797.

use crate::{
    facts::{Fact, How, Package},
    finding::{Evidence, Severity},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        extension::{bringer, file_name},
        shared::{label, package_evidence},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "ld-library-path-shadowing",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Variables],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((_, environment)) = context.environment else { return Outcome::NotApplicable };
    if context.variable("LD_LIBRARY_PATH").is_none_or(str::is_empty) {
        return Outcome::NotApplicable;
    }
    let shadows = environment.system_libraries.iter().filter_map(|(soname, fact)| match fact {
        Fact::Known { value, via } if via.how == How::Variable => {
            Some((soname.as_str(), value.as_str(), bringer(context, soname)?))
        }
        _ => None,
    });
    let linked = |soname: &str| {
        let others = environment.packages.iter().filter(|package| package.name != "torch");
        let mut libraries = others.flat_map(|package| &package.libraries);
        libraries.any(|library| library.needed.iter().any(|needed| needed == soname))
    };
    let shadows = shadows.filter(|(soname, ..)| soname.starts_with("libcudnn") || linked(soname));
    let shadows: Vec<(&str, &str, &Package)> = shadows.collect();
    let older = |(soname, path, package): &&(&str, &str, &Package)| is_older(soname, path, package);
    let Some((soname, path, package)) = shadows.iter().find(older).or(shadows.first()).copied() else {
        return Outcome::Holds;
    };
    let worse = is_older(soname, path, package);
    let more = if shadows.len() > 1 { format!(" and {} more", shadows.len() - 1) } else { String::new() };
    let what = if worse { "an older copy" } else { "another copy" };
    let summary =
        format!("LD_LIBRARY_PATH puts {what} of {soname}{more} ahead of the one from {}: {path}.", label(package));
    let mut draft = Draft::new("LD_LIBRARY_PATH", summary)
        .symptom("symbol lookup error: … undefined symbol: __nvJitLink…, version libnvJitLink.so.12")
        .severity(if worse { Severity::Error } else { Severity::Warning })
        .evidence(package_evidence(context, package))
        .cause(soname);
    for (soname, path, _) in shadows.iter().take(4) {
        draft = draft.evidence(Evidence::new(format!("{soname}: {path}"), "LD_LIBRARY_PATH"));
    }
    draft.found()
}

/// Whether the file name shows that the copy is older than the package that provides the same library. Only for libraries that have their
/// package's version in their name.
fn is_older(soname: &str, path: &str, package: &Package) -> bool {
    let file = file_name(path).strip_prefix(soname.trim_end_matches(|c: char| c.is_ascii_digit()));
    let version = package.version.value().map(|version| python::public_version(version));
    let numbers = |text: &str| text.split('.').map(str::parse).collect::<Result<Vec<u64>, _>>().ok();
    match (file.and_then(numbers), version.and_then(numbers)) {
        // The soname's own number alone is not enough; major and minor are compared, further numbers mean different things.
        (Some(there), Some(own)) if there.len() >= 2 && own.len() >= 2 && there.first() == own.first() => {
            there.get(1) < own.get(1)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Source;

    #[test]
    fn file_names_tell_older_libraries() {
        let package = |version: &str| Package {
            version: Fact::known(version.to_owned(), Source::file("test")),
            ..Package::unknown("nvidia-nvjitlink-cu12", "test")
        };
        let older = |path: &str, version: &str| is_older("libnvJitLink.so.12", path, &package(version));
        assert!(older("/usr/local/cuda-12.1/lib64/libnvJitLink.so.12.1.105", "12.8.93"));
        assert!(!older("/usr/local/cuda-12.8/lib64/libnvJitLink.so.12.8.93", "12.8.93"));
        assert!(!older("/usr/local/cuda-12.9/lib64/libnvJitLink.so.12.9.86", "12.8.93"));
        assert!(!older("/usr/local/cuda/lib64/libnvJitLink.so.12", "12.8.93"));
        assert!(!older("/opt/x/other.so.1.2", "12.8.93"));
    }
}
