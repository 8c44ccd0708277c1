//! From targets to bundles of libraries: files as they are, packages without unpacking, folders walked, each file once.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    bundle::Bundle,
    depth::Depth,
    installed::{self, Owners},
    names::{is_candidate, package_kind, relative},
    progress::{Counted, Progress},
    remote::Fetched,
};
use crate::{
    binary::{self, ArchiveOptions, FileSource, Source as _},
    facts::{Container, Fact, Flaw, Library, Unlisted},
    parallel, probe,
    python::{self, file_name},
    report::scan::{Kind, Remote, Unread},
    system::{Root, Surroundings},
};

/// A tree deeper than any real one: a loop of links ends here.
const MAX_DEPTH: usize = 64;
/// More files than any package has.
const MAX_FILES: usize = 1_000_000;
/// A file of this size of which sections show next to nothing keeps its code elsewhere.
const STUB_FILE: u64 = 1 << 20;
/// Next to nothing: one byte in so many.
const STUB_SHARE: u64 = 256;

/// What was read of all targets.
#[derive(Debug, Default)]
pub struct Collected {
    /// Bundles in the order of the targets; inside a folder by name.
    pub bundles: Vec<Bundle>,
    /// What could not be read, and why.
    pub unread: Vec<Unread>,
    /// What came over the network.
    pub remote: Vec<Remote>,
    /// Each target as reports name it, with the number of its first bundle.
    pub targets: Vec<(String, usize)>,
}

impl Collected {
    /// The targets, each with its bundles.
    pub fn by_target(&self) -> impl Iterator<Item = (&str, std::ops::Range<usize>)> {
        let ends = self.targets.iter().skip(1).map(|(_, start)| *start).chain([self.bundles.len()]);
        self.targets.iter().zip(ends).map(|((name, start), end)| (name.as_str(), *start..end))
    }
}

/// Reads targets, one after the other, each file once.
#[derive(Debug)]
pub struct Reader<'p> {
    depth: Depth,
    progress: &'p Progress,
    /// Files and folders by their real paths.
    seen: BTreeSet<PathBuf>,
    collected: Collected,
}

/// What a walk over a folder met.
#[derive(Default)]
struct Found {
    files: Vec<Candidate>,
    packages: Vec<PathBuf>,
    /// Folders of packages.
    sites: Vec<PathBuf>,
}

struct Candidate {
    path: PathBuf,
    link: bool,
    size: u64,
}

impl<'p> Reader<'p> {
    /// Nothing read yet.
    pub fn new(depth: Depth, progress: &'p Progress) -> Self {
        Self { depth, progress, seen: BTreeSet::new(), collected: Collected::default() }
    }

    /// What was read.
    pub fn finish(self) -> Collected {
        self.collected
    }

    fn add(&mut self, bundle: Bundle, skipped: Vec<(String, String)>) {
        self.collected.bundles.push(bundle);
        self.collected.unread.extend(skipped.into_iter().map(skipped_member));
    }

    /// Adds what was read over the network. Where that showed no code and something was left out, nothing can be said of the whole.
    pub fn add_fetched(&mut self, fetched: Fetched) {
        let Fetched { mut bundle, skipped, remote } = fetched;
        let found = bundle.libraries.iter().any(Library::has_code);
        bundle.sampled |= remote.sampled;
        self.begin(&remote.file);
        if remote.sampled && !found {
            let why = "no device code in what was read of it (--full reads all)".to_owned();
            self.collected.unread.push(Unread { path: remote.file.clone(), why, matters: true });
        }
        self.add(bundle, skipped);
        self.collected.remote.push(remote);
    }

    fn begin(&mut self, target: &str) {
        self.collected.targets.push((target.to_owned(), self.collected.bundles.len()));
    }

