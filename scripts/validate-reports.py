#!/usr/bin/env python3
"""Holds what gpucheck writes with --format json against docs/report.schema.json, which is made from its types.

    cargo build && cargo build -p fake-driver
    scripts/validate-reports.py target/debug/gpucheck target/debug/libfake_driver.so > docs/evidence/report-schema.txt

Runs every command that writes a report on what tests/ has: saved reports, projects, device code, logs, and (with the fake driver, on Linux) a
machine for each scenario. Each answer must be valid, and must have no key that the schema does not have: the schema refuses none, so that
readers do not, and would not show one that it lacks. Exit code 1 if one of the two fails.

At the end stands how many keys of the schema were met, and with --unmet which were not. What validates comes from the package jsonschema, which
is installed into a folder that is removed where it is not there.
"""

import collections
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
SCHEMA = ROOT / "docs/report.schema.json"
CARD = ["--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.12"]
TWO = ["--target", "RTX 5090,driver=580.95.05,os=linux,python=3.12", "--target", "V100,driver=535.54.03,os=linux,python=3.11"]
PAGE = """# Setup for the RTX 5090

It is sm_120 (compute capability 12.0), which PyTorch does not support yet. PyTorch 2.7.1 works with the RTX 5090.

- Driver 525+ is required for CUDA 13.0
- The RTX 5090 needs CUDA 12.8, the V100 needs PyTorch 2.0
- Install a PyTorch nightly build
- There are no wheels of torch 2.7.1 for CUDA 12.8; torch 2.6.0 goes with torchvision 0.21.0
- `TORCH_CUDA_ARCH_LIST=8.9`

`pip install torch==2.6.0`
"""
IGNORES = """torch==2.5.1  # gpucheck: ignore[gpu-too-new-for-wheel] only built on this machine
xformers==0.0.29  # gpucheck: ignore[cpu-only-torch] never found
bitsandbytes  # gpucheck: ignore[gpu-too-new-for-wheel]
"""
KINDS = {"needs": "Needs", "merge": "Fleet"}


class Schema:
    """The schema, and which of its keys were met."""

    def __init__(self, schema, validator):
        self.definitions = schema["definitions"]
        self.schema = schema
        self.validator = validator(schema)
        self.keys = {id(node): name for name, node in self.named(schema, "")}
        self.met = set()

    def named(self, node, place):
        """Every schema of a key, with its place for people: `Finding.rule`."""
        if isinstance(node, list):
            for one in node:
                yield from self.named(one, place)
        elif isinstance(node, dict):
            for word, below in node.items():
                if word == "definitions":
                    for name, one in below.items():
                        yield from self.named(one, name)
                elif word == "properties":
                    for key, one in below.items():
                        yield f"{place}.{key}", one
                        yield from self.named(one, f"{place}.{key}")
                elif word in ("oneOf", "anyOf", "allOf", "items", "additionalProperties"):
                    yield from self.named(below, place)

    def parts(self, schema, value):
        """The schemas without choices that speak of a value: what it is referred to, and the alternatives that it can be."""
        if not isinstance(schema, dict):
            return
        if "$ref" in schema:
            yield from self.parts(self.definitions[schema["$ref"].rsplit("/", 1)[1]], value)
        for part in schema.get("allOf", []):
            yield from self.parts(part, value)
        for word in ("oneOf", "anyOf"):
            for part in schema.get(word, []):
                if self.can_be(part, value):
                    yield from self.parts(part, value)
        yield schema

    def can_be(self, schema, value):
        """Whether a value has the type, the keys and the fixed words of an alternative; not whether it is valid."""
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rsplit("/", 1)[1]]
        if "const" in schema and schema["const"] != value:
            return False
        if not isinstance(value, dict):
            return schema.get("type") != "object"
        fixed = ((key, one["const"]) for key, one in schema.get("properties", {}).items() if "const" in one)
        return all(key in value for key in schema.get("required", [])) and all(value.get(key, word) == word for key, word in fixed)

    def unknown(self, schema, value, place=""):
        """Places of keys that no schema has."""
        if isinstance(value, dict):
            parts = list(self.parts(schema, value))
            for key, below in value.items():
                own = [part["properties"][key] for part in parts if key in part.get("properties", {})]
                self.met.update(id(one) for one in own)
                maps = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
                if not own and not maps:
                    yield f"{place}/{key}"
                for one in own or maps:
                    yield from self.unknown(one, below, f"{place}/{key}")
        elif isinstance(value, list):
            items = [part["items"] for part in self.parts(schema, value) if "items" in part]
            for number, below in enumerate(value):
                for one in items:
                    yield from self.unknown(one, below, f"{place}/{number}")

    def wrong(self, value):
        """What is wrong with an answer."""
        for error in self.validator.iter_errors(value):
            # Of the four kinds of object it can only be one; what that lacks is what is wrong.
            kind = "Machines" if "targets" in value else KINDS.get(value.get("command"), "Report")
            below = [one for one in error.context if one.schema_path[0] == ["Report", "Machines", "Needs", "Fleet"].index(kind)]
            for one in below or [error]:
                yield f"{one.json_path}: {one.message[:300]}"
        yield from (f"{place}: no key of the schema" for place in self.unknown(self.schema, value))


