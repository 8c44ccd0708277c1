#!/usr/bin/env python3
"""Applies what `gpucheck check … --diff` prints to a corpus of files with known faults, and asks again.

usage: check-diff.py GPUCHECK CASES-FOLDER [--case PART-OF-NAME] [--keep FOLDER] [-v]

A case is a folder with files and a case.toml: `files`, and `[[targets]]` with gpu, driver, os, python, args and how (a command of pip, uv,
poetry, docker, conda, pixi, bash or pwsh that is checked in place of the files). For each target with an error the diff is applied with
`git apply` to a copy, and the copy is checked again:

    clean     no error is left, and nothing is undecided that was decided before
    error     an error is left
    undecided the verdict became unknown
    refused   git does not take the diff
    command   no file is changed, and a line to paste does it: what a tool writes itself, or what a file cannot say
    no edit   there is a fix, and nothing carries it out: the reason, as the report gives it
    no way    no change of what is asked for mends it: another driver, another Python, no build for that GPU

A diff may change nothing but lines that some fix of the report names (`changes`), before it is applied or on the way to the last one:
`strays` counts the others. The exit code is 1 where a diff is refused, a line strays or an error is left."""
import json, os, pathlib, re, shlex, shutil, subprocess, sys, tempfile, tomllib

TOOLS = ("pip ", "uv ", "poetry ", "docker ", "conda ", "pixi ", "bash ", "pwsh ")


def options(words):
    named = {"--case": "", "--keep": ""}
    rest = []
    words = iter(words)
    for word in words:
        if word in named:
            named[word] = next(words)
        else:
            rest.append(word)
    return [word for word in rest if not word.startswith("-")], named, "-v" in rest


(gpucheck, cases), named, verbose = options(sys.argv[1:])
gpucheck, cases = str(pathlib.Path(gpucheck).resolve()), pathlib.Path(cases)


def command(case, target, *more):
    how = target.get("how", "")
    words = [gpucheck, "check", "--gpu", target["gpu"], "--os", target["os"], "--python-version", target["python"], *more]
    words += ["--driver", target["driver"]] if target.get("driver") else []
    words += target.get("args", [])
    return words + (["--", *shlex.split(how.split(" (")[0])] if how.startswith(TOOLS) else case["files"])


def run(words, folder, text=None):
    around = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder)}
    return subprocess.run(words, cwd=folder, input=text, capture_output=True, timeout=120, env=around)


def report(case, target, folder):
    out = run(command(case, target, "--format", "json"), folder)
    try:
        return json.loads(out.stdout)
    except ValueError:
        raise SystemExit(f"{folder.name}: {out.stderr.decode(errors='replace').strip()[-300:]}")


def errors(report):
    return [f for f in report["findings"] if f["severity"] == "error"]


def lines_of(diff):
    """File and line, in the old file, of what a unified diff takes out; of what it adds, the line before which it stands."""
    path, old, found = "", 0, set()
    for line in diff.split("\n"):
        if line.startswith("--- "):
            path = line[4:].rstrip("\r").removeprefix("a/").strip('"').removeprefix("a/")
        elif head := re.match(r"@@ -(\d+)", line):
            old = int(head[1])
        elif line.startswith("-"):
            found.add((path, old))
            old += 1
        elif line.startswith("+") and not line.startswith("+++ "):
            found.add((path, old))
        elif line.startswith(" "):
            old += 1
    return found


def why(found):
    said = []
    for finding in found:
        reasons = [fix["no_line"] for fix in finding["fixes"] if fix.get("no_line")]
        reasons += ["; ".join(fix["needs"]) or fix["summary"] for fix in finding["fixes"] if not fix.get("no_line")]
        commands = [c["line"] if isinstance(c["line"], str) else json.dumps(c["line"]) for fix in finding["fixes"] for c in fix["commands"]]
        said.append(f"{finding['rule']}: {'; '.join(dict.fromkeys(reasons)) or '-'}" + (f" | {commands[0]}" if commands else ""))
    return said


counts, bad = {}, 0
for folder in sorted(p for p in cases.iterdir() if (p / "case.toml").exists() and named["--case"] in p.name):
    case = tomllib.loads((folder / "case.toml").read_text())
    for number, target in enumerate(case["targets"]):
        before = report(case, target, folder)
        found = errors(before)
        if not found:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            copy = pathlib.Path(named["--keep"] or scratch) / f"{folder.name}-{number}"
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            diff = run(command(case, target, "--diff"), copy)
            text, after, strays, changed = diff.stdout, before, 0, set()
            if not text.strip():
                fixes = [fix for f in found for fix in f["fixes"]]
                pasted = all(any(fix["commands"] or fix.get("edits") for fix in f["fixes"]) for f in found)
                state = "command" if pasted else "no edit" if any(fix.get("no_line") for fix in fixes) else "no way"
            elif (applied := run(["git", "apply", "-"], copy, text)).returncode:
                state = "refused"
                found = [{"rule": applied.stderr.decode(errors="replace").strip(), "fixes": []}]
            else:
                after = report(case, target, copy)
                left = errors(after)
                gaps = len(after["checks"]["unknown"]) > len(before["checks"]["unknown"])
                state = "error" if left else "undecided" if gaps else "clean"
                changed = lines_of(text.decode(errors="surrogateescape"))
                all_fixes = [fix for one in (before, after) for f in one["findings"] for fix in f["fixes"]]
                near = {(c["path"], c["line"] + n) for fix in all_fixes for c in fix.get("changes", []) for n in range(len(c["old"]) + 1)}
                strays = len(changed - near)
                found = left or found
            counts[state] = counts.get(state, 0) + 1
            bad += state in ("refused", "error")
            print(f"{state:9} {folder.name} [{target['gpu']}, {target['os']}] {len(changed)} lines, {strays} strays")
            if state != "clean" or verbose:
                if diff.stderr.strip():
                    print("          ! " + diff.stderr.decode(errors="replace").strip()[:300])
                for line in why(found):
                    print("          " + line[:400])
            if verbose:
                print("\n".join("          " + line for line in text.decode(errors="replace").splitlines() if line[:1] in "+-@"))
print(", ".join(f"{number} {state}" for state, number in sorted(counts.items())) + f"; {sum(counts.values())} with an error")
sys.exit(bool(bad))
