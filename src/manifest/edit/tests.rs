//! Texts before and after, for one torch build.

use std::collections::BTreeMap;

use super::{Declaration, NoEdit, Wanted, ways};
use crate::{
    facts::{Environment, Index, IndexRole, Location, Origin, Package, Request, RequestPlace, Resolver, Step},
    manifest::{Choices, Put, Reading, Shelf, Text},
    system::Root,
};

const CU128: &str = "https://download.pytorch.org/whl/cu128";

fn shelf(name: &str, text: &str) -> Shelf {
    let mut shelf = Shelf::new(Root::new(None, None).unwrap(), "/work".into());
    let path = shelf.absolute(name.as_ref());
    shelf.put(&path, Some(Put { shown: name.to_owned(), text: text.to_owned() }));
    shelf
}

fn wanted(name: &str, specifiers: &str) -> Wanted {
    Wanted { name: name.to_owned(), specifiers: specifiers.to_owned(), index: Some(CU128.to_owned()) }
}

/// The packages that the requests bring: each its own.
fn with_packages(environment: &mut Environment) {
    for (step, of_step) in environment.steps.iter().enumerate() {
        for (request, one) in of_step.requests.iter().enumerate() {
            let place = Some(RequestPlace { step, request });
            environment.packages.push(Package { request: place, ..Package::unknown(&one.name, "test") });
        }
    }
}

/// The ways to ask for torch 2.7.1+cu128 and its companion in a requirements file.
fn requirements(text: &str) -> Result<Vec<String>, NoEdit> {
    let shelf = shelf("requirements.txt", text);
    let choices = Choices::default();
    let mut reading = Reading::new(&shelf, &choices);
    reading.named("requirements.txt".as_ref());
    let mut declared = reading.declared();
    let environment = declared.environments.first_mut().unwrap();
    with_packages(environment);
    let mut all = vec![wanted("torch", "==2.7.1+cu128")];
    if environment.package("torchvision").is_some() {
        all.push(wanted("torchvision", "==0.22.1+cu128"));
    }
    let declaration = Declaration { environment, number: 0, written: &declared.written };
    let ways = ways(&shelf, &declaration, &all, &[])?;
    Ok(ways.into_iter().map(|way| way.into_iter().next().map(|file| file.new).unwrap_or_default()).collect())
}

/// A step of another file, as its reader would give it: where torch is asked for, and the index.
fn asked(name: &str, text: &str, at: &str, url: Option<&str>, resolver: Resolver) -> Result<Vec<String>, NoEdit> {
    let shelf = shelf(name, text);
    shelf.named(name.as_ref()).unwrap();
    let place: Location = Text::new(name, name, text).at(text.find(at).unwrap());
    let written: BTreeMap<String, Location> = [("/environments/0/steps/0/requests/0".to_owned(), place)].into();
    let mut environment = Environment::unknown(name, Origin::Declared(name.to_owned()), "test");
    let mut request = Request::new("torch");
    let local = if text.contains("}+cu") { "+cu124" } else { "" };
    request.asked.specifiers = format!("==2.5.1{local}");
    let indexes = url.iter().map(|url| Index { url: (*url).to_owned(), role: IndexRole::Default });
    let indexes = indexes.collect();
    environment.steps.push(Step { resolver, indexes, requests: vec![request], ..Step::default() });
    with_packages(&mut environment);
    let declaration = Declaration { environment: &environment, number: 0, written: &written };
    let ways = ways(&shelf, &declaration, &[wanted("torch", "==2.7.1+cu128")], &[])?;
    Ok(ways.into_iter().map(|way| way.into_iter().next().map(|file| file.new).unwrap_or_default()).collect())
}

fn first(ways: Result<Vec<String>, NoEdit>) -> String {
    ways.unwrap().into_iter().next().unwrap()
}

#[test]
fn lines_of_requirements_keep_all_but_the_version() {
    let index = format!("--extra-index-url {CU128}");
    for (old, new) in [
        ("torch==2.5.1\n", format!("{index}\ntorch==2.7.1+cu128\n")),
        (
            "a\r\nTorch [opt] >= 2.0 , < 3 ; python_version > '3'  # why\r\nb",
            format!("a\r\n{index}\r\nTorch [opt]==2.7.1+cu128 ; python_version > '3'  # why\r\nb"),
        ),
        ("torch", format!("{index}\ntorch==2.7.1+cu128")),
        (
            "--index-url https://m.example/pytorch-wheels/cu124/\ntorch==2.5.1\ntorchvision\n",
            "--index-url https://m.example/pytorch-wheels/cu128/\ntorch==2.7.1\ntorchvision\n".to_owned(),
        ),
        (
            "torch==2.5.1 ; os_name == 'posix' \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb==1 --hash=sha256:02\n",
            format!("{index}\ntorch==2.7.1+cu128 ; os_name == 'posix'\nb==1 --hash=sha256:02\n"),
        ),
        (
            "# https://download.pytorch.org/whl/cu118\ntorch @ https://download.pytorch.org/whl/cu124/torch-2.5.1%2Bcu124-cp311-cp311-linux_x86_64.whl\n",
            format!("# https://download.pytorch.org/whl/cu118\n{index}\ntorch==2.7.1+cu128\n"),
        ),
        (
            "https://download.pytorch.org/whl/cu124/torch-2.5.1%2Bcu124-cp311-cp311-linux_x86_64.whl ; os_name == 'posix'\n",
            format!("{index}\ntorch==2.7.1+cu128 ; os_name == 'posix'\n"),
        ),
    ] {
        let ways = requirements(old).unwrap_or_else(|why| panic!("{old}: {why}"));
        assert_eq!(ways.first(), Some(&new), "{old}");
    }
}

