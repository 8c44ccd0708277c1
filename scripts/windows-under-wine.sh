#!/usr/bin/env bash
# Tries the Windows program on a Debian machine, under Wine: builds it, lays out what users of Windows have, runs it and compares what comes with
# what must come. Prints a line for each trial, ok or FAIL, and leaves the same in docs/evidence/windows-tried.txt. docs/windows.md says what Wine cannot show.
#
#   scripts/windows-under-wine.sh                 # everything; as root, for apt (a quarter of an hour on two cores)
#   scripts/windows-under-wine.sh --built FOLDER  # with the gpucheck.exe and the fake_driver.dll of this folder
#
# KEEP: a folder that gets what each trial printed, for people to read. SHOW=1: what a failed trial printed, on the screen.
# Needs Debian 12 or later and Python 3.11 with pip; two wheels (300 MB) come from the index that pip is configured with, and stay in
# ${WHEELS:-~/.cache/gpucheck-windows}. Not part of the tests.
set -u -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
report=$here/docs/evidence/windows-tried.txt
wheels=${WHEELS:-$HOME/.cache/gpucheck-windows}
target=x86_64-pc-windows-gnu
work=$(mktemp -d)
built=
# OPT_LEVEL: how much gpucheck itself is optimized; 0 builds sooner [default: 1].
optimized=${OPT_LEVEL:-1}
profile="without link-time optimization, gpucheck itself with opt-level $optimized"
if [ "${1:-}" = --built ]; then
    built=$(cd "${2:?a folder}" && pwd)
    profile=${PROFILE:-built beforehand}
fi
export WINEPREFIX=$work/wine WINEDEBUG=-all
wine=/usr/lib/wine/wine64
trap 'wineserver -k 2>/dev/null; rm -rf "$work"' EXIT

say() { printf '%s\n' "$*"; }
tell() { say "$*"; say "$*" >&3; }
stop() { say "$*" >&2; exit 2; }

# --- The tools and the program -------------------------------------------------------------------------------------------------------------

packages="rustc-web cargo-web rust-web-src gcc-mingw-w64-x86-64-win32 wine wine64"
# shellcheck disable=SC2086
if ! dpkg -s $packages > "$work/dpkg" 2>&1; then
    apt-get update -q && apt-get install -y -q --no-install-recommends $packages || stop "apt-get could not install: $packages"
fi
if [ -z "$built" ]; then
    # Debian has no standard library for Windows: it is built from its source, which needs the compiler's own permission.
    # Without link-time optimization, which takes a quarter of an hour more: what is tried here is not the speed.
    PATH=/usr/bin:$PATH RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$here/target/windows CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
        /usr/bin/cargo build --manifest-path "$here/Cargo.toml" --locked --release -Zbuild-std=std,panic_abort --target $target \
        --config "profile.release.package.gpucheck.opt-level=$optimized" -p gpucheck -p fake-driver || stop "the build failed"
    built=$here/target/windows/$target/release
fi
mkdir -p "$wheels"
pip download --quiet --no-deps --only-binary=:all: --platform win_amd64 --python-version 3.12 --dest "$wheels" \
    torch==2.8.0 bitsandbytes==0.48.1 || stop "pip could not download the wheels"
bitsandbytes=$(echo "$wheels"/bitsandbytes-0.48.1-*win_amd64.whl)
torch=$(echo "$wheels"/torch-2.8.0-*win_amd64.whl)

# Debian's Wine has no bcryptprimitives.dll, which Rust's standard library asks for random numbers.
cat > "$work/stub.c" <<'C'
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T size) { return SystemFunction036(data, (ULONG)size); }
C
programs=$work/programs
mkdir -p "$programs/plain" "$programs/driver"
x86_64-w64-mingw32-gcc -shared -o "$work/bcryptprimitives.dll" "$work/stub.c" -ladvapi32 || stop "the stub does not compile"
cp "$built/gpucheck.exe" "$programs/plain/"
cp "$programs/plain/"* "$programs/driver/"
for name in nvml.dll nvcuda.dll nvptxJitCompiler64.dll; do cp "$built/fake_driver.dll" "$programs/driver/$name"; done

# --- The machine ---------------------------------------------------------------------------------------------------------------------------

env -i HOME="$HOME" PATH=/usr/bin:/bin WINEPREFIX="$WINEPREFIX" WINEDEBUG=-all $wine wineboot -i > "$work/wineboot" 2>&1 || stop "Wine does not start"
c=$WINEPREFIX/drive_c
cp "$work/bcryptprimitives.dll" "$c/windows/system32/"
user=$(find "$c/users" -mindepth 1 -maxdepth 1 ! -name Public -printf '%f\n' | head -1)
home=$c/users/$user
whome="C:\\users\\$user"

