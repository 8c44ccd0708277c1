//! Where `gpucheck kb update` keeps the rows that it took, and which rows are in force: those, while they are newer than the program's own.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{complaint::complain, output::file::save};
use crate::{
    files,
    knowledge::{
        Knowledge,
        update::{Kept, LONGEST},
    },
    system::Surroundings,
};

/// The rows in force. An update that cannot be read is said on standard error, and the program's own rows serve.
pub fn in_force() -> anyhow::Result<Knowledge> {
    let builtin = Knowledge::builtin()?;
    let Some(path) = place(&Surroundings::of_process()) else { return Ok(builtin) };
    match kept(&path) {
        Ok(Some(update)) if update.date > builtin.date => Ok(update),
        Ok(_) => Ok(builtin),
        Err(error) => {
            let said = "these rows are not used, the program's own are (gpucheck kb update takes new ones, --remove removes them)";
            complain(&error.context(format!("{}: {said}", path.display())));
            Ok(builtin)
        }
    }
}

/// The rows that are kept, if there are any.
fn kept(path: &Path) -> anyhow::Result<Option<Knowledge>> {
    let text = match files::whole(path, LONGEST) {
        Ok(text) => text,
        // In a folder that this user may not enter nothing was taken.
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    Kept::read(&text).map(Some)
}

/// Keeps an update, in place of an earlier one.
pub fn keep(kept: &Kept, file: &str) -> anyhow::Result<PathBuf> {
    let path =
        place(&Surroundings::of_process()).context("no home directory to keep the rows in (set XDG_DATA_HOME)")?;
    let folder = path.parent().unwrap_or(&path);
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    save("the rows", &path, &kept.with(file)?)?;
    Ok(path)
}

/// Removes what was kept; whether there was anything.
pub fn remove() -> anyhow::Result<bool> {
    let Some(path) = place(&Surroundings::of_process()) else { return Ok(false) };
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
    }
}

/// The file, in the user's folder for data: `$XDG_DATA_HOME` (`~/.local/share`), on Windows `%LOCALAPPDATA%`.
fn place(surroundings: &Surroundings) -> Option<PathBuf> {
    let named = surroundings.filled(if cfg!(windows) { "LOCALAPPDATA" } else { "XDG_DATA_HOME" });
    let named = named.map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = named.or_else(|| Some(surroundings.home.as_ref()?.join(".local/share")))?;
    Some(folder.join("gpucheck").join("knowledge.signed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn the_folder_for_data_holds_it() {
        let mut surroundings = Surroundings { home: Some("/home/sam".into()), ..Surroundings::default() };
        assert_eq!(place(&surroundings).unwrap(), Path::new("/home/sam/.local/share/gpucheck/knowledge.signed"));
        surroundings.variables.insert("XDG_DATA_HOME".to_owned(), "relative".to_owned());
        assert_eq!(place(&surroundings).unwrap(), Path::new("/home/sam/.local/share/gpucheck/knowledge.signed"));
        surroundings.variables.insert("XDG_DATA_HOME".to_owned(), "/data".to_owned());
        assert_eq!(place(&surroundings).unwrap(), Path::new("/data/gpucheck/knowledge.signed"));
        assert_eq!(place(&Surroundings::default()), None);
    }
}
