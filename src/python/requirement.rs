//! Requirements: `cuda-toolkit[cublas,nvrtc]==13.2.2; platform_system == "Linux"`.
//! Format: <https://packaging.python.org/en/latest/specifications/dependency-specifiers/>, with the parentheses of PEP 345.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::{
    error::{RequirementError, check_length, shown},
    marker::Marker,
    normalize,
    versions::specifier_accepts,
};

/// What one distribution requires of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised name.
    pub name: String,
    /// Extras of it that are asked for, by normalised name.
    pub extras: Vec<String>,
    /// Versions that will do; empty when any will.
    pub specifiers: VersionSpecifiers,
    /// Where to get it, of `name @ url`.
    pub url: Option<String>,
    /// When it is asked for at all.
    pub marker: Option<Marker>,
}

impl Requirement {
    /// Whether an installed version will do; `None` when it is not a version. A pre-release that is installed will do if it is in range.
    pub fn accepts(&self, version: &str) -> Option<bool> {
        let version: Version = version.parse().ok()?;
        Some(self.specifiers.iter().all(|specifier| specifier_accepts(specifier, &version)))
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        check_length(text, "requirement")?;
        let (name, rest) = name(text.trim_start())?;
        let (extras, rest) = extras(rest)?;
        let (url, rest) = match rest.strip_prefix('@') {
            Some(rest) => url(rest).map(|(url, rest)| (Some(url), rest))?,
            None => (None, rest),
        };
        let (specifiers, marker) = match rest.split_once(';') {
            Some((specifiers, marker)) => (specifiers, Some(marker.parse()?)),
            None => (rest, None),
        };
        if url.is_some() && !specifiers.trim().is_empty() {
            return Err(RequirementError(format!("expected ';' before '{}'", shown(specifiers.trim()))));
        }
        Ok(Self { name, extras, specifiers: read_specifiers(specifiers)?, url, marker })
    }
}

/// Takes a name, normalised.
fn name(text: &str) -> Result<(String, &str), RequirementError> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let is_inner = |c: char| !c.is_ascii_alphanumeric();
    if name.is_empty() || name.starts_with(is_inner) || name.ends_with(is_inner) {
        return Err(RequirementError(format!("'{}' does not start with a package name", shown(text))));
    }
    Ok((normalize(name), rest.trim_start()))
}

/// Takes `[extra, …]`, if there is one.
fn extras(text: &str) -> Result<(Vec<String>, &str), RequirementError> {
    let Some(inner) = text.strip_prefix('[') else { return Ok((Vec::new(), text)) };
    let (list, rest) =
        inner.split_once(']').ok_or_else(|| RequirementError(format!("expected ']' after '{}'", shown(text))))?;
    if list.trim().is_empty() {
        return Ok((Vec::new(), rest.trim_start()));
    }
    let extras = list.split(',').map(|extra| match name(extra.trim())? {
        (name, "") => Ok(name),
        _ => Err(RequirementError(format!("'{}' is not a valid extra name", shown(extra.trim())))),
    });
    Ok((extras.collect::<Result<_, _>>()?, rest.trim_start()))
}

