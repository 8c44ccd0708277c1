//! What somebody wants besides a torch that runs: a release of it, packages that go with it (`recommend --torch`, `--with`), and that it
//! stays so (`--keep`). The search for torch asks for each build which versions of the packages go with it; the rows know that.

use super::{
    Candidate, Case, Install, Plan,
    companions::COMPANIONS,
    dependents::{admits, fits},
};
use crate::{
    facts::{Environment, Manager, Platform, PythonVersion},
    knowledge::{Knowledge, PackageBuild},
    python::{self, Requirement},
    shell::{FileText, NoWord, Word},
};

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
    /// This version goes with it.
    Version(String),
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
    pub fn chosen(
        &self,
        knowledge: &Knowledge,
        candidate: &Candidate<'_>,
        platform: Option<Platform>,
        python: Option<PythonVersion>,
    ) -> Option<Chosen> {
        let (mut exact, mut open, mut compiled, mut unproven) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for requirement in &self.others {
            let name = &requirement.name;
            let ranged = |spec: String| Install { apart: true, ..Install::open(name, Some(spec)) };
            match choice(knowledge, requirement, candidate, platform, python)? {
                Choice::Version(version) => exact.push(Install::exact(name, &version)),
                Choice::Undecided(version, what) => {
                    unproven.push(format!("whether {name} {} {what}", version.trim_start_matches('=')));
                    open.push(ranged(format!("{name}{version}")));
                }
                Choice::Range(range) => {
                    unproven.push(format!("which {name} of {range} is installed: no row names its versions"));
                    open.push(ranged(format!("{name}{range}")));
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
        exact.extend(open.into_iter().chain(compiled));
        Some(Chosen { installs: exact, unproven })
    }

    /// Why no build goes with all packages: one that goes with none, or two that never go with the same.
    pub fn clash(
        &self,
        knowledge: &Knowledge,
        builds: &[Candidate<'_>],
        platform: Option<Platform>,
        python: Option<PythonVersion>,
    ) -> Option<String> {
        let goes = |requirement: &Requirement, build: &Candidate<'_>| {
            choice(knowledge, requirement, build, platform, python).is_some()
        };
        let needs = |requirement: &Requirement| needs(knowledge, requirement, platform);
        let python = python.map_or_else(String::new, |python| format!(" and Python {python}"));
        let alone = self.others.iter().find(|requirement| !builds.iter().any(|build| goes(requirement, build)));
        if let Some(alone) = alone {
            let torch = self.asked().map_or_else(|| "a torch that runs here".to_owned(), |(asked, _)| asked);
            return Some(format!("no {} goes with {torch}{python}: {}", shown(alone), needs(alone)));
        }
        let pairs = self
            .others
            .iter()
            .enumerate()
            .flat_map(|(place, one)| self.others.iter().skip(place + 1).map(move |other| (one, other)));
        let mut apart = pairs.filter(|(one, other)| !builds.iter().any(|build| goes(one, build) && goes(other, build)));
        if let Some((one, other)) = apart.next() {
            let (a, b) = (shown(one), shown(other));
            return Some(format!(
                "no torch that runs here goes with both {a} and {b}: {}; {}",
                needs(one),
                needs(other)
            ));
        }
        let together = |build: &Candidate<'_>| self.others.iter().all(|requirement| goes(requirement, build));
        if builds.iter().any(together) {
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

/// As a requirement, without spaces.
fn shown(requirement: &Requirement) -> String {
    format!("{}{}", requirement.name, requirement.specifiers.to_string().replace(' ', ""))
}

/// The version of a package that goes with a build; nothing where the rows exclude all that are asked for.
fn choice(
    knowledge: &Knowledge,
    requirement: &Requirement,
    candidate: &Candidate<'_>,
    platform: Option<Platform>,
    python: Option<PythonVersion>,
) -> Option<Choice> {
    let name = &requirement.name;
    let open = |what: String| Some(Choice::Open(what));
    let rows = rows(knowledge, name, platform);
    if rows.is_empty() {
        let system = platform.map_or_else(String::new, |platform| format!(" for {platform}"));
        return open(format!("no row says which {name} goes with which torch{system}"));
    }
    let goes = |row: &&&PackageBuild| fits(row, candidate) && admits(row, python);
    if let Some(version) = exact(requirement) {
        return match knowledge.package_build(name, &version, platform) {
            Some(row) => Some(row).filter(|row| goes(&row)).map(|row| decided(row, &version)),
            None => open(format!("no row is about {name} {version}")),
        };
    }
    let number = |version: &str| version.parse::<pep440_rs::Version>().ok();
    let newest = rows.iter().filter(goes).filter_map(|row| {
        let version = row.newest.as_deref().filter(|version| requirement.accepts(version) == Some(true))?;
        Some((number(version)?, version, *row))
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
        (Some(newest), false) if newest == version => Choice::Version(version.to_owned()),
        _ => Choice::Undecided(exact, "has a file for this Python and system: nobody has looked"),
    }
}

/// The rows about a package on a platform.
fn rows<'k>(knowledge: &'k Knowledge, name: &str, platform: Option<Platform>) -> Vec<&'k PackageBuild> {
    let rows = knowledge.package_file(name).into_iter().flat_map(|file| &file.build);
    rows.filter(|row| row.concerns(name, platform)).collect()
}

/// The one version that is asked for.
fn exact(requirement: &Requirement) -> Option<String> {
    let mut specifiers = requirement.specifiers.iter();
    let only = specifiers.next().filter(|_| specifiers.next().is_none())?;
    (*only.operator() == pep440_rs::Operator::Equal).then(|| only.version().to_string())
}

/// What the newest version that is asked for needs: `vllm 0.33.0 needs torch ==2.14.0 with CUDA 13, Python >=3.11,<3.15`.
fn needs(knowledge: &Knowledge, requirement: &Requirement, platform: Option<Platform>) -> String {
    let name = &requirement.name;
    let version_of =
        |row: &PackageBuild| row.newest.clone().filter(|version| requirement.accepts(version) == Some(true));
    let number = |version: &str| version.parse::<pep440_rs::Version>().ok();
    let row = match exact(requirement) {
        Some(version) => knowledge.package_build(name, &version, platform).map(|row| (row, version)),
        None => {
            let rows = rows(knowledge, name, platform).into_iter();
            let newest = rows.filter_map(|row| Some((row, version_of(row)?)));
            newest.max_by(|(_, a), (_, b)| number(a).cmp(&number(b)))
        }
    };
    let Some((row, version)) = row else {
        return format!("no version that rows know of {name} is {}", shown(requirement));
    };
    let torch = row.torch.as_deref().map(|torch| format!("torch {torch}"));
    let cuda = row.cuda.map(|cuda| format!("CUDA {cuda}"));
    let python = row.python.as_deref().map(|python| format!("Python {python}"));
    let needs: Vec<String> = torch.into_iter().chain(cuda).chain(python).collect();
    format!("{name} {} needs {}", python::public_version(&version), needs.join(", "))
}
