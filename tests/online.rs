//! `--online` end to end, against an index on this machine: a release that no row knows answers as its row would, what is read is counted, nobody is
//! asked unasked, and an index that is gone or lies leaves the answer as it was. The wheels are made up; the device code in them is real.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    gpucheck, run,
    server::{Reply, Server, zip},
};
use gpucheck::{
    binary::ArchiveOptions,
    online::{Index, Limits},
    remote::{self, Config, Url},
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A release after all that there are, so that the test outlives them.
const NEXT: &str = "99.0.0";
const LINUX: &str = "manylinux_2_28_x86_64";
const MACHINE: [&str; 6] = ["--os", "linux", "--platform", "linux-x86_64", "--python-version", "3.12"];

/// A file on the index: its name, and its bytes.
type Wheel = (String, Vec<u8>);

fn corpus(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin/c13.5").join(name)).unwrap()
}

/// A wheel of torch for this CUDA release, as the default index names it or, with a local version, as PyTorch's own does. `sm_75 80 86 90 100 120`.
fn torch(tags: &str, cuda: &str, local: bool) -> Wheel {
    let variant = format!("cu{}", cuda.replace('.', ""));
    let version = format!("__version__ = '{NEXT}+{variant}'\ncuda = '{cuda}'\n");
    let metadata = format!(
        "Metadata-Version: 2.1\nName: torch\nVersion: {NEXT}\nRequires-Python: >=3.11\n\
         Requires-Dist: cuda-toolkit[cublas]=={cuda}.0; platform_system == \"Linux\"\n"
    );
    let bytes = zip(&[
        ("torch/version.py", version.as_bytes()),
        ("torch/lib/libtorch_cuda.so", &corpus("so-torchlike.so")),
        // What no answer rests on.
        ("torch/share/data.bin", &vec![7; 40 << 20]),
        (&format!("torch-{NEXT}.dist-info/METADATA"), metadata.as_bytes()),
    ]);
    let local = if local { format!("%2B{variant}") } else { String::new() };
    (format!("torch-{NEXT}{local}-{tags}.whl"), bytes)
}

fn pure(name: &str, version: &str, requires: &str) -> Wheel {
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Dist: {requires}\n");
    let bytes = zip(&[(&format!("{name}-{version}.dist-info/METADATA"), metadata.as_bytes())]);
    (format!("{name}-{version}-py3-none-any.whl"), bytes)
}

/// The release, its companions, and wheels for others.
fn release() -> Vec<Wheel> {
    let tags = |python: &str, platform: &str| format!("{python}-{python}-{platform}");
    let mut all: Vec<Wheel> =
        ["cp311", "cp312", "cp313"].map(|python| torch(&tags(python, LINUX), "13.2", false)).into_iter().collect();
    all.push(torch(&tags("cp312", "win_amd64"), "13.2", false));
    all.push(torch(&tags("cp312", "manylinux_2_28_aarch64"), "13.2", false));
    all.push(pure("torchvision", "99.1.0", &format!("torch=={NEXT}")));
    all.push(pure("torchaudio", "99.0.0", "torch>=98"));
    all
}

/// An index with these files, all of one day; below `/whl` PyTorch's own has those with a local version.
fn index(files: Vec<Wheel>) -> Server {
    let files = Arc::new(files);
    Server::start(move |request, _| {
        let path = request.path.as_str();
        if let Some(file) = path.strip_prefix("/files/") {
            let found = files.iter().find(|(name, _)| name == file);
            return found.map_or_else(|| Reply::status(404), |(_, bytes)| Reply::part(bytes, request));
        }
        let own = path.starts_with("/whl/");
        let package = path.trim_matches('/').split('/').next_back().unwrap();
        let of = |(name, _): &&Wheel| name.split('-').next() == Some(package) && name.contains("%2B") == own;
        let list: Vec<Value> = files.iter().filter(of).map(|(name, _)| {
            json!({"filename": name.replace("%2B", "+"), "url": format!("/files/{name}"), "hashes": {}, "upload-time": "2036-02-03T04:05:06Z"})
        }).collect();
        let page = json!({"meta": {"api-version": "1.1"}, "name": package, "files": list});
        if list.is_empty() {
            Reply::status(404)
        } else {
            Reply::page("application/vnd.pypi.simple.v1+json", page.to_string())
        }
    })
}

/// The binary with nothing of this machine's configuration of pip and uv, on a day after that of the release.
fn command(arguments: &[&str]) -> Command {
    let mut command = gpucheck();
    command.args(arguments).env("HOME", env!("CARGO_TARGET_TMPDIR")).env("PIP_CONFIG_FILE", "/dev/null");
    command.env("UV_NO_CONFIG", "1").env("PIP_DEFAULT_TIMEOUT", "20").env("SOURCE_DATE_EPOCH", "2086300800");
    command
}

fn json_of(command: &mut Command) -> (i32, Value, String) {
    let (code, out, err) = run(command.args(["--format", "json"]));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}")), err)
}

