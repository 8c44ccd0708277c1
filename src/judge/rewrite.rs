//! Fixes as lines of the files that ask for software: each way to write a fix is tried on the text, which is read and judged again. A fix
//! that no way carries out says why.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

use gpucheck_ground::Order as _;

use super::inputs::{Asked, Bench, Inputs};
use crate::{
    facts::{Environment, Facts, Origin, Resolver},
    finding::{FileChange, Finding, Fix, Moves, Proof, Severity},
    knowledge::Knowledge,
    manifest::{
        Declared, Put,
        edit::{self, Changed, Declaration, NoEdit, Wanted},
    },
    parallel, python,
    shell::{NoWord, Word},
    system::redact,
    text::diff,
};

/// A way to write a fix, and what is wrong with it.
struct Tried {
    files: Vec<Changed>,
    after: Vec<Finding>,
}

/// What became of the ways to write what a fix does in one environment.
struct Known {
    moves: Moves,
    tried: Result<Vec<Tried>, Unwritten>,
}

/// Why a fix is not written.
enum Unwritten {
    /// A word of it is harmful.
    Word(NoWord),
    /// The files cannot say it.
    Edit(NoEdit),
}

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(why) => write!(f, "{why}"),
            Self::Edit(why) => write!(f, "{why}"),
        }
    }
}

/// Lines that a fix changes, and the files that come of it.
pub(super) struct Written {
    pub changes: Vec<FileChange>,
    pub files: Vec<Changed>,
}

/// Writes the fixes of findings about declared environments as lines of their files.
pub(super) fn attach(
    bench: &Bench<'_>,
    inputs: &mut Inputs,
    enriched: &Facts,
    before: &[Finding],
    findings: &mut [Finding],
) -> Vec<Written> {
    let known = known(bench, inputs, enriched, findings);
    let mut written = Vec::new();
    for finding in findings {
        let Some(id) = finding.environment.clone() else { continue };
        let Some(environment) = editable(enriched, &id).map(|(_, environment)| environment) else { continue };
        let own = finding.clone();
        for fix in finding.fixes.iter_mut().filter(|fix| is_for_files(fix, environment)) {
            let Some(Known { tried, .. }) =
                known.get(&id).and_then(|all| all.iter().find(|one| one.moves == fix.moves))
            else {
                continue;
            };
            let files = write(fix, &own, before, tried);
            written.extend(files.map(|files| Written { changes: fix.changes.clone(), files: files.to_vec() }));
        }
        // Of two fixes that change the same lines the first one stays.
        let mut seen: Vec<Vec<FileChange>> = Vec::new();
        finding.fixes.retain(|fix| {
            let new = fix.changes.is_empty() || !seen.contains(&fix.changes);
            seen.push(fix.changes.clone());
            new
        });
        // One that is proven comes before one that cannot be written.
        finding.fixes.order_by_key(|fix| fix.changes.is_empty() && fix.moves != Moves::default() && !fix.moves.more);
    }
    written
}

/// The declared environment of a name, with its number, unless it is one of a lock file, which is written by its tool, whose line stands.
fn editable<'f>(enriched: &'f Facts, id: &str) -> Option<(usize, &'f Environment)> {
    let (number, environment) = enriched.environments.iter().enumerate().find(|(_, one)| one.id == id)?;
    let locked = environment.steps.iter().any(|step| step.resolver == Resolver::Lock);
    (!environment.steps.is_empty() && !locked).then_some((number, environment))
}

/// Whether files can say what a fix does. A variable that no file sets is one of the machine: its line stands.
fn is_for_files(fix: &Fix, environment: &Environment) -> bool {
    let sets = |name: &str| environment.image.as_ref().is_some_and(|image| image.env_vars.contains_key(name));
    fix.moves != Moves::default() && !fix.moves.more && fix.moves.variables.iter().all(|(name, _)| sets(name))
}

