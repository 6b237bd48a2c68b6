//! One description per model: the struct, its JSON both ways, and a view field by field for the bindings.

use super::soft::Extra;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A string that is never missing.
    Id,
    /// A string.
    Text,
    /// A value of an open enum; its known values in order.
    Token(&'static [&'static str]),
    /// An instant.
    Time,
    /// A calendar date.
    Date,
    /// A whole number, not negative.
    Count,
    /// Any number.
    Number,
    /// Records.
    List,
}

/// The value of a field, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum Field<'a> {
    /// Not sent, null, or moved to `extra` because it did not fit.
    Missing,
    /// A string.
    Text(&'a str),
    /// A value of an open enum, as the API writes it.
    Token(&'a str),
    /// An instant.
    Time(DateTime<Utc>),
    /// A calendar date.
    Date(NaiveDate),
    /// A whole number.
    Count(u64),
    /// Any number.
    Number(f64),
    /// Records of the kind [`super::Trend`], the only nested one of the API.
    List(&'a [super::Trend]),
}

/// A model, seen field by field. Bindings encode every model with one function over this view.
pub trait Record: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + Sync + 'static {
    /// The type's name, the same in all languages.
    const NAME: &'static str;
    /// Names and kinds, in order.
    const FIELDS: &'static [(&'static str, FieldKind)];
    /// The value of the n-th field.
    fn field(&self, index: usize) -> Field<'_>;
    /// What the server sent beyond the fields.
    fn extra(&self) -> &Extra;
    /// What identifies the record, where it has an id.
    fn id(&self) -> Option<&str> {
        match (Self::FIELDS.first(), self.field(0)) {
            (Some((_, FieldKind::Id)), Field::Text(id)) => Some(id),
            _ => None,
        }
    }
}

pub(crate) trait Kinded {
    const KIND: FieldKind;
    fn view(&self) -> Field<'_>;
}

macro_rules! kinded {
    ($($type:ty => $kind:expr, $self:ident => $view:expr;)+) => {
        $(impl Kinded for $type {
            const KIND: FieldKind = $kind;
            fn view(&self) -> Field<'_> { let $self = self; $view }
        })+
    };
}

kinded! {
    String => FieldKind::Text, v => Field::Text(v);
    u64 => FieldKind::Count, v => Field::Count(*v);
    f64 => FieldKind::Number, v => Field::Number(*v);
    DateTime<Utc> => FieldKind::Time, v => Field::Time(*v);
    NaiveDate => FieldKind::Date, v => Field::Date(*v);
    Vec<super::Trend> => FieldKind::List, v => Field::List(v);
    super::Channel => FieldKind::Token(Self::KNOWN), v => Field::Token(v.as_str());
    super::ConversationStatus => FieldKind::Token(Self::KNOWN), v => Field::Token(v.as_str());
    super::TicketStatus => FieldKind::Token(Self::KNOWN), v => Field::Token(v.as_str());
    super::Priority => FieldKind::Token(Self::KNOWN), v => Field::Token(v.as_str());
}

/// How a field goes back to JSON: as the API writes it, times in UTC with `Z`.
pub(crate) trait ToJson {
    fn to_json(&self) -> serde_json::Value;
}

macro_rules! to_json_by_serde {
    ($($type:ty),+) => { $(impl ToJson for $type {
        fn to_json(&self) -> serde_json::Value { serde_json::to_value(self).unwrap_or_default() }
    })+ };
}
to_json_by_serde!(
    String,
    u64,
    f64,
    NaiveDate,
    Vec<super::Trend>,
    super::Channel,
    super::ConversationStatus,
    super::TicketStatus,
    super::Priority
);

impl ToJson for DateTime<Utc> {
    fn to_json(&self) -> serde_json::Value {
        self.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
    }
}

