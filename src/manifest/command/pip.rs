//! `pip install …` and `uv pip install …`.

use super::{CommandWord, Scene, Tool, options, program};
use crate::{
    facts::{GapWeight, Index, IndexRole, Location, Request, RequestRole, Resolver},
    manifest::{
        StepSheet,
        project::{self, By, Wish},
        requirements,
    },
    python::{exact_version, normalize},
    system::redact,
};

/// pip, and uv in its place.
pub struct Pip;

impl Tool for Pip {
    fn claims(&self, words: &[CommandWord]) -> bool {
        arguments(words).is_some()
    }

    fn read(&self, words: &[CommandWord], scene: &mut Scene<'_, '_>) {
        let Some((resolver, arguments)) = arguments(words) else { return };
        let Some((verb, rest)) = arguments.split_first() else { return };
        match verb.text.as_str() {
            "install" | "wheel" | "download" | "sync" => install(resolver, verb, rest, scene),
            "uninstall" => uninstall(verb, rest, scene),
            _ => {}
        }
    }
}

/// What follows `pip`, and who resolves it.
fn arguments(words: &[CommandWord]) -> Option<(Resolver, &[CommandWord])> {
    let at = |index: usize| words.get(index).map(|word| word.text.as_str());
    let name = program(at(0)?);
    let is_pip = |name: &str| {
        name.strip_prefix("pip").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    };
    let is_python = |name: &str| {
        let rest = name.strip_prefix("python").or_else(|| name.strip_prefix("py"));
        rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'w')))
    };
    if is_pip(name) {
        return Some((Resolver::Pip, words.get(1..)?));
    }
    if name == "uv" && at(1) == Some("pip") {
        return Some((Resolver::Uv, words.get(2..)?));
    }
    if is_python(name) {
        if at(1) == Some("-mpip") {
            return Some((Resolver::Pip, words.get(2..)?));
        }
        // Options of the interpreter come before: `python -s -m pip`, `py -3.11 -m pip`.
        let module = words.iter().position(|word| word.text == "-m")?;
        let before = words.get(1..module)?.iter().all(|word| word.text.starts_with('-'));
        return (before && at(module + 1) == Some("pip"))
            .then(|| Some((Resolver::Pip, words.get(module + 2..)?)))
            .flatten();
    }
    None
}

/// Options with a value that say nothing of what is installed.
const WITH_VALUE: &[&str] = &[
    "--src",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--cache-dir",
    "--log",
    "--proxy",
    "--retries",
    "--timeout",
    "--cert",
    "--client-cert",
    "--trusted-host",
    "--progress-bar",
    "--python",
    "-p",
    "--report",
    "--config-settings",
    "-C",
    "--global-option",
    "--build-option",
    "--no-binary",
    "--only-binary",
    "--use-feature",
    "--upgrade-strategy",
    "--root-user-action",
    "--exists-action",
    "--keyring-provider",
    "-w",
    "--wheel-dir",
    "-d",
    "--dest",
    "--link-mode",
    "--exclude-newer",
    "--resolution",
    "-b",
    "--build",
    "--break-system-packages-policy",
    "--allow-insecure-host",
    "--all-releases",
    "--build-constraint",
    "--default-timeout",
    "--download",
    "--install-option",
    "--only-final",
    "--refresh-package",
    "--requirements-from-script",
    "--resume-retries",
    "--uploaded-prior-to",
    "--use-deprecated",
    "--local-log",
    "--log-file",
    "--source",
    "--source-dir",
    "--source-directory",
];

/// Long options of `pip install`, `download` and `wheel` that are not read: those of today, and those that older releases had.
const OPTIONS: &[&str] = &[
    "--allow-all-external",
    "--allow-external",
    "--allow-unverified",
    "--break-system-packages",
    "--check-build-dependencies",
    "--compile",
    "--debug",
    "--disable-pip-version-check",
    "--dry-run",
    "--egg",
    "--help",
    "--ignore-requires-python",
    "--isolated",
    "--no-build-isolation",
    "--no-cache",
    "--no-cache-dir",
    "--no-clean",
    "--no-color",
    "--no-compile",
    "--no-index",
    "--no-input",
    "--no-proxy-env",
    "--no-require-hashes",
    "--no-use-pep517",
    "--no-use-wheel",
    "--no-verify",
    "--no-warn-conflicts",
    "--no-warn-script-location",
    "--no-python-version-warning",
    "--only-deps",
    "--prefer-binary",
    "--process-dependency-links",
    "--quiet",
    "--require-hashes",
    "--require-venv",
    "--require-virtualenv",
    "--unstable-feature",
    "--use-mirrors",
    "--use-pep517",
    "--use-wheel",
    "--user",
    "--verbose",
    "--version",
];

