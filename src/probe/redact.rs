//! Takes secrets out of what is about to become a fact, so that no report, log or cache can hold them.

use std::path::Path;

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";

/// Whether a variable of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["TOKEN", "PASSWORD", "PASSWD", "KEY", "SECRET", "CREDENTIAL"].iter().any(|word| name.contains(word))
}

/// The value of a variable as it may be shown: no secret, no user-info or query of a URL, home as `~`.
pub fn variable(name: &str, value: &str, home: Option<&Path>) -> String {
    if is_secret(name) {
        return REDACTED.to_owned();
    }
    let value = urls(value);
    match home.and_then(Path::to_str) {
        Some(home) => shorten(&value, home.trim_end_matches(['/', '\\'])),
        None => value,
    }
}

/// The text with the user-info and the query of each URL replaced.
pub fn urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let (authority, tail) = after.split_at(after.find(|c| "/?#".contains(c) || ends_url(c)).unwrap_or(after.len()));
        match authority.rsplit_once('@') {
            Some((_, host)) => out.extend([REDACTED, "@", host]),
            None => out.push_str(authority),
        }
        let url = tail.split(ends_url).next().unwrap_or_default();
        // A list of paths may join URLs with colons: only a query before the next URL is this one's.
        let query = url.find(['?', '#']).filter(|at| tail[*at..].starts_with('?') && !tail[..*at].contains("://"));
        rest = match query {
            Some(at) => {
                out.extend([&tail[..at], "?", REDACTED]);
                &tail[url[at..].find('#').map_or(url.len(), |fragment| at + fragment)..]
            }
            None => tail,
        };
    }
    out.push_str(rest);
    out
}

fn ends_url(c: char) -> bool {
    c.is_whitespace() || "\"<>".contains(c)
}

/// Every path below `home` in a list of paths, with `~` in its place.
fn shorten(value: &str, home: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let boundary = |c: char| "/\\:;, =\"'".contains(c);
    while let Some(at) = rest.find(home).filter(|_| !home.is_empty()) {
        let (before, found) = rest.split_at(at);
        let (found, after) = found.split_at(home.len());
        let starts = before.chars().next_back().or(out.chars().next_back()).is_none_or(|c| boundary(c) && c != '/');
        let ends = after.chars().next().is_none_or(boundary);
        out.push_str(before);
        out.push_str(if starts && ends { "~" } else { found });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_go() {
        assert_eq!(variable("HF_TOKEN", "hf_abc", None), REDACTED);
        assert_eq!(variable("aws_secret_access_key", "x", None), REDACTED);
        assert_eq!(
            urls("x @ https://me:pw@host/a.whl?sig=1#sha256=2"),
            "x @ https://[redacted]@host/a.whl?[redacted]#sha256=2"
        );
        assert_eq!(urls("git+ssh://tok@h/r, http://h:80/p"), "git+ssh://[redacted]@h/r, http://h:80/p");
        assert_eq!(urls("https://u:p@w@host"), "https://[redacted]@host");
        assert_eq!(urls("torch>=2.0"), "torch>=2.0");
        assert_eq!(urls("a://h/b:c://u;v:p@i/?q d"), "a://h/b:c://[redacted]@i/?[redacted] d");
        assert_eq!(urls("a://h?x=b://u:p@i#c://u:p@j"), "a://h?[redacted]#c://[redacted]@j");
    }

    #[test]
    fn home_is_shortened_in_lists_of_paths() {
        let home = Path::new("/home/sam");
        let shown = |value| variable("LD_LIBRARY_PATH", value, Some(home));
        assert_eq!(shown("/home/sam/lib:/opt:/home/sam"), "~/lib:/opt:~");
        assert_eq!(shown("/home/sammy/lib:/mnt/home/sam/lib"), "/home/sammy/lib:/mnt/home/sam/lib");
        assert_eq!(variable("X", "/a", Some(Path::new("/"))), "/a");
    }

    proptest! {
        #[test]
        fn no_user_info_survives(user in "[a-z]{6,12}", host in "[A-Z]{3,8}", before in "[ -~]{0,20}") {
            let shown = urls(&format!("{before} https://{user}:pw@{host}/x?{user}=1 z"));
            prop_assert!(!shown.split("https://").last().unwrap_or_default().contains(&user));
        }

        #[test]
        fn anything_is_taken(text in any::<String>(), home in any::<String>()) {
            variable("X", &text, Some(Path::new(&home)));
        }
    }
}
