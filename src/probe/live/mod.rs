//! Asks the driver itself, through its two libraries, each in a child process of its own: calls into a broken driver hang and
//! crash in exactly those situations that a doctor is called for.

mod codes;
pub(super) mod contain;
mod cuda;
mod merge;
pub(super) mod message;
mod nvml;
mod unite;
mod watch;

use std::{
    io::{self, IsTerminal, Write},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use clap::ValueEnum;

pub use merge::merge;
pub use message::{Device, Message};

use crate::{
    facts::{Aftermath, Contact, ContactOutcome, Fact, How, Source},
    json,
    system::{Root, redact},
};
use contain::{LONGEST, Limits, Running};

/// The hidden subcommand that the children run.
pub const COMMAND: &str = "__probe";
/// After this time without an answer a person is told what is being waited for.
const QUIET: Duration = Duration::from_secs(1);

/// How long a process may take to end when it has answered: the driver may have much to put away.
const ENDING: Duration = Duration::from_secs(2);
/// Memory that a process really has after cuInit on a machine of eight GPUs: some hundred megabytes.
const MEMORY: u64 = 4 << 30;

/// A library that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DriverApi {
    /// The NVIDIA management library.
    Nvml,
    /// The CUDA driver API.
    Cuda,
}

impl DriverApi {
    /// Asks it, in this process. What goes wrong is in the message; but the library may also end the process.
    pub fn ask(self) -> Message {
        match self {
            Self::Nvml => nvml::ask(),
            Self::Cuda => cuda::ask(),
        }
    }

    /// As the subcommand's argument.
    const fn name(self) -> &'static str {
        match self {
            Self::Nvml => "nvml",
            Self::Cuda => "cuda",
        }
    }

    fn source(self) -> Source {
        match self {
            Self::Nvml => Source::new(How::Nvml, "the loader's choice of the management library"),
            Self::Cuda => Source::new(How::Cuda, "the loader's choice of the CUDA driver library"),
        }
    }
}

/// Two children that are asking.
pub struct Live {
    nvml: io::Result<Running>,
    cuda: io::Result<Running>,
    started: Instant,
}

/// What asking led to.
#[derive(Debug, Clone)]
pub struct LiveFacts {
    /// The attempt with NVML; unknown when no child could be started.
    pub nvml: Fact<Contact>,
    /// The attempt with CUDA; unknown when no child could be started.
    pub cuda: Fact<Contact>,
    /// What NVML said, when it said something.
    pub nvml_message: Option<Message>,
    /// What CUDA said, when it said something.
    pub cuda_message: Option<Message>,
}

impl Live {
    /// Starts both; each has until `timeout` to answer.
    pub fn start(timeout: Duration) -> Self {
        let program = std::env::current_exe();
        let start = |library: DriverApi| match &program {
            Ok(program) => {
                let limits = Limits { answer: timeout, ending: ENDING, memory: MEMORY, output: LONGEST };
                let is_last = |line: &[u8]| json::read::<Message>(line).is_ok();
                Running::start(Command::new(program).args([COMMAND, library.name()]), limits, is_last)
            }
            Err(error) => Err(io::Error::new(error.kind(), "gpucheck cannot find its own executable")),
        };
        Self { nvml: start(DriverApi::Nvml), cuda: start(DriverApi::Cuda), started: Instant::now() }
    }

    /// Waits for both, until the time that each was given and never longer than a moment more.
    pub fn finish(mut self, root: &Root) -> LiveFacts {
        let soon = self.started + QUIET;
        let quick = [&mut self.nvml, &mut self.cuda].into_iter().flatten().all(|running| running.listen(soon));
        if !quick && io::stderr().is_terminal() {
            // Nothing can be done when that fails.
            let _ = writeln!(io::stderr().lock(), "gpucheck: asking the NVIDIA driver …");
        }
        let (nvml, nvml_message) = outcome(DriverApi::Nvml, &mut self.nvml, root);
        let (cuda, cuda_message) = outcome(DriverApi::Cuda, &mut self.cuda, root);
        LiveFacts { nvml, cuda, nvml_message, cuda_message }
    }
}

/// Linux numbers at most so many devices of the driver (`/dev/nvidia0` to 254).
const MOST_DEVICES: usize = 255;

fn outcome(library: DriverApi, running: &mut io::Result<Running>, root: &Root) -> (Fact<Contact>, Option<Message>) {
    let running = match running {
        Ok(running) => running,
        Err(error) => return (Fact::unknown(format!("the probe process could not be started: {error}")), None),
    };
    let (answer, aftermath) = running.finish::<Message>();
    let (contact, message) = match answer {
        Ok(message) if message.devices.len() > MOST_DEVICES => {
            let what = format!("{} devices, more than any machine has", message.devices.len());
            let library = Fact::unknown("its answer is implausible");
            let plain_name = Fact::unknown("its answer is implausible");
            (Contact { library, answer: ContactOutcome::Garbled { what }, plain_name, aftermath }, None)
        }
        Ok(message) => (Contact { aftermath, ..contact(library, &message, root) }, Some(message)),
        Err(answer) => {
            let library = Fact::unknown("the probe process did not report which file was loaded");
            let plain_name = Fact::unknown("the library did not respond");
            (Contact { library, answer, plain_name, aftermath }, None)
        }
    };
    (Fact::known(contact, library.source()), message)
}

/// The attempt as the message tells it, with the home folder left out.
fn contact(library: DriverApi, message: &Message, root: &Root) -> Contact {
    let file = match (&message.library, &message.answer) {
        (Some(file), _) => {
            let mut file = file.clone();
            file.path = root.shown(Path::new(&file.path));
            Fact::known(file, library.source())
        }
        (None, ContactOutcome::NoLibrary) => Fact::absent(library.source()),
        (None, ContactOutcome::Unloadable { .. }) => Fact::unknown("the loader could not load it"),
        (None, _) => Fact::unknown("the system does not report which file was loaded"),
    };
    let mut answer = message.answer.clone();
    if let ContactOutcome::Unloadable { why } = &mut answer {
        *why = redact::variable("", why, root.homes());
    }
    let plain_name = match message.plain_name {
        Some(found) => Fact::known(found, library.source()),
        None => Fact::unknown("only checked in WSL"),
    };
    Contact { library: file, answer, plain_name, aftermath: Aftermath::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{DriverLibrary, LibraryKind};

    #[test]
    fn the_home_folder_stays_private() {
        let home = tempfile::tempdir().unwrap();
        let root = Root::new(None, Some(home.path())).unwrap();
        let place = home.path().join("compat/libcuda.so.1").display().to_string();
        let file = DriverLibrary { path: place.clone(), version: Fact::unknown("x"), kind: LibraryKind::Compat };
        let why = format!("{place}: file too short");
        let contact = contact(DriverApi::Cuda, &Message::new(Some(file), ContactOutcome::Unloadable { why }), &root);
        assert_eq!(contact.library.value().unwrap().path, "~/compat/libcuda.so.1");
        assert_eq!(
            contact.answer,
            ContactOutcome::Unloadable { why: "~/compat/libcuda.so.1: file too short".to_owned() }
        );
    }

    #[test]
    fn no_library_is_no_unknown_library() {
        let root = Root::new(None, None).unwrap();
        let of = |answer| contact(DriverApi::Nvml, &Message::new(None, answer), &root).library;
        assert!(of(ContactOutcome::NoLibrary).is_absent());
        assert!(
            of(ContactOutcome::Unloadable { why: "x".to_owned() }).is_unknown()
                && of(ContactOutcome::Ready).is_unknown()
        );
    }
}
