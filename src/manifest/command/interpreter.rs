//! Which Python a command makes an environment with, installs or calls: `uv venv --python 3.12`, `python3.11 -m venv`, `pip3.11 install`,
//! `apt-get install python3.11`, `pyenv global 3.11`. What is installed afterwards is for that one, whatever the image has.

use super::{CommandWord, Scene, program};
use crate::facts::PythonVersion;

/// What a command says of the Python that is used from there on.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// It is this one.
    Is(PythonVersion),
    /// It is another than before, of a version that is not known.
    IsAnother,
}

/// Keeps the Python that a command chooses, if it chooses one. `uv_python`: the value of `UV_PYTHON`, if there is one.
pub fn note(words: &[CommandWord], uv_python: Option<&str>, scene: &mut Scene<'_, '_>) {
    let Some((first, rest)) = words.split_first() else { return };
    match said(program(&first.text), rest, uv_python) {
        Some(Said::Is(python)) => scene.sheet.python(python, &first.at),
        Some(Said::IsAnother) => scene.sheet.another_python(),
        None => {}
    }
}

fn said(name: &str, rest: &[CommandWord], uv_python: Option<&str>) -> Option<Said> {
    let has = |text: &str| rest.iter().any(|word| word.text == text);
    match name {
        "uv" => of_uv(rest, uv_python),
        "virtualenv" => option(rest).and_then(chosen),
        // Windows' launcher: `py -3.11 -m venv`.
        "py" => {
            let version = rest.first()?.text.strip_prefix('-')?;
            calls_pip_or_venv(rest).then(|| version.parse().ok().map(Said::Is))?
        }
        "apt" | "apt-get" | "dnf" | "yum" | "microdnf" | "zypper" if has("install") => of_one(rest, packaged),
        "pyenv" if has("global") || has("local") || has("install") => of_one(rest, named),
        "update-alternatives" | "ln" => {
            // What `python3` or `python` is from here on.
            let is_plain = |word: &CommandWord| matches!(program(&word.text), "python" | "python3");
            rest.iter().any(is_plain).then(|| of_one(rest, named_in_full))?
        }
        _ if name.starts_with("pip") => named(name.strip_prefix("pip")?).map(Said::Is),
        _ if name.starts_with("python") && calls_pip_or_venv(rest) => named_in_full(name).map(Said::Is),
        _ => None,
    }
}

/// Whether a Python is called for what installs, or for what makes an environment.
fn calls_pip_or_venv(rest: &[CommandWord]) -> bool {
    let module = rest.iter().position(|word| word.text == "-m").and_then(|at| rest.get(at + 1));
    module.is_some_and(|module| ["pip", "venv", "virtualenv", "ensurepip", "uv"].contains(&module.text.as_str()))
}

fn of_uv(rest: &[CommandWord], uv_python: Option<&str>) -> Option<Said> {
    let mut plain = rest.iter().filter(|word| !word.text.starts_with('-'));
    match plain.next()?.text.as_str() {
        "venv" | "sync" | "run" | "add" | "pip" => match option(rest) {
            Some(word) => chosen(word),
            None => uv_python.and_then(named).map(Said::Is),
        },
        "python" if plain.next().is_some_and(|verb| matches!(verb.text.as_str(), "install" | "pin")) => {
            of_one(rest, named)
        }
        _ => None,
    }
}

/// The value of `--python` or `-p`, as uv and virtualenv have them.
fn option(rest: &[CommandWord]) -> Option<CommandWord> {
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if matches!(word.text.as_str(), "--python" | "-p") {
            // A variable that is empty leaves no word: the next option follows.
            let value = words.next().filter(|value| !value.text.starts_with('-'));
            return Some(value.cloned().unwrap_or_else(|| CommandWord { text: String::new(), ..word.clone() }));
        }
        if let Some(value) = word.text.strip_prefix("--python=") {
            return Some(CommandWord { text: value.to_owned(), ..word.clone() });
        }
    }
    None
}

/// The Python that a value names. A name or a path without a version says nothing.
fn chosen(word: CommandWord) -> Option<Said> {
    match word.unknown {
        Some(_) => Some(Said::IsAnother),
        // The default of a build's argument that has to be given.
        None if word.text.is_empty() => Some(Said::IsAnother),
        None => named(&word.text).map(Said::Is),
    }
}

