//! A target is one machine: `V100,driver=580.95.05,os=linux,python=3.11`, or a table `[[tool.gpucheck.target]]` of a file. Several cards
//! in it are those of this one machine; several targets are judged each alone.

use std::{fmt, str::FromStr};

use gpucheck_ground::Order as _;
use gpucheck_model::knowledge::Problem;

use super::{
    assume::{Assumed, By, System},
    project_file::{OneOrMore, ProjectFile, Table},
};
use crate::{
    facts::{Os, Platform, ShellKind},
    knowledge::{GpuLookupError, Knowledge, nearest},
};

/// What stands for the machine that gpucheck runs on.
const HERE: &str = "here";

/// The keys of a target.
const KEYS: [&str; 6] = ["gpu", "driver", "os", "platform", "python", "shell"];

/// One machine to judge for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// How reports name it.
    pub name: String,
    /// What is assumed of it.
    pub assumed: Assumed,
}

/// Why a text describes no machine. Each names the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineError {
    /// No GPU is named.
    NoGpu {
        /// What was read.
        text: String,
    },
    /// A key that there is not.
    UnknownKey {
        /// What was read.
        text: String,
        /// The key.
        key: String,
        /// The keys that are like it.
        nearest: Vec<String>,
    },
    /// A key that is given twice.
    Twice {
        /// What was read.
        text: String,
        /// The key.
        key: &'static str,
    },
    /// A value that the key does not take.
    Value {
        /// What was read.
        text: String,
        /// The key.
        key: &'static str,
        /// What is wrong with the value.
        why: String,
    },
    /// An operating system and a platform that exclude each other.
    Clash {
        /// What was read.
        text: String,
        /// The platform.
        platform: Platform,
    },
    /// A GPU that is not known, or is several.
    Gpu {
        /// What was read.
        text: String,
        /// Why.
        why: GpuLookupError,
    },
}

impl fmt::Display for MachineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGpu { text } => {
                write!(
                    f,
                    "target '{text}' names no GPU (expected such as 'V100,driver=580.95.05,os=linux,python=3.11')"
                )
            }
            Self::UnknownKey { text, key, nearest } => {
                write!(f, "target '{text}': unknown key '{key}'")?;
                match nearest.as_slice() {
                    [] => write!(f, "; the keys are {}", KEYS.join(", ")),
                    nearest => write!(f, "; did you mean {}?", nearest.join(" or ")),
                }
            }
            Self::Twice { text, key } => write!(f, "target '{text}': '{key}' is given twice"),
            Self::Value { text, key, why } => write!(f, "target '{text}': {key}: {why}"),
            Self::Clash { text, platform } => {
                write!(f, "target '{text}': platform={platform} belongs to another operating system than os=")
            }
            Self::Gpu { text, .. } => write!(f, "target '{text}'"),
        }
    }
}

impl std::error::Error for MachineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Gpu { why, .. } => Some(why),
            _ => None,
        }
    }
}

