//! RECORD: the files of an installed distribution (PEP 376), and which of them are native libraries.

/// The paths, as they are written: relative to site-packages, with forward slashes. Rows that are no CSV are left out.
pub fn record_paths(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let path = match line.strip_prefix('"') {
            None => line.split(',').next()?.to_owned(),
            Some(quoted) => {
                let mut path = String::new();
                let mut rest = quoted;
                loop {
                    let (part, behind) = rest.split_once('"')?;
                    path += part;
                    match behind.strip_prefix('"') {
                        Some(more) => {
                            path.push('"');
                            rest = more;
                        }
                        None => break path,
                    }
                }
            }
        };
        (!path.is_empty()).then(|| path.replace('\\', "/"))
    })
}

/// Whether a path is that of a library that can hold device code: `.so`, `.so.12`, `.dll`, `.pyd`.
pub fn shared_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let versioned = || {
        let (_, behind) = name.rsplit_once(".so.")?;
        Some(!behind.is_empty() && behind.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    };
    name.ends_with(".so") || name.ends_with(".dll") || name.ends_with(".pyd") || versioned() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_paths_are_read() {
        let text = "torch/lib/libtorch.so,sha256=abc,12\n\"a,\"\"b\"\".py\",,\n\n\"open\n../../bin/x,,\r\n";
        let paths: Vec<String> = record_paths(text).collect();
        assert_eq!(paths, ["torch/lib/libtorch.so", "a,\"b\".py", "../../bin/x"]);
    }

    #[test]
    fn libraries_are_known_by_their_names() {
        for name in
            ["a/libcublas.so.12", "x.so", "torch/lib/torch_cuda.dll", "_C.cp311-win_amd64.pyd", "libcudnn.so.9.5.1"]
        {
            assert!(shared_library(name), "{name}");
        }
        for name in ["a.py", "so", "libx.so.txt", "x.dylib", "notes.so.", "a.so.1.py"] {
            assert!(!shared_library(name), "{name}");
        }
    }
}
