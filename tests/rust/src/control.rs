//! Just enough HTTP for the control plane, so that no HTTP client can hide a fault of the one under test.

use crate::Check;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Asks the control plane; anything but a 2xx answer is an error.
pub fn ask(method: &str, url: &str, body: Option<&Value>) -> Check<Value> {
    let problem = |e: &dyn std::fmt::Display| format!("{method} {url}: {e}");
    let rest = url.strip_prefix("http://").ok_or_else(|| problem(&"not an http URL"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(host).map_err(|e| problem(&e))?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).map_err(|e| problem(&e))?;
    stream.write_all(request.as_bytes()).map_err(|e| problem(&e))?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(|e| problem(&e))?;
    let answer = String::from_utf8(answer).map_err(|e| problem(&e))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| problem(&"no answer"))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    if !status.starts_with('2') {
        return Err(problem(&format!("{status} {body}")));
    }
    if body.is_empty() { Ok(Value::Null) } else { serde_json::from_str(body).map_err(|e| problem(&e)) }
}
