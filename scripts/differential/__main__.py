"""Holds `gpucheck scan` against NVIDIA's cuobjdump on real wheels.

For each wheel of wheels.txt: fetched by pip, scanned by gpucheck as it is, then each native file unpacked and listed by cuobjdump;
what cuobjdump is blind for (PE files, code that no section names) is cut out and listed, and there gpucheck reads with `--deep`. The
multisets of (kind, architecture, suffix) are compared for each file. One wheel at a time is on the disk. Results are appended to
docs/evidence/differential.jsonl, of which docs/evidence/differential.md is made:

    python3 scripts/differential run [--gpucheck PATH] [--tools FOLDER] [REQUIREMENT…]
    python3 scripts/differential report
"""

from __future__ import annotations

import argparse
import datetime
import json
import mmap
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import native
import report
from oracle import Tools, pip

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RESULTS = ROOT / "docs/evidence/differential.jsonl"


def platforms(name: str) -> list[str]:
    """The tags that pip is to accept; every glibc up to that of the newest wheels."""
    if name.startswith("win"):
        return [name]
    return [f"manylinux_2_{minor}_{name}" for minor in range(39, 4, -1)] + [f"manylinux2014_{name}", f"linux_{name}"]


def fetch(requirement: str, platform: str, python: str, folder: Path) -> Path:
    tags = [f"--platform={tag}" for tag in platforms(platform)]
    pip("download", "--no-deps", "--only-binary=:all:", f"--python-version={python}", *tags, "-d", str(folder), requirement)
    return next(folder.glob("*.whl"))


def scan(gpucheck: str, target: Path, *options: str) -> tuple[dict, float]:
    """The report on one target, and how long it took."""
    start = time.monotonic()
    run = subprocess.run([gpucheck, "scan", "--format=json", *options, target], capture_output=True)
    if not run.stdout:
        return {"scan": [], "unread": [{"path": target.name, "why": run.stderr.decode()}]}, 0.0
    return json.loads(run.stdout), time.monotonic() - start


def counts(library: dict | None, *parts: str) -> Counter[str]:
    """Entries of a library as gpucheck tells them, as far as cuobjdump lists such; it drops the `f` of machine code."""
    code = ((library or {}).get("code") or {}).get("value") or {}
    total: Counter[str] = Counter()
    for part in parts:
        for target, count in code.get(part, {}).items():
            if target.startswith("sm_"):
                total[target.removesuffix("f")] += count
            elif target.startswith("compute_"):
                total[target] += count
    return total


def spelled(entries: Counter[str]) -> str:
    return ", ".join(f"{count} {target}" for target, count in sorted(entries.items())) or "nothing"


class Comparison:
    """One wheel."""

    def __init__(self, gpucheck: str, tools: Tools, folder: Path, unread: set[str]) -> None:
        self.gpucheck, self.tools, self.folder, self.unread = gpucheck, tools, folder, unread
        self.files = self.with_code = self.entries = 0
        self.differences: list[dict] = []
        self.hidden: list[dict] = []
        self.decoys: dict[str, int] = {}
        self.tool_seconds = 0.0

    def listed(self, path: Path, old: bool = False):
        start = time.monotonic()
        listing = self.tools.list(path, old)
        self.tool_seconds += time.monotonic() - start
        return listing

    def member(self, name: str, path: Path, kind: str, library: dict | None) -> None:
        """Compares one file."""
        self.files += 1
        visible = path
        if library is None and name in self.unread:
            # What is not read inside the wheel, which the report says, is compared unpacked.
            library = next(iter(scan(self.gpucheck, path)[0]["scan"]), None)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            named = native.sections(data, kind) if kind in ("elf", "pe") else []
            ours = counts(library, "sass", "ptx", "relocatable")
            if kind == "pe":
                visible = self.folder / "sections.o"
                parts = [data[part.start : part.end] for section in named for part in native.fatbins(data, section)]
                visible.write_bytes(native.wrapped(parts))
            if kind != "pe" or parts or ours:
                self.compare(name, visible, ours)
            if kind in ("elf", "pe"):
                self.search(name, path, data, named, ours)

    def compare(self, name: str, visible: Path, ours: Counter[str]) -> None:
        theirs = self.listed(visible)
        self.entries += theirs.entries.total()
        self.with_code += bool(ours or theirs.entries)
        if theirs.entries == ours and not theirs.complaint:
            return
        difference = {"file": name, "gpucheck": spelled(ours - theirs.entries), "cuobjdump": spelled(theirs.entries - ours)}
        if theirs.complaint:
            old = self.listed(visible, old=True)
            said = f"13.5 stops at an entry (“{theirs.complaint}”)"
            if old.entries == ours and not old.complaint:
                difference["why"] = f"{said}; 12.4 lists all: equal"
                self.entries += old.entries.total() - theirs.entries.total()
            else:
                difference["why"] = f"{said}; 12.4 too (“{old.complaint}”): {spelled(ours - old.entries)} not confirmed"
                difference["contradicted"] = bool(theirs.entries - ours)
        self.differences.append(difference)

    def search(self, name: str, path: Path, data: mmap.mmap, named: list[native.Range], ours: Counter[str]) -> None:
        """Compares what lies outside of the named sections."""
        containers, cubins, magics = [], [], 0
        for gap in native.gaps(len(data), named):
            found = list(native.fatbins(data, gap))
            containers += found
            for rest in native.gaps(gap.end, [native.Range(0, gap.start), *found]):
                cubins += native.cubins(data, rest)
                magics += native.count(data, native.MAGIC, rest)
        if magics:
            self.decoys[name] = magics
        deep, seconds = scan(self.gpucheck, path, "--deep")
        library = next(iter(deep["scan"]), None)
        more = counts(library, "sass", "ptx", "relocatable", "hidden") - ours
        if not (containers or cubins or more):
            return
        listed: Counter[str] = Counter()
        complaints, silent, by_old = [], 0, 0
        slices = [native.wrapped([data[part.start : part.end] for part in containers])] if containers else []
        for image in slices + [data[part.start : part.end] for part in cubins]:
            cut = self.folder / "cut.o"
            cut.write_bytes(image)
            listing = self.listed(cut)
            # Some cubins of CUDA 12.0 make 13.5 say that there is no device code.
            if (listing.complaint or not listing.entries) and (old := self.listed(cut, old=True)).entries:
                listing, by_old = old, by_old + old.entries.total()
            listed += listing.entries
            silent += not listing.entries and not listing.complaint
            complaints += [listing.complaint] if listing.complaint else []
        self.entries += listed.total()
        result = {"file": name, "fatbins": len(containers), "cubins": len(cubins), "listed": listed.total(),
                  "by_12.4": by_old, "targets": sorted(listed), "other": native.other_kinds(data, containers), "seconds": round(seconds, 2)}  # fmt: skip
        if listed != more:
            result |= {"gpucheck": spelled(more - listed), "cuobjdump": spelled(listed - more)}
            if complaints or silent:
                refused = f"refuse {len(complaints)} (“{complaints[0]}”) and " if complaints else ""
                result["why"] = f"of the parts, 13.5 and 12.4 {refused}say of {silent} that they hold no device code"
                result["contradicted"] = bool(listed - more)
        self.hidden.append(result)


