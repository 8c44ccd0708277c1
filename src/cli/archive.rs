//! `--archive`: the image in an archive takes the place of this machine's files.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use clap::Args;

use super::{complaint::complain, options::platform};
use crate::{
    facts::{Cpu, Fact, Facts, Os, Platform, Source},
    image::{self, Choice, Image},
    system::{Root, Surroundings, Tree},
};

/// Which image to look into.
#[derive(Debug, Clone, Args)]
pub struct Archive {
    /// Image archive to check, without unpacking it: the output of `docker save`, an OCI layout (tar or folder), a .sif or a squashfs
    /// ("-" reads standard input)
    #[arg(long, value_name = "FILE", env = "GPUCHECK_ARCHIVE", conflicts_with_all = ["root", "replay"])]
    pub archive: Option<PathBuf>,
    /// System and processor, such as linux-aarch64 or linux-x86_64: of the machine to judge for, and of the image in an archive with images
    /// for several [default: what machines with the GPU have, else this machine's]
    #[arg(long, value_name = "PLATFORM", env = "GPUCHECK_PLATFORM", value_parser = platform)]
    pub platform: Option<Platform>,
}

/// An image that was opened.
pub struct Opened {
    image: Image,
    shown: String,
}

impl Archive {
    /// One that is named by other means than the option.
    pub fn of(path: &Path) -> Self {
        Self { archive: Some(path.to_owned()), platform: None }
    }

    /// Opens the image, if one is given.
    ///
    /// # Errors
    /// An archive that cannot be read, or has no image in it.
    pub fn open(&self, quiet: bool) -> anyhow::Result<Option<Opened>> {
        let Some(path) = &self.archive else { return Ok(None) };
        let shown = if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() };
        let choice = Choice { asked: self.platform, own: own() };
        let image = image::open(path, choice).with_context(|| format!("cannot read {shown}"))?;
        if !quiet {
            image.notes.iter().for_each(|note| complain(&anyhow::anyhow!("{shown}: {note}")));
        }
        Ok(Some(Opened { image, shown }))
    }
}

impl Opened {
    /// The files, for probes to look at.
    pub fn tree(&self) -> Arc<dyn Tree> {
        Arc::clone(&self.image.tree)
    }

    /// What programs of the image find around them.
    pub fn surroundings(&self) -> Surroundings {
        self.image.config.surroundings(&Root::of_tree(self.tree(), None))
    }

    /// What the image's configuration says and no file of it.
    pub fn complete(&self, facts: &mut Facts) {
        let Some(platform) = self.image.platform else { return };
        let said = Fact::known(platform, Source::file(format!("{}, configuration", self.shown)));
        if facts.host.platform.is_unknown() {
            facts.host.platform = said.clone();
        }
        for environment in facts.environments.iter_mut().filter(|environment| environment.platform.is_unknown()) {
            environment.platform = said.clone();
        }
    }
}

/// What images are run as here, whatever system starts them.
fn own() -> Option<Platform> {
    let cpu = match std::env::consts::ARCH {
        "x86_64" => Cpu::X86_64,
        "aarch64" => Cpu::Aarch64,
        _ => return None,
    };
    Some(Platform { os: Os::Linux, cpu })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_written_in_two_ways() {
        for (text, wanted) in [
            ("linux-x86_64", "linux-x86_64"),
            ("linux/amd64", "linux-x86_64"),
            ("linux/arm64/v8", "linux-aarch64"),
            ("linux/arm64", "linux-aarch64"),
            ("linux-aarch64", "linux-aarch64"),
        ] {
            assert_eq!(platform(text).unwrap().to_string(), wanted, "{text}");
        }
        assert!(platform("arm").is_err() && platform("").is_err());
    }
}
