//! What the smoke rules share: the runs on the current GPU, what an error code means, how a run is cited, and how fast a device should be.

use super::{Context, Draft, Outcome, shared::gpu_name};
use crate::{
    compat::{DriverSupport, Jit},
    facts::{ContactOutcome, Fact, Facts, KernelOutcome, Smoke, SmokeDevice},
    finding::Evidence,
    knowledge::{ErrorKind, ErrorRow, Knowledge},
};

/// One run on the GPU at hand.
pub struct SmokeRun<'a> {
    /// Its number in the facts.
    pub index: usize,
    /// The run.
    pub smoke: &'a Smoke,
    /// The device, for people: the MIG instance, if it is one.
    pub name: String,
}

/// A call that failed.
pub struct Failure<'a> {
    /// The call.
    pub call: &'a str,
    /// Its code.
    pub code: u32,
    /// The code's name, where it is known.
    pub name: Option<&'a str>,
}

/// The runs on the GPU at hand; not applicable where there is none.
pub fn runs<'a>(context: &Context<'a>) -> Result<Vec<SmokeRun<'a>>, Outcome> {
    let Some((_, gpu)) = context.gpu else { return Err(Outcome::NotApplicable) };
    let all = context.facts.smoke.value().map(Vec::as_slice).unwrap_or_default();
    let name = |smoke: &Smoke| smoke.device.as_ref().map_or_else(|| gpu_name(gpu), |device| device.name.clone());
    let here = all.iter().enumerate().filter(|(_, smoke)| smoke.gpu == gpu.id);
    let runs: Vec<_> = here.map(|(index, smoke)| SmokeRun { index, smoke, name: name(smoke) }).collect();
    if runs.is_empty() { Err(Outcome::NotApplicable) } else { Ok(runs) }
}

/// A finding for each thing that `of_run` finds in a run.
pub fn judge<'a>(context: &Context<'a>, of_run: impl Fn(&SmokeRun<'a>) -> Vec<Draft>) -> Outcome {
    match runs(context) {
        Err(outcome) => outcome,
        Ok(runs) => {
            let drafts: Vec<Draft> = runs.iter().flat_map(of_run).collect();
            if drafts.is_empty() { Outcome::Holds } else { Outcome::Findings(drafts) }
        }
    }
}

impl<'a> SmokeRun<'a> {
    /// The first failure that says nothing about the GPU; later ones have the same reason.
    pub fn not_judged(&self, knowledge: &Knowledge) -> Option<Failure<'a>> {
        let images = self.smoke.images.iter().map(|load| &load.answer);
        let libraries = self.smoke.libraries.iter().map(|load| &load.answer);
        let calls = std::iter::once(&self.smoke.answer).chain(images).chain(libraries).filter_map(Failure::of);
        let kernels = self.smoke.kernels.iter().filter_map(|kernel| match &kernel.outcome {
            KernelOutcome::Failed { call, code, name } => Some(Failure { call, code: *code, name: name.as_deref() }),
            _ => None,
        });
        calls.chain(kernels).find(|failure| failure.is_not_judged(knowledge))
    }

    /// A fact of this run, with its place below the run.
    pub fn evidence(&self, fact: impl Into<String>, place: &str) -> Evidence {
        Evidence::new(fact, "gpucheck smoke").at(format!("/facts/smoke/value/{}{place}", self.index))
    }

    /// How to repeat the run with the same inputs.
    pub fn seed(&self) -> Evidence {
        self.evidence(format!("to repeat with the same inputs: --seed {}", self.smoke.seed), "/seed")
    }
}

impl Failure<'_> {
    /// Of an answer, when it is an error code.
    pub fn of(answer: &ContactOutcome) -> Option<Failure<'_>> {
        match answer {
            ContactOutcome::Failed { call, code, name } => Some(Failure { call, code: *code, name: name.as_deref() }),
            _ => None,
        }
    }

    /// `cuCtxSynchronize returned 700 (CUDA_ERROR_ILLEGAL_ADDRESS)`
    pub fn said(&self) -> String {
        match self.name {
            Some(name) => format!("{} returned {} ({name})", self.call, self.code),
            None => format!("{} returned {}, an unknown code", self.call, self.code),
        }
    }

    /// What the knowledge base says of it.
    pub fn row<'k>(&self, knowledge: &'k Knowledge) -> Option<&'k ErrorRow> {
        self.name.and_then(|name| knowledge.error(name))
    }

    /// Whether it says nothing about the GPU: it is busy, full, or closed to others.
    pub fn is_not_judged(&self, knowledge: &Knowledge) -> bool {
        self.row(knowledge).is_some_and(|row| row.kind == ErrorKind::NotJudged)
    }

    /// Its meaning as the end of a sentence, and the help text.
    pub fn meaning(&self, knowledge: &Knowledge) -> String {
        let Some(row) = self.row(knowledge) else { return String::new() };
        let help = row.help.as_ref().map_or_else(String::new, |help| format!(" To fix: {help}."));
        format!(": {}.{help}", row.meaning)
    }
}

