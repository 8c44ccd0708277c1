//! Which devices CUDA shows a process: CUDA_VISIBLE_DEVICES as the CUDA Programming Guide ("CUDA Environment Variables")
//! describes it. NVML does not read it.

use crate::{instance::Instance, scenario::Scenario};

/// The devices in the order that CUDA numbers them, for this value of CUDA_VISIBLE_DEVICES.
///
/// Without the variable every GPU, in the order of the PCI bus (no fastest-first order is played). A process sees one
/// multi-instance device at most, the first one (MIG User Guide, "CUDA Device Enumeration").
pub fn devices(scenario: &Scenario, variable: Option<&str>) -> Vec<Instance> {
    let gpus: Vec<usize> =
        scenario.devices.iter().enumerate().filter(|(_, device)| device.cuda).map(|(gpu, _)| gpu).collect();
    let chosen = match variable {
        None => gpus.into_iter().filter_map(|gpu| shown(scenario, gpu)).collect(),
        Some(list) => choose(scenario, &gpus, list),
    };
    let mut has_mig = false;
    let first_mig = |instance: &Instance| instance.mig.is_none() || !std::mem::replace(&mut has_mig, true);
    chosen.into_iter().filter(first_mig).collect()
}

/// The devices of a list: those before its first invalid entry. One that is named twice leaves none, as torch has seen it
/// (torch/cuda/__init__.py, `_parse_visible_devices`).
fn choose(scenario: &Scenario, gpus: &[usize], list: &str) -> Vec<Instance> {
    let mut chosen = Vec::new();
    for entry in list.split(',') {
        match named(scenario, gpus, entry.trim()) {
            Some(instance) if chosen.contains(&instance) => return Vec::new(),
            Some(instance) => chosen.push(instance),
            None => break,
        }
    }
    chosen
}

/// The device of one entry: an index, the start of a UUID that no other GPU has, a multi-instance device by its UUID or
/// in the old form `MIG-GPU-<uuid>/<gpu instance>/<compute instance>`.
fn named(scenario: &Scenario, gpus: &[usize], entry: &str) -> Option<Instance> {
    if entry.starts_with("GPU-") {
        let matches = |gpu: &&usize| uuid(scenario, Instance { gpu: **gpu, mig: None }).starts_with(entry);
        let mut found = gpus.iter().filter(matches);
        let only = found.next().filter(|_| found.next().is_none())?;
        return shown(scenario, *only);
    }
    if let Some(old) = entry.strip_prefix("MIG-GPU-") {
        let (id, place) = old.split_once('/')?;
        let (gpu_instance, compute_instance) = place.split_once('/')?;
        let number = gpu_instance.parse::<u32>().ok().filter(|_| compute_instance == "0")?;
        // NVIDIA numbers instances of the smallest profile from 7 on.
        let mut all = instances(scenario, gpus);
        return all.find(|one| {
            let whole = uuid(scenario, Instance { gpu: one.gpu, mig: None });
            whole.strip_prefix("GPU-") == Some(id) && one.mig.map(|mig| mig + 7) == Some(number)
        });
    }
    if entry.starts_with("MIG-") {
        return instances(scenario, gpus).find(|one| uuid(scenario, *one) == entry);
    }
    // Read like strtoul: what follows the digits does not matter.
    let digits = entry.strip_prefix('+').unwrap_or(entry);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let index: usize = digits.get(..end)?.parse().ok()?;
    shown(scenario, *gpus.get(index)?)
}

/// How a GPU appears: in multi-instance mode as its first instance, or not at all where it has none.
fn shown(scenario: &Scenario, gpu: usize) -> Option<Instance> {
    match &scenario.devices.get(gpu)?.mig {
        Some(mig) if mig.current => (mig.instances > 0).then_some(Instance { gpu, mig: Some(0) }),
        _ => Some(Instance { gpu, mig: None }),
    }
}

fn instances<'s>(scenario: &'s Scenario, gpus: &'s [usize]) -> impl Iterator<Item = Instance> + 's {
    gpus.iter().flat_map(|gpu| {
        let count = scenario.devices.get(*gpu).and_then(|device| device.mig.as_ref()).map_or(0, |mig| mig.instances);
        (0..count).map(|mig| Instance { gpu: *gpu, mig: Some(mig) })
    })
}

fn uuid(scenario: &Scenario, instance: Instance) -> String {
    scenario.devices.get(instance.gpu).map(|device| instance.uuid(device)).unwrap_or_default()
}

#[cfg(test)]
#[path = "visible_tests.rs"]
mod tests;
