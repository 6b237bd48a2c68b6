//! One HTTP/2 connection, on the frames of the `h2` crate, so that resets and GOAWAY can be had.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream};
use http::header::{CONNECTION, HeaderName, TRANSFER_ENCODING, UPGRADE};
use http::{Method, Request};
use http_body::{Body as HttpBody, Frame};
use http_body_util::BodyExt;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tower::Service as _;

use super::action::{Cut, End, H2Action, Part, Place, WireAction};
use super::connection::impossible;
use super::listener::{Front, Who};
use super::stream::Stream;

/// What a client that knows beforehand sends first.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Time for frames to reach the socket before the connection is taken down under them.
const SETTLE: Duration = Duration::from_millis(20);

/// What a request may ask of its connection.
enum Command {
    Goaway(Reason),
    Graceful,
    Freeze(Option<Duration>),
    End(End),
}

/// The stream below `h2`, still reachable when `h2` is done with it.
#[derive(Clone)]
struct Shared(Arc<Mutex<Stream>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Shared {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_read(cx, buf)
    }
}

impl AsyncWrite for Shared {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.lock()).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_shutdown(cx)
    }
}

/// Serves requests until the client or a fault ends the connection.
pub(super) async fn serve_http2(stream: Stream, app: Router, front: Arc<Front>, who: Who) {
    let shared = Shared(Arc::new(Mutex::new(stream)));
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(front.behaviour().max_streams.unwrap_or(200));
    let Ok(mut connection) = builder.handshake::<_, Bytes>(shared.clone()).await else { return };
    let (commands, mut commanded) = mpsc::channel(8);
    let mut requests = JoinSet::new();
    let mut count = 0u64;
    let limit = front.behaviour().close_after;
    let leave = front.closing();
    tokio::pin!(leave);
    let mut leaving = false;
    let end = loop {
        tokio::select! {
            biased;
            () = &mut leave, if !leaving => {
                leaving = true;
                connection.graceful_shutdown();
            }
            Some(command) = commanded.recv() => match command {
                Command::Goaway(reason) => connection.abrupt_shutdown(reason),
                Command::Graceful => connection.graceful_shutdown(),
                Command::Freeze(None) => break End::Stall,
                Command::Freeze(Some(pause)) => tokio::time::sleep(pause).await,
                Command::End(how) => break how,
            },
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    count += 1;
                    let mut request = request.map(|body| Body::new(RecvBody(body)));
                    request.extensions_mut().insert(who.info(count, true));
                    requests.spawn(exchange(request, respond, app.clone(), front.clone(), commands.clone()));
                    if limit.is_some_and(|limit| count >= limit.requests) {
                        connection.graceful_shutdown();
                    }
                }
                _ => break End::Fin,
            },
            Some(_) = requests.join_next() => {}
        }
    };
    drop(connection);
    requests.shutdown().await;
    if let Some(stream) = Arc::into_inner(shared.0) {
        let stream = stream.into_inner().unwrap_or_else(PoisonError::into_inner);
        if leaving && end == End::Fin {
            stream.leave().await;
        } else {
            stream.end(end).await;
        }
    }
}

async fn exchange(
    request: Request<Body>,
    respond: SendResponse<Bytes>,
    mut app: Router,
    front: Arc<Front>,
    commands: mpsc::Sender<Command>,
) {
    let head_only = request.method() == Method::HEAD;
    let Ok(mut response) = app.call(request).await;
    let action = response.extensions_mut().remove::<WireAction>();
    let mut exchange = Exchange { respond, commands, head_only };
    // Errors mean that the client or the connection is gone.
    let _ = match action {
        None => exchange.send(response).await,
        Some(action) => exchange.act(action, response, &front).await,
    };
}

struct Exchange {
    respond: SendResponse<Bytes>,
    commands: mpsc::Sender<Command>,
    head_only: bool,
}

impl Exchange {
    async fn command(&self, command: Command) {
        let _ = self.commands.send(command).await;
    }

