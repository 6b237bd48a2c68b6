//! Bodies that a server compressed.
#![allow(clippy::unwrap_used)]

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::json;
use std::io::Write as _;
use wiremock::matchers::{headers, path};
use wiremock::{Mock, MockServer, ResponseTemplate};
use zhifuyun::{Client, Error, Plan, Proxy, Reason};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What a client makes of a conversation that comes in this body.
async fn fetch(encoding: &str, body: Vec<u8>) -> Result<String, Error> {
    let server = MockServer::start().await;
    let token = json!({"access_token": "t", "token_type": "Bearer", "expires_in": 3600});
    Mock::given(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(&server)
        .await;
    let answer = ResponseTemplate::new(200).insert_header("content-encoding", encoding).set_body_bytes(body);
    Mock::given(path("/v1/conversations/conv_1"))
        .and(headers("accept-encoding", vec!["gzip", "deflate"]))
        .respond_with(answer)
        .mount(&server)
        .await;
    let builder = Client::builder().client_id("id").client_secret("hush-hush").base_url(server.uri());
    let builder = builder.plan(Plan::Off).proxy(Proxy::None).max_retries(0).max_response_bytes(1_000);
    let client = builder.build().unwrap();
    let found = client.conversations().get("conv_1").await?;
    // The connection is as good as after any other body.
    client.conversations().get("conv_1").await?;
    Ok(found.id.clone())
}

#[tokio::test]
async fn encodings_have_their_registered_names_in_any_case() {
    let body = br#"{"code":200,"data":{"id":"conv_1"}}"#;
    let (first, second) = body.split_at(10);
    for (encoding, bytes) in [
        ("gzip", gzip(body)),
        ("GZip", gzip(body)),
        ("x-gzip", gzip(body)),
        ("gzip", [gzip(first), gzip(second)].concat()),
        ("deflate", zlib(body)),
        ("identity", body.to_vec()),
        ("Identity", body.to_vec()),
    ] {
        assert_eq!(fetch(encoding, bytes).await.unwrap(), "conv_1", "{encoding}");
    }
}

#[tokio::test]
async fn what_cannot_be_decoded_is_told_apart() {
    let body = br#"{"code":200,"data":{"id":"conv_1"}}"#;
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 4);
        bytes
    };
    let large = vec![b' '; 1_001];
    for (encoding, bytes, want) in [
        ("gzip", cut(gzip(body)), Reason::BodyInterrupted),
        ("deflate", cut(zlib(body)), Reason::BodyInterrupted),
        ("gzip", body.to_vec(), Reason::Protocol),
        ("gzip", zlib(body), Reason::Protocol),
        ("br", body.to_vec(), Reason::Protocol),
        ("gzip", gzip(&large), Reason::BodyTooLarge),
        ("deflate", zlib(&large), Reason::BodyTooLarge),
        ("identity", large.clone(), Reason::BodyTooLarge),
        ("gzip", Vec::new(), Reason::EmptyBody),
        ("deflate", Vec::new(), Reason::EmptyBody),
        ("gzip", gzip(b""), Reason::EmptyBody),
    ] {
        assert_eq!(fetch(encoding, bytes).await.unwrap_err().reason(), want, "{encoding}");
    }
}