# A Python is a program of its name and what lies beside it. This one only has to be there, and to start.
interpreter() { mkdir -p "$(dirname "$1")"; ln "$programs/plain/gpucheck.exe" "$1"; }
# A torch: folder of packages, version, CUDA's digits or nothing. The wheels with CUDA for Windows have 3 GB: in the place of their main library is
# the one of bitsandbytes that the same CUDA has compiled, with the same architectures.
torch_as() {
    rm -rf "$1"/torch "$1"/torch-*
    local info="$1/torch-$2.dist-info" cuda=None file
    mkdir -p "$1/torch/lib" "$info"
    printf 'Metadata-Version: 2.1\nName: torch\nVersion: %s\n' "$2" > "$info/METADATA"
    echo pip > "$info/INSTALLER"
    [ -z "$3" ] || cuda="'${3%?}.${3#??}'"
    printf "__version__ = '%s'\ncuda: Optional[str] = %s\n" "$2" "$cuda" > "$1/torch/version.py"
    echo '#' > "$1/torch/__init__.py"
    cp "$parts/torch/_C.cp312-win_amd64.pyd" "$1/torch/"
    [ -z "$3" ] || cp "$parts/bitsandbytes/libbitsandbytes_cuda$3.dll" "$1/torch/lib/torch_cuda.dll"
    (cd "$1" && find torch -type f) | while read -r file; do echo "$file,,"; done > "$info/RECORD"
}
package_as() { mkdir -p "$1/$2-$3.dist-info" && printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' "$2" "$3" > "$1/$2-$3.dist-info/METADATA"; }
unzip_to() { mkdir -p "$2" && python3 -m zipfile -e "$1" "$2"; }
venv() {
    interpreter "$1/Scripts/python.exe"
    mkdir -p "$1/Lib/site-packages"
    printf 'home = C:\\Python%s\r\ninclude-system-site-packages = false\r\nversion = %s.4\r\n' "${2/./}" "$2" > "$1/pyvenv.cfg"
}
installed() { interpreter "$1/python.exe"; : > "$1/python${2/./}.dll"; mkdir -p "$1/Lib/site-packages"; }

parts=$work/parts
unzip_to "$bitsandbytes" "$parts"
python3 - "$torch" "$parts" torch/_C.cp312-win_amd64.pyd torch/lib/torch_cpu.dll <<'PY' || stop "the wheel of torch cannot be read"
import sys, zipfile
zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], sys.argv[3:])
PY

qlora=$c/work/qlora
venv "$qlora/.venv" 3.12
unzip_to "$bitsandbytes" "$qlora/.venv/Lib/site-packages"
package_as "$qlora/.venv/Lib/site-packages" numpy 2.3.0
package_as "$qlora/.venv/Lib/site-packages" packaging 25.0

portable=$c/ComfyUI_windows_portable
interpreter "$portable/python_embeded/python.exe"
mkdir -p "$portable/ComfyUI" "$portable/python_embeded/Lib/site-packages" "$portable/update"
: > "$portable/python_embeded/python312.dll"
printf '../ComfyUI\r\npython312.zip\r\n.\r\n\r\n# Uncomment to run site.main() automatically\r\nimport site\r\n' > "$portable/python_embeded/python312._pth"
torch_as "$portable/python_embeded/Lib/site-packages" 2.7.1+cu126 126
printf '.\\python_embeded\\python.exe -s ComfyUI\\main.py --windows-standalone-build\r\npause\r\n' > "$portable/run_nvidia_gpu.bat"
cat > "$portable/update/update_comfyui_and_python_dependencies.bat" <<'BAT'
@echo off
..\python_embeded\python.exe .\update.py ..\ComfyUI\
echo Updating torch
..\python_embeded\python.exe -s -m pip install --upgrade torch==2.7.1 ^
    --extra-index-url https://download.pytorch.org/whl/cu126
pause
BAT
sed -i 's/$/\r/' "$portable/update/update_comfyui_and_python_dependencies.bat"

# --- The trials ----------------------------------------------------------------------------------------------------------------------------

