//! Where the system loader would find a library that no package brings along (ld.so(8)).

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::layout::Layout;
use crate::{
    facts::{Cpu, Fact, How, Platform, Source},
    probe::{Surroundings, header, root::Root},
};

const CONFIG: &str = "/etc/ld.so.conf";
/// `include` lines nest in practice once.
const MAX_INCLUDES: usize = 64;
const MAX_FOLDERS: usize = 256;

/// For each name the file that would be loaded, or the word that there is none.
pub fn locate(
    root: &Root,
    surroundings: &Surroundings,
    layout: &Layout,
    platform: &Platform,
    names: &BTreeSet<&str>,
) -> BTreeMap<String, Fact<String>> {
    if names.is_empty() {
        return BTreeMap::new();
    }
    let folders = folders(root, surroundings, layout, platform.cpu);
    let find = |name: &str| {
        // A NEEDED entry with a slash is a path, which the loader takes as it is.
        if name.contains('/') {
            let path = Path::new(name);
            return match root.is_file(path) {
                true => Fact::known(root.shown(path), Source::file(root.shown(path))),
                false => Fact::absent(Source::file(name)),
            };
        }
        for (folder, via) in &folders {
            let path = folder.join(name);
            // Folders for 32-bit libraries are in the same list; the loader passes over what is not its own kind.
            if root.is_file(&path) && header::platform(root, &path).is_some_and(|found| found == *platform) {
                return Fact::known(root.shown(&path), via.clone());
            }
        }
        Fact::absent(Source::file("the loader's folders"))
    };
    names.iter().map(|name| ((*name).to_owned(), find(name))).collect()
}

/// The loader's folders in its order, and what names each.
fn folders(root: &Root, surroundings: &Surroundings, layout: &Layout, cpu: Cpu) -> Vec<(PathBuf, Source)> {
    let mut folders = Vec::new();
    for folder in surroundings.folders("LD_LIBRARY_PATH") {
        folders.push((folder, Source::new(How::Variable, "LD_LIBRARY_PATH")));
    }
    if layout.conda {
        // By the run path of what conda builds.
        folders.push((layout.prefix.join("lib"), Source::file(root.shown(&layout.prefix.join("lib")))));
    }
    let mut includes = 0;
    configured(root, Path::new(CONFIG), &mut includes, &mut folders);
    let triple = match cpu {
        Cpu::X86_64 => "x86_64-linux-gnu",
        Cpu::Aarch64 => "aarch64-linux-gnu",
    };
    for folder in [format!("/lib/{triple}"), format!("/usr/lib/{triple}")] {
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
