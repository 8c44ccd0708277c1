//! How gpucheck speaks: what was mistyped is recognised, help fits a screen, nothing is wider than the terminal, exit codes say what happened,
//! and a locale without UTF-8 gets ASCII.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path, process::Command};

use common::{gpucheck, run};

/// Every command, and those below them.
const COMMANDS: [&[&str]; 18] = [
    &[],
    &["doctor"],
    &["check"],
    &["explain"],
    &["recommend"],
    &["matrix"],
    &["scan"],
    &["needs"],
    &["smoke"],
    &["rule"],
    &["kb"],
    &["kb", "list"],
    &["kb", "show"],
    &["kb", "verify"],
    &["kb", "path"],
    &["kb", "update"],
    &["completions"],
    &["man"],
];

/// Exit code and standard error of a command that must fail in one line.
#[track_caller]
fn fails(arguments: &[&str]) -> (i32, String) {
    let (code, out, err) = run(gpucheck().args(arguments));
    assert!(out.is_empty() && err.lines().count() == 1, "{arguments:?}: {out}{err}");
    (code, err)
}

#[test]
fn what_was_mistyped_is_recognised() {
    for (arguments, said) in [
        (["doctr"].as_slice(), "did you mean `gpucheck doctor`?"),
        (&["need"], "did you mean `gpucheck needs`?"),
        (&["recomend"], "did you mean `gpucheck recommend`?"),
        (&["--gpu", "RTX 5009"], "did you mean RTX 5090, "),
        (&["--gpu", "RTX 5099"], "more are as near)"),
        (&["rule", "gpu-too-nw-for-wheel"], "did you mean gpu-too-new-for-wheel"),
        (&["kb", "show", "package", "vlm"], "did you mean vllm?"),
        (&["kb", "show", "vlm"], "did you mean vllm?"),
        (&["kb", "show", "bitsandbyte"], "did you mean bitsandbytes?"),
    ] {
        let (code, err) = fails(arguments);
        assert!(code == 2 && err.contains(said), "{arguments:?}: {err}");
    }
    // What has several meanings lists them, newest first, and how many there are besides.
    let services = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/compose");
    for asked in
        [&["--gpu", "Quadro"][..], &["check", services, "--gpu", "Quadro"], &["needs", "vllm", "--gpu", "Quadro"]]
    {
        let (code, _, err) = run(gpucheck().args(asked));
        let lines: Vec<&str> = err.lines().collect();
        assert!(code == 2 && lines[0].contains("matches several GPUs"), "{err}");
        assert!(lines.len() == 10 && lines[9].trim().starts_with("and ") && lines[9].ends_with(" more"), "{err}");
    }
}

#[test]
fn names_are_enough() {
    for (name, said) in [
        ("vllm", "deciding libraries"),
        ("5090", "NVIDIA GeForce RTX 5090"),
        ("2.7.1+cu128", "torch 2.7.1+cu128"),
        ("580", "driver branch R580"),
        ("CUDA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES"),
        ("libcublas.so.12", "libcublas.so.12"),
        ("sm_120", "12.0"),
        ("12.8.1", "CUDA toolkit 12.8.1"),
    ] {
        let (code, out, err) = run(gpucheck().args(["kb", "show", name]));
        assert!(code == 0 && out.contains(said), "{name}: {out}{err}");
    }
    // The kind still tells apart what has the same name.
    let (code, out, _) = run(gpucheck().args(["kb", "show", "driver", "580"]));
    assert!(code == 0 && out.starts_with("driver branch R580"), "{out}");
}

#[test]
fn other_makers_are_out_of_scope() {
    for (gpu, maker) in [("RX 7900", "AMD"), ("MI300X", "AMD"), ("Arc A770", "Intel"), ("1002:744c", "AMD")] {
        for arguments in [["doctor", "--gpu", gpu], ["matrix", "--gpu", gpu], ["needs", "--gpu", gpu]] {
            let (code, err) = fails(&arguments);
            assert!(code == 2 && err.contains(&format!("is a GPU of {maker}")), "{arguments:?}: {err}");
            assert!(!err.contains("did you mean"), "{err}");
        }
    }
}

