#!/usr/bin/env python3
"""Lets bash, zsh and fish complete gpucheck's command line, as a person does with the tab key, and man show every page.

    scripts/try-completions.py GPUCHECK

GPUCHECK is the program. Needs the shells and man (Debian: bash, zsh, fish, man-db). Each shell reads the script that GPUCHECK prints for
it, is given a line that ends in a tab, and says what became of it. PowerShell is not tried. Exit code 1 if something is not as it should be.
"""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What is typed before the tab, and the words that the command gets.
CASES = [
    ("gpucheck reco", "recommend"),
    ("gpucheck kb ver", "kb verify"),
    ("gpucheck scan --base", "scan --baseline"),
    ("gpucheck scan --format sar", "scan --format sarif"),
    ("gpucheck doctor --fail-on warn", "doctor --fail-on warning"),
    ("gpucheck rule gpu-too-new-for-w", "rule gpu-too-new-for-wheel"),
    ("gpucheck completions fi", "completions fish"),
    ("gpucheck recommend --tool pix", "recommend --tool pixi"),
    ("gpucheck kb show varia", "kb show variable"),
    ("gpucheck scan --baseline only-fi", "scan --baseline only-file.toml"),
    ("gpucheck only-fi", "only-file.toml"),
    ("gpucheck check only-fi", "check only-file.toml"),
    ("gpucheck __pro", "__pro"),
]
# The program is not run: a function says what it would get.
STARTS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
LINES = {
    "bash": "PS1=; bind 'set enable-bracketed-paste off'; source {script}; gpucheck() {{ echo \"<<$*>>\"; }}; echo read''y",
    "zsh": "PS1=; unsetopt zle_bracketed_paste; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; "
    "gpucheck() {{ echo \"<<$*>>\"; }}; echo read''y",
    "fish": "function fish_prompt; end; function gpucheck; echo \"<<$argv>>\"; end; source {script}; echo read''y",
}
FILES = {"bash": "gpucheck.bash", "zsh": "_gpucheck", "fish": "gpucheck.fish"}
WAIT = 60


class Terminal:
    """A shell that believes a person to be there."""

    def __init__(self, command, folder):
        self.child, self.end = pty.fork()
        if self.child == 0:
            os.chdir(folder)
            environment = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm", "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
            os.execvpe(command[0], command, environment)

    def say(self, text):
        os.write(self.end, text.encode())

    def until(self, pattern, wait=None):
        """The pattern in what comes; None where it has not come after so many seconds."""
        text, last = "", time.monotonic() + (wait or WAIT)
        while time.monotonic() < last:
            if select.select([self.end], [], [], 0.2)[0]:
                text += os.read(self.end, 65536).decode("utf-8", "replace")
                # fish asks the terminal what it is, and waits for the answer.
                if "\x1b[c" in text[-200:]:
                    self.say("\x1b[?1;2c")
            if found := re.search(pattern, text):
                return found
        if wait:
            return None
        raise TimeoutError(text[-2000:])

    def close(self):
        os.close(self.end)
        os.waitpid(self.child, 0)


def completed(shell, gpucheck):
    """The cases that went wrong."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / FILES[shell]
        script.write_bytes(subprocess.run([gpucheck, "completions", shell], check=True, stdout=subprocess.PIPE).stdout)
        (Path(folder) / "only-file.toml").write_text("")
        terminal = Terminal(STARTS[shell], folder)
        time.sleep(1)
        terminal.say(LINES[shell].format(script=script, folder=folder) + "\n")
        terminal.until("ready")
        time.sleep(1)
        for typed, expected in CASES:
            terminal.say(typed + "\t")
            # What a shell still does about a tab when the line ends would be lost: it is done when it has written the rest of the word.
            rest = f"gpucheck {expected}"[len(typed) :]
            terminal.until(re.escape(rest) if rest else ".", wait=15)
            time.sleep(0.5)
            terminal.say("\n")
            got = terminal.until(r"<<([^$>]*)>>").group(1).strip()
            # zsh takes the = of an option away again only when more is typed.
            if got.removesuffix("=") != expected:
                wrong.append(f"{shell}: {typed}<TAB> became '{got}', expected '{expected}'")
        terminal.say("exit\n")
        terminal.close()
    return wrong


def pages(gpucheck):
    """The man pages that have warnings or miss a section, and how many there are."""
    wrong, number = [], 0
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([gpucheck, "man", folder], check=True)
        for page in sorted(Path(folder).iterdir()):
            number += 1
            environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""}
            shown = subprocess.run(["man", "--warnings", "-l", page], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if shown.returncode or shown.stderr:
                wrong.append(f"man -l {page.name}: {shown.stderr.strip()}")
            wrong += [f"{page.name} has no {name}" for name in ("NAME", "SYNOPSIS", "OPTIONS", "EXIT STATUS") if f"\n{name}\n" not in shown.stdout]
    return wrong, number


def version(command):
    return subprocess.run([command, "--version"], stdout=subprocess.PIPE, text=True).stdout.splitlines()[0]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    gpucheck = str(Path(sys.argv[1]).resolve())
    wrong = []
    for shell in STARTS:
        if not shutil.which(shell):
            sys.exit(f"try-completions.py: {shell} is not installed")
        found = completed(shell, gpucheck)
        wrong += found
        print(f"{version(shell)}: {len(CASES) - len(found)} of {len(CASES)} lines completed as expected")
    found, number = pages(gpucheck)
    wrong += found
    print(f"{version('man')}: {number} pages shown, {len(found)} warnings or missing sections")
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
