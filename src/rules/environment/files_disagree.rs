//! # files-disagree
//!
//! Two files of one folder ask for different versions of PyTorch, and nothing in their names says that they are alternatives. Which one people get
//! hangs on which file they install from.
//!
//! ## How it is decided
//! Between the files of a folder that each describe the whole project by their usual name (`requirements.txt`, `environment.yml`, `Dockerfile`,
//! `pyproject.toml`, `setup.py`, `Pipfile`, `pixi.toml`): a version that one of them pins is held against what the other one accepts. Files that are
//! told apart by name (`requirements-cpu.txt`, `requirements_cu118.txt`, `Dockerfile.rocm`) are alternatives and are not compared.
//!
//! ## How to fix it
//! Let both ask for the same version, or one of them install from the other (`-r requirements.txt`).
//!
//! ## In a log
//! Nothing by itself.
//!
//! ## Sources
//! The two files.

use crate::{
    facts::{Environment, Origin, Package},
    finding::{Evidence, Severity},
    python,
    rules::{Context, Draft, Judges, Outcome, Rule, Scope},
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "files-disagree",
    scope: Scope::Environment,
    judges: Judges::Places,
    severity: Severity::Info,
    consequence_of: &[],
    remedies: &[],
    judge,
};

/// Files that describe a project as a whole.
const WHOLE: [&str; 13] = [
    "requirements.txt",
    "environment.yml",
    "environment.yaml",
    "Dockerfile",
    "Containerfile",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "pixi.toml",
    "uv.lock",
    "poetry.lock",
    "pylock.toml",
];

/// The folder of a file that describes a project as a whole, by its name; nothing for another file, and for a part of one.
fn folder(environment: &Environment) -> Option<&str> {
    let Origin::Declared(file) = &environment.origin else { return None };
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    (environment.id == *file && WHOLE.contains(&name)).then_some(folder)
}

/// The torch that a file asks for itself, and the versions that it accepts.
fn torch(environment: &Environment) -> Option<(&Package, &str)> {
    let torch = environment.package("torch")?;
    let asked = torch.asked.as_deref()?;
    (!asked.specifiers.is_empty()).then_some((torch, asked.specifiers.as_str()))
}

/// Whether one pins a version that the other does not accept.
fn disagree(one: &str, other: &str) -> bool {
    let refuses = |specifiers: &str, pin: &str| {
        python::exact_version(pin).is_some_and(|version| python::satisfies(specifiers, version) == Some(false))
    };
    // A pin without a build accepts every build of its version.
    let public = |specifiers: &str| match python::exact_version(specifiers) {
        Some(version) => format!("=={}", python::public_version(version)),
        None => specifiers.to_owned(),
    };
    let builds = [one, other].map(|specifiers| specifiers.contains('+'));
    match builds {
        [true, true] => refuses(one, other) || refuses(other, one),
        _ => refuses(&public(one), &public(other)) || refuses(&public(other), &public(one)),
    }
}

fn judge(context: &Context<'_>) -> Outcome {
    let Some((index, environment)) = context.environment else { return Outcome::NotApplicable };
    let (Some(own_folder), Some((own, specifiers))) = (folder(environment), torch(environment)) else {
        return Outcome::NotApplicable;
    };
    let earlier = context.facts.environments.iter().enumerate().take(index);
    let mut compared = false;
    for (number, other) in earlier.filter(|(_, other)| folder(other) == Some(own_folder)) {
        let Some((package, accepted)) = torch(other) else { continue };
        compared = true;
        if !disagree(specifiers, accepted) {
            continue;
        }
        let place = |number: usize, environment: &Environment| {
            let position = environment.packages.iter().position(|package| package.name == "torch");
            let pointer = environment.pointer(number, position.unwrap_or_default());
            let at = context.facts.place(&pointer).map(|at| format!("{}:{}", at.path, at.line));
            (pointer, at.unwrap_or_else(|| environment.id.clone()))
        };
        let said = |package: &Package| package.asked.as_ref().map_or("torch", |asked| asked.text.as_str()).to_owned();
        let ((own_pointer, own_at), (other_pointer, other_at)) = (place(index, environment), place(number, other));
        let (wanted, there) = (said(own), said(package));
        let summary = format!(
            "{own_at} asks for '{wanted}' and {other_at} for '{there}': no version of PyTorch is right for both."
        );
        return Draft::of_environment(environment, summary)
            .evidence(Evidence::new(wanted, own_at).at(own_pointer))
            .evidence(Evidence::new(there, other_at).at(other_pointer))
            .cause(specifiers)
            .cause(accepted)
            .found();
    }
    if compared { Outcome::Holds } else { Outcome::NotApplicable }
}

#[cfg(test)]
mod tests {
    use super::disagree;

    #[test]
    fn versions_that_one_file_refuses() {
        for (one, other, wanted) in [
            ("==2.5.1", "==2.7.1", true),
            ("==2.5.1", ">=2.0", false),
            ("==2.5.1", ">=2.6,<3", true),
            ("==2.5.1+cu124", "==2.5.1", false),
            ("==2.5.1+cu124", "==2.5.1+cu121", true),
            ("==2.5.1+cu124", ">=2.6", true),
            (">=2.0", "<2", false),
            ("==2.5.*", "==2.5.1", false),
        ] {
            assert_eq!((disagree(one, other), disagree(other, one)), (wanted, wanted), "{one} {other}");
        }
    }
}
