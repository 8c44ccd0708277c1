//! Finding a GPU by what a person types: a product name or part of one, a PCI id, an architecture, a compute capability.

use std::{collections::BTreeSet, fmt};

use gpucheck_ground::Order as _;
use gpucheck_model::knowledge::GpuRow;

use super::{load::Knowledge, nearest::nearest_things};
use crate::{
    facts::{ComputeCapability, Suffix, Target},
    text::{Lines, visible},
};

/// The GPU that was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuAnswer {
    /// Product name, or `sm_120 GPU` where only the architecture was given.
    pub name: String,
    /// Compute capability.
    pub capability: ComputeCapability,
    /// PCI device id, where that was given.
    pub pci: Option<String>,
    /// Whether a row says so, rather than the text itself.
    pub from_row: bool,
}

/// Why no GPU was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GpuLookupError {
    /// Products that differ in what matters have this name.
    Ambiguous {
        /// What was asked.
        text: String,
        /// Name, capability and PCI ids of some of them, newest first.
        candidates: Vec<String>,
        /// How many there are besides.
        more: usize,
    },
    /// It is a GPU of another maker.
    OtherMaker {
        /// What was asked.
        text: String,
        /// Who makes it.
        maker: &'static str,
    },
    /// No product has it.
    NotFound {
        /// What was asked.
        text: String,
        /// The nearest names, the nearest first.
        nearest: Vec<String>,
        /// How many others are near.
        more: usize,
    },
}

