//! Whether the firmware and the kernel admit signed modules only, by the variables of the firmware.
//!
//! Source of the layout: the kernel's documentation of efivarfs (four bytes of attributes, then the value), and its
//! drivers/firmware/efi/libstub/secureboot.c for which variables decide.

use std::path::Path;

use crate::{
    facts::{Fact, Source},
    system::Root,
};

const FIRMWARE: &str = "/sys/firmware";
const VARIABLES: &str = "/sys/firmware/efi/efivars";
/// UEFI's own variables.
const GLOBAL: &str = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
/// Those of shim, the boot loader's loader: its owner can switch the checking of signatures off (`mokutil --disable-validation`).
const SHIM: &str = "605dab50-e046-4300-abb6-3dd810dd8b23";
/// Attribute of a variable that outlives a reboot. Shim's mirror of its state does not; one that does was put there by others.
const NON_VOLATILE: u8 = 1;

/// Whether Secure Boot is in force.
pub fn secure_boot(root: &Root) -> Fact<bool> {
    let Ok(firmware) = root.list(Path::new(FIRMWARE)) else {
        return Fact::unknown(format!("{FIRMWARE} cannot be read"));
    };
    if firmware.is_empty() {
        // Containers have an empty folder laid over it.
        return Fact::unknown(format!("{FIRMWARE} is empty"));
    }
    if !firmware.iter().any(|name| name == "efi") {
        // Started without UEFI, and only that has Secure Boot.
        return Fact::known(false, Source::file(FIRMWARE));
    }
    let name = format!("SecureBoot-{GLOBAL}");
    let file = format!("{VARIABLES}/{name}");
    if let Some((_, on)) = variable(root, &file) {
        let setup = variable(root, &format!("{VARIABLES}/SetupMode-{GLOBAL}"));
        let shim = variable(root, &format!("{VARIABLES}/MokSBStateRT-{SHIM}"));
        let lax = setup.is_some_and(|(_, value)| value == 1)
            || shim.is_some_and(|(attributes, value)| value == 1 && attributes & NON_VOLATILE == 0);
        return Fact::known(on == 1 && !lax, Source::file(file));
    }
    let variables = root.list(Path::new(VARIABLES)).unwrap_or_default();
    // An empty folder means that nothing was mounted on it.
    if variables.is_empty() || variables.iter().any(|other| *other == *name) {
        return Fact::unknown(format!("{file} cannot be read"));
    }
    // Firmware that does not know it.
    Fact::known(false, Source::file(VARIABLES))
}

/// Attributes and value of a variable of one byte.
fn variable(root: &Root, file: &str) -> Option<(u8, u8)> {
    match root.read(Path::new(file), 16).ok()?.as_slice() {
        [attributes, _, _, _, value] => Some((*attributes, *value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_variables_decide() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        let folder = dir.path().join("sys/firmware/efi/efivars");
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        assert!(secure_boot(&root).is_unknown());
        fs::create_dir_all(dir.path().join(FIRMWARE.trim_start_matches('/'))).unwrap();
        assert!(secure_boot(&root).is_unknown());
        fs::create_dir_all(dir.path().join("sys/firmware/acpi")).unwrap();
        assert_eq!(secure_boot(&root).value(), Some(&false));
        fs::create_dir_all(&folder).unwrap();
        assert!(secure_boot(&root).is_unknown());
        write(&format!("SetupMode-{GLOBAL}"), &[6, 0, 0, 0, 0]);
        assert_eq!(secure_boot(&root).value(), Some(&false));
        let own = format!("SecureBoot-{GLOBAL}");
        write(&own, &[6, 0, 0]);
        assert!(secure_boot(&root).is_unknown());
        write(&own, &[6, 0, 0, 0, 0]);
        assert_eq!(secure_boot(&root).value(), Some(&false));
        write(&own, &[6, 0, 0, 0, 1]);
        assert_eq!(secure_boot(&root).value(), Some(&true));
        write(&format!("MokSBStateRT-{SHIM}"), &[7, 0, 0, 0, 1]);
        assert_eq!(secure_boot(&root).value(), Some(&true));
        write(&format!("MokSBStateRT-{SHIM}"), &[6, 0, 0, 0, 1]);
        assert_eq!(secure_boot(&root).value(), Some(&false));
    }
}
