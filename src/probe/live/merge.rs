//! Puts what the driver's libraries said into the facts: driver, GPUs, and the two attempts themselves.

use super::{LiveFacts, Message, unite};
use crate::facts::{ContactOutcome, CudaVersion, Driver, DriverVersion, Fact, Facts, How, LibraryKind, Os, Source};

/// Adds the answers to what the files told. UUIDs are dropped unless `identify` asks for them.
pub fn merge(facts: &mut Facts, live: LiveFacts, identify: bool) {
    let nvml = live.nvml_message.as_ref();
    let cuda = live.cuda_message.as_ref();
    let windows = facts.host.platform.value().is_some_and(|platform| platform.os == Os::Windows);
    driver(&mut facts.driver, windows, nvml, cuda);
    let ready = |message: &Option<Message>| match message {
        Some(message) if message.answer == ContactOutcome::Ready => Some(message.devices.clone()),
        _ => None,
    };
    let lists = unite::Lists {
        nvml: ready(&live.nvml_message),
        cuda: ready(&live.cuda_message),
        container: facts.host.container.value().is_some(),
    };
    unite::unite(&mut facts.gpus, &lists, identify);
    facts.nvml = live.nvml;
    facts.cuda = live.cuda;
}

/// On Windows there are no files of a kernel that tell it: the libraries, which every driver installs, are all there is to ask.
fn driver(driver: &mut Fact<Driver>, windows: bool, nvml: Option<&Message>, cuda: Option<&Message>) {
    let newest = newest_cuda(nvml, cuda);
    let said = nvml.and_then(|message| message.driver.as_deref()?.parse::<DriverVersion>().ok());
    if let Some(version) = said {
        let via = Source::new(How::Nvml, "nvmlSystemGetDriverVersion");
        *driver = Fact::known(Driver { version, cuda: newest }, via);
    } else if let Some(driver) = driver.value_mut() {
        driver.cuda = newest;
    } else if let Some(version) = cuda.and_then(of_file) {
        let via =
            Source::new(How::Cuda, "the file name of the CUDA driver library, which works with the kernel module");
        *driver = Fact::known(Driver { version, cuda: newest }, via);
    } else if windows
        && [nvml, cuda].iter().all(|said| said.is_some_and(|said| said.answer == ContactOutcome::NoLibrary))
    {
        *driver = Fact::absent(Source::new(How::Nvml, "neither nvml.dll nor nvcuda.dll was found"));
    } else if windows {
        *driver = Fact::unknown("neither NVML nor CUDA reports it; set it with --driver");
    } else if driver.is_unknown() {
        *driver = Fact::unknown("neither the kernel's files nor NVML nor CUDA report it; set it with --driver");
    }
}

/// What programs get counts: the CUDA library that the loader takes, which a compatibility package may have brought.
fn newest_cuda(nvml: Option<&Message>, cuda: Option<&Message>) -> Fact<CudaVersion> {
    if let Some(version) = cuda.and_then(|message| message.cuda) {
        return Fact::known(version, Source::new(How::Cuda, "cuDriverGetVersion"));
    }
    match nvml.and_then(|message| message.cuda) {
        Some(version) => Fact::known(version, Source::new(How::Nvml, "nvmlSystemGetCudaDriverVersion")),
        None => Fact::unknown("neither CUDA nor NVML reports it"),
    }
}

