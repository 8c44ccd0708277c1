//! One line for each thing that was looked at: system, driver, GPUs, toolkits, environments.

use super::{Subject, SubjectKind, computing::computing};
use crate::{
    facts::{Environment, Fact, Facts, GapWeight, Gpu, How, KernelModule, Origin, Source},
    knowledge::Knowledge,
};

/// The lines for facts that have been enriched.
pub fn subjects(facts: &Facts, knowledge: &Knowledge) -> Vec<Subject> {
    let mut lines = vec![system(facts), driver(facts)];
    match &facts.gpus {
        Fact::Known { value, .. } => {
            for one in value {
                lines.push(gpu(one));
                lines.extend(computing(facts, &one.id, knowledge));
            }
        }
        Fact::Absent { via } => {
            let others = facts.host.other_gpus.value().filter(|others| !others.is_empty());
            let others = others.map_or_else(String::new, |others| {
                format!("; {} is out of scope: gpucheck knows NVIDIA GPUs and CUDA alone", others.join(", "))
            });
            lines.push(Subject::new(SubjectKind::Gpu, format!("no NVIDIA GPU ({}){others}", looked(via))));
        }
        Fact::Unknown { why } => lines.push(Subject::new(SubjectKind::Gpu, format!("unknown: {why}"))),
    }
    for toolkit in &facts.toolkits {
        let version = shown(&toolkit.version, "unknown version");
        let compiler = if toolkit.nvcc { "" } else { ", without nvcc" };
        lines.push(Subject::new(
            SubjectKind::Toolkit,
            format!("{version}{compiler} in {} ({})", toolkit.path, toolkit.leads()),
        ));
    }
    if facts.environments.is_empty() {
        lines.push(Subject::new(SubjectKind::Environment, "no Python found".to_owned()));
    }
    lines.extend(facts.environments.iter().filter(|environment| environment.selected).map(environment));
    lines.extend(facts.environments.iter().filter(|environment| !environment.selected).map(other_environment));
    lines
}

/// The value as text, or `otherwise`.
fn shown<T: ToString>(fact: &Fact<T>, otherwise: &str) -> String {
    fact.value().map_or_else(|| otherwise.to_owned(), T::to_string)
}

/// ` (assumed: --gpu 5090)` for what an option said, nothing for what was seen.
fn assumed(via: Option<&Source>) -> String {
    match via {
        Some(source) if source.how == How::Option => format!(" (assumed: {})", source.at),
        _ => String::new(),
    }
}

fn system(facts: &Facts) -> Subject {
    let host = &facts.host;
    let mut parts: Vec<String> = host.distribution.value().cloned().into_iter().collect();
    parts.extend(host.glibc.value().map(|glibc| format!("glibc {glibc}")));
    parts.extend(host.platform.value().map(ToString::to_string));
    parts.extend(host.wsl.value().map(|version| format!("WSL{version}")));
    parts.extend(host.container.value().map(|kind| format!("in a {kind} container")));
    if parts.is_empty() {
        parts.push("unknown".to_owned());
    }
    Subject::new(SubjectKind::System, parts.join(", ") + &assumed(host.platform.via()))
}

/// Where something was looked for that is not there, or who says that it is not.
fn looked(via: &Source) -> String {
    if via.at.starts_with('/') { format!("looked in {via}") } else { via.to_string() }
}

fn driver(facts: &Facts) -> Subject {
    let text = match &facts.driver {
        Fact::Known { value, via } => {
            let cuda = match &value.cuda {
                Fact::Known { value, .. } => format!(", CUDA {value}"),
                _ => String::new(),
            };
            let module = match facts.kernel.flavour.value() {
                Some(KernelModule::Open) => ", open kernel module",
                Some(KernelModule::Proprietary) => ", proprietary kernel module",
                None => "",
            };
            format!("{}{cuda}{module}{}", value.version, assumed(Some(via)))
        }
        Fact::Absent { via } => format!("no NVIDIA driver loaded ({})", looked(via)),
        Fact::Unknown { why } => format!("unknown: {why}"),
    };
    let mut subject = Subject::new(SubjectKind::Driver, text);
    for (name, contact) in [("NVML", &facts.nvml), ("CUDA", &facts.cuda)] {
        subject.notes.push(match contact {
            Fact::Known { value, .. } => match &value.library {
                Fact::Known { value, .. } => format!("{name}: {}", value.path),
                Fact::Absent { .. } => format!("{name}: library not found"),
                Fact::Unknown { why } => format!("{name}: {why}"),
            },
            Fact::Absent { via } => format!("{name}: {via}"),
            Fact::Unknown { why } => format!("{name}: {why}"),
        });
    }
    subject
}

fn gpu(gpu: &Gpu) -> Subject {
    let mut text = shown(&gpu.name, "GPU with unknown name");
    match &gpu.capability {
        Fact::Known { value, .. } => text += &format!(", compute capability {value}"),
        Fact::Absent { .. } => {}
        Fact::Unknown { why } => text += &format!(", compute capability unknown: {why}"),
    }
    if let Some(bytes) = gpu.memory.value() {
        text += &format!(", {} GiB", bytes.div_ceil(1 << 30));
    }
    if let Some(mig) = gpu.mig.value().filter(|mig| mig.current) {
        text += &format!(", MIG mode with {} instances", mig.instances);
    }
    if let Some(bound) = gpu.bound.value().filter(|bound| *bound != "nvidia") {
        text += &format!(", bound to {bound}");
    }
    if gpu.trouble.value().is_some() {
        text += ", not responding";
    }
    if gpu.visible.value() == Some(&false) {
        text += ", not visible to programs";
    }
    Subject { id: Some(gpu.id.clone()), ..Subject::new(SubjectKind::Gpu, text + &assumed(gpu.name.via())) }
}

fn environment(environment: &Environment) -> Subject {
    let mut parts = vec![environment.id.clone()];
    parts.push(
        environment.python.value().map_or_else(|| "Python (unknown version)".to_owned(), |v| format!("Python {v}")),
    );
    parts.extend(environment.manager.value().map(|manager| manager.name().to_owned()));
    parts.push(torch(environment));
    let mut subject =
        Subject { id: Some(environment.id.clone()), ..Subject::new(SubjectKind::Environment, parts.join(", ")) };
    if environment.origin != Origin::Hypothetical {
        subject.notes.push(format!("chosen by {}", environment.found_by));
    }
    subject
}

fn other_environment(environment: &Environment) -> Subject {
    Subject {
        id: Some(environment.id.clone()),
        ..Subject::new(
            SubjectKind::More,
            format!("also found: {}, {} (not checked)", environment.id, torch(environment)),
        )
    }
}

fn torch(environment: &Environment) -> String {
    match environment.package("torch") {
        Some(torch) => match &torch.build {
            Fact::Known { value, .. } => format!("torch {}", value.version),
            _ => format!("torch {}", shown(&torch.version, "(unknown version)")),
        },
        None if environment.unlisted.is_empty() => {
            let open = environment.gaps.iter().find(|gap| gap.weight == GapWeight::Decides);
            open.map_or_else(|| "no torch".to_owned(), |gap| format!("torch unknown without {}", gap.what))
        }
        None => "torch unknown: a package folder could not be read".to_owned(),
    }
}
