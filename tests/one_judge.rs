//! `scan` and the doctor give the same answer for the same files, GPU and driver: for every row of a package with device code, and for
//! libraries of which only a part serves the GPU.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::collections::BTreeMap;

use gpucheck::{
    compat,
    enrich::enrich,
    facts::{
        CodeObjects, ComputeCapability, Container, Driver, Extent, Fact, Facts, Gpu, How, Library, Listing, Package,
        Source,
    },
    judge,
    knowledge::{Knowledge, PackageBuild, PackageFile},
    report::scan::BundleKind,
    rules::{self, code::Execution},
    scan::{self, Bundle, TargetGpu},
};

/// The rules that say that a package's code, or the driver for it, is no good.
const JUDGES: [&str; 3] = ["extension-arch-missing", "extension-ptx-too-new-for-driver", "code-lacks-gpu"];
/// Those that say so of the driver alone.
const FLOORS: [&str; 3] = ["driver-too-old-for-gpu", "gpu-dropped-by-driver", "driver-too-old-for-cuda-runtime"];

fn source() -> Source {
    Source::new(How::Binary, "test")
}

/// What the doctor says of a package on each GPU: yes, no or unknown.
fn doctor(
    knowledge: &Knowledge,
    bundle: &Bundle,
    gpus: &[ComputeCapability],
    driver: Option<&str>,
) -> Vec<&'static str> {
    let gpu = |capability: &ComputeCapability| Gpu {
        capability: Fact::known(*capability, source()),
        named: true,
        ..Gpu::unknown(format!("gpu-{capability}"), "not asked")
    };
    let mut facts = Facts { gpus: Fact::known(gpus.iter().map(gpu).collect(), source()), ..Facts::default() };
    facts.host.platform = Fact::known("linux-x86_64".parse().unwrap(), source());
    if let Some(version) = driver {
        let driver = Driver { version: version.parse().unwrap(), cuda: Fact::unknown("not asked") };
        facts.driver = Fact::known(driver, source());
    }
    let mut environment = judge::hypothetical(&facts, None);
    environment.packages.push(Package {
        version: Fact::known(bundle.version.clone().unwrap(), source()),
        libraries: bundle.libraries.clone(),
        listing: Some(Listing::Record),
        at: "test".to_owned(),
        ..Package::unknown(&bundle.name, "not asked")
    });
    facts.environments.push(environment);
    let verdicts = rules::run(&enrich(&facts, knowledge), knowledge, rules::Judged::All);
    gpus.iter().map(|capability| of_gpu(&verdicts, &format!("gpu-{capability}"))).collect()
}

fn of_gpu(verdicts: &rules::Verdicts, gpu: &str) -> &'static str {
    let named = |slug: &str| JUDGES.contains(&slug) || FLOORS.contains(&slug);
    let about = |finding: &&gpucheck::finding::Finding| {
        // Rows of known problems may have the slug of a rule, and are not about the code.
        named(finding.rule)
            && finding.trace.problem.is_none()
            && (finding.gpus.is_empty() || finding.gpus.iter().any(|id| id == gpu))
    };
    if verdicts.findings.iter().any(|finding| about(&finding)) {
        return "no";
    }
    let needs = verdicts.unknown.iter().filter(|unknown| JUDGES.contains(&unknown.rule));
    // A rule that cannot decide for one of several GPUs says for which.
    let is_named = |need: &String| need.contains(&format!("{gpu}:"));
    if needs.flat_map(|unknown| &unknown.needs).any(is_named) { "unknown" } else { "yes" }
}

/// What scan says of the same.
fn scan(knowledge: &Knowledge, bundle: &Bundle, gpus: &[ComputeCapability], driver: Option<&str>) -> Vec<&'static str> {
    let devices: Vec<TargetGpu> = gpus
        .iter()
        .map(|capability| TargetGpu {
            name: format!("gpu-{capability}"),
            capability: *capability,
            platforms: Vec::new(),
        })
        .collect();
    let version = driver.map(|version| version.parse().unwrap());
    let cuda = version.as_ref().and_then(|version| knowledge.driver_cuda(version));
    let driver = compat::DriverSupport { version, cuda, ..compat::DriverSupport::default() };
    let judged = scan::judge(knowledge, std::slice::from_ref(bundle), &devices, &driver, &BTreeMap::new());
    let word = |how: Execution| match how {
        Execution::Unknown => "unknown",
        Execution::None => "no",
        _ => "yes",
    };
    judged.packages[0].runs_on.iter().map(|run| word(run.how)).collect()
}

fn bundle(file: &PackageFile, row: &PackageBuild, version: &str, code: CodeObjects) -> Bundle {
    let name = row.of.first().cloned().unwrap_or_else(|| file.package.name.clone());
    let mains = file.package.main.iter().filter(|main| !main.ends_with(".dll") && !main.ends_with(".pyd"));
    let library = |main: &String| Library {
        path: main.replace("{cuda}", "128").replace('*', "x"),
        container: Container::Elf,
        needed: row.needs.clone(),
        cpu: None,
        glibc: None,
        code: Fact::known(code.clone(), source()),
    };
    let libraries = mains.map(library).collect();
    Bundle { version: Some(version.to_owned()), libraries, ..Bundle::new(BundleKind::Wheel, name, "x.whl") }
}

