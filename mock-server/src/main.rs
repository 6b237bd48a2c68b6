//! Command line of the mock server.
#![forbid(unsafe_code)]

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Parser, ValueEnum};
use zhifuyun_mock_server::MockServer;
use zhifuyun_mock_server::clock::ClockMode;
use zhifuyun_mock_server::limits::{LimitModel, Plan, RetryAfter};
use zhifuyun_mock_server::options::{ClockSpec, WorldSpec};
use zhifuyun_mock_server::seed::SeedSpec;

const EXAMPLES: &str = "\
Examples:
  An empty service on port 8787:
    zhifuyun-mock-server

  A free port, with data, for a test program that reads the one line on standard output and
  closes the pipe when it is done:
    zhifuyun-mock-server --port 0 --seed 42 --conversations 1000 --tickets 200 --exit-with-stdin

  Known credentials, a standing clock and strict limits:
    zhifuyun-mock-server --client-id demo --client-secret s3cret --plan free \\
        --limit-model sliding-log --clock frozen --clock-at 2026-01-01T00:00:00Z

  Everything about the world from a file (the document that POST /_mock/worlds takes):
    zhifuyun-mock-server --world world.json

  https; the ready line names the certificate to trust (\"ca_file\"):
    zhifuyun-mock-server --tls

  Then, with the credentials of the ready line:
    curl -s http://127.0.0.1:8787/oauth/token -H 'Content-Type: application/json' \\
        -d '{\"grant_type\":\"client_credentials\",\"client_id\":\"demo\",\"client_secret\":\"s3cret\"}'";

/// A local Zhifuyun: the whole API with state, limits, webhooks, a virtual clock and faults.
///
/// When it is ready it prints one JSON line on standard output: url, control_url, client_id, client_secret,
/// webhook_secret, pid, and ca_file with --tls. Logs go to standard error.
#[derive(Debug, Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    /// Port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8787)]
    port: u16,
    /// Address to listen on. Any but a loopback address needs --control-token.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = address)]
    host: IpAddr,
    /// Token that the control plane asks for, as `Authorization: Bearer`.
    #[arg(long, env = "ZHIFUYUN_MOCK_CONTROL_TOKEN", hide_env_values = true)]
    control_token: Option<String>,
    /// Serve https with a certificate authority made at start.
    #[arg(long)]
    tls: bool,
    /// Speak HTTP/2 as well.
    #[arg(long)]
    http2: bool,
    /// End when standard input is closed.
    #[arg(long)]
    exit_with_stdin: bool,
    /// JSON file that describes the default world; the options below override it.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// Id of the first key; random by default.
    #[arg(long)]
    client_id: Option<String>,
    /// Secret of the first key; random by default.
    #[arg(long)]
    client_secret: Option<String>,
    /// Secret that webhooks are signed with, `whsec_…`; random by default.
    #[arg(long)]
    webhook_secret: Option<String>,
    /// Chooses the generated data.
    #[arg(long)]
    seed: Option<u64>,
    /// How many conversations to generate.
    #[arg(long)]
    conversations: Option<u32>,
    /// How many tickets to generate.
    #[arg(long)]
    tickets: Option<u32>,
    /// Limit per key: free (100 a minute), enterprise (1000), a number, or off.
    #[arg(long)]
    plan: Option<Plan>,
    /// How requests are counted.
    #[arg(long, value_enum)]
    limit_model: Option<Model>,
    /// Whether a 429 says when to come back, and how.
    #[arg(long, value_enum)]
    retry_after: Option<Retry>,
    /// Send X-RateLimit headers.
    #[arg(long)]
    x_ratelimit: bool,
    /// How long access tokens are accepted, in seconds.
    #[arg(long)]
    token_lifetime: Option<f64>,
    /// Answer everything with HTTP 200; only the envelope tells answers apart.
    #[arg(long)]
    always_200: bool,
    /// How the world's clock runs.
    #[arg(long, value_enum)]
    clock: Option<Clock>,
    /// The time the clock starts at.
    #[arg(long, value_name = "TIME")]
    clock_at: Option<DateTime<Utc>>,
    /// What to log, such as `info` or `zhifuyun_mock_server=debug`.
    #[arg(long, env = "ZHIFUYUN_MOCK_LOG", default_value = "info")]
    log: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Model {
    FixedWindow,
    SlidingLog,
    TokenBucket,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Retry {
    None,
    Seconds,
    HttpDate,
    Fraction,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Clock {
    Real,
    Offset,
    Frozen,
}

/// An address, or the name that every machine has for itself.
fn address(text: &str) -> Result<IpAddr, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    text.parse().map_err(|_| "give an IP address, or localhost".to_owned())
}

impl Args {
    /// The default world: the file, if there is one, with the options on top.
    fn spec(&self) -> Result<WorldSpec, String> {
        let mut spec = match &self.world {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
                serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?
            }
            None => WorldSpec::default(),
        };
        spec.client_id = self.client_id.clone().or(spec.client_id);
        spec.client_secret = self.client_secret.clone().or(spec.client_secret);
        spec.webhook_secret = self.webhook_secret.clone().or(spec.webhook_secret);
        if self.seed.is_some() || self.conversations.is_some() || self.tickets.is_some() {
            let base = spec.seed.unwrap_or_default();
            spec.seed = Some(SeedSpec {
                seed: self.seed.unwrap_or(base.seed),
                conversations: self.conversations.unwrap_or(base.conversations),
                tickets: self.tickets.unwrap_or(base.tickets),
                ..base
            });
        }
        spec.limits.plan = self.plan.unwrap_or(spec.limits.plan);
        if let Some(model) = self.limit_model {
            spec.limits.model = match model {
                Model::FixedWindow => LimitModel::FixedWindow,
                Model::SlidingLog => LimitModel::SlidingLog,
                Model::TokenBucket => LimitModel::TokenBucket,
            };
        }
        if let Some(retry) = self.retry_after {
            spec.limits.retry_after = match retry {
                Retry::None => RetryAfter::None,
                Retry::Seconds => RetryAfter::Seconds,
                Retry::HttpDate => RetryAfter::HttpDate,
                Retry::Fraction => RetryAfter::Fraction,
            };
        }
        spec.limits.x_ratelimit |= self.x_ratelimit;
        spec.token.lifetime_seconds = self.token_lifetime.unwrap_or(spec.token.lifetime_seconds);
        spec.answers.always_200 |= self.always_200;
        match self.clock {
            Some(Clock::Real) => spec.clock = ClockSpec::default(),
            Some(Clock::Offset) => spec.clock.mode = ClockMode::Offset,
            Some(Clock::Frozen) => spec.clock.mode = ClockMode::Frozen,
            None => {}
        }
        spec.clock.at = self.clock_at.or(spec.clock.at);
        Ok(spec)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let filter = match tracing_subscriber::EnvFilter::try_new(&args.log) {
        Ok(filter) => filter,
        Err(error) => return failed(&format!("--log: {error}")),
    };
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr).init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => failed(&message),
    }
}

