//! Changes to texts that are being collected.

use std::{collections::BTreeMap, ops::Range, path::PathBuf};

use gpucheck_ground::Order as _;

use super::{
    Manner, NoEdit, Wanted, Written,
    conda::List,
    index::{self, Address},
    project,
    requirement::{self, Rewritten},
    site::{Kind, Site, ending, joined, line},
    variables,
};
use crate::{
    facts::{IndexRole, Location, Request, Resolver, Step},
    manifest::{Shelf, Text},
    python,
    system::redact,
};

/// Larger than what people write; what is larger was written by a tool.
const LARGEST: usize = 1 << 20;

/// A file as it is and as it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Where it is.
    pub path: PathBuf,
    /// As reports name it.
    pub shown: String,
    /// As it is.
    pub old: String,
    /// As it would be.
    pub new: String,
    /// Whether the image that a build starts from is another one.
    pub image: bool,
}

/// Changes by file.
pub(super) struct Draft<'s> {
    shelf: &'s Shelf,
    manner: Manner,
    files: BTreeMap<String, File>,
}

struct File {
    text: Text,
    changes: Vec<(Range<usize>, String)>,
    image: bool,
}

impl File {
    /// Adds a change; the same one is made once.
    fn change(&mut self, range: Range<usize>, new: String) -> Result<(), NoEdit> {
        if self.text.text.get(range.clone()).is_some_and(|old| old == new) {
            return Ok(());
        }
        for (other, text) in &self.changes {
            if *other == range && *text == new {
                return Ok(());
            }
            let apart = range.end <= other.start || other.end <= range.start;
            if !apart {
                return Err(NoEdit::Clash);
            }
        }
        self.changes.push((range, new));
        Ok(())
    }
}

impl<'s> Draft<'s> {
    pub fn new(shelf: &'s Shelf, manner: Manner) -> Self {
        Self { shelf, manner, files: BTreeMap::new() }
    }

    fn open(&mut self, at: &Location) -> Result<(&mut File, Site), NoEdit> {
        if !self.files.contains_key(&at.path) {
            let text = self.shelf.again(&at.path).ok_or_else(|| NoEdit::Encoding(at.path.clone()))?;
            if text.text.len() > LARGEST {
                return Err(NoEdit::TooMuch(at.path.clone()));
            }
            self.files.insert(at.path.clone(), File { text, changes: Vec::new(), image: false });
        }
        let unplaced = || NoEdit::Place(format!("what is at {at}"));
        let file = self.files.get_mut(&at.path).ok_or_else(unplaced)?;
        if is_lock(file.text.name()) {
            return Err(NoEdit::Lock);
        }
        let site = file.text.offset(at).and_then(|offset| Site::of(&file.text, offset)).ok_or_else(unplaced)?;
        Ok((file, site))
    }

    /// Makes a request ask for another version, and the step for the index that has it.
    pub fn rewrite(&mut self, at: &Location, step: &Step, request: &Request, wanted: &Wanted) -> Result<(), NoEdit> {
        let manner = self.manner;
        let (file, site) = self.open(at)?;
        let whole = file.text.text.clone();
        let version = in_words(step, request, wanted, manner.written);
        match version.map(|version| requirement::rewrite(&whole, &site, request, &version)) {
            None => {}
            Some(Some(Rewritten::Part(range, new))) => file.change(range, new)?,
            Some(Some(Rewritten::Variables(range, new))) => replace(file, range, &new, manner)?,
            Some(None) => return Err(NoEdit::Place(wanted.name.clone())),
        }
        if let Some(hashes) = hashes(&whole, &site).filter(|range| !range.is_empty()) {
            file.change(hashes, String::new())?;
        }
        index(file, &site, step, Some(request), wanted, manner)
    }

    /// Asks for a package beside what is at a place.
    pub fn add(&mut self, at: &Location, step: &Step, wanted: &Wanted) -> Result<(), NoEdit> {
        let manner = self.manner;
        let (file, site) = self.open(at)?;
        let word = format!("{}{}", wanted.name, wanted.specifiers);
        index(file, &site, step, None, wanted, manner)?;
        beside(file, &site, &[&word])
    }

