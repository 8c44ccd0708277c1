//! What a file of `packages/` must hold beyond its types: ranges that parse, names that are normal, conditions that say something,
//! fixes that change something.

use std::collections::BTreeSet;

use pep440_rs::{Version, VersionSpecifiers};

use super::{
    Confidence, CudaHome, FixRow, Level, PackageFile, ProblemRow, When,
    problem::{Places, Problem},
    validate::Table,
};

/// `packages/*.toml`
pub fn package(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "package", &file.sources);
    table.provenance(0, &file.package.source, &file.package.verified);
    for name in file.names().filter(|name| !is_normal(name)) {
        table.fault(
            0,
            "name",
            format!("'{name}' is not a normalised name (lower case, words joined by single dashes)"),
        );
    }
    if file.package.share.is_some_and(|share| share == 0 || share > 100) {
        table.fault(0, "share", "a share must be between 1 and 100 percent");
    }
    let mut problems = table.problems;
    problems.append(&mut ptxas(file, places));
    problems.append(&mut builds(file, places));
    problems.append(&mut abis(file, places));
    problems.append(&mut unpublished(file, places));
    problems.append(&mut wheels(file, places));
    let mut table = Table::new(places, "problem", &file.sources);
    for (index, row) in file.problem.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        problem(&mut table, index, row, file);
    }
    table.unique("id", file.problem.iter().enumerate().map(|(index, row)| (index, row.id.as_str())));
    problems.append(&mut table.problems);
    problems
}

fn ptxas(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "ptxas", &file.sources);
    for (index, row) in file.ptxas.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        range(&mut table, index, "versions", &row.versions);
    }
    table.unique("versions", file.ptxas.iter().enumerate().map(|(index, row)| (index, row.versions.as_str())));
    table.problems
}

fn builds(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let chooses = file.package.main.iter().any(|main| main.contains("{cuda}"));
    let mut table = Table::new(places, "build", &file.sources);
    for (index, row) in file.build.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        range(&mut table, index, "versions", &row.versions);
        if let Some(torch) = &row.torch {
            range(&mut table, index, "torch", torch);
        }
        if let Some(torch) = row.beside.as_ref().and_then(|beside| beside.torch.as_ref()) {
            range(&mut table, index, "beside", torch);
        }
        if let Some(python) = &row.python {
            range(&mut table, index, "python", python);
        }
        of(&mut table, index, &row.of, file);
        for wanted in row.requires.iter().filter(|wanted| !is_ranged(wanted)) {
            table.fault(index, "requires", format!("'{wanted}' is not a name and a range of versions, `name<1.2`"));
        }
        if !row.requires.is_empty() && row.newest.is_none() {
            table.fault(index, "requires", "`requires` is about the newest version, and the row names none");
        }
        if row.extra.as_ref().is_some_and(|extra| !is_normal(extra)) {
            table.fault(index, "extra", "an extra must be lower case, words joined by single dashes");
        }
        if row.newest.as_ref().is_some_and(|newest| !contains(&row.versions, newest)) {
            table.fault(index, "newest", "the newest version is not in the range of the row");
        }
        if !row.variants.is_empty() && !chooses {
            table.fault(index, "variants", "`variants` requires {cuda} in the `main` of the package");
        }
        if row.isa.is_some() && row.ptx.is_empty() {
            table.fault(index, "isa", "an ISA version requires PTX, and the row lists none");
        }
    }
    // Rows may overlap in versions when they are about different distributions, extras or platforms.
    let key = |row: &super::PackageBuild| {
        format!("{} of {:?} with {:?} on {:?}", row.versions, row.of, row.extra, row.platforms)
    };
    table.unique("versions", file.build.iter().map(key).enumerate());
    table.problems
}

fn abis(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "abi", &file.sources);
    for (index, row) in file.abi.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        range(&mut table, index, "versions", &row.versions);
    }
    table.problems
}

fn unpublished(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "unpublished", &file.sources);
    for (index, row) in file.unpublished.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        range(&mut table, index, "versions", &row.versions);
        if row.instead.as_ref().is_some_and(|instead| contains(&row.versions, instead)) {
            table.fault(index, "instead", "`instead` names a version that is itself unpublished");
        }
    }
    table.problems
}

