//! The projects that this program was made for, as far as their packages are concerned: their facts in, what they must be told out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod common;

use std::{io::Write, process::Stdio};

use common::{facts::Words, finding, fix_lines, slugs};
use serde_json::Value;

fn words(text: &str) -> Words {
    toml::from_str(text).unwrap()
}

/// The report on these facts.
fn report(words: &Words) -> Value {
    let mut child = common::gpucheck()
        .args(["doctor", "--replay", "-", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(words.report().to_string().as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

/// The finding about a package.
fn about<'r>(report: &'r Value, rule: &str, package: &str) -> &'r Value {
    let all = report["findings"].as_array().unwrap().iter();
    let mut of =
        all.filter(|finding| finding["rule"] == rule && finding["subject"].as_str().unwrap().starts_with(package));
    of.next().unwrap_or_else(|| panic!("no {rule} about {package} in {}", report["findings"]))
}

/// An image that builds SageAttention for a list without the RTX 5090, on a nightly whose release is out.
#[test]
fn comfyui_docker() {
    let image = words(
        r#"packages = { torch = "2.8.0.dev20250601+cu128", sageattention = "2.2.0" }
        variables = { TORCH_CUDA_ARCH_LIST = "7.5;8.0;8.6;8.9;9.0;10.0" }
        gpus = ["12.0"]"#,
    );
    let told = report(&image);
    assert_eq!(slugs(&told, "error"), ["sageattention-arch-list-lacks-gpu"], "{}", told["findings"]);
    assert!(
        fix_lines(finding(&told, "sageattention-arch-list-lacks-gpu"))[0].starts_with("TORCH_CUDA_ARCH_LIST=12.0 ")
    );
    assert_eq!(slugs(&told, "warning"), ["arch-list-lacks-gpu"], "{}", told["findings"]);
    // The release that it led to, and not a later one whose arch lists no row describes yet.
    assert_eq!(fix_lines(finding(&told, "torch-nightly-needless"))[0], "pip install torch==2.8.0");
    let stable = image.with(&words(r#"packages = { torch = "2.8.0+cu128" }"#));
    let told = report(&stable);
    // The longer list would break what SageAttention compiles for Hopper, so the list of this GPU alone it is.
    assert_eq!(fix_lines(finding(&told, "arch-list-lacks-gpu"))[0], "export TORCH_CUDA_ARCH_LIST=12.0");
    let mended = stable.with(&words(r#"variables = { TORCH_CUDA_ARCH_LIST = "12.0" }"#));
    assert_eq!(report(&mended)["findings"], serde_json::json!([]));
}

/// bitsandbytes as it was installed long ago, beside a torch for a newer CUDA; on Windows.
#[test]
fn qlora_windows_with_stale_bitsandbytes() {
    let windows = |torch: &str, bitsandbytes: &str| {
        report(&words(&format!(
            r#"packages = {{ torch = "{torch}", bitsandbytes = "{bitsandbytes}" }}
            platform = "windows-x86_64"
            python = "3.12"
            driver = "581.57"
            gpus = ["12.0"]"#
        )))
    };
    assert_eq!(windows("2.8.0+cu128", "0.48.1")["findings"], serde_json::json!([]));
    let stale = windows("2.8.0+cu128", "0.45.2");
    let found = about(&stale, "bitsandbytes-binary-missing", "bitsandbytes 0.45.2");
    assert_eq!(found["fixes"][0]["commands"][0]["tool"], "powershell");
    assert_eq!(fix_lines(found)[0], "pip install bitsandbytes==0.45.5");
    // A build for CUDA 12.6 is the cause of what bitsandbytes lacks, and one line mends both.
    let both = windows("2.7.1+cu126", "0.48.1");
    assert_eq!(slugs(&both, "error"), ["gpu-too-new-for-wheel"]);
    assert_eq!(finding(&both, "gpu-too-new-for-wheel")["consequences"], serde_json::json!(["extension-arch-missing"]));
    assert!(fix_lines(finding(&both, "gpu-too-new-for-wheel"))[0].contains("torch==2.7.1+cu128"));
    let cpu = windows("2.8.0+cpu", "0.48.1");
    assert_eq!(slugs(&cpu, "error"), ["cpu-only-torch"], "{}", cpu["findings"]);
}

const MORGAN: &str = r#"packages = { torch = "2.5.1+cu124", torchaudio = "2.5.1+cu124", torchvision = "0.20.1+cu124", faster-whisper = "1.0.3", tts = "0.22.0", silero-vad = "4.0.2" }
declared = true
driver = "525.60.13"
gpus = ["8.9"]"#;

/// Requirements of several services: what the index does not have, what an old lock of ctranslate2 does, and what a 5090 changes.
#[test]
fn morgan_services() {
    let declared = words(MORGAN);
    let told = report(&declared);
    assert_eq!(
        slugs(&told, "error"),
        ["version-not-on-index"],
        "aligned on a 4090, driver 525 is enough: {}",
        told["findings"]
    );
    assert_eq!(fix_lines(about(&told, "version-not-on-index", "silero-vad"))[0], "pip install silero-vad==5.1.2");
    let streaming = report(&declared.with(&words(r#"packages = { csm-streaming = "0.2.8" }"#)));
    about(&streaming, "version-not-on-index", "csm-streaming");
    // ctranslate2 decides about cuDNN: 4.4 loads 8, 4.5 to 4.6.2 looks for 9 where the loader looks, later ones need none.
    let with = |version: &str| {
        let locked = format!(
            r#"packages = {{ ctranslate2 = "{version}", silero-vad = "5.1.2" }}
        loader = {{ "libcudnn_ops.so.9" = "", "libcudnn_ops_infer.so.8" = "", "libcublas.so.12" = "" }}"#
        );
        report(&declared.with(&words(&locked)))
    };
    assert_eq!(slugs(&with("4.4.0"), "error"), ["cudnn-major-mismatch"]);
    assert_eq!(fix_lines(finding(&with("4.4.0"), "cudnn-major-mismatch"))[0], "pip install ctranslate2==4.8.5");
    assert_eq!(slugs(&with("4.5.0"), "error"), ["cudnn-not-on-library-path"]);
    // Its PTX is too new for driver 525, which an RTX 4090 does not need: it runs the machine code for sm_86.
    assert_eq!(slugs(&with("4.8.5"), "error"), Vec::<&str>::new(), "{}", with("4.8.5")["findings"]);
    let new_card = report(&declared.with(&words("gpus = [\"12.0\"]\ndriver = \"580.95.05\"")));
    let cause = finding(&new_card, "gpu-too-new-for-wheel");
    assert!(
        fix_lines(cause)[0].contains("torch==2.7.1+cu128 torchvision==0.22.1+cu128 torchaudio==2.7.1+cu128"),
        "{cause}"
    );
    // The step to torch 2.7 meets what TTS cannot do, and the plan says so.
    assert!(cause["fixes"][0]["remains"].to_string().contains("tts-cannot-load-its-models"), "{cause}");
}

/// whisperX with torch for CUDA 12.6: the companions move along, and the rest of its stack is told.
#[test]
fn whisperx_companions() {
    let told = report(&words(
        r#"packages = { torch = "2.7.1+cu126", torchvision = "0.22.1+cu126", torchaudio = "2.7.1+cu126", whisperx = "3.3.1", pyannote-audio = "3.3.2", ctranslate2 = "4.4.0" }
        gpus = ["12.0"]"#,
    ));
    assert_eq!(slugs(&told, "error"), ["gpu-too-new-for-wheel", "cudnn-major-mismatch"], "{}", told["findings"]);
    assert!(
        fix_lines(finding(&told, "gpu-too-new-for-wheel"))[0]
            .contains("torch==2.7.1+cu128 torchvision==0.22.1+cu128 torchaudio==2.7.1+cu128")
    );
    assert_eq!(slugs(&told, "warning"), ["int8-unsupported-on-gpu"]);
    // One companion left behind is a finding of its own.
    let behind = report(&words(
        r#"packages = { torch = "2.7.1+cu128", torchvision = "0.21.0+cu124", torchaudio = "2.7.1+cu128" }
        gpus = ["12.0"]"#,
    ));
    let companion = finding(&behind, "torch-companion-mismatch");
    assert!(fix_lines(companion)[0].contains("torchvision==0.22.1+cu128"), "{companion}");
}

/// Which release of moshi allows a torch with code for an RTX 5090: 0.2.9 to 0.2.11 allow 2.7, whose cu128 build has it; 0.2.12 allows
/// 2.8 and 2.9 too; earlier ones none.
#[test]
fn moshi_releases() {
    let on = |moshi: &str, torch: &str| {
        report(&words(&format!(
            r#"packages = {{ torch = "{torch}", moshi = "{moshi}" }}
            requires = {{ moshi = ["torch<{}"] }}
            gpus = ["12.0"]"#,
            match moshi {
                "0.2.8" => "2.7,>=2.2.0",
                "0.2.11" => "2.8,>=2.2.0",
                _ => "2.10,>=2.2.0",
            }
        )))
    };
    let old = on("0.2.8", "2.6.0+cu124");
    assert_eq!(
        slugs(&old, "error"),
        ["gpu-too-new-for-wheel", "moshi-release-before-blackwell"],
        "{}",
        old["findings"]
    );
    assert!(
        fix_lines(finding(&old, "moshi-release-before-blackwell")).contains(&"pip install moshi==0.2.13".to_owned())
    );
    let middle = on("0.2.11", "2.6.0+cu124");
    let fixes = finding(&middle, "gpu-too-new-for-wheel")["fixes"].clone();
    assert!(fixes[0]["commands"][0]["line"].as_str().unwrap().contains("torch==2.7.1+cu128"), "{fixes}");
    assert_eq!(fixes[0]["unproven"], serde_json::json!([]), "moshi 0.2.11 allows it");
    assert_eq!(on("0.2.13", "2.9.1+cu128")["findings"], serde_json::json!([]));
}
