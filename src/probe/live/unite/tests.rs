//! Every way in which three lists of GPUs can agree and differ.

use super::*;
use crate::facts::{ComputeCapability, Mig, Trouble};

const FIRST: &str = "0000:01:00.0";
const SECOND: &str = "0000:41:00.0";

fn pci(addresses: &[&str]) -> Fact<Vec<Gpu>> {
    let gpu = |address: &&str| {
        let mut gpu = new(&Device::default(), How::Pci);
        gpu.pci_address = Fact::known((*address).to_owned(), Source::new(How::Pci, "x"));
        gpu.pci_device = Fact::known("2b85".to_owned(), Source::new(How::Pci, "x"));
        gpu.trouble = Fact::unknown("not asked");
        gpu
    };
    Fact::known(addresses.iter().map(gpu).collect(), Source::new(How::Pci, "bus"))
}

fn no_pci() -> Fact<Vec<Gpu>> {
    Fact::unknown("WSL shows no PCI devices")
}

fn device(index: u32, address: Option<&str>) -> Device {
    Device { index, address: address.map(ToOwned::to_owned), ..Device::default() }
}

fn lists(nvml: Option<Vec<Device>>, cuda: Option<Vec<Device>>) -> Lists {
    Lists { nvml, cuda, container: false }
}

fn united(mut gpus: Fact<Vec<Gpu>>, lists: &Lists) -> Vec<Gpu> {
    unite(&mut gpus, lists, false);
    gpus.value().unwrap().clone()
}

fn lost(index: u32) -> Device {
    let trouble = Trouble { call: "nvmlDeviceGetHandleByIndex".to_owned(), code: 15, name: None };
    Device { trouble: Some(trouble), ..device(index, None) }
}

#[test]
fn one_address_is_one_gpu_and_ids_follow_the_addresses() {
    // CUDA counts the fastest first.
    let nvml = vec![device(0, Some(FIRST)), device(1, Some(SECOND))];
    let cuda = vec![device(0, Some(SECOND)), device(1, Some(FIRST))];
    for bus in [pci(&[FIRST, SECOND]), no_pci()] {
        let gpus = united(bus, &lists(Some(nvml.clone()), Some(cuda.clone())));
        let shown: Vec<_> =
            gpus.iter().map(|gpu| (gpu.id.as_str(), gpu.pci_address.value().unwrap().as_str())).collect();
        assert_eq!(shown, [("gpu0", FIRST), ("gpu1", SECOND)]);
        assert!(gpus.iter().all(|gpu| gpu.seen_by.ends_with(&[How::Nvml, How::Cuda])));
        assert!(gpus.iter().all(|gpu| gpu.trouble.is_absent()));
    }
}

#[test]
fn a_wide_domain_comes_after_the_others() {
    let nvml = vec![device(0, Some("10000:01:00.0")), device(1, Some("f000:01:00.0"))];
    let gpus = united(no_pci(), &lists(Some(nvml), None));
    assert_eq!(gpus[0].pci_address.value().unwrap(), "f000:01:00.0");
}

#[test]
fn without_addresses_uuids_join_nvml_and_cuda() {
    let of = |uuid: &str| Device { uuid: Some(uuid.to_owned()), ..device(0, None) };
    let mut gpus = no_pci();
    unite(&mut gpus, &lists(Some(vec![of("GPU-a"), of("GPU-b")]), Some(vec![of("GPU-b"), of("GPU-c")])), true);
    let uuids: Vec<_> = gpus.value().unwrap().iter().map(|gpu| gpu.uuid.as_deref().unwrap()).collect();
    assert_eq!(uuids, ["GPU-a", "GPU-b", "GPU-c"]);
    assert_eq!(gpus.value().unwrap()[1].seen_by, [How::Nvml, How::Cuda]);
}

#[test]
fn uuids_stay_out_unless_asked_for() {
    let nvml = vec![Device { uuid: Some("GPU-a".to_owned()), ..device(0, Some(FIRST)) }];
    assert_eq!(united(no_pci(), &lists(Some(nvml.clone()), None))[0].uuid, None);
    let mut gpus = pci(&[FIRST]);
    unite(&mut gpus, &lists(Some(nvml), None), true);
    assert_eq!(gpus.value().unwrap()[0].uuid.as_deref(), Some("GPU-a"));
}

#[test]
fn cudas_capability_counts_and_nvmls_memory() {
    let of = |capability, memory, name: &str| Device {
        capability: Some(capability),
        memory: Some(memory),
        name: Some(name.to_owned()),
        ..device(0, Some(FIRST))
    };
    let (nvml, cuda) = (ComputeCapability::new(9, 0), ComputeCapability::new(9, 1));
    let both = lists(Some(vec![of(nvml, 80, "H100")]), Some(vec![of(cuda, 10, "H100 MIG 1g.10gb")]));
    let gpu = united(no_pci(), &both).remove(0);
    assert_eq!((gpu.capability.value(), gpu.memory.value()), (Some(&cuda), Some(&80)));
    assert_eq!(gpu.capability.via().unwrap().how, How::Cuda);
    assert_eq!(gpu.name.value().unwrap(), "H100");
    let gpu = united(no_pci(), &lists(Some(vec![of(nvml, 80, "H100")]), None)).remove(0);
    assert_eq!(gpu.capability.value(), Some(&nvml));
}

