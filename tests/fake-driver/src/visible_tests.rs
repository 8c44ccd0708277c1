//! CUDA_VISIBLE_DEVICES: the list of the guide, and what it leaves open as torch has seen it.

use super::devices;
use crate::{instance::Instance, scenario::Scenario};

/// Three whole GPUs, one with instances, one in the mode without any.
fn scenario() -> Scenario {
    let device = |number: u32, more: &str| {
        format!(
            "[[device]]\nname = \"GPU\"\ncc = [9, 0]\nmemory = 8\nuuid = \"ab{number}00000-0000-0000-0000-000000000000\"\n\
             pci = \"0000:0{number}:00.0\"\npci_device = \"2330\"\n{more}\n"
        )
    };
    let text = ["driver_version = \"1\"\ncuda_version = 12080\n".to_owned()]
        .into_iter()
        .chain([device(0, ""), device(1, ""), device(2, "")])
        .chain([device(3, "mig = { current = true, pending = true, instances = 2 }")])
        .chain([device(4, "mig = { current = true, pending = true, instances = 0 }")])
        .collect::<String>();
    Scenario::parse(&text).unwrap()
}

/// The devices of a list as `gpu` or `gpu.instance`.
fn seen(variable: Option<&str>) -> Vec<String> {
    devices(&scenario(), variable)
        .into_iter()
        .map(|Instance { gpu, mig }| mig.map_or(gpu.to_string(), |mig| format!("{gpu}.{mig}")))
        .collect()
}

#[test]
fn a_list_chooses_orders_and_ends_at_its_first_invalid_entry() {
    assert_eq!(seen(None), ["0", "1", "2", "3.0"], "a GPU in multi-instance mode without an instance is none");
    assert_eq!(seen(Some("")), [""; 0], "empty is none, not all");
    assert_eq!(seen(Some("2,0")), ["2", "0"]);
    assert_eq!(seen(Some("0,2,-1,1")), ["0", "2"], "the guide's own example");
    assert_eq!(seen(Some("-1")), [""; 0]);
    assert_eq!(seen(Some("NoDevFiles")), [""; 0]);
    assert_eq!(seen(Some("0,9,1")), ["0"]);
    assert_eq!(seen(Some(" 1 , 2")), ["1", "2"]);
    assert_eq!(seen(Some("1gpu")), ["1"]);
    assert_eq!(seen(Some("0,0")), [""; 0], "twice the same leaves none");
}

#[test]
fn a_uuid_may_be_cut_as_long_as_one_gpu_has_it() {
    assert_eq!(seen(Some("GPU-ab2")), ["2"]);
    assert_eq!(seen(Some("GPU-ab200000-0000-0000-0000-000000000000,GPU-ab0")), ["2", "0"]);
    assert_eq!(seen(Some("GPU-ab")), [""; 0], "five GPUs begin so");
    assert_eq!(seen(Some("GPU-ab1,GPU-ffff,GPU-ab2")), ["1"]);
}

#[test]
fn one_instance_is_seen_at_most() {
    let (first, second) = ("MIG-01300000-0000-0000-0000-000000000000", "MIG-02300000-0000-0000-0000-000000000000");
    assert_eq!(seen(Some(second)), ["3.1"]);
    assert_eq!(seen(Some(&format!("{second},{first}"))), ["3.1"]);
    assert_eq!(seen(Some("MIG-GPU-ab300000-0000-0000-0000-000000000000/8/0")), ["3.1"]);
    assert_eq!(seen(Some("MIG-0130")), [""; 0]);
    assert_eq!(seen(Some("3")), ["3.0"]);
    assert_eq!(seen(Some("4")), [""; 0]);
}
