//! What the hosts rely on: walks that lose nothing, refusals that name the option.
#![allow(missing_docs)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::net::TcpListener;
use std::sync::Arc;
use zhifuyun_bridge::lanes::Interrupted;
use zhifuyun_bridge::walk::{Driver, Walk};
use zhifuyun_bridge::zhifuyun::{Background, ErrorKind};
use zhifuyun_bridge::{BridgeClient, background, operations::Output, options};
use zhifuyun_mock_server::{MockServer, limits::Plan};

/// A server with 25 conversations, the runtime that it lives on, and a client.
fn world() -> (tokio::runtime::Runtime, MockServer, Arc<BridgeClient>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(MockServer::builder().seed(1, 25, 0).plan(Plan::Off).start()).unwrap();
    let client = client(server.url(), server.client_id(), server.client_secret());
    (runtime, server, client)
}

fn client(url: &str, id: &str, secret: &str) -> Arc<BridgeClient> {
    let options = format!(
        r#"{{"base_url": "{url}", "client_id": "{id}", "client_secret": "{secret}", "plan": "off", "proxy": false}}"#
    );
    BridgeClient::new(&options, Background::Thread).unwrap()
}

fn walk(client: &BridgeClient, driver: Driver) -> Arc<Walk> {
    client.walk(driver, "conversations.iter", r#"{"limit": 10}"#, None, None).unwrap()
}

fn size(page: Option<Output>) -> usize {
    let Some(Output::Conversations(page)) = page else { panic!("no page of conversations") };
    page.items.len()
}

#[test]
fn a_page_stays_until_it_is_taken() {
    let (_runtime, _server, client) = world();
    for driver in [Driver::Caller, Driver::Background] {
        let walk = walk(&client, driver);
        let next = || match driver {
            Driver::Caller => walk.next(None).unwrap().unwrap(),
            Driver::Background => background::wait(Arc::clone(&walk).next_async()).unwrap(),
        };
        assert!(walk.take().is_none(), "nothing was asked for");
        assert!(next());
        assert!(next(), "it is still there");
        assert_eq!(
            (walk.report().items, walk.report().requests),
            (0, 0),
            "what was not taken does not count"
        );
        assert_eq!(size(walk.take()), 10);
        assert_eq!((walk.report().items, walk.report().requests), (10, 1));
        assert!(walk.take().is_none(), "once");
        let mut rest = 0;
        while next() {
            rest += size(walk.take());
        }
        assert_eq!(rest, 15);
        assert!(!next(), "ever after");
        assert!(walk.report().complete);
        assert!(walk.report_json().contains(r#""items":25"#));
    }
}

#[test]
fn an_interrupted_walk_goes_on() {
    // It accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = client(&format!("http://{}", silent.local_addr().unwrap()), "id", "a secret of some length");
    let walk = walk(&client, Driver::Caller);
    for _ in 0..2 {
        assert_eq!(walk.next(Some(&mut || true)).unwrap_err(), Interrupted);
        assert!(walk.take().is_none());
    }
    assert!(!walk.report().complete);
}

#[test]
fn a_panic_in_a_walk_is_an_error() {
    let (_runtime, _server, client) = world();
    for driver in [Driver::Caller, Driver::Background] {
        let walk = client.walk(driver, "internal.panic", "{}", None, None).unwrap();
        for _ in 0..2 {
            let result = match driver {
                Driver::Caller => walk.next(None).unwrap(),
                Driver::Background => background::wait(Arc::clone(&walk).next_async()),
            };
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Internal);
        }
    }
    assert!(walk(&client, Driver::Caller).next(None).unwrap().unwrap(), "the client is still usable");
}

#[test]
fn walks_that_make_no_sense() {
    let client = client("http://127.0.0.1:9", "id", "a secret of some length");
    for (name, args, how) in [
        ("nothing.iter", "{}", "{}"),
        ("tickets.iter", r#"{"limit": 0}"#, "{}"),
        ("tickets.iter", r#"{"colour": "red"}"#, "{}"),
    ] {
        let error = client.walk(Driver::Caller, name, args, None, Some(how)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{name} {args} {how}");
    }
    for (how, named) in [
        (r#"{"consistency": "loose"}"#, "consistency"),
        (r#"{"consistency": 5}"#, "consistency"),
        (r#"{"prefetch": 17}"#, "prefetch"),
        (r#"{"prefetch": -1}"#, "prefetch"),
        (r#"{"prefetch": "4"}"#, "prefetch"),
        (r#"{"max_items": -1}"#, "max_items"),
        (r#"{"max_items": true}"#, "max_items"),
        (r#"{"colour": null}"#, "colour"),
        ("[]", "options"),
    ] {
        let error = client.walk(Driver::Caller, "tickets.iter", "{}", None, Some(how)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{how}");
        assert_eq!((error.argument(), error.operation()), (Some(named), Some("tickets.list")), "{how}");
    }
    let absent = r#"{"consistency": null, "prefetch": null, "max_items": null}"#;
    assert!(client.walk(Driver::Caller, "tickets.iter", "{}", None, Some(absent)).is_ok());
    let wrong = Some(r#"{"timeout": 0}"#);
    let error = client.walk(Driver::Caller, "tickets.iter", "{}", wrong, None).unwrap_err();
    assert_eq!((error.argument(), error.operation()), (Some("timeout"), Some("tickets.list")));
    let error = client.call("tickets.list", "{}", wrong, None).unwrap().unwrap_err();
    assert_eq!((error.argument(), error.operation()), (Some("timeout"), Some("tickets.list")));
    client.close();
    let error = client.walk(Driver::Caller, "tickets.iter", "{}", None, None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[test]
fn options_that_make_no_sense() {
    let with = |more: &str| {
        let options = format!(r#"{{"client_id": "id", "client_secret": "hush-hush-hush-hush"{more}}}"#);
        BridgeClient::new(&options, Background::Inline)
    };
    assert!(with("").is_ok());
    for (more, named) in [
        (r#", "colour": "red""#, "colour"),
        (r#", "timeout": "5""#, "timeout"),
        (r#", "timeout": -1"#, "timeout"),
        (r#", "max_retries": 1.5"#, "max_retries"),
        (r#", "plan": true"#, "plan"),
        (r#", "proxy": 5"#, "proxy"),
        (r#", "on_limit": "maybe""#, "on_limit"),
        (r#", "time_zone": "Mars""#, "time_zone"),
        (r#", "test_clock": "https://example.com""#, "test_clock"),
    ] {
        let error = with(more).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{more}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(named), "{text} does not name {named}");
        assert!(!text.contains("hush"), "{text}");
    }
    for options in ["", "[]", "{", "5"] {
        assert_eq!(BridgeClient::new(options, Background::Inline).unwrap_err().kind(), ErrorKind::Config);
    }

    assert!(options::request_options(None).is_ok());
    assert!(options::request_options(Some(r#"{"timeout": null, "max_retries": 0}"#)).is_ok());
    for (json, named) in [
        (r#"{"timeout": 0}"#, "timeout"),
        (r#"{"timeout": "5"}"#, "timeout"),
        (r#"{"max_retries": -1}"#, "max_retries"),
        (r#"{"max_retries": true}"#, "max_retries"),
        (r#"{"colour": "red"}"#, "colour"),
        ("[]", "options"),
    ] {
        let error = options::request_options(Some(json)).unwrap_err();
        assert_eq!((error.kind(), error.argument()), (ErrorKind::InvalidArgument, Some(named)), "{json}");
    }
}