exec 3> "$work/report"
trials=0 failed=0
# Variables for the next trial, and its folder; `plain` has no driver, `driver` the fake one.
vars=() folder=$c/work with=plain input=/dev/null
run() {
    (cd "$folder" && env -i HOME="$HOME" PATH=/usr/bin:/bin WINEPREFIX="$WINEPREFIX" WINEDEBUG=-all LANG=C.UTF-8 "${vars[@]}" \
        timeout 300 $wine "$@" < "$input" > "$work/out" 2> "$work/err")
}
# try NAME RC TEXT... -- ARGUMENTS: ok where gpucheck ends with RC and each TEXT stands in what it prints, none that begins with `!`.
try() {
    local name=$1 wanted=$2 texts=() rc why=
    shift 2
    while [ "$1" != -- ]; do texts+=("$1"); shift; done
    shift
    run "$programs/$with/gpucheck.exe" "$@"
    rc=$?
    judge "$name" "$wanted" $rc "${texts[@]}"
}
judge() {
    local name=$1 wanted=$2 rc=$3 why= text
    shift 3
    trials=$((trials + 1))
    [ "$rc" = "$wanted" ] || why="exit code $rc, not $wanted"
    for text in "$@"; do
        case $text in
            !*) grep -qF -- "${text#!}" "$work/out" "$work/err" && why="$why; prints: ${text#!}" ;;
            *) grep -qF -- "$text" "$work/out" "$work/err" || why="$why; does not print: $text" ;;
        esac
    done
    if [ -n "${KEEP:-}" ]; then
        mkdir -p "$KEEP"
        cat "$work/out" "$work/err" > "$KEEP/$(printf %03d $trials) ${name//\//-}.txt"
    fi
    if [ -z "$why" ]; then
        tell "ok    $rc  $name"
    else
        failed=$((failed + 1))
        tell "FAIL  $rc  $name (${why#; })"
        [ -z "${SHOW:-}" ] || { head -60 "$work/out"; head -20 "$work/err"; }
    fi
}
part() { tell ""; tell "$*"; }
reg() { env -i HOME="$HOME" PATH=/usr/bin:/bin WINEPREFIX="$WINEPREFIX" WINEDEBUG=-all $wine reg "$@" > "$work/reg" 2>&1; }
reset() { vars=() folder=$c/work with=plain input=/dev/null; }
blackwell=(--gpu "RTX 5090" --driver 581.57)

part "The program"
try "--version" 0 "gpucheck " -- --version
try "--help" 0 "doctor" "scan" -- --help
try "a rule's page" 0 "gpu-too-new-for-wheel" -- rule gpu-too-new-for-wheel
try "rows" 0 "gpus" -- kb list
try "recommend, for PowerShell" 0 "+cu1" "--index-url" -- recommend "${blackwell[@]}" --python-version 3.12
try "matrix" 0 "sm_120" -- matrix --gpu "RTX 5090" --driver 581.57
try "a wrong option" 2 "--gpuu" -- doctor --gpuu x
try "no driver, no Python" 0 "no NVIDIA driver" -- doctor

part "QLoRA on Windows: RTX 5090, driver 581.57, bitsandbytes 0.48.1 from its real wheel"
folder=$qlora
site=$qlora/.venv/Lib/site-packages
torch_as "$site" 2.8.0+cu128 128
try "torch 2.8.0+cu128: healthy" 0 ".venv" "2.8.0+cu128" "!✗" -- doctor "${blackwell[@]}"
try "the eight lines, as JSON" 0 '"key": "four-bit"' 'libbitsandbytes_cuda128.dll' -- doctor "${blackwell[@]}" --format json
torch_as "$site" 2.8.0+cu126 126
try "torch 2.8.0+cu126: too old for the GPU" 1 "gpu-too-new-for-wheel" "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip install" "torch==2.8.0+cu128" -- doctor "${blackwell[@]}"
rm -rf "$site"/torch "$site"/torch-*
unzip_to "$torch" "$site"
try "torch 2.8.0 without CUDA, from its real wheel" 1 "cpu-only-torch" "No module named 'filelock'" "!.so" "torch==2.8.0+cu1" "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip install" -- doctor "${blackwell[@]}"
try "the same, said for cmd" 1 "cpu-only-torch" "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip install \"torch==2.8.0+cu1" -- doctor "${blackwell[@]}" --shell cmd
torch_as "$site" 2.8.0+cu128 128
sed -i 's/3.12/3.14/' "$qlora/.venv/pyvenv.cfg"
try "Python 3.14, which torch 2.8.0 has no wheel for" 1 "python-unsupported-by-torch" -- doctor "${blackwell[@]}"
sed -i 's/3.14/3.12/' "$qlora/.venv/pyvenv.cfg"
find "$site/bitsandbytes" -name '*cuda128*' -delete
try "a bitsandbytes without the library for CUDA 12.8" 1 "libbitsandbytes_cuda128.dll" -- doctor "${blackwell[@]}"
unzip_to "$bitsandbytes" "$site"

