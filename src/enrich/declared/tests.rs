//! Steps, and the torch that comes of them.

use super::*;
use crate::facts::{Index, Origin};

/// `pip` or `uv`, its options, and what is asked for, in one line.
fn step(line: &str) -> Step {
    let mut words = line.split_whitespace();
    let resolver = match words.next() {
        Some("uv") => Resolver::Uv,
        Some("lock") => Resolver::Lock,
        _ => Resolver::Pip,
    };
    let mut step = Step { resolver, ..Step::default() };
    while let Some(word) = words.next() {
        let mut index = |role| {
            let url = format!("https://download.pytorch.org/whl/{}", words.next().unwrap());
            step.indexes.push(Index { url, role });
        };
        match word {
            "-i" => index(IndexRole::Default),
            "+i" => index(IndexRole::Extra),
            "-U" => step.upgrade = true,
            "--no-deps" => step.alone = true,
            "--force-reinstall" | "--reinstall" => step.reinstall = true,
            "--exact" => step.exact = true,
            "-P" => step.renewed.extend(words.next().map(str::to_owned)),
            _ => {
                let (role, text) = match word.split_at(1) {
                    ("-", rest) => (RequestRole::Removed, rest),
                    ("^", rest) => (RequestRole::Held, rest),
                    _ => (RequestRole::Wanted, word),
                };
                let requirement: python::Requirement = text.parse().unwrap();
                let mut request = Request::new(&requirement.name);
                request.asked.specifiers = requirement.specifiers.to_string().replace(' ', "");
                request.role = role;
                step.requests.push(request);
            }
        }
    }
    step
}

/// The torch after these steps on a platform with a Python, and what else was asked about.
fn after(platform: &str, python: &str, lines: &[&str]) -> Environment {
    let knowledge = Knowledge::builtin().unwrap();
    let mut environment = Environment::unknown("e", Origin::Declared("e".to_owned()), "test");
    environment.platform = Fact::known(platform.parse().unwrap(), Source::file("test"));
    environment.python = Fact::known(python.parse().unwrap(), Source::file("test"));
    environment.steps = lines.iter().map(|line| step(line)).collect();
    install(&mut environment, &knowledge, None);
    environment
}

fn version(environment: &Environment, name: &str) -> String {
    environment
        .package(name)
        .map_or_else(String::new, |package| package.version.value().cloned().unwrap_or_else(|| "?".to_owned()))
}

fn torch(platform: &str, python: &str, lines: &[&str]) -> String {
    version(&after(platform, python, lines), "torch")
}

const LINUX: &str = "linux-x86_64";
const WINDOWS: &str = "windows-x86_64";

#[test]
fn what_comes_along_is_that_of_the_platform() {
    let comes = |platform: &str, line: &str, name: &str| after(platform, "3.11", &[line]).package(name).is_some();
    for (line, name, platforms) in [
        ("pip moshi", "bitsandbytes", [true, false]),
        ("pip exllamav3", "triton-windows", [false, true]),
        ("pip keras-hub", "tensorflow", [true, false]),
        ("pip megatron-core", "torch", [true, false]),
        ("pip timm", "torchvision", [true, true]),
    ] {
        assert_eq!([comes(LINUX, line, name), comes(WINDOWS, line, name)], platforms, "{line}: {name}");
    }
    let jax = |platform: &str| {
        let mut step = step("pip jax");
        step.requests[0].asked.extras = vec!["cuda12".to_owned()];
        let knowledge = Knowledge::builtin().unwrap();
        let platform = Some(platform.parse().unwrap());
        knowledge.brought_with("jax", &step.requests[0].asked.extras, platform).count()
    };
    assert_eq!((jax(LINUX), jax(WINDOWS)), (1, 0));
}

#[test]
fn pip_takes_the_best_of_all_indexes() {
    for (lines, wanted) in [
        (&["pip torch==2.7.1"][..], "2.7.1"),
        (&["pip torch<2.8"], "2.7.1"),
        (&["pip -i cu128 torch<2.8"], "2.7.1+cu128"),
        (&["pip +i cu126 torch<2.8"], "2.7.1+cu126"),
        // The newest counts more than a local part.
        (&["pip +i cu121 torch<2.8"], "2.7.1"),
        (&["pip -i cu121 torch"], "2.5.1+cu121"),
        (&["pip torch==2.7.1+cu128"], "2.7.1+cu128"),
    ] {
        assert_eq!(torch(LINUX, "3.11", lines), wanted, "{lines:?}");
    }
}

#[test]
fn uv_takes_the_first_index_that_has_the_name() {
    for (lines, wanted) in [
        (&["uv torch<2.8"][..], "2.7.1"),
        (&["uv +i cu121 torch"], "2.5.1+cu121"),
        (&["uv -i cu128 torch<2.8"], "2.7.1+cu128"),
    ] {
        assert_eq!(torch(LINUX, "3.11", lines), wanted, "{lines:?}");
    }
    let environment = after(LINUX, "3.11", &["uv +i cu121 torch==2.7.1"]);
    let torch = environment.package("torch").unwrap();
    assert!(torch.unavailable.is_some(), "it does not look at the next index: {torch:?}");
}