class Runs:
    """Answers of the program, each held against the schema."""

    def __init__(self, program, schema, folder):
        self.program, self.schema, self.folder = program, schema, folder
        self.count, self.wrong, self.silent = collections.Counter(), 0, collections.Counter()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("GPUCHECK_")} | {"HOME": str(folder)}

    def run(self, *words, stdin="", cwd=TESTS, keep=None, environment=None):
        """Runs a command; `keep` is a file for its answer. What is no answer but a complaint (exit code 2) is counted apart."""
        command = [str(self.program), words[0], "--format", "json", *map(str, words[1:])]
        done = subprocess.run(
            command, input=stdin, cwd=cwd, env=self.environment | (environment or {}), capture_output=True, text=True, timeout=300
        )
        if done.returncode == 2 and not done.stdout:
            self.silent[words[0]] += 1
            print(f"{' '.join(map(str, words))}: {done.stderr.splitlines()[0]}", file=sys.stderr)
            return
        answer = json.loads(done.stdout)
        kind = "several targets" if "targets" in answer else "one answer"
        self.count[words[0], kind] += 1
        problems = list(self.schema.wrong(answer))
        self.wrong += bool(problems)
        for problem in problems[:5]:
            print(f"{' '.join(map(str, words))}: {problem}", flush=True)
        if keep:
            keep.write_text(done.stdout)


def all_runs(runs, driver):
    saved = sorted(TESTS.glob("facts/*.json")) + sorted(TESTS.glob("fixtures/reports/*.json")) + sorted(ROOT.glob("docs/evidence/gpu/*/*.json"))
    reports = runs.folder / "reports"
    reports.mkdir()
    for path in saved:
        runs.run("doctor", "--replay", path, "--label", f"node={path.stem}", keep=reports / path.name)
    runs.run("doctor")
    for more in ([], ["--group-by", "node"], ["--expect", "8x H200"]):
        runs.run("merge", reports, *more)
    (reports / "half.json").write_text((reports / saved[0].name).read_text()[:5000])
    runs.run("merge", reports)
    projects(runs)
    choices(runs)
    code(runs)
    for file in ("cases", "threads", "working"):
        for case in tomllib.loads((TESTS / f"explain/{file}.toml").read_text())["case"]:
            runs.run("explain", "-", stdin=case["text"])
    if driver:
        machines(runs, driver)


