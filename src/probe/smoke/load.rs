//! `--load`: code of installed libraries given to the driver, which says whether it takes it. Nothing of it is launched.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    time::Instant,
};

use gpucheck_ground::Order as _;

use super::reporter::{Reporter, micros};
use crate::{
    binary::{self, FileSource, ReadAt},
    driver_api::Context,
    facts::{ContactOutcome, Image, LibraryLoad},
};

/// Different sets of images of one library that are tried, the most frequent first.
const SETS: usize = 3;
/// A larger fatbin is not read into memory.
const LARGEST: u64 = 64 << 20;

/// Compiling a larger one from PTX may take minutes, which tells nothing that a small one does not.
const LARGEST_PTX: u64 = 256 << 10;

/// A fatbin that stands for those with the same images.
struct Choice {
    offset: u64,
    bytes: u64,
    images: Vec<Image>,
    like_it: u32,
}

/// Loads from each library a fatbin of each frequent set of images. `compiles` says whether the driver would compile it from PTX.
///
/// # Errors
/// When the parent no longer reads.
pub fn libraries<W: Write>(
    context: &Context<'_>,
    paths: &[PathBuf],
    compiles: impl Fn(&[Image]) -> bool,
    reporter: &mut Reporter<W>,
) -> io::Result<()> {
    for (index, path) in paths.iter().enumerate() {
        reporter.step(&format!("reading {}", file_name(path)))?;
        let source = match FileSource::open(path) {
            Ok(source) => source,
            Err(error) => {
                // What cannot be read cannot be loaded by anybody.
                reporter.state.smoke.libraries.push(unread(index, 0, &error.to_string()));
                continue;
            }
        };
        for choice in choose(&source) {
            if choice.bytes > LARGEST_PTX && compiles(&choice.images) {
                continue;
            }
            let mut bytes = vec![0; usize::try_from(choice.bytes).unwrap_or(0)];
            if source.read_at(choice.offset, &mut bytes).ok() != Some(bytes.len()) {
                reporter.state.smoke.libraries.push(unread(
                    index,
                    choice.offset,
                    "the file ends before its device code does",
                ));
                continue;
            }
            let load = LibraryLoad {
                environment: String::new(),
                package: String::new(),
                // The parent knows which library that is, and how it is shown.
                path: index.to_string(),
                offset: choice.offset,
                bytes: choice.bytes,
                images: choice.images,
                like_it: choice.like_it,
                // What it stays when this process does not survive the call.
                answer: ContactOutcome::Garbled { what: "no answer".to_owned() },
                micros: 0,
            };
            reporter.state.smoke.libraries.push(load);
            reporter.step(&format!("loading code of {}", file_name(path)))?;
            let start = Instant::now();
            // SAFETY: a fatbin whose headers `binary` has read, from its first byte to the last that they name.
            let answer = unsafe { context.load(&bytes) }.err().unwrap_or(ContactOutcome::Ready);
            if let Some(load) = reporter.state.smoke.libraries.last_mut() {
                (load.answer, load.micros) = (answer, micros(start));
            }
        }
    }
    Ok(())
}

/// What stands for the load of code that could not be read.
fn unread(index: usize, offset: u64, why: &str) -> LibraryLoad {
    LibraryLoad {
        environment: String::new(),
        package: String::new(),
        path: index.to_string(),
        offset,
        bytes: 0,
        images: Vec::new(),
        like_it: 1,
        answer: ContactOutcome::Unloadable { why: why.to_owned() },
        micros: 0,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The smallest fatbin of each of the most frequent sets of images.
fn choose(source: &dyn ReadAt) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for module in binary::modules(source).unwrap_or_default() {
        if module.images.is_empty() || module.bytes > LARGEST {
            continue;
        }
        match choices.iter_mut().find(|choice| choice.images == module.images) {
            Some(choice) => {
                choice.like_it += 1;
                if module.bytes < choice.bytes {
                    (choice.offset, choice.bytes) = (module.offset, module.bytes);
                }
            }
            None => {
                choices.push(Choice { offset: module.offset, bytes: module.bytes, images: module.images, like_it: 1 });
            }
        }
    }
    choices.order_by_key(|choice| std::cmp::Reverse(choice.like_it));
    choices.truncate(SETS);
    choices
}
