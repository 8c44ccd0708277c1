//! Which libraries a library needs, and what provides them: the bundle itself, its requirements, its neighbours, the system, the driver. One
//! that is listed as missing may still load: from another folder of the loader's search path, or because the program loads it first.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::Bundle;
use crate::{
    facts::{Container, Cpu, Os, Platform},
    knowledge::{Bringer, CommonOwner, Knowledge},
    python::{MarkerEnvironment, Requirement},
    report::scan::{BundleKind, Need, Provider},
    rules::code::linked_major,
};

/// The names that no bundle has and that come neither with a system nor with a driver: what to ask the system's loader for.
pub(super) fn foreign(knowledge: &Knowledge, bundles: &[Bundle]) -> BTreeSet<String> {
    let own: BTreeSet<&str> = bundles.iter().flat_map(|bundle| &bundle.files).map(String::as_str).collect();
    // A package that is not installed may be for another machine than this.
    let here = bundles.iter().filter(|bundle| !matches!(bundle.kind, BundleKind::Wheel | BundleKind::Conda));
    let libraries = here.flat_map(|bundle| &bundle.libraries).filter(|library| library.container == Container::Elf);
    libraries
        .flat_map(|library| &library.needed)
        .filter(|name| !name.contains('/') && !own.contains(name.as_str()) && knowledge.common_owner(name).is_none())
        .cloned()
        .collect()
}

/// What a bundle needs besides the system. `all`: the bundles of the scan. `system`: what the loader found, and where.
pub fn needs(knowledge: &Knowledge, bundle: &Bundle, all: &[Bundle], system: &BTreeMap<String, String>) -> Vec<Need> {
    let mut asked: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for library in &bundle.libraries {
        for name in &library.needed {
            asked.entry(name).or_default().push(library.path.clone());
        }
    }
    let brought = brought(knowledge, bundle);
    let mut needs = Vec::new();
    for (name, needed_by) in asked {
        let owner = knowledge.common_owner(name);
        if matches!(owner, Some(CommonOwner::System | CommonOwner::Python)) {
            continue;
        }
        let majors: BTreeSet<u16> = bundle
            .libraries
            .iter()
            .filter(|library| needed_by.contains(&library.path))
            .filter_map(linked_major)
            .collect();
        let distributions = distributions(knowledge, name, &majors);
        let has = |bundle: &Bundle| bundle.files.iter().any(|file| same(file, name));
        let required = brought.iter().find_map(|bringer| match bringer {
            Bringer::Required(distribution) => distributions.contains(*distribution).then_some(*distribution),
            Bringer::Perhaps { .. } => None,
        });
        let perhaps = brought.iter().find_map(|bringer| match bringer {
            Bringer::Perhaps { carrier, distribution } if distributions.contains(*distribution) => Some(*carrier),
            _ => None,
        });
        let neighbour = all.iter().find(|other| *other != bundle && has(other));
        let (status, by) = match (owner, required, neighbour, system.get(name), perhaps) {
            _ if has(bundle) => (Provider::Own, None),
            (Some(CommonOwner::Driver), ..) => (Provider::Driver, None),
            (_, _, Some(other), ..) => (Provider::Neighbour, Some(other.label())),
            // What an installed distribution requires need not be there.
            (_, Some(distribution), ..) if bundle.kind != BundleKind::Installed => {
                (Provider::Required, Some(distribution.to_owned()))
            }
            (_, _, _, Some(path), _) => (Provider::System, Some(path.clone())),
            (.., Some(carrier)) if bundle.kind != BundleKind::Installed => {
                (Provider::Perhaps, Some(carrier.to_owned()))
            }
            _ if distributions.is_empty() => (Provider::Unknown, None),
            _ => (Provider::Missing, None),
        };
        let distributions = distributions.into_iter().map(str::to_owned).collect();
        needs.push(Need { library: name.to_owned(), needed_by, status, by, distributions });
    }
    needs
}

/// The distributions with a library, only those of the CUDA majors that its users link to where that tells them apart.
fn distributions<'k>(knowledge: &'k Knowledge, library: &'k str, majors: &BTreeSet<u16>) -> BTreeSet<&'k str> {
    let rows: Vec<_> = knowledge.distributions_with(library).collect();
    let fitting: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row.cuda.is_some_and(|cuda| majors.contains(&cuda)))
        .map(|row| row.distribution.as_str())
        .collect();
    if fitting.is_empty() { rows.into_iter().map(|row| row.distribution.as_str()).collect() } else { fitting }
}

/// What the requirements of a bundle install on its intended platform.
fn brought<'k>(knowledge: &'k Knowledge, bundle: &Bundle) -> Vec<Bringer<'k>> {
    // Names of conda packages are others.
    if bundle.kind == BundleKind::Conda {
        return Vec::new();
    }
    let windows = is_windows(bundle);
    let markers = MarkerEnvironment::new(None, platform(bundle));
    let requirements = bundle.requires.iter().flatten().filter_map(|line| line.parse::<Requirement>().ok());
    requirements
        .filter(|requirement| {
            requirement.marker.as_ref().is_none_or(|marker| marker.eval(&markers, None) != Some(false))
        })
        .flat_map(|requirement| knowledge.brought_by(&requirement))
        // Of carriers only what they require on Linux is known.
        .filter(|bringer| !windows || matches!(bringer, Bringer::Required(_)))
        .collect()
}

