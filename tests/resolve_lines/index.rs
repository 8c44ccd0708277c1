//! What package indexes have, as stub wheels with real names, versions, tags and requirements: the default index and PyTorch's own.
//!
//! The default index has the files that `tests/resolve_lines/default.txt` lists, which pip saw there, whatever rows say; of a torch that is
//! newer than this list, what its row says. PyTorch's own indexes cannot be listed from here: they have the builds of `torch.toml`, with torchvision and torchaudio for the Pythons for which the
//! default index has them, and with what is known to be otherwise ([`LOCAL_ON_ARM`]). A build that was only announced is not there.

use std::collections::{BTreeMap, BTreeSet};

use gpucheck::{
    facts::{Cpu, Os, Platform, PythonVersion},
    knowledge::{Knowledge, TorchBuild, TorchRelease},
};
use pep440_rs::{Version, VersionSpecifiers};

use crate::common::server::{Reply, Request, zip};

/// The path of the default index on the test's server.
pub const DEFAULT: &str = "simple";

/// From these versions on, the wheels of torchvision and torchaudio for CUDA on aarch64 have a local version; those before are called
/// like the ones on the default index. Seen: torchvision-0.22.0-…_aarch64 below whl/cu128 (uv lock files with hashes),
/// torchvision-0.24.1-…_aarch64 below whl/cu130, and with `+cu130` 0.25.0, 0.26.0 and torchaudio 2.11.0 (2026-11-29).
const LOCAL_ON_ARM: [(&str, &str); 2] = [("torchvision", "0.25.0"), ("torchaudio", "2.10.0")];

/// What torch and torchvision require besides: pure Python, in whatever version.
const PLAIN: [(&str, &str); 9] = [
    ("filelock", "3.20.0"),
    ("typing-extensions", "4.15.0"),
    ("sympy", "1.14.0"),
    ("networkx", "3.2.1"),
    ("jinja2", "3.1.6"),
    ("fsspec", "2025.9.0"),
    ("setuptools", "80.9.0"),
    ("numpy", "1.26.4"),
    ("pillow", "11.3.0"),
];

/// A small real library with code for sm_120 alone, and one with code for sm_90 alone.
const NEW_CODE: &[u8] = include_bytes!("../corpus/fatbin/c13.5/so-sm_120.so");
const OLD_CODE: &[u8] = include_bytes!("../corpus/fatbin/c13.5/so-sass-only-sm_90.so");

/// One stub wheel.
#[derive(Debug, Clone)]
pub struct Wheel {
    name: String,
    /// As the file's name has it.
    pub version: String,
    /// `cp312-cp312-manylinux_2_28_x86_64`.
    tag: String,
    requires_python: Option<String>,
    requires: Vec<String>,
    /// What it is a build of, with the variant that the file of the default index does not name.
    pub build: String,
}

impl Wheel {
    /// A wheel for every system that requires nothing.
    fn plain(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            tag: "py3-none-any".to_owned(),
            requires_python: None,
            requires: Vec::new(),
            build: version.to_owned(),
        }
    }

    fn file(&self) -> String {
        format!("{}-{}-{}.whl", self.name.replace('-', "_"), self.version, self.tag)
    }

    /// Whether it is for this platform.
    pub fn serves(&self, platform: Platform) -> bool {
        platform_of(&self.tag).is_none_or(|own| own == platform)
    }

    fn metadata(&self) -> String {
        let mut text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", self.name, self.version);
        if let Some(python) = &self.requires_python {
            text += &format!("Requires-Python: {python}\n");
        }
        for line in &self.requires {
            text += &format!("Requires-Dist: {line}\n");
        }
        text
    }

    /// The file: its metadata, for PyTorch's own packages the two Python files that say which build it is, and for torch a small library in
    /// the place of its main one: with code for sm_120 alone in builds of CUDA 12.8 and later, for sm_90 alone in others.
    fn bytes(&self) -> Vec<u8> {
        let folder = format!("{}-{}.dist-info", self.name.replace('-', "_"), self.version);
        let wheel = format!("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: {}\n", self.tag);
        let mut members: Vec<(String, Vec<u8>)> =
            vec![(format!("{folder}/METADATA"), self.metadata().into()), (format!("{folder}/WHEEL"), wheel.into())];
        if let Some((_, variant)) = self.build.split_once('+').filter(|_| self.name.starts_with("torch")) {
            let digits = variant.strip_prefix("cu").and_then(|digits| digits.split_at_checked(digits.len() - 1));
            let cuda = digits.map_or("None".to_owned(), |(major, minor)| format!("'{major}.{minor}'"));
            let version = format!("__version__ = '{}'\ncuda = {cuda}\n", self.build);
            members.push((format!("{}/version.py", self.name), version.into()));
            let import = "from .version import __version__\n".to_owned();
            members.push((format!("{}/__init__.py", self.name), import.into()));
            if self.name == "torch" && digits.is_some() {
                let code = if variant >= "cu128" { NEW_CODE } else { OLD_CODE };
                members.push(("torch/lib/libtorch_cuda.so".to_owned(), code.to_vec()));
            }
        }
        let record = members.iter().map(|(path, _)| format!("{path},,\n")).collect::<String>();
        members.push((format!("{folder}/RECORD"), format!("{record}{folder}/RECORD,,\n").into()));
        zip(&members.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect::<Vec<_>>())
    }
}

