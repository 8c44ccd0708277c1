//! Package indexes: the page of a project lists its files. HTML after PEP 503, JSON after PEP 691 with what PEP 700
//! added to it.

mod html;
mod json;

pub use html::parse_html;
pub use json::parse_json;

use super::{
    client::{Client, Reply},
    error::{Error, Fault},
    url::Url,
};
use crate::python;

/// The page of a package with nightly builds of years has some 10 MB.
const MAX_PAGE: u64 = 32 << 20;
/// The page with the most files has some forty thousand.
pub(super) const MAX_FILES: usize = 100_000;
/// Bytes that the addresses of a page may take: each may be relative to a long one.
const MAX_ADDRESSES: usize = 32 << 20;
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

/// What a page lists, as written.
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
    /// Its size in bytes; HTML pages do not give it.
    pub size: Option<u64>,
    /// When it was uploaded, in UTC: `2026-10-28T17:02:11.5Z`; HTML pages do not give it.
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

/// The files of a package on an index; `None` when the index does not have it.
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
    let shown = at.to_string();
    let base = page.base.as_deref().map(|base| at.join(base)).transpose()?.unwrap_or(at);
    let folder = base.request().len();
    let mut room = MAX_ADDRESSES;
    let mut files = Vec::with_capacity(page.files.len());
    for listed in page.files {
        // An invalid address hides only its own file.
        let Ok(url) = base.join(&listed.href) else { continue };
        let long = || Error::new(shown.clone(), Fault::NoIndex("its URLs are too long in total".to_owned()));
        room = room.checked_sub(folder + listed.href.len()).ok_or_else(long)?;
        files.push(File { listed, url });
    }
    Ok(Some(files))
}

/// The text with a question mark in the place of what is not UTF-8, which takes no more memory than the bytes did.
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(if chunk.invalid().is_empty() { "" } else { "?" });
    }
    text
}

fn read(answer: Reply) -> Result<(Url, Page), Error> {
    let url = answer.url.clone();
    let fault = |what: String| Error::new(url.to_string(), Fault::NoIndex(what));
    let kind = answer.header("content-type").unwrap_or("text/html").to_ascii_lowercase();
    let bytes = answer.text(MAX_PAGE)?;
    let page = if kind.contains("json") {
        parse_json(&bytes).map_err(|error| fault(format!("its JSON cannot be read ({error})")))?
    } else if kind.contains("html") {
        let text = String::from_utf8(bytes).unwrap_or_else(|error| replaced(error.as_bytes()));
        parse_html(&text).map_err(fault)?
    } else {
        return Err(fault(format!(
            "its content type is {}",
            kind.chars().filter(|c| !c.is_control()).take(60).collect::<String>()
        )));
    };
    Ok((url, page))
}
