//! What a TARGET on the command line means: a path, the address of a package, or a package of an index.

use std::path::{Path, PathBuf};

use anyhow::bail;

use crate::{python::Requirement, remote::Url};

/// Endings of files that are scanned: a word with one of these is a path, there or not.
const ENDINGS: [&str; 12] =
    [".so", ".dll", ".pyd", ".a", ".o", ".lib", ".cubin", ".fatbin", ".ptx", ".whl", ".conda", ".tar.bz2"];

/// Something to scan.
#[derive(Debug, Clone, PartialEq)]
pub enum ScanTarget {
    /// A file or folder.
    Local(PathBuf),
    /// The address of a package.
    Address(Url),
    /// A package of an index, with the versions that will do.
    Package(Requirement),
}

impl ScanTarget {
    /// Reads a word of the command line. What exists is a path, whatever it looks like. A bare name is one of a package, and means its newest
    /// version, only where `is_package` says so: a mistyped file name must not cause network access.
    ///
    /// # Errors
    /// When it cannot be scanned.
    pub fn parse(word: &Path, is_package: &dyn Fn(&str) -> bool) -> anyhow::Result<Self> {
        let local = || Self::Local(word.to_owned());
        let Some(text) = word.to_str().filter(|_| !word.exists()) else { return Ok(local()) };
        if let Some((scheme, _)) = text.split_once("://") {
            if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
                return Ok(Self::Address(Url::parse(text)?));
            }
            if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+') {
                bail!("{scheme}:// is not supported: use http:// or https://");
            }
        }
        let path = text.contains(['/', '\\']) || text.starts_with('.') || ENDINGS.iter().any(|end| text.ends_with(end));
        let requirement = match text.parse::<Requirement>() {
            Ok(requirement) => requirement,
            Err(error) if !path && text.contains(['=', '<', '>', '~']) => {
                bail!("{text}: no such file, and not a valid package requirement: {error}")
            }
            Err(_) => return Ok(local()),
        };
        if let Some(url) = &requirement.url {
            return Ok(Self::Address(Url::parse(url)?));
        }
        if path {
            return Ok(local());
        }
        if requirement.specifiers.is_empty() && !is_package(&requirement.name) {
            bail!(
                "{text}: no such file or folder. If it is a package: {text}==VERSION looks it up on the index that pip or uv is \
                 configured with, and {text} with --index-url URL takes its newest version there"
            );
        }
        Ok(Self::Package(requirement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str, has_index: bool) -> Result<String, String> {
        match ScanTarget::parse(Path::new(word), &|name| has_index || name == "vllm") {
            Ok(ScanTarget::Local(path)) => Ok(format!("path {}", path.display())),
            Ok(ScanTarget::Address(url)) => Ok(format!("address {url}")),
            Ok(ScanTarget::Package(requirement)) => {
                Ok(format!("package {} {}", requirement.name, requirement.specifiers))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn words_are_paths_addresses_or_packages() {
        assert_eq!(
            read("https://u:p@h/a.whl?x", false).as_deref(),
            Ok("address https://[redacted]@h/a.whl?[redacted]")
        );
        assert_eq!(read("Torch==2.7.1", false).as_deref(), Ok("package torch ==2.7.1"));
        assert_eq!(read("torch>=2.7,<3", false).as_deref(), Ok("package torch >=2.7, <3"));
        assert_eq!(read("torch", true).as_deref(), Ok("package torch "));
        assert_eq!(read("vllm", false).as_deref(), Ok("package vllm "), "a package that is known by its name");
        assert_eq!(read("torch @ https://h/t.whl", false).as_deref(), Ok("address https://h/t.whl"));
        for path in ["/no/such/torch==1", "libfoo.so", "./torch", "torch-2.7.1-py3-none-any.whl", "what is this?"] {
            assert_eq!(read(path, true), Ok(format!("path {path}")), "{path}");
        }
        assert!(read("torch", false).unwrap_err().contains("--index-url"));
        assert!(read("torch==abc", false).unwrap_err().contains("no such file, and not a valid package requirement"));
        assert!(read("s3://bucket/a.whl", false).unwrap_err().contains("s3://"));
        assert!(read("https://", false).is_err());
    }

    #[test]
    fn what_exists_is_a_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("torch==2.7.1");
        std::fs::write(&path, "").unwrap();
        assert_eq!(ScanTarget::parse(&path, &|_| false).unwrap(), ScanTarget::Local(path));
    }
}
