//! Between facts and rules: what the knowledge base claims where nothing was measured. Pure, and always marked as a claim.

mod declared;
mod symptoms;

use std::collections::BTreeMap;

use crate::{
    facts::{
        Build, CodeObjects, Container, Environment, Fact, Facts, Gpu, How, Library, Origin, Os, Package, Platform,
        Source,
    },
    knowledge::{self, Knowledge, PackageFile, TorchBuild, TorchRelease},
    parallel,
    python::{self, TorchVariant},
};

/// As many environments are worth threads.
const MANY: usize = 8;

/// Fills in what is not known but claimed by a row: the capability of a named GPU, the CUDA release of a driver, the build and the
/// code of a torch that was not measured. What was observed is never replaced.
pub fn enrich(facts: &Facts, knowledge: &Knowledge) -> Facts {
    let mut facts = facts.clone();
    for gpu in facts.gpus.value_mut().into_iter().flatten() {
        enrich_gpu(gpu, knowledge);
    }
    if let Some(driver) = facts.driver.value_mut()
        && driver.cuda.is_unknown()
        && let Some(cuda) = knowledge.driver_cuda(&driver.version)
    {
        driver.cuda = Fact::known(cuda, claim(format!("cuda.toml, driver branch of {}", driver.version)));
    }
    let cuda = facts.driver.value().and_then(|driver| driver.cuda.value()).copied();
    let Facts { environments, env_vars: variables, .. } = &mut facts;
    let enriched = |environment: &mut Environment| {
        declared::install(environment, knowledge, cuda);
        enrich_environment(environment, knowledge);
        enrich_packages(environment, knowledge, variables);
        declared::missing(environment, knowledge);
    };
    // One or two environments are done before a thread has started.
    if environments.len() < MANY {
        environments.iter_mut().for_each(enriched);
    } else {
        let with = |environment: &Environment| {
            let mut environment = environment.clone();
            enriched(&mut environment);
            environment
        };
        *environments = parallel::map(environments, with);
    }
    symptoms::enrich(&mut facts.symptoms, knowledge);
    facts
}

fn claim(at: impl Into<String>) -> Source {
    Source::new(How::Knowledge, at)
}

/// Adds to a GPU what the rows say of its PCI id or its name.
pub fn enrich_gpu(gpu: &mut Gpu, knowledge: &Knowledge) {
    let by_id =
        gpu.pci_device.value().and_then(|id| Some((knowledge.gpu_by_pci(id)?, format!("gpus.toml, PCI id 10de:{id}"))));
    let row = by_id.or_else(|| {
        let name = gpu.name.value()?;
        Some((knowledge.gpu_by_name(name)?, format!("gpus.toml, {name}")))
    });
    let Some((row, at)) = row else { return from_log(gpu, knowledge) };
    if gpu.name.is_unknown() {
        gpu.name = Fact::known(row.name.clone(), claim(&at));
    }
    if gpu.capability.is_unknown() {
        gpu.capability = Fact::known(row.capability, claim(at));
    }
}

/// People write names of GPUs as they like: what a log calls one is looked up like what an option does.
fn from_log(gpu: &mut Gpu, knowledge: &Knowledge) {
    let Fact::Known { value: name, via } = &gpu.name else { return };
    if via.how == How::Log
        && gpu.capability.is_unknown()
        && let Ok(answer) = knowledge.find_gpu(name)
    {
        gpu.capability = Fact::known(answer.capability, claim(format!("gpus.toml, {}", answer.name)));
    }
}

