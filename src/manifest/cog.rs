//! cog.yaml: the image that Cog builds for a model: its CUDA, its Python, its packages, and what is run in it.
//! Format: <https://github.com/replicate/cog/blob/main/docs/yaml.md>.

use std::collections::BTreeMap;

use super::{
    Format, Reading, Sheet, StepSheet, Text,
    command::{Files, Scene},
    requirements,
    shell::{self, Language, Variables},
    workflow,
    yaml::{self, Node},
};
use crate::facts::{GapWeight, Index, IndexRole, Manager, RequestRole};

/// The format.
pub struct Cog;

impl Format for Cog {
    fn name(&self) -> &'static str {
        "cog.yaml"
    }

    fn claims(&self, text: &Text) -> bool {
        matches!(text.name().to_ascii_lowercase().as_str(), "cog.yaml" | "cog.yml")
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let mut sheet = Sheet::new(&text.shown, &text.shown);
        match yaml::read(text) {
            Ok(tree) => read(text, &tree, &mut sheet, reading),
            Err(error) => sheet.gap(format!("what {} asks for ({error})", text.shown), GapWeight::Decides, error.at),
        }
        reading.sheets.push(sheet);
    }
}

fn read(text: &Text, tree: &Node, sheet: &mut Sheet, reading: &mut Reading<'_>) {
    let Some(build) = tree.get("build") else { return };
    let at = build.at(text);
    sheet.manager(Manager::Docker, &at);
    let gpu = build.get("gpu").filter(|gpu| gpu.text() == Some("true"));
    sheet.image();
    if let Some(gpu) = gpu {
        sheet.gpus(true, gpu.at(text));
    }
    if let Some(node) = build.get("python_version")
        && let Some(Ok(python)) = node.text().map(str::parse)
    {
        sheet.python(python, &node.at(text));
    }
    let mut step = StepSheet::default();
    if let Some(cuda) = build.get("cuda").filter(|_| gpu.is_some())
        && let Some(written) = cuda.text()
    {
        let release: Vec<&str> = written.split('.').take(2).collect();
        if let Ok(release) = release.join(".").parse() {
            sheet.toolkit(release, cuda.at(text));
        }
        // Cog takes the builds of PyTorch for this CUDA.
        let url = format!("https://download.pytorch.org/whl/cu{}", release.concat());
        step.step.indexes.push(Index { url, role: IndexRole::Extra });
    }
    let packages = build.get("python_packages");
    for package in packages.map(Node::list).unwrap_or_default() {
        if let Some(written) = package.text() {
            requirements::line(reading, sheet, &mut step, text, (written, package.at(text)));
        }
    }
    if let Some(node) = build.get("python_requirements")
        && let Some(name) = node.text()
    {
        match reading.beside(text.folder(), name) {
            Ok(file) => requirements::include(reading, sheet, &mut step, &file, RequestRole::Wanted),
            Err(why) => sheet.gap(format!("the file {name} ({why})"), GapWeight::Missing, node.at(text)),
        }
    }
    sheet.step(step, packages.map_or(at, |packages| packages.at(text)));
    let mut variables = Variables::new(BTreeMap::new(), reading.choices.set.clone());
    let mut scene = Scene {
        reading,
        sheet,
        folder: text.folder().to_owned(),
        variables: BTreeMap::new(),
        files: Files::of_image(text.folder()),
    };
    for command in build.get("run").map(Node::list).unwrap_or_default().iter().take(1_000) {
        let command = command.get("command").unwrap_or(command);
        shell::run_as(Language::Shell, &workflow::script_of(command, text), &mut variables, &mut scene);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{environment, steps};

    #[test]
    fn packages_and_commands_are_steps() {
        let (environment, places) = environment(
            "cog.yaml",
            "build:\n  gpu: true\n  cuda: \"12.1\"\n  python_version: \"3.10\"\n  python_packages:\n    - torch==2.3.1\n  run:\n    - pip install xformers==0.0.27\n    - command: pip install ninja\n",
        );
        assert_eq!(steps(&environment), [vec!["torch==2.3.1"], vec!["xformers==0.0.27"], vec!["ninja"]]);
        assert_eq!(environment.steps[0].indexes[0].url, "https://download.pytorch.org/whl/cu121");
        assert_eq!(environment.image.as_deref().unwrap().gpus, Some(true));
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 6);
        assert_eq!(places["/environments/0/steps/1/requests/0"].line, 8);
    }
}
