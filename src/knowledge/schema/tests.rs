//! `docs/knowledge.schema.json`, which editors read, is what the types say. `UPDATE_SNAPSHOTS=1 cargo test --lib schema` writes it.

use std::{fs, path::Path};

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    AdviceFile, ArchListFile, ArchitectureFile, CudaFile, ErrorFile, FailureFile, GpuFile, TorchFile, VariableFile,
};

/// One schema for every file: a table has one meaning wherever it stands, and editors take one schema for all the files of a folder.
/// The files of `packages/` have rules of their own.
fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let mut tables = Map::new();
    fn add<T: JsonSchema>(generator: &mut SchemaGenerator, tables: &mut Map<String, Value>) {
        let file = T::json_schema(generator);
        let properties = file.get("properties").and_then(Value::as_object).unwrap();
        tables.extend(properties.clone());
    }
    add::<GpuFile>(&mut generator, &mut tables);
    add::<ArchitectureFile>(&mut generator, &mut tables);
    add::<CudaFile>(&mut generator, &mut tables);
    add::<TorchFile>(&mut generator, &mut tables);
    add::<ArchListFile>(&mut generator, &mut tables);
    add::<VariableFile>(&mut generator, &mut tables);
    add::<FailureFile>(&mut generator, &mut tables);
    add::<ErrorFile>(&mut generator, &mut tables);
    add::<AdviceFile>(&mut generator, &mut tables);
    let definitions = generator.take_definitions(true);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "gpucheck knowledge",
        "description": "Rows that gpucheck knows: the files of knowledge/ (packages/ aside) and of a folder given with --knowledge.",
        "type": "object",
        "properties": tables,
        "required": ["sources"],
        "additionalProperties": false,
        "definitions": definitions,
    })
}

#[test]
fn the_schema_for_editors_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/knowledge.schema.json");
    let text = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap() == text, "run UPDATE_SNAPSHOTS=1 cargo test --lib schema");
}

#[test]
fn the_schema_is_as_strict_as_loading() {
    let schema = schema();
    for (name, definition) in schema["definitions"].as_object().unwrap() {
        if definition["type"] != "object" {
            continue;
        }
        assert_eq!(definition["additionalProperties"], false, "{name}");
        if name.ends_with("Row") || name == "TorchRelease" {
            let required: Vec<&str> =
                definition["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert!(required.contains(&"source") && required.contains(&"verified"), "{name}: {required:?}");
        }
    }
}

#[test]
fn every_file_names_the_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.is_file()) {
        let text = fs::read_to_string(&path).unwrap();
        let schema = text.lines().next().and_then(|line| line.strip_prefix("#:schema ")).unwrap();
        assert!(folder.join(schema).is_file(), "{}: {schema}", path.display());
    }
}
