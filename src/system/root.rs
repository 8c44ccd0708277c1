//! The one door to the file system: every path a probe reads is taken below `--root`, every read is capped, and only regular
//! files are opened (a FIFO or a device could block forever).

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use gpucheck_ground::Order as _;

use super::tree::{Node, Tree};
use crate::files::{self, Opened};

/// As many symbolic links as Linux itself follows in one path.
const MAX_LINKS: usize = 40;
/// A probe needs no more entries of a folder than this.
const MAX_ENTRIES: usize = 100_000;

/// The file system as the probes see it.
#[derive(Debug, Clone)]
pub struct Root {
    base: Base,
    home: Option<PathBuf>,
    /// Where the name of the home folder leads, where that is another place.
    real_home: Option<PathBuf>,
}

/// What the paths of a root begin at.
#[derive(Debug, Clone)]
enum Base {
    /// The machine's own root.
    Live,
    /// A folder of the machine.
    Folder(PathBuf),
    /// A tree of files that the machine has no folder for.
    Tree(Arc<dyn Tree>),
}

impl Root {
    /// The file system below `base`, or the machine's own. `home` is what [`Root::shown`] writes as `~`.
    ///
    /// # Errors
    /// When `base` is not a folder.
    pub fn new(base: Option<&Path>, home: Option<&Path>) -> io::Result<Self> {
        let base = base.map(canonical).transpose()?;
        if base.as_deref().is_some_and(|base| !base.is_dir()) {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"));
        }
        Ok(Self::of(base.map_or(Base::Live, Base::Folder), home))
    }

    /// A file system that is not laid out on the machine, such as that of an image in an archive.
    pub fn of_tree(tree: Arc<dyn Tree>, home: Option<&Path>) -> Self {
        Self::of(Base::Tree(tree), home)
    }

    fn of(base: Base, home: Option<&Path>) -> Self {
        // In a container HOME may be "/", and then everything would be below it.
        let home = home.filter(|home| home.parent().is_some()).map(Path::to_owned);
        let mut root = Self { base, home, real_home: None };
        let real = root.home.as_deref().and_then(|home| root.real(home).ok());
        root.real_home = real.filter(|real| real.parent().is_some() && root.home.as_ref() != Some(real));
        root
    }

    /// Whether this is the machine's own file system, so that its processes can be asked too.
    pub fn is_live(&self) -> bool {
        matches!(self.base, Base::Live)
    }

