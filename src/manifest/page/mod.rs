//! Pages in Markdown and reStructuredText: the commands that they tell people to type, in order. Where a page offers several ways, each that
//! installs PyTorch for itself is an environment of its own, with all that the page says for every way.
//!
//! `blocks` finds the code on a page, `says` what its prose says, by the things that `words` knows by their names.

mod blocks;
mod says;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use self::blocks::Block;
use super::{
    Format, Reading, Sheet, Text,
    command::{self, Files, Scene},
    shell::{self, Language, Script},
    ways,
};
use crate::facts::{GapWeight, Os, Request, RequestRole};

/// Ways beyond these many are not read.
const MAX_WAYS: usize = 16;

/// The format.
pub struct Page;

impl Format for Page {
    fn name(&self) -> &'static str {
        "page"
    }

    fn is_aside(&self) -> bool {
        true
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        matches!(ending, "md" | "markdown" | "mdx" | "rst")
            || ending == "txt" && !name.contains("requirement") && !name.contains("constraint") && is_page(&text.text)
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let units = units(text, reading);
        let sheets = match units.is_empty() {
            true => Vec::new(),
            false => each(text, &units, reading),
        };
        if let (true, Some(section)) = (sheets.is_empty(), &reading.choices.section) {
            let mut sheet = Sheet::new(&text.shown, &text.shown);
            sheet.gap(
                format!("a section '{section}' of {} that installs something", text.shown),
                GapWeight::Decides,
                text.at(0),
            );
            reading.sheets.push(sheet);
        }
        reading.sheets.extend(sheets);
        files(text, reading);
        if reading.choices.section.is_none() {
            statements(text, reading);
        }
    }
}

/// Whether a text without the name of a page is one: it has a heading and code between fences.
fn is_page(text: &str) -> bool {
    let begins = |sign: &str| text.lines().take(2_000).any(|line| line.trim_start().starts_with(sign));
    begins("```") && ["# ", "## ", "### "].into_iter().any(begins)
}

/// Commands that belong together.
struct Unit {
    block: Block,
    language: Language,
    script: Script,
    /// Whether they install PyTorch by its name.
    torch: bool,
    /// A comment above them.
    comment: Option<String>,
}

/// The commands of a page.
fn units(text: &Text, reading: &mut Reading<'_>) -> Vec<Unit> {
    let mut units = Vec::new();
    for block in blocks::read(text) {
        if !is_for(&block, reading) {
            continue;
        }
        let Some(language) = language(&block) else { continue };
        let script = blocks::typed(&block.script);
        for (comment, script) in parts(&script, language) {
            if !installs(&script.text) {
                continue;
            }
            let sheet = run(text, &[(language, &script)], &BTreeMap::new(), reading);
            let is_torch = |request: &Request| request.name == "torch" && request.role == RequestRole::Wanted;
            let torch = sheet.environment.steps.iter().any(|step| step.requests.iter().any(is_torch));
            units.push(Unit { block: block.clone(), language, script, torch, comment });
        }
    }
    // Code inside of a line is an aside where the page has whole blocks.
    if units.iter().any(|unit| !unit.block.inline) {
        units.retain(|unit| !unit.block.inline);
    }
    units
}

/// The shell that a block is for; nothing for code that is none of a shell.
fn language(block: &Block) -> Option<Language> {
    match block.language.as_str() {
        "powershell" | "pwsh" | "ps1" | "ps" => Some(Language::PowerShell),
        "cmd" | "bat" | "batch" | "dos" | "batchfile" => Some(Language::Batch),
        "" | "bash" | "sh" | "shell" | "zsh" | "console" | "shell-session" | "shellsession" | "terminal" | "text"
        | "txt" | "none" | "commandline" | "plaintext" | "code" | "code-block" | "fish" | "docker" | "dockerfile" => {
            Some(Language::Shell)
        }
        _ => None,
    }
}

