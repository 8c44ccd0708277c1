//! Wheels: the members of a zip file, on several threads.

use std::collections::HashSet;

use gpucheck_ground::Order as _;

use super::{
    super::{Error, ReadAt},
    Archive, ArchiveOptions, Sample, SkipReason, choice,
    directory::{self, Entry},
    inflate::Member,
    member, names, sample,
    scan::Enough,
    stream::Stream,
};
use crate::{parallel, python::Metadata};

/// flashinfer-cubin, the wheel with the most, has 15,970.
const MAX_MEMBERS: usize = 1 << 17;
const MAX_METADATA: u64 = 8 << 20;
/// Each thread may use some 14 MB. More than four do not finish sooner: the largest member takes most of the time.
const MAX_THREADS: usize = 4;

/// Reads a wheel.
pub(super) fn read(source: &dyn ReadAt, options: &ArchiveOptions) -> Result<Archive, Error> {
    let (entries, read) = directory::read(source, |name| names::holds_code(name) || names::is_text(name), MAX_MEMBERS)?;
    let mut archive = Archive { read_bytes: read, ..Archive::default() };
    let (texts, mut entries): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| names::is_text(&entry.name));
    let (metadata, versions): (Vec<_>, Vec<_>) = texts.into_iter().partition(|entry| names::is_metadata(&entry.name));
    match metadata.as_slice() {
        [] => {}
        [entry, ..] => match describe(source, entry, options, &mut archive) {
            Ok(()) => {}
            Err(why) => archive.skip(&entry.name, why),
        },
    }
    if let Some(entry) = versions.last() {
        match text(source, entry, options, &mut archive) {
            Ok(text) => archive.version_py = Some((entry.name.clone(), text)),
            Err(why) => archive.skip(&entry.name, why),
        }
    }
    entries = last_of_each_name(entries, &mut archive);
    let largest = entries.iter().max_by_key(|entry| entry.size);
    archive.largest = largest.map(|entry| entry.name.clone());
    if let Some(only) = &options.only {
        let (wanted, left): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| (only.0)(&entry.name));
        entries = wanted;
        archive.left = left.into_iter().map(|entry| entry.name).collect();
        archive.left.order();
    }
    match &options.sample {
        Some(sample) => samples(source, entries, options, sample, &mut archive),
        None => {
            let entries = apart(source, entries, options, &mut archive);
            members(source, &entries, options, options.enough(), &mut archive);
        }
    }
    archive.libraries.order_by(|a, b| a.path.cmp(&b.path));
    Ok(archive)
}

/// Reads these members and adds their contents.
fn members(
    source: &dyn ReadAt,
    entries: &[Entry],
    options: &ArchiveOptions,
    enough: Option<Enough>,
    archive: &mut Archive,
) {
    let threads = if options.threads == 0 { parallel::available() } else { options.threads };
    let done = parallel::map_on(threads.min(MAX_THREADS), entries, |entry| one(source, entry, options, enough));
    for (entry, (outcome, [read, inflated])) in entries.iter().zip(done) {
        archive.read_bytes += read;
        archive.inflated_bytes += inflated;
        match outcome {
            Ok(read) => archive.add(read),
            Err(why) => archive.skip(&entry.name, why),
        }
    }
}

