//! What a client can be told, where it comes from, and what is refused.

use crate::error::{Error, Result};
use crate::rate_limit::{OnLimit, Plan};
use crate::secret::Secret;
use chrono::FixedOffset;
use http::HeaderValue;
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// The API's address (API reference, "获取Token").
pub(crate) const DEFAULT_BASE_URL: &str = "https://api.zhifuyun.com";

/// No time is longer: what is meant as "for ever" must not overflow a clock.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// How requests reach the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Proxy {
    /// By `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`. Never for plain http to this machine.
    #[default]
    Environment,
    /// Directly, whatever the environment says.
    None,
    /// Through this http, https or socks5 proxy. Secret, because it may carry a password.
    Url(Secret),
}

/// What the environment excepts from its proxy.
#[derive(Debug)]
pub(crate) struct NoProxy(String);

impl NoProxy {
    pub(crate) fn from_environment() -> Self {
        Self(["NO_PROXY", "no_proxy"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default())
    }

    /// `*` means every host, also one that is written as an address.
    pub(crate) fn is_everything(&self) -> bool {
        self.0.split(',').any(|entry| entry.trim() == "*")
    }
}

/// The options of a client. Set through the builder; every default is listed here.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) base_url: String,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_retries: u32,
    pub(crate) max_retry_after: Duration,
    pub(crate) plan: Plan,
    pub(crate) on_limit: OnLimit,
    pub(crate) proxy: Proxy,
    pub(crate) ca_bundle: Option<Arc<[u8]>>,
    pub(crate) user_agent: Option<String>,
    pub(crate) max_response_bytes: u64,
    pub(crate) pool_idle_timeout: Duration,
    pub(crate) allow_insecure: bool,
    pub(crate) time_zone: Option<FixedOffset>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            base_url: DEFAULT_BASE_URL.to_owned(),
            client_id: None,
            client_secret: None,
            // Long enough for a whole rate-limit window to pass.
            timeout: Duration::from_secs(90),
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_retries: 2,
            max_retry_after: Duration::from_secs(300),
            plan: Plan::default(),
            on_limit: OnLimit::default(),
            proxy: Proxy::default(),
            ca_bundle: None,
            user_agent: None,
            max_response_bytes: 16 * 1024 * 1024,
            // Below the idle time after which usual servers hang up.
            pool_idle_timeout: Duration::from_secs(20),
            allow_insecure: false,
            time_zone: None,
        }
    }
}

/// Options that were checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) base_url: Url,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) user_agent: String,
    pub(crate) options: Options,
}

impl Config {
    /// With a provider, id and secret are not options.
    pub(crate) fn check(mut options: Options, has_provider: bool) -> Result<Self> {
        let base_url = check_base_url(&options.base_url, options.allow_insecure)?;
        if options.proxy == Proxy::Environment && base_url.scheme() == "http" && is_loopback(&base_url) {
            // Plain http to this machine is allowed because nothing leaves it.
            options.proxy = Proxy::None;
        }
        let secret = options.client_secret.as_ref().map(Secret::expose);
        let (client_id, client_secret) = if has_provider {
            (options.client_id.as_deref().unwrap_or_default(), "")
        } else {
            let id = required(options.client_id.as_deref(), "client_id", "ZHIFUYUN_CLIENT_ID")?;
            (id, required(secret, "client_secret", "ZHIFUYUN_CLIENT_SECRET")?)
        };
        for (name, value) in [
            ("timeout", options.timeout),
            ("attempt_timeout", options.attempt_timeout),
            ("connect_timeout", options.connect_timeout),
        ] {
            if value.is_zero() {
                return Err(Error::config(format!("{name} must be more than zero seconds")));
            }
        }
        for time in [
            &mut options.timeout,
            &mut options.attempt_timeout,
            &mut options.connect_timeout,
            &mut options.max_retry_after,
            &mut options.pool_idle_timeout,
        ] {
            *time = (*time).min(FOREVER);
        }
        if options.plan == Plan::PerMinute(0) {
            return Err(Error::config("plan must allow at least 1 request per minute; use off for no limit"));
        }
        if options.max_response_bytes == 0 {
            return Err(Error::config("max_response_bytes must be at least 1"));
        }
        let user_agent = user_agent(options.user_agent.as_deref())?;
        Ok(Self {
            base_url,
            client_id: client_id.to_owned(),
            client_secret: Secret::new(client_secret),
            user_agent,
            options,
        })
    }
}

fn required<'a>(value: Option<&'a str>, name: &str, variable: &str) -> Result<&'a str> {
    let Some(value) = value.filter(|v| !v.is_empty()) else {
        return Err(Error::config(format!("{name} is missing: pass it, or set {variable} and use from_env")));
    };
    // The value may be a secret, so it is described and never shown.
    if value.trim() != value {
        return Err(Error::config(format!(
            "{name} begins or ends with white space; env files often add a line break: trim it"
        )));
    }
    if value.chars().any(char::is_control) {
        return Err(Error::config(format!("{name} contains a control character")));
    }
    Ok(value)
}

