//! Which shared libraries a package links to, and which it provides.

use std::collections::BTreeSet;

use super::{Case, agree, disagree, none, some, unknown};
use crate::{
    facts::Library,
    python::Requirement,
    python::file_name,
    rules::{cuda_major, of_nvidia},
    verify::{Check, compare::list},
};

pub(super) fn checks(case: &Case<'_>) -> Vec<Check> {
    let mut checks = cuda(case).into_iter().collect::<Vec<_>>();
    checks.extend(needs(case));
    checks.extend(brings(case));
    checks.extend(cudnn(case));
    checks.extend(links_torch(case));
    checks
}

/// The libraries that decide; all of them where nothing says which do.
fn main<'c>(case: &Case<'c>) -> impl Iterator<Item = &'c Library> {
    let (knowledge, evidence) = (case.knowledge, case.evidence);
    let all = case.file.package.main.is_empty();
    let is_main = move |library: &&Library| all || knowledge.is_main_library(&evidence.name, &library.path, None);
    evidence.libraries.iter().filter(is_main)
}

fn linked<'c>(libraries: impl Iterator<Item = &'c Library>) -> BTreeSet<&'c str> {
    libraries.flat_map(|library| &library.needed).map(String::as_str).collect()
}

/// Whether the package itself has a file of this name.
fn has(case: &Case<'_>, soname: &str) -> bool {
    case.evidence.paths().any(|path| file_name(path) == soname)
}

