//! Another version of a package, the package that brings what it lacks, and what the row of a known problem says.

use gpucheck_ground::Order as _;

use super::{
    Candidate, Case, Change, Install, Lines, Plan, TORCH_INDEXES, add, again, dependents, has_remedy,
    prove::{self, After},
    stack::TOLD,
};
use crate::{
    facts::{Environment, Toolkit},
    finding::{Command, Finding, Fix, Remedy, Severity},
    knowledge::{Confidence, FixRow, PackageBuild},
    python::{self, Requirement},
    rules::cuda_major,
    shell::{NoWord, ShellLine},
};

/// Adds to findings about packages what would remove them.
pub(super) fn attach(case: &Case<'_>, findings: &mut [&mut Finding]) {
    let Some(environment) = case.environment else { return };
    for finding in findings.iter_mut() {
        let mut plans = Vec::new();
        if let Some(name) = finding.trace.package.clone() {
            if has_remedy(finding, Remedy::Variables) {
                plans.extend(without_override(case, &name).map(|plan| (plan, Remedy::Variables)));
            }
            if has_remedy(finding, Remedy::PackageVersion) {
                plans.extend(for_this_torch(case, environment, &name).map(|plan| (plan, Remedy::PackageVersion)));
                let versions = versions(case, environment, &name);
                let bringing = bringing(case, environment, finding);
                // Without a CUDA release that another version could be for, installing the missing library is the smaller change.
                let (before, after) = if has_cuda(case, environment) { (None, bringing) } else { (bringing, None) };
                let both = before.into_iter().chain(versions).chain(after);
                plans.extend(both.map(|plan| (plan, Remedy::PackageVersion)));
            }
        }
        if let Some(name) = finding.trace.package.clone().filter(|_| has_remedy(finding, Remedy::Removal)) {
            plans.extend(without(environment, &name).map(|plan| (plan, Remedy::Removal)));
        }
        if let Some(fix) = first(case, finding, plans) {
            add(finding, &fix);
        }
        if has_remedy(finding, Remedy::Row) {
            rows(case, finding);
        }
    }
}

/// Another version of a package that removes a finding about the environment.
pub(super) fn another_version(
    case: &Case<'_>,
    environment: &Environment,
    finding: &Finding,
    name: &str,
) -> Option<Fix> {
    let plans = versions(case, environment, name).into_iter().map(|plan| (plan, Remedy::PackageVersion));
    first(case, finding, plans.collect())
}

/// Whether a torch or a toolkit brings a CUDA that packages can be chosen for.
fn has_cuda(case: &Case<'_>, environment: &Environment) -> bool {
    let torch = environment.package("torch").and_then(|torch| torch.build.value()?.cuda);
    torch.is_some() || !toolkits(case).is_empty()
}

/// The toolkits that the environment's programs see: an image's own, else those of the machine.
fn toolkits<'c>(case: &'c Case<'_>) -> &'c [Toolkit] {
    let image = case.environment.and_then(|environment| environment.image.as_deref());
    image.map_or(&case.facts.toolkits, |image| &image.toolkits)
}

/// The first plan that removes the finding and breaks nothing; where there is none, one after which less can be said, then one that
/// causes a new warning.
fn first(case: &Case<'_>, finding: &Finding, plans: Vec<(Plan, Remedy)>) -> Option<Fix> {
    let (mut doubtful, mut worse) = (None, None);
    for (plan, remedy) in plans {
        let after = After::of(case, &plan);
        if after.keeps(finding) {
            continue;
        }
        let new = after.new.iter().map(|new| new.severity).max();
        let result = plan.result();
        match new {
            None | Some(Severity::Info) if !after.undecided.is_empty() => {
                doubtful = doubtful.or_else(|| Some(prove::fix(case, plan, &after, remedy, result)));
            }
            None | Some(Severity::Info) => return Some(prove::fix(case, plan, &after, remedy, result)),
            Some(Severity::Warning) => {
                worse = worse.or_else(|| Some(prove::fix(case, plan, &after, remedy, result)));
            }
            Some(Severity::Error) => {}
        }
    }
    doubtful.or(worse)
}