/// Reads the members that decide, then others, best first, as long as there are bytes to spend. Which ones does not depend on how
/// many threads there are.
fn samples(source: &dyn ReadAt, entries: Vec<Entry>, options: &ArchiveOptions, sample: &Sample, archive: &mut Archive) {
    let choice = choice::choose(entries, &*sample.decides.0);
    archive.left = choice.left;
    // Of what decides, more than the first fatbin is read while that leaves something for the others.
    let fair = (sample.bytes / 5 * 4).saturating_sub(archive.read_bytes);
    let first = choice.first.as_slice();
    for entry in first {
        source.expect(entry.beginning(entry.packed / choice::IN_ANY_CASE));
    }
    members(source, first, options, Some(Enough { fair, ..sample::ENOUGH }), archive);
    for entry in choice.then {
        let rest = sample.bytes.saturating_sub(archive.read_bytes);
        let input = rest.min(sample::ENOUGH.input);
        if input < choice::LEAST.min(entry.packed) || entry.packed > input && member::is_small(entry.size) {
            archive.left.push(entry.name);
            continue;
        }
        let enough = Enough { input, fair: rest / 4, ..sample::ENOUGH };
        members(source, &[entry], options, Some(enough), archive);
    }
    archive.left.order();
}

fn one(
    source: &dyn ReadAt,
    entry: &Entry,
    options: &ArchiveOptions,
    enough: Option<Enough>,
) -> (Result<member::Read, SkipReason>, [u64; 2]) {
    let mut stream = match Member::open(source, entry, options.limit_ratio) {
        Ok(stream) => stream,
        Err(why) => return (Err(why.into()), [0; 2]),
    };
    let result = member::read(&mut stream, entry.size, &entry.name, enough);
    (result.map_err(SkipReason::from), stream.totals())
}

/// Name, version and requirements.
fn describe(source: &dyn ReadAt, entry: &Entry, options: &ArchiveOptions, archive: &mut Archive) -> Result<(), String> {
    let metadata = Metadata::parse(&text(source, entry, options, archive)?);
    archive.name = metadata.name;
    archive.version = metadata.version;
    archive.requires = metadata.requires;
    archive.requires_of_extras = metadata.requires_of_extras;
    archive.requires_python = metadata.requires_python;
    Ok(())
}

/// The beginning of a member as text.
fn text(source: &dyn ReadAt, entry: &Entry, options: &ArchiveOptions, archive: &mut Archive) -> Result<String, String> {
    let mut stream = Member::open(source, entry, options.limit_ratio)?;
    // The description behind the fields may be longer than what is read.
    let mut text = vec![0; usize::try_from(entry.size.min(MAX_METADATA)).unwrap_or(0)];
    let mut filled = 0;
    while let Some(rest) = text.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.read(rest).map_err(|error| error.to_string())? {
            0 => break,
            count => filled += count,
        }
    }
    let [read, inflated] = stream.totals();
    archive.read_bytes += read;
    archive.inflated_bytes += inflated;
    Ok(String::from_utf8_lossy(text.get(..filled).unwrap_or_default()).into_owned())
}

/// Installers write members in order, so of two with one name the last one stays.
fn last_of_each_name(entries: Vec<Entry>, archive: &mut Archive) -> Vec<Entry> {
    let mut seen = HashSet::new();
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries.into_iter().rev() {
        if seen.insert(entry.name.clone()) {
            kept.push(entry);
        } else {
            archive.skip(&entry.name, "a later member has the same name");
        }
    }
    kept.reverse();
    kept
}

/// Leaves out members that cannot be read or overlap another: a small archive could take forever. Largest first.
fn apart(source: &dyn ReadAt, entries: Vec<Entry>, options: &ArchiveOptions, archive: &mut Archive) -> Vec<Entry> {
    let mut placed = Vec::with_capacity(entries.len());
    for entry in entries {
        match Member::open(source, &entry, options.limit_ratio) {
            Ok(member) => placed.push((member.range(), entry)),
            Err(why) => archive.skip(&entry.name, why),
        }
    }
    placed.order_by_key(|(range, _)| range.start);
    let mut end = 0;
    placed.retain(|(range, entry)| {
        let apart = range.start >= end;
        if apart {
            end = range.end;
        } else {
            archive.skip(&entry.name, "its data overlaps another member's");
        }
        apart
    });
    placed.order_by_key(|(range, _)| std::cmp::Reverse(range.end - range.start));
    placed.into_iter().map(|(_, entry)| entry).collect()
}
