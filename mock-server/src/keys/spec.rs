//! Keys as the control plane takes and shows them.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::limits::Plan;

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// List and get conversations.
    #[serde(rename = "conversations:read")]
    ConversationsRead,
    /// Create conversations.
    #[serde(rename = "conversations:write")]
    ConversationsWrite,
    /// List tickets.
    #[serde(rename = "tickets:read")]
    TicketsRead,
    /// Create and update tickets.
    #[serde(rename = "tickets:write")]
    TicketsWrite,
    /// Get statistics.
    #[serde(rename = "statistics:read")]
    StatisticsRead,
}

impl Scope {
    /// Every scope: what a key has unless told otherwise.
    pub const ALL: [Self; 5] = [
        Self::ConversationsRead,
        Self::ConversationsWrite,
        Self::TicketsRead,
        Self::TicketsWrite,
        Self::StatisticsRead,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConversationsRead => "conversations:read",
            Self::ConversationsWrite => "conversations:write",
            Self::TicketsRead => "tickets:read",
            Self::TicketsWrite => "tickets:write",
            Self::StatisticsRead => "statistics:read",
        }
    }
}

/// A key to create.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySpec {
    /// Its id; without it, one is made up.
    pub client_id: Option<String>,
    /// Its secret; without it, one is made up.
    pub client_secret: Option<String>,
    /// What it is for.
    pub name: Option<String>,
    /// What it may do; without it, everything.
    pub scopes: Option<BTreeSet<Scope>>,
    /// Its own plan; without it, the world's.
    pub plan: Option<Plan>,
}

/// A key as the control plane shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyView {
    /// Its id.
    pub client_id: String,
    /// Its newest secret.
    pub client_secret: String,
    /// Older secrets that still work, with the time at which they stop.
    pub old_secrets: Vec<OldSecret>,
    /// What it is for.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Its own plan, if it has one.
    pub plan: Option<Plan>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// How many of its tokens would be accepted now.
    pub live_tokens: usize,
}

/// A secret that was replaced and works for a while yet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OldSecret {
    /// The secret.
    pub client_secret: String,
    /// When it stops working.
    pub until: DateTime<Utc>,
}
