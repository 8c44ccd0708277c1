//! What `merge` says of many machines: which differ from those like them, which causes keep which of them from running their software, and
//! what mends how many. Nothing in it grows with the number of machines but lists of their names, which are written as ranges.

use serde::Serialize;

use super::{CommandName, KnowledgeStamp, Verdict};
use crate::finding::{Finding, Fix};

/// The whole answer.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fleet {
    /// Number of the contract that the keys keep.
    #[cfg_attr(feature = "schema", schemars(extend("const" = super::SCHEMA)))]
    pub schema: u32,
    /// Version of gpucheck.
    pub version: &'static str,
    /// The knowledge base that was used.
    pub knowledge: KnowledgeStamp,
    /// The command that it answers.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "merge")))]
    pub command: CommandName,
    /// The worst of the machines; `warning` where one is odd, `unknown` where a report could not be read.
    pub verdict: Verdict,
    /// How many there are of what.
    pub counts: FleetCounts,
    /// Machines that are alike, or have the same label; those with odd ones first.
    pub pools: Vec<Pool>,
    /// What is wrong, worst first; of one severity what concerns most machines.
    pub causes: Vec<Cause>,
    /// What would mend them, most machines first.
    pub fixes: Vec<FleetFix>,
    /// What rules could not decide without.
    pub undecided: Vec<FleetUndecided>,
    /// Machines on which nothing is wrong.
    pub healthy: Nodes,
    /// Machines that sent more than one report; each of them is counted.
    #[serde(skip_serializing_if = "Nodes::is_empty")]
    pub repeated: Nodes,
    /// Reports that could not be read.
    pub unread: Vec<UnreadReport>,
    /// What was left out of these lists, because hardly two machines have the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Wall time of the command in milliseconds.
    pub elapsed_ms: f64,
}

impl Fleet {
    /// Slug of the rule by which a machine's GPUs are held against those that are expected.
    pub const GATE: &'static str = "expected-gpu-missing";

    /// Whether it could not be decided of one machine whether it has the GPUs that are expected.
    pub fn is_shut(&self) -> bool {
        self.undecided.iter().any(|one| one.rules.contains(&Self::GATE))
    }

    /// Machines that are odd: how many times one is.
    pub fn odd(&self) -> u64 {
        self.pools.iter().flat_map(Pool::odd).map(|(_, value)| value.nodes.count).sum()
    }
}

/// How many reports were read, and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetCounts {
    /// Reports that were judged.
    pub judged: u64,
    /// Those with nothing wrong.
    pub ok: u64,
    /// Those with warnings, and no errors.
    pub warning: u64,
    /// Those with errors.
    pub error: u64,
    /// Those with nothing wrong as far as could be checked.
    pub unknown: u64,
    /// Reports that could not be read.
    pub unread: u64,
}

/// Machines by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Nodes {
    /// How many.
    pub count: u64,
    /// Their names, as Slurm writes lists of hosts: `gpu-[001-512,514]`.
    pub names: Vec<String>,
    /// How many of them are not named here.
    #[serde(skip_serializing_if = "is_zero")]
    pub unnamed: u64,
}

impl Nodes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The names one by one, at most so many.
    pub fn each(&self, most: usize) -> Vec<String> {
        let mut all = Vec::new();
        for list in &self.names {
            let Some((before, (inside, behind))) =
                list.split_once('[').and_then(|(before, rest)| Some((before, rest.split_once(']')?)))
            else {
                all.push(list.clone());
                continue;
            };
            for range in inside.split(',') {
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                let digits = first.len();
                if let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) {
                    let room = most.saturating_sub(all.len());
                    all.extend((first..=last).take(room).map(|number| format!("{before}{number:0digits$}{behind}")));
                }
            }
        }
        all.truncate(most);
        all
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Machines with the same GPUs, or with the same label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pool {
    /// The GPUs, or the value of the label.
    pub name: String,
    /// The machines.
    pub nodes: Nodes,
    /// What they have.
    pub traits: Vec<Trait>,
}

impl Pool {
    /// What most of them have and few lack.
    pub fn odd(&self) -> impl Iterator<Item = (&Trait, &TraitValue)> {
        self.traits.iter().flat_map(|one| one.values.iter().filter(|value| value.odd).map(move |value| (one, value)))
    }
}

/// One thing that machines have in common, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Trait {
    /// What: `driver`.
    pub what: &'static str,
    /// The values, the most frequent first.
    pub values: Vec<TraitValue>,
}

/// A value, and which machines have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TraitValue {
    /// The value.
    pub value: String,
    /// Whether two thirds or more of the machines of which it is known have another one.
    pub odd: bool,
    /// The machines; of the most frequent value only how many.
    pub nodes: Nodes,
}

/// Something that is wrong on one machine or more.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cause {
    /// What is wrong, with the evidence of the first machine; its fixes are in `fixes`.
    pub finding: Finding,
    /// The first machine.
    pub first: String,
    /// All of them.
    pub nodes: Nodes,
    /// What would mend it: numbers in the list of fixes, from 0.
    pub mended_by: Vec<usize>,
}

/// What would mend machines, or says why nothing would.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetFix {
    /// As the rules have proven it on the first machine, with the lines to paste there.
    pub fix: Fix,
    /// The first machine.
    pub first: String,
    /// Whether the lines are others on some machines, where paths or tools are.
    pub lines_differ: bool,
    /// Slugs of what it mends.
    pub rules: Vec<&'static str>,
    /// The machines that it mends.
    pub nodes: Nodes,
    /// On how many of them nothing else is wrong.
    pub wholly: u64,
}

/// What rules could not decide without, on one machine or more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FleetUndecided {
    /// The facts that are lacking, for people.
    pub needs: Vec<String>,
    /// Slugs of the rules that could not decide without them.
    pub rules: Vec<&'static str>,
    /// The machines.
    pub nodes: Nodes,
}

/// A report that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UnreadReport {
    /// Its file, and its number in it.
    pub name: String,
    /// Why.
    pub why: String,
}
