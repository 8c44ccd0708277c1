//! End to end: `gpucheck --archive` says of an image in an archive what `--root` says of it unpacked, and harmless things of harmful ones.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;
#[path = "common/image.rs"]
mod image;

use std::{
    fs::{self, File},
    process::Stdio,
    time::{Duration, Instant},
};

use common::{gpucheck, run};
use image::{Entry, Layer};
use serde_json::{Value, json};
use tempfile::TempDir;

const SITE: &str = "opt/venv/lib/python3.12/site-packages";
const LINUX: [&str; 2] = ["linux", "amd64"];
const VARIABLES: [&str; 3] = ["PATH=/opt/venv/bin:/usr/bin:/bin", "TORCH_CUDA_ARCH_LIST=9.0", "HF_TOKEN=planted"];
const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/");
/// The file systems that `mksquashfs` made of the tree that [`Place::tree`] makes, one for each way to compress.
const SQUASHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/image/");

/// The first bytes of a program for x86_64 (62) or aarch64 (183).
fn program(machine: u8) -> Vec<u8> {
    let mut header = b"\x7fELF\x02\x01\x01".to_vec();
    header.resize(64, 0);
    header[18] = machine;
    header
}

fn file(path: &str, contents: impl Into<Vec<u8>>) -> Entry {
    Entry::File(path.to_owned(), contents.into())
}

fn torch(build: &str, library: &str) -> Layer {
    let version = build.split('+').next().unwrap();
    let cuda = build.split_once("+cu").unwrap().1;
    let info = format!("{SITE}/torch-{version}.dist-info");
    let main = "torch/lib/libtorch_cuda.so";
    vec![
        file(&format!("{SITE}/torch/__init__.py"), "from .version import __version__\n"),
        file(
            &format!("{SITE}/torch/version.py"),
            format!("__version__ = '{build}'\ncuda = '{}.{}'\nhip = None\n", &cuda[..2], &cuda[2..]),
        ),
        file(&format!("{SITE}/{main}"), fs::read(format!("{CORPUS}{library}")).unwrap()),
        file(
            &format!("{info}/METADATA"),
            format!("Metadata-Version: 2.1\nName: torch\nVersion: {version}\nRequires-Dist: filelock\n\nText\n"),
        ),
        file(&format!("{info}/RECORD"), format!("torch/__init__.py,,\ntorch/version.py,,\n{main},,\n")),
        file(&format!("{info}/INSTALLER"), "pip\n"),
    ]
}

/// A system, an environment with a torch, and a layer that takes that away and brings another.
fn layers() -> Vec<Layer> {
    let system = vec![
        Entry::Folder("usr".to_owned()),
        Entry::Folder("usr/bin".to_owned()),
        Entry::Symbolic("bin".to_owned(), "usr/bin".to_owned()),
        Entry::Program("usr/bin/sh".to_owned(), program(62)),
        Entry::Program("usr/bin/python3.12".to_owned(), program(62)),
        file("etc/os-release", "PRETTY_NAME=\"Made Linux 1\"\n"),
        file(
            ".singularity.d/env/10-docker2singularity.sh",
            "#!/bin/sh\nexport PATH=\"/opt/venv/bin:/usr/bin:/bin\"\nexport TORCH_CUDA_ARCH_LIST=\"${TORCH_CUDA_ARCH_LIST:-\"9.0\"}\"\n",
        ),
        file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        file(
            "lib/x86_64-linux-gnu/libc.so.6",
            [program(62), b"GNU C Library (Made) stable release version 2.36.\n".to_vec()].concat(),
        ),
    ];
    let mut environment = vec![
        file("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n"),
        // Its folder is a link of the layer below.
        Entry::Symbolic("bin/python3".to_owned(), "python3.12".to_owned()),
        Entry::Symbolic("opt/venv/bin/python3".to_owned(), "/bin/python3".to_owned()),
        Entry::Symbolic("opt/venv/bin/python".to_owned(), "python3".to_owned()),
        Entry::Hard("opt/venv/bin/activate".to_owned(), "opt/venv/pyvenv.cfg".to_owned()),
        file(&format!("{SITE}/torch/left.so"), b"gone".to_vec()),
    ];
    environment.extend(torch("2.7.1+cu126", "c12.4/so-compress-all.so"));
    let mut upper = torch("2.8.0+cu128", "c13.5/so-sm_120.so");
    upper.insert(0, Entry::Gone(format!("{SITE}/torch-2.7.1.dist-info")));
    // Behind what it must not take away.
    upper.push(Entry::Opaque(format!("{SITE}/torch")));
    vec![system, environment, upper]
}

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The layers unpacked one over the other.
    fn tree(&self) -> String {
        let root = self.folder.path().join("root");
        fs::create_dir_all(&root).unwrap();
        layers().iter().for_each(|layer| image::unpack(layer, &root));
        root.to_str().unwrap().to_owned()
    }
}

