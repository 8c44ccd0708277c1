//! Lines to paste: whatever was read, a shell makes of them the words that were meant, and runs nothing else.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command as Process, Stdio},
    time::Instant,
};

use gpucheck::{
    facts::{Environment, Fact, Facts, ShellKind, Source},
    finding::Command,
    fix::{self, Change, Install, Lines, Plan},
    judge::judge,
    knowledge::Knowledge,
    report::CommandName,
    rules::Judged,
    shell::ShellLine,
};

use super::{
    alphabet::{self, Dice, SHELLS},
    holds::is_what_was_meant,
};

/// Generated environments whose plans are written as lines.
const WRITTEN: u64 = 100_000;
/// Generated environments that are judged, and so many together on one machine.
const JUDGED: u64 = 3_000;
const TOGETHER: u64 = 50;
/// Lines that a real shell runs.
const RUN: usize = 500;

/// Where Python is, in a folder of any name.
fn interpreter(dice: &mut Dice) -> String {
    let folder = dice.text();
    let file = dice.pick(&["bin/python", "bin/python3.12", "Scripts\\python.exe", "bin/python; touch pwned", "x"]);
    format!("{}{folder}/{file}", dice.pick(&["/opt/", "~/", "C:\\", "", "~"]))
}

/// Something to do in an environment, with the names that are in it and others.
fn plan(environment: &Environment, dice: &mut Dice) -> Plan {
    let mut changes = Vec::new();
    for _ in 0..=dice.below(3) {
        let named = dice.below(environment.packages.len() + 2);
        let name = environment.packages.get(named).map_or_else(|| dice.name(), |package| package.name.clone());
        let spec = Some(dice.text()).filter(|_| dice.below(4) == 0);
        let version = Some(if dice.below(4) == 0 { dice.text() } else { "1.0+cu128".to_owned() });
        let version = version.filter(|_| dice.below(5) > 0);
        changes.push(match dice.below(6) {
            0 => Change::Uninstall(name),
            1 => Change::Variable(name.into(), Some(dice.text()).filter(|_| dice.below(3) > 0)),
            2 => Change::Variable("CUDA_VISIBLE_DEVICES".into(), Some(dice.text())),
            3 if dice.below(4) == 0 => Change::NewPython("3.12".parse().unwrap()),
            _ => Change::Install(Install {
                name,
                version,
                spec,
                extras: Some(dice.text()).filter(|_| dice.below(4) == 0).into_iter().collect(),
                build: None,
                requires: Vec::new(),
                apart: false,
                compiled: false,
            }),
        });
    }
    let index = match dice.below(4) {
        0 => Some(format!("{}{}", dice.pick(&["https://download.pytorch.org/", ""]), dice.text())),
        1 => None,
        _ => Some("https://download.pytorch.org/whl/cu128".to_owned()),
    };
    Plan { changes, index, reinstall: dice.below(2) == 0, ..Plan::default() }
}

/// The lines of the fixes that the judges find for generated environments.
fn judged(knowledge: &Knowledge, seed: u64, shell: ShellKind) -> Vec<Command> {
    let mut dice = Dice::new(seed);
    let mut make = |_| {
        let (id, python) = (dice.text(), interpreter(&mut dice));
        alphabet::environment(id, python, &mut dice)
    };
    let environments = (0..TOGETHER).map(&mut make).collect();
    let mut facts = alphabet::facts(environments, &mut Dice::new(seed));
    facts.host.shell = Fact::known(shell, Source::option("--shell"));
    let report = judge(CommandName::Doctor, facts, knowledge, Judged::All, Instant::now());
    let fixes = report.findings.into_iter().flat_map(|finding| finding.fixes);
    let fixes = fixes.inspect(|fix| assert!(fix.no_line.is_none() || fix.commands.is_empty(), "{fix:?}"));
    // Rows of advice hold lines for a Linux shell, pipes and all.
    fixes.flat_map(|fix| fix.commands).filter(|command| command.line.words("").is_some()).collect()
}

#[test]
fn shells_read_the_words_that_were_meant() {
    let mut facts = alphabet::facts(Vec::new(), &mut Dice::new(0));
    let (mut lines, mut refused) = (0, 0);
    for seed in 0..WRITTEN {
        let mut dice = Dice::new(seed);
        let shell = dice.pick(&SHELLS);
        let (id, python) = (dice.text(), interpreter(&mut dice));
        let environment = alphabet::environment(id, python, &mut dice);
        facts.host.shell = Fact::known(shell, Source::option("--shell"));
        match fix::lines(&plan(&environment, &mut dice), Some(&environment), &facts.host) {
            Ok(Lines { commands, .. }) => {
                lines += commands.len();
                commands.iter().for_each(|command| is_what_was_meant(&command.line, shell));
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().contains(gpucheck::text::is_hidden));
            }
        }
    }
    assert!(lines > 10_000 && refused > 10_000, "{lines} lines, {refused} without");
}

#[test]
fn the_lines_of_what_is_found_are_the_words_that_were_meant() {
    let knowledge = Knowledge::builtin().unwrap();
    let mut seen = BTreeSet::new();
    for seed in 0..JUDGED / TOGETHER {
        let shell = SHELLS[seed as usize % SHELLS.len()];
        for command in judged(&knowledge, seed, shell) {
            is_what_was_meant(&command.line, shell);
            seen.insert(command.line.to_string());
        }
    }
    assert!(seen.len() > 500, "only {} lines", seen.len());
}

