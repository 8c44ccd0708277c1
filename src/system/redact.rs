//! Takes secrets out of what is about to become a fact, so that no report, log or cache can contain them.

use std::path::Path;

/// The replacement for a secret.
pub const REDACTED: &str = "[redacted]";

/// Whether a variable of this name contains a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["TOKEN", "PASSWORD", "PASSWD", "KEY", "SECRET", "CREDENTIAL"].iter().any(|word| name.contains(word))
}

/// The value of a variable as it may be shown: no secret, no secret part of a URL, home as `~`. `homes` are the names of the home
/// folder: as it is called, and where that leads.
pub fn variable<'h>(name: &str, value: &str, homes: impl IntoIterator<Item = &'h Path>) -> String {
    if is_secret(name) {
        return REDACTED.to_owned();
    }
    homes
        .into_iter()
        .filter_map(Path::to_str)
        .fold(urls(value), |value, home| shorten(&value, home.trim_end_matches(['/', '\\'])))
}

/// The text with the user-info, the query and the fragment of each URL replaced, also of what was meant as one. Fragments that name a
/// checksum, a package or a folder stay.
pub fn urls(text: &str) -> String {
    // Most requirements are a name and a version.
    if !text.bytes().any(|byte| matches!(byte, b':' | b'@' | b'?' | b'#' | b'\\' | b'/')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(ends_url) {
        let end = word.char_indices().next_back().filter(|(_, last)| ends_url(*last)).map_or(word.len(), |(at, _)| at);
        let (word, separator) = word.split_at(end);
        words(word, &mut out);
        out.push_str(separator);
    }
    out
}

/// A line of a file: its URLs as [`urls`] shows them, and no value of a variable that is set to a secret (`TOKEN=…`).
pub fn line(text: &str) -> String {
    let text = urls(text);
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let assigned = word.split_once('=').filter(|(name, value)| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let name = name.trim_start_matches(['"', '\'', '-', '`', '(']);
            !value.starts_with('=') && !name.is_empty() && name.chars().all(plain) && is_secret(name)
        });
        match assigned {
            Some((name, value)) => {
                let end = value.len() - value.trim_end().len();
                out.extend([name, "=", REDACTED, value.get(value.len() - end..).unwrap_or_default()]);
            }
            None => out.push_str(word),
        }
    }
    out
}

/// The text with the UUIDs of GPUs and of their instances replaced, as CUDA and NVML write them: `GPU-` or `MIG-` and hexadecimal digits.
pub fn uuids(text: &str) -> String {
    let is_uuid = |word: &str| {
        let upper = word.to_ascii_uppercase();
        let rest = upper.strip_prefix("MIG-").unwrap_or(&upper);
        let rest = rest.strip_prefix("GPU-").or_else(|| (rest.len() < upper.len()).then_some(rest));
        rest.is_some_and(|rest| {
            rest.len() >= 4 && rest.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, '-' | '/'))
        })
    };
    let mut out = String::with_capacity(text.len());
    for part in text.split_inclusive([',', ' ', ';', '=']) {
        let end = part.trim_end_matches([',', ' ', ';', '=']).len();
        let (word, separator) = part.split_at(end);
        match is_uuid(word) {
            true => out.extend([word.get(..4).unwrap_or_default(), REDACTED]),
            false => out.push_str(word),
        }
        out.push_str(separator);
    }
    out
}

/// Text given as an address that is not one: everything before the host is replaced, whatever it looks like.
pub fn address(text: &str) -> String {
    let text: String = text.split_whitespace().collect();
    match text.rsplit_once('@') {
        Some((before, after)) => {
            let scheme = scheme(before).map_or("", |end| before.get(..end).unwrap_or_default());
            format!("{scheme}{REDACTED}@{}", without_query(after))
        }
        None => without_query(&text),
    }
}

fn ends_url(c: char) -> bool {
    c.is_whitespace() || "\"<>".contains(c)
}

/// The URLs of a text without white space: a list of paths may join several with colons.
fn words(text: &str, out: &mut String) {
    let mut left = text;
    while let Some((before, after)) = left.split_once("://") {
        // The scheme of the next one, if any, is at the end of this one.
        let next = after.split_once("://").map_or(after.len(), |(head, _)| {
            head.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c)).len()
        });
        let (one, rest) = after.split_at(next);
        meant(before, out);
        out.push_str("://");
        url(one, out);
        left = rest;
    }
    meant(left, out);
}