fn enrich_environment(environment: &mut Environment, knowledge: &Knowledge) {
    let Some(&platform) = environment.platform.value() else { return };
    let installed = environment.origin == Origin::Installed;
    let Some(torch) = environment.packages.iter_mut().find(|package| package.name == "torch") else { return };
    // What the rows say of wheels is nothing about what conda would bring.
    if is_of_conda(torch) {
        return;
    }
    if torch.build.is_unknown()
        && let Some(build) = claimed_build(torch, knowledge, platform, installed)
    {
        torch.build = build;
    }
    let Some(build) = torch.build.value().filter(|build| build.cuda.is_some()) else { return };
    // If the files were read, only what was found counts, and what could not be read is unknown.
    if torch.listing.is_some() {
        return;
    }
    let is_main = |library: &Library| knowledge.is_main_library("torch", &library.path, None);
    if torch.libraries.iter().any(|library| is_main(library) && library.code.value().is_some()) {
        return;
    }
    let Some((code, row)) = claimed_code(build, knowledge, platform) else { return };
    let code: Fact<CodeObjects> = Fact::known(code, row);
    if let Some(library) = torch.libraries.iter_mut().find(|library| is_main(library)) {
        library.code = code;
        return;
    }
    torch.libraries.extend(claimed_library(knowledge, platform, code));
}

/// The main library of a torch of which a row says what it holds.
fn claimed_library(knowledge: &Knowledge, platform: Platform, code: Fact<CodeObjects>) -> Option<Library> {
    let (ending, container) = match platform.os {
        Os::Windows => (".dll", Container::Pe),
        _ => (".so", Container::Elf),
    };
    let path = knowledge.main_libraries("torch").find(|path| path.ends_with(ending))?.to_owned();
    Some(Library { path, container, cpu: None, needed: Vec::new(), glibc: None, code })
}

/// The main library of a package that nobody has read.
fn main_library(file: &PackageFile, windows: bool, cuda: Option<&str>, code: Fact<CodeObjects>) -> Option<Library> {
    let container = if windows { Container::Pe } else { Container::Elf };
    let main = file.package.main.iter().find(|path| windows != (path.ends_with(".so") || path.contains(".so.")))?;
    Some(Library {
        path: main.replace("{cuda}", cuda.unwrap_or_default()),
        container,
        needed: Vec::new(),
        cpu: None,
        glibc: None,
        code,
    })
}

/// Whether a package is one that a file asks of conda.
fn is_of_conda(package: &Package) -> bool {
    package.request.is_some() && package.installer.as_deref() == Some("conda")
}

/// What the rows say of the code and the needs of packages whose main libraries were not read, or hold their code where it is not
/// looked for.
fn enrich_packages(environment: &mut Environment, knowledge: &Knowledge, variables: &BTreeMap<String, String>) {
    let platform = environment.platform.value().copied();
    let torch = environment.package("torch").and_then(|torch| torch.build.value()?.cuda).map(knowledge::digits);
    for package in environment.packages.iter_mut().filter(|package| package.name != "torch") {
        let Some(file) = knowledge.package_file(&package.name) else { continue };
        if is_of_conda(package) {
            // What the rows say of wheels is nothing about what conda builds.
            let windows = platform.is_some_and(|platform| platform.os == Os::Windows);
            package.libraries.extend(main_library(file, windows, None, Fact::unknown("conda builds it itself")));
            continue;
        }
        let Some(version) = package.version.value() else { continue };
        let Some(row) = knowledge.package_build(&package.name, version, platform) else { continue };
        let chosen = file.package.override_variable.as_ref().and_then(|name| variables.get(name));
        let cuda = chosen.filter(|value| !value.is_empty()).or(torch.as_ref());
        let Some(code) = knowledge.package_code(row, cuda.map(String::as_str)) else { continue };
        let cuda = cuda.and_then(|cuda| row.chosen(cuda));
        let is_main = |library: &Library| knowledge.is_main_library(&package.name, &library.path, cuda.as_deref());
        let measured = |library: &Library| is_main(library) && library.code.value().is_some();
        // A package that chooses among its libraries, some of which were read, lacks the one that the row is about.
        let chooses = !row.variants.is_empty() && !package.libraries.is_empty();
        if chooses || package.libraries.iter().any(measured) {
            continue;
        }
        // If the files were read, a row applies only to an undamaged main library whose code is in a place that is not searched.
        let broken = |library: &Library| package.damaged.iter().any(|bad| bad.path == library.path);
        let mut main = package.libraries.iter().filter(|library| is_main(library)).peekable();
        if package.listing.is_some() && (main.peek().is_none() || main.any(broken)) {
            continue;
        }
        let code = Fact::known(code, knowledge.build_source(file, row));
        if let Some(library) = package.libraries.iter_mut().find(|library| is_main(library)) {
            library.code = code;
            continue;
        }
        let windows = platform.is_some_and(|platform| platform.os == Os::Windows);
        let library = main_library(file, windows, cuda.as_deref(), code);
        package.libraries.extend(library.map(|library| Library { needed: row.needs.clone(), ..library }));
    }
}

