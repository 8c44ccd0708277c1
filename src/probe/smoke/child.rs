//! The child: it does what may hang or crash, and tells after every step how far it is. Each line of its output is the whole state so
//! far as JSON; the last line is the one that counts.

use std::{
    ffi::OsString,
    io::{self, Write},
    path::PathBuf,
    time::Instant,
};

use super::{
    bench::Bench,
    conditions::conditions,
    device::{self, Wanted},
    images::{Choice, Embedded, choose},
    kernels::{TASKS, transfer},
    load,
    reporter::{LOST, Reporter, micros},
};
use crate::{
    compat,
    driver_api::{Api, CUresult, Context, Module},
    facts::{
        CodeKind, CodeTarget, ComputeCapability, ContactOutcome, CudaVersion, Image, ImageLoad, KernelOutcome,
        KernelRun, Smoke,
    },
    knowledge::Knowledge,
    probe::live::message::{cuda_version, text},
};

/// What a driver answers that is asked for a kernel which the module lacks.
const NOT_FOUND: u32 = CUresult::CUDA_ERROR_NOT_FOUND as u32;

/// What the child is to do.
#[derive(Debug, Clone)]
pub struct Work {
    /// The device.
    pub device: Wanted,
    /// Where random inputs begin.
    pub seed: u64,
    /// Which images to try.
    pub image: Choice,
    /// Libraries to load code of; then no kernel runs.
    pub libraries: Vec<PathBuf>,
}

impl Work {
    /// The child's command line.
    pub fn arguments(&self) -> Vec<OsString> {
        let device = match &self.device {
            Wanted::Ordinal(number) => number.to_string(),
            Wanted::Address(address) => address.clone(),
        };
        let mut arguments: Vec<OsString> = ["--device".into(), device.into()].into();
        arguments.extend(["--seed".into(), self.seed.to_string().into()]);
        arguments.extend(["--image".into(), self.image.to_string().into()]);
        for library in &self.libraries {
            arguments.extend(["--load".into(), library.clone().into()]);
        }
        arguments
    }

    /// Does it, and writes lines to `out`.
    ///
    /// # Errors
    /// When the parent no longer reads.
    pub fn run(&self, out: impl Write) -> io::Result<()> {
        let smoke = Smoke { asked: self.asked(), ..Smoke::new("", self.seed) };
        let mut reporter = Reporter::new(out, smoke);
        reporter.step("opening libcuda")?;
        match Api::open() {
            Ok(api) => {
                let answer = self.compute(&api, &mut reporter)?;
                reporter.state.smoke.answer = answer.err().unwrap_or(ContactOutcome::Ready);
            }
            Err(answer) => reporter.state.smoke.answer = answer,
        }
        reporter.finish()
    }

    /// The outer error is the pipe's, the inner one the driver's.
    fn compute<W: Write>(&self, api: &Api, reporter: &mut Reporter<W>) -> io::Result<Result<(), ContactOutcome>> {
        macro_rules! or_return {
            ($result:expr) => {
                match $result {
                    Ok(value) => value,
                    Err(answer) => return Ok(Err(answer)),
                }
            };
        }
        reporter.step("starting CUDA")?;
        let device = or_return!(device::find(api, &self.device));
        reporter.state.address = device::place(&device);
        reporter.state.smoke.device = Some(device::describe(&device));
        reporter.step("creating a context")?;
        let start = Instant::now();
        let context = or_return!(device.context());
        reporter.state.smoke.context_micros = Some(micros(start));
        if let Some(described) = &mut reporter.state.smoke.device {
            described.free = context.free_memory().ok();
        }
        let (capability, cuda) = (device::capability_of(&device), api.version().ok().and_then(cuda_version));
        if !self.libraries.is_empty() {
            let compiles = |images: &[Image]| compiles(images, capability, cuda);
            return load::libraries(&context, &self.libraries, compiles, reporter).map(Ok);
        }
        for module in ["general", "tensor"] {
            self.module(module, &context, capability, cuda, reporter)?;
        }
        reporter.step("copying memory")?;
        reporter.state.smoke.transfer = transfer(&context).ok();
        reporter.step("asking NVML what throttles the GPU")?;
        reporter.state.smoke.conditions = reporter.state.address.as_deref().and_then(conditions);
        Ok(Ok(()))
    }

