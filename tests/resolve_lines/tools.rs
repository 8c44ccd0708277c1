//! uv and pip, run on lines with the test's server in the place of every index.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use gpucheck::facts::{Cpu, Os, Platform, PythonVersion};

use crate::{common, index::DEFAULT};

/// What PyTorch's own indexes are below; on the test's server they have the same paths.
const PYTORCH: &str = "https://download.pytorch.org/";

/// The tools, and where they find the indexes.
pub struct Tools {
    uv: PathBuf,
    port: u16,
    /// Caches, homes and projects; gone at the end.
    folder: tempfile::TempDir,
}

/// A uv project that is made for one line.
pub struct Project<'a> {
    /// Its folder.
    pub name: String,
    /// For which it is locked.
    pub platform: Platform,
    /// The Python that it requires.
    pub python: PythonVersion,
    /// What was printed for its pyproject.toml.
    pub edits: &'a str,
}

/// A package that a tool chose: name, version, and the path of the index that it is from.
pub type Chosen = (String, String, String);

impl Tools {
    /// uv of the default index, kept as other environments of tests are.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn new(port: u16) -> Result<Self, String> {
        let environment = common::try_environment("uv-0.13.9", &["uv==0.13.9"])?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        Ok(Self { uv: environment.join("bin/uv"), port, folder })
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// The words of a line with the test's server for PyTorch's.
    fn here(&self, words: &[String]) -> Vec<String> {
        words.iter().map(|word| self.served(word)).collect()
    }

    /// The index that the words name, else the default one.
    fn index_of(words: &[String]) -> String {
        let mut after = words.iter().skip_while(|word| *word != "--index-url" && *word != "--index").skip(1);
        let path = after.next().and_then(|url| Some(url.split_once(PYTORCH)?.1.trim_end_matches('/').to_owned()));
        path.unwrap_or_else(|| DEFAULT.to_owned())
    }

    /// A tool with nothing of the caller's configuration.
    fn clean(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().stdin(Stdio::null()).current_dir(self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.folder.path());
        command
            .env("UV_CACHE_DIR", self.folder.path().join("uv-cache"))
            .env("UV_NO_CONFIG", "1")
            .env("UV_PYTHON_DOWNLOADS", "never");
        command.env("UV_INDEX_URL", self.url(DEFAULT)).env("UV_HTTP_TIMEOUT", "20").env("UV_OFFLINE", "0");
        command
            .env("PIP_CONFIG_FILE", "/dev/null")
            .env("PIP_INDEX_URL", self.url(DEFAULT))
            .env("PIP_NO_CACHE_DIR", "1");
        command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        command
    }

    /// `uv pip install` of these words, as if on this platform with this Python; nothing is installed.
    ///
    /// # Errors
    /// What uv said when there is no such set of wheels.
    pub fn uv(&self, words: &[String], platform: Platform, python: PythonVersion) -> Result<Vec<Chosen>, String> {
        // pip's word for uv's.
        let words: Vec<String> = words.iter().map(|word| word.replace("--force-reinstall", "--reinstall")).collect();
        let mut command = self.clean(&self.uv);
        command
            .args(["pip", "install", "--dry-run", "--only-binary", ":all:", "--target"])
            .arg(self.folder.path().join("nothing"));
        command.args(["--python-platform", triple(platform), "--python-version", &python.to_string()]);
        let said = ran(command.args(self.here(&words)))?;
        let index = Self::index_of(&words);
        let chosen = said.1.lines().filter_map(|line| line.trim().strip_prefix("+ ")?.split_once("=="));
        Ok(chosen.map(|(name, version)| (name.to_owned(), version.to_owned(), index.clone())).collect())
    }

    /// `uv add` of these words in a new project for this platform and this Python, which is at `program`, after `edits` were written into
    /// its pyproject.toml; what is in its lock file.
    ///
    /// # Errors
    /// What uv said when it cannot lock the project.
    pub fn uv_add(&self, project: &Project<'_>, program: &Path, words: &[String]) -> Result<Vec<Chosen>, String> {
        let folder = self.write(project, &[]);
        let mut command = self.in_project(&folder);
        command.env("UV_PYTHON", program);
        ran(command.args(["add", "--no-sync"]).args(self.here(words)))?;
        let lock = fs::read_to_string(folder.join("uv.lock")).map_err(|error| error.to_string())?;
        let lock: toml::Table = toml::from_str(&lock).map_err(|error| error.to_string())?;
        let text = |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
        Ok(packages
            .filter_map(|package| {
                let registry = text(package.get("source").and_then(|source| source.get("registry")));
                let path = registry.strip_prefix(&self.url("")).map(str::to_owned)?;
                Some((text(package.get("name")), text(package.get("version")), path.trim_end_matches('/').to_owned()))
            })
            .collect())
    }

