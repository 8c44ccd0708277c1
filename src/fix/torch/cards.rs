//! Several GPUs: those that count, hiding what no build serves, and the best build for each.

use std::rc::Rc;

use super::{Attempt, Fixes, Search};
use crate::{
    facts::{ComputeCapability, Gpu},
    finding::{Fix, Proof, Remedy},
    fix::{
        Change, Plan, impossible,
        prove::{self, After},
    },
    rules::gpu_name,
};

/// The capabilities of the GPUs that an attempt leaves.
pub(super) fn capabilities(gpus: &[Gpu], attempt: &Attempt) -> Vec<ComputeCapability> {
    let left = gpus.iter().filter(|gpu| !attempt.hidden.contains(&gpu.id));
    left.filter_map(|gpu| gpu.capability.value().copied()).collect()
}

impl Search<'_> {
    /// The GPUs that programs see and whose capability is known.
    pub(super) fn gpus(&self) -> Vec<Gpu> {
        let all = self.case.enriched.gpus.value().into_iter().flatten();
        all.filter(|gpu| gpu.visible.value() != Some(&false) && gpu.capability.value().is_some()).cloned().collect()
    }

    /// Leaves torch as it is and hides the GPUs that it does not serve.
    pub(super) fn hide(&self, hidden: &[String]) -> Option<(Rc<After>, Fix)> {
        let all = self.case.enriched.gpus.value()?;
        let kept = |gpu: &&Gpu| !hidden.contains(&gpu.id);
        let numbers: Vec<String> =
            (0..all.len()).filter(|i| all.get(*i).is_some_and(|g| kept(&g))).map(|i| i.to_string()).collect();
        let names: Vec<String> = all.iter().filter(|gpu| !kept(gpu)).map(gpu_name).collect();
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
    pub(super) fn best_for_each(&self, gpus: &[Gpu], failing: &[&str]) -> Fixes {
        let mut done: Vec<ComputeCapability> = Vec::new();
        let mut fixes = Fixes::new();
        for gpu in gpus {
            let Some(&capability) = gpu.capability.value() else { continue };
            if done.contains(&capability) {
                continue;
            }
            done.push(capability);
            let name = gpu_name(gpu);
            let others = gpus.iter().filter(|other| other.capability.value() != Some(&capability));
            let hidden: Vec<String> = others.map(|other| other.id.clone()).collect();
            if self.installed().is_some() && !failing.contains(&gpu.id.as_str()) {
                let there = if self.environment.steps.is_empty() { "installed" } else { "declared" };
                let summary = format!("for {name} alone: the {there} version works");
                let nothing = Rc::default();
                let fix = Fix { summary, proof: Proof::Binary, gpus: vec![name.clone()], ..Fix::default() };
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
}
