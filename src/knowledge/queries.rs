//! Questions to the knowledge base.

use gpucheck_ground::Order as _;
use gpucheck_model::knowledge::{
    AdviceRow, ArchitectureRow, CondaRow, ErrorRow, GpuRow, NightlyRow, ParserRow, ToolRow, TorchBuild, TorchRelease,
    UnreadRow,
};

use super::load::Knowledge;
use crate::{
    facts::{
        CodeKind, CodeObjects, CodeTarget, ComputeCapability, CudaVersion, DriverVersion, Extent, Image, Manager,
        ModuleGroup, Os, Platform, PtxIsa, PythonVersion, Target,
    },
    python,
};

/// The oldest driver for something, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriverFloor {
    /// The driver.
    pub driver: DriverVersion,
    /// File and row.
    pub source: String,
}

/// Where a version stands among the releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Index among the minor releases (2.7, 2.8 …).
    pub minor: usize,
    /// Index among all releases.
    pub index: usize,
}

impl Knowledge {
    /// The row of a compute capability.
    pub fn architecture(&self, capability: ComputeCapability) -> Option<&ArchitectureRow> {
        self.architectures.architecture.iter().find(|row| row.capability == capability)
    }

    /// Whether two capabilities are names of one chip, so that code for either runs on both.
    pub fn same_chip(&self, a: ComputeCapability, b: ComputeCapability) -> bool {
        a == b
            || self
                .architectures
                .same_chip
                .iter()
                .any(|row| row.capabilities.contains(&a) && row.capabilities.contains(&b))
    }

    /// Whether a device runs family-specific code generated for `code`.
    pub fn in_family(&self, code: ComputeCapability, device: ComputeCapability) -> bool {
        code == device || self.architectures.family.iter().any(|row| row.code == code && row.devices.contains(&device))
    }

    /// Whether plain machine code for `code` does not run on `device` although major and minor would allow it.
    pub fn sass_excluded(&self, code: ComputeCapability, device: ComputeCapability, cuda: Option<CudaVersion>) -> bool {
        self.architectures.sass_exclusion.iter().any(|row| {
            let lifted = row.lifted_from.is_some_and(|from| cuda.is_some_and(|cuda| cuda >= from));
            row.code.contains(&code) && row.devices.contains(&device) && !lifted
        })
    }

    /// The CUDA release from which on some desktop code also runs on Jetson.
    pub fn sass_exclusion_lifted(&self) -> Option<CudaVersion> {
        self.architectures.sass_exclusion.iter().filter_map(|row| row.lifted_from).min()
    }

    /// The oldest compute capability of a generation, by its name in lower case.
    pub fn first_of_generation(&self, generation: &str) -> Option<ComputeCapability> {
        let rows = self.architectures.architecture.iter().filter(|row| row.generation == generation);
        rows.map(|row| row.capability).min()
    }

    /// Every compute capability that a CUDA major of the rows generates code for, oldest first.
    pub fn capabilities(&self) -> impl Iterator<Item = ComputeCapability> {
        let first = self.cuda.runtime.iter().map(|row| row.major).min();
        let rows = self.architectures.architecture.iter();
        rows.filter(move |row| row.last_toolkit.is_none_or(|last| Some(last.major) >= first)).map(|row| row.capability)
    }

    /// The newest CUDA major of which drivers are known.
    pub fn newest_runtime(&self) -> Option<CudaVersion> {
        self.cuda.runtime.iter().map(|row| CudaVersion::new(row.major, 0)).max()
    }

    /// The oldest driver on which programs of this CUDA release run, by minor-version compatibility; before CUDA 11, that of the release.
    pub fn runtime_floor(&self, cuda: CudaVersion, os: Os) -> Option<DriverFloor> {
        let row = self.cuda.runtime.iter().find(|row| row.major == cuda.major)?;
        let earlier = row.earlier.iter().find(|release| release.minor == cuda.minor);
        let (linux, windows) = earlier.map_or((&row.linux, &row.windows), |release| (&release.linux, &release.windows));
        let driver = match os {
            Os::Linux => linux.clone(),
            Os::Windows => windows.clone(),
            Os::Macos => return None,
        };
        Some(DriverFloor {
            driver,
            source: format!("cuda.toml, runtime {}; {}", row.major, cite(&self.cuda.sources, &row.source)),
        })
    }