impl fmt::Display for GpuLookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { text, candidates, more } => {
                let heading = format!("'{text}' matches several GPUs; name one, or give the compute capability");
                let more = (*more > 0).then(|| format!("and {more} more"));
                Lines::new(heading, candidates.iter().cloned().chain(more)).fmt(f)
            }
            Self::OtherMaker { text, maker } => {
                write!(f, "'{}' is a GPU of {maker}: gpucheck knows NVIDIA GPUs and CUDA alone", visible(text))
            }
            Self::NotFound { text, nearest, more } => {
                write!(f, "unknown GPU '{}'; give its compute capability (such as --gpu 12.0)", visible(text))?;
                if !nearest.is_empty() {
                    let more = if *more > 0 { format!(" ({more} more are as near)") } else { String::new() };
                    write!(f, ", or did you mean {}?{more}", nearest.join(", "))?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for GpuLookupError {}

/// Words of names that no product is known by.
const BRANDS: [&str; 6] = ["nvidia", "geforce", "gpu", "rtx", "gtx", "tesla"];

/// How many candidates an error names.
const SHOWN: usize = 8;

impl Knowledge {
    /// The GPU that `text` means. Products that have the same capability are not told apart: "A100" is one, whatever its memory.
    ///
    /// # Errors
    /// Names the candidates where products of different capabilities fit, and the nearest names where none does.
    pub fn find_gpu(&self, text: &str) -> Result<GpuAnswer, GpuLookupError> {
        let asked = text.trim();
        if let Some(maker) = maker_of_id(asked) {
            return Err(GpuLookupError::OtherMaker { text: asked.to_owned(), maker });
        }
        if let Some(capability) = self.capability_text(asked) {
            let name = format!("sm_{} GPU", capability.number());
            return Ok(GpuAnswer { name, capability, pci: None, from_row: false });
        }
        if let Some(id) = asked.to_ascii_lowercase().strip_prefix("10de:") {
            return self.by_pci(id).ok_or_else(|| self.not_found(asked));
        }
        if let Some(begin) = asked.strip_suffix("...").or(asked.strip_suffix('…')) {
            return self.by_beginning(asked, begin);
        }
        // OpenGL adds "/PCIe/SSE2" to the name.
        let whole = words(asked.split('/').next().unwrap_or(asked));
        let split = split_words(&whole);
        // The memory is a part of few names, and of what many people type.
        let (virtual_board, its_chip) = board_of_virtual(asked);
        let ways = [
            whole.clone(),
            split.clone(),
            without_memory(&whole),
            without_memory(&split),
            without_edition(&whole),
            without_edition(&without_memory(&whole)),
            virtual_board,
            its_chip,
        ];
        let found = ways.iter().map(|words| (words, self.by_words(words))).find(|(_, matches)| !matches.is_empty());
        let Some((words, matches)) = found else {
            return self.by_pci(&asked.to_ascii_lowercase()).ok_or_else(|| self.not_found(asked));
        };
        let best = exact(&matches, words).unwrap_or(matches);
        one(&best).ok_or_else(|| ambiguous(asked, &best))
    }

    /// The row of a name that a driver reports.
    pub fn gpu_by_name(&self, name: &str) -> Option<&GpuRow> {
        let called = |row: &&GpuRow| row.name.eq_ignore_ascii_case(name);
        // A Jetson's driver says the chip: "Orin (nvgpu)", "NVIDIA Thor".
        let also_called = |row: &&GpuRow| row.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
        let mut rows: Vec<&GpuRow> = self.gpus.gpu.iter().filter(called).collect();
        if rows.is_empty() {
            rows = self.gpus.gpu.iter().filter(also_called).collect();
        }
        let row = *rows.first()?;
        rows.iter().all(|other| other.capability == row.capability).then_some(row)
    }

    /// `sm_120`, `compute_120`, `12.0`, `120`: capabilities that exist, so that `750` remains a name.
    fn capability_text(&self, text: &str) -> Option<ComputeCapability> {
        if let Ok(capability) = text.parse::<ComputeCapability>() {
            return Some(capability);
        }
        let target: Target = text.trim_end_matches("_real").parse().ok()?;
        let bare = text.bytes().all(|b| b.is_ascii_digit());
        let known = self.architecture(target.capability).is_some();
        (target.suffix == Suffix::Plain && (known || !bare)).then_some(target.capability)
    }

    fn by_pci(&self, id: &str) -> Option<GpuAnswer> {
        let row = self.gpu_by_pci(id)?;
        Some(GpuAnswer { name: row.name.clone(), capability: row.capability, pci: Some(id.to_owned()), from_row: true })
    }

    /// Rows of which the name or an alias has all the words.
    fn by_words(&self, wanted: &[String]) -> Vec<&GpuRow> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let has_all = |name: &str| wanted.iter().all(|word| has_word(name, word));
        self.gpus
            .gpu
            .iter()
            .filter(|row| has_all(&row.name) || row.aliases.iter().any(|alias| has_all(alias)))
            .collect()
    }

    /// The GPU of a name that a table has cut off: `GeForce RTX 208...`.
    fn by_beginning(&self, asked: &str, begin: &str) -> Result<GpuAnswer, GpuLookupError> {
        let telling = |name: &str| -> String {
            words(name).into_iter().filter(|word| !["nvidia", "gpu"].contains(&word.as_str())).collect()
        };
        let wanted = telling(begin);
        let begins = |row: &&GpuRow| telling(&row.name).starts_with(&wanted);
        let matches: Vec<&GpuRow> = self.gpus.gpu.iter().filter(begins).collect();
        if wanted.is_empty() || matches.is_empty() {
            return Err(self.not_found(asked));
        }
        one(&matches).ok_or_else(|| ambiguous(asked, &matches))
    }

    fn not_found(&self, text: &str) -> GpuLookupError {
        if let Some(maker) = maker_of_name(text) {
            return GpuLookupError::OtherMaker { text: text.to_owned(), maker };
        }
        let rows = self.gpus.gpu.iter().map(|row| row.aliases.iter().chain([&row.name]).map(String::as_str));
        // What most names begin with tells nothing, and would make the short ones of others near.
        let telling = |name: &str| {
            let words = split_words(&words(name));
            words.into_iter().filter(|word| !BRANDS.contains(&word.as_str())).collect::<String>()
        };
        let (nearest, more) = nearest_things(text, rows, telling);
        GpuLookupError::NotFound { text: text.to_owned(), nearest, more }
    }
}

/// The rows that are called exactly so, without the words that say nothing (NVIDIA, GeForce, GPU).
fn exact<'r>(rows: &[&'r GpuRow], wanted: &[String]) -> Option<Vec<&'r GpuRow>> {
    let telling = |words: &[String]| -> Vec<String> {
        words.iter().filter(|word| !["nvidia", "geforce", "gpu"].contains(&word.as_str())).cloned().collect()
    };
    let wanted = telling(wanted);
    let is = |name: &String| telling(&words(name)) == wanted;
    let found = |test: &dyn Fn(&GpuRow) -> bool| -> Vec<_> { rows.iter().copied().filter(|row| test(row)).collect() };
    // "V100" is no product's name; it is an alias of the one that is meant where nothing more is said.
    let ways = [found(&|row| is(&row.name)), found(&|row| row.aliases.iter().any(is))];
    ways.into_iter().find(|rows| !rows.is_empty())
}

