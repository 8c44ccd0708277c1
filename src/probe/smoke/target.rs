//! Which devices a run is for: all that CUDA sees, or those that were named.

use super::{super::live::message::address, device::Wanted};
use crate::facts::{Facts, Gpu, How};

/// One device to run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Id of the GPU, where it is known beforehand.
    pub gpu: Option<String>,
    /// How the child finds it.
    pub wanted: Wanted,
    /// `CUDA_VISIBLE_DEVICES` of the child, for a device that is named by its UUID: an instance of a GPU is seen in no other way.
    pub visible: Option<String>,
}

/// The devices, in the order of the report or of the names.
///
/// # Errors
/// When one is named that there is not.
pub fn targets(facts: &Facts, names: &[String]) -> anyhow::Result<Vec<Target>> {
    let gpus = facts.gpus.value().map(Vec::as_slice).unwrap_or_default();
    if !names.is_empty() {
        return names.iter().map(|name| named(gpus, name.trim())).collect();
    }
    let seen = gpus.iter().filter(|gpu| gpu.seen_by.contains(&How::Cuda));
    Ok(seen.enumerate().map(|(number, gpu)| of(gpu, number)).collect())
}

/// Id of the GPU at this PCI address.
pub fn at(facts: &Facts, address: Option<&str>) -> Option<String> {
    let mut gpus = facts.gpus.value()?.iter();
    gpus.find(|gpu| gpu.pci_address.value().map(String::as_str) == address).map(|gpu| gpu.id.clone())
}

fn of(gpu: &Gpu, number: usize) -> Target {
    let wanted = match gpu.pci_address.value() {
        Some(address) => Wanted::Address(address.clone()),
        None => Wanted::Ordinal(number as i32),
    };
    Target { gpu: Some(gpu.id.clone()), wanted, visible: None }
}

fn named(gpus: &[Gpu], name: &str) -> anyhow::Result<Target> {
    if name.starts_with("GPU-") || name.starts_with("MIG-") {
        return Ok(Target { gpu: None, wanted: Wanted::Ordinal(0), visible: Some(name.to_owned()) });
    }
    let id = if name.starts_with("gpu") { name.to_owned() } else { format!("gpu{name}") };
    let place = address(name).or_else(|| address(&format!("0000:{name}")));
    let is_it = |gpu: &Gpu| gpu.id == id || place.is_some() && gpu.pci_address.value() == place.as_ref();
    match gpus.iter().enumerate().find(|(_, gpu)| is_it(gpu)) {
        Some((number, gpu)) => Ok(of(gpu, number)),
        None => {
            let there: Vec<&str> = gpus.iter().map(|gpu| gpu.id.as_str()).collect();
            let there =
                if there.is_empty() { "there is none".to_owned() } else { format!("there is {}", there.join(", ")) };
            anyhow::bail!(
                "--device {name}: no such GPU here ({there}); a number of nvidia-smi, a PCI address such as 0000:01:00.0, or a UUID \
                 such as GPU-… or MIG-… names one"
            )
        }
    }
}
