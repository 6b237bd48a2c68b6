//! How results cross: one byte array per reply, positional and little-endian, read by `Reader.java`.
//!
//! A reply is a tag and what belongs to it. A record is a mask of the fields that are there, what the server sent
//! beyond them, and the fields in order. Everything that is not hot crosses as a generic value.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde_json::Value;
use zhifuyun_bridge::operations::{Output, Visitor};
use zhifuyun_bridge::zhifuyun::models::{Extra, Field, FieldKind, Page, Record};
use zhifuyun_bridge::zhifuyun::{Error, Meta, Response, Result};

/// A result follows.
const OK: u8 = 0;
/// An error follows, as a value.
const ERROR: u8 = 1;
/// The calling thread was interrupted. Whether a write may have been applied follows.
const INTERRUPTED: u8 = 2;
/// Nothing is left.
const END: u8 = 3;
/// Stands for an enum value that has no number.
const OTHER: u8 = 0xff;

/// The bytes of a reply while they are written.
#[derive(Debug, Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn ok() -> Self {
        let mut w = Self(Vec::with_capacity(512));
        w.byte(OK);
        w
    }

    /// What an operation brought.
    pub(crate) fn output(&mut self, output: Output) {
        self.byte(OK);
        output.visit(self);
    }

    /// Whether a page is there to be taken.
    pub(crate) fn there(&mut self, there: bool) {
        self.byte(if there { OK } else { END });
    }

    pub(crate) fn error(&mut self, e: &Error) {
        self.byte(ERROR);
        let data = zhifuyun_bridge::error::ErrorData::of(e);
        self.value(&serde_json::to_value(data).unwrap_or_default());
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(crate) fn byte(&mut self, v: u8) {
        self.0.push(v);
    }

    pub(crate) fn long(&mut self, v: i64) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }

    /// An id of a registry.
    pub(crate) fn id(&mut self, v: u64) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }

    /// A number that is rarely above 127, seven bits to a byte, the low ones first. None has more than 32 bits: a reply
    /// of 2 GiB does not fit into a Java array, and far smaller answers are refused before.
    fn size(&mut self, mut v: usize) {
        while v > 0x7f {
            self.byte(0x80 | (v & 0x7f) as u8);
            v >>= 7;
        }
        self.byte(v as u8);
    }

    fn double(&mut self, v: f64) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }

    /// Its length, whether it is more than ASCII, and its bytes.
    pub(crate) fn text(&mut self, v: &str) {
        self.size(v.len() << 1 | usize::from(!v.is_ascii()));
        self.0.extend_from_slice(v.as_bytes());
    }

    /// Whether it is there, and if so, what.
    pub(crate) fn option<T>(&mut self, v: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.byte(v.is_some().into());
        if let Some(v) = v {
            write(self, v);
        }
    }

    pub(crate) fn time(&mut self, v: DateTime<Utc>) {
        self.long(v.timestamp());
        self.size(v.timestamp_subsec_nanos() as usize);
    }

    fn date(&mut self, v: NaiveDate) {
        const EPOCH: i32 = 719_163;
        self.long((v.num_days_from_ce() - EPOCH).into());
    }

    fn token(&mut self, v: &str, known: &[&str]) {
        match known.iter().position(|k| *k == v).and_then(|n| u8::try_from(n).ok()) {
            Some(n) => self.byte(n),
            None => {
                self.byte(OTHER);
                self.text(v);
            }
        }
    }

    /// Any JSON value; its tags are those of `Reader.value`.
    pub(crate) fn value(&mut self, v: &Value) {
        match v {
            Value::Null => self.byte(0),
            Value::Bool(b) => self.byte(1 + u8::from(*b)),
            Value::Number(n) => {
                if let Some(n) = n.as_i64() {
                    self.byte(3);
                    self.long(n);
                } else if let (false, Some(n)) = (n.is_u64(), n.as_f64()) {
                    self.byte(4);
                    self.double(n);
                } else {
                    self.byte(5);
                    self.text(&n.to_string());
                }
            }
            Value::String(s) => {
                self.byte(6);
                self.text(s);
            }
            Value::Array(list) => {
                self.byte(7);
                self.size(list.len());
                list.iter().for_each(|v| self.value(v));
            }
            Value::Object(map) => {
                self.byte(8);
                self.map(map);
            }
        }
    }

    pub(crate) fn map(&mut self, map: &Extra) {
        self.size(map.len());
        for (name, v) in map {
            self.text(name);
            self.value(v);
        }
    }

    pub(crate) fn record<R: Record>(&mut self, record: &R) {
        let is_there = |n: &usize| !matches!(record.field(*n), Field::Missing);
        let mask = (0..R::FIELDS.len()).filter(is_there).fold(0, |mask, n| mask | (1 << n));
        self.size(mask);
        self.map(record.extra());
        for (n, (_, kind)) in R::FIELDS.iter().enumerate() {
            match (record.field(n), kind) {
                (Field::Missing, _) => {}
                (Field::Token(v), FieldKind::Token(known)) => self.token(v, known),
                (Field::Text(v) | Field::Token(v), _) => self.text(v),
                (Field::Time(v), _) => self.time(v),
                (Field::Date(v), _) => self.date(v),
                (Field::Count(v), _) => self.id(v),
                (Field::Number(v), _) => self.double(v),
                (Field::List(records), _) => {
                    self.size(records.len());
                    records.iter().for_each(|r| self.record(r));
                }
            }
        }
    }

    fn meta(&mut self, meta: &Meta) {
        self.size(meta.http_status.into());
        self.option(meta.code, Self::long);
        self.option(meta.request_id.as_deref(), Self::text);
        self.size(usize::try_from(meta.attempts).unwrap_or(usize::MAX));
        let t = meta.timing;
        for part in [t.total, t.queued, t.token, t.backoff, t.network] {
            self.long(i64::try_from(part.as_nanos()).unwrap_or(i64::MAX));
        }
    }
}

