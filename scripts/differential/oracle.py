"""NVIDIA's cuobjdump: where it comes from, and what it lists of a file."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

NEW = "nvidia-cuda-cuobjdump==13.5.37"
# triton ships the tool of the CUDA release it was made with. 13.5 gives up at cubins of CUDA 12.0 and 12.1, 12.4 does not.
OLD = "triton==3.1.0"
LINE = re.compile(r"(ELF|PTX) file +\d+: .*\.sm_(\d+[af]?)\.(?:cubin|ptx)$")
FATAL = re.compile(r"fatal|Invalid|error", re.IGNORECASE)


def pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments], check=True)


@dataclass
class Listing:
    """Entries by target, and what the tool complained of."""

    entries: Counter[str]
    complaint: str | None


class Tools:
    """Both versions of the tool, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        environment = folder / "cuobjdump-13.5.37"
        if not environment.exists():
            venv.create(environment, with_pip=True)
            subprocess.run([environment / "bin/pip", "install", "-q", NEW], check=True)
        self.new = next(environment.glob("lib/python3*/site-packages/nvidia/cu13/bin/cuobjdump"))
        old = folder / "cuobjdump-12.4"
        self.old = old / "triton/backends/nvidia/bin/cuobjdump"
        if not self.old.exists():
            version = f"--python-version={sys.version_info.major}.{sys.version_info.minor}"
            pip("download", "--no-deps", "--only-binary=:all:", version, "-d", str(old), OLD)
            for wheel in old.glob("*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extract("triton/backends/nvidia/bin/cuobjdump", old)
                wheel.unlink()
            self.old.chmod(0o755)

    def list(self, path: Path, old: bool = False) -> Listing:
        """`cuobjdump -all -lelf` and `-lptx` of a file. The tool gives PTX as `sm_90.ptx`."""
        entries: Counter[str] = Counter()
        complaint = None
        for option in ("-lelf", "-lptx"):
            run = subprocess.run(
                [self.old if old else self.new, "-all", option, path], capture_output=True, text=True, errors="replace"
            )
            for line in run.stdout.splitlines():
                if found := LINE.match(line):
                    entries[("sm_" if found[1] == "ELF" else "compute_") + found[2]] += 1
            said = run.stderr + run.stdout
            if "does not contain device code" not in said and (run.returncode or FATAL.search(run.stderr)):
                line = next((line for line in said.splitlines() if FATAL.search(line)), f"exit code {run.returncode}")
                complaint = line.replace(str(path), path.name)[:160]
        return Listing(entries, complaint)
