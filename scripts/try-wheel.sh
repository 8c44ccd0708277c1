#!/usr/bin/env bash
# Tries a wheel where its users are: in systems that have Python and no Rust, made by debootstrap, and the aarch64 program under qemu.
# Prints a dated report; docs/evidence/packaging-tried.txt is one.
#
#     scripts/try-wheel.sh WHEEL [AARCH64]
#
# WHEEL is for x86_64. AARCH64 is a wheel for aarch64. Debian packages: debootstrap, qemu-user-static. Python packages on PATH: auditwheel, uv
# (a program without libraries of its own, which is copied into the systems). Needs root. RELEASES: Debian releases to try, oldest first
# [default: bullseye bookworm]. ROOTS: a folder that keeps the systems for the next time [default: a new one, removed at the end].
set -euo pipefail
[ $# -eq 1 ] || [ $# -eq 2 ] || { sed -n 's/^#     //p' "$0" >&2; exit 2; }
wheel=$(realpath "$1")
arm=${2:+$(realpath "$2")}
source=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
roots=${ROOTS:-$work/roots}
mkdir -p "$roots"
name=$(basename "$wheel")

# unpacked WHEEL FOLDER: prints the program in it.
unpacked() {
    python3 -m zipfile -e "$1" "$2"
    local program
    program=$(find "$2" -path '*.data/scripts/gpucheck')
    chmod +x "$program"
    echo "$program"
}

# glibc PROGRAM: the newest version of glibc's symbols that it wants.
glibc() {
    readelf --wide --dyn-syms "$1" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -n 1
}

echo "Tried on $(date -u +%Y-%m-%d), commit $(git -C "$source" rev-parse --short HEAD), $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "== $name"
program=$(unpacked "$wheel" "$work/wheel")
echo "wheel $(stat -c %s "$wheel") bytes, program $(stat -c %s "$program") bytes, newest symbol of glibc $(glibc "$program")"
echo "libraries: $(readelf --dynamic "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | tr '\n' ' ')"
auditwheel show "$wheel" 2>/dev/null | tr '\n' ' ' | sed 's/  */ /g'
echo

for release in ${RELEASES:-bullseye bookworm}; do
    root=$roots/$release
    if [ ! -x "$root/usr/bin/python3" ]; then
        debootstrap --variant=minbase --include=python3,python3-pip,python3-venv "$release" "$root" >"$work/debootstrap.log" 2>&1 \
            || { tail -n 5 "$work/debootstrap.log" >&2; exit 1; }
    fi
    rm -rf "$root/try" "$root/root/.local" "$root/root/.cache"
    mkdir "$root/try"
    cp "$wheel" "$(command -v uv)" "$(command -v uvx)" "$root/try/"
    cat >"$root/try/run" <<INSIDE
set -eu
export HOME=/root LC_ALL=C.UTF-8 UV_OFFLINE=1 UV_NO_INDEX=1 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
wheel=/try/$name
if command -v cargo rustc; then echo "there is Rust here" >&2; exit 1; fi
echo "\$(. /etc/os-release && echo "\$PRETTY_NAME"): glibc \$(ldd --version | head -n 1 | grep -o '[0-9.]*\$'), \$(python3 -V), no cargo, no rustc"
python3 -m venv /try/venv
/try/venv/bin/pip --disable-pip-version-check install --no-index --quiet \$wheel
echo "pip install: \$(/try/venv/bin/gpucheck --version)"
echo "python -m gpucheck_cli: \$(/try/venv/bin/python -m gpucheck_cli --version)"
/try/uv tool install --quiet \$wheel
echo "uv tool install: \$(/root/.local/bin/gpucheck --version)"
echo "uvx --from: \$(/try/uvx --quiet --from \$wheel gpucheck --version)"
/try/venv/bin/pip install --no-index --quiet --target /try/target \$wheel 2>/dev/null
echo "pip install --target, python -m: \$(PYTHONPATH=/try/target python3 -m gpucheck_cli --version)"
/try/venv/bin/python - <<'TIMES'
import resource, subprocess, time

def used():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (children.ru_utime + children.ru_stime) * 1000

for words in (["--version"], ["/try/venv"], ["/try/venv", "--gpu", "RTX 5090", "--driver", "580.95.05"]):
    times, before = [], used()
    for _ in range(21):
        start = time.perf_counter()
        run = subprocess.run(["/try/venv/bin/gpucheck"] + words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        times.append((time.perf_counter() - start) * 1000)
        if run.returncode > 1:
            raise SystemExit(run.stdout.decode())
    times.sort()
    said = "gpucheck {}: exit code {}; fastest {:.0f} ms, median {:.0f} ms, slowest {:.0f} ms of 21; {:.0f} ms of processor time each"
    print(said.format(" ".join(words), run.returncode, times[0], times[10], times[-1], (used() - before) / 21))
TIMES
/try/venv/bin/gpucheck man /try/man
/try/venv/bin/gpucheck completions bash >/try/completions
bash -c 'source /try/completions && complete -p gpucheck'
/try/venv/bin/pip --disable-pip-version-check uninstall --quiet --yes gpucheck-cli
if [ -e /try/venv/bin/gpucheck ]; then echo "pip uninstall leaves the program" >&2; exit 1; fi
echo "pip uninstall: nothing is left"
INSIDE
    echo
    echo "== $release"
    # Programs look at /proc, and a system without it is none that people have.
    unshare --mount --pid --fork -- sh -c "mount -t proc proc '$root/proc' && exec chroot '$root' sh /try/run"
done

if [ -n "$arm" ]; then
    echo
    echo "== $(basename "$arm") under $(qemu-aarch64-static --version | head -n 1)"
    program=$(unpacked "$arm" "$work/arm")
    echo "wheel $(stat -c %s "$arm") bytes, program $(stat -c %s "$program") bytes, newest symbol of glibc $(glibc "$program")"
    auditwheel show "$arm" 2>/dev/null | tr '\n' ' ' | sed 's/  */ /g'
    echo
    libraries=$roots/aarch64
    if [ ! -d "$libraries" ]; then
        # Two packages of another architecture, unpacked beside this system, which goes on without that architecture.
        mkdir "$work/packages"
        dpkg --add-architecture arm64
        (cd "$work/packages" && apt-get update -qq && apt-get download -qq libc6:arm64 libgcc-s1:arm64 2>/dev/null) || { dpkg --remove-architecture arm64; exit 1; }
        dpkg --remove-architecture arm64
        for package in "$work"/packages/*.deb; do dpkg -x "$package" "$libraries"; done
    fi
    emulated() {
        echo "\$ gpucheck $*"
        local code=0
        qemu-aarch64-static -L "$libraries" "$program" "$@" 2>&1 | sed -n '1,12p' || code=${PIPESTATUS[0]}
        [ "$code" -le 1 ] || { echo "exit code $code" >&2; exit 1; }
    }
    emulated --version
    emulated scan "$source/kernels/built/general.sm_120.cubin" --gpu "RTX 5090"
    emulated doctor --gpu "RTX 5090" --driver 580.95.05 --no-driver
fi
