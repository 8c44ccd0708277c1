//! Scripts of shells that install software: `install.sh`. What they leave open is read in every way that it can go.

use std::collections::BTreeMap;

use super::{
    Format, Reading, Sheet, Text,
    command::{Files, Scene},
    shell::{self, Language, Variables},
    ways,
};
use crate::facts::{GapWeight, Location};

/// The format.
pub struct Script;

impl Format for Script {
    fn name(&self) -> &'static str {
        "script"
    }

    fn is_aside(&self) -> bool {
        true
    }

    fn claims(&self, text: &Text) -> bool {
        language(text).is_some()
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let Some(language) = language(text) else { return };
        let sheets = read(text, language, &[], &text.shown, reading);
        reading.sheets.extend(sheets);
    }
}

/// The language of a script, by its name or its first line.
pub(super) fn language(text: &Text) -> Option<Language> {
    if let Some(language) = Language::of(text.name()) {
        return Some(language);
    }
    let first = text.line(1).and_then(|line| line.strip_prefix("#!"))?;
    let program = first.split(['/', ' ']).rfind(|word| !word.is_empty() && !word.starts_with('-'))?;
    ["sh", "bash", "zsh", "dash"].contains(&program).then_some(Language::Shell)
}

/// Reads a script that is called with these words: an environment for each way that it can go.
pub(super) fn read(
    text: &Text,
    language: Language,
    words: &[String],
    id: &str,
    reading: &mut Reading<'_>,
) -> Vec<Sheet> {
    let script = shell::Script::of(text);
    reading.installs = None;
    let mut sheets = ways::each(reading, |reading, way| {
        let mut sheet = Sheet::new(id, &text.shown);
        let mut variables = Variables::chosen(&way.set, &reading.choices.set);
        for name in ["0", "BASH_SOURCE"] {
            variables.put(name, shell::Value::known(format!("./{}", text.name()), None));
        }
        for (number, word) in words.iter().enumerate() {
            variables.put(&(number + 1).to_string(), shell::Value::known(word, None));
        }
        if !words.is_empty() {
            variables.put("@", shell::Value { items: words.to_vec(), unknown: None, at: None });
            variables.put("*", shell::Value { items: words.to_vec(), unknown: None, at: None });
            variables.put("#", shell::Value::known(words.len().to_string(), None));
        }
        let mut scene = Scene {
            reading,
            sheet: &mut sheet,
            folder: text.folder().to_owned(),
            variables: BTreeMap::new(),
            files: Files::default(),
        };
        shell::run_as(language, &script, &mut variables, &mut scene);
        sheet
    });
    // A script may need arguments, or somebody's own machine, to install anything: nothing that was found is no answer then.
    if sheets.iter().all(Sheet::installs_nothing)
        && let Some(at) = installs(text).or_else(|| reading.installs.take())
        && let Some(sheet) = sheets.first_mut()
    {
        let what = match words.is_empty() && takes_arguments(text) {
            true => format!("the arguments that {} is called with", text.name()),
            false => format!("when {} comes to what it installs ({at})", text.name()),
        };
        sheet.gap(what, GapWeight::Decides, at);
        sheet.aside = Some("a script that installs nothing with these arguments");
    }
    sheets
}

/// Whether a script looks at its arguments.
fn takes_arguments(text: &Text) -> bool {
    let asks = ["$1", "${1", "$#", "$@", "${@", "$*", "getopt", "%1", "%~1", "%*", "$args", "param(", "param ("];
    commands(text).any(|(_, line)| asks.iter().any(|sign| line.to_ascii_lowercase().contains(sign)))
}

/// Where a script first has a command that installs something, whether it comes to it or not.
pub(super) fn installs(text: &Text) -> Option<Location> {
    let tools =
        ["pip install", "pip3 install", "uv sync", "conda install", "conda create", "mamba install", "conda env "];
    let prints = ["echo", "print", "printf", "write-host"];
    let is = |line: &str| {
        let first = line.split([' ', '\t']).next().unwrap_or_default().to_ascii_lowercase();
        !prints.contains(&first.trim_start_matches('@')) && tools.iter().any(|tool| line.contains(tool))
    };
    commands(text).find(|(_, line)| is(line)).map(|(start, _)| text.at(start))
}

