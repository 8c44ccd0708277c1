//! Every rule on facts that trigger it, and on the nearest facts that must not. The facts are those of the patient's real environment
//! (`tests/facts/patient-5090.json`) with one thing changed, judged through `doctor --replay -`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::collections::BTreeSet;

use common::{
    case::{Case, case, healthy, known},
    finding, fix_lines, slugs,
};
use serde_json::{Value, json};

/// Asserts that the one finding of a severity is this rule, and gives it.
#[track_caller]
fn only(case: Case, severity: &str, rule: &str) -> Value {
    let (code, report) = case.judged();
    assert_eq!(slugs(&report, severity), [rule], "{}", report["findings"]);
    assert_eq!(code, i32::from(severity == "error"));
    finding(&report, rule).clone()
}

/// Asserts that nothing is wrong.
#[track_caller]
fn nothing(case: Case) {
    let (code, report) = case.judged();
    assert_eq!((code, &report["verdict"], &report["findings"]), (0, &json!("ok"), &json!([])));
}

/// Asserts that nothing is wrong in a build of one's own, which is not what the knowledge base expects.
#[track_caller]
fn quiet(case: Case) {
    let (code, report) = case.judged();
    assert_eq!(
        (code, slugs(&report, "error"), slugs(&report, "warning")),
        (0, vec![], vec![]),
        "{}",
        report["findings"]
    );
}

#[test]
fn gpu_too_new_for_wheel() {
    only(case(&["RTX 5090"], "580.95.05"), "error", "gpu-too-new-for-wheel");
    only(on_arm(case(&["GB10"], "580.95.05")), "error", "gpu-too-new-for-wheel");
    nothing(case(&["RTX 4090"], "580.95.05"));
    nothing(case(&["RTX 5090"], "580.95.05").build("torch", "2.7.1+cu128", Some("12.8")));
    // A few fatbins with the right code are no support, and are not called that.
    let partial = case(&["RTX 5090"], "580.95.05").change(|facts| {
        let torch = facts["environments"][0]["packages"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .find(|p| p["name"] == "torch")
            .unwrap();
        let library = torch["libraries"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .find(|l| l["path"] == "torch/lib/libtorch_cuda.so")
            .unwrap();
        library["code"]["value"]["modules"][1]["images"].as_array_mut().unwrap().push(json!({"code": "sm_120"}));
    });
    let partial = only(partial, "error", "gpu-too-new-for-wheel");
    assert!(partial["summary"].as_str().unwrap().contains(" in only "), "{partial}");
}

/// The same on a machine with Arm cores.
fn on_arm(case: Case) -> Case {
    case.change(|facts| {
        facts["host"]["platform"] = known("linux-aarch64");
        facts["environments"][0]["platform"] = known("linux-aarch64");
    })
}

#[test]
fn gpu_of_another_processor() {
    // What is on this machine is judged as it would be there, and said to be for another processor.
    let here = || {
        let built = case(&["GH200"], "580.95.05").build("torch", "2.9.1+cu130", Some("13.0"));
        built.without("torchvision").without("torchaudio")
    };
    let (code, report) = here().judged();
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["gpu-of-another-processor"]), "{}", report["findings"]);
    let (_, report) = on_arm(here()).judged();
    assert!(!slugs(&report, "warning").contains(&"gpu-of-another-processor"), "{}", report["findings"]);
    // A platform that is named and contradicts the GPU.
    let (code, report) = here().with(&["--platform", "linux-x86_64"]).judged();
    assert_eq!((code, slugs(&report, "error")), (1, vec!["gpu-of-another-processor"]), "{}", report["findings"]);
    nothing(healthy());
}

#[test]
fn project_not_installed() {
    let (code, report) = healthy().change(|facts| facts["not_installed"] = json!("~/project")).judged();
    assert_eq!((code, slugs(&report, "info")), (0, vec!["project-not-installed"]), "{}", report["findings"]);
    nothing(healthy());
}

