//! Opens a library of the driver as any program of this user would, and finds out which file the loader took.

use std::{
    mem::ManuallyDrop,
    path::{Path, PathBuf},
};

use libloading::Library;

use crate::facts::{ContactOutcome, DriverLibrary, DriverVersion, Fact, How, LibraryKind, Source};

/// An open library. It stays open to the end of the process: NVIDIA's libraries start threads, and unloading runs destructors, which a broken
/// driver may not survive.
pub struct Opened {
    /// The library.
    pub library: ManuallyDrop<Library>,
    /// The name that led to it.
    pub name: PathBuf,
    /// The file behind it; nothing where the system does not say.
    pub file: Option<DriverLibrary>,
}

/// Opens the first of these that is there. `symbol` is a function of it, by whose address its file is found.
///
/// # Errors
/// [`ContactOutcome::NoLibrary`] when none is there, [`ContactOutcome::Unloadable`] when the first that is there cannot be loaded.
pub fn open(names: &[PathBuf], symbol: &str) -> Result<Opened, ContactOutcome> {
    for name in names {
        match load(name) {
            Ok(library) => {
                let library = ManuallyDrop::new(library);
                let file = mapped(&library, name, symbol);
                return Ok(Opened { library, name: name.clone(), file });
            }
            Err(error) if is_missing(name, &error) => {}
            Err(error) => return Err(ContactOutcome::Unloadable { why: told(&error) }),
        }
    }
    Err(ContactOutcome::NoLibrary)
}

/// What the loader says; on Windows that is behind the error.
fn told(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// The names of the management library.
pub fn nvml_names() -> Vec<PathBuf> {
    if cfg!(windows) {
        // Drivers before the DCH packaging put it there (pynvml's nvmlInit does the same).
        let old = std::env::var_os("ProgramFiles")
            .map(|folder| Path::new(&folder).join("NVIDIA Corporation").join("NVSMI").join("nvml.dll"));
        return ["nvml.dll".into()].into_iter().chain(old).collect();
    }
    vec!["libnvidia-ml.so.1".into(), "/usr/lib/wsl/lib/libnvidia-ml.so.1".into()]
}

/// The names of the CUDA driver library. The one with a version first: the other may be a stub.
pub fn cuda_names() -> Vec<PathBuf> {
    if cfg!(windows) {
        return vec!["nvcuda.dll".into()];
    }
    vec!["libcuda.so.1".into(), "/usr/lib/wsl/lib/libcuda.so.1".into()]
}

#[cfg(not(windows))]
fn load(name: &Path) -> Result<Library, libloading::Error> {
    // SAFETY: this runs the library's constructors, in a child process that was started for nothing else.
    unsafe { Library::new(name) }
}

/// Looks beside the program and in the system's folder, never in the current folder, which may be a stranger's.
#[cfg(windows)]
fn load(name: &Path) -> Result<Library, libloading::Error> {
    use libloading::os::windows::{LOAD_LIBRARY_SEARCH_DEFAULT_DIRS, Library as WindowsLibrary};
    // SAFETY: this runs the library's constructors, in a child process that was started for nothing else.
    unsafe { WindowsLibrary::load_with_flags(name, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) }.map(Into::into)
}

/// Whether the loader says that this very file is not there; a missing file that it depends on is another matter.
fn is_missing(name: &Path, error: &libloading::Error) -> bool {
    const ERROR_MOD_NOT_FOUND: i32 = 126;
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    if let Some(code) = source.and_then(std::io::Error::raw_os_error) {
        return code == ERROR_MOD_NOT_FOUND;
    }
    says_missing(&name.to_string_lossy(), &error.to_string())
}

/// glibc: `libcuda.so.1: cannot open shared object file: No such file or directory`;
/// musl: `Error loading shared library libcuda.so.1: No such file or directory`.
fn says_missing(name: &str, text: &str) -> bool {
    let text = text.strip_prefix("Error loading shared library ").unwrap_or(text);
    let rest = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
    rest.is_some_and(|rest| rest.contains("No such file or directory") && !rest.contains("needed by"))
}

/// The file that a function of the library was mapped from (proc(5), maps). One that lacks the function is found by its name.
fn mapped(library: &Library, name: &Path, symbol: &str) -> Option<DriverLibrary> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    // SAFETY: only the address is taken; nothing is called through this type.
    let function = unsafe { library.get::<unsafe extern "C" fn()>(symbol.as_bytes()) }.ok();
    let file = match function {
        Some(function) => file_at(&maps, *function as usize as u64),
        None => file_named(&maps, name),
    };
    describe(file?, symbol)
}

/// The first mapped file whose name begins like this one's: `libcuda.so.580.95.05` for `libcuda.so.1`.
fn file_named<'a>(maps: &'a str, name: &Path) -> Option<&'a Path> {
    let (stem, _) = name.file_name()?.to_str()?.split_once(".so")?;
    let begins = |path: &&Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.strip_prefix(stem).is_some_and(|rest| rest.starts_with(".so")))
    };
    maps.lines().filter_map(file_of).find(begins)
}

/// The path that ends a line of the maps, when a file was mapped.
fn file_of(line: &str) -> Option<&Path> {
    let path = line.get(line.find('/')?..)?;
    Some(Path::new(path.strip_suffix(" (deleted)").unwrap_or(path)))
}

