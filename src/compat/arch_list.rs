//! What a `TORCH_CUDA_ARCH_LIST` asks for, read as a given torch reads it.

use crate::{
    facts::{CodeTarget, Target},
    knowledge::ParserRow,
};

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchListItem {
    /// As written, after names have been replaced.
    pub text: String,
    /// The code that it makes nvcc generate; `None` when torch refuses it.
    pub code: Option<Vec<CodeTarget>>,
}

/// Splits and reads a list as `torch/utils/cpp_extension.py` does: separators are `;` and space, names are aliases for values, `+PTX` adds
/// PTX of the same target. Nothing for the word `native`, which asks for the GPUs that are there.
pub fn arch_list(text: &str, parser: &ParserRow) -> Option<Vec<ArchListItem>> {
    if parser.native && text.trim() == "native" {
        return None;
    }
    let mut list = text.replace(' ', ";");
    for (name, values) in &parser.names {
        list = list.replace(name.as_str(), values);
    }
    let items = list.split(';').filter(|item| !item.is_empty()).map(|item| {
        let (value, ptx) = match item.strip_suffix("+PTX") {
            Some(value) => (value, true),
            None => (item, false),
        };
        let target = target(value).filter(|_| parser.values.iter().any(|known| known == value));
        let code = target.map(|target| {
            let ptx = ptx.then_some(CodeTarget::ptx(target));
            [CodeTarget::sass(target)].into_iter().chain(ptx).collect()
        });
        ArchListItem { text: item.to_owned(), code }
    });
    Some(items.collect())
}

/// `12.0` and `9.0a` as targets.
fn target(value: &str) -> Option<Target> {
    value.replacen('.', "", 1).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Knowledge;

    fn read(torch: &str, text: &str) -> String {
        let knowledge = Knowledge::builtin().unwrap();
        let items = arch_list(text, knowledge.arch_list_parser(torch).unwrap()).unwrap();
        let show = |item: &ArchListItem| match &item.code {
            Some(code) => code.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"),
            None => format!("!{}", item.text),
        };
        items.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_are_read_as_torch_reads_them() {
        assert_eq!(read("2.7.1", "7.5;8.0 12.0"), "sm_75 sm_80 sm_120");
        assert_eq!(read("2.7.1", "9.0a+PTX"), "sm_90a+compute_90a");
        assert_eq!(read("2.7.1", "Ampere"), "sm_80 sm_86+compute_86");
        assert_eq!(read("2.5.1", "12.0"), "!12.0");
        assert_eq!(read("2.7.0.dev20250310", "12.0"), "sm_120", "a nightly build is read as its release");
        assert_eq!(read("2.7.1", "8.9,12.0"), "!8.9,12.0");
        assert_eq!(read("2.7.1", "sm_120"), "!sm_120");
        assert_eq!(read("2.7.1", ""), "");
    }
}
