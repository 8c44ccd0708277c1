//! Packages and their versions: pip's and conda's lists and messages, requirements, names of wheels, and what people write themselves.

use gpucheck_ground::{Bytes, Signs};

use super::{Group, Kind};
use crate::log::{
    Line,
    found::{Found, Weight},
    words::{behind, find, is_frame, version},
};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "Name:",
        "Version",
        ".whl",
        "installed ",
        "already satisfied: ",
        "torch",
        "xformers",
        "triton",
        "flash-attn",
        "flash_attn",
        "bitsandbytes",
        "vllm",
        "sglang",
        "onnxruntime",
        "ctranslate2",
        "whisper",
        "tensorflow",
        "jaxlib",
        "cupy",
        "numba",
        "deepspeed",
        "sageattention",
        "llama-cpp",
        "cudnn",
        "nccl",
        "nvidia-",
        "tf_nightly",
        // `numpy==1.26.4`: the sign alone is too short for the search.
        "==0.",
        "==1.",
        "==2.",
        "==3.",
        "==4.",
        "==5.",
        "==6.",
        "==7.",
        "==8.",
        "==9.",
        "==10",
        "==11",
        "==12",
        "==13",
        "==14",
        "==15",
        "==16",
        "==17",
        "==18",
        "==19",
        "==20",
        "==21",
        "==22",
        "==23",
        "==24",
        "==25",
        "==26",
        "==27",
        "==28",
        "==29",
    ],
    groups: &[REMOVED, SHOWN, WHEEL, INSTALLED, SATISFIED, NAMED, BUILT_FOR, CUDNN],
    read,
    answers: true,
};

const REMOVED: Group = Group { place: 0, words: &["uninstalled ", "Uninstalling ", "Found existing installation"] };
const SHOWN: Group = Group { place: 1, words: &["Name:", "Version:"] };
const WHEEL: Group = Group { place: 2, words: &[".whl"] };
const INSTALLED: Group = Group { place: 3, words: &["Successfully installed "] };
const SATISFIED: Group = Group { place: 4, words: &["Requirement already satisfied: "] };
/// What `NAMES` have, and NVIDIA's packages.
const NAMED: Group = Group {
    place: 5,
    words: &[
        "torch",
        "xformers",
        "triton",
        "flash-attn",
        "flash_attn",
        "bitsandbytes",
        "vllm",
        "sglang",
        "onnxruntime-gpu",
        "ctranslate2",
        "faster-whisper",
        "tensorflow",
        "jaxlib",
        "cupy",
        "numba",
        "deepspeed",
        "sageattention",
        "llama-cpp-python",
        "nvidia-",
    ],
};
const BUILT_FOR: Group = Group { place: 6, words: &["(you have "] };
const CUDNN: Group = Group { place: 7, words: &["cudnn"] };

/// Names that stand before their version without any sign.
const NAMES: [&str; 24] = [
    "torch",
    "pytorch",
    "torchvision",
    "torchaudio",
    "torchcodec",
    "xformers",
    "triton",
    "pytorch-triton",
    "flash-attn",
    "flash_attn",
    "bitsandbytes",
    "vllm",
    "sglang",
    "onnxruntime-gpu",
    "ctranslate2",
    "faster-whisper",
    "tensorflow",
    "jax",
    "jaxlib",
    "cupy",
    "numba",
    "deepspeed",
    "sageattention",
    "llama-cpp-python",
];

