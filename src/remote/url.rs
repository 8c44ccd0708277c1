//! Addresses of http and https: taken apart, joined with relative ones, and shown without their secrets.
//! Format: RFC 3986, as far as package indexes use it.

use std::fmt::{self, Write as _};

use super::error::{Error, Fault};
use crate::system::redact;

/// Longer addresses are refused by most servers too.
const MAX_LENGTH: usize = 16 << 10;

/// An absolute address. `Display` and `Debug` leave out user-info and query, which may contain credentials and signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether it is https.
    pub secure: bool,
    /// User-info as written.
    user: Option<String>,
    /// Host name in lower case, or an address; brackets of IPv6 stay.
    pub host: String,
    /// Port, where one is written.
    port: Option<u16>,
    /// Path from its slash on, percent-encoded.
    path: String,
    /// The part after the question mark.
    query: Option<String>,
    /// The part after the hash sign: checksums of packages.
    pub fragment: Option<String>,
}

impl Url {
    /// Reads an absolute address.
    ///
    /// # Errors
    /// When it is not a valid http or https URL.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = |what| Error::new(redact::address(text), Fault::NoUrl(what));
        let text = text.trim();
        if text.len() > MAX_LENGTH {
            return Err(Error::new("a URL".to_owned(), Fault::NoUrl("it is too long")));
        }
        let (scheme, rest) = text.split_once("://").ok_or(bad("it does not start with https://"))?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(bad("only http and https are supported")),
        };
        let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()).filter(|user| !user.is_empty()), place),
            None => (None, authority),
        };
        let (host, port) = match place.rsplit_once(':') {
            // The colons of an IPv6 address are inside its brackets.
            Some((host, port)) if !port.contains(']') => (host, Some(port).filter(|port| !port.is_empty())),
            _ => (place, None),
        };
        let port = port.map(str::parse).transpose().map_err(|_| bad("its port is not a valid number"))?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let sound = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
        };
        if !sound {
            return Err(bad("its host name is not valid"));
        }
        let (path, query, fragment) = split(tail);
        Ok(Self {
            secure,
            user,
            host: host.to_ascii_lowercase(),
            port,
            path: tidy(&encoded(path)),
            query: query.map(encoded),
            fragment: fragment.map(str::to_owned),
        })
    }

    /// The address that `reference` means on the page at this address. User-info goes along to the same host and port only.
    ///
    /// # Errors
    /// As [`Url::parse`].
    pub fn join(&self, reference: &str) -> Result<Self, Error> {
        let reference = reference.trim();
        let scheme = reference.find("://").filter(|at| reference.find(['/', '?', '#']).is_none_or(|other| *at < other));
        if scheme.is_some() {
            let mut url = Self::parse(reference)?;
            if url.user.is_none() && self.is_same_place(&url) {
                url.user.clone_from(&self.user);
            }
            return Ok(url);
        }
        if reference.starts_with("//") {
            return self.join(&format!("{}:{reference}", self.scheme()));
        }
        if reference.len() > MAX_LENGTH {
            return Err(Error::new("a URL".to_owned(), Fault::NoUrl("it is too long")));
        }
        let (path, query, fragment) = split(reference);
        let mut url = self.clone();
        url.fragment = fragment.map(str::to_owned);
        if path.is_empty() {
            if query.is_some() {
                url.query = query.map(encoded);
            }
            return Ok(url);
        }
        // `mailto:` and the like are not paths.
        let first = path.split('/').next().unwrap_or_default();
        if first.contains(':') {
            return Err(Error::new(redact::address(reference), Fault::NoUrl("only http and https are supported")));
        }
        let path = encoded(path);
        url.path = match path.strip_prefix('/') {
            Some(_) => tidy(&path),
            None => {
                let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
                tidy(&format!("{folder}/{path}"))
            }
        };
        url.query = query.map(encoded);
        Ok(url)
    }

    /// The address with this below its path.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        let mut url = self.clone();
        url.path = format!("{}/{}/", self.path.trim_end_matches('/'), encoded(name));
        url.fragment = None;
        url
    }

    /// The last part of the path, decoded: the name of a file.
    pub fn file_name(&self) -> String {
        decoded(self.path.rsplit('/').next().unwrap_or_default())
    }

    /// Name and password of the user-info, decoded.
    pub fn credentials(&self) -> Option<(String, String)> {
        let user = self.user.as_deref()?;
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        Some((decoded(name), decoded(password)))
    }

    /// The address without user-info and fragment, as a request names it.
    pub fn request(&self) -> String {
        let mut text = format!("{}://{}{}", self.scheme(), self.place(), self.path);
        if let Some(query) = &self.query {
            let _ = write!(text, "?{query}");
        }
        text
    }

    /// Host, and the port where one is written.
    pub fn place(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// The port that a connection goes to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.secure { 443 } else { 80 })
    }

    /// Whether both lead to the same server, over a connection no less safe than the first.
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.host == other.host && self.port() == other.port() && self.secure == other.secure
    }

    /// Whether the other address is this one or below it.
    pub fn holds(&self, other: &Self) -> bool {
        let folder = self.path.trim_end_matches('/');
        let below = other.path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.is_same_place(other) && below
    }

    const fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme())?;
        if self.user.is_some() {
            write!(f, "{}@", redact::REDACTED)?;
        }
        write!(f, "{}{}", self.place(), self.path)?;
        if self.query.is_some() {
            write!(f, "?{}", redact::REDACTED)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn split(tail: &str) -> (&str, Option<&str>, Option<&str>) {
    let (rest, fragment) = match tail.split_once('#') {
        Some((rest, fragment)) => (rest, Some(fragment)),
        None => (tail, None),
    };
    match rest.split_once('?') {
        Some((path, query)) => (path, Some(query), fragment),
        None => (rest, None, fragment),
    }
}

/// The path without `.` and `..`, from a slash on.
fn tidy(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut open = true;
    for part in path.strip_prefix('/').unwrap_or(path).split('/') {
        open = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut tidy = String::from("/");
    tidy.push_str(&parts.join("/"));
    if open && !tidy.ends_with('/') {
        tidy.push('/');
    }
    tidy
}

/// Characters not allowed in a request are percent-encoded; encoded ones stay.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte <= b' ' || byte >= 0x7F || b"\"<>\\^`{|}".contains(&byte) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

/// Percent-encoding undone; what is not UTF-8 becomes replacement characters, and control characters do too.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let value = after.get(..2).filter(|_| first == b'%').and_then(|hex| {
            let digits = std::str::from_utf8(hex).ok().filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u8::from_str_radix(digits, 16).ok()
        });
        match value {
            Some(value) => {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn relative_addresses_are_joined() {
        let page = url("https://u:p@host:8080/simple/torch/?x=1#f");
        for (reference, joined) in [
            ("../../files/torch-1%2Bcu128.whl#sha256=ab", "https://host:8080/files/torch-1%2Bcu128.whl"),
            ("/whl/a.whl", "https://host:8080/whl/a.whl"),
            ("a b.whl?t=1", "https://host:8080/simple/torch/a%20b.whl?t=1"),
            ("//cdn/a.whl", "https://cdn/a.whl"),
            ("http://[::1]:80/a/../b/.", "http://[::1]:80/b/"),
            ("", "https://host:8080/simple/torch/?x=1"),
            ("?y=2", "https://host:8080/simple/torch/?y=2"),
            ("../../../..", "https://host:8080/"),
        ] {
            assert_eq!(page.join(reference).unwrap().request(), joined, "{reference}");
        }
        assert_eq!(page.join("a.whl#sha256=ab").unwrap().fragment.as_deref(), Some("sha256=ab"));
        assert_eq!(page.join("a.whl").unwrap().credentials(), Some(("u".to_owned(), "p".to_owned())));
        assert_eq!(page.join("https://host:8080/a").unwrap().credentials(), Some(("u".to_owned(), "p".to_owned())));
        for other in ["https://cdn/a", "http://host:8080/a", "https://host/a", "//host/a"] {
            assert_eq!(page.join(other).unwrap().credentials(), None, "{other}");
        }
        for reference in ["mailto:x", "javascript:alert(1)", "ftp://host/x"] {
            assert!(page.join(reference).is_err(), "{reference}");
        }
        assert_eq!(url("https://host/a%2Bb%zz.whl").file_name(), "a+b%zz.whl");
        assert_eq!(url("https://host/whl").below("torch").request(), "https://host/whl/torch/");
    }

    #[test]
    fn secrets_are_never_shown() {
        let shown = url("https://me%40x:pw%3A@Host/a.whl?sig=secret#sha256=1");
        assert_eq!(shown.to_string(), "https://[redacted]@host/a.whl?[redacted]");
        assert_eq!(format!("{shown:?}"), shown.to_string());
        assert_eq!(shown.credentials(), Some(("me@x".to_owned(), "pw:".to_owned())));
        for text in
            ["https://u:secret@", "ftp://u:secret@host/", "https://u:secret@host:x/", "https://u:secret@ho st/?secret"]
        {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn one_address_lies_below_another() {
        let index = url("https://host/simple/");
        assert!(index.holds(&url("https://host/simple/torch/")) && index.holds(&url("https://host:443/simple")));
        assert!(!index.holds(&url("https://host/simpler")) && !index.holds(&url("http://host/simple/")));
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}", reference in "[a-z:/?#.%@ é]{0,20}") {
            let _ = Url::parse(&text);
            let base = url("https://host/a/b");
            if let Ok(joined) = base.join(&reference) {
                prop_assert!(Url::parse(&joined.request()).is_ok(), "{}", joined.request());
                joined.file_name();
            }
        }
    }
}
