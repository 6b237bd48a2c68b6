//! What a walk saw.

use crate::error::stable_names;

stable_names! {
    /// Why a walk ended.
    StoppedBy {
        /// It has not ended.
        NotFinished = "not_finished",
        /// A page without items.
        EmptyPage = "empty_page",
        /// A page with fewer items than fit, and `total` says that nothing is left.
        ShortPage = "short_page",
        /// The server sent its last page once more.
        RepeatedPage = "repeated_page",
        /// A page beyond the stated total brought nothing new.
        BeyondTotal = "beyond_total",
        /// `Strict`: nothing is left that a further request could bring.
        NothingNew = "nothing_new",
        /// `Strict`: the list kept changing; see [`Report::complete`].
        PassLimit = "pass_limit",
        /// The server sends the same page for every page number; the error said so.
        Stuck = "stuck",
        /// `max_items` were delivered.
        MaxItems = "max_items",
    }
}

/// What a walk saw so far. Available at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// Requests made, failed ones and prefetched ones that were never read included.
    pub requests: u64,
    /// Answers read.
    pub pages: u64,
    /// Items handed out.
    pub items: u64,
    /// Items dropped because they had been handed out before.
    pub duplicates: u64,
    /// `total` of the first answer.
    pub first_total: Option<u64>,
    /// `total` of the last answer to a request for the whole list (`Strict` also asks for parts of it).
    pub last_total: Option<u64>,
    /// Whether `total` differed between two such answers.
    pub total_changed: bool,
    /// How often the walk went through the list, begun passes included. Cutting by time is one pass.
    pub passes: u32,
    /// `Strict`: the walk ended and an item that matched during all of it cannot be missing. `Fast`: the walk
    /// reached the end and saw no sign of a change (no duplicates, same total); a sign, not a proof.
    pub complete: bool,
    /// Why the walk ended.
    pub stopped_by: StoppedBy,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            requests: 0,
            pages: 0,
            items: 0,
            duplicates: 0,
            first_total: None,
            last_total: None,
            total_changed: false,
            passes: 1,
            complete: false,
            stopped_by: StoppedBy::NotFinished,
        }
    }

    pub(super) fn saw_total(&mut self, total: Option<u64>) {
        // `pages` counts the answers before this one: only the first may set the first total.
        if self.pages == 0 {
            self.first_total = total;
        } else if self.last_total != total {
            self.total_changed = true;
        }
        self.last_total = total;
    }
}
