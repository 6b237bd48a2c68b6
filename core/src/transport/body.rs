//! The body of an answer: decompressed, and only as much of it as may be.

use super::TransportError;
use super::classify;
use crate::error::Reason;
use ::http::Version;
use ::http::header::{CONTENT_ENCODING, HeaderValue};
use ::http::response::Parts;
use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::TryStreamExt as _;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming};
use std::io;
use std::pin::Pin;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};
use tokio_util::io::StreamReader;

/// What arrived, and why it is not all.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    pub(super) fault: Option<TransportError>,
}

impl Read {
    fn all(bytes: Bytes) -> Self {
        Self { bytes, fault: None }
    }

    fn cut(bytes: Bytes, fault: TransportError) -> Self {
        Self { bytes, fault: Some(fault) }
    }
}

/// Reads the decoded body up to the cap, so that neither a huge body nor a compressed bomb fills memory.
pub(super) async fn read(body: Incoming, head: &Parts, cap: u64) -> Read {
    let encoding = head.headers.get(CONTENT_ENCODING).map_or(&b"identity"[..], HeaderValue::as_bytes);
    let is = |name: &str| encoding.eq_ignore_ascii_case(name.as_bytes());
    if is("identity") {
        plain(body, head, cap).await
    } else if is("gzip") || is("x-gzip") {
        let gzip = |compressed| {
            let mut decoder = GzipDecoder::new(compressed);
            decoder.multiple_members(true);
            decoder
        };
        decoded(body, cap, gzip).await
    } else if is("deflate") {
        decoded(body, cap, ZlibDecoder::new).await
    } else {
        Read::cut(Bytes::new(), unknown_encoding())
    }
}

async fn plain(mut body: Incoming, head: &Parts, cap: u64) -> Read {
    let announced = body.size_hint().exact();
    // Of a refusal the beginning will do.
    if head.status.is_success() && announced.is_some_and(|n| n > cap) {
        return Read::cut(Bytes::new(), too_large(cap));
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let chunk = match frame.map(Frame::into_data) {
            Ok(Ok(chunk)) => chunk,
            // Trailers.
            Ok(Err(_)) => continue,
            Err(e) => return Read::cut(read.freeze(), classify::in_body(e.into())),
        };
        if announced == Some(chunk.len() as u64) {
            if head.version == Version::HTTP_2 {
                // The stream ends in a frame of its own; to leave before it is read would cancel the stream.
                let _ = body.frame().await;
            }
            return Read::all(chunk);
        }
        read.extend_from_slice(&chunk);
        if read.len() as u64 > cap {
            read.truncate(usize::try_from(cap).unwrap_or(usize::MAX));
            return Read::cut(read.freeze(), too_large(cap));
        }
    }
    Read::all(read.freeze())
}

type Compressed = StreamReader<Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>, Bytes>;

async fn decoded<D: AsyncRead + Unpin>(
    body: Incoming,
    cap: u64,
    decoder: impl FnOnce(Compressed) -> D,
) -> Read {
    let data = body.into_data_stream().map_err(io::Error::other);
    let mut compressed: Compressed = StreamReader::new(Box::pin(data));
    // Nothing at all stands for nothing, in any encoding.
    match compressed.fill_buf().await {
        Ok([]) => return Read::all(Bytes::new()),
        Ok(_) => {}
        Err(e) => return Read::cut(Bytes::new(), classify::in_body(e.into())),
    }
    let mut bytes = Vec::new();
    let end = decoder(compressed).take(cap.saturating_add(1)).read_to_end(&mut bytes).await;
    let over = bytes.len() as u64 > cap;
    bytes.truncate(usize::try_from(cap).unwrap_or(usize::MAX));
    match end {
        _ if over => Read::cut(bytes.into(), too_large(cap)),
        Ok(_) => Read::all(bytes.into()),
        Err(e) => Read::cut(bytes.into(), classify::in_body(e.into())),
    }
}

fn unknown_encoding() -> TransportError {
    TransportError::new(Reason::Protocol, "the server used a content encoding that the client did not offer")
}

fn too_large(cap: u64) -> TransportError {
    let message =
        format!("the decoded body exceeds {cap} bytes; raise max_response_bytes if that is expected");
    TransportError::new(Reason::BodyTooLarge, message)
}
