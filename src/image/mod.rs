//! An image in an archive as a tree of files, without unpacking it: what `docker save` writes, an OCI layout as a tar file or as a folder,
//! Apptainer's SIF files and plain squashfs.
//!
//! Layers are laid over each other by their tables alone. What a layer has uncompressed is read where it is; of a compressed one, which
//! can only be read from its beginning, what probes ask for is kept as it streams past (`keep`). A squashfs is read block by block.
//! Formats: <https://github.com/opencontainers/image-spec>, Docker's image specification 1.2, and the heads of the files here.

mod blob;
mod entries;
mod environment;
mod error;
mod keep;
mod layers;
mod manifest;
mod merge;
mod nodes;
mod outer;
mod sif;
mod spool;
mod squash;
mod store;
mod unpack;

#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

pub use environment::Config;
pub use error::Error;

use crate::{binary::ReadAt as _, facts::Platform, files, system::Tree};
use blob::Blob;
use outer::Members;

/// An image: its files, and how it is run.
#[derive(Debug)]
pub struct Image {
    /// Its files.
    pub tree: Arc<dyn Tree>,
    /// How programs in it are started.
    pub config: Config,
    /// What its configuration says that it is for.
    pub platform: Option<Platform>,
    /// What it is called, where the archive says so.
    pub name: Option<String>,
    /// What a reader of the report should know.
    pub notes: Vec<String>,
    /// Where contents come from, for the tests.
    #[cfg(test)]
    store: Option<Arc<store::Store>>,
}

/// Which image of an archive is meant, where it has one for each of several platforms.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The platform that was asked for.
    pub asked: Option<Platform>,
    /// The one that counts where none was.
    pub own: Option<Platform>,
}

/// Opens the image in a file, in a folder with an OCI layout, or on standard input (`-`).
///
/// # Errors
/// When it cannot be read, or is no image.
pub fn open(path: &Path, choice: Choice) -> Result<Image, Error> {
    let image = if path.as_os_str() == "-" {
        of_file(Blob::of(spool::standard_input()?)?, choice)?
    } else if path.is_dir() {
        of_layout(&Members::folder(path)?, choice)?
    } else {
        let file = match spool::pipe(path) {
            Some(piped) => piped?,
            None => files::open(path)?.0,
        };
        of_file(Blob::of(file)?, choice)?
    };
    match (image.platform, choice.asked) {
        (Some(platform), Some(asked)) if platform != asked => {
            Err(Error::Platform { asked, there: vec![platform.to_string()] })
        }
        _ => Ok(image),
    }
}

/// The image in a file.
fn of_file(blob: Blob, choice: Choice) -> Result<Image, Error> {
    let mut head = [0; 512];
    let count = blob.read_at(0, &mut head)?;
    let head = head.get(..count).unwrap_or_default();
    if head.is_empty() {
        return Err(Error::NoImage("it is empty"));
    }
    if head.get(32..41) == Some(b"SIF_MAGIC") {
        return sif::image(&blob);
    }
    if head.starts_with(squash::MAGIC) {
        return squash::image(blob, None, None);
    }
    match unpack::Packing::of(head)? {
        unpack::Packing::Plain => {}
        packing => {
            let inner = Blob::of(spool::unpacked(&blob, packing)?)?;
            let mut head = [0; 512];
            let count = inner.read_at(0, &mut head)?;
            if !entries::is_tar(head.get(..count).unwrap_or_default()) {
                return Err(Error::NoImage("it is compressed, and not a tar archive inside"));
            }
            return of_layout(&Members::tar(inner)?, choice);
        }
    }
    if !entries::is_tar(head) {
        return Err(Error::NoImage("it is neither a tar archive, a SIF file nor a squashfs"));
    }
    of_layout(&Members::tar(blob)?, choice)
}

/// The image that a layout describes.
fn of_layout(members: &Members, choice: Choice) -> Result<Image, Error> {
    let chosen = manifest::choose(members, choice)?;
    layers::image(chosen)
}

/// Reads the bytes of a file as an archive, and asks for what is in it; only there when the fuzz targets are built.
#[cfg(fuzzing)]
pub fn fuzz(bytes: &[u8]) {
    let Ok(mut file) = tempfile::tempfile() else { return };
    if std::io::Write::write_all(&mut file, bytes).is_err() {
        return;
    }
    let Ok(blob) = Blob::of(file) else { return };
    let Ok(image) = of_file(blob, Choice { asked: None, own: None }) else { return };
    walk(&*image.tree, Path::new("/"), 0);
}

/// Looks at everything in a tree, and at the beginning and the end of each file.
#[cfg(any(fuzzing, test))]
fn walk(tree: &dyn Tree, path: &Path, depth: usize) -> usize {
    let mut seen = 1;
    match tree.node(path) {
        Ok(crate::system::Node::Folder) if depth < 64 => {
            for name in tree.names(path).unwrap_or_default().into_iter().take(64) {
                seen += walk(tree, &path.join(name), depth + 1);
            }
        }
        Ok(crate::system::Node::File { .. }) => {
            if let Ok(files::Opened::Content(content)) = tree.open(path) {
                let mut buffer = [0; 64];
                let _ = content.read_at(0, &mut buffer);
                let _ = content.read_at(content.len().saturating_sub(64), &mut buffer);
            }
        }
        _ => {}
    }
    seen
}
