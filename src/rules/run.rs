//! Runs every rule over the product of its scope and collects what they say.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use super::{
    Context, Draft, Outcome, REGISTRY, Rule, Scope, code, find, is_of_linux,
    shared::{COMPANIONS, chosen_cuda, runs_windows},
};
use crate::{
    facts::{Environment, Facts, Gpu, Origin, Package},
    finding::{Finding, Severity},
    knowledge::{Knowledge, PackageFile, ProblemRow},
    parallel, python,
};

/// As many environments are worth threads.
const MANY: usize = 8;

/// Which environments are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The selected one.
    Selected,
    /// All of them.
    All,
}

/// What the rules said, before it is resolved.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Findings in registry order, one for each subject; GPUs with the same finding are listed together.
    pub findings: Vec<Finding>,
    /// How many judgements were made.
    pub ran: usize,
    /// How many rules had nothing to check.
    pub not_applicable: usize,
    /// Rules that could not decide, and what they lack.
    pub unknown: Vec<Undecided>,
}

/// A rule that could not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Undecided {
    /// Its slug.
    pub rule: &'static str,
    /// The facts it lacks, for people.
    pub needs: Vec<String>,
}

/// Judges facts that have been enriched.
pub fn run<'a>(facts: &'a Facts, knowledge: &'a Knowledge, judged: Judged) -> Verdicts {
    let environments: Vec<_> = facts
        .environments
        .iter()
        .enumerate()
        .filter(|(_, environment)| judged == Judged::All || environment.selected)
        .collect();
    let gpus: Vec<_> = facts.gpus.value().map(|gpus| gpus.iter().enumerate().collect()).unwrap_or_default();
    // A GPU that programs cannot see needs no build that supports it, unless it was asked for by name.
    let meant = |gpu: &Gpu| gpu.named || gpu.visible.value() != Some(&false);
    let used: Vec<_> = gpus.iter().copied().filter(|(_, gpu)| meant(gpu)).collect();
    let of = |rule: &'static Rule| environments.iter().copied().filter(move |(_, one)| takes(rule, &one.origin));
    let known = |environment: Placed<'a>| {
        let all = environment.1.packages.iter();
        all.filter_map(move |package| Some((environment, (package, knowledge.package_file(&package.name)?))))
    };
    let packages: Vec<(Placed<'_>, Subject<'_>)> = environments.iter().copied().flat_map(known).collect();
    let base = Context::new(facts, knowledge);
    let read = |environment: &Environment| matches!(environment.origin, Origin::Artifact(_));
    let only_read = !facts.environments.is_empty() && facts.environments.iter().all(read);
    let unlisted: Vec<(Placed<'_>, &Package)> = environments
        .iter()
        .flat_map(|&environment| environment.1.packages.iter().map(move |package| (environment, package)))
        .filter(|&(environment, package)| is_unlisted(&Context { environment: Some(environment), ..base }, package))
        .collect();
    let by_rule = |rule: &&'static Rule| {
        let rule = *rule;
        let mut verdicts = Verdicts::default();
        let mut collector = Collector { rule, merged: BTreeMap::new(), verdicts: &mut verdicts };
        match rule.scope {
            // GPUs named for a file are not those of one machine.
            Scope::Machine if only_read => {}
            Scope::Machine => collector.judge(base),
            Scope::Gpu => gpus.iter().for_each(|&gpu| collector.judge(Context { gpu: Some(gpu), ..base })),
            Scope::Environment => {
                of(rule).for_each(|environment| collector.judge(Context { environment: Some(environment), ..base }))
            }
            Scope::EnvironmentOnGpu => {
                for environment in of(rule) {
                    let context = Context { environment: Some(environment), ..base };
                    used.iter().for_each(|&gpu| collector.judge(Context { gpu: Some(gpu), ..context }));
                }
            }
            Scope::Package => {
                for &(environment, subject) in packages.iter().filter(|((_, one), _)| takes(rule, &one.origin)) {
                    collector.judge(Context { environment: Some(environment), subject: Some(subject), ..base });
                }
            }
            Scope::TaggedPackage => {
                for &(environment, subject) in packages.iter().filter(|((_, one), _)| takes(rule, &one.origin)) {
                    collector.judge(Context { environment: Some(environment), subject: Some(subject), ..base });
                }
                for environment in of(rule) {
                    for package in environment.1.packages.iter().filter(|package| is_tagged(knowledge, package)) {
                        collector.judge(Context { environment: Some(environment), tagged: Some(package), ..base });
                    }
                }
            }
            Scope::PackageOnGpu => {
                for &(environment, subject) in packages.iter().filter(|((_, one), _)| takes(rule, &one.origin)) {
                    let context = Context { environment: Some(environment), subject: Some(subject), ..base };
                    used.iter().for_each(|&gpu| collector.judge(Context { gpu: Some(gpu), ..context }));
                }
            }
            Scope::UnlistedOnGpu => {
                for &(environment, package) in unlisted.iter().filter(|((_, one), _)| takes(rule, &one.origin)) {
                    let context = Context { environment: Some(environment), unlisted: Some(package), ..base };
                    used.iter().for_each(|&gpu| collector.judge(Context { gpu: Some(gpu), ..context }));
                }
            }
            // Problems are about environments: without one that counts they are not even loaded, which would take longer than a scan.
            Scope::Problem if of(rule).next().is_none() => {}
            Scope::Problem => {
                for problem in knowledge.problems() {
                    let subjects = problem_subjects(problem, &environments, &packages);
                    for (environment, subject) in subjects {
                        if !takes(rule, &environment.1.origin) {
                            continue;
                        }
                        let context =
                            Context { environment: Some(environment), subject, problem: Some(problem), ..base };
                        if about_gpus(problem.1) {
                            used.iter().for_each(|&gpu| collector.judge(Context { gpu: Some(gpu), ..context }));
                        } else {
                            collector.judge(context);
                        }
                    }
                }
            }
        }
        verdicts
    };
    let all: Vec<&'static Rule> = REGISTRY.iter().map(|entry| entry.rule).collect();
    // One or two environments are judged before a thread has started.
    let threads = if environments.len() < MANY { 1 } else { parallel::available() };
    parallel::map_on(threads, &all, by_rule).into_iter().fold(Verdicts::default(), Verdicts::and)
}

