#!/usr/bin/env python3
"""Builds what a release has for one target: a wheel, an archive of the program with completions and man pages, and an SBOM.

    scripts/package.py TARGET [--out DIR]       # x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu, x86_64-pc-windows-msvc, …
    scripts/package.py --sums DIR               # SHA256SUMS of what lies in DIR, for people to compare with
    scripts/package.py --tag TAG                # exit code 1 if a release of this tag would have another version than Cargo.toml

Needs cargo with the standard library of TARGET, and maturin (scripts/package.txt has its version); for Linux ziglang too, which links for
glibc 2.17, so that the program runs on systems of 2014 and later. docs/packaging.md says more.
"""

import argparse
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE).group(1)
# In an archive, below its one folder: path there, path here. The program comes out of the wheel, so that both have the same.
FILES = {
    "README.md": "README.md",
    "LICENSE": "LICENSE",
    "LICENSE-APACHE": "LICENSE-APACHE",
    "LICENSE-MIT": "LICENSE-MIT",
    "THIRD-PARTY-LICENSES.txt": "THIRD-PARTY-LICENSES.txt",
    "completions": "contrib/completions",
    "man": "docs/man",
}


def wheel(target, out):
    """Builds the wheel, and returns its path."""
    command = [sys.executable, "-m", "maturin", "build", "--release", "--locked", "--target", target, "--out", str(out)]
    if "linux" in target:
        command += ["--zig", "--compatibility", "manylinux2014"]
    # maturin looks for zig as a module of the first python3 on PATH: of this one, in whose environment both are.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.whl")}
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PATH": path})
    new = [path for path in out.glob("*.whl") if before.get(path) != path.stat().st_mtime_ns]
    if len(new) != 1:
        sys.exit(f"package.py: maturin wrote {len(new)} wheels to {out}; expected one")
    return new[0]


def members(built):
    """Program and SBOM of a wheel: (name, bytes), (name, bytes)."""
    with zipfile.ZipFile(built) as archive:
        names = archive.namelist()
        program = [name for name in names if re.search(r"\.data/scripts/gpucheck(\.exe)?$", name)]
        sbom = [name for name in names if "/sboms/" in name and name.endswith(".cyclonedx.json")]
        licences = [name for name in names if name.endswith("/licenses/THIRD-PARTY-LICENSES.txt")]
        if (len(program), len(sbom), len(licences)) != (1, 1, 1):
            sys.exit(f"package.py: {built.name} has not one program, one SBOM and one list of licences: {program}, {sbom}, {licences}")
        return (program[0].rsplit("/", 1)[1], archive.read(program[0])), archive.read(sbom[0])


def contents(program):
    """Everything in an archive: path, bytes, whether it is a program."""
    name, content = program
    yield name, content, True
    for there, here in FILES.items():
        here = ROOT / here
        if not here.exists():
            sys.exit(f"package.py: {here} is missing")
        for path in sorted(here.iterdir()) if here.is_dir() else [here]:
            yield (f"{there}/{path.name}" if here.is_dir() else there), path.read_bytes(), False


def archive(target, program, out):
    """Writes the tarball or (Windows) the zip. The same contents give the same bytes: no time, owner or order of this machine is in it."""
    folder = f"gpucheck-{VERSION}-{target}"
    files = [(f"{folder}/{name}", content, runs) for name, content, runs in contents(program)]
    if "windows" in target:
        path = out / f"{folder}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
            for name, content, runs in files:
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = (0o755 if runs else 0o644) << 16
                made.writestr(entry, content)
        return path
    path = out / f"{folder}.tar.gz"
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, 0) as packed, tarfile.open(fileobj=packed, mode="w") as made:
        for name, content, runs in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755 if runs else 0o644
            made.addfile(entry, io.BytesIO(content))
    return path


def sums(folder):
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name != "SHA256SUMS")
    if not names:
        sys.exit(f"package.py: {folder} is empty")
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_bytes("".join(lines).encode())
    sys.stdout.writelines(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("target", nargs="?", help="target to build for, as rustc names it")
    what.add_argument("--sums", metavar="DIR", type=Path, help="write DIR/SHA256SUMS")
    what.add_argument("--tag", help="compare this tag with the version in Cargo.toml")
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "target" / "dist", help="where results go [default: target/dist]")
    arguments = parser.parse_args()
    if arguments.sums:
        return sums(arguments.sums)
    if arguments.tag:
        if arguments.tag != f"v{VERSION}":
            sys.exit(f"package.py: the tag is {arguments.tag}, and Cargo.toml has version {VERSION} (v{VERSION})")
        return None
    out = arguments.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(ROOT / "scripts" / "licenses.py"), "--check"], check=True)
    built = wheel(arguments.target, out)
    program, sbom = members(built)
    packed = archive(arguments.target, program, out)
    bill = out / f"gpucheck-{VERSION}-{arguments.target}.cdx.json"
    bill.write_bytes(sbom)
    for path in (built, packed, bill):
        print(f"{path.name}: {path.stat().st_size} bytes")
    print(f"the program: {len(program[1])} bytes")
    return None


if __name__ == "__main__":
    main()
