"""The tables of docs/evidence/differential.md."""

from __future__ import annotations

import json
from pathlib import Path

BEGIN, END = "<!-- made by scripts/differential report -->", "<!-- end -->"


def all_differences(result: dict) -> list[dict]:
    """Differences in the named sections and outside of them."""
    return result["differences"] + [found for found in result["hidden"] if "gpucheck" in found]


def latest(results: Path) -> list[dict]:
    """The last result of each wheel."""
    kept = {}
    for line in results.read_text().splitlines():
        result = json.loads(line)
        kept[result["wheel"]] = result
    return sorted(kept.values(), key=lambda result: result["wheel"])


def table(head: list[str], rows: list[list[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def write(results: Path, page: Path) -> int:
    """Puts the tables between the marks of the page."""
    wheels = latest(results)
    days = sorted({result["date"] for result in wheels})
    total = {key: sum(result[key] for result in wheels) for key in ("files", "with_code", "entries", "bytes")}
    explained = [found for result in wheels for found in all_differences(result) if is_explained(found)]
    open_ones = [found for result in wheels for found in all_differences(result) if not is_explained(found)]
    hidden = sum(len(result["hidden"]) for result in wheels)
    text = (
        f"{len(wheels)} wheels ({total['bytes'] / 1e9:.1f} GB), {days[0]} to {days[-1]}: {total['files']} native files, "
        f"{total['with_code']} with device code in named sections, {hidden} with hidden code; {total['entries']:,} entries listed by "
        f"cuobjdump. {len(explained)} files differ for a reason that is given below, {len(open_ones)} without one.\n\n"
    )
    rows = [
        [result["wheel"].removesuffix(".whl"), result["files"], result["entries"], len(result["hidden"]) or "", len(all_differences(result)) or "",
         f"{result['gpucheck_seconds']:.1f}", f"{result['cuobjdump_seconds']:.0f}"]
        for result in wheels
    ]  # fmt: skip
    text += table(["wheel", "files", "entries", "files with hidden code", "files that differ", "gpucheck s", "cuobjdump s"], rows)
    text += "\n## Every difference\n\n"
    rows = [
        [result["wheel"].split("-")[0], f"`{found['file'].split('/')[-1]}`", found["gpucheck"], found["cuobjdump"], found.get("why", "**open**")]
        for result in wheels
        for found in all_differences(result)
    ]
    text += table(["wheel", "file", "gpucheck has more", "cuobjdump has more", "why"], rows)
    text += "\n## Hidden code\n\n"
    rows = [
        [result["wheel"].split("-")[0], f"`{found['file'].split('/')[-1]}`", found["fatbins"], found["cubins"], found["listed"],
         ", ".join(f"{count} {kind}" for kind, count in found["other"].items()), " ".join(found["targets"]),
         "equal" if "gpucheck" not in found else "above"]
        for result in wheels
        for found in result["hidden"]
    ]  # fmt: skip
    head = ["wheel", "file", "fatbins", "bare cubins", "entries listed", "kinds not listed", "targets", "`--deep`"]
    text += table(head, rows)
    text += "\n## Decoys\n\nThe magic, outside of every fatbin; nothing of these is counted by `--deep`:\n\n"
    rows = [
        [result["wheel"].split("-")[0], f"`{file.split('/')[-1]}`", count]
        for result in wheels
        for file, count in result["decoys"].items()
        if file not in {found["file"] for found in result["hidden"]}
    ]
    text += table(["wheel", "file", "magics"], rows)
    text += "\n## Not read inside the wheel\n\nSaid by gpucheck itself, with the reason; compared unpacked where it is an object or archive:\n\n"
    rows = [[result["wheel"].split("-")[0], f"`{found['path'].split('/')[-1]}`", found["why"]] for result in wheels for found in result["unread"]]
    text += table(["wheel", "member", "why"], rows)
    before, rest = page.read_text().split(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{text}{END}{rest.split(END)[1]}")
    return 1 if open_ones else 0


def is_explained(difference: dict) -> bool:
    return "why" in difference and not difference.get("contradicted")