/// What a wheel's tags and the format of its libraries say it is for.
fn platform(bundle: &Bundle) -> Option<Platform> {
    let tags = bundle.tags.as_deref()?.to_ascii_lowercase();
    let cpu = if tags.contains("aarch64") || tags.contains("arm64") { Cpu::Aarch64 } else { Cpu::X86_64 };
    let os = if is_windows(bundle) { Os::Windows } else { Os::Linux };
    Some(Platform { os, cpu })
}

fn is_windows(bundle: &Bundle) -> bool {
    bundle.libraries.iter().any(|library| library.container == Container::Pe)
}

/// Whether the loader takes two names for one: Windows does not tell case apart.
fn same(file: &str, name: &str) -> bool {
    file == name || name.to_ascii_lowercase().ends_with(".dll") && file.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Fact, Library};

    fn bundle(kind: BundleKind, needed: &[&str], requires: &[&str]) -> Bundle {
        let library = Library {
            path: "x/lib.so".to_owned(),
            container: Container::Elf,
            needed: needed.iter().map(|name| (*name).to_owned()).collect(),
            cpu: None,
            glibc: None,
            code: Fact::unknown("test"),
        };
        Bundle {
            libraries: vec![library],
            requires: Some(requires.iter().map(|line| (*line).to_owned()).collect()),
            tags: Some("cp311-cp311-manylinux_2_28_x86_64".to_owned()),
            files: ["lib.so".to_owned(), "libown.so".to_owned()].into(),
            ..Bundle::new(kind, "x", "x.whl")
        }
    }

    fn shown(bundle: &Bundle, all: &[Bundle], system: &[(&str, &str)]) -> Vec<String> {
        let system = system.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
        let needs = needs(&Knowledge::builtin().unwrap(), bundle, all, &system);
        needs
            .into_iter()
            .map(|need| {
                let by = need.by.unwrap_or_else(|| need.distributions.join("|"));
                format!("{} {:?} {by}", need.library, need.status).trim().to_owned()
            })
            .collect()
    }

    #[test]
    fn everybody_who_can_bring_a_library_is_asked() {
        let wheel = bundle(
            BundleKind::Wheel,
            &[
                "libc.so.6",
                "libown.so",
                "libcuda.so.1",
                "libcudart.so.12",
                "libcublas.so.12",
                "libcudnn.so.9",
                "libfoo.so.1",
            ],
            &[
                "nvidia-cuda-runtime-cu12; platform_system == 'Linux'",
                "nvidia-cublas-cu12; platform_system == 'Windows'",
            ],
        );
        assert_eq!(
            shown(&wheel, &[], &[]),
            [
                "libcublas.so.12 Missing nvidia-cublas-cu12",
                "libcuda.so.1 Driver",
                "libcudart.so.12 Required nvidia-cuda-runtime-cu12",
                // In wheels for CUDA 11 and 13, too, but this library links to CUDA 12.
                "libcudnn.so.9 Missing nvidia-cudnn-cu12",
                "libfoo.so.1 Unknown",
                "libown.so Own",
            ]
        );
        // torch installs CUDA 12 or 13, depending on its build.
        let wheel = bundle(BundleKind::Wheel, &["libcudart.so.12"], &["torch>=2.4"]);
        assert_eq!(shown(&wheel, &[], &[]), ["libcudart.so.12 Perhaps torch"]);
    }

    #[test]
    fn what_is_installed_counts_and_what_is_only_required_does_not() {
        let one = bundle(BundleKind::Installed, &["libcudart.so.12"], &["nvidia-cuda-runtime-cu12"]);
        assert_eq!(shown(&one, &[], &[]), ["libcudart.so.12 Missing nvidia-cuda-runtime-cu12"]);
        let mut other = Bundle::new(BundleKind::Installed, "nvidia-cuda-runtime-cu12", "x");
        other.version = Some("12.6.77".to_owned());
        other.files.insert("libcudart.so.12".to_owned());
        assert_eq!(shown(&one, &[other], &[]), ["libcudart.so.12 Neighbour nvidia-cuda-runtime-cu12 12.6.77"]);
        assert_eq!(
            shown(&one, &[], &[("libcudart.so.12", "/usr/lib/libcudart.so.12")]),
            ["libcudart.so.12 System /usr/lib/libcudart.so.12"]
        );
        let conda = bundle(BundleKind::Conda, &["libcudart.so.12"], &["nvidia-cuda-runtime-cu12"]);
        assert_eq!(shown(&conda, &[], &[]), ["libcudart.so.12 Missing nvidia-cuda-runtime-cu12"]);
    }
}
