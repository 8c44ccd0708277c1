#!/usr/bin/env python3
"""Lists the error texts about compatibility that packages can print, and which of them a row of the knowledge base knows.

usage: error-texts.py [--rows FOLDER] [--out FILE] [--keep] [--note TEXT]... PACKAGE...

PACKAGE is a wheel, or a folder NAME-VERSION with sources or an unpacked wheel. Of Python files the string constants are read (f-strings with `*` for what
is filled in), of other sources the string literals, of libraries and programs the printable strings. A text is about compatibility if it names a subject
(driver, architecture, CUDA, its libraries) and a fault; what is left out although it does is counted with the reason (LEFT_OUT). A text has a row if one of
the row's parts fits it: a filled-in value may stand for any part of a row's text, and a row's value for any part of the text.

--keep: what FILE has of packages that are not given stays, and its texts are held against today's rows. Without it FILE is of the given packages only.
"""

import argparse
import ast
import datetime
import pathlib
import re
import sys
import tomllib
import zipfile

# Which files of a package speak to users about the machine. Tests, benchmarks and sources of kernels do not.
FILES = {
    "accelerate": r"accelerate/(state|utils/(bnb|environment|modeling))\.py$",
    "bitsandbytes": r"bitsandbytes/(cextension|cuda_specs|functional|diagnostics/.*|cuda_setup/.*)\.py$",
    "ctranslate2": r"(libctranslate2[^/]*\.so[^/]*|ctranslate2/__init__\.py)$",
    "cupy_cuda12x": r"cupy/(_environment|__init__|cuda/compiler|cuda/.*)\.py$|cupyx/_runtime\.py$",
    "cuda_bindings": r"cuda/bindings/(utils/.*|_internal/.*)\.py$",
    "deepspeed": r"op_builder/[^/]*\.py$",
    "flash_attention": r"(setup\.py|csrc/flash_attn/flash_api\.cpp|hopper/flash_api\.cpp|flash_attn/[^/]*\.py)$",
    "jax": r"jax/_src/(xla_bridge|lib/__init__|cudnn/.*)\.py$",
    "jax_cuda12_pjrt": r"xla_cuda_plugin\.so$",
    "jax_cuda12_plugin": r"jax_cuda12_plugin/__init__\.py$|_versions\.so$",
    "k8s_device_plugin": r"(cmd|internal)/.*\.go$",
    "libnvidia_container": r"src/.*\.c$",
    "llama_cpp": r"ggml/src/(ggml-backend-reg\.cpp|ggml-cuda/(ggml-cuda\.cu|common\.cuh|CMakeLists\.txt))$",
    "numba": r"numba/cuda/(cudadrv/.*|cuda_paths|compiler|codegen|decorators)\.py$",
    "numba_cuda": r"numba_cuda/numba/cuda/(cudadrv/.*|cuda_paths|compiler|codegen|decorators)\.py$",
    "nvidia_container_toolkit": r"(cmd|internal|pkg)/.*\.go$",
    "nvidia_cuda_nvcc": r"bin/(nvcc|ptxas|nvlink|fatbinary)$",
    "nvidia_cuda_nvrtc": r"libnvrtc\.so[^/]*$",
    "nvidia_cuda_runtime": r"(libcudart\.so[^/]*|include/cuda\.h)$",
    "nvidia_nccl_cu12": r"libnccl\.so[^/]*$",
    "ollama": r"(discover|llm|ml|server)/.*\.go$",
    "onnxruntime_gpu": r"(onnxruntime/__init__\.py|capi/[^/]*\.py|libonnxruntime_providers_cuda\.so|onnxruntime_pybind11_state[^/]*\.so)$",
    "sageattention": r"(setup\.py|sageattention/[^/]*\.py)$",
    "sglang": r"sglang/(srt/(server_args|utils/[^/]*|model_executor/.*|layers/attention/.*)|check_env)\.py$",
    "tensorflow": r"(libtensorflow_(cc|framework)\.so[^/]*|tensorflow/python/(framework/config|eager/context|platform/.*)\.py)$",
    "torch": r"torch/(__init__|cuda/[^/]*|utils/(cpp_extension|_triton)|backends/cudnn/__init__|_inductor/(utils|codecache|cpp_builder|exc))\.py$"
    r"|torch/lib/(libc10_cuda|libtorch_cuda)\.so$",
    "torchvision": r"torchvision/(extension|_meta_registrations)\.py$",
    "triton": r"triton/(backends/nvidia|common|compiler|runtime)/[^/]*\.py$",
    "vllm": r"vllm/(platforms|utils|env_override|attention|v1/(attention|worker|executor)|model_executor/(layers/quantization|kernels)|vllm_flash_attn)(/.*)?\.py$",
    "xformers": r"xformers/(_cpp_lib|info|ops/(common|fmha/[^/]*))\.py$",
}

