//! What pyproject.toml says of indexes: the names that uv has for them, and where one is added.

use std::ops::Range;

use super::{
    index::Address,
    site::{Site, ending, line},
};

/// Tables of indexes beyond these many are not looked at.
const MOST_TABLES: usize = 100;

type Changes = Vec<(Range<usize>, String)>;

/// The table around a byte: from its header to the next one.
fn table(text: &str, offset: usize) -> Range<usize> {
    let start = text.get(..offset).and_then(|before| before.rfind("\n[")).map_or(0, |at| at + 1);
    let end = text.get(offset..).and_then(|rest| rest.find("\n[")).map_or(text.len(), |at| offset + at + 1);
    start..end
}

/// The name of an index follows its variant, wherever the file has it: `pytorch-cu124` would be a lie at the address of cu128.
pub(super) fn renamed(text: &str, address: &Address, variant: &str) -> Changes {
    let of_table = table(text, address.range.start);
    let renamed = || {
        let old = text.get(address.variant.clone())?;
        let own = text.get(of_table.clone())?;
        let own = own.lines().find(|line| line.trim_start().starts_with("name"))?;
        let name = own.split(['"', '\'']).nth(1).filter(|name| name.contains(old))?;
        Some((name, name.replace(old, variant)))
    };
    let Some((name, new)) = renamed() else { return Vec::new() };
    let mut changes = Vec::new();
    for quote in ['"', '\''] {
        let written = format!("{quote}{name}{quote}");
        let places = text.match_indices(&written);
        changes.extend(places.map(|(at, _)| (at + 1..at + 1 + name.len(), new.clone())));
    }
    changes
}

/// An index that a project does not name yet, and the package that is to be taken from it.
pub(super) struct Source<'s> {
    pub text: &'s str,
    pub url: &'s str,
    /// `cu128` of it.
    pub variant: &'s str,
    pub package: &'s str,
}

/// How a tool says which index a package is from.
pub(super) struct Style {
    /// The key beside the version.
    key: &'static str,
    /// The table of an index.
    table: &'static str,
    /// What it has besides name and address.
    more: &'static str,
}

/// Poetry's sources.
pub(super) const POETRY: Style = Style { key: "source", table: "tool.poetry.source", more: "priority = \"explicit\"" };
/// pipenv's.
pub(super) const PIPFILE: Style = Style { key: "index", table: "source", more: "verify_ssl = true" };

