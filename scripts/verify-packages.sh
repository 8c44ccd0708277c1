#!/bin/sh
# Holds the [[build]] rows of knowledge/packages/ against the wheels that the configured package index really has. They are read with
# HTTP ranges, only as far as needed, and nothing is stored. Exit code 1 when a row and its wheel disagree.
#
#   scripts/verify-packages.sh                              the wheels of scripts/verify-packages.list: of every row the first and the
#                                                           newest version that the index has (some 25 GB come over the network)
#   scripts/verify-packages.sh vllm==0.33.0 vllm==0.32.0    these, for Linux on x86_64
#   PLATFORM=windows scripts/verify-packages.sh xformers==0.0.35
#   FORMAT=json scripts/verify-packages.sh                  for programs, one document for each wheel
#
# GPUCHECK: the program; default target/release/gpucheck. LIST: another list, `PLATFORM NAME==VERSION` in each line.
set -u
cd "$(dirname "$0")/.." || exit 2
gpucheck=${GPUCHECK:-target/release/gpucheck}
format=${FORMAT:-human}
status=0
[ "$format" = json ] || echo "$(date -u +%Y-%m-%d), $("$gpucheck" --version)"

# verify PLATFORM NAME==VERSION
verify() {
    # Not every release has a wheel for every Python.
    for python in 3.11 3.12 3.10 3.13 3.9 3.8; do
        said=$("$gpucheck" kb verify --format "$format" --platform "$1" --python-version "$python" "$2" 2>&1)
        code=$?
        [ $code -le 1 ] && break
    done
    if [ $code -gt 1 ]; then
        echo "$2 for $1: $said" >&2
        status=2
        return
    fi
    [ "$format" = json ] || echo
    echo "$said"
    [ $code -eq 1 ] && [ $status -eq 0 ] && status=1
}

if [ $# -gt 0 ]; then
    for wheel; do verify "${PLATFORM:-linux}" "$wheel"; done
else
    while read -r platform wheel; do
        case $platform in '#'*) ;; *) verify "$platform" "$wheel" ;; esac
    done < "${LIST:-scripts/verify-packages.list}"
fi
exit $status