    /// Has pip install what conda's list asks for.
    pub fn by_pip(&mut self, list: &List<'_>) -> Result<(), NoEdit> {
        for at in &list.removed {
            let (file, site) = self.open(at)?;
            let text = file.text.text.as_str();
            let own = line(text, site.range.start);
            if site.kind != Kind::Point {
                return Err(NoEdit::Place(format!("what is at {at}")));
            }
            let behind = text.get(own.end..).and_then(|rest| rest.find('\n'));
            let end = behind.map_or(text.len(), |at| own.end + at + 1);
            file.change(own.start..end, String::new())?;
        }
        let index = list.wanted.iter().find_map(|one| one.index.as_deref());
        let index = index.map(|url| format!("--extra-index-url {url}"));
        let requests = list.wanted.iter().map(|one| format!("{}{}", one.name, one.specifiers));
        let lines: Vec<String> = index.into_iter().chain(requests).collect();
        if let Some(at) = list.pip {
            let (file, site) = self.open(at)?;
            if site.kind != Kind::Point {
                return Err(NoEdit::Place(format!("what is at {at}")));
            }
            return lines.iter().try_for_each(|line| beside(file, &site, &[line]));
        }
        let (file, site) = self.open(list.last)?;
        let text = file.text.text.as_str();
        let own = line(text, site.range.start);
        let before = text.get(own.clone()).unwrap_or_default();
        let (indent, _) = before
            .split_once('-')
            .filter(|(indent, _)| site.kind == Kind::Point && indent.trim().is_empty())
            .ok_or_else(|| NoEdit::Place(format!("what is at {}", list.last)))?;
        let end = ending(text, site.range.start);
        let behind = text.get(own.end..).and_then(|rest| rest.find('\n'));
        let (at, lead, last) = match behind {
            Some(behind) => (own.end + behind + 1, "", end),
            None => (text.len(), end, ""),
        };
        let pip = (!list.has_pip).then(|| format!("{indent}- pip"));
        let list = lines.iter().map(|line| format!("{indent}  - {line}"));
        let all: Vec<String> = pip.into_iter().chain([format!("{indent}- pip:")]).chain(list).collect();
        let new = format!("{lead}{}{last}", all.join(end));
        file.changes.push((at..at, new));
        Ok(())
    }

    /// Sets a variable to another value, where it or what it is computed from is set.
    pub fn assign(&mut self, at: &Location, name: &str, old: &str, new: &str) -> Result<(), NoEdit> {
        let unplaced = || NoEdit::Place(name.to_owned());
        let (file, _) = self.open(at)?;
        let text = file.text.text.as_str();
        let offset = file.text.offset(at).ok_or_else(unplaced)?;
        let end = joined(text, offset).end;
        let tail = text.get(offset..end).ok_or_else(unplaced)?;
        let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '+' | '_'));
        let found = tail.match_indices(old).find(|(at, _)| {
            let before = tail.get(..*at).and_then(|before| before.chars().next_back());
            let behind = tail.get(at + old.len()..).and_then(|behind| behind.chars().next());
            *at > 0 && is_edge(before) && is_edge(behind)
        });
        let (start, _) = found.filter(|_| !old.is_empty()).ok_or_else(unplaced)?;
        let before = tail.get(..start).and_then(|before| before.chars().next_back());
        // `ENV NAME value` has no quotes that mean anything.
        let bare = !matches!(before, Some('"' | '\'' | ' '));
        let new = if bare && new.contains([' ', ';']) { format!("\"{new}\"") } else { new.to_owned() };
        file.change(offset + start..offset + start + old.len(), new)
    }

    /// Starts from another image: the parts of its tag that are `old` become `new`.
    pub fn base(&mut self, at: &Location, image: &str, parts: &[(String, String)]) -> Result<(), NoEdit> {
        let manner = self.manner;
        let (file, site) = self.open(at)?;
        let no = || NoEdit::Place(format!("what {image} contains"));
        let (name, tag) = image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).ok_or_else(no)?;
        let mut new = tag.to_owned();
        for (old, part) in parts {
            if !tag.contains(old.as_str()) {
                return Err(no());
            }
            new = new.replace(old.as_str(), part);
        }
        let text = &file.text.text;
        let line = joined(text, site.range.start);
        let own = text.get(line.clone()).ok_or_else(no)?;
        let mut words = own.split([' ', '\t', '"', '\'']).filter(|word| {
            let plain = *word == image || word.rsplit_once('/').is_some_and(|_| word.ends_with(image));
            plain || word.contains('$') && (word.contains(':') || !word.contains('/'))
        });
        let word = words.find(|word| !word.starts_with("--")).ok_or_else(no)?;
        let start = line.start + own.find(word).ok_or_else(no)?;
        file.image = true;
        replace(file, start..start + word.len(), &format!("{name}:{new}"), manner)
    }

    /// No longer asks for a package; `only`: whether its step asks for nothing else.
    pub fn remove(&mut self, at: &Location, name: &str, only: bool) -> Result<(), NoEdit> {
        let (file, site) = self.open(at)?;
        let whole = file.text.text.as_str();
        let outer = site.outer();
        let range = match site.kind {
            Kind::Line | Kind::Point => {
                let joined = joined(whole, site.range.start);
                let behind = whole
                    .get(joined.end..)
                    .and_then(|rest| rest.find('\n'))
                    .map_or(whole.len(), |at| joined.end + at + 1);
                joined.start..behind
            }
            Kind::Word if only || is_option(whole, &site) => return Err(NoEdit::Last(name.to_owned())),
            Kind::Word => {
                let before = whole.get(..outer.start).unwrap_or_default();
                before.trim_end_matches([' ', '\t']).len()..outer.end
            }
            Kind::Toml | Kind::Listed => return Err(NoEdit::Place(name.to_owned())),
        };
        file.change(range, String::new())
    }

    /// The files that change.
    pub fn changed(self) -> Result<Vec<Changed>, NoEdit> {
        let mut all = Vec::new();
        for (shown, File { text, mut changes, image }) in self.files {
            // What is added at one place stays in order: the sort is stable.
            changes.order_by_key(|(range, _)| (range.start, range.end));
            let mut new = String::with_capacity(text.text.len() + 64);
            let mut from = 0;
            for (range, with) in changes {
                new.push_str(text.text.get(from..range.start).ok_or(NoEdit::Clash)?);
                new.push_str(&with);
                from = range.end;
            }
            new.push_str(text.text.get(from..).ok_or(NoEdit::Clash)?);
            if new != text.text {
                all.push(Changed { path: text.path, shown, old: text.text, new, image });
            }
        }
        Ok(all)
    }
}