/// A URL from its authority on.
fn url(text: &str, out: &mut String) {
    let (authority, tail) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
    let (user, host, tail) = match (authority.rsplit_once('@'), tail.rsplit_once('@')) {
        (Some((_, host)), _) => (true, host, tail),
        // A slash too many before it, or a password with a sign in it that ends an authority.
        (None, Some((user, rest))) if is_cut_off(authority, user) => {
            let (host, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
            (true, host, tail)
        }
        (None, _) => (false, authority, tail),
    };
    if user {
        out.extend([REDACTED, "@"]);
    }
    out.push_str(host);
    out.push_str(&without_query(tail));
}

/// Whether an authority that has no user-info ended too early, and `tail`, up to the next `@`, is what is left of one.
fn is_cut_off(authority: &str, tail: &str) -> bool {
    match authority.split_once(':') {
        // Looks like a port, but is not a number.
        Some((_, port)) => !is_port(port),
        None => authority.is_empty() && tail.rsplit('/').next().is_some_and(|user| user.contains(':')),
    }
}

/// The numbers of ports, and IPv6 addresses up to where theirs may begin.
fn is_port(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) || text.contains(']')
}

/// A text without `://` that may have been meant as a URL: `https//user:password@host`, `http:/…`, `user:password@host`.
fn meant(text: &str, out: &mut String) {
    let Some((before, after)) = text.rsplit_once('@') else { return out.push_str(text) };
    // The checksum of a container image follows its tag.
    if after.starts_with("sha256:") {
        return out.push_str(text);
    }
    let start = ["https", "http"].iter().find_map(|name| {
        let at = before.find(name)?;
        scheme(before.get(at..)?).map(|length| at + length)
    });
    let start = start.or_else(|| {
        let at = before.rfind(['/', '\\', '=', ',', ';', '\'', '(']).map_or(0, |sign| sign + 1);
        before
            .get(at..)
            .is_some_and(|user| user.split_once(':').is_some_and(|(name, _)| !name.is_empty()))
            .then_some(at)
    });
    match start {
        Some(start) => {
            out.extend([before.get(..start).unwrap_or_default(), REDACTED, "@"]);
            out.push_str(&without_query(after));
        }
        None => out.push_str(text),
    }
}

/// How long the scheme is that a text begins with, the signs behind it included, however many are there.
fn scheme(text: &str) -> Option<usize> {
    let name = ["https", "http"].into_iter().find(|name| text.starts_with(name))?;
    let rest = text.get(name.len()..)?;
    let signs = rest.len() - rest.trim_start_matches([':', '/', '\\']).len();
    (signs > 0).then_some(name.len() + signs)
}

/// A path without the values of its query and without what its fragment may hide.
fn without_query(text: &str) -> String {
    let (rest, fragment) = text.split_once('#').map_or((text, None), |(rest, fragment)| (rest, Some(fragment)));
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let mut out = path.to_owned();
    // Parameters of a path (RFC 3986, section 3.3) may contain tokens, too; a list of paths has no `=` there.
    if let Some((before, parameters)) = path.split_once(';')
        && parameters.contains('=')
    {
        out = format!("{before};{REDACTED}");
    }
    if query.is_some() {
        out.extend(["?", REDACTED]);
    }
    if let Some(fragment) = fragment {
        out.extend(["#", if is_harmless(fragment) { fragment } else { REDACTED }]);
    }
    out
}

