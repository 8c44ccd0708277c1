//! What the child tells its parent: after every step a line of JSON, the whole state so far.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::facts::{ContactOutcome, Smoke};

/// Stands in `step` when the context is of no use any more.
pub const LOST: &str = "the context is lost";

/// One line of output.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progress {
    /// Whether there is nothing left to do.
    pub done: bool,
    /// PCI address of the device.
    pub address: Option<String>,
    /// The state.
    pub smoke: Smoke,
}

/// Tells the parent how far the work is.
pub struct Reporter<W> {
    out: W,
    /// The state so far.
    pub state: Progress,
    started: Instant,
}

impl<W: Write> Reporter<W> {
    /// Of work that begins now.
    pub fn new(out: W, smoke: Smoke) -> Self {
        Self { out, state: Progress { done: false, address: None, smoke }, started: Instant::now() }
    }

    /// Says what comes next.
    ///
    /// # Errors
    /// When the parent no longer reads.
    pub fn step(&mut self, what: &str) -> io::Result<()> {
        if !self.lost() {
            self.state.smoke.step = Some(what.to_owned());
        }
        self.tell()
    }

    /// Whether the context is of no use any more.
    pub fn lost(&self) -> bool {
        self.state.smoke.step.as_deref() == Some(LOST)
    }

    /// Says that nothing is left to do.
    ///
    /// # Errors
    /// When the parent no longer reads.
    pub fn finish(&mut self) -> io::Result<()> {
        self.state.done = true;
        if self.state.smoke.answer == ContactOutcome::Ready {
            self.state.smoke.step = None;
        }
        self.tell()
    }

    /// Writes the state.
    fn tell(&mut self) -> io::Result<()> {
        self.state.smoke.micros = micros(self.started);
        let mut line = serde_json::to_vec(&self.state)?;
        line.push(b'\n');
        self.out.write_all(&line)?;
        self.out.flush()
    }
}

/// Microseconds since then.
pub fn micros(start: Instant) -> u64 {
    let time: Duration = start.elapsed();
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
