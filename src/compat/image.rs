//! One image on one device.

use crate::{
    facts::{Compression, ComputeCapability, CudaVersion, DriverVersion, Image, PtxIsa, Suffix, Target},
    knowledge::Knowledge,
};

/// Whether machine code for `code` runs on a device of capability `device`. `built_with` is the CUDA release of the binary: from
/// 13.2 on some desktop code also runs on Jetson.
///
/// Plain code runs on the same major with the same or a later minor, except between Tegra and desktop parts; `f` code on the
/// members of its family; `a` code on exactly its capability.
pub fn sass_runs(
    knowledge: &Knowledge,
    code: Target,
    device: ComputeCapability,
    built_with: Option<CudaVersion>,
) -> bool {
    if knowledge.same_chip(code.capability, device) && code.suffix != Suffix::Family {
        return true;
    }
    match code.suffix {
        Suffix::Accelerated => code.capability == device,
        Suffix::Family => knowledge.in_family(code.capability, device),
        Suffix::Plain => {
            code.capability.major == device.major
                && code.capability.minor <= device.minor
                && !knowledge.sass_excluded(code.capability, device, built_with)
        }
    }
}

/// Whether PTX for `code` can be compiled for a device of capability `device`, by a driver that knows its ISA version.
///
/// Plain PTX compiles for every capability that is not lower, across majors; `a` and `f` PTX is no more portable than such SASS.
pub fn ptx_runs(knowledge: &Knowledge, code: Target, device: ComputeCapability) -> bool {
    match code.suffix {
        Suffix::Plain => code.capability <= device || knowledge.same_chip(code.capability, device),
        Suffix::Accelerated => code.capability == device || knowledge.same_chip(code.capability, device),
        Suffix::Family => knowledge.in_family(code.capability, device),
    }
}

/// What the driver can do with images. Nothing known of it means that it is not in the way.
#[derive(Debug, Clone, Default)]
pub struct DriverSupport {
    /// Its version.
    pub version: Option<DriverVersion>,
    /// CUDA release of its user-mode part.
    pub cuda: Option<CudaVersion>,
    /// Whether it compiles PTX.
    pub jit: Jit,
}

/// What `CUDA_FORCE_PTX_JIT` and `CUDA_DISABLE_PTX_JIT` make of PTX.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Jit {
    /// Where no machine code fits.
    #[default]
    WhereNeeded,
    /// Always: machine code is ignored.
    Forced,
    /// Never.
    Disabled,
}

/// What the driver makes of one image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Loads as it is.
    Native,
    /// Is compiled first.
    Compiled,
    /// Would fit, but the driver is too old for its PTX ISA.
    IsaTooNew(PtxIsa),
    /// Would fit, but the driver cannot unpack it.
    ZstdTooNew,
    /// Does not fit.
    No,
}

impl DriverSupport {
    pub(super) fn fit(
        &self,
        knowledge: &Knowledge,
        image: &Image,
        device: ComputeCapability,
        built_with: Option<CudaVersion>,
    ) -> Fit {
        use crate::facts::CodeKind::{Ptx, Sass};
        let fit = match image.code.kind {
            Sass if self.jit != Jit::Forced && sass_runs(knowledge, image.code.target, device, built_with) => {
                Fit::Native
            }
            Ptx if self.jit != Jit::Disabled && ptx_runs(knowledge, image.code.target, device) => {
                match image.isa.filter(|isa| !self.compiles(knowledge, *isa)) {
                    Some(isa) => Fit::IsaTooNew(isa),
                    None => Fit::Compiled,
                }
            }
            _ => return Fit::No,
        };
        if image.compression == Compression::Zstd && !self.unpacks_zstd(knowledge) { Fit::ZstdTooNew } else { fit }
    }

    fn compiles(&self, knowledge: &Knowledge, isa: PtxIsa) -> bool {
        match (self.cuda, knowledge.ptx_cuda(isa)) {
            (Some(driver), Some(needed)) => driver >= needed,
            _ => true,
        }
    }

    fn unpacks_zstd(&self, knowledge: &Knowledge) -> bool {
        match (&self.version, knowledge.zstd_branch()) {
            (Some(version), Some(branch)) => version.branch() >= branch,
            _ => true,
        }
    }
}
