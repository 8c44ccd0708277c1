//! What the README and the pages in docs/ print is what the program takes: options by the manual pages, which are the program's own, and the
//! README's commands by running them as they are printed.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{fake, run};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page: those in the root, and those of the book.
fn pages() -> Vec<PathBuf> {
    let named = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];
    let mut pages: Vec<PathBuf> = named.map(|name| project().join(name)).into();
    let mut folders = vec![project().join("docs")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "md" => pages.push(path),
                _ => {}
            }
        }
    }
    pages
}

/// The commands that a page prints: in backquotes, and in blocks.
fn printed(page: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut block = false;
    for line in page.lines() {
        if line.starts_with("```") {
            block = !block;
        } else if block {
            all.extend(line.strip_prefix("$ ").map(str::to_owned));
        } else {
            // Every second part is code; a table writes its pipes with a backslash.
            all.extend(line.split('`').skip(1).step_by(2).map(|code| code.replace("\\|", "|")));
        }
    }
    all.retain(|code| invocation(code).is_some());
    all
}

/// The words behind `gpucheck`, up to what the shell takes.
fn invocation(code: &str) -> Option<&str> {
    let at = match code.starts_with("gpucheck") {
        true => 0,
        false => ["| gpucheck", "&& gpucheck"].iter().find_map(|before| Some(code.find(before)? + before.len() - 8))?,
    };
    let words = code.get(at..)?.strip_prefix("gpucheck")?;
    let words = words.is_empty().then_some(words).or_else(|| words.starts_with(' ').then_some(words))?;
    let ends = [" | ", " > ", " && ", "  #", " ; ", ";"];
    Some(ends.iter().fold(words, |words, end| words.split(end).next().unwrap_or_default()))
}

/// The options that the manual page of a command has, and those of the whole program.
fn options(command: &str) -> String {
    let page = |name: String| fs::read_to_string(project().join("docs/man").join(name)).unwrap_or_default();
    let own = match command {
        "" => page("gpucheck-doctor.1".to_owned()),
        command => page(format!("gpucheck-{}.1", command.replace(' ', "-"))),
    };
    (own + &page("gpucheck.1".to_owned())).replace("\\-", "-")
}

