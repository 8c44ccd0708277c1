//! Which libraries decide for a package, and what they are built for.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, agree, disagree, none, some, unknown};
use crate::{
    compat::{self, DriverSupport, Reach},
    facts::{CodeKind, CodeObjects, CodeTarget, ComputeCapability, Extent, Fact, PtxIsa, Target},
    knowledge::{self, Knowledge},
    rules::code::{Terms, on_code},
    verify::{
        Check,
        compare::{list, same},
    },
};

/// The code that was read of the main libraries, and of those that are taken instead of them.
struct Codes<'c> {
    knowledge: &'c Knowledge,
    main: Vec<&'c CodeObjects>,
    instead: Vec<&'c CodeObjects>,
}

impl<'c> Codes<'c> {
    fn all(&self) -> impl Iterator<Item = &'c CodeObjects> {
        self.main.iter().chain(&self.instead).copied()
    }

    /// The targets that a row has to list: those of the general part and all others that most fatbins have. Where the kernels for one
    /// GPU have several names (100, 100a, 100f), a sample shows one of them, and a row made by it leaves out what most of the code has.
    /// What every main library is built for so, and what those instead of them are. A target that would claim a GPU which the rest of the
    /// fatbins does not serve is left out: a row speaks of all of them alike.
    fn general(&self, kind: CodeKind) -> BTreeSet<Target> {
        let of = |code: &CodeObjects| {
            let built = compat::built(self.knowledge, code);
            let listed = |target: &&CodeTarget| {
                target.kind == kind
                    && (built.serves(**target) || built.in_most(**target) && self.claims_no_more(**target))
            };
            built.counts.keys().filter(listed).map(|code| code.target).collect::<BTreeSet<_>>()
        };
        let common = |codes: &[&CodeObjects]| {
            let mut sets = codes.iter().map(|code| of(code));
            let first = sets.next().unwrap_or_default();
            sets.fold(first, |all, set| all.intersection(&set).copied().collect())
        };
        common(&self.main).union(&common(&self.instead)).copied().collect()
    }

    /// Whether the libraries work on every GPU that machine code for this target runs on.
    fn claims_no_more(&self, target: CodeTarget) -> bool {
        let driver = DriverSupport::default();
        let terms = Terms::new(self.knowledge, &driver, None);
        let works = |gpu| self.reach(|code| on_code(&terms, code, gpu)).is_some_and(Reach::works);
        let runs = |gpu: &ComputeCapability| compat::sass_runs(self.knowledge, target.target, *gpu, None);
        target.kind == CodeKind::Ptx || self.knowledge.capabilities().filter(runs).all(works)
    }

    /// What a GPU can do with them, as `extension-arch-missing` decides it.
    fn reach(&self, way: impl Fn(&CodeObjects) -> Reach) -> Option<Reach> {
        let worst = |codes: &[&CodeObjects]| codes.iter().map(|code| way(code)).min_by_key(|reach| reach.rank());
        match worst(&self.main)? {
            reach if reach.lacks() => Some(worst(&self.instead).filter(|other| other.works()).unwrap_or(reach)),
            reach => Some(reach),
        }
    }
}

pub(super) fn checks(case: &Case<'_>) -> Vec<Check> {
    let main = &case.file.package.main;
    if main.is_empty() {
        return Vec::new();
    }
    let mut checks = vec![matched(case)];
    if case.row.variants.is_empty() {
        checks.extend(held(case, None));
    } else {
        checks.extend(variants(case));
    }
    if let Some(minimum) = case.row.minimum {
        checks.push(unknown("least GPU", Some(minimum.to_string()), "its own code decides this, not a header"));
    }
    checks
}

/// Whether the paths of `main` are those of the package.
fn matched(case: &Case<'_>) -> Check {
    let patterns: Vec<String> = case.file.package.main.iter().map(|main| main.replace("{cuda}", "*")).collect();
    let is_main = |path: &&str| patterns.iter().any(|pattern| knowledge::matches(pattern, path));
    let (found, others): (Vec<&str>, Vec<&str>) = case.evidence.paths().partition(is_main);
    let row = case.file.package.main.join(", ");
    let claims = case.row.sass.is_some() || !case.row.variants.is_empty() || case.row.links_torch;
    match (found.is_empty(), others.is_empty()) {
        (false, _) => agree("main", row, some(&found)),
        (true, true) if !claims => agree("main", row, "the package has no library"),
        (true, true) => disagree("main", row, "the package has no library"),
        (true, false) => disagree("main", row, format!("none of its libraries matches: {}", some(&others))),
    }
}