/// The platform that a tag ends with; nothing for `any`.
fn platform_of(tag: &str) -> Option<Platform> {
    let tag = tag.rsplit('-').next().unwrap();
    let (os, cpu) = match tag {
        "any" => return None,
        "win_amd64" => (Os::Windows, Cpu::X86_64),
        tag if tag.ends_with("_aarch64") => (Os::Linux, Cpu::Aarch64),
        _ => (Os::Linux, Cpu::X86_64),
    };
    Some(Platform { os, cpu })
}

/// All wheels, by index (`simple`, `whl/cu128`) and name.
#[derive(Debug, Default)]
pub struct Indexes {
    wheels: BTreeMap<(String, String), Vec<Wheel>>,
    /// Versions on the default index that have no wheel: `deepspeed==0.19.5`.
    sources: BTreeSet<String>,
    /// Builds that were announced and not seen: `torch 2.15.0+cu130`, and for which platform.
    announced: BTreeSet<(String, String)>,
}

impl Indexes {
    /// What there is, by the kept lists and the rows.
    pub fn new(knowledge: &Knowledge) -> Self {
        let mut indexes = Self::default();
        let mut listed = listed();
        listed.extend(newer_than_listed(knowledge, &listed));
        let sources = listed.iter().filter(|line| line.platform == "source");
        indexes.sources = sources.map(|line| format!("{}=={}", line.name, line.version)).collect();
        for line in &listed {
            line.wheels(knowledge).for_each(|wheel| indexes.add(DEFAULT, wheel));
        }
        for release in knowledge.torch_releases() {
            for build in &release.builds {
                if build.published.is_only_expected() {
                    let name = format!("torch {}", build.full_version(release));
                    indexes.announced.insert((name, build.platform.to_string()));
                    continue;
                }
                of_build(knowledge, release, build, &listed)
                    .into_iter()
                    .for_each(|wheel| indexes.add(&build.index, wheel));
            }
        }
        let paths: BTreeSet<String> = indexes.wheels.keys().map(|(index, _)| index.clone()).collect();
        for path in paths {
            for (name, version) in PLAIN {
                indexes.add(&path, Wheel::plain(name, version));
            }
            for release in knowledge.torch_releases() {
                let cudnn = release.builds.iter().filter_map(cudnn);
                let asked = release.requires_nvidia.iter().cloned().chain(triton(release)).chain(cudnn);
                asked.filter_map(|line| stand_in(&line)).for_each(|wheel| indexes.add(&path, wheel));
            }
        }
        indexes
    }

    fn add(&mut self, index: &str, wheel: Wheel) {
        let there = self.wheels.entry((index.to_owned(), wheel.name.clone())).or_default();
        if there.iter().all(|other| other.file() != wheel.file()) {
            there.push(wheel);
        }
    }

    /// The wheel of a version that an index gave for a platform.
    pub fn wheel(&self, index: &str, name: &str, version: &str, platform: Platform) -> Option<&Wheel> {
        let there = self.wheels.get(&(index.to_owned(), name.to_owned()))?;
        there.iter().find(|wheel| wheel.version == version && wheel.serves(platform))
    }

    /// Whether a requirement names a version of which there is only source.
    pub fn is_source(&self, requirement: &str) -> bool {
        self.sources.contains(requirement)
    }

    /// Whether a part of a promise is a build that was only announced.
    pub fn is_announced(&self, part: &str, platform: Platform) -> bool {
        self.announced.contains(&(part.to_owned(), platform.to_string()))
    }

