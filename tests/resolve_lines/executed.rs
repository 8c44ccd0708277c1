//! Lines of fixes, executed as they are printed in environments of stub wheels: afterwards the doctor is healthy, and what was promised
//! is there.

use std::path::Path;

use gpucheck::knowledge::Knowledge;
use serde_json::Value;

use crate::{Bench, common};

const OLD: &str = "torch==2.7.1 torchvision==0.22.1 torchaudio==2.7.1";

/// What the doctor says of a place on an RTX 5090.
fn judged(place: &Path) -> Value {
    common::doctor(&[place.to_str().unwrap(), "--gpu", "RTX 5090", "--driver", "580.95.05"]).1
}

/// Pastes the fix of which the summary says `what`, and looks again.
fn heal(bench: &Bench, place: &Path, what: &str) {
    let before = judged(place);
    let cause = common::finding(&before, "gpu-too-new-for-wheel");
    let mut fixes = cause["fixes"].as_array().unwrap().iter();
    let fix =
        fixes.find(|fix| fix["summary"].as_str().unwrap().contains(what)).unwrap_or_else(|| panic!("{what}: {cause}"));
    for command in fix["commands"].as_array().unwrap() {
        let line = command["line"].as_str().unwrap();
        bench.tools.paste(line, place).unwrap_or_else(|why| panic!("{line}: {why}"));
    }
    let after = judged(place);
    assert_eq!(after["verdict"], "ok", "{fix}\n{}", after["findings"]);
    let packages = after["facts"]["environments"][0]["packages"].as_array().unwrap();
    let build = |name: &&str| {
        let package = packages.iter().find(|package| package["name"] == **name)?;
        Some(format!("{name} {}", package["build"]["value"]["version"].as_str()?))
    };
    let there: Vec<String> = ["torch", "torchvision", "torchaudio"].iter().filter_map(build).collect();
    assert_eq!(fix["result"], there.join(", "), "what was promised is what is there");
}

#[test]
fn the_same_version_or_another_by_pip_and_uv() {
    let bench = match Bench::new(&Knowledge::builtin().unwrap()) {
        Ok(bench) => bench,
        Err(why) => return crate::skipped(&why),
    };
    for (name, make, install) in [
        ("pip", "python3 -m venv .", "bin/python -m pip install --quiet"),
        ("uv", "uv venv --quiet --allow-existing .", "uv pip install --quiet --python bin/python"),
    ] {
        let place = bench.tools.folder(name);
        bench.tools.paste(make, &place).unwrap();
        // In this order: 2.7.1+cu128 is a 2.7.1 already.
        for what in ["torch 2.8.0", "keep torch 2.7.1"] {
            bench.tools.paste(&format!("{install} {OLD}"), &place).unwrap();
            heal(&bench, &place, what);
        }
    }
}

#[test]
fn a_uv_project() {
    let bench = match Bench::new(&Knowledge::builtin().unwrap()) {
        Ok(bench) => bench,
        Err(why) => return crate::skipped(&why),
    };
    let place = bench.tools.folder("project");
    let requirements = OLD.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    let project = format!(
        "[project]\nname = \"demo\"\nversion = \"0\"\nrequires-python = \">=3.10,<3.14\"\ndependencies = [{requirements}]\n\
         [tool.uv]\nenvironments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]\n"
    );
    std::fs::write(place.join("pyproject.toml"), project).unwrap();
    bench.tools.paste("uv sync --quiet", &place).unwrap();
    heal(&bench, &place, "keep torch 2.7.1");
}
