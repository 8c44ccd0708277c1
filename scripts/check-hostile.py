#!/usr/bin/env python3
"""Measures `gpucheck check` on files that are made to be large, deep or without end: processor time, memory and exit code of each.

usage: check-hostile.py GPUCHECK [PART-OF-NAME]

Each input is a folder of its own and the words that check it. The limits are 2 seconds and 300 MB, those of a release build; what is over
them is marked, and the exit code is then 1. A crash is a signal or an exit code above 2."""
import json, pathlib, subprocess, sys, tempfile

gpucheck = str(pathlib.Path(sys.argv[1]).resolve())
part = sys.argv[2] if len(sys.argv) > 2 else ""
SECONDS, MEGABYTES = 2.0, 300
MACHINE = ["--gpu", "RTX 5090", "--driver", "580.95.05", "--os", "linux", "--python-version", "3.12", "--format", "json"]
MIB = 1 << 20
CASES = {}


def case(name, files, words=None, links=()):
    """An input: its files (text, bytes or what makes them), what is checked (else the first file), and links."""
    CASES[name] = (files, words, links)


def nested(opening, closing, depth):
    return opening * depth + closing * depth


TORCH = "torch==2.5.1\n"
# Every format, filled with what it has most of, up to the 16 MiB that a file may have, and beyond.
BODIES = {
    "requirements.txt": ("", "torch==2.5.1 ; python_version > '3' --hash=sha256:0000\n", ""),
    "pyproject.toml": ('[project]\nname = "a"\ndependencies = [\n', '"torch==2.5.1",\n', "]\n"),
    "setup.cfg": ("[options]\ninstall_requires =\n", "    torch==2.5.1\n", ""),
    "setup.py": ("setup(install_requires=[\n", "'torch==2.5.1',\n", "])\n"),
    "Pipfile": ("[packages]\n", 'torch{n} = "==2.5.1"\n', ""),
    "uv.lock": (
        "version = 1\n",
        '[[package]]\nname = "p{n}"\nversion = "1"\nsource = {{ registry = "https://example.org" }}\ndependencies = [{{ name = "p{m}" }}]\n',
        "",
    ),
    "poetry.lock": ("", '[[package]]\nname = "p{n}"\nversion = "1"\n[package.dependencies]\np{m} = "*"\n', ""),
    "pylock.toml": ('lock-version = "1.0"\n', '[[packages]]\nname = "p{n}"\nversion = "1"\n', ""),
    "Pipfile.lock": ('{{"default": {{', '"p{n}": {{"version": "==1"}},', '"torch": {{"version": "==2.5.1"}}}}}}'),
    "report.json": (
        '{{"version": "1", "pip_version": "25", "install": [',
        '{{"metadata": {{"name": "p{n}", "version": "1"}}}},',
        '{{"metadata": {{"name": "torch", "version": "2.5.1"}}}}]}}',
    ),
    "environment.yml": ("dependencies:\n", "  - torch=2.5.1\n", ""),
    "conda-lock.yml": ("version: 1\nmetadata:\n  platforms: [linux-64]\n  channels: []\npackage:\n", "- name: p{n}\n  version: '1'\n  manager: conda\n  platform: linux-64\n", ""),
    "list.txt": ("# platform: linux-64\n@EXPLICIT\n", "https://conda.anaconda.org/conda-forge/linux-64/p{n}-1-0.conda\n", ""),
    "pixi.toml": ('[project]\nname = "a"\nchannels = []\nplatforms = ["linux-64"]\n[dependencies]\n', 'p{n} = "*"\n', ""),
    "pixi.lock": (
        "version: 6\nenvironments:\n  default:\n    channels:\n    - url: https://conda.anaconda.org/conda-forge/\n    packages:\n      linux-64:\n",
        "      - conda: https://conda.anaconda.org/conda-forge/linux-64/p{n}-1-0.conda\n",
        "packages: []\n",
    ),
    "Dockerfile": ("FROM python:3.12\n", "RUN pip install torch==2.5.1\n", ""),
    "compose.yaml": ("services:\n", "  s{n}:\n    image: pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime\n", ""),
    "install.sh": ("", "pip install torch==2.5.1\n", ""),
    "install.bat": ("", "pip install torch==2.5.1\r\n", ""),
    "install.ps1": ("", "pip install torch==2.5.1\n", ""),
    "launch.py": ("import os\n", "os.system('pip install torch==2.5.1')\n", ""),
    "README.md": ("# a\n", "```bash\npip install torch==2.5.1\n```\n", ""),
    ".github/workflows/ci.yml": (
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n",
        "    - run: pip install torch==2.5.1\n",
        "",
    ),
    ".gitlab-ci.yml": ("a:\n  script:\n", "    - pip install torch==2.5.1\n", ""),
    ".devcontainer/devcontainer.json": ('{{"image": "python:3.12", "postCreateCommand": [', '"pip install torch==2.5.1",', '"x"]}}'),
    "cog.yaml": ("build:\n  gpu: true\n  python_packages:\n", "    - torch==2.5.1\n", ""),
    "script.py": ("# /// script\n# dependencies = [\n", '#   "torch==2.5.1",\n', "# ]\n# ///\n"),
}