/// Options that are read, and those with a value.
const READ: &[&str] = &[
    "--constraint",
    "--editable",
    "--extra-index-url",
    "--find-links",
    "--force-reinstall",
    "--group",
    "--ignore-installed",
    "--index-url",
    "--no-dependencies",
    "--no-deps",
    "--pre",
    "--prefix",
    "--pypi-url",
    "--requirement",
    "--root",
    "--target",
    "--upgrade",
];

/// Whether pip has a long option that is written like this: its beginning is as good as the whole.
fn is_option(written: &str) -> bool {
    OPTIONS.iter().chain(READ).chain(WITH_VALUE).any(|option| option.starts_with(written))
}

/// The long option of pip that is written like this. pip takes a beginning that only one of them has for the whole.
fn in_full(written: &str) -> &str {
    let all = || OPTIONS.iter().chain(READ).chain(WITH_VALUE).copied();
    // `--requirements` is uv's, and what people mean by it is known.
    if !written.starts_with("--") || written == "--requirements" || all().any(|option| option == written) {
        return written;
    }
    let mut so = all().filter(|option| option.starts_with(written));
    match (so.next(), so.next()) {
        (Some(only), None) => only,
        _ => written,
    }
}

/// A call of pip or of uv in its place, as far as it is read.
struct Call {
    step: StepSheet,
    by: By,
    wish: Wish,
    /// Files with requirements and projects, which the chosen extras concern wherever they stand.
    files: Vec<(String, RequestRole, CommandWord)>,
    /// Requirements, addresses and folders.
    asked: Vec<CommandWord>,
    /// Whether an index hangs on something unknown.
    unknown_index: bool,
    /// Words of which nothing sets the value: packages that may be anything.
    unknown: Vec<(String, Location)>,
}

fn install(resolver: Resolver, verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let by = if resolver == Resolver::Uv { By::UvPip } else { By::Pip };
    let mut call = Call {
        step: StepSheet::default(),
        by,
        wish: Wish::default(),
        files: Vec::new(),
        asked: Vec::new(),
        unknown_index: false,
        unknown: Vec::new(),
    };
    call.step.step.resolver = resolver;
    call.step.step.exact = verb.text == "sync";
    call.step.step.elsewhere = matches!(verb.text.as_str(), "wheel" | "download");
    if by == By::Pip {
        options::of_pip_variables(scene, &mut call.step);
    }
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if let Some(name) = &word.unknown {
            call.unknown.push((name.clone(), word.at.clone()));
        } else if !word.text.starts_with('-') || word.text == "-" {
            // `uv pip sync` is given files alone.
            match verb.text == "sync" {
                true => call.files.push((word.text.clone(), RequestRole::Wanted, word.clone())),
                false => call.asked.push(word.clone()),
            }
        } else {
            call.option(word, &mut words, scene);
        }
    }
    call.bring(scene);
    // What comes besides cannot bring another torch than the one that is asked for exactly.
    let is_pinned = |request: &Request| {
        let wheel = request.asked.source.as_deref().is_some_and(|source| source.contains(".whl"));
        request.name == "torch"
            && request.role == RequestRole::Wanted
            && (wheel || exact_version(&request.asked.specifiers).is_some())
    };
    let certain = call.step.step.requests.iter().any(is_pinned);
    let weight = if certain { GapWeight::PassedOver } else { GapWeight::Decides };
    for (name, at) in std::mem::take(&mut call.unknown) {
        scene.sheet.gap(format!("the value of {name}"), weight, at);
    }
    // What an index brings that nobody knows is not known either: that it decides was noted.
    if !call.unknown_index {
        scene.sheet.step(call.step, verb.at.clone());
    }
}

