//! The search for the lowest driver: whoever judges is asked about one GPU with one driver after the other. Nothing is known here of why a
//! driver is too old; the versions that rows name are only where the search begins.

use gpucheck_ground::Order as _;

use crate::{
    facts::{ComputeCapability, DriverVersion, Os},
    knowledge::Knowledge,
    report::needs::Decides,
};

/// What becomes of the software on a GPU with a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    pub answer: Answer,
    /// What is in the way, or not known.
    pub why: Option<String>,
    /// The rule that says so.
    pub rule: Option<&'static str>,
    /// What is in the way, where that is the driver.
    pub decides: Decides,
    /// What could not be read.
    pub open: Vec<String>,
    /// Whether the driver has to compile PTX.
    pub from_ptx: bool,
}

/// The same in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Runs,
    Unknown,
    Fails,
}

/// Who judges.
pub(super) type Ask<'a> = dyn Fn(ComputeCapability, &DriverVersion) -> Stand + 'a;

/// What was found for one GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// With the newest driver that supports it.
    pub best: Stand,
    /// The lowest driver with which it is no worse; nothing where no driver is too old.
    pub driver: Option<DriverVersion>,
    /// What becomes of it with the one below.
    pub below: Option<Stand>,
    /// The last branch with which it runs, where newer ones fail.
    pub until: Option<u32>,
}

/// The drivers at which something changes, as far as rows say.
pub(super) struct Steps {
    steps: Vec<DriverVersion>,
    newest: DriverVersion,
}

/// The highest number of a branch that there is none of yet.
pub(super) const END_OF_BRANCH: u32 = 999;

impl Steps {
    pub fn of(knowledge: &Knowledge, os: Os) -> Self {
        let branches = knowledge.driver_branches().chain(knowledge.zstd_branch());
        // No driver that is older has a name in any row.
        let first = DriverVersion::of(100, 0, 0);
        let rows = knowledge.driver_steps(os).into_iter();
        let all = rows.chain(branches.map(|branch| DriverVersion::of(branch, 0, 0))).chain([first]);
        let mut steps: Vec<DriverVersion> = all.collect();
        steps.order();
        steps.dedup_by_key(|version| version.parts());
        let newest = steps.last().map_or(0, DriverVersion::branch);
        Self { steps, newest: DriverVersion::of(newest, END_OF_BRANCH, 0) }
    }

    /// The lowest driver for a GPU. `guess`: what it is for another one.
    pub fn lowest(
        &self,
        knowledge: &Knowledge,
        ask: &Ask<'_>,
        gpu: ComputeCapability,
        guess: Option<&DriverVersion>,
    ) -> Found {
        let (best, until, top) = self.best(knowledge, ask, gpu);
        let fails = |driver: &DriverVersion| ask(gpu, driver).answer == Answer::Fails;
        if best.answer == Answer::Fails {
            return Found { best, driver: None, below: None, until };
        }
        let found = |driver: DriverVersion, below: Stand| Found {
            best: best.clone(),
            driver: Some(driver),
            below: Some(below),
            until,
        };
        if let Some(guess) = guess.filter(|guess| **guess <= top && !fails(guess)) {
            let below = ask(gpu, &guess.below());
            if below.answer == Answer::Fails {
                return found(guess.clone(), below);
            }
        }
        let steps: Vec<&DriverVersion> = self.steps.iter().filter(|step| **step <= top).chain([&top]).collect();
        // What fails stands before what does not.
        let (mut low, mut high) = (0, steps.len() - 1);
        match steps.first() {
            Some(first) if fails(first) => {}
            _ => return Found { best, driver: None, below: None, until },
        }
        while high - low > 1 {
            let middle = low.midpoint(high);
            match steps.get(middle).is_some_and(|step| fails(step)) {
                true => low = middle,
                false => high = middle,
            }
        }
        let (low, high) = (steps.get(low).copied().unwrap_or(&top), steps.get(high).copied().unwrap_or(&top));
        let driver = between(low, high, &fails);
        let below = ask(gpu, &driver.below());
        found(driver, below)
    }

