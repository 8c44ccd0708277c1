//! Containers: images that are named, commands that start them, and prompts inside of them.

use super::Kind;
use crate::log::{Line, found::Found, words::has};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "docker",
        "image:",
        "FROM ",
        "podman",
        "kubectl",
        "container",
        "/.dockerenv",
        "compose",
        "containerd",
        "cuda1",
    ],
    read,
    answers: false,
};

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    let image = [
        "docker run",
        "docker build",
        "image:",
        "(container)",
        "docker: Error",
        "docker compose",
        "/.dockerenv",
        "nvidia-container-cli",
    ];
    if image.iter().any(|word| has(text, word)) || text.starts_with("FROM ") {
        found.container("docker", line.number);
    } else if has(text, "podman ") {
        found.container("podman", line.number);
    } else if has(text, "kubectl ") {
        found.container("kubernetes", line.number);
    }
    // What the name of an image says of the toolkit in it: `nvidia/cuda:12.2.2-cudnn8-runtime`, `cuda10.2-cudnn7-devel`.
    for key in ["nvidia/cuda:", "-cuda", " cuda", "image: cuda"] {
        for rest in crate::log::words::behind(text, key) {
            let release =
                crate::log::words::numbers(rest).filter(|release| release.contains('.') && rest.starts_with(release));
            let image = rest.contains("-cudnn")
                || rest.contains("-devel")
                || rest.contains("-runtime")
                || rest.contains("-base");
            if let Some(release) = release.filter(|_| image) {
                found.toolkit(release, line.number, rest.contains("devel"));
            }
        }
    }
}