fn read(found: &mut Found, line: Line<'_>) {
    // A path names no version, and what pip removes is not there.
    if is_frame(line.text) || line.has(REMOVED) {
        return;
    }
    listed(found, line);
    pinned(found, line);
    for (group, read) in
        [(SHOWN, shown as fn(&mut Found, Line<'_>)), (WHEEL, wheels), (INSTALLED, installed), (SATISFIED, satisfied)]
    {
        if line.has(group) {
            read(found, line);
        }
    }
    // The shortest name is too short to be found with the others.
    if line.has(NAMED) || find(line.text, "jax").is_some() {
        // What an extension was built for stands before what is there.
        if !line.has(BUILT_FOR) {
            loose(found, line);
        }
        glued(found, line);
    }
    if line.has(CUDNN) {
        cudnn(found, line);
    }
}

/// More rows than any list has.
const MOST_ROWS: u16 = 4000;

/// `numpy  1.26.4`: a row of a list, behind its head. It ends with a line that is none.
fn listed(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    let mut words = text.trim_start_matches(['#', ' ']).split_whitespace();
    if let Some(left) = found.list.take()
        && let Some(name) = words.next()
    {
        // Below the head.
        let ruler = name.chars().all(|c| matches!(c, '-' | '─' | '━'));
        let number = words.next().filter(|word| is_name(name) && version(word) == Some(word));
        if let Some(number) = number {
            found.package(name, number, line.number, Weight::Likely);
        }
        if ruler || number.is_some() {
            found.list = left.checked_sub(1);
            return;
        }
    }
    let mut words = text.trim_start_matches(['#', ' ']).split_whitespace();
    if words.next().is_some_and(|word| ["Package", "Name"].contains(&word)) && words.next() == Some("Version") {
        found.list = Some(MOST_ROWS);
    }
}

/// `cudnn-9.2`, `cuDNN 8.9.7`, `libcudnn9`: cuDNN as a package of the system.
fn cudnn(found: &mut Found, line: Line<'_>) {
    for rest in behind(line.text, "cudnn") {
        let rest = rest.strip_prefix(" version:").or(rest.strip_prefix(" version")).unwrap_or(rest);
        let Some(number) = rest.trim_start_matches(['-', ' ', ':', '=']).split([' ', ',', ')', '-']).next() else {
            continue;
        };
        if version(number) == Some(number) && (number.contains('.') || number.len() == 1) {
            found.package("cudnn", number, line.number, Weight::Loose);
        }
    }
}

/// `torch==2.7.1+cu128`, `[pip3] torch==2.7.1`.
fn pinned(found: &mut Found, line: Line<'_>) {
    for at in memchr::memchr_iter(b'=', line.text.as_bytes()) {
        let (before, after) = line.text.split_at(at);
        if !after.starts_with("==") {
            continue;
        }
        let after = after.trim_start_matches('=');
        // Extras stand between the name and the sign: `jax[cuda12]==0.6.1`.
        let before = before.trim_end();
        let before = match before.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
            Some((name, _)) => name,
            None => before,
        };
        let name = last_word(before);
        if let Some(version) = version(after).filter(|_| is_name(name)) {
            found.package(name, version, line.number, Weight::Likely);
        }
    }
}

/// `Name: torch`, then `Version: 2.7.1`, as `pip show` prints it: on lines of their own, or on one.
fn shown(found: &mut Found, line: Line<'_>) {
    let mut rest = line.text;
    while !rest.is_empty() {
        let (name, version_at) = (find(rest, "Name:"), find(rest, "Version:"));
        match (name, version_at) {
            (Some(at), other) if other.is_none_or(|other| at < other) => {
                rest = rest.get(at + "Name:".len()..).unwrap_or_default().trim_start();
                let word = rest.split_whitespace().next().unwrap_or_default();
                found.named = is_name(word).then(|| (word.to_owned(), line.number));
            }
            (_, Some(at)) => {
                rest = rest.get(at + "Version:".len()..).unwrap_or_default().trim_start();
                if let (Some((name, number)), Some(version)) = (found.named.take(), version(rest))
                    && line.number.saturating_sub(number) <= 2
                {
                    found.package(&name, version, line.number, Weight::Certain);
                }
            }
            _ => break,
        }
    }
}

/// `torch-2.3.1-cp310-cp310-win_amd64.whl`.
fn wheels(found: &mut Found, line: Line<'_>) {
    static SIGNS: Signs = Signs::only(b" /\\'\"()");
    for word in SIGNS.words(line.text).filter(|word| word.ends_with(".whl")) {
        let mut parts = word.trim_end_matches(".whl").split('-');
        let (Some(name), Some(number)) = (parts.next(), parts.next().and_then(version)) else { continue };
        if is_name(name) {
            found.package(name, &number.replace("%2B", "+"), line.number, Weight::Likely);
        }
        if word.ends_with("win_amd64.whl") {
            found.windows(line.number);
        } else if word.ends_with("linux_x86_64.whl") || word.contains("manylinux") {
            found.linux(line.number);
        }
    }
}

/// `Successfully installed torch-2.7.1 torchvision-0.22.1`.
fn installed(found: &mut Found, line: Line<'_>) {
    for rest in behind(line.text, "Successfully installed ") {
        for word in rest.split_whitespace().take(400) {
            let Some((name, number)) = word.rsplit_once('-') else { break };
            match version(number) {
                Some(version) if is_name(name) => found.package(name, version, line.number, Weight::Certain),
                _ => break,
            }
        }
    }
}

/// `Requirement already satisfied: torch>=2.10 in /venv/lib/python3.12/site-packages (from vllm) (2.11.0+cu126)`.
fn satisfied(found: &mut Found, line: Line<'_>) {
    const SIGN: &str = "Requirement already satisfied: ";
    for rest in behind(line.text, SIGN) {
        let one = rest.split(SIGN).next().unwrap_or_default().trim_end();
        let name = one.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).and_then(|end| one.get(..end));
        let last = one.strip_suffix(')').and_then(|one| one.rsplit_once('(')).map(|(_, last)| last);
        if let (Some(name), Some(number)) = (name.filter(|name| is_name(name)), last)
            && version(number) == Some(number)
        {
            found.package(name, number, line.number, Weight::Certain);
        }
    }
}

/// `torch  2.7.1` of a list, `torch 2.6.0` and `vLLM Version : 0.16.0` of a person.
fn loose(found: &mut Found, line: Line<'_>) {
    static BLANKS: Signs = Signs::blanks_and(b"");
    let mut words = BLANKS.words(line.text).peekable();
    let mut before: Option<&str> = None;
    while let Some(word) = words.next() {
        // Nearly every word is none of these: nothing is copied for it.
        if !begins_name(word) {
            before = Some(word);
            continue;
        }
        let plain = without_signs(word);
        let is_nvidia = || {
            let begins = plain.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("nvidia-"));
            begins && !plain.eq_ignore_ascii_case("nvidia-smi") && is_name(plain)
        };
        let is = |name: &&str| name.len() == plain.len() && name.eq_ignore_ascii_case(plain);
        if NAMES.iter().any(is) || is_nvidia() {
            let lower = plain.to_ascii_lowercase();
            // Markdown's stars say nothing.
            let behind = words.peek().copied().unwrap_or_default().trim_matches('*');
            let sign = ["=", ":", "|", "version", "Version", "Version:", "version:"].contains(&behind);
            let number =
                if sign { words.clone().skip(1).find(|word| ![":", "**"].contains(word)) } else { Some(behind) };
            let number = number.map(|number| number.trim_start_matches(['*', '`']));
            let is_version = |number: &&str| {
                version(number).is_some_and(|version| version.contains('.'))
                    && number.bytes().next().is_some_and(|byte| byte.is_ascii_digit() || byte == b'v' || byte == b'\'')
            };
            if let Some(number) = number.filter(is_version).and_then(version) {
                let first = before.is_none();
                let name = if lower == "pytorch" { "torch" } else { lower.as_str() };
                found.package(name, number, line.number, if first { Weight::Likely } else { Weight::Loose });
            }
        }
        before = Some(word);
    }
}

