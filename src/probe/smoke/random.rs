//! Random inputs that a seed repeats: xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).

/// A sequence of random numbers.
#[derive(Clone)]
pub struct Random([u64; 4]);

impl Random {
    /// The sequence of this seed, for one purpose: the same seed gives different numbers to different kernels.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut state = purpose.bytes().fold(seed, |state, byte| splitmix(state ^ u64::from(byte)).1);
        Self(std::array::from_fn(|_| {
            let (next, value) = splitmix(state);
            state = next;
            value
        }))
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        let state = &mut self.0;
        let result = state[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        result
    }

    /// A number from -1 up to 1, of 24 bits: exact as a float.
    pub fn float(&mut self) -> f32 {
        ((self.bits() >> 40) as f32) / (1 << 23) as f32 - 1.0
    }

    /// As many of them.
    pub fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.float()).collect()
    }
}

/// One step of the generator that is recommended for filling the state: the next state and a number.
fn splitmix(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (state, mixed ^ (mixed >> 31))
}

/// A seed that differs from run to run.
pub fn fresh_seed() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // 53 bits at most: every reader of JSON keeps them exactly.
    now.map_or(1, |time| splitmix(time.as_nanos() as u64 ^ u64::from(std::process::id())).1 >> 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_a_purpose_separates() {
        let take = |seed, purpose| Random::new(seed, purpose).floats(8);
        assert_eq!(take(7, "a"), take(7, "a"));
        assert_ne!(take(7, "a"), take(7, "b"));
        assert_ne!(take(7, "a"), take(8, "a"));
    }

    #[test]
    fn numbers_fill_their_range() {
        let numbers = Random::new(1, "range").floats(10_000);
        assert!(numbers.iter().all(|number| (-1.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.05, "{mean}");
        assert!(numbers.iter().any(|number| *number > 0.99) && numbers.iter().any(|number| *number < -0.99));
    }
}
