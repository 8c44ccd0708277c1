//! The conditions of known problems, evaluated on the facts: true, false, or unknown because a fact is missing.

use super::{
    Context,
    shared::{driver_evidence, gpu_name, label, package_evidence},
    truth::Truth,
};
use crate::{
    facts::{CudaVersion, Fact, Platform},
    finding::Evidence,
    knowledge::{Range, VariableIs, When},
    python,
};

/// Evaluates all conditions of a row.
pub fn judge(context: &Context<'_>, when: &When) -> Truth {
    Truth::Yes(Vec::new())
        .and(|| packages(context, when))
        .and(|| platform(context, &when.platforms))
        .and(|| variables(context, &when.variables))
        .and(|| local(context, when))
        .and(|| torch_cuda(context, when))
        .and(|| toolkit(context, when))
        .and(|| newer_than_driver(context, when))
        .and(|| gpu(context, when))
        .and(|| gpus(context, when))
        .and(|| driver(context, when))
        .and(|| python_version(context, when))
        .and(|| libraries(context, when))
}

/// Whether a version is in a PEP 440 range; an empty range has every version.
pub fn in_range(context: &Context<'_>, name: &str, range: &str) -> Truth {
    let Some(package) = context.package(name) else { return Truth::No };
    if range.is_empty() {
        return Truth::Yes(vec![package_evidence(context, package)]);
    }
    let version = package.build.value().map(|build| &build.version).or(package.version.value());
    match version.and_then(|version| python::in_range(range, version)) {
        Some(inside) => Truth::of(inside, || Some(package_evidence(context, package))),
        None => Truth::unknown(format!("the version of {name}")),
    }
}

fn packages(context: &Context<'_>, when: &When) -> Truth {
    let absent = when.absent.iter().any(|name| context.package(name).is_some());
    if absent {
        return Truth::No;
    }
    when.packages
        .iter()
        .fold(Truth::Yes(Vec::new()), |truth, (name, range)| truth.and(|| in_range(context, name, range)))
}

fn platform(context: &Context<'_>, platforms: &[Platform]) -> Truth {
    if platforms.is_empty() {
        return Truth::Yes(Vec::new());
    }
    match context.environment.and_then(|(_, environment)| environment.platform.value()) {
        Some(platform) => Truth::of(platforms.contains(platform), || None),
        None => Truth::unknown("the system (--os)"),
    }
}

fn variables(context: &Context<'_>, variables: &[VariableIs]) -> Truth {
    variables.iter().fold(Truth::Yes(Vec::new()), |truth, variable| truth.and(|| variable_is(context, variable)))
}

fn variable_is(context: &Context<'_>, variable: &VariableIs) -> Truth {
    let Some(value) = context.variable(&variable.name) else {
        return Truth::of(variable.unset, || None);
    };
    let fits = variable.is.is_empty() || variable.is.iter().any(|wanted| wanted.eq_ignore_ascii_case(value));
    let contains = variable.contains.as_ref().is_none_or(|part| value.contains(part.as_str()));
    Truth::of(!variable.unset && fits && contains, || Some(context.variable_evidence(&variable.name)))
}

fn local(context: &Context<'_>, when: &When) -> Truth {
    let (Some(wanted), Some((package, _))) = (when.local, context.subject) else { return Truth::Yes(Vec::new()) };
    match package.version.value() {
        Some(version) => Truth::of(version.contains('+') == wanted, || Some(package_evidence(context, package))),
        None => Truth::unknown(format!("the version of {}", package.name)),
    }
}

fn torch_cuda(context: &Context<'_>, when: &When) -> Truth {
    let Some(range) = &when.torch_cuda else { return Truth::Yes(Vec::new()) };
    let Some(torch) = context.package("torch") else { return Truth::No };
    match &torch.build {
        Fact::Known { value, .. } => {
            let inside = value.cuda.is_some_and(|cuda| range.contains(&cuda));
            Truth::of(inside, || Some(package_evidence(context, torch)))
        }
        _ => Truth::unknown(format!("the build of {}", label(torch))),
    }
}

fn toolkit(context: &Context<'_>, when: &When) -> Truth {
    when.toolkit.as_ref().map_or(Truth::Yes(Vec::new()), |wanted| super::toolkit::judge(context, wanted))
}