const MACHINE: [&str; 4] = ["--gpu", "RTX 5090", "--driver", "570.86.10"];

fn judged(arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(gpucheck().args(["--format", "json"]).args(MACHINE).args(arguments));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    (code, report)
}

/// What `--root` says of the unpacked image, started with the image's variables.
fn unpacked(root: &str) -> (i32, Value) {
    let mut command = gpucheck();
    command.args(["--format", "json", "--root", root]).args(MACHINE).current_dir("/").env("HOME", "/root");
    command.envs(VARIABLES.iter().map(|variable| variable.split_once('=').unwrap()));
    let (code, out, err) = run(&mut command);
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// What must be the same.
fn said(report: &Value) -> Value {
    json!([
        report["facts"],
        report["findings"],
        report["verdict"],
        report["runs_on"],
        report["subjects"],
        report["checks"]
    ])
}

#[track_caller]
fn same(one: &(i32, Value), other: &(i32, Value)) {
    assert_eq!(one.0, other.0);
    for (one, other) in said(&one.1).as_array().unwrap().iter().zip(said(&other.1).as_array().unwrap()) {
        assert_eq!(serde_json::to_string_pretty(one).unwrap(), serde_json::to_string_pretty(other).unwrap());
    }
}

#[test]
fn an_image_in_an_archive_is_judged_as_unpacked() {
    let place = Place::new();
    let expected = unpacked(&place.tree());
    let environment = &expected.1["facts"]["environments"][0];
    assert_eq!(environment["id"], "/opt/venv");
    assert_eq!(environment["packages"].as_array().unwrap().len(), 1, "{environment}");
    assert_eq!(environment["packages"][0]["build"]["value"]["version"], "2.8.0+cu128");
    assert_eq!(environment["packages"][0]["libraries"][0]["code"]["value"]["sass"]["sm_120"], 1);
    assert!(!expected.1.to_string().contains("planted"));

    let plain: Vec<Vec<u8>> = layers().iter().map(|layer| image::tar(layer)).collect();
    let gzip: Vec<Vec<u8>> = plain.iter().map(|layer| image::gzip(layer)).collect();
    let zstd: Vec<Vec<u8>> = plain.iter().map(|layer| image::zstd(layer)).collect();
    let config = image::config(LINUX, &VARIABLES);
    let saved = image::archive(&image::docker(&plain, &config));
    for (name, bytes) in [
        ("docker.tar", saved.clone()),
        ("docker-packed.tar", image::archive(&image::docker(&zstd, &config))),
        ("docker.tar.gz", image::gzip(&saved)),
        ("oci.tar", image::archive(&image::oci(&plain, std::slice::from_ref(&config)))),
        ("oci-gzip.tar", image::archive(&image::oci(&gzip, std::slice::from_ref(&config)))),
        ("oci-zstd.tar", image::archive(&image::oci(&zstd, std::slice::from_ref(&config)))),
    ] {
        let path = place.write(name, &bytes);
        let found = judged(&["--archive", &path]);
        same(&found, &expected);
        if name.starts_with("docker.tar") {
            // By redirection, and through a pipe.
            let (code, out, _) = run(gpucheck()
                .args(["--format", "json", "--archive", "-"])
                .args(MACHINE)
                .stdin(File::open(&path).unwrap()));
            same(&(code, serde_json::from_str(&out).unwrap()), &expected);
            let mut cat = std::process::Command::new("cat").arg(&path).stdout(Stdio::piped()).spawn().unwrap();
            let (code, out, _) = run(gpucheck()
                .args(["--format", "json", "--archive", "-"])
                .args(MACHINE)
                .stdin(cat.stdout.take().unwrap()));
            cat.wait().unwrap();
            same(&(code, serde_json::from_str(&out).unwrap()), &expected);
        }
    }
    for (name, bytes) in image::oci(&gzip, &[config]) {
        place.write(&format!("layout/{name}"), &bytes);
    }
    same(&judged(&["--archive", place.folder.path().join("layout").to_str().unwrap()]), &expected);
}

#[test]
fn a_file_system_of_apptainer_is_judged_as_unpacked() {
    let place = Place::new();
    let expected = unpacked(&place.tree());
    for way in ["gzip", "zstd", "lz4"] {
        let system = fs::read(format!("{SQUASHED}{way}.squashfs")).unwrap();
        let path = place.write("app.sif", &image::sif(&system, 1, b"02"));
        // The scripts of the image say its variables.
        same(&judged(&["--archive", &path]), &expected);
        same(&judged(&["--archive", &format!("{SQUASHED}{way}.squashfs")]), &expected);
    }
}

/// Runs it on an archive and gives the exit code and what it said; it must not take long.
#[track_caller]
fn refused(path: &str, more: &[&str]) -> String {
    let start = Instant::now();
    let (code, _, err) = run(gpucheck().args(["--archive", path]).args(MACHINE).args(more));
    assert!(start.elapsed() < Duration::from_secs(60), "{path}");
    assert_eq!(code, 2, "{path}: {err}");
    assert_eq!(err.lines().count(), 1, "{err}");
    err
}

#[test]
fn what_is_no_image_is_said() {
    let place = Place::new();
    let system = fs::read(format!("{SQUASHED}gzip.squashfs")).unwrap();
    let config = image::config(LINUX, &VARIABLES);
    let plain: Vec<Vec<u8>> = layers().iter().map(|layer| image::tar(layer)).collect();
    let with = |layer: Vec<u8>| image::archive(&image::docker(&[plain[0].clone(), layer], &config));
    let saved = image::archive(&image::docker(&plain, &config));
    let mut two = image::docker(&plain, &config);
    two.last_mut().unwrap().1 =
        br#"[{"Config":"0123.json","RepoTags":["a:1"],"Layers":[]},{"Config":"0123.json","RepoTags":["b:2"],"Layers":[]}]"#
            .to_vec();
    let mut lacking = image::docker(&plain, &config);
    lacking.remove(0);
    let mut damaged = plain[1].clone();
    damaged[3] ^= 1;
    let cut = image::gzip(&plain[1]);
    for (name, bytes, wanted) in [
        ("empty", Vec::new(), "it is empty"),
        ("text", b"FROM nvidia/cuda\n".repeat(99), "neither a tar archive, a SIF file nor a squashfs"),
        ("app.whl", b"PK\x03\x04".repeat(999), "`gpucheck scan` reads wheels"),
        (
            "other.tar",
            image::archive(&[("readme".to_owned(), b"x".to_vec())]),
            "neither an index.json nor a manifest.json",
        ),
        ("readme.gz", image::gzip(b"some text"), "not a tar archive inside"),
        ("app.tar.xz", b"\xFD7zXZ\0rest".to_vec(), "compressed with xz"),
        ("cut.tar", saved[..saved.len() / 2].to_vec(), "truncated"),
        ("two.tar", image::archive(&two), "2 images (a:1, b:2)"),
        ("lacking.tar", image::archive(&lacking), "is not in it"),
        ("xz-layer.tar", with(b"\xFD7zXZ\0rest".to_vec()), "compressed with xz"),
        ("text-layer.tar", with(b"text".repeat(999)), "neither a tar archive nor compressed"),
        ("damaged.tar", with(damaged), "neither a tar archive nor compressed"),
        ("cut-layer.tar", with(cut[..cut.len() / 2].to_vec()), "its compressed data is truncated"),
        ("cut-plain.tar", with(plain[1][..plain[1].len() / 2].to_vec()), "truncated"),
        ("windows.tar", image::archive(&image::docker(&plain, &image::config(["windows", "amd64"], &[]))), "Windows"),
        ("encrypted.sif", image::sif(&system, 5, b"02"), "is encrypted"),
        ("ext3.sif", image::sif(&system, 2, b"02"), "only squashfs is read"),
        ("cut.sif", image::sif(&system, 1, b"02")[..5000].to_vec(), "truncated"),
        ("cut.squashfs", system[..system.len() / 2].to_vec(), "truncated"),
        ("xz.squashfs", fs::read(format!("{SQUASHED}xz.squashfs")).unwrap(), "compressed with xz"),
        ("bad.json.tar", image::archive(&[("manifest.json".to_owned(), b"{".to_vec())]), "not as expected"),
        ("deep.json.tar", image::archive(&[("index.json".to_owned(), b"[".repeat(100_000))]), "not as expected"),
    ] {
        let said = refused(&place.write(name, &bytes), &[]);
        assert!(said.contains(wanted), "{name}: {said}");
    }
    let said = refused(place.folder.path().to_str().unwrap(), &[]);
    assert!(said.contains("no OCI layout") && said.contains("--root DIR"), "{said}");
    assert!(refused("none.tar", &[]).contains("none.tar"));
    assert!(
        refused(&place.write("app.tar", &saved), &["--platform", "linux/arm64"]).contains("no image for linux-aarch64")
    );
}

#[test]
fn the_platform_of_an_image_is_chosen() {
    let place = Place::new();
    let plain: Vec<Vec<u8>> = layers().iter().map(|layer| image::tar(layer)).collect();
    let configs = [["linux", "arm64"], LINUX, ["linux", "arm"]].map(|platform| image::config(platform, &VARIABLES));
    let path = place.write("many.tar", &image::archive(&image::oci(&plain, &configs)));
    let (code, _, err) = run(gpucheck().args(["--archive", &path, "--platform", "linux/amd64"]).args(MACHINE));
    assert_ne!(code, 2, "{err}");
    assert!(
        err.contains("images for linux-aarch64, linux-x86_64, linux-arm; judged is linux-x86_64 (by --platform)"),
        "{err}"
    );
    let (_, _, err) = run(gpucheck().args(["--archive", &path]).args(MACHINE));
    assert!(err.contains("this machine's; --platform chooses another"), "{err}");
    // Without a file that shows it, the configuration says what an image is for.
    let bare = image::archive(&image::docker(&[image::tar(&[file("app/model.bin", "x")])], &configs[0]));
    let (_, report) = judged(&["--archive", &place.write("bare.tar", &bare)]);
    assert_eq!(report["facts"]["host"]["platform"]["value"], "linux-aarch64");
}

#[test]
fn a_file_system_alone_is_an_image_without_variables() {
    let place = Place::new();
    let path = place.write("export.tar", &image::tar(&layers().remove(0)));
    let (code, out, err) = run(gpucheck().args(["--archive", &path]).args(MACHINE));
    assert!(
        code == 0 && err.contains("without an image's configuration") && out.contains("Made Linux 1"),
        "{out}{err}"
    );
}

#[test]
fn the_requirement_of_an_image_is_judged() {
    let place = Place::new();
    let plain: Vec<Vec<u8>> = layers().iter().map(|layer| image::tar(layer)).collect();
    let variables = ["PATH=/opt/venv/bin", "NVIDIA_REQUIRE_CUDA=cuda>=13.0 brand=tesla,driver>=570,driver<571"];
    let path = place.write("app.tar", &image::archive(&image::docker(&plain, &image::config(LINUX, &variables))));
    let (code, report) = judged(&["--archive", &path]);
    let found = common::finding(&report, "container-requirement-unmet");
    assert!(code == 1 && found["fixes"][0]["result"] == "driver 580", "{found}");
}

/// What the kernel counted as this process's most memory, in MB.
fn with_memory(path: &str) -> (i32, u64) {
    let script = format!(
        "'{}' --archive '{path}' --gpu 'RTX 5090' --driver 570.86.10 >/dev/null 2>&1; echo $?",
        env!("CARGO_BIN_EXE_gpucheck")
    );
    // The shell waits for one child alone.
    let wrapped = format!(
        "import resource,subprocess;r=subprocess.run(['sh','-c',{script:?}],capture_output=True,text=True);print(r.stdout.strip(),resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss//1024)"
    );
    let out = std::process::Command::new("python3").args(["-c", &wrapped]).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let (code, memory) = text.trim().split_once(' ').unwrap();
    (code.parse().unwrap(), memory.parse().unwrap())
}

#[test]
fn hostile_archives_take_little_time_and_memory() {
    let place = Place::new();
    let config = image::config(LINUX, &VARIABLES);
    let base = image::tar(&layers()[0]);
    let with = |name: &str, layer: Vec<u8>| {
        place.write(name, &image::archive(&image::docker(&[base.clone(), layer], &config)))
    };
    let make = |count: usize, make: &dyn Fn(usize) -> Entry| image::tar(&(0..count).map(make).collect::<Layer>());
    let (many, some) = (100_000, 20_000);
    let zeros = |name: &str, len: u64| {
        let mut layer = image::member(name, b'0', 0o644, "", b"");
        layer[124..136].copy_from_slice(format!("{len:011o}\0").as_bytes());
        image::seal(&mut layer);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &layer).unwrap();
        for _ in 0..len >> 20 {
            std::io::Write::write_all(&mut encoder, &vec![0; 1 << 20]).unwrap();
        }
        encoder.finish().unwrap()
    };
    let pax = |records: &str, kind: u8| {
        let mut layer = image::member("pax", b'x', 0o644, "", records.as_bytes());
        layer.extend(image::member("x", kind, 0o644, "", b"abc"));
        layer.extend([0; 1024]);
        layer
    };
    let mut sparse = image::member("holes", b'S', 0o644, "", b"abc");
    sparse[482] = 1;
    image::seal(&mut sparse);
    sparse.splice(512..512, [0; 512]);
    sparse.extend([0; 1024]);
    let deep = "d/".repeat(45);
    for (name, wanted, layer) in [
        ("bomb.tar", 2, zeros("opt/x", 512 << 20)),
        ("bomb-library.tar", 2, zeros("opt/x.so", 512 << 20)),
        ("entries.tar", 0, make(many, &|number| file(&format!("opt/{number}"), ""))),
        ("entries.tar.gz", 0, image::gzip(&make(some, &|number| file(&format!("opt/{number}/METADATA"), "x")))),
        (
            "libraries.tar.gz",
            0,
            image::gzip(&make(some, &|number| file(&format!("opt/{number}.so"), "\x7fELF\x02\x01"))),
        ),
        ("hidden.tar", 0, make(some, &|number| Entry::Gone(format!("{number}")))),
        ("opaque.tar", 0, make(some, &|number| Entry::Opaque(if number % 2 == 0 { "usr" } else { "." }.to_owned()))),
        ("same.tar", 0, make(some, &|_| file("opt/x/y", "z"))),
        ("deep.tar", 0, make(some, &|number| file(&format!("{deep}{number}"), ""))),
        (
            "links.tar",
            0,
            make(many, &|number| Entry::Symbolic(format!("opt/{number}"), format!("/opt/{}", number + 1))),
        ),
        ("hard.tar", 0, make(some, &|number| Entry::Hard(format!("opt/{}", number + 1), format!("opt/{number}")))),
        ("out.tar", 0, make(some, &|number| file(&format!("../../{number}"), ""))),
        ("absolute.tar", 0, image::tar(&[file("/etc/os-release", "PRETTY_NAME=absolute\n")])),
        (
            "loop.tar",
            0,
            image::tar(&[
                Entry::Symbolic("etc".to_owned(), "/etc".to_owned()),
                Entry::Symbolic("opt".to_owned(), "../../../../etc".to_owned()),
                file("opt/x", "y"),
                file("etc/os-release", ""),
            ]),
        ),
        ("all.tar", 0, image::tar(&["usr", "bin", "etc", "lib"].map(|name| Entry::Gone(name.to_owned())))),
        ("long.tar", 2, pax("26 size=99999999999999999999\n27 size=18446744073709551615\n", b'0')),
        ("size.tar", 2, pax("28 size=18446744073709551615\n", b'0')),
        ("sparse-pax.tar", 0, pax("22 GNU.sparse.major=1\n31 GNU.sparse.name=opt/model.so\n", b'0')),
        ("sparse.tar", 0, sparse),
    ] {
        let path = with(name, layer);
        let start = Instant::now();
        let (code, memory) = with_memory(&path);
        let time = start.elapsed();
        assert_eq!(code, wanted, "{name}");
        assert!(time < Duration::from_secs(60) && memory < 700, "{name}: {time:?}, {memory} MB");
    }
    // A name that leads out is said to.
    let (_, out, err) =
        run(gpucheck().args(["--archive", place.folder.path().join("out.tar").to_str().unwrap()]).args(MACHINE));
    assert!(
        err.contains("20000 entries of the archive lead out of the image") && out.contains("Made Linux 1"),
        "{out}{err}"
    );
    let (_, out, _) =
        run(gpucheck().args(["--archive", place.folder.path().join("absolute.tar").to_str().unwrap()]).args(MACHINE));
    assert!(out.contains("absolute"), "{out}");
}

