//! The NVIDIA driver as the kernel's files tell it. The driver itself is asked elsewhere, in a child process.

use std::path::Path;

use super::root::Root;
use crate::facts::{Driver, DriverVersion, Fact, Host, KernelModule, Os, Source};

const PROC: &str = "/proc/driver/nvidia/version";
const SYS: &str = "/sys/module/nvidia/version";

/// Version and flavour of the loaded kernel module.
pub fn driver(root: &Root, host: &Host) -> Fact<Driver> {
    if host.wsl.value().is_some() {
        return Fact::unknown("WSL uses Windows' driver; give its version with --driver");
    }
    if host.platform.value().is_some_and(|platform| platform.os != Os::Linux) {
        return Fact::unknown(
            "only Linux tells the driver's version in a file, and the driver libraries were not asked",
        );
    }
    let cuda = Fact::unknown("the driver was not asked; its files do not say");
    if let Some((version, module)) = root.read_text(Path::new(PROC), 4096).ok().and_then(|text| of_proc(&text)) {
        let module = match module {
            Some(module) => Fact::known(module, Source::file(PROC)),
            None => Fact::unknown(format!("{PROC} does not name it")),
        };
        return Fact::known(Driver { version, cuda, module }, Source::file(PROC));
    }
    let version = root.read_text(Path::new(SYS), 64).ok().and_then(|text| text.trim().parse().ok());
    if let Some(version) = version {
        let module = Fact::unknown(format!("{PROC} cannot be read"));
        return Fact::known(Driver { version, cuda, module }, Source::file(SYS));
    }
    Fact::unknown("no kernel driver was seen in /proc/driver/nvidia, and the driver libraries were not asked")
}

/// Out of `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr …` or
/// `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build …`.
fn of_proc(text: &str) -> Option<(DriverVersion, Option<KernelModule>)> {
    let line = text.lines().find(|line| line.starts_with("NVRM version:"))?;
    let (kind, rest) = line.split_once("Kernel Module")?;
    let version = rest.split_whitespace().find_map(|word| word.parse().ok())?;
    let module = if kind.trim_end().ends_with("Open") { KernelModule::Open } else { KernelModule::Proprietary };
    Some((version, kind.contains("NVIDIA UNIX").then_some(module)))
}

#[cfg(test)]
mod tests {
    use super::{super::host, *};
    use crate::probe::Surroundings;
    use proptest::prelude::*;
    use std::fs;

    const OPEN: &str = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs-builder@U22)\nGCC version:  gcc 12.3.0\n";
    const CLOSED: &str = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.163.01  Tue Apr  8 12:41:17 UTC 2025\n";

    #[test]
    fn both_modules_are_told_apart() {
        let (version, module) = of_proc(OPEN).unwrap();
        assert_eq!((version.to_string().as_str(), module), ("580.95.05", Some(KernelModule::Open)));
        let (version, module) = of_proc(CLOSED).unwrap();
        assert_eq!((version.to_string().as_str(), module), ("550.163.01", Some(KernelModule::Proprietary)));
        assert_eq!(of_proc("NVRM version: garbage"), None);
    }

    #[test]
    fn files_answer_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let ask = || driver(&root, &host::host(&root, &Surroundings::default()));
        assert!(ask().is_unknown());
        for (path, text) in [("sys/module/nvidia/version", "535.183.01\n"), ("proc/driver/nvidia/version", OPEN)] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let found = ask();
            assert!(text.contains(&found.value().unwrap().version.to_string()));
            assert!(found.value().unwrap().cuda.is_unknown());
        }
        let wsl = dir.path().join("proc/sys/kernel/osrelease");
        fs::create_dir_all(wsl.parent().unwrap()).unwrap();
        fs::write(wsl, "5.15.90.1-microsoft-standard-WSL2\n").unwrap();
        assert!(ask().is_unknown());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            of_proc(&text);
            of_proc(&format!("NVRM version: {text} Kernel Module {text}"));
        }
    }
}
