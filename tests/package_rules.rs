//! Rules about packages: for each row of knowledge that makes one, facts that trigger it and the nearest facts that do not. The cases
//! are data, `tests/packages/*.toml`; a row without one fails here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write,
    path::Path,
    process::Stdio,
    time::Instant,
};

use common::facts::Words;
use gpucheck::{
    facts::Facts,
    finding::Finding,
    judge::judge,
    knowledge::{Knowledge, ProblemRow},
    report::CommandName,
    rules::Judged,
};
use serde::Deserialize;
use serde_json::Value;

/// One case of a rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Id of the problem's row, or slug of the rule.
    of: String,
    /// The package that the finding is about; nothing for rules about the environment.
    package: Option<String>,
    /// Facts that trigger it.
    yes: Words,
    /// What is changed to be in order.
    no: Words,
    /// Parts of the commands of its fixes, or of their summaries.
    #[serde(default)]
    fix: Vec<String>,
    /// What the summary says.
    #[serde(default)]
    says: Vec<String>,
    /// Severity; nothing: not looked at.
    severity: Option<String>,
    /// Slug of the finding that it is folded under, where it is a consequence.
    under: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Case>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages");
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file: File = toml::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(file.case);
    }
    cases
}

fn findings(words: &Words, knowledge: &Knowledge) -> Vec<Finding> {
    let report = words.report();
    let facts: Facts = serde_json::from_value(report["facts"].clone()).unwrap();
    judge(CommandName::Doctor, facts, knowledge, Judged::Selected, Instant::now()).findings
}

/// The findings of a case's rule about its package.
fn own<'f>(case: &Case, findings: &'f [Finding]) -> Vec<&'f Finding> {
    let same = |finding: &&Finding| {
        let rule = finding.trace.problem.as_deref().unwrap_or(finding.rule);
        rule == case.of && (case.package.is_none() || finding.trace.package == case.package)
    };
    findings.iter().filter(same).collect()
}

fn problem<'k>(knowledge: &'k Knowledge, id: &str) -> Option<&'k ProblemRow> {
    knowledge.problems().map(|(_, row)| row).find(|row| row.id == id)
}

/// What is wrong with a case; nothing where its facts trigger the rule, as the case says, and the neighbour's do not.
fn faults(case: &Case, knowledge: &Knowledge) -> Vec<String> {
    let mut faults = Vec::new();
    let found = findings(&case.yes, knowledge);
    let about = format!("{} {}", case.of, case.package.as_deref().unwrap_or_default());
    if let Some(under) = &case.under {
        let slug = problem(knowledge, &case.of).map_or(case.of.as_str(), ProblemRow::slug);
        // A finding does not say that it explains its own slug.
        let explained = |finding: &Finding| finding.consequences.contains(&slug) || slug == under;
        let folded = found.iter().any(|finding| finding.rule == under && explained(finding));
        if !folded || !own(case, &found).is_empty() {
            faults.push(format!("{about}: not under {under}: {found:#?}"));
        }
    } else if let [finding] = own(case, &found)[..] {
        let text = finding.fixes.iter().flat_map(|fix| {
            let lines = fix.commands.iter().map(|command| command.line.to_string());
            lines.chain([fix.summary.clone()]).collect::<Vec<_>>()
        });
        let text = text.collect::<Vec<_>>().join("\n");
        let severity = format!("{:?}", finding.severity).to_lowercase();
        if case.severity.as_ref().is_some_and(|wanted| *wanted != severity) {
            faults.push(format!("{about}: {severity}"));
        }
        let missing: Vec<_> = case.fix.iter().filter(|part| !text.contains(part.as_str())).collect();
        if !missing.is_empty() {
            faults.push(format!("{about}: no fix has {missing:?}:\n{text}\n{}", finding.summary));
        }
        let unsaid: Vec<_> = case.says.iter().filter(|part| !finding.summary.contains(part.as_str())).collect();
        if !unsaid.is_empty() {
            faults.push(format!("{about}: {unsaid:?} is not in: {}", finding.summary));
        }
    } else {
        let shown: Vec<_> = found.iter().map(|finding| (finding.rule, &finding.summary)).collect();
        faults.push(format!("{about}: is not found once in {shown:#?}"));
    }
    let neighbour = findings(&case.yes.with(&case.no), knowledge);
    if !own(case, &neighbour).is_empty() {
        faults.push(format!("{about}: its neighbour triggers it too"));
    }
    if case.under.is_some() && neighbour.iter().any(|finding| finding.consequences.contains(&case.of.as_str())) {
        faults.push(format!("{about}: its neighbour has it as a consequence too"));
    }
    faults
}

