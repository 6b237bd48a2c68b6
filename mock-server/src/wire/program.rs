//! What is done to a connection, step by step.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::AsyncWriteExt;

use super::action::{Cut, End, Part, Place, Step, WireAction, decode};
use super::answer::Answer;
use super::raw;
use super::stream::Stream;

/// One operation on the stream.
#[derive(Debug, Clone)]
pub(super) enum Op {
    /// Sent at once.
    Send(Bytes),
    /// Sent in pieces with pauses between them.
    Dribble { bytes: Bytes, size: usize, pause: Duration },
    /// Sent again and again; `None` is for ever.
    Repeat { bytes: Bytes, times: Option<u64>, pause: Duration },
    /// Nothing happens.
    Sleep(Duration),
}

/// What becomes of the connection afterwards.
#[derive(Debug, Clone, Copy)]
pub(super) enum After {
    /// It ends like this.
    End(End),
    /// It ends when nothing arrives for some time; otherwise it goes on.
    Idle { after: Duration, how: End },
    /// It reads one more request and ends without answering it.
    HalfDead { how: End },
}

/// A program for one connection.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    pub(super) after: After,
}

impl Program {
    pub(super) fn new(ops: Vec<Op>, end: End) -> Self {
        Self { ops, after: After::End(end) }
    }

    /// The undisturbed answer.
    pub(super) fn plain(answer: &Answer, after: After) -> Self {
        Self { ops: vec![Op::Send(answer.head()), Op::Send(answer.body.clone())], after }
    }

    /// Turns an action and the answer into a program.
    ///
    /// # Errors
    /// A sentence, when the action cannot act on this connection.
    pub(super) fn compile(action: &WireAction, answer: &Answer) -> Result<Self, String> {
        Ok(match action {
            WireAction::Cut(cut) => cut_program(*cut, answer),
            WireAction::Dribble { bytes, every_ms, part } => {
                let pause = Duration::from_millis(*every_ms);
                let slow = |bytes_of: Bytes| Op::Dribble { bytes: bytes_of, size: *bytes, pause };
                let (head, body) = (answer.head(), answer.body.clone());
                let ops = match part {
                    Part::Headers => vec![slow(head), Op::Send(body)],
                    Part::Body => vec![Op::Send(head), slow(body)],
                    Part::All => vec![slow(head), Op::Sleep(pause), slow(body)],
                };
                Self::new(ops, End::Keep)
            }
            WireAction::Stall { place, at, ms } => {
                let (before, rest) = split(answer, *place, *at);
                match ms {
                    None => Self::new(vec![Op::Send(before)], End::Stall),
                    Some(ms) => {
                        let pause = Op::Sleep(Duration::from_millis(*ms));
                        Self::new(vec![Op::Send(before), pause, Op::Send(rest)], End::Keep)
                    }
                }
            }
            // Counted by the connection, which knows how many requests it has carried.
            WireAction::CloseAfter { .. } => Self::plain(answer, After::End(End::Keep)),
            WireAction::IdleClose { after_ms, how } => {
                Self::plain(answer, After::Idle { after: Duration::from_millis(*after_ms), how: *how })
            }
            WireAction::HalfDead { how } => Self::plain(answer, After::HalfDead { how: *how }),
            WireAction::Refuse { .. } => Self::plain(answer, After::End(End::Fin)),
            WireAction::Raw(name) => raw::program(*name, answer),
            WireAction::RawBase64(text) => Self::new(vec![Op::Send(decode(text)?)], End::Fin),
            WireAction::Script(steps) => script(steps, answer)?,
            WireAction::H2(_) => {
                return Err("this fault needs HTTP/2, and the request came over HTTP/1.1".into());
            }
        })
    }
}

fn cut_program(cut: Cut, answer: &Answer) -> Program {
    let (before, _) = split(answer, cut.place, cut.at);
    let ops = if before.is_empty() { Vec::new() } else { vec![Op::Send(before)] };
    Program::new(ops, cut.how)
}

/// The answer in two parts, cut at a byte of its headers or of its body.
fn split(answer: &Answer, place: Place, at: usize) -> (Bytes, Bytes) {
    let head = answer.head();
    let mut all = BytesMut::from(head.as_ref());
    all.extend_from_slice(&answer.body);
    let mut all = all.freeze();
    let position = match place {
        Place::Start => 0,
        // Never the whole head: a cut in the headers leaves them incomplete.
        Place::Headers => at.min(head.len().saturating_sub(1)),
        Place::Body => head.len().saturating_add(at).min(all.len()),
    };
    let before = all.split_to(position);
    (before, all)
}

fn script(steps: &[Step], answer: &Answer) -> Result<Program, String> {
    let mut ops = Vec::with_capacity(steps.len());
    let mut end = End::Fin;
    for step in steps {
        match step {
            Step::Answer => {
                ops.push(Op::Send(answer.head()));
                ops.push(Op::Send(answer.body.clone()));
            }
            Step::AnswerHead => ops.push(Op::Send(answer.head())),
            Step::AnswerBody => ops.push(Op::Send(answer.body.clone())),
            Step::Text(text) => ops.push(Op::Send(Bytes::from(text.clone()))),
            Step::Base64(text) => ops.push(Op::Send(decode(text)?)),
            Step::Repeat(repeat) => ops.push(Op::Repeat {
                bytes: Bytes::from(repeat.text.clone()),
                times: repeat.times,
                pause: Duration::from_millis(repeat.every_ms),
            }),
            Step::SleepMs(ms) => ops.push(Op::Sleep(Duration::from_millis(*ms))),
            Step::End(how) => end = *how,
        }
    }
    Ok(Program::new(ops, end))
}

/// Runs the operations. False when the client went away meanwhile.
pub(super) async fn run(stream: &mut Stream, ops: Vec<Op>) -> bool {
    for op in ops {
        if !run_one(stream, op).await {
            return false;
        }
    }
    true
}

async fn run_one(stream: &mut Stream, op: Op) -> bool {
    match op {
        Op::Send(bytes) => send(stream, &bytes).await,
        Op::Dribble { bytes, size, pause } => {
            let mut pieces = bytes.chunks(size.max(1)).peekable();
            while let Some(piece) = pieces.next() {
                if !send(stream, piece).await {
                    return false;
                }
                if pieces.peek().is_some() {
                    tokio::time::sleep(pause).await;
                }
            }
            true
        }
        Op::Repeat { bytes, times, pause } => {
            let mut sent = 0;
            while times.is_none_or(|times| sent < times) {
                if !send(stream, &bytes).await {
                    return false;
                }
                sent += 1;
                if pause.is_zero() {
                    // An endless stream of bytes must not starve the other connections.
                    tokio::task::yield_now().await;
                } else {
                    tokio::time::sleep(pause).await;
                }
            }
            true
        }
        Op::Sleep(pause) => {
            tokio::time::sleep(pause).await;
            true
        }
    }
}

async fn send(stream: &mut Stream, bytes: &[u8]) -> bool {
    stream.write_all(bytes).await.is_ok() && stream.flush().await.is_ok()
}
