//! Requirements (PEP 508) as METADATA and requirements files write them.

use std::{fmt, str::FromStr};

use pep440_rs::{Version, VersionSpecifiers};

use super::{marker::Marker, names::normalize};

/// Longer than any real requirement.
const MAX_LENGTH: usize = 16 << 10;

/// A requirement: a name, and what of it will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised name.
    pub name: String,
    /// Extras that are asked for.
    pub extras: Vec<String>,
    /// Versions that will do; empty for any.
    pub specifiers: VersionSpecifiers,
    /// Where it must come from, for `name @ url`.
    pub url: Option<String>,
    /// When it applies.
    pub marker: Option<Marker>,
}

/// Why a text is no requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementError(String);

impl RequirementError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

impl fmt::Display for RequirementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RequirementError {}

impl Requirement {
    /// Whether an installed version will do; nothing when it is no version. `==2.7.1` accepts `2.7.1+cu126` (PEP 440).
    pub fn accepts(&self, version: &str) -> Option<bool> {
        let version: Version = version.parse().ok()?;
        Some(self.specifiers.contains(&version))
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    /// Reads `name[extras] specifiers ; marker`, the older `name (specifiers)` and `name @ url`.
    fn from_str(text: &str) -> Result<Self, RequirementError> {
        if text.len() > MAX_LENGTH {
            return Err(RequirementError::new("the requirement is too long"));
        }
        let text = text.trim();
        let name_end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at(name_end);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Err(RequirementError::new(format!(
                "'{}' does not begin with a name",
                text.chars().take(40).collect::<String>()
            )));
        }
        let mut rest = rest.trim_start();
        let mut extras = Vec::new();
        if let Some(behind) = rest.strip_prefix('[') {
            let (inside, behind) =
                behind.split_once(']').ok_or_else(|| RequirementError::new("the extras do not end"))?;
            extras = inside.split(',').map(normalize).filter(|extra| !extra.is_empty()).collect();
            rest = behind.trim_start();
        }
        if let Some(url) = rest.strip_prefix('@') {
            // A marker behind a URL needs white space before its semicolon, as URLs may hold one.
            let (url, marker) = url.split_once(" ;").map_or((url, None), |(url, marker)| (url, Some(marker)));
            return Ok(Self {
                name: normalize(name),
                extras,
                specifiers: VersionSpecifiers::empty(),
                url: Some(url.trim().to_owned()),
                marker: marker.map(Marker::parse).transpose()?,
            });
        }
        let (versions, marker) =
            rest.split_once(';').map_or((rest, None), |(versions, marker)| (versions, Some(marker)));
        let versions = versions.trim();
        let versions =
            versions.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(versions).trim();
        let specifiers = if versions.is_empty() {
            VersionSpecifiers::empty()
        } else {
            versions
                .trim_end_matches(',')
                .parse()
                .map_err(|_| RequirementError::new(format!("'{versions}' is no list of version specifiers")))?
        };
        Ok(Self {
            name: normalize(name),
            extras,
            specifiers,
            url: None,
            marker: marker.map(Marker::parse).transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Requirement {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn lines_of_real_metadata() {
        let vision = read("torch (==2.7.1)");
        assert_eq!(vision.name, "torch");
        assert_eq!(vision.accepts("2.7.1+cu126"), Some(true));
        assert_eq!(vision.accepts("2.7.0"), Some(false));
        let toolkit = read(r#"cuda-toolkit[cublas,cudart]==13.2.2; platform_system == "Linux""#);
        assert_eq!(toolkit.extras, ["cublas", "cudart"]);
        assert!(toolkit.marker.is_some());
        assert_eq!(read("pillow (!=8.3.*,>=5.3.0)").accepts("8.3.2"), Some(false));
        assert_eq!(read("cuda-bindings<14,>=13.0.3").accepts("13.1.0"), Some(true));
        assert_eq!(
            read("foo @ https://example.org/foo.whl ; os_name == 'nt'").url.as_deref(),
            Some("https://example.org/foo.whl")
        );
        assert_eq!(read("triton~=3.9.0").accepts("3.9.1"), Some(true));
        assert_eq!(read("filelock").accepts("not a version"), None);
    }

    #[test]
    fn faults_are_told() {
        for text in ["", "==1.0", "foo[bar", "foo ==", "foo >< 1", "-r other.txt", "foo; nonsense"] {
            assert!(text.parse::<Requirement>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = text.parse::<Requirement>();
        }

        #[test]
        fn what_is_written_is_read_back(name in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", major in 0u32..30, minor in 0u32..99) {
            let requirement = read(&format!("{name}>={major}.{minor}"));
            prop_assert_eq!(&requirement.name, &name);
            let version = format!("{}.{}", major, minor + 1);
            prop_assert_eq!(requirement.accepts(&version), Some(true));
        }
    }
}
