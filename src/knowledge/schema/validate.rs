//! What a knowledge file must hold beyond its types: keys that exist, dates that are dates, rows that do not contradict each other.

use std::collections::BTreeMap;

use super::{
    AdviceFile, ArchListFile, ArchitectureFile, Basis, CudaFile, GpuFile, PackageFile, TorchFile,
    problem::{Places, Problem},
};

/// Collects the faults of one table array.
struct Table<'a> {
    places: &'a Places<'a>,
    name: &'static str,
    sources: &'a BTreeMap<String, String>,
    problems: Vec<Problem>,
}

impl<'a> Table<'a> {
    fn new(places: &'a Places<'a>, name: &'static str, sources: &'a BTreeMap<String, String>) -> Self {
        Self { places, name, sources, problems: Vec::new() }
    }

    fn fault(&mut self, index: usize, field: &str, message: impl Into<String>) {
        self.problems.push(self.places.problem(self.name, index, field, message));
    }

    /// Every row names where it is written and when it was checked.
    fn provenance(&mut self, index: usize, source: &[String], verified: &str) {
        if source.is_empty() {
            self.fault(index, "source", "a row needs a source");
        }
        for key in source {
            if !self.sources.contains_key(key) {
                self.fault(index, "source", format!("source '{key}' is not in [sources]"));
            }
        }
        if !is_date(verified) {
            self.fault(index, "verified", format!("'{verified}' is not a date such as 2026-11-21"));
        }
    }

    /// No two rows may stand for the same thing.
    fn unique<K: Ord + ToString>(&mut self, field: &str, keys: impl IntoIterator<Item = (usize, K)>) {
        let mut seen = BTreeMap::new();
        for (index, key) in keys {
            let text = key.to_string();
            if seen.insert(key, index).is_some() {
                self.fault(index, field, format!("{field} '{text}' is in an earlier row already"));
            }
        }
    }
}

pub fn is_date(text: &str) -> bool {
    let numbers: Vec<Option<u32>> = text.split('-').map(|part| part.parse().ok()).collect();
    text.len() == 10 && matches!(numbers[..], [Some(2000..=2100), Some(1..=12), Some(1..=31)])
}

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
    }
    // Products share device ids (the subsystem tells them apart), but never the chip and so never the capability.
    let mut capability = BTreeMap::new();
    for (index, row) in file.gpu.iter().enumerate() {
        for id in &row.pci {
            let first = *capability.entry(id).or_insert(row.capability);
            if first != row.capability {
                table.fault(index, "pci", format!("PCI id {id} is of capability {first} in an earlier row"));
            }
        }
    }
    table.problems
}

/// `architectures.toml`
pub fn architectures(file: &ArchitectureFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "architecture", &file.sources);
    for (index, row) in file.architecture.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if let (Some(first), Some(last)) = (row.first_toolkit, row.last_toolkit)
            && last < first
        {
            table.fault(index, "last_toolkit", format!("the last toolkit {last} is older than the first, {first}"));
        }
        if let (Some(first), Some(last)) = (&row.driver_first_linux, row.driver_last_branch)
            && last < first.branch()
        {
            table.fault(index, "driver_last_branch", format!("branch {last} is older than the first driver, {first}"));
        }
    }
    table.unique("capability", file.architecture.iter().enumerate().map(|(index, row)| (index, row.capability)));
    let mut problems = table.problems;
    let mut table = Table::new(places, "family", &file.sources);
    for (index, row) in file.family.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !row.devices.contains(&row.code) && row.code != row.devices.first().copied().unwrap_or(row.code) {
            table.fault(index, "devices", format!("{} cannot run its own code", row.code));
        }
    }
    table.unique("code", file.family.iter().enumerate().map(|(index, row)| (index, row.code)));
    problems.append(&mut table.problems);
    let mut table = Table::new(places, "sass_exclusion", &file.sources);
    for (index, row) in file.sass_exclusion.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    problems.append(&mut table.problems);
    let mut table = Table::new(places, "same_chip", &file.sources);
    for (index, row) in file.same_chip.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    problems.append(&mut table.problems);
    problems
}

