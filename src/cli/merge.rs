//! `gpucheck merge`: many machines' reports, put together: which machine is not like the others, what is wrong on which, and what mends
//! how many.

use std::{
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    time::{Instant, SystemTime},
};

use anyhow::Context as _;
use clap::Args;

use super::{
    options::{FailOn, Node, Sources},
    output,
};
use crate::{
    exit::Exit,
    files,
    judge::{FleetQuestion, Gathering, LONGEST_REPORT, Piece, Pieces, Sent},
    render::{
        ColorChoice,
        fleet::{self, FleetFormat},
    },
    report::Fleet,
    system::{Root, Surroundings},
};

/// Endings of the files that are read of a folder.
const ENDINGS: [&str; 3] = [".json", ".jsonl", ".ndjson"];
/// Texts that are judged at once: as many, or as many bytes.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 8 << 20;

/// Arguments of `gpucheck merge`.
#[derive(Debug, Clone, Args)]
pub struct Arguments {
    /// JSON reports (`--format json`), one in a file, one a line or one behind the other, and folders of such files; "-" is standard
    /// input
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// GPUs that every node must have, such as "8x H100" (repeatable) [default: those that its report says are expected]
    #[arg(long, value_name = "COUNTx GPU", env = "GPUCHECK_EXPECT", value_delimiter = ',')]
    expect: Vec<String>,
    /// Compare nodes with the same value of this label (--label), such as rack [default: nodes with the same kind of GPU]
    #[arg(long, value_name = "LABEL", env = "GPUCHECK_GROUP_BY")]
    group_by: Option<String>,
    /// When to exit with code 1; a node that is not like the others is a warning
    #[arg(long, value_name = "LEVEL", env = "GPUCHECK_FAIL_ON", default_value = "error")]
    fail_on: FailOn,
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FleetFormat,
    /// Write the answer to FILE instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// When to use colour (NO_COLOR and CLICOLOR_FORCE are honoured)
    #[arg(long, value_name = "WHEN", env = "GPUCHECK_COLOR", default_value = "auto")]
    color: ColorChoice,
    /// Show only what is wrong, and the verdict
    #[arg(short, long, env = "GPUCHECK_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    quiet: bool,
    /// Also show what each cause rests on, and every node's name
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    sources: Sources,
}

impl Arguments {
    /// Reads, judges, answers.
    pub fn run(self) -> anyhow::Result<Exit> {
        let start = Instant::now();
        let knowledge = self.sources.load()?;
        knowledge.read_ahead();
        let slurm = self.expect.iter().any(|text| text.trim().eq_ignore_ascii_case("slurm"));
        anyhow::ensure!(
            !slurm,
            "--expect slurm is about the node that it is given on: each node's report says then what it expects"
        );
        let expected = Node { expect: self.expect.clone(), ..Node::default() }.expected(knowledge)?;
        let group_by = self.group_by.as_deref();
        let question = FleetQuestion { knowledge, expected: &expected, group_by, start };
        let mut batch = Batch { gathering: Gathering::new(question), sent: Vec::new(), bytes: 0 };
        let surroundings = Surroundings::of_process();
        let root = Root::new(None, surroundings.home.as_deref())?;
        for path in &self.reports {
            if path.as_os_str() == "-" {
                batch.stream("report", &mut io::stdin().lock()).context("cannot read standard input")?;
            } else if path.is_dir() {
                batch.folder(path, &root)?;
            } else {
                // What was named and is not there is a mistake on the line, and no damaged report.
                root.node(path).with_context(|| format!("cannot read {}", path.display()))?;
                batch.file(path);
            }
        }
        let fleet = batch.finish();
        let exit = self.exit(&fleet);
        let screen = output::screen(self.color, self.verbose, self.quiet, self.output.is_some());
        let people = self.format == FleetFormat::Human;
        let text = fleet::render(fleet, self.format, &screen, SystemTime::now())?;
        output::text(&text, self.output.as_deref(), people)?;
        Ok(exit)
    }

    /// What is wrong decides, then what could not be read.
    fn exit(&self, fleet: &Fleet) -> Exit {
        let counts = &fleet.counts;
        let warned = counts.error + counts.warning + fleet.odd() > 0;
        let failed = match self.fail_on {
            FailOn::Never => false,
            FailOn::Error => counts.error > 0 || fleet.is_shut(),
            FailOn::Warning => warned || fleet.is_shut(),
            FailOn::Unknown => warned || counts.unknown > 0 || fleet.is_shut(),
        };
        match (failed, counts.unread) {
            (true, _) => Exit::Found,
            (false, 0) if counts.judged > 0 => Exit::Ok,
            (false, _) => Exit::Usage,
        }
    }
}

/// Texts that were read and are not judged yet.
struct Batch<'q> {
    gathering: Gathering<'q>,
    sent: Vec<Sent>,
    bytes: usize,
}

impl<'q> Batch<'q> {
    fn add(&mut self, name: String, text: Result<Vec<u8>, String>) {
        self.bytes += text.as_ref().map_or(0, Vec::len);
        self.sent.push(Sent { name, text });
        if self.sent.len() >= BATCH || self.bytes >= BATCH_BYTES {
            self.judge();
        }
    }

    fn judge(&mut self) {
        self.gathering.add(&self.sent);
        self.sent.clear();
        self.bytes = 0;
    }

    fn finish(mut self) -> Fleet {
        self.judge();
        self.gathering.finish()
    }

    /// The reports of a stream, which are called by its name and their number.
    fn stream(&mut self, name: &str, stream: &mut dyn BufRead) -> io::Result<()> {
        let mut count = 0;
        let mut called = || {
            count += 1;
            if count == 1 { name.to_owned() } else { format!("{name}:{count}") }
        };
        for piece in Pieces::new(stream, LONGEST_REPORT) {
            let text = match piece? {
                Piece::Text(text) => Ok(text),
                Piece::TooLong => Err(format!("it is larger than the limit of {} MiB", LONGEST_REPORT >> 20)),
            };
            self.add(called(), text);
        }
        if count == 0 {
            self.add(name.to_owned(), Err("there is no JSON report in it".to_owned()));
        }
        Ok(())
    }

    /// A file, called by what its name is without its ending.
    fn file(&mut self, path: &Path) {
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let read = match files::open(path) {
            Ok((file, _)) => self.stream(&name, &mut BufReader::with_capacity(1 << 16, file)),
            Err(error) => Err(error),
        };
        if let Err(error) = read {
            self.add(name, Err(error.to_string()));
        }
    }

    /// The files of a folder, by their endings, in the order of their names.
    fn folder(&mut self, path: &Path, root: &Root) -> anyhow::Result<()> {
        files::list(path).with_context(|| format!("cannot list {}", path.display()))?;
        let names = root.names(path);
        let mut any = false;
        for name in names.iter().filter(|name| ENDINGS.iter().any(|end| name.ends_with(end))) {
            any = true;
            self.file(&path.join(name));
        }
        anyhow::ensure!(any, "{} has no files that end in {}", path.display(), ENDINGS.join(", "));
        Ok(())
    }
}
