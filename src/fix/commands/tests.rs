use super::*;
use crate::facts::{Cpu, Fact, Package, Platform, PythonVersion, Source};

const SHELLS: [ShellKind; 3] = [ShellKind::Sh, ShellKind::PowerShell, ShellKind::Cmd];
const WANTED: &str = "torch==2.7.1+cu128 torchvision==0.22.1+cu128";
const INDEX: &str = "https://download.pytorch.org/whl/cu128";

fn via(at: &str) -> Source {
    Source::file(at)
}

/// One that is not active, as its manager keeps it, on the system of a shell.
fn environment(manager: Manager, shell: ShellKind) -> Environment {
    let windows = shell != ShellKind::Sh;
    let (id, at) = match manager {
        Manager::Pixi => ("~/demo/.pixi/envs/gpu", "~/demo/pixi.toml"),
        Manager::UvProject => ("~/demo/.venv", "~/demo/uv.lock"),
        Manager::System => ("/usr", "/usr/lib/python3.12/EXTERNALLY-MANAGED"),
        _ => ("~/demo/.venv", "~/demo/.venv/pyvenv.cfg"),
    };
    let python = match (manager, windows) {
        (Manager::System, false) => "/usr/bin/python3".to_owned(),
        (_, false) => format!("{id}/bin/python"),
        (_, true) => format!("{id}/Scripts/python.exe").replace('/', "\\"),
    };
    let os = if windows { Os::Windows } else { Os::Linux };
    Environment {
        interpreter: Fact::known(python, via("test")),
        python: Fact::known(PythonVersion { major: 3, minor: 12, free_threaded: false }, via("test")),
        platform: Fact::known(Platform { os, cpu: Cpu::X86_64 }, via("test")),
        manager: Fact::known(manager, via(at)),
        ..Environment::unknown(id, Origin::Installed, "test")
    }
}

fn new_environment(manager: Manager, shell: ShellKind) -> Environment {
    let like = environment(manager, shell);
    Environment {
        python: like.python,
        platform: like.platform,
        manager: Fact::known(manager, Source::option("--tool")),
        ..Environment::unknown("new environment", Origin::Hypothetical, "test")
    }
}

fn host(shell: ShellKind) -> Host {
    Host { shell: Fact::known(shell, Source::option("--shell")), ..Host::default() }
}

fn install(name: &str, version: &str) -> Install {
    Install::exact(name, version)
}

fn plan() -> Plan {
    let installs = [install("torch", "2.7.1+cu128"), install("torchvision", "0.22.1+cu128")];
    Plan { changes: installs.map(Change::Install).into(), index: Some(INDEX.to_owned()), ..Plan::default() }
}

fn written(plan: &Plan, environment: &Environment, shell: ShellKind) -> Vec<String> {
    let lines = lines(plan, Some(environment), &host(shell)).unwrap();
    let edits = lines.edits.iter().flat_map(|edit| edit.as_str().lines()).map(str::to_owned);
    edits.chain(lines.commands.iter().map(|command| command.line.to_string())).collect()
}

/// cmd quotes what has an equals sign in it.
fn quoted(text: &str, shell: ShellKind) -> String {
    let quote = |word: &str| if word.contains("==") { format!("\"{word}\"") } else { word.to_owned() };
    match shell {
        ShellKind::Cmd => text.split(' ').map(quote).collect::<Vec<_>>().join(" "),
        _ => text.to_owned(),
    }
}

