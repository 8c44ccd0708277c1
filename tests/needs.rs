//! `gpucheck needs`: every answer, fed back as a machine, passes, and with the driver below it fails: for every row of the knowledge base, for
//! files with code, and for environments.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use common::{gpucheck, run};
use gpucheck::{
    compat::{RequirementFacts, requirement_met},
    enrich::enrich,
    facts::{Build, DriverVersion, Fact, Facts, How, Os, Package, Source},
    finding::{Finding, Severity},
    judge::{self, Assumed, Machine, NeedsQuestion},
    knowledge::Knowledge,
    python,
    report::needs::{NeedsOf, NeedsSystem, SubjectOf},
    rules::{self, Judged},
};
use serde_json::{Value, json};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/fatbin");

fn source() -> Source {
    Source::new(How::Binary, "test")
}

/// A machine with one environment that has this package alone.
fn facts(name: &str, version: &str, cuda: Option<&str>, platform: &str) -> Facts {
    let mut facts = Facts::default();
    facts.host.platform = Fact::known(platform.parse().unwrap(), source());
    let mut environment = judge::hypothetical(&facts, None);
    environment.selected = true;
    let build = Build { version: version.to_owned(), cuda: cuda.map(|cuda| cuda.parse().unwrap()) };
    environment.packages.push(Package {
        version: Fact::known(python::public_version(version).to_owned(), source()),
        build: if name == "torch" { Fact::known(build, source()) } else { Fact::unknown("not asked") },
        at: "test".to_owned(),
        ..Package::unknown(name, "not asked")
    });
    facts.environments.push(environment);
    facts
}

fn needs(knowledge: &Knowledge, facts: &Facts, system: NeedsSystem) -> NeedsOf {
    let machine = Machine::of(Assumed::default());
    let systems = [system];
    let question =
        NeedsQuestion { knowledge, machine: &machine, systems: &systems, features: &[], start: Instant::now() };
    judge::needs_of_environment(&question, facts, SubjectOf::Environment).unwrap()
}

/// What the rules find from a severity on, on a machine that is written as for `--target`.
fn found(knowledge: &Knowledge, facts: &Facts, target: &str, least: Severity) -> Vec<Finding> {
    let mut facts = facts.clone();
    Machine::parse(target, knowledge).unwrap().assumed.apply(&mut facts, knowledge).unwrap();
    let mut found = rules::run(&enrich(&facts, knowledge), knowledge, Judged::All).findings;
    found.retain(|finding| finding.severity >= least);
    found
}

/// What is wrong with an answer when it is fed back; nothing if it holds.
fn fed_back(knowledge: &Knowledge, facts: &Facts, system: NeedsSystem, answer: &NeedsOf) -> Vec<String> {
    let os = if system == NeedsSystem::Windows { "windows" } else { "linux" };
    let always = |finding: &Finding| answer.findings.iter().any(|own| own.fingerprint == finding.fingerprint);
    let mut wrong = Vec::new();
    for group in answer.systems.iter().flat_map(|system| &system.served) {
        let newest = DriverVersion::of(group.until_branch.unwrap_or(999), 0, 0);
        let driver = group.driver.clone().unwrap_or(newest);
        for gpu in &group.gpus {
            let target = |driver: &DriverVersion| format!("{},driver={driver},os={os}", gpu.capability);
            let at = found(knowledge, facts, &target(&driver), Severity::Error);
            if let Some(finding) = at.iter().find(|finding| !always(finding)) {
                wrong.push(format!("{}: {}", target(&driver), finding.summary));
            }
            let below = driver.below();
            // TensorFlow falls back to the processor, which is a warning.
            let least =
                if facts.environments[0].package("tensorflow").is_some() { Severity::Warning } else { Severity::Error };
            let of_rule = |finding: &Finding| group.rule.is_none_or(|rule| finding.rule == rule) && !always(finding);
            if group.driver.is_some() && !found(knowledge, facts, &target(&below), least).iter().any(of_rule) {
                wrong.push(format!("{} passes, too", target(&below)));
            }
            if let Some(last) = group.until_branch {
                // On Windows a branch covers several numbers: the next one that is known.
                let after = knowledge.driver_branches().filter(|branch| *branch > last).min().unwrap();
                let after = DriverVersion::of(after, 0, 0);
                if found(knowledge, facts, &target(&after), Severity::Error).iter().all(always) {
                    wrong.push(format!("{} passes, too", target(&after)));
                }
            }
        }
    }
    wrong
}

