//! Kernel modules: those that are loaded and matter, and NVIDIA's that was built for the running kernel.

use std::path::{Path, PathBuf};

use super::modinfo;
use crate::{
    binary::FileSource,
    facts::{DriverVersion, Fact, Host, KernelModule, Source},
    system::Root,
};

const LOADED: &str = "/proc/modules";
const SYS: &str = "/sys/module";
/// NVIDIA's, and those that take its GPUs instead.
const OF_INTEREST: [&str; 8] =
    ["nvidia", "nvidia_uvm", "nvidia_drm", "nvidia_modeset", "nvidia_peermem", "nouveau", "nova_core", "vfio_pci"];
/// Where distributions keep modules; NixOS has no /lib.
const TREES: [&str; 3] = ["/lib/modules", "/usr/lib/modules", "/run/booted-system/kernel-modules/lib/modules"];
const DKMS: &str = "/var/lib/dkms";
/// modules.dep of a distribution's kernel has under 1 MB.
const MAX_INDEX: u64 = 8 << 20;
/// Kernels that a system keeps: the last two or three.
const MAX_KERNELS: usize = 16;
/// Bounds of looking through folders.
const MAX_FOLDERS: usize = 500;
const MAX_DEPTH: usize = 4;
/// /proc/modules has some 100 bytes for each of a few hundred.
const MAX_LOADED: u64 = 1 << 20;

/// Those of interest among the loaded modules.
pub fn loaded(root: &Root) -> Fact<Vec<String>> {
    let of_interest = |names: &[&str]| {
        let found = OF_INTEREST.into_iter().filter(|name| names.contains(name));
        found.map(str::to_owned).collect::<Vec<_>>()
    };
    if let Ok(text) = root.read_text(Path::new(LOADED), MAX_LOADED) {
        let names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        return Fact::known(of_interest(&names), Source::file(LOADED));
    }
    match root.names(Path::new(SYS)) {
        names if names.is_empty() => Fact::unknown(format!("neither {LOADED} nor {SYS} can be read")),
        names => {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            Fact::known(of_interest(&names), Source::file(SYS))
        }
    }
}

/// Version and flavour of NVIDIA's module for the running kernel; both absent when none was built for it. Below another root, where no
/// kernel runs, of the module that every kernel there has.
pub fn installed(root: &Root, host: &Host) -> (Fact<DriverVersion>, Fact<KernelModule>) {
    let both = |why: String| (Fact::unknown(why.clone()), Fact::unknown(why));
    let Some(release) = host.kernel.value() else {
        let of_all = (!root.is_live()).then(|| of_every_kernel(root)).flatten();
        return of_all.unwrap_or_else(|| both("the kernel release is unknown".to_owned()));
    };
    // It becomes part of paths.
    if release.contains('/') || release.starts_with('.') {
        return both("the kernel release is not a valid folder name".to_owned());
    }
    let Some(tree) = TREES.into_iter().find(|tree| root.is_dir(&Path::new(tree).join(release))) else {
        return without_tree(root, host, release);
    };
    let tree = Path::new(tree).join(release);
    let Some(module) = of_tree(root, &tree) else {
        let via = Source::file(root.shown(&tree));
        return (Fact::absent(via.clone()), Fact::absent(via));
    };
    of_module(root, &module, release)
}

/// NVIDIA's module in the folder of a kernel.
fn of_tree(root: &Root, tree: &Path) -> Option<PathBuf> {
    // The index has a megabyte: it is read only if the usual folders have none.
    let index = tree.join("modules.dep");
    let listed = || of_index(&root.read(&index, MAX_INDEX).ok()?).map(|path| tree.join(path));
    walk(root, tree).or_else(|| listed().filter(|module| root.is_file(module)))
}

