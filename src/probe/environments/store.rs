//! Python from Microsoft's Store: known by its aliases. Its packages for the user lie in the folder of its data ("Using Python on Windows", "The
//! Microsoft Store package"; names as in CPython's PC/launcher2.c).

use std::path::{Path, PathBuf};

use gpucheck_ground::Order as _;

use super::{
    alias::{ALIASES, is_alias},
    layout::Layout,
};
use crate::{
    facts::{Fact, PythonVersion, Source},
    system::{Root, Surroundings},
};

/// What the names of its packages begin and end with: `PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0`.
const BEFORE: &str = "PythonSoftwareFoundation.Python.";
const AFTER: &str = "_qbz5n2kfra8p0";

/// The Pythons that are installed from the Store for this user, the newest first.
pub fn pythons(root: &Root, surroundings: &Surroundings) -> Vec<Layout> {
    let Some(local) = surroundings.filled("LOCALAPPDATA").map(PathBuf::from) else { return Vec::new() };
    let aliases = local.join("Microsoft").join(ALIASES);
    let mut found: Vec<(PythonVersion, String)> =
        root.names_starting(&aliases, &[BEFORE]).into_iter().filter_map(|name| Some((version(&name)?, name))).collect();
    found.order_by(|one, other| other.cmp(one));
    found.into_iter().filter_map(|(version, package)| layout(root, &local, version, &package)).collect()
}

/// The Python that an alias starts: that of its own folder; one that lies beside others is the newest Python's, where nothing else was chosen.
pub fn behind(root: &Root, surroundings: &Surroundings, alias: &Path) -> Option<Layout> {
    is_alias(root, alias).then_some(())?;
    let mut pythons = pythons(root, surroundings);
    let place = pythons.iter().position(|python| python.interpreter.as_deref() == Some(alias));
    match place {
        Some(place) => Some(pythons.swap_remove(place)),
        None => pythons.into_iter().next(),
    }
}

/// The version in the name of a package.
fn version(package: &str) -> Option<PythonVersion> {
    package.strip_prefix(BEFORE)?.strip_suffix(AFTER)?.parse().ok()
}

fn layout(root: &Root, local: &Path, version: PythonVersion, package: &str) -> Option<Layout> {
    let interpreter = local.join("Microsoft").join(ALIASES).join(package).join("python.exe");
    if !root.is_file(&interpreter) {
        return None;
    }
    // Windows leads what Python writes into its own folder, and its folder of the user, to here.
    let data = local.join("Packages").join(package).join("LocalCache").join("local-packages");
    let prefix = data.join(format!("Python{}{}", version.major, version.minor));
    let site = prefix.join("site-packages");
    Some(Layout {
        python: Fact::known(version, Source::file(root.shown(&interpreter))),
        interpreter: Some(interpreter),
        site_packages: Some(site).filter(|site| root.is_dir(site)).into_iter().collect(),
        prefix,
        windows: true,
        venv: None,
        conda: false,
        underpth: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_in_names() {
        let of = |name: &str| version(name).map(|version| version.to_string());
        assert_eq!(of("PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0").as_deref(), Some("3.12"));
        assert_eq!(of("PythonSoftwareFoundation.PythonManager_qbz5n2kfra8p0"), None);
        assert_eq!(of("PythonSoftwareFoundation.Python.3.12_other"), None);
    }
}
