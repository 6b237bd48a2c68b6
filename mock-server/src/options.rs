//! What can be chosen about a world.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::{ClockMode, WorldClock};
use crate::items::{ConversationItem, TicketItem};
use crate::keys::KeySpec;
use crate::limits::LimitOptions;
use crate::seed::SeedSpec;
use crate::table::Sort;
use crate::time::TimeFormat;

/// How answers look where the API's document leaves room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerOptions {
    /// Answers everything with HTTP 200; only the envelope's `code` tells answers apart.
    pub always_200: bool,
    /// HTTP status and envelope code of a creation: 200 or 201.
    pub created_status: u16,
    /// The order of lists.
    pub sort: Sort,
    /// How times are written.
    pub timestamps: TimeFormat,
    /// Fields added to every item.
    pub extra_fields: ExtraFields,
    /// Largest accepted request body, in bytes.
    pub max_body_bytes: usize,
}

impl Default for AnswerOptions {
    fn default() -> Self {
        Self {
            always_200: false,
            created_status: 200,
            sort: Sort::default(),
            timestamps: TimeFormat::default(),
            extra_fields: ExtraFields::default(),
            max_body_bytes: 1024 * 1024,
        }
    }
}

/// Fields beyond the documented ones; a field of the same name is replaced.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtraFields {
    /// Added to every conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Map<String, Value>>,
    /// Added to every ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Map<String, Value>>,
    /// Added to the data of the statistics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Map<String, Value>>,
}

/// How access tokens behave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenOptions {
    /// How long a token is accepted, in seconds.
    pub lifetime_seconds: f64,
    /// Fields of the token answer to add or replace, whatever their type: `{"expires_in": "3600"}`.
    pub set: Map<String, Value>,
    /// Fields of the token answer to leave out.
    pub omit: Vec<String>,
    /// Puts the token answer into the `{"code", "data"}` envelope.
    pub enveloped: bool,
}

impl Default for TokenOptions {
    fn default() -> Self {
        Self { lifetime_seconds: 3600.0, set: Map::new(), omit: Vec::new(), enveloped: false }
    }
}

/// Everything about a world that can be changed while it runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldOptions {
    /// How answers look.
    pub answers: AnswerOptions,
    /// How access tokens behave.
    pub token: TokenOptions,
    /// How many requests a key may send.
    pub limits: LimitOptions,
}

impl WorldOptions {
    /// What is wrong with these options, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !matches!(self.answers.created_status, 200 | 201) {
            return Err("answers.created_status must be 200 or 201".to_owned());
        }
        if crate::time::seconds(self.token.lifetime_seconds).is_none() {
            return Err("token.lifetime_seconds is out of range".to_owned());
        }
        self.limits.check()
    }
}

/// The clock a world starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClockSpec {
    /// How the clock gets its time.
    pub mode: ClockMode,
    /// The time it starts at; without it, now. The real clock cannot be given one.
    pub at: Option<DateTime<Utc>>,
}

impl ClockSpec {
    /// The clock, or what is wrong with its description.
    pub(crate) fn start(self) -> Result<WorldClock, String> {
        if let Some(at) = self.at {
            crate::time::check_clock("clock.at", at)?;
        }
        match (self.mode, self.at) {
            (ClockMode::Real, Some(_)) => Err(NO_REAL_TIME.to_owned()),
            (ClockMode::Real, None) => Ok(WorldClock::real()),
            (ClockMode::Frozen, at) => Ok(WorldClock::frozen(at.unwrap_or_else(Utc::now))),
            (ClockMode::Offset, Some(at)) => Ok(WorldClock::shifted(at - Utc::now())),
            (ClockMode::Offset, None) => Ok(WorldClock::shifted(TimeDelta::zero())),
        }
    }
}

/// Why a time was refused.
pub(crate) const NO_REAL_TIME: &str =
    "the real clock cannot be set; with a time, choose mode offset or frozen";

/// One document that sets up a whole world.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldSpec {
    /// Name of the world in its URL; without it, one is made up.
    pub id: Option<String>,
    /// The clock it starts with.
    pub clock: ClockSpec,
    /// Generated data.
    pub seed: Option<SeedSpec>,
    /// Conversations given one by one, added after the generated ones.
    pub conversations: Vec<ConversationItem>,
    /// Tickets given one by one, added after the generated ones.
    pub tickets: Vec<TicketItem>,
    /// How answers look.
    pub answers: AnswerOptions,
    /// How access tokens behave.
    pub token: TokenOptions,
    /// How many requests a key may send.
    pub limits: LimitOptions,
    /// Id of the first key; without it, one is made up.
    pub client_id: Option<String>,
    /// Secret of the first key; without it, one is made up.
    pub client_secret: Option<String>,
    /// Further keys.
    pub keys: Vec<KeySpec>,
    /// Secret that webhook endpoints without their own sign with; without it, one is made up.
    pub webhook_secret: Option<String>,
    /// Webhook endpoints.
    pub webhooks: Vec<Value>,
    /// Fault rules.
    pub faults: Vec<Value>,
    /// How many requests the journal keeps.
    pub journal_capacity: Option<usize>,
}
