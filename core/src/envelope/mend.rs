//! Halves of surrogate pairs: JSON that can be written and that no text can hold.

use serde::de::DeserializeOwned;

/// Reads JSON; where that fails, once more with U+FFFD in the place of every half surrogate pair. One broken
/// character, as any server that cuts text by UTF-16 units writes it, must not cost a page.
pub(crate) fn lenient<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    or_mended(text, |text| serde_json::from_str(text))
}

/// The same with a reader of one's own.
pub(super) fn or_mended<T>(
    text: &str,
    read: impl Fn(&str) -> serde_json::Result<T>,
) -> serde_json::Result<T> {
    read(text).or_else(|error| match mend(text) {
        Some(mended) => read(&mended),
        None => Err(error),
    })
}

/// The text with `\ufffd` for each escaped half of a surrogate pair; `None` if there is none. Its length stays.
pub(crate) fn mend(text: &str) -> Option<String> {
    let mut mended = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + found;
        at = match unit(text, start) {
            None => start + 2,
            Some(0xd800..=0xdbff) if matches!(unit(text, start + 6), Some(0xdc00..=0xdfff)) => start + 12,
            Some(0xd800..=0xdfff) => {
                mended.push_str(text.get(kept..start)?);
                mended.push_str("\\ufffd");
                kept = start + 6;
                kept
            }
            Some(_) => start + 6,
        };
    }
    if kept == 0 {
        return None;
    }
    mended.push_str(text.get(kept..)?);
    Some(mended)
}

/// The UTF-16 unit of the `\uXXXX` that begins at `start`.
fn unit(text: &str, start: usize) -> Option<u16> {
    let hex = text.get(start..start + 6)?.strip_prefix("\\u")?;
    if hex.bytes().all(|b| b.is_ascii_hexdigit()) { u16::from_str_radix(hex, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_replaced_and_pairs_kept() {
        for (text, want) in [
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\uDE00""#, Some(r#""\ufffd""#)),
            (r#""\ud83d\ude00""#, None),
            (r#""\ude00\ud83d""#, Some(r#""\ufffd\ufffd""#)),
            (r#""\ud83d\ud83d\ude00中""#, Some(r#""\ufffd\ud83d\ude00中""#)),
            (r#""\ud83dx\n\\ud83d""#, Some(r#""\ufffdx\n\\ud83d""#)),
            (r#""\\ud83d""#, None),
            (r#""\u00e9""#, None),
            (r#""\ud83"#, None),
            (r#""\u+d83""#, None),
            ("\"\\中\\ud83d\"", None),
            ("", None),
        ] {
            assert_eq!(mend(text).as_deref(), want, "{text}");
        }
        assert_eq!(lenient::<String>(r#""a\ud83d\ud83d\ude00""#).unwrap(), "a\u{fffd}😀");
        assert!(lenient::<String>(r#""a"#).is_err());
    }
}