def filled(name, length=None, count=None):
    start, body, end = BODIES[name]
    start, end = start.format(), end.format()
    number = count or length // len(body.format(n=100000, m=100001))
    return start + "".join(body.format(n=n, m=n + 1) for n in range(number)) + end


for name in BODIES:
    case(f"100 MB {name}", {name: lambda name=name: filled(name, length=100 * MIB)})
    case(f"15 MiB {name}", {name: lambda name=name: filled(name, length=15 * MIB)})
    case(f"10^5 lines {name}", {name: lambda name=name: filled(name, count=100_000)})
    case(f"one line of 10 MB {name}", {name: lambda name=name: BODIES[name][0].format() + "x" * 10_000_000})
    case(f"junk {name}", {name: bytes(range(256)) * 40_000})
case("deep includes", {f"r{n}.txt": f"-r r{n + 1}.txt\n{TORCH}" for n in range(3000)}, ["r0.txt"])
case("wide includes", {f"r{n}.txt": f"-r r{n + 1}.txt\n" * 8 + TORCH for n in range(40)}, ["r0.txt"])
case("include cycle", {"a.txt": "-r b.txt\n" + TORCH, "b.txt": "-r a.txt\n-r b.txt\n"}, ["a.txt"])
case("outside", {"a.txt": "-r ../../../../../../../../etc/passwd\n-c /etc/passwd\n" + TORCH})
case("link outside", {"a.txt": "-r link.txt\n" + TORCH}, None, [("/etc/passwd", "link.txt")])
case("link to itself", {"a.txt": "-r l1\n" + TORCH}, None, [("l1", "l2"), ("l2", "l1")])
case("folder loop", {"x/requirements.txt": TORCH}, ["."], [("..", "x/up"), (".", "x/self")])
laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
for name, rest in [("environment.yml", "dependencies: *a59\n"), ("compose.yaml", "services: {s: {image: a, x: *a59}}\n"), (".github/workflows/c.yml", "on: push\njobs: {a: {steps: *a59}}\n"), ("cog.yaml", "build: {python_packages: *a59}\n"), (".gitlab-ci.yml", "a: {script: *a59}\n")]:
    case(f"laughs {name}", {name: laughs + rest})
    case(f"deep yaml {name}", {name: nested("[", "]", 100_000) + "\n"})
    case(f"deep block {name}", {name: "".join(" " * n + "a:\n" for n in range(2000))})
    case(f"cyclic alias {name}", {name: "a: &a {b: *a}\n" + rest.replace("a59", "a")})
for name in ["pyproject.toml", "uv.lock", "Pipfile", "pixi.toml", "poetry.lock", "pylock.toml"]:
    case(f"toml depth {name}", {name: "[project]\na = " + nested("[", "]", 50_000)})
    case(f"toml inline depth {name}", {name: "[project]\na = " + "{a=" * 50_000 + "1" + "}" * 50_000})
    case(f"toml dotted {name}", {name: "[" + ".".join("a" * 50_000) + "]\nb = 1\n"})