/// Whether text has a command that installs something.
fn installs(text: &str) -> bool {
    let tools = ["pip", "uv", "conda", "mamba", "micromamba", "poetry", "pixi", "pip3", "docker"];
    text.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_tool = |word: &&str| tools.contains(&command::program(word.trim_matches(['"', '\''])));
        let verbs = ["install", "sync", "add", "create", "build", "update"];
        words.iter().take(12).any(is_tool) && words.iter().any(|word| verbs.contains(word))
    })
}

/// Parts of a block that each install PyTorch below a comment of their own are ways: they are told apart.
fn parts(script: &Script, language: Language) -> Vec<(Option<String>, Script)> {
    let mark = if language == Language::Batch { "::" } else { "#" };
    let names = |line: &str| installs(line) && line.contains("torch");
    if script.text.lines().filter(|line| names(line)).count() < 2 {
        return vec![(None, script.clone())];
    }
    let mut parts: Vec<(Option<String>, Script)> = vec![(None, Script::default())];
    let (mut at, mut comment, mut goes_on) = (0, None, false);
    for line in script.text.split_inclusive('\n') {
        let piece = script.part(at, at + line.len());
        at += line.len();
        let trimmed = line.trim();
        if let Some(said) = trimmed.strip_prefix(mark).filter(|_| !goes_on) {
            comment = Some(said.trim_start_matches(mark).trim().to_owned()).filter(|said| !said.is_empty());
            continue;
        }
        let fresh = names(line) && !goes_on;
        let had_torch = parts.last().is_some_and(|(_, part)| part.text.lines().any(names));
        // `pip install torch` and `pip install torchvision` on lines that follow each other belong together.
        if fresh
            && (comment.is_some() || had_torch && trimmed.contains("torch ") | trimmed.contains("torch=="))
            && parts.len() < 32
        {
            parts.push((comment.take(), Script::default()));
        }
        if let Some((_, part)) = parts.last_mut() {
            part.append(&piece);
        }
        goes_on = trimmed.ends_with(['\\', '^', '`']);
    }
    parts
}

/// Whether a block is for the system that is judged, and of the section that was chosen.
fn is_for(block: &Block, reading: &Reading<'_>) -> bool {
    if let Some(section) = &reading.choices.section {
        let wanted = section.to_lowercase();
        let same = block.headings.iter().any(|(_, heading)| heading.to_lowercase() == wanted);
        let like = block.headings.iter().any(|(_, heading)| heading.to_lowercase().contains(&wanted));
        return same || like;
    }
    let Some(os) = reading.choices.platform.map(|platform| platform.os) else { return true };
    block.headings.iter().all(|(_, heading)| {
        let heading = heading.to_lowercase();
        let named = |names: &[&str]| names.iter().any(|name| heading.contains(name));
        let (windows, linux, mac) =
            (named(&["windows"]), named(&["linux", "ubuntu", "wsl"]), named(&["macos", "mac os", "apple"]));
        match os {
            Os::Windows => windows || !(linux || mac),
            Os::Linux => linux || !(windows || mac),
            _ => mac || !(windows || linux),
        }
    })
}

