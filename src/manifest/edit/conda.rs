//! What conda's list asks for in the version of another index: pip's part of the file asks for it, and conda's list no longer. conda's own
//! channels have few builds of torch, and PyTorch publishes none there since 2.5.

use super::{Declaration, Wanted};
use crate::facts::{Location, RequestRole, Resolver};

/// Packages that do nothing but choose the build of torch that conda takes.
const SELECT: [&str; 5] = ["pytorch-cuda", "pytorch-gpu", "pytorch-cpu", "pytorch-mutex", "cpuonly"];
/// The toolkit that chose it, too, in the time of conda's older builds, and that other packages use.
const TOOLKIT: &str = "cudatoolkit";
/// Packages that use it: where one of them is asked for, it stays.
const USE_IT: [&str; 9] = ["cupy", "numba", "cudf", "cuml", "tensorflow", "tensorflow-gpu", "jaxlib", "cudnn", "magma"];

/// Whether a package is there for the sake of conda's torch, so that it goes and comes with that: pip, which installs it otherwise, as well.
pub fn selects(name: &str) -> bool {
    SELECT.contains(&name) || [TOOLKIT, "pip"].contains(&name)
}

/// What pip is to install in conda's place.
pub(super) struct List<'d> {
    names: Vec<&'d str>,
    /// What conda is no longer asked for.
    pub removed: Vec<&'d Location>,
    /// What pip is asked for instead.
    pub wanted: Vec<&'d Wanted>,
    /// The first request of pip's own list, where there is one.
    pub pip: Option<&'d Location>,
    /// The last request of conda's list.
    pub last: &'d Location,
    /// Whether that list asks for pip.
    pub has_pip: bool,
}

impl List<'_> {
    /// Whether pip installs it now, or nobody.
    pub fn hands_over(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

/// What conda is asked for of what is wanted, if it is asked for any of it by a list.
pub(super) fn list<'d>(declaration: &Declaration<'d>, wanted: &'d [Wanted], gone: &'d [String]) -> Option<List<'d>> {
    let Declaration { environment, .. } = *declaration;
    let of_conda = |name: &str| {
        let place = environment.package(name)?.request?;
        let step = environment.steps.get(place.step)?;
        (step.resolver == Resolver::Conda).then_some(place.step)
    };
    let index = wanted.iter().find_map(|one| of_conda(&one.name))?;
    let step = environment.steps.get(index)?;
    let asked = |name: &str| {
        let own = step.requests.iter().any(|request| request.name == name && request.role == RequestRole::Wanted);
        own || of_conda(name) == Some(index)
    };
    let wanted: Vec<&Wanted> = wanted.iter().filter(|one| asked(&one.name)).collect();
    let names = wanted.iter().map(|one| one.name.as_str());
    let names: Vec<&str> = names.chain(gone.iter().map(String::as_str).filter(|name| asked(name))).collect();
    let used = step.requests.iter().any(|request| USE_IT.contains(&request.name.as_str()));
    let goes = |name: &str| names.contains(&name) || SELECT.contains(&name) || name == TOOLKIT && !used;
    let mut removed = Vec::new();
    let mut last: Option<&Location> = None;
    for (number, request) in step.requests.iter().enumerate() {
        let place = crate::facts::RequestPlace { step: index, request: number };
        let Some(at) = declaration.written_at(place) else { continue };
        if goes(&request.name) {
            removed.push(at);
        }
        if last.is_none_or(|last| at.path == last.path && at.line > last.line) {
            last = Some(at);
        }
    }
    let path = &last?.path;
    let pip = environment.steps.iter().enumerate().skip(index).find_map(|(number, step)| {
        let place = crate::facts::RequestPlace { step: number, request: 0 };
        let at = declaration.written_at(place).filter(|at| at.path == *path)?;
        (step.resolver == Resolver::Pip).then_some(at)
    });
    let has_pip = step.requests.iter().any(|request| request.name == "pip");
    Some(List { names, removed, wanted, pip, last: last?, has_pip })
}