#[test]
fn an_index_is_added_where_replacing_it_will_not_do() {
    let ways = requirements("--extra-index-url https://download.pytorch.org/whl/cu124\ntorch==2.5.1\n").unwrap();
    assert_eq!(ways.len(), 2);
    assert!(ways[1].contains("cu124\n--extra-index-url https://download.pytorch.org/whl/cu128\ntorch"), "{}", ways[1]);
}

#[test]
fn commands_keep_their_shape() {
    let url = Some("https://download.pytorch.org/whl/cu124");
    for (name, old, at, url, new) in [
        (
            "Dockerfile",
            "RUN pip install torch==2.5.1 \\\n    --index-url https://download.pytorch.org/whl/cu124 && ls\n",
            "torch==",
            url,
            "RUN pip install torch==2.7.1 \\\n    --index-url https://download.pytorch.org/whl/cu128 && ls\n",
        ),
        (
            "Dockerfile",
            "RUN pip install \"torch>=2.5\" numpy\n",
            "torch",
            None,
            "RUN pip install \"torch==2.7.1+cu128\" --extra-index-url https://download.pytorch.org/whl/cu128 numpy\n",
        ),
        (
            "Dockerfile",
            "RUN [\"pip\", \"install\", \"torch==2.5.1\"]\n",
            "torch",
            None,
            "RUN [\"pip\", \"install\", \"torch==2.7.1+cu128\", \"--extra-index-url\", \"https://download.pytorch.org/whl/cu128\"]\n",
        ),
        (
            "Dockerfile",
            "ARG TORCH=2.5.1\nARG CU=124\nFROM x\nRUN pip install torch==${TORCH}+cu$CU --index-url https://download.pytorch.org/whl/cu${CU}\n",
            "torch==",
            url,
            "ARG TORCH=2.7.1\nARG CU=128\nFROM x\nRUN pip install torch==${TORCH}+cu$CU --index-url https://download.pytorch.org/whl/cu${CU}\n",
        ),
        (
            "Dockerfile",
            "ARG CUDA=12.4\nRUN pip install torch==2.5.1 --index-url https://download.pytorch.org/whl/cu${CUDA//./}\n",
            "torch==",
            url,
            "ARG CUDA=12.4\nRUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128\n",
        ),
        (
            "environment.yml",
            "  - pip:\n    - torch==2.5.1 # keep\n    - x\n",
            "torch",
            None,
            "  - pip:\n    - --extra-index-url https://download.pytorch.org/whl/cu128\n    - torch==2.7.1+cu128 # keep\n    - x\n",
        ),
    ] {
        assert_eq!(first(asked(name, old, at, url, Resolver::Pip)), new, "{old}");
    }
}

#[test]
fn projects_name_their_index() {
    let url = Some("https://download.pytorch.org/whl/cu124");
    let old = "[project]\ndependencies = [\"torch>=2.5; python_version > '3'\"]\n[tool.uv.sources]\ntorch = { index = \"pytorch-cu124\" }\n\
               [[tool.uv.index]]\nname = \"pytorch-cu124\"\nurl = \"https://download.pytorch.org/whl/cu124\"\n";
    let new = old.replace(">=2.5", "==2.7.1").replace("cu124", "cu128");
    assert_eq!(first(asked("pyproject.toml", old, "torch>=", url, Resolver::Uv)), new);
    let old = "[project]\ndependencies = [\n    \"torch>=2.5\",\n]\n";
    let new = "[project]\ndependencies = [\n    \"torch==2.7.1+cu128\",\n]\n\n[[tool.uv.index]]\nname = \"pytorch-cu128\"\n\
               url = \"https://download.pytorch.org/whl/cu128\"\nexplicit = true\n\n[tool.uv.sources]\ntorch = { index = \"pytorch-cu128\" }\n";
    assert_eq!(first(asked("pyproject.toml", old, "torch>=", None, Resolver::Uv)), new);
    let old = "[tool.poetry.dependencies]\ntorch = {version = \"2.5.1\", source = \"t\"}\n[[tool.poetry.source]]\nname = \"t\"\nurl = \"https://download.pytorch.org/whl/cu124\"\n";
    let new = old.replace("2.5.1", "2.7.1").replace("cu124", "cu128");
    assert_eq!(first(asked("pyproject.toml", old, "torch =", url, Resolver::Poetry)), new);
}

