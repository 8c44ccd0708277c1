//! Names of distributions.

/// The normalised name (PEP 503): lower case, runs of `-`, `_` and `.` are one `-`.
pub fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    let mut separator = false;
    for character in name.trim().chars() {
        if matches!(character, '-' | '_' | '.') {
            separator = true;
            continue;
        }
        if std::mem::take(&mut separator) && !normal.is_empty() {
            normal.push('-');
        }
        normal.extend(character.to_lowercase());
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        assert_eq!(normalize("nvidia_cublas-cu12"), "nvidia-cublas-cu12");
        assert_eq!(normalize("Foo.-_Bar"), "foo-bar");
        assert_eq!(normalize(""), "");
    }
}
