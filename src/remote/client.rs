//! Requests: redirects, credentials, proxies, a second and third try, and every fault in words.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ureq::{
    Agent, Body, Proxy,
    http::{HeaderMap, Response},
    tls::{RootCerts, TlsConfig},
};

use super::{
    error::{Error, Fault},
    roots,
    settings::Settings,
    url::Url,
};

const ATTEMPTS: u32 = 3;
const MAX_REDIRECTS: usize = 10;
/// How much longer a whole answer may take than the wait for a single byte.
const WHOLE: u32 = 10;
/// A download slower than this, over that time, is given up: bytes per second.
const SLOWEST: u64 = 10_000;
/// What a server asks to wait is waited, up to this.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Makes requests, and counts them. One client keeps its connections for all of them.
pub struct Client {
    agent: Agent,
    settings: Settings,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicU64,
    bytes: AtomicU64,
    /// Hosts that answered.
    hosts: Mutex<BTreeSet<String>>,
}

/// An answer whose head has come.
pub struct Reply {
    /// Where it came from in the end.
    pub url: Url,
    /// HTTP status.
    pub status: u16,
    /// Head.
    pub headers: HeaderMap,
    body: Body,
    counts: Arc<Counts>,
    timeout: Duration,
}

impl Client {
    /// A client with these settings.
    ///
    /// # Errors
    /// When the file with certificates that the settings name cannot be used.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let roots: RootCerts = roots::load(settings.roots.as_ref())?;
        let timeout = Some(settings.timeout);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("gpucheck/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("")
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .timeout_resolve(timeout)
            .timeout_connect(timeout)
            .timeout_send_request(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout)
            .timeout_per_write(timeout)
            .build();
        Ok(Self { agent: config.into(), settings, counts: Arc::default() })
    }

