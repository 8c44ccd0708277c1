//! Whole machines below another root, and what the files tell of each. Unix only: PCI addresses have colons, sysfs has links.

#![cfg(unix)]

use std::{fs, os::unix::fs::symlink};

use super::modinfo::tests::module;
use crate::{
    facts::{Facts, KernelModule, LibraryKind},
    probe::{self, Options, header::tests::elf},
    system::Surroundings,
};

const RELEASE: &str = "6.8.0-48-generic";
const OPEN: &str =
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs-builder@U22)\n";
const EFI: &str = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const NODES: [&str; 4] = ["null", "nvidia0", "nvidiactl", "nvidia-uvm"];
const RTX_5090: (&str, &str, &str) = ("0000:01:00.0", "0x2b85", "0x030000");

struct Machine(tempfile::TempDir);

impl Machine {
    /// A Linux of this kernel with these modules loaded and an empty bus; its own modules are there.
    fn new(modules: &[&str]) -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        machine.write("bin/sh", elf(62));
        machine.write("proc/sys/kernel/osrelease", format!("{RELEASE}\n"));
        machine.write("proc/1/cgroup", "0::/init.scope\n");
        machine.write("proc/1/comm", "systemd\n");
        let line =
            |name: &&str| format!("{name} 104357888 2 nvidia_uvm,nvidia_modeset, Live 0x0000000000000000 (OE)\n");
        machine.write("proc/modules", ["ext4"].iter().chain(modules).map(line).collect::<String>());
        machine.write(&format!("lib/modules/{RELEASE}/modules.dep"), "kernel/fs/ext4/ext4.ko.zst:\n");
        machine.write("sys/firmware/acpi/pm_profile", "1\n");
        machine.nodes(&["null"]);
        fs::create_dir_all(machine.0.path().join("sys/bus/pci/devices")).unwrap();
        fs::create_dir_all(machine.0.path().join("usr/lib/x86_64-linux-gnu")).unwrap();
        machine
    }

    /// A desktop with an RTX 5090 and all that belongs to it.
    fn healthy() -> Self {
        let machine = Self::new(&["nvidia_uvm", "nvidia_drm", "nvidia_modeset", "nvidia"]);
        machine.device(RTX_5090, Some("nvidia"));
        machine.write("proc/driver/nvidia/version", OPEN);
        machine.built(&["version=580.95.05", "license=Dual MIT/GPL"]);
        machine.nodes(&NODES);
        machine.libraries("580.95.05");
        machine
    }

    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn link(&self, path: &str, target: &str) {
        symlink(target, self.0.path().join(path)).unwrap();
    }

    fn nodes(&self, names: &[&str]) {
        names.iter().for_each(|name| self.write(&format!("dev/{name}"), ""));
    }

    fn device(&self, (address, id, class): (&str, &str, &str), driver: Option<&str>) {
        let folder = format!("sys/bus/pci/devices/{address}");
        for (file, text) in [("vendor", "0x10de"), ("device", id), ("class", class)] {
            self.write(&format!("{folder}/{file}"), format!("{text}\n"));
        }
        if let Some(driver) = driver {
            fs::create_dir_all(self.0.path().join("sys/bus/pci/drivers").join(driver)).unwrap();
            self.link(&format!("{folder}/driver"), &format!("../../drivers/{driver}"));
        }
    }

    fn built(&self, fields: &[&str]) {
        self.write(&format!("lib/modules/{RELEASE}/modules.dep"), "updates/dkms/nvidia.ko:\n");
        self.write(&format!("lib/modules/{RELEASE}/updates/dkms/nvidia.ko"), module(fields));
    }

    fn libraries(&self, version: &str) {
        for family in ["libcuda.so", "libnvidia-ml.so"] {
            let soname = format!("usr/lib/x86_64-linux-gnu/{family}.1");
            self.write(&format!("usr/lib/x86_64-linux-gnu/{family}.{version}"), elf(62));
            let _ = fs::remove_file(self.0.path().join(&soname));
            self.link(&soname, &format!("{family}.{version}"));
        }
    }

    fn facts(&self) -> Facts {
        let options = Options { root: Some(self.0.path().to_owned()), ..Default::default() };
        probe::facts(&options, &Surroundings::default()).unwrap()
    }
}

fn bound(facts: &Facts) -> Vec<Option<&str>> {
    facts.gpus.value().unwrap().iter().map(|gpu| gpu.bound.value().map(String::as_str)).collect()
}

fn versions(facts: &Facts) -> Vec<String> {
    let libraries = facts.driver_libraries.value().unwrap();
    libraries.iter().map(|library| library.version.value().map(ToString::to_string).unwrap_or_default()).collect()
}

