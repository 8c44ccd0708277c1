//! The JSON page of a project. Format: <https://packaging.python.org/en/latest/specifications/simple-repository-api/>.

use serde::Deserialize;

use super::{Listed, Page};

#[derive(Deserialize)]
struct Project {
    meta: Meta,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: String,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: std::collections::BTreeMap<String, serde_json::Value>,
    #[serde(default, rename = "requires-python")]
    requires_python: Option<String>,
    #[serde(default)]
    yanked: serde_json::Value,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default, rename = "upload-time")]
    upload_time: Option<String>,
}

/// Reads a page.
///
/// # Errors
/// When it is no JSON, or none of a project, or of a version of the format that does not exist yet.
pub fn parse_json(bytes: &[u8]) -> Result<Page, String> {
    let project: Project = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if !project.meta.api_version.starts_with("1.") {
        return Err(format!(
            "version {} of the format is not known",
            project.meta.api_version.chars().take(20).collect::<String>()
        ));
    }
    let listed = |file: File| Listed {
        sha256: file.hashes.get("sha256").and_then(serde_json::Value::as_str).map(str::to_owned),
        yanked: match file.yanked {
            serde_json::Value::Bool(true) => Some(String::new()),
            serde_json::Value::String(why) => Some(why),
            _ => None,
        },
        requires_python: file.requires_python.filter(|text| !text.is_empty()),
        size: file.size,
        uploaded: file.upload_time,
        name: file.filename,
        href: file.url,
    };
    Ok(Page { base: None, files: project.files.into_iter().map(listed).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_project_lists_its_files() {
        let page = parse_json(
            br#"{"meta": {"api-version": "1.4"}, "name": "a", "versions": ["1"], "files": [
                {"filename": "a-1-py3-none-any.whl", "url": "../a.whl", "hashes": {"sha256": "ab", "x": 1}, "size": 7, "upload-time": "2026-10-28T17:02:11.5Z",
                 "requires-python": ">=3.9", "yanked": "broken", "core-metadata": {"sha256": "cd"}},
                {"filename": "a-1.tar.gz", "url": "https://h/a.tar.gz", "hashes": {}, "requires-python": null, "yanked": false},
                {"filename": "b", "url": "b", "yanked": true}]}"#,
        )
        .unwrap();
        let [first, second, third] = page.files.as_slice() else { panic!("{page:?}") };
        assert_eq!(
            (first.size, first.sha256.as_deref(), first.yanked.as_deref()),
            (Some(7), Some("ab"), Some("broken"))
        );
        assert_eq!((first.uploaded.as_deref(), &second.uploaded), (Some("2026-10-28T17:02:11.5Z"), &None));
        assert_eq!((second.yanked.as_ref(), second.requires_python.as_ref(), second.size), (None, None, None));
        assert_eq!(third.yanked.as_deref(), Some(""));
        assert!(parse_json(br#"{"meta": {"api-version": "2.0"}}"#).unwrap_err().contains("2.0"));
        assert!(parse_json(b"<html>").is_err() && parse_json(b"[]").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_json(&bytes);
        }
    }
}
