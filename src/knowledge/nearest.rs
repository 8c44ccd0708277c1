//! The names nearest to one that no row has.

use gpucheck_ground::Order as _;

/// How many are offered.
const OFFERED: usize = 3;

/// The nearest of the names, the nearest first, and in the alphabet's order where they are as near; none that has less than half of the letters in common.
pub fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.order();
    nearest_things(text, names.into_iter().map(std::iter::once), squash).0
}

/// The same of things with several names: of each, the name that is nearest, and the shortest of those. Only what `telling` leaves of a
/// name is compared, and of those that are as near the first comes first. Also how many that are not named are as near as the last one.
pub(super) fn nearest_things<'n, N: IntoIterator<Item = &'n str>>(
    text: &str,
    things: impl IntoIterator<Item = N>,
    telling: impl Fn(&str) -> String,
) -> (Vec<String>, usize) {
    let asked = telling(text);
    let distance = |name: &'n str| (edit_distance(&asked, &telling(name)), name.len(), name);
    let best = things.into_iter().filter_map(|names| names.into_iter().map(distance).min());
    let mut found: Vec<(usize, &str)> = best.map(|(distance, _, name)| (distance, name)).collect();
    // Those that are as near stay in their order: of products, the newest comes first.
    found.order_by_key(|(distance, _)| *distance);
    found.dedup();
    let close = asked.chars().count() / 2;
    found.retain(|(distance, _)| *distance <= close);
    let last = found.get(OFFERED - 1).map_or(0, |(distance, _)| *distance);
    let more = found.iter().skip(OFFERED).take_while(|(distance, _)| *distance <= last).count();
    found.truncate(OFFERED);
    (found.into_iter().map(|(_, name)| name.to_owned()).collect(), more)
}

/// Letters and digits alone, in lower case.
fn squash(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// How many letters must be changed, left out, added, or exchanged with their neighbour. The inputs are names of a few dozen characters,
/// longer ones are cut.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let value = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let (mut before, mut row, mut last) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>(), None);
    for (i, ca) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let same = value(&row, j) + usize::from(ca != cb);
            let one_more = value(&row, j + 1).min(value(&next, j)) + 1;
            let exchanged = last == Some(cb) && j.checked_sub(1).and_then(|j| b.get(j)) == Some(ca);
            let exchanged = if exchanged { value(&before, j - 1) + 1 } else { usize::MAX };
            next.push(same.min(one_more).min(exchanged));
        }
        before = std::mem::replace(&mut row, next);
        last = Some(ca);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let names = ["CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "NVIDIA_TF32_OVERRIDE"];
        assert_eq!(nearest("cuda visible device", names), ["CUDA_VISIBLE_DEVICES"]);
        assert_eq!(nearest("RTX 5900", ["RTX 5050", "RTX 5070", "RTX 5090"])[0], "RTX 5090", "two letters exchanged");
        assert!(nearest("HF_TOKEN", names).is_empty() && nearest("", names).is_empty());
    }
}
