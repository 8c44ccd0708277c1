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

/// Pastes the fix of which the summary says `what`, looks again, and compares with what was promised.
fn heal(bench: &Bench, place: &Path, what: &str) {
    let (fix, after) = healed(bench, place, "gpu-too-new-for-wheel", what);
    let packages = after["facts"]["environments"][0]["packages"].as_array().unwrap();
    let build = |name: &&str| {
        let package = packages.iter().find(|package| package["name"] == **name)?;
        Some(format!("{name} {}", package["build"]["value"]["version"].as_str()?))
    };
    let there: Vec<String> = ["torch", "torchvision", "torchaudio"].iter().filter_map(build).collect();
    assert_eq!(fix["result"], there.join(", "), "what was promised is what is there");
}

/// Pastes the fix of a rule's finding of which the summary says `what`; the fix, and what the doctor says afterwards: nothing is wrong.
fn healed(bench: &Bench, place: &Path, rule: &str, what: &str) -> (Value, Value) {
    let before = judged(place);
    let cause = common::finding(&before, rule);
    let mut fixes = cause["fixes"].as_array().unwrap().iter();
    let fix =
        fixes.find(|fix| fix["summary"].as_str().unwrap().contains(what)).unwrap_or_else(|| panic!("{what}: {cause}"));
    for command in fix["commands"].as_array().unwrap() {
        let line = command["line"].as_str().unwrap();
        bench.tools.paste(line, place).unwrap_or_else(|why| panic!("{line}: {why}"));
    }
    let after = judged(place);
    assert_eq!(after["verdict"], "ok", "{fix}\n{}", after["findings"]);
    (fix.clone(), after)
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

/// A package that others require is gone: the line brings it back.
#[test]
fn what_is_missing_comes_back() {
    let bench = match Bench::new(&Knowledge::builtin().unwrap()) {
        Ok(bench) => bench,
        Err(why) => return crate::skipped(&why),
    };
    const WHOLE: &str = "torch==2.8.0 torchvision==0.23.0";
    for (name, make, install, remove) in [
        ("pip", "python3 -m venv .", "bin/python -m pip install --quiet", "bin/python -m pip uninstall --quiet -y"),
        (
            "uv",
            "uv venv --quiet --allow-existing .",
            "uv pip install --quiet --python bin/python",
            "uv pip uninstall --quiet --python bin/python",
        ),
    ] {
        let place = bench.tools.folder(&format!("incomplete-{name}"));
        for line in [make, &format!("{install} {WHOLE}"), &format!("{remove} jinja2 torchvision pillow")] {
            bench.tools.paste(line, &place).unwrap_or_else(|why| panic!("{line}: {why}"));
        }
        healed(&bench, &place, "environment-incomplete", "");
    }
    let place = bench.tools.folder("incomplete-project");
    let wanted = WHOLE.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
    let project = format!(
        "[project]\nname = \"demo\"\nversion = \"0\"\nrequires-python = \">=3.10,<3.14\"\ndependencies = [{wanted}]\n\
         [tool.uv]\nenvironments = [\"sys_platform == 'linux' and platform_machine == 'x86_64'\"]\n"
    );
    std::fs::write(place.join("pyproject.toml"), project).unwrap();
    for line in ["uv sync --quiet", "uv pip uninstall --quiet jinja2 pillow"] {
        bench.tools.paste(line, &place).unwrap_or_else(|why| panic!("{line}: {why}"));
    }
    let (fix, _) = healed(&bench, &place, "environment-incomplete", "");
    assert!(fix["commands"][0]["line"].as_str().unwrap().contains("uv sync"), "{fix}");
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
    // Another version first: 2.7.1+cu128 is a 2.7.1 already.
    for what in ["torch 2.8.0", "keep torch 2.7.1"] {
        std::fs::write(place.join("pyproject.toml"), &project).unwrap();
        bench.tools.paste("uv sync --quiet", &place).unwrap();
        heal(&bench, &place, what);
    }
}

/// What `recommend --keep` prints for a set with torch 2.7.1, for this tool: the text of the files to write, by name, and the lines.
fn kept(tool: &str) -> (Vec<(String, String)>, Vec<String>) {
    let machine = ["recommend", "--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--format", "json"];
    let wanted = ["--torch", "2.7.1", "--keep", "--tool", tool];
    let (_, out, err) = common::run(common::gpucheck().args(machine).args(wanted));
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let fix = &report["findings"][0]["fixes"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let edits = fix["edits"].as_array().unwrap().iter();
    let lines = fix["commands"].as_array().unwrap().iter().map(|command| text(&command["line"]));
    (edits.map(|edit| (text(&edit["file"]), text(&edit["text"]))).collect(), lines.collect())
}

/// The constraints of `recommend --keep`, obeyed by the real tools: an install that would bring another torch is refused and changes
/// nothing; without them it would be taken; one that goes with the set is taken.
#[test]
fn constraints_hold_the_set() {
    let bench = match Bench::new(&Knowledge::builtin().unwrap()) {
        Ok(bench) => bench,
        Err(why) => return crate::skipped(&why),
    };
    for (tool, make, install, by_option, by_variable) in [
        ("pip", "python3 -m venv .", "pip install", "-c constraints.txt", "PIP_CONSTRAINT"),
        (
            "uv",
            "uv venv --quiet --allow-existing .",
            "uv pip install",
            "--constraints constraints.txt",
            "UV_CONSTRAINT",
        ),
    ] {
        let place = bench.tools.folder(&format!("kept-{tool}"));
        let active = |line: &str| bench.tools.paste(&format!(". bin/activate && {line}"), &place);
        bench.tools.paste(make, &place).unwrap();
        let (files, lines) = kept(tool);
        assert_eq!(files.len(), 1, "{files:?}");
        std::fs::write(place.join(&files[0].0), &files[0].1).unwrap();
        for line in &lines {
            active(line).unwrap_or_else(|why| panic!("{line}: {why}"));
        }
        let judged = || judged(&place);
        let before = judged();
        assert_eq!(before["verdict"], "ok", "{tool}: {}", before["findings"]);
        // vllm 0.33.0 requires torch 2.14.0, and xformers 0.0.35 one from 2.10 on.
        for wanted in ["vllm==0.33.0", "xformers==0.0.35"] {
            active(&format!("{install} --dry-run {wanted}")).unwrap_or_else(|why| panic!("{tool}: {wanted}: {why}"));
            let refused = [
                format!("{install} {by_option} {wanted}"),
                format!("{by_variable}=constraints.txt {install} {wanted}"),
            ];
            for line in refused {
                let why = active(&line).expect_err(&line);
                let told =
                    why.contains("conflict") || why.contains("unsatisfiable") || why.contains("ResolutionImpossible");
                assert!(told, "{line}: {why}");
            }
        }
        let after = judged();
        assert_eq!(before["facts"]["environments"], after["facts"]["environments"], "{tool}: nothing was changed");
        // This one requires torch 2.7.1, and its other build is there.
        active(&format!("{install} {by_option} xformers==0.0.31.post1")).unwrap_or_else(|why| panic!("{tool}: {why}"));
        let after = judged();
        let torch =
            after["facts"]["environments"][0]["packages"].as_array().unwrap().iter().find(|one| one["name"] == "torch");
        assert_eq!(torch.unwrap()["version"]["value"], "2.7.1+cu128", "{tool}");
    }
}

/// The same in a uv project, whose pyproject.toml holds the set.
#[test]
fn a_project_holds_the_set() {
    let bench = match Bench::new(&Knowledge::builtin().unwrap()) {
        Ok(bench) => bench,
        Err(why) => return crate::skipped(&why),
    };
    let place = bench.tools.folder("kept-project");
    let (files, lines) = kept("uv-project");
    let project =
        "[project]\nname = \"demo\"\nversion = \"0\"\nrequires-python = \">=3.11,<3.13\"\ndependencies = []\n";
    let edits = files.iter().map(|(file, text)| {
        assert_eq!(file, "pyproject.toml");
        bench.tools.served(text)
    });
    let text = edits.fold(project.to_owned(), |all, text| all + "\n" + &text + "\n");
    std::fs::write(place.join("pyproject.toml"), text).unwrap();
    let run = |line: &str| bench.tools.paste(line, &place);
    for line in &lines {
        run(line).unwrap_or_else(|why| panic!("{line}: {why}"));
    }
    let lock = || std::fs::read_to_string(place.join("uv.lock")).unwrap();
    let before = lock();
    run("uv add vllm==0.33.0").expect_err("it requires torch 2.14.0");
    assert_eq!(before, lock(), "nothing was changed");
    assert_eq!(judged(&place)["verdict"], "ok");
    run("uv add xformers==0.0.31.post1").unwrap_or_else(|why| panic!("{why}"));
    assert!(lock().contains("version = \"2.7.1+cu128\""), "{}", lock());
}
