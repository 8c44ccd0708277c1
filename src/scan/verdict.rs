//! Which GPUs can run a library, and a bundle of libraries: the same reasoning as the doctor's, for any code.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bundle::{Bundle, Kind, file_name, variant};
use crate::{
    compat::{self, Reach},
    facts::{CodeKind, CodeObjects, CodeTarget, ComputeCapability, Container, CudaVersion, Extent, Gpu, Library, Os},
    knowledge::Knowledge,
};

/// How one GPU gets on with a library or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The GPU's name.
    pub gpu: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
    /// `sass sm_120`, `ptx compute_90`, `no` or `unknown`.
    pub how: String,
    /// Whether it works.
    pub works: bool,
    /// The same in more words.
    pub verdict: Verdict,
    /// What keeps it from running, or what the answer rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Kinds of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It runs.
    Yes,
    /// Only a part of it can run: no support.
    Partial,
    /// It cannot run.
    No,
    /// What was read does not tell.
    Unknown,
}

impl Run {
    fn new(gpu: &Device, verdict: Verdict, how: String, why: Option<String>) -> Self {
        let works = verdict == Verdict::Yes;
        Self { gpu: gpu.name.clone(), capability: gpu.capability, how, works, verdict, why }
    }
}

/// A GPU as far as code is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What reports call it.
    pub name: String,
    /// Its compute capability.
    pub capability: ComputeCapability,
}

impl Device {
    /// A GPU of the facts, if its capability is known.
    pub fn of(gpu: &Gpu) -> Option<Self> {
        let name = gpu.name.value().cloned().unwrap_or_else(|| gpu.id.clone());
        Some(Self { name, capability: *gpu.capability.value()? })
    }

    /// One for each capability there is.
    pub fn all(knowledge: &Knowledge) -> Vec<Self> {
        let of = |capability: ComputeCapability| {
            let number = capability.number();
            let name = match knowledge.products(capability).first() {
                Some(product) => format!("{product} (sm_{number})"),
                None => format!("sm_{number} GPU"),
            };
            Self { name, capability }
        };
        knowledge.capabilities().map(of).collect()
    }
}

/// The verdicts for these GPUs. A library without runnable device code gets none.
pub fn runs(knowledge: &Knowledge, library: &Library, gpus: &[Device], driver: &compat::Driver) -> Vec<Run> {
    let Some(code) = library.code.value() else { return Vec::new() };
    let has_modules = code.modules.iter().any(|group| !group.images.is_empty());
    if !has_modules && code.hidden.is_empty() {
        return Vec::new();
    }
    gpus.iter()
        .map(|gpu| {
            if let Some(why) =
                too_old(knowledge, library, driver).or_else(|| unserved(knowledge, library, gpu.capability, driver))
            {
                return Run::new(gpu, Verdict::No, "no".to_owned(), Some(why));
            }
            if has_modules && !code.is_stub() {
                judged(knowledge, library, code, gpu, driver)
            } else {
                hidden(knowledge, code, gpu)
            }
        })
        .collect()
}

fn how(target: CodeTarget) -> String {
    format!("{} {target}", if target.kind == CodeKind::Ptx { "ptx" } else { "sass" })
}

fn judged(knowledge: &Knowledge, library: &Library, code: &CodeObjects, gpu: &Device, driver: &compat::Driver) -> Run {
    let coverage = compat::coverage(knowledge, code, gpu.capability, built_with(knowledge, library), driver);
    let reach = compat::reach(&coverage);
    let version =
        || driver.version.as_ref().map_or_else(|| "the driver".to_owned(), |version| format!("driver {version}"));
    let sampled = if code.extent == Extent::Sampled { ", by the sample that was read" } else { "" };
    let (verdict, how, why) = match reach {
        Reach::Native(target) | Reach::Compiled(target) => (Verdict::Yes, how(target), None),
        Reach::IsaTooNew(isa) => {
            let needs = match knowledge.ptx_needs(isa) {
                Some((cuda, Some(branch))) => format!(" needs CUDA {cuda}, a driver of R{branch} or newer"),
                Some((cuda, None)) => format!(" needs a driver with CUDA {cuda}"),
                None => " is too new".to_owned(),
            };
            (Verdict::No, "no".to_owned(), Some(format!("its PTX, of ISA {isa},{needs}, and {} is older", version())))
        }
        Reach::ZstdTooNew => {
            let branch =
                knowledge.zstd_branch().map_or_else(|| "newer".to_owned(), |branch| format!("R{branch} or newer"));
            let why = format!(
                "its code is compressed with zstd, which needs a driver of {branch}, and {} is older",
                version()
            );
            (Verdict::No, "no".to_owned(), Some(why))
        }
        Reach::Partial(some, all) if knowledge.dispatches(file_name(&library.path)) => {
            let why = format!(
                "{some} of the {all} fatbins that concern it have code for it, and the library chooses among them at run time"
            );
            (Verdict::Unknown, "unknown".to_owned(), Some(why))
        }
        Reach::Partial(some, all) => {
            let why = format!("{some} of the {all} fatbins that concern it have code for it{sampled}");
            (Verdict::Partial, "no".to_owned(), Some(why))
        }
        // The first fatbins have what most of a library is built for; the rest may hold more.
        Reach::Nothing => (Verdict::No, "no".to_owned(), Some(format!("no code for it{sampled}"))),
    };
    Run::new(gpu, verdict, how, why)
}

