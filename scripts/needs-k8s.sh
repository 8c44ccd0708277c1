#!/bin/sh
# Validates the node affinities that `gpucheck needs --format k8s` prints against the schema of the Kubernetes API: each in a pod of its own,
# unknown keys refused. Exit code 1 when one is not valid.
#
#   scripts/needs-k8s.sh
#
# kubernetes-validate comes from the package index that pip is configured with, into a temporary environment.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate
cargo build --quiet --locked
code=0
for subject in "vllm" "bitsandbytes" "torch" "--replay tests/facts/patient-5090.json"; do
    # shellcheck disable=SC2086 # an option and its value
    target/debug/gpucheck needs $subject --format k8s > "$folder/affinity.yaml"
    {
        printf 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: example\nspec:\n  containers:\n    - name: example\n      image: example\n'
        sed 's/^/  /' "$folder/affinity.yaml"
    } > "$folder/pod.yaml"
    echo "$subject: $(grep -c matchExpressions "$folder/pod.yaml") terms"
    "$folder/venv/bin/kubernetes-validate" --strict "$folder/pod.yaml" || code=1
done
exit $code
