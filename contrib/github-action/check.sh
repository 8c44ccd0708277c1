#!/usr/bin/env bash
# The second step of action.yml: runs `gpucheck check` with the action's inputs, which come as variables and are never part of a script.
# The log gets the report for people, with workflow commands switched off so that no file can give one, then the annotations.
set -euo pipefail

arguments=()

# add OPTION LINES: an option for each line that is not empty; files have no option.
add() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        [ -n "${line//[[:space:]]/}" ] || continue
        case $1 in
        "") case $line in -*) line=./$line ;; esac && arguments+=("$line") ;;
        more) arguments+=("$line") ;;
        *) arguments+=("$1=$line") ;;
        esac
    done <<<"$2"
}

add "" "$GPUCHECK_ACTION_FILES"
add --target "$GPUCHECK_ACTION_TARGET"
add --gpu "$GPUCHECK_ACTION_GPU"
add --driver "$GPUCHECK_ACTION_DRIVER"
add --python-version "$GPUCHECK_ACTION_PYTHON"
add --fail-on "$GPUCHECK_ACTION_FAIL_ON"
add --output=sarif "$GPUCHECK_ACTION_SARIF"
add --output=junit "$GPUCHECK_ACTION_JUNIT"
add more "$GPUCHECK_ACTION_ARGUMENTS"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
code=0
"$GPUCHECK_ACTION_PROGRAM" check --format human "--output=github=$folder/annotations" ${arguments[@]+"${arguments[@]}"} \
    >"$folder/report" 2>"$folder/errors" || code=$?

stop=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$stop"
cat "$folder/report" "$folder/errors"
echo "::$stop::"
[ ! -f "$folder/annotations" ] || cat "$folder/annotations"
if [ "$code" -gt 1 ]; then
    said=$(<"$folder/errors")
    said=${said//'%'/%25}
    said=${said//$'\r'/%0D}
    said=${said//$'\n'/%0A}
    echo "::error title=gpucheck::${said:-gpucheck ended with code $code}"
fi
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