/// What becomes of the ways to write what fixes do, by environment. Environments are apart from each other: they are tried at once.
fn known(
    bench: &Bench<'_>,
    inputs: &mut Inputs,
    enriched: &Facts,
    findings: &[Finding],
) -> BTreeMap<String, Vec<Known>> {
    let mut wanted: BTreeMap<&str, (usize, Vec<&Moves>)> = BTreeMap::new();
    for finding in findings {
        let Some(id) = finding.environment.as_deref() else { continue };
        let Some((number, environment)) = editable(enriched, id) else { continue };
        for fix in finding.fixes.iter().filter(|fix| is_for_files(fix, environment)) {
            let (_, moves) = wanted.entry(id).or_insert((number, Vec::new()));
            if !moves.contains(&&fix.moves) {
                moves.push(&fix.moves);
            }
        }
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let tried = |inputs: &mut Inputs, (_, (number, moves)): &(&str, (usize, Vec<&Moves>))| -> Vec<Known> {
        let Some(environment) = enriched.environments.get(*number) else { return Vec::new() };
        let declaration = Declaration { environment, number: *number, written: &enriched.written };
        let one =
            |moves: &&Moves| Known { moves: Moves::clone(moves), tried: tries(bench, inputs, &declaration, moves) };
        moves.iter().map(one).collect()
    };
    let all = match wanted.as_slice() {
        [only] => vec![tried(inputs, only)],
        several => parallel::map_with(inputs.threads(), several, || inputs.copy(), tried),
    };
    wanted.into_iter().map(|(id, _)| id.to_owned()).zip(all).collect()
}

/// Keeps changed files in place of those that are there.
pub(super) fn keep(inputs: &mut Inputs, files: &[Changed]) {
    for file in files {
        put(inputs, file);
        match inputs.mended.iter_mut().find(|mended| mended.path == file.path) {
            Some(mended) => mended.new.clone_from(&file.new),
            None => inputs.mended.push(file.clone()),
        }
    }
}

/// Puts the first way into a fix that removes the finding and does no harm.
fn write<'t>(
    fix: &mut Fix,
    finding: &Finding,
    before: &[Finding],
    tried: &'t Result<Vec<Tried>, Unwritten>,
) -> Option<&'t [Changed]> {
    let same = |one: &Finding, other: &Finding| {
        one.rule == other.rule && one.environment == other.environment && one.trace.package == other.trace.package
    };
    let serves = |tried: &&Tried| {
        let gone = !tried.after.iter().any(|after| same(after, finding) && after.severity >= finding.severity);
        let worse = |after: &Finding| after.severity == Severity::Error && !before.iter().any(|one| same(one, after));
        gone && !tried.after.iter().any(worse)
    };
    // What was not understood before is no less so afterwards.
    fix.remains.retain(|remains| !remains.starts_with("declaration-unclear "));
    if let Err(Unwritten::Edit(NoEdit::Command)) = tried {
        // It is pasted again.
        return None;
    }
    if let Err(Unwritten::Edit(why @ NoEdit::Index(..))) = tried {
        // The command does what the file cannot say.
        fix.notes.push(format!("{why}: run this first, and what the file asks for will do"));
        return None;
    }
    fix.commands.clear();
    fix.edits.clear();
    fix.notes.clear();
    let why = match tried {
        Ok(all) => match all.iter().find(serves) {
            Some(Tried { files, .. }) => {
                fix.changes = files.iter().flat_map(changes).collect();
                if files.iter().any(|file| file.old.matches("--hash=").count() > file.new.matches("--hash=").count()) {
                    let note =
                        "the hashes of what changes are taken out: the tool that wrote them has to write the new ones";
                    fix.notes.push(note.to_owned());
                }
                if files.iter().any(|file| file.image) {
                    fix.unproven.push("whether an image with this tag was published".to_owned());
                }
                return Some(files);
            }
            None => "with the lines that gpucheck would write, the finding stays or another one comes".to_owned(),
        },
        Err(why) => why.to_string(),
    };
    fix.proof = Proof::None;
    fix.no_line = Some(why);
    None
}

/// Tries each way to write what a fix does.
fn tries(
    bench: &Bench<'_>,
    inputs: &mut Inputs,
    declaration: &Declaration<'_>,
    moves: &Moves,
) -> Result<Vec<Tried>, Unwritten> {
    let wanted = wanted(moves).map_err(Unwritten::Word)?;
    let mut ways = match (moves.variables.as_slice(), wanted.as_slice()) {
        ([], _) => edit::ways(&inputs.shelf, declaration, &wanted, &moves.gone),
        ([(name, value)], []) => {
            Word::value(value).map_err(Unwritten::Word)?;
            edit::assigned(&inputs.shelf, declaration, name, value).map(|way| vec![way])
        }
        // Nobody has put both into one fix so far.
        _ => Err(NoEdit::Clash),
    }
    .map_err(Unwritten::Edit)?;
    if let Some(command) = inputs.command() {
        ways.retain(|files| files.iter().all(|file| file.path != command));
        if ways.is_empty() {
            return Err(Unwritten::Edit(NoEdit::Command));
        }
    }
    let mut tried = Vec::new();
    for files in ways {
        let before: Vec<(PathBuf, Option<Put>)> = files.iter().map(|file| put(inputs, file)).collect();
        let after = after(bench, inputs, declaration.environment, moves);
        for (path, text) in before {
            inputs.shelf.put(&path, text);
        }
        let clean = after.as_ref().is_some_and(|after| after.iter().all(|one| one.severity == Severity::Info));
        tried.extend(after.map(|after| Tried { files, after }));
        // What keeps most comes first; there is no better one.
        if clean {
            break;
        }
    }
    Ok(tried)
}

/// Names of what an environment asks for, besides what a fix is about: a change that adds to them, or takes from them, is none of ours.
fn others<'e>(environment: &'e Environment, moves: &Moves) -> BTreeSet<&'e str> {
    let requests = environment.steps.iter().flat_map(|step| &step.requests);
    let names = requests.map(|request| request.name.as_str());
    let moved = |name: &&str| {
        edit::selects_of_conda(name)
            || moves.installs.iter().any(|install| install.name == *name)
            || moves.gone.iter().any(|gone| gone == name)
    };
    names.filter(|name| !moved(name)).collect()
}

