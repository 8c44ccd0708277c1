//! Many machines' reports → one answer. Each report's facts are judged again as `doctor --replay` does it; machines are told apart by what
//! is wrong with them. Facts that were sent before, letter for letter, as machines that are alike send them, are judged once.

mod names;
mod reports;
mod traits;

use std::{
    collections::BTreeMap,
    hash::{BuildHasher as _, RandomState},
    time::Instant,
};

use gpucheck_ground::Order as _;

use super::{
    ensure_environment,
    judgement::Judgement,
    saved::{Head, SavedError, saved},
};
use crate::{
    facts::{Expected, Facts},
    finding::{Finding, Fix, Severity},
    knowledge::Knowledge,
    parallel,
    report::{
        Cause, CommandName, Fleet, FleetCounts, FleetFix, FleetUndecided, KnowledgeStamp, Nodes, Pool, SCHEMA, Trait,
        TraitValue, UnreadReport, Verdict,
    },
    rules::{Judged, Undecided},
    system::redact,
    text,
};
use names::Names;
pub use reports::{Piece, Pieces};

/// A report that is longer is none: one of an environment with a hundred thousand packages has some 30 MB.
pub const LONGEST_REPORT: usize = 64 << 20;
/// Ranges of names that are kept in all lists together.
const RANGES: usize = 400_000;
/// Bytes of what is wrong that is kept, for machines of which hardly two have the same.
const TEXT: usize = 16 << 20;
/// Kinds of machines that are remembered, so that another one like them need not be judged.
const KINDS: usize = 20_000;
/// Pools, and values of one trait in a pool.
const POOLS: usize = 256;
const VALUES: usize = 64;
/// Reports that are named of those that could not be read.
const UNREAD: usize = 100;
/// Bytes of the reason why one could not be read.
const REASON: usize = 200;
/// The fewest machines of which one can be odd.
const FEWEST: u64 = 3;

/// A text that may be a report.
pub struct Sent {
    /// What it is called where no label `node` says it.
    pub name: String,
    /// The text, or why there is none.
    pub text: Result<Vec<u8>, String>,
}

/// What is asked about many machines.
#[derive(Clone, Copy)]
pub struct FleetQuestion<'q> {
    /// The rows to judge by.
    pub knowledge: &'q Knowledge,
    /// GPUs that each machine must have, instead of those that its report says are expected.
    pub expected: &'q [Expected],
    /// The label by whose values machines are put together.
    pub group_by: Option<&'q str>,
    /// When the command began.
    pub start: Instant,
}

/// What became of one text.
enum Read {
    Unread(UnreadReport),
    Node(Node),
}

struct Node {
    name: String,
    /// The value of the label that machines are put together by.
    group: Option<String>,
    of: Of,
}

enum Of {
    /// The number of the kind that it is of.
    Known(usize),
    /// The hash of its facts, and what was found.
    New(Option<u64>, Box<Found>),
}

/// What was found on one machine.
struct Found {
    pool: String,
    traits: Vec<Option<String>>,
    verdict: Verdict,
    findings: Vec<Finding>,
    undecided: Vec<Undecided>,
}

/// Machines of which all that is told is the same.
struct Kind {
    pool: String,
    traits: Vec<Option<String>>,
    verdict: Verdict,
    /// Numbers of causes and of what could not be decided.
    causes: Vec<usize>,
    undecided: Vec<usize>,
    /// Numbers of fixes, and whether each mends all that is wrong.
    fixes: Vec<(usize, bool)>,
    /// Whether something that was found has found no room.
    left_out: bool,
}

#[derive(Default)]
struct PoolOf {
    nodes: Names,
    traits: Vec<BTreeMap<String, Names>>,
}

