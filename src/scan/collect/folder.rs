//! A folder that was named: what is found in it, put together by the distributions that have it.

use std::path::{Path, PathBuf};

use gpucheck_ground::Order as _;

use super::{
    super::{
        bundle::Bundle,
        installed::{self, Owners},
        names::relative,
    },
    Reader,
    unread::{self, Reason},
    walk::{self, Candidate, Found, candidate, walk},
};
use crate::{
    binary,
    facts::{Container, Fact, Library, Unlisted},
    parallel,
    python::file_name,
    report::scan::BundleKind,
    system::{Root, Surroundings},
};

impl Reader<'_> {
    /// Reads a folder. Each distribution that is installed in it is a bundle of its own; what none of them has makes one more.
    pub(super) fn folder(&mut self, target: &Path, shown: &str) {
        // A package's own folder inside an environment is judged as that package, and its files are named as its rows name them.
        let Ok(root) = Root::new(None, Surroundings::of_process().home.as_deref()) else { return };
        let site = installed::site_of(&root, target);
        let real = site.as_ref().and_then(|_| walk::real(target));
        let target = real.as_deref().unwrap_or(target);
        let base = site.as_deref().unwrap_or(target);
        let Found { mut files, packages, sites: mut met, unread } = walk(target, base, &mut self.seen);
        let mut sites: Vec<PathBuf> = site.iter().cloned().collect();
        met.retain(|folder| !sites.contains(folder));
        sites.append(&mut met);
        let owners = Owners::read(&root, &sites, base);
        self.collected.unread.extend(unread);
        let unlisted = owners.unlisted.iter().cloned();
        self.collected.unread.extend(unlisted.map(|Unlisted { path, why }| Reason::Told(why).of(path)));
        let absent = owners.absent(&root, target).into_iter();
        self.collected.unread.extend(absent.map(|path| Reason::ListedAndGone.of(path)));
        files.extend(owners.outside(target).filter_map(candidate));
        let mut bundles = self.files(files, &owners, base, shown);
        bundles.retain(|bundle| !bundle.libraries.is_empty());
        let metadata = bundles.iter().flat_map(|bundle| bundle.unread.iter().cloned());
        self.collected.unread.extend(metadata.map(unread::metadata));
        bundles.order_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        self.collected.bundles.append(&mut bundles);
        self.packages(packages, target, shown);
    }

    /// Reads files side by side, and puts each into the bundle of its distribution; the last bundle is for those that none has.
    fn files(&mut self, mut files: Vec<Candidate>, owners: &Owners, base: &Path, shown: &str) -> Vec<Bundle> {
        // Of a file and links to it the file is read.
        files.order_by(|a, b| (a.link, &a.path).cmp(&(b.link, &b.path)));
        let mut bundles = owners.bundles.clone();
        let rest = bundles.len();
        bundles.push(Bundle::new(BundleKind::Folder, shown, shown));
        let (reader, progress) = (self.reader, self.reader.progress);
        let mut work = Vec::new();
        for file in files {
            let index = owners.of(&file.path).unwrap_or(rest);
            let path = owners.shown(&file.path, base);
            if let Some(bundle) = bundles.get_mut(index) {
                bundle.files.insert(file_name(&path).to_owned());
            }
            if self.seen.is_new(&file.path) {
                progress.expect(file.size);
                work.push((index, file, path));
            }
        }
        work.order_by(|(_, a, _), (_, b, _)| a.path.cmp(&b.path));
        let one = |(_, file, path): &(usize, Candidate, String)| {
            let library = reader.in_folder(&file.path, path, file.size);
            progress.add(file.size);
            library
        };
        // What is searched from end to end comes from a disk faster one after the other.
        let read = if reader.depth.deep { parallel::map(&work, one) } else { parallel::map_files(&work, one) };
        for ((index, _, path), library) in work.into_iter().zip(read) {
            let library = match library {
                Ok(library) => library,
                Err(error @ binary::Error::NotABinary) => without_code(path, &error),
                Err(error) => {
                    self.collected.unread.push(Reason::Told(error.to_string()).of(path));
                    continue;
                }
            };
            if let Some(bundle) = bundles.get_mut(index) {
                bundle.libraries.push(library);
            }
        }
        bundles
    }

    /// Reads the packages that lie in the folder, each a bundle of its own.
    fn packages(&mut self, packages: Vec<PathBuf>, target: &Path, shown: &str) {
        for package in packages {
            let path = format!("{}/{}", shown.trim_end_matches('/'), relative(&package, target));
            if self.seen.is_new(&package)
                && let Err(error) = self.package(&package, &path)
            {
                self.collected.unread.push(Reason::Told(error.to_string()).of(path));
            }
        }
    }
}

/// A linker script, say: it has no code, and nothing is missing for it.
fn without_code(path: String, error: &binary::Error) -> Library {
    Library {
        container: Container::Elf,
        cpu: None,
        needed: Vec::new(),
        glibc: None,
        code: Fact::unknown(error.to_string()),
        path,
    }
}
