//! Versions of packages (PEP 440): how they are written, and whether a specifier accepts one.

use pep440_rs::{Operator, Version, VersionSpecifier};

use super::parsed;
use crate::facts::CudaVersion;

/// How PyTorch's indexes and local versions write a CUDA release: `cu128` is CUDA 12.8.
pub fn cuda_tag(cuda: CudaVersion) -> String {
    format!("cu{}{}", cuda.major, cuda.minor)
}

/// A version without its local part: `2.7.1` of `2.7.1+cu126`.
pub fn public_version(version: &str) -> &str {
    version.split_once('+').map_or(version, |(public, _)| public)
}

/// Whether a PEP 440 range has a version; its local part does not count, pre-releases do. `None` when one of them does not parse.
pub fn in_range(range: &str, version: &str) -> Option<bool> {
    let range = parsed::specifiers(range)?;
    let version = parsed::public(version)?;
    Some(range.iter().all(|specifier| specifier_accepts(specifier, &version)))
}

/// Whether specifiers (`>=2.6,<2.8`, `==2.7.1+cu128`) accept a version with its local part; empty ones accept all. `None` when one of
/// them does not parse.
pub fn satisfies(specifiers: &str, version: &str) -> Option<bool> {
    let list = parsed::specifiers(specifiers)?;
    let version = parsed::version(version)?;
    Some(list.iter().all(|specifier| specifier_accepts(specifier, &version)))
}

/// The one version that specifiers pin, as written: `2.7.1+cu128` of `==2.7.1+cu128`; nothing of a range or of `==2.7.*`.
pub fn exact_version(specifiers: &str) -> Option<&str> {
    let text = specifiers.trim();
    let version = text.strip_prefix("===").or_else(|| text.strip_prefix("=="))?.trim();
    parsed::version(version)?;
    Some(version)
}

/// The version that specifiers are about, where they leave only its last part open: `3.10` of `==3.10.*`, `2.7.1` of `==2.7.1`.
pub fn pinned(specifiers: &str) -> Option<&str> {
    let text = specifiers.trim().strip_suffix(".*").unwrap_or(specifiers);
    exact_version(text)
}

/// Whether a specifier accepts an installed version, as pip's `packaging` decides it with pre-releases allowed.
pub(super) fn specifier_accepts(specifier: &VersionSpecifier, version: &Version) -> bool {
    let wanted = specifier.version();
    match specifier.operator() {
        // pep440_rs compares only the numbers that both have, so that `==2.7.*` would accept 2; PEP 440 pads with zeros.
        Operator::EqualStar | Operator::NotEqualStar if version.release().len() < wanted.release().len() => {
            let zeros = wanted.release().len() - version.release().len();
            let release: Vec<u64> = version.release().iter().copied().chain(std::iter::repeat_n(0, zeros)).collect();
            specifier.contains(&version.clone().with_release(release))
        }
        // pep440_rs shuts out too many pre-releases: `<2.0rc1` accepts 2.0b1, `<1!2.0` accepts 2.0b1.
        Operator::LessThan => {
            let version = parsed::without_local(version.clone());
            let final_wanted = !(wanted.any_prerelease() || wanted.is_post());
            version < *wanted && !(final_wanted && version.any_prerelease() && final_release(&version) == *wanted)
        }
        _ => specifier.contains(version),
    }
}

/// The final release that a pre-release leads to.
fn final_release(version: &Version) -> Version {
    Version::new(version.release()).with_epoch(version.epoch())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn public_versions_have_no_local_part() {
        assert_eq!(public_version("2.7.1+cu126"), "2.7.1");
        assert_eq!(public_version("2.7.1"), "2.7.1");
    }

    fn accepts(specifier: &str, version: &str) -> bool {
        specifier_accepts(&specifier.parse().unwrap(), &version.parse().unwrap())
    }

    #[test]
    fn specifiers_accept_what_pip_calls_satisfied() {
        for (specifier, version) in [
            ("==2.7.1", "2.7.1+cu126"),
            ("==2.7.1+cu126", "2.7.1+cu126"),
            ("==2.7.*", "2.7"),
            ("==2.0.*", "2"),
            ("!=2.7.*", "2"),
            ("~=3.9.0", "3.9.4"),
            (">=2.7", "2.8.0a0+ecf3bae40a.nv25.1"),
            ("<2.0rc1", "2.0b1"),
            ("<1!2.0", "2.0b1"),
            ("<2.0.post1", "2.0b1"),
            ("===2.7.1", "2.7.1"),
        ] {
            assert!(accepts(specifier, version), "{version} in {specifier}");
        }
        for (specifier, version) in [
            ("==2.7.1+cu128", "2.7.1+cu126"),
            ("==2.7.*", "2"),
            ("~=3.9.0", "3.10.0"),
            (">2.7.1", "2.7.1+cu126"),
            ("<2.0", "2.0rc1"),
            ("<2.0rc1", "2.0rc1+cu126"),
            (">=2.8", "2.8.0a0"),
        ] {
            assert!(!accepts(specifier, version), "{version} in {specifier}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*") {
            prop_assert!(text.starts_with(public_version(&text)));
        }
    }
}
