//! Whether what a page says is right today, by the rows of the knowledge base. One judge: the rule and the report ask it.

use super::code::{Terms, on_code};
use crate::{
    compat::{DriverSupport, Jit, arch_list, ptx_runs, sass_runs},
    facts::{CodeKind, ComputeCapability, Cpu, CudaVersion, DriverVersion, Environment, Os, Platform, Said},
    knowledge::{Knowledge, TorchBuild, TorchRelease},
    python,
};

/// What became of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is so.
    Right,
    /// It was so, or may have been: releases since have changed it.
    Stale,
    /// It is not so.
    Wrong,
}

/// What is to be said of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What became of it.
    pub standing: Standing,
    /// What is so today, for people.
    pub today: String,
    /// The row that says it.
    pub source: String,
}

/// Judges a statement for the platform of an environment, Linux where nobody names one; nothing where no row is about it.
pub fn told(knowledge: &Knowledge, environment: &Environment, said: &Said) -> Option<Told> {
    let platform = environment.platform.value().copied().unwrap_or(Platform { os: Os::Linux, cpu: Cpu::X86_64 });
    let rows = Rows { knowledge, platform };
    match said {
        Said::Capability { gpu, capability } => rows.capability(gpu, capability),
        Said::Needs { gpu, cuda, torch } => rows.needs(gpu, *cuda, torch.as_deref()),
        Said::Runs { gpu, torch, cuda, works } => rows.runs(gpu, torch.as_deref(), *cuda, *works),
        Said::Nightly { gpu, cuda } => rows.nightly(gpu.as_deref(), *cuda),
        Said::Published { package, version, or_later, cuda, exists } => {
            rows.published(package, version.as_deref(), *or_later, *cuda, *exists)
        }
        Said::Driver { cuda, driver } => rows.driver(*cuda, driver),
        Said::Together { torch, package, version } => rows.together(torch, package, version),
        Said::ArchList { list, gpus } => rows.arch_list(list, gpus),
    }
}

struct Rows<'k> {
    knowledge: &'k Knowledge,
    platform: Platform,
}

/// A release that has the version, however short it is written: 2.7 is any 2.7.x.
fn is_of(release: &TorchRelease, version: &str) -> bool {
    release.version == version || release.version.strip_prefix(version).is_some_and(|rest| rest.starts_with('.'))
}

fn wrong_unless(right: bool) -> Standing {
    if right { Standing::Right } else { Standing::Wrong }
}

impl<'k> Rows<'k> {
    fn gpu(&self, text: &str) -> Option<(String, ComputeCapability)> {
        self.knowledge.find_gpu(text).ok().map(|answer| (answer.name, answer.capability))
    }

    fn builds(&self) -> impl Iterator<Item = (&'k TorchRelease, &'k TorchBuild)> {
        let platform = self.platform;
        let releases = self.knowledge.torch_releases();
        releases.flat_map(move |one| {
            one.builds.iter().filter(move |build| build.platform == platform).map(move |build| (one, build))
        })
    }

    fn works(&self, build: &TorchBuild, capability: ComputeCapability) -> Option<bool> {
        let code = self.knowledge.torch_code(build)?;
        let driver = DriverSupport { version: None, cuda: None, jit: Jit::WhereNeeded };
        Some(on_code(&Terms::new(self.knowledge, &driver, Some(build.cuda()?)), &code, capability).works())
    }

    /// The first release with a build that runs on a GPU, with this CUDA release if one is named.
    fn first(
        &self,
        capability: ComputeCapability,
        cuda: Option<CudaVersion>,
    ) -> Option<(&'k TorchRelease, &'k TorchBuild)> {
        self.builds().find(|(_, build)| {
            cuda.is_none_or(|cuda| build.cuda() == Some(cuda)) && self.works(build, capability) == Some(true)
        })
    }

    fn cite(&self, (release, build): (&TorchRelease, &TorchBuild)) -> String {
        format!("knowledge: {}", self.knowledge.cite_torch(release, build))
    }

    fn capability(&self, gpu: &str, written: &str) -> Option<Told> {
        let (name, capability) = self.gpu(gpu)?;
        let (_, said) = self.gpu(written)?;
        Some(Told {
            standing: wrong_unless(capability == said),
            today: format!("{name} has compute capability {capability}"),
            source: "knowledge: gpus.toml".to_owned(),
        })
    }

