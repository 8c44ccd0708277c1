//! # driver-library-bundled
//!
//! A package contains a copy of the driver's own library (libcuda or nvcuda.dll), which shadows the real one.
//!
//! ## How it is decided
//! A library in a scanned package is named `libcuda.so` or `nvcuda.dll`, with or without a version and the hash that auditwheel adds.
//! Excluded: linker stubs (in a `stubs` folder), NVIDIA's forward-compatibility package (in a `compat` or `cuda-compat` folder), the
//! driver's own folder (recognized by libnvidia-ptxjitcompiler or nvptxJITCompiler next to it), and a file that is scanned by itself.
//!
//! ## How to fix it
//! Exclude the library from the package: `auditwheel repair --exclude libcuda.so.1`. It comes with the driver and must match the kernel
//! module; likewise, nvcuda.dll is part of the Windows driver.
//!
//! ## In a log
//! `CUDA driver version is insufficient for CUDA runtime version`, or `system has unsupported display driver / cuda driver combination`,
//! when the installed driver is not the one that the copy came from.
//!
//! ## Sources
//! CUDA compatibility guide; InsightSoftwareConsortium/ITKPythonPackage#265 (wheels with a renamed libcuda); pypa/auditwheel#368
//! (`--exclude`); error texts of cuda.h (13.5.37).

use crate::{
    finding::{Evidence, Severity},
    python::file_name,
    rules::{Context, Draft, Judges, Outcome, Rule, Scope, is_driver_library},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "driver-library-bundled",
    scope: Scope::Environment,
    judges: Judges::Artifacts,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    let mut drafts = Vec::new();
    for (number, package) in environment.packages.iter().enumerate() {
        let named = |prefix: &str| {
            package.libraries.iter().any(|library| file_name(&library.path).to_ascii_lowercase().starts_with(prefix))
        };
        if named("libnvidia-ptxjitcompiler.so") || named("nvptxjitcompiler") {
            continue;
        }
        let copies = package
            .libraries
            .iter()
            .enumerate()
            .filter(|(_, library)| is_driver_library(&library.path) && library.path != package.at);
        for (library, copy) in copies {
            let summary = format!("{} is a copy of the driver's own library and shadows the real one.", copy.path);
            let pointer = format!("/facts/environments/{index}/packages/{number}/libraries/{library}");
            let draft = Draft::of_environment(environment, summary)
                .symptom("CUDA driver version is insufficient for CUDA runtime version")
                .cause(file_name(&copy.path))
                .evidence(Evidence::new(format!("the package contains {}", copy.path), &package.at).at(pointer));
            drafts.push(draft);
        }
    }
    if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
}
