//! Who may use the control plane.

use http::header::{AUTHORIZATION, HOST, ORIGIN};
use http::{HeaderMap, StatusCode};

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
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<(), ControlError> {
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
        for name in [HOST, ORIGIN] {
            let Some(value) = headers.get(&name) else { continue };
            if !value.to_str().is_ok_and(is_local) {
                return Err(ControlError {
                    status: StatusCode::FORBIDDEN,
                    message: format!("the {name} header does not name this machine"),
                });
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
            assert!(open.admit(&with(HOST, local)).is_ok(), "{local}");
        }
        for far in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1", ""] {
            assert!(open.admit(&with(HOST, far)).is_err(), "{far}");
        }
        assert!(open.admit(&with(ORIGIN, "http://localhost:3000")).is_ok());
        assert!(open.admit(&with(ORIGIN, "https://evil.example")).is_err());
        assert!(open.admit(&with(ORIGIN, "null")).is_err());
        let closed = Guard::new(Some("s3cret".to_owned()));
        assert!(closed.admit(&with(AUTHORIZATION, "Bearer s3cret")).is_ok());
        assert!(closed.admit(&with(AUTHORIZATION, "Bearer other")).is_err());
        assert!(closed.admit(&with(HOST, "localhost")).is_err());
    }
}