/// What the driver can do with images on this machine as it is, including its variables for PTX.
pub fn driver(facts: &Facts) -> DriverSupport {
    let driver = facts.driver.value();
    let is_on = |name: &str| facts.env_vars.get(name).is_some_and(|value| value.trim() == "1");
    DriverSupport {
        version: driver.map(|driver| driver.version.clone()),
        cuda: driver.and_then(|driver| driver.cuda.value().copied()),
        jit: match (is_on("CUDA_FORCE_PTX_JIT"), is_on("CUDA_DISABLE_PTX_JIT")) {
            (true, _) => Jit::Forced,
            (false, true) => Jit::Disabled,
            _ => Jit::WhereNeeded,
        },
    }
}

/// Whether runs were asked for and there was no device to run on.
pub fn had_no_device(facts: &Facts) -> bool {
    // No rule covers a run that belongs to none of the report's GPUs.
    let known = |smoke: &Smoke| facts.gpus.value().is_some_and(|gpus| gpus.iter().any(|gpu| gpu.id == smoke.gpu));
    match &facts.smoke {
        Fact::Known { value, .. } => value.is_empty() || !value.iter().all(known) || value.iter().any(ran_nothing),
        Fact::Absent { .. } => true,
        Fact::Unknown { .. } => false,
    }
}

/// Whether a run finished without running any kernel.
fn ran_nothing(smoke: &Smoke) -> bool {
    smoke.is_whole() && smoke.kernels.iter().all(|kernel| matches!(kernel.outcome, KernelOutcome::NotRun { .. }))
}

/// Single-precision operations a second that the device can do at most, in units of 10^12: its multiprocessors, their lanes, its highest
/// clock, two operations for a multiply-add.
pub fn peak_teraflops(device: &SmokeDevice, knowledge: &Knowledge) -> Option<f64> {
    let lanes = knowledge.architecture(device.capability?)?.fp32_lanes?;
    let clock = f64::from(device.clock_khz?) * 1e3;
    Some(f64::from(device.multiprocessors?) * f64::from(lanes) * 2.0 * clock / 1e12)
}

/// Bytes a second that the device's memory can move at most, in units of 10^9: twice a clock over the width of its bus. Not for
/// instances, which have a part of the memory, nor for those that share the processor's.
pub fn peak_gigabytes(device: &SmokeDevice) -> Option<f64> {
    if device.integrated || device.name.contains("MIG") {
        return None;
    }
    let clock = f64::from(device.memory_clock_khz?) * 1e3;
    Some(2.0 * clock * f64::from(device.memory_bus_bits?) / 8.0 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_those_of_the_data_sheets() {
        let knowledge = Knowledge::builtin().unwrap();
        let of = |name: &str, capability: &str, sms, clock, memory, bus| SmokeDevice {
            name: name.to_owned(),
            capability: capability.parse().ok(),
            multiprocessors: Some(sms),
            clock_khz: Some(clock),
            memory_clock_khz: Some(memory),
            memory_bus_bits: Some(bus),
            ..SmokeDevice::default()
        };
        // NVIDIA's data sheets: H100 SXM 67 TFLOP/s and 3.35 TB/s, GeForce RTX 3090 35.6 TFLOP/s and 936 GB/s.
        let h100 = of("NVIDIA H100 80GB HBM3", "9.0", 132, 1_980_000, 2_619_000, 5120);
        let geforce = of("NVIDIA GeForce RTX 3090", "8.6", 82, 1_695_000, 9_751_000, 384);
        let close = |value: Option<f64>, to: f64| value.is_some_and(|value| (value / to - 1.0).abs() < 0.01);
        assert!(close(peak_teraflops(&h100, &knowledge), 67.0) && close(peak_gigabytes(&h100), 3352.0));
        assert!(close(peak_teraflops(&geforce, &knowledge), 35.6) && close(peak_gigabytes(&geforce), 936.0));
        let instance = SmokeDevice { name: "NVIDIA H100 80GB HBM3 MIG 1g.10gb".to_owned(), ..h100 };
        assert_eq!(peak_gigabytes(&instance), None);
    }
}
