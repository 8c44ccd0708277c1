//! One library in full.

use std::collections::BTreeMap;

use gpucheck_ground::Order as _;

use super::{
    size,
    text::{LABEL, Page, targets},
};
use crate::{
    facts::{CodeKind, CodeTarget, Container},
    report::scan::{Compressed, Profile, Ptx, Scanned, Share},
    text::Paint,
};

/// The block of a library that holds device code.
pub(super) fn show(page: &mut Page<'_>, scanned: &Scanned) {
    let Some(code) = scanned.library.code.value() else { return };
    let bytes: u64 = code.bytes.values().sum();
    let mut head = Vec::new();
    if code.fatbins > 0 {
        let what = match scanned.library.container {
            Container::Cubin | Container::Ptx => "image",
            _ if code.fatbins == 1 => "fatbin",
            _ => "fatbins",
        };
        head.push(format!("{} {what}, {} of device code", code.fatbins, size(bytes)));
    } else if !code.relocatable.is_empty() {
        head.push("link input only: it runs once it is linked into something".to_owned());
    }
    if scanned.profile.as_ref().is_some_and(|profile| profile.sampled) {
        head.push("sampled".to_owned());
    }
    let (path, head) = (&scanned.library.path, head.join(", "));
    let fits = page.screen.width.is_none_or(|width| path.chars().count() + 2 + head.chars().count() <= width);
    let strong = Paint::Strong.on(path, page.screen.color);
    if fits {
        page.line(0, format!("{strong}  {}", Paint::Dim.on(head, page.screen.color)));
    } else {
        page.line(0, strong);
        page.dim(2, &head);
    }
    if let Some(profile) = &scanned.profile {
        profile_lines(page, profile, &code.sass, &code.ptx);
    }
    let list = |counts: &BTreeMap<CodeTarget, u32>| {
        counts.iter().map(|(target, count)| format!("{target} ×{count}")).collect::<Vec<_>>().join(" · ")
    };
    for (label, counts) in [("other", &code.other), ("hidden", &code.hidden), ("link input", &code.relocatable)] {
        if !counts.is_empty() {
            page.labelled(2, label, &list(counts));
        }
    }
    for damage in &code.damage {
        page.marked(2, LABEL, "damaged", Paint::Warning, &format!("at offset {}: {}", damage.offset, damage.what));
    }
    if page.screen.verbose > 0 && !scanned.library.needed.is_empty() {
        page.labelled(2, "links to", &scanned.library.needed.join(" "));
    }
}

fn profile_lines(
    page: &mut Page<'_>,
    profile: &Profile,
    sass: &BTreeMap<CodeTarget, u32>,
    ptx: &BTreeMap<CodeTarget, u32>,
) {
    let counted = |kind: CodeKind| {
        let of = |target: &&CodeTarget| target.kind == kind;
        let text = |target: &CodeTarget| {
            let count = sass.get(target).or_else(|| ptx.get(target)).copied().unwrap_or(0);
            format!("{target} ×{count}")
        };
        profile.base.iter().filter(of).map(text).collect::<Vec<_>>().join(" · ")
    };
    if profile.stub {
        let there = if sass.is_empty() { "no fatbin".to_owned() } else { format!("a stub ({})", targets(sass.keys())) };
        page.labelled(2, "sections", &format!("{there}: the code is elsewhere in the file"));
    } else {
        let base = counted(CodeKind::Sass);
        if !base.is_empty() {
            page.labelled(2, "SASS", &base);
        }
        let base = counted(CodeKind::Ptx);
        if !base.is_empty() {
            page.labelled(2, "PTX", &base);
        }
    }
    if !profile.partial.is_empty() && !profile.stub {
        let text = |(target, share): (&CodeTarget, &Share)| format!("{target} ×{}", share.fatbins);
        let list: Vec<String> = profile.partial.iter().map(text).collect();
        let of = profile.partial.values().next().map_or(0, |share| share.of);
        page.labelled(2, "partial", &format!("{} (of {of} fatbins)", list.join(" · ")));
    }
    if let Some(needs) = ptx_needs(&profile.ptx) {
        page.labelled(2, "PTX ISA", &needs);
    }
    if let Some(stored) = stored(profile.compression) {
        page.labelled(2, "stored", &stored);
    }
}

/// The versions of the PTX instruction set, and what the newest needs.
pub(super) fn ptx_needs(ptx: &[Ptx]) -> Option<String> {
    let mut versions: Vec<_> = ptx.iter().filter_map(|ptx| ptx.isa).collect();
    versions.order();
    versions.dedup();
    let newest = ptx.iter().max_by_key(|ptx| ptx.isa).filter(|ptx| ptx.isa.is_some())?;
    let list: Vec<String> = versions.iter().map(ToString::to_string).collect();
    let needs = match (newest.cuda, newest.driver_branch) {
        (Some(cuda), Some(branch)) => format!(": compiled by drivers with CUDA {cuda} (R{branch}) or newer"),
        (Some(cuda), None) => format!(": compiled by drivers with CUDA {cuda} or newer"),
        _ => ": newer than this version of gpucheck knows about".to_owned(),
    };
    Some(format!("{}{needs}", list.join(", ")))
}

/// How entries are compressed, and what that requires; nothing if none are.
pub(super) fn stored(compressed: Compressed) -> Option<String> {
    let ways = [("LZ4", compressed.lz4), ("zstd", compressed.zstd), ("unknown compression", compressed.other)];
    if ways.iter().all(|(_, count)| *count == 0) {
        return None;
    }
    let plain = [("uncompressed", compressed.none)];
    let list =
        ways.into_iter().chain(plain).filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} ×{count}"));
    let needs = if compressed.zstd > 0 { " (zstd: needs driver R550 or newer)" } else { "" };
    Some(format!("{}{needs}", list.collect::<Vec<_>>().join(" · ")))
}
