//! Installed CUDA toolkits. They build programs; they do not decide what a finished wheel can do.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use crate::{
    facts::{CudaVersion, Fact, Source, Toolkit, ToolkitLead},
    system::{Root, Surroundings, programs},
};

const MAX_TEXT: u64 = 256 << 10;

/// All toolkits, each once, with every way that leads to it.
pub fn toolkits(root: &Root, surroundings: &Surroundings) -> Vec<Toolkit> {
    let mut found: Vec<(PathBuf, Toolkit)> = Vec::new();
    for (path, found_by) in places(root, surroundings) {
        let Some(real) = root.real(&path).ok().filter(|real| root.is_dir(real)) else { continue };
        match found.iter_mut().find(|(other, _)| *other == real) {
            Some((_, toolkit)) => {
                if !toolkit.found_by.contains(&found_by) {
                    toolkit.found_by.push(found_by);
                }
            }
            None => {
                let nvcc = nvcc_names().iter().any(|name| root.is_file(&real.join("bin").join(name)));
                let version = version(root, &real);
                found
                    .push((real.clone(), Toolkit { path: root.shown(&real), version, nvcc, found_by: vec![found_by] }));
            }
        }
    }
    found.into_iter().map(|(_, toolkit)| toolkit).collect()
}

/// Folders that may be a toolkit, and what leads to each.
fn places(root: &Root, surroundings: &Surroundings) -> Vec<(PathBuf, ToolkitLead)> {
    let mut places = Vec::new();
    let versioned = surroundings.variables.keys().filter(|name| name.starts_with("CUDA_PATH_V")).map(String::as_str);
    for name in ["CUDA_HOME", "CUDA_PATH"].into_iter().chain(versioned) {
        let folder = surroundings.filled(name).and_then(|value| surroundings.absolute(PathBuf::from(value)));
        places.extend(folder.map(|folder| (folder, ToolkitLead::variable(name))));
    }
    let nvcc = programs(root, surroundings, OsStr::new("nvcc")).into_iter().next();
    if let Some(real) = nvcc.and_then(|path| root.real(&path).ok()) {
        // <toolkit>/bin/nvcc
        places.extend(real.parent().and_then(Path::parent).map(|folder| (folder.to_owned(), ToolkitLead::NvccOnPath)));
    }
    // On Windows the installer sets variables, which programs see that are started after it; these paths would lie on whatever drive the
    // current folder is on.
    if root.is_live() && cfg!(windows) {
        places.extend(windows(root, surroundings));
        return places;
    }
    let usual =
        ["/usr/local/cuda", "/opt/cuda"].into_iter().map(|path| (PathBuf::from(path), ToolkitLead::folder(path)));
    places.extend(usual);
    for name in root.names(Path::new("/usr/local")).into_iter().filter(|name| is_release(name)) {
        let path = Path::new("/usr/local").join(name);
        let lead = ToolkitLead::Folder(root.shown(&path));
        places.push((path, lead));
    }
    places
}

/// Where NVIDIA's installer for Windows puts toolkits ("CUDA Installation Guide for Microsoft Windows"): a folder `v12.8` for each.
fn windows(root: &Root, surroundings: &Surroundings) -> Vec<(PathBuf, ToolkitLead)> {
    let Some(programs) = surroundings.filled("ProgramFiles") else { return Vec::new() };
    let folder = Path::new(programs).join("NVIDIA GPU Computing Toolkit").join("CUDA");
    let names = root
        .names(&folder)
        .into_iter()
        .filter(|name| name.strip_prefix('v').is_some_and(|release| release.starts_with(|c: char| c.is_ascii_digit())));
    let place = |name: String| {
        let path = folder.join(name);
        let lead = ToolkitLead::Folder(root.shown(&path));
        (path, lead)
    };
    names.map(place).collect()
}

/// `cuda-12.8`, `cuda-12`, but not `cuda-samples`.
fn is_release(name: &str) -> bool {
    name.strip_prefix("cuda-").is_some_and(|release| release.starts_with(|c: char| c.is_ascii_digit()))
}

fn nvcc_names() -> &'static [&'static str] {
    if cfg!(windows) { &["nvcc.exe"] } else { &["nvcc"] }
}

/// Reads the release out of one kind of file.
type Reader = fn(&str) -> Option<CudaVersion>;

