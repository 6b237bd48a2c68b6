//! Malformed answers by name.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};

use super::action::End;
use super::answer::Answer;
use super::program::{Op, Program};

/// Answers that break HTTP, or stretch it, in a well-known way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawAnswer {
    /// A chunk whose size is no hexadecimal number.
    BadChunkSize,
    /// Chunks, but the last one of size 0 never comes; then FIN.
    MissingLastChunk,
    /// A chunk size beyond 64 bits.
    ChunkSizeOverflow,
    /// Valid chunks of one byte each.
    TinyChunks,
    /// Chunks of 64 KiB for ever.
    EndlessChunks,
    /// `content-length` larger than the body; then FIN.
    ContentLengthTooLarge,
    /// `content-length` smaller than the body.
    ContentLengthTooSmall,
    /// Two different `content-length` headers.
    ContentLengthTwice,
    /// `content-length: -1`.
    ContentLengthNegative,
    /// `content-length: many`.
    ContentLengthText,
    /// `content-length` and `transfer-encoding: chunked` in one answer, body in chunks.
    LengthAndChunked,
    /// No `content-length`; the body ends with FIN in the middle of the JSON.
    NoLengthTruncated,
    /// No `content-length`; the whole body, ended by FIN.
    NoLength,
    /// Status 200, no body, no `content-length`; then FIN.
    EmptyClose,
    /// A NUL byte in a header value.
    HeaderNul,
    /// A space in a header name.
    HeaderSpace,
    /// Chinese characters as raw UTF-8 in a header value.
    HeaderCjk,
    /// A header line without a colon.
    HeaderNoColon,
    /// Lines ended by LF alone.
    LfOnly,
    /// 101 additional headers.
    ManyHeaders,
    /// One header of 600 KB.
    HugeHeader,
    /// Headers for ever.
    EndlessHeaders,
    /// What an SSH server says first.
    SshBanner,
    /// A TLS alert record, as a TLS server answers to plain HTTP.
    TlsAlert,
    /// 4 KiB that follow no protocol.
    Garbage,
    /// The answer in HTTP/1.0, ended by FIN.
    Http10,
    /// A version that does not exist: HTTP/3.7.
    BadVersion,
    /// `103 Early Hints` before the answer.
    EarlyHints,
    /// A thousand `100 Continue` before the answer.
    ManyContinues,
    /// `100 Continue` for ever, ten a second.
    EndlessContinues,
    /// 20 bytes after the body; the connection stays open.
    BytesAfterBody,
    /// A second, complete answer after the first.
    SecondAnswer,
    /// Status 999.
    Status999,
    /// Status 1000.
    Status1000,
    /// A status that is no number.
    StatusText,
    /// 204 with a body.
    NoContentWithBody,
    /// 204 without a body.
    NoContent,
    /// 101 Switching Protocols without having been asked.
    SwitchingProtocols,
}

impl RawAnswer {
    /// Every name, for documentation and tests.
    pub const ALL: &[Self] = &[
        Self::BadChunkSize,
        Self::MissingLastChunk,
        Self::ChunkSizeOverflow,
        Self::TinyChunks,
        Self::EndlessChunks,
        Self::ContentLengthTooLarge,
        Self::ContentLengthTooSmall,
        Self::ContentLengthTwice,
        Self::ContentLengthNegative,
        Self::ContentLengthText,
        Self::LengthAndChunked,
        Self::NoLengthTruncated,
        Self::NoLength,
        Self::EmptyClose,
        Self::HeaderNul,
        Self::HeaderSpace,
        Self::HeaderCjk,
        Self::HeaderNoColon,
        Self::LfOnly,
        Self::ManyHeaders,
        Self::HugeHeader,
        Self::EndlessHeaders,
        Self::SshBanner,
        Self::TlsAlert,
        Self::Garbage,
        Self::Http10,
        Self::BadVersion,
        Self::EarlyHints,
        Self::ManyContinues,
        Self::EndlessContinues,
        Self::BytesAfterBody,
        Self::SecondAnswer,
        Self::Status999,
        Self::Status1000,
        Self::StatusText,
        Self::NoContentWithBody,
        Self::NoContent,
        Self::SwitchingProtocols,
    ];

