//! The JSON page of a project. Format: <https://packaging.python.org/en/latest/specifications/simple-repository-api/>.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{Listed, MAX_FILES, Page};
use crate::json;

#[derive(Deserialize)]
struct Project {
    meta: Meta,
    #[serde(default)]
    files: Files,
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
    hashes: Hashes,
    #[serde(default, rename = "requires-python")]
    requires_python: Option<String>,
    #[serde(default)]
    yanked: Loose,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default, rename = "upload-time")]
    upload_time: Option<String>,
}

#[derive(Default, Deserialize)]
struct Hashes {
    #[serde(default)]
    sha256: Loose,
}

/// Files up to the number that a page may list: a short text can name a million.
#[derive(Default)]
struct Files(Vec<File>);

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Files;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of files")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Files, A::Error> {
                let mut files = Vec::new();
                while let Some(file) = list.next_element()? {
                    if files.len() == MAX_FILES {
                        return Err(A::Error::custom(format!("it lists more than {MAX_FILES} files")));
                    }
                    files.push(file);
                }
                Ok(Files(files))
            }
        }
        from.deserialize_seq(Reader)
    }
}

/// A value of which only a text or a yes is of use; anything else is read past and not kept.
#[derive(Default)]
enum Loose {
    Text(String),
    Yes,
    #[default]
    Other,
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::Text(text.to_owned()))
            }

            fn visit_bool<E>(self, yes: bool) -> Result<Loose, E> {
                Ok(if yes { Loose::Yes } else { Loose::Other })
            }

            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Loose, E> {
                Ok(Loose::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Loose, E> {
                Ok(Loose::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Loose, E> {
                Ok(Loose::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }
        from.deserialize_any(Reader)
    }
}

/// Reads a page.
///
/// # Errors
/// When it is not JSON, does not describe a project, or has a format version that does not exist yet.
pub fn parse_json(bytes: &[u8]) -> Result<Page, String> {
    let project: Project = json::read(bytes).map_err(|error| error.to_string())?;
    if !project.meta.api_version.starts_with("1.") {
        return Err(format!(
            "unsupported format version {}",
            project.meta.api_version.chars().take(20).collect::<String>()
        ));
    }
    let listed = |file: File| Listed {
        sha256: match file.hashes.sha256 {
            Loose::Text(digits) => Some(digits),
            _ => None,
        },
        yanked: match file.yanked {
            Loose::Yes => Some(String::new()),
            Loose::Text(why) => Some(why),
            Loose::Other => None,
        },
        requires_python: file.requires_python.filter(|text| !text.is_empty()),
        size: file.size,
        uploaded: file.upload_time,
        name: file.filename,
        href: file.url,
    };
    Ok(Page { base: None, files: project.files.0.into_iter().map(listed).collect() })
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
        let odd = br#"{"meta": {"api-version": "1.0"}, "files": [{"filename": "a", "url": "a", "hashes": {"sha256": [1, {"a": 2.5}]},
            "yanked": {"a": [null, -1]}}]}"#;
        assert_eq!(
            parse_json(odd).unwrap().files[0],
            Listed { name: "a".into(), href: "a".into(), ..Listed::default() }
        );
        assert!(parse_json(br#"{"meta": {"api-version": "2.0"}}"#).unwrap_err().contains("2.0"));
        assert!(parse_json(b"<html>").is_err() && parse_json(b"[]").is_err());
    }

    #[test]
    fn more_files_than_any_package_has_are_refused() {
        let files = |count: usize| {
            let list = vec![r#"{"filename":"","url":""}"#; count].join(",");
            parse_json(format!(r#"{{"meta":{{"api-version":"1.0"}},"files":[{list}]}}"#).as_bytes())
        };
        assert_eq!(files(MAX_FILES).unwrap().files.len(), MAX_FILES);
        assert!(files(MAX_FILES + 1).unwrap_err().contains("more than"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_json(&bytes);
        }
    }
}
