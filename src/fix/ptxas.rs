//! The assembler of a CUDA toolkit that is there, where the one that Triton brings does not know the GPU.

use gpucheck_ground::Order as _;

use super::{
    Case, Change, Plan, add, has_remedy,
    prove::{self, After},
};
use crate::{
    facts::{ComputeCapability, CudaVersion, Toolkit},
    finding::{Finding, Proof, Remedy},
};

/// The variable that names the assembler.
const VARIABLE: &str = "TRITON_PTXAS_PATH";
/// From this generation on, some releases of Triton have an assembler, and a variable, of its own.
const BLACKWELL: u16 = 10;

/// Adds the variable to findings about Triton's assembler.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Assembler)) {
        let Some(plan) = plan(case, finding) else { continue };
        let after = After::of(case, &plan);
        if !after.keeps(finding) {
            // That the toolkit's assembler knows the GPU is what the rows say of its release.
            let fix = prove::fix(case, plan, &after, Remedy::Assembler, None);
            add(finding, &crate::finding::Fix { proof: fix.proof.min(Proof::Knowledge), ..fix });
        }
    }
}

fn plan(case: &Case<'_>, finding: &Finding) -> Option<Plan> {
    let gpus = case.enriched.gpus.value()?.iter().filter(|gpu| finding.gpus.contains(&gpu.id));
    let capabilities: Vec<ComputeCapability> = gpus.filter_map(|gpu| gpu.capability.value().copied()).collect();
    let first = |capability: &ComputeCapability| case.knowledge.architecture(*capability)?.first_toolkit;
    let needed = capabilities.iter().map(first).collect::<Option<Vec<CudaVersion>>>()?.into_iter().max()?;
    let (toolkit, release) = oldest_from(case, needed)?;
    let path = format!("{}/bin/ptxas", toolkit.path.trim_end_matches('/'));
    let change = |name: String| Change::Variable(name.into(), Some(path.clone()));
    Some(Plan {
        summary: format!("let Triton use the ptxas of the CUDA {release} toolkit in {}", toolkit.path),
        changes: variables(case, &capabilities)?.into_iter().map(change).collect(),
        unproven: vec![format!("whether {path} is there: only nvcc was looked for")],
        ..Plan::default()
    })
}

/// The toolkit with a compiler that is the nearest to what Triton was tested with: the oldest that is new enough.
fn oldest_from<'c>(case: &'c Case<'_>, needed: CudaVersion) -> Option<(&'c Toolkit, CudaVersion)> {
    let image = case.environment.and_then(|environment| environment.image.as_deref());
    let toolkits = image.map_or(&case.facts.toolkits, |image| &image.toolkits);
    let known = toolkits.iter().filter(|toolkit| toolkit.nvcc);
    let known = known.filter_map(|toolkit| Some((toolkit, *toolkit.version.value()?)));
    known.filter(|(_, release)| *release >= needed).min_by_key(|(_, release)| *release)
}

/// The variables that the installed Triton reads for these GPUs.
fn variables(case: &Case<'_>, capabilities: &[ComputeCapability]) -> Option<Vec<String>> {
    let environment = case.environment?;
    let triton = case.knowledge.triton_of(|name| environment.package(name))?;
    // From 3.4 on the builds for Windows look for `TRITON_PTXAS.EXE_PATH`, a name that no shell there can set.
    if triton.name == "triton-windows" {
        return None;
    }
    let own = case.knowledge.triton_ptxas(&triton.name, triton.version.value()?)?.blackwell_variable.clone();
    let variable = |capability: &ComputeCapability| match &own {
        Some(own) if capability.major >= BLACKWELL => own.clone(),
        _ => VARIABLE.to_owned(),
    };
    let mut variables: Vec<String> = capabilities.iter().map(variable).collect();
    variables.order();
    variables.dedup();
    Some(variables)
}
