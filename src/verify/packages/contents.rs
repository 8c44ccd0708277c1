//! What the headers and the metadata of a package show, as the fields of a `[[build]]` row.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    compat,
    facts::{CodeKind, CodeObjects, CodeTarget, Extent, Library, PtxIsa, Target},
    knowledge::{self, Confidence, Knowledge, PackageBuild, PackageFile, Variant},
    python::{self, Requirement},
    rules::cuda_major,
    verify::{Evidence, compare::spelled, torch::is_open},
};

/// What is read from headers and metadata.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The CUDA major that its main libraries link to.
    pub cuda: Option<u16>,
    /// The toolkit's libraries that they link to and that are not in it.
    pub needs: BTreeSet<String>,
    /// Whether they link to torch's own.
    pub links_torch: bool,
    /// The range of torch that it requires.
    pub torch: Option<String>,
    /// Machine code that all of them are built for.
    pub sass: BTreeSet<Target>,
    /// PTX likewise.
    pub ptx: BTreeSet<Target>,
    /// The newest ISA of that.
    pub isa: Option<PtxIsa>,
    /// By the code: the CUDA releases whose libraries hold it.
    pub variants: Vec<(BTreeSet<Target>, Vec<String>)>,
    /// Whether a main library was not read, or not far enough to know what all of it is built for.
    pub open: bool,
    /// Whether a main library was read only in part: what it links to is not known then.
    pub sampled: bool,
    /// What a person has to look at.
    pub remarks: Vec<String>,
}

impl Contents {
    /// What a package shows. `file` is what is known of it: which libraries decide, above all.
    pub fn of(knowledge: &Knowledge, file: &PackageFile, evidence: &Evidence) -> Self {
        let mut measured = Self::default();
        let patterns: Vec<String> = file.package.main.iter().map(|main| main.replace("{cuda}", "*")).collect();
        let is_main = |library: &&Library| patterns.iter().any(|pattern| knowledge::matches(pattern, &library.path));
        let main: Vec<&Library> = evidence.libraries.iter().filter(is_main).collect();
        if main.is_empty() && !patterns.is_empty() {
            measured.remarks.push(format!("no library matches `main` ({})", file.package.main.join(", ")));
        }
        let instead: Vec<String> = file.package.instead.iter().map(|path| path.replace("{cuda}", "*")).collect();
        let taken = evidence.libraries.iter().map(|library| library.path.as_str());
        let taken: Vec<&str> = taken.filter(|path| instead.iter().any(|one| knowledge::matches(one, path))).collect();
        if !taken.is_empty() {
            measured.remarks.push(format!("add the contents of these, which are loaded instead: {}", taken.join(", ")));
        }
        let brought = |name: &str| {
            let file = |path: &str| path.rsplit('/').next() == Some(name);
            evidence.libraries.iter().any(|library| file(&library.path))
        };
        let linked: BTreeSet<&str> = main.iter().flat_map(|library| &library.needed).map(String::as_str).collect();
        measured.needs = linked
            .iter()
            .filter(|name| cuda_major(name).is_some() && !brought(name))
            .map(|name| (*name).to_owned())
            .collect();
        let majors: BTreeSet<u16> = measured.needs.iter().filter_map(|name| cuda_major(name)).collect();
        if file.package.main.iter().any(|main| main.contains("{cuda}")) {
            // Each of its libraries links to those of its own release.
            measured.needs.clear();
            variants(knowledge, file, &main, &mut measured);
        } else {
            measured.cuda = majors.first().copied().filter(|_| majors.len() == 1);
            code(knowledge, file.package.share, &main, &mut measured);
        }
        let of_torch =
            |name: &&&str| name.starts_with("libtorch") || name.starts_with("libc10") || **name == "torch_cuda.dll";
        measured.links_torch = linked.iter().any(|name| of_torch(&name));
        let wanted = evidence.requires.iter().filter_map(|line| line.parse::<Requirement>().ok());
        let torch = wanted.into_iter().find(|requirement| requirement.name == "torch").map(|torch| spelled(&torch));
        measured.torch =
            torch.and_then(|torch| Some(torch.strip_prefix("torch")?.to_owned())).filter(|range| !range.is_empty());
        let in_part = |library: &&Library| library.code.value().is_some_and(|code| code.extent == Extent::Sampled);
        measured.sampled = main.iter().any(in_part);
        let read: BTreeSet<&str> = main.iter().map(|library| library.path.as_str()).collect();
        let decides = |path: &str| patterns.iter().any(|pattern| knowledge::matches(pattern, path));
        let missed = evidence.paths().any(|path| decides(path) && !read.contains(path));
        let differs = main.iter().filter_map(|library| library.code.value()).any(|code| is_open(knowledge, code));
        measured.open = missed
            || differs
            || !taken.is_empty()
            || main.iter().any(|library| library.code.is_unknown())
            || measured.sampled && (file.package.share.is_some() || !measured.variants.is_empty());
        for (path, why) in &evidence.unread {
            measured.remarks.push(format!("not read: {path}: {why}"));
        }
        measured
    }

