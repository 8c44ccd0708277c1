#!/usr/bin/env python3
"""Prints rows for knowledge/dependents.toml: what each of the named packages brings along, by asking uv to resolve it alone.

    scripts/dependents.py accelerate 'docling[vlm]'

Wheels only, Python 3.11 on Linux, the configured index. A package that cannot be resolved so (source only, another Python) is said on stderr.
"""

import datetime
import pathlib
import re
import subprocess
import sys
import tomllib

ASKED = ["uv", "pip", "compile", "-", "--quiet", "--no-header", "--only-binary", ":all:", "--python-version", "3.11",
         "--python-platform", "x86_64-manylinux_2_28"]


# Packages that run on processors, or choose the GPU's build by another name.
LEFT_OUT = {"numba", "numba-cuda", "onnxruntime"}


def known():
    """The names that have rows of their own, and torch."""
    folder = pathlib.Path(__file__).parent.parent / "knowledge" / "packages"
    files = [tomllib.loads(file.read_text())["package"] for file in folder.glob("*.toml")]
    names = {name for file in files for name in [file["name"], *file.get("names", [])]}
    return {name for name in names if not name.startswith("nvidia-") and name != "triton"} - LEFT_OUT


def brought_by(requirement, names):
    """The versions of those that come with a requirement, by name; None where uv finds no answer."""
    said = subprocess.run(ASKED, input=requirement, capture_output=True, text=True, check=False)
    if said.returncode:
        print(f"{requirement}: {said.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\n]+)", said.stdout, re.MULTILINE)
    return {name.lower(): version for name, version in pinned if name.lower() in names}


def main():
    names = known()
    newest = brought_by("torch", names)["torch"]
    for requirement in sys.argv[1:]:
        name, _, extra = requirement.partition("[")
        name = re.sub("[-_.]+", "-", name).lower()
        found = brought_by(requirement, names) or {}
        found.pop(name, None)
        if extra:
            # What comes without the extra is a row of its own.
            found = {key: value for key, value in found.items() if key not in (brought_by(name, names) or {})}
        if not found:
            continue
        print(f'\n[[dependent]]\nname = "{name}"')
        if extra:
            print(f'extra = "{extra.rstrip("]")}"')
        brings = ", ".join(f'"{key}"' for key in sorted(found, key=lambda key: (key != "torch", key)))
        print(f"brings = [{brings}]")
        if found.get("torch", newest) != newest:
            print(f'torch = "<={found["torch"]}"')
        print(f'source = ["uv"]\nverified = "{datetime.date.today()}"')


if __name__ == "__main__":
    main()
