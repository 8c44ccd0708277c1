//! The kernels inside the binary: built again, byte for byte, by NVIDIA's assemblers at pinned versions; NVIDIA's own tools say what they are.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{environment, succeed};

const ARCHITECTURES: [&str; 14] =
    ["50", "60", "70", "75", "80", "86", "87", "89", "90", "100", "103", "110", "120", "121"];

fn kernels() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels")
}

fn tool(name: &str) -> PathBuf {
    let tools = environment("cuda-tools-13.5", &["nvidia-cuda-cuobjdump==13.5.37", "nvidia-cuda-nvdisasm==13.5.37"]);
    common::site_packages(&tools).join("nvidia/cu13/bin").join(name)
}

/// What a tool prints.
fn said(tool: &Path, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(tool).args(arguments).arg(file).output().unwrap();
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_pinned_assemblers_make_the_same_bytes() {
    let build = kernels().join("build.py");
    succeed(
        Command::new("python3")
            .arg(build)
            .args(["--check", "--from-ptx"])
            .env("GPUCHECK_KERNEL_TOOLS", common::cache().join("kernel-tools")),
    );
}

#[test]
fn the_checksums_are_those_of_the_files() {
    let built = kernels().join("built");
    succeed(Command::new("sha256sum").args(["--check", "--strict", "--quiet", "SHA256SUMS"]).current_dir(&built));
    let listed = fs::read_to_string(built.join("SHA256SUMS")).unwrap().lines().count();
    // What is packed of them is held by a unit test of src/probe/smoke/images.rs.
    assert_eq!(listed + 2, fs::read_dir(&built).unwrap().count(), "every file is listed but the list and all.zst");
}

#[test]
fn cuobjdump_lists_every_architecture() {
    let cuobjdump = tool("cuobjdump");
    for (module, from) in [("general", 50), ("tensor", 75)] {
        for arch in ARCHITECTURES.iter().filter(|arch| arch.parse::<u32>().unwrap() >= from) {
            let file = kernels().join(format!("built/{module}.sm_{arch}.cubin"));
            let listed = said(&cuobjdump, &["--list-elf"], &file);
            assert!(listed.contains(&format!(" {module}.sm_{arch}.sm_{arch}.cubin")), "{}: {listed}", file.display());
        }
    }
}

#[test]
fn nvdisasm_shows_tensor_core_instructions() {
    let nvdisasm = tool("nvdisasm");
    for arch in ["75", "80", "86", "87", "89", "90", "100", "103", "110", "120", "121"] {
        let code = said(&nvdisasm, &[], &kernels().join(format!("built/tensor.sm_{arch}.cubin")));
        let mut counts = BTreeMap::<&str, usize>::new();
        for word in code.split_whitespace().filter(|word| word.starts_with("HMMA.")) {
            *counts.entry(word).or_default() += 1;
        }
        // Turing's instruction is half as deep, and knows no bf16.
        let expected: &[(&str, usize)] = match arch {
            "75" => &[("HMMA.1688.F32", 64)],
            _ => &[("HMMA.16816.F32", 32), ("HMMA.16816.F32.BF16", 32)],
        };
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), expected, "sm_{arch}");
    }
}

#[test]
fn ptx_asks_for_no_newer_driver_than_it_must() {
    for (file, version, target) in [
        ("general.compute_50", "6.0", "sm_50"),
        ("tensor.compute_75", "6.5", "sm_75"),
        ("tensor.compute_80", "7.0", "sm_80"),
    ] {
        let text = fs::read_to_string(kernels().join(format!("built/{file}.ptx"))).unwrap();
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
        assert_eq!((line(".version"), line(".target")), (format!(".version {version}"), format!(".target {target}")));
    }
}
