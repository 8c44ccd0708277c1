//! Fingerprints are those of what is wrong, not of where it lies: each case of each rule is judged a second time in another place, by the
//! helpers that tests judge with (`common::moved_alike`). Here: that this is so of each file with cases, and that the other place is
//! another one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{fs, path::Path};

use common::elsewhere;
use serde_json::{Value, json};

/// A path may name people and their projects.
#[test]
fn no_folder_of_a_person_stays_in_its_place() {
    let facts = json!({
        "environments": [
            {"id": "/home/a/venv", "origin": "installed", "interpreter": {"value": "/home/a/venv/bin/python"}},
            {"id": "new environment", "origin": "hypothetical"},
        ],
        "env_vars": {"CUDA_HOME": "/usr/local/cuda-12.4", "LD_LIBRARY_PATH": "/home/a/lib:~/b/lib"},
        "toolkits": [{"path": "/usr/local/cuda-12.4", "found_by": ["/usr/local/cuda"]}],
        "smoke": {"value": [{"libraries": [{"environment": "/home/a/venv", "path": "torch/lib/libtorch_cuda.so"}]}]},
    });
    let moved = elsewhere::moved(&facts);
    let expected = json!({
        "environments": [
            {
                "id": "/data/someone/project-0/python", "origin": "installed",
                "interpreter": {"value": "/data/someone/project-0/python/bin/python"},
            },
            {"id": "new environment", "origin": "hypothetical"},
        ],
        "env_vars": {"CUDA_HOME": "/sw/nvidia/cuda-12.4", "LD_LIBRARY_PATH": "/srv/people/a/lib:/srv/others/cluster 7/b/lib"},
        "toolkits": [{"path": "/sw/nvidia/cuda-12.4", "found_by": ["/usr/local/cuda"]}],
        "smoke": {"value": [{"libraries": [{"environment": "/data/someone/project-0/python", "path": "torch/lib/libtorch_cuda.so"}]}]},
    });
    assert_eq!(moved, expected);
}

/// Every helper that a file with cases judges with compares the fingerprints.
#[test]
fn every_case_of_a_rule_is_judged_in_another_place_too() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    // The files that `every_rule_has_its_case` takes for cases.
    let rules = read("rules.rs");
    let files = rules.lines().filter_map(|line| line.trim().strip_prefix("include_str!(\"")?.split('"').next());
    let files: Vec<&str> = files.chain(["package_rules.rs"]).collect();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let text = read(file);
        let own = text.contains("common::moved_alike(") || text.contains("common::elsewhere::same(");
        let helpers = ["case::{", "place::{", "common::doctor("].iter().any(|helper| text.contains(helper));
        assert!(own || helpers, "{file} judges with a helper of its own, which compares no fingerprints");
    }
    for helper in ["common/case.rs", "common/place.rs", "common/mod.rs"] {
        assert!(read(helper).contains("moved_alike("), "{helper} compares no fingerprints");
    }
}

/// One environment, two homes: the finding is one, and what is shown of it is not.
#[test]
fn the_subject_is_shown_and_stays_out_of_the_fingerprint() {
    let at = |id: &str| -> Value {
        let (_, report) = common::case::healthy()
            .without("nvidia-cudnn-cu12")
            .place(|environment| environment["id"] = json!(id))
            .judged();
        common::finding(&report, "environment-incomplete").clone()
    };
    let (one, other) = (at("/home/a/venv"), at("/srv/b/env"));
    assert_eq!(one["fingerprint"], other["fingerprint"]);
    assert_eq!((&one["subject"], &other["subject"]), (&json!("/home/a/venv"), &json!("/srv/b/env")));
}
