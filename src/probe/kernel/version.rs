//! Version and flavour of the loaded kernel module, by the kernel's files.

use std::path::Path;

use crate::{
    facts::{DriverVersion, Fact, KernelModule, Source},
    system::Root,
};

const PROC: &str = "/proc/driver/nvidia/version";
const SYS: &str = "/sys/module/nvidia/version";
const MODULE: &str = "/sys/module/nvidia";

/// What is loaded. Both are absent where the kernel lists its modules and has none of NVIDIA's.
pub fn loaded(root: &Root, modules: &Fact<Vec<String>>) -> (Fact<DriverVersion>, Fact<KernelModule>) {
    if let Some((version, flavour)) = root.read_text(Path::new(PROC), 4096).ok().and_then(|text| of_proc(&text)) {
        let flavour = match flavour {
            Some(flavour) => Fact::known(flavour, Source::file(PROC)),
            None => Fact::unknown(format!("{PROC} does not say")),
        };
        return (Fact::known(version, Source::file(PROC)), flavour);
    }
    let version = root.read_text(Path::new(SYS), 64).ok().and_then(|text| text.trim().parse().ok());
    if let Some(version) = version {
        return (Fact::known(version, Source::file(SYS)), Fact::unknown(format!("{PROC} cannot be read")));
    }
    // Its folder is there, whatever the list of modules says.
    if root.is_dir(Path::new(MODULE)) {
        let why = format!("the module is loaded, but neither {PROC} nor {SYS} shows its version");
        return (Fact::unknown(why.clone()), Fact::unknown(why));
    }
    if let Fact::Known { value, via } = modules
        && !value.iter().any(|module| module == "nvidia")
    {
        return (Fact::absent(via.clone()), Fact::absent(via.clone()));
    }
    let why = format!("neither {PROC} nor {SYS} exists");
    (Fact::unknown(why.clone()), Fact::unknown(why))
}

/// The flavour of the loaded module; if its own files do not show it, that of the installed one of the same version.
pub fn completed(
    flavour: Fact<KernelModule>,
    version: &Fact<DriverVersion>,
    installed: &Fact<DriverVersion>,
    installed_flavour: &Fact<KernelModule>,
) -> Fact<KernelModule> {
    let differ = matches!((version.value(), installed.value()), (Some(loaded), Some(other)) if loaded != other);
    match installed_flavour {
        Fact::Known { .. } if flavour.is_unknown() && !differ => installed_flavour.clone(),
        _ => flavour,
    }
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
        let none = Fact::default();
        assert!(loaded(&root, &none).0.is_unknown());
        let via = Source::file("/proc/modules");
        assert!(loaded(&root, &Fact::known(vec!["nvidia".to_owned()], via.clone())).0.is_unknown());
        let (version, flavour) = loaded(&root, &Fact::known(vec!["nouveau".to_owned()], via));
        assert!(version.is_absent() && flavour.is_absent());
        for (path, text) in [("sys/module/nvidia/version", "535.183.01\n"), ("proc/driver/nvidia/version", OPEN)] {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
            let (version, _) = loaded(&root, &none);
            assert!(text.contains(&version.value().unwrap().to_string()));
        }
        assert_eq!(loaded(&root, &none).1.value(), Some(&KernelModule::Open));
    }

    #[test]
    fn the_installed_module_completes_the_loaded_one_of_its_version() {
        let version = |text: &str| Fact::known(text.parse::<DriverVersion>().unwrap(), Source::file(SYS));
        let open = Fact::known(KernelModule::Open, Source::file("nvidia.ko"));
        let of = |flavour, installed| completed(flavour, &version("580.95.05"), &version(installed), &open);
        assert_eq!(of(Fact::default(), "580.95.05"), open);
        assert!(of(Fact::default(), "575.57.08").is_unknown());
        assert!(of(Fact::absent(Source::file("/proc/modules")), "580.95.05").is_absent());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            of_proc(&text);
            of_proc(&format!("NVRM version: {text} Kernel Module {text}"));
        }
    }
}
