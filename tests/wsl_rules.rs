//! The rules about WSL, on facts that trigger each and on the nearest that must not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{
    case::{Case, error, known, machine, nothing},
    finding, fix_lines, slugs,
};
use serde_json::{Value, json};

fn workstation() -> Case {
    machine(&[("NVIDIA GeForce RTX 4090", "8.9", "2684")])
}

fn wsl() -> Case {
    workstation().change(|facts| {
        facts["host"]["wsl"] = known(2);
        facts["kernel"] = json!({});
        facts["driver"] = known(json!({"version": "581.57", "cuda": known("13.0")}));
        let lent = json!({"path": "/usr/lib/wsl/lib/libcuda.so.1", "version": {"state": "unknown", "why": "test"}, "kind": "wsl"});
        facts["cuda"]["value"]["library"] = known(lent.clone());
        facts["nvml"]["value"]["library"] = known(lent.clone());
        facts["driver_libraries"] = known(json!([lent]));
    })
}

#[test]
fn wsl_linux_driver_installed() {
    let hidden = wsl().fails("cuda", 100).change(|facts| {
        facts["cuda"]["value"]["library"] = known(json!({"path": "/usr/lib/x86_64-linux-gnu/libcuda.so.550.163.01", "version": known("550.163.01"), "kind": "driver"}));
    });
    let found = error(hidden, "wsl-linux-driver-installed");
    assert!(fix_lines(&found)[0].contains("apt purge"), "{found}");
    nothing(wsl());
}

#[test]
fn wsl_libcuda_not_found() {
    let found = error(wsl().lacks("cuda"), "wsl-libcuda-not-found");
    assert!(fix_lines(&found)[0].contains("/usr/lib/wsl/lib"), "{found}");
}

#[test]
fn wsl_libcuda_name() {
    let named = |found: bool| wsl().change(move |facts| facts["cuda"]["value"]["plain_name"] = known(found));
    let (code, report) = named(false).judged();
    assert_eq!((code, slugs(&report, "warning")), (0, vec!["wsl-libcuda-name"]), "{}", report["findings"]);
    assert!(fix_lines(finding(&report, "wsl-libcuda-name"))[0].contains("/usr/lib/wsl/lib"));
    nothing(named(true));
}

#[test]
fn wsl_container_library_missing() {
    let found = error(wsl().contained().fails("cuda", 500), "wsl-container-library-missing");
    assert!(found["fixes"].to_string().contains("1.14.4"), "{found}");
    // The module of Linux' driver is not in WSL.
    error(wsl().fails("cuda", 999), "cuda-init-failed");
    // Not in a container, an older driver, or another code: the driver fails in some other way.
    error(wsl().fails("cuda", 500), "cuda-init-failed");
    error(workstation().contained().fails("cuda", 500), "cuda-init-failed");
    let older = |facts: &mut Value| facts["driver"] = known(json!({"version": "552.44", "cuda": known("12.4")}));
    error(wsl().contained().fails("cuda", 500).change(older), "cuda-init-failed");
    nothing(wsl().contained());
}