    /// The first CUDA release whose driver compiles this PTX ISA.
    pub fn ptx_cuda(&self, isa: PtxIsa) -> Option<CudaVersion> {
        self.cuda.ptx.iter().find(|row| row.isa == isa).map(|row| row.cuda)
    }

    /// The CUDA release that a driver reports, by its branch: that of the newest listed branch that is not newer. On Windows a
    /// branch covers several tens of numbers (581.57 is of branch 580).
    pub fn driver_cuda(&self, driver: &DriverVersion) -> Option<CudaVersion> {
        if let Some(cuda) = self.jetson_cuda(driver) {
            return Some(cuda);
        }
        self.cuda
            .driver
            .iter()
            .filter(|row| row.branch <= driver.branch())
            .max_by_key(|row| row.branch)
            .map(|row| row.cuda)
    }

    /// The oldest driver whose `nvidia-smi` shows this CUDA release, by its branch and by the driver that came with the first toolkit of
    /// the release. Nothing where no row knows a branch that shows it.
    pub fn driver_showing(&self, cuda: CudaVersion, os: Os) -> Option<DriverVersion> {
        let branch = self.cuda.driver.iter().find(|row| row.cuda == cuda)?.branch;
        let of_toolkit = self.cuda.toolkit.iter().filter(|row| row.version.parse() == Ok(cuda));
        let first = of_toolkit.filter_map(|row| match os {
            Os::Windows => row.min_driver_windows.clone(),
            _ => row.min_driver_linux.clone(),
        });
        first.min().or_else(|| branch.to_string().parse().ok())
    }

    /// Every release of the CUDA toolkit, by its first two numbers; one that had updates comes several times.
    pub fn toolkits(&self) -> impl Iterator<Item = CudaVersion> {
        self.cuda.toolkit.iter().filter_map(|row| row.version.parse().ok())
    }

    /// First driver branch that unpacks zstd-compressed fatbin entries.
    pub fn zstd_branch(&self) -> Option<u32> {
        self.cuda.compression.iter().find(|row| row.kind == "zstd").map(|row| row.branch)
    }

    /// Driver versions that some row names as a floor, oldest first: the steps that an update can take.
    pub fn driver_steps(&self, os: Os) -> Vec<DriverVersion> {
        let runtime = self.cuda.runtime.iter().map(|row| match os {
            Os::Windows => &row.windows,
            _ => &row.linux,
        });
        let architectures = self.architectures.architecture.iter().filter_map(|row| match os {
            Os::Windows => row.driver_first_windows.as_ref(),
            _ => row.driver_first_linux.as_ref(),
        });
        let toolkits = self.cuda.toolkit.iter().filter_map(|row| match os {
            Os::Windows => row.min_driver_windows.as_ref(),
            _ => row.min_driver_linux.as_ref(),
        });
        let mut steps: Vec<_> = runtime.chain(architectures).chain(toolkits).cloned().collect();
        steps.order();
        steps.dedup();
        steps
    }

    /// Every product, newest generation first.
    pub fn gpus(&self) -> impl Iterator<Item = &GpuRow> {
        self.gpus.gpu.iter()
    }

    /// Every driver branch of which the CUDA release is known.
    pub fn driver_branches(&self) -> impl Iterator<Item = u32> {
        self.cuda.driver.iter().map(|row| row.branch)
    }

    /// The product with this PCI device id.
    pub fn gpu_by_pci(&self, device: &str) -> Option<&GpuRow> {
        self.gpus.gpu.iter().find(|row| row.pci.iter().any(|id| id == device))
    }