#[test]
fn gpu_too_old_for_wheel() {
    let volta = case(&["V100"], "580.95.05")
        .build("torch", "2.9.1+cu130", Some("13.0"))
        .without("torchvision")
        .without("torchaudio");
    let volta = only(volta, "error", "gpu-too-old-for-wheel");
    assert!(fix_lines(&volta)[0].contains("torch==2.9.1+cu1"), "another build of the same version serves it: {volta}");
    nothing(case(&["V100"], "580.95.05"));
}

#[test]
fn a_claim_is_named_as_one() {
    let (_, report) = case(&["RTX 5090"], "580.95.05").build("torch", "2.6.0+cu124", Some("12.4")).judged();
    let evidence = finding(&report, "gpu-too-new-for-wheel")["evidence"][0].clone();
    assert!(evidence["source"].as_str().unwrap().starts_with("knowledge: torch.toml, 2.6.0+cu124"), "{evidence}");
    assert_eq!(evidence["pointer"], Value::Null);
}

#[test]
fn driver_too_old_for_gpu() {
    let old = only(
        case(&["RTX 5090"], "550.54.14").build("torch", "2.7.1+cu128", Some("12.8")),
        "error",
        "driver-too-old-for-gpu",
    );
    assert!(old["fixes"][0]["result"].as_str().unwrap().starts_with("driver 57"), "{old}");
    nothing(case(&["RTX 5090"], "570.86.10").build("torch", "2.7.1+cu128", Some("12.8")));
}

#[test]
fn gpu_dropped_by_driver() {
    let dropped = only(case(&["GTX 1080 Ti"], "590.48.01"), "error", "gpu-dropped-by-driver");
    assert!(dropped["fixes"][0]["result"].as_str().unwrap().contains("580"), "{dropped}");
    nothing(case(&["GTX 1080 Ti"], "580.95.05"));
}

#[test]
fn no_kernel_module_for_all_gpus() {
    let both = || {
        case(&["V100", "RTX 5090"], "580.95.05")
            .build("torch", "2.8.0+cu128", Some("12.8"))
            .without("torchvision")
            .without("torchaudio")
    };
    only(both(), "error", "no-kernel-module-for-all-gpus");
    let mut windows = both();
    windows.arguments.extend(["--os".to_owned(), "windows".to_owned()]);
    let (_, report) = windows.judged();
    assert!(!slugs(&report, "error").contains(&"no-kernel-module-for-all-gpus"), "{}", report["findings"]);
}

#[test]
fn driver_too_old_for_cuda_runtime() {
    let old = only(case(&["RTX 3090"], "515.105.01"), "error", "driver-too-old-for-cuda-runtime");
    let lines = fix_lines(&old).join("\n");
    assert!(lines.contains("torch==2.7.1+cu118"), "the same version for CUDA 11: {lines}");
    assert!(old["fixes"].to_string().contains("update the NVIDIA driver to 525.60.13"), "{old}");
    nothing(case(&["RTX 3090"], "525.60.13"));
}

/// A library whose only image for the GPU is PTX of this ISA version, stored this way.
fn with_image(case: Case, image: Value) -> Case {
    case.change(|facts| {
        let torch = facts["environments"][0]["packages"].as_array_mut().unwrap().iter_mut().find(|p| p["name"] == "torch").unwrap();
        let library = torch["libraries"].as_array_mut().unwrap().iter_mut().find(|l| l["path"] == "torch/lib/libtorch_cuda.so").unwrap();
        let target = image["code"].as_str().unwrap().to_owned();
        let kind = if target.starts_with("sm_") { "sass" } else { "ptx" };
        library["code"]["value"] = json!({"fatbins": 1, "sass": {}, "ptx": {}, "modules": [{"count": 1, "images": [image]}], "extent": "sections"});
        library["code"]["value"][kind][target] = json!(1);
    })
}

#[test]
fn driver_too_old_for_ptx() {
    let ptx = |driver| with_image(case(&["RTX 4090"], driver), json!({"code": "compute_80", "isa": "8.5"}));
    let old = only(ptx("535.183.01"), "error", "driver-too-old-for-ptx");
    assert!(old["fixes"].to_string().contains("update the NVIDIA driver"), "{old}");
    only(ptx("580.95.05"), "warning", "gpu-needs-ptx-jit");
    quiet(with_image(case(&["RTX 4090"], "580.95.05"), json!({"code": "sm_80"})));
}

