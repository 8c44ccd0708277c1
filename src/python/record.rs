//! `RECORD` of a dist-info folder: which files a distribution put where.
//! Format: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>, CSV of path, hash and size.

/// What the name of a library ends in, on Linux perhaps with a version behind it.
const ENDINGS: [&[u8]; 3] = [b".so", b".dll", b".pyd"];

/// The paths in a `RECORD`, with forward slashes, in its order. They are relative to the parent of the dist-info folder.
pub fn record_paths(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(first_field).filter(|path| !path.is_empty()).map(|path| path.replace('\\', "/"))
}

/// The native libraries in a `RECORD`, and files that are device code as they are. It has a megabyte of Python files and headers and some ten libraries, so that only lines are
/// read in which a dot is followed by the letters of a library's ending.
pub fn record_libraries(text: &str) -> Vec<String> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut done = 0;
    for dot in memchr::memchr_iter(b'.', bytes) {
        let rest = bytes.get(dot + 1..).unwrap_or_default();
        // Most dots are those of `.py` and of hashes.
        let may_end = match rest {
            [b's' | b'S', b'o' | b'O', ..] | [b'd' | b'D', b'l' | b'L', ..] => true,
            [b'p' | b'P', b'y' | b'Y', third, ..] => third.eq_ignore_ascii_case(&b'd'),
            [b'p', b't', b'x', ..] | [b'c', b'u', b'b', ..] | [b'f', b'a', b't', ..] => true,
            _ => false,
        };
        if dot < done || !may_end {
            continue;
        }
        let start = memchr::memrchr(b'\n', bytes.get(..dot).unwrap_or_default()).map_or(0, |end| end + 1);
        done = memchr::memchr(b'\n', rest).map_or(bytes.len(), |length| dot + 1 + length + 1);
        found.extend(text.get(start..done).into_iter().flat_map(record_paths).filter(|path| native_file(path)));
    }
    found
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

/// Whether a path names a native library or a file that is device code from its first byte to its last.
pub fn native_file(path: &str) -> bool {
    shared_library(path) || device_code(path)
}

/// Whether a path names a file that is plain device code: `.ptx`, `.cubin`, `.fatbin`.
pub fn device_code(path: &str) -> bool {
    [".ptx", ".cubin", ".fatbin"].iter().any(|ending| path.ends_with(ending))
}

/// Whether a path names a native library for Linux or Windows: `.so`, `.so.1.2`, `.dll`, `.pyd`.
pub fn shared_library(path: &str) -> bool {
    let mut folders = path.split('/');
    let Some(file) = folders.next_back() else { return false };
    if folders.any(|folder| folder == "__pycache__") {
        return false;
    }
    let file = file.to_ascii_lowercase();
    if ENDINGS.iter().any(|ending| file.as_bytes().ends_with(ending)) {
        return true;
    }
    // Every part of a library's version starts with a digit (`24.0git` included): `x.so.1.txt` is not a library.
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
    fn libraries_are_found_among_sources() {
        let text = "torch/lib/libc10.so,sha256=x,1\ntorch/a.py,,\r\ntorch/x.so.h\n\"torch/b, c.so\",,\n\"x.h,y.so\",,\n\"torch/d.py\",,\n\
                    TORCH\\LIB\\C10.DLL,,\r\ntorch/a.h,b.so,\n.so,,\nlast.pyd";
        assert_eq!(
            record_libraries(text),
            ["torch/lib/libc10.so", "torch/b, c.so", "x.h,y.so", "TORCH/LIB/C10.DLL", ".so", "last.pyd"]
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
        fn the_short_way_to_libraries_leaves_none_out(text in "([a\",\n\r\\\\]|\\.so|\\.py|\\.h|\\PC){0,200}") {
            let all: Vec<_> = text.lines().flat_map(record_paths).filter(|path| native_file(path)).collect();
            prop_assert_eq!(record_libraries(&text), all);
        }
    }
}