/// The environments of a page, one for each way.
fn each(text: &Text, units: &[Unit], reading: &mut Reading<'_>) -> Vec<Sheet> {
    let torch: Vec<usize> = units.iter().enumerate().filter(|(_, unit)| unit.torch).map(|(number, _)| number).collect();
    let ways: Vec<Option<usize>> = match torch.len() {
        0 => vec![None],
        _ => torch.iter().take(MAX_WAYS).map(|number| Some(*number)).collect(),
    };
    let mut found: Vec<(String, Sheet)> = Vec::new();
    for way in ways {
        let of_other_way = |number: usize, unit: &Unit| {
            let Some(own) = way.and_then(|number| units.get(number)) else { return false };
            torch.iter().filter(|other| Some(**other) != way).any(|other| {
                let section = units.get(*other).and_then(|other| apart(&other.block, &own.block));
                *other == number
                    || section.is_some_and(|section| unit.block.headings.iter().any(|(id, _)| *id == section))
            })
        };
        let scripts: Vec<(Language, &Script)> = units
            .iter()
            .enumerate()
            .filter(|(number, unit)| !of_other_way(*number, unit))
            .map(|(_, unit)| (unit.language, &unit.script))
            .collect();
        let label = way.and_then(|number| units.get(number)).map_or_else(String::new, |unit| {
            let heading = unit.block.headings.last().map(|(_, heading)| heading.clone());
            let said = unit.comment.clone().or(heading).unwrap_or_default();
            match said.is_empty() {
                true => format!("line {}", unit.script.at(0).line),
                false => format!("{said}, line {}", unit.script.at(0).line),
            }
        });
        for sheet in ways::each(reading, |reading, chosen| run(text, &scripts, &chosen.set, reading)) {
            found.push((label.clone(), sheet));
        }
    }
    let elsewhere = |(label, sheet): &(String, Sheet)| {
        let mut words = label.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
        words.any(|word| ways::is_other_hardware(&word)) || ways::asks_elsewhere(sheet)
    };
    if found.iter().any(|one| !elsewhere(one)) {
        found.retain(|one| !elsewhere(one));
    }
    let several = found.len() > 1;
    let mut known = BTreeSet::new();
    let mut sheets = Vec::new();
    for (label, mut sheet) in found {
        if several {
            let id = sheet.environment.id.replacen(&text.shown, &format!("{} ({label})", text.shown), 1);
            sheet.environment.id = id;
        }
        if !sheet.is_empty() && known.insert(format!("{:?}", sheet.environment.steps)) {
            sheets.push(sheet);
        }
    }
    sheets
}

/// The largest section that one part of a page stands in and the other does not.
fn apart(one: &Block, other: &Block) -> Option<usize> {
    one.headings.iter().map(|(id, _)| *id).find(|id| !other.headings.iter().any(|(there, _)| there == id))
}

/// Reads commands one after the other in one environment.
fn run(
    text: &Text,
    scripts: &[(Language, &Script)],
    chosen: &BTreeMap<String, String>,
    reading: &mut Reading<'_>,
) -> Sheet {
    let mut sheet = Sheet::new(&text.shown, &text.shown);
    let mut variables = shell::Variables::chosen(chosen, &reading.choices.set);
    let mut cloned = false;
    let mut scene = Scene {
        reading,
        sheet: &mut sheet,
        folder: text.folder().to_owned(),
        variables: BTreeMap::new(),
        files: Files::default(),
    };
    for (language, script) in scripts {
        let mut script = (*script).clone();
        // The page lies in what it tells people to clone first.
        if let Some(own) = script.text.find("git clone ").filter(|_| !cloned) {
            cloned = true;
            let folder = script.text.get(own..).and_then(|rest| rest.split_whitespace().nth(2)).map(str::to_owned);
            let name = folder
                .unwrap_or_default()
                .trim_end_matches('/')
                .trim_end_matches(".git")
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned();
            script.text.replace_range(own..own + 9, ":        ");
            for sign in ["cd ", "cd ./"] {
                if let Some(at) = script.text.find(&format!("{sign}{name}")).filter(|_| !name.is_empty()) {
                    script.text.replace_range(at..at + 2, ": ");
                    break;
                }
            }
        }
        shell::run_as(*language, &script, &mut variables, &mut scene);
    }
    sheet
}

/// What the page says besides, which is no environment: it is judged by itself.
fn statements(text: &Text, reading: &mut Reading<'_>) {
    let said = says::read(text);
    if said.is_empty() {
        return;
    }
    let mut sheet = Sheet::new(format!("{} (statements)", text.shown), &text.shown);
    said.into_iter().for_each(|(statement, at)| sheet.says(statement, at));
    reading.sheets.push(sheet);
}