/// Whether a fragment says only what pip puts there: checksums, the name of the package, the folder in an archive.
fn is_harmless(fragment: &str) -> bool {
    fragment.split('&').all(|part| {
        let Some((name, value)) = part.split_once('=') else { return part.is_empty() };
        match name {
            "md5" | "sha1" | "sha224" | "sha256" | "sha384" | "sha512" => value.bytes().all(|b| b.is_ascii_hexdigit()),
            "egg" => value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.[],".contains(&b)),
            "subdirectory" => value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)),
            _ => false,
        }
    })
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
    fn addresses_without_end_are_read_one_after_the_other() {
        assert_eq!(urls("a://b\u{feff}c://d"), "a://b\u{feff}c://d");
        assert_eq!(urls("a://u:p@h\u{feff}c://u:p@d"), "a://[redacted]@h\u{feff}c://[redacted]@d");
        let many = "a://".repeat(1_000_000);
        assert_eq!(urls(&many), many);
    }

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
        let nested = urls("a://h?x=b://u:p@i#c://u:p@j");
        assert!(!nested.contains("u:p"), "{nested}");
    }

    #[test]
    fn fragments_stay_where_they_are_harmless() {
        for harmless in ["sha256=0aF", "egg=torch[opt]&subdirectory=a/b", "sha1=00&egg=x-1.0", ""] {
            let text = format!("a @ https://host/a.whl#{harmless}");
            assert_eq!(urls(&text), text);
        }
        for secret in ["token=SECRET", "SECRET", "sha256=SECRET", "egg=a&token=SECRET", "egg=SECRET:x", "a#egg=SECRET"]
        {
            assert_eq!(urls(&format!("a @ https://host/a.whl#{secret} ; x")), "a @ https://host/a.whl#[redacted] ; x");
        }
    }

    #[test]
    fn uuids_of_gpus_go() {
        let uuid = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6";
        assert_eq!(uuids(uuid), "GPU-[redacted]");
        assert_eq!(
            uuids(&format!("0,{uuid},gpu-8932,MIG-{uuid}/1/0,MIG-8932f937-d72c")),
            "0,GPU-[redacted],gpu-[redacted],MIG-[redacted],MIG-[redacted]"
        );
        assert_eq!(uuids("0,1,all,none,void,GPU-x,MIG"), "0,1,all,none,void,GPU-x,MIG");
    }

    #[test]
    fn parameters_of_a_path_go() {
        assert_eq!(
            urls("q @ https://h/x.whl;tok=SECRET ; python_version < '4'"),
            "q @ https://h/x.whl;[redacted] ; python_version < '4'"
        );
        assert_eq!(urls("https://h/a;https://h/b"), "https://h/a;https://h/b");
    }

    #[test]
    fn what_was_meant_as_a_url_hides_its_password() {
        for (text, shown) in [
            ("https//user:pw@host/simple", "https//[redacted]@host/simple"),
            ("http:/user:pw@host", "http:/[redacted]@host"),
            ("https:user:p/w@host/x?token=pw", "https:[redacted]@host/x?[redacted]"),
            ("https:\\\\user:pw@host", "https:\\\\[redacted]@host"),
            ("user:pw@host/simple", "[redacted]@host/simple"),
            ("https://user:p/w@host/simple", "https://[redacted]@host/simple"),
            ("https://user:p?w#pw@host/simple", "https://[redacted]@host/simple"),
            ("://user:pw@host", "://[redacted]@host"),
            ("https:///user:pw@host", "https://[redacted]@host"),
            ("https://[::1]:pw@host", "https://[redacted]@host"),
            ("index-url='user:pw@host'", "index-url='[redacted]@host'"),
        ] {
            assert_eq!(urls(text), shown, "{text}");
            assert!(!address(text).contains("pw"), "{text}: {}", address(text));
        }
        assert_eq!(address("https://us er:p@w @host/simple?x"), "https://[redacted]@host/simple?[redacted]");
        assert_eq!(address("htps:/host/simple"), "htps:/host/simple");
        for plain in [
            "git+https://host/org/repo@v2.1",
            "git+https://host:8080/org/repo@v2.1#egg=x",
            "/opt/a:/opt/b@1/lib",
            "nvidia/cuda:12.8@sha256:0af",
            "me@host",
            "torch @ file:///a/b.whl",
            "C:\\a@b\\c",
        ] {
            assert_eq!(urls(plain), plain);
        }
    }

    #[test]
    fn home_has_two_names() {
        let homes = [Path::new("/home/sam"), Path::new("/data/users/sam")];
        assert_eq!(
            variable("X", "/data/users/sam/a:/home/sam/b:/data/users/samuel", homes),
            "~/a:~/b:/data/users/samuel"
        );
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
