//! Versions of packages (PEP 440): the CUDA release in their local part, and whether a specifier accepts one.

use pep440_rs::{Operator, Version, VersionSpecifier, VersionSpecifiers};

use crate::facts::CudaVersion;

/// The CUDA release that a local version names: 12.6 of `2.7.1+cu126`, 11.7 of `2.0.1+cu117.with.pypi.cudnn`, `None` of `2.7.1+cpu`.
///
/// Only a whole part `cuNNN` (or `cuNN` before CUDA 10) counts: `+cu12` names no release, and `+pt20cu117` is not PyTorch's own spelling.
pub fn cuda_of_local(version: &str) -> Option<CudaVersion> {
    let (_, local) = version.trim().split_once('+')?;
    local.split('.').find_map(|part| {
        let digits = part.strip_prefix("cu").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        let number: u16 = digits.parse().ok()?;
        // cu92 is CUDA 9.2, but cu12 is some CUDA 12: no release between 1.0 and 4.9 ever had a wheel.
        let plausible = match digits.len() {
            2 => number >= 50,
            3 => number >= 100,
            _ => false,
        };
        plausible.then(|| CudaVersion::new(number / 10, number % 10))
    })
}

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
    let range: VersionSpecifiers = range.parse().ok()?;
    let version = version.parse::<Version>().ok()?.without_local();
    Some(range.iter().all(|specifier| specifier_accepts(specifier, &version)))
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
            let version = version.clone().without_local();
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
    fn local_versions_name_their_cuda_release() {
        for (version, major, minor) in [
            ("2.7.1+cu126", 12, 6),
            ("1.2.0+cu92", 9, 2),
            ("2.0.1+cu118", 11, 8),
            ("2.11.0.dev20260101+cu128", 12, 8),
            ("2.0.1+cu117.with.pypi.cudnn", 11, 7),
            ("2.15.0+cu132", 13, 2),
            ("1.4.0+cu100", 10, 0),
        ] {
            assert_eq!(cuda_of_local(version), Some(CudaVersion::new(major, minor)), "{version}");
        }
        for version in [
            "2.7.1",
            "2.7.1+cpu",
            "2.7.1+rocm6.3",
            "2.1.2+pt20cu117",
            "2.8.0+cu12",
            "2.8.0+cu",
            "1+cu+128",
            "cu128",
            "1+cu1281",
        ] {
            assert_eq!(cuda_of_local(version), None, "{version}");
        }
    }

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
        fn a_tag_names_the_release_it_was_made_from(major in 10u16..100, minor in 0u16..10) {
            let cuda = CudaVersion::new(major, minor);
            prop_assert_eq!(cuda_of_local(&format!("1.0+{}", cuda_tag(cuda))), Some(cuda));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*", local in "[cu0-9+.]{0,12}") {
            let _ = cuda_of_local(&text);
            let _ = cuda_of_local(&format!("1+{local}"));
            prop_assert!(text.starts_with(public_version(&text)));
        }
    }
}
