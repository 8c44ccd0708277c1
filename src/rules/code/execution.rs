//! How code runs on a GPU, in the short form that reports use.

use std::{fmt, mem};

use serde::{Serialize, Serializer};

use crate::facts::{CodeKind, CodeTarget};

/// How a GPU executes a library or a package. Reports write it in words: `sass sm_120`, `ptx compute_90`, `compiled there`, `no`,
/// `unknown`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(with = "String"))]
pub enum Execution {
    /// It takes this machine code as it is.
    Native(CodeTarget),
    /// The driver compiles this PTX for it when it is loaded.
    Jit(CodeTarget),
    /// The package ships source code, or a compiler, and compiles its kernels where it runs.
    CompiledThere,
    /// It cannot run it.
    None,
    /// Unknown from what was read.
    Unknown,
}

impl Execution {
    /// The way in which the selected code runs.
    pub const fn of(target: CodeTarget) -> Self {
        match target.kind {
            CodeKind::Ptx => Self::Jit(target),
            _ => Self::Native(target),
        }
    }

    /// Whether it is the same way, whatever the code was generated for.
    pub fn is_like(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
    }
}

impl fmt::Display for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Native(target) => write!(f, "sass {target}"),
            Self::Jit(target) => write!(f, "ptx {target}"),
            Self::CompiledThere => f.write_str("compiled there"),
            Self::None => f.write_str("no"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl Serialize for Execution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_write_it_in_words() {
        let of = |text: &str| Execution::of(text.parse().unwrap());
        assert_eq!(of("sm_120").to_string(), "sass sm_120");
        assert_eq!(of("compute_90").to_string(), "ptx compute_90");
        assert_eq!(serde_json::to_value(Execution::CompiledThere).unwrap(), "compiled there");
        assert!(of("sm_80").is_like(&of("sm_90")) && !of("sm_90").is_like(&of("compute_90")));
    }
}
