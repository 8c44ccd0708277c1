//! GPUs by their names, wherever a line has one, and those of other makers.

use gpucheck_ground::{Bytes, Signs};

use super::{Group, Kind};
use crate::log::{
    Line,
    found::Found,
    words::{find, value},
};

pub(super) const KIND: Kind = Kind {
    hints: &[
        "RTX ",
        "GTX ",
        "RTX1",
        "RTX2",
        "RTX3",
        "RTX4",
        "RTX5",
        "RTX6",
        "RTX-",
        "GTX1",
        "GTX9",
        "GTX5",
        "GTX7",
        "Tesla",
        "Quadro",
        "GeForce",
        "TITAN",
        "NVIDIA",
        "GPU:",
        "GPU 0",
        "GPU 1",
        "GPU0",
        "Jetson",
        "nvgpu",
        "Spark",
        "Radeon",
        "gfx1",
        "gfx9",
        "Device 0:",
        "device: ",
        "rocm",
        "0 Ti",
        "50Ti",
        "60Ti",
        "70Ti",
        "80Ti",
        " 5050",
        " 5060",
        " 5070",
        " 5080",
        " 5090",
        " 4060",
        " 4070",
        " 4080",
        " 4090",
        " 3060",
        " 3070",
        " 3080",
        " 3090",
        " 2080",
        " 1080",
        "显卡",
        "单卡",
        "V100",
        "P100",
        "A100",
        "A800",
        "H100",
        "H200",
        "H800",
        "B200",
        "L40S",
    ],
    groups: &[OTHER, JETSON, CUE],
    read,
    answers: false,
};

/// What GPUs of other makers are called.
const OTHER: Group = Group { place: 0, words: &["Radeon", "GPU: AMD", "gfx1", "gfx9", "Intel(R) Arc", "Apple M"] };
const JETSON: Group = Group { place: 1, words: &[" (nvgpu)"] };
/// What a GPU's model stands behind.
const CUE: Group = Group { place: 2, words: &["GPU:", "GPU 0:", "GPU0 ", "Device 0:"] };

/// Words that only names of NVIDIA's GPUs have.
const BRANDS: [&str; 9] = ["NVIDIA", "GeForce", "Quadro", "Tesla", "TITAN", "RTX", "GTX", "GT", "Jetson"];
/// Brands that people write as they like, which are no other words.
const WRITTEN: [&str; 4] = ["GeForce", "Quadro", "RTX", "GTX"];

/// What brands begin with.
const BRAND_BEGINS: &[u8] = b"NGQTRJgqr";

/// Whether a word begins the name of a GPU.
fn is_brand(word: &str) -> bool {
    BRANDS.contains(&word) || WRITTEN.iter().any(|brand| brand.eq_ignore_ascii_case(word))
}

/// Words that go on.
const PARTS: [&str; 27] = [
    "Ti",
    "SUPER",
    "Laptop",
    "GPU",
    "Max-Q",
    "Ada",
    "Generation",
    "PCIe",
    "PCIE",
    "NVL",
    "Xp",
    "X",
    "D",
    "Edition",
    "Blackwell",
    "Server",
    "Workstation",
    "Pro",
    "PRO",
    "Orin",
    "Thor",
    "Nano",
    "AGX",
    "NX",
    "Xavier",
    "DGX",
    "Spark",
];

fn read(found: &mut Found, line: Line<'_>) {
    let text = line.text;
    for other in OTHER.words.iter().filter(|_| line.has(OTHER)) {
        if let Some(at) = find(text, other) {
            let name = text.get(at..).unwrap_or_default();
            let name: String = name.trim_start_matches("GPU:").trim().chars().take(40).collect();
            found.other_gpu(&name, line.number);
            return;
        }
    }
    let named = if has_brand(text) { names(text) } else { Vec::new() };
    if named.is_empty()
        && (has_number(text) || has_data_centre(text))
        && let Some(name) = bare_name(text)
    {
        found.gpu(Some(name), None, line.number);
    }
    for name in named {
        found.gpu(Some(name), None, line.number);
    }
    // What the driver of a Jetson calls its GPU.
    if line.has(JETSON)
        && let Some(at) = find(text, " (nvgpu)")
    {
        let chip = text.get(..at).and_then(|before| before.rsplit([' ', '|', ':']).next()).unwrap_or_default();
        if !chip.is_empty() {
            found.gpu(Some(format!("{chip} (nvgpu)")), None, line.number);
        }
    }
    // A short name is one only where a GPU is spoken of.
    for cue in CUE.words.iter().filter(|_| line.has(CUE)) {
        let model = value(text, cue).and_then(|rest| rest.split([' ', ',', '|', '(']).next());
        if let Some(model) = model.filter(|word| is_model(word)) {
            found.gpu(Some(model.to_owned()), None, line.number);
        }
    }
}

