#!/bin/sh
# Lets uv and pip resolve what `gpucheck check` prints for a corpus of files with known faults: every line to paste, and what the files ask for
# once the diff is applied, against an index of stub wheels on this machine (tests/resolve_lines). Each must come to the build that was promised.
#
#   scripts/resolve-check.sh CASES-FOLDER     # a folder a case, with its files and a case.toml, as tests/check has them
set -eu
CHECK_CASES=$(realpath "$1")
export CHECK_CASES
cd "$(dirname "$0")/.."
exec cargo test --quiet --locked --test resolve_lines -- --ignored --nocapture what_check_prints_for_a_corpus
