//! What somebody wants besides a torch that runs: a release of it, packages that go with it (`recommend --torch`, `--with`), and that it
//! stays so (`--keep`). The search for torch asks for each build which versions of the packages go with it; the rows know that.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Candidate, Case, Install, Plan,
    dependents::{admits, fits},
};
use crate::{
    facts::{Environment, Manager, Platform, PythonVersion},
    knowledge::{Confidence, Knowledge, PackageBuild},
    python::{self, Requirement},
    rules::COMPANIONS,
    shell::{FileText, NoWord, Word},
};

/// What is not verified of a version of which a row has its vendor's word alone.
pub(super) const TOLD: &str = "installs as its vendor says (not tried with an installer)";

/// What is wanted in an environment that is still to be made.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// What torch and its companions have to be.
    pub of_torch: Vec<Requirement>,
    /// The other packages, in the order in which they were given.
    others: Vec<Requirement>,
    /// Whether constraints are wanted that hold the set.
    keep: bool,
}

/// What the packages are for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'k> {
    /// What is known.
    pub knowledge: &'k Knowledge,
    /// The system; nothing: unknown.
    pub platform: Option<Platform>,
    /// The Python; nothing: unknown.
    pub python: Option<PythonVersion>,
}

/// The versions of packages that go with a build of torch.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// In the order in which they are installed: those of which rows know the version, those of which none does, what is compiled.
    pub installs: Vec<Install>,
    /// What the rows do not say of them.
    pub unproven: Vec<String>,
}

/// What the rows say of one package beside a build of torch.
enum Choice {
    /// This version goes with it, with an extra where that brings its part for GPUs, and requires exactly these of others.
    Version { version: String, extra: Option<String>, requires: Vec<String> },
    /// This one, of which the rows do not say all: whether it …
    Undecided(String, &'static str),
    /// Some version in this range.
    Range(String),
    /// No row decides it, for this reason.
    Open(String),
    /// Rows know no wheel of it: it is compiled for the torch that is there.
    Compiled,
}

impl Stack {
    /// What is wanted in an environment. A requirement that is none was changed in a saved report: nothing is known of it.
    pub fn of(environment: &Environment) -> Self {
        let Some(wanted) = environment.wanted.as_deref() else { return Self::default() };
        let parsed = wanted.requirements.iter().filter_map(|text| text.parse::<Requirement>().ok());
        let of_torch =
            |requirement: &Requirement| requirement.name == "torch" || COMPANIONS.contains(&requirement.name.as_str());
        let (of_torch, mut others): (Vec<_>, Vec<_>) = parsed.partition(of_torch);
        let mut names: Vec<String> = Vec::new();
        others.retain(|other| {
            let new = !names.contains(&other.name);
            names.push(other.name.clone());
            new
        });
        Self { of_torch, others, keep: wanted.keep }
    }

    /// Whether nothing but a torch that runs is wanted.
    pub const fn is_empty(&self) -> bool {
        self.of_torch.is_empty() && self.others.is_empty()
    }

    /// The torch that is asked for, as a requirement, and the version that it is about; nothing where any will do.
    pub fn asked(&self) -> Option<(String, Option<String>)> {
        let asked: Vec<String> = self.of_torch.iter().map(shown).collect();
        let torch = self.of_torch.iter().find(|requirement| requirement.name == "torch");
        let version = torch.and_then(|torch| Some(torch.specifiers.iter().next()?.version().to_string()));
        (!asked.is_empty()).then(|| (asked.join(" with "), version))
    }

    /// The packages' versions for a build; nothing where the rows exclude one of them.
    pub fn chosen(&self, place: &Place<'_>, candidate: &Candidate<'_>) -> Option<Chosen> {
        self.together(place, candidate, &self.others.iter().collect::<Vec<_>>())
    }