/// Programs that lines name; each only writes down how it was called.
const PROGRAMS: [&str; 16] = [
    "pip",
    "uv",
    "conda",
    "pixi",
    "poetry",
    "python",
    "python3",
    "python3.12",
    "sudo",
    "apt",
    "docker",
    "touch",
    "id",
    "rm",
    "sh",
    "curl",
];

/// What every recorder does, with what the shell itself can do.
const RECORDER: &str = "#!/bin/sh\nprintf '%s\\0' \"$0\" \"$@\" >> \"$RECORD\"\nprintf '\\1' >> \"$RECORD\"\n";

#[cfg(unix)]
fn record_at(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, RECORDER).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The lines of sh for environments of hostile names in `home`, whose interpreters are there and only write down their calls.
#[cfg(unix)]
fn lines_to_run(home: &Path) -> Vec<ShellLine> {
    let mut facts: Facts = alphabet::facts(Vec::new(), &mut Dice::new(0));
    facts.host.shell = Fact::known(ShellKind::Sh, Source::option("--shell"));
    let mut lines = Vec::new();
    for seed in 0.. {
        let mut dice = Dice::new(1_000_000 + seed);
        let folder = dice.text().replace(['/', '\n'], "_");
        let python: PathBuf = home.join(format!("e{folder}")).join("bin/python3.12");
        let typed = match dice.below(2) {
            0 => python.display().to_string(),
            _ => format!("~/e{folder}/bin/python3.12"),
        };
        let environment = alphabet::environment(dice.text(), typed, &mut dice);
        let Ok(Lines { commands, .. }) = fix::lines(&plan(&environment, &mut dice), Some(&environment), &facts.host)
        else {
            continue;
        };
        let runs = commands.into_iter().map(|command| command.line).filter(|line| line.words("").is_some());
        let before = lines.len();
        lines.extend(runs);
        if lines.len() > before {
            record_at(&python);
        }
        if lines.len() >= RUN {
            return lines;
        }
    }
    lines
}

#[cfg(unix)]
#[test]
fn a_real_shell_runs_what_was_meant_and_nothing_else() {
    use std::os::unix::{fs::MetadataExt, process::CommandExt};

    let place = tempfile::tempdir_in("/tmp").unwrap();
    let [bin, home, work, record] = ["bin", "home", "work", "record"].map(|name| place.path().join(name));
    for folder in [&bin, &home, &work] {
        fs::create_dir_all(folder).unwrap();
    }
    PROGRAMS.iter().for_each(|name| record_at(&bin.join(name)));
    fs::write(&record, "").unwrap();
    // As nobody, where the test may become it.
    let root = fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0);
    if root {
        std::os::unix::fs::chown(&work, Some(65534), Some(65534)).unwrap();
        std::os::unix::fs::chown(&record, Some(65534), Some(65534)).unwrap();
        let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        fs::set_permissions(place.path(), open).unwrap();
    }
    let lines = lines_to_run(&home);
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    for line in &lines {
        let mut shell = Process::new("/bin/sh");
        shell.arg("-c").arg(line.as_str()).current_dir(&work).stdin(Stdio::null()).env_clear();
        shell.env("PATH", &bin).env("HOME", &home).env("RECORD", &record);
        if root {
            shell.uid(65534).gid(65534);
        }
        let output = shell.output().unwrap();
        let written = String::from_utf8(fs::read(&record).unwrap()).unwrap();
        let calls: Vec<Vec<String>> = written
            .split_terminator('\u{1}')
            .map(|call| call.split_terminator('\0').map(str::to_owned).collect())
            .collect();
        let mut meant = line.words(home.to_str().unwrap()).unwrap();
        // What lies in a folder of its own is not there to be run: the shell says so, and runs nothing.
        let there = PROGRAMS.contains(&meant[0].as_str()) || Path::new(&meant[0]).is_file();
        if there {
            let [called] = calls.as_slice() else { panic!("{line}: {calls:?} {output:?}") };
            meant[0] = name(&meant[0]);
            assert_eq!([vec![name(&called[0])], called[1..].to_vec()].concat(), meant, "{line}");
        } else {
            assert!(calls.is_empty(), "{line}: {calls:?}");
        }
        fs::write(&record, "").unwrap();
    }
    let left: Vec<_> = fs::read_dir(&work).unwrap().collect();
    assert!(left.is_empty() && lines.len() >= RUN, "{left:?}");
}

#[test]
fn the_lines_of_the_patients_are_words() {
    let knowledge = Knowledge::builtin().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let saved: serde_json::Value = serde_json::from_str(&text).unwrap();
        for shell in SHELLS {
            let mut facts: Facts = serde_json::from_value(saved["facts"].clone()).unwrap();
            facts.host.shell = Fact::known(shell, Source::option("--shell"));
            let report = judge(CommandName::Doctor, facts, &knowledge, Judged::All, Instant::now());
            let fixes = report.findings.iter().flat_map(|finding| &finding.fixes);
            let lines = fixes.flat_map(|fix| &fix.commands).filter(|command| command.line.words("").is_some());
            count += lines.inspect(|command| is_what_was_meant(&command.line, shell)).count();
        }
    }
    assert!(count >= 6, "{count} lines");
}
