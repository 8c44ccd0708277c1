//! Which members of a wheel tell most about the GPUs that it runs on, by name and size alone.

use std::cmp::Reverse;

use super::directory::Entry;

/// With less than this left to spend, a member is not begun.
pub(super) const LEAST: u64 = 256 << 10;
/// Smaller libraries do not matter, whatever they are called: what they hold is glue.
const MATTERS: u64 = 1 << 20;
/// Of a library that decides, this part is read in any case: in all of torch's, the first fatbin ends after a fiftieth to a twentieth.
pub(super) const IN_ANY_CASE: u64 = 64;
/// Words in the names of libraries that hold kernels.
const WORDS: [&str; 4] = ["cuda", "gpu", "kernel", "flash"];

/// The members in the order in which they are read.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Those that decide.
    pub first: Vec<Entry>,
    /// Those that are read while there are bytes to spend, best first.
    pub then: Vec<Entry>,
    /// Names of those that are not read at all.
    pub left: Vec<String>,
}

/// `first` are ends of the paths of libraries that decide.
pub(super) fn choose(entries: Vec<Entry>, first: &[String]) -> Choice {
    let mut choice = Choice::default();
    for entry in entries {
        let decides = first.iter().any(|end| entry.name.ends_with(end.as_str()));
        if decides { choice.first.push(entry) } else { choice.then.push(entry) }
    }
    let matters = |entry: &Entry| entry.packed >= MATTERS && speaks(&entry.name);
    choice.then.sort_by_key(|entry| (!matters(entry), Reverse(entry.packed)));
    if choice.first.is_empty() {
        // Nothing is known of this package: the best guess is read as if it decided.
        choice.first.extend((!choice.then.is_empty()).then(|| choice.then.remove(0)));
    } else {
        let (then, left): (Vec<_>, Vec<_>) = choice.then.into_iter().partition(matters);
        choice.then = then;
        choice.left = left.into_iter().map(|entry| entry.name).collect();
    }
    choice
}

/// Whether the name of a file is that of a library with kernels.
fn speaks(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    !file.ends_with(".a") && WORDS.iter().any(|word| file.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn what_decides_comes_first_and_the_rest_by_name_and_size() {
        let wheel = || {
            vec![
                Entry::named("torch/lib/libtorch_python.so", 8),
                Entry::named("torch/lib/libtorch_cuda_linalg.so", 3 << 20),
                Entry::named("torch/lib/libtorch_cpu.so", 90),
                Entry::named("torch/lib/libtorch_cuda.so", 500 << 20),
                Entry::named("torch/lib/cuda/libsmall.a", 70),
            ]
        };
        let choice = choose(wheel(), &["torch/lib/libtorch_cuda.so".to_owned()]);
        assert_eq!(names(&choice.first), ["torch/lib/libtorch_cuda.so"]);
        assert_eq!(names(&choice.then), ["torch/lib/libtorch_cuda_linalg.so"]);
        assert_eq!(choice.left.len(), 3);
        let choice = choose(wheel(), &[]);
        assert!(choice.left.is_empty());
        assert_eq!(names(&choice.first), ["torch/lib/libtorch_cuda.so"]);
        assert_eq!(names(&choice.then)[..2], ["torch/lib/libtorch_cuda_linalg.so", "torch/lib/libtorch_cpu.so"]);
        assert!(choose(Vec::new(), &[]).first.is_empty());
    }
}
