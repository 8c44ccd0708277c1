//! Workflows of GitHub and pipelines of GitLab: what their jobs install. A job is judged as far as it is meant for a GPU: one that tests on a
//! processor alone, or only builds, is none that has to run.
//!
//! `expression` has GitHub's expressions and matrices, `gitlab` pipelines.

mod expression;
mod gitlab;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use self::expression::Context;
pub(super) use self::gitlab::Gitlab;
use super::{
    Format, Reading, Sheet, Text,
    blanks::Blanks,
    command::{Files, Scene, joined},
    conda_environment, dockerfile,
    shell::{self, Language, Script, Value, Variables},
    ways,
    yaml::{self, Node},
};
use crate::facts::{GapWeight, Location, Os};

/// Jobs beyond these many are not read.
const MAX_JOBS: usize = 100;
/// Combinations of a matrix beyond these many are not tried.
const MAX_COMBINATIONS: usize = 16;
/// The file in which a step leaves variables for the next ones.
const GITHUB_ENV: &str = "/gpucheck-github-env";

/// The format.
pub struct Workflow;

impl Format for Workflow {
    fn name(&self) -> &'static str {
        "workflow of GitHub"
    }

    fn is_aside(&self) -> bool {
        true
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let line = |start: &str| text.text.lines().any(|line| line.starts_with(start));
        let is_action = (name == "action.yml" || name == "action.yaml") && line("runs:");
        is_yaml && (is_action || line("jobs:") && (line("on:") || line("\"on\":") || line("'on':") || line("true:")))
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let tree = match yaml::read(text) {
            Ok(tree) => tree,
            Err(error) => {
                let mut sheet = Sheet::new(&text.shown, &text.shown);
                sheet.gap(format!("what {} does ({error})", text.shown), GapWeight::Decides, error.at);
                reading.sheets.push(sheet);
                return;
            }
        };
        let workflow = File { text, tree: &tree };
        let context = workflow.context(reading);
        let mut found: Vec<(bool, Sheet)> = Vec::new();
        match tree.get("runs") {
            // An action that is a list of steps.
            Some(runs) => found.extend(workflow.job("action", runs, &context, reading)),
            None => {
                let jobs = tree.get("jobs").map(Node::map).unwrap_or_default();
                for (name, job) in jobs.iter().take(MAX_JOBS) {
                    if let Some(name) = name.text() {
                        found.extend(workflow.job(name, job, &context, reading));
                    }
                }
                reading.sheets.extend(jobs.get(MAX_JOBS).map(|(name, _)| beyond(text, MAX_JOBS, name)));
            }
        }
        // Jobs of the system that is judged come first; those of others only where there are no such jobs.
        if found.iter().any(|(own, _)| *own) {
            found.retain(|(own, _)| *own);
        }
        let sheets = found.into_iter().map(|(_, sheet)| sheet);
        let sheets: Vec<Sheet> = meant(text, sheets.collect());
        reading.sheets.extend(sheets);
    }
}

/// Says that jobs from this one on are not read.
pub(super) fn beyond(text: &Text, jobs: usize, from: &Node) -> Sheet {
    let mut sheet = Sheet::new(format!("{} [jobs beyond {jobs}]", text.shown), &text.shown);
    sheet.gap(format!("the jobs of {} beyond {jobs}", text.shown), GapWeight::Decides, from.at(text));
    sheet
}

/// Those of a file's environments that are meant for a GPU; where none is, that is said.
pub(super) fn meant(text: &Text, sheets: Vec<Sheet>) -> Vec<Sheet> {
    let (meant, others): (Vec<Sheet>, Vec<Sheet>) = sheets.into_iter().partition(is_for_gpus);
    if !meant.is_empty() || others.iter().all(Sheet::is_empty) {
        return meant;
    }
    let mut sheet = Sheet::new(&text.shown, &text.shown);
    sheet.gap("jobs that install nothing for a GPU", GapWeight::PassedOver, text.at(0));
    vec![sheet]
}

