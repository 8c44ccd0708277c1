//! What happened when a GPU was asked to compute (`gpucheck smoke`): results and times as they were, not what they mean.

use gpucheck_model::facts::{CodeTarget, ComputeCapability, PtxIsa};
use serde::{Deserialize, Serialize};

use super::{
    code::Image,
    contact::{Aftermath, ContactOutcome},
    fact::Fact,
};

/// One run on one GPU, or on one instance of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Smoke {
    /// Id of the GPU in this report.
    pub gpu: String,
    /// The device as CUDA describes it; `None` if it was not reached.
    #[serde(default)]
    pub device: Option<SmokeDevice>,
    /// Where the random inputs begin: `--seed` repeats them.
    pub seed: u64,
    /// What was asked for with `--image`, instead of the images that the rules choose: `ptx` or a target such as `sm_80`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// How it ended.
    pub answer: ContactOutcome,
    /// What was being done when it ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Microseconds until there was a context.
    #[serde(default)]
    pub context_micros: Option<u64>,
    /// The images that the driver was asked to load, in this order.
    #[serde(default)]
    pub images: Vec<ImageLoad>,
    /// The kernels, in this order.
    #[serde(default)]
    pub kernels: Vec<KernelRun>,
    /// Memory copied from the host to the device and back (pageable memory, as programs usually have it).
    #[serde(default)]
    pub transfer: Option<Transfer>,
    /// What can slow the GPU down, read right after the kernels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Code of installed libraries that the driver was asked to load (`--load`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<LibraryLoad>,
    /// Microseconds that all of it took.
    #[serde(default)]
    pub micros: u64,
    /// What became of the process after its whole answer.
    #[serde(default, skip_serializing_if = "Aftermath::is_quiet")]
    pub aftermath: Aftermath,
}

/// A device as `cuDeviceGetAttribute` and its like describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SmokeDevice {
    /// Product name; that of the instance in multi-instance mode.
    pub name: String,
    /// Compute capability.
    pub capability: Option<ComputeCapability>,
    /// Multiprocessors.
    #[serde(default)]
    pub multiprocessors: Option<u32>,
    /// Highest clock of the multiprocessors in kHz.
    #[serde(default)]
    pub clock_khz: Option<u32>,
    /// Highest clock of the memory in kHz.
    #[serde(default)]
    pub memory_clock_khz: Option<u32>,
    /// Width of the bus to the memory in bits.
    #[serde(default)]
    pub memory_bus_bits: Option<u32>,
    /// Compute mode: 0 for everybody, 2 prohibited, 3 for one process.
    #[serde(default)]
    pub compute_mode: Option<u32>,
    /// Whether it shares the processor's memory.
    #[serde(default)]
    pub integrated: bool,
    /// Bytes of memory that were free.
    #[serde(default)]
    pub free: Option<u64>,
    /// Bytes of memory in all.
    #[serde(default)]
    pub memory: Option<u64>,
}

/// One image given to the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImageLoad {
    /// The kernels in it: `general` or `tensor`.
    pub module: String,
    /// What it was made for.
    pub image: CodeTarget,
    /// PTX only: the ISA version, which the driver must know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub isa: Option<PtxIsa>,
    /// What the driver said.
    pub answer: ContactOutcome,
    /// Microseconds that loading took; for PTX that is compiling.
    pub micros: u64,
    /// For which capability the code was made that the driver runs (`CU_FUNC_ATTRIBUTE_BINARY_VERSION`).
    #[serde(default)]
    pub binary: Option<ComputeCapability>,
    /// What the driver's compiler wrote, shortened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// Whether the kernels below were taken from it.
    #[serde(default)]
    pub used: bool,
}

/// One kernel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct KernelRun {
    /// Its name without the `gpucheck_` in front: `matmul_f32`.
    pub kernel: String,
    /// The image that it came from.
    #[serde(default)]
    pub image: Option<CodeTarget>,
    /// How it ended.
    pub outcome: KernelOutcome,
    /// The fastest timed launch.
    #[serde(default)]
    pub speed: Option<Speed>,
}