    /// Reads a target: a file that was named is read whatever its name; of a folder, what can hold device code by its name. `shown`
    /// is how reports name the target.
    ///
    /// # Errors
    /// When the target itself is not there or cannot be read, or is a file of no known format.
    pub fn read(&mut self, target: &Path, shown: &str) -> anyhow::Result<()> {
        let told = |error: binary::Error| anyhow::anyhow!("{shown}: {error}");
        let kind = fs::metadata(target).map_err(|error| anyhow::anyhow!("{shown}: {error}"))?;
        if kind.is_dir() {
            self.begin(shown);
            self.folder(target, shown);
            return Ok(());
        }
        if !self.is_new(target) {
            return Ok(());
        }
        self.begin(shown);
        if kind.is_file() && package_kind(target).is_some() {
            return self.package(target, shown).map_err(told);
        }
        let library = self.named(target, shown).map_err(told)?;
        if let Some((_, why)) = broken(target).filter(|(flaw, _)| *flaw != Flaw::NoSections) {
            self.collected.unread.push(Unread { path: shown.to_owned(), why, matters: true });
        }
        let mut bundle = Bundle::new(Kind::File, file_name(shown), shown);
        bundle.size = Some(kind.len());
        bundle.files.insert(file_name(shown).to_owned());
        bundle.libraries.push(library);
        self.collected.bundles.push(bundle);
        Ok(())
    }

    /// Whether a file was not read before under another name.
    fn is_new(&mut self, path: &Path) -> bool {
        fs::canonicalize(path).map_or(true, |real| self.seen.insert(real))
    }

    /// A file that was named: where no section shows code, all of it is searched.
    fn named(&self, path: &Path, shown: &str) -> Result<Library, binary::Error> {
        let library = self.library(path, shown, fs::metadata(path)?.len())?;
        if library.code.is_unknown() { self.deep(path, shown) } else { Ok(library) }
    }

    /// One file of a folder, if it is a whole library.
    fn whole(&self, path: &Path, shown: &str, size: u64) -> Result<Library, binary::Error> {
        match broken(path) {
            Some((Flaw::NoSections, _)) => binary::read_deep(path, shown),
            Some((_, why)) => Err(binary::Error::Broken(why)),
            None => self.library(path, shown, size),
        }
    }

    /// One library. Where sections show a stub only, all of it is searched.
    fn library(&self, path: &Path, shown: &str, size: u64) -> Result<Library, binary::Error> {
        if self.depth.deep {
            return self.deep(path, shown);
        }
        let library = binary::read_library(path, shown)?;
        let stub = library.code.value().is_some_and(|code| {
            let stored: u64 = code.bytes.values().sum();
            code.fatbins > 0 && size >= STUB_FILE && stored.saturating_mul(STUB_SHARE) < size
        });
        if stub { self.deep(path, shown) } else { Ok(library) }
    }

    /// One library, all of it searched.
    fn deep(&self, path: &Path, shown: &str) -> Result<Library, binary::Error> {
        let source = FileSource::open(path)?;
        binary::read_deep_of(&Counted::new(&source, self.progress), shown, path.parent())
    }

    /// A package, under its own name.
    fn package(&mut self, target: &Path, shown: &str) -> Result<(), binary::Error> {
        let options = ArchiveOptions { quick: self.depth.quick, ..ArchiveOptions::default() };
        let source = FileSource::open(target)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let archive = binary::read_archive_source(&Counted::new(&source, self.progress), &name, &options)?;
        let skipped = archive.skipped.clone();
        let mut bundle = Bundle::of_archive(archive, package_kind(target).unwrap_or(Kind::Wheel), shown);
        bundle.size = Some(source.len());
        self.add(bundle, skipped);
        Ok(())
    }