/// Unsetting the variable by which a user chose another library of the package.
fn without_override(case: &Case<'_>, name: &str) -> Option<Plan> {
    let variable = case.knowledge.package_file(name)?.package.override_variable.clone()?;
    case.variables().contains_key(&variable).then(|| Plan {
        summary: format!("unset {variable}"),
        changes: vec![Change::Variable(variable.into(), None)],
        ..Plan::default()
    })
}

/// The newest version of each row: newer ones first, the nearest first, then older ones.
fn versions(case: &Case<'_>, environment: &Environment, name: &str) -> Vec<Plan> {
    let Some(file) = case.knowledge.package_file(name) else { return Vec::new() };
    let installed = environment.package(name).and_then(|package| package.version.value());
    let current = installed.and_then(|version| python::version(version));
    let platform = environment.platform.value().copied();
    let rows = file.build.iter().filter(|row| row.concerns(name, platform));
    let mut targets: Vec<(pep440_rs::Version, &str, Option<&PackageBuild>)> = rows
        .filter_map(|row| Some((python::version(row.newest.as_deref()?)?, row.newest.as_deref()?, Some(row))))
        .collect();
    let unpublished = installed.and_then(|version| case.knowledge.unpublished(name, version));
    if let Some(instead) = unpublished.and_then(|row| row.instead.as_deref())
        && let Some(version) = python::version(instead)
    {
        targets.push((version, instead, case.knowledge.package_build(name, instead, platform)));
    }
    targets.retain(|(version, ..)| Some(version) != current.as_ref());
    targets.order_by(|(a, ..), (b, ..)| {
        let older = |version: &pep440_rs::Version| current.as_ref().is_some_and(|current| version < current);
        older(a).cmp(&older(b)).then_with(|| if older(a) { b.cmp(a) } else { a.cmp(b) })
    });
    targets.dedup_by(|a, b| a.0 == b.0);
    let python = environment.python.value().copied();
    let here = targets.iter().filter(|(.., row)| row.is_none_or(|row| dependents::admits(row, python)));
    let mut plans: Vec<Plan> =
        here.filter_map(|(_, version, row)| version_plan(case, environment, name, version, *row)).collect();
    // One that leaves torch as it is before one that changes it.
    plans.order_by_key(|plan| plan.installs().count());
    let elsewhere = targets.iter().filter_map(|(_, version, row)| {
        let row = row.filter(|row| !dependents::admits(row, python))?;
        new_python_plan(case, environment, name, version, row)
    });
    plans.extend(elsewhere);
    plans
}

/// The wheel that its publisher keeps for the torch that is there, on a page of its own.
fn for_this_torch(case: &Case<'_>, environment: &Environment, name: &str) -> Option<Plan> {
    let torch = environment.package("torch")?.build.value()?;
    let platform = *environment.platform.value()?;
    let variant = match torch.cuda {
        Some(cuda) => python::cuda_tag(cuda),
        None => "cpu".to_owned(),
    };
    let (version, links) = case.knowledge.wheel_for_torch(name, &torch.version, &variant, platform)?;
    let installed = environment.package(name)?.version.value()?;
    (version != *installed).then(|| Plan {
        summary: format!("{name} {version} instead of {installed}: the wheel for torch {}", torch.version),
        changes: vec![Change::Install(Install::exact(name, &version))],
        links: Some(links),
        // What it requires is there, and torch must stay.
        alone: true,
        unproven: vec![format!("whether {name} {version} has a wheel for this Python")],
        ..Plan::default()
    })
}

/// Doing without the package.
fn without(environment: &Environment, name: &str) -> Option<Plan> {
    environment.package(name).map(|_| Plan {
        summary: format!("remove {name}: programs that can run without it use PyTorch's own functions"),
        changes: vec![Change::Uninstall(name.to_owned())],
        ..Plan::default()
    })
}