fn check_base_url(text: &str, allow_insecure: bool) -> Result<Url> {
    let url = Url::parse(text.trim()).map_err(|e| {
        Error::config(format!("base_url is not a URL ({e}); it looks like {DEFAULT_BASE_URL}"))
    })?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(Error::config("base_url must begin with https:// (or http:// for a local server)"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::config("base_url must not contain a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::config("base_url must not contain a query or a fragment"));
    }
    if url.scheme() == "http" && !allow_insecure && !is_loopback(&url) {
        return Err(Error::config(
            "base_url uses http, which would send the secret in the clear; use https, or set allow_insecure",
        ));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn user_agent(suffix: Option<&str>) -> Result<String> {
    let own = concat!("zhifuyun-sdk/", env!("CARGO_PKG_VERSION"));
    let Some(suffix) = suffix.filter(|s| !s.is_empty()) else { return Ok(own.to_owned()) };
    if HeaderValue::from_str(suffix).is_err() {
        return Err(Error::invalid_argument(
            "user_agent",
            "user_agent goes into a header: only visible ASCII and spaces are possible",
        ));
    }
    Ok(format!("{own} {suffix}"))
}

/// Parses the textual form that the environment and the bindings use:
/// `free`, `enterprise`, `auto`, `off` or a number per minute.
impl std::str::FromStr for Plan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.trim() {
            "free" => Ok(Self::Free),
            "enterprise" => Ok(Self::Enterprise),
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            number => match number.parse() {
                Ok(n) if n > 0 => Ok(Self::PerMinute(n)),
                _ => Err(Error::config(
                    "plan must be free, enterprise, auto, off or a whole number of requests per minute",
                )),
            },
        }
    }
}

/// Parses `wait` or `raise`.
impl std::str::FromStr for OnLimit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "wait" => Ok(Self::Wait),
            "raise" => Ok(Self::Raise),
            _ => Err(Error::config("on_limit must be wait or raise")),
        }
    }
}

/// Parses `Z` or `+08:00`: the zone in which a time without one is meant.
pub(crate) fn parse_offset(text: &str) -> Result<FixedOffset> {
    let text = if matches!(text, "Z" | "UTC") { "+00:00" } else { text };
    text.parse().map_err(|_| Error::config("time_zone must be an offset such as +08:00 or Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn with(change: impl FnOnce(&mut Options)) -> Result<Config> {
        let mut options = Options {
            client_id: Some("id".into()),
            client_secret: Some("hush-hush".into()),
            ..Options::default()
        };
        change(&mut options);
        Config::check(options, false)
    }

    #[test]
    fn base_urls() {
        let good = [
            "https://api.zhifuyun.com",
            "https://api.zhifuyun.com/",
            "https://gateway.example/zhifuyun/",
            "http://127.0.0.1:8080",
            "http://localhost:1",
            "http://[::1]:9",
            "https://客服.example",
        ];
        let bad = [
            "",
            "api.zhifuyun.com",
            "ftp://x",
            "https://user:pw@x",
            "http://example.com",
            "https://x/?a=1",
            "unix:/run/x.sock",
        ];
        for url in good {
            with(|o| o.base_url = url.into()).unwrap();
        }
        for url in bad {
            let e = with(|o| o.base_url = url.into()).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::Config, "{url}");
            assert!(!e.to_string().contains("pw@"));
        }
        with(|o| {
            o.base_url = "http://example.com".into();
            o.allow_insecure = true;
        })
        .unwrap();
    }

    #[test]
    fn secrets_with_line_breaks_are_refused_without_echo() {
        let e = with(|o| o.client_secret = Some("hush-hush\n".into())).unwrap_err();
        assert!(e.to_string().contains("white space"));
        assert!(!format!("{e} {e:?}").contains("hush"));
        assert!(with(|o| o.client_secret = Some("hu\0sh".into())).is_err());
    }

    #[test]
    fn header_bound_values() {
        let e = with(|o| o.user_agent = Some("x\r\nevil: 1".into())).unwrap_err();
        assert_eq!((e.kind(), e.argument()), (ErrorKind::InvalidArgument, Some("user_agent")));
    }

    #[test]
    fn a_star_excepts_every_host_from_the_proxy() {
        for (list, want) in [
            ("*", true),
            (" * ", true),
            ("localhost,*", true),
            ("", false),
            ("*.example", false),
            ("10.0.0.0/8", false),
        ] {
            assert_eq!(NoProxy(list.to_owned()).is_everything(), want, "{list}");
        }
    }

    #[test]
    fn plain_http_to_this_machine_does_not_leave_it_by_a_proxy() {
        let proxy = |url: &str, proxy: Proxy| {
            let config = with(|o| (o.base_url, o.proxy, o.allow_insecure) = (url.into(), proxy, true));
            config.unwrap().options.proxy
        };
        for url in ["http://127.0.0.1:8080", "http://localhost/api", "http://[::1]:9"] {
            assert_eq!(proxy(url, Proxy::Environment), Proxy::None, "{url}");
        }
        for url in ["http://api.example", "https://localhost", "https://api.example"] {
            assert_eq!(proxy(url, Proxy::Environment), Proxy::Environment, "{url}");
        }
        let chosen = Proxy::Url("http://proxy.example:3128".into());
        assert_eq!(proxy("http://localhost", chosen.clone()), chosen);
    }

    #[test]
    fn plans() {
        assert_eq!("250".parse::<Plan>().unwrap(), Plan::PerMinute(250));
        for bad in ["0", "-1", "gold", "", "1.5"] {
            assert!(bad.parse::<Plan>().is_err(), "{bad}");
        }
    }
}