#[test]
fn driver_too_old_for_zstd() {
    let zstd = |driver| with_image(case(&["RTX 4090"], driver), json!({"code": "sm_86", "compression": "zstd"}));
    only(zstd("535.183.01"), "error", "driver-too-old-for-zstd");
    quiet(zstd("550.54.14"));
}

#[test]
fn triton_ptxas_too_old() {
    let b300 = |triton: &str| {
        case(&["B300"], "580.95.05")
            .build("torch", "2.7.1+cu128", Some("12.8"))
            .change(|facts| {
                let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
                packages.iter_mut().find(|package| package["name"] == "triton").unwrap()["version"] = known(triton);
            })
            .change(|facts| {
                let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
                packages.iter_mut().for_each(|package| package["requires"] = json!([]));
            })
    };
    let old = only(b300("3.3.1"), "warning", "triton-ptxas-too-old");
    assert!(fix_lines(&old)[0].contains("torch=="), "{old}");
    nothing(b300("3.6.0"));
    nothing(b300("3.3.1").variable("TRITON_PTXAS_PATH", "/usr/local/cuda/bin/ptxas"));
}

#[test]
fn ptx_jit_switched() {
    let forced = only(healthy().variable("CUDA_FORCE_PTX_JIT", "1"), "error", "ptx-jit-switched");
    assert_eq!(fix_lines(&forced), ["unset CUDA_FORCE_PTX_JIT"]);
    nothing(healthy().variable("CUDA_FORCE_PTX_JIT", "0"));
    nothing(healthy().variable("CUDA_DISABLE_PTX_JIT", "1"));
}

#[test]
fn knowledge_conflict() {
    let own = with_image(healthy(), json!({"code": "sm_89"}));
    let own = only(own, "info", "knowledge-conflict");
    assert!(own["evidence"][1]["source"].as_str().unwrap().contains("torch.toml, 2.7.1+cu126"), "{own}");
    nothing(healthy());
}

/// Its libraries are tried in staleness.rs.
#[test]
fn newer_than_knowledge() {
    let newer = healthy().place(|environment| {
        let packages = environment["packages"].as_array_mut().unwrap();
        packages.retain(|package| package["name"] == "torch");
        packages[0]["version"] = known("100.0.0");
        packages[0]["build"] = known(json!({"version": "100.0.0+cu126", "cuda": "12.6"}));
        packages[0]["requires"] = json!([]);
    });
    let newer = only(newer, "info", "newer-than-knowledge");
    assert!(newer["summary"].as_str().unwrap().contains("checked by what its own libraries contain"), "{newer}");
    nothing(healthy());
}

#[test]
fn torch_not_installed() {
    let with = |names: &[&str]| {
        let mut case = healthy();
        case.packages().retain(|package| names.contains(&package["name"].as_str().unwrap()));
        case
    };
    // Nothing but an installer is there, or something requires it.
    for names in [&["pip"][..], &["pip", "numpy", "torchvision"]] {
        let fresh = only(with(names), "info", "torch-not-installed");
        assert!(fix_lines(&fresh)[0].contains("pip install torch=="), "{fresh}");
    }
    // What is there does not ask for it.
    nothing(with(&["pip", "numpy"]));
}

#[test]
fn cpu_only_torch() {
    let cpu = healthy().build("torch", "2.7.1+cpu", None).without("torchvision").without("torchaudio");
    let asked = only(cpu, "error", "cpu-only-torch");
    assert!(fix_lines(&asked)[0].contains("torch==2.7.1+cu"), "{asked}");
    // Nobody asked for a GPU here: the one that is there may be for the screen.
    let mut seen = healthy().build("torch", "2.7.1+cpu", None).without("torchvision").without("torchaudio");
    let gpu = seen.report["facts"]["gpus"]["value"][0].clone();
    seen.arguments.clear();
    seen.report["facts"]["gpus"]["value"] = json!([gpu]);
    seen.report["facts"]["gpus"]["value"][0]["named"] = json!(false);
    only(seen, "warning", "cpu-only-torch");
    // Without a GPU it is what it should be.
    let mut without = healthy().build("torch", "2.7.1+cpu", None).without("torchvision").without("torchaudio");
    without.arguments.clear();
    without.report["facts"]["gpus"] = json!({"state": "absent", "via": {"how": "pci", "at": "/sys/bus/pci/devices"}});
    let (code, report) = without.judged();
    assert_eq!((code, &report["findings"]), (0, &json!([])));
}