def compare(gpucheck: str, tools: Tools, requirement: str, platform: str, python: str) -> dict:
    with tempfile.TemporaryDirectory(prefix="differential-") as name:
        folder = Path(name)
        wheel = fetch(requirement, platform, python, folder)
        read, seconds = scan(gpucheck, wheel)
        libraries = {library["path"]: library for library in read["scan"]}
        comparison = Comparison(gpucheck, tools, folder, {unread["path"] for unread in read.get("unread", [])})
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    head = file.read(64)
                if (kind := native.kind(head)) is None:
                    continue
                path = folder / f"member{Path(member.filename).suffix}"
                with archive.open(member) as file, path.open("wb") as to:
                    shutil.copyfileobj(file, to, 1 << 20)
                comparison.member(member.filename, path, kind, libraries.get(member.filename))
                path.unlink()
        return {
            "date": datetime.date.today().isoformat(),
            "requirement": requirement,
            "platform": platform,
            "wheel": wheel.name,
            "bytes": wheel.stat().st_size,
            "files": comparison.files,
            "with_code": comparison.with_code,
            "entries": comparison.entries,
            "differences": comparison.differences,
            "hidden": comparison.hidden,
            "decoys": comparison.decoys,
            "unread": read.get("unread", []),
            "gpucheck_seconds": round(seconds, 2),
            "cuobjdump_seconds": round(comparison.tool_seconds, 1),
        }


def wheels() -> list[list[str]]:
    lines = (line.partition("#")[0].split() for line in (HERE / "wheels.txt").read_text().splitlines())
    return [line for line in lines if line]


def run(arguments: argparse.Namespace) -> int:
    tools = Tools(arguments.tools)
    faults = 0
    for requirement, platform, python in wheels():
        if arguments.only and requirement not in arguments.only:
            continue
        try:
            result = compare(arguments.gpucheck, tools, requirement, platform, python)
        except (subprocess.CalledProcessError, OSError, StopIteration) as error:
            print(f"{requirement} {platform}: {error}", file=sys.stderr)
            faults += 1
            continue
        unexplained = [found for found in report.all_differences(result) if "why" not in found or found.get("contradicted")]
        faults += len(unexplained)
        print(f"{result['wheel']}: {result['files']} files, {result['entries']} entries, "
              f"{len(unexplained)} differences without an explanation", flush=True)  # fmt: skip
        with RESULTS.open("a") as file:
            file.write(json.dumps(result) + "\n")
    return 1 if faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    runner = commands.add_parser("run", help="fetch, scan, compare")
    runner.add_argument("--gpucheck", default=str(ROOT / "target/release/gpucheck"))
    runner.add_argument("--tools", type=Path, default=Path.home() / ".cache/gpucheck-tests")
    runner.add_argument("only", nargs="*", metavar="REQUIREMENT")
    runner.set_defaults(run=run)
    reporter = commands.add_parser("report", help="write docs/evidence/differential.md")
    reporter.set_defaults(run=lambda _: report.write(RESULTS, ROOT / "docs/evidence/differential.md"))
    arguments = parser.parse_args()
    return arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
