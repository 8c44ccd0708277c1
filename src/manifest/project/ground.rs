//! What is known of the machine that something is installed on, for markers: it decides which of several sources is meant.

use crate::{
    facts::{Os, Platform, PythonVersion},
    manifest::{Reading, Sheet},
    python::{Marker, MarkerEnvironment},
};

/// The machine, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// The platform.
    pub platform: Option<Platform>,
    /// The Python.
    pub python: Option<PythonVersion>,
    markers: MarkerEnvironment,
}

impl Ground {
    /// Where the environment of a sheet is. Images are Linux'.
    pub fn new(reading: &Reading<'_>, sheet: &Sheet) -> Self {
        let is_image = sheet.environment.image.is_some();
        let platform = match reading.choices.platform {
            Some(platform) if is_image => Some(Platform { os: Os::Linux, ..platform }),
            platform => platform,
        };
        let python = reading.choices.python.or(sheet.environment.python.value().copied());
        Self { platform, python, markers: MarkerEnvironment::new(python, platform) }
    }

    /// Whether a marker is known not to hold, with these extras in force. One that is none holds.
    pub fn rules_out(&self, marker: &str, extras: &[&str]) -> bool {
        marker.parse::<Marker>().is_ok_and(|marker| marker.eval_with(&self.markers, extras) == Some(false))
    }
}

/// Both markers together.
pub(super) fn both(one: Option<&str>, other: Option<&str>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Some(format!("({one}) and ({other})")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}
