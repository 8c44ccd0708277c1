//! Asks the driver itself, through its two libraries, each in a child process of its own.

mod codes;
mod cuda;
mod library;
mod message;
mod nvml;
