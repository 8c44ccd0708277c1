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

/// Id of the GPU at this PCI address; where it has none, of the first that CUDA shows.
pub fn at(facts: &Facts, address: Option<&str>) -> Option<String> {
    let gpus = facts.gpus.value()?;
    let there = gpus.iter().find(|gpu| address.is_some() && gpu.pci_address.value().map(String::as_str) == address);
    there.or_else(|| gpus.iter().find(|gpu| gpu.seen_by.contains(&How::Cuda))).map(|gpu| gpu.id.clone())
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
                if there.is_empty() { "none was found".to_owned() } else { format!("found: {}", there.join(", ")) };
            anyhow::bail!(
                "--device {name}: no such GPU ({there}); use a number from nvidia-smi, a PCI address such as 0000:01:00.0, or a UUID \
                 such as GPU-… or MIG-…"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Source};

    /// Two GPUs, of which CUDA shows the second.
    fn two() -> Facts {
        let gpu = |id: &str, address: &str, seen_by: &[How]| {
            let json = serde_json::json!({
                "id": id, "named": false, "seen_by": seen_by,
                "name": unknown(), "pci_device": unknown(), "capability": unknown(), "memory": unknown(), "visible": unknown(),
                "pci_address": Fact::known(address.to_owned(), Source::new(How::Pci, "x")),
            });
            serde_json::from_value::<Gpu>(json).unwrap()
        };
        let gpus =
            vec![gpu("gpu0", "0000:01:00.0", &[How::Nvml]), gpu("gpu1", "0000:41:00.0", &[How::Nvml, How::Cuda])];
        Facts { gpus: Fact::known(gpus, Source::new(How::Nvml, "x")), ..Facts::default() }
    }

    fn unknown() -> Fact<String> {
        Fact::unknown("x")
    }

    #[test]
    fn what_cuda_shows_is_tried() {
        let targets = targets(&two(), &[]).unwrap();
        assert_eq!(targets.len(), 1);
        assert_eq!(
            (targets[0].gpu.as_deref(), &targets[0].wanted),
            (Some("gpu1"), &Wanted::Address("0000:41:00.0".to_owned()))
        );
    }

    #[test]
    fn every_way_to_name_a_device() {
        for name in ["1", "gpu1", "41:00.0", "0000:41:00.0", "00000000:41:00.0"] {
            assert_eq!(targets(&two(), &[name.to_owned()]).unwrap()[0].gpu.as_deref(), Some("gpu1"), "{name}");
        }
        let instance = &targets(&two(), &["MIG-1".to_owned()]).unwrap()[0];
        assert_eq!((instance.visible.as_deref(), &instance.wanted), (Some("MIG-1"), &Wanted::Ordinal(0)));
        for wrong in ["2", "", "gpu", "0000:42:00.0", "RTX 5090"] {
            let error = targets(&two(), &[wrong.to_owned()]).unwrap_err().to_string();
            assert!(error.contains("found: gpu0, gpu1"), "{error}");
        }
        assert!(targets(&Facts::default(), &["0".to_owned()]).unwrap_err().to_string().contains("none was found"));
    }

    #[test]
    fn a_run_finds_its_gpu_by_address() {
        assert_eq!(at(&two(), Some("0000:01:00.0")).as_deref(), Some("gpu0"));
        assert_eq!(at(&two(), None).as_deref(), Some("gpu1"));
    }
}
