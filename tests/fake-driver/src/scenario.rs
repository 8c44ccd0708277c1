//! The scenario file: which driver and devices there are, and what goes wrong.

use std::{collections::BTreeMap, fs, process, sync::OnceLock};

use serde::Deserialize;

/// A driver with its devices.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the driver, `580.95.05`.
    pub driver_version: String,
    /// CUDA version of the driver as `cuDriverGetVersion` says it, `12080`.
    pub cuda_version: i32,
    /// Version of NVML; by default the driver's behind the major version of CUDA, `12.570.86.16`.
    pub nvml_version: Option<String>,
    /// Codes that functions return.
    #[serde(default)]
    pub errors: BTreeMap<String, u32>,
    /// Functions that never return.
    #[serde(default)]
    pub hang: Vec<String>,
    /// Functions that abort the process.
    #[serde(default)]
    pub abort: Vec<String>,
    /// Functions that access memory which is not there (SIGSEGV).
    #[serde(default)]
    pub crash: Vec<String>,
    /// Functions that write a mebibyte of noise to standard output and end the process with code 0.
    #[serde(default)]
    pub garbage: Vec<String>,
    /// Functions after which the process does not end when it should.
    #[serde(default)]
    pub hang_at_exit: Vec<String>,
    /// Functions after which the process aborts when it should end.
    #[serde(default)]
    pub abort_at_exit: Vec<String>,
    /// Functions that leave a process in a session of its own, which keeps standard output for a minute.
    #[serde(default)]
    pub daemon: Vec<String>,
    /// Functions that write a whole answer of their own to standard output, at once and when the process ends.
    #[serde(default)]
    pub forge: Vec<String>,
    /// What goes wrong inside kernels.
    #[serde(default)]
    pub launch: Launch,
    /// Devices in the order of the PCI bus.
    #[serde(default, rename = "device")]
    pub devices: Vec<Device>,
}

/// What kernels do instead of what they should, by their names.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// Kernels that fail with this code: it shows at the next call that waits, and every call after it returns it.
    #[serde(default)]
    pub faults: BTreeMap<String, u32>,
    /// Kernels that never end.
    #[serde(default)]
    pub hang: Vec<String>,
    /// Kernels with one wrong number in their result.
    #[serde(default)]
    pub wrong: Vec<String>,
    /// Kernels that write nothing.
    #[serde(default)]
    pub silent: Vec<String>,
    /// How much longer kernels take than its clocks allow.
    pub slow: Option<f64>,
}

/// A GPU.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// Product name.
    pub name: String,
    /// Compute capability, major and minor.
    pub cc: [i32; 2],
    /// Memory in bytes as NVML counts it.
    pub memory: u64,
    /// The part of it that the driver keeps: CUDA does not count it.
    #[serde(default)]
    pub reserved: u64,
    /// UUID without the `GPU-` in front.
    pub uuid: String,
    /// PCI address, `0000:01:00.0`.
    pub pci: String,
    /// PCI device id of vendor 10de, four hex digits.
    pub pci_device: String,
    /// Multi-instance mode; without it the device does not support it.
    pub mig: Option<Mig>,
    /// Error correction on or off; without it the device does not support it.
    pub ecc: Option<bool>,
    /// Persistence mode on or off; without it the question is not supported, as on Windows.
    pub persistence: Option<bool>,
    /// Whether a display is attached and used; without it neither.
    #[serde(default)]
    pub display: bool,
    /// Compute mode as NVML and CUDA number it: 0 default, 2 prohibited, 3 exclusive to a process.
    #[serde(default)]
    pub compute_mode: u32,
    /// Whether another process has it, which matters where it is exclusive.
    #[serde(default)]
    pub busy: bool,
    /// Memory that other processes use.
    #[serde(default)]
    pub used: u64,
    /// Clock of its processors in kHz.
    #[serde(default = "clock")]
    pub clock: u32,
    /// Its streaming multiprocessors.
    #[serde(default = "multiprocessors")]
    pub multiprocessors: u32,
    /// Clock of its memory in kHz.
    #[serde(default = "memory_clock")]
    pub memory_clock: u32,
    /// Width of its memory bus in bits.
    #[serde(default = "bus_width")]
    pub bus_width: u32,
    /// Power limit in milliwatts; without it the question is not supported.
    pub power_limit: Option<u32>,
    /// State of the registration with the NVLink fabric: 1 not started, 2 in progress, 3 completed; without it not supported.
    pub fabric: Option<u8>,
    /// Whether it shares the processor's memory.
    #[serde(default)]
    pub integrated: bool,
    /// Whether CUDA lists it.
    #[serde(default = "yes")]
    pub cuda: bool,
    /// Whether NVML lists it.
    #[serde(default = "yes")]
    pub nvml: bool,
    /// The code that NVML returns instead of a handle of it.
    pub nvml_error: Option<u32>,
}

