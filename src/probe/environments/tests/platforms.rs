//! Environments of other systems, below another root, and what the loader finds there.

use std::collections::BTreeSet;

use super::*;
use crate::{
    facts::{Cpu, Os, Platform},
    probe::environments::{layout::Layout, system_libraries},
    system::Root,
};

#[test]
fn an_image_is_read_below_its_root() {
    let mut scene = Scene::new();
    scene.options.root = Some(scene.path("image"));
    scene.write("image/bin/sh", elf(183));
    scene.write("image/usr/bin/python3.11", elf(183));
    scene.link("image/usr/bin/python3", "/usr/bin/python3.11");
    scene.write("image/usr/lib/python3/dist-packages/six-1.16.0.egg-info", "Name: six\nVersion: 1.16.0\n");
    scene.write(
        "image/usr/local/lib/python3.11/dist-packages/torch-2.7.1.dist-info/METADATA",
        "Name: torch\nVersion: 2.7.1\n",
    );
    scene.write("image/usr/local/lib/python3.11/dist-packages/torch-2.7.1.dist-info/RECORD", "torch/lib/x.so,,\n");
    scene.write("image/opt/real.so", elf(183));
    scene.link("image/usr/local/lib/python3.11/dist-packages/torch/lib/x.so", "/opt/real.so");
    scene.write("image/usr/lib/python3.11/os.py", "");
    scene.set("PATH", "/usr/local/bin:/usr/bin");
    let facts = scene.facts();
    let found = &facts.environments[0];
    assert_eq!((found.id.as_str(), found.interpreter.value().unwrap().as_str()), ("/usr", "/usr/bin/python3"));
    assert_eq!(found.platform.value().unwrap().to_string(), "linux-aarch64");
    let names: Vec<_> = found.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, ["six", "torch"]);
    assert!(!format!("{:?}", found.package("torch").unwrap().libraries).contains("cannot be read"));
    // By its name outside, too.
    scene.options.python = vec![scene.path("image/usr/bin/python3")];
    assert_eq!(scene.environments()[0].id, "/usr");
}

#[test]
fn windows_environments_are_known_by_their_folders() {
    let mut scene = Scene::new();
    scene.write("win/pyvenv.cfg", "home = C:\\Python312\nversion = 3.12.4\n");
    scene.write("win/Scripts/python.exe", "");
    scene.write("win/Lib/site-packages/torch-2.7.1.dist-info/METADATA", "Name: torch\nVersion: 2.7.1\n");
    scene.name("win");
    let found = scene.environments().swap_remove(0);
    assert_eq!(found.platform.value().unwrap().os, Os::Windows);
    assert_eq!(found.interpreter.value().unwrap(), "~\\win\\Scripts\\python.exe");
    assert_eq!(found.python.value().unwrap().to_string(), "3.12");
    assert_eq!(found.packages.len(), 1);
    assert!(found.system_libraries.is_empty());
}

#[test]
fn comfyui_portable_has_an_embedded_python() {
    let mut scene = Scene::new();
    scene.write("portable/python_embeded/python.exe", "");
    scene.write("portable/python_embeded/python312._pth", "../ComfyUI\npython312.zip\n.\nimport site\n");
    scene.write(
        "portable/python_embeded/Lib/site-packages/torch-2.7.1.dist-info/METADATA",
        "Name: torch\nVersion: 2.7.1\n",
    );
    fs::create_dir_all(scene.path("portable/ComfyUI")).unwrap();
    scene.surroundings.folder = Some(scene.path("portable/ComfyUI"));
    let found = scene.environments().swap_remove(0);
    assert_eq!(
        (found.id.as_str(), found.found_by.as_str()),
        ("~/portable/python_embeded", "python_embeded in ~/portable")
    );
    assert_eq!(found.python.value().unwrap().to_string(), "3.12");
    assert_eq!(found.packages.len(), 1);
}

#[test]
fn a_target_folder_has_packages_and_no_interpreter() {
    let mut scene = Scene::new();
    scene.write("deps/torch-2.7.1.dist-info/METADATA", "Name: torch\nVersion: 2.7.1\n");
    scene.name("deps");
    let found = scene.environments().swap_remove(0);
    assert_eq!((found.id.as_str(), found.packages.len()), ("~/deps", 1));
    assert!(found.interpreter.is_unknown() && found.python.is_unknown());
}

#[test]
fn the_loader_looks_where_it_is_told() {
    let mut scene = Scene::new();
    scene.write("r/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\ninclude ld.so.conf # itself\n");
    scene.write("r/etc/ld.so.conf.d/a.conf", "# comment\n/opt/lib\n/opt/lib32\n");
    scene.write("r/opt/lib/libinconf.so.1", elf(62));
    scene.write("r/opt/lib32/libwrong.so.1", elf(3));
    scene.write("r/usr/lib/x86_64-linux-gnu/libusual.so.1", elf(62));
    scene.link("r/usr/lib/x86_64-linux-gnu/libdangling.so.1", "/gone");
    scene.write("r/ld/libvar.so.1", elf(62));
    scene.write("r/ld/libinconf.so.1", elf(62));
    scene.set("LD_LIBRARY_PATH", "/ld:/none");
    scene.venv("r/venv");
    let root = Root::new(Some(&scene.path("r")), None).unwrap();
    let layout = Layout::of_prefix(&root, &scene.surroundings, Path::new("/venv"), None).unwrap();
    let names =
        ["libinconf.so.1", "libwrong.so.1", "libusual.so.1", "libdangling.so.1", "libvar.so.1", "/opt/lib/x.so"];
    let platform = Platform { os: Os::Linux, cpu: Cpu::X86_64 };
    let found = system_libraries::locate(&root, &scene.surroundings, &layout, &platform, &BTreeSet::from(names));
    let place = |name: &str| found[name].value().map(String::as_str);
    assert_eq!(place("libvar.so.1"), Some("/ld/libvar.so.1"));
    assert_eq!(place("libinconf.so.1"), Some("/ld/libinconf.so.1"));
    assert_eq!(place("libusual.so.1"), Some("/usr/lib/x86_64-linux-gnu/libusual.so.1"));
    for name in ["libwrong.so.1", "libdangling.so.1", "/opt/lib/x.so"] {
        assert!(found[name].is_absent(), "{name}");
    }
}