/// One version of a package, with the torch that it is for where that is another.
fn version_plan(
    case: &Case<'_>,
    environment: &Environment,
    name: &str,
    version: &str,
    row: Option<&PackageBuild>,
) -> Option<Plan> {
    let installed = environment.package(name).and_then(|package| package.version.value());
    let instead = installed.map(|installed| format!(" instead of {installed}")).unwrap_or_default();
    let known = row.is_some_and(|row| row.python.is_some() && environment.python.value().is_some());
    let wheel = || format!("whether {name} {version} has a wheel for this Python");
    let told = row.filter(|row| row.confidence == Confidence::Documented);
    let told = told.map(|_| format!("whether {name} {version} {TOLD}"));
    let unproven: Vec<String> = (!known).then(wheel).into_iter().chain(told).collect();
    let torch = environment.package("torch").and_then(|torch| {
        torch.build.value().map(|build| build.version.as_str()).or(torch.version.value().map(String::as_str))
    });
    let range = row.and_then(|row| Some((row, row.torch.as_deref()?)));
    let other = range.zip(torch).filter(|((_, range), torch)| python::in_range(range, torch) == Some(false));
    let Some(((row, range), torch)) = other else {
        return Some(Plan {
            summary: format!("{name} {version}{instead}"),
            changes: vec![Change::Install(Install::exact(name, version))],
            unproven,
            ..Plan::default()
        });
    };
    // An index that has the build, a GPU that it serves, a driver that it runs on: that is the search for torch.
    let fits = |candidate: &Candidate<'_>| {
        python::in_range(range, &candidate.release.version) == Some(true) && dependents::fits(row, candidate)
    };
    let mut plan = super::torch::in_range(case, environment, fits, None)?;
    let apart = plan.index.is_some();
    plan.changes.retain(|change| !matches!(change, Change::Install(install) if install.name == name));
    let brought = plan.installs().find(|install| install.name == "torch").and_then(|torch| torch.build.clone());
    let brought = brought.map_or_else(|| range.to_owned(), |build| build.version);
    plan.changes.insert(0, Change::Install(Install { apart, ..Install::exact(name, version) }));
    plan.summary = format!("{name} {version}{instead}, with torch {brought}");
    plan.unproven.extend(unproven);
    if dependents::undecided(case, environment).iter().any(|other| !other.starts_with(&format!("{name} "))) {
        plan.unproven.push(format!("other packages that depend on torch {torch}"));
    }
    Some(plan)
}

/// One version of a package in a new environment, with a Python that it exists for.
fn new_python_plan(
    case: &Case<'_>,
    environment: &Environment,
    name: &str,
    version: &str,
    row: &PackageBuild,
) -> Option<Plan> {
    let range = row.torch.as_deref()?;
    let fits = |candidate: &Candidate<'_>| {
        python::in_range(range, &candidate.release.version) == Some(true) && dependents::fits(row, candidate)
    };
    let mut plan = super::torch::in_range(case, environment, fits, Some(row.python.as_deref()?))?;
    let build = plan.installs().find_map(|install| install.build.clone().filter(|_| install.name == "torch"))?;
    plan.changes.push(Change::Install(Install::exact(name, version)));
    plan.summary = format!("in a new environment with another Python: {name} {version}, with torch {}", build.version);
    Some(plan)
}

/// Packages that bring a missing library, by their rows.
fn bringing(case: &Case<'_>, environment: &Environment, finding: &Finding) -> Option<Plan> {
    let platform = environment.platform.value().copied();
    let cuda = finding.trace.missing.iter().find_map(|soname| cuda_major(soname));
    // Not provided by any package row: the newest distribution that has it, of the right CUDA major if there are several.
    let newest = |soname: &String| {
        let owners = case.knowledge.distributions_with(soname).filter(|row| row.distribution.starts_with("nvidia-"));
        let row = owners.min_by_key(|row| row.cuda.is_some() && row.cuda != cuda)?;
        let spec = row.versions.as_ref().map(|range| format!("{}{range}", row.distribution));
        Some(Install::open(&row.distribution, spec))
    };
    let of = |soname: &String| {
        let by_row = case.knowledge.package_files().find_map(|file| {
            let brings = |row: &&PackageBuild| row.brings.contains(soname);
            let row = file
                .build
                .iter()
                .filter(brings)
                .find(|row| file.names().any(|name| row.concerns(name, platform)) && row.newest.is_some())?;
            let name = row.of.first().map_or(file.package.name.as_str(), String::as_str);
            Some(Install::exact(name, row.newest.as_deref()?))
        });
        by_row.or_else(|| newest(soname))
    };
    let mut installs = finding.trace.missing.iter().map(of).collect::<Option<Vec<Install>>>()?;
    installs.dedup();
    if installs.is_empty() {
        return None;
    }
    let names: Vec<&str> = installs.iter().map(|install| install.name.as_str()).collect();
    Some(Plan {
        summary: format!("install {} for {}", names.join(", "), finding.trace.missing.join(", ")),
        unproven: vec![
            "whether the program finds it: its folder in site-packages/nvidia may have to be on LD_LIBRARY_PATH"
                .to_owned(),
        ],
        changes: installs.into_iter().map(Change::Install).collect(),
        ..Plan::default()
    })
}

