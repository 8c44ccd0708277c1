//! The lines of a fix are for the user's own tool and shell.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use common::{
    case::{Case, case, healthy, known},
    finding, fix_lines,
};
use serde_json::json;

fn patient() -> Case {
    case(&["RTX 5090"], "580.95.05")
}

/// The lines of the first fix.
fn lines(case: Case) -> Vec<String> {
    let (_, report) = case.judged();
    fix_lines(finding(&report, "gpu-too-new-for-wheel"))[0].lines().map(str::to_owned).collect()
}

const WANTED: &str = "torch==2.7.1+cu128 torchvision==0.22.1+cu128 torchaudio==2.7.1+cu128";
const INDEX: &str = "https://download.pytorch.org/whl/cu128";

#[test]
fn pip_in_an_environment_that_is_active_or_not() {
    assert_eq!(lines(patient()), [format!("~/demo/.venv/bin/python -m pip install {WANTED} --index-url {INDEX}")]);
    let active = patient().place(|environment| environment["active"] = json!(true));
    assert_eq!(lines(active), [format!("pip install {WANTED} --index-url {INDEX}")]);
    let nameless = patient().place(|environment| {
        environment["interpreter"] = json!({"state": "unknown", "why": "a site-packages folder has no interpreter"});
    });
    // A plain `pip` would be another environment's; pip says it where there is no Python in the folder.
    assert_eq!(lines(nameless), [format!("pip --python ~/demo/.venv install {WANTED} --index-url {INDEX}")]);
    let odd = patient().place(|environment| environment["interpreter"] = known("~/my demo/it's/bin/python"));
    assert_eq!(lines(odd), [format!(r"~/'my demo/it'\''s/bin/python' -m pip install {WANTED} --index-url {INDEX}")]);
}

#[test]
fn uv_with_and_without_a_project() {
    let managed = |manager: &'static str| patient().place(move |environment| environment["manager"] = known(manager));
    assert_eq!(
        lines(managed("uv")),
        [format!("uv pip install --python ~/demo/.venv/bin/python {WANTED} --index-url {INDEX}")]
    );
    assert_eq!(
        lines(managed("uvproject")),
        [format!("uv add --project ~/demo {WANTED} --index pytorch-cu128={INDEX}")]
    );
}

#[test]
fn conda_loses_its_own_package_first() {
    let conda = patient().place(|environment| {
        environment["manager"] = known("conda");
        environment["active"] = json!(true);
        for package in environment["packages"].as_array_mut().unwrap() {
            if ["torch", "torchvision", "torchaudio"].contains(&package["name"].as_str().unwrap()) {
                package["installer"] = json!("conda");
            }
        }
    });
    assert_eq!(
        lines(conda),
        [
            "conda remove --prefix ~/demo/.venv --force-remove pytorch torchvision torchaudio".to_owned(),
            format!("python -m pip install {WANTED} --index-url {INDEX}"),
        ]
    );
}

#[test]
fn powershell_on_windows() {
    let windows = patient().change(|facts| facts["host"]["platform"] = known("windows-x86_64")).place(|environment| {
        environment["platform"] = known("windows-x86_64");
        environment["interpreter"] = known(r"C:\Users\me\my demo\.venv\Scripts\python.exe");
    });
    let (_, report) = windows.judged();
    let cause = finding(&report, "gpu-too-new-for-wheel");
    assert_eq!(cause["fixes"][0]["commands"][0]["tool"], "powershell");
    let expected =
        format!(r"& 'C:\Users\me\my demo\.venv\Scripts\python.exe' -m pip install {WANTED} --index-url {INDEX}");
    assert_eq!(fix_lines(cause)[0], expected);
}

#[test]
fn powershell_gets_paths_that_it_takes_for_one_word() {
    let on_windows = |manager: &'static str, interpreter: &'static str| {
        let case = patient().change(|facts| facts["host"]["platform"] = known("windows-x86_64"));
        lines(case.place(move |environment| {
            environment["platform"] = known("windows-x86_64");
            environment["manager"] = known(manager);
            environment["interpreter"] = known(interpreter);
        }))
    };
    let pip = |program: &str| [format!("{program} -m pip install {WANTED} --index-url {INDEX}")];
    assert_eq!(on_windows("pip", r"D:\demo\python.exe"), pip(r"D:\demo\python.exe"));
    assert_eq!(on_windows("pip", r"D:\ÿ\python.exe"), pip(r"& 'D:\ÿ\python.exe'"));
    // A tilde in quotes is a folder's name to most of PowerShell; a typographic apostrophe ends a string.
    assert_eq!(on_windows("pip", r"~\demo\python.exe"), pip(r#"& "$HOME\demo\python.exe""#));
    assert_eq!(on_windows("pip", r"D:\Sam’s\it's\python.exe"), pip(r"& 'D:\Sam’’s\it''s\python.exe'"));
    let uv = |python: &str| [format!("uv pip install --python {python} {WANTED} --index-url {INDEX}")];
    assert_eq!(on_windows("uv", r"~\my demo\$x\python.exe"), uv(r#""$HOME\my demo\`$x\python.exe""#));
    assert_eq!(on_windows("uv", r"D:\my demo\python.exe"), uv(r"'D:\my demo\python.exe'"));
}

#[test]
fn another_python_only_when_nothing_else_can() {
    // No release has wheels for Python 3.6.
    let old = patient().place(|environment| environment["python"] = known("3.6"));
    let made = lines(old);
    assert!(made[0].starts_with("python3.") && made[0].contains("-m venv .venv-py3"), "{made:?}");
    assert!(made[1].contains("-m pip install torch=="), "{made:?}");
    let windows = patient().change(|facts| facts["host"]["platform"] = known("windows-x86_64")).place(|environment| {
        environment["python"] = known("3.6");
        environment["platform"] = known("windows-x86_64");
    });
    let made = lines(windows);
    assert!(made[0].starts_with("py -3."), "the Windows launcher: {made:?}");
}

/// The lines of the fixes of a finding that ask for what is missing.
fn for_missing(requires: &[&str]) -> Vec<String> {
    let case = healthy().change(|_| ());
    let mut case = case.place(|_| ());
    case.package("torch")["requires"] = json!(requires);
    let (_, report) = case.judged();
    fix_lines(finding(&report, "environment-incomplete"))
}

#[test]
fn what_is_missing_is_asked_for_as_it_was_required() {
    let pip = "~/demo/.venv/bin/python -m pip install";
    assert_eq!(for_missing(&["accelerate[gpu]>=1"]), [format!("{pip} 'accelerate[gpu]>=1'")]);
    assert_eq!(for_missing(&["gone<2", "gone>=1.5"]), [format!("{pip} 'gone>=1.5,<2'")]);
    assert_eq!(for_missing(&["gone<2", "gone>=2"]), [""; 0], "no version is both");
    assert_eq!(
        for_missing(&["torchfoo @ https://intern.example/x.whl"]),
        [""],
        "a name that is elsewhere is not asked for on the index"
    );
    // A local version is on the index of its variant, and nowhere else.
    let index = "--index-url https://download.pytorch.org/whl/cu128";
    assert_eq!(for_missing(&["torchvision==0.22.1+cu128"]), [format!("{pip} torchvision==0.22.1+cu128 {index}")]);
    assert_eq!(for_missing(&["torchvision==0.22.1+cu128", "gone==1"]), [""; 0]);
    assert_eq!(for_missing(&["gone==1.0+cu128"]), [""; 0]);
}
