//! The JSON Schema of what `--format json` writes, from the types that write it (`docs/report.schema.json`). Only built with the feature
//! `schema`: the program itself holds nothing of it.

use schemars::{
    JsonSchema, Schema,
    generate::SchemaSettings,
    transform::{RecursiveTransform, Transform as _},
};
use serde::Serialize;
use serde_json::Value;

use super::{Fleet, Installed, Machines, Matrix, Report, SCHEMA, needs::Needs, scan::Scan};

const ABOUT: &str = "What gpucheck writes with --format json: the report of doctor, check, explain, recommend, smoke, scan or matrix; the \
    same for several targets; what needs answers; what merge says of many reports. Keys never change their meaning within a schema number; \
    new keys may come, so readers ignore keys that they do not know.";

/// The keys of every [`Body`](super::Body): which of them a report has follows from its command. The schema of an untagged enum would
/// hold for every object, as the doctor's body has no key.
#[derive(Serialize, JsonSchema)]
pub(super) struct BodyKeys {
    /// What would become of environments that are there (`check`).
    #[serde(skip_serializing_if = "Option::is_none")]
    installed: Option<Vec<Installed>>,
    #[serde(flatten)]
    scan: Scan,
    /// The grid of `matrix`.
    #[serde(skip_serializing_if = "Option::is_none")]
    matrix: Option<Matrix>,
}

/// The schema: exactly one of the four kinds of object. No kind refuses keys that it does not know.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft07().for_serialize().into_generator();
    let kinds = [
        generator.subschema_for::<Report>(),
        generator.subschema_for::<Machines>(),
        generator.subschema_for::<Needs>(),
        generator.subschema_for::<Fleet>(),
    ];
    let mut whole = schemars::json_schema!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": format!("gpucheck report, schema {SCHEMA}"),
        "description": ABOUT,
        "oneOf": kinds,
        "definitions": generator.take_definitions(true),
    });
    RecursiveTransform(as_written).transform(&mut whole);
    whole.to_value()
}

/// What the types say beyond what is written: defaults, which are for reading; objects of one key (an enum's variant) that are closed; and
/// null for a key that is left out where there is nothing.
fn as_written(schema: &mut Schema) {
    schema.remove("default");
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        schema.remove("additionalProperties");
    }
    let required = schema.get("required").cloned().unwrap_or_default();
    let needed = |key: &String| required.as_array().is_some_and(|keys| keys.iter().any(|one| one == key));
    let Some(Value::Object(keys)) = schema.get_mut("properties") else { return };
    for (_, value) in keys.iter_mut().filter(|(key, _)| !needed(key)) {
        not_null(value);
    }
}

/// Takes null out of the types that a value may have.
fn not_null(value: &mut Value) {
    if let Some(Value::Array(types)) = value.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_mut_slice() {
            value["type"] = one.take();
        }
    }
    if let Some(Value::Array(either)) = value.get_mut("anyOf") {
        either.retain(|one| one["type"] != "null");
    }
}
