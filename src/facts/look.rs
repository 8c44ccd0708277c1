//! Problems found while reading installed packages: files that are not libraries, folders that cannot be listed, other
//! places that Python may take a package from. A failed check is a fact of its own: no claim replaces it.

use serde::{Deserialize, Serialize};

/// How the libraries of a package were found. Without one of these they were not searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Listing {
    /// Its RECORD lists them.
    Record,
    /// Without a RECORD the folder of its name was searched.
    Folder,
    /// It has no metadata at all: the folder of its name was found and searched.
    Module,
    /// Nothing says where they are: an editable install that does not name its folder.
    Nowhere,
}

/// A native library that should be there and cannot be taken for one, or a Python file without which the package cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BadFile {
    /// Its path, as that of a library.
    pub path: String,
    /// What kind of fault it is.
    pub what: Flaw,
    /// The same for people, as the end of a sentence that begins with the path: `is empty`.
    pub why: String,
}

/// Kinds of faults of a native library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// The file does not exist, or is a broken link.
    Absent,
    /// It has no bytes.
    Empty,
    /// Its headers describe more bytes than it has, or are damaged themselves.
    CutOff,
    /// All bytes that were read are zeros.
    Zeros,
    /// The text that Git LFS keeps in place of a large file.
    Pointer,
    /// It is not a library of any kind; for a Python file: not Python source.
    NoLibrary,
    /// It is for another processor or system.
    OtherMachine,
    /// Its section headers are gone: the system may load it, but its GPU code cannot be determined.
    NoSections,
    /// Whole, but not loadable by the system's loader: an object file, a program, a file without segments.
    NotLoadable,
    /// Text for the linker, or a link that an archive has turned into text: harmless where nothing loads it by this name.
    LinkerScript,
    /// A folder, a pipe or a device.
    NotAFile,
    /// Its symbolic links form a loop.
    LinkLoop,
    /// The operating system refuses to read it.
    Unreadable,
}

/// A folder that was not read, or not to its end; a file of metadata that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Unlisted {
    /// The folder or file as shown.
    pub path: String,
    /// Why not, as a lower-case fragment.
    pub why: String,
}

/// Another place that has a package of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Elsewhere {
    /// Normalised name.
    pub package: String,
    /// The module or the metadata folder, as shown.
    pub at: String,
    /// Version, if its metadata has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What makes Python look there.
    pub way: Way,
}

/// What makes Python look in another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// PYTHONPATH: before the environment.
    Pythonpath,
    /// The current folder: before the environment, for what is started there with `-c` or `-m`, and for scripts that lie in it.
    CurrentFolder,
    /// What an editable install has left behind: it leads elsewhere, and the package that lies among the others comes first.
    EditableLeft,
    /// Metadata beside that of the package in the same folder.
    SameFolder,
    /// Another folder of packages, which the environment sees too, behind the one that counts.
    OtherFolder,
    /// As above, where the one that counts is that of `pip install --user` and this is the environment's own.
    OwnFolder,
}