    fn needs(&self, gpu: &str, cuda: Option<CudaVersion>, torch: Option<&str>) -> Option<Told> {
        let (_, capability) = self.gpu(gpu)?;
        let first = self.knowledge.architecture(capability)?.first_toolkit?;
        let release = self.first(capability, None)?;
        // What came before the oldest release that rows have is not known.
        let is_oldest =
            self.knowledge.torch_releases().next().is_some_and(|oldest| oldest.version == release.0.version);
        if is_oldest && torch.is_some() {
            return None;
        }
        let least = match torch {
            Some(torch) => Some(python::in_range(&format!("<{torch}"), &release.0.version)? || is_of(release.0, torch)),
            None => None,
        };
        let earlier = torch.is_some_and(|torch| !is_of(release.0, torch));
        // Less than the least does not do; more than the least is asked for in vain.
        let right = cuda.is_none_or(|cuda| cuda == first) && !earlier;
        let stricter = cuda.is_none_or(|cuda| cuda >= first) && least != Some(false);
        let standing = match (right, stricter) {
            (true, _) => Standing::Right,
            (false, true) => Standing::Stale,
            (false, false) => Standing::Wrong,
        };
        Some(Told {
            standing,
            today: match is_oldest {
                true => format!("{gpu} needs CUDA {first} or newer"),
                false => format!("{gpu} needs CUDA {first} or newer, and PyTorch {} or newer", release.0.version),
            },
            source: self.cite(release),
        })
    }

    fn runs(&self, gpu: &str, torch: Option<&str>, cuda: Option<CudaVersion>, works: bool) -> Option<Told> {
        let (_, capability) = self.gpu(gpu)?;
        let with = cuda.map(|cuda| format!(" with CUDA {cuda}")).unwrap_or_default();
        let of_cuda = |build: &TorchBuild| cuda.is_none_or(|cuda| build.cuda() == Some(cuda));
        let of = |wanted: Option<&str>| {
            let builds = self.builds().filter(|(release, build)| {
                of_cuda(build) && build.cuda().is_some() && wanted.is_none_or(|wanted| is_of(release, wanted))
            });
            builds.collect::<Vec<_>>()
        };
        let mut builds = of(torch);
        if builds.is_empty() {
            // A release that never had such a build says nothing; one that is newer than the rows is judged by the last that is known.
            torch.filter(|torch| {
                self.knowledge.is_newer_torch(torch) || self.knowledge.torch_release(torch).is_none()
            })?;
            builds = of(None).last().copied().into_iter().collect();
        }
        let known: Vec<_> = builds.into_iter().filter_map(|one| Some((one, self.works(one.1, capability)?))).collect();
        let can = known.iter().rev().find(|(_, works)| *works).map(|(one, _)| *one);
        let last = known.last().map(|(one, _)| *one)?;
        let subject = torch.map_or_else(|| "PyTorch".to_owned(), |torch| format!("PyTorch {torch}"));
        let (standing, today) = match (can, works) {
            (Some(_), true) | (None, false) => (
                Standing::Right,
                match can {
                    Some(_) => format!("{subject} has builds{with} that run on {gpu}"),
                    None => format!("no build of {subject}{with} runs on {gpu}"),
                },
            ),
            (Some(_), false) => {
                let first =
                    self.first(capability, cuda).filter(|_| torch.is_none()).map(|(one, _)| one.version.as_str());
                let since = first.or(torch).unwrap_or_default();
                let standing = if torch.is_none() { Standing::Stale } else { Standing::Wrong };
                (standing, format!("PyTorch {since} and newer have builds{with} that run on {gpu}"))
            }
            (None, true) => (Standing::Wrong, format!("no build of {subject}{with} runs on {gpu}")),
        };
        Some(Told { standing, today, source: self.cite(can.unwrap_or(last)) })
    }

    fn nightly(&self, gpu: Option<&str>, cuda: Option<CudaVersion>) -> Option<Told> {
        let of_gpu = gpu.and_then(|gpu| self.gpu(gpu));
        let release = match &of_gpu {
            Some((_, capability)) => self.first(*capability, cuda),
            None => cuda.and_then(|cuda| self.builds().find(|(_, build)| build.cuda() == Some(cuda))),
        };
        let cuda = cuda.map(|cuda| format!(" for CUDA {cuda}")).unwrap_or_default();
        let on = gpu.filter(|_| of_gpu.is_some()).map(|gpu| format!(" on {gpu}")).unwrap_or_default();
        let Some(release) = release else {
            // Without a release, a nightly build may be right: what it holds is not known.
            let (_, capability) = of_gpu?;
            let other = self.first(capability, None)?;
            let today = format!("no release{cuda} runs{on}; PyTorch {}+{} does", other.0.version, other.1.variant);
            return Some(Told { standing: Standing::Stale, today, source: self.cite(other) });
        };
        Some(Told {
            standing: Standing::Stale,
            today: format!(
                "no nightly build is needed: the release {} and newer ones{cuda} run{on}",
                release.0.version
            ),
            source: self.cite(release),
        })
    }

