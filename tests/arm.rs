//! GPUs that exist on ARM only, and Jetsons: which machine they imply, what JetPack brings, which wheels there are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::{case::saved, finding, gpucheck, moved_alike, pack::Zip, run, slugs};
use serde_json::Value;

/// The report of a command, as JSON.
fn report(arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(gpucheck().args(arguments).args(["--format", "json"]));
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// What `recommend` prints.
fn recommend(arguments: &[&str]) -> (i32, String) {
    let (code, out, _) = run(gpucheck().arg("recommend").arg("--no-driver").args(arguments));
    (code, out)
}

#[test]
fn a_gpu_of_arm_machines_implies_arm_whatever_machine_is_asked_on() {
    let rest = ["--driver", "595.78", "--python-version", "3.12"];
    for gpu in ["Thor", "Orin", "Jetson Orin Nano", "DGX Spark", "GB10", "GB200", "GB300", "GH200", "sm_87", "11.0"] {
        let (code, out) = recommend(&[&["--gpu", gpu], &rest[..]].concat());
        assert!(out.contains("linux-aarch64") && out.contains("pip install torch=="), "{gpu}: {out}");
        assert_eq!(code, 0, "{gpu}");
        let (code, out, err) = run(gpucheck().args(["matrix", "--no-driver", "--gpu", gpu, "--driver", "595.78"]));
        assert!(code == 0 && out.contains("linux-aarch64"), "{gpu}: {out}{err}");
    }
    let (_, out) =
        recommend(&["--gpu", "RTX 5090", "--driver", "595.58.03", "--os", "linux", "--python-version", "3.12"]);
    assert!(!out.contains("aarch64") || cfg!(target_arch = "aarch64"), "{out}");
}

#[test]
fn a_named_platform_overrules_and_a_contradiction_is_said() {
    let gb10 = ["--gpu", "GB10", "--driver", "580.95.05", "--python-version", "3.12", "--no-driver"];
    let (code, found) = report(&[&["recommend", "--platform", "linux-x86_64"], &gb10[..]].concat());
    assert_eq!((code, slugs(&found, "error")), (1, vec!["gpu-of-another-processor"]), "{found}");
    let (code, out, _) = run(gpucheck().args(["recommend", "--platform", "linux/arm64"]).args(gb10));
    assert!(code == 0 && out.contains("linux-aarch64"), "{out}");
    for command in ["recommend", "matrix", "doctor", "check", "explain", "scan"] {
        let (code, out, _) = run(gpucheck().args([command, "--help"]));
        assert!(code == 0 && out.contains("--platform"), "{command}");
    }
    let (code, _, err) =
        run(gpucheck().args(["recommend", "--os", "windows", "--platform", "linux-aarch64"]).args(gb10));
    assert!(code == 2 && err.contains("another operating system"), "{err}");
}

#[test]
fn files_are_checked_for_the_machine_of_the_gpu() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requirements.txt");
    fs::write(&file, "torch==2.9.1\n").unwrap();
    let check = |arguments: &[&str]| {
        let (code, out, err) = run(gpucheck().arg("check").arg(&file).arg("--no-driver").args(arguments));
        (code, out + &err)
    };
    // The default index has a build without CUDA for ARM, and one with CUDA for x86_64.
    let (code, out) = check(&["--gpu", "GB10", "--driver", "580.95.05"]);
    assert!(code == 1 && out.contains("cpu-only-torch"), "{out}");
    let (code, out) = check(&["--gpu", "RTX 5090", "--driver", "580.95.05", "--platform", "linux-x86_64"]);
    assert!(code == 0 && out.contains("runs on"), "{out}");
}

/// A wheel with a PTX that nearly every GPU takes.
fn wheel(folder: &Path, tag: &str) -> std::path::PathBuf {
    let path = folder.join(format!("foo-1.0-cp312-cp312-{tag}.whl"));
    let ptx = b".version 7.0\n.target sm_52\n.address_size 64\n.visible .entry k() { ret; }\n";
    let wheel = Zip::default()
        .stored("foo/k.ptx", ptx)
        .stored("foo-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n")
        .stored("foo-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\n")
        .stored("foo-1.0.dist-info/RECORD", b"");
    fs::write(&path, wheel.finish()).unwrap();
    path
}

