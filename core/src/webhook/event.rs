//! The verified event.

use super::payload::{ConversationPayload, Name, TicketPayload};
use super::reason::{WebhookReason, refuse};
use crate::envelope::mend;
use crate::error::{Error, Result};
use crate::models::{Extra, instant};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use serde_json::value::RawValue;

/// The event types that this version knows (API reference, "事件类型"). Others arrive as
/// [`EventData::Unknown`].
pub const EVENT_TYPES: &[&str] =
    &["conversation.created", "conversation.closed", "ticket.created", "ticket.updated", "ticket.resolved"];

/// A webhook whose signature was good.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The id of the webhook, the same in every retry of it; `None` if the scheme has none.
    pub id: Option<String>,
    /// The type as it was sent, such as `ticket.created`, also where it is unknown.
    pub event_type: String,
    /// When it happened, by the body; `None` if it was missing or not an instant (then it is in `extra`).
    pub timestamp: Option<DateTime<Utc>>,
    /// When this attempt was sent, by the signed timestamp; `None` if the scheme has none.
    pub sent_at: Option<DateTime<Utc>>,
    /// What happened.
    pub data: EventData,
    /// What the body held beyond these fields.
    pub extra: Extra,
    pub(super) raw: String,
    pub(super) body_hash: Option<String>,
}

impl Event {
    /// The body as text, byte for byte as it was signed, except for a byte order mark, which is left out.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What identifies this webhook among all that were ever sent, for a [`super::ReplayGuard`]: its id, or
    /// without one the SHA-256 of the raw body in hexadecimal.
    ///
    /// Without an id two events with equal bodies are one: their timestamps are all that sets them apart.
    #[must_use]
    pub fn dedupe_key(&self) -> &str {
        self.id.as_deref().or(self.body_hash.as_deref()).unwrap_or_default()
    }

    /// An event that was verified before and then kept as data, such as in a queue of jobs: from its
    /// [`raw`](Self::raw), id, time of sending and [`dedupe_key`](Self::dedupe_key). Nothing is verified.
    ///
    /// ```
    /// use zhifuyun::webhook::Event;
    ///
    /// let event = Event::from_verified(r#"{"event":"ticket.created"}"#, None, None, "kept with it")?;
    /// assert_eq!((event.event_type.as_str(), event.dedupe_key()), ("ticket.created", "kept with it"));
    /// # Ok::<(), zhifuyun::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `WebhookVerification`, if `raw` is not the body of an event.
    pub fn from_verified(
        raw: &str,
        id: Option<String>,
        sent_at: Option<DateTime<Utc>>,
        dedupe_key: &str,
    ) -> Result<Self> {
        let Parsed { event_type, timestamp, data, extra, raw } = parse(raw.as_bytes())?;
        let body_hash = id.is_none().then(|| dedupe_key.to_owned());
        Ok(Self { id, event_type, timestamp, sent_at, data, extra, raw, body_hash })
    }
}

/// The fields of the event; `type` is what bindings and the vectors call `event_type`.
impl serde::Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let time = |t: &DateTime<Utc>| t.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut out = s.serialize_struct("Event", 7)?;
        out.serialize_field("id", &self.id)?;
        out.serialize_field("type", &self.event_type)?;
        out.serialize_field("timestamp", &self.timestamp.as_ref().map(time))?;
        out.serialize_field("sent_at", &self.sent_at.as_ref().map(time))?;
        out.serialize_field("data", &self.data)?;
        out.serialize_field("extra", &self.extra)?;
        out.serialize_field("dedupe_key", self.dedupe_key())?;
        out.end()
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// `conversation.created`: a customer began a conversation.
    ConversationCreated(ConversationPayload),
    /// `conversation.closed`: a conversation ended.
    ConversationClosed(ConversationPayload),
    /// `ticket.created`: a ticket was opened.
    TicketCreated(TicketPayload),
    /// `ticket.updated`: a ticket changed.
    TicketUpdated(TicketPayload),
    /// `ticket.resolved`: a ticket is done.
    TicketResolved(TicketPayload),
    /// A type that this version does not know, or a known one whose data is not an object. Answer 200: the
    /// sender would only send it again.
    Unknown {
        /// The type as it was sent.
        event_type: String,
        /// The data as it was sent; `null` if there was none.
        data: Value,
    },
}

