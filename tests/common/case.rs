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
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/patient-5090.json")).unwrap();
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
        (output.status.code().unwrap(), report)
    }
}