    /// How many wheels there are, and on how many indexes.
    pub fn size(&self) -> (usize, usize) {
        let indexes: BTreeSet<&String> = self.wheels.keys().map(|(index, _)| index).collect();
        (self.wheels.values().map(Vec::len).sum(), indexes.len())
    }

    /// What the server answers: pages of the simple API in HTML (PEP 503, 658), metadata, and wheels.
    pub fn answer(&self, request: &Request) -> Reply {
        let path = request.path.trim_matches('/').replace("%2B", "+").replace("%2b", "+");
        let Some((index, last)) = path.rsplit_once('/') else { return Reply::status(404) };
        if let Some((index, name)) = index.rsplit_once('/')
            && let Some((wheel, metadata)) = self.file(index, name, last)
        {
            return if metadata {
                Reply::page("text/plain", wheel.metadata())
            } else {
                Reply::part(&wheel.bytes(), request)
            };
        }
        match self.wheels.get(&(index.to_owned(), last.to_owned())) {
            Some(wheels) => Reply::page("text/html", page(wheels)),
            None => Reply::status(404),
        }
    }

    fn file(&self, index: &str, name: &str, file: &str) -> Option<(&Wheel, bool)> {
        let wheels = self.wheels.get(&(index.to_owned(), name.to_owned()))?;
        let (file, metadata) = file.strip_suffix(".metadata").map_or((file, false), |file| (file, true));
        wheels.iter().find(|wheel| wheel.file() == file).map(|wheel| (wheel, metadata))
    }
}

fn page(wheels: &[Wheel]) -> String {
    let escaped = |text: &str| text.replace('<', "&lt;").replace('>', "&gt;");
    let link = |wheel: &Wheel| {
        let python =
            wheel.requires_python.as_deref().map(|python| format!(" data-requires-python=\"{}\"", escaped(python)));
        let file = wheel.file();
        let python = python.unwrap_or_default();
        format!("<a href=\"{}\" data-core-metadata=\"true\"{python}>{file}</a>\n", file.replace('+', "%2B"))
    };
    format!("<!DOCTYPE html><html><body>\n{}</body></html>", wheels.iter().map(link).collect::<String>())
}

/// A line of the list of the default index.
pub struct Listed {
    name: String,
    version: String,
    platform: String,
    requires_python: Option<String>,
    tags: Vec<String>,
}

/// All of them.
pub fn listed() -> Vec<Listed> {
    let lines = include_str!("default.txt").lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut word = || words.next().unwrap_or_else(|| panic!("tests/resolve_lines/default.txt: {line}"));
        let (name, version, platform, python) = (word(), word(), word(), word());
        let requires_python = Some(python).filter(|python| python != "-");
        Listed { name, version, platform, requires_python, tags: words.collect() }
    };
    lines.map(read).collect()
}

/// The same for the releases of torch that came after the list was made, with their companions, as their rows have them.
fn newer_than_listed(knowledge: &Knowledge, listed: &[Listed]) -> Vec<Listed> {
    let number = |version: &str| version.parse::<Version>().unwrap();
    let newest = listed.iter().filter(|line| line.name == "torch").map(|line| number(&line.version)).max();
    let mut lines = Vec::new();
    for release in knowledge.torch_releases().filter(|release| Some(number(&release.version)) > newest) {
        let all = [
            ("torch", Some(&release.version)),
            ("torchvision", release.torchvision.as_ref()),
            ("torchaudio", release.torchaudio.as_ref()),
        ];
        for (name, version) in all.into_iter().filter_map(|(name, version)| Some((name, version?))) {
            if listed.iter().any(|line| line.name == name && line.version == *version) {
                continue;
            }
            lines.extend(release.builds.iter().filter(|build| build.pypi_default).map(|build| Listed {
                name: name.to_owned(),
                version: version.clone(),
                platform: platform_tag(release, build),
                requires_python: Some(release.requires_python.clone()),
                tags: release.python_of(build).iter().map(|python| tags(*python)).collect(),
            }));
        }
    }
    lines
}

impl Listed {
    /// Whether it is a file of this version.
    pub fn is(&self, name: &str, version: &str) -> bool {
        self.name == name && self.version == version
    }

