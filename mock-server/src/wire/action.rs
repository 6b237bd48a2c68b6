//! The vocabulary of faults on the socket, as data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::raw::RawAnswer;

/// How a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// An orderly close: TLS says goodbye when there is TLS, then FIN.
    #[default]
    Fin,
    /// RST (linger 0).
    Reset,
    /// FIN without TLS `close_notify`; the same as `fin` on a plain connection.
    NoCloseNotify,
    /// The connection stays open and silent; whatever the client sends is read and thrown away.
    Stall,
    /// The connection stays usable for the next request.
    Keep,
}

/// Where in an answer something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Before the first byte.
    #[default]
    Start,
    /// Inside the status line and headers, counted from the first byte of the answer.
    Headers,
    /// Inside the body, counted from the first byte after the headers.
    Body,
}

/// A cut: so many bytes are sent, then the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Which part of the answer is cut.
    #[serde(default, rename = "in")]
    pub place: Place,
    /// How many bytes of that part still get out.
    #[serde(default)]
    pub at: usize,
    /// How the connection ends.
    #[serde(default)]
    pub how: End,
}

/// Which bytes of an answer are slowed down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Status line and headers.
    Headers,
    /// The body.
    Body,
    /// Everything.
    #[default]
    All,
}

/// A fault on the wire, attached to a response as an extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WireAction {
    /// Ends the connection in the middle of the answer.
    Cut(Cut),
    /// Sends the answer in small pieces.
    #[serde(rename = "dribble")]
    Dribble {
        /// Bytes per piece.
        bytes: usize,
        /// Pause between two pieces.
        every_ms: u64,
        /// What is sent that way; the rest goes out at once.
        #[serde(default)]
        part: Part,
    },
    /// Pauses in the middle of the answer, for some time or for ever.
    Stall {
        /// Where the pause happens.
        #[serde(default, rename = "in")]
        place: Place,
        /// Bytes of that part that go out before it.
        #[serde(default)]
        at: usize,
        /// Length of the pause; without it the rest never comes.
        #[serde(default)]
        ms: Option<u64>,
    },
    /// Closes the connection after its k-th request, counting every request the connection has carried.
    CloseAfter {
        /// The last request that is answered on the connection.
        requests: u64,
        /// How it ends.
        #[serde(default)]
        how: End,
        /// Whether the last answer says `connection: close`.
        #[serde(default)]
        announce: bool,
    },
    /// Answers, keeps the connection open, and ends it when nothing arrives for some time.
    IdleClose {
        /// Idle time before the end.
        after_ms: u64,
        /// How it ends.
        #[serde(default)]
        how: End,
    },
    /// Answers, reads the next request on the same connection, and then ends it without an answer.
    HalfDead {
        /// How it ends.
        #[serde(default)]
        how: End,
    },
    /// Answers with `connection: close`; the listener then resets the next connections at once.
    Refuse {
        /// How many connections are reset.
        connections: u64,
    },
    /// A well-known malformed answer, by name.
    Raw(RawAnswer),
    /// These bytes instead of the answer, then FIN.
    RawBase64(String),
    /// A list of steps instead of the answer, for what no other action covers.
    Script(Vec<Step>),
    /// A fault of HTTP/2 framing; needs a connection that speaks HTTP/2.
    H2(H2Action),
}

/// One step of a [`WireAction::Script`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// The whole answer as it would have been sent.
    Answer,
    /// Only its status line and headers, with the empty line.
    AnswerHead,
    /// Only its body.
    AnswerBody,
    /// Text, sent as UTF-8.
    Text(String),
    /// Bytes in base64.
    Base64(String),
    /// The same text many times.
    Repeat(Repeat),
    /// A pause.
    SleepMs(u64),
    /// The end; steps after it are refused. Without one the connection is closed with FIN.
    End(End),
}

/// The repetition of a [`Step::Repeat`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// What is sent.
    pub text: String,
    /// How often; without it until the client goes away.
    #[serde(default)]
    pub times: Option<u64>,
    /// Pause after each.
    #[serde(default)]
    pub every_ms: u64,
}