#[test]
fn options_that_pages_print_are_there() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in pages() {
        for command in printed(&fs::read_to_string(&path).unwrap()) {
            let words = invocation(&command).unwrap_or_default();
            // What stands behind `--` is somebody else's command.
            let own: Vec<&str> = words.split_whitespace().take_while(|word| *word != "--").collect();
            let named: Vec<&str> =
                own.iter().copied().take_while(|word| word.chars().all(|c| c.is_ascii_lowercase())).take(2).collect();
            let command_of = |count: usize| named.get(..count).map(|named| named.join(" "));
            let is = |name: &String| {
                project().join("docs/man").join(format!("gpucheck-{}.1", name.replace(' ', "-"))).exists()
            };
            let name = [2, 1].into_iter().filter_map(command_of).find(is).unwrap_or_default();
            let known = options(&name);
            for option in own.iter().filter(|word| word.starts_with("--")) {
                let option = option.split(['=', '|', '/', ',', ')', ']']).next().unwrap_or_default();
                seen += 1;
                if !known.contains(option) {
                    wrong.push(format!("{}: {command}: gpucheck {name} has no {option}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 150, "only {seen} options were found: how the pages are read no longer fits them");
}

/// What the README's commands need: a project with an environment, files, libraries and wheels.
fn place() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme");
    let _ = fs::remove_dir_all(&place);
    let packages = place.join(".venv/lib/python3.11/site-packages");
    let installed = packages.join("torch-2.7.1+cu126.dist-info");
    for folder in
        [&installed, &packages.join("torch"), &place.join("dist"), &place.join("home/project"), &place.join("bin")]
    {
        fs::create_dir_all(folder).unwrap();
    }
    let write = |name: &str, text: &str| fs::write(place.join(name), text).unwrap();
    write(".venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.7\n");
    fs::write(installed.join("METADATA"), "Metadata-Version: 2.1\nName: torch\nVersion: 2.7.1+cu126\n").unwrap();
    fs::write(packages.join("torch/version.py"), "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n").unwrap();
    write("requirements.txt", "torch==2.7.1\n");
    write("home/project/requirements.txt", "torch==2.7.1\n");
    write("Dockerfile", "FROM nvidia/cuda:12.4.1-base-ubuntu22.04\nRUN pip install torch==2.7.1\n");
    write("build.log", "RuntimeError: CUDA error: no kernel image is available for execution on the device\n");
    write("train.py", "raise RuntimeError('CUDA error: no kernel image is available for execution on the device')\n");
    fs::create_dir_all(place.join("reports")).unwrap();
    fs::copy(project().join("tests/fixtures/reports/no-gpu.json"), place.join("reports/no-gpu.json")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_gpucheck"), place.join("libfoo.so")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gpucheck"), place.join("bin/gpucheck")).unwrap();
    // Names of wheels count; what is in them is a library without device code.
    write("foo.py", "");
    for wheel in ["dist/foo-1.0-cp311-cp311-linux_x86_64.whl", "old.whl", "new.whl"] {
        common::succeed(Command::new("python3").args(["-m", "zipfile", "-c", wheel, "foo.py"]).current_dir(&place));
    }
    let git = |arguments: &[&str]| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        common::succeed(Command::new("git").args(who).args(arguments).current_dir(&place));
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "requirements.txt"]);
    git(&["commit", "-q", "-m", "a"]);
    place
}

#[test]
fn the_readmes_commands_run_as_they_are_printed() {
    let place = place();
    let driver = fake::driver("rtx5090-580");
    let path = format!("{}:{}", place.join("bin").display(), env::var("PATH").unwrap());
    // Each with why it is not run.
    let not_run = [
        ("cargo install", "builds"),
        ("docker save", "needs docker"),
        ("gpucheck scan torch==2.7.1", "asks an index"),
        ("gpucheck kb verify", "asks an index"),
        ("gpucheck kb update", "no file is published"),
        ("…", "left out by the page"),
    ];
    let readme = fs::read_to_string(project().join("README.md")).unwrap();
    let commands = printed(&readme);
    let mut ran = 0;
    for command in commands.iter().filter(|command| !not_run.iter().any(|(text, _)| command.contains(text))) {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(&place).env_clear().env("PATH", &path);
        // What is piped into the commands that read a pipe.
        shell.env("HOME", place.join("home")).stdin(fs::File::open(place.join("build.log")).unwrap());
        let (code, _, said) = run(driver.apply(&mut shell));
        // 1 is an answer: the torch of this place is too old for its GPU.
        assert!(matches!(code, 0 | 1), "{command}: exit code {code}: {said}");
        ran += 1;
    }
    assert!(ran > 25, "only {ran} commands were found");
}

/// Headings of a page, as links name them.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let anchor = |heading: &str| {
        let kept = heading
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .collect::<String>();
        kept.replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in pages() {
        let text = fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '\n']).next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") {
                continue;
            }
            seen += 1;
            let target = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            // The book is docs/ alone: what lies beside it is not in it.
            let inside = !path.starts_with(project().join("docs"))
                || target.canonicalize().is_ok_and(|target| target.starts_with(project().join("docs")));
            let there = inside && target.exists();
            let headed =
                anchor.is_empty() || fs::read_to_string(&target).is_ok_and(|target| anchors(&target).contains(anchor));
            if !there || !headed {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 50, "only {seen} links were found");
}

/// A page that the book does not list is a page that mdBook leaves out.
#[test]
fn the_book_lists_every_page() {
    let docs = project().join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<PathBuf> =
        summary.split("](").skip(1).filter_map(|rest| rest.split(')').next()).map(|page| docs.join(page)).collect();
    let there: BTreeSet<PathBuf> =
        pages().into_iter().filter(|page| page.starts_with(&docs) && !page.ends_with("SUMMARY.md")).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in SUMMARY.md: {missing:?}; no page: {gone:?}");
}