/// The module of a system that is not running: nothing where its kernels have none, or have different ones.
fn of_every_kernel(root: &Root) -> Option<(Fact<DriverVersion>, Fact<KernelModule>)> {
    let (tree, releases) = TREES
        .into_iter()
        .map(|tree| (Path::new(tree), root.names(Path::new(tree))))
        .find(|(_, releases)| !releases.is_empty())?;
    let built = releases.iter().take(MAX_KERNELS).filter_map(|release| {
        let module = of_tree(root, &tree.join(release))?;
        Some(of_module(root, &module, release)).filter(|(version, _)| version.value().is_some())
    });
    let mut built = built.collect::<Vec<_>>().into_iter();
    let first = built.next()?;
    built.all(|other| other.0.value() == first.0.value()).then_some(first)
}

/// No folder of modules has the name of the running kernel.
fn without_tree(root: &Root, host: &Host, release: &str) -> (Fact<DriverVersion>, Fact<KernelModule>) {
    let others = TREES.into_iter().find(|tree| !root.names(Path::new(tree)).is_empty());
    match others.filter(|_| host.container.value().is_none()) {
        // A kernel update that was not yet followed by a restart may take the old one's modules away.
        Some(tree) => {
            let via = Source::file(tree);
            (Fact::absent(via.clone()), Fact::absent(via))
        }
        None => {
            let why = format!("no modules for kernel {release} were found");
            (Fact::unknown(why.clone()), Fact::unknown(why))
        }
    }
}

/// The path of NVIDIA's module in modules.dep, whose lines are `path: paths it needs` (depmod(8)): where modprobe looks.
fn of_index(index: &[u8]) -> Option<&str> {
    let paths = index.split(|byte| *byte == b'\n').filter_map(|line| {
        // Most lines are other modules', and the whole megabyte is searched: the start of the name decides quickly.
        let path = line.split(|byte| *byte == b':').next()?;
        let name = path.rsplit(|byte| *byte == b'/').next()?;
        name.starts_with(b"nvidia").then(|| std::str::from_utf8(path).ok())?
    });
    let mut ours = paths.filter(|path| is_module(path));
    ours.find(|path| !path.split('/').any(|part| part == ".."))
}

/// Looks into the folders that installers put it into. The thousands of modules in the others are not walked.
fn walk(root: &Root, tree: &Path) -> Option<PathBuf> {
    let kernel = tree.join("kernel");
    let signed = root.names(&kernel).into_iter().filter(|name| name.starts_with("nvidia"));
    let mut pending: Vec<_> = signed.map(|name| (kernel.join(name), 0)).collect();
    // The last is searched first, and modprobe prefers `updates`.
    pending.extend(["weak-updates", "extramodules", "extra", "updates"].map(|name| (tree.join(name), 0)));
    let mut folders = 0;
    while let Some((folder, depth)) = pending.pop() {
        folders += 1;
        if folders > MAX_FOLDERS {
            break;
        }
        for name in root.names(&folder) {
            let path = folder.join(&name);
            if is_module(&name) && root.is_file(&path) {
                return Some(path);
            }
            if depth < MAX_DEPTH && !name.contains(".ko") && root.is_dir(&path) && !root.is_link(&path) {
                pending.push((path, depth + 1));
            }
        }
    }
    None
}

/// `nvidia.ko`, compressed or not. Debian calls it `nvidia-current`, `nvidia-tesla-470`, `nvidia-legacy-390xx` to keep several.
fn is_module(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, end)) = name.split_once(".ko") else { return false };
    let debian = || {
        let kept = ["nvidia-current", "nvidia-tesla", "nvidia-legacy-"].iter().any(|start| stem.starts_with(start));
        kept && !["-drm", "-uvm", "-modeset", "-peermem"].iter().any(|end| stem.ends_with(end))
    };
    (end.is_empty() || [".xz", ".zst", ".gz"].contains(&end)) && (stem == "nvidia" || debian())
}

