//! What every kernel's run needs: buffers that show what was not written and what was written beside them, launches, times.

use std::cell::RefCell;

use super::random::Random;
use crate::{
    driver_api::{CUresult, Context, Function, Memory, Parameter},
    facts::{ContactOutcome, KernelOutcome, Speed},
};

/// Stands behind each buffer.
const GUARD: usize = 1024;
const GUARD_WORD: u32 = 0xA5A5_A5A5;
/// Stands in results before a kernel runs: no number at all, and none that a calculation gives.
pub const POISON: u32 = 0x7FFB_ADBA;
/// A launch that takes this long is measured well enough.
pub const LONG_ENOUGH: u64 = 1_000_000;
/// All measured launches of one size together.
const MEASURE: u64 = 40_000_000;
const MOST_LAUNCHES: u32 = 10;
const OUT_OF_MEMORY: u32 = CUresult::CUDA_ERROR_OUT_OF_MEMORY as u32;
/// Every kernel wants blocks of so many.
const THREADS: u32 = 256;

/// How a kernel's run ended, and how fast the last size was.
pub type Done = (KernelOutcome, Option<Speed>);

/// One kernel on one device.
pub struct Bench<'c> {
    context: &'c Context<'c>,
    function: &'c Function<'c>,
    kernel: &'static str,
    seed: u64,
    /// The buffer behind which bytes were changed, and how many.
    overrun: RefCell<Option<(&'static str, u64)>>,
}

/// A buffer with guard bytes behind it.
pub struct Buffer<'c> {
    memory: Memory<'c>,
    bytes: usize,
    name: &'static str,
}

impl<'c> Bench<'c> {
    /// A kernel, its name for people, and the seed of its inputs.
    pub fn new(context: &'c Context<'c>, function: &'c Function<'c>, kernel: &'static str, seed: u64) -> Self {
        Self { context, function, kernel, seed, overrun: RefCell::new(None) }
    }

    /// Random numbers for an input of this kernel.
    pub fn random(&self, input: &str) -> Random {
        Random::new(self.seed, &format!("{} {input}", self.kernel))
    }

    /// A buffer with this content.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn input(&self, name: &'static str, content: &[u8]) -> Result<Buffer<'c>, ContactOutcome> {
        let buffer = self.buffer(name, content.len())?;
        buffer.memory.write(0, content)?;
        Ok(buffer)
    }

    /// A buffer for results, full of what no calculation gives.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn output(&self, name: &'static str, bytes: usize) -> Result<Buffer<'c>, ContactOutcome> {
        let buffer = self.buffer(name, bytes)?;
        buffer.memory.fill(0, bytes.next_multiple_of(4), POISON)?;
        Ok(buffer)
    }

    fn buffer(&self, name: &'static str, bytes: usize) -> Result<Buffer<'c>, ContactOutcome> {
        let guard = bytes.next_multiple_of(4);
        let memory = self.context.allocate(guard + GUARD)?;
        memory.fill(guard, GUARD, GUARD_WORD)?;
        Ok(Buffer { memory, bytes, name })
    }

    /// Runs the kernel once and waits for it.
    ///
    /// # Safety
    /// The parameters must be the kernel's own (kernels/README.md lists them), and its buffers as large as they say.
    ///
    /// # Errors
    /// What the driver answers; an error while it runs is one of waiting.
    pub unsafe fn launch(&self, grid: [u32; 2], parameters: &[Parameter]) -> Result<(), ContactOutcome> {
        // SAFETY: passed on to the caller.
        unsafe { self.context.launch(self.function, grid, THREADS, parameters) }?;
        self.context.wait()
    }

    /// The fastest of several launches in nanoseconds.
    ///
    /// # Safety
    /// As for [`Self::launch`].
    ///
    /// # Errors
    /// What the driver answers.
    pub unsafe fn fastest(&self, grid: [u32; 2], parameters: &[Parameter]) -> Result<u64, ContactOutcome> {
        let (mut fastest, mut all) = (u64::MAX, 0);
        for launches in 1.. {
            let nanos = self.context.timed(|| {
                // SAFETY: passed on to the caller.
                unsafe { self.context.launch(self.function, grid, THREADS, parameters) }
            })?;
            (fastest, all) = (fastest.min(nanos), all + nanos);
            if launches >= MOST_LAUNCHES || launches >= 2 && all >= MEASURE {
                break;
            }
        }
        Ok(fastest)
    }

    /// The content of a buffer; remembers when bytes behind it were changed.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn read(&self, buffer: &Buffer<'_>) -> Result<Vec<u8>, ContactOutcome> {
        let mut content = vec![0; buffer.bytes];
        buffer.memory.read(0, &mut content)?;
        self.look_behind(buffer)?;
        Ok(content)
    }

    /// The content of a buffer of floats.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn read_floats(&self, buffer: &Buffer<'_>) -> Result<Vec<f32>, ContactOutcome> {
        let content = self.read(buffer)?;
        Ok(content.as_chunks().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect())
    }

    /// Remembers when bytes behind a buffer were changed.
    ///
    /// # Errors
    /// What the driver answers.
    pub fn look_behind(&self, buffer: &Buffer<'_>) -> Result<(), ContactOutcome> {
        let mut guard = [0; GUARD];
        buffer.memory.read(buffer.bytes.next_multiple_of(4), &mut guard)?;
        let changed = guard.iter().filter(|byte| **byte != GUARD_WORD as u8).count();
        if changed > 0 {
            self.overrun.borrow_mut().get_or_insert((buffer.name, changed as u64));
        }
        Ok(())
    }

    /// The outcome, unless something was written where nothing may be: that comes first, as it explains the rest.
    pub fn outcome(&self, compared: KernelOutcome) -> KernelOutcome {
        match self.overrun.take() {
            Some((buffer, bytes)) => KernelOutcome::Overrun { buffer: buffer.to_owned(), bytes },
            None => compared,
        }
    }
}

