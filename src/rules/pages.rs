//! The page of a rule: the head comment of its file, what the rows of the knowledge base add to it, or, for a slug that only rows have,
//! a page that is written from them.

use std::fmt::Write;

use gpucheck_ground::Order as _;

use super::find;
use crate::{
    facts::ShellKind,
    knowledge::{CudaHome, FixRow, Knowledge, PackageFile, ProblemRow, Range, SourceBuild, When},
    shell::{NoWord, ShellLine, Word},
    text::visible,
};

/// A known problem and the file it is in.
type Problem<'k> = (&'k PackageFile, &'k ProblemRow);

/// The slugs of all rules, each with a sentence about it: those of the registry in its order, then those that only rows have.
pub fn titles(knowledge: &Knowledge) -> Vec<(String, String)> {
    let mut titles: Vec<(String, String)> =
        super::REGISTRY.iter().map(|entry| (entry.rule.slug.to_owned(), entry.title())).collect();
    let mut of_rows: Vec<(String, String)> = Vec::new();
    for (_, row) in knowledge.problems() {
        let known = titles.iter().chain(&of_rows).any(|(slug, _)| slug == row.slug());
        if !known {
            of_rows.push((row.slug().to_owned(), visible(&row.title).into_owned()));
        }
    }
    of_rows.order();
    titles.append(&mut of_rows);
    titles
}

/// The page of a slug, as Markdown.
pub fn page(knowledge: &Knowledge, slug: &str) -> Option<String> {
    let problems: Vec<Problem<'_>> = knowledge.problems().filter(|(_, row)| row.slug() == slug).collect();
    match (find(slug), problems.as_slice()) {
        (None, []) => None,
        (Some(entry), []) => Some(entry.page.to_owned()),
        (Some(entry), problems) => Some(entry.page.to_owned() + "\n## Known cases\n" + &sections(problems, "###")),
        (None, [only]) => Some(of_one(slug, *only)),
        (None, problems) => Some(format!("# {slug}\n") + &sections(problems, "##")),
    }
}

/// A page of one row has the headings of all pages.
fn of_one(slug: &str, (file, row): Problem<'_>) -> String {
    let mut page = format!("# {slug}\n\n{}\n\n## How it is decided\n{}", visible(&row.title), decided(file, row));
    let _ = write!(page, "\n## How to fix it\n{}", fixes(row));
    let _ = write!(page, "\n## In a log\n{}", log(row));
    let _ = write!(page, "\n## Sources\n{}", sources(file, row));
    page
}

