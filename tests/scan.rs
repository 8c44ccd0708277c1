//! End to end: `gpucheck scan` on the corpus and on real libraries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::{case::machine, gpucheck, run, slugs};
use serde_json::Value;

fn scan(arguments: &[&str]) -> (i32, Value) {
    let (code, out, err) = run(gpucheck().args(["scan", "--format", "json"]).args(arguments));
    let report = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
    (code, common::moved_alike(report))
}

fn libtorch_cuda() -> String {
    common::site_packages(&common::torch_2_7_1()).join("torch/lib/libtorch_cuda.so").to_str().unwrap().to_owned()
}

fn corpus(name: &str) -> String {
    format!("{}/tests/corpus/fatbin/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_real_library() {
    let (code, report) = scan(&[&libtorch_cuda()]);
    let library = &report["scan"][0]["code"]["value"];
    assert_eq!((code, library["fatbins"].as_u64()), (0, Some(378)));
    for target in ["sm_50", "sm_60", "sm_70", "sm_75", "sm_80", "sm_86", "sm_90"] {
        assert_eq!(library["sass"][target], 378, "{target}");
    }
    assert_eq!(
        (&library["sass"]["sm_89"], &library["sass"]["sm_90a"], &library["ptx"]),
        (&Value::from(2), &Value::from(3), &serde_json::json!({}))
    );
    assert!(report["scan"][0]["needed"].to_string().contains("libcudart.so.12"));
}

#[test]
fn verdicts_decide_the_exit_code() {
    let (code, report) = scan(&[&libtorch_cuda(), "--gpu", "RTX 4090", "--driver", "535.183.01"]);
    assert_eq!((code, &report["scan"][0]["runs_on"][0]["how"]), (0, &Value::from("sass sm_86")));
    let (code, report) = scan(&[&libtorch_cuda(), "--gpu", "RTX 4090", "--gpu", "RTX 5090"]);
    assert_eq!((code, &report["scan"][0]["runs_on"][1]["how"]), (1, &Value::from("no")));
    let (code, report) = scan(&[&libtorch_cuda(), "--gpu", "all"]);
    assert_eq!(code, 0, "a matrix is an answer");
    assert!(report["scan"][0]["runs_on"].as_array().unwrap().len() > 20);
}

#[test]
fn a_publishers_gate() {
    let (code, report) = scan(&[&libtorch_cuda(), "--require", "sm_80,sm_90"]);
    assert_eq!((code, slugs(&report, "error")), (0, vec![]), "{}", report["findings"]);
    let (code, report) = scan(&[&libtorch_cuda(), "--require", "sm_80,sm_120"]);
    assert_eq!((code, slugs(&report, "error")), (1, vec!["required-arch-missing"]));
    assert!(report["findings"][0]["summary"].as_str().unwrap().ends_with("lacks sm_120."), "{}", report["findings"]);
    // A few fatbins are not the general part.
    let (code, _) = scan(&[&libtorch_cuda(), "--require", "sm_90a"]);
    assert_eq!(code, 1);
}

#[test]
fn folders_and_whole_environments() {
    let folder = common::site_packages(&common::torch_2_7_1());
    let (code, report) = scan(&[folder.to_str().unwrap(), "--gpu", "RTX 4090"]);
    assert_eq!(code, 0, "torch's main library decides");
    let paths: Vec<&str> =
        report["scan"].as_array().unwrap().iter().map(|scanned| scanned["path"].as_str().unwrap()).collect();
    assert!(paths.len() > 120 && paths.contains(&"torch/lib/libtorch_cuda.so"), "{}", paths.len());
    let sizes = report["sizes"].as_array().unwrap();
    let sm_50 = sizes.iter().find(|size| size["target"] == "sm_50").unwrap();
    assert!(sm_50["bytes"].as_u64().unwrap() > 200_000_000, "{sm_50}");
    // Without torch, every library with code counts.
    let (code, _) = scan(&[&corpus("c12.8"), "--gpu", "sm_35"]);
    assert_eq!(code, 1);
}

#[test]
fn what_cannot_be_scanned_is_told() {
    let (code, _, err) = run(gpucheck().args(["scan", "/no/such/library.so"]));
    assert_eq!(code, 2);
    assert!(err.contains("/no/such/library.so"), "{err}");
    let (code, _, err) = run(gpucheck().args(["scan", &corpus("oracle.json")]));
    assert_eq!(code, 2);
    assert!(err.contains("oracle.json"), "{err}");
    let (code, _, err) = run(gpucheck().args(["scan"]));
    assert_eq!(code, 2);
    assert!(err.contains("TARGET"), "{err}");
    // In a folder it is a line, and the rest is there.
    let (code, report) = scan(&[&corpus("bad")]);
    assert_eq!(code, 0);
    let unread = report["unread"].as_array().unwrap().len();
    assert!(unread > 10, "{unread}");
}

/// CUDA 13's libcufft keeps its code where no section names it; NVRTC and triton only look as if they held some.
#[test]
fn hidden_code_and_decoys() {
    let packages = common::site_packages(&common::torch_2_15_0());
    let file = |name: &str| packages.join(name).to_str().unwrap().to_owned();
    let cufft = file("nvidia/cu13/lib/libcufft.so.12");
    // Its sections hold a stub, so that the rest is searched without being asked to.
    for arguments in [[cufft.as_str(), "--gpu", "RTX 5090"].as_slice(), &[&cufft, "--gpu", "RTX 5090", "--deep"]] {
        let (exit, report) = scan(arguments);
        let code = &report["scan"][0]["code"]["value"];
        assert_eq!(code["extent"], "whole-file");
        assert!(code["hidden"]["sm_120"].as_u64() > Some(300), "{}", code["hidden"]);
        assert_eq!((exit, &report["scan"][0]["runs_on"][0]["how"]), (0, &Value::from("sass sm_120")));
        assert_eq!(report["scan"][0]["profile"]["stub"], true);
    }
    for decoy in ["nvidia/cu13/lib/libnvrtc.so.13", "triton/_C/libtriton.so"] {
        let (_, report) = scan(&[&file(decoy), "--deep"]);
        let code = &report["scan"][0]["code"]["value"];
        let hidden = code["hidden"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(hidden, 0, "{decoy}: {code}");
    }
}

/// A package says what its unpacked libraries say.
#[test]
fn wheels_without_unpacking() {
    let wheels: Vec<String> = std::fs::read_dir(corpus("wheel"))
        .unwrap()
        .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
        .filter(|path| path.ends_with(".whl"))
        .collect();
    assert!(!wheels.is_empty());
    for wheel in &wheels {
        let (code, report) = scan(&[wheel, "--gpu", "all"]);
        assert_eq!(code, 0, "{wheel}");
        let scanned = report["scan"].as_array().unwrap();
        assert!(scanned.iter().any(|scanned| scanned["code"]["state"] == "known"), "{wheel}: {scanned:?}");
    }
    let (code, _, err) = run(gpucheck().args(["scan", &corpus("bad/wheel-trunc.whl")]));
    assert_eq!(code, 2);
    assert!(err.contains("wheel-trunc.whl") && err.lines().count() == 1, "{err}");
}

#[test]
fn for_people() {
    let (code, out, _) = run(gpucheck().args(["scan", &corpus("c13.5/fb-compress-all.fatbin"), "--gpu", "RTX 5090"]));
    assert_eq!(code, 0);
    assert!(out.contains("sm_120f ×1") && out.contains("✓ NVIDIA GeForce RTX 5090 (sm_120): sass sm_120f"), "{out}");
    assert!(out.contains("PTX ISA     9.5: compiled by drivers with CUDA 13.5"), "{out}");
}

/// The rule is about what `scan --require` asks for and nothing else.
#[test]
fn required_arch_missing() {
    let (_, report) = machine(&[("NVIDIA GeForce RTX 4090", "8.9", "2684")]).judged();
    assert!(!slugs(&report, "error").contains(&"required-arch-missing"));
}

/// A wheel of these libraries, each the same ordinary one, but for those of Windows.
fn vendoring(folder: &Path, paths: &[&str]) -> (i32, Value) {
    let library = fs::read(corpus("c13.5/so-sm_120.so")).unwrap();
    let windows = fs::read(corpus("pe/win-none.dll")).unwrap();
    let zip = paths.iter().fold(common::pack::Zip::default(), |zip, path| {
        zip.deflated(path, if path.ends_with(".dll") { &windows } else { &library })
    });
    let wheel = folder.join("demo-1.0-py3-none-manylinux_2_28_x86_64.whl");
    fs::write(&wheel, zip.finish()).unwrap();
    scan(&[wheel.to_str().unwrap(), "--require", "sm_120"])
}

#[test]
fn driver_library_bundled() {
    let folder = tempfile::tempdir().unwrap();
    for copy in ["demo.libs/libcuda-1a2b3c4d.so.1", "demo/libcuda.so", "demo/nvcuda.dll"] {
        let (code, report) = vendoring(folder.path(), &["demo/a.so", copy]);
        assert_eq!((code, slugs(&report, "error")), (1, vec!["driver-library-bundled"]), "{}", report["findings"]);
        let summary = report["findings"][0]["summary"].as_str().unwrap();
        assert!(summary.contains(copy) && summary.contains("shadows the real one"), "{summary}");
    }
    let stubs = ["demo/a.so", "demo/lib/stubs/libcuda.so", "cuda-compat/libcuda.so.1", "demo/libcuda_helper.so"];
    let (code, report) = vendoring(folder.path(), &stubs);
    assert_eq!((code, slugs(&report, "error")), (0, vec![]), "{}", report["findings"]);
    // Without a question it is told all the same, and is no gate.
    let (_, _) = vendoring(folder.path(), &["demo/libcuda.so.1"]);
    let wheel = folder.path().join("demo-1.0-py3-none-manylinux_2_28_x86_64.whl");
    let (code, out, _) = run(gpucheck().arg("scan").arg(wheel));
    assert!(code == 0 && out.contains("✗ driver-library-bundled: demo"), "{out}");
}

#[test]
fn cuda_runtime_bundled() {
    let folder = tempfile::tempdir().unwrap();
    let (code, report) = vendoring(folder.path(), &["demo/a.so", "demo.libs/libcudart-c3a75b33.so.12.8.90"]);
    assert_eq!((code, slugs(&report, "info")), (0, vec!["cuda-runtime-bundled"]), "{}", report["findings"]);
    let (_, report) = vendoring(folder.path(), &["demo/a.so", "demo/stubs/libcudart.so"]);
    assert_eq!(slugs(&report, "info"), Vec::<&str>::new(), "{}", report["findings"]);
}

/// A library alone, or a folder of libraries, has no tags: their headers say which processor they are for.
#[test]
fn a_library_for_another_processor_does_not_run() {
    let library = corpus("c13.5/so-sm_120.so");
    let (code, report) = scan(&[&library, "--gpu", "GB10"]);
    assert_eq!(slugs(&report, "error"), ["gpu-of-another-processor"], "{report:#}");
    assert_eq!(code, 1);
    let (code, report) = scan(&[&library, "--gpu", "RTX 5090"]);
    assert!(code == 0 && slugs(&report, "error").is_empty(), "{report:#}");
    // The same header with another processor in it.
    let mut bytes = fs::read(&library).unwrap();
    bytes[18] = 183;
    let folder = tempfile::tempdir().unwrap();
    let arm = folder.path().join("libarm.so");
    fs::write(&arm, bytes).unwrap();
    let (code, report) = scan(&[arm.to_str().unwrap(), "--gpu", "GB10"]);
    assert!(code == 0 && slugs(&report, "error").is_empty(), "{report:#}");
    assert_eq!(report["scan"][0]["cpu"], "aarch64");
}
