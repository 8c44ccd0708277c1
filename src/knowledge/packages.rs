//! Questions about packages.

use std::collections::BTreeSet;

use gpucheck_model::knowledge::{
    AbiRow, Confidence, DependentRow, PackageBuild, PackageFile, ProblemRow, PtxasRow, UnpublishedRow, WheelsRow, When,
};

use super::{
    load::Knowledge,
    queries::{cite, claimed_code, contains},
};
use crate::{
    facts::{CodeObjects, CudaVersion, Platform},
    python::built_for,
};

/// What the rows ask the probe to look at, besides what it always looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interests {
    /// Packages whose libraries are read.
    pub packages: BTreeSet<String>,
    /// Shared libraries to look for in the system loader's folders.
    pub libraries: BTreeSet<String>,
    /// Environment variables.
    pub variables: BTreeSet<String>,
}

impl Knowledge {
    /// Whether a name is that of a package which rows are about: torch, what is released with it, what has a file of its own.
    pub fn knows_package(&self, name: &str) -> bool {
        ["torch", "torchvision", "torchaudio", "triton"].contains(&name) || self.package_file(name).is_some()
    }

    /// What is known of the distribution of this normalised name.
    pub fn package_file(&self, name: &str) -> Option<&PackageFile> {
        self.packages.find(name)
    }

    /// The name of the file that a distribution has rows in: `triton.toml`.
    pub fn file_of(&self, name: &str) -> String {
        let file = self.package_file(name).map_or(name, |file| &file.package.name);
        format!("{file}.toml")
    }

    /// What is known of a version of a distribution. Of several rows the first that fits speaks. A build whose local version names another CUDA
    /// is not the one that the row was read from.
    pub fn package_build(&self, name: &str, version: &str, platform: Option<Platform>) -> Option<&PackageBuild> {
        let rows = &self.package_file(name)?.build;
        let row = rows.iter().find(|row| row.concerns(name, platform) && contains(&row.versions, version))?;
        let other = |major: u16| built_for(version).cuda.is_some_and(|named| named.major != major);
        (!row.cuda.is_some_and(other)).then_some(row)
    }

    /// Every known problem with the file it is in.
    pub fn problems(&self) -> impl Iterator<Item = (&PackageFile, &ProblemRow)> {
        self.packages.iter().flat_map(|file| file.problem.iter().map(move |row| (file, row)))
    }

    /// Every file about packages.
    pub fn package_files(&self) -> impl Iterator<Item = &PackageFile> {
        self.packages.iter()
    }

    /// Names of the packages that bring code for GPUs: those that files are about, and those that bring torch.
    pub fn names_with_gpu_code(&self) -> BTreeSet<String> {
        let own = self.packages.iter().flat_map(PackageFile::names).map(str::to_owned);
        own.chain(self.dependents.dependent.iter().map(|row| row.name.clone())).collect()
    }

    /// Whether a version was never on the index.
    pub fn unpublished(&self, name: &str, version: &str) -> Option<&UnpublishedRow> {
        self.package_file(name)?.unpublished.iter().find(|row| contains(&row.versions, version))
    }

    /// The wheel of a distribution that was built for this torch: its version, and the page that it is on.
    pub fn wheel_for_torch(
        &self,
        name: &str,
        torch: &str,
        variant: &str,
        platform: Platform,
    ) -> Option<(String, String)> {
        let fits = |row: &&WheelsRow| {
            row.platforms.contains(&platform)
                && row.variants.iter().any(|known| known == variant)
                && contains(&row.torch, torch)
        };
        let row = self.package_file(name)?.wheels.iter().find(fits)?;
        let of_variant = |text: &String| text.replace("{variant}", variant);
        Some((of_variant(row.versions.get(name)?), of_variant(&row.links)))
    }

    /// What comes with a package and these extras on a platform: torch, and packages that have rows of their own. Nothing for the platform:
    /// what comes on any.
    pub fn brought_with(
        &self,
        name: &str,
        extras: &[String],
        platform: Option<Platform>,
    ) -> impl Iterator<Item = &DependentRow> {
        self.dependents.dependent.iter().filter(move |row| {
            row.name == name
                && row.extra.as_ref().is_none_or(|extra| extras.iter().any(|other| other == extra))
                && (row.platforms.is_empty() || platform.is_none_or(|platform| row.platforms.contains(&platform)))
        })
    }

