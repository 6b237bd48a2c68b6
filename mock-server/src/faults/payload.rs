//! Bodies too large to keep in memory, made while they are sent.

use std::io::Write as _;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use flate2::{Compress, Compression, Crc, FlushCompress};
use futures_util::stream;

use super::action::Encoding;

const MEGABYTE: usize = 1024 * 1024;
const OPENING: &[u8] = b"{\"code\":200,\"message\":\"";
const CLOSING: &[u8] = b"\",\"data\":{\"total\":0,\"page\":1,\"limit\":20,\"items\":[]}}";

fn stream_of(parts: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(stream::iter(parts.map(Ok::<_, std::convert::Infallible>)))
}

/// A valid envelope whose message has so many megabytes.
pub(super) fn megabytes(count: u64) -> Body {
    let block = Bytes::from(vec![b'a'; 64 * 1024]);
    let blocks = (0..count.saturating_mul(16)).map(move |_| block.clone());
    let opening = std::iter::once(Bytes::from_static(OPENING));
    stream_of(opening.chain(blocks).chain(std::iter::once(Bytes::from_static(CLOSING))))
}

/// An envelope whose list of items never ends.
pub(super) fn endless() -> Body {
    let item = b"{\"id\":\"conv_endless\",\"user_id\":\"user_endless\",\"status\":\"active\"},";
    let block = Bytes::from(item.repeat(500));
    let opening =
        Bytes::from_static(b"{\"code\":200,\"data\":{\"total\":1,\"page\":1,\"limit\":20,\"items\":[");
    stream_of(std::iter::once(opening).chain(std::iter::repeat(block)))
}

/// A list page with so many small items, for the list that the path asks for.
pub(super) fn items(count: u64, path: &str) -> Bytes {
    let mut out = BytesMut::new();
    let ticket = path.ends_with("/tickets");
    out.extend_from_slice(
        format!("{{\"code\":200,\"data\":{{\"total\":{count},\"page\":1,\"limit\":{count},\"items\":[")
            .as_bytes(),
    );
    for n in 0..count {
        if n > 0 {
            out.extend_from_slice(b",");
        }
        let own = if ticket {
            format!(
                "{{\"id\":\"ticket_{n:07}\",\"title\":\"Ticket {n}\",\"priority\":\"medium\",\"status\":\"open\""
            )
        } else {
            format!(
                "{{\"id\":\"conv_{n:07}\",\"user_id\":\"user_{n}\",\"channel\":\"web\",\"status\":\"active\""
            )
        };
        out.extend_from_slice(own.as_bytes());
        out.extend_from_slice(
            b",\"created_at\":\"2024-01-01T10:00:00Z\",\"updated_at\":\"2024-01-01T10:05:00Z\"}",
        );
    }
    out.extend_from_slice(b"]}}");
    out.freeze()
}

/// Deflate of one piece that ends on a byte boundary and does not refer to what came before it, so that
/// pieces can be strung together and repeated.
fn deflated(piece: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(piece.len() / 512 + 256);
    // A vector with enough room makes this one call; a failure would show as a body that does not decode.
    let _ = compress.compress_vec(piece, &mut out, FlushCompress::Full);
    out
}

fn checksum(piece: &[u8]) -> Crc {
    let mut crc = Crc::new();
    crc.update(piece);
    crc
}

/// A valid envelope of so many megabytes, as gzip a thousand times smaller. Compresses one megabyte only
/// and repeats it.
pub(super) fn gzip_bomb(count: u64) -> Body {
    let filler = vec![b'a'; MEGABYTE];
    let one = Bytes::from(deflated(&filler));
    let filler_crc = checksum(&filler);
    let mut crc = checksum(OPENING);
    for _ in 0..count {
        crc.combine(&filler_crc);
    }
    crc.combine(&checksum(CLOSING));

    let mut start = GZIP_HEADER.to_vec();
    start.extend_from_slice(&deflated(OPENING));
    let mut end = deflated(CLOSING);
    // An empty last block, then checksum and length modulo 2^32.
    end.extend_from_slice(&[3, 0]);
    end.extend_from_slice(&crc.sum().to_le_bytes());
    end.extend_from_slice(&crc.amount().to_le_bytes());

    let middle = (0..count).map(move |_| one.clone());
    stream_of(std::iter::once(Bytes::from(start)).chain(middle).chain(std::iter::once(Bytes::from(end))))
}

const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The body in an encoding, and what `content-encoding` says about it.
pub(super) fn encode(encoding: &Encoding, body: &Bytes) -> (Bytes, String) {
    let gzip = || {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
        // Writing to a vector does not fail.
        let _ = encoder.write_all(body);
        encoder.finish().unwrap_or_default()
    };
    match encoding {
        Encoding::Gzip => (gzip().into(), "gzip".into()),
        Encoding::GzipTruncated => {
            let mut bytes = gzip();
            bytes.truncate(bytes.len() / 2);
            (bytes.into(), "gzip".into())
        }
        Encoding::GzipBadChecksum => {
            let mut bytes = gzip();
            let checksum = bytes.len().saturating_sub(8);
            if let Some(byte) = bytes.get_mut(checksum) {
                *byte ^= 0xff;
            }
            (bytes.into(), "gzip".into())
        }
        Encoding::GzipClaimed => (body.clone(), "gzip".into()),
        Encoding::Claim(name) => (body.clone(), name.clone()),
    }
}
