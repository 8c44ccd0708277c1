//! Package indexes: the page of a project lists its files. HTML after PEP 503, JSON after PEP 691 with what PEP 700
//! added to it.

mod html;
mod json;

pub use html::parse_html;
pub use json::parse_json;

use super::{
    client::{Answer, Client},
    error::{Error, Fault},
    url::Url,
};
use crate::python;

/// The page of a package with nightly builds of years has some 10 MB.
const MAX_PAGE: u64 = 32 << 20;
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// What a page lists, as it stands there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Where relative addresses start, where the page says so.
    pub base: Option<String>,
    /// The files.
    pub files: Vec<Listed>,
}

/// A file as a page lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// File name.
    pub name: String,
    /// Its address, which may be relative, with a checksum as the fragment.
    pub href: String,
    /// Versions of Python that it is for.
    pub requires_python: Option<String>,
    /// Why it was withdrawn; empty where no reason is given.
    pub yanked: Option<String>,
    /// Its size in bytes; HTML does not tell.
    pub size: Option<u64>,
    /// When it was uploaded, in UTC: `2026-10-28T17:02:11.5Z`; HTML does not tell.
    pub uploaded: Option<String>,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: Option<String>,
}

/// A file of a package, with its whole address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What the page says.
    pub listed: Listed,
    /// Where it is.
    pub url: Url,
}

/// The files of a package on an index; nothing when the index does not have it.
///
/// # Errors
/// When the index cannot be reached or answers with something else than a page.
pub fn files(client: &Client, index: &Url, package: &str) -> Result<Option<Vec<File>>, Error> {
    let url = index.below(&python::normalize(package));
    let headers = [("accept", ACCEPT), ("accept-encoding", "gzip")];
    let page = client.get(&url, &headers, |answer| {
        if answer.status == 404 {
            return Ok(None);
        }
        read(answer.success()?).map(Some)
    })?;
    let Some((at, page)) = page else { return Ok(None) };
    let base = page.base.as_deref().map(|base| at.join(base)).transpose()?.unwrap_or(at);
    // An address that cannot be read hides nothing but its own file.
    let file = |listed: Listed| Some(File { url: base.join(&listed.href).ok()?, listed });
    Ok(Some(page.files.into_iter().filter_map(file).collect()))
}

fn read(answer: Answer) -> Result<(Url, Page), Error> {
    let url = answer.url.clone();
    let fault = |what: String| Error::new(url.to_string(), Fault::NoIndex(what));
    let kind = answer.header("content-type").unwrap_or("text/html").to_ascii_lowercase();
    let bytes = answer.text(MAX_PAGE)?;
    let page = if kind.contains("json") {
        parse_json(&bytes).map_err(|error| fault(format!("its JSON cannot be read ({error})")))?
    } else if kind.contains("html") {
        parse_html(&String::from_utf8_lossy(&bytes))
    } else {
        return Err(fault(format!("it is {}", kind.chars().filter(|c| !c.is_control()).take(60).collect::<String>())));
    };
    Ok((url, page))
}
