//! What is read of an environment.

use super::*;
use crate::facts::{Elsewhere, Manager, Package};

fn selected(scene: &Scene) -> Environment {
    scene.environments().swap_remove(0)
}

#[test]
fn a_torch_environment() {
    let scene = Scene::new();
    scene.venv(".venv");
    let site = ".venv/lib/python3.11/site-packages";
    scene.install(".venv", "torch", "2.7.1", &["torch/lib/libtorch_cuda.so", "torch/__init__.py"]);
    scene.install(".venv", "numpy", "2.0.0", &["numpy/core.so"]);
    scene.install(".venv", "nvidia-cudnn-cu12", "9.5", &["nvidia/cudnn/lib/libcudnn.so.9"]);
    scene.write(
        &format!("{site}/torch/version.py"),
        "__version__ = '2.7.1+cu126'\ncuda: Optional[str] = '12.6'\nhip: Optional[str] = None\n",
    );
    let info = format!("{site}/sage-1.0.dist-info");
    scene.write(
        &format!("{info}/METADATA"),
        "Name: sage\nVersion: 1.0\nRequires-Dist: Torch>=2\nRequires-Dist: x @ https://u:planted@h/x.whl\n",
    );
    scene.write(&format!("{info}/RECORD"), "sage/_C.abi3.so,,\n../../../../../etc/evil.so,,\n");
    scene.write(&format!("{site}/sage/_C.abi3.so"), elf(62));
    let found = selected(&scene);
    assert_eq!((found.id.as_str(), found.manager.value()), ("~/.venv", Some(&Manager::Pip)));
    assert_eq!(found.python.value().unwrap().to_string(), "3.11");
    assert_eq!(found.platform.value().unwrap().to_string(), "linux-x86_64");
    assert_eq!(found.interpreter.value().unwrap(), "~/.venv/bin/python");
    let torch = found.package("torch").unwrap();
    let build = torch.build.value().unwrap();
    assert_eq!((build.version.as_str(), build.cuda.unwrap().to_string().as_str()), ("2.7.1+cu126", "12.6"));
    assert_eq!(
        (torch.installer.as_deref(), torch.at.as_str()),
        (Some("pip"), "lib/python3.11/site-packages/torch-2.7.1.dist-info")
    );
    let libraries =
        |package: &Package| package.libraries.iter().map(|library| library.path.clone()).collect::<Vec<_>>();
    assert_eq!(libraries(torch), ["torch/lib/libtorch_cuda.so"]);
    assert_eq!(libraries(found.package("nvidia-cudnn-cu12").unwrap()), ["nvidia/cudnn/lib/libcudnn.so.9"]);
    assert_eq!(libraries(found.package("sage").unwrap()), ["sage/_C.abi3.so"]);
    assert!(libraries(found.package("numpy").unwrap()).is_empty());
    assert!(!format!("{found:?}").contains("planted"));
}

#[test]
fn libraries_of_others_are_read_with_all_only() {
    let mut scene = Scene::new();
    for venv in [".venv", "venv"] {
        scene.venv(venv);
        scene.install(venv, "torch", "2.7.1", &["torch/lib/libtorch.so"]);
    }
    let counts =
        |scene: &Scene| scene.environments().iter().map(|found| found.packages[0].libraries.len()).collect::<Vec<_>>();
    assert_eq!(counts(&scene), [1, 0]);
    scene.options.all = true;
    assert_eq!(counts(&scene), [1, 1]);
}

#[test]
fn companions_tell_cuda_by_their_local_version() {
    for (name, text, expected) in [
        ("torchvision", "__version__ = '0.22.1+cu126'\n", Some(Some("12.6"))),
        ("torchaudio", "__version__ = '2.7.1+cpu'\n", Some(None)),
        ("torchaudio", "__version__ = '2.7.1'\n", None),
        ("torch", "__version__ = '2.7.1'\ncuda: Optional[str] = None\n", Some(None)),
        ("torch", "__version__ = '2.7.1+rocm6.3'\ncuda = None\nhip = '6.3'\n", Some(None)),
    ] {
        let scene = Scene::new();
        scene.venv(".venv");
        scene.install(".venv", name, "1.0", &[]);
        scene.write(&format!(".venv/lib/python3.11/site-packages/{name}/version.py"), text);
        let found = selected(&scene);
        let build = found.packages[0].build.value().map(|build| build.cuda.map(|cuda| cuda.to_string()));
        assert_eq!(build, expected.map(|cuda| cuda.map(str::to_owned)), "{name} {text}");
    }
}