    /// Requests that were sent so far, redirects included.
    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::Relaxed)
    }

    /// Bytes of answers that were read so far, without their heads.
    pub fn bytes(&self) -> u64 {
        self.counts.bytes.load(Ordering::Relaxed)
    }

    /// How long nothing may come.
    pub(super) const fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// Whether this many bytes since then are too few to go on: a server that sends a byte now and then must not block the user.
    pub(super) fn is_slow(&self, start: Instant, bytes: u64) -> Option<Fault> {
        let seconds = start.elapsed().as_secs();
        let waited = start.elapsed() > self.settings.timeout.saturating_mul(WHOLE);
        (waited && bytes < seconds.saturating_mul(SLOWEST)).then(|| Fault::Slow(bytes / seconds.max(1)))
    }

    /// Asks for an address, again where the fault may pass. `take` reads the body: when it fails, that is tried again too.
    ///
    /// # Errors
    /// When no answer comes, or when `take` says so.
    pub fn get<T>(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        take: impl FnMut(Reply) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.get_within(url, headers, Some(self.settings.timeout.saturating_mul(WHOLE)), take)
    }

    /// As [`Client::get`], with another limit, or none, to how long the body may take.
    pub(super) fn get_within<T>(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        limit: Option<Duration>,
        mut take: impl FnMut(Reply) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut wait = Duration::from_millis(250 * u64::from(attempt));
            let result = self.follow(url, headers, limit).and_then(|answer| {
                let asked = answer.header("retry-after").and_then(|value| value.parse().ok()).map(Duration::from_secs);
                wait = asked.unwrap_or(wait);
                let passing = Error::new(answer.url.to_string(), Fault::Status(answer.status));
                if passing.is_passing() { Err(passing) } else { take(answer) }
            });
            // A busy name server needs longer than a broken connection.
            if let Err(Error { fault: Fault::Unresolved(_), .. }) = &result {
                wait *= 8;
            }
            match result {
                Err(error) if self.is_passing(&error) && attempt < ATTEMPTS && wait <= MAX_WAIT => thread::sleep(wait),
                result => return result,
            }
        }
    }

    /// Whether trying again may help. A host that has answered has an address: that its name server is busy will pass.
    fn is_passing(&self, error: &Error) -> bool {
        let answered = |host: &String| self.counts.hosts.lock().is_ok_and(|hosts| hosts.contains(host));
        error.is_passing() || matches!(&error.fault, Fault::Unresolved(host) if answered(host))
    }

    fn follow(&self, url: &Url, headers: &[(&str, &str)], limit: Option<Duration>) -> Result<Reply, Error> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.once(&url, headers, limit)?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let bad = |why: String| Error::new(url.to_string(), Fault::RedirectBad(why));
            let to = answer.header("location").ok_or_else(|| bad("it has no Location header".to_owned()))?;
            let next = url.join(to).map_err(|error| bad(error.to_string()))?;
            if url.secure && !next.secure {
                return Err(Error::new(url.to_string(), Fault::RedirectUnsafe(next.to_string())));
            }
            url = next;
        }
        Err(Error::new(url.to_string(), Fault::RedirectLoop))
    }

    fn once(&self, url: &Url, headers: &[(&str, &str)], limit: Option<Duration>) -> Result<Reply, Error> {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        let proxy = self.settings.proxy_for(url);
        let shown = || url.to_string();
        let parsed = proxy.map(Proxy::new).transpose().map_err(|_| {
            let name = proxy
                .and_then(|proxy| Url::parse(proxy).ok())
                .map_or("its address".to_owned(), |url| format!("'{url}'"));
            Error::new(
                shown(),
                Fault::Proxy(format!("{name} is not a proxy URL (expected something like http://proxy:3128)")),
            )
        })?;
        let mut request = self.agent.get(url.request());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((name, password)) = self.settings.credentials_for(url) {
            request = request
                .header("authorization", format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}"))));
        }
        let response: Response<Body> = request
            .config()
            .proxy(parsed)
            .timeout_recv_body(limit)
            .build()
            .call()
            .map_err(|error| Error::new(shown(), explain(error, url, proxy, self.settings.timeout)))?;
        if let Ok(mut hosts) = self.counts.hosts.lock()
            && !hosts.contains(&url.host)
        {
            hosts.insert(url.host.clone());
        }
        let (head, body) = response.into_parts();
        Ok(Reply {
            url: url.clone(),
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            counts: Arc::clone(&self.counts),
            timeout: self.settings.timeout,
        })
    }
}

impl Reply {
    /// A line of the head.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The error that a status other than success is.
    ///
    /// # Errors
    /// For every status but 200 and 206.
    pub fn success(self) -> Result<Self, Error> {
        match self.status {
            200 | 206 => Ok(self),
            status => Err(Error::new(self.url.to_string(), Fault::Status(status))),
        }
    }

    /// Fills the buffer from the body. Less is a fault; more is left alone, and the connection is given up.
    ///
    /// # Errors
    /// When the connection breaks or is too slow.
    pub fn fill(self, buffer: &mut [u8]) -> Result<(), Error> {
        let (url, timeout) = (self.url.clone(), self.timeout);
        let mut reader = self.reader();
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match reader.read(rest) {
                Ok(0) => return Err(Error::new(url.to_string(), Fault::Truncated)),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::new(url.to_string(), broken(error, &url, timeout))),
            }
        }
        // The end of the body is met by asking, and the connection can then be used again.
        let _ = reader.read(&mut [0; 1]);
        Ok(())
    }

    /// The body as it comes.
    pub fn reader(self) -> impl Read {
        Counted { reader: self.body.into_reader(), counts: self.counts }
    }

    /// The whole body, unpacked where it is packed, up to a limit.
    ///
    /// # Errors
    /// When it is longer, when it is damaged, and when the connection breaks.
    pub fn text(self, most: u64) -> Result<Vec<u8>, Error> {
        let (url, timeout) = (self.url.clone(), self.timeout);
        let packed = self.header("content-encoding").is_some_and(|value| value.eq_ignore_ascii_case("gzip"));
        let mut bytes = Vec::new();
        let result = if packed {
            flate2::read::GzDecoder::new(self.reader()).take(most + 1).read_to_end(&mut bytes)
        } else {
            self.reader().take(most + 1).read_to_end(&mut bytes)
        };
        result.map_err(|error| Error::new(url.to_string(), broken(error, &url, timeout)))?;
        if bytes.len() as u64 > most {
            return Err(Error::new(url.to_string(), Fault::TooLarge(most)));
        }
        Ok(bytes)
    }
}

