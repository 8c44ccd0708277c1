//! How conda's tools ask for packages: `pytorch=2.1=*cuda*`, `conda-forge::numpy >=1.20,<2`, `name[version='>=1']`; and names of its files.
//! Format: <https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html>.

use crate::{
    facts::{Asked, Request, RequestRole},
    python,
    system::redact,
};

/// Reads one request. The error says what it is instead.
pub(super) fn request(text: &str) -> Result<Request, String> {
    let shown = redact::urls(text);
    let unread = || format!("a request that conda can read in place of '{shown}'");
    let (bare, brackets) = match text.split_once('[') {
        Some((bare, rest)) => (bare.trim(), rest.rsplit_once(']').ok_or_else(unread)?.0),
        None => (text.trim(), ""),
    };
    if bare.contains("://") || bare.ends_with(".conda") || bare.ends_with(".tar.bz2") {
        return package_file(bare).ok_or_else(unread);
    }
    let (channel, bare) = match bare.rsplit_once("::") {
        Some((channel, bare)) => (Some(channel.split("::").next().unwrap_or(channel)), bare),
        None => (None, bare),
    };
    let end = bare.find(|c: char| c.is_whitespace() || matches!(c, '=' | '<' | '>' | '!' | '~')).unwrap_or(bare.len());
    let (name, rest) = bare.split_at(end);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return Err(unread());
    }
    let (version, mut build) = version_and_build(rest.trim());
    let mut specifiers =
        specifiers(version).ok_or_else(|| format!("which of the versions '{version}' of {name} comes"))?;
    let mut channel = channel.map(redact::urls);
    for (key, value) in keys(brackets) {
        match key {
            "version" => {
                specifiers = self::specifiers(value)
                    .ok_or_else(|| format!("which of the versions '{value}' of {name} comes"))?;
            }
            "build" => build = Some(value),
            "channel" => channel = Some(redact::urls(value)),
            _ => {}
        }
    }
    let build = build.filter(|build| *build != "*").map(str::to_owned);
    Ok(of(name, shown, specifiers, channel, build))
}

/// A package of which only the name and a version in conda's words are known.
pub(super) fn named(name: &str, version: &str, text: &str) -> Result<Request, String> {
    let (version, build) = version_and_build(version.trim());
    let specifiers = specifiers(version).ok_or_else(|| format!("which of the versions '{version}' of {name} comes"))?;
    let build = build.filter(|build| *build != "*").map(str::to_owned);
    Ok(of(name, redact::urls(text), specifiers, None, build))
}

/// The package that a file is: `…/pytorch/linux-64/pytorch-2.2.2-py3.10_cuda12.1_cudnn8.9.2_0.conda`.
pub(super) fn package_file(url: &str) -> Option<Request> {
    let path = url.split(['#', '?']).next()?;
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.strip_suffix(".conda").or_else(|| file.strip_suffix(".tar.bz2"))?;
    let mut parts = stem.rsplitn(3, '-');
    let (build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    // The last folder is the platform's.
    let channel = folder.rsplit_once('/').map(|(channel, _)| redact::urls(channel));
    Some(of(name, file.to_owned(), format!("=={version}"), channel, Some(build.to_owned())))
}

fn of(name: &str, text: String, specifiers: String, index: Option<String>, build: Option<String>) -> Request {
    Request {
        name: python::of_conda(&name.to_ascii_lowercase()),
        asked: Asked { text, specifiers, extras: Vec::new(), marker: None, source: None },
        index,
        build,
        role: RequestRole::Wanted,
        ..Request::new("")
    }
}

/// What stands after a name: `=2.1=*cuda*`, `>=1.20, <2`, `2.1.* py310_0`.
fn version_and_build(rest: &str) -> (&str, Option<&str>) {
    // A space parts the build from a version, and a version from an operator before it.
    let ends_version = |at: usize| {
        let (before, after) = (rest.get(..at).unwrap_or_default().trim_end(), rest.get(at..).unwrap_or_default());
        let open = before.is_empty() || before.ends_with(['=', '<', '>', '!', '~', ',', '|']);
        !open && !after.trim_start().starts_with(['=', '<', '>', '!', '~', ',', '|'])
    };
    let space = rest.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at).find(|at| ends_version(*at));
    if let Some((version, build)) = space.and_then(|at| rest.split_at_checked(at)) {
        return (version.trim(), Some(build.trim()));
    }
    // So does an equals sign after the one that begins the version.
    let begun = rest.len() - rest.trim_start_matches('=').len();
    match rest.get(begun..).unwrap_or_default().rsplit_once('=') {
        Some((version, build)) if !version.is_empty() && !version.ends_with(['=', '<', '>', '!', '~', ',']) => {
            (rest.get(..begun + version.len()).unwrap_or(rest).trim(), Some(build.trim()))
        }
        _ => (rest, None),
    }
}

/// Versions in PEP 440's words; nothing where they cannot say it (alternatives).
fn specifiers(version: &str) -> Option<String> {
    if version.contains(['|', '(', '^']) {
        return None;
    }
    let parts = version.split(',').map(str::trim).filter(|part| !part.is_empty());
    let said: Option<Vec<String>> = parts.map(specifier).collect();
    Some(said?.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(","))
}

