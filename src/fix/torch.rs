//! The search for another build of torch: the same version first, then the nearest; one wheel for all GPUs before hiding a card,
//! hiding before the best for each; then another driver, another Python, code that has to be compiled first, and at last the reason why
//! there is none. What was compiled for torch moves with it, and a build that breaks nothing comes before one that does.

use std::rc::Rc;

use super::{
    Candidate, Case, Change, Install, Plan, TORCH_INDEXES, Wish, add,
    candidates::candidates,
    companions, dependents,
    dependents::Dependents,
    driver, has_remedy, impossible,
    prove::{self, After},
    stack::Stack,
};
use crate::{
    compat,
    facts::{ComputeCapability, CudaVersion, DriverVersion, Environment, Gpu, Os, Package, PythonVersion},
    finding::{Finding, Fix, Remedy, Severity},
    knowledge::python_range,
    python::{self, Requirement},
};

/// The rule about code that the driver has to compile first: for a newer generation than it was written for, much of what torch brings
/// besides (cuBLAS, cuDNN) has none.
const COMPILED: &str = "gpu-needs-ptx-jit";

/// Adds to every finding that another build of torch would remove the ways to get it.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    let (others, own): (Vec<_>, Vec<_>) = findings
        .iter_mut()
        .filter(|finding| has_remedy(finding, Remedy::TorchBuild))
        .partition(|finding| finding.trace.package.is_some());
    let targets: Vec<Finding> = own.iter().map(|finding| (***finding).clone()).collect();
    if let Some(least) = targets.iter().map(|finding| finding.severity).max() {
        let search = Search::new(case, environment, &targets, least);
        let found = search.fixes();
        for finding in own {
            for (_, fix) in found.iter().filter(|(after, _)| !after.keeps(finding)).collect::<Vec<_>>() {
                add(finding, fix);
            }
        }
    }
    for finding in others {
        attach_other(case, environment, finding);
    }
}

/// A finding about another package, for which torch may be what has to change: the nearest build with which it goes away.
fn attach_other(case: &Case<'_>, environment: &Environment, finding: &mut Finding) {
    // Torch is a hundred times larger than the package: if the package can change, that is the smaller step.
    if environment.package("torch").is_none() || !finding.fixes.is_empty() {
        return;
    }
    let target = finding.clone();
    let targets = std::slice::from_ref(&target);
    let search = Search { only: Some(&target), ..Search::new(case, environment, targets, target.severity) };
    if let Some(passed) = search.first(&Attempt::default()) {
        add(finding, &search.fix(passed).1);
    }
}

/// What a search for builds that meet requirements comes to.
pub(super) enum Met {
    /// They are met so.
    By(Box<Fix>),
    /// Rows know builds that would meet them, and none runs here; the nearest build that does, where there is one.
    Excluded(Option<String>),
    /// No row knows a build that would meet them, or it is not known what wheels must be for.
    Unknown,
}

/// The build of torch, with its companions, that meets what packages require of them, and removes the finding with `rest`, which is
/// installed besides.
pub(super) fn meeting(
    case: &Case<'_>,
    environment: &Environment,
    finding: &Finding,
    asked: &[Requirement],
    rest: &[Install],
) -> Met {
    let targets = std::slice::from_ref(finding);
    let more: Vec<String> = asked.iter().map(|requirement| requirement.name.clone()).collect();
    let (asked, only) = (asked.to_vec(), Some(finding));
    let search =
        Search { only, asked, more, rest: rest.to_vec(), ..Search::new(case, environment, targets, Severity::Error) };
    if let Some(passed) = search.first(&Attempt::default()) {
        return Met::By(Box::new(search.fix(passed).1));
    }
    let meets = |candidate: &Candidate<'_>| search.meets(candidate);
    let known = case
        .knowledge
        .torch_releases()
        .any(|release| release.builds.iter().any(|build| meets(&Candidate { release, build })));
    let capabilities = capabilities(&search.gpus(), &Attempt::default());
    match search.wish(&capabilities, &Attempt::default()).filter(|_| known) {
        None => Met::Unknown,
        Some(wish) => {
            let nearest = candidates(case.knowledge, &wish).into_iter().next();
            Met::Excluded(nearest.map(|candidate| candidate.build.full_version(candidate.release)))
        }
    }
}