    /// What the parser of TORCH_CUDA_ARCH_LIST in this version of torch knows: in a nightly build, that of its release.
    pub fn arch_list_parser(&self, torch: &str) -> Option<&ParserRow> {
        let release = torch.split_once(".dev").map_or(torch, |(release, _)| release);
        self.arch_list.parser.iter().find(|row| contains(&row.versions, release))
    }

    /// The values that a name such as Ampere stands for in the newest TORCH_CUDA_ARCH_LIST that knows it.
    pub fn named_architecture(&self, name: &str) -> Option<&str> {
        let names = self.arch_list.parser.iter().rev().flat_map(|row| &row.names);
        names.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, values)| values.as_str())
    }

    /// What people do about findings of a rule, the best first.
    pub fn advice(&self, rule: &str) -> impl Iterator<Item = &AdviceRow> {
        self.advice.advice.iter().filter(move |row| row.rule == rule)
    }

    /// What to know about installing with a tool, in order.
    pub fn tool_notes(&self, tool: Manager) -> impl Iterator<Item = &ToolRow> {
        self.tools.note.iter().filter(move |row| row.tool == tool)
    }

    /// What an error text means: the first row that fits. What a row wants beside its own text must be in the text, too.
    pub fn error(&self, text: &str) -> Option<&ErrorRow> {
        let beside = |row: &ErrorRow| row.beside.is_empty() || row.beside.iter().any(|other| text.contains(other));
        self.errors.error.iter().find(|row| row.fits(text) && beside(row))
    }

    /// Every kind of error that is known.
    pub fn errors(&self) -> &[ErrorRow] {
        &self.errors.error
    }

    /// Where a row about errors comes from.
    pub fn cite_error(&self, row: &ErrorRow) -> String {
        format!("errors.toml, {}; {}", row.id, cite(&self.errors.sources, &row.source))
    }

    /// Where a row about a variable that nothing reads comes from.
    pub fn cite_unread(&self, row: &UnreadRow) -> String {
        format!("variables.toml, {} of {}; {}", row.name, row.of, cite(&self.variables.sources, &row.source))
    }

    /// Every torch release, oldest first.
    pub fn torch_releases(&self) -> impl Iterator<Item = &TorchRelease> {
        self.torch.release.iter()
    }

    /// The torch release of this version; the local part does not count.
    pub fn torch_release(&self, version: &str) -> Option<&TorchRelease> {
        let public = version.split('+').next().unwrap_or(version);
        self.torch.release.iter().find(|release| release.version == public)
    }

    /// The build of this full version (`2.7.1+cu128`) on a platform.
    pub fn torch_build(&self, version: &str, platform: Platform) -> Option<(&TorchRelease, &TorchBuild)> {
        let (public, variant) = version.split_once('+')?;
        let release = self.torch_release(public)?;
        let build = release.builds.iter().find(|build| build.variant == variant && build.platform == platform)?;
        Some((release, build))
    }

    /// Where a version stands among the releases; one that is not listed stands after the last that is older.
    pub fn torch_position(&self, version: &str) -> Position {
        let parsed = python::version(version);
        let mut position = Position { minor: 0, index: 0 };
        let mut last = None;
        for (index, release) in self.torch.release.iter().enumerate() {
            let Some(here) = python::version(&release.version) else { continue };
            if parsed.as_ref().is_some_and(|version| here.release() > version.release()) {
                break;
            }
            let minor = here.release().get(..2).map(<[u64]>::to_vec);
            if last.is_some() && last != minor {
                position.minor += 1;
            }
            last = minor;
            position.index = index;
        }
        position
    }

    /// The row of a nightly build, `2.10.0.dev20251201+cu128`; of `nightly+cu128` the last one of the variant.
    pub fn torch_nightly(&self, version: &str, platform: Platform) -> Option<&NightlyRow> {
        let (public, variant) = version.split_once('+')?;
        if public == "nightly" {
            // Of some night: the last that is known.
            return self.torch.nightly.iter().rfind(|row| row.variant == variant && row.platform == platform);
        }
        let (release, _) = public.split_once(".dev")?;
        self.torch
            .nightly
            .iter()
            .find(|row| row.variant == variant && row.platform == platform && contains(&row.versions, release))
    }

    /// What a build is said to hold, as code objects: one fatbin with every image, its PTX of the ISA that its toolkit writes.
    /// Nothing where the row lists no verified code.
    pub fn torch_code(&self, build: &TorchBuild) -> Option<CodeObjects> {
        let toolkit = build.toolkit.as_ref();
        let isa = self.cuda.toolkit.iter().find(|row| Some(&row.version) == toolkit).and_then(|row| row.ptx_isa);
        Some(claimed_code(build.sass.as_ref()?, build.ptx.iter().flatten(), isa))
    }

    /// The same of the nightly builds.
    pub fn nightly_code(&self, row: &NightlyRow) -> CodeObjects {
        claimed_code(&row.sass, &row.ptx, None)
    }

    /// conda's builds of torch.
    pub fn conda_builds(&self) -> &[CondaRow] {
        &self.torch.conda
    }

    /// What one of conda's builds is said to hold.
    pub fn conda_code(&self, row: &CondaRow) -> CodeObjects {
        claimed_code(&row.sass, &row.ptx, None)
    }

    /// How a torch row is cited.
    pub fn cite_torch(&self, release: &TorchRelease, build: &TorchBuild) -> String {
        let (full, platform) = (build.full_version(release), Some(build.platform));
        if let Some(wheel) = self.wheel_of(&build.source, "torch", &full, platform) {
            return wheel;
        }
        let basis = build.basis.describe();
        format!(
            "torch.toml, {}+{} on {} ({basis}; {})",
            release.version,
            build.variant,
            build.platform,
            build.source.join(", ")
        )
    }

    /// How an architecture row is cited, for the field that the source `by` decides: one of those in the row's own `by`.
    pub fn cite_architecture(&self, row: &ArchitectureRow, by: Option<&String>) -> String {
        let keys = by.map_or(row.source.as_slice(), std::slice::from_ref);
        format!("architectures.toml, {}; {}", row.capability, cite(&self.architectures.sources, keys))
    }
}

