//! The same machine with every folder in another place: what is found there has the same fingerprints.

use std::sync::LazyLock;

use gpucheck::{
    enrich::enrich,
    facts::Facts,
    knowledge::Knowledge,
    rules::{self, Judged},
};
use serde_json::Value;

/// Where people keep things, and where others do. Earlier lines win.
const MOVES: &[(&str, &str)] = &[
    ("~/", "/srv/others/cluster 7/"),
    ("/home/", "/srv/people/"),
    ("/root/", "/srv/root/"),
    ("/tmp/", "/mnt/scratch/9/"),
    ("/work/", "/mnt/work/"),
    ("/usr/local/cuda", "/sw/nvidia/cuda"),
    ("/opt/", "/sw/"),
    (r"C:\Users\", r"D:\People\"),
    ("site-packages", "dist-packages"),
    ("/.venv", "/env-of-another"),
];

/// Asserts that the rules give these facts, which may be those of a report, the same fingerprints in another place.
#[track_caller]
pub fn same(facts: &Value) {
    let moved = moved(facts);
    let (here, there) = (fingerprints(facts), fingerprints(&moved));
    assert_eq!(here, there, "a path is part of a fingerprint; the facts were moved to {}", moved["environments"]);
}

/// Rule and fingerprint of everything that the rules find, in their order.
fn fingerprints(facts: &Value) -> Vec<(&'static str, String)> {
    static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::builtin().unwrap());
    let facts: Facts = serde_json::from_value(facts.clone()).unwrap();
    let found = rules::run(&enrich(&facts, &KNOWLEDGE), &KNOWLEDGE, Judged::All).findings;
    let mut found: Vec<_> = found.into_iter().map(|finding| (finding.rule, finding.fingerprint)).collect();
    found.sort();
    found
}

/// The facts with every folder in another place.
pub fn moved(facts: &Value) -> Value {
    let mut moved = facts.clone();
    let places =
        facts["environments"].as_array().into_iter().flatten().enumerate().filter_map(|(index, environment)| {
            let is_place = environment["origin"] != "hypothetical" && environment["origin"] != "log";
            let id = environment["id"].as_str().filter(|_| is_place)?;
            Some((id.to_owned(), format!("/data/someone/project-{index}/python")))
        });
    let places: Vec<(String, String)> = places.collect();
    shift(&mut moved, &places);
    // How a toolkit was found is a fixed text, though it may look like its place.
    if let (Some(toolkits), Some(before)) = (moved["toolkits"].as_array_mut(), facts["toolkits"].as_array()) {
        toolkits.iter_mut().zip(before).for_each(|(toolkit, before)| toolkit["found_by"] = before["found_by"].clone());
    }
    moved
}

fn shift(value: &mut Value, places: &[(String, String)]) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| shift(value, places)),
        Value::Object(fields) => fields.values_mut().for_each(|value| shift(value, places)),
        Value::String(text) => {
            // An environment's own name, and what lies in its folder.
            for (from, to) in places {
                match text.strip_prefix(from.as_str()) {
                    Some("") => *text = to.clone(),
                    Some(rest) if rest.starts_with(['/', '\\']) => *text = format!("{to}{rest}"),
                    _ => continue,
                }
                return;
            }
            for (from, to) in MOVES {
                *text = text.replace(from, to);
            }
        }
        _ => {}
    }
}
