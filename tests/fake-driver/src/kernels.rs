//! What gpucheck's own kernels compute (kernels/README.md), written again for the host in double precision: their definitions, not their
//! code.

use std::ffi::c_void;

use crate::memory;

/// `CUDA_ERROR_ILLEGAL_ADDRESS`.
pub const ILLEGAL_ADDRESS: u32 = 700;
/// Threads of a block that every kernel wants, and the edge of the piece that one block of a matrix product computes.
const THREADS: u64 = 256;
const TILE: u64 = 128;

/// A kernel that can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Matrix product in single precision.
    MatmulF32,
    /// One step of an LSTM layer.
    LstmStep,
    /// Sums, one for each block.
    SumF32,
    /// Copy of 16 bytes a time.
    Copy,
    /// Matrix product of halves.
    MatmulF16,
    /// Matrix product of bfloat16.
    MatmulBf16,
}

/// All of them with their names.
const ALL: [(&str, Kernel); 6] = [
    ("gpucheck_matmul_f32", Kernel::MatmulF32),
    ("gpucheck_lstm_step", Kernel::LstmStep),
    ("gpucheck_sum_f32", Kernel::SumF32),
    ("gpucheck_copy", Kernel::Copy),
    ("gpucheck_matmul_f16", Kernel::MatmulF16),
    ("gpucheck_matmul_bf16", Kernel::MatmulBf16),
];

/// Parameters and size of a launch.
pub struct Arguments {
    parameters: *const *const c_void,
    grid: [u64; 2],
    threads: u64,
}

impl Arguments {
    /// Of `cuLaunchKernel`; `threads` is the size of a block.
    pub fn new(parameters: *const *const c_void, grid: [u32; 2], threads: u64) -> Self {
        Self { parameters, grid: grid.map(u64::from), threads }
    }

    fn u64(&self, index: usize) -> Option<u64> {
        crate::ffi::parameter(self.parameters, index)
    }

    fn size(&self, index: usize) -> Option<usize> {
        crate::ffi::parameter::<u32>(self.parameters, index).and_then(|size| usize::try_from(size).ok())
    }
}

/// What a launch has to do.
pub struct Work {
    /// Floating-point operations.
    pub operations: f64,
    /// Bytes that go from and to memory.
    pub bytes: f64,
    /// Whether tensor cores do it.
    pub on_tensor_cores: bool,
}

impl Kernel {
    /// The kernel of this name.
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|(known, _)| *known == name).map(|(_, kernel)| *kernel)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(_, kernel)| *kernel == self).map_or("", |(name, _)| name)
    }

    /// What this launch has to do.
    pub fn work(self, arguments: &Arguments) -> Option<Work> {
        let size = |index| arguments.size(index).map(|size| size as f64);
        let (operations, bytes) = match self {
            Self::MatmulF32 | Self::MatmulF16 | Self::MatmulBf16 => (2.0 * size(3)? * size(4)? * size(5)?, 0.0),
            Self::LstmStep => (8.0 * size(7)? * size(9)? * (size(8)? + size(9)?), 0.0),
            Self::SumF32 => (0.0, 4.0 * arguments.u64(2)? as f64),
            Self::Copy => (0.0, 32.0 * arguments.u64(2)? as f64),
        };
        Some(Work { operations, bytes, on_tensor_cores: matches!(self, Self::MatmulF16 | Self::MatmulBf16) })
    }

    /// Computes it; with `wrong` the last number of the result is off by a quarter of itself and one. Nothing when it would leave
    /// the memory that the program has, or when the launch is not what the kernel wants.
    pub fn compute(self, arguments: &Arguments, wrong: bool) -> Option<()> {
        if arguments.threads != THREADS {
            return None;
        }
        match self {
            Self::MatmulF32 => matmul(arguments, wrong, &|place, count| floats(place, count), false),
            Self::MatmulF16 => matmul(arguments, wrong, &|place, count| halves(place, count, from_f16), true),
            Self::MatmulBf16 => matmul(arguments, wrong, &|place, count| halves(place, count, from_bf16), true),
            Self::LstmStep => lstm(arguments, wrong),
            Self::SumF32 => sum(arguments, wrong),
            Self::Copy => copy(arguments, wrong),
        }
    }
}

fn floats(place: u64, count: usize) -> Option<Vec<f64>> {
    let read = |bytes: &mut [u8]| {
        let (numbers, _) = bytes.as_chunks::<4>();
        numbers.iter().map(|number| f64::from(f32::from_le_bytes(*number))).collect()
    };
    memory::bytes(place, count.checked_mul(4)?, read)
}

fn halves(place: u64, count: usize, value: fn(u16) -> f64) -> Option<Vec<f64>> {
    let read = |bytes: &mut [u8]| {
        let (numbers, _) = bytes.as_chunks::<2>();
        numbers.iter().map(|number| value(u16::from_le_bytes(*number))).collect()
    };
    memory::bytes(place, count.checked_mul(2)?, read)
}