/// The specifiers that are written for what is wanted; nothing where those that are there will do.
fn in_words(step: &Step, request: &Request, wanted: &Wanted, written: Written) -> Option<String> {
    let full = || Some(wanted.specifiers.clone());
    let of_default = step.indexes.iter().any(|index| index.role == IndexRole::Default);
    let named = request.index.is_some() || of_default;
    let asked = request.asked.specifiers.as_str();
    let plain = request.asked.source.is_none() && !asked.contains('+');
    let Some(version) = python::exact_version(&wanted.specifiers).filter(|_| named && plain) else { return full() };
    let public = python::public_version(version);
    match written {
        Written::Kept if python::satisfies(asked, public) == Some(true) => None,
        Written::Full => full(),
        Written::Kept | Written::Public => Some(format!("=={public}")),
    }
}

fn is_lock(name: &str) -> bool {
    name.ends_with(".lock") || name.ends_with(".json") || name.starts_with("pylock") || name.contains("conda-lock")
}

/// Replaces a part with variables: their values where those are written, or else the part itself.
fn replace(file: &mut File, range: Range<usize>, new: &str, manner: Manner) -> Result<(), NoEdit> {
    let text = &file.text.text;
    let word = text.get(range.clone()).unwrap_or_default();
    let set = variables::values(word, new).filter(|_| manner.variables);
    let set = set.and_then(|values| {
        let placed =
            values.into_iter().map(|(name, value)| Some((variables::definition(text, range.start, name)?, value)));
        placed.collect::<Option<Vec<_>>>()
    });
    match set {
        Some(values) => values.into_iter().try_for_each(|(range, value)| file.change(range, value)),
        None => file.change(range, new.to_owned()),
    }
}

/// The hashes behind a request, which are those of other files, with the line breaks between them.
fn hashes(text: &str, site: &Site) -> Option<Range<usize>> {
    if site.kind != Kind::Line {
        return None;
    }
    let end = joined(text, site.range.start).end;
    let tail = text.get(site.range.end..end)?;
    let first = tail.find("--hash")?;
    let blank = |c: char| c.is_whitespace() || c == '\\';
    // A marker stands before them.
    let start = site.range.end + tail.get(..first)?.trim_end_matches(blank).len();
    let mut length = 0;
    let mut left = text.get(start..end)?;
    loop {
        let word = left.trim_start_matches(blank);
        if !word.starts_with("--hash") {
            break;
        }
        let hash = word.find(blank).unwrap_or(word.len());
        let used = left.len() - word.len() + hash;
        length += used;
        left = left.get(used..)?;
    }
    Some(start..start + length)
}