/// Whether no single call of a tool asks for a torch and for a companion of another one, which no tool installs together.
fn pairs(environment: &Environment, knowledge: &Knowledge) -> bool {
    environment.steps.iter().all(|step| {
        let pinned = |name: &str| {
            let mut own = step.requests.iter().filter(|one| one.name == name && one.asked.marker.is_none());
            own.find_map(|one| python::exact_version(&one.asked.specifiers)).map(python::public_version)
        };
        let release = pinned("torch").and_then(|version| knowledge.torch_release(version));
        let fits = |name: &str| {
            let wanted = release.and_then(|release| release.companion(name));
            wanted.zip(pinned(name)).is_none_or(|(wanted, pinned)| wanted == pinned)
        };
        fits("torchvision") && fits("torchaudio")
    })
}

/// Whether an environment has what a fix says that it would, as far as it is known.
fn brings(environment: &Environment, moves: &Moves) -> bool {
    moves.installs.iter().all(|install| {
        let wanted = python::exact_version(&install.specifiers).map(python::public_version);
        let package = environment.package(&install.name);
        let version =
            package.and_then(|package| package.version.value()).map(|version| python::public_version(version));
        wanted.zip(version).is_none_or(|(wanted, version)| wanted == version)
    })
}

/// What is wrong with an environment as the files now have it; nothing where it is no longer there, or asks for something else besides.
fn after(bench: &Bench<'_>, inputs: &Inputs, environment: &Environment, moves: &Moves) -> Option<Vec<Finding>> {
    let id = environment.id.as_str();
    let own = match &environment.origin {
        Origin::Declared(file) if inputs.command().is_none() => inputs.shelf.path_of(file),
        _ => None,
    };
    // Its file alone is enough, unless only others lead to it, or what there is in its folder counts.
    let alone = own.filter(|_| environment.beside.is_none()).map(|path| Asked::Files(vec![path]));
    let alone = alone.and_then(|asked| of_one(bench, inputs, &asked, id));
    let declared = match alone {
        Some(declared) => declared,
        None => of_one(bench, inputs, &inputs.asked, id)?,
    };
    let judgement = bench.judge(inputs, declared);
    let changed = judgement.enriched.environments.iter().find(|one| one.id == id)?;
    let same = others(changed, moves) == others(environment, moves) && changed.gaps.len() <= environment.gaps.len();
    (same && brings(changed, moves) && pairs(changed, bench.knowledge)).then_some(())?;
    let is = |finding: &Finding| finding.environment.as_deref() == Some(id);
    Some(judgement.findings().into_iter().filter(is).collect())
}

/// What is read, where an environment is in it; the others are left empty, at their places.
fn of_one(bench: &Bench<'_>, inputs: &Inputs, asked: &Asked, id: &str) -> Option<Declared> {
    let mut declared = bench.read_of(inputs, asked).ok()?;
    declared.environments.iter().any(|one| one.id == id).then_some(())?;
    for other in declared.environments.iter_mut().filter(|one| one.id != id) {
        *other = Environment::unknown(std::mem::take(&mut other.id), other.origin.clone(), "another one is judged");
    }
    Some(declared)
}

/// What a fix does, in words that are harmless in any file.
fn wanted(moves: &Moves) -> Result<Vec<Wanted>, NoWord> {
    let index = moves.index.as_deref().map(|index| Word::url(index).map(|_| index)).transpose()?;
    let one = |install: &crate::finding::Move| {
        Word::requirement(&format!("{}{}", install.name, install.specifiers))?;
        Ok(Wanted {
            name: install.name.clone(),
            specifiers: install.specifiers.clone(),
            index: index.filter(|_| !install.apart).map(str::to_owned),
        })
    };
    moves.installs.iter().map(one).collect()
}

fn put(inputs: &mut Inputs, file: &Changed) -> (PathBuf, Option<Put>) {
    let text = Put { shown: file.shown.clone(), text: file.new.clone() };
    (file.path.clone(), inputs.shelf.put(&file.path, Some(text)))
}

/// The lines of a file that change.
fn changes(file: &Changed) -> impl Iterator<Item = FileChange> {
    let (old, new) = (diff::lines(&file.old), diff::lines(&file.new));
    let of = |lines: Option<&[&str]>| {
        lines.unwrap_or_default().iter().map(|line| redact::line(line.trim_end_matches(['\n', '\r']))).collect()
    };
    let hunks = diff::hunks(&old, &new);
    let all: Vec<FileChange> = hunks
        .into_iter()
        .map(|hunk| FileChange {
            path: file.shown.clone(),
            line: u32::try_from(hunk.old.start + 1).unwrap_or(u32::MAX),
            old: of(old.get(hunk.old)),
            new: of(new.get(hunk.new)),
        })
        .collect();
    all.into_iter()
}
