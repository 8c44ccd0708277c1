//! Several machines in one answer: the worst verdict, and what serves all of them. Each was judged alone: what would clash in one machine
//! (a kernel module for Volta and one for Blackwell) is no matter between two.

use std::{collections::BTreeSet, time::Instant};

use gpucheck_ground::Order as _;

use super::matrix::{BuildAnswer, about_builds, missing};
use crate::{
    facts::{CudaVersion, Environment, Facts, GapWeight, Origin, Platform},
    finding::{Command, Finding, Severity},
    fix::Candidate,
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    report::{
        Body, CellStatus, CommandName, InstallFor, MachineCell, MachineReport, MachineRow, MachineTable, Machines,
        Matrix, Report, RowKind, Served, ServesAll, Verdict,
    },
    rules::code::Execution,
};

/// One machine and what a command says of it.
#[derive(Debug)]
pub struct Seen {
    /// As it was named.
    pub target: String,
    /// Its report.
    pub report: Report,
}

/// Puts the reports of several machines together; nothing where there is none. `start` is when the command began.
pub fn machines(
    knowledge: &Knowledge,
    seen: Vec<Seen>,
    table: Option<MachineTable>,
    start: Instant,
) -> Option<Machines> {
    let first = seen.first()?;
    let command = first.report.command;
    let table = table.or_else(|| torch_table(&seen));
    let serves_all = match (&table, command) {
        (Some(table), CommandName::Check) => by_generation(table, &seen),
        (Some(table), _) => by_table(table, &seen),
        (None, CommandName::Scan) => by_gate(&seen),
        (None, CommandName::Recommend) => by_build(knowledge, &seen),
        (None, _) => by_installed(knowledge, &seen),
    };
    Some(Machines {
        schema: first.report.schema,
        version: first.report.version,
        knowledge: first.report.knowledge.clone(),
        command,
        verdict: Verdict::worst(seen.iter().map(|seen| seen.report.verdict)),
        serves_all,
        table,
        change: None,
        targets: seen.into_iter().map(|Seen { target, report }| MachineReport { target, report }).collect(),
        elapsed_ms: start.elapsed().as_secs_f64() * 1000.0,
    })
}

/// The sentence's list: `a`, `a and b`, `a, b and c`.
fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// All of so many targets, in a sentence.
fn all_of(count: usize) -> String {
    match count {
        1 => "the target".to_owned(),
        2 => "both targets".to_owned(),
        _ => format!("all {count} targets"),
    }
}

/// Machines by their numbers, as the pages are headed: `target 2 (rule) and target 3`.
fn numbered(odd: &[(usize, String)]) -> String {
    list(&odd.iter().map(|(index, more)| format!("target {}{more}", index + 1)).collect::<Vec<_>>())
}

/// From the numbers of those that are not served and those of which it is not known, each with what is to be said of it.
fn answer(what: &str, seen: &[Seen], not: Vec<(usize, String)>, unknown: Vec<(usize, String)>) -> ServesAll {
    let (answer, text, odd) = match (not.is_empty(), unknown.is_empty()) {
        (true, true) => (Served::Yes, format!("yes: {what} works on {}", all_of(seen.len())), Vec::new()),
        (true, false) => {
            let text = format!("not known: not everything could be checked for {}", numbered(&unknown));
            (Served::Unknown, text, unknown)
        }
        (false, _) => (Served::No, format!("no: {what} does not work on {}", numbered(&not)), not),
    };
    let not = odd.iter().filter_map(|(index, _)| seen.get(*index)).map(|seen| seen.target.clone()).collect();
    ServesAll { answer, text, not, build: None, install: Vec::new(), unproven: Vec::new() }
}

/// What was scanned: whether the gate of each machine is open.
fn by_gate(seen: &[Seen]) -> ServesAll {
    let (mut not, mut unknown) = (Vec::new(), Vec::new());
    for (index, Seen { report, .. }) in seen.iter().enumerate() {
        let named = (index, String::new());
        match report.scan().and_then(|scan| scan.gate.as_ref()) {
            Some(gate) if gate.met => {}
            Some(_) if report.verdict == Verdict::Error => not.push(named),
            _ => unknown.push(named),
        }
    }
    answer("what was scanned", seen, not, unknown)
}

