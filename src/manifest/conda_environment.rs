//! environment.yml: channels, packages, and what pip installs after them.
//! Format: <https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html>.

use super::{Format, Reading, Sheet, StepSheet, Text, conda_spec, requirements, yaml};
use crate::{
    facts::{GapWeight, Index, IndexRole, Location, Manager, Request, Resolver},
    python,
    system::redact,
};

/// The format.
pub struct CondaEnvironment;

impl Format for CondaEnvironment {
    fn name(&self) -> &'static str {
        "environment of conda"
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        (name.ends_with(".yml") || name.ends_with(".yaml"))
            && text.text.lines().any(|line| line.starts_with("dependencies:"))
            && yaml::read(text).is_ok_and(|tree| is_one(&tree))
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let mut sheet = Sheet::new(&text.shown, &text.shown);
        include(text, reading, &mut sheet);
        reading.sheets.push(sheet);
    }
}

/// Whether a file lists requests; other tools have a map there.
fn is_one(tree: &yaml::Node) -> bool {
    tree.get("dependencies").is_some_and(|list| list.list().iter().any(|one| one.text().is_some()))
}

/// Reads a file into an environment: its own, or that of a command that names it.
pub(super) fn include(text: &Text, reading: &mut Reading<'_>, sheet: &mut Sheet) {
    let tree = match yaml::read(text) {
        Ok(tree) => tree,
        Err(error) => {
            let what = format!("what {} asks for ({error})", text.shown);
            sheet.gap(what, GapWeight::Decides, error.at);
            return;
        }
    };
    let mut step = StepSheet::default();
    step.step.resolver = Resolver::Conda;
    let channels = tree.get("channels").map(yaml::Node::list).unwrap_or_default();
    step.step.indexes = channels.iter().filter_map(yaml::Node::text).filter_map(channel).collect();
    let dependencies = tree.get("dependencies");
    let at = dependencies.map_or_else(|| text.at(0), |node| node.at(text));
    sheet.manager(Manager::Conda, &at);
    let mut pip: Vec<&yaml::Node> = Vec::new();
    for one in dependencies.map(yaml::Node::list).unwrap_or_default() {
        match one.text() {
            Some(written) => ask(sheet, &mut step, written, selector(text, &one.at(text)), one.at(text)),
            None => pip.extend(one.get("pip").map(yaml::Node::list).unwrap_or_default()),
        }
    }
    sheet.step(step, at);
    if let Some(first) = pip.first() {
        let at = first.at(text);
        let mut step = StepSheet::default();
        for one in pip {
            if let Some(written) = one.text() {
                requirements::line(reading, sheet, &mut step, text, (written, one.at(text)));
            }
        }
        sheet.step(step, at);
    }
}

/// A channel as a step has it; nothing for the word that ends the list.
pub(super) fn channel(written: &str) -> Option<Index> {
    (written != "nodefaults").then(|| Index { url: redact::urls(written), role: IndexRole::Extra })
}

/// Adds what is asked of conda; Python itself is what the environment has.
pub(super) fn ask(sheet: &mut Sheet, step: &mut StepSheet, written: &str, marker: Option<String>, at: Location) {
    match conda_spec::request(written) {
        Ok(request) => add(sheet, step, request, marker, at),
        Err(what) => sheet.gap(what, GapWeight::PassedOver, at),
    }
}

/// The same of a request that was read.
pub(super) fn add(sheet: &mut Sheet, step: &mut StepSheet, mut request: Request, marker: Option<String>, at: Location) {
    if request.name == "python" {
        let version = python::pinned(&request.asked.specifiers);
        if let Some(python) = version.and_then(|version| version.parse().ok()) {
            sheet.python(python, &at);
        }
        return;
    }
    request.asked.marker = marker;
    step.ask(request, at);
}

/// What a comment at the end of a line says of the system that it is for (`# [linux]`), as conda-lock reads it, in the words of a marker.
fn selector(text: &Text, at: &Location) -> Option<String> {
    let (_, comment) = text.line(at.line)?.rsplit_once('#')?;
    let words = comment.trim().strip_prefix('[')?.split_once(']')?.0;
    Some(match words.trim() {
        "linux" | "linux64" => "sys_platform == \"linux\"".to_owned(),
        "win" | "win64" => "sys_platform == \"win32\"".to_owned(),
        "osx" | "osx64" | "arm64" | "osx-arm64" => "sys_platform == \"darwin\"".to_owned(),
        "unix" | "not win" => "sys_platform != \"win32\"".to_owned(),
        "not osx" => "sys_platform != \"darwin\"".to_owned(),
        "not linux" => "sys_platform != \"linux\"".to_owned(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{environment, steps};

    #[test]
    fn an_environment_has_a_step_of_conda_and_one_of_pip() {
        let (environment, places) = environment(
            "environment.yml",
            "name: x\nchannels: [pytorch, 'https://u:p@host.example/c', nodefaults]\ndependencies:\n- python=3.10\n- pytorch=2.1=*cuda*\n- \
             cudatoolkit=11.8 # [linux]\n- pip\n- pip:\n  - --extra-index-url https://download.pytorch.org/whl/cu121 # why\n  - torch==2.4.0+cu121\n  - -e .\n",
        );
        assert_eq!(environment.python.value().map(ToString::to_string).as_deref(), Some("3.10"));
        let [conda, pip] = environment.steps.as_slice() else { panic!("{:?}", environment.steps) };
        assert_eq!(
            steps(&environment),
            [vec!["torch==2.1.*", "cudatoolkit==11.8.*", "pip"], vec!["torch==2.4.0+cu121"]]
        );
        assert_eq!(conda.indexes.len(), 2);
        assert!(!format!("{conda:?}").contains("u:p"), "{conda:?}");
        assert_eq!(conda.requests[0].build.as_deref(), Some("*cuda*"));
        assert_eq!(conda.requests[1].asked.marker.as_deref(), Some("sys_platform == \"linux\""));
        assert_eq!(pip.indexes.len(), 1);
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 5);
        assert_eq!(places["/environments/0/steps/1/requests/0"].line, 10);
        assert_eq!(environment.gaps.len(), 1, "the folder");
    }

    #[test]
    fn a_file_that_is_no_yaml_is_a_gap_where_somebody_names_it() {
        let (environment, _) = environment("environment.yml", "dependencies:\n- a\n- b\nchannels: x\n");
        assert_eq!(steps(&environment), [vec!["a", "b"]]);
    }
}
