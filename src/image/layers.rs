//! Reads the tables of an image's layers, and lays them over each other.

use std::{
    collections::HashMap,
    io,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use super::{
    Image,
    blob::Blob,
    entries::{Entries, Entry, Kind, is_tar},
    error::{Error, invalid},
    keep::{Held, Wish, keep, wish},
    manifest::Chosen,
    merge,
    nodes::Files,
    store::{Again, Layer, Store},
    unpack::{Packing, Unpacked},
};
use crate::{binary::ReadAt as _, parallel};

/// Entries of all layers together. Images with several environments of conda have half of it.
const MAX_ENTRIES: usize = 1 << 20;
/// Their names.
const MAX_NAMES: usize = 256 << 20;
/// What is kept of compressed layers; what finds no room is unpacked when it is asked for.
const MAX_KEPT: usize = 256 << 20;
/// What layers unpack to.
const MAX_UNPACKED: u64 = 256 << 30;
/// A layer is passed over again for libraries whose readers ask for what had passed.
const MAX_PASSES: usize = 4;

/// What all layers share.
#[derive(Default)]
struct Limits {
    entries: AtomicUsize,
    names: AtomicUsize,
    kept: AtomicUsize,
    unpacked: AtomicU64,
}

/// The table of a layer, and what was kept of it.
struct Listing {
    entries: Vec<Entry>,
    kept: HashMap<u64, Held>,
}

/// The image that was chosen.
pub(super) fn image(chosen: Chosen) -> Result<Image, Error> {
    let mut layers = Vec::new();
    for (blob, shown) in chosen.layers {
        let mut head = [0; 512];
        let count = blob.read_at(0, &mut head)?;
        let head = head.get(..count).unwrap_or_default();
        let said = |why: &dyn std::fmt::Display| Error::Unreadable(format!("layer {shown}: {why}"));
        let packing = Packing::of(head).map_err(|error| said(&error))?;
        if packing == Packing::Plain && !head.is_empty() && !is_tar(head) {
            return Err(said(&"it is neither a tar archive nor compressed as one"));
        }
        layers.push((blob, packing, shown));
    }
    let limits = Limits::default();
    let listings = parallel::map(&layers, |(blob, packing, _)| list(blob, *packing, &limits));
    let mut nodes = merge::Merged::new();
    let mut stored = Vec::new();
    for (number, ((blob, packing, shown), listing)) in layers.into_iter().zip(listings).enumerate() {
        let said = |error: io::Error| Error::of(format!("layer {shown}"), &error);
        let Listing { entries, kept } = listing.map_err(said)?;
        for entry in entries {
            nodes.add(u32::try_from(number).unwrap_or(u32::MAX), entry).map_err(said)?;
        }
        stored.push(Layer { blob, packing, kept });
    }
    let mut notes = chosen.notes;
    if nodes.outside > 0 {
        notes.push(format!("{} entries of the archive lead out of the image and were left out.", nodes.outside));
    }
    let store = Arc::new(Store { layers: stored, again: Mutex::new(Again::default()) });
    let tree = Arc::new(Files { nodes: nodes.nodes, contents: Box::new(Arc::clone(&store)) });
    Ok(Image {
        tree,
        config: chosen.config,
        platform: chosen.platform,
        name: chosen.name,
        notes,
        #[cfg(test)]
        store: Some(store),
    })
}

fn list(blob: &Blob, packing: Packing, limits: &Limits) -> io::Result<Listing> {
    let mut listing = Listing { entries: Vec::new(), kept: HashMap::new() };
    let mut wanted = pass(blob, packing, limits, &mut listing, None)?;
    for _ in 1..MAX_PASSES {
        if wanted.is_empty() {
            break;
        }
        wanted = pass(blob, packing, limits, &mut listing, Some(&wanted))?;
    }
    Ok(listing)
}

/// What of which file is wanted when it streams past again.
type Wanted = HashMap<u64, Vec<Range<u64>>>;

/// One pass over a layer: the first for its table and what will be asked for, others for what is `wanted` besides.
fn pass(
    blob: &Blob,
    packing: Packing,
    limits: &Limits,
    listing: &mut Listing,
    wanted: Option<&Wanted>,
) -> io::Result<Wanted> {
    let mut missing = Wanted::new();
    let mut left = wanted.map_or(usize::MAX, HashMap::len);
    let mut entries = Entries::new(Unpacked::new(blob, packing));
    let mut end = 0;
    while left > 0
        && let Some(entry) = entries.next()?
    {
        let files = entry.offset.saturating_add(entry.len);
        let unpacked = limits.unpacked.fetch_add(files.saturating_sub(end), Ordering::Relaxed);
        end = files;
        if packing != Packing::Plain && unpacked > MAX_UNPACKED {
            return Err(invalid(format!("the layers unpack to more than {} GiB", MAX_UNPACKED >> 30)));
        }
        if packing == Packing::Plain {
            // Only what is compressed is kept.
        } else if let Some(wanted) = wanted {
            if let Some(ranges) = wanted.get(&entry.offset) {
                left -= 1;
                take(&mut entries, &entry, ranges, limits, listing, &mut missing)?;
            }
        } else if entry.kind == Kind::File && entry.len > 0 {
            take(&mut entries, &entry, &[], limits, listing, &mut missing)?;
        }
        if wanted.is_none() {
            let names = limits.names.fetch_add(entry.path.len() + entry.link.len(), Ordering::Relaxed);
            if limits.entries.fetch_add(1, Ordering::Relaxed) >= MAX_ENTRIES || names > MAX_NAMES {
                return Err(invalid("the image has too many files"));
            }
            listing.entries.push(entry);
        }
    }
    Ok(missing)
}

/// Keeps of a file what will be asked for, as long as there is room.
fn take(
    entries: &mut Entries<Unpacked>,
    entry: &Entry,
    ranges: &[Range<u64>],
    limits: &Limits,
    listing: &mut Listing,
    missing: &mut Wanted,
) -> io::Result<()> {
    let path = String::from_utf8_lossy(&entry.path);
    let path = path.trim_start_matches("./").trim_start_matches('/');
    let wish = wish(path, entry.len);
    if wish == Wish::Nothing || limits.kept.load(Ordering::Relaxed) > MAX_KEPT {
        return Ok(());
    }
    let Some((held, more)) = keep(entries, path, entry.len, wish, ranges)? else { return Ok(()) };
    limits.kept.fetch_add(held.size(), Ordering::Relaxed);
    if let Some(before) = listing.kept.insert(entry.offset, held) {
        limits.kept.fetch_sub(before.size(), Ordering::Relaxed);
    }
    if !more.is_empty() {
        missing.insert(entry.offset, [ranges, &more].concat());
    }
    Ok(())
}