    /// The versions of these packages for a build; nothing where the rows exclude one of them, or two of them require different versions of
    /// another package.
    fn together(&self, place: &Place<'_>, candidate: &Candidate<'_>, all: &[&Requirement]) -> Option<Chosen> {
        let choices: Vec<(&Requirement, Choice)> = all
            .iter()
            .map(|requirement| Some((*requirement, choice(place, requirement, candidate)?)))
            .collect::<Option<_>>()?;
        let wanted = required(&choices);
        let required = agreed(&wanted)?;
        let (mut exact, mut open, mut compiled, mut unproven) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (requirement, choice) in choices {
            let name = &requirement.name;
            let ranged = |spec: String| Install { apart: true, ..Install::open(name, Some(spec)) };
            if let Some(version) = required.get(name) {
                // Another package decides.
                if requirement.accepts(version) != Some(true) {
                    return None;
                }
                exact.push(Install { extras: requirement.extras.clone(), ..Install::exact(name, version) });
                continue;
            }
            match choice {
                Choice::Version { version, extra, .. } => {
                    let extras = requirement.extras.iter().cloned().chain(extra);
                    let mut extras: Vec<String> = extras.collect();
                    extras.dedup();
                    exact.push(Install { extras, ..Install::exact(name, &version) });
                }
                Choice::Undecided(version, what) => {
                    unproven.push(format!("whether {name} {} {what}", version.trim_start_matches('=')));
                    open.push(ranged(format!("{name}{}{version}", extras(requirement))));
                }
                Choice::Range(range) => {
                    unproven.push(format!("which {name} of {range} is installed: no row names its versions"));
                    open.push(ranged(format!("{name}{}{range}", extras(requirement))));
                }
                Choice::Open(why) => {
                    let keep = if self.keep { "use the constraints" } else { "--keep prints constraints against that" };
                    unproven.push(format!("{why}: it is installed last, and may bring another torch ({keep})"));
                    open.push(ranged(shown(requirement)));
                }
                Choice::Compiled => {
                    unproven.push(format!(
                        "no row names a wheel of {name}: it may be compiled here, which takes a CUDA toolkit, and setuptools, wheel, \
                         packaging and ninja in the environment"
                    ));
                    compiled.push(Install { compiled: true, ..ranged(shown(requirement)) });
                }
            }
        }
        let refused = |install: &Install| {
            let mut asked = wanted.iter().filter(|requirement| requirement.name == install.name);
            install.version.as_ref().is_some_and(|version| asked.any(|asked| asked.accepts(version) == Some(false)))
        };
        if exact.iter().any(refused) {
            return None;
        }
        // What brings the machine code of another package is named, too: it decides on which GPUs that runs.
        let has_code = |(name, version): &(&String, &String)| {
            let row = place.knowledge.package_build(name, version, place.platform);
            row.is_some_and(|row| row.sass.is_some()) && !exact.iter().any(|install| install.name == **name)
        };
        let brought: Vec<Install> =
            required.iter().filter(has_code).map(|(name, version)| Install::exact(name, version)).collect();
        exact.extend(brought.into_iter().chain(open).chain(compiled));
        Some(Chosen { installs: exact, unproven })
    }

    /// Why no build goes with all packages: one that goes with none, or two that never go with the same.
    pub fn clash(&self, place: &Place<'_>, builds: &[Candidate<'_>]) -> Option<String> {
        let go = |all: &[&Requirement]| builds.iter().any(|build| self.together(place, build, all).is_some());
        let needs = |requirement: &Requirement| needs(place, requirement);
        let python = place.python.map_or_else(String::new, |python| format!(" and Python {python}"));
        if let Some(alone) = self.others.iter().find(|requirement| !go(&[requirement])) {
            let torch = self.asked().map_or_else(|| "a torch that runs here".to_owned(), |(asked, _)| asked);
            return Some(format!("no {} goes with {torch}{python}: {}", shown(alone), needs(alone)));
        }
        let pairs = self
            .others
            .iter()
            .enumerate()
            .flat_map(|(place, one)| self.others.iter().skip(place + 1).map(move |other| (one, other)));
        let mut apart = pairs.filter(|(one, other)| !go(&[one, other]));
        if let Some((one, other)) = apart.next() {
            let (a, b) = (shown(one), shown(other));
            let (mut left, mut right) = (needs(one), needs(other));
            for (first, second) in disagreements(place, one, other) {
                left += &format!(", {first}");
                right += &format!(", {second}");
            }
            return Some(format!("no torch that runs here goes with both {a} and {b}: {left}; {right}"));
        }
        if go(&self.others.iter().collect::<Vec<_>>()) {
            return None;
        }
        let all: Vec<String> = self.others.iter().map(needs).collect();
        Some(format!("no torch that runs here goes with all of them: {}", all.join("; ")))
    }