impl EventData {
    fn read(event_type: &str, data: Option<&RawValue>) -> serde_json::Result<Self> {
        let data = data.map_or("null", RawValue::get);
        let data = match data.as_bytes() {
            [b'{', ..] => data,
            b"null" if EVENT_TYPES.contains(&event_type) => "{}",
            _ => return Self::unknown(event_type, data),
        };
        Ok(match event_type {
            "conversation.created" => Self::ConversationCreated(serde_json::from_str(data)?),
            "conversation.closed" => Self::ConversationClosed(serde_json::from_str(data)?),
            "ticket.created" => Self::TicketCreated(serde_json::from_str(data)?),
            "ticket.updated" => Self::TicketUpdated(serde_json::from_str(data)?),
            "ticket.resolved" => Self::TicketResolved(serde_json::from_str(data)?),
            _ => return Self::unknown(event_type, data),
        })
    }

    fn unknown(event_type: &str, data: &str) -> serde_json::Result<Self> {
        Ok(Self::Unknown { event_type: event_type.to_owned(), data: serde_json::from_str(data)? })
    }

    /// The conversation, if the event is about one.
    #[must_use]
    pub fn conversation(&self) -> Option<&ConversationPayload> {
        match self {
            Self::ConversationCreated(c) | Self::ConversationClosed(c) => Some(c),
            _ => None,
        }
    }

    /// The ticket, if the event is about one.
    #[must_use]
    pub fn ticket(&self) -> Option<&TicketPayload> {
        match self {
            Self::TicketCreated(t) | Self::TicketUpdated(t) | Self::TicketResolved(t) => Some(t),
            _ => None,
        }
    }
}

impl serde::Serialize for EventData {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::ConversationCreated(c) | Self::ConversationClosed(c) => c.serialize(s),
            Self::TicketCreated(t) | Self::TicketUpdated(t) | Self::TicketResolved(t) => t.serialize(s),
            Self::Unknown { data, .. } => data.serialize(s),
        }
    }
}

/// What the body says, before the headers add their part.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) event_type: String,
    pub(super) timestamp: Option<DateTime<Utc>>,
    pub(super) data: EventData,
    pub(super) extra: Extra,
    pub(super) raw: String,
}

/// Reads a body whose signature was good.
pub(super) fn parse(body: &[u8]) -> Result<Parsed> {
    let text = simdutf8::compat::from_utf8(body).map_err(|e| {
        refuse(
            WebhookReason::NotUtf8,
            format!(
                "the signature is good, but the body is not UTF-8 from byte {} on: the sender wrote it wrongly",
                e.valid_up_to()
            ),
        )
    })?;
    // RFC 8259, section 8.1: a reader may ignore a byte order mark. It was signed, so it was sent.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = read(text).or_else(|error| match mend(text) {
        Some(mended) => read(&mended),
        None => Err(error),
    })?;
    Ok(Parsed { raw: text.to_owned(), ..parsed })
}

/// All but `raw`.
fn read(text: &str) -> Result<Parsed> {
    // The shape is looked at first, so that broken JSON of another shape is called broken, not misshapen.
    if !text.trim_ascii_start().starts_with('{') {
        serde_json::from_str::<Value>(text).map_err(not_json)?;
        return Err(malformed("the body is JSON of another shape"));
    }
    let Envelope { event, timestamp, data, mut extra } = serde_json::from_str(text).map_err(not_json)?;
    let event_type = match event {
        Some(Value::String(event)) if !event.is_empty() => event,
        Some(_) => return Err(malformed("`event` is not a name")),
        None => return Err(malformed("there is no `event`")),
    };
    let instant = timestamp.as_ref().and_then(instant);
    if let Some(unfit) = timestamp.filter(|t| instant.is_none() && !t.is_null()) {
        extra.insert("timestamp".to_owned(), unfit);
    }
    Ok(Parsed {
        data: EventData::read(&event_type, data).map_err(not_json)?,
        event_type,
        timestamp: instant,
        extra,
        raw: String::new(),
    })
}

fn not_json(error: serde_json::Error) -> Error {
    refuse(
        WebhookReason::NotJson,
        format!(
            "the signature is good, but the body is not JSON that can be read ({:?} error, column {}): the sender \
             wrote it wrongly, or the endpoint is subscribed to something else",
            error.classify(),
            error.column()
        ),
    )
}

