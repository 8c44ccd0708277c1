//! Why nothing serves what is wanted.

use std::rc::Rc;

use super::{Attempt, Passed, Search, Wish, capabilities};
use crate::{
    facts::Gpu,
    finding::Fix,
    fix::{Candidate, candidates::candidates, dependents, impossible, prove::After, stack::Place},
    knowledge::python_range,
};

impl Search<'_> {
    /// Where the Python of a plan's new environment is one that some package of this one does not exist for: that no environment serves
    /// both.
    pub(super) fn without_the_bound(&self, passed: &Passed<'_>) -> Option<(Rc<After>, Fix)> {
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

    /// Why nothing serves what is wanted: each single wish first, then two that exclude each other, then what the rules say.
    pub(super) fn why_not(&self, gpus: &[Gpu]) -> Option<Fix> {
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
        let clash = self.stack.clash(&Place { knowledge: self.case.knowledge, platform, python }, &meeting);
        let judged = || {
            let plan = meeting.iter().find_map(|candidate| self.plan(candidate, &Attempt::default()))?;
            let after = After::of(self.case, &plan);
            let worst = after.new.iter().max_by_key(|finding| finding.severity)?;
            Some(format!("with {}: {}", plan.summary, worst.summary.trim_end_matches('.')))
        };
        clash.or_else(judged).map(impossible::said)
    }
}
