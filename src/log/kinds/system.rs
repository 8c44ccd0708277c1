//! The operating system and the processor, from what a log says and from the paths in it.

use super::Kind;
use crate::log::{
    Line,
    found::{Found, Weight},
    words::{find, has, is_frame, value},
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
    ],
    read,
    answers: false,
};

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if is_frame(text) {
        return frame(found, line);
    }
    if ["/mnt/c/", "/usr/lib/wsl", "wsl2", "microsoft-standard-WSL"].iter().any(|word| has(text, word)) {
        found.wsl(line.number);
    }
    let windows =
        ["WinError", "win32", "Microsoft Windows", "win_amd64", ".dll", ".pyd", "Windows 1", "OS: nt", "OS:** nt"]
            .iter()
            .any(|word| has(text, word))
            || drive(text);
    let linux = [
        "/home/",
        "/usr/",
        "/opt/",
        "/root/",
        "sudo ",
        "NVRM:",
        ".so.",
        ".so:",
        "linux_x86_64",
        "linux-gnu",
        "ubuntu",
        "debian",
        "fedora",
        "apt ",
        "linux",
    ]
    .iter()
    .any(|word| has(text, word));
    if windows && !linux {
        found.windows(line.number);
    } else if linux && !windows {
        found.linux(line.number);
    }
    if has(text, "aarch64") || has(text, "arm64") {
        found.arm(line.number);
    }
    // `C:/Users/` is a folder of Windows.
    let home = find(text, "/Users/").is_some_and(|at| !text.get(..at).unwrap_or_default().ends_with(':'));
    if home || ["macOS", "Darwin Kernel", "darwin-arm64", "MacBook"].iter().any(|word| has(text, word)) {
        found.macos(line.number);
    }
    if let Some(value) = value(text, "OS:").filter(|_| find(text, "OS:") == Some(0)) {
        found.distribution(value, line.number, Weight::Certain);
    } else if let Some(at) =
        ["Debian GNU/Linux", "Ubuntu 16.", "Ubuntu 18.", "Ubuntu 20.", "Ubuntu 22.", "Ubuntu 24.", "Ubuntu 26."]
            .iter()
            .find_map(|word| find(text, word))
    {
        let name = text.get(at..).unwrap_or_default();
        let end = name.find(['"', '\'', '`', '|', '*', ',', ';']).unwrap_or(name.len());
        let name: String = name.chars().take(name.get(..end).map_or(24, |name| name.chars().count().min(24))).collect();
        found.distribution(name.trim_end_matches([' ', '-']), line.number, Weight::Loose);
    }
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
    text.as_bytes()
        .windows(3)
        .any(|three| three.first().is_some_and(u8::is_ascii_alphabetic) && three.ends_with(b":\\"))
}
