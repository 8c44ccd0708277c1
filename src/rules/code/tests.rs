//! Libraries with made-up lists of code.

use super::*;
use crate::{
    compat,
    facts::{CodeObjects, Compression, Container, CudaVersion, Fact, How, Image, Library, ModuleGroup, Os, Source},
    knowledge::Knowledge,
};

fn library(path: &str, groups: &[(u32, &str)], hidden: &[(&str, u32)]) -> Library {
    let image = |text: &str| Image { code: text.parse().unwrap(), isa: None, compression: Compression::None };
    let group = |(count, images): &(u32, &str)| ModuleGroup {
        count: *count,
        images: images.split_whitespace().map(image).collect(),
    };
    let mut code = CodeObjects { modules: groups.iter().map(group).collect(), ..CodeObjects::default() };
    for group in &code.modules {
        code.fatbins += group.count;
        for image in &group.images {
            *code.sass.entry(image.code).or_default() += group.count;
            *code.bytes.entry(image.code).or_default() += 10_000;
        }
    }
    code.hidden = hidden.iter().map(|(target, count)| (target.parse().unwrap(), *count)).collect();
    let code = Fact::known(code, Source::new(How::Binary, "test"));
    Library { path: path.to_owned(), container: Container::Elf, cpu: None, needed: Vec::new(), glibc: None, code }
}

/// Verdict and reason for one GPU on a package.
fn on(name: &str, libraries: &[Library], capability: &str) -> (Support, String, String) {
    let (knowledge, driver) = (Knowledge::builtin().unwrap(), compat::DriverSupport::default());
    let terms = Terms { floors: true, ..Terms::new(&knowledge, &driver, None) };
    let found = deciding(&knowledge, Some(name), libraries, None).on(&terms, capability.parse().unwrap()).unwrap();
    (found.support, found.target.map_or(Execution::None, Execution::of).to_string(), found.why.unwrap_or_default())
}

#[test]
fn main_libraries_decide_for_their_package() {
    let all = "sm_50 sm_80 sm_90";
    let libraries = [
        library("torch/lib/libtorch_cuda.so", &[(378, all)], &[]),
        library("torch/lib/libtorch_cuda_linalg.so", &[(100, "sm_80 sm_90")], &[]),
    ];
    assert_eq!(on("torch", &libraries, "5.0").0, Support::Yes, "linear algebra neither vouches nor vetoes");
    let (verdict, how, why) = on("other", &libraries, "5.0");
    assert_eq!((verdict, how.as_str()), (Support::Partial, "no"));
    assert_eq!(why, "no support in 1 of 2 libraries: libtorch_cuda_linalg.so: no code for it");
}

#[test]
fn of_variants_one_is_enough() {
    let libraries = [("_cuda118", "sm_60 sm_90"), ("_cuda128", "sm_75 sm_120"), ("_cuda130", "sm_75 sm_120")]
        .map(|(tag, list)| library(&format!("b/libb{tag}.so"), &[(1, list)], &[]));
    let (verdict, how, why) = on("b", &libraries, "12.0");
    assert_eq!((verdict, how.as_str()), (Support::Yes, "sass sm_120"));
    assert_eq!(why, "2 of 3 variants: libb_cuda128.so, libb_cuda130.so");
    assert_eq!(on("b", &libraries, "5.0").0, Support::No);
}

#[test]
fn libraries_for_another_generation_and_empty_ones_do_not_decide() {
    let mut empty = library("x/wrap.so", &[(1, "sm_52")], &[]);
    empty.code.value_mut().unwrap().bytes.values_mut().for_each(|bytes| *bytes = 319);
    let libraries = [
        library("x/core.so", &[(9, "sm_80 sm_90")], &[]),
        library("x/hopper.so", &[(30, "sm_90a")], &[]),
        empty.clone(),
    ];
    let (verdict, _, why) = on("x", &libraries, "8.6");
    assert_eq!((verdict, why.as_str()), (Support::Yes, "except for hopper.so, which is only for another generation"));
    assert_eq!(on("x", &libraries, "7.5").0, Support::No);
    assert_eq!(on("x", &[empty], "7.5").0, Support::No, "alone it is all there is");
}

