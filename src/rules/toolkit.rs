//! The CUDA toolkit that a package uses if it compiles on this machine, for conditions of known problems.
//!
//! Most look for nvcc as `_find_cuda_home` of torch.utils.cpp_extension does (torch 1.13 to 2.15): CUDA_HOME, else CUDA_PATH, else the
//! folder of the nvcc on PATH, else /usr/local/cuda. Numba looks for NVVM in the same places, but not by PATH, and in conda's packages
//! first (`numba/cuda/cuda_paths.py` of 0.57 to 0.68). A variable that is set decides even if nothing is there. Other toolkits on the
//! machine do not count.

use super::{
    Context,
    extension::torch_cuda_major,
    shared::{driver, driver_evidence, label, package_evidence},
    truth::Truth,
};
use crate::{
    facts::{ContainerImage, CudaVersion, Environment, Fact, Manager, Origin, Toolkit, ToolkitLead},
    finding::Evidence,
    knowledge::{ToolkitIs, ToolkitPart},
};

/// The ways to a toolkit; the first that leads to one decides.
fn ways() -> [ToolkitLead; 4] {
    [
        ToolkitLead::variable("CUDA_HOME"),
        ToolkitLead::variable("CUDA_PATH"),
        ToolkitLead::NvccOnPath,
        ToolkitLead::folder("/usr/local/cuda"),
    ]
}

/// Evaluates the condition. Only for installed packages, and for those of an image whose toolkit is known: a requirements file does not
/// say where its packages will compile.
pub fn judge(context: &Context<'_>, wanted: &ToolkitIs) -> Truth {
    let says = |image: &ContainerImage| !image.toolkits.is_empty();
    let told = |environment: &Environment| {
        environment.origin == Origin::Installed || environment.image.as_deref().is_some_and(says)
    };
    let Some((_, environment)) = context.environment.filter(|(_, environment)| told(environment)) else {
        return Truth::No;
    };
    if let Some((index, toolkit)) = taken(context, wanted.part).filter(|(_, toolkit)| toolkit.nvcc) {
        return of(context, wanted, index, toolkit);
    }
    let conda = matches!(environment.manager.value(), Some(Manager::Conda | Manager::Pixi));
    if conda && (wanted.part == ToolkitPart::Nvvm || !environment.active) {
        return Truth::unknown(format!("the CUDA toolkit that conda may have in {}", environment.id));
    }
    let fact = match ways().iter().find(|way| is_set(context, way)) {
        Some(variable) => format!("{variable} points to no CUDA toolkit with nvcc"),
        None => "no CUDA toolkit with nvcc".to_owned(),
    };
    Truth::of(wanted.missing, || Some(Evidence::new(fact, ways().map(|way| way.to_string()).join(", "))))
}

/// The condition about a toolkit that is there.
fn of(context: &Context<'_>, wanted: &ToolkitIs, index: usize, toolkit: &Toolkit) -> Truth {
    if wanted.missing {
        return Truth::No;
    }
    let Some(version) = toolkit.version.value() else {
        return Truth::unknown(format!("the release of the CUDA toolkit in {}", toolkit.path));
    };
    let mut evidence = vec![
        Evidence::new(format!("CUDA toolkit {version} in {}", toolkit.path), toolkit.leads())
            .at(format!("{}/{index}", context.toolkits().1)),
    ];
    let is = match &wanted.version {
        Some(range) => range.contains(version),
        None if wanted.newer_than_driver => return newer_than_driver(context, *version).and(|| Truth::Yes(evidence)),
        None => {
            let Some(torch) = context.package("torch") else { return Truth::No };
            if let Fact::Unknown { .. } = torch.build {
                return Truth::unknown(format!("the build of {}", label(torch)));
            }
            evidence.push(package_evidence(context, torch));
            torch_cuda_major(context).is_some_and(|major| major != version.major)
        }
    };
    if is { Truth::Yes(evidence) } else { Truth::No }
}

/// Whether a CUDA release is newer than the driver's own, so that the driver's compiler does not support its PTX.
pub fn newer_than_driver(context: &Context<'_>, release: CudaVersion) -> Truth {
    match driver(context).cuda {
        Some(cuda) => Truth::of(release > cuda, || driver_evidence(context)),
        None => Truth::unknown("the driver version (--driver)"),
    }
}

