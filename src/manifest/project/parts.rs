//! What a project asks for, in parts: always, with an extra, with a group; and what is in force of it for a choice.

use std::collections::BTreeSet;

use super::ground::both;
use crate::{
    facts::{Location, Offer, Request},
    manifest::requirements,
    python::normalize,
};

/// Extras and groups beyond these many are not kept.
pub(super) const MAX_PARTS: usize = 1_000;
/// Lines beyond these many are not kept.
const MAX_LINES: usize = 20_000;
/// Names of packages that are kept of an extra that nobody chose.
const MAX_OFFERED: usize = 64;
/// Extras and groups that are kept of those that nobody chose.
pub(super) const MAX_OFFERS: usize = 256;

/// A project: what it asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Project {
    /// Normalised name; empty where none is said.
    pub name: String,
    /// What it always asks for.
    pub base: Vec<Line>,
    /// What it asks for with an extra.
    pub extras: Vec<Part>,
    /// Groups of its developers.
    pub groups: Vec<Part>,
}

/// One line that asks for something.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// What it asks for, or what it is that cannot be read.
    pub asked: Result<Request, String>,
    /// Where it is written.
    pub at: Location,
    /// Name of the index that it is taken from, where the line itself says it.
    pub source: Option<String>,
}

/// An extra or a group.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    /// Normalised name.
    pub name: String,
    /// What it asks for, in order.
    pub members: Vec<Member>,
    /// Whether a group is only installed where it is asked for.
    pub optional: bool,
}

/// A line of an extra or a group.
#[derive(Debug, Clone)]
pub(super) enum Member {
    /// A requirement.
    Line(Box<Line>),
    /// Another group, by normalised name.
    Group(String),
}

impl Member {
    /// A requirement as a member.
    pub fn line(line: Line) -> Self {
        Self::Line(Box::new(line))
    }
}

/// What is chosen of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::manifest) struct Wish {
    /// Extras.
    pub extras: Vec<String>,
    /// Whether all extras are.
    pub all_extras: bool,
    /// Extras that are left out of all.
    pub no_extras: Vec<String>,
    /// Groups besides the default ones.
    pub groups: Vec<String>,
    /// Groups that are left out.
    pub no_groups: Vec<String>,
    /// Whether all groups are.
    pub all_groups: bool,
    /// Whether the default groups are left out.
    pub no_defaults: bool,
    /// Whether nothing but groups is installed (`--only-group`, `--only`).
    pub only_groups: bool,
}

impl Wish {
    /// Whether somebody chose an extra or a group.
    pub fn is_made(&self) -> bool {
        !self.extras.is_empty() || !self.groups.is_empty() || self.all_extras || self.all_groups || self.only_groups
    }
}

/// Where a line in force stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    Base,
    Extra(String),
    Group(String),
}

/// What is in force of a project.
#[derive(Debug, Default)]
pub(super) struct InForce {
    /// Whether what the project always asks for is.
    pub base: bool,
    /// The lines, each with the part that it is of.
    pub lines: Vec<(Line, Of)>,
    /// Extras, those that extras name included.
    pub extras: Vec<String>,
    /// Groups, those that groups include as well.
    pub groups: Vec<String>,
    /// Parts that were asked for and are not there: `extra cu128`.
    pub missing: Vec<String>,
}

impl Line {
    /// A line as PEP 508 has it.
    pub fn new(text: &str, at: Location) -> Self {
        Self { asked: requirements::request(text).map_err(|unread| unread.what), at, source: None }
    }
}

impl Project {
    /// Adds lines to a group, which may be there already.
    pub fn add_group(&mut self, name: &str, lines: Vec<Line>, optional: bool) {
        add(&mut self.groups, name, lines.into_iter(), optional);
    }

    /// Adds lines to an extra, which may be there already.
    pub fn add_extra(&mut self, name: &str, lines: impl Iterator<Item = Line>) {
        add(&mut self.extras, name, lines, true);
    }

    fn extra(&self, name: &str) -> Option<&Part> {
        self.extras.iter().find(|part| part.name == name)
    }

    fn group(&self, name: &str) -> Option<&Part> {
        self.groups.iter().find(|part| part.name == name)
    }