/// What the row of the problem says; what changes facts is tried on them.
fn rows(case: &Case<'_>, finding: &mut Finding) {
    let problem = case.knowledge.problems().find(|(_, row)| Some(&row.id) == finding.trace.problem.as_ref());
    for row in problem.iter().flat_map(|(_, row)| &row.fixes) {
        if !row.changes_facts() {
            add(finding, &advice(case, row));
            continue;
        }
        let Some(plan) = case.environment.and_then(|environment| plan(case, environment, row)) else { continue };
        let after = After::of(case, &plan);
        if !after.keeps(finding) {
            let result = plan.result();
            let fix = prove::fix(case, plan, &after, Remedy::Row, result);
            add(finding, &fix);
        }
    }
}

/// Advice of a row that no rule can try: packages as commands of the user's tool, then its own commands.
fn advice(case: &Case<'_>, row: &FixRow) -> Fix {
    let gone = row.uninstall.iter().cloned().map(Change::Uninstall);
    let asked = row.requirements.iter().filter_map(|line| {
        let name = line.parse::<Requirement>().ok()?.name;
        Some(Change::Install(Install::open(&name, Some(line.clone()))))
    });
    let packages = Plan { changes: gone.chain(asked).collect(), ..Plan::default() };
    let written = || -> Result<Lines, NoWord> {
        let mut lines = case.lines(&packages)?;
        let writer = case.writer();
        if let Some(build) = &row.build {
            lines.commands.extend(writer.build(build)?);
        }
        if let Some(wanted) = &row.cuda_home {
            lines.commands.extend(writer.cuda_home(wanted, toolkits(case))?);
        }
        for line in row.commands.iter().filter(|line| writer.takes(line.tool)) {
            lines.commands.push(Command { tool: line.tool.name(), line: ShellLine::of_row(&line.line, &[])? });
        }
        Ok(lines)
    };
    let (Lines { edits, commands, notes }, no_line) = match written() {
        Ok(lines) => (lines, None),
        Err(error) => (Lines::default(), Some(error.to_string())),
    };
    Fix { summary: row.summary.clone(), edits, commands, notes, no_line, ..Fix::default() }
}

/// What a row changes; nothing where it is not known where a package that it restores came from.
fn plan(case: &Case<'_>, environment: &Environment, row: &FixRow) -> Option<Plan> {
    let mut index = row.index.as_ref().map(|index| format!("{TORCH_INDEXES}{index}"));
    let gone = row.uninstall.iter().cloned().map(Change::Uninstall);
    let unset = row.unset.iter().map(|name| Change::Variable(name.clone().into(), None));
    let set = row.set.iter().map(|(name, value)| Change::Variable(name.clone().into(), Some(value.clone())));
    let installs = row.install.iter().filter_map(|text| text.split_once("=="));
    let installs = installs.map(|(name, version)| Change::Install(Install::exact(name, version)));
    let mut again = Vec::new();
    for package in row.restore.iter().filter_map(|name| environment.package(name)) {
        let Some(version) = package.version.value() else { continue };
        let asked = again::asked(case, environment, &package.name, version)?;
        again.push(Change::Install(Install::again(package, &asked.version)));
        index = index.or(asked.index);
    }
    Some(Plan {
        summary: row.summary.clone(),
        changes: gone.chain(unset).chain(set).chain(installs).chain(again).collect(),
        index,
        reinstall: !row.restore.is_empty(),
        ..Plan::default()
    })
}