struct Counted<R> {
    reader: R,
    counts: Arc<Counts>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.counts.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// A fault in the middle of a body.
pub(super) fn broken(error: io::Error, url: &Url, timeout: Duration) -> Fault {
    explain(ureq::Error::from(error), url, None, timeout)
}

/// Why rustls, or the system verifier, rejected a certificate.
fn certificate_words(what: &str) -> String {
    if what == "UnknownIssuer" {
        return "its issuer is not trusted on this machine (UnknownIssuer)".to_owned();
    }
    // What the system's own verifier says.
    let system = what.strip_prefix("Other(OtherError(\"").and_then(|rest| rest.strip_suffix("\"))"));
    system.unwrap_or(what).to_owned()
}

fn explain(error: ureq::Error, url: &Url, proxy: Option<&str>, timeout: Duration) -> Fault {
    let through = proxy.and_then(|proxy| Url::parse(proxy).ok()).map(|proxy| format!(" (through the proxy {proxy})"));
    let through = through.unwrap_or_default();
    match error {
        ureq::Error::HostNotFound => Fault::Unresolved(url.host.clone() + &through),
        ureq::Error::Timeout(_) => Fault::Timeout(timeout.as_secs_f64().ceil() as u64),
        ureq::Error::ConnectProxyFailed(why) if why.contains("407") => Fault::Status(407),
        ureq::Error::ConnectProxyFailed(why) => Fault::Proxy(why),
        ureq::Error::Rustls(error) => Fault::Certificate(error.to_string()),
        ureq::Error::Io(error) => {
            let text = error.to_string();
            // The kinds that would tell these apart are those of crates below.
            if let Some(what) = text.strip_prefix("invalid peer certificate: ") {
                return Fault::Certificate(certificate_words(what));
            }
            if text.contains("failed to lookup address") || text.contains("No such host") {
                return Fault::Unresolved(url.host.clone() + &through);
            }
            match error.kind() {
                io::ErrorKind::ConnectionRefused => {
                    Fault::Connection(format!("connection refused by {}{through}", url.place()))
                }
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
                    Fault::Connection(format!("{} closed the connection too early{through}", url.place()))
                }
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    Fault::Timeout(timeout.as_secs_f64().ceil() as u64)
                }
                io::ErrorKind::InvalidData => Fault::Protocol(text),
                _ => Fault::Connection(format!("{text}{through}")),
            }
        }
        ureq::Error::Protocol(error) => Fault::Protocol(error.to_string()),
        other => Fault::Connection(format!("{other}{through}")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn a_certificate_is_refused_in_words() {
        let system = r#"Other(OtherError("OS Error -2146762482 (the revocation process could not continue)"))"#;
        assert_eq!(certificate_words(system), "OS Error -2146762482 (the revocation process could not continue)");
        assert_eq!(certificate_words("Expired"), "Expired");
        assert!(certificate_words("UnknownIssuer").starts_with("its issuer is not trusted"));
    }

    #[test]
    fn a_name_that_had_an_address_is_asked_for_again() {
        let client = Client::new(Settings::default()).unwrap();
        let fault = |fault| Error::new("https://host/x".to_owned(), fault);
        let unresolved = fault(Fault::Unresolved("host".to_owned()));
        assert!(!client.is_passing(&unresolved), "it may be wrong");
        client.counts.hosts.lock().unwrap().insert("host".to_owned());
        assert!(client.is_passing(&unresolved));
        assert!(!client.is_passing(&fault(Fault::Unresolved("other".to_owned()))));
        assert!(client.is_passing(&fault(Fault::Truncated)) && !client.is_passing(&fault(Fault::Status(404))));
    }
}
