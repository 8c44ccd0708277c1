//! A `[[build]]` row of `packages/*.toml`, as the wheels of one version show it. It is printed, not written: which range of versions it stands for
//! is for a person to say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anyhow::Context as _;
use gpucheck::{
    compat,
    facts::{CodeKind, CodeObjects, CodeTarget, Library, Platform, PtxIsa, Target},
    knowledge::{self, Knowledge, PackageBuild, PackageFile},
    python::{self, Requirement},
    rules::cuda_major,
    verify::{self, Evidence},
};
use toml_edit::{Array, InlineTable, Item, Table, Value, value};

/// What is read from headers and metadata.
#[derive(Debug, Default, PartialEq, Eq)]
struct Measured {
    cuda: Option<u16>,
    needs: BTreeSet<String>,
    links_torch: bool,
    torch: Option<String>,
    sass: BTreeSet<Target>,
    ptx: BTreeSet<Target>,
    isa: Option<PtxIsa>,
    /// By the code: the CUDA releases whose libraries hold it.
    variants: Vec<(BTreeSet<Target>, Vec<String>)>,
    /// What a person has to look at.
    remarks: Vec<String>,
}

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
    let mut rows: Vec<(Measured, Vec<&Evidence>)> = Vec::new();
    for evidence in found {
        let measured = measure(knowledge, file, evidence);
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

fn measure(knowledge: &Knowledge, file: &PackageFile, evidence: &Evidence) -> Measured {
    let mut measured = Measured::default();
    let patterns: Vec<String> = file.package.main.iter().map(|main| main.replace("{cuda}", "*")).collect();
    let is_main = |library: &&Library| patterns.iter().any(|pattern| knowledge::matches(pattern, &library.path));
    let main: Vec<&Library> = evidence.libraries.iter().filter(is_main).collect();
    if main.is_empty() && !patterns.is_empty() {
        measured.remarks.push(format!("no library matches `main` ({})", file.package.main.join(", ")));
    }
    let instead: Vec<String> = file.package.instead.iter().map(|path| path.replace("{cuda}", "*")).collect();
    let taken = evidence.libraries.iter().map(|library| library.path.as_str());
    let taken: Vec<&str> = taken.filter(|path| instead.iter().any(|one| knowledge::matches(one, path))).collect();
    if !taken.is_empty() {
        measured.remarks.push(format!("add the contents of these, which are loaded instead: {}", taken.join(", ")));
    }
    let brought = |name: &str| {
        let file = |path: &str| path.rsplit('/').next() == Some(name);
        evidence.libraries.iter().any(|library| file(&library.path))
    };
    let linked: BTreeSet<&str> = main.iter().flat_map(|library| &library.needed).map(String::as_str).collect();
    measured.needs = linked
        .iter()
        .filter(|name| cuda_major(name).is_some() && !brought(name))
        .map(|name| (*name).to_owned())
        .collect();
    let majors: BTreeSet<u16> = measured.needs.iter().filter_map(|name| cuda_major(name)).collect();
    if file.package.main.iter().any(|main| main.contains("{cuda}")) {
        // Each of its libraries links to those of its own release.
        measured.needs.clear();
        variants(knowledge, file, &main, &mut measured);
    } else {
        measured.cuda = majors.first().copied().filter(|_| majors.len() == 1);
        code(knowledge, file.package.share, &main, &mut measured);
    }
    let of_torch =
        |name: &&&str| name.starts_with("libtorch") || name.starts_with("libc10") || **name == "torch_cuda.dll";
    measured.links_torch = linked.iter().any(|name| of_torch(&name));
    let wanted = evidence.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
    let torch = wanted.into_iter().find(|requirement| requirement.name == "torch").map(|torch| verify::spelled(&torch));
    measured.torch =
        torch.and_then(|torch| Some(torch.strip_prefix("torch")?.to_owned())).filter(|range| !range.is_empty());
    for (path, why) in &evidence.unread {
        measured.remarks.push(format!("not read: {path}: {why}"));
    }
    measured
}

/// What a library is built for: throughout, or to the share with which the package works.
fn built_for(knowledge: &Knowledge, code: &CodeObjects, share: Option<u8>) -> BTreeSet<CodeTarget> {
    let Some(share) = share else { return compat::general(knowledge, code) };
    let built = compat::built(knowledge, code);
    let enough = |count: &u32| u64::from(*count) * 100 >= u64::from(built.fatbins) * u64::from(share);
    built.counts.iter().filter(|(_, count)| enough(count)).map(|(target, _)| *target).collect()
}

/// The code that every main library is built for; where they differ, what each of them is.
fn code(knowledge: &Knowledge, share: Option<u8>, main: &[&Library], measured: &mut Measured) {
    let with_code = |library: &&Library| {
        let code = library.code.value().filter(|code| code.modules.iter().any(|group| !group.images.is_empty()))?;
        Some((library.path.clone(), code.clone()))
    };
    let codes: Vec<(String, CodeObjects)> = main.iter().filter_map(with_code).collect();
    let general: Vec<BTreeSet<CodeTarget>> = codes.iter().map(|(_, code)| built_for(knowledge, code, share)).collect();
    let Some(all) = general.iter().cloned().reduce(|all, one| all.intersection(&one).copied().collect()) else {
        if !main.is_empty() {
            measured.remarks.push("no section of a main library names device code: gpucheck scan --deep".to_owned());
        }
        return;
    };
    let of = |kind| all.iter().filter(move |code| code.kind == kind).map(|code| code.target).collect();
    (measured.sass, measured.ptx) = (of(CodeKind::Sass), of(CodeKind::Ptx));
    if general.iter().any(|one| *one != all) {
        for ((path, _), one) in codes.iter().zip(&general) {
            let list = one.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            measured.remarks.push(format!("the main libraries differ: {path}: {list}"));
        }
    }
    let images = codes.iter().flat_map(|(_, code)| &code.modules).flat_map(|group| &group.images);
    measured.isa = images.filter(|image| all.contains(&image.code)).filter_map(|image| image.isa).max();
}

/// What each of the libraries holds from which the package chooses by torch's CUDA release.
fn variants(knowledge: &Knowledge, file: &PackageFile, main: &[&Library], measured: &mut Measured) {
    let splits: Vec<_> = file.package.main.iter().filter_map(|main| main.split_once("{cuda}")).collect();
    let digits = |path: &str| {
        let digits = splits.iter().find_map(|(start, end)| path.strip_prefix(start)?.strip_suffix(end))?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    };
    let mut by_digits: BTreeMap<String, BTreeSet<Target>> = BTreeMap::new();
    for library in main {
        let (Some(digits), Some(code)) = (digits(&library.path), library.code.value()) else { continue };
        let sass = compat::general(knowledge, code).into_iter().filter(|code| code.kind == CodeKind::Sass);
        by_digits.insert(digits, sass.map(|code| code.target).collect());
    }
    for (digits, sass) in by_digits {
        match measured.variants.iter_mut().find(|(other, _)| *other == sass) {
            Some((_, all)) => all.push(digits),
            None => measured.variants.push((sass, vec![digits])),
        }
    }
}

/// What the nearest row says that no header tells, and whether it says the same otherwise.
fn beside(measured: &Measured, row: Option<&PackageBuild>, speaks: bool) -> Vec<String> {
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

fn table(measured: &Measured, version: &str, platforms: &[Platform], sources: &[String], today: &str) -> String {
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
