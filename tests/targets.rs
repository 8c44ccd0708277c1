//! Targets are machines, end to end: each is judged alone, by every command, and what serves all of them is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::fs;

use common::{gpucheck, run, slugs, snapshot};
use serde_json::Value;

const DRIVER: &str = "driver=580.95.05,os=linux,python=3.12";
/// A machine of which nothing is this one's.
const TWO_OF_WINDOWS: [&str; 4] = [
    "--target",
    "RTX 5090,driver=580.97,os=windows,python=3.12,shell=powershell",
    "--target",
    "GTX 1080 Ti,driver=570.65,os=windows,python=3.12,shell=powershell",
];

/// A report of torch 2.8.0+cu126 with a torch-scatter for 2.8, as a file.
fn saved() -> tempfile::NamedTempFile {
    let words: common::facts::Words = toml::from_str(
        "packages = { torch = \"2.8.0+cu126\", torch-scatter = \"2.1.2+pt28cu126\" }\ngpus = [\"7.5\"]\ndriver = \"580.95.05\"",
    )
    .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), words.report().to_string()).unwrap();
    file
}

fn json(command: &str, arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(gpucheck().args([command, "--format", "json"]).args(arguments));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}")))
}

fn corpus(name: &str) -> String {
    format!("{}/tests/corpus/fatbin/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_cluster_is_no_machine_with_all_its_cards() {
    let cards = ["V100", "A100", "H100", "B200"];
    let targets: Vec<String> = cards.iter().map(|card| format!("{card},{DRIVER}")).collect();
    let targets: Vec<&str> = targets.iter().flat_map(|target| ["--target", target.as_str()]).collect();
    let (code, report) = json("recommend", &targets);
    assert!(!report.to_string().contains("no-kernel-module-for-all-gpus"));
    assert_eq!(
        (code, &report["serves_all"]["answer"], report["targets"].as_array().unwrap().len()),
        (0, &"yes".into(), 4)
    );
    let build = report["serves_all"]["build"].as_str().unwrap();
    // Volta's last build with code for Blackwell.
    assert!(build.ends_with("+cu128") || build.ends_with("+cu129"), "{build}");
    assert!(!report["serves_all"]["install"][0]["commands"].as_array().unwrap().is_empty());
    for target in report["targets"].as_array().unwrap() {
        assert_eq!(target["report"]["schema"], report["schema"], "each is a report of its own");
    }
    // As cards of one machine they clash.
    let cards = cards.iter().flat_map(|card| ["--gpu", card]);
    let one: Vec<&str> = cards.chain(["--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"]).collect();
    let (_, report) = json("recommend", &one);
    assert!(slugs(&report, "error").contains(&"no-kernel-module-for-all-gpus"), "{}", report["findings"]);
}

#[test]
fn one_target_is_reported_like_the_options() {
    let file = saved();
    let replay = ["--replay", file.path().to_str().unwrap()];
    let by = |options: &[&str]| json("doctor", &[&replay[..], options].concat());
    let (code, target) = by(&["--target", "5090,driver=580.95.05"]);
    let (other, options) = by(&["--gpu", "5090", "--driver", "580.95.05"]);
    assert_eq!((code, other), (1, 1));
    let keys = |report: &Value| report.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&target), keys(&options));
    assert_eq!(slugs(&target, "error"), slugs(&options, "error"));
    assert_eq!(target["facts"]["driver"]["via"]["at"], "--target driver=580.95.05");
}