#[test]
fn a_wheel_for_another_processor_never_runs_there() {
    let folder = tempfile::tempdir().unwrap();
    let (x86, arm) = (wheel(folder.path(), "manylinux_2_28_x86_64"), wheel(folder.path(), "manylinux_2_28_aarch64"));
    let windows = wheel(folder.path(), "win_amd64");
    let scan = |path: &Path, gpu: &str| {
        let (code, out, err) = run(gpucheck().arg("scan").arg(path).args(["--gpu", gpu]));
        (code, out + &err)
    };
    for gpu in ["Orin", "Thor", "GB10", "GH200", "GB200", "sm_87", "12.1"] {
        for other in [&x86, &windows] {
            let (code, out) = scan(other, gpu);
            assert!(code == 1 && out.contains("✗ not met") && !out.contains('✓'), "{gpu}: {out}");
            assert!(out.contains("gpu-of-another-processor") && out.contains("x86_64"), "{gpu}: {out}");
        }
        let (code, out) = scan(&arm, gpu);
        assert!(code == 0 && out.contains("✓ runs on") && !out.contains("another-processor"), "{gpu}: {out}");
    }
    let (code, out) = scan(&x86, "RTX 3090");
    assert!(code == 0 && out.contains("✓ runs on"), "{out}");
}

/// The saved machine of a public report, judged again.
fn replayed(name: &str, arguments: &[&str]) -> (i32, String, Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/reports/{name}.json"));
    let file = file.to_str().unwrap();
    let doctor = |more: &[&str]| run(gpucheck().args(["doctor", "--replay", file]).args(arguments).args(more));
    let (code, text, _) = doctor(&[]);
    let (_, json, _) = doctor(&["--format", "json"]);
    (code, text, moved_alike(serde_json::from_str(&json).unwrap()))
}

/// dusty-nv/jetson-containers#1514: a CPU build of torch on an Orin with JetPack 6.
#[test]
fn jetpack_brings_the_driver() {
    let (code, text, report) = replayed("jetson-orin", &[]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["cpu-only-torch"]), "{text}");
    assert!(text.contains("540.4.0, CUDA 12.6"), "{text}");
    assert!(!text.contains("580") && !text.contains("nvidia.com/drivers"), "{text}");
    let fixes: Vec<&str> = finding(&report, "cpu-only-torch")["fixes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fix| fix["summary"].as_str().unwrap())
        .collect();
    assert!(fixes[0].contains("Jetson AI Lab index, jp6/cu126"), "{fixes:?}");
    assert!(fixes[1].contains("container"), "{fixes:?}");
    assert!(fixes[2].starts_with("first update to JetPack 7.2 or newer (Jetson Linux 39.2.0"), "{fixes:?}");
    assert!(fixes[2].contains("+cu132"), "{fixes:?}");
}

#[test]
fn every_jetson_has_the_cuda_of_its_jetpack_and_no_desktop_driver_is_advised() {
    for (gpu, driver, cuda, says) in [
        ("Jetson AGX Orin", "540.2.0", "12.2", "JetPack 7.2"),
        ("Jetson Orin NX", "540.3.0", "12.2", "JetPack 7.2"),
        ("Jetson Orin Nano", "540.4.0", "12.6", "jp6/cu126"),
        ("Orin (nvgpu)", "540.5.0", "12.6", "jp6/cu126"),
        ("Orin", "36.4.3", "12.6", "jp6/cu126"),
        ("Orin", "36.4", "12.6", "jp6/cu126"),
        ("Thor", "580.00", "13.0", "install "),
        ("Orin", "595.78", "13.2", "install "),
        ("Orin", "39.2.1", "13.2", "install "),
    ] {
        let (_, out) = recommend(&["--gpu", gpu, "--driver", driver, "--python-version", "3.10"]);
        assert!(out.contains(&format!("CUDA {cuda} (assumed")), "{gpu} {driver}: {out}");
        assert!(out.contains(says), "{gpu} {driver}: {out}");
        assert!(!out.contains("update the NVIDIA driver") && !out.contains("With driver"), "{gpu} {driver}: {out}");
    }
    // JetPack 6 is not for Thor, and 7.0 is not for Orin.
    let (_, out) = recommend(&["--gpu", "Thor", "--driver", "540.4.0", "--python-version", "3.12"]);
    assert!(out.contains("With JetPack 7.0 (driver 580.00)") && !out.contains("jp6"), "{out}");
    let (_, out) = recommend(&["--gpu", "Orin", "--driver", "36.9.9"]);
    assert!(out.contains("the driver of Jetson Linux 36.9.9 is not in the knowledge base"), "{out}");
    let (code, out, _) = run(gpucheck().args(["kb", "show", "driver", "540.4.0"]));
    assert!(code == 0 && out.contains("JetPack 6.2") && !out.contains("R535"), "{out}");
}

