//! What a container image holds, by its name.

use gpucheck_model::knowledge::{ImageRow, tag_tells};

use super::{digits, load::Knowledge};
use crate::facts::{CudaVersion, PythonVersion};

/// What rows say of an image, all that fit taken together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageContents {
    /// Whether nothing that a GPU is used with is in it but what is said here.
    pub plain: bool,
    /// Release of CUDA.
    pub cuda: Option<CudaVersion>,
    /// Whether it has nvcc.
    pub nvcc: Option<bool>,
    /// Version of torch.
    pub torch: Option<String>,
    /// Python.
    pub python: Option<PythonVersion>,
    /// Version of the GNU C library.
    pub glibc: Option<String>,
    /// The row that says most of it.
    pub row: String,
}

impl Knowledge {
    /// What rows know of an image, as a Dockerfile names it: `nvidia/cuda:12.8.1-devel-ubuntu22.04`, with a host and a digest or not.
    pub fn image(&self, name: &str) -> Option<ImageContents> {
        let (repository, tag) = parts(name);
        let mut found: Option<ImageContents> = None;
        for row in self.images.image.iter().filter(|row| is_of(&repository, &row.repository)) {
            let Some(told) = tag_tells(&row.tags, tag) else { continue };
            let contents = found.get_or_insert_with(|| ImageContents {
                row: format!("images.toml, {}:{}", row.repository, row.tags),
                ..ImageContents::default()
            });
            add(contents, row, |name| told.get(name).map(String::as_str));
        }
        found
    }
}

fn add<'t>(contents: &mut ImageContents, row: &ImageRow, told: impl Fn(&str) -> Option<&'t str>) {
    contents.plain |= row.plain;
    contents.nvcc = contents.nvcc.or(row.nvcc);
    let cuda = told("cuda").or(row.cuda.as_deref()).and_then(release);
    contents.cuda = contents.cuda.or(cuda);
    if contents.torch.is_none()
        && let Some(torch) = &row.torch
    {
        let filled = torch.replace("{torch}", told("torch").unwrap_or_default());
        contents.torch = Some(filled.replace("{cu}", &contents.cuda.map(digits).unwrap_or_default()));
    }
    contents.python = contents.python.or(row.python).or_else(|| release_of_python(told("python")?));
    contents.glibc = contents.glibc.take().or_else(|| row.glibc.clone());
}

/// `12.8` of `12.8.1`.
fn release(text: &str) -> Option<CudaVersion> {
    let mut parts = text.split('.');
    format!("{}.{}", parts.next()?, parts.next()?).parse().ok()
}

fn release_of_python(text: &str) -> Option<PythonVersion> {
    let mut parts = text.split('.');
    format!("{}.{}", parts.next()?, parts.next()?).parse().ok()
}

/// The repository without its host, and the tag.
fn parts(name: &str) -> (String, &str) {
    let name = name.split('@').next().unwrap_or(name);
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (name, "latest"),
    };
    let mut parts: Vec<&str> = path.split('/').collect();
    let is_host = |part: &str| part.contains(['.', ':']) || part == "localhost";
    if parts.len() > 1 && parts.first().is_some_and(|part| is_host(part)) {
        parts.remove(0);
    }
    if let Some(library) = parts.iter().position(|part| *part == "library") {
        parts.drain(..=library);
    }
    (parts.join("/").to_ascii_lowercase(), tag)
}

/// Whether a repository is one, or a mirror of it. Names of one part are too common for mirrors.
fn is_of(repository: &str, row: &str) -> bool {
    repository == row || row.contains('/') && repository.strip_suffix(row).is_some_and(|before| before.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_by_their_names() {
        let knowledge = Knowledge::builtin().unwrap();
        let told = |name: &str| {
            let image = knowledge.image(name)?;
            let text = |text: Option<String>| text.unwrap_or("-".to_owned());
            Some(format!(
                "{} {} {} {} {}",
                text(image.cuda.map(|cuda| cuda.to_string())),
                text(image.nvcc.map(|nvcc| nvcc.to_string())),
                text(image.torch.clone()),
                text(image.python.map(|python| python.to_string())),
                text(image.glibc.clone())
            ))
        };
        let devel = "12.8 true - 3.10 2.35";
        for (name, expected) in [
            ("nvidia/cuda:12.8.1-cudnn-devel-ubuntu22.04", Some(devel)),
            ("docker.io/nvidia/cuda:12.8.1-cudnn-devel-ubuntu22.04", Some(devel)),
            ("ghcr.io/x/nvidia/cuda:12.8.1-devel-ubuntu22.04@sha256:00", Some(devel)),
            ("nvcr.io/nvidia/cuda:11.8.0-base-rockylinux8", Some("11.8 false - - 2.28")),
            ("pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel", Some("12.4 true 2.5.1+cu124 - -")),
            ("pytorch/pytorch:2.7.1-cuda12.8-cudnn9-runtime", Some("12.8 - 2.7.1+cu128 - -")),
            ("pytorch/pytorch:latest", None),
            ("pytorch/pytorch", None),
            ("nvcr.io/nvidia/pytorch:22.03-py3", None),
            ("python:3.11-slim-bookworm", Some("- - - 3.11 2.36")),
            ("localhost:5000/library/ubuntu:22.04", Some("- - - 3.10 2.35")),
            ("me/ubuntu:22.04", None),
            ("nvidia/cuda:latest", None),
        ] {
            assert_eq!(told(name).as_deref(), expected, "{name}");
        }
    }
}
