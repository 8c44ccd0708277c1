//! Projects and commands on them, from files to steps.

use std::{collections::BTreeMap, path::PathBuf};

use proptest::prelude::*;

use crate::{
    facts::{Environment, GapWeight, IndexRole},
    manifest::{Choices, Declared, Reading, Sheet, Shelf, Text, command},
    system::Root,
};

/// Files of a project in a folder of their own.
struct Files {
    folder: tempfile::TempDir,
    choices: Choices,
}

fn files(files: &[(&str, &str)]) -> Files {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let choices = Choices { platform: "linux-x86_64".parse().ok(), python: "3.12".parse().ok(), ..Choices::default() };
    Files { folder, choices }
}

impl Files {
    fn with(mut self, extra: &str) -> Self {
        self.choices.extras.push(extra.to_owned());
        self
    }

    fn windows(mut self) -> Self {
        self.choices.platform = "windows-x86_64".parse().ok();
        self
    }

    fn declared(&self, read: impl FnOnce(&mut Reading<'_>, PathBuf)) -> Declared {
        let shelf = Shelf::new(Root::new(None, None).unwrap(), self.folder.path().to_owned());
        let mut reading = Reading::new(&shelf, &self.choices);
        read(&mut reading, self.folder.path().to_owned());
        reading.declared()
    }

    /// A file of them, or all with ".".
    fn read(&self, name: &str) -> Declared {
        self.declared(|reading, _| reading.named(name.as_ref()))
    }

    /// A command in their folder.
    fn run(&self, line: &str, variables: &[(&str, &str)]) -> Declared {
        self.declared(|reading, folder| {
            let text = Text::new(folder.join("command"), "command", line);
            let mut sheet = Sheet::new("command", "command");
            let words = line.split(' ').map(|word| command::CommandWord {
                text: word.to_owned(),
                at: text.at(0),
                unknown: None,
            });
            let words: Vec<_> = words.collect();
            let variables: BTreeMap<String, String> =
                variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            assert!(
                command::read(
                    &words,
                    &mut command::Scene {
                        reading,
                        sheet: &mut sheet,
                        folder,
                        variables,
                        files: command::Files::default()
                    }
                ),
                "{line}"
            );
            reading.sheets.push(sheet);
        })
    }
}

/// The requests of all steps: `torch==2.7.1 from https://… at pyproject.toml:3`.
fn asked(declared: &Declared) -> Vec<String> {
    let mut all = Vec::new();
    for (number, environment) in declared.environments.iter().enumerate() {
        for (step, one) in environment.steps.iter().enumerate() {
            for (index, request) in one.requests.iter().enumerate() {
                let mut text = format!("{}{}", request.name, request.asked.specifiers);
                if let Some(index) = request.index.as_ref().or(request.asked.source.as_ref()) {
                    text += &format!(" from {}", index.trim_start_matches("https://"));
                }
                let at = &declared.written[&format!("/environments/{number}/steps/{step}/requests/{index}")];
                all.push(format!("{text} at {}:{}", at.path, at.line));
            }
        }
    }
    all
}

fn only(declared: &Declared) -> &Environment {
    assert_eq!(declared.environments.len(), 1, "{:?}", declared.unread);
    &declared.environments[0]
}

fn gaps(declared: &Declared) -> Vec<&str> {
    declared.environments.iter().flat_map(|one| &one.gaps).map(|gap| gap.what.as_str()).collect()
}

fn offers(declared: &Declared) -> Vec<String> {
    let steps = declared.environments.iter().flat_map(|one| &one.steps);
    steps.flat_map(|step| &step.offers).map(|offer| format!("{}: {}", offer.name, offer.packages.join(" "))).collect()
}

const UV: &str = r#"[project]
name = "demo"
dependencies = ["numpy>=2"]

[project.optional-dependencies]
cpu = ["torch>=2.7"]
cu128 = ["torch>=2.7"]

[dependency-groups]
dev = ["pytest"]

[tool.uv.sources]
torch = [
    { index = "cpu", extra = "cpu" },
    { index = "gpu", extra = "cu128", marker = "sys_platform == 'linux'" },
]

[[tool.uv.index]]
name = "gpu"
url = "https://user:word@example.org/whl/cu128"
explicit = true

[[tool.uv.index]]
name = "cpu"
url = "https://example.org/whl/cpu"
explicit = true
"#;

#[test]
fn sources_of_uv_go_by_extra_and_marker() {
    let project = [("pyproject.toml", UV)];
    let gpu = files(&project).with("cu128").read("pyproject.toml");
    assert_eq!(
        asked(&gpu),
        [
            "numpy>=2 at pyproject.toml:3",
            "torch>=2.7 from [redacted]@example.org/whl/cu128 at pyproject.toml:7",
            "pytest at pyproject.toml:10"
        ]
    );
    assert!(offers(&gpu).is_empty(), "somebody chose");
    let windows = files(&project).with("cu128").windows().read("pyproject.toml");
    assert!(asked(&windows).contains(&"torch>=2.7 at pyproject.toml:7".to_owned()));
    let none = files(&project).read("pyproject.toml");
    assert_eq!(offers(&none), ["cpu: torch", "cu128: torch"]);
    assert_eq!(only(&none).steps[0].indexes[0].role, IndexRole::Explicit);
}

#[test]
fn each_tool_reads_what_it_knows() {
    let files = files(&[("pyproject.toml", UV)]);
    let torch =
        |declared: &Declared| asked(declared).into_iter().filter(|line| line.starts_with("torch")).collect::<Vec<_>>();
    assert_eq!(torch(&files.run("pip install .[cu128]", &[])), ["torch>=2.7 at pyproject.toml:7"]);
    assert_eq!(
        torch(&files.run("uv pip install -e .[cpu]", &[])),
        ["torch>=2.7 from example.org/whl/cpu at pyproject.toml:6"]
    );
    assert_eq!(
        torch(&files.run("uv sync --extra=cpu --no-dev", &[])),
        ["torch>=2.7 from example.org/whl/cpu at pyproject.toml:6"]
    );
    assert_eq!(
        torch(&files.run("uv pip install -r pyproject.toml --extra cpu", &[])),
        ["torch>=2.7 from example.org/whl/cpu at pyproject.toml:6"]
    );
    assert_eq!(asked(&files.run("uv sync --only-group dev", &[])), ["pytest at pyproject.toml:10"]);
    assert_eq!(asked(&files.run("uv sync --no-dev", &[])), ["numpy>=2 at pyproject.toml:3"]);
    assert_eq!(gaps(&files.run("uv sync --extra none", &[])), ["extra none, which the project does not have"]);
    let added = files.run("uv add torch==2.7.1 --index https://example.org/whl/cu126", &[]);
    assert!(asked(&added).contains(&"torch==2.7.1 at command:1".to_owned()));
    assert_eq!(only(&added).steps[0].indexes[0].url, "https://example.org/whl/cu126");
    let run = files.run("uv run --with torch main.py torch", &[]);
    assert_eq!(torch(&run), ["torch at command:1"], "what is run is no package");
}

/// pip has several names for some of its options, and takes a beginning that is no other's for the whole.
#[test]
fn options_of_pip_have_several_names() {
    let files = files(&[]);
    let run = |line: &str| files.run(line, &[]);
    for line in ["pip install torch --no-dependencies", "pip install --no-deps torch"] {
        assert!(only(&run(line)).steps[0].alone, "{line}");
    }
    for line in ["--index https://a.example", "--index-u=https://a.example", "--pypi-url https://a.example"] {
        let declared = run(&format!("pip install {line} torch"));
        let step = &only(&declared).steps[0];
        assert_eq!((step.indexes.len(), step.indexes[0].role), (1, IndexRole::Default), "{line}");
        assert_eq!(asked(&declared), ["torch at command:1"], "{line}");
    }
    let extra = run("pip install --extra-index https://a.example torch");
    assert_eq!(only(&extra).steps[0].indexes[0].role, IndexRole::Extra);
    let timeout = run("pip install --default-timeout 100 --source /src --log-file x torch");
    assert_eq!(asked(&timeout), ["torch at command:1"]);
    let refused = run("pip install --no-such-option torch");
    assert_eq!(only(&refused).gaps[0].weight, GapWeight::Refused);
}

#[test]
fn variables_stand_for_options() {
    let files = files(&[("held.txt", "torch<2.8\n")]);
    let pip = files.run(
        "pip install torch",
        &[("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example"), ("PIP_CONSTRAINT", "held.txt")],
    );
    let urls: Vec<_> = only(&pip).steps[0].indexes.iter().map(|index| index.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example", "https://b.example"]);
    assert_eq!(asked(&pip), ["torch<2.8 at held.txt:1", "torch at command:1"]);
    let uv = files
        .run("uv pip install torch", &[("UV_INDEX", "gpu=https://a.example"), ("PIP_INDEX_URL", "https://b.example")]);
    assert_eq!(only(&uv).steps[0].indexes.len(), 1, "uv reads its own variables alone");
    assert_eq!(only(&uv).steps[0].indexes[0].url, "https://a.example");
    let backend = files.run("uv pip install torch --torch-backend=cu128", &[]);
    assert_eq!(only(&backend).steps[0].indexes[0].url, "https://download.pytorch.org/whl/cu128");
    let auto =
        files.run("uv pip install torch", &[("UV_TORCH_BACKEND", "auto"), ("UV_INDEX_STRATEGY", "unsafe-best-match")]);
    assert_eq!(only(&auto).steps[0].indexes[0].url, "https://download.pytorch.org/whl/auto");
    assert!(only(&auto).steps[0].best_match);
}

const POETRY: &str = r#"[tool.poetry]
name = "demo"

[tool.poetry.dependencies]
python = "^3.10"
torch = { version = "^2.3.1", optional = true, source = "gpu" }
gradio = { version = "~4.37", optional = true, python = "<3.12" }
numpy = "*"

[tool.poetry.extras]
gpu = ["torch"]
ui = ["gradio"]

[tool.poetry.group.docs]
optional = true

[tool.poetry.group.docs.dependencies]
mkdocs = "1.6"

[[tool.poetry.source]]
name = "gpu"
url = "https://example.org/whl/cu126"
priority = "explicit"
"#;

#[test]
fn poetry_has_ranges_and_sources_of_its_own() {
    let files = files(&[("pyproject.toml", POETRY)]);
    let torch = "torch>=2.3.1,<3 from example.org/whl/cu126 at pyproject.toml:6";
    assert_eq!(asked(&files.run("poetry install -E gpu", &[])), ["numpy at pyproject.toml:8", torch]);
    assert_eq!(
        asked(&files.run("poetry install --with docs", &[])),
        ["numpy at pyproject.toml:8", "mkdocs==1.6 at pyproject.toml:18"]
    );
    let ui = files.run("poetry install --extras ui", &[]);
    assert_eq!(only(&ui).steps[0].requests[1].asked.marker.as_deref(), Some("python_version < '3.12'"));
    assert_eq!(offers(&files.read("pyproject.toml")), ["gpu: torch", "ui: gradio"]);
    let pip = files.run("pip install .[gpu]", &[]);
    assert_eq!(
        asked(&pip),
        ["numpy at pyproject.toml:8", "torch>=2.3.1,<3 at pyproject.toml:6"],
        "pip knows no sources"
    );
    let added = files.run("poetry add torch@^2.7", &[]);
    assert!(asked(&added).contains(&"torch>=2.7,<3 at command:1".to_owned()));
}

const UV_LOCK: &str = r#"version = 1
conflicts = [[{ package = "demo", extra = "cpu" }, { package = "demo", extra = "cu128" }]]

[[package]]
name = "demo"
version = "0.1"
source = { editable = "." }
dependencies = [{ name = "numpy" }]

[package.optional-dependencies]
cpu = [{ name = "torch", version = "2.7.1+cpu", source = { registry = "https://example.org/whl/cpu" }, marker = "extra == 'extra-4-demo-cpu'" }]
cu128 = [{ name = "torch", version = "2.7.1+cu128", source = { registry = "https://example.org/whl/cu128" }, marker = "extra == 'extra-4-demo-cu128'" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "numpy"
version = "2.2.0"
source = { registry = "https://example.org/simple" }

[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://example.org/simple" }

[[package]]
name = "torch"
version = "2.7.1+cpu"
source = { registry = "https://example.org/whl/cpu" }

[[package]]
name = "torch"
version = "2.7.1+cu128"
source = { registry = "https://example.org/whl/cu128" }
dependencies = [{ name = "nvidia-cudnn", marker = "sys_platform == 'linux'" }, { name = "left-out", marker = "sys_platform == 'win32'" }]
wheels = [
    { url = "https://example.org/whl/cu128/torch-2.7.1%2Bcu128-cp312-cp312-manylinux_2_28_x86_64.whl" },
    { url = "https://example.org/whl/cu128/torch-2.7.1%2Bcu128-cp312-cp312-win_amd64.whl" },
]

[[package]]
name = "nvidia-cudnn"
version = "9.5"
source = { registry = "https://example.org/simple" }

[[package]]
name = "left-out"
version = "1"
source = { registry = "https://example.org/simple" }
"#;

#[test]
fn a_lock_of_uv_is_walked_from_the_project() {
    let both = [("pyproject.toml", UV), ("uv.lock", UV_LOCK)];
    let gpu = files(&both).with("cu128").read(".");
    assert_eq!(
        asked(&gpu),
        [
            "numpy==2.2.0 from example.org/simple at uv.lock:18",
            "pytest==8.0 from example.org/simple at uv.lock:23",
            "torch==2.7.1+cu128 from example.org/whl/cu128 at uv.lock:33",
            "nvidia-cudnn==9.5 from example.org/simple at uv.lock:43",
        ]
    );
    let torch = &only(&gpu).steps[0].requests[2];
    assert_eq!(torch.wheels, ["torch-2.7.1+cu128-cp312-cp312-manylinux_2_28_x86_64.whl"]);
    assert_eq!(only(&gpu).steps[0].extras, ["extra-4-demo-cu128", "group-4-demo-dev"]);
    let none = files(&both).read("pyproject.toml");
    assert_eq!(offers(&none), ["cpu: torch", "cu128: torch"]);
    assert_eq!(asked(&none).len(), 2);
    let alone = files(&[("uv.lock", UV_LOCK)]).with("cpu").read("uv.lock");
    assert!(asked(&alone).contains(&"torch==2.7.1+cpu from example.org/whl/cpu at uv.lock:28".to_owned()));
    let newer = UV.replace("numpy>=2", "numpy>=3");
    let drift = files(&[("pyproject.toml", &newer), ("uv.lock", UV_LOCK)]).read("pyproject.toml");
    let [gap] = gaps(&drift).try_into().unwrap();
    assert!(gap.starts_with("numpy 2.2.0 (uv.lock:") && gap.ends_with(") for 'numpy>=3'"), "{gap}");
}

#[test]
fn a_member_of_a_workspace_has_its_lock_and_settings() {
    let member =
        "[project]\nname = \"one\"\ndependencies = [\"torch\"]\n[tool.uv.sources]\ntorch = { index = \"gpu\" }\n";
    let root = "[tool.uv.workspace]\nmembers = [\"packages/*\"]\n[[tool.uv.index]]\nname = \"gpu\"\nurl = \"https://example.org/whl/cu128\"\nexplicit = true\n";
    let lock = "version = 1\n[[package]]\nname = \"one\"\nsource = { editable = \"packages/one\" }\ndependencies = [{ name = \"torch\" }]\n[[package]]\nname = \"two\"\nsource = { editable = \"packages/two\" }\ndependencies = [{ name = \"jax\" }]\n[[package]]\nname = \"torch\"\nversion = \"2.7.1\"\n[[package]]\nname = \"jax\"\nversion = \"1\"\n";
    let open = files(&[("packages/one/pyproject.toml", member), ("pyproject.toml", root)]);
    assert_eq!(
        asked(&open.read("packages/one/pyproject.toml")),
        ["torch from example.org/whl/cu128 at packages/one/pyproject.toml:3"]
    );
    let locked = files(&[("packages/one/pyproject.toml", member), ("pyproject.toml", root), ("uv.lock", lock)]);
    assert_eq!(asked(&locked.read("packages/one/pyproject.toml")), ["torch==2.7.1 at uv.lock:11"]);
}

#[test]
fn a_lock_of_poetry_knows_groups_and_extras() {
    let lock = r#"[[package]]
name = "numpy"
version = "2.2.0"
optional = false
groups = ["main"]

[[package]]
name = "torch"
version = "2.7.1+cu126"
optional = true
groups = ["main"]
files = [{ file = "torch-2.7.1+cu126-cp312-cp312-manylinux_2_28_x86_64.whl", hash = "sha256:a" }]

[package.dependencies]
triton = ">=3"

[package.source]
type = "legacy"
url = "https://example.org/whl/cu126"
reference = "gpu"

[[package]]
name = "triton"
version = "3.3.1"
optional = true
groups = ["main"]

[[package]]
name = "mkdocs"
version = "1.6"
optional = false
groups = ["docs"]
"#;
    let both = files(&[("pyproject.toml", POETRY), ("poetry.lock", lock)]);
    assert_eq!(asked(&both.run("poetry install", &[])), ["numpy==2.2.0 at poetry.lock:2"]);
    assert_eq!(
        asked(&both.run("poetry install --extras=gpu", &[])),
        [
            "numpy==2.2.0 at poetry.lock:2",
            "torch==2.7.1+cu126 from example.org/whl/cu126 at poetry.lock:8",
            "triton==3.3.1 at poetry.lock:23"
        ]
    );
    assert_eq!(asked(&both.run("poetry install --only docs", &[])), ["mkdocs==1.6 at pyproject.toml:18"]);
    assert_eq!(asked(&files(&[("poetry.lock", lock)]).read("poetry.lock")), ["numpy==2.2.0 at poetry.lock:2"]);
}

#[test]
fn other_lock_files_are_read() {
    let pylock = "lock-version = \"1.0\"\nextras = [\"gpu\"]\n[[packages]]\nname = \"torch\"\nversion = \"2.7.1\"\nmarker = \"'gpu' in extras\"\nindex = \"https://example.org/simple\"\nwheels = [{ url = \"https://example.org/torch-2.7.1%2Bcu128-cp312-cp312-linux_x86_64.whl\" }]\n";
    assert!(asked(&files(&[("pylock.toml", pylock)]).read("pylock.toml")).is_empty());
    let gpu = files(&[("pylock.gpu.toml", pylock)]).with("gpu").read("pylock.gpu.toml");
    assert_eq!(asked(&gpu), ["torch==2.7.1+cu128 from example.org/simple at pylock.gpu.toml:4"]);
    let command = files(&[("pylock.toml", pylock)]).run("uv pip install -r pylock.toml --extra gpu", &[]);
    assert_eq!(asked(&command), ["torch==2.7.1+cu128 from example.org/simple at pylock.toml:4"]);
    let report = "{\"version\": \"1\", \"pip_version\": \"25.0\", \"install\": [\n{\"download_info\": {\"url\": \"https://example.org/whl/cu128/torch-2.7.1%2Bcu128-cp312-cp312-linux_x86_64.whl\"},\n\"metadata\": {\"name\": \"torch\", \"version\": \"2.7.1+cu128\"}}], \"environment\": {\"python_version\": \"3.12\"}}";
    let report = files(&[("report.json", report)]).read("report.json");
    assert_eq!(asked(&report), ["torch==2.7.1+cu128 from example.org/whl/cu128 at report.json:3"]);
    let pipfile = "[[source]]\nname = \"main\"\nurl = \"https://example.org/simple\"\n[[source]]\nname = \"gpu\"\nurl = \"https://example.org/whl/cu128\"\n[packages]\ntorch = { version = \"==2.7.1\", index = \"gpu\" }\nnumpy = \"*\"\n[dev-packages]\npytest = \"*\"\n";
    let open = files(&[("Pipfile", pipfile)]);
    assert_eq!(
        asked(&open.read("Pipfile")),
        ["torch==2.7.1 from example.org/whl/cu128 at Pipfile:8", "numpy at Pipfile:9"]
    );
    let lock = "{\"_meta\": {\"sources\": [{\"name\": \"gpu\", \"url\": \"https://example.org/whl/cu128\"}]},\n\"default\": {\n\"torch\": {\n\"index\": \"gpu\", \"version\": \"==2.7.1\"}}}";
    let locked = files(&[("Pipfile", pipfile), ("Pipfile.lock", lock)]).run("pipenv install", &[]);
    assert_eq!(asked(&locked), ["torch==2.7.1 from example.org/whl/cu128 at Pipfile.lock:3"]);
}

#[test]
fn setuptools_is_read_as_far_as_it_is_literal() {
    let script = "from setuptools import setup\n# install_requires=['no']\ngpu = [\n    'torch>=2',\n]\nsetup(name='Demo', install_requires=[\n    \"numpy\",  # why\n    'demo[gpu]',\n], extras_require={'gpu': gpu, 'all': ['jax']}, tests_require=['torch==1.0'])\n";
    let project = files(&[("setup.py", script)]).read("setup.py");
    assert_eq!(asked(&project), ["numpy at setup.py:7", "torch>=2 at setup.py:4"]);
    assert_eq!(offers(&project), ["all: jax"]);
    let from_file = "setup(install_requires=open('requirements.txt').read().splitlines())\n";
    let project =
        files(&[("setup.py", from_file), ("requirements.txt", "# x\ntorch==2.6.0\n")]).run("pip install -e .", &[]);
    assert_eq!(asked(&project), ["torch==2.6.0 at requirements.txt:2"]);
    let computed = files(&[("setup.py", "setup(install_requires=deps())")]).read("setup.py");
    assert_eq!(gaps(&computed), ["what setup.py computes for install_requires"]);
    let config = "[metadata]\nname = demo\n[options]\ninstall_requires =\n    torch>=2\n    # no\n    numpy\n[options.extras_require]\ngpu = jax\n";
    let project = files(&[("setup.cfg", config), ("pyproject.toml", "[build-system]\n")]);
    assert_eq!(asked(&project.read(".")), ["torch>=2 at setup.cfg:5", "numpy at setup.cfg:7"]);
    let dynamic = "[project]\nname = \"demo\"\ndynamic = [\"dependencies\"]\n[tool.setuptools.dynamic]\ndependencies = { file = [\"requirements.txt\"] }\n";
    let project = files(&[("pyproject.toml", dynamic), ("requirements.txt", "torch==2.6.0\n")]);
    assert_eq!(asked(&project.read(".")), ["torch==2.6.0 at requirements.txt:1"]);
}

#[test]
fn folders_lead_to_other_projects() {
    let one = "[project]\nname = \"one\"\ndependencies = [\"two[gpu]\"]\n[tool.uv.sources]\ntwo = { path = \"../two\", editable = true }\n";
    let two = "[project]\nname = \"two\"\ndependencies = [\"one\"]\n[project.optional-dependencies]\ngpu = [\"torch\"]\n[tool.uv.sources]\none = { path = \"../one\" }\n";
    let both = files(&[("one/pyproject.toml", one), ("two/pyproject.toml", two)]);
    assert!(
        asked(&both.read("one/pyproject.toml")).contains(&"torch at two/pyproject.toml:5".to_owned()),
        "and no endless circle"
    );
    assert_eq!(
        asked(&both.run("pip install ./two[gpu]", &[])),
        ["one at two/pyproject.toml:3", "torch at two/pyproject.toml:5"]
    );
    assert!(gaps(&both.run("pip install ./three", &[]))[0].starts_with("what the folder ./three requires ("));
}

#[test]
fn a_script_says_what_it_needs() {
    let script = "#!/usr/bin/env python\n# /// script\n# dependencies = [\n#   \"torch==2.7.1\",\n# ]\n# [tool.uv.sources]\n# torch = { index = \"gpu\" }\n# [[tool.uv.index]]\n# name = \"gpu\"\n# url = \"https://example.org/whl/cu128\"\n# ///\nimport torch\n";
    let both = files(&[("run.py", script), ("pyproject.toml", UV)]);
    let torch = ["torch==2.7.1 from example.org/whl/cu128 at run.py:4"];
    assert_eq!(asked(&both.read("run.py")), torch);
    assert_eq!(asked(&both.run("uv run run.py --extra gpu", &[])), torch);
    assert_eq!(asked(&both.run("uv run --with jax other.py", &[])).len(), 3, "the project's own, and jax");
}

#[test]
fn a_broken_file_is_said_to_be_broken() {
    let project =
        files(&[("pyproject.toml", "[project]\ndependencies = [\"torch\"\n[tool.uv]\n")]).read("pyproject.toml");
    assert!(gaps(&project)[0].starts_with("pyproject.toml without the fault in it ("), "{:?}", gaps(&project));
    let tools = files(&[("pyproject.toml", "[tool.ruff]\nline-length = 100\n")]).read("pyproject.toml");
    let nothing = |one: &Environment| one.steps.is_empty() && one.gaps.is_empty();
    assert!(tools.environments.len() == 1 && tools.environments.iter().all(nothing), "no project, and no mistake");
}

proptest! {
    #[test]
    fn any_change_of_a_file_is_read_without_a_panic(
        which in 0_usize..6, at in 0_usize..2000, length in 0_usize..40, put in "[\\[\\]{}\"'=,.;#\na-z0-9@ <>|^~*é-]{0,8}",
    ) {
        let samples =
            [("pyproject.toml", UV), ("pyproject.toml", POETRY), ("uv.lock", UV_LOCK), ("poetry.lock", UV_LOCK), ("setup.py", POETRY), ("setup.cfg", POETRY)];
        let (name, content) = samples[which];
        let at = at % content.len();
        let content = format!("{}{put}{}", &content[..at], content.get(at + length..).unwrap_or_default());
        let shelf = Shelf::new(Root::new(None, None).unwrap(), PathBuf::from("/nonexistent"));
        let choices = Choices::default();
        let mut reading = Reading::new(&shelf, &choices);
        reading.text(&Text::new("/nonexistent/".to_owned() + name, name, content));
        reading.declared();
    }
}
