//! Cards of packages, of shared libraries and of error texts.

use super::{
    card::{Card, list},
    unknown,
};
use crate::{
    facts::Target,
    knowledge::{CommonOwner, ErrorKind, Knowledge, Level, PackageBuild, PackageFile, ProblemRow, nearest},
    python,
};

/// A package: its builds and its known problems; with a version (`bitsandbytes 0.48.1`, `bitsandbytes==0.48.1`) only those that
/// apply to it.
pub fn package(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let (name, version) = match name.split_once("==").or_else(|| name.split_once(' ')) {
        Some((name, version)) => (name.trim(), Some(version.trim()).filter(|version| !version.is_empty())),
        None => (name, None),
    };
    let name = python::normalize(name);
    let Some(file) = knowledge.package_file(&name) else {
        let names = knowledge.package_files().flat_map(PackageFile::names);
        let otherwise = "packages without a row are judged by their own binaries alone";
        return Err(unknown("package", &name, &nearest(&name, names), otherwise));
    };
    let speaks = |range: Option<&str>| match (version, range) {
        (Some(version), Some(range)) => python::in_range(range, version) == Some(true),
        _ => true,
    };
    let of_name = |of: &[String]| of.is_empty() || of.contains(&name);
    let mut cards = vec![of_file(file)];
    let builds = file.build.iter().filter(|row| speaks(Some(&row.versions)) && of_name(&row.of));
    cards.extend(builds.map(|row| of_build(file, row)));
    let unpublished = file.unpublished.iter().filter(|row| speaks(Some(&row.versions)));
    cards.extend(unpublished.map(|row| {
        let title = format!("{} {} is not on the index", file.package.name, row.versions);
        Card::new(title, row, file.sources_of(&row.source), &row.verified)
            .line("available", &row.there)
            .maybe("instead", row.instead.as_ref())
    }));
    let wheels = file.wheels.iter().filter(|_| version.is_none());
    cards.extend(wheels.map(|row| {
        let title = format!("{} for torch {}", list(row.versions.keys().cloned().collect::<Vec<_>>()), row.torch);
        Card::new(title, row, file.sources_of(&row.source), &row.verified)
            .line("variants", list(&row.variants))
            .line("wheels", &row.links)
    }));
    let problems = file.problem.iter().filter(|row| speaks(row.versions.as_deref()) && of_name(&row.of));
    cards.extend(problems.map(|row| of_problem(file, row)));
    if let (Some(version), [card]) = (version, &mut cards[..]) {
        card.lines.push((version.to_owned(), "no row covers this version".to_owned()));
    }
    Ok(cards)
}

fn of_file(file: &PackageFile) -> Card {
    let row = &file.package;
    Card::new(&row.name, row, file.sources_of(&row.source), &row.verified)
        .maybe("other names", (!row.names.is_empty()).then(|| list(&row.names)))
        .maybe("deciding libraries", (!row.main.is_empty()).then(|| list(&row.main)))
}

fn of_build(file: &PackageFile, row: &PackageBuild) -> Card {
    let title = match row.of.as_slice() {
        [] => format!("{} {}", file.package.name, row.versions),
        of => format!("{} {}", of.join(", "), row.versions),
    };
    let mut card = Card::new(title, row, file.sources_of(&row.source), &row.verified)
        .maybe("platforms", (!row.platforms.is_empty()).then(|| list(&row.platforms)))
        .maybe("machine code", row.sass.as_deref().map(|sass| targets("sm", sass)))
        .maybe("PTX", (!row.ptx.is_empty()).then(|| targets("compute", &row.ptx)))
        .maybe("PTX ISA", row.isa.map(|isa| isa.to_string()));
    for variant in &row.variants {
        card = card
            .line("machine code", format!("for CUDA {}: {}", variant.cuda.join(", "), targets("sm", &variant.sass)));
    }
    card.maybe("minimum GPU", row.minimum.map(|least| format!("compute capability {least} or newer")))
        .maybe("CUDA", row.cuda.map(|cuda| cuda.to_string()))
        .maybe("cuDNN", row.cudnn.map(|cudnn| cudnn.to_string()))
        .maybe("torch", row.torch.as_ref())
        .maybe("beside", row.beside.as_ref().map(ToString::to_string))
        .maybe("extra", row.extra.as_ref())
        .maybe("requires", (!row.requires.is_empty()).then(|| list(&row.requires)))
        .maybe("links to torch", row.links_torch.then_some("yes"))
        .maybe("needs", (!row.needs.is_empty()).then(|| list(&row.needs)))
        .maybe("provides", (!row.brings.is_empty()).then(|| list(&row.brings)))
        .maybe("newest", row.newest.as_ref())
        .line("basis", row.confidence.words())
}

