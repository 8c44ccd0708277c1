#!/usr/bin/env python3
"""Asks gpucheck and other tools the same questions and prints what each said, as Markdown (docs/comparison.md).

usage: rivals.py GPUCHECK FOLDER > docs/comparison.md

In FOLDER it makes an environment with torch 2.7.1 of the default index (5 GB) and the tools, once. There is no GPU: `nvidia-smi` and `lspci`
are stand-ins that describe the card and driver of the question; what asks torch itself gets torch's answer on a machine without one. What is
right was decided from the wheels (their device code, read with NVIDIA's cuobjdump) and is written down here beside each question."""
import datetime, os, pathlib, re, stat, subprocess, sys, textwrap, time

TOOLS = ["torch==2.7.1", "numpy", "uv", "torchruntime", "rigsolve", "env-doctor", "nvidia-cuda-cuobjdump"]
DRIVER, CUDA = "580.95.05", "13.0"
CARDS = {
    "RTX 5090": ("NVIDIA GeForce RTX 5090", "12.0", "NVIDIA Corporation GB202 [GeForce RTX 5090] [10de:2b85]"),
    "RTX 4090": ("NVIDIA GeForce RTX 4090", "8.9", "NVIDIA Corporation AD102 [GeForce RTX 4090] [10de:2684]"),
    "V100": ("Tesla V100-SXM2-16GB", "7.0", "NVIDIA Corporation GV100GL [Tesla V100 SXM2 16GB] [10de:1db1]"),
    "GTX 1080 Ti": ("NVIDIA GeForce GTX 1080 Ti", "6.1", "NVIDIA Corporation GP102 [GeForce GTX 1080 Ti] [10de:1b06]"),
}
# The indexes of PyTorch whose newest torch has code for a card (V100, GTX 1080 Ti), or whose torch 2.7.1 has it (RTX 5090).
RIGHT_INDEX = {"RTX 5090": r"/cu128|2\.7\.1\+cu128", "V100": r"/cu(126|124|121|118)", "GTX 1080 Ti": r"/cu(126|124|121|118)"}
# The indexes that have a torch 2.7.1; all that uv asks have some torch.
WITH_2_7_1 = ("cu118", "cu126", "cu128")
RUNTIME = "from torchruntime.installer import *; print(get_install_commands(get_torch_platform(get_gpus()), [{0!r}]))"


def installed(card, works):
    """An environment with torch 2.7.1+cu126, and whether it works on this card."""
    return dict(
        card=card,
        question=f"torch 2.7.1+cu126 is installed, the card is an {card}: does it run?",
        right="yes: the wheel has code for sm_86, which sm_89 runs" if works else "no: the wheel has no code for sm_120 and no PTX",
        good=(lambda code, said: code == 0 and not re.search(r"mismatch|no recorded kernels|FAIL|✗", said, re.I))
        if works
        else (lambda code, said: re.search(r"no recorded kernels for sm_120|cannot run|no machine code", said)),
        commands={
            "gpucheck": ["{gpucheck}", "doctor", "{env}", "--gpu", card, "--driver", DRIVER],
            "rigsolve": ["{bin}/rigsolve", "check"],
            "env-doctor": ["{bin}/env-doctor", "check"],
            "torch.utils.collect_env": ["{bin}/python", "-m", "torch.utils.collect_env"],
            "cuobjdump --list-elf": ["sh", "-c", "{cuobjdump} --list-elf {torch}/lib/libtorch_cuda.so | grep -o 'sm_[0-9a-z]*' | sort | uniq -c"],
        },
    )


