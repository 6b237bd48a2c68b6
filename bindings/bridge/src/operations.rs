//! The list of operations: the only one. A host names an operation and gives its arguments as JSON.

use crate::client::BridgeClient;
use crate::lanes::Interrupted;
use crate::options;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use zhifuyun::models::{Conversation, Page, Record, Statistics, Ticket};
use zhifuyun::operations::{
    Args, CreateConversation, CreateTicket, GetConversation, GetStatistics, ListConversations, ListTickets,
    Operation, UpdateTicket,
};
use zhifuyun::{Client, Error, RequestOptions, Response, Result};

/// What an operation returns. A binding encodes it with one [`Visitor`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// One conversation.
    Conversation(Response<Conversation>),
    /// A page of conversations.
    Conversations(Response<Page<Conversation>>),
    /// One ticket.
    Ticket(Response<Ticket>),
    /// A page of tickets.
    Tickets(Response<Page<Ticket>>),
    /// Statistics.
    Statistics(Response<Statistics>),
    /// Nothing but success.
    Done,
}

/// Encodes any result: records and pages of records, seen through [`Record`].
pub trait Visitor {
    /// What the binding makes of it.
    type Value;
    /// One record.
    fn record<R: Record>(self, record: Response<R>) -> Self::Value;
    /// A page of records.
    fn page<R: Record>(self, page: Response<Page<R>>) -> Self::Value;
    /// Nothing.
    fn done(self) -> Self::Value;
}

impl Output {
    /// Hands the result to the visitor.
    pub fn visit<V: Visitor>(self, visitor: V) -> V::Value {
        match self {
            Self::Conversation(r) => visitor.record(r),
            Self::Conversations(p) => visitor.page(p),
            Self::Ticket(r) => visitor.record(r),
            Self::Tickets(p) => visitor.page(p),
            Self::Statistics(r) => visitor.record(r),
            Self::Done => visitor.done(),
        }
    }
}

/// A call that was understood and checked; nothing was sent yet.
type Work = Box<dyn FnOnce(Client) -> Pin<Box<dyn Future<Output = Result<Output>> + Send>> + Send>;

macro_rules! operations {
    ($($name:literal => $operation:ty, $output:ident;)+) => {
        /// The names of all operations.
        pub const NAMES: &[&str] = &["authenticate", $($name,)+];

        fn work(client: &Client, name: &str, args: &str, options: Option<&str>) -> Result<Work> {
            let named = NAMES.iter().copied().find(|known| *known == name);
            let options = options::request_options(options)
                .map_err(|e| named.into_iter().fold(e, Error::with_operation))?;
            match name {
                "authenticate" => {
                    arguments::<NoArguments>(client, args)?;
                    Ok(Box::new(move |c: Client| {
                        Box::pin(async move { c.authenticate_with(options).await.map(|()| Output::Done) })
                    }))
                }
                $($name => {
                    let operation: $operation = arguments(client, args)?;
                    Ok(execute(operation, options, Output::$output))
                })+
                // Lets the tests of the hosts prove that a panic becomes an error. What is shipped does not know it.
                "internal.panic" if cfg!(debug_assertions) => Ok(Box::new(|_| Box::pin(async { deliberate() }))),
                _ => Err(Error::invalid_argument("operation", "there is no such operation")),
            }
        }
    };
}

operations! {
    "conversations.list" => ListConversations, Conversations;
    "conversations.get" => GetConversation, Conversation;
    "conversations.create" => CreateConversation, Conversation;
    "tickets.list" => ListTickets, Tickets;
    "tickets.create" => CreateTicket, Ticket;
    "tickets.update" => UpdateTicket, Ticket;
    "statistics.get" => GetStatistics, Statistics;
}

#[allow(clippy::panic)]
pub(crate) fn deliberate() -> Result<Output> {
    panic!("deliberate")
}

struct NoArguments;

trait FromArgs: Sized {
    fn read(args: &mut Args) -> Result<Self>;
    const NAME: &'static str;
}

impl FromArgs for NoArguments {
    fn read(_: &mut Args) -> Result<Self> {
        Ok(Self)
    }
    const NAME: &'static str = "authenticate";
}

