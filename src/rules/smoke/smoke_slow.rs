//! # smoke-slow
//!
//! This GPU computes correctly, but at a small fraction of the speed that its clocks and multiprocessors allow.
//!
//! ## How it is decided
//! The fp32 matrix product reaches less than a tenth of the peak given by multiprocessors, lanes and highest clock; or the copy reaches
//! less than a fifth of what the memory's clock and bus width allow; or a tensor product is slower than half of the fp32 one; or data
//! reaches the GPU slower than through one PCIe lane (1 GB/s). Reasons that NVML reports are listed as evidence. A healthy GPU reaches half
//! or more (docs/smoke.md has the measurements).
//!
//! ## How to fix it
//! Check what limits the clocks: `nvidia-smi -q -d PERFORMANCE,CLOCK,POWER` (power cap, heat, a missing power cable, a laptop on battery).
//! Check for other programs on the GPU and, if copies to the GPU are slow, the PCIe slot (`nvidia-smi -q | grep -A4 "GPU Link Info"`).
//!
//! ## In a log
//! Nothing: it appears only in the smoke run.
//!
//! ## Sources
//! docs/smoke.md.

use crate::{
    facts::{Conditions, KernelRun, Smoke},
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Rule, Scope,
        smoke_runs::{SmokeRun, judge as runs, peak_gigabytes, peak_teraflops},
    },
};

/// Fractions of the peak below which a finding is reported.
const LEAST_FP32: f64 = 0.1;
const LEAST_MEMORY: f64 = 0.2;
/// A tensor product against the fp32 one.
const LEAST_TENSOR: f64 = 0.5;
/// Gigabytes per second of one PCIe 3.0 lane.
const ONE_LANE: f64 = 1.0;

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "smoke-slow",
    scope: Scope::Gpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &[],
    remedies: &[],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    runs(context, |run| of_run(context, run).into_iter().collect())
}

fn of_run(context: &Context<'_>, run: &SmokeRun<'_>) -> Option<Draft> {
    let device = run.smoke.device.as_ref()?;
    let mut slow: Vec<(&str, String, String)> = Vec::new();
    let fp32 = speed(run.smoke, "matmul_f32");
    if let (Some((at, kernel)), Some(peak)) = (fp32, peak_teraflops(device, context.knowledge)) {
        let is = kernel.speed?.teraflops();
        if is < LEAST_FP32 * peak {
            let said =
                format!("fp32 matrix product: {is:.2} of {peak:.1} TFLOP/s (multiprocessors x lanes x highest clock)");
            slow.push(("fp32 arithmetic", said, format!("/kernels/{at}")));
        }
    }
    if let (Some((at, kernel)), Some(peak)) = (speed(run.smoke, "copy"), peak_gigabytes(device)) {
        let is = kernel.speed?.gigabytes();
        if is < LEAST_MEMORY * peak {
            let said = format!("copy within GPU memory: {is:.1} of {peak:.0} GB/s (highest memory clock x bus width)");
            slow.push(("GPU memory", said, format!("/kernels/{at}")));
        }
    }
    for name in ["matmul_f16", "matmul_bf16"] {
        if let (Some((at, kernel)), Some((_, fp32))) = (speed(run.smoke, name), fp32) {
            let (is, other) = (kernel.speed?.teraflops(), fp32.speed?.teraflops());
            if is < LEAST_TENSOR * other {
                let said = format!("{name} on tensor cores: {is:.2} TFLOP/s, fp32 without them {other:.2}");
                slow.push(("tensor cores", said, format!("/kernels/{at}")));
            }
        }
    }
    if let Some(transfer) = run.smoke.transfer.filter(|_| !device.integrated) {
        let is = transfer.bytes as f64 / transfer.to_device_nanos.max(1) as f64;
        if is < ONE_LANE {
            slow.push(("transfer to the GPU", format!("copy to the GPU: {is:.2} GB/s"), "/transfer".to_owned()));
        }
    }
    let mut names: Vec<&str> = slow.iter().map(|(name, ..)| *name).collect();
    names.dedup();
    if names.is_empty() {
        return None;
    }
    let mut draft = Draft::new(&run.name, format!("is far slower than it should be: {}.", names.join(", ")));
    draft.causes = names.iter().map(|name| (*name).to_owned()).collect();
    draft.evidence = slow.iter().map(|(_, said, place)| run.evidence(said, place)).collect();
    let reasons = run.smoke.conditions.as_ref().map(reasons).unwrap_or_default();
    draft.evidence.extend(reasons.into_iter().map(|said| run.evidence(said, "/conditions")));
    Some(draft)
}

/// Possible reasons that NVML reports.
fn reasons(conditions: &Conditions) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(limit), Some(default)) = (conditions.power_limit, conditions.power_default)
        && limit < default
    {
        said.push(format!("power limit: {} W, default {} W", limit / 1000, default / 1000));
    }
    if let (Some(width), Some(most)) = (conditions.pcie_width, conditions.pcie_width_max)
        && width < most
    {
        said.push(format!("PCIe link: {width} of {most} lanes"));
    }
    if !conditions.held_by.is_empty() {
        said.push(format!("clocks limited by: {}", conditions.held_by.join(", ")));
    }
    said
}

/// A kernel that was timed, with its number.
fn speed<'a>(smoke: &'a Smoke, kernel: &str) -> Option<(usize, &'a KernelRun)> {
    smoke.kernels.iter().enumerate().find(|(_, run)| run.kernel == kernel && run.speed.is_some())
}
