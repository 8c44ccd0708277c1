//! Version and flavour of the loaded kernel module, by the kernel's files.

use std::path::Path;

use super::super::root::Root;
use crate::facts::{DriverVersion, Fact, KernelModule, Source};

const PROC: &str = "/proc/driver/nvidia/version";
const SYS: &str = "/sys/module/nvidia/version";

/// What is loaded. Both are absent where the kernel lists its modules and has none of NVIDIA's.
pub fn loaded(root: &Root) -> (Fact<DriverVersion>, Fact<KernelModule>) {
    if let Some((version, flavour)) = root.read_text(Path::new(PROC), 4096).ok().and_then(|text| of_proc(&text)) {
        let flavour = match flavour {
            Some(flavour) => Fact::known(flavour, Source::file(PROC)),
            None => Fact::unknown(format!("{PROC} does not name it")),
        };
        return (Fact::known(version, Source::file(PROC)), flavour);
    }
    let version = root.read_text(Path::new(SYS), 64).ok().and_then(|text| text.trim().parse().ok());
    if let Some(version) = version {
        return (Fact::known(version, Source::file(SYS)), Fact::unknown(format!("{PROC} cannot be read")));
    }
    let why = format!("neither {PROC} nor {SYS} is there");
    (Fact::unknown(why.clone()), Fact::unknown(why))
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
    use super::*;
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
        assert!(loaded(&root).0.is_unknown());
        for (path, text) in [("sys/module/nvidia/version", "535.183.01\n"), ("proc/driver/nvidia/version", OPEN)] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let (version, _) = loaded(&root);
            assert!(text.contains(&version.value().unwrap().to_string()));
        }
        assert_eq!(loaded(&root).1.value(), Some(&KernelModule::Open));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            of_proc(&text);
            of_proc(&format!("NVRM version: {text} Kernel Module {text}"));
        }
    }
}