def projects(runs):
    """What files ask for: each project of tests/check for its machines, for two at once and for none, and what changes."""
    for path in sorted(TESTS.glob("check/*/case.toml")):
        case, folder = tomllib.loads(path.read_text()), path.parent
        files = case.get("files", [])
        for target in case["targets"]:
            machine = ["--gpu", target["gpu"], "--driver", target["driver"], "--os", target.get("os", "linux"), "--python-version", target["python"]]
            what = ["--", *target["how"]] if "how" in target else files
            runs.run("check", *machine, *target.get("args", []), *what, cwd=folder)
        for more in (TWO, []):
            runs.run("check", *more, *files or ["."], cwd=folder)
        runs.run("check", ".", *CARD, cwd=folder)
        runs.run("needs", *files or ["."], cwd=folder)
    for base, new in (("2.6.0", "2.7.1"), ("2.7.1+cu126", "2.7.1+cu128"), ("2.7.1+cu128", "2.7.1+cu126")):
        work = runs.folder / f"base-{base}-{new}"
        work.mkdir()
        for name, version in (("old.txt", base), ("new.txt", new)):
            (work / name).write_text(f"--extra-index-url https://download.pytorch.org/whl/{version[6:]}\ntorch=={version}\nxformers\n")
        for more in (CARD, TWO, []):
            runs.run("check", "new.txt", "--base", "old.txt", *more, cwd=work)
    work = runs.folder / "page"
    work.mkdir()
    (work / "README.md").write_text(PAGE)
    (work / "requirements.txt").write_text(IGNORES)
    for more in (CARD, TWO, []):
        runs.run("check", ".", *more, cwd=work)
        runs.run("check", "README.md", "requirements.txt", *more, cwd=work)
    environment(runs)


def environment(runs):
    """An environment that is there: judged, changed, asked what it needs."""
    installed = runs.folder / "installed"
    packages = installed / ".venv/lib/python3.12/site-packages"
    for file, text in {
        "torch-2.7.1.dist-info/METADATA": "Name: torch\nVersion: 2.7.1+cu126\nRequires-Dist: numpy\n",
        "torch-2.7.1.dist-info/RECORD": "torch/version.py,,\ntorch/lib/libtorch_cuda.so,,\n",
        "torch/version.py": "__version__ = '2.7.1+cu126'\ncuda = '12.6'\n",
        "bitsandbytes-0.45.0.dist-info/METADATA": "Name: bitsandbytes\nVersion: 0.45.0\n",
    }.items():
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).write_text(text)
    (installed / ".venv/bin").mkdir()
    (installed / ".venv/bin/python").touch()
    (packages / "torch/lib").mkdir()
    shutil.copy(TESTS / "corpus/fatbin/c12.8/nvfatbin-multi.fatbin", packages / "torch/lib/libtorch_cuda.so")
    (installed / ".venv/pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.1\n")
    card = ["--gpu", "RTX 5090", "--driver", "580.95.05"]
    runs.run("doctor", *card, "--all", cwd=installed)
    runs.run("doctor", *card, "--expect", "2x RTX 5090", ".venv", cwd=installed)
    runs.run("doctor", *card, "--shell", "cmd", cwd=installed, environment={"PYTHONPATH": str(packages), "TORCH_CUDA_ARCH_LIST": "7.5"})
    (installed / "requirements.txt").write_text("numpy\nxformers==0.0.29.post3\n")
    for line in ("torch==2.6.0", "torch", "xformers==0.0.29.post3", "torch==2.7.1 --index-url https://download.pytorch.org/whl/cu128"):
        runs.run("check", *card, "--python", ".venv", "--", "pip", "install", *line.split(), cwd=installed)
        runs.run("check", *card, "--python", ".venv", "--", "uv", "pip", "install", "-U", *line.split(), cwd=installed)
    runs.run("check", *card, "--python", ".venv", "--", "pip", "uninstall", "-y", "torch", cwd=installed)
    runs.run("check", *card, "--python", ".venv", "requirements.txt", cwd=installed)
    runs.run("scan", ".venv", *card[:2], cwd=installed)
    runs.run("needs", ".venv", cwd=installed)
    runs.run("matrix", *TWO, "--env", ".venv", cwd=installed)


