//! # ptx-jit-switched
//!
//! CUDA_FORCE_PTX_JIT or CUDA_DISABLE_PTX_JIT is set to 1, and torch cannot run with it: forcing JIT ignores machine code and finds no PTX;
//! disabling it leaves required PTX uncompiled.
//!
//! ## How it is decided
//! The code of torch's main library is checked twice: without the variable, and with it. A finding is reported if only the first works.
//!
//! ## How to fix it
//! Unset the variable. It is meant for testing your own programs.
//!
//! ## In a log
//! `CUDA error: no kernel image is available for execution on the device` on a GPU that the build supports.
//!
//! ## Sources
//! CUDA programming guide, CUDA environment variables; libtorch_cuda.so of 2.7.1 and 2.15.0, which contain no PTX.

use crate::{
    compat::{self, Jit},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        code::{Terms, on_code},
        shared::{driver, gpu_name, label, torch_on_gpu},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "ptx-jit-switched",
    scope: Scope::EnvironmentOnGpu,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &[],
    remedies: &[Remedy::Variables],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let is_on = |name: &str| context.variable(name).is_some_and(|value| value.trim() == "1");
    let (name, jit) = match (is_on("CUDA_FORCE_PTX_JIT"), is_on("CUDA_DISABLE_PTX_JIT")) {
        (true, _) => ("CUDA_FORCE_PTX_JIT", Jit::Forced),
        (false, true) => ("CUDA_DISABLE_PTX_JIT", Jit::Disabled),
        (false, false) => return Outcome::NotApplicable,
    };
    let on_gpu = match torch_on_gpu(context) {
        Ok(on_gpu) => on_gpu,
        Err(outcome) => return outcome,
    };
    let switched = compat::DriverSupport { jit, ..driver(context) };
    let terms = Terms::new(context.knowledge, &switched, Some(on_gpu.cuda));
    if !on_gpu.reach.works() || on_code(&terms, on_gpu.code, on_gpu.capability).works() {
        return Outcome::Holds;
    }
    let mut draft = Draft::new(
        name,
        format!("{name}=1 disables the code that {} runs on {}.", label(on_gpu.torch), gpu_name(on_gpu.gpu)),
    )
    .evidence(context.variable_evidence(name))
    .symptom("CUDA error: no kernel image is available for execution on the device")
    .cause(label(on_gpu.torch))
    .cause(on_gpu.capability);
    draft.evidence.extend(on_gpu.evidence(context));
    draft.found()
}
