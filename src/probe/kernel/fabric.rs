//! NVSwitches and the fabric manager, without which CUDA does not start on machines that have them.

use std::path::Path;

use super::super::pci::Device;
use crate::{
    facts::{Fact, Host, Source},
    system::Root,
};

const PROCESSES: &str = "/proc";
/// `nv-fabricmanager`, of which the kernel keeps the first 15 bytes (TASK_COMM_LEN).
const COMMAND: &str = "nv-fabricmanage";
/// Where its service unit has it write its process id.
const PID_FILE: &str = "/run/nvidia-fabricmanager/nv-fabricmanager.pid";
/// More processes than this are not asked.
const MAX_PROCESSES: usize = 65_536;
/// Boards with switches have four GPUs or more. From Blackwell on the switches are behind network bridges of another vendor's class,
/// so that the GPUs alone must do.
const FEWEST_GPUS: usize = 4;

/// How many NVSwitches are on the bus.
pub fn nvswitches(devices: &Fact<Vec<Device>>) -> Fact<u32> {
    match devices {
        Fact::Known { value, via } => {
            let count = value.iter().filter(|device| device.is_nvswitch()).count();
            Fact::known(u32::try_from(count).unwrap_or(u32::MAX), via.clone())
        }
        Fact::Absent { via } => Fact::known(0, via.clone()),
        Fact::Unknown { why } => Fact::unknown(why.clone()),
    }
}

/// Whether a fabric manager is among the processes. Asking each costs time, so that it is done only where one may be needed.
pub fn manager(root: &Root, host: &Host, devices: &Fact<Vec<Device>>) -> Fact<bool> {
    let Some(devices) = devices.value() else { return Fact::unknown("not checked: the PCI devices are unknown") };
    let gpus = devices.iter().filter(|device| device.is_gpu()).count();
    if gpus < FEWEST_GPUS && !devices.iter().any(Device::is_nvswitch) {
        return Fact::unknown("not checked: no NVSwitch was found");
    }
    let Ok(processes) = root.list(Path::new(PROCESSES)) else {
        return Fact::unknown(format!("{PROCESSES} cannot be read"));
    };
    let is_number = |name: &&str| name.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = processes.iter().filter_map(|name| name.to_str()).filter(is_number);
    let command = |number: &str| {
        let text = root.read_text(&Path::new(PROCESSES).join(number).join("comm"), 64).ok()?;
        Some(text.trim_end().to_owned())
    };
    let written = root.read_text(Path::new(PID_FILE), 16).unwrap_or_default();
    let written = Some(written.trim()).filter(|number| !number.is_empty() && is_number(number));
    // The file of one that ended may stay, so that the process decides.
    for number in written.into_iter().chain(numbers.take(MAX_PROCESSES)) {
        if command(number).is_some_and(|command| command == COMMAND) {
            return Fact::known(true, Source::file(format!("{PROCESSES}/{number}/comm")));
        }
    }
    if let Some(container) = host.container.value() {
        return Fact::unknown(format!("host processes are not visible inside {container}"));
    }
    match command("1") {
        Some(_) => Fact::known(false, Source::file(PROCESSES)),
        // Mounted with hidepid, /proc shows each user his own.
        None => Fact::unknown(format!("{PROCESSES} does not show other users' processes")),
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        probe::{host, pci},
        system::Surroundings,
    };
    use std::fs;

    fn write(dir: &tempfile::TempDir, path: &str, text: &str) {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn ask(dir: &tempfile::TempDir) -> (Fact<u32>, Fact<bool>) {
        let root = Root::new(Some(dir.path()), None).unwrap();
        let host = host::host(&root, &Surroundings::default());
        let devices = pci::devices(&root, &host);
        (nvswitches(&devices), manager(&root, &host, &devices))
    }

    #[test]
    fn a_machine_with_switches_is_asked_for_its_manager() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir, "proc/1/comm", "systemd\n");
        let (switches, manager) = ask(&dir);
        assert!(switches.is_unknown() && manager.is_unknown());
        for (address, device, class) in [("0000:01:00.0", "0x2330", "0x030200"), ("0000:07:00.0", "0x22a3", "0x068000")]
        {
            for (file, text) in [("vendor", "0x10de"), ("device", device), ("class", class)] {
                write(&dir, &format!("sys/bus/pci/devices/{address}/{file}"), text);
            }
        }
        let (switches, manager) = ask(&dir);
        assert_eq!((switches.value(), manager.value()), (Some(&1), Some(&false)));
        write(&dir, "proc/812/comm", "nv-fabricmanage\n");
        assert_eq!(ask(&dir).1.value(), Some(&true));
        write(&dir, "run/nvidia-fabricmanager/nv-fabricmanager.pid", "812\n");
        assert_eq!(ask(&dir).1.value(), Some(&true));
        fs::remove_dir_all(dir.path().join("proc/812")).unwrap();
        write(&dir, ".dockerenv", "");
        assert!(ask(&dir).1.is_unknown());
        fs::remove_file(dir.path().join(".dockerenv")).unwrap();
        fs::remove_dir_all(dir.path().join("proc/1")).unwrap();
        assert!(ask(&dir).1.is_unknown());
    }
}
