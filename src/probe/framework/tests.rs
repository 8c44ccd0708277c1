//! A Python that misbehaves, played by a shell script; the real steps are run by tests/framework.rs in real environments.

use std::{io::Write, process::Stdio, time::Duration};

use super::*;
use crate::facts::{Origin, Package};

const LONG: Duration = Duration::from_secs(20);

/// An environment whose interpreter is this script. It gets the order as its third argument.
fn environment(folder: &Path, script: &str) -> Environment {
    let python = folder.join("python");
    let text = format!("#!/bin/sh\nsteps='{{\"steps\": [\"import\", \"device\", \"a\", \"b\", \"c\"]}}'\n{script}\n");
    // Another process writes it: a test that forks while this one has it open for writing would make it busy.
    let mut writer = Command::new("/bin/sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&python)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    writer.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    Environment {
        interpreter: Fact::known(python.display().to_string(), Source::file("x")),
        packages: vec![Package::unknown("torch", "x")],
        ..Environment::unknown("e", Origin::Installed, "x")
    }
}

fn run_script(script: &str, timeout: Duration) -> Fact<Framework> {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path(), script);
    run(&environment, Device::Cuda, timeout, None)
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

#[test]
fn every_run_has_its_own_folder() {
    let (first, second) = (Scratch::new().unwrap(), Scratch::new().unwrap());
    assert_ne!(first.0.path(), second.0.path());
    drop(first);
    assert!(second.0.path().is_dir());
}
