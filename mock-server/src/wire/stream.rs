//! One type for plain and encrypted connections, with bytes that were read too early put back.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::action::End;

/// How long an ended connection still reads, so that the kernel sends FIN and not RST.
const DRAIN: Duration = Duration::from_secs(2);

/// The same when the server itself stops.
const LEAVE: Duration = Duration::from_millis(50);

enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A server-side connection.
pub(super) struct Stream {
    inner: Inner,
    /// Bytes read ahead of whoever reads next.
    pushed_back: Bytes,
}

impl Stream {
    pub(super) fn plain(tcp: TcpStream) -> Self {
        Self { inner: Inner::Plain(tcp), pushed_back: Bytes::new() }
    }

    pub(super) fn tls(tls: TlsStream<TcpStream>) -> Self {
        Self { inner: Inner::Tls(Box::new(tls)), pushed_back: Bytes::new() }
    }

    /// The protocol that TLS agreed on, if any.
    pub(super) fn alpn(&self) -> Option<&[u8]> {
        match &self.inner {
            Inner::Plain(_) => None,
            Inner::Tls(tls) => tls.get_ref().1.alpn_protocol(),
        }
    }

    pub(super) fn push_back(&mut self, bytes: Bytes) {
        if self.pushed_back.is_empty() {
            self.pushed_back = bytes;
        } else if !bytes.is_empty() {
            let mut joined = BytesMut::from(bytes.as_ref());
            joined.extend_from_slice(&self.pushed_back);
            self.pushed_back = joined.freeze();
        }
    }

    fn tcp_mut(&mut self) -> &mut TcpStream {
        match &mut self.inner {
            Inner::Plain(tcp) => tcp,
            Inner::Tls(tls) => tls.get_mut().0,
        }
    }

    /// Ends the connection. Errors do not matter here: the client may be gone already.
    pub(super) async fn end(mut self, how: End) {
        match how {
            End::Reset => {
                let _ = self.tcp_mut().set_zero_linger();
            }
            End::Fin | End::Keep => {
                let _ = self.shutdown().await;
                self.drain(DRAIN).await;
            }
            End::NoCloseNotify => {
                // Straight to the socket: TLS must not get the chance to say goodbye.
                let _ = self.tcp_mut().shutdown().await;
                let tcp = self.tcp_mut();
                let mut sink = [0u8; 4096];
                let _ = tokio::time::timeout(DRAIN, async {
                    while tcp.read(&mut sink).await.is_ok_and(|n| n > 0) {}
                })
                .await;
            }
            End::Stall => self.drain(Duration::MAX).await,
        }
    }

    /// Ends the connection when the server stops: nobody waits for clients that keep theirs.
    pub(super) async fn leave(mut self) {
        let _ = self.shutdown().await;
        self.drain(LEAVE).await;
    }

    /// Reads and forgets until the client closes, or the time is over.
    async fn drain(&mut self, limit: Duration) {
        let mut sink = [0u8; 4096];
        let reading = async { while self.read(&mut sink).await.is_ok_and(|n| n > 0) {} };
        let _ = tokio::time::timeout(limit, reading).await;
    }

    /// Reads ahead until `wanted` bytes are there, or the bytes differ from it. True when all are there.
    pub(super) async fn starts_with(&mut self, wanted: &[u8]) -> io::Result<bool> {
        let mut seen = BytesMut::new();
        let mut chunk = [0u8; 64];
        loop {
            let compared = seen.len().min(wanted.len());
            if seen.get(..compared) != wanted.get(..compared) || seen.len() >= wanted.len() {
                break;
            }
            let n = self.read(&mut chunk).await?;
            if n == 0 {
                break;
            }
            seen.extend_from_slice(chunk.get(..n).unwrap_or_default());
        }
        let matches = seen.starts_with(wanted);
        self.push_back(seen.freeze());
        Ok(matches)
    }

    /// Waits until the client sends something (true) or closes (false), without losing the bytes.
    pub(super) async fn readable(&mut self) -> bool {
        if !self.pushed_back.is_empty() {
            return true;
        }
        let mut chunk = [0u8; 2048];
        match self.read(&mut chunk).await {
            Ok(n) if n > 0 => {
                self.push_back(Bytes::copy_from_slice(chunk.get(..n).unwrap_or_default()));
                true
            }
            _ => false,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.pushed_back.is_empty() {
            let n = self.pushed_back.len().min(buf.remaining());
            buf.put_slice(self.pushed_back.get(..n).unwrap_or_default());
            self.pushed_back.advance(n);
            return Poll::Ready(Ok(()));
        }
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Inner::Tls(tls) => {
                // A client that hangs up without goodbye has simply hung up.
                match ready!(Pin::new(tls).poll_read(cx, buf)) {
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                    other => Poll::Ready(other),
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Inner::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Inner::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Inner::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Inner::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.inner {
            Inner::Plain(tcp) => tcp.is_write_vectored(),
            Inner::Tls(tls) => tls.is_write_vectored(),
        }
    }
}
