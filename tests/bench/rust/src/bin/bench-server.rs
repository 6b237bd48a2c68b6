//! The server of the bench: fixed bytes, as little work as possible, so that clients are what is measured.
//!
//! `bench-server BODIES [axum|tls DIR]` listens on a free port of the loopback address, prints it, and ends when
//! its standard input closes. BODIES holds `conversation.json` and `page-1.json` to `page-11.json`, the last of
//! which is empty and stands for all beyond. A path that begins with `/delay-20` is answered 20 ms later.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

type Fail = Box<dyn std::error::Error + Send + Sync>;

struct Answers {
    token: Vec<u8>,
    conversation: Vec<u8>,
    pages: Vec<Vec<u8>>,
    missing: Vec<u8>,
}

fn http(status: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Answers {
    fn read(dir: &Path) -> std::io::Result<Self> {
        let pages: std::io::Result<Vec<_>> = (1..=11)
            .map(|n| Ok(http("200 OK", &std::fs::read(dir.join(format!("page-{n}.json")))?)))
            .collect();
        Ok(Self {
            token: http("200 OK", br#"{"access_token":"bench","token_type":"Bearer","expires_in":86400}"#),
            conversation: http("200 OK", &std::fs::read(dir.join("conversation.json"))?),
            pages: pages?,
            missing: http("404 Not Found", br#"{"code":404,"message":"no such path"}"#),
        })
    }

    fn to(&self, path: &str) -> &[u8] {
        if path.starts_with("/v1/conversations?") {
            let page = path.split(['?', '&']).find_map(|p| p.strip_prefix("page=")).unwrap_or("1");
            let page = page.parse::<usize>().unwrap_or(0).wrapping_sub(1);
            self.pages.get(page.min(10)).unwrap_or(&self.missing)
        } else if path.starts_with("/v1/conversations/") {
            &self.conversation
        } else if path == "/oauth/token" {
            &self.token
        } else {
            &self.missing
        }
    }
}

async fn serve(mut socket: impl AsyncRead + AsyncWrite + Unpin, answers: Arc<Answers>) -> Result<(), Fail> {
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let head = loop {
            if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if socket.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let text = std::str::from_utf8(&buffer[..head])?;
        let path = text.split(' ').nth(1).unwrap_or_default();
        let (late, path) = match path.strip_prefix("/delay-20") {
            Some(rest) => (true, rest),
            None => (false, path),
        };
        let answer = answers.to(path);
        let length = if text.starts_with("GET ") { 0 } else { content_length(text) };
        while buffer.len() < head + length {
            if socket.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        if late {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        socket.write_all(answer).await?;
        buffer.drain(..head + length);
    }
}

fn content_length(head: &str) -> usize {
    let mut lines = head.lines().filter_map(|l| l.split_once(':'));
    let value = lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).map(|(_, v)| v.trim());
    value.and_then(|v| v.parse().ok()).unwrap_or(0)
}

/// The same page from memory, in the framework that the mock server is built on.
async fn bare_axum(listener: TcpListener, dir: &Path) -> Result<(), Fail> {
    let page: &'static [u8] = std::fs::read(dir.join("page-1.json"))?.leak();
    let answer = move || async move { ([("content-type", "application/json")], page) };
    let app = axum::Router::new().route("/v1/conversations", axum::routing::get(answer));
    Ok(axum::serve(listener, app).await?)
}

fn acceptor(dir: &Path) -> Result<tokio_rustls::TlsAcceptor, Fail> {
    let key = rcgen::KeyPair::generate()?;
    let certificate =
        rcgen::CertificateParams::new(["127.0.0.1".into(), "localhost".into()])?.self_signed(&key)?;
    std::fs::write(dir.join("ca.pem"), certificate.pem())?;
    let key = tokio_rustls::rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der())?;
    let mut config = tokio_rustls::rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config).into())
}

fn main() -> Result<(), Fail> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let axum = arguments.get(1).is_some_and(|a| a == "axum");
    // As many threads as the mock server has, for the comparison; else one, which leaves the rest to the client.
    let runtime = if axum { Runtime::new()? } else { Builder::new_current_thread().enable_all().build()? };
    runtime.block_on(listen(&arguments))
}

async fn listen(arguments: &[String]) -> Result<(), Fail> {
    let dir = Path::new(arguments.first().ok_or("bench-server BODIES [axum|tls DIR]")?);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    let tls = match arguments.get(1).map(String::as_str) {
        Some("tls") => Some(acceptor(Path::new(arguments.get(2).ok_or("tls DIR")?))?),
        _ => None,
    };
    println!("{}", listener.local_addr()?.port());
    if arguments.get(1).is_some_and(|a| a == "axum") {
        return bare_axum(listener, dir).await;
    }
    let answers = Arc::new(Answers::read(dir)?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        let (answers, tls) = (answers.clone(), tls.clone());
        tokio::spawn(async move {
            match tls {
                Some(tls) => serve(tls.accept(socket).await?, answers).await,
                None => serve(socket, answers).await,
            }
        });
    }
}
