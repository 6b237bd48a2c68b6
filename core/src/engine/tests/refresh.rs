//! When a token is replaced, and by what: ahead of expiry, by either clock, from a store, by another key (FAULTS
//! table A).

use super::fake::*;
use super::tokens::normal;
use crate::OnLimit;
use crate::error::{ErrorKind, Reason};
use std::sync::Arc;

#[tokio::test(start_paused = true)]
async fn refreshed_ahead_of_expiry_while_the_old_token_serves() {
    let world =
        World::new(
            |path, n| {
                if path == "/oauth/token" { (SECOND, token(n, "3600")) } else { (NOW, conversation()) }
            },
        );
    world.client.conversations().get("c1").await.unwrap();
    // In the refresh margin: 300 s before the safety margin of 30 s.
    tokio::time::advance(3_300 * SECOND).await;
    let before = world.clock_now();
    world.client.conversations().get("c1").await.unwrap();
    assert_eq!(world.clock_now(), before, "nobody waited");
    tokio::time::sleep(2 * SECOND).await;
    world.client.conversations().get("c1").await.unwrap();
    assert_eq!(world.authorizations(ONE), ["Bearer t1", "Bearer t1", "Bearer t2"]);
    assert_eq!(world.tokens(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failing_refresh_ahead_of_expiry_disturbs_nobody() {
    // A6
    let world = World::with(
        |b| b.max_retries(0),
        |path, n| match (path, n) {
            ("/oauth/token", 2) => (NOW, reply(500, "")),
            ("/oauth/token", n) => (NOW, token(n, "3600")),
            _ => (NOW, conversation()),
        },
    );
    world.client.conversations().get("c1").await.unwrap();
    tokio::time::advance(3_400 * SECOND).await;
    for _ in 0..30 {
        world.client.conversations().get("c1").await.unwrap();
        tokio::time::sleep(100 * MS).await;
    }
    assert_eq!(world.tokens(), 3, "failed once, then succeeded");
    assert!(world.gaps("/oauth/token")[1] >= SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_ahead_that_keeps_failing_is_tried_ever_less_often() {
    for answer in [403, 500, 429] {
        let world = World::with(
            |b| b.max_retries(0).on_limit(OnLimit::Raise),
            move |path, n| match (path, n) {
                ("/oauth/token", 1) => (NOW, token(n, "3600")),
                ("/oauth/token", _) => (MS, reply(answer, "")),
                _ => (NOW, conversation()),
            },
        );
        world.client.conversations().get("c1").await.unwrap();
        tokio::time::advance(3_300 * SECOND).await;
        for _ in 0..2_000 {
            world.client.conversations().get("c1").await.unwrap();
            tokio::time::sleep(100 * MS).await;
        }
        // After 1, 2, 4, 8, 16 and then every 30 s.
        let gaps = &world.gaps("/oauth/token")[1..];
        assert_eq!(gaps.len(), 10, "{answer}: {gaps:?}");
        assert!(gaps.windows(2).all(|g| g[0] < g[1] + 100 * MS) && gaps[9] >= 30 * SECOND, "{gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_must_refresh_ahead_itself_keeps_most_of_its_time() {
    let world = World::inline(|path, n| match (path, n) {
        ("/oauth/token", 1) => (NOW, token(n, "3600")),
        ("/oauth/token", _) => (1_000 * SECOND, token(n, "3600")),
        _ => (NOW, conversation()),
    });
    world.client.conversations().get("c1").await.unwrap();
    tokio::time::advance(3_300 * SECOND).await;
    let start = world.clock_now();
    let call = || world.client.conversations().get("c1").timeout(8 * SECOND).send();
    call().await.unwrap();
    assert_eq!(world.clock_now() - start, 2 * SECOND);
    // The next one does not try again at once.
    call().await.unwrap();
    assert_eq!(world.clock_now() - start, 2 * SECOND);
    assert_eq!(world.authorizations(ONE), ["Bearer t1"; 3]);
}

#[tokio::test(start_paused = true)]
async fn either_clock_expires_a_token() {
    // A10: the wall clock an hour ahead expires the token once, not again and again.
    let world = World::new(normal);
    world.client.conversations().get("c1").await.unwrap();
    world.clock.skew_ms(3_600_000);
    for _ in 0..5 {
        world.client.conversations().get("c1").await.unwrap();
    }
    assert_eq!(world.tokens(), 2);
    // An hour back: the monotonic clock decides, and the store, which knows only the wall clock, is not believed.
    world.clock.skew_ms(-3_600_000);
    world.client.conversations().get("c1").await.unwrap();
    assert_eq!(world.tokens(), 2);
    tokio::time::advance(4_000 * SECOND).await;
    for _ in 0..3 {
        world.client.conversations().get("c1").await.unwrap();
    }
    assert_eq!(world.tokens(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_store_does_not_bring_back_what_has_expired() {
    let world = World::new(normal);
    world.client.conversations().get("c1").await.unwrap();
    world.clock.skew_ms(-3_600_000);
    tokio::time::advance(4_000 * SECOND).await;
    world.client.conversations().get("c1").await.unwrap();
    assert_eq!(world.authorizations(ONE), ["Bearer t1", "Bearer t2"]);
    assert_eq!(world.tokens(), 2);
}

#[derive(Debug)]
struct Stubborn {
    hangs: bool,
    kept: std::sync::Mutex<Option<crate::StoredToken>>,
}

impl crate::TokenStore for Stubborn {
    fn load<'a>(&'a self, _: &'a str) -> crate::BoxFuture<'a, Option<crate::StoredToken>> {
        Box::pin(async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            self.kept.lock().unwrap().clone()
        })
    }
    fn save<'a>(&'a self, _: &'a str, token: crate::StoredToken) -> crate::BoxFuture<'a, ()> {
        Box::pin(async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
            *self.kept.lock().unwrap() = Some(token);
        })
    }
    fn remove<'a>(&'a self, _: &'a str, _: &'a crate::Secret) -> crate::BoxFuture<'a, ()> {
        Box::pin(async move {
            if self.hangs {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_keeps_a_refused_token_or_hangs_is_survived() {
    for hangs in [false, true] {
        let store = Arc::new(Stubborn { hangs, kept: std::sync::Mutex::default() });
        let world = World::with(
            |b| b.token_store(store),
            |path, n| match path {
                "/oauth/token" => (NOW, token(n, "3600")),
                _ if n == 1 => (NOW, reply(401, "{}")),
                _ => (NOW, conversation()),
            },
        );
        let start = world.clock_now();
        world.client.conversations().get("c1").await.unwrap();
        assert_eq!(world.authorizations(ONE), ["Bearer t1", "Bearer t2"], "{hangs}");
        assert!(world.clock_now() - start <= 26 * SECOND);
        let start = world.clock_now();
        let hasty = world.client.authenticate_with(crate::RequestOptions {
            timeout: Some(SECOND),
            ..crate::RequestOptions::default()
        });
        hasty.await.unwrap();
        assert!(world.clock_now() - start <= SECOND + 50 * MS);
    }
}

#[tokio::test(start_paused = true)]
async fn two_clients_share_a_store() {
    // A13
    let store = Arc::new(crate::MemoryTokenStore::new());
    let first = World::with(|b| b.token_store(Arc::clone(&store) as _), normal);
    let second = World::with(|b| b.token_store(store), normal);
    first.client.conversations().get("c1").await.unwrap();
    second.client.conversations().get("c1").await.unwrap();
    assert_eq!((first.tokens(), second.tokens()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn two_accounts_do_not_share_a_token() {
    // A13: also if the credentials come from a provider.
    struct Account(&'static str);
    impl crate::CredentialsProvider for Account {
        fn credentials(&self) -> crate::BoxFuture<'_, crate::Result<crate::Credentials>> {
            Box::pin(async { Ok(crate::Credentials::new(self.0, "hush-hush")) })
        }
    }
    let store = Arc::new(crate::MemoryTokenStore::new());
    let world = |account| {
        let store = Arc::clone(&store);
        World::with(|b| b.token_store(store).credentials_provider(Account(account)), normal)
    };
    let [one, other, again] = [world("one"), world("other"), world("one")];
    for w in [&one, &other, &again] {
        w.client.conversations().get("c1").await.unwrap();
    }
    assert_eq!((one.tokens(), other.tokens(), again.tokens()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_again_for_every_token() {
    // A11: the key is rotated; the token of the old one is refused.
    struct Vault(std::sync::atomic::AtomicUsize);
    impl crate::CredentialsProvider for Vault {
        fn credentials(&self) -> crate::BoxFuture<'_, crate::Result<crate::Credentials>> {
            let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Box::pin(async move {
                if n == 2 {
                    return Err(crate::Error::new(
                        ErrorKind::Config,
                        Reason::InvalidConfig,
                        "the vault is sealed",
                    ));
                }
                Ok(crate::Credentials::new("id", format!("secret{n}")))
            })
        }
    }
    let world = World::with(
        |b| b.credentials_provider(Vault(0.into())),
        |path, n| match path {
            "/oauth/token" => (NOW, token(n, "3600")),
            _ if n % 2 == 1 => (NOW, reply(401, "{}")),
            _ => (NOW, conversation()),
        },
    );
    world.client.conversations().get("c1").await.unwrap();
    assert_eq!(world.tokens(), 2);
    let e = world.client.conversations().get("c1").await.unwrap_err();
    assert_eq!((e.kind(), e.message()), (ErrorKind::Config, "the vault is sealed"));
}
