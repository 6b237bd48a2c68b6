//! Results as objects: one function over the view of a record, whatever the record.

use crate::classes::{Shape, class, shape};
use crate::convert;
use crate::shim::{self, Fresh};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::BailoutGuard;
use serde_json::Value;
use zhifuyun_bridge::error::TimingData;
use zhifuyun_bridge::operations::{Output, Visitor};
use zhifuyun_bridge::zhifuyun::models::{Field, Page, Record};
use zhifuyun_bridge::zhifuyun::{Meta, Response};

fn count(n: u64) -> Zval {
    i64::try_from(n).map_or_else(|_| shim::double(n as f64), shim::long)
}

/// An object with its properties in the order of the table of classes.
pub(crate) fn object(name: &str, values: impl IntoIterator<Item = Zval>) -> Zval {
    let Some(mut object) = class(name).map(Fresh::record) else { return Zval::null() };
    for (slot, value) in object.slots().iter_mut().zip(values) {
        slot.write(value);
    }
    object.done()
}

/// One record.
pub(crate) fn record<R: Record>(record: &R, meta: Option<Zval>) -> Zval {
    shape(R::NAME).map_or_else(Zval::null, |shape| shaped(shape, record, meta))
}

fn shaped<R: Record>(shape: &Shape, record: &R, meta: Option<Zval>) -> Zval {
    let mut object = Fresh::record(shape.class);
    let tokens = shape.tokens.get(..R::FIELDS.len());
    let slots = object.slots().split_at_mut_checked(R::FIELDS.len());
    let (Some(tokens), Some((fields, rest))) = (tokens, slots) else { return Zval::null() };
    // No loop: the compiler knows what each field is, and this function takes little more than half of the time.
    macro_rules! fill {
        ($($n:literal)+) => {
            const { assert!(R::FIELDS.len() <= [$($n),+].len()) };
            $(if let (Some(slot), Some(tokens)) = (fields.get_mut($n), tokens.get($n)) {
                slot.write(field(record.field($n), tokens));
            })+
        };
    }
    fill!(0 1 2 3 4 5 6 7 8);
    // Records that come in an answer have a place for what is known about it.
    for (slot, value) in
        rest.iter_mut().zip([convert::object(record.extra()), meta.unwrap_or_else(Zval::null)])
    {
        slot.write(value);
    }
    object.done()
}

/// Inlined by hand: so a field goes into its slot at once, which is a twelfth of what making an object takes.
#[inline(always)]
fn field(value: Field<'_>, tokens: &[(&str, Zval)]) -> Zval {
    match value {
        Field::Missing => Zval::null(),
        Field::Text(text) => shim::string(text),
        Field::Token(text) => tokens
            .iter()
            .find(|(known, _)| *known == text)
            .map_or_else(|| shim::string(text), |(_, known)| known.shallow_clone()),
        Field::Time(at) => shim::time(at),
        Field::Date(date) => shim::string(&date.to_string()),
        Field::Count(n) => count(n),
        Field::Number(n) => shim::double(n),
        Field::List(trends) => shim::list(trends.iter().map(|trend| record(trend, None))),
    }
}

/// Where the time went.
pub(crate) fn timing(t: &TimingData) -> Zval {
    object("Timing", [t.total, t.queued, t.token, t.backoff, t.network].map(shim::double))
}

fn meta(meta: &Meta) -> Zval {
    object(
        "Meta",
        [
            shim::long(meta.http_status.into()),
            meta.code.map_or_else(Zval::null, shim::long),
            meta.request_id.as_deref().map_or_else(Zval::null, shim::string),
            shim::long(meta.attempts.into()),
            shim::double(meta.waited().as_secs_f64()),
            timing(&meta.timing.into()),
        ],
    )
}

fn items<R: Record>(page: &Page<R>) -> Zval {
    let Some(shape) = shape(R::NAME) else { return shim::empty_array() };
    shim::list(page.items.iter().map(|item| shaped(shape, item, None)))
}

/// The object of a result. While it is made a fatal error, such as the memory limit, may jump over the frames of Rust;
/// what is guarded is dropped all the same.
pub(crate) fn output(output: Output) -> Zval {
    output.visit(Objects)
}

struct Objects;

impl Visitor for Objects {
    type Value = Zval;

    fn record<R: Record>(self, answer: Response<R>) -> Zval {
        let answer = BailoutGuard::new(answer);
        record(&**answer.get(), Some(meta(answer.meta())))
    }

    fn page<R: Record>(self, answer: Response<Page<R>>) -> Zval {
        let answer = BailoutGuard::new(answer);
        object(
            "Page",
            [
                items(&answer),
                answer.total.map_or_else(Zval::null, count),
                count(answer.page),
                count(answer.limit),
                shim::boolean(answer.has_next()),
                convert::object(&answer.extra),
                meta(answer.meta()),
            ],
        )
    }

    fn done(self) -> Zval {
        Zval::null()
    }
}

/// An object from JSON whose keys are those of the class in snake_case; numbers that are `float` stay so.
pub(crate) fn from_json(name: &str, json: &str, keys: &[(&str, bool)]) -> Zval {
    let json: Value = serde_json::from_str(json).unwrap_or_default();
    object(
        name,
        keys.iter().map(|(key, float)| match json.get(key) {
            Some(v) if *float => v.as_f64().map_or_else(Zval::null, shim::double),
            Some(v) => convert::value(v),
            None => Zval::null(),
        }),
    )
}
