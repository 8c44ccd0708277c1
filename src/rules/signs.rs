//! Signs in a log by which one of several causes of an error text is told from the others.

use super::Context;
use crate::{
    facts::{CudaVersion, Gpu, KernelModule, Meaning, Os, Package},
    knowledge::OpenModules,
    python::{self, TorchVariant},
};

/// Whether the log shows that a text has this cause.
pub fn holds(context: &Context<'_>, slug: &str, meaning: &Meaning) -> bool {
    let facts = context.facts;
    let said = |name: &str| meaning.captured.get(name).and_then(|value| number(value));
    match slug {
        "no-nvidia-gpu" => {
            facts.gpus.is_absent()
                || facts.host.platform.value().is_some_and(|platform| platform.os == Os::Macos)
                || has_torch_of_others(context)
        }
        "cuda-visible-devices-hides-gpu" => {
            context.variable("CUDA_VISIBLE_DEVICES").is_some_and(|value| hides_all(context, value.trim()))
        }
        "wsl-linux-driver-installed" | "wsl-libcuda-name" => facts.host.wsl.value().is_some(),
        "container-no-gpu-flag" => facts.host.container.value().is_some(),
        "cpu-only-torch" => {
            let torch = facts.environments.first().and_then(|one| one.package("torch"));
            let plain = |torch: &Package| torch.version.value().is_some_and(|version| version.ends_with("+cpu"));
            torch.is_some_and(|torch| torch.build.value().map_or(plain(torch), |build| build.cuda.is_none()))
        }
        "open-kernel-modules-required" => {
            module_needs(context, OpenModules::Required)
                && facts.kernel.flavour.value() == Some(&KernelModule::Proprietary)
        }
        "open-kernel-modules-unsupported" => {
            module_needs(context, OpenModules::Impossible) && facts.kernel.flavour.value() == Some(&KernelModule::Open)
        }
        "gpu-dropped-by-driver" => dropped(context),
        "gpu-not-in-driver" => {
            let known = |gpu: &Gpu| gpu.capability.value().is_some();
            let gpus = facts.gpus.value();
            facts.driver.value().is_some()
                && gpus.is_some_and(|gpus| !gpus.is_empty() && gpus.iter().all(known))
                && !dropped(context)
        }
        "cudnn-major-mismatch" => {
            let said = |name: &str| said(name).map(cudnn_major);
            let there = said("found").or_else(|| cudnn(context));
            said("wanted").or(said("major")).is_some_and(|wanted| there.is_some_and(|there| there != wanted))
        }
        "extension-cuda-major-mismatch" => {
            let there = cuda_majors(context);
            let other = said("major").is_some_and(|wanted| !there.is_empty() && !there.contains(&wanted));
            other || another_minor(context, meaning)
        }
        "extension-built-without-cuda" => facts.gpus.value().is_some_and(|gpus| !gpus.is_empty()),
        // Where several releases are spoken of, the missing one need not be there.
        "cuda-libs-not-found" => {
            let there = toolkit_majors(context);
            said("major").is_some_and(|wanted| !there.is_empty() && there.iter().all(|&major| major == wanted))
        }
        _ => false,
    }
}

/// Whether the libraries of a release before CUDA 11 are needed, and only others are there: their names had both numbers.
fn another_minor(context: &Context<'_>, meaning: &Meaning) -> bool {
    let wanted = meaning.captured.get("major").filter(|release| release.contains('.'));
    let Some(wanted) = wanted.and_then(|release| release.parse::<CudaVersion>().ok()) else { return false };
    let there = cuda_releases(context);
    wanted.major < 11 && !there.is_empty() && !there.contains(&wanted)
}

/// The major version of cuDNN in its number, if it is one: 8902 is 8.9.2, and 90100 is 9.1.0.
fn cudnn_major(number: u16) -> u16 {
    match number {
        10_000.. => number / 10_000,
        1000.. => number / 1000,
        _ => number,
    }
}

/// Whether the log's driver is new enough for the CUDA release of the software, or for any if that is not said. A text that names what was
/// found is believed. `package` is the one whose text it is, where that is known.
pub fn driver_suffices(context: &Context<'_>, meaning: &Meaning, package: Option<&str>) -> bool {
    let facts = context.facts;
    let Some(driver) = facts.driver.value().filter(|_| !meaning.captured.contains_key("found")) else { return false };
    let os = match facts.host.wsl.value() {
        Some(_) => Os::Windows,
        None => facts.host.platform.value().map_or(Os::Linux, |platform| platform.os),
    };
    let torch = facts.environments.iter().filter_map(|environment| environment.package("torch"));
    let cuda = torch.filter_map(|torch| torch.build.value()?.cuda).max();
    let cuda = cuda.or_else(|| package_cuda(context, package?)).or(context.knowledge.newest_runtime());
    let floor = cuda.and_then(|cuda| context.knowledge.runtime_floor(cuda, os));
    floor.is_some_and(|floor| driver.version >= floor.driver)
}

