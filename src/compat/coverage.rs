//! A library on a device: judged by fatbin, never by the union over fatbins.

use std::collections::BTreeSet;

use super::image::{Driver, Fit};
use crate::{
    facts::{CodeKind, CodeObjects, CodeTarget, ComputeCapability, CudaVersion, Image, ModuleGroup, PtxIsa, Suffix},
    knowledge::Knowledge,
};

/// How many of a library's fatbins a device can use, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Fatbins that hold any runnable code.
    pub fatbins: u32,
    /// Fatbins in which the most frequent target occurs: what full support amounts to in a library whose files were compiled
    /// for different lists.
    pub reference: u32,
    /// Fatbins with machine code for the device.
    pub native: u32,
    /// Fatbins that the driver has to compile from PTX.
    pub compiled: u32,
    /// Fatbins whose PTX is too new for the driver, and no machine code.
    pub isa_too_new: u32,
    /// Fatbins whose image the driver cannot unpack.
    pub zstd_too_new: u32,
    /// The newest PTX ISA among those that are too new.
    pub newest_isa: Option<PtxIsa>,
    /// The image that serves most fatbins.
    pub serving: Option<CodeTarget>,
}

/// What a library can do on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Runs from machine code.
    Native(CodeTarget),
    /// Runs after the driver has compiled its PTX.
    Compiled(CodeTarget),
    /// Its PTX needs a driver that knows this ISA.
    IsaTooNew(PtxIsa),
    /// Its images need a driver that unpacks zstd.
    ZstdTooNew,
    /// Only this many of so many fatbins can run: no support.
    Partial(u32, u32),
    /// Nothing in it runs there.
    Nothing,
}

impl Reach {
    /// Whether the library works on the device.
    pub fn works(self) -> bool {
        matches!(self, Self::Native(_) | Self::Compiled(_))
    }

    /// Whether the code itself is missing, which no driver can help.
    pub fn lacks(self) -> bool {
        matches!(self, Self::Partial(..) | Self::Nothing)
    }
}

/// Counts what `device` can use of `code`.
pub fn coverage(
    knowledge: &Knowledge,
    code: &CodeObjects,
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
    driver: &Driver,
) -> Coverage {
    let mut result = Coverage::default();
    let mut serving = std::collections::BTreeMap::<CodeTarget, u32>::new();
    for group in code.modules.iter().filter(|group| !group.images.is_empty()) {
        result.fatbins += group.count;
        let Some((fit, image)) = best(knowledge, group, device, built_with, driver) else { continue };
        match fit {
            Fit::Native => result.native += group.count,
            Fit::Compiled => result.compiled += group.count,
            Fit::IsaTooNew(isa) => {
                result.isa_too_new += group.count;
                result.newest_isa = result.newest_isa.max(Some(isa));
            }
            Fit::ZstdTooNew => result.zstd_too_new += group.count,
            Fit::No => continue,
        }
        *serving.entry(image.code).or_default() += group.count;
    }
    result.serving = serving.into_iter().max_by_key(|&(_, count)| count).map(|(code, _)| code);
    result.reference = most_frequent(code);
    result
}

/// What `device` can use of one fatbin, which holds these images.
pub fn one_fatbin(
    knowledge: &Knowledge,
    images: &[Image],
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
    driver: &Driver,
) -> Coverage {
    let modules = vec![ModuleGroup { count: 1, images: images.to_vec() }];
    coverage(knowledge, &CodeObjects { modules, ..CodeObjects::default() }, device, built_with, driver)
}

/// In how many fatbins the most frequent target occurs.
fn most_frequent(code: &CodeObjects) -> u32 {
    let mut counts = std::collections::BTreeMap::<CodeTarget, u32>::new();
    for group in &code.modules {
        let mut targets: Vec<_> = group.images.iter().map(|image| image.code).collect();
        targets.sort_unstable();
        targets.dedup();
        for target in targets {
            *counts.entry(target).or_default() += group.count;
        }
    }
    counts.into_values().max().unwrap_or(0)
}

/// The targets of the general part: those for whose own devices nine tenths of the fatbins have machine code (or PTX of that very
/// target), and at least half of them exactly that. The second keeps out what code for an earlier minor serves, the first lets in what a
/// library linked into it was built for an earlier minor of. What is left is in single files and supports no GPU.
pub fn general(code: &CodeObjects) -> BTreeSet<CodeTarget> {
    let most = most_frequent(code);
    let count = |has: &dyn Fn(CodeTarget) -> bool| -> u32 {
        let groups = code.modules.iter().filter(|group| group.images.iter().any(|image| has(image.code)));
        groups.map(|group| group.count).sum()
    };
    let is_general = |target: CodeTarget| {
        let own = count(&|other| other == target);
        let serves = |other: CodeTarget| {
            let (have, want) = (other.target, target.target);
            let plain = have.suffix == Suffix::Plain && want.suffix == Suffix::Plain;
            let earlier = have.capability.major == want.capability.major && have.capability <= want.capability;
            other == target || (plain && earlier && other.kind == CodeKind::Sass && target.kind == CodeKind::Sass)
        };
        u64::from(own) * 2 >= u64::from(most) && u64::from(count(&serves)) * 10 >= u64::from(most) * 9
    };
    let images = code.modules.iter().flat_map(|group| &group.images).map(|image| image.code);
    images.collect::<BTreeSet<_>>().into_iter().filter(|target| is_general(*target)).collect()
}

/// The image that the driver takes from a fatbin: machine code for the nearest capability, whether or not it can unpack it; else
/// PTX, the one it can compile before one that is too new.
fn best<'g>(
    knowledge: &Knowledge,
    group: &'g ModuleGroup,
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
    driver: &Driver,
) -> Option<(Fit, &'g Image)> {
    group
        .images
        .iter()
        .map(|image| (driver.fit(knowledge, image, device, built_with), image))
        .filter(|(fit, _)| *fit != Fit::No)
        .max_by_key(|(fit, image)| {
            let sass = image.code.kind == CodeKind::Sass;
            (sass, sass || *fit == Fit::Compiled, image.code.target)
        })
}

/// What the counts amount to. A target that only a few fatbins have never makes a device supported: nine tenths of the reference
/// must be usable.
pub fn reach(coverage: &Coverage) -> Reach {
    let enough = |count: u32| u64::from(count) * 10 >= u64::from(coverage.reference) * 9;
    let usable = coverage.native + coverage.compiled;
    let with_new_driver = usable + coverage.isa_too_new + coverage.zstd_too_new;
    let Some(serving) = coverage.serving else { return Reach::Nothing };
    if enough(usable) {
        return if enough(coverage.native) { Reach::Native(serving) } else { Reach::Compiled(serving) };
    }
    if enough(with_new_driver) {
        return match coverage.newest_isa {
            Some(isa) if coverage.isa_too_new >= coverage.zstd_too_new => Reach::IsaTooNew(isa),
            _ => Reach::ZstdTooNew,
        };
    }
    Reach::Partial(with_new_driver, coverage.fatbins)
}
