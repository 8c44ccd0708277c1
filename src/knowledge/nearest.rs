//! The names nearest to one that no row has.

/// How many are offered.
const OFFERED: usize = 3;

/// The nearest of the names, the nearest first; none that has less than half of the letters in common.
pub fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let squashed = squash(text);
    let mut found: Vec<(usize, &str)> =
        names.into_iter().map(|name| (edit_distance(&squashed, &squash(name)), name)).collect();
    found.sort_unstable();
    found.dedup_by(|a, b| a.1 == b.1);
    let close = squashed.chars().count() / 2;
    let near = found.into_iter().take_while(|(distance, _)| *distance <= close);
    near.take(OFFERED).map(|(_, name)| name.to_owned()).collect()
}

/// Letters and digits alone, in lower case.
fn squash(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Levenshtein distance; the inputs are names of a few dozen characters, longer ones are cut.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (cb, above) in b.iter().zip(row.iter().skip(1)) {
            let cost = usize::from(ca != cb);
            left = (diagonal + cost).min(left + 1).min(above + 1);
            next.push(left);
            diagonal = *above;
        }
        row = next;
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
        assert!(nearest("HF_TOKEN", names).is_empty() && nearest("", names).is_empty());
    }
}
