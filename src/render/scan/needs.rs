//! What libraries need to be loaded, and who brings it.

use std::collections::BTreeMap;

use super::text::Page;
use crate::{
    python::is_variant,
    report::scan::{BundleSummary, Need, Provider},
    text::Paint,
};

/// Libraries by the distributions that have them.
type Holders<'n> = BTreeMap<String, Vec<&'n str>>;

/// What is needed and by whom it comes, of one package.
pub(super) fn of_package(page: &mut Page<'_>, package: &BundleSummary) {
    let shown = |need: &&Need| match need.status {
        Provider::Own | Provider::Driver => page.screen.verbose > 0,
        _ => true,
    };
    let needs: Vec<&Need> = package.needs.iter().filter(shown).collect();
    if needs.is_empty() {
        return;
    }
    page.line(0, Paint::Strong.on("What its libraries link to", page.screen.color));
    let mut groups: BTreeMap<(Provider, Option<&str>), Holders<'_>> = BTreeMap::new();
    for need in &needs {
        // Requirements are named behind what they bring, other bringers before.
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
            "Its libraries are variants, each for one CUDA release: a program needs what one of them links to.",
        );
    }
    if needs.iter().any(|need| need.status == Provider::Missing) {
        page.dim(2, "What nothing here brings may still be there: a program may load it first, or a folder of the loader may have it.");
    }
    page.blank();
}

/// Who brings it, in words.
fn said(status: Provider, by: &str) -> String {
    match status {
        Provider::Own => "in the package itself".to_owned(),
        Provider::Driver => "with NVIDIA's driver".to_owned(),
        Provider::Required => "brought by its requirements".to_owned(),
        Provider::Neighbour => format!("brought by {by}"),
        Provider::System => format!("on this system, {by}"),
        Provider::Perhaps => format!("brought by {by}, which it requires, if that is built for the same CUDA"),
        Provider::Missing => "brought by nothing here".to_owned(),
        Provider::Unknown => "from elsewhere".to_owned(),
    }
}

/// Of many packages only what nothing brings, or with `-v` everything.
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
    page.line(0, Paint::Strong.on("Linked to, and brought by nothing here", page.screen.color));
    for ((library, distributions), packages) in missing {
        let text = format!("{library} ({distributions} has it): {}", packages.join(", "));
        page.marked(2, 2, "!", Paint::Warning, &text);
    }
    page.dim(2, "Another program may load it first, or another folder of the loader may have it.");
    page.blank();
}
