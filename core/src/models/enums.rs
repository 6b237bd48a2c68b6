//! Enums that stay open: a value this version does not know is kept, compares and round-trips.

macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A value that this version of the library does not know, as the server sent it.
            Unknown(String),
        }

        impl $name {
            /// The known values, in documentation order.
            pub const KNOWN: &[&str] = &[$($text,)+];

            /// The value as the API writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)+ Self::Unknown(s) => s }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text { $($text => Self::$variant,)+ other => Self::Unknown(other.to_owned()) }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() { $($text => Self::$variant,)+ _ => Self::Unknown(text) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d).map(Self::from)
            }
        }

        impl super::soft::Soft for $name {
            fn from_text(text: &str) -> Option<Self> {
                Some(text.into())
            }
        }
    };
}

open_enum! {
    /// Whether a conversation is still going on.
    ConversationStatus {
        /// Under way.
        Active = "active",
        /// Ended.
        Closed = "closed",
    }
}

open_enum! {
    /// Where a customer writes from. The API reference names only `web`.
    Channel {
        /// The widget on a web page.
        Web = "web",
    }
}

open_enum! {
    /// Where a ticket stands. The API reference names only `resolved`; the others are what such systems use
    /// (docs/assumptions.md, "ticket values").
    TicketStatus {
        /// New.
        Open = "open",
        /// Somebody is waiting.
        Pending = "pending",
        /// Done.
        Resolved = "resolved",
        /// Put away.
        Closed = "closed",
    }
}

open_enum! {
    /// How urgent a ticket is. The API reference names only `medium` (docs/assumptions.md, "ticket values").
    Priority {
        /// Can wait.
        Low = "low",
        /// The usual.
        Medium = "medium",
        /// Soon.
        High = "high",
        /// Now.
        Urgent = "urgent",
    }
}

open_enum! {
    /// What statistics count.
    StatisticsType {
        /// Conversations.
        Conversation = "conversation",
        /// Tickets.
        Ticket = "ticket",
        /// Satisfaction.
        Satisfaction = "satisfaction",
    }
}

open_enum! {
    /// The step of the trends.
    GroupBy {
        /// By day.
        Day = "day",
        /// By week.
        Week = "week",
        /// By month.
        Month = "month",
    }
}