/// How a kernel ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum KernelOutcome {
    /// All results are within their tolerance.
    Right {
        /// The largest deviation, in thousandths of its tolerance.
        worst_permille: u32,
    },
    /// Results deviate by more than their tolerance.
    Wrong {
        /// How many are wrong.
        count: u64,
        /// How many were checked.
        of: u64,
        /// Where the first wrong one is: `row 3, column 17 of 193 x 161`.
        at: String,
        /// The value there; `nothing was written` if it is still the pattern from before.
        got: String,
        /// What the reference says.
        expected: String,
        /// How far apart the two may be.
        tolerance: String,
    },
    /// Bytes behind a buffer were changed.
    Overrun {
        /// The buffer.
        buffer: String,
        /// How many.
        bytes: u64,
    },
    /// A call returned an error.
    Failed {
        /// The call.
        call: String,
        /// The code as a number, known or not.
        code: u32,
        /// Its name, where this program knows it.
        name: Option<String>,
    },
    /// It was not tried.
    NotRun {
        /// Why not, as a lower-case fragment.
        why: String,
    },
}

/// What a timed launch did in which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Speed {
    /// Nanoseconds between the events around it.
    pub nanos: u64,
    /// Floating-point operations that the task needs (a multiplication and an addition are two); 0 where they do not count.
    pub operations: u64,
    /// Bytes that had to be read and written; 0 where they do not count.
    pub bytes: u64,
}

/// Memory copied in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Transfer {
    /// Bytes in each direction.
    pub bytes: u64,
    /// Nanoseconds to the device.
    pub to_device_nanos: u64,
    /// Nanoseconds back.
    pub to_host_nanos: u64,
}

/// What can slow a GPU down, as NVML reports it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Conditions {
    /// Power limit in force, in milliwatts.
    pub power_limit: Option<u32>,
    /// Power limit that the card comes with, in milliwatts.
    pub power_default: Option<u32>,
    /// Lanes of the PCIe link in use.
    pub pcie_width: Option<u32>,
    /// Lanes that the card and its slot allow.
    pub pcie_width_max: Option<u32>,
    /// What limits the clocks at this moment, in nvidia-smi's words.
    pub held_by: Vec<String>,
}

/// One fatbin of an installed library given to the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LibraryLoad {
    /// Id of the environment.
    pub environment: String,
    /// Normalised name of the package.
    pub package: String,
    /// The library, as in the package's facts.
    pub path: String,
    /// Where the fatbin begins in the file.
    pub offset: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The machine code and PTX in it.
    pub images: Vec<Image>,
    /// How many fatbins of the library contain the same images.
    pub like_it: u32,
    /// What the driver said.
    pub answer: ContactOutcome,
    /// Microseconds that loading took.
    pub micros: u64,
}

impl Smoke {
    /// A run that has not begun.
    pub fn new(gpu: impl Into<String>, seed: u64) -> Self {
        Self {
            gpu: gpu.into(),
            device: None,
            seed,
            asked: None,
            answer: ContactOutcome::Ready,
            step: None,
            context_micros: None,
            images: Vec::new(),
            kernels: Vec::new(),
            transfer: None,
            conditions: None,
            libraries: Vec::new(),
            micros: 0,
            aftermath: Aftermath::default(),
        }
    }

    /// The reason given when it was not requested.
    pub const NOT_ASKED: &str = "not asked for (gpucheck smoke)";

    /// Why nothing could be run although it was requested.
    pub fn obstacle(fact: &Fact<Vec<Self>>) -> Option<&str> {
        match fact {
            // Facts that are older than this one do not have it at all.
            Fact::Unknown { why } if why != Self::NOT_ASKED && *fact != Fact::default() => Some(why),
            _ => None,
        }
    }

    /// Whether it came to its end.
    pub fn is_whole(&self) -> bool {
        self.answer == ContactOutcome::Ready
    }
}

impl Speed {
    /// Operations a second, in units of 10^12.
    pub fn teraflops(&self) -> f64 {
        self.operations as f64 / self.nanos.max(1) as f64 / 1e3
    }

    /// Bytes a second, in units of 10^9.
    pub fn gigabytes(&self) -> f64 {
        self.bytes as f64 / self.nanos.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_have_their_units() {
        let speed = Speed { nanos: 1_000_000, operations: 2_000_000_000, bytes: 3_000_000 };
        assert!((speed.teraflops() - 2.0).abs() < 1e-9 && (speed.gigabytes() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_run_survives_a_file() {
        let run = Smoke { step: Some("x".to_owned()), ..Smoke::new("gpu0", u64::MAX) };
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<Smoke>(&text).unwrap(), run);
    }
}
