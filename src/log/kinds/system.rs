//! The operating system and the processor, from what a log says and from the paths in it.

use super::{Group, Kind};
use crate::log::{
    Line,
    found::{Found, Weight},
    words::{find, is_frame, starts, value},
};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "ubuntu",
        "debian",
        "fedora",
        "centos",
        "arch linux",
        "linux",
        "windows",
        "WinError",
        // A drive alone is too short for the search.
        ":\\Users",
        ":\\Program",
        ":\\Windows",
        ":\\Python",
        "\\site-packages\\",
        "\\AppData\\",
        "\\Scripts\\",
        " C:\\",
        "\"C:\\",
        "'C:\\",
        " D:\\",
        "\"D:\\",
        "'D:\\",
        " E:\\",
        "\"E:\\",
        "'E:\\",
        " F:\\",
        "\"F:\\",
        "'F:\\",
        "\\users\\",
        "\\appdata\\",
        "\\site-packages\\",
        "\\envs\\",
        "\\venv\\",
        "\\python",
        "\\program files",
        ".exe",
        "OS: nt",
        "OS:** nt",
        ".dll",
        ".pyd",
        "/home/",
        "/usr/",
        "/opt/",
        "/root/",
        "/lib/",
        "sudo ",
        "nvrm",
        "/mnt/c/",
        "/usr/lib/wsl",
        "wsl2",
        "microsoft-standard",
        "aarch64",
        "arm64",
        "macos",
        "/users/",
        "macbook",
        "darwin",
        "glibc",
        ".so.",
        ".so:",
        ".pyc",
        "NCCL error",
        "NCCL INFO",
        "NCCL WARN",
        "python_embeded",
    ],
    groups: &[WSL, WINDOWS, LINUX, ARM, MACOS, DISTRIBUTION, HOME],
    read,
    answers: false,
};

const WSL: Group = Group { place: 0, words: &["/mnt/c/", "/usr/lib/wsl", "wsl2", "microsoft-standard-WSL"] };
const WINDOWS: Group = Group {
    place: 1,
    words: &[
        "WinError",
        "win32",
        "Microsoft Windows",
        "win_amd64",
        ".dll",
        ".pyd",
        "Windows 1",
        "OS: nt",
        "OS:** nt",
        // ComfyUI's portable edition is for Windows alone.
        "python_embeded",
    ],
};
const LINUX: Group = Group {
    place: 2,
    words: &[
        "/home/",
        "/usr/",
        "/opt/",
        "/root/",
        "sudo ",
        "NVRM:",
        ".so.",
        ".so:",
        "ubuntu",
        "debian",
        "fedora",
        "apt ",
        "linux",
        // Which is for Linux alone.
        "NCCL error",
        "NCCL INFO",
        "NCCL WARN",
    ],
};
const ARM: Group = Group { place: 3, words: &["aarch64", "arm64"] };
const MACOS: Group = Group { place: 4, words: &["macOS", "Darwin Kernel", "darwin-arm64", "MacBook"] };
const HOME: Group = Group { place: 6, words: &["/Users/"] };
const DISTRIBUTION: Group = Group {
    place: 5,
    words: &["Debian GNU/Linux", "Ubuntu 16.", "Ubuntu 18.", "Ubuntu 20.", "Ubuntu 22.", "Ubuntu 24.", "Ubuntu 26."],
};

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if is_frame(text) {
        return frame(found, line);
    }
    if line.has(WSL) {
        found.wsl(line.number);
    }
    let windows = line.has(WINDOWS) || drive(text);
    let linux = line.has(LINUX);
    if windows && !linux {
        found.windows(line.number);
    } else if linux && !windows {
        found.linux(line.number);
    }
    if line.has(ARM) {
        found.arm(line.number);
    }
    // `C:/Users/` is a folder of Windows.
    let home =
        line.has(HOME) && find(text, "/Users/").is_some_and(|at| !text.get(..at).unwrap_or_default().ends_with(':'));
    if home || line.has(MACOS) {
        found.macos(line.number);
    }
    if starts(text, "OS:")
        && let Some(value) = value(text, "OS:")
    {
        found.distribution(value, line.number, Weight::Certain);
    } else if line.has(DISTRIBUTION)
        && let text = answer(text)
        && let Some(at) = DISTRIBUTION.words.iter().find_map(|word| find(text, word))
    {
        let name = text.get(at..).unwrap_or_default();
        let end = name.find(['"', '\'', '`', '|', '*', ',', ';', '(', ')']).unwrap_or(name.len());
        let name: String = name.chars().take(name.get(..end).map_or(24, |name| name.chars().count().min(24))).collect();
        found.distribution(name.trim_end_matches([' ', '-']), line.number, Weight::Loose);
    }
}

/// `OS Platform and Distribution (e.g., Linux Ubuntu 16.04): Linux Ubuntu 18.04`: what stands behind the example.
fn answer(text: &str) -> &str {
    let example = text.split_once("(e.g.").and_then(|(_, rest)| rest.split_once("):"));
    example.map_or(text, |(_, answer)| answer)
}

/// What the path of a frame tells.
fn frame(found: &mut Found, line: Line<'_>) {
    let path = line.text.get("File \"".len()..).unwrap_or_default();
    if path.starts_with("/mnt/c/") {
        found.wsl(line.number);
    } else if path.starts_with("/Users/") {
        found.macos(line.number);
    } else if path.starts_with('/') {
        found.linux(line.number);
    } else if path.get(1..3) == Some(":\\") {
        found.windows(line.number);
    }
}

/// `C:\`.
fn drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\\', bytes).any(|at| {
        let before = bytes.get(at.saturating_sub(2)..at).unwrap_or_default();
        matches!(before, [letter, b':'] if letter.is_ascii_alphabetic())
    })
}
