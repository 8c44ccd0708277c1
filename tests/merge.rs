//! `gpucheck merge`: many machines' reports, judged again and put together by what is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use common::{gpucheck, run};
use serde_json::{Value, json};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports")
}

/// A kept report, as the node of this name.
fn report(fixture: &str, node: &str) -> Value {
    let text = fs::read_to_string(fixtures().join(fixture).with_extension("json")).unwrap();
    let mut report: Value = serde_json::from_str(&text).unwrap();
    report["labels"] = json!({"node": node});
    report
}

/// A node with eight H200 on which nothing is wrong.
fn node(name: &str) -> Value {
    let mut node = report("node-h200x8", name);
    node["facts"].as_object_mut().unwrap().remove("expected");
    node
}

/// A report as gpucheck writes it: the schema first.
fn written(report: &Value) -> String {
    let text = report.to_string();
    format!("{{\"schema\":0,{}", text.replacen("\"schema\":0,", "", 1).strip_prefix('{').unwrap())
}

/// Exit code and both streams for reports on standard input.
fn piped(text: &[u8], arguments: &[&str]) -> (i32, String, String) {
    let mut child = gpucheck()
        .args(["merge", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The answer in JSON about these reports, one a line.
fn merged(reports: &[Value], arguments: &[&str]) -> (i32, Value) {
    let lines: String = reports.iter().map(|report| format!("{report}\n")).collect();
    let (code, out, err) = piped(lines.as_bytes(), &[&["--format", "json"], arguments].concat());
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// Rule and nodes of each cause that is an error or a warning.
fn causes(answer: &Value) -> Vec<(String, Vec<String>)> {
    let causes = answer["causes"].as_array().unwrap().iter();
    let serious = causes.filter(|cause| cause["finding"]["severity"] != "info");
    serious.map(|cause| (cause["finding"]["rule"].as_str().unwrap().to_owned(), names(&cause["nodes"]))).collect()
}

fn names(nodes: &Value) -> Vec<String> {
    nodes["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// What is odd: trait, value, nodes.
fn odd(answer: &Value) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for pool in answer["pools"].as_array().unwrap() {
        for one in pool["traits"].as_array().unwrap() {
            for value in one["values"].as_array().unwrap().iter().filter(|value| value["odd"] == true) {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                found.insert((text(&one["what"]), text(&value["value"]), names(&value["nodes"]).join(" ")));
            }
        }
    }
    found
}

/// The kept reports of schema 0: each is judged as `doctor --replay` judges it.
#[test]
fn old_reports_are_judged_as_by_a_replay() {
    let (code, out, err) = run(gpucheck().args(["merge", "--format", "json"]).arg(fixtures()));
    assert_eq!(code, 1, "{err}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    let mut expected = BTreeSet::new();
    let mut verdicts = json!({"ok": 0, "warning": 0, "error": 0, "unknown": 0});
    let mut count = 0;
    for entry in fs::read_dir(fixtures()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|end| end != "expected") {
            continue;
        }
        count += 1;
        let saved: Value = serde_json::from_str(&fs::read_to_string(path.with_extension("json")).unwrap()).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let name = saved["labels"]["node"].as_str().map_or(stem, str::to_owned);
        for line in fs::read_to_string(&path).unwrap().lines() {
            match line.split_once(' ').unwrap() {
                ("exit", _) => {}
                ("verdict", verdict) => verdicts[verdict] = json!(verdicts[verdict].as_u64().unwrap() + 1),
                (severity, rule) => {
                    expected.insert((severity.to_owned(), rule.to_owned(), name.clone()));
                }
            }
        }
    }
    assert!(count > 20);
    let mut found = BTreeSet::new();
    for cause in answer["causes"].as_array().unwrap() {
        for name in names(&cause["nodes"]) {
            let text = |key: &str| cause["finding"][key].as_str().unwrap().to_owned();
            found.insert((text("severity"), text("rule"), name));
        }
    }
    assert_eq!(found, expected);
    for (verdict, expected) in verdicts.as_object().unwrap() {
        assert_eq!(&answer["counts"][verdict], expected, "{verdict}");
    }
    assert_eq!((&answer["counts"]["judged"], &answer["counts"]["unread"]), (&json!(count), &json!(0)));
}

#[test]
fn the_odd_ones_of_a_pool_are_told_first() {
    let mut nodes: Vec<Value> = (1..=9).map(|number| node(&format!("gpu-{number:02}"))).collect();
    nodes[2]["facts"]["driver"]["value"]["version"] = json!("570.133.20");
    nodes[6]["facts"]["gpus"]["value"].as_array_mut().unwrap().pop();
    nodes[7]["facts"]["gpus"]["value"][0]["ecc"]["value"] = json!(false);
    let (code, answer) = merged(&nodes, &[]);
    let of = |what: &str, value: &str, node: &str| (what.to_owned(), value.to_owned(), node.to_owned());
    let expected = [
        of("GPUs", "7x NVIDIA H200", "gpu-07"),
        of("driver", "570.133.20", "gpu-03"),
        of("ECC", "on for 7 of 8 GPUs", "gpu-08"),
    ];
    assert_eq!(odd(&answer), expected.into());
    assert_eq!((code, &answer["verdict"]), (0, &json!("warning")));
    assert_eq!(merged(&nodes, &["--fail-on", "warning"]).0, 1);
    let lines: String = nodes.iter().map(|report| format!("{report}\n")).collect();
    let (_, page, _) = piped(lines.as_bytes(), &[]);
    let first: Vec<&str> = page.lines().take(2).collect();
    assert!(first[0].starts_with("9 nodes       8x NVIDIA H200, driver 580.95.05, "), "{page}");
    assert_eq!(first[1], "! GPUs 7x NVIDIA H200 instead of 8x NVIDIA H200 on 1 node: gpu-07");

    // What is expected of all is missing on one.
    let (code, answer) = merged(&nodes, &["--expect", "8x H200"]);
    assert_eq!(causes(&answer), [("expected-gpu-missing".to_owned(), vec!["gpu-07".to_owned()])]);
    assert_eq!(code, 1);
    // Two of three are not enough to call anything usual, and of two nobody knows which is odd.
    assert!(odd(&merged(&nodes[1..3], &[]).1).is_empty());
}

#[test]
fn machines_are_told_apart_by_the_label_that_is_named() {
    let mut nodes: Vec<Value> = (1..=8).map(|number| node(&format!("gpu-{number}"))).collect();
    for (number, node) in nodes.iter_mut().enumerate() {
        node["labels"]["rack"] = json!(if number < 4 { "a" } else { "b" });
        node["facts"]["driver"]["value"]["version"] = json!(if number < 4 { "580.95.05" } else { "570.133.20" });
    }
    // Four and four: none is odd among all, nor among its own.
    assert!(odd(&merged(&nodes, &[]).1).is_empty() && odd(&merged(&nodes, &["--group-by", "rack"]).1).is_empty());
    nodes[0]["facts"]["driver"]["value"]["version"] = json!("570.133.20");
    nodes[7]["labels"] = json!({"node": "gpu-8"});
    let (_, answer) = merged(&nodes, &["--group-by", "rack"]);
    assert_eq!(odd(&answer), [("driver".to_owned(), "570.133.20".to_owned(), "gpu-1".to_owned())].into());
    let pools: Vec<&str> =
        answer["pools"].as_array().unwrap().iter().map(|pool| pool["name"].as_str().unwrap()).collect();
    assert_eq!(pools, ["a", "b", "without label rack"]);
}

#[test]
fn one_cause_is_one_group_with_what_mends_it() {
    let mut nodes: Vec<Value> =
        (1..=5).map(|number| report("linux-rtx5090-old-wheel", &format!("n{number}"))).collect();
    nodes.push(report("wsl-container", "w1"));
    let (code, answer) = merged(&nodes, &[]);
    assert_eq!(code, 1);
    let expected = [("gpu-too-new-for-wheel", "n[1-5]"), ("wsl-container-library-missing", "w1")];
    assert_eq!(causes(&answer), expected.map(|(rule, nodes)| (rule.to_owned(), vec![nodes.to_owned()])));
    let cause = &answer["causes"][0];
    let fix = &answer["fixes"][cause["mended_by"][0].as_u64().unwrap() as usize];
    assert_eq!((&fix["nodes"]["count"], &fix["wholly"], &fix["lines_differ"]), (&json!(5), &json!(5), &json!(false)));
    assert_eq!(fix["rules"], json!(["gpu-too-new-for-wheel"]));
    assert!(fix["fix"]["commands"][0]["line"].as_str().unwrap().contains("torch==2.7.1+cu128"), "{fix}");

    // The same in another place is the same cause, with other lines.
    let moved = nodes[4].to_string().replace("~/demo/", "/srv/other/");
    assert!(moved.contains("/srv/other/"));
    nodes[4] = serde_json::from_str(&moved).unwrap();
    let (_, answer) = merged(&nodes, &[]);
    assert_eq!(causes(&answer)[0], ("gpu-too-new-for-wheel".to_owned(), vec!["n[1-5]".to_owned()]));
    assert_eq!((&answer["fixes"][0]["nodes"]["count"], &answer["fixes"][0]["lines_differ"]), (&json!(5), &json!(true)));

    // Where something else is wrong, too, the fix does not mend all.
    nodes[3]["facts"]["env_vars"]["TORCH_CUDA_ARCH_LIST"] = json!("x");
    let (_, answer) = merged(&nodes, &[]);
    assert_eq!((&answer["fixes"][0]["nodes"]["count"], &answer["fixes"][0]["wholly"]), (&json!(5), &json!(4)));
}

/// A gate that could not check stays shut.
#[test]
fn what_is_expected_and_was_not_looked_for_fails() {
    let mut nodes = vec![node("a"), node("b")];
    for key in ["nvml", "cuda"] {
        nodes[1]["facts"][key] = json!({"state": "unknown", "why": "turned off (--no-driver)"});
    }
    let (code, answer) = merged(&nodes, &["--expect", "8x H200"]);
    assert_eq!((code, &answer["counts"]["unknown"], &answer["counts"]["ok"]), (1, &json!(1), &json!(1)));
    assert_eq!(names(&answer["undecided"][0]["nodes"]), ["b"]);
    assert_eq!(merged(&nodes, &["--expect", "8x H200", "--fail-on", "never"]).0, 0);
    let (code, _, err) = piped(b"", &["--expect", "8x H2000"]);
    assert!(code == 2 && err.contains("H2000"), "{err}");
}

/// `--expect slurm`: what the scheduler believes of this node.
#[test]
fn slurm_says_what_is_expected() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "gres.conf",
        "NodeName=n[1-2] Name=gpu Type=h200 File=/dev/nvidia[0-7]\nNodeName=n3 Name=gpu Type=big Count=9\n",
    );
    write("slurm.conf", "NodeName=n[1-4] Gres=gpu:nvidia_h200:8\nNodeName=n5 Gres=gpu:h100:8\nNodeName=n6 CPUs=1\n");
    let report = folder.path().join("node.json");
    fs::write(&report, node("a").to_string()).unwrap();
    let judged = |name: &str| {
        let mut command = gpucheck();
        command.env("SLURMD_NODENAME", name).env("SLURM_CONF", folder.path().join("slurm.conf"));
        run(command.args(["--expect", "slurm", "--format", "json", "--replay"]).arg(&report))
    };
    // Eight by gres.conf, nine of a type that only the site knows, eight by slurm.conf, eight of another kind.
    let said = |usable: u32, of: &str| Some(format!("{usable} of {of} are usable."));
    for (name, expected) in
        [("n1", None), ("n3", said(8, "9 expected GPUs (gpu:big)")), ("n4", None), ("n5", said(0, "8 expected h100"))]
    {
        let (code, out, err) = judged(name);
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        let found = report["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "expected-gpu-missing");
        assert_eq!(found.map(|one| one["summary"].as_str().unwrap().to_owned()), expected, "{name}");
        assert_eq!(code, i32::from(expected.is_some()), "{name}");
        // What was expected there is judged again where reports are put together.
        assert_eq!(causes(&merged(&[report], &[]).1).len(), usize::from(expected.is_some()), "{name}");
    }
    for (name, said) in [("n6", "no GPUs of node 'n6' are in "), ("n9", "no GPUs of node 'n9' are in ")] {
        let (code, out, err) = judged(name);
        assert!(code == 2 && out.is_empty() && err.contains(said), "{err}");
    }
    let (code, _, err) = piped(b"", &["--expect", "slurm"]);
    assert!(code == 2 && err.contains("each node's report"), "{err}");
}

/// Of what is no report each is a line in the answer, and never its end.
#[test]
fn what_cannot_be_read_is_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let good = node("good").to_string();
    write("good.json", good.as_bytes());
    write("half.json", &good.as_bytes()[..good.len() / 2]);
    write("empty.json", b"");
    write("text.json", b"srun: error: n3: task 3: Killed\n");
    write("list.json", b"[1, 2]\n");
    write("nul.json", &[0; 4096]);
    write("bytes.json", b"{\"schema\":0,\"facts\":{\"host\":\"\xff\xfe\"}}");
    write("other.json", b"{\"name\": \"a package\", \"version\": 1}\n");
    write("newer.json", b"{\"schema\":4000000000,\"facts\":\"in another way\"}");
    write("deep.json", format!("{{\"facts\":{}", "[".repeat(100_000)).as_bytes());
    write("labels.json", b"{\"schema\":0,\"labels\":[1],\"facts\":{}}");
    write("twice.json", b"{\"schema\":0,\"facts\":{},\"facts\":{}}");
    let mut many = node("many");
    let gpu = many["facts"]["gpus"]["value"][0].clone();
    many["facts"]["gpus"]["value"] = json!(vec![gpu; 4097]);
    write("many.json", many.to_string().as_bytes());
    write("notes.txt", b"no report, and not named like one");
    let mut named: BTreeSet<&str> =
        ["bytes", "deep", "empty", "half", "labels", "list", "many", "newer", "nul", "other", "text", "twice"].into();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("device.json")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("link.json")).unwrap();
        fs::create_dir(folder.path().join("folder.json")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(folder.path().join("fifo.json")).status().unwrap().success());
        named.extend(["device", "link", "folder", "fifo"]);
    }
    let (code, out, err) = run(gpucheck().args(["merge", "--format", "json"]).arg(folder.path()));
    let answer: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let unread = answer["unread"].as_array().unwrap();
    let found: BTreeSet<&str> = unread.iter().map(|unread| unread["name"].as_str().unwrap()).collect();
    assert_eq!(found, named);
    assert_eq!((&answer["counts"]["judged"], names(&answer["healthy"])), (&json!(1), vec!["good".to_owned()]));
    assert_eq!((code, &answer["verdict"]), (2, &json!("unknown")), "nothing else is wrong");
    let why = |name: &str| unread.iter().find(|one| one["name"] == name).unwrap()["why"].as_str().unwrap();
    assert!(why("newer").contains("newer gpucheck") && why("many").contains("4097 GPUs"), "{unread:?}");
    assert!(why("half").contains("EOF") && why("text").contains("no JSON report"), "{unread:?}");

    let (_, page, _) = run(gpucheck().arg("merge").arg(folder.path()));
    for name in named {
        assert_eq!(page.lines().filter(|line| line.starts_with(&format!("? {name}: "))).count(), 1, "{name}: {page}");
    }
    // What is wrong counts more.
    write("wrong.json", report("wsl-container", "wrong").to_string().as_bytes());
    assert_eq!(run(gpucheck().arg("merge").arg(folder.path())).0, 1);
    // Nothing but damage, and nothing at all.
    let (code, out, _) = piped(b"{\"schema\":0,", &[]);
    assert!(code == 2 && out.contains("no report could be judged"), "{out}");
    for (arguments, said) in [(vec!["/nowhere.json"], "cannot read /nowhere.json"), (vec![], "required")] {
        let (code, out, err) = run(gpucheck().arg("merge").args(arguments));
        assert!(code == 2 && out.is_empty() && err.contains(said), "{err}");
    }
    let (code, _, err) = run(gpucheck().arg("merge").arg(tempfile::tempdir().unwrap().path()));
    assert!(code == 2 && err.contains("no files that end in .json"), "{err}");
}

/// As they come out of a job's log: over lines, on lines, with other lines between, cut off in the middle.
#[test]
fn reports_of_a_stream_are_found() {
    let pretty = |node: &Value| {
        let text = serde_json::to_string_pretty(node).unwrap().replacen("\n  \"schema\": 0,", "", 1);
        format!("{{\n  \"schema\": 0,{}", text.strip_prefix('{').unwrap())
    };
    let (a_node, c_node) = (node("n1"), node("n3"));
    let (a, b, c) = (written(&a_node), written(&node("n2")), written(&c_node));
    let (a_pretty, b_pretty, c_pretty) = (pretty(&a_node), pretty(&node("n2")), pretty(&c_node));
    let half = written(&node("n4"));
    let half = &half[..half.len() / 3];
    for text in [
        format!("{a}\n{b}\n{c}\n"),
        format!("{a_pretty}\n{b_pretty}\n{c_pretty}"),
        format!("srun: job 7 queued\n{a_pretty}\nslurmstepd: error: {{x}}\n{b}\n\n{c}"),
        format!("{a}{b}{c}"),
        format!("{}\r\n{b}\r\n{c}\r\n", a_pretty.replace('\n', "\r\n")),
    ] {
        let (code, out, err) = piped(text.as_bytes(), &["--format", "json"]);
        let answer: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
        assert_eq!((code, names(&answer["healthy"])), (0, vec!["n[1-3]".to_owned()]), "{}", &text[..200]);
    }
    for text in [
        format!("{a}\n{half}\n{b}\n{c}\n"),
        format!("{a}\n{half}{b}\n{c}\n"),
        format!("{a}\n{half}{b_pretty}\n{c}\n"),
        format!("{a_pretty}\n{}\n{b}\n{c}", &pretty(&node("n4"))[..9000]),
    ] {
        let (code, out, _) = piped(text.as_bytes(), &["--format", "json"]);
        let answer: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(names(&answer["healthy"]), ["n[1-3]"]);
        assert_eq!((code, answer["unread"].as_array().unwrap().len()), (2, 1));
    }
    // A machine that sent two is told of.
    let (_, answer) = merged(&[a_node.clone(), node("n2"), a_node], &[]);
    assert_eq!((names(&answer["repeated"]), &answer["counts"]["judged"]), (vec!["n1".to_owned()], &json!(3)));
    // Without a label a report is called by its file and its place in it.
    let mut nameless = c_node;
    nameless["labels"] = json!({});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rack7.jsonl");
    fs::write(&file, format!("{nameless}\n{nameless}\n")).unwrap();
    let (_, out, _) = run(gpucheck().args(["merge", "--format", "json"]).arg(&file));
    assert_eq!(names(&serde_json::from_str::<Value>(&out).unwrap()["healthy"]), ["rack7", "rack7:2"]);
}

/// Whoever can write to the share cannot write to the terminal, and cannot fill the memory.
#[test]
fn what_was_sent_acts_on_nothing() {
    let poison = "\u{1b}[2J\u{202e}evil\n✓ 9 nodes: no problems found|<script>`x`";
    let mut one = report("linux-rtx5090-old-wheel", poison);
    one["labels"]["rack"] = json!(poison);
    one["facts"]["gpus"]["value"][0]["name"]["value"] = json!(poison);
    one["facts"]["host"]["distribution"]["value"] = json!(poison);
    let mut secret = node("https://user:hunter2@example.org/x");
    secret["labels"]["rack"] = json!("https://user:hunter2@example.org/x");
    let bad = format!("{{\"schema\":0,\"facts\":{}}}", json!(poison));
    let text = format!("{one}\n{secret}\n{bad}\n");
    for arguments in [
        vec![],
        vec!["--format", "html"],
        vec!["--format", "prometheus"],
        vec!["-v"],
        vec!["--format", "markdown"],
        vec!["--group-by", "rack"],
        vec!["--format", "json"],
    ] {
        let (code, out, err) = piped(text.as_bytes(), &arguments);
        assert!(code == 1 && err.is_empty(), "{err}");
        assert!(!out.contains(['\u{1b}', '\u{202e}']) && !out.contains("hunter2"), "{out}");
        assert!(!out.lines().any(|line| line.starts_with("✓ 9 nodes")), "{out}");
        assert!(!arguments.contains(&"markdown") || !out.contains("<script>"), "{out}");
    }
    // Each report with a cause, a kind of GPU and a lack of its own: the lists end somewhere, and say so.
    let long = "x".repeat(30_000);
    let distinct: Vec<Value> = (0..200)
        .map(|number| {
            let mut node = report("torch-scatter-other-torch", &format!("{number}-{long}"));
            let packages = node["facts"]["environments"][0]["packages"].as_array_mut().unwrap();
            let scatter = packages.iter_mut().find(|package| package["name"] == "torch-scatter").unwrap();
            scatter["version"]["value"] = json!(format!("2.1.{number}+pt26cu124.{long}"));
            node["facts"]["gpus"]["value"][0]["name"]["value"] = json!(format!("Quadro {number} {long}"));
            node
        })
        .collect();
    let (code, answer) = merged(&distinct, &[]);
    assert_eq!((code, &answer["counts"]["judged"], &answer["counts"]["error"]), (1, &json!(200), &json!(200)));
    let size = answer.to_string().len();
    assert!(size < 64 << 20 && !answer["left_out"].as_array().unwrap().is_empty(), "{size}");
    assert!(answer["pools"].as_array().unwrap().len() <= 257);
}

/// Nobody sends a list of hosts as the name of one: whoever drains what is wrong would drain all of them.
#[test]
fn a_name_is_no_list_of_hosts() {
    let (_, answer) = merged(&[report("wsl-container", "gpu-[001-512],login"), node("gpu-001")], &[]);
    assert_eq!(names(&answer["causes"][0]["nodes"]), ["gpu-%5B001-512%5D%2Clogin"]);
}

/// A machine is one, in however many environments the same is wrong.
#[test]
fn a_machine_is_counted_once() {
    let mut two = report("linux-rtx5090-old-wheel", "n1");
    let mut other = two["facts"]["environments"][0].clone();
    other["id"] = json!("/srv/other");
    two["facts"]["environments"].as_array_mut().unwrap().push(other);
    two["labels"] = json!({"node": " "});
    let (_, answer) = merged(&[two], &[]);
    for cause in answer["causes"].as_array().unwrap() {
        assert_eq!((&cause["nodes"]["count"], names(&cause["nodes"])), (&json!(1), vec!["report".to_owned()]));
    }
    assert_eq!(answer["fixes"][0]["nodes"]["count"], 1);
}

/// Metrics: the samples of each together, each of a form that Prometheus reads.
#[track_caller]
fn metrics_hold(page: &str) {
    let mut seen = BTreeSet::new();
    let mut current = "";
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            current = rest.split(' ').next().unwrap();
            assert!(seen.insert(current), "{current} comes twice");
        } else if line.starts_with("# TYPE ") {
            assert_eq!(line, format!("# TYPE {current} gauge"));
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let labels = series.strip_prefix(current).unwrap_or_else(|| panic!("{line} under {current}"));
            assert!(value.parse::<f64>().is_ok(), "{line}");
            // What is quoted taken away, names and signs are left.
            let inside = labels.replace("\\\\", "").replace("\\\"", "");
            let outside: String = inside.split('"').step_by(2).collect();
            assert!(inside.matches('"').count() % 2 == 0, "{line}");
            assert!(outside.chars().all(|c| c.is_ascii_lowercase() || "_{}=,".contains(c)), "{line}");
        }
    }
    assert!(seen.len() > 5, "{page}");
}