/// Blocks that are files: a Dockerfile, an environment of conda, a project.
fn files(text: &Text, reading: &mut Reading<'_>) {
    for block in blocks::read(text).into_iter().filter(|block| !block.inline).take(64) {
        if !is_for(&block, reading) {
            continue;
        }
        let content = block.script.text.as_str();
        let first = |word: &str| content.lines().any(|line| line.starts_with(word));
        let name = match block.language.as_str() {
            "dockerfile" | "docker"
                if first("FROM ") && content.lines().filter(|line| !line.trim().is_empty()).count() > 1 =>
            {
                "Dockerfile"
            }
            "txt" | "text" | "requirements" | "pip-requirements" if is_requirements(content) => "requirements.txt",
            "yaml" | "yml" if first("dependencies:") => "environment.yml",
            "yaml" | "yml" if first("services:") => "compose.yaml",
            "toml" if first("[project]") || first("[tool.poetry") || first("[tool.uv") || first("[tool.pixi") => {
                "pyproject.toml"
            }
            _ => continue,
        };
        // Its lines are those of the page.
        let padded = format!("{}{content}", "\n".repeat(block.lines.0.saturating_sub(1)));
        let file = Text::new(text.folder().join(name), &text.shown, padded);
        let before = reading.sheets.len();
        reading.text(&file);
        for sheet in reading.sheets.iter_mut().skip(before) {
            sheet.environment.id = format!("{} ({name} at line {})", text.shown, block.lines.0);
        }
    }
}

/// Whether a block is a requirements file with PyTorch in it, once: one that shows it twice shows before and after.
fn is_requirements(content: &str) -> bool {
    let lines = || content.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let torch =
        lines().filter(|line| line.strip_prefix("torch").is_some_and(|rest| rest.starts_with(['=', '>', '<', '~'])));
    let fits = |line: &str| line.starts_with("--") || line.contains(['=', '>', '<', '~']) && !line.contains(' ');
    torch.count() == 1 && lines().all(fits)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{declared, environment, steps};

    fn ways(content: &str) -> Vec<String> {
        let declared = declared("README.md", content);
        declared.environments.iter().map(|one| format!("{}: {}", one.id, steps(one).concat().join(" "))).collect()
    }

    #[test]
    fn commands_are_read_in_order() {
        let page = "# X\n\nInstall:\n\n    pip install torch==2.7.1\n    pip install numpy\n\nthen `pip install aside`\n\n```console\n$ pip install scipy \\\n    pandas\nInstalled pip install no\n```\n";
        let (environment, places) = environment("README.md", page);
        assert_eq!(steps(&environment), [vec!["torch==2.7.1"], vec!["numpy"], vec!["scipy", "pandas"]]);
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 5);
        assert_eq!(places["/environments/0/steps/2/requests/1"].line, 12);
    }

    #[test]
    fn sections_that_install_torch_are_ways() {
        let page = "# X\n```\npip install first\n```\n## CUDA 12.6\n```bash\npip install torch==2.6\n```\n## CUDA 12.8\n```bash\npip install torch==2.8\npip install own\n```\n## CPU\n\
                    ```\npip install torch --index-url https://download.pytorch.org/whl/cpu\n```\n## Run\n```\npip install -e last\n```\n";
        assert_eq!(
            ways(page),
            [
                "README.md (CUDA 12.6, line 7): first torch==2.6 last",
                "README.md (CUDA 12.8, line 11): first torch==2.8 own last"
            ]
        );
        let comments = "```\n# old\npip install torch==1\n\n# new\npip install torch==2\n```\n";
        assert_eq!(ways(comments), ["README.md (old, line 3): torch==1", "README.md (new, line 6): torch==2"]);
    }

    #[test]
    fn files_on_a_page_are_read_as_such() {
        let page = "# X\n```dockerfile\nFROM python:3.11\nRUN pip install torch==2\n```\n```toml\n[project]\nname = 'x'\ndependencies = ['torch==2.1']\n```\n";
        let declared = declared("README.md", page);
        assert_eq!(declared.environments.len(), 2, "{declared:?}");
        assert_eq!(declared.written["/environments/0/steps/0/requests/0"].line, 4);
        assert_eq!(declared.written["/environments/1/steps/0/requests/0"].line, 9);
    }
}
