//! Folders as they are found: links, linker scripts, files of several distributions.

use super::*;
use std::fs;

fn read(target: &Path) -> anyhow::Result<Collected> {
    let progress = Progress::default();
    let mut reader = Reader::new(Depth::default(), &progress);
    reader.read(target, "x")?;
    reader.read(target, "x")?;
    Ok(reader.finish())
}

fn paths(bundle: &Bundle) -> Vec<&str> {
    bundle.libraries.iter().map(|library| library.path.as_str()).collect()
}

#[test]
fn folders_are_walked_once_and_only_candidates_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("sub")).unwrap();
    fs::write(place("sub/a.so"), "no library").unwrap();
    fs::write(place("sub/b.so"), "INPUT(libb.so.1)").unwrap();
    fs::write(place("sub/notes.txt"), "x").unwrap();
    fs::write(place("kernel.ptx"), ".version 8.0\n.target sm_80\n").unwrap();
    #[cfg(unix)]
    {
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, place(name)).unwrap();
        link(folder.path(), "sub/up");
        link(&place("kernel.ptx"), "a-link.ptx");
        link(Path::new("nowhere"), "dangling.so");
    }
    let collected = read(folder.path()).unwrap();
    assert_eq!(collected.bundles.len(), 1, "what is named twice is read once");
    let bundle = &collected.bundles[0];
    assert_eq!(paths(bundle), ["kernel.ptx", "sub/b.so"]);
    assert!(bundle.libraries[1].code.is_unknown(), "a linker script holds no code");
    let unread = |path: &str| collected.unread.iter().any(|unread| unread.path == path && unread.matters);
    assert!(unread("sub/a.so"), "what cannot be read says so");
    #[cfg(unix)]
    {
        assert!(bundle.files.contains("a-link.ptx"), "a link is a name that the loader finds");
        assert!(unread("dangling.so"), "{:?}", collected.unread);
    }
    assert!(read(&place("missing.so")).is_err());
    assert!(read(&place("sub/notes.txt")).is_err(), "a file that was named must be one");
}

#[test]
fn files_belong_to_the_distribution_that_lists_them() {
    let folder = tempfile::tempdir().unwrap();
    let ptx = ".version 8.0\n.target sm_80\n";
    for (file, text) in [
        ("one/k.ptx", ptx),
        ("shared/one.ptx", ptx),
        ("shared/two.ptx", ptx),
        ("loose.ptx", ptx),
        ("old_thing/k.ptx", ptx),
        ("One-1.5.dist-info/METADATA", "Name: One\nVersion: 1.5\nRequires-Dist: two\n"),
        ("One-1.5.dist-info/RECORD", "one/k.ptx,,\nshared/one.ptx,,\none/x.py,,\n"),
        ("two-2.dist-info/RECORD", "shared/two.ptx,,\n../outside.ptx,,\n"),
        ("old.thing-3.egg-info/PKG-INFO", "Name: old-thing\nVersion: 3\n"),
        ("~ne-1.4.dist-info/RECORD", "loose.ptx,,\n"),
    ] {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let collected = read(folder.path()).unwrap();
    let shown: Vec<String> =
        collected.bundles.iter().map(|bundle| format!("{}: {}", bundle.label(), paths(bundle).join(" "))).collect();
    assert_eq!(
        shown,
        ["old-thing 3: old_thing/k.ptx", "one 1.5: one/k.ptx shared/one.ptx", "two 2: shared/two.ptx", "x: loose.ptx"]
    );
    assert_eq!(collected.bundles[1].requires.as_deref(), Some(["two".to_owned()].as_slice()));
}