#[test]
fn every_build_of_torch_needs_what_it_says() {
    let knowledge = Knowledge::builtin().unwrap();
    let (mut asked, mut served, mut wrong) = (0, 0, Vec::new());
    for release in knowledge.torch_releases() {
        for build in release.builds.iter().filter(|build| build.platform.os != Os::Macos) {
            let version = build.full_version(release);
            let cuda = build.cuda().map(|cuda| cuda.to_string());
            let facts = facts("torch", &version, cuda.as_deref(), &build.platform.to_string());
            let system = if build.platform.os == Os::Windows { NeedsSystem::Windows } else { NeedsSystem::Linux };
            let answer = needs(&knowledge, &facts, system);
            asked += 1;
            let serves = answer.systems.iter().any(|system| !system.served.is_empty());
            served += usize::from(serves);
            // A build whose code a row lists serves a GPU, and one without CUDA none.
            let wanted = build.sass.as_ref().is_some_and(|sass| !sass.is_empty());
            if serves != wanted {
                wrong.push(format!("{version} on {}: serves a GPU: {serves}", build.platform));
            }
            let said = fed_back(&knowledge, &facts, system, &answer);
            wrong.extend(said.into_iter().map(|said| format!("{version} on {}: {said}", build.platform)));
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 250 && served > 150, "{served} of {asked}");
}

/// A version that a range has: the first that it names and accepts.
fn a_version(range: &str) -> Option<String> {
    let named = range.split(',').map(|one| one.trim().trim_start_matches(['<', '>', '=', '~', '!']));
    let named = named.map(|one| one.trim().trim_end_matches(".*").to_owned());
    let candidates = named.flat_map(|one| [one.clone(), format!("{one}.0"), format!("{one}.1")]);
    candidates.into_iter().find(|version| python::in_range(range, version) == Some(true))
}

#[test]
fn every_row_of_a_package_needs_what_it_says() {
    let knowledge = Knowledge::builtin().unwrap();
    let (mut asked, mut served, mut wrong) = (0, 0, Vec::new());
    for file in knowledge.package_files() {
        for row in file.build.iter().filter(|row| row.sass.is_some()) {
            let name = row.of.first().unwrap_or(&file.package.name);
            let Some(version) = a_version(&row.versions) else { continue };
            let linux = "linux-x86_64".parse().unwrap();
            let platform = match row.platforms.as_slice() {
                [] => linux,
                platforms => *platforms.iter().find(|one| **one == linux).unwrap_or(&platforms[0]),
            };
            if platform.os == Os::Macos {
                continue;
            }
            let facts = facts(name, &version, None, &platform.to_string());
            let system = if platform.os == Os::Windows { NeedsSystem::Windows } else { NeedsSystem::Linux };
            let answer = needs(&knowledge, &facts, system);
            asked += 1;
            served += usize::from(answer.systems.iter().any(|system| !system.served.is_empty()));
            let said = fed_back(&knowledge, &facts, system, &answer);
            wrong.extend(said.into_iter().map(|said| format!("{name} {version}: {said}")));
        }
    }
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(asked > 60 && served * 10 > asked * 7, "{served} of {asked}");
}

fn json_of(command: &mut std::process::Command) -> (i32, Value) {
    let (code, out, err) = run(command);
    (code, serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}")))
}

/// The first capability and the driver of every group of an answer.
fn groups(answer: &Value, system: &str) -> Vec<(String, String)> {
    let systems = answer["subjects"].as_array().unwrap().iter().flat_map(|one| one["systems"].as_array().unwrap());
    let own = systems.filter(|one| one["system"] == system).flat_map(|one| one["served"].as_array().unwrap());
    own.map(|group| {
        let gpu = group["gpus"][0]["capability"].as_str().unwrap().to_owned();
        (gpu, group["driver"].as_str().unwrap_or_default().to_owned())
    })
    .collect()
}

fn below(driver: &str) -> String {
    driver.parse::<DriverVersion>().unwrap().below().to_string()
}

#[test]
fn files_with_code_need_what_scan_says() {
    let mut asked = 0;
    for folder in ["c11.8", "c12.8", "c13.5"] {
        let mut files: Vec<PathBuf> =
            fs::read_dir(Path::new(CORPUS).join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let is_library = |path: &PathBuf| path.extension().is_some_and(|end| end == "so" || end == "ptx");
        for file in files.into_iter().filter(is_library).step_by(3) {
            let (_, answer) = json_of(gpucheck().args(["needs", "--format", "json"]).arg(&file));
            for (gpu, driver) in groups(&answer, "linux").into_iter().take(2) {
                let scan = |driver: &str| {
                    run(gpucheck().arg("scan").arg(&file).args(["--gpu", &gpu, "--os", "linux", "--driver", driver])).0
                };
                if driver.is_empty() {
                    continue;
                }
                asked += 1;
                assert_eq!(scan(&driver), 0, "{}: {gpu} with {driver}", file.display());
                assert_eq!(scan(&below(&driver)), 1, "{}: {gpu} below {driver}", file.display());
            }
        }
    }
    assert!(asked > 10, "{asked}");
}

/// `needs` on facts of `tests/facts`, and what the doctor says of a GPU with a driver.
fn replayed(name: &str, change: impl Fn(&mut Value)) -> (Value, impl Fn(&str, &str, &str) -> i32) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts").join(name);
    let mut report: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    change(&mut report["facts"]);
    let text = report.to_string();
    let with_text = move |arguments: &[&str]| {
        use std::io::Write as _;
        let mut command = gpucheck();
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (_, out) = with_text(&["needs", "--replay", "-", "--format", "json"]);
    let answer = serde_json::from_str(&out).unwrap();
    let doctor = move |gpu: &str, driver: &str, os: &str| {
        with_text(&["doctor", "--replay", "-", "--target", &format!("{gpu},driver={driver},os={os}")]).0
    };
    (answer, doctor)
}

#[test]
fn environments_need_what_the_doctor_says() {
    for (name, systems) in
        [("patient-5090.json", ["linux", "wsl"].as_slice()), ("qlora-windows.json", ["windows"].as_slice())]
    {
        let (answer, doctor) = replayed(name, |_| {});
        let mut asked = 0;
        for system in systems {
            for (gpu, driver) in groups(&answer, system) {
                assert_eq!(doctor(&gpu, &driver, system), 0, "{name}: {gpu} with {driver} on {system}");
                assert_eq!(doctor(&gpu, &below(&driver), system), 1, "{name}: {gpu} below {driver} on {system}");
                asked += 1;
            }
        }
        assert!(asked > 0, "{name}: {answer}");
    }
}

#[test]
fn a_gate_that_is_another_than_the_floor_is_found() {
    let with_gate = |gate: &'static str| {
        let (answer, _) =
            replayed("patient-5090.json", move |facts| facts["env_vars"]["NVIDIA_REQUIRE_CUDA"] = json!(gate));
        let found = answer["subjects"][0]["findings"].as_array().unwrap().clone();
        assert_eq!(answer["subjects"][0]["gate"], gate);
        assert_eq!(
            answer["subjects"][0]["systems"][0]["driver"], "525.60.13",
            "the gate is not what the software needs"
        );
        found.into_iter().map(|one| (one["rule"].clone(), one["severity"].clone())).collect::<Vec<_>>()
    };
    let differs = |severity: &str| vec![(json!("container-requirement-differs"), json!(severity))];
    assert_eq!(with_gate("cuda>=11.4"), differs("warning"), "it lets in drivers that are too old");
    assert_eq!(with_gate("cuda>=12.8"), differs("info"), "it refuses drivers that would do");
    assert_eq!(with_gate("driver>=525.60.13"), []);
}

#[test]
fn what_is_printed_for_nvidias_runtime_holds_from_the_driver_on() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/patient-5090.json");
    let (code, out, err) = run(gpucheck().args(["needs", "--format", "nvidia-require", "--replay"]).arg(path));
    assert_eq!((code, err.as_str()), (0, ""));
    // What is asked of the GPU is left out, as nothing but NVIDIA's runtime knows it.
    let drivers: Vec<String> = out
        .split_whitespace()
        .map(|one| one.split(',').filter(|part| part.starts_with("driver")).collect::<Vec<_>>().join(","))
        .collect();
    let met = |driver: &str| requirement_met(&drivers.join(" "), RequirementFacts { cuda: None, driver: Some(driver) });
    assert_eq!(met("525.60.13"), Some(true), "{out}");
    assert_eq!(met("525.60.12"), Some(false), "{out}");
    assert!(out.contains("arch>=7.5,arch<=8.6") && out.contains("driver<581"), "{out}");
}