#[test]
fn mig_is_nvmls_and_its_instances_are_one_gpu() {
    let mode = Mig { current: true, pending: true, instances: 2 };
    let via = Source::new(How::Nvml, "nvmlDeviceGetMigMode");
    let nvml = Device { mig: Fact::known(mode, via), ..device(0, Some(FIRST)) };
    let cuda = vec![device(0, Some(FIRST)), device(1, Some(FIRST))];
    let gpus = united(no_pci(), &lists(Some(vec![nvml]), Some(cuda)));
    assert_eq!((gpus.len(), gpus[0].mig.value()), (1, Some(&mode)));
}

#[test]
fn a_lost_gpu_is_the_one_that_remains() {
    let gpus = united(pci(&[FIRST, SECOND]), &lists(Some(vec![device(0, Some(FIRST)), lost(1)]), None));
    assert_eq!(gpus.len(), 2);
    assert!(gpus[0].trouble.is_absent());
    assert_eq!(gpus[1].trouble.value().unwrap().code, 15);
}

#[test]
fn a_lost_gpu_is_not_guessed() {
    let gpus = united(pci(&[FIRST, SECOND]), &lists(Some(vec![lost(0)]), None));
    assert_eq!(gpus.len(), 3);
    assert!(gpus[2].pci_address.is_unknown() && gpus[2].trouble.value().is_some());
    let mut bus = pci(&[FIRST, SECOND]);
    bus.value_mut().unwrap()[0].bound = Fact::known("vfio-pci".to_owned(), Source::new(How::Pci, "x"));
    let gpus = united(bus, &lists(Some(vec![lost(0)]), None));
    assert_eq!((gpus.len(), gpus[1].trouble.value().map(|trouble| trouble.code)), (2, Some(15)));
}

#[test]
fn cuda_tells_who_is_visible() {
    let nvml = || Some(vec![device(0, Some(FIRST)), device(1, Some(SECOND))]);
    let cuda = Some(vec![device(0, Some(SECOND))]);
    let gpus = united(pci(&[FIRST, SECOND]), &lists(nvml(), cuda));
    let visible: Vec<_> = gpus.iter().map(|gpu| gpu.visible.value().copied()).collect();
    assert_eq!(visible, [Some(false), Some(true)]);
    assert_eq!(gpus[0].visible.via().unwrap().how, How::Cuda);
    let gpus = united(pci(&[FIRST, SECOND]), &lists(nvml(), None));
    assert!(gpus.iter().all(|gpu| gpu.visible.is_unknown()));
}

#[test]
fn a_container_has_what_nvml_gives_it() {
    let given = Lists { container: true, ..lists(Some(vec![device(0, Some(SECOND))]), None) };
    let gpus = united(pci(&[FIRST, SECOND]), &given);
    assert_eq!(gpus[0].visible.value(), Some(&false));
    assert_eq!(gpus[0].visible.via().unwrap().how, How::Nvml);
    assert!(gpus[1].visible.is_unknown());
    let outside = lists(Some(vec![device(0, Some(SECOND))]), None);
    assert!(united(pci(&[FIRST, SECOND]), &outside)[0].visible.is_unknown());
    let silent = Lists { container: true, ..lists(None, None) };
    assert!(united(pci(&[FIRST]), &silent)[0].visible.is_unknown());
}

#[test]
fn no_gpu_is_said_by_whoever_looked() {
    let absent = || Fact::absent(Source::file("/sys/bus/pci/devices"));
    for (before, lists, via) in [
        (absent(), lists(None, None), Some(How::File)),
        (absent(), lists(Some(vec![]), None), Some(How::File)),
        (no_pci(), lists(Some(vec![]), None), Some(How::Nvml)),
        (no_pci(), lists(None, None), None),
        (no_pci(), lists(None, Some(vec![])), None),
    ] {
        let mut gpus = before;
        unite(&mut gpus, &lists, false);
        assert_eq!(gpus.via().map(|via| via.how), via);
        assert_eq!(gpus.is_absent(), via.is_some());
    }
}

#[test]
fn the_reason_no_longer_says_that_nobody_asked() {
    let gpus = united(pci(&[FIRST]), &lists(None, None));
    assert!(matches!(&gpus[0].capability, Fact::Unknown { why } if why.contains("NVML")));
    assert_eq!(gpus[0].seen_by, [How::Pci]);
}