impl<O: Operation> FromArgs for O {
    fn read(args: &mut Args) -> Result<Self> {
        O::from_args(args)
    }
    const NAME: &'static str = O::NAME;
}

/// Reads and checks arguments; what is unknown or wrong is refused here, before any I/O.
fn arguments<A: FromArgs>(client: &Client, json: &str) -> Result<A> {
    let read = || {
        let json = if json.is_empty() { "{}" } else { json };
        let mut args = Args::parse(json, client.time_zone())?;
        let value = A::read(&mut args)?;
        args.finish()?;
        Ok(value)
    };
    read().map_err(|e: Error| e.with_operation(A::NAME))
}

/// The same for a list that is going to be walked.
pub(crate) fn list_arguments<O: Operation>(client: &Client, json: &str) -> Result<O> {
    arguments(client, json)
}

fn execute<O: Operation>(
    operation: O,
    options: RequestOptions,
    wrap: fn(Response<O::Output>) -> Output,
) -> Work {
    Box::new(move |client| Box::pin(async move { client.execute(&operation, options).await.map(wrap) }))
}

impl BridgeClient {
    /// Calls an operation on the calling thread.
    ///
    /// # Errors
    /// `Err(Interrupted)` if `interrupted` asked for the thread back; the inner error is the call's.
    pub fn call(
        &self,
        name: &str,
        args: &str,
        options: Option<&str>,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<Result<Output>, Interrupted> {
        let prepared = self.state().and_then(|s| work(&s.client, name, args, options).map(|w| (s, w)));
        match prepared {
            Ok((state, work)) => state.lanes.run(work, interrupted),
            Err(e) => Ok(Err(e)),
        }
    }

    /// The same as a future, for the background runtime.
    ///
    /// # Errors
    /// `invalid_argument` and `closed` at once; the future brings the rest.
    pub fn call_async(
        &self,
        name: &str,
        args: &str,
        options: Option<&str>,
    ) -> Result<impl Future<Output = Result<Output>> + Send + 'static> {
        let client = self.core()?;
        let work = work(&client, name, args, options)?;
        Ok(work(client))
    }

    /// Several calls on the calling thread, [`AT_ONCE`] at a time; results in the order of the calls. The deadline of a
    /// call begins with the call. The first failure ends all.
    ///
    /// # Errors
    /// `Err(Interrupted)` if `interrupted` asked for the thread back; the inner error is the first failure. Arguments
    /// are refused before anything is sent.
    pub fn call_many(
        &self,
        calls: &[(&str, &str)],
        options: Option<&str>,
        interrupted: Option<&mut dyn FnMut() -> bool>,
    ) -> std::result::Result<std::result::Result<Vec<Output>, Failed>, Interrupted> {
        let prepared = self.state().map_err(Failed::from).and_then(|state| {
            let works: std::result::Result<Vec<_>, _> = calls
                .iter()
                .enumerate()
                .map(|(n, (name, args))| work(&state.client, name, args, options).map_err(Failed::at(n)))
                .collect();
            works.map(|works| (state, works))
        });
        let (state, works) = match prepared {
            Ok(prepared) => prepared,
            Err(failed) => return Ok(Err(failed)),
        };
        let all = |client: Client| async move {
            let running = works.into_iter().enumerate().map(|(n, work)| {
                let call = work(client.clone());
                async move { call.await.map_err(Failed::at(n)) }
            });
            Ok(stream::iter(running).buffered(AT_ONCE).try_collect().await)
        };
        state.lanes.run(all, interrupted).map(|result| result.unwrap_or_else(|e| Err(e.into())))
    }
}

/// So many calls of [`BridgeClient::call_many`] are under way at most.
pub const AT_ONCE: usize = 16;

/// The failure that ended [`BridgeClient::call_many`].
#[derive(Debug)]
pub struct Failed {
    /// Which call it was; `None` if it was no single one.
    pub call: Option<usize>,
    /// What happened.
    pub error: Error,
}

impl Failed {
    fn at(call: usize) -> impl FnOnce(Error) -> Self {
        move |error| Self { call: Some(call), error }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { call: None, error }
    }
}

/// For a binding that keeps clients in a table.
pub type SharedClient = Arc<BridgeClient>;
