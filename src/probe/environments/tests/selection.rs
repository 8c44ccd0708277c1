//! One test per rule of which environment counts.

use super::*;

#[test]
fn what_the_user_names_comes_first() {
    let mut scene = Scene::new();
    scene.venv("a");
    scene.venv("b");
    let active = scene.venv("active");
    scene.set("VIRTUAL_ENV", active);
    scene.name("b");
    scene.name("a");
    let expected = [("~/b", "--python ~/b"), ("~/a", "--python ~/a"), ("~/active", "VIRTUAL_ENV")];
    assert_eq!(scene.found(), pairs(expected));
}

#[test]
fn it_may_be_named_by_any_of_its_parts() {
    for part in ["bin/python", "", "lib/python3.11/site-packages", "lib64/python3.11/site-packages"] {
        let mut scene = Scene::new();
        scene.venv("proj/.venv");
        scene.name(&format!("proj/.venv/{part}"));
        assert_eq!(scene.found()[0].0, "~/proj/.venv", "{part}");
    }
    let mut scene = Scene::new();
    scene.venv("proj/venv");
    scene.name("proj");
    assert_eq!(scene.found(), pairs([("~/proj/venv", "--python ~/proj")]));
}

#[test]
fn a_tilde_and_a_relative_path_are_understood() {
    let mut scene = Scene::new();
    scene.venv("proj/.venv");
    scene.options.python = vec!["~/proj/../proj".into(), "proj/./.venv".into()];
    assert_eq!(scene.found(), pairs([("~/proj/.venv", "--python ~/proj/../proj")]));
    scene.options.python = vec!["./proj/.".into()];
    assert_eq!(scene.environments()[0].interpreter.value().unwrap(), "~/proj/.venv/bin/python");
}

#[test]
fn what_is_named_and_is_none_is_an_error() {
    let mut scene = Scene::new();
    scene.write("proj/requirements.txt", "torch");
    scene.name("proj/requirements.txt");
    assert!(scene.error().contains("~/proj/requirements.txt: not a Python environment: expected"), "{}", scene.error());
    scene.options.python = vec![scene.path("proj")];
    assert!(scene.error().contains("~/proj: not a Python environment"));
    scene.options.python = vec![scene.path("nowhere")];
    assert!(scene.error().contains("~/nowhere: no such file"));
    scene.options = Options { root: Some(scene.path("proj/requirements.txt")), ..Default::default() };
    assert!(scene.error().contains("expected a folder"));
}

#[test]
fn an_interpreter_may_be_named_as_a_shell_would_find_it() {
    let mut scene = Scene::new();
    let venv = scene.venv("tools");
    scene.set("PATH", venv.join("bin"));
    scene.options.python = vec!["python".into()];
    assert_eq!(scene.found()[0], ("~/tools".to_owned(), "--python python".to_owned()));
    scene.options.python = vec!["docter".into()];
    assert!(scene.error().contains("docter: no such file, folder or command"), "{}", scene.error());
}

#[test]
fn virtual_env_comes_before_conda_prefix() {
    let mut scene = Scene::new();
    let (conda, venv) = (scene.conda("conda"), scene.venv("venvs/x"));
    scene.set("CONDA_PREFIX", conda);
    scene.set("VIRTUAL_ENV", venv);
    assert_eq!(scene.found(), pairs([("~/venvs/x", "VIRTUAL_ENV"), ("~/conda", "CONDA_PREFIX")]));
    // The variable alone does not make a plain `pip` its own: what comes first on PATH does.
    let active = |scene: &Scene| scene.environments().iter().map(|environment| environment.active).collect::<Vec<_>>();
    assert_eq!(active(&scene), [false, false]);
    let bin = scene.path("venvs/x/bin");
    scene.set("PATH", bin);
    // Nor does it where the environment has no pip.
    assert_eq!(active(&scene), [false, false]);
    scene.install("venvs/x", "pip", "25.0", &[]);
    assert_eq!(active(&scene), [true, false]);
}

