//! Host names to addresses.

use super::classify::{self, DnsFailure};
use hyper_util::client::legacy::connect::dns::Name;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec;
use tower::Service;

type Lookup = Pin<Box<dyn Future<Output = Result<vec::IntoIter<SocketAddr>, DnsFailure>> + Send>>;

/// Looks names up, with failures of a type that can be recognised in a source chain.
#[derive(Debug, Clone)]
pub(super) struct Resolver(pub(super) fn(Name) -> Lookup);

impl Resolver {
    /// As the operating system does it.
    pub(super) const SYSTEM: Self = Self(|name| Box::pin(system(name)));
}

async fn system(name: Name) -> Result<vec::IntoIter<SocketAddr>, DnsFailure> {
    let found: std::io::Result<Vec<SocketAddr>> =
        tokio::net::lookup_host((name.as_str(), 0)).await.map(Iterator::collect);
    match found {
        Ok(addresses) if !addresses.is_empty() => Ok(addresses.into_iter()),
        Ok(_) => Err(DnsFailure::new(name.as_str(), None)),
        Err(e) => Err(DnsFailure::new(name.as_str(), Some(no_descriptor().unwrap_or(e)))),
    }
}

/// The error of a process that cannot open another file. Without one to look a name up with, the system's resolver
/// says that there is no such name.
fn no_descriptor() -> Option<std::io::Error> {
    std::net::UdpSocket::bind("127.0.0.1:0").err().filter(classify::is_exhaustion)
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = DnsFailure;
    type Future = Lookup;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DnsFailure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Lookup {
        (self.0)(name)
    }
}
