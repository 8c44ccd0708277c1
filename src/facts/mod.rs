//! The fact model: what was seen, and no conclusions. Saved facts contain no knowledge, so that a replay with newer
//! knowledge gives a newer answer.

mod code;
mod contact;
mod declared;
mod driver_file;
mod environment;
mod fact;
mod framework;
mod image;
mod kernel;
mod look;
mod machine;
mod smoke;
mod statement;
mod toolkit;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use code::{CodeObjects, Compression, Container, Damage, Extent, Image, Library, ModuleGroup};
pub use contact::{Aftermath, Contact, ContactOutcome, DriverLibrary, LibraryKind};
pub use declared::{
    Gap, GapWeight, Index, IndexRole, Offer, Otherwise, Request, RequestPlace, RequestRole, ResolvedVersion, Resolver,
    Step,
};
pub use driver_file::{DriverFile, DriverPart, FileDamage};
pub use environment::{Build, Environment, Origin, Package};
pub use fact::{Fact, How, Source};
pub use framework::{Framework, FrameworkStep, FrameworkTorch, PythonError, StepOutcome};
pub use gpucheck_model::facts::{
    CodeKind, CodeTarget, ComputeCapability, Cpu, CudaVersion, DriverVersion, Manager, Os, ParseError, Platform,
    PtxIsa, PythonVersion, Suffix, Target,
};
pub use image::ContainerImage;
pub use kernel::{Kernel, KernelModule};
pub use look::{BadFile, Elsewhere, Flaw, Listing, Unlisted, Way};
pub use machine::{Driver, Expected, Gpu, Host, Mig, ShellKind, Trouble};
pub use smoke::{Conditions, ImageLoad, KernelOutcome, KernelRun, LibraryLoad, Smoke, SmokeDevice, Speed, Transfer};
pub use statement::{Said, Statement};
pub use toolkit::{Toolkit, ToolkitLead};
pub use written::{Asked, Ignore, Location, Meaning, Symptom, Wanted};

/// Everything that was seen of one machine and its environments. By default all of it is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Facts {
    /// The system.
    pub host: Host,
    /// The NVIDIA driver.
    pub driver: Fact<Driver>,
    /// What the kernel shows of the driver.
    #[serde(default)]
    pub kernel: Kernel,
    /// The driver's libraries in the loader's folders, in its order: found, not loaded.
    #[serde(default)]
    pub driver_libraries: Fact<Vec<DriverLibrary>>,
    /// The files of the driver's user space and what is wrong with each: found, not loaded.
    #[serde(default)]
    pub driver_files: Fact<Vec<DriverFile>>,
    /// Where a linker finds the CUDA driver under the name that `-lcuda` asks for, `libcuda.so`; absent where only `libcuda.so.1` is.
    #[serde(default)]
    pub linker_name: Fact<String>,
    /// What asking the management library (NVML) led to.
    #[serde(default)]
    pub nvml: Fact<Contact>,
    /// What asking the CUDA driver library led to.
    #[serde(default)]
    pub cuda: Fact<Contact>,
    /// The NVIDIA GPUs.
    pub gpus: Fact<Vec<Gpu>>,
    /// What happened when GPUs were asked to compute, one run after another; unknown unless `smoke` was asked for.
    #[serde(default)]
    pub smoke: Fact<Vec<Smoke>>,
    /// What happened when torch was asked to compute in the selected environment; unknown unless `--framework` was asked for.
    #[serde(default)]
    pub framework: Fact<Framework>,
    /// GPUs that the user expects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expected>,
    /// Targets that every library with device code must contain, as `scan --require` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<CodeTarget>,
    /// Targets of these that libraries lack by design, by path, as `scan --baseline` names them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub excused: BTreeMap<String, BTreeSet<CodeTarget>>,
    /// The lowest driver with which the software runs on some GPU, as `needs` found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_driver: Option<DriverVersion>,
    /// CUDA toolkits.
    pub toolkits: Vec<Toolkit>,
    /// Those environment variables that change what CUDA and PyTorch do.
    pub env_vars: BTreeMap<String, String>,
    /// Python environments.
    pub environments: Vec<Environment>,
    /// The folder of a project whose files say what it needs, and that has no environment yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_installed: Option<String>,
    /// Where in a file facts were written, by their JSON pointer in these facts: `/environments/0/packages/3`. A pointer that
    /// is not listed itself has the place of the next one above it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<String, Location>,
    /// Comments in these files that ask for findings to be passed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignores: Vec<Ignore>,
    /// Lines of logs that look like errors, in the order of the log.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<Symptom>,
}

impl Facts {
    /// The machine, with one of its environments or none, by id: what a change to that environment is tried on. Programs were run on the
    /// machine as it was, so what they said is left out.
    pub fn about(&self, environment: Option<&str>) -> Self {
        let one = self.environments.iter().find(|one| Some(one.id.as_str()) == environment);
        Self {
            host: self.host.clone(),
            driver: self.driver.clone(),
            kernel: self.kernel.clone(),
            driver_libraries: self.driver_libraries.clone(),
            driver_files: self.driver_files.clone(),
            linker_name: self.linker_name.clone(),
            nvml: self.nvml.clone(),
            cuda: self.cuda.clone(),
            gpus: self.gpus.clone(),
            smoke: Fact::unknown(Smoke::NOT_ASKED),
            framework: Fact::unknown(Framework::NOT_ASKED),
            expected: self.expected.clone(),
            required: self.required.clone(),
            excused: self.excused.clone(),
            lowest_driver: self.lowest_driver.clone(),
            toolkits: self.toolkits.clone(),
            env_vars: self.env_vars.clone(),
            environments: one.cloned().into_iter().collect(),
            not_installed: None,
            // A changed fact is no longer what the file says.
            written: BTreeMap::new(),
            ignores: Vec::new(),
            symptoms: Vec::new(),
        }
    }

    /// Where the fact at this pointer into a report (`/facts/environments/0/packages/3/version`) was written, if it was.
    pub fn place(&self, pointer: &str) -> Option<&Location> {
        let mut pointer = pointer.strip_prefix("/facts")?;
        while !self.written.is_empty() && !pointer.is_empty() {
            if let Some(location) = self.written.get(pointer) {
                return Some(location);
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
        None
    }
}
