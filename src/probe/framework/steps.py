# What gpucheck runs in an environment's own Python (`--framework`): one step after another, each told before it begins and when it
# has ended, as a line of JSON, so that a step that crashes or hangs loses only itself. Python 3.8 or newer, and torch.
#
# Its one argument is JSON: `device` ("cuda", or "cpu" for tests), and `done`: the steps that an earlier process has told about.

import faulthandler
import importlib.util
import json
import os
import sys
import time
import traceback
import warnings

# Output of libraries must not mix with these lines: it goes to standard error, which is not read.
sys.stdout.flush()
if sys.platform == "linux":
    # A library that may fork must not inherit the files that gpucheck was started with (a socket, a lock).
    for inherited in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else []:
        try:
            if int(inherited) > 2:
                os.close(int(inherited))
        except OSError:
            pass
LINES = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
if sys.platform == "linux":
    # A step that hangs must end when gpucheck is killed, and a crash must not leave a core dump behind.
    import ctypes
    import resource

    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
# Where a crash happened in Python goes between the lines.
faulthandler.enable(file=LINES, all_threads=False)
# With `-c` the current folder is searched first: a torch.py that happens to be there must not be imported.
sys.path[:] = [entry for entry in sys.path if entry]

ORDER = json.loads(sys.argv[1])
DEVICE = ORDER["device"]
LONGEST = 2000


def tell(**line):
    LINES.write(json.dumps(line) + "\n")
    LINES.flush()


class Skip(Exception):
    """A step that has nothing to do here."""


class Wrong(Exception):
    """A result that is too far from the reference."""


def error_of(error):
    frames = traceback.extract_tb(error.__traceback__)
    # The frames of this script say nothing about the environment.
    frames = [frame for frame in frames if frame.filename != "<string>"]
    trace = ["%s:%s in %s" % (frame.filename, frame.lineno, frame.name) for frame in frames[-6:]]
    kind = type(error)
    name = kind.__name__ if kind.__module__ in ("builtins", "__main__") else kind.__module__ + "." + kind.__name__
    return {"class": name, "message": str(error)[:LONGEST], "trace": trace}


def run(name, work):
    """Runs one step, tells how it ended, and gives that back."""
    if name in ORDER["done"]:
        return "done"
    tell(start=name)
    line = {"step": name, "state": "passed"}
    begin = time.perf_counter()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            detail = work()
            if detail:
                line["detail"] = detail
        except Skip as reason:
            line.update(state="skipped", detail=str(reason))
        except Wrong as reason:
            line.update(state="wrong", detail=str(reason))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a library may raise anything, SystemExit too
            line.update(state="failed", error=error_of(error))
    line["micros"] = int((time.perf_counter() - begin) * 1e6)
    line["warnings"] = [str(warning.message)[:LONGEST] for warning in heard[:4]]
    tell(**line)
    return line["state"]


def steps():
    """The steps behind the import of torch, in order."""
    yield "device", device
    yield "matmul-fp32", lambda: matmul(torch.float32)
    yield "matmul-fp16", lambda: matmul(torch.float16)
    yield "matmul-bf16", lambda: matmul(torch.bfloat16)
    yield "conv2d", conv2d
    yield "lstm", lstm
    yield "sdpa", lambda: sdpa(None)
    yield "sdpa-flash", lambda: sdpa("flash")
    yield "sdpa-efficient", lambda: sdpa("mem_efficient")
    yield "sdpa-cudnn", lambda: sdpa("cudnn")
    yield "cuda-graph", cuda_graph
    yield "torchvision", torchvision
    yield "torchaudio", torchaudio
    yield "compile", compiled
    yield "4-bit", four_bit


def main():
    tell(steps=["import"] + [name for name, _ in steps()])
    if run("import", import_torch) == "failed":
        return
    if "torch" not in sys.modules:
        import_torch()
    for name, work in steps():
        state = run(name, work)
        if name == "device" and state not in ("passed", "done"):
            return
        if state in ("failed", "wrong") and is_spoilt():
            # What follows would fail for this step's reason: a new process goes on.
            tell(spoilt=name)
            return
    tell(end=True)


def is_spoilt():
    """Whether an error of an earlier kernel answers every call from now on."""
    try:
        synchronize()
        torch.zeros(1, device=DEVICE)
        synchronize()
        return False
    except Exception:
        return True


def synchronize():
    if DEVICE != "cpu":
        torch.cuda.synchronize()


def import_torch():
    global torch
    import torch