#[test]
fn metrics_are_read_by_prometheus() {
    let fixture = fixtures().join("linux-rtx5090-old-wheel.json");
    let of_node = |more: &[&str]| {
        let (_, out, err) = run(gpucheck().args(["--format", "prometheus", "--replay"]).arg(&fixture).args(more));
        assert!(err.is_empty(), "{err}");
        metrics_hold(&out);
        out
    };
    let page = of_node(&[]);
    let judged = run(gpucheck().args(["--format", "json", "--replay"]).arg(&fixture)).1;
    let judged: Value = serde_json::from_str(&judged).unwrap();
    for finding in judged["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap();
        let (rule, severity, fingerprint) = (text("rule"), text("severity"), text("fingerprint"));
        let labels = format!("rule=\"{rule}\",severity=\"{severity}\",fingerprint=\"{fingerprint}\"");
        assert!(page.contains(&format!("gpucheck_findings{{{labels}}} 1\n")), "{labels}: {page}");
    }
    for line in ["gpucheck_verdict{verdict=\"error\"} 1\n", "gpucheck_verdict{verdict=\"ok\"} 0\n", "gpucheck_gpus 1\n"]
    {
        assert!(page.contains(line), "{line}{page}");
    }
    let targets = ["--target", "RTX 5090,driver=580.95.05", "--target", "V100,driver=580.95.05"];
    assert!(of_node(&targets).contains("{target=\"V100, driver=580.95.05\",verdict="));

    let poison = "a\"} 1\nx{y=\"\\";
    let nodes = [report("linux-rtx5090-old-wheel", poison), node("n1"), report("wsl-container", poison)];
    let lines: String = nodes.iter().map(|report| format!("{report}\n")).collect();
    let (code, page, _) = piped(format!("{lines}{{half").as_bytes(), &["--format", "prometheus"]);
    metrics_hold(&page);
    assert_eq!(code, 1);
    for line in ["gpucheck_fleet_nodes{verdict=\"error\"} 2\n", "gpucheck_fleet_unread_reports 1\n"] {
        assert!(page.contains(line), "{line}{page}");
    }
}

