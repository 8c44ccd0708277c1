//! The Pythons of Windows' registry, where installers list them for the `py` launcher and for others (PEP 514).

use std::path::PathBuf;

use gpucheck_ground::Order as _;

/// A Python as the registry has it. Nothing says that its files are still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredPython {
    /// Who gave it out: `PythonCore` for python.org's own, `ContinuumAnalytics` for Anaconda's.
    pub company: String,
    /// Its name with that company: `3.12`, `3.12-32`, `Anaconda312-64`.
    pub tag: String,
    /// Folder that it was installed to.
    pub folder: Option<PathBuf>,
    /// Its interpreter; nothing where only the folder is told.
    pub executable: Option<PathBuf>,
}

impl RegisteredPython {
    /// Where its interpreter should be.
    pub fn interpreter(&self) -> Option<PathBuf> {
        self.executable.clone().or_else(|| Some(self.folder.as_ref()?.join("python.exe")))
    }
}

/// The order in which `py` without a version prefers them: the newest of python.org's own first, of two alike the user's; 32-bit ones, and
/// those that are another architecture's, after the others; then those of other companies, as they are listed. Sorts what is listed with the
/// user's before the machine's.
pub fn preferred(mut listed: Vec<RegisteredPython>) -> Vec<RegisteredPython> {
    let rank = |python: &RegisteredPython| {
        let core = python.company.eq_ignore_ascii_case("PythonCore");
        let (release, rest) = python.tag.split_once('-').unwrap_or((&python.tag, ""));
        let mut numbers = release.split('.').map(|part| part.trim_end_matches('t').parse::<u32>().unwrap_or_default());
        let newest = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
        let newest = if core { newest } else { (0, 0) };
        (!core, !rest.is_empty() && rest != "64", std::cmp::Reverse(newest), core && release.ends_with('t'))
    };
    listed.order_by_key(rank);
    listed
}

/// Those that are listed for this user and for the machine, in the launcher's order.
#[cfg(windows)]
pub(super) fn registered() -> Vec<RegisteredPython> {
    let mut found = Vec::new();
    for hive in [windows_registry::CURRENT_USER, windows_registry::LOCAL_MACHINE] {
        found.extend(listed(hive));
    }
    preferred(found)
}

/// Elsewhere there is no registry.
#[cfg(not(windows))]
pub(super) const fn registered() -> Vec<RegisteredPython> {
    Vec::new()
}

/// Those of one hive, as far as it can be read.
#[cfg(windows)]
fn listed(hive: &windows_registry::Key) -> Vec<RegisteredPython> {
    /// More companies, and more Pythons of one, than any machine has.
    const MOST: usize = 64;
    let names = |key: &windows_registry::Key| -> Vec<String> {
        key.keys().map(|names| names.take(MOST).collect()).unwrap_or_default()
    };
    let Ok(root) = hive.open(r"Software\Python") else { return Vec::new() };
    let mut found = Vec::new();
    // PyLauncher is a key of the launcher itself (PEP 514, "Structure").
    for company in names(&root).into_iter().filter(|name| !name.eq_ignore_ascii_case("PyLauncher")) {
        let Ok(tags) = root.open(&company) else { continue };
        for tag in names(&tags) {
            let Ok(place) = tags.open(format!(r"{tag}\InstallPath")) else { continue };
            let path = |name: &str| {
                let text = place.get_string(name).ok()?;
                Some(text.trim_matches('"').trim()).filter(|text| !text.is_empty()).map(PathBuf::from)
            };
            let (folder, executable) = (path(""), path("ExecutablePath"));
            found.push(RegisteredPython { company: company.clone(), tag, folder, executable });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(company: &str, tag: &str) -> RegisteredPython {
        RegisteredPython { company: company.to_owned(), tag: tag.to_owned(), folder: None, executable: None }
    }

    #[test]
    fn the_launcher_prefers_the_newest() {
        let listed = [
            ("ContinuumAnalytics", "Anaconda312-64"),
            ("PythonCore", "3.9"),
            ("PythonCore", "3.13-32"),
            ("PythonCore", "3.14t"),
            ("PythonCore", "3.14"),
            ("PythonCore", "3.10"),
            ("PythonCore", ""),
        ];
        let order = preferred(listed.map(|(company, tag)| python(company, tag)).into());
        let tags: Vec<_> = order.iter().map(|python| python.tag.as_str()).collect();
        assert_eq!(tags, ["3.14", "3.14t", "3.10", "3.9", "", "3.13-32", "Anaconda312-64"]);
    }

    #[test]
    fn a_folder_alone_leads_to_an_interpreter() {
        let folder = PathBuf::from("Python312");
        let mut python = RegisteredPython { folder: Some(folder.clone()), ..python("PythonCore", "3.12") };
        assert_eq!(python.interpreter(), Some(folder.join("python.exe")));
        python.executable = Some("x/python3.exe".into());
        assert_eq!(python.interpreter(), Some("x/python3.exe".into()));
        assert_eq!(self::python("PythonCore", "3.12").interpreter(), None);
    }
}
