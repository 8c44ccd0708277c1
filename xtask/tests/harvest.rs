//! `cargo xtask harvest` end to end: a release that no row knows, on an index that tells days and on one that does not.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "../../tests/common/server.rs"]
#[allow(dead_code, missing_docs, reason = "another test program uses the rest")]
mod server;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use server::{Reply, Server, zip};
use tempfile::TempDir;

/// A release after all that there are, so that the test outlives them.
const NEXT: &str = "9.9.0";
const LINUX: &str = "manylinux_2_28_x86_64";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A wheel of torch: real code of CUDA 13.5 for all that it can generate in the library that decides, or none in a build for Windows.
fn torch(cuda: bool) -> Vec<u8> {
    let code = fs::read(root().join("tests/corpus/fatbin/c13.5/so-all.so")).unwrap();
    let version = match cuda {
        true => format!("__version__ = '{NEXT}+cu140'\ncuda = '14.0'\n"),
        false => format!("__version__ = '{NEXT}+cpu'\ncuda = None\n"),
    };
    let needs = "Requires-Dist: cuda-toolkit[nvrtc,cublas]==14.0.1; platform_system == \"Linux\"\n\
                 Requires-Dist: nvidia-cudnn-cu14==9.99.0.1; platform_system == \"Linux\"\n\
                 Requires-Dist: nvidia-nccl-cu14==2.99.1; platform_system == \"Linux\"\n\
                 Requires-Dist: triton~=9.9.0; platform_system == \"Linux\" and python_version < \"3.17\"\n";
    let metadata = format!(
        "Metadata-Version: 2.1\nName: torch\nVersion: {NEXT}\nRequires-Python: >=3.12\n{}",
        if cuda { needs } else { "" }
    );
    let info = format!("torch-{NEXT}.dist-info/METADATA");
    let mut members = vec![("torch/version.py", version.as_bytes()), (info.as_str(), metadata.as_bytes())];
    if cuda {
        members.push(("torch/lib/libtorch_cuda.so", code.as_slice()));
    }
    zip(&members)
}

/// A wheel of torchvision that asks for this torch.
fn torchvision(version: &str, wanted: &str) -> Vec<u8> {
    let metadata =
        format!("Metadata-Version: 2.1\nName: torchvision\nVersion: {version}\nRequires-Dist: torch{wanted}\n");
    zip(&[(&format!("torchvision-{version}.dist-info/METADATA"), metadata.as_bytes())])
}

/// A wheel of bitsandbytes, which has a library for each CUDA release.
fn bitsandbytes(all: &str) -> Vec<u8> {
    let [all, one] =
        [all, "so-sm_120.so"].map(|name| fs::read(root().join("tests/corpus/fatbin/c13.5").join(name)).unwrap());
    let metadata = b"Metadata-Version: 2.1\nName: bitsandbytes\nVersion: 9.9.0\nRequires-Dist: torch<9,>=2.8\n";
    zip(&[
        ("bitsandbytes/libbitsandbytes_cuda128.so", &one),
        ("bitsandbytes/libbitsandbytes_cuda140.so", &all),
        ("bitsandbytes/libbitsandbytes_cuda141.so", &all),
        ("bitsandbytes-9.9.0.dist-info/METADATA", metadata),
    ])
}

