//! # arch-list-lacks-gpu
//!
//! TORCH_CUDA_ARCH_LIST does not include this GPU: extensions built in this environment will not run on it, although torch itself may.
//!
//! ## How it is decided
//! The list is parsed the way the installed torch parses it. None of the machine code that it asks for runs on the GPU, and none of the PTX
//! can be compiled for it.
//!
//! ## How to fix it
//! Add the GPU's compute capability to the list and build the extensions again.
//!
//! ## In a log
//! `CUDA error: no kernel image is available for execution on the device`, raised inside the extension.
//!
//! ## Sources
//! torch/utils/cpp_extension.py of the wheels named in knowledge/arch_list.toml; CUDA programming guide, binary and PTX
//! compatibility.

use crate::{
    compat::{arch_list, ptx_runs, sass_runs},
    facts::CodeKind,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{arch_list_of, gpu_name},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "arch-list-lacks-gpu",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["arch-list-invalid"],
    remedies: &[Remedy::Variables],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some((text, torch, parser)) = arch_list_of(context) else { return Outcome::NotApplicable };
    let Some((index, gpu)) = context.gpu else { return Outcome::NotApplicable };
    let Some(&capability) = gpu.capability.value() else { return Outcome::NotApplicable };
    let Some(items) = arch_list(text, parser) else { return Outcome::Holds };
    let built_with = context.package("torch").and_then(|torch| torch.build.value()).and_then(|build| build.cuda);
    let mut code = items.iter().filter_map(|item| item.code.as_ref()).flatten().peekable();
    if code.peek().is_none() {
        return Outcome::NotApplicable;
    }
    let runs = code.any(|code| match code.kind {
        CodeKind::Ptx => ptx_runs(context.knowledge, code.target, capability),
        _ => sass_runs(context.knowledge, code.target, capability, built_with),
    });
    if runs {
        return Outcome::Holds;
    }
    Draft::new(
        "TORCH_CUDA_ARCH_LIST",
        format!(
            "extensions built with it for torch {torch} will contain no code for {} (compute capability {capability}).",
            gpu_name(gpu)
        ),
    )
    .evidence(context.variable_evidence("TORCH_CUDA_ARCH_LIST"))
    .evidence(
        Evidence::new(
            format!("{}: compute capability {capability}", gpu_name(gpu)),
            gpu.capability.via().map(ToString::to_string).unwrap_or_default(),
        )
        .at(format!("/facts/gpus/value/{index}")),
    )
    .symptom("CUDA error: no kernel image is available for execution on the device")
    .cause(text)
    .cause(capability)
    .found()
}