    /// With the newest driver; where that is too new for the GPU, with the last branch that its row names.
    fn best(
        &self,
        knowledge: &Knowledge,
        ask: &Ask<'_>,
        gpu: ComputeCapability,
    ) -> (Stand, Option<u32>, DriverVersion) {
        let newest = ask(gpu, &self.newest);
        if newest.answer == Answer::Fails
            && let Some(last) = knowledge.architecture(gpu).and_then(|row| row.driver_last_branch)
        {
            let top = DriverVersion::of(last, END_OF_BRANCH, 0);
            let stand = ask(gpu, &top);
            // What no driver cures is told as it is with the GPU's last one.
            let until = (stand.answer != Answer::Fails).then_some(last);
            return (stand, until, top);
        }
        (newest, None, self.newest.clone())
    }
}

/// The first version that does not fail, where `low` does and `high` does not. Mostly `high` itself: a row named it.
fn between(low: &DriverVersion, high: &DriverVersion, fails: &dyn Fn(&DriverVersion) -> bool) -> DriverVersion {
    if fails(&high.below()) {
        return high.clone();
    }
    const END: u64 = END_OF_BRANCH as u64 + 1;
    let number =
        |(branch, minor, patch): (u32, u32, u32)| (u64::from(branch) * END + u64::from(minor)) * END + u64::from(patch);
    let version = |number: u64| {
        let part = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        DriverVersion::of(part(number / END / END), part(number / END % END), part(number % END))
    };
    let (mut low, mut high) = (number(low.parts()), number(high.parts()));
    while high.saturating_sub(low) > 1 {
        let middle = low.midpoint(high);
        if fails(&version(middle)) { low = middle } else { high = middle }
    }
    version(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand(answer: Answer) -> Stand {
        Stand { answer, why: None, rule: None, decides: Decides::Runtime, open: Vec::new(), from_ptx: false }
    }

    fn lowest(first: &str, last: u32) -> Found {
        let knowledge = Knowledge::builtin().unwrap();
        let first: DriverVersion = first.parse().unwrap();
        let ask = |_: ComputeCapability, driver: &DriverVersion| {
            stand(if *driver >= first && driver.branch() <= last { Answer::Runs } else { Answer::Fails })
        };
        Steps::of(&knowledge, Os::Linux).lowest(&knowledge, &ask, ComputeCapability::new(7, 0), None)
    }

    #[test]
    fn the_lowest_driver_is_found_whether_or_not_a_row_names_it() {
        for (first, found) in [
            ("525.60.13", "525.60.13"),
            ("580", "580"),
            // No row names these.
            ("537.13", "537.13"),
            ("571.03.07", "571.03.07"),
            ("101.01", "101.01"),
        ] {
            let lowest = lowest(first, 999);
            assert_eq!(lowest.driver.unwrap().to_string(), found);
            assert_eq!(lowest.below.unwrap().answer, Answer::Fails);
        }
        assert_eq!(lowest("100", 999).driver, None, "no driver is too old");
    }

    #[test]
    fn a_gpu_that_newer_drivers_dropped_has_a_last_branch() {
        let found = lowest("525.60.13", 580);
        assert_eq!((found.until, found.best.answer), (Some(580), Answer::Runs));
        assert_eq!(found.driver.unwrap().to_string(), "525.60.13");
    }

    #[test]
    fn what_is_before_a_version() {
        for (version, wanted) in
            [("525.60.13", "525.60.12"), ("527.41", "527.40.999"), ("580", "579.999.999"), ("570.00.01", "570")]
        {
            let version: DriverVersion = version.parse().unwrap();
            assert_eq!(version.below().to_string(), wanted);
            assert!(version.below() < version);
        }
    }
}