    /// The range of torch that a package leaves that brings torch, with these extras; empty: any version. Nothing: not known to bring torch.
    pub fn requires_torch(&self, name: &str, extras: &[String], platform: Option<Platform>) -> Option<&str> {
        let mut rows = self.brought_with(name, extras, platform);
        let row = rows.find(|row| row.brings.iter().any(|other| other == "torch"))?;
        Some(row.torch.as_deref().unwrap_or_default())
    }

    /// Which C++ ABI a build of torch was compiled for; `variant` is its local version.
    pub fn torch_abi(&self, version: &str, variant: Option<&str>, platform: Platform) -> Option<&AbiRow> {
        let rows = &self.package_file("torch")?.abi;
        let fits = |row: &&AbiRow| row.platforms.contains(&platform) && contains(&row.versions, version);
        let named = |row: &&AbiRow| variant.is_some_and(|variant| row.variants.iter().any(|other| other == variant));
        let rest = |row: &&AbiRow| row.variants.is_empty();
        rows.iter().filter(fits).find(named).or_else(|| rows.iter().filter(fits).find(rest))
    }

    /// Whether a library decides which GPUs its package runs on. `cuda` are the digits by which some packages choose.
    pub fn is_main_library(&self, package: &str, path: &str, cuda: Option<&str>) -> bool {
        self.main_library(package, cuda)(path)
    }

    /// The same for many paths of one package.
    pub fn main_library<'a>(&'a self, package: &str, cuda: Option<&'a str>) -> impl Fn(&str) -> bool + use<'a> {
        let torch = package == "torch";
        let patterns = self.package_file(package).map_or(&[][..], |file| &file.package.main);
        move |path| {
            // conda has torch's libraries in the environment's own folder: lib/libtorch_cuda.so.
            let inside = path.strip_prefix("lib/").filter(|_| torch).map(|file| format!("torch/lib/{file}"));
            patterns.iter().any(|main| is_for(main, inside.as_deref().unwrap_or(path), cuda))
        }
    }

    /// Whether a library is taken instead of those on GPUs that they do not serve.
    pub fn is_taken_instead(&self, package: &str, path: &str, cuda: Option<&str>) -> bool {
        self.libraries_instead(package).any(|pattern| is_for(pattern, path, cuda))
    }

    /// The patterns of the libraries that are taken instead of the main ones.
    pub fn libraries_instead(&self, package: &str) -> impl Iterator<Item = &str> {
        self.package_file(package).into_iter().flat_map(|file| &file.package.instead).map(String::as_str)
    }

    /// The patterns of the libraries that decide for a package.
    pub fn main_libraries(&self, package: &str) -> impl Iterator<Item = &str> {
        self.package_file(package).into_iter().flat_map(|file| &file.package.main).map(String::as_str)
    }

    /// The triton of an environment: the first that `get` knows of the names that it is installed under, its own and those of builds for
    /// other systems.
    pub fn triton_of<T>(&self, get: impl Fn(&str) -> Option<T>) -> Option<T> {
        ["triton", "pytorch-triton", "triton-windows"].into_iter().find_map(get)
    }

    /// What the assembler inside this version of triton, or of a build of it by another name, can generate code for.
    pub fn triton_ptxas(&self, package: &str, version: &str) -> Option<&PtxasRow> {
        self.package_file(package)?.ptxas.iter().find(|row| contains(&row.versions, version))
    }

    /// The code that a row claims, as one fatbin; of a package that chooses among libraries, that of the one for `cuda`.
    pub fn package_code(&self, row: &PackageBuild, cuda: Option<&str>) -> Option<CodeObjects> {
        if row.variants.is_empty() {
            return Some(claimed_code(row.sass.as_deref()?, &row.ptx, row.isa));
        }
        let chosen = row.chosen(cuda?)?;
        let variant = row.variants.iter().find(|variant| variant.cuda.contains(&chosen))?;
        Some(claimed_code(&variant.sass, &[], None))
    }

