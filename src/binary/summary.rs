//! From entries to what decides: counts per target, and which images the fatbins hold together.

use std::collections::{BTreeMap, HashMap};

use super::{fatbin::Item, layout::EntryHeader};
use crate::facts::{CodeKind, CodeObjects, CodeTarget, Damage, Image, ModuleGroup};

/// A real library has a few dozen different fatbins; a hostile one must not fill memory with them.
const MAX_GROUPS: usize = 4096;
/// The same for the images of one fatbin.
const MAX_IMAGES: usize = 4096;

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
            count(&mut self.code.relocatable, code);
        }
    }

    /// Faults that a walk met.
    pub fn damage(&mut self, damage: Vec<Damage>) {
        self.code.damage.extend(damage);
    }

    fn entry(&mut self, header: &EntryHeader) {
        let Some(code) = header.code() else { return };
        let counts = match code.kind {
            CodeKind::Sass => &mut self.code.sass,
            CodeKind::Ptx => &mut self.code.ptx,
            _ => &mut self.code.other,
        };
        count(counts, code);
        let bytes = self.code.bytes.entry(code).or_default();
        *bytes = bytes.saturating_add(header.payload_size());
        if matches!(code.kind, CodeKind::Sass | CodeKind::Ptx) && self.open.len() < MAX_IMAGES {
            self.open.push(Image { code, isa: header.ptx_isa(), compression: header.compression() });
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
