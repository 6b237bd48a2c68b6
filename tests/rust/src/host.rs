//! What a runner has to be able to do.

use crate::Check;
use serde_json::Value;

/// What became of a step. An iteration may have brought items before it failed.
#[derive(Debug, Default)]
pub struct Outcome {
    pub result: Option<Value>,
    pub error: Option<Value>,
}

/// How an iteration is to be read.
pub struct Walking<'a> {
    pub operation: &'a str,
    pub args: &'a Value,
    pub options: &'a Value,
    pub walk: &'a Value,
    /// The reader goes away after so many items.
    pub stop_after: Option<u64>,
    /// Called after every item with the number of items so far.
    pub after_item: &'a dyn Fn(u64) -> Check,
}

/// A runner: the client of one language and style.
pub trait Host: Sized {
    /// Wraps a client.
    fn new(client: zhifuyun::Client) -> Self;
    /// Makes a call `times` times, at most `parallel` at once.
    fn call(
        &self,
        name: &str,
        args: &Value,
        options: &Value,
        times: u64,
        parallel: u64,
    ) -> Check<Vec<Outcome>>;
    /// Reads an iteration to its end.
    fn iterate(&self, walking: &Walking<'_>) -> Check<Outcome>;
}
