//! Pipelines of GitLab: jobs with their images, variables and scripts.
//! Format: <https://docs.gitlab.com/ci/yaml/>.

use std::collections::BTreeMap;

use super::{beyond, meant, script_of};
use crate::{
    facts::GapWeight,
    manifest::{
        Format, Reading, Sheet, Text,
        command::{Files, Scene},
        shell::{self, Language, Plain, Script, Value, Variables},
        ways,
        yaml::{self, Node},
    },
};

/// Jobs beyond these many are not read.
const MAX_JOBS: usize = 200;
/// As deep as jobs may extend each other.
const MAX_EXTENDS: usize = 8;

/// The format.
pub struct Gitlab;

impl Format for Gitlab {
    fn name(&self) -> &'static str {
        "pipeline of GitLab"
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        name.ends_with(".gitlab-ci.yml")
            || name.ends_with(".gitlab-ci.yaml")
            || name.starts_with("gitlab-ci") && name.ends_with("ml")
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        // Tags such as !reference are read as the lists that they are put on.
        let tree = match yaml::read(text) {
            Ok(tree) => tree,
            Err(error) => {
                let mut sheet = Sheet::new(&text.shown, &text.shown);
                sheet.gap(format!("what {} does ({error})", text.shown), GapWeight::Decides, error.at);
                reading.sheets.push(sheet);
                return;
            }
        };
        let mut sheets = Vec::new();
        for (name, job) in tree.map().iter().take(MAX_JOBS) {
            let Some(name) = name.text().filter(|name| !name.starts_with('.')) else { continue };
            let chain = chain(&tree, job);
            if get(&chain, "script").is_none() {
                continue;
            }
            let id = format!("{}: {name}", text.shown);
            sheets.extend(ways::each(reading, |reading, way| read_job(&id, text, &tree, &chain, &way.set, reading)));
        }
        reading.sheets.extend(meant(text, sheets));
        reading.sheets.extend(tree.map().get(MAX_JOBS).map(|(name, _)| beyond(text, MAX_JOBS, name)));
    }
}

/// A job and those that it extends, nearest first.
fn chain<'t>(tree: &'t Node, job: &'t Node) -> Vec<&'t Node> {
    let mut chain = vec![job];
    let mut next = 0;
    while let Some(one) = chain.get(next).copied().filter(|_| chain.len() < MAX_EXTENDS) {
        next += 1;
        let Some(extends) = one.get("extends") else { continue };
        let names = extends.text().into_iter().chain(extends.list().iter().filter_map(Node::text));
        // The last one that is named counts most.
        chain.extend(names.collect::<Vec<_>>().into_iter().rev().filter_map(|name| tree.get(name)));
    }
    chain
}

fn get<'t>(chain: &[&'t Node], key: &str) -> Option<&'t Node> {
    chain.iter().find_map(|job| job.get(key))
}

fn read_job(
    id: &str,
    text: &Text,
    tree: &Node,
    chain: &[&Node],
    way: &BTreeMap<String, String>,
    reading: &mut Reading<'_>,
) -> Sheet {
    let mut sheet = Sheet::new(id, &text.shown);
    let chosen = way.iter().chain(&reading.choices.set).map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut variables = Variables::new(BTreeMap::new(), chosen);
    let sets = [tree].into_iter().chain(chain.iter().rev().copied()).filter_map(|node| node.get("variables"));
    for (name, value) in sets.flat_map(Node::map).take(1_000) {
        // A variable may be a table with its value in it.
        let node = value.get("value").unwrap_or(value);
        if let (Some(name), Some(written)) = (name.text(), node.text()) {
            let mut value = Plain(&mut variables).value(written);
            value.at = Some(node.at(text));
            variables.put(name, value);
        }
    }
    let usual = |key: &str| {
        get(chain, key).or_else(|| tree.get("default").and_then(|default| default.get(key))).or_else(|| tree.get(key))
    };
    if let Some(image) = usual("image") {
        let node = image.get("name").unwrap_or(image);
        if let Some(written) = node.text() {
            let value = Plain(&mut variables).value(written);
            match value.unknown {
                None if !value.text().is_empty() => sheet.base(&value.text(), node.at(text)),
                None => {}
                Some(why) => {
                    sheet.image();
                    sheet.gap(format!("the value of {why}, which names the image"), GapWeight::Decides, node.at(text));
                }
            }
        }
    }
    let mut script = Script::default();
    for key in ["before_script", "script"] {
        let Some(node) = usual(key) else { continue };
        let commands = match node.text() {
            Some(_) => vec![node],
            None => lines(node, 0),
        };
        for command in commands.into_iter().take(2_000) {
            script.append(&script_of(command, text));
            script.text.push('\n');
        }
    }
    for name in ["CI", "GITLAB_CI"] {
        variables.put(name, Value::known("true", None));
    }
    let mut scene = Scene {
        reading,
        sheet: &mut sheet,
        folder: text.folder().to_owned(),
        variables: BTreeMap::new(),
        files: Files::default(),
    };
    shell::run_as(Language::Shell, &script, &mut variables, &mut scene);
    sheet
}

/// Commands of a list, which may have lists in it.
fn lines(node: &Node, depth: usize) -> Vec<&Node> {
    let mut found = Vec::new();
    for one in node.list() {
        match one.text() {
            Some(_) => found.push(one),
            None if depth < 8 => found.extend(lines(one, depth + 1)),
            None => {}
        }
    }
    found
}
