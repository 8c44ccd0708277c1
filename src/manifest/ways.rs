//! Scripts that leave something to a person or to the machine: a prompt, an argument, a program that may be there. Where it decides what is
//! installed, a script is read once for each way through it, and each way is an environment of its own.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Reading, Sheet};

/// Ways beyond these many are not read: what they hang on stays unknown.
const MAX_WAYS: usize = 16;
/// Where more things than these decide, a few ways through them say nothing.
const MAX_DECISIVE: usize = 12;
/// Values beyond these many of one thing are not tried.
const MAX_VALUES: usize = 12;

/// What a reading met that nothing says.
#[derive(Debug, Clone, Default)]
pub struct Doubts {
    /// Whether anybody asks: without that, what is not known is a gap.
    active: bool,
    /// Conditions that are taken to hold, or not to.
    assumed: BTreeMap<String, bool>,
    /// What has none of the values that it is compared with.
    others: BTreeSet<String>,
    /// What conditions hang on, each with the values that it is compared with, in the order of the script.
    compared: Vec<(String, Vec<String>)>,
    /// What has one of the values that it is compared with, and no other.
    closed: BTreeSet<String>,
    /// That of it which decides what is installed, in order.
    decisive: Vec<String>,
}

impl Doubts {
    /// Whether a condition is taken to hold; nothing where it is left open.
    pub fn assumed(&self, why: &str) -> Option<bool> {
        self.assumed.get(why).copied()
    }

    /// Whether this is taken to have none of the values that it is compared with.
    pub fn is_other(&self, why: &str) -> bool {
        self.others.contains(why)
    }

    /// Says that a condition hangs on this, and with which value it is compared, if it is with one.
    pub fn compare(&mut self, why: &str, value: Option<&str>) {
        if !self.active || self.compared.len() >= 1_000 {
            return;
        }
        let known = self.compared.iter().position(|(there, _)| there == why);
        let index = known.unwrap_or_else(|| {
            self.compared.push((why.to_owned(), Vec::new()));
            self.compared.len() - 1
        });
        if let (Some((_, values)), Some(value)) = (self.compared.get_mut(index), value)
            && values.len() < MAX_VALUES
            && !values.iter().any(|there| there == value)
        {
            values.push(value.to_owned());
        }
    }

    /// Says that this has one of the values that it is compared with, and no other.
    pub fn close(&mut self, why: &str) {
        if self.active && self.closed.len() < 1_000 {
            self.closed.insert(why.to_owned());
        }
    }

    /// Says that it hangs on this what is installed.
    pub fn decide(&mut self, why: &str) {
        if self.active && !self.decisive.iter().any(|there| there == why) {
            self.decisive.push(why.to_owned());
        }
    }

    /// What decides, was not settled, and is asked by a condition: the first such thing with its values.
    fn open(&self) -> Option<(&str, &[String])> {
        let values =
            |why: &str| self.compared.iter().find(|(there, _)| there == why).map(|(_, values)| values.as_slice());
        let settled = |why: &str| self.assumed.contains_key(why) || self.others.contains(why);
        let open = self.decisive.iter().filter(|why| !settled(why));
        open.filter_map(|why| Some((why.as_str(), values(why)?))).next()
    }
}

/// One way through a script.
#[derive(Debug, Clone, Default)]
pub struct Way {
    /// Values that are chosen on it, beside those that a person chose.
    pub set: BTreeMap<String, String>,
    assumed: BTreeMap<String, bool>,
    others: BTreeSet<String>,
    label: Vec<String>,
}

impl Way {
    fn with(&self, name: &str, value: &str) -> Self {
        let mut way = self.clone();
        way.set.insert(name.to_owned(), value.to_owned());
        way.label.push(format!("{name}={value}"));
        way
    }

    fn other(&self, name: &str) -> Self {
        let mut way = self.clone();
        way.others.insert(name.to_owned());
        way.label.push(format!("another {name}"));
        way
    }

    fn taken(&self, why: &str, holds: bool) -> Self {
        let mut way = self.clone();
        way.assumed.insert(why.to_owned(), holds);
        way.label.push(format!("{why}: {}", if holds { "yes" } else { "no" }));
        way
    }
}