#[test]
fn a_healthy_machine_is_seen_whole() {
    let facts = Machine::healthy().facts();
    let kernel = &facts.kernel;
    assert_eq!(kernel.version.value().unwrap().to_string(), "580.95.05");
    assert_eq!((kernel.version.value(), kernel.flavour.value()), (kernel.installed.value(), Some(&KernelModule::Open)));
    assert_eq!(kernel.loaded.value().unwrap(), &["nvidia", "nvidia_uvm", "nvidia_drm", "nvidia_modeset"]);
    assert_eq!(kernel.has_loaded("nouveau"), Some(false));
    assert_eq!(kernel.nodes.value().unwrap(), &["/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl"]);
    assert_eq!((kernel.secure_boot.value(), kernel.nvswitches.value()), (Some(&false), Some(&0)));
    assert!(kernel.fabric_manager.is_unknown());
    assert_eq!((bound(&facts), versions(&facts)), (vec![Some("nvidia")], vec!["580.95.05".to_owned(); 2]));
}

#[test]
fn nouveau_has_the_gpu() {
    let machine = Machine::new(&["nouveau"]);
    machine.device(RTX_5090, Some("nouveau"));
    machine.nodes(&["dri/card0", "dri/renderD128"]);
    let facts = machine.facts();
    let kernel = &facts.kernel;
    assert_eq!(kernel.loaded.value().unwrap(), &["nouveau"]);
    assert!(kernel.version.is_absent() && kernel.flavour.is_absent() && kernel.installed.is_absent());
    assert!(facts.driver.is_absent());
    assert_eq!(kernel.nodes.value().unwrap(), &["/dev/dri/renderD128"]);
    assert_eq!((bound(&facts), versions(&facts).len()), (vec![Some("nouveau")], 0));
}

#[test]
fn a_kernel_update_left_the_module_behind() {
    let machine = Machine::new(&[]);
    machine.device(RTX_5090, None);
    machine.libraries("580.95.05");
    machine.write("lib/modules/6.8.0-47-generic/modules.dep", "updates/dkms/nvidia.ko.zst:\n");
    machine.write("lib/modules/6.8.0-47-generic/updates/dkms/nvidia.ko.zst", "");
    machine.write("var/lib/dkms/nvidia/580.95.05/6.8.0-47-generic/x86_64/log/make.log", "");
    let facts = machine.facts();
    assert!(facts.kernel.version.is_absent() && facts.kernel.installed.is_absent());
    assert!(facts.gpus.value().unwrap()[0].bound.is_absent());
    assert_eq!(versions(&facts), ["580.95.05", "580.95.05"]);
    // The old kernel's modules only: those of the running one went with an update.
    fs::remove_dir_all(machine.0.path().join("lib/modules").join(RELEASE)).unwrap();
    assert!(machine.facts().kernel.installed.is_absent());
    fs::remove_dir_all(machine.0.path().join("lib/modules")).unwrap();
    assert!(machine.facts().kernel.installed.is_unknown());
}

#[test]
fn a_compressed_module_is_told_by_dkms_or_not_at_all() {
    let machine = Machine::new(&[]);
    let file = format!("lib/modules/{RELEASE}/updates/dkms/nvidia.ko.zst");
    machine.write(&file, b"\x28\xb5\x2f\xfd");
    let kernel = machine.facts().kernel;
    assert!(kernel.installed.is_unknown() && format!("{:?}", kernel.installed).contains("is built"));
    machine.write(&format!("var/lib/dkms/nvidia/580.95.05/{RELEASE}/x86_64/log/make.log"), "");
    let kernel = machine.facts().kernel;
    assert_eq!(kernel.installed.value().unwrap().to_string(), "580.95.05");
    assert!(kernel.installed_flavour.is_unknown() && kernel.version.is_absent());
}

#[test]
fn a_module_in_an_unusual_folder_is_found_by_the_index() {
    let machine = Machine::new(&[]);
    machine.write(&format!("lib/modules/{RELEASE}/modules.dep"), "kernel/own/nvidia.ko: kernel/a.ko\n");
    assert!(machine.facts().kernel.installed.is_absent());
    machine.write(&format!("lib/modules/{RELEASE}/kernel/own/nvidia.ko"), module(&["version=580.95.05"]));
    assert_eq!(machine.facts().kernel.installed.value().unwrap().to_string(), "580.95.05");
}

#[test]
fn secure_boot_is_on_and_the_module_is_not_loaded() {
    let machine = Machine::new(&[]);
    machine.device(RTX_5090, None);
    machine.built(&["version=580.95.05", "license=NVIDIA"]);
    machine.write(EFI, [6, 0, 0, 0, 1]);
    let kernel = machine.facts().kernel;
    assert_eq!(kernel.secure_boot.value(), Some(&true));
    assert_eq!(kernel.installed.value().unwrap().to_string(), "580.95.05");
    assert_eq!(kernel.installed_flavour.value(), Some(&KernelModule::Proprietary));
    assert!(kernel.version.is_absent() && kernel.flavour.is_absent());
}

