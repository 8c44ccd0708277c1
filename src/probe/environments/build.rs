//! The GPU build of PyTorch's own packages, out of their `version.py`: METADATA cannot tell CPU from CUDA.

use std::path::Path;

use crate::{
    facts::{Build, Fact, Source},
    python,
    system::Root,
};

const MAX_TEXT: u64 = 64 << 10;

/// The build of the package `name` in `site`. `shown` writes a path for people.
pub fn build(root: &Root, site: &Path, name: &str, shown: impl Fn(&Path) -> String) -> Fact<Build> {
    if !matches!(name, "torch" | "torchvision" | "torchaudio") {
        return Fact::unknown("only torch, torchvision and torchaudio say their build");
    }
    let path = site.join(name).join("version.py");
    let found = match root.read_text(&path, MAX_TEXT) {
        Ok(text) => python::version_py(&text),
        Err(error) => return Fact::unknown(format!("{} cannot be read: {error}", shown(&path))),
    };
    let Some(found) = found else { return Fact::unknown(format!("{} has no version in it", shown(&path))) };
    let said = found.cuda.as_deref().and_then(|cuda| cuda.parse().ok());
    // torchvision asks its own library at import, torchaudio says nothing: their local version tells it.
    let cuda = match said.or_else(|| python::cuda_of_local(&found.version)) {
        Some(cuda) => Some(cuda),
        None if name == "torch" || found.version.contains('+') => None,
        None => return Fact::unknown(format!("{} names no CUDA release", shown(&path))),
    };
    let cuda = cuda.filter(|_| found.hip.is_none());
    Fact::known(Build { version: found.version, cuda }, Source::file(shown(&path)))
}
