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
    // No text is longer than LONGEST.
    let number = |n: usize| i32::try_from(n).unwrap_or(-1);
    *first = number(kind);
    for (place, value) in places.chunks_exact_mut(2).zip(std::iter::once(timestamp.flatten()).chain(values)) {
        if let (Some((from, to)), [begin, end]) = (value, place) {
            (*begin, *end) = (number(from), number(to));
        }
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

/// Begin and end of a text, in UTF-16 units.
type Place = (usize, usize);

#[derive(Default)]
struct Event {
    kind: Option<usize>,
    timestamp: Option<Option<Place>>,
    /// By the fields of its type.
    data: Option<[Option<Place>; MOST]>,
}

impl Event {
    fn read(text: &str) -> Option<Self> {
        // White space other than a blank is rare, too.
        let unusual = |byte: u8| u8::from((byte < b' ') | (byte == b'\\'));
        if text.len() > LONGEST || text.bytes().fold(0, |any, byte| any | unusual(byte)) != 0 {
            return None;
        }
        let (mut json, mut event) = (Json { left: text, units: 0 }, Self::default());
        json.object(|json, name| match (name, &event) {
            ("event", Self { kind: None, .. }) => {
                let (event_type, _) = json.text()?;
                event.kind = Some(EVENT_TYPES.iter().position(|known| *known == event_type)?);
                Some(())
            }
            ("timestamp", Self { timestamp: None, .. }) => {
                event.timestamp = Some(json.place_or_null()?);
                Some(())
            }
            ("data", Self { kind: Some(kind), data: None, .. }) => {
                event.data = Some(payload(json, fields(EVENT_TYPES.get(*kind)?))?);
                Some(())
            }
            _ => None,
        })?;
        json.left.trim_ascii_end().is_empty().then_some(event)
    }
}

fn payload(json: &mut Json<'_>, fields: Fields) -> Option<[Option<Place>; MOST]> {
    let (mut values, mut there) = ([None; MOST], [false; MOST]);
    json.object(|json, name| {
        let position = fields.iter().position(|(field, _)| *field == name)?;
        if std::mem::replace(there.get_mut(position)?, true) {
            return None;
        }
        *values.get_mut(position)? = json.place_or_null()?;
        Some(())
    })?;
    Some(values)
}

/// What is left of JSON without escapes, control characters and numbers. `None` where it is something else.
struct Json<'t> {
    left: &'t str,
    /// UTF-16 units that were read.
    units: usize,
}

impl<'t> Json<'t> {
    #[inline(always)]
    fn eat(&mut self, token: &str) -> Option<()> {
        while let Some(left) = self.left.strip_prefix(' ') {
            (self.left, self.units) = (left, self.units + 1);
        }
        self.left = self.left.strip_prefix(token)?;
        self.units += token.len();
        Some(())
    }

    fn text(&mut self) -> Option<(&'t str, Place)> {
        self.eat("\"")?;
        let (text, left) = self.left.split_at_checked(memchr(b'"', self.left.as_bytes())?)?;
        let begin = self.units;
        let end = begin + utf16_len(text);
        (self.left, self.units) = (left.get(1..)?, end + 1);
        Some((text, (begin, end)))
    }

    fn place_or_null(&mut self) -> Option<Option<Place>> {
        if self.eat("null").is_some() { Some(None) } else { self.text().map(|(_, place)| Some(place)) }
    }

    /// `each` reads the value of a name.
    fn object(&mut self, mut each: impl FnMut(&mut Self, &'t str) -> Option<()>) -> Option<()> {
        self.eat("{")?;
        if self.eat("}").is_some() {
            return Some(());
        }
        loop {
            let (name, _) = self.text()?;
            self.eat(":")?;
            each(self, name)?;
            if self.eat(",").is_none() {
                return self.eat("}");
            }
        }
    }
}

/// One unit for each character, two for those of four bytes.
fn utf16_len(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    let units = |byte: u8| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0);
    text.bytes().map(units).sum()
}
