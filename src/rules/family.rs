//! Rules about tests that the user requested, recognized by the beginning of their slugs.

/// What the rules of a family are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Native kernels computing on a GPU.
    Smoke,
    /// torch computing on a GPU in its own Python.
    Framework,
}

impl Family {
    /// The family of a rule; most rules belong to none.
    pub fn of(slug: &str) -> Option<Self> {
        match slug.split_once('-')?.0 {
            "smoke" => Some(Self::Smoke),
            "framework" => Some(Self::Framework),
            _ => None,
        }
    }
}