    /// What holds the set that a plan brings, and how it is used with the environment's tool; nothing unless it is wanted.
    pub fn kept(&self, case: &Case<'_>, plan: &Plan) -> Option<(Option<FileText>, &'static str)> {
        let manager = case.environment.and_then(|environment| environment.manager.value().copied());
        let exact = plan.installs().filter_map(|install| {
            let asked = || exact(&install.spec.as_deref()?.parse().ok()?);
            Some((install, install.version.clone().or_else(asked)?))
        });
        let words = exact.map(|(install, version)| Word::exact(&install.name, &version));
        let words: Vec<Word> = words.collect::<Result<_, NoWord>>().ok().filter(|_| self.keep)?;
        let file = || words.iter().fold(FileText::new("constraints.txt"), FileText::word);
        Some(match manager.unwrap_or(Manager::Pip) {
            Manager::Uv => (
                Some(file()),
                "keep the set: add --constraints constraints.txt to every further uv pip install, or set UV_CONSTRAINT to \
                 the file's path",
            ),
            Manager::UvProject => {
                let text = FileText::new("pyproject.toml").fixed("[tool.uv]").list("constraint-dependencies", &words);
                (Some(text), "keep the set: every further uv add and uv lock obeys constraint-dependencies")
            }
            Manager::Pixi | Manager::Poetry => {
                (None, "keep the set: the lines write exact versions into the manifest, which later additions obey")
            }
            Manager::Docker => {
                (Some(file()), "keep the set: copy the file into the image and set PIP_CONSTRAINT to its path there")
            }
            Manager::Pip | Manager::Conda | Manager::System => (
                Some(file()),
                "keep the set: add -c constraints.txt to every further pip install, or set PIP_CONSTRAINT to the file's path",
            ),
        })
    }
}

/// What chosen versions require of others.
fn required(choices: &[(&Requirement, Choice)]) -> Vec<Requirement> {
    let of_row = |choice: &Choice| match choice {
        Choice::Version { requires, .. } => requires.clone(),
        _ => Vec::new(),
    };
    choices.iter().flat_map(|(_, choice)| of_row(choice)).filter_map(|text| text.parse().ok()).collect()
}

/// The exact versions among what is required, by name; nothing where one of them is none that all of it accepts.
fn agreed(required: &[Requirement]) -> Option<BTreeMap<String, String>> {
    let exact = required.iter().filter_map(|requirement| Some((requirement.name.clone(), exact(requirement)?)));
    let exact: BTreeMap<String, String> = exact.collect();
    let accepted = |requirement: &Requirement| {
        exact.get(&requirement.name).is_none_or(|version| requirement.accepts(version) == Some(true))
    };
    required.iter().all(accepted).then_some(exact)
}

/// As a requirement, without spaces.
fn shown(requirement: &Requirement) -> String {
    let specifiers = requirement.specifiers.to_string().replace(' ', "");
    format!("{}{}{specifiers}", requirement.name, extras(requirement))
}

/// The extras of a requirement, as they are written behind its name.
fn extras(requirement: &Requirement) -> String {
    match requirement.extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    }
}

/// The version of a package that goes with a build; nothing where the rows exclude all that are asked for.
fn choice(place: &Place<'_>, requirement: &Requirement, candidate: &Candidate<'_>) -> Option<Choice> {
    let name = &requirement.name;
    let open = |what: String| Some(Choice::Open(what));
    let rows = rows(place, requirement);
    if rows.is_empty() {
        return open(without_rows(place, name));
    }
    let goes = |row: &&&PackageBuild| fits(row, candidate) && admits(row, place.python);
    if let Some(version) = exact(requirement) {
        let mut rows = rows.iter().filter(|row| python::in_range(&row.versions, &version) == Some(true)).peekable();
        return match rows.peek() {
            Some(_) => rows.find(goes).map(|row| decided(row, &version)),
            None => open(format!("no row is about {name} {version}")),
        };
    }
    let newest = rows.iter().filter(goes).filter_map(|row| {
        let version = row.newest.as_deref().filter(|version| requirement.accepts(version) == Some(true))?;
        Some((python::version(version)?, version, *row))
    });
    // What a row says of torch comes before what it leaves open.
    let newest = newest.max_by(|(a, _, one), (b, _, other)| (is_silent(other), a).cmp(&(is_silent(one), b)));
    if let Some((_, version, row)) = newest {
        return Some(decided(row, version));
    }
    // Rows without a newest version are about what is compiled by whoever installs it, or name a range alone.
    let row = rows.iter().filter(goes).rfind(|row| row.newest.is_none())?;
    if row.torch.is_none() {
        return match row.links_torch {
            true => Some(Choice::Compiled),
            false => open(format!("no row says which {name} goes with which torch")),
        };
    }
    let specifiers = requirement.specifiers.to_string().replace(' ', "");
    Some(Choice::Range(
        [row.versions.as_str(), &specifiers]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(","),
    ))
}

/// Whether a row is about what was compiled for some torch, and does not say for which.
const fn is_silent(row: &PackageBuild) -> bool {
    row.links_torch && row.torch.is_none()
}

