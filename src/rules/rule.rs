//! What a rule is: a scope, a severity, and a pure function from one context to one outcome.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    facts::{Environment, Facts, Gpu, Origin, Package, Toolkit},
    finding::{Evidence, Remedy, Severity, Trace, fingerprint},
    knowledge::{Knowledge, PackageFile, ProblemRow},
};

/// One rule. Its page is the head comment of its file.
pub struct Rule {
    /// Stable name; never reused for another meaning.
    pub slug: &'static str,
    /// What it looks at, and so how often it runs.
    pub scope: Scope,
    /// Which environments it looks at.
    pub judges: Judges,
    /// How bad a finding is, unless the finding itself sets another severity.
    pub severity: Severity,
    /// Rules whose finding on the same subject turns a finding of this rule into a consequence.
    pub consequence_of: &'static [&'static str],
    /// Which searches can find a fix.
    pub remedies: &'static [Remedy],
    /// The judgement. It reads the context and nothing else.
    pub judge: fn(&Context<'_>) -> Outcome,
}

/// Which environments a rule looks at, by what they were read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judges {
    /// Environments in which packages are installed, or would be after a plan.
    Places,
    /// Also wheels, folders and files that were only read: the rule is only about code.
    Everything,
    /// Only what is going to be published.
    Artifacts,
}

impl Judges {
    /// Whether an environment of this origin is looked at.
    pub fn takes(self, origin: &Origin) -> bool {
        let artifact = matches!(origin, Origin::Artifact(_));
        match self {
            Self::Places => !artifact,
            Self::Everything => true,
            Self::Artifacts => artifact,
        }
    }
}

/// What a rule looks at. The runner makes the product; a rule never loops over GPUs or environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Once for the machine.
    Machine,
    /// Once for each GPU.
    Gpu,
    /// Once for each environment.
    Environment,
    /// Once for each environment on each GPU.
    EnvironmentOnGpu,
    /// Once for each package of an environment that the knowledge base has a file about.
    Package,
    /// Once for each such package, and for each other one whose version says what it was built for.
    TaggedPackage,
    /// Once for each such package on each GPU.
    PackageOnGpu,
    /// Once for each package with device code whose deciding library is unknown, on each GPU.
    UnlistedOnGpu,
    /// Once for each known problem of the installed packages, and on each GPU if the problem is about GPUs.
    Problem,
}

/// What a rule concludes in one context.
#[derive(Debug)]
pub enum Outcome {
    /// It was checked and is in order.
    Holds,
    /// The rule has nothing to check in this context.
    NotApplicable,
    /// Something is wrong.
    Finding(Box<Draft>),
    /// Several things are wrong, each for a reason of its own.
    Findings(Vec<Draft>),
    /// It cannot be decided without these facts.
    Needs(Vec<String>),
}

/// A finding as its rule writes it; the runner adds the rule and the place.
#[derive(Debug)]
pub struct Draft {
    /// What it is about.
    pub subject: String,
    /// Whether the subject is a place on this machine: it is shown, but not part of the fingerprint.
    pub local: bool,
    /// The cause in one sentence.
    pub summary: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// Error text that it leads to.
    pub symptom: Option<Cow<'static, str>>,
    /// Facts that identify the finding, for the fingerprint; no paths.
    pub causes: Vec<String>,
    /// Another severity than the rule's own.
    pub severity: Option<Severity>,
    /// Another slug than the rule's own, for problems that are data.
    pub slug: Option<&'static str>,
    /// What the fix search needs to know.
    pub trace: Trace,
}

impl Draft {
    /// A finding about `subject` with its cause.
    pub fn new(subject: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            local: false,
            summary: summary.into(),
            evidence: Vec::new(),
            symptom: None,
            causes: Vec::new(),
            severity: None,
            slug: None,
            trace: Trace::default(),
        }
    }

    /// A finding about an environment as a whole, wherever it lies.
    pub fn of_environment(environment: &Environment, summary: impl Into<String>) -> Self {
        Self { local: true, ..Self::new(environment.id.clone(), summary) }
    }

    /// Adds a fact that it rests on.
    pub fn evidence(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// The error text that people see.
    pub fn symptom(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.symptom = Some(text.into());
        self
    }

    /// The package that it is about, so that it is recognized after its version has changed.
    pub fn about(mut self, package: &Package) -> Self {
        self.trace.package = Some(package.name.clone());
        self
    }

    /// A fact that belongs to the identity of the finding: the same on every machine that has it, and so no path.
    pub fn cause(mut self, fact: impl ToString) -> Self {
        self.causes.push(fact.to_string());
        self
    }

    /// Another severity than the rule's own.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Ends the chain.
    pub fn found(self) -> Outcome {
        Outcome::Finding(Box::new(self))
    }

    /// Identity of this finding under `rule`, wherever things lie on this machine.
    pub fn fingerprint(&self, rule: &Rule) -> String {
        let slug = self.slug.unwrap_or(rule.slug);
        let subject = if self.local { "" } else { self.subject.as_str() };
        fingerprint([slug, subject].into_iter().chain(self.causes.iter().map(String::as_str)))
    }
}

