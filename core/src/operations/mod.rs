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
use crate::error::Result;
use crate::models::{Page, RawPage, Record};
use crate::pagination::{Freeze, PageRequest};
use crate::rate_limit::Class;
use serde::de::{Deserialize as _, DeserializeSeed, Deserializer};

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
    /// Reads the `data` of the answer.
    ///
    /// # Errors
    /// What does not fit, in serde's words.
    fn read<'de, D: Deserializer<'de>>(&self, data: D) -> std::result::Result<Self::Output, D::Error>;
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

/// Reads the data of an operation's answer.
#[derive(Debug)]
pub(crate) struct Data<'a, O>(pub(crate) &'a O);

impl<O> Clone for Data<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Data<'_, O> {}

impl<'de, O: Operation> DeserializeSeed<'de> for Data<'_, O> {
    type Value = O::Output;

    fn deserialize<D: Deserializer<'de>>(self, data: D) -> std::result::Result<O::Output, D::Error> {
        self.0.read(data)
    }
}

fn read_page<'de, T: Record, D: Deserializer<'de>>(
    data: D,
    page: Option<i64>,
    limit: Option<i64>,
) -> std::result::Result<Page<T>, D::Error> {
    let raw = RawPage::<T>::deserialize(data)?;
    let number = |v: Option<i64>, default| v.and_then(|v| u64::try_from(v).ok()).unwrap_or(default);
    Ok(raw.complete(number(page, 1), number(limit, check::DEFAULT_LIMIT)))
}
