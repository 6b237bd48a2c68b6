//! One contender of the bench. `zhifuyun-bench CONTENDER URL` reads jobs from standard input, one JSON object a
//! line, and answers each with `{"load", "wall", "cpu", "ops", "check"}`, in seconds. `load` is what making the
//! contender took; `check` is a sum over everything that was read: contenders that did the same work have the same.
//!
//! `zhifuyun-bench quota` prints the shares of the quota used, in virtual time.

mod model;
mod ours;
mod peers;
mod quota;
mod webhook;

use serde::Deserialize;
use std::io::{BufRead as _, Write as _};
use std::time::{Duration, Instant};

/// What a job can fail with; the bench ends then.
type Fail = Box<dyn std::error::Error + Send + Sync>;

/// One line of input.
#[derive(Deserialize, Default)]
pub struct Job {
    pub workload: String,
    pub count: usize,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    #[serde(default)]
    pub secret: String,
    #[serde(default)]
    pub path: String,
    #[serde(default)]
    pub token: String,
}

/// Does `count` operations and sums up what it read.
pub trait Contender {
    /// # Errors
    /// What went wrong; the bench ends.
    fn run(&mut self, job: &Job) -> Result<u64, Fail>;
}

fn cpu() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(t.tv_sec.unsigned_abs(), u32::try_from(t.tv_nsec).unwrap_or(0))
}

fn contender(name: &str, url: &str) -> Result<Box<dyn Contender>, Fail> {
    Ok(match name {
        "ours" => Box::new(ours::Async::new(url)?),
        "ours-blocking" => Box::new(ours::Blocking::new(url)?),
        "reqwest" => Box::new(peers::Reqwest::new(url)?),
        "reqwest-blocking" => Box::new(peers::ReqwestBlocking::new(url)),
        "ureq" => Box::new(peers::Ureq::new(url)),
        "socket" => Box::new(peers::Socket::new(url)?),
        "ours-webhook" => Box::new(webhook::Ours),
        "standardwebhooks" => Box::new(webhook::StandardWebhooks),
        "hmac" => Box::new(webhook::ByHand),
        other => return Err(format!("no contender {other}").into()),
    })
}

fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?.split_whitespace().next()?.parse().ok()
}

fn main() -> Result<(), Fail> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, rest @ ..] = arguments.as_slice() else { return Err("zhifuyun-bench CONTENDER URL".into()) };
    if name == "quota" {
        let runtime = tokio::runtime::Runtime::new()?;
        return Ok(serde_json::to_writer(std::io::stdout(), &runtime.block_on(quota::shares())?)?);
    }
    // reqwest is built without a provider of its own; the same one for all.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let load = Instant::now();
    let mut contender = contender(name, rest.first().map_or("", String::as_str))?;
    let load = load.elapsed();
    for line in std::io::stdin().lock().lines() {
        let job: Job = serde_json::from_str(&line?)?;
        let before = resident_kib();
        let (wall, used) = (Instant::now(), cpu());
        let check = contender.run(&job)?;
        let (wall, used) = (wall.elapsed(), cpu().saturating_sub(used));
        let grown = resident_kib().zip(before).map(|(after, before)| after.saturating_sub(before));
        let report = serde_json::json!({
            "load": load.as_secs_f64(), "wall": wall.as_secs_f64(), "cpu": used.as_secs_f64(), "ops": job.count,
            "check": check, "grown_kib": grown,
        });
        let mut out = std::io::stdout().lock();
        writeln!(out, "{report}")?;
        out.flush()?;
    }
    Ok(())
}
