//! The search for another build of torch: the same version first, then the nearest; one wheel for all GPUs before hiding a card,
//! hiding before the best for each; then another driver, another Python, code that has to be compiled first, and at last the reason why
//! there is none. What was compiled for torch moves with it, and a build that breaks nothing comes before one that does. `plan` is what
//! installs one build, `cards` are several GPUs, `why_not` are the reasons.

mod cards;
mod plan;
mod why_not;

use std::rc::Rc;

use super::{
    Candidate, Case, Install, Plan, TORCH_INDEXES, Wish, add,
    candidates::candidates,
    dependents::{self, Dependents},
    driver, has_remedy, impossible,
    prove::{self, After},
    stack::Stack,
};
use crate::{
    compat,
    facts::{ComputeCapability, CudaVersion, DriverVersion, Environment, Gpu, IndexRole, Os, Package, Resolver, Step},
    finding::{Finding, Fix, Remedy, Severity},
    python::Requirement,
};
use cards::capabilities;
use gpucheck_ground::Order as _;

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
                // Where no index can be named, an older version of the default one may be all that a file can ask for.
                let wanted = |passed: &Passed<'_>| self.names_no_index() || !self.is_downgrade(&passed.candidate);
                let other = self.first(&attempt).filter(wanted);
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

    fn installed(&self) -> Option<(&str, Option<CudaVersion>)> {
        let torch = self.environment.package("torch")?;
        match torch.build.value() {
            Some(build) => Some((build.version.as_str(), build.cuda)),
            None => Some((torch.version.value()?.as_str(), None)),
        }
    }

    /// Whether the environment is what a project's own files ask for and pip installs: they have no place for an index.
    fn names_no_index(&self) -> bool {
        let environments = &self.case.enriched.environments;
        let number = environments.iter().position(|environment| environment.id == self.environment.id);
        let asked = self.environment.package("torch").and_then(|torch| torch.request).zip(number).and_then(
            |(place, number)| {
                let pointer = format!("/environments/{number}/steps/{}/requests/{}", place.step, place.request);
                self.case.enriched.written.get(&pointer)
            },
        );
        let names = ["pyproject.toml", "setup.py", "setup.cfg"];
        let of_project = asked.is_some_and(|at| names.iter().any(|name| at.path.ends_with(name)));
        let plain = |step: &Step| step.resolver == Resolver::Pip && step.indexes.is_empty();
        of_project && self.environment.steps.iter().all(plain)
    }

    /// Whether files name an index of PyTorch's in place of the default one for torch.
    fn asks_pytorch_alone(&self) -> bool {
        let steps = &self.environment.steps;
        let place = self.environment.package("torch").and_then(|torch| torch.request);
        let Some(step) = place.and_then(|place| steps.get(place.step)) else { return false };
        let request = place.and_then(|place| step.requests.get(place.request));
        let default = step.indexes.iter().rfind(|index| index.role == IndexRole::Default);
        let url = request.and_then(|request| request.index.as_ref()).or(default.map(|index| &index.url));
        url.is_some_and(|url| url.starts_with(TORCH_INDEXES))
    }

    /// Whether pip would bring another build of the release than one of the default index: files name an index of PyTorch's besides, and
    /// a version with a local part comes before the same one without.
    fn is_outdone(&self, candidate: &Candidate<'_>, attempt: &Attempt) -> bool {
        let place = self.environment.package("torch").and_then(|torch| torch.request);
        let step = place.and_then(|place| self.environment.steps.get(place.step));
        let Some(step) = step.filter(|step| attempt.default_index && step.resolver == Resolver::Pip) else {
            return false;
        };
        let extra = step.indexes.iter().filter(|index| index.role == IndexRole::Extra);
        let mut variants = extra.filter_map(|index| index.url.strip_prefix(TORCH_INDEXES)?.strip_prefix("whl/"));
        let python = self.environment.python.value();
        variants.any(|variant| {
            candidate.release.builds.iter().any(|build| {
                build.variant == variant.trim_end_matches('/')
                    && build.variant != candidate.build.variant
                    && build.platform == candidate.build.platform
                    && python.is_none_or(|python| candidate.release.python_of(build).contains(python))
            })
        })
    }

    fn is_downgrade(&self, candidate: &Candidate<'_>) -> bool {
        let position = |version: &str| self.case.knowledge.torch_position(version).index;
        self.installed().is_some_and(|(version, _)| position(&candidate.release.version) < position(version))
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
        let asked_for = |candidate: &Candidate<'_>| self.meets(candidate) && !self.is_outdone(candidate, attempt);
        let builds = candidates(self.case.knowledge, &wish).into_iter().filter(asked_for);
        let mut plans: Vec<(bool, Candidate<'_>, Plan)> = builds
            .filter_map(|candidate| {
                let plan = self.plan(&candidate, attempt)?;
                Some((self.breaks(&candidate, &plan, attempt), candidate, plan))
            })
            .collect();
        // A version that is left to the tool may be none that fits: of two sets, the one that says more comes first.
        let open = |plan: &Plan| plan.installs().filter(|install| install.version.is_none()).count();
        plans.order_by_key(|(breaks, _, plan)| (*breaks, open(plan)));
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

    fn fix(&self, passed: Passed<'_>) -> (Rc<After>, Fix) {
        let result = passed.plan.result();
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

    /// The smallest driver update with which some build works.
    fn with_another_driver(&self) -> Option<Passed<'_>> {
        let current = &self.case.enriched.driver.value()?.version;
        driver::newer(self.case, current)
            .into_iter()
            .find_map(|step| self.first(&Attempt { driver: Some(step), ..Attempt::default() }))
    }
}
