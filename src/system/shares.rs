//! Paths on other machines. Windows asks a server for them by the user's name and a proof of the password: nobody who checks a folder from a stranger
//! wants that, so a path that was read from a file is followed to another machine only from that machine.

use std::path::Path;

/// Whether a path that the file `named_in` names would make Windows ask another machine.
pub fn is_remote(path: &Path, named_in: &Path) -> bool {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    cfg!(windows) && asks(&text(path), &text(named_in))
}

fn asks(path: &str, named_in: &str) -> bool {
    server(path).is_some_and(|server| self::server(named_in).as_ref() != Some(&server))
}

/// The server of `\\server\share\…`, of `\\?\UNC\server\share\…`, and of both with other slashes.
fn server(path: &str) -> Option<String> {
    let slashes = ['/', '\\'];
    let rest = path.strip_prefix(slashes)?.strip_prefix(slashes)?;
    let mut parts = rest.split(slashes);
    let first = parts.next()?;
    let server = match first {
        // Devices and drives by their long names, and servers by theirs.
        "?" | "." if parts.next()?.eq_ignore_ascii_case("UNC") => parts.next()?,
        "?" | "." => return None,
        server => server,
    };
    Some(server.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_other_machines() {
        for path in [r"\\Host\share\x", "//host/share", r"\\?\UNC\host\share", r"//./unc/host/x", r"\/host\x"] {
            assert_eq!(server(path).as_deref(), Some("host"), "{path}");
        }
        for path in [r"\\?\C:\x", r"C:\x", r"\x", "/opt/x", r"\\.\pipe\x", ""] {
            assert_eq!(server(path), None, "{path}");
        }
        assert!(asks(r"\\host\share", r"C:\project\.venv\pyvenv.cfg"));
        assert!(asks(r"\\host\share", r"\\other\project\.venv\pyvenv.cfg"));
        assert!(!asks(r"\\host\python", r"\\HOST\project\.venv\pyvenv.cfg") && !asks(r"D:\x", r"C:\x"));
    }
}