SUBJECT = re.compile(
    r"compute.?capabilit|device capabilit|\bcapability\b|\bsm_?(\d\d|%|\*|x)|cuda arch|gpu.?arch|architecture|"
    r"\b(cuda|nvidia|gpu|display) drivers?\b|driver version|your driver|installed driver|driver.{0,9}too old|"
    r"cuda version|cuda runtime|cuda toolkit|\bcuda \d|cuda_home|nvcc\b|ptxas|\bptx\b|libcuda|libcudart|cudart|cudnn (version|lib)|libnv|libcublas|nvrtc|nvjitlink|"
    r"\bno (cuda|gpu|nvidia|kernel image)|compiled with|compiled without|not compiled|built with|built without|glibc|\babi\b|"
    r"ampere|hopper|blackwell|turing|volta\b|cuda_visible_devices|nvml|fatbin|cubin|dso\b|unsatisfied condition|container toolkit|cdi device",
    re.I,
)
FAULT = re.compile(
    r"not support|unsupported|n.t support|only support|requires?\b|at least|too old|too new|or newer|or above|or later|or higher|newer version|incompatib|not compat|mismatch|"
    r"not match|n.t match|not found|cannot|can.t\b|could not|couldn.t|unable|fail|missing|not available|unavailable|not installed|not compiled|compiled without|"
    r"built without|insufficient|no (cuda|gpu|nvidia|kernel image|supported)|not (built|enabled|detected|visible|initiali)|must be installed|not defined|not working|"
    r"falling back|unsatisfied|minimum|invalid|unknown|>= ?",
    re.I,
)
LEFT_OUT = [
    ("other makers' GPUs and other back ends", r"rocm|amdsmi|\bhip|\bamd\b|xpu\b|sycl|metal|vulkan|\btpu|mingw|tegra|jetson|musa|\bgfx|cann\b|\bmps\b"),
    ("internal checks of the software: a defect of its own, nothing about the machine", r"INTERNAL ASSERT|should never|please (report|file)|an? internal|must be (a )?(string|specified|supplied)|simulator|unreachable|CUDNN_BACKEND|SetAttribute|GetAttribute|CUDNN_ATTR|NVML_BRAND"),
    ("limits of one kernel or option, which another replaces: shapes, types, attention variants", r"head_?(dim|size)|page_?size|num_?(ctas|heads|splits|q)|tile|kv.?cache|softcap|mask|score_mod|seqlen|split.?kv|quantiz|fp8|fp4|int8|nvfp4|mxfp|w4a|moe\b|mla\b|dropout|bias|dtype|sparse|indexer|autotun|cutlass|cutedsl|deepgemm|speculat|prefill|decode|cuda ?graph|\bgraph|allocator|stream|descriptor|layout|tensor (must|memory)|symm(etric)?_?mem|multicast|lora|rope\b|convolution|SDPA|alibi|padding"),
    ("messages about PTX or SASS as text: what compiler authors see", r"modifier|directive|instruction '%|operand|register|pragma|\.extern|\.func|\.entry|\.version directive|\.address_size|\.alias|attribute|debug|section|dwarf|symbol '%|opcode|offset|address space|texture|sampler|surface|vector|parameter|argument|option|variable '|label|barrier|unroll|linkage|relocation|\bline\b|type of|state space"),
    (
        "codes of calls that a program made wrongly, and states of the driver that tell nothing about what is installed",
        r"^CUDA_ERROR_(ALREADY|ARRAY|CAPTURED|CONTEXT|COOPERATIVE|DEINIT|EXTERNAL|FILE_NOT|FUNCTION_NOT|GRAPH|ILLEGAL_STATE|INVALID_(C|G|H|R|S|V)|KEY_|LAUNCH_INC|LOSSY|MAP_|NOT_(FOUND|INIT|MAPPED|READY|SUPPORTED)"
        r"|PRIMARY|PROFILER|SHARED_OBJECT|TENSOR|TIMEOUT|UNMAP|UNSUPPORTED_LIMIT)|^limit is not|texturing mode|^startup failure|Only contexts explicitly|^unknown (capability|microarch)|^NVRTC_ERROR unknown",
    ),
    (
        "the step that failed, while the cause is in what follows it",
        r"(failed|unable|could not|couldn.t|cannot|can.t|error) (to )?(get|parse|query|determine|read|find|locate|probe|return|shutdown|infer|create|load libraries|verify|open \* to|unload)|nvml\w+ failed|get_ptx_version|nvrtc\w+ failed"
        r"|compilation fail(ure|ed)|cudaLibraryLoadData|unknown error$|unknown driver capability|query failed|cannot infer|original nvvm error|pynvml|nvidia-ml-py|\(NVRTC unavailable\)|not qualified|invalid (mount|MIG)|capability path|vendor specific",
    ),
    (
        "combinations of options that a build or a call asks for",
        r"^'?--?\w|\bnvcc (cannot produce|does not)|forward-unknown|--relocatable|-rdc\b|-dlto|-arch=lto|32-bit|hidden' visibility|profiling support|thread affinity|without GIL|GIL disabled|code_type|compile method|only supported with NVML|mig-strategy|CDI device|preloading|FABRIC|confidential"
        r"|use-bundled|create-pch|lock file|bundled headers|archive magic|unpack|--?(display|extensible|device|std|cuda-api)|ABI: \*|C ABI|architecture suffix|arch-specific",
    ),
    (
        "messages of compilers about single operations, and remains of kernels' sources",
        r"atomic|intrins|instrinsic|wgmma|tcgen05|\b\w*mma\b|mma(ldab|ldc|stc)|nvvm|llvm|PCH|precompiled|rdc=|cache entry|zlib|RISC-V|alloca|stack(save|restore)|^#(if|error|endif)|^//|TMA|specialis|SM\d+ (configuration|kernels|OSS|A16)|warp|PTX (does|only|compilation)|b128|128-bit|f32x2|ABI"
        r"|compress|trace\.mark|multimem|kind::|Im2Col|accumulator|alignment|this architecture|architecture variant|architecture sm_\d+ or above|cluster|addrspace|lto|elf (mismatch|not|size)|elf_?arch|ptx (version|architecture)|fatbinary|cubin|return type|match_any|redux|ldmatrix|Function '|profile '|PTX ISA version|unsupported (architecture|instruction)$|incompatible with specified"
        r"|^invalid architecture|Target architecture not|sm_ >=|requires PTX|MmaRead|calls '|per-function|deterministic|cudnn version|this model architecture|startup-overlap|determine compiled|libcudart_static|__cudaPush",
    ),
    (
        "what is only slower, or left out of a report",
        r"omitting|get_device_sm|memory values|returning 0|falling back to|NUMA|assuming|tuning results|defaulting to|locality|node configuration|filtering will be disabled|allowing flash|device_id=|skipping detection|forward compatibility libraries|already initialized|libnvsandbox|/sys/class/drm",
    ),
    ("communication between GPUs and machines", r"nccl|communicator|ibverbs|\brdma|network|socket|nvls|gdr|p2p|peer|topolog|gin\b|nvshmem|ucx"),
    ("help texts and progress: nothing is wrong", r"^\s*(usage|note|info|example|returns?|set |specify|print|enable|disable|use |compile |generate|list )|\bdefault(s| is|:)|https?://\S+$"),
    ("cryptography and transport inside of NVIDIA's programs", r"\btls|certificate|signature|cipher|digest|brotli|openssl|ossl|x509|http|key ?type|ASN"),
]
LEFT_OUT = [(reason, re.compile(pattern, re.I)) for reason, pattern in LEFT_OUT]