    async fn act(&mut self, action: WireAction, response: Response, front: &Front) -> Result<(), h2::Error> {
        match action {
            WireAction::H2(H2Action::Goaway { code, answer }) => {
                if answer {
                    self.command(Command::Graceful).await;
                    return self.send(response).await;
                }
                self.command(Command::Goaway(code.into())).await;
                // Keeps the stream open until the connection is gone: nothing but GOAWAY is said.
                std::future::pending().await
            }
            WireAction::H2(H2Action::RstStream { code, place, at }) => {
                if place == Place::Start {
                    self.respond.send_reset(code.into());
                    return Ok(());
                }
                let mut stream = self.send_part(response, place, at).await?;
                tokio::time::sleep(SETTLE).await;
                stream.send_reset(code.into());
                Ok(())
            }
            WireAction::H2(H2Action::EmptyData { frames }) => {
                let (head, body) = open(response);
                let mut stream = self.respond.send_response(head, false)?;
                for _ in 0..frames {
                    stream.send_data(Bytes::new(), false)?;
                    tokio::task::yield_now().await;
                }
                send_body(&mut stream, body).await
            }
            WireAction::Cut(Cut { place, at, how }) => {
                self.partly(response, place, at).await?;
                self.command(Command::End(how)).await;
                Ok(())
            }
            WireAction::Stall { place, at, ms } => {
                // The whole connection falls silent, PING answers included.
                let (head, body) = open(response);
                match place {
                    Place::Start => {
                        self.command(Command::Freeze(ms.map(Duration::from_millis))).await;
                        tokio::time::sleep(SETTLE).await;
                        self.send(Response::from_parts(head.into_parts().0, body)).await
                    }
                    Place::Headers | Place::Body => {
                        let mut stream = self.respond.send_response(head, false)?;
                        let mut rest = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
                        let wanted = if place == Place::Body { at.min(rest.len()) } else { 0 };
                        send_all(&mut stream, rest.split_to(wanted), false).await?;
                        tokio::time::sleep(SETTLE).await;
                        self.command(Command::Freeze(ms.map(Duration::from_millis))).await;
                        tokio::time::sleep(SETTLE).await;
                        send_all(&mut stream, rest, true).await
                    }
                }
            }
            WireAction::Dribble { bytes, every_ms, part: Part::Body | Part::All } => {
                let (head, body) = open(response);
                let body = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
                let mut stream = self.respond.send_response(head, false)?;
                for piece in body.chunks(bytes.max(1)) {
                    send_all(&mut stream, Bytes::copy_from_slice(piece), false).await?;
                    tokio::time::sleep(Duration::from_millis(every_ms)).await;
                }
                stream.send_data(Bytes::new(), true)
            }
            WireAction::Refuse { connections } => {
                front.refuse_next(connections);
                self.command(Command::Graceful).await;
                self.send(response).await
            }
            WireAction::CloseAfter { .. }
            | WireAction::IdleClose { .. }
            | WireAction::HalfDead { .. }
            | WireAction::Raw(_)
            | WireAction::RawBase64(_)
            | WireAction::Script(_)
            | WireAction::Dribble { part: Part::Headers, .. } => {
                self.send(impossible("this fault needs HTTP/1.1, and the request came over HTTP/2")).await
            }
        }
    }

    /// The whole answer.
    async fn send(&mut self, response: Response) -> Result<(), h2::Error> {
        let (head, body) = open(response);
        if self.head_only || body.is_end_stream() {
            self.respond.send_response(head, true)?;
            return Ok(());
        }
        let mut stream = self.respond.send_response(head, false)?;
        send_body(&mut stream, body).await
    }

    /// Nothing, the headers, or the headers and the first bytes of the body; then time to let them go.
    async fn partly(&mut self, response: Response, place: Place, at: usize) -> Result<(), h2::Error> {
        if place != Place::Start {
            let _stream = self.send_part(response, place, at).await?;
            tokio::time::sleep(SETTLE).await;
        }
        Ok(())
    }

    async fn send_part(
        &mut self,
        response: Response,
        place: Place,
        at: usize,
    ) -> Result<SendStream<Bytes>, h2::Error> {
        let (head, body) = open(response);
        let mut stream = self.respond.send_response(head, false)?;
        if place == Place::Body {
            let body = body.collect().await.map(|all| all.to_bytes()).unwrap_or_default();
            send_all(&mut stream, body.slice(..at.min(body.len())), false).await?;
        }
        Ok(stream)
    }
}

/// Head and body apart, without the headers that HTTP/2 forbids.
fn open(response: Response) -> (http::Response<()>, Body) {
    let (mut parts, body) = response.into_parts();
    for name in [CONNECTION, TRANSFER_ENCODING, UPGRADE, HeaderName::from_static("keep-alive")] {
        parts.headers.remove(name);
    }
    (http::Response::from_parts(parts, ()), body)
}

async fn send_body(stream: &mut SendStream<Bytes>, mut body: Body) -> Result<(), h2::Error> {
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => send_all(stream, data, false).await?,
            Ok(Err(_)) => {}
            Err(_) => {
                stream.send_reset(Reason::INTERNAL_ERROR);
                return Ok(());
            }
        }
    }
    stream.send_data(Bytes::new(), true)
}

/// Sends as the client's window allows.
async fn send_all(stream: &mut SendStream<Bytes>, mut data: Bytes, last: bool) -> Result<(), h2::Error> {
    while !data.is_empty() {
        stream.reserve_capacity(data.len());
        let room = match poll_fn(|cx| stream.poll_capacity(cx)).await {
            Some(room) => room?,
            None => return Err(Reason::CANCEL.into()),
        };
        let piece = data.split_to(room.min(data.len()));
        if !piece.is_empty() {
            stream.send_data(piece, false)?;
        }
    }
    if last { stream.send_data(Bytes::new(), true) } else { Ok(()) }
}

/// A request body that opens the window again as it is read.
struct RecvBody(RecvStream);

impl HttpBody for RecvBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        Poll::Ready(match ready!(self.0.poll_data(cx)) {
            None => None,
            Some(Err(error)) => Some(Err(error)),
            Some(Ok(data)) => {
                let _ = self.0.flow_control().release_capacity(data.len());
                Some(Ok(Frame::data(data)))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }
}
