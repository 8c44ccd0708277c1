//! From targets to bundles of libraries, one target after the other: a file, a package without unpacking it, a folder, what came over
//! the network. `walk` decides which files of a folder are read, `library` how far a library is read, `unread` says what is left out.

mod folder;
mod library;
mod unread;
mod walk;

#[cfg(test)]
mod tests;

use std::{ops::Range, path::Path};

use self::{
    library::{LibraryReader, broken},
    unread::Reason,
    walk::{Place, Seen},
};
use super::{
    bundle::Bundle,
    depth::Depth,
    names::package_kind,
    progress::{Counted, Progress},
    remote::Fetched,
};
use crate::{
    binary::{self, ArchiveOptions, FileSource, ReadAt as _, Skipped},
    facts::{Flaw, Library},
    python::file_name,
    report::scan::{BundleKind, Remote, Unread},
};

/// What was read of all targets.
#[derive(Debug, Clone, Default)]
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
    pub fn by_target(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let ends = self.targets.iter().skip(1).map(|(_, start)| *start).chain([self.bundles.len()]);
        self.targets.iter().zip(ends).map(|((name, start), end)| (name.as_str(), *start..end))
    }
}

/// Reads targets, one after the other, each file once.
#[derive(Debug)]
pub struct Reader<'p> {
    reader: LibraryReader<'p>,
    seen: Seen,
    collected: Collected,
}

impl<'p> Reader<'p> {
    /// Nothing read yet.
    pub fn new(depth: Depth, progress: &'p Progress) -> Self {
        Self { reader: LibraryReader { depth, progress }, seen: Seen::default(), collected: Collected::default() }
    }

    /// What was read.
    pub fn finish(self) -> Collected {
        self.collected
    }

    /// Reads a target: a file that was named is read whatever its name; of a folder, what can contain device code by its name. `shown`
    /// is how reports name the target.
    ///
    /// # Errors
    /// When the target itself is not there or cannot be read, or is a file of no known format.
    pub fn read(&mut self, target: &Path, shown: &str) -> anyhow::Result<()> {
        let told = |error: binary::Error| anyhow::anyhow!("{shown}: {error}");
        let size = match walk::place(target).map_err(|error| anyhow::anyhow!("{shown}: {error}"))? {
            Place::Folder => {
                self.begin(shown);
                self.folder(target, shown);
                return Ok(());
            }
            Place::File(size) => Some(size),
            Place::Other => None,
        };
        if !self.seen.is_new(target) {
            return Ok(());
        }
        self.begin(shown);
        match size {
            Some(_) if package_kind(target).is_some() => self.package(target, shown).map_err(told),
            // The reader refuses anything that is not a file.
            size => self.file(target, shown, size.unwrap_or(0)).map_err(told),
        }
    }

    /// Adds what was read over the network. Where that showed no code and something was left out, nothing can be said of the whole.
    pub fn add_fetched(&mut self, fetched: Fetched) {
        let Fetched { mut bundle, skipped, remote } = fetched;
        let found = bundle.libraries.iter().any(Library::has_code);
        bundle.sampled |= remote.sampled;
        self.begin(&remote.file);
        if remote.sampled && !found {
            self.collected.unread.push(Reason::NothingInSample.of(remote.file.clone()));
        }
        self.add(bundle, skipped);
        self.collected.remote.push(remote);
    }

    fn begin(&mut self, target: &str) {
        self.collected.targets.push((target.to_owned(), self.collected.bundles.len()));
    }

    fn add(&mut self, bundle: Bundle, skipped: Vec<Skipped>) {
        self.collected.bundles.push(bundle);
        self.collected.unread.extend(skipped.into_iter().map(unread::member));
    }

    /// A file that was named, as a bundle of its own.
    fn file(&mut self, target: &Path, shown: &str, size: u64) -> Result<(), binary::Error> {
        let library = self.reader.named(target, shown, size)?;
        if let Some((_, why)) = broken(target).filter(|(flaw, _)| *flaw != Flaw::NoSections) {
            self.collected.unread.push(Reason::Told(why).of(shown));
        }
        let mut bundle = Bundle::new(BundleKind::File, file_name(shown), shown);
        bundle.size = Some(size);
        bundle.files.insert(file_name(shown).to_owned());
        bundle.libraries.push(library);
        self.collected.bundles.push(bundle);
        Ok(())
    }

    /// A package, under its own name.
    fn package(&mut self, target: &Path, shown: &str) -> Result<(), binary::Error> {
        let options = ArchiveOptions { quick: self.reader.depth.quick, ..ArchiveOptions::default() };
        let source = FileSource::open(target)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let counted = Counted::new(&source, self.reader.progress);
        let mut archive = binary::read_archive_source(&counted, &name, &options)?;
        let skipped = std::mem::take(&mut archive.skipped);
        let mut bundle = Bundle::of_archive(archive, package_kind(target).unwrap_or(BundleKind::Wheel), shown);
        bundle.size = Some(source.len());
        self.add(bundle, skipped);
        Ok(())
    }
}
