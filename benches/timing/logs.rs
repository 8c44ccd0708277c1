//! Logs of the kinds that people have, of any length, the same in every run. Lines differ in their numbers, names and paths, as real ones do.

use std::fmt::Write as _;

/// A kind of log.
pub struct Kind {
    pub name: &'static str,
    /// Adds the lines of this number.
    add: fn(&mut String, &mut Dice),
}

pub const LOGS: &[Kind] = &[
    Kind { name: "training", add: training },
    Kind { name: "traceback", add: traceback },
    Kind { name: "pip", add: pip },
    Kind { name: "frames-and-pip", add: frames_and_pip },
    Kind { name: "nvcc", add: nvcc },
    Kind { name: "docker", add: docker },
    Kind { name: "vllm", add: vllm },
    Kind { name: "dmesg", add: dmesg },
    Kind { name: "json", add: json },
    Kind { name: "all", add: all },
];

impl Kind {
    /// At least so many bytes of it.
    pub fn text(&self, size: usize) -> String {
        let mut out = String::with_capacity(size + 10_000);
        let mut dice = Dice { state: 1, line: 0 };
        while out.len() < size {
            dice.line += 1;
            (self.add)(&mut out, &mut dice);
        }
        out
    }
}

/// Numbers that look as if nobody knew them before.
pub struct Dice {
    state: u64,
    line: u64,
}

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.state;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (value ^ (value >> 31)) % end
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len() as u64) as usize]
    }

    /// `12:03:59`, later with every line.
    fn clock(&self) -> String {
        let seconds = self.line / 7;
        format!("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    }
}

fn training(out: &mut String, dice: &mut Dice) {
    let (step, loss, speed) = (dice.line, dice.below(100_000), 100 + dice.below(400));
    let _ = match dice.below(10) {
        0 => writeln!(
            out,
            "Epoch {}:  {}%|████████▌ | {step}/98000 [1:12:04<43:11,  {}.{speed}it/s, loss=2.{loss:05}]\r",
            step / 98000,
            step % 100,
            dice.below(9)
        ),
        1 => writeln!(
            out,
            "2026-11-30 {},{:03} - trainer - INFO - saved checkpoint-{step} to output/run{}/checkpoint-{step} in {speed} ms",
            dice.clock(),
            dice.below(1000),
            dice.below(20)
        ),
        _ => writeln!(
            out,
            "{{'loss': 2.{loss:05}, 'grad_norm': 0.{speed}, 'learning_rate': 1.{loss:05}e-05, 'epoch': {}.{}, 'step': {step}}}",
            step / 98000,
            dice.below(100)
        ),
    };
}

const MODULES: [&str; 8] = [
    "torch/nn/modules/module",
    "torch/utils/data/dataloader",
    "torch/_dynamo/eval_frame",
    "transformers/trainer",
    "transformers/models/llama/modeling_llama",
    "accelerate/utils/operations",
    "torch/autograd/function",
    "peft/peft_model",
];
const CALLS: [&str; 6] = [
    "return self._call_impl(*args, **kwargs)",
    "outputs = self.model(input_ids=input_ids, attention_mask=attention_mask)",
    "return forward_call(*args, **kwargs)",
    "hidden_states, self_attn_weights = self.self_attn(hidden_states)",
    "loss = self.compute_loss(model, inputs, num_items_in_batch=num_items_in_batch)",
    "data = fetcher.fetch(index)",
];

fn traceback(out: &mut String, dice: &mut Dice) {
    if dice.line % 12 == 1 {
        let _ = writeln!(out, "[rank{}]: Traceback (most recent call last):", dice.below(8));
    }
    let (rank, line, call) = (dice.below(8), dice.below(3000), dice.below(400));
    let (module, text) = (dice.one(&MODULES), dice.one(&CALLS));
    let _ = write!(
        out,
        "[rank{rank}]:   File \"/opt/conda/envs/train/lib/python3.11/site-packages/{module}.py\", line {line}, in forward_{call}\n\
         [rank{rank}]:     {text}\n"
    );
    if dice.line.is_multiple_of(12) {
        let _ = writeln!(out, "[rank{rank}]: ValueError: batch {line} of shard {call} is empty");
    }
}

const PACKAGES: [&str; 12] = [
    "numpy",
    "torch",
    "triton",
    "nvidia-cublas-cu12",
    "nvidia-cudnn-cu12",
    "transformers",
    "sympy",
    "jinja2",
    "fsspec",
    "xformers",
    "typing-extensions",
    "huggingface-hub",
];

fn pip(out: &mut String, dice: &mut Dice) {
    let (name, other) = (dice.one(&PACKAGES), dice.one(&PACKAGES));
    let (major, minor, patch, size) = (dice.below(12), dice.below(40), dice.below(20), dice.below(1000));
    let version = format!("{major}.{minor}.{patch}");
    let file = name.replace('-', "_");
    let _ = match dice.below(6) {
        0 => writeln!(
            out,
            "Collecting {name}>={version} (from {other}=={minor}.{patch}->-r requirements.txt (line {size}))"
        ),
        1 => writeln!(out, "  Downloading {file}-{version}-cp312-cp312-manylinux_2_28_x86_64.whl ({size}.1 MB)"),
        2 => writeln!(
            out,
            "     ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━ {size}.1/{size}.1 MB {minor}.{patch} MB/s eta 0:00:{patch:02}"
        ),
        3 => writeln!(
            out,
            "Requirement already satisfied: {name}<{major}.{size},>={version} in ./venv/lib/python3.12/site-packages (from {other}) ({version})"
        ),
        4 => writeln!(out, "  Using cached {file}-{version}-py3-none-any.whl.metadata ({minor}.{patch} kB)"),
        _ => writeln!(
            out,
            "Installing collected packages: {name}, {other}, wheel-{size}\nSuccessfully installed {name}-{version} {other}-{minor}.{patch}.{major}"
        ),
    };
}

/// Every second line a frame of a traceback or a line of pip, the others plain ones.
fn frames_and_pip(out: &mut String, dice: &mut Dice) {
    training(out, dice);
    match dice.below(2) {
        0 => traceback(out, dice),
        _ => pip(out, dice),
    }
}

fn nvcc(out: &mut String, dice: &mut Dice) {
    let (step, number, head) = (dice.line % 900, dice.below(400), dice.one(&["hdim64", "hdim128", "hdim256"]));
    let (kind, kernel) = (dice.one(&["fwd", "bwd", "fwd_split"]), dice.one(&["flash", "rms_norm", "moe", "gemm"]));
    let _ = match dice.below(5) {
        0 => writeln!(
            out,
            "ptxas info    : Compiling entry function '_ZN5{kernel}{number}{kind}_{head}_kernelIfLi{number}EEvPKT_S2_PS0_i' for 'sm_90'\n\
             ptxas info    : Function properties for _ZN5{kernel}{number}{kind}_{head}_kernelIfLi{number}EEvPKT_S2_PS0_i\n    \
             {number} bytes stack frame, {step} bytes spill stores, {step} bytes spill loads\n\
             ptxas info    : Used {number} registers, used 1 barriers, {step} bytes cmem[0]"
        ),
        1 => writeln!(
            out,
            "/src/{kernel}/csrc/{kind}_{head}.cu({number}): warning #177-D: variable \"{kind}_{step}\" was declared but never referenced\n      \
             const int {kind}_{step} = blockIdx.x * {number};\n                ^\n"
        ),
        2 => writeln!(
            out,
            "-- Build files of {kernel}_{kind}_{number} have been written to: /src/{kernel}/build/temp.linux-x86_64-cpython-312"
        ),
        _ => writeln!(
            out,
            "[{step}/900] /usr/local/cuda-12.8/bin/nvcc --generate-dependencies-with-compile --dependency-output \
             /src/{kernel}/build/temp.linux-x86_64-cpython-312/csrc/{kind}_{head}_{number}.o.d -I/src/{kernel}/csrc \
             -I/src/{kernel}/csrc/cutlass/include -I/opt/venv/lib/python3.12/site-packages/torch/include \
             -I/opt/venv/lib/python3.12/site-packages/torch/include/torch/csrc/api/include -I/usr/local/cuda-12.8/include \
             -I/usr/include/python3.12 -c -c /src/{kernel}/csrc/{kind}_{head}_{number}.cu -o \
             /src/{kernel}/build/temp.linux-x86_64-cpython-312/csrc/{kind}_{head}_{number}.o -D__CUDA_NO_HALF_OPERATORS__ \
             -D__CUDA_NO_HALF_CONVERSIONS__ --expt-relaxed-constexpr --compiler-options ''\"'\"'-fPIC'\"'\"'' -O3 -std=c++17 \
             -gencode arch=compute_90,code=sm_90 -gencode arch=compute_120,code=sm_120 --threads 4 -DTORCH_EXTENSION_NAME={kernel}_cuda"
        ),
    };
}

fn docker(out: &mut String, dice: &mut Dice) {
    let (step, seconds, part) = (6 + dice.line / 4000 % 30, dice.line % 9000, dice.below(100));
    let (size, digest) = (dice.below(4000), dice.below(u64::MAX));
    let package =
        dice.one(&["libcudnn9-cuda-12", "gcc-13", "libgomp1", "python3.12-dev", "cuda-nvcc-12-8", "libssl3t64"]);
    let _ = match dice.below(6) {
        0 | 1 => writeln!(
            out,
            "#{step} sha256:{digest:016x}{digest:016x} {part}.{part:02}MB / {size}.{part:02}MB {seconds}.{}s",
            part % 10
        ),
        2 => writeln!(
            out,
            "#{step} {seconds}.{part:02} Get:{part} https://example.com/ubuntu noble/main amd64 {package} amd64 {size}.{part}-0ubuntu1 [{size} kB]"
        ),
        3 => writeln!(out, "#{step} {seconds}.{part:02} Unpacking {package}:amd64 ({size}.{part}-0ubuntu1) ..."),
        4 => writeln!(out, "#{step} {seconds}.{part:02} Setting up {package}:amd64 ({size}.{part}-0ubuntu1) ..."),
        _ => writeln!(
            out,
            "#{step} [build {part}/40] RUN pip install --no-cache-dir -r requirements-{size}.txt\n#{step} CACHED"
        ),
    };
}

fn vllm(out: &mut String, dice: &mut Dice) {
    let (pid, number, rate) = (400 + dice.below(9), dice.below(1000), dice.below(100));
    let _ = match dice.below(5) {
        0 => writeln!(
            out,
            "(APIServer pid=1) INFO 11-30 {} [loggers.py:127] Engine 000: Avg prompt throughput: {number}.{} tokens/s, Avg generation throughput: \
             {number}.1 tokens/s, Running: {rate} reqs, Waiting: {} reqs, GPU KV cache usage: {rate}.7%, Prefix cache hit rate: {rate}.2%",
            dice.clock(),
            rate % 10,
            number % 9
        ),
        1 => writeln!(
            out,
            "(EngineCore_DP0 pid={pid}) INFO 11-30 {} [gpu_model_runner.py:{number}] Graph capturing finished in {rate} secs, took {rate}.05 GiB",
            dice.clock()
        ),
        2 => writeln!(
            out,
            "(Worker_TP{} pid={pid}) INFO 11-30 {} [cuda.py:{number}] Using Flash Attention backend on V1 engine for layer {rate}",
            rate % 8,
            dice.clock()
        ),
        _ => writeln!(
            out,
            "(APIServer pid=1) INFO:     10.0.{rate}.7:{number} - \"POST /v1/chat/completions HTTP/1.1\" 200 OK"
        ),
    };
}

fn dmesg(out: &mut String, dice: &mut Dice) {
    let (time, number, small) = (dice.line, dice.below(1_000_000), dice.below(16));
    let _ = match dice.below(6) {
        0 => writeln!(
            out,
            "[{time:6}.{number:06}] pci 0000:{small:02x}:00.0: [10de:2b85] type 00 class 0x030000 PCIe Legacy Endpoint"
        ),
        1 => writeln!(
            out,
            "[{time:6}.{number:06}] NVRM: GPU at PCI:0000:{small:02x}:00: GPU-{number:08x}-0000-1111-2222-{number:012x}"
        ),
        2 => writeln!(
            out,
            "[{time:6}.{number:06}] usb {small}-1: new high-speed USB device number {small} using xhci_hcd"
        ),
        3 => writeln!(
            out,
            "[{time:6}.{number:06}] audit: type=1400 audit(1700000000.{number}): apparmor=\"STATUS\" operation=\"profile_load\" profile=\"unconfined\" name=\"snap.{small}\" pid={number}"
        ),
        4 => writeln!(
            out,
            "[{time:6}.{number:06}] nvidia 0000:{small:02x}:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=none:owns=none"
        ),
        _ => writeln!(
            out,
            "[{time:6}.{number:06}] veth{number:x}: entered promiscuous mode\n[{time:6}.{number:06}] br-{number:x}: port {small}(veth{number:x}) entered forwarding state"
        ),
    };
}

fn json(out: &mut String, dice: &mut Dice) {
    let (number, small, trace) = (dice.below(100_000), dice.below(64), dice.below(u64::MAX));
    let message = dice.one(&[
        "request finished",
        "scheduled batch on NVIDIA H100 80GB HBM3",
        "kv cache evicted",
        "loaded /usr/lib/x86_64-linux-gnu/libcuda.so.1",
        "healthz ok",
        "retry after connection reset by peer",
    ]);
    let _ = writeln!(
        out,
        "{{\"ts\":\"2026-11-30T{}.{small:03}Z\",\"level\":\"info\",\"logger\":\"serve.worker\",\"msg\":\"{message}\",\"trace_id\":\"{trace:016x}\",\
         \"pod\":\"inference-{small}\",\"latency_ms\":{number},\"tokens\":{small},\"path\":\"\\/v1\\/completions\"}}",
        dice.clock()
    );
}

/// All of them, some lines of each.
fn all(out: &mut String, dice: &mut Dice) {
    let kind = (dice.line / 50) as usize % (LOGS.len() - 1);
    (LOGS[kind].add)(out, dice);
}