impl Verdicts {
    /// These, and those of the rules behind them.
    fn and(mut self, more: Self) -> Self {
        self.findings.extend(more.findings);
        self.ran += more.ran;
        self.not_applicable += more.not_applicable;
        for undecided in more.unknown {
            if !self.unknown.contains(&undecided) {
                self.unknown.push(undecided);
            }
        }
        self
    }
}

/// Whether a rule looks at environments of this origin.
fn takes(rule: &Rule, origin: &Origin) -> bool {
    rule.judges.takes(origin) && !(*origin == Origin::Log && NOT_IN_LOGS.contains(&rule.slug))
}

/// The rule about the texts of a log.
const LOG_RULE: &str = "error-in-log";

/// Rules that conclude something from what is not there: a log tells of some packages, and never of all.
const NOT_IN_LOGS: [&str; 17] = [
    "cuda-libs-not-found",
    "cudnn-major-mismatch",
    "environment-incomplete",
    "extension-cuda-major-mismatch",
    "installed-twice",
    "installers-differ",
    "knowledge-conflict",
    "known-problem",
    "metadata-missing",
    "newer-than-knowledge",
    "python-unsupported-by-torch",
    "several-cuda-majors",
    "torch-left-to-the-index",
    "torch-nightly-needless",
    "torch-not-installed",
    "variable-read-by-nothing",
    "version-not-on-index",
];

type Placed<'a> = (usize, &'a Environment);
type Subject<'a> = (&'a Package, &'a PackageFile);

/// Whether a package contains device code but its deciding library is unknown. NVIDIA's own libraries are excluded: the packages that load
/// them decide what they must support, and they select kernels themselves.
fn is_unlisted(context: &Context<'_>, package: &Package) -> bool {
    let own = package.name == "torch" || code::is_of_nvidia(&package.name);
    if own || package.libraries.is_empty() {
        return false;
    }
    let compiles = context.knowledge.package_file(&package.name).is_some_and(|file| file.package.compiles);
    let deciding = || {
        let cuda = chosen_cuda(context, package);
        code::deciding(context.knowledge, Some(&package.name), &package.libraries, cuda.as_deref())
    };
    // The companions of torch have no other rule about their code.
    let companion = COMPANIONS.contains(&package.name.as_str());
    !compiles && Some(deciding()).is_some_and(|one| (!one.known || companion) && !one.libraries.is_empty())
}

