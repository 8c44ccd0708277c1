//! A version that a lock file has, as a request: what the lock files of all tools have in common.

use super::ground::Ground;
use crate::{
    facts::{Asked, Cpu, Os, Request},
    python::{WheelName, normalize},
    system::redact,
};

/// Names of wheels that are kept of one package.
const MAX_WHEELS: usize = 64;

/// A package of a lock file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Locked<'l> {
    pub name: &'l str,
    pub version: &'l str,
    /// The index that it is taken from.
    pub index: Option<&'l str>,
    /// The address that it is taken from instead.
    pub source: Option<&'l str>,
    /// When it is installed at all.
    pub marker: Option<&'l str>,
}

impl Locked<'_> {
    /// It as a request, with these wheels: names or addresses.
    pub fn request<'w>(self, wheels: impl Iterator<Item = &'w str>, ground: &Ground) -> Request {
        let mut kept = Vec::new();
        let mut local = None;
        for wheel in wheels {
            let file = file_name(wheel);
            let Some(name) = WheelName::parse(&file) else { continue };
            local = local.or_else(|| name.version.contains('+').then(|| name.version.clone()));
            if kept.len() < MAX_WHEELS && may_fit(&name, ground) {
                kept.push(file);
            }
        }
        // The address tells the build where the version does not: `torch-2.9.1%2Bcu128-…whl`.
        let version = match local {
            Some(local) if !self.version.contains('+') && local.starts_with(self.version) => local,
            _ => self.version.to_owned(),
        };
        let specifiers = if version.is_empty() { String::new() } else { format!("=={version}") };
        let asked = Asked {
            text: format!("{}{specifiers}", self.name),
            specifiers,
            extras: Vec::new(),
            marker: self.marker.map(str::to_owned),
            source: self.source.map(redact::urls),
        };
        let index = self.index.map(redact::urls);
        Request { asked, index, wheels: kept, ..Request::new(&normalize(self.name)) }
    }
}

/// The name of the file that an address leads to.
fn file_name(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    path.rsplit(['/', '\\']).next().unwrap_or(path).replace("%2B", "+").replace("%2b", "+")
}

/// Whether a wheel has code for a machine like this; one that is for every machine says nothing.
fn may_fit(wheel: &WheelName, ground: &Ground) -> bool {
    let fits = |tag: &String| {
        let Some(platform) = ground.platform else { return tag != "any" };
        let os = match platform.os {
            Os::Linux => tag.contains("linux"),
            Os::Windows => tag.starts_with("win"),
            Os::Macos => tag.starts_with("macos"),
        };
        let cpu = match platform.cpu {
            Cpu::X86_64 => ["x86_64", "amd64"].iter().any(|cpu| tag.ends_with(cpu)),
            Cpu::Aarch64 => ["aarch64", "arm64", "universal2"].iter().any(|cpu| tag.ends_with(cpu)),
        };
        os && cpu
    };
    let python = ground.python.map(|python| format!("cp{}{}", python.major, python.minor));
    let of_python = |tag: &String| python.as_ref().is_none_or(|python| !tag.starts_with("cp") || tag == python);
    let stable = wheel.abis.iter().any(|abi| abi == "abi3");
    wheel.platforms.iter().any(fits) && (stable || wheel.pythons.iter().any(of_python))
}
