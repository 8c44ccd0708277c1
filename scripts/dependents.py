#!/usr/bin/env python3
"""Prints rows for knowledge/dependents.toml: what each of the named packages brings along, by asking uv to resolve it alone.

    scripts/dependents.py accelerate 'docling[vlm]'
    scripts/dependents.py --all              every row that is there, again: of those that uv has no answer for any more, stderr tells

Wheels only, Python 3.11 (3.10 where there is no answer for it), the configured index, and each of the platforms that rows speak of. Where they
differ, each has a row of its own; where uv has no answer for one of them, the row of Linux on x86_64 speaks of it, too.
"""

import concurrent.futures
import datetime
import functools
import pathlib
import re
import subprocess
import sys
import tomllib

KNOWLEDGE = pathlib.Path(__file__).resolve().parent.parent / "knowledge"
# By rows' names of platforms, uv's. The newest wheels for Linux want a C library that is newer than 2.28.
PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_35",
    "linux-aarch64": "aarch64-manylinux_2_35",
    "windows-x86_64": "x86_64-pc-windows-msvc",
}
# Packages that run on processors, or choose the GPU's build by another name.
LEFT_OUT = {"numba", "numba-cuda", "onnxruntime"}


def known():
    """The names that have rows of their own, and torch."""
    files = [tomllib.loads(file.read_text())["package"] for file in (KNOWLEDGE / "packages").glob("*.toml")]
    names = {name for file in files for name in [file["name"], *file.get("names", [])]}
    return {name for name in names if not name.startswith("nvidia-") and name != "triton"} - LEFT_OUT


@functools.cache
def resolved(requirement, platform):
    """The versions of what comes with a requirement on a platform, by name; None where uv finds no answer."""
    for python in ("3.11", "3.10"):
        asked = ["uv", "pip", "compile", "-", "--quiet", "--no-header", "--only-binary", ":all:", "--python-version", python,
                 "--python-platform", PLATFORMS[platform]]
        said = subprocess.run(asked, input=requirement, capture_output=True, text=True, check=False)
        if said.returncode == 0:
            return {name.lower(): version for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\n]+)", said.stdout, re.MULTILINE)}
    print(f"{requirement} on {platform}: {said.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    return None


def brought_by(requirement, platform, names):
    """What comes along, as a row says it: names, and the newest torch that goes with them if it is not the newest of all."""
    found = resolved(requirement, platform)
    if found is None:
        return None
    name, _, extra = requirement.partition("[")
    # What comes without the extra is a row of its own.
    without = (resolved(name, platform) or {}) if extra else {}
    comes = sorted((key for key in found if key in names and key != name and key not in without), key=lambda key: (key != "torch", key))
    torch = found["torch"] if "torch" in comes and found["torch"] != resolved("torch", platform)["torch"] else None
    return tuple(comes), torch


def rows(requirement, names):
    """The rows of a requirement: one, or one for each group of platforms that agree."""
    requirement = re.sub("[-_.]+", "-", requirement).lower()
    name, _, extra = requirement.partition("[")
    by_platform = {platform: brought_by(requirement, platform, names) for platform in PLATFORMS}
    groups = {}
    for platform, brought in by_platform.items():
        brought = by_platform["linux-x86_64"] if brought is None else brought
        if brought is not None:
            groups.setdefault(brought, []).append(platform)
    for (comes, torch), platforms in groups.items():
        if not comes:
            continue
        yield f'\n[[dependent]]\nname = "{name}"'
        if extra:
            yield f'extra = "{extra.rstrip("]")}"'
        if len(platforms) < len(PLATFORMS):
            yield "platforms = [" + ", ".join(f'"{platform}"' for platform in platforms) + "]"
        yield "brings = [" + ", ".join(f'"{key}"' for key in comes) + "]"
        if torch:
            yield f'torch = "<={torch}"'
        yield f'source = ["uv"]\nverified = "{datetime.date.today()}"'


def main():
    asked = sys.argv[1:]
    if not asked:
        sys.exit(__doc__)
    if asked == ["--all"]:
        there = tomllib.loads((KNOWLEDGE / "dependents.toml").read_text())["dependent"]
        asked = list(dict.fromkeys(row["name"] + (f"[{row['extra']}]" if "extra" in row else "") for row in there))
    names = known()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for lines in pool.map(lambda one: list(rows(one, names)), asked):
            print("\n".join(lines), end="\n" if lines else "", flush=True)


if __name__ == "__main__":
    main()
