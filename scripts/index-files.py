#!/usr/bin/env python3
"""Prints which wheels of a package the configured index has, as lines for tests/resolve_lines/default.txt.

    scripts/index-files.py --since 1.13 torch
    scripts/index-files.py --named vllm xformers

pip is asked for a version that does not exist: on the way to saying so, it lists every file that it saw. macOS and 32-bit files are left out;
source is listed (as platform `source`) only where a version has no wheel at all. --since leaves out what is older; --named leaves only the
versions that knowledge/packages/ names, that of NAME==VERSION, and the newest.
"""

import argparse
import collections
import pathlib
import re
import subprocess
import sys

FILE = re.compile(r"/([A-Za-z0-9_.]+)-([^-/]+)-(?:[0-9][^-/]*-)?([^-/]+-[^-/]+)-([^-/]+)\.whl")
SOURCE = re.compile(r"/([A-Za-z0-9_.]+?)-([0-9][^-/]*)\.(?:tar\.gz|zip)")
PYTHON = re.compile(r"requires-python:([^)]*)\)|not in: '([^']*)'")
PLATFORMS = re.compile(r"any$|win_amd64|linux.*_(x86_64|aarch64)")


def number(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def named(name):
    """Every version in the files of rows that name the package."""
    folder = pathlib.Path(__file__).parent.parent / "knowledge" / "packages"
    texts = [file.read_text() for file in folder.glob("*.toml")]
    own = [text for text in texts if f'name = "{name}"' in text or 'names = [' in text and f'"{name}"' in text]
    versions = re.findall(r"[0-9]+\.[0-9][0-9A-Za-z.]*", "\n".join(own))
    return {*versions, *re.findall(rf'"{name}==([0-9][^"]*)"', "\n".join(texts))}


def wheels(name, since, only):
    """Prints tags by version, platform and Requires-Python."""
    asked = [sys.executable, "-m", "pip", "-vvv", "download", "--no-deps", "--no-cache-dir", "-d", "/nonexistent", f"{name}==0.0.0.1"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    found, python = collections.defaultdict(set), {}
    sources = [match for match in map(SOURCE.search, said.splitlines()) if match and number(match[2]) >= number(since)]
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
    for source in sources:
        if not any(version == source[2] for version, _ in found):
            found[source[2], "source"] = set()
    newest = max((version for version, _ in found if not re.search("[a-z]", version)), key=number, default=None)
    if only is not None:
        found = {key: tags for key, tags in found.items() if key[0] in only or key[0] == newest}
    for (version, platform), tags in sorted(found.items(), key=lambda item: (number(item[0][0]), item[0])):
        ordered = sorted(tags, key=lambda tag: (number(tag.split("-")[0]), tag))
        print(name, version, platform, python.get(version) or "-", *ordered)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--since", default="0", help="leave out older versions")
    parser.add_argument("--named", action="store_true", help="only versions that rows name, and the newest")
    parser.add_argument("name", nargs="+")
    arguments = parser.parse_args()
    for asked in arguments.name:
        name, _, version = asked.partition("==")
        wheels(name, arguments.since, {*named(name), version} if arguments.named else None)


if __name__ == "__main__":
    main()