/// Code that no section names: evidence for what is there, weak evidence for what is not.
fn hidden(knowledge: &Knowledge, code: &CodeObjects, gpu: &Device) -> Run {
    let capability = gpu.capability;
    let fits = |target: &&CodeTarget| match target.kind {
        CodeKind::Sass => compat::sass_runs(knowledge, target.target, capability, None),
        CodeKind::Ptx => compat::ptx_runs(knowledge, target.target, capability),
        _ => false,
    };
    let serving = code.hidden.keys().filter(fits).max_by_key(|target| (target.kind == CodeKind::Sass, target.target));
    let found = code.hidden.values().fold(0u32, |sum, count| sum.saturating_add(*count));
    match serving {
        Some(target) => {
            let why = format!("found outside the named sections, in {found} images");
            Run::new(gpu, Verdict::Yes, how(*target), Some(why))
        }
        None => {
            let why =
                format!("its code lies outside the named sections, and none of the {found} images found is for it");
            Run::new(gpu, Verdict::Unknown, "unknown".to_owned(), Some(why))
        }
    }
}

/// Why the CUDA runtime that a library links to does not start on the driver.
fn too_old(knowledge: &Knowledge, library: &Library, driver: &compat::Driver) -> Option<String> {
    let version = driver.version.as_ref()?;
    let os = os(library);
    let major = linked_major(library)?;
    let floor = knowledge.runtime_floor(CudaVersion::new(major, 0), os)?;
    (*version < floor.driver).then(|| {
        format!("it links to CUDA {major}, which needs driver {} or newer, and {version} is older", floor.driver)
    })
}

/// Why the driver has nothing to do with a GPU: it is older than the architecture, or no longer serves it.
fn unserved(
    knowledge: &Knowledge,
    library: &Library,
    capability: ComputeCapability,
    driver: &compat::Driver,
) -> Option<String> {
    let version = driver.version.as_ref()?;
    let row = knowledge.architecture(capability)?;
    let first = match os(library) {
        Os::Windows => row.driver_first_windows.as_ref(),
        _ => row.driver_first_linux.as_ref(),
    };
    let number = capability.number();
    if let Some(first) = first.filter(|first| version < *first) {
        return Some(format!("sm_{number} needs driver {first} or newer, and {version} is older"));
    }
    let last = row.driver_last_branch.filter(|last| version.branch() > *last)?;
    Some(format!("drivers newer than R{last} do not serve sm_{number}, and {version} is newer"))
}

/// The system that a library is for.
fn os(library: &Library) -> Os {
    if library.container == Container::Pe { Os::Windows } else { Os::Linux }
}

/// The CUDA major that a library links to: `libcudart.so.12`, `libcublas.so.13`, `cudart64_12.dll`.
pub fn linked_major(library: &Library) -> Option<u16> {
    let of = |name: &String| {
        let name = name.to_ascii_lowercase();
        let unix = ["libcudart.so.", "libcublas.so.", "libcublaslt.so.", "libnvrtc.so."];
        let windows = ["cudart64_", "cublas64_", "cublaslt64_"];
        let rest = unix.iter().chain(&windows).find_map(|start| name.strip_prefix(start))?;
        let digits = rest.split(['.', '_']).next()?;
        // cudart64_110.dll is of CUDA 11.
        digits.get(..2)?.parse().ok()
    };
    library.needed.iter().find_map(of)
}

