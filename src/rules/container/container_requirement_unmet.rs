//! # container-requirement-unmet
//!
//! The image says which drivers it needs, and this driver is not one of them: NVIDIA's container runtime refuses to start it.
//!
//! ## How it is decided
//! NVIDIA_REQUIRE_CUDA lists alternatives (separated by spaces) of conditions (separated by commas) on the driver, the CUDA version that it
//! reports and the brand of the GPU. The rule fires if each alternative has a condition that is false; a condition that cannot be evaluated is
//! assumed to hold. NVIDIA_DISABLE_REQUIRE switches the check off. Inside of a running container nothing is checked: it was started.
//!
//! ## How to fix it
//! Update the driver of the host, or build on an image of an older CUDA release. With data-centre GPUs, images list older branches that their
//! compatibility libraries serve.
//!
//! ## In a log
//! `nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8, please update your driver to a newer version`
//!
//! ## Sources
//! NVIDIA/nvidia-container-toolkit, internal/requirements; NVIDIA's documentation of the container toolkit, "Constraints".

use std::cmp::Ordering;

use crate::{
    facts::Fact,
    finding::Severity,
    rules::{
        Context, Draft, Judges, Outcome, Remedy, Rule, Scope,
        shared::{driver_evidence, needs_driver},
        stack::in_container,
    },
};

const VARIABLE: &str = "NVIDIA_REQUIRE_CUDA";
const DISABLED: &str = "NVIDIA_DISABLE_REQUIRE";
/// NVIDIA's images list some fifty.
const MAX_ALTERNATIVES: usize = 1000;
const OPERATORS: [&str; 6] = ["<=", ">=", "!=", "<", ">", "="];

/// See the head of this file.
pub const RULE: Rule = Rule {
    slug: "container-requirement-unmet",
    scope: Scope::Machine,
    judges: Judges::Places,
    severity: Severity::Error,
    consequence_of: &["driver-too-old-for-gpu"],
    remedies: &[Remedy::Driver],
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let Some(requirement) = context.variable(VARIABLE).filter(|value| !value.trim().is_empty()) else {
        return Outcome::NotApplicable;
    };
    let disabled = context.variable(DISABLED).is_some_and(|value| matches!(value, "1" | "true" | "True" | "TRUE"));
    if disabled || in_container(context) {
        return Outcome::NotApplicable;
    }
    let driver = match &context.facts.driver {
        Fact::Known { value, .. } => value,
        Fact::Absent { .. } => return Outcome::NotApplicable,
        Fact::Unknown { .. } => return needs_driver(),
    };
    let cuda = driver.cuda.value().copied().or_else(|| context.knowledge.driver_cuda(&driver.version));
    let names: Vec<Option<&String>> =
        context.facts.gpus.value().into_iter().flatten().map(|gpu| gpu.name.value()).collect();
    let geforce = |name: &Option<&String>| name.is_some_and(|name| name.contains("GeForce"));
    let machine = Machine {
        driver: driver.version.to_string(),
        cuda: cuda.map(|cuda| cuda.to_string()),
        brand: (!names.is_empty() && names.iter().all(geforce)).then_some("geforce"),
    };
    if machine.may_meet(requirement) {
        return Outcome::Holds;
    }
    let first = requirement.split_whitespace().next().unwrap_or_default();
    let shown = |cuda: &String| format!(" (CUDA {cuda})");
    let mut draft = Draft::new(
        "container image",
        format!(
            "the image requires {first} or an older branch for certain GPUs, and driver {}{} is none of these: NVIDIA's container runtime \
             refuses to start it.",
            machine.driver,
            machine.cuda.as_ref().map(shown).unwrap_or_default()
        ),
    )
    .symptom(format!(
        "nvidia-container-cli: requirement error: unsatisfied condition: {first}, please update your driver to a newer version"
    ))
    .cause(first);
    draft.evidence.extend(driver_evidence(context));
    draft.evidence(context.variable_evidence(VARIABLE)).found()
}

/// What conditions are about.
struct Machine {
    driver: String,
    cuda: Option<String>,
    /// As the toolkit spells it, where it is certain.
    brand: Option<&'static str>,
}

impl Machine {
    /// Whether one of the alternatives holds, as far as anybody can say.
    fn may_meet(&self, requirement: &str) -> bool {
        let mut alternatives = requirement.split_whitespace();
        let met = alternatives
            .by_ref()
            .take(MAX_ALTERNATIVES)
            .any(|alternative| alternative.split(',').all(|condition| self.holds(condition).unwrap_or(true)));
        met || alternatives.next().is_some()
    }

    /// Whether a condition holds; `None` where that is not known.
    fn holds(&self, condition: &str) -> Option<bool> {
        let at = condition.find(['<', '>', '!', '='])?;
        let (name, rest) = condition.split_at_checked(at)?;
        let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator))?;
        let wanted = rest.strip_prefix(operator)?.trim();
        let order = match name.trim() {
            "driver" => compare(&self.driver, wanted)?,
            "cuda" => compare(self.cuda.as_deref()?, wanted)?,
            "brand" if self.brand?.eq_ignore_ascii_case(wanted) => Ordering::Equal,
            "brand" => {
                return match operator {
                    "=" => Some(false),
                    "!=" => Some(true),
                    _ => None,
                };
            }
            _ => return None,
        };
        Some(match operator {
            "<=" => order.is_le(),
            ">=" => order.is_ge(),
            "!=" => order.is_ne(),
            "<" => order.is_lt(),
            ">" => order.is_gt(),
            _ => order.is_eq(),
        })
    }
}

/// Compares versions number by number; what one of them lacks is zero.
fn compare(one: &str, other: &str) -> Option<Ordering> {
    let numbers = |text: &str| text.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    let (mut one, mut other) = (numbers(one)?, numbers(other)?);
    let length = one.len().max(other.len());
    one.resize(length, 0);
    other.resize(length, 0);
    Some(one.cmp(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternative_must_hold_in_all_its_conditions() {
        let of =
            |driver: &str, cuda: &str, brand| Machine { driver: driver.to_owned(), cuda: Some(cuda.to_owned()), brand };
        let image = "cuda>=12.8 brand=tesla,driver>=535,driver<536 brand=unknown,driver>=550,driver<551";
        for (machine, met) in [
            (of("570.86.10", "12.8", None), true),
            (of("560.35.03", "12.6", None), false),
            // Which brand a card is of is not always known.
            (of("535.183.01", "12.2", None), true),
            (of("535.183.01", "12.2", Some("geforce")), false),
            (of("550.54.14", "12.4", Some("geforce")), false),
        ] {
            assert_eq!(machine.may_meet(image), met, "{}", machine.driver);
        }
        let machine = of("560.35.03", "12.6", None);
        for (condition, holds) in [
            ("cuda>=12.6", Some(true)),
            ("cuda>12.6", Some(false)),
            ("cuda=12.6.0", Some(true)),
            ("cuda!=12.6", Some(false)),
            ("driver<560.35.04", Some(true)),
            ("driver<=560", Some(false)),
            ("arch>=8.0", None),
            ("cuda", None),
            ("cuda>=x", None),
            ("", None),
        ] {
            assert_eq!(machine.holds(condition), holds, "{condition}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in ".{0,80}") {
            Machine { driver: "580.95.05".to_owned(), cuda: None, brand: None }.may_meet(&text);
        }
    }
}