part "Portable ComfyUI"
reset
folder=$portable
try "its python_embeded is found from its folder" 1 "python_embeded" "gpu-too-new-for-wheel" "C:\\ComfyUI_windows_portable\\python_embeded\\python.exe -m pip install" -- doctor "${blackwell[@]}"
folder=$c/work
try "and named" 1 "python_embeded" "torch==2.7.1+cu128" -- doctor 'C:\ComfyUI_windows_portable' "${blackwell[@]}"
vars=("PYTHONPATH=C:\\work\\modules")
mkdir -p "$c/work/modules/torch" && : > "$c/work/modules/torch/__init__.py"
try "PYTHONPATH says nothing to it" 1 "gpu-too-new-for-wheel" "!modules" -- doctor 'C:\ComfyUI_windows_portable' "${blackwell[@]}"
vars=()
sed -i 's/^import site/#import site/' "$portable/python_embeded/python312._pth"
try "without 'import site' its packages are not looked at" 0 "python312._pth neither lists it" "!gpu-too-new-for-wheel" -- doctor 'C:\ComfyUI_windows_portable' "${blackwell[@]}" --verbose
sed -i 's/^#import site/import site/' "$portable/python_embeded/python312._pth"

part "Pythons of every kind"
reset
mkdir -p "$c/empty"
folder=$c/empty
local=$home/AppData/Local roaming=$home/AppData/Roaming
mkdir -p "$local/Microsoft/WindowsApps"
: > "$local/Microsoft/WindowsApps/python.exe"
vars=("WINEPATH=$whome\\AppData\\Local\\Microsoft\\WindowsApps")
try "the alias that offers the Store is not run, and is no Python" 0 "!WindowsApps" -- doctor "${blackwell[@]}"
mkdir -p "$home/.conda" "$c/miniconda3/envs/train/conda-meta" "$c/miniconda3/envs/train/Library/bin"
installed "$c/miniconda3/envs/train" 3.11
echo '{}' > "$c/miniconda3/envs/train/conda-meta/python-3.11.9-h631f459_0_cpython.json"
echo '{}' > "$c/miniconda3/envs/train/conda-meta/pytorch-2.7.1-cpu_mkl_py311_0.json"
torch_as "$c/miniconda3/envs/train/Lib/site-packages" 2.7.1 ""
cp "$parts/torch/lib/torch_cpu.dll" "$c/miniconda3/envs/train/Library/bin/"
printf 'C:\\miniconda3\\envs\\train\r\nC:\\gone\r\n' > "$home/.conda/environments.txt"
try "conda's environments.txt" 1 "miniconda3/envs/train" "conda's environments.txt" "cpu-only-torch" -- doctor "${blackwell[@]}" --verbose
try "its libraries in Library\\bin" 1 "Library/bin/torch_cpu.dll" -- doctor "${blackwell[@]}" --format json
rm "$home/.conda/environments.txt"
installed "$roaming/uv/python/cpython-3.12.10-windows-x86_64-none" 3.12
try "uv's own Pythons" 0 "cpython-3.12.10-windows-x86_64-none" "uv's Pythons" -- doctor "${blackwell[@]}" --verbose
package=PythonSoftwareFoundation.Python.3.12_qbz5n2kfra8p0
mkdir -p "$local/Microsoft/WindowsApps/$package"
: > "$local/Microsoft/WindowsApps/$package/python.exe"
torch_as "$local/Packages/$package/LocalCache/local-packages/Python312/site-packages" 2.7.1+cu126 126
try "a Python of the Store, with its packages for the user" 1 "the Microsoft Store's Pythons" "gpu-too-new-for-wheel" "WindowsApps\\$package\\python.exe" -- doctor "${blackwell[@]}" --verbose
installed "$local/Programs/Python/Python311" 3.11
torch_as "$local/Programs/Python/Python311/Lib/site-packages" 2.7.1+cu126 126
installed "$c/Python313" 3.13
torch_as "$c/Python313/Lib/site-packages" 2.7.1+cu128 128
reg add 'HKCU\Software\Python\PythonCore\3.11\InstallPath' /ve /d "$whome\\AppData\\Local\\Programs\\Python\\Python311\\" /f
reg add 'HKLM\Software\Python\PythonCore\3.9\InstallPath' /ve /d 'C:\gone\' /f
try "a Python of the registry (HKCU), which py starts" 1 "the registry (PythonCore 3.11)" "Programs\\Python\\Python311\\python.exe" "gpu-too-new-for-wheel" -- doctor "${blackwell[@]}" --verbose
reg add 'HKLM\Software\Python\PythonCore\3.13\InstallPath' /v ExecutablePath /d 'C:\Python313\python.exe' /f
try "a newer one for all users (HKLM) comes first" 0 "the registry (PythonCore 3.13)" "2.7.1+cu128" -- doctor "${blackwell[@]}" --verbose
reg add 'HKCU\Software\Python\ContinuumAnalytics\Anaconda311-64\InstallPath' /ve /d 'C:\miniconda3\envs\train' /f
try "Anaconda's in the registry is judged too, with --all" 1 "miniconda3/envs/train" -- doctor "${blackwell[@]}" --all --format json
mkdir -p "$local/Python/bin"
interpreter "$local/Python/bin/python.exe"
printf 'C:\\Python313\\python.exe' > "$local/Python/bin/python.exe.__target__"
vars=("WINEPATH=$whome\\AppData\\Local\\Python\\bin")
try "the launcher of Python's install manager on PATH" 0 "python on PATH" "Python313" -- doctor "${blackwell[@]}" --verbose
vars=("WINEPATH=$whome\\AppData\\Local\\Microsoft\\WindowsApps;C:\\Python313")
try "an alias before a Python on PATH hides it from nobody but a plain 'python'" 0 "python on PATH" "Python313" -- doctor "${blackwell[@]}" --verbose
vars=()
venv "$c/work/uvproject/.venv" 3.12
printf 'uv = 0.9.9\r\n' >> "$c/work/uvproject/.venv/pyvenv.cfg"
torch_as "$c/work/uvproject/.venv/Lib/site-packages" 2.7.1+cu126 126
folder=$c/work/uvproject
try "uv's .venv, with uv's line" 1 "uv pip install --python" "C:\\work\\uvproject\\.venv\\Scripts\\python.exe" -- doctor "${blackwell[@]}"
vars=("VIRTUAL_ENV=C:\\work\\qlora\\.venv")
try "what VIRTUAL_ENV names comes before it" 0 "chosen by VIRTUAL_ENV" -- doctor "${blackwell[@]}" --verbose