#[test]
fn torch_companion_mismatch() {
    // Another release.
    let release = only(
        healthy().build("torchvision", "0.21.0+cu126", Some("12.6")).change(|facts| {
            let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
            packages.iter_mut().find(|package| package["name"] == "torchvision").unwrap()["requires"] =
                json!(["torch==2.6.0"]);
        }),
        "error",
        "torch-companion-mismatch",
    );
    assert!(release["summary"].as_str().unwrap().contains("requires torch==2.6.0"), "{release}");
    let lines = fix_lines(&release);
    assert!(
        lines[0].contains("torchvision==0.22.1") && !lines[0].contains("torch==2"),
        "torch itself stays: {lines:?}"
    );
    // Another CUDA major.
    only(healthy().build("torchvision", "0.22.1+cu118", Some("11.8")), "error", "torch-companion-mismatch");
    // No CUDA at all.
    let cpu = only(healthy().build("torchvision", "0.22.1+cpu", None), "error", "torch-companion-mismatch");
    assert!(fix_lines(&cpu)[0].contains("torchvision==0.22.1+cu126 --index-url"), "the local version is named: {cpu}");
    // The table decides where the metadata names no torch.
    only(
        healthy().build("torchaudio", "2.6.0+cu126", Some("12.6")).change(|facts| {
            let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
            packages.iter_mut().find(|package| package["name"] == "torchaudio").unwrap()["requires"] = json!([]);
        }),
        "error",
        "torch-companion-mismatch",
    );
    // Another minor CUDA release is fine.
    nothing(healthy().build("torchvision", "0.22.1+cu128", Some("12.8")));
    // A companion that serves several releases serves later ones, and no earlier one.
    let audio = |torch: &str, audio: &str| {
        let cuda = |version: &str| gpucheck::python::cuda_of_local(version).map(|cuda| cuda.to_string());
        let two = healthy().build("torch", torch, cuda(torch).as_deref()).without("torchvision");
        let two = two.build("torchaudio", audio, cuda(audio).as_deref()).change(|facts| {
            let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
            packages.iter_mut().find(|package| package["name"] == "torchaudio").unwrap()["requires"] = json!([]);
        });
        two.judged().1
    };
    let wrong = |torch: &str| slugs(&audio(torch, "2.11.0+cu130"), "error").contains(&"torch-companion-mismatch");
    assert!(!wrong("2.15.0+cu130") && !wrong("2.14.1+cu130") && wrong("2.10.0+cu130"));
    // There is no torchaudio 2.11.0 for CUDA 13.2: that of the default index is asked for, and what a tool would take for it goes first.
    let lines = fix_lines(finding(&audio("2.14.1+cu132", "2.11.0+cu126"), "torch-companion-mismatch"));
    let pip = "~/demo/.venv/bin/python -m pip";
    assert_eq!(lines, [format!("{pip} uninstall -y torchaudio\n{pip} install torchaudio==2.11.0")]);
}

#[test]
fn python_unsupported_by_torch() {
    let old = healthy().change(|facts| facts["environments"][0]["python"] = known("3.14"));
    let old = only(old, "error", "python-unsupported-by-torch");
    assert!(!old["fixes"].as_array().unwrap().is_empty(), "{old}");
    nothing(healthy().change(|facts| facts["environments"][0]["python"] = known("3.13")));
}

