//! What the file name of a wheel says: `torch-2.7.1+cu128-cp311-cp311-manylinux_2_28_x86_64.whl`.
//! Format: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.

use super::normalize;

/// More tags than any real name has are not multiplied out.
const MAX_TAGS: usize = 64;

/// The parts of a wheel's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// Normalised name of the distribution.
    pub name: String,
    /// Version as written.
    pub version: String,
    /// Build number: of two wheels that are else alike the higher one is taken.
    pub build: Option<(u64, String)>,
    /// Python tags: `cp311`, `py3`.
    pub pythons: Vec<String>,
    /// ABI tags: `cp311`, `abi3`, `none`.
    pub abis: Vec<String>,
    /// Platform tags: `manylinux_2_28_x86_64`, `win_amd64`, `any`.
    pub platforms: Vec<String>,
}

impl WheelName {
    /// Takes a file name apart; `None` when it is not that of a wheel.
    pub fn parse(file: &str) -> Option<Self> {
        let parts: Vec<&str> = file.strip_suffix(".whl")?.split('-').collect();
        let (name, version, build, tags) = match parts.as_slice() {
            [name, version, tags @ ..] if tags.len() == 3 => (name, version, None, tags),
            [name, version, build, tags @ ..] if tags.len() == 3 => (name, version, Some(*build), tags),
            _ => return None,
        };
        let list = |index: usize| -> Option<Vec<String>> {
            Some(tags.get(index)?.split('.').take(MAX_TAGS).map(str::to_ascii_lowercase).collect())
        };
        if name.is_empty() || version.is_empty() {
            return None;
        }
        let build = match build {
            None => None,
            Some(build) => {
                let digits = build.bytes().take_while(u8::is_ascii_digit).count();
                let (number, rest) = build.split_at(digits);
                Some((number.parse().ok()?, rest.to_owned()))
            }
        };
        Some(Self {
            name: normalize(name),
            version: (*version).to_owned(),
            build,
            pythons: list(0)?,
            abis: list(1)?,
            platforms: list(2)?,
        })
    }

    /// The tags as written in the name.
    pub fn tags(&self) -> String {
        [&self.pythons, &self.abis, &self.platforms].map(|list| list.join(".")).join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_taken_apart() {
        let wheel = WheelName::parse("Torch_X-2.7.1+cu128-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
        let wheel = wheel.unwrap();
        assert_eq!(
            (wheel.name.as_str(), wheel.version.as_str(), wheel.build.as_ref()),
            ("torch-x", "2.7.1+cu128", None)
        );
        assert_eq!(wheel.platforms, ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]);
        assert_eq!(wheel.tags(), "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64");
        let wheel = WheelName::parse("a-1-2b-py2.py3-none-any.whl").unwrap();
        assert_eq!((wheel.build, wheel.pythons.len()), (Some((2, "b".to_owned())), 2));
        for name in ["torch.whl", "a-1-py3-none.whl", "a-1-x-py3-none-any.whl", "-1-py3-none-any.whl", "a-1.tar.gz", ""]
        {
            assert!(WheelName::parse(name).is_none(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_taken(text in "[a-z0-9._+-]{0,40}(\\.whl)?", other in "\\PC{0,20}") {
            WheelName::parse(&text);
            WheelName::parse(&other);
        }
    }
}