    /// Where `path` is found: itself on the machine's own file system, below the root otherwise.
    fn locate(&self, path: &Path) -> io::Result<Place<'_>> {
        Ok(match &self.base {
            Base::Live => Place::Path(path.to_owned()),
            Base::Folder(base) => Place::Path(outer(base, &in_folder(base, path)?)),
            Base::Tree(tree) => Place::Tree(&**tree, in_tree(&**tree, path)?),
        })
    }

    /// Opens a regular file, links followed.
    ///
    /// # Errors
    /// When it does not exist, or its links form a loop; what the operating system says; anything but a regular file is refused.
    pub fn open(&self, path: &Path) -> io::Result<Opened> {
        match self.locate(path)? {
            Place::Path(path) => Opened::open(&path),
            Place::Tree(tree, path) => tree.open(&path),
        }
    }

    /// `path` without symbolic links, as seen from inside the root.
    ///
    /// # Errors
    /// When it does not exist or its links form a loop.
    pub fn real(&self, path: &Path) -> io::Result<PathBuf> {
        match &self.base {
            Base::Live => canonical(path),
            Base::Folder(base) => in_folder(base, path),
            Base::Tree(tree) => in_tree(&**tree, path),
        }
    }

    /// The path without `.` and `..`: by its names, which people know, where those lead to the same place, else as it really is.
    pub fn tidy(&self, path: PathBuf) -> PathBuf {
        let path = plain(path);
        if !path.components().any(|part| part == Component::ParentDir) {
            return path.components().collect();
        }
        let Ok(real) = self.real(&path) else { return path };
        clean(&path).filter(|clean| self.real(clean).is_ok_and(|other| other == real)).unwrap_or(real)
    }

    /// A path of the system outside as seen from inside the root, when it lies there. Links on the way from the root are left
    /// to `Root::locate`: outside they would lead elsewhere.
    pub fn inside(&self, path: &Path) -> Option<PathBuf> {
        let Base::Folder(base) = &self.base else { return None };
        let above = path.ancestors().find(|folder| canonical(folder).is_ok_and(|folder| folder == *base))?;
        let inside = Path::new("/").join(path.strip_prefix(above).ok()?);
        self.real(&inside).is_ok().then_some(inside)
    }

    /// Whether there is a regular file, links followed.
    pub fn is_file(&self, path: &Path) -> bool {
        matches!(self.node(path), Ok(Node::File { .. }))
    }

    /// Whether there is a folder, links followed.
    pub fn is_dir(&self, path: &Path) -> bool {
        matches!(self.node(path), Ok(Node::Folder))
    }

    /// Whether there is a regular file that somebody may execute. Below another root its users are not known, and so nobody's rights are
    /// asked for. On Windows every file is one.
    pub fn is_executable(&self, path: &Path) -> bool {
        matches!(self.node(path), Ok(Node::File { executable: true, .. }))
    }

    /// Whether there is something that is neither a regular file nor a folder: a pipe, a socket, a device.
    pub fn is_other(&self, path: &Path) -> bool {
        matches!(self.node(path), Ok(Node::Other))
    }

    /// Whether there is anything of this name, if only a link that leads nowhere.
    pub fn is_named(&self, path: &Path) -> bool {
        self.is_link(path) || self.node(path).is_ok()
    }

    /// Whether the path itself is a symbolic link. Below another root the parents are resolved, the last part is not.
    pub fn is_link(&self, path: &Path) -> bool {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return false };
        match self.locate(folder) {
            Ok(Place::Path(folder)) => fs::symlink_metadata(folder.join(name)).is_ok_and(|meta| meta.is_symlink()),
            Ok(Place::Tree(tree, folder)) => matches!(tree.node(&folder.join(name)), Ok(Node::Link(_))),
            Err(_) => false,
        }
    }

    /// What is at this path, links followed.
    ///
    /// # Errors
    /// When it does not exist, or its links form a loop; what the operating system says.
    pub fn node(&self, path: &Path) -> io::Result<Node> {
        match self.locate(path)? {
            Place::Path(path) => fs::metadata(path).map(|meta| Node::of(&meta)),
            Place::Tree(tree, path) => tree.node(&path),
        }
    }

    /// The first `limit` bytes of a regular file.
    ///
    /// # Errors
    /// What the operating system says; anything but a regular file is refused.
    pub fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        files::head_of(self.open(path)?, limit)
    }

    /// The last `limit` bytes of a regular file.
    ///
    /// # Errors
    /// As [`Root::read`].
    pub fn tail(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        files::tail_of(self.open(path)?, limit)
    }

    /// The first `limit` bytes of a regular file as text; what is not UTF-8 becomes replacement characters.
    ///
    /// # Errors
    /// As [`Root::read`].
    pub fn read_text(&self, path: &Path, limit: u64) -> io::Result<String> {
        Ok(text(self.read(path, limit)?))
    }

    /// The text before the first empty line of those bytes.
    ///
    /// # Errors
    /// As [`Root::read`].
    pub fn read_fields(&self, path: &Path, limit: u64) -> io::Result<String> {
        Ok(text(files::fields_of(self.open(path)?, limit)?))
    }

    /// Names in a folder, sorted.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn list(&self, folder: &Path) -> io::Result<Vec<OsString>> {
        let mut names: Vec<_> = self.entries(folder)?.take(MAX_ENTRIES).flatten().collect();
        names.order();
        Ok(names)
    }

    /// Names in a folder that are UTF-8, sorted, and whether there are more than are returned.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn listing(&self, folder: &Path) -> io::Result<(Vec<String>, bool)> {
        let mut entries = self.entries(folder)?;
        let names = entries.by_ref().take(MAX_ENTRIES).map(|name| name.map(|name| name.into_string().ok()));
        let mut names: Vec<_> = names.collect::<io::Result<Vec<_>>>()?.into_iter().flatten().collect();
        names.order();
        Ok((names, entries.next().is_some()))
    }

    /// Names in a folder as they come.
    fn entries(&self, folder: &Path) -> io::Result<Box<dyn Iterator<Item = io::Result<OsString>>>> {
        Ok(match self.locate(folder)? {
            Place::Path(folder) => Box::new(fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()))),
            Place::Tree(tree, folder) => Box::new(tree.names(&folder)?.into_iter().map(Ok)),
        })
    }

    /// Names in a folder that are UTF-8, sorted; none when it cannot be read.
    pub fn names(&self, folder: &Path) -> Vec<String> {
        self.list(folder).unwrap_or_default().into_iter().filter_map(|name| name.into_string().ok()).collect()
    }

    /// A path as people see it: forward slashes, home as `~`.
    pub fn shown(&self, path: &Path) -> String {
        let below = self.homes().find_map(|home| below(path, home));
        let text = |path: &Path| path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        match below {
            Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Some(rest) => format!("~/{}", text(rest)),
            None => text(path),
        }
    }

    /// Those of [`Root::names`] that begin so: a system's folder of libraries has thousands of others.
    pub fn names_starting(&self, folder: &Path, start: &[&str]) -> Vec<String> {
        let Ok(entries) = self.entries(folder) else { return Vec::new() };
        let names = entries.take(MAX_ENTRIES).flatten().filter_map(|name| name.into_string().ok());
        let mut names: Vec<_> = names.filter(|name| start.iter().any(|start| name.starts_with(start))).collect();
        names.order();
        names
    }

    /// The folders that [`Root::shown`] writes as `~`: home as it is called, and where that leads.
    pub fn homes(&self) -> impl Iterator<Item = &Path> {
        self.home.as_deref().into_iter().chain(self.real_home.as_deref())
    }
}