#[test]
fn order_counts() {
    for (lines, wanted) in [
        (&["pip -i cu124 torch==2.5.0+cu124", "pip torch"][..], "2.5.0+cu124"),
        (&["pip -i cu124 torch==2.5.0+cu124", "pip torch>=2.6,<2.7"], "2.6.0"),
        (&["pip -i cu124 torch==2.5.0+cu124", "pip -U torch<2.8"], "2.7.1"),
        (&["pip torch==2.7.1", "pip -torch"], ""),
        (&["pip torch==2.7.1", "pip accelerate"], "2.7.1"),
        (&["pip ^torch<2.8 torch"], "2.7.1"),
        // xformers 0.0.30 is for torch 2.7.0 alone.
        (&["pip torch==2.6.0", "pip xformers==0.0.30"], "2.7.0"),
        (&["pip torch==2.6.0", "pip --no-deps xformers==0.0.30"], "2.6.0"),
        (&["pip torchvision==0.22.1 torch"], "2.7.1"),
        (&["pip triton==3.3.1 torch"], "2.7.1"),
    ] {
        assert_eq!(torch(LINUX, "3.11", lines), wanted, "{lines:?}");
    }
}

#[test]
fn companions_follow_torch() {
    let companion = |lines: &[&str]| version(&after(WINDOWS, "3.11", lines), "torchvision");
    assert_eq!(companion(&["pip -i cu128 torch==2.7.1+cu128 torchvision"]), "0.22.1+cu128");
    assert_eq!(companion(&["pip torch==2.7.1 torchvision"]), "0.22.1");
    assert_eq!(companion(&["pip torch==2.7.1 torchvision==0.21.0"]), "0.21.0", "what is pinned is not bent");
}

#[test]
fn what_no_row_says_is_not_guessed() {
    // vllm holds torch to one version, and no row says which 0.2.6 does.
    assert_eq!(torch(LINUX, "3.10", &["pip vllm==0.2.6"]), "?");
    assert_eq!(torch(LINUX, "3.10", &["pip torch vllm==0.2.6"]), "?");
    assert_eq!(torch(LINUX, "3.10", &["pip torch==2.1.2 vllm==0.2.6"]), "2.1.2");
    assert_eq!(torch(LINUX, "3.10", &["pip vllm==0.8.5"]), "2.6.0");
}

#[test]
fn a_range_without_a_wheel_for_the_python_is_judged_by_its_newest() {
    assert_eq!(torch(LINUX, "3.12", &["pip torch>=1.13,<2.0"]), "1.13.1");
    // Of a range that is open nobody knows what the next release has.
    assert_eq!(torch(LINUX, "3.99", &["pip torch>=2.0"]), "?");
}

#[test]
fn what_does_not_exist_is_said() {
    let of =
        |platform: &str, line: &str| after(platform, "3.11", &[line]).package("torch").unwrap().unavailable.clone();
    let pinned = of(LINUX, "pip torch==2.7.1+cu128").unwrap();
    assert!(pinned.contains("whl/cu128"), "{pinned}");
    assert_eq!(of(LINUX, "pip +i cu128 torch==2.7.1+cu128"), None);
    assert!(of(WINDOWS, "pip -i cu132 torch==2.7.1").is_some());
    assert_eq!(of(LINUX, "pip torch==1.4.0"), None, "older than the rows");
    assert_eq!(of(LINUX, "pip torch==99.0"), None, "newer than the rows");
}

#[test]
fn a_lock_file_says_what_comes() {
    let mut locked = step("lock torch==2.9.1");
    locked.requests[0].index = Some("https://download.pytorch.org/whl/cu128".to_owned());
    let knowledge = Knowledge::builtin().unwrap();
    let mut environment = Environment::unknown("e", Origin::Declared("e".to_owned()), "test");
    environment.steps = vec![locked];
    install(&mut environment, &knowledge, None);
    assert_eq!(version(&environment, "torch"), "2.9.1+cu128");
}

/// As pip 26.3 and uv 0.9 were seen to do it, with wheels of the same names in a folder (2026-12-01).
#[test]
fn what_is_installed_changes_as_the_tools_change_it() {
    let knowledge = Knowledge::builtin().unwrap();
    let becomes = |line: &str| {
        let mut environment = Environment::unknown("e", Origin::Declared("e".to_owned()), "test");
        environment.platform = Fact::known(LINUX.parse().unwrap(), Source::file("test"));
        environment.python = Fact::known("3.11".parse().unwrap(), Source::file("test"));
        let there = [("torch", "2.10.0+cu130"), ("torchvision", "0.25.0"), ("numpy", "2.1.0")];
        environment.packages = there
            .map(|(name, version)| Package {
                version: Fact::known(version.to_owned(), Source::file("test")),
                ..Package::unknown(name, "test")
            })
            .to_vec();
        environment.changes = Some("e".to_owned());
        environment.steps = vec![step(line)];
        install(&mut environment, &knowledge, None);
        let torch = environment.package("torch");
        (version(&environment, "torch"), torch.and_then(|torch| torch.replaces.clone()))
    };
    for line in [
        "pip torch",
        "pip -i cu128 torch",
        "pip torch==2.10.0",
        "pip --no-deps xformers==0.0.29.post3",
        "pip --force-reinstall numpy",
        "uv torch",
        "uv torch==2.10.0",
        "pip -U numpy",
    ] {
        assert_eq!(becomes(line), ("2.10.0+cu130".to_owned(), None), "{line}");
    }
    let before = Some("2.10.0+cu130".to_owned());
    for line in ["pip xformers==0.0.29.post3", "uv xformers==0.0.29.post3"] {
        assert_eq!(becomes(line), ("2.6.0".to_owned(), before.clone()), "{line}");
    }
    for line in [
        "pip -U torch",
        "pip --force-reinstall torch",
        "pip --force-reinstall torchvision",
        "uv -U torch",
        "uv -U torchvision",
        "uv --reinstall torchvision",
        "uv -P torch torchvision",
    ] {
        let (after, replaced) = becomes(line);
        assert!(replaced == before && after != "2.10.0+cu130", "{line}: {after} {replaced:?}");
    }
    for line in ["uv --exact numpy", "pip -torch"] {
        assert_eq!(becomes(line).0, "", "{line}");
    }
}
