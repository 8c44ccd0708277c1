#!/usr/bin/env python3
"""Installs a wheel into an environment of its own, without an index, and asks the program a few questions.

    scripts/try-installed.py WHEEL

Runs on every system that a release is for; scripts/try-wheel.sh does more, in systems of their own. Needs nothing but Python.
"""

import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path


def said(*command, code=0):
    """What a command prints; it must end with this exit code."""
    run = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = run.stdout.decode("utf-8", "replace")
    if run.returncode != code:
        sys.exit(f"try-installed.py: {command[0]} {' '.join(map(str, command[1:]))}: exit code {run.returncode}, expected {code}\n{text}")
    return text


def expect(text, *parts):
    for part in parts:
        if part not in text:
            sys.exit(f"try-installed.py: '{part}' is not in:\n{text}")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wheel = Path(sys.argv[1]).resolve()
    version = wheel.name.split("-")[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        venv.create(folder / "venv", with_pip=True)
        scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        python, gpucheck = (scripts / (name + (".exe" if os.name == "nt" else "")) for name in ("python", "gpucheck"))
        said(python, "-m", "pip", "install", "--no-index", "--disable-pip-version-check", wheel)
        expect(said(gpucheck, "--version"), f"gpucheck {version}")
        expect(said(python, "-m", "gpucheck_cli", "--version"), f"gpucheck {version}")
        expect(said(gpucheck, "rule", "gpu-too-new-for-wheel"), "# gpu-too-new-for-wheel")
        (folder / "requirements.txt").write_text(
            "torch==2.7.1+cu126\n--extra-index-url https://download.pytorch.org/whl/cu126\n", encoding="utf-8"
        )
        target = "RTX 5090,driver=580.95.05,os=linux,python=3.12"
        expect(said(gpucheck, "check", folder / "requirements.txt", "--target", target, code=1), "gpu-too-new-for-wheel", "cu128")
        expect(said(gpucheck, "completions", "bash"), "complete -F _gpucheck")
        said(gpucheck, "man", folder / "man")
        expect((folder / "man" / "gpucheck.1").read_text(encoding="utf-8"), ".TH gpucheck 1")
        # The first run reads the program from the disk.
        times = []
        for _ in range(11):
            start = time.perf_counter()
            subprocess.run([str(gpucheck), "--no-driver", str(folder / "venv")], stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        installed = list((folder / "venv").rglob("THIRD-PARTY-LICENSES.txt"))
        if not installed:
            sys.exit("try-installed.py: the licences of others are not installed")
        print(f"{wheel.name}: installed and answers; wheel {wheel.stat().st_size} bytes, program {gpucheck.stat().st_size} bytes")
        print(f"gpucheck --no-driver VENV: median {sorted(times)[5] * 1000:.1f} ms, slowest of 11 {max(times) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
