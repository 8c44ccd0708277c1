//! A plan is a list of changes; applying it gives the facts as they would be afterwards.

use std::{borrow::Cow, collections::HashMap};

use crate::facts::{
    Asked, Build, DriverVersion, Environment, Fact, Facts, How, Origin, Package, PythonVersion, Request, RequestRole,
    Resolver, Source, Step,
};
use crate::finding::{Move, Moves};
use crate::rules::COMPANIONS;

/// The variable that decides which GPUs CUDA shows.
pub(super) const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// What would be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// In a few words, for people.
    pub summary: String,
    /// In order.
    pub changes: Vec<Change>,
    /// Extra package index that the installs need; nothing for the default one.
    pub index: Option<String>,
    /// Page with wheels that the installs are taken from, beside the index.
    pub links: Option<String>,
    /// Whether packages are installed again although they are there.
    pub reinstall: bool,
    /// Whether what the packages require is left as it is.
    pub alone: bool,
    /// Whether the packages are those that what is installed requires: a project's lock file has them.
    pub restores: bool,
    /// What the plan cannot promise.
    pub unproven: Vec<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// Install this package, replacing another version of it.
    Install(Install),
    /// Replace the driver by one that is at least this new.
    Driver(DriverVersion),
    /// Remove this package, by its normalised name.
    Uninstall(String),
    /// Set an environment variable, or unset it.
    Variable(Cow<'static, str>, Option<String>),
    /// Hide these GPUs (ids) from programs.
    Hide(Vec<String>),
    /// A package that follows without being named: pip replaces it because another one requires it.
    Follow {
        /// Normalised name.
        name: String,
        /// The version that will be there; nothing when only pip will know.
        version: Option<String>,
    },
    /// Make a new environment with this Python and install there.
    NewPython(PythonVersion),
}

/// A package to install.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Install {
    /// Normalised name.
    pub name: String,
    /// The version to ask for, with the local part where the index has it: `2.7.1+cu128`. Nothing: any version that fits `spec`.
    pub version: Option<String>,
    /// A requirement as written, when no exact version is asked for.
    pub spec: Option<String>,
    /// Extras to ask for beside an exact version.
    pub extras: Vec<String>,
    /// What will be there, for packages with GPU builds.
    pub build: Option<Build>,
    /// What the new version requires, as far as it is known.
    pub requires: Vec<String>,
    /// Whether it comes from the default index although the plan names another: on a line of its own, after the others.
    pub apart: bool,
    /// Whether it is compiled against the torch that is there: on a line of its own, after all others, that does not hide torch from it.
    pub compiled: bool,
}

impl Plan {
    /// The packages that the command line names.
    pub fn installs(&self) -> impl Iterator<Item = &Install> {
        self.changes.iter().filter_map(|change| match change {
            Change::Install(install) => Some(install),
            _ => None,
        })
    }

    /// The Python of the new environment that it makes.
    pub(super) fn new_python(&self) -> Option<PythonVersion> {
        self.changes.iter().find_map(|change| match change {
            Change::NewPython(python) => Some(*python),
            _ => None,
        })
    }

    /// What it installs, for people: each package with the version that will be there, as far as it is known.
    pub(super) fn result(&self) -> Option<String> {
        let shown = |install: &Install| {
            let version = install.build.as_ref().map(|build| &build.version).or(install.version.as_ref());
            version.map_or_else(|| install.name.clone(), |version| format!("{} {version}", install.name))
        };
        let list: Vec<String> = self.installs().map(shown).collect();
        (!list.is_empty()).then(|| list.join(", "))
    }