    /// Whether it is a wheel of this version for a platform and a Python.
    pub fn serves(&self, name: &str, version: &str, platform: Platform, python: PythonVersion) -> bool {
        self.is(name, version)
            && platform_of(&self.platform) == Some(platform)
            && self.tags.iter().any(|listed| *listed == tags(python) || listed.starts_with("py3-"))
    }

    fn wheels<'l>(&'l self, knowledge: &'l Knowledge) -> impl Iterator<Item = Wheel> + 'l {
        let platform = platform_of(&self.platform);
        let release = release_of(knowledge, &self.name, &self.version);
        let of = release.and_then(|release| {
            release.builds.iter().find(|build| build.pypi_default && Some(build.platform) == platform)
        });
        let build = of.map_or_else(|| self.version.clone(), |build| format!("{}+{}", self.version, build.variant));
        let requires = match (self.name.as_str(), release) {
            // Like the real ones, the wheels of a release say the same for every platform, with markers: uv takes one for all.
            ("torch", Some(release)) => of_torch(release).chain(of_nvidia(release)).collect(),
            ("torchvision" | "torchaudio", Some(release)) => of_companion(&self.name, &self.version, release),
            _ => of_package(knowledge, &self.name, &self.version, platform),
        };
        self.tags.iter().map(move |tags| Wheel {
            name: self.name.clone(),
            version: self.version.clone(),
            tag: format!("{tags}-{}", self.platform),
            requires_python: self.requires_python.clone(),
            requires: requires.clone(),
            build: build.clone(),
        })
    }
}

/// The release of torch that a package was released with: the first one that names it.
fn release_of<'k>(knowledge: &'k Knowledge, name: &str, version: &str) -> Option<&'k TorchRelease> {
    knowledge.torch_releases().find(|release| match name {
        "torch" => release.version == version,
        "torchvision" => release.torchvision.as_deref() == Some(version),
        "torchaudio" => release.torchaudio.as_deref() == Some(version),
        _ => false,
    })
}

fn triton(release: &TorchRelease) -> Option<String> {
    Some(format!("triton{}", release.triton.as_deref()?))
}

/// The cuDNN that a build for Linux requires; what else it requires of NVIDIA is known for the builds on the default index alone.
fn cudnn(build: &TorchBuild) -> Option<String> {
    let major = build.cuda().filter(|_| build.platform.os == Os::Linux)?.major;
    Some(format!("nvidia-cudnn-cu{major}=={}", build.cudnn.as_deref()?))
}

fn of_torch(release: &TorchRelease) -> impl Iterator<Item = String> + '_ {
    let plain = ["filelock", "typing-extensions", "sympy", "networkx", "jinja2", "fsspec"];
    let marker = release.triton_marker.as_ref().map(|marker| format!(" and {marker}")).unwrap_or_default();
    let linux = "platform_system == \"Linux\" and platform_machine == \"x86_64\"";
    let triton = triton(release).map(|triton| format!("{triton}; {linux}{marker}"));
    plain.into_iter().map(str::to_owned).chain(triton)
}

/// What the builds of a release on the default index require of NVIDIA's: those for CUDA, all of them for Linux.
fn of_nvidia(release: &TorchRelease) -> Vec<String> {
    let of_cuda = |build: &&TorchBuild| build.pypi_default && build.platform.os == Os::Linux && build.variant != "cpu";
    let cpus: Vec<Cpu> = release.builds.iter().filter(of_cuda).map(|build| build.platform.cpu).collect();
    let machine = match cpus.as_slice() {
        [] => return Vec::new(),
        [Cpu::X86_64] => " and platform_machine == \"x86_64\"",
        _ => "",
    };
    let marked = |line: &String| match line.contains(';') {
        true => line.clone(),
        false => format!("{line}; platform_system == \"Linux\"{machine}"),
    };
    release.requires_nvidia.iter().map(marked).collect()
}

/// torchvision up to 0.29.0 and torchaudio up to 2.10.0 are pinned to one torch; METADATA of the later ones, as pip reports it.
fn of_companion(name: &str, version: &str, release: &TorchRelease) -> Vec<String> {
    let torch = match version {
        "0.29.1" | "0.29.2" => Some("torch>=2.14.0".to_owned()),
        "2.11.0" => None,
        "2.11.1" => Some("torch>=2.11".to_owned()),
        _ => Some(format!("torch=={}", release.version)),
    };
    let more: &[&str] = if name == "torchvision" { &["numpy", "pillow"] } else { &[] };
    torch.into_iter().chain(more.iter().map(|&more| more.to_owned())).collect()
}

