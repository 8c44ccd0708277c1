//! Versions with a local part that names a CUDA release: `2.7.1+cu126`.

use crate::facts::CudaVersion;

/// A version without its local part.
pub fn public_version(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

/// The CUDA release in the local part: 12.6 of `2.7.1+cu126`. The last digit is the minor release, as PyTorch writes it.
pub fn cuda_of_local(version: &str) -> Option<CudaVersion> {
    let (_, local) = version.split_once('+')?;
    local.split(['.', '-', '_']).find_map(|part| {
        let digits = part.strip_prefix("cu")?;
        if !(2..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (major, minor) = digits.split_at_checked(digits.len() - 1)?;
        Some(CudaVersion::new(major.parse().ok()?, minor.parse().ok()?))
    })
}

/// The tag of a CUDA release in local versions and index names: `cu128`.
pub fn cuda_tag(cuda: CudaVersion) -> String {
    format!("cu{}{}", cuda.major, cuda.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_versions_name_cuda() {
        for (version, cuda) in [("2.7.1+cu126", (12, 6)), ("1.7.0+cu92", (9, 2)), ("2.11.0.dev20260101+cu130", (13, 0))]
        {
            let cuda = CudaVersion::new(cuda.0, cuda.1);
            assert_eq!(cuda_of_local(version), Some(cuda), "{version}");
            assert!(version.ends_with(&cuda_tag(cuda)));
        }
        for version in ["2.7.1", "2.7.1+cpu", "2.7.1+cu", "2.7.1+cu1", "2.7.1+cuda", "2.7.1+rocm6.3"] {
            assert_eq!(cuda_of_local(version), None, "{version}");
        }
        assert_eq!(public_version("2.7.1+cu126"), "2.7.1");
    }
}
