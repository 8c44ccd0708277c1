//! Matrix products in fp32, fp16 and bf16.
//!
//! A small product of odd sizes is checked element by element. The large one that is timed is checked whole as well, by random signs:
//! (C x) and A (B x) are the same vector, which takes n^2 operations instead of n^3, and one wrong element shows in it.

use crate::{
    driver_api::Parameter,
    facts::{ContactOutcome, KernelOutcome, Speed},
    parallel,
    probe::smoke::{
        bench::{Bench, Done, grow},
        check::{Comparison, Expected, ROUNDING, compare},
        random::Random,
    },
};

/// One block computes this many rows and columns.
const TILE: u32 = 128;
/// Rows and columns of the largest product: two rounds of blocks on an H200, and inputs and reference cost the host a tenth of a second.
const LARGEST: usize = 2048;
/// The deviations of the random sum that are allowed, in units of what roundings alone make on average.
const MARGIN: f64 = 64.0;

/// What the elements of A and B are. The results are floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    F32,
    F16,
    Bf16,
}

/// See the head of this file.
///
/// # Safety
/// The bench must hold `gpucheck_matmul_f32`.
pub unsafe fn f32(bench: &Bench<'_>) -> Result<Done, ContactOutcome> {
    // SAFETY: passed on to the caller.
    unsafe { run(bench, Kind::F32, Shape { m: 193, n: 161, k: 227 }, LARGEST) }
}

/// See the head of this file.
///
/// # Safety
/// The bench must hold `gpucheck_matmul_f16`.
pub unsafe fn f16(bench: &Bench<'_>) -> Result<Done, ContactOutcome> {
    // SAFETY: passed on to the caller.
    unsafe { run(bench, Kind::F16, Shape { m: 193, n: 161, k: 224 }, LARGEST) }
}

/// See the head of this file.
///
/// # Safety
/// The bench must hold `gpucheck_matmul_bf16`.
pub unsafe fn bf16(bench: &Bench<'_>) -> Result<Done, ContactOutcome> {
    // SAFETY: passed on to the caller.
    unsafe { run(bench, Kind::Bf16, Shape { m: 193, n: 161, k: 224 }, LARGEST) }
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    m: usize,
    n: usize,
    k: usize,
}

/// Random numbers from -1 to 1 that the kind represents exactly.
struct Matrix {
    kind: Kind,
    columns: usize,
    bytes: Vec<u8>,
}

/// # Safety
/// The bench must hold the kernel of this kind.
unsafe fn run(bench: &Bench<'_>, kind: Kind, small: Shape, largest: usize) -> Result<Done, ContactOutcome> {
    // SAFETY: passed on to the caller.
    let (outcome, _) = unsafe { product(bench, kind, small, false) }?;
    if !matches!(outcome, KernelOutcome::Right { .. }) {
        return Ok((outcome, None));
    }
    let (large, speed) = grow(256, largest, 3, |size| {
        // SAFETY: passed on to the caller.
        unsafe { product(bench, kind, Shape { m: size, n: size, k: size }, true) }
    })?;
    Ok((worse(outcome, large), speed))
}

/// The outcome of both: a wrong one, or the larger deviation.
fn worse(a: KernelOutcome, b: KernelOutcome) -> KernelOutcome {
    match (&a, &b) {
        (KernelOutcome::Right { worst_permille: one }, KernelOutcome::Right { worst_permille: other })
            if one > other =>
        {
            a
        }
        _ => b,
    }
}

