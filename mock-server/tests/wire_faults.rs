//! Every fault of the socket layer, seen from the other end of the socket.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod wire_support;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use wire_support::{BODY, Ended, Until, again, ask, connect, get, once, plain, read, start};
use zhifuyun_mock_server::wire::{Behaviour, IdleClose, RawAnswer, RequestLimit, WireAction, WireOptions};

#[tokio::test]
async fn an_answer_without_fault_is_kept_alive() {
    let server = plain().await;
    let mut stream = connect(&server).await;
    for request in 1..=3 {
        let seen = again(&mut stream).await;
        assert_eq!((seen.body().as_str(), seen.end), (BODY, Ended::Open));
        assert!(seen.text().contains(&format!("x-request: {request}\r\n")));
        assert!(seen.text().contains("x-connection: 1\r\n"));
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn fin_and_reset_before_any_byte() {
    let server = plain().await;
    let fin = once(&server, json!({"cut": {}}), Until::End).await;
    assert_eq!((fin.bytes.len(), fin.end), (0, Ended::Fin));
    let reset = once(&server, json!({"cut": {"how": "reset"}}), Until::End).await;
    assert_eq!((reset.bytes.len(), reset.end), (0, Ended::Reset));
}

#[tokio::test]
async fn fin_and_reset_inside_the_headers() {
    let server = plain().await;
    for (how, end) in [("fin", Ended::Fin), ("reset", Ended::Reset)] {
        let fault = json!({"cut": {"in": "headers", "at": 20, "how": how}});
        let seen = once(&server, fault, Until::End).await;
        assert_eq!(seen.text(), "HTTP/1.1 200 OK\r\ncon");
        assert_eq!(seen.end, end);
    }
    // However large the number: the headers stay incomplete.
    let seen = once(&server, json!({"cut": {"in": "headers", "at": 100_000}}), Until::End).await;
    assert!(seen.text().ends_with("\r\n\r") && !seen.text().contains("\r\n\r\n"), "{}", seen.text());
}

#[tokio::test]
async fn fin_reset_and_silence_inside_the_body() {
    let server = plain().await;
    for (how, end) in [("fin", Ended::Fin), ("reset", Ended::Reset), ("stall", Ended::Open)] {
        let until = if end == Ended::Open { Until::Bytes(&BODY.as_bytes()[..10]) } else { Until::End };
        let seen = once(&server, json!({"cut": {"in": "body", "at": 10, "how": how}}), until).await;
        assert_eq!(seen.body(), &BODY[..10], "{how}");
        assert!(seen.text().contains(&format!("content-length: {}\r\n", BODY.len())));
        assert_eq!(seen.end, end);
    }
}

#[tokio::test]
async fn dribble_headers_body_and_both() {
    let server = plain().await;
    let head = once(&server, json!(null), Until::Answer).await.bytes.len() - BODY.len();
    // All of it comes, and not before its pauses are over.
    for (part, bytes, every_ms, slow) in
        [("body", 4, 15, BODY.len()), ("headers", 10, 15, head), ("all", 16, 5, head + BODY.len())]
    {
        let fault = json!({"dribble": {"bytes": bytes, "every_ms": every_ms, "part": part}});
        let seen = once(&server, fault, Until::Answer).await;
        assert_eq!((seen.body().as_str(), seen.end), (BODY, Ended::Open), "{part}");
        let pauses = u64::try_from(slow.div_ceil(bytes) - 1).unwrap();
        assert!(seen.took >= Duration::from_millis(pauses * every_ms), "{part}: {seen:?}");
    }
    // The first piece comes alone.
    for (part, length) in [("body", head + 4), ("headers", 4), ("all", 4)] {
        let fault = json!({"dribble": {"bytes": 4, "every_ms": 60_000, "part": part}});
        let seen = once(&server, fault, Until::Length(length)).await;
        assert_eq!((seen.bytes.len(), seen.end), (length, Ended::Open), "{part}");
    }
}

#[tokio::test]
async fn a_dribbled_connection_is_used_again() {
    let server = plain().await;
    let mut stream = connect(&server).await;
    let slow = ask(&mut stream, json!({"dribble": {"bytes": 50, "every_ms": 1}}), Until::Answer).await;
    assert_eq!(slow.body(), BODY);
    assert_eq!(again(&mut stream).await.body(), BODY);
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn stalls_for_a_while_and_for_ever() {
    let server = plain().await;
    let fault = json!({"stall": {"in": "body", "at": 7, "ms": 120}});
    let seen = once(&server, fault, Until::Answer).await;
    assert_eq!(seen.body(), BODY);
    assert!(seen.took >= Duration::from_millis(120));

    let never = once(&server, json!({"stall": {}}), Until::Silence).await;
    assert_eq!((never.bytes.len(), never.end), (0, Ended::Open));
    let status = b"HTTP/1.1 200 OK";
    let head = once(&server, json!({"stall": {"in": "headers", "at": 15}}), Until::Length(15)).await;
    assert_eq!((head.bytes.as_slice(), head.end), (status.as_slice(), Ended::Open));
}

#[tokio::test]
async fn a_connection_closes_after_some_requests() {
    let server = plain().await;
    let mut stream = connect(&server).await;
    let fault = json!({"close_after": {"requests": 3, "announce": true}});
    let first = ask(&mut stream, fault, Until::Answer).await;
    assert_eq!((first.body().as_str(), first.end), (BODY, Ended::Open));
    assert_eq!(again(&mut stream).await.end, Ended::Open);
    let last = ask(&mut stream, json!(null), Until::End).await;
    assert_eq!((last.body().as_str(), last.end), (BODY, Ended::Fin));
    assert!(last.text().contains("connection: close\r\n"));
}

#[tokio::test]
async fn an_idle_connection_ends_by_fin_or_reset() {
    let server = plain().await;
    for (how, end) in [("fin", Ended::Fin), ("reset", Ended::Reset)] {
        let fault = json!({"idle_close": {"after_ms": 80, "how": how}});
        let seen = once(&server, fault, Until::End).await;
        assert_eq!((seen.body().as_str(), seen.end), (BODY, end));
        assert!(seen.took >= Duration::from_millis(80));
        // Whoever is quick enough may go on.
        let mut stream = connect(&server).await;
        let fault = json!({"idle_close": {"after_ms": 30_000, "how": how}});
        assert_eq!(ask(&mut stream, fault, Until::Answer).await.body(), BODY);
        assert_eq!(again(&mut stream).await.body(), BODY);
    }
}

#[tokio::test]
async fn a_half_dead_connection_reads_and_hangs_up() {
    let server = plain().await;
    for (how, end) in [("fin", Ended::Fin), ("reset", Ended::Reset)] {
        let mut stream = connect(&server).await;
        let first = ask(&mut stream, json!({"half_dead": {"how": how}}), Until::Answer).await;
        assert_eq!((first.body().as_str(), first.end), (BODY, Ended::Open));
        let second = ask(&mut stream, json!(null), Until::End).await;
        assert_eq!((second.bytes.len(), second.end), (0, end));
    }
}

#[tokio::test]
async fn the_next_connections_are_refused() {
    let server = plain().await;
    let seen = once(&server, json!({"refuse": {"connections": 2}}), Until::End).await;
    assert_eq!((seen.body().as_str(), seen.end), (BODY, Ended::Fin));
    assert!(seen.text().contains("connection: close\r\n"));
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        let seen = read(&mut stream, Until::End).await;
        assert_eq!((seen.bytes.len(), seen.end), (0, Ended::Reset));
    }
    assert_eq!(once(&server, json!(null), Until::Answer).await.body(), BODY);
    assert_eq!((server.accepted(), server.refused()), (4, 2));
}

#[tokio::test]
async fn any_bytes_and_any_script() {
    let server = plain().await;
    let seen = once(&server, json!({"raw_base64": "AAEC/w=="}), Until::End).await;
    assert_eq!((seen.bytes.as_slice(), seen.end), (&[0, 1, 2, 255][..], Ended::Fin));
    let script = json!({"script": [
        {"text": "HTTP/1.1 102 Processing\r\n\r\n"}, {"sleep_ms": 60}, "answer_head", {"base64": "e30="},
        {"repeat": {"text": "ab", "times": 3, "every_ms": 1}}, "answer_body", "answer", {"end": "reset"}]});
    let seen = once(&server, script, Until::End).await;
    let text = seen.text();
    let answer = text.rsplit_once("HTTP/1.1 200 OK").unwrap().1;
    assert!(text.starts_with("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n"));
    assert!(text.contains(&format!("\r\n\r\n{{}}ababab{BODY}HTTP/1.1 200 OK{answer}")), "{text}");
    assert_eq!(seen.end, Ended::Reset);
    assert!(seen.took >= Duration::from_millis(60));
}

/// What must be on the wire for each raw answer: a marker, and how the connection ends.
fn expectation(name: RawAnswer) -> (Vec<u8>, Ended) {
    use RawAnswer as R;
    let n = BODY.len();
    let text = |text: &str| text.as_bytes().to_vec();
    match name {
        R::BadChunkSize => (text("transfer-encoding: chunked\r\n\r\nxyz\r\n"), Ended::Fin),
        R::MissingLastChunk => (text(&format!("chunked\r\n\r\n{n:x}\r\n{BODY}\r\n")), Ended::Fin),
        R::ChunkSizeOverflow => (text("chunked\r\n\r\nfffffffffffffffff1\r\n"), Ended::Fin),
        R::TinyChunks => (text("1\r\n{\r\n1\r\n\"\r\n"), Ended::Open),
        R::EndlessChunks => (text("10000\r\n          "), Ended::Open),
        R::ContentLengthTooLarge => (text(&format!("content-length: {}\r\n\r\n{BODY}", n + 100)), Ended::Fin),
        R::ContentLengthTooSmall => (text(&format!("content-length: {}\r\n\r\n{BODY}", n - 5)), Ended::Open),
        R::ContentLengthTwice => {
            (text(&format!("content-length: {n}\r\ncontent-length: {}\r\n\r\n{BODY}", n + 1)), Ended::Fin)
        }
        R::ContentLengthNegative => (text("content-length: -1\r\n"), Ended::Fin),
        R::ContentLengthText => (text("content-length: many\r\n"), Ended::Fin),
        R::LengthAndChunked => (
            text(&format!(
                "content-length: {n}\r\ntransfer-encoding: chunked\r\n\r\n{n:x}\r\n{BODY}\r\n0\r\n\r\n"
            )),
            Ended::Open,
        ),
        R::NoLengthTruncated => (text(&format!("\r\n\r\n{}", &BODY[..n / 2])), Ended::Fin),
        R::NoLength => (text(&format!("\r\n\r\n{BODY}")), Ended::Fin),
        R::EmptyClose => (text("\r\n\r\n"), Ended::Fin),
        R::HeaderNul => (text("x-odd: a\0b\r\n"), Ended::Open),
        R::HeaderSpace => (text("x odd: value\r\n"), Ended::Open),
        R::HeaderCjk => (text("x-odd: 智服云\r\n"), Ended::Open),
        R::HeaderNoColon => (text("this line has no colon\r\n"), Ended::Open),
        R::LfOnly => (text("HTTP/1.1 200 OK\ncontent-type"), Ended::Open),
        R::ManyHeaders => (text("x-filler-100: 100\r\n"), Ended::Open),
        R::HugeHeader => (vec![b'a'; 600_000], Ended::Open),
        R::EndlessHeaders => (text("HTTP/1.1 200 OK\r\nx-filler: aaa"), Ended::Open),
        R::SshBanner => (text("SSH-2.0-"), Ended::Fin),
        R::TlsAlert => (vec![21, 3, 1, 0, 2, 2, 10], Ended::Fin),
        R::Garbage => (vec![0x80], Ended::Fin),
        R::Http10 => (text("HTTP/1.0 200 OK\r\n"), Ended::Fin),
        R::BadVersion => (text("HTTP/3.7 200 OK\r\n"), Ended::Fin),
        R::EarlyHints => (text("rel=preload\r\n\r\nHTTP/1.1 200 OK\r\n"), Ended::Open),
        R::ManyContinues => (text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), Ended::Open),
        R::EndlessContinues => {
            (text("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"), Ended::Open)
        }
        R::BytesAfterBody => (text(&format!("{BODY}twenty bytes too man")), Ended::Open),
        R::SecondAnswer => {
            (text(&format!("{BODY}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}")), Ended::Open)
        }
        R::Status999 => (text("HTTP/1.1 999 Odd\r\n"), Ended::Open),
        R::Status1000 => (text("HTTP/1.1 1000 Odder\r\n"), Ended::Open),
        R::StatusText => (text("HTTP/1.1 abc Oddest\r\n"), Ended::Open),
        R::NoContentWithBody => (text("HTTP/1.1 204 No Content\r\n"), Ended::Open),
        R::NoContent => (text("HTTP/1.1 204 No Content\r\n"), Ended::Open),
        R::SwitchingProtocols => (text("HTTP/1.1 101 Switching Protocols\r\n"), Ended::Open),
    }
}

#[tokio::test]
async fn every_raw_answer_is_on_the_wire_as_named() {
    let server = plain().await;
    for name in RawAnswer::ALL {
        let action = serde_json::to_value(WireAction::Raw(*name)).unwrap();
        let (marker, end) = expectation(*name);
        let until = match name {
            RawAnswer::HugeHeader => Until::Answer,
            _ if end == Ended::Open => Until::Bytes(&marker),
            _ => Until::End,
        };
        let seen = once(&server, action.clone(), until).await;
        let found = seen.bytes.windows(marker.len()).any(|window| window == marker);
        let start = String::from_utf8_lossy(&seen.bytes[..seen.bytes.len().min(600)]).into_owned();
        assert!(found, "{action}: {start}");
        assert_eq!(seen.end, end, "{action}");
    }
    let bare = once(&server, json!({"raw": "no_content"}), Until::Answer).await;
    assert!(!bare.text().contains(BODY));
    let odd = once(&server, json!({"raw": "no_content_with_body"}), Until::Bytes(BODY.as_bytes())).await;
    assert!(odd.text().ends_with(BODY));
    let many = once(&server, json!({"raw": "many_continues"}), Until::Answer).await;
    assert_eq!(many.text().matches("100 Continue").count(), 1000);
    let many = once(&server, json!({"raw": "many_headers"}), Until::Answer).await;
    assert_eq!(many.text().matches("x-filler").count(), 101);
}

#[tokio::test]
async fn a_listener_can_close_all_its_connections() {
    let behaviour = Behaviour {
        refuse: 1,
        close_after: Some(RequestLimit {
            requests: 2,
            how: zhifuyun_mock_server::wire::End::Reset,
            announce: false,
        }),
        ..Behaviour::default()
    };
    let server = start(WireOptions { behaviour, ..WireOptions::default() }).await;
    let mut refused = connect(&server).await;
    assert_eq!(read(&mut refused, Until::End).await.end, Ended::Reset);
    let mut stream = connect(&server).await;
    assert_eq!(again(&mut stream).await.end, Ended::Open);
    let second = ask(&mut stream, json!(null), Until::End).await;
    assert_eq!((second.body().as_str(), second.end), (BODY, Ended::Reset));

    let idle = IdleClose { after_ms: 60, how: zhifuyun_mock_server::wire::End::Fin };
    server.set_behaviour(Behaviour { idle_close: Some(idle), ..Behaviour::default() });
    let seen = once(&server, json!(null), Until::End).await;
    assert_eq!((seen.body().as_str(), seen.end), (BODY, Ended::Fin));
}

#[tokio::test]
async fn head_requests_and_unread_bodies_stay_in_step() {
    let server = plain().await;
    let mut stream = connect(&server).await;
    let head = get(json!({"dribble": {"bytes": 1000, "every_ms": 0}})).replacen("GET", "HEAD", 1);
    stream.write_all(head.as_bytes()).await.unwrap();
    let seen = read(&mut stream, Until::Bytes(b"\r\n\r\n")).await;
    assert!(seen.text().ends_with("\r\n\r\n"), "{}", seen.text());
    assert_eq!(again(&mut stream).await.body(), BODY);
}

#[tokio::test]
async fn http10_and_close_are_obeyed_in_faulted_answers() {
    let server = plain().await;
    let request = get(json!({"dribble": {"bytes": 1000, "every_ms": 0}}));
    for request in [
        request.replacen("HTTP/1.1", "HTTP/1.0", 1),
        request.replacen("\r\n\r\n", "\r\nconnection: close\r\n\r\n", 1),
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let seen = read(&mut stream, Until::End).await;
        assert_eq!((seen.body().as_str(), seen.end), (BODY, Ended::Fin));
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let server = plain().await;
    let seen = once(&server, json!({"h2": {"goaway": {}}}), Until::Answer).await;
    assert!(
        seen.text().starts_with("HTTP/1.1 500 ") && seen.body().contains("needs HTTP/2"),
        "{}",
        seen.text()
    );
}

#[test]
fn nonsense_is_refused() {
    let bad = |value: Value| {
        let action: Result<WireAction, _> = serde_json::from_value(value.clone());
        assert!(action.is_err() || action.is_ok_and(|action| action.validate().is_err()), "{value}");
    };
    bad(json!({"cut": {"how": "keep"}}));
    bad(json!({"cut": {"where": "body"}}));
    bad(json!({"dribble": {"bytes": 0, "every_ms": 1}}));
    bad(json!({"raw": "no_such_thing"}));
    bad(json!({"raw_base64": "%%"}));
    bad(json!({"script": []}));
    bad(json!({"script": [{"end": "fin"}, "answer"]}));
    bad(json!({"close_after": {"requests": 0}}));
    bad(json!({"refuse": {"connections": 0}}));
    bad(json!({"h2": {"goaway": {"code": "cancel", "answer": true}}}));
    bad(json!({"nothing": {}}));
}