/// The plans that bring a torch in this range, for a package that moves to a version that requires it: the nearest build first.
pub(super) fn in_range(
    case: &Case<'_>,
    environment: &Environment,
    fits: impl Fn(&Candidate<'_>) -> bool,
    pythons: Option<&str>,
) -> Option<Plan> {
    let search = Search::new(case, environment, &[], Severity::Error);
    let gpus = search.gpus();
    let any_python = pythons.is_some();
    // The lines of a new environment name one index, and what moves with torch is on the default one.
    let pythons = pythons.map(str::to_owned);
    let attempt = Attempt { any_python, pythons, default_index: any_python, ..Attempt::default() };
    let capabilities = capabilities(&gpus, &attempt);
    let wish = search.wish(&capabilities, &attempt)?;
    let mut builds = candidates(case.knowledge, &wish).into_iter().filter(|candidate| fits(candidate));
    builds.find_map(|candidate| search.plan(&candidate, &attempt))
}

struct Search<'s> {
    case: &'s Case<'s>,
    environment: &'s Environment,
    targets: &'s [Finding],
    /// Severity from which on no finding may stay: a plan that turns an error into a warning is one, a plan against a warning must
    /// remove it.
    least: Severity,
    /// The one finding that must go; nothing where all that torch causes must.
    only: Option<&'s Finding>,
    /// What the builds must meet.
    asked: Vec<Requirement>,
    /// Companions that are wanted although they are not there.
    more: Vec<String>,
    /// What is installed besides.
    rest: Vec<Install>,
    /// What installed packages require of torch and its companions.
    pins: Vec<(&'s Package, Requirement)>,
    /// What is wanted besides: empty unless the environment is one that is still to be made.
    stack: Stack,
}

/// What one round of the search may change besides torch.
#[derive(Debug, Clone, Default)]
struct Attempt {
    /// GPUs that are hidden.
    hidden: Vec<String>,
    /// A newer driver.
    driver: Option<DriverVersion>,
    /// Whether another Python may be taken.
    any_python: bool,
    /// Range of the Python versions that the new environment may have; nothing: those of torch.
    pythons: Option<String>,
    /// Whether only the default index may be used.
    default_index: bool,
    /// Whether code that the driver has to compile first will do.
    compiled: bool,
}

/// The capabilities of the GPUs that an attempt leaves.
fn capabilities(gpus: &[Gpu], attempt: &Attempt) -> Vec<ComputeCapability> {
    let left = gpus.iter().filter(|gpu| !attempt.hidden.contains(&gpu.id));
    left.filter_map(|gpu| gpu.capability.value().copied()).collect()
}

/// A plan that passed.
struct Passed<'k> {
    plan: Plan,
    after: Rc<After>,
    candidate: Candidate<'k>,
}

type Fixes = Vec<(Rc<After>, Fix)>;

impl<'s> Search<'s> {
    /// For these findings, about torch alone.
    fn new(case: &'s Case<'s>, environment: &'s Environment, targets: &'s [Finding], least: Severity) -> Self {
        let pins = dependents::pins(environment);
        let stack = Stack::of(environment);
        let (asked, more, rest) = (stack.of_torch.clone(), Vec::new(), Vec::new());
        Self { case, environment, targets, least, only: None, asked, more, rest, pins, stack }
    }

