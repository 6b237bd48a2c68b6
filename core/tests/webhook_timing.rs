//! W12: how long a refusal takes does not tell how much of a forged signature was right.
//!
//! Run it optimised and alone: `cargo test --release -p zhifuyun --test webhook_timing -- --ignored`. The
//! ordinary run does not, because a busy machine proves nothing. It also prints what a verification costs.

// Clippy knows test functions, not their helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime};
use zhifuyun::webhook::{Signed, Webhook};

const SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
// Not JSON, so that no refusal looks for re-serialised forms; the comparison is what is measured.
const FORGED: &[u8] = b"not json, and the same for all";

fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

/// Headers with a signature that is wrong in one byte only.
fn wrong_in(signed: &Signed, byte: usize) -> Vec<(String, String)> {
    let mut tag = STANDARD.decode(&signed.get("webhook-signature").unwrap()[3..]).unwrap();
    tag[byte] ^= 1;
    let mut headers = signed.headers().to_vec();
    headers[2].1 = format!("v1,{}", STANDARD.encode(tag));
    headers
}

#[test]
#[ignore = "statistics of a quiet machine: run with --release -- --ignored"]
fn first_and_last_byte_take_the_same_time() {
    let webhook = Webhook::new([SECRET]).unwrap();
    let signed = webhook.sign("msg_1", at(), FORGED).unwrap();
    let forms = [wrong_in(&signed, 0), wrong_in(&signed, 31)];
    // In turns, so that what disturbs one disturbs the other; in batches, so that the clock is fine enough.
    const BATCHES: usize = 50_000;
    const PER_BATCH: usize = 20;
    let mut times = [Vec::with_capacity(BATCHES), Vec::with_capacity(BATCHES)];
    for batch in 0..BATCHES * 2 {
        let which = batch % 2;
        let started = Instant::now();
        for _ in 0..PER_BATCH {
            assert!(black_box(webhook.verify_at(&forms[which], black_box(FORGED), at())).is_err());
        }
        times[which].push(started.elapsed().as_nanos() as f64 / PER_BATCH as f64);
    }
    let [first, last] = times.map(|mut t| {
        t.sort_by(f64::total_cmp);
        // Without the slowest tenth, which is the operating system.
        t.truncate(BATCHES * 9 / 10);
        let mean = t.iter().sum::<f64>() / t.len() as f64;
        let variance = t.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (t.len() - 1) as f64;
        (mean, variance / t.len() as f64)
    });
    let difference = (first.0 - last.0).abs();
    let t = difference / (first.1 + last.1).sqrt();
    println!("first byte {:.1} ns, last byte {:.1} ns, t = {t:.2}", first.0, last.0);
    // Either statistically nothing, or below what one instruction takes: a loop that stops at the first
    // difference takes 31 steps more, some 10 ns.
    assert!(t < 4.5 || difference < 2.0, "{difference} ns, t = {t}");
}

#[test]
#[ignore = "a measurement: run with --release -- --ignored --nocapture"]
fn cost_of_a_verification() {
    let webhook = Webhook::new([SECRET]).unwrap();
    let body = br#"{"event":"ticket.created","timestamp":"2024-01-01T10:00:00Z","data":{"ticket_id":"ticket_001","title":"Question","priority":"medium"}}"#;
    let signed = webhook.sign("msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", at(), body).unwrap();
    const RUNS: u32 = 200_000;
    let started = Instant::now();
    for _ in 0..RUNS {
        black_box(webhook.verify_at(&signed, black_box(body), at())).unwrap();
    }
    println!("verify and parse: {} ns", started.elapsed().as_nanos() / u128::from(RUNS));
}