/// What the module itself says; for a compressed one, what its location says.
fn of_module(root: &Root, path: &Path, release: &str) -> (Fact<DriverVersion>, Fact<KernelModule>) {
    let shown = root.shown(path);
    if path.extension().is_some_and(|end| end == "ko") {
        let source = root.open(path).map(FileSource::opened);
        let found = source.ok().and_then(|source| modinfo::read(&source)).unwrap_or_default();
        let why = format!("{shown} is built, but does not say");
        let version = found.version.map(|version| Fact::known(version, Source::file(shown.clone())));
        let flavour = found.flavour.map(|flavour| Fact::known(flavour, Source::file(shown.clone())));
        let version = version.or_else(|| of_dkms(root, release));
        return (version.unwrap_or_else(|| Fact::unknown(&*why)), flavour.unwrap_or_else(|| Fact::unknown(&*why)));
    }
    let why = |what| Fact::<DriverVersion>::unknown(format!("{shown} is built, but {what}"));
    let version = of_dkms(root, release).unwrap_or_else(|| why("its version is compressed"));
    (version, of_place(path, &shown))
}

/// DKMS keeps `<module>/<version>/<kernel release>` for each build.
fn of_dkms(root: &Root, release: &str) -> Option<Fact<DriverVersion>> {
    let modules = root.names(Path::new(DKMS)).into_iter().filter(|name| name.starts_with("nvidia"));
    let modules: Vec<_> = modules.map(|name| Path::new(DKMS).join(name)).collect();
    let versions = modules.iter().flat_map(|module| {
        let of = |name: String| Some((module.join(&name), name.parse::<DriverVersion>().ok()?));
        root.names(module).into_iter().filter_map(of).collect::<Vec<(PathBuf, DriverVersion)>>()
    });
    let mut built = versions.filter(|(folder, _)| root.is_dir(&folder.join(release)));
    match (built.next(), built.next()) {
        (Some((folder, version)), None) => Some(Fact::known(version, Source::file(root.shown(&folder.join(release))))),
        // DKMS installs one of several, and which is written inside.
        _ => None,
    }
}

/// Ubuntu's signed modules are in `kernel/nvidia-580` or `kernel/nvidia-580-open`.
fn of_place(path: &Path, shown: &str) -> Fact<KernelModule> {
    let folder = path.parent().and_then(|folder| folder.file_name()?.to_str()).unwrap_or_default();
    let branch = folder.strip_prefix("nvidia-").filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match branch {
        Some(branch) if branch.ends_with("-open") => Fact::known(KernelModule::Open, Source::file(shown)),
        Some(_) => Fact::known(KernelModule::Proprietary, Source::file(shown)),
        None => Fact::unknown(format!("{shown} is built, but its licence is compressed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_module_itself_is_told_from_its_companions() {
        for path in [
            "updates/dkms/nvidia.ko",
            "updates/dkms/nvidia.ko.zst",
            "extra/nvidia/nvidia.ko.xz",
            "updates/dkms/nvidia-current.ko",
            "updates/dkms/nvidia-tesla-470.ko",
            "updates/dkms/nvidia-current-open.ko.xz",
        ] {
            assert!(is_module(path), "{path}");
        }
        for path in [
            "updates/dkms/nvidia-uvm.ko",
            "updates/dkms/nvidia-current-drm.ko",
            "kernel/drivers/platform/x86/nvidia-wmi-ec-backlight.ko",
            "kernel/drivers/i2c/busses/i2c-nvidia-gpu.ko",
            "nvidia.ko.old",
            "nvidia",
        ] {
            assert!(!is_module(path), "{path}");
        }
        let index = "kernel/a.ko: updates/nvidia.ko\n../../nvidia.ko:\nupdates/dkms/nvidia.ko.zst: kernel/b.ko\n";
        assert_eq!(of_index(index.as_bytes()), Some("updates/dkms/nvidia.ko.zst"));
    }

    #[test]
    fn ubuntus_folders_name_the_flavour() {
        let of = |path: &str| of_place(Path::new(path), path).value().copied();
        assert_eq!(of("/lib/modules/6.8/kernel/nvidia-580/nvidia.ko.zst"), Some(KernelModule::Proprietary));
        assert_eq!(of("/lib/modules/6.8/kernel/nvidia-580-server-open/nvidia.ko.zst"), Some(KernelModule::Open));
        assert_eq!(of("/lib/modules/6.8/updates/dkms/nvidia.ko.zst"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            of_index(text.as_bytes());
            is_module(&text);
        }
    }
}
