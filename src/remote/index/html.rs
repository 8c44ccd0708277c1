//! The HTML page of a project: its links. Format: <https://packaging.python.org/en/latest/specifications/simple-repository-api/>.
//!
//! Not a reader of all of HTML: tags are found as browsers find them, with comments and quoted attributes, and everything between
//! `<a>` and the next tag is text.

use super::{Listed, MAX_FILES, Page};

/// Longer names of entities do not exist.
const MAX_ENTITY: usize = 12;

/// Reads a page; everything but links is skipped. Time is linear in its length.
///
/// # Errors
/// When it lists more files than any package has.
pub fn parse_html(text: &str) -> Result<Page, String> {
    let mut page = Page::default();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").and_then(|end| comment.get(end + 3..)).unwrap_or_default();
            continue;
        }
        let (name, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len()));
        let wanted = name.eq_ignore_ascii_case("a") || name.eq_ignore_ascii_case("base");
        if !wanted {
            rest = after;
            continue;
        }
        let (attributes, after) = attributes(after);
        rest = after;
        let find = |wanted: &str| attributes.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
        let Some(href) = find("href").map(|href| href.trim().to_owned()) else { continue };
        if name.eq_ignore_ascii_case("base") {
            page.base.get_or_insert(href);
            continue;
        }
        let shown = unescape(rest.split('<').next().unwrap_or_default());
        let name = file_name(&href).unwrap_or_else(|| shown.trim().to_owned());
        if page.files.len() == MAX_FILES {
            return Err(format!("it lists more than {MAX_FILES} files"));
        }
        if !name.is_empty() {
            page.files.push(Listed {
                name,
                requires_python: find("data-requires-python").filter(|text| !text.trim().is_empty()),
                yanked: find("data-yanked"),
                size: None,
                uploaded: None,
                sha256: href.split_once('#').and_then(|(_, hash)| hash.strip_prefix("sha256=")).map(str::to_owned),
                href,
            });
        }
    }
    Ok(page)
}

/// The name that an address ends with, decoded: the text between the tags may be shortened.
fn file_name(href: &str) -> Option<String> {
    let url = crate::remote::Url::parse("http://h/").ok()?.join(href).ok()?;
    Some(url.file_name()).filter(|name| !name.is_empty())
}

/// The attributes of a tag that are needed.
const ASKED: [&str; 3] = ["href", "data-requires-python", "data-yanked"];

/// The attributes of a tag that are asked for, each as it comes first, with values unescaped, and what follows the tag. A tag may have
/// a million others.
fn attributes(tag: &str) -> (Vec<(&'static str, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = tag;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        if rest.is_empty() {
            return (found, rest);
        }
        let ends = |c: char| c.is_ascii_whitespace() || "=>/".contains(c);
        // A stray sign is a name by itself, so that each round takes something.
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let end = rest.get(first..).and_then(|tail| tail.find(ends)).map_or(rest.len(), |at| at + first);
        let (name, after) = rest.split_at(end);
        let name = ASKED.into_iter().find(|asked| name.eq_ignore_ascii_case(asked));
        let name = name.filter(|name| !found.iter().any(|(known, _)| known == name));
        let after = after.trim_start();
        let Some(after) = after.strip_prefix('=') else {
            found.extend(name.map(|name| (name, String::new())));
            rest = after;
            continue;
        };
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inner = after.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            None => after.split_at(after.find(|c: char| c.is_ascii_whitespace() || c == '>').unwrap_or(after.len())),
        };
        found.extend(name.map(|name| (name, unescape(value))));
        rest = after;
    }
}

/// Character references undone: the few named ones that addresses and specifiers need, and all numbers.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        out.push_str(before);
        let name = entity.bytes().take(MAX_ENTITY).position(|b| b == b';').and_then(|end| entity.get(1..end));
        let letter = name.and_then(|name| match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            _ => {
                let number = name.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => number.parse(),
                };
                char::from_u32(code.ok()?)
            }
        });
        match (letter, name) {
            (Some(letter), Some(name)) => {
                out.push(letter);
                rest = entity.get(name.len() + 2..).unwrap_or_default();
            }
            _ => {
                out.push('&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn links_are_found() {
        let page = parse_html(
            "<!DOCTYPE html><html><head><BASE href=\"/x/\"><!-- <a href=no>no</a> --></head><body><h1>Links</h1>\n\
             <a href=\"../torch-2.7.1%2Bcu128-cp311-cp311-win_amd64.whl#sha256=ab&amp;c\" data-requires-python=\"&gt;=3.9, &#60;4\"\n\
             data-dist-info-metadata=\"sha256=x\">torch-2.7.1+cu128-cp311&#45;...</a><br/>\n\
             <A HREF='a-1.tar.gz?x=1' data-yanked>a</A><a data-yanked=\"bad\" href=https://h/b-1-py3-none-any.whl>b</a>\n\
             <a name=x>no link</a><a href=\"/\">c&amp;d.whl</a><a href",
        )
        .unwrap();
        assert_eq!(page.base.as_deref(), Some("/x/"));
        let names: Vec<&str> = page.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(
            names,
            ["torch-2.7.1+cu128-cp311-cp311-win_amd64.whl", "a-1.tar.gz", "b-1-py3-none-any.whl", "c&d.whl"]
        );
        let [first, second, third, _] = page.files.as_slice() else { panic!("{page:?}") };
        assert_eq!(first.requires_python.as_deref(), Some(">=3.9, <4"));
        assert_eq!((first.sha256.as_deref(), first.yanked.as_ref()), (Some("ab&c"), None));
        assert_eq!((second.yanked.as_deref(), third.yanked.as_deref()), (Some(""), Some("bad")));
        assert_eq!(third.href, "https://h/b-1-py3-none-any.whl");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "(<a |<base|href=|[\"'<>&=;/!-]|&#x?[0-9a-f]{1,9};|\\PC{0,5}){0,30}") {
            let _ = parse_html(&text);
        }
    }

    #[test]
    fn traps_are_linear() {
        for trap in ["<a ", "<a href=\"", "<!--", "&", "<a =", "<"] {
            let _ = parse_html(&trap.repeat(200_000));
        }
    }
}