#[test]
fn managers_leave_marks() {
    let scene = Scene::new();
    scene.venv("work/member/.venv");
    let manager = |scene: &Scene| {
        let surroundings = Surroundings { folder: Some(scene.path("work/member")), ..scene.surroundings.clone() };
        *probe::facts(&scene.options, &surroundings).unwrap().environments[0].manager.value().unwrap()
    };
    assert_eq!(manager(&scene), Manager::Pip);
    scene.write("work/uv.lock", "");
    assert_eq!(manager(&scene), Manager::Pip, "uv.lock without an environment of uv's");
    scene.write("work/member/.venv/pyvenv.cfg", "home = /x\nuv = 0.9.9\nversion_info = 3.11.7\n");
    assert_eq!(manager(&scene), Manager::UvProject);
    fs::remove_file(scene.path("work/uv.lock")).unwrap();
    assert_eq!(manager(&scene), Manager::Uv);
    let mut scene = Scene::new();
    scene.conda("env");
    scene.name("env");
    assert_eq!(manager(&scene), Manager::Conda);
}

/// The selected environment's manager, and the file that says so.
fn manager_at(scene: &Scene) -> (Manager, String) {
    let manager = selected(scene).manager;
    (*manager.value().unwrap(), manager.via().unwrap().at.clone())
}

#[test]
fn pixi_keeps_environments_of_its_workspaces() {
    let mut scene = Scene::new();
    scene.conda("work/.pixi/envs/default");
    scene.write("work/pyproject.toml", "[tool.pixi.workspace]\n");
    scene.write("work/src/x.py", "");
    let below = Surroundings { folder: Some(scene.path("work/src")), ..scene.surroundings.clone() };
    let found = probe::facts(&scene.options, &below).unwrap().environments;
    assert_eq!(found[0].found_by, ".pixi/envs/default in ~/work");
    scene.name("work/.pixi/envs/default");
    assert_eq!(manager_at(&scene), (Manager::Pixi, "~/work/pyproject.toml".to_owned()));
    scene.write("work/pixi.toml", "");
    assert_eq!(manager_at(&scene), (Manager::Pixi, "~/work/pixi.toml".to_owned()));

    // Environments that are kept apart say where they belong; what is installed for the user alone belongs nowhere.
    let mut scene = Scene::new();
    scene.conda("cache/envs/gpu");
    scene.name("cache/envs/gpu");
    let marker = |text: &str| scene.write("cache/envs/gpu/conda-meta/pixi", text);
    for text in [
        "",
        "{",
        "{\"manifest_path\": 5}",
        "{\"manifest_path\": \"/gone/pixi.toml\"}",
        "{\"manifest_path\": \"/etc/passwd\"}",
    ] {
        marker(text);
        assert_eq!(manager_at(&scene).0, Manager::Conda, "{text}");
    }
    let manifest = scene.write("work/pixi.toml", "");
    marker(&format!("{{\"manifest_path\": \"{}\", \"environment_name\": \"gpu\"}}", manifest.display()));
    assert_eq!(manager_at(&scene), (Manager::Pixi, "~/work/pixi.toml".to_owned()));
}

#[test]
fn a_python_says_that_pip_must_not_change_it() {
    let mut scene = Scene::new();
    scene.python("opt");
    scene.name("opt");
    assert_eq!(manager_at(&scene).0, Manager::Pip);
    scene.write("opt/lib/python3.11/EXTERNALLY-MANAGED", "[externally-managed]\n");
    assert_eq!(manager_at(&scene), (Manager::System, "~/opt/lib/python3.11/EXTERNALLY-MANAGED".to_owned()));
    // Virtual environments are anybody's.
    scene.venv("opt");
    assert_eq!(manager_at(&scene).0, Manager::Pip);
}

#[test]
fn conda_says_what_it_installed() {
    let mut scene = Scene::new();
    scene.conda("env");
    scene.write("env/conda-meta/pytorch-2.7.1-py3.11_cuda12.8_0.json", "{}");
    let site = "env/lib/python3.11/site-packages";
    scene.write(&format!("{site}/torch-2.7.1-py3.11.egg-info"), "Name: torch\nVersion: 2.7.1\n");
    scene.write("env/lib/libtorch_cuda.so", elf(62));
    scene.install("env", "numpy", "2.0.0", &[]);
    scene.name("env");
    let found = selected(&scene);
    let torch = found.package("torch").unwrap();
    assert_eq!((torch.installer.as_deref(), torch.libraries[0].path.as_str()), (Some("conda"), "lib/libtorch_cuda.so"));
    assert_eq!(found.package("numpy").unwrap().installer.as_deref(), Some("pip"));
}

