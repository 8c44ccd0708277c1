//! `--framework`: runs torch itself in the selected environment's own Python. It is the only code of an inspected environment that gpucheck
//! ever runs, and only on request.

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use clap::Args;

use crate::{
    facts::{Fact, Facts},
    probe::framework,
    system::Surroundings,
};

/// Options of the commands that can let torch compute.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Running torch")]
pub struct FrameworkOptions {
    /// Run torch in the environment's own Python: import, matmul, convolution, LSTM, attention, CUDA graph, torch.compile, 4-bit
    #[arg(long, env = "GPUCHECK_FRAMEWORK", value_parser = clap::builder::FalseyValueParser::new())]
    pub framework: bool,
    /// Give up on a torch process after this many seconds
    #[arg(long, value_name = "SECONDS", env = "GPUCHECK_FRAMEWORK_TIMEOUT", default_value_t = 180,
        value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub framework_timeout: u64,
}

impl FrameworkOptions {
    /// Runs it where it was asked for, and puts what happened into the facts.
    pub fn run(&self, facts: &mut Facts) {
        if !self.framework {
            return;
        }
        let Some(environment) = facts.environments.iter().find(|environment| environment.selected) else {
            facts.framework = Fact::unknown("no Python environment");
            return;
        };
        if environment.package("torch").is_some() && std::io::stderr().is_terminal() {
            // Nothing can be done when that fails.
            let _ = writeln!(std::io::stderr().lock(), "gpucheck: running torch in {} …", environment.id);
        }
        let home = Surroundings::of_process().home;
        let timeout = Duration::from_secs(self.framework_timeout);
        facts.framework = framework::run(environment, framework::Device::Cuda, timeout, home.as_deref());
    }
}