/// What a rule sees: all facts (claims filled in), the knowledge base, and the environment and GPU of its scope.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Facts after enrichment.
    pub facts: &'a Facts,
    /// The knowledge base.
    pub knowledge: &'a Knowledge,
    /// Index and environment, for scopes with one.
    pub environment: Option<(usize, &'a Environment)>,
    /// Index and GPU, for scopes with one.
    pub gpu: Option<(usize, &'a Gpu)>,
    /// The package, for scopes with one, and what is known about it.
    pub subject: Option<(&'a Package, &'a PackageFile)>,
    /// The package whose deciding library is unknown, for the scope with one.
    pub unlisted: Option<&'a Package>,
    /// The package, for the scope of those whose version says what they were built for: its name is all that is known of it.
    pub tagged: Option<&'a Package>,
    /// The known problem, for the scope of that name.
    pub problem: Option<(&'a PackageFile, &'a ProblemRow)>,
}

impl<'a> Context<'a> {
    /// The machine as a whole.
    pub const fn new(facts: &'a Facts, knowledge: &'a Knowledge) -> Self {
        Self {
            facts,
            knowledge,
            environment: None,
            gpu: None,
            subject: None,
            unlisted: None,
            tagged: None,
            problem: None,
        }
    }

    /// A package of the environment at hand.
    pub fn package(&self, name: &str) -> Option<&'a Package> {
        self.environment.and_then(|(_, environment)| environment.package(name))
    }

    /// The environment variables that programs in the current environment see, and where they are in the facts: the image's own, else the
    /// machine's.
    fn variables(&self) -> (&'a BTreeMap<String, String>, String) {
        match self.environment.and_then(|(index, environment)| Some((index, environment.image.as_deref()?))) {
            Some((index, image)) => (&image.env_vars, format!("/facts/environments/{index}/image/env_vars")),
            None => (&self.facts.env_vars, "/facts/env_vars".to_owned()),
        }
    }

    /// The value of an environment variable, if it is set.
    pub fn variable(&self, name: &str) -> Option<&'a str> {
        self.variables().0.get(name).map(String::as_str)
    }

    /// Whether a variable whose name begins with `prefix` is set.
    pub fn has_variable_starting(&self, prefix: &str) -> bool {
        self.variables().0.keys().any(|name| name.starts_with(prefix))
    }

    /// That a variable is set, for evidence: `NAME=value` and its place.
    pub fn variable_evidence(&self, name: &str) -> Evidence {
        let (variables, pointer) = self.variables();
        let value = variables.get(name).map_or("", String::as_str);
        Evidence::new(format!("{name}={value}"), "environment variable").at(format!("{pointer}/{name}"))
    }

    /// The CUDA toolkits that a build in the current environment could use, and where they are in the facts: the image's own, else the
    /// machine's.
    pub fn toolkits(&self) -> (&'a [Toolkit], String) {
        match self.environment.and_then(|(index, environment)| Some((index, environment.image.as_deref()?))) {
            Some((index, image)) => (&image.toolkits, format!("/facts/environments/{index}/image/toolkits")),
            None => (&self.facts.toolkits, "/facts/toolkits".to_owned()),
        }
    }

    /// JSON pointer to a package of the environment at hand, for evidence.
    pub fn pointer(&self, name: &str) -> String {
        let Some((index, environment)) = self.environment else { return "/facts".to_owned() };
        match environment.packages.iter().position(|package| package.name == name) {
            Some(package) => environment.pointer(index, package),
            None => format!("/facts/environments/{index}"),
        }
    }
}