fn within(range: &str, version: &str) -> bool {
    range.parse::<VersionSpecifiers>().unwrap().contains(&version.parse::<Version>().unwrap())
}

/// What a row says of the torch that a version of a package requires: the one for the wheel's platform, else one for another, as METADATA of
/// all wheels of a version is the same.
fn of_package(knowledge: &Knowledge, name: &str, version: &str, platform: Option<Platform>) -> Vec<String> {
    let files = knowledge.package_files().filter(|file| file.names().any(|other| other == name));
    let of_name = |of: &[String]| of.is_empty() || of.iter().any(|other| other == name);
    let rows = files.flat_map(|file| &file.build).filter(|row| of_name(&row.of) && within(&row.versions, version));
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|row| !row.concerns(name, platform));
    rows.first().and_then(|row| row.torch.as_ref()).map(|torch| format!("torch{torch}")).into_iter().collect()
}

/// What the file names of a build end with.
fn platform_tag(release: &TorchRelease, build: &TorchBuild) -> String {
    let manylinux = build.manylinux.as_deref().unwrap_or(&release.manylinux);
    match (build.platform.os, build.platform.cpu) {
        (Os::Windows, _) => "win_amd64".to_owned(),
        (_, Cpu::Aarch64) => format!("{}_aarch64", manylinux.replace("manylinux1", "manylinux2014")),
        _ => format!("{manylinux}_x86_64"),
    }
}

/// The wheels of a build on PyTorch's own index.
fn of_build(knowledge: &Knowledge, release: &TorchRelease, build: &TorchBuild, listed: &[Listed]) -> Vec<Wheel> {
    let platform = platform_tag(release, build);
    let torch = Wheel {
        requires_python: Some(release.requires_python.clone()),
        requires: of_torch(release).chain(cudnn(build)).collect(),
        ..Wheel::plain("torch", &build.full_version(release))
    };
    let tagged = |python: &PythonVersion| Wheel { tag: format!("{}-{platform}", tags(*python)), ..torch.clone() };
    let mut wheels: Vec<Wheel> = release.python_of(build).iter().map(tagged).collect();
    for (name, version) in [("torchvision", &release.torchvision), ("torchaudio", &release.torchaudio)] {
        let Some(version) = version else { continue };
        // What later releases share was built with the first of them, in its variants: whl/cu132 has no torchaudio 2.11.0
        // (seen in a build script, 2026-11-29).
        if release_of(knowledge, name, version).is_none_or(|first| first.version != release.version) {
            continue;
        }
        let full = format!("{version}+{}", build.variant);
        let local = build.platform.cpu != Cpu::Aarch64 || has_local_on_arm(name, version);
        let lines = listed.iter().filter(|line| line.name == name && line.version == *version);
        for line in lines.filter(|line| platform_of(&line.platform) == Some(build.platform)) {
            wheels.extend(line.tags.iter().map(|tags| Wheel {
                tag: format!("{tags}-{}", line.platform),
                requires_python: line.requires_python.clone(),
                requires: of_companion(name, version, release),
                build: full.clone(),
                ..Wheel::plain(name, if local { &full } else { version })
            }));
        }
    }
    wheels
}

fn has_local_on_arm(name: &str, version: &str) -> bool {
    let version: Version = version.parse().unwrap();
    LOCAL_ON_ARM.iter().any(|(other, first)| *other == name && version >= first.parse().unwrap())
}

/// `cp313-cp313t`.
fn tags(python: PythonVersion) -> String {
    let abi = if python.free_threaded {
        "t"
    } else if python.minor < 8 {
        "m"
    } else {
        ""
    };
    let plain = format!("cp{}{}", python.major, python.minor);
    format!("{plain}-{plain}{abi}")
}

/// A wheel that fits a requirement that names a version: `nvidia-cudnn-cu12==9.5.1.17`, `triton~=3.8.0`.
fn stand_in(line: &str) -> Option<Wheel> {
    let end = line.find(|letter: char| "[<>=!~; ".contains(letter)).unwrap_or(line.len());
    let specs = line[end..].split_once(']').map_or(&line[end..], |(_, specs)| specs);
    let floor =
        specs.split(',').find_map(|spec| ["==", "~=", ">="].iter().find_map(|sign| spec.trim().strip_prefix(sign)));
    Some(Wheel::plain(&line[..end], floor?))
}
