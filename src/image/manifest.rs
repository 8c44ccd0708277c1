//! Which layers an image has, and how it is run: OCI's index, manifests and configuration, and the `manifest.json` of `docker save`.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Choice,
    blob::Blob,
    environment::Config,
    error::{Error, invalid},
    outer::Members,
};
use crate::facts::{Cpu, Os, Platform};

/// Configurations have some kilobytes; a history may be long.
const MAX_JSON: u64 = 8 << 20;
/// Images of an index, those of the indexes in it included.
const MAX_IMAGES: usize = 1000;
const MAX_DEPTH: usize = 4;
/// Docker's limit is 127.
const MAX_LAYERS: usize = 1024;
/// What programs find where an image does not say it: Docker's own.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The image that is meant.
#[derive(Debug)]
pub(super) struct Chosen {
    pub name: Option<String>,
    pub platform: Option<Platform>,
    pub config: Config,
    /// The layers, lowest first, each with what people know it by.
    pub layers: Vec<(Blob, String)>,
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    platform: Option<Named>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Deserialize)]
struct Named {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    variant: Option<String>,
}

#[derive(Deserialize)]
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
}

/// An element of `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// The configuration of an image.
#[derive(Deserialize)]
struct Configuration {
    #[serde(flatten)]
    platform: Named,
    #[serde(default)]
    config: Option<Process>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Process {
    #[serde(default)]
    env: Option<Vec<String>>,
    #[serde(default)]
    working_dir: Option<String>,
    #[serde(default)]
    user: Option<String>,
}

/// Chooses the image of an archive.
pub(super) fn choose(members: &Members, choice: Choice) -> Result<Chosen, Error> {
    let index: Option<Index> = json(members, "index.json")?;
    let saved: Option<Vec<Saved>> = json(members, "manifest.json")?;
    let mut images = Vec::new();
    if let Some(index) = index {
        gather(members, index.manifests, None, 0, &mut images)?;
    }
    if !images.is_empty() {
        return of_index(members, &images, choice);
    }
    match saved {
        Some(saved) => of_saved(members, &saved),
        None => match members.file_system() {
            Some(blob) => Ok(Chosen {
                name: None,
                platform: None,
                config: Config::with_path(PATH),
                layers: vec![(blob, "the file system".to_owned())],
                notes: vec![
                    "The archive has a file system without an image's configuration: its environment variables are not known."
                        .to_owned(),
                ],
            }),
            None => Err(Error::NoImage("the tar archive has neither an index.json nor a manifest.json")),
        },
    }
}

/// An image of an index.
struct Candidate {
    descriptor: Descriptor,
    name: Option<String>,
}

/// Collects the images of an index, as far as they are in the archive.
fn gather(
    members: &Members,
    descriptors: Vec<Descriptor>,
    name: Option<&str>,
    depth: usize,
    images: &mut Vec<Candidate>,
) -> Result<(), Error> {
    for descriptor in descriptors {
        let annotation = |key: &str| descriptor.annotations.as_ref().and_then(|all| all.get(key)).cloned();
        // What signs or describes an image, and not an image.
        let about = annotation("vnd.docker.reference.type").is_some()
            || descriptor.platform.as_ref().is_some_and(|platform| platform.os == "unknown");
        let known = images.iter().any(|other| other.descriptor.digest == descriptor.digest);
        if about || known || images.len() >= MAX_IMAGES {
            continue;
        }
        let name = annotation("io.containerd.image.name")
            .or_else(|| annotation("org.opencontainers.image.ref.name"))
            .or_else(|| name.map(str::to_owned));
        let Some(blob) = members.get(&place(&descriptor.digest)?)? else { continue };
        let nested = descriptor.media_type.contains("index") || descriptor.media_type.contains("manifest.list");
        if nested {
            if depth < MAX_DEPTH {
                let index: Index = parsed(&blob, &descriptor.digest)?;
                gather(members, index.manifests, name.as_deref(), depth + 1, images)?;
            }
        } else {
            images.push(Candidate { descriptor, name });
        }
    }
    Ok(())
}

fn of_index(members: &Members, images: &[Candidate], choice: Choice) -> Result<Chosen, Error> {
    let mut read = Vec::new();
    let mut told = Vec::new();
    for image in images {
        let blob = part(members, &image.descriptor.digest)?;
        let manifest: Manifest = parsed(&blob, &image.descriptor.digest)?;
        let configuration: Configuration = parsed(&part(members, &manifest.config.digest)?, &manifest.config.digest)?;
        let named = image.descriptor.platform.clone().filter(|named| !named.os.is_empty());
        let named = named.unwrap_or_else(|| configuration.platform.clone());
        told.push(named.to_string());
        read.push((image, manifest, configuration, named.platform()));
    }
    let wanted = choice.asked.or(choice.own.filter(|_| told.iter().any(|other| Some(other) != told.first())));
    if let Some(wanted) = wanted {
        read.retain(|(.., platform)| *platform == Some(wanted));
    }
    let mut notes = Vec::new();
    if let (Some(wanted), true) = (wanted, read.len() < told.len()) {
        let how = if choice.asked.is_some() { "by --platform" } else { "this machine's; --platform chooses another" };
        notes.push(format!("The archive has images for {}; judged is {wanted} ({how}).", told.join(", ")));
    }
    let names: Vec<&str> = read.iter().map(|(image, ..)| image.name.as_deref().unwrap_or("unnamed")).collect();
    if names.len() > 1 {
        return Err(several(&names));
    }
    let Some((image, manifest, configuration, platform)) = read.into_iter().next() else {
        return Err(match wanted {
            Some(asked) => Error::Platform { asked, there: told },
            None => Error::NoImage("its index names no image that is in it"),
        });
    };
    let mut layers = Vec::new();
    for layer in &manifest.layers {
        if layer.media_type.contains("encrypted") {
            return Err(Error::Unreadable(format!("layer {} is encrypted", short(&layer.digest))));
        }
        layers.push((part(members, &layer.digest)?, short(&layer.digest)));
    }
    chosen(image.name.clone(), platform, configuration, layers, notes)
}

fn of_saved(members: &Members, saved: &[Saved]) -> Result<Chosen, Error> {
    let one = match saved {
        [one] => one,
        [] => return Err(Error::NoImage("its manifest.json names no image")),
        more => {
            let name = |saved: &Saved| saved.repo_tags.iter().flatten().next().cloned().unwrap_or("unnamed".to_owned());
            let names: Vec<String> = more.iter().map(name).collect();
            return Err(several(&names.iter().map(String::as_str).collect::<Vec<_>>()));
        }
    };
    let member = |name: &str| match members.get(name)? {
        Some(blob) => Ok(blob),
        None => Err(Error::Unreadable(format!("{name}, which manifest.json names, is not in it"))),
    };
    let configuration: Configuration = parsed(&member(&one.config)?, &one.config)?;
    let mut layers = Vec::new();
    for layer in &one.layers {
        let name = layer.strip_suffix("/layer.tar").or(layer.strip_prefix("blobs/sha256/")).unwrap_or(layer);
        layers.push((member(layer)?, short(name)));
    }
    let name = one.repo_tags.iter().flatten().next().cloned();
    let platform = configuration.platform.platform();
    chosen(name, platform, configuration, layers, Vec::new())
}

fn chosen(
    name: Option<String>,
    platform: Option<Platform>,
    configuration: Configuration,
    layers: Vec<(Blob, String)>,
    notes: Vec<String>,
) -> Result<Chosen, Error> {
    if configuration.platform.os == "windows" {
        return Err(Error::Unreadable("it is an image of Windows, and only those of Linux are read".to_owned()));
    }
    if layers.len() > MAX_LAYERS {
        return Err(Error::Unreadable(format!("it has more than {MAX_LAYERS} layers")));
    }
    let process = configuration.config.unwrap_or_default();
    let mut config = Config::with_path(PATH);
    for variable in process.env.unwrap_or_default() {
        if let Some((name, value)) = variable.split_once('=') {
            config.variables.insert(name.to_owned(), value.to_owned());
        }
    }
    config.folder = process.working_dir.filter(|folder| !folder.is_empty());
    config.user = process.user.filter(|user| !user.is_empty());
    Ok(Chosen { name, platform, config, layers, notes })
}

fn several(names: &[&str]) -> Error {
    let shown: Vec<&str> = names.iter().take(8).copied().collect();
    Error::Unreadable(format!(
        "it has {} images ({}{}); save the one to check alone",
        names.len(),
        shown.join(", "),
        if names.len() > shown.len() { ", …" } else { "" }
    ))
}

impl Named {
    fn platform(&self) -> Option<Platform> {
        let os = match self.os.as_str() {
            "linux" => Os::Linux,
            "windows" => Os::Windows,
            _ => return None,
        };
        let cpu = match self.architecture.as_str() {
            "amd64" => Cpu::X86_64,
            "arm64" => Cpu::Aarch64,
            _ => return None,
        };
        Some(Platform { os, cpu })
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.platform(), &self.variant) {
            (Some(platform), _) => platform.fmt(f),
            (None, Some(variant)) => write!(f, "{}-{}-{variant}", self.os, self.architecture),
            (None, None) => write!(f, "{}-{}", self.os, self.architecture),
        }
    }
}

