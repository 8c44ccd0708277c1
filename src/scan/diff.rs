//! What a release gained and lost: two scans compared, package by package, library by library.

use std::collections::{BTreeMap, BTreeSet};

use gpucheck_ground::Order as _;

use super::judged::JudgedBundles;
use crate::{
    facts::{CodeTarget, ComputeCapability, PtxIsa},
    knowledge::Knowledge,
    python::{file_name, library_stem as stem},
    report::scan::{
        BundleSummary, Compressed, Delta, Diff, GpuChange, LibraryChange, PackageChange, Presence, Provider, Run,
        Scanned,
    },
};

/// One side of a comparison.
#[derive(Default)]
struct Side<'s> {
    base: BTreeSet<CodeTarget>,
    partial: BTreeSet<CodeTarget>,
    isa: Option<PtxIsa>,
    compression: Compressed,
    bytes: u64,
    /// `None` if what was read does not show it.
    needs: Option<BTreeSet<String>>,
    runs: &'s [Run],
}

/// What one side has and the other has not.
fn between(knowledge: &Knowledge, old: &Side<'_>, new: &Side<'_>) -> Delta {
    let both = |one: &BTreeSet<CodeTarget>, other: &BTreeSet<CodeTarget>| one.intersection(other).copied().collect();
    let only = |one: &BTreeSet<CodeTarget>, other: &Side<'_>| {
        one.iter().filter(|target| !other.base.contains(target) && !other.partial.contains(target)).copied().collect()
    };
    let needs = |one: &Side<'_>, other: &Side<'_>| match (&one.needs, &other.needs) {
        (Some(one), Some(other)) => one.difference(other).cloned().collect(),
        _ => Vec::new(),
    };
    let answers: BTreeMap<ComputeCapability, &Run> = old.runs.iter().map(|run| (run.capability, run)).collect();
    let gpus = new.runs.iter().filter_map(|new| {
        let old = answers.get(&new.capability)?;
        (!old.how.is_like(&new.how)).then(|| GpuChange {
            capability: new.capability,
            products: knowledge.products(new.capability).to_vec(),
            old: old.how,
            new: new.how,
            worked: old.works,
            works: new.works,
        })
    });
    Delta {
        gained: only(&new.base, old),
        lost: only(&old.base, new),
        became_partial: both(&old.base, &new.partial),
        became_base: both(&old.partial, &new.base),
        gained_partial: only(&new.partial, old),
        lost_partial: only(&old.partial, new),
        ptx_isa: [old.isa, new.isa],
        compression: [old.compression, new.compression],
        code_bytes: [old.bytes, new.bytes],
        needs_gained: needs(new, old),
        needs_lost: needs(old, new),
        gpus: gpus.collect(),
    }
}

/// The name of a distribution without the CUDA major that NVIDIA puts behind it: nvidia-cublas-cu12 became nvidia-cublas.
fn family(name: &str) -> &str {
    match name.rsplit_once("-cu") {
        Some((first, major)) if !major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit()) => first,
        _ => name,
    }
}

/// What `new` has and `old` had not, and the other way round. Both were judged for the same GPUs.
pub fn diff(knowledge: &Knowledge, old: &JudgedBundles, new: &JudgedBundles) -> Diff {
    let mut pairs: Vec<(Option<&BundleSummary>, Option<&BundleSummary>)> = Vec::new();
    match (old.packages.as_slice(), new.packages.as_slice()) {
        // Two files that were named: whatever they are called, they are what is compared.
        ([old], [new]) => pairs.push((Some(old), Some(new))),
        (olds, news) => {
            let find = |packages: &[BundleSummary], name: &str| {
                packages.iter().position(|package| family(&package.name) == name)
            };
            pairs.extend(
                news.iter().map(|new| (find(olds, family(&new.name)).and_then(|index| olds.get(index)), Some(new))),
            );
            let gone = olds.iter().filter(|old| find(news, family(&old.name)).is_none());
            pairs.extend(gone.map(|old| (Some(old), None)));
        }
    }
    let name =
        |pair: &(Option<&BundleSummary>, Option<&BundleSummary>)| pair.1.or(pair.0).map(|summary| summary.name.clone());
    pairs.order_by_key(name);
    let packages: Vec<PackageChange> = pairs
        .iter()
        .filter(|(one, other)| [one, other].iter().any(|side| side.is_some_and(|summary| summary.with_code > 0)))
        .map(|pair| package(knowledge, *pair, old, new))
        .collect();
    let sampled = old.packages.iter().chain(&new.packages).any(|package| package.sampled);
    Diff { packages, sampled }
}