    /// What is in force for a choice, with these groups unless they are left out.
    pub fn chosen(&self, wish: &Wish, default_groups: &[String]) -> InForce {
        let mut walk = Walk::new(self, MAX_LINES);
        walk.force.base = !wish.only_groups;
        if !wish.only_groups {
            for line in &self.base {
                walk.line(line, &Of::Base, None);
            }
            let not = |name: &String| !wish.no_extras.iter().any(|no| normalize(no) == *name);
            let all = self.extras.iter().filter(|_| wish.all_extras).map(|part| part.name.clone()).filter(not);
            for extra in wish.extras.iter().map(|extra| normalize(extra)).chain(all) {
                walk.extra(&extra, None);
            }
        }
        let left_out = |name: &String| wish.no_groups.iter().any(|no| normalize(no) == *name);
        let with_defaults = !wish.no_defaults && !wish.only_groups;
        let defaults = default_groups.iter().filter(|_| with_defaults);
        let all = self.groups.iter().filter(|_| wish.all_groups).map(|part| &part.name);
        for group in defaults.chain(all).map(|name| normalize(name)).filter(|name| !left_out(name)) {
            if self.group(&group).is_some() {
                walk.group(&group);
            }
        }
        for group in wish.groups.iter().map(|name| normalize(name)).filter(|name| !left_out(name)) {
            walk.group(&group);
        }
        walk.force
    }

    /// The extras and groups that are not in force, with what they would bring.
    pub fn offers(&self, force: &InForce) -> Vec<Offer> {
        let extras = self.extras.iter().filter(|part| !force.extras.contains(&part.name)).map(|part| (part, true));
        let groups = self.groups.iter().filter(|part| !force.groups.contains(&part.name)).map(|part| (part, false));
        let offers = extras.chain(groups).filter(|(part, _)| !is_for_developers(&part.name)).take(MAX_OFFERS);
        let offer = |(part, is_extra): (&Part, bool)| {
            let mut walk = Walk::new(self, 4 * MAX_OFFERED);
            match is_extra {
                true => walk.extra(&part.name, None),
                false => walk.group(&part.name),
            }
            let requests = walk.force.lines.iter().filter_map(|(line, _)| line.asked.as_ref().ok());
            let names: BTreeSet<String> = requests.map(|request| request.name.clone()).collect();
            Offer { name: part.name.clone(), packages: names.into_iter().take(MAX_OFFERED).collect(), group: !is_extra }
        };
        offers.map(offer).filter(|offer| !offer.packages.is_empty()).collect()
    }
}

fn add(parts: &mut Vec<Part>, name: &str, lines: impl Iterator<Item = Line>, optional: bool) {
    let name = normalize(name);
    let members = lines.map(Member::line);
    let is_full = parts.len() >= MAX_PARTS;
    match parts.iter_mut().find(|part| part.name == name) {
        Some(part) => part.members.extend(members),
        None if is_full => {}
        None => parts.push(Part { name, members: members.collect(), optional }),
    }
}

/// Whether a part is for those who work on the project, by its name.
pub(super) fn is_for_developers(name: &str) -> bool {
    let words =
        ["dev", "test", "tests", "testing", "doc", "docs", "lint", "typing", "build", "ci", "benchmark", "examples"];
    name.split('-').any(|word| words.contains(&word))
}

/// Extras name extras, and groups include groups, in circles if they like.
struct Walk<'p> {
    project: &'p Project,
    force: InForce,
    /// Parts that were taken, extras with `true`.
    seen: BTreeSet<(bool, String)>,
    /// How many lines are kept.
    most: usize,
}

impl<'p> Walk<'p> {
    fn new(project: &'p Project, most: usize) -> Self {
        Self { project, force: InForce::default(), seen: BTreeSet::new(), most }
    }

    /// Each extra is taken once, so that the walk is never deeper than there are extras; that is bounded, too.
    fn extra(&mut self, name: &str, marker: Option<&str>) {
        if self.seen.len() >= MAX_OFFERS || !self.seen.insert((true, name.to_owned())) {
            return;
        }
        self.force.extras.push(name.to_owned());
        let project = self.project;
        let Some(part) = project.extra(name) else {
            self.force.missing.push(format!("extra {name}"));
            return;
        };
        for member in &part.members {
            if let Member::Line(line) = member {
                self.line(line, &Of::Extra(name.to_owned()), marker);
            }
        }
    }

