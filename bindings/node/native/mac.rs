//! The fast path of webhooks: the comparison, and the text of the body. All rules are in the TypeScript.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::mem::convert_utf8_to_utf16_without_replacement;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use napi::bindgen_prelude::{Either, Env, FnArgs, FromNapiValue, Function, JsValue, Uint8ArraySlice};
use napi::{check_status, sys};
use napi_derive::napi;
use sha2::Sha256;

/// A body as text, or whether the signature was good.
type Opened = Either<sys::napi_value, bool>;
type Opener<'e> = Function<'e, FnArgs<(String, Uint8ArraySlice<'e>, String)>, Opened>;

/// A function for the secrets of one endpoint, one key per secret. It takes what is signed before the body, the body,
/// and signatures (base64, separated by commas). If any of them is that of any key, it returns the body as text, or
/// `true` where the body is not UTF-8; else `false`.
///
/// Not a class: finding the object of a method takes longer than calling a function.
#[napi(catch_unwind)]
pub(crate) fn webhook_opener<'e>(env: &'e Env, keys: Vec<Uint8ArraySlice<'_>>) -> napi::Result<Opener<'e>> {
    let keyed = |key: &Uint8ArraySlice<'_>| Hmac::<Sha256>::new_from_slice(key.as_ref());
    let keys: Result<Vec<_>, _> = keys.iter().map(keyed).collect();
    let keys = keys.map_err(|_| napi::Error::from_reason("a secret cannot be used as a key"))?;
    env.create_function_from_closure("open", move |call| {
        let (prefix, signatures): (Text, Text) = (call.get(0)?, call.get(2)?);
        let body: Uint8ArraySlice<'_> = call.get(1)?;
        let body = body.as_ref();
        if matches(&keys, prefix.bytes(), body, signatures.bytes()) {
            return text(call.env, body);
        }
        Ok(Either::B(false))
    })
}

/// Takes as long for a match as for none.
fn matches(keys: &[Hmac<Sha256>], prefix: &[u8], body: &[u8], signatures: &[u8]) -> bool {
    let mut good = false;
    for key in keys {
        let mut mac = key.clone();
        mac.update(prefix);
        mac.update(body);
        let mac = mac.finalize();
        for signature in signatures.split(|byte| *byte == b',') {
            let mut tag = [0; 33];
            if let Ok(32) = STANDARD.decode_slice(signature, &mut tag)
                && let Some(tag) = tag.first_chunk::<32>()
            {
                // Compares in constant time.
                good |= mac == CtOutput::<Hmac<Sha256>>::new((*tag).into());
            }
        }
    }
    good
}

/// V8 takes far longer to read UTF-8.
fn text(env: &Env, body: &[u8]) -> napi::Result<Opened> {
    if body.is_ascii() {
        return Ok(Either::A(env.create_string_latin1(body)?.raw()));
    }
    let (mut some, mut more) = ([0; 1024], Vec::new());
    let wide = match some.get_mut(..body.len()) {
        Some(enough) => enough,
        None => {
            more.resize(body.len(), 0);
            more.as_mut_slice()
        }
    };
    match convert_utf8_to_utf16_without_replacement(body, wide).and_then(|length| wide.get(..length)) {
        Some(wide) => Ok(Either::A(env.create_string_utf16(wide)?.raw())),
        None => Ok(Either::B(true)),
    }
}

const ROOM: usize = 320;

/// The UTF-8 of an argument. Nearly all fit into some room; asking for the length first takes as long again.
struct Text {
    room: [u8; ROOM],
    length: usize,
    /// All of it, where there is more.
    more: Option<String>,
}

impl Text {
    fn bytes(&self) -> &[u8] {
        match &self.more {
            Some(more) => more.as_bytes(),
            None => self.room.get(..self.length).unwrap_or_default(),
        }
    }
}

impl FromNapiValue for Text {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> napi::Result<Self> {
        let mut text = Self { room: [0; ROOM], length: 0, more: None };
        // SAFETY: the caller vouches for `env` and `value`, and there is as much room as is said.
        let status = unsafe {
            sys::napi_get_value_string_utf8(
                env,
                value,
                text.room.as_mut_ptr().cast(),
                ROOM,
                &raw mut text.length,
            )
        };
        check_status!(status, "text was expected")?;
        // What does not fit is cut off before a character, and the last byte is a zero.
        if text.length + 4 >= ROOM {
            // SAFETY: the caller vouches for both.
            text.more = Some(unsafe { String::from_napi_value(env, value) }?);
        }
        Ok(text)
    }
}