    /// Asks the driver to load the images of a module, and runs its kernels from the first that it takes.
    fn module<W: Write>(
        &self,
        module: &'static str,
        context: &Context<'_>,
        capability: Option<ComputeCapability>,
        cuda: Option<CudaVersion>,
        reporter: &mut Reporter<W>,
    ) -> io::Result<()> {
        let images = match (capability, Knowledge::builtin()) {
            // In a context that is lost every call fails, which says nothing about images.
            _ if reporter.lost() => Vec::new(),
            (Some(capability), Ok(knowledge)) => choose(self.image, &knowledge, module, capability, cuda),
            _ => Vec::new(),
        };
        let mut usable: Option<(CodeTarget, Module<'_>)> = None;
        for embedded in &images {
            let code = embedded.image.code;
            reporter.step(&format!("loading the {module} kernels for {code}"))?;
            let (load, loaded) = load_image(context, embedded, usable.is_none());
            reporter.state.smoke.images.push(load);
            if let (None, Some(loaded)) = (&usable, loaded) {
                usable = Some((code, loaded));
            }
        }
        for task in TASKS.iter().filter(|task| task.module == module) {
            let name = format!("gpucheck_{}", task.kernel);
            let not_run = |why: String| KernelRun {
                kernel: task.kernel.to_owned(),
                image: None,
                outcome: KernelOutcome::NotRun { why },
                speed: None,
            };
            let run = match &usable {
                _ if reporter.lost() => not_run("an earlier error destroyed the context".to_owned()),
                None if images.is_empty() => not_run(self.no_image(module, capability)),
                None => not_run("the driver rejected every image of it".to_owned()),
                // The images for Turing have no bf16.
                Some((code, loaded)) => match loaded.function(&name) {
                    Err(ContactOutcome::Failed { code: NOT_FOUND, .. }) => {
                        not_run(format!("the image for {code} does not contain it"))
                    }
                    Err(answer) => failed(task.kernel, *code, answer),
                    Ok(function) => {
                        reporter.step(&format!("running {}", task.kernel))?;
                        let bench = Bench::new(context, &function, task.kernel, self.seed);
                        // SAFETY: the bench holds the kernel of this task's name.
                        match unsafe { (task.run)(&bench) } {
                            Ok((outcome, speed)) => {
                                KernelRun { kernel: task.kernel.to_owned(), image: Some(*code), outcome, speed }
                            }
                            Err(answer) => failed(task.kernel, *code, answer),
                        }
                    }
                },
            };
            let is_failed = matches!(run.outcome, KernelOutcome::Failed { .. });
            reporter.state.smoke.kernels.push(run);
            // An error in a kernel leaves a context in which every later call fails.
            if is_failed && context.wait().is_err() {
                reporter.state.smoke.step = Some(LOST.to_owned());
            }
        }
        Ok(())
    }

    /// What the report says was asked for.
    pub fn asked(&self) -> Option<String> {
        (self.image != Choice::Best).then(|| self.image.to_string())
    }

    fn no_image(&self, module: &str, capability: Option<ComputeCapability>) -> String {
        match (self.image, capability) {
            (Choice::Only(image), _) => format!("there is no {module} image for {image}"),
            (_, Some(capability)) => {
                format!("no {module} image of this program runs on compute capability {capability}")
            }
            (_, None) => "CUDA does not report the compute capability of the device".to_owned(),
        }
    }
}

fn failed(kernel: &str, image: CodeTarget, answer: ContactOutcome) -> KernelRun {
    let outcome = match answer {
        ContactOutcome::Failed { call, code, name } => KernelOutcome::Failed { call, code, name },
        ContactOutcome::MissingFunction { name } => KernelOutcome::NotRun { why: format!("libcuda has no {name}") },
        _ => KernelOutcome::NotRun { why: "it could not be run".to_owned() },
    };
    KernelRun { kernel: kernel.to_owned(), image: Some(image), outcome, speed: None }
}

fn load_image<'c>(context: &'c Context<'_>, embedded: &Embedded, first: bool) -> (ImageLoad, Option<Module<'c>>) {
    let start = Instant::now();
    let (loaded, logs) = match embedded.image.code.kind {
        CodeKind::Ptx => context.compile(std::str::from_utf8(embedded.bytes).unwrap_or_default()),
        // SAFETY: a cubin of this program's own, whole.
        _ => (unsafe { context.load(embedded.bytes) }, Default::default()),
    };
    let micros = micros(start);
    // Any kernel tells for what the module's code was made.
    let kernel =
        TASKS.iter().find(|task| task.module == embedded.module).map(|task| format!("gpucheck_{}", task.kernel));
    let version = loaded.as_ref().ok().zip(kernel).and_then(|(module, kernel)| module.binary_version(&kernel).ok());
    let load = ImageLoad {
        module: embedded.module.to_owned(),
        image: embedded.image.code,
        isa: embedded.image.isa,
        micros,
        binary: version.and_then(|version| u32::try_from(version).ok()).and_then(ComputeCapability::from_number),
        log: logs.iter().flat_map(|log| log.lines()).find_map(text),
        used: first && loaded.is_ok(),
        answer: loaded.as_ref().err().cloned().unwrap_or(ContactOutcome::Ready),
    };
    (load, loaded.ok())
}

/// Whether the rules say that the driver has to compile this.
fn compiles(images: &[Image], capability: Option<ComputeCapability>, cuda: Option<CudaVersion>) -> bool {
    let (Some(capability), Ok(knowledge)) = (capability, Knowledge::builtin()) else { return false };
    let driver = compat::DriverSupport { cuda, ..compat::DriverSupport::default() };
    compat::one_fatbin(&knowledge, images, capability, None, &driver).compiled > 0
}