/// Sees to it that a step asks the index that has what is wanted.
fn index(
    file: &mut File,
    site: &Site,
    step: &Step,
    request: Option<&Request>,
    wanted: &Wanted,
    manner: Manner,
) -> Result<(), NoEdit> {
    let own = request.and_then(|request| request.index.as_deref());
    let default = step.indexes.iter().rfind(|index| index.role == IndexRole::Default).map(|index| index.url.as_str());
    let Some(url) = wanted.index.as_deref() else {
        // An index of PyTorch's has what PyTorch builds.
        let elsewhere = own.or(default).and_then(index::variant).is_some();
        return if elsewhere { Err(NoEdit::Elsewhere(wanted.name.clone())) } else { Ok(()) };
    };
    let Some(variant) = index::variant(url) else { return Err(NoEdit::Place(wanted.name.clone())) };
    let text = file.text.text.clone();
    let within = match site.kind {
        Kind::Word => joined(&text, site.range.start),
        _ => 0..text.len(),
    };
    let is = |address: &Address| text.get(address.variant.clone()) == Some(variant);
    let own = index::addresses(&text, within.clone());
    let asked: Vec<&str> = request
        .and_then(|request| request.index.as_deref())
        .map_or_else(|| step.indexes.iter().map(|index| index.url.as_str()).collect(), |index| vec![index]);
    let named = |address: &&Address| {
        let written = text.get(address.range.clone()).unwrap_or_default();
        variables::is_computed(written) || asked.iter().any(|url| *url == redact::urls(written))
    };
    let chosen: Vec<&Address> = own.iter().filter(named).collect();
    let computed = |address: &Address| text.get(address.variant.clone()).is_some_and(variables::is_computed);
    if chosen.iter().any(|address| is(address)) {
        return Ok(());
    }
    let source = project::Source { text: &text, url, variant, package: &wanted.name };
    // One with a name has it already: another one must not become the same.
    let known = site.kind == Kind::Toml && source.is_known();
    if manner.replace && !known {
        let elsewhere = index::addresses(&text, 0..within.start);
        let before = elsewhere.iter().rfind(named);
        // A program may name it below what uses it.
        let below = index::addresses(&text, within.end..text.len());
        let behind = below.iter().find(|address| named(address) && !computed(address));
        if let Some(address) = chosen.first().copied().or(before).or(behind) {
            if computed(address) {
                return replace(file, address.variant.clone(), variant, manner);
            }
            if site.kind == Kind::Toml {
                for (range, new) in project::renamed(&text, address, variant) {
                    file.change(range, new)?;
                }
            }
            return file.change(address.variant.clone(), variant.to_owned());
        }
    }
    if site.kind == Kind::Toml {
        let added = match (file.text.name(), step.resolver) {
            ("Pipfile", _) => source.beside(site, &project::PIPFILE),
            ("pixi.toml", _) => source.in_place(site),
            (_, Resolver::Poetry) => source.beside(site, &project::POETRY),
            (_, Resolver::Uv) => source.of_uv(asked.first().copied()),
            _ => None,
        };
        let added = added.ok_or_else(|| NoEdit::Index(wanted.name.clone(), url.to_owned()))?;
        return added.into_iter().try_for_each(|(range, new)| file.change(range, new));
    }
    let there = |(range, new): &(Range<usize>, String)| {
        range.is_empty() && new.contains("--extra-index-url") && new.contains(url) && within.contains(&range.start)
    };
    if file.changes.iter().any(there) {
        return Ok(());
    }
    beside(file, site, &["--extra-index-url", url])
}

/// Whether a word is an option, whose value follows it (`-e .`).
fn is_option(text: &str, site: &Site) -> bool {
    text.get(site.range.clone()).is_some_and(|own| own.starts_with('-'))
}

/// Writes words beside a request, as lines of their own where it is a line.
fn beside(file: &mut File, site: &Site, words: &[&str]) -> Result<(), NoEdit> {
    let text = file.text.text.as_str();
    let outer = site.outer();
    let (at, new) = match site.kind {
        Kind::Line | Kind::Point => {
            let line = line(text, site.range.start);
            let indent = text.get(line.start..outer.start).unwrap_or_default();
            (line.start, format!("{indent}{}{}", words.join(" "), ending(text, site.range.start)))
        }
        Kind::Word if is_option(text, site) => (outer.start, words.iter().map(|word| format!("{word} ")).collect()),
        Kind::Word => (outer.end, words.iter().map(|word| format!(" {word}")).collect()),
        Kind::Listed => {
            let quote = site.quote.unwrap_or('"');
            (outer.end, words.iter().map(|word| format!(", {quote}{word}{quote}")).collect())
        }
        Kind::Toml => {
            let Some(quote) = site.quote.filter(|_| words.len() == 1) else {
                return Err(NoEdit::Place(words.join(" ")));
            };
            let line = line(text, site.range.start);
            let indent = text.get(line.start..outer.start).unwrap_or_default();
            let between = if indent.trim().is_empty() {
                format!("{}{indent}", ending(text, outer.start))
            } else {
                " ".to_owned()
            };
            (outer.start, words.iter().map(|word| format!("{quote}{word}{quote},{between}")).collect())
        }
    };
    let made = file.changes.iter().any(|(range, text)| *range == (at..at) && *text == new);
    if made {
        return Ok(());
    }
    file.changes.push((at..at, new));
    Ok(())
}
