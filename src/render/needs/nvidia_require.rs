//! The value of NVIDIA_REQUIRE_CUDA: alternatives, separated by blanks, of conditions, separated by commas. The runtime evaluates it for
//! each GPU that the container gets.
//!
//! Syntax: NVIDIA/libnvidia-container 5823754b, src/cli/dsl.c, and 09df17a2, src/cli/configure.c: `cuda`, `driver`, `arch` (the compute
//! capability of the GPU) and `brand`, compared number by number.

use super::{asked, on_linux, ranges};
use crate::report::needs::{Needs, NeedsOf};

/// One line for each subject.
pub(super) fn render(needs: &Needs) -> anyhow::Result<String> {
    needs.subjects.iter().map(|subject| Ok(value(subject)? + "\n")).collect()
}

fn value(subject: &NeedsOf) -> anyhow::Result<String> {
    let linux = on_linux(subject)?;
    let all = asked(linux);
    let mut alternatives = Vec::new();
    for group in &linux.served {
        let least = group.driver.iter().map(|driver| format!("driver>={driver}"));
        let last = group.until_branch.iter().map(|last| format!("driver<{}", last + 1));
        let drivers: Vec<String> = least.chain(last).collect();
        for (from, to) in ranges(&group.gpus, &all) {
            let arch = match from == to {
                true => vec![format!("arch={from}")],
                false => vec![format!("arch>={from}"), format!("arch<={to}")],
            };
            alternatives.push(drivers.iter().cloned().chain(arch).collect::<Vec<_>>().join(","));
        }
    }
    Ok(alternatives.join(" "))
}

#[cfg(test)]
mod tests {
    use super::{super::tests::*, *};

    #[test]
    fn alternatives_are_ranges_of_gpus_with_their_drivers() {
        let groups = vec![
            served("525.60.13", Some(580), &[(7, 0)]),
            served("525.60.13", None, &[(7, 5), (8, 0)]),
            served("570.26", None, &[(12, 0)]),
        ];
        assert_eq!(
            value(&subject(groups)).unwrap(),
            "driver>=525.60.13,driver<581,arch=7.0 driver>=525.60.13,arch>=7.5,arch<=8.0 driver>=570.26,arch=12.0"
        );
        assert!(value(&subject(Vec::new())).is_err());
    }
}
