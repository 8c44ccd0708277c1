//! The things that a sentence on a page names, each as it is written: GPUs, releases of CUDA and PyTorch, drivers; and the words that say
//! what is said of them.

use crate::facts::CudaVersion;

/// A version, and whether later ones count as well (`2.7+`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    pub version: String,
    pub or_later: bool,
}

/// What a sentence names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Products: `RTX 5090`.
    pub gpus: Vec<String>,
    /// Architectures: `Blackwell`.
    pub generations: Vec<String>,
    /// Compute capabilities: `sm_120`.
    pub capabilities: Vec<String>,
    pub cuda: Vec<(CudaVersion, bool)>,
    /// CUDA releases of builds, where they are written as such (`cu128`).
    pub variants: Vec<CudaVersion>,
    pub torch: Vec<Release>,
    /// The version that PyTorch's own local part names: `2.7.1+cu128`.
    pub built: Option<(String, CudaVersion)>,
    /// Whether PyTorch is named at all.
    pub pytorch: bool,
    pub nightly: bool,
    pub drivers: Vec<String>,
    /// torchvision and torchaudio, each with its version where it has one.
    pub companions: Vec<(&'static str, Option<String>)>,
    pub tone: Tone,
}

/// What the words say of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tone {
    /// It works, it is there.
    pub yes: bool,
    /// The same in a word that may be a mere title: "support".
    pub perhaps: bool,
    /// A sign or a word that leaves no doubt that it works.
    pub mark: bool,
    /// It does not, there is none.
    pub no: bool,
    /// It is expected, or waited for.
    pub later: bool,
    /// It is the least that is needed.
    pub least: bool,
    /// It is about what is published.
    pub offer: bool,
}

/// Products of data centres, which have a letter and a number for a name.
const CARDS: &[&str] = &[
    "A10", "A10G", "A16", "A30", "A40", "A100", "A800", "B100", "B200", "B300", "GB10", "GB200", "GB300", "GH200",
    "H20", "H100", "H200", "H800", "L4", "L20", "L40", "L40S", "P4", "P40", "P100", "T4", "V100",
];

const GENERATIONS: &[&str] = &["blackwell", "hopper", "ampere", "turing", "volta", "pascal", "maxwell"];

/// More words than a sentence has are not read.
const MAX_WORDS: usize = 400;

/// Words of a line, without the signs around them.
fn words(text: &str) -> Vec<&str> {
    let sign = |c: char| c.is_whitespace() || "()[]{}|,;:*\"'`!?→←•~".contains(c);
    text.split(sign).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty()).take(MAX_WORDS).collect()
}

/// A version of two parts or more, and whether a plus follows.
fn version(word: &str) -> Option<Release> {
    let word = word.trim_start_matches(['v', 'V', '=', '>', '<', '≥', '~']);
    let (number, or_later) = match word.strip_suffix('+') {
        Some(number) => (number, true),
        None => (word, false),
    };
    let digits = |part: &str| !part.is_empty() && part.len() <= 5 && part.bytes().all(|byte| byte.is_ascii_digit());
    let base = number.split_once('+').map_or(number, |(base, _)| base);
    let base = base.split_once(".dev").map_or(base, |(base, _)| base);
    let parts: Vec<&str> = base.split('.').collect();
    ((2..=3).contains(&parts.len()) && parts.iter().all(|part| digits(part)))
        .then(|| Release { version: number.to_owned(), or_later })
}

/// Whether a text is a version and nothing else.
pub(super) fn is_version(text: &str) -> bool {
    version(text.trim_matches(['*', '`', ' '])).is_some()
}