fn wheels(file: &PackageFile, places: &Places<'_>) -> Vec<Problem> {
    let mut table = Table::new(places, "wheels", &file.sources);
    for (index, row) in file.wheels.iter().enumerate() {
        table.provenance(index, &row.source, &row.verified);
        range(&mut table, index, "torch", &row.torch);
        if !row.links.starts_with("https://") {
            table.fault(index, "links", "the address of a page starts with https://");
        }
        for name in row.versions.keys().filter(|name| !file.names().any(|known| known == *name)) {
            table.fault(index, "versions", format!("the file is not about {name}"));
        }
    }
    table.problems
}

fn problem(table: &mut Table<'_>, index: usize, row: &ProblemRow, file: &PackageFile) {
    for (field, slug) in [("id", Some(row.id.as_str())), ("rule", row.rule.as_deref())] {
        if slug.is_some_and(|slug| !is_normal(slug)) {
            table.fault(index, field, "a slug must be lower case, words joined by single dashes");
        }
    }
    if let Some(versions) = &row.versions {
        range(table, index, "versions", versions);
    }
    of(table, index, &row.of, file);
    if row.everywhere && row.versions.is_some() {
        table.fault(index, "versions", "a problem that is judged without the package cannot have a version range");
    }
    if row.versions.is_none() && row.when == When::default() {
        table.fault(index, "when", "a problem needs a version range or a condition");
    }
    when(table, index, &row.when);
    if let Some(unless) = &row.unless {
        when(table, index, unless);
        if *unless == When::default() {
            table.fault(index, "unless", "an empty condition is always true");
        }
    }
    if row.confidence == Confidence::Inferred && row.severity == Level::Error {
        table.fault(index, "severity", "an inferred problem can be a warning at most");
    }
    for placeholder in placeholders(&row.cause) {
        if !["package", "torch", "gpu", "driver", "python"].contains(&placeholder) {
            table.fault(index, "cause", format!("unknown placeholder '{{{placeholder}}}'"));
        }
    }
    for row in &row.fixes {
        fix(table, index, row);
    }
}

fn when(table: &mut Table<'_>, index: usize, when: &When) {
    for (name, versions) in &when.packages {
        if !is_normal(name) {
            table.fault(index, "when", format!("'{name}' is not a normalised name"));
        }
        if !versions.is_empty() && versions.parse::<VersionSpecifiers>().is_err() {
            table.fault(index, "when", format!("'{versions}' is not a PEP 440 range"));
        }
    }
    for name in when.newer_than_driver.iter().filter(|name| !is_normal(name)) {
        table.fault(index, "when", format!("'{name}' is not a normalised name"));
    }
    if let Some(toolkit) = &when.toolkit {
        let ways = [toolkit.version.is_some(), toolkit.newer_than_driver, toolkit.missing, toolkit.other_major];
        if ways.into_iter().filter(|way| *way).count() != 1 {
            let wants = "exactly one of `version`, `newer_than_driver`, `missing` and `other_major`";
            table.fault(index, "when", format!("toolkit: needs {wants}"));
        }
    }
    for variable in &when.variables {
        let ways = [!variable.is.is_empty(), variable.contains.is_some(), variable.unset];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            table.fault(index, "when", format!("{}: `is`, `contains` and `unset` exclude each other", variable.name));
        }
    }
}

fn fix(table: &mut Table<'_>, index: usize, row: &FixRow) {
    for install in &row.install {
        if !is_exact(install) {
            table.fault(index, "fixes", format!("'{install}' is not a name and an exact version, `name==1.2.3`"));
        }
    }
    for line in &row.requirements {
        let name = line.split(['[', '<', '>', '=', '!', '~', ' ', ';']).next().unwrap_or_default();
        if !is_normal(name) {
            table.fault(index, "fixes", format!("'{line}' is not a requirement, `name[extra]>=1.2`"));
        }
    }
    if let Some(build) = &row.build {
        let name = build.from.split(['[', '<', '>', '=', '!', '~', ' ', ';']).next().unwrap_or_default();
        if !is_normal(name) && !build.from.starts_with("git+https://") {
            table.fault(index, "fixes", format!("'{}' is neither a requirement nor git+https://…", build.from));
        }
        if row.changes_facts() {
            table.fault(index, "fixes", "a fix either makes changes or builds from source, not both");
        }
    }
    if let Some(CudaHome { release, range }) = &row.cuda_home {
        if release.as_ref().is_some_and(|release| release.parse::<Version>().is_err()) {
            table.fault(index, "fixes", "cuda_home: `release` is not a release such as 12.8");
        }
        if range.as_ref().is_some_and(|range| range.parse::<VersionSpecifiers>().is_err()) {
            table.fault(index, "fixes", "cuda_home: `range` is not a range such as >=12.8");
        }
    }
    for command in row.commands.iter().filter(|command| command.line.contains("pip install")) {
        let what = "say an installation as `requirements` or `build`: then every shell and tool gets its own line";
        table.fault(index, "fixes", format!("'{}': {what}", command.line));
    }
    let tried = !(row.install.is_empty() && row.restore.is_empty() && row.set.is_empty() && row.unset.is_empty());
    if tried && !row.requirements.is_empty() {
        table.fault(index, "fixes", "a fix cannot mix `requirements` with changes that are tried on the facts");
    }
    if row.changes_facts() && !row.commands.is_empty() {
        table.fault(index, "fixes", "a fix either makes changes or gives its own commands, not both");
    }
    if !row.restore.is_empty() && !row.install.is_empty() {
        table.fault(index, "fixes", "a fix either installs other versions or restores installed ones, not both");
    }
}

