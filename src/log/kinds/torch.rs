//! What torch says of the GPU and of itself: its warnings about capabilities, its list of architectures, its version at a prompt.

use super::{Group, Kind};
use crate::{
    facts::{CodeTarget, ComputeCapability, Suffix, Target},
    log::{
        Line,
        found::{Found, Weight},
        words::{behind, find, numbers, value, version, words},
    },
};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "cuda capability",
        "compute capability",
        "CUDA capabilities",
        "has capability (",
        "'sm_",
        "supports hardware CC",
        "-arch=",
        "--gpu-",
        "__version__",
        "+cu1",
        "+cu9",
        "+cpu",
        "+rocm",
        "(you have ",
    ],
    groups: &[CAPABILITY, BUILT_FOR, LISTS, CODE, PROMPT],
    read,
    answers: true,
};

const CAPABILITY: Group = Group {
    place: 0,
    words: &[
        "cuda capability",
        "compute capability",
        "among GPUs detected:",
        "has capability (",
        "-arch=",
        "--gpu-architecture=",
        "--gpu-name=",
    ],
};
const BUILT_FOR: Group = Group { place: 1, words: &["(you have "] };
const LISTS: Group = Group { place: 2, words: &["supports CUDA capabilities", "'sm_"] };
const CODE: Group = Group { place: 3, words: &["which supports hardware CC"] };
const PROMPT: Group = Group { place: 4, words: &["torch.__version__"] };

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if line.has(CAPABILITY) {
        capability(found, line);
    }
    if line.has(BUILT_FOR) {
        built_for(found, line);
    }
    if line.has(LISTS) {
        for list in behind(text, "supports CUDA capabilities") {
            found.arch_list(targets(list), line.number, true);
        }
        if let Some(at) = text.find("'sm_") {
            found.arch_list(targets(text.get(at..).unwrap_or_default()), line.number, true);
        }
    }
    if line.has(CODE) {
        code(found, line);
    }
    if line.has(PROMPT) && text.contains("torch.__version__") {
        found.expects_torch = true;
        if let Some(version) = value(text, "torch.__version__").and_then(version) {
            found.package("torch", version, line.number, Weight::Certain);
        }
    } else if found.expects_torch
        && let Some(version) = version(text)
    {
        found.package("torch", version, line.number, Weight::Certain);
        found.expects_torch = false;
    }
}

/// `- 8.6 which supports hardware CC`: one that it was built for.
fn code(found: &mut Found, line: Line<'_>) {
    for rest in line.text.split("- ").skip(1) {
        if let Some((number, behind)) = rest.split_once(' ')
            && behind.starts_with("which supports hardware CC")
            && let Ok(capability) = number.parse::<ComputeCapability>()
        {
            found.arch_list(vec![CodeTarget::sass(Target { capability, suffix: Suffix::Plain })], line.number, false);
        }
    }
}

/// `PyTorch 2.1.2+cu121 with CUDA 1201 (you have 2.1.2+cpu)`: what xformers was built for, and what is installed.
fn built_for(found: &mut Found, line: Line<'_>) {
    let mut before = line.text;
    while let Some((wanted, there)) = before.split_once("(you have ") {
        let last = |name: &str| wanted.rfind(name);
        match version(there) {
            Some(version) if last("PyTorch") > last("Python") => {
                found.package("torch", version, line.number, Weight::Certain);
            }
            Some(version) if last("Python").is_some() => found.python(version, line.number, Weight::Certain),
            _ => {}
        }
        before = there;
    }
}

/// A capability of a GPU, with its name where the same sentence has it.
fn capability(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    for (key, named) in [
        ("with CUDA capability sm_", true),
        ("which is of cuda capability", true),
        ("which is of compute capability (CC)", true),
        (", compute capability ", true),
        ("(compute capability ", true),
        ("among GPUs detected:", false),
        ("your GPU has capability (", false),
        ("Compute Capability:", false),
        ("-arch=compute_", false),
        ("-arch=sm_", false),
        ("--gpu-architecture=sm_", false),
        ("--gpu-architecture=compute_", false),
        ("--gpu-name=sm_", false),
    ] {
        let Some(at) = find(text, key) else { continue };
        let Some(capability) = text.get(at + key.len()..).and_then(number) else { continue };
        // What a compiler builds for may be any GPU: it counts where nothing says which one is there.
        if key.contains("arch") {
            found.compiled_for(capability, line.number);
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let name = if named { super::gpus::last_name(before) } else { None };
        found.gpu(name, Some(capability), line.number);
    }
}

/// `120`, `12.1` or `12, 0)` at the beginning of a text.
fn number(text: &str) -> Option<ComputeCapability> {
    if let Some((major, minor)) = text.split_once(", ")
        && let (Ok(major), Some(Ok(minor))) = (major.parse::<u16>(), numbers(minor).map(str::parse::<u16>))
    {
        return format!("{major}.{minor}").parse().ok();
    }
    let digits = numbers(text)?;
    match digits.contains('.') {
        true => digits.parse().ok(),
        false => digits.parse::<Target>().ok().map(|target| target.capability),
    }
}

/// `sm_50 sm_60 compute_37`: targets up to the first word that is none.
fn targets(text: &str) -> Vec<CodeTarget> {
    let code = |word: &str| {
        let target: Target = word.parse().ok()?;
        match word.starts_with("compute_") {
            true => Some(CodeTarget::ptx(target)),
            false => Some(CodeTarget::sass(target)),
        }
    };
    words(text).take_while(|word| word.starts_with("sm_") || word.starts_with("compute_")).filter_map(code).collect()
}