    fn fixes(&self) -> Fixes {
        let mut fixes = Fixes::new();
        let gpus = self.gpus();
        let failing: Vec<&str> = self.targets.iter().flat_map(|target| &target.gpus).map(String::as_str).collect();
        let fails = |gpu: &Gpu| failing.contains(&gpu.id.as_str());
        let some_work = gpus.iter().any(&fails) && !gpus.iter().all(&fails);
        let named = gpus.iter().filter(|gpu| fails(gpu)).all(|gpu| gpu.named);

        let for_all = self.first(&Attempt::default());
        let downgrade = for_all.as_ref().is_some_and(|passed| self.is_downgrade(&passed.candidate));
        let hide = || {
            let hidden: Vec<String> = gpus.iter().filter(|gpu| fails(gpu)).map(|gpu| gpu.id.clone()).collect();
            self.hide(&hidden)
        };
        if some_work && !named && (downgrade || for_all.is_none()) {
            fixes.extend(hide());
        }
        if let Some(passed) = for_all {
            let own_index = passed.plan.index.is_some();
            fixes.push(self.fix(passed));
            if own_index {
                let attempt = Attempt { default_index: true, ..Attempt::default() };
                let other = self.first(&attempt).filter(|passed| !self.is_downgrade(&passed.candidate));
                fixes.extend(other.map(|passed| self.fix(passed)));
            }
            return fixes;
        }
        if gpus.len() > 1 {
            fixes.extend(self.best_for_each(&gpus, &failing));
        }
        if fixes.is_empty() {
            fixes.extend(self.with_another_driver().map(|passed| self.fix(passed)));
        }
        if fixes.is_empty() {
            let attempt = Attempt { any_python: true, ..Attempt::default() };
            if let Some(passed) = self.first(&attempt) {
                fixes.push(self.without_the_bound(&passed).unwrap_or_else(|| self.fix(passed)));
            }
        }
        if !fixes.iter().any(|(_, fix)| fix.needs.is_empty() && !fix.commands.is_empty()) {
            let attempt = Attempt { compiled: true, ..Attempt::default() };
            fixes.extend(self.first(&attempt).map(|passed| self.fix(passed)));
        }
        if fixes.is_empty() {
            let why = if self.stack.is_empty() { None } else { self.why_not(&gpus) };
            let fix = why.unwrap_or_else(|| impossible::fix(self.case, self.environment, &gpus));
            fixes.push((Rc::default(), fix));
        }
        fixes
    }

    /// The GPUs that programs see and whose capability is known.
    fn gpus(&self) -> Vec<Gpu> {
        let all = self.case.enriched.gpus.value().into_iter().flatten();
        all.filter(|gpu| gpu.visible.value() != Some(&false) && gpu.capability.value().is_some()).cloned().collect()
    }

    fn installed(&self) -> Option<(&str, Option<CudaVersion>)> {
        let torch = self.environment.package("torch")?;
        match torch.build.value() {
            Some(build) => Some((build.version.as_str(), build.cuda)),
            None => Some((torch.version.value()?.as_str(), None)),
        }
    }

    fn is_downgrade(&self, candidate: &Candidate<'_>) -> bool {
        let position = |version: &str| self.case.knowledge.torch_position(version).index;
        self.installed().is_some_and(|(version, _)| position(&candidate.release.version) < position(version))
    }

    /// Where the Python of a plan's new environment is one that some package of this one does not exist for: that no environment serves
    /// both.
    fn without_the_bound(&self, passed: &Passed<'_>) -> Option<(Rc<After>, Fix)> {
        let python = passed.plan.new_python()?;
        let platform = self.environment.platform.value().copied();
        let bound = self.environment.packages.iter().find_map(|package| {
            let file = self.case.knowledge.package_file(&package.name)?;
            let mut rows = file.build.iter().filter(|row| row.concerns(&package.name, platform)).peekable();
            let range = rows.peek()?.python.as_deref()?;
            rows.all(|row| !dependents::admits(row, Some(python))).then_some((package, range))
        });
        let (package, range) = bound?;
        let pythons = passed.candidate.release.python_of(passed.candidate.build).iter();
        let torch = python_range(&pythons.filter(|python| !python.free_threaded).copied().collect::<Vec<_>>());
        Some((Rc::default(), impossible::bound(&self.gpus(), package, range, &torch)))
    }

    /// Whether a build and its companions are what must be met.
    fn meets(&self, candidate: &Candidate<'_>) -> bool {
        self.asked.iter().all(|requirement| dependents::meets(requirement, candidate) != Some(false))
    }

    /// Whether a plan leaves a requirement on torch unmet, or a package that was compiled for another torch.
    fn breaks(&self, candidate: &Candidate<'_>, plan: &Plan, attempt: &Attempt) -> bool {
        if attempt.any_python {
            return false;
        }
        let moved = |name: &str| plan.installs().any(|install| install.name == name);
        let unmet = |(by, requirement): &(&Package, Requirement)| {
            moved(&requirement.name) && !moved(&by.name) && dependents::meets(requirement, candidate) == Some(false)
        };
        let left = || !Dependents::of(self.case, self.environment, candidate).left.is_empty();
        self.pins.iter().any(unmet) || (moved("torch") && left())
    }

