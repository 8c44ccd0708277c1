//! A library on a device: judged by fatbin, never by the union over fatbins.

use std::collections::BTreeMap;

use gpucheck_ground::Order as _;

use super::image::{DriverSupport, Fit};
use crate::{
    facts::{CodeKind, CodeObjects, CodeTarget, ComputeCapability, CudaVersion, Image, ModuleGroup, PtxIsa},
    knowledge::Knowledge,
};

/// How many of a library's fatbins a device can use, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Fatbins that contain any runnable code.
    pub fatbins: u32,
    /// Those of them that concern the device: not those that contain code of one other generation only, which are never loaded on it
    /// (libcublasLt.so.12 has 1400 fatbins for sm_90a beside 85 for all).
    pub relevant: u32,
    /// Relevant fatbins in which the most frequent target occurs: what full support amounts to in a library whose files were
    /// compiled for different lists.
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
    /// Only this many of that many fatbins can run: no support.
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

    /// How much it is: of several libraries of a package the one with the least decides.
    pub fn rank(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Partial(..) => 1,
            Self::IsaTooNew(_) | Self::ZstdTooNew => 2,
            Self::Compiled(_) => 3,
            Self::Native(_) => 4,
        }
    }
}

/// Counts what `device` can use of `code`.
pub fn coverage(
    knowledge: &Knowledge,
    code: &CodeObjects,
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
    driver: &DriverSupport,
) -> Coverage {
    let mut result = Coverage::default();
    let mut serving = BTreeMap::<CodeTarget, u32>::new();
    let mut targets = BTreeMap::<CodeTarget, u32>::new();
    for group in code.modules.iter().filter(|group| !group.images.is_empty()) {
        result.fatbins += group.count;
        let Some((fit, image)) = best(knowledge, group, device, built_with, driver) else {
            if of_one_other_generation(group, device) {
                continue;
            }
            result.relevant += group.count;
            count_targets(group, &mut targets);
            continue;
        };
        result.relevant += group.count;
        count_targets(group, &mut targets);
        match fit {
            Fit::Native => result.native += group.count,
            Fit::Compiled => result.compiled += group.count,
            Fit::IsaTooNew(isa) => {
                result.isa_too_new += group.count;
                result.newest_isa = result.newest_isa.max(Some(isa));
            }
            Fit::ZstdTooNew => result.zstd_too_new += group.count,
            Fit::No => {}
        }
        *serving.entry(image.code).or_default() += group.count;
    }
    result.serving = serving.into_iter().max_by_key(|&(_, count)| count).map(|(code, _)| code);
    result.reference = targets.into_values().max().unwrap_or(0);
    result
}

/// What `device` can use of one fatbin, which contains these images.
pub fn one_fatbin(
    knowledge: &Knowledge,
    images: &[Image],
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
    driver: &DriverSupport,
) -> Coverage {
    let modules = vec![ModuleGroup { count: 1, images: images.to_vec() }];
    coverage(knowledge, &CodeObjects { modules, ..CodeObjects::default() }, device, built_with, driver)
}

/// Whether all images are of one generation that is not the device's.
fn of_one_other_generation(group: &ModuleGroup, device: ComputeCapability) -> bool {
    generation(group).is_some_and(|major| major != device.major)
}

/// The generation of a fatbin that contains code of only one.
pub fn generation(group: &ModuleGroup) -> Option<u16> {
    let mut majors = group.images.iter().map(|image| image.code.target.capability.major);
    let first = majors.next()?;
    majors.all(|major| major == first).then_some(first)
}

/// Adds a group's fatbins to the count of each target in them.
pub(super) fn count_targets(group: &ModuleGroup, counts: &mut BTreeMap<CodeTarget, u32>) {
    let mut targets: Vec<_> = group.images.iter().map(|image| image.code).collect();
    targets.order();
    targets.dedup();
    for target in targets {
        let count = counts.entry(target).or_default();
        *count = count.saturating_add(group.count);
    }
}

/// The image that the driver takes from a fatbin: machine code for the nearest capability, whether or not it can unpack it; else
/// PTX, the one it can compile before one that is too new.
fn best<'g>(
    knowledge: &Knowledge,
    group: &'g ModuleGroup,
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
    driver: &DriverSupport,
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
/// must be usable, and at least a fiftieth of all fatbins, lest a helper or two speak for a library of one generation.
pub fn reach(coverage: &Coverage) -> Reach {
    let enough = |count: u32| {
        u64::from(count) * 10 >= u64::from(coverage.reference) * 9
            && u64::from(count) * 50 >= u64::from(coverage.fatbins)
    };
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
    // Where all that concerns the device runs, what concerns other devices is what makes it little.
    let of = if with_new_driver == coverage.relevant { coverage.fatbins } else { coverage.relevant };
    Reach::Partial(with_new_driver, of)
}

/// As [`reach`], for a package that works with this share of a library's fatbins, in percent; without one it needs what the most
/// frequent target has.
pub fn reach_with_share(coverage: &Coverage, share: Option<u8>) -> Reach {
    let usable = coverage.native + coverage.compiled + coverage.isa_too_new + coverage.zstd_too_new;
    let enough = |share: u8| u64::from(usable) * 100 >= u64::from(coverage.fatbins) * u64::from(share);
    match (reach(coverage), share, coverage.serving) {
        (Reach::Partial(..), Some(share), Some(serving)) if enough(share) => Reach::Native(serving),
        (reach, ..) => reach,
    }
}