/// What is installed, and the build of torch that would serve all where that does not.
fn by_installed(knowledge: &Knowledge, seen: &[Seen]) -> ServesAll {
    let planned = |environment: &Environment| environment.origin == Origin::Hypothetical;
    if seen.iter().all(|seen| selected(&seen.report.facts).is_none_or(planned)) {
        return by_build(knowledge, seen);
    }
    let (mut not, mut unknown) = (Vec::new(), Vec::new());
    for (index, Seen { report, .. }) in seen.iter().enumerate() {
        match report.verdict {
            Verdict::Error => {
                let rule = report.findings.first().map(|finding| format!(" ({})", finding.rule)).unwrap_or_default();
                not.push((index, rule));
            }
            Verdict::Unknown => unknown.push((index, String::new())),
            Verdict::Ok | Verdict::Warning => {}
        }
    }
    let mut said = answer("what is installed", seen, not, unknown);
    if said.answer == Served::No
        && let Some(build) = Common::of(knowledge, seen, installed(seen))
        && installed(seen) != Some(build.name.as_str())
    {
        said.text += &format!("; of PyTorch's builds, torch {} runs on {}", build.name, all_of(seen.len()));
        let install = by_fix(seen, &build.name);
        build.fill(&mut said);
        // What installs it anew changes nothing where another build of its version is installed.
        said.install = install.into_iter().collect();
    }
    said
}

/// The lines of a fix that brings this build, as one of the machines has it: the environment is the same on all.
fn by_fix(seen: &[Seen], build: &str) -> Option<InstallFor> {
    let brings = |result: &String| result.split(", ").any(|part| part.strip_prefix("torch ") == Some(build));
    let mut fixes = seen.iter().flat_map(|seen| &seen.report.findings).flat_map(|finding| &finding.fixes);
    let fix = fixes
        .find(|fix| fix.needs.is_empty() && !fix.commands.is_empty() && fix.result.as_ref().is_some_and(brings))?;
    let targets = seen.iter().map(|seen| seen.target.clone()).collect();
    Some(InstallFor { targets, commands: fix.commands.clone() })
}

/// The environment that counts.
fn selected(facts: &Facts) -> Option<&Environment> {
    facts.environments.iter().find(|environment| environment.selected)
}

/// The version of torch that is installed, with its build where one is known.
fn installed(seen: &[Seen]) -> Option<&str> {
    seen.iter().find_map(|seen| {
        let torch = selected(&seen.report.facts)?.package("torch")?;
        torch.build.value().map(|build| &build.version).or(torch.version.value()).map(String::as_str)
    })
}

/// The build of torch that runs on all of them.
fn by_build(knowledge: &Knowledge, seen: &[Seen]) -> ServesAll {
    let mut said = ServesAll {
        answer: Served::No,
        text: format!("no: none of PyTorch's builds runs on {}", all_of(seen.len())),
        not: Vec::new(),
        build: None,
        install: Vec::new(),
        unproven: Vec::new(),
    };
    if let Some(build) = Common::of(knowledge, seen, None) {
        said.answer = Served::Yes;
        said.text = format!("torch {}", build.name);
        build.fill(&mut said);
    }
    said
}

/// A build that runs on every machine.
struct Common {
    /// Its full version.
    name: String,
    /// What installs it, machine by machine.
    install: Vec<InstallFor>,
    unproven: Vec<String>,
}

