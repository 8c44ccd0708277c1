#!/bin/sh
# Holds knowledge/torch.toml against the wheels that PyPI really has: fetches them one at a time with pip (from the index that pip is
# configured with), runs `gpucheck kb verify`, deletes them. Exit code 1 when a row and its wheel disagree, 2 when a wheel could not be had.
#
#   scripts/verify-torch.sh > docs/evidence/kb-verify.txt     all of that file: 18 wheels for Linux on x86_64, 5 more releases, 5 for ARM
#   scripts/verify-torch.sh 2.15.0 2.14.1            these releases
#   PLATFORM=aarch64 scripts/verify-torch.sh         for Linux on ARM; PLATFORM=windows for Windows
#   FORMAT=json scripts/verify-torch.sh              for programs
#
# GPUCHECK: the program; default target/release/gpucheck. TMPDIR: where there is a gigabyte.
set -u
cd "$(dirname "$0")/.." || exit 2
gpucheck=${GPUCHECK:-target/release/gpucheck}
main="1.13.0 1.13.1 2.0.1 2.1.2 2.2.2 2.3.1 2.4.1 2.5.1 2.6.0 2.7.1 2.8.0 2.9.1 2.10.0 2.11.0 2.12.1 2.13.0 2.14.1 2.15.0"
arm="2.11.0 2.12.1 2.13.0 2.14.1 2.15.0"
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
status=0

# The wheels of these releases for a processor.
verify() {
    platform=$1
    shift
    case $platform in
        windows) platforms="--platform win_amd64" ;;
        *) platforms="--platform manylinux_2_28_$platform --platform manylinux2014_$platform --platform manylinux1_$platform" ;;
    esac
    for version; do
        # shellcheck disable=SC2086 # several options
        if ! python3 -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --python-version 3.11 $platforms \
            -d "$folder" "torch==$version"; then
            echo "torch $version: no wheel could be fetched" >&2
            status=2
            continue
        fi
        [ "${FORMAT:-human}" = json ] || echo
        "$gpucheck" kb verify --format "${FORMAT:-human}" "$folder"/*.whl || status=$?
        rm -f "$folder"/*.whl
    done
}

[ "${FORMAT:-human}" = json ] || echo "$(date -u +%Y-%m-%d), $("$gpucheck" --version), wheels for Python 3.11"
# shellcheck disable=SC2086 # lists of versions
if [ $# -gt 0 ]; then
    verify "${PLATFORM:-x86_64}" "$@"
elif [ -n "${PLATFORM:-}" ]; then
    verify "$PLATFORM" $arm
else
    verify x86_64 $main 2.0.0 2.1.0 2.1.1 2.2.0 2.2.1
    verify aarch64 $arm
fi
exit $status