/// Many machines' reports, as far as they were read.
pub struct Gathering<'q> {
    question: FleetQuestion<'q>,
    hasher: RandomState,
    known: BTreeMap<u64, usize>,
    kinds: Vec<Kind>,
    counts: FleetCounts,
    pools: BTreeMap<String, PoolOf>,
    /// By fingerprint and severity, which depends on the other GPUs of a machine.
    cause_of: BTreeMap<(String, Severity), usize>,
    causes: Vec<(Cause, Names)>,
    fix_of: BTreeMap<(String, Option<String>, bool), usize>,
    fixes: Vec<(FleetFix, Names)>,
    /// By what is lacking.
    undecided_of: BTreeMap<Vec<String>, usize>,
    undecided: Vec<(FleetUndecided, Names)>,
    healthy: Names,
    all: Names,
    repeated: Names,
    left_out: Names,
    unread: Vec<UnreadReport>,
    ranges: usize,
    text: usize,
}

impl<'q> Gathering<'q> {
    /// Nothing yet.
    pub fn new(question: FleetQuestion<'q>) -> Self {
        Self {
            question,
            hasher: RandomState::new(),
            known: BTreeMap::new(),
            kinds: Vec::new(),
            counts: FleetCounts::default(),
            pools: BTreeMap::new(),
            cause_of: BTreeMap::new(),
            causes: Vec::new(),
            fix_of: BTreeMap::new(),
            fixes: Vec::new(),
            undecided_of: BTreeMap::new(),
            undecided: Vec::new(),
            healthy: Names::default(),
            all: Names::default(),
            repeated: Names::default(),
            left_out: Names::default(),
            unread: Vec::new(),
            ranges: RANGES,
            text: TEXT,
        }
    }

    /// Judges some texts, all at once, and adds them in their order.
    pub fn add(&mut self, sent: &[Sent]) {
        for read in parallel::map(sent, |sent| self.read(sent)).into_iter().flatten() {
            match read {
                Read::Unread(unread) => self.add_unread(unread),
                Read::Node(node) => self.add_node(node),
            }
        }
    }

    /// Every report in one text: behind one, and behind half of one, another may begin.
    fn read(&self, sent: &Sent) -> Vec<Read> {
        let unread = |name: &str, why: String| Read::Unread(UnreadReport { name: name.to_owned(), why });
        let text = match &sent.text {
            Ok(text) => String::from_utf8_lossy(text),
            Err(why) => return vec![unread(&sent.name, why.clone())],
        };
        let mut reads = Vec::new();
        let mut rest = &*text;
        loop {
            let name = match reads.len() {
                0 => sent.name.clone(),
                more => format!("{}.{}", sent.name, more + 1),
            };
            let next = match self.one(&name, rest) {
                Ok((node, length)) => {
                    reads.push(Read::Node(node));
                    rest.get(length..).map(str::trim_start).filter(|behind| behind.starts_with('{'))
                }
                Err(why) => {
                    reads.push(unread(&name, why));
                    reports::restart(rest).and_then(|start| rest.get(start..))
                }
            };
            match next {
                Some(behind) => rest = behind,
                None => return reads,
            }
        }
    }

    /// The report at the beginning of a text, and how long it is.
    fn one(&self, name: &str, text: &str) -> Result<(Node, usize), String> {
        let in_full = |error: SavedError| match &error {
            SavedError::NotAReport { why, .. } => format!("not a complete report of a machine: {why}"),
            SavedError::Newer { schema, .. } => {
                format!("a newer gpucheck wrote it: its schema is {schema}, and this one reads schemas up to {SCHEMA}")
            }
            SavedError::TooManyGpus { gpus, .. } => format!("it has {gpus} GPUs, which is more than any machine has"),
        };
        let (head, length) = Head::read(name, text).map_err(in_full)?;
        let report = text.get(..length).unwrap_or(text);
        // Whoever sent it may have put a password into an address.
        let label = |key: &str| {
            let value = head.labels.get(key).filter(|value| !value.trim().is_empty())?;
            Some(traits::cut(&redact::urls(value)))
        };
        let group = self.question.group_by.map(|key| label(key).unwrap_or_else(|| format!("without label {key}")));
        let name = names::safe(&label("node").unwrap_or_else(|| traits::cut(name)));
        let hash = reports::facts_of(report).map(|facts| self.hasher.hash_one(facts));
        let of = match hash.and_then(|hash| self.known.get(&hash)) {
            Some(kind) => Of::Known(*kind),
            None => Of::New(hash, Box::new(self.judged(saved(&name, report).map_err(in_full)?))),
        };
        Ok((Node { name, group, of }, length))
    }