#[test]
fn each_case_triggers_its_rule_and_its_neighbour_does_not() {
    let knowledge = Knowledge::builtin().unwrap();
    let cases = cases();
    cases.iter().for_each(|case| common::elsewhere::same(&case.yes.report()["facts"]));
    let faults: Vec<String> = cases.iter().flat_map(|case| faults(case, &knowledge)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// The head of a file about packages.
#[derive(Debug, Deserialize)]
struct HeadOnly {
    sources: BTreeMap<String, String>,
    package: HeadPackage,
}

#[derive(Debug, Deserialize)]
struct HeadPackage {
    name: String,
    #[serde(default)]
    names: Vec<String>,
}

/// Without any one row about builds, some case fails: a row that no test would miss may be wrong unnoticed.
#[test]
fn every_build_row_is_missed_by_a_case() {
    let cases = cases();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("packages")).unwrap();
    let overlay = folder.path().join("packages/poorer.toml");
    let mut unmissed = Vec::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge/packages")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        // Each table begins a block; a file of the same package that is laid over it replaces it whole.
        let blocks: Vec<&str> = text.split("\n[[").collect();
        let head: HeadOnly = toml::from_str(blocks[0]).unwrap();
        let names: Vec<&str> = head.package.names.iter().chain([&head.package.name]).map(String::as_str).collect();
        // Only a case that names one of the distributions can look at its rows; a fix may bring one in.
        let concerned = |case: &&Case| {
            names.iter().any(|name| {
                [&case.yes, &case.no].iter().any(|words| words.packages.contains_key(*name))
                    || case.fix.iter().any(|part| part.contains(name))
            })
        };
        let concerned: Vec<&Case> = cases.iter().filter(concerned).collect();
        // A row that says nothing of any version uses the sources that only the missing one may have used.
        let sources: Vec<&String> = head.sources.keys().collect();
        let filler = format!(
            "unpublished]]\nversions = \"==0.0.dev0\"\nthere = \"nothing\"\nsource = {sources:?}\nverified = \"2026-11-26\"\n"
        );
        let builds = blocks.iter().enumerate().filter(|(_, block)| block.starts_with("build]]"));
        for (index, block) in builds.filter(|(_, block)| !is_for_stacks(block)) {
            let mut without = blocks.clone();
            without.remove(index);
            without.push(&filler);
            fs::write(&overlay, without.join("\n[[")).unwrap();
            let poorer = Knowledge::with_overlay(folder.path()).unwrap();
            // The cases with a version that the row names are likely to miss it: with them the others need not be tried.
            let near = |case: &&&Case| case.yes.packages.values().any(|version| block.contains(version.as_str()));
            let (near, far): (Vec<&&Case>, Vec<&&Case>) = concerned.iter().partition(near);
            if !near.iter().chain(&far).any(|case| !faults(case, &poorer).is_empty()) {
                let row: Vec<&str> = block.lines().skip(1).take(3).collect();
                unmissed.push(format!("{}: {}", path.file_name().unwrap().display(), row.join(", ")));
            }
        }
    }
    unmissed.sort();
    assert!(unmissed.is_empty(), "no case in tests/packages would miss these rows: {unmissed:#?}");
}

/// Whether a row speaks of what goes together alone, and of nothing that a rule judges: `tests/recommend_wishes.rs` would miss it.
fn is_for_stacks(block: &str) -> bool {
    let judged = ["torch", "cuda", "cudnn", "needs", "brings", "sass", "minimum", "variants", "links_torch"];
    !block.lines().any(|line| line.split_once(" = ").is_some_and(|(key, _)| judged.contains(&key)))
}

