//! What a page says of GPUs, CUDA, PyTorch and drivers in its prose and its tables: as it says it, right or wrong.

use gpucheck_model::facts::CudaVersion;
use serde::{Deserialize, Serialize};

/// A sentence or a row of a table that says something that can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Statement {
    /// The sentence, cut where it is long.
    pub text: String,
    /// What it says.
    pub says: Said,
}

/// What is said. A GPU is as written: a product, an architecture, `sm_120`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Said {
    /// A GPU has this compute capability.
    Capability {
        /// The GPU.
        gpu: String,
        /// `sm_120`, `12.0`.
        capability: String,
    },
    /// A GPU needs at least this.
    Needs {
        /// The GPU.
        gpu: String,
        /// The CUDA release.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cuda: Option<CudaVersion>,
        /// The release of PyTorch.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        torch: Option<String>,
    },
    /// PyTorch runs on a GPU, or does not.
    Runs {
        /// The GPU.
        gpu: String,
        /// The release; nothing: PyTorch as it is today.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        torch: Option<String>,
        /// The CUDA release that it is built with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cuda: Option<CudaVersion>,
        /// Whether it does.
        works: bool,
    },
    /// A nightly build is what to install.
    Nightly {
        /// The GPU that it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gpu: Option<String>,
        /// The CUDA release that it is built with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cuda: Option<CudaVersion>,
    },
    /// There are wheels for a CUDA release, or there are none.
    Published {
        /// `torch`, `torchvision`, `torchaudio`.
        package: String,
        /// The version; nothing: any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        /// Whether later versions count, too.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        or_later: bool,
        /// The CUDA release.
        cuda: CudaVersion,
        /// Whether there are.
        exists: bool,
    },
    /// A CUDA release needs at least this driver, or does with it.
    Driver {
        /// The CUDA release.
        cuda: CudaVersion,
        /// The driver.
        driver: String,
    },
    /// These versions belong together.
    Together {
        /// The version of PyTorch.
        torch: String,
        /// `torchvision`, `torchaudio`.
        package: String,
        /// Its version.
        version: String,
    },
    /// Extensions for these GPUs are compiled with this TORCH_CUDA_ARCH_LIST.
    ArchList {
        /// The list.
        list: String,
        /// The GPUs that the page is about.
        gpus: Vec<String>,
    },
}
