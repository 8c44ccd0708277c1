//! Dockerfiles: what is installed in the image that a build makes. The stages that the last one, or the one that is chosen, rests on are read in
//! order; what is copied from others comes with what was installed or compiled there.
//!
//! `instructions` are the lines, `stage` what one stage does, `copy` which files of the project the image gets, `context` the folder that they
//! come from.

mod context;
mod copy;
mod instructions;
mod stage;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

pub(super) use self::stage::is_told;
use self::{
    instructions::{Instruction, MAX_INSTRUCTIONS},
    stage::Stage,
};
use super::{
    Format, MAX_EACH, Reading, Sheet, Text,
    shell::{Plain, Value, Variables},
};
use crate::facts::{Cpu, GapWeight, Location, Platform};

/// Stages beyond these many are not read.
const MAX_STAGES: usize = 100;
/// What all stages together may ask for.
const MAX_REQUESTS: usize = 300_000;

/// Endings of files that are about a Dockerfile, that write, read or ignore one, or that one is made from.
const ABOUT: [&str; 40] = [
    "bat",
    "c",
    "cc",
    "cpp",
    "cs",
    "css",
    "dockerignore",
    "erb",
    "go",
    "h",
    "hbs",
    "html",
    "j2",
    "java",
    "jinja",
    "jinja2",
    "js",
    "json",
    "kt",
    "log",
    "lua",
    "md",
    "mjs",
    "mustache",
    "php",
    "py",
    "rb",
    "rs",
    "rst",
    "sh",
    "svg",
    "template",
    "tmpl",
    "toml",
    "tpl",
    "ts",
    "tsx",
    "txt",
    "yaml",
    "yml",
];

/// The format.
pub struct Dockerfile;

impl Format for Dockerfile {
    fn name(&self) -> &'static str {
        "Dockerfile"
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        let named = name.contains("dockerfile") || name.contains("containerfile");
        let begins = || {
            let mut lines = text.text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            let first = lines.find(|line| !line.to_ascii_uppercase().starts_with("ARG "));
            first.is_some_and(|line| line.starts_with("FROM ") && !line.contains(" import "))
        };
        match named {
            true => !name.rsplit_once('.').is_some_and(|(_, ending)| ABOUT.contains(&ending)),
            false => !name.contains('.') && begins(),
        }
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let order = Order { stage: reading.choices.stage.clone(), ..Order::of(text, reading) };
        let sheet = build(text, reading, &order);
        reading.sheets.push(sheet);
        if reading.choices.each.is_some() && order.stage.is_none() {
            for name in others(text).into_iter().take(MAX_EACH) {
                let id = format!("{} [{name}]", text.shown);
                let sheet = build(text, reading, &Order { id, stage: Some(name), ..order.clone() });
                reading.sheets.push(sheet);
            }
        }
    }
}

/// What is ordered of a build.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// How reports name the image.
    pub id: String,
    /// The folder whose files are copied.
    pub context: PathBuf,
    /// The stage; nothing: the last one.
    pub stage: Option<String>,
    /// Values of ARG, with their places.
    pub args: BTreeMap<String, Value>,
}

impl Order {
    /// A plain build of a Dockerfile, from the folder that has its files.
    fn of(text: &Text, reading: &Reading<'_>) -> Self {
        let context = context::of(text, &instructions::read(text), reading.shelf);
        Self { id: text.shown.clone(), context, stage: None, args: BTreeMap::new() }
    }
}

/// Reads a Dockerfile as a build would.
pub(super) fn build(text: &Text, reading: &mut Reading<'_>, order: &Order) -> Sheet {
    let instructions = instructions::read(text);
    let mut args = order.args.clone();
    for (name, value) in &reading.choices.build_args {
        args.insert(name.clone(), Value::known(value.clone(), None));
    }
    let chosen = reading.choices.set.clone();
    let mut globals = Variables::new(predefined(reading.choices.platform), chosen.clone());
    let mut stages: Vec<Part> = Vec::new();
    let mut cut = None;
    for instruction in instructions {
        if instruction.name.is_empty() {
            cut = Some((format!("the instructions of {} beyond {MAX_INSTRUCTIONS}", text.shown), instruction.at));
            break;
        }
        if instruction.name == "FROM" {
            if stages.len() >= MAX_STAGES {
                cut = Some((format!("the stages of {} beyond {MAX_STAGES}", text.shown), instruction.at));
                break;
            }
            stages.push(Part::of(instruction, &mut globals));
        } else if let Some(stage) = stages.last_mut() {
            stage.instructions.push(instruction);
        } else if instruction.name == "ARG" {
            stage::arg(&instruction.body, &mut globals, &args, None);
        }
    }
    let mut sheet = Sheet::new(&order.id, &text.shown);
    if let Some((what, at)) = cut {
        sheet.gap(what, GapWeight::Decides, at);
        return sheet;
    }
    let Some(target) = target(&stages, order.stage.as_deref()) else {
        let what = match &order.stage {
            Some(stage) if !stages.is_empty() => format!("a stage '{stage}' in {}", text.shown),
            _ => format!("a FROM in {}", text.shown),
        };
        sheet.gap(what, GapWeight::Decides, text.at(0));
        return sheet;
    };
    let mut done: BTreeMap<usize, Stage> = BTreeMap::new();
    let alone = stages.len() > 1 && needed(&stages, target).len() == 1;
    let all = if alone { (0..stages.len()).collect() } else { needed(&stages, target) };
    for number in all {
        let Some(part) = stages.get(number) else { continue };
        if done.values().map(|stage| stage.sheet.size()).sum::<usize>() > MAX_REQUESTS {
            sheet.gap(
                format!("the stages of {} after so many requests", text.shown),
                GapWeight::Decides,
                part.at.clone(),
            );
            return sheet;
        }
        let above = stages.get(..number).unwrap_or_default();
        let mut stage = match named(above, &part.base).and_then(|from| done.get(&from)) {
            Some(from) => from.child(),
            None => Stage::new(Sheet::new(&order.id, &text.shown), &order.context, part, chosen.clone()),
        };
        for instruction in &part.instructions {
            stage.instruction(instruction, &globals, &args, reading, |name| {
                named(above, name).and_then(|from| done.get(&from))
            });
        }
        done.insert(number, stage);
    }
    let mut last = done.remove(&target).map_or(sheet, |stage| stage.sheet);
    if alone && order.stage.is_none() && reading.choices.stage.is_none() && last.installs_nothing() {
        // Whoever copies by hand what an earlier stage installs runs that.
        let earlier = done.into_iter().rev().find(|(_, stage)| !stage.sheet.installs_nothing());
        if let Some((number, stage)) = earlier {
            let at = stages.get(number).map_or_else(|| text.at(0), |part| part.at.clone());
            last = stage.sheet;
            last.gap(
                "the last stage, which installs nothing: the one before it that does is judged",
                GapWeight::PassedOver,
                at,
            );
        }
    }
    last
}

