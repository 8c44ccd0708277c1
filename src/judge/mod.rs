//! From facts, and from what was scanned, to a report: what every command that judges has in common, and what a program calls that brings
//! its own facts.

mod assume;
mod change;
mod check;
mod explain;
mod fleet;
mod gates;
mod ignored;
mod inputs;
mod installed;
mod judgement;
mod machine;
mod machines;
mod matrix;
mod needs;
mod project_file;
mod rewrite;
mod saved;
mod scan;

use std::time::Instant;

use crate::{
    facts::{Environment, Fact, Facts, Manager, Origin, Os, Platform, PythonVersion, Source},
    knowledge::Knowledge,
    report::{CommandName, Report},
    rules::Judged,
};

use judgement::Judgement;

pub use assume::{AskedDriver, Assumed, By, System};
pub use change::{Base, For, change};
pub use check::{check, mend, plain, survey};
pub use explain::explain;
pub use fleet::{FleetQuestion, Gathering, LONGEST_REPORT, Piece, Pieces, Sent};
pub use ignored::IgnoreError;
pub use inputs::{Asked, CheckError, Inputs};
pub use machine::{FileError, Machine, MachineError};
pub use machines::{Seen, environments, machines};
pub use matrix::{Grid, ReleasesError, matrix, releases};
pub use needs::{
    FeatureOf, NeedsQuestion, PackageFor, facts_of_declared, feature, features_of_file, needs, needs_of_declared,
    needs_of_environment, needs_of_package,
};
pub use project_file::IgnoredRule;
pub use saved::{SavedError, saved};
pub use scan::{Question, scan};

/// Runs the rules over the facts, searches the fixes and puts the report together. `start` is when the command began.
pub fn judge(command: CommandName, facts: Facts, knowledge: &Knowledge, judged: Judged, start: Instant) -> Report {
    Judgement::of(command, facts, knowledge, judged, start).with_fixes()
}

/// Where no environment counts and there is a GPU to judge for, facts are about one that is to be made.
pub fn ensure_environment(facts: &mut Facts, python: Option<PythonVersion>) {
    if !facts.environments.iter().any(|environment| environment.selected)
        && facts.gpus.value().is_some_and(|gpus| !gpus.is_empty())
    {
        facts.environments.insert(0, hypothetical(facts, python));
    }
}

/// An environment that does not exist yet, on the system of these facts.
pub fn hypothetical(facts: &Facts, python: Option<PythonVersion>) -> Environment {
    Environment {
        found_by: "does not exist yet".to_owned(),
        active: true,
        python: match python {
            Some(python) => Fact::known(python, Source::option(format!("--python-version {python}"))),
            None => Fact::unknown("not set (--python-version)"),
        },
        platform: facts.host.platform.clone(),
        ..Environment::unknown("new environment", Origin::Hypothetical, "it does not exist yet")
    }
}

/// The same environment, to be made with this tool; `option` is how the user asked for it.
pub fn made_with(mut environment: Environment, tool: Manager, option: &str) -> Environment {
    environment.manager = Fact::known(tool, Source::option(option));
    environment.active = false;
    if let (Manager::Docker, Some(platform)) = (tool, environment.platform.value().copied()) {
        // Images are Linux', whatever system starts them.
        environment.platform = Fact::known(Platform { os: Os::Linux, ..platform }, Source::option(option));
    }
    environment
}
