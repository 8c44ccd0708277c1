#!/usr/bin/env python3
"""Prints which wheels of a package the configured index has, as lines for tests/resolve_lines/default.txt.

    scripts/index-files.py torch torchvision torchaudio

pip is asked for a version that does not exist: on the way to saying so, it lists every file that it saw. macOS, 32-bit and source files are
left out, and so is what is older than --since.
"""

import argparse
import collections
import re
import subprocess
import sys

FILE = re.compile(r"/([A-Za-z0-9_.]+)-([^-/]+)-(?:[0-9][^-/]*-)?([^-/]+-[^-/]+)-([^-/]+)\.whl")
PYTHON = re.compile(r"requires-python:([^)]*)\)|not in: '([^']*)'")
PLATFORMS = re.compile(r"any$|win_amd64|linux.*_(x86_64|aarch64)")


def number(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def wheels(name, since):
    """Tags by version, platform and Requires-Python."""
    asked = [sys.executable, "-m", "pip", "-vvv", "download", "--no-deps", "--no-cache-dir", "-d", "/nonexistent", f"{name}==0.0.0.1"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    found, python = collections.defaultdict(set), {}
    for line in said.splitlines():
        file = FILE.search(line)
        if not file or not PLATFORMS.search(file[4]) or number(file[2]) < number(since):
            continue
        _, version, tags, platform = file.groups()
        found[version, platform].add(tags)
        wanted = PYTHON.search(line)
        if wanted:
            # pip prints it with or without entities; files of one version agree.
            python[version] = (wanted[1] or wanted[2]).replace("&gt;", ">").replace("&lt;", "<").replace(" ", "")
    for (version, platform), tags in sorted(found.items(), key=lambda item: (number(item[0][0]), item[0])):
        ordered = sorted(tags, key=lambda tag: (number(tag.split("-")[0]), tag))
        print(name, version, platform, python.get(version) or "-", *ordered)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", default="0", help="leave out older versions")
    parser.add_argument("name", nargs="+")
    arguments = parser.parse_args()
    for name in arguments.name:
        wheels(name, arguments.since)


if __name__ == "__main__":
    main()
