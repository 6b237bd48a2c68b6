//! Events as places in their text, for bodies of the usual kind: a known type before its data, and nothing but known
//! names, each once, with text that needs no unescaping, or null. All others are left to the TypeScript, which knows
//! all rules; what is read here it reads alike.

use memchr::memchr;
use serde_json::{Value, json};
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
    let Some(Event { kind: Some(kind), timestamp, data: Some(values) }) = Event::read(text) else { return };
    let Some((first, places)) = places.split_first_mut() else { return };
    *first = i32::try_from(kind).unwrap_or(-1);
    let mut ruler = Ruler { text, at: 0, units: 0 };
    for (place, value) in places.chunks_exact_mut(2).zip(std::iter::once(timestamp.flatten()).chain(values)) {
        let (Some(value), [begin, end]) = (value, place) else { continue };
        let at = value.as_ptr().addr() - text.as_ptr().addr();
        *begin = ruler.units(at);
        *end = ruler.units(at + value.len());
    }
}

/// Tells places in UTF-16 units. Quick where they are asked for in their order, which is usual.
struct Ruler<'t> {
    text: &'t str,
    at: usize,
    units: usize,
}

impl Ruler<'_> {
    fn units(&mut self, at: usize) -> i32 {
        if at < self.at {
            (self.at, self.units) = (0, 0);
        }
        self.units += utf16_len(self.text.get(self.at..at).unwrap_or_default());
        self.at = at;
        // No text is longer than LONGEST.
        i32::try_from(self.units).unwrap_or(-1)
    }
}

/// One unit for each character, two for those of four bytes. Many bytes at a time, as long as a byte can count them.
fn utf16_len(text: &str) -> usize {
    let units = |byte: u8| u8::from(byte & 0xc0 != 0x80) + u8::from(byte >= 0xf0);
    let chunks = text.as_bytes().chunks(127);
    chunks.map(|chunk| usize::from(chunk.iter().fold(0, |sum, byte| sum + units(*byte)))).sum()
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
    timestamp: Option<Option<&'t str>>,
    /// By the fields of its type.
    data: Option<[Option<&'t str>; MOST]>,
}

impl<'t> Event<'t> {
    fn read(text: &'t str) -> Option<Self> {
        // White space other than a blank is rare, too.
        let unusual = |byte: u8| u8::from((byte < b' ') | (byte == b'\\'));
        if text.len() > LONGEST || text.bytes().fold(0, |any, byte| any | unusual(byte)) != 0 {
            return None;
        }
        let (mut json, mut event) = (Json(text), Self::default());
        json.object(|json, name| match (name, &event) {
            ("event", Self { kind: None, .. }) => {
                let event_type = json.text()?;
                event.kind = Some(EVENT_TYPES.iter().position(|known| *known == event_type)?);
                Some(())
            }
            ("timestamp", Self { timestamp: None, .. }) => {
                event.timestamp = Some(json.text_or_null()?);
                Some(())
            }
            ("data", Self { kind: Some(kind), data: None, .. }) => {
                event.data = Some(payload(json, fields(EVENT_TYPES.get(*kind)?))?);
                Some(())
            }
            _ => None,
        })?;
        json.0.trim_ascii_end().is_empty().then_some(event)
    }
}

fn payload<'t>(json: &mut Json<'t>, fields: Fields) -> Option<[Option<&'t str>; MOST]> {
    let (mut values, mut there) = ([None; MOST], [false; MOST]);
    json.object(|json, name| {
        let position = fields.iter().position(|(field, _)| *field == name)?;
        if std::mem::replace(there.get_mut(position)?, true) {
            return None;
        }
        *values.get_mut(position)? = json.text_or_null()?;
        Some(())
    })?;
    Some(values)
}

/// What is left of JSON without escapes, control characters and numbers. `None` where it is something else.
struct Json<'t>(&'t str);

impl<'t> Json<'t> {
    #[inline(always)]
    fn eat(&mut self, token: &str) -> Option<()> {
        while let Some(rest) = self.0.strip_prefix(' ') {
            self.0 = rest;
        }
        self.0 = self.0.strip_prefix(token)?;
        Some(())
    }

    fn text(&mut self) -> Option<&'t str> {
        self.eat("\"")?;
        let (text, rest) = self.0.split_at_checked(memchr(b'"', self.0.as_bytes())?)?;
        self.0 = rest.get(1..)?;
        Some(text)
    }

    fn text_or_null(&mut self) -> Option<Option<&'t str>> {
        if self.eat("null").is_some() { Some(None) } else { self.text().map(Some) }
    }

    /// `each` reads the value of a name.
    fn object(&mut self, mut each: impl FnMut(&mut Self, &'t str) -> Option<()>) -> Option<()> {
        self.eat("{")?;
        if self.eat("}").is_some() {
            return Some(());
        }
        loop {
            let name = self.text()?;
            self.eat(":")?;
            each(self, name)?;
            if self.eat(",").is_none() {
                return self.eat("}");
            }
        }
    }
}
