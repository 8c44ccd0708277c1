//! Rules about what a person has asked to be tried, told by how their slugs begin.

/// What the rules of a family judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Native kernels computing on a GPU.
    Smoke,
    /// torch computing on a GPU in its own Python.
    Framework,
}

impl Family {
    /// That of a rule; most belong to none.
    pub fn of(slug: &str) -> Option<Self> {
        match slug.split_once('-')?.0 {
            "smoke" => Some(Self::Smoke),
            "framework" => Some(Self::Framework),
            _ => None,
        }
    }
}
