//! Which members of a wheel say most about the GPUs that it runs on, by name and size alone.

use std::cmp::Reverse;

use gpucheck_ground::Order as _;

use super::directory::Entry;

/// With less than this left to spend, a member is not begun.
pub(super) const LEAST: u64 = 256 << 10;
/// Smaller libraries do not matter, whatever they are called: they contain only glue.
const MATTERS: u64 = 1 << 20;
/// Of a library that decides, this part is read in any case: in all of torch's, the first fatbin ends after a fiftieth to a twentieth.
pub(super) const IN_ANY_CASE: u64 = 64;
/// Words in the names of libraries that contain kernels.
const WORDS: [&str; 4] = ["cuda", "gpu", "kernel", "flash"];

/// The members in the order in which they are read.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The one that decides, or that seems to.
    pub first: Option<Entry>,
    /// Those that are read while there are bytes to spend, best first.
    pub then: Vec<Entry>,
    /// Names of those that are not read at all.
    pub left: Vec<String>,
}

/// `decides` knows by their paths which libraries decide.
pub(super) fn choose(entries: Vec<Entry>, decides: &dyn Fn(&str) -> bool) -> Choice {
    let matters = |entry: &Entry| entry.packed >= MATTERS && speaks(&entry.name);
    let (mut then, rest): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| decides(&entry.name));
    then.order_by_key(|entry| Reverse(entry.packed));
    let known = !then.is_empty();
    let (named, unnamed): (Vec<_>, Vec<_>) = rest.into_iter().partition(matters);
    let mut left = Vec::new();
    for mut some in [named, unnamed] {
        some.order_by_key(|entry| Reverse(entry.packed));
        // Besides the members known to decide, only promising names are worth their bytes.
        if known && !some.first().is_some_and(matters) {
            left.extend(some.into_iter().map(|entry| entry.name));
        } else {
            then.append(&mut some);
        }
    }
    // If nothing is known, the best guess is read as if it decided.
    let first = (!then.is_empty()).then(|| then.remove(0));
    Choice { first, then, left }
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
                Entry::named("torch/lib/libc10_cuda.so", 4),
            ]
        };
        let choice = choose(wheel(), &|path| path.ends_with("/libtorch_cuda.so"));
        assert_eq!(choice.first.map(|entry| entry.name).as_deref(), Some("torch/lib/libtorch_cuda.so"));
        assert_eq!(names(&choice.then), ["torch/lib/libtorch_cuda_linalg.so"]);
        assert_eq!(choice.left.len(), 4);
        // Of several that decide, the largest is certain to be read, and the others come next.
        let choice = choose(wheel(), &|path| path.contains("libtorch_c"));
        assert_eq!(choice.first.map(|entry| entry.name).as_deref(), Some("torch/lib/libtorch_cuda.so"));
        assert_eq!(names(&choice.then), ["torch/lib/libtorch_cuda_linalg.so", "torch/lib/libtorch_cpu.so"]);
        let choice = choose(wheel(), &|_| false);
        assert!(choice.left.is_empty());
        assert_eq!(choice.first.map(|entry| entry.name).as_deref(), Some("torch/lib/libtorch_cuda.so"));
        assert_eq!(names(&choice.then)[..2], ["torch/lib/libtorch_cuda_linalg.so", "torch/lib/libtorch_cpu.so"]);
        assert!(choose(Vec::new(), &|_| true).first.is_none());
    }
}
