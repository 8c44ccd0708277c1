#![no_main]

// Facts in, every format out: whatever text stands in saved facts, no page acts on what shows it, and every line to paste is read by its
// shell as the words that were meant. The first byte says which facts and which shell; the rest is text for their fields, in turn.
use std::{cell::OnceCell, time::Instant};

use gpucheck::{
    facts::{Fact, ShellKind, Source},
    judge::judge,
    knowledge::Knowledge,
    report::CommandName,
    rules::Judged,
};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/hostile/holds.rs"]
mod holds;
#[path = "../../tests/hostile/lexers.rs"]
mod lexers;
#[path = "../../tests/hostile/poison.rs"]
mod poison;

const SHELLS: [ShellKind; 3] = [ShellKind::Sh, ShellKind::PowerShell, ShellKind::Cmd];
/// What stands between the texts.
const BETWEEN: char = '|';

struct Given {
    knowledge: Knowledge,
    saved: [poison::Saved; 2],
}

impl Given {
    fn new() -> Self {
        let saved =
            [include_str!("../../tests/facts/patient-5090.json"), include_str!("../../tests/facts/qlora-windows.json")];
        Self { knowledge: Knowledge::builtin().unwrap(), saved: saved.map(poison::Saved::of_report) }
    }
}

thread_local! {
    static GIVEN: OnceCell<Given> = const { OnceCell::new() };
}

fuzz_target!(|text: &str| {
    let mut letters = text.chars();
    let first = letters.next().map_or(0, |c| c as usize);
    let texts: Vec<&str> = letters.as_str().split(BETWEEN).collect();
    GIVEN.with(|given| {
        let given = given.get_or_init(Given::new);
        let shell = SHELLS[first % SHELLS.len()];
        // An empty text leaves a field as it was.
        let mut facts =
            given.saved[first / SHELLS.len() % 2].with(|number, before| match texts[number % texts.len()] {
                "" => before.to_owned(),
                text => text.to_owned(),
            });
        facts.host.shell = Fact::known(shell, Source::option("--shell"));
        let report = judge(CommandName::Doctor, facts, &given.knowledge, Judged::All, Instant::now());
        for fix in report.findings.iter().flat_map(|finding| &finding.fixes) {
            assert!(fix.no_line.is_none() || fix.commands.is_empty());
            // Rows of advice hold lines for a Linux shell, pipes and all.
            let own = fix.commands.iter().filter(|command| command.line.words("").is_some());
            own.for_each(|command| holds::is_what_was_meant(&command.line, shell));
        }
        holds::every_format(&report);
    });
});
