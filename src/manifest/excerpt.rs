//! The line of a file that a place is in, and the part of it that stands there, as a report may show it.

use super::{Text, edit::site::Site};
use crate::{facts::Location, system::redact};

/// A line, or what is around the part that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Without secrets.
    pub text: String,
    /// One-based column in it, in characters, at which the part begins.
    pub column: u32,
    /// The column behind it.
    pub end_column: u32,
}

/// Characters before and after the part that are kept.
const AROUND: usize = 200;
/// As long as a part may be.
const LONGEST: usize = 400;

/// What stands at a place of a text.
pub fn excerpt(text: &Text, at: &Location) -> Option<Excerpt> {
    let line = text.line_of(at)?;
    let start = text.offset(at)?;
    let begin = text.offset(&Location { column: 1, ..at.clone() })?;
    let site = Site::of(text, start);
    let part = site.map(|site| site.range).filter(|range| range.start >= begin && !range.is_empty());
    let part = part.map_or(start - begin..line.len(), |range| range.start - begin..(range.end - begin).min(line.len()));
    // Secrets go before anything is cut: half an address does not look like one.
    let shown = redact::line(line);
    let own = line.get(part.clone())?;
    let part = match shown == line {
        true => part,
        // Where something was taken out, columns are others.
        false => shown.find(own).map_or(0..shown.len(), |start| start..start + own.len()),
    };
    let (before, rest) = shown.split_at_checked(part.start)?;
    let (own, after) = rest.split_at_checked(part.len())?;
    let skipped = before.chars().count().saturating_sub(AROUND);
    let before: String = before.chars().skip(skipped).collect();
    let own: String = own.chars().take(LONGEST).collect();
    let after: String = after.chars().take(AROUND).collect();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let column = number(before.chars().count() + 1);
    let end_column = column.saturating_add(number(own.chars().count()));
    Some(Excerpt { text: format!("{before}{own}{after}"), column, end_column })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(name: &str, text: &str, at: &str) -> String {
        let text = Text::new(name, name, text);
        let place = text.at(text.text.find(at).unwrap());
        let Excerpt { text, column, end_column } = excerpt(&text, &place).unwrap();
        let count = |column: u32| usize::try_from(column).unwrap() - 1;
        let part: String = text.chars().skip(count(column)).take(count(end_column) - count(column)).collect();
        format!("{text} | {part}")
    }

    #[test]
    fn the_part_that_is_meant_is_told() {
        let requirements = "a\ntorch == 2.5.1 ; python_version > '3'  # why\nx";
        assert_eq!(
            marked("r.txt", requirements, "torch"),
            "torch == 2.5.1 ; python_version > '3'  # why | torch == 2.5.1 ; python_version > '3'"
        );
        assert_eq!(
            marked("Dockerfile", "RUN pip install torch==2.5 x\n", "torch"),
            "RUN pip install torch==2.5 x | torch==2.5"
        );
        assert_eq!(marked("p.toml", "d = [\"torch>=2\", \"x\"]", "torch"), "d = [\"torch>=2\", \"x\"] | torch>=2");
        assert_eq!(marked("e.yml", "  - 'torch>=2'", "- "), "  - 'torch>=2' | torch>=2");
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = marked("r.txt", "--index-url https://me:pw@x.example/simple\n", "--");
        assert!(!shown.contains("pw"), "{shown}");
        let shown = marked("Dockerfile", "RUN HF_TOKEN=hf_abc pip install torch==2.5\n", "torch");
        assert!(!shown.contains("hf_abc") && shown.ends_with("| torch==2.5"), "{shown}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_part() {
        let line = format!("RUN {} pip install torch==2.5 {}", "x ".repeat(5000), "y ".repeat(5000));
        let text = Text::new("Dockerfile", "Dockerfile", line);
        let at = text.at(text.text.find("torch").unwrap());
        let found = excerpt(&text, &at).unwrap();
        assert!(found.text.len() < 500 && found.column == 201 && found.end_column == 211, "{found:?}");
    }
}
