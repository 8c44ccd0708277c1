//! What is wrong with the files of installed packages, and whether a package can still be loaded: for the rule that reports it and for
//! those that would otherwise pass such a package.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    Context,
    shared::{chosen_cuda, package_row},
};
use crate::facts::{BadFile, Environment, Fact, Flaw, Library, Listing, Os, Package};

/// The module through which torch loads its own libraries: `torch/_C.cpython-312-x86_64-linux-gnu.so`, `torch/_C.cp312-win_amd64.pyd`.
const TORCH_ROOT: &str = "torch/_C.";
/// The libraries in torch's own folder without which its module cannot be loaded.
const TORCH_OWN: [&str; 9] = [
    "c10",
    "c10_cuda",
    "shm",
    "torch",
    "torch_cpu",
    "torch_cuda",
    "torch_cuda_linalg",
    "torch_global_deps",
    "torch_python",
];
/// Where those are: in the package, and in conda's environments in the shared folder.
const TORCH_FOLDERS: [&str; 2] = ["torch/lib/", "lib/"];

/// A file that is broken, and whether its package fails without it.
#[derive(Debug, Clone)]
pub struct Broken<'a> {
    /// The file.
    pub file: Cow<'a, BadFile>,
    /// Whether it decides what the package runs on, or such a library links to it.
    pub fatal: bool,
}

/// The broken files of a package. `linked`: the libraries that torch needs.
pub fn broken<'a>(context: &Context<'a>, package: &'a Package, linked: &BTreeSet<&str>) -> Vec<Broken<'a>> {
    let mut found: Vec<Broken<'a>> = Vec::new();
    if !package.damaged.is_empty() {
        let cuda = chosen_cuda(context, package);
        let is_main = |path: &str| context.knowledge.is_main_library(&package.name, path, cuda.as_deref());
        for file in &package.damaged {
            let fatal = is_main(&file.path)
                || is_root(package, &file.path)
                || is_own(package, &file.path)
                || is_loaded(context, file, linked);
            if fatal || counts(package, file) {
                found.push(Broken { file: Cow::Borrowed(file), fatal });
            }
        }
    }
    found.extend(damaged_inside(context, package));
    found.extend(lacking_root(context, package).map(|file| Broken { file: Cow::Owned(file), fatal: true }));
    found.extend(lacking(context, package).map(|file| Broken { file: Cow::Owned(file), fatal: true }));
    found
}

/// Why torch cannot work on this machine: the first broken file that it needs, its own or another package's.
pub fn torch_broken(context: &Context<'_>) -> Option<String> {
    let (_, environment) = context.environment?;
    let torch = environment.package("torch")?;
    let linked = linked(context);
    let told = |file: &BadFile| format!("{} {}", file.path, file.why);
    if let Some(own) = broken(context, torch, &linked).into_iter().find(|broken| broken.fatal) {
        return Some(told(&own.file));
    }
    let mut all = environment.packages.iter().flat_map(|package| &package.damaged);
    all.find(|file| is_loaded(context, file, &linked)).map(told).or_else(|| own_missing(environment, torch))
}

/// A library of torch's own that another of them links to, and that neither a package nor the system has.
fn own_missing(environment: &Environment, torch: &Package) -> Option<String> {
    let absent = |name: &str| {
        let found = environment.system_libraries.get(name);
        matches!(found, Some(Fact::Absent { .. })) && is_own(torch, &format!("torch/lib/{name}"))
    };
    torch.libraries.iter().find_map(|library| {
        let name = library.needed.iter().find(|name| absent(name))?;
        Some(format!("{name} is missing, but {} links to it", library.path))
    })
}

/// Whether torch starts loading with this file, or the package cannot be imported without it.
pub fn is_root(package: &Package, path: &str) -> bool {
    package.name == "torch" && path.starts_with(TORCH_ROOT) || is_source(path)
}

/// Whether a file is a Python source; only those that an import needs are checked.
fn is_source(path: &str) -> bool {
    path.ends_with(".py")
}

/// Whether a file is one of the libraries that make up torch.
fn is_own(package: &Package, path: &str) -> bool {
    let own = |file: &str| {
        let stem = file.strip_suffix(".dll").or_else(|| file.strip_prefix("lib")?.strip_suffix(".so"));
        stem.is_some_and(|stem| TORCH_OWN.contains(&stem))
    };
    package.name == "torch" && TORCH_FOLDERS.iter().any(|folder| path.strip_prefix(folder).is_some_and(own))
}

/// Whether torch links to a library of this name and gets this file. The loader skips a library for another machine if a suitable one
/// follows; with any other broken file it fails.
fn is_loaded(context: &Context<'_>, file: &BadFile, linked: &BTreeSet<&str>) -> bool {
    let name = file_name(&file.path);
    let another = || {
        let packages = context.environment.into_iter().flat_map(|(_, environment)| &environment.packages);
        let mut good = packages.flat_map(|package| {
            let whole = |library: &&Library| package.damaged.iter().all(|bad| bad.path != library.path);
            package.libraries.iter().filter(whole)
        });
        good.any(|library| file_name(&library.path) == name)
    };
    linked.contains(name) && !(file.what == Flaw::OtherMachine && another())
}

