//! `~/.netrc`: names and passwords for hosts. Format: the manual of ftp(1), as Python's `netrc` module reads it.

use std::collections::BTreeMap;

/// Credentials by host; the empty name is the default.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Netrc {
    hosts: BTreeMap<String, (String, String)>,
}

impl std::fmt::Debug for Netrc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.hosts.keys()).finish()
    }
}

impl Netrc {
    /// Reads the file; everything but entries is skipped.
    pub fn parse(text: &str) -> Self {
        let mut netrc = Self::default();
        let mut words = words(text).into_iter();
        let mut host: Option<String> = None;
        let (mut login, mut password) = (String::new(), String::new());
        let mut close = |host: Option<String>, login: &mut String, password: &mut String| {
            let (login, password) = (std::mem::take(login), std::mem::take(password));
            if let Some(host) = host.filter(|_| !login.is_empty() || !password.is_empty()) {
                netrc.hosts.entry(host).or_insert((login, password));
            }
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "machine" => {
                    close(host.take(), &mut login, &mut password);
                    host = words.next().map(|name| name.to_ascii_lowercase());
                }
                "default" => {
                    close(host.take(), &mut login, &mut password);
                    host = Some(String::new());
                }
                "login" | "user" => login = words.next().unwrap_or_default(),
                "password" => password = words.next().unwrap_or_default(),
                "account" => {
                    words.next();
                }
                _ => {}
            }
        }
        close(host.take(), &mut login, &mut password);
        netrc
    }

    /// Name and password for a host.
    pub fn find(&self, host: &str) -> Option<(String, String)> {
        self.hosts.get(host).or_else(|| self.hosts.get("")).cloned()
    }
}

/// Words, quoted ones without their quotes. Comments and the bodies of macros are left out.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut in_macro = false;
    for line in text.lines() {
        if line.trim().is_empty() {
            in_macro = false;
        }
        if in_macro || line.trim_start().starts_with('#') {
            continue;
        }
        let mut letters = line.chars().peekable();
        while let Some(&first) = letters.peek() {
            if first.is_whitespace() {
                letters.next();
                continue;
            }
            let quoted = first == '"';
            if quoted {
                letters.next();
            }
            let mut word = String::new();
            while let Some(letter) = letters.next_if(|c| if quoted { *c != '"' } else { !c.is_whitespace() }) {
                let escaped = letter == '\\';
                word.push(if escaped { letters.next().unwrap_or('\\') } else { letter });
            }
            letters.next_if(|c| quoted && *c == '"');
            if word == "macdef" {
                in_macro = true;
                break;
            }
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_have_credentials() {
        let netrc = Netrc::parse(
            "# machine no login a password b\nmachine Index.example login me password \"p w\\\"d\"\n\
             macdef init\n machine x login no password no\n\nmachine other\n\tlogin only\ndefault login any password x\n",
        );
        assert_eq!(netrc.find("index.example"), Some(("me".to_owned(), "p w\"d".to_owned())));
        assert_eq!(netrc.find("other"), Some(("only".to_owned(), String::new())));
        assert_eq!(netrc.find("x"), Some(("any".to_owned(), "x".to_owned())));
        assert!(!format!("{netrc:?}").contains("me"));
        assert_eq!(Netrc::parse("machine").find("machine"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "((machine|login|password|default|macdef|\"|\\\\)[ \n]{0,2}\\PC{0,6}){0,12}") {
            Netrc::parse(&text).find("x");
        }
    }
}
