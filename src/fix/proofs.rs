//! What the rules said of the plans that were tried in one environment: a plan that several findings lead to is judged once.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use super::{Change, Plan, prove::After};
use crate::finding::{Command, Finding, Fix};

/// Findings that are kept in all. Real environments have some hundreds; one crafted to have a hundred thousand is judged again
/// instead of being stored once per plan.
const MOST: usize = 1 << 14;

/// Proofs by the changes of their plans. How a plan is summed up and which index it needs change no fact that a rule concludes from.
#[derive(Debug, Default)]
pub(super) struct Proofs(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_changes: HashMap<Vec<Change>, Rc<After>>,
    findings: usize,
    /// The fixes that were written, by their lines.
    fixes: Vec<Written>,
}

/// A plan that was written as a fix.
#[derive(Debug)]
struct Written {
    commands: Vec<Command>,
    after: Rc<After>,
    /// Names and versions that it installs.
    installs: Vec<(String, Option<String>)>,
}

impl Proofs {
    /// The proof of these changes; `judge` makes it where there is none yet.
    pub fn of(&self, changes: &[Change], judge: impl FnOnce() -> After) -> Rc<After> {
        if let Some(after) = self.0.borrow().by_changes.get(changes) {
            return Rc::clone(after);
        }
        let after = Rc::new(judge());
        let mut kept = self.0.borrow_mut();
        let findings = kept.findings + after.new.len() + after.stay.len() + after.undecided.len();
        if findings <= MOST {
            kept.findings = findings;
            kept.by_changes.insert(changes.to_vec(), Rc::clone(&after));
        }
        after
    }

    /// Remembers what a fix comes from.
    pub fn written(&self, commands: &[Command], plan: &Plan, after: &Rc<After>) {
        let mut kept = self.0.borrow_mut();
        if commands.is_empty() || kept.fixes.iter().any(|other| other.commands == commands) {
            return;
        }
        let installs = plan.installs().map(|install| (install.name.clone(), install.version.clone())).collect();
        kept.fixes.push(Written { commands: commands.to_vec(), after: Rc::clone(after), installs });
    }

    /// Whether a finding goes with a fix that was written for another one.
    pub fn solves(&self, fix: &Fix, finding: &Finding) -> bool {
        let kept = self.0.borrow();
        let written = kept.fixes.iter().find(|written| written.commands == fix.commands);
        written.is_some_and(|written| !written.after.keeps(finding))
    }

    /// The package that two fixes install in different versions.
    pub fn contradiction(&self, one: &Fix, other: &Fix) -> Option<String> {
        let kept = self.0.borrow();
        let installs = |fix: &Fix| {
            let written = kept.fixes.iter().find(|written| written.commands == fix.commands);
            written.map(|written| written.installs.as_slice()).unwrap_or_default()
        };
        let differs = |(name, version): &&(String, Option<String>)| {
            installs(other).iter().any(|(same, another)| same == name && another != version)
        };
        installs(one).iter().find(differs).map(|(name, _)| name.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::rules::Undecided;

    #[test]
    fn each_plan_is_judged_once() {
        let (proofs, judged) = (Proofs::default(), Cell::new(0));
        let ask = |name: &str| {
            proofs.of(&[Change::Uninstall(name.to_owned())], || {
                judged.set(judged.get() + 1);
                After { undecided: vec![Undecided { rule: "a", needs: vec![name.to_owned()] }], ..After::default() }
            })
        };
        let needs = |name: &str| ask(name).undecided[0].needs[0].clone();
        assert_eq!([needs("a"), needs("b"), needs("a")], ["a", "b", "a"]);
        assert_eq!(judged.get(), 2);
    }
}