part "Paths"
reset
deep=$c/work
for _ in 1 2 3 4 5 6; do deep=$deep/a-folder-with-a-name-that-takes-fifty-characters-in; done
venv "$deep/.venv" 3.12
torch_as "$deep/.venv/Lib/site-packages" 2.7.1+cu126 126
# Wine's programs cannot be started in such a folder, and neither can Windows' own.
try "a path of more than 260 characters" 1 "gpu-too-new-for-wheel" "fifty-characters-in\\.venv\\Scripts\\python.exe" -- doctor "C:${deep#"$c"}" "${blackwell[@]}"
foreign="$c/work/Jürgen und 王/проект"
venv "$foreign/.venv" 3.12
torch_as "$foreign/.venv/Lib/site-packages" 2.7.1+cu126 126
folder=$foreign
try "names of other scripts and spaces, for PowerShell" 1 "& 'C:\\work\\Jürgen und 王\\проект\\.venv\\Scripts\\python.exe' -m pip install" -- doctor "${blackwell[@]}"
try "the same, for cmd" 1 "\"C:\\work\\Jürgen und 王\\проект\\.venv\\Scripts\\python.exe\" -m pip install" -- doctor "${blackwell[@]}" --shell cmd
folder=$c/work
torch_as "$site" 2.8.0+cu126 126
try "a path with \\\\?\\ before it" 1 "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip" '!\\?\' -- doctor '\\?\C:\work\qlora' "${blackwell[@]}"
try "a path from the drive's root" 1 "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip" -- doctor '\work\qlora' "${blackwell[@]}"
try "a path from the drive's own folder" 1 "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip" -- doctor 'C:qlora' "${blackwell[@]}"
try "forward slashes" 1 "C:\\work\\qlora\\.venv\\Scripts\\python.exe -m pip" -- doctor C:/work/qlora "${blackwell[@]}"
try "a home folder in other letters is a home folder" 1 '"id": "~/appdata/local/programs/python/python311"' "!USERS" -- doctor "c:\\USERS\\${user^^}\\appdata\\local\\programs\\python\\python311" "${blackwell[@]}" --format json
try "a folder that is not there" 2 "nowhere" -- doctor 'C:\nowhere' "${blackwell[@]}"

