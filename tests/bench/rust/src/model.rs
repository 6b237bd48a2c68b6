//! What a user of a plain HTTP client writes to get typed answers.

use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct Envelope<T> {
    pub code: i64,
    pub data: T,
}

#[derive(Deserialize)]
pub struct Page {
    pub total: u64,
    pub items: Vec<Conversation>,
}

#[derive(Deserialize)]
pub struct Conversation {
    pub id: String,
    pub user_id: String,
    pub channel: String,
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Deserialize)]
pub struct Token {
    pub access_token: String,
}

impl Conversation {
    pub fn read(&self) -> u64 {
        let text = self.id.len() + self.user_id.len() + self.channel.len() + self.status.len();
        text as u64 + (self.created_at.timestamp() + self.updated_at.timestamp()).unsigned_abs()
    }
}

impl Envelope<Page> {
    pub fn read(&self) -> u64 {
        self.code.unsigned_abs()
            + self.data.total
            + self.data.items.iter().map(Conversation::read).sum::<u64>()
    }
}

impl Envelope<Conversation> {
    pub fn read(&self) -> u64 {
        self.code.unsigned_abs() + self.data.read()
    }
}
