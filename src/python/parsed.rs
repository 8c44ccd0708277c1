//! Versions and specifiers that were parsed before: rows and requirements ask for the same few again and again, and to parse one takes longer than to
//! compare it.

use std::{cell::RefCell, rc::Rc};

use pep440_rs::{Version, VersionSpecifiers};

/// As many are kept of each: a number that is a power of two.
const KEPT: usize = 256;
/// Longer texts are parsed each time.
const LONGEST: usize = 64;

thread_local! {
    static VERSIONS: RefCell<Kept<Version>> = const { RefCell::new(Kept(Vec::new())) };
    static SPECIFIERS: RefCell<Kept<Rc<VersionSpecifiers>>> = const { RefCell::new(Kept(Vec::new())) };
}

/// What texts are, each in the place that its letters give it; nothing of one that is not what was expected.
struct Kept<T>(Vec<Option<(Box<str>, Option<T>)>>);

impl<T: Clone> Kept<T> {
    fn get(&mut self, text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        if text.len() > LONGEST {
            return parse(text);
        }
        if self.0.is_empty() {
            self.0.resize(KEPT, None);
        }
        let Some(place) = self.0.get_mut(place(text)) else { return parse(text) };
        match place {
            Some((kept, parsed)) if **kept == *text => parsed.clone(),
            _ => place.insert((text.into(), parse(text))).1.clone(),
        }
    }
}

fn place(text: &str) -> usize {
    let sum = gpucheck_ground::mixed(text.as_bytes());
    (sum ^ sum >> 16) as usize % KEPT
}

/// A version; nothing, where a text is none.
pub fn version(text: &str) -> Option<Version> {
    VERSIONS.with_borrow_mut(|kept| kept.get(text, |text| text.parse().ok()))
}

/// A version without its local part; nothing, where a text is none.
pub fn public(text: &str) -> Option<Version> {
    version(text).map(without_local)
}

/// A version without its local part, where it has one: another copy is made of those alone.
pub fn without_local(version: Version) -> Version {
    if version.is_local() { version.without_local() } else { version }
}

/// Specifiers; nothing, where a text is none.
pub fn specifiers(text: &str) -> Option<Rc<VersionSpecifiers>> {
    SPECIFIERS.with_borrow_mut(|kept| kept.get(text, |text| text.parse().ok().map(Rc::new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_each_time() {
        for round in 0..3 {
            for number in 0..1000 {
                let text = format!("{number}.{round}");
                assert_eq!(version(&text), text.parse().ok(), "{text}");
                let text = format!(">={number}");
                assert_eq!(specifiers(&text).map(|list| list.to_string()), Some(text));
            }
            assert!(version("no version").is_none() && specifiers(">=").is_none());
            assert!(version(&"1".repeat(LONGEST)).is_none() == "1".repeat(LONGEST).parse::<Version>().is_err());
        }
    }
}
