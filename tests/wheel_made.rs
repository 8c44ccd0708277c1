//! Archives made here: large members, which are read as they stream past; lies, bombs and what cannot be read; conda packages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::pack::{Lie, Zip, crc, tar};
use gpucheck::{
    binary::{self, Archive, ArchiveOptions},
    facts::{Extent, Library},
};

fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin").join(name)).unwrap()
}

fn read_as(name: &str, bytes: &[u8], options: &ArchiveOptions) -> Result<Archive, binary::Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    binary::read_archive(&path, options)
}

fn read(zip: Zip) -> Archive {
    read_as("demo-1.0-py3-none-any.whl", &zip.finish(), &ArchiveOptions::default()).unwrap()
}

fn unpacked(bytes: &[u8], name: &str) -> Library {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    binary::read_library(file.path(), name).unwrap()
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// The library with `gap` bytes of noise put in front of its section headers (and whatever follows): as in a library with large
/// tables there, which is read as it streams past.
fn stretched(library: &[u8], gap: usize) -> Vec<u8> {
    let table = u64::from_le_bytes(library[40..48].try_into().unwrap()) as usize;
    let mut bytes = [&library[..table], &noise(gap), &library[table..]].concat();
    bytes[40..48].copy_from_slice(&((table + gap) as u64).to_le_bytes());
    bytes
}

fn in_sections(mut library: Library) -> Library {
    if let Some(code) = library.code.value_mut() {
        code.hidden.clear();
        code.extent = Extent::Sections;
    }
    library
}

#[test]
fn large_members_are_read_as_their_unpacked_files() {
    let mut compared = 0;
    for name in
        ["c13.5/so-torchlike.so", "c13.5/so-concat.so", "c13.5/rdc-linked.so", "c12.4/so-debug.so", "c11.8/so.so"]
    {
        // Names of sections and of libraries then lie far behind when the table comes.
        for gap in [(8 << 20) + 12_345] {
            let bytes = stretched(&corpus(name), gap);
            let archive = read(Zip::default().deflated("demo/lib.so", &bytes).stored("demo/again.so", &bytes));
            assert!(archive.skipped.is_empty(), "{name}: {:?}", archive.skipped);
            for library in archive.libraries {
                let path = library.path.clone();
                assert_eq!(in_sections(library), unpacked(&bytes, &path), "{name} {gap}");
                compared += 1;
            }
        }
    }
    let mut dll = corpus("pe/win-13.5-two.dll");
    dll.extend(noise(9 << 20));
    let archive = read(Zip::default().deflated("demo/lib.dll", &dll));
    assert_eq!(in_sections(archive.libraries[0].clone()), unpacked(&dll, "demo/lib.dll"));
    assert_eq!(compared, 10);
}

#[test]
fn small_fatbins_by_the_hundred_are_all_read() {
    let fatbin = |payload: &[u8]| {
        let mut entry = [0; 64];
        entry[0] = 2;
        entry[4] = 64;
        entry[8..16].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        entry[28] = 100;
        let size = (entry.len() + payload.len()) as u64;
        [&[0x50, 0xED, 0x55, 0xBA, 1, 0, 16, 0][..], &size.to_le_bytes(), &entry, payload].concat()
    };
    // As in cuDNN's precompiled engines, where 63 fatbins were missed for standing too close together.
    let bytes = [fatbin(&noise(9 << 20)), fatbin(&[7; 40]).repeat(5000)].concat();
    let archive = read(Zip::default().deflated("demo/k.fatbin", &bytes));
    let code = archive.libraries[0].code.value().unwrap();
    assert_eq!((code.fatbins, code.damage.as_slice()), (5001, [].as_slice()));
}

#[test]
fn quick_says_how_far_it_looked() {
    let fatbin = corpus("c13.5/fb-mode-none.fatbin");
    let bytes = [fatbin.repeat(20), noise(12 << 20)].concat();
    let zip = Zip::default().deflated("demo/k.fatbin", &bytes).finish();
    let options = ArchiveOptions { quick: true, ..ArchiveOptions::default() };
    let archive = read_as("demo-1.0-py3-none-any.whl", &zip, &options).unwrap();
    let code = archive.libraries[0].code.value().unwrap();
    assert_eq!(code.extent, Extent::Sampled);
    assert!(code.fatbins >= 8 && !code.sass.is_empty() && archive.inflated_bytes < 1 << 20, "{archive:?}");
}

/// As in torch 2.15.0 for aarch64, whose libtorch_cuda.so has 58 fatbins for sm_100 or sm_90 alone in front of the others.
#[test]
fn a_sample_of_single_images_does_not_speak_for_the_rest() {
    let (alone, general) = (corpus("c13.5/sass-sm_100.fatbin"), corpus("c13.5/fb-mode-none.fatbin"));
    let options = ArchiveOptions { quick: true, ..ArchiveOptions::default() };
    let sampled = |bytes: &[u8]| {
        let zip = Zip::default().stored("demo/k.fatbin", bytes).finish();
        read_as("demo-1.0-py3-none-any.whl", &zip, &options).unwrap().libraries[0].code.clone()
    };
    let code = sampled(&[alone.repeat(10), general.repeat(20), noise(40 << 20)].concat());
    let targets: Vec<String> = code.value().unwrap().sass.keys().map(ToString::to_string).collect();
    assert!(targets.len() > 1, "{targets:?}");
    // Nor does it count where it stands apart from them, which is in another section.
    let code = sampled(&[alone.repeat(58), noise(64 << 10), general.clone(), noise(40 << 20)].concat());
    let code = code.value().unwrap();
    assert_eq!((code.fatbins, code.sass.values().max()), (1, Some(&1)), "{code:?}");
    let gpucheck::facts::Fact::Unknown { why } = sampled(&[alone.repeat(10), noise(40 << 20)].concat()) else {
        panic!()
    };
    assert!(why.contains("each of its first 10 fatbins contains one image (sm_100)"), "{why}");
}

#[test]
fn hidden_fatbins_are_told_apart_from_decoys() {
    for (name, hidden) in [("fatbin-in-data.so", true), ("fatbin-in-rodata.so", true), ("magic-decoy.so", false)] {
        let small = corpus(&format!("hidden/{name}"));
        let large = stretched(&small, 9 << 20);
        let archive = read(Zip::default().deflated("a.so", &small).deflated("b.so", &large));
        for library in &archive.libraries {
            let found = library.code.value().is_some_and(|code| !code.hidden.is_empty());
            assert_eq!(found, hidden, "{name}: {library:?}");
        }
        assert_eq!(
            archive.libraries[0].code.value().map(|code| &code.hidden),
            archive.libraries[1].code.value().map(|code| &code.hidden)
        );
    }
}

#[test]
fn what_cannot_be_read_is_one_line_each() {
    let good = corpus("c13.5/sass-sm_90.fatbin");
    let size = good.len() as u64;
    let sum = crc(&good);
    let zip = Zip::default()
        .stored("good.fatbin", &good)
        .raw(&Lie("encrypted.so", 8, 1, 0, b"xx", 9))
        .raw(&Lie("zstd.so", 93, 0, 0, b"xx", 9))
        .raw(&Lie("sum.fatbin", 0, 0, !sum, &good, size))
        .raw(&Lie("short.fatbin", 0, 0, sum, &good, size + 1))
        .raw(&Lie("cut.so", 8, 0, 0, &[], 9))
        .raw(&Lie("text.so", 0, 0, crc(b"INPUT(x)"), b"INPUT(x)", 8))
        .raw(&Lie("../../escape\n.fatbin", 0, 0, sum, &good, size))
        .entry(&Lie("overlap.fatbin", 0, 0, sum, &good, size), 0)
        .stored("twice.fatbin", b"no fatbin")
        .stored("twice.fatbin", &good)
        .raw(&Lie("readme.txt", 93, 1, 0, b"not asked for", 0));
    let archive = read(zip);
    let mut lines: Vec<String> =
        archive.skipped.iter().map(|skipped| format!("{}: {}", skipped.path, skipped.why)).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "cut.so: its compressed data is truncated",
            "encrypted.so: it is encrypted",
            "overlap.fatbin: its data overlaps another member's",
            "short.fatbin: it is stored uncompressed, but its packed and unpacked sizes differ",
            "sum.fatbin: its checksum is wrong",
            "text.so: not an ELF, PE, static library, fatbin or PTX file",
            "twice.fatbin: a later member has the same name",
            "zstd.so: its compression method is not supported (93)",
        ]
    );
    let read: Vec<&str> = archive.libraries.iter().map(|library| library.path.as_str()).collect();
    assert_eq!(read, ["../../escape\u{FFFD}.fatbin", "good.fatbin", "twice.fatbin"]);
}