    fn published(
        &self,
        package: &str,
        version: Option<&str>,
        or_later: bool,
        cuda: CudaVersion,
        exists: bool,
    ) -> Option<Told> {
        let counts = |release: &TorchRelease| match version {
            Some(version) => {
                is_of(release, version)
                    || or_later && python::in_range(&format!(">={version}"), &release.version) == Some(true)
            }
            None => true,
        };
        let has = |release: &TorchRelease| match package {
            "torchvision" => release.torchvision.is_some(),
            "torchaudio" => release.torchaudio.is_some(),
            _ => true,
        };
        // A version that no row has is none of ours.
        self.knowledge.torch_releases().find(|release| counts(release))?;
        let found =
            self.builds().find(|(release, build)| counts(release) && has(release) && build.cuda() == Some(cuda));
        let digits = format!("cu{}{}", cuda.major, cuda.minor);
        let what = version.map_or_else(
            || package.to_owned(),
            |version| format!("{package} {version}{}", if or_later { "+" } else { "" }),
        );
        let (standing, today) = match (found, exists) {
            (Some((release, _)), true) => {
                (Standing::Right, format!("there are {digits} wheels since torch {}", release.version))
            }
            (Some((release, _)), false) => {
                let standing = if version.is_some() && !or_later { Standing::Wrong } else { Standing::Stale };
                (standing, format!("there are {digits} wheels of {what}: since torch {}", release.version))
            }
            (None, false) => (Standing::Right, format!("there are no {digits} wheels of {what}")),
            (None, true) => (Standing::Wrong, format!("there are no {digits} wheels of {what}")),
        };
        let source = found.map_or_else(|| "knowledge: torch.toml".to_owned(), |found| self.cite(found));
        Some(Told { standing, today, source })
    }

    fn driver(&self, cuda: CudaVersion, driver: &str) -> Option<Told> {
        // 525 is any 525.x.
        let written = if driver.contains('.') { driver.to_owned() } else { format!("{driver}.999") };
        let said: DriverVersion = written.parse().ok()?;
        let floor = |os| self.knowledge.runtime_floor(cuda, os);
        let (linux, windows) = (floor(Os::Linux)?, floor(Os::Windows)?);
        let right = said >= linux.driver || said >= windows.driver;
        Some(Told {
            standing: wrong_unless(right),
            today: format!("CUDA {cuda} needs driver {} on Linux, {} on Windows", linux.driver, windows.driver),
            source: format!("knowledge: {}", linux.source),
        })
    }

    fn together(&self, torch: &str, package: &str, version: &str) -> Option<Told> {
        let release = self.knowledge.torch_release(torch).filter(|release| release.version == torch)?;
        let own = match package {
            "torchvision" => release.torchvision.as_deref(),
            _ => release.torchaudio.as_deref(),
        }?;
        Some(Told {
            standing: wrong_unless(own == version),
            today: format!("{package} {own} belongs to torch {torch}"),
            source: format!("knowledge: torch.toml, {torch}"),
        })
    }

    fn arch_list(&self, list: &str, gpus: &[String]) -> Option<Told> {
        // What a release takes is told a while after the release itself: until then, the one before it speaks.
        let known = |release: &'k TorchRelease| Some((release, self.knowledge.arch_list_parser(&release.version)?));
        let (release, parser) = self.knowledge.torch_releases().filter_map(known).last()?;
        let items = arch_list(list, parser)?;
        let code: Vec<_> = items.iter().filter_map(|item| item.code.as_ref()).flatten().collect();
        if code.is_empty() {
            return None;
        }
        let of: Vec<(&String, ComputeCapability)> =
            gpus.iter().filter_map(|gpu| Some((gpu, self.gpu(gpu)?.1))).collect();
        of.first()?;
        let runs = |capability: ComputeCapability| {
            code.iter().any(|code| match code.kind {
                CodeKind::Ptx => ptx_runs(self.knowledge, code.target, capability),
                _ => sass_runs(self.knowledge, code.target, capability, None),
            })
        };
        let lacks = of.iter().find(|(_, capability)| !runs(*capability));
        let today = match lacks {
            Some((gpu, capability)) => {
                format!("extensions that are built with it have no code for {gpu} ({capability})")
            }
            None => format!("extensions that are built with it run on {}", gpus.join(", ")),
        };
        let source = format!("knowledge: arch_list.toml, torch {}", release.version);
        Some(Told { standing: wrong_unless(lacks.is_none()), today, source })
    }
}
