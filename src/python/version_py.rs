//! `version.py` of torch, torchvision and torchaudio: what a wheel was built for, read without running Python.
//! Written by the projects' own `setup.py` (PyTorch: `tools/generate_torch_version.py`).

/// What a `version.py` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TorchVersion {
    /// `__version__` with its local part: `2.7.1+cu126`.
    pub version: String,
    /// `cuda`, only in torch's own: the CUDA release of the build. Nothing where it is `None` or not a plain text.
    pub cuda: Option<String>,
    /// `hip`, only in torch's own: the HIP release of a ROCm build.
    pub hip: Option<String>,
}

/// Reads a `version.py`; `None` when it assigns no text to `__version__`.
///
/// Only assignments at the start of a line count: torchvision asks its library for `cuda` inside an `if`.
pub fn version_py(text: &str) -> Option<TorchVersion> {
    let mut version = None;
    let mut cuda = None;
    let mut hip = None;
    for line in text.lines() {
        let Some((name, value)) = assignment(line) else { continue };
        match name {
            "__version__" => version = string(value),
            "cuda" => cuda = string(value),
            "hip" => hip = string(value),
            _ => {}
        }
    }
    Some(TorchVersion { version: version?, cuda, hip })
}

/// Name and value of `name = value` or `name: annotation = value`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (target, value) = line.split_once('=')?;
    let name = target.split(':').next()?.trim_end();
    (!name.starts_with([' ', '\t'])).then_some((name, value))
}

/// The text of a value that is one string literal without escapes.
fn string(value: &str) -> Option<String> {
    let value = value.trim();
    let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"'))?;
    let (text, rest) = value.get(1..)?.split_once(quote)?;
    let rest = rest.trim_start();
    (!text.is_empty() && !text.contains('\\') && (rest.is_empty() || rest.starts_with('#'))).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (String, Option<String>, Option<String>) {
        let read = version_py(text).unwrap();
        (read.version, read.cuda, read.hip)
    }

    #[test]
    fn torch_says_version_and_cuda() {
        let text = "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'rocm', 'xpu']\n\
                    __version__ = '2.15.0+cu132'\ndebug = False\ncuda: Optional[str] = '13.2'\n\
                    git_version = 'd0f2af8b66b20da4baa50644c0cd3f887a2eae2e'\nhip: Optional[str] = None\n\
                    rocm: Optional[str] = None\nxpu: Optional[str] = None\n";
        assert_eq!(read(text), ("2.15.0+cu132".to_owned(), Some("13.2".to_owned()), None));
        let cpu = "__version__ = '2.7.1+cpu'\r\ncuda: Optional[str] = None\r\nhip: str | None = None\r\n";
        assert_eq!(read(cpu), ("2.7.1+cpu".to_owned(), None, None));
        let rocm = "__version__ = \"2.7.1+rocm6.3\"\ncuda = None\nhip = '6.3.42131-fa1d09cbd'  # ROCm\n";
        assert_eq!(read(rocm), ("2.7.1+rocm6.3".to_owned(), None, Some("6.3.42131-fa1d09cbd".to_owned())));
    }

    #[test]
    fn companions_say_only_their_version() {
        let vision = "__version__ = '0.22.1+cu126'\ngit_version = '59a3e1f9f78cfe44cb989877cc6f4ea77c8a75ca'\n\
                      from torchvision.extension import _check_cuda_version\nif _check_cuda_version() > 0:\n\
                      \x20   cuda = _check_cuda_version()\n";
        assert_eq!(read(vision), ("0.22.1+cu126".to_owned(), None, None));
        let audio = "__version__ = '2.7.1+cu126'\ngit_version = '95c61b4168fc5133be8dd8c1337d929d066ae6cf'\n";
        assert_eq!(read(audio), ("2.7.1+cu126".to_owned(), None, None));
    }

    #[test]
    fn what_is_not_a_plain_text_is_not_read() {
        for text in [
            "",
            "__version__ = get_version()",
            "__version__ = '2' + '.7'",
            "__version__ = '2.7",
            "__version__ = ''",
            "  __version__ = '2.7'",
            "__version__ = '2.7\\x31'",
            "__version__ == '2.7'",
        ] {
            assert_eq!(version_py(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_version_is_read_back(version in "[0-9a-z.+!-]{1,30}") {
            prop_assert_eq!(version_py(&format!("__version__ = '{version}'\n")).map(|read| read.version), Some(version));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "((__version__|cuda|hip)[:= ]{0,3}['\"]?\\PC{0,10}['\"]?\n?){0,10}") {
            let _ = version_py(&text);
        }
    }
}
