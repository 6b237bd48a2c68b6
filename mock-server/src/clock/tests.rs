use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

#[tokio::test]
async fn advance_runs_jobs_in_order_at_their_time() {
    let start = at("2026-01-01T00:00:00Z");
    let clock = Arc::new(WorldClock::frozen(start));
    let seen = Arc::new(Mutex::new(Vec::new()));
    for seconds in [30, 5, 1] {
        let (own, seen) = (Arc::clone(&clock), Arc::clone(&seen));
        clock.schedule(start + TimeDelta::seconds(seconds), move || async move {
            tokio::task::yield_now().await;
            lock(&seen).push((own.now() - start).num_seconds());
            let (again, seen) = (Arc::clone(&own), Arc::clone(&seen));
            if seconds == 1 {
                own.schedule(start + TimeDelta::seconds(2), move || async move {
                    lock(&seen).push((again.now() - start).num_seconds());
                });
            }
        });
    }
    assert_eq!(clock.advance(TimeDelta::seconds(10)).await, 3);
    assert_eq!(*lock(&seen), [1, 2, 5]);
    assert_eq!(clock.now(), start + TimeDelta::seconds(10));
    assert_eq!(clock.reading().pending_jobs, 1);
    clock.set(start + TimeDelta::seconds(60)).await;
    assert_eq!(*lock(&seen), [1, 2, 5, 30]);
}

#[tokio::test]
async fn a_frozen_clock_stands_and_goes_back() {
    let start = at("2026-01-01T00:00:00Z");
    let clock = WorldClock::frozen(start);
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(clock.now(), start);
    clock.set(at("2025-01-01T00:00:00Z")).await;
    assert_eq!(clock.now(), at("2025-01-01T00:00:00Z"));
    assert_eq!(clock.reading().mode, ClockMode::Frozen);
}

#[tokio::test]
async fn a_running_clock_starts_jobs_on_time_and_after_a_jump() {
    let clock = Arc::new(WorldClock::real());
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    clock.schedule(clock.now() + TimeDelta::milliseconds(20), move || async move {
        flag.store(true, Ordering::SeqCst);
    });
    let sleeper = Arc::clone(&clock);
    let hour = clock.now() + TimeDelta::hours(1);
    let asleep = tokio::spawn(async move {
        sleeper.sleep_until(hour, std::future::ready(())).await;
    });
    let soon = async {
        while !ran.load(Ordering::SeqCst) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), soon).await.unwrap();
    assert!(!asleep.is_finished());
    clock.advance(TimeDelta::hours(2)).await;
    asleep.await.unwrap();
    let reading = clock.reading();
    assert_eq!(reading.mode, ClockMode::Offset);
    assert!((reading.offset_seconds - 7200.0).abs() < 5.0);
}

#[tokio::test]
async fn an_abandoned_advance_leaves_a_working_clock() {
    let start = at("2026-01-01T00:00:00Z");
    let clock = WorldClock::frozen(start);
    clock.schedule(start + TimeDelta::seconds(1), std::future::pending);
    let gone =
        tokio::time::timeout(std::time::Duration::from_millis(20), clock.advance(TimeDelta::seconds(5)));
    assert!(gone.await.is_err());
    assert_eq!(clock.now(), start + TimeDelta::seconds(1));
    clock.advance(TimeDelta::seconds(5)).await;
    assert_eq!(clock.now(), start + TimeDelta::seconds(6));
}
