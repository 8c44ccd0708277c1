//! What installs one build of torch: the plan, what it is called, and what it cannot promise.

use super::{Attempt, Passed, Search};
use crate::{
    facts::PythonVersion,
    fix::{
        Candidate, Change, Install, Plan, TORCH_INDEXES, companions,
        dependents::{self, Dependents},
        driver,
        overwritten::unless_listed,
        stack::Place,
    },
    knowledge::python_range,
    python,
    rules::COMPANIONS,
};

impl Search<'_> {
    /// What installs this build. Nothing if it is already installed as it should be.
    pub(super) fn plan(&self, candidate: &Candidate<'_>, attempt: &Attempt) -> Option<Plan> {
        let Candidate { release, build } = candidate;
        let environment = Some(self.environment).filter(|_| !attempt.any_python);
        // pip takes a version that is there for the one that is asked for, whatever its local part; only a local version that is
        // named, and an index that has it, replaces one build by another of the same version.
        let satisfied = |install: &Install| {
            let there = environment.and_then(|environment| environment.package(&install.name)?.version.value());
            there.is_some_and(|there| Some(python::public_version(there)) == install.version.as_deref())
        };
        let knowledge = self.case.knowledge;
        let python = self.environment.python.value().copied();
        let platform = self.environment.platform.value().copied();
        let place = |python| Place { knowledge, platform, python };
        let new_python = match attempt.any_python {
            true => {
                let range = attempt.pythons.as_deref();
                let fits = |python: &&PythonVersion| {
                    range.is_none_or(|range| python::in_range(range, &python.to_string()) == Some(true))
                        && release.has_companions_for(Some(**python))
                        && self.stack.chosen(&place(Some(**python)), candidate).is_some()
                };
                let pythons: Vec<PythonVersion> = release.python_of(build).iter().filter(fits).copied().collect();
                Some(nearest_python(&pythons, python)?)
            }
            false => None,
        };
        let python = new_python.or(python);
        let of_torch = |local| companions::installs(knowledge, candidate, environment, python, local, &self.more);
        let own_index = !build.pypi_default || of_torch(false).iter().any(satisfied) || self.asks_pytorch_alone();
        if own_index && attempt.default_index {
            return None;
        }
        let installs = of_torch(own_index);
        let comes = |name: &str| installs.iter().any(|install| install.name == name);
        let there = |name: &str| environment.is_some_and(|environment| environment.package(name).is_some());
        let asked = |name: &&str| self.asked.iter().any(|requirement| requirement.name == *name);
        if COMPANIONS.into_iter().filter(asked).any(|name| !comes(name) && !there(name)) {
            return None;
        }
        let moves = environment.filter(|_| comes("torch"));
        let moves = moves.map(|environment| Dependents::of(self.case, environment, candidate).moves);
        let gone = environment.map(|environment| companions::in_the_way(&installs, environment)).unwrap_or_default();
        let in_project = gone.iter().filter_map(|name| unless_listed(self.environment, name)).collect::<Vec<_>>();
        let chosen = self.stack.chosen(&place(python), candidate)?;
        let rest = moves.into_iter().flatten().chain(self.rest.iter().cloned()).chain(chosen.installs);
        let installs: Vec<Install> = installs
            .into_iter()
            .chain(rest.map(|install| Install { apart: own_index || install.apart, ..install }))
            .collect();
        let mut changes: Vec<Change> = Vec::new();
        changes.extend(attempt.driver.clone().map(Change::Driver));
        if !attempt.hidden.is_empty() {
            changes.push(Change::Hide(attempt.hidden.clone()));
        }
        changes.extend(new_python.map(Change::NewPython));
        if installs.iter().any(|install| install.name == "torch") {
            changes.extend(companions::followers(candidate, environment));
        }
        changes.extend(gone.into_iter().map(Change::Uninstall));
        changes.extend(installs.iter().cloned().map(Change::Install));
        if changes.is_empty() {
            return None;
        }
        let named = own_index && installs.iter().any(|install| !install.apart);
        Some(Plan {
            summary: self.summary(&installs.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), candidate, attempt),
            changes,
            index: named.then(|| format!("{TORCH_INDEXES}{}", build.index)),
            unproven: [self.unproven(candidate, attempt, &installs), in_project, chosen.unproven].concat(),
            ..Plan::default()
        })
    }

    /// Which companions a new environment does without, and why.
    pub(super) fn left_out(&self, Passed { plan, candidate, .. }: &Passed<'_>) -> Option<String> {
        let Candidate { release, build } = candidate;
        let python = plan.new_python().or(self.environment.python.value().copied());
        let comes = |name: &str| plan.installs().any(|install| install.name == name);
        let there = |name: &str| plan.new_python().is_none() && self.environment.package(name).is_some();
        let left_out = COMPANIONS.into_iter().filter(|name| !comes(name) && !there(name));
        let names: Vec<String> =
            left_out.filter_map(|name| Some(format!("{name} {}", release.companion(name)?))).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let missing = match python.filter(|_| !release.has_companions_for(python)) {
            Some(python) => format!("wheels for Python {python}"),
            None => format!("{} build for {}", build.variant, build.platform),
        };
        let are = if names.len() == 1 { "is" } else { "are" };
        let fresh = self.installed().is_none() || plan.new_python().is_some();
        (fresh && !names.is_empty()).then(|| format!("{} {are} left out: no {missing}", listed(&names)))
    }

    pub(super) fn summary(&self, installs: &[&str], candidate: &Candidate<'_>, attempt: &Attempt) -> String {
        let Candidate { release, build } = candidate;
        let version = build.full_version(release);
        let others: Vec<&str> = installs.iter().copied().filter(|name| *name != "torch").collect();
        let with = if others.is_empty() { String::new() } else { format!(", with {}", listed(&others)) };
        let what = match (installs.contains(&"torch"), self.installed()) {
            (false, _) if installs.is_empty() => format!("keep torch {version}"),
            (false, _) => format!("{} for torch {version}", listed(&others)),
            (true, None) => format!("torch {version}{with}"),
            (true, Some((installed, _))) if python::public_version(installed) == release.version => {
                format!("keep torch {}, take its {} build{with}", release.version, build.variant)
            }
            (true, Some((installed, _))) => format!("torch {version} instead of {installed}{with}"),
        };
        let mut before = String::new();
        if let Some(driver) = &attempt.driver {
            before = format!("first {}, then ", driver::update(self.case, driver));
        }
        if attempt.any_python {
            before += "in a new environment with another Python: ";
        }
        if attempt.default_index {
            return format!("{before}{what}, from the default index only");
        }
        before + &what
    }

    pub(super) fn unproven(&self, candidate: &Candidate<'_>, attempt: &Attempt, installs: &[Install]) -> Vec<String> {
        let Candidate { release, build } = candidate;
        let mut unproven = Vec::new();
        let version = build.full_version(release);
        if build.published.is_only_expected() {
            unproven.push(format!("torch {version} is announced, but not confirmed as published"));
        }
        if self.case.facts.driver.is_unknown()
            && attempt.driver.is_none()
            && let Some(cuda) = build.cuda()
            && let Some(floor) = self.case.knowledge.runtime_floor(cuda, self.case.driver_os())
        {
            unproven.push(format!("the driver is unknown; CUDA {cuda} needs {} or newer", floor.driver));
        }
        if self.environment.python.value().is_none() && !attempt.any_python {
            let wheels = python_range(release.python_of(build));
            unproven.push(format!("the Python version is unknown; there are wheels for {wheels}"));
        }
        if let Some((installed, cuda)) = self.installed() {
            let changes = python::public_version(installed) != release.version
                || cuda.map(|cuda| cuda.major) != build.cuda().map(|cuda| cuda.major);
            let compiled = dependents::undecided(self.case, self.environment);
            if changes && !compiled.is_empty() {
                unproven.push(format!("{}: compiled for another torch, may have to change too", compiled.join(", ")));
            }
        }
        let is_companion = |install: &&Install| COMPANIONS.contains(&install.name.as_str());
        for install in installs.iter().filter(|install| install.apart).filter(is_companion) {
            let (name, version) = (&install.name, release.companion(&install.name).unwrap_or_default());
            unproven.push(format!(
                "whether {name} {version}, from the default index, works with the {} build",
                build.variant
            ));
        }
        if !self.rest.is_empty() {
            unproven.push("which version of the other requirements is installed if several match".to_owned());
        }
        if attempt.any_python && self.environment.packages.iter().any(|package| package.name != "pip") {
            unproven.push("the other packages of this environment must be installed in the new one".to_owned());
        }
        unproven
    }
}

/// Names as a list in a sentence.
fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Of the Python versions with wheels the one nearest to what is there; the newest where nothing is there.
fn nearest_python(with_wheels: &[PythonVersion], current: Option<PythonVersion>) -> Option<PythonVersion> {
    let usual = || with_wheels.iter().filter(|python| !python.free_threaded);
    match current {
        Some(current) => usual().min_by_key(|python| python.minor.abs_diff(current.minor)).copied(),
        None => usual().max().copied(),
    }
}
