//! What package indexes have and no row knows: found, read by ranges, and made rows for one answer (`--online`). The same makers write the rows that are
//! kept (`cargo xtask harvest`).
//!
//! An index is not trusted: each row that is made of what it gives is held to what rows in files are, what is read has limits, and whatever goes wrong
//! leaves out that row alone.

mod companions;
mod index;
mod packages;
mod torch;
mod wants;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;

pub use companions::{COMPANIONS, of_the_day, torch_of};
pub use index::{Index, Limits, Wheel, numbers, one_for_each_platform, pythons, released};
pub use wants::Wants;

use crate::{
    fix::TORCH_INDEXES,
    knowledge::{Files, Knowledge, Online, OnlineFile, PackageFile, TorchRelease},
    remote::Url,
    scan::Network,
    system::Surroundings,
    text,
};
use index::Read;

/// Bytes that are read of one file: a sample of the largest wheels has 100 MB.
const MOST_OF_A_FILE: u64 = 128 << 20;
/// Bytes that are received in all, one half of PyTorch's own index and one of the others.
const MOST_IN_ALL: u64 = 512 << 20;
/// Files that are read of either.
const MOST_FILES: usize = 24;
/// How long it may take.
const LONGEST: Duration = Duration::from_secs(240);
/// PyTorch's own index has what the default one has not; it is not waited for as long as for that.
const WAIT_FOR_TORCH: Duration = Duration::from_secs(10);

/// The rows with those over them that the indexes have something for: what is wanted and no row knows.
///
/// # Errors
/// When no index is known, and when none of them answers.
pub fn look(knowledge: &Knowledge, wants: &Wants, network: &Network) -> anyhow::Result<Knowledge> {
    if wants.each.is_empty() {
        return Ok(knowledge.clone());
    }
    let config = network.configured()?;
    let limits =
        Limits { file: MOST_OF_A_FILE, all: MOST_IN_ALL / 2, files: MOST_FILES, until: Instant::now() + LONGEST };
    let index = Index::of(config.clone(), Some(limits))?;
    // Whoever names an index means that one.
    let has_own = config.indexes.iter().any(|index| index::is_of_torch(&index.url));
    let own = match network.index_url {
        Some(_) => None,
        None if has_own => None,
        None => {
            let url = Url::parse(&format!("{TORCH_INDEXES}whl"))?;
            Some(Index::of(index::alone(&config, url, "PyTorch's own", WAIT_FOR_TORCH), Some(limits))?)
        }
    };
    let mut look = Look {
        knowledge,
        index,
        own,
        today: today()?,
        online: Online::default(),
        releases: Vec::new(),
        packages: BTreeMap::new(),
    };
    look.torch(&wants.each)?;
    for want in &wants.each {
        look.packages(want);
    }
    look.done()
}

/// One look at the indexes.
struct Look<'k> {
    knowledge: &'k Knowledge,
    index: Index,
    /// PyTorch's own, where it is asked.
    own: Option<Index>,
    today: String,
    online: Online,
    releases: Vec<TorchRelease>,
    /// Files about packages with rows that were read, by the names of the files.
    packages: BTreeMap<String, PackageFile>,
}

impl Look<'_> {
    /// Keeps in mind that something was read.
    fn note(&mut self, wheel: &Wheel, read: &Read, version: String) {
        let file = OnlineFile {
            file: wheel.file_name().to_owned(),
            package: read.evidence.name.clone(),
            version,
            platform: read.evidence.platform,
            size: read.size,
            bytes: read.bytes,
            requests: read.requests,
        };
        self.online.files.push(file);
    }

    /// Keeps in mind that something could not be read.
    fn fail(&mut self, what: impl Into<String>) {
        let what = what.into();
        if !self.online.failed.contains(&what) {
            self.online.failed.push(what);
        }
    }

    /// The rows with all that was read.
    fn done(self) -> anyhow::Result<Knowledge> {
        let Self { knowledge, index, own, mut online, releases, packages, .. } = self;
        online.indexes = index.shown().chain(own.iter().flat_map(Index::shown)).collect();
        let all = || std::iter::once(&index).chain(&own);
        online.requests = all().map(Index::requests).sum();
        online.bytes = all().map(Index::bytes).sum();
        let mut files = torch::file(releases);
        files.packages = packages.into_values().collect();
        knowledge.with_read(files, online).map_err(anyhow::Error::msg)
    }
}

/// What is wrong with rows, as far as anything is.
fn fault(files: &Files) -> Option<String> {
    files.faults().into_iter().next().map(|problem| problem.message)
}

/// The one source of rows that were read.
fn sources() -> BTreeMap<String, String> {
    BTreeMap::from([(Knowledge::READ.to_owned(), "the wheel on the index, of which what decides was read".to_owned())])
}

/// The day in UTC, as `SOURCE_DATE_EPOCH` or the clock has it.
///
/// # Errors
/// When the clock stands before 1970.
pub fn today() -> anyhow::Result<String> {
    let told = Surroundings::of_process().filled("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse::<u64>().ok());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs());
    let seconds = told.map_or_else(now, Ok).context("the clock stands before 1970")?;
    Ok(text::day(seconds / 86_400))
}
