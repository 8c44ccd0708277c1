//! PTX: the text says by `.version` which compiler it needs and by `.target` what it was made for.

use super::{
    INVALID_PTX, JIT_DISABLED, Machine, NO_BINARY, Suffix, Taken, Target, UNSUPPORTED_PTX, target::first_cuda,
};

/// Compiles, as far as the driver can tell beforehand.
pub fn take(text: &str, machine: &Machine) -> Result<Taken, u32> {
    let (isa, target) = head(text).ok_or(INVALID_PTX)?;
    check(isa, target, machine)?;
    let kernels = text.match_indices(".entry").filter_map(|(at, word)| {
        let name = text.get(at + word.len()..)?.trim_start();
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$'))?;
        name.get(..end).map(str::to_owned)
    });
    Ok(Taken { kernels: kernels.collect(), binary: machine.device, ptx: target.arch })
}

/// Whether PTX of this ISA and target is compiled.
pub fn check(isa: (u32, u32), target: Target, machine: &Machine) -> Result<(), u32> {
    if machine.jit_disabled {
        return Err(JIT_DISABLED);
    }
    if first_cuda(isa.0, isa.1).is_none_or(|first| first > machine.cuda) {
        return Err(UNSUPPORTED_PTX);
    }
    if target.compiles_for(machine.device) { Ok(()) } else { Err(NO_BINARY) }
}

fn head(text: &str) -> Option<((u32, u32), Target)> {
    let directive = |name: &str| {
        let lines = text.lines().map(str::trim);
        lines.filter(|line| !line.starts_with("//")).find_map(|line| line.strip_prefix(name)).map(str::trim)
    };
    let (major, minor) = directive(".version")?.split_once('.')?;
    let target = directive(".target")?.split(',').next()?.trim().strip_prefix("sm_")?;
    let digits = target.trim_end_matches(['a', 'f']);
    let suffix = match target.strip_prefix(digits)? {
        "" => Suffix::None,
        "a" => Suffix::Specific,
        "f" => Suffix::Family,
        _ => return None,
    };
    Some(((major.parse().ok()?, minor.parse().ok()?), Target { arch: digits.parse().ok()?, suffix }))
}
