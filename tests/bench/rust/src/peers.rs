//! What users would write instead, as the libraries' documentation recommends: one client kept, connections
//! reused, answers decoded into types.

use crate::model::{Conversation, Envelope, Page, Token};
use crate::{Contender, Fail, Job};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use tokio::runtime::Runtime;

const SMALL: &str = "/v1/conversations/conv_1";
const LIST: &str = "/v1/conversations";

/// Splits the work among 64 threads.
pub fn threads(count: usize, work: impl Fn(usize) -> Result<u64, Fail> + Sync) -> Result<u64, Fail> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> =
            (0..64).map(|n| scope.spawn(move || work(count / 64 + usize::from(n < count % 64)))).collect();
        threads.into_iter().map(|t| t.join().map_err(|_| "a thread panicked")?).sum()
    })
}

#[derive(Clone)]
struct Session {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Session {
    async fn small(&self) -> Result<u64, Fail> {
        let request = self.client.get(format!("{}{SMALL}", self.url)).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?.json::<Envelope<Conversation>>().await?.read())
    }

    async fn page(&self, page: u32) -> Result<Envelope<Page>, Fail> {
        let request = self.client.get(format!("{}{LIST}", self.url)).bearer_auth(&self.token);
        let request = request.query(&[("page", page), ("limit", 100)]);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

/// reqwest and serde.
pub struct Reqwest {
    runtime: Runtime,
    session: Session,
    held: Vec<Envelope<Page>>,
}

impl Reqwest {
    pub fn new(url: &str) -> Result<Self, Fail> {
        let (runtime, client) = (Runtime::new()?, reqwest::Client::new());
        let token = runtime.block_on(async {
            let answer = client.post(format!("{url}/oauth/token")).body("{}").send().await?;
            answer.error_for_status()?.json::<Token>().await
        })?;
        let session = Session { client, url: url.to_owned(), token: token.access_token };
        Ok(Self { runtime, session, held: Vec::new() })
    }

    fn many(&self, count: usize, pages: bool) -> Result<u64, Fail> {
        self.runtime.block_on(async {
            let tasks = (0..64).map(|n| {
                let (session, own) = (self.session.clone(), count / 64 + usize::from(n < count % 64));
                tokio::spawn(async move {
                    let mut sum = 0;
                    for _ in 0..own {
                        sum += if pages { session.page(1).await?.read() } else { session.small().await? };
                    }
                    Ok::<u64, Fail>(sum)
                })
            });
            let mut sum = 0;
            for task in tasks.collect::<Vec<_>>() {
                sum += task.await??;
            }
            Ok(sum)
        })
    }

    async fn walk(&self) -> Result<u64, Fail> {
        let (mut sum, mut page, mut seen) = (0, 1, 0);
        loop {
            let answer = self.session.page(page).await?;
            seen += answer.data.items.len() as u64;
            sum += answer.data.items.iter().map(Conversation::read).sum::<u64>();
            if answer.data.items.is_empty() || seen >= answer.data.total {
                return Ok(sum);
            }
            page += 1;
        }
    }
}

impl Contender for Reqwest {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        let session = self.session.clone();
        let mut sum = 0;
        match job.workload.as_str() {
            "small" => self.runtime.block_on(async {
                for _ in 0..job.count {
                    sum += session.small().await?;
                }
                Ok(sum)
            }),
            "page" => self.runtime.block_on(async {
                for _ in 0..job.count {
                    sum += session.page(1).await?.read();
                }
                Ok(sum)
            }),
            "small-64" => self.many(job.count, false),
            "page-64" => self.many(job.count, true),
            "walk" | "walk-prefetch" => {
                for _ in 0..job.count {
                    sum += self.runtime.block_on(self.walk())?;
                }
                Ok(sum)
            }
            "hold" => {
                for _ in 0..job.count {
                    self.held.push(self.runtime.block_on(session.page(1))?);
                }
                Ok(self.held.iter().map(Envelope::<Page>::read).sum())
            }
            "clients" => {
                for _ in 0..job.count {
                    std::hint::black_box(reqwest::Client::builder().build()?);
                }
                Ok(0)
            }
            other => Err(format!("no workload {other}").into()),
        }
    }
}

/// `reqwest::blocking` and serde.
pub struct ReqwestBlocking {
    client: reqwest::blocking::Client,
    url: String,
}

impl ReqwestBlocking {
    pub fn new(url: &str) -> Self {
        Self { client: reqwest::blocking::Client::new(), url: url.to_owned() }
    }

    fn small(&self, count: usize) -> Result<u64, Fail> {
        let one = |_| {
            let request = self.client.get(format!("{}{SMALL}", self.url)).bearer_auth("bench");
            Ok(request.send()?.error_for_status()?.json::<Envelope<Conversation>>()?.read())
        };
        (0..count).map(one).sum()
    }

