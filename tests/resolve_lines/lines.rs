//! What a line to paste asks of which tool: lines of sh and PowerShell, read as those shells read them.

use gpucheck::facts::PythonVersion;

/// What a line does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// `pip install` or `uv pip install`: the words after it, without the interpreter that it is for.
    Install(Vec<String>),
    /// `uv add`: the words after it, without the project that it is for.
    Add(Vec<String>),
    /// A new environment with this Python, in which the lines after it install.
    NewPython(PythonVersion),
    /// Something that installs nothing from an index: removal, a variable, the system's own packages. What it is, in a word.
    Other(&'static str),
    /// An installation that compiles, or comes from an address: no index of wheels can say what it gives.
    Source,
    /// A tool with a resolver of its own, or channels that the test does not have: read, not resolved. Which.
    Read(&'static str),
}

/// Reads a line.
///
/// # Errors
/// When no shell would make words of it, or they are no command that is known here.
pub fn read(line: &str, powershell: bool) -> Result<Asks, String> {
    let words = if powershell { powershell_words(line) } else { shlex::split(line) };
    let words = words.ok_or_else(|| format!("no words: {line}"))?;
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    let variable = |word: &&str| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
        })
    };
    let compiles = words.first().is_some_and(variable) && words.len() > 1;
    while words.len() > 1 && words.first().is_some_and(variable) {
        words.remove(0);
    }
    if let ["conda", "run", "--name", _, rest @ ..] | ["RUN", rest @ ..] = &words[..] {
        words = rest.to_vec();
    }
    let asks = match &words[..] {
        [name, ..] if name.starts_with("$env:") || name.starts_with("Remove-Item") || variable(name) => {
            Asks::Other("variable")
        }
        ["export" | "unset", ..] => Asks::Other("variable"),
        ["sudo" | "docker" | "cd" | "git" | "nvidia-smi" | "wsl" | "ls" | "cat" | "dmesg" | "mokutil" | "rm", ..] => {
            Asks::Other("system")
        }
        ["uv", "pip", "install", rest @ ..] => install(rest),
        ["uv", "pip", "uninstall", ..] | ["uv", "remove", ..] => Asks::Other("removal"),
        ["uv", "sync", ..] => Asks::Other("sync"),
        ["uv", "add", rest @ ..] => Asks::Add(without(rest, "--project")),
        ["uv", "venv", "--python", python, _] => Asks::NewPython(number(python)?),
        ["conda" | "mamba" | "micromamba", "create", rest @ ..] => {
            let python = rest.iter().find_map(|word| word.strip_prefix("python="));
            Asks::NewPython(number(python.ok_or_else(|| format!("no Python: {line}"))?)?)
        }
        ["conda" | "mamba" | "micromamba", "remove", ..] | ["pixi", "remove", ..] => Asks::Other("removal"),
        ["conda" | "mamba" | "micromamba", "install" | "update", ..] => Asks::Read("conda"),
        ["pixi", "add" | "reinstall" | "install" | "init", ..] => Asks::Read("pixi"),
        ["poetry", "add" | "source" | "env", ..] => Asks::Read("poetry"),
        ["poetry", "remove", ..] => Asks::Other("removal"),
        ["FROM", image] => Asks::NewPython(number(image.trim_start_matches("python:").trim_end_matches("-slim"))?),
        // With whatever Python is there.
        ["python3" | "py" | "python", "-m", "venv", _] => Asks::Other("environment"),
        [python, "-m", "venv", _] if python.contains(['/', '\\']) => Asks::Other("environment"),
        [python, "-m", "venv", _] => Asks::NewPython(number(python.trim_start_matches("python"))?),
        ["py", python, "-m", "venv", _] => Asks::NewPython(number(python.trim_start_matches('-'))?),
        [_, "-m", "pip", rest @ ..] | ["pip", rest @ ..] => {
            match &without(rest, "--python").iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["install", rest @ ..] => install(rest),
                ["uninstall", ..] => Asks::Other("removal"),
                _ => return Err(format!("no command of pip: {line}")),
            }
        }
        _ => return Err(format!("no tool that is known: {line}")),
    };
    Ok(if compiles && matches!(asks, Asks::Install(_)) { Asks::Source } else { asks })
}

fn install(words: &[&str]) -> Asks {
    let compiled = |word: &&str| word.contains("://") && !word.starts_with("https://download.pytorch.org/whl/");
    let source = ["--no-build-isolation", "--no-binary", "--find-links"];
    if words.iter().any(|word| source.contains(word) || compiled(word)) {
        return Asks::Source;
    }
    let mut words = without(words, "--python");
    words.retain(|word| word != "--break-system-packages");
    Asks::Install(words)
}

/// The words without an option and its value.
fn without(words: &[&str], option: &str) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == option {
            words.next();
        } else {
            kept.push((*word).to_owned());
        }
    }
    kept
}

fn number(text: &str) -> Result<PythonVersion, String> {
    text.parse().map_err(|_| format!("no Python: {text}"))
}

/// Words as PowerShell makes them of what gpucheck writes: bare, in single quotes with `''` for one, in double quotes with backticks.
fn powershell_words(line: &str) -> Option<Vec<String>> {
    let line = line.strip_prefix("& ").unwrap_or(line);
    let (mut words, mut word, mut open) = (Vec::new(), None::<String>, None::<char>);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let current = |word: &mut Option<String>, letter: char| word.get_or_insert_default().push(letter);
        match (open, letter) {
            (Some('\''), '\'') if letters.peek() == Some(&'\'') => current(&mut word, letters.next()?),
            (Some(quote), letter) if letter == quote => open = None,
            (None | Some('"'), '`') => current(&mut word, letters.next()?),
            (None, '\'' | '"') => {
                open = Some(letter);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, letter) => current(&mut word, letter),
        }
    }
    words.extend(word);
    open.is_none().then_some(words)
}
