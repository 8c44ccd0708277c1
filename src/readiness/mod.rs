//! The eight lines with which people check an installation by hand (`torch.cuda.is_available()` and its like), answered from facts and
//! from what the rules found, without starting Python.
//!
//! One set of lines for each judged environment with torch (or bitsandbytes) on each GPU that counts. They conclude nothing new: a `no`
//! names the rule that says so where there is one.

mod four_bit;
mod lines;

use serde::Serialize;

use crate::{
    facts::{Facts, How, Source},
    finding::Finding,
    knowledge::Knowledge,
    rules::{Context, Judged},
};

/// The eight lines of one environment on one GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Readiness {
    /// Id of the environment.
    pub environment: String,
    /// Id of the GPU.
    pub gpu: String,
    /// The lines, always these eight in the order of their keys.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Line {
    /// Which of the eight.
    pub key: LineKey,
    /// As people write it: `sm_120 supported`.
    pub label: String,
    /// The answer.
    pub answer: LineAnswer,
    /// What was found: a version, a name, `sass sm_120`.
    pub value: Option<String>,
    /// Why it is so, as a lower-case fragment; always there for a `no` and an `unknown`.
    pub why: Option<String>,
    /// The rule whose finding says so.
    pub rule: Option<&'static str>,
    /// What kind of source the answer rests on.
    pub basis: LineBasis,
    /// The source itself: file, call, option or knowledge row.
    pub source: Option<String>,
}

/// The eight lines. Reports write them as `pytorch`, `cuda-available`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LineKey {
    /// Which torch is installed, and whether it can be imported.
    Pytorch,
    /// Whether torch reaches a GPU.
    CudaAvailable,
    /// The CUDA release that torch was built with.
    CudaVersion,
    /// Which GPU it is.
    Gpu,
    /// Its compute capability.
    Capability,
    /// Whether torch has code for it.
    ArchSupported,
    /// Whether it computes in bfloat16.
    Bf16,
    /// Whether bitsandbytes quantises to four bits on it.
    FourBit,
}

/// A three-valued answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LineAnswer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Something that decides it could not be checked.
    Unknown,
}

/// Kinds of source, by how far they can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LineBasis {
    /// Device code that was read from the library itself.
    Binary,
    /// A file of the environment, or an answer of the driver or the kernel.
    Observed,
    /// A row of the knowledge base.
    Knowledge,
    /// An option of the command line.
    Assumed,
    /// Nothing: it is not known.
    None,
}

impl From<How> for LineBasis {
    fn from(how: How) -> Self {
        match how {
            How::Binary | How::Index => Self::Binary,
            How::Knowledge => Self::Knowledge,
            How::Option | How::Plan => Self::Assumed,
            How::Variable | How::File | How::Nvml | How::Cuda | How::Pci | How::Log | How::Resolver => Self::Observed,
        }
    }
}

impl Line {
    fn new(key: LineKey, label: impl Into<String>, answer: LineAnswer) -> Self {
        let label = label.into();
        Self { key, label, answer, value: None, why: None, rule: None, basis: LineBasis::None, source: None }
    }

    fn value(mut self, value: impl ToString) -> Self {
        self.value = Some(value.to_string());
        self
    }

    fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    fn by(mut self, finding: &Finding) -> Self {
        self.rule = Some(finding.rule);
        self
    }

    fn via(mut self, via: Option<&Source>) -> Self {
        self.basis = via.map_or(LineBasis::None, |via| via.how.into());
        self.source = via.map(ToString::to_string);
        self
    }
}

/// The lines for facts that have been enriched and judged. `findings` are the resolved ones.
pub fn readiness(facts: &Facts, knowledge: &Knowledge, judged: Judged, findings: &[Finding]) -> Vec<Readiness> {
    let mut all = Vec::new();
    for (index, environment) in facts.environments.iter().enumerate() {
        if judged == Judged::Selected && !environment.selected {
            continue;
        }
        // Without either package these answers do not matter.
        if environment.package("torch").is_none() && environment.package("bitsandbytes").is_none() {
            continue;
        }
        let gpus = facts.gpus.value().into_iter().flatten().enumerate();
        for (number, gpu) in gpus.filter(|(_, gpu)| gpu.named || gpu.visible.value() != Some(&false)) {
            let context = Context {
                environment: Some((index, environment)),
                gpu: Some((number, gpu)),
                ..Context::new(facts, knowledge)
            };
            let subject = lines::Subject { context, environment, gpu, findings };
            all.push(Readiness { environment: environment.id.clone(), gpu: gpu.id.clone(), lines: subject.lines() });
        }
    }
    all
}