#[test]
fn a_directory_cut_or_changed_anywhere_never_panics() {
    let whole = Zip::default().deflated("a.so", &corpus("c13.5/so-sm_120.so")).finish();
    let options = ArchiveOptions::default();
    for at in (0..whole.len()).rev().step_by(7).take(60) {
        let _ = read_as("x.whl", &whole[..at], &options);
        let mut changed = whole.clone();
        changed[at] = !changed[at];
        let _ = read_as("x.whl", &changed, &options);
        changed[at.saturating_sub(8)..at].fill(0xFF);
        let _ = read_as("x.whl", &changed, &options);
    }
    let error = read_as("torch-2.7.1-0.tar.bz2", b"BZh9", &options).unwrap_err().to_string();
    assert!(error.starts_with("not supported: old conda package format"), "{error}");
}

#[test]
fn conda_packages_are_read() {
    let zstd = |bytes: &[u8]| ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest);
    let (small, large) = (corpus("c13.5/so-all.so"), stretched(&corpus("c13.5/so-torchlike.so"), 9 << 20));
    let index = br#"{"name": "demo", "version": "1.2", "depends": ["cuda-version >=12.6", "__cuda"], "build": "h1"}"#;
    let info = zstd(&tar(&[("info/about.json", b"{}"), ("info/index.json", index)]));
    let package = zstd(&tar(&[("lib/a.so", &small), ("readme", b"x"), ("lib/z.fatbin", b"none")]));
    let zip = Zip::default().stored("metadata.json", b"{}").stored("info-demo-1.2-h1.tar.zst", &info);
    let zip = zip.stored("pkg-demo-1.2-h1.tar.zst", &package).finish();
    let archive = read_as("demo-1.2-h1.conda", &zip, &ArchiveOptions::default()).unwrap();
    assert_eq!(
        (archive.name.as_deref(), archive.version.as_deref(), archive.tags.as_deref()),
        (Some("demo"), Some("1.2"), Some("h1"))
    );
    assert_eq!(archive.requires, ["cuda-version >=12.6", "__cuda"]);
    assert_eq!(archive.libraries.len(), 1);
    assert_eq!(in_sections(archive.libraries[0].clone()), unpacked(&small, "lib/a.so"));
    assert_eq!(archive.skipped.len(), 1, "{:?}", archive.skipped);
    // A large member of a stream that cannot be started again.
    let package = zstd(&tar(&[("lib/large.so", &large), ("lib/after.so", &small)]));
    let zip = Zip::default().stored("pkg-demo-1.2-h1.tar.zst", &package).finish();
    let archive = read_as("demo-1.2-h1.conda", &zip, &ArchiveOptions::default()).unwrap();
    let [after, read] = archive.libraries.as_slice() else { panic!("{archive:?}") };
    assert_eq!((in_sections(read.clone()), after.path.as_str()), (unpacked(&large, "lib/large.so"), "lib/after.so"));
    let cut = Zip::default().stored("pkg-demo-1.2-h1.tar.zst", &package[..package.len() / 2]).finish();
    assert_eq!(read_as("x-1-0.conda", &cut, &ArchiveOptions::default()).unwrap().skipped.len(), 2);
}
