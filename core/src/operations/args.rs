//! Arguments as the bindings hand them over: one JSON object per call.

use crate::error::{Error, Result};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use serde_json::{Map, Value};

/// The arguments of one call. Reading takes them out; [`Args::finish`] refuses what is left.
#[derive(Debug)]
pub struct Args {
    values: Map<String, Value>,
    time_zone: Option<FixedOffset>,
}

impl Args {
    /// Arguments from a JSON object. `time_zone` is the zone in which a time without one is meant.
    pub fn parse(json: &str, time_zone: Option<FixedOffset>) -> Result<Self> {
        let values = serde_json::from_str(json).map_err(|_| {
            Error::invalid_argument(
                "arguments",
                "the arguments must be one JSON object; text must be valid Unicode",
            )
        })?;
        Ok(Self { values, time_zone })
    }

    /// Takes an argument; null and absent are the same.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|v| !v.is_null())
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(s)) => Ok(Some(s)),
            Some(other) => Err(wrong(name, "text", &other)),
        }
    }

    pub(crate) fn required(&mut self, name: &'static str) -> Result<String> {
        self.text(name)?.ok_or_else(|| Error::invalid_argument(name, format!("{name} is required")))
    }

    /// A whole number. `true`, `"20"` and `20.5` are none; `20.0` is what some languages make of 20.
    pub(crate) fn integer(&mut self, name: &'static str) -> Result<Option<i64>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(n)) => {
                // Exact: the bound is where doubles begin to lose integers.
                #[allow(clippy::cast_possible_truncation)]
                let whole = n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15).map(|f| f as i64);
                match n.as_i64().or(whole) {
                    Some(n) => Ok(Some(n)),
                    None => Err(wrong(name, "a whole number", &Value::Number(n))),
                }
            }
            Some(other) => Err(wrong(name, "a whole number", &other)),
        }
    }

    /// A moment in RFC 3339. A time without zone is refused unless the client has a default one.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<Option<DateTime<Utc>>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
            return Ok(Some(time.with_timezone(&Utc)));
        }
        let naive = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok());
        let local = naive.zip(self.time_zone).and_then(|(t, zone)| t.and_local_timezone(zone).single());
        match (local, naive) {
            (Some(time), _) => Ok(Some(time.with_timezone(&Utc))),
            (None, Some(_)) => Err(Error::invalid_argument(
                name,
                format!(
                    "{name} has no time zone, so it means different moments on different machines; \
                    give an aware time such as 2024-01-01T10:00:00+08:00, or set time_zone on the client"
                ),
            )),
            (None, None) => Err(Error::invalid_argument(
                name,
                format!("{name} must be a time in RFC 3339, such as 2024-01-01T10:00:00Z"),
            )),
        }
    }

    /// A calendar date.
    pub(crate) fn date(&mut self, name: &'static str) -> Result<Option<NaiveDate>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let parsed = (text.len() == 10).then(|| NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()).flatten();
        parsed.map(Some).ok_or_else(|| {
            Error::invalid_argument(name, format!("{name} must be a calendar date, such as 2024-01-31"))
        })
    }

    /// Refuses arguments that nobody asked for: a misspelt filter must not become no filter.
    pub fn finish(self) -> Result<()> {
        match self.values.keys().next() {
            None => Ok(()),
            Some(name) => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                let message = format!("there is no argument {name}");
                Err(Error::invalid_argument(name, message))
            }
        }
    }
}

fn wrong(name: &'static str, want: &str, got: &Value) -> Error {
    let got = match got {
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "another number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
        Value::Null => "null",
    };
    Error::invalid_argument(name, format!("{name} must be {want}, not {got}"))
}