fn of(table: &mut Table<'_>, index: usize, of: &[String], file: &PackageFile) {
    let names: BTreeSet<&str> = file.names().collect();
    for name in of.iter().filter(|name| !names.contains(name.as_str())) {
        table.fault(index, "of", format!("'{name}' is not one of the file's distributions"));
    }
}

pub(super) fn range(table: &mut Table<'_>, index: usize, field: &str, text: &str) {
    if text.parse::<VersionSpecifiers>().is_err() {
        table.fault(index, field, format!("'{text}' is not a PEP 440 range such as >=1.2,<2"));
    }
}

fn contains(range: &str, version: &str) -> bool {
    match (range.parse::<VersionSpecifiers>(), version.parse::<Version>()) {
        (Ok(range), Ok(version)) => range.contains(&version),
        _ => false,
    }
}

/// Whether a text is a name and a range of versions, `name>=1,<2`.
fn is_ranged(text: &str) -> bool {
    let (name, range) = text.split_at(text.find(['<', '>', '=', '!', '~']).unwrap_or(text.len()));
    is_normal(name) && !range.is_empty() && range.parse::<VersionSpecifiers>().is_ok()
}

/// Whether a text is a name and an exact version, `name==1.2.3`.
fn is_exact(text: &str) -> bool {
    text.split_once("==").is_some_and(|(name, version)| is_normal(name) && version.parse::<Version>().is_ok())
}

pub(super) fn is_normal(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The words in braces.
fn placeholders(text: &str) -> Vec<&str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Files;

    /// A file with one problem under these conditions.
    fn faults(when: &str) -> Vec<String> {
        let text = format!(
            "[sources]\ns = \"s\"\n[package]\nname = \"x\"\nmain = []\nsource = [\"s\"]\nverified = \"2026-11-26\"\n\
             [[problem]]\nid = \"x\"\ntitle = \"x\"\nseverity = \"info\"\nwhen = {{ {when} }}\ncause = \"x\"\nconfidence = \"measured\"\n\
             source = [\"s\"]\nverified = \"2026-11-26\"\n"
        );
        let problems = Files::default().add("packages/x.toml", "x.toml", &text).err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_condition_about_the_toolkit_says_one_thing() {
        for when in [
            "toolkit = { missing = true }",
            "toolkit = { other_major = true }",
            "toolkit = { part = \"nvvm\", newer_than_driver = true }",
            "toolkit = { version = \">=13.0\" }",
            "toolkit = { part = \"nvvm\", missing = true }",
        ] {
            assert_eq!(faults(when), [""; 0], "{when}");
        }
        for when in [
            "toolkit = {}",
            "toolkit = { part = \"nvvm\" }",
            "toolkit = { missing = true, version = \">=13.0\" }",
            "toolkit = { missing = true, other_major = true }",
            "toolkit = { version = \">=13.0\", newer_than_driver = true }",
        ] {
            let faults = faults(when);
            assert!(matches!(&faults[..], [fault] if fault.contains("exactly one of")), "{when}: {faults:?}");
        }
        for when in
            ["toolkit = { version = \"new\" }", "toolkit = { part = \"ptxas\" }", "toolkit = { version = \">=13\" }"]
        {
            assert_eq!(faults(when).len(), 1, "{when}: {:?}", faults(when));
        }
    }
}
