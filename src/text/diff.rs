//! Two versions of a text, line by line: what differs, and that as a unified diff which `git apply` and `patch -p1` take.
//! Method: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), which is fast where little differs.

use std::{fmt::Write as _, ops::Range};

/// Lines of the old text that became lines of the new one, by number from 0 on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// In the old text.
    pub old: Range<usize>,
    /// In the new text.
    pub new: Range<usize>,
}

/// Texts that differ in more lines differ as a whole.
const MOST: usize = 500;
/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The lines of a text with their ends; the last one may have none.
pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// What differs, in order.
pub fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (left, right) = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    let left = left.get(..left.len() - after).unwrap_or_default();
    let right = right.get(..right.len() - after).unwrap_or_default();
    if left.is_empty() && right.is_empty() {
        return Vec::new();
    }
    let whole = || vec![Hunk { old: 0..left.len(), new: 0..right.len() }];
    let found = path(left, right).map_or_else(whole, |same| between(&same, left.len(), right.len()));
    let moved = |range: Range<usize>| range.start + before..range.end + before;
    found.into_iter().map(|hunk| Hunk { old: moved(hunk.old), new: moved(hunk.new) }).collect()
}

/// Pairs of equal lines on the shortest path from one text to the other; nothing where it is long.
fn path(old: &[&str], new: &[&str]) -> Option<Vec<(usize, usize)>> {
    // The furthest line of the old text on each diagonal, for each number of differences.
    let middle = MOST + 1;
    let mut furthest = vec![0_usize; 2 * middle + 1];
    let mut rounds: Vec<Vec<usize>> = Vec::new();
    for differences in 0..=MOST {
        rounds.push(furthest.get(middle - differences..=middle + differences)?.to_vec());
        for step in 0..=differences {
            let diagonal = middle + 2 * step - differences;
            let (below, above) = (*furthest.get(diagonal - 1)?, *furthest.get(diagonal + 1)?);
            let down = step == 0 || step != differences && below < above;
            let mut x = if down { above } else { below + 1 };
            let Some(mut y) = (x + middle).checked_sub(diagonal) else { continue };
            while x < old.len() && y < new.len() && old.get(x) == new.get(y) {
                (x, y) = (x + 1, y + 1);
            }
            *furthest.get_mut(diagonal)? = x;
            if x >= old.len() && y >= new.len() {
                return back(&rounds, old, new);
            }
        }
    }
    None
}

/// The way back from the end.
fn back(rounds: &[Vec<usize>], old: &[&str], new: &[&str]) -> Option<Vec<(usize, usize)>> {
    let mut same = Vec::new();
    let (mut x, mut y) = (old.len(), new.len());
    for (differences, round) in rounds.iter().enumerate().rev() {
        // In a round, diagonal d is at d + differences.
        let diagonal = i64::try_from(x).ok()? - i64::try_from(y).ok()?;
        let reach = i64::try_from(differences).ok()?;
        let at = |diagonal: i64| usize::try_from(diagonal + reach).ok().and_then(|index| round.get(index)).copied();
        let (below, above) = (at(diagonal - 1).unwrap_or(0), at(diagonal + 1).unwrap_or(0));
        let down = diagonal == -reach || diagonal != reach && below < above;
        let (from, start) = if down { (diagonal + 1, above) } else { (diagonal - 1, below) };
        let (before_x, before_y) = match differences {
            0 => (0, 0),
            _ => (start, usize::try_from(i64::try_from(start).ok()? - from).ok()?),
        };
        let begin = match (differences, down) {
            (0, _) => (0, 0),
            (_, true) => (before_x, before_y + 1),
            (_, false) => (before_x + 1, before_y),
        };
        while x > begin.0 && y > begin.1 {
            (x, y) = (x - 1, y - 1);
            same.push((x, y));
        }
        (x, y) = (before_x, before_y);
    }
    same.reverse();
    Some(same)
}

/// What lies between pairs of equal lines.
fn between(same: &[(usize, usize)], old: usize, new: usize) -> Vec<Hunk> {
    let mut found = Vec::new();
    let (mut x, mut y) = (0, 0);
    for &(a, b) in same.iter().chain([&(old, new)]) {
        if a > x || b > y {
            found.push(Hunk { old: x..a, new: y..b });
        }
        (x, y) = (a + 1, b + 1);
    }
    found
}

/// A unified diff of one file; nothing where nothing differs.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let hunks = hunks(&old, &new);
    let mut out = String::new();
    if hunks.is_empty() {
        return out;
    }
    // A name with a blank ends at a tab.
    let end = if path.contains(char::is_whitespace) { "\t" } else { "" };
    let _ = write!(out, "--- a/{path}{end}\n+++ b/{path}{end}\n");
    let mut groups: Vec<Vec<Hunk>> = Vec::new();
    for hunk in hunks {
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(|last| hunk.old.start <= last.old.end + 2 * CONTEXT) => {
                group.push(hunk)
            }
            _ => groups.push(vec![hunk]),
        }
    }
    for group in groups {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let lead = first.old.start.min(CONTEXT);
        let trail = (old.len() - last.old.end).min(CONTEXT);
        let span = |range: Range<usize>| {
            let start = if range.is_empty() { range.start } else { range.start + 1 };
            if range.len() == 1 { start.to_string() } else { format!("{start},{}", range.len()) }
        };
        let of_old = span(first.old.start - lead..last.old.end + trail);
        let of_new = span(first.new.start - lead..last.new.end + trail);
        let _ = writeln!(out, "@@ -{of_old} +{of_new} @@");
        let mut at = first.old.start - lead;
        for hunk in &group {
            push(&mut out, ' ', old.get(at..hunk.old.start));
            push(&mut out, '-', old.get(hunk.old.clone()));
            push(&mut out, '+', new.get(hunk.new.clone()));
            at = hunk.old.end;
        }
        push(&mut out, ' ', old.get(at..at + trail));
    }
    out
}

fn push(out: &mut String, mark: char, lines: Option<&[&str]>) {
    for line in lines.unwrap_or_default() {
        out.push(mark);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_diff_is_as_tools_write_it() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n";
        let new = "1\nzwei\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n13a\n14\n";
        let diff = "--- a/x\n+++ b/x\n@@ -1,5 +1,5 @@\n 1\n-2\n+zwei\n 3\n 4\n 5\n@@ -11,4 +11,5 @@\n 11\n 12\n 13\n+13a\n 14\n";
        assert_eq!(unified("x", old, new), diff);
        assert_eq!(unified("x", old, old), "");
        let last = "--- a/a b\t\n+++ b/a b\t\n@@ -1 +1 @@\n-x\r\n+y\n\\ No newline at end of file\n";
        assert_eq!(unified("a b", "x\r\n", "y"), last);
        assert_eq!(unified("x", "", "y\n"), "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+y\n");
    }

    proptest! {
        #[test]
        fn hunks_lead_from_one_to_the_other(old in prop::collection::vec("[a-c]", 0..30), new in prop::collection::vec("[a-c]", 0..30)) {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            let new: Vec<&str> = new.iter().map(String::as_str).collect();
            let mut made = Vec::new();
            let mut at = 0;
            let found = hunks(&old, &new);
            for hunk in &found {
                made.extend_from_slice(&old[at..hunk.old.start]);
                prop_assert_eq!(made.len(), hunk.new.start);
                made.extend_from_slice(&new[hunk.new.clone()]);
                at = hunk.old.end;
            }
            made.extend_from_slice(&old[at..]);
            prop_assert_eq!(made, new);
        }
    }
}
