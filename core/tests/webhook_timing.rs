//! W12: how long a refusal takes does not tell how much of a forged signature was right.
//!
//! A busy machine makes every measurement longer and none biased, so only the order of neighbours counts.

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
fn first_and_last_byte_take_the_same_time() {
    const PAIRS: usize = 6_000;
    const PER_BATCH: u32 = 4;
    let webhook = Webhook::new([SECRET]).unwrap();
    let signed = webhook.sign("msg_1", at(), FORGED).unwrap();
    let time = |byte: usize| {
        // Made anew each time, so that neither of the two has the better place in memory.
        let headers = wrong_in(&signed, byte);
        let started = Instant::now();
        for _ in 0..PER_BATCH {
            assert!(black_box(webhook.verify_at(&headers, black_box(FORGED), at())).is_err());
        }
        started.elapsed().as_nanos() as f64 / f64::from(PER_BATCH)
    };
    // In turns, each going first as often as the other: what disturbs one disturbs the other.
    let pairs: Vec<(f64, f64)> = (0..PAIRS)
        .map(|n| {
            if n % 2 == 0 {
                let first = time(0);
                (first, time(31))
            } else {
                let last = time(31);
                (time(0), last)
            }
        })
        .collect();
    // A sign test: no outlier, however large, counts for more than one pair.
    let wins = pairs.iter().filter(|(first, last)| first < last).count() as f64;
    let deviations = (wins - PAIRS as f64 / 2.0).abs() / (PAIRS as f64 / 4.0).sqrt();
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (first, last) =
        (median(pairs.iter().map(|p| p.0).collect()), median(pairs.iter().map(|p| p.1).collect()));
    let difference = (first - last).abs();
    println!("first byte {first:.0} ns, last byte {last:.0} ns, {deviations:.1} standard deviations");
    // Both must hold for a leak: the order is no chance, and the difference is more than what one step of a loop
    // that stops at the first wrong byte takes, 31 times.
    assert!(deviations < 6.0 || difference < 31.0, "{difference} ns, {deviations} standard deviations");
}
