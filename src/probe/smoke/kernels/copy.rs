//! A copy inside the device's memory, which shows its bandwidth, and the copies there and back.

use std::time::Instant;

use crate::{
    driver_api::{Context, Parameter},
    facts::{ContactOutcome, KernelOutcome, Speed, Transfer},
    probe::smoke::{
        bench::{Bench, Done, grow},
        random::Random,
    },
};

const FIRST: usize = 1 << 20;
/// Twice this is more than any cache between the multiprocessors and the memory holds.
const LARGEST: usize = 96 << 20;
/// Enough blocks to fill any GPU.
const MOST_BLOCKS: usize = 4096;
const PIECE: usize = 16;
const THREADS: usize = 256;

/// Copies, and compares every byte.
///
/// # Safety
/// The bench must hold `gpucheck_copy`.
pub unsafe fn run(bench: &Bench<'_>) -> Result<Done, ContactOutcome> {
    // A size that is no multiple of a block first.
    // SAFETY: passed on to the caller.
    let (outcome, _) = unsafe { copy(bench, 1_000_000 / PIECE * PIECE, false) }?;
    if !matches!(outcome, KernelOutcome::Right { .. }) {
        return Ok((outcome, None));
    }
    grow(FIRST, LARGEST, 1, |size| {
        // SAFETY: passed on to the caller.
        unsafe { copy(bench, size.min(LARGEST), true) }
    })
}

/// # Safety
/// As for [`run`]; the bytes are whole pieces.
unsafe fn copy(bench: &Bench<'_>, bytes: usize, timed: bool) -> Result<Done, ContactOutcome> {
    let content = random_bytes(&mut bench.random("in"), bytes);
    let from = bench.input("in", &content)?;
    let to = bench.output("out", bytes)?;
    let grid = [(bytes / PIECE).div_ceil(THREADS).min(MOST_BLOCKS) as u32, 1];
    let parameters = [from.parameter(), to.parameter(), Parameter::Long((bytes / PIECE) as u64)];
    // SAFETY: in, out, count; both buffers have so many pieces.
    unsafe { bench.launch(grid, &parameters) }?;
    let copied = bench.read(&to)?;
    bench.look_behind(&from)?;
    let outcome = bench.outcome(compare(&content, &copied));
    let speed = match outcome {
        KernelOutcome::Right { .. } if timed => {
            // SAFETY: the same launch again.
            let nanos = unsafe { bench.fastest(grid, &parameters) }?;
            Some(Speed { nanos, operations: 0, bytes: 2 * bytes as u64 })
        }
        _ => None,
    };
    Ok((outcome, speed))
}

fn random_bytes(random: &mut Random, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        bytes.extend_from_slice(&random.bits().to_ne_bytes());
    }
    bytes.truncate(count);
    bytes
}

/// Where the two differ. The memory's own comparison first: these are a hundred million bytes.
fn compare(from: &[u8], to: &[u8]) -> KernelOutcome {
    if from == to {
        return KernelOutcome::Right { worst_permille: 0 };
    }
    let differ = || from.iter().zip(to).enumerate().filter(|(_, (from, to))| from != to);
    let hex = |byte: Option<u8>| byte.map_or_else(String::new, |byte| format!("{byte:#04x}"));
    let first = differ().next().map(|(index, _)| index);
    KernelOutcome::Wrong {
        count: differ().count() as u64,
        of: from.len() as u64,
        at: format!("byte {} of {}", first.unwrap_or(0), from.len()),
        got: hex(first.and_then(|index| to.get(index).copied())),
        expected: hex(first.and_then(|index| from.get(index).copied())),
        tolerance: "0".to_owned(),
    }
}

/// How fast memory is copied to the device and back, from and to memory that is pageable, as programs usually have it: the fastest
/// of four times.
///
/// # Errors
/// What the driver answers.
pub fn transfer(context: &Context<'_>) -> Result<Transfer, ContactOutcome> {
    const BYTES: usize = 16 << 20;
    let memory = context.allocate(BYTES)?;
    let mut content = vec![0x5a; BYTES];
    let mut transfer = Transfer { bytes: BYTES as u64, to_device_nanos: u64::MAX, to_host_nanos: u64::MAX };
    let since = |start: Instant| u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
    for _ in 0..4 {
        let start = Instant::now();
        memory.write(0, &content)?;
        // Such a copy may return before the last piece has arrived.
        context.wait()?;
        transfer.to_device_nanos = transfer.to_device_nanos.min(since(start));
        let start = Instant::now();
        memory.read(0, &mut content)?;
        transfer.to_host_nanos = transfer.to_host_nanos.min(since(start));
    }
    Ok(transfer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_byte_is_named() {
        let content = random_bytes(&mut Random::new(5, "x"), 1003);
        let mut copied = content.clone();
        assert!(matches!(compare(&content, &copied), KernelOutcome::Right { .. }) && content.len() == 1003);
        copied[700] ^= 0x10;
        let KernelOutcome::Wrong { count, of, at, .. } = compare(&content, &copied) else { panic!() };
        assert_eq!((count, of, at.as_str()), (1, 1003, "byte 700 of 1003"));
    }
}