fn malformed(what: &str) -> Error {
    refuse(
        WebhookReason::MalformedEvent,
        format!(
            "the signature is good, but {what}; an event is an object with `event`, `timestamp` and `data`"
        ),
    )
}

/// The body, with the data left for when its type is known.
#[derive(Default)]
struct Envelope<'a> {
    event: Option<Value>,
    timestamp: Option<Value>,
    data: Option<&'a RawValue>,
    extra: Extra,
}

impl<'de> serde::Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Envelope<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an event")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut out = Envelope::default();
                while let Some(name) = map.next_key::<Name<'de>>()? {
                    match &*name.0 {
                        "event" => out.event = Some(map.next_value()?),
                        "timestamp" => out.timestamp = Some(map.next_value()?),
                        "data" => out.data = Some(map.next_value()?),
                        _ => {
                            out.extra.insert(name.0.into_owned(), map.next_value()?);
                        }
                    }
                }
                Ok(out)
            }
        }
        d.deserialize_map(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_documented_type_has_its_own_variant() {
        for event in EVENT_TYPES {
            let body = json!({"event": event, "data": {"x": 1}}).to_string();
            let parsed = parse(body.as_bytes()).unwrap();
            assert!(parsed.data.conversation().is_some() || parsed.data.ticket().is_some(), "{event}");
            assert_eq!(parsed.event_type, *event);
        }
    }

    #[test]
    fn shapes() {
        use WebhookReason as R;
        let cases: [(&[u8], Option<R>); 12] = [
            (br#"{"event":"x"}"#, None),
            (b"\xef\xbb\xbf{\"event\":\"x\"}", None),
            (br#"{"event":"ticket.created","data":[1]}"#, None),
            (b"\xef\xbb\xbf\xef\xbb\xbf{\"event\":\"x\"}", Some(R::NotJson)),
            (b"\xff", Some(R::NotUtf8)),
            (b"{\"event\":\"\xe4\xbd\"}", Some(R::NotUtf8)),
            (b"{", Some(R::NotJson)),
            (br#"{"event":"x"} {}"#, Some(R::NotJson)),
            (b"[]", Some(R::MalformedEvent)),
            (b"{}", Some(R::MalformedEvent)),
            (br#"{"event":""}"#, Some(R::MalformedEvent)),
            (br#"{"event":1}"#, Some(R::MalformedEvent)),
        ];
        for (body, want) in cases {
            let got = parse(body).err().and_then(|e| e.webhook_reason());
            assert_eq!(got, want, "{}", String::from_utf8_lossy(body));
        }
        // Nesting is bounded by the parser: no stack is at risk.
        assert_eq!(parse("[".repeat(100_000).as_bytes()).unwrap_err().webhook_reason(), Some(R::NotJson));
    }

    #[test]
    fn half_a_surrogate_pair_costs_one_character() {
        let body = br#"{"event":"ticket.created","data":{"title":"half \ud83d","\udc00":"\ud83d\ude00"},"v":"\ud83d"}"#;
        let p = parse(body).unwrap();
        assert_eq!(p.data.ticket().unwrap().title.as_deref(), Some("half \u{fffd}"));
        assert_eq!(Value::Object(p.data.ticket().unwrap().extra.clone()), json!({"\u{fffd}": "😀"}));
        assert_eq!(Value::Object(p.extra), json!({"v": "\u{fffd}"}));
        assert_eq!(p.raw.as_bytes(), body);
    }

    #[test]
    fn what_does_not_fit_is_kept() {
        let p = parse(br#"{"event":"ticket.created","timestamp":"soon","data":"text","v":2}"#).unwrap();
        assert_eq!(p.timestamp, None);
        assert_eq!(Value::Object(p.extra), json!({"timestamp": "soon", "v": 2}));
        let want = EventData::Unknown { event_type: "ticket.created".into(), data: json!("text") };
        assert_eq!(p.data, want);
        let p = parse(br#"{"event":"later.added"}"#).unwrap();
        assert_eq!(p.data, EventData::Unknown { event_type: "later.added".into(), data: Value::Null });
        let p = parse(br#"{"event":"ticket.updated","data":null}"#).unwrap();
        assert_eq!(p.data, EventData::TicketUpdated(TicketPayload::default()));
    }
}