/// Whether the GPUs that a package runs on are unknown although its files were searched: nothing lists its files, and the folder of its
/// name lacks the deciding library.
pub fn unseen(context: &Context<'_>, package: &Package) -> bool {
    let looked = matches!(package.listing, Some(Listing::Folder | Listing::Module | Listing::Nowhere));
    let claims = || package_row(context, package).is_some_and(|row| row.sass.is_some());
    looked
        && (package.name == "torch" || claims())
        && !has_main(context, package)
        && lacking(context, package).is_none()
}

/// Whether a fault counts in a file that nothing is known to load: packages for several systems ship libraries for other systems on
/// purpose, and linker scripts are named like libraries.
fn counts(package: &Package, file: &BadFile) -> bool {
    let good = |library: &Library| package.damaged.iter().all(|bad| bad.path != library.path);
    match file.what {
        Flaw::LinkerScript => false,
        Flaw::OtherMachine | Flaw::NoLibrary | Flaw::NotLoadable => !package.libraries.iter().any(good),
        _ => true,
    }
}

/// Main libraries whose device-code sections are damaged.
fn damaged_inside<'a>(context: &Context<'a>, package: &'a Package) -> impl Iterator<Item = Broken<'a>> + use<'a> {
    let context = *context;
    let looked = package.listing.is_some();
    package.libraries.iter().filter(move |_| looked).filter_map(move |library| {
        let damage = library.code.value()?.damage.first()?;
        let cuda = chosen_cuda(&context, package);
        let main = context.knowledge.is_main_library(&package.name, &library.path, cuda.as_deref());
        let why = format!("is damaged at offset {:#x}: {}", damage.offset, damage.what);
        let file = BadFile { path: library.path.clone(), what: Flaw::CutOff, why };
        main.then_some(Broken { file: Cow::Owned(file), fatal: true })
    })
}

fn has_main(context: &Context<'_>, package: &Package) -> bool {
    let cuda = chosen_cuda(context, package);
    let is_main = context.knowledge.main_library(&package.name, cuda.as_deref());
    let paths = package.libraries.iter().map(|library| &library.path);
    paths.chain(package.damaged.iter().map(|bad| &bad.path)).any(|path| is_main(path))
}

/// The module that every torch starts with, if its folder was searched and contains libraries but not that module. A RECORD would list it.
fn lacking_root(context: &Context<'_>, package: &Package) -> Option<BadFile> {
    let (_, environment) = context.environment?;
    let searched = matches!(package.listing, Some(Listing::Folder | Listing::Module));
    let paths = package.libraries.iter().map(|library| &library.path);
    let mut all = paths.chain(package.damaged.iter().map(|bad| &bad.path));
    if package.name != "torch"
        || !searched
        || package.libraries.is_empty()
        || all.any(|path| path.starts_with(TORCH_ROOT))
    {
        return None;
    }
    let windows = environment.platform.value().is_some_and(|platform| platform.os == Os::Windows);
    let path = format!("{TORCH_ROOT}{}", if windows { "pyd" } else { "so" });
    Some(BadFile { path, what: Flaw::Absent, why: "is missing under all of its names".to_owned() })
}

/// The main library that a torch with CUDA must have, if it was not found and is not listed.
fn lacking(context: &Context<'_>, package: &Package) -> Option<BadFile> {
    let (_, environment) = context.environment?;
    let looked = matches!(package.listing, Some(Listing::Record | Listing::Folder | Listing::Module));
    let cuda = match &package.build {
        Fact::Known { value, .. } => value.cuda.is_some(),
        // Not even the file that names its build exists.
        _ => package.libraries.is_empty(),
    };
    if package.name != "torch" || !looked || !cuda || has_main(context, package) {
        return None;
    }
    let windows = environment.platform.value().is_some_and(|platform| platform.os == Os::Windows);
    let mut main = context.knowledge.main_libraries("torch");
    let path = main.find(|path| path.ends_with(".dll") == windows).unwrap_or("torch");
    // Linux distributions put it into the system's own folder.
    let found = environment.system_libraries.get(file_name(path)).is_some_and(|fact| fact.value().is_some());
    (!found).then(|| {
        let why = "is missing, and no file of the package replaces it".to_owned();
        BadFile { path: path.to_owned(), what: Flaw::Absent, why }
    })
}

/// The names of all libraries that torch links to, directly or indirectly. Empty if no file is broken, because then they are not needed.
pub fn linked<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let damaged = |environment: &&Environment| environment.packages.iter().any(|package| !package.damaged.is_empty());
    let Some(environment) = context.environment.map(|(_, environment)| environment).filter(damaged) else {
        return BTreeSet::new();
    };
    let mut by_name: BTreeMap<&str, &Library> = BTreeMap::new();
    let mut queue: Vec<&Library> = Vec::new();
    for package in &environment.packages {
        for library in &package.libraries {
            by_name.insert(file_name(&library.path), library);
            let main = context.knowledge.is_main_library(&package.name, &library.path, None);
            if package.name == "torch" && (main || is_root(package, &library.path) || is_own(package, &library.path)) {
                queue.push(library);
            }
        }
    }
    let mut seen = BTreeSet::new();
    while let Some(library) = queue.pop() {
        for name in &library.needed {
            if seen.insert(name.as_str()) {
                queue.extend(by_name.get(name.as_str()));
            }
        }
    }
    seen
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