macro_rules! record {
    // With an id.
    ($(#[$meta:meta])* pub struct $name:ident {
        $(#[$id_doc:meta])* id: Id,
        $($(#[$doc:meta])* $field:ident: $kind:ident as $type:ty,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(#[$id_doc])* pub id: String,
            $($(#[$doc])* pub $field: $crate::models::record::slot!($kind, $type),)+
            /// What the server sent beyond these fields, and values they could not hold.
            pub extra: $crate::models::Extra,
        }
        $crate::models::record::record!(@common $name [id] $($field: $kind as $type,)+);
    };
    // Without.
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* $field:ident: $kind:ident as $type:ty,)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: $crate::models::record::slot!($kind, $type),)+
            /// What the server sent beyond these fields, and values they could not hold.
            pub extra: $crate::models::Extra,
        }
        $crate::models::record::record!(@common $name [] $($field: $kind as $type,)+);
    };
    (@common $name:ident [$($id:ident)?] $($field:ident: $kind:ident as $type:ty,)+) => {
        impl $crate::models::Record for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [(&'static str, $crate::models::FieldKind)] = &[
                $((stringify!($id), $crate::models::FieldKind::Id),)?
                $((stringify!($field),
                   <$crate::models::record::stored!($kind, $type) as $crate::models::record::Kinded>::KIND),)+
            ];

            fn field(&self, index: usize) -> $crate::models::Field<'_> {
                use $crate::models::record::Kinded as _;
                #[allow(unused_mut)]
                let mut n = 0;
                $(if index == n { return $crate::models::Field::Text(&self.$id); } n += 1;)?
                $(if index == n {
                    return $crate::models::record::shown!($kind, self.$field);
                }
                n += 1;)+
                let _ = n;
                $crate::models::Field::Missing
            }

            fn extra(&self) -> &$crate::models::Extra { &self.extra }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("a ", stringify!($name), " object"))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        use $crate::models::soft::Slot;
                        let mut extra = $crate::models::Extra::new();
                        $(let mut $id: Option<String> = None;)?
                        $(let mut $field: Option<$crate::models::record::stored!($kind, $type)> = None;)+
                        while let Some(key) = map.next_key::<$crate::models::record::Key<'de>>()? {
                            match key.as_str() {
                                $(stringify!($id) => map.next_value_seed(
                                    Slot { name: stringify!($id), value: &mut $id, extra: &mut extra }
                                )?,)?
                                $(stringify!($field) => map.next_value_seed(
                                    Slot { name: stringify!($field), value: &mut $field, extra: &mut extra }
                                )?,)+
                                other => { extra.insert(other.to_owned(), map.next_value()?); }
                            }
                        }
                        Ok($name {
                            $($id: $crate::models::record::required_id(stringify!($id), $id, &extra)?,)?
                            $($field: $crate::models::record::filled!($kind, $field),)+
                            extra,
                        })
                    }
                }
                d.deserialize_map(Visitor)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                #[allow(unused_imports)]
                use $crate::models::record::ToJson as _;
                let mut map = s.serialize_map(None)?;
                $(map.serialize_entry(stringify!($id), &self.$id)?;)?
                $($crate::models::record::written!($kind, map, stringify!($field), self.$field);)+
                for (name, value) in &self.extra {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    };
}

// A list is never missing: no list and an empty one mean the same.
macro_rules! slot {
    (List, $type:ty) => { Vec<$type> };
    ($kind:ident, $type:ty) => { Option<$type> };
}
macro_rules! stored {
    (List, $type:ty) => { Vec<$type> };
    ($kind:ident, $type:ty) => { $type };
}
macro_rules! shown {
    (List, $value:expr) => {
        $value.view()
    };
    ($kind:ident, $value:expr) => {
        $value.as_ref().map_or($crate::models::Field::Missing, |v| v.view())
    };
}
macro_rules! filled {
    (List, $value:expr) => {
        $value.unwrap_or_default()
    };
    ($kind:ident, $value:expr) => {
        $value
    };
}
macro_rules! written {
    (List, $map:ident, $name:expr, $value:expr) => {
        $map.serialize_entry($name, &$value)?;
    };
    ($kind:ident, $map:ident, $name:expr, $value:expr) => {
        if let Some(v) = &$value {
            $map.serialize_entry($name, &v.to_json())?;
        }
    };
}
pub(crate) use {filled, record, shown, slot, stored, written};

/// An object key: borrowed from the body unless it is written with escapes.
pub(crate) struct Key<'de>(std::borrow::Cow<'de, str>);

impl Key<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for Key<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(std::borrow::Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Key<'de>, E> {
                Ok(Key(std::borrow::Cow::Owned(v.to_owned())))
            }
        }
        d.deserialize_str(Visitor)
    }
}

/// The id, or an error that the envelope decoder turns into `missing_field` or `invalid_field`.
pub(crate) fn required_id<E: serde::de::Error>(
    name: &'static str,
    id: Option<String>,
    extra: &Extra,
) -> Result<String, E> {
    match id {
        Some(id) => Ok(id),
        None if extra.contains_key(name) => Err(E::custom(format_args!("invalid field `{name}`"))),
        None => Err(E::missing_field(name)),
    }
}
