//! A connection in use.

use super::Payload;
use super::connect::Stream;
use super::driver::Driver;
use ::http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};

pub(super) type Http2 = http2::SendRequest<Payload>;

/// A connection that can take a request.
pub(super) enum Lease {
    Http1(Http1),
    Http2(Http2),
}

/// One that carries a request at a time, and only moves while somebody waits for what it carries. Driven by a task of its
/// own instead, it would cost every request two more turns of the event loop.
pub(super) struct Http1 {
    sender: http1::SendRequest<Payload>,
    driver: Driver,
}

impl Lease {
    pub(super) fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    pub(super) async fn send(
        &mut self,
        request: Request<Payload>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Payload>>> {
        match self {
            Self::Http1(http1) => {
                let answer = http1.sender.try_send_request(request);
                http1.driver.along(answer).await
            }
            Self::Http2(sender) => sender.try_send_request(request).await,
        }
    }

    /// Waits for work that reads from the connection.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        match self {
            Self::Http1(http1) => http1.driver.along(work).await,
            Self::Http2(_) => work.await,
        }
    }
}

impl Http1 {
    pub(super) async fn over(stream: Stream) -> hyper::Result<Self> {
        let (sender, connection) = http1::handshake(stream).await?;
        Ok(Self { sender, driver: Driver::new(connection) })
    }

    /// Whether the last request is over, and the next may come. The other side may have closed it since.
    pub(super) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until the last request is over; whether there may be another.
    pub(super) async fn ready(&mut self) -> bool {
        self.driver.along(self.sender.ready()).await.is_ok()
    }

    /// Looks whether the other side has closed it.
    pub(super) fn is_open(&mut self) -> bool {
        self.driver.turn();
        self.is_ready()
    }
}
