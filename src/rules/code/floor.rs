//! Requirements on the driver regardless of the code: new enough for the CUDA runtime that a library links to, and of a branch that
//! supports the GPU.

use super::Terms;
use crate::{
    facts::{CodeKind, ComputeCapability, Container, CudaVersion, DriverVersion, Library, Os},
    knowledge::Knowledge,
    python::{self, Requirement},
};

/// Why the driver is not suitable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Floor {
    /// The library links to this CUDA major version, which needs at least this driver.
    Runtime {
        /// The CUDA major version that it links to.
        major: u16,
        /// The first driver that supports it.
        first: DriverVersion,
        /// The driver that is there.
        driver: DriverVersion,
    },
    /// The GPU needs at least this driver.
    First {
        /// The GPU's compute capability.
        capability: ComputeCapability,
        /// The first driver that supports the GPU.
        first: DriverVersion,
        /// The driver that is there.
        driver: DriverVersion,
    },
    /// The GPU is supported up to this branch.
    Last {
        /// The GPU's compute capability.
        capability: ComputeCapability,
        /// The last branch that supports the GPU.
        last: u32,
        /// The driver that is there.
        driver: DriverVersion,
    },
}

impl Floor {
    /// As the end of a sentence.
    pub fn why(&self) -> String {
        match self {
            Self::Runtime { major, first, driver } => {
                format!("it is built for CUDA {major}, which needs driver {first} or newer, but {driver} is older")
            }
            Self::First { capability, first, driver } => {
                format!("sm_{} needs driver {first} or newer, but {driver} is older", capability.number())
            }
            Self::Last { capability, last, driver } => {
                let number = capability.number();
                format!("drivers newer than R{last} do not support sm_{number}, and {driver} is newer")
            }
        }
    }
}

/// Why the driver does not support the CUDA runtime that a library links to.
pub fn runtime(terms: &Terms<'_>, library: &Library) -> Option<Floor> {
    let driver = terms.driver.version.as_ref()?;
    let named = linked_major(library).or(terms.cuda.map(|cuda| cuda.major)).or(terms.major);
    let major = named.or_else(|| Some(compiled_with(terms.knowledge, library)?.major))?;
    let floor = terms.knowledge.runtime_floor(CudaVersion::new(major, 0), os(terms, library))?;
    let (first, driver) = (floor.driver.clone(), driver.clone());
    (driver < first).then_some(Floor::Runtime { major, first, driver })
}

/// Why the driver does not support a GPU: it is older than the architecture, or has dropped it.
pub fn unserved(terms: &Terms<'_>, library: &Library, capability: ComputeCapability) -> Option<Floor> {
    let driver = terms.driver.version.clone()?;
    let row = terms.knowledge.architecture(capability)?;
    let first = match os(terms, library) {
        Os::Windows => row.driver_first_windows.as_ref(),
        _ => row.driver_first_linux.as_ref(),
    };
    if let Some(first) = first.filter(|first| driver < **first) {
        return Some(Floor::First { capability, first: first.clone(), driver });
    }
    let last = row.driver_last_branch.filter(|_| row.is_dropped_by(&driver))?;
    Some(Floor::Last { capability, last, driver })
}

/// The system whose driver counts: the library's own system, unless the terms name another.
fn os(terms: &Terms<'_>, library: &Library) -> Os {
    if let Some(os) = terms.os {
        return os;
    }
    if library.container == Container::Pe { Os::Windows } else { Os::Linux }
}

/// The CUDA major version that a library links to: `libcudart.so.12`, `libcublas.so.13`, `cudart64_12.dll`.
pub fn linked_major(library: &Library) -> Option<u16> {
    let of = |name: &String| {
        let name = name.to_ascii_lowercase();
        let unix = ["libcudart.so.", "libcublas.so.", "libcublaslt.so.", "libnvrtc.so."];
        let windows = ["cudart64_", "cublas64_", "cublaslt64_"];
        let rest = unix.iter().chain(&windows).find_map(|start| name.strip_prefix(start))?;
        let digits = rest.split(['.', '_']).next()?;
        // cudart64_110.dll belongs to CUDA 11.
        digits.get(..2)?.parse().ok()
    };
    library.needed.iter().find_map(of)
}

/// The CUDA release that a library was compiled with, or a newer one, by its code: that in its own section is handed to the driver by the
/// runtime of that release, which is inside of the library where it links to none. Bare images have no runtime.
pub fn compiled_with(knowledge: &Knowledge, library: &Library) -> Option<CudaVersion> {
    let code = library.code.value().filter(|_| matches!(library.container, Container::Elf | Container::Pe))?;
    let first = |capability| knowledge.architecture(capability)?.first_toolkit;
    let images = code.modules.iter().flat_map(|group| &group.images);
    let runs = images.filter(|image| matches!(image.code.kind, CodeKind::Sass | CodeKind::Ptx));
    runs.flat_map(|image| [first(image.code.target.capability), image.isa.and_then(|isa| knowledge.ptx_cuda(isa))])
        .flatten()
        .max()
}

/// The CUDA major version of a package whose libraries need not name it: its requirements do, its row, its own name or version.
pub fn major_of(requires: &[String], row: Option<u16>, name: &str, version: Option<&str>) -> Option<u16> {
    required_major(requires).or(row).or_else(|| python::cuda_major_named(name, version))
}

/// The CUDA major version whose runtime a package requires: `nvidia-cuda-runtime-cu12`, `nvidia-cublas-cu13`, `cuda-toolkit[…]==13.2.2`.
fn required_major(requires: &[String]) -> Option<u16> {
    let of = |line: &String| {
        let requirement: Requirement = line.parse().ok()?;
        let name = requirement.name.as_str();
        let named = name.strip_prefix("nvidia-").and_then(|rest| rest.rsplit_once("-cu")?.1.parse().ok());
        let pinned = || {
            let whole = matches!(name, "cuda-toolkit" | "nvidia-cuda-runtime");
            let version = requirement.specifiers.iter().next()?.version().release().first().copied();
            whole.then(|| u16::try_from(version?).ok()).flatten()
        };
        named.or_else(pinned)
    };
    requires.iter().find_map(of)
}
