//! Reading only the beginning of a large member: its first fatbins have what most of its code is built for.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use gpucheck_ground::Order as _;

use super::{
    super::{Error, ReadAt, Summary, fatbin, fatbin::Item, pe},
    scan::{Enough, Format, MAX_PADDING, MAX_PLANS, Scan},
};
use crate::facts::{Container, Extent, Fact, How, Library, Source as Via};

/// With `quick`: a first fatbin ends 12 to 18 MB into the compressed libtorch_cuda.so, and has all that the next seven have.
pub(super) const ENOUGH: Enough = Enough { fatbins: 8, input: 32 << 20, fair: u64::MAX };

impl Scan {
    /// Whether the sample is enough.
    pub(super) fn is_enough(&mut self, enough: Enough, consumed: u64) -> bool {
        if self.format == Format::Pe && self.plan_at.is_none() && self.plans < MAX_PLANS {
            // The headers of a PE file come first and say whether there is anything to come.
            if pe::read(self.capture.strict()).is_ok_and(|pe| pe.fatbin.is_empty() && pe.relocatable.is_empty())
                && self.capture.misses().is_empty()
            {
                self.nothing = true;
                return true;
            }
        }
        // Fatbins of one image are code for special devices as often as not (torch 2.15.0 for aarch64 begins with 58 for sm_90 or sm_100 alone):
        // they do not show what the library is built for.
        let fair = consumed >= enough.fair && self.several > 0;
        fair || self.several >= enough.fatbins || consumed >= enough.input || self.is_hopeless(enough, consumed)
    }

    /// Whether it is among code that, as it is packed so far, will not end before the limit.
    fn is_hopeless(&self, enough: Enough, consumed: u64) -> bool {
        let have = self.have();
        self.magics.is_empty()
            && consumed >= 1 << 20
            && self.code.as_ref().is_some_and(|code| {
                code.contains(&have)
                    && u128::from(consumed) * u128::from(code.end) > u128::from(enough.input) * u128::from(have)
            })
    }

    /// Whether it was stopped with more to come.
    pub(super) const fn is_sample(&self) -> bool {
        !self.ended && !self.nothing
    }
}

/// Fatbins that stand apart from those of several images and hold one each, by their starts; none where there are no others. A section
/// of fatbins holds nothing else, so that these are in another one: 58 for sm_90 or sm_100 lie in the constants of torch 2.15.0's
/// libtorch_cuda.so for aarch64, 9 MB in front of the first that tells what the library is built for.
fn alone(source: &dyn ReadAt, whole: &[Range<u64>]) -> BTreeSet<u64> {
    let mut whole = whole.to_vec();
    whole.order_by_key(|range| range.start);
    let several = |range: &Range<u64>| {
        let mut entries = 0;
        fatbin::walk(source, range.clone(), &mut |item| entries += usize::from(matches!(item, Item::Entry { .. })));
        entries > 1
    };
    let runs: Vec<(bool, &[Range<u64>])> = whole
        .chunk_by(|a, b| b.start.saturating_sub(a.end) <= MAX_PADDING as u64)
        .map(|run| (run.iter().any(several), run))
        .collect();
    if !runs.iter().any(|(several, _)| *several) {
        return BTreeSet::new();
    }
    let apart = runs.into_iter().filter(|(several, _)| !several);
    apart.flat_map(|(_, run)| run.iter().map(|range| range.start)).collect()
}

/// What the first fatbins say.
pub(super) fn library(scan: &mut Scan, shown: &str, enough: Enough) -> Result<Library, Error> {
    let source = scan.capture.filled();
    let mut head = [0; 4];
    source.read_at(0, &mut head)?;
    let container = match head {
        [0x7F, b'E', b'L', b'F'] => Container::Elf,
        [b'M', b'Z', ..] => Container::Pe,
        _ => Container::Fatbin,
    };
    let mut summary = Summary::default();
    let mut hidden = BTreeMap::new();
    let alone = alone(source, &scan.whole);
    for range in &scan.whole {
        if alone.contains(&range.start) {
            continue;
        }
        // The section for fatbins is never writable; where it is among what is not, only the table of sections tells.
        if scan.writable.iter().any(|writable| writable.contains(&range.start)) {
            fatbin::walk(source, range.clone(), &mut |item| {
                if let Item::Entry { header, .. } = item
                    && let Some(target) = header.code()
                {
                    *hidden.entry(target).or_default() += 1;
                }
            });
        } else {
            let damage = fatbin::walk(source, range.clone(), &mut |item| summary.general(item));
            summary.damage(damage);
        }
    }
    let mut code = summary.finish();
    code.hidden = hidden;
    code.extent = Extent::Sampled;
    let code = if scan.several == 0 && !scan.whole.is_empty() {
        let targets: Vec<String> = code.sass.keys().chain(code.ptx.keys()).map(ToString::to_string).collect();
        Fact::unknown(format!(
            "only sampled: each of its first {} fatbins contains one image ({}), which does not show what the others contain",
            scan.whole.len(),
            targets.join(", ")
        ))
    } else if scan.whole.is_empty() {
        Fact::unknown(format!(
            "only sampled: if it has fatbins, the first one ends more than {:.1} MiB into its compressed data",
            enough.input as f64 / f64::from(1 << 20)
        ))
    } else {
        let count = code.fatbins.max(1);
        Fact::known(code, Via::new(How::Binary, format!("{shown}, its first {count} fatbins")))
    };
    Ok(Library { path: shown.to_owned(), container, cpu: None, needed: Vec::new(), glibc: None, code })
}