/// The answer when all rows agree in what matters; named after the shortest name.
fn one(rows: &[&GpuRow]) -> Option<GpuAnswer> {
    let first = rows.first()?;
    if rows.iter().any(|row| row.capability != first.capability) {
        return None;
    }
    let name = rows.iter().map(|row| row.name.as_str()).min_by_key(|name| name.len())?;
    Some(GpuAnswer { name: name.to_owned(), capability: first.capability, pci: None, from_row: true })
}

fn ambiguous(text: &str, rows: &[&GpuRow]) -> GpuLookupError {
    let mut candidates: Vec<String> = Vec::new();
    let capabilities: BTreeSet<_> = rows.iter().map(|row| row.capability).collect();
    // One name for each capability first, so that no alternative is cut off.
    let firsts = capabilities.iter().rev().filter_map(|capability| {
        rows.iter().filter(|row| row.capability == *capability).min_by_key(|row| row.name.len())
    });
    let mut shown: Vec<&GpuRow> = Vec::new();
    for row in firsts.chain(rows) {
        if !shown.iter().any(|other| other.name == row.name && other.capability == row.capability) {
            shown.push(row);
        }
    }
    let more = shown.len().saturating_sub(SHOWN);
    shown.truncate(SHOWN);
    shown.order_by(|a, b| b.capability.cmp(&a.capability).then_with(|| a.name.cmp(&b.name)));
    for row in shown {
        let pci = row.pci.first().map(|id| format!(", PCI 10de:{id}")).unwrap_or_default();
        candidates.push(format!("{} (compute capability {}{pci})", row.name, row.capability));
    }
    GpuLookupError::Ambiguous { text: text.to_owned(), candidates, more }
}

/// The maker that a PCI id begins with: `1002:744c`. Source: the PCI ID repository, vendors 1002 and 8086.
fn maker_of_id(text: &str) -> Option<&'static str> {
    let (vendor, device) = text.split_once(':')?;
    let is_id = device.len() == 4 && device.bytes().all(|b| b.is_ascii_hexdigit());
    match vendor.to_ascii_lowercase().as_str() {
        "1002" if is_id => Some("AMD"),
        "8086" if is_id => Some("Intel"),
        _ => None,
    }
}

/// The maker of a GPU that is none of NVIDIA's, by the names that AMD, Intel and Apple sell theirs under. Asked only where no product
/// fits.
fn maker_of_name(text: &str) -> Option<&'static str> {
    let words = split_words(&words(text));
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    // `RX 7900`, `MI300X`, `gfx1100`, `Arc A770`: a word and a number.
    let numbered = |name: &str, digits: std::ops::RangeInclusive<usize>| {
        words.windows(2).any(|pair| match pair {
            [word, number] => {
                word == name && digits.contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
            }
            _ => false,
        })
    };
    if has(&["amd", "radeon", "instinct", "firepro", "navi", "ryzen"])
        || numbered("rx", 3..=4)
        || numbered("mi", 2..=3)
        || numbered("gfx", 3..=4)
    {
        return Some("AMD");
    }
    if has(&["intel", "arc", "iris", "uhd", "gaudi"]) {
        return Some("Intel");
    }
    (has(&["apple"]) || has(&["max", "ultra"]) && numbered("m", 1..=1)).then_some("Apple")
}