part "Shells"
folder=$qlora
try "PowerShell where nothing tells" 1 "powershell" -- doctor "${blackwell[@]}" --format json
vars=("PROMPT=\$P\$G")
try "cmd by its PROMPT" 1 '"tool": "cmd"' -- doctor "${blackwell[@]}" --format json
vars=("PSModulePath=C:\\users\\x\\Documents\\WindowsPowerShell\\Modules;C:\\Program Files\\WindowsPowerShell\\Modules")
try "PowerShell by its modules" 1 '"tool": "powershell"' '"at": "PSModulePath"' -- doctor "${blackwell[@]}" --format json
vars=("PROMPT=\$P\$G")
try "--shell decides" 1 '"tool": "powershell"' -- doctor "${blackwell[@]}" --format json --shell powershell
try "a line for Linux is for sh" 0 '"tool": "pip"' '!"tool": "cmd"' -- recommend "${blackwell[@]}" --os linux --python-version 3.12 --format json
vars=()
run "$c/windows/system32/cmd.exe" /c "$programs/plain/gpucheck.exe" doctor "${blackwell[@]}" --format json
judge "started by cmd itself" 1 $? '"tool": "cmd"' '"at": "PROMPT"'
run "$c/windows/system32/cmd.exe" /c 'C:\work\Jürgen und 王\проект\.venv\Scripts\python.exe' --version
judge "cmd starts the program of such a line" 0 $? "gpucheck "
torch_as "$site" 2.8.0+cu128 128
with=driver
vars=("CUDA_VISIBLE_DEVICES=7" "GPUCHECK_FAKE=$here/tests/scenarios/rtx5090-581-windows.toml")
try "a variable, unset for PowerShell" 1 "Remove-Item Env:CUDA_VISIBLE_DEVICES" -- doctor
try "and for cmd" 1 'set "CUDA_VISIBLE_DEVICES="' -- doctor --shell cmd

part "Output"
reset
folder=$qlora
torch_as "$site" 2.8.0+cu126 126
try "no colours into a file" 1 $'!\e[' "✗" -- doctor "${blackwell[@]}"
try "colours where they are asked for" 1 $'\e[' -- doctor "${blackwell[@]}" --color always
vars=(CLICOLOR_FORCE=1 NO_COLOR=1)
try "NO_COLOR" 1 $'!\e[' -- doctor "${blackwell[@]}"
vars=()
for page in 437 1252 65001; do
    run "$c/windows/system32/cmd.exe" /c "chcp $page >nul & $programs/plain/gpucheck.exe doctor --gpu 5090 --driver 581.57 > C:\\work\\page.txt"
    rc=$?
    cp "$c/work/page.txt" "$work/out"
    python3 -c 'import sys; d = open(sys.argv[1], "rb").read(); d.decode(); sys.exit(d.startswith(b"\xef\xbb\xbf"))' "$work/out" || rc=99
    judge "code page $page: what is redirected is UTF-8 without a mark" 1 $rc "✗" "gpu-too-new-for-wheel"
done
try "a report into a file, over another" 1 -- doctor "${blackwell[@]}" --output 'C:\work\Jürgen und 王\report.txt'
try "and again" 1 -- doctor "${blackwell[@]}" --output 'json=C:\work\Jürgen und 王\report.txt'
try "which is judged again" 1 "gpu-too-new-for-wheel" -- --replay 'C:\work\Jürgen und 王\report.txt'

