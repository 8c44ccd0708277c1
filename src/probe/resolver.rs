//! Asks the user's own uv or pip which versions a step would bring, where only a resolver can tell: a dry run with wheels only, for the
//! platform and Python that are judged. Nothing is installed and nothing is built; packages' own code does not run.

use std::{
    ffi::OsStr,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde::Deserialize;

use super::live::contain::{LONGEST, Limits, Running};
use crate::{
    facts::{
        Cpu, Environment, IndexRole, Os, Platform, PythonVersion, Request, RequestRole, ResolvedVersion, Resolver, Step,
    },
    system::{Root, Surroundings, programs},
};

/// An index may be slow, and torch has much to download even to be only looked at by pip.
const LIMITS: Limits =
    Limits { answer: Duration::from_secs(300), ending: Duration::from_secs(5), memory: 4 << 30, output: LONGEST };

/// The tool that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tool {
    Uv(PathBuf),
    Pip(PathBuf),
}

impl Tool {
    const fn name(&self) -> &'static str {
        match self {
            Self::Uv(_) => "uv",
            Self::Pip(_) => "pip",
        }
    }
}

/// Fills in the versions that the steps of an environment bring, and adds the torch that comes with them. What was pinned stays as it is.
///
/// # Errors
/// When there is no uv and no pip, or the tool finds no answer: in its own words.
pub fn resolve(environment: &mut Environment, surroundings: &Surroundings) -> Result<(), String> {
    let root = Root::new(None, surroundings.home.as_deref()).map_err(|error| error.to_string())?;
    let tool = tool(&root, surroundings).ok_or("neither uv nor pip is on PATH")?;
    let (platform, python) = (environment.platform.value().copied(), environment.python.value().copied());
    let mut has_torch = false;
    for step in &mut environment.steps {
        let open = step.requests.iter().any(|request| request.role == RequestRole::Wanted);
        if open && matches!(step.resolver, Resolver::Pip | Resolver::Uv | Resolver::Poetry) {
            let versions = ask(&tool, step, platform, python)?;
            fill(step, &versions, &tool, has_torch);
        }
        has_torch |= step.requests.iter().any(|request| request.name == "torch" && request.role == RequestRole::Wanted);
    }
    Ok(())
}

fn tool(root: &Root, surroundings: &Surroundings) -> Option<Tool> {
    let find = |name: &str| programs(root, surroundings, OsStr::new(name)).into_iter().next();
    find("uv").map(Tool::Uv).or_else(|| find("pip").or_else(|| find("pip3")).map(Tool::Pip))
}

/// Puts the versions where no version is pinned.
fn fill(step: &mut Step, versions: &[(String, String)], tool: &Tool, has_torch: bool) {
    let version_of = |name: &str| versions.iter().find(|(other, _)| other == name).map(|(_, version)| version.clone());
    let by = tool.name();
    let resolved = |version| Some(ResolvedVersion { version, by: by.to_owned() });
    for request in step.requests.iter_mut().filter(|request| request.role == RequestRole::Wanted) {
        request.resolved = version_of(&request.name).and_then(resolved);
    }
    let named = step.requests.iter().any(|request| request.name == "torch");
    if let Some(version) = version_of("torch").filter(|_| !named && !has_torch && !step.alone) {
        step.requests.push(Request { resolved: resolved(version), ..Request::new("torch") });
    }
}

/// Asks once.
fn ask(
    tool: &Tool,
    step: &Step,
    platform: Option<Platform>,
    python: Option<PythonVersion>,
) -> Result<Vec<(String, String)>, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let write = |name: &str, role: RequestRole| {
        let path = folder.path().join(name);
        let lines = step.requests.iter().filter(|request| request.role == role).map(requirement);
        let text = lines.fold(String::new(), |text, line| text + &line + "\n");
        std::fs::File::create_new(&path).and_then(|mut file| file.write_all(text.as_bytes())).map(|()| path)
    };
    let wanted = write("requirements.txt", RequestRole::Wanted).map_err(|error| error.to_string())?;
    let held = write("constraints.txt", RequestRole::Held).map_err(|error| error.to_string())?;
    let mut command = match tool {
        Tool::Uv(program) => uv(program, step, platform, python, &wanted, &held),
        Tool::Pip(program) => pip(program, step, platform, python, &wanted, &held),
    };
    command.current_dir(folder.path());
    let mut running = Running::start(&mut command, LIMITS, |_| false).map_err(|error| error.to_string())?;
    let ended = running.end();
    if let Err(how) = ended.how {
        return Err(format!("{} found no answer ({how:?})", tool.name()));
    }
    let text = String::from_utf8_lossy(&ended.output);
    Ok(match tool {
        Tool::Uv(_) => of_lines(&text),
        Tool::Pip(_) => of_report(&text)?,
    })
}

/// A request as a line of a requirements file. The values were read from files: they pass as text to a file, not to a shell.
fn requirement(request: &Request) -> String {
    let extras = match request.asked.extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    let marker = request.asked.marker.as_ref().map(|marker| format!(" ; {marker}")).unwrap_or_default();
    let one_line = |text: String| text.replace(['\n', '\r'], " ");
    one_line(match &request.asked.source {
        Some(source) => format!("{}{extras} @ {source}{marker}", request.name),
        None => format!("{}{extras}{}{marker}", request.name, request.asked.specifiers),
    })
}