#[test]
fn a_card_of_another_maker_is_told_to_be_out_of_scope() {
    let absent = |at: &str| serde_json::json!({"state": "absent", "via": {"how": "pci", "at": at}});
    let case = common::case::healthy().change(|facts| {
        facts["gpus"] = absent("/sys/bus/pci/devices");
        facts["driver"] = absent("/proc/modules");
        facts["host"]["other_gpus"] = common::case::known(serde_json::json!(["AMD 1002:744c"]));
        facts["environments"] = serde_json::json!([]);
    });
    let (code, report) = common::case::Case { arguments: Vec::new(), ..case }.judged();
    let told = report["subjects"].to_string();
    assert!(code == 0 && told.contains("AMD 1002:744c is out of scope"), "{told}");
}

#[test]
fn without_a_network_the_code_is_3() {
    // Nothing listens on the discard port, and `.invalid` has no address (RFC 2606).
    for index in ["http://127.0.0.1:9/simple", "http://index.invalid/simple"] {
        for arguments in [
            ["scan", "vllm", "--index-url", index].as_slice(),
            &["scan", "torch==2.7.1", "--gpu", "5090", "--index-url", index],
            &["needs", "vllm==0.33.0", "--index-url", index],
            &["kb", "verify", "vllm==0.33.0", "--index-url", index],
        ] {
            let (code, err) = fails(arguments);
            assert_eq!(code, 3, "{arguments:?}: {err}");
        }
    }
    // A name that no row has may be a mistyped file, and asks nobody.
    let (code, err) = fails(&["scan", "no-such-thing"]);
    assert!(code == 2 && err.contains("no such file or folder"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_read_is_2() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let shut = folder.path().join("shut");
    fs::create_dir_all(shut.join("inside")).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads everything: the program, in a place that everybody reaches, is started as somebody else.
    let program = folder.path().join("gpucheck");
    fs::copy(env!("CARGO_BIN_EXE_gpucheck"), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let is_root = fs::read_dir(&shut).is_ok();
    for arguments in [["scan"].as_slice(), &["check"], &["doctor"], &["needs"]] {
        let mut command = match is_root {
            true => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
                command
            }
            false => Command::new(&program),
        };
        let (code, out, err) = run(command.current_dir("/").args(arguments).arg(&shut));
        assert!(code == 2 && out.is_empty(), "{arguments:?}: {code} {out}{err}");
        assert!(err.contains("cannot read the folder") && err.lines().count() == 1, "{arguments:?}: {err}");
    }
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn help_fits_a_screen_and_has_examples() {
    for command in COMMANDS {
        let help = |option: &str| {
            let (code, out, err) = run(gpucheck().env("COLUMNS", "80").args(command).arg(option));
            assert_eq!((code, err.as_str()), (0, ""), "{command:?}");
            out
        };
        let (short, long) = (help("-h"), help("--help"));
        assert!(short.lines().count() <= 40, "{command:?}: {} lines\n{short}", short.lines().count());
        assert!(short.contains("Examples:") && long.contains("Examples:"), "{command:?}");
        assert!(short.contains("--help"), "{command:?}: it says where the rest is");
        assert!(long.lines().count() >= short.lines().count(), "{command:?}");
    }
    // What is asked for most comes first.
    let (_, long, _) = run(gpucheck().args(["doctor", "--help"]));
    let place = |option: &str| long.find(option).unwrap();
    assert!(place("--gpu") < place("--driver ") && place("--driver ") < place("--probe-timeout"), "{long}");
    assert!(place("--gpu") < place("More options:"), "{long}");
}

/// What a command prints on a terminal with these many columns.
fn on_a_terminal(columns: usize, arguments: &[&str]) -> String {
    const PTY: &str = "
import fcntl, os, pty, struct, sys, termios
child, master = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', 40, int(sys.argv[1]), 0, 0))
while True:
    try:
        data = os.read(master, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
";
    // The window gets its size before the program asks for it.
    let script = PTY.replace("    os.execv", "    import time; time.sleep(0.3)\n    os.execv");
    let mut command = Command::new("python3");
    command.args(["-c", &script, &columns.to_string(), env!("CARGO_BIN_EXE_gpucheck")]).args(arguments);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NO_COLOR", "1")
        .env("TERM", "dumb");
    let output = command.current_dir(env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace('\r', "")
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_wider_than_a_narrow_terminal() {
    let facts = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/patient-5090.json");
    let library = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin/c13.5/so-sm_120.so");
    let services = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check/compose");
    // In a folder of its own: other tests run in the one above, which must not become a project by it.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("narrow");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("requirements.txt"), "--index-url https://download.pytorch.org/whl/cu126\ntorch==2.7.1\n")
        .unwrap();
    let mut all: Vec<Vec<&str>> = vec![
        vec!["doctor", "--replay", facts, "--gpu", "RTX 5090", "--driver", "580.95.05"],
        vec!["needs", "--replay", facts],
        vec!["needs", "--replay", facts, "-v"],
        vec!["scan", library, "--gpu", "5090"],
        vec!["matrix", "--gpu", "RTX 5090", "--os", "linux"],
        vec!["recommend", "--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"],
        vec!["rule"],
        vec!["rule", "gpu-too-new-for-wheel"],
        // A name beside the marks, and one that leaves no room for them.
        vec!["check", "narrow/requirements.txt", "--driver", "580.95.05", "--os", "linux"],
        vec!["check", services, "--driver", "580.95.05", "--os", "linux"],
        vec!["matrix", "--target", "T4,driver=550.54.15", "--target", "RTX 5090,driver=580.95.05"],
        vec!["kb", "list"],
        vec!["kb", "show", "5090"],
        vec!["kb", "show", "vllm"],
    ];
    for command in COMMANDS {
        all.push(command.iter().copied().chain(["-h"]).collect());
        all.push(command.iter().copied().chain(["--help"]).collect());
    }
    let mut wide = Vec::new();
    for arguments in all {
        let page = on_a_terminal(50, &arguments);
        assert!(!page.trim().is_empty(), "{arguments:?}");
        // Lines to paste and addresses are never broken.
        let pasted = |line: &str| {
            let line = line.trim_start();
            let command = ["pip ", "uv ", "python", "gpucheck "].iter().any(|start| line.starts_with(start));
            let word =
                line.rsplit("  ").next().map(str::trim).is_some_and(|last| !last.contains(' ') && last.len() > 20);
            let path = line.split(' ').any(|word| word.len() > 30 && word.contains('/'));
            command || line.contains("python -m pip install") || word || path
        };
        let long = page.lines().filter(|line| line.chars().count() > 50 && !pasted(line));
        wide.extend(long.map(|line| format!("{arguments:?}: {line}")));
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

#[test]
fn a_locale_without_utf_8_gets_ascii() {
    let facts = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/patient-5090.json");
    let page = |locale: &[(&str, &str)], arguments: &[&str]| {
        let (_, out, err) = run(gpucheck().envs(locale.iter().copied()).args(arguments));
        out + &err
    };
    let needs = ["needs", "--replay", facts];
    let doctor = ["doctor", "--replay", facts, "--gpu", "RTX 4090", "--driver", "580.95.05"];
    for arguments in [needs.as_slice(), &doctor, &["matrix", "--gpu", "5090", "--os", "linux"], &["--help"], &["rule"]]
    {
        for locale in [
            [("LC_ALL", "C")].as_slice(),
            &[("LANG", "C")],
            &[("LANG", "en_US.ISO-8859-1")],
            &[("LC_ALL", "POSIX"), ("LANG", "C.UTF-8")],
        ] {
            let page = page(locale, arguments);
            assert!(page.is_ascii(), "{locale:?} {arguments:?}: {page}");
        }
    }
    assert!(page(&[("LC_ALL", "C")], &needs).contains("\n  + 7.5 to 8.6"));
    // Where nothing is said, and where UTF-8 is, the marks stay.
    for locale in [[].as_slice(), &[("LANG", "C.UTF-8")], &[("LC_ALL", ""), ("LANG", "de_DE.utf8")]] {
        assert!(page(locale, &needs).contains("\n  ✓ 7.5 to 8.6"), "{locale:?}");
    }
    // Programs read UTF-8 whatever the locale is.
    let json = ["needs", "--replay", facts, "--format", "json"];
    let markdown = ["doctor", "--replay", facts, "--gpu", "RTX 4090", "--driver", "580.95.05", "--format", "markdown"];
    for arguments in [json.as_slice(), &markdown] {
        let strip =
            |page: String| page.lines().filter(|line| !line.contains("elapsed_ms")).collect::<Vec<_>>().join("\n");
        assert_eq!(strip(page(&[("LC_ALL", "C")], arguments)), strip(page(&[], arguments)));
    }
    // What is complained about, too.
    let (_, _, err) = run(gpucheck().env("LC_ALL", "C").args(["--gpu", "zoë"]));
    assert!(err.is_ascii() && err.contains(r"zo\u{eb}"), "{err}");
}
