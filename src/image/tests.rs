use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use super::*;
use crate::{
    binary::{FileSource, read_source},
    files::Opened,
};

const LIBRARY: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so"));
const SQUASHED: [&[u8]; 3] = [
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/image/gzip.squashfs")),
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/image/zstd.squashfs")),
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/image/lz4.squashfs")),
];

fn member(name: &str, kind: u8, link: &str, contents: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    let sum = format!("{:06o}\0 ", crate::tar::checksum(&block));
    block[148..156].copy_from_slice(sum.as_bytes());
    block.extend(contents);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn docker(layers: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number}/layer.tar")).collect();
    let manifest = serde_json::json!([{"Config": "c.json", "RepoTags": null, "Layers": names}]).to_string();
    let config = br#"{"os":"linux","architecture":"amd64"}"#;
    let mut bytes: Vec<u8> = names.iter().zip(layers).flat_map(|(name, layer)| member(name, b'0', "", layer)).collect();
    bytes.extend(member("c.json", b'0', "", config));
    bytes.extend(member("manifest.json", b'0', "", manifest.as_bytes()));
    bytes
}

fn opened(bytes: &[u8]) -> Result<Image, Error> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    of_file(Blob::of(file).unwrap(), Choice { asked: None, own: None })
}

fn read(image: &Image, path: &str) -> std::io::Result<Vec<u8>> {
    let Opened::Content(content) = image.tree.open(Path::new(path))? else { panic!("a file of the machine") };
    let mut bytes = vec![0; usize::try_from(content.len()).unwrap()];
    let count = content.read_at(0, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

#[test]
fn whatever_is_asked_for_of_a_compressed_layer_is_what_it_has() {
    let mut large = LIBRARY.to_vec();
    large.resize(9 << 20, 0x55);
    let files: Vec<(String, Vec<u8>)> = [
        ("etc/os-release", b"NAME=x\n".to_vec()),
        ("opt/notes.md", b"text\n".repeat(3000)),
        ("opt/lib.so", LIBRARY.to_vec()),
        ("opt/large.so", large),
        ("opt/more.md", b"more\n".to_vec()),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into();
    let layer: Vec<u8> = files.iter().flat_map(|(name, bytes)| member(name, b'0', "", bytes)).collect();
    let image = opened(&docker(&[gzip(&layer)])).unwrap();
    let again = || image.store.as_ref().unwrap().again.lock().unwrap().passes;
    assert_eq!(read(&image, "/etc/os-release").unwrap(), files[0].1);
    assert_eq!(again(), 0, "which was kept");
    // In the order of the layer one pass is enough.
    for (name, bytes) in [&files[1], &files[2], &files[4]] {
        assert!(read(&image, &format!("/{name}")).unwrap() == *bytes, "{name}");
    }
    assert_eq!(again(), 1);
    // Of a large library, what its readers ask for.
    let source = FileSource::opened(image.tree.open(Path::new("/opt/large.so")).unwrap());
    let whole = files[3].1.as_slice();
    assert_eq!(read_source(&source, "x.so").unwrap(), read_source(&whole, "x.so").unwrap());
    assert_eq!(again(), 1);
}

#[test]
fn upper_layers_replace_and_hide() {
    let lower = [
        member("a/x", b'0', "", b"lower"),
        member("a/y", b'0', "", b"lower"),
        member("b/x", b'0', "", b"lower"),
        member("c", b'0', "", b"lower"),
        member("d/x", b'0', "", b"lower"),
        member("lib", b'2', "usr/lib", b""),
        member("usr/lib/z", b'0', "", b"lower"),
        member("e/f/g", b'0', "", b"lower"),
    ]
    .concat();
    let upper = [
        member("a/new", b'0', "", b"upper"),
        member("a/.wh..wh..opq", b'0', "", b""),
        member("b/.wh.x", b'0', "", b""),
        member("c/deep", b'0', "", b"upper"),
        member(".wh.d", b'0', "", b""),
        member("d/y", b'0', "", b"upper"),
        member("lib/z", b'0', "", b"upper"),
        member("hard", b'1', "usr/lib/z", b""),
        member("nowhere", b'1', "not/there", b""),
        member("../out", b'0', "", b"out"),
        member("./e//f/./h", b'0', "", b"upper"),
        member(".wh..wh.plnk", b'0', "", b""),
    ]
    .concat();
    for packed in [false, true] {
        let layers = [lower.clone(), upper.clone()].map(|layer| if packed { gzip(&layer) } else { layer });
        let image = opened(&docker(&layers)).unwrap();
        let names = |path: &str| image.tree.names(Path::new(path)).unwrap();
        assert_eq!(names("/"), ["a", "b", "c", "d", "e", "hard", "lib", "nowhere", "usr"]);
        assert_eq!((names("/a"), names("/b"), names("/d")), (vec!["new".into()], vec![], vec!["y".into()]));
        assert_eq!(names("/e/f"), ["g", "h"]);
        for path in ["/usr/lib/z", "/hard", "/c/deep", "/a/new"] {
            assert_eq!(read(&image, path).unwrap(), b"upper", "{path}");
        }
        assert_eq!(read(&image, "/e/f/g").unwrap(), b"lower");
        assert!(read(&image, "/nowhere").is_err() && read(&image, "/out").is_err());
        assert!(image.notes[0].starts_with("1 entries"), "{:?}", image.notes);
    }
}

#[test]
fn a_squashfs_is_read_whatever_it_is_compressed_with() {
    let first = opened(SQUASHED[0]).unwrap();
    let library = "/opt/venv/lib/python3.12/site-packages/torch/lib/libtorch_cuda.so";
    assert_eq!(read(&first, library).unwrap(), LIBRARY);
    for bytes in SQUASHED {
        let image = opened(bytes).unwrap();
        assert_eq!(walk(&*image.tree, Path::new("/"), 0), walk(&*first.tree, Path::new("/"), 0));
        assert_eq!(read(&image, library).unwrap(), LIBRARY);
        assert_eq!(image.config.variables["PATH"], "/opt/venv/bin:/usr/bin:/bin");
    }
}

proptest! {
    #[test]
    fn any_change_of_an_archive_is_taken(which in 0usize..5, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>(), whole: bool) {
        let layer = [member("a/x.so", b'0', "", &LIBRARY[..2000]), member("a/.wh.y", b'0', "", b"")].concat();
        let mut bytes = match which {
            3 => docker(&[layer.clone(), gzip(&layer)]),
            4 => layer,
            which => SQUASHED[which].to_vec(),
        };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if !whole {
            let cut = cut.index(bytes.len());
            bytes.truncate(cut);
        }
        let start = Instant::now();
        if let Ok(image) = opened(&bytes) {
            walk(&*image.tree, Path::new("/"), 0);
        }
        prop_assert!(start.elapsed() < Duration::from_secs(20));
    }
}
