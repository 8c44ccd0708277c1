//! One file: which format it is, where its device code lies, what that adds up to.

use std::path::Path;

use super::{
    Error, FileSource, Source, cubin, elf, fatbin,
    fields::{u16_at, u32_at},
    layout::MAGIC,
    pe, ptx,
    summary::Summary,
};
use crate::facts::{Container, Damage, Fact, How, Image, Library, ModuleGroup};

/// Reads what a file on disk holds. `shown` is how reports name it.
///
/// # Errors
/// When it cannot be opened, is no format that can carry device code, or is damaged before its sections could be found. Later
/// damage is part of the result.
pub fn read_library(path: &Path, shown: &str) -> Result<Library, Error> {
    read_source(&FileSource::open(path)?, shown)
}

/// Reads what a source holds.
///
/// # Errors
/// As [`read_library`].
pub fn read_source(source: &dyn Source, shown: &str) -> Result<Library, Error> {
    let mut head = [0; 4];
    let count = source.read_at(0, &mut head)?;
    let head = &head[..count];
    if head == b"\x7fELF" {
        let elf = elf::read(source)?;
        return Ok(match elf.cubin {
            Some(header) => bare(
                shown,
                Container::Cubin,
                cubin::target(header).map(|code| Image { code, isa: None, compression: Default::default() }),
            ),
            None => {
                let damage =
                    elf.unusable.iter().map(|(offset, what)| Damage { offset: *offset, what: (*what).to_owned() });
                let parts =
                    Parts { container: Container::Elf, sections: [".nv_fatbin", "__nv_relfatbin"], needed: elf.needed };
                parts.read(source, shown, &elf.fatbin, &elf.relocatable, damage.collect())
            }
        });
    }
    if u16_at(head, 0) == Some(u16::from_le_bytes(*b"MZ")) {
        let pe = pe::read(source)?;
        let parts = Parts { container: Container::Pe, sections: [".nv_fatb", "__nv_rel"], needed: pe.needed };
        return Ok(parts.read(source, shown, &pe.fatbin, &pe.relocatable, Vec::new()));
    }
    if u32_at(head, 0) == Some(MAGIC) {
        let parts = Parts { container: Container::Fatbin, sections: ["the fatbin", ""], needed: Vec::new() };
        #[expect(clippy::single_range_in_vec_init, reason = "a list of ranges with one range in it is meant")]
        return Ok(parts.read(source, shown, &[0..source.len()], &[], Vec::new()));
    }
    match ptx::read(source)? {
        Some(image) => Ok(bare(shown, Container::Ptx, Some(image))),
        None => Err(Error::NotABinary),
    }
}

/// A file that is one image by itself.
fn bare(shown: &str, container: Container, image: Option<Image>) -> Library {
    let code = match image {
        Some(image) => {
            let mut code = crate::facts::CodeObjects { fatbins: 1, ..Default::default() };
            let counts = if container == Container::Ptx { &mut code.ptx } else { &mut code.sass };
            counts.insert(image.code, 1);
            code.modules.push(ModuleGroup { count: 1, images: vec![image] });
            Fact::known(code, crate::facts::Source::new(How::Binary, shown))
        }
        None => Fact::unknown("its header names no architecture"),
    };
    Library { path: shown.to_owned(), container, needed: Vec::new(), code }
}

/// What a container format says of a file.
struct Parts {
    container: Container,
    /// Names of the general and the relocatable section.
    sections: [&'static str; 2],
    needed: Vec<String>,
}

impl Parts {
    fn read(
        self,
        source: &dyn Source,
        shown: &str,
        general: &[std::ops::Range<u64>],
        relocatable: &[std::ops::Range<u64>],
        damage: Vec<Damage>,
    ) -> Library {
        let mut summary = Summary::default();
        let damaged = !damage.is_empty();
        summary.damage(damage);
        for range in general {
            let damage = fatbin::walk(source, range.clone(), &mut |item| summary.general(item));
            summary.damage(damage);
        }
        for range in relocatable {
            let damage = fatbin::walk(source, range.clone(), &mut |item| summary.relocatable(item));
            summary.damage(damage);
        }
        let [general_name, relocatable_name] = self.sections;
        let code = if general.is_empty() && relocatable.is_empty() && !damaged {
            Fact::unknown(format!("no {general_name} section; code may be in data sections, which were not searched"))
        } else {
            let section = if general.is_empty() { relocatable_name } else { general_name };
            Fact::known(summary.finish(), crate::facts::Source::new(How::Binary, format!("{shown}, section {section}")))
        };
        Library { path: shown.to_owned(), container: self.container, needed: self.needed, code }
    }
}
