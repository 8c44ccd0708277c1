//! Which findings of a state are those of the state before: the same finding, or one of the same rule about the same thing, in the environment
//! of the same name.

use crate::{
    finding::{Finding, Severity},
    report::{Mended, Report},
};

/// What became of the findings before.
pub(super) struct Told {
    pub mended: Vec<Mended>,
    /// How many, warnings or errors, are still there.
    pub remain: usize,
}

/// How alike two findings are; nothing where they are two.
fn likeness(old: &Finding, new: &Finding, today: &dyn Fn(&str) -> String) -> Option<u8> {
    let environment = old.environment.as_deref().map(today);
    if old.rule != new.rule || environment != new.environment {
        return None;
    }
    if old.fingerprint == new.fingerprint {
        return Some(2);
    }
    // The version is in the fingerprint: another one with the same fault has the fault still.
    let name = |finding: &Finding| {
        let subject = finding.subject.split_whitespace().next().map(str::to_owned);
        finding.trace.package.clone().or(subject)
    };
    let same =
        name(old) == name(new) && old.trace.variable == new.trace.variable && old.trace.problem == new.trace.problem;
    // Remarks about what was passed over are each about something else.
    (same && old.severity > Severity::Info).then_some(1)
}

/// Takes the findings out of a report that the one before had. `today` gives the names that environments have now, `is_gone` says of which
/// there is no more.
pub(super) fn told(
    before: &Report,
    after: &mut Report,
    today: &dyn Fn(&str) -> String,
    is_gone: &dyn Fn(&str) -> bool,
) -> Told {
    let mut open: Vec<Option<&Finding>> = before.findings.iter().map(Some).collect();
    let mut pair: Vec<Option<&Finding>> = vec![None; after.findings.len()];
    for wanted in [2, 1] {
        for (finding, pair) in after.findings.iter().zip(&mut pair).filter(|(_, pair)| pair.is_none()) {
            let mut fitting =
                open.iter_mut().filter(|one| one.is_some_and(|one| likeness(one, finding, today) == Some(wanted)));
            if let Some(one) = fitting.next() {
                *pair = one.take();
            }
        }
    }
    let mut remain = 0;
    let mut fresh = Vec::new();
    for (finding, pair) in std::mem::take(&mut after.findings).into_iter().zip(pair) {
        match pair {
            Some(old) if old.severity >= finding.severity => remain += usize::from(finding.severity > Severity::Info),
            _ => fresh.push(finding),
        }
    }
    after.findings = fresh;
    let gone = |finding: &&Finding| finding.environment.as_deref().is_some_and(|name| is_gone(&today(name)));
    let accepted = |finding: &Finding| {
        let path = finding.location.as_ref().map(|at| today(&at.path));
        let own = after.checks.suppressed.iter().filter(|one| one.rule == finding.rule);
        own.filter(|one| one.location.as_ref().map(|at| at.path.clone()) == path).map(|one| one.reason.clone()).next()
    };
    let mended = open.into_iter().flatten().filter(|finding| !gone(finding)).map(|finding| Mended {
        rule: finding.rule,
        severity: finding.severity,
        subject: finding.subject.clone(),
        environment: finding.environment.as_deref().map(today),
        summary: finding.summary.clone(),
        location: finding.location.clone(),
        targets: Vec::new(),
        accepted: accepted(finding),
    });
    Told { mended: mended.collect(), remain }
}

/// Adds what is mended for a machine to what is for others.
pub(super) fn add(all: &mut Vec<Mended>, own: Vec<Mended>, target: &str) {
    for one in own {
        let same = |known: &&mut Mended| Mended { targets: Vec::new(), ..(**known).clone() } == one;
        match all.iter_mut().find(same) {
            Some(known) => known.targets.push(target.to_owned()),
            None => all.push(Mended { targets: vec![target.to_owned()], ..one }),
        }
    }
}