/// Whether something in an environment speaks of a GPU: an index, a version, a package, an image; or it is not known what it is.
fn is_for_gpus(sheet: &Sheet) -> bool {
    let cuda = |text: &str| {
        let text = text.to_ascii_lowercase();
        let release = text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
            word.strip_prefix("cu")
                .is_some_and(|digits| digits.len() >= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        });
        release || ["cuda", "nvidia", "gpu"].iter().any(|word| text.contains(word))
    };
    let environment = &sheet.environment;
    if ways::asks_elsewhere(sheet) {
        return false;
    }
    let of_image =
        |image: &crate::facts::ContainerImage| image.gpus == Some(true) || image.base.as_deref().is_some_and(cuda);
    environment.image.as_ref().is_some_and(|image| of_image(image))
        || environment.gaps.iter().any(|gap| gap.weight == GapWeight::Decides)
        || environment.steps.iter().any(|step| {
            step.indexes.iter().any(|index| cuda(&index.url))
                || step.requests.iter().any(|request| {
                    let asked = &request.asked;
                    cuda(&request.name)
                        || cuda(&asked.specifiers)
                        || asked.source.as_deref().is_some_and(cuda)
                        || request.build.as_deref().is_some_and(cuda)
                })
        })
}

/// A workflow with its tree.
struct File<'f> {
    text: &'f Text,
    tree: &'f Node,
}

