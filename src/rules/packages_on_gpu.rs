//! What a GPU can do with each package of an environment that has device code: the judge of code, asked for all of them. The rules about
//! packages say what is wrong; this says what was looked at and holds.

use super::{
    Context,
    code::{self, Execution, Support, Terms},
    shared::{chosen_cuda, driver, driver_os, label, package_row},
};
use crate::{compat::Reach, facts::Package};

/// One package on one GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageOnGpu {
    /// Name and version, as people say it.
    pub subject: String,
    /// Whether it runs.
    pub support: Support,
    /// By which code.
    pub how: Execution,
    /// What is in the way, or what is not known.
    pub why: Option<String>,
}

/// The packages of the environment at hand on the GPU at hand. NVIDIA's own libraries are left out: what loads them decides what they must
/// support. So are packages that compile their kernels where they run.
pub fn packages_on_gpu(context: &Context<'_>) -> Vec<PackageOnGpu> {
    let Some((_, environment)) = context.environment else { return Vec::new() };
    environment.packages.iter().filter_map(|package| on_gpu(context, package)).collect()
}

fn on_gpu(context: &Context<'_>, package: &Package) -> Option<PackageOnGpu> {
    if package.name == "torch" {
        return torch(context, package);
    }
    let capability = *context.gpu?.1.capability.value()?;
    let file = context.knowledge.package_file(&package.name);
    if code::is_of_nvidia(&package.name) || file.is_some_and(|file| file.package.compiles) {
        return None;
    }
    let (cuda, driver) = (chosen_cuda(context, package), driver(context));
    let row = package_row(context, package).and_then(|row| row.cuda);
    let terms = Terms {
        floors: true,
        major: code::major_of(&package.requires, row, &package.name, package.version.value().map(String::as_str)),
        os: driver_os(context),
        share: file.and_then(|file| file.package.share),
        ..Terms::new(context.knowledge, &driver, None)
    };
    let deciding = code::deciding(context.knowledge, Some(&package.name), &package.libraries, cuda.as_deref());
    let judged = deciding.on(&terms, capability)?;
    let without = if judged.support == Support::Unknown { Execution::Unknown } else { Execution::None };
    let how = judged.target.map_or(without, Execution::of);
    Some(PackageOnGpu { subject: label(package), support: judged.support, how, why: judged.why })
}

/// torch has its own judge of what is in the way of a look.
fn torch(context: &Context<'_>, package: &Package) -> Option<PackageOnGpu> {
    let subject = label(package);
    if package.build.value().is_some_and(|build| build.cuda.is_none()) {
        let why = Some(format!("{subject} is a build without CUDA"));
        return Some(PackageOnGpu { subject, support: Support::No, how: Execution::None, why });
    }
    Some(match super::torch_on_gpu(context) {
        Ok(on) => match on.reach {
            Reach::Native(code) | Reach::Compiled(code) => {
                PackageOnGpu { subject, support: Support::Yes, how: Execution::of(code), why: None }
            }
            _ => PackageOnGpu { why: Some(on.lack()), subject, support: Support::No, how: Execution::None },
        },
        Err(super::Outcome::Needs(needs)) => PackageOnGpu {
            subject,
            support: Support::Unknown,
            how: Execution::Unknown,
            why: Some(format!("not known: {}", needs.join("; "))),
        },
        Err(_) => return None,
    })
}
