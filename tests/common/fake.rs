//! A driver for the program under test: the fake one (`tests/fake-driver`) laid out like a real one, in the loader's way.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The management library, as the loader is asked for it.
pub const NVML: &str = if cfg!(windows) { "nvml.dll" } else { "libnvidia-ml.so.1" };
/// The library of the CUDA driver API, as the loader is asked for it.
pub const CUDA: &str = if cfg!(windows) { "nvcuda.dll" } else { "libcuda.so.1" };
/// The compiler of PTX, which libcuda of a real driver loads and the fake one does without: its file belongs to a whole driver.
pub const PTX_JIT: &str = if cfg!(windows) { "nvptxJitCompiler64.dll" } else { "libnvidia-ptxjitcompiler.so.1" };
/// Where the loader looks first.
const LOADER_PATH: &str = if cfg!(windows) { "PATH" } else { "LD_LIBRARY_PATH" };
const SCENARIO: &str = "scenario.toml";

/// A fake driver in a folder of its own, gone when this is dropped.
pub struct Installed {
    place: TempDir,
    folder: PathBuf,
    /// Folders that the loader takes before it.
    before: Vec<PathBuf>,
}

/// The driver of a scenario of `tests/scenarios`, by name.
pub fn driver(scenario: &str) -> Installed {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(scenario).with_extension("toml");
    driver_of(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The driver of a scenario that is given as text.
pub fn driver_of(scenario: &str) -> Installed {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("usr/lib/x86_64-linux-gnu");
    fs::write(place.path().join(SCENARIO), scenario).unwrap();
    let table: toml::Table = scenario.parse().unwrap();
    let version = table["driver_version"].as_str().unwrap();
    for name in [NVML, CUDA, PTX_JIT] {
        // Two copies: of hard links the loader takes the second for the first, and its path with it.
        lay(&folder, name, version);
    }
    // The name that linkers ask for, as drivers bring it.
    if let Some(name) = CUDA.strip_suffix(".1") {
        symlink(CUDA, &folder.join(name));
    }
    Installed { place, folder, before: Vec::new() }
}

/// Puts a library into a folder: the file `libcuda.so.580.95.05` and its link `libcuda.so.1`; on Windows, or without a
/// version, the file alone.
fn lay(folder: &Path, name: &str, version: &str) {
    fs::create_dir_all(folder).unwrap();
    match name.strip_suffix(".1").filter(|_| !version.is_empty()) {
        Some(base) => {
            let file = format!("{base}.{version}");
            fs::copy(library(), folder.join(&file)).unwrap();
            symlink(&file, &folder.join(name));
        }
        None => {
            fs::copy(library(), folder.join(name)).unwrap();
        }
    }
}

/// The fake driver's library: cargo puts that of a development dependency beside the test programs.
fn library() -> PathBuf {
    let name = format!("{}fake_driver{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let path = std::env::current_exe().unwrap().with_file_name(name);
    assert!(path.is_file(), "{} is missing: `cargo test` builds it", path.display());
    path
}

impl Installed {
    /// The folder with the libraries.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The library behind [`NVML`] or [`CUDA`], symbolic links resolved.
    pub fn file(&self, library: &str) -> PathBuf {
        fs::canonicalize(self.folder.join(library)).unwrap()
    }

    /// Without one of its libraries.
    pub fn without(self, library: &str) -> Self {
        fs::remove_file(self.file(library)).unwrap();
        let _ = fs::remove_file(self.folder.join(library));
        self
    }

    /// In another folder, `compat` or `usr/lib/wsl/lib`: what a library is, is told by its place.
    pub fn under(mut self, folder: &str) -> Self {
        let moved = self.place.path().join(folder);
        fs::create_dir_all(moved.parent().unwrap()).unwrap();
        fs::rename(&self.folder, &moved).unwrap();
        self.folder = moved;
        self
    }

    /// With another libcuda that the loader takes before the driver's: `usr/local/cuda/compat` of version `575.57.08`, or
    /// `usr/local/cuda/lib64/stubs` of none. It answers from the same scenario.
    pub fn shadowed_by(mut self, folder: &str, version: &str) -> Self {
        let folder = self.place.path().join(folder);
        lay(&folder, CUDA, version);
        self.before.insert(0, folder);
        self
    }

    /// Without one function, as in a driver older than it: its name in the table of dynamic symbols becomes another.
    pub fn missing_symbol(self, function: &str) -> Self {
        let file = self.file(if function.starts_with("nvml") { NVML } else { CUDA });
        let mut bytes = fs::read(&file).unwrap();
        let name = [b"\0", function.as_bytes(), b"\0"].concat();
        let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(&name)).collect();
        assert!(!places.is_empty(), "no {function} in {}", file.display());
        places.iter().for_each(|at| bytes[at + 1] = b'_');
        fs::write(&file, bytes).unwrap();
        self
    }

    /// With a file that is no library in the place of one.
    pub fn broken(self, library: &str) -> Self {
        fs::write(self.file(library), "no library").unwrap();
        self
    }

    /// Puts it in the command's way, before what is there already.
    pub fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let same = |(name, value): (&OsStr, Option<&OsStr>)| (name == LOADER_PATH).then(|| value.map(OsString::from));
        let there = command.get_envs().find_map(same).flatten();
        let ours = self.before.iter().chain([&self.folder]).cloned();
        let folders = ours.chain(there.iter().flat_map(std::env::split_paths));
        let folders = std::env::join_paths(folders).unwrap();
        command.env(LOADER_PATH, folders).env("GPUCHECK_FAKE", self.place.path().join(SCENARIO))
    }
}

/// A folder for `--root` with these files (path, text) and symbolic links (path, target). Paths may begin with `/`.
pub fn root(files: &[(&str, &str)], links: &[(&str, &str)]) -> TempDir {
    let root = TempDir::new().unwrap();
    let place = |path: &str| {
        let path = root.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    };
    files.iter().for_each(|(path, text)| fs::write(place(path), text).unwrap());
    links.iter().for_each(|(path, target)| symlink(target, &place(path)));
    root
}

#[cfg(unix)]
fn symlink(target: &str, path: &Path) {
    std::os::unix::fs::symlink(target, path).unwrap();
}

#[cfg(windows)]
fn symlink(target: &str, path: &Path) {
    std::os::windows::fs::symlink_file(target, path).unwrap();
}
