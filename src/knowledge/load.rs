//! Loading: the embedded base, part by part when it is needed, and a folder of overlays.

use std::{fs, io, path::Path, thread};

use anyhow::Context as _;
use gpucheck_ground::Order as _;
use gpucheck_model::knowledge::{self as model, Files, PACKAGES, RowKind, Rows as _, lay_packages};

use super::{Online, Problem, by_name::ByName, part::Part};
use crate::{files, text::Lines};

/// The longest file of the built-in base has a tenth of a megabyte.
const MAX_FILE: u64 = 8 << 20;
/// The built-in base has some sixty files.
const MAX_FILES: usize = 1000;

macro_rules! knowledge {
    ($($part:ident: $file:ident $entry:tt)*) => {
        /// The knowledge base in force.
        #[derive(Debug, Clone)]
        pub struct Knowledge {
            $(pub(super) $part: Part<model::$file>,)*
            pub(super) packages: ByName,
            /// Newest day on which a row was checked.
            pub date: String,
            /// Hash of the content, without overlays.
            pub hash: String,
            /// Where the rows came from that are in force instead of the built-in ones.
            pub update: Option<String>,
            /// Folders laid over it, the strongest last.
            pub overlays: Vec<String>,
            /// What was read from indexes, and lies over all of it.
            pub online: Option<Online>,
        }

        impl Knowledge {
            /// What the binary carries. build.rs has checked and embedded it; each part is parsed when it is first asked for.
            ///
            /// # Errors
            /// None so far: nothing that is read here can fail.
            pub fn builtin() -> anyhow::Result<Self> {
                let part = |name: &str| match name {
                    $(stringify!($part) => Some(&include_bytes!(concat!(env!("OUT_DIR"), "/", stringify!($part), ".json"))[..]),)*
                    PACKAGES => Some(&include_bytes!(concat!(env!("OUT_DIR"), "/packages.json"))[..]),
                    _ => None,
                };
                Self::of_parts(part, env!("GPUCHECK_KNOWLEDGE_DATE").to_owned())
            }

            /// A base of the texts of its parts, by their names.
            ///
            /// # Errors
            /// A part that is missing.
            pub(super) fn of_parts(part: impl Fn(&str) -> Option<&'static [u8]>, date: String) -> anyhow::Result<Self> {
                let part = |name: &str| part(name).with_context(|| format!("its part '{name}' is missing"));
                Ok(Self {
                    $($part: Part::new(part(stringify!($part))?),)*
                    packages: ByName::new(Part::new(part(PACKAGES)?)),
                    date,
                    hash: env!("GPUCHECK_KNOWLEDGE_HASH").to_owned(),
                    update: None,
                    overlays: Vec::new(),
                    online: None,
                })
            }

            /// Parses every part.
            ///
            /// # Errors
            /// The first part that this program cannot read.
            pub fn read_all(&self) -> anyhow::Result<()> {
                let wrong = |name| format!("this gpucheck cannot read its part '{name}'");
                $(self.$part.read().with_context(|| wrong(stringify!($part)))?;)*
                self.packages.read().with_context(|| wrong(PACKAGES))
            }

            /// Lays files over what is there.
            pub(super) fn overlay(&mut self, files: Files) {
                $(if let Some(over) = files.$part {
                    self.$part.lay(over);
                })*
                if !files.packages.is_empty() {
                    lay_packages(&mut self.packages, files.packages);
                }
            }

            /// Every kind of row.
            pub fn kinds(&self) -> Vec<RowKind> {
                let mut kinds = Vec::new();
                $(kinds.extend(self.$part.kinds());)*
                kinds.extend(RowKind::of_packages(&self.packages));
                kinds
            }
        }
    };
}
gpucheck_model::knowledge_files!(knowledge);

impl Knowledge {
    /// Parses on a thread of its own what every judgement of an environment asks for, while the caller looks at the machine. Without
    /// such a thread each part is parsed when it is asked for, as ever. The GPUs come last: who names one asks for them at once.
    pub fn read_ahead(&'static self) {
        let parse = || {
            let _ = (&*self.torch, self.packages.find("torch"), &*self.cuda, &*self.architectures, &*self.gpus);
        };
        let _ = thread::Builder::new().spawn(parse);
    }

    /// What tells this program from others: its version, and the rows that it was built with.
    pub fn program() -> &'static str {
        concat!(env!("CARGO_PKG_VERSION"), " ", env!("GPUCHECK_KNOWLEDGE_HASH"))
    }

    /// The built-in base with the files of `folder` laid over it: a row with the same key replaces, any other is added.
    ///
    /// # Errors
    /// Every fault of every file, each with file, line and column; a folder that cannot be read.
    pub fn with_overlay(folder: &Path) -> anyhow::Result<Self> {
        Self::builtin()?.overlaid(folder)
    }

    /// These rows with the files of `folder` laid over them.
    ///
    /// # Errors
    /// As [`Knowledge::with_overlay`].
    pub fn overlaid(mut self, folder: &Path) -> anyhow::Result<Self> {
        let files = read_folder(folder, &self)?;
        if let Some(date) = files.date().filter(|date| *date > self.date) {
            self.date = date;
        }
        self.overlay(files);
        self.overlays.push(folder.display().to_string());
        Ok(self)
    }
}

/// Reads the TOML files of a folder and of its `packages/`, which is to be laid over `base`.
fn read_folder(folder: &Path, base: &Knowledge) -> anyhow::Result<Files> {
    let mut names = Vec::new();
    for (below, prefix) in [(folder.to_owned(), ""), (folder.join("packages"), "packages/")] {
        let entries = match fs::read_dir(&below) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !prefix.is_empty() => continue,
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read the knowledge folder {}", below.display()));
            }
        };
        for entry in entries {
            let name = entry.with_context(|| format!("cannot list {}", below.display()))?.file_name();
            let name = name.to_string_lossy();
            if name.ends_with(".toml") {
                names.push(format!("{prefix}{name}"));
            }
        }
    }
    anyhow::ensure!(
        names.len() <= MAX_FILES,
        "the knowledge folder {} contains more than {MAX_FILES} .toml files",
        folder.display()
    );
    anyhow::ensure!(!names.is_empty(), "the knowledge folder {} contains no .toml file", folder.display());
    names.order();
    let mut files = Files::default();
    let mut problems: Vec<Problem> = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let text = files::whole(&path, MAX_FILE).with_context(|| format!("cannot read {}", path.display()))?;
        let shown = path.display().to_string();
        let mut alone = Files::default();
        match alone.add(&name, &shown, &text) {
            Ok(()) => problems.append(&mut base.clashes(&alone, &shown, &text)),
            Err(mut found) => problems.append(&mut found),
        }
        files.take(alone);
    }
    if problems.is_empty() {
        return Ok(files);
    }
    let heading = format!("the knowledge folder {} is not valid", folder.display());
    Err(Lines::new(heading, problems.iter().map(ToString::to_string)).into())
}