/// About as many bytes as an item of a page takes, so that a reply is not moved each time it has doubled.
const ITEM: usize = 320;

impl Visitor for &mut Writer {
    type Value = ();

    fn record<R: Record>(self, record: Response<R>) {
        self.meta(record.meta());
        Writer::record(self, &*record);
    }

    fn page<R: Record>(self, page: Response<Page<R>>) {
        self.0.reserve(page.items.len().saturating_mul(ITEM));
        self.meta(page.meta());
        self.map(&page.extra);
        self.option(page.total, Writer::id);
        self.id(page.page);
        self.id(page.limit);
        self.byte(page.has_next().into());
        self.size(page.items.len());
        page.items.iter().for_each(|item| Writer::record(self, item));
    }

    fn done(self) {}
}

/// The reply with the result of an operation.
pub(crate) fn output(output: Output) -> Vec<u8> {
    let mut w = Writer::default();
    w.output(output);
    w.into_bytes()
}

/// The reply that says whether a page is there to be taken.
pub(crate) fn there(there: bool) -> Vec<u8> {
    let mut w = Writer::default();
    w.there(there);
    w.into_bytes()
}

/// The reply for a call that was given up.
pub(crate) fn interrupted(maybe_applied: bool) -> Vec<u8> {
    vec![INTERRUPTED, maybe_applied.into()]
}

/// The reply with a generic value, such as what JSON text holds.
pub(crate) fn json(text: &str) -> Vec<u8> {
    let mut w = Writer::ok();
    w.value(&serde_json::from_str(text).unwrap_or_default());
    w.into_bytes()
}

/// Turns an error into its reply.
pub(crate) fn reply(result: Result<Vec<u8>>) -> Vec<u8> {
    result.unwrap_or_else(|e| {
        let mut w = Writer::default();
        w.error(&e);
        w.into_bytes()
    })
}
