//! The files of the driver's user space: libcuda, NVML and the compilers that libcuda loads, each with what is wrong with it. Found by
//! their names and read by their headers, below `--root` too; never loaded.

use std::path::Path;

use super::{driver_folders::Place, driver_libraries, shared_object};
use crate::{
    facts::{DriverFile, DriverPart, Fact, FileDamage, Host, Platform, Source},
    system::Root,
};

/// More than exist on any machine.
const MOST: usize = 64;

/// In the loader's order of folders, each file once for each library.
pub fn driver_files(root: &Root, places: &Fact<Vec<Place>>, host: &Host) -> Fact<Vec<DriverFile>> {
    places.map(|places| {
        let mut files: Vec<DriverFile> = Vec::new();
        for (place, part) in places.iter().flat_map(|place| DriverPart::ALL.map(|part| (place, part))) {
            if let Some(file) = file(root, place, part, host.platform.value())
                && files.len() < MOST
                && !files.iter().any(|other| other.part == part && other.path == file.path)
            {
                files.push(file);
            }
        }
        files
    })
}

/// What the loader finds in a folder when it searches for this library.
fn file(root: &Root, place: &Place, part: DriverPart, platform: Option<&Platform>) -> Option<DriverFile> {
    let Place { folder, names } = place;
    if names.iter().any(|name| name == part.soname()) {
        let asked = folder.join(part.soname());
        let damage = shared_object::damage(root, &asked, platform);
        // A link to a file of another name says more by its own.
        let real = root.real(&asked).ok().filter(|real| {
            real.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(part.family()))
        });
        return Some(described(root, real.as_deref().unwrap_or(&asked), part, damage));
    }
    // `libcuda.so` without a number is for linking; one with a version is what the link should lead to.
    let versioned = |name: &&String| driver_libraries::version_in(name, part.family()).is_some();
    let name = names.iter().rev().find(versioned)?;
    Some(described(root, &folder.join(name), part, Some(FileDamage::Unlinked)))
}

fn described(root: &Root, path: &Path, part: DriverPart, damage: Option<FileDamage>) -> DriverFile {
    let shown = root.shown(path);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let version = match driver_libraries::version_in(name, part.family()) {
        Some(version) => Fact::known(version, Source::file(shown.clone())),
        None => Fact::unknown("its file name has no version"),
    };
    DriverFile { part, version, kind: driver_libraries::kind(path), damage, path: shown }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::{
        super::{driver_folders::places, host, shared_object::tests::library},
        *,
    };
    use crate::system::Surroundings;
    use std::{fs, os::unix::fs::symlink};

    const FOLDER: &str = "usr/lib/x86_64-linux-gnu";

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(FOLDER)).unwrap();
        fs::create_dir_all(dir.path().join("bin")).unwrap();
        fs::write(dir.path().join("bin/sh"), library(62)).unwrap();
        dir
    }

    fn lay(dir: &Path, part: DriverPart, content: &[u8]) {
        let file = format!("{}.580.95.05", part.family());
        fs::write(dir.join(FOLDER).join(&file), content).unwrap();
        symlink(&file, dir.join(FOLDER).join(part.soname())).unwrap();
    }

    fn found(dir: &Path) -> Vec<(DriverPart, String, Option<FileDamage>)> {
        let root = Root::new(Some(dir), None).unwrap();
        let surroundings = Surroundings::default();
        let host = host::host(&root, &surroundings);
        let files = driver_files(&root, &places(&root, &surroundings, &host), &host);
        files.value().unwrap().iter().map(|file| (file.part, file.path.clone(), file.damage.clone())).collect()
    }

    #[test]
    fn whole_files_have_no_damage() {
        let dir = tree();
        assert!(found(dir.path()).is_empty());
        for part in DriverPart::ALL {
            lay(dir.path(), part, &library(62));
        }
        let expected = DriverPart::ALL.map(|part| (part, format!("/{FOLDER}/{}.580.95.05", part.family()), None));
        assert_eq!(found(dir.path()), expected);
    }

    #[test]
    fn each_damage_is_told_with_its_path() {
        let dir = tree();
        let place = dir.path().join(FOLDER);
        lay(dir.path(), DriverPart::Cuda, b"");
        lay(dir.path(), DriverPart::Nvml, &library(62)[..90]);
        symlink("libnvidia-ptxjitcompiler.so.580.95.05", place.join("libnvidia-ptxjitcompiler.so.1")).unwrap();
        fs::create_dir(place.join("libnvidia-nvvm.so.4")).unwrap();
        symlink("libnvidia-nvvm70.so.4", place.join("libnvidia-nvvm70.so.4")).unwrap();
        let damage: Vec<_> = found(dir.path()).into_iter().map(|(.., damage)| damage.unwrap()).collect();
        use FileDamage::{CutOff, Dangling, Empty, NotAFile};
        assert!(
            matches!(damage.as_slice(), [Empty, CutOff { bytes: 90, .. }, Dangling, NotAFile, Dangling]),
            "{damage:?}"
        );
    }

    #[test]
    fn a_version_without_its_link_is_no_library_of_programs() {
        let dir = tree();
        fs::write(dir.path().join(FOLDER).join("libcuda.so.580.95.05"), library(62)).unwrap();
        fs::write(dir.path().join(FOLDER).join("libcuda.so"), library(62)).unwrap();
        let path = format!("/{FOLDER}/libcuda.so.580.95.05");
        assert_eq!(found(dir.path()), [(DriverPart::Cuda, path, Some(FileDamage::Unlinked))]);
    }
}
