//! What is broken, missing, hostile: the rest is still read.

use super::*;

fn only(scene: &Scene) -> Environment {
    let mut environments = scene.environments();
    assert_eq!(environments.len(), 1);
    environments.swap_remove(0)
}

const SITE: &str = ".venv/lib/python3.11/site-packages";

#[test]
fn metadata_that_is_no_text() {
    let scene = Scene::new();
    scene.venv(".venv");
    scene.write(
        &format!("{SITE}/a-1.dist-info/METADATA"),
        b"Name: a\nVersion: 1\nAuthor: \xff\xfe\nRequires-Dist: torch\n",
    );
    scene.write(&format!("{SITE}/b-2.0.dist-info/METADATA"), b"\0\xff\xff");
    scene.write(&format!("{SITE}/c-3.0.dist-info/RECORD"), b"\xff.so,,\n");
    fs::create_dir_all(scene.path(&format!("{SITE}/nameless.dist-info/METADATA"))).unwrap();
    scene.write(&format!("{SITE}/.dist-info/METADATA"), "");
    let found = only(&scene);
    let names: Vec<_> = found
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.version.value().map(String::as_str)))
        .collect();
    assert_eq!(names, [("a", Some("1")), ("b", Some("2.0")), ("c", Some("3.0")), ("nameless", None)]);
    assert_eq!(found.package("a").unwrap().requires, ["torch"]);
}

#[test]
fn without_record_the_folder_is_walked() {
    let scene = Scene::new();
    scene.venv(".venv");
    scene.write(&format!("{SITE}/triton-3.0.dist-info/METADATA"), "Name: triton\nVersion: 3.0\n");
    scene.write(&format!("{SITE}/triton/_C/libtriton.so"), elf(62));
    scene.link(&format!("{SITE}/triton/_C/loop"), "..");
    let found = only(&scene);
    assert_eq!(found.packages[0].libraries.len(), 1);
    assert_eq!(found.packages[0].libraries[0].path, "triton/_C/libtriton.so");
}

#[test]
fn files_that_cannot_be_read_do_not_stop_the_others() {
    let scene = Scene::new();
    scene.venv(".venv");
    scene.install(
        ".venv",
        "torch",
        "2.7.1",
        &["torch/lib/a.so", "torch/lib/b.so", "torch/lib/c.so", "torch/lib/d.so", "torch/lib/e.so"],
    );
    let at = |name: &str| scene.path(&format!("{SITE}/torch/lib/{name}"));
    for name in ["a.so", "b.so", "d.so"] {
        fs::remove_file(at(name)).unwrap();
    }
    symlink("/gone", at("a.so")).unwrap();
    symlink("b.so", at("b.so")).unwrap();
    fs::write(at("c.so"), b"\x7fELF").unwrap();
    fs::write(at("d.so"), "INPUT(libd.so.1)").unwrap();
    let found = only(&scene);
    let libraries = &found.packages[0].libraries;
    let paths: Vec<_> = libraries.iter().map(|library| library.path.as_str()).collect();
    assert_eq!(
        paths,
        ["torch/lib/a.so", "torch/lib/b.so", "torch/lib/c.so", "torch/lib/e.so"],
        "a linker script is no library"
    );
    let why = |index: usize| format!("{:?}", libraries[index].code);
    for index in 0..3 {
        assert!(why(index).contains("cannot be read: "), "{}", why(index));
    }
}

#[test]
fn a_venv_whose_base_is_gone() {
    let scene = Scene::new();
    scene.venv(".venv");
    fs::remove_file(scene.path(".venv/bin/python")).unwrap();
    scene.link(".venv/bin/python", "/gone/bin/python3.11");
    scene.write(".venv/pyvenv.cfg", "home = /gone/bin\ninclude-system-site-packages = true\n");
    let found = only(&scene);
    assert!(found.interpreter.is_unknown());
    assert_eq!(found.python.value().unwrap().to_string(), "3.11");
    fs::remove_dir_all(scene.path(".venv/lib")).unwrap();
    assert!(only(&scene).python.is_unknown());
}

#[test]
fn folders_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    scene.venv(".venv");
    scene.install(".venv", "torch", "2.7.1", &["torch/lib/a.so"]);
    let closed = scene.path(SITE);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let found = only(&scene);
    // Root may read everything.
    let refused = fs::read_dir(&closed).is_err();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(found.packages.is_empty(), refused);
}

#[test]
fn links_in_circles() {
    let mut scene = Scene::new();
    scene.link(".venv", ".venv");
    scene.link("venv/pyvenv.cfg", "pyvenv.cfg");
    scene.link("bin/python3", "python3");
    let path = scene.path("bin");
    scene.set("PATH", path);
    assert!(scene.environments().is_empty());
    scene.name(".venv");
    assert!(scene.error().contains("~/.venv"));
}

#[test]
fn a_shim_of_another_manager_is_no_prefix() {
    let mut scene = Scene::new();
    scene.write("usr/bin/mise", elf(62));
    scene.link("shims-of-mise/python3", "../usr/bin/mise");
    let path = scene.path("shims-of-mise");
    scene.set("PATH", path);
    assert!(scene.environments().is_empty());
}
