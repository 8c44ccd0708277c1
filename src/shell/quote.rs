//! Quoting, by the rules of each shell.
//!
//! Sources: POSIX.1-2017, Shell Command Language 2.2 (quoting) and 2.6.1 (tilde expansion); "about_Quoting_Rules" and "about_Parsing" of
//! PowerShell's documentation; "Parsing C command-line arguments" of Microsoft's C runtime, and `cmd /?`.

use super::{error::NoWord, word::Word};
use crate::facts::ShellKind;

/// A word as an argument.
pub(super) fn argument(word: &Word, shell: ShellKind) -> Result<String, NoWord> {
    match (shell, word.below_home()) {
        (ShellKind::Sh, Some("")) => Ok("~".to_owned()),
        (ShellKind::PowerShell, Some("")) => Ok("\"$HOME\"".to_owned()),
        (ShellKind::Cmd, Some("")) => Ok("\"%USERPROFILE%\"".to_owned()),
        (ShellKind::Sh, Some(rest)) => Ok(format!("~/{}", sh(rest))),
        (ShellKind::Sh, None) => Ok(sh(&word.text)),
        // PowerShell passes a tilde to programs unchanged.
        (ShellKind::PowerShell, Some(rest)) => {
            powershell_passes(&word.text).map(|_| format!("\"$HOME{}{}\"", word.separator(), double_quoted(rest)))
        }
        (ShellKind::PowerShell, None) => powershell_passes(&word.text).map(powershell),
        (ShellKind::Cmd, Some(rest)) => {
            cmd_passes(rest).map(|rest| format!("\"%USERPROFILE%{}{rest}\"", word.separator()))
        }
        (ShellKind::Cmd, None) => cmd(&word.text),
    }
}

/// A word as the program to run.
pub(super) fn program(word: &Word, shell: ShellKind) -> Result<String, NoWord> {
    let quoted = argument(word, shell)?;
    // A string by itself is a value to PowerShell, which it prints.
    let is_string = shell == ShellKind::PowerShell && quoted.starts_with(['\'', '"']);
    Ok(if is_string { format!("& {quoted}") } else { quoted })
}

/// The value of a variable that is being set.
pub(super) fn value(word: &Word, shell: ShellKind) -> Result<String, NoWord> {
    match shell {
        ShellKind::Sh => Ok(sh(&word.text)),
        ShellKind::PowerShell => Ok(single_quoted(&word.text)),
        // `set "NAME=value"`: the quotes enclose both.
        ShellKind::Cmd => cmd_passes(&word.text).map(str::to_owned),
    }
}

/// Characters that every POSIX shell, and zsh, takes literally anywhere in a word; at its start not even all of them.
fn sh(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+@%".contains(c);
    let bare = !text.is_empty() && text.chars().all(plain) && !text.starts_with(['=', '%']);
    if bare { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn powershell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=+\\".contains(c);
    // What begins like one of its own parameters PowerShell cuts in two at a dot or colon.
    let parameter = text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| !c.is_ascii_digit()));
    let option = parameter && text.contains(['.', ':']);
    let bare = !text.is_empty() && text.chars().all(plain) && !option && !text.starts_with('=');
    if bare { text.to_owned() } else { single_quoted(text) }
}

/// Windows PowerShell hands a double quote inside of an argument on unescaped, so that the program sees another word.
fn powershell_passes(text: &str) -> Result<&str, NoWord> {
    match text.contains('"') {
        true => Err(NoWord::new(text, "contains a double quote, which PowerShell does not pass on")),
        false => Ok(text),
    }
}

/// PowerShell's literal string. It takes typographic quotes for plain ones, and two of them for one.
fn single_quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in text.chars() {
        quoted.push(c);
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
    }
    quoted + "'"
}

/// The text between PowerShell's double quotes, where a backtick makes a character literal.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::new();
    for c in text.chars() {
        if matches!(c, '`' | '$' | '"' | '\u{201c}'..='\u{201e}') {
            quoted.push('`');
        }
        quoted.push(c);
    }
    quoted
}

/// Between double quotes cmd leaves everything alone but the percent sign and, where a window was told so, the exclamation mark.
fn cmd(text: &str) -> Result<String, NoWord> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:+\\".contains(c);
    let text = cmd_passes(text)?;
    // `.bat` files, conda's among them, are cut at `=`, `,` and `;`.
    let bare = !text.is_empty() && text.chars().all(plain);
    Ok(if bare { text.to_owned() } else { format!("\"{text}\"") })
}

fn cmd_passes(text: &str) -> Result<&str, NoWord> {
    match text.contains(['"', '%', '!']) {
        true => Err(NoWord::new(text, "contains \", % or !, which cmd.exe cannot quote")),
        false => Ok(text),
    }
}
