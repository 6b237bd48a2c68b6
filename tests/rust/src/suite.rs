//! All scenarios, several at a time, and the report.

use crate::host::Host;
use crate::{Check, files, scenario};
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use zhifuyun_mock_server::MockServer;

/// How many scenarios run at once: most of their time they wait.
const AT_ONCE: usize = 8;
/// No scenario may take longer; what hangs has failed.
const LONGEST: Duration = Duration::from_secs(40);

/// Runs every scenario with this runner and writes `target/contract/<runner>.json`.
///
/// # Panics
/// If a scenario failed, with all of them and why: this is a test.
#[allow(clippy::panic)]
pub fn run<H: Host>(runner: &str) {
    if let Err(message) = try_run::<H>(runner) {
        panic!("{message}");
    }
}

fn try_run<H: Host>(runner: &str) -> Check {
    let began = Instant::now();
    let files = files::all()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| e.to_string())?;
    let server = runtime.block_on(MockServer::builder().start()).map_err(|e| e.to_string())?;
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    let text = std::panic::AssertUnwindSafe(|| scenario::run::<H>(server.url(), &file.text));
                    let result =
                        std::panic::catch_unwind(text).unwrap_or_else(|_| Err("panicked".to_owned()));
                    let result = match started.elapsed() {
                        took if took > LONGEST => result.and(Err(format!("took {took:.1?}"))),
                        _ => result,
                    };
                    let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    results.push((file.name.clone(), result, started.elapsed()));
                }
            });
        }
    });
    let mut results = results.into_inner().map_err(|e| e.to_string())?;
    results.sort_by(|a, b| a.0.cmp(&b.0));
    report(runner, &results, began.elapsed())
}

fn report(runner: &str, results: &[(String, Check, Duration)], took: Duration) -> Check {
    let passed: Vec<_> = results.iter().filter(|r| r.1.is_ok()).map(|r| &r.0).collect();
    let why = |r: &(String, Check, Duration)| r.1.as_ref().err().map(|why| (r.0.clone(), why.clone()));
    let failed: Vec<_> = results.iter().filter_map(why).collect();
    let document = json!({
        "runner": runner,
        "passed": passed,
        "failed": failed.iter().map(|(name, why)| json!({ "name": name, "why": why })).collect::<Vec<_>>(),
        "seconds": (took.as_secs_f64() * 10.0).round() / 10.0,
    });
    let directory = std::env::var_os("CONTRACT_REPORTS").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/contract"),
        Into::into,
    );
    let written = std::fs::create_dir_all(&directory)
        .and_then(|()| std::fs::write(directory.join(format!("{runner}.json")), format!("{document:#}\n")));
    written.map_err(|e| format!("{}: {e}", directory.display()))?;
    if std::env::var_os("CONTRACT_SLOW").is_some() {
        let mut slow: Vec<_> = results.iter().collect();
        slow.sort_by_key(|r| std::cmp::Reverse(r.2));
        slow.iter().take(15).for_each(|r| eprintln!("{:8.2?} {}", r.2, r.0));
    }
    if failed.is_empty() {
        return Ok(());
    }
    let lines: String = failed.iter().map(|(name, why)| format!("\n  {name}: {why}")).collect();
    Err(format!("{} of {} scenarios failed:{lines}", failed.len(), results.len()))
}
