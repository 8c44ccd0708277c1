#!/usr/bin/env python3
"""Builds the kernels with NVIDIA's own tools at pinned versions, byte for byte.

    kernels/build.py                  rebuild kernels/built/ from the sources
    kernels/build.py --check          build elsewhere and compare: exit code 1 where a byte differs
    kernels/build.py --pack           only pack anew what stands in kernels/built/
    kernels/build.py --check --from-ptx
                                      the same from the committed PTX: needs no compiler, 140 MB of tools instead of 270

The tools are wheels on the package index that pip is configured with; each is checked against its SHA-256 and unpacked into the cache
($GPUCHECK_KERNEL_TOOLS, else ~/.cache/gpucheck-kernels). Linux on x86-64; compiling also needs a host compiler (gcc or clang), and packing the
program zstd: the images are alike over stretches that lie further apart than zlib looks back.

Why not simply nvcc: what today's nvcc writes loads on today's drivers only.
  - PTX carries the ISA version of its compiler, and a driver refuses one that is newer than itself (CUDA error 222). The text itself needs no
    more than the version in PTX below, so that one line is lowered, and with it the driver that is needed.
  - Cubins are written by the oldest assembler that knows the architecture: newer ones use a newer form of ELF file, which no driver of that
    time was ever given.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE / "built"
# Another release of zstd may write other bytes for the same images; a unit test holds what comes out (src/probe/smoke/images.rs).
PACKED = "all.zst"

# name -> (requirement, SHA-256 of the wheel)
COMPILER = {
    "nvcc": ("nvidia-cuda-nvcc==13.5.37", "f5c4f7ead5d964fb4af42bbf1e6d3ec3c1e6e9d83b53749f691d387e7fcaa3a7"),
    "nvvm": ("nvidia-nvvm==13.5.37", "c41bfa362e407405163f103c2229f0765f8cc2ed7d148b754dc77f228bf7e070"),
    "crt": ("nvidia-cuda-crt==13.5.37", "e898b7f73d3035fa89915a3f7bf3b54a73e90249746111aed295822c4729bb29"),
    "runtime": ("nvidia-cuda-runtime==13.5.37", "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d"),
    "cccl": ("nvidia-cuda-cccl==13.3.5.0.6", "d5230098fa2df5021e1a00c0c4eee41797671a91119d31e892463e5ccf3ee326"),
}
ASSEMBLERS = {
    "11.8": ("nvidia-cuda-nvcc-cu11==11.8.89", "f8e1e995166c884f2f5bf94975d7abb89175363b8712f7f81cd38d0df1b2cd85"),
    "12.8": ("nvidia-cuda-nvcc-cu12==12.8.93", "2d6dc36fb7cb5ac9c0b8825bc13d193c35487a315664007287d0126531238011"),
    "12.9": ("nvidia-cuda-nvcc-cu12==12.9.86", "5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0"),
    "13.0": ("nvidia-cuda-nvcc==13.0.88", "56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03"),
}

# source -> PTX: (module, compiled for, PTX ISA version that the text needs, target that it needs).
# 6.0 is CUDA 9.0, 6.5 is 10.2 (mma.m16n8k8), 7.0 is 11.0 (bf16, cp.async).
PTX = [
    ("general", "75", "6.0", "50"),
    ("tensor", "75", "6.5", "75"),
    ("tensor", "80", "7.0", "80"),
]

# architecture -> the assembler for it. kernels/README.md says why these.
ARCHITECTURES = {
    **dict.fromkeys(["50", "60", "70", "75", "80", "86", "87", "89", "90"], "11.8"),
    **dict.fromkeys(["100", "120"], "12.8"),
    **dict.fromkeys(["103", "121"], "12.9"),
    "110": "13.0",
}


def main():
    parser = argparse.ArgumentParser(description="Builds the kernels with NVIDIA's tools at pinned versions.")
    parser.add_argument("--check", action="store_true", help="compare with kernels/built/ instead of replacing it")
    parser.add_argument("--pack", action="store_true", help="only pack the files of kernels/built/ anew")
    parser.add_argument("--from-ptx", action="store_true", help="begin at the committed PTX")
    arguments = parser.parse_args()
    if arguments.pack:
        return pack()
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        if arguments.from_ptx:
            for module, _, _, target in PTX:
                name = f"{module}.compute_{target}.ptx"
                (made / name).write_bytes((BUILT / name).read_bytes())
        else:
            compile_sources(made)
        assemble(made)
        names = sorted(path.name for path in made.iterdir())
        sums = "".join(f"{sha256((made / name).read_bytes())}  {name}\n" for name in names)
        (made / "SHA256SUMS").write_text(sums)
        if arguments.check:
            return compare(made)
        BUILT.mkdir(exist_ok=True)
        for old in BUILT.iterdir():
            old.unlink()
        for path in made.iterdir():
            (BUILT / path.name).write_bytes(path.read_bytes())
        print(sums, end="")
    return pack()


def pack():
    """Writes what the program embeds: the images in the order of their names, one behind the other, as one frame of zstd."""
    images = b"".join(path.read_bytes() for path in sorted(BUILT.iterdir()) if path.suffix in (".cubin", ".ptx"))
    command = ["zstd", "--quiet", "--ultra", "-22", "--long=20", "--check", "--stdout"]
    (BUILT / PACKED).write_bytes(subprocess.run(command, input=images, stdout=subprocess.PIPE, check=True).stdout)
    return 0


def compile_sources(made):
    """Makes the PTX files. The compiler's parts must lie in one folder."""
    root = unpacked("compiler-13.5.37", COMPILER.values()) / "nvidia/cu13"
    for module, arch, version, target in PTX:
        ptx = made / f"{module}.compute_{target}.ptx"
        source = HERE / f"{module}.cu"
        run([root / "bin/nvcc", "-ptx", f"-arch=compute_{arch}", "-std=c++17", source, "-o", ptx])
        text = ptx.read_text()
        text, versions = re.subn(r"(?m)^\.version .*$", f".version {version}", text)
        text, targets = re.subn(r"(?m)^\.target .*$", f".target sm_{target}", text)
        if (versions, targets) != (1, 1):
            sys.exit(f"{ptx.name}: expected one .version and one .target line, found {versions} and {targets}")
        ptx.write_text(text)


