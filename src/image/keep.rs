//! What is kept of the files of a compressed layer as they stream past: what probes ask for. Anything else that they ask for after all
//! costs another pass over the layer.

use std::{
    io::{self, Read},
    ops::Range,
};

use crate::{
    binary::{self, Kept},
    python,
};

/// Metadata of a package with a hundred thousand files.
const MAX_METADATA: u64 = 32 << 20;
/// Configuration and scripts.
const MAX_TEXT: u64 = 64 << 10;
/// The C library says its version somewhere.
const MAX_LIBC: u64 = 8 << 20;
/// As much as probes read of a program or a script.
const HEAD: u64 = 4 << 10;

/// What is held of a file.
#[derive(Debug)]
pub(super) enum Held {
    /// Its first bytes, and whether that is all.
    Bytes(Box<[u8]>, bool),
    /// What readers of libraries ask for.
    Library(Box<Kept>),
}

impl Held {
    /// Fills as much of `buffer` as there is at `offset` of a file of `len` bytes; `None` where that is not held.
    pub fn read_at(&self, len: u64, offset: u64, buffer: &mut [u8]) -> Option<usize> {
        match self {
            Self::Library(kept) => kept.read_at(offset, buffer),
            Self::Bytes(bytes, whole) => {
                let wanted = len.saturating_sub(offset).min(buffer.len() as u64);
                let rest = usize::try_from(offset).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
                let count = rest.len().min(buffer.len());
                buffer.get_mut(..count)?.copy_from_slice(rest.get(..count)?);
                (*whole || count as u64 >= wanted).then_some(count)
            }
        }
    }

    /// Bytes of memory that it takes, roughly.
    pub fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes, _) => bytes.len() + size_of::<Self>(),
            Self::Library(kept) => kept.size() + size_of::<Self>() + size_of::<Kept>(),
        }
    }
}

/// What to keep of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Its first bytes, at most so many.
    Head(u64),
    /// What readers of libraries ask for.
    Library,
    Nothing,
}

/// What will be asked for of the file at this path.
pub(super) fn wish(path: &str, len: u64) -> Wish {
    let name = python::file_name(path);
    let below = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
    if name.starts_with("libc.so.6") || name.starts_with("libc-2.") {
        return if len <= MAX_LIBC { Wish::Head(MAX_LIBC) } else { Wish::Nothing };
    }
    if python::shared_library(path) || python::device_code(path) || name.starts_with("nvidia") && name.contains(".ko") {
        return Wish::Library;
    }
    if path.contains(".dist-info/")
        || path.contains(".egg-info/")
        || name.ends_with(".egg-info")
        || below("conda-meta/")
    {
        return Wish::Head(MAX_METADATA);
    }
    let configuration = [".pth", "._pth", ".egg-link", ".cfg", ".conf", ".lock"];
    let named = [
        "version.py",
        "version.json",
        "version.txt",
        "cuda.h",
        "os-release",
        "direct_url.json",
        "pixi.toml",
        "pyproject.toml",
        ".python-version",
        "modules.dep",
    ];
    let of_package = name == "__init__.py" && path.rsplit('/').nth(2).is_some_and(|site| site.ends_with("-packages"));
    let text = of_package
        || named.contains(&name)
        || configuration.iter().any(|end| name.ends_with(end))
        || path.starts_with("etc/")
        || below(".singularity.d/")
        || below("run/");
    if text {
        return Wish::Head(MAX_TEXT);
    }
    if below("bin/") || below("sbin/") || name.starts_with("ld-") { Wish::Head(HEAD) } else { Wish::Nothing }
}

/// Keeps that of a file whose bytes come from the reader. With it come the places that are wanted when it streams past again.
pub(super) fn keep(
    reader: &mut dyn Read,
    path: &str,
    len: u64,
    wish: Wish,
    wanted: &[Range<u64>],
) -> io::Result<Option<(Held, Vec<Range<u64>>)>> {
    Ok(match wish {
        Wish::Nothing => None,
        Wish::Head(most) => {
            let mut bytes = Vec::new();
            reader.take(most.min(len)).read_to_end(&mut bytes)?;
            Some((Held::Bytes(bytes.into_boxed_slice(), len <= most), Vec::new()))
        }
        Wish::Library => {
            let (kept, missing) = binary::keep(reader, len, path, wanted)?;
            Some((Held::Library(Box::new(kept)), missing))
        }
    })
}
