//! What a library's device code amounts to: what it is built for throughout, what only a part of it is, how it is stored.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bundle::file_name;
use crate::{
    compat,
    facts::{CodeKind, CodeTarget, Compression, CudaVersion, Extent, Fact, Library, PtxIsa},
    knowledge::Knowledge,
};

/// The general part of a library in short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// Targets in nearly every fatbin that is built for several generations.
    pub base: Vec<CodeTarget>,
    /// Targets in fewer: they do not make a GPU supported by themselves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub partial: BTreeMap<CodeTarget, Share>,
    /// What a driver must know to compile the PTX.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ptx: Vec<Ptx>,
    /// Entries by the way they are stored.
    pub compression: Compressed,
    /// Whether the library chooses at run time among kernels with lists of their own: then every list counts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dispatches: bool,
    /// Whether the named sections hold next to nothing of it: the rest was found elsewhere in the file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stub: bool,
    /// Whether only a sample was read.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
}

/// So many of so many fatbins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Those with the target.
    pub fatbins: u32,
    /// All that hold code.
    pub of: u32,
}

/// PTX of one target and one version of the instruction set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ptx {
    /// The target.
    pub target: CodeTarget,
    /// Version of the instruction set; nothing where the entry does not say.
    pub isa: Option<PtxIsa>,
    /// The CUDA release that wrote it, at the earliest, and that a driver must report to compile it.
    pub cuda: Option<CudaVersion>,
    /// The first driver branch that does.
    pub driver_branch: Option<u32>,
}

/// How many entries are stored in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Compressed {
    /// As they are.
    pub none: u32,
    /// LZ4, which every driver of interest reads.
    pub lz4: u32,
    /// zstd, which drivers read from R550 on.
    pub zstd: u32,
    /// In a way that is not known.
    pub other: u32,
}

impl Compressed {
    fn add(&mut self, compression: Compression, count: u32) {
        let field = match compression {
            Compression::None => &mut self.none,
            Compression::Lz4 => &mut self.lz4,
            Compression::Zstd => &mut self.zstd,
            Compression::Other => &mut self.other,
        };
        *field = field.saturating_add(count);
    }

    /// Adds another library's counts.
    pub fn merge(&mut self, other: Self) {
        self.add(Compression::None, other.none);
        self.add(Compression::Lz4, other.lz4);
        self.add(Compression::Zstd, other.zstd);
        self.add(Compression::Other, other.other);
    }
}

/// The profile of a library; nothing for one without runnable device code.
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
    profile.ptx.sort();
    profile.ptx.dedup();
    Some(profile)
}

/// Whether a library holds device code of any kind, link input included.
pub fn has_code(library: &Library) -> bool {
    matches!(&library.code, Fact::Known { value, .. } if !value.modules.is_empty()
        || !value.hidden.is_empty() || !value.relocatable.is_empty() || !value.other.is_empty() || !value.damage.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{CodeObjects, Container, How, Image, ModuleGroup, Source};

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
