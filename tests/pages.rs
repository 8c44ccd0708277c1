//! Help, man pages and completion scripts are of one command line: each names the same options of each command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use common::{gpucheck, run};

/// Options of each command, `kb show` being one.
type Options = BTreeMap<String, BTreeSet<String>>;

fn said(arguments: &[&str]) -> String {
    let (code, out, err) = run(gpucheck().args(arguments));
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
    out
}

/// The options at the beginning of a line, such as `-q, --quiet` or `--gpu <GPU>`.
fn options(line: &str) -> Vec<String> {
    let words = line.trim_start().split([' ', ',', '=', '.']).filter(|word| !word.is_empty());
    words.take_while(|word| word.starts_with('-')).map(str::to_owned).collect()
}

/// What help says, of gpucheck and each command that it lists.
fn helped() -> Options {
    let mut found = Options::new();
    let mut open = vec![String::new()];
    while let Some(command) = open.pop() {
        let mut words: Vec<&str> = command.split_whitespace().collect();
        words.push("--help");
        let help = said(&words);
        let mut listing = false;
        for line in help.lines() {
            if !line.starts_with(' ') {
                listing = line == "Commands:";
            }
            let name = line.strip_prefix("  ").filter(|line| listing && !line.starts_with(' '));
            if let Some(name) = name.and_then(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
                open.push(format!("{command} {name}").trim().to_owned());
            }
        }
        // Descriptions stand further in than options.
        let lines = help.lines().filter(|line| line.starts_with("  ") && !line.starts_with("        "));
        found.insert(command, lines.flat_map(options).collect());
    }
    found
}

/// What the man pages say: `gpucheck-kb-show.1` is of `kb show`.
fn manned() -> Options {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("new/man1");
    assert_eq!(said(&["man", pages.to_str().unwrap()]), "");
    let read = |path: &std::path::Path| {
        let text = fs::read_to_string(path).unwrap();
        let plain = text.replace("\\fB", "").replace("\\fR", "").replace("\\-", "-");
        let titles = plain.lines().zip(plain.lines().skip(1)).filter(|(before, _)| *before == ".TP");
        titles.flat_map(|(_, line)| options(line)).collect()
    };
    let mut found = Options::new();
    for entry in fs::read_dir(pages).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        found.insert(name.trim_start_matches("gpucheck").trim_start_matches('-').replace('-', " "), read(&path));
    }
    found
}

/// The commands in whose words a script says something: without those of `help`, which have no options.
fn only(known: &Options, found: Options) -> Options {
    found.into_iter().filter(|(command, _)| known.contains_key(command)).collect()
}

fn bash() -> Options {
    let text = said(&["completions", "bash"]);
    let mut found = Options::new();
    let mut command = None;
    for line in text.lines() {
        if let Some(label) = line.trim().strip_suffix(')').and_then(|label| label.strip_prefix("gpucheck")) {
            // Of the arms that have options; the others, "gpucheck,doctor)", only lead to them.
            command = (!label.contains(',')).then(|| label.replace("__subcmd__", " ").trim().to_owned());
        } else if let (Some(words), Some(of)) =
            (line.trim().strip_prefix("opts=\"").and_then(|line| line.strip_suffix('"')), command.take())
        {
            found.insert(of, words.split(' ').filter(|word| word.starts_with('-')).map(str::to_owned).collect());
        }
    }
    found
}

fn zsh() -> Options {
    let text = said(&["completions", "zsh"]);
    let mut found = Options::new();
    let mut path: Vec<String> = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    // Of the labels, those behind `case $state` name no command.
    let mut state = false;
    for line in text.lines() {
        let line = line.trim();
        let label = line.strip_prefix('(').and_then(|line| line.strip_suffix(')'));
        if let Some(name) = label.filter(|label| !label.starts_with('(')) {
            path.push(if std::mem::take(&mut state) { String::new() } else { name.to_owned() });
        } else if line == "case $state in" {
            state = true;
        } else if line == "esac" || line == ";;" {
            // An arm without commands ends at `;;`; one with them at the `;;` behind `esac`.
            if line == ";;" {
                path.pop();
            }
        } else if line.starts_with("_arguments") {
            names = BTreeSet::new();
        } else if line.starts_with("&& ret=0") {
            let words: Vec<&str> = path.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
            found.insert(words.join(" "), std::mem::take(&mut names));
        } else if let Some(spec) = line.strip_prefix(['\'', '"']) {
            // '*-v[…]', '(--gpu)*--target=[…]:MACHINE:'
            let spec = match spec.strip_prefix('(').and_then(|spec| spec.split_once(')')) {
                Some((_, spec)) => spec,
                None => spec,
            };
            names.extend(options(spec.trim_start_matches('*').split(['[', '=', '+']).next().unwrap()));
        }
    }
    found
}