/// The interpreter as a program and as an argument.
fn interpreter(shell: ShellKind) -> (&'static str, &'static str) {
    match shell {
        ShellKind::Sh => ("~/demo/.venv/bin/python", "~/demo/.venv/bin/python"),
        ShellKind::PowerShell => {
            (r#"& "$HOME\demo\.venv\Scripts\python.exe""#, r#""$HOME\demo\.venv\Scripts\python.exe""#)
        }
        ShellKind::Cmd => {
            (r#""%USERPROFILE%\demo\.venv\Scripts\python.exe""#, r#""%USERPROFILE%\demo\.venv\Scripts\python.exe""#)
        }
    }
}

fn below_home(rest: &str, shell: ShellKind) -> String {
    let windows = rest.replace('/', "\\");
    match shell {
        ShellKind::Sh => format!("~/{rest}"),
        ShellKind::PowerShell => format!("\"$HOME\\{windows}\""),
        ShellKind::Cmd => format!("\"%USERPROFILE%\\{windows}\""),
    }
}

#[test]
fn every_tool_and_shell_has_its_line_for_an_environment_that_is_there() {
    for shell in SHELLS {
        let (program, argument) = interpreter(shell);
        let wanted = quoted(WANTED, shell);
        let index = quoted(&format!("--index pytorch-cu128={INDEX}"), shell);
        let index = if shell == ShellKind::Cmd {
            index.replace(&format!("pytorch-cu128={INDEX}"), &format!("\"pytorch-cu128={INDEX}\""))
        } else {
            index
        };
        let (project, manifest) = (below_home("demo", shell), below_home("demo/pixi.toml", shell));
        for (manager, expected) in [
            (Manager::Pip, vec![format!("{program} -m pip install {wanted} --index-url {INDEX}")]),
            (Manager::Conda, vec![format!("{program} -m pip install {wanted} --index-url {INDEX}")]),
            (Manager::Uv, vec![format!("uv pip install --python {argument} {wanted} --index-url {INDEX}")]),
            (Manager::UvProject, vec![format!("uv add --project {project} {wanted} {index}")]),
            (
                Manager::Pixi,
                vec![format!("pixi add --pypi --manifest-path {manifest} --feature gpu --index {INDEX} {wanted}")],
            ),
            (
                Manager::Poetry,
                vec![
                    format!("poetry source add --priority explicit pytorch-cu128 {INDEX}"),
                    format!("poetry add --source pytorch-cu128 {wanted}"),
                ],
            ),
            (Manager::Docker, vec![format!("RUN pip install --no-cache-dir {WANTED} --index-url {INDEX}")]),
        ] {
            assert_eq!(written(&plan(), &environment(manager, shell), shell), expected, "{manager:?}, {shell:?}");
        }
    }
}

#[test]
fn every_tool_and_shell_has_its_line_for_an_environment_to_be_made() {
    for shell in SHELLS {
        let wanted = quoted(WANTED, shell);
        let pip = format!("install {wanted} --index-url {INDEX}");
        let python = if shell == ShellKind::Cmd { "\"python=3.12\"" } else { "python=3.12" };
        let sources = [
            "[tool.uv.sources]",
            "torch = { index = \"pytorch-cu128\" }",
            "torchvision = { index = \"pytorch-cu128\" }",
            "",
            "[[tool.uv.index]]",
            "name = \"pytorch-cu128\"",
            "url = \"https://download.pytorch.org/whl/cu128\"",
            "explicit = true",
        ];
        let project = sources.iter().map(|line| (*line).to_owned()).chain([format!("uv add {wanted}")]).collect();
        for (manager, expected) in [
            (Manager::Pip, vec![format!("pip {pip}")]),
            (Manager::Uv, vec![format!("uv pip {pip}")]),
            (Manager::UvProject, project),
            (
                Manager::Conda,
                vec![
                    format!("conda create --name py312 {python} pip"),
                    format!("conda run --name py312 python -m pip {pip}"),
                ],
            ),
            (Manager::Pixi, vec![format!("pixi add {python}"), format!("pixi add --pypi --index {INDEX} {wanted}")]),
            (
                Manager::Poetry,
                vec![
                    format!("poetry source add --priority explicit pytorch-cu128 {INDEX}"),
                    format!("poetry add --source pytorch-cu128 {wanted}"),
                ],
            ),
            (Manager::Docker, vec![format!("RUN pip install --no-cache-dir {WANTED} --index-url {INDEX}")]),
        ] {
            assert_eq!(written(&plan(), &new_environment(manager, shell), shell), expected, "{manager:?}, {shell:?}");
        }
    }
}

#[test]
fn a_python_that_pip_does_not_change_gets_an_environment_beside_it() {
    let system = environment(Manager::System, ShellKind::Sh);
    assert_eq!(
        written(&plan(), &system, ShellKind::Sh),
        [
            "/usr/bin/python3 -m venv .venv".to_owned(),
            format!(".venv/bin/python -m pip install {WANTED} --index-url {INDEX}")
        ]
    );
    // What is broken is mended where it is, and what goes, goes from there.
    let again = Plan { reinstall: true, alone: true, ..plan() };
    let pip = "/usr/bin/python3 -m pip";
    assert_eq!(
        written(&again, &system, ShellKind::Sh),
        [format!("{pip} install --break-system-packages --force-reinstall --no-deps {WANTED} --index-url {INDEX}")]
    );
    let gone = Plan { changes: vec![Change::Uninstall("xformers".to_owned())], ..Plan::default() };
    assert_eq!(
        written(&gone, &system, ShellKind::Sh),
        [format!("{pip} uninstall --break-system-packages -y xformers")]
    );
}

#[test]
fn what_a_lock_file_has_is_not_asked_for_by_name() {
    let missing = Plan { restores: true, index: None, ..plan() };
    for (manager, expected) in [
        (Manager::UvProject, "uv sync --project ~/demo --inexact"),
        (Manager::Pixi, "pixi reinstall --manifest-path ~/demo/pixi.toml --environment gpu"),
        (Manager::Uv, "uv pip install --python ~/demo/.venv/bin/python torch==2.7.1+cu128 torchvision==0.22.1+cu128"),
    ] {
        assert_eq!(written(&missing, &environment(manager, ShellKind::Sh), ShellKind::Sh), [expected], "{manager:?}");
    }
}

#[test]
fn packages_of_conda_leave_a_pixi_workspace_before_those_of_pypi_come() {
    let mut pixi = environment(Manager::Pixi, ShellKind::Sh);
    pixi.id = "~/demo/.pixi/envs/default".to_owned();
    pixi.packages = vec![Package { installer: Some("conda".to_owned()), ..Package::unknown("torch", "test") }];
    let manifest = "--manifest-path ~/demo/pixi.toml";
    assert_eq!(
        written(&plan(), &pixi, ShellKind::Sh),
        [format!("pixi remove {manifest} pytorch"), format!("pixi add --pypi {manifest} --index {INDEX} {WANTED}"),]
    );
    let gone = Plan { changes: vec![Change::Uninstall("torch".to_owned())], ..Plan::default() };
    assert_eq!(written(&gone, &pixi, ShellKind::Sh), [format!("pixi remove {manifest} pytorch")]);
}

#[test]
fn another_python_is_the_tools_own_affair() {
    let python = PythonVersion { major: 3, minor: 13, free_threaded: false };
    let mut other = plan();
    other.changes.insert(0, Change::NewPython(python));
    let made = |manager| written(&other, &new_environment(manager, ShellKind::Sh), ShellKind::Sh);
    assert_eq!(made(Manager::Docker)[0], "FROM python:3.13-slim");
    assert_eq!(made(Manager::Pixi)[0], "pixi add python=3.13");
    assert_eq!(made(Manager::Poetry)[0], "poetry env use 3.13");
    assert_eq!(made(Manager::Conda)[0], "conda create --name py313 python=3.13 pip");
}

#[test]
fn a_hostile_name_makes_no_line_and_no_text() {
    for manager in [Manager::UvProject, Manager::Pixi, Manager::Poetry, Manager::Docker, Manager::System] {
        for name in ["torch; id", "a\"b", "x\nRUN id", "$(id)", "-r"] {
            let bad = Plan { changes: vec![Change::Install(install(name, "1.0"))], ..plan() };
            let there = lines(&bad, Some(&environment(manager, ShellKind::Sh)), &host(ShellKind::Sh));
            let new = lines(&bad, Some(&new_environment(manager, ShellKind::Sh)), &host(ShellKind::Sh));
            assert!(there.is_err() && new.is_err(), "{manager:?}, {name}");
        }
        let index = Plan { index: Some("https://x.example/\"]\nid".to_owned()), ..plan() };
        assert!(lines(&index, Some(&new_environment(manager, ShellKind::Sh)), &host(ShellKind::Sh)).is_err());
    }
}