impl Buffer<'_> {
    /// As a kernel's parameter.
    pub fn parameter(&self) -> Parameter {
        self.memory.parameter()
    }
}

/// Runs a task in growing sizes until a launch takes long enough to be measured, and gives the last. `run` gets a size; nothing that
/// fails for want of memory counts once one size has worked: a busy GPU is no broken one. A launch takes `power` powers of two
/// longer for twice the size.
///
/// # Errors
/// What the driver answers.
pub fn grow(
    first: usize,
    largest: usize,
    power: u32,
    mut run: impl FnMut(usize) -> Result<Done, ContactOutcome>,
) -> Result<Done, ContactOutcome> {
    let mut size = first;
    let mut last = run(size)?;
    while let (KernelOutcome::Right { .. }, Some(speed)) = &last {
        let (before, mut nanos) = (size, speed.nanos.max(1));
        while nanos < LONG_ENOUGH && size < largest {
            // A small task does not fill the GPU, and is slower than this says: the guess does not go too far.
            (size, nanos) = ((size * 2).min(largest), nanos << power);
        }
        if size == before {
            break;
        }
        match run(size) {
            Err(ContactOutcome::Failed { code: OUT_OF_MEMORY, .. }) => break,
            next => last = next?,
        }
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(nanos: u64) -> Done {
        (KernelOutcome::Right { worst_permille: 0 }, Some(Speed { nanos, operations: 0, bytes: 0 }))
    }

    fn sizes(largest: usize, nanos: impl Fn(usize) -> u64) -> Vec<usize> {
        let mut sizes = Vec::new();
        grow(256, largest, 3, |size| {
            sizes.push(size);
            Ok(right(nanos(size)))
        })
        .unwrap();
        sizes
    }

    #[test]
    fn a_fast_gpu_gets_more_to_do_and_a_slow_one_is_not_asked_again() {
        assert_eq!(sizes(4096, |_| 20_000_000), [256]);
        assert_eq!(sizes(4096, |size| (size * size * size) as u64 / 400), [256, 1024]);
        assert_eq!(sizes(4096, |_| 10_000), [256, 2048, 4096]);
        assert_eq!(sizes(4096, |_| 0), [256, 4096], "a clock that stands still");
        assert_eq!(sizes(3072, |_| 10_000), [256, 2048, 3072]);
    }

    #[test]
    fn want_of_memory_ends_growing_and_other_errors_end_the_run() {
        let failing = |code| {
            move |size| match size {
                256 => Ok(right(1_000)),
                _ => Err(ContactOutcome::Failed { call: "cuMemAlloc".to_owned(), code, name: None }),
            }
        };
        assert_eq!(grow(256, 4096, 3, failing(2)).unwrap(), right(1_000));
        assert!(grow(256, 4096, 3, failing(700)).is_err());
    }

    #[test]
    fn poison_is_no_number() {
        assert!(f32::from_bits(POISON).is_nan());
    }
}
