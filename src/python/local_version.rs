//! The local part of a version (PEP 440, after the `+`), in which publishers say what a wheel was built for: `+cu126`, `+pt26cu124`,
//! `+pt211.cu130`, `+cu12torch2.6cxx11abiTRUE`, `+torch270cu128`, `+5043d15pt2.4.1cu121`, `+07cecf4168.nv24.5`, `+git1a2b3c4`.
//! The one reader of it, for all packages.

use super::public_version;
use crate::facts::CudaVersion;

/// What the local part of a version says. Anything that it does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuiltFor {
    /// The minor release of torch that it was compiled for: `2.6`.
    pub torch: Option<String>,
    /// Whether later releases of torch will do, too (`torch2.9.0andhigher`).
    pub torch_or_later: bool,
    /// The CUDA release.
    pub cuda: Option<CudaTag>,
    /// Which of the two C++ ABIs of libstdc++ it uses (`_GLIBCXX_USE_CXX11_ABI`).
    pub cxx11: Option<bool>,
}

/// A CUDA release in a local version: 12 of `cu12`, 12.4 of `cu124`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CudaTag {
    /// Major version.
    pub major: u16,
    /// Minor version, where it is said.
    pub minor: Option<u16>,
}

/// What the local part of torch's own version, and those of its companions, says of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TorchVariant {
    /// There is none: what it was built for depends on the index that it is from.
    Unsaid,
    /// `+cu126`: PyTorch's build with this CUDA release.
    Cuda(CudaVersion),
    /// `+cpu`: PyTorch's build without GPU code.
    Cpu,
    /// `+rocm6.3`, `+xpu`: PyTorch's build for GPUs of others.
    OtherGpus,
    /// Anything else (`+07cecf4168.nv24.5`, `+git1a2b3c4`): somebody else's build, which may have CUDA or not.
    Foreign,
}

/// What the local part of `version` says of a build of torch or one of its companions.
pub fn torch_variant(version: &str) -> TorchVariant {
    let Some(local) = local(version) else { return TorchVariant::Unsaid };
    if let Some(cuda) = cuda_of_local(version) {
        return TorchVariant::Cuda(cuda);
    }
    let other = |part: &str| part == "xpu" || part.strip_prefix("rocm").is_some_and(|rest| !rest.starts_with(letter));
    match local.split(['.', '-', '_']).next().unwrap_or_default() {
        "cpu" => TorchVariant::Cpu,
        part if other(part) => TorchVariant::OtherGpus,
        _ => TorchVariant::Foreign,
    }
}

/// Reads the local part of a version.
pub fn built_for(version: &str) -> BuiltFor {
    let Some(local) = local(version) else { return BuiltFor::default() };
    let torch = after(&local, "torch").and_then(torch_release).or_else(|| after(&local, "pt").and_then(pt_release));
    BuiltFor {
        torch_or_later: torch.is_some() && local.contains("andhigher"),
        torch,
        cuda: after(&local, "cuda").or_else(|| after(&local, "cu")).and_then(cuda_tag),
        cxx11: match () {
            () if local.contains("cxx11abitrue") => Some(true),
            () if local.contains("cxx11abifalse") => Some(false),
            () => None,
        },
    }
}

/// The CUDA release that a local version of PyTorch's names: 12.6 of `2.7.1+cu126`, 11.7 of `2.0.1+cu117.with.pypi.cudnn`, `None` of
/// `2.7.1+cpu`.
///
/// Only a whole part `cuNNN` (or `cuNN` before CUDA 10) counts: `+cu12` names no release, and `+pt20cu117` is not PyTorch's own spelling.
pub fn cuda_of_local(version: &str) -> Option<CudaVersion> {
    let (_, local) = version.trim().split_once('+')?;
    local.split('.').find_map(|part| {
        let digits = part.strip_prefix("cu").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
        let tag = cuda_digits(digits)?;
        Some(CudaVersion::new(tag.major, tag.minor?))
    })
}

/// The CUDA major version that a distribution's name, or else the local part of its version, says that it was built for: 12 of `cvcuda-cu12`,
/// `cupy-cuda12x`, `nvidia-dali-cuda120` and `2.1.2+pt26cu124`.
pub fn cuda_major_named(name: &str, version: Option<&str>) -> Option<u16> {
    let of = |part: &str| {
        let digits = part.strip_prefix("cuda").map(|rest| rest.strip_suffix('x').unwrap_or(rest));
        Some(cuda_digits(digits.or_else(|| part.strip_prefix("cu"))?)?.major)
    };
    name.split(['-', '_', '.']).find_map(of).or_else(|| Some(built_for(version?).cuda?.major))
}