#[test]
fn environment_incomplete() {
    let missing = only(healthy().without("nvidia-cudnn-cu12"), "error", "environment-incomplete");
    assert!(fix_lines(&missing)[0].ends_with("pip install nvidia-cudnn-cu12==9.5.1.17"), "{missing}");
    let other = only(
        healthy().change(|facts| {
            let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
            packages.iter_mut().find(|package| package["name"] == "nvidia-cudnn-cu12").unwrap()["version"] =
                known("9.1.0.70");
        }),
        "error",
        "environment-incomplete",
    );
    assert!(other["summary"].as_str().unwrap().contains("9.1.0.70 is installed"), "{other}");
    // A library that nothing brings.
    let libraries = |libcufile: Value| {
        healthy().change(|facts| {
            facts["environments"][0]["system_libraries"] =
                json!({"libc.so.6": known("/lib/libc.so.6"), "libcufile.so.0": libcufile});
        })
    };
    let lost = libraries(json!({"state": "absent", "via": {"how": "file", "at": "the loader's search path"}}));
    let lost = only(lost, "error", "environment-incomplete");
    assert!(
        lost["summary"].as_str().unwrap().contains("libcufile.so.0, which no installed package provides"),
        "{lost}"
    );
    assert!(fix_lines(&lost)[0].contains("--force-reinstall torch==2.7.1"), "{lost}");
    nothing(libraries(known("/usr/lib/libcufile.so.0")));
    // A wheel that lies elsewhere on another machine is the same requirement: `judged` compares the fingerprints.
    let file = healthy().change(|facts| {
        let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
        let torch = packages.iter_mut().find(|package| package["name"] == "torch").unwrap();
        torch["requires"].as_array_mut().unwrap().push(json!("own-kernels @ file:///home/me/own_kernels.whl"));
    });
    only(file, "error", "environment-incomplete");
    // A marker that does not hold here asks for nothing.
    nothing(healthy().change(|facts| {
        let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
        packages.iter_mut().find(|package| package["name"] == "torch").unwrap()["requires"]
            .as_array_mut()
            .unwrap()
            .push(json!("pywin32>=300; sys_platform == \"win32\""));
    }));
}

#[test]
fn arch_list_invalid() {
    let invalid = only(healthy().variable("TORCH_CUDA_ARCH_LIST", "8.9,12.0"), "warning", "arch-list-invalid");
    assert_eq!(fix_lines(&invalid), ["export TORCH_CUDA_ARCH_LIST='8.9;12.0'"]);
    only(healthy().variable("TORCH_CUDA_ARCH_LIST", "sm_89"), "warning", "arch-list-invalid");
    nothing(healthy().variable("TORCH_CUDA_ARCH_LIST", "8.9 12.0+PTX"));
}

#[test]
fn arch_list_lacks_gpu() {
    let blackwell = || case(&["RTX 5090"], "580.95.05").build("torch", "2.7.1+cu128", Some("12.8"));
    let lacks = only(
        blackwell().variable("TORCH_CUDA_ARCH_LIST", "7.5;8.0;8.6;8.9;9.0;10.0"),
        "warning",
        "arch-list-lacks-gpu",
    );
    assert_eq!(fix_lines(&lacks), ["export TORCH_CUDA_ARCH_LIST='7.5;8.0;8.6;8.9;9.0;10.0;12.0'"]);
    nothing(blackwell().variable("TORCH_CUDA_ARCH_LIST", "7.5;12.0"));
    nothing(blackwell().variable("TORCH_CUDA_ARCH_LIST", "9.0+PTX"));
}

/// The healed patient with an arch list and toolkits: `(release, what leads to it)`.
fn building(list: &str, toolkits: &[(&str, &str)]) -> Case {
    let toolkit = |(version, found_by): &(&str, &str)| json!({"path": format!("/usr/local/cuda-{version}"), "version": known(*version), "nvcc": true, "found_by": [found_by]});
    let toolkits: Vec<Value> = toolkits.iter().map(toolkit).collect();
    healthy().variable("TORCH_CUDA_ARCH_LIST", list).change(|facts| facts["toolkits"] = json!(toolkits))
}