    fn judged(&self, mut facts: Facts) -> Found {
        let FleetQuestion { knowledge, expected, start, .. } = self.question;
        if !expected.is_empty() {
            facts.expected = expected.to_vec();
        }
        let gate = !facts.expected.is_empty();
        let (pool, traits) = (traits::pool(&facts), traits::of(&facts));
        ensure_environment(&mut facts, None);
        let judgement = Judgement::of(CommandName::Doctor, facts, knowledge, Judged::Selected, start);
        let wrong = judgement.findings().iter().any(|finding| finding.severity >= Severity::Warning);
        let report = if wrong { judgement.with_fixes() } else { judgement.without_fixes() };
        let undecided = report.checks.unknown;
        // A gate that could not check stays shut.
        let shut = gate && undecided.iter().any(|one| one.rule == Fleet::GATE);
        let verdict = if shut && report.verdict != Verdict::Error { Verdict::Unknown } else { report.verdict };
        Found { pool, traits, verdict, findings: report.findings, undecided }
    }

    fn add_unread(&mut self, mut unread: UnreadReport) {
        self.counts.unread += 1;
        if self.unread.len() < UNREAD {
            unread.why = text::in_short(&unread.why, REASON);
            self.unread.push(unread);
        }
    }

    fn add_node(&mut self, node: Node) {
        let Node { name, group, of } = node;
        let kind = match of {
            Of::Known(kind) => kind,
            Of::New(hash, found) => {
                let kind = self.kind(&name, *found);
                if self.kinds.len() < KINDS {
                    self.known.extend(hash.map(|hash| (hash, self.kinds.len())));
                    self.kinds.push(kind);
                    self.kinds.len() - 1
                } else {
                    // The last place is that of the machine that is just added.
                    self.kinds.truncate(KINDS);
                    self.kinds.push(kind);
                    KINDS
                }
            }
        };
        let Some(kind) = self.kinds.get(kind) else { return };
        let room = &mut self.ranges;
        if !self.all.add(&name, room) {
            self.repeated.add(&name, room);
        }
        self.counts.judged += 1;
        match kind.verdict {
            Verdict::Ok => self.counts.ok += 1,
            Verdict::Warning => self.counts.warning += 1,
            Verdict::Error => self.counts.error += 1,
            Verdict::Unknown => self.counts.unknown += 1,
        }
        if kind.verdict == Verdict::Ok {
            self.healthy.add(&name, room);
        }
        for index in &kind.causes {
            if let Some((_, names)) = self.causes.get_mut(*index) {
                names.add(&name, room);
            }
        }
        for (index, wholly) in &kind.fixes {
            if let Some((fix, names)) = self.fixes.get_mut(*index) {
                names.add(&name, room);
                fix.wholly += u64::from(*wholly);
            }
        }
        for index in &kind.undecided {
            if let Some((_, names)) = self.undecided.get_mut(*index) {
                names.add(&name, room);
            }
        }
        if kind.left_out {
            self.left_out.add(&name, room);
        }
        let pool = group.as_ref().unwrap_or(&kind.pool);
        let pool = if self.pools.len() < POOLS || self.pools.contains_key(pool) { pool } else { "others" };
        let pool = self.pools.entry(pool.to_owned()).or_default();
        pool.nodes.add(&name, room);
        pool.traits.resize_with(traits::TRAITS.len(), BTreeMap::new);
        for (values, value) in pool.traits.iter_mut().zip(&kind.traits) {
            let Some(value) = value else { continue };
            let value = if values.len() < VALUES || values.contains_key(value) { value } else { "others" };
            values.entry(value.to_owned()).or_default().add(&name, room);
        }
    }

