//! Images that NVIDIA's tools made, and what a device makes of them.

use super::*;
use std::path::Path;

fn file(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The file on a device, under a driver.
fn load(path: &str, device: u32, cuda: u32) -> Result<Taken, u32> {
    let mut bytes = file(path);
    bytes.push(0);
    take(Input::of(&bytes), &Machine { device, cuda, jit_disabled: false, jit_forced: false })
}

fn binary(path: &str, device: u32, cuda: u32) -> Result<u32, u32> {
    load(path, device, cuda).map(|taken| taken.binary)
}

#[test]
fn our_machine_code_loads_where_it_should() {
    for (image, device, wanted) in [
        ("general.sm_120.cubin", 120, Ok(120)),
        ("general.sm_120.cubin", 121, Ok(120)),
        ("general.sm_90.cubin", 120, Err(NO_BINARY)),
        ("general.sm_120.cubin", 90, Err(NO_BINARY)),
        ("general.sm_86.cubin", 89, Ok(86)),
        ("general.sm_89.cubin", 86, Err(NO_BINARY)),
        ("general.sm_50.cubin", 52, Ok(50)),
        ("general.sm_80.cubin", 87, Err(NO_BINARY)),
        ("general.sm_87.cubin", 89, Err(NO_BINARY)),
        ("tensor.sm_90.cubin", 90, Ok(90)),
    ] {
        assert_eq!(binary(&format!("kernels/built/{image}"), device, 13000), wanted, "{image} on {device}");
    }
    assert_eq!(binary("kernels/built/general.sm_80.cubin", 87, 13020), Ok(80), "CUDA 13.2 lets Orin take it");
}

#[test]
fn our_ptx_is_compiled_from_its_version_on() {
    let general = load("kernels/built/general.compute_50.ptx", 120, 9000).unwrap();
    assert_eq!((general.binary, general.ptx), (120, 50));
    assert_eq!(general.kernels.len(), 4, "{:?}", general.kernels);
    assert_eq!(binary("kernels/built/tensor.compute_80.ptx", 120, 10020), Err(UNSUPPORTED_PTX));
    assert_eq!(binary("kernels/built/tensor.compute_80.ptx", 75, 12080), Err(NO_BINARY));
    assert_eq!(binary("kernels/built/tensor.compute_80.ptx", 90, 12080), Ok(90));
    let text = b".version 8.7\n.target sm_120a\n.address_size 64\n.visible .entry k(\n)\n{ ret; }\n\0";
    let on = |device, cuda| {
        take(Input::of(text), &Machine { device, cuda, jit_disabled: false, jit_forced: false })
            .map(|taken| taken.kernels)
    };
    assert_eq!(
        (on(120, 12080), on(120, 12060), on(121, 12080)),
        (Ok(vec!["k".to_owned()]), Err(UNSUPPORTED_PTX), Err(NO_BINARY))
    );
    let off = Machine { device: 120, cuda: 12080, jit_disabled: true, jit_forced: false };
    assert_eq!(take(Input::of(text), &off), Err(JIT_DISABLED));
    assert_eq!(take(Input::of(b"no ptx at all\0"), &Machine { jit_disabled: false, ..off }), Err(INVALID_PTX));
}

#[test]
fn the_kernels_of_a_cubin_are_named() {
    let mut kernels = load("kernels/built/tensor.sm_120.cubin", 120, 12080).unwrap().kernels;
    kernels.sort();
    assert_eq!(kernels, ["gpucheck_matmul_bf16", "gpucheck_matmul_f16"]);
}

#[test]
fn both_layouts_and_the_letter_are_read() {
    for (image, device, cuda, wanted) in [
        ("c12.4/raw-sm_90.cubin", 90, 12040, Ok(90)),
        ("c12.4/raw-sm_90a.cubin", 90, 12040, Ok(90)),
        ("c12.9/raw-sm_90a.cubin", 90, 12090, Ok(90)),
        ("c12.9/raw-sm_100.cubin", 103, 12090, Ok(100)),
        ("c12.9/raw-sm_100a.cubin", 103, 12090, Err(NO_BINARY)),
        ("c12.9/raw-sm_120a.cubin", 120, 12090, Ok(120)),
        ("c12.9/raw-sm_120a.cubin", 121, 12090, Err(NO_BINARY)),
        // CUDA 13 says it elsewhere.
        ("c13.0/raw-sm_120a.cubin", 120, 13000, Ok(120)),
        ("c13.0/raw-sm_120a.cubin", 121, 13000, Err(NO_BINARY)),
        // A driver that is older than the layout.
        ("c13.0/raw-sm_80.cubin", 80, 12040, Err(INVALID_IMAGE)),
        ("c13.0/raw-sm_80.cubin", 80, 13000, Ok(80)),
    ] {
        assert_eq!(binary(&format!("tests/corpus/fatbin/{image}"), device, cuda), wanted, "{image} on {device}");
    }
}

#[test]
fn of_a_fatbin_the_best_image_is_taken() {
    // What cuobjdump lists of them is in tests/corpus/fatbin/oracle.json.
    let made_from = |path, device, cuda| {
        load(&format!("tests/corpus/fatbin/{path}"), device, cuda).map(|taken| (taken.binary, taken.ptx))
    };
    // sm_50 80 90 90a, PTX of 90a.
    let cards = "c12.4/nvfatbin-multi.fatbin";
    assert_eq!(made_from(cards, 90, 12040), Ok((90, 90)));
    assert_eq!(made_from(cards, 86, 12040), Ok((80, 80)));
    assert_eq!(made_from(cards, 52, 12040), Ok((50, 50)));
    assert_eq!(made_from(cards, 75, 12040), Err(NO_BINARY));
    assert_eq!(made_from(cards, 120, 13000), Err(NO_BINARY), "its PTX is for one architecture only");
    assert_eq!(made_from("c12.4/nvfatbin-multi-compress-all.fatbin", 86, 12040), Ok((80, 80)));
    // sm_90 and PTX of 90, ISA 8.4.
    assert_eq!(made_from("c12.4/sm_90.fatbin", 120, 12080), Ok((120, 90)));
    assert_eq!(made_from("c12.4/sm_90.fatbin", 120, 12030), Err(UNSUPPORTED_PTX));
    assert_eq!(made_from("c12.4/sm_90.fatbin", 89, 12080), Err(NO_BINARY));
    // zstd: drivers before R550 cannot unpack it.
    assert_eq!(made_from("c13.0/multi-size.fatbin", 75, 13000), Ok((75, 75)));
    assert_eq!(made_from("c13.0/multi-size.fatbin", 75, 12020), Err(INVALID_IMAGE));
    // A family's code.
    assert!(made_from("c13.0/multi.fatbin", 103, 13000).is_ok());
}

#[test]
fn variables_switch_the_compiler() {
    let path = "tests/corpus/fatbin/c12.4/sm_90.fatbin";
    let bytes = file(path);
    let on = |device, jit_disabled, jit_forced| {
        take(Input::of(&bytes), &Machine { device, cuda: 13000, jit_disabled, jit_forced }).map(|taken| taken.binary)
    };
    assert_eq!((on(120, true, false), on(90, true, false)), (Err(JIT_DISABLED), Ok(90)));
    assert_eq!(on(100, false, true), Ok(100));
}

#[test]
fn damage_is_an_invalid_image() {
    let machine = Machine { device: 90, cuda: 13000, jit_disabled: false, jit_forced: false };
    let mut cubin = file("kernels/built/general.sm_90.cubin");
    cubin[18] = 62;
    assert_eq!(take(Input::of(&cubin), &machine), Err(INVALID_IMAGE), "code of another kind of machine");
}
