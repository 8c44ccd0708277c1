//! The data model of gpucheck's knowledge base: its rows, what makes them valid, and the words of facts that they use. gpucheck's build
//! script checks and embeds the built-in rows with it, gpucheck itself reads them back and lays a person's own over them.

pub mod facts;
pub mod knowledge;
