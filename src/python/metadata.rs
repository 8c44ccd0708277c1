//! The head of `METADATA` and `PKG-INFO`, and `requires.txt` of egg-info folders.
//! Format: <https://packaging.python.org/en/latest/specifications/core-metadata/>, fields as in an e-mail.

use super::{MarkerEnvironment, Requirement, marker::Marker};

/// What a distribution says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `Name` as written, not normalised.
    pub name: Option<String>,
    /// `Version` as written.
    pub version: Option<String>,
    /// `Requires-Dist` as written, without those that only an extra asks for.
    pub requires: Vec<String>,
    /// `Requires-Dist` as written, of extras.
    pub requires_of_extras: Vec<String>,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
}

impl Metadata {
    /// Reads the fields up to the first empty line, where the description starts, or the first line that is not a field.
    pub fn parse(text: &str) -> Self {
        let mut metadata = Self::default();
        // The field at hand, which the next line may continue; none if it is one that is not needed, as most are.
        let mut open: Option<(Field, String)> = None;
        for line in text.trim_start_matches('\u{feff}').lines().take_while(|line| !line.is_empty()) {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = &mut open {
                    value.push(' ');
                    value.push_str(line.trim());
                }
                continue;
            }
            let Some((name, value)) = line.split_once(':') else { break };
            metadata.add(open.take());
            open = Field::of(name.trim_end()).map(|field| (field, value.trim().to_owned()));
        }
        metadata.add(open);
        metadata
    }

    /// Takes a field that has a value. Of those that come once the first counts.
    fn add(&mut self, field: Option<(Field, String)>) {
        let Some((field, value)) = field.filter(|(_, value)| !value.is_empty()) else { return };
        let once = match field {
            Field::Name => &mut self.name,
            Field::Version => &mut self.version,
            Field::RequiresPython => &mut self.requires_python,
            Field::RequiresDist => {
                let list = if needs_extra(&value) { &mut self.requires_of_extras } else { &mut self.requires };
                list.push(value);
                return;
            }
        };
        once.get_or_insert(value);
    }
}

/// The fields that are read.
#[derive(Debug, Clone, Copy)]
enum Field {
    Name,
    Version,
    RequiresPython,
    RequiresDist,
}

impl Field {
    /// Case does not count.
    fn of(name: &str) -> Option<Self> {
        let fields = [
            ("name", Self::Name),
            ("version", Self::Version),
            ("requires-python", Self::RequiresPython),
            ("requires-dist", Self::RequiresDist),
        ];
        fields.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, field)| field)
    }
}

/// Whether a requirement is asked for by an extra only, whatever the environment. Its marker alone says so, behind a semicolon; only a
/// URL may have others.
fn needs_extra(line: &str) -> bool {
    let anywhere = MarkerEnvironment::new(None, None);
    let marker = || match line.contains('@') {
        true => line.parse::<Requirement>().ok()?.marker,
        false => line.split_once(';')?.1.trim().parse::<Marker>().ok(),
    };
    line.contains("extra") && marker().is_some_and(|marker| marker.eval(&anywhere, None) == Some(false))
}

/// Requirements in `requires.txt` of an egg-info folder: the lines before the first section, and those of `[:marker]` sections with
/// their marker. Sections of extras are left out. Format: setuptools, `setuptools/_requirestxt.py`.
pub fn egg_requires(text: &str) -> Vec<String> {
    let mut requires = Vec::new();
    let mut marker = Some("");
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(section) = line.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            marker = section.strip_prefix(':');
            continue;
        }
        match marker {
            Some("") => requires.push(line.to_owned()),
            Some(marker) => requires.push(format!("{line} ; {marker}")),
            None => {}
        }
    }
    requires
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_head_is_read_and_the_description_is_not() {
        let text = "Metadata-Version: 2.1\r\nName: Torch_Vision\r\nVersion: 0.22.1\r\nrequires-python: >=3.9\r\n\
                    Requires-Dist: numpy\r\nRequires-Dist: torch (==2.7.1)\r\nLicense: BSD\r\n        \r\n        Name: no\r\n\
                    Requires-Dist: triton==3.3.1; platform_system == \"Linux\"\r\n\tand platform_machine == \"x86_64\"\r\n\
                    Requires-Dist: gdown>=4.7.3; extra == \"gdown\"\r\n\
                    Requires-Dist: a; extra == 'x' or os_name == 'nt'\r\nRequires-Dist: not, a requirement; extra\r\n\
                    \r\nVersion: 9\r\nRequires-Dist: description\r\n";
        let metadata = Metadata::parse(text);
        assert_eq!(metadata.name.as_deref(), Some("Torch_Vision"));
        assert_eq!(metadata.version.as_deref(), Some("0.22.1"));
        assert_eq!(metadata.requires_python.as_deref(), Some(">=3.9"));
        assert_eq!(
            metadata.requires,
            [
                "numpy",
                "torch (==2.7.1)",
                "triton==3.3.1; platform_system == \"Linux\" and platform_machine == \"x86_64\"",
                "a; extra == 'x' or os_name == 'nt'",
                "not, a requirement; extra",
            ]
        );
        assert_eq!(metadata.requires_of_extras, ["gdown>=4.7.3; extra == \"gdown\""]);
    }

    #[test]
    fn missing_fields_are_missing() {
        assert_eq!(Metadata::parse(""), Metadata::default());
        assert_eq!(Metadata::parse(" folded: before any field\nName:\n"), Metadata::default());
        assert_eq!(Metadata::parse("\u{feff}Name: a\nno field\nVersion: 1\n").version, None);
    }

    #[test]
    fn sections_of_requires_txt_become_markers() {
        let text = "filelock\n# comment\nsympy>=1.13\n\n[:platform_system == \"Linux\"]\ntriton==3.3.1\n\n\
                    [opt-einsum]\nopt-einsum>=3.3\n\n[test:python_version < \"3.12\"]\ntomli\n\n[:python_version < \"3.8\"]\nzipp\n";
        assert_eq!(
            egg_requires(text),
            [
                "filelock",
                "sympy>=1.13",
                "triton==3.3.1 ; platform_system == \"Linux\"",
                "zipp ; python_version < \"3.8\"",
            ]
        );
        assert!(egg_requires(text).iter().all(|line| line.parse::<Requirement>().is_ok()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(
            text in "((Name|Version|Requires-Dist|\\[|\\[:)?[:; ]{0,2}\\PC{0,12}(extra|'x')?\\]?\r?\n){0,12}"
        ) {
            let _ = Metadata::parse(&text);
            let _ = egg_requires(&text);
        }
    }
}