/// What the index has: file names with the time of their upload.
fn files() -> Vec<(String, &'static str, Vec<u8>)> {
    let torch_file = |tags: &str, time, cuda| (format!("torch-{NEXT}-{tags}.whl"), time, torch(cuda));
    let vision_file = |version: &str, platform: &str, time, wanted: &str| {
        (format!("torchvision-{version}-py3-none-{platform}.whl"), time, torchvision(version, wanted))
    };
    vec![
        torch_file(&format!("cp312-cp312-{LINUX}"), "2036-02-03T04:05:06.7Z", true),
        torch_file(&format!("cp313-cp313-{LINUX}"), "2036-02-03T01:02:03Z", true),
        torch_file("cp312-cp312-manylinux_2_34_aarch64", "2036-02-04T00:00:00Z", true),
        torch_file("cp312-cp312-win_amd64", "2036-02-05T00:00:00Z", false),
        (format!("bitsandbytes-9.9.0-py3-none-{LINUX}.whl"), "2036-01-01T00:00:00Z", bitsandbytes("so-all.so")),
        (
            "bitsandbytes-9.9.0-py3-none-manylinux_2_28_aarch64.whl".to_owned(),
            "2036-01-01T00:00:00Z",
            bitsandbytes("so-sm_120.so"),
        ),
        (format!("nobody_knows-1.0-py3-none-{LINUX}.whl"), "2036-01-01T00:00:00Z", bitsandbytes("so-all.so")),
        vision_file("9.0.0", LINUX, "2036-02-03T04:00:00Z", "==1.0"),
        vision_file("9.0.1", "macosx_14_0_arm64", "2036-02-03T05:00:00Z", "==1.0"),
        vision_file("9.0.1", LINUX, "2036-02-03T05:00:00Z", ">=9.8"),
        vision_file("9.0.2", LINUX, "2036-02-09T05:00:00Z", ">=9.8"),
    ]
}

/// An index of these files, with JSON pages or with HTML's, which tell no days.
fn index(json: bool) -> Server {
    Server::start(move |request, _| {
        let files = files();
        if let Some(file) = request.path.strip_prefix("/files/") {
            let found = files.iter().find(|(name, ..)| name == file);
            return found.map_or_else(|| Reply::status(404), |(.., bytes)| Reply::part(bytes, request));
        }
        let package = request.path.trim_matches('/').split('/').next_back().unwrap().to_owned();
        let of: Vec<_> = files.iter().filter(|(name, ..)| name.split('-').next() == Some(package.as_str())).collect();
        if of.is_empty() {
            return Reply::status(404);
        }
        if json {
            let entry = |(name, time, _): &&(String, &str, Vec<u8>)| -> Value {
                json!({"filename": name, "url": format!("/files/{name}"), "hashes": {}, "upload-time": time})
            };
            let list: Vec<Value> = of.iter().map(entry).collect();
            let page = json!({"meta": {"api-version": "1.1"}, "name": package, "files": list});
            return Reply::page("application/vnd.pypi.simple.v1+json", page.to_string());
        }
        let links: String = of.iter().map(|(name, ..)| format!("<a href=\"/files/{name}\">{name}</a>")).collect();
        Reply::page("text/html", links)
    })
}

/// Runs it on a copy of the rows, and gives exit code, both outputs and the rows afterwards.
fn harvest(server: &Server, arguments: &[&str]) -> (Option<i32>, String, String) {
    let place = TempDir::new().unwrap();
    let file = place.path().join("torch.toml");
    fs::copy(root().join("knowledge/torch.toml"), &file).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["harvest", "--index-url", &server.url("/simple"), "--file"]).arg(&file).args(arguments);
    // 2036-02-11.
    command.env_clear().env("PIP_CONFIG_FILE", "/dev/null").env("SOURCE_DATE_EPOCH", "2086300800");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), told, fs::read_to_string(file).unwrap())
}

#[test]
fn the_next_release_is_one_command() {
    let (code, told, rows) = harvest(&index(true), &["torch==9.9.0"]);
    assert_eq!(
        (code, told.lines().collect::<Vec<_>>()),
        (
            Some(0),
            vec![
                "torch 9.9.0+cu140 on linux-x86_64: written",
                "torch 9.9.0+cu140 on linux-aarch64: written",
                "torch 9.9.0+cpu on windows-x86_64: written",
                "torchvision 9.0.1 belongs to torch 9.9.0 (released on the same day; it requires torch>=9.8): written",
                "torchaudio: no version of that day on the index belongs to torch 9.9.0; if another does: \
                 cargo xtask harvest torchaudio==VERSION --torch 9.9.0",
            ]
        )
    );
    let code = concat!(
        r#"sass = ["75", "80", "86", "87", "88", "89", "90", "100", "103", "107", "110", "120", "121"], ptx = ["120"], "#,
        r#"partial = [], toolkit = "14.0.1", cudnn = "9.99.0.1""#
    );
    let pypi = "pypi_default = true, published = \"pypi\", basis = \"measured\", source = [\"kb-verify\"]";
    let expected = format!(
        r#"
[[release]]
version = "9.9.0"
released = "2036-02-03"
python = ["3.12", "3.13"]
requires_python = ">=3.12"
manylinux = "manylinux_2_28"
torchvision = "9.0.1"
triton = "~=9.9.0"
triton_marker = 'python_version < "3.17"'
nccl = "2.99.1"
requires_nvidia = ["cuda-toolkit[cublas,nvrtc]==14.0.1", "nvidia-cudnn-cu14==9.99.0.1", "nvidia-nccl-cu14==2.99.1"]
source = ["pypi-files", "kb-verify"]
verified = "2036-02-11"
builds = [
  {{ variant = "cu140", platform = "linux-x86_64", {code}, index = "whl/cu140", {pypi} }},
  {{ variant = "cu140", platform = "linux-aarch64", {code}, python = ["3.12"], manylinux = "manylinux_2_34", index = "whl/cu140", {pypi} }},
  {{ variant = "cpu", platform = "windows-x86_64", python = ["3.12"], index = "whl/cpu", {pypi} }},
]
"#
    );
    assert!(rows.contains(&expected), "{}", &rows[rows.find("9.9.0").unwrap()..]);
    let before = fs::read_to_string(root().join("knowledge/torch.toml")).unwrap();
    assert_eq!(rows.replace(&expected, ""), before);
}

