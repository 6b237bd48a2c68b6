//! Events as places in their text, for bodies of the usual kind: a known type before its data, and nothing but known
//! names, each once, with text that needs no unescaping, or null. All others are left to the TypeScript, which knows
//! all rules; what is read here it reads alike.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Value, json};
use std::fmt;
use zhifuyun_bridge::zhifuyun::models::{FieldKind, Record};
use zhifuyun_bridge::zhifuyun::webhook::{ConversationPayload, EVENT_TYPES, TicketPayload};

type Fields = &'static [(&'static str, FieldKind)];

/// The most fields that a payload has.
const MOST: usize = 9;

/// In longer ones a value, which is a slice of the text, would keep too much of it in memory.
const LONGEST: usize = 4096;

/// Writes where the values of an event lie in `text`, in UTF-16 units: the position of the type in the list, begin and
/// end of the timestamp, and of each field of the payload; -1 for what is not there. Or -1 for other bodies.
pub(crate) fn locate(text: &str, places: &mut [i32]) {
    places.fill(-1);
    let mut event = Event::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = text.len() <= LONGEST
        && (&mut event).deserialize(&mut json).is_ok()
        && json.end().is_ok()
        && event.has_data;
    let (true, Some(kind), Some((first, places))) = (read, event.kind, places.split_first_mut()) else {
        return;
    };
    *first = i32::try_from(kind).unwrap_or(-1);
    let mut ruler = Ruler { text, astral: text.bytes().fold(0, u8::max) >= 0xf0, at: 0, units: 0 };
    for (place, value) in places.chunks_exact_mut(2).zip(std::iter::once(event.timestamp).chain(event.values))
    {
        let (Some(value), [begin, end]) = (value, place) else { continue };
        let at = value.as_ptr().addr() - text.as_ptr().addr();
        *begin = ruler.units(at);
        *end = ruler.units(at + value.len());
    }
}

/// Tells places in UTF-16 units. Quick where they are asked for in their order, which is usual.
struct Ruler<'t> {
    text: &'t str,
    /// Whether there are characters of four bytes, which are two units.
    astral: bool,
    at: usize,
    units: usize,
}

impl Ruler<'_> {
    fn units(&mut self, at: usize) -> i32 {
        if at < self.at {
            (self.at, self.units) = (0, 0);
        }
        let more = self.text.get(self.at..at).unwrap_or_default();
        self.at = at;
        self.units += more.chars().count();
        if self.astral {
            self.units += more.bytes().filter(|byte| *byte >= 0xf0).count();
        }
        // No text is longer than LONGEST.
        i32::try_from(self.units).unwrap_or(-1)
    }
}

/// The types in their order, each with the names of its fields in theirs.
pub(crate) fn layout() -> Value {
    let names = |event_type: &str| fields(event_type).iter().map(|(name, _)| json!(name)).collect::<Value>();
    EVENT_TYPES.iter().map(|event_type| json!([event_type, names(event_type)])).collect()
}

/// The fields of the payload of a type.
fn fields(event_type: &str) -> Fields {
    if event_type.starts_with("ticket.") { TicketPayload::FIELDS } else { ConversationPayload::FIELDS }
}

#[derive(Default)]
struct Event<'t> {
    kind: Option<usize>,
    has_timestamp: bool,
    timestamp: Option<&'t str>,
    has_data: bool,
    values: [Option<&'t str>; MOST],
}

impl<'t> DeserializeSeed<'t> for &mut Event<'t> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for &mut Event<'t> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<M: MapAccess<'t>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<&str>()? {
            match (name, self.kind) {
                ("event", None) => {
                    let event_type = map.next_value::<&str>()?;
                    self.kind = EVENT_TYPES.iter().position(|known| *known == event_type);
                    self.kind.ok_or_else(other)?;
                }
                ("timestamp", _) if !self.has_timestamp => {
                    self.has_timestamp = true;
                    self.timestamp = map.next_value()?;
                }
                ("data", Some(kind)) if !self.has_data => {
                    self.has_data = true;
                    let fields = EVENT_TYPES.get(kind).map_or(&[][..], |event_type| fields(event_type));
                    map.next_value_seed(Payload { fields, there: [false; MOST], values: &mut self.values })?;
                }
                _ => return Err(other()),
            }
        }
        Ok(())
    }
}

struct Payload<'p, 't> {
    fields: Fields,
    there: [bool; MOST],
    values: &'p mut [Option<&'t str>; MOST],
}

impl<'t> DeserializeSeed<'t> for Payload<'_, 't> {
    type Value = ();

    fn deserialize<D: Deserializer<'t>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'t> Visitor<'t> for Payload<'_, 't> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the data of an event")
    }

    fn visit_map<M: MapAccess<'t>>(mut self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<&str>()? {
            let position = self.fields.iter().position(|(field, _)| *field == name).ok_or_else(other)?;
            match (self.there.get_mut(position), self.values.get_mut(position)) {
                (Some(there @ false), Some(value)) => {
                    *there = true;
                    *value = map.next_value()?;
                }
                _ => return Err(other()),
            }
        }
        Ok(())
    }
}

fn other<E: Error>() -> E {
    E::custom("")
}
