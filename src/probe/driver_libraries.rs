//! The driver's libraries in the loader's folders: found by their names, never loaded.

use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};

use gpucheck_ground::Order as _;

use super::{
    driver_folders::{Place, WSL},
    header,
};
use crate::{
    facts::{DriverLibrary, DriverVersion, Fact, Host, LibraryKind, Platform, Source},
    system::Root,
};

/// The CUDA driver library and the management library.
const FAMILIES: [&str; 2] = ["libcuda.so", "libnvidia-ml.so"];
/// Files to take of one folder: there is one driver, and the leftovers of a few.
const MAX_PER_FOLDER: usize = 32;

/// Every libcuda and libnvidia-ml, each file once. The loader's folders come first, in its order; what lies in a usual place that
/// it was not told of (WSL's folder, a toolkit's `compat`) comes last.
pub fn driver_libraries(root: &Root, places: &Fact<Vec<Place>>, host: &Host) -> Fact<Vec<DriverLibrary>> {
    let platform = host.platform.value();
    places.map(|places| {
        let mut taken = BTreeSet::new();
        let mut found = Vec::new();
        for path in places.iter().flat_map(files) {
            let Ok(real) = root.real(&path) else { continue };
            if taken.contains(&real) || !fits(root, &real, platform) {
                continue;
            }
            found.push(library(root, &real));
            taken.insert(real);
        }
        found
    })
}

/// The libraries of one folder. Programs ask for `libcuda.so.1`, so what that is comes first; then other versions that lie
/// about. `libcuda.so` without a number, which only a linker takes, counts where there is nothing else: in `stubs`.
fn files(Place { folder, names }: &Place) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for family in FAMILIES {
        let numbered = |name: &&String| name.strip_prefix(family).is_some_and(|rest| rest.starts_with('.'));
        let mut own: Vec<_> = names.iter().filter(numbered).collect();
        // WSL has libcuda.so.1 and libcuda.so.1.1 as two files of the same content.
        let soname = format!("{family}.1");
        if own.contains(&&soname) {
            own.retain(|name| **name == soname || version(name).is_some());
        }
        own.order_by_key(|name| **name != soname);
        if own.is_empty() {
            own.extend(names.iter().find(|name| *name == family));
        }
        files.extend(own.into_iter().take(MAX_PER_FOLDER).map(|name| folder.join(name)));
    }
    files
}

/// Whether the loader would try this file: those of another processor or of 32 bits it passes over. An empty file, which
/// containers leave behind, it does not.
fn fits(root: &Root, path: &Path, platform: Option<&Platform>) -> bool {
    if !root.is_file(path) {
        return false;
    }
    match header::platform(root, path) {
        Some(found) => platform.is_none_or(|platform| *platform == found),
        None => !root.read(path, 4).is_ok_and(|bytes| bytes == b"\x7fELF"),
    }
}

fn library(root: &Root, real: &Path) -> DriverLibrary {
    let shown = root.shown(real);
    let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let version = match version(name) {
        Some(version) => Fact::known(version, Source::file(shown.clone())),
        None => Fact::unknown("its file name has no version"),
    };
    DriverLibrary { path: shown, version, kind: kind(real) }
}

fn version(name: &str) -> Option<DriverVersion> {
    FAMILIES.iter().find_map(|family| version_in(name, family))
}

/// The version in `libcuda.so.580.95.05`; `None` for `libcuda.so.1`.
pub(super) fn version_in(name: &str, family: &str) -> Option<DriverVersion> {
    name.strip_prefix(family)?.strip_prefix('.')?.parse().ok()
}

