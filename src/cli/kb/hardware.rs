//! Cards of GPUs, architectures and drivers.

use serde_json::json;

use super::{
    card::{Card, list},
    unknown,
};
use crate::{
    facts::{ComputeCapability, DriverVersion},
    knowledge::{ArchitectureRow, GpuRow, JetpackRow, Knowledge, OpenModules},
};

/// The most major numbers that one branch covers: Windows keeps counting inside a branch (R570 reached 573).
const BRANCH_WIDTH: u32 = 5;

/// The products that a name means.
pub fn gpu(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let answer = knowledge.find_gpu(name)?;
    let rows: Vec<&GpuRow> = knowledge
        .gpus()
        .filter(|row| match &answer.pci {
            Some(id) => row.pci.contains(id),
            None if answer.from_row => row.name == answer.name,
            None => false,
        })
        .collect();
    let Some(architecture) = knowledge.architecture(answer.capability) else {
        anyhow::bail!(
            "{} has compute capability {}, which is not in the knowledge base",
            answer.name,
            answer.capability
        );
    };
    let mut cards: Vec<Card> = rows.iter().map(|row| product(knowledge, row)).collect();
    cards.push(of_architecture(knowledge, architecture));
    Ok(cards)
}

fn product(knowledge: &Knowledge, row: &GpuRow) -> Card {
    let sources = knowledge.gpu_sources(&row.source);
    let some = |items: Vec<String>| (!items.is_empty()).then(|| items.join(", "));
    Card::new(&row.name, row, sources, &row.verified)
        .line("compute capability", row.capability.to_string())
        .maybe("PCI device ids", some(row.pci.iter().map(|id| format!("10de:{id}")).collect()))
        .maybe("chip", some(row.chip.clone()))
        .maybe("memory", some(row.memory_gb.iter().map(|size| format!("{size} GB")).collect()))
        .maybe("first drivers", some(row.driver_first.iter().map(ToString::to_string).collect()))
        .maybe("machines", some(row.platforms.iter().map(ToString::to_string).collect()))
        .maybe("also called", some(row.aliases.clone()))
}

/// An architecture, by any of its spellings.
pub fn architecture(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let found = knowledge.find_gpu(name).ok().and_then(|answer| knowledge.architecture(answer.capability));
    let names: Vec<String> = knowledge.capabilities().map(|capability| format!("sm_{}", capability.number())).collect();
    let nearest = || crate::knowledge::nearest(name, names.iter().map(String::as_str));
    let row = found
        .ok_or_else(|| unknown("architecture", name, &nearest(), &format!("known architectures: {}", list(&names))))?;
    Ok(vec![of_architecture(knowledge, row)])
}

fn of_architecture(knowledge: &Knowledge, row: &ArchitectureRow) -> Card {
    let toolkits = match (row.first_toolkit, row.last_toolkit) {
        (Some(first), Some(last)) => Some(format!("{first} to {last}")),
        (Some(first), None) => Some(format!("{first} and newer")),
        _ => None,
    };
    let drivers = [("Linux", &row.driver_first_linux), ("Windows", &row.driver_first_windows)];
    let first: Vec<String> =
        drivers.iter().filter_map(|(os, driver)| driver.as_ref().map(|driver| format!("{driver} ({os})"))).collect();
    let modules = row.open_kernel_modules.map(|open| match open {
        OpenModules::Required => "open only",
        OpenModules::Supported => "open or proprietary",
        OpenModules::Impossible => "proprietary only; not supported by the open ones",
    });
    let products = knowledge.gpus().filter(|gpu| gpu.capability == row.capability).count();
    let tegra = if row.tegra { ", integrated (Jetson, Drive)" } else { "" };
    Card::new(
        format!("sm_{}, compute capability {}: {}{tegra}", row.capability.number(), row.capability, row.generation),
        row,
        knowledge.architecture_sources(&row.source),
        &row.verified,
    )
    .maybe("CUDA toolkits", toolkits)
    .maybe("first drivers", (!first.is_empty()).then(|| first.join(", ")))
    .maybe("last driver branch", row.driver_last_branch.map(|branch| branch.to_string()))
    .maybe("kernel modules", modules)
    .line("products", products.to_string())
}

