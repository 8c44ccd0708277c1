//! Device nodes of the driver, by their names: none is opened.

use std::path::Path;

use crate::{
    facts::{Fact, Source},
    system::Root,
};

const FOLDER: &str = "/dev";
/// Folders below, and how the nodes of interest in them begin: capabilities of MIG, render nodes of the display side.
const BELOW: [(&str, &str); 2] = [("/dev/nvidia-caps", "nvidia-cap"), ("/dev/dri", "renderD")];
const NAMED: [&str; 5] = ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "dxg"];

/// The nodes, as full paths.
pub fn nodes(root: &Root) -> Fact<Vec<String>> {
    let Ok(names) = root.list(Path::new(FOLDER)) else { return Fact::unknown(format!("{FOLDER} cannot be read")) };
    let names: Vec<_> = names.iter().filter_map(|name| name.to_str()).collect();
    let mut found: Vec<_> = names.iter().filter(|name| is_ours(name)).map(|name| format!("{FOLDER}/{name}")).collect();
    for (folder, start) in BELOW {
        let below = root.names(Path::new(folder)).into_iter().filter(|name| name.starts_with(start));
        found.extend(below.map(|name| format!("{folder}/{name}")));
    }
    // The /dev of an image is not populated, and that says nothing about the machine it will run on.
    if found.is_empty() && !names.contains(&"null") {
        return Fact::unknown(format!("{FOLDER} is not populated"));
    }
    Fact::known(found, Source::file(FOLDER))
}

/// `nvidia0` … and those with a name of their own.
fn is_ours(name: &str) -> bool {
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    NAMED.contains(&name) || name.strip_prefix("nvidia").is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn names_are_enough() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(Some(dir.path()), None).unwrap();
        assert!(nodes(&root).is_unknown());
        fs::create_dir_all(dir.path().join("dev/nvidia-caps")).unwrap();
        fs::create_dir_all(dir.path().join("dev/dri")).unwrap();
        assert!(nodes(&root).is_unknown());
        fs::write(dir.path().join("dev/null"), "").unwrap();
        assert_eq!(nodes(&root).value().map(Vec::len), Some(0));
        let there =
            ["nvidia3", "nvidiactl", "nvidia-uvm", "nvidia", "nvidiax", "nvidia-caps/nvidia-cap1", "dri/card0", "dxg"];
        for name in there.into_iter().chain(["dri/renderD128"]) {
            fs::write(dir.path().join("dev").join(name), "").unwrap();
        }
        let expected = [
            "/dev/dxg",
            "/dev/nvidia-uvm",
            "/dev/nvidia3",
            "/dev/nvidiactl",
            "/dev/nvidia-caps/nvidia-cap1",
            "/dev/dri/renderD128",
        ];
        assert_eq!(nodes(&root).value().unwrap(), &expected);
    }
}
