#!/usr/bin/env bash
# What only a machine with a real GPU can show, in one go: the doctor's word as text and JSON, and its time beside nvidia-smi's and
# torch's own collect_env. Leaves the results in the folder that is named, to be kept dated under docs/.
# usage: scripts/on-a-gpu.sh FOLDER [PYTHON]     (FOLDER is made; PYTHON is an interpreter with torch, by default python3)
set -euo pipefail
out=$1 python=${2:-python3}
mkdir -p "$out"
gpucheck=${GPUCHECK:-$(dirname "$0")/../target/release/gpucheck}
date -u +%F > "$out/date.txt"

"$gpucheck" --version > "$out/version.txt"
set +e
"$gpucheck" doctor --python "$python" > "$out/doctor.txt"
echo "exit code $?" >> "$out/doctor.txt"
"$gpucheck" doctor --python "$python" -v --format json > "$out/doctor.json"
"$gpucheck" recommend > "$out/recommend.txt"
set -e

# The median of five runs, in milliseconds.
median() {
  for _ in 1 2 3 4 5; do
    local start end
    start=$(date +%s%N)
    "$@" > /dev/null 2>&1 || true
    end=$(date +%s%N)
    echo $(((end - start) / 1000))
  done | sort -n | sed -n 3p | awk '{ printf "%.1f", $1 / 1000 }'
}
{
  echo "whole process, warm, median of five"
  echo "gpucheck doctor                         $(median "$gpucheck" doctor --python "$python") ms"
  echo "gpucheck doctor --no-driver             $(median "$gpucheck" doctor --no-driver --python "$python") ms"
  echo "nvidia-smi                              $(median nvidia-smi) ms"
  echo "python -m torch.utils.collect_env       $(median "$python" -m torch.utils.collect_env) ms"
} | tee "$out/times.txt"
