//! Saved facts of a real environment, for changing one thing and judging again through `doctor --replay -`.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};

/// The patient's facts, for changing.
pub struct Case {
    /// The saved report.
    pub report: Value,
    /// Options of the command.
    pub arguments: Vec<String>,
}

/// A fact that was seen.
pub fn known(value: impl Into<Value>) -> Value {
    json!({"state": "known", "value": value.into(), "via": {"how": "file", "at": "test"}})
}

/// The patient on these GPUs and this driver.
pub fn case(gpus: &[&str], driver: &str) -> Case {
    saved("patient-5090", gpus, driver)
}

/// Saved facts of `tests/facts` on these GPUs and this driver.
pub fn saved(name: &str, gpus: &[&str], driver: &str) -> Case {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts");
    let text = std::fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
    let mut arguments = vec!["--driver".to_owned(), driver.to_owned()];
    gpus.iter().for_each(|gpu| arguments.extend(["--gpu".to_owned(), (*gpu).to_owned()]));
    Case { report: serde_json::from_str(&text).unwrap(), arguments }
}

/// The patient healed: a card that its build serves.
pub fn healthy() -> Case {
    case(&["RTX 4090"], "580.95.05")
}

impl Case {
    /// The one environment.
    pub fn environment(&mut self) -> &mut Value {
        &mut self.report["facts"]["environments"][0]
    }

    /// Its packages.
    pub fn packages(&mut self) -> &mut Vec<Value> {
        self.environment()["packages"].as_array_mut().unwrap()
    }

    /// One of them.
    pub fn package(&mut self, name: &str) -> &mut Value {
        self.packages().iter_mut().find(|package| package["name"] == name).unwrap()
    }

    /// Takes a package away.
    pub fn without(mut self, name: &str) -> Self {
        self.packages().retain(|package| package["name"] != name);
        self
    }

    /// A package with another build, whose libraries are those of the old one no more.
    pub fn build(mut self, name: &str, version: &str, cuda: Option<&str>) -> Self {
        let package = self.package(name);
        package["version"] = known(version.split('+').next().unwrap());
        package["build"] = known(json!({"version": version, "cuda": cuda}));
        package["libraries"] = json!([]);
        if name == "torch" {
            // The cuDNN that is there is the old build's.
            let cudnn = |line: &Value| line.as_str().unwrap().starts_with("nvidia-cudnn");
            if let Some(requires) = package.get_mut("requires").and_then(Value::as_array_mut) {
                requires.retain(|line| !cudnn(line));
            }
            self.packages().retain(|package| package["name"] != "nvidia-cudnn-cu12");
        }
        self
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.report["facts"]["env_vars"][name] = json!(value);
        self
    }

    /// Adds options.
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// Changes the facts.
    pub fn change(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.report["facts"]);
        self
    }

    /// Changes the environment.
    pub fn place(mut self, change: impl FnOnce(&mut Value)) -> Self {
        change(self.environment());
        self
    }

    /// Exit code and report.
    pub fn judged(self) -> (i32, Value) {
        let mut child = super::gpucheck()
            .args(["doctor", "--replay", "-", "--format", "json"])
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(self.report.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}"));
        (output.status.code().unwrap(), super::moved_alike(report))
    }
}

/// A machine with a working driver and these GPUs, seen by all sources: `(name, compute capability, PCI device id)`.
pub fn machine(gpus: &[(&str, &str, &str)]) -> Case {
    let mut case = healthy();
    case.arguments.clear();
    let gpu = |(index, (name, capability, id)): (usize, &(&str, &str, &str))| {
        json!({
            "id": format!("gpu{index}"), "name": known(*name), "pci_device": known(*id),
            "pci_address": known(format!("0000:{:02x}:00.0", index + 1)), "capability": known(*capability), "memory": known(1u64 << 34),
            "visible": known(true), "named": false, "bound": known("nvidia"),
            "mig": {"state": "absent", "via": {"how": "nvml", "at": "nvmlDeviceGetMigMode"}},
            "trouble": {"state": "absent", "via": {"how": "nvml", "at": "nvmlDeviceGetHandleByIndex"}},
            "seen_by": ["pci", "nvml", "cuda"],
        })
    };
    let library = |name: &str| json!({"path": format!("/usr/lib/x86_64-linux-gnu/{name}.so.580.95.05"), "version": known("580.95.05"), "kind": "driver"});
    let facts = &mut case.report["facts"];
    facts["gpus"] = known(gpus.iter().enumerate().map(gpu).collect::<Vec<_>>());
    facts["host"]["container"] = json!({"state": "absent", "via": {"how": "file", "at": "/.dockerenv"}});
    facts["host"]["distribution"] = known("Ubuntu 24.04.3 LTS");
    facts["host"]["container_tools"] = known(json!(["docker", "nvidia-ctk"]));
    facts["driver"] = known(json!({"version": "580.95.05", "cuda": known("13.0")}));
    facts["kernel"] = json!({
        "version": known("580.95.05"), "flavour": known("open"), "loaded": known(json!(["nvidia", "nvidia_uvm"])), "installed": known("580.95.05"),
        "nodes": known(json!(["/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm"])), "secure_boot": known(false),
        "nvswitches": known(0), "fabric_manager": known(false),
    });
    facts["driver_libraries"] = known(json!([library("libcuda"), library("libnvidia-ml")]));
    facts["nvml"] = known(json!({"library": known(library("libnvidia-ml")), "answer": {"state": "ready"}}));
    facts["cuda"] = known(json!({"library": known(library("libcuda")), "answer": {"state": "ready"}}));
    case
}

impl Case {
    /// A library that answers otherwise: `nvml` or `cuda`.
    pub fn answers(mut self, library: &str, answer: Value) -> Self {
        self.report["facts"][library]["value"]["answer"] = answer;
        self
    }

    /// A first call that fails with this code.
    pub fn fails(self, library: &str, code: u32) -> Self {
        let call = if library == "nvml" { "nvmlInit" } else { "cuInit" };
        self.answers(library, json!({"state": "failed", "call": call, "code": code, "name": null}))
    }

    /// A library that is not there.
    pub fn lacks(mut self, library: &str) -> Self {
        self.report["facts"][library]["value"]["library"] =
            json!({"state": "absent", "via": {"how": "file", "at": "the loader"}});
        self.answers(library, json!({"state": "no-library"}))
    }

    /// Inside a docker container.
    pub fn contained(self) -> Self {
        self.change(|facts| facts["host"]["container"] = known("docker"))
    }

    /// One GPU changed.
    pub fn gpu(mut self, index: usize, change: impl FnOnce(&mut Value)) -> Self {
        change(&mut self.report["facts"]["gpus"]["value"][index]);
        self
    }
}

/// Asserts that the one error is this rule, and gives it.
#[track_caller]
pub fn error(case: Case, rule: &str) -> Value {
    let (code, report) = case.judged();
    assert_eq!(super::slugs(&report, "error"), [rule], "{}", report["findings"]);
    assert_eq!(code, 1);
    super::finding(&report, rule).clone()
}

/// Asserts that nothing is wrong.
#[track_caller]
pub fn nothing(case: Case) {
    let (code, report) = case.judged();
    assert_eq!((code, &report["verdict"], &report["findings"]), (0, &json!("ok"), &json!([])));
}
