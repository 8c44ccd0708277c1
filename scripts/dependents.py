#!/usr/bin/env python3
"""Prints rows for knowledge/dependents.toml: which of the named packages bring torch, by asking uv to resolve each of them alone.

    scripts/dependents.py accelerate 'docling[vlm]'

Wheels only, Python 3.11 on Linux, the configured index. A package that cannot be resolved so (source only, another Python) is said on stderr.
"""

import datetime
import re
import subprocess
import sys

ASKED = ["uv", "pip", "compile", "-", "--quiet", "--no-header", "--only-binary", ":all:", "--python-version", "3.11",
         "--python-platform", "x86_64-manylinux_2_28"]


def torch_of(requirement):
    """The version of torch that comes with a requirement; None where none does."""
    said = subprocess.run(ASKED, input=requirement, capture_output=True, text=True, check=False)
    if said.returncode:
        print(f"{requirement}: {said.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    found = re.search(r"^torch==([0-9.]+)", said.stdout, re.MULTILINE)
    return found and found[1]


def main():
    newest = torch_of("torch")
    for requirement in sys.argv[1:]:
        version = torch_of(requirement)
        if not version:
            continue
        name, _, extra = requirement.partition("[")
        print(f'\n[[dependent]]\nname = "{re.sub("[-_.]+", "-", name).lower()}"')
        if extra:
            print(f'extra = "{extra.rstrip("]")}"')
        if version != newest:
            print(f'torch = "<={version}"')
        print(f'source = ["uv"]\nverified = "{datetime.date.today()}"')


if __name__ == "__main__":
    main()
