//! Facts in a few words: packages with versions, a GPU, a driver; everything else as on a Linux machine on which nothing is wrong.

use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::case::known;

/// A machine with one environment. What is left out is as usual; a table that stands for "the nearest that is in order" changes
/// what it names.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Words {
    /// Versions by normalised name; a local part of torch and its companions names the build. `""` takes a package away.
    pub packages: BTreeMap<String, String>,
    /// `Requires-Dist` lines.
    pub requires: BTreeMap<String, Vec<String>>,
    /// Paths of shared libraries; after `<-` what one links to.
    pub libraries: BTreeMap<String, Vec<String>>,
    /// Paths of libraries that are not there although the package has them.
    pub lost: BTreeMap<String, Vec<String>>,
    /// Compute capabilities of the GPUs; `?` where a GPU is there and nothing is known of it.
    pub gpus: Option<Vec<String>>,
    /// Driver.
    pub driver: Option<String>,
    /// Platform of the environment and the host.
    pub platform: Option<String>,
    /// Python version.
    pub python: Option<String>,
    /// Environment variables; `""` unsets.
    pub variables: BTreeMap<String, String>,
    /// Shared libraries that the system loader finds: where; `""`: in none of its folders; `LD:…`: through LD_LIBRARY_PATH.
    pub loader: BTreeMap<String, String>,
    /// Whether the GPUs were seen and not named by an option, and the driver answers.
    pub live: Option<bool>,
    /// Flavour of the loaded kernel module.
    pub module: Option<String>,
    /// Releases of CUDA toolkits under /usr/local that nothing leads to.
    pub toolkits: Option<Vec<String>>,
    /// CUDA toolkits with nvcc that something leads to: the release of each by what does (`CUDA_HOME`, `nvcc on PATH`,
    /// `/usr/local/cuda`); `""` takes one away.
    pub taken_toolkits: BTreeMap<String, String>,
    /// A file that asks for the packages, instead of an installed environment.
    pub declared: Option<bool>,
}

impl Words {
    /// The same with what `other` names changed.
    pub fn with(&self, other: &Self) -> Self {
        let mut words = self.clone();
        words.packages.extend(other.packages.clone());
        words.packages.retain(|_, version| !version.is_empty());
        words.requires.extend(other.requires.clone());
        words.libraries.extend(other.libraries.clone());
        words.lost.extend(other.lost.clone());
        words.variables.extend(other.variables.clone());
        words.variables.retain(|_, value| !value.is_empty());
        words.loader.extend(other.loader.clone());
        words.taken_toolkits.extend(other.taken_toolkits.clone());
        words.taken_toolkits.retain(|_, version| !version.is_empty());
        words.gpus = other.gpus.clone().or(words.gpus);
        words.driver = other.driver.clone().or(words.driver);
        words.platform = other.platform.clone().or(words.platform);
        words.python = other.python.clone().or(words.python);
        words.live = other.live.or(words.live);
        words.module = other.module.clone().or(words.module);
        words.toolkits = other.toolkits.clone().or(words.toolkits);
        words.declared = other.declared.or(words.declared);
        words
    }

    /// A saved report with these facts, for `doctor --replay`.
    pub fn report(&self) -> Value {
        let platform = self.platform.as_deref().unwrap_or("linux-x86_64");
        let absent = json!({"state": "absent", "via": {"how": "file", "at": "test"}});
        let nobody = json!({"state": "unknown", "why": "test"});
        let gpus = self.gpus.clone().unwrap_or_default();
        let live = self.live == Some(true);
        let seen_by: &[&str] = if live { &["pci", "nvml", "cuda"] } else { &[] };
        let ready = known(json!({
            "library": known(json!({"path": "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1", "version": nobody, "kind": "driver"})),
            "answer": {"state": "ready"},
        }));
        let gpu = |(index, capability): (usize, &String)| {
            let of = if capability == "?" { nobody.clone() } else { known(capability.as_str()) };
            json!({
                "id": format!("gpu{index}"), "name": known(format!("GPU of {capability}")), "pci_device": nobody, "pci_address": nobody,
                "capability": of, "memory": nobody, "visible": known(true), "named": !live, "seen_by": seen_by,
            })
        };
        let found = |path: &String| match (path.as_str(), path.strip_prefix("LD:")) {
            ("", _) => absent.clone(),
            (_, Some(path)) => {
                json!({"state": "known", "value": path, "via": {"how": "variable", "at": "LD_LIBRARY_PATH"}})
            }
            _ => known(path.as_str()),
        };
        json!({"facts": {
            "host": {
                "platform": known(platform), "distribution": nobody, "kernel": nobody, "glibc": known("2.39"), "wsl": absent, "container": absent,
            },
            "driver": match &self.driver {
                Some(version) => known(json!({"version": version, "cuda": nobody})),
                None => known(json!({"version": "580.95.05", "cuda": nobody})),
            },
            "nvml": if live { ready } else { nobody.clone() },
            "gpus": if gpus.is_empty() { absent.clone() } else { known(gpus.iter().enumerate().map(gpu).collect::<Vec<_>>()) },
            "kernel": { "flavour": self.module.as_deref().map_or(nobody.clone(), known) },
            "toolkits": self.toolkits(),
            "env_vars": self.variables,
            "environments": [{
                "id": "~/demo/.venv", "origin": if self.declared == Some(true) { json!({"declared": "requirements.txt"}) } else { json!("installed") },
                "selected": true, "found_by": "test", "active": true, "interpreter": known("~/demo/.venv/bin/python"),
                "python": known(self.python.as_deref().unwrap_or("3.11")), "platform": known(platform), "manager": known("pip"),
                "packages": self.packages.iter().map(|(name, version)| self.package(name, version)).collect::<Vec<_>>(),
                "system_libraries": self.loader.iter().map(|(name, path)| (name.clone(), found(path))).collect::<BTreeMap<_, _>>(),
            }],
        }})
    }

    fn toolkits(&self) -> Vec<Value> {
        let unused = self.toolkits.iter().flatten().map(|version| ("/usr/local", version));
        let taken = self.taken_toolkits.iter().map(|(way, version)| (way.as_str(), version));
        let toolkit = |(way, version): (&str, &String)| {
            let path = format!("/usr/local/cuda-{version}");
            json!({"path": path, "version": known(version.as_str()), "nvcc": true, "found_by": [way]})
        };
        unused.chain(taken).map(toolkit).collect()
    }

    fn package(&self, name: &str, version: &str) -> Value {
        let unknown = json!({"state": "unknown", "why": "test"});
        let library = |line: &String| {
            let (path, needed) = line.split_once("<-").unwrap_or((line, ""));
            let needed: Vec<&str> = needed.split_whitespace().collect();
            let container = if path.trim().ends_with(".dll") { "pe" } else { "elf" };
            json!({"path": path.trim(), "container": container, "needed": needed, "code": unknown})
        };
        let lost = |path: &String| json!({"path": path, "what": "absent", "why": "does not exist"});
        let lost: Option<Vec<Value>> = self.lost.get(name).map(|paths| paths.iter().map(lost).collect());
        json!({
            "name": name, "version": known(version), "build": unknown, "requires": self.requires.get(name).cloned().unwrap_or_default(),
            "listing": lost.as_ref().map(|_| "record"), "damaged": lost.unwrap_or_default(),
            "libraries": self.libraries.get(name).iter().flat_map(|paths| paths.iter()).map(library).collect::<Vec<_>>(),
            "at": format!("lib/python3.11/site-packages/{}-{version}.dist-info", name.replace('-', "_")),
        })
    }
}