    /// Whether the answer of the application appears in it.
    #[must_use]
    pub fn uses_answer(self) -> bool {
        !matches!(
            self,
            Self::SshBanner
                | Self::TlsAlert
                | Self::Garbage
                | Self::EndlessHeaders
                | Self::SwitchingProtocols
        )
    }
}

/// The program that sends a malformed answer.
pub(super) fn program(name: RawAnswer, answer: &Answer) -> Program {
    use RawAnswer as R;
    let whole = |head: Bytes, end| Program::new(vec![Op::Send(head), Op::Send(answer.body.clone())], end);
    let framed = |framing: &str, end| whole(answer.head_framed(framing.as_bytes()), end);
    let chunked_head = || answer.head_framed(b"transfer-encoding: chunked\r\n");
    let chunked = |body: Bytes, end| Program::new(vec![Op::Send(chunked_head()), Op::Send(body)], end);
    let with_header = |line: &[u8]| {
        let mut framing = BytesMut::from(line);
        framing.extend_from_slice(&answer.framing);
        whole(answer.head_framed(&framing), End::Keep)
    };
    let text = |text: &str, end| Program::new(vec![Op::Send(Bytes::from(text.to_owned()))], end);
    let prefixed =
        |op: Op| Program::new(vec![op, Op::Send(answer.head()), Op::Send(answer.body.clone())], End::Keep);
    let repeat = |text: Bytes, times, pause| Op::Repeat { bytes: text, times, pause };
    let length = answer.body.len();
    let half = answer.body.slice(..length / 2);
    let status = |line: &str| whole(replace_status(answer, line), End::Keep);

    match name {
        R::BadChunkSize => chunked(Bytes::from_static(b"xyz\r\n{}\r\n0\r\n\r\n"), End::Fin),
        R::MissingLastChunk => chunked(chunk(&answer.body), End::Fin),
        R::ChunkSizeOverflow => {
            chunked(Bytes::from_static(b"fffffffffffffffff1\r\n{}\r\n0\r\n\r\n"), End::Fin)
        }
        R::TinyChunks => {
            let mut body = BytesMut::new();
            for byte in &answer.body {
                body.extend_from_slice(&chunk(&[*byte]));
            }
            body.extend_from_slice(b"0\r\n\r\n");
            chunked(body.freeze(), End::Keep)
        }
        R::EndlessChunks => {
            let block = repeat(chunk(&vec![b' '; 65_536]), None, Duration::ZERO);
            Program::new(vec![Op::Send(chunked_head()), block], End::Fin)
        }
        R::ContentLengthTooLarge => framed(&format!("content-length: {}\r\n", length + 100), End::Fin),
        R::ContentLengthTooSmall => {
            framed(&format!("content-length: {}\r\n", length.saturating_sub(5)), End::Stall)
        }
        R::ContentLengthTwice => {
            framed(&format!("content-length: {length}\r\ncontent-length: {}\r\n", length + 1), End::Fin)
        }
        R::ContentLengthNegative => framed("content-length: -1\r\n", End::Fin),
        R::ContentLengthText => framed("content-length: many\r\n", End::Fin),
        R::LengthAndChunked => {
            let framing = format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n");
            let mut body = BytesMut::from(chunk(&answer.body).as_ref());
            body.extend_from_slice(b"0\r\n\r\n");
            let head = answer.head_framed(framing.as_bytes());
            Program::new(vec![Op::Send(head), Op::Send(body.freeze())], End::Keep)
        }
        R::NoLengthTruncated => {
            Program::new(vec![Op::Send(answer.head_framed(b"")), Op::Send(half)], End::Fin)
        }
        R::NoLength => framed("", End::Fin),
        R::EmptyClose => Program::new(vec![Op::Send(answer.head_framed(b""))], End::Fin),
        R::HeaderNul => with_header(b"x-odd: a\0b\r\n"),
        R::HeaderSpace => with_header(b"x odd: value\r\n"),
        R::HeaderCjk => with_header("x-odd: 智服云\r\n".as_bytes()),
        R::HeaderNoColon => with_header(b"this line has no colon\r\n"),
        R::LfOnly => {
            let head: Vec<u8> = answer.head().iter().copied().filter(|byte| *byte != b'\r').collect();
            whole(Bytes::from(head), End::Keep)
        }
        R::ManyHeaders => {
            let lines: String = (0..101).map(|n| format!("x-filler-{n}: {n}\r\n")).collect();
            with_header(lines.as_bytes())
        }
        R::HugeHeader => {
            let mut line = BytesMut::from(&b"x-filler: "[..]);
            line.put_bytes(b'a', 600_000);
            line.extend_from_slice(b"\r\n");
            with_header(&line)
        }
        R::EndlessHeaders => {
            let line = repeat(
                Bytes::from_static(b"x-filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"),
                None,
                Duration::ZERO,
            );
            Program::new(vec![Op::Send(Bytes::from_static(b"HTTP/1.1 200 OK\r\n")), line], End::Fin)
        }
        R::SshBanner => text("SSH-2.0-OpenSSH_9.6\r\n", End::Fin),
        // Fatal, unexpected_message: what a TLS server says when it is greeted with "GET".
        R::TlsAlert => Program::new(vec![Op::Send(Bytes::from_static(&[21, 3, 1, 0, 2, 2, 10]))], End::Fin),
        R::Garbage => {
            let noise: Vec<u8> = (0..4096u32).map(|n| (n.wrapping_mul(167) % 251) as u8 | 0x80).collect();
            Program::new(vec![Op::Send(Bytes::from(noise))], End::Fin)
        }
        R::Http10 => {
            let head = answer.head_framed(b"");
            let mut line = BytesMut::from(&b"HTTP/1.0"[..]);
            line.extend_from_slice(head.get(8..).unwrap_or_default());
            whole(line.freeze(), End::Fin)
        }
        R::BadVersion => {
            let head = answer.head();
            let mut line = BytesMut::from(&b"HTTP/3.7"[..]);
            line.extend_from_slice(head.get(8..).unwrap_or_default());
            whole(line.freeze(), End::Fin)
        }
        R::EarlyHints => prefixed(Op::Send(Bytes::from_static(
            b"HTTP/1.1 103 Early Hints\r\nlink: </openapi.json>; rel=preload\r\n\r\n",
        ))),
        R::ManyContinues => {
            prefixed(repeat(Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n"), Some(1000), Duration::ZERO))
        }
        R::EndlessContinues => prefixed(repeat(
            Bytes::from_static(b"HTTP/1.1 100 Continue\r\n\r\n"),
            None,
            Duration::from_millis(100),
        )),
        R::BytesAfterBody => behind(whole(answer.head(), End::Stall), b"twenty bytes too man"),
        R::SecondAnswer => {
            behind(whole(answer.head(), End::Stall), b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        }
        R::Status999 => status("999 Odd"),
        R::Status1000 => status("1000 Odder"),
        R::StatusText => status("abc Oddest"),
        R::NoContentWithBody => status("204 No Content"),
        R::NoContent => Program::new(vec![Op::Send(no_content(answer))], End::Keep),
        R::SwitchingProtocols => text(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: odd\r\n\r\n",
            End::Stall,
        ),
    }
}

/// One chunk of a chunked body.
fn chunk(data: &[u8]) -> Bytes {
    let mut out = BytesMut::from(format!("{:x}\r\n", data.len()).as_bytes());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
    out.freeze()
}

fn after_status_line(answer: &Answer) -> &[u8] {
    let end = answer.fields.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    answer.fields.get(end..).unwrap_or_default()
}

fn replace_status(answer: &Answer, status: &str) -> Bytes {
    let mut head = BytesMut::from(format!("HTTP/1.1 {status}\r\n").as_bytes());
    head.extend_from_slice(after_status_line(answer));
    head.extend_from_slice(&answer.framing);
    head.extend_from_slice(b"\r\n");
    head.freeze()
}

fn no_content(answer: &Answer) -> Bytes {
    let mut head = BytesMut::from(&b"HTTP/1.1 204 No Content\r\n"[..]);
    head.extend_from_slice(after_status_line(answer));
    head.extend_from_slice(b"\r\n");
    head.freeze()
}

/// The same with `bytes` behind it, in the same write: bytes that came later could be the answer to a request that the
/// client has sent meanwhile, and no client could tell.
fn behind(mut program: Program, bytes: &[u8]) -> Program {
    let last = match program.ops.pop() {
        Some(Op::Send(sent)) => Bytes::from([&*sent, bytes].concat()),
        Some(other) => {
            program.ops.push(other);
            Bytes::copy_from_slice(bytes)
        }
        None => Bytes::copy_from_slice(bytes),
    };
    program.ops.push(Op::Send(last));
    program
}