case("json depth Pipfile.lock", {"Pipfile.lock": '{"default": ' + nested("[", "]", 100_000) + "}"})
case("json depth devcontainer", {".devcontainer/devcontainer.json": '{"image": ' + nested("[", "]", 100_000) + "}"})
case("json of 10^6 entries", {"Pipfile.lock": '{"default": {' + ",".join(f'"p{n}":{{}}' for n in range(1_000_000)) + "}}"})
case("10^4 stages", {"Dockerfile": "".join(f"FROM {'python:3.12' if not n else f's{n - 1}'} AS s{n}\nRUN pip install a{n}\n" for n in range(10_000)) + "RUN pip install torch==2.5.1\n"})
case("10^4 stages copied", {"Dockerfile": "".join(f"FROM python:3.12 AS s{n}\n" for n in range(10_000)) + "FROM python:3.12\n" + "".join(f"COPY --from=s{n} /a /b\n" for n in range(10_000)) + "RUN pip install torch==2.5.1\n"})
case("stages in a cycle", {"Dockerfile": "FROM b AS a\nCOPY --from=b /x /x\nFROM a AS b\nCOPY --from=a /x /x\nRUN pip install torch==2.5.1\n"})
case("arguments that double", {"Dockerfile": "ARG A0=xxxxxxxxxx\n" + "".join(f"ARG A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 60)) + "FROM python:3.12\nRUN pip install torch==${A59}\n"})
case("arguments in the stage that double", {"Dockerfile": "FROM python:3.12\nENV A0=xxxxxxxxxx\n" + "".join(f"ENV A{n}=${{A{n - 1}}}${{A{n - 1}}}\n" for n in range(1, 60)) + "RUN pip install torch==${A59}\n"})
case("10^5 arguments", {"Dockerfile": "FROM python:3.12\n" + "".join(f"ENV A{n}=1\n" for n in range(100_000)) + "RUN pip install torch==2.5.1\n"})
case("10^4 RUN after 10^4 ENV", {"Dockerfile": "FROM python:3.12\n" + "".join(f"ENV A{n}=1\nRUN pip install torch==2.5.{n % 2}\n" for n in range(10_000))})
case("heredoc without end", {"Dockerfile": "FROM python:3.12\nRUN <<EOF\n" + "pip install torch==2.5.1\n" * 100_000})
case("one command of 10^5 lines", {"Dockerfile": "FROM python:3.12\nRUN pip install " + "".join(f"a{n} \\\n" for n in range(100_000)) + "torch==2.5.1\n"})
case("10^5 commands in one RUN", {"Dockerfile": "FROM python:3.12\nRUN " + "pip install torch==2.5.1 && \\\n" * 100_000 + "true\n"})
for name in ["install.sh", "Dockerfile", "README.md"]:
    before, behind = {"Dockerfile": ("FROM python:3.12\nRUN ", ""), "README.md": ("```bash\n", "```\n")}.get(name, ("", ""))
    case(f"nested expansions {name}", {name: before + "pip install torch==" + nested("${A:-", "}", 100_000) + "\n" + behind})
    case(f"nested substitutions {name}", {name: before + "pip install torch==" + nested("$(", ")", 100_000) + "\n" + behind})
    case(f"nested backticks {name}", {name: before + "pip install " + "`" * 100_001 + "\n" + behind})
    case(f"nested groups {name}", {name: before + nested("(", ")", 100_000) + "\n" + behind})
    case(f"nested braces {name}", {name: before + "{ " * 100_000 + "\n" + behind})
    case(f"nested if {name}", {name: before + "if true; then " * 50_000 + "pip install torch;" + " fi;" * 50_000 + "\n" + behind})
    case(f"nested for {name}", {name: before + "for a in 1 2 3 4 5 6 7 8 9 10; do " * 30 + "pip install torch==2.5.1;" + " done;" * 30 + "\n" + behind})
    case(f"brace words {name}", {name: before + "pip install " + "{a,b}" * 40 + "\n" + behind})
    case(f"unclosed quote {name}", {name: before + "'" + "pip install torch\n" * 100_000 + behind})
    case(f"10^5 variables {name}", {name: before + "".join(f"A{n}=1;" for n in range(100_000)) + " pip install torch==2.5.1\n" + behind})
    case(f"doubling variable {name}", {name: before + "A=xxxxxxxx;" + "A=$A$A;" * 60 + " pip install torch==$A\n" + behind})
case("functions that call each other", {"install.sh": "a() { b; b; }\nb() { a; a; }\na\npip install torch==2.5.1\n"})
case("functions that multiply", {"install.sh": "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(60)) + "f60() { pip install torch==2.5.1; }\nf0\n"})
case("endless loop", {"install.sh": "while true; do pip install torch==2.5.1; done\n"})
case("script calls itself", {"install.sh": "bash install.sh\nsource install.sh\npip install torch==2.5.1\n"})
case("10^5 choices", {"install.sh": "".join(f'if [ "$V{n}" = 1 ]; then pip install torch==2.5.{n % 2}; fi\n' for n in range(100_000))})
case("20 choices", {"install.sh": "".join(f'read V{n}\nif [ "$V{n}" = 1 ]; then pip install torch==2.5.{n % 2}; else pip install torch==2.4.1; fi\n' for n in range(20))})
case("patterns", {"install.sh": "A=" + "a" * 100_000 + "\nB=${A//" + "a*" * 30 + "b/}\npip install torch==$B\n"})
case("glob case", {"install.sh": "A=" + "a" * 100_000 + "\ncase $A in " + "*a" * 50 + "b) pip install torch==2.5.1;; esac\n"})
case("sed", {"install.sh": "A=$(echo " + "a" * 10_000 + " | sed 's/\\(a*\\)*b/x/g')\npip install torch==$A\n"})
case("batch gotos", {"install.bat": ":a\r\npip install torch==2.5.1\r\ngoto a\r\n"})
case("batch labels", {"install.bat": "".join(f":l{n}\r\ncall :l{n + 1}\r\ncall :l{n + 1}\r\n" for n in range(60)) + ":l60\r\npip install torch==2.5.1\r\n"})
case("batch parentheses", {"install.bat": "if 1==1 (" * 50_000 + "\r\n"})
case("batch percent", {"install.bat": "set A=%A%%A%xx\r\n" * 60 + "pip install torch==%A%\r\n"})
case("python depth", {"launch.py": "import os\nos.system(" + nested("(", ")", 100_000) + ")\n"})
case("python f-strings", {"launch.py": "import os\na = 'x'\n" + "a = f'{a}{a}'\n" * 60 + "os.system(f'pip install torch=={a}')\n"})
case("python unclosed", {"launch.py": "import os\nos.system('''" + "pip install torch\n" * 100_000})
case("python indents", {"launch.py": "".join(" " * n + "if True:\n" for n in range(2000)) + " " * 2000 + "os.system('pip install torch')\n"})
case("setup.py depth", {"setup.py": "setup(install_requires=" + nested("[", "]", 100_000) + ")\n"})
case("page of 10^5 headings", {"README.md": "".join(f"# h{n}\n```bash\npip install torch==2.5.{n % 2}\n```\n" for n in range(100_000))})
case("page of one fence", {"README.md": "```" * 1_000_000})
case("page of quotes", {"README.md": ">" * 1_000_000 + "\n" + "> " * 500_000 + "```bash\n"})
case("page of lists", {"README.md": "".join(" " * n + "- a\n" for n in range(3000))})
case("page of html", {"README.md": "<details>" * 500_000})
case("page of tabs", {"README.md": "\t" * 1_000_000 + "pip install torch\n"})
case("notebook-size page", {"README.md": "text " * 2_000_000 + "\n```bash\npip install torch==2.5.1\n```\n" + "![a](data:image/png;base64," + "A" * 4_000_000 + ")\n"})
case("matrix", {".github/workflows/c.yml": "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n" + "".join(f"        v{n}: [{', '.join(map(str, range(50)))}]\n" for n in range(10)) + "    steps:\n    - run: pip install torch==${{ matrix.v0 }}${{ matrix.v1 }}\n"})
case("expression depth", {".github/workflows/c.yml": "on: push\njobs:\n  a:\n    steps:\n    - run: pip install torch==${{ " + nested("(", ")", 50_000) + " }}\n"})
case("expression nots", {".github/workflows/c.yml": "on: push\njobs:\n  a:\n    steps:\n    - run: pip install torch==${{ " + "!" * 100_000 + "a }}\n"})
case("10^4 jobs", {".github/workflows/c.yml": "on: push\njobs:\n" + "".join(f"  j{n}:\n    steps:\n    - run: pip install torch==2.5.1\n" for n in range(10_000))})
case("extras in a cycle", {"pyproject.toml": '[project]\nname = "a"\ndependencies = ["a[b]"]\n[project.optional-dependencies]\nb = ["a[c]"]\nc = ["a[b]", "torch==2.5.1"]\n'})
case("extras that multiply", {"pyproject.toml": '[project]\nname = "a"\ndependencies = ["a[e0]"]\n[project.optional-dependencies]\n' + "".join(f'e{n} = ["a[e{n + 1}]", "a[e{n + 1}]"]\n' for n in range(60)) + 'e60 = ["torch==2.5.1"]\n'})
case("groups in a cycle", {"pyproject.toml": '[project]\nname = "a"\n[dependency-groups]\ndev = [{include-group = "x"}, {include-group = "x"}, "torch==2.5.1"]\nx = [{include-group = "dev"}, {include-group = "dev"}]\n'})
case("10^4 extras", {"pyproject.toml": '[project]\nname = "a"\n[project.optional-dependencies]\n' + "".join(f'e{n} = ["torch==2.5.1", "p{n}"]\n' for n in range(10_000))})
case("uv.lock that multiplies", {"uv.lock": 'version = 1\n' + '[[package]]\nname = "root"\nversion = "1"\nsource = { editable = "." }\ndependencies = [{ name = "p0" }]\n' + "".join(f'[[package]]\nname = "p{n}"\nversion = "1"\nsource = {{ registry = "https://example.org" }}\ndependencies = [{{ name = "p{n + 1}" }}, {{ name = "p{n + 2}" }}]\n' for n in range(5000))})
case("markers", {"requirements.txt": "torch ; " + nested("(", ")", 50_000) + "\n"})
case("marker chain", {"requirements.txt": "torch ; " + "python_version > '3' and " * 100_000 + "os_name == 'posix'\n"})
case("specifier chain", {"requirements.txt": "torch" + ",".join(f">{n}" for n in range(100_000)) + "\n"})
case("version digits", {"requirements.txt": "torch==" + "9" * 1_000_000 + "\ntorch==" + "1." * 500_000 + "1\n"})
case("conda spec", {"environment.yml": "dependencies:\n- pytorch=" + "|".join(f"2.{n}.*" for n in range(100_000)) + "\n"})
case("conda globs", {"environment.yml": "dependencies:\n- pytorch=2.5.1=" + "*a" * 5000 + "\n"})
case("addresses in each other", {"requirements.txt": "torch @ " + "a://" * 1_000_000 + "\n"})
case("continuations", {"requirements.txt": "torch==2.5.1 \\\n" * 100_000})
case("folder of 10^4 files", {f"f{n}/requirements.txt": TORCH for n in range(2000)}, ["."])
case("fault in 10^5 lines, diff", {"requirements.txt": "".join(f"p{n}\n" for n in range(60_000)) + TORCH}, ["requirements.txt", "--diff"])
case("10^4 faults, diff", {"requirements.txt": TORCH * 10_000}, ["requirements.txt", "--diff"])
case("500 faulty files, diff", {f"f{n}/requirements.txt": TORCH for n in range(500)}, [".", "--diff"])


def measured(words, folder):
    # A process has the size of its parent until it begins: a small one lies between.
    plain = [gpucheck, "check", *words, *(MACHINE[:-2] if "--diff" in words else MACHINE)]
    between = subprocess.run([sys.executable, "-c", BETWEEN, str(folder), *plain], capture_output=True, text=True)
    seconds, megabytes, code = json.loads(between.stdout)
    return seconds, megabytes, code


BETWEEN = """
import json, os, subprocess, sys, threading, time
folder, words = sys.argv[1], sys.argv[2:]
start = time.monotonic()
with open(folder + "/out", "wb") as out, open(folder + "/err", "wb") as err:
    child = subprocess.Popen(words, cwd=folder + "/in", stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    timer = threading.Timer(60, child.kill)
    timer.start()
    _, status, used = os.wait4(child.pid, 0)
    timer.cancel()
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
"""

bad = shown = 0
for name, (files, words, links) in CASES.items():
    if part not in name:
        continue
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        for path, content in files.items():
            place = folder / "in" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            content = content() if callable(content) else content
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        for to, path in links:
            (folder / "in" / path).symlink_to(to)
        seconds, megabytes, code = measured(words or [next(iter(files))], folder)
        said = (folder / "err").read_text(errors="replace").strip().splitlines()
        if code in (0, 1) and "--diff" not in (words or []):
            report = json.loads((folder / "out").read_text())
            said = [report["verdict"] + f", {len(report['findings'])} findings, {(folder / 'out').stat().st_size >> 10} KiB"]
            if "root:" in (folder / "out").read_text():
                said, code = ["a file of another place is shown"], 99
        over = seconds > SECONDS or megabytes > MEGABYTES or not 0 <= code <= 2
        bad += over
        shown += 1
        print(f"{'OVER ' if over else '     '}{seconds:6.2f} s {megabytes:6.0f} MB  exit {code:3}  {name}: {(said or ['-'])[-1][:100]}", flush=True)
print(f"{shown} inputs, {bad} over the limits")
sys.exit(bool(bad))
