//! The body of a webhook, read once its signature was good.

use super::event::{EVENT_TYPES, EventData};
use super::reason::{WebhookReason, refuse};
use crate::envelope::{from_str, mend};
use crate::error::{Error, Result};
use crate::models::{Extra, Key, instant};
use chrono::{DateTime, Utc};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

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
    let mut body = Body { at_once: true, ..Body::default() };
    if from_str(text, &mut body).is_err() {
        body = Body::default();
        from_str(text, &mut body).map_err(not_json)?;
    }
    let Body { event, timestamp, data, later, mut extra, .. } = body;
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
        data: match data {
            Some(data) => data,
            None => data_of(&event_type, later.map_or("null", RawValue::get)).map_err(not_json)?,
        },
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

/// Data that were left for when their type is known.
fn data_of(event_type: &str, data: &str) -> serde_json::Result<EventData> {
    match data.as_bytes() {
        [b'{', ..] => from_str(data, DataOf(event_type)),
        b"null" if EVENT_TYPES.contains(&event_type) => from_str("{}", DataOf(event_type)),
        _ => Ok(EventData::Unknown { event_type: event_type.to_owned(), data: serde_json::from_str(data)? }),
    }
}

/// The body as JSON. Of a repeated name the last one counts.
#[derive(Default)]
struct Body<'a> {
    event: Option<Value>,
    timestamp: Option<Value>,
    data: Option<EventData>,
    /// Data whose type was not known where they stood.
    later: Option<&'a RawValue>,
    extra: Extra,
    /// Whether data that follow their type, as senders write them, are read where they stand: to look where they end
    /// and to read them then costs almost twice as much. Reading fails where anything is odd, for a second try.
    at_once: bool,
}

impl<'de> DeserializeSeed<'de> for &mut Body<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Body<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Key<'de>>()? {
            match (name.as_str(), &self.event) {
                ("event", _) if self.data.is_some() => return Err(A::Error::custom("a type after its data")),
                ("event", _) => self.event = Some(map.next_value()?),
                ("timestamp", _) => self.timestamp = Some(map.next_value()?),
                ("data", Some(Value::String(event_type))) if self.at_once => {
                    self.data = Some(map.next_value_seed(DataOf(event_type))?);
                }
                ("data", _) => self.later = Some(map.next_value()?),
                (other, _) => drop(self.extra.insert(other.to_owned(), map.next_value()?)),
            }
        }
        Ok(())
    }
}

/// Reads the data of this type of event. A type that is known takes objects only.
struct DataOf<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for DataOf<'_> {
    type Value = EventData;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<EventData, D::Error> {
        Ok(match self.0 {
            "conversation.created" => EventData::ConversationCreated(Deserialize::deserialize(d)?),
            "conversation.closed" => EventData::ConversationClosed(Deserialize::deserialize(d)?),
            "ticket.created" => EventData::TicketCreated(Deserialize::deserialize(d)?),
            "ticket.updated" => EventData::TicketUpdated(Deserialize::deserialize(d)?),
            "ticket.resolved" => EventData::TicketResolved(Deserialize::deserialize(d)?),
            other => EventData::Unknown { event_type: other.to_owned(), data: Deserialize::deserialize(d)? },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::payload::TicketPayload;
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
    fn the_last_of_a_name_counts_in_every_order() {
        let ticket = |id: &str| TicketPayload { ticket_id: Some(id.to_owned()), ..Default::default() };
        let created = EventData::TicketCreated(ticket("a"));
        let resolved = EventData::TicketResolved(ticket("a"));
        let unknown = |data| EventData::Unknown { event_type: "ticket.resolved".to_owned(), data };
        for (body, want) in [
            (r#"{"event":"ticket.created","data":{"ticket_id":"a"}}"#, created.clone()),
            (r#"{"data":{"ticket_id":"a"},"event":"ticket.created"}"#, created),
            (
                r#"{"event":"ticket.created","data":{"ticket_id":"a"},"event":"ticket.resolved"}"#,
                resolved.clone(),
            ),
            (r#"{"event":"x","event":"ticket.resolved","data":{"ticket_id":"a"}}"#, resolved.clone()),
            (r#"{"event":"ticket.resolved","data":[],"data":{"ticket_id":"a"}}"#, resolved.clone()),
            (r#"{"event":"ticket.resolved","data":{"v":1e999},"data":{"ticket_id":"a"}}"#, resolved),
            (r#"{"event":"ticket.resolved","data":{"ticket_id":"a"},"data":[]}"#, unknown(json!([]))),
        ] {
            assert_eq!(parse(body.as_bytes()).unwrap().data, want, "{body}");
        }
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
