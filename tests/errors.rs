//! Faults that mostly show as one line of a log: their rules on facts that trigger each, and on the nearest that must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{
    case::{Case, case, known, machine},
    finding, fix_lines, slugs,
};
use serde_json::{Value, json};

const RTX_4090: (&str, &str, &str) = ("NVIDIA GeForce RTX 4090", "8.9", "2684");
const RTX_5090: (&str, &str, &str) = ("NVIDIA GeForce RTX 5090", "12.0", "2b85");

fn workstation() -> Case {
    machine(&[RTX_4090])
}

fn absent(at: &str) -> Value {
    json!({"state": "absent", "via": {"how": "pci", "at": at}})
}

/// Asserts that the only finding of this severity is this rule, and gives it.
#[track_caller]
fn only(case: Case, severity: &str, rule: &str) -> Value {
    let (code, report) = case.judged();
    assert_eq!(slugs(&report, severity), [rule], "{}", report["findings"]);
    assert_eq!(code, i32::from(severity == "error"));
    finding(&report, rule).clone()
}

/// Asserts that this rule finds nothing.
#[track_caller]
fn silent(case: Case, rule: &str) {
    let (_, report) = case.judged();
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings.iter().all(|finding| finding["rule"] != rule && finding["slug"] != rule),
        "{}",
        report["findings"]
    );
}

#[test]
fn glibc_too_old() {
    let flash = |needs: Value, glibc: &'static str| {
        let package = json!({
            "name": "flash-attn", "version": known("2.8.3"), "build": {"state": "unknown", "why": "x"}, "at": "x",
            "libraries": [{"path": "flash_attn_2_cuda.cpython-310-x86_64-linux-gnu.so", "container": "elf", "glibc": needs,
                "code": {"state": "unknown", "why": "x"}}],
        });
        case(&["RTX 4090"], "580.95.05").change(|facts| {
            facts["environments"][0]["packages"].as_array_mut().unwrap().push(package);
            facts["host"]["glibc"] = known(glibc);
        })
    };
    let found = only(flash(json!("2.32"), "2.31"), "warning", "glibc-too-old");
    assert_eq!(found["summary"], "flash-attn 2.8.3 needs glibc 2.32 or newer; the system has 2.31.");
    silent(flash(json!("2.31"), "2.31"), "glibc-too-old");
    // Numbers, not text.
    silent(flash(json!("2.4"), "2.31"), "glibc-too-old");
    silent(flash(Value::Null, "2.31"), "glibc-too-old");
    // Torch's own wheels: the row of the release says what they are for.
    let old = case(&["RTX 4090"], "580.95.05")
        .build("torch", "2.7.1+cu126", Some("12.6"))
        .change(|facts| facts["host"]["glibc"] = known("2.17"));
    let (code, report) = old.judged();
    assert_eq!((code, &finding(&report, "glibc-too-old")["severity"]), (1, &json!("error")), "{}", report["findings"]);
}

#[test]
fn no_nvidia_gpu() {
    let amd = |others: Value| {
        case(&[], "580.95.05").change(|facts| {
            facts["gpus"] = absent("/sys/bus/pci/devices");
            facts["driver"] = absent("/proc/modules");
            facts["host"]["other_gpus"] = others;
        })
    };
    let bare = |mut case: Case| {
        case.arguments.clear();
        case
    };
    let found = only(bare(amd(known(json!(["AMD 1002:744c"])))), "warning", "no-nvidia-gpu");
    assert!(found["summary"].as_str().unwrap().contains("AMD 1002:744c"), "{found}");
    // A machine without any GPU uses its CPU.
    silent(bare(amd(known(json!([])))), "no-nvidia-gpu");
    silent(bare(amd(json!({"state": "unknown", "why": "x"}))), "no-nvidia-gpu");
    // Built for ROCm or the CPU, torch is in order.
    silent(bare(amd(known(json!(["AMD 1002:744c"])))).build("torch", "2.7.1+rocm6.3", None), "no-nvidia-gpu");
    // Beside one of NVIDIA's, another maker's is only the display's.
    silent(
        workstation().change(|facts| facts["host"]["other_gpus"] = known(json!(["Intel 8086:a780"]))),
        "no-nvidia-gpu",
    );
}

#[test]
fn bios_above_4g_decoding() {
    let lost = |bars: Value| {
        machine(&[RTX_4090, RTX_5090]).gpu(1, |gpu| {
            gpu["seen_by"] = json!(["pci"]);
            gpu["visible"] = known(false);
            gpu["unplaced"] = known(bars);
        })
    };
    let (code, report) = lost(json!([1, 3])).judged();
    // Another GPU works, and so it is not an error.
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["bios-above-4g-decoding"]), "{}", report["findings"]);
    let found = finding(&report, "bios-above-4g-decoding");
    assert_eq!(found["consequences"], json!(["gpu-not-in-driver"]));
    assert!(found["summary"].as_str().unwrap().contains("BAR 1 and BAR 3"), "{found}");
    silent(lost(json!([])), "bios-above-4g-decoding");
    silent(workstation().gpu(0, |gpu| gpu["unplaced"] = known(json!([5]))), "bios-above-4g-decoding");
    silent(lost(json!([1])).gpu(1, |gpu| gpu["bound"] = known("vfio-pci")), "bios-above-4g-decoding");
}

