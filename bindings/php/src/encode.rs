//! Results as objects: one function over the view of a record, whatever the record.

use crate::classes::class;
use crate::convert;
use crate::held::hold;
use crate::shim::{self, Fresh};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::ClassEntry;
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
    let Some(mut object) = class(name).and_then(Fresh::new) else { return Zval::null() };
    for (n, value) in (0..).zip(values) {
        object.slot(n, value);
    }
    object.done()
}

/// One record.
pub(crate) fn record<R: Record>(record: &R, meta: Option<Zval>) -> Zval {
    class(R::NAME).map_or_else(Zval::null, |class| shaped(class, record, meta))
}

fn shaped<R: Record>(class: &'static ClassEntry, record: &R, meta: Option<Zval>) -> Zval {
    let Some(mut object) = Fresh::new(class) else { return Zval::null() };
    let mut n = 0;
    for index in 0..R::FIELDS.len() {
        object.slot(n, field(record.field(index)));
        n += 1;
    }
    object.slot(n, convert::object(record.extra()));
    // Records that come in an answer have a place for what is known about it.
    object.slot(n + 1, meta.unwrap_or_else(Zval::null));
    object.done()
}

fn field(value: Field<'_>) -> Zval {
    match value {
        Field::Missing => Zval::null(),
        Field::Text(text) | Field::Token(text) => shim::string(text),
        Field::Time(at) => shim::time(at),
        Field::Date(date) => shim::string(&date.to_string()),
        Field::Count(n) => count(n),
        Field::Number(n) => shim::double(n),
        Field::List(trends) => {
            let items: Vec<_> = trends.iter().map(|trend| record(trend, None)).collect();
            convert::list(items.into_iter())
        }
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

fn items<R: Record>(page: &Page<R>) -> Vec<Zval> {
    let Some(class) = class(R::NAME) else { return Vec::new() };
    page.items.iter().map(|item| shaped(class, item, None)).collect()
}

/// The object of a result.
pub(crate) fn output(output: Output) -> Zval {
    output.visit(Objects)
}

struct Objects;

impl Visitor for Objects {
    type Value = Zval;

    fn record<R: Record>(self, answer: Response<R>) -> Zval {
        hold(answer, |answer| record(&**answer, Some(meta(answer.meta()))))
    }

    fn page<R: Record>(self, answer: Response<Page<R>>) -> Zval {
        hold(answer, |answer| {
            object(
                "Page",
                [
                    convert::list(items(answer).into_iter()),
                    answer.total.map_or_else(Zval::null, count),
                    count(answer.page),
                    count(answer.limit),
                    shim::boolean(answer.has_next()),
                    convert::object(&answer.extra),
                    meta(answer.meta()),
                ],
            )
        })
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
