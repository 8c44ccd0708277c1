#!/usr/bin/env python3
"""What `--online` reads and says when rows are missing, held against what the rows say (docs/remote.md, "Newer than the knowledge base").

For each case: the rows of knowledge/ without some of them are signed with a key of the moment and taken as an update
(`gpucheck kb update`) in a folder of their own; the same question is then asked with all rows, and with the fewer rows and --online.
Needs the network and `cryptography`; nothing is left behind.

    cargo build && scripts/online-figures.py [--index-url URL]
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROOT = Path(__file__).resolve().parent.parent
GPUCHECK = Path(os.environ.get("GPUCHECK", ROOT / "target/debug/gpucheck"))
MACHINE = ["--os", "linux", "--platform", "linux-x86_64", "--python-version", "3.12"]

# Rows that are taken out (of packages those whose newest version it is), and the question.
CASES = [
    (["torch==2.15.0"], ["recommend", "--gpu", "RTX 5090", "--driver", "595.71.05", *MACHINE]),
    (["torch==2.15.0"], ["recommend", "--gpu", "RTX 5090", "--driver", "580.95.05", *MACHINE]),
    (["torch==2.12.1"], ["recommend", "--gpu", "H100", "--driver", "580.95.05", "--torch", "2.12.1", *MACHINE]),
    (["torch==2.7.1"], ["check", "--gpu", "H100", "--driver", "580.95.05", *MACHINE, "--", "pip", "install", "torch==2.7.1"]),
    (["torch==2.15.0"], ["check", "--gpu", "GTX 1080", "--driver", "580.95.05", *MACHINE, "--", "pip", "install", "torch"]),
    (["xformers==0.0.35"], ["check", "--gpu", "RTX 5090", "--driver", "580.95.05", *MACHINE, "--", "pip", "install", "xformers==0.0.35"]),
    (["bitsandbytes==0.50.2"], ["check", "--gpu", "GTX 1080", "--driver", "580.95.05", *MACHINE, "--", "pip", "install", "bitsandbytes==0.50.2"]),
    (["torch==2.15.0", "vllm==0.33.0"], ["recommend", "--gpu", "H100", "--driver", "595.71.05", *MACHINE, "--with", "vllm"]),
    (["torch==2.15.0"], ["recommend", "--gpu", "RTX 5090", "--driver", "595.71.05", "--os", "windows", "--python-version", "3.12"]),
    (["torch==2.15.0"], ["recommend", "--gpu", "GB10", "--driver", "595.71.05", "--python-version", "3.12"]),
    (["torch==2.15.0"], ["needs", "torch", "--os", "linux", "--python-version", "3.12"]),
]


def signed(text: bytes, key: Ed25519PrivateKey) -> tuple[bytes, str]:
    """The text behind a signature of minisign, and the public key (minisign's documentation, "Signature format")."""
    number = b"gpucheck"
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(hashlib.blake2b(text).digest())
    comment = "made for figures"
    whole = key.sign(signature + comment.encode())
    lines = [
        "untrusted comment: signature",
        base64.b64encode(b"ED" + number + signature).decode(),
        f"trusted comment: {comment}",
        base64.b64encode(whole).decode(),
    ]
    return ("\n".join(lines) + "\n").encode() + text, base64.b64encode(b"Ed" + number + public).decode()


def without(releases: list[str], folder: Path) -> None:
    """Takes an update without these releases into the folder for data."""
    bundle = folder / "bundle"
    run(["cargo", "xtask", "bundle", str(bundle)], cwd=ROOT)
    head, *parts = bundle.read_text().splitlines()
    for place, part in enumerate(parts):
        name, rows = part.split("\t", 1)
        if name == "packages":
            rows = json.loads(rows)
            for file in rows:
                gone = [release.split("==")[1] for release in releases if release.startswith(file["package"]["name"] + "==")]
                file["build"] = [row for row in file.get("build", []) if row.get("newest") not in gone]
            parts[place] = name + "\t" + json.dumps(rows)
        if name == "torch":
            rows = json.loads(rows)
            kept = [row for row in rows["release"] if "torch==" + row["version"] not in releases]
            parts[place] = name + "\t" + json.dumps({**rows, "release": kept})
    # It has to be newer than the program's own rows.
    head = json.dumps({**json.loads(head), "date": "2099-01-01"})
    file, key = signed("\n".join([head, *parts, ""]).encode(), Ed25519PrivateKey.generate())
    (folder / "update").write_bytes(file)
    run([GPUCHECK, "kb", "update", "--key", key, "--from", folder / "update"], env=home(folder))


def home(folder: Path) -> dict[str, str]:
    return {**os.environ, "XDG_DATA_HOME": str(folder / "data")}


def run(command, **options) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode not in (0, 1) or "Traceback" in done.stderr:
        sys.exit(f"{command}: {done.returncode}\n{done.stderr}")
    if done.stderr and "gpucheck" in str(command[0]):
        print("   ", done.stderr.strip(), file=sys.stderr)
    return done.stdout


def asked(command: list[str], env: dict[str, str], online: list[str]) -> tuple[dict, float]:
    words = command.index("--") if "--" in command else len(command)
    line = [GPUCHECK, *command[:words], *online, "--format", "json", *command[words:]]
    start = time.monotonic()
    return json.loads(run(line, env=env)), time.monotonic() - start


def answer(report: dict) -> dict:
    """What a report says, without where it knows it from."""
    fixes = [
        [line["line"] for line in fix["commands"]]
        for finding in report.get("findings", [])
        for fix in finding["fixes"]
    ]
    runs = [(one["subject"], one["how"]) for one in report.get("runs_on", [])]
    found = [(finding["rule"], finding["severity"]) for finding in report.get("findings", [])]
    needs = [
        [system["system"], system["driver"], *[(group["driver"], [gpu["capability"] for gpu in group["gpus"]]) for group in system["served"]]]
        for subject in report.get("subjects", [])
        if "systems" in subject
        for system in subject["systems"]
    ]
    return {"verdict": report["verdict"], "found": found, "runs": runs, "fixes": fixes, "needs": needs}


def main() -> None:
    named = sys.argv[1:]
    failed = False
    for releases, command in CASES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with_rows, _ = asked(command, home(folder), [])
            without(releases, folder)
            offline, _ = asked(command, home(folder), [])
            online, seconds = asked(command, home(folder), ["--online", *named])
        same = answer(with_rows) == answer(online)
        failed |= not same
        read = online["knowledge"].get("online", {"files": [], "requests": 0, "bytes": 0})
        print(f"without {', '.join(releases)}: gpucheck {' '.join(command)}")
        print(f"    the answer with the row, and the one that was read: {'the same' if same else 'DIFFERENT'}"
              f" (without both: {'the same' if answer(offline) == answer(with_rows) else 'another'})")
        for file in read["files"]:
            print(f"    {file['file']}: {file['bytes'] / 1e6:.1f} of {file['size'] / 1e6:.1f} MB"
                  f" ({file['bytes'] * 100 / file['size']:.1f} %), {file['requests']} requests")
        print(f"    in all {read['requests']} requests, {read['bytes'] / 1e6:.1f} MB, {seconds:.1f} s")
        for what in read.get("failed", []):
            print(f"    not read: {what}")
        if not same:
            for side in (with_rows, online):
                print("   ", json.dumps(answer(side))[:3000])
    sys.exit(failed)


if __name__ == "__main__":
    main()