#[test]
fn nvcc_too_old_for_arch() {
    let old = building("8.9;12.0", &[("12.4", "CUDA_HOME"), ("12.8", "/usr/local/cuda-12.8")]);
    let old = only(old, "warning", "nvcc-too-old-for-arch");
    let said = "12.4 in /usr/local/cuda-12.4 does not support 12.0 (from CUDA 12.8 on)";
    assert!(old["summary"].as_str().unwrap().contains(said), "{old}");
    assert_eq!(fix_lines(&old)[0], "export TORCH_CUDA_ARCH_LIST=8.9");
    nothing(building("8.9;12.0", &[("12.8", "/usr/local/cuda")]));
    // A toolkit that torch does not look for, or that has no compiler, builds nothing.
    nothing(building("8.9;12.0", &[("12.4", "/usr/local/cuda-12.4")]));
    let runtime = building("8.9;12.0", &[("12.4", "/usr/local/cuda")]);
    nothing(runtime.change(|facts| facts["toolkits"][0]["nvcc"] = json!(false)));
}

#[test]
fn nvcc_too_new_for_arch() {
    let new = only(building("6.0;8.9", &[("13.0", "nvcc on PATH")]), "warning", "nvcc-too-new-for-arch");
    assert!(new["summary"].as_str().unwrap().contains("no longer supports 6.0 (up to CUDA 12.9)"), "{new}");
    assert_eq!(fix_lines(&new)[0], "export TORCH_CUDA_ARCH_LIST=8.9");
    nothing(building("6.0;8.9", &[("12.9", "nvcc on PATH")]));
}

#[test]
fn nvcc_torch_cuda_mismatch() {
    // An image with a toolkit, what is compiled in it, and the variables that say that it is compiled against torch.
    let image = |cuda: &str, compiled: &str, variables: Value| {
        let toolkit =
            json!({"path": "nvidia/cuda", "version": known(cuda), "nvcc": true, "found_by": ["nvcc on PATH"]});
        let image =
            json!({"base": "nvidia/cuda", "compiled": [compiled], "toolkits": [toolkit], "env_vars": variables});
        healthy().change(|facts| facts["environments"][0]["image"] = image)
    };
    let forced = || json!({"FORCE_CUDA": "1"});
    let other = only(image("11.8", "kernels", forced()), "error", "nvcc-torch-cuda-mismatch");
    assert!(
        other["summary"].as_str().unwrap().starts_with("kernels is compiled with the nvcc of CUDA 11.8"),
        "{other}"
    );
    only(image("13.0", "DeepSpeed", json!({})), "error", "nvcc-torch-cuda-mismatch");
    quiet(image("12.4", "kernels", forced()));
    quiet(image("11.8", "a-package-of-python", json!({})));
}

#[test]
fn a_card_for_the_screen_forces_no_downgrade() {
    let mut two = healthy();
    two.arguments.clear();
    let gpu = |id: &str, name: &str, capability: &str| {
        let mut gpu = two.report["facts"]["gpus"]["value"][0].clone();
        gpu["id"] = json!(id);
        gpu["name"] = known(name);
        gpu["capability"] = known(capability);
        gpu["named"] = json!(false);
        gpu
    };
    two.report["facts"]["gpus"]["value"] =
        json!([gpu("gpu0", "NVIDIA GeForce GT 1030", "6.1"), gpu("gpu1", "NVIDIA GeForce RTX 4090", "8.9")]);
    let two =
        two.build("torch", "2.15.0+cu132", Some("13.2")).without("torchvision").without("torchaudio").change(|facts| {
            let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
            packages.iter_mut().for_each(|package| package["requires"] = json!([]));
        });
    let old = only(two, "warning", "gpu-too-old-for-wheel");
    let first = &old["fixes"][0];
    assert!(first["summary"].as_str().unwrap().contains("hide NVIDIA GeForce GT 1030"), "{old}");
    assert_eq!(first["commands"][1]["line"], "export CUDA_VISIBLE_DEVICES=1");
}

