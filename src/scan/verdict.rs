//! Which GPUs can run a library: the same reasoning as the doctor's, for any library.

use serde::Serialize;

use crate::{
    compat::{self, Reach},
    facts::{CodeKind, CudaVersion, Extent, Fact, Gpu, Library},
    knowledge::Knowledge,
};

/// How one GPU gets on with one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The GPU's name.
    pub gpu: String,
    /// `sass sm_120`, `ptx compute_90`, `no`, or what keeps it from running.
    pub how: String,
    /// Whether it works.
    pub works: bool,
}

/// The verdicts for these GPUs. A library without device code gets none.
pub fn runs(knowledge: &Knowledge, library: &Library, gpus: &[Gpu], driver: &compat::Driver) -> Vec<Run> {
    let code = match &library.code {
        Fact::Known { value, .. } if !value.modules.is_empty() => value,
        _ => return Vec::new(),
    };
    let judged = |gpu: &Gpu| {
        let capability = *gpu.capability.value()?;
        let reach = compat::reach(&compat::coverage(knowledge, code, capability, built_with(library), driver));
        let how = match reach {
            Reach::Native(target) | Reach::Compiled(target) if target.kind == CodeKind::Ptx => format!("ptx {target}"),
            Reach::Native(target) | Reach::Compiled(target) => format!("sass {target}"),
            Reach::IsaTooNew(isa) => format!("no: PTX ISA {isa} is too new for the driver"),
            Reach::ZstdTooNew => "no: zstd is too new for the driver".to_owned(),
            Reach::Partial(some, all) => format!("no: {some} of {all} fatbins only"),
            // The first fatbins have what most of a library is built for; the rest may hold more.
            Reach::Nothing if code.extent == Extent::Sampled => "no, by the sample that was read".to_owned(),
            Reach::Nothing => "no".to_owned(),
        };
        let name = gpu.name.value().cloned().unwrap_or_else(|| gpu.id.clone());
        Some(Run { gpu: name, how, works: reach.works() })
    };
    gpus.iter().filter_map(judged).collect()
}

/// The CUDA major that a library links to, from `libcudart.so.12` or `libcublas.so.13`: from 13.2 on desktop code runs on Jetson, which
/// the major alone does not tell, so that stays unknown.
fn built_with(library: &Library) -> Option<CudaVersion> {
    let major =
        library.needed.iter().find_map(|name| name.strip_prefix("libcudart.so.")?.split('.').next()?.parse().ok())?;
    Some(CudaVersion::new(major, 0))
}
