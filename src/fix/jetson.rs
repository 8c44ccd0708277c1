//! Jetsons: JetPack brings the driver, and builds of torch for it are outside of PyTorch's index. What another JetPack would do is tried like
//! another driver; what other builds of torch would do is what rows say, and counts as not verified.

use gpucheck_ground::Order as _;

use super::{Case, add, has_remedy};
use crate::{
    facts::{ComputeCapability, DriverVersion},
    finding::{Command, Finding, Fix, Remedy},
    shell::ShellLine,
};

/// The capabilities of the Jetsons among the GPUs; empty where there is none, or other GPUs are beside it.
fn capabilities(case: &Case<'_>) -> Vec<ComputeCapability> {
    let gpus = case.enriched.gpus.value().map_or(&[][..], Vec::as_slice);
    let capabilities: Vec<_> = gpus.iter().filter_map(|gpu| gpu.capability.value().copied()).collect();
    let all = capabilities.len() == gpus.len() && capabilities.iter().all(|one| case.knowledge.is_tegra(*one));
    if all { capabilities } else { Vec::new() }
}

/// Whether the driver comes with JetPack.
pub(super) fn is_jetson(case: &Case<'_>) -> bool {
    !capabilities(case).is_empty()
}

/// The drivers that releases of JetPack bring for the Jetsons of this machine, oldest first.
pub(super) fn drivers(case: &Case<'_>) -> Vec<DriverVersion> {
    let capabilities = capabilities(case);
    let mut drivers: Vec<DriverVersion> =
        case.knowledge.jetpacks(&capabilities).map(|row| row.driver.clone()).collect();
    drivers.order();
    drivers.dedup();
    drivers
}

/// What an update to the JetPack with this driver is called.
pub(super) fn update(case: &Case<'_>, driver: &DriverVersion) -> String {
    match case.knowledge.jetpack_of(driver) {
        Some(row) => format!(
            "update to JetPack {} or newer (Jetson Linux {}, driver {driver}, CUDA {}, Python {})",
            row.version, row.l4t, row.cuda, row.python
        ),
        None => format!("update to a JetPack that brings driver {driver}"),
    }
}

/// What a plan with this driver needs, as people say it.
pub(super) fn need(case: &Case<'_>, driver: &DriverVersion) -> String {
    match case.knowledge.jetpack_of(driver).filter(|_| is_jetson(case)) {
        Some(row) => format!("JetPack {} (driver {driver})", row.version),
        None => format!("driver {driver}"),
    }
}

/// Adds the builds of torch that rows know for the JetPack that is there, before all that changes the JetPack.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(driver) = case.enriched.driver.value().filter(|_| is_jetson(case)) else { return };
    let Some(&cuda) = driver.cuda.value() else { return };
    let rows: Vec<_> = case.knowledge.jetson_torch(&driver.version, cuda, &capabilities(case)).collect();
    for finding in findings.iter_mut().filter(|one| has_remedy(one, Remedy::TorchBuild) && of_torch(one)) {
        let mut others = std::mem::take(&mut finding.fixes);
        let (ready, later): (Vec<Fix>, Vec<Fix>) =
            others.drain(..).partition(|fix| fix.needs.is_empty() && fix.is_written());
        finding.fixes = ready;
        for row in &rows {
            let line = row.line.as_deref().map(|line| ShellLine::of_row(line, &[]));
            let (commands, no_line) = match line.transpose() {
                Ok(line) => (line.map(|line| Command { tool: "docker", line }).into_iter().collect(), None),
                Err(error) => (Vec::new(), Some(error.to_string())),
            };
            add(finding, &Fix { summary: row.summary.clone(), commands, no_line, ..Fix::default() });
        }
        let known = !rows.is_empty();
        // That PyTorch has no build for it is no longer all that can be said.
        finding.fixes.extend(later.into_iter().filter(|fix| !(known && fix.impossible)));
    }
}

/// Whether another torch, and not one of its companions, is what is asked for.
fn of_torch(finding: &Finding) -> bool {
    finding.trace.package.is_none()
}