/// The CUDA release that a library was built with, at least: from 13.2 on desktop code runs on Jetson. The PTX in it tells it, or what it
/// links to, but only the major.
fn built_with(knowledge: &Knowledge, library: &Library) -> Option<CudaVersion> {
    let images = library.code.value().into_iter().flat_map(|code| &code.modules).flat_map(|group| &group.images);
    let by_ptx = images.filter_map(|image| image.isa).max().and_then(|isa| knowledge.ptx_cuda(isa));
    by_ptx.max(linked_major(library).map(|major| CudaVersion::new(major, 0)))
}

/// The libraries of a bundle that decide what it runs on: those that are known to, else all that hold runnable code.
pub fn deciding(knowledge: &Knowledge, bundle: &Bundle) -> Vec<usize> {
    let runnable = |library: &Library| {
        let code = library.code.value()?;
        let any = !code.hidden.is_empty() || code.modules.iter().any(|group| !group.images.is_empty());
        // A fatbin that holds next to nothing is what a compiler leaves behind: libcufftw.so.11 has one, for sm_52 alone.
        let little = code.hidden.is_empty() && code.fatbins <= 1 && code.bytes.values().sum::<u64>() < 4096;
        any.then_some(little)
    };
    let judged = || {
        bundle.libraries.iter().enumerate().filter_map(|(index, library)| Some((index, library, runnable(library)?)))
    };
    // What a folder or a file is called says nothing of a package.
    let named = !matches!(bundle.kind, Kind::File | Kind::Folder);
    let is_main = |library: &Library| named && knowledge.is_main_library(&bundle.name, &library.path, None);
    let main: Vec<usize> = judged().filter(|(_, library, _)| is_main(library)).map(|(index, ..)| index).collect();
    let whole: Vec<usize> = judged().filter(|(.., little)| !little).map(|(index, ..)| index).collect();
    match (main.is_empty(), whole.is_empty()) {
        (false, _) => main,
        (true, false) => whole,
        (true, true) => judged().map(|(index, ..)| index).collect(),
    }
}

/// The verdicts for a bundle, out of those of its libraries, in their order.
pub fn bundle_runs(bundle: &Bundle, deciding: &[usize], runs: &[Vec<Run>]) -> Vec<Run> {
    let deciding: Vec<(&Library, &Vec<Run>)> =
        deciding.iter().filter_map(|index| Some((bundle.libraries.get(*index)?, runs.get(*index)?))).collect();
    let count = deciding.iter().map(|(_, runs)| runs.len()).min().unwrap_or(0);
    let one = |index| {
        let answers: Vec<Answer<'_>> =
            deciding.iter().filter_map(|(library, runs)| Some((*library, runs.get(index)?))).collect();
        together(&answers)
    };
    (0..count).filter_map(one).collect()
}

/// A library and how a GPU gets on with it.
type Answer<'a> = (&'a Library, &'a Run);

/// One GPU on all deciding libraries.
fn together(answers: &[Answer<'_>]) -> Option<Run> {
    // Kernels for one other generation are never loaded on this GPU, like fatbins of one other generation.
    let concerns = |(library, run): &Answer<'_>| {
        run.works || generation(library).is_none_or(|major| major == run.capability.major)
    };
    let (mut concerning, mut other): (Vec<Answer<'_>>, Vec<Answer<'_>>) =
        answers.iter().copied().partition(|answer| concerns(answer));
    if concerning.is_empty() {
        concerning = std::mem::take(&mut other);
    }
    // Of variants of one library a program loads one: the best speaks for all.
    let mut slots: BTreeMap<String, Vec<Answer<'_>>> = BTreeMap::new();
    for answer in concerning {
        let path = &answer.0.path;
        slots.entry(variant(file_name(path)).unwrap_or_else(|| path.clone())).or_default().push(answer);
    }
    let mut chosen: Vec<Answer<'_>> = Vec::new();
    for slot in slots.values() {
        chosen.extend(slot.iter().min_by_key(|(_, run)| run.verdict));
    }
    let lacking: Vec<Answer<'_>> = chosen.iter().copied().filter(|(_, run)| !run.works).collect();
    if !lacking.is_empty() {
        return lacks(&lacking, &chosen);
    }
    let mut run = works(&slots, &chosen)?;
    if !other.is_empty() {
        let names: Vec<&str> = other.iter().map(|(library, _)| file_name(&library.path)).collect();
        let note = format!("but for {}, which is for another generation only", names.join(", "));
        run.why = Some(run.why.map_or(note.clone(), |why| format!("{why}; {note}")));
    }
    Some(run)
}

