//! One stage of a build: its instructions in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{Instruction, Part, copy};
use crate::{
    facts::{GapWeight, Manager, Resolver},
    manifest::{
        Reading, Sheet,
        command::{CommandWord, Files, Scene, joined},
        shell::{self, Plain, Script, Value, Variables},
    },
};

/// Variables that change what is installed, compiled or loaded begin with these.
const TOLD: &[&str] = &[
    "CUDA",
    "NVIDIA_",
    "TORCH",
    "PYTORCH",
    "LD_",
    "PYTHONPATH",
    "PYTHONHOME",
    "TRITON_",
    "BNB_",
    "CONDA_OVERRIDE",
    "FORCE_CUDA",
    "DS_",
    "FLASH_",
    "NO_CUDA",
    "NO_TORCH",
    "CMAKE_CUDA",
    "XFORMERS_",
    "VLLM_",
    "JAX_",
    "XLA_",
];

/// Whether a variable of an image bears on what is installed, compiled or loaded in it.
pub fn is_told(name: &str) -> bool {
    TOLD.iter().any(|start| name.starts_with(start))
}

/// A stage that was read as far as it goes.
pub(super) struct Stage {
    pub sheet: Sheet,
    /// ENV and ARG together.
    variables: Variables,
    /// Those of them that are ARG, which end with the stage.
    args: Vec<String>,
    folder: PathBuf,
    files: Files,
    /// Whether RUN is read by another kind of shell.
    foreign: bool,
    /// Stages whose environments were copied into it.
    brought: BTreeSet<String>,
}

impl Stage {
    /// One that starts from an image.
    pub fn new(mut sheet: Sheet, context: &Path, part: &Part, chosen: BTreeMap<String, String>) -> Self {
        match &part.unknown {
            Some(name) => {
                sheet.image();
                sheet.gap(
                    format!("the value of {name} (--build-arg), which names the image"),
                    GapWeight::Decides,
                    part.at.clone(),
                );
            }
            None => sheet.base(&part.base, part.at.clone()),
        }
        sheet.manager(Manager::Docker, &part.at);
        let files = Files::of_image(context);
        let variables = Variables::new(BTreeMap::new(), chosen);
        Self {
            sheet,
            variables,
            args: Vec::new(),
            folder: PathBuf::from("/"),
            files,
            foreign: false,
            brought: BTreeSet::new(),
        }
    }

    /// One that starts from this.
    pub fn child(&self) -> Self {
        let mut variables = self.variables.clone();
        for name in &self.args {
            variables.remove(name);
        }
        Self {
            sheet: self.sheet.clone(),
            variables,
            args: Vec::new(),
            folder: self.folder.clone(),
            files: self.files.clone(),
            foreign: self.foreign,
            brought: self.brought.clone(),
        }
    }