/// Every row that makes a finding has its case, and every file with rows about builds.
#[test]
fn no_row_is_without_a_case() {
    let knowledge = Knowledge::builtin().unwrap();
    let cases = cases();
    let covered: BTreeSet<&str> = cases.iter().map(|case| case.of.as_str()).collect();
    let subjects = cases.iter().filter_map(|case| case.package.as_deref());
    // Rules about environments name no package: what is in their facts is tried.
    let whole = cases.iter().filter(|case| case.package.is_none());
    let packages: BTreeSet<&str> =
        subjects.chain(whole.flat_map(|case| case.yes.packages.keys().map(String::as_str))).collect();
    let mut missing: Vec<String> = knowledge
        .problems()
        .filter(|(_, row)| !covered.contains(row.id.as_str()))
        .map(|(file, row)| format!("problem {} of packages/{}.toml", row.id, file.package.name))
        .collect();
    for file in knowledge
        .package_files()
        .filter(|file| !["torch", "torchvision", "torchaudio"].contains(&file.package.name.as_str()))
    {
        // Rows about what goes together are tried in tests/recommend_wishes.rs.
        let brings = file.build.iter().all(|row| !row.brings.is_empty() || (row.torch.is_none() && row.sass.is_none()));
        let tried = file.names().any(|name| packages.contains(name));
        if !tried && (!file.build.is_empty() && !brings || !file.unpublished.is_empty()) {
            missing.push(format!("builds of packages/{}.toml", file.package.name));
        }
        if !file.unpublished.is_empty()
            && !file.names().any(|name| {
                cases.iter().any(|case| case.of == "version-not-on-index" && case.package.as_deref() == Some(name))
            })
        {
            missing.push(format!("unpublished versions of packages/{}.toml", file.package.name));
        }
    }
    let unread = cases.iter().filter(|case| case.of == "variable-read-by-nothing");
    let unread: BTreeSet<&String> = unread.flat_map(|case| case.yes.variables.keys()).collect();
    let rows = knowledge.unread_variables().iter().filter(|row| !unread.contains(&row.name));
    missing.extend(rows.map(|row| format!("{} of variables.toml", row.name)));
    assert!(missing.is_empty(), "without a case in tests/packages: {missing:#?}");
    // Ids are unique over all files, as each is a page's name.
    let ids: Vec<&str> = knowledge.problems().map(|(_, row)| row.id.as_str()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len());
}

/// Each of two variables that nothing reads has its own fix, though the plan for one leaves the other.
#[test]
fn two_variables_that_nothing_reads_are_mended_one_by_one() {
    let words = Words {
        packages: [("torch".to_owned(), "2.8.0+cu128".to_owned())].into(),
        variables: ["FORCE_CUDA", "CUDA_VISIBLE_DEVICE"].map(|name| (name.to_owned(), "1".to_owned())).into(),
        gpus: Some(vec!["8.9".to_owned()]),
        ..Words::default()
    };
    let found = findings(&words, &Knowledge::builtin().unwrap());
    let fixed = found.iter().map(|finding| {
        assert_eq!(finding.rule, "variable-read-by-nothing");
        assert!(finding.fixes.iter().all(|fix| fix.unproven.is_empty()), "{:?}", finding.fixes);
        (finding.subject.as_str(), finding.fixes.first().map(|fix| fix.commands.len()))
    });
    assert_eq!(fixed.collect::<Vec<_>>(), [("CUDA_VISIBLE_DEVICE", Some(2)), ("FORCE_CUDA", Some(1))]);
}

/// The same through the shipped binary: facts in, report out.
#[test]
fn the_binary_says_the_same() {
    let knowledge = Knowledge::builtin().unwrap();
    for case in cases().into_iter().filter(|case| case.under.is_none()).step_by(8) {
        let mut child = common::gpucheck()
            .args(["doctor", "--replay", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(case.yes.report().to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let slug = problem(&knowledge, &case.of).map_or(case.of.as_str(), ProblemRow::slug);
        let found = report["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == slug);
        assert!(found, "{slug}: {}", report["findings"]);
    }
}