/// The one Python that the words name; another, if they name several.
fn of_one(words: &[CommandWord], read: fn(&str) -> Option<PythonVersion>) -> Option<Said> {
    let is_open = |word: &CommandWord| word.unknown.is_some() && word.text.contains("python");
    let mut found: Vec<PythonVersion> = words.iter().filter_map(|word| read(&word.text)).collect();
    found.dedup();
    match found.as_slice() {
        [] => words.iter().any(is_open).then_some(Said::IsAnother),
        [one] => Some(Said::Is(*one)),
        _ => Some(Said::IsAnother),
    }
}

/// `3.11`, `3.11.9`, `python3.11`, `cpython-3.11`, `/usr/bin/python3.11`.
fn named(text: &str) -> Option<PythonVersion> {
    let name = program(text);
    let name = name.strip_prefix("cpython").map_or(name, |rest| rest.trim_start_matches(['-', '@']));
    let name = name.strip_prefix("python").unwrap_or(name);
    // What stands behind the version says of which build it is.
    let version = name.split(['-', '+']).next().unwrap_or(name);
    version.starts_with(['2', '3']).then(|| version.parse().ok())?
}

/// The same where a bare version is something else.
fn named_in_full(text: &str) -> Option<PythonVersion> {
    program(text).starts_with("python").then(|| named(text))?
}

/// A system's package with an interpreter or with what it brings: `python3.11`, `python3.11-venv`, `python3.11-dev`, Fedora's `python311`.
fn packaged(text: &str) -> Option<PythonVersion> {
    let name = text.split('=').next().unwrap_or(text);
    let (version, what) = name.strip_prefix("python")?.split_once('-').unwrap_or((name.strip_prefix("python")?, ""));
    let is_it = ["", "dev", "devel", "venv", "distutils", "full", "minimal", "pip"].contains(&what);
    let version = match version.strip_prefix('3') {
        Some(minor) if minor.bytes().all(|byte| byte.is_ascii_digit()) && !minor.is_empty() => format!("3.{minor}"),
        _ => version.to_owned(),
    };
    is_it.then(|| version.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Location;

    #[test]
    fn commands_that_choose_a_python() {
        let at = Location { path: "a".into(), line: 1, column: 1 };
        let said = |text: &str| {
            let words: Vec<CommandWord> = text
                .split(' ')
                .map(|word| CommandWord {
                    text: word.to_owned(),
                    at: at.clone(),
                    unknown: word.contains('$').then(|| "V".to_owned()),
                })
                .collect();
            let (first, rest) = words.split_first().unwrap();
            match said(program(&first.text), rest, None) {
                Some(Said::Is(python)) => python.to_string(),
                Some(Said::IsAnother) => "another".to_owned(),
                None => "-".to_owned(),
            }
        };
        for (text, python) in [
            ("uv venv --python 3.10 --seed /opt/venv", "3.10"),
            ("uv venv -p python3.12", "3.12"),
            ("uv venv --python=cpython-3.11.9-linux-x86_64-gnu", "3.11"),
            ("uv venv /opt/3.9", "-"),
            ("uv venv --python $V", "another"),
            ("uv venv --python --seed /opt/venv", "another"),
            ("uv pip install --python /opt/venv/bin/python torch", "-"),
            ("uv pip install --python 3.12 torch==2.6.0", "3.12"),
            ("uv python install 3.12", "3.12"),
            ("uv python install 3.11 3.12", "another"),
            ("uv tool install --python 3.12 ruff", "-"),
            ("python3.11 -m venv /venv", "3.11"),
            ("/usr/bin/python3.11 -m pip install torch", "3.11"),
            ("python3.11 setup.py install", "-"),
            ("python3 -m venv /venv", "-"),
            ("pip3.11 install torch", "3.11"),
            ("pip3 install torch==3.11", "-"),
            ("py -3.10 -m venv venv", "3.10"),
            ("virtualenv -p python3.8 venv", "3.8"),
            ("apt-get install -y python3.11 python3.11-venv python3.11-dev libfoo", "3.11"),
            ("apt-get install python3.10 python3.12", "another"),
            ("apt-get install python$V", "another"),
            ("apt-get install python3 python3-pip python3-dev", "-"),
            ("dnf install python311 python3-pip", "3.11"),
            ("ln -s /usr/bin/python3.12 /usr/bin/python", "3.12"),
            ("update-alternatives --install /usr/bin/python3 python3 /usr/bin/python3.10 1", "3.10"),
            ("ln -s /usr/lib/x-3.12 /usr/lib/x", "-"),
            ("pyenv global 3.11.7", "3.11"),
        ] {
            assert_eq!(said(text), python, "{text}");
        }
    }
}
