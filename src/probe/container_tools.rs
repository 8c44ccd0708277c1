//! Which programs of container engines are installed, by their names: none is run.

use std::path::{Path, PathBuf};

use crate::{
    facts::{Fact, Source},
    system::{Root, Surroundings},
};

const TOOLS: [&str; 5] = ["docker", "podman", "nerdctl", "nvidia-ctk", "nvidia-container-runtime"];
/// Where they are although PATH may not say so: services and `sudo` have a shorter one.
const USUAL: [&str; 5] = ["/usr/bin", "/usr/local/bin", "/bin", "/run/current-system/sw/bin", SNAP];
/// A docker from snap is confined, and cannot use a toolkit that is installed outside of it.
const SNAP: &str = "/snap/bin";
const MAX_FOLDERS: usize = 256;

/// The programs that are there, `docker (snap)` apart from `docker`.
pub fn container_tools(root: &Root, surroundings: &Surroundings, linux: bool, wsl: bool) -> Fact<Vec<String>> {
    if !linux {
        return Fact::unknown("only searched for on Linux");
    }
    // PATH is the process's, and names nothing below another root.
    let mut folders = if root.is_live() { surroundings.folders("PATH") } else { Vec::new() };
    // In WSL the programs of Windows are on it, whose folders take milliseconds to ask.
    folders.retain(|folder| !(wsl && folder.starts_with("/mnt")));
    folders.extend(USUAL.map(PathBuf::from));
    folders.truncate(MAX_FOLDERS);
    let mut asked: Vec<PathBuf> = Vec::new();
    let mut found = Vec::new();
    for folder in folders {
        // `/bin` is `/usr/bin` on most systems; `/snap/bin/docker` is a link to the one program of all snaps.
        let Some(real) = root.real(&folder).ok().filter(|real| !asked.contains(real) && root.is_dir(real)) else {
            continue;
        };
        let snap = real == Path::new(SNAP);
        for tool in TOOLS {
            let path = real.join(tool);
            if !(root.is_executable(&path) || root.is_link(&path) && snap) {
                continue;
            }
            let name = if snap { format!("{tool} (snap)") } else { tool.to_owned() };
            if !found.contains(&name) {
                found.push(name);
            }
        }
        asked.push(real);
    }
    if asked.is_empty() {
        return Fact::unknown("none of the usual program folders exists");
    }
    let place = if root.is_live() { "PATH and the usual folders" } else { "the usual folders" };
    Fact::known(found, Source::file(place))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    fn program(path: &Path) {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn each_tool_once_and_snaps_apart() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let ask = || container_tools(&root, &Surroundings::default(), true, false);
        assert!(ask().is_unknown());
        fs::create_dir_all(dir.path().join("usr/bin")).unwrap();
        fs::create_dir_all(dir.path().join("snap/bin")).unwrap();
        symlink("usr/bin", dir.path().join("bin")).unwrap();
        assert_eq!(ask().value().map(Vec::len), Some(0));
        for name in ["usr/bin/podman", "usr/bin/nvidia-ctk", "usr/bin/nvidia-smi"] {
            program(&dir.path().join(name));
        }
        // A file that may not be executed is not a program.
        fs::write(dir.path().join("usr/bin/nerdctl"), "").unwrap();
        symlink("/usr/bin/snap", dir.path().join("snap/bin/docker")).unwrap();
        assert_eq!(ask().value().unwrap(), &["podman", "nvidia-ctk", "docker (snap)"]);
        assert!(container_tools(&root, &Surroundings::default(), false, false).is_unknown());
    }

    #[test]
    fn path_counts_on_the_live_system() {
        let dir = tempfile::tempdir().unwrap();
        program(&dir.path().join("nerdctl"));
        let mut surroundings = Surroundings::default();
        surroundings.variables.insert("PATH".to_owned(), dir.path().display().to_string());
        let found = container_tools(&Root::new(None, None).unwrap(), &surroundings, true, false);
        assert!(found.value().unwrap().contains(&"nerdctl".to_owned()));
    }
}