/// Everything that decides runs: how.
fn works(slots: &BTreeMap<String, Vec<Answer<'_>>>, chosen: &[Answer<'_>]) -> Option<Run> {
    let fatbins = |library: &Library| library.code.value().map_or(0, |code| code.fatbins);
    let compiled: Vec<Answer<'_>> = chosen.iter().copied().filter(|(_, run)| run.how.starts_with("ptx")).collect();
    // Where the driver must compile for any, that is the answer; else the largest library speaks.
    let speaking = if compiled.is_empty() { chosen } else { &compiled };
    let (_, largest) = speaking.iter().max_by_key(|(library, _)| fatbins(library))?;
    let some = |slot: &&Vec<Answer<'_>>| slot.len() > 1 && slot.iter().any(|(_, run)| !run.works);
    let why = match slots.values().find(some) {
        Some(slot) => {
            let works: Vec<&str> =
                slot.iter().filter(|(_, run)| run.works).map(|(library, _)| file_name(&library.path)).collect();
            Some(format!("{} of {} variants: {}", works.len(), slot.len(), works.join(", ")))
        }
        None if !compiled.is_empty() && compiled.len() < chosen.len() => {
            Some(format!("{} of {} libraries from PTX", compiled.len(), chosen.len()))
        }
        None if chosen.len() == 1 => largest.why.clone(),
        None => None,
    };
    Some(Run { why, ..(*largest).clone() })
}

/// Something that decides does not run: what, and why.
fn lacks(lacking: &[Answer<'_>], chosen: &[Answer<'_>]) -> Option<Run> {
    let (_, first) = lacking.first()?;
    let answer = |verdict: Verdict, why: Option<String>| {
        let how = if verdict == Verdict::Unknown { "unknown" } else { "no" }.to_owned();
        Some(Run { verdict, how, why, ..(*first).clone() })
    };
    let mildest = lacking.iter().map(|(_, run)| run.verdict).min()?;
    let same = lacking.iter().all(|(_, run)| run.why == first.why);
    if lacking.len() == chosen.len() && (same || chosen.len() == 1) {
        return answer(mildest, first.why.clone());
    }
    let mut names: Vec<&str> = lacking.iter().take(3).map(|(library, _)| file_name(&library.path)).collect();
    if lacking.len() > 3 {
        names.push("…");
    }
    let names = names.join(", ");
    match mildest {
        Verdict::Unknown => answer(Verdict::Unknown, Some(format!("not known for {names}"))),
        mildest if lacking.len() == chosen.len() => {
            answer(mildest, Some(format!("none of {} libraries: {names}", chosen.len())))
        }
        _ => answer(Verdict::Partial, Some(format!("not {} of {} libraries: {names}", lacking.len(), chosen.len()))),
    }
}