    /// The plan in steps, in order: what comes from the plan's index, what comes from the default one afterwards, what is compiled.
    pub fn steps(&self) -> Vec<Self> {
        let (compiled, rest): (Vec<_>, Vec<_>) = self
            .changes
            .iter()
            .cloned()
            .partition(|change| matches!(change, Change::Install(install) if install.compiled));
        let (later, first): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|change| matches!(change, Change::Install(install) if install.apart));
        // Each step of a plan for a new environment names the environment.
        let new: Vec<Change> = first.iter().filter(|change| matches!(change, Change::NewPython(_))).cloned().collect();
        let mut steps = vec![Self { changes: first, ..self.clone() }];
        for changes in [later, compiled].into_iter().filter(|changes| !changes.is_empty()) {
            let changes = new.iter().cloned().chain(changes).collect();
            steps.push(Self { changes, index: None, ..self.clone() });
        }
        steps
    }

    /// What it does to packages.
    pub fn moves(&self) -> Moves {
        let installs = self.installs().map(|install| Move {
            name: install.name.clone(),
            specifiers: install.specifiers(),
            apart: install.apart,
        });
        // A variable of a machine is no matter of files; one of an image may be.
        let written = |change: &Change| {
            let packages = matches!(change, Change::Install(_) | Change::Uninstall(_) | Change::Follow { .. });
            packages || matches!(change, Change::Variable(_, Some(_)))
        };
        let variables = self.changes.iter().filter_map(|change| match change {
            Change::Variable(name, Some(value)) => Some((name.clone().into_owned(), value.clone())),
            _ => None,
        });
        let gone = self.changes.iter().filter_map(|change| match change {
            Change::Uninstall(name) => Some(name.clone()),
            _ => None,
        });
        Moves {
            installs: installs.collect(),
            index: self.index.clone(),
            gone: gone.collect(),
            variables: variables.collect(),
            more: !self.changes.iter().all(written) || self.links.is_some() || self.reinstall || self.alone,
        }
    }

    /// The facts after the plan, for the environment of this id; other environments are left out, they are not judged again.
    pub fn apply(&self, facts: &Facts, environment: Option<&str>) -> Facts {
        let mut after = facts.about(environment);
        // One is judged at most, and a plan may move thousands of its packages.
        let mut places = Places::of(&after.environments);
        for change in &self.changes {
            match change {
                Change::Install(install) => {
                    let index = self.index.as_deref().filter(|_| !install.apart);
                    for environment in &mut after.environments {
                        match environment.steps.is_empty() {
                            true => install.apply(environment, &mut places, &self.summary),
                            false => install.declare(environment, index),
                        }
                    }
                }
                Change::Driver(version) => set_driver(&mut after, version, &self.summary),
                Change::Variable(name, value) => {
                    // Programs in an image see the image's.
                    let image = after.environments.first_mut().and_then(|environment| environment.image.as_mut());
                    let variables = image.map_or(&mut after.env_vars, |image| &mut image.env_vars);
                    match value {
                        Some(value) => variables.insert(name.clone().into_owned(), value.clone()),
                        None => variables.remove(name.as_ref()),
                    };
                    if name == VISIBLE {
                        ask_again(&mut after);
                    }
                    if name == "LD_LIBRARY_PATH" {
                        forget_found(&mut after.environments);
                    }
                }
                Change::Uninstall(name) => {
                    let packages = after.environments.iter_mut().map(|environment| &mut environment.packages);
                    packages.for_each(|packages| packages.retain(|package| package.name != *name));
                    let steps = after.environments.iter_mut().flat_map(|environment| &mut environment.steps);
                    steps.for_each(|step| step.requests.retain(|request| request.name != *name));
                    places = Places::of(&after.environments);
                }
                Change::Follow { name, version } => {
                    after.environments.iter_mut().for_each(|environment| {
                        follow(environment, &places, name, version.as_deref(), &self.summary);
                    });
                }
                Change::Hide(ids) => {
                    if let Some(gpus) = after.gpus.value_mut() {
                        gpus.retain(|gpu| !ids.contains(&gpu.id));
                    }
                }
                Change::NewPython(python) => {
                    for environment in &mut after.environments {
                        environment.origin = Origin::Hypothetical;
                        environment.python = Fact::known(*python, planned(&self.summary));
                        environment.packages.clear();
                        environment.changes = None;
                        environment.system_libraries.clear();
                        environment.unlisted.clear();
                        environment.elsewhere.clear();
                    }
                    places = Places::of(&after.environments);
                }
            }
        }
        after
    }
}

/// Where the packages of an environment stand, by name.
struct Places(HashMap<String, usize>);

impl Places {
    /// Of the environment that the plan is for; the first package of a name counts.
    fn of(environments: &[Environment]) -> Self {
        let packages = environments.first().into_iter().flat_map(|environment| &environment.packages);
        let places = packages.enumerate().map(|(place, package)| (package.name.clone(), place));
        // A later pair replaces an earlier one.
        Self(places.collect::<Vec<_>>().into_iter().rev().collect())
    }

    fn find<'p>(&self, packages: &'p mut [Package], name: &str) -> Option<&'p mut Package> {
        packages.get_mut(*self.0.get(name)?)
    }
}

/// What was found through LD_LIBRARY_PATH no longer counts once that changes.
fn forget_found(environments: &mut [Environment]) {
    let through =
        |fact: &Fact<String>| fact.value().is_some() && fact.via().is_some_and(|via| via.how == How::Variable);
    environments.iter_mut().for_each(|environment| environment.system_libraries.retain(|_, fact| !through(fact)));
}

fn planned(summary: &str) -> Source {
    Source::new(How::Plan, summary)
}

/// CUDA's answers from before the visible GPUs changed no longer count.
fn ask_again(facts: &mut Facts) {
    let why = || format!("not queried since {VISIBLE} was changed");
    facts.cuda = Fact::unknown(why());
    for gpu in facts.gpus.value_mut().into_iter().flatten() {
        gpu.visible = Fact::unknown(why());
    }
}