impl Common {
    /// The newest release with such a build, or the one nearest to what is installed; one that runs with a warning somewhere only where
    /// there is no other.
    fn of(knowledge: &Knowledge, seen: &[Seen], installed: Option<&str>) -> Option<Self> {
        let machines: Vec<(&Seen, Facts, Platform)> = seen
            .iter()
            .map(|seen| {
                let facts = &seen.report.facts;
                facts.gpus.value().filter(|gpus| !gpus.is_empty())?;
                let facts = about_builds(facts.clone(), planned(facts, selected(facts)));
                let platform = *facts.environments.first()?.platform.value()?;
                Some((seen, facts, platform))
            })
            .collect::<Option<_>>()?;
        let (_, _, platform) = machines.first()?;
        let mut releases: Vec<&TorchRelease> = knowledge.torch_releases().collect();
        releases.reverse();
        if let Some(installed) = installed {
            let position = |version: &str| knowledge.torch_position(version).index;
            releases.order_by_cached_key(|release| position(installed).abs_diff(position(&release.version)));
        }
        let mut warned = None;
        for release in releases {
            let of_platform = |build: &&TorchBuild| build.platform == *platform && build.cuda().is_some();
            let mut builds: Vec<&TorchBuild> = release.builds.iter().filter(of_platform).collect();
            builds.order_by_key(|build| (!build.pypi_default, std::cmp::Reverse(build.cuda())));
            for build in builds.into_iter().filter(|build| !build.published.is_only_expected()) {
                let Some((worst, install)) = on_all(knowledge, &machines, release, build) else { continue };
                let found = || Self {
                    name: build.full_version(release),
                    install: grouped(&install),
                    unproven: unproven(&machines),
                };
                match worst {
                    CellStatus::Works => return Some(found()),
                    _ => warned = warned.or_else(|| Some(found())),
                }
            }
        }
        warned
    }

    fn fill(self, said: &mut ServesAll) {
        said.build = Some(format!("torch {}", self.name));
        said.install = self.install;
        said.unproven = self.unproven;
    }
}

/// The environment that builds are tried in: empty, with the Python and the tool of the one that is there.
fn planned(facts: &Facts, here: Option<&Environment>) -> Environment {
    let planned = super::hypothetical(facts, None);
    match here {
        Some(here) => Environment {
            python: here.python.clone(),
            manager: here.manager.clone(),
            interpreter: here.interpreter.clone(),
            active: here.active,
            ..planned
        },
        None => planned,
    }
}

/// A target, and what installs something there.
type Lines = (String, Vec<Command>);

/// A variant of a release on every machine: the worst that becomes of it, and what installs it on each; nothing where one cannot have it
/// or cannot run it.
fn on_all(
    knowledge: &Knowledge,
    machines: &[(&Seen, Facts, Platform)],
    release: &TorchRelease,
    build: &TorchBuild,
) -> Option<(CellStatus, Vec<Lines>)> {
    let mut worst = CellStatus::Works;
    let mut install = Vec::new();
    for (seen, facts, platform) in machines {
        let there = |other: &&TorchBuild| other.platform == *platform && other.variant == build.variant;
        let build = release.builds.iter().find(there)?;
        let python = facts.environments.first().and_then(|environment| environment.python.value());
        let glibc = facts.host.glibc.value().map(String::as_str);
        if python.is_some_and(|python| !release.python_of(build).contains(python)) || !release.fits_glibc(build, glibc)
        {
            return None;
        }
        let answer = BuildAnswer::of(facts, knowledge, &Candidate { release, build });
        for gpu in facts.gpus.value().into_iter().flatten() {
            let mut cell = missing(&release.version, build.cuda()?);
            answer.fill(&mut cell, &gpu.id);
            worst = worst.max(cell.status);
        }
        if worst > CellStatus::Warning {
            return None;
        }
        install.push((seen.target.clone(), answer.commands().to_vec()));
    }
    Some((worst, install))
}

/// The machines with the same lines together.
fn grouped(install: &[Lines]) -> Vec<InstallFor> {
    let mut groups: Vec<InstallFor> = Vec::new();
    for (target, commands) in install {
        match groups.iter_mut().find(|group| group.commands == *commands) {
            Some(group) => group.targets.push(target.clone()),
            None => groups.push(InstallFor { targets: vec![target.clone()], commands: commands.clone() }),
        }
    }
    groups
}