/// A stage as it is written.
pub(super) struct Part {
    /// What it is called.
    name: Option<String>,
    /// What it starts from, variables filled in.
    pub base: String,
    /// What in that is not known.
    pub unknown: Option<String>,
    /// Where that is written.
    pub at: Location,
    instructions: Vec<Instruction>,
}

impl Part {
    fn of(from: Instruction, globals: &mut Variables) -> Self {
        let (_, rest) = from.flags();
        let words: Vec<&str> = rest.text.split_whitespace().collect();
        let name = match words.as_slice() {
            [_, joint, name, ..] if joint.eq_ignore_ascii_case("as") => Some((*name).to_owned()),
            _ => None,
        };
        let base = words.first().copied().unwrap_or_default();
        let quoted = |mark: char| base.strip_prefix(mark)?.strip_suffix(mark);
        let base = quoted('"').or_else(|| quoted('\'')).unwrap_or(base);
        let mut plain = Plain(globals);
        let unset = plain.unset(base);
        let value = plain.value(base);
        let at = rest.at(rest.text.find(base).unwrap_or_default());
        Self { name, base: value.text(), unknown: value.unknown.or(unset), at, instructions: Vec::new() }
    }
}

/// Names of the stages that no other rests on, without the last one: images of their own, for those who build them.
fn others(text: &Text) -> Vec<String> {
    let mut globals = Variables::new(BTreeMap::new(), BTreeMap::new());
    let mut stages: Vec<Part> = Vec::new();
    for instruction in instructions::read(text) {
        if instruction.name == "FROM" {
            if stages.len() >= MAX_STAGES {
                break;
            }
            stages.push(Part::of(instruction, &mut globals));
        } else if let Some(stage) = stages.last_mut() {
            stage.instructions.push(instruction);
        }
    }
    let last = stages.len().saturating_sub(1);
    let mut used = BTreeSet::from([last]);
    for number in 0..stages.len() {
        used.extend(needed(&stages, number).into_iter().filter(|other| *other != number));
    }
    let open = stages.iter().enumerate().filter(|(number, _)| !used.contains(number));
    open.filter_map(|(_, stage)| stage.name.clone()).collect()
}

/// The stage of a name or a number.
fn named(stages: &[Part], name: &str) -> Option<usize> {
    let by_name =
        stages.iter().rposition(|stage| stage.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)));
    by_name.or_else(|| name.parse().ok().filter(|number| *number < stages.len()))
}

fn target(stages: &[Part], chosen: Option<&str>) -> Option<usize> {
    match chosen {
        Some(name) => named(stages, name),
        None => stages.len().checked_sub(1),
    }
}

/// The stages that one rests on, in order, and itself.
fn needed(stages: &[Part], target: usize) -> BTreeSet<usize> {
    let mut needed = BTreeSet::from([target]);
    // A stage rests on earlier ones alone.
    for number in (0..=target).rev() {
        let Some(stage) = stages.get(number).filter(|_| needed.contains(&number)) else { continue };
        let above = stages.get(..number).unwrap_or_default();
        needed.extend(named(above, &stage.base));
        for instruction in &stage.instructions {
            let (flags, _) = instruction.flags();
            let sources = flags.iter().filter(|(name, _)| name == "from" || name == "mount").map(|(name, value)| {
                match name.as_str() {
                    "from" => value.as_str(),
                    _ => stage::mounted(value, "from").unwrap_or_default(),
                }
            });
            needed.extend(sources.filter_map(|from| named(above, from)));
        }
    }
    needed
}

/// What builders set by themselves.
fn predefined(platform: Option<Platform>) -> BTreeMap<String, Value> {
    let arm = platform.is_some_and(|platform| platform.cpu == Cpu::Aarch64);
    let cpu = if arm { "arm64" } else { "amd64" };
    ["TARGET", "BUILD"]
        .into_iter()
        .flat_map(|which| {
            [("PLATFORM", format!("linux/{cpu}")), ("OS", "linux".to_owned()), ("ARCH", cpu.to_owned())]
                .map(|(what, value)| (format!("{which}{what}"), Value::known(value, None)))
        })
        .collect()
}