/// `--format jsonl`: one line, the same report, and `merge` reads it.
#[test]
fn one_line_is_the_same_report() {
    let fixture = fixtures().join("linux-rtx5090-old-wheel.json");
    let of = |format: &str| run(gpucheck().args(["--format", format, "--replay"]).arg(&fixture)).1;
    let line = of("jsonl");
    assert_eq!(line.matches('\n').count(), 1);
    let strip = |text: &str| {
        let mut report: Value = serde_json::from_str(text).unwrap();
        report["elapsed_ms"] = Value::Null;
        report
    };
    assert_eq!(strip(&line), strip(&of("json")));
    let (_, out, _) = piped(line.repeat(3).as_bytes(), &["--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["causes"][0]["nodes"]["count"], 3);
}

/// One page: a square for each node, nothing from elsewhere, nothing that runs.
#[test]
fn a_page_has_a_square_for_each_node() {
    let mut nodes: Vec<Value> = (1..=30).map(|number| node(&format!("gpu-{number:02}"))).collect();
    nodes[4]["facts"]["gpus"]["value"].as_array_mut().unwrap().pop();
    nodes.extend((1..=3).map(|number| report("linux-rtx5090-old-wheel", &format!("w{number}"))));
    nodes.push(report("wsl-container", "<script>alert(1)</script>\"'><img src=x>"));
    let lines: String = nodes.iter().map(|report| format!("{report}\n")).collect();
    let (code, page, err) = piped(lines.as_bytes(), &["--format", "html"]);
    assert!(code == 1 && err.is_empty(), "{err}");
    assert_eq!(page.matches("<b class=").count(), nodes.len());
    assert_eq!(page.matches("\">✗</b>").count(), 4);
    let odd = "<b class=\"w\" title=\"gpu-05: GPUs 7x NVIDIA H200 instead of 8x NVIDIA H200\">!</b>";
    assert!(page.contains(odd), "{page}");
    assert!(page.contains("torch==2.7.1+cu128") && page.contains("<strong>3 nodes</strong>: w[1-3]"), "{page}");
    for nowhere in ["<script", "<img", " src=", "href=", "url(", "@import", "http-equiv=\"refresh"] {
        let plain = page.replace("&lt;img src=x&gt;", "");
        assert!(!plain.contains(nowhere), "{nowhere} in {page}");
    }
    // What is opened is closed.
    for tag in ["h2", "h3", "p", "ul", "li", "pre", "div", "b", "strong", "span", "style", "title"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

/// The same answer whatever the order of the threads, and whether a kind of machine was seen before or not.
#[test]
fn an_answer_does_not_depend_on_what_was_seen_before() {
    let mut nodes: Vec<Value> = (0..300)
        .map(|number| match number % 3 {
            0 => node(&format!("a{number:03}")),
            1 => report("linux-rtx5090-old-wheel", &format!("b{number:03}")),
            _ => report("vllm-driver-535", &format!("c{number:03}")),
        })
        .collect();
    let stripped = |nodes: &[Value]| {
        let (_, mut answer) = merged(nodes, &[]);
        answer["elapsed_ms"] = Value::Null;
        answer
    };
    let first = stripped(&nodes);
    assert_eq!(first, stripped(&nodes));
    // Facts that differ in what nothing is told of are judged one by one.
    for (number, node) in nodes.iter_mut().enumerate() {
        node["facts"]["of a later gpucheck"] = json!(number);
    }
    let mut each = stripped(&nodes);
    assert_eq!(each["counts"], first["counts"]);
    for (one, other) in each["causes"].as_array_mut().unwrap().iter_mut().zip(first["causes"].as_array().unwrap()) {
        assert_eq!((&one["nodes"], &one["finding"]["rule"]), (&other["nodes"], &other["finding"]["rule"]));
    }
    assert_eq!(each["pools"], first["pools"]);
}
