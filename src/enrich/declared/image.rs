//! What the image holds that an environment is built on, and whether that decides.

use crate::{
    facts::{
        ContainerImage, Environment, Fact, Gap, GapWeight, How, Package, RequestRole, Resolver, Source, Toolkit,
        ToolkitLead,
    },
    knowledge::Knowledge,
};

/// Puts in what rows claim of the image, before its steps are taken.
pub(super) fn begin(environment: &mut Environment, knowledge: &Knowledge) {
    let Some(image) = &mut environment.image else { return };
    let Some(base) = image.base.clone() else { return };
    let contents = knowledge.image(&base);
    // What is compiled in an earlier stage is compiled with that one's toolkit.
    let builder = image.builder.as_deref().map(|builder| knowledge.image(builder));
    if let Some(toolkit) = builder.as_ref().unwrap_or(&contents).as_ref().and_then(|contents| {
        let cuda = contents.cuda?;
        Some(toolkit(image, cuda, contents.nvcc == Some(true), &contents.row))
    }) && image.toolkits.is_empty()
    {
        image.toolkits.push(toolkit);
    }
    let Some(contents) = contents else { return };
    let claim = || Source::new(How::Knowledge, contents.row.clone());
    if let (true, Some(glibc)) = (image.glibc.is_unknown(), &contents.glibc) {
        image.glibc = Fact::known(glibc.clone(), claim());
    }
    let own = environment.python.is_unknown() && !image.other_python;
    if let (true, Some(python)) = (own, contents.python) {
        environment.python = Fact::known(python, claim());
    }
    if let Some(torch) = &contents.torch
        && environment.package("torch").is_none()
    {
        let version = Fact::known(torch.clone(), claim());
        environment.packages.push(Package { version, ..Package::unknown("torch", "it is in an image") });
    }
}

fn toolkit(image: &ContainerImage, cuda: crate::facts::CudaVersion, nvcc: bool, row: &str) -> Toolkit {
    let named = image.builder.as_ref().or(image.base.as_ref()).cloned().unwrap_or_default();
    let mut found_by = vec![ToolkitLead::folder("/usr/local/cuda")];
    let own = |name: &str| image.env_vars.get(name).filter(|value| value.starts_with("/usr/local/cuda"));
    found_by
        .extend(["CUDA_HOME", "CUDA_PATH"].into_iter().filter(|name| own(name).is_some()).map(ToolkitLead::variable));
    Toolkit { path: named, version: Fact::known(cuda, Source::new(How::Knowledge, row)), nvcc, found_by }
}

/// Libraries that packages need and the image has outside of them: those of NVIDIA's images, and of the system's packages.
pub(super) fn libraries(environment: &mut Environment, knowledge: &Knowledge) {
    let Some(image) = environment.image.as_deref() else { return };
    let base = image.base.clone().unwrap_or_default();
    let cuda = knowledge.image(&base).and_then(|contents| contents.cuda).map(|cuda| u32::from(cuda.major));
    let has = |part: &str| base.split([':', '-']).any(|own| own == part);
    // As NVIDIA's tags are built: `base` has the runtime alone, `runtime` and `devel` the libraries of the toolkit.
    let (runtime, toolkit) = (cuda.filter(|_| has("base")), cuda.filter(|_| has("runtime") || has("devel")));
    // `cudnn8` of a tag; Debian's packages are named after the major version as well.
    let of_tag = base.split([':', '-']).filter_map(|part| part.strip_prefix("cudnn"));
    let of_system = image.system_packages.iter().filter_map(|name| name.strip_prefix("libcudnn"));
    let cudnn: Vec<u32> = of_tag.chain(of_system).filter_map(leading_number).collect();
    let provided = |soname: &str| {
        let (name, major) = named(soname)?;
        let is_there = toolkit == Some(major) && is_of_toolkit(name)
            || runtime == Some(major) && name == "libcudart"
            || name.starts_with("libcudnn") && cudnn.contains(&major);
        is_there.then(|| soname.to_owned())
    };
    let platform = environment.platform.value().copied();
    let rows = environment
        .packages
        .iter()
        .filter_map(|package| knowledge.package_build(&package.name, package.version.value()?, platform));
    let found: Vec<String> = rows.flat_map(|row| &row.needs).filter_map(|soname| provided(soname)).collect();
    for soname in found {
        let there = Fact::known("in the image".to_owned(), Source::new(How::Knowledge, base.clone()));
        environment.system_libraries.entry(soname).or_insert(there);
    }
}

