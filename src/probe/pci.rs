//! NVIDIA's devices as the kernel lists them on the PCI bus: seen even when no driver works.

use std::path::Path;

use crate::{
    facts::{Fact, Gpu, Host, How, Os, Source},
    system::Root,
};

const BUS: &str = "/sys/bus/pci/devices";
const NVIDIA: u32 = 0x10de;
/// VGA controllers and 3D controllers; the third byte is the programming interface. Audio, USB and NVSwitch have others.
const GPU_CLASSES: [u32; 2] = [0x0300, 0x0302];
/// Those, other display controllers and processing accelerators: what the GPUs of other makers are.
const OTHER_CLASSES: [u32; 4] = [0x0300, 0x0302, 0x0380, 0x1200];
/// Makers of other GPUs that people compute on, by PCI vendor.
const MAKERS: [(u32, &str); 2] = [(0x1002, "AMD"), (0x8086, "Intel")];
const MAX_OTHERS: usize = 32;
/// A device has six regions, a region of 64 bits takes the place of two; what follows in the file is its ROM and bridges.
const BARS: usize = 6;
const LAST_SURE: u8 = 1;
/// `IORESOURCE_MEM`.
const MEMORY: u64 = 0x200;
/// "Bridge, other": what NVSwitch chips are (NVIDIA's linux_nvswitch.c asks for `PCI_CLASS_BRIDGE_OTHER`).
const BRIDGE_CLASS: u32 = 0x0680;
/// The network controllers of nForce boards are bridges too; all nForce ids lie below, all NVSwitches (1ac0 …) above.
const FIRST_NVSWITCH: u32 = 0x1000;

/// A PCI device of NVIDIA's.
#[derive(Debug, Clone)]
pub struct Device {
    address: String,
    id: u32,
    /// Class and subclass.
    class: u32,
}

impl Device {
    /// Whether it is a GPU, with or without a display.
    pub fn is_gpu(&self) -> bool {
        GPU_CLASSES.contains(&self.class)
    }

    /// Whether it is an NVSwitch.
    pub fn is_nvswitch(&self) -> bool {
        self.class == BRIDGE_CLASS && self.id >= FIRST_NVSWITCH
    }
}

/// NVIDIA's devices in the order of their addresses.
pub fn devices(root: &Root, host: &Host) -> Fact<Vec<Device>> {
    if host.wsl.value().is_some() {
        return Fact::unknown("WSL does not expose PCI devices; name the GPU with --gpu");
    }
    if host.platform.value().is_some_and(|platform| platform.os != Os::Linux) {
        return Fact::unknown("PCI devices are only read on Linux; name the GPU with --gpu");
    }
    let Ok(devices) = root.list(Path::new(BUS)) else {
        return Fact::unknown(format!("{BUS} cannot be read; name the GPU with --gpu"));
    };
    let found = devices.iter().filter_map(|name| device(root, name.to_str()?)).collect();
    Fact::known(found, Source::new(How::Pci, BUS))
}

/// The GPUs among the devices.
pub fn gpus(root: &Root, devices: &Fact<Vec<Device>>) -> Fact<Vec<Gpu>> {
    let devices = match devices {
        Fact::Known { value, .. } => value,
        Fact::Absent { via } => return Fact::absent(via.clone()),
        Fact::Unknown { why } => return Fact::unknown(why.clone()),
    };
    let found = devices.iter().filter(|device| device.is_gpu());
    let gpus: Vec<_> = found.enumerate().map(|(index, device)| gpu(root, index, device)).collect();
    if !gpus.is_empty() {
        return Fact::known(gpus, Source::new(How::Pci, BUS));
    }
    if is_tegra(root) {
        return Fact::unknown("a Tegra's GPU is not on the PCI bus; name it with --gpu");
    }
    Fact::absent(Source::file(BUS))
}

/// The device, when it is one of NVIDIA's.
fn device(root: &Root, address: &str) -> Option<Device> {
    let folder = Path::new(BUS).join(address);
    let number = |file: &str| {
        let text = root.read_text(&folder.join(file), 64).ok()?;
        u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
    };
    if number("vendor")? != NVIDIA {
        return None;
    }
    Some(Device { address: address.to_owned(), id: number("device")?, class: number("class")? >> 8 })
}