#[test]
fn what_is_hidden_vouches_and_does_not_veto() {
    let libraries = [library("x/libcufft.so.12", &[(1, "sm_75")], &[("sm_90", 300), ("sm_120", 300)])];
    let (verdict, how, why) = on("nvidia-cufft", &libraries, "12.1");
    assert_eq!((verdict, how.as_str()), (Support::Yes, "sass sm_120"));
    assert_eq!(why, "found outside the named sections, in 600 images");
    assert_eq!(on("nvidia-cufft", &libraries, "8.0").0, Support::Unknown);
}

#[test]
fn what_chooses_among_its_kernels_is_not_judged_by_their_share() {
    let lists = [(85, "sm_50 sm_80 sm_90"), (300, "sm_80 sm_90")];
    let of = |name: &str| on("x", &[library(&format!("lib/{name}"), &lists, &[])], "5.0");
    assert_eq!(of("libcublasLt.so.12").0, Support::Unknown);
    assert_eq!(of("libother.so").0, Support::Partial);
}

#[test]
fn linked_majors() {
    let of = |name: &str| {
        let mut library = library("x.so", &[], &[]);
        library.needed.push(name.to_owned());
        linked_major(&library)
    };
    assert_eq!(of("libcudart.so.12"), Some(12));
    assert_eq!(of("libcudart.so.11.0"), Some(11));
    assert_eq!((of("cudart64_110.dll"), of("CUBLAS64_13.dll")), (Some(11), Some(13)));
    assert_eq!((of("libcudart.so"), of("libcudnn.so.9"), of("cudart64_x.dll")), (None, None, None));
}

/// What a driver makes of a library that links to nothing.
fn with_driver(os: Os, driver: &str, images: &str, capability: &str) -> (Support, String) {
    let knowledge = Knowledge::builtin().unwrap();
    let driver = compat::DriverSupport { version: Some(driver.parse().unwrap()), ..compat::DriverSupport::default() };
    let terms = Terms { floors: true, os: Some(os), ..Terms::new(&knowledge, &driver, None) };
    let library = library("x/lib.so", &[(1, images)], &[]);
    let answer = on_library(&terms, &library, capability.parse().unwrap()).unwrap();
    (answer.support(), answer.why(&terms, false).unwrap_or_default())
}

#[test]
fn a_branch_has_several_numbers_on_windows() {
    // R580 is the last branch for Pascal; NVIDIA numbers it 580 to 582 on Windows.
    for (driver, support) in
        [("580.88", Support::Yes), ("581.57", Support::Yes), ("582.28", Support::Yes), ("591.44", Support::No)]
    {
        assert_eq!(with_driver(Os::Windows, driver, "sm_61 sm_80", "6.1").0, support, "{driver}");
    }
}

#[test]
fn a_runtime_inside_of_a_library_has_its_floor() {
    // Nothing before CUDA 12.8 compiles for sm_120, so the runtime inside is one of CUDA 12.
    assert_eq!(with_driver(Os::Linux, "525.60.13", "sm_80 sm_120", "8.0").0, Support::Yes);
    let (support, why) = with_driver(Os::Linux, "520.61.05", "sm_80 sm_120", "8.0");
    assert!(support == Support::No && why.contains("CUDA 12") && why.contains("525.60.13"), "{why}");
    assert_eq!(with_driver(Os::Linux, "520.61.05", "sm_80 sm_90", "8.0").0, Support::Yes, "CUDA 11.8 has sm_90");
    // sm_110 is what CUDA 13 calls Thor. Bare images are loaded by whoever has the driver's own functions.
    let knowledge = Knowledge::builtin().unwrap();
    let mut own = library("x/lib.so", &[(1, "sm_110")], &[]);
    assert_eq!(compiled_with(&knowledge, &own), Some(CudaVersion::new(13, 0)));
    own.container = Container::Cubin;
    assert_eq!(compiled_with(&knowledge, &own), None);
}
