//! Where the contents of the files of layers come from.

use std::{
    collections::HashMap,
    io::{self, Read as _},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    blob::{Blob, Pass as _},
    error::invalid,
    keep::{Held, Wish, keep},
    nodes::{Contents, Place},
    unpack::{Packing, Unpacked},
};
use crate::{binary::ReadAt as _, files::Content};

/// Layers are passed over again for what nobody expected to be asked for, until this many bytes were unpacked for it.
const MOST_AGAIN: u64 = 16 << 30;
/// A file up to this size is then held as a whole.
const WHOLE: u64 = 64 << 20;

/// The layers of an image.
#[derive(Debug)]
pub(super) struct Store {
    pub layers: Vec<Layer>,
    pub again: Mutex<Again>,
}

/// A layer, and what was kept of it.
#[derive(Debug)]
pub(super) struct Layer {
    pub blob: Blob,
    pub packing: Packing,
    /// By where the contents begin.
    pub kept: HashMap<u64, Held>,
}

/// The last pass over a layer that was made again.
#[derive(Default)]
pub(super) struct Again {
    /// The layer, how far it was unpacked, and the rest of it.
    stream: Option<(u32, u64, Unpacked)>,
    last: Option<(u32, u64, Held)>,
    unpacked: u64,
    /// How many passes were begun.
    pub passes: u64,
}

impl std::fmt::Debug for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Again")
    }
}

/// A file of a layer.
#[derive(Debug)]
struct Member {
    store: Arc<Store>,
    layer: u32,
    offset: u64,
    len: u64,
    /// By which readers know what it may be.
    name: String,
}

impl Contents for Arc<Store> {
    fn open(&self, place: Place, len: u64, name: &Path) -> io::Result<Box<dyn Content>> {
        match place {
            Place::Layer { layer, offset } => {
                let name = name.to_string_lossy().into_owned();
                Ok(Box::new(Member { store: Self::clone(self), layer, offset, len, name }))
            }
            Place::Lost(why) => Err(invalid(why)),
            Place::Inode(_) => Err(invalid("it has no contents")),
        }
    }
}

impl Content for Member {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..room).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let Some(layer) = self.store.layers.get(self.layer as usize) else { return Ok(0) };
        if layer.packing == Packing::Plain {
            return layer.blob.read_at(self.offset.saturating_add(offset), buffer);
        }
        let held = layer.kept.get(&self.offset).and_then(|held| held.read_at(self.len, offset, buffer));
        match held {
            Some(count) => Ok(count),
            None => self.again(layer, offset, buffer),
        }
    }
}

impl Member {
    /// Passes over the layer again, for what was not kept.
    fn again(&self, layer: &Layer, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut again = self.store.again.lock().unwrap_or_else(PoisonError::into_inner);
        let last = again.last.as_ref().filter(|(of, at, _)| (*of, *at) == (self.layer, self.offset));
        if let Some(count) = last.and_then(|(.., held)| held.read_at(self.len, offset, buffer)) {
            return Ok(count);
        }
        let (mut at, mut stream) = match again.stream.take() {
            Some((of, at, stream)) if of == self.layer && at <= self.offset => (at, stream),
            _ => {
                again.passes += 1;
                (0, Unpacked::new(&layer.blob, layer.packing))
            }
        };
        let cost = (self.offset - at).saturating_add(self.len);
        again.unpacked = again.unpacked.saturating_add(cost);
        if again.unpacked > MOST_AGAIN {
            return Err(invalid("too much of the compressed layer would have to be unpacked for it"));
        }
        stream.pass(self.offset - at)?;
        at = self.offset.saturating_add(self.len);
        let wish = if self.len <= WHOLE { Wish::Head(WHOLE) } else { Wish::Library };
        let mut contents = (&mut stream).take(self.len);
        let wanted = offset..offset.saturating_add(buffer.len() as u64);
        let held = keep(&mut contents, &self.name, self.len, wish, &[wanted])?;
        if contents.limit() == 0 {
            again.stream = Some((self.layer, at, stream));
        }
        let (held, _) = held.ok_or_else(|| invalid("it is truncated"))?;
        let count = held.read_at(self.len, offset, buffer);
        again.last = Some((self.layer, self.offset, held));
        count.ok_or_else(|| invalid("this part of it was not kept: unpack the image and use --root"))
    }
}