fn sections(problems: &[Problem<'_>], heading: &str) -> String {
    problems.iter().fold(String::new(), |mut text, (file, row)| {
        let _ = write!(text, "\n{heading} {}\n{}\n\n", visible(&row.id), visible(&row.title));
        let _ = write!(text, "{}\nFix:\n\n{}\n", decided(file, row), fixes(row));
        let _ = write!(text, "In a log:\n\n{}\nSources:\n\n{}", log(row), sources(file, row));
        text
    })
}

/// The condition in words, one to a line.
fn decided(file: &PackageFile, row: &ProblemRow) -> String {
    let names =
        if row.of.is_empty() { file.names().collect::<Vec<_>>() } else { row.of.iter().map(String::as_str).collect() };
    let mut lines = Vec::new();
    match (&row.versions, row.everywhere) {
        (_, true) => {}
        (Some(versions), _) => lines.push(format!("{} {versions} is installed or requested", names.join(" or "))),
        (None, _) => lines.push(format!("any version of {} is installed or requested", names.join(" or "))),
    }
    lines.extend(conditions(&row.when));
    let mut text = String::from("All of these conditions must hold:\n\n");
    lines.iter().for_each(|line| text += &format!("- {}\n", visible(line)));
    if let Some(unless) = &row.unless {
        text += &format!("\nUnless: {}.\n", visible(&conditions(unless).join(", and ")));
    }
    text
}

fn conditions(when: &When) -> Vec<String> {
    let mut lines = Vec::new();
    let range = |what: &str, range: String| format!("{what} {range}");
    lines.extend(when.gpu.as_ref().map(|gpu: &Range<_>| range("the GPU's compute capability is", gpu.to_string())));
    lines.extend(when.gpus.map(|least| match least {
        1 => "there is a GPU".to_owned(),
        least => format!("there are at least {least} GPUs"),
    }));
    lines.extend(when.driver.as_ref().map(|driver| range("the driver is", driver.to_string())));
    if !when.platforms.is_empty() {
        let names: Vec<String> = when.platforms.iter().map(ToString::to_string).collect();
        lines.push(format!("the platform is {}", names.join(" or ")));
    }
    lines.extend(when.python.as_ref().map(|python| range("Python is", python.to_string())));
    for (name, versions) in &when.packages {
        lines.push(if versions.is_empty() {
            format!("{name} is installed too")
        } else {
            format!("{name} is {versions}")
        });
    }
    lines.extend(when.absent.iter().map(|name| format!("{name} is not installed")));
    lines.extend(when.local.map(|local| match local {
        true => "its version has a local part (`+cu121`)".to_owned(),
        false => "its version has no local part (`+cu121`)".to_owned(),
    }));
    lines.extend(when.torch_cuda.as_ref().map(|cuda| range("torch is built for CUDA", cuda.to_string())));
    if let Some(toolkit) = &when.toolkit {
        let version = toolkit.version.as_ref().map(|range| range.to_string());
        lines.push(match (version, toolkit.missing) {
            (Some(range), _) => format!("the CUDA toolkit that it would use is {range}"),
            (None, true) => "there is no CUDA toolkit with a compiler that it would use".to_owned(),
            (None, false) if toolkit.newer_than_driver => {
                "the CUDA toolkit that it would use is newer than the driver's CUDA release".to_owned()
            }
            (None, false) => {
                "the CUDA toolkit that it would use has a different CUDA major version than torch".to_owned()
            }
        });
    }
    if !when.newer_than_driver.is_empty() {
        let names = when.newer_than_driver.join(" or ");
        lines.push(format!("{names} is of a newer CUDA release than the driver's"));
    }
    for variable in &when.variables {
        let name = &variable.name;
        lines.push(match (&variable.contains, variable.is.as_slice(), variable.unset) {
            (_, _, true) => format!("`{name}` is not set"),
            (Some(part), ..) => format!("`{name}` contains `{part}`"),
            (None, [], _) => format!("`{name}` is set"),
            (None, values, _) => format!("`{name}` is `{}`", values.join("` or `")),
        });
    }
    lines.extend(when.loader_lacks.iter().map(|name| format!("the system loader does not find `{name}`")));
    lines.extend(when.brought.iter().map(|name| format!("a package provides `{name}`")));
    if !when.not_brought.is_empty() {
        lines.push(format!("no package provides `{}`", when.not_brought.join("` or `")));
    }
    lines
}

fn fixes(row: &ProblemRow) -> String {
    let mut text = String::new();
    if row.other_version {
        text += "- another version of the package: the nearest one that passes the rules\n";
    }
    if row.other_torch {
        text += "- another build of PyTorch: the nearest one that passes the rules\n";
    }
    for fix in &row.fixes {
        let _ = writeln!(text, "- {}", visible(&(fix.summary.clone() + &changes(fix))));
    }
    if text.is_empty() { "Nothing needs fixing.\n".to_owned() } else { text }
}

fn changes(fix: &FixRow) -> String {
    let mut parts: Vec<String> = Vec::new();
    // A name in an overlay's row may be invalid: then it is shown as text, not as a command.
    let pip = |verb: &'static str, word: Result<Word, NoWord>, text: &str| {
        let line =
            word.and_then(|word| ShellLine::command(ShellKind::Sh, &Word::fixed("pip"), &[Word::fixed(verb), word]));
        line.map_or_else(|_| format!("{verb} {text}"), |line| format!("`{line}`"))
    };
    parts.extend(fix.uninstall.iter().map(|name| pip("uninstall", Word::name(name), name)));
    parts.extend(fix.requirements.iter().map(|line| pip("install", Word::requirement(line), line)));
    parts.extend(fix.install.iter().map(|line| pip("install", Word::requirement(line), line)));
    parts.extend(fix.restore.iter().map(|name| format!("reinstall {name}")));
    parts.extend(fix.unset.iter().map(|name| format!("unset `{name}`")));
    parts.extend(fix.set.iter().map(|(name, value)| format!("`{name}={value}`")));
    if let Some(SourceBuild { from, variables, .. }) = &fix.build {
        let set = variables.iter().map(|(name, value)| format!("`{name}={value}`")).collect::<Vec<_>>().join(", ");
        let with = if set.is_empty() { set } else { format!(" with {set}") };
        parts.push(format!("build `{from}` from source{with}"));
    }
    if let Some(CudaHome { release, .. }) = &fix.cuda_home {
        let release =
            release.as_ref().map_or_else(|| "torch's CUDA release".to_owned(), |release| format!("CUDA {release}"));
        parts.push(format!("`CUDA_HOME`: the folder of a toolkit such as {release}"));
    }
    parts.extend(fix.commands.iter().map(|command| format!("`{}`", command.line)));
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn log(row: &ProblemRow) -> String {
    match row.symptoms.is_empty() {
        true => "Nothing.\n".to_owned(),
        false => row.symptoms.iter().map(|symptom| format!("- `{}`\n", visible(symptom))).collect(),
    }
}

fn sources(file: &PackageFile, row: &ProblemRow) -> String {
    let named =
        row.source.iter().filter_map(|key| file.sources.get(key)).map(|source| format!("- {}\n", visible(source)));
    let name = &file.package.name;
    let known = row.confidence.words();
    let checked = format!("`knowledge/packages/{name}.toml`, checked {} ({known}).", row.verified);
    format!("{}\n{}\n", named.collect::<String>(), visible(&checked))
}