part "Files of others"
folder=$c/work
cp "$bitsandbytes" "$c/work/"
wheel=$(basename "$bitsandbytes")
try "scan of a wheel for Windows" 0 "libbitsandbytes_cuda128.dll" "sm_120" -- scan "$wheel"
try "for a GPU" 0 -- scan "$wheel" --gpu 5090
try "a gate that it does not pass" 1 "sm_52" -- scan "$wheel" --require sm_52
try "scan of a DLL" 0 "sm_120" -- scan 'C:\work\qlora\.venv\Lib\site-packages\bitsandbytes\libbitsandbytes_cuda128.dll'
try "scan of the wheel of torch, which has no device code" 0 -- scan "$(echo "Z:$torch" | tr / '\\')"
folder=$portable/update
try "check of a .bat: a caret, CRLF" 1 "gpu-too-new-for-wheel" "update_comfyui_and_python_dependencies.bat:4" -- check update_comfyui_and_python_dependencies.bat "${blackwell[@]}" --python-version 3.12
mkdir -p "$c/work/scripts"
folder=$c/work/scripts
cp "$here/tests/check/batch-labels/install.bat" "$folder/install.bat"
sed -i 's/\r*$/\r/' "$folder/install.bat"
try "labels and %VARIABLES%" 1 "install.bat:12" "gpu-too-new-for-wheel" -- check install.bat "${blackwell[@]}" --python-version 3.11
try "and the argument that mends it" 0 "!gpu-too-new-for-wheel" -- check install.bat "${blackwell[@]}" --python-version 3.11 --set 1=new
sed 's/\r*$/\r/' "$here/tests/check/powershell-choice/install.ps1" > "$folder/install.ps1"
try "check of a .ps1: a function, a backtick, CRLF" 1 "gpu-too-new-for-wheel" "install.ps1" -- check install.ps1 "${blackwell[@]}" --python-version 3.11
cat > "$work/env.ps1" <<'PS'
$env:TORCH_CHANNEL = "cu126"
pip uninstall torch torchvision torchaudio -y
pip install torch==2.7.1 `
    --index-url "https://download.pytorch.org/whl/$env:TORCH_CHANNEL"
PS
python3 - "$work/env.ps1" "$folder/env.ps1" <<'PY'
import sys
text = open(sys.argv[1]).read().replace("\n", "\r\n")
open(sys.argv[2], "wb").write(b"\xff\xfe" + text.encode("utf-16-le"))
PY
try "a .ps1 in UTF-16, with \$env:" 1 "gpu-too-new-for-wheel" "env.ps1:3" "cu126" -- check env.ps1 "${blackwell[@]}" --python-version 3.12
try "a command that would be run" 1 "gpu-too-new-for-wheel" -- check "${blackwell[@]}" --python-version 3.12 -- pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cu126
cat > "$work/log.txt" <<'LOG'
(venv) PS C:\Users\Jürgen\qlora> python train.py
C:\Users\Jürgen\qlora\venv\Lib\site-packages\torch\cuda\__init__.py:235: UserWarning:
NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch installation.
The current PyTorch install supports CUDA capabilities sm_50 sm_60 sm_61 sm_70 sm_75 sm_80 sm_86 sm_90.
Traceback (most recent call last):
  File "C:\Users\Jürgen\qlora\train.py", line 12, in <module>
    x = torch.randn(8, device="cuda")
RuntimeError: CUDA error: no kernel image is available for execution on the device
LOG
python3 - "$work/log.txt" "$folder/log.txt" <<'PY'
import sys
text = open(sys.argv[1]).read().replace("\n", "\r\n")
open(sys.argv[2], "wb").write(b"\xff\xfe" + text.encode("utf-16-le"))
PY
try "explain of a UTF-16 log with CRLF, as PowerShell redirects" 1 "gpu-too-new-for-wheel" "!�" -- explain log.txt
printf 'PS D:\\qlora> python train.py\r\nRuntimeError: CUDA unknown error - this may be due to an incorrectly set up environment\r\n' > "$folder/unknown.txt"
try "explain of a text that means something else on Linux" 0 "windows-x86_64" "cuda-init-failed" "!uvm-not-ready" "!sudo" -- explain unknown.txt
input=$folder/log.txt
try "the same by a pipe" 1 "gpu-too-new-for-wheel" -- explain -
input=/dev/null

part "The driver: a fake one as nvml.dll and nvcuda.dll beside the program"
reset
folder=$qlora with=driver
scenario() { vars=("GPUCHECK_FAKE=$here/tests/scenarios/$1.toml"); }
torch_as "$site" 2.8.0+cu128 128
scenario rtx5090-581-windows
try "RTX 5090 on 581.57: healthy" 0 "RTX 5090" "581.57" "!✗" -- doctor
try "smoke" 0 "RTX 5090" -- smoke
try "smoke --load" 0 -- smoke --load
scenario v100-rtx5090
try "two GPUs, each judged" 0 "V100-SXM2-16GB: CUDA 12.8 available, sm_70" "RTX 5090: CUDA 12.8 available, sm_120" -- doctor
scenario rtx4090-535
try "a driver too old for CUDA 12.8" 0 "535" -- doctor
scenario hang-nvml
try "an NVML that hangs" 1 "RTX" -- doctor --probe-timeout 5
scenario hang-cuda
try "a CUDA library that hangs" 1 "driver-hangs" -- doctor --probe-timeout 5
scenario crash-nvml
try "an NVML that crashes" 1 "0xc0000005" "!Segmentation fault" -- doctor
scenario abort-cuda
try "a CUDA library that aborts" 1 "driver-" -- doctor
scenario cuinit-999
try "cuInit says 999" 1 "cuda-init-failed" "999" "!nvidia_uvm" "!/dev" -- doctor
scenario cuinit-31337
try "cuInit says what no header names" 1 "31337" -- doctor
scenario cuinit-803
try "cuInit says 803" 1 "the loaded nvcuda.dll does not match" "!libcuda" "!sudo" -- doctor
scenario not-loaded
try "NVML says that the driver is not loaded" 1 "the NVIDIA driver is not loaded" "restart Windows" "!module" "!sudo" -- doctor
scenario garbage-cuda
try "an answer that is none" 1 "driver-" -- doctor
scenario gpu-lost
try "a GPU that fell off the bus" 0 "gpu-lost" -- doctor
scenario no-gpu
try "a driver without a GPU" 0 -- doctor
scenario rtx5090-581-windows
mv "$programs/driver/nvcuda.dll" "$work/"
try "nvcuda.dll is missing" 1 "nvcuda" -- doctor
mv "$work/nvcuda.dll" "$programs/driver/"
mv "$programs/driver/nvml.dll" "$work/"
try "nvml.dll is missing" 0 "RTX 5090" -- doctor
echo "no library" > "$programs/driver/nvml.dll"
try "nvml.dll is no library" 1 "nvml.dll" "!libcuda" -- doctor
mv "$work/nvml.dll" "$programs/driver/"
with=plain vars=()
try "smoke without a driver cannot check" 1 -- smoke
kits="$c/Program Files/NVIDIA GPU Computing Toolkit/CUDA"
mkdir -p "$kits/v12.8/bin" "$kits/v13.0"
printf '{"cuda": {"name": "CUDA SDK", "version": "12.8.1"}}' > "$kits/v12.8/version.json"
: > "$kits/v12.8/bin/nvcc.exe"
vars=("CUDA_PATH_V12_8=C:\\Program Files\\NVIDIA GPU Computing Toolkit\\CUDA\\v12.8")
try "toolkits: by CUDA_PATH_V12_8 and in the installer's folder" 0 "CUDA_PATH_V12_8" "CUDA/v13.0" '"12.8"' -- doctor "${blackwell[@]}" --format json
vars=()
try "a driver's version as Windows' Device Manager writes it" 0 "572.83" -- doctor --gpu "RTX 5090" --driver 32.0.15.7283

part "WSL2, looked at from Windows (--root)"
reset
wsl=$c/wsl
mkdir -p "$wsl/usr/lib/wsl/lib" "$wsl/usr/lib/x86_64-linux-gnu" "$wsl/proc/sys/kernel" "$wsl/bin" "$wsl/etc/ld.so.conf.d"
echo 5.15.167.4-microsoft-standard-WSL2 > "$wsl/proc/sys/kernel/osrelease"
cp /bin/true "$wsl/bin/sh"
cp "$(ldconfig -p | sed -n 's/.*libc\.so\.6 .*x86-64.* => //p' | head -1)" "$wsl/usr/lib/wsl/lib/libcuda.so.1"
cp "$wsl/usr/lib/wsl/lib/libcuda.so.1" "$wsl/usr/lib/wsl/lib/libnvidia-ml.so.1"
echo /usr/lib/wsl/lib > "$wsl/etc/ld.so.conf.d/ld.wsl.conf"
echo 'include /etc/ld.so.conf.d/*.conf' > "$wsl/etc/ld.so.conf"
try "its driver is Windows' own" 0 "WSL" "!wsl-linux-driver-installed" -- doctor --root 'C:\wsl' --gpu "RTX 5090" --driver 581.57
cp "$wsl/usr/lib/wsl/lib/libcuda.so.1" "$wsl/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05"
ln -s libcuda.so.580.95.05 "$wsl/usr/lib/x86_64-linux-gnu/libcuda.so.1"
try "a Linux driver that somebody installed in it" 1 "wsl-linux-driver-installed" "/usr/lib/x86_64-linux-gnu/libcuda.so" -- doctor --root 'C:\wsl'
try "Windows itself is no WSL" 0 '!"wsl": {"state": "known"' '"windows-x86_64"' -- doctor --format json "${blackwell[@]}"

# --- The report ----------------------------------------------------------------------------------------------------------------------------

exec 3>&-
{
    say "scripts/windows-under-wine.sh, $(date -u +%F), $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), $($wine --version 2>/dev/null)"
    say "gpucheck.exe of $(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo 'no repository'), $(stat -c %s "$built/gpucheck.exe") bytes ($profile), $(/usr/bin/rustc --version), $(x86_64-w64-mingw32-gcc -dumpfullversion)"
    say "$trials trials, $failed failed. First the result, then the exit code."
    cat "$work/report"
} > "$report"
say ""
say "$trials trials, $failed failed: ${report#"$here"/}"
[ "$failed" = 0 ]