/// Packages of a toolkit have its release as the first two numbers of their versions.
fn newer_than_driver(context: &Context<'_>, when: &When) -> Truth {
    if when.newer_than_driver.is_empty() {
        return Truth::Yes(Vec::new());
    }
    let mut unknown = None;
    for package in when.newer_than_driver.iter().filter_map(|name| context.package(name)) {
        let release = package.version.value().and_then(|version| {
            let (major, rest) = version.split_once('.')?;
            format!("{major}.{}", rest.split('.').next()?).parse::<CudaVersion>().ok()
        });
        let truth = match release {
            Some(release) => super::toolkit::newer_than_driver(context, release),
            None => Truth::unknown(format!("the version of {}", package.name)),
        };
        match truth.and(|| Truth::Yes(vec![package_evidence(context, package)])) {
            Truth::No => {}
            yes @ Truth::Yes(_) => return yes,
            open @ Truth::Unknown(_) => unknown = Some(open),
        }
    }
    unknown.unwrap_or(Truth::No)
}

fn gpu(context: &Context<'_>, when: &When) -> Truth {
    let (Some(range), Some((index, gpu))) = (&when.gpu, context.gpu) else { return Truth::Yes(Vec::new()) };
    match &gpu.capability {
        Fact::Known { value, via } => Truth::of(range.contains(value), || {
            let fact = format!("{}: compute capability {value}", gpu_name(gpu));
            Some(Evidence::new(fact, via).at(format!("/facts/gpus/value/{index}")))
        }),
        _ => Truth::unknown(format!("the compute capability of {} (--gpu)", gpu_name(gpu))),
    }
}

fn gpus(context: &Context<'_>, when: &When) -> Truth {
    let Some(least) = when.gpus else { return Truth::Yes(Vec::new()) };
    match &context.facts.gpus {
        Fact::Known { value, via } => {
            let used = value.iter().filter(|gpu| gpu.visible.value() != Some(&false)).count();
            Truth::of(used >= least, || {
                Some(Evidence::new(format!("{used} GPU{}", if used == 1 { "" } else { "s" }), via).at("/facts/gpus"))
            })
        }
        Fact::Absent { .. } => Truth::No,
        Fact::Unknown { .. } => Truth::unknown("the GPUs (--gpu)"),
    }
}

fn driver(context: &Context<'_>, when: &When) -> Truth {
    let Some(range) = &when.driver else { return Truth::Yes(Vec::new()) };
    match &context.facts.driver {
        Fact::Known { value, .. } => Truth::of(range.contains(&value.version), || driver_evidence(context)),
        Fact::Absent { .. } => Truth::No,
        Fact::Unknown { .. } => Truth::unknown("the driver version (--driver)"),
    }
}

fn python_version(context: &Context<'_>, when: &When) -> Truth {
    let Some(range) = &when.python else { return Truth::Yes(Vec::new()) };
    match context.environment.map(|(_, environment)| &environment.python) {
        Some(Fact::Known { value, via }) => {
            let inside = Range::contains(range, value);
            Truth::of(inside, || Some(Evidence::new(format!("Python {value}"), via)))
        }
        _ => Truth::unknown("the Python version (--python-version)"),
    }
}

fn libraries(context: &Context<'_>, when: &When) -> Truth {
    let lacks = |truth: Truth, soname: &String| truth.and(|| loader_lacks(context, soname));
    let truth = when.loader_lacks.iter().fold(Truth::Yes(Vec::new()), lacks);
    let truth = not_brought(context, when, truth);
    when.brought.iter().fold(truth, |truth, soname| {
        truth.and(|| match super::extension::bringer(context, soname) {
            Some(package) => Truth::Yes(vec![Evidence::new(
                format!("{} provides {soname}", label(package)),
                format!("RECORD in {}", package.at),
            )]),
            None => Truth::No,
        })
    })
}

fn not_brought(context: &Context<'_>, when: &When, truth: Truth) -> Truth {
    if when.not_brought.is_empty() {
        return truth;
    }
    truth.and(|| {
        let Some((package, _)) = context.subject else { return Truth::No };
        if package.libraries.is_empty() {
            return Truth::unknown(format!("the files of {}", label(package)));
        }
        let there = when.not_brought.iter().any(|soname| super::extension::bringer(context, soname).is_some());
        Truth::of(!there, || {
            let fact = format!("{} provides none of {}", label(package), when.not_brought.join(", "));
            Some(Evidence::new(fact, format!("RECORD in {}", package.at)).at(context.pointer(&package.name)))
        })
    })
}

fn loader_lacks(context: &Context<'_>, soname: &str) -> Truth {
    match context.environment.and_then(|(_, environment)| environment.system_libraries.get(soname)) {
        Some(Fact::Known { .. }) => Truth::No,
        Some(Fact::Absent { via }) => {
            Truth::Yes(vec![Evidence::new(format!("{soname} is not on the loader's search path"), via)])
        }
        _ => Truth::unknown(format!("whether the system loader finds {soname}")),
    }
}
