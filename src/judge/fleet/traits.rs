//! What machines of one pool have in common: the few facts by which people tell a machine that is not like the others. What could not be
//! looked at is nothing here: no machine is odd for it.

use std::collections::BTreeMap;

use crate::facts::{Environment, Fact, Facts, Gpu, KernelModule, Origin};

/// Longer than any that is real.
const LONGEST: usize = 100;

/// A trait, and how a machine's is read.
type Reader = (&'static str, fn(&Facts) -> Option<String>);

/// The traits, what people see first before the others.
pub(super) const TRAITS: [Reader; 10] = [
    ("GPUs", gpus),
    ("driver", |facts| facts.driver.value().map(|driver| driver.version.to_string())),
    ("kernel module", |facts| {
        facts.kernel.flavour.value().map(|flavour| match flavour {
            KernelModule::Open => "open".to_owned(),
            KernelModule::Proprietary => "proprietary".to_owned(),
        })
    }),
    ("torch", torch),
    ("Python", |facts| selected(facts)?.python.value().map(ToString::to_string)),
    ("system", |facts| facts.host.distribution.value().cloned()),
    ("kernel", |facts| facts.host.kernel.value().cloned()),
    ("MIG mode", |facts| switch(facts, |gpu| gpu.mig.value().map(|mig| mig.current))),
    ("ECC", |facts| switch(facts, |gpu| gpu.ecc.value().copied())),
    ("persistence mode", |facts| switch(facts, |gpu| gpu.persistence.value().copied())),
];

/// All of them of one machine, in their order.
pub(super) fn of(facts: &Facts) -> Vec<Option<String>> {
    TRAITS.iter().map(|(_, read)| read(facts).map(|value| cut(&value))).collect()
}

/// What a machine's pool is called where no label says it: its kinds of GPUs.
pub(super) fn pool(facts: &Facts) -> String {
    match &facts.gpus {
        Fact::Known { value, .. } if !value.is_empty() => {
            cut(&counted(value).into_keys().collect::<Vec<_>>().join(" + "))
        }
        Fact::Known { .. } | Fact::Absent { .. } => "no GPU".to_owned(),
        Fact::Unknown { .. } => "GPUs not known".to_owned(),
    }
}

/// At most so much of a text as is real.
pub(super) fn cut(text: &str) -> String {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default().to_owned()
}

/// How many GPUs of each name there are.
fn counted(gpus: &[Gpu]) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for gpu in gpus {
        let name = gpu.name.value().map_or("GPU with unknown name", String::as_str);
        *counted.entry(name.to_owned()).or_default() += 1;
    }
    counted
}

fn gpus(facts: &Facts) -> Option<String> {
    match &facts.gpus {
        Fact::Known { value, .. } => {
            let parts: Vec<String> = counted(value).iter().map(|(name, count)| format!("{count}x {name}")).collect();
            Some(if parts.is_empty() { "no GPU".to_owned() } else { parts.join(" + ") })
        }
        Fact::Absent { .. } => Some("no GPU".to_owned()),
        Fact::Unknown { .. } => None,
    }
}

fn selected(facts: &Facts) -> Option<&Environment> {
    facts.environments.iter().find(|one| one.selected && one.origin != Origin::Hypothetical)
}

fn torch(facts: &Facts) -> Option<String> {
    let environment = selected(facts)?;
    match environment.package("torch") {
        Some(torch) => match &torch.build {
            Fact::Known { value, .. } => Some(value.version.clone()),
            _ => torch.version.value().cloned(),
        },
        None if environment.unlisted.is_empty() => Some("none".to_owned()),
        None => None,
    }
}

/// A switch that each GPU has for itself.
fn switch(facts: &Facts, read: fn(&Gpu) -> Option<bool>) -> Option<String> {
    let states: Vec<bool> = facts.gpus.value()?.iter().filter_map(read).collect();
    let on = states.iter().filter(|on| **on).count();
    match (states.len(), on) {
        (0, _) => None,
        (_, 0) => Some("off".to_owned()),
        (all, on) if all == on => Some("on".to_owned()),
        (all, on) => Some(format!("on for {on} of {all} GPUs")),
    }
}
