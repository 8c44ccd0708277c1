//! Names of distributions.

/// The one spelling of a distribution's name (PEP 503): lower case, every run of `-`, `_` and `.` one `-`.
pub fn normalize(name: &str) -> String {
    if is_normal(name) {
        return name.to_owned();
    }
    let mut normal = String::with_capacity(name.len());
    let mut in_run = false;
    for letter in name.chars() {
        let separator = matches!(letter, '-' | '_' | '.');
        if !separator {
            normal.push(letter.to_ascii_lowercase());
        } else if !in_run {
            normal.push('-');
        }
        in_run = separator;
    }
    normal
}

/// Whether a name is written so already, as most are.
fn is_normal(name: &str) -> bool {
    let mut before = 0;
    name.bytes().all(|byte| {
        let last = std::mem::replace(&mut before, byte);
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' && last != b'-'
    })
}

/// The normalised name of the distribution that a package of conda holds.
pub fn of_conda(name: &str) -> String {
    match name {
        "pytorch" => "torch".to_owned(),
        _ => normalize(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_name_become_the_same() {
        for name in ["nvidia-cudnn-cu12", "nvidia_cudnn_cu12", "NVIDIA.cuDNN-_.cu12"] {
            assert_eq!(normalize(name), "nvidia-cudnn-cu12");
        }
        assert_eq!(normalize("MarkupSafe"), "markupsafe");
        assert_eq!(normalize(""), "");
    }

    proptest! {
        #[test]
        fn a_normal_name_stays_as_it_is(name in "\\PC*") {
            let normal = normalize(&name);
            prop_assert_eq!(normalize(&normal), normal);
        }
    }
}
