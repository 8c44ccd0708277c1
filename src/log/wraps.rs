//! Lines that something has broken: a terminal at its last column, a mail or a tracker at a blank. Which lines those were is a guess, so that
//! the whole ones are looked at besides the broken ones.

/// Narrower than this is no terminal, and wider than this are few.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=320;
/// Widths at which many programs break.
const COMMON: [usize; 8] = [72, 76, 78, 79, 80, 100, 120, 132];
/// A line that breaks at a blank is at least this long.
const SHORTEST_SOFT: usize = 45;
/// Of as many lines a whole one is made.
const MOST_PIECES: usize = 24;

/// The whole lines, each with the number of its first piece, from 0.
pub(super) fn joined(text: &str) -> Vec<(u32, String)> {
    let lines: Vec<&str> = text.lines().map(|line| without_place(line.trim_end_matches('\r'))).collect();
    let widths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    let widest = widths.iter().copied().max().unwrap_or(0);
    let full = |width: usize| WIDTHS.contains(&width) && (width == widest || COMMON.contains(&width));
    let mut whole = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        // A piece of a line that has been put together begins none.
        let continued = number.checked_sub(1).and_then(|before| widths.get(before)).is_some_and(|width| full(*width));
        if continued {
            continue;
        }
        // At a line that is full and could break at a blank, both ways are tried.
        let (mut tight, mut loose) = ((*line).to_owned(), (*line).to_owned());
        let mut pieces = 1;
        let mut last = number;
        while pieces < MOST_PIECES
            && let (Some(width), Some(next)) = (widths.get(last), lines.get(last + 1))
            && !next.trim().is_empty()
        {
            let soft = is_broken(lines.get(last).copied().unwrap_or_default(), next, *width);
            if !soft && !full(*width) {
                break;
            }
            for (out, blank) in [(&mut tight, soft && !full(*width)), (&mut loose, soft)] {
                if blank {
                    out.push(' ');
                }
                out.push_str(if blank { next.trim_start() } else { next });
            }
            last += 1;
            pieces += 1;
        }
        if pieces > 1 {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            if loose != tight {
                whole.push((number, loose));
            }
            whole.push((number, tight));
        }
    }
    whole
}

/// A line without the place in a program that loggers put at its right end: `xFormers was   _cpp_lib.py:133`.
fn without_place(line: &str) -> &str {
    let Some((before, place)) = line.trim_end().rsplit_once("  ") else { return line };
    let is_place = place.trim_start().rsplit_once(".py:").is_some_and(|(name, number)| {
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        !name.is_empty()
            && name.bytes().all(letters)
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
    });
    if is_place { before.trim_end() } else { line }
}

/// Whether a line goes on in the next one: it is long, has no end, and what follows begins in the middle of a sentence.
fn is_broken(line: &str, next: &str, width: usize) -> bool {
    let open = !line.ends_with(['.', ':', ';', '!', '?', ')', ']', '}']);
    let begins = next.trim_start().chars().next();
    (SHORTEST_SOFT..=140).contains(&width) && open && begins.is_some_and(|c| c.is_lowercase() || c == '(' || c == '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_is_put_together() {
        let long =
            "x".repeat(30) + " nvcc fatal   : Unsupported gpu architecture 'compute_86' and a lot more of this text";
        let letters: Vec<char> = long.chars().collect();
        let cut: Vec<String> = letters.chunks(60).map(|piece| piece.iter().collect()).collect();
        assert!(joined(&cut.join("\n")).contains(&(0, long.clone())));
        assert!(joined(&("first\n".to_owned() + &cut.join("\r\n") + "\n")).contains(&(1, long)));
    }

    #[test]
    fn sentences_go_on() {
        let text = "RuntimeError: this was built for something that is\nnot here. Please see\n\nnot this";
        let whole: Vec<String> = joined(text).into_iter().map(|(_, line)| line).collect();
        let expected = "RuntimeError: this was built for something that is not here. Please see";
        assert!(whole.iter().any(|line| line == expected), "{whole:?}");
        let places =
            "WARNING[XFORMERS]: xFormers cannot load its extensions. xFormers was  _cpp_lib.py:133\n     built for:";
        let whole: Vec<String> = joined(places).into_iter().map(|(_, line)| line).collect();
        assert!(whole.iter().any(|line| line.ends_with("xFormers was built for:")), "{whole:?}");
        assert!(joined("one\ntwo\nthree\n").is_empty());
        assert!(joined("").is_empty());
    }
}