    /// What a machine is like, by the numbers of what is wrong with it.
    fn kind(&mut self, name: &str, found: Found) -> Kind {
        let Found { pool, traits, verdict, findings, undecided } = found;
        let mut kind =
            Kind { pool, traits, verdict, causes: vec![], undecided: vec![], fixes: vec![], left_out: false };
        let mut mended: Vec<(Option<usize>, bool)> = Vec::new();
        for mut finding in findings {
            let fixes = std::mem::take(&mut finding.fixes);
            let (rule, severity) = (finding.rule, finding.severity);
            let Some(cause) = self.cause(name, finding) else {
                kind.left_out = true;
                continue;
            };
            kind.causes.push(cause);
            if severity < Severity::Warning {
                continue;
            }
            let best = fixes.iter().position(|fix| !fix.impossible).unwrap_or(0);
            let fix = fixes.into_iter().nth(best);
            let whole = fix.as_ref().is_some_and(|fix| !fix.impossible && fix.remains.is_empty());
            let number = fix.and_then(|fix| self.fix(name, rule, fix));
            if let (Some(number), Some((cause, _))) = (number, self.causes.get_mut(cause))
                && !cause.mended_by.contains(&number)
            {
                cause.mended_by.push(number);
            }
            mended.push((number, whole));
        }
        for (number, _) in &mended {
            let Some(number) = *number else { continue };
            if kind.fixes.iter().all(|(known, _)| *known != number) {
                kind.fixes.push((number, mended.iter().all(|(other, whole)| *other == Some(number) && *whole)));
            }
        }
        for one in undecided {
            match self.lacking(one) {
                Some(index) => kind.undecided.push(index),
                None => kind.left_out = true,
            }
        }
        // A machine is one, however often something is found on it.
        for numbers in [&mut kind.causes, &mut kind.undecided] {
            numbers.order();
            numbers.dedup();
        }
        kind
    }

    /// The number of what a rule lacks.
    fn lacking(&mut self, Undecided { rule, needs }: Undecided) -> Option<usize> {
        if let Some(index) = self.undecided_of.get(&needs) {
            let (known, _) = self.undecided.get_mut(*index)?;
            if !known.rules.contains(&rule) {
                known.rules.push(rule);
            }
            return Some(*index);
        }
        if !self.takes(2 * needs.iter().map(String::len).sum::<usize>()) {
            return None;
        }
        self.undecided_of.insert(needs.clone(), self.undecided.len());
        self.undecided.push((FleetUndecided { needs, rules: vec![rule], nodes: Nodes::default() }, Names::default()));
        Some(self.undecided.len() - 1)
    }

    /// Whether there is room for a text of this length, which is taken.
    fn takes(&mut self, length: usize) -> bool {
        let left = self.text.checked_sub(length + 256);
        self.text = left.unwrap_or(self.text);
        left.is_some()
    }

    /// The number of a cause.
    fn cause(&mut self, name: &str, finding: Finding) -> Option<usize> {
        let key = (finding.fingerprint.clone(), finding.severity);
        if let Some(known) = self.cause_of.get(&key) {
            return Some(*known);
        }
        if !self.takes(serde_json::to_string_pretty(&finding).ok()?.len()) {
            return None;
        }
        self.cause_of.insert(key, self.causes.len());
        let cause = Cause { finding, first: name.to_owned(), nodes: Nodes::default(), mended_by: Vec::new() };
        self.causes.push((cause, Names::default()));
        Some(self.causes.len() - 1)
    }

    /// The number of a fix.
    fn fix(&mut self, name: &str, rule: &'static str, fix: Fix) -> Option<usize> {
        let key = (fix.summary.clone(), fix.result.clone(), fix.impossible);
        let index = match self.fix_of.get(&key) {
            Some(known) => *known,
            None => {
                if !self.takes(serde_json::to_string_pretty(&fix).ok()?.len()) {
                    return None;
                }
                self.fix_of.insert(key, self.fixes.len());
                let new = FleetFix {
                    fix: fix.clone(),
                    first: name.to_owned(),
                    lines_differ: false,
                    rules: Vec::new(),
                    nodes: Nodes::default(),
                    wholly: 0,
                };
                self.fixes.push((new, Names::default()));
                self.fixes.len() - 1
            }
        };
        let (known, _) = self.fixes.get_mut(index)?;
        known.lines_differ |= known.fix.commands != fix.commands || known.fix.edits != fix.edits;
        if !known.rules.contains(&rule) {
            known.rules.push(rule);
        }
        Some(index)
    }

