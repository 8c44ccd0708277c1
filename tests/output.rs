//! End to end: where a report goes. `--output` to files, links, devices, pipes and sockets, disks that are full, outputs that are closed,
//! readers that leave, signals, and a system that gives no thread.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs::{self, File, OpenOptions},
    io::Read,
    os::unix::{
        fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use common::{gpucheck, run};
use serde_json::Value;

/// A command whose report is short, and whose exit code is 0.
fn doctor(folder: &Path, output: &str) -> Command {
    let mut command = gpucheck();
    command.args(["doctor", "--gpu", "RTX 5090", "--driver", "580.95.05", "--format", "json", "--output", output]);
    command.current_dir(folder);
    command
}

/// The same through a shell, which sets up what stands in `line` and then becomes gpucheck.
fn shell(folder: &Path, line: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new("sh");
    command.args(["-c", line, env!("CARGO_BIN_EXE_gpucheck")]).args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_report(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|report| report["command"] == "doctor")
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_file_is_replaced_and_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    for mode in [0o600, 0o640, 0o644, 0o666] {
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        assert_eq!(run(&mut doctor(folder.path(), "report")), (0, String::new(), String::new()));
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.mode() & 0o777, mode);
        assert_ne!(after.ino(), before, "it is another file");
        assert!(is_report(&fs::read_to_string(&path).unwrap()));
    }
    assert_eq!(names(folder.path()), ["report"]);
}

#[test]
fn a_new_file_has_what_the_umask_leaves() {
    let folder = tempfile::tempdir().unwrap();
    for (umask, mode) in [("077", 0o600), ("022", 0o644), ("002", 0o664)] {
        let line = format!("umask {umask}; exec \"$0\" \"$@\"");
        let arguments = ["doctor", "--gpu", "5090", "--output", umask];
        assert_eq!(shell(folder.path(), &line, &arguments).0, Some(0));
        assert_eq!(fs::metadata(folder.path().join(umask)).unwrap().mode() & 0o777, mode);
    }
}

#[test]
fn links_are_followed_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("deep")).unwrap();
    fs::write(at("deep/old"), "old").unwrap();
    symlink("deep/old", at("link")).unwrap();
    symlink("link", at("chain")).unwrap();
    symlink("deep/new", at("dangling")).unwrap();
    for (link, target) in [("chain", "deep/old"), ("dangling", "deep/new")] {
        assert_eq!(run(&mut doctor(folder.path(), link)).0, 0);
        assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink());
        assert!(is_report(&fs::read_to_string(at(target)).unwrap()), "{link}");
    }
    assert_eq!(names(&at("deep")), ["new", "old"]);
    assert_eq!(names(folder.path()), ["chain", "dangling", "deep", "link"]);
}

#[test]
fn what_lies_beside_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("victim"), "precious").unwrap();
    for (beside, name) in [("link", "a"), ("fifo", "b"), ("folder", "c")] {
        let partial = at(&format!("{name}.partial"));
        match beside {
            "link" => symlink(at("victim"), &partial).unwrap(),
            "fifo" => fifo(&partial),
            _ => fs::create_dir(&partial).unwrap(),
        }
        assert_eq!(run(&mut doctor(folder.path(), name)).0, 0, "{beside}");
        assert!(is_report(&fs::read_to_string(at(name)).unwrap()), "{beside}");
    }
    assert_eq!(fs::read_to_string(at("victim")).unwrap(), "precious");
    assert_eq!(names(folder.path()), ["a", "a.partial", "b", "b.partial", "c", "c.partial", "victim"]);
}

#[test]
fn what_is_no_place_for_a_file_is_said_in_a_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    symlink("folder", folder.path().join("to-folder")).unwrap();
    symlink("loop", folder.path().join("loop")).unwrap();
    for output in ["folder", "to-folder", "folder/", "none/report", "file/report", "new/", "loop"] {
        let (code, out, err) = run(&mut doctor(folder.path(), output));
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{output}: {err}");
    }
    assert_eq!(names(folder.path()), ["file", "folder", "loop", "to-folder"]);
    assert_eq!(names(&folder.path().join("folder")), [] as [&str; 0]);
}

#[test]
fn pipes_and_sockets_are_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    fifo(&path);
    symlink("pipe", folder.path().join("link")).unwrap();
    for output in ["pipe", "link"] {
        let reader = thread::spawn({
            let path = path.clone();
            move || fs::read_to_string(path).unwrap()
        });
        assert_eq!(run(&mut doctor(folder.path(), output)).0, 0);
        assert!(is_report(&reader.join().unwrap()), "{output}");
        assert!(fs::symlink_metadata(&path).unwrap().file_type().is_fifo());
    }
    let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    assert_eq!(run(&mut doctor(folder.path(), "socket")).0, 0);
    assert!(is_report(&reader.join().unwrap()));
    assert_eq!(names(folder.path()), ["link", "pipe", "socket"]);
}

