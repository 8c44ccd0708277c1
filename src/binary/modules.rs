//! The fatbins of a file one by one, for who wants to hand one to the driver.

use gpucheck_ground::Order as _;

use super::{
    Error, ReadAt,
    contents::general,
    fatbin::{self, Item},
    layout::{HEADER, Header},
};
use crate::facts::{CodeKind, Image};

/// torch has some 500; a hostile file must not fill memory.
const MAX_MODULES: usize = 1 << 16;
const MAX_IMAGES: usize = 256;

/// One fatbin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its size with the header.
    pub bytes: u64,
    /// The machine code and PTX in it, sorted.
    pub images: Vec<Image>,
}

/// The fatbins of the general part of a library or of a bare fatbin, those that lie inside of the file. Link input is left out.
///
/// # Errors
/// When it cannot be read or its sections cannot be found.
pub fn modules(source: &dyn ReadAt) -> Result<Vec<Module>, Error> {
    let mut modules: Vec<Module> = Vec::new();
    let mut full = false;
    for range in general(source)? {
        fatbin::walk(source, range, &mut |item| match item {
            Item::Fatbin(offset) if modules.len() < MAX_MODULES => {
                modules.push(Module { offset, bytes: size(source, offset).unwrap_or(0), images: Vec::new() });
            }
            Item::Entry { header, .. } => {
                let image =
                    header.code().map(|code| Image { code, isa: header.ptx_isa(), compression: header.compression() });
                let image = image.filter(|image| matches!(image.code.kind, CodeKind::Sass | CodeKind::Ptx));
                if let (Some(module), Some(image)) = (modules.last_mut().filter(|_| !full), image)
                    && module.images.len() < MAX_IMAGES
                {
                    module.images.push(image);
                }
            }
            Item::Fatbin(_) => full = true,
        });
    }
    modules.iter_mut().for_each(|module| module.images.order());
    modules.retain(|module| module.bytes > 0);
    Ok(modules)
}

/// What the header at this place says, where that is inside of the file.
fn size(source: &dyn ReadAt, offset: u64) -> Option<u64> {
    let mut buffer = [0; HEADER];
    let count = source.read_at(offset, &mut buffer).ok()?;
    let header = Header::parse(buffer.get(..count)?)?;
    let size = u64::from(header.header_size).checked_add(header.entries_size)?;
    offset.checked_add(size).is_some_and(|end| end <= source.len()).then_some(size)
}