fn unproven(machines: &[(&Seen, Facts, Platform)]) -> Vec<String> {
    let without = |known: &dyn Fn(&Facts) -> bool| {
        let unknown = machines.iter().enumerate().filter(|(_, (_, facts, _))| !known(facts));
        unknown.map(|(index, _)| (index, String::new())).collect::<Vec<_>>()
    };
    let driver = without(&|facts| facts.driver.value().is_some());
    let python = without(&|facts| facts.environments.first().is_some_and(|one| one.python.value().is_some()));
    let said = |what: &str, of: Vec<(usize, String)>| {
        (!of.is_empty()).then(|| format!("{what}, which is not known for {}", numbered(&of)))
    };
    [said("the driver", driver), said("the Python version", python)].into_iter().flatten().collect()
}

/// What files ask for, by generations of GPUs: where each of them runs and where it does not.
fn by_generation(table: &MachineTable, seen: &[Seen]) -> ServesAll {
    let short = |name: &String| name.trim_start_matches("NVIDIA ").trim_start_matches("GeForce ").to_owned();
    let one = |row: &MachineRow| {
        let of = |fits: fn(CellStatus) -> bool| -> Vec<String> {
            let cells = row.cells.iter().zip(seen).filter(|(cell, _)| fits(cell.status));
            cells.map(|(_, seen)| short(&seen.target)).collect()
        };
        let works = of(|status| matches!(status, CellStatus::Works | CellStatus::Warning));
        let fails = of(|status| status == CellStatus::Fails);
        let open = of(|status| status == CellStatus::Unknown);
        let said = [(works, "runs on"), (fails, "not on"), (open, "not known for")];
        let said = said.into_iter().filter(|(names, _)| !names.is_empty());
        let said: Vec<String> = said.map(|(names, verb)| format!("{verb} {}", list(&names))).collect();
        format!("{} {}", row.name, said.join(", "))
    };
    let worst = table.rows.iter().map(|row| row.all).max().unwrap_or(CellStatus::Unknown);
    let answer = match worst {
        CellStatus::Works | CellStatus::Warning => Served::Yes,
        CellStatus::Unknown => Served::Unknown,
        _ => Served::No,
    };
    let lacks = |index: usize| {
        table.rows.iter().filter_map(move |row| row.cells.get(index)).any(|cell| cell.status == CellStatus::Fails)
    };
    let not = seen.iter().enumerate().filter(|(index, _)| lacks(*index)).map(|(_, seen)| seen.target.clone()).collect();
    let text = table.rows.iter().map(one).collect::<Vec<_>>().join("; ");
    ServesAll { answer, text, not, build: None, install: Vec::new(), unproven: Vec::new() }
}

/// The builds or environments that serve all of them.
fn by_table(table: &MachineTable, seen: &[Seen]) -> ServesAll {
    let of = |status: CellStatus| {
        table.rows.iter().filter(move |row| row.all == status).map(|row| row.name.clone()).collect::<Vec<_>>()
    };
    let (works, warned, unknown) = (of(CellStatus::Works), of(CellStatus::Warning), of(CellStatus::Unknown));
    let (best, with) = if works.is_empty() { (warned, ", with a warning") } else { (works, "") };
    let one = if table.kind == RowKind::Torch { "build" } else { "environment" };
    let (answer, text) = match best.as_slice() {
        [] if !unknown.is_empty() => (Served::Unknown, format!("not known: {}", list(&unknown))),
        [] => (Served::No, format!("no {one} works on {}", all_of(seen.len()))),
        [only] => (Served::Yes, format!("{only}{with}")),
        [first, others @ ..] if table.kind == RowKind::Torch => {
            (Served::Yes, format!("{first}{with}; {} more", others.len()))
        }
        all => (Served::Yes, format!("{}{with}", list(all))),
    };
    let build = best.into_iter().next().filter(|_| table.kind == RowKind::Torch);
    ServesAll { answer, text, not: Vec::new(), build, install: Vec::new(), unproven: Vec::new() }
}