fn indexes(command: &mut Command, step: &Step) {
    for index in step.indexes.iter().filter(|index| index.role != IndexRole::Explicit) {
        let option = if index.role == IndexRole::Default { "--index-url" } else { "--extra-index-url" };
        command.arg(format!("{option}={}", index.url));
    }
    for link in &step.links {
        command.arg(format!("--find-links={link}"));
    }
}

fn uv(
    program: &Path,
    step: &Step,
    platform: Option<Platform>,
    python: Option<PythonVersion>,
    wanted: &Path,
    held: &Path,
) -> Command {
    let mut command = Command::new(program);
    command.args(["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--only-binary", ":all:"]);
    command.arg(wanted).arg("--constraints").arg(held);
    if let Some(python) = python {
        command.arg(format!("--python-version={}.{}", python.major, python.minor));
    }
    if let Some(platform) = platform {
        command.arg(format!(
            "--python-platform={}",
            match (platform.os, platform.cpu) {
                (Os::Windows, _) => "x86_64-pc-windows-msvc",
                (Os::Macos, _) => "aarch64-apple-darwin",
                (Os::Linux, Cpu::Aarch64) => "aarch64-manylinux_2_28",
                (Os::Linux, Cpu::X86_64) => "x86_64-manylinux_2_28",
            }
        ));
    }
    indexes(&mut command, step);
    if step.pre {
        command.arg("--prerelease=allow");
    }
    if step.resolver == Resolver::Pip || step.best_match {
        // As pip does it.
        command.arg("--index-strategy=unsafe-best-match");
    }
    command
}

fn pip(
    program: &Path,
    step: &Step,
    platform: Option<Platform>,
    python: Option<PythonVersion>,
    wanted: &Path,
    held: &Path,
) -> Command {
    let mut command = Command::new(program);
    command.args(["install", "--dry-run", "--ignore-installed", "--quiet", "--only-binary", ":all:", "--report", "-"]);
    command.args(["--no-input", "--target", "nowhere", "-r"]).arg(wanted).arg("-c").arg(held);
    if let Some(python) = python {
        command.arg(format!("--python-version={}.{}", python.major, python.minor));
    }
    let tags: &[&str] = match platform.map(|platform| (platform.os, platform.cpu)) {
        Some((Os::Windows, _)) => &["win_amd64"],
        Some((Os::Macos, _)) => &["macosx_14_0_arm64"],
        Some((Os::Linux, Cpu::Aarch64)) => {
            &["manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"]
        }
        Some((Os::Linux, Cpu::X86_64)) => {
            &["manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64"]
        }
        None => &[],
    };
    command.args(tags.iter().map(|tag| format!("--platform={tag}")));
    indexes(&mut command, step);
    if step.pre {
        command.arg("--pre");
    }
    command
}

/// What `uv pip compile` prints: `name==version` a line, with a marker or not.
fn of_lines(text: &str) -> Vec<(String, String)> {
    let pinned = |line: &str| {
        let (name, rest) = line.trim().split_once("==")?;
        let version = rest.split([' ', ';']).next()?;
        (!name.starts_with('#')).then(|| (crate::python::normalize(name), version.to_owned()))
    };
    text.lines().filter_map(pinned).collect()
}

/// What pip's `--report` has.
fn of_report(text: &str) -> Result<Vec<(String, String)>, String> {
    #[derive(Deserialize)]
    struct Report {
        install: Vec<Install>,
    }
    #[derive(Deserialize)]
    struct Install {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: String,
        version: String,
    }
    let report: Report = serde_json::from_str(text).map_err(|error| format!("pip's report cannot be read: {error}"))?;
    Ok(report
        .install
        .into_iter()
        .map(|one| (crate::python::normalize(&one.metadata.name), one.metadata.version))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Asked;

    #[test]
    fn what_the_tools_print_is_read() {
        let lines =
            of_lines("torch==2.7.1+cu128\nNumpy_X==1.26.4 ; python_version < '3.12'\n# via torch\n--index-url x\n");
        assert_eq!(
            lines,
            [("torch".to_owned(), "2.7.1+cu128".to_owned()), ("numpy-x".to_owned(), "1.26.4".to_owned())]
        );
        let report = r#"{"install": [{"metadata": {"name": "Torch", "version": "2.7.1"}, "download_info": {}}]}"#;
        assert_eq!(of_report(report).unwrap(), [("torch".to_owned(), "2.7.1".to_owned())]);
        assert!(of_report("no").is_err());
    }

    #[test]
    fn what_is_pinned_stays_and_torch_is_added() {
        let mut step = Step { requests: vec![Request::new("accelerate")], ..Step::default() };
        let versions = [("accelerate".to_owned(), "1.12.0".to_owned()), ("torch".to_owned(), "2.15.0".to_owned())];
        fill(&mut step, &versions, &Tool::Uv(PathBuf::new()), false);
        let shown: Vec<String> = step
            .requests
            .iter()
            .map(|one| format!("{} {}", one.name, one.resolved.as_ref().unwrap().version))
            .collect();
        assert_eq!(shown, ["accelerate 1.12.0", "torch 2.15.0"]);
    }

    #[test]
    fn a_request_is_one_line() {
        let mut request = Request::new("torch");
        request.asked = Asked {
            text: String::new(),
            specifiers: ">=2.6,<2.8".to_owned(),
            extras: vec!["opt".to_owned()],
            marker: Some("sys_platform == 'linux'\n-r /etc/passwd".to_owned()),
            source: None,
        };
        assert_eq!(requirement(&request), "torch[opt]>=2.6,<2.8 ; sys_platform == 'linux' -r /etc/passwd");
    }
}
