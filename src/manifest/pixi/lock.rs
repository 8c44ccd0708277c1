//! pixi.lock: the files of every environment on every platform.

use super::{id, is_chosen, subdir};
use crate::{
    facts::{GapWeight, Manager, Resolver},
    manifest::{Reading, Sheet, StepSheet, Text, conda_environment, conda_spec, requirements, yaml},
};

/// Environments beyond these many are not read.
const MAX_ENVIRONMENTS: usize = 64;

/// Reads the environments of a lock file, or the one that a command is about into its own.
pub(super) fn read(text: &Text, reading: &mut Reading<'_>, mut into: Option<(&str, &mut Sheet)>) {
    let tree = match yaml::read(text) {
        Ok(tree) => tree,
        Err(error) => {
            let mut own = Sheet::new(&text.shown, &text.shown);
            let sheet = into.as_mut().map_or(&mut own, |(_, sheet)| &mut **sheet);
            sheet.gap(format!("what {} has ({error})", text.shown), GapWeight::Decides, error.at);
            reading.sheets.extend(into.is_none().then_some(own));
            return;
        }
    };
    let platform = subdir(reading.choices.platform);
    let environments = tree.get("environments").map(yaml::Node::map).unwrap_or_default();
    for (name, environment) in environments.iter().take(MAX_ENVIRONMENTS) {
        let shown = name.text().unwrap_or("default");
        let is_meant = into.as_ref().map_or_else(|| is_chosen(reading, shown), |(meant, _)| *meant == shown);
        if !is_meant {
            continue;
        }
        let mut own = Sheet::new(id(text, shown), &text.shown);
        let sheet = into.as_mut().map_or(&mut own, |(_, sheet)| &mut **sheet);
        sheet.manager(Manager::Pixi, &name.at(text));
        let packages = environment.get("packages");
        match packages.and_then(|packages| packages.get(platform)) {
            Some(list) => {
                let mut step = StepSheet::default();
                step.step.resolver = Resolver::Lock;
                for one in list.list() {
                    package(text, one, sheet, &mut step);
                }
                sheet.step(step, list.at(text));
            }
            None => {
                let what = format!("what {} has for {platform}", text.shown);
                sheet.gap(what, GapWeight::Decides, packages.unwrap_or(name).at(text));
            }
        }
        reading.sheets.extend(into.is_none().then_some(own));
    }
}

/// A package of an environment: the address of its file.
fn package(text: &Text, one: &yaml::Node, sheet: &mut Sheet, step: &mut StepSheet) {
    let at = one.at(text);
    if let Some(url) = one.get("conda").and_then(yaml::Node::text) {
        // Packages that are built from source have a folder in place of a file.
        if let Some(request) = conda_spec::package_file(url) {
            conda_environment::add(sheet, step, request, None, at);
        }
        return;
    }
    if let Some(url) = one.get("pypi").and_then(yaml::Node::text) {
        match requirements::request(url) {
            Ok(request) => step.ask(request, at),
            Err(unread) => sheet.gap(unread.what, GapWeight::PassedOver, at),
        }
    }
}
