//! The options of a client as the hosts write them: one flat JSON object.

use crate::test_clock;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use zhifuyun::{Client, ClientBuilder, Error, ErrorKind, Proxy, Reason, Result, Secret};

/// Options before they are checked. Durations are seconds. Absent and null mean the default.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    client_id: Option<String>,
    client_secret: Option<String>,
    base_url: Option<String>,
    timeout: Option<f64>,
    attempt_timeout: Option<f64>,
    connect_timeout: Option<f64>,
    max_retries: Option<u32>,
    max_retry_after: Option<f64>,
    plan: Option<Value>,
    on_limit: Option<String>,
    /// A URL, or `false` to ignore the environment.
    proxy: Option<Value>,
    /// PEM text, or the path of a PEM file.
    ca_bundle: Option<String>,
    user_agent: Option<String>,
    max_response_bytes: Option<u64>,
    pool_idle_timeout: Option<f64>,
    allow_insecure: Option<bool>,
    time_zone: Option<String>,
    /// Collect events for the host.
    events: Option<bool>,
    /// Control URL of a mock server's clock: waits are skipped, and the server's clock is driven along.
    test_clock: Option<String>,
    /// Host and version, for the `User-Agent`, such as `python/3.12`.
    host: Option<String>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

fn config(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, Reason::InvalidConfig, message)
}

impl Options {
    /// Reads the JSON object.
    ///
    /// # Errors
    /// `config`, naming the option, without echo of any value.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str::<Value>(json)
            .map_err(|_| config("the options must be one JSON object; text must be valid Unicode"))
            .and_then(|v| Self::from_value(&v))
    }

    /// Option by option, so that the error can name the one that is wrong and leave its value out.
    fn from_value(value: &Value) -> Result<Self> {
        let object = value.as_object().ok_or_else(|| config("the options must be a JSON object"))?;
        for (name, v) in object {
            let single = Value::Object([(name.clone(), v.clone())].into_iter().collect());
            if let Err(e) = Self::deserialize(&single) {
                let unknown = e.to_string().starts_with("unknown field");
                let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                return Err(config(if unknown {
                    format!("there is no option {name}")
                } else {
                    format!("{name} has the wrong type")
                }));
            }
        }
        Self::deserialize(value).map_err(|_| config("the options cannot be read"))
    }

    /// Whether events are collected.
    #[must_use]
    pub fn wants_events(&self) -> bool {
        self.events.unwrap_or(false)
    }

    /// The builder that these options make.
    ///
    /// # Errors
    /// `config`, saying what to change.
    pub fn builder(&self) -> Result<ClientBuilder> {
        let mut b = Client::builder();
        if let Some(v) = &self.client_id {
            b = b.client_id(v.as_str());
        }
        if let Some(v) = &self.client_secret {
            b = b.client_secret(v.as_str());
        }
        if let Some(v) = &self.base_url {
            b = b.base_url(v.as_str());
        }
        b = timing(self, b)?;
        if let Some(v) = self.max_retries {
            b = b.max_retries(v);
        }
        match &self.plan {
            None => {}
            Some(Value::String(text)) => b = b.plan(text.parse()?),
            Some(Value::Number(n)) => b = b.plan(n.to_string().parse()?),
            Some(_) => return Err(config("plan must be text or a whole number of requests per minute")),
        }
        if let Some(v) = &self.on_limit {
            b = b.on_limit(v.parse()?);
        }
        match &self.proxy {
            None | Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => b = b.proxy(Proxy::None),
            Some(Value::String(url)) => b = b.proxy(Proxy::Url(Secret::new(url.as_str()))),
            Some(_) => return Err(config("proxy must be a URL, or false to ignore the environment")),
        }
        if let Some(v) = &self.ca_bundle {
            b = if v.contains("-----BEGIN") { b.ca_bundle(v.as_bytes()) } else { b.ca_bundle_file(v)? };
        }
        if let Some(agent) = self.agent() {
            b = b.user_agent(agent);
        }
        if let Some(v) = self.max_response_bytes {
            b = b.max_response_bytes(v);
        }
        if let Some(v) = self.allow_insecure {
            b = b.allow_insecure(v);
        }
        if let Some(v) = &self.time_zone {
            b = b.time_zone_text(v)?;
        }
        if let Some(url) = &self.test_clock {
            b = b.clock(Arc::new(test_clock::connect(url)?));
        }
        Ok(b)
    }

    fn agent(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.host, &self.user_agent].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

fn timing(o: &Options, mut b: ClientBuilder) -> Result<ClientBuilder> {
    type Setter = fn(ClientBuilder, Duration) -> ClientBuilder;
    let all: [(&str, Option<f64>, Setter); 5] = [
        ("timeout", o.timeout, ClientBuilder::timeout),
        ("attempt_timeout", o.attempt_timeout, ClientBuilder::attempt_timeout),
        ("connect_timeout", o.connect_timeout, ClientBuilder::connect_timeout),
        ("max_retry_after", o.max_retry_after, ClientBuilder::max_retry_after),
        ("pool_idle_timeout", o.pool_idle_timeout, ClientBuilder::pool_idle_timeout),
    ];
    for (name, seconds, set) in all {
        if let Some(seconds) = seconds {
            let duration = Duration::try_from_secs_f64(seconds)
                .map_err(|_| config(format!("{name} must be a number of seconds, not negative")))?;
            b = set(b, duration);
        }
    }
    Ok(b)
}

/// Overrides of one call, as JSON: `{"timeout": 5, "max_retries": 0}`.
///
/// # Errors
/// `invalid_argument`, naming the option.
pub fn request_options(json: Option<&str>) -> Result<zhifuyun::RequestOptions> {
    let mut options = zhifuyun::RequestOptions::default();
    each(json, |name, value| {
        match (name, value) {
            ("timeout" | "max_retries", Value::Null) => {}
            ("timeout", v) => {
                let d = v.as_f64().and_then(|s| Duration::try_from_secs_f64(s).ok());
                let d = d.filter(|d| !d.is_zero());
                options.timeout = Some(d.ok_or("must be a number of seconds above zero")?);
            }
            ("max_retries", v) => {
                let n = v.as_u64().and_then(|n| u32::try_from(n).ok());
                options.max_retries = Some(n.ok_or("must be a whole number from 0")?);
            }
            _ => return Err("is no option of a call"),
        }
        Ok(())
    })?;
    Ok(options)
}

/// Reads a JSON object option by option, so that the error can name the one that is wrong.
pub(crate) fn each(
    json: Option<&str>,
    mut read: impl FnMut(&str, &Value) -> std::result::Result<(), &'static str>,
) -> Result<()> {
    let wrong = |name: &str, what: &str| {
        let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        Error::invalid_argument(name.as_str(), format!("{name} {what}"))
    };
    let Some(json) = json.filter(|j| !j.is_empty()) else { return Ok(()) };
    let values: serde_json::Map<String, Value> =
        serde_json::from_str(json).map_err(|_| wrong("options", "must be one JSON object"))?;
    for (name, value) in &values {
        read(name, value).map_err(|what| wrong(name, what))?;
    }
    Ok(())
}
