//! JSON that comes as bytes, read as text: serde_json's two readers, of bytes and of text, would each be compiled for every type.

use serde::de::{DeserializeOwned, Error};

/// What the bytes say. The errors are serde_json's; bytes that are no UTF-8 are one of them.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    serde_json::from_str(std::str::from_utf8(bytes).map_err(serde_json::Error::custom)?)
}
