//! Names of native libraries: what of them changes from release to release, and what from CUDA release to CUDA release.

/// The last part of a path with forward slashes.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A library's name without what changes from release to release: `libnvjpeg.e5f20359.so.12` and `libnvjpeg-1a2b3c4d.so.13` are
/// `libnvjpeg.so`, `cublas64_12.dll` is `cublas64.dll`, `_C.cpython-311-x86_64-linux-gnu.so` is `_C.so`.
pub fn library_stem(name: &str) -> String {
    let (base, ending) = match name.split_once(".so") {
        Some((base, rest)) if rest.is_empty() || rest.starts_with('.') => (base, ".so"),
        _ => match name.rsplit_once('.') {
            Some((base, "dll" | "DLL")) => (base, ".dll"),
            Some((base, "pyd")) => (base, ".pyd"),
            _ => return name.to_owned(),
        },
    };
    let base = base.split(".cpython-").next().unwrap_or(base).split(".cp3").next().unwrap_or(base);
    let base = base.strip_suffix(".abi3").unwrap_or(base);
    // What auditwheel and delvewheel put in: eight or more hex digits.
    let hash = |part: &str| part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let base = match base.rsplit_once(['-', '.']) {
        Some((first, last)) if hash(last) => first,
        _ => base,
    };
    let base = match (ending, base.rsplit_once('_')) {
        (".dll", Some((first, last))) if last.bytes().all(|byte| byte.is_ascii_digit()) => first,
        _ => base,
    };
    format!("{base}{ending}")
}

/// A library's name without the CUDA release that it was built for, where it names one: `libbitsandbytes_cuda128.so` and
/// `libbitsandbytes_cuda118.so` are two of one kind, of which a program loads one.
pub fn library_variant(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    for tag in ["cuda", "cu"] {
        let Some(at) = lower.find(tag) else { continue };
        let digits = lower.get(at + tag.len()..)?.bytes().take_while(u8::is_ascii_digit).count();
        let before = at.checked_sub(1).and_then(|at| lower.as_bytes().get(at));
        if (2..=3).contains(&digits) && before.is_some_and(|byte| matches!(byte, b'_' | b'-' | b'.')) {
            return Some(format!("{}{}", name.get(..at + tag.len())?, name.get(at + tag.len() + digits..)?));
        }
    }
    None
}

/// Whether a library is one of several that differ in the CUDA release they were built for.
pub fn is_variant(path: &str) -> bool {
    library_variant(file_name(path)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_what_changes() {
        for (name, wanted) in [
            ("libcudart.so.12", "libcudart.so"),
            ("libnvjpeg.e5f20359.so.12", "libnvjpeg.so"),
            ("libctranslate2-a7a60d30.so.4.8.5", "libctranslate2.so"),
            ("_C.cpython-311-x86_64-linux-gnu.so", "_C.so"),
            ("_C.abi3.so", "_C.so"),
            ("_C.cp312-win_amd64.pyd", "_C.pyd"),
            ("cublas64_12.dll", "cublas64.dll"),
            ("torch_cuda.dll", "torch_cuda.dll"),
            ("libtorch_cuda.so", "libtorch_cuda.so"),
            ("kernel.cubin", "kernel.cubin"),
        ] {
            assert_eq!(library_stem(name), wanted, "{name}");
        }
    }

    #[test]
    fn variants_of_one_library() {
        assert_eq!(library_variant("libbitsandbytes_cuda128.so").as_deref(), Some("libbitsandbytes_cuda.so"));
        assert_eq!(library_variant("libbitsandbytes_cuda118.dll").as_deref(), Some("libbitsandbytes_cuda.dll"));
        assert_eq!(library_variant("libfoo-cu12.so").as_deref(), Some("libfoo-cu.so"));
        for name in ["libtorch_cuda.so", "libcudart.so.12", "libcuda.so.1", "_cuda1.so", "x_cuda12345.so", "é_cu.so"] {
            assert_eq!(library_variant(name), None, "{name}");
        }
    }
}