#[test]
fn switches_need_their_manager() {
    let machine = Machine::new(&["nvidia"]);
    for index in 0..8 {
        machine.device((&format!("0000:{index}1:00.0"), "0x2330", "0x030200"), Some("nvidia"));
    }
    for index in 0..4 {
        machine.device((&format!("0000:a{index}:00.0"), "0x22a3", "0x068000"), Some("nvidia-nvswitch"));
    }
    let facts = machine.facts();
    assert_eq!(facts.gpus.value().unwrap().len(), 8);
    assert_eq!((facts.kernel.nvswitches.value(), facts.kernel.fabric_manager.value()), (Some(&4), Some(&false)));
    machine.write("proc/4242/comm", "nv-fabricmanage\n");
    assert_eq!(machine.facts().kernel.fabric_manager.value(), Some(&true));
}

#[test]
fn a_container_has_one_of_eight_nodes() {
    let machine = Machine::healthy();
    machine.write(".dockerenv", "");
    fs::remove_dir_all(machine.0.path().join("lib/modules")).unwrap();
    fs::remove_dir_all(machine.0.path().join("sys/firmware")).unwrap();
    fs::create_dir_all(machine.0.path().join("sys/firmware")).unwrap();
    fs::remove_file(machine.0.path().join("dev/nvidia0")).unwrap();
    for index in 1..8 {
        machine.device((&format!("0000:{index}1:00.0"), "0x2330", "0x030200"), Some("nvidia"));
    }
    machine.nodes(&["nvidia5", "nvidia-caps/nvidia-cap1"]);
    let facts = machine.facts();
    let kernel = &facts.kernel;
    assert_eq!(facts.gpus.value().unwrap().len(), 8);
    let nodes = ["/dev/nvidia-uvm", "/dev/nvidia5", "/dev/nvidiactl", "/dev/nvidia-caps/nvidia-cap1"];
    assert_eq!(kernel.nodes.value().unwrap(), &nodes);
    // What belongs to the host is not seen, and not seen is not absent.
    assert!(kernel.installed.is_unknown() && kernel.secure_boot.is_unknown() && kernel.fabric_manager.is_unknown());
    assert_eq!(kernel.flavour.value(), Some(&KernelModule::Open));
}

#[test]
fn wsl_has_a_door_to_windows_and_perhaps_a_driver_too_many() {
    let machine = Machine::new(&[]);
    machine.write("proc/sys/kernel/osrelease", "6.6.87.2-microsoft-standard-WSL2\n");
    machine.nodes(&["dxg"]);
    machine.write("usr/lib/wsl/lib/libcuda.so.1", elf(62));
    machine.write("usr/lib/wsl/lib/libnvidia-ml.so.1", elf(62));
    machine.write("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
    machine.write("etc/ld.so.conf.d/x86_64-linux-gnu.conf", "/usr/lib/x86_64-linux-gnu\n");
    machine.write("etc/ld.so.conf.d/ld.wsl.conf", "/usr/lib/wsl/lib\n");
    let kinds = |facts: &Facts| -> Vec<LibraryKind> {
        facts.driver_libraries.value().unwrap().iter().map(|library| library.kind).collect()
    };
    use LibraryKind::{Driver, Wsl};
    let facts = machine.facts();
    assert_eq!(facts.kernel.has_node("/dev/dxg"), Some(true));
    assert!(facts.kernel.version.is_unknown() && facts.kernel.loaded.is_unknown() && facts.driver.is_unknown());
    assert_eq!(kinds(&facts), [Wsl, Wsl]);
    machine.libraries("580.95.05");
    // "ld.wsl.conf" sorts before "x86_64-linux-gnu.conf".
    assert_eq!(kinds(&machine.facts()), [Wsl, Wsl, Driver, Driver]);
    fs::remove_file(machine.0.path().join("etc/ld.so.conf.d/ld.wsl.conf")).unwrap();
    assert_eq!(kinds(&machine.facts()), [Driver, Driver, Wsl, Wsl]);
}

#[test]
fn an_update_without_a_restart_is_two_versions() {
    let machine = Machine::healthy();
    machine.libraries("580.105.08");
    machine.built(&["version=580.105.08", "license=Dual MIT/GPL"]);
    let facts = machine.facts();
    assert_eq!(facts.kernel.version.value().unwrap().to_string(), "580.95.05");
    assert_eq!(facts.kernel.installed.value().unwrap().to_string(), "580.105.08");
    assert_eq!(versions(&facts), ["580.105.08", "580.95.05", "580.105.08", "580.95.05"]);
}

#[test]
fn what_lies_outside_of_the_root_is_never_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("nvidia.ko"), module(&["version=580.95.05"])).unwrap();
    let machine = Machine::new(&[]);
    machine.write(&format!("lib/modules/{RELEASE}/modules.dep"), "updates/nvidia.ko:\n");
    fs::create_dir(machine.0.path().join(format!("lib/modules/{RELEASE}/updates"))).unwrap();
    let target = outside.path().join("nvidia.ko");
    machine.link(&format!("lib/modules/{RELEASE}/updates/nvidia.ko"), target.to_str().unwrap());
    machine.write("proc/sys/kernel/osrelease", format!("{RELEASE}\n"));
    assert!(machine.facts().kernel.installed.is_absent());
    machine.write("proc/sys/kernel/osrelease", "../../etc\n");
    assert!(machine.facts().kernel.installed.is_unknown());
}
