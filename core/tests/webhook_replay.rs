//! Every event once: the replay guard and `handle`.

// Clippy knows test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use zhifuyun::webhook::{MemoryReplayGuard, ReplayGuard, Reservation, Reserve, Webhook, WebhookReason};
use zhifuyun::{BoxFuture, Clock, Error, ErrorKind, Reason, Result};

const SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const BODY: &[u8] = br#"{"event":"ticket.created","data":{"ticket_id":"t"}}"#;

/// Both clocks go where they are told, also backwards.
#[derive(Debug)]
struct TestClock(Mutex<(Instant, SystemTime)>);

impl TestClock {
    fn new() -> Arc<Self> {
        // Room to go back.
        Arc::new(Self(Mutex::new((Instant::now() + Duration::from_secs(100_000), SystemTime::now()))))
    }
    fn shift(&self, seconds: i64) {
        let mut t = self.0.lock().unwrap();
        let span = Duration::from_secs(seconds.unsigned_abs());
        *t = if seconds < 0 { (t.0 - span, t.1 - span) } else { (t.0 + span, t.1 + span) };
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        self.0.lock().unwrap().0
    }
    fn wall(&self) -> SystemTime {
        self.0.lock().unwrap().1
    }
    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn lease(answer: Reserve) -> u64 {
    match answer {
        Reserve::Reserved(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn keys_are_forgotten_by_age_and_by_number() {
    let clock = TestClock::new();
    let guard = MemoryReplayGuard::with(3, Duration::from_secs(700), clock.clone());
    for key in ["a", "b", "c", "d"] {
        let lease = lease(guard.reserve(key).await.unwrap());
        guard.commit(key, lease).await.unwrap();
    }
    assert_eq!(guard.len(), 3);
    assert!(matches!(guard.reserve("a").await.unwrap(), Reserve::Reserved(_)), "the oldest made room");
    assert_eq!(guard.reserve("b").await.unwrap(), Reserve::Done);
    clock.shift(699);
    assert_eq!(guard.reserve("b").await.unwrap(), Reserve::Done);
    clock.shift(1);
    assert!(matches!(guard.reserve("b").await.unwrap(), Reserve::Reserved(_)));
    assert!(format!("{guard:?}").contains("capacity: 3"));
}

/// W20.
#[tokio::test]
async fn a_clock_that_goes_back_forgets_nothing() {
    let clock = TestClock::new();
    let guard = MemoryReplayGuard::with(10, Duration::from_secs(700), clock.clone());
    for key in ["a", "b"] {
        let lease = lease(guard.reserve(key).await.unwrap());
        guard.commit(key, lease).await.unwrap();
        clock.shift(-50_000);
        assert_eq!(guard.reserve(key).await.unwrap(), Reserve::Done);
    }
    assert_eq!(guard.reserve("a").await.unwrap(), Reserve::Done);
}

#[tokio::test]
async fn what_is_being_handled_is_never_forgotten() {
    let clock = TestClock::new();
    let guard = MemoryReplayGuard::with(2, Duration::from_secs(700), clock.clone());
    let first = lease(guard.reserve("a").await.unwrap());
    lease(guard.reserve("b").await.unwrap());
    assert_eq!(guard.reserve("c").await.unwrap(), Reserve::InFlight, "full: put off, not forgotten");
    assert_eq!(guard.reserve("a").await.unwrap(), Reserve::InFlight);
    // A reservation that was leaked runs out, and its late owner cannot touch the next one.
    clock.shift(700);
    let second = lease(guard.reserve("a").await.unwrap());
    guard.release("a", first).await.unwrap();
    guard.commit("a", first).await.unwrap();
    assert_eq!(guard.reserve("a").await.unwrap(), Reserve::InFlight);
    guard.commit("a", second).await.unwrap();
    assert_eq!(guard.reserve("a").await.unwrap(), Reserve::Done);
    assert!(matches!(guard.reserve("c").await.unwrap(), Reserve::Reserved(_)));
}

#[tokio::test]
async fn one_of_many_gets_the_reservation() {
    let guard = Arc::new(MemoryReplayGuard::new());
    assert!(guard.is_empty());
    let won = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            let (guard, won) = (guard.clone() as Arc<dyn ReplayGuard>, won.clone());
            scope.spawn(move || {
                for n in 0..500 {
                    if let Ok(r) = Reservation::reserve_blocking(&guard, n.to_string()) {
                        won.fetch_add(1, Ordering::SeqCst);
                        r.commit_blocking().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(won.load(Ordering::SeqCst), 500);
    assert_eq!(guard.len(), 500);
}

fn parts() -> (Webhook, Arc<TestClock>, Arc<dyn ReplayGuard>) {
    let clock = TestClock::new();
    let webhook = Webhook::builder().secret(SECRET).clock(clock.clone()).build().unwrap();
    let guard = MemoryReplayGuard::with(10, MemoryReplayGuard::DEFAULT_TTL, clock.clone());
    (webhook, clock, Arc::new(guard))
}

/// W5: the retries of the API reference carry the id of the first attempt and a timestamp of their own.
#[tokio::test]
async fn a_failing_handler_lets_the_retry_in() {
    let (webhook, clock, guard) = parts();
    let mut runs = 0;
    let mut outcomes = Vec::new();
    for (wait, works) in [(0, false), (1, false), (5, true), (30, true)] {
        clock.shift(wait);
        let headers = webhook.sign("msg_1", clock.wall(), BODY).unwrap();
        let result: Result<()> = webhook
            .handle(&headers, BODY, &guard, |_| {
                runs += 1;
                let failure = Error::invalid_argument("x", "the handler failed");
                async move { if works { Ok(()) } else { Err(failure) } }
            })
            .await;
        outcomes.push(result.err().map(|e| e.webhook_reason().map(|r| (r, r.http_status()))));
    }
    assert_eq!(runs, 3);
    assert_eq!(outcomes, [Some(None), Some(None), None, Some(Some((WebhookReason::Replayed, 200)))]);
}

#[tokio::test]
async fn a_cancelled_handler_lets_the_retry_in() {
    let (webhook, clock, guard) = parts();
    let headers = webhook.sign("msg_1", clock.wall(), BODY).unwrap();
    {
        let stuck = webhook.handle(&headers, BODY, &guard, |_| std::future::pending::<Result<()>>());
        let mut stuck = std::pin::pin!(stuck);
        let waker = std::task::Waker::noop();
        assert!(stuck.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_pending());
        let second: Result<()> = webhook.handle(&headers, BODY, &guard, |_| async { Ok(()) }).await;
        assert_eq!(second.unwrap_err().webhook_reason(), Some(WebhookReason::InFlight));
    }
    webhook.handle(&headers, BODY, &guard, |_| async { Ok::<_, Error>(()) }).await.unwrap();
}

#[test]
fn a_panicking_handler_lets_the_retry_in() {
    let (webhook, clock, guard) = parts();
    let headers = webhook.sign("msg_1", clock.wall(), BODY).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        webhook.handle_blocking(&headers, BODY, &guard, |_| -> Result<()> { panic!("as it happens") })
    }));
    assert!(panicked.is_err());
    let event = webhook.handle_blocking(&headers, BODY, &guard, Ok::<_, Error>).unwrap();
    assert_eq!(event.dedupe_key(), "msg_1");
    // What is refused takes no place.
    let forged: Result<()> = webhook.handle_blocking(&headers, b"{}", &guard, |_| Ok(()));
    assert_eq!(forged.unwrap_err().webhook_reason(), Some(WebhookReason::SignatureMismatch));
    // Given back in so many words.
    Reservation::reserve_blocking(&guard, "k").unwrap().release_blocking().unwrap();
    assert_eq!(Reservation::reserve_blocking(&guard, "k").unwrap().key(), "k");
}

/// A store that is away, answering from another thread.
#[derive(Debug)]
struct Store {
    fails_on_reserve: bool,
}

impl Store {
    fn answer<'a, T: Send + 'a>(result: Result<T>) -> BoxFuture<'a, Result<T>> {
        Box::pin(async move {
            let (tx, rx) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(5));
                let _ = tx.send(());
            });
            let _ = rx.await;
            result
        })
    }
    fn away() -> Error {
        Error::new(ErrorKind::Connection, Reason::Connect, "the store is away")
    }
}

impl ReplayGuard for Store {
    fn reserve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Reserve>> {
        Self::answer(if self.fails_on_reserve { Err(Self::away()) } else { Ok(Reserve::Reserved(1)) })
    }
    fn commit<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<()>> {
        Self::answer(Err(Self::away()))
    }
    fn release<'a>(&'a self, _: &'a str, _: u64) -> BoxFuture<'a, Result<()>> {
        Self::answer(Err(Self::away()))
    }
}

#[test]
fn a_store_that_is_away() {
    let (webhook, clock, _) = parts();
    let headers = webhook.sign("msg_1", clock.wall(), BODY).unwrap();
    let away: Arc<dyn ReplayGuard> = Arc::new(Store { fails_on_reserve: true });
    let refused: Result<()> = webhook.handle_blocking(&headers, BODY, &away, |_| panic!("not handled"));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Connection);
    // The work is done; that nobody noted it does not undo it.
    let away: Arc<dyn ReplayGuard> = Arc::new(Store { fails_on_reserve: false });
    assert_eq!(webhook.handle_blocking(&headers, BODY, &away, |_| Ok::<_, Error>(7)).unwrap(), 7);
    assert!(Reservation::reserve_blocking(&away, "k").unwrap().release_blocking().is_err());
}