#[test]
fn the_doctor_judges_an_environment_for_each() {
    let file = saved();
    let arguments = [
        "--replay",
        file.path().to_str().unwrap(),
        "--target",
        "T4,driver=550.54.15",
        "--target",
        "5090,driver=580.95.05",
    ];
    let (code, report) = json("doctor", &arguments);
    assert_eq!((code, &report["verdict"]), (1, &"error".into()), "the worst counts");
    let each: Vec<_> =
        report["targets"].as_array().unwrap().iter().map(|one| (&one["target"], &one["report"]["verdict"])).collect();
    assert_eq!(
        each,
        [(&"T4, driver=550.54.15".into(), &"ok".into()), (&"5090, driver=580.95.05".into(), &"error".into())]
    );
    assert_eq!(report["serves_all"]["not"], serde_json::json!(["5090, driver=580.95.05"]));
    assert_eq!(report["serves_all"]["build"], "torch 2.8.0+cu128", "the nearest to what is there");
    let line = report["serves_all"]["install"][0]["commands"][0]["line"].as_str().unwrap();
    assert!(line.contains("torch==2.8.0+cu128"), "torch==2.8.0 is satisfied by what is there: {line}");
    let (code, page, _) = run(gpucheck().arg("doctor").args(arguments));
    assert_eq!(code, 1);
    snapshot("targets-doctor.txt", &page);
    let (_, line, _) = run(gpucheck().arg("doctor").args(arguments).args(["--format", "reason"]));
    assert!(line.starts_with("gpucheck: on 5090, driver=580.95.05: error: gpu-too-new-for-wheel: "), "{line}");
    let (code, ..) = run(gpucheck().arg("doctor").args(arguments).args(["--fail-on", "never"]));
    assert_eq!(code, 0);
}

#[test]
fn what_to_install_on_each_and_on_all() {
    let (code, page, err) =
        run(gpucheck().args(["recommend", "--no-driver", "--knowledge", common::NEWEST_TORCH]).args(TWO_OF_WINDOWS));
    assert_eq!((code, err.as_str()), (0, ""));
    snapshot("targets-recommend.txt", &page);
    // Nothing serves Pascal and a driver of CUDA 13 alone.
    let none = [
        "--target",
        "GTX 1080 Ti,driver=570.65,os=linux,python=3.12",
        "--target",
        "GB10,driver=580.95.05,platform=linux-aarch64,python=3.12",
    ];
    let (code, report) = json("recommend", &none);
    assert_eq!((code, &report["serves_all"]["answer"]), (0, &"no".into()), "each has an answer of its own");
    assert_eq!(report["targets"][1]["report"]["facts"]["host"]["platform"]["value"], "linux-aarch64");
}

#[test]
fn the_columns_of_a_matrix_are_machines() {
    let v100 = format!("V100,{DRIVER}");
    let b200 = format!("B200,{DRIVER}");
    let arguments = ["--torch", "2.7.1,2.8.0", "--target", &v100, "--target", &b200];
    let (code, report) = json("matrix", &arguments);
    let row = |name: &str| {
        let rows = report["table"]["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}"));
        (
            row["cells"][0]["status"].as_str().unwrap(),
            row["cells"][1]["status"].as_str().unwrap(),
            row["all"].as_str().unwrap(),
        )
    };
    assert_eq!(code, 0);
    assert_eq!(row("torch 2.8.0+cu128"), ("works", "works", "works"));
    assert_eq!(row("torch 2.8.0+cu126"), ("works", "fails", "fails"));
    assert_eq!(row("torch 2.7.1+cu128"), ("fails", "works", "fails"));
    assert_eq!(report["serves_all"]["build"], "torch 2.8.0+cu128");
    let (_, page, _) = run(gpucheck().arg("matrix").args(arguments));
    snapshot("targets-matrix.txt", &page);
    let (_, page, _) = run(gpucheck().arg("matrix").args(arguments).args(["--format", "markdown"]));
    assert!(
        page.contains("| 2.8.0+cu128 | ✓ | ✓ | ✓ |") && page.contains("**Serves all**: torch 2.8.0+cu128"),
        "{page}"
    );
}