    /// The first build, in the order of nearness, with which the rules pass, of those that break nothing, then of the others. One that
    /// causes a new warning is taken when there is no other, one that breaks what another package requires after that.
    fn first(&self, attempt: &Attempt) -> Option<Passed<'_>> {
        let capabilities = capabilities(&self.gpus(), attempt);
        let wish = self.wish(&capabilities, attempt)?;
        let builds = candidates(self.case.knowledge, &wish).into_iter().filter(|candidate| self.meets(candidate));
        let mut plans: Vec<(bool, Candidate<'_>, Plan)> = builds
            .filter_map(|candidate| {
                let plan = self.plan(&candidate, attempt)?;
                Some((self.breaks(&candidate, &plan, attempt), candidate, plan))
            })
            .collect();
        // A version that is left to the tool may be none that fits: of two sets, the one that says more comes first.
        let open = |plan: &Plan| plan.installs().filter(|install| install.version.is_none()).count();
        plans.sort_by_key(|(breaks, _, plan)| (*breaks, open(plan)));
        let (mut worse, mut breaking) = (None, None);
        for (breaks, candidate, plan) in plans {
            if breaks && (worse.is_some() || breaking.is_some()) {
                break;
            }
            let after = After::of(self.case, &plan);
            let driver_serves = attempt.driver.is_none() || after.removes(Remedy::Driver, Severity::Error);
            let removed = match self.only {
                Some(target) => !after.keeps(target),
                None => after.removes(Remedy::TorchBuild, self.least),
            };
            let compiled = after.new.iter().any(|finding| finding.rule == COMPILED);
            if !removed || !driver_serves || (compiled && !attempt.compiled) {
                continue;
            }
            let new = after.new.iter().map(|finding| finding.severity).max();
            let passed = Passed { plan, after, candidate };
            match new {
                None | Some(Severity::Info) => return Some(passed),
                Some(Severity::Warning) => worse = worse.or(Some(passed)),
                Some(Severity::Error) => {
                    // What was compiled for the old torch has to be replaced with it, as the plan says.
                    let follows =
                        |finding: &Finding| finding.rule == "environment-incomplete" || finding.trace.package.is_some();
                    let bearable = self.stack.is_empty() && passed.after.new.iter().all(follows);
                    breaking = breaking.or(Some(passed).filter(|_| bearable));
                }
            }
        }
        worse.or(breaking)
    }

    fn wish<'w>(&'w self, gpus: &'w [ComputeCapability], attempt: &Attempt) -> Option<Wish<'w>> {
        let host = &self.case.enriched.host;
        let platform = *self.environment.platform.value().or(host.platform.value())?;
        let driver = self.case.enriched.driver.value();
        let version = attempt.driver.clone().or_else(|| driver.map(|driver| driver.version.clone()));
        let cuda = match &attempt.driver {
            Some(version) => self.case.knowledge.driver_cuda(version),
            None => driver.and_then(|driver| driver.cuda.value().copied()),
        };
        let installed = self.installed();
        Some(Wish {
            platform,
            python: self.environment.python.value().copied().filter(|_| !attempt.any_python),
            gpus,
            cpu: gpus.is_empty()
                && self
                    .environment
                    .package("torch")
                    .and_then(|torch| torch.build.value())
                    .is_some_and(|b| b.cuda.is_none()),
            driver: compat::DriverSupport { version, cuda, jit: compat::Jit::WhereNeeded },
            driver_os: self.case.driver_os(),
            installed,
            glibc: self.case.glibc().value().map(String::as_str).filter(|_| platform.os == Os::Linux),
            default_index: attempt.default_index,
        })
    }

