//! From entries to what decides: counts per target, and which images the fatbins hold together.

use std::collections::{BTreeMap, HashMap};

use super::{fatbin::Item, layout::EntryHeader};
use crate::facts::{CodeKind, CodeObjects, CodeTarget, Damage, Extent, Image, ModuleGroup};

/// A real library has a few dozen different fatbins; a hostile one must not fill memory with them.
const MAX_GROUPS: usize = 4096;
/// The same for the images of one fatbin.
const MAX_IMAGES: usize = 4096;

/// More faults than this in one file are not listed one by one.
const MAX_DAMAGE: usize = 64;

/// Adds up the items of walks over one file.
#[derive(Debug, Default)]
pub struct Summary {
    code: CodeObjects,
    groups: HashMap<Vec<Image>, u32>,
    open: Vec<Image>,
    in_fatbin: bool,
    crowded: bool,
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
        count(&mut self.code.relocatable, code);
    }

    /// Something found outside the named sections.
    pub fn hidden(&mut self, code: CodeTarget) {
        count(&mut self.code.hidden, code);
    }

    /// How far reading went.
    pub fn extent(&mut self, extent: Extent) {
        self.code.extent = extent;
    }

    /// Faults that a walk met. Past some number they tell nothing new.
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
        let code = image.code;
        let counts = match code.kind {
            CodeKind::Sass => &mut self.code.sass,
            CodeKind::Ptx => &mut self.code.ptx,
            _ => &mut self.code.other,
        };
        count(counts, code);
        let bytes = self.code.bytes.entry(code).or_default();
        *bytes = bytes.saturating_add(stored);
        if matches!(code.kind, CodeKind::Sass | CodeKind::Ptx) && self.open.len() < MAX_IMAGES {
            self.open.push(image);
        }
    }

    fn close(&mut self) {
        if !std::mem::take(&mut self.in_fatbin) {
            return;
        }
        let mut images = std::mem::take(&mut self.open);
        images.sort();
        if self.groups.len() < MAX_GROUPS || self.groups.contains_key(&images) {
            *self.groups.entry(images).or_default() += 1;
        } else if !std::mem::replace(&mut self.crowded, true) {
            self.code.damage.push(Damage { offset: 0, what: format!("more than {MAX_GROUPS} different fatbins") });
        }
    }

    /// The result.
    pub fn finish(mut self) -> CodeObjects {
        self.close();
        let mut modules: Vec<_> =
            self.groups.into_iter().map(|(images, count)| ModuleGroup { count, images }).collect();
        modules.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.images.cmp(&b.images)));
        self.code.modules = modules;
        self.code
    }
}

fn count(counts: &mut BTreeMap<CodeTarget, u32>, code: CodeTarget) {
    let count = counts.entry(code).or_default();
    *count = count.saturating_add(1);
}
