//! What `gpucheck recommend` is asked for besides a torch that runs: `--torch`, `--with` and `--keep`.

use clap::Args;

use crate::{facts::Wanted, python::Requirement};

/// What is wanted.
#[derive(Debug, Clone, Default, Args)]
pub struct Wishes {
    /// The release of PyTorch to find a build of, or a range: 2.7.1, 2.7, '>=2.6,<2.8'
    #[arg(long, value_name = "VERSION", value_parser = torch)]
    torch: Option<String>,
    /// Packages to find versions of that go with it: torchvision,vllm,'xformers==0.0.30'; can be repeated
    #[arg(long, value_name = "PACKAGE", value_parser = packages)]
    with: Vec<Packages>,
    /// Also print constraints that hold this set when something is installed later
    #[arg(long)]
    keep: bool,
}

/// Requirements of one `--with`.
#[derive(Debug, Clone)]
struct Packages(Vec<String>);

impl Wishes {
    /// As facts about the environment to make; nothing where nothing is wanted.
    pub fn wanted(&self) -> Option<Wanted> {
        let with = self.with.iter().flat_map(|Packages(requirements)| requirements);
        let requirements: Vec<String> = self.torch.iter().chain(with).cloned().collect();
        (self.keep || !requirements.is_empty()).then_some(Wanted { requirements, keep: self.keep })
    }
}

/// Reads `2.7.1`, `2.7` (every release of it) or a range, as a requirement.
fn torch(text: &str) -> Result<String, String> {
    let text = text.trim();
    let number = text.starts_with(|c: char| c.is_ascii_digit());
    let line = number && text.chars().all(|c| c.is_ascii_digit() || c == '.') && text.matches('.').count() < 2;
    let requirement = match (number, line) {
        (_, true) => format!("torch=={text}.*"),
        (true, false) => format!("torch=={text}"),
        (false, false) => format!("torch{text}"),
    };
    let read = plain(&requirement).map_err(|why| format!("{why} (expected such as 2.7.1 or '>=2.6,<2.8')"))?;
    match read.name == "torch" && !read.specifiers.is_empty() && read.extras.is_empty() {
        true => Ok(requirement),
        false => Err("not a version or a range (expected such as 2.7.1 or '>=2.6,<2.8')".to_owned()),
    }
}

/// Reads names with or without versions, separated by commas; a part that begins with an operator belongs to the name before it.
fn packages(text: &str) -> Result<Packages, String> {
    let mut requirements: Vec<String> = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match requirements.last_mut() {
            Some(last) if part.starts_with(['<', '>', '=', '!', '~']) => *last = format!("{last},{part}"),
            _ => requirements.push(part.to_owned()),
        }
    }
    for requirement in &requirements {
        plain(requirement)?;
    }
    if requirements.is_empty() { Err("no package is named".to_owned()) } else { Ok(Packages(requirements)) }
}

/// A requirement of a name, extras and versions, without anything that the rows do not speak of.
fn plain(text: &str) -> Result<Requirement, String> {
    let requirement: Requirement = text.parse().map_err(|error| format!("{error}"))?;
    match requirement.url.is_some() || requirement.marker.is_some() {
        true => Err("URLs and markers are not supported here".to_owned()),
        false => Ok(requirement),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_a_line_of_releases_or_a_range() {
        for (text, requirement) in [
            ("2.7.1", "torch==2.7.1"),
            ("2.7", "torch==2.7.*"),
            ("2.7.1+cu128", "torch==2.7.1+cu128"),
            (" >=2.6,<2.8", "torch>=2.6,<2.8"),
            ("==2.7.*", "torch==2.7.*"),
        ] {
            assert_eq!(torch(text).as_deref(), Ok(requirement), "{text}");
        }
        for text in [
            "",
            "new",
            "vision==1",
            "2.x",
            "[opt]",
            "@ https://example.org/a.whl",
            "==2; python_version > '3'",
            "2.7\n.1",
        ] {
            assert!(torch(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_and_the_versions_behind_them() {
        let Packages(read) = packages("torchvision, vllm>=0.10,<0.12,xformers==0.0.30,jax[cuda13]").unwrap();
        assert_eq!(read, ["torchvision", "vllm>=0.10,<0.12", "xformers==0.0.30", "jax[cuda13]"]);
        for text in [
            "",
            ",",
            "<2",
            "a b",
            "vllm[audio",
            "x @ git+https://example.org/x",
            "-e .",
            "$(reboot)",
            "a;b",
            "a\u{1b}[31m",
        ] {
            assert!(packages(text).is_err(), "{text:?}");
        }
    }
}
