//! Sets of machines' names, kept as ranges: ten thousand that are numbered take the room of one. Written as Slurm writes lists of hosts,
//! so that they can be pasted behind `scontrol update nodename=`.

use std::collections::BTreeMap;

use crate::report::Nodes;

/// As many digits have numbers that names are told apart by.
const DIGITS: usize = 9;

/// What stands before and behind the number of a name, and how many digits it has.
type Shape = (String, String, usize);

/// Names, those that differ in one number together.
#[derive(Debug, Default)]
pub struct Names {
    count: u64,
    unnamed: u64,
    /// First and last number of ranges that do not touch.
    numbered: BTreeMap<Shape, BTreeMap<u32, u32>>,
}

impl Names {
    /// Adds a name, unless it would take more room than is left. Whether it is new; of a name that has found no room that is not known.
    pub fn add(&mut self, name: &str, room: &mut usize) -> bool {
        let (shape, number) = split(name);
        let ranges = self.numbered.get(&shape);
        let before = ranges.and_then(|ranges| ranges.range(..=number).next_back().map(|(first, last)| (*first, *last)));
        if before.is_some_and(|(_, last)| number <= last) {
            self.count += 1;
            return false;
        }
        let after = number.checked_add(1).filter(|next| ranges.is_some_and(|ranges| ranges.contains_key(next)));
        let touches = before.filter(|(_, last)| last.checked_add(1) == Some(number));
        self.count += 1;
        if touches.is_none() && after.is_none() {
            let Some(left) = room.checked_sub(1) else {
                self.unnamed += 1;
                return true;
            };
            *room = left;
        }
        let ranges = self.numbered.entry(shape).or_default();
        let last = after.and_then(|next| ranges.remove(&next)).unwrap_or(number);
        ranges.insert(touches.map_or(number, |(first, _)| first), last);
        true
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// As a report has them.
    pub fn nodes(&self) -> Nodes {
        let mut names: Vec<String> = Vec::new();
        let mut same: Option<(&str, &str)> = None;
        let mut inside: Vec<(usize, u32, u32)> = Vec::new();
        for ((before, behind, digits), ranges) in &self.numbered {
            if same != Some((before, behind)) {
                names.extend(same.and_then(|(before, behind)| written(before, behind, &inside)));
                same = Some((before, behind));
                inside.clear();
            }
            for (first, last) in ranges {
                match inside.last_mut().filter(|(_, _, before)| follows(*before, *first, *digits)) {
                    Some((_, _, end)) => *end = *last,
                    None => inside.push((*digits, *first, *last)),
                }
            }
        }
        names.extend(same.and_then(|(before, behind)| written(before, behind, &inside)));
        Nodes { count: self.count, names, unnamed: self.unnamed }
    }
}

/// Whether a number of one digit more is the next one, as 10 comes after 9.
fn follows(last: u32, first: u32, digits: usize) -> bool {
    last.checked_add(1) == Some(first) && first.to_string().len() == digits
}

/// The list of one shape.
fn written(before: &str, behind: &str, inside: &[(usize, u32, u32)]) -> Option<String> {
    let number = |digits: usize, number: u32| if digits == 0 { String::new() } else { format!("{number:0digits$}") };
    let range = |(digits, first, last): &(usize, u32, u32)| match first == last {
        true => number(*digits, *first),
        false => format!("{}-{}", number(*digits, *first), number(*digits, *last)),
    };
    match inside {
        [] => None,
        [(digits, first, last)] if first == last => Some(format!("{before}{}{behind}", number(*digits, *first))),
        several => Some(format!("{before}[{}]{behind}", several.iter().map(range).collect::<Vec<_>>().join(","))),
    }
}

/// A name that is no list of hosts, whoever gave it: `gpu-[1-99]` would be taken for ninety-nine others.
pub fn safe(name: &str) -> String {
    name.replace('[', "%5B").replace(']', "%5D").replace(',', "%2C")
}

/// A name by its last number.
fn split(name: &str) -> (Shape, u32) {
    let whole = || ((name.to_owned(), String::new(), 0), 0);
    let Some(end) = name.rfind(|c: char| c.is_ascii_digit()).map(|last| last + 1) else { return whole() };
    let (head, behind) = name.split_at(end);
    let before = head.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = head.get(before.len()..).unwrap_or_default();
    match digits.parse() {
        Ok(number) if digits.len() <= DIGITS => ((before.to_owned(), behind.to_owned(), digits.len()), number),
        _ => whole(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(names: &[&str]) -> Vec<String> {
        let mut set = Names::default();
        let mut room = usize::MAX;
        names.iter().for_each(|name| {
            set.add(name, &mut room);
        });
        set.nodes().names
    }

    #[test]
    fn numbers_are_ranges() {
        assert_eq!(list(&["gpu-3", "gpu-1", "gpu-2", "gpu-7"]), ["gpu-[1-3,7]"]);
        assert_eq!(list(&["n9", "n10", "n11", "n8"]), ["n[8-11]"]);
        assert_eq!(list(&["n09", "n10", "n8"]), ["n[8,09-10]"]);
        assert_eq!(list(&["a1.rack2", "a1.rack3", "b1.rack2"]), ["a1.rack[2-3]", "b1.rack2"]);
        assert_eq!(list(&["n1-ib", "n2-ib"]), ["n[1-2]-ib"]);
        assert_eq!(list(&["login", "gpu", "login"]), ["gpu", "login"]);
        assert_eq!(list(&["", "x123456789012"]), ["", "x123456789012"]);
        assert_eq!(safe("gpu-[1-9],b"), "gpu-%5B1-9%5D%2Cb");
        assert_eq!(list(&["n000", "n0", "n001"]), ["n[0,000-001]"]);
    }

    #[test]
    fn a_name_is_new_once() {
        let mut set = Names::default();
        let mut room = 2;
        for (name, new) in [("n1", true), ("n3", true), ("n1", false), ("n2", true), ("n2", false)] {
            assert_eq!(set.add(name, &mut room), new, "{name}");
        }
        // There is no room for another range; one that touches needs none.
        assert!(set.add("n4", &mut room) && set.add("n9", &mut room));
        let nodes = set.nodes();
        assert_eq!((nodes.names, nodes.count, nodes.unnamed, room), (vec!["n[1-4]".to_owned()], 7, 1, 0));
    }

    #[test]
    fn ten_thousand_take_the_room_of_one() {
        let mut set = Names::default();
        let mut room = 5000;
        // The odd ones first: each hole is a range of its own for a while.
        for number in (1..10_000).step_by(2).chain((0..10_000).step_by(2)) {
            assert!(set.add(&format!("gpu-{number:05}"), &mut room));
        }
        assert_eq!(set.nodes().names, ["gpu-[00000-09999]"]);
    }
}
