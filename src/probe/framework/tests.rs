//! A Python that misbehaves, played by a shell script; the real steps are run by tests/framework.rs in real environments.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use super::*;
use crate::facts::{Origin, Package};

const LONG: Duration = Duration::from_secs(20);

/// An environment whose interpreter is this script. It gets the order as its third argument.
fn environment(folder: &Path, script: &str) -> Environment {
    let python = folder.join("python");
    fs::write(
        &python,
        format!("#!/bin/sh\nsteps='{{\"steps\": [\"import\", \"device\", \"a\", \"b\", \"c\"]}}'\n{script}\n"),
    )
    .unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    Environment {
        interpreter: Fact::known(python.display().to_string(), Source::file("x")),
        packages: vec![Package::unknown("torch", "x")],
        ..Environment::unknown("e", Origin::Installed, "x")
    }
}

fn run_script(script: &str, timeout: Duration) -> Fact<Framework> {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path(), script);
    // Another test may fork while the script is open for writing; until that child has become its program the script is busy.
    let busy = |fact: &Fact<Framework>| matches!(fact, Fact::Unknown { why } if why.contains("Text file busy"));
    let mut fact = run(&environment, Device::Cuda, timeout, None);
    for _ in 0..50 {
        if !busy(&fact) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        fact = run(&environment, Device::Cuda, timeout, None);
    }
    fact
}

/// `name: state` of each step.
fn states(framework: &Framework) -> Vec<String> {
    let state =
        |step: &FrameworkStep| serde_json::to_value(&step.outcome).unwrap()["state"].as_str().unwrap().to_owned();
    framework.steps.iter().map(|step| format!("{}: {}", step.name, state(step))).collect()
}

/// Passes what is done, then does what it should at step a, and passes the rest.
const UNTIL_A: &str = r#"
pass() { echo "{\"start\": \"$1\"}"; echo "{\"step\": \"$1\", \"state\": \"passed\"}"; }
echo "$steps"
case "$3" in *'"a"'*) pass b; pass c; echo '{"end": true}'; exit 0;; esac
pass import; pass device; echo '{"start": "a"}'
"#;

#[test]
fn a_step_that_crashes_loses_only_itself() {
    let fact = run_script(&format!("{UNTIL_A}echo 'Fatal Python error'; kill -SEGV $$"), LONG);
    let framework = fact.value().unwrap();
    assert_eq!(states(framework), ["import: passed", "device: passed", "a: died", "b: passed", "c: passed"]);
    let how = "signal 11 (SIGSEGV)".to_owned();
    let trace = vec!["Fatal Python error".to_owned()];
    assert_eq!(framework.step("a").unwrap().outcome, StepOutcome::Died { how, trace });
    assert_eq!(framework.processes, 2);
}

#[test]
fn a_step_that_hangs_is_ended_at_the_deadline() {
    let fact = run_script(&format!("{UNTIL_A}exec sleep 60"), Duration::from_millis(500));
    let framework = fact.value().unwrap();
    assert_eq!(states(framework), ["import: passed", "device: passed", "a: timed-out", "b: passed", "c: passed"]);
}

#[test]
fn after_two_that_hang_nobody_waits_for_a_third() {
    let script = r#"echo "$steps"; case "$3" in *'"a"'*) echo '{"start": "b"}';; *'"device"'*) echo '{"start": "a"}';; *)
        for n in import device; do echo "{\"step\": \"$n\", \"state\": \"passed\"}"; done; echo '{"start": "a"}';; esac; exec sleep 60"#;
    let fact = run_script(script, Duration::from_millis(300));
    assert_eq!(states(fact.value().unwrap())[2..], ["a: timed-out", "b: timed-out", "c: not-run"]);
}

#[test]
fn a_spoilt_context_gets_a_new_process() {
    let failed = r#"echo '{"step": "a", "state": "failed", "error": {"class": "RuntimeError", "message": "CUDA error: x"}}'; echo '{"spoilt": "a"}'"#;
    let fact = run_script(&format!("{UNTIL_A}{failed}"), LONG);
    let framework = fact.value().unwrap();
    assert_eq!(states(framework), ["import: passed", "device: passed", "a: failed", "b: passed", "c: passed"]);
    assert_eq!(framework.processes, 2);
}

#[test]
fn without_torch_or_a_device_nothing_else_is_tried() {
    let script = r#"echo "$steps"; echo '{"start": "import"}'; echo '{"step": "import", "state": "failed", "error": {"class": "ImportError", "message": "x"}}'"#;
    let fact = run_script(script, LONG);
    let framework = fact.value().unwrap();
    assert_eq!(states(framework)[..2], ["import: failed", "device: not-run"]);
    assert_eq!(framework.processes, 1);
    let fact = run_script(r#"echo "$steps"; echo '{"start": "import"}'; kill -ILL $$"#, LONG);
    assert_eq!(states(fact.value().unwrap())[0], "import: died");
    let script = r#"echo "$steps"; echo '{"step": "import", "state": "passed"}'; echo '{"step": "device", "state": "skipped", "detail": "x"}'"#;
    let fact = run_script(script, LONG);
    assert_eq!(states(fact.value().unwrap())[1..3], ["device: skipped", "a: not-run"]);
}

#[test]
fn what_is_no_python_is_told() {
    let why = |script: &str| match run_script(script, LONG) {
        Fact::Unknown { why } => why,
        other => panic!("{other:?}"),
    };
    assert!(why("exit 3").contains("exit code 3"));
    assert!(why("echo hello").contains("before the first step"));
    let folder = tempfile::tempdir().unwrap();
    let mut gone = environment(folder.path(), "");
    gone.interpreter = Fact::known("/no/such/python".to_owned(), Source::file("x"));
    assert!(run(&gone, Device::Cuda, LONG, None).is_unknown());
    gone.packages.clear();
    assert_eq!(run(&gone, Device::Cuda, LONG, None), Fact::unknown("torch is not installed"));
}

#[test]
fn home_is_expanded_and_hidden_again() {
    let home = Path::new("/home/sam");
    assert_eq!(expand("~/x/bin/python", Some(home)), Path::new("/home/sam/x/bin/python"));
    assert_eq!(expand("/usr/bin/python3", Some(home)), Path::new("/usr/bin/python3"));
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"step": "import", "state": "failed", "error": {"class": "ImportError", "message": "HOME/lib/x.so: cannot", "trace": ["HOME/a.py:3 in f"]}}"#;
    let script = format!("echo \"$steps\"; echo '{}'", text.replace("HOME", &folder.path().display().to_string()));
    let fact = run(&environment(folder.path(), &script), Device::Cuda, LONG, Some(folder.path()));
    let shown = serde_json::to_string(&fact).unwrap();
    assert!(shown.contains("~/lib/x.so") && !shown.contains(&folder.path().display().to_string()), "{shown}");
}