/// Makes those file systems again.
#[test]
#[ignore = "needs mksquashfs, and writes into the corpus"]
fn squashed() {
    let place = Place::new();
    let root = place.tree();
    for way in ["gzip", "zstd", "lz4", "xz"] {
        let file = format!("{SQUASHED}{way}.squashfs");
        let _ = fs::remove_file(&file);
        let mut command = std::process::Command::new("mksquashfs");
        command.args([
            &root,
            &file,
            "-comp",
            way,
            "-all-root",
            "-all-time",
            "0",
            "-mkfs-time",
            "0",
            "-no-xattrs",
            "-b",
            "16384",
        ]);
        common::succeed(&mut command);
    }
}

/// `needs` says of an image what it says of the same tree unpacked, and `doctor` of the same image agrees: from the driver on it runs.
#[test]
fn an_image_needs_what_the_doctor_says_of_it() {
    let place = Place::new();
    let plain: Vec<Vec<u8>> = layers().iter().map(|layer| image::tar(layer)).collect();
    let variables = ["PATH=/opt/venv/bin:/usr/bin:/bin", "NVIDIA_REQUIRE_CUDA=cuda>=11.4"];
    let archive = place.write("app.tar", &image::archive(&image::docker(&plain, &image::config(LINUX, &variables))));
    let needs = |arguments: &[&str]| {
        let mut command = gpucheck();
        command.args(["needs", "--format", "json", "--gpu", "RTX 5090", "--os", "linux"]).args(arguments);
        // An unpacked image is started with the variables that it is given.
        command.env("PATH", "/opt/venv/bin:/usr/bin:/bin").env("HOME", "/root").current_dir("/");
        // The image was made without what torch requires, which no machine mends.
        let (code, out, err) = run(&mut command);
        assert_eq!((code, err.as_str()), (1, ""), "{out}");
        let answer: Value = serde_json::from_str(&out).unwrap();
        answer["subjects"][0].clone()
    };
    let of_archive = needs(&[&archive]);
    let served = &of_archive["systems"][0]["served"];
    assert_eq!((&served[0]["gpus"][0]["capability"], served.as_array().map(Vec::len)), (&json!("12.0"), Some(1)));
    let driver = served[0]["driver"].as_str().unwrap();
    assert_eq!(*served, needs(&["--root", &place.tree()])["systems"][0]["served"]);
    assert_eq!(*served, needs(&["--archive", &archive])["systems"][0]["served"]);
    // The image's own gate is not what its software needs.
    assert_eq!(of_archive["gate"], "cuda>=11.4");
    let found: Vec<&str> =
        of_archive["findings"].as_array().unwrap().iter().filter_map(|one| one["rule"].as_str()).collect();
    assert_eq!(found, ["container-requirement-differs", "environment-incomplete"]);
    let doctor = |driver: &str| {
        let machine = ["--gpu", "RTX 5090", "--driver", driver, "--fail-on", "error", "--archive", &archive];
        let (_, out, err) = run(gpucheck().args(["--format", "json"]).args(machine));
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        let all = report["findings"].as_array().unwrap().clone();
        all.iter().any(|one| one["severity"] == "error" && one["rule"].as_str().unwrap().starts_with("driver-too-old"))
    };
    let below = driver.parse::<gpucheck::facts::DriverVersion>().unwrap().below().to_string();
    assert_eq!((doctor(driver), doctor(&below)), (false, true), "{driver}");
}