#[test]
fn names_files_and_commands_are_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requirements.txt");
    fs::write(&file, "--index-url https://download.pytorch.org/whl/cu128\ntorch==2.7.1\n").unwrap();
    let of = |arguments: &[&str]| {
        let (code, answer) = json_of(gpucheck().args(["needs", "--format", "json"]).args(arguments));
        assert_eq!(code, 0, "{arguments:?}: {answer}");
        groups(&answer, "linux")
    };
    let by_file = of(&[file.to_str().unwrap()]);
    assert!(by_file.contains(&("7.5".to_owned(), "525.60.13".to_owned())), "{by_file:?}");
    assert!(by_file.contains(&("10.0".to_owned(), "570.26".to_owned())), "the GPU's first driver: {by_file:?}");
    let command = ["--", "pip", "install", "torch==2.7.1", "--index-url", "https://download.pytorch.org/whl/cu128"];
    assert_eq!(of(&command), by_file);
    assert!(!of(&["vllm"]).is_empty());
    let (_, windows) = json_of(gpucheck().args(["needs", "torch", "--os", "windows", "--format", "json"]));
    assert_eq!(windows["subjects"][0]["systems"][0]["system"], "windows");
    let (_, one) = json_of(gpucheck().args(["needs", "--gpu", "RTX 5090", "--format", "json"]).arg(&file));
    assert_eq!(groups(&one, "linux"), [("12.0".to_owned(), "570.26".to_owned())]);
}

