//! What several rules ask of a context: torch and its code, the GPU, the driver, and how they are named.

use super::{
    Context, Draft, Outcome,
    broken::torch_broken,
    code::{self, Answer, Terms},
};
use crate::{
    compat::{self, Jit, Reach},
    facts::{
        Build, CodeObjects, CodeTarget, ComputeCapability, CudaVersion, Environment, Fact, Gpu, Library, Origin, Os,
        Package, Source,
    },
    finding::Evidence,
    knowledge::{self, Knowledge, PackageBuild, ParserRow},
    python,
};

/// Packages that are built and released together with torch, and contain device code of their own.
pub const COMPANIONS: [&str; 2] = ["torchvision", "torchaudio"];

/// How a package is named to people: with its build where one is known.
pub fn label(package: &Package) -> String {
    match (&package.build, &package.version) {
        (Fact::Known { value, .. }, _) => format!("{} {}", package.name, value.version),
        (_, Fact::Known { value, .. }) => format!("{} {value}", package.name),
        _ => package.name.clone(),
    }
}

/// How a GPU is named to people.
pub fn gpu_name(gpu: &Gpu) -> String {
    gpu.name.value().cloned().unwrap_or_else(|| gpu.id.clone())
}

/// Whether programs of the environment at hand, or of the machine, run on Windows itself.
pub fn runs_windows(context: &Context<'_>) -> bool {
    let of_environment = context.environment.and_then(|(_, environment)| environment.platform.value());
    of_environment.or(context.facts.host.platform.value()).is_some_and(|platform| platform.os == Os::Windows)
}

/// What a program shows that does not find a library.
pub fn not_found(context: &Context<'_>, library: &str) -> String {
    match runs_windows(context) {
        true => "ImportError: DLL load failed while importing …: The specified module could not be found.".to_owned(),
        false => format!("{library}: cannot open shared object file: No such file or directory"),
    }
}

/// What Python shows of a module that was compiled for another torch.
pub fn undefined(context: &Context<'_>) -> &'static str {
    match runs_windows(context) {
        true => "ImportError: DLL load failed while importing …: The specified procedure could not be found.",
        false => "ImportError: … undefined symbol: _ZN3c10…",
    }
}

/// The operating system whose driver counts: Windows' own under WSL too.
pub fn driver_os(context: &Context<'_>) -> Option<Os> {
    if context.facts.host.wsl.value().is_some() {
        return Some(Os::Windows);
    }
    context.facts.host.platform.value().map(|platform| platform.os)
}

/// What the driver can do with images, as far as it is known. The variables that control its PTX compiler are ignored: they have a rule of
/// their own.
pub fn driver(context: &Context<'_>) -> compat::DriverSupport {
    let driver = context.facts.driver.value();
    compat::DriverSupport {
        version: driver.map(|driver| driver.version.clone()),
        cuda: driver.and_then(|driver| driver.cuda.value().copied()),
        jit: Jit::WhereNeeded,
    }
}

/// The value of TORCH_CUDA_ARCH_LIST, the version of the installed torch, and how that version reads it. `None` if one of them is missing.
pub fn arch_list_of<'a>(context: &Context<'a>) -> Option<(&'a str, &'a str, &'a ParserRow)> {
    let text = context.variable("TORCH_CUDA_ARCH_LIST").filter(|text| !text.trim().is_empty())?;
    let torch = context.package("torch")?;
    let version = python::public_version(torch.build.value().map(|build| &build.version).or(torch.version.value())?);
    Some((text, version, context.knowledge.arch_list_parser(version)?))
}

/// The libraries of a package that decide which GPUs it runs on.
pub fn main_libraries<'a>(context: &Context<'a>, package: &'a Package) -> impl Iterator<Item = &'a Library> + use<'a> {
    let knowledge = context.knowledge;
    let cuda = chosen_cuda(context, package);
    let main = move |library: &&Library| knowledge.is_main_library(&package.name, &library.path, cuda.as_deref());
    package.libraries.iter().filter(main)
}

/// The digits of the CUDA release by which a package selects one of its libraries: from its variable, else from torch's build.
pub fn wanted_cuda(context: &Context<'_>, package: &Package) -> Option<String> {
    let file = context.knowledge.package_file(&package.name)?;
    let variable = file.package.override_variable.as_ref().and_then(|name| context.variable(name));
    match variable.filter(|value| !value.is_empty()) {
        Some(value) => Some(value.to_owned()),
        None => Some(knowledge::digits(context.package("torch")?.build.value()?.cuda?)),
    }
}

