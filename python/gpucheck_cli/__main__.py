"""``python -m gpucheck_cli``: the program, in the place of this process where the system can do that."""

import os
import sys

from gpucheck_cli import find_gpucheck


def main():
    try:
        program = find_gpucheck()
    except FileNotFoundError as error:
        print("gpucheck_cli: {}".format(error), file=sys.stderr)
        return 3
    command = [program] + sys.argv[1:]
    if os.name != "nt":
        os.execv(program, command)
    # On Windows exec would return to the shell before the program has ended.
    import subprocess

    try:
        return subprocess.run(command).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
