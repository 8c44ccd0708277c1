//! The GPU build of PyTorch's own packages, out of their `version.py`: METADATA cannot tell CPU from CUDA.

use std::path::Path;

use crate::{
    facts::{Build, Fact, Source},
    python::{self, TorchVariant},
    system::Root,
};

const MAX_TEXT: u64 = 64 << 10;

/// The build of the package `name` in `site`. `shown` writes a path for people.
pub fn build(root: &Root, site: &Path, name: &str, shown: impl Fn(&Path) -> String) -> Fact<Build> {
    if !matches!(name, "torch" | "torchvision" | "torchaudio") {
        return Fact::unknown("only torch, torchvision and torchaudio record their build");
    }
    let path = site.join(name).join("version.py");
    match root.read_text(&path, MAX_TEXT) {
        Ok(text) => of_text(&text, name, &shown(&path)),
        Err(error) => Fact::unknown(format!("{} cannot be read: {error}", shown(&path))),
    }
}

/// The build that the text of a `version.py` names, which reports call `path`.
pub fn of_text(text: &str, name: &str, path: &str) -> Fact<Build> {
    let Some(found) = python::version_py(text) else { return Fact::unknown(format!("{path} contains no version")) };
    let said = found.cuda.as_deref().and_then(|cuda| cuda.parse().ok());
    // torchvision asks its own library at import, torchaudio says nothing: their local version shows it.
    let cuda = match (said, python::torch_variant(&found.version)) {
        (Some(cuda), _) | (None, TorchVariant::Cuda(cuda)) => Some(cuda),
        // torch's own file says it of every build: without a release there is no CUDA.
        (None, _) if name == "torch" => None,
        (None, TorchVariant::Cpu | TorchVariant::OtherGpus) => None,
        (None, TorchVariant::Unsaid | TorchVariant::Foreign) => {
            return Fact::unknown(format!("{path} does not name a CUDA release"));
        }
    };
    let cuda = cuda.filter(|_| found.hip.is_none());
    Fact::known(Build { version: found.version, cuda }, Source::file(path))
}