/// The build that a version without a readable `version.py` stands for: its local part names it where it is PyTorch's own (`cpu`,
/// `cu126`); without one, and where nothing is installed yet, it is what the default index gives. What somebody else built is unknown.
fn claimed_build(torch: &Package, knowledge: &Knowledge, platform: Platform, installed: bool) -> Option<Fact<Build>> {
    let Fact::Known { value: version, via } = &torch.version else { return None };
    let built = |cuda| Some(Fact::known(Build { version: version.clone(), cuda }, via.clone()));
    match python::torch_variant(version) {
        TorchVariant::Cuda(cuda) => return built(Some(cuda)),
        TorchVariant::Cpu => return built(None),
        TorchVariant::OtherGpus | TorchVariant::Foreign => return None,
        TorchVariant::Unsaid => {}
    }
    if installed {
        return None;
    }
    let release = knowledge.torch_release(version)?;
    let row = release.builds.iter().find(|build| build.platform == platform && build.pypi_default)?;
    let build = Build { version: row.full_version(release), cuda: row.cuda() };
    Some(Fact::known(build, knowledge.torch_source(release, row)))
}

/// What a row says that a build holds, and which row: that of the release, or that of the nightly builds before it.
fn claimed_code(build: &Build, knowledge: &Knowledge, platform: Platform) -> Option<(CodeObjects, Source)> {
    if let Some((release, row)) = find_row(build, knowledge, platform) {
        return Some((knowledge.torch_code(row)?, knowledge.torch_source(release, row)));
    }
    knowledge.torch_nightly(&build.version, platform).map(|row| {
        let row_of = format!("torch.toml, nightly builds {} {} on {}", row.variant, row.versions, row.platform);
        (knowledge.nightly_code(row), claim(row_of))
    })
}

/// The row of a build; PyPI's wheels have no local part before 2.x in `version.py`, so the CUDA release decides there.
fn find_row<'k>(
    build: &Build,
    knowledge: &'k Knowledge,
    platform: Platform,
) -> Option<(&'k TorchRelease, &'k TorchBuild)> {
    if let Some(found) = knowledge.torch_build(&build.version, platform) {
        return Some(found);
    }
    let release = knowledge.torch_release(&build.version)?;
    let same = |row: &&TorchBuild| row.platform == platform && row.cuda() == build.cuda;
    Some((release, release.builds.iter().find(same)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Gpu};

    fn gpu(pci: Fact<String>, name: Fact<String>) -> Gpu {
        Gpu { name, pci_device: pci, ..Gpu::unknown("gpu0", "test") }
    }

    #[test]
    fn a_gpu_seen_by_its_id_alone_gets_name_and_capability() {
        let knowledge = Knowledge::builtin().unwrap();
        let mut seen = gpu(Fact::known("2b85".to_owned(), Source::file("/sys")), Fact::unknown("no driver"));
        enrich_gpu(&mut seen, &knowledge);
        assert_eq!(seen.capability.value().map(ToString::to_string), Some("12.0".to_owned()));
        assert!(seen.name.value().is_some_and(|name| name.contains("5090")), "{:?}", seen.name);
        assert_eq!(seen.capability.via().map(|via| via.how), Some(How::Knowledge));
    }

    #[test]
    fn a_gpu_that_no_row_knows_stays_unknown() {
        let knowledge = Knowledge::builtin().unwrap();
        let mut seen = gpu(Fact::known("ffff".to_owned(), Source::file("/sys")), Fact::unknown("no driver"));
        enrich_gpu(&mut seen, &knowledge);
        assert!(seen.capability.is_unknown());
    }
}
