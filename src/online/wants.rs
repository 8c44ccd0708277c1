//! What an answer rests on: the packages and versions that facts name, for each system and Python that they are about.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    facts::{Environment, Facts, Os, Platform, PythonVersion, Resolver},
    knowledge::Knowledge,
    python::{Requirement, WheelPlatform, WheelTarget},
};

/// Systems and Pythons that are looked at for one answer.
const MOST: usize = 6;

/// Ranges of versions that are looked for of one package.
const MOST_RANGES: usize = 8;

/// What is wanted of the indexes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wants {
    pub(super) each: Vec<Want>,
}

/// What is wanted for one system and Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Want {
    /// The system.
    pub platform: Platform,
    /// The Python; nothing where any will do.
    pub python: Option<PythonVersion>,
    /// Names of packages, each with the ranges of versions that are asked for.
    pub asked: BTreeMap<String, BTreeSet<String>>,
}

impl Wants {
    /// Adds what facts are about. What they name and no row is about is not looked for: rows would not say what it means.
    pub fn add(&mut self, facts: &Facts, knowledge: &Knowledge) {
        let counts = |one: &&Environment| one.selected || !one.steps.is_empty();
        for environment in facts.environments.iter().filter(counts) {
            let platform = environment.platform.value().or(facts.host.platform.value());
            // There is no CUDA for macOS.
            let Some(platform) = platform.copied().filter(|platform| platform.os != Os::Macos) else { continue };
            let python = environment.python.value().copied();
            let known = self.each.iter().position(|want| want.platform == platform && want.python == python);
            if known.is_none() && self.each.len() == MOST {
                continue;
            }
            let mut asked = named(environment);
            asked.retain(|name, _| {
                name == "torch" || knowledge.package_file(name).is_some_and(|file| !file.build.is_empty())
            });
            // Whatever is there, a fix of it brings torch.
            asked.entry("torch".to_owned()).or_default().insert(String::new());
            match known.and_then(|place| self.each.get_mut(place)) {
                Some(want) => {
                    asked.into_iter().for_each(|(name, ranges)| want.asked.entry(name).or_default().extend(ranges))
                }
                None => self.each.push(Want { platform, python, asked }),
            }
        }
    }
}

impl Want {
    /// The ranges of a package that are asked for.
    pub fn ranges(&self, name: &str) -> impl Iterator<Item = &String> {
        self.asked.get(name).into_iter().flatten().take(MOST_RANGES)
    }

    /// What wheels must be for.
    pub fn target(&self) -> WheelTarget {
        WheelTarget { platform: WheelPlatform::of(self.platform, None), python: self.python, abi: None }
    }
}

/// What an environment has, asks for and wants, by normalised names.
fn named(environment: &Environment) -> BTreeMap<String, BTreeSet<String>> {
    let mut asked: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |name: &str, range: String| {
        asked.entry(name.to_owned()).or_default().insert(range);
    };
    for package in &environment.packages {
        if let Some(version) = package.version.value() {
            add(&package.name, format!("=={version}"));
            // What a fix may bring.
            add(&package.name, String::new());
        }
    }
    let steps = environment.steps.iter().filter(|step| step.resolver != Resolver::Conda);
    for request in steps.flat_map(|step| &step.requests).filter(|request| request.asked.source.is_none()) {
        let resolved = request.resolved.as_ref().map(|resolved| format!("=={}", resolved.version));
        add(&request.name, resolved.unwrap_or_else(|| request.asked.specifiers.clone()));
    }
    let wanted = environment.wanted.iter().flat_map(|wanted| &wanted.requirements);
    for requirement in wanted.filter_map(|text| text.parse::<Requirement>().ok()) {
        let ranges: Vec<String> = requirement.specifiers.iter().map(ToString::to_string).collect();
        add(&requirement.name, ranges.join(","));
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Origin, Package, Request, Source, Step, Wanted};

    fn environment(platform: &str) -> Environment {
        Environment {
            platform: Fact::known(platform.parse().unwrap(), Source::file("x")),
            ..Environment::unknown("e", Origin::Declared("pip".to_owned()), "test")
        }
    }

    fn request(name: &str, specifiers: &str, source: Option<&str>) -> Request {
        let mut request = Request::new(name);
        request.asked.specifiers = specifiers.to_owned();
        request.asked.source = source.map(str::to_owned);
        request
    }

    fn wants(environments: Vec<Environment>) -> Wants {
        let mut wants = Wants::default();
        wants.add(&Facts { environments, ..Facts::default() }, &Knowledge::builtin().unwrap());
        wants
    }

    #[test]
    fn what_rows_are_about_is_wanted_and_nothing_else() {
        let mut one = environment("linux-x86_64");
        let requests = vec![
            request("torch", "==9.9", None),
            request("vllm", ">=0.10", None),
            request("xformers", "", Some("https://host/xformers-1-py3-none-any.whl")),
            request("nobody-knows", "==1", None),
        ];
        let conda =
            Step { resolver: Resolver::Conda, requests: vec![request("torch", "==9.8", None)], ..Step::default() };
        one.steps = vec![Step { requests, ..Step::default() }, conda];
        one.wanted = Some(Box::new(Wanted { requirements: vec!["torch>=9,<10".to_owned()], keep: false }));
        one.packages = vec![Package {
            version: Fact::known("0.1".to_owned(), Source::file("x")),
            ..Package::unknown("bitsandbytes", "test")
        }];
        let wants = wants(vec![one]);
        let asked: Vec<String> = wants.each[0].asked.iter().map(|(name, ranges)| format!("{name}{ranges:?}")).collect();
        let expected = [r#"bitsandbytes{"", "==0.1"}"#, r#"torch{"", "==9.9", ">=9,<10"}"#, r#"vllm{">=0.10"}"#];
        assert_eq!(asked, expected);
    }

    #[test]
    fn each_system_is_looked_at_once_and_not_without_end() {
        let twice =
            wants(vec![environment("linux-x86_64"), environment("linux-x86_64"), environment("windows-x86_64")]);
        assert_eq!(twice.each.len(), 2);
        assert!(wants(vec![environment("macos-aarch64")]).each.is_empty(), "there is no CUDA");
        let of = |minor| Environment {
            python: Fact::known(PythonVersion { major: 3, minor, free_threaded: false }, Source::file("x")),
            ..environment("linux-x86_64")
        };
        assert_eq!(wants((0..50).map(of).collect()).each.len(), MOST);
    }
}
