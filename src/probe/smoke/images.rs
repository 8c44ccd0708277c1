//! The kernels inside this binary, and which image of a module is for which device: what the compatibility rules say, no rule of its
//! own.

use std::{io::Read, sync::LazyLock};

use gpucheck_ground::Order as _;
use ruzstd::decoding::StreamingDecoder;

use crate::{
    binary,
    compat::{self, DriverSupport},
    facts::{CodeKind, CodeTarget, ComputeCapability, CudaVersion, Image},
    knowledge::Knowledge,
};

// `EMBEDDED`: module, target and length of each file of `kernels/built/`; `LENGTH`: of all; written by build.rs.
include!(concat!(env!("OUT_DIR"), "/kernels.rs"));

/// The files one behind the other, as `kernels/build.py` packed them.
static PACKED: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/kernels/built/all.zst"));

/// The same as they are; empty where this program is damaged.
static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut plain = Vec::with_capacity(LENGTH);
    let read = StreamingDecoder::new(PACKED).ok().and_then(|mut packed| packed.read_to_end(&mut plain).ok());
    if read == Some(LENGTH) { plain } else { Vec::new() }
});

/// An image of one module.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// `general` or `tensor`.
    pub module: &'static str,
    /// What it is.
    pub image: Image,
    /// A cubin, or PTX text.
    pub bytes: &'static [u8],
}

/// Every image, each described by what its own bytes say.
static IMAGES: LazyLock<Vec<Embedded>> = LazyLock::new(|| {
    let mut rest = PLAIN.as_slice();
    let mut images = Vec::new();
    for &(module, name, length) in EMBEDDED {
        let Some((bytes, behind)) = rest.split_at_checked(length) else { break };
        rest = behind;
        let library = binary::read_source(&bytes, name).ok();
        let code = library.as_ref().and_then(|library| library.code.value());
        let image = code.and_then(|code| code.modules.first()?.images.first().copied());
        images.extend(image.map(|image| Embedded { module, image, bytes }));
    }
    images
});

/// Which images are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The best machine code and the best PTX.
    Best,
    /// The best PTX alone.
    Ptx,
    /// This one, whether or not it is for the device.
    Only(CodeTarget),
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Best => f.write_str("best"),
            Self::Ptx => f.write_str("ptx"),
            Self::Only(code) => code.fmt(f),
        }
    }
}

impl std::str::FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "best" => return Ok(Self::Best),
            "ptx" => return Ok(Self::Ptx),
            _ => {}
        }
        let all = targets();
        text.parse().ok().filter(|target| all.contains(target)).map(Self::Only).ok_or_else(|| {
            let names: Vec<String> = all.iter().map(ToString::to_string).collect();
            format!("no such image '{text}'; choose best, ptx or one of {}", names.join(", "))
        })
    }
}

/// The images of a module to try on a device, machine code first. What is best is what the compatibility rules say.
pub fn choose(
    choice: Choice,
    knowledge: &Knowledge,
    module: &str,
    device: ComputeCapability,
    cuda: Option<CudaVersion>,
) -> Vec<&'static Embedded> {
    let best = |kind: CodeKind| {
        let of_kind = |embedded: &&Embedded| embedded.module == module && embedded.image.code.kind == kind;
        let images: Vec<Image> = IMAGES.iter().filter(of_kind).map(|embedded| embedded.image).collect();
        let driver = DriverSupport { cuda, ..DriverSupport::default() };
        let serving = compat::one_fatbin(knowledge, &images, device, None, &driver).serving?;
        find(module, serving)
    };
    match choice {
        Choice::Best => [CodeKind::Sass, CodeKind::Ptx].into_iter().filter_map(best).collect(),
        Choice::Ptx => best(CodeKind::Ptx).into_iter().collect(),
        Choice::Only(code) => find(module, code).into_iter().collect(),
    }
}

/// The image of a module that was made for this target.
fn find(module: &str, code: CodeTarget) -> Option<&'static Embedded> {
    IMAGES.iter().find(|embedded| embedded.module == module && embedded.image.code == code)
}

/// What there is, each once.
fn targets() -> Vec<CodeTarget> {
    let mut targets: Vec<_> = IMAGES.iter().map(|embedded| embedded.image.code).collect();
    targets.order();
    targets.dedup();
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(module: &str, device: &str) -> String {
        let knowledge = Knowledge::builtin().unwrap();
        let chosen = choose(Choice::Best, &knowledge, module, device.parse().unwrap(), Some(CudaVersion::new(13, 0)));
        chosen.iter().map(|embedded| embedded.image.code.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn files_hold_what_their_names_say() {
        assert_eq!(IMAGES.len(), EMBEDDED.len());
        for ((module, name, _), embedded) in EMBEDDED.iter().zip(IMAGES.iter()) {
            assert_eq!((*module, *name), (embedded.module, embedded.image.code.to_string().as_str()));
            let kind = if embedded.image.code.kind == CodeKind::Ptx { "ptx" } else { "cubin" };
            let file = format!("{}/kernels/built/{module}.{name}.{kind}", env!("CARGO_MANIFEST_DIR"));
            let same = std::fs::read(&file).unwrap() == embedded.bytes;
            assert!(same, "{file}: run kernels/build.py --pack");
        }
    }

    #[test]
    fn a_choice_reads_back_as_written() {
        for text in ["best", "ptx", "sm_120", "compute_50"] {
            assert_eq!(text.parse::<Choice>().unwrap().to_string(), text);
        }
        for text in ["", "sm_52", "sm_120a", "PTX"] {
            assert!(text.parse::<Choice>().unwrap_err().contains("sm_50, "), "{text}");
        }
    }

    #[test]
    fn each_device_gets_the_image_for_it() {
        for (device, general, tensor) in [
            ("5.2", "sm_50 compute_50", ""),
            ("6.1", "sm_60 compute_50", ""),
            ("7.0", "sm_70 compute_50", ""),
            ("7.2", "compute_50", ""),
            ("7.5", "sm_75 compute_50", "sm_75 compute_75"),
            ("8.6", "sm_86 compute_50", "sm_86 compute_80"),
            ("8.7", "sm_87 compute_50", "sm_87 compute_80"),
            ("9.0", "sm_90 compute_50", "sm_90 compute_80"),
            ("11.0", "sm_110 compute_50", "sm_110 compute_80"),
            ("12.0", "sm_120 compute_50", "sm_120 compute_80"),
            ("12.1", "sm_121 compute_50", "sm_121 compute_80"),
            ("13.0", "compute_50", "compute_80"),
            ("3.5", "", ""),
        ] {
            assert_eq!(
                (chosen("general", device).as_str(), chosen("tensor", device).as_str()),
                (general, tensor),
                "{device}"
            );
        }
    }
}
