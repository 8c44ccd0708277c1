#!/usr/bin/env python3
"""Writes THIRD-PARTY-LICENSES.txt: the licence texts of all that is linked into the released programs.

    scripts/licenses.py            # writes it (fetches crates of all release targets)
    scripts/licenses.py --check    # exit code 1 if it does not list the crates of Cargo.lock for this machine

Crates come from `cargo tree`: what gpucheck depends on at run time, for each target of a release, without the features that only xtask turns
on; macros and build scripts are not linked. The standard library's come from the page that every Rust toolchain has
(share/doc/rust/COPYRIGHT-library.html), and those of what zig links into programs for Linux from the package ziglang, which writing needs
(scripts/package.txt).
"""

import argparse
import html
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "THIRD-PARTY-LICENSES.txt"
TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "x86_64-pc-windows-msvc"]
NAMES = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
# Crates that std links (their .rlib is in every toolchain) and its page leaves out, each with the licence that its manifest names (2026-12-01). All
# but memchr are used under Apache-2.0, whose text the page has; memchr is among gpucheck's own crates.
LEFT_OUT = {
    "addr2line": "Apache-2.0 OR MIT",
    "adler2": "0BSD OR MIT OR Apache-2.0",
    "memchr": "Unlicense OR MIT",
    "miniz_oxide": "MIT OR Zlib OR Apache-2.0",
    "object": "Apache-2.0 OR MIT",
}
# What is the Rust project's own among them.
OWN = {
    "alloc", "backtrace", "compiler_builtins", "core", "panic_abort", "panic_unwind", "proc_macro", "profiler_builtins", "std", "std_detect",
    "sysroot", "test", "unwind", "rustc_std_workspace_alloc", "rustc_std_workspace_core", "rustc_std_workspace_std",
}
RULE = "=" * 100


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout


def linked(target):
    """The packages that the program contains on this target, by (name, version)."""
    tree = run(
        "cargo", "tree", "--locked", "--package", "gpucheck", "--edges", "normal,no-proc-macro", "--target", target, "--prefix", "none",
        "--format", "{p}",
    )
    found = {(name, version.removeprefix("v")) for name, version, *_ in map(str.split, tree.splitlines())}
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    # What is this project's own has no source.
    packages = {(package["name"], package["version"]): package for package in metadata["packages"] if package["source"]}
    return {name: package for name, package in packages.items() if name in found}


def texts(package):
    """The files of a crate that a licence is in, name and text."""
    folder = Path(package["manifest_path"]).parent
    files = {path for path in folder.iterdir() if path.is_file() and NAMES.match(path.name) and path.suffix != ".rs"}
    for below in folder.iterdir():
        if below.is_dir() and NAMES.match(below.name):
            files |= {path for path in below.rglob("*") if path.is_file()}
    if package["license_file"]:
        files.add(folder / package["license_file"])
    return [(str(path.relative_to(folder)), path.read_text(errors="replace")) for path in sorted(files)]


def tidy(text):
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").replace("\f", "").split("\n")]
    return "\n".join(lines).strip("\n")


def standard_library():
    """(version of Rust, notices of its own files, their texts, [(crate, licence, texts)]), from the toolchain's page."""
    page = Path(run("rustc", "--print", "sysroot").strip()) / "share/doc/rust/COPYRIGHT-library.html"
    if not page.is_file():
        sys.exit(f"licenses.py: {page} is missing; use a toolchain of rustup's")
    text = page.read_text()
    in_tree, crates = re.split(r'<h2 id="out-of-tree-dependencies">', text, maxsplit=1)
    in_tree = in_tree[in_tree.index('<h2 id="in-tree-files">') :]
    plain = html.unescape(re.sub(r"<[^>]+>", "", in_tree))
    plain = "\n".join(line.strip() for line in plain.splitlines() if line.strip())
    out = []
    for part in crates.split("<h3>")[1:]:
        name = html.unescape(part[: part.index("</h3>")]).replace("📦", "").strip()
        licence = re.search(r"<b>License:</b> (.*?)</p>", part)
        notices = re.findall(r"<code>(.*?)</code></summary>\s*<pre>(.*?)</pre>", part, re.DOTALL)
        out.append((name, html.unescape(licence.group(1)) if licence else "", [(n, html.unescape(t)) for n, t in notices]))
    # The page has the crates of every system that Rust knows.
    there = rlibs(TARGETS[0])
    out = [crate for crate in out if (name := bare(crate[0])) in there or name.startswith("windows_")]
    own = [(f"{name}.txt", (page.parent / "licenses" / f"{name}.txt").read_text()) for name in ("Apache-2.0", "MIT", "Unicode-3.0")]
    return run("rustc", "--version").split()[1], plain, own, out