/// The toolkit that is taken, and where it is in the facts.
pub fn taken<'a>(context: &Context<'a>, part: ToolkitPart) -> Option<(usize, &'a Toolkit)> {
    for way in ways().iter().filter(|way| part == ToolkitPart::Nvcc || **way != ToolkitLead::NvccOnPath) {
        let leads = |(_, toolkit): &(usize, &Toolkit)| toolkit.found_by.contains(way);
        let found = context.toolkits().0.iter().enumerate().find(leads);
        if found.is_some() || is_set(context, way) {
            return found;
        }
    }
    None
}

/// Whether a way is an environment variable that is set.
fn is_set(context: &Context<'_>, way: &ToolkitLead) -> bool {
    let filled = |name: &String| context.variable(name).is_some_and(|value| !value.is_empty());
    matches!(way, ToolkitLead::Variable(name) if filled(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts::Facts, knowledge::Knowledge};
    use serde_json::{Value, json};

    const MISSING: &str = "missing = true";

    /// The condition on a machine with these toolkits (what leads to each, and its release), by the manager of the environment.
    fn judged(
        condition: &str,
        toolkits: &[(&str, &str)],
        variables: Value,
        manager: &str,
        active: bool,
    ) -> &'static str {
        let known = |value: Value| json!({"state": "known", "value": value, "via": {"how": "file", "at": "test"}});
        let toolkits: Vec<Value> = toolkits
            .iter()
            .map(|(way, version)| json!({"path": "/opt/cuda", "version": known(json!(version)), "nvcc": true, "found_by": [way]}))
            .collect();
        let nobody = json!({"state": "unknown", "why": "test"});
        let facts: Facts = serde_json::from_value(json!({
            "host": {"platform": nobody, "distribution": nobody, "kernel": nobody, "glibc": nobody, "wsl": nobody, "container": nobody},
            "driver": nobody, "gpus": nobody, "toolkits": toolkits, "env_vars": variables,
            "environments": [{
                "id": "env", "origin": "installed", "selected": true, "found_by": "test", "active": active, "interpreter": nobody,
                "python": nobody, "platform": nobody, "manager": known(json!(manager)), "packages": [],
            }],
        }))
        .unwrap();
        let knowledge = Knowledge::builtin().unwrap();
        let wanted: ToolkitIs = toml::from_str(condition).unwrap();
        let context = Context { environment: Some((0, &facts.environments[0])), ..Context::new(&facts, &knowledge) };
        match judge(&context, &wanted) {
            Truth::Yes(_) => "yes",
            Truth::No => "no",
            Truth::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn the_first_way_that_leads_to_a_toolkit_decides() {
        let both = [("/usr/local/cuda", "12.8"), ("nvcc on PATH", "11.8")];
        let version = "version = \"==11.8\"";
        assert_eq!(judged(version, &both, json!({}), "pip", true), "yes", "PATH comes before /usr/local/cuda");
        let nvvm = "version = \"==11.8\"\npart = \"nvvm\"";
        assert_eq!(judged(nvvm, &both, json!({}), "pip", true), "no", "Numba does not look at PATH");
        let gone = json!({"CUDA_HOME": "/gone"});
        assert_eq!(
            judged(version, &both, gone.clone(), "pip", true),
            "no",
            "a variable decides although nothing is there"
        );
        assert_eq!(judged(MISSING, &both, gone, "pip", true), "yes");
        assert_eq!(judged(MISSING, &both, json!({"CUDA_HOME": ""}), "pip", true), "no", "an empty one does not");
        assert_eq!(
            judged(MISSING, &[("/usr/local/cuda-12.8", "12.8")], json!({}), "pip", true),
            "yes",
            "nothing leads to it"
        );
    }

    #[test]
    fn conda_may_bring_one_that_is_not_on_path() {
        assert_eq!(judged(MISSING, &[], json!({}), "conda", true), "yes");
        assert_eq!(judged(MISSING, &[], json!({}), "conda", false), "unknown", "activation puts its nvcc on PATH");
        assert_eq!(judged("missing = true\npart = \"nvvm\"", &[], json!({}), "conda", true), "unknown");
    }
}