    fn folder(&mut self, target: &Path, shown: &str) {
        let mut found = Found::default();
        // A package's own folder inside an environment is judged as that package, and its files are named as its rows name them.
        let Ok(root) = Root::new(None, Surroundings::of_process().home.as_deref()) else { return };
        let site = installed::site_of(&root, target);
        let real = site.as_ref().and_then(|_| fs::canonicalize(target).ok());
        let target = real.as_deref().unwrap_or(target);
        let base = site.as_deref().unwrap_or(target);
        found.sites.extend(site.clone());
        self.walk(target, base, &mut found, 0);
        let Found { mut files, packages, sites } = found;
        let owners = Owners::read(&root, &sites, base);
        for Unlisted { path, why } in owners.unlisted.iter().cloned() {
            self.collected.unread.push(Unread { path, why, matters: true });
        }
        for path in owners.absent(&root, target) {
            let why = "its RECORD lists it, and it is not there".to_owned();
            self.collected.unread.push(Unread { path, why, matters: true });
        }
        files.extend(owners.outside(target).filter_map(candidate));
        // Of a file and links to it the file is read.
        files.sort_by(|a, b| (a.link, &a.path).cmp(&(b.link, &b.path)));
        let mut bundles = owners.bundles.clone();
        let rest = bundles.len();
        bundles.push(Bundle::new(Kind::Folder, shown, shown));
        let mut work = Vec::new();
        for file in files {
            let index = owners.of(&file.path).unwrap_or(rest);
            let path = owners.shown(&file.path, base);
            if let Some(bundle) = bundles.get_mut(index) {
                bundle.files.insert(file_name(&path).to_owned());
            }
            if self.is_new(&file.path) {
                self.progress.expect(file.size);
                work.push((index, file, path));
            }
        }
        work.sort_by(|(_, a, _), (_, b, _)| a.path.cmp(&b.path));
        let one = |(_, file, path): &(usize, Candidate, String)| {
            let library = self.whole(&file.path, path, file.size);
            self.progress.add(file.size);
            library
        };
        // What is searched from end to end comes from a disk faster one after the other.
        let read = if self.depth.deep { parallel::map(&work, one) } else { parallel::map_files(&work, one) };
        for ((index, _, path), library) in work.into_iter().zip(read) {
            let library = match library {
                Ok(library) => library,
                // A linker script, say: it has no code, and nothing is missing for it.
                Err(error @ binary::Error::NotABinary) => Library {
                    container: Container::Elf,
                    needed: Vec::new(),
                    code: Fact::unknown(error.to_string()),
                    path,
                },
                Err(error) => {
                    self.collected.unread.push(Unread { path, why: error.to_string(), matters: true });
                    continue;
                }
            };
            if let Some(bundle) = bundles.get_mut(index) {
                bundle.libraries.push(library);
            }
        }
        bundles.retain(|bundle| !bundle.libraries.is_empty());
        for Unlisted { path, why } in bundles.iter().flat_map(|bundle| bundle.unread.iter().cloned()) {
            // Without its RECORD nobody knows what a package has brought; what it requires holds no code.
            let matters = path.ends_with("/RECORD");
            self.collected.unread.push(Unread { path, why, matters });
        }
        bundles.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        self.collected.bundles.append(&mut bundles);
        for package in packages {
            let path = format!("{}/{}", shown.trim_end_matches('/'), relative(&package, target));
            if self.is_new(&package)
                && let Err(error) = self.package(&package, &path)
            {
                self.collected.unread.push(Unread { path, why: error.to_string(), matters: true });
            }
        }
    }

    /// The candidates below a folder. A folder that was seen before (a link back up) is passed over.
    fn walk(&mut self, folder: &Path, base: &Path, found: &mut Found, depth: usize) {
        if depth > MAX_DEPTH || found.files.len() > MAX_FILES {
            let why = "not looked into: more folders or files than any package has".to_owned();
            self.collected.unread.push(Unread { path: relative(folder, base), why, matters: true });
            return;
        }
        if !fs::canonicalize(folder).is_ok_and(|real| self.seen.insert(real)) {
            return;
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let path = relative(folder, base);
                self.collected.unread.push(Unread { path, why: error.to_string(), matters: true });
                return;
            }
        };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            let Ok(kind) = entry.file_type() else { continue };
            if probe::is_metadata(&name) {
                // All of a folder is read at once, when it is known which there are.
                if !found.sites.iter().any(|site| site == folder) {
                    found.sites.push(folder.to_owned());
                }
                continue;
            }
            if !kind.is_dir() && !kind.is_symlink() && !is_candidate(&name) && package_kind(&path).is_none() {
                continue;
            }
            // Links are followed: wheels of CUDA libraries are full of them.
            match fs::metadata(&path) {
                Ok(kind) if kind.is_dir() => self.walk(&path, base, found, depth + 1),
                Ok(meta) if meta.is_file() && package_kind(&path).is_some() => found.packages.push(path),
                Ok(meta) if meta.is_file() && is_candidate(&name) => {
                    found.files.push(Candidate { path, link: kind.is_symlink(), size: meta.len() });
                }
                Err(error) if is_candidate(&name) => {
                    let why =
                        if kind.is_symlink() { "a link that leads nowhere".to_owned() } else { error.to_string() };
                    self.collected.unread.push(Unread { path: relative(&path, base), why, matters: true });
                }
                Ok(_) if is_candidate(&name) || package_kind(&path).is_some() => {
                    let why = "a pipe or a device, not a file".to_owned();
                    self.collected.unread.push(Unread { path: relative(&path, base), why, matters: true });
                }
                _ => {}
            }
        }
    }
}