/// Whether the version of a package says what torch it was built for, and no file of the knowledge base is about it.
fn is_tagged(knowledge: &Knowledge, package: &Package) -> bool {
    let says = |version: &String| version.contains('+') && python::built_for(version).torch.is_some();
    package.version.value().is_some_and(says) && knowledge.package_file(&package.name).is_none()
}

/// Where a known problem is looked for: at the packages that its file is about, or once for each environment.
fn problem_subjects<'a>(
    (file, row): (&PackageFile, &ProblemRow),
    environments: &[Placed<'a>],
    packages: &[(Placed<'a>, Subject<'a>)],
) -> Vec<(Placed<'a>, Option<Subject<'a>>)> {
    if row.everywhere {
        return environments.iter().map(|&environment| (environment, None)).collect();
    }
    let named = |package: &Package| row.of.is_empty() || row.of.contains(&package.name);
    packages
        .iter()
        .filter(|(_, (package, of))| std::ptr::eq(*of, file) && named(package))
        .map(|&(environment, subject)| (environment, Some(subject)))
        .collect()
}

/// Whether a known problem differs from GPU to GPU.
fn about_gpus(row: &ProblemRow) -> bool {
    row.when.gpu.is_some() || row.unless.as_ref().is_some_and(|unless| unless.gpu.is_some())
}

/// Gathers the outcomes of one rule; the same finding on several GPUs becomes one.
struct Collector<'v> {
    rule: &'static Rule,
    /// Fingerprint and environment of a finding to its index.
    merged: BTreeMap<(String, Option<usize>), usize>,
    verdicts: &'v mut Verdicts,
}

impl Collector<'_> {
    fn judge(&mut self, context: Context<'_>) {
        self.verdicts.ran += 1;
        match (self.rule.judge)(&context) {
            Outcome::Holds => {}
            Outcome::NotApplicable => {
                self.verdicts.ran -= 1;
                self.verdicts.not_applicable += 1;
            }
            Outcome::Needs(needs) => {
                let slug = context.problem.map(|(_, row)| super::slug(row.slug()));
                let undecided = Undecided { rule: slug.unwrap_or(self.rule.slug), needs };
                if !self.verdicts.unknown.contains(&undecided) {
                    self.verdicts.unknown.push(undecided);
                }
            }
            Outcome::Finding(draft) => self.add(*draft, &context),
            Outcome::Findings(drafts) => drafts.into_iter().for_each(|draft| self.add(draft, &context)),
        }
    }

    fn add(&mut self, draft: Draft, context: &Context<'_>) {
        let fingerprint = draft.fingerprint(self.rule);
        let gpu = context.gpu.map(|(_, gpu): (usize, &Gpu)| gpu.id.clone());
        let key = (fingerprint.clone(), context.environment.map(|(index, _)| index));
        if let Some(&index) = self.merged.get(&key)
            && let Some(finding) = self.verdicts.findings.get_mut(index)
        {
            finding.gpus.extend(gpu);
            return;
        }
        self.merged.insert(key, self.verdicts.findings.len());
        let rule = draft.slug.unwrap_or(self.rule.slug);
        let severity = draft.severity.unwrap_or(self.rule.severity);
        // The finding of a log has its text already, and what is only told breaks nothing.
        let shows = self.rule.slug != LOG_RULE && severity >= Severity::Warning && draft.trace.problem.is_none();
        let windows = runs_windows(context);
        let known = || if shows { find(rule).and_then(|entry| entry.in_log(windows)) } else { None };
        let own = draft.symptom.filter(|text| !windows || self.rule.slug == LOG_RULE || !is_of_linux(text));
        let symptom = own.map(Cow::into_owned).or_else(known);
        let mut trace = draft.trace;
        // A known problem says itself what may remove it.
        if trace.problem.is_none() {
            trace.remedies.extend(self.rule.remedies);
        }
        trace.follows.extend(self.rule.consequence_of.iter().map(|slug| (*slug).to_owned()));
        self.verdicts.findings.push(Finding {
            rule,
            severity,
            subject: draft.subject,
            environment: context.environment.map(|(_, environment): (usize, &Environment)| environment.id.clone()),
            gpus: gpu.into_iter().collect(),
            location: None,
            excerpt: None,
            summary: draft.summary,
            evidence: draft.evidence,
            symptom,
            consequences: Vec::new(),
            fixes: Vec::new(),
            fingerprint,
            docs: format!("gpucheck rule {rule}"),
            trace,
        });
    }
}