/// Faults of HTTP/2.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum H2Action {
    /// GOAWAY for the connection.
    Goaway {
        /// The error code in the frame.
        #[serde(default)]
        code: H2Reason,
        /// Whether the request that provoked it is still answered. Only possible with `no_error`.
        #[serde(default)]
        answer: bool,
    },
    /// RST_STREAM for the request.
    RstStream {
        /// The error code in the frame.
        code: H2Reason,
        /// Where in the answer.
        #[serde(default, rename = "in")]
        place: Place,
        /// Body bytes that go out before it.
        #[serde(default)]
        at: usize,
    },
    /// Many DATA frames without a byte before the body.
    EmptyData {
        /// How many.
        frames: u64,
    },
}

/// Error codes of HTTP/2 (RFC 9113, section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum H2Reason {
    /// 0.
    #[default]
    NoError,
    /// 1.
    ProtocolError,
    /// 2.
    InternalError,
    /// 7.
    RefusedStream,
    /// 8.
    Cancel,
    /// 11.
    EnhanceYourCalm,
    /// 13.
    #[serde(rename = "http_1_1_required")]
    Http11Required,
}

impl WireAction {
    /// Whether the action needs an answer of the application to work on. The others replace it.
    #[must_use]
    pub fn uses_answer(&self) -> bool {
        match self {
            Self::Raw(raw) => raw.uses_answer(),
            Self::RawBase64(_) => false,
            Self::Script(steps) => {
                steps.iter().any(|step| matches!(step, Step::Answer | Step::AnswerHead | Step::AnswerBody))
            }
            _ => true,
        }
    }

    /// Refuses what could never do anything sensible.
    ///
    /// # Errors
    /// A sentence that says which value is wrong.
    pub fn validate(&self) -> Result<(), String> {
        match self {
            Self::Cut(cut) if cut.how == End::Keep => Err("cut: how cannot be keep".into()),
            Self::Dribble { bytes: 0, .. } => Err("dribble: bytes must be at least 1".into()),
            Self::CloseAfter { requests: 0, .. } => Err("close_after: requests must be at least 1".into()),
            Self::CloseAfter { how: End::Keep, .. }
            | Self::IdleClose { how: End::Keep, .. }
            | Self::HalfDead { how: End::Keep } => Err("how cannot be keep: that is no fault".into()),
            Self::Refuse { connections: 0 } => Err("refuse: connections must be at least 1".into()),
            Self::RawBase64(text) => decode(text).map(|_| ()),
            Self::Script(steps) => validate_script(steps),
            Self::H2(H2Action::Goaway { code, answer: true }) if *code != H2Reason::NoError => {
                Err("h2.goaway: only no_error leaves the request answered".into())
            }
            _ => Ok(()),
        }
    }
}

fn validate_script(steps: &[Step]) -> Result<(), String> {
    if steps.is_empty() {
        return Err("script: at least one step is needed".into());
    }
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Base64(text) => {
                decode(text)?;
            }
            Step::End(_) if index + 1 != steps.len() => {
                return Err("script: end must be the last step".into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Decodes standard base64.
pub(super) fn decode(text: &str) -> Result<Bytes, String> {
    STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("not base64: {error}"))
}

impl From<H2Reason> for h2::Reason {
    fn from(reason: H2Reason) -> Self {
        match reason {
            H2Reason::NoError => Self::NO_ERROR,
            H2Reason::ProtocolError => Self::PROTOCOL_ERROR,
            H2Reason::InternalError => Self::INTERNAL_ERROR,
            H2Reason::RefusedStream => Self::REFUSED_STREAM,
            H2Reason::Cancel => Self::CANCEL,
            H2Reason::EnhanceYourCalm => Self::ENHANCE_YOUR_CALM,
            H2Reason::Http11Required => Self::HTTP_1_1_REQUIRED,
        }
    }
}