def wanted(card, what, right):
    """A torch that is to be installed for this card."""
    return dict(
        card=card,
        question=f"{card}, driver {DRIVER}: what do I type for {what}?",
        right=right,
        good=lambda code, said: re.search(RIGHT_INDEX[card], said) and not re.search(r"No solution", said),
        has=lambda index: "==" not in what or index in WITH_2_7_1,
        commands={
            "gpucheck": ["{gpucheck}", "recommend", "--gpu", card, "--driver", DRIVER, "--os", "linux", "--python-version", "3.11"]
            + (["--torch", what.split("==")[1]] if "==" in what else []),
            "rigsolve": ["{bin}/rigsolve", "solve", "--want", what, "--target", f"{card},driver={DRIVER},python=3.11,linux"],
            "env-doctor": ["{bin}/env-doctor", "install", what],
            "uv --torch-backend=auto": ["{bin}/uv", "-v", "pip", "install", "--dry-run", "--torch-backend=auto", "--target", "{folder}/none", what],
            "torchruntime": ["{bin}/python", "-c", RUNTIME.format(what)],
        },
    )


QUESTIONS = [
    installed("RTX 5090", False),
    installed("RTX 4090", True),
    wanted("RTX 5090", "torch==2.7.1", "the build of index cu128: the others have no code for sm_120"),
    wanted("V100", "torch", "a build of index cu126 or an older one: those of newer CUDA have no code for sm_70"),
    wanted("GTX 1080 Ti", "torch", "a build of index cu126 or an older one: those of newer CUDA have no code for sm_61"),
]
# What each tool said, in one line of its own.
TELLING = {
    "gpucheck": r"^\s*(?:✗ cannot run.*|.*python -m pip install .*|pip install .*|✓ .*)$",
    "rigsolve": r"^(?:\[.*|No solution.*|python -m pip .*|.*healthy.*|.*no problems.*)$",
    "env-doctor": r"^\s*(?:.*MISMATCH.*|✅ Compatible with Driver.*|pip install .*)$",
    "torch.utils.collect_env": r"^(?:PyTorch version.*|GPU models.*|Is CUDA available.*)$",
    "cuobjdump --list-elf": r"^.*sm_.*$",
    "uv --torch-backend=auto": r"^DEBUG Sending fresh GET request for: \S+/whl/(\w+)/",
    "torchruntime": r"^\[\[.*$",
}