impl File<'_> {
    /// What the workflow says for all jobs.
    fn context(&self, reading: &Reading<'_>) -> Context {
        let mut context = Context { chosen: reading.choices.set.clone(), ..Context::default() };
        let on = self.tree.get("on").or_else(|| self.tree.get("true"));
        let of_events = ["workflow_call", "workflow_dispatch"].iter().filter_map(|event| on?.get(event)?.get("inputs"));
        for inputs in of_events.chain(self.tree.get("inputs")) {
            for (name, input) in inputs.map() {
                let default = input.get("default").map(|default| default.text().unwrap_or_default());
                if let (Some(name), Some(default)) = (name.text(), default) {
                    context.inputs.insert(name.to_owned(), default.to_owned());
                }
            }
        }
        add_env(&mut context, self.tree);
        context
    }

    /// The environments that a job makes, each with whether it is of the system that is judged.
    fn job(&self, name: &str, job: &Node, context: &Context, reading: &mut Reading<'_>) -> Vec<(bool, Sheet)> {
        let id = format!("{}: {name}", self.text.shown);
        let matrix = job.get("strategy").and_then(|strategy| strategy.get("matrix"));
        let Some(matrix) = matrix else {
            let mut context = context.clone();
            return self.way(&id, job, &mut context, reading);
        };
        let combinations = expression::combinations(matrix, &context.chosen, |part| names(job, part, 0));
        let Some(combinations) = combinations.filter(|all| all.len() <= MAX_COMBINATIONS) else {
            let mut sheet = Sheet::new(&id, &self.text.shown);
            let mut context = context.clone();
            let installs = self.way(&id, job, &mut context, reading).iter().any(|(_, sheet)| !sheet.is_empty());
            if installs {
                sheet.gap(
                    format!("one combination of the matrix of {name} (--set NAME=VALUE)"),
                    GapWeight::Decides,
                    matrix.at(self.text),
                );
            }
            return vec![(true, sheet)];
        };
        let mut found: Vec<(bool, Sheet)> = Vec::new();
        for combination in combinations {
            let id = format!("{id}{}", said_of_matrix(job, &combination));
            let mut context = Context { matrix: combination.clone(), ..context.clone() };
            for (own, sheet) in self.way(&id, job, &mut context, reading) {
                // Combinations that install the same are one.
                let same = |(there, other): &(bool, Sheet)| {
                    *there == own
                        && other.environment.steps == sheet.environment.steps
                        && other.environment.gaps == sheet.environment.gaps
                };
                if !found.iter().any(same) {
                    found.push((own, sheet));
                }
            }
        }
        found
    }

    /// One combination of a job.
    fn way(&self, id: &str, job: &Node, context: &mut Context, reading: &mut Reading<'_>) -> Vec<(bool, Sheet)> {
        if let Some(Ok(false)) = job.get("if").and_then(Node::text).map(|condition| context.holds(condition)) {
            return Vec::new();
        }
        let runner = job.get("runs-on");
        let labels: Vec<String> = match runner {
            Some(node) if node.text().is_some() => {
                vec![node.text().map(|text| context.text(text).unwrap_or_else(|why| why)).unwrap_or_default()]
            }
            Some(node) => node
                .list()
                .iter()
                .filter_map(Node::text)
                .map(|text| context.text(text).unwrap_or_else(|why| why))
                .collect(),
            None => Vec::new(),
        };
        let labelled = |word: &str| labels.iter().any(|label| label.to_ascii_lowercase().contains(word));
        let of_github = |label: &String| ["ubuntu-", "windows-"].iter().any(|system| label.starts_with(system));
        let hosted = !labels.is_empty() && labels.iter().all(of_github) && !labelled("gpu");
        let (windows, mac) = (labelled("windows") || labelled("win-"), labelled("macos"));
        if mac {
            return Vec::new();
        }
        context.os = runner.map(|_| if windows { "Windows" } else { "Linux" });
        let os = reading.choices.platform.map(|platform| platform.os);
        let own = os.is_none_or(|os| runner.is_none() || (os == Os::Windows) == windows);
        add_env(context, job);
        let default = |node: &Node, key: &str| node.get("defaults")?.get("run")?.get(key)?.text().map(str::to_owned);
        let usual = Usual {
            shell: default(job, "shell").or_else(|| default(self.tree, "shell")),
            folder: default(job, "working-directory").or_else(|| default(self.tree, "working-directory")),
            windows,
        };
        let steps = job.get("steps").map(Node::list).unwrap_or_default();
        let mut images = Vec::new();
        let mut sheets: Vec<Sheet> = ways::each(reading, |reading, way| {
            images.clear();
            let mut sheet = Sheet::new(id, &self.text.shown);
            sheet.aside = hosted.then_some("jobs on runners that have no GPU");
            let context = Context {
                chosen: way
                    .set
                    .iter()
                    .chain(&context.chosen)
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
                ..context.clone()
            };
            self.container(job, &context, &mut sheet);
            if labelled("gpu") && sheet.environment.image.is_some() {
                sheet.gpus(true, job.at(self.text));
            }
            images = self.steps(steps, &context, &usual, &mut sheet, reading);
            sheet
        });
        sheets.extend(images);
        sheets.into_iter().map(|sheet| (own, sheet)).collect()
    }

    /// The image that a job runs in.
    fn container(&self, job: &Node, context: &Context, sheet: &mut Sheet) {
        let Some(container) = job.get("container") else { return };
        let Some(image) = container.get("image").or(Some(container)) else { return };
        let at = image.at(self.text);
        match image.text().map(|text| context.text(text)) {
            Some(Ok(name)) if !name.is_empty() => sheet.base(&name, at),
            Some(Err(why)) => {
                sheet.image();
                sheet.gap(format!("the value of {why}, which names the image"), GapWeight::Decides, at);
            }
            _ => {}
        }
        if let Some(options) =
            container.get("options").filter(|options| options.text().is_some_and(|text| text.contains("--gpus")))
        {
            sheet.gpus(true, options.at(self.text));
        }
    }

    /// Reads the steps of a job; gives the images that they build.
    fn steps(
        &self,
        steps: &[Node],
        context: &Context,
        usual: &Usual,
        sheet: &mut Sheet,
        reading: &mut Reading<'_>,
    ) -> Vec<Sheet> {
        let mut images = Vec::new();
        let mut files = Files::default();
        let mut left: BTreeMap<String, String> = BTreeMap::new();
        let project = project(self.text);
        for step in steps.iter().take(500) {
            let mut context = context.clone();
            context.env.extend(left.iter().map(|(name, value)| (name.clone(), value.clone())));
            add_env(&mut context, step);
            if let Some(Ok(false)) = step.get("if").and_then(Node::text).map(|condition| context.holds(condition)) {
                continue;
            }
            if let Some(uses) = step.get("uses").and_then(Node::text) {
                images.extend(self.uses(uses, step, &context, &project, sheet, reading));
            }
            let Some(run) = step.get("run") else { continue };
            let mut blanks = Blanks::default();
            let script = context.filled(&script_of(run, self.text), &mut blanks);
            let shell = step.get("shell").and_then(Node::text).map(str::to_owned).or_else(|| usual.shell.clone());
            let language = match shell.as_deref().map(|shell| shell.split(' ').next().unwrap_or(shell)) {
                Some("pwsh" | "powershell") => Language::PowerShell,
                Some("cmd") => Language::Batch,
                Some("bash" | "sh") => Language::Shell,
                None if usual.windows => Language::PowerShell,
                None => Language::Shell,
                Some(_) => continue,
            };
            let folder =
                step.get("working-directory").and_then(Node::text).map(str::to_owned).or_else(|| usual.folder.clone());
            let folder = folder
                .and_then(|folder| context.text(&folder).ok())
                .map_or_else(|| project.clone(), |folder| joined(&project, &folder));
            let mut variables = Variables::new(BTreeMap::new(), context.chosen.clone());
            for (name, value) in &context.env {
                let name = if language.ignores_case() { name.to_ascii_uppercase() } else { name.clone() };
                variables.put(&name, Value::known(value, None));
            }
            variables.put("GITHUB_ENV", Value::known(GITHUB_ENV, None));
            blanks.fill(&mut variables);
            let mut scene = Scene { reading, sheet: &mut *sheet, folder, variables: BTreeMap::new(), files };
            shell::run_as(language, &script, &mut variables, &mut scene);
            if let Ok(text) = scene.open(GITHUB_ENV) {
                let pairs = text.text.lines().filter_map(|line| line.split_once('='));
                left.extend(pairs.take(1_000).map(|(name, value)| (name.trim().to_owned(), value.to_owned())));
            }
            files = scene.files;
        }
        images
    }

    /// Actions that bring software.
    fn uses(
        &self,
        uses: &str,
        step: &Node,
        context: &Context,
        project: &Path,
        sheet: &mut Sheet,
        reading: &mut Reading<'_>,
    ) -> Vec<Sheet> {
        let with = |name: &str| step.get("with").and_then(|with| with.get(name));
        let text = |name: &str| with(name).and_then(Node::text).and_then(|value| context.text(value).ok());
        match uses.split('@').next().unwrap_or(uses) {
            "actions/setup-python" => {
                if let (Some(version), Some(at)) = (text("python-version"), with("python-version")) {
                    let short: Vec<&str> = version.trim().split('.').take(2).collect();
                    if let Ok(python) = short.join(".").parse() {
                        sheet.python(python, &at.at(self.text));
                    }
                }
            }
            "conda-incubator/setup-miniconda" | "mamba-org/setup-micromamba" => {
                let Some(name) = text("environment-file") else { return Vec::new() };
                let at = with("environment-file").map_or_else(|| step.at(self.text), |node| node.at(self.text));
                match reading.beside(project, &name) {
                    Ok(file) => conda_environment::include(&file, reading, sheet),
                    Err(why) => sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, at),
                }
            }
            "docker/build-push-action" => return self.image(step, context, project, reading),
            _ => {}
        }
        Vec::new()
    }

    /// The image that an action builds.
    fn image(&self, step: &Node, context: &Context, project: &Path, reading: &mut Reading<'_>) -> Vec<Sheet> {
        let with = |name: &str| step.get("with").and_then(|with| with.get(name));
        let text = |name: &str| with(name).and_then(Node::text).and_then(|value| context.text(value).ok());
        let place = text("context").unwrap_or_else(|| ".".to_owned());
        if place.contains("://") || place.contains("{{") {
            return Vec::new();
        }
        let folder = joined(project, &place);
        let name = text("file").unwrap_or_else(|| format!("{place}/Dockerfile"));
        let at = with("file").map_or_else(|| step.at(self.text), |node| node.at(self.text));
        let file = match reading.beside(project, &name) {
            Ok(file) => file,
            Err(why) => {
                let mut sheet = Sheet::new(format!("{}: {name}", self.text.shown), &self.text.shown);
                sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, at);
                return vec![sheet];
            }
        };
        let mut args = BTreeMap::new();
        if let Some(node) = with("build-args") {
            let mut blanks = Blanks::default();
            let script = context.filled(&script_of(node, self.text), &mut blanks);
            let mut start = 0;
            for line in script.text.split_inclusive('\n') {
                if let Some((name, value)) = line.trim().split_once('=') {
                    let at = Some(script.at(start));
                    let value = match blanks.why(value) {
                        Some(why) => Value { at, ..Value::unknown(why) },
                        None => Value::known(value, at),
                    };
                    args.insert(name.to_owned(), value);
                }
                start += line.len();
            }
        }
        let order = dockerfile::Order {
            id: format!("{}: {name}{}", self.text.shown, said_of_matrix(step, &context.matrix)),
            context: folder,
            stage: text("target"),
            args,
        };
        vec![dockerfile::build(&file, reading, &order)]
    }
}

