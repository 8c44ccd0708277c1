//! The contents of one file, or one member of an archive: its format and where its device code is, added to a summary.

use std::ops::Range;

use gpucheck_ground::Order as _;

use super::{
    Error, ReadAt, Summary, cubin, elf, fatbin,
    fields::{u16_at, u32_at},
    flaw,
    hidden::{self, Hidden},
    layout::MAGIC,
    pe, ptx,
    sections::Header,
};
use crate::facts::{Compression, Container, Cpu, Damage, Image};

/// What is known of a file besides its code, which is in the summary.
#[derive(Debug)]
pub(super) struct Contents {
    pub container: Container,
    /// The processor that it is for, as far as a header names one that has wheels.
    pub cpu: Option<Cpu>,
    /// NEEDED entries or imported DLLs.
    pub needed: Vec<String>,
    /// Which part has the code, as a person would look it up: `section .nv_fatbin`.
    pub place: Option<&'static str>,
    /// Why there is none, if there is none.
    pub missing: &'static str,
}

/// Adds the contents of the source to the summary; `None` when its format cannot carry device code. Faults come with offsets in
/// this source. `deep`: what no section names is searched for.
pub(super) fn read(
    source: &dyn ReadAt,
    deep: bool,
    summary: &mut Summary,
    damage: &mut Vec<Damage>,
) -> Result<Option<Contents>, Error> {
    let mut head = [0; 4];
    let count = source.read_at(0, &mut head)?;
    let head = &head[..count];
    if head == b"\x7fELF" {
        let header = Header::read(source)?;
        if header.machine == cubin::EM_CUDA {
            return Ok(Some(bare_cubin(source, &header, summary)));
        }
        let elf = elf::read(source, &header)?;
        damage.extend(elf.unusable);
        let parts = Parts {
            general: elf.fatbin,
            relocatable: elf.relocatable,
            names: ["section .nv_fatbin", "section __nv_relfatbin"],
        };
        let place = parts.read(source, deep, summary, damage);
        if elf.nameless && !summary.is_empty() {
            let what =
                "sections have no names, so it is unknown whether the code that was found is the code that is loaded";
            damage.push(Damage { offset: 0, what: what.to_owned() });
        }
        let missing = "no .nv_fatbin section; code may be in data sections, which were not searched";
        let cpu = flaw::elf_cpu(header.machine);
        return Ok(Some(Contents { container: Container::Elf, cpu, needed: elf.needed, place, missing }));
    }
    if u16_at(head, 0) == Some(u16::from_le_bytes(*b"MZ")) {
        let pe = pe::read(source)?;
        let parts =
            Parts { general: pe.fatbin, relocatable: pe.relocatable, names: ["section .nv_fatb", "section __nv_rel"] };
        let place = parts.read(source, deep, summary, damage);
        let missing = "no .nv_fatb section; code may be in data sections, which were not searched";
        let cpu = flaw::pe_cpu(pe.machine);
        return Ok(Some(Contents { container: Container::Pe, cpu, needed: pe.needed, place, missing }));
    }
    if u32_at(head, 0) == Some(MAGIC) {
        damage.extend(fatbin::walk(source, 0..source.len(), &mut |item| summary.general(item)));
        return Ok(Some(whole(Container::Fatbin)));
    }
    Ok(ptx::read(source)?.map(|image| {
        summary.image(image, source.len());
        whole(Container::Ptx)
    }))
}

/// The ranges of the general part: the contents of `.nv_fatbin`, or all of a bare fatbin.
pub(super) fn general(source: &dyn ReadAt) -> Result<Vec<Range<u64>>, Error> {
    let mut head = [0; 4];
    let count = source.read_at(0, &mut head)?;
    let head = &head[..count];
    let mut ranges = if head == b"\x7fELF" {
        elf::read(source, &Header::read(source)?)?.fatbin
    } else if u16_at(head, 0) == Some(u16::from_le_bytes(*b"MZ")) {
        pe::read(source)?.fatbin
    } else if u32_at(head, 0) == Some(MAGIC) {
        std::iter::once(0..source.len()).collect()
    } else {
        Vec::new()
    };
    make_disjoint(&mut ranges, &mut Vec::new());
    Ok(ranges)
}

/// Searches everything outside the known ranges, and adds what is found.
pub(super) fn search(source: &dyn ReadAt, known: &[Range<u64>], summary: &mut Summary) -> Vec<Damage> {
    hidden::search(source, known, &mut |found| match found {
        Hidden::Code(code) => summary.hidden(code),
        Hidden::LinkInput(code) => summary.link_input(code),
    })
}

/// The contents of a file that is code from its first byte to its last.
fn whole(container: Container) -> Contents {
    Contents { container, cpu: None, needed: Vec::new(), place: Some("the whole file"), missing: "" }
}

fn bare_cubin(source: &dyn ReadAt, header: &Header, summary: &mut Summary) -> Contents {
    let Some(cubin) = cubin::read(source, header) else {
        let missing = "its header does not name an architecture";
        return Contents { place: None, missing, ..whole(Container::Cubin) };
    };
    if cubin.executable {
        summary.image(Image { code: cubin.code, isa: None, compression: Compression::None }, source.len());
    } else {
        summary.link_input(cubin.code);
    }
    whole(Container::Cubin)
}

/// The parts of a file that its section table names.
struct Parts {
    general: Vec<Range<u64>>,
    relocatable: Vec<Range<u64>>,
    /// What the two are called.
    names: [&'static str; 2],
}

impl Parts {
    /// Walks the parts, and searches between them if `deep`; returns the name of the part with the code.
    fn read(
        mut self,
        source: &dyn ReadAt,
        deep: bool,
        summary: &mut Summary,
        damage: &mut Vec<Damage>,
    ) -> Option<&'static str> {
        for ranges in [&mut self.general, &mut self.relocatable] {
            make_disjoint(ranges, damage);
        }
        for range in &self.general {
            damage.extend(fatbin::walk(source, range.clone(), &mut |item| summary.general(item)));
        }
        for range in &self.relocatable {
            damage.extend(fatbin::walk(source, range.clone(), &mut |item| summary.relocatable(item)));
        }
        let [general, relocatable] = self.names;
        let place = match (self.general.is_empty(), self.relocatable.is_empty()) {
            (false, _) => Some(general),
            (true, false) => Some(relocatable),
            (true, true) => None,
        };
        if deep {
            let mut known = self.general;
            known.append(&mut self.relocatable);
            make_disjoint(&mut known, &mut Vec::new());
            damage.extend(search(source, &known, summary));
        }
        place
    }
}

/// Sorts ranges and cuts off what an earlier one has: thousands of section headers may name one place, which is read once.
fn make_disjoint(ranges: &mut Vec<Range<u64>>, damage: &mut Vec<Damage>) {
    ranges.order_by_key(|range| (range.start, range.end));
    let mut end = 0;
    let mut overlap = None;
    ranges.retain_mut(|range| {
        if range.start < end {
            overlap.get_or_insert(range.start);
            range.start = end;
        }
        end = end.max(range.end);
        range.start < range.end
    });
    damage.extend(overlap.map(|offset| Damage { offset, what: "device code sections overlap".to_owned() }));
}