#[test]
fn conda_prefix_comes_before_the_folder() {
    let mut scene = Scene::new();
    scene.venv(".venv");
    let conda = scene.conda("conda");
    scene.set("CONDA_PREFIX", conda);
    assert_eq!(scene.found(), pairs([("~/conda", "CONDA_PREFIX"), ("~/.venv", ".venv in ~")]));
}

#[test]
fn a_variable_that_leads_nowhere_is_passed_over() {
    let mut scene = Scene::new();
    scene.venv(".venv");
    scene.set("VIRTUAL_ENV", "/gone/venv");
    scene.set("CONDA_PREFIX", "");
    assert_eq!(scene.found(), pairs([("~/.venv", ".venv in ~")]));
}

#[test]
fn the_nearest_folder_comes_first() {
    let mut scene = Scene::new();
    for path in [".venv", "proj/venv", "proj/.venv"] {
        scene.venv(path);
    }
    fs::create_dir_all(scene.path("proj/src/deep")).unwrap();
    scene.surroundings.folder = Some(scene.path("proj/src/deep"));
    let expected = [("~/proj/.venv", ".venv in ~/proj"), ("~/proj/venv", "venv in ~/proj"), ("~/.venv", ".venv in ~")];
    assert_eq!(scene.found(), pairs(expected));
}

#[test]
fn the_folder_comes_before_path() {
    let mut scene = Scene::new();
    scene.venv(".venv");
    let python = scene.python("py");
    scene.install("py", "pip", "25.0", &[]);
    scene.set("PATH", python.join("bin"));
    assert_eq!(scene.found(), pairs([("~/.venv", ".venv in ~"), ("~/py", "python3 on PATH")]));
    let environments = scene.environments();
    assert_eq!((environments[0].active, environments[1].active), (false, true));
    assert_eq!(environments[1].interpreter.value().unwrap(), "~/py/bin/python3");
}

#[test]
fn one_environment_found_twice_is_one() {
    let mut scene = Scene::new();
    let venv = scene.venv("proj/.venv");
    scene.install("proj/.venv", "pip", "25.0", &[]);
    scene.link("other", "proj/.venv");
    scene.set("PATH", venv.join("bin"));
    scene.name("other");
    assert_eq!(scene.found(), pairs([("~/other", "--python ~/other")]));
    assert!(scene.environments()[0].active);
}

#[test]
fn pyenv_is_seen_through() {
    let mut scene = Scene::new();
    for version in ["3.9.18", "3.11.7", "3.11.10"] {
        scene.python(&format!(".pyenv/versions/{version}"));
    }
    let shim = scene.write(".pyenv/shims/python3", "#!/usr/bin/env bash\n");
    let other = scene.python("py");
    scene.set("PATH", format!("{}:{}", shim.parent().unwrap().display(), other.join("bin").display()));
    assert_eq!(scene.found()[0].0, "~/py", "no version is chosen, so the shim passes on");
    scene.write(".pyenv/version", "3.9.18\n");
    assert_eq!(scene.found()[0].0, "~/.pyenv/versions/3.9.18");
    scene.write(".python-version", "# ours\n3.11\n");
    assert_eq!(scene.found()[0].0, "~/.pyenv/versions/3.11.10");
    scene.set("PYENV_VERSION", "3.11.7");
    assert_eq!(scene.found()[0].0, "~/.pyenv/versions/3.11.7");
    scene.set("PYENV_VERSION", "../../../py");
    assert_eq!(scene.found()[0].0, "~/py");
}

#[test]
fn no_home_no_folder_no_path_is_no_environment() {
    let facts = probe::facts(&Options::default(), &Surroundings::default()).unwrap();
    assert!(facts.environments.is_empty());
}

#[test]
fn a_file_that_may_not_be_executed_hides_no_interpreter() {
    let mut scene = Scene::new();
    let note = scene.write("notes/python3", "not a program\n");
    let other = scene.python("py");
    scene.set("PATH", format!("{}:{}", note.parent().unwrap().display(), other.join("bin").display()));
    assert_eq!(scene.found()[0].0, "~/py");
}