/// The parts of a combination that a job or a step names, to tell it from the others: ` (cuda=12.8)`.
fn said_of_matrix<'n>(node: &Node, combination: impl IntoIterator<Item = (&'n String, &'n Node)>) -> String {
    let parts = combination.into_iter().filter(|(part, _)| names(node, part, 0));
    let said: Vec<String> = parts.filter_map(|(part, value)| Some(format!("{part}={}", value.text()?))).collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) }
}

/// What a job runs its steps with.
struct Usual {
    shell: Option<String>,
    folder: Option<String>,
    windows: bool,
}

/// Adds the variables that a part of a workflow sets.
fn add_env(context: &mut Context, node: &Node) {
    for (name, value) in node.get("env").map(Node::map).unwrap_or_default().iter().take(1_000) {
        if let Some(name) = name.text()
            && let Ok(value) = context.text(value.text().unwrap_or_default())
        {
            context.env.insert(name.to_owned(), value);
        }
    }
}

/// Whether a job names a part of its matrix in what it does; in names of steps that says nothing.
fn names(node: &Node, part: &str, depth: usize) -> bool {
    if depth > 16 {
        return true;
    }
    if let Some(text) = node.text() {
        return text.contains(&format!("matrix.{part}")) || text.contains(&format!("matrix['{part}']"));
    }
    let skipped = |key: &Node| matches!(key.text(), Some("name" | "strategy"));
    node.list().iter().any(|one| names(one, part, depth + 1))
        || node.map().iter().any(|(key, value)| !skipped(key) && names(value, part, depth + 1))
}