/// The digits of the library that it then loads: the exact one, or another of the same CUDA major version if the package allows that.
pub fn chosen_cuda(context: &Context<'_>, package: &Package) -> Option<String> {
    let wanted = wanted_cuda(context, package)?;
    let row = package_row(context, package);
    let fallback = row.is_some_and(|row| row.fallback);
    let there = variants(context, package);
    if there.is_empty() {
        return row?.chosen(&wanted);
    }
    knowledge::choose(there.iter().map(String::as_str), &wanted, fallback).map(str::to_owned)
}

/// The digits of the CUDA releases that a package has libraries for, by the names of its files.
pub fn variants(context: &Context<'_>, package: &Package) -> Vec<String> {
    let patterns = context.knowledge.main_libraries(&package.name).filter_map(|main| main.split_once("{cuda}"));
    let patterns: Vec<_> = patterns.collect();
    let of = |path: &str| {
        let digits = patterns.iter().find_map(|(start, end)| path.strip_prefix(start)?.strip_suffix(end))?;
        digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.to_owned())
    };
    package.libraries.iter().filter_map(|library| of(&library.path)).collect()
}

/// The row of this version of a package on the platform of its environment.
pub fn package_row<'a>(context: &Context<'a>, package: &Package) -> Option<&'a PackageBuild> {
    let platform = context.environment.and_then(|(_, environment)| environment.platform.value().copied());
    context.knowledge.package_build(&package.name, package.version.value()?, platform)
}

/// torch with CUDA on a GPU: everything that the architecture rules look at.
pub struct TorchOnGpu<'a> {
    /// The torch package.
    pub torch: &'a Package,
    /// Its build.
    pub build: &'a Build,
    /// CUDA release of the build.
    pub cuda: CudaVersion,
    /// Code of its main library.
    pub code: &'a CodeObjects,
    /// The main library.
    pub library: &'a Library,
    /// Where the code was read, or which row claims it.
    pub via: &'a Source,
    /// The GPU.
    pub gpu: &'a Gpu,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// What that amounts to.
    pub reach: Reach,
}

/// torch's main library on the GPU of the context, or why there is nothing to judge.
pub fn torch_on_gpu<'a>(context: &Context<'a>) -> Result<TorchOnGpu<'a>, Outcome> {
    let (Some(torch), Some((_, gpu))) = (context.package("torch"), context.gpu) else {
        return Err(Outcome::NotApplicable);
    };
    let Fact::Known { value: build, .. } = &torch.build else {
        return Err(Outcome::Needs(vec![format!("the build of {}", label(torch))]));
    };
    let Some(cuda) = build.cuda else { return Err(Outcome::NotApplicable) };
    let Some(&capability) = gpu.capability.value() else {
        return Err(Outcome::Needs(vec![format!("the compute capability of {} (--gpu)", gpu_name(gpu))]));
    };
    if let Some(why) = torch_broken(context) {
        return Err(Outcome::Needs(vec![format!("the device code of {}: {why}", label(torch))]));
    }
    let code = main_libraries(context, torch).find_map(|library| match &library.code {
        Fact::Known { value, via } => Some((library, value, via)),
        _ => None,
    });
    let Some((library, code, via)) = code else {
        return Err(Outcome::Needs(vec![format!(
            "the device code of {}: none of its libraries could be read and the knowledge base has no row for this build",
            label(torch)
        )]));
    };
    let driver = driver(context);
    let terms = Terms::new(context.knowledge, &driver, Some(cuda));
    let reach = match code::on_library(&terms, library, capability) {
        Some(Answer::Fatbins(reach)) => reach,
        Some(Answer::Hidden(target, _)) => Reach::Native(target),
        None => Reach::Nothing,
        Some(answer) => {
            let why = answer.why(&terms, false).unwrap_or_default();
            return Err(Outcome::Needs(vec![format!("the device code of {}: {why}", label(torch))]));
        }
    };
    Ok(TorchOnGpu { torch, build, cuda, code, library, via, gpu, capability, reach })
}

