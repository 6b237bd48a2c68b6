//! One HTTP/1.1 connection: hyper as long as nothing goes wrong, the bare stream when something should.

use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, StatusCode, Version};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tower::Service as _;

use super::action::{End, WireAction};
use super::answer::Answer;
use super::listener::{Front, RequestLimit, Who};
use super::program::{self, After, Op, Program};
use super::stream::Stream;

/// What one connection remembers between requests.
struct Memory {
    front: Arc<Front>,
    who: Who,
    requests: AtomicU64,
    limit: Mutex<Option<RequestLimit>>,
}

impl Memory {
    fn limit(&self) -> Option<RequestLimit> {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_limit(&self, limit: RequestLimit) {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = Some(limit);
    }
}

/// Serves requests until the client or a fault ends the connection.
pub(super) async fn serve_http1(mut stream: Stream, app: Router, front: Arc<Front>, who: Who) {
    let limit = Mutex::new(front.behaviour().close_after);
    let own = front.clone();
    let leave = own.closing();
    tokio::pin!(leave);
    let mut leaving = false;
    let memory = Arc::new(Memory { front, who, requests: AtomicU64::new(0), limit });
    loop {
        let (hand_over, mut taken) = mpsc::channel::<Program>(1);
        let (memory, app) = (memory.clone(), app.clone());
        let service = service_fn(move |request| {
            Box::pin(answer(request, app.clone(), memory.clone(), hand_over.clone()))
        });
        let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        let program = loop {
            tokio::select! {
                biased;
                Some(program) = taken.recv() => break Some(program),
                () = &mut leave, if !leaving => {
                    leaving = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                // The outcome is no news: the client went away, or sent something that is not HTTP.
                _ = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break None,
            }
        };
        let parts = connection.into_parts();
        stream = parts.io.into_inner();
        let Some(program) = program else {
            if leaving {
                stream.leave().await;
            } else {
                stream.end(End::Fin).await;
            }
            return;
        };
        stream.push_back(parts.read_buf);
        match carry_out(stream, program).await {
            Some(again) if !leaving => stream = again,
            Some(last) => {
                last.end(End::Fin).await;
                return;
            }
            None => return,
        }
    }
}

/// Runs a program; gives the stream back when it stays in use.
async fn carry_out(mut stream: Stream, program: Program) -> Option<Stream> {
    let silent = program.ops.is_empty();
    if !program::run(&mut stream, program.ops).await {
        return None;
    }
    match program.after {
        After::End(End::Keep) => return Some(stream),
        After::End(how) => {
            if how == End::Reset && !silent {
                // A reset overtakes bytes that are still on their way; let them arrive first.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            stream.end(how).await;
        }
        After::Idle { after, how } => match tokio::time::timeout(after, stream.readable()).await {
            Ok(true) => return Some(stream),
            Ok(false) => {}
            Err(_) => stream.end(how).await,
        },
        After::HalfDead { how } => {
            if stream.readable().await {
                stream.end(how).await;
            }
        }
    }
    None
}

async fn answer(
    request: Request<Incoming>,
    mut app: Router,
    memory: Arc<Memory>,
    hand_over: mpsc::Sender<Program>,
) -> Result<Response, std::convert::Infallible> {
    let nth = memory.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let (mut parts, body) = request.into_parts();
    let method = parts.method.clone();
    let closing = wants_close(parts.version, &parts.headers);
    let read = Arc::new(AtomicBool::new(body.is_end_stream()));
    let body = if body.is_end_stream() {
        Body::empty()
    } else {
        Body::new(Watched { inner: body, read: read.clone() })
    };
    parts.extensions.insert(memory.who.info(nth, false));
    let Ok(mut response) = app.call(Request::from_parts(parts, body)).await;

    let action = response.extensions_mut().remove::<WireAction>();
    match &action {
        Some(WireAction::CloseAfter { requests, how, announce }) => {
            memory.set_limit(RequestLimit { requests: *requests, how: *how, announce: *announce });
        }
        Some(WireAction::Refuse { connections }) => memory.front.refuse_next(*connections),
        _ => {}
    }
    let last = memory.limit().filter(|limit| nth >= limit.requests);
    let idle = memory.front.behaviour().idle_close;
    if action.is_none() && last.is_none() && idle.is_none() {
        return Ok(response);
    }
    // A body that is made while it is sent may have no end, so it is never kept; such an answer is the last one.
    if action.is_none() && response.body().size_hint().exact().is_none() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return Ok(response);
    }

    let announced = last.is_some_and(|limit| limit.announce)
        || matches!(action, Some(WireAction::Refuse { .. }))
        || closing;
    let answer = Answer::render(response, &method, announced).await;
    let program = match &action {
        None => Program::plain(&answer, After::End(End::Keep)),
        Some(action) => match Program::compile(action, &answer) {
            Ok(program) => program,
            Err(reason) => return Ok(impossible(&reason)),
        },
    };
    let program = settle(program, last, idle, closing || !read.load(Ordering::Acquire));
    // The connection stops polling this future as soon as it has the program.
    let _ = hand_over.send(program).await;
    pending().await
}

/// Decides what becomes of a connection that the program itself would keep.
fn settle(
    mut program: Program,
    last: Option<RequestLimit>,
    idle: Option<super::listener::IdleClose>,
    must_close: bool,
) -> Program {
    if let After::End(End::Keep) = program.after {
        if let Some(limit) = last {
            program.after = After::End(limit.how);
        } else if must_close {
            program.after = After::End(End::Fin);
        } else if let Some(idle) = idle {
            program.after = After::Idle { after: Duration::from_millis(idle.after_ms), how: idle.how };
        }
    }
    program.ops.retain(|op| !matches!(op, Op::Send(bytes) if bytes.is_empty()));
    program
}

fn wants_close(version: Version, headers: &HeaderMap) -> bool {
    let says = |word: &str| {
        headers.get_all(CONNECTION).iter().any(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(word)))
        })
    };
    says("close") || (version == Version::HTTP_10 && !says("keep-alive"))
}

/// The answer when a rule asks for something that this connection cannot do: loud, never silent.
pub(crate) fn impossible(reason: &str) -> Response {
    let body = serde_json::json!({"code": 500, "message": format!("mock server: {reason}")}).to_string();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A request body that notes when it has been read to its end: only then may the connection be used again.
struct Watched {
    inner: Incoming,
    read: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if frame.is_none() || self.inner.is_end_stream() {
            self.read.store(true, Ordering::Release);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
