//! `gpucheck scan`: which GPUs can this code run on?

use std::{path::PathBuf, time::Instant};

use clap::Args;

use super::{
    network::NetworkOptions,
    options::{Assume, Show, Sources},
    output,
};
use crate::{
    compat,
    enrich::enrich,
    exit::Exit,
    facts::{CodeTarget, Environment, Fact, Facts, Gpu, Library, Origin, Package},
    judge::judge,
    knowledge::Knowledge,
    probe::{self, Surroundings},
    report::{Report, Unread},
    rules::Judged,
    scan::{Collected, Depth, Scanned, Target, collect, runs, sizes},
};

/// Arguments of `gpucheck scan`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// Libraries (.so .dll .pyd .a .o), cubins, fatbins, PTX, wheels and conda packages, folders; the URL of a wheel, or NAME==VERSION
    #[arg(value_name = "TARGET", required = true)]
    targets: Vec<PathBuf>,
    /// Also search each file for code that no section names (reads all of it)
    #[arg(long, env = "GPUCHECK_DEEP", value_parser = clap::builder::FalseyValueParser::new())]
    deep: bool,
    /// Of wheels and conda packages read only the beginning of each library: the base set
    #[arg(long, env = "GPUCHECK_QUICK", conflicts_with = "deep", value_parser = clap::builder::FalseyValueParser::new())]
    quick: bool,
    /// Targets that every library with device code must hold: sm_80,sm_90,sm_120 (exit code 1 where one does not)
    #[arg(long, value_name = "ARCH", env = "GPUCHECK_REQUIRE", value_delimiter = ',')]
    require: Vec<CodeTarget>,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    assume: Assume,
    #[command(flatten)]
    show: Show,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Reads, judges, reports.
    pub fn run(self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        let mut collected = Collected::default();
        let root = probe::Root::new(None, Surroundings::of_process().home.as_deref())?;
        let depth = Depth { deep: self.deep, quick: self.quick };
        let network = self.network.network(&self.assume);
        let mut shown = Vec::new();
        for word in &self.targets {
            let more = match Target::parse(word, network.index_url.is_some())? {
                Target::Local(path) => {
                    shown.push(root.shown(&path));
                    collect(&path, &root.shown(&path), depth)?
                }
                Target::Address(url) => {
                    shown.push(url.to_string());
                    network.address(&url, depth, &knowledge)?
                }
                Target::Package(wanted) => {
                    shown.push(word.display().to_string());
                    network.package(&wanted, &word.display().to_string(), depth, &knowledge)?
                }
            };
            collected.libraries.extend(more.libraries);
            collected.unread.extend(more.unread);
            collected.remote.extend(more.remote);
        }
        let facts = self.facts(&knowledge, &shown.join(", "), &collected.libraries)?;
        let enriched = enrich(&facts, &knowledge);
        let driver = enriched.driver.value();
        let driver = compat::Driver {
            version: driver.map(|driver| driver.version.clone()),
            cuda: driver.and_then(|driver| driver.cuda.value().copied()),
            jit: compat::Jit::WhereNeeded,
        };
        let gpus: Vec<Gpu> = enriched.gpus.value().cloned().unwrap_or_default();
        let mut report = judge("scan", facts, &knowledge, Judged::Selected, start);
        report.sizes = sizes(&collected.libraries);
        report.scan = collected
            .libraries
            .into_iter()
            .map(|library| Scanned { runs_on: runs(&knowledge, &library, &gpus, &driver), library })
            .collect();
        report.remote = collected.remote;
        report.unread = collected.unread.into_iter().map(|(path, why)| Unread { path, why }).collect();
        let exit = if self.is_met(&report, &knowledge) { Exit::Ok } else { Exit::Found };
        output::deliver(&report, &self.show)?;
        Ok(exit)
    }

    /// What the rules look at: the libraries, where something is required of them, and the GPUs that were named.
    fn facts(&self, knowledge: &Knowledge, targets: &str, libraries: &[Library]) -> anyhow::Result<Facts> {
        // What is scanned may be for another machine: nothing of this one counts.
        let mut facts = Facts { gpus: Fact::unknown("not asked for (--gpu)"), ..Facts::default() };
        let mut assume = self.assume.clone();
        if assume.gpu.iter().any(|gpu| gpu.eq_ignore_ascii_case("all")) {
            assume.gpu = knowledge.capabilities().map(|capability| format!("sm_{}", capability.number())).collect();
        }
        assume.apply(&mut facts, knowledge)?;
        if !self.require.is_empty() {
            facts.required = self.require.clone();
            facts.environments.push(artifact(targets, libraries, &facts));
        }
        Ok(facts)
    }

    /// Whether every GPU that was named one by one can run what was scanned, and nothing that is required is missing. Where torch's
    /// own main libraries are among the files, they alone decide: others have lists of their own and neither vouch nor veto.
    fn is_met(&self, report: &Report, knowledge: &Knowledge) -> bool {
        // Without a GPU that was named one by one there is no verdict to meet, and what knowledge says of torch is not even looked up.
        let gpus = &self.assume.gpu;
        let none_named = gpus.is_empty() || gpus.iter().any(|gpu| gpu.eq_ignore_ascii_case("all"));
        let runs = || {
            let main: Vec<&str> = knowledge.main_libraries("torch").collect();
            let is_main = |scanned: &&Scanned| main.iter().any(|path| scanned.library.path.ends_with(path));
            let decide = |scanned: &&Scanned| !report.scan.iter().any(|other| is_main(&other)) || is_main(scanned);
            report.scan.iter().filter(decide).flat_map(|scanned| &scanned.runs_on).all(|run| run.works)
        };
        let required = report.findings.iter().all(|finding| finding.rule != "required-arch-missing");
        (none_named || runs()) && required
    }
}

/// The libraries as an environment, for the rules.
fn artifact(targets: &str, libraries: &[Library], facts: &Facts) -> Environment {
    let id = targets.to_owned();
    let why = "a file, not an environment";
    Environment {
        origin: Origin::Artifact(id.clone()),
        selected: true,
        found_by: "named".to_owned(),
        active: false,
        interpreter: Fact::unknown(why),
        python: Fact::unknown(why),
        platform: facts.host.platform.clone(),
        manager: Fact::unknown(why),
        packages: vec![Package {
            name: id.clone(),
            version: Fact::unknown(why),
            build: Fact::unknown(why),
            installer: None,
            requires: Vec::new(),
            libraries: libraries.to_vec(),
            at: id.clone(),
        }],
        system_libraries: Default::default(),
        id,
    }
}