def assemble(made):
    """Makes a cubin of each module for each architecture, from the newest PTX that serves it."""
    tools = {release: assembler(release) for release in sorted(set(ARCHITECTURES.values()))}
    for arch, release in ARCHITECTURES.items():
        for module in dict.fromkeys(module for module, *_ in PTX):
            targets = [int(target) for name, _, _, target in PTX if name == module and int(target) <= int(arch)]
            if targets:
                ptx, cubin = made / f"{module}.compute_{max(targets)}.ptx", made / f"{module}.sm_{arch}.cubin"
                run([tools[release], "-O3", f"-arch=sm_{arch}", ptx, "-o", cubin])


def assembler(release):
    requirement, digest = ASSEMBLERS[release]
    folder = unpacked(requirement.replace("==", "-"), [(requirement, digest)], only="/bin/ptxas")
    return next(folder.glob("nvidia/*/bin/ptxas"))


def unpacked(name, wheels, only=""):
    """A folder of the cache with what these wheels hold, or with those files whose path ends so."""
    default = Path.home() / ".cache/gpucheck-kernels"
    cache = Path(os.environ.get("GPUCHECK_KERNEL_TOOLS") or default)
    folder = cache / name
    if (folder / "complete").exists():
        return folder
    for requirement, digest in wheels:
        with tempfile.TemporaryDirectory() as download:
            run([sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
                 "--only-binary=:all:", "--dest", download, requirement])
            (wheel,) = Path(download).glob("*.whl")
            if (found := sha256(wheel.read_bytes())) != digest:
                sys.exit(f"{wheel.name}: SHA-256 is {found}, pinned is {digest}")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder, [member for member in archive.namelist() if member.endswith(only)])
    for program in [*folder.glob("nvidia/*/bin/*"), *folder.glob("nvidia/*/nvvm/bin/*")]:
        if program.is_file():
            program.chmod(0o755)
    (folder / "complete").touch()
    return folder


def compare(made):
    """Says which files differ from the committed ones."""
    ours = {path.name: path.read_bytes() for path in BUILT.iterdir() if path.name != PACKED} if BUILT.is_dir() else {}
    theirs = {path.name: path.read_bytes() for path in made.iterdir()}
    wrong = [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    for name in wrong:
        print(f"differs: {name}")
    print(f"{len(theirs) - len(wrong)} of {len(theirs)} files are the same, byte for byte")
    return 1 if wrong else 0


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