def bare(crate):
    """A crate's name as rustc writes it, without its version."""
    return re.sub(r"-\d[^:]*$", "", crate).replace("-", "_")


def zig():
    """What zig links, and the text that it is under."""
    spec = importlib.util.find_spec("ziglang")
    if not spec or not spec.origin:
        sys.exit("licenses.py: there is no ziglang in this Python's environment (pip install --require-hashes -r scripts/package.txt)")
    folder = Path(spec.origin).parent
    files = {"compiler_rt": "LICENSE", "libunwind": "lib/libunwind/LICENSE.TXT", "start-up code of glibc": "lib/libc/glibc/LICENSES"}
    return [(what, name, (folder / name).read_text(errors="replace")) for what, name in files.items()]


def rlibs(target):
    """Names of the crates in the standard library's folder of this target, if the toolchain has it."""
    folder = Path(run("rustc", "--print", "sysroot").strip()) / "lib/rustlib" / target / "lib"
    return {re.sub(r"^lib(.*)-[0-9a-f]+\.rlib$", r"\1", path.name) for path in folder.glob("*.rlib")}


def written():
    crates = {}
    for target in TARGETS:
        crates.update(linked(target))
    rust, in_tree, own, std = standard_library()
    shared, order = {}, []

    def of(name, text):
        """The number of a text: the same words are printed once."""
        key = " ".join(text.split())
        if key not in shared:
            order.append((name, tidy(text)))
            shared[key] = len(order)
        return shared[key]

    lines = [
        "Licences of what is linked into gpucheck. Written by scripts/licenses.py.",
        "",
        f"The targets of a release: {', '.join(TARGETS)}.",
        "A crate that offers a choice is listed with all of its texts; gpucheck itself is under MIT OR Apache-2.0 (LICENSE).",
        "",
        RULE,
        "CRATES",
        RULE,
        "",
    ]
    without = []
    for (name, version), package in sorted(crates.items()):
        numbers = sorted({of(file, text) for file, text in texts(package)})
        lines.append(f"{name} {version}: {package['license'] or 'see its text'}: {refer(numbers)}")
        authors = ", ".join(package["authors"])
        if not numbers:
            without.append(name)
            lines[-1] += f" (its archive has no text; authors: {authors or package['repository']})"
    lines += ["", RULE, f"THE RUST STANDARD LIBRARY (Rust {rust})", RULE, ""]
    lines += [f"Apache-2.0 OR MIT, and what its files say: {refer(sorted(of(*text) for text in own))}", "", in_tree, "", "Its crates:", ""]
    for name, licence, notices in std:
        lines.append(f"{name}: {licence}: {refer(sorted({of(file, text) for file, text in notices}))}")
    for name, licence in LEFT_OUT.items():
        lines.append(f"{name}: {licence}")
    lines += ["", RULE, "ZIG (programs for Linux)", RULE, ""]
    lines += [f"{what}: {refer([of(name, text)])}" for what, name, text in zig()]
    lines += ["", RULE, "TEXTS", RULE]
    for number, (name, text) in enumerate(order, 1):
        lines += ["", f"----- text {number} ({name}) " + "-" * 60, "", text]
    FILE.write_text("\n".join(lines) + "\n")
    print(f"{FILE.name}: {len(crates)} crates and {len(std) + len(LEFT_OUT)} of std, {len(order)} texts, {FILE.stat().st_size} bytes")
    if without:
        print(f"without a text of their own: {', '.join(without)}")


def refer(numbers):
    return "text " + ", ".join(map(str, numbers)) if numbers else "no text"


def checked():
    """What the file says of crates that are not there, or fails to say of those that are."""
    if not FILE.is_file():
        return [f"{FILE.name} is missing"]
    listed = set(re.findall(r"^(\S+) (\d\S*): ", FILE.read_text().split(RULE)[2], re.MULTILINE))
    host = re.search(r"^host: (\S+)$", run("rustc", "-vV"), re.MULTILINE).group(1)
    locked = set(re.findall(r'^name = "(.*)"\nversion = "(.*)"$', (ROOT / "Cargo.lock").read_text(), re.MULTILINE))
    wrong = [f"{name} {version} is linked and not listed" for name, version in linked(host).keys() - listed]
    wrong += [f"{name} {version} is listed and not in Cargo.lock" for name, version in listed - locked]
    std = FILE.read_text().split(RULE)[4]
    named = {bare(name) for name in re.findall(r"^(\S+): ", std, re.MULTILINE)}
    wrong += [f"std's {name} is linked and not listed" for name in rlibs(host) - named - OWN]
    return sorted(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    if not parser.parse_args().check:
        written()
    wrong = checked()
    for line in wrong:
        print(f"licenses.py: {line}", file=sys.stderr)
    if wrong:
        sys.exit("licenses.py: run scripts/licenses.py")


if __name__ == "__main__":
    main()