fn specifier(part: &str) -> Option<String> {
    let bare = part.trim_start_matches(['=', '<', '>', '!', '~']);
    let operator = part.get(..part.len() - bare.len())?;
    let bare = bare.trim().trim_matches(['\'', '"']);
    let stem = bare.strip_suffix(".*").or_else(|| bare.strip_suffix('*')).unwrap_or(bare);
    Some(match operator {
        _ if stem.is_empty() => String::new(),
        "" | "==" if stem != bare => format!("=={stem}.*"),
        "" | "==" => format!("=={bare}"),
        "=" => format!("=={stem}.*"),
        "!=" if stem != bare => format!("!={stem}.*"),
        ">=" | "<=" | ">" | "<" | "!=" => format!("{operator}{stem}"),
        "~=" | "=~" => format!("~={stem}"),
        _ => return None,
    })
}

/// What brackets say: `version='>=1', build=py310_0`.
fn keys(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let (value, more) = match quote {
            Some(quote) => after.get(1..)?.split_once(quote)?,
            None => after.split_at(after.find([',', ' ']).unwrap_or(after.len())),
        };
        rest = more.trim_start_matches([',', ' ']);
        Some((key.trim(), value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String, Option<String>, Option<String>) {
        let request = request(text).unwrap();
        (request.name, request.asked.specifiers, request.build, request.index)
    }

    #[test]
    fn requests_are_read_in_all_their_spellings() {
        for (text, name, specifiers, build, index) in [
            ("pytorch", "torch", "", None, None),
            ("pytorch=1.9.1", "torch", "==1.9.1.*", None, None),
            ("pytorch==1.9.1", "torch", "==1.9.1", None, None),
            ("pytorch 1.9.*", "torch", "==1.9.*", None, None),
            ("pytorch =2.1", "torch", "==2.1.*", None, None),
            ("python >= 3.8", "python", ">=3.8", None, None),
            ("cupy >=12.0.0, <13", "cupy", ">=12.0.0,<13", None, None),
            ("rmm==24.10.*,>=0.0.0a0", "rmm", "==24.10.*,>=0.0.0a0", None, None),
            ("pytorch=2.1=*cuda*", "torch", "==2.1.*", Some("*cuda*"), None),
            ("pytorch=*=cuda118*", "torch", "", Some("cuda118*"), None),
            (
                "pytorch==2.1.0=py3.10_cuda12.1_cudnn8.9.2_0",
                "torch",
                "==2.1.0",
                Some("py3.10_cuda12.1_cudnn8.9.2_0"),
                None,
            ),
            (
                "pytorch 2.1.0 py3.10_cuda12.1_cudnn8.9.2_0",
                "torch",
                "==2.1.0",
                Some("py3.10_cuda12.1_cudnn8.9.2_0"),
                None,
            ),
            ("pytorch=2.5.1=*", "torch", "==2.5.1.*", None, None),
            ("pytorch::pytorch=2.0", "torch", "==2.0.*", None, Some("pytorch")),
            ("conda-forge/linux-64::pytorch", "torch", "", None, Some("conda-forge/linux-64")),
            ("pytorch[version='>=2.0,<2.3', build=*cuda*]", "torch", ">=2.0,<2.3", Some("*cuda*"), None),
            ("Ruamel.Yaml=0.17", "ruamel-yaml", "==0.17.*", None, None),
            ("mmseqs2=15.6f452", "mmseqs2", "==15.6f452.*", None, None),
            ("numpy!=1.19.*", "numpy", "!=1.19.*", None, None),
            ("numpy>=1.19.*", "numpy", ">=1.19", None, None),
            ("numpy~=1.19", "numpy", "~=1.19", None, None),
            ("numpy *", "numpy", "", None, None),
            ("\tnumpy", "numpy", "", None, None),
        ] {
            let (build, index) = (build.map(str::to_owned), index.map(str::to_owned));
            assert_eq!(read(text), (name.to_owned(), specifiers.to_owned(), build, index), "{text}");
        }
    }

    #[test]
    fn files_are_packages() {
        let url = "https://user:secret@host.example/t/pytorch/linux-64/pytorch-2.2.2-py3.10_cuda11.8_cudnn8.7.0_0.tar.bz2#0123";
        let request = request(url).unwrap();
        assert_eq!((request.name.as_str(), request.asked.specifiers.as_str()), ("torch", "==2.2.2"));
        assert_eq!(request.build.as_deref(), Some("py3.10_cuda11.8_cudnn8.7.0_0"));
        assert!(!format!("{request:?}").contains("secret"), "{request:?}");
    }

    #[test]
    fn what_is_no_request_is_said() {
        for text in
            ["", "=", "a b c=[", "é", "pytorch 1.13|2.0", "https://a.example/b", "-e .", "name^2", "a[version='1]"]
        {
            let _ = request(text);
        }
        assert!(request("pytorch 1.13|2.0").unwrap_err().starts_with("which of the versions"));
        assert!(request("").is_err());
    }
}