/// The CUDA release that a package is built for: of the version that the log names, else the newest of any.
fn package_cuda(context: &Context<'_>, name: &str) -> Option<CudaVersion> {
    let knowledge = context.knowledge;
    let installed = context.facts.environments.iter().filter_map(|environment| environment.package(name));
    let version = installed.filter_map(|package| package.version.value()).next();
    let major = match version.and_then(|version| knowledge.package_build(name, version, None)) {
        Some(build) => build.cuda,
        None => knowledge.package_file(name)?.build.iter().filter_map(|build| build.cuda).max(),
    };
    major.map(|major| CudaVersion::new(major, 0))
}

/// Whether torch is a build for other makers' GPUs, and no NVIDIA GPU is named.
fn has_torch_of_others(context: &Context<'_>) -> bool {
    let torch = context.facts.environments.first().and_then(|one| one.package("torch"));
    let other = |version: &String| python::torch_variant(version) == TorchVariant::OtherGpus;
    let named = context.facts.gpus.value().is_some_and(|gpus| !gpus.is_empty());
    !named && torch.is_some_and(|torch| torch.version.value().is_some_and(other))
}

/// The first number of a version; of names of Windows' libraries, in which it has no point: `cudart64_110.dll` is of 11.0.
fn number(text: &str) -> Option<u16> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let number: u16 = digits.parse().ok()?;
    Some(if (70..200).contains(&number) { number / 10 } else { number })
}

/// Whether the first entry of CUDA_VISIBLE_DEVICES is no GPU: none, a word such as `all`, or a number beyond the GPUs that the log names. A log
/// that names none, of a computer that most likely has one, is taken to have one.
fn hides_all(context: &Context<'_>, value: &str) -> bool {
    let first = value.split(',').next().unwrap_or_default().trim();
    let host = &context.facts.host;
    let plain = host.container.value().is_none() && host.wsl.value().is_none();
    let beyond = || {
        let count = context.facts.gpus.value().map_or(usize::from(plain), Vec::len);
        count > 0 && first.parse::<usize>().is_ok_and(|number| number >= count)
    };
    // A sign in it is that of a variable, or of a text around it.
    let word = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    ["", "-1"].contains(&value) || word || beyond()
}

/// Whether a GPU of the log needs these kernel modules, or cannot work with them.
fn module_needs(context: &Context<'_>, need: OpenModules) -> bool {
    let gpus = context.facts.gpus.value().into_iter().flatten();
    gpus.filter_map(|gpu| context.knowledge.architecture(*gpu.capability.value()?))
        .any(|row| row.open_kernel_modules == Some(need))
}

/// Whether the driver of the log is of a branch that has dropped a GPU of the log.
fn dropped(context: &Context<'_>) -> bool {
    let Some(driver) = context.facts.driver.value() else { return false };
    let gpus = context.facts.gpus.value().into_iter().flatten();
    gpus.filter_map(|gpu| context.knowledge.architecture(*gpu.capability.value()?))
        .any(|row| row.is_dropped_by(&driver.version))
}

/// The major version of the cuDNN that is there.
fn cudnn(context: &Context<'_>) -> Option<u16> {
    let environment = context.facts.environments.first()?;
    let mut own = environment.packages.iter().filter(|package| package.name.contains("cudnn"));
    let version = |package: &crate::facts::Package| package.version.value().and_then(|version| number(version));
    if let Some(major) = own.find_map(version) {
        return Some(major);
    }
    // torch brings its own.
    let torch = environment.package("torch")?.version.value()?;
    let nine = python::in_range(">=2.4", python::public_version(torch))?;
    Some(if nine { 9 } else { 8 })
}

/// The CUDA majors of torch and of CUDA's libraries in the environment, else those of the toolkits.
fn cuda_majors(context: &Context<'_>) -> Vec<u16> {
    let mut majors = Vec::new();
    for environment in &context.facts.environments {
        let torch = environment.package("torch").and_then(|torch| torch.build.value()?.cuda);
        majors.extend(torch.map(|cuda| cuda.major));
        if torch.is_none() {
            let of_name = |name: &str| name.strip_prefix("nvidia-cuda-runtime-cu").and_then(number);
            majors.extend(environment.packages.iter().filter_map(|package| of_name(&package.name)));
        }
    }
    if majors.is_empty() { toolkit_majors(context) } else { majors }
}

/// The CUDA releases of torch, else of the toolkits.
fn cuda_releases(context: &Context<'_>) -> Vec<CudaVersion> {
    let torch = context.facts.environments.iter().filter_map(|environment| environment.package("torch"));
    let torch: Vec<CudaVersion> = torch.filter_map(|torch| torch.build.value()?.cuda).collect();
    let toolkits = || context.facts.toolkits.iter().filter_map(|toolkit| toolkit.version.value().copied()).collect();
    if torch.is_empty() { toolkits() } else { torch }
}

fn toolkit_majors(context: &Context<'_>) -> Vec<u16> {
    context.facts.toolkits.iter().filter_map(|toolkit| Some(toolkit.version.value()?.major)).collect()
}
