//! Archives made here: large members, which are read as they stream past; lies, bombs and what cannot be read; conda packages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::zip::{Lie, Zip, crc};
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
    let mut lines: Vec<String> = archive.skipped.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "cut.so: its compressed data is cut off",
            "encrypted.so: it is encrypted",
            "overlap.fatbin: its bytes are also another member's",
            "short.fatbin: it is stored, but in another size than its own",
            "sum.fatbin: its checksum is wrong",
            "text.so: neither ELF, PE, static library, fatbin nor PTX",
            "twice.fatbin: a later member has the same name",
            "zstd.so: it is compressed with a method that is not read (93)",
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
    assert!(error.starts_with("not read: a conda package of the old format"), "{error}");
}

fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, contents) in members {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend(block);
        bytes.extend(*contents);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
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