/// Why a name that is not there may still be asked for.
fn unseen(case: &Case<'_>) -> &'static str {
    match case.evidence.left.is_empty() {
        true => "no library links to it: it can only be loaded by name at run time",
        false => "no main library links to it, and the others were not read (--full)",
    }
}

fn cuda(case: &Case<'_>) -> Option<Check> {
    let names = linked(main(case));
    let names: Vec<&str> = names.into_iter().filter(|name| cuda_major(name).is_some() && !has(case, name)).collect();
    let majors: BTreeSet<u16> = names.iter().filter_map(|name| cuda_major(name)).collect();
    let shown = format!("{}: links to {}", list(&majors), some(&names));
    match case.row.cuda {
        None if majors.is_empty() => None,
        None => Some(none("CUDA", shown)),
        Some(row) if majors.is_empty() => {
            Some(unknown("CUDA", Some(row.to_string()), "the main libraries link to no library that shows it"))
        }
        Some(row) if majors.iter().eq([&row]) => Some(agree("CUDA", row.to_string(), shown)),
        Some(row) => Some(disagree("CUDA", row.to_string(), shown)),
    }
}

fn needs(case: &Case<'_>) -> Vec<Check> {
    let (of_main, of_all) = (linked(main(case)), linked(case.evidence.libraries.iter()));
    let (mut sure, mut own, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for name in case.row.needs.iter().map(String::as_str) {
        match name {
            name if has(case, name) => own.push(name),
            name if of_all.contains(name) => sure.push(name),
            name => open.push(name),
        }
    }
    // What a rule asks for by what is linked. Of the toolkit's libraries it tells the CUDA major, which the row must tell too.
    let asked = |name: &&str| of_nvidia(case.knowledge, name) && !has(case, name);
    let more = of_main.into_iter().filter(asked).filter(|name| case.row.needs.iter().all(|need| need != name));
    let (more, beside): (Vec<&str>, Vec<&str>) = more.partition(|name| cuda_major(name).is_some());
    let mut checks = Vec::new();
    if !sure.is_empty() {
        checks.push(agree("needs", sure.join(", "), sure.join(", ")));
    }
    if !own.is_empty() {
        checks.push(disagree("needs", own.join(", "), "the package itself provides it"));
    }
    if !more.is_empty() {
        let row = if case.row.needs.is_empty() { "nothing".to_owned() } else { case.row.needs.join(", ") };
        checks.push(disagree("needs", row, format!("also links to {}", more.join(", "))));
    }
    if !beside.is_empty() {
        checks.push(none("needs", format!("also links to {}", beside.join(", "))));
    }
    if !open.is_empty() {
        checks.push(unknown("needs", Some(open.join(", ")), format!("{}: {}", open.join(", "), unseen(case))));
    }
    checks
}

fn brings(case: &Case<'_>) -> Option<Check> {
    let row = &case.row.brings;
    if row.is_empty() {
        return None;
    }
    let missing: Vec<&str> = row.iter().map(String::as_str).filter(|name| !has(case, name)).collect();
    Some(match missing.is_empty() {
        true => agree("brings", row.join(", "), row.join(", ")),
        false => disagree("brings", row.join(", "), format!("it has no {}", missing.join(", no "))),
    })
}

/// The cuDNN that it links to, else that its metadata asks for, with an extra or without.
fn cudnn(case: &Case<'_>) -> Option<Check> {
    let of_name = |name: &str| {
        let rest = match name.strip_prefix("libcudnn") {
            Some(rest) => rest.split_once(".so.")?.1,
            None => name.strip_prefix("cudnn")?.strip_suffix(".dll")?.split_once("64_")?.1,
        };
        rest.split('.').next()?.parse::<u64>().ok()
    };
    let mut majors = BTreeSet::new();
    let mut told = Vec::new();
    for name in linked(case.evidence.libraries.iter()).into_iter().filter(|name| !has(case, name)) {
        if let Some(major) = of_name(name) {
            majors.insert(major);
            told.push(name.to_owned());
        }
    }
    if majors.is_empty() {
        for line in case.evidence.requires.iter().chain(&case.evidence.requires_of_extras) {
            let Ok(wanted) = line.parse::<Requirement>() else { continue };
            let version = wanted.specifiers.iter().next().and_then(|one| one.version().release().first().copied());
            if let Some(major) = version.filter(|_| wanted.name.starts_with("nvidia-cudnn-cu")) {
                majors.insert(major);
                told.push(format!("METADATA requires {}", super::super::spelled(&wanted)));
            }
        }
    }
    told.dedup();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    let by = if majors.is_empty() || told.iter().any(|told| told.contains(' ')) { "" } else { "links to " };
    let shown = format!("{}: {by}{}", list(&majors), some(&told));
    match case.row.cudnn {
        None if majors.is_empty() => None,
        None => Some(none("cuDNN", shown)),
        Some(row) if majors.is_empty() => {
            Some(unknown("cuDNN", Some(row.to_string()), "no library links to it, and METADATA does not require it"))
        }
        Some(row) if majors.iter().eq([&u64::from(row)]) => Some(agree("cuDNN", row.to_string(), shown)),
        Some(row) => Some(disagree("cuDNN", row.to_string(), shown)),
    }
}

/// Whether a library links to torch's own.
fn links_torch(case: &Case<'_>) -> Option<Check> {
    let of_torch = |name: &&str| {
        let name = name.strip_prefix("lib").unwrap_or(name);
        let base = name.split_once(".so").or_else(|| name.rsplit_once(".dll")).map_or("", |(base, _)| base);
        ["torch", "c10", "torch_cpu", "torch_cuda", "torch_python", "c10_cuda"].contains(&base)
    };
    let evidence = case.evidence;
    let names: Vec<&str> = linked(evidence.libraries.iter()).into_iter().filter(of_torch).collect();
    match (case.row.links_torch, names.is_empty()) {
        (true, false) => Some(agree("links torch", "yes", format!("yes: {}", some(&names)))),
        (true, true) if evidence.libraries.is_empty() || !evidence.left.is_empty() || !evidence.unread.is_empty() => {
            Some(unknown("links torch", Some("yes".to_owned()), "the libraries that would show it were not read"))
        }
        (true, true) => Some(disagree("links torch", "yes", "no library links to it")),
        (false, true) => None,
        (false, false) => Some(disagree("links torch", "no", format!("yes: {}", some(&names)))),
    }
}
