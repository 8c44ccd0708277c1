//! `gpucheck kb show KIND NAME`: what the knowledge base says about one thing.

use std::ffi::OsStr;

use clap::{
    Args, ValueEnum,
    builder::{PossibleValue, StringValueParser, TypedValueParser},
};
use serde_json::json;

use super::{super::output, Format, Shared, card::Card, hardware, packages, software, unknown, width};
use crate::knowledge::{Knowledge, PackageFile, nearest};

/// Arguments of `gpucheck kb show`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Name, such as vllm, 5090, 2.7.1+cu128, sm_120, CUDA_VISIBLE_DEVICES, libcublas.so.12; before it, where a name is that of several
    /// things, its kind: torch, gpu, arch, cuda, driver, variable, package, library, error, failure
    #[arg(value_name = "[KIND] NAME", required = true, value_parser = Word, hide_possible_values = true)]
    words: Vec<String>,
    #[command(flatten)]
    shared: Shared,
}

/// A word of any text. Shells offer the kinds for it: what has a name is too much to list.
#[derive(Debug, Clone)]
struct Word;

impl TypedValueParser for Word {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Kind::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// Things that can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A torch release, or one of its builds: 2.7.1, 2.7.1+cu128
    Torch,
    /// A GPU by name, PCI id or capability: 5090
    Gpu,
    /// An architecture: sm_120, 12.0
    Arch,
    /// A CUDA toolkit: 12.8, 12.8.1
    Cuda,
    /// A driver or its branch: 580, 580.95.05
    Driver,
    /// An environment variable
    Variable,
    /// A package, its builds and its known problems: bitsandbytes, bitsandbytes 0.48.1
    Package,
    /// A shared library and what provides it: libcublas.so.12
    Library,
    /// An error message: "no kernel image"
    Error,
    /// A driver failure, by error code or log text: 802, "forward compatibility"
    Failure,
}

/// Kinds whose names are told apart by nothing but themselves: the first that have the name are meant. Texts are searched last.
const BY_NAME: [Kind; 8] =
    [Kind::Package, Kind::Torch, Kind::Gpu, Kind::Cuda, Kind::Driver, Kind::Variable, Kind::Library, Kind::Arch];
const BY_TEXT: [Kind; 2] = [Kind::Failure, Kind::Error];

impl Kind {
    fn cards(self, knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
        let show: fn(&Knowledge, &str) -> anyhow::Result<Vec<Card>> = match self {
            Self::Torch => software::torch,
            Self::Cuda => software::cuda,
            Self::Variable => software::variable,
            Self::Failure => software::failure,
            Self::Package => packages::package,
            Self::Library => packages::library,
            Self::Error => packages::error,
            Self::Gpu => hardware::gpu,
            Self::Arch => hardware::architecture,
            Self::Driver => hardware::driver,
        };
        show(knowledge, name)
    }
}

/// What a name stands for, whatever that is.
fn of_any_kind(knowledge: &Knowledge, name: &str) -> anyhow::Result<Vec<Card>> {
    let of = |kinds: &[Kind]| kinds.iter().find_map(|kind| kind.cards(knowledge, name).ok());
    // Driver branches are asked about more than the cards of 2010 with such numbers.
    let is_branch = name.len() == 3 && name.bytes().all(|b| b.is_ascii_digit());
    let found = is_branch.then(|| of(&[Kind::Driver])).flatten().or_else(|| of(&BY_NAME));
    if let Some(cards) = found {
        return Ok(cards);
    }
    let packages = knowledge.package_files().flat_map(PackageFile::names);
    let variables = knowledge.variables().iter().map(|row| row.name.as_str());
    let near = nearest(name, packages.chain(variables));
    // One word that is like a name is not a piece of a log.
    let is_text = near.is_empty() || name.contains(' ') || name.bytes().all(|b| b.is_ascii_digit());
    if let Some(cards) = is_text.then(|| of(&BY_TEXT)).flatten() {
        return Ok(cards);
    }
    let kinds = Kind::value_variants().iter().filter_map(|kind| kind.to_possible_value());
    let kinds: Vec<String> = kinds.map(|kind| kind.get_name().to_owned()).collect();
    let otherwise = format!("say of what kind it is: {}", kinds.join(", "));
    Err(unknown("name", name, &near, &otherwise))
}

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let knowledge = self.shared.sources.load()?;
        let kind = self.words.first().and_then(|word| Kind::from_str(word, true).ok());
        let cards = match (kind, self.words.get(1..)) {
            (Some(kind), Some(name @ [_, ..])) => kind.cards(knowledge, name.join(" ").trim())?,
            _ => of_any_kind(knowledge, self.words.join(" ").trim())?,
        };
        if self.shared.format == Format::Json {
            let all: Vec<_> = cards.iter().map(Card::json).collect();
            let answer = json!({"schema": crate::report::SCHEMA, "shown": all});
            return output::json(&answer);
        }
        Ok(cards.iter().map(|card| card.human(width())).collect::<Vec<_>>().join("\n"))
    }
}
