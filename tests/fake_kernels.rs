//! The fake driver computes our kernels and lets them fail as its scenario says: asked through the C ABI by Python's ctypes, which shares
//! no code with gpucheck.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::process::{Command, Output};

use common::fake::{self, CUDA};

/// Loads an image, runs one kernel of each kind, prints a line of codes and results.
const RUN: &str = r#"
import array, ctypes, struct, sys
cuda, image = ctypes.CDLL(sys.argv[1]), open(sys.argv[2], 'rb').read() + b'\0'
u32, u64, ptr = ctypes.c_uint, ctypes.c_uint64, ctypes.byref
def ok(code):
    if code: print('code', code); sys.exit()
context, module = ctypes.c_size_t(), ctypes.c_size_t()
ok(cuda.cuInit(0)); ok(cuda.cuDevicePrimaryCtxRetain(ptr(context), 0)); ok(cuda.cuCtxSetCurrent(context))
code = cuda.cuModuleLoadData(ptr(module), image)
if code: print('load', code); sys.exit()
def place(numbers, kind='f'):
    data = array.array(kind, numbers).tobytes(); at = u64()
    ok(cuda.cuMemAlloc_v2(ptr(at), ctypes.c_size_t(len(data)))); ok(cuda.cuMemcpyHtoD_v2(at, data, ctypes.c_size_t(len(data))))
    return at
def result(at, count, kind='f'):
    data = ctypes.create_string_buffer(4 * count); ok(cuda.cuMemcpyDtoH_v2(data, at, ctypes.c_size_t(4 * count)))
    return list(struct.unpack(f'{count}{kind}', data.raw))
def launch(name, grid, *values):
    function = ctypes.c_size_t(); code = cuda.cuModuleGetFunction(ptr(function), module, name)
    if code: print(name.decode(), code); sys.exit()
    params = (ctypes.c_void_p * len(values))(*[ctypes.cast(ptr(v), ctypes.c_void_p) for v in values])
    ok(cuda.cuLaunchKernel(function, *grid, 1, 256, 1, 1, 0, None, params, None)); ok(cuda.cuCtxSynchronize())
if sys.argv[3] == 'matmul':
    a, b, c = place([1, 2, 3, 4, 5, 6]), place([1, 0, 0, 1, 1, 1]), place([-1] * 4)
    launch(b'gpucheck_matmul_f32', (1, 1), a, b, c, u32(2), u32(2), u32(3)); print(result(c, 4))
elif sys.argv[3] == 'half':
    a, b, c = place([0x3c00, 0x4000, 0xbc00, 1], 'H'), place([0x3c00] * 4, 'H'), place([-1])
    launch(b'gpucheck_matmul_f16', (1, 1), a, b, c, u32(1), u32(1), u32(4)); print(result(c, 1))
elif sys.argv[3] == 'sum':
    a, c = place(range(1000)), place([-1] * 3)
    launch(b'gpucheck_sum_f32', (3, 1), a, c, u64(1000)); print(sum(result(c, 3)))
elif sys.argv[3] == 'copy':
    a, c = place(range(8), 'I'), place([99] * 8, 'I')
    launch(b'gpucheck_copy', (1, 1), a, c, u64(2)); print(result(c, 8, 'I'))
elif sys.argv[3] == 'beyond':
    a, c = place(range(8), 'I'), place([99] * 4, 'I')
    launch(b'gpucheck_copy', (1, 1), a, c, u64(2)); print('nothing')
elif sys.argv[3] == 'lstm':
    one, cell, out = place([1]), place([0.5]), place([0])
    launch(b'gpucheck_lstm_step', (1, 1), one, one, out, cell, place([0.1, 0.2, 0.3, 0.4]), place([0.4, 0.3, 0.2, 0.1]), place([0] * 4), u32(1), u32(1), u32(1))
    print('%.5f %.5f' % (result(cell, 1)[0], result(out, 1)[0]))
