//! Results as text and columns: a few strings and one run of numbers, which TypeScript slices into objects.
//!
//! A string is its length; its characters are next in the text. More than [`SHORT`] characters lie in a text of
//! their own, because a slice keeps the whole text in memory: who keeps ids must not keep the descriptions beside
//! them. What is beyond ASCII lies in a third, UTF-16 text, and its length is negative. A known enum value is its position in the list, any other is -1 and a
//! string. A time is its milliseconds since 1970. What is missing is NaN.

use crate::event;
use serde_json::{Value, json};
use zhifuyun_bridge::operations::{Output, Visitor};
use zhifuyun_bridge::zhifuyun::models::{
    Conversation, Extra, Field, FieldKind, Page, Record, Statistics, Ticket, Trend,
};
use zhifuyun_bridge::zhifuyun::{Error, Meta, Response, Result};
use zhifuyun_bridge::{error, walk};

/// What a completion is, told to TypeScript as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Success without a value; for a walk, its end.
    Done = 0,
    /// Meta and a record.
    Record = 1,
    /// Meta, page and records.
    Page = 2,
    /// An error as JSON.
    Error = 3,
}

/// The longest string in the first text; `SHORT` of src/decode.ts.
const SHORT: usize = 64;

/// An encoded result.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) shape: Shape,
    pub(crate) text: Vec<u8>,
    pub(crate) long: Vec<u8>,
    pub(crate) wide: Vec<u16>,
    pub(crate) numbers: Vec<f64>,
}

impl Encoded {
    fn with_room(shape: Shape, items: usize) -> Self {
        Self {
            shape,
            text: Vec::with_capacity(128 + items * 96),
            long: Vec::new(),
            wide: Vec::new(),
            numbers: Vec::with_capacity(24 + items * 12),
        }
    }

    pub(crate) fn of(result: Result<Output>) -> Self {
        match result {
            Ok(output) => output.visit(Encoder),
            Err(e) => Self::error(&e),
        }
    }

    /// A step of a walk.
    pub(crate) fn step(result: Result<Option<Output>>, walk: &walk::Walk) -> Self {
        match result {
            Ok(Some(output)) => output.visit(Encoder),
            Ok(None) => {
                let mut end = Self::with_room(Shape::Done, 2);
                end.string(&walk.report_json());
                end
            }
            Err(e) => Self::error(&e),
        }
    }

    pub(crate) fn error(e: &Error) -> Self {
        let mut out = Self::with_room(Shape::Error, 8);
        out.string(&error::to_json(e));
        out
    }

    #[allow(clippy::cast_precision_loss)]
    fn string(&mut self, text: &str) {
        if text.is_ascii() {
            let place = if text.len() > SHORT { &mut self.long } else { &mut self.text };
            place.extend_from_slice(text.as_bytes());
            self.numbers.push(text.len() as f64);
        } else {
            let before = self.wide.len();
            self.wide.extend(text.encode_utf16());
            self.numbers.push(-((self.wide.len() - before) as f64));
        }
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.missing(),
        }
    }

    fn missing(&mut self) {
        self.numbers.push(f64::NAN);
    }

    // Whole numbers above 2^53 are rounded, as JavaScript's own numbers are (docs/node.md, "Large numbers").
    #[allow(clippy::cast_precision_loss)]
    fn count(&mut self, n: u64) {
        self.numbers.push(n as f64);
    }

    #[allow(clippy::cast_precision_loss)]
    fn meta(&mut self, meta: &Meta) {
        let t = meta.timing;
        let code = meta.code.map_or(f64::NAN, |c| c as f64);
        self.numbers.extend([f64::from(meta.http_status), code, f64::from(meta.attempts)]);
        let times = [t.total, t.queued, t.token, t.backoff, t.network];
        self.numbers.extend(times.map(|d| d.as_secs_f64() * 1000.0));
        self.optional(meta.request_id.as_deref());
    }

    fn extra(&mut self, extra: &Extra) {
        if extra.is_empty() {
            self.missing();
        } else {
            self.string(&serde_json::to_string(extra).unwrap_or_default());
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn record<R: Record>(&mut self, record: &R) {
        for (index, (_, kind)) in R::FIELDS.iter().enumerate() {
            match record.field(index) {
                Field::Missing => self.missing(),
                Field::Text(text) => self.string(text),
                Field::Token(text) => self.token(text, *kind),
                Field::Time(time) => self.numbers.push(time.timestamp_millis() as f64),
                Field::Date(date) => self.string(&date.to_string()),
                Field::Count(n) => self.count(n),
                Field::Number(n) => self.numbers.push(n),
                Field::List(trends) => {
                    self.count(trends.len() as u64);
                    for trend in trends {
                        self.record(trend);
                    }
                }
            }
        }
        self.extra(record.extra());
    }

    #[allow(clippy::cast_precision_loss)]
    fn token(&mut self, text: &str, kind: FieldKind) {
        let known = match kind {
            FieldKind::Token(known) => known,
            _ => &[],
        };
        match known.iter().position(|k| *k == text) {
            Some(position) => self.numbers.push(position as f64),
            None => {
                self.numbers.push(-1.0);
                self.string(text);
            }
        }
    }
}

struct Encoder;

impl Visitor for Encoder {
    type Value = Encoded;

    fn record<R: Record>(self, record: Response<R>) -> Encoded {
        let mut out = Encoded::with_room(Shape::Record, 1);
        out.meta(record.meta());
        out.record::<R>(&record);
        out
    }

    fn page<R: Record>(self, page: Response<Page<R>>) -> Encoded {
        let mut out = Encoded::with_room(Shape::Page, page.items.len());
        out.meta(page.meta());
        match page.total {
            Some(total) => out.count(total),
            None => out.missing(),
        }
        out.count(page.page);
        out.count(page.limit);
        out.count(u64::from(page.has_next()));
        out.extra(&page.extra);
        out.count(page.items.len() as u64);
        for item in &page.items {
            out.record(item);
        }
        out
    }

    fn done(self) -> Encoded {
        Encoded::with_room(Shape::Done, 0)
    }
}

fn fields<R: Record>() -> Value {
    let kind = |kind: &FieldKind| match kind {
        FieldKind::Id | FieldKind::Text => json!("text"),
        FieldKind::Token(known) => json!(known),
        FieldKind::Time => json!("time"),
        FieldKind::Date => json!("date"),
        FieldKind::Count | FieldKind::Number => json!("number"),
        FieldKind::List => json!("list"),
    };
    R::FIELDS.iter().map(|(name, k)| json!([name, kind(k)])).collect()
}

/// What is encoded, in order.
pub(crate) fn layout() -> Value {
    json!({
        Conversation::NAME: fields::<Conversation>(),
        Ticket::NAME: fields::<Ticket>(),
        Statistics::NAME: fields::<Statistics>(),
        Trend::NAME: fields::<Trend>(),
        "events": event::layout(),
    })
}
