#!/bin/sh
# Holds the [[build]] rows of knowledge/packages/ against the wheels that the configured package index really has. They are read with
# HTTP ranges, only as far as needed, and nothing is stored. Exit code 1 when a row and its wheel disagree.
#
#   scripts/verify-packages.sh                              the wheels of docs/kb-verify-packages.txt: of every row the first and the newest
#                                                           version that the index has
#   scripts/verify-packages.sh vllm==0.33.0 vllm==0.32.0    these, for Linux on x86_64
#   PLATFORM=windows scripts/verify-packages.sh xformers==0.0.35
#   FORMAT=json scripts/verify-packages.sh                  for programs, one document for each wheel
#
# GPUCHECK: the program; default target/release/gpucheck. scripts/verify-packages.list: the wheels, `PLATFORM NAME==VERSION` in each line.
set -u
cd "$(dirname "$0")/.." || exit 2
gpucheck=${GPUCHECK:-target/release/gpucheck}
format=${FORMAT:-human}
status=0
[ "$format" = json ] || echo "$(date -u +%Y-%m-%d), $("$gpucheck" --version)"
if [ $# -gt 0 ]; then
    for wheel; do echo "${PLATFORM:-linux} $wheel"; done
else
    grep -v '^#' scripts/verify-packages.list
fi > "${list:=$(mktemp)}"
trap 'rm -f "$list"' EXIT
while read -r platform wheel; do
    # Not every release has a wheel for every Python.
    for python in 3.11 3.12 3.10 3.13 3.9; do
        said=$("$gpucheck" kb verify --format "$format" --platform "$platform" --python-version "$python" "$wheel" 2>&1)
        code=$?
        [ $code -le 1 ] && break
    done
    [ "$format" = json ] || echo
    if [ $code -gt 1 ]; then
        echo "$wheel for $platform: $said" >&2
        status=2
        continue
    fi
    echo "$said"
    [ $code -eq 1 ] && [ $status -eq 0 ] && status=1
done < "$list"
exit $status
