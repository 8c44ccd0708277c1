//! `python -m torch.utils.collect_env`, and `vllm collect-env`, which adds to it: keys with values, a line each.

use super::Kind;
use crate::{
    facts::CudaVersion,
    log::{
        Line,
        found::{Found, Weight},
        words::{numbers, value, version},
    },
};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "PyTorch version",
        "used to build PyTorch",
        "Libc version",
        "Python version",
        "Python platform",
        "Nvidia driver version",
        "CUDA runtime version",
    ],
    groups: &[],
    read,
    answers: false,
};

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if let Some(version) = value(text, "PyTorch version:").and_then(version) {
        found.package("torch", version, line.number, Weight::Certain);
    }
    if let Some(value) = value(text, "CUDA used to build PyTorch:") {
        let none = value.starts_with("None") || value.starts_with("N/A") || value.starts_with("Could not");
        let cuda = numbers(value).and_then(|text| text.parse::<CudaVersion>().ok());
        // A build for other GPUs says so in another line.
        if none || cuda.is_some() {
            found.torch_cuda(cuda, line.number);
        }
    }
    if let Some(glibc) = value(text, "Libc version:").and_then(|value| value.strip_prefix("glibc-")).and_then(numbers) {
        found.glibc(glibc, line.number);
    }
    if let Some(python) = value(text, "Python version:").and_then(numbers) {
        found.python(python, line.number, Weight::Certain);
    }
    if let Some(driver) = value(text, "Nvidia driver version:").and_then(numbers) {
        found.driver(driver, line.number, Weight::Certain);
    }
    if let Some(cuda) = value(text, "CUDA runtime version:").and_then(numbers) {
        found.toolkit(cuda, line.number, false);
    }
}