fn write(place: u64, values: &[f64]) -> Option<()> {
    let store = |bytes: &mut [u8]| {
        for (number, value) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(values) {
            *number = (*value as f32).to_le_bytes();
        }
    };
    memory::bytes(place, values.len().checked_mul(4)?, store)
}

/// IEEE half precision.
fn from_f16(bits: u16) -> f64 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from((bits >> 10) & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction / 1024.0 * 2_f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    };
    if sign == 1 { -size } else { size }
}

/// The upper half of a single-precision number.
fn from_bf16(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

fn spoilt(values: &mut [f64], wrong: bool) {
    if let Some(last) = values.last_mut().filter(|_| wrong) {
        *last = *last * 1.25 + 1.0;
    }
}

/// C = A B, or C = A Bᵀ. A grid that does not cover the result leaves the rest of it as it is.
fn matmul(
    arguments: &Arguments,
    wrong: bool,
    read: &dyn Fn(u64, usize) -> Option<Vec<f64>>,
    transposed: bool,
) -> Option<()> {
    let (m, n, k) = (arguments.size(3)?, arguments.size(4)?, arguments.size(5)?);
    let covered = |blocks: u64, size: usize| blocks.saturating_mul(TILE) >= size as u64;
    let a = read(arguments.u64(0)?, m.checked_mul(k)?)?;
    let b = read(arguments.u64(1)?, k.checked_mul(n)?)?;
    if !covered(arguments.grid[0], n) || !covered(arguments.grid[1], m) {
        return Some(());
    }
    let mut c = vec![0.0; m.checked_mul(n)?];
    for (row, result) in c.chunks_exact_mut(n.max(1)).enumerate() {
        let left = a.get(row * k..(row + 1) * k)?;
        if transposed {
            for (column, element) in result.iter_mut().enumerate() {
                let right = b.get(column * k..(column + 1) * k)?;
                *element = left.iter().zip(right).map(|(x, y)| x * y).sum();
            }
        } else {
            for (step, factor) in left.iter().enumerate() {
                let right = b.get(step * n..(step + 1) * n)?;
                result.iter_mut().zip(right).for_each(|(element, y)| *element += factor * y);
            }
        }
    }
    spoilt(&mut c, wrong);
    write(arguments.u64(2)?, &c)
}

fn lstm(arguments: &Arguments, wrong: bool) -> Option<()> {
    let (batch, input, hidden) = (arguments.size(7)?, arguments.size(8)?, arguments.size(9)?);
    let x = floats(arguments.u64(0)?, batch * input)?;
    let h = floats(arguments.u64(1)?, batch * hidden)?;
    let mut cell = floats(arguments.u64(3)?, batch * hidden)?;
    let w_x = floats(arguments.u64(4)?, 4 * hidden * input)?;
    let w_h = floats(arguments.u64(5)?, 4 * hidden * hidden)?;
    let bias = floats(arguments.u64(6)?, 4 * hidden)?;
    let mut next = vec![0.0; batch * hidden];
    let logistic = |value: f64| 1.0 / (1.0 + (-value).exp());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    for (index, (state, out)) in cell.iter_mut().zip(&mut next).enumerate() {
        let (sequence, unit) = (index / hidden, index % hidden);
        let mut gates = [0.0; 4];
        for (number, gate) in gates.iter_mut().enumerate() {
            let row = number * hidden + unit;
            *gate = bias.get(row)?
                + dot(w_x.get(row * input..(row + 1) * input)?, x.get(sequence * input..(sequence + 1) * input)?)
                + dot(w_h.get(row * hidden..(row + 1) * hidden)?, h.get(sequence * hidden..(sequence + 1) * hidden)?);
        }
        let [enter, forget, candidate, output] = gates;
        *state = logistic(forget) * *state + logistic(enter) * candidate.tanh();
        *out = logistic(output) * state.tanh();
    }
    spoilt(&mut next, wrong);
    write(arguments.u64(3)?, &cell)?;
    write(arguments.u64(2)?, &next)
}

fn sum(arguments: &Arguments, wrong: bool) -> Option<()> {
    let blocks = usize::try_from(arguments.grid[0]).ok()?;
    let numbers = floats(arguments.u64(0)?, usize::try_from(arguments.u64(2)?).ok()?)?;
    let mut sums = vec![0.0; blocks];
    for (index, number) in numbers.iter().enumerate() {
        *sums.get_mut(index / THREADS as usize % blocks)? += number;
    }
    spoilt(&mut sums, wrong);
    write(arguments.u64(1)?, &sums)
}

fn copy(arguments: &Arguments, wrong: bool) -> Option<()> {
    let length = usize::try_from(arguments.u64(2)?.checked_mul(16)?).ok()?;
    let mut all = memory::bytes(arguments.u64(0)?, length, |bytes| bytes.to_vec())?;
    if let Some(last) = all.last_mut().filter(|_| wrong) {
        *last ^= 0x40;
    }
    memory::bytes(arguments.u64(1)?, length, |bytes| bytes.copy_from_slice(&all))
}