/// The generation that all of a library's code is for, where it is one.
pub fn generation(library: &Library) -> Option<u16> {
    let mut majors =
        library.code.value()?.modules.iter().filter(|group| !group.images.is_empty()).map(compat::generation);
    let first = majors.next()??;
    majors.all(|major| major == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Compression, Fact, How, Image, ModuleGroup, Source};

    fn library(path: &str, groups: &[(u32, &str)], hidden: &[(&str, u32)]) -> Library {
        let image = |text: &str| Image { code: text.parse().unwrap(), isa: None, compression: Compression::None };
        let group = |(count, images): &(u32, &str)| ModuleGroup {
            count: *count,
            images: images.split_whitespace().map(image).collect(),
        };
        let mut code = CodeObjects { modules: groups.iter().map(group).collect(), ..CodeObjects::default() };
        for group in &code.modules {
            code.fatbins += group.count;
            for image in &group.images {
                *code.sass.entry(image.code).or_default() += group.count;
                *code.bytes.entry(image.code).or_default() += 10_000;
            }
        }
        code.hidden = hidden.iter().map(|(target, count)| (target.parse().unwrap(), *count)).collect();
        let code = Fact::known(code, Source::new(How::Binary, "test"));
        Library { path: path.to_owned(), container: Container::Elf, needed: Vec::new(), code }
    }

    /// Verdict and reason for one GPU on a package.
    fn on(name: &str, libraries: &[Library], capability: &str) -> (Verdict, String, String) {
        let knowledge = Knowledge::builtin().unwrap();
        let bundle = Bundle { libraries: libraries.to_vec(), ..Bundle::new(Kind::Wheel, name, "x.whl") };
        let device = [Device { name: "GPU".to_owned(), capability: capability.parse().unwrap() }];
        let driver = compat::Driver::default();
        let verdicts: Vec<_> = libraries.iter().map(|library| runs(&knowledge, library, &device, &driver)).collect();
        let run = bundle_runs(&bundle, &deciding(&knowledge, &bundle), &verdicts).remove(0);
        (run.verdict, run.how, run.why.unwrap_or_default())
    }

    #[test]
    fn main_libraries_decide_for_their_package() {
        let all = "sm_50 sm_80 sm_90";
        let libraries = [
            library("torch/lib/libtorch_cuda.so", &[(378, all)], &[]),
            library("torch/lib/libtorch_cuda_linalg.so", &[(100, "sm_80 sm_90")], &[]),
        ];
        assert_eq!(on("torch", &libraries, "5.0").0, Verdict::Yes, "linear algebra neither vouches nor vetoes");
        let (verdict, how, why) = on("other", &libraries, "5.0");
        assert_eq!((verdict, how.as_str()), (Verdict::Partial, "no"));
        assert_eq!(why, "not 1 of 2 libraries: libtorch_cuda_linalg.so");
    }

    #[test]
    fn of_variants_one_is_enough() {
        let libraries = [("_cuda118", "sm_60 sm_90"), ("_cuda128", "sm_75 sm_120"), ("_cuda130", "sm_75 sm_120")]
            .map(|(tag, list)| library(&format!("b/libb{tag}.so"), &[(1, list)], &[]));
        let (verdict, how, why) = on("b", &libraries, "12.0");
        assert_eq!((verdict, how.as_str()), (Verdict::Yes, "sass sm_120"));
        assert_eq!(why, "2 of 3 variants: libb_cuda128.so, libb_cuda130.so");
        assert_eq!(on("b", &libraries, "5.0").0, Verdict::No);
    }

    #[test]
    fn libraries_for_another_generation_and_empty_ones_do_not_decide() {
        let mut empty = library("x/wrap.so", &[(1, "sm_52")], &[]);
        empty.code.value_mut().unwrap().bytes.values_mut().for_each(|bytes| *bytes = 319);
        let libraries = [
            library("x/core.so", &[(9, "sm_80 sm_90")], &[]),
            library("x/hopper.so", &[(30, "sm_90a")], &[]),
            empty.clone(),
        ];
        let (verdict, _, why) = on("x", &libraries, "8.6");
        assert_eq!((verdict, why.as_str()), (Verdict::Yes, "but for hopper.so, which is for another generation only"));
        assert_eq!(on("x", &libraries, "7.5").0, Verdict::No);
        assert_eq!(on("x", &[empty], "7.5").0, Verdict::No, "alone it is all there is");
    }

    #[test]
    fn what_is_hidden_vouches_and_does_not_veto() {
        let libraries = [library("x/libcufft.so.12", &[(1, "sm_75")], &[("sm_90", 300), ("sm_120", 300)])];
        let (verdict, how, why) = on("nvidia-cufft", &libraries, "12.1");
        assert_eq!((verdict, how.as_str()), (Verdict::Yes, "sass sm_120"));
        assert_eq!(why, "found outside the named sections, in 600 images");
        assert_eq!(on("nvidia-cufft", &libraries, "8.0").0, Verdict::Unknown);
    }

    #[test]
    fn what_chooses_among_its_kernels_is_not_judged_by_their_share() {
        let lists = [(85, "sm_50 sm_80 sm_90"), (300, "sm_80 sm_90")];
        let of = |name: &str| on("x", &[library(&format!("lib/{name}"), &lists, &[])], "5.0");
        assert_eq!(of("libcublasLt.so.12").0, Verdict::Unknown);
        assert_eq!(of("libother.so").0, Verdict::Partial);
    }

    #[test]
    fn linked_majors() {
        let of = |name: &str| {
            let mut library = library("x.so", &[], &[]);
            library.needed.push(name.to_owned());
            linked_major(&library)
        };
        assert_eq!(of("libcudart.so.12"), Some(12));
        assert_eq!(of("libcudart.so.11.0"), Some(11));
        assert_eq!((of("cudart64_110.dll"), of("CUBLAS64_13.dll")), (Some(11), Some(13)));
        assert_eq!((of("libcudart.so"), of("libcudnn.so.9"), of("cudart64_x.dll")), (None, None, None));
    }
}
