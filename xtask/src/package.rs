//! A `[[build]]` row of `packages/*.toml`, as the wheels of one version show it. It is printed, not written: which range of versions it stands for
//! is for a person to say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anyhow::Context as _;
use gpucheck::{
    facts::{Platform, Target},
    knowledge::{Knowledge, PackageBuild, PackageFile},
    python,
    verify::{Contents, Evidence},
};
use toml_edit::{Array, InlineTable, Item, Table, Value, value};

/// What is known of a package.
///
/// # Errors
/// When nothing is: this command does not guess which libraries decide.
pub fn file<'k>(knowledge: &'k Knowledge, name: &str) -> anyhow::Result<&'k PackageFile> {
    knowledge.package_file(name).with_context(|| {
        format!("{name} has no file in knowledge/packages: write one first (docs/packages.md), `main` above all")
    })
}

/// The rows of a version: one, or one for each platform where they differ.
///
/// # Errors
/// When nothing is known of the package.
pub fn rows(knowledge: &Knowledge, found: &[Evidence], today: &str) -> anyhow::Result<String> {
    let first = found.first().context("no wheel")?;
    let version = python::public_version(&first.version);
    let file = file(knowledge, &first.name)?;
    let mut rows: Vec<(Contents, Vec<&Evidence>)> = Vec::new();
    for evidence in found {
        let measured = Contents::of(knowledge, file, evidence);
        match rows.iter_mut().find(|(row, _)| *row == measured) {
            Some((_, of)) => of.push(evidence),
            None => rows.push((measured, vec![evidence])),
        }
    }
    let mut text = String::new();
    for (measured, of) in &rows {
        let platforms: Vec<Platform> = of.iter().filter_map(|evidence| evidence.platform).collect();
        let names: Vec<&str> = of.iter().map(|evidence| evidence.target.as_str()).collect();
        let _ = writeln!(text, "# {}", names.join(", "));
        let row = knowledge.package_build(&first.name, version, platforms.first().copied());
        let nearest = row.or_else(|| nearest(file, &first.name, platforms.first().copied()));
        for line in measured.remarks.iter().chain(&beside(measured, nearest, row.is_some())) {
            let _ = writeln!(text, "# {line}");
        }
        let platforms = if rows.len() > 1 { platforms } else { Vec::new() };
        let sources = nearest.or_else(|| file.build.last()).map_or(&[][..], |row| row.source.as_slice());
        let _ = writeln!(text, "[[build]]\n{}", table(measured, version, &platforms, sources, today));
    }
    Ok(text.trim_end().to_owned())
}

/// The row that stands last for this distribution: files have them oldest first.
fn nearest<'k>(file: &'k PackageFile, name: &str, platform: Option<Platform>) -> Option<&'k PackageBuild> {
    file.build.iter().rfind(|row| row.concerns(name, platform))
}

/// What the nearest row says that no header tells, and whether it says the same otherwise.
fn beside(measured: &Contents, row: Option<&PackageBuild>, speaks: bool) -> Vec<String> {
    let Some(row) = row else { return Vec::new() };
    let set = |targets: &[Target]| targets.iter().copied().collect::<BTreeSet<_>>();
    let variants = |row: &PackageBuild| {
        let each = row.variants.iter();
        each.flat_map(|one| one.cuda.iter().map(|cuda| (cuda.clone(), set(&one.sass)))).collect::<BTreeMap<_, _>>()
    };
    let here: BTreeMap<String, BTreeSet<Target>> = measured
        .variants
        .iter()
        .flat_map(|(sass, all)| all.iter().map(|digits| (digits.clone(), sass.clone())))
        .collect();
    let mut differs = Vec::new();
    let mut compare = |same: bool, name| {
        if !same {
            differs.push(name)
        }
    };
    compare(row.sass.as_deref().map(set).unwrap_or_default() == measured.sass, "sass");
    compare(set(&row.ptx) == measured.ptx, "ptx");
    compare(variants(row) == here, "variants");
    compare(row.links_torch == measured.links_torch, "links_torch");
    compare(row.torch.is_none() || measured.torch.is_none() || row.torch == measured.torch, "torch");
    compare(measured.cuda.is_none() || row.cuda == measured.cuda, "cuda");
    compare(measured.needs.iter().all(|need| row.needs.contains(need)), "needs");
    let which = if speaks { "the row that covers it" } else { "the last row before it" };
    let mut lines = vec![match differs.as_slice() {
        [] if speaks => format!("{which}, {}, says the same: only `newest` and `verified` are to be set", row.versions),
        [] => format!("{which}, {}, says the same: widen it to this version", row.versions),
        names => format!("{which}, {}, differs in {}", row.versions, names.join(", ")),
    }];
    let mut told = Vec::new();
    let more: Vec<&String> = row.needs.iter().filter(|need| !measured.needs.contains(*need)).collect();
    told.extend(row.torch.iter().filter(|_| measured.torch.is_none()).map(|range| format!("torch = \"{range}\"")));
    told.extend(row.cuda.filter(|_| measured.cuda.is_none()).map(|major| format!("cuda = {major}")));
    told.extend((!more.is_empty()).then(|| format!("needs = {more:?}")));
    told.extend((!row.brings.is_empty()).then(|| format!("brings = {:?}", row.brings)));
    told.extend(row.cudnn.map(|major| format!("cudnn = {major}")));
    told.extend(row.minimum.map(|minimum| format!("minimum = \"{minimum}\"")));
    told.extend(row.fallback.then(|| "fallback = true".to_owned()));
    told.extend((!row.of.is_empty()).then(|| format!("of = {:?}", row.of)));
    if !told.is_empty() {
        lines.push(format!("not shown by any header, but in that row: {}", told.join(", ")));
    }
    lines
}

fn table(measured: &Contents, version: &str, platforms: &[Platform], sources: &[String], today: &str) -> String {
    let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Array>();
    let targets = |targets: &BTreeSet<Target>| list(&mut targets.iter().map(ToString::to_string));
    let mut table = Table::new();
    let mut put = |key: &str, item: Item| drop(table.insert(key, item));
    put("versions", value(format!("=={version}")));
    if !platforms.is_empty() {
        put("platforms", value(list(&mut platforms.iter().map(ToString::to_string))));
    }
    if let Some(cuda) = measured.cuda {
        put("cuda", value(i64::from(cuda)));
    }
    if !measured.needs.is_empty() {
        put("needs", value(list(&mut measured.needs.iter().cloned())));
    }
    if measured.links_torch {
        put("links_torch", value(true));
    }
    if let Some(torch) = &measured.torch {
        put("torch", value(torch));
    }
    if !measured.sass.is_empty() || !measured.ptx.is_empty() {
        put("sass", value(targets(&measured.sass)));
    }
    if !measured.ptx.is_empty() {
        put("ptx", value(targets(&measured.ptx)));
    }
    if let Some(isa) = measured.isa {
        put("isa", value(isa.to_string()));
    }
    if !measured.variants.is_empty() {
        let mut variants = Array::new();
        for (sass, cuda) in &measured.variants {
            let mut row = InlineTable::new();
            row.insert("cuda", Value::Array(list(&mut cuda.iter().cloned())));
            row.insert("sass", Value::Array(targets(sass)));
            let mut row = Value::InlineTable(row);
            row.decor_mut().set_prefix("\n  ");
            variants.push_formatted(row);
        }
        variants.set_trailing("\n");
        variants.set_trailing_comma(true);
        put("variants", value(variants));
    }
    put("newest", value(version));
    put("confidence", value("measured"));
    put("source", value(list(&mut sources.iter().cloned())));
    put("verified", value(today));
    table.to_string()
}
