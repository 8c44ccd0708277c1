//! Text that is to be shown in Markdown as it is.

/// Text that Markdown would take for markup or for the border of a table.
pub(super) fn escaped(text: &str) -> String {
    let text = text.trim_start();
    let mut out = String::with_capacity(text.len());
    // What begins a list, a fence or the line under a heading, where it comes first.
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let mut behind = rest.chars();
    let text = match (behind.next(), behind.next()) {
        (Some('.' | ')'), None | Some(' ' | '\t')) if !number.is_empty() => {
            out += number;
            out.push('\\');
            rest
        }
        _ => text,
    };
    if text.starts_with(['-', '+', '=', ':']) || text.starts_with("~~") {
        out.push('\\');
    }
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if matches!(letter, '*' | '_' | '`' | '<' | '>' | '|' | '\\' | '#' | '[' | ']' | '&') {
            out.push('\\');
        }
        out.push(letter);
        // An answer to an issue must not call the people whose names it quotes.
        if letter == '@' && !before.is_alphanumeric() && letters.peek().is_some_and(char::is_ascii_alphanumeric) {
            out += "<!-- -->";
        }
        // Nor must it appear in the threads whose numbers and addresses it quotes.
        if letter == '#' && letters.peek().is_some_and(char::is_ascii_digit) {
            out += "<!-- -->";
        }
        before = letter;
    }
    out.replace("://github.com/", "://<!-- -->github.com/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called() {
        assert_eq!(escaped("ask @name, not a@b.c, name @ file"), "ask @<!-- -->name, not a@b.c, name @ file");
    }

    #[test]
    fn no_thread_is_linked() {
        assert_eq!(escaped("see a/b#12, # 3"), "see a/b\\#<!-- -->12, \\# 3");
        assert_eq!(escaped("https://github.com/a/b/issues/1"), "https://<!-- -->github.com/a/b/issues/1");
    }
}
