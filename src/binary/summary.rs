//! Summarises entries: counts per target, and which images the fatbins contain together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gpucheck_ground::Order as _;

use super::{fatbin::Item, layout::EntryHeader};
use crate::facts::{CodeKind, CodeObjects, CodeTarget, Damage, Extent, Image, ModuleGroup};

/// A real library has a few dozen different fatbins; a hostile one must not fill memory with them.
const MAX_GROUPS: usize = 4096;
/// The same for the images of one fatbin.
const MAX_IMAGES: usize = 4096;
/// The same for targets: there are some fifty architectures.
const MAX_TARGETS: usize = 4096;

/// More faults than this in one file are not listed one by one.
const MAX_DAMAGE: usize = 64;

/// Adds up the items of walks over one file.
#[derive(Debug, Default)]
pub struct Summary {
    code: CodeObjects,
    tallies: Vec<Tally>,
    /// Index of each target in the tallies.
    places: BTreeMap<CodeTarget, usize>,
    /// Probable index of the next target: fatbin after fatbin names the same ones in the same order.
    next: usize,
    groups: HashMap<Vec<Image>, u32>,
    /// The images of the fatbin at hand, in its order.
    open: Vec<Image>,
    in_fatbin: bool,
    /// The images of the fatbins before it, and how many of them had the same: not in the groups yet.
    run: (Vec<Image>, u32),
    /// What there was too much of.
    crowded: BTreeSet<&'static str>,
}

/// Sum over the entries for one target in the general part.
#[derive(Debug)]
struct Tally {
    code: CodeTarget,
    count: u32,
    bytes: u64,
}

impl Summary {
    /// An item of the general part (`.nv_fatbin`).
    pub fn general(&mut self, item: Item) {
        match item {
            Item::Fatbin(_) => {
                self.close();
                self.in_fatbin = true;
                self.code.fatbins = self.code.fatbins.saturating_add(1);
            }
            Item::Entry { header, .. } => self.entry(&header),
        }
    }

    /// An item of the relocatable part (`__nv_relfatbin`), which is link input.
    pub fn relocatable(&mut self, item: Item) {
        if let Item::Entry { header, .. } = item
            && let Some(code) = header.code()
        {
            self.link_input(code);
        }
    }

    /// A file or member that is one image by itself: its own module.
    pub fn image(&mut self, image: Image, bytes: u64) {
        self.close();
        self.in_fatbin = true;
        self.code.fatbins = self.code.fatbins.saturating_add(1);
        self.add(image, bytes);
        self.close();
    }

    /// One image that is link input.
    pub fn link_input(&mut self, code: CodeTarget) {
        count(&mut self.code.relocatable, code, &mut self.crowded);
    }

    /// Something found outside the named sections.
    pub fn hidden(&mut self, code: CodeTarget) {
        count(&mut self.code.hidden, code, &mut self.crowded);
    }

    /// How far reading went.
    pub fn extent(&mut self, extent: Extent) {
        self.code.extent = extent;
    }

    /// Faults that a walk found. Past some number they add nothing new.
    pub fn damage(&mut self, damage: impl IntoIterator<Item = Damage>) {
        let room = MAX_DAMAGE.saturating_sub(self.code.damage.len());
        self.code.damage.extend(damage.into_iter().take(room));
    }

    /// Whether nothing was found yet, not even a fault.
    pub fn is_empty(&self) -> bool {
        let code = &self.code;
        code.fatbins == 0 && code.relocatable.is_empty() && code.hidden.is_empty() && code.damage.is_empty()
    }

    fn entry(&mut self, header: &EntryHeader) {
        let Some(code) = header.code() else { return };
        let image = Image { code, isa: header.ptx_isa(), compression: header.compression() };
        self.add(image, header.payload_size());
    }

    fn add(&mut self, image: Image, stored: u64) {
        self.tally(image.code, stored);
        if matches!(image.code.kind, CodeKind::Sass | CodeKind::Ptx) && self.open.len() < MAX_IMAGES {
            self.open.push(image);
        }
    }

    fn tally(&mut self, code: CodeTarget, stored: u64) {
        let guess = self.next;
        let place = match self.tallies.get(guess) {
            Some(tally) if tally.code == code => guess,
            _ => match self.places.get(&code) {
                Some(&place) => place,
                None if self.tallies.len() < MAX_TARGETS => {
                    self.places.insert(code, self.tallies.len());
                    self.tallies.push(Tally { code, count: 0, bytes: 0 });
                    self.tallies.len() - 1
                }
                None => {
                    self.crowded.insert(TARGETS);
                    return;
                }
            },
        };
        self.next = place + 1;
        if let Some(tally) = self.tallies.get_mut(place) {
            tally.count = tally.count.saturating_add(1);
            tally.bytes = tally.bytes.saturating_add(stored);
        }
    }

    /// Ends the fatbin at hand.
    fn close(&mut self) {
        if !std::mem::take(&mut self.in_fatbin) {
            return;
        }
        self.next = 0;
        if self.run.1 == 0 || self.run.0 != self.open {
            self.end_run();
            std::mem::swap(&mut self.run.0, &mut self.open);
        }
        self.run.1 = self.run.1.saturating_add(1);
        self.open.clear();
    }

    /// Adds the fatbins that had the same images one after the other to the groups.
    fn end_run(&mut self) {
        let count = std::mem::take(&mut self.run.1);
        if count == 0 {
            return;
        }
        let mut images = self.run.0.clone();
        images.order();
        if self.groups.len() < MAX_GROUPS || self.groups.contains_key(&images) {
            let group = self.groups.entry(images).or_default();
            *group = group.saturating_add(count);
        } else {
            self.crowded.insert(FATBINS);
        }
    }

    /// The result.
    pub fn finish(mut self) -> CodeObjects {
        self.close();
        self.end_run();
        for Tally { code, count, bytes } in self.tallies {
            let counts = match code.kind {
                CodeKind::Sass => &mut self.code.sass,
                CodeKind::Ptx => &mut self.code.ptx,
                _ => &mut self.code.other,
            };
            counts.insert(code, count);
            self.code.bytes.insert(code, bytes);
        }
        let crowded = self.crowded.into_iter().map(|what| Damage { offset: 0, what: what.to_owned() });
        self.code.damage.extend(crowded);
        let mut modules: Vec<_> =
            self.groups.into_iter().map(|(images, count)| ModuleGroup { count, images }).collect();
        modules.order_by(|a, b| b.count.cmp(&a.count).then_with(|| a.images.cmp(&b.images)));
        self.code.modules = modules;
        self.code
    }
}

const TARGETS: &str = "too many different targets; not all were counted";
const FATBINS: &str = "too many different fatbins; not all were counted";

fn count(counts: &mut BTreeMap<CodeTarget, u32>, code: CodeTarget, crowded: &mut BTreeSet<&'static str>) {
    if counts.len() >= MAX_TARGETS && !counts.contains_key(&code) {
        crowded.insert(TARGETS);
        return;
    }
    let count = counts.entry(code).or_default();
    *count = count.saturating_add(1);
}
