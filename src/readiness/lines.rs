//! Seven of the eight lines; the eighth, about bitsandbytes, has a file of its own.

use super::{Line, LineAnswer, LineKey};
use crate::{
    compat::Reach,
    facts::{CodeKind, ComputeCapability, CudaVersion, Environment, Fact, Gpu, How},
    finding::{Finding, Severity},
    rules::{self, Context, Outcome, Scope, gpu_name, label, torch_broken, torch_on_gpu},
};

/// From this capability on BF16 is computed in hardware (`torch.cuda.is_bf16_supported` of torch 2.7.1 asks the same).
const FIRST_BF16: ComputeCapability = ComputeCapability::new(8, 0);

/// One environment on one GPU, and what was found wrong.
pub(super) struct Subject<'a> {
    pub context: Context<'a>,
    pub environment: &'a Environment,
    pub gpu: &'a Gpu,
    pub findings: &'a [Finding],
}

impl<'a> Subject<'a> {
    /// The eight lines in their order.
    pub fn lines(&self) -> Vec<Line> {
        let available = self.cuda_available();
        let arch = self.arch_supported();
        let bf16 = self.bf16(&available, &arch);
        let four_bit = self.four_bit(&available);
        vec![self.pytorch(), available, self.cuda_version(), self.named(), self.capability(), arch, bf16, four_bit]
    }