    fn group(&mut self, name: &str) {
        if self.seen.len() >= MAX_OFFERS || !self.seen.insert((false, name.to_owned())) {
            return;
        }
        self.force.groups.push(name.to_owned());
        let project = self.project;
        let Some(part) = project.group(name) else {
            self.force.missing.push(format!("group {name}"));
            return;
        };
        for member in &part.members {
            match member {
                Member::Line(line) => self.line(line, &Of::Group(name.to_owned()), None),
                Member::Group(other) => self.group(other),
            }
        }
    }

    fn line(&mut self, line: &Line, of: &Of, marker: Option<&str>) {
        if self.force.lines.len() >= self.most {
            return;
        }
        let mut line = line.clone();
        if let Ok(request) = &mut line.asked {
            request.asked.marker = both(request.asked.marker.as_deref(), marker);
            // A project that names itself asks for extras of its own.
            if !self.project.name.is_empty() && request.name == self.project.name {
                let marker = request.asked.marker.clone();
                for extra in &request.asked.extras {
                    self.extra(extra, marker.as_deref());
                }
                return;
            }
        }
        self.force.lines.push((line, of.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Text;

    fn part(name: &str, members: &[&str]) -> Part {
        let at = || Text::new("a", "a", "").at(0);
        let member = |text: &&str| match text.strip_prefix("include ") {
            Some(group) => Member::Group(group.to_owned()),
            None => Member::line(Line::new(text, at())),
        };
        Part { name: name.to_owned(), members: members.iter().map(member).collect(), optional: false }
    }

    fn names(force: &InForce) -> Vec<&str> {
        force.lines.iter().filter_map(|(line, _)| Some(line.asked.as_ref().ok()?.name.as_str())).collect()
    }

    fn project() -> Project {
        Project {
            name: "own".to_owned(),
            base: vec![Line::new("numpy", Text::new("a", "a", "").at(0))],
            extras: vec![
                part("gpu", &["own[vision] ; sys_platform == 'linux'", "torch"]),
                part("vision", &["torchvision", "own[gpu]"]),
                part("test", &["pytest"]),
            ],
            groups: vec![part("dev", &["include lint", "ruff"]), part("lint", &["mypy", "include dev"])],
        }
    }

    #[test]
    fn extras_and_groups_are_followed_in_circles() {
        let project = project();
        let defaults = ["dev".to_owned()];
        let wish =
            |extras: &[&str]| Wish { extras: extras.iter().map(|&it| it.to_owned()).collect(), ..Wish::default() };
        let force = project.chosen(&wish(&["GPU"]), &defaults);
        assert_eq!(names(&force), ["numpy", "torchvision", "torch", "mypy", "ruff"]);
        let vision = force.lines.iter().find(|(_, of)| *of == Of::Extra("vision".to_owned())).unwrap();
        assert_eq!(vision.0.asked.as_ref().unwrap().asked.marker.as_deref(), Some("sys_platform == 'linux'"));
        assert_eq!(force.extras, ["gpu", "vision"]);
        assert_eq!(project.chosen(&wish(&["none"]), &[]).missing, ["extra none"]);
        let none = Wish { no_groups: vec!["dev".to_owned()], ..Wish::default() };
        assert_eq!(names(&project.chosen(&none, &defaults)), ["numpy"]);
        let only = Wish { groups: vec!["lint".to_owned()], only_groups: true, ..Wish::default() };
        assert_eq!(names(&project.chosen(&only, &defaults)), ["mypy", "ruff"]);
    }

    #[test]
    fn what_nobody_chose_is_offered() {
        let project = project();
        let offers = project.offers(&project.chosen(&Wish::default(), &[]));
        let offers: Vec<_> = offers.iter().map(|offer| (offer.name.as_str(), offer.packages.join(" "))).collect();
        assert_eq!(offers, [("gpu", "torch torchvision".to_owned()), ("vision", "torch torchvision".to_owned())]);
    }
}