    /// Reads an instruction. `earlier` gives stages that were read before.
    pub fn instruction<'d>(
        &mut self,
        instruction: &Instruction,
        globals: &Variables,
        args: &BTreeMap<String, Value>,
        reading: &mut Reading<'_>,
        earlier: impl Fn(&str) -> Option<&'d Stage>,
    ) {
        match instruction.name.as_str() {
            "ARG" => {
                for (name, value) in arg(&instruction.body, &mut self.variables, args, Some(globals)) {
                    self.told(&name, &value);
                    self.args.push(name);
                }
            }
            "ENV" => self.env(&instruction.body),
            "WORKDIR" => {
                let to = Plain(&mut self.variables).value(instruction.body.text.trim());
                self.folder = joined(&self.folder, to.text().trim_matches(['"', '\'']));
            }
            "SHELL" => {
                let words = Instruction::words(&instruction.body.text).unwrap_or_default();
                self.foreign = words
                    .iter()
                    .any(|word| ["powershell", "pwsh", "cmd"].iter().any(|shell| word.to_lowercase().contains(shell)));
            }
            "RUN" => self.run(instruction, reading),
            "COPY" | "ADD" => self.copy(instruction, reading, earlier),
            _ => {}
        }
    }

    fn env(&mut self, body: &Script) {
        let text = body.text.trim_end();
        let length = text.find(char::is_whitespace).unwrap_or(text.len());
        let (first, rest) = text.split_at_checked(length).unwrap_or((text, ""));
        // ENV NAME value with spaces
        if !first.contains('=') {
            let start = length + rest.len() - rest.trim_start().len();
            let mut value = Plain(&mut self.variables).value(rest.trim());
            value.at.get_or_insert_with(|| body.at(start));
            self.set(first, value);
            return;
        }
        for (name, value, _) in Plain(&mut self.variables).pairs(body) {
            if let Some(value) = value {
                self.set(&name, value);
            }
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.args.retain(|arg| arg != name);
        self.told(name, &value);
        self.variables.put(name, value);
    }

    /// A variable becomes a fact of the image where it bears on what is installed.
    fn told(&mut self, name: &str, value: &Value) {
        if let (None, Some(at)) = (&value.unknown, &value.at)
            && is_told(name)
        {
            let value = self.variables.chosen.get(name).cloned().unwrap_or_else(|| value.text());
            self.sheet.variable(name, &value, at.clone());
        }
    }

    fn run(&mut self, instruction: &Instruction, reading: &mut Reading<'_>) {
        if self.foreign {
            self.sheet.gap("RUN in another kind of shell", GapWeight::PassedOver, instruction.at.clone());
            return;
        }
        let (flags, body) = instruction.flags();
        let mut files = std::mem::take(&mut self.files);
        let copies = files.copies();
        for (_, mount) in flags.iter().filter(|(name, value)| name == "mount" && value.contains("type=bind")) {
            let source = mounted(mount, "source").or_else(|| mounted(mount, "src")).unwrap_or(".");
            let to = ["target", "dst", "destination"].iter().find_map(|name| mounted(mount, name));
            if let (None, Some(to)) = (mounted(mount, "from"), to) {
                let from = joined(&files.context, source.trim_start_matches('/'));
                files.copy(from, joined(&self.folder, to));
            }
        }
        // What RUN exports ends with it; files stay.
        let mut variables = self.variables.clone();
        let mut scene =
            Scene { reading, sheet: &mut self.sheet, folder: self.folder.clone(), variables: BTreeMap::new(), files };
        let text = body.text.trim_start();
        if let Some(words) = Instruction::words(text) {
            let at = body.at(body.text.len() - text.len());
            let word = |text: String| CommandWord { text, at: at.clone(), unknown: None };
            shell::run_words(words.into_iter().map(word).collect(), &mut variables, &mut scene);
        } else if let Some((_, document)) = instruction.documents.first().filter(|_| text.starts_with("<<")) {
            shell::run(document, &mut variables, &mut scene);
        } else if instruction.documents.is_empty() {
            shell::run(&body, &mut variables, &mut scene);
        } else {
            let mut whole = body;
            for (name, document) in &instruction.documents {
                let at = document.at(0);
                whole.push("\n", at.clone());
                for_lines(document, &mut whole);
                whole.push(name, at);
            }
            shell::run(&whole, &mut variables, &mut scene);
        }
        self.files = scene.files;
        // What is mounted is gone afterwards.
        self.files.keep(copies);
    }

    fn copy<'d>(
        &mut self,
        instruction: &Instruction,
        reading: &mut Reading<'_>,
        earlier: impl Fn(&str) -> Option<&'d Stage>,
    ) {
        let (flags, body) = instruction.flags();
        let mut words: Vec<String> = Instruction::words(&body.text)
            .unwrap_or_else(|| body.text.split_whitespace().map(str::to_owned).collect())
            .iter()
            .map(|word| Plain(&mut self.variables).value(word.trim_matches(['"', '\''])).text())
            .collect();
        let Some(to) = words.pop() else { return };
        if let Some((_, document)) = instruction.documents.first() {
            let text = copy::document(document, &to);
            self.files.change(joined(&self.folder, &to), text);
            return;
        }
        let Some((_, from)) = flags.iter().find(|(name, _)| name == "from") else {
            copy::from_context(&mut self.files, reading, &self.folder, &words, &to);
            return;
        };
        let from = Plain(&mut self.variables).value(from).text();
        let Some(stage) = earlier(&from) else { return };
        self.sheet.absorb_build(&stage.sheet);
        let brings = words.iter().any(|word| stage.has_environment(&joined(Path::new("/"), word)));
        if brings && self.brought.insert(from.to_ascii_lowercase()) && !self.sheet.absorb(&stage.sheet) {
            let what = format!("more than the limit of requests from the stage {from}");
            self.sheet.gap(what, GapWeight::Decides, instruction.at.clone());
        }
        // Files of the project that the stage has come along.
        for word in &words {
            let path = joined(Path::new("/"), word);
            if let Some(place) = stage.files.place(&path) {
                self.files.copy(place, joined(&self.folder, &to));
            }
        }
    }

    /// Whether a folder of this stage has what was installed in it: a virtual environment, the folders of Python or conda, a folder of wheels,
    /// or the project whose environment lies inside of it.
    fn has_environment(&self, path: &Path) -> bool {
        let text = path.to_string_lossy();
        let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
        let named = |part: &&str| {
            let part = part.to_ascii_lowercase();
            ["venv", "site-packages", "dist-packages", "conda", "mamba", "wheel", "envs", "virtualenv"]
                .iter()
                .any(|name| part.contains(name))
        };
        let whole = matches!(
            text.as_ref(),
            "/" | "/usr" | "/usr/local" | "/usr/local/lib" | "/opt" | "/root" | "/root/.local" | "/install"
        );
        let python = parts.last().is_some_and(|last| last.starts_with("python3") || *last == "lib" && parts.len() > 1);
        let own = |name: &str| {
            let folder = self.variables.get(name).map(|value| PathBuf::from(value.text()));
            folder.is_some_and(|folder| folder.starts_with(path) && !folder.as_os_str().is_empty())
        };
        let project = self.folder.starts_with(path)
            && self.sheet.environment.steps.iter().any(|step| {
                matches!(step.resolver, Resolver::Lock | Resolver::Uv | Resolver::Poetry | Resolver::Conda)
            });
        parts.iter().any(named) || whole || python || project || own("VIRTUAL_ENV") || own("UV_PROJECT_ENVIRONMENT")
    }
}

/// Copies the lines of a script into another one, each with its place.
fn for_lines(from: &Script, to: &mut Script) {
    let mut at = 0;
    for line in from.text.split_inclusive('\n') {
        to.push(line, from.at(at));
        at += line.len();
    }
}

/// A part of `--mount=type=bind,source=a,target=b`.
pub(super) fn mounted<'m>(mount: &'m str, name: &str) -> Option<&'m str> {
    mount.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// `ARG NAME=default`: sets the names that have a value by it, by what was ordered, or by the ARG of the same name before the first FROM.
/// Gives those that it set.
pub(super) fn arg(
    body: &Script,
    variables: &mut Variables,
    ordered: &BTreeMap<String, Value>,
    globals: Option<&Variables>,
) -> Vec<(String, Value)> {
    let mut set = Vec::new();
    for (name, default, at) in Plain(variables).pairs(body) {
        let value = ordered.get(&name).cloned().or(default).or_else(|| globals?.get(&name));
        let Some(mut value) = value else { continue };
        value.at.get_or_insert(at);
        // ENV comes before ARG.
        if !variables.set.contains_key(&name) || globals.is_none() {
            variables.put(&name, value.clone());
            set.push((name, value));
        }
    }
    set
}