/// Libraries of CUDA that packages need and nothing in the image has: it is made from one that holds nothing of CUDA, nothing of the kind is
/// installed into it, and torch is there for another CUDA release or not at all.
pub(in crate::enrich) fn missing(environment: &mut Environment, knowledge: &Knowledge) {
    let Some(image) = environment.image.as_deref() else { return };
    let Some(base) = &image.base else { return };
    let Some(contents) = knowledge.image(base).filter(|contents| contents.plain && contents.cuda.is_none()) else {
        return;
    };
    let of_conda = environment.steps.iter().any(|step| step.resolver == Resolver::Conda);
    let brought = image.env_vars.get("LD_LIBRARY_PATH").is_some_and(|path| path.contains("/cuda"));
    if !image.system_packages.is_empty() || !image.toolkits.is_empty() || of_conda || brought {
        return;
    }
    let torch = match environment.package("torch").map(|torch| torch.build.value()) {
        None => None,
        Some(Some(build)) => build.cuda.map(|cuda| cuda.major),
        Some(None) => return,
    };
    let platform = environment.platform.value().copied();
    let rows = environment
        .packages
        .iter()
        .filter_map(|package| knowledge.package_build(&package.name, package.version.value()?, platform));
    let of_cuda = |soname: &&String| {
        named(soname).is_some_and(|(name, major)| is_of_toolkit(name) && Some(major) != torch.map(u32::from))
    };
    let needed: Vec<String> = rows.flat_map(|row| &row.needs).filter(of_cuda).cloned().collect();
    for soname in needed {
        let nothing = Fact::absent(Source::new(How::Knowledge, format!("{}: nothing of CUDA", contents.row)));
        environment.system_libraries.entry(soname).or_insert(nothing);
    }
}

/// The name of a library and the major version in it: `libcublas.so.12`.
fn named(soname: &str) -> Option<(&str, u32)> {
    let (name, version) = soname.split_once(".so.")?;
    Some((name, leading_number(version)?))
}

/// Whether the toolkit has a library of this name.
fn is_of_toolkit(name: &str) -> bool {
    ["libcublas", "libcudart", "libnvrtc"].iter().any(|own| name.starts_with(own))
}

/// The number that a text begins with.
fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// What of the image decides and is not known: an image without a row, unless the steps say by themselves which torch there is.
pub(super) fn end(environment: &mut Environment, knowledge: &Knowledge) {
    let Some(base) = environment.image.as_ref().and_then(|image| image.base.clone()) else {
        let what = environment.beside.as_ref().map(|file| format!("which torch is there already: {file} names one"));
        return unsettled(environment, knowledge, what);
    };
    let plain = base == "scratch" || knowledge.image(&base).is_some_and(|contents| contents.plain);
    if plain || is_said(environment, knowledge) {
        return;
    }
    let tag = base.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
    let what = match tag {
        None | Some("latest" | "nightly" | "stable" | "main") => format!("the version behind {base}"),
        Some(_) => format!("what {base} contains"),
    };
    settle(environment, what);
}

/// What a list brings along beside another file: a torch that is there stays where it will do, unless the list decides which one there is.
fn unsettled(environment: &mut Environment, knowledge: &Knowledge, what: Option<String>) {
    if let Some(what) = what
        && environment.package("torch").is_some_and(|torch| torch.request.is_some())
        && !is_said(environment, knowledge)
    {
        settle(environment, what);
    }
}

/// Whether the steps say by themselves which torch there is: a build that is asked for by its version, or by its index, replaces what is there
/// or is what is there. A package says so that needs one version of torch.
fn is_said(environment: &Environment, knowledge: &Knowledge) -> bool {
    let Some(place) = environment.package("torch").and_then(|torch| torch.request) else { return false };
    let Some(step) = environment.steps.get(place.step) else { return false };
    let Some(request) = step.requests.get(place.request).filter(|one| one.role == RequestRole::Wanted) else {
        return step.upgrade;
    };
    let asked = &request.asked;
    let is_exact = asked.specifiers.contains("==") || asked.source.is_some();
    let platform = environment.platform.value().copied();
    let row = || {
        let version = environment.package(&request.name)?.version.value()?;
        knowledge.package_build(&request.name, version, platform)?.torch.as_deref()
    };
    let needs_one = || {
        row()
            .or(knowledge.requires_torch(&request.name, &asked.extras, platform))
            .is_some_and(|range| range.contains("=="))
    };
    let of_torch = ["torch", "torchvision", "torchaudio", "triton"].contains(&request.name.as_str());
    step.upgrade || of_torch && is_exact || needs_one()
}

/// Says that it is not known which torch there is: one that is there before stays where it will do.
fn settle(environment: &mut Environment, what: String) {
    const STAYS: &str = "there may be one that stays";
    let asked = |package: &&mut Package| package.name == "torch" && package.request.is_some();
    if let Some(torch) = environment.packages.iter_mut().find(asked) {
        torch.version = Fact::unknown(STAYS);
        torch.build = Fact::unknown(STAYS);
    }
    let gap = Gap { what, weight: GapWeight::Decides };
    if !environment.gaps.contains(&gap) {
        environment.gaps.push(gap);
    }
}
