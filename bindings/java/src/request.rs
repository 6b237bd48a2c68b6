//! What Java hands over: parts one after the other, each a length and its bytes.

use zhifuyun_bridge::zhifuyun::{Error, Result};

/// Reads the parts in order.
#[derive(Debug)]
pub(crate) struct Request<'a>(&'a [u8]);

impl<'a> Request<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next part; `None` at the end.
    pub(crate) fn next_bytes(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (part, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    /// The next part as text; empty at the end.
    ///
    /// # Errors
    /// `invalid_argument`, if it is not UTF-8, which Java never writes.
    pub(crate) fn next_text(&mut self) -> Result<&'a str> {
        std::str::from_utf8(self.next_bytes().unwrap_or_default())
            .map_err(|_| Error::invalid_argument("arguments", "text must be valid Unicode"))
    }
}
