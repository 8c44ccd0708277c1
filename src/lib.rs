//! gpucheck: will this software run on this GPU, and if not, what do I paste to fix it?
//!
//! Data flows one way: probes and readers → [`facts`] → rules → findings → fixes → renderers.

pub mod facts;