fn set_driver(facts: &mut Facts, version: &DriverVersion, summary: &str) {
    let via = planned(summary);
    match &mut facts.driver {
        Fact::Known { value, via: old } => {
            value.version = version.clone();
            value.cuda = Fact::unknown("the driver is not installed yet");
            *old = via;
        }
        other => {
            *other = Fact::known(
                crate::facts::Driver {
                    version: version.clone(),
                    cuda: Fact::unknown("the driver is not installed yet"),
                },
                via,
            );
        }
    }
}

/// An installed package becomes the version that the new packages require; one that was not installed stays out, as it is unknown
/// what it would hold.
fn follow(environment: &mut Environment, places: &Places, name: &str, version: Option<&str>, summary: &str) {
    let Some(package) = places.find(&mut environment.packages, name) else { return };
    package.version = match version {
        Some(version) => Fact::known(version.to_owned(), planned(summary)),
        None => Fact::unknown("whatever version the new packages require"),
    };
    package.build = Fact::unknown("not installed yet");
    package.requires.clear();
    package.libraries.clear();
    package.forget_look();
}

impl Install {
    /// This version of a package.
    pub fn exact(name: &str, version: &str) -> Self {
        Self { version: Some(version.to_owned()), ..Self::open(name, None) }
    }

    /// Whatever version of a package fits a requirement as it is written; nothing: any.
    pub fn open(name: &str, spec: Option<String>) -> Self {
        let name = name.to_owned();
        Self {
            name,
            version: None,
            spec,
            extras: Vec::new(),
            build: None,
            requires: Vec::new(),
            apart: false,
            compiled: false,
        }
    }

    /// A package that is there, by the version that an index has it in.
    pub(super) fn again(package: &Package, version: &str) -> Self {
        let (build, requires) = (package.build.value().cloned(), package.requires.clone());
        Self { build, requires, ..Self::exact(&package.name, version) }
    }

    /// The specifiers that it is asked for with; none where any version will do.
    fn specifiers(&self) -> String {
        match (&self.version, &self.spec) {
            (Some(version), _) => format!("=={version}"),
            (None, Some(spec)) => spec.strip_prefix(&self.name).unwrap_or_default().to_owned(),
            (None, None) => String::new(),
        }
    }

    /// Asks for this version where files ask for another one; what they do not ask for is added to the last step.
    fn declare(&self, environment: &mut Environment, index: Option<&str>) {
        let specifiers = self.specifiers();
        let change = |request: &mut Request| {
            request.asked = Asked {
                text: format!("{}{specifiers}", self.name),
                specifiers: specifiers.clone(),
                extras: std::mem::take(&mut request.asked.extras),
                marker: None,
                source: None,
            };
            request.index = index.map(str::to_owned);
            request.wheels.clear();
            request.resolved = None;
        };
        let own = |request: &&mut Request| request.name == self.name && request.role != RequestRole::Removed;
        // A build of an index is brought by pip, after what conda installs.
        let by_pip = self.build.is_some() || COMPANIONS.contains(&self.name.as_str()) || specifiers.contains('+');
        let is_of_conda = |step: &Step| by_pip && step.resolver == Resolver::Conda;
        let (of_conda, others): (Vec<&mut Step>, Vec<&mut Step>) =
            environment.steps.iter_mut().partition(|step| is_of_conda(step));
        let given_up = of_conda.into_iter().flat_map(|step| &mut step.requests);
        given_up.filter(own).for_each(|request| request.role = RequestRole::Removed);
        let changed = others.into_iter().flat_map(|step| &mut step.requests).filter(own).map(change).count();
        if changed > 0 {
            return;
        }
        if environment.steps.last().is_some_and(is_of_conda) {
            environment.steps.push(Step { resolver: Resolver::Pip, ..Step::default() });
        }
        if let Some(step) = environment.steps.last_mut() {
            let mut request = Request::new(&self.name);
            change(&mut request);
            step.requests.push(request);
        }
    }

    fn apply(&self, environment: &mut Environment, places: &mut Places, summary: &str) {
        let via = planned(summary);
        let version = match (&self.version, &self.spec) {
            (Some(version), _) => Fact::known(version.clone(), via.clone()),
            (None, _) => Fact::unknown("whatever version fits"),
        };
        let package = Package {
            version,
            build: match &self.build {
                Some(build) => Fact::known(build.clone(), via),
                None => Fact::unknown("not installed yet"),
            },
            requires: self.requires.clone(),
            ..Package::unknown(&self.name, "not installed yet")
        };
        match places.find(&mut environment.packages, &self.name) {
            Some(installed) => *installed = package,
            None => {
                places.0.insert(self.name.clone(), environment.packages.len());
                environment.packages.push(package);
            }
        }
    }
}