FILLED = re.compile(r"%[-+#0-9.]{0,6}l{0,2}[sdioufxXqvwc]|\{[^{}]{0,60}\}")
SHORTEST, LONGEST = 16, 700


# Programs that speak of nothing but the machine: no subject is asked for.
ABOUT_MACHINE = {"libnvidia_container"}


def joined(node):
    """The text of an expression of strings, `*` for what is filled in."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = joined(node.left), joined(node.right)
        return None if sides == (None, None) else "".join(side or "*" for side in sides)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return joined(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "strip"):
        return joined(node.func.value)
    return None


def of_python(data):
    """String constants that are no documentation."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return
    stack = [tree]
    while stack:
        node = stack.pop()
        text = joined(node) if isinstance(node, ast.expr) else None
        if text is not None:
            yield text
            continue
        for child in ast.iter_child_nodes(node):
            documentation = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if not documentation:
                stack.append(child)


def of_source(data):
    """String literals of C, C++, CUDA and Go; neighbours are one."""
    text = re.sub(r'"\s*\n?\s*"', "", data.decode(errors="replace"))
    for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text):
        yield literal.replace('\\"', '"').replace("\\n", " ")


def of_header(data):
    """Names of the driver's codes."""
    yield from re.findall(r"^\s*(CUDA_ERROR_\w+)\s*=", data.decode(errors="replace"), re.M)