/// The lines of a script without its comments, each with where it begins.
fn commands(text: &Text) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().map(|(start, line)| (start + line.len() - line.trim_start().len(), line.trim()));
    lines.filter(|(_, line)| !line.starts_with(['#', ':']) && !line.to_ascii_lowercase().starts_with("rem "))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{declared, environment, steps};

    /// Names of the environments of a file, each with what its steps ask for and the indexes of these.
    fn ways(name: &str, content: &str) -> Vec<String> {
        let of = |environment: &crate::facts::Environment| {
            let asked: Vec<String> = steps(environment).concat();
            let indexes = environment.steps.iter().flat_map(|step| &step.indexes);
            let indexes: Vec<&str> = indexes.filter_map(|index| index.url.rsplit('/').next()).collect();
            format!("{}: {} {}", environment.id, asked.join(" "), indexes.join(" ")).trim_end().to_owned()
        };
        declared(name, content).environments.iter().map(of).collect()
    }

    #[test]
    fn each_way_through_a_prompt_is_an_environment() {
        let script = "read -p 'Which? ' choice\ncase $choice in\n  1) V=cu118 ;;\n  2) V=cu128 ;;\n  3) V=cpu ;;\n  *) exit 1 ;;\nesac\n\
                      pip install torch --index-url https://host.example/whl/$V\n";
        assert_eq!(
            ways("install.sh", script),
            [
                "install.sh (choice=1): torch cu118",
                "install.sh (choice=2): torch cu128",
                "install.sh (choice=3): torch cpu"
            ]
        );
        let flag = "read -p 'xformers? ' -n 1 -r\npip install torch\nif [[ $REPLY =~ ^[Yy]$ ]]; then pip install xformers; fi\n";
        assert_eq!(ways("a.sh", flag), ["a.sh (REPLY=Y): torch xformers", "a.sh (another REPLY): torch"]);
        let tool = "if command -v uv; then P='uv pip'; else P=pip; fi\n$P install torch\n";
        assert_eq!(
            ways("a.sh", tool),
            ["a.sh (whether uv is there: yes): torch", "a.sh (whether uv is there: no): torch"]
        );
    }

    #[test]
    fn what_is_there_and_what_is_not_decides() {
        let script = "if nvidia-smi; then pip install torch==2.0; else pip install torch==1.0; fi\n\
                      python -c 'import torch' || pip install other\n$PYTHON -m pip install third\n";
        assert_eq!(ways("a.sh", script), ["a.sh: torch==2.0 third"]);
    }

    #[test]
    fn ways_are_bounded() {
        let mut script = String::new();
        for number in 0..9 {
            script.push_str(&format!(
                "read x{number}\nif [ \"$x{number}\" = y ]; then pip install torch==2.{number}; fi\n"
            ));
        }
        assert!(declared("a.sh", &script).environments.len() <= 16);
    }

    #[test]
    fn batch_files_are_read() {
        let script = "@echo off\r\nset /p CH=Which? \r\nif \"%CH%\"==\"1\" goto old\r\nset \"I=https://host.example/whl/cu128\"\r\ngoto install\r\n\
                      :old\r\nset I=https://host.example/whl/cu121\r\n:install\r\nrem pip install no\r\nif errorlevel 1 (\r\n  exit /b 1\r\n)\r\n\
                      call !py! -m pip install ^\r\n  torch==2.5.1 --index-url %I%\r\ngoto :eof\r\n:never\r\npip install never\r\n";
        assert_eq!(
            ways("a.bat", script),
            ["a.bat (CH=1): torch==2.5.1 cu121", "a.bat (another CH): torch==2.5.1 cu128"]
        );
        let (environment, places) =
            environment("b.cmd", "set V=2.7.0\ncall :go 'x'\nexit /b\n:go\npip install torch==%V:.0=.1%\n");
        assert_eq!(steps(&environment), [["torch==2.7.1"]]);
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 5);
        assert_eq!(
            ways("c.bat", ":menu\nset /p X=?\nif %X%==1 pip install torch==1\ngoto menu\n"),
            ["c.bat: torch==1"]
        );
    }

    #[test]
    fn scripts_of_powershell_are_read() {
        let script = "param([string]$Cuda = \"cu121\", [switch]$Dev)\nfunction Install-It($v) {\n  & $python -m pip install \"torch==$v\" `\n    \
                      --index-url \"https://host.example/whl/$Cuda\"\n}\n<# pip install no #>\n$python = '.\\venv\\Scripts\\python.exe'\n\
                      $more = @(\"numpy\", \"xformers==0.0.28\")\nInstall-It \"2.5.1\"\nif (!(Test-Path -Path venv)) { pip install a } elseif ($x) { pip install b }\n\
                      & $python -m pip install @more\n";
        let (environment, places) = environment("a.ps1", script);
        assert_eq!(steps(&environment), [vec!["torch==2.5.1"], vec!["numpy", "xformers==0.0.28"]]);
        assert_eq!(environment.steps[0].indexes[0].url, "https://host.example/whl/cu121");
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 3);
        let choice = "$c = Read-Host 'Which?'\nswitch ($c) {\n  \"1\" { pip install torch==1 }\n  default { pip install torch==2 }\n}\n";
        assert_eq!(ways("a.ps1", choice), ["a.ps1 (C=1): torch==1", "a.ps1 (another C): torch==2"]);
    }
}