/// The tables of `matrix` side by side: a row for each build that some machine can have.
fn torch_table(seen: &[Seen]) -> Option<MachineTable> {
    let of = |seen: &Seen| match &seen.report.body {
        Body::Matrix { matrix } => Some(matrix.clone()),
        _ => None,
    };
    let matrices: Vec<Matrix> = seen.iter().map(of).collect::<Option<_>>()?;
    let cuda: BTreeSet<CudaVersion> = matrices.iter().flat_map(|matrix| matrix.cuda.iter().copied()).collect();
    let mut rows = Vec::new();
    for torch in &matrices.first()?.torch {
        for &cuda in &cuda {
            let cells: Vec<MachineCell> = matrices.iter().map(|matrix| worst_cell(matrix, torch, cuda)).collect();
            if cells.iter().any(|cell| cell.status != CellStatus::NoWheel) {
                rows.push(row(format!("torch {torch}+{}", crate::python::cuda_tag(cuda)), cells));
            }
        }
    }
    Some(MachineTable { kind: RowKind::Torch, rows })
}

fn row(name: String, cells: Vec<MachineCell>) -> MachineRow {
    let all = cells.iter().map(|cell| cell.status).max().unwrap_or(CellStatus::Unknown);
    MachineRow { name, cells, all }
}

/// What becomes of a build on the card of the machine that it suits least.
fn worst_cell(matrix: &Matrix, torch: &str, cuda: CudaVersion) -> MachineCell {
    let cells = matrix.gpus.iter().flat_map(|table| &table.cells);
    let own = cells.filter(|cell| cell.torch == torch && cell.cuda == cuda);
    match own.max_by_key(|cell| cell.status) {
        Some(cell) => MachineCell { status: cell.status, reason: cell.reason.clone(), rule: cell.rule },
        None => MachineCell { status: CellStatus::NoWheel, reason: String::new(), rule: None },
    }
}

/// Installed environments: what becomes of each on every machine. The reports are those of all environments.
pub fn environments(seen: &[Seen]) -> MachineTable {
    let mut names: Vec<&String> = Vec::new();
    for environment in seen.iter().flat_map(|seen| &seen.report.facts.environments) {
        if matches!(environment.origin, Origin::Installed | Origin::Declared(_)) && !names.contains(&&environment.id) {
            names.push(&environment.id);
        }
    }
    let of =
        |name: &&String| row((*name).clone(), seen.iter().map(|seen| in_environment(&seen.report, name)).collect());
    MachineTable { kind: RowKind::Environment, rows: names.iter().map(of).collect() }
}

fn in_environment(report: &Report, id: &str) -> MachineCell {
    let concerns = |finding: &&Finding| finding.environment.as_deref().is_none_or(|environment| environment == id);
    // What no one has read says nothing of a machine.
    let judged = |finding: &&Finding| concerns(finding) && finding.rule != "declaration-unclear";
    let worst = report.findings.iter().filter(judged).max_by_key(|finding| finding.severity);
    if let Some(finding) = worst.filter(|finding| finding.severity >= Severity::Warning) {
        let status = if finding.severity == Severity::Error { CellStatus::Fails } else { CellStatus::Warning };
        return MachineCell { status, reason: finding.summary.clone(), rule: Some(finding.rule) };
    }
    let own: Vec<_> = report.runs_on.iter().filter(|line| line.environment == id).collect();
    let not = own.iter().find(|line| line.how == Execution::None);
    let (status, reason) = match (own.first(), not) {
        (_, Some(line)) => (CellStatus::Fails, format!("{} does not run there", line.subject)),
        (None, _) => {
            let here = report.facts.environments.iter().find(|environment| environment.id == id);
            let open = here.and_then(|one| one.gaps.iter().find(|gap| gap.weight == GapWeight::Decides));
            let why = open.map(|gap| format!("not decided without {}", gap.what));
            (CellStatus::Unknown, why.unwrap_or_else(|| "it contains no torch to judge by".to_owned()))
        }
        (Some(line), _) if own.iter().any(|line| line.how == Execution::Unknown) => {
            (CellStatus::Unknown, format!("whether {} runs there is not known", line.subject))
        }
        (Some(line), _) => (CellStatus::Works, format!("{}: {}", line.subject, line.how)),
    };
    MachineCell { status, reason, rule: None }
}
