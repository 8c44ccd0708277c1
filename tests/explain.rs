//! `gpucheck explain`: logs after public threads, each under every distortion of `tests/explain/forms.toml`, and the command itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    io::Write as _,
    process::{Command, Stdio},
    time::Instant,
};

use common::gpucheck;
use gpucheck::{
    finding::Severity,
    judge::{Assumed, explain},
    knowledge::{Knowledge, Texts},
    log::Log,
    report::{Report, Verdict},
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    expected: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    accept: Vec<String>,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Forms {
    form: Vec<Form>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
    line: Option<String>,
    wrap_at: Option<usize>,
    join: Option<String>,
    eol: Option<String>,
    keep_chars: Option<usize>,
    repeat: Option<usize>,
    before: String,
    after: String,
    replace: Vec<(String, String)>,
}

impl Form {
    fn of(&self, text: &str) -> String {
        let mut lines: Vec<String> = text.trim_matches('\n').split('\n').map(str::to_owned).collect();
        if let Some(line) = &self.line {
            lines.iter_mut().for_each(|one| *one = line.replace("{line}", one));
        }
        if let Some(width) = self.wrap_at {
            let cut = |line: &String| -> Vec<String> {
                let letters: Vec<char> = line.chars().collect();
                let pieces = letters.chunks(width).map(|piece| piece.iter().collect());
                if letters.is_empty() { vec![String::new()] } else { pieces.collect() }
            };
            lines = lines.iter().flat_map(cut).collect();
        }
        for (old, new) in &self.replace {
            lines.iter_mut().for_each(|line| *line = line.replace(old, new));
        }
        let mut text = lines.join(self.join.as_deref().or(self.eol.as_deref()).unwrap_or("\n")) + "\n";
        if let Some(keep) = self.keep_chars {
            text = text.chars().take(keep).collect();
        }
        self.before.clone() + &text.repeat(self.repeat.unwrap_or(1)) + &self.after
    }
}

fn explained(knowledge: &Knowledge, texts: &Texts<'_>, text: &str) -> Report {
    let mut log = Log::new("log", texts.literals());
    log.feed(text.as_bytes());
    explain(knowledge, log.finish(), None, &Assumed::default(), Instant::now()).unwrap()
}

/// What is wrong with the answer; nothing if it is right.
fn fault(case: &Case, report: &Report) -> Option<String> {
    let errors: Vec<&str> =
        report.findings.iter().filter(|one| one.severity == Severity::Error).map(|one| one.rule).collect();
    if case.expected.starts_with("none-") {
        return (!errors.is_empty()).then(|| format!("false alarm: {errors:?}"));
    }
    let counts = |severity| severity > Severity::Info || case.expected.starts_with("benign-");
    let found: Vec<&str> = report.findings.iter().filter(|one| counts(one.severity)).map(|one| one.rule).collect();
    let folded = || report.findings.iter().flat_map(|one| one.consequences.iter().copied());
    let also = case.also.iter().all(|slug| found.iter().copied().chain(folded()).any(|one| one == slug));
    let right =
        found.first().is_some_and(|first| *first == case.expected || case.accept.iter().any(|one| one == first));
    (!right || !also).then(|| format!("{found:?} for {}", case.expected))
}

/// Cases that are not explained, and why.
const NOT_EXPLAINED: &[(&str, &str)] = &[
    (
        "028-nvrtc112-l40",
        "that NVRTC 11.2 was not meant to be loaded is seen from the intended toolkit only, which the text does not have",
    ),
    ("065-1hewnodes-pypi-torch", "the system is not named, and on Linux the same command brings a build with CUDA"),
    ("122-rtx5090-above-4g", "RmInitAdapter fails for many reasons; the text shows nothing of the firmware's settings"),
];

/// As many of the cases must be right under a form; what is cut off cannot be.
fn least(form: &str) -> usize {
    if form == "truncated-title" { 75 } else { 95 }
}

#[test]
fn cases_are_explained_under_every_form() {
    let Cases { case: cases } = toml::from_str(include_str!("explain/cases.toml")).unwrap();
    let Forms { form: mut forms } = toml::from_str(include_str!("explain/forms.toml")).unwrap();
    forms.insert(0, Form { name: "as it is".to_owned(), ..Form::default() });
    let knowledge = Knowledge::builtin().unwrap();
    let texts = Texts::of(&knowledge);
    let mut wrong = Vec::new();
    for form in &forms {
        let answer =
            |case: &Case| Some((case.id.clone(), fault(case, &explained(&knowledge, &texts, &form.of(&case.text)))?));
        let half = cases.len() / 2;
        let faults: Vec<(String, String)> = std::thread::scope(|scope| {
            let first = scope.spawn(|| cases[..half].iter().filter_map(answer).collect::<Vec<_>>());
            let second = cases[half..].iter().filter_map(answer).collect::<Vec<_>>();
            first.join().unwrap().into_iter().chain(second).collect()
        });
        wrong.extend(
            faults
                .iter()
                .filter(|(_, fault)| fault.starts_with("false"))
                .map(|fault| format!("{}: {fault:?}", form.name)),
        );
        let right = cases.len() - faults.len();
        if right * 100 < cases.len() * least(&form.name) {
            wrong.push(format!("{}: {right} of {} right: {faults:#?}", form.name, cases.len()));
        }
        if form.line.is_none() && form.name == "as it is" {
            let new: Vec<_> =
                faults.iter().filter(|(id, _)| NOT_EXPLAINED.iter().all(|(known, _)| known != id)).collect();
            assert!(new.is_empty(), "not explained, and not listed: {new:#?}");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Threads that were wrong once, logs of things that work, and single lines of tools.
#[test]
fn threads_and_lines_are_explained() {
    let Cases { case: mut cases } = toml::from_str(include_str!("explain/threads.toml")).unwrap();
    let Cases { case: working } = toml::from_str(include_str!("explain/working.toml")).unwrap();
    cases.extend(working);
    let knowledge = Knowledge::builtin().unwrap();
    let texts = Texts::of(&knowledge);
    let mut wrong: Vec<String> = Vec::new();
    for case in &cases {
        let report = explained(&knowledge, &texts, &case.text);
        wrong.extend(fault(case, &report).map(|fault| format!("{}: {fault}", case.id)));
        let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if errors > 1 {
            wrong.push(format!("{}: {errors} errors, and there is one cause", case.id));
        }
    }
    let lines = include_str!("explain/texts.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for (expected, text) in lines.map(|line| line.split_once('|').unwrap()) {
        let report = explained(&knowledge, &texts, text);
        let found: Vec<_> = report.findings.iter().map(|finding| (finding.rule, finding.severity)).collect();
        let told = |severity| found.first().is_some_and(|first| *first == ("error-in-log", severity));
        let right = match expected {
            "benign" => found.iter().all(|(_, severity)| *severity == Severity::Info),
            "none" => told(Severity::Info) && report.verdict == Verdict::Ok,
            "open" => told(Severity::Warning),
            slug => found.first().is_some_and(|(rule, severity)| *rule == slug && *severity > Severity::Info),
        };
        if !right {
            wrong.push(format!("{text}: {found:?} for {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A finding has its text in logs by its page, where its rule sets none.
#[test]
fn a_finding_has_its_text_in_logs() {
    let in_log = |slug: &str| gpucheck::rules::find(slug).unwrap().in_log(false);
    assert_eq!(in_log("gpu-lost").as_deref(), Some("GPU has fallen off the bus"));
    assert_eq!(in_log("nvml-init-failed").as_deref(), Some("Failed to initialize NVML: …"));
    assert_eq!(in_log("page-out-of-date"), None, "nothing is to be seen of it");
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("lib/python3.12/site-packages");
    for version in ["2.7.0", "2.7.1"] {
        let metadata = site.join(format!("torch-{version}.dist-info/METADATA"));
        std::fs::create_dir_all(metadata.parent().unwrap()).unwrap();
        std::fs::write(metadata, format!("Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")).unwrap();
    }
    let (_, page, _) = common::run(gpucheck().arg("doctor").arg(&site));
    assert!(page.contains("installed-twice") && page.contains("WARNING: Ignoring invalid distribution"), "{page}");
}

/// The report, and the exit code, of a log on standard input.
fn of(log: &[u8], words: &[&str]) -> (i32, Value) {
    let mut child = gpucheck()
        .args(["explain", "-", "--format", "json"])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(log).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), common::moved_alike(serde_json::from_slice(&output.stdout).unwrap()))
}

fn slugs(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

/// Paths tell the system; there the modules of Linux' driver are no cause, and no line for them is shown.
#[test]
fn a_log_of_windows() {
    let unknown = "RuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment";
    for path in [
        r"(venv) PS C:\Users\me\qlora> python train.py",
        r#"  File "D:\ai\train.py", line 3, in <module>"#,
        r"E:\ai\venv\Lib\site-packages\torch\cuda\__init__.py:235: UserWarning:",
        r"loading F:\models\checkpoint",
    ] {
        let (code, report) = of(format!("{path}\r\n{unknown}\r\n").as_bytes(), &[]);
        assert_eq!(report["facts"]["host"]["platform"]["value"], "windows-x86_64", "{path}");
        assert_eq!((code, slugs(&report)), (0, vec!["error-in-log"]), "{path}");
        let found = report["findings"].to_string();
        assert!(found.contains("cuda-init-failed") && !found.contains("uvm-not-ready"), "{found}");
        assert!(!found.contains("sudo"), "{found}");
    }
    let (code, report) = of(unknown.as_bytes(), &[]);
    assert_eq!((code, slugs(&report)), (1, vec!["uvm-not-ready"]), "of no system that it names");
    let smi = br"C:\Users\me>nvidia-smi
NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";
    let (_, report) = of(smi, &[]);
    assert_eq!(slugs(&report), ["driver-not-loaded"]);
    let fixes = report["findings"][0]["fixes"].to_string();
    assert!(fixes.contains("restart Windows") && !fixes.contains("modprobe"), "{fixes}");
}

#[test]
fn error_in_log() {
    // A text with several causes, of none of which there is a sign.
    let (code, report) = of(b"RuntimeError: Found no NVIDIA driver on your system.\n", &[]);
    assert_eq!((code, slugs(&report)), (0, vec!["error-in-log"]));
    assert!(report["findings"][0]["summary"].as_str().unwrap().contains("Possible causes: no-nvidia-gpu"), "{report}");
    assert_eq!(report["findings"][0]["location"], serde_json::json!({"path": "-", "line": 1, "column": 1}));
    // The same with a sign.
    let (code, report) = of(b"GPU: AMD Radeon 890M\nRuntimeError: Found no NVIDIA driver on your system.\n", &[]);
    assert_eq!((code, slugs(&report)), (0, vec!["no-nvidia-gpu"]), "a warning");
    // What is unknown is said to be unknown, and what is no error is none.
    let (code, report) = of(b"ValueError: something odd\n", &[]);
    assert_eq!((code, &report["verdict"]), (0, &Value::from("unknown")));
    // Where nothing was looked at, nothing is in order.
    let (code, out, err) = common::run(gpucheck().arg("explain").stdin(Stdio::null()));
    assert!(code == 2 && out.is_empty() && err.contains("nothing is in it to explain"), "{code} {out} {err}");
    assert_eq!(of(b"all is well\n", &[]).1["verdict"], "ok");
    // Not ours.
    let (code, report) = of(b"torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB.\n", &[]);
    assert_eq!((code, report["findings"][0]["severity"].as_str()), (0, Some("info")));
}

#[test]
fn an_environment_is_read_from_what_pip_and_people_write() {
    let environment = |log: &str| {
        let (_, report) = of(log.as_bytes(), &[]);
        let one = report["facts"]["environments"][0].clone();
        let torch = one["packages"].as_array().unwrap().iter().find(|package| package["name"] == "torch").cloned();
        (one["python"]["value"].clone(), torch.map(|torch| torch["version"]["value"].clone()))
    };
    let said = |python: &str, torch: &str| (Value::from(python), Some(Value::from(torch)));
    let satisfied =
        "Requirement already satisfied: torch>=2.10 in /v/lib/python3.12/site-packages (from a==1) (2.11.0+cu126)\n";
    assert_eq!(environment(satisfied), said("3.12", "2.11.0+cu126"));
    let xformers = "xFormers was built for:\n    PyTorch 2.1.2+cu121 with CUDA 1201 (you have 2.1.2+cpu)\n    Python  3.11.7 (you have 3.11.0)\n";
    assert_eq!(environment(xformers), said("3.11", "2.1.2+cpu"));
    let table = "| Driver | 570.133.07 |\n| torch | 2.7.1+cu128 |\n| Python | 3.11.9 |\n";
    assert_eq!(environment(table), said("3.11", "2.7.1+cu128"));
    let prompt =
        "Python 3.12.9 (main, Feb 12 2025) [Clang 19.1.6 ] on linux\ntorch 2.7.1\n/usr/lib/python3.10/ctypes/x.py\n";
    assert_eq!(environment(prompt), said("3.12", "2.7.1"));
    // A word of some error is none, and a report that torch has no GPU is one.
    assert_eq!(of(b"root@host:~# nvidia-smi\n", &[]).1["verdict"], "ok");
    let (_, report) = of(b"PyTorch version: 2.7.1+cpu\nIs CUDA available: False\n", &[]);
    assert_eq!(slugs(&report).first(), Some(&"cpu-only-torch"), "{report}");
}

const COLLECTED: &str = "RuntimeError: CUDA error: no kernel image is available for execution on the device\n\
    PyTorch version: 2.6.0+cu124\nCUDA used to build PyTorch: 12.4\nOS: Ubuntu 22.04.4 LTS (x86_64)\n\
    Libc version: glibc-2.35\nPython version: 3.11.9 (main) [GCC 11.4.0] (64-bit runtime)\n\
    GPU models and configuration: GPU 0: NVIDIA GeForce RTX 5090\nNvidia driver version: 570.86.10\n\
    [pip3] torchvision==0.21.0+cu124\n";

#[test]
fn facts_of_a_log_are_judged_like_those_of_a_machine() {
    let (code, report) = of(COLLECTED.as_bytes(), &[]);
    assert_eq!((code, slugs(&report)), (1, vec!["gpu-too-new-for-wheel"]));
    let line = report["findings"][0]["fixes"][0]["commands"][0]["line"].as_str().unwrap();
    assert!(line.contains("torch==2.7.1+cu128") && line.contains("torchvision==0.22.1+cu128"), "{line}");
    // An option overrules the log.
    let (code, report) = of(COLLECTED.as_bytes(), &["--gpu", "RTX 4090"]);
    assert!(!slugs(&report).contains(&"gpu-too-new-for-wheel"), "{code} {report}");
    // UTF-16, as PowerShell writes it, and colours.
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(COLLECTED.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(slugs(&of(&utf16, &[]).1), ["gpu-too-new-for-wheel"]);
    // Facts are saved without what they mean, and judged again.
    let (_, report) = of(COLLECTED.as_bytes(), &[]);
    let saved = report.to_string();
    assert!(!saved.contains("\"means\""), "{saved}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, saved).unwrap();
    let again = gpucheck().args(["doctor", "--format", "json", "--replay"]).arg(&path).output().unwrap();
    let again: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert!(slugs(&again).contains(&"gpu-too-new-for-wheel"), "{again}");
}

#[test]
fn secrets_do_not_leave() {
    let log = "error: failed to fetch https://me:hunter2@example.org/simple HF_TOKEN=hunter2\n\
               Max retries exceeded with url: https://me:hunter2@example.org/x?token=hunter2\n";
    let (_, report) = of(log.as_bytes(), &[]);
    assert!(!report.to_string().contains("hunter2"), "{report}");
}

/// However long a log is, as much is kept, and what matters in the middle is found.
#[test]
fn a_long_log_is_bounded() {
    let mut log = String::new();
    for number in 0..200_000 {
        log += &format!("error: attempt {number} failed with No module named x{number}\n");
        if number == 100_000 {
            log += "nvcc fatal   : Unsupported gpu architecture 'compute_120'\n";
        }
    }
    let (_, report) = of(log.as_bytes(), &[]);
    assert!(slugs(&report).contains(&"nvcc-too-old-for-arch"), "{:?}", slugs(&report));
    assert!(report["facts"]["symptoms"].as_array().unwrap().len() < 800);
    // One line without end.
    let line = "error x".repeat(1 << 20) + " nvcc fatal   : Unsupported gpu architecture 'compute_120'";
    assert!(slugs(&of(line.as_bytes(), &[]).1).contains(&"nvcc-too-old-for-arch"));
}

/// A log that never ends shows what it has at Ctrl-C.
#[cfg(unix)]
#[test]
fn a_log_without_end_is_ended_by_ctrl_c() {
    let mut child =
        gpucheck().args(["explain", "--format", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"nvcc fatal   : Unsupported gpu architecture 'compute_120'\n").unwrap();
    input.flush().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    drop(input);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(slugs(&report), ["nvcc-too-old-for-arch"]);
}
