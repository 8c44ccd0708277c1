//! gpucheck: will this software run on this GPU, and if not, what do I paste to fix it?
//!
//! Data flows one way: probes and readers → [`facts`] → [`rules`] → findings → [`fix`]es → [`report`] formats.

pub mod binary;
pub mod compat;
pub mod exit;
pub mod facts;
pub mod finding;
pub mod knowledge;