/// Multi-instance mode of a device.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mig {
    /// Whether it is on.
    pub current: bool,
    /// Whether it will be on after a reset.
    pub pending: bool,
    /// Instances, each with one compute instance; at most seven.
    pub instances: u32,
    /// Profile of each instance.
    #[serde(default = "profile")]
    pub profile: String,
}

fn yes() -> bool {
    true
}

// Where a scenario does not say them: so slow a device that any host computes for it in time.
fn clock() -> u32 {
    110_000
}

fn multiprocessors() -> u32 {
    1
}

fn memory_clock() -> u32 {
    160_000
}

fn bus_width() -> u32 {
    64
}

fn profile() -> String {
    "1g.10gb".to_owned()
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Says what is wrong with it, in one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let scenario: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        let before = [&scenario.hang, &scenario.abort, &scenario.crash, &scenario.garbage];
        let after = [&scenario.hang_at_exit, &scenario.abort_at_exit, &scenario.daemon, &scenario.forge];
        let faults = before.into_iter().chain(after).flatten();
        if let Some(name) = scenario.errors.keys().chain(faults).find(|name| !crate::functions().any(|f| f == *name)) {
            return Err(format!("no such function here: {name}"));
        }
        let launch = &scenario.launch;
        let named = launch.faults.keys().chain([&launch.hang, &launch.wrong, &launch.silent].into_iter().flatten());
        if let Some(name) = named.into_iter().find(|name| crate::kernels::Kernel::named(name).is_none()) {
            return Err(format!("no such kernel here: {name}"));
        }
        for device in &scenario.devices {
            device.check().map_err(|what| format!("device {}: {what}", device.name))?;
        }
        Ok(scenario)
    }

    /// NVML's version.
    pub fn nvml_version(&self) -> String {
        self.nvml_version.clone().unwrap_or_else(|| format!("{}.{}", self.cuda_version / 1000, self.driver_version))
    }
}

impl Device {
    /// Domain, bus and slot of its PCI address.
    pub fn pci_place(&self) -> Option<(u32, u32, u32)> {
        let (domain, rest) = self.pci.split_once(':')?;
        let (bus, rest) = rest.split_once(':')?;
        let number = |text| u32::from_str_radix(text, 16).ok();
        Some((number(domain)?, number(bus)?, number(rest.strip_suffix(".0")?)?))
    }

    /// Device id and vendor as PCI's configuration space has them, the id in the upper half.
    pub fn pci_id(&self) -> Option<u32> {
        u32::from_str_radix(&self.pci_device, 16).ok().filter(|id| *id <= 0xffff).map(|id| (id << 16) | 0x10de)
    }

    /// The sixteen bytes of its UUID.
    pub fn uuid_bytes(&self) -> Option<[u8; 16]> {
        let digits = self.uuid.replace('-', "");
        let number = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32 && self.uuid.len() == 36)?;
        Some(number.to_be_bytes())
    }

    fn check(&self) -> Result<(), &'static str> {
        self.pci_place().ok_or("pci is like 0000:01:00.0")?;
        self.pci_id().ok_or("pci_device is four hex digits")?;
        self.uuid_bytes().ok_or("uuid is like 0b1c2d3e-4f50-6172-8394-a5b6c7d8e9fa")?;
        match &self.mig {
            Some(mig) if mig.instances > 7 => Err("mig has at most seven instances"),
            Some(mig) if mig.instances > 0 && !mig.current => Err("mig has instances where it is on only"),
            _ if self.reserved > self.memory => Err("reserved is a part of memory"),
            _ => Ok(()),
        }
    }
}

/// The scenario that `GPUCHECK_FAKE` names. Without a usable one it says why on standard error and aborts: a test that
/// runs on a scenario nobody wrote proves nothing.
pub fn current() -> &'static Scenario {
    static SCENARIO: OnceLock<Scenario> = OnceLock::new();
    SCENARIO.get_or_init(|| match read() {
        Ok(scenario) => scenario,
        Err(why) => {
            eprintln!("fake-driver: {why}");
            process::abort();
        }
    })
}

fn read() -> Result<Scenario, String> {
    let path = std::env::var_os("GPUCHECK_FAKE").ok_or("GPUCHECK_FAKE names no scenario file")?;
    let shown = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    Scenario::parse(&text).map_err(|why| format!("{shown}: {why}"))
}
