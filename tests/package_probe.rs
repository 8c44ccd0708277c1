//! What the doctor reads of packages for the sake of their rows: a real wheel of bitsandbytes, and libraries that LD_LIBRARY_PATH puts
//! before a package's own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{finding, gpucheck, run, slugs, succeed, wheel};
use serde_json::Value;
use tempfile::TempDir;

/// A small real library.
const LIBRARY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so");

/// A small real library, as torch's main one.
const MAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c12.4/so-compress-all.so");

/// A virtual environment with a torch that says its build and has its main library only.
fn environment(torch: &str) -> (TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join(".venv/lib/python3.12/site-packages");
    let (version, digits) = torch.split_once("+cu").unwrap();
    let cuda = format!("{}.{}", &digits[..2], &digits[2..]);
    file(&place.path().join(".venv/pyvenv.cfg"), "home = /usr/bin\nversion = 3.12.1\n");
    file(&place.path().join(".venv/bin/python"), "");
    file(&site.join(format!("torch-{version}.dist-info/METADATA")), &format!("Name: torch\nVersion: {torch}\n"));
    file(&site.join(format!("torch-{version}.dist-info/RECORD")), "torch/version.py,,\ntorch/lib/libtorch_cuda.so,,\n");
    fs::create_dir_all(site.join("torch/lib")).unwrap();
    fs::copy(MAIN, site.join("torch/lib/libtorch_cuda.so")).unwrap();
    file(&site.join("torch/version.py"), &format!("__version__ = '{torch}'\ncuda = '{cuda}'\n"));
    (place, site)
}

fn file(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn doctor(place: &TempDir, variables: &[(&str, &str)]) -> Value {
    doctor_of(place, "RTX 5090", variables)
}

fn doctor_of(place: &TempDir, gpu: &str, variables: &[(&str, &str)]) -> Value {
    let mut command = gpucheck();
    command.current_dir(place.path()).envs(variables.iter().copied());
    let (_, out, err) = run(command.args(["doctor", "--gpu", gpu, "--driver", "580.95.05", "--format", "json"]));
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}

#[test]
fn bitsandbytes_is_judged_by_the_library_that_it_takes() {
    let (place, site) = environment("2.8.0+cu128");
    let folder = wheel("bitsandbytes==0.50.2", "manylinux_2_24_x86_64");
    let wheel = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "whl"));
    succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(wheel.unwrap()).arg(&site));
    for name in ["numpy", "packaging"] {
        file(&site.join(format!("{name}-26.0.dist-info/METADATA")), &format!("Name: {name}\nVersion: 26.0\n"));
    }
    let good = doctor(&place, &[]);
    assert_eq!(slugs(&good, "error"), Vec::<&str>::new(), "{}", good["findings"]);
    let overridden = doctor(&place, &[("BNB_CUDA_VERSION", "126")]);
    let found = finding(&overridden, "extension-arch-missing");
    let evidence = &found["evidence"][0];
    assert!(
        evidence["fact"].as_str().unwrap().starts_with("bitsandbytes/libbitsandbytes_cuda126.so: SASS sm_60"),
        "{found}"
    );
    assert!(evidence["pointer"].as_str().unwrap().contains("/libraries/"), "read, not claimed: {found}");
    // Until 0.49 the exact library was needed; this one takes the nearest of the major, and there is none of CUDA 10.
    let nearest = doctor(&place, &[("BNB_CUDA_VERSION", "117")]);
    let library = &finding(&nearest, "extension-arch-missing")["evidence"][0]["fact"];
    assert!(library.as_str().unwrap().starts_with("bitsandbytes/libbitsandbytes_cuda118.so"), "{library}");
    let none = doctor(&place, &[("BNB_CUDA_VERSION", "102")]);
    assert!(
        finding(&none, "bitsandbytes-binary-missing")["summary"]
            .as_str()
            .unwrap()
            .contains("it has libraries for 118, 121, 124, 126, 128, 130, 132")
    );
}

