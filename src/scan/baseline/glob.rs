//! Paths of a baseline: `*` matches any text within one component.

/// Whether a path fits a pattern. The time is bounded by the product of their lengths, whatever they contain.
pub fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, path) = (pattern.as_bytes(), path.as_bytes());
    let (mut at, mut of) = (0, 0);
    // Position of the last `*`, and how much it has matched so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = path.get(at) {
        if pattern.get(of) == Some(&b'*') {
            star = Some((of, at));
            of += 1;
        } else if pattern.get(of) == Some(byte) {
            at += 1;
            of += 1;
        } else if let Some((place, taken)) = star.filter(|(_, taken)| path.get(*taken) != Some(&b'/')) {
            // It takes one byte more, but never leaves its part.
            star = Some((place, taken + 1));
            (at, of) = (taken + 1, place + 1);
        } else {
            return false;
        }
    }
    pattern.get(of..).unwrap_or_default().iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_in_its_part() {
        for (pattern, path, wanted) in [
            ("a/*.so", "a/x.so", true),
            ("a/*.so", "a/b/x.so", false),
            ("a/*", "a/", true),
            ("a*", "a/b", false),
            ("*/x.so", "b/x.so", true),
            ("*/x.so", "a/b/x.so", false),
            ("*/*/x.so", "a/b/x.so", true),
            ("a/lib*_cuda*.so", "a/libbitsandbytes_cuda128.so", true),
            ("a/lib*_cuda*.so", "a/libbitsandbytes_cpu.so", false),
            ("a/x.so", "a/x.so", true),
            ("a/x.so", "a/x.so.1", false),
            ("a/**.so", "a/x.so", true),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, path), wanted, "{pattern} {path}");
        }
        // Backtracking over every star would not end here.
        assert!(!fits(&("*a".repeat(400) + "b"), &"a".repeat(4000)));
    }
}
