//! Lays layers over each other: what an upper one brings replaces what lower ones have, and its whiteouts hide that.
//!
//! Whiteouts are OCI's: `.wh.NAME` hides NAME, `.wh..wh..opq` all that lower layers have in the folder. What the same layer brings stays,
//! in whatever order it comes. Links on the way to an entry are followed within the image, as container engines do.

use std::{collections::BTreeMap, io};

use super::{
    entries::{Entry, Kind},
    error::invalid,
    nodes::{Item, Place, What},
};

const HIDDEN: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";
/// Names of one path.
const MAX_DEPTH: usize = 128;
/// As many links as Linux follows in one path.
const MAX_LINKS: usize = 40;
/// Nodes, those included that were replaced or hidden.
const MAX_NODES: usize = 1 << 21;
const ROOT: u32 = 0;

/// The layers so far.
pub(super) struct Merged {
    pub nodes: Vec<Item>,
    /// Entries whose names lead out of the image.
    pub outside: usize,
}

impl Merged {
    /// Without any layer.
    pub fn new() -> Self {
        Self { nodes: vec![Item { what: What::Folder(BTreeMap::new()), layer: 0, purged: 0 }], outside: 0 }
    }

    /// Adds an entry of a layer, the next one or the same as before.
    pub fn add(&mut self, layer: u32, entry: Entry) -> io::Result<()> {
        let path = String::from_utf8_lossy(&entry.path);
        let Some(parts) = parts(&path)? else {
            self.outside += 1;
            return Ok(());
        };
        let Some((name, folders)) = parts.split_last() else { return Ok(()) };
        if name.starts_with(HIDDEN) {
            self.hide(layer, folders, name)?;
            return Ok(());
        }
        let what = match entry.kind {
            Kind::File => What::File {
                place: Place::Layer { layer, offset: entry.offset },
                len: entry.len,
                executable: entry.executable,
            },
            Kind::Sparse => What::File {
                place: Place::Lost("it is stored with holes, which is not read"),
                len: entry.len,
                executable: entry.executable,
            },
            Kind::Hard => self.same(&String::from_utf8_lossy(&entry.link))?,
            Kind::Symbolic => What::Link(String::from_utf8_lossy(&entry.link).into()),
            Kind::Folder => What::Folder(BTreeMap::new()),
            Kind::Other => What::Other,
        };
        let Some(parent) = self.walk(folders, Some(layer))? else { return Ok(()) };
        let there = self.child(parent, name);
        if let (What::Folder(_), Some(there)) = (&what, there)
            && let Some(item) = self.nodes.get_mut(there as usize).filter(|item| matches!(item.what, What::Folder(_)))
        {
            item.layer = layer;
            return Ok(());
        }
        self.put(parent, name, what, layer)?;
        Ok(())
    }

    /// What a hard link stands for.
    fn same(&mut self, target: &str) -> io::Result<What> {
        let lost = What::File {
            place: Place::Lost("it is a hard link to a file that the archive does not have"),
            len: 0,
            executable: false,
        };
        let Some(parts) = parts(target)? else { return Ok(lost) };
        let Some((name, folders)) = parts.split_last() else { return Ok(lost) };
        let found = self.walk(folders, None)?.and_then(|parent| self.child(parent, name));
        let found = found.and_then(|number| self.nodes.get(number as usize));
        Ok(match found.map(|item| &item.what) {
            None | Some(What::Folder(_)) => lost,
            Some(what) => what.clone(),
        })
    }

    fn hide(&mut self, layer: u32, folders: &[&str], name: &str) -> io::Result<()> {
        let Some(parent) = self.walk(folders, None)? else { return Ok(()) };
        if name == OPAQUE {
            self.purge(parent, layer);
            return Ok(());
        }
        let target = name.strip_prefix(HIDDEN).unwrap_or(name);
        // Other names of this kind belong to the file system that wrote the layer.
        if target.starts_with(HIDDEN) {
            return Ok(());
        }
        if let Some(there) = self.child(parent, target)
            && !self.purge(there, layer)
            && let Some(names) = self.names(parent)
        {
            names.remove(target);
        }
        Ok(())
    }

    /// Takes away what lower layers have in a folder, or at a path; whether anything of it is left. A folder is gone through once for
    /// each layer.
    fn purge(&mut self, number: u32, layer: u32) -> bool {
        let Some(item) = self.nodes.get_mut(number as usize) else { return false };
        let own = item.layer == layer;
        let What::Folder(names) = &mut item.what else { return own };
        if item.purged != layer + 1 {
            item.purged = layer + 1;
            let mut names = std::mem::take(names);
            names.retain(|_, child| self.purge(*child, layer));
            if let Some(left) = self.names(number) {
                *left = names;
            }
        }
        own || self.names(number).is_some_and(|names| !names.is_empty())
    }

    fn names(&mut self, number: u32) -> Option<&mut BTreeMap<Box<str>, u32>> {
        match &mut self.nodes.get_mut(number as usize)?.what {
            What::Folder(names) => Some(names),
            _ => None,
        }
    }

    fn child(&self, parent: u32, name: &str) -> Option<u32> {
        match &self.nodes.get(parent as usize)?.what {
            What::Folder(names) => names.get(name).copied(),
            _ => None,
        }
    }

    pub(super) fn put(&mut self, parent: u32, name: &str, what: What, layer: u32) -> io::Result<u32> {
        let number = u32::try_from(self.nodes.len()).ok().filter(|_| self.nodes.len() < MAX_NODES);
        let number = number.ok_or_else(|| invalid("the image has too many files"))?;
        self.nodes.push(Item { what, layer, purged: 0 });
        if let Some(names) = self.names(parent) {
            names.insert(name.into(), number);
        }
        Ok(number)
    }

    /// The folder at a path, links followed; one that is missing is made for the layer that needs it. `None` where it is missing, or
    /// cannot be reached.
    fn walk(&mut self, folders: &[&str], make: Option<u32>) -> io::Result<Option<u32>> {
        let mut above = vec![ROOT];
        let mut pending: Vec<Box<str>> = folders.iter().rev().map(|name| (*name).into()).collect();
        let mut links = 0;
        while let Some(name) = pending.pop() {
            let Some(parent) = above.last().copied() else { return Ok(None) };
            if &*name == ".." {
                if above.len() > 1 {
                    above.pop();
                }
                continue;
            }
            let there = self.child(parent, &name);
            let next = match there.and_then(|number| Some((number, &self.nodes.get(number as usize)?.what))) {
                Some((number, What::Folder(_))) => number,
                Some((_, What::Link(target))) => {
                    links += 1;
                    let parts: Vec<Box<str>> =
                        target.split('/').filter(|part| !matches!(*part, "" | ".")).map(Into::into).collect();
                    if links > MAX_LINKS || pending.len() + parts.len() > MAX_DEPTH {
                        return Ok(None);
                    }
                    if target.starts_with('/') {
                        above.truncate(1);
                    }
                    pending.extend(parts.into_iter().rev());
                    continue;
                }
                _ => match make {
                    Some(layer) => self.put(parent, &name, What::Folder(BTreeMap::new()), layer)?,
                    None => return Ok(None),
                },
            };
            if above.len() > MAX_DEPTH {
                return Ok(None);
            }
            above.push(next);
        }
        Ok(above.last().copied())
    }
}

/// The names of a path; `None` for one with `..`, which no engine follows.
fn parts(path: &str) -> io::Result<Option<Vec<&str>>> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.len() > MAX_DEPTH {
        return Err(invalid("a path in it has too many folders"));
    }
    Ok((!parts.contains(&"..")).then_some(parts))
}
