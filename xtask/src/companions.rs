//! Which torchvision and torchaudio belong to a release of torch that is harvested.

use gpucheck::{
    facts::PythonVersion,
    online::{self, COMPANIONS, Index},
    python,
};

use crate::rows::TorchFile;

/// Looks for what belongs to a release whose row does not name it yet, and says what came of it.
///
/// # Errors
/// When a wheel of that day cannot be read.
pub fn of_release(
    index: &Index,
    file: &mut TorchFile,
    torch: &str,
    python: PythonVersion,
    today: &str,
) -> anyhow::Result<Vec<String>> {
    let mut told = Vec::new();
    for name in COMPANIONS {
        if file.has(torch, name) {
            continue;
        }
        let wheels = index.wheels(name).unwrap_or_default();
        let release_of = |day: &str| file.release_of(day).map(str::to_owned);
        let version = online::of_the_day(&wheels, torch, &release_of);
        let chosen = version.map(|version| (version, online::one_for_each_platform(&wheels, version, python)));
        let found = match chosen {
            Some((version, chosen)) => match chosen.first() {
                Some(wheel) => {
                    let evidence = index.read(wheel)?;
                    let uploaded = online::released(&wheels, version);
                    Some((version, online::torch_of(&evidence, uploaded.as_deref(), &release_of)?))
                }
                None => None,
            },
            None => None,
        };
        match found {
            Some((version, (of, why))) if of == torch => {
                file.companion(torch, name, python::public_version(version), today)?;
                told.push(format!("{name} {version} belongs to torch {torch} ({why}): written"));
            }
            _ => told.push(format!(
                "{name}: no version of that day on the index belongs to torch {torch}; if another does: cargo xtask harvest {name}==VERSION --torch {torch}"
            )),
        }
    }
    Ok(told)
}