fn package(
    knowledge: &Knowledge,
    (old, new): (Option<&BundleSummary>, Option<&BundleSummary>),
    before: &JudgedBundles,
    after: &JudgedBundles,
) -> PackageChange {
    let of = |judged: &'_ JudgedBundles, summary: Option<&BundleSummary>| -> Vec<Scanned> {
        let id = summary.map(|summary| &summary.id);
        judged.libraries.iter().filter(|scanned| Some(&scanned.package) == id).cloned().collect()
    };
    let (olds, news) = (of(before, old), of(after, new));
    let mut libraries: Vec<LibraryChange> =
        pair(&olds, &news).iter().map(|(old, new)| library(knowledge, *old, *new)).collect();
    let all = libraries.len();
    libraries.retain(|change| {
        !change.delta.is_empty() || change.renamed_from.is_some() || change.presence != Presence::Both
    });
    libraries.order_by(|a, b| a.path.cmp(&b.path));
    PackageChange {
        name: new.or(old).map(|summary| summary.name.clone()).unwrap_or_default(),
        old: old.map(|summary| summary.id.clone()),
        new: new.map(|summary| summary.id.clone()),
        size: [old.and_then(|summary| summary.size), new.and_then(|summary| summary.size)],
        delta: between(knowledge, &old.map_or_else(Side::default, whole), &new.map_or_else(Side::default, whole)),
        unchanged: all - libraries.len(),
        libraries,
    }
}

fn whole(summary: &BundleSummary) -> Side<'_> {
    Side {
        base: summary.base.iter().copied().collect(),
        partial: summary.partial.keys().copied().collect(),
        isa: summary.ptx.iter().filter_map(|ptx| ptx.isa).max(),
        compression: summary.compression,
        bytes: summary.code_bytes(),
        needs: (!summary.sampled).then(|| {
            summary.needs.iter().filter(|need| need.status != Provider::Own).map(|need| need.library.clone()).collect()
        }),
        runs: &summary.runs_on,
    }
}

fn single(scanned: Option<&Scanned>) -> Side<'_> {
    let Some(scanned) = scanned else { return Side { needs: None, ..Side::default() } };
    let bytes = scanned.library.code.value().map_or(0, |code| code.bytes.values().sum());
    let needs = Some(scanned.library.needed.iter().cloned().collect());
    let Some(profile) = &scanned.profile else { return Side { bytes, needs, ..Side::default() } };
    Side {
        base: profile.base.iter().copied().collect(),
        partial: profile.partial.keys().copied().collect(),
        isa: profile.ptx.iter().filter_map(|ptx| ptx.isa).max(),
        compression: profile.compression,
        bytes,
        needs: needs.filter(|_| !profile.sampled),
        runs: &scanned.runs_on,
    }
}

fn library(knowledge: &Knowledge, old: Option<&Scanned>, new: Option<&Scanned>) -> LibraryChange {
    let path = |scanned: Option<&Scanned>| scanned.map(|scanned| scanned.library.path.clone());
    let (from, to) = (path(old), path(new));
    LibraryChange {
        presence: match (&from, &to) {
            (None, _) => Presence::Added,
            (_, None) => Presence::Removed,
            _ => Presence::Both,
        },
        renamed_from: from.clone().filter(|from| to.as_ref().is_some_and(|to| to != from)),
        path: to.or(from).unwrap_or_default(),
        delta: between(knowledge, &single(old), &single(new)),
    }
}

/// Libraries with device code of both releases, each with its counterpart: by path, by folder and name without versions, by name
/// without versions where that is one only.
fn pair<'s>(olds: &'s [Scanned], news: &'s [Scanned]) -> Vec<(Option<&'s Scanned>, Option<&'s Scanned>)> {
    let with_code = |scanned: &&Scanned| scanned.library.has_code();
    let mut left: Vec<&Scanned> = olds.iter().filter(with_code).collect();
    let mut right: Vec<&Scanned> = news.iter().filter(with_code).collect();
    if let ([old], [new]) = (left.as_slice(), right.as_slice()) {
        return vec![(Some(old), Some(new))];
    }
    let mut pairs = Vec::new();
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let by_path = |path: &str| path.to_owned();
    let by_folder = |path: &str| format!("{}/{}", folder(path), stem(file_name(path)));
    let by_name = |path: &str| stem(file_name(path));
    let keys: [&dyn Fn(&str) -> String; 3] = [&by_path, &by_folder, &by_name];
    for key in keys {
        let count = |side: &[&Scanned], wanted: &str| {
            side.iter().filter(|scanned| key(&scanned.library.path) == wanted).count()
        };
        let mut index = 0;
        while let Some(old) = left.get(index).copied() {
            let wanted = key(&old.library.path);
            let found = right.iter().position(|new| key(&new.library.path) == wanted);
            match found.filter(|_| count(&left, &wanted) == 1 && count(&right, &wanted) == 1) {
                Some(found) => {
                    pairs.push((Some(old), Some(right.remove(found))));
                    left.remove(index);
                }
                None => index += 1,
            }
        }
    }
    pairs.extend(left.into_iter().map(|old| (Some(old), None)));
    pairs.extend(right.into_iter().map(|new| (None, Some(new))));
    pairs
}