/// Whether a text has one of `BRANDS` as it is written there (`nvidia-cublas` is no name), or one of `WRITTEN`.
fn has_brand(text: &str) -> bool {
    static FIRST: Bytes = Bytes::of(BRAND_BEGINS);
    let written = |rest: &[u8], brand: &str| {
        rest.get(..brand.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(brand.as_bytes()))
    };
    let begins = |rest: &[u8]| {
        BRANDS.iter().any(|brand| rest.starts_with(brand.as_bytes()))
            || WRITTEN.iter().any(|brand| written(rest, brand))
    };
    places(&FIRST, text).any(begins)
}

/// Whether a text has one of `DATA_CENTRE`.
fn has_data_centre(text: &str) -> bool {
    static FIRST: Bytes = Bytes::of(b"VPAHBL");
    let begins = |rest: &[u8]| DATA_CENTRE.iter().any(|model| rest.starts_with(model.as_bytes()));
    places(&FIRST, text).any(begins)
}

/// Whether a text has one of `NUMBERS`.
fn has_number(text: &str) -> bool {
    static FIRST: Bytes = Bytes::of(b"12345");
    let begins = |rest: &[u8]| NUMBERS.iter().any(|number| rest.starts_with(number.as_bytes()));
    places(&FIRST, text).any(|rest| rest.get(2).is_some_and(|third| b"56789".contains(third)) && begins(rest))
}

/// What begins with one of these bytes.
fn places<'t>(first: &'static Bytes, text: &'t str) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let found = rest.get(first.find(rest)?..)?;
        rest = found.get(1..)?;
        Some(found)
    })
}

/// The last name in a text that ends behind it.
pub(super) fn last_name(text: &str) -> Option<String> {
    let last = names(text).pop();
    last.or_else(|| {
        let word = text.trim_end().rsplit([' ', ':']).next()?;
        is_model(word).then(|| word.to_owned())
    })
}

/// Models of GeForce cards that people name by the number alone.
const NUMBERS: [&str; 23] = [
    "5090", "5080", "5070", "5060", "5050", "4090", "4080", "4070", "4060", "4050", "3090", "3080", "3070", "3060",
    "3050", "2080", "2070", "2060", "1080", "1070", "1060", "1660", "1650",
];
/// Models of data centres, which people name without a brand.
const DATA_CENTRE: [&str; 9] = ["V100", "P100", "A100", "A800", "H100", "H200", "H800", "B200", "L40S"];
/// Words before such a number that show that it is one of a card.
const ARTICLES: [&str; 12] =
    ["a", "an", "my", "the", "gpu", "gpus", "nvidia", "geforce", "single", "dual", "desktop", "显卡"];
/// Words behind it.
const CARDS: [&str; 9] = ["gpu", "gpus", "card", "cards", "laptop", "graphics", "vram", "单卡", "显卡"];

/// `A100-80GB`, `8xA100`, `V100s`: the model, and whether it is counted.
fn data_centre(word: &str) -> Option<(&'static str, bool)> {
    let plain = word.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['x', 'X']);
    let head = plain.split('-').next().unwrap_or_default();
    let model = DATA_CENTRE.into_iter().find(|model| head == *model || head.strip_suffix('s') == Some(model))?;
    Some((model, plain.len() < word.len()))
}

