//! The kernels that a run starts, one file for each kind: inputs, launch, reference, tolerance. What each computes is in
//! `kernels/README.md`. To add one: its file here, its row below, its source in `kernels/`.

mod copy;
mod lstm;
mod matmul;
mod sum;

pub use copy::transfer;

use super::bench::{Bench, Done};
use crate::facts::ContactOutcome;

/// A kernel and how it is run.
pub struct Task {
    /// The module it is in.
    pub module: &'static str,
    /// Its name without the `gpucheck_` in front.
    pub kernel: &'static str,
    /// Runs it and holds its results against the reference.
    ///
    /// # Safety
    /// The bench must hold this very kernel: it is given the parameters of this one.
    pub run: unsafe fn(&Bench<'_>) -> Result<Done, ContactOutcome>,
}

/// All of them: the simplest first, so that what fails first is the smallest thing that fails.
pub const TASKS: &[Task] = &[
    Task { module: "general", kernel: "copy", run: copy::run },
    Task { module: "general", kernel: "sum_f32", run: sum::run },
    Task { module: "general", kernel: "matmul_f32", run: matmul::f32 },
    Task { module: "general", kernel: "lstm_step", run: lstm::run },
    Task { module: "tensor", kernel: "matmul_f16", run: matmul::f16 },
    Task { module: "tensor", kernel: "matmul_bf16", run: matmul::bf16 },
];

/// The bytes of floats as the device has them.
fn bytes(floats: &[f32]) -> Vec<u8> {
    floats.iter().flat_map(|number| number.to_ne_bytes()).collect()
}
