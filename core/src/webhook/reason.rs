//! Why a webhook was refused.

use crate::error::{Error, ErrorKind, Reason};

crate::error::stable_names! {
    /// Why a webhook was refused. The order is that of the checks.
    WebhookReason {
        /// A parsed object or decoded text was passed where the raw bytes of the body are needed.
        BodyNotRaw = "body_not_raw",
        /// The body exceeds `max_body_bytes`. Nothing was computed over it.
        BodyTooLarge = "body_too_large",
        /// A header that the scheme needs was not sent.
        MissingHeader = "missing_header",
        /// A header that the scheme needs was sent twice with different values.
        DuplicateHeader = "duplicate_header",
        /// The id is empty, longer than 256 characters, not printable ASCII, or contains the separator.
        MalformedId = "malformed_id",
        /// The timestamp is not 1 to 12 digits.
        MalformedTimestamp = "malformed_timestamp",
        /// The timestamp lies further in the past than the tolerance: a late replay, or a clock that is fast.
        TimestampTooOld = "timestamp_too_old",
        /// The timestamp lies further in the future than the tolerance: one of the two clocks is wrong.
        TimestampTooNew = "timestamp_too_new",
        /// The signature header holds nothing that could be a signature.
        MalformedSignature = "malformed_signature",
        /// The signature header holds signatures of other versions or algorithms only.
        NoSupportedSignature = "no_supported_signature",
        /// The body is empty.
        EmptyBody = "empty_body",
        /// No signature matches the body with any of the secrets.
        SignatureMismatch = "signature_mismatch",
        /// No signature matches this body, but one matches the same JSON written another way.
        ReserializedBody = "reserialized_body",
        /// The signature is good, the body is not UTF-8.
        NotUtf8 = "not_utf8",
        /// The signature is good, the body is not JSON.
        NotJson = "not_json",
        /// The signature is good, the body is JSON, but not an event.
        MalformedEvent = "malformed_event",
        /// The same webhook is being handled at this moment.
        InFlight = "in_flight",
        /// The same webhook was already handled.
        Replayed = "replayed",
    }
}

impl WebhookReason {
    /// The HTTP status that an endpoint should answer with.
    ///
    /// 200 for a webhook that was already handled (the sender may stop), 409 for one that is being handled
    /// (the sender should try again later), 413, 401 for everything about the signature and its age, 500
    /// where the endpoint itself is at fault, else 400.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Replayed => 200,
            Self::InFlight => 409,
            Self::BodyTooLarge => 413,
            Self::BodyNotRaw | Self::ReserializedBody => 500,
            Self::TimestampTooOld
            | Self::TimestampTooNew
            | Self::NoSupportedSignature
            | Self::SignatureMismatch => 401,
            _ => 400,
        }
    }
}

pub(crate) fn refuse(reason: WebhookReason, message: impl Into<String>) -> Error {
    Error::new(ErrorKind::WebhookVerification, Reason::Webhook, message).with_webhook_reason(reason)
}

/// The error for a body that is no longer what was signed, for languages where a caller can pass a parsed
/// object. `found` names the type that was passed, such as `dict` or `stdClass`; it is shown.
///
/// ```
/// let error = zhifuyun::webhook::body_not_raw("dict");
/// assert_eq!(error.webhook_reason().unwrap().as_str(), "body_not_raw");
/// ```
#[must_use]
pub fn body_not_raw(found: &str) -> Error {
    refuse(
        WebhookReason::BodyNotRaw,
        format!(
            "the body is a {found}; the signature covers the bytes as they arrived, and a parsed object cannot \
             be turned back into them: pass the raw request body, read before any JSON middleware"
        ),
    )
}
