//! # code-lacks-gpu
//!
//! A package contains device code that this GPU or this driver cannot run, and it is unknown which of its libraries are needed.
//!
//! ## How it is decided
//! For packages without a row in the knowledge base, every library with device code is read and checked like PyTorch's: machine code for
//! the GPU, PTX that the driver can compile, zstd that it can decompress, the CUDA major version that the library links to. Loose `.ptx`,
//! `.cubin` and `.fatbin` files count too. Kernels that exist only for another GPU generation are ignored if the rest supports the GPU, and
//! among variants for several CUDA releases the best one counts. Since some of these libraries may never be loaded, this is a warning.
//!
//! ## How to fix it
//! Look for a version of the package with code for the GPU: `gpucheck scan PACKAGE==VERSION --gpu GPU` reads a wheel on an index without
//! downloading it. If there is none, build the package from source for the GPU.
//!
//! ## In a log
//! `CUDA error: no kernel image is available for execution on the device`, or `the provided PTX was compiled with an unsupported
//! toolchain`.
//!
//! ## Sources
//! The binaries themselves; CUDA C++ Programming Guide, compute capabilities and just-in-time compilation.

use crate::{
    facts::Fact,
    finding::{Evidence, Severity},
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        code::{self, Support, Terms},
        shared::{COMPANIONS, chosen_cuda, describe, driver, driver_evidence, driver_os, gpu_name, label},
    },
};

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "code-lacks-gpu",
    scope: Scope::UnlistedOnGpu,
    judges: Judges::Places,
    severity: Severity::Warning,
    consequence_of: &["driver-too-old-for-gpu", "driver-too-old-for-cuda-runtime"],
    remedies: &[Remedy::Driver],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let (Some(package), Some((index, gpu))) = (context.unlisted, context.gpu) else { return Outcome::NotApplicable };
    let Some(&capability) = gpu.capability.value() else {
        return Outcome::Needs(vec![format!("the compute capability of {} (--gpu)", gpu_name(gpu))]);
    };
    let (cuda, driver) = (chosen_cuda(context, package), driver(context));
    let major = code::major_of(&package.requires, None, &package.name, package.version.value().map(String::as_str));
    let terms = Terms { floors: true, major, os: driver_os(context), ..Terms::new(context.knowledge, &driver, None) };
    let deciding = code::deciding(context.knowledge, Some(&package.name), &package.libraries, cuda.as_deref());
    let Some(judged) = deciding.on(&terms, capability) else { return Outcome::NotApplicable };
    let why = judged.why.unwrap_or_default();
    match judged.support {
        Support::Yes => return Outcome::Holds,
        Support::Unknown => {
            return Outcome::Needs(vec![format!("the device code of {} for {}: {why}", label(package), gpu_name(gpu))]);
        }
        Support::Partial | Support::No => {}
    }
    let (library, name) = (judged.library, gpu_name(gpu));
    let summary =
        format!("{} may fail on {name} (sm_{}): {}: {why}.", label(package), capability.number(), library.path);
    let mut draft = Draft::new(label(package), summary)
        .about(package)
        .symptom("CUDA error: no kernel image is available for execution on the device")
        .cause(capability)
        .cause(&why);
    if let Fact::Known { value, via } = &library.code {
        let place = package.libraries.iter().position(|other| std::ptr::eq(other, library)).unwrap_or(0);
        let held = Evidence::new(format!("{}: {}", library.path, describe(context.knowledge, value)), via);
        draft = draft.evidence(held.at(format!("{}/libraries/{place}", context.pointer(&package.name))));
    }
    let device = format!("{name}: compute capability {capability}");
    let via = gpu.capability.via().map(ToString::to_string).unwrap_or_default();
    draft = draft.evidence(Evidence::new(device, via).at(format!("/facts/gpus/value/{index}")));
    // A different torch build comes with different companions, so the finding about torch is the cause.
    if COMPANIONS.contains(&package.name.as_str()) {
        draft.trace.follows.extend(["gpu-too-new-for-wheel", "gpu-too-old-for-wheel"].map(str::to_owned));
    }
    if !judged.answer.lacks() {
        draft.evidence.extend(driver_evidence(context));
    }
    draft.found()
}