#[test]
fn a_log_that_names_a_gpu_of_arm_machines_is_one_of_arm() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log.txt");
    for name in [
        "GPU 0: NVIDIA GB10",
        "|   0  Orin (nvgpu)                  N/A  | N/A              N/A |",
        "GPU 0: NVIDIA Thor",
    ] {
        fs::write(&log, format!("OS: Ubuntu 22.04.5 LTS\n{name}\nPyTorch version: 2.9.0+cpu\n")).unwrap();
        let (_, report) = report(&["explain", log.to_str().unwrap()]);
        assert_eq!(report["facts"]["host"]["platform"]["value"], "linux-aarch64", "{name}: {report}");
    }
}

#[test]
fn an_environment_of_this_machine_cannot_be_copied_to_one_of_arm() {
    let (_, report) =
        saved("patient-5090", &["GB10"], "580.95.05").build("torch", "2.9.1+cu130", Some("13.0")).judged();
    assert!(slugs(&report, "warning").contains(&"gpu-of-another-processor"), "{}", report["findings"]);
    assert_eq!(report["facts"]["environments"][0]["installed_on"], "linux-x86_64");
    assert_eq!(report["facts"]["environments"][0]["platform"]["value"], "linux-aarch64");
}

#[test]
fn the_cuda_version_of_nvidia_smi_is_taken_for_a_driver() {
    let check = |driver: &str, url: &str| {
        let index = format!("https://download.pytorch.org/whl/{url}");
        let (code, out, err) = run(gpucheck()
            .args([
                "check",
                "--no-driver",
                "--gpu",
                "3090",
                "--os",
                "linux",
                "--python-version",
                "3.12",
                "--driver",
                driver,
            ])
            .args(["--", "pip", "install", "torch==2.9.1", "--index-url", &index]));
        (code, out + &err)
    };
    let (code, out) = check("12.4", "cu126");
    assert!(code == 0 && out.contains("with driver 550.54.14"), "{out}");
    let (code, out) = check("12.0", "cu128");
    assert!(code == 0 && out.contains("with driver 525.60.13"), "{out}");
    let (code, out) = check("12.4", "cu130");
    assert!(code == 1 && out.contains("nvidia-smi's banner") && out.contains("580 or newer"), "{out}");
    let (_, out) = recommend(&["--gpu", "3090", "--os", "linux", "--driver", "12.7"]);
    assert!(out.contains("no driver is known whose nvidia-smi shows CUDA 12.7"), "{out}");
    let (code, _, err) = run(gpucheck().args(["recommend", "--gpu", "3090", "--driver", "new"]));
    assert!(code == 2 && err.contains("not a driver version"), "{err}");
}

/// PaddlePaddle/Paddle#76037 and NVIDIA/numba-cuda#192: nothing there wants PyTorch.
#[test]
fn pytorch_is_advised_only_where_something_wants_it() {
    let (_, text, report) = replayed("paddle-cu118", &[]);
    assert!(!slugs(&report, "info").contains(&"torch-not-installed"), "{text}");
    assert!(!text.contains("install torch"), "{text}");
    // What is wrong is the build for CUDA 11.8, and the one that serves is on PaddlePaddle's own index.
    assert_eq!(slugs(&report, "error"), ["paddle-build-lacks-gpu"], "{text}");
    assert!(text.contains("packages/stable/cu129"), "{text}");
}

#[test]
fn the_names_of_vendors_lists_are_known() {
    for (name, capability) in [
        ("DGX Spark", "12.1"),
        ("Tesla K80", "3.7"),
        ("Tesla K40m", "3.5"),
        ("P106-100", "6.1"),
        ("P104-100", "6.1"),
        ("P102-100", "6.1"),
        ("CMP 100-210", "7.0"),
        ("GTX 780 Ti", "3.5"),
        ("Grace Hopper", "9.0"),
        ("Grace Blackwell GB200", "10.0"),
        ("Jetson TX1", "5.3"),
        ("IGX Orin", "8.7"),
        ("Orin (nvgpu)", "8.7"),
        ("10de:102d", "3.7"),
    ] {
        let (code, out, err) = run(gpucheck().args(["kb", "show", "gpu", name]));
        assert!(code == 0 && out.contains(&format!("compute capability  {capability}")), "{name}: {out}{err}");
    }
}