#[test]
fn scan_and_the_doctor_agree_on_every_row() {
    let knowledge = Knowledge::builtin().unwrap();
    let gpus: Vec<ComputeCapability> = knowledge.capabilities().collect();
    let (mut judged, mut differences) = (0, Vec::new());
    for file in knowledge.package_files().filter(|file| !file.package.main.is_empty()) {
        // Those of the family have rules of their own, held by tests/matrix.rs and tests/golden_grid.rs.
        if ["torch", "torchvision", "torchaudio", "triton"].contains(&file.package.name.as_str()) {
            continue;
        }
        for row in &file.build {
            let (Some(version), Some(mut code)) = (&row.newest, knowledge.package_code(row, Some("128"))) else {
                continue;
            };
            code.extent = Extent::Sections;
            // A row says nothing of bytes, and next to none means a stub.
            code.bytes = code.sass.keys().chain(code.ptx.keys()).map(|target| (*target, 1 << 20)).collect();
            let bundle = bundle(file, row, version, code);
            if bundle.libraries.is_empty() || bundle.name.starts_with("nvidia-") {
                continue;
            }
            for driver in [None, Some("580.95.05"), Some("525.60.13")] {
                let (one, other) =
                    (scan(&knowledge, &bundle, &gpus, driver), doctor(&knowledge, &bundle, &gpus, driver));
                for ((gpu, scan), doctor) in gpus.iter().zip(&one).zip(&other) {
                    judged += 1;
                    if scan != doctor {
                        let name = &bundle.name;
                        differences
                            .push(format!("{name} {version} on {gpu}, {driver:?}: scan {scan}, doctor {doctor}"));
                    }
                }
            }
        }
    }
    assert!(judged > 5000, "only {judged}");
    let shown = differences.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {judged}:\n{shown}", differences.len());
}

#[test]
fn they_agree_where_only_a_part_serves_the_gpu() {
    let knowledge = Knowledge::builtin().unwrap();
    let gpus: Vec<ComputeCapability> = knowledge.capabilities().collect();
    // vllm works with a share of its fatbins, xformers needs what most of them have, and nothing is known of a third.
    for (name, path) in
        [("vllm", "vllm/_C.abi3.so"), ("xformers", "xformers/_C.so"), ("lmdeploy", "lmdeploy/lib/_turbomind.so")]
    {
        for with in [0, 1, 4, 10, 18, 19, 20] {
            let group = |count: u32, images: &[&str]| {
                let images: Vec<_> = images.iter().map(|code| serde_json::json!({"code": code})).collect();
                serde_json::json!({"count": count, "images": images})
            };
            let groups: Vec<_> = [group(with, &["sm_75", "sm_80"]), group(20 - with, &["sm_80"])].into_iter().collect();
            let groups: Vec<_> = groups.into_iter().filter(|group| group["count"] != 0).collect();
            let code = serde_json::json!({"fatbins": 20, "sass": {"sm_75": with, "sm_80": 20}, "extent": "sections",
                "modules": groups, "bytes": {"sm_80": 9_000_000}});
            let library = Library {
                path: path.to_owned(),
                container: Container::Elf,
                needed: Vec::new(),
                cpu: None,
                glibc: None,
                code: Fact::known(serde_json::from_value(code).unwrap(), source()),
            };
            let version = Some("0.0.29".to_owned());
            let bundle = Bundle { version, libraries: vec![library], ..Bundle::new(BundleKind::Wheel, name, "x.whl") };
            let (one, other) = (scan(&knowledge, &bundle, &gpus, None), doctor(&knowledge, &bundle, &gpus, None));
            assert_eq!(one, other, "{name}, sm_75 in {with} of 20 fatbins, on {gpus:?}");
        }
    }
}

#[test]
fn they_agree_on_real_environments() {
    for environment in [common::torch_2_7_1(), common::torch_2_8_0(), common::torch_2_15_0()] {
        let site = common::site_packages(&environment);
        for gpu in ["GTX 1080 Ti", "Tesla V100", "RTX 2080 Ti", "RTX 4090", "H100", "B200", "RTX 5090"] {
            let ask = |arguments: &[&str]| -> serde_json::Value {
                let target = if arguments[0] == "scan" { &site } else { &environment };
                let (_, out, err) = common::run(common::gpucheck().args(arguments).arg(target).args([
                    "--gpu",
                    gpu,
                    "--driver",
                    "580.95.05",
                ]));
                serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {err}"))
            };
            let (scan, doctor) =
                (ask(&["scan", "--format", "json"]), ask(&["doctor", "--os", "linux", "--format", "json"]));
            let packages = scan["packages"].as_array().unwrap();
            let torch = packages.iter().find(|package| package["name"] == "torch").unwrap();
            let (one, other) = (&torch["runs_on"][0]["how"], &doctor["runs_on"][0]["how"]);
            assert_eq!(one, other, "{} on {gpu}", environment.display());
            // What keeps torch from running is a finding of both.
            let errors = |report: &serde_json::Value| -> Vec<String> {
                let all = report["findings"].as_array().unwrap().iter();
                let wheel = all.filter(|finding| finding["rule"].as_str().unwrap().ends_with("-for-wheel"));
                wheel.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
            };
            assert_eq!(errors(&scan), errors(&doctor), "{} on {gpu}", environment.display());
        }
    }
}