fn targets(kind: &str, targets: &[Target]) -> String {
    if targets.is_empty() { "none".to_owned() } else { list(targets.iter().map(|target| format!("{kind}_{target}"))) }
}

fn of_problem(file: &PackageFile, row: &ProblemRow) -> Card {
    let level = match row.severity {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let versions = row.versions.as_deref().unwrap_or("any version");
    Card::new(format!("{}: {versions}", row.id), row, file.sources_of(&row.source), &row.verified)
        .line(level, &row.title)
        .line("page", format!("`gpucheck rule {}`", row.slug()))
        .line("basis", row.confidence.words())
}

/// A shared library and what provides it.
pub fn library(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let mut cards: Vec<Card> = knowledge
        .distributions_with(name)
        .map(|row| {
            let title = format!("{name} is in {}", row.distribution);
            Card::new(title, row, knowledge.library_sources(&row.source), &row.verified)
                .maybe("versions", row.versions.as_ref())
                .maybe("CUDA", row.cuda.map(|cuda| cuda.to_string()))
        })
        .collect();
    cards.extend(knowledge.common_rows(name).map(|row| {
        let by = match row.by {
            CommonOwner::System => "the operating system and its C and C++ runtimes",
            CommonOwner::Driver => "NVIDIA's driver",
            CommonOwner::Python => "the Python interpreter",
        };
        Card::new(name, row, knowledge.library_sources(&row.source), &row.verified).line("provided by", by)
    }));
    if cards.is_empty() {
        let otherwise = "give its versioned file name, such as libcublas.so.12 or cublas64_12.dll";
        return Err(unknown("library", name, &nearest(name, knowledge.library_names()), otherwise));
    }
    Ok(cards)
}

/// The kinds of errors that a text, or a piece of one, may be.
pub fn error(knowledge: &Knowledge, text: &str) -> anyhow::Result<Vec<Card>> {
    let lower = text.to_lowercase();
    let says = |part: &String| part.to_lowercase().contains(&lower);
    let rows = knowledge.errors().iter().filter(|row| row.id == text || row.fits(text) || row.text.iter().any(says));
    let cards: Vec<Card> = rows
        .map(|row| {
            let mut card = Card::new(&row.id, row, knowledge.error_sources(&row.source), &row.verified);
            for text in &row.text {
                card = card.line("log text", text);
            }
            let defect = match row.kind {
                ErrorKind::Defect => None,
                ErrorKind::NoGpu => Some("no: there is no GPU to run on"),
                ErrorKind::NotJudged => Some("no: the GPU is busy or full"),
                ErrorKind::Program => Some("no: the program, its data, the network or the hardware is at fault"),
                ErrorKind::Harmless => Some("no: it is harmless"),
            };
            for rule in row.finding.iter().chain(&row.newer).chain(&row.older).chain(&row.rules) {
                card = card.line("rule", format!("{rule} (`gpucheck rule {rule}`)"));
            }
            card.line("meaning", &row.meaning).maybe("defect", defect).maybe("what to do", row.help.as_ref())
        })
        .collect();
    if cards.is_empty() {
        let ids = knowledge.errors().iter().map(|row| row.id.as_str());
        return Err(unknown("error", text, &nearest(text, ids), "give a line or some words of the message"));
    }
    Ok(cards)
}