/// What a place says. conda-forge's compatibility package has a folder `cuda-compat`.
pub(super) fn kind(path: &Path) -> LibraryKind {
    if path.starts_with(WSL) {
        return LibraryKind::Wsl;
    }
    let told = path.components().find_map(|part| match part {
        Component::Normal(name) if name == "compat" || name == "cuda-compat" => Some(LibraryKind::Compat),
        Component::Normal(name) if name == "stubs" => Some(LibraryKind::Stub),
        _ => None,
    });
    told.unwrap_or(LibraryKind::Driver)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{super::header::tests::elf, *};
    use crate::{
        probe::{driver_folders::places, host},
        system::Surroundings,
    };
    use std::{fs, os::unix::fs::symlink};

    const MULTIARCH: &str = "usr/lib/x86_64-linux-gnu";

    struct Scene {
        dir: tempfile::TempDir,
        surroundings: Surroundings,
    }

    impl Scene {
        fn new() -> Self {
            let scene = Self { dir: tempfile::tempdir().unwrap(), surroundings: Surroundings::default() };
            scene.write("bin/sh", &elf(62));
            fs::create_dir_all(scene.dir.path().join(MULTIARCH)).unwrap();
            scene
        }

        fn write(&self, path: &str, bytes: &[u8]) {
            let path = self.dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }

        /// A library with its links, as drivers install them.
        fn installed(&self, folder: &str, version: &str) {
            for family in FAMILIES {
                self.write(&format!("{folder}/{family}.{version}"), &elf(62));
                self.link(&format!("{folder}/{family}.1"), &format!("{family}.{version}"));
                self.link(&format!("{folder}/{family}"), &format!("{family}.1"));
            }
        }

        fn link(&self, path: &str, target: &str) {
            symlink(target, self.dir.path().join(path)).unwrap();
        }

        fn found(&self) -> Vec<(String, Option<String>, LibraryKind)> {
            let root = Root::new(Some(self.dir.path()), None).unwrap();
            let host = host::host(&root, &self.surroundings);
            let found = driver_libraries(&root, &places(&root, &self.surroundings, &host), &host);
            let of = |library: &DriverLibrary| {
                (library.path.clone(), library.version.value().map(ToString::to_string), library.kind)
            };
            found.value().unwrap().iter().map(of).collect()
        }
    }

    fn expected(path: &str, version: &str, kind: LibraryKind) -> (String, Option<String>, LibraryKind) {
        (path.to_owned(), Some(version.to_owned()).filter(|version| !version.is_empty()), kind)
    }

    #[test]
    fn an_installed_driver_is_two_files() {
        let scene = Scene::new();
        assert!(scene.found().is_empty());
        scene.installed(MULTIARCH, "580.95.05");
        // 32-bit programs have their own, which does not count.
        scene.write("usr/lib/i386-linux-gnu/libcuda.so.580.95.05", b"\x7fELF\x01\x01\x01");
        scene.link("usr/lib/i386-linux-gnu/libcuda.so.1", "libcuda.so.580.95.05");
        scene.write("etc/ld.so.conf", b"/usr/lib/i386-linux-gnu\n");
        let place = |name: &str| format!("/{MULTIARCH}/{name}.580.95.05");
        let [cuda, nvml] = FAMILIES.map(place);
        let kind = LibraryKind::Driver;
        assert_eq!(scene.found(), [expected(&cuda, "580.95.05", kind), expected(&nvml, "580.95.05", kind)]);
    }

    #[test]
    fn of_two_versions_the_linked_one_comes_first() {
        let scene = Scene::new();
        scene.write(&format!("{MULTIARCH}/libcuda.so.550.163.01"), &elf(62));
        scene.write(&format!("{MULTIARCH}/libcuda.so.990.1"), b"");
        scene.write(&format!("{MULTIARCH}/libcuda.so.980.1"), &elf(183));
        scene.installed(MULTIARCH, "580.95.05");
        let versions: Vec<_> = scene.found().into_iter().filter_map(|(_, version, _)| version).collect();
        assert_eq!(versions, ["580.95.05", "550.163.01", "990.1", "580.95.05"]);
    }

    #[test]
    fn compat_and_stubs_stand_where_the_loader_meets_them() {
        let mut scene = Scene::new();
        scene.installed(MULTIARCH, "550.163.01");
        scene.write("usr/local/cuda-12.8/compat/libcuda.so.570.86.10", &elf(62));
        scene.link("usr/local/cuda-12.8/compat/libcuda.so.1", "libcuda.so.570.86.10");
        scene.link("usr/local/cuda", "cuda-12.8");
        scene.write("usr/local/cuda-12.8/lib64/stubs/libcuda.so", &elf(62));
        let kinds = |scene: &Scene| scene.found().into_iter().map(|(.., kind)| kind).collect::<Vec<_>>();
        use LibraryKind::{Compat, Driver, Stub};
        assert_eq!(kinds(&scene), [Driver, Driver, Compat]);
        scene.write("etc/ld.so.conf.d/00-compat.conf", b"/usr/local/cuda/compat\n");
        scene.write("etc/ld.so.conf", b"include /etc/ld.so.conf.d/*.conf\n");
        assert_eq!(kinds(&scene), [Compat, Driver, Driver]);
        let stubs = "/usr/local/cuda/lib64/stubs".to_owned();
        scene.surroundings.variables.insert("LD_LIBRARY_PATH".to_owned(), stubs);
        assert_eq!(kinds(&scene), [Stub, Compat, Driver, Driver]);
        assert_eq!(scene.found()[0], expected("/usr/local/cuda-12.8/lib64/stubs/libcuda.so", "", Stub));
    }

    #[test]
    fn wsl_lends_its_own_with_and_without_a_linux_driver_before_it() {
        let scene = Scene::new();
        for name in ["libcuda.so", "libcuda.so.1", "libcuda.so.1.1", "libnvidia-ml.so.1"] {
            scene.write(&format!("usr/lib/wsl/lib/{name}"), &elf(62));
        }
        let lent = [
            expected("/usr/lib/wsl/lib/libcuda.so.1", "", LibraryKind::Wsl),
            expected("/usr/lib/wsl/lib/libnvidia-ml.so.1", "", LibraryKind::Wsl),
        ];
        assert_eq!(scene.found(), lent);
        scene.installed(MULTIARCH, "580.95.05");
        let kinds: Vec<_> = scene.found().into_iter().map(|(.., kind)| kind).collect();
        use LibraryKind::{Driver, Wsl};
        assert_eq!(kinds, [Driver, Driver, Wsl, Wsl]);
        scene.write("etc/ld.so.conf", b"/usr/lib/wsl/lib\n");
        let kinds: Vec<_> = scene.found().into_iter().map(|(.., kind)| kind).collect();
        assert_eq!(kinds, [Wsl, Wsl, Driver, Driver]);
    }

    #[test]
    fn nothing_leads_out_of_the_root_or_in_circles() {
        let scene = Scene::new();
        scene.link(&format!("{MULTIARCH}/libcuda.so.1"), "libcuda.so.1");
        scene.link(&format!("{MULTIARCH}/libnvidia-ml.so.1"), "../../../../../../../bin/true");
        fs::create_dir(scene.dir.path().join(format!("{MULTIARCH}/libcuda.so.580.1"))).unwrap();
        assert!(scene.found().is_empty());
        let empty = tempfile::tempdir().unwrap();
        let root = Root::new(Some(empty.path()), None).unwrap();
        let host = host::host(&root, &Surroundings::default());
        assert!(driver_libraries(&root, &places(&root, &Surroundings::default(), &host), &host).is_unknown());
    }
}
