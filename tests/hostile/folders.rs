//! `gpucheck scan` of what is made to hang it, to fill its memory or to lead it astray: folders with pipes, devices and loops, bombs,
//! archives of nothing. A test that does not end is a test that fails.

use std::{fs, io::Write, path::Path, process::Command};

use crate::common::{
    gpucheck,
    pack::{Lie, Zip, crc, tar},
    run,
};
use serde_json::Value;

/// Scans and gives the report.
fn scan(target: &Path) -> Value {
    let (code, out, err) = run(gpucheck().args(["scan", "--format", "json"]).arg(target));
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

fn paths(report: &Value) -> Vec<&str> {
    let libraries = report["scan"].as_array().map(Vec::as_slice).unwrap_or_default();
    libraries.iter().map(|library| library["path"].as_str().unwrap()).collect()
}

/// What was not read and why, in one line each.
fn unread(report: &Value) -> Vec<String> {
    let list = report["unread"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|unread| format!("{}: {}", unread["path"].as_str().unwrap(), unread["why"].as_str().unwrap()))
        .collect()
}

const PTX: &str = ".version 8.0\n.target sm_80\n";

#[cfg(unix)]
#[test]
fn a_folder_with_pipes_devices_and_loops_is_walked_to_its_end() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};

    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir_all(place("a/b")).unwrap();
    fs::write(place("a/kernel.ptx"), PTX).unwrap();
    fs::write(place("a/empty.so"), "").unwrap();
    fs::write(place("a").join(std::ffi::OsStr::from_bytes(b"\xFF\xFE.ptx")), PTX).unwrap();
    crate::common::succeed(Command::new("mkfifo").arg(place("a/pipe.so")));
    for (to, name) in [
        ("/dev/zero", "zero.so"),
        ("/dev/stdin", "stdin.so"),
        ("/dev", "devices"),
        ("/proc/self", "process"),
        ("loop1.so", "loop2.so"),
        ("loop2.so", "loop1.so"),
        ("nowhere.so", "dangling.so"),
        ("..", "a/b/up"),
        (".", "self"),
    ] {
        symlink(to, place(name)).unwrap();
    }
    // Not behind the links: what a link to /proc or /dev leads to is walked, but nothing there is opened that is no regular file.
    fs::remove_file(place("process")).unwrap();
    let report = scan(folder.path());
    let mut found = paths(&report);
    found.retain(|path| !path.starts_with("devices/"));
    assert_eq!(found, ["a/kernel.ptx", "a/\u{FFFD}\u{FFFD}.ptx"]);
    for name in ["a/empty.so", "a/pipe.so", "zero.so", "loop1.so", "dangling.so"] {
        let unread = report["unread"].as_array().unwrap();
        assert!(unread.iter().any(|unread| unread["path"] == name && unread["matters"] == true), "{name}");
    }
    for (name, says) in [
        ("a/pipe.so", "not a regular file"),
        ("zero.so", "not a regular file"),
        ("loop1.so", "symbolic links"),
        ("a/empty.so", ""),
    ] {
        let (code, out, err) = run(gpucheck().arg("scan").arg(place(name)));
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{name}: {err}");
        assert!(err.contains(says) && err.contains(name.rsplit('/').next().unwrap()), "{err}");
    }
}

fn wheel(zip: Zip) -> Value {
    packed("demo-1.0-py3-none-any.whl", &zip.finish())
}

fn packed(name: &str, bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    scan(&path)
}

#[test]
fn a_bomb_of_zeros_is_let_go() {
    let zeros = vec![0; 120 << 20];
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&zeros).unwrap();
    let packed = encoder.finish().unwrap();
    let bomb = Lie("bomb.so", 8, 0, crc(&zeros), &packed, zeros.len() as u64);
    let report = wheel(Zip::default().raw(&bomb).stored("kernel.ptx", PTX.as_bytes()));
    assert_eq!(paths(&report), ["kernel.ptx"]);
    assert_eq!(unread(&report), ["bomb.so: decompression bomb: it expands to far more than real libraries do"]);
}

#[test]
fn archives_in_archives_are_not_opened() {
    let inner = Zip::default().stored("kernel.ptx", PTX.as_bytes()).finish();
    let report =
        wheel(Zip::default().stored("inner.whl", &inner).stored("inner.zip", &inner).stored("inner.so", &inner));
    assert_eq!(paths(&report), [] as [&str; 0]);
    assert_eq!(unread(&report).len(), 1, "only the one that has the name of a library is looked at");
}

#[test]
fn members_by_the_ten_thousand_are_linear_and_not_all_listed() {
    let mut zip = Zip::default();
    for number in 0..60_000 {
        zip = zip.stored(&format!("{number}.so"), b"\x7fELF");
    }
    let report = wheel(zip);
    assert_eq!(unread(&report).len(), 1001);
    assert!(unread(&report)[1000].contains("more than 1000"), "{}", unread(&report)[1000]);
}

/// A zstd frame with this header byte for the window and these blocks, each with its three bytes in front.
fn frame(window: u8, blocks: &[u8]) -> Vec<u8> {
    [&[0x28, 0xB5, 0x2F, 0xFD, 0, window], blocks].concat()
}

#[test]
fn conda_packages_that_ask_for_memory_or_time_are_let_go() {
    let conda = |frame: &[u8]| {
        let zip = Zip::default().stored("metadata.json", b"{}").stored("pkg-demo-1-0.tar.zst", frame);
        unread(&packed("demo-1-0.conda", &zip.finish())).join("\n")
    };
    // A window of 1 TiB.
    let window = conda(&frame(0xF0, &[1, 0, 0]));
    assert!(window.contains("its zstd data cannot be read"), "{window}");
    // A member of a terabyte, whose zeros are repeated blocks of 128 KiB in four bytes each.
    let mut member = tar(&[("lib/a.so", b"")])[..512].to_vec();
    member[124..136].copy_from_slice(b"77777777777\0");
    member[148..156].fill(b' ');
    let sum: u32 = member.iter().map(|byte| u32::from(*byte)).sum();
    member[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let raw = ((member.len() as u32) << 3).to_le_bytes();
    let repeated = ((128u32 << 10) << 3 | 2).to_le_bytes();
    let mut blocks = [&raw[..3], &member].concat();
    for _ in 0..200_000 {
        blocks.extend([repeated[0], repeated[1], repeated[2], 0]);
    }
    let bomb = conda(&frame(0x38, &blocks));
    assert!(bomb.contains("bomb"), "{bomb}");
    // Headers without end: a hundred thousand empty members.
    let many = tar(&[("lib/empty.so", &[][..]); 1000]);
    let mut blocks = Vec::new();
    for chunk in many[..many.len() - 1024].repeat(100).chunks(64 << 10) {
        blocks.extend(&((chunk.len() as u32) << 3).to_le_bytes()[..3]);
        blocks.extend(chunk);
    }
    blocks.extend([1, 0, 0]);
    let many = conda(&frame(0x38, &blocks));
    assert_eq!(many.lines().count(), 1001, "{}", many.lines().last().unwrap_or_default());
}