/// What a row that goes with a build says of a version.
fn decided(row: &PackageBuild, version: &str) -> Choice {
    let exact = format!("=={version}");
    match (row.newest.as_deref(), is_silent(row)) {
        (None, true) => Choice::Compiled,
        (Some(_), true) => Choice::Undecided(exact, "goes with this torch: its row names none"),
        (Some(newest), false) if newest == version && row.confidence == Confidence::Documented => {
            Choice::Undecided(exact, TOLD)
        }
        (Some(newest), false) if newest == version => {
            Choice::Version { version: version.to_owned(), extra: row.extra.clone(), requires: row.requires.clone() }
        }
        _ => Choice::Undecided(exact, "has a file for this Python and system: not checked"),
    }
}

/// The rows about a package on a platform; where one of the extras that are asked for is one of theirs, those about it.
fn rows<'k>(place: &Place<'k>, requirement: &Requirement) -> Vec<&'k PackageBuild> {
    let rows = place.knowledge.package_file(&requirement.name).into_iter().flat_map(|file| &file.build);
    let rows: Vec<&PackageBuild> = rows.filter(|row| row.concerns(&requirement.name, place.platform)).collect();
    let asked = |row: &&PackageBuild| row.extra.as_ref().is_some_and(|extra| requirement.extras.contains(extra));
    let named: Vec<&PackageBuild> = rows.iter().copied().filter(asked).collect();
    if named.is_empty() { rows } else { named }
}

/// What to say of a package that no row is about on this platform; the platforms of its rows may be all that it is built for.
fn without_rows(place: &Place<'_>, name: &str) -> String {
    let Some(platform) = place.platform else { return format!("no row says which {name} goes with which torch") };
    let file = place.knowledge.package_file(name).into_iter().flat_map(|file| &file.build);
    let others: BTreeSet<String> = file
        .filter(|row| row.platforms.first().is_some_and(|first| row.concerns(name, Some(*first))))
        .flat_map(|row| row.platforms.iter().map(ToString::to_string))
        .collect();
    if others.is_empty() {
        return format!("no row says which {name} goes with which torch for {platform}");
    }
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    format!("no build of {name} for {platform} is known, only for {others}")
}

/// The one version that is asked for.
fn exact(requirement: &Requirement) -> Option<String> {
    let mut specifiers = requirement.specifiers.iter();
    let only = specifiers.next().filter(|_| specifiers.next().is_none())?;
    (*only.operator() == pep440_rs::Operator::Equal).then(|| only.version().to_string())
}

/// The row about the newest version that is asked for, and that version.
fn newest<'k>(place: &Place<'k>, requirement: &Requirement) -> Option<(&'k PackageBuild, String)> {
    let version_of =
        |row: &PackageBuild| row.newest.clone().filter(|version| requirement.accepts(version) == Some(true));
    let mut rows = rows(place, requirement).into_iter();
    match exact(requirement) {
        Some(version) => {
            let row = rows.find(|row| python::in_range(&row.versions, &version) == Some(true));
            row.map(|row| (row, version))
        }
        None => {
            let newest = rows.filter_map(|row| Some((row, version_of(row)?)));
            newest.max_by(|(_, a), (_, b)| python::version(a).cmp(&python::version(b)))
        }
    }
}

/// What the newest versions that are asked for require of the same packages, where no version is both: the one's and the other's.
fn disagreements(place: &Place<'_>, one: &Requirement, other: &Requirement) -> Vec<(String, String)> {
    let wanted = |requirement: &Requirement| -> Vec<Requirement> {
        let row = newest(place, requirement).filter(|(row, version)| row.newest.as_ref() == Some(version));
        row.into_iter().flat_map(|(row, _)| &row.requires).filter_map(|text| text.parse().ok()).collect()
    };
    let others = wanted(other);
    let mut disagreements = Vec::new();
    for first in wanted(one) {
        let differs =
            |second: &&Requirement| second.name == first.name && agreed(&[first.clone(), (*second).clone()]).is_none();
        disagreements.extend(others.iter().filter(differs).map(|second| (shown(&first), shown(second))));
    }
    disagreements
}

/// What the newest version that is asked for needs: `vllm 0.33.0 needs torch ==2.14.0 with CUDA 13, Python >=3.11,<3.15`.
fn needs(place: &Place<'_>, requirement: &Requirement) -> String {
    let name = &requirement.name;
    let Some((row, version)) = newest(place, requirement) else {
        return format!("no version that rows know of {name} is {}", shown(requirement));
    };
    let torch = row.torch.as_deref().map(|torch| format!("torch {torch}"));
    let cuda = row.cuda.map(|cuda| format!("CUDA {cuda}"));
    let beside = row.beside.as_ref().map(ToString::to_string);
    let python = row.python.as_deref().map(|python| format!("Python {python}"));
    let needs: Vec<String> = torch.into_iter().chain(cuda).chain(beside).chain(python).collect();
    format!("{name} {} needs {}", python::public_version(&version), needs.join(", "))
}
