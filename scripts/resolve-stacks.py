#!/usr/bin/env python3
"""Asks `gpucheck recommend --with` for stacks that people install and lets uv resolve the lines on the configured index.

    scripts/resolve-stacks.py target/debug/gpucheck > docs/evidence/resolve-stacks.txt

All lines of one way are resolved together, as one set: what a later line would replace is a conflict here. The first way that takes
everything from the default index is resolved; where each way takes torch from PyTorch's own index, the set is resolved without that index
and marked so: torch's local versions are then left out. Exit code 1 when uv refuses a set that was called proven.
"""

import datetime
import json
import re
import shlex
import subprocess
import sys

# GPU, and what is asked for.
STACKS = [
    ("H100", "vllm"), ("H100", "sglang"), ("H100", "sglang,vllm"), ("H100", "sglang==0.5.21,vllm==0.32.0"), ("V100", "sglang"),
    ("RTX 4090", "whisperx,faster-whisper"), ("RTX 4090", "faster-whisper"), ("RTX 3090", "xformers,sageattention"),
    ("RTX 5090", "unsloth,bitsandbytes"), ("A100", "cudf-cu12,cuml-cu12"), ("A100", "cudf-cu13,cuml-cu13"), ("A100", "jax"),
    ("A100", "jax[cuda12]"), ("H100", "tensorrt-llm"), ("A100", "deepspeed"), ("RTX 4090", "flash-attn"), ("A100", "jax,vllm"),
    ("A100", "cudf-cu13,vllm"), ("A100", "cudf-cu12,vllm"), ("H100", "torch==2.8.0,sglang"), ("H100", "torch==2.9.1,sglang"), ("H100", "torch==2.11.0,sglang"),
    ("H100", "torch==2.13.0,sglang"), ("A100", "torch==2.7.1,jax"), ("A100", "torch==2.10.0,cudf-cu12"),
    ("A100", "torch==2.11.0,cudf-cu13,cuml-cu13"), ("RTX 4090", "torch==2.9.1,flash-attn,torchcodec"), ("A100", "jax,sglang"),
    ("RTX 4090", "unsloth,vllm"), ("A100", "deepspeed,xformers"),
]
PYTHON = "3.12"
MACHINE = ["--driver", "580.95.05", "--os", "linux", "--python-version", PYTHON]
UV = ["pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", "--python-version", PYTHON,
      "--python-platform", "x86_64-manylinux_2_39"]


def requirements(line):
    """What an install line asks for; nothing else is on it but options, one of which has a value."""
    words = shlex.split(line)
    words = words[words.index("install") + 1:]
    return [word for before, word in zip([""] + words, words) if not word.startswith("--") and before != "--index-url"]


def ways(gpucheck, gpu, wanted):
    asked = [gpucheck, "recommend", "--format", "json", "--tool", "uv", "--gpu", gpu, *MACHINE, "--with", wanted]
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    return [fix for finding in json.loads(said.stdout)["findings"] for fix in finding["fixes"]]


def resolved(uv, wanted):
    """The versions that uv chooses, or its reason."""
    said = subprocess.run([uv, *UV], input="\n".join(wanted), capture_output=True, text=True, check=False)
    if said.returncode:
        return None, " ".join(said.stderr.partition("[stderr]")[0].split())[:300]
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\n]+)", said.stdout, re.MULTILINE)), ""


def main():
    gpucheck, uv = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "uv"
    print(f"{datetime.date.today()}, {subprocess.run([uv, '--version'], capture_output=True, text=True, check=True).stdout.strip()}, "
          f"Linux, Python {PYTHON}, driver {MACHINE[1]}")
    broken = 0
    for gpu, wanted in STACKS:
        found = ways(gpucheck, gpu, wanted)
        print(f"\n{gpu}: {wanted}")
        if not found or found[0].get("impossible"):
            print(f"  impossible: {found[0]['summary'] if found else 'no answer'}")
            continue
        default = [fix for fix in found if not any("--index-url" in command["line"] for command in fix["commands"])]
        fix = (default or found)[0]
        for command in fix["commands"]:
            print(f"  {command['line']}")
        asked = [word for command in fix["commands"] for word in requirements(command["line"])]
        if not default:
            asked = [re.sub(r"\+[^ ]*$", "", word) for word in asked]
        came, why = resolved(uv, asked)
        if came is None:
            print(f"  uv refuses: {why}")
            broken += fix["proof"] != "none"
            continue
        names = [re.split(r"[\[=<>!~]", word)[0] for word in asked]
        print("  uv: " + ", ".join(f"{name} {came.get(name, '-')}" for name in names)
              + ("" if default else " (without PyTorch's index)"))
        wrong = [word for word in asked if "==" in word and came.get(re.split(r"[\[=]", word)[0]) != word.split("==")[1]]
        if wrong:
            print(f"  not what was promised: {', '.join(wrong)}")
            broken += 1
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