/// Whether one of the [`words`] of a name is this one. There are a thousand names: none is taken apart into strings, and most do not have the
/// word's first letter.
fn has_word(name: &str, word: &str) -> bool {
    if let (true, Some(first)) = (name.is_ascii() && word.is_ascii(), word.bytes().next()) {
        let (name, word) = (name.as_bytes(), word.as_bytes());
        let ends = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        return memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), name).any(|at| {
            let before = at.checked_sub(1).and_then(|before| name.get(before));
            let same = name.get(at..at + word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word));
            same && ends(before) && ends(name.get(at + word.len()))
        });
    }
    let same = |part: &str| part.chars().flat_map(char::to_lowercase).eq(word.chars());
    name.split(|c: char| !c.is_alphanumeric()).any(same)
}

/// Lower-case words of letters and digits.
fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The same words, split where letters meet digits: `rtx5090` is `rtx 5090`.
fn split_words(words: &[String]) -> Vec<String> {
    let mut split: Vec<String> = Vec::new();
    for word in words {
        let mut last: Option<char> = None;
        for c in word.chars() {
            let boundary = last.is_none_or(|last| last.is_ascii_digit() != c.is_ascii_digit());
            match split.last_mut().filter(|_| !boundary) {
                Some(current) => current.push(c),
                None => split.push(c.to_string()),
            }
            last = Some(c);
        }
    }
    split
}

/// The same words without sizes of memory: `16gb`, `16g`, `16 gb`.
fn without_memory(words: &[String]) -> Vec<String> {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let is_unit = |word: Option<&String>| word.is_some_and(|word| word == "gb" || word == "g");
    let is_size = |word: &str| word.strip_suffix("gb").or_else(|| word.strip_suffix('g')).is_some_and(is_number);
    let mut left = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        if is_number(word) && is_unit(rest.peek().copied()) {
            rest.next();
        } else if !is_size(word) {
            left.push(word.clone());
        }
    }
    left
}

/// The same words without those by which lists tell editions and machines apart: `GeForce RTX 2080 SUPER Mobile / Max-Q`, `GeForce RTX 3070 Lite
/// Hash Rate`, `GeForce RTX 2070 Rev. A`, `H200 SXM 141GB`, `DGX H100`.
fn without_edition(words: &[String]) -> Vec<String> {
    let edition = [
        "mobile",
        "maxq",
        "refresh",
        "lite",
        "hash",
        "rate",
        "lhr",
        "oem",
        "engineering",
        "sample",
        "gddr6x",
        "hbm3e",
        "pcie",
        "sxm",
        "hgx",
        "dgx",
    ];
    let mut left = Vec::new();
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "rev" => _ = rest.next(),
            "max" if rest.clone().next() == Some("q") => _ = rest.next(),
            _ if edition.contains(&word) => {}
            _ => left.push(word.to_owned()),
        }
    }
    left
}

