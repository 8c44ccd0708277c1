//! Makes one list of the GPUs that PCI, NVML and CUDA show: one entry for each device, whoever saw it.

use gpucheck_ground::Order as _;

use super::message::Device;
use crate::facts::{Fact, Gpu, How, Source};

/// What the libraries list; nothing where one gave no answer.
pub struct Lists {
    /// NVML's devices.
    pub nvml: Option<Vec<Device>>,
    /// CUDA's devices.
    pub cuda: Option<Vec<Device>>,
    /// Whether a container limits what is given to this system, while PCI shows the whole machine.
    pub container: bool,
}

/// Unites them with PCI's, in the order of PCI addresses; those without one come last.
pub fn unite(gpus: &mut Fact<Vec<Gpu>>, lists: &Lists, identify: bool) {
    let mut all = gpus.value().cloned().unwrap_or_default();
    add_nvml(&mut all, lists.nvml.as_deref().unwrap_or_default());
    for device in lists.cuda.as_deref().unwrap_or_default() {
        add_cuda(&mut all, device);
    }
    all.order_by_key(|gpu| gpu.pci_address.value().map_or((usize::MAX, String::new()), |at| (at.len(), at.clone())));
    for (index, gpu) in all.iter_mut().enumerate() {
        gpu.id = format!("gpu{index}");
        gpu.visible = visible(gpu, lists);
        nobody_said(&mut gpu.capability);
        nobody_said(&mut gpu.memory);
        nobody_said(&mut gpu.trouble);
        if !gpu.seen_by.contains(&How::Nvml) {
            nobody_said(&mut gpu.mig);
        }
        if !identify {
            gpu.uuid = None;
        }
    }
    let nvml = Source::new(How::Nvml, "nvmlDeviceGetCount");
    if all.is_empty() {
        if gpus.is_unknown() && lists.nvml.is_some() {
            *gpus = Fact::absent(nvml);
        }
        return;
    }
    let via = match gpus {
        Fact::Known { via, .. } => via.clone(),
        _ if lists.nvml.as_ref().is_some_and(|devices| !devices.is_empty()) => nvml,
        _ => Source::new(How::Cuda, "cuDeviceGetCount"),
    };
    *gpus = Fact::known(all, via);
}

fn add_nvml(all: &mut Vec<Gpu>, devices: &[Device]) {
    let (placed, lost): (Vec<_>, Vec<_>) = devices.iter().partition(|device| device.address.is_some());
    for device in placed {
        match at(all, device) {
            Some(gpu) => fill(gpu, device, How::Nvml),
            None => all.push(new(device, How::Nvml)),
        }
    }
    // A lost GPU tells no address. NVML counts in the order of PCI addresses, so that where as many GPUs of the driver's
    // remain as were lost, they are the same ones.
    let remains = |gpu: &&mut Gpu| {
        let other = gpu.bound.is_absent() || gpu.bound.value().is_some_and(|driver| driver != "nvidia");
        !gpu.seen_by.contains(&How::Nvml) && !other
    };
    let rest: Vec<_> = all.iter_mut().filter(remains).collect();
    if rest.len() == lost.len() {
        for (gpu, device) in rest.into_iter().zip(lost) {
            fill(gpu, device, How::Nvml);
        }
    } else {
        all.extend(lost.into_iter().map(|device| new(device, How::Nvml)));
    }
}

fn add_cuda(all: &mut Vec<Gpu>, device: &Device) {
    if let Some(gpu) = at(all, device) {
        return fill(gpu, device, How::Cuda);
    }
    let same = |gpu: &&mut Gpu| device.address.is_none() && gpu.uuid.is_some() && gpu.uuid == device.uuid;
    match all.iter_mut().find(same) {
        Some(gpu) => fill(gpu, device, How::Cuda),
        None => all.push(new(device, How::Cuda)),
    }
}

/// The entry at the device's address. Several MIG instances share that of their GPU.
fn at<'a>(all: &'a mut [Gpu], device: &Device) -> Option<&'a mut Gpu> {
    let address = device.address.as_ref()?;
    all.iter_mut().find(|gpu| gpu.pci_address.value() == Some(address))
}

fn new(device: &Device, how: How) -> Gpu {
    let unseen = "PCI does not list it";
    let name = Fact::unknown("the driver does not report it");
    let mut gpu = Gpu { name, ..Gpu::unknown("", unseen) };
    fill(&mut gpu, device, how);
    gpu
}

/// Adds what one library says. Where both say something, CUDA's capability counts and NVML's whole GPU (CUDA may see an
/// instance of it).
fn fill(gpu: &mut Gpu, device: &Device, how: How) {
    let via = |nvml: &str, cuda: &str| Source::new(how, if how == How::Nvml { nvml } else { cuda });
    let pci = || via("nvmlDeviceGetPciInfo", "cuDeviceGetPCIBusId");
    if !gpu.seen_by.contains(&how) {
        gpu.seen_by.push(how);
    }
    learn(&mut gpu.name, &device.name, via("nvmlDeviceGetName", "cuDeviceGetName"));
    learn(&mut gpu.pci_device, &device.pci_device, pci());
    learn(&mut gpu.pci_address, &device.address, pci());
    learn(&mut gpu.memory, &device.memory, via("nvmlDeviceGetMemoryInfo", "cuDeviceTotalMem"));
    if how == How::Cuda && device.capability.is_some() {
        gpu.capability = Fact::unknown("CUDA says it");
    }
    learn(&mut gpu.capability, &device.capability, via("nvmlDeviceGetCudaComputeCapability", "cuDeviceGetAttribute"));
    if how == How::Nvml {
        gpu.mig = device.mig.clone();
        let call = |name: &str| Source::new(How::Nvml, name);
        learn(&mut gpu.ecc, &device.ecc, call("nvmlDeviceGetEccMode"));
        learn(&mut gpu.persistence, &device.persistence, call("nvmlDeviceGetPersistenceMode"));
        learn(&mut gpu.display, &device.display, call("nvmlDeviceGetDisplayActive"));
    }
    learn(&mut gpu.trouble, &device.trouble, via("a call about this GPU", "a call about this GPU"));
    if gpu.trouble.is_unknown() {
        gpu.trouble = Fact::absent(via("nvmlDeviceGetHandleByIndex", "cuDeviceGet"));
    }
    gpu.uuid = gpu.uuid.take().or_else(|| device.uuid.clone());
}

/// Takes a value where none is known yet.
fn learn<T: Clone>(fact: &mut Fact<T>, value: &Option<T>, via: Source) {
    if let (None, Some(value)) = (fact.value(), value) {
        *fact = Fact::known(value.clone(), via);
    }
}

/// PCI wrote that the driver was not asked; it was.
fn nobody_said<T>(fact: &mut Fact<T>) {
    if fact.is_unknown() {
        *fact = Fact::unknown("neither NVML nor CUDA reports it");
    }
}

/// Whether programs can use it: what is not given to the container, and what CUDA does not list, they cannot.
fn visible(gpu: &Gpu, lists: &Lists) -> Fact<bool> {
    if lists.container && lists.nvml.is_some() && gpu.seen_by == [How::Pci] {
        return Fact::known(false, Source::new(How::Nvml, "nvmlDeviceGetCount"));
    }
    match lists.cuda {
        Some(_) => Fact::known(gpu.seen_by.contains(&How::Cuda), Source::new(How::Cuda, "cuDeviceGetCount")),
        None => Fact::unknown("CUDA did not list its devices"),
    }
}

#[cfg(test)]
mod tests;