/// The part of a path below a folder. To Windows small letters and capitals are one.
fn below<'p>(path: &'p Path, folder: &Path) -> Option<&'p Path> {
    if cfg!(not(windows)) {
        return path.strip_prefix(folder).ok();
    }
    let mut rest = path.components();
    let same =
        |part: Component<'_>| rest.next().is_some_and(|own| own.as_os_str().eq_ignore_ascii_case(part.as_os_str()));
    folder.components().all(same).then_some(rest.as_path())
}

/// Where a path of a root leads.
enum Place<'r> {
    Path(PathBuf),
    Tree(&'r dyn Tree, PathBuf),
}

/// The path without `..`, links left alone; `None` when it leaves the root.
pub fn clean(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => out.pop().then_some(())?,
            Component::CurDir => {}
            _ => out.push(part),
        }
    }
    Some(out)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The path on the machine's own file system. Windows cannot say the final name of a file on every drive (those of RAM disks and of some shares
/// have none): then a file that is there has the name it was asked by.
///
/// # Errors
/// When nothing is there, or the links form a loop; what the operating system says.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(path) {
        Err(_) if cfg!(windows) && fs::metadata(path).is_ok() => std::path::absolute(path).map(plain),
        result => result.map(plain),
    }
}

/// Canonical paths on Windows start with `\\?\`, which nobody types; those of another machine with `\\?\UNC\` for `\\`.
fn plain(path: PathBuf) -> PathBuf {
    let rest = path.to_str().and_then(|text| text.strip_prefix(r"\\?\"));
    match rest.map(|rest| (rest.as_bytes().get(1) == Some(&b':'), rest.strip_prefix(r"UNC\"), rest)) {
        Some((true, _, rest)) => PathBuf::from(rest),
        Some((_, Some(share), _)) => PathBuf::from(format!(r"\\{share}")),
        _ => path,
    }
}

/// The place on the machine of a path inside the root.
fn outer(base: &Path, inside: &Path) -> PathBuf {
    inside.components().fold(base.to_owned(), |path, part| match part {
        Component::Normal(name) => path.join(name),
        _ => path,
    })
}

/// Follows links as a process confined to `base` would.
fn in_folder(base: &Path, path: &Path) -> io::Result<PathBuf> {
    resolve(path, &|path| {
        let place = outer(base, path);
        match fs::symlink_metadata(&place)?.is_symlink() {
            true => fs::read_link(&place).map(Some),
            false => Ok(None),
        }
    })
}

/// Follows the links of a tree.
fn in_tree(tree: &dyn Tree, path: &Path) -> io::Result<PathBuf> {
    resolve(path, &|path| match tree.node(path)? {
        Node::Link(target) => Ok(Some(target)),
        _ => Ok(None),
    })
}

/// The path without links, where `link` says what one leads to: absolute ones start at the root, `..` stops there.
fn resolve(path: &Path, link: &dyn Fn(&Path) -> io::Result<Option<PathBuf>>) -> io::Result<PathBuf> {
    let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect::<Vec<_>>();
    let mut current = PathBuf::from("/");
    let mut pending = parts(path);
    let mut links = 0;
    while let Some(part) = pending.pop() {
        if part == OsStr::new("..") {
            current.pop();
            continue;
        }
        if !matches!(Path::new(&part).components().next(), Some(Component::Normal(_))) {
            continue;
        }
        let next = current.join(&part);
        let Some(target) = link(&next)? else {
            current = next;
            continue;
        };
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "its symbolic links form a loop"));
        }
        if target.has_root() {
            current = PathBuf::from("/");
        }
        pending.extend(parts(&target));
    }
    Ok(current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_is_a_tilde_and_slashes_are_forward() {
        let home = Path::new("/home").join("sam");
        let root = Root::new(None, Some(&home)).unwrap();
        assert_eq!(root.shown(&home.join("proj").join(".venv")), "~/proj/.venv");
        assert_eq!(root.shown(&home), "~");
        assert_eq!(root.shown(Path::new("/home/sammy")), "/home/sammy");
        assert_eq!(Root::new(None, Some(Path::new("/"))).unwrap().shown(Path::new("/opt/x")), "/opt/x");
    }

    #[test]
    fn cleaning_is_about_names_only() {
        assert_eq!(clean(Path::new("/a/b/../c/./d")), Some(PathBuf::from("/a/c/d")));
        assert!(!clean(Path::new("/env/lib/../../etc/x")).unwrap().starts_with("/env"));
        assert_eq!(clean(Path::new("a/../..")), None);
    }

    #[test]
    fn nobody_types_the_canonical_form_of_windows() {
        for (canonical, typed) in [
            (r"\\?\C:\work\x", r"C:\work\x"),
            (r"\\?\UNC\server\share\x", r"\\server\share\x"),
            (r"\\?\Volume{0}\x", r"\\?\Volume{0}\x"),
            ("/work/x", "/work/x"),
        ] {
            assert_eq!(plain(PathBuf::from(canonical)), PathBuf::from(typed));
        }
    }

    #[test]
    fn reads_are_capped_and_only_of_regular_files() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), b"0123456789\xff").unwrap();
        let root = Root::new(None, None).unwrap();
        assert_eq!(root.read_text(&dir.path().join("a"), 4).unwrap(), "0123");
        assert_eq!(root.read_text(&dir.path().join("a"), 99).unwrap(), "0123456789\u{fffd}");
        assert!(root.read(dir.path(), 4).is_err());
        assert!(Root::new(Some(&dir.path().join("a")), None).is_err());
        assert!(Root::new(Some(&dir.path().join("none")), None).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_never_leave_the_root() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("image/etc/deep")).unwrap();
        fs::write(dir.path().join("secret"), "outside").unwrap();
        fs::write(dir.path().join("image/etc/real"), "inside").unwrap();
        let base = dir.path().join("image");
        symlink("/etc/real", base.join("absolute")).unwrap();
        symlink("../../../../../secret", base.join("etc/deep/escape")).unwrap();
        symlink(dir.path().join("secret"), base.join("outside")).unwrap();
        symlink("/loop-b", base.join("loop-a")).unwrap();
        symlink("/loop-a", base.join("loop-b")).unwrap();
        symlink("/etc", base.join("folder")).unwrap();
        let root = Root::new(Some(&base), None).unwrap();
        assert_eq!(root.read_text(Path::new("/absolute"), 99).unwrap(), "inside");
        assert_eq!(root.read_text(Path::new("/folder/deep/../real"), 99).unwrap(), "inside");
        assert_eq!(root.real(Path::new("/folder/real")).unwrap(), Path::new("/etc/real"));
        assert_eq!(root.inside(&base.join("folder/real")).unwrap(), Path::new("/folder/real"));
        assert_eq!(root.inside(&dir.path().join("secret")), None);
        for path in ["/etc/deep/escape", "/outside", "/loop-a", "/../secret", "/none"] {
            assert!(root.read(Path::new(path), 99).is_err(), "{path}");
        }
        assert_eq!(root.names(Path::new("/folder")), ["deep", "real"]);
        assert_eq!(root.names_starting(Path::new("/folder"), &["x", "re"]), ["real"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(Root::new(None, None).unwrap().read(&fifo, 9).is_err());
        }
    }
}