/// The release, by the files that the toolkit's installers have written over time.
fn version(root: &Root, toolkit: &Path) -> Fact<CudaVersion> {
    let targets = toolkit.join("targets");
    let mut headers = vec![toolkit.join("include").join("cuda.h")];
    headers.extend(root.names(&targets).into_iter().map(|name| targets.join(name).join("include").join("cuda.h")));
    let mut readers: Vec<(PathBuf, Reader)> =
        vec![(toolkit.join("version.json"), of_json), (toolkit.join("version.txt"), of_text)];
    readers.extend(headers.into_iter().map(|path| (path, of_header as Reader)));
    for (path, read) in readers {
        if let Some(version) = root.read_text(&path, MAX_TEXT).ok().and_then(|text| read(&text)) {
            return Fact::known(version, Source::file(root.shown(&path)));
        }
    }
    // A run-time image has none of these files, but its folder is named cuda-12.8.
    let name = toolkit.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let named = name.strip_prefix("cuda-").or_else(|| name.strip_prefix('v')).and_then(|version| version.parse().ok());
    match named {
        Some(version) => Fact::known(version, Source::file(root.shown(toolkit))),
        None => Fact::unknown("not found in version.json, version.txt or cuda.h"),
    }
}

/// version.json of CUDA 11.1 and later: `{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}, …}`.
fn of_json(text: &str) -> Option<CudaVersion> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    json.get("cuda")?.get("version")?.as_str()?.parse().ok()
}

/// version.txt up to CUDA 11.0: `CUDA Version 10.2.89`.
fn of_text(text: &str) -> Option<CudaVersion> {
    text.trim().strip_prefix("CUDA Version ")?.split_whitespace().next()?.parse().ok()
}

/// cuda.h: `#define CUDA_VERSION 12080`.
fn of_header(text: &str) -> Option<CudaVersion> {
    let define = text.lines().find_map(|line| line.trim().strip_prefix("#define CUDA_VERSION "))?;
    let number: u32 = define.split_whitespace().next()?.parse().ok()?;
    let major = u16::try_from(number / 1000).ok().filter(|major| *major > 0)?;
    Some(CudaVersion::new(major, u16::try_from(number % 1000 / 10).ok()?))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    #[test]
    fn each_toolkit_once_with_all_ways_to_it() {
        let dir = tempfile::tempdir().unwrap();
        let local = dir.path().join("usr/local");
        for path in [
            "cuda-12.8/bin",
            "cuda-11.8/include",
            "cuda-samples",
            "cuda-10.2",
            "cuda-13.0/targets/x86_64-linux/include",
        ] {
            fs::create_dir_all(local.join(path)).unwrap();
        }
        fs::write(local.join("cuda-12.8/version.json"), r#"{"cuda":{"version":"12.8.1"}}"#).unwrap();
        fs::write(local.join("cuda-12.8/bin/nvcc"), "").unwrap();
        fs::set_permissions(local.join("cuda-12.8/bin/nvcc"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(local.join("cuda-11.8/include/cuda.h"), "/* */\n#define CUDA_VERSION 11080\n").unwrap();
        fs::write(local.join("cuda-13.0/targets/x86_64-linux/include/cuda.h"), "#define CUDA_VERSION 13000").unwrap();
        fs::write(local.join("cuda-10.2/version.txt"), "CUDA Version 10.2.89\n").unwrap();
        symlink("cuda-12.8", local.join("cuda")).unwrap();
        symlink("/usr/local/nowhere", local.join("cuda-9.0")).unwrap();
        let variables =
            [("CUDA_HOME", "/usr/local/cuda"), ("PATH", "/none:/usr/local/cuda/bin"), ("CUDA_PATH", "/gone")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let found = toolkits(&root, &Surroundings { variables, ..Default::default() });
        let shown: Vec<_> =
            found.iter().map(|kit| (kit.path.as_str(), kit.version.value().unwrap().to_string())).collect();
        let expected = [
            ("/usr/local/cuda-12.8", "12.8"),
            ("/usr/local/cuda-10.2", "10.2"),
            ("/usr/local/cuda-11.8", "11.8"),
            ("/usr/local/cuda-13.0", "13.0"),
        ];
        assert_eq!(shown, expected.map(|(path, version)| (path, version.to_owned())));
        assert_eq!(found[0].leads(), "CUDA_HOME, nvcc on PATH, /usr/local/cuda, /usr/local/cuda-12.8");
        assert!(found[0].nvcc && !found[1].nvcc);
    }

    #[test]
    fn an_unreadable_version_is_unknown() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("opt/cuda")).unwrap();
        fs::write(dir.path().join("opt/cuda/version.json"), "{").unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        assert!(toolkits(&root, &Surroundings::default())[0].version.is_unknown());
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            of_json(&text);
            of_text(&format!("CUDA Version {text}"));
            of_header(&format!("#define CUDA_VERSION {text}"));
        }

        #[test]
        fn versions_read_back(major in 7u16..99, minor in 0u16..10) {
            let version = CudaVersion::new(major, minor);
            prop_assert_eq!(of_header(&format!("#define CUDA_VERSION {major}0{minor}0")), Some(version));
            prop_assert_eq!(of_text(&format!("CUDA Version {version}.61")), Some(version));
        }
    }
}
