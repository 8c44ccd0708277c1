//! What was written is what is read.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::writer::{self, Entry, Parts, archive, dll, elf, fatbin, fatbins, library, parts, put};
use crate::{
    binary::{read_deep, read_library, read_source, read_source_deep},
    facts::{CodeKind, CodeObjects, CodeTarget, Container, Extent, Fact, Library},
};

type Counts = BTreeMap<CodeTarget, u32>;

fn counts<'e>(entries: impl Iterator<Item = &'e Entry>, wanted: impl Fn(CodeKind) -> bool) -> Counts {
    let mut counts = Counts::new();
    for entry in entries.filter(|entry| wanted(entry.code.kind)) {
        *counts.entry(entry.code).or_default() += 1;
    }
    counts
}

/// Holds that the library has the parts, each `times` often.
fn check(library: &Library, parts: &Parts, times: u32, deep: bool) {
    let code = match &library.code {
        Fact::Known { value, .. } => value.clone(),
        Fact::Absent { .. } => {
            assert!(deep, "absent without a search");
            CodeObjects { extent: Extent::WholeFile, ..Default::default() }
        }
        Fact::Unknown { .. } => {
            assert!(!deep, "unknown after a search");
            CodeObjects::default()
        }
    };
    let multiplied = |mut counts: Counts| {
        counts.values_mut().for_each(|count| *count *= times);
        counts
    };
    let general = |wanted: fn(CodeKind) -> bool| multiplied(counts(parts.general.iter().flatten(), wanted));
    assert!(code.damage.is_empty(), "{:?}", code.damage);
    assert_eq!(code.fatbins, parts.general.len() as u32 * times);
    assert_eq!(code.sass, general(|kind| kind == CodeKind::Sass));
    assert_eq!(code.ptx, general(|kind| kind == CodeKind::Ptx));
    assert_eq!(code.other, general(|kind| !matches!(kind, CodeKind::Sass | CodeKind::Ptx)));
    assert_eq!(code.relocatable, multiplied(counts(parts.relocatable.iter().flatten(), |_| true)));
    let hidden = if deep { multiplied(counts(parts.hidden.iter().flatten(), |_| true)) } else { Counts::new() };
    assert_eq!(code.hidden, hidden);
    assert_eq!(code.modules.iter().map(|group| group.count).sum::<u32>(), code.fatbins);
    let payloads: usize = parts.general.iter().flatten().map(|entry| entry.payload).sum();
    assert_eq!(code.bytes.values().sum::<u64>(), payloads as u64 * u64::from(times));
    assert_eq!(code.extent, if deep { Extent::WholeFile } else { Extent::Sections });
}