/// The minor release of a version: `2.7` of `2.7.1+cu126`, `2.4` of `2.4.0a0+07cecf4168.nv24.5`.
pub fn minor_release(version: &str) -> String {
    public_version(version).splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// The local part of a version, in lower case; nothing where it is empty.
fn local(version: &str) -> Option<String> {
    let (_, local) = version.trim().split_once('+')?;
    (!local.is_empty()).then(|| local.to_ascii_lowercase())
}

fn letter(c: char) -> bool {
    c.is_ascii_alphabetic()
}

/// The numbers behind a key: `2.8` behind `torch` in `cu12torch2.8cxx11abitrue`. The key does not count inside a word (`pt` in `opt25`),
/// but a commit's hash may stand before it.
fn after<'l>(local: &'l str, key: &str) -> Option<&'l str> {
    local.match_indices(key).find_map(|(at, _)| {
        let inside = local.get(..at)?.chars().next_back().is_some_and(|c| letter(c) && !c.is_ascii_hexdigit());
        let rest = local.get(at + key.len()..)?;
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest.get(..end)?.trim_end_matches('.');
        (!inside && number.starts_with(|c: char| c.is_ascii_digit())).then_some(number)
    })
}

/// `2.6` of `2.6`, `2.6.0`, `26`, `260` and `2100`: the last digit of three or four is the patch.
fn torch_release(number: &str) -> Option<String> {
    if number.contains('.') {
        return Some(minor_release(number));
    }
    let (major, rest) = number.split_at_checked(1)?;
    match rest.len() {
        1 => Some(format!("{major}.{rest}")),
        2 | 3 => Some(format!("{major}.{}", rest.get(..rest.len() - 1)?)),
        _ => None,
    }
}

/// `2.6` of `26`, `2.11` of `211` and `2.4` of `240`. PyG, whose spelling this is, never writes the patch; those who do are understood
/// where there is no such minor release.
fn pt_release(number: &str) -> Option<String> {
    if number.contains('.') {
        return Some(minor_release(number));
    }
    let (major, rest) = number.split_at_checked(1)?;
    match (rest.len(), rest.starts_with('1')) {
        (1, _) | (2, true) => Some(format!("{major}.{rest}")),
        (2 | 3, _) => Some(format!("{major}.{}", rest.get(..rest.len() - 1)?)),
        _ => None,
    }
}

/// 12.4 of `124` and `12.4`, 12 of `12`.
fn cuda_tag(number: &str) -> Option<CudaTag> {
    match number.split_once('.') {
        Some((major, rest)) if major.len() < 3 => {
            let minor = rest.split('.').next()?.parse().ok()?;
            major.parse().ok().filter(|major| *major < 100).map(|major| CudaTag { major, minor: Some(minor) })
        }
        // A part of its own follows: `cu130.post2`.
        Some((digits, _)) => cuda_digits(digits),
        None => cuda_digits(number),
    }
}

