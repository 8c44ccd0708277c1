//! What goes wrong, said to people: in one line, and in letters that their locale has.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use crate::{
    judge::CheckError,
    knowledge::GpuLookupError,
    system::{Root, Surroundings, redact},
    text,
};

/// Says on standard error what went wrong, in one line. Nothing can be done when that fails too.
pub fn complain(error: &anyhow::Error) {
    // User input and file contents are echoed here, and may contain a password.
    let home = Surroundings::of_process().home;
    let said = message(error);
    let said = match Root::new(None, home.as_deref()) {
        Ok(root) => redact::variable("", &said, root.homes()),
        Err(_) => redact::urls(&said),
    };
    let _ = io::stderr().lock().write_all(for_people(&format!("gpucheck: {said}\n")).as_bytes());
}

/// An error and its causes in one line, whatever characters its names contain; only lists have several.
fn message(error: &anyhow::Error) -> String {
    let of = |cause: &(dyn std::error::Error + 'static)| {
        let text = cause.to_string();
        if is_list(cause) { text } else { text::visible(&text).into_owned() }
    };
    error.chain().map(of).collect::<Vec<_>>().join(": ")
}

/// Whether an error is a list, whose points have been made visible one by one.
fn is_list(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<text::Lines>()
        || cause.is::<GpuLookupError>()
        || matches!(cause.downcast_ref(), Some(CheckError::Gpu(_)))
}

/// A page for people, in letters that the locale has.
pub fn for_people(page: &str) -> Cow<'_, str> {
    if is_ascii_only() { text::ascii(page) } else { Cow::Borrowed(page) }
}

/// Whether the locale says that only ASCII is understood: the first of its variables that is set names another charset than UTF-8. Where
/// none is set, as in most containers, nothing is said, and terminals of today show UTF-8.
pub fn is_ascii_only() -> bool {
    let set = |name: &&str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set);
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    })
}
