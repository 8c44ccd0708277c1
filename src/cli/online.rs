//! `--online`: what package indexes have and no row knows, read for this answer. Without the option no server is asked.

use std::cell::Cell;

use clap::Args;

use super::{complaint::complain, network::Indexes, progress};
use crate::{
    knowledge::Knowledge,
    online::{self, Wants},
    scan::{Network, Progress},
};

/// Whether the indexes are asked, and which.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Newer than the knowledge base")]
pub struct OnlineOptions {
    /// Ask the package index for releases that the knowledge base lacks, and read what decides in their wheels (a few percent)
    #[arg(long)]
    online: bool,
    #[command(flatten)]
    indexes: Indexes,
}

impl OnlineOptions {
    /// The rows of one command.
    pub fn rows(&self, knowledge: &'static Knowledge, quiet: bool) -> Rows {
        Rows::new(self.online.then(|| self.indexes.network()), knowledge, quiet)
    }
}

/// The rows in force, with what was read so far.
pub struct Rows {
    network: Cell<Option<Network>>,
    now: Cell<&'static Knowledge>,
    quiet: bool,
}

impl Rows {
    /// These rows; with a network, those that it has are added when something is wanted.
    pub fn new(network: Option<Network>, knowledge: &'static Knowledge, quiet: bool) -> Self {
        Self { network: Cell::new(network), now: Cell::new(knowledge), quiet }
    }

    /// As they are now.
    pub fn now(&self) -> &'static Knowledge {
        self.now.get()
    }

    /// Adds what the indexes have of what is wanted, if they are to be asked. One that does not answer is said in one line, and the rows stay as they
    /// are.
    ///
    /// # Errors
    /// What keeps from saying what is wanted.
    pub fn with(
        &self,
        wanted: impl FnOnce(&'static Knowledge, &mut Wants) -> anyhow::Result<()>,
    ) -> anyhow::Result<&'static Knowledge> {
        let Some(network) = self.network.take() else { return Ok(self.now()) };
        let mut wants = Wants::default();
        wanted(self.now(), &mut wants)?;
        match progress::while_shown(&Progress::default(), self.quiet, || online::look(self.now(), &wants, &network)) {
            Ok(knowledge) => {
                self.network.set(Some(network));
                self.now.set(Box::leak(Box::new(knowledge)));
            }
            Err(error) => complain(&error.context("--online (this is the answer without it)")),
        }
        Ok(self.now())
    }
}