fn part(members: &Members, digest: &str) -> Result<Blob, Error> {
    match members.get(&place(digest)?)? {
        Some(blob) => Ok(blob),
        None => Err(Error::Unreadable(format!("{} is not in it, but is part of the image", short(digest)))),
    }
}

/// `blobs/sha256/0123…` of `sha256:0123…`.
fn place(digest: &str) -> Result<String, Error> {
    let word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match digest.split_once(':') {
        Some((algorithm, hex)) if word(algorithm) && word(hex) => Ok(format!("blobs/{algorithm}/{hex}")),
        _ => Err(Error::Unreadable("it refers to a part by something that is not a digest".to_owned())),
    }
}

/// What people recognise a digest by.
fn short(digest: &str) -> String {
    digest.rsplit(':').next().unwrap_or(digest).chars().take(12).collect()
}

fn json<T: DeserializeOwned>(members: &Members, name: &str) -> Result<Option<T>, Error> {
    members.get(name)?.map(|blob| parsed(&blob, name)).transpose()
}

fn parsed<T: DeserializeOwned>(blob: &Blob, name: &str) -> Result<T, Error> {
    let shown = short(name);
    let bytes = blob.whole(MAX_JSON).map_err(|error| Error::of(&shown, &error))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::of(&shown, &invalid(format!("it is not as expected: {error}"))))
}