/// `PyTorch:2.7.1`, `torch2.1.0+cu118`, `pytorch=1.3`: a name and its version in one word, as people write it.
fn glued(found: &mut Found, line: Line<'_>) {
    static BETWEEN: Signs = Signs::blanks_and(b",()|`\"'*").or(|c| matches!(c, '，' | '、') || c.is_whitespace());
    let may = |word: &&str| begins_name(word) && word.bytes().any(|byte| byte.is_ascii_digit());
    for word in BETWEEN.words(line.text).filter(may).filter(|word| !word.contains("==") && !word.contains('/')) {
        for name in NAMES {
            let Some((begin, rest)) = word.split_at_checked(name.len()) else { continue };
            let rest = rest.trim_start_matches([':', '：', '=', '-', 'v', 'V']);
            if !begin.eq_ignore_ascii_case(name) || !rest.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || ".+".contains(c))).unwrap_or(rest.len());
            let number = rest.get(..end).and_then(version).filter(|number| number.contains('.'));
            if let Some(number) = number {
                // `+cu11.3` is what pip calls `+cu113`.
                let number = match number.split_once("+cu") {
                    Some((release, cuda)) => format!("{release}+cu{}", cuda.replace('.', "")),
                    None => number.to_owned(),
                };
                let name = if name == "pytorch" { "torch" } else { name };
                found.package(name, &number, line.number, Weight::Loose);
            }
        }
    }
}

/// Whether a word may be one of `NAMES` or NVIDIA's, by its first letter: a sign may stand before that.
fn begins_name(word: &str) -> bool {
    static LETTERS: Bytes = Bytes::of(b"bcdfjlnopstvxBCDFJLNOPSTVX:`'\",(*-");
    word.bytes().next().is_some_and(|first| LETTERS.has(first))
}

/// A word without the signs around it.
fn without_signs(word: &str) -> &str {
    let is_sign = |byte: &u8| b":`'\",(*-".contains(byte);
    let begin = word.bytes().take_while(is_sign).count();
    let end = word.len() - word.bytes().rev().take_while(is_sign).count();
    word.get(begin..end).unwrap_or_default()
}

fn last_word(text: &str) -> &str {
    let end = text.trim_end_matches(['"', '\'']);
    end.rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).next().unwrap_or_default()
}

/// Whether a word can be the name of a distribution.
fn is_name(word: &str) -> bool {
    let first = word.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    first
        && (2..=60).contains(&word.len())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_a_name_is_read() {
        // jax is too short to be searched for, and looked for where the lines are read.
        for name in NAMES.iter().filter(|name| **name != "jax") {
            assert!(NAMED.words.iter().any(|word| name.contains(word)), "{name} has none of the words of NAMED");
        }
    }
}