    /// What the probe should look at for the sake of these rows.
    pub fn interests(&self) -> Interests {
        let mut interests = Interests::default();
        interests.variables.extend(self.variables.unread.iter().map(|row| row.name.clone()));
        for file in self.packages.iter() {
            let read = file.package.read
                || !file.package.main.is_empty()
                || file.build.iter().any(|row| !row.brings.is_empty());
            interests.packages.extend(file.names().filter(|_| read).map(str::to_owned));
            interests.libraries.extend(file.build.iter().flat_map(|row| row.needs.iter().cloned()));
            interests.variables.extend(file.package.override_variable.clone());
            let conditions = file.problem.iter().flat_map(|row| std::iter::once(&row.when).chain(&row.unless));
            conditions.for_each(|when| interests.add(when));
        }
        interests
    }

    /// How a row about builds is cited.
    pub fn cite_build(&self, file: &PackageFile, row: &PackageBuild) -> String {
        let version = row.newest.as_deref().unwrap_or_default();
        let mut wheels =
            file.names().filter_map(|name| self.wheel_of(&row.source, name, version, row.platforms.first().copied()));
        wheels.next().unwrap_or_else(|| self.cite_package(file, &row.versions, row.confidence, &row.source))
    }

    /// How a known problem is cited.
    pub fn cite_problem(&self, file: &PackageFile, row: &ProblemRow) -> String {
        self.cite_package(file, &row.id, row.confidence, &row.source)
    }

    /// What was read from a wheel can be read again; for anything else the report says who says so.
    fn cite_package(&self, file: &PackageFile, row: &str, confidence: Confidence, source: &[String]) -> String {
        let name = &file.package.name;
        let by = match confidence {
            Confidence::Measured => String::new(),
            _ => format!("; {}", cite(&file.sources, source)),
        };
        format!("packages/{name}.toml, {row} ({}{by})", confidence.words())
    }
}

impl Interests {
    fn add(&mut self, when: &When) {
        self.libraries.extend(when.loader_lacks.iter().cloned());
        if when.toolkit.is_some() {
            self.variables.extend(["CUDA_HOME", "CUDA_PATH"].map(str::to_owned));
        }
        self.variables.extend(when.variables.iter().map(|variable| variable.name.clone()));
        // What other packages bring is told by their libraries.
        if !when.brought.is_empty() {
            self.packages.extend(when.packages.keys().cloned());
        }
    }
}

/// The digits of a CUDA release, as file names have them: 128.
pub fn digits(cuda: CudaVersion) -> String {
    format!("{}{}", cuda.major, cuda.minor)
}

/// Whether a path fits a pattern in which `{cuda}` stands for these digits.
fn is_for(pattern: &str, path: &str, cuda: Option<&str>) -> bool {
    match (pattern.contains("{cuda}"), cuda) {
        (true, Some(cuda)) => matches(&pattern.replace("{cuda}", cuda), path),
        (true, None) => false,
        (false, _) => matches(pattern, path),
    }
}

/// Whether a path fits a pattern in which `*` stands for any part of a name, but no `/`.
pub fn matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return pattern == path;
    }
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) if name_matches(pattern, name) => {}
            _ => return false,
        }
    }
}

/// One name: the text between two stars is taken where it comes first, so that the time stays linear in the name.
fn name_matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut left) = name.strip_prefix(start).and_then(|left| left.strip_suffix(end)) else { return false };
    middle.split('*').all(|part| match left.split_once(part) {
        Some((_, behind)) => {
            left = behind;
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_parts_of_names() {
        for (pattern, path) in [
            ("a/b.so", "a/b.so"),
            ("a/b*.so", "a/b.cpython-312.so"),
            ("a/*b*.so.*", "a/libb-1f.so.4.8"),
            ("*/b.so", "a/b.so"),
            ("a/b*", "a/b"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [("a/b.so", "a/b.so.1"), ("a/*.so", "a/c/b.so"), ("a/b*.so", "a/c.so"), ("", "a")] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }
}
