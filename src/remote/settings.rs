//! How requests are made: trusted certificates, proxies, deadline, credentials. From pip's and uv's settings and the variables that
//! network programs share.

use std::{path::PathBuf, time::Duration};

use super::{netrc::Netrc, url::Url};
use crate::system::{Root, Surroundings};

const MAX_NETRC: u64 = 1 << 20;
/// As long as pip waits.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Bundles of certificates on Linux distributions; the first that exists is taken.
pub(super) const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// How requests are made.
#[derive(Clone)]
pub struct Settings {
    /// A file with trusted certificates instead of the system's, and what named it.
    pub roots: Option<(PathBuf, String)>,
    /// A proxy for everything: pip's `proxy`.
    pub proxy: Option<String>,
    /// HTTP_PROXY, HTTPS_PROXY (ALL_PROXY is the fallback for either).
    pub proxies: [Option<String>; 2],
    /// NO_PROXY.
    pub no_proxy: String,
    /// How long to wait without receiving anything.
    pub timeout: Duration,
    /// `~/.netrc`.
    pub netrc: Netrc,
    /// Addresses with credentials, which apply to everything below them and, after that, to their whole host.
    pub known: Vec<Url>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            roots: None,
            proxy: None,
            proxies: [None, None],
            no_proxy: String::new(),
            timeout: TIMEOUT,
            netrc: Netrc::default(),
            known: Vec::new(),
        }
    }
}

impl Settings {
    /// What the surroundings say, without pip's and uv's files.
    pub fn of(root: &Root, surroundings: &Surroundings) -> Self {
        let filled = |names: &[&str]| names.iter().find_map(|name| surroundings.filled(name)).map(str::to_owned);
        let roots = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]
            .into_iter()
            .find_map(|name| Some((surroundings.absolute(surroundings.filled(name)?.into())?, name.to_owned())))
            // REQUESTS_CA_BUNDLE may name a folder.
            .filter(|(path, _)| !root.is_dir(path));
        let netrc = surroundings.filled("NETRC").map(PathBuf::from).or_else(|| {
            let home = surroundings.home.as_ref()?;
            [".netrc", "_netrc"].iter().map(|name| home.join(name)).find(|path| root.is_file(path))
        });
        let netrc = netrc.and_then(|path| root.read_text(&surroundings.absolute(path)?, MAX_NETRC).ok());
        Self {
            roots,
            proxies: [
                // Upper-case HTTP_PROXY is not used where CGI could set it, as Python and curl do it.
                filled(&["http_proxy"])
                    .or_else(|| filled(&["HTTP_PROXY"]).filter(|_| surroundings.variable("REQUEST_METHOD").is_none()))
                    .or_else(|| filled(&["all_proxy", "ALL_PROXY"])),
                filled(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            ],
            no_proxy: filled(&["no_proxy", "NO_PROXY"]).unwrap_or_default(),
            netrc: netrc.as_deref().map(Netrc::parse).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// The proxy for an address.
    pub(super) fn proxy_for(&self, url: &Url) -> Option<&str> {
        let proxy = self.proxy.as_deref().or(self.proxies[usize::from(url.secure)].as_deref())?;
        (!excepted(&self.no_proxy, &url.host, url.port())).then_some(proxy)
    }

    /// Name and password for an address: its own, those of an index around it, those of its host, those of `~/.netrc`.
    pub(super) fn credentials_for(&self, url: &Url) -> Option<(String, String)> {
        let of_place =
            || self.known.iter().find(|known| known.is_same_place(url) && known.credentials().is_some())?.credentials();
        let around =
            || self.known.iter().find(|known| known.holds(url) && known.credentials().is_some())?.credentials();
        url.credentials().or_else(around).or_else(of_place).or_else(|| self.netrc.find(&url.host))
    }
}

/// Whether NO_PROXY names a host: `example.com` and `.example.com` mean all below it too, `*` all. Addresses are not
/// calculated with.
fn excepted(list: &str, host: &str, port: u16) -> bool {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, number)) if !name.contains(':') || name.ends_with(']') => (name, number.parse::<u16>().ok()),
            _ => (entry.as_str(), None),
        };
        let name = name.trim_start_matches("*.").trim_start_matches('.');
        let bare = |text: &str| text.trim_matches(['[', ']']).to_owned();
        let below = host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        (entry == "*" || below || bare(host) == bare(name)) && wanted.is_none_or(|wanted| wanted == port)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn proxies_are_chosen_by_scheme_and_host() {
        let mut surroundings = Surroundings::default();
        for (name, value) in [
            ("HTTPS_PROXY", "http://secure:1"),
            ("http_proxy", "http://plain:1"),
            ("NO_PROXY", "localhost,.corp.example, 10.0.0.1:8080"),
        ] {
            surroundings.variables.insert(name.to_owned(), value.to_owned());
        }
        let root = Root::new(None, None).unwrap();
        let mut settings = Settings::of(&root, &surroundings);
        assert_eq!(settings.proxy_for(&url("https://index.example/")), Some("http://secure:1"));
        assert_eq!(settings.proxy_for(&url("http://index.example/")), Some("http://plain:1"));
        for host in ["http://localhost:81", "https://corp.example/", "https://a.corp.example/", "http://10.0.0.1:8080"]
        {
            assert_eq!(settings.proxy_for(&url(host)), None, "{host}");
        }
        for host in ["http://10.0.0.1:80", "https://xcorp.example"] {
            assert!(settings.proxy_for(&url(host)).is_some(), "{host}");
        }
        settings.proxy = Some("http://pip:1".to_owned());
        assert_eq!(settings.proxy_for(&url("https://index.example/")), Some("http://pip:1"));
        settings.no_proxy = "*".to_owned();
        assert_eq!(settings.proxy_for(&url("https://index.example/")), None);
        assert!(excepted("[::1]:80", "[::1]", 80) && excepted("::1", "[::1]", 443));
    }

    #[test]
    fn credentials_are_the_nearest() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(
            folder.path().join(".netrc"),
            "machine host login netrc password n\nmachine x login y password z\n",
        )
        .unwrap();
        let surroundings = Surroundings { home: Some(folder.path().to_owned()), ..Surroundings::default() };
        let mut settings = Settings::of(&Root::new(None, None).unwrap(), &surroundings);
        settings.known = vec![url("https://other:o@host/other/"), url("https://index:i@host/simple/")];
        let name = |text: &str| settings.credentials_for(&url(text)).map(|(name, _)| name);
        assert_eq!(name("https://own:o@host/simple/a").as_deref(), Some("own"));
        assert_eq!(name("https://host/simple/a").as_deref(), Some("index"));
        assert_eq!(name("https://host/files/a").as_deref(), Some("other"));
        assert_eq!(name("http://host/simple/a").as_deref(), Some("netrc"));
        assert_eq!(name("https://nobody/"), None);
    }
}
