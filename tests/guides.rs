//! docs/questions.md: every command in it prints what stands there. `UPDATE_SNAPSHOTS=1` writes the answers anew; those over the network are
//! not asked again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::{gpucheck, run};

/// The words of a line of the page: quotes are the shell's.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(end) if c == end => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == ' ' => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_answers_are_as_the_page_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/questions.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut made = String::new();
    let mut asked = 0;
    let mut rest = page.as_str();
    while let Some((before, block)) = rest.split_once("```console\n$ gpucheck ") {
        let (line, answer) = block.split_once('\n').unwrap();
        let (_, behind) = answer.split_once("```").unwrap();
        let (code, out, err) = run(gpucheck().args(words(line)));
        assert!(code < 2 && err.is_empty(), "{line}: {code} {err}");
        made += &format!("{before}```console\n$ gpucheck {line}\n{}\n```", out.trim_end());
        rest = behind;
        asked += 1;
    }
    made += rest;
    assert!(asked >= 8, "{asked} questions");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    assert_eq!(made, page, "UPDATE_SNAPSHOTS=1 writes the page anew");
}
