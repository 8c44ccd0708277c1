//! A node affinity of Kubernetes, on the labels that NVIDIA's GPU Feature Discovery gives nodes. The terms are alternatives, the
//! expressions of one hold together; `Gt` and `Lt` compare whole numbers.
//!
//! Labels: NVIDIA/k8s-device-plugin 1b826acc, docs/gpu-feature-discovery/README.md and internal/lm/nvml.go. Versions of the driver are
//! split at their points, so a label may be `05`, which `Gt` and `Lt` read as a number, and `In` does not.

use std::{collections::BTreeMap, fmt::Write as _};

use super::on_linux;
use crate::{
    facts::DriverVersion,
    report::needs::{GpuClass, Needs, ServedGpus},
};

const DRIVER: &str = "nvidia.com/cuda.driver-version";
const COMPUTE: &str = "nvidia.com/gpu.compute";

/// One condition on a label.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expression {
    key: String,
    operator: &'static str,
    values: Vec<String>,
}

/// The affinity of each subject, to paste into a pod's specification.
pub(super) fn render(needs: &Needs) -> anyhow::Result<String> {
    let mut out = String::new();
    for (index, subject) in needs.subjects.iter().enumerate() {
        if index > 0 {
            out += "---\n";
        }
        let linux = on_linux(subject)?;
        let _ = writeln!(
            out,
            "# {}: nodes with a GPU and a driver that run it, by the labels of GPU Feature Discovery",
            subject.name
        );
        for open in &linux.open {
            let _ = writeln!(out, "# could not be read, and may ask for more: {open}");
        }
        out += "affinity:\n  nodeAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n";
        for term in linux.served.iter().flat_map(terms) {
            out += "        - matchExpressions:\n";
            for Expression { key, operator, values } in term {
                let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
                let _ = writeln!(out, "            - key: {key}\n              operator: {operator}");
                let _ = writeln!(out, "              values: [{}]", values.join(", "));
            }
        }
    }
    Ok(out)
}

/// The alternatives for GPUs with the same drivers.
fn terms(group: &ServedGpus) -> Vec<Vec<Expression>> {
    let drivers = drivers(group.driver.as_ref(), group.until_branch);
    let of = |gpus: Vec<Expression>| {
        drivers.iter().map(move |driver| gpus.iter().chain(driver).cloned().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    gpus(&group.gpus).into_iter().flat_map(of).collect()
}

/// The GPUs, generations with the same second numbers together.
fn gpus(gpus: &[GpuClass]) -> Vec<Vec<Expression>> {
    let mut by_major: BTreeMap<u16, Vec<u8>> = BTreeMap::new();
    for gpu in gpus {
        by_major.entry(gpu.capability.major).or_default().push(gpu.capability.minor);
    }
    let mut by_minors: Vec<(Vec<u8>, Vec<u16>)> = Vec::new();
    for (major, minors) in by_major {
        match by_minors.iter_mut().find(|(same, _)| *same == minors) {
            Some((_, majors)) => majors.push(major),
            None => by_minors.push((minors, vec![major])),
        }
    }
    let texts = |numbers: &[u16]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>();
    by_minors
        .into_iter()
        .map(|(minors, majors)| {
            let minors: Vec<String> = minors.iter().map(ToString::to_string).collect();
            vec![
                Expression { key: format!("{COMPUTE}.major"), operator: "In", values: texts(&majors) },
                Expression { key: format!("{COMPUTE}.minor"), operator: "In", values: minors },
            ]
        })
        .collect()
}

/// The drivers, from one on and up to the end of a branch: the major version is higher, or it is the same and the minor one is higher …
fn drivers(least: Option<&DriverVersion>, until: Option<u32>) -> Vec<Vec<Expression>> {
    let number = |part: &str, operator: &'static str, value: u32| Expression {
        key: format!("{DRIVER}.{part}"),
        operator,
        values: vec![value.to_string()],
    };
    let last = || until.map(|last| number("major", "Lt", last.saturating_add(1)));
    let Some((major, minor, patch)) = least.map(DriverVersion::parts) else {
        return vec![last().into_iter().collect()];
    };
    let over = |part: &str, value: u32| number(part, "Gt", value);
    let same_major = || vec![number("major", "Gt", major.saturating_sub(1)), number("major", "Lt", major + 1)];
    if (minor, patch) == (0, 0) {
        return vec![std::iter::once(over("major", major.saturating_sub(1))).chain(last()).collect()];
    }
    let mut all = Vec::new();
    if until.is_none_or(|last| last > major) {
        all.push(std::iter::once(over("major", major)).chain(last()).collect::<Vec<_>>());
    }
    let same_minor = |mut with: Vec<Expression>| {
        if minor > 0 {
            with.push(over("minor", minor - 1));
        }
        with.push(number("minor", "Lt", minor + 1));
        with
    };
    if patch == 0 {
        all.push(same_major().into_iter().chain([over("minor", minor - 1)]).collect());
        return all;
    }
    all.push(same_major().into_iter().chain([over("minor", minor)]).collect());
    all.push(same_minor(same_major()).into_iter().chain([over("revision", patch - 1)]).collect());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a node with this driver fits, as Kubernetes compares.
    fn fits(terms: &[Vec<Expression>], driver: &str) -> bool {
        let parts: Vec<&str> = driver.split('.').collect();
        let label = |key: &str| {
            let place = ["major", "minor", "revision"].iter().position(|part| key.ends_with(part));
            place.and_then(|place| parts.get(place)).and_then(|part| part.parse::<i64>().ok())
        };
        let holds = |one: &Expression| {
            let value: i64 = one.values[0].parse().unwrap();
            label(&one.key).is_some_and(|label| if one.operator == "Gt" { label > value } else { label < value })
        };
        terms.iter().any(|term| term.iter().all(holds))
    }

    #[test]
    fn nodes_fit_from_the_driver_on() {
        for (least, until) in [
            ("525.60.13", None),
            ("570.26", None),
            ("580", None),
            ("580.82.07", None),
            ("525.60.13", Some(580)),
            ("570.00.01", None),
            ("580", Some(580)),
            ("580.65.06", Some(580)),
        ] {
            let terms = drivers(Some(&least.parse().unwrap()), until);
            let lowest: DriverVersion = least.parse().unwrap();
            for driver in [
                "470.57.02",
                "525.60.12",
                "525.60.13",
                "525.60.14",
                "525.105.17",
                "526.10.01",
                "569.99.99",
                "570.00.01",
                "570.25.99",
                "570.26.00",
                "570.86.10",
                "580.00.00",
                "580.65.05",
                "580.65.06",
                "580.82.06",
                "580.82.07",
                "580.95.05",
                "581.01.01",
                "590.44.01",
                "610.05.01",
            ] {
                let version: DriverVersion = driver.parse().unwrap();
                let wanted = version.parts() >= lowest.parts() && until.is_none_or(|last| version.branch() <= last);
                assert_eq!(fits(&terms, driver), wanted, "{driver} for {least} until {until:?}");
            }
        }
        assert_eq!(drivers(None, None), [Vec::new()]);
    }

    #[test]
    fn generations_with_the_same_minors_are_one_term() {
        let terms = gpus(&super::super::tests::gpus(&[(7, 0), (7, 5), (8, 0), (9, 0), (12, 0), (12, 1)]));
        let shown: Vec<String> =
            terms.iter().map(|term| format!("{:?} {:?}", term[0].values, term[1].values)).collect();
        assert_eq!(shown, [r#"["7"] ["0", "5"]"#, r#"["8", "9"] ["0"]"#, r#"["12"] ["0", "1"]"#]);
    }
}
