//! The eighth line: whether bitsandbytes can quantise to 4 bits on the GPU. It brings a library for each CUDA release and loads the one
//! for torch's, so that a right version beside a wrong torch fails. Which library that is, and what a row knows of one that was not
//! read, is asked of what the rules ask.
//!
//! Source: `bitsandbytes/cextension.py` of 0.48.1 and 0.50.2.

use gpucheck_ground::Order as _;

use super::{Line, LineAnswer, LineKey, lines::Subject};
use crate::{
    compat::Reach,
    facts::{Fact, Os},
    finding::Finding,
    rules::{chosen_cuda, code, driver, label, main_libraries, variants, wanted_cuda},
};

/// Why the line says no although that may be intended.
const NOT_INSTALLED: &str = "bitsandbytes is not installed";

impl<'a> Subject<'a> {
    /// The line. That bitsandbytes is not installed is a `no` without a rule: most environments do not want it.
    pub(super) fn four_bit(&self, available: &Line) -> Line {
        let line = |answer| Line::new(LineKey::FourBit, "4-bit ready", answer);
        let Some(package) = self.context.package("bitsandbytes") else {
            return line(LineAnswer::No).why(NOT_INSTALLED);
        };
        let line = |answer| line(answer).value(label(package)).via(package.version.via());
        if available.answer == LineAnswer::No {
            let cpu = self.cuda().is_none();
            let why = if cpu { "its CPU library is loaded: torch has no CUDA" } else { "CUDA is not available" };
            return Line { rule: available.rule, ..line(LineAnswer::No).why(why) };
        }
        let (Some(wanted), Some(&capability)) = (wanted_cuda(&self.context, package), self.gpu.capability.value())
        else {
            return line(LineAnswer::Unknown).why("the build of torch or the compute capability is unknown");
        };
        let Some(chosen) = chosen_cuda(&self.context, package) else {
            return self.no_library(line, &wanted);
        };
        if let Some(finding) = self.damaged("bitsandbytes") {
            return line(LineAnswer::No).why(finding.summary.trim_end_matches('.')).by(finding);
        }
        let Some(library) = main_libraries(&self.context, package).next() else {
            return line(LineAnswer::Unknown).why("its files could not be inspected");
        };
        let file = library.path.rsplit('/').next().unwrap_or(&library.path);
        let (code, via) = match &library.code {
            Fact::Known { value, via } => (value, via),
            Fact::Absent { via } => {
                return line(LineAnswer::No).why(format!("{file} contains no GPU code")).via(Some(via));
            }
            Fact::Unknown { why } => return line(LineAnswer::Unknown).why(format!("{file}: {why}")),
        };
        let driver = driver(&self.context);
        match code::on_code(&code::Terms::new(self.context.knowledge, &driver, None), code, capability) {
            Reach::Native(_) | Reach::Compiled(_) if available.answer == LineAnswer::Unknown => {
                line(LineAnswer::Unknown).why(available.why.clone().unwrap_or_default())
            }
            Reach::Native(_) | Reach::Compiled(_) => {
                let yes = line(LineAnswer::Yes).via(Some(via));
                if chosen == wanted { yes } else { yes.why(format!("through {file}, the nearest available")) }
            }
            _ => {
                let why = format!("it loads {file}, which has no code for sm_{}", capability.number());
                self.ruled("extension-arch-missing", line(LineAnswer::No).why(why).via(Some(via)))
            }
        }
    }

    /// There is none for this CUDA release.
    fn no_library(&self, line: impl Fn(LineAnswer) -> Line, wanted: &str) -> Line {
        let Some(package) = self.context.package("bitsandbytes") else { return line(LineAnswer::Unknown) };
        let mut there = variants(&self.context, package);
        if there.is_empty() {
            return match package.libraries.is_empty() && self.about("bitsandbytes-binary-missing").is_none() {
                true => line(LineAnswer::Unknown).why("its files could not be inspected"),
                false => {
                    let why = "it has no library for torch's CUDA release";
                    self.ruled("bitsandbytes-binary-missing", line(LineAnswer::No).why(why))
                }
            };
        }
        there.order();
        let windows = self.environment.platform.value().is_some_and(|platform| platform.os == Os::Windows);
        let forced = self.context.variable("BNB_CUDA_VERSION").is_some_and(|text| !text.is_empty());
        let why = format!(
            "{} requires libbitsandbytes_cuda{wanted}.{}, which is not included (available: {})",
            if forced { "BNB_CUDA_VERSION" } else { "torch.version.cuda" },
            if windows { "dll" } else { "so" },
            there.join(" ")
        );
        self.ruled("bitsandbytes-binary-missing", line(LineAnswer::No).why(why))
    }

    /// With the rule whose finding about bitsandbytes says so.
    fn ruled(&self, slug: &str, line: Line) -> Line {
        match self.about(slug) {
            Some(finding) => line.by(finding),
            None => line,
        }
    }

    fn about(&self, slug: &str) -> Option<&'a Finding> {
        self.found(slug)
            .filter(|finding| finding.rule != slug || finding.trace.package.as_deref() == Some("bitsandbytes"))
    }
}