    fn pages(&self, count: usize) -> Result<u64, Fail> {
        let one = |_| {
            let request = self.client.get(format!("{}{LIST}", self.url)).bearer_auth("bench");
            let request = request.query(&[("page", 1), ("limit", 100)]);
            Ok(request.send()?.error_for_status()?.json::<Envelope<Page>>()?.read())
        };
        (0..count).map(one).sum()
    }
}

impl Contender for ReqwestBlocking {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        match job.workload.as_str() {
            "small" => self.small(job.count),
            "page" => self.pages(job.count),
            "small-64" => threads(job.count, |n| self.small(n)),
            "page-64" => threads(job.count, |n| self.pages(n)),
            other => Err(format!("no workload {other}").into()),
        }
    }
}

/// ureq and serde.
pub struct Ureq {
    agent: ureq::Agent,
    url: String,
}

impl Ureq {
    pub fn new(url: &str) -> Self {
        // As many idle connections as there are threads; the default keeps three per host.
        let config = ureq::Agent::config_builder().max_idle_connections(64).max_idle_connections_per_host(64);
        Self { agent: config.build().into(), url: url.to_owned() }
    }

    fn small(&self, count: usize) -> Result<u64, Fail> {
        let one = |_| {
            let request =
                self.agent.get(format!("{}{SMALL}", self.url)).header("authorization", "Bearer bench");
            Ok(request.call()?.body_mut().read_json::<Envelope<Conversation>>()?.read())
        };
        (0..count).map(one).sum()
    }

    fn pages(&self, count: usize) -> Result<u64, Fail> {
        let one = |_| {
            let request =
                self.agent.get(format!("{}{LIST}", self.url)).header("authorization", "Bearer bench");
            let request = request.query("page", "1").query("limit", "100");
            Ok(request.call()?.body_mut().read_json::<Envelope<Page>>()?.read())
        };
        (0..count).map(one).sum()
    }
}

impl Contender for Ureq {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        match job.workload.as_str() {
            "small" => self.small(job.count),
            "page" => self.pages(job.count),
            "small-64" => threads(job.count, |n| self.small(n)),
            "page-64" => threads(job.count, |n| self.pages(n)),
            other => Err(format!("no workload {other}").into()),
        }
    }
}

/// The floor: ready-made bytes into a socket, an answer out of it, and for typed answers serde. No client can be
/// faster.
pub struct Socket {
    socket: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

impl Socket {
    pub fn new(url: &str) -> Result<Self, Fail> {
        let address = url.trim_start_matches("http://").to_owned();
        let socket = TcpStream::connect(&address)?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, address, buffer: vec![0; 64 * 1024] })
    }

    /// Sends a request and reads the body of its answer.
    fn exchange(&mut self, request: &[u8]) -> Result<&str, Fail> {
        self.socket.write_all(request)?;
        let (mut filled, mut end) = (0, None);
        while end.is_none_or(|end| filled < end) {
            filled += match self.socket.read(self.buffer.get_mut(filled..).ok_or("too long")?)? {
                0 => return Err("the server hung up".into()),
                n => n,
            };
            if end.is_none() {
                end = end_of(self.buffer.get(..filled).unwrap_or_default());
            }
        }
        let text = std::str::from_utf8(self.buffer.get(..filled).unwrap_or_default())?;
        Ok(text.split_once("\r\n\r\n").ok_or("no head")?.1)
    }

    fn raw(&mut self, request: &[u8], count: usize) -> Result<u64, Fail> {
        (0..count).map(|_| Ok(self.exchange(request)?.len() as u64)).sum()
    }
}

/// Where the answer ends, if its head has arrived.
fn end_of(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let (_, length) =
        text.lines().filter_map(|l| l.split_once(": ")).find(|(n, _)| *n == "content-length")?;
    Some(head + 4 + length.parse::<usize>().ok()?)
}

fn get(path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: */*\r\nauthorization: Bearer {token}\r\n\r\n")
        .into()
}

impl Contender for Socket {
    fn run(&mut self, job: &Job) -> Result<u64, Fail> {
        let (small, page) = (get(SMALL, "bench"), get("/v1/conversations?page=1&limit=100", "bench"));
        let mut sum = 0;
        match job.workload.as_str() {
            "small" => {
                for _ in 0..job.count {
                    sum += serde_json::from_str::<Envelope<Conversation>>(self.exchange(&small)?)?.read();
                }
            }
            "page" => {
                for _ in 0..job.count {
                    sum += serde_json::from_str::<Envelope<Page>>(self.exchange(&page)?)?.read();
                }
            }
            // Load for a server: four connections, answers not looked at.
            "raw" => {
                let request = get(&job.path, &job.token);
                sum = std::thread::scope(|scope| {
                    let one = || scope.spawn(|| Self::new(&self.address)?.raw(&request, job.count / 4));
                    let threads: Vec<_> = (0..4).map(|_| one()).collect();
                    threads
                        .into_iter()
                        .map(|t| t.join().map_err(|_| "a thread panicked")?)
                        .sum::<Result<u64, Fail>>()
                })?;
            }
            other => return Err(format!("no workload {other}").into()),
        }
        Ok(sum)
    }
}
