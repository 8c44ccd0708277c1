//! Environment variables: set on a line, in a program, or asked for with `echo`.

use super::{Group, Kind};
use crate::log::{Line, found::Found, words::find};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "CUDA_VISIBLE_DEVICES",
        "LD_LIBRARY_PATH",
        "TORCH_CUDA_ARCH_LIST",
        "CUDA_HOME",
        "CUDA_DISABLE_PTX_JIT",
        "TRITON_PTXAS_PATH",
        "BNB_CUDA_VERSION",
        "NVIDIA_VISIBLE_DEVICES",
        "+PTX",
        ":/usr/local/cuda",
        "/usr/local/cuda",
    ],
    groups: &[NAMES],
    read,
    answers: true,
};

const NAMES: Group = Group {
    place: 0,
    words: &[
        "CUDA_VISIBLE_DEVICES",
        "LD_LIBRARY_PATH",
        "TORCH_CUDA_ARCH_LIST",
        "CUDA_DISABLE_PTX_JIT",
        "TRITON_PTXAS_PATH",
        "BNB_CUDA_VERSION",
        "NVIDIA_VISIBLE_DEVICES",
    ],
};

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    let mut named = false;
    for name in NAMES.words.iter().copied().filter(|_| line.has(NAMES)) {
        let Some(at) = find(text, name) else { continue };
        named = true;
        let rest = text.get(at + name.len()..).unwrap_or_default();
        let rest = rest.trim_start_matches(['"', '\'', ']', ')', '}', ' ']);
        if let Some(value) = rest.strip_prefix(['=', ':']) {
            if value.starts_with('=') {
                continue;
            }
            found.variable(name, of(value.trim_start()), line.number);
        } else if text.contains("echo") {
            found.expects = Some((name, line.number));
            // On one line with its answer.
            let value = of(rest.trim_start());
            if !value.is_empty() && value.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'/') {
                found.variable(name, value, line.number);
                found.expects = None;
            }
        }
    }
    if !named
        && let Some((name, number)) = found.expects.take()
        && line.number.saturating_sub(number) <= 1
    {
        found.variable(name, text, line.number);
    }
}

/// A value, without quotes: up to the closing one, or to the end of the word.
fn of(text: &str) -> &str {
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text.get(1..).and_then(|rest| rest.split(quote).next()).unwrap_or_default(),
        _ => text.split([' ', '\t', '"', '\'', '`', ';', '&']).next().unwrap_or_default(),
    }
}
