//! What an image itself requires of a driver, held against the lowest driver that was found.

use crate::{
    facts::{DriverVersion, Facts},
    finding::Finding,
    knowledge::Knowledge,
    rules::{self, Judged},
};

/// The rules by which NVIDIA's container runtime refuses to start an image. That is what the image says, and not what its software needs.
pub(super) const RULES: [&str; 2] = ["container-requirement-unmet", "driver-too-old-for-container-image"];
const DIFFERS: &str = "container-requirement-differs";
const VARIABLE: &str = "NVIDIA_REQUIRE_CUDA";

/// What the image of the environment requires.
pub(super) fn declared(facts: &Facts) -> Option<String> {
    let image = facts.environments.first().and_then(|environment| environment.image.as_deref());
    let value = image.map_or(&facts.env_vars, |image| &image.env_vars).get(VARIABLE)?;
    (!value.trim().is_empty()).then(|| value.clone())
}

/// That it is another than the lowest driver.
pub(super) fn finding(knowledge: &Knowledge, facts: &Facts, lowest: Option<&DriverVersion>) -> Vec<Finding> {
    let Some(lowest) = lowest.filter(|_| declared(facts).is_some()) else { return Vec::new() };
    let facts = Facts { lowest_driver: Some(lowest.clone()), ..facts.clone() };
    let found = rules::run(&facts, knowledge, Judged::All).findings;
    found.into_iter().filter(|finding| finding.rule == DIFFERS).collect()
}
