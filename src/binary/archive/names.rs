//! What the names of archives and of their members say.

use crate::python;

/// Whether a member can contain code for GPUs.
pub(super) fn holds_code(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    python::shared_library(name) || [".a", ".o", ".cubin", ".fatbin", ".ptx"].iter().any(|end| lower.ends_with(end))
}

/// Whether it is the `METADATA` of a wheel.
pub(super) fn is_metadata(name: &str) -> bool {
    name.split_once('/').is_some_and(|(folder, file)| file == "METADATA" && folder.ends_with(".dist-info"))
}

/// Whether it is the `version.py` of a package that records its build there.
pub(super) fn is_version(name: &str) -> bool {
    matches!(name, "torch/version.py" | "torchvision/version.py" | "torchaudio/version.py")
}

/// Whether it is a text that is read of a wheel.
pub(super) fn is_text(name: &str) -> bool {
    is_metadata(name) || is_version(name)
}

/// Name, version and tags out of a wheel's file name (PEP 427): `torch-2.7.1-cp311-cp311-manylinux_2_28_x86_64.whl`.
pub(super) fn wheel(file: &str) -> Option<[String; 3]> {
    let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
    match parts.as_slice() {
        [name, version, tags @ ..] if (3..=4).contains(&tags.len()) => {
            // A build number comes before the three tags.
            let tags = tags.get(tags.len() - 3..)?.join("-");
            Some([(*name).to_owned(), (*version).to_owned(), tags])
        }
        _ => None,
    }
}

/// Name, version and build string out of a conda package's file name: `pytorch-2.7.1-cuda126_py311_0.conda`.
pub(super) fn conda(file: &str) -> Option<[String; 3]> {
    let mut parts = file.strip_suffix(".conda")?.rsplitn(3, '-').map(str::to_owned);
    let (build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some([name, version, build])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let join = |parts: Option<[String; 3]>| parts.map(|parts| parts.join(" "));
        assert_eq!(
            join(wheel("torch-2.7.1+cu128-cp311-cp311-manylinux_2_28_x86_64.whl")).as_deref(),
            Some("torch 2.7.1+cu128 cp311-cp311-manylinux_2_28_x86_64")
        );
        assert_eq!(join(wheel("a-1-2-py3-none-any.whl")).as_deref(), Some("a 1 py3-none-any"));
        assert_eq!(
            join(conda("cuda-nvcc-tools-12.6.85-he02047a_0.conda")).as_deref(),
            Some("cuda-nvcc-tools 12.6.85 he02047a_0")
        );
        for name in ["torch.whl", "a-1-py3-none.whl", "torch-2.7.1.zip", ""] {
            assert!(wheel(name).is_none() && conda(name).is_none(), "{name}");
        }
    }

    #[test]
    fn members_are_chosen_by_name() {
        for name in ["a/b.so.1", "x.CUBIN", "lib/libx.a", "../../k.ptx", "/abs.dll", "k.fatbin", "k.o"] {
            assert!(holds_code(name), "{name}");
        }
        assert!(!holds_code("torch/include/a.h") && !holds_code("data"));
        assert!(is_metadata("torch-2.7.1.dist-info/METADATA"));
        assert!(!is_metadata("a/torch-2.7.1.dist-info/METADATA") && !is_metadata("METADATA"));
    }
}