#[test]
fn an_index_that_a_project_has_a_name_for_is_named() {
    let indexes = "[[tool.uv.index]]\nname = \"pytorch-cu124\"\nurl = \"https://download.pytorch.org/whl/cu124\"\nexplicit = true\n\
                   [[tool.uv.index]]\nname = \"new\"\nurl = \"https://download.pytorch.org/whl/cu128/\"\nexplicit = true\n";
    let old = format!(
        "[project]\ndependencies = [\"torch==2.5.1\"]\n[tool.uv.sources]\ntorch = [\n  {{ index = \"pytorch-cu124\", extra = \"a\" }},\n]\n\
         x = {{ index = \"pytorch-cu124\" }}\n{indexes}"
    );
    let new = old.replace("==2.5.1", "==2.7.1").replacen("\"pytorch-cu124\"", "\"new\"", 1);
    let url = Some("https://download.pytorch.org/whl/cu124");
    assert_eq!(first(asked("pyproject.toml", &old, "torch==", url, Resolver::Uv)), new);
}

#[test]
fn poetry_and_pipenv_get_a_source() {
    let poetry = "\n[[tool.poetry.source]]\nname = \"pytorch-cu128\"\nurl = \"https://download.pytorch.org/whl/cu128\"\npriority = \"explicit\"\n";
    let pipenv =
        "\n[[source]]\nname = \"pytorch-cu128\"\nurl = \"https://download.pytorch.org/whl/cu128\"\nverify_ssl = true\n";
    for (name, resolver, old, new) in [
        (
            "pyproject.toml",
            Resolver::Poetry,
            "[tool.poetry.dependencies]\ntorch = \"2.5.1\" # why\n",
            format!(
                "[tool.poetry.dependencies]\ntorch = {{ version = \"2.7.1+cu128\", source = \"pytorch-cu128\" }} # why\n{poetry}"
            ),
        ),
        (
            "pyproject.toml",
            Resolver::Poetry,
            "[tool.poetry.dependencies]\ntorch = {version = \"^2.5\", optional = true}",
            format!(
                "[tool.poetry.dependencies]\ntorch = {{version = \"==2.7.1+cu128\", optional = true, source = \"pytorch-cu128\"}}\n{poetry}"
            ),
        ),
        (
            "Pipfile",
            Resolver::Pip,
            "[packages]\ntorch = \"==2.5.1\"\n",
            format!("[packages]\ntorch = {{ version = \"==2.7.1+cu128\", index = \"pytorch-cu128\" }}\n{pipenv}"),
        ),
        (
            "pixi.toml",
            Resolver::Uv,
            "[pypi-dependencies]\ntorch = \"==2.5.1\"\n",
            format!("[pypi-dependencies]\ntorch = {{ version = \"==2.7.1+cu128\", index = \"{CU128}\" }}\n"),
        ),
    ] {
        assert_eq!(first(asked(name, old, "torch", None, resolver)), new, "{old}");
    }
    // One that is taken from elsewhere is not understood.
    let git = "[tool.poetry.dependencies]\ntorch = {version = \"2.5.1\", git = \"https://a.example\"}\n";
    assert!(asked("pyproject.toml", git, "torch", None, Resolver::Poetry).is_err());
}

#[test]
fn programs_in_python_are_commands() {
    let url = Some("https://download.pytorch.org/whl/cu124");
    let old = "V = \"2.5.1\"\nU = os.environ.get(\"U\", \"https://download.pytorch.org/whl/cu124\")\nrun(f\"pip install torch=={V} --index-url {U}\")\n";
    let new = old.replace("2.5.1", "2.7.1").replace("cu124", "cu128");
    assert_eq!(first(asked("launch.py", old, "torch==", url, Resolver::Pip)), new);
    let old = "def f():\n    run(\"pip install torch==2.5.1 \" + INDEX)\nINDEX = \"--index-url https://download.pytorch.org/whl/cu124\"\n";
    let new = old.replace("2.5.1", "2.7.1").replace("cu124", "cu128");
    assert_eq!(first(asked("launch.py", old, "torch==", url, Resolver::Pip)), new);
}

#[test]
fn what_is_not_understood_is_left_alone() {
    for (name, text) in [("environment.yml", "- pytorch=2.5.1=py3.11_cuda12.4*\n"), ("uv.lock", "name = \"torch\"\n")] {
        let at = if name == "uv.lock" { "torch" } else { "pytorch" };
        assert!(asked(name, text, at, None, Resolver::Pip).is_err(), "{text}");
    }
}
