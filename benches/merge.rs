//! `cargo bench --bench merge`: `gpucheck merge` on ten thousand reports in a folder, beside one pass of `jq` over the same files that asks for
//! the errors which stand in them: no judging, no grouping.
//!
//! Two fleets: one whose machines are alike (of twenty kinds, as where one image is rolled out), and one in which no two reports have the
//! same facts, so that each is judged. Whole processes, warm, in turns; docs/evidence/merge.md keeps a dated run.
//! `-- --write FOLDER` leaves the fleets there instead.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a benchmark prints and may panic")]

#[path = "../tests/common/mod.rs"]
mod common;
mod timing;

use std::{env, fs, path::Path, process::Command};

use serde_json::{Value, json};
use timing::{Run, run, seconds};

const REPORTS: usize = 10_000;
const RUNS: usize = 3;
/// Of a hundred machines, the number of each kept report: most are well.
const SHARES: [(&str, usize); 4] =
    [("node-h200x8", 90), ("linux-rtx5090-old-wheel", 5), ("vllm-driver-535", 4), ("wsl-container", 1)];
/// Kinds of machines in the fleet that is alike.
const KINDS: usize = 20;
/// What jq asks.
const QUESTION: &str =
    ".labels.node as $node | .findings[] | select(.severity == \"error\") | [.rule, .fingerprint, $node] | @tsv";

fn write(folder: &Path, alike: bool) {
    fs::create_dir_all(folder).unwrap();
    let kept = |name: &str| -> Value {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reports").join(name);
        serde_json::from_str(&fs::read_to_string(path.with_extension("json")).unwrap()).unwrap()
    };
    let mut machines: Vec<Value> =
        SHARES.iter().flat_map(|(name, share)| std::iter::repeat_n(kept(name), *share)).collect();
    for number in 0..REPORTS {
        let place = number % machines.len();
        let report = &mut machines[place];
        report["labels"] = json!({"node": format!("gpu-{number:05}"), "rack": format!("r{}", number / 40)});
        let kind = if alike { number / 100 % (KINDS / SHARES.len()) } else { number };
        // What no rule asks for: the facts are told apart by their letters.
        report["facts"]["kind of machine"] = json!(kind);
        let text = serde_json::to_string_pretty(report).unwrap();
        fs::write(folder.join(format!("gpu-{number:05}.json")), text).unwrap();
    }
}

fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by_key(|run| run.processor);
    runs[runs.len() / 2]
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--write") {
        let folder = Path::new(&arguments[at + 1]);
        for (name, alike) in [("alike", true), ("distinct", false)] {
            write(&folder.join(name), alike);
        }
        return;
    }
    println!(
        "{REPORTS} reports; wall time, time of processors, the same for one report, most memory, memory for one report"
    );
    let folder = tempfile::tempdir().unwrap();
    // By a process of its own: the most memory that this one ever had would count as that of its children.
    timing::write_apart(folder.path());
    for (name, below) in [("machines that are alike", "alike"), ("each with facts of its own", "distinct")] {
        let folder = folder.path().join(below);
        let files = fs::read_dir(&folder).unwrap();
        let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
        println!("{name}, {:.0} MB", bytes as f64 / 1e6);
        let (mut merges, mut queries) = (Vec::new(), Vec::new());
        for number in 0..=RUNS {
            let merge = run(common::gpucheck().args(["merge", "--format", "json"]).arg(&folder));
            let mut jq = Command::new("sh");
            jq.args(["-c", "exec find \"$1\" -name '*.json' -exec jq -r \"$0\" {} +", QUESTION]);
            let query = run(jq.arg(&folder));
            // The first of each warms the caches.
            if number > 0 {
                merges.push(merge);
                queries.push(query);
            }
        }
        for (name, runs) in [("merge", merges), ("jq", queries)] {
            let Run { time, processor, memory, .. } = median(runs);
            let reports = REPORTS as u32;
            println!(
                "  {name:<6} {:>9} {:>9} {:>9} {:>7.1} MB {:>7.0} bytes",
                seconds(time),
                seconds(processor),
                seconds(processor / reports),
                memory as f64 / 1e6,
                memory as f64 / f64::from(reports)
            );
        }
    }
}
