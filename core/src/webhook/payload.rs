//! What the events carry.

use crate::models::{
    Channel, ConversationStatus, Extra, Field, FieldKind, Key, Priority, Record, TicketStatus, instant,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// A type of field: how it is read from JSON, written to it and shown to a binding.
trait Part: Sized {
    const KIND: FieldKind;
    /// The value, or the JSON that does not fit.
    fn read(value: Value) -> Result<Self, Value>;
    fn write(&self) -> Value;
    fn view(&self) -> Field<'_>;
}

impl Part for String {
    const KIND: FieldKind = FieldKind::Text;
    fn read(value: Value) -> Result<Self, Value> {
        match value {
            Value::String(text) => Ok(text),
            // Ids are strings, but a server may write one as a number (docs/assumptions.md, "open models").
            Value::Number(n) if n.is_i64() || n.is_u64() => Ok(n.to_string()),
            other => Err(other),
        }
    }
    fn write(&self) -> Value {
        self.as_str().into()
    }
    fn view(&self) -> Field<'_> {
        Field::Text(self)
    }
}

impl Part for DateTime<Utc> {
    const KIND: FieldKind = FieldKind::Time;
    fn read(value: Value) -> Result<Self, Value> {
        instant(&value).ok_or(value)
    }
    fn write(&self) -> Value {
        self.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
    }
    fn view(&self) -> Field<'_> {
        Field::Time(*self)
    }
}

macro_rules! tokens {
    ($($type:ty),+) => { $(
        impl Part for $type {
            const KIND: FieldKind = FieldKind::Token(Self::KNOWN);
            fn read(value: Value) -> Result<Self, Value> {
                value.as_str().map(Self::from).ok_or(value)
            }
            fn write(&self) -> Value { self.as_str().into() }
            fn view(&self) -> Field<'_> { Field::Token(self.as_str()) }
        }
    )+ };
}

tokens!(Channel, ConversationStatus, Priority, TicketStatus);

/// Puts what was sent into its field, or into `extra` if it does not fit; `null` means "not there".
fn place<T: Part>(field: &mut Option<T>, extra: &mut Extra, name: &str, value: Value) {
    *field = None;
    if !value.is_null() {
        match T::read(value) {
            Ok(read) => *field = Some(read),
            Err(value) => {
                extra.insert(name.to_owned(), value);
            }
        }
    }
}

macro_rules! payload {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: Option<$type>,)+
            /// What the server sent beyond these fields, and values they could not hold.
            pub extra: Extra,
        }

        impl Record for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [(&'static str, FieldKind)] =
                &[$((stringify!($field), <$type as Part>::KIND),)+];

            fn field(&self, index: usize) -> Field<'_> {
                let mut fields = [$(stringify!($field),)+].into_iter();
                match fields.nth(index) {
                    $(Some(stringify!($field)) =>
                        self.$field.as_ref().map_or(Field::Missing, Part::view),)+
                    _ => Field::Missing,
                }
            }

            fn extra(&self) -> &Extra { &self.extra }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("the data of an event")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut out = $name::default();
                        while let Some(name) = map.next_key::<Key<'de>>()? {
                            let value = map.next_value()?;
                            match name.as_str() {
                                $(stringify!($field) => {
                                    place(&mut out.$field, &mut out.extra, stringify!($field), value);
                                })+
                                other => { out.extra.insert(other.to_owned(), value); }
                            }
                        }
                        Ok(out)
                    }
                }
                d.deserialize_map(Visitor)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = s.serialize_map(None)?;
                $(if let Some(v) = &self.$field {
                    map.serialize_entry(stringify!($field), &v.write())?;
                })+
                for (name, value) in &self.extra {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    };
}

payload! {
    /// What a conversation event says about the conversation. The API reference shows the data of a ticket
    /// event only; these are the fields of its conversation, each of which may be missing.
    ConversationPayload {
        /// The conversation.
        conversation_id: String,
        /// The customer.
        user_id: String,
        /// Where the customer writes from.
        channel: Channel,
        /// Whether it is still going on.
        status: ConversationStatus,
        /// When it began.
        created_at: DateTime<Utc>,
        /// When it last changed.
        updated_at: DateTime<Utc>,
    }
}

payload! {
    /// What a ticket event says about the ticket (API reference, "事件格式": id, title and priority; the other
    /// fields are those of its ticket). Each may be missing.
    TicketPayload {
        /// The ticket.
        ticket_id: String,
        /// What it is about, in one line.
        title: String,
        /// The whole matter.
        description: String,
        /// Where it stands.
        status: TicketStatus,
        /// How urgent it is.
        priority: Priority,
        /// Who works on it.
        assignee_id: String,
        /// The customer's address.
        customer_email: String,
        /// When it was opened.
        created_at: DateTime<Utc>,
        /// When it last changed.
        updated_at: DateTime<Utc>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_is_dropped() {
        let sent = json!({
            "ticket_id": 7, "title": ["odd"], "priority": "later", "status": null,
            "created_at": "2024-01-01T18:00:00+08:00", "updated_at": "2024-01-01T10:00:00", "new": {"a": 1}
        });
        let ticket: TicketPayload = serde_json::from_value(sent).unwrap();
        assert_eq!(ticket.ticket_id.as_deref(), Some("7"));
        assert_eq!(ticket.title, None);
        assert_eq!(ticket.priority, Some(Priority::Unknown("later".into())));
        assert_eq!(ticket.status, None);
        let back = serde_json::to_value(&ticket).unwrap();
        let want = json!({
            "ticket_id": "7", "title": ["odd"], "priority": "later",
            "created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-01T10:00:00", "new": {"a": 1}
        });
        assert_eq!(back, want);
        assert_eq!(serde_json::from_value::<TicketPayload>(back).unwrap(), ticket);
    }

    #[test]
    fn the_view_has_the_fields_in_order() {
        let c = serde_json::from_str::<ConversationPayload>(r#"{"user_id":"u"}"#).unwrap();
        let names: Vec<_> = ConversationPayload::FIELDS.iter().map(|f| f.0).collect();
        assert_eq!(names, ["conversation_id", "user_id", "channel", "status", "created_at", "updated_at"]);
        assert!(matches!(c.field(0), Field::Missing));
        assert!(matches!(c.field(1), Field::Text("u")));
        assert!(matches!(c.field(99), Field::Missing));
        assert_eq!(c.id(), None);
    }
}