/// Reads something on each way through it. Where there are several, the name of each environment says which one it is.
pub fn each(reading: &mut Reading<'_>, mut read: impl FnMut(&mut Reading<'_>, &Way) -> Sheet) -> Vec<Sheet> {
    let mut waiting = VecDeque::from([Way::default()]);
    let mut done: Vec<(Way, Sheet)> = Vec::new();
    while let Some(way) = waiting.pop_front() {
        reading.doubts =
            Doubts { active: true, assumed: way.assumed.clone(), others: way.others.clone(), ..Doubts::default() };
        let sheet = read(reading, &way);
        let doubts = std::mem::take(&mut reading.doubts);
        let few = doubts.decisive.len() <= MAX_DECISIVE;
        let open = doubts.open().filter(|(why, _)| few && !way.set.contains_key(*why));
        let Some((why, values)) = open else {
            done.push((way, sheet));
            continue;
        };
        let other = (!doubts.closed.contains(why)).then(|| way.other(why));
        let next: Vec<Way> = match values {
            [] => vec![way.taken(why, true), way.taken(why, false)],
            values => values.iter().map(|value| way.with(why, value)).chain(other).collect(),
        };
        match done.len() + waiting.len() + next.len() <= MAX_WAYS {
            true => waiting.extend(next),
            false => done.push((way, sheet)),
        }
    }
    kept(done)
}

/// The ways that differ and install something. Those for other hardware than NVIDIA's GPUs go where there is another one.
fn kept(done: Vec<(Way, Sheet)>) -> Vec<Sheet> {
    let several = done.len() > 1;
    let mut kept: Vec<(Way, Sheet)> = Vec::new();
    for (way, sheet) in done {
        let same = |(_, there): &(Way, Sheet)| {
            there.environment.steps == sheet.environment.steps && there.environment.gaps == sheet.environment.gaps
        };
        if !several || (!sheet.environment.steps.is_empty() && !kept.iter().any(same)) {
            kept.push((way, sheet));
        }
    }
    if kept.iter().any(|(way, sheet)| !is_elsewhere(way, sheet)) {
        kept.retain(|(way, sheet)| !is_elsewhere(way, sheet));
    }
    let named = several && kept.len() > 1;
    let mut sheets = Vec::with_capacity(kept.len());
    for (way, mut sheet) in kept {
        if named {
            sheet.environment.id = format!("{} ({})", sheet.environment.id, way.label.join(", "));
        }
        sheets.push(sheet);
    }
    sheets
}

/// Whether a way is meant for other hardware: by what is chosen on it, or by the indexes that it asks.
fn is_elsewhere(way: &Way, sheet: &Sheet) -> bool {
    let chosen = way.set.values().flat_map(|value| value.split(|c: char| !c.is_ascii_alphanumeric()));
    chosen.map(str::to_ascii_lowercase).any(|word| is_other_hardware(&word)) || asks_elsewhere(sheet)
}

/// Whether all indexes of PyTorch that are asked have builds for other hardware than NVIDIA's GPUs.
pub fn asks_elsewhere(sheet: &Sheet) -> bool {
    let indexes = sheet.environment.steps.iter().flat_map(|step| &step.indexes);
    let mut names = indexes
        .filter(|index| index.url.contains("pytorch"))
        .filter_map(|index| index.url.trim_end_matches('/').rsplit('/').next());
    names.next().is_some_and(is_other_hardware) && names.all(is_other_hardware)
}

/// Names of hardware that is none of NVIDIA's GPUs, as people choose it and as indexes are called.
pub fn is_other_hardware(word: &str) -> bool {
    matches!(
        word,
        "cpu"
            | "amd"
            | "intel"
            | "apple"
            | "mps"
            | "metal"
            | "xpu"
            | "ipex"
            | "directml"
            | "dml"
            | "none"
            | "mac"
            | "macos"
            | "mlx"
            | "npu"
            | "ascend"
            | "hpu"
            | "gaudi"
            | "tpu"
            | "musa"
            | "openvino"
    ) || word.starts_with("rocm")
        || word.strip_prefix("hip").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
}
