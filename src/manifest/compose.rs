//! Files of Docker Compose: which images services are built from or use, with which arguments, and whether a service gets a GPU.
//! Format: <https://docs.docker.com/reference/compose-file/>.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    Format, Reading, Sheet, Text,
    dockerfile::{self, Order},
    shell::{Plain, Value, Variables},
    yaml::{self, Node},
};
use crate::facts::{GapWeight, Location, Manager};

/// Services beyond these many are not read.
const MAX_SERVICES: usize = 100;
/// As deep as services may extend each other.
const MAX_EXTENDS: usize = 8;

/// The format.
pub struct Compose;

impl Format for Compose {
    fn name(&self) -> &'static str {
        "Compose file"
    }

    fn claims(&self, text: &Text) -> bool {
        let name = text.name().to_ascii_lowercase();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let begins = || text.text.lines().any(|line| line.trim_end() == "services:");
        yaml && begins() && (name.contains("compose") || text.text.contains("image:") || text.text.contains("build:"))
    }

    fn read(&self, text: &Text, reading: &mut Reading<'_>) {
        let sheets = services(std::slice::from_ref(text), reading, &[]);
        reading.sheets.extend(sheets);
    }
}

/// A file with its tree.
struct File {
    text: Text,
    tree: Node,
}

/// A part of a service in the file where it stands.
#[derive(Clone, Copy)]
struct Part<'f> {
    text: &'f Text,
    node: &'f Node,
}

impl<'f> Part<'f> {
    fn get(self, key: &str) -> Option<Self> {
        Some(Self { node: self.node.get(key)?, ..self })
    }

    fn at(self) -> Location {
        self.node.at(self.text)
    }
}

/// A service: what files say of it, the last one first.
struct Service<'f> {
    name: &'f str,
    parts: Vec<Part<'f>>,
}

impl<'f> Service<'f> {
    fn get(&self, key: &str) -> Option<Part<'f>> {
        self.parts.iter().find_map(|part| part.get(key))
    }
}

/// The services of these files, each as an environment. `wanted`: only those, if any is named.
pub(super) fn services(texts: &[Text], reading: &mut Reading<'_>, wanted: &[String]) -> Vec<Sheet> {
    let mut files = Vec::new();
    for text in texts {
        match yaml::read(text) {
            Ok(tree) => files.push(File { text: text.clone(), tree }),
            Err(error) => reading.unread.push((text.shown.clone(), error.to_string())),
        }
    }
    let Some(last) = files.last() else { return Vec::new() };
    let folder = files.first().map_or(last.text.folder(), |file| file.text.folder()).to_owned();
    let mut variables = Variables::new(dotenv(&folder, reading), reading.choices.set.clone());
    let mut names: Vec<&str> = Vec::new();
    for file in &files {
        let services = file.tree.get("services").map(Node::map).unwrap_or_default();
        for name in services.iter().filter_map(|(name, _)| name.text()) {
            if !names.contains(&name) && names.len() < MAX_SERVICES {
                names.push(name);
            }
        }
    }
    let mut sheets = Vec::new();
    for name in names.into_iter().filter(|name| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name)) {
        let service = Service { name, parts: parts(&files, name) };
        let id = format!("{} ({name})", last.text.shown);
        sheets.extend(sheet(&service, &id, &folder, &mut variables, reading));
    }
    sheets
}

/// What files say of a service, with those that it extends.
fn parts<'f>(files: &'f [File], name: &str) -> Vec<Part<'f>> {
    let mut found = Vec::new();
    let mut name = name.to_owned();
    for _ in 0..MAX_EXTENDS {
        let of = |file: &'f File| Some(Part { text: &file.text, node: file.tree.get("services")?.get(&name)? });
        let here: Vec<Part<'f>> = files.iter().rev().filter_map(of).collect();
        let base = here
            .iter()
            .find_map(|part| part.get("extends"))
            .and_then(|extends| extends.node.text().or_else(|| extends.get("service")?.node.text()).map(str::to_owned));
        found.extend(here);
        match base {
            Some(base) if base != name => name = base,
            _ => break,
        }
    }
    found
}

