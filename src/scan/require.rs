//! What `--require` accepts: targets as gpucheck names them, TORCH_CUDA_ARCH_LIST, and CMake's CUDA_ARCHITECTURES.

use anyhow::{anyhow, bail};

use crate::{
    facts::{CodeKind, CodeTarget, ComputeCapability, Target},
    knowledge::Knowledge,
};

const FORMS: &str = "expected sm_90, compute_90, 9.0, 9.0+PTX, 90, 90-real, 90-virtual or a name such as Hopper, \
     separated by ';', ',' or spaces";

/// The targets of these values, each once, in the order in which they were named.
///
/// # Errors
/// When a word is not a target in any of the notations, or the value has none.
pub fn required(knowledge: &Knowledge, values: &[String]) -> anyhow::Result<Vec<CodeTarget>> {
    let mut all = Vec::new();
    for value in values {
        let mut words = split(value).peekable();
        // An unset variable in a script must not open a gate.
        anyhow::ensure!(words.peek().is_some(), "--require '{value}' names no architecture ({FORMS})");
        for word in words {
            for target in targets(knowledge, word)? {
                if !all.contains(&target) {
                    all.push(target);
                }
            }
        }
    }
    Ok(all)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| matches!(c, ';' | ',') || c.is_whitespace()).filter(|word| !word.is_empty())
}

/// One word of a list.
fn targets(knowledge: &Knowledge, word: &str) -> anyhow::Result<Vec<CodeTarget>> {
    if matches!(word, "all" | "all-major" | "native") {
        bail!(
            "--require '{word}': which architectures this means depends on the toolkit or machine; list them instead"
        );
    }
    if let Some(list) = knowledge.named_architecture(word) {
        let values: Vec<Vec<CodeTarget>> = split(list).filter_map(torch).collect();
        return Ok(values.concat());
    }
    gpucheck(word)
        .or_else(|| torch(word))
        .or_else(|| cmake(word))
        .ok_or_else(|| anyhow!("--require '{word}' is not an architecture ({FORMS})"))
}

/// `sm_90a`, `compute_90`. Code of other kinds is never run, and so never required.
fn gpucheck(word: &str) -> Option<Vec<CodeTarget>> {
    let target: CodeTarget = word.parse().ok()?;
    matches!(target.kind, CodeKind::Sass | CodeKind::Ptx).then(|| vec![target])
}

/// `9.0`, `9.0a`, `9.0+PTX`, as TORCH_CUDA_ARCH_LIST has them: machine code, and PTX where it is asked for.
fn torch(word: &str) -> Option<Vec<CodeTarget>> {
    let (value, ptx) = match word.strip_suffix("+PTX").or_else(|| word.strip_suffix("+ptx")) {
        Some(value) => (value, true),
        None => (word, false),
    };
    let capability: ComputeCapability = value.trim_end_matches(['a', 'f']).parse().ok()?;
    // The suffix is the target's to judge.
    let suffix = value.get(value.trim_end_matches(['a', 'f']).len()..)?;
    let target: Target = format!("{}{suffix}", capability.number()).parse().ok()?;
    Some([CodeTarget::sass(target)].into_iter().chain(ptx.then_some(CodeTarget::ptx(target))).collect())
}

/// `90`, `90-real`, `90-virtual`, as CMake has them: a plain number asks for machine code and PTX.
fn cmake(word: &str) -> Option<Vec<CodeTarget>> {
    let (number, real, ptx) = match word.split_once('-') {
        None => (word, true, true),
        Some((number, "real")) => (number, true, false),
        Some((number, "virtual")) => (number, false, true),
        Some(_) => return None,
    };
    // `sm_90-real` is neither notation.
    let target: Target = number.parse().ok().filter(|_| number.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(real.then_some(CodeTarget::sass(target)).into_iter().chain(ptx.then_some(CodeTarget::ptx(target))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let knowledge = Knowledge::builtin().unwrap();
        let targets = required(&knowledge, &[text.to_owned()]).map_err(|error| error.to_string())?;
        Ok(targets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_people_write_is_read() {
        for (text, wanted) in [
            ("sm_80,sm_90,sm_120", "sm_80 sm_90 sm_120"),
            ("8.0;9.0+PTX;12.0", "sm_80 sm_90 compute_90 sm_120"),
            ("8.0 9.0a, 12.0f", "sm_80 sm_90a sm_120f"),
            ("9.0a+PTX", "sm_90a compute_90a"),
            ("80-real;90-virtual;120", "sm_80 compute_90 sm_120 compute_120"),
            ("90a-real", "sm_90a"),
            ("compute_90", "compute_90"),
            ("Ampere", "sm_80 sm_86 compute_86"),
            ("hopper;9.0", "sm_90 compute_90"),
            ("Blackwell+Tegra", "sm_110"),
            (" 8.0 ;; sm_80 ", "sm_80"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told_with_the_forms() {
        for text in [
            "9",
            "8.x",
            "90-fast",
            "sm_90-real",
            "9.0aa",
            "9.0ab",
            "lto_90",
            "-real",
            "+PTX",
            "H100",
            "80+PTX",
            "12.10",
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(&format!("'{text}' is not an architecture (expected sm_90, ")), "{text}: {said}");
        }
        for text in ["", " ; ,"] {
            assert!(read(text).unwrap_err().contains("names no architecture"), "'{text}'");
        }
        assert!(read("8.0;native").unwrap_err().contains("'native': which architectures this means"));
    }
}