/// Each library that it chooses from, and those that the row does not know.
fn variants(case: &Case<'_>) -> Vec<Check> {
    let splits: Vec<_> = case.file.package.main.iter().filter_map(|main| main.split_once("{cuda}")).collect();
    let digits = |path: &str| {
        let digits = splits.iter().find_map(|(start, end)| path.strip_prefix(start)?.strip_suffix(end))?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    };
    let there: BTreeSet<String> = case.evidence.paths().filter_map(digits).collect();
    let claimed: BTreeSet<String> = case.row.variants.iter().flat_map(|variant| variant.cuda.iter().cloned()).collect();
    let mut checks = vec![same("variants", Some(claimed), there.clone(), |all| list(all))];
    checks.extend(there.iter().flat_map(|digits| held(case, Some(digits))));
    checks
}

/// The code of the library for a CUDA release, or of the only one.
fn held(case: &Case<'_>, cuda: Option<&str>) -> Vec<Check> {
    let variant =
        case.row.variants.iter().find(|variant| cuda.is_some_and(|cuda| variant.cuda.iter().any(|c| c == cuda)));
    let (sass, ptx) = match (cuda, variant) {
        (None, _) => (case.row.sass.as_ref(), case.row.ptx.as_slice()),
        (Some(_), variant) => (variant.map(|variant| &variant.sass), [].as_slice()),
    };
    let prefix = cuda.map(|cuda| format!("{cuda}: ")).unwrap_or_default();
    let codes = match (read(case, cuda), sass) {
        (Ok(codes), _) => codes,
        (Err(_), None) => return Vec::new(),
        (Err(why), Some(sass)) => {
            return vec![unknown("machine code", Some(prefix.clone() + &list(sass)), prefix + &why)];
        }
    };
    let shown = |targets: &BTreeSet<Target>| prefix.clone() + &list(targets);
    let Some(sass) = sass else { return vec![none("machine code", shown(&codes.general(CodeKind::Sass)))] };
    let mut checks = match case.file.package.share {
        Some(_) => vec![anywhere(case, &codes)],
        None => vec![
            listed("machine code", sass, CodeKind::Sass, &codes, &prefix),
            listed("PTX", ptx, CodeKind::Ptx, &codes, &prefix),
        ],
    };
    if case.row.isa.is_some() || !ptx.is_empty() {
        checks.push(isa(case.row.isa, &codes));
    }
    checks.extend(case.knowledge.package_code(case.row, cuda).map(|claimed| gpus(case, &claimed, &codes, &prefix)));
    checks
}

/// The libraries that hold code. As for the rules, those that hold none do not count.
fn read<'c>(case: &Case<'c>, cuda: Option<&str>) -> Result<Codes<'c>, String> {
    let name = &case.evidence.name;
    let mut codes = Codes { knowledge: case.knowledge, main: Vec::new(), instead: Vec::new() };
    let mut why = "no main library could be read".to_owned();
    for library in &case.evidence.libraries {
        let place = match &library.path {
            path if case.knowledge.is_main_library(name, path, cuda) => &mut codes.main,
            path if case.knowledge.is_taken_instead(name, path, cuda) => &mut codes.instead,
            _ => continue,
        };
        match &library.code {
            Fact::Known { value, .. } if value.extent == Extent::Sampled => {
                return Err(format!("only the beginning of {} was read", library.path));
            }
            Fact::Known { value, .. } if value.modules.iter().any(|group| !group.images.is_empty()) => {
                place.push(value)
            }
            Fact::Known { value, .. } => {
                let found = value.hidden.keys().map(ToString::to_string).collect::<Vec<_>>().join(" ");
                why = format!("{}: no section names its code; found elsewhere in the file: {found}", library.path);
            }
            Fact::Unknown { why: reason } => why = format!("{}: {reason}", library.path),
            Fact::Absent { .. } => why = format!("{} contains no code", library.path),
        }
    }
    if codes.main.is_empty() { Err(why) } else { Ok(codes) }
}

