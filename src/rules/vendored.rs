//! Copies of driver and CUDA runtime libraries in packages, recognized by their names.

use crate::python::{file_name, library_stem};

/// Whether a path is that of the driver's own library, not of a linker stub or NVIDIA's forward-compatibility package.
pub fn is_driver_library(path: &str) -> bool {
    let name = library_stem(file_name(path)).to_ascii_lowercase();
    matches!(name.as_str(), "libcuda.so" | "nvcuda.dll") && !lies_in(path, &["stubs", "compat", "cuda-compat"])
}

/// Whether a path is that of the CUDA runtime, not of a linker stub.
pub fn is_cuda_runtime(path: &str) -> bool {
    let name = library_stem(file_name(path)).to_ascii_lowercase();
    matches!(name.as_str(), "libcudart.so" | "cudart64.dll") && !lies_in(path, &["stubs"])
}

fn lies_in(path: &str, folders: &[&str]) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.split('/').any(|part| folders.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_told_from_stubs() {
        for path in
            ["libcuda.so", "demo.libs/libcuda-1a2b3c4d.so.1", "a/libcuda.so.580.95.05", "a/nvcuda.dll", "NVCUDA.DLL"]
        {
            assert!(is_driver_library(path), "{path}");
        }
        for path in
            ["cuda/lib64/stubs/libcuda.so", "compat/libcuda.so.1", "libcudart.so.12", "a/libcuda_helper.so", "cuda"]
        {
            assert!(!is_driver_library(path), "{path}");
        }
        for path in ["a/libcudart.so.12", "a/libcudart-c3a75b33.so.12.8.90", "a/cudart64_12.dll", "cudart64_110.dll"] {
            assert!(is_cuda_runtime(path), "{path}");
        }
        assert!(!is_cuda_runtime("stubs/libcudart.so") && !is_cuda_runtime("libcudart_static.a"));
    }
}
