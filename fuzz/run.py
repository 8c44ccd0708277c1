"""Fills the corpora with seeds and runs the fuzz targets for some time each:

    python3 fuzz/run.py [--seconds 60] [TARGET…]

Seeds are the files of tests/corpus and a few lines below. Prints a row for docs/evidence/fuzzing.md for each target; ends with 1 where a
target found something, which then lies in fuzz/artifacts.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
CORPUS = ROOT / "tests/corpus/fatbin"
# A target that takes more of either is taken to hang or to fill memory. Inputs are at most so long.
LIMITS = ["-rss_limit_mb=1024", "-malloc_limit_mb=256", "-timeout=10", "-max_len=65536"]

METADATA = "Metadata-Version: 2.4\nName: torch\nVersion: 2.7.1\nRequires-Dist: filelock\nRequires-Dist: triton==3.3.1; "
METADATA += 'platform_system == "Linux" and platform_machine == "x86_64"\nProvides-Extra: optree\n\nText\n'
MESSAGE = '{"library": null, "answer": "ready", "driver": "580.95.05", "cuda": "13.0", "devices": [{"index": 0, "name": "X"}]}'
TEXTS = {
    "metadata": [METADATA, "[cuda]\nnumpy>=1.2\n"],
    "record": ['torch/lib/libtorch_cuda.so,sha256=abc,985\n"a,""b.so",,\n'],
    "requirement": [
        'cuda-toolkit[cublas,nvrtc]==13.2.2; platform_system == "Linux"',
        "torch (>=2.0,<3,!=2.5.*,~=2.1,===2.7.1)",
        "x @ https://example.org/x.whl ; python_version in '3.11 3.12' or extra == 'dev'",
        "os_name != 'nt' and (sys_platform == 'linux' or implementation_name >= 'cpython')",
    ],
    "baseline": ['[[library]]\npath = "a/*.so"\nfatbins = 3\nsass = { sm_80 = 3 }\nhidden = ["sm_90a"]\nlacks = ["sm_120"]\nnote = "x"\n'],
    "version": ["580.95.05", "12.8", "3.14t", "sm_120a", "compute_90", "lto_100f", "2.7.1+cu126", "cuda: str = '12.6'\n"],
    "message": [MESSAGE],
    "index": [
        '<!DOCTYPE html><html><head><base href="../x/"></head><body><a href="torch-2.7.1%2Bcu128-cp311-cp311-win_amd64.whl#sha256=ab" '
        'data-requires-python="&gt;=3.9" data-yanked="no">torch-2.7.1+cu128-cp311-cp311-win_amd64.whl</a><br/></body></html>',
        '{"meta": {"api-version": "1.1"}, "name": "torch", "files": [{"filename": "torch-2.7.1-cp311-cp311-win_amd64.whl", '
        '"url": "/x.whl", "hashes": {"sha256": "ab"}, "requires-python": ">=3.9", "yanked": "no", "size": 9}]}',
    ],
    "settings": [
        "[global]\nindex-url = https://user:word@example.org/a\nextra-index-url =\n    https://a.example\n    b\n[install]\ncert=/x.pem\n",
        '[[tool.uv.index]]\nname = "a"\nurl = "https://example.org/a"\ndefault = true\n[tool.uv.sources]\ntorch = { index = "a" }\n',
        'index-url = "https://example.org"\nextra-index-url = ["https://a.example"]\n',
        "machine example.org login a password b\ndefault login c password d\n",
        "http://[::1]:8080/a/../b?c=d#e\n",
    ],
    "manifest": [
        "requirements.txt\n--extra-index-url https://example.org/whl/cu128\ntorch==2.7.1+cu128 ; python_version >= '3.10'\n-r other.txt\n",
        'pyproject.toml\n[project]\nname = "a"\ndependencies = ["torch", "a[b]"]\n[project.optional-dependencies]\nb = ["x[y]>=1 ; os_name == \'nt\'"]\n'
        '[dependency-groups]\ndev = [{ include-group = "dev" }, "c"]\n[tool.uv]\noverride-dependencies = ["torch; sys_platform == \'never\'"]\n'
        '[tool.uv.sources]\ntorch = [{ index = "i", extra = "b", marker = "os_name == \'nt\'" }, { path = "../x" }]\n'
        '[[tool.uv.index]]\nname = "i"\nurl = "https://user:word@example.org/whl/cu128"\nexplicit = true\n',
        'pyproject.toml\n[tool.poetry.dependencies]\npython = "^3.9"\ntorch = [{ version = "^2.3 || ~1.0", markers = "extra == \'b\'", source = "s" }]\n'
        'b = { git = "https://example.org/b.git", optional = true }\n[tool.poetry.extras]\nb = ["b"]\n[[tool.poetry.source]]\nname = "s"\nurl = "https://example.org"\n',
        'uv.lock\nversion = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { editable = "." }\ndependencies = [{ name = "torch", version = "2.7.1", '
        'marker = "extra == \'extra-1-a-cu\'" }]\n[package.optional-dependencies]\ncu = [{ name = "torch" }]\n[[package]]\nname = "torch"\nversion = "2.7.1"\n'
        'source = { registry = "https://example.org/simple" }\nwheels = [{ url = "https://example.org/torch-2.7.1%2Bcu128-cp312-cp312-linux_x86_64.whl" }]\n',
        'poetry.lock\n[[package]]\nname = "torch"\nversion = "2.7.1"\noptional = true\ngroups = ["main"]\nmarkers = "extra == \'b\'"\nfiles = [{ file = "torch-2.7.1-cp312-cp312-win_amd64.whl" }]\n'
        '[package.dependencies]\nx = { version = ">=1", optional = true }\n[package.source]\ntype = "legacy"\nurl = "https://example.org"\n[extras]\nb = ["torch"]\n',
        'pylock.toml\nlock-version = "1.0"\n[[packages]]\nname = "torch"\nversion = "2.7.1"\nmarker = "\'b\' in extras"\nindex = "https://example.org/simple"\nwheels = [{ name = "x-1-py3-none-any.whl" }]\n',
        'Pipfile\n[[source]]\nname = "p"\nurl = "https://example.org"\n[packages]\ntorch = { version = "*", index = "p" }\n',
        'Pipfile.lock\n{"_meta": {"sources": [{"name": "p", "url": "https://example.org"}]}, "default": {"torch": {"version": "==2.7.1", "index": "p"}}}',
        'report.json\n{"version": "1", "pip_version": "25.0", "install": [{"download_info": {"url": "https://example.org/whl/cu128/x-1-py3-none-any.whl"}, '
        '"metadata": {"name": "x", "version": "1"}}], "environment": {"python_version": "3.12"}}',
        "setup.py\nr = ['torch>=1.10']  # a\nsetup(name='a', install_requires=r, extras_require={'b': [\"c\"], 'd': r})\n",
        "setup.cfg\n[options]\ninstall_requires =\n    torch\n[options.extras_require]\nb = c; os_name == 'nt'\n",
        'Dockerfile\nARG CU=cu124\nFROM nvidia/cuda:12.4.1-devel-ubuntu22.04 AS a\nARG T=2.5.1\nENV TORCH_CUDA_ARCH_LIST="8.0;8.6"\n'
        'RUN --mount=type=cache,target=/x pip install \\\n    torch==${T} --index-url https://example.org/whl/${CU//./} && ls\nFROM a\nCOPY --from=a /x /y\nRUN <<E\npip install x\nE\n',
        "environment.yml\nname: a\nchannels: [pytorch, nvidia]\ndependencies:\n  - python=3.12\n  - pytorch=2.5.1=*cuda* # [linux]\n  - pytorch-cuda=12.4\n  - pip:\n    - torchaudio==2.5.1\n",
        "compose.yaml\nservices:\n  a: &a\n    build: {context: ., args: {T: 2.5.1}}\n    image: pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime\n  b: *a\n",
        'install.sh\nT=2.5.1\nif [ "$1" = cpu ]; then I=cpu; else I=cu124; fi\nfor x in a b; do pip install "torch==${T}" $x --index-url https://example.org/whl/$I; done\nf() { f; }\nf $(echo a | sed s/a/b/)\n',
        'install.bat\n@echo off\nset "T=2.5.1"\nif "%1"=="cpu" (goto b) else (pip install torch==%T%)\n:b\ncall :c\n',
        "install.ps1\n$T = '2.5.1'\nif ($a) { pip install torch==$T --index-url https://example.org/whl/cu124 }\n$env:U = \"x\"\n",
        "launch.py\nimport os\nT = '2.5.1'\nu = os.environ.get('U', 'https://example.org/whl/cu124')\nos.system(f'pip install torch=={T} --index-url {u}')\n",
        "README.md\n# a\n```bash\npip install torch==2.5.1 --index-url https://example.org/whl/cu124\n```\n- b\n\n      pip install c\n",
        ".gitlab-ci.yml\na:\n  variables: {T: '2.5.1'}\n  script:\n    - pip install torch==$T\n",
        "cog.yaml\nbuild:\n  gpu: true\n  cuda: '12.4'\n  python_packages:\n    - torch==2.5.1\n",
        'pixi.toml\n[project]\nname = "a"\nchannels = ["pytorch"]\nplatforms = ["linux-64"]\n[dependencies]\npytorch = "2.5.*"\n[pypi-dependencies]\ntorch = { version = "==2.5.1", index = "https://example.org/whl/cu124" }\n',
    ],
    "report": ["0torch|; touch x; #|`id`|'\"$HOME|-r/x|a\n```\n|\x1b[2J\u202e", "1|~/a b/python|%PATH%|1.0", "4C:\\x\\python.exe|a||b"],
    "ptx": [".version 9.5\n.target sm_120f\n.address_size 64\n", "// comment\n/* more */\n.version 8.0\n.target sm_80, debug\n"],
}


def seeds(target: str) -> list[bytes]:
    """The beginnings that a target is given."""
    by_target = {
        "elf": ["bad/elf-*", "bad/name-*", "hidden/*", "c13.5/so-sm_120.so", "c13.5/so-concat.so", "c13.5/rdc-*.o", "c11.8/so.so"],
        "pe": ["bad/pe-*", "bad/mz-*", "pe/*"],
        "ar": ["bad/ar-*", "c13.5/*.a"],
        "fatbin": ["bad/*.fatbin", "c13.5/fb-*", "c13.5/sass-sm_120*", "c12.*/*.fatbin"],
        "cubin": ["c13.5/*.cubin", "c12.*/*.cubin"],
        "ptx": ["c13.5/*.ptx"],
        "zip": ["bad/wheel-*", "wheel/*"],
    }
    found = [path.read_bytes() for pattern in by_target.get(target, []) for path in sorted(CORPUS.glob(pattern))]
    found += [text.encode() for text in TEXTS.get(target, [])]
    if target == "knowledge":
        names = ["gpus", "architectures", "cuda", "torch", "arch_list", "advice", "packages/triton"]
        files = [(ROOT / "knowledge" / name).with_suffix(".toml").read_text() for name in names]
        # The beginning of each file: whole tables, few enough to be changed quickly.
        found += [bytes([at]) + "\n\n".join(text.split("\n\n")[:4]).encode() for at, text in enumerate(files)]
    if target == "modinfo":
        # A library whose section of fatbins is called as if it were a module's description of itself.
        library = (CORPUS / "c13.5/so-sm_120.so").read_bytes().replace(b".nv_fatbin\0", b".modinfo\0\0\0")
        found.append(library)
    if target == "log":
        logs = tomllib.loads((ROOT / "tests/explain/cases.toml").read_text())
        found += [case["text"].encode() for case in logs["case"]]
    if target == "fleet":
        saved = [(ROOT / "tests/facts" / name).read_text() for name in ("patient-5090.json", "qlora-windows.json")]
        one_line = [json.dumps(json.loads(text) | {"labels": {"node": "n1", "rack": "r2"}}) for text in saved]
        found += [("\x07" + text).encode() for text in ("\n".join(one_line) + "\n", saved[0] + saved[1][:2000] + "\n" + saved[0])]
    if target == "image":
        found += images()
    if target in ("tar", "conda", "deflate"):
        found += packed(target)
    return found


def images() -> list[bytes]:
    import gzip
    import io
    import json
    import struct
    import tarfile

    def tar(members: list[tuple[str, bytes]]) -> bytes:
        with io.BytesIO() as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                for name, content in members:
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
            return file.getvalue()

    systems = [path.read_bytes() for path in sorted((ROOT / "tests/corpus/image").glob("*.squashfs"))]
    header = b"#!/bin/sh\n".ljust(32, b"\0") + b"SIF_MAGIC\0" + b"01\0" + b"02\0" + bytes(16)
    header += struct.pack("<8q", 0, 0, 47, 1, 128, 585, 1024, len(systems[0]))
    part = struct.pack("<iBIII6q", 0x4004, 1, 1, 0, 0, 1024, len(systems[0]), 0, 0, 0, 0) + bytes(8 + 128)
    sif = (header + part + struct.pack("<ii3s", 1, 2, b"02")).ljust(1024, b"\0") + systems[0]
    layer = tar([("etc/os-release", b"NAME=x"), ("opt/a.so", b"\x7fELF\x02\x01"), ("etc/.wh.x", b""), ("opt/.wh..wh..opq", b"")])
    config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Env": ["PATH=/bin"]}}).encode()
    saved = json.dumps([{"Config": "c.json", "Layers": ["a", "b"]}]).encode()
    docker = tar([("a", layer), ("b", gzip.compress(layer)), ("c.json", config), ("manifest.json", saved)])
    return [*systems, sif, docker, layer]


def packed(target: str) -> list[bytes]:
    import io
    import tarfile
    import zlib

    library = (CORPUS / "c13.5/so-sm_120.so").read_bytes()
    if target == "deflate":
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        return [len(library).to_bytes(4, "little") + deflater.compress(library) + deflater.flush()]
    index = b'{"name": "demo", "version": "1.0", "depends": ["python >=3.11"], "build": "h1"}'
    archives = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with io.BytesIO() as file:
            with tarfile.open(fileobj=file, mode="w", format=form) as tar:
                for name, content in [("info/index.json", index), ("lib/" + "deep/" * 40 + "a.so", library[:8192])]:
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    tar.addfile(entry, io.BytesIO(content))
            archives.append(file.getvalue())
    if target == "tar":
        return archives
    # A frame with raw blocks; libFuzzer changes it from there.
    header = bytes.fromhex("28b52ffd0038")
    return [(header + (len(tar[:60000]) << 3 | 1).to_bytes(3, "little") + tar[:60000]) * 2 for tar in archives]


def fill(target: str) -> Path:
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (folder / f"seed-{number:03}").write_bytes(seed)
    return folder


def run(target: str, seconds: int, build: bool) -> bool:
    """Runs one target and prints its row; whether it found nothing."""
    folder = fill(target)
    count = len(list(folder.glob("seed-*")))
    if build:
        subprocess.run(["cargo", "+nightly", "fuzz", "build", target], cwd=ROOT, check=True)
    program = next((HERE / "target").glob(f"*/release/{target}"))
    artifacts = HERE / "artifacts" / target
    artifacts.mkdir(parents=True, exist_ok=True)
    command = [str(program), str(folder), *LIMITS, f"-artifact_prefix={artifacts}/", f"-max_total_time={seconds}", "-print_final_stats=1"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    number = lambda name: int(found[1]) if (found := re.search(rf"{name}: *(\d+)", ended.stderr)) else 0  # noqa: E731
    clean = ended.returncode == 0
    cover = re.findall(r"cov: (\d+)", ended.stderr)
    verdict = "clean" if clean else "FOUND: " + next(iter(re.findall(r"(?:panicked at|ERROR:|SUMMARY:).*", ended.stderr)), "see above")
    day = datetime.date.today().isoformat()
    print(f"| {day} | {target} | {count} | {spent:.0f} | {number('stat::number_of_executed_units'):,} "
          f"| {cover[-1] if cover else 0} | {number('stat::peak_rss_mb')} | {verdict} |", flush=True)  # fmt: skip
    if not clean:
        print(ended.stderr[-3000:], file=sys.stderr)
    return clean


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--no-build", action="store_true", help="take the programs that are there")
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    arguments = parser.parse_args()
    known = sorted(path.stem for path in (HERE / "fuzz_targets").glob("*.rs"))
    return 0 if all([run(target, arguments.seconds, not arguments.no_build) for target in arguments.targets or known]) else 1


if __name__ == "__main__":
    sys.exit(main())
