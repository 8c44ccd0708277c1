"""Where pip, uv and others have put the program."""

import os
import sys
import sysconfig

NAME = "gpucheck" + (sysconfig.get_config_var("EXE") or "")


def find_gpucheck():
    """Return the path of the gpucheck program that was installed together with this package.

    Raises FileNotFoundError, which names the folders that were searched.
    """
    package = os.path.dirname(os.path.abspath(__file__))
    parent = os.path.dirname(package)
    folders = [
        # The environment that runs this.
        sysconfig.get_path("scripts"),
        # The one that this package is in: lib/python3.12/site-packages has three folders above it, Windows' Lib\site-packages two.
        os.path.join(parent, "..", "..", "..", "bin"),
        os.path.join(parent, "..", "..", "Scripts"),
        # pip install --target
        os.path.join(parent, "bin"),
        os.path.join(parent, "Scripts"),
        # pip install --user
        sysconfig.get_path("scripts", scheme="nt_user" if os.name == "nt" else "posix_user"),
        # Debian's own Python installs below /usr/local.
        os.path.join(sys.prefix, "local", "bin"),
    ]
    folders = list(dict.fromkeys(os.path.normpath(folder) for folder in folders))
    for folder in folders:
        path = os.path.join(folder, NAME)
        if os.path.isfile(path):
            return path
    raise FileNotFoundError("{} is not in {}; install gpucheck-cli again".format(NAME, ", ".join(folders)))
