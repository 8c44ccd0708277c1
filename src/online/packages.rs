//! Versions of packages that rows are about and none knows, as rows.

use super::{
    Look, Wheel, fault,
    index::{chosen, metadata},
    sources,
    wants::Want,
};
use crate::{
    binary::{ArchiveOptions, Decides},
    knowledge::{self, Files, Knowledge, PackageFile},
    python::{self, Requirement},
    scan,
    verify::Contents,
};

/// Packages that are looked for.
const MOST_PACKAGES: usize = 12;
/// A wheel that is no larger is read as far as its main libraries reach: a sample does not tell what they link to.
const WHOLE: u64 = 64 << 20;

impl Look<'_> {
    /// Reads what is asked for beside torch.
    pub(super) fn packages(&mut self, want: &Want) {
        let names = want.asked.keys().filter(|name| *name != "torch");
        if let Some(name) = names.clone().nth(MOST_PACKAGES) {
            self.fail(format!("{name} and what comes behind it: at most {MOST_PACKAGES} packages are looked for"));
        }
        for name in names.take(MOST_PACKAGES) {
            let wheels = match self.index.listed(name, &mut self.online.failed) {
                Ok(wheels) => wheels,
                Err(error) => return self.fail(format!("{error:#}")),
            };
            let wheels: Vec<&Wheel> = wheels.iter().collect();
            for range in want.ranges(name) {
                let Ok(requirement) = format!("{name}{range}").parse::<Requirement>() else { continue };
                let Some(wheel) = chosen(&wheels, &requirement, &want.target()) else { continue };
                if let Err(error) = self.package(name, wheel, want) {
                    self.fail(format!("{error:#}"));
                }
            }
        }
    }

    /// Reads one version of a package, unless a row speaks of it.
    fn package(&mut self, name: &str, wheel: &Wheel, want: &Want) -> anyhow::Result<()> {
        let version = python::public_version(&wheel.version);
        let Some(of_rows) = self.knowledge.package_file(name) else { return Ok(()) };
        let file = self.packages.get(&of_rows.package.name).unwrap_or(of_rows);
        let speaks = |file: &PackageFile| {
            let mut rows = file.build.iter().filter(|row| row.concerns(name, Some(want.platform)));
            rows.any(|row| python::in_range(&row.versions, version) == Some(true))
        };
        if speaks(file) {
            return Ok(());
        }
        let mut file = file.clone();
        let knowledge = self.knowledge;
        let main: Vec<String> =
            file.package.main.iter().chain(&file.package.instead).map(|main| main.replace("{cuda}", "*")).collect();
        let options = |size| match size > WHOLE && !main.is_empty() {
            true => scan::sample(knowledge, wheel.file_name(), size),
            false => {
                let main = main.clone();
                let decides = move |path: &str| main.iter().any(|pattern| knowledge::matches(pattern, path));
                ArchiveOptions { only: Some(Decides::new(decides)), ..metadata() }
            }
        };
        let read = self.index.read_in_part(wheel, &options)?;
        let evidence = &read.evidence;
        anyhow::ensure!(
            evidence.name == name && python::public_version(&evidence.version) == version,
            "{}: it says that it is {} {}",
            wheel.file_name(),
            evidence.name,
            evidence.version
        );
        let contents = Contents::of(knowledge, &file, evidence);
        let before = file.build.iter().rfind(|row| row.concerns(name, Some(want.platform)));
        let mut row = contents.row(evidence, before, Knowledge::READ, &self.today);
        // Pure Python runs wherever it is installed.
        if row.platforms.is_empty() {
            row.platforms.push(want.platform);
        }
        file.build.push(row);
        file.sources.extend(sources());
        let alone = Files { packages: vec![file], ..Files::default() };
        if let Some(fault) = fault(&alone) {
            anyhow::bail!("{}: {fault}", wheel.file_name());
        }
        self.note(wheel, &read, version.to_owned());
        if !contents.open {
            self.online.measured.insert((name.to_owned(), version.to_owned()));
        }
        self.packages.extend(alone.packages.into_iter().map(|file| (file.package.name.clone(), file)));
        Ok(())
    }
}
