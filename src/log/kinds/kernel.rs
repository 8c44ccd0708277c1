//! The kernel's log and `/proc/driver/nvidia/version`: the loaded module, its flavour, and PCI ids.

use super::{Group, Kind};
use crate::{
    facts::KernelModule,
    log::{
        Line,
        found::{Found, Weight},
        words::{behind, find, has, numbers},
    },
};

pub(super) const KIND: Kind = Kind {
    hints: &["Kernel Module", "kernel modules", "PCI ID: 10de:", "[10de:", "NVRM version", " driver release"],
    groups: &[MODULE, RELEASE, PCI],
    read,
    answers: false,
};

const MODULE: Group = Group { place: 0, words: &["Kernel Module"] };
const RELEASE: Group = Group { place: 1, words: &[" driver release"] };
const PCI: Group = Group { place: 2, words: &["PCI ID: 10de:", "[10de:"] };

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if line.has(MODULE) && !has(text, "requires") && !has(text, "use of the NVIDIA open") {
        for (key, flavour) in [
            ("Open Kernel Module", Some(KernelModule::Open)),
            ("Open GPU Kernel Modules", Some(KernelModule::Open)),
            ("Kernel Module", None),
        ] {
            // The open ones are called kernel modules, too.
            if flavour.is_none() && has(text, "Open Kernel Module") {
                continue;
            }
            for rest in behind(text, key) {
                let rest = rest.trim_start().trim_start_matches("for x86_64").trim_start_matches("for aarch64");
                let Some(version) = numbers(rest).filter(|version| version.contains('.')) else { continue };
                let is_table = has(text, "NVRM version");
                let flavour = flavour.or(is_table.then_some(KernelModule::Proprietary));
                found.module(version, flavour, line.number);
                found.driver(version, line.number, Weight::Likely);
            }
        }
        if has(text, "proprietary kernel module") {
            found.flavour(KernelModule::Proprietary, line.number);
        }
    }
    // `NVIDIA 520.56.06 driver release`, of the kernel's messages about a GPU that it does not support.
    if line.has(RELEASE)
        && let Some(version) = find(text, " driver release").and_then(|end| text.get(..end)?.rsplit(' ').next())
    {
        found.driver(version, line.number, Weight::Likely);
    }
    for key in PCI.words.iter().filter(|_| line.has(PCI)) {
        for rest in behind(text, key) {
            if let Some(id) = rest.get(..4).filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
                found.pci(id, line.number);
            }
        }
    }
}
