//! The contents of a static library's members, added up.

use std::{
    collections::HashSet,
    path::{Component, Path, PathBuf},
};

use super::{
    Error, FileSource, ReadAt, Slice, Summary,
    ar::{self, Data, Kind, Member},
    contents::{self, Contents},
};
use crate::facts::{Container, Damage};

/// More faults than this in one archive are not listed one by one.
const MAX_DAMAGE: usize = 64;
/// A thin archive's header of 60 bytes makes a file be opened.
const MAX_BESIDE: usize = 1 << 16;

/// Adds all members to the summary. `folder` is where the members of a thin archive are searched for.
pub(super) fn read(
    source: &dyn ReadAt,
    kind: Kind,
    folder: Option<&Path>,
    deep: bool,
    summary: &mut Summary,
    damage: &mut Vec<Damage>,
) -> Contents {
    let mut reading = Reading { source, folder, deep, summary, damage, place: None, seen: HashSet::new() };
    let fault = ar::members(source, kind, &mut |member| reading.member(&member));
    let place = reading.place;
    damage.extend(fault);
    let missing = "no member has a .nv_fatbin section; code may be in data sections, which were not searched";
    Contents { container: Container::Ar, cpu: None, needed: Vec::new(), place, missing }
}

struct Reading<'r> {
    source: &'r dyn ReadAt,
    folder: Option<&'r Path>,
    deep: bool,
    summary: &'r mut Summary,
    damage: &'r mut Vec<Damage>,
    /// What the first member with code calls the part that has it.
    place: Option<&'static str>,
    /// Members of a thin archive that were read: one file is not read twice.
    seen: HashSet<PathBuf>,
}

impl Reading<'_> {
    fn member(&mut self, member: &Member) {
        match &member.data {
            Data::Inside(range) => {
                let faults = self.object(&Slice::new(self.source, range.clone()));
                for Damage { offset, what } in faults {
                    self.damaged(Damage { offset: range.start.saturating_add(offset), what });
                }
            }
            Data::Beside(name) => {
                // A fault in another file has no offset in the archive.
                let faults = match self.beside(name) {
                    Ok(None) => return,
                    Ok(Some(file)) => self.object(&file),
                    Err(what) => {
                        let what = format!("member {name} of the thin archive {what}");
                        return self.damaged(Damage { offset: member.header, what });
                    }
                };
                for Damage { offset, what } in faults {
                    let what = format!("{what} at offset {offset:#x} of member {name}");
                    self.damaged(Damage { offset: member.header, what });
                }
            }
        }
    }

    fn damaged(&mut self, damage: Damage) {
        if self.damage.len() < MAX_DAMAGE {
            self.damage.push(damage);
        }
    }

    /// The file of a member, if it is to be read. Only below the archive's folder: an archive must not point anywhere else on the machine.
    fn beside(&mut self, name: &str) -> Result<Option<FileSource>, String> {
        let folder = self.folder.ok_or("is a separate file, which is not available")?;
        let mut relative = PathBuf::new();
        for component in Path::new(name).components() {
            match component {
                Component::Normal(part) => relative.push(part),
                Component::CurDir => {}
                _ => return Err("lies outside its folder".to_owned()),
            }
        }
        if self.seen.len() >= MAX_BESIDE {
            return Err("is beyond the number of members that are read".to_owned());
        }
        if !self.seen.insert(relative.clone()) {
            return Ok(None);
        }
        FileSource::open(&folder.join(relative)).map(Some).map_err(|error| format!("cannot be read: {error}"))
    }

    /// Adds one member. What is neither an ELF object, a fatbin nor a cubin (text, COFF, LLVM bitcode) can only be searched.
    fn object(&mut self, source: &dyn ReadAt) -> Vec<Damage> {
        let mut head = [0; 4];
        let count = source.read_at(0, &mut head).unwrap_or(0);
        let mut damage = Vec::new();
        if !matches!(&head[..count], b"\x7fELF" | b"\x50\xED\x55\xBA") {
            return if self.deep { contents::search(source, &[], self.summary) } else { damage };
        }
        match contents::read(source, self.deep, self.summary, &mut damage) {
            Ok(contents) => self.place = self.place.or(contents.and_then(|contents| contents.place)),
            Err(Error::Malformed { offset, what }) => damage.push(Damage { offset, what: what.to_owned() }),
            Err(error) => damage.push(Damage { offset: 0, what: error.to_string() }),
        }
        damage
    }
}
