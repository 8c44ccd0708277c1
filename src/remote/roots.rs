//! Whose certificates are trusted: those of a file that is named, else the system's, else Mozilla's, which are compiled in.

use std::path::PathBuf;

use ureq::tls::{PemItem, RootCerts, parse_pem};

use super::{
    error::{Error, Fault},
    settings::BUNDLES,
};

const MAX_BUNDLE: u64 = 16 << 20;

/// What to trust. `named` is a file and what named it.
///
/// # Errors
/// When the file that is named cannot be read or contains no certificate.
pub(super) fn load(named: Option<&(PathBuf, String)>) -> Result<RootCerts, Error> {
    if let Some((path, by)) = named {
        let fault = |what: String| {
            let text = format!("cannot use the certificates named by {by}: {what}");
            Error::new(path.display().to_string(), Fault::Roots(text))
        };
        let roots = read(path).map_err(|error| fault(error.to_string()))?;
        return roots.ok_or_else(|| fault("the file contains none (it must be PEM text)".to_owned()));
    }
    if !cfg!(target_os = "linux") {
        return Ok(RootCerts::PlatformVerifier);
    }
    let system = BUNDLES.iter().find_map(|path| read(&PathBuf::from(path)).ok().flatten());
    Ok(system.unwrap_or(RootCerts::WebPki))
}

/// The certificates in a file of PEM text; anything else in it is skipped.
fn read(path: &std::path::Path) -> std::io::Result<Option<RootCerts>> {
    let text = crate::system::Root::new(None, None)?.read(path, MAX_BUNDLE)?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    Ok((!certificates.is_empty()).then(|| RootCerts::from(certificates)))
}