#[test]
fn installed_environments_are_rows_where_they_are_asked_about() {
    let (old, new) = (common::torch_2_7_1(), common::torch_2_15_0());
    let paths = ["--env", old.to_str().unwrap(), new.to_str().unwrap()];
    let v100 = format!("V100,{DRIVER}");
    let b200 = format!("B200,{DRIVER}");
    let (code, report) = json("matrix", &[&paths[..], &["--target", &v100, "--target", &b200]].concat());
    assert_eq!(code, 0);
    assert_eq!(report["table"]["kind"], "environment");
    let statuses: Vec<Vec<&str>> = report["table"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cells"].as_array().unwrap().iter().map(|cell| cell["status"].as_str().unwrap()).collect())
        .collect();
    assert_eq!(statuses, [["works", "fails"], ["fails", "works"]], "{}", report["table"]);
    assert_eq!(report["serves_all"]["answer"], "no");
    // One machine is a column, too.
    let (_, report) = json("matrix", &[&paths[..], &["--gpu", "V100", "--driver", "580.95.05"]].concat());
    assert_eq!(report["table"]["rows"][0]["cells"][0]["status"], "works");
}

#[test]
fn a_scan_is_a_gate_for_each() {
    let file = corpus("c12.8/raw-sm_120.cubin");
    let arguments = [file.as_str(), "--target", "5090,driver=580.95.05", "--target", "V100,driver=580.95.05"];
    let (code, report) = json("scan", &arguments);
    let met: Vec<bool> = report["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["report"]["gate"]["met"].as_bool().unwrap())
        .collect();
    assert_eq!((code, met), (1, vec![true, false]));
    assert_eq!(report["serves_all"]["text"], "no: what was scanned does not work on target 2");
    let (code, report) = json("scan", &[file.as_str(), "--target", "5090,driver=580.95.05", "--target", "sm_120"]);
    assert_eq!((code, &report["serves_all"]["answer"]), (0, &"yes".into()), "{report}");
    let (code, _, err) = run(gpucheck().args(["scan", &file, &file, "--diff"]).args(&arguments[1..]));
    assert!(code == 2 && err.contains("--diff compares releases"), "{code} {err}");
}

#[test]
fn a_project_names_its_targets() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let recommend = |arguments: &[&str]| {
        let (code, out, err) = run(gpucheck()
            .args(["recommend", "--no-driver", "--format", "json"])
            .args(arguments)
            .current_dir(folder.path()));
        (code, serde_json::from_str::<Value>(&out).unwrap_or_default(), err)
    };
    write(
        "pyproject.toml",
        "[[tool.gpucheck.target]]\ngpu = [\"V100\", \"T4\"]\ndriver = \"580.95.05\"\nos = \"linux\"\npython = \"3.12\"\n\
         [[tool.gpucheck.target]]\ngpu = \"A100\"\ndriver = \"580.95.05\"\nplatform = \"linux-x86_64\"\npython = \"3.12\"\n",
    );
    let (code, report, err) = recommend(&[]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(report["targets"].as_array().unwrap().len(), 2);
    assert_eq!(
        report["targets"][0]["report"]["facts"]["gpus"]["value"].as_array().unwrap().len(),
        2,
        "cards of one machine"
    );
    let at = report["targets"][1]["report"]["facts"]["driver"]["via"]["at"].as_str().unwrap();
    assert_eq!(at, "pyproject.toml: driver = 580.95.05");
    // What is named on the command line counts.
    let (_, report, _) =
        recommend(&["--gpu", "5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"]);
    assert_eq!(report["targets"], Value::Null);
    // A saved report is judged for its own machine.
    let file = saved();
    let (_, out, _) = run(gpucheck()
        .args(["doctor", "--format", "json", "--replay", file.path().to_str().unwrap()])
        .current_dir(folder.path()));
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["targets"], Value::Null);
    write("pyproject.toml", "[[tool.gpucheck.target]]\ngpu = \"V100\"\ndriver = 580\n");
    let (code, _, err) = recommend(&[]);
    assert!(code == 2 && err.contains("pyproject.toml") && err.contains("a text in quotes"), "{err}");
    // gpucheck's own file comes first.
    write("gpucheck.toml", "[[target]]\ngpu = \"A100\"\ndrvier = \"580.95.05\"\n");
    let (code, _, err) = recommend(&[]);
    assert!(code == 2 && err.contains("gpucheck.toml") && err.contains("did you mean driver?"), "{err}");
}

#[test]
fn what_is_wrong_with_a_target_is_said() {
    for (target, said) in [
        ("V1000", "unknown GPU 'V1000'"),
        ("RTX 5000", "matches several GPUs"),
        ("driver=580.95.05", "names no GPU"),
        ("V100,os=mac", "is not one of linux, windows and wsl"),
    ] {
        for command in ["doctor", "recommend", "matrix"] {
            let (code, out, err) = run(gpucheck().args([command, "--target", target]));
            assert!(code == 2 && out.is_empty() && err.contains(said), "{command} {target}: {code} {err}");
        }
    }
    let (code, _, err) = run(gpucheck().args(["doctor", "--framework", "--target", "V100"]));
    assert!(code == 2 && err.contains("cannot be combined with --target"), "{err}");
    let (code, ..) = run(gpucheck().args(["doctor", "--gpu", "V100", "--target", "A100"]));
    assert_eq!(code, 2);
}