    /// The same where that Python is not here and uv can lock nothing for it: what `uv add` writes is resolved without it.
    ///
    /// # Errors
    /// What uv said when there is no such set of wheels.
    pub fn uv_project(&self, project: &Project<'_>, words: &[String]) -> Result<Vec<Chosen>, String> {
        let requirements: Vec<String> = words.iter().take_while(|word| !word.starts_with("--")).cloned().collect();
        let folder = self.write(project, &requirements);
        let mut command = self.in_project(&folder);
        command.args(["pip", "install", "--dry-run", "--only-binary", ":all:", "--target"]).arg(folder.join("nothing"));
        command.args(["--python-platform", triple(project.platform)]);
        command.args(["--python-version", &project.python.to_string()]);
        let options: Vec<String> = words.iter().skip(requirements.len()).cloned().collect();
        let said = ran(command.args(self.here(&options)).args(["-r", "pyproject.toml"]))?;
        let named = Self::index_of(words);
        let edited = project.edits.lines().find_map(|line| line.strip_prefix("url = \"")?.split_once(PYTORCH));
        let edited = edited.map(|(_, path)| path.trim_end_matches('"').to_owned());
        let index = |name: &str| {
            let told = project.edits.lines().any(|line| line.starts_with(&format!("{name} = ")));
            edited.clone().filter(|_| told).unwrap_or_else(|| named.clone())
        };
        let chosen = said.1.lines().filter_map(|line| line.trim().strip_prefix("+ ")?.split_once("=="));
        Ok(chosen.map(|(name, version)| (name.to_owned(), version.to_owned(), index(name))).collect())
    }

    /// A tool in a project: its own tables are read, the user's are not there.
    fn in_project(&self, folder: &Path) -> Command {
        let mut command = self.clean(&self.uv);
        command.current_dir(folder).env_remove("UV_NO_CONFIG");
        command.env_remove("UV_INDEX_URL").env("UV_DEFAULT_INDEX", self.url(DEFAULT));
        command
    }

    /// Makes the project's folder.
    fn write(&self, project: &Project<'_>, requirements: &[String]) -> PathBuf {
        let folder = self.folder(&project.name);
        let system = if project.platform.os == Os::Windows { "win32" } else { "linux" };
        let machine = match project.platform {
            Platform { os: Os::Windows, .. } => "AMD64",
            Platform { cpu: Cpu::Aarch64, .. } => "aarch64",
            _ => "x86_64",
        };
        let environment = format!("sys_platform == '{system}' and platform_machine == '{machine}'");
        let text = format!(
            "[project]\nname = \"demo\"\nversion = \"0\"\nrequires-python = \"=={}.*\"\ndependencies = {requirements:?}\n\
             [tool.uv]\nenvironments = [\"{environment}\"]\nrequired-environments = [\"{environment}\"]\n{}",
            project.python,
            self.served(project.edits),
        );
        fs::write(folder.join("pyproject.toml"), text).unwrap();
        folder
    }

    /// `pip install` of these words with a Python that is here; nothing is installed.
    ///
    /// # Errors
    /// What pip said when there is no such set of wheels.
    pub fn pip(&self, words: &[String], python: &Path) -> Result<Vec<Chosen>, String> {
        let mut command = self.clean(python);
        command.args([
            "-m",
            "pip",
            "install",
            "--dry-run",
            "--ignore-installed",
            "--quiet",
            "--only-binary",
            ":all:",
            "--report",
            "-",
        ]);
        let said = ran(command.args(self.here(words)))?;
        let report: serde_json::Value =
            serde_json::from_str(&said.0).map_err(|error| format!("{error}: {}", said.0))?;
        let index = Self::index_of(words);
        let chosen = report["install"].as_array().into_iter().flatten();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        Ok(chosen
            .map(|item| {
                (text(&item["metadata"]["name"]).to_lowercase(), text(&item["metadata"]["version"]), index.clone())
            })
            .collect())
    }

    /// A text with the test's server for PyTorch's.
    pub fn served(&self, text: &str) -> String {
        text.replace(PYTORCH, &self.url(""))
    }

    /// A folder of its own for an environment or a project.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Runs a line as it was printed, in sh, with the test's server for PyTorch's indexes and for the default one.
    ///
    /// # Errors
    /// What it said when it fails.
    pub fn paste(&self, line: &str, folder: &Path) -> Result<(), String> {
        let mut command = self.clean(Path::new("sh"));
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.uv.parent().unwrap().display())).env_remove("UV_NO_CONFIG");
        ran(command.current_dir(folder).args(["-c", &self.served(line)])).map(|_| ())
    }

    /// The Pythons that are here and whose pip can say what it would install, by version.
    pub fn pythons(&self, wanted: &[PythonVersion]) -> Vec<(PythonVersion, PathBuf)> {
        let installed = |version: &PythonVersion| {
            let name = format!("python{version}");
            let versions = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
            let versions =
                versions.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")))?.join("versions");
            let folders = fs::read_dir(versions)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path().join("bin").join(&name));
            folders.chain([PathBuf::from(&name)]).find(|program| {
                let mut command = self.clean(program);
                let said = ran(command.args(["-m", "pip", "install", "--help"]));
                said.is_ok_and(|said| said.0.contains("--report"))
            })
        };
        wanted.iter().filter_map(|version| Some((*version, installed(version)?))).collect()
    }
}

/// The platform as uv names it.
fn triple(platform: Platform) -> &'static str {
    match platform {
        Platform { os: Os::Windows, .. } => "x86_64-pc-windows-msvc",
        Platform { cpu: Cpu::Aarch64, .. } => "aarch64-manylinux_2_39",
        _ => "x86_64-manylinux_2_39",
    }
}

/// Runs it to its end; both outputs.
fn ran(command: &mut Command) -> Result<(String, String), String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let (out, err) = (String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned());
    if status.success() { Ok((out, err)) } else { Err([err, out].concat().trim().to_owned()) }
}
