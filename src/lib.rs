//! gpucheck: will this software run on this GPU, and if not, what do I paste to fix it?
//!
//! Data flows one way: [`probe`]s and readers → [`facts`] → [`enrich`] → [`rules`] → [`finding`]s → [`fix`]es. [`judge`] makes one
//! [`report`] of it, which [`render`] writes.

pub mod binary;
pub mod cli;
pub mod compat;
pub mod driver_api;
pub mod enrich;
pub mod exit;
pub mod facts;
pub mod files;
pub mod finding;
pub mod fix;
#[cfg(fuzzing)]
pub mod fuzzing;
pub mod image;
mod json;
pub mod judge;
pub mod knowledge;
pub mod log;
pub mod manifest;
pub mod online;
mod parallel;
pub mod probe;
pub mod python;
pub mod readiness;
pub mod remote;
pub mod render;
pub mod report;
pub mod resolve;
pub mod rules;
pub mod scan;
pub mod shell;
mod start;
pub mod system;
mod tar;
pub mod text;
pub mod verify;
