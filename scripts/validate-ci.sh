#!/usr/bin/env bash
# Holds what gpucheck writes for CI systems, and the files that it offers them, against the schemas of their publishers.
#
#     scripts/validate-ci.sh GPUCHECK [SCHEMAS]
#
# GPUCHECK is the program. SCHEMAS is a folder with sarif-2.1.0.json (OASIS) and junit.xsd (the dialect of Ant), without which only the
# files are validated: the schemas of GitHub and GitLab come with the package check-jsonschema. What is not on PATH of check-jsonschema,
# xmlschema and pre-commit is installed into a folder that is removed.
set -euo pipefail
[ $# -eq 1 ] || [ $# -eq 2 ] || { sed -n 's/^#     //p' "$0" >&2; exit 2; }
gpucheck=$(realpath "$1")
schemas=${2:+$(realpath "$2")}
source=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! command -v check-jsonschema xmlschema-validate pre-commit >/dev/null; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check check-jsonschema xmlschema pre-commit
    PATH=$work/venv/bin:$PATH
fi

echo "== action, hooks, job and the recipes"
check-jsonschema --builtin-schema vendor.github-actions "$source/action.yml"
check-jsonschema --builtin-schema vendor.gitlab-ci "$source/contrib/gitlab-ci.yml"
pre-commit validate-manifest "$source/.pre-commit-hooks.yaml"
# The first workflow on the page is whole.
sed -n '/^```yaml$/,/^```$/p' "$source/docs/ci.md" | sed -n '2,/^```$/p' | sed '$d' >"$work/workflow.yml"
check-jsonschema --builtin-schema vendor.github-workflows "$work/workflow.yml"
if [ -z "$schemas" ]; then
    echo "no schemas of SARIF and JUnit were named: what gpucheck writes is not validated"
    exit 0
fi

mkdir "$work/project"
cd "$work/project"
printf 'torch==2.7.1+cu126\n--extra-index-url https://download.pytorch.org/whl/cu126\n' >requirements.txt
mkdir $'odd ]]>\n%0A::\x1b <&>' right
cp requirements.txt $'odd ]]>\n%0A::\x1b <&>/requirements.txt'
printf 'torch==2.7.1+cu128\n--extra-index-url https://download.pytorch.org/whl/cu128\n' >right/requirements.txt
printf '[project\n' >pyproject.toml
printf 'FROM nvidia/cuda:12.8.0-devel-ubuntu22.04\nENV TORCH_CUDA_ARCH_LIST="7.5 8.0"\nRUN pip install torch==2.7.1 xformers\n' >Dockerfile
one=(--target "RTX 5090,driver=580.95.05,python=3.12")
two=("${one[@]}" --target "V100,driver=535.54.03,os=linux,python=3.11")
number=0

# validate COMMAND ARGUMENTS: both formats of one command.
validate() {
    number=$((number + 1))
    echo "== gpucheck $*"
    local output=(--output "sarif=$work/$number.sarif" --output "junit=$work/$number.xml")
    "$gpucheck" "$1" "${output[@]}" "${@:2}" >"$work/said" || [ $? -eq 1 ]
    # The pattern for languages has a bracket too many, which the stricter kinds of expressions do not take.
    check-jsonschema --regex-variant python --schemafile "$schemas/sarif-2.1.0.json" "$work/$number.sarif"
    xmlschema-validate --schema "$schemas/junit.xsd" "$work/$number.xml"
}

validate check . "${one[@]}"
validate check . "${two[@]}" --fail-on unknown
validate check . --no-driver
validate check right "${one[@]}"
validate check "${one[@]}" -- pip install torch==2.6.0
validate doctor --gpu "RTX 5090" --driver 580.95.05 --os windows
validate recommend --gpu "RTX 5090" --driver 580.95.05 --os linux --python-version 3.12
validate matrix --gpu V100 --torch 2.7
validate matrix "${two[@]}" --torch 2.7
validate doctor --no-driver
validate scan "$gpucheck" --gpu "RTX 5090" --require sm_90