    /// The finding of this rule about this environment and GPU, or the one under which it was folded.
    pub(super) fn found(&self, slug: &str) -> Option<&'a Finding> {
        self.concerning().find(|finding| finding.rule == slug || finding.consequences.contains(&slug))
    }

    /// The finding that a package fails because its files are broken.
    pub(super) fn damaged(&self, package: &str) -> Option<&'a Finding> {
        let about = |finding: &&Finding| {
            finding.rule == "library-damaged"
                && finding.severity == Severity::Error
                && finding.trace.package.as_deref() == Some(package)
        };
        self.concerning().find(about)
    }

    fn concerning(&self) -> impl Iterator<Item = &'a Finding> {
        self.findings.iter().filter(|finding| {
            finding.environment.as_ref().is_none_or(|id| *id == self.environment.id)
                && (finding.gpus.is_empty() || finding.gpus.contains(&self.gpu.id))
        })
    }

    /// CUDA release that torch was built with; nothing for a CPU build and where it is not known.
    pub fn cuda(&self) -> Option<CudaVersion> {
        self.context.package("torch")?.build.value()?.cuda
    }

    fn pytorch(&self) -> Line {
        let line = |answer| Line::new(LineKey::Pytorch, "PyTorch", answer);
        let Some(torch) = self.context.package("torch") else {
            let missing = line(LineAnswer::No).why("torch is not installed").via(self.environment.python.via());
            return self.found("torch-not-installed").map_or(missing.clone(), |finding| missing.by(finding));
        };
        let (version, via) = match (&torch.build, &torch.version) {
            (Fact::Known { value, via }, _) => (Some(value.version.clone()), Some(via)),
            (_, Fact::Known { value, via }) => (Some(value.clone()), Some(via)),
            _ => (None, None),
        };
        let shown = |line: Line| version.iter().fold(line, Line::value).via(via);
        if let Some(finding) = self.found("python-unsupported-by-torch") {
            let python = self.environment.python.value().map(ToString::to_string).unwrap_or_default();
            return shown(line(LineAnswer::No)).why(format!("it has no wheels for Python {python}")).by(finding);
        }
        if let Some(finding) = self.damaged("torch") {
            return shown(line(LineAnswer::No)).why(finding.summary.trim_end_matches('.')).by(finding);
        }
        // Another package's library, without which the import ends as well.
        if let Some(why) = torch_broken(&self.context) {
            let line = shown(line(LineAnswer::No)).why(format!("it cannot load its libraries: {why}"));
            return self.found("library-damaged").map_or(line.clone(), |finding| line.by(finding));
        }
        if let Some(finding) = self.found("torch-editable").filter(|finding| finding.severity == Severity::Error) {
            return shown(line(LineAnswer::Unknown)).why("its files could not be inspected").by(finding);
        }
        match version {
            Some(_) => shown(line(LineAnswer::Yes)),
            None => line(LineAnswer::Unknown).why("its version cannot be read"),
        }
    }

    /// What `torch.cuda.is_available()` would say: whether torch has CUDA and its runtime gets a device from the driver. Code for
    /// that device plays no part.
    fn cuda_available(&self) -> Line {
        let line = |answer| Line::new(LineKey::CudaAvailable, "CUDA available", answer);
        let Some(torch) = self.context.package("torch") else {
            return line(LineAnswer::No).why("torch is not installed");
        };
        let Fact::Known { value: build, via } = &torch.build else {
            return line(LineAnswer::Unknown).why(format!("the build of {} is unknown", label(torch)));
        };
        if build.cuda.is_none() {
            let line = line(LineAnswer::No).why(format!("{} is built without CUDA", label(torch))).via(Some(via));
            return self.found("cpu-only-torch").map_or(line.clone(), |finding| line.by(finding));
        }
        if let Some(why) = torch_broken(&self.context) {
            let line = line(LineAnswer::No).why(format!("torch cannot load its libraries: {why}")).via(Some(via));
            return self.damaged("torch").map_or(line.clone(), |finding| line.by(finding));
        }
        if let Some(finding) = self.found("driver-too-old-for-cuda-runtime") {
            let why = "the driver is too old for the CUDA runtime of this build";
            return line(LineAnswer::No).why(why).by(finding).via(self.context.facts.driver.via());
        }
        if let Fact::Known { value, via } = &self.context.facts.cuda {
            // The driver was asked.
            return match value.is_ready() && self.gpu.seen_by.contains(&How::Cuda) {
                true => line(LineAnswer::Yes).via(Some(via)),
                false => {
                    self.refused(line(LineAnswer::No).via(Some(via)), "the CUDA driver does not give access to it")
                }
            };
        }
        if self.blocking().is_some() {
            return self.refused(line(LineAnswer::No).via(self.context.facts.driver.via()), "");
        }
        match &self.context.facts.driver {
            Fact::Known { via, .. } => line(LineAnswer::Yes).via(Some(via)),
            Fact::Absent { via } => line(LineAnswer::No).why("there is no NVIDIA driver").via(Some(via)),
            Fact::Unknown { .. } => line(LineAnswer::Unknown).why("the driver is unknown (--driver)"),
        }
    }

    /// An error of the machine or of this GPU: programs get no device.
    fn blocking(&self) -> Option<&'a Finding> {
        self.concerning().find(|finding| {
            let scope = rules::find(finding.rule).map(|entry| entry.rule.scope);
            finding.severity == Severity::Error
                && matches!(scope, Some(Scope::Machine | Scope::Gpu))
                && finding.rule != "expected-gpu-missing"
        })
    }

    fn refused(&self, line: Line, otherwise: &str) -> Line {
        match self.blocking() {
            Some(finding) => line.why(format!("see {}", finding.rule)).by(finding),
            None => line.why(otherwise),
        }
    }

    fn cuda_version(&self) -> Line {
        let line = |answer| Line::new(LineKey::CudaVersion, "CUDA version", answer);
        match self.context.package("torch").map(|torch| &torch.build) {
            None => line(LineAnswer::No).why("torch is not installed"),
            Some(Fact::Known { value, via }) => match value.cuda {
                Some(cuda) => line(LineAnswer::Yes).value(cuda).via(Some(via)),
                None => line(LineAnswer::No).why("torch.version.cuda is None").via(Some(via)),
            },
            Some(_) => line(LineAnswer::Unknown).why("the build of torch is unknown"),
        }
    }

    fn named(&self) -> Line {
        let answer = if self.gpu.name.value().is_some() { LineAnswer::Yes } else { LineAnswer::Unknown };
        let line = Line::new(LineKey::Gpu, "GPU", answer).value(gpu_name(self.gpu)).via(self.gpu.name.via());
        if answer == LineAnswer::Yes { line } else { line.why("its name is unknown") }
    }

    fn capability(&self) -> Line {
        let line = |answer| Line::new(LineKey::Capability, "Capability", answer);
        match &self.gpu.capability {
            Fact::Known { value, via } => line(LineAnswer::Yes).value(value).via(Some(via)),
            Fact::Absent { via } => line(LineAnswer::Unknown).why("it has none").via(Some(via)),
            Fact::Unknown { why } => line(LineAnswer::Unknown).why(why),
        }
    }

    fn arch_supported(&self) -> Line {
        let name = self.gpu.capability.value().map(|capability| format!("sm_{}", capability.number()));
        let title = format!("{} supported", name.as_deref().unwrap_or("Architecture"));
        let line = |answer| Line::new(LineKey::ArchSupported, title.clone(), answer);
        let on_gpu = match torch_on_gpu(&self.context) {
            Ok(on_gpu) => on_gpu,
            Err(Outcome::Needs(needs)) => {
                return line(LineAnswer::Unknown).why(format!("it depends on {}", needs.join("; ")));
            }
            Err(_) => {
                let torch = self.context.package("torch");
                let why = torch.map_or("torch is not installed", |_| "this build contains no GPU code");
                return line(LineAnswer::No).why(why).via(torch.and_then(|torch| torch.build.via()));
            }
        };
        let no = |rule: &str, why: String| {
            let line = line(LineAnswer::No).why(why).via(Some(on_gpu.via));
            self.found(rule).map_or(line.clone(), |finding| line.by(finding))
        };
        match on_gpu.reach {
            Reach::Native(code) | Reach::Compiled(code) => {
                let yes = line(LineAnswer::Yes).via(Some(on_gpu.via));
                match code.kind {
                    CodeKind::Ptx => yes.value(format!("ptx {code}")).why("the driver compiles it on first use"),
                    _ => yes.value(format!("sass {code}")),
                }
            }
            Reach::IsaTooNew(isa) => no("driver-too-old-for-ptx", format!("its PTX {isa} is too new for the driver")),
            Reach::ZstdTooNew => no("driver-too-old-for-zstd", "the driver cannot decompress its code".to_owned()),
            Reach::Partial(..) | Reach::Nothing => {
                let newer = on_gpu.gpu_is_newer(&self.context);
                let rule = if newer { "gpu-too-new-for-wheel" } else { "gpu-too-old-for-wheel" };
                no(rule, format!("it {}", on_gpu.lack()))
            }
        }
    }

    /// Whether BF16 is computed, not emulated: `torch.cuda.is_bf16_supported()` says True for emulation too, and for a GPU that the
    /// build has no code for.
    fn bf16(&self, available: &Line, arch: &Line) -> Line {
        let line = |answer| Line::new(LineKey::Bf16, "BF16", answer);
        let Some(capability) = self.gpu.capability.value() else {
            return line(LineAnswer::Unknown).why("the compute capability is unknown");
        };
        for needed in [available, arch] {
            if needed.answer == LineAnswer::No {
                let what =
                    if needed.key == LineKey::CudaAvailable { "CUDA is not available" } else { "no code for this GPU" };
                return Line { rule: needed.rule, ..line(LineAnswer::No).why(what).via(self.gpu.capability.via()) };
            }
        }
        if *capability < FIRST_BF16 {
            let why = format!(
                "compute capability {capability} emulates it, slowly ({FIRST_BF16} and later have it in hardware)"
            );
            return line(LineAnswer::No).value("emulated").why(why).via(self.gpu.capability.via());
        }
        match [available, arch].into_iter().find(|needed| needed.answer == LineAnswer::Unknown) {
            Some(needed) => line(LineAnswer::Unknown).why(needed.why.clone().unwrap_or_default()),
            None => line(LineAnswer::Yes).via(self.gpu.capability.via()),
        }
    }
}
