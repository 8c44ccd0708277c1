//! Libraries with made-up lists of code.

use super::*;
use crate::{
    compat,
    facts::{CodeObjects, Compression, Container, Fact, How, Image, Library, ModuleGroup, Source},
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
    Library { path: path.to_owned(), container: Container::Elf, needed: Vec::new(), glibc: None, code }
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