/// The path of the mapping that holds this address.
fn file_at(maps: &str, address: u64) -> Option<&Path> {
    let holds = |line: &&str| {
        let bounds = line.split(' ').next().and_then(|range| range.split_once('-'));
        let number = |text| u64::from_str_radix(text, 16).ok();
        bounds.is_some_and(|(low, high)| {
            number(low).is_some_and(|low| low <= address) && number(high).is_some_and(|high| address < high)
        })
    };
    file_of(maps.lines().find(holds)?)
}

/// The path is the file's own: the kernel has resolved its symbolic links.
fn describe(path: &Path, symbol: &str) -> Option<DriverLibrary> {
    let how = if symbol.starts_with("nvml") { How::Nvml } else { How::Cuda };
    let path = path.to_str()?;
    let version = match version_in(path) {
        Some(version) => Fact::known(version, Source::new(how, "the name of the loaded file")),
        None => Fact::unknown("the name of the loaded file has no driver version"),
    };
    Some(DriverLibrary { path: path.to_owned(), version, kind: kind_of(path) })
}

/// The driver version in `libcuda.so.580.95.05`; `libcuda.so.1` has none.
pub fn version_in(path: &str) -> Option<DriverVersion> {
    let (_, version) = path.rsplit('/').next()?.split_once(".so.")?;
    version.parse().ok()
}

/// Where a library comes from, by the folders of its path.
pub fn kind_of(path: &str) -> LibraryKind {
    let below = |folder: &str| path.rsplit_once('/').is_some_and(|(place, _)| place.split('/').any(|it| it == folder));
    if below("compat") {
        LibraryKind::Compat
    } else if below("stubs") {
        LibraryKind::Stub
    } else if path.starts_with("/usr/lib/wsl/") {
        LibraryKind::Wsl
    } else {
        LibraryKind::Driver
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_tells_the_kind() {
        for (path, kind, version) in [
            ("/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05", LibraryKind::Driver, Some("580.95.05")),
            ("/usr/local/cuda-13.0/compat/libcuda.so.580.95.05", LibraryKind::Compat, Some("580.95.05")),
            ("/usr/local/cuda/lib64/stubs/libcuda.so", LibraryKind::Stub, None),
            ("/usr/lib/wsl/lib/libcuda.so.1", LibraryKind::Wsl, None),
            ("/usr/lib/wsl/drivers/nv_dispi.inf_amd64_0/libcuda.so.1.1", LibraryKind::Wsl, None),
            ("/opt/compat-tools/libnvidia-ml.so.550.163.01", LibraryKind::Driver, Some("550.163.01")),
        ] {
            assert_eq!(kind_of(path), kind, "{path}");
            assert_eq!(version_in(path).map(|version| version.to_string()).as_deref(), version, "{path}");
        }
    }

    #[test]
    fn a_missing_dependency_is_no_missing_library() {
        let glibc = ": cannot open shared object file: No such file or directory";
        assert!(says_missing("libcuda.so.1", &format!("libcuda.so.1{glibc}")));
        assert!(!says_missing("libcuda.so.1", &format!("libdl.so.9{glibc}")));
        assert!(!says_missing("libcuda.so.1", "libcuda.so.1: wrong ELF class: ELFCLASS32"));
        assert!(!says_missing("libcuda.so.1", "/usr/lib/libcuda.so.1: file too short"));
        let musl = "Error loading shared library libcuda.so.1: No such file or directory";
        assert!(says_missing("libcuda.so.1", musl));
        assert!(!says_missing("libcuda.so.1", "Error loading shared library libdl: No such file (needed by x)"));
    }

    #[test]
    fn an_address_leads_to_its_file() {
        let maps = "7f00-7f10 r--p 00000000 08:01 11 /usr/lib/libc.so.6\n7f10-7f20 rw-p 00000000 00:00 0 \n\
            7f20-7f30 r-xp 0 08:01 12                 /usr/lib/with space/libcuda.so.580.95.05 (deleted)\ngarbage\n";
        assert_eq!(file_at(maps, 0x7f25), Some(Path::new("/usr/lib/with space/libcuda.so.580.95.05")));
        assert_eq!(file_at(maps, 0x7f00), Some(Path::new("/usr/lib/libc.so.6")));
        assert_eq!((file_at(maps, 0x7f10), file_at(maps, 0x7f30), file_at("", 1)), (None, None, None));
        let named = |name: &str| file_named(maps, Path::new(name));
        assert_eq!(named("/usr/lib/wsl/lib/libcuda.so.1"), file_at(maps, 0x7f25));
        assert_eq!((named("libcud.so.1"), named("nvcuda.dll")), (None, None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_loader_took_is_named() {
        let found = open(&["libno-such-driver.so.1".into(), "libc.so.6".into()], "getpid").ok().unwrap();
        assert_eq!(found.name, Path::new("libc.so.6"));
        let file = found.file.unwrap();
        assert!(file.path.contains("/libc") && file.version.is_unknown(), "{file:?}");
        let lacking = open(&["libc.so.6".into()], "no_such_function").ok().unwrap();
        assert_eq!(lacking.file.map(|file| file.path), Some(file.path));
        assert_eq!(open(&["libno-such-driver.so.1".into()], "x").err(), Some(ContactOutcome::NoLibrary));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_broken_file_is_unloadable() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("libcuda.so.1");
        std::fs::write(&path, "garbage").unwrap();
        assert!(matches!(open(&[path], "cuInit").err(), Some(ContactOutcome::Unloadable { .. })));
    }
}