fn failed(message: &str) -> ExitCode {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr(), "zhifuyun-mock-server: {message}");
    ExitCode::FAILURE
}

async fn run(args: Args) -> Result<(), String> {
    let mut builder = MockServer::builder()
        .world(args.spec()?)
        .host(args.host)
        .port(args.port)
        .tls(args.tls)
        .http2(args.http2);
    if let Some(token) = args.control_token {
        builder = builder.control_token(token);
    }
    // Before the ready line: who reads it may end the process at once.
    let ended = ended(args.exit_with_stdin)?;
    let server = builder.start().await.map_err(|error| error.to_string())?;
    writeln!(std::io::stdout(), "{}", server.ready_line())
        .map_err(|error| format!("standard output: {error}"))?;
    tracing::info!(url = server.url(), control_url = server.control_url(), "ready");
    // Outside the macro: what a disabled log level would not evaluate must not be the wait itself.
    let reason = ended.await;
    tracing::info!(reason, "stopping");
    server.stop().await;
    Ok(())
}

/// Waits for a reason to end and names it.
fn ended(with_stdin: bool) -> Result<impl Future<Output = &'static str>, String> {
    let (closed, stdin) = tokio::sync::oneshot::channel::<()>();
    if with_stdin {
        // A thread of its own: a read that blocks would keep the runtime from ending.
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 1024];
            while matches!(std::io::stdin().read(&mut buffer), Ok(read) if read > 0) {}
            // The receiver is gone when the process ends for another reason.
            let _ = closed.send(());
        });
    } else {
        std::mem::forget(closed);
    }
    let signal = signals()?;
    Ok(async move {
        tokio::select! {
            _ = stdin => "standard input was closed",
            name = signal => name,
        }
    })
}

#[cfg(unix)]
fn signals() -> Result<impl Future<Output = &'static str>, String> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| format!("signals: {error}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        }
    })
}

#[cfg(not(unix))]
fn signals() -> Result<impl Future<Output = &'static str>, String> {
    Ok(async {
        // Without a handler the wait never ends; the process can still be killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "Ctrl-C"
    })
}