impl Machine {
    /// Reads `V100,T4,driver=580.95.05,os=linux,platform=linux-aarch64,python=3.11,shell=sh`; `here` is this machine.
    ///
    /// # Errors
    /// A text without a GPU, a key or a value that there is not, a GPU that no product is.
    pub fn parse(text: &str, knowledge: &Knowledge) -> Result<Self, MachineError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let pairs = parts.map(|part| match part.split_once('=') {
            Some((key, value)) => (key.trim(), value.trim()),
            None => ("gpu", part),
        });
        Self::of_pairs(text.trim(), pairs, By::Target, knowledge)
    }

    /// The machines that a file names: pyproject.toml in `[[tool.gpucheck.target]]`, gpucheck.toml in `[[target]]`.
    ///
    /// # Errors
    /// A file that is no TOML, and what [`Machine::parse`] refuses.
    pub fn of_file(name: &str, text: &str, knowledge: &Knowledge) -> Result<Vec<Self>, FileError> {
        let tables = ProjectFile::read(name, text).map_err(FileError::Toml)?.target;
        let machine = |table: Table| {
            let values = |value: &OneOrMore| match value {
                OneOrMore::One(one) => vec![one.clone()],
                OneOrMore::More(more) => more.clone(),
            };
            let mut pairs: Vec<(String, String)> =
                table.iter().flat_map(|(key, value)| values(value).into_iter().map(|one| (key.clone(), one))).collect();
            // A table is sorted by key, and a machine is called by its GPUs.
            pairs.order_by_key(|(key, _)| key != "gpu");
            let shown: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.trim()));
            Self::of_pairs(&shown.join(","), pairs, By::File(name.to_owned()), knowledge)
        };
        tables.into_iter().map(|table| machine(table).map_err(FileError::Machine)).collect()
    }

    fn of_pairs<'p>(
        text: &str,
        pairs: impl Iterator<Item = (&'p str, &'p str)>,
        by: By,
        knowledge: &Knowledge,
    ) -> Result<Self, MachineError> {
        let mut assumed = Assumed { by, ..Assumed::default() };
        let mut here = false;
        for (key, value) in pairs {
            let reader = Reader { text, value };
            match key {
                "gpu" if value.eq_ignore_ascii_case(HERE) => here = true,
                "gpu" => {
                    let found = knowledge.find_gpu(value);
                    found.map_err(|why| MachineError::Gpu { text: text.to_owned(), why })?;
                    assumed.gpus.push(value.to_owned());
                }
                "driver" => reader.once("driver", &mut assumed.driver, parsed)?,
                "os" => reader.once("os", &mut assumed.system, parsed)?,
                "platform" => reader.once("platform", &mut assumed.platform, platform)?,
                "python" => reader.once("python", &mut assumed.python, parsed)?,
                "shell" => reader.once("shell", &mut assumed.shell, shell)?,
                _ => {
                    let nearest = nearest(key, KEYS);
                    return Err(MachineError::UnknownKey { text: text.to_owned(), key: key.to_owned(), nearest });
                }
            }
        }
        if let (Some(system), Some(platform)) = (assumed.system, assumed.platform)
            && (system == System::Windows) != (platform.os == Os::Windows)
        {
            return Err(MachineError::Clash { text: text.to_owned(), platform });
        }
        if assumed.gpus.is_empty() && !here {
            return Err(MachineError::NoGpu { text: text.to_owned() });
        }
        let name = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let name = name.map(|part| part.strip_prefix("gpu=").unwrap_or(part));
        let name = match here && assumed.gpus.is_empty() {
            true => "this machine".to_owned(),
            false => name.collect::<Vec<_>>().join(", "),
        };
        Ok(Self { name, assumed })
    }

    /// The one machine that options describe; without any, this machine.
    pub fn of(assumed: Assumed) -> Self {
        let gpus = assumed.gpus.iter().map(|gpu| gpu.trim().to_owned());
        let driver = assumed.driver.iter().map(|driver| format!("driver={driver}"));
        let system = assumed.system.iter().map(|system| format!("os={system}"));
        let platform = assumed.platform.iter().map(|platform| format!("platform={platform}"));
        let python = assumed.python.iter().map(|python| format!("python={python}"));
        let name = gpus.chain(driver).chain(system).chain(platform).chain(python).collect::<Vec<_>>().join(", ");
        let name = if assumed.gpus.is_empty() { "this machine".to_owned() } else { name };
        Self { name, assumed }
    }

    /// Takes what it does not say itself from what is assumed of all machines.
    pub fn or(mut self, others: &Assumed) -> Self {
        let own = &mut self.assumed;
        own.driver = own.driver.take().or_else(|| others.driver.clone());
        let placed = own.system.is_some() || own.platform.is_some();
        own.system = own.system.or(others.system.filter(|_| !placed));
        own.platform = own.platform.or(others.platform.filter(|_| !placed));
        own.python = own.python.or(others.python);
        own.shell = own.shell.or(others.shell);
        self
    }
}

/// A value of a target, and the target that it is in.
struct Reader<'t> {
    text: &'t str,
    value: &'t str,
}

impl Reader<'_> {
    fn once<T>(
        &self,
        key: &'static str,
        place: &mut Option<T>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<(), MachineError> {
        let text = || self.text.to_owned();
        if place.is_some() {
            return Err(MachineError::Twice { text: text(), key });
        }
        *place = Some(read(self.value).map_err(|why| MachineError::Value { text: text(), key, why })?);
        Ok(())
    }
}

fn parsed<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A platform that the driver exists for.
fn platform(text: &str) -> Result<Platform, String> {
    let platform: Platform = parsed(text)?;
    match platform.os {
        Os::Linux | Os::Windows => Ok(platform),
        Os::Macos => Err(format!("CUDA does not exist for {platform}")),
    }
}

fn shell(text: &str) -> Result<ShellKind, String> {
    match text.to_ascii_lowercase().as_str() {
        "sh" => Ok(ShellKind::Sh),
        "powershell" => Ok(ShellKind::PowerShell),
        "cmd" => Ok(ShellKind::Cmd),
        _ => Err(format!("'{text}' is not one of sh, powershell and cmd")),
    }
}

