//! `docs/questions.md` and the guides of the book: every command in them prints what stands there. `UPDATE_SNAPSHOTS=1` writes the answers anew;
//! what goes over the network is not asked again.
//!
//! A page says in comments what a reader does not need: `<!-- file: NAME -->` before a block that is a file of the page's folder,
//! `<!-- copy: FROM TO -->` a file of the tree there, `<!-- run: COMMAND -->` what is run in place of the command that stands below (a
//! saved report in place of a machine, `$TREE` is the repository), `<!-- not run: WHY -->`. A line `…` stands for what a page leaves out.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use common::run;
use gpucheck::knowledge::Knowledge;

/// The newest release of torch in the rows that the pages were written with.
const NEWEST_ON_PAGES: &str = "2.15.0";

fn tree() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder with the program in `bin`.
fn place(page: &Path) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guides").join(page.file_stem().unwrap());
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gpucheck"), place.join("bin/gpucheck")).unwrap();
    place
}

/// What a command prints, without the end of its last line.
fn said(command: &str, place: &Path) -> String {
    // Nothing else is on PATH: the tools of this machine are none of the pages'.
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).current_dir(place).env_clear().stdin(Stdio::null());
    shell.env("PATH", place.join("bin")).env("HOME", place).env("TREE", tree());
    let (code, out, err) = run(&mut shell);
    assert!(code < 2 && err.is_empty(), "{command}: {code} {err}");
    out.trim_end().to_owned()
}

/// Whether a page's answer is what was said, with something, or nothing, in place of each `…`. With a release that is newer than the pages their
/// numbers do not count: the release is one row, and the pages may wait for the next hand that writes them anew.
fn agrees(answer: &[&str], said: &[&str], numbers: bool) -> bool {
    let same = |line: &str, other: &str| match numbers {
        true => line == other,
        false => words(line) == words(other),
    };
    match answer.split_first() {
        None => said.is_empty(),
        Some((&"…", answer)) => (0..=said.len()).any(|from| agrees(answer, &said[from..], numbers)),
        Some((line, answer)) => {
            said.split_first().is_some_and(|(first, said)| same(first, line) && agrees(answer, said, numbers))
        }
    }
}

/// A line without its numbers and blanks.
fn words(line: &str) -> String {
    line.chars().filter(|letter| !letter.is_ascii_digit() && !letter.is_whitespace() && *letter != '.').collect()
}

/// What is said of the next block.
enum Note<'p> {
    File(&'p str),
    Run(&'p str),
    NotRun,
    Nothing,
}

/// The page as it has to be, and how many commands of it ran.
fn made(path: &Path) -> (String, usize) {
    let page = fs::read_to_string(path).unwrap();
    let place = place(path);
    let knowledge = Knowledge::builtin().unwrap();
    let numbers = knowledge.newest_torch().is_some_and(|newest| newest.version == NEWEST_ON_PAGES);
    let write = |name: &str, bytes: &[u8]| {
        let file = place.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    };
    let (mut made, mut ran, mut note) = (Vec::new(), 0, Note::Nothing);
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        made.push(line.to_owned());
        if let Some(said) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) {
            let (kind, what) = said.split_once(": ").unwrap();
            note = match kind {
                "file" => Note::File(what),
                "run" => Note::Run(what),
                "not run" => Note::NotRun,
                "copy" => {
                    let (from, to) = what.split_once(' ').unwrap();
                    write(to, &fs::read(tree().join(from)).unwrap());
                    Note::Nothing
                }
                _ => panic!("{}: {line}", path.display()),
            };
        }
        if !line.starts_with("```") {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let command = block.first().and_then(|first| first.strip_prefix("$ ")).filter(|_| line == "```console");
        match (std::mem::replace(&mut note, Note::Nothing), command) {
            (Note::File(name), _) => write(name, (block.join("\n") + "\n").as_bytes()),
            (note @ (Note::Run(_) | Note::Nothing), Some(typed)) => {
                let out = said(if let Note::Run(instead) = note { instead } else { typed }, &place);
                let out: Vec<&str> = out.lines().collect();
                let agree = agrees(&block[1..], &out, numbers);
                made.push(block[0].to_owned());
                made.extend(if agree { &block[1..] } else { &out[..] }.iter().map(|line| (*line).to_owned()));
                made.push("```".to_owned());
                ran += 1;
                continue;
            }
            _ => {}
        }
        made.extend(block.into_iter().chain(["```"]).map(str::to_owned));
    }
    (made.join("\n") + "\n", ran)
}

#[test]
fn the_answers_are_as_the_pages_say() {
    let guides = fs::read_dir(tree().join("docs/guides")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<PathBuf> = guides.chain([tree().join("docs/questions.md")]).collect();
    let (mut ran, mut stale) = (0, Vec::new());
    for path in pages {
        let (made, commands) = made(&path);
        ran += commands;
        if made != fs::read_to_string(&path).unwrap() {
            if env::var_os("UPDATE_SNAPSHOTS").is_some() {
                fs::write(&path, &made).unwrap();
            }
            stale.push(path);
        }
    }
    assert!(stale.is_empty(), "UPDATE_SNAPSHOTS=1 writes the answers anew, to be shortened again by hand: {stale:?}");
    assert!(ran >= 35, "{ran} commands");
}
