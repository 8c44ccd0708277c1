//! Pythons as they lie on Windows, by their files, which any system can have.

use super::*;
use crate::system::RegisteredPython;

impl Scene {
    /// An installed Python 3.12 with torch, as python.org's installer lays it out.
    fn windows_python(&self, path: &str, torch: &str) -> PathBuf {
        self.write(&format!("{path}/python312.dll"), "");
        let metadata = format!("Name: torch\nVersion: {torch}\n");
        self.write(&format!("{path}/Lib/site-packages/torch-{torch}.dist-info/METADATA"), metadata);
        self.write(&format!("{path}/python.exe"), "MZ")
    }

    fn register(&mut self, company: &str, tag: &str, folder: &str) {
        let (company, tag, folder) = (company.to_owned(), tag.to_owned(), Some(self.path(folder)));
        self.surroundings.registered.push(RegisteredPython { company, tag, folder, executable: None });
    }

    /// A Python of the Store, and the alias of its own.
    fn store(&mut self, version: &str) -> String {
        let package = format!("PythonSoftwareFoundation.Python.{version}_qbz5n2kfra8p0");
        self.write(&format!("Local/Microsoft/WindowsApps/{package}/python.exe"), "");
        let local = self.path("Local");
        self.set("LOCALAPPDATA", local);
        package
    }
}

#[test]
fn pythons_of_the_registry_come_last() {
    let mut scene = Scene::new();
    scene.windows_python("Programs/Python312", "2.7.1");
    scene.register("PythonCore", "3.12", "Programs/Python312");
    scene.register("PythonCore", "3.9", "Programs/gone");
    assert_eq!(scene.found(), pairs([("~/Programs/Python312", "the registry (PythonCore 3.12)")]));
    let found = scene.environments().swap_remove(0);
    assert_eq!((found.python.value().unwrap().to_string().as_str(), found.active), ("3.12", false));
    assert_eq!(found.interpreter.value().unwrap(), "~\\Programs\\Python312\\python.exe");
    scene.venv(".venv");
    let expected = [("~/.venv", ".venv in ~"), ("~/Programs/Python312", "the registry (PythonCore 3.12)")];
    assert_eq!(scene.found(), pairs(expected));
    scene.options.root = Some(scene.path("Programs"));
    assert_eq!(scene.found(), pairs([]), "another root has another registry");
}

#[test]
fn what_py_is_told_to_start_comes_first_of_them() {
    let mut scene = Scene::new();
    for release in ["3.13", "3.12"] {
        scene.windows_python(release, "2.7.1");
        scene.register("PythonCore", release, release);
    }
    assert_eq!(scene.found()[0].0, "~/3.13");
    scene.set("PY_PYTHON", "3.12");
    assert_eq!(scene.found()[0].0, "~/3.12");
}

#[test]
fn an_alias_of_the_store_is_no_interpreter() {
    let mut scene = Scene::new();
    let alias = scene.write("Local/Microsoft/WindowsApps/python3", "");
    fs::set_permissions(&alias, fs::Permissions::from_mode(0o755)).unwrap();
    let python = scene.python("py");
    scene.install("py", "pip", "25.0", &[]);
    scene.set("PATH", format!("{}:{}", alias.parent().unwrap().display(), python.join("bin").display()));
    assert_eq!(scene.found(), pairs([("~/py", "python3 on PATH")]));
    assert!(!scene.environments()[0].active, "a plain python3 opens the Store");
    scene.options.python = vec![alias];
    assert!(scene.error().contains("not a Python environment"), "{}", scene.error());
}

#[test]
fn pythons_of_the_store_have_their_packages_elsewhere() {
    let mut scene = Scene::new();
    scene.store("3.9");
    let package = scene.store("3.12");
    scene.write("Local/Microsoft/WindowsApps/PythonSoftwareFoundation.PythonManager_qbz5n2kfra8p0/python.exe", "");
    let site = format!("Local/Packages/{package}/LocalCache/local-packages/Python312/site-packages");
    scene.write(&format!("{site}/torch-2.7.1.dist-info/METADATA"), "Name: torch\nVersion: 2.7.1\n");
    let found = scene.environments();
    let seen: Vec<_> = found.iter().map(|one| (one.python.value().unwrap().to_string(), one.packages.len())).collect();
    assert_eq!(seen, [("3.12".to_owned(), 1), ("3.9".to_owned(), 0)]);
    assert_eq!(found[0].found_by, "the Microsoft Store's Pythons");
    let interpreter = format!("~\\Local\\Microsoft\\WindowsApps\\{package}\\python.exe");
    assert_eq!(found[0].interpreter.value().unwrap(), &interpreter);
    // By its alias, and by the one that all share.
    scene.write("Local/Microsoft/WindowsApps/python.exe", "");
    for alias in ["python.exe".to_owned(), format!("{package}/python.exe")] {
        scene.options.python = vec![scene.path(&format!("Local/Microsoft/WindowsApps/{alias}"))];
        assert_eq!(scene.environments()[0].python.value().unwrap().to_string(), "3.12", "{alias}");
    }
}

