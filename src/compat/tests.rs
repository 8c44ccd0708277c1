//! Properties of the reasoning, and the cases that other tools get wrong.

use proptest::prelude::*;

use super::*;
use crate::{
    facts::{
        CodeKind, CodeObjects, CodeTarget, Compression, ComputeCapability, CudaVersion, Image, ModuleGroup, PtxIsa,
        Suffix, Target,
    },
    knowledge::Knowledge,
};

fn knowledge() -> &'static Knowledge {
    static KNOWLEDGE: std::sync::OnceLock<Knowledge> = std::sync::OnceLock::new();
    KNOWLEDGE.get_or_init(|| Knowledge::builtin().unwrap())
}

fn cc(text: &str) -> ComputeCapability {
    text.parse().unwrap()
}

/// A library of `(count, "sm_75 sm_80 …")` fatbins.
fn library(fatbins: &[(u32, &str)]) -> CodeObjects {
    let image = |text: &str| Image { code: text.parse().unwrap(), isa: None, compression: Compression::None };
    let modules: Vec<ModuleGroup> = fatbins
        .iter()
        .map(|(count, images)| ModuleGroup { count: *count, images: images.split_whitespace().map(image).collect() })
        .collect();
    CodeObjects { fatbins: fatbins.iter().map(|(count, _)| count).sum(), modules, ..Default::default() }
}

fn verdict(fatbins: &[(u32, &str)], device: &str, cuda: Option<CudaVersion>) -> Reach {
    reach(&coverage(knowledge(), &library(fatbins), cc(device), cuda, &DriverSupport::default()))
}

#[test]
fn cases_that_other_tools_get_wrong() {
    let works = |code: &str, device: &str, cuda: (u16, u16)| {
        verdict(&[(1, code)], device, Some(CudaVersion::new(cuda.0, cuda.1))).works()
    };
    assert!(works("sm_86", "8.9", (12, 6)), "a 4090 runs sm_86 code");
    assert!(works("sm_60", "6.1", (12, 6)), "a 1080 Ti runs sm_60 code");
    assert!(works("sm_100", "10.3", (12, 8)), "a B300 runs sm_100 code");
    assert!(works("sm_120", "12.1", (12, 8)), "a GB10 runs sm_120 code");
    assert!(!works("sm_120a", "12.1", (12, 8)), "but not sm_120a");
    assert!(!works("sm_80 sm_86", "8.7", (12, 6)), "Orin does not run desktop code");
    assert!(works("sm_80 sm_86", "8.7", (13, 2)), "until CUDA 13.2");
    assert!(works("sm_101", "11.0", (12, 8)) && works("sm_110", "11.0", (13, 0)), "Thor has two names");
    assert!(!works("sm_75 sm_80", "7.0", (13, 0)), "a V100 has no code in cu130 builds");
    assert!(!works("sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90", "12.0", (12, 6)), "the typical patient");
    assert!(works("sm_90 compute_90", "12.0", (12, 6)), "PTX compiles across majors");
    assert!(!works("sm_90a compute_90a", "12.0", (12, 6)), "but not arch-specific PTX");
}

#[test]
fn a_rare_target_never_makes_a_device_supported() {
    let torch_2_15 = [
        (417, "sm_75 sm_80 sm_86 sm_90 sm_100 sm_120"),
        (59, "sm_75 sm_80 sm_86 sm_90 sm_100 sm_100a sm_120"),
        (4, "sm_90a"),
        (1, "sm_89"),
    ];
    assert!(verdict(&torch_2_15, "12.0", None).works());
    assert!(verdict(&torch_2_15, "8.9", None).works());
    assert_eq!(verdict(&[(470, "sm_75 sm_80"), (4, "sm_90a")], "9.0", None), Reach::Partial(4, 474));
    assert_eq!(verdict(&[], "9.0", None), Reach::Nothing);
}

