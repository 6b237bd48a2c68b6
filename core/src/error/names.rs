//! The names of errors, the same in all languages.

macro_rules! stable_names {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every member, in documentation order.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name, the same in all languages.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use stable_names;

stable_names! {
    /// The branch of the error tree: what a caller decides on.
    ErrorKind {
        /// The client was set up wrongly; no request was made.
        Config = "config",
        /// An argument of a call was refused before any I/O.
        InvalidArgument = "invalid_argument",
        /// The server could not be reached, or the connection broke.
        Connection = "connection",
        /// A deadline passed: connect, attempt or total.
        Timeout = "timeout",
        /// The server refused with a status that has no kind of its own.
        Api = "api",
        /// 400: the server did not accept the parameters.
        BadRequest = "bad_request",
        /// 401, or the credentials were refused by the token endpoint.
        Authentication = "authentication",
        /// 403: the key may not do this.
        PermissionDenied = "permission_denied",
        /// 404: there is no such resource.
        NotFound = "not_found",
        /// 429, or the local plan has no room and the client was told not to wait.
        RateLimit = "rate_limit",
        /// 5xx.
        Server = "server",
        /// The answer arrived but makes no sense.
        Decode = "decode",
        /// A webhook was refused.
        WebhookVerification = "webhook_verification",
        /// The client was closed.
        Closed = "closed",
        /// A defect of this library (a panic was caught). Please report it.
        Internal = "internal",
    }
}

stable_names! {
    /// What precisely happened.
    Reason {
        /// The configuration names something that is missing or malformed.
        InvalidConfig = "invalid_config",
        /// The argument is out of range, malformed or unknown.
        InvalidArgument = "invalid_argument",
        /// The host name did not resolve.
        Dns = "dns",
        /// Nothing listens there, or the network is unreachable.
        Connect = "connect",
        /// The TLS handshake failed or the certificate was refused.
        Tls = "tls",
        /// The proxy refused or broke.
        Proxy = "proxy",
        /// The connection ended before the whole head of the answer had arrived.
        ConnectionClosed = "connection_closed",
        /// The connection ended inside the body of the answer.
        BodyInterrupted = "body_interrupted",
        /// The peer does not speak correct HTTP.
        Protocol = "protocol",
        /// No connection within `connect_timeout`, or before the time of the attempt was up.
        ConnectTimeout = "connect_timeout",
        /// No head of an answer in time.
        ResponseTimeout = "response_timeout",
        /// The body of the answer did not end in time.
        BodyTimeout = "body_timeout",
        /// The total `timeout` of the call passed while it waited for its turn or for an access token.
        DeadlineExceeded = "deadline_exceeded",
        /// The server answered with an error status or an error code in the envelope.
        ErrorStatus = "error_status",
        /// The server redirected; redirects are never followed.
        UnexpectedRedirect = "unexpected_redirect",
        /// The token endpoint refused the client id or secret.
        InvalidCredentials = "invalid_credentials",
        /// The token endpoint answered with a token that cannot be used.
        InvalidToken = "invalid_token",
        /// The token endpoint answered with a token type other than Bearer.
        UnsupportedTokenType = "unsupported_token_type",
        /// `on_limit = raise` and the plan has no free slot now.
        QuotaExhausted = "quota_exhausted",
        /// The plan has no free slot, or the server allows no request, within the time of the call.
        WaitTooLong = "wait_too_long",
        /// A body was expected and none came.
        EmptyBody = "empty_body",
        /// The decoded body exceeds `max_response_bytes`.
        BodyTooLarge = "body_too_large",
        /// The body is not JSON.
        NotJson = "not_json",
        /// A field that cannot be missing is missing.
        MissingField = "missing_field",
        /// A field has a value that cannot be represented.
        InvalidField = "invalid_field",
        /// The server returns the same page again and again.
        PaginationStuck = "pagination_stuck",
        /// The webhook was refused; see `WebhookReason`.
        Webhook = "webhook",
        /// The client was closed.
        Closed = "closed",
        /// A caught panic.
        Panic = "panic",
    }
}
