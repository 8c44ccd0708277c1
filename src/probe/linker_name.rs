//! Whether a linker finds the CUDA driver: `-lcuda` asks for `libcuda.so`, programs for `libcuda.so.1`, and a driver without its
//! development files has the latter only.

use super::driver_folders::Place;
use crate::{
    facts::{Fact, Source},
    system::{Root, Surroundings},
};

const NAME: &str = "libcuda.so";
const LOADED: &str = "libcuda.so.1";
const MAX_FOLDERS: usize = 64;

/// Where it is: in the driver's folders, or in one that LIBRARY_PATH names to compilers. Unknown where there is no driver to link.
pub fn linker_name(root: &Root, surroundings: &Surroundings, places: &Fact<Vec<Place>>) -> Fact<String> {
    let places = match places {
        Fact::Known { value, .. } => value,
        Fact::Absent { via } => return Fact::absent(via.clone()),
        Fact::Unknown { why } => return Fact::unknown(why.clone()),
    };
    let has = |place: &Place, wanted: &str| place.names.iter().any(|name| name == wanted);
    if !places.iter().any(|place| has(place, LOADED)) {
        return Fact::unknown(format!("no {LOADED} to link"));
    }
    let named = if root.is_live() { surroundings.folders("LIBRARY_PATH") } else { Vec::new() };
    let by_variable = named.into_iter().take(MAX_FOLDERS).find(|folder| root.is_file(&folder.join(NAME)));
    let beside = || places.iter().find(|place| has(place, NAME)).map(|place| place.folder.clone());
    match by_variable.or_else(beside) {
        Some(folder) => {
            let path = root.shown(&folder.join(NAME));
            Fact::known(path.clone(), Source::file(path))
        }
        None => Fact::absent(Source::file("the loader's search path and LIBRARY_PATH")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn place(folder: &str, names: &[&str]) -> Place {
        Place { folder: folder.into(), names: names.iter().map(|name| (*name).to_owned()).collect() }
    }

    fn ask(places: Vec<Place>) -> Fact<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("usr/lib")).unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        linker_name(&root, &Surroundings::default(), &Fact::known(places, Source::file("x")))
    }

    #[test]
    fn the_name_counts_in_any_folder_of_the_driver() {
        let driver = ["libcuda.so.1", "libcuda.so.580.95.05"];
        assert!(ask(vec![place("/usr/lib", &driver)]).is_absent());
        let found = ask(vec![place("/usr/lib", &driver), place("/usr/lib64", &["libcuda.so"])]);
        assert_eq!(found.value().map(String::as_str), Some("/usr/lib64/libcuda.so"));
        assert!(ask(vec![place("/usr/lib", &[])]).is_unknown());
    }
}