/// A file that names no machines as it should.
#[derive(Debug)]
pub enum FileError {
    /// It is no TOML, or holds something else.
    Toml(Problem),
    /// A table in it describes no machine.
    Machine(MachineError),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(problem) => write!(f, "{problem}"),
            Self::Machine(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Toml(_) => None,
            Self::Machine(error) => error.source(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Machine, MachineError> {
        Machine::parse(text, &Knowledge::builtin().unwrap())
    }

    #[test]
    fn a_target_is_one_machine_with_its_cards() {
        let machine = parse("V100, T4,driver=580.95.05,os=linux,platform=linux-x86_64, python=3.11,shell=sh").unwrap();
        assert_eq!(machine.assumed.gpus, ["V100", "T4"]);
        assert_eq!(machine.assumed.driver.map(|driver| driver.to_string()).as_deref(), Some("580.95.05"));
        assert_eq!(machine.assumed.system, Some(System::Linux));
        assert_eq!(machine.assumed.platform.map(|platform| platform.to_string()).as_deref(), Some("linux-x86_64"));
        assert_eq!(machine.assumed.python.map(|python| python.to_string()).as_deref(), Some("3.11"));
        assert_eq!(machine.assumed.shell, Some(ShellKind::Sh));
        assert_eq!(machine.name, "V100, T4, driver=580.95.05, os=linux, platform=linux-x86_64, python=3.11, shell=sh");
        assert_eq!(parse("gpu=sm_120,os=wsl").unwrap().name, "sm_120, os=wsl");
        assert_eq!(parse("here").unwrap().name, "this machine");
    }

    #[test]
    fn what_is_wrong_with_a_target_is_said() {
        for (text, said) in [
            ("", "names no GPU"),
            ("driver=580.95.05", "names no GPU"),
            ("V100,drver=580.95.05", "did you mean driver?"),
            ("V100,memory=16", "the keys are gpu, driver, os, platform, python, shell"),
            ("V100,driver=new", "driver: "),
            ("V100,driver=580.1,driver=570.1", "'driver' is given twice"),
            ("V100,os=macos", "os: 'macos' is not one of linux, windows and wsl"),
            ("V100,platform=arm", "is not a platform such as"),
            ("V100,platform=macos-aarch64", "CUDA does not exist for macos-aarch64"),
            ("V100,os=windows,platform=linux-x86_64", "another operating system"),
            ("V100,python=three", "python: "),
            ("V100,shell=fish", "is not one of sh, powershell and cmd"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(text), "{text}: {error}");
        }
        let error = parse("V1000").unwrap_err();
        assert!(matches!(&error, MachineError::Gpu { why: GpuLookupError::NotFound { .. }, .. }), "{error}");
    }

    #[test]
    fn a_file_names_its_machines_in_tables() {
        let knowledge = Knowledge::builtin().unwrap();
        let text = "[project]\nname = \"a\"\n[[tool.gpucheck.target]]\ngpu = [\"V100\", \"T4\"]\ndriver = \"580.95.05\"\n\
                    [[tool.gpucheck.target]]\ngpu = \"5090\"\nos = \"windows\"\n";
        let machines = Machine::of_file("pyproject.toml", text, &knowledge).unwrap();
        let names: Vec<&str> = machines.iter().map(|machine| machine.name.as_str()).collect();
        assert_eq!(names, ["V100, T4, driver=580.95.05", "5090, os=windows"]);
        assert!(Machine::of_file("pyproject.toml", "[project]\nname = \"a\"\n", &knowledge).unwrap().is_empty());
        let own = "[[target]]\ngpu = \"A100\"\n";
        assert_eq!(Machine::of_file("gpucheck.toml", own, &knowledge).unwrap().len(), 1);
        for (text, said) in [
            ("[[tool.gpucheck.target]]\ngpu = \"V100\"\npython = 3.10\n", "a text in quotes"),
            ("[[tool.gpucheck.target]]\nos = \"linux\"\n", "names no GPU"),
            ("[[tool.gpucheck.target]\n", "pyproject.toml"),
        ] {
            let error = Machine::of_file("pyproject.toml", text, &knowledge).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn what_a_target_does_not_say_is_what_all_machines_have() {
        let others = Assumed { driver: "570.1".parse().ok(), system: Some(System::Windows), ..Assumed::default() };
        let machine = parse("V100,driver=580.95.05").unwrap().or(&others);
        assert_eq!(machine.assumed.driver.map(|driver| driver.to_string()).as_deref(), Some("580.95.05"));
        assert_eq!(machine.assumed.system, Some(System::Windows));
        let arm = parse("GB10,platform=linux-aarch64").unwrap().or(&others);
        assert_eq!(arm.assumed.system, None, "a platform says its system");
    }
}
