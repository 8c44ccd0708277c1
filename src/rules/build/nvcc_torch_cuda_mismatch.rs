//! # nvcc-torch-cuda-mismatch
//!
//! An image compiles an extension of torch with a CUDA toolkit whose major version is not that of torch's own build: the build ends with an error.
//!
//! ## How it is decided
//! The toolkit is the one of the image that the extension is compiled in, as far as its name tells, and torch is the one that the steps before
//! install. Something is compiled against torch if TORCH_CUDA_ARCH_LIST or FORCE_CUDA is set for it, or if it is a package that is known
//! to compile with nvcc.
//!
//! ## How to fix it
//! Start from an image with the toolkit of torch's CUDA release (`nvidia/cuda:…-devel-…`), or install the build of torch for the toolkit's.
//!
//! ## In a log
//! `RuntimeError: The detected CUDA version (12.2) mismatches the version that was used to compile PyTorch (11.7)`.
//!
//! ## Sources
//! torch/utils/cpp_extension.py, `_check_cuda_version` (torch 1.13 to 2.15): another major version is refused, another minor one is not.

use crate::{
    facts::ContainerImage,
    finding::{Evidence, Severity},
    knowledge::{Knowledge, ToolkitPart},
    python,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{label, package_evidence},
        toolkit,
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "nvcc-torch-cuda-mismatch",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Advice],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((number, environment)) = context.environment else { return Outcome::NotApplicable };
    let Some(image) = environment.image.as_deref() else { return Outcome::NotApplicable };
    let Some(name) = compiled(image, context.knowledge) else { return Outcome::NotApplicable };
    let taken = toolkit::taken(context, ToolkitPart::Nvcc).filter(|(_, toolkit)| toolkit.nvcc);
    let Some((_, toolkit)) = taken else { return Outcome::NotApplicable };
    let (Some(&cuda), Some(torch)) = (toolkit.version.value(), context.package("torch")) else {
        return Outcome::NotApplicable;
    };
    let Some(build) = torch.build.value().and_then(|build| build.cuda) else { return Outcome::NotApplicable };
    if build.major == cuda.major {
        return Outcome::Holds;
    }
    let place = if image.builder.is_some() { "builder" } else { "base" };
    Draft::of_environment(
        environment,
        format!("{name} is compiled with the nvcc of CUDA {cuda}, and {} is built for CUDA {build}: its build refuses that.", label(torch)),
    )
    .evidence(
        Evidence::new(format!("CUDA toolkit {cuda} of {}", toolkit.path), toolkit.leads())
            .at(format!("/facts/environments/{number}/image/{place}")),
    )
    .evidence(package_evidence(context, torch))
    .symptom("The detected CUDA version mismatches the version that was used to compile PyTorch")
    .cause(cuda)
    .cause(build)
    .found()
}

/// What the image compiles against torch with nvcc.
fn compiled<'i>(image: &'i ContainerImage, knowledge: &Knowledge) -> Option<&'i str> {
    let asked = ["TORCH_CUDA_ARCH_LIST", "FORCE_CUDA"].iter().any(|name| image.env_vars.contains_key(*name));
    let compiles = |name: &&String| {
        let file = knowledge.package_file(&python::normalize(name));
        asked || file.is_some_and(|file| file.problem.iter().any(|problem| problem.when.toolkit.is_some()))
    };
    image.compiled.iter().find(compiles).map(String::as_str)
}
