//! Containers: images that are named, commands that start them, and prompts inside of them.

use super::{Group, Kind};
use crate::log::{
    Line,
    found::Found,
    words::{behind, numbers},
};

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
    groups: &[DOCKER, PODMAN, KUBERNETES, CUDA],
    read,
    answers: false,
};

const DOCKER: Group = Group {
    place: 0,
    words: &[
        "docker run",
        "docker build",
        "image:",
        "(container)",
        "docker: Error",
        "docker compose",
        "/.dockerenv",
        "nvidia-container-cli",
        // People say it.
        "in a docker",
        "docker container",
        "inside docker",
    ],
};
const PODMAN: Group = Group { place: 1, words: &["podman "] };
const KUBERNETES: Group = Group { place: 2, words: &["kubectl "] };
/// What stands before CUDA's release in the name of an image.
const CUDA: Group = Group { place: 3, words: &["nvidia/cuda:", "-cuda", " cuda", "image: cuda"] };

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    if line.has(DOCKER) || text.starts_with("FROM ") {
        found.container("docker", line.number);
    } else if line.has(PODMAN) {
        found.container("podman", line.number);
    } else if line.has(KUBERNETES) {
        found.container("kubernetes", line.number);
    }
    // What the name of an image says of the toolkit in it: `nvidia/cuda:12.2.2-cudnn8-runtime`, `cuda10.2-cudnn7-devel`.
    for key in CUDA.words.iter().filter(|_| line.has(CUDA)) {
        for rest in behind(text, key) {
            let release = numbers(rest).filter(|release| release.contains('.') && rest.starts_with(release));
            let is_image = || ["-cudnn", "-devel", "-runtime", "-base"].iter().any(|part| rest.contains(part));
            if let Some(release) = release.filter(|_| is_image()) {
                found.toolkit(release, line.number, rest.contains("devel"));
            }
        }
    }
}