def of_binary(data):
    """Printable strings."""
    for text in re.findall(rb"[\x20-\x7e]{%d,%d}" % (SHORTEST, LONGEST), data):
        yield text.decode()


def texts(name, data):
    """Texts of a file by its kind."""
    if name.endswith(".py"):
        return of_python(data)
    if name.endswith("cuda.h"):
        return of_header(data)
    if name.endswith((".go", ".c", ".cpp", ".cu", ".cuh", ".txt")):
        return of_source(data)
    return of_binary(data)


def files(path):
    """Name and contents of the files of a wheel or folder."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield str(file.relative_to(path)), file.read_bytes
    else:
        archive = zipfile.ZipFile(path)
        for name in sorted(archive.namelist()):
            yield name, lambda name=name: archive.read(name)


def parts(file):
    """The rows' parts, as (row, regular expression)."""
    rows = []
    for table, prefix, key in (("errors", "error", "text"), ("failures", "failure", "texts")):
        for row in tomllib.loads((file / f"{table}.toml").read_text())[prefix]:
            name = row.get("id") or row.get("name")
            for part in row.get(key, []):
                pieces = [re.escape(piece) for piece in re.split(r"\*|\{[a-z_]+\}", part)]
                rows.append((f"{table}/{name}", re.compile(".{0,400}?".join(pieces), re.I), part, "beside" in row))
    # A row that asks for something else in the log is not that of the text alone.
    return [row[:3] for row in sorted(rows, key=lambda row: row[3])]


def row_of(text, rows):
    """The first row that fits the text, or whose whole text the filled-in parts leave room for."""
    for name, part, _ in rows:
        if part.search(text):
            return name
    pieces = [piece.strip() for piece in text.split("*")]
    if len(pieces) < 2 or max(map(len, pieces)) < SHORTEST:
        return None
    room = re.compile(".{0,80}?".join(re.escape(piece) for piece in text.split("*")), re.I)
    return next((name for name, _, part in rows if room.search(part)), None)


def read(path):
    """Texts of a package: (file, text)."""
    name, version = re.match(r"(.+?)-(\d[^-]*)", path.name).groups()
    wanted = FILES.get(re.sub(r"_cu1\d$", "", name), FILES.get(name))
    if wanted is None:
        sys.exit(f"{path}: no files are listed for {name}")
    found = {}
    for file, contents in files(path):
        if re.search(wanted, file) and not re.search(r"_test\.go$|/tests?/|(^|/)test_|testing|third_party|vendor/", file):
            for text in texts(file, contents()):
                text = re.sub(r"\s+", " ", FILLED.sub("*", text[: 4 * LONGEST])).strip()
                named = text.startswith("CUDA_ERROR_")
                subject = name in ABOUT_MACHINE or SUBJECT.search(text)
                if named or SHORTEST <= len(text) <= LONGEST and " " in text and subject and FAULT.search(text):
                    found.setdefault(text, file)
    return name, version, found


def shown(text):
    """A text as it stands in a table."""
    return text.replace("|", "\\|").replace("`", "'").replace("<", "&lt;")[:180]


