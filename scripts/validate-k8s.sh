#!/bin/sh
# Validates the files of contrib/kubernetes against the schemas of the Kubernetes API, unknown keys refused, and parses what their shells run.
# No cluster: whether a scheduler and a kubelet do with them what is meant is not shown by it.
#
#   scripts/validate-k8s.sh
#
# kubernetes-validate comes from the package index that pip is configured with, into a temporary environment.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate
"$folder/venv/bin/pip" list --disable-pip-version-check | grep kubernetes
for file in contrib/kubernetes/*.yaml; do
    "$folder/venv/bin/kubernetes-validate" --strict "$file"
    "$folder/venv/bin/python" - "$file" <<'PYTHON' | sh -n
import sys, yaml

document = yaml.safe_load(open(sys.argv[1]))
spec = document["spec"].get("template", document)["spec"]
for container in spec.get("initContainers", []) + spec["containers"]:
    if container.get("command") == ["/bin/sh", "-c"]:
        print("\n".join(container["args"]))
PYTHON
done