/// How `cu` is followed: cu92 is CUDA 9.2, but cu12 is some CUDA 12: no release between 1.0 and 4.9 ever had a wheel.
fn cuda_digits(digits: &str) -> Option<CudaTag> {
    let number: u16 = digits.parse().ok()?;
    match digits.len() {
        2 if number >= 50 => Some(CudaTag { major: number / 10, minor: Some(number % 10) }),
        2 if number >= 10 => Some(CudaTag { major: number, minor: None }),
        3 if number >= 100 => Some(CudaTag { major: number / 10, minor: Some(number % 10) }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn local_versions_are_taken_apart() {
        for (version, torch, cuda, cxx11) in [
            ("2.6.3+cu123torch2.4cxx11abiFALSE", Some("2.4"), Some((12, Some(3))), Some(false)),
            ("2.8.3+cu12torch2.10cxx11abiTRUE", Some("2.10"), Some((12, None)), Some(true)),
            ("2.7.4.post1+cu124torch2.6.0cxx11abiFALSE", Some("2.6"), Some((12, Some(4))), Some(false)),
            ("2.1.2+pt26cu124", Some("2.6"), Some((12, Some(4))), None),
            ("2.1.2+pt211.cu130", Some("2.11"), Some((13, Some(0))), None),
            ("2.1.2+pt211cu130", Some("2.11"), Some((13, Some(0))), None),
            ("0.7.8+pt2.4.1cu121", Some("2.4"), Some((12, Some(1))), None),
            ("0.7.8+5043d15pt2.4.1cu121", Some("2.4"), Some((12, Some(1))), None),
            ("1.5.3+pt240cu124", Some("2.4"), Some((12, Some(4))), None),
            ("0.17.3+torch250cu121", Some("2.5"), Some((12, Some(1))), None),
            ("0.21.1+torch2100cu128", Some("2.10"), Some((12, Some(8))), None),
            ("0.2.8+cu121.torch2.5.0", Some("2.5"), Some((12, Some(1))), None),
            ("2.2.0+cu128torch2.7.1.post3", Some("2.7"), Some((12, Some(8))), None),
            ("1.0.1+torch2.8", Some("2.8"), None, None),
            ("2.1.2+pt25cpu", Some("2.5"), None, None),
            ("0.0.29.post3+cu118", None, Some((11, Some(8))), None),
            ("0.3.4+cuda12.4", None, Some((12, Some(4))), None),
            ("0.6+cu92", None, Some((9, Some(2))), None),
            ("2.8.3", None, None, None),
            ("1.0+local.7", None, None, None),
            ("1.0+opt25", None, None, None),
            ("1.0+cpu", None, None, None),
            ("1.0+", None, None, None),
        ] {
            let cuda = cuda.map(|(major, minor)| CudaTag { major, minor });
            let expected = BuiltFor { torch: torch.map(str::to_owned), torch_or_later: false, cuda, cxx11 };
            assert_eq!(built_for(version), expected, "{version}");
        }
        assert!(built_for("2.2.0+cu128torch2.9.0andhigher.post4").torch_or_later);
    }

    #[test]
    fn names_say_their_cuda_major() {
        for (name, version, major) in [
            ("cvcuda-cu12", "0.19.0", Some(12)),
            ("cupy-cuda12x", "13.6.0", Some(12)),
            ("nvidia-dali-cuda120", "1.50.0", Some(12)),
            ("jax-cuda13-plugin", "0.10.2", Some(13)),
            ("spconv-cu118", "2.3.6", Some(11)),
            ("torch-scatter", "2.1.2+pt26cu124", Some(12)),
            ("mxnet-cu92", "1.6.0", Some(9)),
            ("cuda-python", "12.8.0", None),
            ("cucim", "25.2", None),
            ("accu12", "1.0", None),
            ("onnxruntime-gpu", "1.22.0", None),
        ] {
            assert_eq!(cuda_major_named(name, Some(version)), major, "{name} {version}");
        }
    }

    #[test]
    fn torch_without_a_variant_of_pytorch_is_somebody_elses() {
        for (version, variant) in [
            ("2.7.1", TorchVariant::Unsaid),
            ("2.7.1+cu126", TorchVariant::Cuda(CudaVersion::new(12, 6))),
            ("2.0.1+cu117.with.pypi.cudnn", TorchVariant::Cuda(CudaVersion::new(11, 7))),
            ("2.7.1+cpu", TorchVariant::Cpu),
            ("2.2.0+cpu.cxx11.abi", TorchVariant::Cpu),
            ("2.7.1+rocm6.3", TorchVariant::OtherGpus),
            ("2.7.1+rocm6.3.git1a2b3c4", TorchVariant::OtherGpus),
            ("2.7.1+xpu", TorchVariant::OtherGpus),
            ("2.4.0a0+07cecf4168.nv24.5", TorchVariant::Foreign),
            ("2.5.0a0+872d972e41.nv24.08", TorchVariant::Foreign),
            ("2.1.0a0+gita8e7c98", TorchVariant::Foreign),
            ("2.3.0+das.opt1", TorchVariant::Foreign),
            ("2.3.0+cpufreq", TorchVariant::Foreign),
            ("2.8.0+cu12", TorchVariant::Foreign),
        ] {
            assert_eq!(torch_variant(version), variant, "{version}");
        }
    }

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

    proptest! {
        #[test]
        fn a_tag_names_the_release_it_was_made_from(major in 10u16..100, minor in 0u16..10) {
            let cuda = CudaVersion::new(major, minor);
            prop_assert_eq!(cuda_of_local(&format!("1.0+{}", crate::python::cuda_tag(cuda))), Some(cuda));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "\\PC*", local in "[cuptorh0-9+.a]{0,20}") {
            for version in [text, format!("1+{local}"), format!("1+{local}é")] {
                let _ = (cuda_of_local(&version), built_for(&version), torch_variant(&version), minor_release(&version));
            }
        }
    }
}
