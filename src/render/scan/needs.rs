//! What libraries need to be loaded, and what provides it.

use std::collections::BTreeMap;

use super::text::Page;
use crate::{
    python::is_variant,
    report::scan::{BundleSummary, Need, Provider},
    text::Paint,
};

/// Libraries by the distributions that have them.
type Holders<'n> = BTreeMap<String, Vec<&'n str>>;

/// What one package needs, and what provides it.
pub(super) fn of_package(page: &mut Page<'_>, package: &BundleSummary) {
    let shown = |need: &&Need| match need.status {
        Provider::Own | Provider::Driver => page.screen.verbose > 0,
        _ => true,
    };
    let needs: Vec<&Need> = package.needs.iter().filter(shown).collect();
    if needs.is_empty() {
        return;
    }
    page.line(0, Paint::Strong.on("Linked libraries", page.screen.color));
    let mut groups: BTreeMap<(Provider, Option<&str>), Holders<'_>> = BTreeMap::new();
    for need in &needs {
        // Requirements are named after the libraries they provide, other providers before.
        let by = need.by.as_deref().filter(|_| need.status != Provider::Required);
        let from = need.by.as_ref().filter(|_| need.status == Provider::Required);
        let has = from.cloned().unwrap_or_else(|| need.distributions.join(" or "));
        groups.entry((need.status, by)).or_default().entry(has).or_default().push(&need.library);
    }
    for ((status, by), libraries) in groups {
        let (mark, paint) = match status {
            Provider::Own | Provider::Required | Provider::Neighbour | Provider::System | Provider::Driver => {
                ("✓", Paint::Good)
            }
            Provider::Perhaps | Provider::Missing => ("!", Paint::Warning),
            Provider::Unknown => ("?", Paint::Dim),
        };
        let tell = matches!(status, Provider::Required | Provider::Perhaps | Provider::Missing);
        let list = |(has, names): (&String, &Vec<&str>)| match tell {
            true => format!("{} ({has})", names.join(" ")),
            false => names.join(" "),
        };
        let list: Vec<String> = libraries.iter().map(list).collect();
        page.marked(2, 2, mark, paint, &format!("{}: {}", said(status, by.unwrap_or_default()), list.join(", ")));
    }
    let one_of = needs.iter().any(|need| need.needed_by.iter().all(|path| is_variant(path)));
    if one_of {
        page.dim(
            2,
            "Its libraries are variants, each for one CUDA release: a program needs only what one of them links to.",
        );
    }
    if needs.iter().any(|need| need.status == Provider::Missing) {
        page.dim(2, "Libraries listed as missing may still load: the program may load them itself, or they may be on the loader's search path.");
    }
    page.blank();
}

/// What provides it, in words.
fn said(status: Provider, by: &str) -> String {
    match status {
        Provider::Own => "in the package itself".to_owned(),
        Provider::Driver => "part of NVIDIA's driver".to_owned(),
        Provider::Required => "provided by its requirements".to_owned(),
        Provider::Neighbour => format!("provided by {by}"),
        Provider::System => format!("on this system: {by}"),
        Provider::Perhaps => format!("provided by {by}, which it requires, if that is built for the same CUDA"),
        Provider::Missing => "missing".to_owned(),
        Provider::Unknown => "from elsewhere".to_owned(),
    }
}

/// For many packages, only missing libraries, or everything with `-v`.
pub(super) fn of_all(page: &mut Page<'_>, packages: &[BundleSummary]) {
    let mut missing: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for package in packages {
        for need in package.needs.iter().filter(|need| need.status == Provider::Missing) {
            let key = (need.library.as_str(), need.distributions.join(" or "));
            missing.entry(key).or_default().push(&package.id);
        }
    }
    if missing.is_empty() {
        return;
    }
    page.line(0, Paint::Strong.on("Missing linked libraries", page.screen.color));
    for ((library, distributions), packages) in missing {
        let text = format!("{library} (available in {distributions}): {}", packages.join(", "));
        page.marked(2, 2, "!", Paint::Warning, &text);
    }
    page.dim(2, "They may still load: the program may load them itself, or they may be on the loader's search path.");
    page.blank();
}
