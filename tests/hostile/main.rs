//! What is made to make gpucheck do or say something that it should not, by everything that it reads: names that run commands when a
//! line is pasted, text that a terminal obeys, files that are not what they should be, folders and archives without end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

#[path = "../common/mod.rs"]
mod common;

mod alphabet;
mod declared;
mod folders;
mod holds;
mod lexers;
mod lines;
mod pages;
mod poison;
