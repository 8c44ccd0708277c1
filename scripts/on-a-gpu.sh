#!/usr/bin/env bash
# What only a machine with a real GPU can show, in one go and in less than five minutes: the doctor's word, whether the GPU computes, what the
# driver says of images that are not for it and of the installed libraries' code, what torch itself does, and the times beside
# nvidia-smi's and torch's own. Leaves eight files in the folder that is named, to be kept dated under docs/evidence/gpu/.
# usage: scripts/on-a-gpu.sh FOLDER [PYTHON]     (FOLDER is made; PYTHON is an interpreter with torch, by default python3; GPUCHECK names the binary)
set -uo pipefail
out=$1 python=${2:-python3}
mkdir -p "$out"
gpucheck=${GPUCHECK:-$(dirname "$0")/../target/release/gpucheck}

# Runs a command, shows it with its output and exit code; none may take longer than two minutes.
show() {
  echo "\$ gpucheck $*"
  timeout 120 "$gpucheck" "$@" 2>&1
  echo "exit code $?"
  echo
}

{
  date -u +%F
  "$gpucheck" --version
  nvidia-smi --query-gpu=name,driver_version,compute_cap,pcie.link.gen.current,pcie.link.width.current,power.limit,clocks.max.sm,clocks.max.mem --format=csv,noheader
  "$python" -c 'import torch, platform; print("Python", platform.python_version(), "torch", torch.__version__)'
} > "$out/about.txt" 2>&1

{
  show doctor --python "$python"
  show recommend
} > "$out/doctor.txt"
timeout 120 "$gpucheck" doctor --python "$python" -v --format json > "$out/doctor.json"

# Twice, so that it shows what differs from run to run; then images that are not for this GPU, PTX alone, and a driver that may not compile.
capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d '.')
{
  show smoke -v
  show smoke
  for image in sm_50 sm_75 sm_80 sm_86 sm_90 sm_100 sm_120 compute_50 ptx; do
    [ "$image" = "sm_$capability" ] || show smoke --image "$image"
  done
  CUDA_DISABLE_PTX_JIT=1 show smoke --image ptx
  CUDA_FORCE_PTX_JIT=1 show smoke -v
  CUDA_VISIBLE_DEVICES= show smoke
  show smoke --smoke-timeout 1
} > "$out/smoke.txt"
timeout 120 "$gpucheck" smoke --format json > "$out/smoke.json"

# The driver's word about the code of every installed GPU library; torch in its own Python.
{
  show smoke --load -v --python "$python"
  if "$gpucheck" smoke --help | grep -- --framework > /dev/null; then
    show smoke --framework --python "$python"
  fi
} > "$out/load.txt"
framework=()
"$gpucheck" doctor --help | grep -- --framework > /dev/null && framework=(--framework)
timeout 180 "$gpucheck" doctor --smoke --load "${framework[@]}" --python "$python" --format json > "$out/all.json"

# The median of five runs, in milliseconds.
median() {
  for _ in 1 2 3 4 5; do
    local start end
    start=$(date +%s%N)
    timeout 30 "$@" > /dev/null 2>&1 || true
    end=$(date +%s%N)
    echo $(((end - start) / 1000))
  done | sort -n | sed -n 3p | awk '{ printf "%.1f", $1 / 1000 }'
}
{
  echo "whole process, warm, median of five"
  echo "gpucheck doctor                         $(median "$gpucheck" doctor --python "$python") ms"
  echo "gpucheck doctor --no-driver             $(median "$gpucheck" doctor --no-driver --python "$python") ms"
  echo "gpucheck smoke                          $(median "$gpucheck" smoke) ms"
  echo "nvidia-smi                              $(median nvidia-smi) ms"
  echo "python -m torch.utils.collect_env       $(median "$python" -m torch.utils.collect_env) ms"
} | tee "$out/times.txt"
ls -l "$out"