    /// What installs this build. Nothing if it is already installed as it should be.
    fn plan(&self, candidate: &Candidate<'_>, attempt: &Attempt) -> Option<Plan> {
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
        let new_python = match attempt.any_python {
            true => {
                let range = attempt.pythons.as_deref();
                let fits = |python: &&PythonVersion| {
                    range.is_none_or(|range| python::in_range(range, &python.to_string()) == Some(true))
                        && release.has_companions_for(Some(**python))
                        && self.stack.chosen(knowledge, candidate, platform, Some(**python)).is_some()
                };
                let pythons: Vec<PythonVersion> = release.python_of(build).iter().filter(fits).copied().collect();
                Some(nearest_python(&pythons, python)?)
            }
            false => None,
        };
        let python = new_python.or(python);
        let asked = |name: &str| self.asked.iter().any(|requirement| requirement.name == name);
        if !release.has_companions_for(python) && companions::COMPANIONS.into_iter().any(asked) {
            return None;
        }
        let of_torch = |local| companions::installs(knowledge, candidate, environment, python, local, &self.more);
        let own_index = !build.pypi_default || of_torch(false).iter().any(satisfied);
        if own_index && attempt.default_index {
            return None;
        }
        let installs = of_torch(own_index);
        let moves = environment.filter(|_| installs.iter().any(|install| install.name == "torch"));
        let moves = moves.map(|environment| Dependents::of(self.case, environment, candidate).moves);
        let gone = environment.map(|environment| companions::in_the_way(&installs, environment)).unwrap_or_default();
        let chosen = self.stack.chosen(knowledge, candidate, platform, python)?;
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
            reinstall: false,
            alone: false,
            restores: false,
            links: None,
            index: named.then(|| format!("{TORCH_INDEXES}{}", build.index)),
            unproven: self.unproven(candidate, attempt, own_index).into_iter().chain(chosen.unproven).collect(),
        })
    }

    fn summary(&self, installs: &[&str], candidate: &Candidate<'_>, attempt: &Attempt) -> String {
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

    fn unproven(&self, candidate: &Candidate<'_>, attempt: &Attempt, own_index: bool) -> Vec<String> {
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
        for name in companions::COMPANIONS {
            let moves = self.installed().is_none()
                || self.environment.package(name).is_some()
                || self.more.iter().any(|more| more == name);
            if let Some(version) = release.companion(name).filter(|_| moves && own_index)
                && !companions::variant_exists(self.case.knowledge, name, version, candidate)
            {
                unproven.push(format!(
                    "whether {name} {version}, from the default index, works with the {} build",
                    build.variant
                ));
            }
        }
        if !self.rest.is_empty() {
            unproven.push("which version of the other requirements is installed if several match".to_owned());
        }
        if attempt.any_python && self.environment.packages.iter().any(|package| package.name != "pip") {
            unproven.push("the other packages of this environment must be installed in the new one".to_owned());
        }
        unproven
    }

    fn fix(&self, passed: Passed<'_>) -> (Rc<After>, Fix) {
        let shown = |install: &Install| {
            let build = install.build.as_ref().map(|build| &build.version).or(install.version.as_ref());
            build.map_or_else(|| install.name.clone(), |version| format!("{} {version}", install.name))
        };
        let result: Vec<String> = passed.plan.installs().map(shown).collect();
        let result = Some(result.join(", ")).filter(|result| !result.is_empty());
        let kept = self.stack.kept(self.case, &passed.plan);
        let left_out = self.left_out(&passed);
        let mut fix = prove::fix(self.case, passed.plan, &passed.after, Remedy::TorchBuild, result);
        if let Some((edit, note)) = kept.filter(|_| fix.is_written()) {
            fix.edits.extend(edit);
            fix.notes.push(note.to_owned());
        }
        fix.notes.extend(left_out.filter(|_| fix.is_written()));
        (passed.after, fix)
    }

    /// Which companions a new environment does without, because they have no wheels for its Python.
    fn left_out(&self, passed: &Passed<'_>) -> Option<String> {
        let Passed { plan, candidate: Candidate { release, .. }, .. } = passed;
        let python = plan.new_python().or(self.environment.python.value().copied())?;
        let left_out = self.installed().is_none() && !release.has_companions_for(Some(python));
        let named = |name| Some(format!("{name} {}", release.companion(name)?));
        let names: Vec<String> = companions::COMPANIONS.into_iter().filter_map(named).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        left_out.then(|| format!("{} have no wheels for Python {python} and are left out", listed(&names)))
    }

    /// Why nothing serves what is wanted: each single wish first, then two that exclude each other, then what the rules say.
    fn why_not(&self, gpus: &[Gpu]) -> Option<Fix> {
        let capabilities = capabilities(gpus, &Attempt::default());
        let wish = self.wish(&capabilities, &Attempt::default())?;
        let asked = self.stack.asked();
        let near = match &asked {
            Some((_, Some(version))) => Wish { installed: Some((version.as_str(), None)), ..wish.clone() },
            _ => wish.clone(),
        };
        let serving = candidates(self.case.knowledge, &near);
        let (meeting, others): (Vec<_>, Vec<_>) = serving.into_iter().partition(|candidate| self.meets(candidate));
        if let Some((asked, _)) = asked.filter(|_| meeting.is_empty()) {
            let known = self
                .case
                .knowledge
                .torch_releases()
                .find(|release| release.builds.iter().any(|build| self.meets(&Candidate { release, build })));
            let nearest = others.first().map(|candidate| candidate.build.full_version(candidate.release));
            return Some(impossible::asked(gpus, &asked, known.is_some(), nearest.as_deref()));
        }
        let platform = self.environment.platform.value().copied();
        let python = self.environment.python.value().copied();
        let clash = self.stack.clash(self.case.knowledge, &meeting, platform, python);
        let judged = || {
            let plan = meeting.iter().find_map(|candidate| self.plan(candidate, &Attempt::default()))?;
            let after = After::of(self.case, &plan);
            let worst = after.new.iter().max_by_key(|finding| finding.severity)?;
            Some(format!("with {}: {}", plan.summary, worst.summary.trim_end_matches('.')))
        };
        clash.or_else(judged).map(impossible::said)
    }

    /// Leaves torch as it is and hides the GPUs that it does not serve.
    fn hide(&self, hidden: &[String]) -> Option<(Rc<After>, Fix)> {
        let all = self.case.enriched.gpus.value()?;
        let kept = |gpu: &&Gpu| !hidden.contains(&gpu.id);
        let numbers: Vec<String> =
            (0..all.len()).filter(|i| all.get(*i).is_some_and(|g| kept(&g))).map(|i| i.to_string()).collect();
        let names: Vec<String> = all.iter().filter(|gpu| !kept(gpu)).map(crate::rules::gpu_name).collect();
        let plan = Plan {
            summary: format!("keep torch, hide {} from programs", names.join(" and ")),
            changes: vec![
                Change::Hide(hidden.to_vec()),
                Change::Variable("CUDA_DEVICE_ORDER".into(), Some("PCI_BUS_ID".to_owned())),
                Change::Variable("CUDA_VISIBLE_DEVICES".into(), Some(numbers.join(","))),
            ],
            ..Plan::default()
        };
        let after = After::of(self.case, &plan);
        let passes = after.removes(Remedy::TorchBuild, self.least) && after.new.is_empty();
        passes.then(|| {
            let fix = prove::fix(self.case, plan, &after, Remedy::TorchBuild, None);
            (after, fix)
        })
    }

    /// For GPUs that no single build supports together: the best for each that the installed one does not support.
    fn best_for_each(&self, gpus: &[Gpu], failing: &[&str]) -> Fixes {
        let mut done: Vec<ComputeCapability> = Vec::new();
        let mut fixes = Fixes::new();
        for gpu in gpus {
            let Some(&capability) = gpu.capability.value() else { continue };
            if done.contains(&capability) {
                continue;
            }
            done.push(capability);
            let name = crate::rules::gpu_name(gpu);
            let others = gpus.iter().filter(|other| other.capability.value() != Some(&capability));
            let hidden: Vec<String> = others.map(|other| other.id.clone()).collect();
            if self.installed().is_some() && !failing.contains(&gpu.id.as_str()) {
                let summary = format!("for {name} alone: the installed version works");
                let nothing = Rc::default();
                let proof = crate::finding::Proof::Binary;
                let fix = Fix { summary, proof, gpus: vec![name.clone()], ..Fix::default() };
                fixes.push((nothing, fix));
                continue;
            }
            let attempt = Attempt { hidden, ..Attempt::default() };
            let compiled = || self.first(&Attempt { compiled: true, ..attempt.clone() });
            match self.first(&attempt).or_else(compiled) {
                Some(mut passed) => {
                    passed.plan.summary = format!("for {name} alone: {}", passed.plan.summary);
                    let (after, fix) = self.fix(passed);
                    fixes.push((after, Fix { gpus: vec![name], ..fix }));
                }
                None => {
                    let nothing = Rc::default();
                    fixes.push((nothing, impossible::fix(self.case, self.environment, std::slice::from_ref(gpu))));
                }
            }
        }
        fixes
    }

    /// The smallest driver update with which some build works.
    fn with_another_driver(&self) -> Option<Passed<'_>> {
        let current = &self.case.enriched.driver.value()?.version;
        let steps = self.case.knowledge.driver_steps(self.case.driver_os());
        steps
            .into_iter()
            .filter(|step| step > current)
            .find_map(|step| self.first(&Attempt { driver: Some(step), ..Attempt::default() }))
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