impl TorchOnGpu<'_> {
    /// Whether the GPU is too new for the build rather than dropped by it: the build's CUDA release did not know it yet, or all
    /// its code is for older GPUs.
    pub fn gpu_is_newer(&self, context: &Context<'_>) -> bool {
        let row = context.knowledge.architecture(self.capability);
        if let Some(first) = row.and_then(|row| row.first_toolkit)
            && self.cuda < first
        {
            return true;
        }
        if let Some(last) = row.and_then(|row| row.last_toolkit)
            && self.cuda > last
        {
            return false;
        }
        self.code.sass.keys().chain(self.code.ptx.keys()).all(|code| code.target.capability < self.capability)
    }

    /// The code evidence that every architecture finding carries.
    pub fn evidence(&self, context: &Context<'_>) -> Vec<Evidence> {
        let library = self.torch.libraries.iter().position(|library| std::ptr::eq(library, self.library)).unwrap_or(0);
        let measured = !self.via.how.is_claim();
        let code = Evidence::new(describe(context.knowledge, self.code), self.via);
        let gpu = context.gpu.map_or(0, |(index, _)| index);
        vec![
            if measured { code.at(format!("{}/libraries/{library}", context.pointer("torch"))) } else { code },
            Evidence::new(
                format!("{}: compute capability {}", gpu_name(self.gpu), self.capability),
                self.gpu.capability.via().map(ToString::to_string).unwrap_or_default(),
            )
            .at(format!("/facts/gpus/value/{gpu}")),
        ]
    }

    /// The finding that nothing in the build runs on the GPU.
    pub fn no_kernel_image(&self, context: &Context<'_>, summary: String) -> Draft {
        let mut draft = Draft::new(label(self.torch), summary)
            .symptom("CUDA error: no kernel image is available for execution on the device")
            .cause(format!("sm_{}", self.capability.number()));
        draft.evidence = self.evidence(context);
        // What is only asked for and has no wheel for the Python never comes to the GPU.
        let declared = |(_, environment): (usize, &Environment)| matches!(environment.origin, Origin::Declared(_));
        if context.environment.is_some_and(declared) {
            draft.trace.follows.push("python-unsupported-by-torch".to_owned());
        }
        draft
    }

    /// What is wrong with the code for this GPU, as the middle of a sentence.
    pub fn lack(&self) -> String {
        let device = format!("sm_{}", self.capability.number());
        match self.reach {
            Reach::Partial(some, all) => {
                format!("has code that {device} can run in only {some} of its {all} fatbins")
            }
            _ if self.code.ptx.is_empty() => format!("has no machine code that {device} can run, and no PTX"),
            _ => format!("has no machine code and no PTX that {device} can run"),
        }
    }
}

/// The targets of a library in a line: `SASS sm_50 sm_60 (378 fatbins), few fatbins: sm_90a; no PTX`.
pub fn describe(knowledge: &Knowledge, code: &CodeObjects) -> String {
    let built = compat::general(knowledge, code);
    let list = |codes: &mut dyn Iterator<Item = (&CodeTarget, &u32)>, general: bool| {
        codes
            .filter(|(code, _)| built.contains(code) == general)
            .map(|(code, count)| if general { code.to_string() } else { format!("{count}×{code}") })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let sass = list(&mut code.sass.iter(), true);
    let ptx = list(&mut code.ptx.iter(), true);
    let rare = list(&mut code.sass.iter().chain(&code.ptx), false);
    let mut text = if sass.is_empty() { "no SASS".to_owned() } else { format!("SASS {sass}") };
    text += &if code.ptx.is_empty() {
        ", no PTX".to_owned()
    } else if ptx.is_empty() {
        String::new()
    } else {
        format!(", PTX {ptx}")
    };
    if code.fatbins > 1 {
        text += &format!(" ({} fatbins)", code.fatbins);
    }
    if !rare.is_empty() {
        text += &format!("; in only a few of them: {rare}");
    }
    text
}

/// A package as evidence.
pub fn package_evidence(context: &Context<'_>, package: &Package) -> Evidence {
    let via = package.build.via().or(package.version.via()).map(ToString::to_string).unwrap_or_default();
    Evidence::new(label(package), via).at(context.pointer(&package.name))
}

/// The driver as evidence.
pub fn driver_evidence(context: &Context<'_>) -> Option<Evidence> {
    match &context.facts.driver {
        Fact::Known { value, via } => Some(Evidence::new(format!("driver {}", value.version), via).at("/facts/driver")),
        _ => None,
    }
}

/// What a rule needs when the driver is not known.
pub fn needs_driver() -> Outcome {
    Outcome::Needs(vec!["the driver version (--driver)".to_owned()])
}

/// Whether there is a GPU to judge for.
pub fn has_gpu(context: &Context<'_>) -> bool {
    context.facts.gpus.value().is_some_and(|gpus| !gpus.is_empty())
}

/// What is in an environment before anything was installed into it.
const INSTALLERS: [&str; 8] =
    ["pip", "setuptools", "wheel", "uv", "distribute", "pkg-resources", "packaging", "virtualenv"];

/// Whether nothing but installers is in an environment yet.
pub fn is_new(environment: &Environment) -> bool {
    environment.packages.iter().all(|package| INSTALLERS.contains(&package.name.as_str()))
}

/// The markers' view of an environment.
pub fn marker_environment(environment: &Environment) -> python::MarkerEnvironment {
    python::MarkerEnvironment::new(environment.python.value().copied(), environment.platform.value().copied())
}
