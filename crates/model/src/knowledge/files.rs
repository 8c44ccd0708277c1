//! All files together: reads them from text and overlays one set on another.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{PackageFile, Places, Problem, RowKind, Rows, from_toml, validate_package};
use crate::knowledge_files;

macro_rules! files {
    ($($part:ident: $file:ident $entry:tt)*) => {
        /// The content of a knowledge folder. A folder that is laid over another may lack any of them.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Files {
            $(#[doc = concat!("`", stringify!($part), ".toml`.")] pub $part: Option<super::$file>,)*
            /// `packages/*.toml`.
            pub packages: Vec<PackageFile>,
        }

        impl Files {
            /// Adds a file, by its path inside the folder. The faults of one file do not keep the others from being read.
            ///
            /// # Errors
            /// Every fault that was found in it; a name that is not known is one.
            pub fn add(&mut self, name: &str, shown: &str, text: &str) -> Result<(), Vec<Problem>> {
                match name {
                    $(concat!(stringify!($part), ".toml") => self.$part = Some(read(shown, text, Rows::check)?),)*
                    name if name.starts_with("packages/") => {
                        self.packages.push(read(shown, text, validate_package::package)?);
                    }
                    _ => {
                        let known = concat!($(stringify!($part), ".toml, ",)* "or packages/NAME.toml");
                        let message = format!("not the name of a knowledge file: expected {known}");
                        return Err(vec![Problem::at(shown, text, 0, message)]);
                    }
                }
                Ok(())
            }

            /// What is wrong with rows that no file has. They are held to what those of files are.
            pub fn faults(&self) -> Vec<Problem> {
                let places = Places::new("", "");
                let mut problems = Vec::new();
                $(problems.extend(self.$part.iter().flat_map(|part| part.check(&places)));)*
                problems.extend(self.packages.iter().flat_map(|file| validate_package::package(file, &places)));
                problems
            }

            /// Takes over what another set holds.
            pub fn take(&mut self, other: Self) {
                $(self.$part = other.$part.or(self.$part.take());)*
                self.packages.extend(other.packages);
            }

            /// Each part with its rows as compact JSON, as programs carry them and as a published file has them.
            ///
            /// # Errors
            /// A file that is missing: only a whole folder has parts.
            pub fn parts(&self) -> Result<Vec<(&'static str, String)>, String> {
                let mut parts = vec![$((stringify!($part), json(self.$part.as_ref(), stringify!($part))?),)*];
                parts.push((PACKAGES, json(Some(&self.packages), PACKAGES)?));
                Ok(parts)
            }

            /// Every kind of row in the files that are there.
            pub fn kinds(&self) -> Vec<RowKind> {
                let mut kinds = Vec::new();
                $(kinds.extend(self.$part.iter().flat_map(Rows::kinds));)*
                kinds.extend(RowKind::of_packages(&self.packages));
                kinds
            }
        }
    };
}
knowledge_files!(files);

/// The part that the files of `packages/` make.
pub const PACKAGES: &str = "packages";

/// The rows of one part, which must be there. What a field is when it is missing is left out, as each run reads these texts: the values that
/// are nothing, or else those that are null, where the rest is the same rows.
fn json<T: Serialize + DeserializeOwned + PartialEq>(part: Option<&T>, name: &str) -> Result<String, String> {
    let part = part.ok_or_else(|| format!("knowledge/ lacks {name}.toml"))?;
    let whole = serde_json::to_value(part).map_err(|error| error.to_string())?;
    let nothing =
        |value: &Value| value.is_null() || value == &Value::Bool(false) || value.as_array().is_some_and(Vec::is_empty);
    for lacks in [nothing, Value::is_null] {
        let lean = without(whole.clone(), lacks).to_string();
        if serde_json::from_str::<T>(&lean).is_ok_and(|read| read == *part) {
            return Ok(lean);
        }
    }
    serde_json::to_string(part).map_err(|error| error.to_string())
}

/// A value, in whose maps these values are left out.
fn without(value: Value, lacks: fn(&Value) -> bool) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(_, value)| !lacks(value))
            .map(|(key, value)| (key, without(value, lacks)))
            .collect(),
        Value::Array(list) => list.into_iter().map(|value| without(value, lacks)).collect(),
        value => value,
    }
}

impl Files {
    /// The newest day on which a row was verified.
    pub fn date(&self) -> Option<String> {
        self.kinds().into_iter().filter(|kind| kind.rows > 0).map(|kind| kind.newest).max()
    }
}

/// Reads one file and checks what its types cannot.
fn read<T: DeserializeOwned>(
    shown: &str,
    text: &str,
    check: fn(&T, &Places<'_>) -> Vec<Problem>,
) -> Result<T, Vec<Problem>> {
    let file: T = from_toml(shown, text).map_err(|problem| vec![problem])?;
    let places = Places::new(shown, text);
    let mut problems = check(&file, &places);
    problems.append(&mut places.unused_sources());
    if problems.is_empty() { Ok(file) } else { Err(problems) }
}