def stand_ins(folder):
    """`nvidia-smi` and `lspci` that describe the card of the question, taken from the environment."""
    smi = f"""\
        #!{sys.executable}
        import os, sys
        known = {{"index": "0", "name": os.environ["CARD"], "gpu_name": os.environ["CARD"], "driver_version": "{DRIVER}", "compute_cap": os.environ["CC"],
                 "memory.total": "32607 MiB", "memory.free": "32000 MiB", "uuid": "GPU-00000000-0000-0000-0000-000000000000"}}
        asked = [word.split("=", 1)[1] for word in sys.argv[1:] if word.startswith("--query-gpu=")]
        if asked:
            print(", ".join(known.get(key, "[N/A]") for key in asked[0].split(",")))
        elif "-L" in sys.argv:
            print("GPU 0: " + os.environ["CARD"] + " (UUID: " + known["uuid"] + ")")
        else:
            print("| NVIDIA-SMI {DRIVER}              Driver Version: {DRIVER}      CUDA Version: {CUDA}     |")
        """
    lspci = f"""\
        #!{sys.executable}
        import os
        print("01:00.0 VGA compatible controller [0300]: " + os.environ["PCI"] + " (rev a1)")
        """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("nvidia-smi", smi), ("lspci", lspci)):
        path = folder / name
        path.write_text(textwrap.dedent(text))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def main():
    gpucheck, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    env, fakes = folder / "env", folder / "stand-ins"
    if not (env / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", env], check=True)
        subprocess.run([env / "bin/pip", "install", "--quiet", *TOOLS], check=True)
        (env / "made").touch()
    stand_ins(fakes)
    packages = next((env / "lib").iterdir()) / "site-packages"
    places = dict(gpucheck=gpucheck, env=env, bin=env / "bin", torch=packages / "torch", folder=folder)
    places["cuobjdump"] = next(packages.glob("nvidia/**/bin/cuobjdump"))

    def version(name):
        return next(packages.glob(f"{name.replace('-', '_')}-*.dist-info")).name.removesuffix(".dist-info").split("-")[1]

    names = ["gpucheck", "rigsolve", "env-doctor", "uv --torch-backend=auto", "torchruntime", "torch.utils.collect_env", "cuobjdump --list-elf"]
    versions = {
        "gpucheck": subprocess.run([gpucheck, "--version"], capture_output=True, text=True).stdout.split()[1],
        "torch.utils.collect_env": "torch " + version("torch"),
        "cuobjdump --list-elf": version("nvidia-cuda-cuobjdump"),
        "uv --torch-backend=auto": version("uv"),
    }
    print(f"# What other tools say\n\n`scripts/rivals.py GPUCHECK FOLDER` on {datetime.date.today()}; {', '.join(f'{name} {versions.get(name) or version(name)}' for name in names)}.")
    print("Each was asked the questions that it answers. There was no GPU: `nvidia-smi` and `lspci` described the card and driver 580.95.05. ✓: what it says is right; ✗: it is not, or it")
    print("answers something else; –: it shows facts and leaves the answer to its reader. Times are of one run each, on two cores.")
    for question in QUESTIONS:
        card, cc, pci = CARDS[question["card"]]
        surroundings = {**os.environ, "PATH": f"{fakes}:{os.environ['PATH']}", "CARD": card, "CC": cc, "PCI": pci, "NO_COLOR": "1"}
        surroundings |= {"UV_CUDA_DRIVER_VERSION": DRIVER, "UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "0", "PYTHONIOENCODING": "utf-8"}
        print(f"\n## {question['question']}\n\nRight: {question['right']}.\n\n| tool | | said | exit | seconds |\n| --- | --- | --- | --- | --- |")
        for name in names:
            command = question["commands"].get(name)
            if command is None:
                continue
            words = [str(word).format(**places) if "{" in str(word) and "[{" not in str(word) else str(word) for word in command]
            start = time.monotonic()
            run = subprocess.run(words, env=surroundings, capture_output=True, text=True, timeout=600)
            seconds, said = time.monotonic() - start, run.stdout + run.stderr
            told = [re.sub(r"\s+", " ", found.group(found.lastindex or 0)).strip() for found in re.finditer(TELLING[name], said, re.M)]
            if name.startswith("uv"):
                # The indexes do not answer here: it takes the first that has what is asked for, that of the newest CUDA. It asks several at once, so that
                # the order of its messages is none.
                order = sorted(set(told), key=lambda index: int(re.sub(r"\D", "", index) or 0), reverse=True)
                first = next((index for index in order if question["has"](index)), "none")
                said = "/" + first
                told = [f"asks {', '.join(order[:5])}, … in this order; the first that has it is {first}"]
            facts_only = name in ("torch.utils.collect_env", "cuobjdump --list-elf")
            mark = "–" if facts_only else "✓" if question["good"](run.returncode, said) else "✗"
            text = "; ".join(dict.fromkeys(told)) or said.strip().split("\n")[-1]
            text = text if len(text) <= 220 else text[:219] + "…"
            text = text.replace(str(folder), "…").replace("|", "\\|")
            print(f"| {name} | {mark} | {'`' + text + '`' if text else 'nothing'} | {run.returncode} | {seconds:.2f} |")
    print(
        "\nWhat they are for besides: `nvidia-smi` tells the driver and the cards, and nothing of what is installed; collect_env is what maintainers ask for in an issue; cuobjdump shows every\n"
        "kernel, for those who know what to look for; uv and torchruntime choose and install, which gpucheck leaves to them; rigsolve plans installs from a table of its own; env-doctor also\n"
        "looks at Dockerfiles and models. AMD, Intel and Apple GPUs are torchruntime's and uv's, and not gpucheck's."
    )


main()