/// One fatbin with an image for each target.
pub(super) fn claimed_code<'t>(
    sass: &[Target],
    ptx: impl IntoIterator<Item = &'t Target>,
    isa: Option<PtxIsa>,
) -> CodeObjects {
    let sass = sass.iter().map(|target| (CodeTarget::sass(*target), None));
    let ptx = ptx.into_iter().map(|target| (CodeTarget::ptx(*target), isa));
    let images: Vec<Image> =
        sass.chain(ptx).map(|(code, isa)| Image { code, isa, compression: Default::default() }).collect();
    let count = |kind| images.iter().map(|i| i.code).filter(|code| code.kind == kind).map(|code| (code, 1)).collect();
    CodeObjects {
        fatbins: 1,
        sass: count(CodeKind::Sass),
        ptx: count(CodeKind::Ptx),
        modules: vec![ModuleGroup { count: 1, images }],
        extent: Extent::Claim,
        ..Default::default()
    }
}

/// The last of the sources in words: rows name the general source first and the deciding one last.
pub(super) fn cite(sources: &std::collections::BTreeMap<String, String>, keys: &[String]) -> String {
    keys.last().and_then(|key| sources.get(key)).cloned().unwrap_or_default()
}

/// Whether a PEP 440 range contains a version; a range or version that does not parse contains nothing.
pub(super) fn contains(range: &str, version: &str) -> bool {
    match (python::specifiers(range), python::public(version)) {
        (Some(range), Some(version)) => range.contains(&version),
        _ => false,
    }
}

/// Python versions for people: `3.9 to 3.13, 3.13t`.
pub fn python_range(list: &[PythonVersion]) -> String {
    let with = |free_threaded: bool| list.iter().filter(move |python| python.free_threaded == free_threaded);
    let mut text = match (with(false).min(), with(false).max()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (Some(only), _) => only.to_string(),
        _ => String::new(),
    };
    for python in with(true) {
        text += &format!(", {python}");
    }
    text
}