/// A file that was not met on the walk.
fn candidate(path: &Path) -> Option<Candidate> {
    let (meta, link) = (fs::metadata(path).ok()?, fs::symlink_metadata(path).ok()?.is_symlink());
    meta.is_file().then(|| Candidate { path: path.to_owned(), link, size: meta.len() })
}

/// What is wrong with a file that has the name of a shared library. That it cannot be opened is told by who reads it.
fn broken(path: &Path) -> Option<(Flaw, String)> {
    let name = path.file_name()?.to_string_lossy();
    python::shared_library(&name).then_some(())?;
    binary::flaw(&FileSource::open(path).ok()?, &name, None).ok()?
}

/// What was left out of a package. What is no binary at all (a linker script named `.so`) holds no device code either.
fn skipped_member((path, why): (String, String)) -> Unread {
    let matters = why != binary::Error::NotABinary.to_string();
    Unread { path, why, matters }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(target: &Path) -> anyhow::Result<Collected> {
        let progress = Progress::default();
        let mut reader = Reader::new(Depth::default(), &progress);
        reader.read(target, "x")?;
        reader.read(target, "x")?;
        Ok(reader.finish())
    }

    fn paths(bundle: &Bundle) -> Vec<&str> {
        bundle.libraries.iter().map(|library| library.path.as_str()).collect()
    }

    #[test]
    fn folders_are_walked_once_and_only_candidates_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::create_dir(place("sub")).unwrap();
        fs::write(place("sub/a.so"), "no library").unwrap();
        fs::write(place("sub/b.so"), "INPUT(libb.so.1)").unwrap();
        fs::write(place("sub/notes.txt"), "x").unwrap();
        fs::write(place("kernel.ptx"), ".version 8.0\n.target sm_80\n").unwrap();
        #[cfg(unix)]
        {
            let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, place(name)).unwrap();
            link(folder.path(), "sub/up");
            link(&place("kernel.ptx"), "a-link.ptx");
            link(Path::new("nowhere"), "dangling.so");
        }
        let collected = read(folder.path()).unwrap();
        assert_eq!(collected.bundles.len(), 1, "what is named twice is read once");
        let bundle = &collected.bundles[0];
        assert_eq!(paths(bundle), ["kernel.ptx", "sub/b.so"]);
        assert!(bundle.libraries[1].code.is_unknown(), "a linker script holds no code");
        let unread = |path: &str| collected.unread.iter().any(|unread| unread.path == path && unread.matters);
        assert!(unread("sub/a.so"), "what cannot be read says so");
        #[cfg(unix)]
        {
            assert!(bundle.files.contains("a-link.ptx"), "a link is a name that the loader finds");
            assert!(unread("dangling.so"), "{:?}", collected.unread);
        }
        assert!(read(&place("missing.so")).is_err());
        assert!(read(&place("sub/notes.txt")).is_err(), "a file that was named must be one");
    }

    #[test]
    fn files_belong_to_the_distribution_that_lists_them() {
        let folder = tempfile::tempdir().unwrap();
        let ptx = ".version 8.0\n.target sm_80\n";
        for (file, text) in [
            ("one/k.ptx", ptx),
            ("shared/one.ptx", ptx),
            ("shared/two.ptx", ptx),
            ("loose.ptx", ptx),
            ("old_thing/k.ptx", ptx),
            ("One-1.5.dist-info/METADATA", "Name: One\nVersion: 1.5\nRequires-Dist: two\n"),
            ("One-1.5.dist-info/RECORD", "one/k.ptx,,\nshared/one.ptx,,\none/x.py,,\n"),
            ("two-2.dist-info/RECORD", "shared/two.ptx,,\n../outside.ptx,,\n"),
            ("old.thing-3.egg-info/PKG-INFO", "Name: old-thing\nVersion: 3\n"),
            ("~ne-1.4.dist-info/RECORD", "loose.ptx,,\n"),
        ] {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let collected = read(folder.path()).unwrap();
        let shown: Vec<String> =
            collected.bundles.iter().map(|bundle| format!("{}: {}", bundle.label(), paths(bundle).join(" "))).collect();
        assert_eq!(
            shown,
            [
                "old-thing 3: old_thing/k.ptx",
                "one 1.5: one/k.ptx shared/one.ptx",
                "two 2: shared/two.ptx",
                "x: loose.ptx"
            ]
        );
        assert_eq!(collected.bundles[1].requires.as_deref(), Some(["two".to_owned()].as_slice()));
    }
}
