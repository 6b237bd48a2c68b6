//! The option `test_clock`: waits are skipped and a mock server's clock is driven along.

use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use url::Url;
use zhifuyun::{Error, ErrorKind, Reason, Result, TestClock};

/// A clock that tells `url`, a mock server's `…/clock/advance`, about every jump.
pub(crate) fn connect(url: &str) -> Result<TestClock> {
    let refuse = || {
        let message = "test_clock must be the http URL of a mock server's clock, such as \
            http://127.0.0.1:4010/_mock/clock/advance";
        Error::new(ErrorKind::Config, Reason::InvalidConfig, message)
    };
    let url = Url::parse(url).map_err(|_| refuse())?;
    let (host, port) = (url.host_str(), url.port_or_known_default());
    let (Some(host), Some(port), "http") = (host, port, url.scheme()) else { return Err(refuse()) };
    let (host, path) = (host.to_owned(), url.path().to_owned());
    Ok(TestClock::new(move |by| {
        let (host, path) = (host.clone(), path.clone());
        Box::pin(async move {
            // A clock that cannot be reached must not turn into a hang or a false success: the wait then simply
            // happens on the client's side alone, and the server's refusal shows it.
            let _ = advance(&host, port, &path, by).await;
        })
    }))
}

/// One request, written out: a client that tests its own waiting must not wait on itself.
async fn advance(host: &str, port: u16, path: &str, by: Duration) -> std::io::Result<()> {
    // Rounded up: a server a fraction behind would refuse what the client thinks is due.
    let ms = by.as_nanos().div_ceil(1_000_000);
    let body = format!(r#"{{"seconds":{}.{:03}}}"#, ms / 1000, ms % 1000);
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map(drop)
}
