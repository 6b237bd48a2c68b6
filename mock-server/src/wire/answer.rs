//! The answer of the application as the bytes it would be on HTTP/1.1.

use axum::body::Body;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, TRANSFER_ENCODING};
use http::{Method, StatusCode};
use http_body_util::BodyExt;

/// Status line, headers and body, still apart so that faults can be aimed.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Status line and headers, without the empty line and without framing headers.
    pub(super) fields: Bytes,
    /// What frames the body: a `content-length` line, or nothing.
    pub(super) framing: Bytes,
    /// The body.
    pub(super) body: Bytes,
}

impl Answer {
    /// Reads the whole body. Bodies that fail half-way count as far as they came.
    pub(super) async fn render(response: Response, method: &Method, close: bool) -> Self {
        let (mut parts, body) = response.into_parts();
        let body = collect(body).await;
        let bodyless = method == Method::HEAD
            || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || parts.status.is_informational();
        let announced = parts.headers.remove(CONTENT_LENGTH);
        parts.headers.remove(TRANSFER_ENCODING);
        if close {
            parts.headers.insert(CONNECTION, http::HeaderValue::from_static("close"));
        }
        if !parts.headers.contains_key(DATE)
            && let Ok(now) =
                http::HeaderValue::try_from(httpdate::fmt_http_date(std::time::SystemTime::now()))
        {
            parts.headers.insert(DATE, now);
        }
        let reason = parts.status.canonical_reason().unwrap_or("Unknown");
        let mut fields = BytesMut::new();
        fields.put_slice(format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).as_bytes());
        for (name, value) in &parts.headers {
            fields.put_slice(name.as_str().as_bytes());
            fields.put_slice(b": ");
            fields.put_slice(value.as_bytes());
            fields.put_slice(b"\r\n");
        }
        let length = match (&announced, method == Method::HEAD) {
            // A HEAD answer announces the length of the body that a GET would have.
            (Some(value), true) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
            _ if bodyless => None,
            _ => Some(body.len().to_string()),
        };
        let framing = length.map(|n| Bytes::from(format!("content-length: {n}\r\n"))).unwrap_or_default();
        Self { fields: fields.freeze(), framing, body: if bodyless { Bytes::new() } else { body } }
    }

    /// Status line, headers and the empty line.
    pub(super) fn head(&self) -> Bytes {
        self.head_framed(&self.framing)
    }

    /// The same with other framing headers.
    pub(super) fn head_framed(&self, framing: &[u8]) -> Bytes {
        let mut head = BytesMut::with_capacity(self.fields.len() + framing.len() + 2);
        head.put_slice(&self.fields);
        head.put_slice(framing);
        head.put_slice(b"\r\n");
        head.freeze()
    }
}

async fn collect(mut body: Body) -> Bytes {
    let mut all = BytesMut::new();
    while let Some(Ok(frame)) = body.frame().await {
        if let Ok(data) = frame.into_data() {
            all.put_slice(&data);
        }
    }
    all.freeze()
}
