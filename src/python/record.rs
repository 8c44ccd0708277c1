//! `RECORD` of a dist-info folder: which files a distribution put where.
//! Format: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>, CSV of path, hash and size.

/// The paths in a `RECORD`, with forward slashes, in its order. They are relative to the folder that holds the dist-info folder.
pub fn record_paths(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(first_field).filter(|path| !path.is_empty()).map(|path| path.replace('\\', "/"))
}

/// The first field of a line of CSV, unquoted. What follows a quote that never ends belongs to the field.
fn first_field(line: &str) -> String {
    let Some(quoted) = line.strip_prefix('"') else {
        return line.split(',').next().unwrap_or_default().to_owned();
    };
    let mut field = String::new();
    let mut letters = quoted.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '"' && letters.next_if_eq(&'"').is_none() {
            break;
        }
        field.push(letter);
    }
    field
}

/// Whether a path names a native library for Linux or Windows: `.so`, `.so.1.2`, `.dll`, `.pyd`.
pub fn shared_library(path: &str) -> bool {
    let mut folders = path.split('/');
    let Some(file) = folders.next_back() else { return false };
    if folders.any(|folder| folder == "__pycache__") {
        return false;
    }
    let file = file.to_ascii_lowercase();
    if [".so", ".dll", ".pyd"].iter().any(|ending| file.ends_with(ending)) {
        return true;
    }
    // Every part of a library's version starts with a digit (`24.0git` included): `x.so.1.txt` is no library.
    file.split_once(".so.").is_some_and(|(_, version)| {
        version.split('.').all(|part| part.bytes().next().is_some_and(|first| first.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_are_unquoted_and_have_forward_slashes() {
        let text = "torch/lib/libtorch_cuda.so,sha256=abc,903421\r\n\"a, \"\"b\"\".py\",,\ntorch\\lib\\c10.dll,,\n\n\
                    ../../../bin/torchrun,sha256=x,1\n\"never ends,,\n\"\",,\n";
        let paths: Vec<String> = record_paths(text).collect();
        assert_eq!(
            paths,
            ["torch/lib/libtorch_cuda.so", "a, \"b\".py", "torch/lib/c10.dll", "../../../bin/torchrun", "never ends,,"]
        );
    }

    #[test]
    fn libraries_are_told_from_other_files() {
        for path in [
            "torch/lib/libtorch_cuda.so",
            "nvidia/cudnn/lib/libcudnn.so.9",
            "triton/backends/nvidia/lib/libLLVM.so.24.0git",
            "pillow.libs/libavif-acd5a1b1.so.16.4.2",
            "numpy/core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
            "torch/lib/c10.dll",
            "torch/_C.cp312-win_amd64.pyd",
            "TORCH/LIB/C10.DLL",
        ] {
            assert!(shared_library(path), "{path}");
        }
        for path in [
            "torch/include/thrust/detail.sort_heap.h",
            "torch/lib/libtorch.dylib",
            "torch/__pycache__/x.so",
            "torch/lib/x.so.1.txt",
            "torch/lib/x.so.",
            "x.so/readme",
            "so",
            "",
        ] {
            assert!(!shared_library(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_path_is_read_back(path in "[ -~&&[^\\\\]]{1,40}") {
            let line = format!("\"{}\",sha256=x,1\n", path.replace('"', "\"\""));
            prop_assert_eq!(record_paths(&line).collect::<Vec<_>>(), [path]);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\PC|[\",\n\r]){0,200}") {
            for path in record_paths(&text) {
                let _ = shared_library(&path);
            }
        }
    }
}
