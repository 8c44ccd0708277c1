//! `gpucheck kb show KIND NAME`: what the knowledge base says about one thing.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{super::output, Format, Shared, card::Card, hardware, packages, software, width};

/// Arguments of `gpucheck kb show`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Kind of thing to show
    kind: Kind,
    /// Name, such as 2.7.1+cu128, 5090, 12.8, 580, sm_120, CUDA_VISIBLE_DEVICES, 802, bitsandbytes, libcublas.so.12
    #[arg(required = true)]
    name: Vec<String>,
    #[command(flatten)]
    shared: Shared,
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

impl Arguments {
    pub(super) fn run(self) -> anyhow::Result<String> {
        let knowledge = self.shared.sources.load()?;
        let name = self.name.join(" ");
        let show: fn(&crate::knowledge::Knowledge, &str) -> anyhow::Result<Vec<Card>> = match self.kind {
            Kind::Torch => software::torch,
            Kind::Cuda => software::cuda,
            Kind::Variable => software::variable,
            Kind::Failure => software::failure,
            Kind::Package => packages::package,
            Kind::Library => packages::library,
            Kind::Error => packages::error,
            Kind::Gpu => hardware::gpu,
            Kind::Arch => hardware::architecture,
            Kind::Driver => hardware::driver,
        };
        let cards = show(knowledge, name.trim())?;
        if self.shared.format == Format::Json {
            let all: Vec<_> = cards.iter().map(Card::json).collect();
            let answer = json!({"schema": crate::report::SCHEMA, "shown": all});
            return output::json(&answer);
        }
        Ok(cards.iter().map(|card| card.human(width())).collect::<Vec<_>>().join("\n"))
    }
}
