//! What an I/O failure means, read from its source chain.
//!
//! reqwest calls an interrupted body a decode error and a reset a request error; the truth is further down.

use super::TransportError;
use crate::error::Reason;
use std::error::Error as StdError;
use std::{fmt, io};

/// A name that did not resolve.
#[derive(Debug)]
pub(super) struct DnsFailure {
    host: String,
    source: Option<io::Error>,
}

impl DnsFailure {
    pub(super) fn new(host: &str, source: Option<io::Error>) -> Self {
        Self { host: host.to_owned(), source }
    }
}

impl fmt::Display for DnsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host name {} does not resolve", self.host)
    }
}

impl StdError for DnsFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_ref().map(|e| e as _)
    }
}

/// The request failed before the head of an answer was complete.
pub(super) fn before_head(error: reqwest::Error, https: bool) -> TransportError {
    let (reason, not_sent, retryable, message) = head_verdict(&error, https);
    build(error, reason, not_sent, retryable, message, None)
}

fn head_verdict(error: &reqwest::Error, https: bool) -> (Reason, bool, bool, String) {
    if let Some(dns) = find::<DnsFailure>(error) {
        return (Reason::Dns, true, true, format!("{dns}; check base_url and the network"));
    }
    if let Some(tls) = find::<rustls::Error>(error) {
        let retryable = !matches!(
            tls,
            rustls::Error::InvalidCertificate(_)
                | rustls::Error::NoCertificatesPresented
                | rustls::Error::PeerIncompatible(_)
                | rustls::Error::AlertReceived(_)
        );
        let message = if matches!(tls, rustls::Error::InvalidMessage(_)) {
            "the server does not answer with TLS; is this port plain http?".to_owned()
        } else {
            format!("the TLS connection was refused: {tls}; check the host name and ca_bundle")
        };
        return (Reason::Tls, true, retryable, message);
    }
    if find::<io::Error>(error).is_none() && chain_mentions(error, "tunnel") {
        let message = "the proxy refused the connection; check its address and credentials".to_owned();
        return (Reason::Proxy, true, false, message);
    }
    if error.is_connect() {
        if error.is_timeout() || io_kind(error) == Some(io::ErrorKind::TimedOut) {
            let message = "no connection within connect_timeout".to_owned();
            return (Reason::ConnectTimeout, true, true, message);
        }
        if https && io_kind(error) == Some(io::ErrorKind::UnexpectedEof) {
            let message = "the server closed the connection during the TLS handshake".to_owned();
            return (Reason::Tls, true, true, message);
        }
        let why = io_of(error).map_or_else(|| "unknown cause".to_owned(), plain);
        return (Reason::Connect, true, true, format!("no connection to the server: {why}"));
    }
    if let Some(h2) = find::<h2::Error>(error) {
        // A refused stream was, by RFC 9113 section 8.7, not processed.
        let refused = h2.reason() == Some(h2::Reason::REFUSED_STREAM);
        let away = h2.is_go_away() && h2.is_remote() && h2.reason() == Some(h2::Reason::NO_ERROR);
        let message = format!("the server ended the HTTP/2 stream: {h2}");
        return (Reason::ConnectionClosed, refused || away, true, message);
    }
    if let Some(hyper) = find::<hyper::Error>(error) {
        if hyper.is_parse() {
            let hint = if https { "" } else { "; is this port https, or not HTTP at all?" };
            return (Reason::Protocol, false, true, format!("the answer is not valid HTTP ({hyper}){hint}"));
        }
        if hyper.is_canceled() {
            let message = "the connection closed before the request was sent".to_owned();
            return (Reason::ConnectionClosed, true, true, message);
        }
    }
    let why = io_of(error).map_or_else(|| "before the answer was complete".to_owned(), plain);
    (Reason::ConnectionClosed, false, true, format!("the connection ended: {why}"))
}

/// The head arrived, the body did not.
pub(super) fn in_body(error: reqwest::Error, status: u16) -> TransportError {
    let kind = io_kind(&error);
    let malformed = matches!(kind, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
    let (reason, message) = if malformed {
        let why = io_of(&error).map_or_else(String::new, |e| format!(": {}", plain(e)));
        (Reason::Protocol, format!("the body is framed or compressed wrongly{why}"))
    } else {
        (Reason::BodyInterrupted, "the connection ended inside the body".to_owned())
    };
    build(error, reason, false, true, message, Some(status))
}

fn build(
    error: reqwest::Error,
    reason: Reason,
    not_sent: bool,
    retryable: bool,
    message: String,
    status: Option<u16>,
) -> TransportError {
    TransportError { reason, not_sent, retryable, message, status, source: Some(error.into()) }
}

fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |e| deeper(*e))
}

/// The next error down. An `io::Error` hides the one it wraps from `source()`, so it is opened.
fn deeper<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|e| e.downcast_ref())
}

fn io_of<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a io::Error> {
    chain(error).filter_map(|e| e.downcast_ref::<io::Error>()).last()
}

fn io_kind(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    io_of(error).map(io::Error::kind)
}

fn chain_mentions(error: &(dyn StdError + 'static), word: &str) -> bool {
    chain(error).any(|e| e.to_string().contains(word))
}

/// The system's words without the number that `Display` adds.
fn plain(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}