#[test]
fn features_of_a_site_make_a_constraint() {
    let folder = tempfile::tempdir().unwrap();
    let site =
        "[slurm.features]\na100 = \"A100,driver=535.183.01\"\nold = \"A100,driver=470.57.02\"\nv100 = \"V100\"\n";
    fs::write(folder.path().join("gpucheck.toml"), site).unwrap();
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/patient-5090.json");
    let mut command = gpucheck();
    let (code, out, err) =
        run(command.current_dir(folder.path()).args(["needs", "--format", "slurm", "--replay"]).arg(&facts));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.ends_with("#SBATCH --constraint=\"a100|v100\"\n"), "{out}");
    assert!(
        out.contains("# not old (A100, driver=470.57.02): ") && out.contains("# v100 (V100): it needs driver"),
        "{out}"
    );
    let (code, _, err) = run(gpucheck().args(["needs", "--format", "slurm", "--replay"]).arg(&facts));
    assert!(code == 2 && err.contains("--slurm-feature a100=A100"), "{err}");
    let (code, _, err) =
        run(gpucheck().args(["needs", "--format", "slurm", "--slurm-feature", "a|b=A100", "--replay"]).arg(&facts));
    assert!(code == 2 && err.contains("not a feature of Slurm's"), "{err}");
}

#[test]
fn a_node_affinity_has_the_labels_of_gpu_feature_discovery() {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/patient-5090.json");
    let (code, out, _) = run(gpucheck().args(["needs", "--format", "k8s", "--replay"]).arg(&facts));
    assert_eq!(code, 0);
    for line in [
        "            - key: nvidia.com/gpu.compute.major\n              operator: In\n              values: [\"9\"]",
        "            - key: nvidia.com/cuda.driver-version.major\n              operator: Gt\n              values: [\"525\"]",
        "            - key: nvidia.com/cuda.driver-version.revision\n              operator: Gt\n              values: [\"12\"]",
        "              operator: Lt\n              values: [\"581\"]",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

#[test]
fn people_read_which_gpus_and_why() {
    let facts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/patient-5090.json");
    let (code, out, _) = run(gpucheck().args(["needs", "-v", "--replay"]).arg(&facts));
    assert_eq!(code, 0);
    common::snapshot("needs.txt", &out);
    let (_, out, _) = run(gpucheck().args(["needs", "--format", "markdown", "--replay"]).arg(&facts));
    common::snapshot("needs.md", &out);
}

#[test]
fn what_serves_nothing_is_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requirements.txt");
    fs::write(&file, "--index-url https://download.pytorch.org/whl/cpu\ntorch==2.7.1\n").unwrap();
    let (code, out, _) = run(gpucheck().arg("needs").arg(&file));
    assert!(code == 1 && out.contains("serves no GPU") && !out.contains('✓'), "{out}");
    fs::write(&file, "requests\n").unwrap();
    let (code, out, _) = run(gpucheck().arg("needs").arg(&file));
    assert!(code == 1 && out.contains("no code for GPUs was found in it") && !out.contains('✓'), "{out}");
    let (code, _, err) = run(gpucheck().args(["needs", "no-such-file.whl"]));
    assert!(code == 2 && err.lines().count() == 1, "{err}");
    for (name, said) in
        [("vlm", "did you mean vllm"), ("TorchVison", "did you mean torchvision"), ("left-pad", "==VERSION'")]
    {
        let (code, out, err) = run(gpucheck().args(["needs", name]));
        assert!(code == 2 && out.is_empty() && err.lines().count() == 1 && err.contains(said), "{name}: {out}{err}");
    }
    for name in ["torchaudio", "jax", "timm", "Cupy_CUDA12x"] {
        let (_, out, err) = run(gpucheck().args(["needs", name]));
        assert!(out.starts_with(name), "{name}: {err}");
    }
}

#[test]
fn programs_find_these_keys() {
    let (_, answer) = json_of(gpucheck().args(["needs", "vllm", "--format", "json"]));
    let group = &answer["subjects"][0]["systems"][0]["served"][0];
    for key in ["gpus", "driver", "decided_by", "from_ptx"] {
        assert!(group.get(key).is_some(), "{key}: {group}");
    }
}
