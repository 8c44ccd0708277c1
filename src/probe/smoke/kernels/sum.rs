//! The sum of many numbers: one result for each block, then one of all.

use crate::{
    driver_api::Parameter,
    facts::{ContactOutcome, KernelOutcome},
    probe::smoke::{
        bench::{Bench, Done},
        check::{Expected, ROUNDING, compare},
    },
};

/// No multiple of a block, nor of anything.
const COUNT: usize = 1_000_003;
const BLOCKS: usize = 96;
/// Threads of a block.
const THREADS: usize = 256;

/// Adds them up in two launches, and checks the results of both.
///
/// # Safety
/// The bench must hold `gpucheck_sum_f32`.
pub unsafe fn run(bench: &Bench<'_>) -> Result<Done, ContactOutcome> {
    let numbers = bench.random("in").floats(COUNT);
    let input = bench.input("in", &super::bytes(&numbers))?;
    let parts = bench.output("parts", BLOCKS * 4)?;
    let parameters = [input.parameter(), parts.parameter(), Parameter::Long(COUNT as u64)];
    // SAFETY: in, out, count; the output has a place for each block.
    unsafe { bench.launch([BLOCKS as u32, 1], &parameters) }?;
    let sum = bench.output("sum", 4)?;
    let parameters = [parts.parameter(), sum.parameter(), Parameter::Long(BLOCKS as u64)];
    // SAFETY: the same of the parts, with one block.
    unsafe { bench.launch([1, 1], &parameters) }?;
    bench.look_behind(&input)?;
    let of_blocks = bench.read_floats(&parts)?;
    let outcome = compare(
        &of_blocks,
        |block| expected(numbers.chunks(THREADS).skip(block).step_by(BLOCKS).flatten(), numbers.len()),
        |block| format!("block {block} of {BLOCKS}"),
    );
    if !matches!(outcome, KernelOutcome::Right { .. }) {
        return Ok((bench.outcome(outcome), None));
    }
    let whole = bench.read_floats(&sum)?;
    let outcome = compare(&whole, |_| expected(of_blocks.iter(), of_blocks.len()), |_| "the whole sum".to_owned());
    Ok((bench.outcome(outcome), None))
}

/// The sum, and what rounding can make of it: each number goes through the additions of its thread and of the tree above it.
fn expected<'n>(numbers: impl Iterator<Item = &'n f32>, count: usize) -> Expected {
    let (value, size) =
        numbers.fold((0.0, 0.0), |(sum, size), number| (sum + f64::from(*number), size + f64::from(number.abs())));
    let additions = count.div_ceil(BLOCKS * THREADS) + 5 + THREADS / 32;
    Expected { value, tolerance: additions as f64 * ROUNDING * size }
}