    /// The answer.
    pub fn finish(self) -> Fleet {
        let mut pools: Vec<Pool> = self.pools.into_iter().map(|(name, pool)| pool_of(name, pool)).collect();
        pools.order_by_key(|pool| (pool.odd().next().is_none(), std::cmp::Reverse(pool.nodes.count)));
        let mut causes: Vec<Cause> =
            self.causes.into_iter().map(|(cause, names)| Cause { nodes: names.nodes(), ..cause }).collect();
        causes.order_by_key(|cause| (std::cmp::Reverse(cause.finding.severity), std::cmp::Reverse(cause.nodes.count)));
        let mut fixes: Vec<(usize, FleetFix)> =
            self.fixes.into_iter().map(|(fix, names)| FleetFix { nodes: names.nodes(), ..fix }).enumerate().collect();
        fixes.order_by_key(|(_, fix)| (fix.fix.impossible, std::cmp::Reverse(fix.nodes.count)));
        // Causes name them by their new places.
        let places: BTreeMap<usize, usize> =
            fixes.iter().enumerate().map(|(place, (number, _))| (*number, place)).collect();
        for cause in &mut causes {
            cause.mended_by = cause.mended_by.iter().filter_map(|old| places.get(old).copied()).collect();
            cause.mended_by.order();
        }
        let fixes = fixes.into_iter().map(|(_, fix)| fix).collect();
        let undecided = self.undecided.into_iter();
        let undecided = undecided.map(|(one, names)| FleetUndecided { nodes: names.nodes(), ..one });
        let mut undecided: Vec<FleetUndecided> = undecided.collect();
        undecided.order_by_key(|one| std::cmp::Reverse(one.nodes.count));
        let left_out = match self.left_out.count() {
            0 => Vec::new(),
            count => vec![format!("{count} reports have more that is wrong than there is room for here")],
        };
        let odd = pools.iter().any(|pool| pool.odd().next().is_some());
        let counts = self.counts;
        let verdicts = [
            (counts.error > 0, Verdict::Error),
            (counts.warning > 0 || odd, Verdict::Warning),
            (counts.unknown > 0 || counts.unread > 0 || counts.judged == 0, Verdict::Unknown),
        ];
        Fleet {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            knowledge: KnowledgeStamp::of(self.question.knowledge),
            command: CommandName::Merge,
            verdict: verdicts.iter().find(|(is, _)| *is).map_or(Verdict::Ok, |(_, verdict)| *verdict),
            counts,
            pools,
            causes,
            fixes,
            undecided,
            healthy: self.healthy.nodes(),
            repeated: self.repeated.nodes(),
            unread: self.unread,
            left_out,
            elapsed_ms: self.question.start.elapsed().as_secs_f64() * 1000.0,
        }
    }
}

fn pool_of(name: String, pool: PoolOf) -> Pool {
    let traits = traits::TRAITS.iter().zip(pool.traits).filter(|(_, values)| !values.is_empty());
    let traits = traits.map(|((what, _), values)| {
        let known: u64 = values.values().map(Names::count).sum();
        let mut values: Vec<TraitValue> =
            values.into_iter().map(|(value, names)| TraitValue { value, odd: false, nodes: names.nodes() }).collect();
        values.order_by_key(|value| std::cmp::Reverse(value.nodes.count));
        if let Some((usual, others)) = values.split_first_mut() {
            let odd = known >= FEWEST && usual.nodes.count.saturating_mul(3) >= known.saturating_mul(2);
            others.iter_mut().for_each(|value| value.odd = odd);
            usual.nodes.names.clear();
        }
        Trait { what, values }
    });
    Pool { name, nodes: pool.nodes.nodes(), traits: traits.collect() }
}
