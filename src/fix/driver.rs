//! The search for another driver: the smallest step that makes the rules pass.

use gpucheck_ground::Order as _;

use super::{
    Case, Change, Plan, add, has_remedy, jetson,
    prove::{self, After},
};
use crate::{
    facts::{DriverVersion, Os},
    finding::{Finding, Remedy, Severity},
    rules::gpu_name,
};

/// Adds the driver that would do to findings that another driver would remove.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(driver) = case.enriched.driver.value() else { return };
    if !findings.iter().any(|finding| has_remedy(finding, Remedy::Driver)) {
        return;
    }
    let mut steps = steps(case, &driver.version);
    // One that some of what was read cannot use is no cure, where another serves more of it.
    let least = steps.iter().map(case.refused).min();
    steps.retain(|step| Some((case.refused)(step)) == least);
    for finding in findings.iter_mut().filter(|finding| has_remedy(finding, Remedy::Driver)) {
        let passed = steps.iter().find_map(|step| {
            let plan = plan(case, step, *step > driver.version);
            let after = After::of(case, &plan);
            let breaks = after.new.iter().any(|new| new.severity == Severity::Error);
            // With an error left that asks for another torch or another driver, this one cures nothing.
            let alone = [Remedy::Driver, Remedy::TorchBuild].iter().all(|&kind| after.removes(kind, Severity::Error));
            let of_package = |stays: &Finding| {
                stays.severity == Severity::Error
                    && stays.environment == finding.environment
                    && stays.trace.package == finding.trace.package
            };
            let alone = alone && (finding.trace.package.is_none() || !after.stay.iter().any(of_package));
            (!after.keeps(finding) && !breaks && alone).then_some((plan, after))
        });
        if let Some((plan, after)) = passed {
            let result = plan.changes.iter().find_map(|change| match change {
                Change::Driver(version) => Some(format!("driver {version}")),
                _ => None,
            });
            add(finding, &prove::fix(case, plan, &after, Remedy::Driver, result));
        }
    }
}

/// Versions to try: newer ones first, the nearest first; then the last branches of GPUs that newer drivers have dropped.
fn steps(case: &Case<'_>, current: &DriverVersion) -> Vec<DriverVersion> {
    if jetson::is_jetson(case) {
        return newer(case, current);
    }
    let mut older: Vec<DriverVersion> = case
        .enriched
        .gpus
        .value()
        .into_iter()
        .flatten()
        .filter_map(|gpu| case.knowledge.architecture(*gpu.capability.value()?)?.driver_last_branch)
        .filter_map(|branch| branch.to_string().parse().ok())
        .filter(|branch| branch < current)
        .collect();
    older.order_by(|a, b| b.cmp(a));
    newer(case, current).into_iter().chain(older).collect()
}

/// The newer drivers that some row names, the nearest first: those of JetPack on a Jetson.
pub(super) fn newer(case: &Case<'_>, current: &DriverVersion) -> Vec<DriverVersion> {
    let steps = match jetson::is_jetson(case) {
        true => jetson::drivers(case),
        false => case.knowledge.driver_steps(case.driver_os()),
    };
    steps.into_iter().filter(|step| step > current).collect()
}

/// What an update to this version is called, with the branch at which it has to end.
pub(super) fn update(case: &Case<'_>, version: &DriverVersion) -> String {
    if jetson::is_jetson(case) {
        return jetson::update(case, version);
    }
    let gpus = case.enriched.gpus.value().into_iter().flatten();
    let visible = gpus.filter(|gpu| gpu.named || gpu.visible.value() != Some(&false));
    let ends = visible
        .filter_map(|gpu| Some((case.knowledge.architecture(*gpu.capability.value()?)?.driver_last_branch?, gpu)));
    match ends.min_by_key(|(branch, _)| *branch) {
        None => format!("update the NVIDIA driver to {version} or newer"),
        Some((last, gpu)) => {
            let name = gpu_name(gpu);
            let next = case.knowledge.driver_branches().filter(|branch| *branch > last).min();
            let newer = next.map_or_else(|| "newer branches".to_owned(), |next| format!("{next} and newer"));
            format!(
                "update the NVIDIA driver to {version} or a newer one of branch {last} (the last branch for {name}; {newer} no longer \
                 support it)"
            )
        }
    }
}

fn plan(case: &Case<'_>, version: &DriverVersion, newer: bool) -> Plan {
    let what =
        if newer { update(case, version) } else { format!("downgrade to NVIDIA driver branch {}", version.branch()) };
    let from = match case.driver_os() {
        _ if jetson::is_jetson(case) => "",
        Os::Windows if case.facts.host.wsl.value().is_some() => ", on Windows, not inside WSL",
        Os::Windows => ", from nvidia.com/drivers",
        _ => ", from your distribution or nvidia.com/drivers",
    };
    Plan { summary: what + from, changes: vec![Change::Driver(version.clone())], ..Plan::default() }
}
