#!/usr/bin/env python3
"""Draws rows of knowledge/ at random, to be held against sources that they do not name (docs/evidence/kb-drawn.md).

    scripts/draw-rows.py 20261201         60 rows by the seed of a day: file, kind, what names the row, its sources
    scripts/draw-rows.py 20261201 20      20 of them
    scripts/draw-rows.py 20261201 60 --whole    with every field

The same seed draws the same rows from the same files. A build of a torch release counts as a row of its own.
"""

import pathlib
import random
import sys
import tomllib

KNOWLEDGE = pathlib.Path(__file__).resolve().parent.parent / "knowledge"
NAMES = ("id", "name", "version", "versions", "slug", "major", "branch", "isa", "rule", "distribution", "cuda", "torch", "text", "capability")


def rows():
    """Every row with the file and the kind that it is of, in a fixed order."""
    for path in sorted(KNOWLEDGE.rglob("*.toml")):
        file = path.relative_to(KNOWLEDGE).as_posix()
        tables = tomllib.loads(path.read_text())
        for kind, entries in tables.items():
            if kind == "package":
                yield file, kind, entries
            if not isinstance(entries, list):
                continue
            for row in entries:
                builds = row.pop("builds", None) if isinstance(row, dict) else None
                yield file, kind, row
                for build in builds or []:
                    yield file, f"{kind} build", {"version": row["version"]} | build


def title(row):
    """What tells a row from its neighbours."""
    parts = [str(row[name]) for name in NAMES if name in row]
    parts += [" ".join(row[key]) for key in ("of", "platforms") if row.get(key)]
    parts += [row[key] for key in ("variant", "platform") if isinstance(row.get(key), str)]
    return ", ".join(parts)[:100] or str(row)[:100]


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not words:
        sys.exit(__doc__)
    seed, count = int(words[0]), int(words[1]) if len(words) > 1 else 60
    everything = list(rows())
    drawn = random.Random(seed).sample(range(len(everything)), min(count, len(everything)))
    print(f"{len(drawn)} of {len(everything)} rows, seed {seed}")
    for number, index in enumerate(sorted(drawn), 1):
        file, kind, row = everything[index]
        print(f"{number}. {file} [{kind}] {title(row)}  ({', '.join(row.get('source', []))})")
        if "--whole" in sys.argv:
            print("   ", row)


if __name__ == "__main__":
    main()