fn fish() -> Options {
    let text = said(&["completions", "fish"]);
    let mut found = Options::new();
    for line in text.lines().filter(|line| line.starts_with("complete -c gpucheck")) {
        let condition = line.split('"').nth(1).unwrap_or_default();
        let mut command: Vec<&str> = Vec::new();
        if let Some(used) = condition.strip_prefix("__fish_gpucheck_using_subcommand ") {
            let mut words = used.split(' ');
            command.extend(words.next());
            // `kb; and __fish_seen_subcommand_from show`; with `not`, the commands below are not given yet.
            if let Some((_, below)) = used.split_once("; and __fish_seen_subcommand_from ") {
                command = vec![command[0].trim_end_matches(';')];
                command.push(below);
            }
            command[0] = command[0].trim_end_matches(';');
        }
        let words: Vec<&str> = line.split(" -d ").next().unwrap().split(' ').collect();
        let names = words.windows(2).filter_map(|pair| match pair {
            ["-s", short] => Some(format!("-{short}")),
            ["-l", long] => Some(format!("--{long}")),
            _ => None,
        });
        found.entry(command.join(" ")).or_default().extend(names);
    }
    found
}

fn powershell() -> Options {
    let text = said(&["completions", "powershell"]);
    let mut found = Options::new();
    let mut command = String::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(label) = line.strip_prefix("'gpucheck").and_then(|line| line.strip_suffix("' {")) {
            command = label.trim_start_matches(';').replace(';', " ");
            found.entry(command.clone()).or_default();
        } else if let Some(name) =
            line.strip_prefix("[CompletionResult]::new('").and_then(|line| line.split('\'').next())
        {
            // A capital letter is told apart by a space behind it.
            found.entry(command.clone()).or_default().extend(options(name));
        }
    }
    found
}

#[test]
fn help_man_and_completions_name_the_same_options() {
    let help = helped();
    assert!(
        help.len() > 12 && help["kb show"].contains("--format") && help[""].contains("--smoke-timeout"),
        "{help:?}"
    );
    for (name, found) in
        [("man", manned()), ("bash", bash()), ("zsh", zsh()), ("fish", fish()), ("powershell", powershell())]
    {
        let found = only(&help, found);
        for (command, options) in &help {
            assert_eq!(found.get(command), Some(options), "{name}: gpucheck {command}");
        }
    }
}

#[test]
fn commands_of_gpucheck_to_itself_are_not_offered() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let text = said(&["completions", shell]);
        assert!(
            text.contains("recommend") && text.contains("gpu-too-new-for-wheel") | (shell == "powershell"),
            "{shell}"
        );
        // In names of functions, two lines lead to each command.
        for hidden in ["__probe", "____smoke", " __smoke", "'__smoke", "\"__smoke"] {
            assert!(!text.contains(hidden), "{shell}: {hidden}");
        }
    }
}

#[test]
fn what_is_printed_is_the_file_that_packages_take() {
    for (shell, file) in
        [("bash", "gpucheck.bash"), ("zsh", "_gpucheck"), ("fish", "gpucheck.fish"), ("powershell", "_gpucheck.ps1")]
    {
        let path = format!("{}/contrib/completions/{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(said(&["completions", shell]) == fs::read_to_string(path).unwrap(), "{shell}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let (code, out, err) = run(gpucheck().arg("man").arg(file.join("man1")));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("cannot create") && err.contains("man1"), "{err}");
    let (code, _, err) = run(gpucheck().args(["completions", "tcsh"]));
    assert!(code == 2 && err.contains("bash, zsh, fish, powershell"), "{err}");
}
