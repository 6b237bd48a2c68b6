//! The operations of the API: their arguments, what is refused before any I/O, and how they become requests.
//!
//! One type per operation. Rust callers reach them through the resources (`client.tickets().create(…)`);
//! bindings build them from JSON with [`Operation::from_args`], so that every language refuses the same input
//! with the same words.

mod args;
mod check;
mod conversations;
mod statistics;
mod tickets;

pub use args::Args;
pub use conversations::{CreateConversation, GetConversation, ListConversations};
pub use statistics::{GetStatistics, GroupBy, StatisticsType};
pub use tickets::{CreateTicket, ListTickets, UpdateTicket};

use crate::engine::Call;
use crate::envelope;
use crate::error::Result;
use crate::models::{Page, Record};
use crate::pagination::{Freeze, PageRequest};
use crate::rate_limit::Class;

/// A call with its arguments, checked and ready to be sent. Opaque.
#[derive(Debug, Clone)]
pub struct Prepared(pub(crate) Call);

/// One operation of the API.
pub trait Operation: Clone + Send + Sync + 'static {
    /// What it returns.
    type Output: Send + 'static;
    /// Its name, the same in all languages, such as `tickets.create`.
    const NAME: &'static str;
    /// Reads the arguments of a binding. Unknown names and wrong types are refused.
    fn from_args(args: &mut Args) -> Result<Self>
    where
        Self: Sized;
    /// Checks the arguments and makes the request. No I/O.
    fn prepare(&self) -> Result<Prepared>;
    /// Decodes the `data` of the answer.
    fn decode(&self, data: &str) -> Result<Self::Output>;
}

/// An operation that returns a list page by page.
pub trait ListOperation: Operation<Output = Page<Self::Item>> {
    /// What the list contains.
    type Item: Record;
    /// The same list at another place, as a walk asks for it.
    #[must_use]
    fn at(&self, request: &PageRequest) -> Self;
    /// Whether the list can be cut by time.
    fn freeze(&self) -> Freeze {
        Freeze::Unsupported
    }
    /// The page size that the caller asked for.
    fn limit(&self) -> Option<i64>;
    /// The page that the caller asked for.
    fn page(&self) -> Option<i64>;
}

impl Prepared {
    /// Marks the call as one step of an iteration, so that it is paced.
    #[must_use]
    pub(crate) fn bulk(mut self) -> Self {
        self.0.class = Class::Bulk;
        self
    }
}

fn decode_page<T: Record>(data: &str, page: Option<i64>, limit: Option<i64>) -> Result<Page<T>> {
    let raw: crate::models::RawPage<T> = envelope::decode(data)?;
    let number = |v: Option<i64>, default| v.and_then(|v| u64::try_from(v).ok()).unwrap_or(default);
    Ok(raw.complete(number(page, 1), number(limit, check::DEFAULT_LIMIT)))
}
