//! Why something could not be read over the network: one line each, with what to do about it, and without secrets.

use std::{fmt, io};

/// A failed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The address as it may be shown.
    pub url: String,
    /// What happened.
    pub fault: Fault,
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not a valid URL.
    NoUrl(&'static str),
    /// The host's name has no address.
    Unresolved(String),
    /// No connection, or one that broke.
    Connection(String),
    /// The certificate is not trusted.
    Certificate(String),
    /// The proxy refused.
    Proxy(String),
    /// Nothing came in time.
    Timeout(u64),
    /// What comes, comes too slowly to wait for: bytes in a second.
    Slow(u64),
    /// What came is not HTTP, or not what HTTP allows.
    Protocol(String),
    /// The server answered with this status.
    Status(u16),
    /// It leads elsewhere without end.
    RedirectLoop,
    /// It leads from https to http.
    RedirectUnsafe(String),
    /// It leads to what cannot be read.
    RedirectBad(String),
    /// Parts of a file cannot be asked for; its size, where the server says it.
    NoRanges(Option<u64>),
    /// It sent a different part than requested.
    WrongRange(String),
    /// Less came than was said.
    Truncated,
    /// The file is not the one that reading began with.
    Changed,
    /// More than this many bytes.
    TooLarge(u64),
    /// A certificate file of the configuration cannot be used.
    Roots(String),
    /// A page that is not an index's.
    NoIndex(String),
    /// The download cannot be written to disk.
    Disk(String),
}

impl Error {
    /// A fault at an address that contains no secret.
    pub const fn new(url: String, fault: Fault) -> Self {
        Self { url, fault }
    }

    /// Whether trying again may help.
    pub(super) fn is_passing(&self) -> bool {
        match &self.fault {
            Fault::Connection(_) | Fault::Truncated | Fault::WrongRange(_) => true,
            Fault::Status(status) => matches!(status, 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.url)?;
        match &self.fault {
            Fault::NoUrl(what) => write!(f, "not a valid URL: {what}"),
            Fault::Unresolved(host) => {
                write!(f, "cannot resolve the host name {host} (check its spelling and the network; HTTPS_PROXY sets a proxy)")
            }
            Fault::Connection(what) => write!(f, "connection failed: {what}"),
            Fault::Certificate(what) => write!(
                f,
                "the server's certificate is not trusted: {what}. If a company proxy inspects TLS traffic, name its CA file: \
                 SSL_CERT_FILE=/path/to/ca.pem (pip's `cert` is honoured too)"
            ),
            Fault::Proxy(what) => write!(f, "cannot connect through the proxy: {what}"),
            Fault::Timeout(seconds) => {
                write!(f, "no response within {seconds} s (set PIP_DEFAULT_TIMEOUT or UV_HTTP_TIMEOUT=SECONDS to wait longer)")
            }
            Fault::Slow(rate) => write!(f, "the server is too slow ({rate} bytes per second)"),
            Fault::Protocol(what) => write!(f, "not a valid HTTP response: {what}"),
            Fault::Status(401) => f.write_str(
                "401: the server requires a user name and password: put them in the URL (https://NAME:PASSWORD@…) or in ~/.netrc",
            ),
            Fault::Status(403) => f.write_str("403: access denied (wrong credentials, an expired link or missing permission)"),
            Fault::Status(404) => f.write_str("404: no such file or page"),
            Fault::Status(407) => f.write_str("407: the proxy requires a user name and password (http://NAME:PASSWORD@proxy:port)"),
            Fault::Status(429) => f.write_str("429: too many requests: try again later"),
            Fault::Status(status @ 500..) => write!(f, "{status}: the server failed three times: try again later"),
            Fault::Status(status) => write!(f, "the server responded with {status}"),
            Fault::RedirectLoop => f.write_str("its redirects form a loop, or there are more than ten"),
            Fault::RedirectUnsafe(to) => write!(f, "it redirects from https to {to}, which is not followed: anyone on the network could change the response"),
            Fault::RedirectBad(why) => write!(f, "invalid redirect: {why}"),
            Fault::NoRanges(size) => {
                f.write_str("the server only sends whole files (it ignores Range requests)")?;
                match size {
                    Some(size) => write!(f, ": use --full to download its {:.1} MB to a temporary file and read that", *size as f64 / 1e6),
                    None => f.write_str(": use --full to download it to a temporary file and read that"),
                }
            }
            Fault::WrongRange(what) => write!(f, "the server sent a different part of the file than requested ({what})"),
            Fault::Truncated => f.write_str("the response was truncated three times"),
            Fault::Changed => f.write_str("the file changed while it was being read: run the command again"),
            Fault::TooLarge(most) => write!(f, "larger than the limit of {} MB", most / 1_000_000),
            Fault::Roots(what) => f.write_str(what),
            Fault::NoIndex(what) => write!(f, "not a package index page: {what}"),
            Fault::Disk(what) => write!(f, "cannot be saved to a temporary file: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