#[test]
fn bitsandbytes_before_0_43_takes_another_library_on_older_gpus() {
    let (place, site) = environment("2.4.1+cu124");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/fatbin");
    let put = |name: &str, from: &str| fs::copy(corpus.join(from), site.join("bitsandbytes").join(name)).unwrap();
    file(&site.join("bitsandbytes-0.42.0.dist-info/METADATA"), "Name: bitsandbytes\nVersion: 0.42.0\n");
    fs::create_dir(site.join("bitsandbytes")).unwrap();
    put("libbitsandbytes_cuda124.so", "c12.4/so-debug.so");
    // The stand-in for torch's library does not serve all of these GPUs either, and then it is the cause.
    let says = |finding: &Value| {
        finding["rule"] == "extension-arch-missing"
            || finding["consequences"].to_string().contains("extension-arch-missing")
    };
    let lacks = |gpu: &str| doctor_of(&place, gpu, &[])["findings"].as_array().unwrap().iter().any(says);
    assert!(lacks("sm_70") && !lacks("sm_80"));
    put("libbitsandbytes_cuda124_nocublaslt.so", "c11.8/so-compress-all.so");
    assert!(!lacks("sm_70") && !lacks("sm_80") && lacks("sm_60"), "it holds sm_70");
}

#[test]
fn libraries_before_a_packages_own_are_seen() {
    let (place, site) = environment("2.8.0+cu128");
    file(&site.join("nvidia_cudnn_cu12-9.10.2.21.dist-info/METADATA"), "Name: nvidia-cudnn-cu12\nVersion: 9.10.2.21\n");
    file(&site.join("nvidia_cudnn_cu12-9.10.2.21.dist-info/RECORD"), "nvidia/cudnn/lib/libcudnn.so.9,,\n");
    let own = site.join("nvidia/cudnn/lib");
    fs::create_dir_all(&own).unwrap();
    fs::copy(LIBRARY, own.join("libcudnn.so.9")).unwrap();
    let foreign = place.path().join("cuda-12.3/lib64");
    fs::create_dir_all(&foreign).unwrap();
    fs::copy(LIBRARY, foreign.join("libcudnn.so.9.1.0")).unwrap();
    std::os::unix::fs::symlink("libcudnn.so.9.1.0", foreign.join("libcudnn.so.9")).unwrap();

    let shadowed = doctor(&place, &[("LD_LIBRARY_PATH", foreign.to_str().unwrap())]);
    let found = finding(&shadowed, "ld-library-path-shadowing");
    assert_eq!(found["severity"], "error");
    assert!(found["summary"].as_str().unwrap().contains("an older copy of libcudnn.so.9"), "{found}");
    // The environment's own folder is no other's, and without the variable there is nothing.
    let inside = doctor(&place, &[("LD_LIBRARY_PATH", own.to_str().unwrap())]);
    for report in [inside, doctor(&place, &[])] {
        assert!(!slugs(&report, "error").contains(&"ld-library-path-shadowing"), "{}", report["findings"]);
    }
}

/// Two packages that own the same file, as their RECORDs tell.
#[test]
fn overwritten_files_are_seen() {
    let (place, site) = environment("2.11.0+cu130");
    for (name, version) in [("nvidia_nccl_cu12", "2.27.3"), ("nvidia_nccl_cu13", "2.28.9")] {
        let info = site.join(format!("{name}-{version}.dist-info"));
        file(&info.join("METADATA"), &format!("Name: {}\nVersion: {version}\n", name.replace('_', "-")));
        file(&info.join("RECORD"), "nvidia/nccl/lib/libnccl.so.2,,\n");
    }
    fs::create_dir_all(site.join("nvidia/nccl/lib")).unwrap();
    fs::copy(LIBRARY, site.join("nvidia/nccl/lib/libnccl.so.2")).unwrap();
    let report = doctor(&place, &[]);
    let found = finding(&report, "nccl-symbol-mismatch");
    let consequences = found["consequences"].to_string();
    assert!(consequences.contains("files-overwritten") && consequences.contains("several-cuda-majors"), "{found}");
    let lines = common::fix_lines(found);
    assert!(
        lines[0].contains("uninstall -y nvidia-nccl-cu12")
            && lines[0].contains("--force-reinstall nvidia-nccl-cu13==2.28.9"),
        "{lines:?}"
    );
}
