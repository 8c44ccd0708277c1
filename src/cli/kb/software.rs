//! Cards of torch, CUDA toolkits, variables and failures.

use gpucheck_ground::Order as _;

use super::{
    card::{Card, list},
    unknown,
};
use crate::{
    facts::{CudaVersion, Platform, Target},
    knowledge::{Knowledge, TorchBuild, TorchRelease, nearest, python_range},
};

/// A release of torch, or one build on every platform.
pub fn torch(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let (public, variant) = name.split_once('+').map_or((name, None), |(public, variant)| (public, Some(variant)));
    let Some(release) = knowledge.torch_release(public) else {
        return nightly(knowledge, name).ok_or_else(|| {
            let versions: Vec<&str> = knowledge.torch_releases().map(|release| release.version.as_str()).collect();
            let newest = versions.last().copied().unwrap_or_default();
            let newer = knowledge.is_newer_torch(public);
            let otherwise =
                format!("the newest known release is {newest}; an installed torch is judged by its own binaries");
            let near = if newer { Vec::new() } else { nearest(public, versions) };
            unknown("torch release", public, &near, &otherwise)
        });
    };
    let Some(variant) = variant else { return Ok(vec![of_release(knowledge, release)]) };
    let builds: Vec<&TorchBuild> = release.builds.iter().filter(|build| build.variant == variant).collect();
    if builds.is_empty() {
        let mut variants: Vec<&str> = release.builds.iter().map(|build| build.variant.as_str()).collect();
        variants.order();
        variants.dedup();
        anyhow::bail!("torch {public} has no {variant} build; known builds: {}", variants.join(", "));
    }
    Ok(builds.into_iter().map(|build| of_build(knowledge, release, build)).collect())
}

/// The row of a nightly build.
fn nightly(knowledge: &Knowledge, name: &str) -> Option<Vec<Card>> {
    let rows: Vec<Card> = knowledge
        .nightlies()
        .iter()
        .filter(|row| knowledge.torch_nightly(name, row.platform) == Some(row))
        .map(|row| {
            let title = format!("nightly builds of torch {} as {} on {}", row.versions, row.variant, row.platform);
            Card::new(title, row, knowledge.torch_sources(&row.source), &row.verified)
                .line("machine code", list(&row.sass))
                .line("PTX", listed(&row.ptx))
                .line("index", format!("https://download.pytorch.org/{}", row.index))
        })
        .collect();
    (!rows.is_empty()).then_some(rows)
}

fn listed(targets: &[Target]) -> String {
    if targets.is_empty() { "none".to_owned() } else { list(targets) }
}