/// Takes a URL: everything up to white space, so that only ` ;` starts a marker.
fn url(text: &str) -> Result<(String, &str), RequirementError> {
    let text = text.trim_start();
    let (url, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    if url.is_empty() {
        return Err(RequirementError("expected a URL after '@'".to_owned()));
    }
    Ok((url.to_owned(), rest))
}

/// Reads specifiers, in parentheses or not. A comma at the end is allowed, as `packaging` does.
fn read_specifiers(text: &str) -> Result<VersionSpecifiers, RequirementError> {
    let text = text.trim();
    let list = match text.strip_prefix('(') {
        Some(inner) => {
            inner.strip_suffix(')').ok_or_else(|| RequirementError(format!("expected ')' after '{}'", shown(text))))?
        }
        None => text,
    };
    let list = list.trim();
    if list.is_empty() {
        return Ok(VersionSpecifiers::empty());
    }
    let list = list.strip_suffix(',').unwrap_or(list);
    list.split(',')
        .map(|specifier| {
            specifier.parse::<VersionSpecifier>().map_err(|error| {
                RequirementError(format!("'{}' is not a version specifier: {error}", shown(specifier.trim())))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::MarkerEnvironment;
    use proptest::prelude::*;

    fn read(text: &str) -> Requirement {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn the_lines_of_torch_are_read() {
        let toolkit = read(
            r#"cuda-toolkit[cublas,cudart,cufft,cufile,cupti,cusolver,cusparse,nvjitlink,nvrtc,nvtx]==13.2.2; platform_system == "Linux""#,
        );
        assert_eq!(toolkit.name, "cuda-toolkit");
        assert_eq!(toolkit.extras.len(), 10);
        assert_eq!(toolkit.extras.last().map(String::as_str), Some("nvtx"));
        assert_eq!(toolkit.specifiers.to_string(), "==13.2.2");
        let linux = MarkerEnvironment::new(None, "linux-aarch64".parse().ok());
        assert_eq!(toolkit.marker.unwrap().eval(&linux, None), Some(true));
        let triton = read(r#"triton~=3.9.0; platform_system == "Linux" and python_version < "3.16""#);
        assert_eq!(triton.accepts("3.9.1+git1234"), Some(true));
        assert_eq!(triton.accepts("3.10.0"), Some(false));
        let cudnn = read(r#"nvidia_cudnn.cu12==9.5.1.17; platform_system == "Linux" and platform_machine == "x86_64""#);
        assert_eq!(cudnn.name, "nvidia-cudnn-cu12");
        let bindings = read("cuda-bindings<14,>=13.0.3");
        assert_eq!(bindings.accepts("13.0.3"), Some(true));
        assert_eq!(bindings.accepts("14.0.0rc1"), Some(false), "a pre-release of what is excluded");
        assert_eq!(bindings.accepts("13.1.0rc1"), Some(true));
        assert_eq!(bindings.accepts("unknown"), None);
    }

    #[test]
    fn old_and_rare_forms_are_read() {
        assert_eq!(read("torch (==2.7.1)").accepts("2.7.1+cu126"), Some(true));
        assert_eq!(read("pillow (!=8.3.*,>=5.3.0)").accepts("8.3.2"), Some(false));
        assert_eq!(read("gmpy2 (>=2.1.0a4) ; (os_name != 'nt') and extra == 'gmpy'").specifiers.len(), 1);
        assert_eq!(read("numpy").accepts("1.0"), Some(true));
        assert_eq!(read("numpy ()").specifiers.len(), 0);
        assert_eq!(read("jaraco.context >=4.1").name, "jaraco-context");
        assert_eq!(read("a >= 1 , < 2 ,").specifiers.len(), 2);
        assert_eq!(read("moto [ Server , x_y ] <5").extras, ["server", "x-y"]);
        assert_eq!(read("a[]").extras, Vec::<String>::new());
        let direct = read("torch @ https://h/t.whl#sha256=a;b ; python_version < '3.12'");
        assert_eq!(direct.url.as_deref(), Some("https://h/t.whl#sha256=a;b"));
        assert!(direct.marker.is_some() && direct.specifiers.is_empty());
        assert_eq!(read("torch@file:///t.whl").url.as_deref(), Some("file:///t.whl"));
    }

    #[test]
    fn what_is_no_requirement_is_refused_in_words() {
        for (text, words) in [
            ("", "'' does not start with a package name"),
            ("-torch", "'-torch' does not start with a package name"),
            ("torch[a", "expected ']' after '[a'"),
            ("torch[a b]", "'a b' is not a valid extra name"),
            ("torch[a,]", "'' does not start with a package name"),
            ("torch (>=1", "expected ')' after '(>=1'"),
            ("torch 2.7", "'2.7' is not a version specifier: Unexpected end of version specifier, expected operator"),
            (
                "torch>=2.*",
                "'>=2.*' is not a version specifier: Operator >= cannot be used with a wildcard version specifier",
            ),
            ("torch,", "'' is not a version specifier: Unexpected end of version specifier, expected operator"),
            ("torch @", "expected a URL after '@'"),
            ("torch @ https://h/t.whl os_name == 'nt'", "expected ';' before 'os_name == 'nt''"),
            ("torch; os_nam == 'nt'", "'os_nam' is not a marker variable"),
        ] {
            assert_eq!(text.parse::<Requirement>().unwrap_err().to_string(), words, "{text}");
        }
        assert!("a".repeat(20_000).parse::<Requirement>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            name in "[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?",
            extras in prop::collection::vec("[a-z][a-z0-9]{0,5}", 0..3),
            specifiers in prop::collection::vec("(==|!=|>=|<=|~=)[0-9]\\.[0-9]{1,3}(\\.dev[0-9])?", 0..3),
            marker in prop::option::of("python_version (<|>=) '3\\.[0-9]{1,2}'( (and|or) os_name == 'nt')?"),
        ) {
            let extras_text = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(", ")) };
            let marker_text = marker.as_ref().map(|marker| format!(" ; {marker}")).unwrap_or_default();
            let read: Requirement = format!("{name}{extras_text} {}{marker_text}", specifiers.join(",")).parse().unwrap();
            prop_assert_eq!(read.name, name);
            prop_assert_eq!(read.extras, extras);
            prop_assert_eq!(read.specifiers, specifiers.iter().map(|s| s.parse().unwrap()).collect::<VersionSpecifiers>());
            prop_assert_eq!(read.marker, marker.map(|marker| marker.parse().unwrap()));
            prop_assert_eq!(read.url, None);
        }

        #[test]
        fn any_text_is_read_without_a_panic(
            text in "\\PC{0,40}",
            like in "[a-z]{1,3}[ @;,()\\[\\]]{0,2}(==|>=|~=|<|===)?[0-9.*+a-z!]{0,9}[ ;,)]{0,2}\\PC{0,5}",
            version in "[0-9.a-z+!-]{0,12}",
        ) {
            for text in [text, like] {
                match text.parse::<Requirement>() {
                    Ok(requirement) => drop(requirement.accepts(&version)),
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                }
            }
        }
    }
}
