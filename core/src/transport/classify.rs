//! What an I/O failure means, read from its source chain.
//!
//! The library on top calls an interrupted body a decode error and a reset a request error; the truth is further
//! down.

use super::TransportError;
use super::pool::SendError;
use crate::error::Reason;
use std::error::Error as StdError;
use std::{fmt, io};

/// No file descriptor left, in the process and in the system: the same numbers on every Unix.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

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

/// What a failure before the head means: reason, surely not sent, worth another attempt, sentence.
type Meaning = (Reason, bool, bool, String);

/// How far a request got that has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Connect,
    Handshake,
    Exchange,
}

/// The request failed before the head of an answer was complete.
pub(super) fn before_head(failure: SendError, https: bool) -> TransportError {
    let (stage, source): (_, Box<dyn StdError + Send + Sync>) = match failure {
        SendError::Address(e) => return unwritable(&e),
        SendError::Connect(e) => (Stage::Connect, e),
        SendError::Handshake(e) => (Stage::Handshake, e.into()),
        SendError::Exchange(e) => (Stage::Exchange, e.into()),
    };
    let (reason, not_sent, retryable, message) = meaning(stage, &*source, https);
    TransportError { reason, not_sent, retryable, message, status: None, source: Some(source) }
}

fn meaning(stage: Stage, error: &(dyn StdError + 'static), https: bool) -> Meaning {
    let connecting = stage == Stage::Connect;
    let (reason, not_sent, retryable, message) = no_address(error)
        .or_else(|| if connecting { no_tls(error) } else { None })
        .or_else(|| no_proxy(error))
        .or_else(|| if connecting { Some(no_connection(error, https)) } else { None })
        .unwrap_or_else(|| no_answer(error, https));
    (reason, not_sent || stage != Stage::Exchange, retryable, message)
}

/// The request cannot be put into the words of the protocol.
pub(super) fn unwritable(error: &::http::Error) -> TransportError {
    let message = format!("the address of the request cannot be written: {error}");
    TransportError { not_sent: true, ..TransportError::new(Reason::Protocol, message) }
}

fn no_address(error: &(dyn StdError + 'static)) -> Option<Meaning> {
    let dns = find::<DnsFailure>(error)?;
    // The name may be good: there was no file descriptor left to look it up with.
    if let Some(io) = dns.source.as_ref().filter(|e| is_exhaustion(e)) {
        return Some((Reason::Connect, true, true, format!("no connection to the server: {}", plain(io))));
    }
    Some((Reason::Dns, true, true, format!("{dns}; check base_url and the network")))
}

/// Whether the process, or the system, has no file descriptor left.
pub(super) fn is_exhaustion(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(EMFILE | ENFILE))
}

/// The handshake failed. Later, TLS only tells how a connection ended that may have carried the request.
fn no_tls(error: &(dyn StdError + 'static)) -> Option<Meaning> {
    let tls = find::<rustls::Error>(error)?;
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
    Some((Reason::Tls, true, retryable, message))
}

/// A proxy that is there and does not let the connection through. Its errors have no public type, but words.
fn no_proxy(error: &(dyn StdError + 'static)) -> Option<Meaning> {
    let words = chain(error).map(ToString::to_string);
    let why = words.filter_map(|w| {
        let rest = w.strip_prefix("tunnel error: ").or_else(|| w.strip_prefix("SOCKS error: "))?;
        Some(rest.to_owned())
    });
    let why = why.last().filter(|why| why != "failed to create underlying connection")?;
    if ["authorization", "authentication", "credentials"].iter().any(|word| why.contains(word)) {
        let message = "the proxy wants other credentials; check the proxy option".to_owned();
        return Some((Reason::Proxy, true, false, message));
    }
    let message =
        format!("the proxy opened no connection to the server ({why}); check its address and rules");
    Some((Reason::Proxy, true, true, message))
}

fn no_connection(error: &(dyn StdError + 'static), https: bool) -> Meaning {
    if io_kind(error) == Some(io::ErrorKind::TimedOut) {
        let message = "no connection within connect_timeout".to_owned();
        return (Reason::ConnectTimeout, true, true, message);
    }
    if https && io_kind(error) == Some(io::ErrorKind::UnexpectedEof) {
        let message = "the server closed the connection during the TLS handshake".to_owned();
        return (Reason::Tls, true, true, message);
    }
    let why = io_of(error).map_or_else(|| "the other side did not take it".to_owned(), plain);
    (Reason::Connect, true, true, format!("no connection to the server: {why}"))
}

fn no_answer(error: &(dyn StdError + 'static), https: bool) -> Meaning {
    if let Some(h2) = find::<h2::Error>(error) {
        let reason = h2.reason();
        // A refused stream was, by RFC 9113 section 8.7, not processed.
        let refused = reason == Some(h2::Reason::REFUSED_STREAM);
        let away = h2.is_go_away() && h2.is_remote() && reason == Some(h2::Reason::NO_ERROR);
        // Its own words, because `Display` adds whatever text the server sent along.
        let why = reason.as_ref().map_or("the connection broke", h2::Reason::description);
        let message = format!("the server ended the HTTP/2 stream: {why}");
        return (Reason::ConnectionClosed, refused || away, true, message);
    }
    if let Some(hyper) = find::<hyper::Error>(error) {
        if hyper.is_parse() {
            let hint = if https { "" } else { "; is this port https, or not HTTP at all?" };
            return (Reason::Protocol, false, true, format!("the answer is not valid HTTP ({hyper}){hint}"));
        }
        if hyper.is_timeout() {
            let message = "the connection ended: the server did not react to a PING".to_owned();
            return (Reason::ConnectionClosed, false, true, message);
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
pub(super) fn in_body(source: Box<dyn StdError + Send + Sync>) -> TransportError {
    let error = &*source as &(dyn StdError + 'static);
    // A record that TLS cannot read is also invalid data, and says nothing about the body.
    let malformed = matches!(io_kind(error), Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput))
        && find::<rustls::Error>(error).is_none();
    let (reason, message) = if malformed {
        let why = io_of(error).map_or_else(String::new, |e| format!(": {}", plain(e)));
        (Reason::Protocol, format!("the body is framed or compressed wrongly{why}"))
    } else {
        (Reason::BodyInterrupted, "the connection ended inside the body".to_owned())
    };
    TransportError { reason, not_sent: false, retryable: true, message, status: None, source: Some(source) }
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

/// The system's words without the number that `Display` adds.
fn plain(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_handshake_tls_says_nothing_about_what_was_sent() {
        use rustls::{AlertDescription, Error as Tls, PeerMisbehaved};
        for tls in [
            Tls::DecryptError,
            Tls::AlertReceived(AlertDescription::InternalError),
            Tls::PeerMisbehaved(PeerMisbehaved::UnsolicitedServerHelloExtension),
        ] {
            let failure = io::Error::new(io::ErrorKind::InvalidData, tls.clone());
            let (reason, not_sent, ..) = meaning(Stage::Connect, &failure, true);
            assert_eq!((reason, not_sent), (Reason::Tls, true), "{tls}");
            let (reason, not_sent, retryable, _) = meaning(Stage::Exchange, &failure, true);
            assert_eq!((reason, not_sent, retryable), (Reason::ConnectionClosed, false, true), "{tls}");
            assert_eq!(in_body(failure.into()).reason, Reason::BodyInterrupted);
        }
    }
}
