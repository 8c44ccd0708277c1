//! Whether this is a container or WSL, where drivers are someone else's.

use std::path::Path;

use crate::{
    facts::{Fact, How, Source},
    system::{Root, Surroundings},
};

/// The kind of container, by its signs; absent when none is found.
///
/// Variables of the process say nothing about the file system below another root, so they count on the live one only.
pub fn container(root: &Root, surroundings: &Surroundings) -> Fact<String> {
    let variable = |name| surroundings.filled(name).filter(|_| root.is_live());
    let by_variable = |kind: &str, name: &str| Fact::known(kind.to_owned(), Source::new(How::Variable, name));
    let by_file = |kind: &str, path: &str| Fact::known(kind.to_owned(), Source::file(path));
    if variable("KUBERNETES_SERVICE_HOST").is_some() {
        return by_variable("kubernetes", "KUBERNETES_SERVICE_HOST");
    }
    // On Windows these paths are on whatever drive the current folder is on.
    if root.is_live() && !cfg!(target_os = "linux") {
        return Fact::unknown("containers are only detected on Linux");
    }
    if root.is_file(Path::new("/run/.containerenv")) {
        return by_file("podman", "/run/.containerenv");
    }
    if root.is_file(Path::new("/.dockerenv")) {
        return by_file("docker", "/.dockerenv");
    }
    for path in ["/run/systemd/container", "/run/host/container-manager"] {
        let kind = root.read_text(Path::new(path), 64).ok().and_then(|text| word(&text));
        if let Some(kind) = kind.filter(|kind| kind != "wsl") {
            return by_file(&kind, path);
        }
    }
    if let Some(kind) = variable("container").and_then(word) {
        return by_variable(&kind, "container");
    }
    let group = root.read_text(Path::new("/proc/1/cgroup"), 16 << 10);
    if let Some(kind) = group.as_deref().ok().and_then(of_cgroup) {
        return by_file(kind, "/proc/1/cgroup");
    }
    match group {
        Ok(_) => Fact::absent(Source::file("/proc/1/cgroup")),
        Err(_) => Fact::unknown("no sign of a container was found, but /proc/1/cgroup cannot be read"),
    }
}

/// A container manager's name: one short word.
fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let fits =
        (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    fits.then(|| text.to_ascii_lowercase())
}

/// The control group of the first process names what made it (version 1; version 2 says `0::/` inside).
fn of_cgroup(text: &str) -> Option<&'static str> {
    let marks = [("kubepods", "kubernetes"), ("docker", "docker"), ("libpod", "podman"), ("/lxc", "lxc")];
    marks.into_iter().find(|(mark, _)| text.contains(mark)).map(|(_, kind)| kind)
}

/// The WSL version: WSL1 has no GPU, so a question about CUDA suggests WSL2, but the kernel's release decides.
pub fn wsl(root: &Root, surroundings: &Surroundings, kernel: &Fact<String>) -> Fact<u8> {
    if root.is_live() && !cfg!(target_os = "linux") {
        return Fact::absent(Source::new(How::Binary, "gpucheck itself"));
    }
    if let Fact::Known { value, via } = kernel {
        let release = value.to_ascii_lowercase();
        // WSL1: "4.4.0-19041-Microsoft"; WSL2: "5.15.90.1-microsoft-standard-WSL2".
        if release.contains("microsoft") {
            let version = if release.contains("wsl2") || release.contains("-microsoft-standard") { 2 } else { 1 };
            return Fact::known(version, via.clone());
        }
    }
    let variable = |name: &&&str| root.is_live() && surroundings.filled(name).is_some();
    if let Some(name) = ["WSL_DISTRO_NAME", "WSL_INTEROP"].iter().find(variable) {
        return Fact::known(2, Source::new(How::Variable, *name));
    }
    if root.is_dir(Path::new("/usr/lib/wsl/lib")) {
        return Fact::known(2, Source::file("/usr/lib/wsl/lib"));
    }
    match kernel {
        Fact::Known { via, .. } => Fact::absent(via.clone()),
        _ => Fact::unknown("the kernel release is unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn scene(files: &[(&str, &str)]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = Root::new(Some(dir.path()), None).unwrap();
        (dir, root)
    }

    #[test]
    fn marks_of_containers() {
        for (file, text, kind) in [
            (".dockerenv", "", "docker"),
            ("run/.containerenv", "", "podman"),
            ("run/systemd/container", "systemd-nspawn\n", "systemd-nspawn"),
            ("proc/1/cgroup", "12:cpu:/kubepods/besteffort/pod1\n", "kubernetes"),
            ("proc/1/cgroup", "1:name=systemd:/docker/0a1b\n", "docker"),
        ] {
            let (_dir, root) = scene(&[(file, text)]);
            assert_eq!(container(&root, &Surroundings::default()).value().map(String::as_str), Some(kind), "{file}");
        }
        let (_dir, root) = scene(&[("proc/1/cgroup", "0::/init.scope\n")]);
        assert!(container(&root, &Surroundings::default()).is_absent());
        let (_dir, root) = scene(&[]);
        assert!(container(&root, &Surroundings::default()).is_unknown());
    }

    #[test]
    fn wsl_is_in_the_kernel_release() {
        let (_dir, root) = scene(&[]);
        let of = |release: &str| {
            let kernel = Fact::known(release.to_owned(), Source::file("/proc/sys/kernel/osrelease"));
            wsl(&root, &Surroundings::default(), &kernel)
        };
        assert_eq!(of("5.15.90.1-microsoft-standard-WSL2").value(), Some(&2));
        assert_eq!(of("4.4.0-19041-Microsoft").value(), Some(&1));
        assert!(of("6.8.0-48-generic").is_absent());
        assert!(wsl(&root, &Surroundings::default(), &Fact::unknown("no /proc")).is_unknown());
    }
}