def device():
    version = torch.version
    line = {"version": torch.__version__, "cuda": version.cuda, "hip": getattr(version, "hip", None)}
    cudnn = getattr(torch.backends, "cudnn", None)
    line["cudnn"] = cudnn.version() if cudnn and version.cuda else None
    if DEVICE == "cpu":
        tell(torch=line)
        return None
    line["available"] = torch.cuda.is_available()
    line["devices"] = torch.cuda.device_count()
    tell(torch=line)
    if not version.cuda:
        raise Skip("torch is built without CUDA")
    # The error that a program gets; the two calls above only say no.
    torch.zeros(1, device=DEVICE)
    line["name"] = torch.cuda.get_device_name(0)
    line["capability"] = "%d.%d" % torch.cuda.get_device_capability(0)
    tell(torch=line)
    return None


def random(*shape):
    """Reproducible numbers between -1 and 1 on the processor."""
    generator = torch.Generator().manual_seed(20261126)
    return torch.rand(*shape, generator=generator, dtype=torch.float64) * 2 - 1


def close(name, got, want, allowed):
    """Compares with the reference; `allowed` is how far each element may be away, a number or a tensor."""
    got = got.detach().double().cpu()
    if got.shape != want.shape:
        raise Wrong("%s has the shape %s instead of %s" % (name, tuple(got.shape), tuple(want.shape)))
    if not bool(torch.isfinite(got).all()):
        raise Wrong("%s contains %d non-finite numbers" % (name, int((~torch.isfinite(got)).sum())))
    away = (got - want).abs()
    excess = (away / (allowed if isinstance(allowed, torch.Tensor) else torch.full_like(away, allowed))).max().item()
    if excess > 1:
        wrong = int((away > allowed).sum())
        message = "%d of %d values of %s are wrong: off by up to %.3g, %.3g times the tolerance"
        raise Wrong(message % (wrong, away.numel(), name, away.max().item(), excess))
    return "off by %.1e at most" % away.max().item()


def unit(dtype, tf32):
    """Rounding error of the inputs or the result, whichever is larger."""
    if dtype == torch.float32:
        return 2.0**-10 if tf32 else 2.0**-24
    return 2.0**-10 if dtype == torch.float16 else 2.0**-7


def matmul(dtype):
    size = 256
    a, b = random(size, size).to(dtype), random(size + 1, size)[1:].to(dtype)
    got = a.to(DEVICE) @ b.to(DEVICE)
    synchronize()
    tf32 = torch.backends.cuda.matmul.allow_tf32 or os.environ.get("NVIDIA_TF32_OVERRIDE") == "1"
    spread = a.double().abs() @ b.double().abs()
    # Any order of summation stays below size * unit; sums of halves may be rounded a few times on their way.
    factor = size if dtype == torch.float32 and not tf32 else 4
    return close("the product", got, a.double() @ b.double(), unit(dtype, tf32) * factor * spread)


def conv2d():
    x, w = random(2, 16, 32, 32), random(32, 16, 3, 3)
    want = torch.nn.functional.conv2d(x, w, padding=1)
    spread = torch.nn.functional.conv2d(x.abs(), w.abs(), padding=1)
    got = torch.nn.functional.conv2d(x.float().to(DEVICE), w.float().to(DEVICE), padding=1)
    synchronize()
    # cuDNN computes this in TF32 unless told otherwise.
    return close("the convolution", got, want, unit(torch.float32, True) * 4 * spread)


def lstm():
    torch.manual_seed(20261126)
    want = torch.nn.LSTM(40, 64, num_layers=2, bidirectional=True, batch_first=True).double()
    layer = torch.nn.LSTM(40, 64, num_layers=2, bidirectional=True, batch_first=True)
    layer.load_state_dict(want.state_dict())
    layer = layer.to(DEVICE)
    layer.flatten_parameters()
    x = random(3, 25, 40)
    with torch.no_grad():
        got, expected = layer(x.float().to(DEVICE))[0], want(x)[0]
    synchronize()
    return close("the LSTM's output", got, expected, 1e-2)


def sdpa(backend):
    if DEVICE == "cpu" and backend:
        raise Skip("the CPU has only one kernel")
    function = getattr(torch.nn.functional, "scaled_dot_product_attention", None)
    if function is None:
        raise Skip("this torch has no scaled_dot_product_attention")
    q, k, v = (random(3, 2, 4, 64, 64)[index].half() for index in range(3))
    scores = q.double() @ k.double().transpose(-1, -2) / 8
    want = torch.softmax(scores, dim=-1) @ v.double()
    with chosen(backend):
        got = function(q.to(DEVICE), k.to(DEVICE), v.to(DEVICE))
    synchronize()
    return close("the attention", got, want, 2e-2)


