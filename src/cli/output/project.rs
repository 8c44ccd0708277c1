//! The root of the project, from which CI systems name files.

use std::path::{Path, PathBuf};

use crate::system::{Root, Surroundings};

/// Variables in which CI systems name the folder of the checkout: GitHub Actions (and what speaks like it), GitLab.
const VARIABLES: [&str; 2] = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"];

/// The folder of the checkout that the current folder is in: as the CI system says, else the repository, else the current folder itself.
pub(super) fn root(surroundings: &Surroundings) -> Option<PathBuf> {
    let folder = surroundings.folder.as_deref()?;
    let said = VARIABLES.iter().filter_map(|name| surroundings.filled(name)).map(Path::new);
    let said =
        said.filter(|root| root.is_absolute() && folder.starts_with(root)).max_by_key(|root| root.as_os_str().len());
    let repository = || {
        let system = Root::new(None, surroundings.home.as_deref()).ok()?;
        folder.ancestors().find(|above| system.is_named(&above.join(".git")))
    };
    Some(said.or_else(repository).unwrap_or(folder).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ci_system_is_asked_first() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("repository/sub/deep")).unwrap();
        std::fs::write(at("repository/.git"), "gitdir: elsewhere").unwrap();
        let mut here = Surroundings { folder: Some(at("repository/sub/deep")), ..Surroundings::default() };
        assert_eq!(root(&here), Some(at("repository")));
        here.variables.insert("GITHUB_WORKSPACE".to_owned(), at("repository/sub").display().to_string());
        assert_eq!(root(&here), Some(at("repository/sub")));
        here.variables.insert("GITHUB_WORKSPACE".to_owned(), "/elsewhere".to_owned());
        assert_eq!(root(&here), Some(at("repository")));
    }
}