fn sheet(
    service: &Service<'_>,
    id: &str,
    folder: &Path,
    variables: &mut Variables,
    reading: &mut Reading<'_>,
) -> Option<Sheet> {
    let gpu = asks_for_gpu(service);
    let mut sheet = match service.get("build") {
        Some(build) => built(build, id, folder, variables, reading),
        None => {
            let image = service.get("image")?;
            let value = Plain(variables).value(&plain(image.node.text()?));
            let name = value.text();
            // Databases and the like are no matter of GPUs.
            let parts = ["cuda", "torch", "nvidia", "gpu", "vllm", "tensorflow", "llama", "comfy", "diffusion"];
            if gpu.is_none() && !parts.iter().any(|part| name.to_ascii_lowercase().contains(part)) {
                return None;
            }
            let mut sheet = Sheet::new(id, &image.text.shown);
            match value.unknown {
                Some(why) => {
                    sheet.gap(format!("the value of {why}, which names the image"), GapWeight::Decides, image.at())
                }
                None => sheet.base(&name, image.at()),
            }
            sheet.manager(Manager::Docker, &image.at());
            sheet
        }
    };
    for (name, value) in pairs(service.get("environment"), variables) {
        if let (Some(at), None) = (&value.at, &value.unknown)
            && dockerfile::is_told(&name)
        {
            sheet.variable(&name, &value.text(), at.clone());
        }
    }
    let place = service.parts.first().map(|part| (part.text, part.node));
    if let Some((text, node)) = place {
        let at = gpu.clone().unwrap_or_else(|| name_of(service, text).unwrap_or_else(|| node.at(text)));
        sheet.gpus(gpu.is_some(), at);
    }
    Some(sheet)
}

/// Where the name of a service stands.
fn name_of(service: &Service<'_>, text: &Text) -> Option<Location> {
    let line =
        text.lines().find(|(_, line)| line.trim().trim_end_matches(':').trim_matches(['"', '\'']) == service.name)?;
    Some(text.at(line.0 + line.1.len() - line.1.trim_start().len()))
}

fn built(build: Part<'_>, id: &str, folder: &Path, variables: &mut Variables, reading: &mut Reading<'_>) -> Sheet {
    let mut said = |key: &str| {
        let text = build.get(key)?.node.text().map(plain)?;
        Some(Plain(variables).value(&text).text())
    };
    let context = match build.node.text() {
        Some(context) => plain(context),
        None => said("context").unwrap_or_else(|| ".".to_owned()),
    };
    let file = said("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let stage = reading.choices.stage.clone().or_else(|| said("target"));
    let missing = |what: String| {
        let mut sheet = Sheet::new(id, &build.text.shown);
        sheet.gap(what, GapWeight::Decides, build.at());
        sheet
    };
    if context.contains("://") || context.starts_with("git@") {
        return missing(format!("the Dockerfile of {context}"));
    }
    let args = pairs(build.get("args"), variables).into_iter().collect();
    let context = super::command::joined(folder, &context);
    let order = Order { id: id.to_owned(), context: context.clone(), stage, args };
    if let Some(inline) = build.get("dockerfile_inline")
        && let Some(text) = inline.node.text()
    {
        let before = usize::try_from(inline.at().line.saturating_sub(1)).unwrap_or(0);
        let text = Text::new(context.join("Dockerfile"), &inline.text.shown, format!("{}{text}", "\n".repeat(before)));
        return dockerfile::build(&text, reading, &order);
    }
    let path = super::command::joined(&context, &file);
    match reading.beside(folder, &path.to_string_lossy()) {
        Ok(text) => dockerfile::build(&text, reading, &order),
        Err(why) => missing(format!("the file {file} ({why})")),
    }
}

/// Names and values, as a map or as a list of `NAME=value`.
fn pairs(part: Option<Part<'_>>, variables: &mut Variables) -> Vec<(String, Value)> {
    let Some(part) = part else { return Vec::new() };
    let value = |text: &str, at: Location, variables: &mut Variables| {
        let mut value = Plain(variables).value(&plain(text));
        value.at = Some(at);
        value
    };
    let mut pairs = Vec::new();
    for (name, node) in part.node.map() {
        let Some(name) = name.text() else { continue };
        // A name without a value has that of the shell.
        match node.text() {
            Some(text) => pairs.push((name.to_owned(), value(text, node.at(part.text), variables))),
            None => pairs.extend(variables.get(name).map(|value| (name.to_owned(), value))),
        }
    }
    for node in part.node.list() {
        let Some(text) = node.text() else { continue };
        match text.split_once('=') {
            Some((name, text)) => pairs.push((name.to_owned(), value(text, node.at(part.text), variables))),
            None => pairs.extend(variables.get(text).map(|value| (text.to_owned(), value))),
        }
    }
    pairs
}

/// A text with the sign of variables as shells escape it.
fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace("$$", "\\$")
}