/// # Safety
/// The bench must hold the kernel of this kind.
unsafe fn product(bench: &Bench<'_>, kind: Kind, shape: Shape, large: bool) -> Result<Done, ContactOutcome> {
    let Shape { m, n, k } = shape;
    // The tensor kernels take B transposed.
    let (b_rows, b_columns) = if kind == Kind::F32 { (k, n) } else { (n, k) };
    let (for_a, for_b) = (bench.random("a"), bench.random("b"));
    let (a, b) = parallel::both(
        || Matrix::random(kind, m, k, &mut for_a.clone()),
        || Matrix::random(kind, b_rows, b_columns, &mut for_b.clone()),
    );
    let (left, right) = (bench.input("a", &a.bytes)?, bench.input("b", &b.bytes)?);
    let output = bench.output("c", m * n * 4)?;
    let word = |size: usize| Parameter::Word(size as u32);
    let parameters = [left.parameter(), right.parameter(), output.parameter(), word(m), word(n), word(k)];
    let grid = [(n as u32).div_ceil(TILE), (m as u32).div_ceil(TILE)];
    // SAFETY: a, b, c and the three sizes that all of them were made for.
    unsafe { bench.launch(grid, &parameters) }?;
    let c = bench.read_floats(&output)?;
    bench.look_behind(&left)?;
    bench.look_behind(&right)?;
    if !large {
        return Ok((bench.outcome(each(kind, &a, &b, &c, shape)), None));
    }
    let outcome = bench.outcome(whole(kind, &a, &b, &c, shape, &mut bench.random("signs")));
    let speed = match outcome {
        KernelOutcome::Right { .. } => {
            // SAFETY: the same launch again.
            let nanos = unsafe { bench.fastest(grid, &parameters) }?;
            Some(Speed { nanos, operations: 2 * (m * n * k) as u64, bytes: 0 })
        }
        _ => None,
    };
    Ok((outcome, speed))
}

/// Every element. Each of the k additions rounds once; tensor cores cut off instead, which is twice as much.
fn each(kind: Kind, a: &Matrix, b: &Matrix, c: &[f32], shape: Shape) -> KernelOutcome {
    let (left, right) = (a.values(), b.values());
    compare(c, |index| element(kind, &left, &right, shape, index), |index| place(index, shape))
}

fn element(kind: Kind, left: &[f32], right: &[f32], shape: Shape, index: usize) -> Expected {
    let Shape { n, k, .. } = shape;
    let (row, column) = (index / n, index % n);
    let (mut value, mut size) = (0.0, 0.0);
    for i in 0..k {
        let other = if kind == Kind::F32 { i * n + column } else { column * k + i };
        if let (Some(x), Some(y)) = (left.get(row * k + i), right.get(other)) {
            let product = f64::from(*x) * f64::from(*y);
            (value, size) = (value + product, size + product.abs());
        }
    }
    Expected { value, tolerance: k as f64 * kind.rounding() * size }
}

fn place(index: usize, Shape { m, n, .. }: Shape) -> String {
    format!("row {}, column {} of {m} x {n}", index / n, index % n)
}

/// All elements at once, row by row; a row that is wrong is looked at element by element.
fn whole(kind: Kind, a: &Matrix, b: &Matrix, c: &[f32], shape: Shape, random: &mut Random) -> KernelOutcome {
    let Shape { n, k, .. } = shape;
    let signs: Vec<f64> = (0..n).map(|_| if random.bits() & 1 == 0 { 1.0 } else { -1.0 }).collect();
    let dot = |row: &mut dyn Iterator<Item = f64>, other: &[f64]| row.zip(other).map(|(x, y)| x * y).sum::<f64>();
    let b_signs: Vec<f64> = if kind == Kind::F32 {
        b.rows().map(|mut row| dot(&mut row, &signs)).collect()
    } else {
        let mut sums = vec![0.0; k];
        for (row, sign) in b.rows().zip(&signs) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += sign * x);
        }
        sums
    };
    // A partial sum is about sqrt(k)/3 large and rounded k times, which adds up to sqrt(k) roundings; n elements to sqrt(n) of those.
    let tolerance = MARGIN * (n as f64).sqrt() * k as f64 / 3.0 * kind.rounding();
    let mut comparison = Comparison::default();
    for (row, (mut left, got)) in a.rows().zip(c.chunks(n)).enumerate() {
        let expected = Expected { value: dot(&mut left, &b_signs), tolerance };
        let sum: f64 = got.iter().zip(&signs).map(|(x, sign)| f64::from(*x) * sign).sum();
        comparison.add_wide(sum, format!("{sum}"), &expected, || format!("row {row} of {n}"));
    }
    match comparison.outcome(shape.m as u64) {
        wrong @ KernelOutcome::Wrong { .. } => locate(kind, a, b, c, shape).unwrap_or(wrong),
        right => right,
    }
}