    /// As a row of this version alone, for its platform. How the package behaves is as in the row `before` it; what it holds and needs and was not
    /// read is absent.
    pub fn row(&self, evidence: &Evidence, before: Option<&PackageBuild>, source: &str, today: &str) -> PackageBuild {
        let version = python::public_version(&evidence.version);
        let list = |targets: &BTreeSet<Target>| targets.iter().copied().collect::<Vec<_>>();
        let known = !self.open && !self.sass.is_empty();
        let wanted: Vec<Requirement> = evidence.requires.iter().filter_map(|line| line.parse().ok()).collect();
        // Of what it requires, a row has what others ask for, too: the names that the row before it has.
        let asked = |line: &String| {
            let name = line.parse::<Requirement>().ok()?.name;
            let other = wanted.iter().find(|other| other.name == name && !other.specifiers.is_empty())?;
            Some(spelled(&Requirement { extras: Vec::new(), ..other.clone() }))
        };
        let there: BTreeSet<&str> = evidence.paths().map(python::file_name).collect();
        let variants =
            self.variants.iter().map(|(sass, cuda)| Variant { cuda: cuda.clone(), sass: list(sass) }).collect();
        PackageBuild {
            versions: format!("=={version}"),
            of: before.map(|row| row.of.clone()).unwrap_or_default(),
            platforms: evidence.platform.into_iter().collect(),
            cuda: self.cuda.filter(|_| !self.sampled),
            needs: if self.sampled { Vec::new() } else { self.needs.iter().cloned().collect() },
            brings: before
                .iter()
                .flat_map(|row| &row.brings)
                .filter(|name| there.contains(name.as_str()))
                .cloned()
                .collect(),
            cudnn: None,
            links_torch: self.links_torch && !self.sampled,
            torch: self.torch.clone(),
            beside: None,
            extra: before.and_then(|row| row.extra.clone()),
            requires: before.iter().flat_map(|row| &row.requires).filter_map(asked).collect(),
            python: evidence.requires_python.clone().filter(|text| python::specifiers(text).is_some()),
            sass: known.then(|| list(&self.sass)),
            ptx: if known { list(&self.ptx) } else { Vec::new() },
            isa: self.isa.filter(|_| known && !self.ptx.is_empty()),
            variants: if self.open { Vec::new() } else { variants },
            fallback: before.is_some_and(|row| row.fallback),
            minimum: before.and_then(|row| row.minimum),
            newest: Some(version.to_owned()),
            confidence: Confidence::Measured,
            source: vec![source.to_owned()],
            verified: today.to_owned(),
        }
    }
}

/// What a library is built for: throughout, or to the share with which the package works.
fn built_for(knowledge: &Knowledge, code: &CodeObjects, share: Option<u8>) -> BTreeSet<CodeTarget> {
    let Some(share) = share else { return compat::general(knowledge, code) };
    let built = compat::built(knowledge, code);
    let enough = |count: &u32| u64::from(*count) * 100 >= u64::from(built.fatbins) * u64::from(share);
    built.counts.iter().filter(|(_, count)| enough(count)).map(|(target, _)| *target).collect()
}

/// The code that every main library is built for; where they differ, what each of them is.
fn code(knowledge: &Knowledge, share: Option<u8>, main: &[&Library], measured: &mut Contents) {
    let with_code = |library: &&Library| {
        let code = library.code.value().filter(|code| code.modules.iter().any(|group| !group.images.is_empty()))?;
        Some((library.path.clone(), code.clone()))
    };
    let codes: Vec<(String, CodeObjects)> = main.iter().filter_map(with_code).collect();
    let general: Vec<BTreeSet<CodeTarget>> = codes.iter().map(|(_, code)| built_for(knowledge, code, share)).collect();
    let Some(all) = general.iter().cloned().reduce(|all, one| all.intersection(&one).copied().collect()) else {
        if !main.is_empty() {
            measured.remarks.push("no section of a main library names device code: gpucheck scan --deep".to_owned());
        }
        return;
    };
    let of = |kind| all.iter().filter(move |code| code.kind == kind).map(|code| code.target).collect();
    (measured.sass, measured.ptx) = (of(CodeKind::Sass), of(CodeKind::Ptx));
    if general.iter().any(|one| *one != all) {
        for ((path, _), one) in codes.iter().zip(&general) {
            let list = one.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            measured.remarks.push(format!("the main libraries differ: {path}: {list}"));
        }
    }
    let images = codes.iter().flat_map(|(_, code)| &code.modules).flat_map(|group| &group.images);
    measured.isa = images.filter(|image| all.contains(&image.code)).filter_map(|image| image.isa).max();
}