/// A driver, or the branch that its number belongs to.
pub fn driver(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let version: DriverVersion = name.trim_start_matches(['R', 'r']).parse()?;
    let of_jetson: Vec<Card> =
        knowledge.jetpacks(&[]).filter(|row| row.driver == version).map(|row| jetpack(knowledge, row)).collect();
    // A branch that only Jetsons have is no desktop's.
    if !of_jetson.is_empty() && !knowledge.driver_branches().any(|branch| branch == version.branch()) {
        return Ok(of_jetson);
    }
    let branches = knowledge.branches();
    // On Windows a branch covers several tens of numbers: 581.57 is of branch 580.
    let branch = branches.iter().copied().filter(|branch| *branch <= version.branch()).max();
    let newest = branches.last().copied().unwrap_or_default();
    let known = branch.filter(|branch| *branch < newest || version.branch() < newest + BRANCH_WIDTH);
    let otherwise = format!("known branches: {}", list(&branches));
    let branch = known.ok_or_else(|| unknown("driver", name, &[], &otherwise))?;
    let cuda = knowledge.driver_cuda(&version);
    let life = knowledge.branch(branch);
    let served: Vec<&ArchitectureRow> =
        knowledge.architecture_rows().iter().filter(|row| !row.tegra && serves(row, branch)).collect();
    let generations = |rows: &[&ArchitectureRow]| {
        let capabilities: Vec<ComputeCapability> = rows.iter().map(|row| row.capability).collect();
        list(&capabilities)
    };
    let ending: Vec<&ArchitectureRow> =
        served.iter().copied().filter(|row| row.driver_last_branch == Some(branch)).collect();
    let title = match name == branch.to_string() {
        true => format!("driver branch R{branch}"),
        false => format!("driver {version} (branch R{branch})"),
    };
    let row = json!({
        "branch": branch, "cuda": cuda, "life": life,
        "capabilities": served.iter().map(|row| row.capability).collect::<Vec<_>>(),
    });
    let (sources, verified) = knowledge.branch_sources(branch);
    let programs = cuda.map(|cuda| format!("CUDA {} and older", cuda.major));
    let card = Card::new(title, &row, sources, &verified)
        .maybe("CUDA", cuda.map(|cuda| cuda.to_string()))
        .maybe("runs programs for", programs)
        .maybe("kind", life.map(|life| life.kind.clone()))
        .maybe("end of life", life.and_then(|life| life.eol.clone()))
        .maybe("listed as ended in", life.and_then(|life| life.ended_by.clone()))
        .maybe("newest version seen", life.and_then(|life| life.newest.as_ref().map(ToString::to_string)))
        .line("compute capabilities", generations(&served));
    let card = card.maybe("last branch for", (!ending.is_empty()).then(|| generations(&ending)));
    Ok([card].into_iter().chain(of_jetson).collect())
}

/// A release of JetPack.
fn jetpack(knowledge: &Knowledge, row: &JetpackRow) -> Card {
    Card::new(
        format!("driver {}, of JetPack {}", row.driver, row.version),
        row,
        knowledge.jetpack_sources(&row.source),
        &row.verified,
    )
    .line("Jetson Linux", row.l4t.clone())
    .line("CUDA", row.cuda.to_string())
    .line("compute capabilities", list(&row.capabilities))
    .line("Python", row.python.to_string())
}

/// Whether any driver of a branch supports an architecture.
fn serves(row: &ArchitectureRow, branch: u32) -> bool {
    let first = row.driver_first_linux.as_ref().or(row.driver_first_windows.as_ref());
    first.is_none_or(|first| first.branch() <= branch) && row.driver_last_branch.is_none_or(|last| last >= branch)
}
