//! Releases of torch that no row knows, as rows.

use gpucheck_ground::Order as _;

use super::{
    COMPANIONS, Index, Look, Wheel, companions, fault,
    index::{self, chosen, numbers, pythons},
    sources,
    wants::Want,
};
use crate::{
    facts::PythonVersion,
    knowledge::{Files, Knowledge, TorchFile, TorchRelease},
    python::{self, Marker, Requirement},
    scan,
    verify::{Build, Evidence},
};

/// Releases newer than all rows that are read for one system, the newest first.
const MOST_RELEASES: usize = 3;
/// A release requires some fifteen packages of NVIDIA's.
const MOST_REQUIRED: usize = 200;

/// The build of a wheel, and the Pythons that there are such wheels for.
struct Found {
    build: Build,
    pythons: Vec<PythonVersion>,
}

impl Look<'_> {
    /// Reads the releases that are newer than all rows, and those that are asked for and have none.
    ///
    /// # Errors
    /// When no index answers.
    pub(super) fn torch(&mut self, wants: &[Want]) -> anyhow::Result<()> {
        let wheels = self.index.listed("torch", &mut self.online.failed)?;
        let mut versions: Vec<(String, Vec<&Want>)> = Vec::new();
        for want in wants {
            for version in self.unknown(&wheels, want) {
                match versions.iter_mut().find(|(known, _)| *known == version) {
                    Some((_, all)) => all.push(want),
                    None => versions.push((version, vec![want])),
                }
            }
        }
        versions.order_by_key(|(version, _)| numbers(version));
        let of_torch = match versions.is_empty() {
            true => Vec::new(),
            false => self.of_torch(),
        };
        for (version, wants) in versions.into_iter().rev() {
            let mut found: Vec<Found> = Vec::new();
            let mut read: Vec<&str> = Vec::new();
            let all = || wheels.iter().chain(&of_torch);
            let plain: Vec<&Wheel> = all().filter(|wheel| is_default(wheel) && wheel.version == version).collect();
            let mut variants: Vec<&Wheel> = all().filter(|wheel| is_variant(wheel, &version)).collect();
            variants.order_by(|one, other| one.version.cmp(&other.version));
            for want in wants {
                let target = want.target();
                let of_variants = variants.chunk_by(|one, other| one.version == other.version);
                let kinds = std::iter::once(plain.as_slice()).chain(of_variants);
                for wheel in kinds.filter_map(|kind| chosen(kind, &any("torch"), &target)) {
                    if read.contains(&wheel.file_name()) {
                        continue;
                    }
                    read.push(wheel.file_name());
                    match self.build(wheel, &version) {
                        Ok(build) => {
                            let alike = all().filter(|other| other.of_torch == wheel.of_torch);
                            let pythons = pythons(alike, &wheel.version, build.platform);
                            // The default index gives one of the builds of PyTorch's own, which has its local version in `version.py`.
                            let same = |other: &Found| {
                                other.build.variant == build.variant && other.build.platform == build.platform
                            };
                            if !found.iter().any(same) {
                                found.push(Found { build, pythons });
                            }
                        }
                        Err(error) => self.fail(format!("{error:#}")),
                    }
                }
            }
            let day = index::released(&wheels, &version);
            if let Some(release) = self.release(&version, day, found) {
                self.releases.push(release);
            }
        }
        self.releases.reverse();
        self.companions(wants);
        Ok(())
    }

    /// The releases that no row knows: those newer than all rows, and those that are asked for.
    fn unknown(&self, wheels: &[Wheel], want: &Want) -> Vec<String> {
        let plain = wheels.iter().filter(|wheel| is_default(wheel) && is_release(&wheel.version));
        let plain: Vec<&Wheel> = plain.collect();
        let newer = plain.iter().map(|wheel| &wheel.version).filter(|version| self.knowledge.is_newer_torch(version));
        let mut unknown: Vec<String> = newer.cloned().collect();
        unknown.order_by_key(|version| std::cmp::Reverse(numbers(version)));
        unknown.dedup();
        unknown.truncate(MOST_RELEASES);
        let target = want.target();
        for range in want.ranges("torch") {
            // The default index has no local versions.
            let range = range.split('+').next().unwrap_or_default();
            let Ok(requirement) = format!("torch{range}").parse::<Requirement>() else { continue };
            let version = chosen(&plain, &requirement, &target).map(|wheel| wheel.version.clone());
            let new = |version: &String| self.knowledge.torch_release(version).is_none() && !unknown.contains(version);
            let version = version.filter(new);
            unknown.extend(version);
        }
        unknown
    }

    /// What PyTorch's own index lists.
    fn of_torch(&mut self) -> Vec<Wheel> {
        let Some(own) = &self.own else { return Vec::new() };
        own.listed("torch", &mut self.online.failed).unwrap_or_default()
    }

    /// Reads what decides in a wheel.
    fn build(&mut self, wheel: &Wheel, version: &str) -> anyhow::Result<Build> {
        let knowledge = self.knowledge;
        // Without CUDA no library of it decides.
        let more = |evidence: &Evidence, size| {
            let cuda = evidence.build.as_ref().is_some_and(|build| build.cuda.is_some());
            cuda.then(|| scan::sample(knowledge, wheel.file_name(), size))
        };
        let read = self.index_of(wheel).read_by_metadata(wheel, &more)?;
        let evidence = &read.evidence;
        anyhow::ensure!(
            evidence.name == "torch" && python::public_version(&evidence.version) == version,
            "{}: it says that it is {} {}",
            wheel.file_name(),
            evidence.name,
            evidence.version
        );
        let build = Build::of(knowledge, evidence).map_err(|error| error.context(wheel.file_name().to_owned()))?;
        anyhow::ensure!(build.nvidia.len() <= MOST_REQUIRED, "{}: it requires too much", wheel.file_name());
        self.note(wheel, &read, format!("{version}+{}", build.variant));
        Ok(build)
    }

    fn index_of(&self, wheel: &Wheel) -> &Index {
        self.own.as_ref().filter(|_| wheel.of_torch).unwrap_or(&self.index)
    }

    /// The row of a release; nothing where none of its wheels could be read.
    fn release(&mut self, version: &str, day: Option<String>, found: Vec<Found>) -> Option<TorchRelease> {
        let lead = found.iter().find(|one| one.build.leads()).or(found.first())?;
        let build = &lead.build;
        let sound = |text: &Option<String>| text.clone().filter(|text| python::specifiers(text).is_some());
        let (triton, triton_marker) = build.triton.clone().filter(|_| build.leads()).unzip();
        let mut release = TorchRelease {
            version: version.to_owned(),
            // An HTML page does not tell it.
            released: day.unwrap_or_else(|| self.today.clone()),
            python: lead.pythons.clone(),
            manylinux: build.manylinux.clone().unwrap_or_default(),
            torchvision: None,
            torchaudio: None,
            companions_python: None,
            companions_without_variant: Vec::new(),
            requires_python: sound(&build.requires_python).unwrap_or_default(),
            triton,
            triton_marker: triton_marker.flatten().filter(|text: &String| text.parse::<Marker>().is_ok()),
            nccl: build.nccl.clone().filter(|_| build.leads()),
            requires_nvidia: if build.leads() { build.nvidia.clone() } else { Vec::new() },
            note: None,
            source: vec![Knowledge::READ.to_owned()],
            verified: self.today.clone(),
            builds: Vec::new(),
        };
        for one in &found {
            let python = (one.pythons != release.python).then(|| one.pythons.clone());
            let manylinux = one.build.manylinux.clone().filter(|tag| *tag != release.manylinux);
            release.builds.push(one.build.row(python, manylinux, Knowledge::READ));
        }
        if let Some(fault) = fault(&file(vec![release.clone()])) {
            self.fail(format!("torch {version}: {fault}"));
            return None;
        }
        self.online.measured.insert(("torch".to_owned(), version.to_owned()));
        Some(release)
    }

    /// Puts in what belongs to the releases that were read.
    fn companions(&mut self, wants: &[Want]) {
        if self.releases.is_empty() {
            return;
        }
        for name in COMPANIONS {
            let wheels = match self.index.listed(name, &mut self.online.failed) {
                Ok(wheels) => wheels,
                Err(error) => return self.fail(format!("{error:#}")),
            };
            for place in 0..self.releases.len() {
                match self.companion(name, &wheels, place, wants) {
                    Ok(Some(version)) => {
                        self.online.measured.insert((name.to_owned(), version.clone()));
                        if let Some(release) = self.releases.get_mut(place) {
                            *(if name == "torchvision" { &mut release.torchvision } else { &mut release.torchaudio }) =
                                Some(version);
                        }
                    }
                    Ok(None) => {}
                    Err(error) => self.fail(format!("{error:#}")),
                }
            }
        }
    }

    /// The version of a companion that belongs to a release, if there is one for what is wanted.
    fn companion(
        &mut self,
        name: &str,
        wheels: &[Wheel],
        place: usize,
        wants: &[Want],
    ) -> anyhow::Result<Option<String>> {
        let Some(torch) = self.releases.get(place).map(|release| release.version.clone()) else { return Ok(None) };
        let rows = || self.knowledge.torch_releases().chain(&self.releases);
        let release_of = |day: &str| {
            let of = rows().filter(|release| release.released == day).map(|release| &release.version);
            of.max_by_key(|version| numbers(version)).cloned()
        };
        let of_the_day = companions::of_the_day(wheels, &torch, &release_of).map(str::to_owned);
        // Where none came with it, the one of the release before serves on, if it says so.
        let before = || {
            let older = rows().filter(|release| numbers(&release.version) < numbers(&torch));
            let last = older.max_by_key(|release| numbers(&release.version))?;
            last.companion(name).map(str::to_owned)
        };
        let own = of_the_day.is_some();
        let Some(version) = of_the_day.or_else(before) else { return Ok(None) };
        let of: Vec<&Wheel> = wheels.iter().filter(|wheel| wheel.version == version).collect();
        let wheel = wants.iter().find_map(|want| chosen(&of, &any(name), &want.target()));
        let Some(wheel) = wheel else { return Ok(None) };
        let uploaded = index::released(wheels, &version);
        let read = self.index.read_by_metadata(wheel, &|_, _| None)?;
        let belongs = match own {
            true => companions::torch_of(&read.evidence, uploaded.as_deref(), &release_of)?.0 == torch,
            false => companions::wanted(&read.evidence).is_none_or(|wanted| wanted.accepts(&torch) == Some(true)),
        };
        let version = python::public_version(&version).to_owned();
        self.note(wheel, &read, version.clone());
        Ok((read.evidence.name == name && belongs).then_some(version))
    }
}

/// A file of these releases and nothing else.
pub(super) fn file(releases: Vec<TorchRelease>) -> Files {
    let torch = TorchFile { sources: sources(), release: releases, nightly: Vec::new(), conda: Vec::new() };
    Files { torch: Some(torch), ..Files::default() }
}

/// A package in any version, for wheels of one that were sorted out before.
fn any(name: &str) -> Requirement {
    Requirement { name: name.to_owned(), extras: Vec::new(), specifiers: Default::default(), url: None, marker: None }
}

/// Whether it is what the default index gives.
fn is_default(wheel: &Wheel) -> bool {
    !wheel.of_torch && !wheel.version.contains('+')
}

/// Whether it is a build of this release for CUDA, or for none, on PyTorch's own index.
fn is_variant(wheel: &Wheel, version: &str) -> bool {
    let variant = wheel.version.split_once('+').filter(|(public, _)| wheel.of_torch && *public == version);
    variant.is_some_and(|(_, local)| {
        local == "cpu"
            || local.strip_prefix("cu").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Whether a version is a release: numbers alone.
fn is_release(version: &str) -> bool {
    version.split('.').all(|part| part.parse::<u64>().is_ok())
}
