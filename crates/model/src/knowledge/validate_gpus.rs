//! What `gpus.toml` must hold beyond its types.

use std::collections::BTreeMap;

use super::{
    GpuFile, GpuRow,
    problem::{Places, Problem},
    validate::Table,
};

fn is_pci_device(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// `gpus.toml`
pub fn gpus(file: &GpuFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "gpu", &file.sources);
    for (index, row) in file.gpu.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        for id in row.pci.iter().filter(|id| !is_pci_device(id)) {
            table.fault(index, "pci", format!("'{id}' is not a PCI device id of four lower-case hex digits"));
        }
        if row.name.trim().is_empty() || row.aliases.iter().any(|alias| alias.trim().is_empty()) {
            table.fault(index, "name", "a product needs a name, and aliases must not be empty");
        }
        if row.memory_gb.contains(&0) {
            table.fault(index, "memory_gb", "memory must not be 0 GB");
        }
        if row.driver_first.windows(2).any(|pair| matches!(pair, [a, b] if a.branch() >= b.branch())) {
            table.fault(index, "driver_first", "list one driver for each branch, oldest branch first");
        }
    }
    let rows: Vec<&GpuRow> = file.gpu.iter().collect();
    for (index, field, message) in contradictions(&rows) {
        table.fault(index, field, message);
    }
    table.problems
}

/// Rows that cannot both be right, told at the later one. Products share device ids (the subsystem tells them apart), but never the
/// chip and so never the capability; and one name with one capability is one product.
pub fn contradictions(rows: &[&GpuRow]) -> Vec<(usize, &'static str, String)> {
    let mut found = Vec::new();
    let (mut capability, mut names) = (BTreeMap::new(), BTreeMap::new());
    for (index, row) in rows.iter().enumerate() {
        for id in &row.pci {
            let first = *capability.entry(id).or_insert(row.capability);
            if first != row.capability {
                found.push((index, "pci", format!("PCI id {id} has capability {first} in another row")));
            }
        }
        if names.insert((&row.name, row.capability), index).is_some() {
            found.push((index, "name", format!("another row already has '{}' with this capability", row.name)));
        }
    }
    found
}
