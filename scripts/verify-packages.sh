#!/bin/sh
# Holds the [[build]] rows of knowledge/packages/ against the wheels that the configured package index really has. They are read with
# HTTP ranges, only as far as needed, and nothing of them is stored. Exit code 1 when a row and its wheel disagree.
#
#   scripts/verify-packages.sh                              the wheels of scripts/verify-packages.list: of every row the first and the
#                                                           newest version that the index has (some 40 GB come over the network)
#   scripts/verify-packages.sh vllm==0.33.0 vllm==0.32.0    these, for Linux on x86_64
#   PLATFORM=windows scripts/verify-packages.sh xformers==0.0.35
#   FORMAT=json scripts/verify-packages.sh                  for programs, one document for each wheel
#   KEEP=/tmp/answers JOBS=3 scripts/verify-packages.sh     several at a time; a run that was interrupted goes on where it was
#
# GPUCHECK: the program; default target/release/gpucheck. LIST: another list, `PLATFORM NAME==VERSION` in each line. JOBS: how many wheels are
# read at a time, 1 by default. KEEP: a folder for the answers, each of which is asked for once; delete it after a change of a row.
set -u
cd "$(dirname "$0")/.." || exit 2
gpucheck=${GPUCHECK:-target/release/gpucheck}
format=${FORMAT:-human}
list=${LIST:-scripts/verify-packages.list}
jobs=${JOBS:-1}
keep=${KEEP:-}
if [ -z "$keep" ]; then
    keep=$(mktemp -d) || exit 2
    trap 'rm -rf "$keep"' EXIT
fi
mkdir -p "$keep" || exit 2

wheels() {
    if [ $# -gt 0 ]; then
        for wheel; do echo "${PLATFORM:-linux} $wheel"; done
    else
        grep -v '^#' "$list"
    fi
}

# One wheel: its answer in a file, and how it ended in another, which is written last.
export gpucheck format keep
# shellcheck disable=SC2016 # the inner shell fills these in
one='
    answer=$keep/$1-$2
    [ -f "$answer.code" ] && exit 0
    # Not every release has a wheel for every Python.
    for python in 3.11 3.12 3.10 3.13 3.9 3.8; do
        "$gpucheck" kb verify --format "$format" --platform "$1" --python-version "$python" "$2" >"$answer.txt" 2>&1
        code=$?
        [ $code -le 1 ] && break
    done
    echo $code >"$answer.code"
'
wheels "$@" | xargs -P "$jobs" -L 1 sh -c "$one" one

[ "$format" = json ] || echo "$(date -u +%Y-%m-%d), $("$gpucheck" --version)"
status=0
wheels "$@" >"$keep/wheels"
while read -r platform wheel; do
    code=$(cat "$keep/$platform-$wheel.code" 2>/dev/null || echo 2)
    if [ "$code" -gt 1 ]; then
        echo "$wheel for $platform: $(cat "$keep/$platform-$wheel.txt")" >&2
        status=2
        continue
    fi
    [ "$format" = json ] || echo
    cat "$keep/$platform-$wheel.txt"
    [ "$code" -eq 1 ] && [ $status -eq 0 ] && status=1
done <"$keep/wheels"
exit $status
