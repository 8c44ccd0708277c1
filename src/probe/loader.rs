//! The folders that the system loader looks through, in its order (ld.so(8)).

use std::path::{Path, PathBuf};

use crate::{
    facts::{Cpu, How, Source},
    system::{Root, Surroundings},
};

const CONFIG: &str = "/etc/ld.so.conf";
/// `include` lines nest in practice once.
const MAX_INCLUDES: usize = 64;
const MAX_FOLDERS: usize = 256;

/// The loader's folders that exist, and what names each. `run_paths` are those that the asking binaries themselves name, which
/// come after LD_LIBRARY_PATH. Without a processor the folders of both are taken.
pub fn folders(
    root: &Root,
    surroundings: &Surroundings,
    run_paths: &[PathBuf],
    cpu: Option<Cpu>,
) -> Vec<(PathBuf, Source)> {
    let mut folders = Vec::new();
    for folder in surroundings.folders("LD_LIBRARY_PATH") {
        folders.push((folder, Source::new(How::Variable, "LD_LIBRARY_PATH")));
    }
    folders.extend(run_paths.iter().map(|path| (path.clone(), Source::file(root.shown(path)))));
    let mut includes = 0;
    configured(root, Path::new(CONFIG), &mut includes, &mut folders);
    let triples: &[&str] = match cpu {
        Some(Cpu::X86_64) => &["x86_64-linux-gnu"],
        Some(Cpu::Aarch64) => &["aarch64-linux-gnu"],
        None => &["x86_64-linux-gnu", "aarch64-linux-gnu"],
    };
    for folder in triples.iter().flat_map(|triple| [format!("/lib/{triple}"), format!("/usr/lib/{triple}")]) {
        folders.push((PathBuf::from(&folder), Source::file(folder)));
    }
    for folder in ["/lib64", "/usr/lib64", "/lib", "/usr/lib"] {
        folders.push((PathBuf::from(folder), Source::file(folder)));
    }
    folders.truncate(MAX_FOLDERS);
    folders.retain(|(folder, _)| root.is_dir(folder));
    folders
}

/// The folders that ld.so.conf and what it includes list.
fn configured(root: &Root, file: &Path, includes: &mut usize, folders: &mut Vec<(PathBuf, Source)>) {
    *includes += 1;
    if *includes > MAX_INCLUDES {
        return;
    }
    for line in root.read_text(file, 64 << 10).unwrap_or_default().lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(patterns) = line.strip_prefix("include").filter(|rest| rest.starts_with([' ', '\t'])) {
            for pattern in patterns.split_whitespace() {
                let pattern = file.parent().unwrap_or(Path::new("/")).join(pattern);
                for file in matching(root, &pattern) {
                    configured(root, &file, includes, folders);
                }
            }
        } else if line.starts_with('/') {
            folders.push((PathBuf::from(line), Source::file(root.shown(file))));
        }
    }
}

/// The files that a pattern with at most one `*`, in its last part, names.
fn matching(root: &Root, pattern: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name().and_then(|name| name.to_str())) else {
        return Vec::new();
    };
    let Some((start, end)) = name.split_once('*') else { return vec![pattern.to_owned()] };
    let fits = |name: &String| name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end);
    root.names(folder).into_iter().filter(fits).map(|name| folder.join(name)).collect()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_order_is_variable_run_path_configuration_defaults() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["var", "env/lib", "opt/lib", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "lib", "etc"] {
            fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("etc/ld.so.conf"), "/opt/lib\n/opt/gone\n").unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let mut surroundings = Surroundings::default();
        surroundings.variables.insert("LD_LIBRARY_PATH".to_owned(), "/var:/gone".to_owned());
        let of = |cpu| {
            let found = folders(&root, &surroundings, &[PathBuf::from("/env/lib")], cpu);
            found.into_iter().map(|(folder, _)| folder.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of(Some(Cpu::X86_64)), ["/var", "/env/lib", "/opt/lib", "/lib/x86_64-linux-gnu", "/lib"]);
        assert_eq!(of(None).len(), 6);
    }
}