#[test]
fn descriptors_are_written_to_and_never_emptied() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/proc/self/fd/1", folder.path().join("link")).unwrap();
    for output in ["link", "/proc/self/fd/1", "/dev/stdout", "/dev/fd/1"] {
        let (code, out, _) = run(&mut doctor(folder.path(), output));
        assert!(code == 0 && is_report(&out), "{output}: {out}");
        let (code, _, err) = run(&mut doctor(folder.path(), &output.replace('1', "2").replace("stdout", "stderr")));
        assert!(code == 0 && (output == "link" || is_report(&err)), "{output}: {err}");
        // A file behind it: what is there stays, and the file is the same.
        let log = folder.path().join("log");
        fs::write(&log, "first\n").unwrap();
        let before = fs::metadata(&log).unwrap().ino();
        let file = OpenOptions::new().append(true).open(&log).unwrap();
        assert!(doctor(folder.path(), output).stdout(file).status().unwrap().success());
        let text = fs::read_to_string(&log).unwrap();
        assert!(text.strip_prefix("first\n").is_some_and(is_report), "{output}: {text}");
        assert_eq!(fs::metadata(&log).unwrap().ino(), before);
    }
    assert!(fs::symlink_metadata(folder.path().join("link")).unwrap().is_symlink());
    let arguments = ["doctor", "--gpu", "5090", "--format", "json", "--output", "/dev/fd/3"];
    assert_eq!(shell(folder.path(), "exec \"$0\" \"$@\" 3>third", &arguments).0, Some(0));
    assert!(is_report(&fs::read_to_string(folder.path().join("third")).unwrap()));
    assert_eq!(shell(folder.path(), "exec \"$0\" \"$@\" 3>&-", &arguments).0, Some(2));
}

#[test]
fn a_device_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let device = folder.path().join("null");
    // Only root can make a device.
    let made =
        Command::new("mknod").arg(&device).args(["c", "1", "3"]).stderr(Stdio::null()).status().unwrap().success();
    if made && OpenOptions::new().write(true).open(&device).is_ok() {
        assert_eq!(run(&mut doctor(folder.path(), "null")), (0, String::new(), String::new()));
        assert!(fs::symlink_metadata(&device).unwrap().file_type().is_char_device());
    }
    symlink("/dev/full", folder.path().join("full")).unwrap();
    let (code, _, err) = run(&mut doctor(folder.path(), "full"));
    assert_eq!((code, err.lines().count()), (3, 1), "{err}");
    assert!(fs::symlink_metadata(folder.path().join("full")).unwrap().is_symlink());
}

#[test]
fn a_disk_that_is_full_and_an_output_that_is_closed_are_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let commands: [&[&str]; 6] =
        [&["doctor", "--gpu", "5090"], &["--help"], &["scan", "--help"], &["--version"], &["rule"], &["kb", "list"]];
    for arguments in commands {
        for (closed, words) in [(">/dev/full", "No space left"), (">&-", "it is closed"), (">&- <&-", "it is closed")] {
            let (code, _, err) = shell(folder.path(), &format!("exec \"$0\" \"$@\" {closed}"), arguments);
            assert_eq!((code, err.lines().count()), (Some(3), 1), "{arguments:?} {closed}: {err}");
            assert!(err.contains("standard output") && err.contains(words), "{err}");
        }
        for all in [">&- 2>&-", ">&- 2>&- <&-", ">/dev/full 2>/dev/full"] {
            assert_eq!(
                shell(folder.path(), &format!("exec \"$0\" \"$@\" {all}"), arguments).0,
                Some(3),
                "{arguments:?} {all}"
            );
        }
    }
    // Nobody needs it when the report goes elsewhere; and errors that cannot be said keep their code.
    let elsewhere = ["doctor", "--gpu", "5090", "--output", "report"];
    assert_eq!(shell(folder.path(), "exec \"$0\" \"$@\" >&- 2>&-", &elsewhere).0, Some(0));
    assert_eq!(shell(folder.path(), "exec \"$0\" \"$@\" >&- 2>&-", &["--no-such-option"]).0, Some(2));
    assert_eq!(shell(folder.path(), "exec \"$0\" \"$@\" 2>/dev/full", &["scan", "none"]).0, Some(2));
}