fn gpu(root: &Root, index: usize, device: &Device) -> Gpu {
    let address = &device.address;
    let via = || Source::new(How::Pci, format!("{BUS}/{address}"));
    let ask = "the driver was not queried, and PCI does not say";
    Gpu {
        name: name(root, address),
        pci_device: Fact::known(format!("{:04x}", device.id), via()),
        pci_address: Fact::known(address.clone(), via()),
        bound: bound(root, address),
        unplaced: unplaced(root, address),
        seen_by: vec![How::Pci],
        ..Gpu::unknown(format!("gpu{index}"), ask)
    }
}

/// The model as the kernel driver tells it; the driver sees only the cards that it has taken.
fn name(root: &Root, address: &str) -> Fact<String> {
    let path = format!("/proc/driver/nvidia/gpus/{address}/information");
    let text = root.read_text(Path::new(&path), 4096);
    let model = text.as_deref().ok().and_then(|text| text.lines().find_map(|line| line.strip_prefix("Model:")));
    match model.map(str::trim).filter(|model| !model.is_empty() && *model != "Unknown") {
        Some(model) => Fact::known(model.to_owned(), Source::file(path)),
        None => Fact::unknown("no kernel driver reports its name"),
    }
}

/// The kernel driver that has taken it: where the link `driver` leads.
fn bound(root: &Root, address: &str) -> Fact<String> {
    let link = Path::new(BUS).join(address).join("driver");
    if !root.is_link(&link) {
        return Fact::absent(Source::new(How::Pci, format!("{BUS}/{address}")));
    }
    let driver = root.real(&link).ok().and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    match driver {
        Some(driver) => Fact::known(driver, Source::new(How::Pci, root.shown(&link))),
        None => Fact::unknown(format!("{} is a broken symbolic link", root.shown(&link))),
    }
}

/// The BARs without an address. The file has one line a region: start, end and flags; of a memory region whose address could not be given,
/// or was taken back, the start is 0. Every NVIDIA GPU has the regions 0 (registers) and 1 (its memory), so these count even where the
/// kernel forgot what they are.
///
/// Source: kernel-open/nvidia/nv-pci.c, which refuses such a device; drivers/pci of Linux.
fn unplaced(root: &Root, address: &str) -> Fact<Vec<u8>> {
    let path = Path::new(BUS).join(address).join("resource");
    let Ok(text) = root.read_text(&path, 4096) else {
        return Fact::unknown(format!("{} cannot be read", root.shown(&path)));
    };
    let number = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let mut found = Vec::new();
    for (line, index) in text.lines().take(BARS).zip(0u8..) {
        let mut numbers = line.split_whitespace().map(number);
        let (Some(Some(start)), Some(Some(_)), Some(Some(flags))) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return Fact::unknown(format!("{} is not in the known format", root.shown(&path)));
        };
        if start == 0 && (index <= LAST_SURE || flags & MEMORY != 0) {
            found.push(index);
        }
    }
    Fact::known(found, Source::new(How::Pci, root.shown(&path)))
}

/// GPUs of other makers. Processing accelerators count: some of AMD's are listed so.
pub fn others(root: &Root, linux: bool, wsl: bool) -> Fact<Vec<String>> {
    if !linux || wsl {
        return Fact::unknown("PCI devices are only read on Linux");
    }
    let Ok(devices) = root.list(Path::new(BUS)) else { return Fact::unknown(format!("{BUS} cannot be read")) };
    let found = devices.iter().filter_map(|name| other(root, name.to_str()?)).take(MAX_OTHERS).collect();
    Fact::known(found, Source::new(How::Pci, BUS))
}

