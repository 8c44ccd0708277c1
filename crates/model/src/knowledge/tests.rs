//! `docs/*.schema.json`, which editors read, are what the types say. `UPDATE_SNAPSHOTS=1 cargo test -p gpucheck-model schema` writes it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::PackageFile;
use crate::knowledge_files;

macro_rules! every_file {
    ($($part:ident: $file:ident $entry:tt)*) => { Tables::new()$(.add::<super::$file>())* };
}

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Tables by name, as one or several types have them.
struct Tables {
    generator: SchemaGenerator,
    tables: Map<String, Value>,
}

impl Tables {
    fn new() -> Self {
        Self { generator: SchemaSettings::draft07().into_generator(), tables: Map::new() }
    }

    fn add<T: JsonSchema>(mut self) -> Self {
        let file = T::json_schema(&mut self.generator);
        self.tables.extend(file.get("properties").and_then(Value::as_object).unwrap().clone());
        self
    }

    fn schema(mut self, description: &str, required: &[&str]) -> Value {
        json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "title": "gpucheck knowledge",
            "description": description,
            "type": "object",
            "properties": self.tables,
            "required": required,
            "additionalProperties": false,
            "definitions": self.generator.take_definitions(true),
        })
    }
}

/// The schemas with their paths: one for every file of `knowledge/`, as a table has one meaning wherever it stands and editors take one
/// schema for all the files of a folder; one for those of `packages/`, where `source` and `build` mean something else.
fn schemas() -> [(&'static str, Value); 2] {
    let rows = knowledge_files!(every_file);
    let about =
        "Rows that gpucheck knows: the files of knowledge/ (packages/ aside) and of a folder given with --knowledge.";
    let packages = "What gpucheck knows of one package: a file of knowledge/packages/, or of packages/ in a folder given with --knowledge.";
    [
        ("docs/knowledge.schema.json", rows.schema(about, &["sources"])),
        ("docs/packages.schema.json", Tables::new().add::<PackageFile>().schema(packages, &["sources", "package"])),
    ]
}

#[test]
fn the_schemas_for_editors_are_those_of_the_types() {
    for (path, schema) in schemas() {
        let path = root().join(path);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert!(
            fs::read_to_string(&path).unwrap() == text,
            "run UPDATE_SNAPSHOTS=1 cargo test -p gpucheck-model schema"
        );
    }
}

#[test]
fn the_schemas_are_as_strict_as_loading() {
    let schemas = schemas();
    let definitions = schemas.iter().flat_map(|(_, schema)| schema["definitions"].as_object().unwrap());
    for (name, definition) in definitions {
        if definition["type"] != "object" {
            continue;
        }
        assert_eq!(definition["additionalProperties"], false, "{name}");
        if (name.ends_with("Row") || ["TorchRelease", "PackageBuild"].contains(&name.as_str())) && name != "FixRow" {
            let required: Vec<&str> =
                definition["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(required.contains(&"source") && required.contains(&"verified"), "{name}: {required:?}");
        }
    }
}

#[test]
fn every_file_names_its_schema() {
    let root = root();
    for (folder, wanted) in
        [("knowledge", "docs/knowledge.schema.json"), ("knowledge/packages", "docs/packages.schema.json")]
    {
        let files = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        for path in files.filter(|path| path.is_file()) {
            let text = fs::read_to_string(&path).unwrap();
            let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema "));
            let named = root.join(folder).join(schema.unwrap_or_else(|| panic!("{}: names no schema", path.display())));
            let same = named.canonicalize().ok() == root.join(wanted).canonicalize().ok();
            assert!(same, "{}: {}", path.display(), named.display());
        }
    }
}
