//! Several steps of an LSTM layer: the recurrent network that speech models have, where a wrong build often fails first.

use crate::{
    driver_api::Parameter,
    facts::ContactOutcome,
    probe::smoke::{
        bench::{Bench, Done},
        check::{Expected, compare},
        random::Random,
    },
};

const BATCH: usize = 9;
const INPUT: usize = 40;
const HIDDEN: usize = 72;
const STEPS: usize = 6;
/// Roundings of a hundred products and of five functions, each step upon the last. In single precision on a processor six steps deviate by
/// less than a hundredth of this (see the test); the functions of a GPU are a few times coarser than a processor's.
const TOLERANCE: f64 = 1e-4;

/// The layer's weights in PyTorch's order: input, forget, cell and output gate, each with HIDDEN rows.
struct Layer {
    input: Vec<f32>,
    hidden: Vec<f32>,
    bias: Vec<f32>,
}

/// Runs the steps one launch after another, and checks the last state.
///
/// # Safety
/// The bench must hold `gpucheck_lstm_step`.
pub unsafe fn run(bench: &Bench<'_>) -> Result<Done, ContactOutcome> {
    let (layer, x) = inputs(|name| bench.random(name));
    let put = |name, numbers: &[f32]| bench.input(name, &super::bytes(numbers));
    let (w_x, w_h, bias) = (put("w_x", &layer.input)?, put("w_h", &layer.hidden)?, put("bias", &layer.bias)?);
    let cell = put("cell", &[0.0; BATCH * HIDDEN])?;
    let mut h = put("h", &[0.0; BATCH * HIDDEN])?;
    let word = |size: usize| Parameter::Word(size as u32);
    for step in x.chunks(BATCH * INPUT) {
        let x = put("x", step)?;
        let next = bench.output("h_next", BATCH * HIDDEN * 4)?;
        let buffers = [&x, &h, &next, &cell, &w_x, &w_h, &bias].map(|buffer| buffer.parameter());
        let parameters: Vec<_> = buffers.into_iter().chain([word(BATCH), word(INPUT), word(HIDDEN)]).collect();
        // SAFETY: x, h, h_next, cell, w_x, w_h, bias and the three sizes that all of them were made for.
        unsafe { bench.launch([(BATCH * HIDDEN).div_ceil(256) as u32, 1], &parameters) }?;
        bench.look_behind(&next)?;
        h = next;
    }
    let mut state = bench.read_floats(&h)?;
    state.extend(bench.read_floats(&cell)?);
    let expected = reference(&layer, &x);
    let place = |index: usize| {
        let part = if index < BATCH * HIDDEN { "h" } else { "cell" };
        format!("{part}, sequence {}, unit {}", index % (BATCH * HIDDEN) / HIDDEN, index % HIDDEN)
    };
    let value = |index| Expected { value: expected.get(index).copied().unwrap_or(f64::NAN), tolerance: TOLERANCE };
    Ok((bench.outcome(compare(&state, value, place)), None))
}

/// Weights as large as PyTorch's initialisation makes them.
fn inputs(random: impl Fn(&str) -> Random) -> (Layer, Vec<f32>) {
    let scaled = |name: &str, count: usize| {
        let scale = 1.0 / (HIDDEN as f32).sqrt();
        random(name).floats(count).into_iter().map(|number| number * scale).collect()
    };
    let layer = Layer {
        input: scaled("w_x", 4 * HIDDEN * INPUT),
        hidden: scaled("w_h", 4 * HIDDEN * HIDDEN),
        bias: scaled("bias", 4 * HIDDEN),
    };
    (layer, random("x").floats(STEPS * BATCH * INPUT))
}

/// The last h, and behind it the last cell state.
fn reference(layer: &Layer, x: &[f32]) -> Vec<f64> {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (mut h, mut cell) = (vec![0.0; BATCH * HIDDEN], vec![0.0; BATCH * HIDDEN]);
    for step in x.chunks(BATCH * INPUT) {
        let mut next = Vec::with_capacity(h.len());
        for (sequence, (x, h)) in step.chunks(INPUT).zip(h.chunks(HIDDEN)).enumerate() {
            for unit in 0..HIDDEN {
                let gate = |number: usize| {
                    let row = number * HIDDEN + unit;
                    let part = |weights: &[f32], size: usize| {
                        weights.get(row * size..(row + 1) * size).unwrap_or_default().to_vec()
                    };
                    let from_x = part(&layer.input, INPUT)
                        .iter()
                        .zip(x)
                        .map(|(w, x)| f64::from(*w) * f64::from(*x))
                        .sum::<f64>();
                    let from_h = part(&layer.hidden, HIDDEN)
                        .iter()
                        .zip(h)
                        .map(|(w, h): (_, &f64)| f64::from(*w) * h)
                        .sum::<f64>();
                    layer.bias.get(row).copied().map_or(f64::NAN, f64::from) + from_x + from_h
                };
                if let Some(cell) = cell.get_mut(sequence * HIDDEN + unit) {
                    *cell = sigmoid(gate(1)) * *cell + sigmoid(gate(0)) * gate(2).tanh();
                    next.push(sigmoid(gate(3)) * cell.tanh());
                }
            }
        }
        h = next;
    }
    h.into_iter().chain(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same steps in single precision, as the kernel does them.
    fn single(layer: &Layer, x: &[f32]) -> Vec<f32> {
        let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
        let (mut h, mut cell) = (vec![0.0_f32; BATCH * HIDDEN], vec![0.0_f32; BATCH * HIDDEN]);
        for step in x.chunks(BATCH * INPUT) {
            let before = h.clone();
            for index in 0..BATCH * HIDDEN {
                let (sequence, unit) = (index / HIDDEN, index % HIDDEN);
                let gate = |number: usize| {
                    let row = number * HIDDEN + unit;
                    let from_x = (0..INPUT).fold(layer.bias[row], |sum, i| {
                        layer.input[row * INPUT + i].mul_add(step[sequence * INPUT + i], sum)
                    });
                    (0..HIDDEN).fold(from_x, |sum, i| {
                        layer.hidden[row * HIDDEN + i].mul_add(before[sequence * HIDDEN + i], sum)
                    })
                };
                cell[index] = sigmoid(gate(1)) * cell[index] + sigmoid(gate(0)) * gate(2).tanh();
                h[index] = sigmoid(gate(3)) * cell[index].tanh();
            }
        }
        h.extend(cell);
        h
    }

    #[test]
    fn the_tolerance_is_far_from_what_rounding_does_and_from_what_an_error_does() {
        let (layer, x) = inputs(|name| Random::new(11, name));
        let expected = reference(&layer, &x);
        let worst = |got: &[f32]| got.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        let got = single(&layer, &x);
        assert!(worst(&got) > 0.0 && worst(&got) < TOLERANCE / 100.0, "{}", worst(&got));
        // One weight too small by a hundredth of the largest.
        let mut wrong = Layer { input: layer.input.clone(), hidden: layer.hidden.clone(), bias: layer.bias.clone() };
        wrong.hidden[5 * HIDDEN + 7] += 0.01;
        assert!(worst(&single(&wrong, &x)) > TOLERANCE, "{}", worst(&single(&wrong, &x)));
    }
}