/// The words of the board that a virtual GPU is a part of, and the same without the letters by which boards with different memory are told
/// apart. Its profile is the end of its name, after a dash: `GRID A100DX-2-20C`, `NVIDIA H100XM-80C`, `NVIDIA RTX6000-Ada-48Q`. Empty for other names.
fn board_of_virtual(name: &str) -> (Vec<String>, Vec<String>) {
    let is_profile = |part: &str| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let kind = rest.bytes().next().is_none_or(|b| matches!(b, b'A' | b'B' | b'C' | b'Q'));
        rest.len() < part.len() && kind && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let board = name.rsplit_once('-').filter(|(_, profile)| is_profile(profile)).map(|(board, _)| board);
    let Some(board) = board else { return Default::default() };
    // That of a MIG instance has its size before its memory.
    let is_size = |size: &str| size.len() == 1 && size.bytes().all(|b| b.is_ascii_digit());
    let board = board.rsplit_once('-').filter(|(_, size)| is_size(size)).map_or(board, |(board, _)| board);
    let mut left: Vec<String> = Vec::new();
    for word in words(board).into_iter().filter(|word| !["grid", "dc"].contains(&word.as_str())) {
        match word.strip_prefix("rtx").filter(|rest| !rest.is_empty()) {
            Some(number) => left.extend(["rtx".to_owned(), number.to_owned()]),
            None => left.push(word),
        }
    }
    // A T4 or T10 is none of the RTX.
    if left.last().is_some_and(|word| word.starts_with('t')) {
        left.retain(|word| word != "rtx" && word != "geforce");
    }
    let bare = |word: &String| match word.trim_end_matches(|c: char| c.is_ascii_alphabetic()) {
        "" => word.clone(),
        bare => bare.to_owned(),
    };
    let chip = left.iter().map(bare).collect();
    (left, chip)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn capability(text: &str) -> String {
        Knowledge::builtin().unwrap().find_gpu(text).unwrap().capability.to_string()
    }

    #[test]
    fn people_are_understood() {
        for (text, expected) in [
            ("5090", "12.0"),
            ("rtx 5090", "12.0"),
            ("rtx5090", "12.0"),
            ("NVIDIA GeForce RTX 5090", "12.0"),
            ("RTX 5090 Laptop", "12.0"),
            ("RTX 4090", "8.9"),
            ("RTX 3090", "8.6"),
            ("RTX 3050", "8.6"),
            ("GTX 1080 Ti", "6.1"),
            ("gtx1080ti", "6.1"),
            ("RTX 2080 Ti", "7.5"),
            ("A100", "8.0"),
            ("H100", "9.0"),
            ("h200", "9.0"),
            ("B200", "10.0"),
            ("B300", "10.3"),
            ("GB10", "12.1"),
            ("V100", "7.0"),
            ("Tesla V100-SXM2-16GB", "7.0"),
            ("T4", "7.5"),
            ("10de:2b85", "12.0"),
            ("2b85", "12.0"),
            ("sm_103", "10.3"),
            ("12.0", "12.0"),
            ("120", "12.0"),
            ("120_real", "12.0"),
            ("Quadro RTX 6000", "7.5"),
            ("RTX A6000", "8.6"),
            ("RTX 6000 Ada", "8.9"),
            ("RTX 4060 Ti 16GB", "8.9"),
            ("RTX 3060 12 GB", "8.6"),
            ("rtx3080-12g", "8.6"),
            ("Tesla V100 32GB", "7.0"),
            ("NVIDIA GeForce RTX 3090/PCIe/SSE2", "8.6"),
        ] {
            assert_eq!(capability(text), expected, "{text}");
        }
        assert_eq!(Knowledge::builtin().unwrap().find_gpu("5090").unwrap().name, "NVIDIA GeForce RTX 5090");
    }

    #[test]
    fn names_of_editions_and_of_virtual_gpus_are_those_of_boards() {
        for (text, expected) in [
            ("GeForce RTX 2080 SUPER Mobile / Max-Q", "7.5"),
            ("GeForce RTX 4080 Max-Q / Mobile", "8.9"),
            ("GeForce GTX 1080 Mobile", "6.1"),
            ("GeForce RTX 3070 Lite Hash Rate", "8.6"),
            ("GeForce RTX 2070 Rev. A", "7.5"),
            ("Quadro P1000 Mobile", "6.1"),
            ("GRID A100-10C", "8.0"),
            ("GRID A100DX-2-20C", "8.0"),
            ("GRID T4-16Q", "7.5"),
            ("GRID T4-2B4", "7.5"),
            ("GRID RTX T10-16", "7.5"),
            ("NVIDIA A10-24Q", "8.6"),
            ("NVIDIA A10G-4Q", "8.6"),
            ("NVIDIA L40S-1B", "8.9"),
            ("NVIDIA H100XM-1-10CME", "9.0"),
            ("NVIDIA GH200L-144C", "9.0"),
            ("NVIDIA B200X-180C", "10.0"),
            ("NVIDIA RTX6000-Ada-48Q", "8.9"),
            ("NVIDIA RTXA6000-12C", "8.6"),
            ("NVIDIA RTX 6000D-2-84Q", "12.0"),
            ("NVIDIA RTX Pro 6000 Blackwell DC-4-96C", "12.0"),
            ("GeForce RTX T10x-8", "7.5"),
            ("A30 PCIe", "8.0"),
            ("H200 SXM 141GB", "9.0"),
            ("DGX H100", "9.0"),
            ("GeForce RTX 3060 12GB Rev. 2", "8.6"),
        ] {
            assert_eq!(capability(text), expected, "{text}");
        }
        for text in ["RTX 5099-4Q", "RTX 5099 Mobile", "Mobile", "-4Q", "GRID-4Q", "RTX 6000-8Q"] {
            assert!(Knowledge::builtin().unwrap().find_gpu(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_differs_in_capability_is_ambiguous() {
        let knowledge = Knowledge::builtin().unwrap();
        for text in ["RTX 6000", "GTX 750", "6000", "RTX 5000 16GB"] {
            let error = knowledge.find_gpu(text).unwrap_err();
            let GpuLookupError::Ambiguous { candidates, .. } = &error else { panic!("{text}: {error}") };
            assert!((2..=SHOWN).contains(&candidates.len()), "{text}: {candidates:?}");
            let mut sorted = candidates.clone();
            let capability = |line: &String| {
                let number = line.split("capability ").nth(1).and_then(|rest| rest.split([',', ')']).next());
                number.and_then(|number| number.parse::<ComputeCapability>().ok())
            };
            sorted.sort_by(|a, b| capability(b).cmp(&capability(a)).then_with(|| a.cmp(b)));
            assert_eq!(&sorted, candidates, "newest first, then by name");
        }
    }

    #[test]
    fn other_makers_are_out_of_scope() {
        let knowledge = Knowledge::builtin().unwrap();
        for (text, maker) in [
            ("RX 7900", "AMD"),
            ("rx7900xtx", "AMD"),
            ("AMD Radeon RX 9070 XT", "AMD"),
            ("MI300X", "AMD"),
            ("Instinct MI250", "AMD"),
            ("gfx1100", "AMD"),
            ("1002:744c", "AMD"),
            ("Arc A770", "Intel"),
            ("Intel Arc B580", "Intel"),
            ("8086:e20b", "Intel"),
            ("Apple M3", "Apple"),
            ("M3 Max", "Apple"),
        ] {
            let error = knowledge.find_gpu(text).unwrap_err();
            assert!(matches!(&error, GpuLookupError::OtherMaker { maker: of, .. } if *of == maker), "{text}: {error}");
        }
        // NVIDIA's own names are not taken for theirs, spelt wrong or not.
        for text in ["RTX 5099", "GeForce MX350", "Tesla M60", "10de:ffff", "A770", "max"] {
            let found = knowledge.find_gpu(text);
            assert!(!matches!(found, Err(GpuLookupError::OtherMaker { .. })), "{text}: {found:?}");
        }
        // No product of NVIDIA's is called so: each is found by its own name.
        for row in knowledge.gpus() {
            assert_eq!(maker_of_name(&row.name), None, "{}", row.name);
        }
    }

    #[test]
    fn the_nearest_name_is_offered() {
        let error = Knowledge::builtin().unwrap().find_gpu("RTX 5099").unwrap_err().to_string();
        assert!(error.contains("RTX 509"), "{error}");
        // Two figures exchanged, and one left out.
        for typed in ["RTX 5900", "509"] {
            let error = Knowledge::builtin().unwrap().find_gpu(typed).unwrap_err().to_string();
            assert!(error.contains("did you mean RTX 5090"), "{error}");
        }
        for text in ["", "§$%", "nvidia", "16GB", "/PCIe"] {
            assert!(Knowledge::builtin().unwrap().find_gpu(text).is_err(), "{text}");
        }
    }
}