else: launch(sys.argv[3].encode(), (1, 1))
"#;

const DRIVER: &str = r#"
driver_version = "580.95.05"
cuda_version = 13000
"#;
const DEVICE: &str = r#"
[[device]]
name = "NVIDIA GeForce RTX 5090"
cc = [12, 0]
memory = 34190917632
uuid = "f7e1f42e-6125-9931-b9dc-9c59a1813065"
pci = "0000:01:00.0"
pci_device = "2b85"
"#;

/// What one run prints, with these lines in the scenario; `killed` when it did not come back.
fn run(faults: &str, image: &str, what: &str, variables: &[(&str, &str)]) -> String {
    let driver = fake::driver_of(&format!("{DRIVER}{faults}{DEVICE}"));
    let image = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels/built").join(image);
    let mut command = Command::new("timeout");
    let seconds = if faults.contains("hang") { "2" } else { "60" };
    command.args(["--signal=KILL", seconds, "python3", "-c", RUN, CUDA]).arg(image).arg(what);
    let Output { stdout, stderr, status } = driver.apply(command.envs(variables.iter().copied())).output().unwrap();
    let errors = String::from_utf8(stderr).unwrap();
    match status.code() {
        Some(0) => String::from_utf8(stdout).unwrap().trim().to_owned(),
        Some(_) => errors,
        None if errors.is_empty() => "killed".to_owned(),
        None => errors,
    }
}

#[test]
fn the_kernels_are_computed() {
    let general = |what| run("", "general.sm_120.cubin", what, &[]);
    assert_eq!(general("matmul"), "[4.0, 5.0, 10.0, 11.0]");
    assert_eq!(general("sum"), "499500.0");
    assert_eq!(general("copy"), "[0, 1, 2, 3, 4, 5, 6, 7]");
    // Every gate is 0.5: σ(.5)·.5 + σ(.5)·tanh(.5), and σ(.5)·tanh of it.
    assert_eq!(general("lstm"), "0.59888 0.33379");
    assert_eq!(run("", "tensor.sm_120.cubin", "half", &[]), "[2.0]");
    assert_eq!(run("", "general.compute_50.ptx", "matmul", &[]), "[4.0, 5.0, 10.0, 11.0]", "compiled from PTX");
}

#[test]
fn images_and_names_are_refused_as_a_driver_refuses_them() {
    assert_eq!(run("", "general.sm_90.cubin", "matmul", &[]), "load 209");
    assert_eq!(run("", "general.compute_50.ptx", "matmul", &[("CUDA_DISABLE_PTX_JIT", "1")]), "load 223");
    assert_eq!(run("", "tensor.sm_120.cubin", "matmul", &[]), "gpucheck_matmul_f32 500");
    assert_eq!(run("", "general.sm_120.cubin", "nobody", &[]), "nobody 500");
}

#[test]
fn kernels_fail_as_the_scenario_says() {
    let faulty = |faults: &str, what| run(&format!("[launch]\n{faults}\n"), "general.sm_120.cubin", what, &[]);
    assert_eq!(faulty("wrong = ['gpucheck_matmul_f32']", "matmul"), "[4.0, 5.0, 10.0, 14.75]");
    assert_eq!(faulty("silent = ['gpucheck_matmul_f32']", "matmul"), "[-1.0, -1.0, -1.0, -1.0]");
    assert_eq!(faulty("faults = { gpucheck_sum_f32 = 719 }", "sum"), "code 719");
    assert_eq!(faulty("faults = { gpucheck_sum_f32 = 719 }", "matmul"), "[4.0, 5.0, 10.0, 11.0]");
    assert_eq!(faulty("hang = ['gpucheck_copy']", "copy"), "killed");
    assert_eq!(faulty("", "beyond"), "code 700", "memory that it does not have");
    assert!(faulty("hang = ['other']", "copy").contains("no such kernel here: other"));
}