/// `cu128` and `cu128+`.
fn variant(word: &str) -> Option<CudaVersion> {
    let digits = word.to_ascii_lowercase();
    let digits = digits.rsplit('+').find(|part| !part.is_empty())?.strip_prefix("cu")?.to_owned();
    ((3..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    let (major, minor) = digits.split_at(2);
    Some(CudaVersion { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

/// What a sentence names.
pub(super) fn named(text: &str) -> Named {
    let mut named = Named { tone: tone(text), ..Named::default() };
    let words = words(text);
    for (at, word) in words.iter().enumerate() {
        let lower = word.to_ascii_lowercase();
        let next = |skip: &[&str]| {
            let rest = words.get(at + 1..).unwrap_or_default();
            rest.iter().find(|word| !skip.contains(&word.to_ascii_lowercase().as_str())).copied()
        };
        match lower.as_str() {
            "rtx" | "gtx" => named.gpus.extend(next(&[]).and_then(|next| product(word, next, words.get(at + 2)))),
            "cuda" => {
                let next = next(&["toolkit", "version", "runtime", "sdk", "release", "=", ">=", "≥"]);
                for part in next.unwrap_or_default().split('/') {
                    let release = version(part).and_then(|one| Some((one.version.parse().ok()?, one.or_later)));
                    named.cuda.extend(release);
                }
            }
            "pytorch" | "torch" => {
                named.pytorch = true;
                named.torch(next(&["version", "release", "==", "=", "stable", "nightly"]).unwrap_or_default());
            }
            "torchvision" | "torchaudio" | "torchvision/torchaudio" => {
                for package in ["torchvision", "torchaudio"].into_iter().filter(|package| lower.contains(package)) {
                    let release = next(&["version", "==", "="]).and_then(version).map(|one| one.version);
                    named.companions.push((package, release));
                }
            }
            "nightly" | "nightlies" => named.nightly = true,
            "driver" | "drivers" => {
                let release = next(&["version", "nvidia", ">=", "≥", "at", "least"]).unwrap_or_default();
                named.drivers.extend(driver(release));
            }
            "capability" => {
                let release = next(&["of", "is", "="]).and_then(version);
                named.capabilities.extend(release.map(|one| one.version));
            }
            _ => named.word(word, &lower),
        }
    }
    named
}

impl Named {
    /// One word that says all by itself.
    fn word(&mut self, word: &str, lower: &str) {
        let digits = |rest: &str| (2..=3).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit());
        if CARDS.contains(&word) {
            self.gpus.push(word.to_owned());
        } else if GENERATIONS.contains(&lower) {
            self.generations.push(word.to_owned());
        } else if let Some(rest) = lower.strip_prefix("sm_").or_else(|| lower.strip_prefix("compute_")) {
            self.capabilities
                .extend(digits(rest.trim_end_matches('+')).then(|| format!("sm_{}", rest.trim_end_matches('+'))));
        } else if let Some(version) = lower.strip_prefix("torch==") {
            self.pytorch = true;
            self.torch(version);
        } else if lower.contains("download.pytorch.org/whl/nightly") {
            (self.pytorch, self.nightly) = (true, true);
            self.variants.extend(lower.rsplit('/').find_map(variant));
        } else if !lower.contains("://") {
            let release = version(word).filter(|one| one.version.contains("+cu"));
            match release {
                Some(one) if self.pytorch => self.torch(&one.version),
                _ => self.variants.extend(lower.split('/').filter_map(variant)),
            }
        }
    }

    fn torch(&mut self, text: &str) {
        let Some(release) = version(text) else { return };
        if let Some((public, local)) = release.version.split_once('+') {
            self.built = variant(local).map(|cuda| (public.to_owned(), cuda));
        }
        self.nightly |= release.version.contains(".dev");
        let public = release.version.split('+').next().unwrap_or_default().to_owned();
        let release = Release { version: public, ..release };
        if !self.torch.contains(&release) {
            self.torch.push(release);
        }
    }

    /// The GPU that is meant, where one is, by a name: a bare number may be the limit of a range: a product, else a capability, else an architecture.
    pub fn gpu(&self) -> Option<&String> {
        let one = |list: &'_ [String]| (list.iter().all(|other| Some(other) == list.first())).then_some(());
        [&self.gpus, &self.capabilities, &self.generations]
            .into_iter()
            .find(|list| !list.is_empty())
            .filter(|list| one(list).is_some())
            .and_then(|list| list.first())
            .filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()))
    }
}

/// `RTX 5090`, `RTX 4070 Ti`, `RTX A6000`.
fn product(brand: &str, number: &str, suffix: Option<&&str>) -> Option<String> {
    let bare = number.strip_prefix(['A', 'a']).unwrap_or(number);
    let (digits, rest) = bare.split_at(bare.bytes().take_while(u8::is_ascii_digit).count());
    if digits.len() != 4 || !matches!(rest.to_ascii_lowercase().as_str(), "" | "ti" | "d" | "s") {
        return None;
    }
    let suffix = suffix.filter(|word| matches!(word.to_ascii_lowercase().as_str(), "ti" | "super"));
    let brand = brand.to_ascii_uppercase();
    Some(suffix.map_or_else(|| format!("{brand} {number}"), |suffix| format!("{brand} {number} {suffix}")))
}

/// `525+`, `581.57`, `550.54.14`.
fn driver(word: &str) -> Option<String> {
    let number = word.trim_start_matches(['>', '=', '≥', 'v', 'R', 'r']).trim_end_matches('+');
    let parts: Vec<&str> = number.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit());
    let first = parts.first().is_some_and(|first| first.len() == 3);
    (first && parts.len() <= 3 && parts.iter().all(digits)).then(|| number.to_owned())
}

const NO: &[&str] = &[
    "not supported",
    "not yet supported",
    "isn't supported",
    "is not support",
    "doesn't support",
    "does not support",
    "don't support",
    "do not support",
    "no support",
    "unsupported",
    "incompatible",
    "not compatible",
    "not be compatible",
    "don't include",
    "doesn't include",
    "do not include",
    "does not include",
    "not available",
    "unavailable",
    "not ready",
    "not exist",
    "no official",
    "no wheels",
    "no cu",
    "❌",
    "✗",
    "ne supporte pas",
    "still in development",
    "lacks support",
    "without support",
];
const YES: &[&str] = &[
    "supports",
    "supported",
    "includes",
    "include",
    "available",
    "works",
    "compatible",
    "✅",
    "✓",
    "recommend",
    "official",
];
const LATER: &[&str] = &[
    "wait for",
    "wait until",
    "watch for",
    "expected",
    "future",
    "once pytorch",
    "when pytorch",
    "not ready yet",
    "may not exist yet",
    "until pytorch",
    "coming",
];
const LEAST: &[&str] = &["require", "minimum", "need", "at least", "or higher", "or later", "or newer", ">=", "≥"];
const OFFER: &[&str] = &["wheel", "available", "official", "exist", "publish", "still in development"];

fn tone(text: &str) -> Tone {
    // Marks of emphasis stand inside of what is looked for.
    let plain: String = text.replace(['*', '_', '`'], "").to_lowercase().replace('’', "'");
    let has = |list: &[&str]| list.iter().any(|one| plain.contains(one));
    Tone {
        yes: has(YES),
        perhaps: has(&["support"]),
        mark: has(&["✅", "✓", "compatible"]),
        no: has(NO),
        later: has(LATER),
        least: has(LEAST),
        offer: has(OFFER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_named() {
        let all = named("PyTorch 2.7.1+cu128 on the RTX 4070 Ti (sm_89) needs CUDA 12.9/13.0 and NVIDIA Driver >= 525");
        assert_eq!(all.gpus, ["RTX 4070 Ti"]);
        assert_eq!(all.capabilities, ["sm_89"]);
        assert_eq!(all.cuda.len(), 2);
        assert_eq!(all.built, Some(("2.7.1".to_owned(), CudaVersion { major: 12, minor: 8 })));
        assert_eq!(all.drivers, ["525"]);
        assert!(all.tone.least && !all.nightly);
        let none = named("Tesla V100, RTX 20xx+, CUDA 12.x, version 2.0, driver: nvidia, sm_, cu12, `pip 24.0`");
        assert_eq!((none.gpus.as_slice(), none.cuda.len(), none.drivers.len()), (&["V100".to_owned()][..], 0, 0));
        assert!(none.torch.is_empty() && none.capabilities.is_empty() && none.variants.is_empty());
        named("\u{1F600}é".repeat(10_000).as_str());
    }
}
