//! Images made in tests, without an engine: layers of a few files, and the archives that hold them.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};

/// An entry of a layer.
pub enum Entry {
    File(String, Vec<u8>),
    Program(String, Vec<u8>),
    Folder(String),
    Symbolic(String, String),
    Hard(String, String),
    /// What is under this name in lower layers is gone.
    Gone(String),
    /// All that lower layers have in this folder is gone.
    Opaque(String),
}

/// Entries, in their order.
pub type Layer = Vec<Entry>;

/// One entry as tar has it.
pub fn member(name: &str, kind: u8, mode: u32, link: &str, contents: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    assert!(name.len() <= 100 && link.len() <= 100, "{name}");
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(format!("{mode:07o}\0").as_bytes());
    block[124..136].copy_from_slice(format!("{:011o}\0", contents.len()).as_bytes());
    block[156] = kind;
    block[157..157 + link.len()].copy_from_slice(link.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    seal(&mut block);
    block.extend(contents);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// Makes the checksum of a header right.
pub fn seal(block: &mut [u8]) {
    block[148..156].fill(b' ');
    let sum: u32 = block[..512].iter().copied().map(u32::from).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// A layer as a tar file.
pub fn tar(layer: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in layer {
        bytes.extend(match entry {
            Entry::File(name, contents) => member(name, b'0', 0o644, "", contents),
            Entry::Program(name, contents) => member(name, b'0', 0o755, "", contents),
            Entry::Folder(name) => member(&format!("{name}/"), b'5', 0o755, "", b""),
            Entry::Symbolic(name, to) => member(name, b'2', 0o777, to, b""),
            Entry::Hard(name, to) => member(name, b'1', 0o644, to, b""),
            Entry::Gone(name) => {
                let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
                member(&format!("{folder}/.wh.{name}"), b'0', 0, "", b"")
            }
            Entry::Opaque(folder) => member(&format!("{folder}/.wh..wh..opq"), b'0', 0, "", b""),
        });
    }
    bytes.extend([0; 1024]);
    bytes
}

/// A layer, laid over what is in a folder.
pub fn unpack(layer: &[Entry], folder: &Path) {
    for entry in layer {
        match entry {
            Entry::Gone(name) => {
                let path = folder.join(name);
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
            }
            Entry::Opaque(name) => fs::remove_dir_all(folder.join(name)).unwrap(),
            _ => {}
        }
    }
    for entry in layer {
        let place = |name: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&path);
            path
        };
        match entry {
            Entry::File(name, contents) => fs::write(place(name), contents).unwrap(),
            Entry::Program(name, contents) => {
                let path = place(name);
                fs::write(&path, contents).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
            Entry::Folder(name) => fs::create_dir_all(folder.join(name)).unwrap(),
            Entry::Symbolic(name, to) => symlink(to, place(name)).unwrap(),
            Entry::Hard(name, to) => fs::hard_link(folder.join(to), place(name)).unwrap(),
            Entry::Gone(_) | Entry::Opaque(_) => {}
        }
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// zstd frames that hold the bytes as they are, behind one to be passed over.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut frames = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3].to_vec();
    for piece in bytes.chunks(100_000) {
        // A window of 128 KB, no checksum and no length; then one raw block, the last.
        frames.extend([0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38]);
        frames.extend(&(u32::try_from(piece.len()).unwrap() << 3 | 1).to_le_bytes()[..3]);
        frames.extend(piece);
    }
    frames
}

/// How an image is run.
pub fn config(platform: [&str; 2], variables: &[&str]) -> Value {
    let [os, architecture] = platform;
    json!({"os": os, "architecture": architecture, "config": {"Env": variables, "WorkingDir": "/app", "User": ""}})
}

/// An archive of members by their names.
pub fn archive(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        members.iter().flat_map(|(name, contents)| member(name, b'0', 0o644, "", contents)).collect();
    bytes.extend([0; 1024]);
    bytes
}

/// What `docker save` wrote before there were OCI layouts in it: a folder for each layer.
pub fn docker(layers: &[Vec<u8>], config: &Value) -> Vec<(String, Vec<u8>)> {
    let names: Vec<String> = (0..layers.len()).map(|number| format!("{number:064x}/layer.tar")).collect();
    // The last layer comes first, so that nobody relies on the order.
    let mut members: Vec<(String, Vec<u8>)> = names.iter().cloned().zip(layers.iter().cloned()).rev().collect();
    members.push(("0123.json".to_owned(), config.to_string().into_bytes()));
    let manifest = json!([{"Config": "0123.json", "RepoTags": ["app:latest"], "Layers": names}]);
    members.push(("manifest.json".to_owned(), manifest.to_string().into_bytes()));
    members
}

/// An OCI layout with one image for each configuration, all of the same layers.
pub fn oci(layers: &[Vec<u8>], configs: &[Value]) -> Vec<(String, Vec<u8>)> {
    let mut members = Vec::new();
    // Digests are names here: nothing checks them.
    let mut put = |bytes: Vec<u8>| {
        let digest = format!("{:064x}", members.len() + 0xabc);
        members.push((format!("blobs/sha256/{digest}"), bytes));
        json!({"digest": format!("sha256:{digest}"), "size": 0})
    };
    let stored: Vec<Value> = layers.iter().map(|layer| put(layer.clone())).collect();
    let mut images = Vec::new();
    for config in configs {
        let stored_config = put(config.to_string().into_bytes());
        let manifest = json!({"schemaVersion": 2, "config": stored_config, "layers": stored});
        let mut image = put(manifest.to_string().into_bytes());
        if configs.len() > 1 {
            image["platform"] = json!({"os": config["os"], "architecture": config["architecture"]});
        }
        images.push(image);
    }
    let attestation =
        json!({"digest": "sha256:0", "size": 0, "platform": {"os": "unknown", "architecture": "unknown"}});
    let mut index = json!({"schemaVersion": 2, "manifests": images});
    if configs.len() > 1 {
        index["manifests"].as_array_mut().unwrap().push(attestation);
        let mut nested = put(index.to_string().into_bytes());
        nested["mediaType"] = json!("application/vnd.oci.image.index.v1+json");
        index = json!({"schemaVersion": 2, "manifests": [nested]});
    }
    members.push(("index.json".to_owned(), index.to_string().into_bytes()));
    members.push(("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
    members
}

/// A SIF file around a file system: of the kind `kind`, for the processor `cpu`.
pub fn sif(system: &[u8], kind: i32, cpu: &[u8; 2]) -> Vec<u8> {
    let mut bytes = vec![0; 128];
    bytes[..31].copy_from_slice(b"#!/usr/bin/env run-singularity\n");
    bytes[32..41].copy_from_slice(b"SIF_MAGIC");
    bytes[42..44].copy_from_slice(b"01");
    bytes[45..47].copy_from_slice(cpu);
    let start = 4096i64;
    for (at, value) in [(80, 46i64), (88, 2), (96, 128), (104, 2 * 585), (112, start), (120, system.len() as i64)] {
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    for (number, part) in [0x4001i32, 0x4004].into_iter().enumerate() {
        let mut descriptor = vec![0; 585];
        descriptor[..4].copy_from_slice(&part.to_le_bytes());
        descriptor[4] = 1;
        descriptor[5] = u8::try_from(number).unwrap() + 1;
        descriptor[17..25].copy_from_slice(&start.to_le_bytes());
        descriptor[25..33].copy_from_slice(&(system.len() as i64).to_le_bytes());
        if part == 0x4004 {
            let extra = &mut descriptor[201..];
            extra[..4].copy_from_slice(&kind.to_le_bytes());
            extra[4..8].copy_from_slice(&2i32.to_le_bytes());
            extra[8..10].copy_from_slice(cpu);
        }
        bytes.extend(descriptor);
    }
    bytes.resize(4096, 0);
    bytes.extend(system);
    bytes
}
