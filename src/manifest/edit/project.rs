//! What pyproject.toml says of indexes: the names that uv has for them, and where one is added.

use std::ops::Range;

use super::{
    index::Address,
    site::{ending, line},
};

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

/// An index of uv's that only this package is taken from.
pub(super) fn with_index(text: &str, url: &str, variant: &str, package: &str) -> Option<Changes> {
    let end = ending(text, 0);
    let name = format!("pytorch-{}", variant.replace('/', "-"));
    let entry = format!("{package} = {{ index = \"{name}\" }}{end}");
    let header = text
        .match_indices("[tool.uv.sources]")
        .find(|(at, found)| text.get(line(text, *at)).is_some_and(|line| line.trim() == *found));
    let last = if text.is_empty() || text.ends_with('\n') { "" } else { end };
    let index =
        format!("{last}{end}[[tool.uv.index]]{end}name = \"{name}\"{end}url = \"{url}\"{end}explicit = true{end}");
    let index = (text.len()..text.len(), index);
    match header {
        Some((at, _)) => {
            let behind = text.get(at..)?.find('\n').map(|line| at + line + 1)?;
            let of_table = text.get(table(text, behind))?;
            // Another source of it would have to be understood first.
            let known = of_table.lines().any(|line| line.trim_start().starts_with(&format!("{package} ")));
            (!known).then(|| vec![(behind..behind, entry), index])
        }
        None => {
            let sources = (text.len()..text.len(), format!("{end}[tool.uv.sources]{end}"));
            Some(vec![index, sources, (text.len()..text.len(), entry)])
        }
    }
}