impl Source<'_> {
    /// The name that an index with this address gets.
    fn name(&self) -> String {
        format!("pytorch-{}", self.variant.replace('/', "-"))
    }

    /// The name of the index with this address, where the project has it in tables of this name.
    fn known(&self, table_name: &str, url: &str) -> Option<String> {
        let url = url.trim_end_matches('/');
        let header = format!("[[{table_name}]]");
        let headers = self.text.match_indices(&header).take(MOST_TABLES);
        headers.into_iter().find_map(|(at, _)| {
            let own = self.text.get(table(self.text, at + header.len()))?;
            let value = |key: &str| {
                let line = own.lines().find(|line| line.split('=').next().is_some_and(|name| name.trim() == key))?;
                line.split(['"', '\'']).nth(1)
            };
            let is = value("url").is_some_and(|written| written.trim_end_matches('/') == url);
            value("name").filter(|_| is).map(str::to_owned)
        })
    }

    /// Whether the project has a name for the index.
    pub fn is_known(&self) -> bool {
        ["tool.uv.index", POETRY.table, PIPFILE.table].iter().any(|table| self.known(table, self.url).is_some())
    }

    /// A table of an index at the end, and what is written at the package: a table beside or around its version.
    pub fn beside(&self, site: &Site, style: &Style) -> Option<Changes> {
        let known = self.known(style.table, self.url);
        let name = known.clone().unwrap_or_else(|| self.name());
        let mut changes = self.at_the_version(site, style.key, &name)?;
        if known.is_none() {
            let end = ending(self.text, 0);
            let last = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { end };
            let Style { table, more, .. } = style;
            let url = self.url;
            let new = format!("{last}{end}[[{table}]]{end}name = \"{name}\"{end}url = \"{url}\"{end}{more}{end}");
            changes.push((self.text.len()..self.text.len(), new));
        }
        Some(changes)
    }

    /// The address itself at the package, as pixi has it.
    pub fn in_place(&self, site: &Site) -> Option<Changes> {
        self.at_the_version(site, "index", self.url)
    }

    /// Adds a key to the table that a package has as its value, or makes one of the version that stands alone.
    fn at_the_version(&self, site: &Site, key: &str, value: &str) -> Option<Changes> {
        let own = line(self.text, site.range.start);
        let start = self.text.get(own.start..site.range.start)?;
        let after_key = start.contains('=');
        let value_start = match after_key {
            true => own.start + start.find('=')? + 1,
            false => site.range.start + self.text.get(site.range.start..own.end)?.find('=')? + 1,
        };
        let tail = self.text.get(value_start..own.end)?;
        let begin = value_start + tail.len() - tail.trim_start().len();
        let value_text = self.text.get(begin..own.end)?;
        if value_text.starts_with('{') {
            let close = begin + value_text.rfind('}')?;
            let inner = self.text.get(begin + 1..close)?;
            let other = ["source", "index", "git", "path", "url"];
            let mut at = begin + 1;
            for pair in inner.split_inclusive(',') {
                let (name, written) = pair.split_once('=').unwrap_or((pair, ""));
                if name.trim() == key {
                    let quote = written.find(['"', '\''])?;
                    let old = written.get(quote + 1..)?.split(['"', '\'']).next()?;
                    let start = at + name.len() + 1 + quote + 1;
                    return Some(vec![(start..start + old.len(), value.to_owned())]);
                }
                // Another source of it would have to be understood first.
                if other.contains(&name.trim()) {
                    return None;
                }
                at += pair.len();
            }
            let at = begin + 1 + inner.trim_end().len();
            return Some(vec![(at..at, format!(", {key} = \"{value}\""))]);
        }
        let quote = value_text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let close = begin + 1 + value_text.get(1..)?.find(quote)? + 1;
        Some(vec![(begin..begin, "{ version = ".to_owned()), (close..close, format!(", {key} = \"{value}\" }}"))])
    }

    /// An index of uv's that only this package is taken from; `asked` is the one that it comes from so far.
    pub fn of_uv(&self, asked: Option<&str>) -> Option<Changes> {
        let Self { text, url, package, .. } = *self;
        let end = ending(text, 0);
        let known = self.known("tool.uv.index", url);
        let name = known.clone().unwrap_or_else(|| self.name());
        let last = if text.is_empty() || text.ends_with('\n') { "" } else { end };
        let index =
            format!("{last}{end}[[tool.uv.index]]{end}name = \"{name}\"{end}url = \"{url}\"{end}explicit = true{end}");
        let index = Some((text.len()..text.len(), index)).filter(|_| known.is_none());
        let header = text
            .match_indices("[tool.uv.sources]")
            .find(|(at, found)| text.get(line(text, *at)).is_some_and(|line| line.trim() == *found));
        let entry = format!("{package} = {{ index = \"{name}\" }}{end}");
        match header {
            Some((at, _)) => {
                let behind = text.get(at..)?.find('\n').map(|line| at + line + 1)?;
                let of_table = table(text, behind);
                let source = match source_of(text, &of_table, package) {
                    Some(range) => {
                        // The source that it has, by the name of the index that it is asked of.
                        let old = self.known("tool.uv.index", asked?)?;
                        let places = ['"', '\''].into_iter().flat_map(|quote| {
                            let written = format!("{quote}{old}{quote}");
                            let own = text.get(range.clone()).unwrap_or_default();
                            own.match_indices(&written).map(|(at, _)| range.start + at + 1).collect::<Vec<_>>()
                        });
                        let new: Changes = places.map(|at| (at..at + old.len(), name.clone())).collect();
                        (!new.is_empty()).then_some(new)?
                    }
                    None => vec![(behind..behind, entry)],
                };
                Some(source.into_iter().chain(index).collect())
            }
            None => {
                let lead = if index.is_some() { "" } else { last };
                let sources = (text.len()..text.len(), format!("{lead}{end}[tool.uv.sources]{end}"));
                Some(index.into_iter().chain([sources, (text.len()..text.len(), entry)]).collect())
            }
        }
    }
}

/// Where the sources of a package stand in a table of them.
fn source_of(text: &str, table: &Range<usize>, package: &str) -> Option<Range<usize>> {
    let own = text.get(table.clone())?;
    let mut at = table.start;
    for line in own.split_inclusive('\n') {
        let name = line.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        if line.contains('=') && crate::python::normalize(name) == package {
            let rest = text.get(at..table.end)?;
            // To the line in which all that was opened is closed.
            let mut depth = 0_i32;
            for (length, c) in rest.char_indices() {
                match c {
                    '[' | '{' => depth += 1,
                    ']' | '}' => depth -= 1,
                    '\n' if depth <= 0 => return Some(at..at + length),
                    _ => {}
                }
            }
            return Some(at..table.end);
        }
        at += line.len();
    }
    None
}