#[test]
fn the_launcher_of_the_install_manager_is_seen_through() {
    let mut scene = Scene::new();
    let target = scene.windows_python("Local/Python/pythoncore-3.12-64", "2.7.1");
    let launcher = scene.write("Local/Python/bin/python3", "MZ");
    scene.write("Local/Python/bin/python3.__target__", target.to_str().unwrap());
    scene.set("PATH", launcher.parent().unwrap());
    assert_eq!(scene.found(), pairs([("~/Local/Python/pythoncore-3.12-64", "python3 on PATH")]));
}

#[test]
fn pyenv_for_windows_has_no_bin() {
    let mut scene = Scene::new();
    scene.windows_python(".pyenv/pyenv-win/versions/3.12.4", "2.7.1");
    let shim = scene.write(".pyenv/pyenv-win/shims/python.bat", "@echo off\r\n");
    scene.write(".pyenv/pyenv-win/version", "3.12.4\r\n");
    scene.options.python = vec![shim];
    assert_eq!(scene.found()[0].0, "~/.pyenv/pyenv-win/versions/3.12.4");
}

#[test]
fn lists_of_conda_and_uv_count_where_nothing_else_does() {
    let mut scene = Scene::new();
    let conda = scene.conda("miniconda3/envs/train");
    scene.write(".conda/environments.txt", format!("/gone\r\n{}\r\n", conda.display()));
    let uv = scene.python(".local/share/uv/python/cpython-3.11.7-linux-x86_64-gnu");
    scene.link(".local/share/uv/python/cpython-3.11-linux-x86_64-gnu", uv.to_str().unwrap());
    let listed = [
        ("~/miniconda3/envs/train", "conda's environments.txt"),
        ("~/.local/share/uv/python/cpython-3.11.7-linux-x86_64-gnu", "uv's Pythons"),
    ];
    assert_eq!(scene.found(), pairs(listed));
    scene.venv(".venv");
    assert_eq!(scene.found(), pairs([("~/.venv", ".venv in ~")]));
    scene.options.all = true;
    assert_eq!(scene.found().len(), 3);
}

#[test]
fn a_python_with_its_own_list_of_folders_looks_nowhere_else() {
    let mut scene = Scene::new();
    scene.windows_python("portable/python_embeded", "2.7.1");
    scene.write("portable/python_embeded/python312._pth", "../ComfyUI\r\npython312.zip\r\n.\r\nimport site\r\n");
    scene.write("Roaming/Python/Python312/site-packages/xformers-0.0.30.dist-info/METADATA", "Name: xformers\n");
    scene.write("modules/torch/__init__.py", "");
    let (roaming, modules) = (scene.path("Roaming"), scene.path("modules"));
    scene.set("APPDATA", roaming);
    scene.set("PYTHONPATH", modules);
    scene.name("portable");
    let found = scene.environments().swap_remove(0);
    let names: Vec<_> = found.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!((names, found.elsewhere.len(), found.unlisted.len()), (vec!["torch"], 0, 0));
    scene.write("portable/python_embeded/python312._pth", "python312.zip\r\n.\r\n#import site\r\n");
    let found = scene.environments().swap_remove(0);
    assert!(found.packages.is_empty());
    assert_eq!(found.unlisted[0].path, "~/portable/python_embeded/Lib/site-packages");
    let why = &found.unlisted[0].why;
    assert!(why.contains("python312._pth neither lists it nor has the line 'import site'"), "{why}");
    scene.write("portable/python_embeded/python312._pth", "python312.zip\r\n.\r\nLib\\site-packages\r\n");
    assert_eq!(scene.environments()[0].packages.len(), 1);
}

#[test]
fn conda_keeps_torchs_libraries_in_library_bin() {
    let mut scene = Scene::new();
    scene.windows_python("conda", "2.7.1");
    scene.write("conda/conda-meta/python-3.12.9-h3f84c4b_1_cpython.json", "{}");
    scene.write("conda/conda-meta/pytorch-2.7.1-cuda128_mkl_py312_0.json", "{}");
    scene.write(
        "conda/Lib/site-packages/torch-2.7.1.dist-info/RECORD",
        "torch/_C.cp312-win_amd64.pyd,,\ntorch/lib/c10.dll,,\n",
    );
    scene.write("conda/Library/bin/c10.dll", "MZ");
    scene.write("conda/Library/bin/torch_cuda.dll", "MZ");
    scene.name("conda");
    let found = scene.environments().swap_remove(0);
    let torch = found.package("torch").unwrap();
    let paths: Vec<_> = torch.libraries.iter().map(|library| library.path.as_str()).collect();
    assert!(paths.contains(&"Library/bin/torch_cuda.dll"), "{paths:?}");
    let damaged: Vec<_> = torch.damaged.iter().map(|bad| bad.path.as_str()).collect();
    assert!(!damaged.contains(&"torch/lib/c10.dll"), "moved by the recipe: {damaged:?}");
}
