//! What conda has chosen: conda-lock.yml, lists of files (`@EXPLICIT`), and what `conda list --export` says.
//! Format: <https://conda.github.io/conda-lock/output/>.

use super::{
    Format, Reading, Sheet, StepSheet, Text, conda_environment, conda_spec, pixi, requirements,
    yaml::{self, Node},
};
use crate::{
    facts::{GapWeight, Location, Manager, Resolver},
    python,
};

/// conda-lock.yml.
pub struct CondaLock;

impl Format for CondaLock {
    fn name(&self) -> &'static str {
        "conda-lock.yml"
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name();
        let ending = name.ends_with(".yml") || name.ends_with(".yaml");
        let has = |key: &str| text.text.lines().any(|line| line.starts_with(key));
        ending && has("package:") && has("metadata:") && text.text.contains("manager:")
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let mut sheet = Sheet::new(&text.shown, &text.shown);
        match yaml::read(text) {
            Ok(tree) => read_lock(text, &tree, reading, &mut sheet),
            Err(error) => {
                sheet.gap(format!("what {} has ({error})", text.shown), GapWeight::Decides, error.at);
            }
        }
        reading.sheets.push(sheet);
    }
}

fn read_lock(text: &Text, tree: &Node, reading: &Reading<'_>, sheet: &mut Sheet) {
    let platform = pixi::subdir(reading.choices.platform);
    let mut step = StepSheet::default();
    step.step.resolver = Resolver::Lock;
    let list = tree.get("package");
    let at = list.map_or_else(|| text.at(0), |list| list.at(text));
    sheet.manager(Manager::Conda, &at);
    let word = |one: &Node, key: &str| one.get(key).and_then(Node::text).map(str::to_owned);
    for one in list.map(Node::list).unwrap_or_default() {
        let category = word(one, "category");
        let meant = category.is_none_or(|category| category == "main" || reading.choices.groups.contains(&category));
        if word(one, "platform").is_some_and(|other| other != platform) || !meant {
            continue;
        }
        let Some(url) = word(one, "url") else { continue };
        let read = match word(one, "manager").as_deref() {
            Some("pip") => requirements::request(&url).map_err(|unread| unread.what),
            _ => conda_spec::request(&url),
        };
        add(read, sheet, &mut step, one.at(text));
    }
    if step.step.requests.is_empty() {
        sheet.gap(format!("what {} has for {platform}", text.shown), GapWeight::Decides, at.clone());
    }
    sheet.step(step, at);
}

fn add(read: Result<crate::facts::Request, String>, sheet: &mut Sheet, step: &mut StepSheet, at: Location) {
    match read {
        Ok(request) => conda_environment::add(sheet, step, request, None, at),
        Err(what) => sheet.gap(what, GapWeight::PassedOver, at),
    }
}

/// A list of packages, one a line.
pub struct CondaList;

impl Format for CondaList {
    fn name(&self) -> &'static str {
        "list of conda's packages"
    }

    fn claims(&self, text: &Text) -> bool {
        let mut lines = text.text.lines().map(str::trim).take(40);
        lines.any(|line| line == "@EXPLICIT" || line.starts_with("# $ conda create --name <env> --file"))
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let mut sheet = Sheet::new(&text.shown, &text.shown);
        let mut step = StepSheet::default();
        step.step.resolver = Resolver::Lock;
        sheet.manager(Manager::Conda, &text.at(0));
        include(text, &mut sheet, &mut step);
        sheet.step(step, text.at(0));
        reading.sheets.push(sheet);
    }
}

/// Reads the lines of a list into a step: addresses, and requests as `conda list --export` and people write them.
pub(super) fn include(text: &Text, sheet: &mut Sheet, step: &mut StepSheet) {
    for (start, line) in text.lines() {
        let bare = line.split(" #").next().unwrap_or(line).trim();
        if bare.is_empty() || bare.starts_with(['#', '@']) {
            continue;
        }
        // What pip has installed stands there, too.
        let mut read = match bare.split_once("=pypi_") {
            Some((pip, _)) => requirements::request(&pip.replacen('=', "==", 1)).map_err(|unread| unread.what),
            None => conda_spec::request(bare),
        };
        if step.step.resolver == Resolver::Lock
            && let Ok(request) = &mut read
            && let Some(version) = python::pinned(&request.asked.specifiers)
        {
            request.asked.specifiers = format!("=={version}");
        }
        add(read, sheet, step, text.at(start));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{environment, steps};
    use crate::facts::Resolver;

    #[test]
    fn a_lock_has_what_is_for_the_platform() {
        let (environment, places) = environment(
            "conda-lock.yml",
            "metadata:\n  channels: [{url: pytorch}]\npackage:\n- name: python\n  version: 3.10.1\n  manager: conda\n  platform: linux-64\n  url: https://c.example/conda-forge/linux-64/python-3.10.1-h0_0.conda\n- name: pytorch\n  manager: conda\n  platform: linux-64\n  url: https://c.example/pytorch/linux-64/pytorch-2.2.2-py3.10_cuda12.1_cudnn8.9.2_0.tar.bz2\n- name: pytorch\n  manager: conda\n  platform: win-64\n  url: https://c.example/pytorch/win-64/pytorch-2.2.2-py3.10_cpu_0.tar.bz2\n- name: x\n  manager: pip\n  platform: linux-64\n  category: dev\n  url: https://p.example/x-1-py3-none-any.whl\n",
        );
        assert_eq!(steps(&environment), [vec!["torch==2.2.2"]]);
        assert_eq!(environment.steps[0].requests[0].index.as_deref(), Some("https://c.example/pytorch"));
        assert_eq!(environment.python.value().map(ToString::to_string).as_deref(), Some("3.10"));
        assert_eq!(places["/environments/0/steps/0/requests/0"].line, 9);
    }

    #[test]
    fn lists_are_told_from_requirements() {
        let explicit = "# platform: linux-64\n@EXPLICIT\nhttps://c.example/pytorch/linux-64/pytorch-2.2.2-py3.10_cpu_0.tar.bz2#0123\n";
        let (read, _) = environment("requirements.txt", explicit);
        assert_eq!((steps(&read), read.steps[0].resolver), (vec![vec!["torch==2.2.2".to_owned()]], Resolver::Lock));
        let export = "# This file may be used to create an environment using:\n# $ conda create --name <env> --file <this file>\n# platform: linux-64\npytorch=1.9.1=py3.8_cuda11.1_cudnn8.0.5_0\ntimm=0.9=pypi_0\n";
        let (read, _) = environment("requirements.txt", export);
        assert_eq!(steps(&read), [vec!["torch==1.9.1", "timm==0.9"]]);
        assert_eq!(read.steps[0].requests[1].build, None);
    }
}