/// A card that is named by its number: `5070 Ti`, `on a 4090`, `4090单卡`, `8xA100`. A number alone may be anything.
fn bare_name(text: &str) -> Option<String> {
    // A slash belongs to a word: `N/A 3060` has no article, and `5090/10000` is no card.
    static SIGNS: Signs = Signs::all_but(b"-/");
    let words: Vec<&str> = SIGNS.words(text).flat_map(scripts).collect();
    let is = |list: &[&str], word: Option<&&str>| {
        word.is_some_and(|word| list.iter().any(|one| one.eq_ignore_ascii_case(word)))
    };
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        if let Some((model, counted)) = data_centre(word) {
            // `8.0 (A100)` is none.
            let number = |word: &str| word.len() < 3 && word.parse::<u8>().is_ok_and(|count| count > 0);
            let counts = |word: &&str| number(word) || ["x", "X"].contains(word);
            if counted || before.is_some_and(counts) || is(&ARTICLES, before) || is(&CARDS, words.get(at + 1)) {
                return Some(model.to_owned());
            }
        }
        let Some(number) = NUMBERS.iter().find(|number| word.starts_with(**number)) else { continue };
        let behind = word.get(number.len()..).unwrap_or_default();
        let next = words.get(at + 1);
        let suffix = if behind.is_empty() { next.copied().unwrap_or_default() } else { behind };
        let suffix = ["Ti", "SUPER"].into_iter().find(|one| one.eq_ignore_ascii_case(suffix));
        if let Some(suffix) = suffix {
            return Some(format!("{number} {suffix}"));
        }
        let card = CARDS.contains(&behind) || behind.is_empty() && is(&CARDS, next);
        // `a 4090 MB file` is none.
        let article =
            behind.is_empty() && is(&ARTICLES, before) && !is(&["MB", "MiB", "GB", "ms", "s", "steps", "tokens"], next);
        if card || article {
            return Some((*number).to_owned());
        }
    }
    None
}

/// The parts of a word in ASCII and in other letters: no blank stands between the two in Chinese.
fn scripts(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| c.is_ascii() != first.is_ascii()).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    parts
}

/// Names with a brand and a model.
fn names(text: &str) -> Vec<String> {
    // OpenGL adds this to the name.
    let text = find(text, "/PCIe/SSE2").and_then(|at| text.get(..at)).unwrap_or(text);
    static SIGNS: Signs = Signs::blanks_and(b"|,()\"'[];/");
    let mut words = SIGNS.split(text).peekable();
    let mut names = Vec::new();
    while let Some(word) = words.next() {
        // Nearly every word is none of these.
        if !word.bytes().next().is_some_and(|byte| BRAND_BEGINS.contains(&byte)) {
            continue;
        }
        let own = word.trim_end_matches(['.', ':']);
        let joined = ["RTX", "GTX"].iter().any(|brand| {
            let (begin, rest) = own.split_at_checked(brand.len()).unwrap_or_default();
            begin.eq_ignore_ascii_case(brand) && is_model(rest.trim_start_matches('-'))
        });
        let begins = joined || own.len() == word.len() && is_brand(own);
        if !begins {
            continue;
        }
        let mut name = vec![own];
        let mut model = joined || own == "TITAN";
        while own.len() == word.len()
            && let Some(next) = words.peek().copied()
        {
            let plain = next.trim_end_matches(['.', ':', '…']);
            // `NVIDIA 535` is a driver.
            let branch = name == ["NVIDIA"] && plain.len() == 3 && plain.bytes().all(|byte| byte.is_ascii_digit());
            let goes_on = is_brand(plain)
                || PARTS.iter().any(|part| part.eq_ignore_ascii_case(plain))
                || plain.starts_with("SXM")
                || is_model(plain) && !branch && !model
                || is_memory(plain);
            if !goes_on {
                break;
            }
            model |= is_model(plain) || ["Spark", "Orin", "Thor", "Xavier"].contains(&plain);
            // A table cuts long names off.
            let cut = next.ends_with("...") || next.ends_with('…');
            name.push(if cut { next } else { plain });
            words.next();
            if plain.len() != next.len() {
                break;
            }
        }
        // `use the NVIDIA H100 PCIe GPU with`.
        if name.len() > 1 && name.last() == Some(&"GPU") && name.get(name.len() - 2) != Some(&"Laptop") {
            name.pop();
        }
        // Tools that put the maker before a name that has it already.
        name.dedup();
        if model && !name.is_empty() {
            names.push(name.join(" "));
        }
    }
    names
}