#[test]
fn nowhere_is_a_place_and_a_reader_may_leave() {
    let arguments = ["doctor", "--gpu", "5090"];
    // As Python's subprocess, Node and daemon(3) open it, and Rust's own start-up in the place of a closed output.
    for options in [OpenOptions::new().read(true).write(true), OpenOptions::new().write(true)] {
        let null = options.open("/dev/null").unwrap();
        assert_eq!(gpucheck().args(arguments).stdout(null).status().unwrap().code(), Some(0));
    }
    let mut child = gpucheck().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn nothing_is_left_where_the_file_grows_too_large() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("old"), "old").unwrap();
    for output in ["old", "new"] {
        let arguments = ["doctor", "--gpu", "5090", "--output", output];
        let (code, _, err) = shell(folder.path(), "ulimit -f 0; exec \"$0\" \"$@\"", &arguments);
        assert_eq!((code, err.lines().count()), (Some(3), 1), "{err}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("old")).unwrap(), "old");
    assert_eq!(names(folder.path()), ["old"]);
}

#[test]
fn nothing_is_left_after_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let start = std::time::Instant::now();
    assert_eq!(run(&mut doctor(folder.path(), "report")).0, 0);
    let whole = start.elapsed();
    for (number, signal) in ["TERM", "INT", "HUP", "QUIT"].into_iter().cycle().take(48).enumerate() {
        let mut child = doctor(folder.path(), "report").spawn().unwrap();
        // Around the time at which it writes.
        thread::sleep(whole.mul_f64(0.5 + number as f64 / 60.0));
        let _ = Command::new("kill").args(["-s", signal, &child.id().to_string()]).stderr(Stdio::null()).status();
        child.wait().unwrap();
        assert_eq!(names(folder.path()), ["report"], "{signal}");
        assert!(is_report(&fs::read_to_string(&path).unwrap()));
    }
}

#[test]
fn two_runs_never_tear_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report");
    let mut reads = 0;
    for _ in 0..5 {
        let mut children: Vec<_> = (0..4)
            .map(|number| {
                let gpu = if number % 2 == 0 { "RTX 5090" } else { "V100,RTX 4090,T4" };
                let mut command = gpucheck();
                command.args(["doctor", "--format", "json", "--output", "report", "--gpu", gpu]);
                command.current_dir(folder.path()).spawn().unwrap()
            })
            .collect();
        while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
            if let Ok(text) = fs::read_to_string(&path) {
                assert!(is_report(&text), "torn: {text}");
                reads += 1;
            }
        }
    }
    assert!(reads > 0);
    assert_eq!(names(folder.path()), ["report"]);
}

#[test]
fn without_a_thread_to_be_had_one_does_the_work() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.path().join("gpucheck");
    fs::copy(env!("CARGO_BIN_EXE_gpucheck"), &program).unwrap();
    for number in 0..40 {
        fs::write(folder.path().join(format!("{number}.so")), b"\x7fELF").unwrap();
    }
    let place = folder.path().to_str().unwrap();
    // Asking the driver takes programs, of which there are none to be had either: nothing is known then, and nothing panics.
    let commands: [(&[&str], &[i32]); 3] = [
        (&["scan", place, "--format", "json"], &[0]),
        (&["doctor", "--gpu", "5090", "--format", "json"], &[0]),
        (&["doctor", "--format", "json"], &[0, 1]),
    ];
    for (arguments, codes) in commands {
        // The limit does not hold for root, who can become somebody for whom it does.
        let mut command = Command::new(if is_root() { "setpriv" } else { "prlimit" });
        if is_root() {
            command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "prlimit"]);
        }
        let output = command.arg("--nproc=1").arg(&program).args(arguments).current_dir("/").output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code().is_some_and(|code| codes.contains(&code)), "{:?} {err}", output.status);
        assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok() && err.is_empty(), "{err}");
    }
}

#[test]
fn without_memory_to_be_had_it_ends_in_a_line() {
    let mut command = Command::new("prlimit");
    command.arg("--data=150000000").arg(env!("CARGO_BIN_EXE_gpucheck")).args(["--replay", "-"]);
    let output = command.stdin(File::open("/dev/zero").unwrap()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), err.as_str()), (Some(3), "gpucheck: out of memory\n"));
}

/// Whether this is root, by whom a new file belongs to.
fn is_root() -> bool {
    let file = tempfile::tempfile().unwrap();
    File::metadata(&file).unwrap().uid() == 0
}

#[test]
fn a_slow_reader_gets_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    fifo(&path);
    let mut child = doctor(folder.path(), "pipe").spawn().unwrap();
    let mut pipe = File::open(&path).unwrap();
    thread::sleep(Duration::from_millis(300));
    let mut text = String::new();
    pipe.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success() && is_report(&text));
}