/// Where a service asks for a GPU: a reservation of devices, `gpus`, the runtime nvidia, or a device of NVIDIA's.
fn asks_for_gpu(service: &Service<'_>) -> Option<Location> {
    let names = |part: &Part<'_>, words: &[&str]| {
        let text = |node: &Node| node.text().is_some_and(|text| words.iter().any(|word| text.contains(word)));
        text(part.node) || part.node.list().iter().any(text)
    };
    let part = |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(service.get(first)?, |part, key| part.get(key))
    };
    if let Some(gpus) = part(&["gpus"]) {
        return Some(gpus.at());
    }
    if let Some(runtime) = part(&["runtime"]).filter(|runtime| names(runtime, &["nvidia"])) {
        return Some(runtime.at());
    }
    if let Some(devices) = part(&["devices"]).filter(|devices| names(devices, &["nvidia"])) {
        return Some(devices.at());
    }
    if let Some(devices) = part(&["deploy", "resources", "reservations", "devices"]) {
        let gpu = devices.node.list().iter().any(|device| {
            let device = Part { node: device, ..devices };
            let capable = device.get("capabilities").is_some_and(|part| names(&part, &["gpu", "nvidia", "compute"]));
            capable || device.get("driver").is_some_and(|part| names(&part, &["nvidia", "cdi"]))
        });
        return gpu.then(|| devices.at());
    }
    part(&["deploy", "resources", "reservations", "generic_resources"]).map(Part::at)
}

/// The variables of `.env` beside a file.
fn dotenv(folder: &Path, reading: &mut Reading<'_>) -> BTreeMap<String, Value> {
    let Ok(text) = reading.beside(folder, ".env") else { return BTreeMap::new() };
    let pair = |(start, line): (usize, &str)| {
        let line = line.trim().trim_start_matches("export ");
        let (name, value) = line.split_once('=').filter(|_| !line.starts_with('#'))?;
        let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
        Some((name.trim().to_owned(), Value::known(value, Some(text.at(start)))))
    };
    text.lines().filter_map(pair).collect()
}

/// The files that `docker compose` reads where none is named.
pub(super) fn default_files(folder: &Path, reading: &mut Reading<'_>) -> Vec<Text> {
    let names = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
    let Some(first) = names.iter().find_map(|name| reading.beside(folder, name).ok()) else { return Vec::new() };
    let own = PathBuf::from(first.name());
    let over = own.extension().and_then(|ending| ending.to_str()).map(|ending| {
        format!("{}.override.{ending}", own.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default())
    });
    let over = over.and_then(|name| reading.beside(folder, &name).ok());
    std::iter::once(first).chain(over).collect()
}