/// The folder that jobs begin in: that of the repository.
fn project(text: &Text) -> PathBuf {
    let folder = text.folder();
    let above = folder.ancestors().find(|above| above.file_name().is_some_and(|name| name == ".github"));
    above.and_then(Path::parent).map_or_else(|| folder.to_owned(), Path::to_path_buf)
}

/// A text of a tree as a script, each of its lines with its place.
pub(super) fn script_of(node: &Node, text: &Text) -> Script {
    let written = node.written(text);
    let mut script = Script::default();
    let mut at = 0;
    for line in node.text().unwrap_or_default().split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let place = written.at(at + indent);
        let indent_columns = u32::try_from(indent).unwrap_or(0);
        script.push(line, Location { column: place.column.saturating_sub(indent_columns).max(1), ..place });
        at += line.len();
    }
    script
}

#[cfg(test)]
mod tests {
    use super::super::tests::{declared, environment, steps};

    #[test]
    fn inputs_have_their_defaults() {
        let workflow = "on:\n  workflow_dispatch:\n    inputs:\n      cu:\n        default: \"126\"\n      extra:\n        default: ''\nenv:\n  V: 2.7.1\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      \
                        - run: |\n          echo \"MORE=numpy\" >> $GITHUB_ENV\n          pip install torch==${{ env.V }} ${{ inputs.extra }} \\\n            --index-url https://host.example/whl/cu${{ inputs.cu }}\n      - run: pip install $MORE\n      \
                        - if: failure()\n        run: pip install never\n";
        let (environment, places) = environment("w.yml", workflow);
        assert_eq!(environment.id, "w.yml: build");
        assert_eq!(steps(&environment), [["torch==2.7.1"], ["numpy"]]);
        assert_eq!(environment.steps[0].indexes[0].url, "https://host.example/whl/cu126");
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 16);
    }

    #[test]
    fn combinations_are_ways_and_jobs_without_a_gpu_are_none() {
        let workflow = "on: push\njobs:\n  gpu:\n    runs-on: ${{ matrix.os }}\n    strategy:\n      matrix:\n        os: [ubuntu-latest, macos-14]\n        torch: ['2.6.0', '2.7.0']\n        python: [1, 2, 3]\n        exclude:\n          - torch: '2.6.0'\n    steps:\n      \
                        - run: pip install torch==${{ matrix.torch }}+cu126\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: pip install torch --index-url https://download.pytorch.org/whl/cpu\n";
        let (environment, _) = environment("w.yml", workflow);
        assert_eq!(environment.id, "w.yml: gpu (os=ubuntu-latest, torch=2.7.0)");
        assert_eq!(steps(&environment), [["torch==2.7.0+cu126"]]);
        let many = "on: push\njobs:\n  b:\n    strategy:\n      matrix:\n        a: [1, 2, 3, 4, 5]\n        b: [1, 2, 3, 4, 5]\n    steps:\n      - run: pip install torch==2.${{ matrix.a }}.${{ matrix.b }}+cu126\n";
        let declared = declared("w.yml", many);
        assert!(declared.environments[0].gaps[0].what.contains("one combination of the matrix"), "{declared:?}");
    }

    #[test]
    fn pipelines_have_images_and_variables() {
        let pipeline = "variables:\n  CU: \"126\"\n.base:\n  image: nvidia/cuda:12.6.0-base-ubuntu22.04\n  before_script:\n    - pip install numpy\ntrain:\n  extends: .base\n  script:\n    - pip install torch==2.7.1 --index-url https://host.example/whl/cu$CU\n";
        let (environment, places) = environment(".gitlab-ci.yml", pipeline);
        assert_eq!(steps(&environment), [["numpy"], ["torch==2.7.1"]]);
        assert_eq!(environment.image.as_deref().unwrap().base.as_deref(), Some("nvidia/cuda:12.6.0-base-ubuntu22.04"));
        assert_eq!(places["/environments/0/steps/1/requests/0"].line, 10);
    }
}