impl Call {
    fn option<'w>(
        &mut self,
        word: &'w CommandWord,
        words: &mut impl Iterator<Item = &'w CommandWord>,
        scene: &mut Scene<'_, '_>,
    ) {
        let (option, attached) = match options::split(&word.text) {
            (option, None) => match option.split_at_checked(2) {
                Some((short, value)) if !value.is_empty() && ["-r", "-c", "-i", "-f", "-e"].contains(&short) => {
                    (short, Some(value))
                }
                _ => (option, None),
            },
            split => split,
        };
        let option = if self.by == By::Pip { in_full(option) } else { option };
        if WITH_VALUE.contains(&option) {
            if attached.is_none() {
                words.next();
            }
            return;
        }
        let mut value = || options::value(attached, words, scene);
        let file = |name: String, role| (name, role, word.clone());
        match option {
            "-r" | "--requirement" | "--requirements" => {
                self.files.extend(value().map(|name| file(name, RequestRole::Wanted)));
            }
            "-c" | "--constraint" | "--constraints" => {
                self.files.extend(value().map(|name| file(name, RequestRole::Held)));
            }
            "--override" | "--overrides" => self.files.extend(value().map(|name| file(name, RequestRole::Forced))),
            "-e" | "--editable" => {
                self.asked.extend(value().map(|text| CommandWord { text, ..word.clone() }));
            }
            "-i" | "--index-url" | "--pypi-url" | "--default-index" => {
                let url = value();
                self.unknown_index |= url.is_none();
                if let Some(url) = url {
                    self.step.step.indexes.retain(|index| index.role != IndexRole::Default);
                    self.step.step.indexes.push(Index { url: options::address(&url), role: IndexRole::Default });
                }
            }
            "--extra-index-url" | "--index" => {
                let url = value().map(|url| options::address(&url));
                self.unknown_index |= url.is_none();
                self.step.step.indexes.extend(url.map(|url| Index { url, role: IndexRole::Extra }));
            }
            "-f" | "--find-links" => self.step.step.links.extend(value().map(|link| redact::urls(&link))),
            "--extra" => self.wish.extras.extend(value()),
            "--all-extras" => self.wish.all_extras = true,
            "--group" => self.wish.groups.extend(value()),
            "--pre" => self.step.step.pre = true,
            "--prerelease" => self.step.step.pre = value().as_deref() == Some("allow"),
            "-U" | "--upgrade" => self.step.step.upgrade = true,
            "--force-reinstall" | "--reinstall" | "-I" | "--ignore-installed" => self.step.step.reinstall = true,
            // Only this package is.
            "-P" | "--upgrade-package" | "--reinstall-package" => {
                self.step.step.renewed.extend(value().map(|name| normalize(&name)))
            }
            "--exact" => self.step.step.exact = true,
            // Such a folder is no environment, and what is installed elsewhere does not count for it.
            "-t" | "--target" | "--prefix" | "--root" => {
                value();
                self.step.step.elsewhere = true;
            }
            "--no-deps" | "--no-dependencies" => self.step.step.alone = true,
            "--index-strategy" => {
                let strategy = value();
                if strategy.as_deref() == Some("unsafe-best-match") {
                    self.step.step.best_match = true;
                }
            }
            "--torch-backend" => {
                let backend = value().unwrap_or_default();
                project::torch_backend(&backend, &mut self.step);
            }
            // What another program makes of its own options is not known here.
            _ if self.by != By::Pip || !option.starts_with("--") || is_option(option) => {}
            _ => {
                let what = format!("pip refuses this line: it has no option {option}");
                scene.sheet.gap(what, GapWeight::Refused, word.at.clone());
            }
        }
    }

    /// Reads what the call names, when all of its options are known.
    fn bring(&mut self, scene: &mut Scene<'_, '_>) {
        if self.by == By::UvPip {
            options::of_uv_variables(scene, &mut self.step);
            if let Some(backend) = options::torch_backend_variable(scene) {
                project::torch_backend(&backend, &mut self.step);
            }
        }
        let no_groups = Wish { groups: Vec::new(), ..self.wish.clone() };
        for (name, role, word) in std::mem::take(&mut self.files) {
            options::include_as(&name, role, &no_groups, &word, &mut self.step, scene);
        }
        // Groups are those of the project in the current folder, whatever else is installed.
        if !self.wish.groups.is_empty() {
            let wish = Wish { only_groups: true, ..self.wish.clone() };
            let folder = scene.folder.clone();
            let brought = options::bring(&folder, self.by, &wish, &mut self.step, scene);
            if let Err(why) = brought
                && let Some(at) = self.asked.first().map(|word| word.at.clone())
            {
                scene.sheet.gap(format!("the file pyproject.toml ({why})"), GapWeight::Missing, at);
            }
        }
        for word in std::mem::take(&mut self.asked) {
            options::ask(&word.text, &word, self.by, &mut self.step, scene);
        }
    }
}

fn uninstall(verb: &CommandWord, rest: &[CommandWord], scene: &mut Scene<'_, '_>) {
    let mut step = StepSheet::default();
    for word in rest.iter().filter(|word| !word.text.starts_with('-') && word.unknown.is_none()) {
        if let Ok(request) = requirements::request(&word.text) {
            step.ask(Request { role: RequestRole::Removed, ..request }, word.at.clone());
        }
    }
    scene.sheet.step(step, verb.at.clone());
}