/// Whether a row lists all that it has to, and beside it only what is there: where fatbins for one GPU have several names (100, 100a, 100f),
/// none of them may be in most.
fn listed(fact: &'static str, row: &[Target], kind: CodeKind, codes: &Codes<'_>, prefix: &str) -> Check {
    let row: BTreeSet<Target> = row.iter().copied().collect();
    let general = codes.general(kind);
    let somewhere = |target: &Target| {
        codes.all().any(|code| compat::built(codes.knowledge, code).at_all(CodeTarget { kind, target: *target }))
    };
    let here: BTreeSet<Target> = general.iter().chain(row.iter().filter(|target| somewhere(target))).copied().collect();
    let shown = |targets: &BTreeSet<Target>| prefix.to_owned() + &list(targets);
    match here == row {
        true => agree(fact, shown(&row), shown(&row)),
        false => disagree(fact, shown(&row), shown(&here)),
    }
}

/// For packages of which each GPU uses a part: whether all that the row lists is there, and all that most fatbins have is listed, with how
/// many hold it.
fn anywhere(case: &Case<'_>, codes: &Codes<'_>) -> Check {
    let claimed = case.row.sass.iter().flatten().map(|target| CodeTarget::sass(*target));
    let claimed: Vec<CodeTarget> = claimed.chain(case.row.ptx.iter().map(|target| CodeTarget::ptx(*target))).collect();
    let mut counts: BTreeMap<CodeTarget, u32> = BTreeMap::new();
    let mut fatbins: u32 = 0;
    for code in codes.all() {
        let built = compat::built(codes.knowledge, code);
        fatbins = fatbins.saturating_add(built.fatbins);
        for (target, count) in built.counts {
            let sum = counts.entry(target).or_default();
            *sum = sum.saturating_add(count);
        }
    }
    let shown = counts.iter().map(|(target, count)| format!("{target} {count}")).collect::<Vec<_>>().join(", ");
    let package = format!("counts out of {fatbins} fatbins: {shown}");
    let most = |count: u32| u64::from(count) * 2 > u64::from(fatbins);
    let listed = counts.iter().filter(|(_, count)| most(**count)).all(|(target, _)| claimed.contains(target));
    match listed && claimed.iter().all(|target| counts.contains_key(target)) {
        true => agree("machine code", list(&claimed), package),
        false => disagree("machine code", list(&claimed), package),
    }
}

/// The ISA version that nine tenths of the general PTX have.
fn isa(row: Option<PtxIsa>, codes: &Codes<'_>) -> Check {
    let mut counts: BTreeMap<PtxIsa, u64> = BTreeMap::new();
    for code in codes.all() {
        let built = compat::built(codes.knowledge, code);
        for group in &code.modules {
            let ptx = group.images.iter().filter(|image| image.code.kind == CodeKind::Ptx && built.at_all(image.code));
            for isa in ptx.filter_map(|image| image.isa) {
                *counts.entry(isa).or_default() += u64::from(group.count);
            }
        }
    }
    let all: u64 = counts.values().sum();
    let shown = match counts.len() {
        0 | 1 => list(counts.keys()),
        _ => counts.iter().map(|(isa, count)| format!("{isa} ({count} fatbins)")).collect::<Vec<_>>().join(", "),
    };
    let Some(row) = row else { return none("PTX ISA", shown) };
    match counts.get(&row).is_some_and(|count| count * 10 >= all * 9) {
        true => agree("PTX ISA", row.to_string(), shown),
        false => disagree("PTX ISA", row.to_string(), shown),
    }
}

/// What a GPU can do with the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Native,
    Compiled,
    No,
}

impl Way {
    fn words(self) -> &'static str {
        match self {
            Self::Native => "runs",
            Self::Compiled => "compiles PTX",
            Self::No => "no",
        }
    }
}