fn platforms(platforms: &[Platform]) -> Option<String> {
    let names: Vec<String> = platforms.iter().map(Platform::to_string).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn of_release(knowledge: &Knowledge, release: &TorchRelease) -> Card {
    let mut card = Card::new(
        format!("torch {}", release.version),
        release,
        knowledge.torch_sources(&release.source),
        &release.verified,
    )
    .line("released", &release.released)
    .line("Python", python_range(&release.python))
    .line("Linux wheels", &release.manylinux)
    .maybe("torchvision", release.torchvision.as_ref())
    .maybe("torchaudio", release.torchaudio.as_ref())
    .maybe("Python of both", release.companions_python.as_deref().map(python_range))
    .maybe("both without a variant in their version", platforms(&release.companions_without_variant))
    .maybe("triton", release.triton.as_ref())
    .maybe("NCCL", release.nccl.as_ref())
    .maybe("note", release.note.as_ref());
    for build in &release.builds {
        let code = match (&build.sass, &build.ptx) {
            (None, _) if build.variant == "cpu" => "no CUDA".to_owned(),
            (None, _) => "code unknown".to_owned(),
            (Some(sass), Some(ptx)) if !ptx.is_empty() => format!("{}, PTX {}", list(sass), list(ptx)),
            (Some(sass), _) => list(sass),
        };
        let default = if build.pypi_default { ", the default on PyPI" } else { "" };
        card = card.line("builds", format!("{} on {}: {code}{default}", build.variant, build.platform));
    }
    card
}

fn of_build(knowledge: &Knowledge, release: &TorchRelease, build: &TorchBuild) -> Card {
    let index = match build.pypi_default {
        true => "PyPI".to_owned(),
        false => format!("https://download.pytorch.org/{}", build.index),
    };
    Card::new(
        format!("torch {} on {}", build.full_version(release), build.platform),
        build,
        knowledge.torch_sources(&build.source),
        &release.verified,
    )
    .maybe("machine code", build.sass.as_ref().map(list))
    .maybe("PTX", build.ptx.as_deref().map(listed))
    .maybe("in a few fatbins only", build.partial.as_ref().filter(|list| !list.is_empty()).map(list))
    .maybe("unknown", build.unknown.as_ref())
    .maybe("CUDA toolkit", build.toolkit.as_ref())
    .maybe("cuDNN", build.cudnn.as_ref())
    .line("Python", python_range(release.python_of(build)))
    .maybe("glibc", release.glibc_of(build).map(|glibc| format!("{glibc} or newer")))
    .line("index", index)
    .line("published", build.published.describe())
    .line("basis for code", build.basis.describe())
    .maybe("note", build.note.as_ref())
}

/// A toolkit, or all of a CUDA release.
pub fn cuda(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let exact = knowledge.toolkit_rows().iter().filter(|row| row.version == name);
    let family = knowledge
        .toolkit_rows()
        .iter()
        .filter(|row| row.version.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')) && name.contains('.'));
    let rows: Vec<_> = exact.chain(family).collect();
    if rows.is_empty() {
        let versions: Vec<&str> = knowledge.toolkit_rows().iter().map(|row| row.version.as_str()).collect();
        let range =
            format!("known toolkits: {} to {}", versions.first().unwrap_or(&""), versions.last().unwrap_or(&""));
        return Err(unknown("CUDA toolkit", name, &nearest(name, versions), &range));
    }
    let card = |row: &crate::knowledge::ToolkitRow| {
        let cuda: Option<CudaVersion> = row.version.parse().ok();
        let floors = cuda.and_then(|cuda| knowledge.runtime_floors(cuda.major));
        let full = [("Linux", &row.min_driver_linux), ("Windows", &row.min_driver_windows)];
        let full: Vec<String> =
            full.iter().filter_map(|(os, driver)| driver.as_ref().map(|driver| format!("{driver} ({os})"))).collect();
        let mut card = Card::new(
            format!("CUDA toolkit {}", row.version),
            row,
            knowledge.cuda_sources(&row.source),
            &row.verified,
        )
        .maybe("released", row.released.as_ref())
        .maybe(
            "programs need",
            floors.map(|(linux, windows)| {
                format!("driver {linux} (Linux), {windows} (Windows) or newer: the minimum for its CUDA major version")
            }),
        )
        .maybe("all features need", (!full.is_empty()).then(|| full.join(", ")))
        .maybe("PTX ISA", row.ptx_isa.map(|isa| isa.to_string()))
        .line("targets", list(&row.targets));
        for (field, why) in &row.unknown {
            card = card.line("unknown", format!("{}: {why}", field.replace('_', " ")));
        }
        card
    };
    Ok(rows.into_iter().map(card).collect())
}

/// A variable: what reads it, or that nothing does.
pub fn variable(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let read = knowledge.variables().iter().filter(|row| row.name.eq_ignore_ascii_case(name)).map(|row| {
        let reader = match &row.versions {
            Some(versions) => format!("{} {versions}", row.read_by),
            None => row.read_by.clone(),
        };
        Card::new(&row.name, row, knowledge.variable_sources(&row.source), &row.verified)
            .line("read by", reader)
            .line("effect", &row.effect)
            .maybe("values", (!row.values.is_empty()).then(|| row.values.join(", ")))
            .maybe("value", row.format.as_ref())
            .maybe("if not set", row.default.as_ref())
    });
    let unread = knowledge.unread_variables().iter().filter(|row| row.name.eq_ignore_ascii_case(name)).map(|row| {
        let reader = format!("{} {}", row.of, row.versions.as_deref().unwrap_or(""));
        Card::new(&row.name, row, knowledge.variable_sources(&row.source), &row.verified)
            .line("not read by", reader.trim())
            .line("note", &row.note)
            .maybe("instead", row.instead.as_ref())
    });
    let cards: Vec<Card> = read.chain(unread).collect();
    if cards.is_empty() {
        let names = knowledge.variables().iter().map(|row| row.name.as_str());
        let names = names.chain(knowledge.unread_variables().iter().map(|row| row.name.as_str()));
        let otherwise = "`gpucheck kb list` gives an overview";
        return Err(unknown("variable", name, &nearest(name, names), otherwise));
    }
    Ok(cards)
}

/// The failures that an error code or a piece of a log stands for.
pub fn failure(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let code: Option<u32> = name.parse().ok();
    let lower = name.to_lowercase();
    let says = |text: &String| {
        let text = text.to_lowercase();
        text.contains(&lower) || lower.contains(&text)
    };
    let cards: Vec<Card> = knowledge
        .failures()
        .iter()
        .filter(|row| match code {
            Some(code) => row.cuda.contains(&code) || row.nvml.contains(&code),
            None => row.name.eq_ignore_ascii_case(name) || row.texts.iter().any(says),
        })
        .map(|row| {
            let codes = |name: &str, codes: &[u32]| (!codes.is_empty()).then(|| format!("{name} {}", list(codes)));
            let mut card = Card::new(&row.name, row, knowledge.failure_sources(&row.source), &row.verified)
                .line("cause", &row.cause)
                .line("how to tell", &row.tell)
                .maybe("code", codes("CUDA", &row.cuda))
                .maybe("code", codes("NVML", &row.nvml));
            for text in &row.texts {
                card = card.line("log text", text);
            }
            card.maybe("rule", row.rule.as_ref().map(|rule| format!("{rule} (`gpucheck rule {rule}`)")))
        })
        .collect();
    if cards.is_empty() {
        let names = knowledge.failures().iter().map(|row| row.name.as_str());
        return Err(unknown("failure", name, &nearest(name, names), "give an error code or some words of the message"));
    }
    Ok(cards)
}