#[test]
fn an_index_without_days_is_told_the_day() {
    let (code, told, rows) = harvest(&index(false), &["torch==9.9.0"]);
    assert_eq!(
        (code, told.contains("pass --released YYYY-MM-DD"), rows.contains("9.9.0")),
        (Some(2), true, false),
        "{told}"
    );
    let (code, told, rows) = harvest(&index(false), &["torch==9.9.0", "--released", "2036-02-01"]);
    assert_eq!((code, rows.contains("released = \"2036-02-01\"")), (Some(0), true), "{told}");
    assert!(told.contains("torchvision: no version of that day on the index"), "{told}");
}

#[test]
fn a_companion_that_is_pinned_to_nothing_needs_its_release_or_its_day() {
    let server = index(true);
    let (code, told, rows) = harvest(&server, &["torchvision==9.0.2"]);
    assert_eq!((code, told.contains("pass --torch VERSION"), rows.contains("9.0.2")), (Some(2), true, false), "{told}");
    let (code, told, rows) = harvest(&server, &["torchvision==9.0.2", "--torch", "2.15.0"]);
    assert_eq!((code, rows.contains("torchvision = \"9.0.2\"")), (Some(0), true), "{told}");
}

#[test]
fn what_no_row_knows_is_stale() {
    let (code, told, _) = harvest(&index(true), &["--check"]);
    assert!(code == Some(1) && told.contains("torch 9.9.0 has no row: cargo xtask harvest torch==9.9.0\n"), "{told}");
    let (_, told, _) = harvest(&index(false), &["--check"]);
    assert!(told.contains("cargo xtask harvest torch==9.9.0 --released YYYY-MM-DD\n"), "{told}");
}

#[test]
fn of_another_package_the_row_is_printed() {
    let server = index(true);
    let (code, told, rows) = harvest(&server, &["bitsandbytes==9.9.0"]);
    let told: Vec<&str> = told.lines().filter(|line| !line.starts_with("# ")).collect();
    let expected = r#"[[build]]
versions = "==9.9.0"
platforms = ["linux-x86_64"]
torch = "<9,>=2.8"
variants = [
  { cuda = ["128"], sass = ["120"] },
  { cuda = ["140", "141"], sass = ["75", "80", "86", "87", "88", "89", "90", "100", "103", "107", "110", "120", "121"] },
]
newest = "9.9.0"
confidence = "measured"
source = ["wheels", "files"]
verified = "2036-02-11"

[[build]]
versions = "==9.9.0"
platforms = ["linux-aarch64"]
torch = "<9,>=2.8"
variants = [
  { cuda = ["128", "140", "141"], sass = ["120"] },
]
newest = "9.9.0"
confidence = "measured"
source = ["arm", "files"]
verified = "2036-02-11""#;
    assert_eq!((code, told), (Some(0), expected.lines().collect::<Vec<_>>()));
    assert_eq!(rows, fs::read_to_string(root().join("knowledge/torch.toml")).unwrap());
}