/// `cuda.toml`
pub fn cuda(file: &CudaFile, places: &Places<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |name, rows: Vec<(&[String], &str)>, field: &str, keys: Vec<String>| {
        let mut table = Table::new(places, name, &file.sources);
        for (index, (source, verified)) in rows.into_iter().enumerate() {
            table.provenance(index, source, verified);
        }
        table.unique(field, keys.into_iter().enumerate());
        problems.append(&mut table.problems);
    };
    macro_rules! rows {
        ($table:ident, $field:ident) => {
            check(
                stringify!($table),
                file.$table.iter().map(|row| (row.source.as_slice(), row.verified.as_str())).collect(),
                stringify!($field),
                file.$table.iter().map(|row| row.$field.to_string()).collect(),
            );
        };
    }
    rows!(runtime, major);
    rows!(toolkit, version);
    rows!(ptx, isa);
    rows!(driver, branch);
    rows!(branch, branch);
    rows!(compression, kind);
    let mut table = Table::new(places, "ptx", &file.sources);
    for (index, pair) in file.ptx.windows(2).enumerate() {
        if let [earlier, later] = pair
            && (earlier.isa >= later.isa || earlier.cuda > later.cuda)
        {
            table.fault(index + 1, "isa", format!("ISA {} must come after {}", later.isa, earlier.isa));
        }
    }
    problems.append(&mut table.problems);
    problems
}

/// `torch.toml`
pub fn torch(file: &TorchFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "release", &file.sources);
    for (index, row) in file.release.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        if !is_date(&row.released) {
            table.fault(index, "released", format!("'{}' is not a date such as 2026-11-21", row.released));
        }
        if row.python.is_empty() {
            table.fault(index, "python", "a release has wheels for some Python version");
        }
        let mut seen = BTreeMap::new();
        for build in &row.builds {
            let name = format!("{} on {}", build.variant, build.platform);
            if seen.insert((&build.variant, build.platform), ()).is_some() {
                table.fault(index, "builds", format!("build {name} is there twice"));
            }
            for key in build.source.iter().filter(|key| !file.sources.contains_key(*key)) {
                table.fault(index, "builds", format!("build {name}: source '{key}' is not in [sources]"));
            }
            if build.source.is_empty() {
                table.fault(index, "builds", format!("build {name} needs a source"));
            }
            if build.cuda().is_none() && build.variant != "cpu" {
                table.fault(index, "builds", format!("build {name}: a variant is cpu or cu and a CUDA release"));
            }
            if build.sass.is_some() && matches!(build.basis, Basis::None | Basis::NoGpuCode) {
                table.fault(index, "builds", format!("build {name} lists code without a basis for it"));
            }
        }
        let platforms: Vec<_> =
            row.builds.iter().filter(|build| build.pypi_default).map(|build| build.platform).collect();
        for (position, platform) in platforms.iter().enumerate() {
            if platforms.iter().take(position).any(|earlier| earlier == platform) {
                table.fault(index, "builds", format!("two builds are the default on {platform}"));
            }
        }
    }
    table.unique("version", file.release.iter().enumerate().map(|(index, row)| (index, row.version.as_str())));
    table.problems
}

/// `arch_list.toml`
pub fn arch_list(file: &ArchListFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "parser", &file.sources);
    for (index, row) in file.parser.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    table.unique("versions", file.parser.iter().enumerate().map(|(index, row)| (index, row.versions.as_str())));
    table.problems
}

/// `advice.toml`
pub fn advice(file: &AdviceFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "advice", &file.sources);
    for (index, row) in file.advice.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    table.problems
}

/// `packages/*.toml`
pub fn package(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "package", &file.sources);
    table.provenance(0, &file.package.source, &file.package.verified);
    let mut problems = table.problems;
    let mut table = Table::new(places, "ptxas", &file.sources);
    for (index, row) in file.ptxas.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
    }
    table.unique("versions", file.ptxas.iter().enumerate().map(|(index, row)| (index, row.versions.as_str())));
    problems.append(&mut table.problems);
    problems
}