/// `16GB`, `80GB`.
fn is_memory(word: &str) -> bool {
    word.strip_suffix("GB")
        .or(word.strip_suffix("GiB"))
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `5090`, `1080Ti`, `A100-SXM4-80GB`, `GB10`, `M2000`, `T4`: a few letters, digits, and what is behind them.
fn is_model(word: &str) -> bool {
    let letters = word.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = word.bytes().skip(letters).take_while(u8::is_ascii_digit).count();
    let rest = word.get(letters + digits..).unwrap_or_default();
    let tail = rest.is_empty()
        || ["Ti", "s", "S", "X", "ti", "TI", "m", "M", "c", "SUPER", "super", "D"].contains(&rest)
        || rest.starts_with("-SXM")
        || rest.starts_with("-PCI")
        || rest.starts_with("-80")
        || rest.starts_with("-40");
    let enough = if letters == 0 { (3..=4).contains(&digits) } else { (1..=4).contains(&digits) };
    letters <= 2 && enough && tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_sentences() {
        for (text, expected) in [
            ("NVIDIA GeForce RTX 5090 with CUDA capability", &["NVIDIA GeForce RTX 5090"][..]),
            ("GPU 0: NVIDIA RTX A6000", &["NVIDIA RTX A6000"]),
            ("|   0  NVIDIA GeForce RTX 3090        Off | 00000000:01:00.0 Off |", &["NVIDIA GeForce RTX 3090"]),
            ("2x RTX 5000 16GB, NVLink", &["RTX 5000 16GB"]),
            ("GPU: NVIDIA GTX580", &["GTX580"]),
            ("NVIDIA A100-SXM4-80GB", &["NVIDIA A100-SXM4-80GB"]),
            ("my RTX4090 and a GTX 1080 Ti.", &["RTX4090", "GTX 1080 Ti"]),
            ("Found GPU0 NVIDIA GB10 which is", &["NVIDIA GB10"]),
            ("on my pc with rtx3090 and an rtx 4060 ti", &["rtx3090", "rtx 4060 ti"]),
            ("Geforce GTX 970", &["Geforce GTX 970"]),
            ("two Tesla K20c cards", &["Tesla K20c"]),
            ("resolves into NVIDIA 535 again", &[]),
            ("RTX 4070 550 driver", &["RTX 4070"]),
            ("NVIDIA GeForce RTX 4070/PCIe/SSE2", &["NVIDIA GeForce RTX 4070"]),
            ("GPU: DGX Spark", &[]),
            ("NVIDIA-SMI 570.1 Driver Version: 570.1", &[]),
            ("the NVIDIA driver 580 is too old", &[]),
            ("NVIDIA 580.xx Legacy drivers", &[]),
            ("NVIDIA UNIX x86_64 Kernel Module  550.90.07", &[]),
            ("is NVIDIA 13.2.51", &[]),
        ] {
            assert_eq!(names(text), expected, "{text}");
        }
        assert_eq!(last_name("Found GPU0 V100").as_deref(), Some("V100"));
        assert_eq!(names("|   0  GeForce RTX 208...  Off  | 00000000:21:00.0"), ["GeForce RTX 208..."]);
    }

    #[test]
    fn a_number_alone_is_a_card_where_it_is_called_one() {
        for (text, expected) in [
            ("# 5070Ti", Some("5070 Ti")),
            ("my 4070 SUPER crashes", Some("4070 SUPER")),
            ("training a LOHA with a 3090.", Some("3090")),
            ("补充一下，4090单卡，torch 2.0.1", Some("4090")),
            ("GPU：4090", Some("4090")),
            ("on 8xA100-80GB, torch 2.1", Some("A100")),
            ("we have 2 x V100s", Some("V100")),
            ("my H100 crashes", Some("H100")),
            ("e.g., A100/H100/L4", None),
            ("capability 8.0 (A100) or 9.0 (H100)", None),
            ("换了4080super显卡", Some("4080 SUPER")),
            ("**NVIDIA GPU**: 3080", Some("3080")),
            ("the 5080 card", Some("5080")),
            ("Process 4090 has 3.5 GiB in use by GPU 0", None),
            ("a 4090 MB file", None),
            ("|    0   N/A  N/A      3060      C   python", None),
            ("step 5090/10000, loss 3080", None),
        ] {
            assert_eq!(bare_name(text).as_deref(), expected, "{text}");
        }
    }
}