/// Every compute capability: what the rules say of it by the row, and by the libraries.
fn gpus(case: &Case<'_>, claimed: &CodeObjects, codes: &Codes<'_>, prefix: &str) -> Check {
    let share = case.file.package.share;
    let covers = |code: &CodeObjects, gpu| compat::coverage(case.knowledge, code, gpu, None, &DriverSupport::default());
    let driver = DriverSupport::default();
    let terms = Terms { share, ..Terms::new(case.knowledge, &driver, None) };
    let reach = |code: &CodeObjects, gpu| on_code(&terms, code, gpu);
    let way = |reach: Reach| match reach {
        // A share of the fatbins says that it works, and not how.
        reach if share.is_some() && reach.works() => Way::Native,
        Reach::Native(_) => Way::Native,
        Reach::Compiled(_) => Way::Compiled,
        _ => Way::No,
    };
    // The least part of a library's fatbins that a GPU can use, where that decides.
    let part = |gpu: ComputeCapability| {
        let percent = |code: &CodeObjects| {
            let coverage = covers(code, gpu);
            (coverage.native + coverage.compiled).saturating_mul(100).checked_div(coverage.fatbins)
        };
        let least = codes.main.iter().filter_map(|code| percent(code)).min().filter(|_| share.is_some());
        least.map(|percent| format!(" ({percent} %)")).unwrap_or_default()
    };
    let verdicts: Vec<(ComputeCapability, Way, Way)> = case
        .knowledge
        .capabilities()
        .filter_map(|gpu| Some((gpu, way(reach(claimed, gpu)), way(codes.reach(|code| reach(code, gpu))?))))
        .collect();
    // A row speaks of all fatbins alike: where most are machine code for a GPU, it cannot say that the rest are compiled for it.
    let mostly = |gpu| {
        codes.main.iter().all(|code| {
            let coverage = covers(code, gpu);
            u64::from(coverage.native) * 2 > u64::from(coverage.fatbins)
        })
    };
    let alike = |gpu, row, package| row == package || (row == Way::Native && package == Way::Compiled && mostly(gpu));
    let different: Vec<_> = verdicts.iter().filter(|(gpu, row, package)| !alike(*gpu, *row, *package)).collect();
    if !different.is_empty() {
        let row = different.iter().map(|(gpu, row, _)| format!("{gpu} {}", row.words()));
        let package = different.iter().map(|(gpu, _, package)| format!("{gpu} {}{}", package.words(), part(*gpu)));
        let joined = |parts: Vec<String>| prefix.to_owned() + &parts.join(", ");
        return disagree("GPUs", joined(row.collect()), joined(package.collect()));
    }
    let of = |wanted: Way| {
        let gpus = verdicts.iter().filter(move |(_, way, _)| *way == wanted);
        list(gpus.map(|(gpu, ..)| format!("{gpu}{}", part(*gpu))))
    };
    let mut text = format!("{prefix}runs on {}", of(Way::Native));
    if verdicts.iter().any(|(_, way, _)| *way == Way::Compiled) {
        text += &format!("; by compiling PTX on {}", of(Way::Compiled));
    }
    if share.is_some() {
        text += &format!("; not on {}", of(Way::No));
    }
    agree("GPUs", text.clone(), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        facts::{Compression, Image, ModuleGroup},
        verify::Outcome,
    };

    /// A library of 51 fatbins, of which a few are for special kinds of the newest GPUs and most for the plain ones, as Transformer Engine
    /// 2.10.0 has them (counted 2026-11-29).
    fn library() -> CodeObjects {
        let image = |text: &str| Image { code: text.parse().unwrap(), isa: None, compression: Compression::None };
        let group = |count, images: &str| ModuleGroup { count, images: images.split(' ').map(image).collect() };
        let modules = vec![
            group(42, "sm_75 sm_80 sm_89 sm_90 sm_100 sm_120"),
            group(9, "sm_75 sm_80 sm_89 sm_90 sm_100a sm_103a sm_120f"),
        ];
        CodeObjects { fatbins: 51, modules, ..Default::default() }
    }

    #[test]
    fn a_row_lists_what_most_fatbins_have_and_not_what_a_sample_shows() {
        let (knowledge, library) = (Knowledge::builtin().unwrap(), library());
        let codes = Codes { knowledge: &knowledge, main: vec![&library], instead: Vec::new() };
        let outcome = |targets: &str| {
            let row: Vec<Target> = targets.split(' ').map(|target| target.parse().unwrap()).collect();
            listed("machine code", &row, CodeKind::Sass, &codes, "").outcome
        };
        assert_eq!(outcome("75 80 89 90 100a 103a 120f"), Outcome::Disagree);
        assert_eq!(outcome("75 80 89 90 100 120"), Outcome::Agree);
        assert_eq!(outcome("75 80 89 90 100 100a 103a 120 120f"), Outcome::Agree);
        assert_eq!(outcome("75 80 89 90 100 110 120"), Outcome::Disagree, "what is not there");
    }
}
