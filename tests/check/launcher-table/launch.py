import os
import platform
import sys

INDEX = {"stable": "cu121", "blackwell": "cu128"}
VERSIONS = {"stable": "2.5.1", "blackwell": "2.7.1"}


def prepare(channel):
    index = f"https://download.pytorch.org/whl/{INDEX[channel]}"
    command = os.environ.get("TORCH_COMMAND", f"pip install torch=={VERSIONS[channel]} --index-url {index}")
    if args.use_directml and platform.system() == "Windows":
        command = "pip install torch-directml"
    if not is_installed("torch"):
        run(f'"{sys.executable}" -m {command}', "Installing torch")
