//! `version.py` of torch, torchvision and torchaudio: the one place that tells a CPU build from a CUDA build.
//!
//! Source: the file in the wheels of torch 1.13.0 to 2.15.0, torchvision 0.22.1 and torchaudio 2.7.1.

/// What the file assigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPy {
    /// `__version__`, with its local part.
    pub version: String,
    /// `cuda`; nothing where the file has none or assigns None.
    pub cuda: Option<String>,
    /// `hip`, likewise.
    pub hip: Option<String>,
}

/// Reads the assignments at the start of lines; nothing when there is no `__version__`.
pub fn version_py(text: &str) -> Option<VersionPy> {
    let assigned = |name: &str| {
        text.lines().find_map(|line| {
            let rest = line.strip_prefix(name)?;
            // `cuda: Optional[str] = '12.6'` as well as `cuda = '12.6'`; `cuda_x = …` is another name.
            let value = match rest.trim_start().strip_prefix(':') {
                Some(annotated) => annotated.split_once('=')?.1,
                None => rest.trim_start().strip_prefix('=')?,
            };
            literal(value.trim())
        })
    };
    Some(VersionPy { version: assigned("__version__")?, cuda: assigned("cuda"), hip: assigned("hip") })
}

/// The text of a string literal without escapes.
fn literal(value: &str) -> Option<String> {
    let quote = value.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let inside = value[1..].split(quote).next()?;
    (!inside.is_empty() && inside.len() < 128).then(|| inside.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_files_are_read() {
        let torch = "from typing import Optional\n\n__all__ = ['__version__', 'debug']\n__version__ = '2.7.1+cu126'\n\
                     debug = False\ncuda: Optional[str] = '12.6'\ngit_version = 'x'\nhip: Optional[str] = None\n";
        let read = version_py(torch).unwrap();
        assert_eq!((read.version.as_str(), read.cuda.as_deref(), read.hip), ("2.7.1+cu126", Some("12.6"), None));
        let vision = "__version__ = '0.22.1+cu126'\ngit_version = 'y'\nfrom torchvision.extension import _check_cuda_version\n\
                      if _check_cuda_version() > 0:\n    cuda = _check_cuda_version()\n";
        assert_eq!(version_py(vision).unwrap().cuda, None);
        assert!(version_py("version = '1'").is_none());
        assert!(version_py("__version__ = '").is_none());
    }
}