def chosen(backend):
    """Only this kernel of scaled_dot_product_attention; raises Skip where torch would not take it here."""
    import contextlib

    if backend is None:
        return contextlib.nullcontext()
    enabled = getattr(torch.backends.cuda, backend + "_sdp_enabled", None)
    attention = getattr(torch.nn, "attention", None)
    if enabled is None or attention is None:
        raise Skip("this torch cannot select it")
    if not enabled():
        raise Skip("it is disabled")
    params = torch.backends.cuda.SDPAParams
    q = torch.zeros(2, 4, 64, 64, dtype=torch.float16, device=DEVICE)
    can = {
        "flash": "can_use_flash_attention",
        "mem_efficient": "can_use_efficient_attention",
        "cudnn": "can_use_cudnn_attention",
    }[backend]
    can = getattr(torch.backends.cuda, can, None)
    if can is None:
        raise Skip("this torch cannot report whether it is usable")
    try:
        # One more argument since 2.5.
        asked = params(q, q, q, None, 0.0, False, False)
    except TypeError:
        asked = params(q, q, q, None, 0.0, False)
    if not can(asked):
        raise Skip("torch does not use it on this GPU")
    name = {"flash": "FLASH_ATTENTION", "mem_efficient": "EFFICIENT_ATTENTION", "cudnn": "CUDNN_ATTENTION"}[backend]
    return attention.sdpa_kernel([getattr(attention.SDPBackend, name)])


def cuda_graph():
    if DEVICE == "cpu":
        raise Skip("graphs are CUDA only")
    a, b = random(64, 64), random(65, 64)[1:]
    left, right = torch.zeros(64, 64, device=DEVICE), b.float().to(DEVICE)
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        # Libraries make themselves ready at their first call, which must not be captured.
        (left @ right).relu()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = (left @ right).relu()
    left.copy_(a.float())
    graph.replay()
    synchronize()
    return close("the replayed result", result, (a @ b).relu(), unit(torch.float32, True) * 4 * 64)


def torchvision():
    if importlib.util.find_spec("torchvision") is None:
        raise Skip("torchvision is not installed")
    import torchvision

    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0], [20.0, 20.0, 30.0, 30.0]])
    scores = torch.tensor([0.9, 0.8, 0.7])
    kept = torchvision.ops.nms(boxes.to(DEVICE), scores.to(DEVICE), 0.5).cpu().tolist()
    if kept != [0, 2]:
        raise Wrong("nms kept %s instead of [0, 2]" % kept)
    return torchvision.__version__


def torchaudio():
    if importlib.util.find_spec("torchaudio") is None:
        raise Skip("torchaudio is not installed")
    import torchaudio

    return torchaudio.__version__


def compiled():
    if not hasattr(torch, "compile"):
        raise Skip("this torch has no torch.compile")
    if DEVICE == "cpu":
        raise Skip("compiling C++ for the CPU takes a minute")
    if importlib.util.find_spec("triton") is None:
        raise Skip("triton is not installed")
    x = random(1000)
    function = torch.compile(lambda x: torch.sin(x) * 2 + torch.cos(x))
    got = function(x.float().to(DEVICE))
    synchronize()
    return close("the compiled function", got, torch.sin(x) * 2 + torch.cos(x), 1e-4)


def four_bit():
    if importlib.util.find_spec("bitsandbytes") is None:
        raise Skip("bitsandbytes is not installed")
    import bitsandbytes

    functional = bitsandbytes.functional
    x, weight = random(4, 256).half().to(DEVICE), random(65, 256)[1:].half().to(DEVICE)
    packed, state = functional.quantize_4bit(weight, quant_type="nf4")
    got = bitsandbytes.matmul_4bit(x, packed.t(), quant_state=state)
    rough = functional.dequantize_4bit(packed, state)
    synchronize()
    close("the 4-bit weight", rough, weight.double().cpu(), 0.2)
    want, spread = (
        a @ b.t() for a, b in ((x.double().cpu(), rough.double().cpu()), (x.double().cpu().abs(), rough.double().cpu().abs()))
    )
    close("the 4-bit product", got, want, unit(torch.float16, False) * 4 * spread)
    return bitsandbytes.__version__


main()
