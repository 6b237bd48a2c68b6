//! All scenarios, several at a time, and the report.

use crate::host::Host;
use crate::{Check, files, scenario};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
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

/// What the threads tell.
enum Told {
    Began(String),
    Ended(String, Check, Duration),
}

fn try_run<H: Host>(runner: &str) -> Check {
    let began = Instant::now();
    let files = Arc::new(files::all()?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|e| e.to_string())?;
    let server = runtime.block_on(MockServer::builder().start()).map_err(|e| e.to_string())?;
    let (next, (tell, told)) = (Arc::new(AtomicUsize::new(0)), mpsc::channel());
    for _ in 0..AT_ONCE {
        let (files, next, tell, url) = (files.clone(), next.clone(), tell.clone(), server.url().to_owned());
        // Nobody joins them: a client that hangs would never let its thread go.
        std::thread::spawn(move || {
            while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let started = Instant::now();
                // Nobody listens any more if the others hang.
                let _ = tell.send(Told::Began(file.name.clone()));
                let text = std::panic::AssertUnwindSafe(|| scenario::run::<H>(&url, &file.text));
                let result = std::panic::catch_unwind(text).unwrap_or_else(|_| Err("panicked".to_owned()));
                let took = started.elapsed();
                let result =
                    if took > LONGEST { result.and(Err(format!("took {took:.1?}"))) } else { result };
                let _ = tell.send(Told::Ended(file.name.clone(), result, took));
            }
        });
    }
    let results = listen(&told, &files);
    runtime.shutdown_background();
    report(runner, &results, began.elapsed())
}

/// The result of every scenario, in order of their names. Gives up when all that is still under way hangs.
fn listen(told: &mpsc::Receiver<Told>, files: &[files::File]) -> Vec<(String, Check, Duration)> {
    let unfinished = || (Err("has not ended".to_owned()), Duration::ZERO);
    let mut results: BTreeMap<_, _> = files.iter().map(|file| (file.name.clone(), unfinished())).collect();
    let (mut under_way, mut ended) = (BTreeMap::new(), 0);
    while ended < files.len() {
        match told.recv_timeout(Duration::from_secs(1)) {
            Ok(Told::Began(name)) => drop(under_way.insert(name, Instant::now())),
            Ok(Told::Ended(name, result, took)) => {
                under_way.remove(&name);
                results.insert(name, (result, took));
                ended += 1;
            }
            Err(_) if under_way.values().all(|since| since.elapsed() > LONGEST) => break,
            Err(_) => {}
        }
    }
    results.into_iter().map(|(name, (result, took))| (name, result, took)).collect()
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
