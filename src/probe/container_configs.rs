//! Through which files container engines are told of NVIDIA's GPUs: a runtime in an engine's configuration, or a CDI specification.

use std::path::{Path, PathBuf};

use crate::{
    facts::{Fact, Source},
    system::Root,
};

/// Configurations of docker, containerd, CRI-O, k3s and RKE2.
const FILES: [&str; 7] = [
    "/etc/docker/daemon.json",
    "/etc/containerd/config.toml",
    "/etc/containers/containers.conf",
    "/etc/crio/crio.conf",
    "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
    "/var/lib/rancher/rke2/agent/etc/containerd/config.toml",
    "/usr/share/containers/oci/hooks.d/oci-nvidia-hook.json",
];
/// Folders whose files are parts of one.
const FOLDERS: [&str; 4] = ["/etc/containerd/conf.d", "/etc/crio/crio.conf.d", "/etc/cdi", "/var/run/cdi"];
const MAX_FILES: usize = 32;
const MAX_TEXT: u64 = 256 << 10;

/// Those that name NVIDIA. Unknown where none could be read: no engine, or one that keeps its configuration from others.
pub fn container_configs(root: &Root, linux: bool) -> Fact<Vec<String>> {
    if !linux {
        return Fact::unknown("only searched for on Linux");
    }
    let mut files: Vec<PathBuf> = FILES.into_iter().map(PathBuf::from).collect();
    for folder in FOLDERS.map(Path::new) {
        files.extend(root.names(folder).into_iter().take(MAX_FILES).map(|name| folder.join(name)));
    }
    let (mut found, mut read) = (Vec::new(), false);
    for path in files {
        match root.read_text(&path, MAX_TEXT) {
            Ok(text) => {
                read = true;
                if text.contains("nvidia") {
                    found.push(root.shown(&path));
                }
            }
            // One that is kept from others may be the one that counts.
            Err(_) if root.is_file(&path) => return Fact::unknown(format!("{} cannot be read", root.shown(&path))),
            Err(_) => {}
        }
    }
    match read {
        true => Fact::known(found, Source::file("configuration of the container engines")),
        false => Fact::unknown("no container engine has a configuration file"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_that_name_nvidia_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        assert!(container_configs(&root, true).is_unknown());
        fs::create_dir_all(dir.path().join("etc/docker")).unwrap();
        fs::write(dir.path().join("etc/docker/daemon.json"), "{\"log-driver\": \"local\"}").unwrap();
        assert_eq!(container_configs(&root, true).value().unwrap(), &Vec::<String>::new());
        fs::create_dir_all(dir.path().join("etc/cdi")).unwrap();
        fs::write(dir.path().join("etc/cdi/nvidia.yaml"), "kind: nvidia.com/gpu").unwrap();
        assert_eq!(container_configs(&root, true).value().unwrap().len(), 1);
        assert!(container_configs(&root, false).is_unknown());
    }
}