/// What each of the libraries holds from which the package chooses by torch's CUDA release.
fn variants(knowledge: &Knowledge, file: &PackageFile, main: &[&Library], measured: &mut Contents) {
    let splits: Vec<_> = file.package.main.iter().filter_map(|main| main.split_once("{cuda}")).collect();
    let digits = |path: &str| {
        let digits = splits.iter().find_map(|(start, end)| path.strip_prefix(start)?.strip_suffix(end))?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    };
    let mut by_digits: BTreeMap<String, BTreeSet<Target>> = BTreeMap::new();
    for library in main {
        let (Some(digits), Some(code)) = (digits(&library.path), library.code.value()) else { continue };
        let sass = compat::general(knowledge, code).into_iter().filter(|code| code.kind == CodeKind::Sass);
        by_digits.insert(digits, sass.map(|code| code.target).collect());
    }
    for (digits, sass) in by_digits {
        match measured.variants.iter_mut().find(|(other, _)| *other == sass) {
            Some((_, all)) => all.push(digits),
            None => measured.variants.push((sass, vec![digits])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Container, Fact, Image, ModuleGroup, Source};

    fn library(extent: Extent, fatbins: &[&[&str]]) -> Library {
        let group = |targets: &&[&str]| ModuleGroup {
            count: 1,
            images: targets
                .iter()
                .map(|target| Image {
                    code: CodeTarget::sass(target.parse().unwrap()),
                    isa: None,
                    compression: Default::default(),
                })
                .collect(),
        };
        let modules: Vec<ModuleGroup> = fatbins.iter().map(group).collect();
        let mut sass = BTreeMap::new();
        modules.iter().flat_map(|group| &group.images).for_each(|image| *sass.entry(image.code).or_default() += 1);
        let fatbins = u32::try_from(modules.len()).unwrap();
        let code = CodeObjects { fatbins, sass, modules, extent, ..CodeObjects::default() };
        Library {
            path: "xformers/_C.so".to_owned(),
            container: Container::Elf,
            cpu: None,
            needed: vec!["libcudart.so.13".to_owned(), "libtorch.so".to_owned()],
            glibc: None,
            code: Fact::known(code, Source::file("x")),
        }
    }

    fn row(library: Library) -> (bool, PackageBuild) {
        let knowledge = Knowledge::builtin().unwrap();
        let file = knowledge.package_file("xformers").unwrap();
        let evidence = Evidence {
            target: "xformers-99.whl".to_owned(),
            name: "xformers".to_owned(),
            version: "99".to_owned(),
            file_version: None,
            build: None,
            requires: vec!["torch==9.9".to_owned(), "numpy".to_owned()],
            requires_of_extras: Vec::new(),
            requires_python: Some(">=3.9".to_owned()),
            tags: None,
            platform: "linux-x86_64".parse().ok(),
            libraries: vec![library],
            left: Vec::new(),
            unread: Vec::new(),
            damaged: false,
        };
        let contents = Contents::of(&knowledge, file, &evidence);
        (contents.open, contents.row(&evidence, file.build.last(), "s", "2036-01-01"))
    }

    #[test]
    fn what_was_read_is_in_the_row() {
        let (open, row) = row(library(Extent::Sections, &[&["80", "90"]]));
        let targets: Vec<String> = row.sass.iter().flatten().map(ToString::to_string).collect();
        assert_eq!((open, targets.join(" ").as_str()), (false, "80 90"));
        assert_eq!((row.cuda, row.needs.join(" ").as_str(), row.links_torch), (Some(13), "libcudart.so.13", true));
        assert_eq!(
            (row.versions.as_str(), row.torch.as_deref(), row.python.as_deref()),
            ("==99", Some("==9.9"), Some(">=3.9"))
        );
    }

    #[test]
    fn what_a_sample_does_not_show_is_absent() {
        let (open, row) = row(library(Extent::Sampled, &[&["80", "90"], &["80", "90"]]));
        assert!(!open && row.sass.is_some_and(|sass| sass.len() == 2));
        assert_eq!((row.cuda, row.needs.len(), row.links_torch), (None, 0, false), "no names of libraries were read");
        // Of fatbins that differ, the rest may hold what these lack.
        let (open, row) = self::row(library(Extent::Sampled, &[&["80", "90"], &["70", "80"]]));
        assert!(open && row.sass.is_none());
    }
}
