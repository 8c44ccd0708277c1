//! Which folders belong to a package without a RECORD: that of its name, and for NVIDIA's libraries the one below `nvidia` that
//! is named after the library (`nvidia/cublas`), or since CUDA 13 the one that all of them share (`nvidia/cu13`).

use std::path::Path;

use crate::system::Root;

/// Libraries whose files are not named like their package.
const OTHER_NAMES: [(&str, &str); 4] =
    [("cuda_runtime", "cudart"), ("cuda_nvrtc", "nvrtc"), ("cuda_cupti", "cupti"), ("nvtx", "nvtoolsext")];

/// Libraries that have had their folder beside `nvidia`, and not in it.
pub const BESIDE: [&str; 1] = ["cusparselt"];

/// A folder to search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Relative to the folder of packages.
    pub path: String,
    /// A part of the names of files that belong to the package, in lower case; `None` if all files do.
    pub part: Option<String>,
}

/// The folders of the package `name` in `site`, whether they exist or not.
pub fn of_package(root: &Root, site: &Path, name: &str) -> Vec<Folder> {
    let whole = |path: String| Folder { path, part: None };
    let module = name.replace('-', "_");
    let mut found = vec![whole(format!("{module}.libs")), whole(module)];
    let Some(component) = component(name) else { return found };
    if BESIDE.contains(&component.as_str()) && root.is_dir(&site.join(&component)) {
        found.push(whole(component));
        return found;
    }
    let nvidia = site.join("nvidia");
    if root.is_dir(&nvidia.join(&component)) {
        found.push(whole(format!("nvidia/{component}")));
        return found;
    }
    let other = OTHER_NAMES.iter().find(|(package, _)| *package == component);
    let part = other.map_or_else(|| component.replace('_', ""), |(_, part)| (*part).to_owned());
    let shared = root.names(&nvidia).into_iter().filter(|folder| is_release(folder));
    found.extend(shared.map(|folder| Folder { path: format!("nvidia/{folder}"), part: Some(part.clone()) }));
    found
}

/// `nvidia-cuda-runtime-cu12` is `cuda_runtime`.
fn component(name: &str) -> Option<String> {
    let name = name.strip_prefix("nvidia-")?;
    let bare = name.rsplit_once('-').filter(|(_, end)| is_release(end)).map_or(name, |(bare, _)| bare);
    Some(bare.replace('-', "_"))
}

/// `cu13`.
fn is_release(text: &str) -> bool {
    text.strip_prefix("cu").is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_named_without_their_release() {
        for (name, wanted) in [
            ("nvidia-cuda-runtime-cu12", Some("cuda_runtime")),
            ("nvidia-cublas", Some("cublas")),
            ("nvidia-cufile-cu", Some("cufile_cu")),
            ("torch", None),
        ] {
            assert_eq!(component(name).as_deref(), wanted, "{name}");
        }
    }
}