fn check_both(bytes: &[u8], container: Container, parts: &Parts, times: u32) {
    let (shallow, deep) = (read_source(&bytes, "x").unwrap(), read_source_deep(&bytes, "x").unwrap());
    assert_eq!((shallow.container, deep.container), (container, container));
    check(&shallow, parts, times, false);
    check(&deep, parts, times, true);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_container_reads_back(parts in parts()) {
        check_both(&library(&parts), Container::Elf, &parts, 1);
        check_both(&dll(&parts), Container::Pe, &parts, 1);
        if !parts.general.is_empty() {
            let bare = Parts { general: parts.general.clone(), ..Default::default() };
            check_both(&fatbins(&parts.general), Container::Fatbin, &bare, 1);
        }
    }

    #[test]
    fn an_archive_is_the_sum_of_its_members(parts in parts(), bsd: bool, name in "[a-z_]{1,40}", text in "[ -~]{0,9}") {
        let object = library(&parts);
        let members = [
            (name, object.clone()),
            ("readme.txt".to_owned(), text.into_bytes()),
            ("second_object_with_a_longer_name.o".to_owned(), object.clone()),
            ("third.o".to_owned(), object),
        ];
        check_both(&archive(&members, bsd), Container::Ar, &parts, 3);
    }

    #[test]
    fn a_thin_archive_is_the_files_beside_it(parts in parts()) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("one.o"), library(&parts)).unwrap();
        let thin = |names: &[&str]| {
            let mut bytes = b"!<thin>\n".to_vec();
            for name in names {
                bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, 123_456).bytes());
            }
            bytes
        };
        let path = folder.path().join("thin.a");
        std::fs::write(&path, thin(&["one.o/", "./one.o/"])).unwrap();
        check(&read_library(&path, "x").unwrap(), &parts, 1, false);
        check(&read_deep(&path, "x").unwrap(), &parts, 1, true);
        for name in ["gone.o/", "../thin.a/", "/etc/passwd/"] {
            let bytes = thin(&["one.o/", name]);
            std::fs::write(&path, &bytes).unwrap();
            let read = read_library(&path, "x").unwrap();
            let damage = &read.code.value().expect("damage is known").damage;
            assert_eq!(damage.iter().map(|damage| damage.offset).collect::<Vec<_>>(), [68], "{name}");
            // Without a folder no member is at hand.
            let read = read_source(&bytes.as_slice(), "x").unwrap();
            assert!(read.code.value().is_some_and(|code| code.fatbins == 0 && !code.damage.is_empty()));
        }
    }

    #[test]
    fn hidden_fatbins_and_cubins_are_found_at_any_offset(parts in parts(), gap in 0usize..40, flags in 75u32..122) {
        let cubin = elf(190, 8, flags << 8, &[(".text.k", 1, vec![7; 33])]);
        let mut data = vec![b'x'; gap];
        for entries in &parts.hidden {
            data.extend(fatbin(entries));
            data.extend(&cubin);
            data.resize(data.len() + gap, 0x7F);
        }
        let read = read_source_deep(&elf(62, 0, 0, &[(".data", 1, data)]).as_slice(), "x").unwrap();
        let mut expected = counts(parts.hidden.iter().flatten(), |_| true);
        if !parts.hidden.is_empty() {
            *expected.entry(format!("sm_{flags}").parse().unwrap()).or_default() += parts.hidden.len() as u32;
        }
        assert_eq!(read.code.value().map(|code| code.hidden.clone()).unwrap_or_default(), expected);
        assert_eq!(read.code.is_absent(), parts.hidden.is_empty());
    }
}

#[test]
fn what_lies_across_the_pieces_of_the_search_is_found() {
    let entry = writer::Entry { code: "sm_120a".parse().unwrap(), compression: 0, payload: 800, extension: 8 };
    let (image, cubin) = (fatbin(&[entry]), elf(190, 8, 90 << 8, &[(".text.k", 1, vec![7; 333])]));
    for shift in [1, 4, 7, 8, 9, 15, 16, 60, 64, 80, 500, 888] {
        for (object, target) in [(&image, "sm_120a"), (&cubin, "sm_90")] {
            let mut bytes = elf(62, 0, 0, &[(".data", 1, vec![0; 3 << 20])]);
            put(&mut bytes, (2 << 20) - shift, object);
            let read = read_source_deep(&bytes.as_slice(), "x").unwrap();
            let hidden = &read.code.value().unwrap_or_else(|| panic!("nothing at -{shift}")).hidden;
            assert_eq!(
                hidden.iter().map(|(code, count)| (code.to_string(), *count)).collect::<Vec<_>>(),
                [(target.to_owned(), 1)]
            );
        }
    }
}

#[test]
fn a_member_of_a_format_that_is_not_read_is_searched() {
    let entry = writer::Entry { code: "sm_90".parse().unwrap(), compression: 0, payload: 8, extension: 0 };
    let mut coff = vec![0x64, 0x86, 1, 0, 9];
    coff.extend(fatbin(&[entry]));
    let bytes = archive(&[("x.obj".to_owned(), coff)], false);
    assert!(read_source(&bytes.as_slice(), "x").unwrap().code.is_unknown());
    let read = read_source_deep(&bytes.as_slice(), "x").unwrap();
    assert_eq!(read.code.value().map(|code| code.hidden.len()), Some(1));
}
