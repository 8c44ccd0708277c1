//! Which index an address is, as far as the rows know what it offers: the default one or a mirror of it, or one of PyTorch's own.

use crate::knowledge::{TorchBuild, TorchRelease};

/// What stands behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Store {
    /// The default index, or a mirror of it.
    Default,
    /// PyTorch's index of one variant (`whl/cu128`), or of all (`whl`).
    Torch(Option<String>),
    /// PyTorch's index of the variant that uv chooses for the machine's driver (`--torch-backend=auto`).
    Auto,
    /// PyTorch's index of nightly builds of one variant, or of all.
    Nightly(Option<String>),
    /// One that no row knows.
    Unknown(String),
}

impl Store {
    /// What an address stands for. Mirrors keep the last parts of the path: `…/whl/cu128`, `…/pytorch-wheels/cu128/`, `…/simple`.
    pub fn of(url: &str) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/');
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        // Pages of one package, and the page of all old files.
        let last_is_page = parts
            .last()
            .is_some_and(|last| *last == "torch_stable.html" || *last == "torch" || *last == "torch_nightly.html");
        let parts = parts.get(..parts.len() - usize::from(last_is_page)).unwrap_or_default();
        let of_torch = |part: &str| matches!(part, "whl" | "pytorch-wheels" | "test");
        match parts {
            [.., "nightly", variant] if is_variant(variant) => Self::Nightly(Some((*variant).to_owned())),
            [.., "whl" | "pytorch-wheels", "nightly"] => Self::Nightly(None),
            [.., before, variant] if of_torch(before) && is_variant(variant) => {
                Self::Torch(Some((*variant).to_owned()))
            }
            [.., "whl", "auto"] => Self::Auto,
            [.., last] if of_torch(last) => Self::Torch(None),
            [.., "simple"] => Self::Default,
            _ => Self::Unknown(url.to_owned()),
        }
    }

    /// Whether it offers this build of a release.
    pub fn has(&self, build: &TorchBuild) -> bool {
        match self {
            Self::Default => build.pypi_default,
            Self::Torch(Some(variant)) => build.variant == *variant,
            Self::Torch(None) => true,
            Self::Auto | Self::Nightly(_) | Self::Unknown(_) => false,
        }
    }

    /// The version under which it offers a build: the default index has no local parts.
    pub fn version(&self, release: &TorchRelease, build: &TorchBuild) -> String {
        match self {
            Self::Default => release.version.clone(),
            _ => build.full_version(release),
        }
    }

    /// Whether it has any torch at all.
    pub const fn has_torch(&self) -> bool {
        !matches!(self, Self::Unknown(_))
    }
}

/// `cu128`, `cpu`, `rocm6.4`, `xpu`.
fn is_variant(part: &str) -> bool {
    let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    matches!(part, "cpu" | "xpu") || ["cu", "rocm"].iter().any(|start| part.strip_prefix(start).is_some_and(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart() {
        let torch = |variant: &str| Store::Torch(Some(variant.to_owned()));
        for (url, store) in [
            ("https://download.pytorch.org/whl/cu128", torch("cu128")),
            ("https://download.pytorch.org/whl/cu121/", torch("cu121")),
            ("https://download.pytorch.org/whl/cu113/torch_stable.html", torch("cu113")),
            ("https://download.pytorch.org/whl/torch_stable.html", Store::Torch(None)),
            ("https://download.pytorch.org/whl/torch", Store::Torch(None)),
            ("https://download.pytorch.org/whl/", Store::Torch(None)),
            ("https://download.pytorch.org/whl/auto", Store::Auto),
            ("https://download.pytorch.org/whl/rocm6.4", torch("rocm6.4")),
            ("https://download.pytorch.org/whl/nightly/cu126", Store::Nightly(Some("cu126".to_owned()))),
            ("https://mirror.example/pytorch-wheels/cu124/", torch("cu124")),
            ("https://pypi.example/simple/", Store::Default),
            ("https://mirror.example/pypi/web/simple?x=1", Store::Default),
            (
                "https://wheels.example/whl/cu12/torch2.4/",
                Store::Unknown("https://wheels.example/whl/cu12/torch2.4/".to_owned()),
            ),
            ("", Store::Unknown(String::new())),
        ] {
            assert_eq!(Store::of(url), store, "{url}");
        }
    }
}