def choices(runs):
    """What to install, and the grid of it."""
    for gpu in ("RTX 5090", "V100", "GTX 1080 Ti", "GT 1030", "H200", "Tesla K80"):
        for system in ("linux", "windows"):
            machine = ["--gpu", gpu, "--driver", "580.95.05", "--os", system]
            runs.run("recommend", *machine, "--python-version", "3.12")
            runs.run("matrix", *machine)
    for more in (["--torch", "2.6"], ["--with", "vllm", "--keep"], ["--with", "xformers,flash-attn"], ["--shell", "cmd"]):
        runs.run("recommend", *CARD, *more)
    for tool in ("pip", "uv", "uv-project", "conda", "pixi", "poetry", "docker"):
        runs.run("recommend", *CARD, "--tool", tool)
    runs.run("recommend", *TWO)
    runs.run("matrix", *TWO)
    for line in (["torch==2.7.1"], ["vllm==0.9.0"], ["torch==2.7.1", "xformers"]):
        runs.run("needs", "--", "pip", "install", *line)
        runs.run("needs", "--gpu", "RTX 5090", "--slurm-feature", "h100=H100,driver=550.54.14", "--", "pip", "install", *line)


def code(runs):
    """Device code: every file of the corpus, alone and held against a GPU, a list and another file."""
    files = [path for path in sorted(TESTS.glob("corpus/fatbin/**/*")) if path.is_file() and path.suffix != ".json"]
    for path in files:
        runs.run("scan", path)
    for path in files[:: max(1, len(files) // 40)]:
        runs.run("scan", path, "--gpu", "RTX 5090", "--require", "8.0;9.0+PTX")
        runs.run("scan", path, *TWO)
    folders = [path for path in sorted(TESTS.glob("corpus/fatbin/*")) if path.is_dir() and path.name != "bad"]
    for folder, other in zip(folders, folders[1:]):
        runs.run("scan", folder, "--gpu", "H100", "--gpu", "GTX 1080 Ti")
        runs.run("scan", "--diff", folder, other, "--fail-on", "lost", "--gpu", "H100")
        runs.run("needs", folder)
        baseline = runs.folder / f"{folder.name}.toml"
        runs.run("scan", folder, "--baseline", baseline, "--update-baseline")
        runs.run("scan", folder, "--baseline", baseline)
        runs.run("scan", other, "--baseline", baseline)
    runs.run("scan", *folders, "--gpu", "RTX 5090")


def machines(runs, driver):
    """Machines with the fake driver, laid out as a real one is: one for each scenario."""
    for path in sorted(TESTS.glob("scenarios/*.toml")):
        version = tomllib.loads(path.read_text()).get("driver_version", "")
        folder = runs.folder / path.stem
        folder.mkdir()
        for name in ("libnvidia-ml.so", "libcuda.so", "libnvidia-ptxjitcompiler.so"):
            shutil.copy(driver, folder / f"{name}.{version}")
            (folder / f"{name}.1").symlink_to(f"{name}.{version}")
        there = {"LD_LIBRARY_PATH": str(folder), "GPUCHECK_FAKE": str(path)}
        runs.run("doctor", environment=there)
        runs.run("smoke", environment=there)


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not 1 <= len(words) <= 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder).resolve()
        try:
            import jsonschema
        except ImportError:
            venv.create(folder / "venv", with_pip=True)
            python = folder / "venv/bin/python"
            subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "jsonschema"], check=True)
            sys.exit(subprocess.run([python, *sys.argv]).returncode)
        schema = Schema(json.loads(SCHEMA.read_text()), jsonschema.Draft7Validator)
        jsonschema.Draft7Validator.check_schema(schema.schema)
        program, *driver = [pathlib.Path(word).resolve() for word in words]
        runs = Runs(program, schema, folder)
        version = subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()
        print(f"{datetime.date.today()}, {version}, with a fake driver: {'yes' if driver else 'no'}", flush=True)
        all_runs(runs, driver[0] if driver else None)
    for (command, kind), count in sorted(runs.count.items()):
        print(f"{command}, {kind}: {count}")
    print(f"complaints instead of an answer: {dict(runs.silent) or 'none'}")
    total = sum(runs.count.values())
    print(f"{total} answers, {runs.wrong} of them not as the schema says; {len(schema.met)} of its {len(schema.keys)} keys were met")
    if "--unmet" in sys.argv:
        print("not met:", " ".join(sorted(name for key, name in schema.keys.items() if key not in schema.met)))
    sys.exit(1 if runs.wrong else 0)


if __name__ == "__main__":
    main()