def kept(file, given, rows):
    """Of the packages of an earlier list that are not given: lines of the table, lists, counts of texts and of known ones, and why others were left out."""
    head, *sections = file.read_text().split("\n## ")
    table = {}
    for name, texts, known, out in re.findall(r"^\| (\S+ [^|]+) \| (\d+) \| (\d+) \| (\d+) \|$", head, re.M):
        table[name] = [int(texts), int(known), int(out)]
    left = {reason: int(count) for reason, count in re.findall(r"^\| ([^|]+) \| (\d+) \|$", head, re.M)}
    again = sorted(set(table) & given)
    if again:
        sys.exit(f"{file} has {', '.join(again)}: what was left out of it cannot be told from the rest. Read all packages again, without --keep.")
    lists, names = {}, {row for row, _, _ in rows}
    for section in sections:
        name, _, lines = section.partition("\n")
        own = []
        for source, text, row in re.findall(r"^\| ([^|]+) \| (.+) \| ([^|]+) \|$", lines, re.M)[1:]:
            if set(source) == {"-"}:
                continue
            plain = text.replace("\\|", "|").replace("&lt;", "<")
            # A text that was cut off may have lost what its row asks for.
            row = row_of(plain, rows) or (row if row in names else None)
            own.append(f"| {source} | {text} | {row or '**none**'} |")
        lists[name] = own
        table[name][1] = sum("**none**" not in line for line in own)
    return table, lists, left


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=pathlib.Path, default=pathlib.Path("knowledge"))
    arguments.add_argument("--out", type=pathlib.Path, default=pathlib.Path("docs/evidence/errors-known.md"))
    arguments.add_argument("--keep", action="store_true")
    arguments.add_argument("--note", action="append", default=[])
    arguments.add_argument("packages", nargs="*", type=pathlib.Path)
    arguments = arguments.parse_args()
    rows = parts(arguments.rows)
    given = {" ".join(re.match(r"(.+?)-(\d[^-]*)", path.name).groups()) for path in arguments.packages}
    table, lists, left = kept(arguments.out, given, rows) if arguments.keep else ({}, {}, {})
    for path in arguments.packages:
        name, version, found = read(path)
        lines, own, none = [], 0, 0
        for text, file in sorted(found.items(), key=lambda pair: (pair[1], pair[0])):
            row = row_of(text, rows)
            reason = next((reason for reason, pattern in LEFT_OUT if pattern.search(text)), None)
            if row is None and reason:
                left[reason] = left.get(reason, 0) + 1
                continue
            own, none = own + 1, none + (row is None)
            lines.append(f"| {file.rsplit('/', 1)[-1]} | {shown(text)} | {row or '**none**'} |")
        table[f"{name} {version}"] = [own, own - none, len(found) - own]
        if lines:
            lists[f"{name} {version}"] = lines
    total, known = (sum(numbers[at] for numbers in table.values()) for at in (0, 1))
    share = 100 * known // max(total, 1)
    unread = ", ".join(name for name in sorted(FILES) if name not in {line.split()[0] for line in table}) or "none"
    head = [
        "# Which error texts are known",
        "",
        f"Written by `scripts/error-texts.py` on {datetime.date.today()}: of the {total} texts about compatibility that these packages can print, {known} ({share} %) have a row in",
        "`knowledge/errors.toml` or `failures.toml`. Texts are read from the published packages and sources; `*` stands for what is filled in. What counts as about",
        "compatibility, and which files are read, is in the head of the script; texts that pass its filter and are left out are counted below with the reason.",
        f"Packages that the script knows and that were not read: {unread}.",
        *arguments.note,
        "",
        "| package | texts | with a row | left out |",
        "| --- | --- | --- | --- |",
        *(f"| {name} | {own} | {fit} | {out} |" for name, (own, fit, out) in sorted(table.items())),
        "",
        "| left out because | texts |",
        "| --- | --- |",
        *(f"| {reason} | {count} |" for reason, count in sorted(left.items(), key=lambda pair: -pair[1])),
        "",
    ]
    for name, lines in sorted(lists.items()):
        head += [f"## {name}", "", "| file | text | row |", "| --- | --- | --- |", *lines, ""]
    arguments.out.write_text("\n".join(head).rstrip() + "\n")
    print(f"{known} of {total} ({share} %)")


if __name__ == "__main__":
    main()