#[test]
fn container_runtime_not_configured() {
    let pod = |value: &str| {
        let case = workstation().contained().lacks("nvml").lacks("cuda").variable("NVIDIA_VISIBLE_DEVICES", value);
        case.change(|facts| facts["host"]["container"] = known("kubernetes"))
    };
    let found = only(pod("GPU-[redacted]"), "error", "container-runtime-not-configured");
    assert_eq!(found["consequences"], json!(["container-no-gpu-flag"]));
    assert!(fix_lines(&found)[0].contains("--runtime=containerd"), "{found}");
    // What an image says of itself is not what the device plugin gives.
    only(pod("all"), "error", "container-no-gpu-flag");
    let configured = |files: Value| workstation().change(|facts| facts["host"]["container_configs"] = known(files));
    let found = only(configured(json!([])), "info", "container-runtime-not-configured");
    assert!(fix_lines(&found)[0].contains("--runtime=docker"), "{found}");
    silent(configured(json!(["/etc/docker/daemon.json"])), "container-runtime-not-configured");
}

#[test]
fn libcuda_linker_name_missing() {
    let linked = |triton: &'static str, name: Value| {
        workstation().change(|facts| {
            facts["linker_name"] = name;
            let packages = facts["environments"][0]["packages"].as_array_mut().unwrap();
            packages.iter_mut().find(|package| package["name"] == "triton").unwrap()["version"] = known(triton);
        })
    };
    let (_, report) = linked("3.3.1", absent("the loader's search path")).judged();
    let found = finding(&report, "libcuda-linker-name-missing");
    assert_eq!(found["severity"], "warning");
    silent(linked("3.6.0", absent("the loader's search path")), "libcuda-linker-name-missing");
    silent(linked("3.3.1", known("/usr/lib/libcuda.so")), "libcuda-linker-name-missing");
}

#[test]
fn driver_too_old_for_container_image() {
    const REQUIRED: &str = "NVIDIA_REQUIRE_CUDA";
    let image = |requirement: &str, more: Value| {
        let mut variables = json!({ REQUIRED: requirement });
        variables.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        workstation().change(|facts| {
            facts["driver"] = known(json!({"version": "550.163.01", "cuda": known("12.4")}));
            facts["environments"][0]["image"] = json!({"env_vars": variables});
        })
    };
    let (code, report) = image("cuda>=12.8 brand=tesla,driver>=535,driver<536", json!({})).judged();
    let found = finding(&report, "driver-too-old-for-container-image");
    assert_eq!((code, &found["severity"]), (1, &json!("error")), "{}", report["findings"]);
    assert!(
        found["summary"].as_str().unwrap().starts_with("the image requires cuda>=12.8: driver 550.163.01"),
        "{found}"
    );
    let slug = "driver-too-old-for-container-image";
    silent(image("cuda>=12.4", json!({})), slug);
    silent(image("cuda>=12.8 brand=tesla,driver>=550,driver<551", json!({})), slug);
    silent(image("cuda>=12.8", json!({"NVIDIA_DISABLE_REQUIRE": "true"})), slug);
    silent(image("nonsense", json!({})), slug);
    // On the machine itself nothing reads the variable.
    silent(workstation().variable(REQUIRED, "cuda>=99.0"), slug);
}

/// What `explain` finds first in a text, and how bad it is.
fn first(text: &str) -> (String, String) {
    let mut child = common::gpucheck()
        .args(["explain", "-", "--format", "json"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = &report["findings"][0];
    let word = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
    (word("rule"), word("severity"))
}

#[test]
fn texts_of_packages_name_their_findings() {
    let cases = [
        (
            "RuntimeError: Found GPU0 Tesla K80 which is of cuda capability 3.7.\nPyTorch no longer supports this GPU because it is too old.",
            "gpu-too-old-for-wheel",
        ),
        ("Loader version is insufficient for fatbin", "driver-too-old-for-ptx"),
        ("GPU fabric is not ready within the probe wait budget; application may retry", "fabric-manager-not-running"),
        ("RuntimeError: cuDNN version 92200 is not compatible with devices with SM < 7.5.", "gpu-too-old-for-wheel"),
        ("OSError: libcudart.so.11.0: 无法打开共享对象文件: 没有那个文件或目录", "extension-cuda-major-mismatch"),
        (
            "OSError: libcudnn.so.8: Kann die Shared-Object-Datei nicht öffnen: Datei oder Verzeichnis nicht gefunden",
            "cudnn-not-on-library-path",
        ),
        (
            "OSError: [WinError 127] Die angegebene Prozedur wurde nicht gefunden. Error loading torch_python.dll",
            "torch-companion-mismatch",
        ),
        (
            "This device cannot find enough free resources that it can use. (Code 12)\nNVIDIA GeForce RTX 3090",
            "bios-above-4g-decoding",
        ),
        ("nvidia-container-runtime: could not resolve CDI devices", "container-runtime-not-configured"),
    ];
    for (text, rule) in cases {
        assert_eq!(first(text).0, rule, "{text}");
    }
    for text in
        ["CUDNN_STATUS_ALLOC_FAILED", "container app was OOMKilled", "OSError: [Errno 28] No space left on device"]
    {
        let (rule, severity) = first(text);
        assert_eq!((rule.as_str(), severity.as_str()), ("error-in-log", "info"), "{text}");
    }
}