/// A library of the driver itself that works has the driver's own version: the kernel's part refuses any other.
fn of_file(message: &Message) -> Option<DriverVersion> {
    let file = message.library.as_ref().filter(|file| file.kind == LibraryKind::Driver)?;
    let works = message.answer == ContactOutcome::Ready;
    file.version.value().filter(|_| works).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{DriverLibrary, Trouble};

    fn kernel(version: &str) -> Fact<Driver> {
        let driver = Driver { version: version.parse().unwrap(), cuda: Fact::unknown("x") };
        Fact::known(driver, Source::file("/proc/driver/nvidia/version"))
    }

    fn message(driver: Option<&str>, cuda: Option<(u16, u16)>) -> Message {
        let mut message = Message::new(None, ContactOutcome::Ready);
        message.driver = driver.map(ToOwned::to_owned);
        message.cuda = cuda.map(|(major, minor)| CudaVersion::new(major, minor));
        message
    }

    fn after(mut fact: Fact<Driver>, nvml: Option<&Message>, cuda: Option<&Message>) -> (Option<String>, String) {
        driver(&mut fact, false, nvml, cuda);
        let via = fact.via().map(ToString::to_string).unwrap_or_default();
        let shown = fact.value().map(|driver| {
            let cuda = driver.cuda.value().map_or("?".to_owned(), ToString::to_string);
            format!("{} {cuda}", driver.version)
        });
        (shown, via)
    }

    #[test]
    fn nvml_tells_the_version_and_cuda_its_own() {
        let (nvml, cuda) = (message(Some("580.95.05"), Some((13, 0))), message(None, Some((13, 1))));
        let (shown, via) = after(Fact::unknown("x"), Some(&nvml), Some(&cuda));
        assert_eq!((shown.as_deref(), via.as_str()), (Some("580.95.05 13.1"), "nvmlSystemGetDriverVersion"));
        assert_eq!(after(Fact::unknown("x"), Some(&nvml), None).0.as_deref(), Some("580.95.05 13.0"));
    }

    #[test]
    fn without_nvml_the_kernels_version_stays() {
        let cuda = message(None, Some((12, 8)));
        let (shown, via) = after(kernel("570.86.10"), None, Some(&cuda));
        assert_eq!((shown.as_deref(), via.as_str()), (Some("570.86.10 12.8"), "/proc/driver/nvidia/version"));
        let failed = message(Some("nonsense"), None);
        assert_eq!(after(kernel("570.86.10"), Some(&failed), None).0.as_deref(), Some("570.86.10 ?"));
    }

    #[test]
    fn a_working_library_of_the_driver_tells_it_too_and_a_compat_one_does_not() {
        let mut cuda = message(None, Some((12, 8)));
        let version = Fact::known("570.86.10".parse().unwrap(), Source::file("x"));
        let file = |kind| Some(DriverLibrary { path: "x".to_owned(), version: Fact::clone(&version), kind });
        cuda.library = file(LibraryKind::Driver);
        assert_eq!(after(Fact::unknown("x"), None, Some(&cuda)).0.as_deref(), Some("570.86.10 12.8"));
        cuda.library = file(LibraryKind::Compat);
        assert_eq!(after(Fact::unknown("x"), None, Some(&cuda)).0, None);
        cuda.library = file(LibraryKind::Driver);
        cuda.answer = ContactOutcome::Failed { call: "cuInit".to_owned(), code: 803, name: None };
        assert_eq!(after(Fact::unknown("x"), None, Some(&cuda)).0, None);
    }

    #[test]
    fn absent_stays_absent_and_unknown_says_that_they_were_asked() {
        let nobody = Message::new(None, ContactOutcome::NoLibrary);
        let mut fact = Fact::absent(Source::file("/proc/modules"));
        driver(&mut fact, false, Some(&nobody), Some(&nobody));
        assert!(fact.is_absent());
        let mut fact = Fact::unknown("x");
        driver(&mut fact, false, Some(&nobody), None);
        assert!(matches!(&fact, Fact::Unknown { why } if why.contains("NVML nor CUDA")));
    }

    #[test]
    fn on_windows_the_libraries_decide() {
        let (nobody, ready) = (Message::new(None, ContactOutcome::NoLibrary), message(None, None));
        let after = |nvml, cuda| {
            let mut fact = Fact::unknown("x");
            driver(&mut fact, true, nvml, cuda);
            fact
        };
        assert!(after(Some(&nobody), Some(&nobody)).is_absent());
        for (nvml, cuda) in [(Some(&nobody), Some(&ready)), (Some(&nobody), None), (None, None)] {
            let fact = after(nvml, cuda);
            assert!(matches!(&fact, Fact::Unknown { why } if !why.contains("kernel")), "{fact:?}");
        }
        assert!(after(Some(&message(Some("581.57"), None)), Some(&nobody)).value().is_some());
    }

    #[test]
    fn everything_reaches_the_facts() {
        let root = tempfile::tempdir().unwrap();
        let options = crate::probe::Options { root: Some(root.path().to_owned()), ..Default::default() };
        let mut facts = crate::probe::facts(&options, &crate::system::Surroundings::default()).unwrap();
        let mut nvml = message(Some("580.95.05"), None);
        let trouble = Trouble { call: "nvmlDeviceGetHandleByIndex".to_owned(), code: 15, name: None };
        nvml.devices.push(super::super::Device { trouble: Some(trouble), ..Default::default() });
        let contact = crate::facts::Contact {
            library: Fact::unknown("x"),
            answer: ContactOutcome::Ready,
            plain_name: Fact::default(),
            aftermath: Default::default(),
        };
        let live = LiveFacts {
            nvml: Fact::known(contact, Source::new(How::Nvml, "x")),
            cuda: Fact::unknown("x"),
            nvml_message: Some(nvml),
            cuda_message: None,
        };
        merge(&mut facts, live, false);
        assert!(facts.nvml.value().is_some_and(crate::facts::Contact::is_ready));
        assert_eq!(facts.driver.value().unwrap().version.branch(), 580);
        assert_eq!(facts.gpus.value().unwrap()[0].trouble.value().unwrap().code, 15);
    }
}
