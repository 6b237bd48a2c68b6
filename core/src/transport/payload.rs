//! The body of a request, which knows whether it was sent.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// The body of a write. Clones share the mark, so make a new one for every attempt.
///
/// The connection asks for the body when it is ready to send the request. As long as it has not, the server cannot
/// have seen a complete request, however the attempt ends.
#[derive(Debug, Clone, Default)]
pub(crate) struct Payload {
    left: Bytes,
    begun: Arc<AtomicBool>,
}

impl Payload {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { left: bytes, begun: Arc::default() }
    }

    /// Whether any of it may have left.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.begun.store(true, Ordering::SeqCst);
        let all = std::mem::take(&mut self.left);
        Poll::Ready((!all.is_empty()).then(|| Ok(Frame::data(all))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
