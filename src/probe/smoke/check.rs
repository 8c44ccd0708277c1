//! Holds results against a reference in double precision.

use super::bench::POISON;
use crate::facts::KernelOutcome;

/// Half the distance between 1 and the next float: what one rounding may change.
pub const ROUNDING: f64 = 1.0 / (1 << 24) as f64;

/// What a result should be.
pub struct Expected {
    /// The value.
    pub value: f64,
    /// How far from it a right result may be.
    pub tolerance: f64,
}

/// Compares every result. `place` says where one is.
pub fn compare(got: &[f32], expected: impl Fn(usize) -> Expected, place: impl Fn(usize) -> String) -> KernelOutcome {
    let mut comparison = Comparison::default();
    for (index, &got) in got.iter().enumerate() {
        comparison.add(got, &expected(index), || place(index));
    }
    comparison.outcome(got.len() as u64)
}

/// Adds up deviations.
#[derive(Default)]
pub struct Comparison {
    worst: f64,
    wrong: u64,
    first: Option<KernelOutcome>,
}

impl Comparison {
    /// One result.
    pub fn add(&mut self, got: f32, expected: &Expected, place: impl FnOnce() -> String) {
        let got_text = if got.to_bits() == POISON { "nothing was written".to_owned() } else { format!("{got}") };
        self.add_wide(f64::from(got), got_text, expected, place);
    }

    /// One result that was made from several.
    pub fn add_wide(&mut self, got: f64, shown: String, expected: &Expected, place: impl FnOnce() -> String) {
        let share = (got - expected.value).abs() / expected.tolerance;
        // What is no number is not within it.
        if share <= 1.0 {
            self.worst = self.worst.max(share);
            return;
        }
        self.wrong += 1;
        if self.first.is_none() {
            self.first = Some(KernelOutcome::Wrong {
                count: 0,
                of: 0,
                at: place(),
                got: shown,
                expected: format!("{:.6}", expected.value),
                tolerance: format!("{:.1e}", expected.tolerance),
            });
        }
    }

    /// The whole, of so many.
    pub fn outcome(self, all: u64) -> KernelOutcome {
        match self.first {
            Some(KernelOutcome::Wrong { at, got, expected, tolerance, .. }) => {
                KernelOutcome::Wrong { count: self.wrong, of: all, at, got, expected, tolerance }
            }
            _ => KernelOutcome::Right { worst_permille: (self.worst * 1000.0).ceil() as u32 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(got: &[f32]) -> KernelOutcome {
        compare(got, |index| Expected { value: index as f64, tolerance: 0.25 }, |index| format!("element {index}"))
    }

    #[test]
    fn right_results_say_how_close_it_was() {
        assert_eq!(outcome(&[0.0, 1.125, 2.0]), KernelOutcome::Right { worst_permille: 500 });
        assert_eq!(outcome(&[]), KernelOutcome::Right { worst_permille: 0 });
    }

    #[test]
    fn the_first_wrong_one_is_shown_and_all_are_counted() {
        let KernelOutcome::Wrong { count, of, at, got, expected, tolerance } = outcome(&[0.0, 3.0, 2.5]) else {
            panic!()
        };
        assert_eq!((count, of, at.as_str()), (2, 3, "element 1"));
        assert_eq!((got.as_str(), expected.as_str(), tolerance.as_str()), ("3", "1.000000", "2.5e-1"));
    }

    #[test]
    fn what_is_no_number_is_wrong_and_poison_is_told_apart() {
        for (bits, shown) in [(POISON, "nothing was written"), (0x7fc0_0000, "NaN"), (0x7f80_0000, "inf")] {
            let KernelOutcome::Wrong { got, .. } = outcome(&[f32::from_bits(bits)]) else { panic!() };
            assert_eq!(got, shown);
        }
    }
}