/// torch/lib/libtorch_cuda_cu.so of torch 1.13.1+cu117: a part of its files was compiled for sm_35 where the rest has sm_37.
#[test]
fn an_older_target_in_the_place_of_another_serves_for_it() {
    let torch_1_13 = [
        (221, "sm_37 sm_50 sm_60 sm_70 sm_75 sm_80 sm_86"),
        (50, "sm_35 sm_50 sm_60 sm_70 sm_75 sm_80 sm_86"),
        (16, "sm_80"),
        (8, "sm_86"),
        (4, "sm_75"),
        (3, "sm_70"),
    ];
    let built_for = |fatbins: &[(u32, &str)]| {
        let targets = general(knowledge(), &library(fatbins));
        targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(built_for(&torch_1_13), "sm_37 sm_50 sm_60 sm_70 sm_75 sm_80 sm_86");
    assert!(verdict(&torch_1_13, "3.7", None).works());
    assert_eq!(verdict(&torch_1_13, "3.5", None), Reach::Partial(50, 271));
    // Beside it is not in its place: sm_86 is in a part of the files only, though its devices run all of them.
    assert_eq!(built_for(&[(6, "sm_75 sm_80 sm_86"), (4, "sm_75 sm_80")]), "sm_75 sm_80");
    // A newer one does not serve, nor do desktop's and Jetson's for each other.
    assert_eq!(built_for(&[(6, "sm_50 sm_80"), (4, "sm_50 sm_86")]), "sm_50 sm_86");
    assert_eq!(built_for(&[(6, "sm_50 sm_87"), (4, "sm_50 sm_86")]), "sm_50");
    assert_eq!(built_for(&[(6, "sm_50 sm_90a"), (4, "sm_50 sm_90")]), "sm_50");
}

/// The lists of libcublasLt.so.12 (12.6) in outline: general fatbins, and many for one generation each.
#[test]
fn fatbins_of_other_generations_neither_vouch_nor_veto() {
    let cublas_lt = [(85, "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90 compute_90"), (396, "sm_80"), (1300, "sm_90a")];
    for (device, works) in [("7.0", true), ("8.6", true), ("9.0", true), ("12.0", true), ("3.5", false)] {
        assert_eq!(verdict(&cublas_lt, device, None).works(), works, "{device}");
    }
    // One helper for all does not make a library of Hopper kernels run elsewhere.
    assert_eq!(verdict(&[(1, "sm_80 sm_90"), (300, "sm_90a")], "8.6", None), Reach::Partial(1, 301));
    assert!(verdict(&[(1, "sm_80 sm_90"), (300, "sm_90a")], "9.0", None).works());
}

#[test]
fn the_driver_decides_on_ptx_and_zstd() {
    let ptx = |isa: Option<PtxIsa>| CodeObjects {
        fatbins: 1,
        modules: vec![ModuleGroup {
            count: 1,
            images: vec![Image { code: "compute_90".parse().unwrap(), isa, compression: Compression::None }],
        }],
        ..Default::default()
    };
    let isa = PtxIsa { major: 8, minor: 7 };
    let with =
        |cuda: (u16, u16)| DriverSupport { cuda: Some(CudaVersion::new(cuda.0, cuda.1)), ..DriverSupport::default() };
    let on = |driver: &DriverSupport| reach(&coverage(knowledge(), &ptx(Some(isa)), cc("12.0"), None, driver));
    assert_eq!(on(&with((12, 4))), Reach::IsaTooNew(isa), "PTX 8.7 came with CUDA 12.8");
    assert!(on(&with((12, 8))).works());
    assert!(on(&DriverSupport::default()).works(), "an unknown driver is not in the way");
    let zstd = CodeObjects {
        fatbins: 1,
        modules: vec![ModuleGroup {
            count: 1,
            images: vec![Image { code: "sm_90".parse().unwrap(), isa: None, compression: Compression::Zstd }],
        }],
        ..Default::default()
    };
    let version = |text: &str| DriverSupport { version: Some(text.parse().unwrap()), ..DriverSupport::default() };
    assert_eq!(reach(&coverage(knowledge(), &zstd, cc("9.0"), None, &version("535.183.01"))), Reach::ZstdTooNew);
    assert!(reach(&coverage(knowledge(), &zstd, cc("9.0"), None, &version("550.54.14"))).works());
}

fn suffix() -> impl Strategy<Value = Suffix> {
    prop_oneof![Just(Suffix::Plain), Just(Suffix::Family), Just(Suffix::Accelerated)]
}

fn capability() -> impl Strategy<Value = ComputeCapability> {
    (3u16..14, 0u8..10).prop_map(|(major, minor)| ComputeCapability::new(major, minor))
}

fn target() -> impl Strategy<Value = Target> {
    (capability(), suffix()).prop_map(|(capability, suffix)| Target { capability, suffix })
}

fn code() -> impl Strategy<Value = CodeTarget> {
    (target(), any::<bool>())
        .prop_map(|(target, ptx)| CodeTarget { kind: if ptx { CodeKind::Ptx } else { CodeKind::Sass }, target })
}

fn module() -> impl Strategy<Value = Vec<CodeTarget>> {
    proptest::collection::vec(code(), 0..6)
}

fn objects(modules: &[Vec<CodeTarget>]) -> CodeObjects {
    let image = |code: &CodeTarget| Image { code: *code, isa: None, compression: Compression::None };
    CodeObjects {
        fatbins: modules.len() as u32,
        modules: modules
            .iter()
            .map(|module| ModuleGroup { count: 1, images: module.iter().map(image).collect() })
            .collect(),
        ..Default::default()
    }
}

proptest! {
    /// Machine code never crosses a major version, but for one chip with two names.
    #[test]
    fn sass_stays_in_its_major(code in target(), device in capability()) {
        if sass_runs(knowledge(), code, device, None) && !knowledge().same_chip(code.capability, device) {
            prop_assert_eq!(code.capability.major, device.major);
        }
    }

    /// The wider suffix runs wherever the narrower one does: `a` ⊆ `f` ⊆ plain never shrinks on the code's own device.
    #[test]
    fn every_code_runs_at_home(code in target()) {
        prop_assert!(sass_runs(knowledge(), code, code.capability, None));
        prop_assert!(ptx_runs(knowledge(), code, code.capability));
    }

    /// Plain PTX never stops working on a newer device.
    #[test]
    fn plain_ptx_is_monotone(code in capability(), a in capability(), b in capability()) {
        let code = Target { capability: code, suffix: Suffix::Plain };
        let (older, newer) = if a <= b { (a, b) } else { (b, a) };
        if ptx_runs(knowledge(), code, older) && !knowledge().same_chip(code.capability, older) {
            prop_assert!(ptx_runs(knowledge(), code, newer));
        }
    }

    /// A newer build never loses a device by the Jetson exclusions: they are only ever lifted.
    #[test]
    fn exclusions_are_only_lifted(code in target(), device in capability()) {
        if sass_runs(knowledge(), code, device, Some(CudaVersion::new(12, 0))) {
            prop_assert!(sass_runs(knowledge(), code, device, Some(CudaVersion::new(13, 2))));
        }
    }

    /// More images in a fatbin never take a device away.
    #[test]
    fn more_code_never_hurts(modules in proptest::collection::vec(module(), 1..6), extra in code(), device in capability()) {
        let before = coverage(knowledge(), &objects(&modules), device, None, &DriverSupport::default());
        let more: Vec<Vec<CodeTarget>> = modules.iter().map(|module| {
            let mut module = module.clone();
            module.push(extra);
            module
        }).collect();
        let after = coverage(knowledge(), &objects(&more), device, None, &DriverSupport::default());
        prop_assert!(after.native + after.compiled >= before.native + before.compiled);
    }

    /// The counts add up, and a verdict that something runs has something that runs.
    #[test]
    fn counts_add_up(modules in proptest::collection::vec(module(), 0..8), device in capability()) {
        let result = coverage(knowledge(), &objects(&modules), device, None, &DriverSupport::default());
        prop_assert!(result.native + result.compiled + result.isa_too_new + result.zstd_too_new <= result.fatbins);
        prop_assert!(result.reference <= result.fatbins);
        let verdict = reach(&result);
        prop_assert_eq!(verdict.works() && result.fatbins > 0, verdict.works());
        if verdict.works() {
            prop_assert!(result.serving.is_some() && result.native + result.compiled > 0);
        }
        if result.fatbins > 0 && result.native == result.fatbins {
            prop_assert!(matches!(verdict, Reach::Native(_)));
        }
    }
}
