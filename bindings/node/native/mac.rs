//! The fast path of webhooks: the comparison, and the text of the body. All rules are in the TypeScript.

use crate::event;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::mem::convert_str_to_utf16;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit, Mac};
use napi::bindgen_prelude::{Either, Env, FnArgs, Function, Int32ArraySlice, JsValue, Uint8ArraySlice};
use napi::{JsString, check_status, sys};
use napi_derive::napi;
use sha2::Sha256;
use std::borrow::Cow;

/// A body as text, or whether the signature was good.
type Opened = Either<sys::napi_value, bool>;
type Arguments<'e> = FnArgs<(String, Uint8ArraySlice<'e>, String, Int32ArraySlice<'e>)>;

/// A function for the secrets of one endpoint, one key per secret. It takes what is signed before the body, the body,
/// signatures (base64, separated by commas), and an array for the places of the event's values. If any of the
/// signatures is that of any key, it returns the body as text, or `true` where the body is not UTF-8; else `false`.
///
/// Not a class: finding the object of a method takes longer than calling a function.
#[napi(catch_unwind)]
pub(crate) fn webhook_opener<'e>(
    env: &'e Env,
    keys: Vec<Uint8ArraySlice<'_>>,
) -> napi::Result<Function<'e, Arguments<'e>, Opened>> {
    let keyed = |key: &Uint8ArraySlice<'_>| Hmac::<Sha256>::new_from_slice(key.as_ref());
    let keys: Result<Vec<_>, _> = keys.iter().map(keyed).collect();
    let keys = keys.map_err(|_| napi::Error::from_reason("a secret cannot be used as a key"))?;
    env.create_function_from_closure("open", move |call| {
        let (prefix, signatures): (JsString<'_>, JsString<'_>) = (call.get(0)?, call.get(2)?);
        let (mut room, mut other) = ([0; ROOM], [0; ROOM]);
        let prefix = utf8(call.env, prefix, &mut room)?;
        let signatures = utf8(call.env, signatures, &mut other)?;
        let body: Uint8ArraySlice<'_> = call.get(1)?;
        let body = body.as_ref();
        if !matches(&keys, &prefix, body, &signatures) {
            return Ok(Either::B(false));
        }
        let Ok(text) = simdutf8::basic::from_utf8(body) else { return Ok(Either::B(true)) };
        let mut places: Int32ArraySlice<'_> = call.get(3)?;
        // SAFETY: the array is the TypeScript layer's own and never handed to another thread, and JavaScript does not
        // run on this one while the slice is borrowed.
        event::locate(text, unsafe { places.as_mut() });
        string(call.env, text).map(Either::A)
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
fn string(env: &Env, text: &str) -> napi::Result<sys::napi_value> {
    if text.is_ascii() {
        return Ok(env.create_string_latin1(text)?.raw());
    }
    let (mut some, mut more) = ([0; 512], Vec::new());
    let wide = match some.get_mut(..text.len()) {
        Some(enough) => enough,
        None => {
            more.resize(text.len(), 0);
            more.as_mut_slice()
        }
    };
    let length = convert_str_to_utf16(text, wide);
    Ok(env.create_string_utf16(wide.get(..length).unwrap_or_default())?.raw())
}

/// Room for nearly all texts.
const ROOM: usize = 96;

/// The UTF-8 of an argument. Asking for its length first takes as long again.
fn utf8<'r>(env: &Env, text: JsString<'_>, room: &'r mut [u8; ROOM]) -> napi::Result<Cow<'r, [u8]>> {
    let mut length = 0;
    // SAFETY: the value belongs to this call of this environment, and there is as much room as is said.
    let status = unsafe {
        let room = (room.as_mut_ptr().cast(), room.len());
        sys::napi_get_value_string_utf8(env.raw(), text.raw(), room.0, room.1, &raw mut length)
    };
    check_status!(status, "text was expected")?;
    // What does not fit is cut off before a character, and the last byte is a zero.
    match room.get(..length) {
        Some(bytes) if length + 4 < room.len() => Ok(Cow::Borrowed(bytes)),
        _ => Ok(Cow::Owned(text.into_utf8()?.as_slice().to_vec())),
    }
}
