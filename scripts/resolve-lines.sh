#!/bin/sh
# Lets uv and pip resolve every line that `recommend` prints over the grid of GPUs, drivers, platforms, Pythons and tools, and every line
# that the doctor prints over the patients of the tests, against an index of stub wheels on this machine (tests/resolve_lines/index.rs).
# Each must come to the build that was promised. Exit code 1 when one does not; they are listed.
#
#   scripts/resolve-lines.sh > docs/evidence/resolve-lines.txt
#
# uv comes from the package index that pip is configured with; pip is asked for the Pythons that are here. It takes some minutes.
set -u
cd "$(dirname "$0")/.." || exit 2
said=$(cargo test --locked --test resolve_lines -- --ignored --nocapture every_line 2>/dev/null)
code=$?
echo "$(date -u +%Y-%m-%d), $(cargo run --quiet --locked -- --version)"
echo "$said" | sed '/^$/d; /^running /d; /^test /d; /^failures/,$d'
[ $code -eq 0 ] || exit 1
