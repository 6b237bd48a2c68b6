//! Who may use the control plane.

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, StatusCode, Uri};

use super::ControlError;

/// Keeps web pages and strangers away from the control plane.
///
/// A page in a browser can make a name of its own resolve to this machine (DNS rebinding) and then talk to
/// the server as if it were its origin. It cannot change the `Host` header that the browser sends.
#[derive(Debug)]
pub(crate) struct Guard {
    token: Option<String>,
}

impl Guard {
    pub(crate) fn new(token: Option<String>) -> Self {
        Self { token }
    }

    /// Lets a request in or says why not.
    pub(crate) fn admit(&self, target: &Uri, headers: &HeaderMap) -> Result<(), ControlError> {
        if let Some(token) = &self.token {
            let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
            if sent.and_then(|value| value.strip_prefix("Bearer ")) != Some(token) {
                return Err(ControlError {
                    status: StatusCode::UNAUTHORIZED,
                    message: "the control plane asks for `Authorization: Bearer <control token>`".to_owned(),
                });
            }
            return Ok(());
        }
        let stranger = |name: &str| ControlError {
            status: StatusCode::FORBIDDEN,
            message: format!("{name} does not name this machine"),
        };
        // HTTP/2 says there which host it means, and so does a request through a proxy.
        if target.host().is_some_and(|host| !is_local(host)) {
            return Err(stranger("the target of the request"));
        }
        for name in [HOST, ORIGIN] {
            if !headers.get_all(&name).iter().all(|value| value.to_str().is_ok_and(is_local)) {
                return Err(stranger(&format!("the {name} header")));
            }
        }
        Ok(())
    }
}

/// Whether `host`, `host:port` or an origin is a loopback address or `localhost`.
fn is_local(value: &str) -> bool {
    let value = value.strip_prefix("http://").or(value.strip_prefix("https://")).unwrap_or(value);
    let host = match value.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => value.split(':').next().unwrap_or_default(),
    };
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_let_in() {
        let with = |name, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            headers
        };
        let open = Guard::new(None);
        for local in ["127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:80", "127.8.8.8"] {
            assert!(open.admit(&Uri::from_static("/_mock"), &with(HOST, local)).is_ok(), "{local}");
        }
        for far in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1", ""] {
            assert!(open.admit(&Uri::from_static("/_mock"), &with(HOST, far)).is_err(), "{far}");
        }
        assert!(open.admit(&Uri::from_static("/_mock"), &with(ORIGIN, "http://localhost:3000")).is_ok());
        assert!(open.admit(&Uri::from_static("/_mock"), &with(ORIGIN, "https://evil.example")).is_err());
        assert!(open.admit(&Uri::from_static("/_mock"), &with(ORIGIN, "null")).is_err());
        let mut twice = with(HOST, "localhost");
        twice.append(HOST, "evil.example".parse().unwrap());
        assert!(open.admit(&Uri::from_static("/_mock"), &twice).is_err());
        for (target, good) in [("http://[::1]:1/_mock", true), ("http://evil.example/_mock", false)] {
            assert_eq!(open.admit(&Uri::from_static(target), &HeaderMap::new()).is_ok(), good);
        }
        let closed = Guard::new(Some("s3cret".to_owned()));
        assert!(closed.admit(&Uri::from_static("/_mock"), &with(AUTHORIZATION, "Bearer s3cret")).is_ok());
        assert!(closed.admit(&Uri::from_static("/_mock"), &with(AUTHORIZATION, "Bearer other")).is_err());
        assert!(closed.admit(&Uri::from_static("/_mock"), &with(HOST, "localhost")).is_err());
    }
}