/// A folder of rows that say what the release is.
fn rows() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
[sources]
tests = "made up for tests"

[[release]]
version = "99.0.0"
released = "2036-02-03"
python = ["3.11", "3.12", "3.13"]
requires_python = ">=3.11"
manylinux = "manylinux_2_28"
torchvision = "99.1.0"
torchaudio = "99.0.0"
source = ["tests"]
verified = "2036-02-10"
builds = [
  { variant = "cu132", platform = "linux-x86_64", sass = ["75", "80", "86", "90", "100", "120"], ptx = ["120"], toolkit = "13.2.0", index = "whl/cu132", pypi_default = true, published = "pypi", basis = "measured", source = ["tests"] },
  { variant = "cu132", platform = "windows-x86_64", sass = ["75", "80", "86", "90", "100", "120"], ptx = ["120"], toolkit = "13.2.0", python = ["3.12"], index = "whl/cu132", pypi_default = true, published = "pypi", basis = "measured", source = ["tests"] },
]
"#;
    fs::write(folder.path().join("torch.toml"), text).unwrap();
    folder
}

/// What a report answers, without where it is known from.
fn answer(report: &Value) -> Value {
    let findings = report["findings"].as_array().cloned().unwrap_or_default();
    let lines = |finding: &Value| -> Vec<Value> {
        finding["fixes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fix| json!([fix["commands"], fix["needs"], fix["result"]]))
            .collect()
    };
    // The day of the rows in force is in the sentence of this rule.
    let said = |one: &Value| if one["rule"] == "newer-than-knowledge" { Value::Null } else { one["summary"].clone() };
    let found: Vec<Value> =
        findings.iter().map(|one| json!([one["rule"], one["severity"], said(one), lines(one)])).collect();
    let systems = report["subjects"].as_array().into_iter().flatten().map(|subject| &subject["systems"]);
    json!([report["verdict"], found, report["runs_on"], systems.collect::<Vec<_>>()])
}

/// An environment with a torch that does not serve new cards.
fn environment() -> TempDir {
    let place = TempDir::new().unwrap();
    let packages = place.path().join("lib/python3.12/site-packages");
    let info = packages.join("torch-100.0.0.dist-info");
    for folder in [&packages.join("torch/lib"), &info, &place.path().join("bin")] {
        fs::create_dir_all(folder).unwrap();
    }
    fs::write(place.path().join("pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n").unwrap();
    fs::write(info.join("METADATA"), "Metadata-Version: 2.1\nName: torch\nVersion: 100.0.0\n").unwrap();
    fs::write(info.join("INSTALLER"), "pip\n").unwrap();
    fs::write(packages.join("torch/version.py"), "__version__ = '100.0.0+cu132'\ncuda = '13.2'\n").unwrap();
    fs::write(packages.join("torch/lib/libtorch_cuda.so"), corpus("so-sass-only-sm_90.so")).unwrap();
    fs::write(info.join("RECORD"), "torch/version.py,,\ntorch/lib/libtorch_cuda.so,,\n").unwrap();
    place
}

#[test]
fn a_release_without_a_row_answers_as_its_row_would() {
    let (server, rows, installed) = (index(release()), rows(), environment());
    let url = server.url("/simple");
    let gpu = ["--gpu", "RTX 5090", "--driver", "595.71.05"];
    let old = ["--gpu", "GTX 1080", "--driver", "580.95.05"];
    let with = |parts: &[&[&'static str]]| parts.concat();
    let environment = installed.path().to_str().unwrap();
    let file = installed.path().join("requirements.txt");
    fs::write(&file, "torch\n").unwrap();
    let asks_for_torch = file.to_str().unwrap();
    let install = ["--", "pip", "install", "torch==99.0.0"];
    let cases: [(Vec<&str>, &[&str]); 7] = [
        (with(&[&["recommend"], &gpu, &MACHINE]), &[]),
        (with(&[&["recommend"], &gpu, &MACHINE, &["--torch", "99.0", "--with", "torchvision"]]), &[]),
        (with(&[&["check"], &gpu, &MACHINE]), &install),
        (with(&[&["check"], &old, &MACHINE]), &install),
        (with(&[&["check"], &gpu, &MACHINE]), &["--", "uv", "pip", "install", "torchvision==99.1.0"]),
        ([&["doctor", environment][..], &gpu, &["--os", "linux"]].concat(), &[]),
        (vec!["needs", asks_for_torch, "--python-version", "3.12"], &[]),
    ];
    for (arguments, rest) in cases {
        let ask = |more: &[&str]| {
            let mut command = command(&arguments);
            let (code, out, err) = run(command.args(more).args(["--format", "json"]).args(rest));
            let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
            (code, report, err)
        };
        let (code, known, _) = ask(&["--knowledge", rows.path().to_str().unwrap()]);
        let before = server.requests().len();
        let (_, unknown, _) = ask(&["--index-url", &url]);
        assert_eq!(server.requests().len(), before, "nobody is asked unasked: {arguments:?}");
        assert!(unknown["knowledge"]["online"].is_null());
        let (online_code, online, err) = ask(&["--online", "--index-url", &url]);
        assert_eq!((online_code, err.as_str()), (code, ""), "{arguments:?}");
        assert_eq!(answer(&online), answer(&known), "{arguments:?} {rest:?}");
        assert_ne!(answer(&unknown), answer(&known), "{arguments:?}: the row decides nothing here");
        // What was read is counted, and only what is for this machine.
        let read = &online["knowledge"]["online"];
        let asked = &server.requests()[before..];
        assert_eq!(read["requests"], asked.len(), "{read:#}");
        assert!(read["bytes"].as_u64().unwrap() < 2 << 20, "{read:#}");
        let files: Vec<&str> = asked.iter().filter_map(|request| request.path.strip_prefix("/files/")).collect();
        let windows = arguments.contains(&"needs");
        let for_machine =
            |file: &&str| !file.starts_with("torch-") || file.contains(LINUX) || windows && file.contains("win_amd64");
        assert!(
            files.iter().all(|file| for_machine(file) && !file.contains("cp311") && !file.contains("cp313")),
            "{files:?}"
        );
        let parts = asked.iter().filter(|request| request.path.starts_with("/files/"));
        assert!(parts.clone().count() > 0 && parts.clone().all(|request| request.header("range").is_some()));
        assert_eq!(read["files"][0]["file"], format!("torch-{NEXT}-cp312-cp312-{LINUX}.whl"));
        assert!(read["files"][0]["size"].as_u64().unwrap() > 40 << 20 && read["failed"].is_null(), "{read:#}");
    }
}

#[test]
fn a_fix_that_rests_on_what_was_read_is_proven_by_the_binary() {
    let server = index(release());
    let url = server.url("/simple");
    let gpu = ["--gpu", "RTX 5090", "--driver", "595.71.05"];
    let (_, report, _) =
        json_of(command(&["recommend"]).args(gpu).args(MACHINE).args(["--online", "--index-url", &url]));
    let fix = &report["findings"][0]["fixes"][0];
    assert_eq!(fix["commands"][0]["line"], format!("pip install torch=={NEXT} torchvision==99.1.0 torchaudio==99.0.0"));
    assert_eq!(fix["proof"], "binary");
    let asked = ["--", "pip", "install", "torch==99.0.0"];
    let (code, out, _) =
        run(command(&["check", "--online", "--index-url", &url, "--gpu", "GTX 1080", "--driver", "580.95.05"])
            .args(MACHINE)
            .args(asked));
    assert!(
        code == 1 && out.contains(&format!("[torch-{NEXT}-cp312-cp312-{LINUX}.whl, read from the index]")),
        "{out}"
    );
    assert!(out.contains("· online: torch 99.0.0+cu132: read ") && out.contains(" requests"), "{out}");
    // With rows from before alone, the proof is theirs.
    assert!(out.contains("(verified against the knowledge base)"), "{out}");
    let (_, out, _) =
        run(command(&["recommend", "--format", "markdown", "--online", "--index-url", &url]).args(gpu).args(MACHINE));
    assert!(out.contains("- online: torch 99.0.0+cu132: read "), "{out}");
}

#[test]
fn builds_of_pytorchs_own_index_are_read_too() {
    let mut files = release();
    files.push(torch(&format!("cp312-cp312-{LINUX}"), "12.6", true));
    files.push(torch("cp312-cp312-win_amd64", "12.6", true));
    files.push((format!("torch-{NEXT}%2Brocm7.0-cp312-cp312-{LINUX}.whl"), Vec::new()));
    let server = index(files);
    let (url, own) = (server.url("/simple"), server.url("/whl"));
    // This driver serves CUDA 12 alone.
    let old = ["recommend", "--gpu", "RTX 4090", "--driver", "560.35.03", "--online", "--index-url", &url];
    let (_, report, _) = json_of(command(&old).args(MACHINE).args(["--extra-index-url", &own]));
    let line = &report["findings"][0]["fixes"][0]["commands"][0]["line"];
    assert!(line.as_str().unwrap().starts_with(&format!("pip install torch=={NEXT}+cu126 ")), "{line}");
    assert!(line.as_str().unwrap().contains("--index-url https://download.pytorch.org/whl/cu126"), "{line}");
    let read = report["knowledge"]["online"]["files"].to_string();
    assert!(read.contains("99.0.0+cu126") && !read.contains("win_amd64") && !read.contains("rocm"), "{read}");
}

#[test]
fn a_package_that_no_row_knows_is_read() {
    let mut files = release();
    let metadata = format!("Metadata-Version: 2.1\nName: xformers\nVersion: 99.0\nRequires-Dist: torch=={NEXT}\n");
    let wheel =
        zip(&[("xformers/_C.so", &corpus("so-sm_120.so")), ("xformers-99.0.dist-info/METADATA", metadata.as_bytes())]);
    files.push((format!("xformers-99.0-cp39-abi3-{LINUX}.whl"), wheel));
    let server = index(files);
    let url = server.url("/simple");
    let check = |gpu: &str, online: bool| {
        let mut command =
            command(&["check", "--gpu", gpu, "--driver", "595.71.05", "--index-url", &url, "--format", "json"]);
        command.args(MACHINE).args(online.then_some("--online"));
        let (code, out, err) = run(command.args(["--", "pip", "install", "xformers==99.0"]));
        (code, serde_json::from_str::<Value>(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
    };
    let (code, report) = check("RTX 5090", true);
    let runs: Vec<&str> =
        report["runs_on"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap()).collect();
    assert!(code == 0 && runs.contains(&"torch 99.0.0+cu132"), "it is pinned to that torch: {report:#}");
    let (code, report) = check("H100", true);
    let found = common::finding(&report, "extension-arch-missing");
    assert!(code == 1 && found["evidence"].to_string().contains("read from the index"), "{report:#}");
    let (_, report) = check("H100", false);
    assert!(
        !common::slugs(&report, "error").contains(&"extension-arch-missing"),
        "without it nothing is known: {report:#}"
    );
}

#[test]
fn without_a_network_the_answer_stands() {
    // A port that nobody listens on.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://127.0.0.1:{}/simple", listener.local_addr().unwrap().port());
    drop(listener);
    let slow = Server::start(|_, _| Reply::status(503));
    let garbage = Server::start(|_, _| Reply::page("image/png", vec![0; 100]));
    let empty = index(Vec::new());
    let installed = environment();
    let environment = installed.path().to_str().unwrap();
    let gpu = ["--gpu", "RTX 5090", "--driver", "595.71.05"];
    let cases: [(Vec<&str>, &[&str]); 5] = [
        ([&["recommend"][..], &gpu, &MACHINE].concat(), &[]),
        ([&["recommend", "--gpu", "Tesla K80"][..], &MACHINE].concat(), &[]),
        ([&["check"][..], &gpu, &MACHINE].concat(), &["--", "pip", "install", "torch==99.0.0"]),
        ([&["doctor", environment][..], &gpu].concat(), &[]),
        (vec!["needs", "torch"], &[]),
    ];
    for (arguments, rest) in cases {
        let offline = run(command(&arguments).args(rest));
        for (url, said) in [
            (gone.clone(), "connection refused"),
            (slow.url("/simple"), "503"),
            (garbage.url("/simple"), "not a package index page"),
        ] {
            let (code, out, err) = run(command(&arguments).args(["--online", "--index-url", &url]).args(rest));
            assert_eq!((code, untimed(&out)), (offline.0, untimed(&offline.1)), "{arguments:?} {url}");
            assert!(err.lines().count() == 1 && err.contains("--online") && err.contains(said), "{err}");
        }
        let (code, out, err) =
            run(command(&arguments).args(["--online", "--index-url", &empty.url("/simple")]).args(rest));
        assert_eq!((code, err.as_str()), (offline.0, ""));
        assert!(out.contains("online: nothing that the knowledge base does not have"), "{out}");
    }
    let none =
        run(command(&["recommend", "--online"]).args(gpu).args(MACHINE).env("PATH", "").env("PIP_NO_INDEX", "1"));
    assert!(none.0 == 0 && none.2.lines().count() == 1 && none.2.contains("no index"), "{}", none.2);
}

/// Without the times that some pages show.
fn untimed(page: &str) -> String {
    page.lines().filter(|line| !line.contains(" ms")).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_index_that_lies_loses_that_look_and_nothing_else() {
    let tags = format!("cp312-cp312-{LINUX}");
    let name = format!("torch-{NEXT}-{tags}.whl");
    let metadata = |of: &str, version: &str, more: &str| {
        format!("Metadata-Version: 2.1\nName: {of}\nVersion: {version}\n{more}\n")
    };
    let library = corpus("so-torchlike.so");
    let wheel = |metadata: String, version_py: &str| {
        zip(&[
            ("torch/version.py", version_py.as_bytes()),
            ("torch/lib/libtorch_cuda.so", &library),
            (&format!("torch-{NEXT}.dist-info/METADATA"), metadata.as_bytes()),
        ])
    };
    let good = format!("__version__ = '{NEXT}+cu132'\ncuda = '13.2'\n");
    let own = |more: &str| metadata("torch", NEXT, more);
    let many: String = (0..5000).map(|n| format!("Requires-Dist: nvidia-x{n}-cu13==1\n")).collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("no wheel at all", b"not a zip file".to_vec()),
        ("one byte", b"P".to_vec()),
        ("another package", wheel(metadata("numpy", NEXT, ""), &good)),
        ("another version", wheel(metadata("torch", "99.0.1", ""), &good)),
        ("a variant that is a path", wheel(own(""), &format!("__version__ = '{NEXT}+../../x'\ncuda = '13.2'\n"))),
        ("a variant that is a command", wheel(own(""), &format!("__version__ = '{NEXT}+cu1;reboot'\ncuda = '13.2'\n"))),
        ("no version.py", zip(&[(&format!("torch-{NEXT}.dist-info/METADATA"), own("").as_bytes())])),
        (
            "no library",
            zip(&[
                ("torch/version.py", good.as_bytes()),
                (&format!("torch-{NEXT}.dist-info/METADATA"), own("").as_bytes()),
            ]),
        ),
        ("five thousand requirements", wheel(own(&many), &good)),
        ("cut off", wheel(own(""), &good)[..9000].to_vec()),
    ];
    let gpu = ["--gpu", "RTX 5090", "--driver", "595.71.05"];
    let offline = answer(&json_of(command(&["recommend"]).args(gpu).args(MACHINE)).1);
    for (what, bytes) in cases {
        let server = index(vec![(name.clone(), bytes)]);
        let asked = ["--online", "--index-url", &server.url("/simple")];
        let (code, report, err) = json_of(command(&["recommend"]).args(gpu).args(MACHINE).args(asked));
        assert_eq!((code, err.as_str(), answer(&report)), (0, "", offline.clone()), "{what}");
        let failed = &report["knowledge"]["online"]["failed"];
        assert_eq!(failed.as_array().map(Vec::len), Some(1), "{what}: {failed}");
    }
    // What METADATA says can hide no line and become none.
    let bad = own(
        "Requires-Dist: triton==1; python_version < \"3\x1b[31m\"\nRequires-Python: $(reboot)\nRequires-Dist: nvidia-x-cu13==1;`reboot`",
    );
    let server = index(vec![(name.clone(), wheel(bad, &good))]);
    let asked = ["--online", "--index-url", &server.url("/simple")];
    let (code, out, _) = run(command(&["recommend"]).args(gpu).args(MACHINE).args(asked));
    assert!(code == 0 && !out.contains('\x1b') && !out.contains("reboot"), "{out}");
    // A server without parts is not read whole.
    let (_, bytes) = torch(&tags, "13.2", false);
    let whole = Server::start(move |request, _| match request.path.starts_with("/files/") {
        true => Reply { body: bytes.clone(), ..Reply::status(200) },
        false => {
            let list = json!([{"filename": format!("torch-{NEXT}-cp312-cp312-{LINUX}.whl"), "url": format!("/files/torch-{NEXT}-cp312-cp312-{LINUX}.whl"), "hashes": {}}]);
            Reply::page(
                "application/vnd.pypi.simple.v1+json",
                json!({"meta": {"api-version": "1.1"}, "name": "torch", "files": list}).to_string(),
            )
        }
    });
    let (_, report, _) = json_of(command(&["recommend"]).args(gpu).args(MACHINE).args([
        "--online",
        "--index-url",
        &whole.url("/simple"),
    ]));
    assert!(
        report["knowledge"]["online"]["failed"][0].as_str().unwrap().contains("only sends whole files"),
        "{report:#}"
    );
    assert_eq!(answer(&report), offline);
    // Versions without end: the newest few are looked at.
    let many = (0..500).map(|n| (format!("torch-{}.0.0-{tags}.whl", 1000 + n), b"no wheel".to_vec())).collect();
    let server = index(many);
    let (_, report, _) = json_of(command(&["recommend"]).args(gpu).args(MACHINE).args([
        "--online",
        "--index-url",
        &server.url("/simple"),
    ]));
    assert!(server.requests().len() < 12, "{}", server.requests().len());
    assert_eq!(answer(&report), offline);
}

#[test]
fn no_more_is_read_than_the_limits_say() {
    let server = index(release());
    let limits = Limits { file: 64 << 20, all: 64 << 20, files: 9, until: Instant::now() + Duration::from_secs(60) };
    let of = |limits: Limits| {
        let url = Url::parse(&server.url("/simple")).unwrap();
        let indexes = vec![remote::Index { url, origin: "test".to_owned() }];
        Index::of(Config { indexes, ..Config::default() }, Some(limits)).unwrap()
    };
    let wheels = of(limits).wheels("torch").unwrap();
    let read = |index: &Index| index.read_in_part(&wheels[0], &|_| ArchiveOptions::default());
    let said = |limits: Limits| format!("{:#}", read(&of(limits)).err().unwrap());
    let whole = of(limits);
    let one = read(&whole).unwrap();
    assert!(one.bytes > 0 && one.requests > 0 && one.size > 40 << 20 && whole.bytes() >= one.bytes);
    assert!(said(Limits { file: one.bytes - 1, ..limits }).contains("than is read of one file"));
    assert!(said(Limits { all: one.bytes - 1, ..limits }).contains("than is read in all"));
    assert!(said(Limits { files: 0, ..limits }).contains("at most 0 files are read"));
    assert!(said(Limits { until: Instant::now(), ..limits }).contains("it took too long"));
}
