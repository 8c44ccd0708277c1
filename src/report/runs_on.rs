//! Which GPU runs what, for each judged environment: the same judgement as the rules make, in a line.

use super::RunsOn;
use crate::{
    compat::Reach,
    facts::Facts,
    knowledge::Knowledge,
    rules::{Context, Judged, code::Execution, label, torch_on_gpu},
};

/// The lines for facts that have been enriched.
pub fn runs_on(facts: &Facts, knowledge: &Knowledge, judged: Judged) -> Vec<RunsOn> {
    let mut lines = Vec::new();
    for (environment_index, environment) in facts.environments.iter().enumerate() {
        if judged == Judged::Selected && !environment.selected {
            continue;
        }
        let Some(torch) = environment.package("torch") else { continue };
        let gpus = facts.gpus.value().into_iter().flatten().enumerate();
        for (gpu_index, gpu) in gpus.filter(|(_, gpu)| gpu.named || gpu.visible.value() != Some(&false)) {
            let context = Context {
                environment: Some((environment_index, environment)),
                gpu: Some((gpu_index, gpu)),
                ..Context::new(facts, knowledge)
            };
            let cpu = torch.build.value().is_some_and(|build| build.cuda.is_none());
            let how = match torch_on_gpu(&context) {
                Ok(on_gpu) => match on_gpu.reach {
                    Reach::Native(code) | Reach::Compiled(code) => Execution::of(code),
                    _ => Execution::None,
                },
                Err(_) if cpu => Execution::None,
                Err(_) => Execution::Unknown,
            };
            lines.push(RunsOn { environment: environment.id.clone(), gpu: gpu.id.clone(), subject: label(torch), how });
        }
    }
    lines
}
