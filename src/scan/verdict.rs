//! Which GPUs can run a library, and a bundle of libraries: the answers of the one judge as reports write them.

use serde::Serialize;

use super::bundle::{Bundle, Kind};
use crate::{
    compat,
    facts::{ComputeCapability, CudaVersion, Extent, Gpu, Library},
    knowledge::Knowledge,
    python,
    rules::code::{self, Answer, Deciding, Judgement, Support, Terms},
};

/// How one GPU gets on with a library or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The GPU's name.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// `sass sm_120`, `ptx compute_90`, `compiled there`, `no` or `unknown`.
    pub how: String,
    /// Whether it works.
    pub works: bool,
    /// The same in more words.
    pub verdict: Support,
    /// What keeps it from running, or what the answer rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How code gets to a GPU that a package compiles it for.
const COMPILES: &str = "compiled there";

impl Run {
    fn of_answer(gpu: &Device, answer: &Answer, why: Option<String>) -> Self {
        Self::new(gpu, answer.support(), answer.target().map(code::how), why)
    }

    fn of_judgement(gpu: &Device, judgement: Judgement<'_>) -> Self {
        Self::new(gpu, judgement.support, judgement.target.map(code::how), judgement.why)
    }

    /// Of a package that brings its source, or a compiler, and not the code.
    fn compiled(gpu: &Device) -> Self {
        let why = "its kernels are compiled where it runs, and what it brings ready-made does not decide";
        Self::new(gpu, Support::Yes, Some(COMPILES.to_owned()), Some(why.to_owned()))
    }

    /// Whether there is nothing in the package that decides, as it compiles its code.
    pub fn is_compiled_there(&self) -> bool {
        self.how == COMPILES
    }

    fn new(gpu: &Device, verdict: Support, how: Option<String>, why: Option<String>) -> Self {
        let word = if verdict == Support::Unknown { "unknown" } else { "no" };
        Self {
            gpu: gpu.name.clone(),
            capability: gpu.capability,
            how: how.unwrap_or_else(|| word.to_owned()),
            works: verdict == Support::Yes,
            verdict,
            why,
        }
    }
}

/// A GPU as far as code is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What reports call it.
    pub name: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
}

impl Device {
    /// A GPU of the facts, if its capability is known.
    pub fn of(gpu: &Gpu) -> Option<Self> {
        let name = gpu.name.value().cloned().unwrap_or_else(|| gpu.id.clone());
        Some(Self { name, capability: *gpu.capability.value()? })
    }

    /// One for each capability there is.
    pub fn all(knowledge: &Knowledge) -> Vec<Self> {
        let of = |capability: ComputeCapability| {
            let number = capability.number();
            let name = match knowledge.products(capability).first() {
                Some(product) => format!("{product} (sm_{number})"),
                None => format!("sm_{number} GPU"),
            };
            Self { name, capability }
        };
        knowledge.capabilities().map(of).collect()
    }
}

/// What is known of a bundle that decides about its code.
pub fn terms<'a>(knowledge: &'a Knowledge, bundle: &Bundle, driver: &'a compat::Driver) -> Terms<'a> {
    let file = name(bundle).and_then(|name| knowledge.package_file(name));
    Terms {
        knowledge,
        driver,
        cuda: built_with(knowledge, bundle),
        // A sample has no names of the libraries that it links to: its requirements name the CUDA release.
        major: bundle.requires.as_deref().and_then(code::required_major).or_else(|| {
            let platform = bundle.platform();
            let (name, version) = (name(bundle)?, bundle.version.as_deref()?);
            knowledge.package_build(name, version, platform)?.cuda
        }),
        os: None,
        share: file.and_then(|file| file.package.share),
        floors: true,
    }
}

/// The CUDA release of a torch, by its build or its version: its local part names it, or the default index has one build of it.
fn built_with(knowledge: &Knowledge, bundle: &Bundle) -> Option<CudaVersion> {
    if let Some(build) = bundle.build.value() {
        return build.cuda;
    }
    let version = bundle.version.as_deref().filter(|_| name(bundle) == Some("torch"))?;
    python::cuda_of_local(version).or_else(|| {
        let release = knowledge.torch_release(version)?;
        let mut builds = release.builds.iter().filter(|build| build.pypi_default).filter_map(|build| build.cuda());
        let first = builds.next()?;
        builds.all(|other| other == first).then_some(first)
    })
}

/// The name of a distribution. What a folder or a file is called says nothing of a package.
fn name(bundle: &Bundle) -> Option<&str> {
    (!matches!(bundle.kind, Kind::File | Kind::Folder)).then_some(bundle.name.as_str())
}

/// The libraries of a bundle that decide what it runs on.
pub fn deciding<'a>(knowledge: &Knowledge, bundle: &'a Bundle) -> Deciding<'a> {
    code::deciding(knowledge, name(bundle), &bundle.libraries, None)
}

/// The verdicts for these GPUs. A library without runnable device code gets none.
pub fn runs(terms: &Terms<'_>, library: &Library, gpus: &[Device]) -> Vec<Run> {
    let sampled = library.code.value().is_some_and(|code| code.extent == Extent::Sampled);
    let of = |gpu: &Device| {
        let answer = code::on_library(terms, library, gpu.capability)?;
        Some(Run::of_answer(gpu, &answer, answer.why(terms, sampled)))
    };
    gpus.iter().filter_map(of).collect()
}

/// The verdicts for a bundle by the libraries that decide. A sample that cannot tell says so.
pub fn bundle_runs(terms: &Terms<'_>, bundle: &Bundle, deciding: &Deciding<'_>, gpus: &[Device]) -> Vec<Run> {
    let compiles = name(bundle).and_then(|name| terms.knowledge.package_file(name)).is_some_and(|f| f.package.compiles);
    let of = |gpu: &Device| {
        if compiles {
            return Some(Run::compiled(gpu));
        }
        let judgement = deciding.on(terms, gpu.capability)?;
        let driver = matches!(judgement.answer, Answer::Driver(_));
        let run = Run::of_judgement(gpu, judgement);
        Some(if bundle.sampled { of_sample(bundle, deciding, run, driver) } else { run })
    };
    gpus.iter().filter_map(of).collect()
}

/// What a sample is worth. `driver`: whether the driver is in the way whatever the code is.
fn of_sample(bundle: &Bundle, deciding: &Deciding<'_>, run: Run, driver: bool) -> Run {
    let unreached = || {
        let path = bundle.unreached.as_deref().filter(|_| !deciding.known)?;
        Some(format!("the sample did not reach its largest library, {path} (--full, or no --quick, reads all)"))
    };
    if run.verdict == Support::Unknown || driver {
        return run;
    }
    match unreached() {
        Some(why) => Run { how: "unknown".to_owned(), works: false, verdict: Support::Unknown, why: Some(why), ..run },
        None => {
            const SAMPLE: &str = "by the sample that was read";
            let why = match &run.why {
                Some(why) if why.contains(SAMPLE) => why.clone(),
                Some(why) => format!("{why}, {SAMPLE}"),
                None => SAMPLE.to_owned(),
            };
            Run { why: Some(why), ..run }
        }
    }
}
