#!/usr/bin/env bash
# The first step of action.yml: finds a gpucheck program, or builds one from the source of the action.
set -euo pipefail

fail() {
    echo "::error title=gpucheck::$1"
    exit 2
}

if [ -n "${GPUCHECK_ACTION_PATH:-}" ]; then
    program=$GPUCHECK_ACTION_PATH
    [ -x "$program" ] && [ -f "$program" ] || fail "the input 'path' names no program"
    # The next step may run in another folder.
    program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
elif program=$(command -v gpucheck); then
    :
else
    command -v cargo >/dev/null || fail "gpucheck is not on PATH, and there is no cargo to build it with: name a program (input 'path')"
    echo "Building gpucheck from $GITHUB_ACTION_PATH"
    # A program that runs once need not be as small as a release.
    export CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    export CARGO_TARGET_DIR="$RUNNER_TEMP/gpucheck-build"
    cargo install --locked --quiet --path "$GITHUB_ACTION_PATH" --root "$RUNNER_TEMP/gpucheck"
    rm -rf "$CARGO_TARGET_DIR"
    program=$RUNNER_TEMP/gpucheck/bin/gpucheck
fi

version=$("$program" --version)
if [ -n "${GPUCHECK_ACTION_VERSION:-}" ] && [ "$version" != "gpucheck $GPUCHECK_ACTION_VERSION" ]; then
    fail "the program is ${version}, not gpucheck ${GPUCHECK_ACTION_VERSION//[!0-9A-Za-z.+-]/?}"
fi
echo "$version"
echo "program=$program" >>"$GITHUB_OUTPUT"
