//! CUDA toolkits: nvcc's version, CMake's, folders, and what programs say of the release that they use.

use super::{Group, Kind};
use crate::log::{
    Line,
    found::Found,
    words::{behind, find, numbers},
};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "compilation tools, release",
        "CUDA compiler identification is NVIDIA",
        "cuda-",
        "CUDA 1",
        "CUDA 8",
        "CUDA 9",
        "CUDA Version",
        "CUDA: 1",
        "CUDA:1",
        "cuda1",
        "cuda9",
        "cuda8",
        "cuda version",
        "NVRTC version",
    ],
    groups: &[COMPILER, FOLDER, RELEASE],
    read,
    answers: false,
};

const COMPILER: Group =
    Group { place: 0, words: &["compilation tools, release", "CUDA compiler identification is NVIDIA"] };
const FOLDER: Group = Group { place: 1, words: &["/cuda-"] };
const RELEASE: Group = Group { place: 2, words: &["NVRTC version loaded", "CUDA "] };

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    for key in COMPILER.words.iter().filter(|_| line.has(COMPILER)) {
        if let Some(release) = behind(text, key).next().and_then(numbers) {
            found.toolkit(release, line.number, true);
        }
    }
    // A folder of the toolkit, and the compiler in it.
    if line.has(FOLDER) {
        for rest in behind(text, "/cuda-") {
            if let Some(release) = numbers(rest).filter(|release| release.contains('.')) {
                let nvcc = rest.get(release.len()..).is_some_and(|rest| rest.starts_with("/bin/nvcc"));
                found.toolkit(release, line.number, nvcc);
            }
        }
    }
    // The head of nvidia-smi's table speaks of the driver.
    if !line.has(RELEASE)
        || find(text, "Driver Version").is_some()
        || find(text, "built with").is_some()
        || find(text, "found version").is_some()
    {
        return;
    }
    // `cuda12.1`, in one word.
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || ".-_/+".contains(c)));
    for word in words.filter(|word| word.get(..4).is_some_and(|begin| begin.eq_ignore_ascii_case("cuda"))) {
        let release = word.get(4..).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())).and_then(numbers);
        if let Some(release) = release.filter(|release| release.contains('.') && word.len() == 4 + release.len()) {
            found.toolkit(release, line.number, false);
        }
    }
    for key in ["CUDA Version", "cuda version", "NVRTC version loaded", "CUDA ", "CUDA:"] {
        for rest in behind(text, key) {
            let release = numbers(rest).filter(|release| release.contains('.') && release.len() <= 9);
            let begins = rest.trim_start_matches([' ', ':', '=', '\t']);
            if let Some(release) = release.filter(|release| begins.starts_with(release)) {
                found.toolkit(release, line.number, false);
            }
        }
    }
}
