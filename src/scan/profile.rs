//! What a library's device code amounts to: what it is built for throughout, what only a part of it is, how it is stored.

use gpucheck_ground::Order as _;

use crate::{
    compat,
    facts::{CodeKind, Extent, Library},
    knowledge::Knowledge,
    python::file_name,
    report::scan::{Profile, Ptx, Share},
};

/// The profile of a library; `None` for one without runnable device code.
pub fn profile(knowledge: &Knowledge, library: &Library) -> Option<Profile> {
    let code = library.code.value()?;
    let built = compat::built(knowledge, code);
    if built.fatbins == 0 && code.hidden.is_empty() {
        return None;
    }
    let dispatches = knowledge.dispatches(file_name(&library.path));
    let sampled = code.extent == Extent::Sampled;
    let mut profile = Profile { stub: code.is_stub(), dispatches, sampled, ..Profile::default() };
    for (target, fatbins) in &built.counts {
        if if dispatches { built.at_all(*target) } else { built.serves(*target) } {
            profile.base.push(*target);
        } else {
            profile.partial.insert(*target, Share { fatbins: *fatbins, of: built.fatbins });
        }
    }
    for group in &code.modules {
        for image in &group.images {
            profile.compression.add(image.compression, group.count);
            if image.code.kind == CodeKind::Ptx {
                let needs = image.isa.and_then(|isa| knowledge.ptx_needs(isa));
                profile.ptx.push(Ptx {
                    target: image.code,
                    isa: image.isa,
                    cuda: needs.map(|(cuda, _)| cuda),
                    driver_branch: needs.and_then(|(_, branch)| branch),
                });
            }
        }
    }
    profile.ptx.order();
    profile.ptx.dedup();
    Some(profile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{CodeObjects, Compression, Container, Fact, How, Image, ModuleGroup, Source};

    fn library(groups: &[(u32, &str)]) -> Library {
        let image = |text: &str| Image { code: text.parse().unwrap(), isa: None, compression: Compression::Lz4 };
        let group = |(count, images): &(u32, &str)| ModuleGroup {
            count: *count,
            images: images.split_whitespace().map(image).collect(),
        };
        let code = CodeObjects { modules: groups.iter().map(group).collect(), ..CodeObjects::default() };
        Library {
            path: "x.so".to_owned(),
            container: Container::Elf,
            needed: Vec::new(),
            cpu: None,
            glibc: None,
            code: Fact::known(code, Source::new(How::Binary, "test")),
        }
    }

    fn of(groups: &[(u32, &str)]) -> (String, String) {
        let profile = profile(&Knowledge::builtin().unwrap(), &library(groups)).unwrap();
        let base: Vec<String> = profile.base.iter().map(ToString::to_string).collect();
        let partial = profile.partial.iter().map(|(target, share)| format!("{target} {}/{}", share.fatbins, share.of));
        (base.join(" "), partial.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn rare_targets_are_set_apart() {
        let torch_2_15 = [
            (412, "sm_75 sm_80 sm_90 sm_100 sm_120"),
            (59, "sm_75 sm_80 sm_90 sm_100 sm_100a sm_120"),
            (4, "sm_90a"),
            (1, "sm_89"),
        ];
        let (base, partial) = of(&torch_2_15);
        assert_eq!(base, "sm_75 sm_80 sm_90 sm_100 sm_120");
        assert_eq!(partial, "sm_89 1/476 sm_90a 4/476 sm_100a 59/476");
    }

    #[test]
    fn what_only_one_generation_runs_is_no_measure() {
        let (base, partial) = of(&[(85, "sm_70 sm_80 sm_90 compute_90"), (1300, "sm_90a"), (300, "sm_80")]);
        assert_eq!(base, "sm_70 sm_80 sm_90 compute_90");
        assert_eq!(partial, "sm_90a 1300/1685");
        // Without fatbins for several generations the most frequent target is.
        assert_eq!(of(&[(30, "sm_90a"), (2, "sm_80")]), ("sm_90a".to_owned(), "sm_80 2/32".to_owned()));
        assert!(profile(&Knowledge::builtin().unwrap(), &library(&[])).is_none());
    }
}