fn other(root: &Root, address: &str) -> Option<String> {
    let folder = Path::new(BUS).join(address);
    let number = |file: &str| {
        let text = root.read_text(&folder.join(file), 64).ok()?;
        u32::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()
    };
    let class = number("class")? >> 8;
    let (vendor, device) = (number("vendor")?, number("device")?);
    let maker = MAKERS.iter().find(|(id, _)| *id == vendor)?.1;
    OTHER_CLASSES.contains(&class).then(|| format!("{maker} {vendor:04x}:{device:04x}"))
}

/// The device tree of a Jetson names its chip.
fn is_tegra(root: &Root) -> bool {
    let text = root.read_text(Path::new("/proc/device-tree/compatible"), 4096);
    text.is_ok_and(|text| text.contains("nvidia,tegra"))
}

#[cfg(test)]
mod tests {
    use super::{super::host, *};
    use crate::system::Surroundings;
    use std::fs;

    fn scene(devices: &[(&str, &str, &str, &str)]) -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        for (address, vendor, device, class) in devices {
            let folder = dir.path().join("sys/bus/pci/devices").join(address);
            fs::create_dir_all(&folder).unwrap();
            for (file, text) in [("vendor", vendor), ("device", device), ("class", class)] {
                fs::write(folder.join(file), format!("{text}\n")).unwrap();
            }
        }
        let root = Root::new(Some(dir.path()), None).unwrap();
        (dir, root)
    }

    fn ask(root: &Root) -> Fact<Vec<Gpu>> {
        gpus(root, &devices(root, &host::host(root, &Surroundings::default())))
    }

    // Windows allows no colon in a file name.
    #[cfg(unix)]
    #[test]
    fn gpus_come_by_address_and_nothing_else_is_one() {
        let (dir, root) = scene(&[
            ("0000:41:00.0", "0x10de", "0x2b85", "0x030000"),
            ("0000:01:00.0", "0x10de", "0x1d01", "0x030200"),
            ("0000:01:00.1", "0x10de", "0x0fb8", "0x040300"),
            ("0000:02:00.0", "0x1002", "0x744c", "0x030000"),
            ("0000:03:00.0", "garbage", "0x0000", "0x030000"),
        ]);
        let folder = dir.path().join("proc/driver/nvidia/gpus/0000:41:00.0");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("information"), "Model: \t\t NVIDIA GeForce RTX 5090\nIRQ: 1\n").unwrap();
        let found = ask(&root);
        let gpus = found.value().unwrap();
        let shown: Vec<_> =
            gpus.iter().map(|gpu| (gpu.id.as_str(), gpu.pci_device.value().unwrap().as_str())).collect();
        assert_eq!(shown, [("gpu0", "1d01"), ("gpu1", "2b85")]);
        assert_eq!(gpus[1].name.value().unwrap(), "NVIDIA GeForce RTX 5090");
        assert!(gpus[0].name.is_unknown() && !gpus[0].named);
    }

    #[cfg(unix)]
    #[test]
    fn the_link_names_the_driver_that_has_it() {
        let addresses = ["0000:01:00.0", "0000:02:00.0", "0000:03:00.0", "0000:04:00.0"];
        let devices = addresses.map(|address| (address, "0x10de", "0x2b85", "0x030000"));
        let (dir, root) = scene(&devices);
        for (address, driver) in addresses.into_iter().zip(["nouveau", "vfio-pci", "gone"]) {
            if driver != "gone" {
                fs::create_dir_all(dir.path().join("sys/bus/pci/drivers").join(driver)).unwrap();
            }
            let link = dir.path().join("sys/bus/pci/devices").join(address).join("driver");
            std::os::unix::fs::symlink(format!("../../drivers/{driver}"), link).unwrap();
        }
        let found = ask(&root);
        let bound: Vec<_> = found.value().unwrap().iter().map(|gpu| &gpu.bound).collect();
        assert_eq!(bound[0].value().unwrap(), "nouveau");
        assert_eq!(bound[1].value().unwrap(), "vfio-pci");
        assert!(bound[2].is_unknown() && bound[3].is_absent());
    }

    #[cfg(unix)]
    #[test]
    fn switches_are_told_from_old_boards() {
        let (_dir, root) = scene(&[
            ("0000:01:00.0", "0x10de", "0x22a3", "0x068000"),
            ("0000:02:00.0", "0x10de", "0x0057", "0x068000"),
            ("0000:03:00.0", "0x8086", "0x22a3", "0x068000"),
            ("0000:04:00.0", "0x10de", "0x2330", "0x030200"),
        ]);
        let found = devices(&root, &host::host(&root, &Surroundings::default()));
        let switches = found.value().unwrap().iter().filter(|device| device.is_nvswitch());
        assert_eq!(switches.map(|device| device.address.as_str()).collect::<Vec<_>>(), ["0000:01:00.0"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_region_without_an_address_is_seen() {
        let (dir, root) = scene(&[("0000:01:00.0", "0x10de", "0x2b85", "0x030000")]);
        let resource = dir.path().join("sys/bus/pci/devices/0000:01:00.0/resource");
        let unplaced = |text: &str| {
            fs::write(&resource, text).unwrap();
            ask(&root).value().unwrap()[0].unplaced.clone()
        };
        let empty = "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
        let registers = "0x0000000080000000 0x0000000083ffffff 0x0000000000040200\n";
        let memory = "0x0000383000000000 0x00003837ffffffff 0x000000000014220c\n";
        let lost = "0x0000000000000000 0x00000007ffffffff 0x000000002014220c\n";
        let window = "0x0000383800000000 0x0000383801ffffff 0x000000000014220c\n";
        let ports = "0x0000000000005000 0x000000000000507f 0x0000000000040101\n";
        let healthy = [registers, memory, empty, window, empty, ports, empty].concat();
        assert_eq!(unplaced(&healthy).value().unwrap(), &Vec::<u8>::new());
        assert_eq!(unplaced(&healthy.replace(memory, empty)).value().unwrap(), &[1]);
        assert_eq!(unplaced(&healthy.replace(memory, lost)).value().unwrap(), &[1]);
        assert_eq!(unplaced(&healthy.replace(window, lost)).value().unwrap(), &[3]);
        assert!(unplaced("0x1 0x2\n").is_unknown());
    }

    #[cfg(unix)]
    #[test]
    fn gpus_of_other_makers_are_named() {
        let (_dir, root) = scene(&[
            ("0000:01:00.0", "0x1002", "0x744c", "0x030000"),
            ("0000:02:00.0", "0x1002", "0x74a1", "0x120000"),
            ("0000:03:00.0", "0x10de", "0x2b85", "0x030000"),
            ("0000:04:00.0", "0x8086", "0xe20b", "0x030000"),
            ("0000:05:00.0", "0x8086", "0x1234", "0x020000"),
            ("0000:06:00.0", "0x1234", "0x1111", "0x030000"),
        ]);
        let found = others(&root, true, false);
        assert_eq!(found.value().unwrap(), &["AMD 1002:744c", "AMD 1002:74a1", "Intel 8086:e20b"]);
        assert!(others(&root, false, false).is_unknown() && others(&root, true, true).is_unknown());
    }

    #[test]
    fn no_bus_is_not_no_gpu() {
        let (dir, root) = scene(&[]);
        assert!(ask(&root).is_unknown());
        fs::create_dir_all(dir.path().join("sys/bus/pci/devices")).unwrap();
        assert!(ask(&root).is_absent());
        fs::create_dir_all(dir.path().join("proc/device-tree")).unwrap();
        fs::write(dir.path().join("proc/device-tree/compatible"), "nvidia,p3768\0nvidia,tegra234\0").unwrap();
        assert!(ask(&root).is_unknown());
    }

    #[test]
    fn wsl_shows_none() {
        let (dir, root) = scene(&[]);
        fs::create_dir_all(dir.path().join("proc/sys/kernel")).unwrap();
        fs::write(dir.path().join("proc/sys/kernel/osrelease"), "6.6.87.2-microsoft-standard-WSL2").unwrap();
        fs::create_dir_all(dir.path().join("sys/bus/pci/devices")).unwrap();
        assert!(ask(&root).is_unknown());
    }
}
