//! A constraint of Slurm by the features that a site gives its nodes: those of which every GPU runs it. What is left out is said in
//! comments, which a batch script may hold.
//!
//! Syntax: sbatch(1), --constraint: `a|b` takes nodes with one of them.

use std::fmt::Write as _;

use crate::report::needs::{FeatureAnswer, Needs};

/// The constraint of each subject.
pub(super) fn render(needs: &Needs) -> String {
    let mut out = String::new();
    for subject in &needs.subjects {
        let _ = writeln!(out, "# {}", subject.name);
        let mut names = Vec::new();
        for feature in &subject.features {
            let why = feature.why.as_deref().unwrap_or("not known");
            let (name, machine) = (&feature.name, &feature.machine);
            match feature.answer {
                FeatureAnswer::Runs => names.push(name.as_str()),
                FeatureAnswer::Driver => {
                    names.push(name);
                    let _ = writeln!(
                        out,
                        "# {name} ({machine}): {why}; add the driver of its nodes to say whether they have it"
                    );
                }
                FeatureAnswer::Fails => {
                    let _ = writeln!(out, "# not {name} ({machine}): {why}");
                }
                FeatureAnswer::Unknown => {
                    let _ = writeln!(out, "# not {name} ({machine}): unknown whether it runs there: {why}");
                }
            }
        }
        match names.is_empty() {
            true => out += "# no feature is known to have nodes that run it\n",
            false => {
                let _ = writeln!(out, "#SBATCH --constraint=\"{}\"", names.join("|"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};

    #[test]
    fn features_that_run_it_are_alternatives() {
        let subject = subject(vec![served("525.60.13", None, &[(8, 0)])]);
        let knowledge = crate::report::KnowledgeStamp {
            date: String::new(),
            hash: String::new(),
            overlays: Vec::new(),
            online: None,
        };
        let needs = Needs {
            schema: 0,
            version: "",
            knowledge,
            command: crate::report::CommandName::Needs,
            verdict: crate::report::Verdict::Ok,
            subjects: vec![subject],
            elapsed_ms: 0.0,
        };
        let page = render(&needs);
        assert!(page.ends_with("#SBATCH --constraint=\"a100|h100\"\n"), "{page}");
        assert!(page.contains("# not v100 (A100): no code") && page.contains("h100 (A100): it needs driver"), "{page}");
    }
}
