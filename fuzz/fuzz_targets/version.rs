#![no_main]

use libfuzzer_sys::fuzz_target;

// Versions and names of targets: what is read is written and read back as the same.
use std::{fmt::Display, str::FromStr};

use gpucheck::facts::{CodeTarget, ComputeCapability, CudaVersion, DriverVersion, PtxIsa, PythonVersion};

fn round<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let shown = value.to_string();
        assert!(shown.parse::<T>().is_ok_and(|again| again == value), "{text:?} became {shown:?}");
    }
}

fuzz_target!(|text: &str| {
    round::<CudaVersion>(text);
    round::<PtxIsa>(text);
    round::<DriverVersion>(text);
    round::<PythonVersion>(text);
    round::<ComputeCapability>(text);
    round::<CodeTarget>(text);
    let _ = gpucheck::python::public_version(text);
    let _ = gpucheck::python::cuda_of_local(text);
    let _ = gpucheck::python::version_py(text);
    let _ = gpucheck::python::normalize(text);
});