/// The first wrong elements of a product that is wrong somewhere.
fn locate(kind: Kind, a: &Matrix, b: &Matrix, c: &[f32], shape: Shape) -> Option<KernelOutcome> {
    /// A row costs n * k operations.
    const ENOUGH: usize = 1 << 26;
    let (left, right) = (a.values(), b.values());
    let rows = (ENOUGH / (shape.n * shape.k).max(1)).max(1);
    // Not-a-numbers and infinities show without any arithmetic: their rows come first.
    let first = c.iter().position(|x| !x.is_finite()).unwrap_or(0) / shape.n * shape.n;
    let part = c.get(first..)?.get(..(rows * shape.n).min(c.len() - first))?;
    let outcome =
        compare(part, |index| element(kind, &left, &right, shape, first + index), |index| place(first + index, shape));
    matches!(outcome, KernelOutcome::Wrong { .. }).then_some(outcome)
}

impl Kind {
    /// What one addition may change, of the size of what is added.
    fn rounding(self) -> f64 {
        if self == Self::F32 { ROUNDING } else { 2.0 * ROUNDING }
    }

    const fn size(self) -> usize {
        if matches!(self, Self::F32) { 4 } else { 2 }
    }

    /// Writes the number nearest to zero that the kind has, into as many bytes as it takes. Numbers are from -1 to 1.
    fn encode(self, number: f32, to: &mut [u8]) {
        match self {
            Self::F32 => to.copy_from_slice(&number.to_ne_bytes()),
            Self::Bf16 => to.copy_from_slice(&((number.to_bits() >> 16) as u16).to_ne_bytes()),
            Self::F16 => to.copy_from_slice(&half((number * 1024.0) as i32 as f32 / 1024.0).to_ne_bytes()),
        }
    }

    /// The number of these bytes.
    fn decode(self, bytes: &[u8]) -> f32 {
        match (self, bytes) {
            (Self::F32, [a, b, c, d]) => f32::from_ne_bytes([*a, *b, *c, *d]),
            (Self::Bf16, [a, b]) => f32::from_bits(u32::from(u16::from_ne_bytes([*a, *b])) << 16),
            (Self::F16, [a, b]) => from_half(u16::from_ne_bytes([*a, *b])),
            _ => f32::NAN,
        }
    }
}

/// IEEE binary16 of a multiple of 1/1024 from -1 to 1: eleven digits, no rounding, no subnormal.
fn half(number: f32) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    if number == 0.0 {
        return sign;
    }
    // The exponent's bias is 15 there and 127 here; 23 digits become 10.
    let magnitude = (bits & 0x7fff_ffff) - ((127 - 15) << 23);
    sign | (magnitude >> 13) as u16
}

/// The float of a normal IEEE binary16 or zero.
fn from_half(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let magnitude = u32::from(half & 0x7fff);
    if magnitude == 0 { f32::from_bits(sign) } else { f32::from_bits(sign | ((magnitude << 13) + ((127 - 15) << 23))) }
}

impl Matrix {
    fn random(kind: Kind, rows: usize, columns: usize, random: &mut Random) -> Self {
        let mut bytes = vec![0; rows * columns * kind.size()];
        for place in bytes.chunks_exact_mut(kind.size()) {
            kind.encode(random.float(), place);
        }
        Self { kind, columns, bytes }
    }

    /// Its rows as the reference takes them.
    fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = f64> + '_> + '_ {
        let kind = self.kind;
        let row = self.columns * kind.size();
        self.bytes
            .chunks_exact(row)
            .map(move |row| row.chunks_exact(kind.size()).map(move |bytes| f64::from(kind.decode(bytes))))
    }

    fn values(&self) -> Vec<f32> {
        self.bytes.chunks(self.kind.size()).map(|bytes| self.kind.decode(bytes)).collect()
    }
}

#[cfg(test)]
mod tests;