/// Each rule of the registry is named by a test of this file or of another about rules, or by a case of tests/packages: a new rule
/// needs its case.
/// A package without a row, whose one library holds this code.
fn unlisted(gpus: &[&str], driver: &str, path: &str, container: &str, images: Value, needed: Value) -> Case {
    let mut case = case(gpus, driver).build("torch", "2.7.1+cu128", Some("12.8"));
    let count = |kind: &str| {
        let of = |image: &&Value| image["code"].as_str().unwrap().starts_with(kind);
        let all = images.as_array().unwrap().iter().filter(of);
        all.map(|image| (image["code"].as_str().unwrap().to_owned(), json!(85))).collect::<serde_json::Map<_, _>>()
    };
    let code = json!({"fatbins": 85, "sass": count("sm_"), "ptx": count("compute_"), "extent": "sections",
        "modules": [{"count": 85, "images": images}], "bytes": {"sm_80": 9_000_000}});
    let library = json!({"path": path, "container": container, "needed": needed, "code": known(code)});
    let mut package = case.package("torch").clone();
    package["name"] = json!("ownkernels");
    package["version"] = known("0.9.2");
    package["build"] = json!({"state": "unknown", "why": "test"});
    package["requires"] = json!([]);
    package["libraries"] = json!([library]);
    case.packages().push(package);
    case
}

#[test]
fn code_lacks_gpu() {
    let elf = "ownkernels/lib/_turbomind.so";
    let sass = json!([{"code": "sm_80"}, {"code": "sm_90a"}]);
    let found =
        only(unlisted(&["RTX 5090"], "580.95.05", elf, "elf", sass.clone(), json!([])), "warning", "code-lacks-gpu");
    let summary = found["summary"].as_str().unwrap();
    assert!(
        summary.contains("ownkernels 0.9.2") && summary.contains(elf) && summary.contains("no code for it"),
        "{summary}"
    );
    nothing(unlisted(&["A100"], "580.95.05", elf, "elf", sass, json!([])));
    // Its PTX is too new for the driver, which a newer one mends.
    let ptx = || json!([{"code": "compute_52", "isa": "8.8"}]);
    let loose = |driver| unlisted(&["RTX 3090"], driver, "ownkernels/decode.ptx", "ptx", ptx(), json!([]));
    let found = only(loose("570.86.10"), "warning", "code-lacks-gpu");
    assert!(found["summary"].as_str().unwrap().contains("ISA 8.8"), "{found}");
    assert!(found["fixes"][0]["summary"].as_str().unwrap().contains("driver"), "{found}");
    quiet(loose("580.95.05"));
    // It links to a CUDA that the driver does not start.
    let linked = |driver| {
        let sass = json!([{"code": "sm_80"}, {"code": "sm_120"}]);
        unlisted(&["RTX 5090"], driver, elf, "elf", sass, json!(["libcudart.so.13"]))
    };
    let found = only(linked("570.86.10"), "warning", "code-lacks-gpu");
    assert!(found["summary"].as_str().unwrap().contains("CUDA 13"), "{found}");
    nothing(linked("580.95.05"));
}

#[test]
fn every_rule_has_its_case() {
    let sources = [
        include_str!("rules.rs"),
        include_str!("driver_rules.rs"),
        include_str!("wsl_rules.rs"),
        include_str!("errors.rs"),
        include_str!("explain.rs"),
        include_str!("scan.rs"),
        include_str!("framework.rs"),
        include_str!("broken_files.rs"),
        include_str!("check.rs"),
        include_str!("check_edits.rs"),
        include_str!("broken_torch.rs"),
        include_str!("smoke.rs"),
        include_str!("smoke_rules.rs"),
    ];
    let tested: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| source.lines())
        .filter_map(|line| line.strip_prefix("fn ")?.split('(').next())
        .map(|name| name.replace('_', "-"))
        .chain(
            Some("gpu-needs-ptx-jit".to_owned())
                .filter(|slug| sources[0].contains(&format!("\"warning\", \"{slug}\""))),
        )
        .collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages");
    let tables =
        std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let tables: String = tables.collect();
    let tested = |slug: &str| tested.contains(slug) || tables.contains(&format!("of = \"{slug}\""));
    // The rule that judges rows has as many slugs as there are rows; each has its case in tests/packages. What is found of a package that
    // needs a newer driver is named as it is of torch.
    let renamed = ["known-problem", "driver-too-old-for-package"];
    for entry in gpucheck::rules::REGISTRY.iter().filter(|entry| !renamed.contains(&entry.rule.slug)) {
        assert!(tested(entry.rule.slug), "{} has no case", entry.rule.slug);
    }
}
