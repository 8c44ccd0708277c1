//! The eighth line: whether bitsandbytes can quantise to 4 bits on the GPU. It brings a library for each CUDA release and loads the one
//! for torch's, so that a right version beside a wrong torch fails.
//!
//! Source: `bitsandbytes/cextension.py` of 0.48.1 and 0.50.2, and the file lists of the wheels from 0.41.3 to 0.50.2.

use pep440_rs::Version;

use super::{Answer, Line, lines::Subject};
use crate::{
    compat::{self, coverage, reach},
    facts::{ComputeCapability, CudaVersion, Fact, Library, Os, Package},
    rules::{driver, label},
};

/// From this release on another library of the same CUDA major is taken where the exact one is missing.
const TAKES_THE_NEAREST: [u64; 2] = [0, 50];
/// Older releases have a second library for GPUs without int8 tensor cores, which are those below this capability.
const FIRST_IMMA: ComputeCapability = ComputeCapability::new(7, 5);

impl Subject<'_> {
    /// The line. That bitsandbytes is not installed is a `no` without a rule: most environments do not want it.
    pub(super) fn four_bit(&self, available: &Line) -> Line {
        let line = |answer| Line::new("four-bit", "4-bit ready", answer);
        let Some(package) = self.context.package("bitsandbytes") else {
            return line(Answer::No).why(NOT_INSTALLED);
        };
        let line = |answer| line(answer).value(label(package)).via(package.version.via());
        if available.answer == Answer::No {
            let why = if self.cuda().is_none() {
                "its CPU library is loaded: torch has no CUDA"
            } else {
                "CUDA is not available"
            };
            return Line { rule: available.rule, ..line(Answer::No).why(why) };
        }
        let (Some(cuda), Some(&capability)) = (self.cuda(), self.gpu.capability.value()) else {
            return line(Answer::Unknown).why("the build of torch or the compute capability is not known");
        };
        let libraries = Libraries::of(package);
        if libraries.0.is_empty() {
            return match package.libraries.is_empty() {
                true => line(Answer::Unknown).why("its files could not be looked at"),
                false => line(Answer::No).why("it has no CUDA library at all (built from source without CUDA?)"),
            };
        }
        let windows = self.environment.platform.value().is_some_and(|platform| platform.os == Os::Windows);
        let asked = self.context.facts.env_vars.get("BNB_CUDA_VERSION").filter(|text| !text.is_empty());
        let wanted = asked.cloned().unwrap_or_else(|| format!("{}{}", cuda.major, cuda.minor));
        let Some((library, nearest)) = libraries.choose(&wanted, asked.is_some(), package, capability) else {
            let ending = if windows { "dll" } else { "so" };
            let by = if asked.is_some() { "BNB_CUDA_VERSION" } else { "torch.version.cuda" };
            let why = format!(
                "{by} asks for libbitsandbytes_cuda{wanted}.{ending}, which it does not have (it has {})",
                libraries.names()
            );
            return line(Answer::No).why(why);
        };
        let file = library.path.rsplit('/').next().unwrap_or(&library.path);
        let (code, via) = match &library.code {
            Fact::Known { value, via } => (value, via),
            Fact::Absent { via } => return line(Answer::No).why(format!("{file} holds no GPU code")).via(Some(via)),
            Fact::Unknown { why } => return line(Answer::Unknown).why(format!("{file}: {why}")),
        };
        let built_with = number(&wanted).unwrap_or(cuda);
        let counts = coverage(self.context.knowledge, code, capability, Some(built_with), &driver(&self.context));
        let device = format!("sm_{}", capability.number());
        match reach(&counts) {
            compat::Reach::Native(_) | compat::Reach::Compiled(_) if available.answer == Answer::Unknown => {
                line(Answer::Unknown).why(available.why.clone().unwrap_or_default())
            }
            compat::Reach::Native(_) | compat::Reach::Compiled(_) => {
                let yes = line(Answer::Yes).via(Some(via));
                if nearest { yes.why(format!("through {file}, the nearest that it has")) } else { yes }
            }
            _ => line(Answer::No).why(format!("it loads {file}, which has no code for {device}")).via(Some(via)),
        }
    }
}

/// Why the line says no where nobody may want it.
pub const NOT_INSTALLED: &str = "bitsandbytes is not installed";

/// The CUDA libraries of a bitsandbytes, with the digits in their names (`128`).
struct Libraries<'p>(Vec<(&'p str, &'p Library)>);

impl<'p> Libraries<'p> {
    fn of(package: &'p Package) -> Self {
        let digits = |library: &'p Library| {
            let name = library.path.rsplit('/').next()?.strip_prefix("libbitsandbytes_cuda")?;
            name.rsplit_once('.').map(|(digits, _)| digits)
        };
        Self(package.libraries.iter().filter_map(|library| Some((digits(library)?, library))).collect())
    }

    fn named(&self, digits: &str) -> Option<&'p Library> {
        self.0.iter().find(|(name, _)| *name == digits).map(|(_, library)| *library)
    }

    /// The library that is loaded, and whether it is another than the one that was asked for. Where the variable names one, no
    /// other will do.
    fn choose(
        &self,
        wanted: &str,
        forced: bool,
        package: &Package,
        capability: ComputeCapability,
    ) -> Option<(&'p Library, bool)> {
        let old = || self.named(&format!("{wanted}_nocublaslt")).filter(|_| capability < FIRST_IMMA);
        if let Some(exact) = old().or_else(|| self.named(wanted)) {
            return Some((exact, false));
        }
        let version: Version = package.version.value()?.parse().ok()?;
        if forced || version.release() < &TAKES_THE_NEAREST[..] {
            return None;
        }
        let runtime = number(wanted)?;
        let same = || {
            let all = self.0.iter().filter_map(|(digits, library)| Some((number(digits)?, *library)));
            all.filter(|(cuda, _)| cuda.major == runtime.major)
        };
        let lower = same().filter(|(cuda, _)| *cuda < runtime).max_by_key(|(cuda, _)| *cuda);
        lower.or_else(|| same().min_by_key(|(cuda, _)| *cuda)).map(|(_, library)| (library, true))
    }

    fn names(&self) -> String {
        let mut names: Vec<&str> = self.0.iter().map(|(digits, _)| *digits).collect();
        names.sort_unstable();
        names.join(" ")
    }
}

/// `128` is 12.8, `1210` would be 12.10: the major has two digits.
fn number(digits: &str) -> Option<CudaVersion> {
    let (major, minor) = digits.split_at_checked(2)?;
    Some(CudaVersion::new(major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_releases() {
        assert_eq!(number("128"), Some(CudaVersion::new(12, 8)));
        assert_eq!((number("12"), number("x28"), number("118_nocublaslt")), (None, None, None));
    }
}
