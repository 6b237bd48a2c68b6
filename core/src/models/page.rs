//! One page of a list.

use super::record::Key;
use super::soft::{Extra, Slot};
use crate::pagination::MAX_PAGE_SIZE;
use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The first count beyond those that every language holds.
const COUNTS_END: f64 = 9_223_372_036_854_775_808.0;

/// One page of a list, as the server cut it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items, in the server's order.
    pub items: Vec<T>,
    /// How many items match in all, by the server's word at that moment. Advisory: never used to decide
    /// that nothing is left.
    pub total: Option<u64>,
    /// The number of this page, from 1.
    pub page: u64,
    /// How many items were asked for per page.
    pub limit: u64,
    /// What the server sent beyond these fields.
    pub extra: Extra,
}

impl<T> Page<T> {
    /// A page, for tests and for other sources of pages.
    #[must_use]
    pub fn new(items: Vec<T>, total: Option<u64>, page: u64, limit: u64) -> Self {
        Self { items, total, page, limit, extra: Extra::new() }
    }

    /// Whether another page is to be expected: by `total` where the server gave one, else by whether this
    /// page is full.
    #[must_use]
    pub fn has_next(&self) -> bool {
        match self.total {
            _ if self.items.is_empty() => false,
            Some(total) => self.page.saturating_mul(self.limit) < total,
            None => self.items.len() as u64 >= self.limit,
        }
    }
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Page<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// A page before the request's own `page` and `limit` fill what the answer left out.
pub(crate) struct RawPage<T> {
    items: Vec<T>,
    total: Option<u64>,
    page: Option<u64>,
    limit: Option<u64>,
    extra: Extra,
}

impl<T> RawPage<T> {
    /// `ignore`d or missing numbers fall back to what was asked for.
    pub(crate) fn complete(self, page: u64, limit: u64) -> Page<T> {
        Page {
            items: self.items,
            total: self.total,
            page: self.page.unwrap_or(page),
            limit: self.limit.filter(|l| *l > 0).unwrap_or(limit),
            extra: self.extra,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RawPage<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(PageVisitor(PhantomData))
    }
}

struct PageVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for PageVisitor<T> {
    type Value = RawPage<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawPage<T>, A::Error> {
        let mut items = None;
        let (mut total, mut page, mut limit) = (None, None, None);
        let mut extra = Extra::new();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            match key.as_str() {
                // Some servers write an empty list as null; one that is not there is still an error.
                "items" => items = Some(map.next_value_seed(Items { room: limit, of: PhantomData })?),
                "total" => count(&mut map, "total", &mut total, &mut extra)?,
                "page" => count(&mut map, "page", &mut page, &mut extra)?,
                "limit" => count(&mut map, "limit", &mut limit, &mut extra)?,
                other => {
                    extra.insert(other.to_owned(), map.next_value()?);
                }
            }
        }
        let items = items.ok_or_else(|| de::Error::missing_field("items"))?;
        Ok(RawPage { items, total, page, limit, extra })
    }
}

/// The items, `null` being none. Where the size of the page comes before them there is room for all of them at once:
/// a list that grows is copied each time, and keeps up to as much memory again that nobody uses.
struct Items<T> {
    room: Option<u64>,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Items<T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Vec<T>, D::Error> {
        d.deserialize_option(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_none<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Vec<T>, D::Error> {
        d.deserialize_seq(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        // No more than any page may have: the server's word is not to be trusted with memory.
        let room = self.room.map_or(0, |room| room.min(MAX_PAGE_SIZE));
        let mut items = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

/// The counts of a page are advisory: what is no count stays in `extra` and costs nothing. One that is too large to
/// be represented must not be guessed at.
fn count<'de, A: MapAccess<'de>>(
    map: &mut A,
    name: &'static str,
    value: &mut Option<u64>,
    extra: &mut Extra,
) -> Result<(), A::Error> {
    map.next_value_seed(Slot { name, value, extra })?;
    let beyond = |v: f64| v.fract() == 0.0 && v >= COUNTS_END;
    if let Some(v) = extra.get(name)
        && (v.as_f64().is_some_and(beyond)
            || v.as_str().and_then(|s| s.trim().parse().ok()).is_some_and(beyond))
    {
        return Err(de::Error::custom(format_args!("invalid field `{name}`")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_made_for_what_one_page_may_hold() {
        for (limit, room) in [("20", 20), ("100", 100), ("9223372036854775807", 100), ("\"many\"", 4)] {
            let text = format!(r#"{{"limit":{limit},"items":["a"]}}"#);
            let page: RawPage<String> = serde_json::from_str(&text).unwrap();
            assert_eq!((page.items.capacity(), page.items.len()), (room, 1), "{limit}");
        }
    }
}