#[test]
fn the_first_of_two_of_a_name_wins_and_the_base_is_seen_when_asked() {
    let scene = Scene::new();
    scene.venv(".venv");
    scene.python("py");
    let config =
        format!("home = {}\ninclude-system-site-packages = true\nversion = 3.11.7\n", scene.path("py/bin").display());
    scene.install("py", "Foo.Bar", "1.0", &[]);
    scene.install("py", "base-only", "1.0", &[]);
    scene.install(".venv", "foo_bar", "2.0", &[]);
    let names = |scene: &Scene| {
        let shown = |package: &Package| format!("{} {}", package.name, package.version.value().unwrap());
        selected(scene).packages.iter().map(shown).collect::<Vec<_>>()
    };
    assert_eq!(names(&scene), ["foo-bar 2.0"]);
    scene.write(".venv/pyvenv.cfg", config);
    assert_eq!(names(&scene), ["base-only 1.0", "foo-bar 2.0"]);
    scene.install(".local", "torch", "3", &["torch/lib/x.so"]);
    assert_eq!(names(&scene), ["base-only 1.0", "foo-bar 2.0", "torch 3"]);
    let found = selected(&scene);
    let torch = found.package("torch").unwrap();
    assert_eq!(
        (torch.at.as_str(), torch.libraries.len()),
        ("~/.local/lib/python3.11/site-packages/torch-3.dist-info", 1)
    );
}

#[test]
fn other_versions_of_torch_are_kept_in_mind() {
    let mut scene = Scene::new();
    scene.python("py");
    scene.install("py", "torch", "2.6.0", &["torch/lib/x.so"]);
    scene.install(".local", "torch", "2.7.1", &["torch/lib/x.so"]);
    scene.install(".local", "numpy", "2.0", &[]);
    scene.install("py", "numpy", "1.0", &[]);
    scene.name("py");
    let told = |scene: &Scene| {
        let found = selected(scene);
        let other = |other: &Elsewhere| format!("{} {:?} {:?}", other.package, other.version, other.way);
        let torch = found.package("torch").unwrap().version.value().unwrap().clone();
        (torch, found.elsewhere.iter().map(other).collect::<Vec<_>>())
    };
    assert_eq!(told(&scene), ("2.7.1".to_owned(), vec!["torch Some(\"2.6.0\") OwnFolder".to_owned()]));
    // What PYTHONPATH names comes before both, with its metadata.
    scene.install("target", "torch", "2.9.0", &["torch/lib/x.so"]);
    let target = scene.path("target/lib/python3.11/site-packages");
    scene.write("target/lib/python3.11/site-packages/torch/__init__.py", "");
    scene.set("PYTHONPATH", &target);
    assert_eq!(told(&scene), ("2.9.0".to_owned(), vec!["torch None Pythonpath".to_owned()]));
    assert_eq!(selected(&scene).package("numpy").unwrap().version.value().unwrap(), "2.0");
}

#[test]
fn eggs_are_distributions() {
    let scene = Scene::new();
    scene.venv(".venv");
    let site = ".venv/lib/python3.11/site-packages";
    scene.write(&format!("{site}/Old_One.egg-info/PKG-INFO"), "Name: Old_One\nVersion: 0.1\n");
    scene.write(&format!("{site}/Old_One.egg-info/requires.txt"), "numpy>1\n\n[extra]\nx\n");
    scene.write(&format!("{site}/~orch-2.7.1.dist-info/METADATA"), "Name: torch\nVersion: 2.7.1\n");
    let found = selected(&scene);
    assert_eq!(found.packages.len(), 1);
    assert_eq!(
        (found.packages[0].name.as_str(), found.packages[0].requires.as_slice()),
        ("old-one", ["numpy>1".to_owned()].as_slice())
    );
}

#[test]
fn python_versions_come_from_the_files() {
    let scene = Scene::new();
    scene.venv(".venv");
    fs::create_dir_all(scene.path(".venv/lib/python3.14t/site-packages")).unwrap();
    let version = |scene: &Scene| selected(scene).python.value().map(ToString::to_string);
    assert_eq!(version(&scene).as_deref(), Some("3.11"));
    scene.write(".venv/pyvenv.cfg", "version_info = 3.14.0.final.0\n");
    assert_eq!(version(&scene).as_deref(), Some("3.14t"), "pyvenv.cfg does not know the t");
    scene.write(".venv/pyvenv.cfg", "home = /x\n");
    assert_eq!(version(&scene).as_deref(), Some("3.14t"));
}
