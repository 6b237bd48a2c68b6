//! The classes that hold data: results, events, exceptions. All of them from one table.

use crate::shim::{self, Type};
use crate::{names, present};
use ext_php_rs::args::{Arg, ArgInfoTables};
use ext_php_rs::builders::{ClassBuilder, FunctionBuilder};
use ext_php_rs::flags::{ClassFlags, DataType, MethodFlags};
use ext_php_rs::types::Zval;
use ext_php_rs::zend::{ClassEntry, ce};
use std::sync::{Mutex, PoisonError};
use zhifuyun_bridge::zhifuyun::models::{Conversation, FieldKind, Record, Statistics, Ticket, Trend};
use zhifuyun_bridge::zhifuyun::webhook::{ConversationPayload, TicketPayload};

/// A class of this module.
pub(crate) struct Shape {
    /// Without namespace.
    name: String,
    pub(crate) class: &'static ClassEntry,
    /// Of a record: for each field the values that the API knows, ready for use.
    pub(crate) tokens: Vec<Vec<(&'static str, Zval)>>,
}

// SAFETY: classes and interned strings of modules are not changed after the module's start.
unsafe impl Send for Shape {}
// SAFETY: as above.
unsafe impl Sync for Shape {}

/// Filled while the module starts, only read afterwards. A call asks for four: to compare names takes a quarter of
/// the time of a hash.
static CLASSES: Mutex<Vec<&'static Shape>> = Mutex::new(Vec::new());

/// One of the classes below, and what goes into it.
pub(crate) fn shape(name: &str) -> Option<&'static Shape> {
    let classes = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    classes.iter().find(|shape| shape.name == name).copied()
}

/// One of the classes below.
pub(crate) fn class(name: &str) -> Option<&'static ClassEntry> {
    shape(name).map(|shape| shape.class)
}

fn keep(entry: &'static mut ClassEntry, tables: ArgInfoTables) {
    // The engine reads them as long as the process lives.
    Box::leak(tables);
    remember(entry, Vec::new());
}

fn remember(class: &'static ClassEntry, tokens: Vec<Vec<(&'static str, Zval)>>) {
    let name = class.name().unwrap_or_default().rsplit('\\').next().unwrap_or_default().to_owned();
    let mut classes = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    classes.retain(|shape| shape.name != name);
    classes.push(Box::leak(Box::new(Shape { name, class, tokens })));
}

/// Every exception: class, kind and parent.
pub(crate) const EXCEPTIONS: &[(&str, &str, Parent)] = &[
    ("ConfigException", "config", Parent::Base),
    ("InvalidArgumentException", "invalid_argument", Parent::Base),
    ("ConnectionException", "connection", Parent::Base),
    ("TimeoutException", "timeout", Parent::Base),
    ("ApiException", "api", Parent::Base),
    ("BadRequestException", "bad_request", Parent::Api),
    ("AuthenticationException", "authentication", Parent::Api),
    ("PermissionDeniedException", "permission_denied", Parent::Api),
    ("NotFoundException", "not_found", Parent::Api),
    ("RateLimitException", "rate_limit", Parent::Api),
    ("ServerException", "server", Parent::Api),
    ("DecodeException", "decode", Parent::Base),
    ("WebhookVerificationException", "webhook_verification", Parent::Base),
    ("ClosedException", "closed", Parent::Base),
    ("InternalException", "internal", Parent::Base),
    ("InterruptedException", "interrupted", Parent::Base),
];

/// Where an exception hangs in the tree.
#[derive(Clone, Copy)]
pub(crate) enum Parent {
    Base,
    Api,
}

/// The fields of every exception beside those of PHP's own.
const EXCEPTION: &[(&str, &str)] = &[
    ("kind", "string"),
    ("reason", "string"),
    ("detail", "string"),
    ("operation", "?string"),
    ("argument", "?string"),
    ("apiCode", "?int"),
    ("httpStatus", "?int"),
    ("requestId", "?string"),
    ("retryAfter", "?float"),
    ("attempts", "int"),
    ("maybeApplied", "bool"),
    ("isTransient", "bool"),
    ("webhookReason", "?string"),
    ("fields", "array"),
    ("timing", "Zhifuyun\\Timing"),
    ("causes", "array"),
];

/// The fields of `WebhookVerificationException` beside those.
const WEBHOOK_EXCEPTION: &[(&str, &str)] = &[("answerStatus", "?int")];

/// What is no record of the API.
const OTHERS: &[(&str, &[(&str, &str)])] = &[
    (
        "Timing",
        &[
            ("total", "float"),
            ("queued", "float"),
            ("token", "float"),
            ("backoff", "float"),
            ("network", "float"),
        ],
    ),
    (
        "Meta",
        &[
            ("httpStatus", "int"),
            ("code", "?int"),
            ("requestId", "?string"),
            ("attempts", "int"),
            ("waited", "float"),
            ("timing", "Zhifuyun\\Timing"),
        ],
    ),
    (
        "Page",
        &[
            ("items", "array"),
            ("total", "?int"),
            ("page", "int"),
            ("limit", "int"),
            ("hasNext", "bool"),
            ("extra", "array"),
            ("meta", "Zhifuyun\\Meta"),
        ],
    ),
    ("Quota", &[("used", "int"), ("limit", "?int"), ("nextFree", "float")]),
    (
        "Report",
        &[
            ("requests", "int"),
            ("pages", "int"),
            ("items", "int"),
            ("duplicates", "int"),
            ("firstTotal", "?int"),
            ("lastTotal", "?int"),
            ("totalChanged", "bool"),
            ("passes", "int"),
            ("complete", "bool"),
            ("stoppedBy", "string"),
        ],
    ),
    (
        "Event",
        &[
            ("id", "?string"),
            ("type", "string"),
            ("known", "bool"),
            ("timestamp", "?DateTimeImmutable"),
            ("sentAt", "?DateTimeImmutable"),
            ("data", "mixed"),
            ("extra", "array"),
            ("dedupeKey", "string"),
            ("raw", "string"),
        ],
    ),
];

fn php_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id => "string",
        FieldKind::Text | FieldKind::Token(_) | FieldKind::Date => "?string",
        FieldKind::Time => "?DateTimeImmutable",
        FieldKind::Count => "?int",
        FieldKind::Number => "?float",
        FieldKind::List => "array",
    }
}

fn base() -> &'static ClassEntry {
    class("ZhifuyunException").unwrap_or_else(ce::exception)
}

fn api() -> &'static ClassEntry {
    class("ApiException").unwrap_or_else(ce::exception)
}

type Registered = ext_php_rs::error::Result<()>;

fn record<R: Record>(meta: bool) -> Registered {
    let fields = R::FIELDS.iter().map(|(name, kind)| (names::camel(name), php_type(*kind)));
    let mut fields: Vec<(String, &str)> = fields.collect();
    fields.push(("extra".to_owned(), "array"));
    if meta {
        fields.push(("meta".to_owned(), "?Zhifuyun\\Meta"));
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, t)| (n.as_str(), *t)).collect();
    data(R::NAME, &fields)?;
    if let Some(class) = class(R::NAME) {
        remember(class, R::FIELDS.iter().map(|(_, kind)| tokens(*kind)).collect());
    }
    Ok(())
}

fn tokens(kind: FieldKind) -> Vec<(&'static str, Zval)> {
    let FieldKind::Token(known) = kind else { return Vec::new() };
    known.iter().map(|token| (*token, shim::interned(token))).collect()
}

fn data(name: &str, fields: &[(&str, &str)]) -> Registered {
    let json =
        FunctionBuilder::new("jsonSerialize", present::json_serialize).returns(DataType::Array, false, false);
    let mut builder = ClassBuilder::new(format!("Zhifuyun\\{name}"))
        .flags(ClassFlags::Final)
        .implements((shim::json_interface, "\\JsonSerializable"))
        .method(json, MethodFlags::Public)
        .registration(keep);
    if name == "Page" {
        let all = FunctionBuilder::new("getIterator", present::page_iterator).returns(
            DataType::object("Traversable"),
            false,
            false,
        );
        let count = FunctionBuilder::new("count", present::page_count).returns(DataType::Long, false, false);
        builder = builder
            .implements((ce::aggregate, "\\IteratorAggregate"))
            .implements((ce::countable, "\\Countable"))
            .method(all, MethodFlags::Public)
            .method(count, MethodFlags::Public);
    }
    let state =
        FunctionBuilder::new("__set_state", present::set_state).arg(Arg::new("properties", DataType::Array));
    builder.method(state, MethodFlags::Public | MethodFlags::Static).register()?;
    declare(name, fields);
    if let Some(entry) = class(name) {
        shim::declare(entry, "__set_state", -1, &Type::parse(&format!("Zhifuyun\\{name}")));
        shim::sealed(entry, true);
    }
    Ok(())
}

fn declare(name: &str, fields: &[(&str, &str)]) {
    if let Some(entry) = class(name) {
        for (field, of) in fields {
            shim::property(entry, field, &Type::parse(of));
        }
    }
}

/// `__construct($message, $code, $previous)`, and for webhooks the reason.
fn constructor(webhook: bool) -> FunctionBuilder<'static> {
    let text = |name: &str| Arg::new(name, DataType::String);
    let builder = FunctionBuilder::new("__construct", present::exception_construct)
        .not_required()
        .arg(text("message").default("\"\""))
        .arg(Arg::new("code", DataType::Long).default("0"))
        .arg(Arg::new("previous", DataType::Mixed).allow_null().default("null"));
    if webhook { builder.arg(text("webhookReason").allow_null().default("null")) } else { builder }
}

fn exceptions() -> Registered {
    ClassBuilder::new("Zhifuyun\\Exception\\ZhifuyunException")
        .extends((shim::runtime_exception, "\\RuntimeException"))
        .method(constructor(false), MethodFlags::Public)
        .registration(keep)
        .register()?;
    declare("ZhifuyunException", EXCEPTION);
    for (name, _, parent) in EXCEPTIONS {
        let builder = ClassBuilder::new(format!("Zhifuyun\\Exception\\{name}"));
        let builder = match parent {
            Parent::Base => builder.extends((base, "\\Zhifuyun\\Exception\\ZhifuyunException")),
            Parent::Api => builder.extends((api, "\\Zhifuyun\\Exception\\ApiException")),
        };
        let webhook = *name == "WebhookVerificationException";
        let builder = if webhook { builder.method(constructor(true), MethodFlags::Public) } else { builder };
        builder.registration(keep).register()?;
    }
    declare("WebhookVerificationException", WEBHOOK_EXCEPTION);
    Ok(())
}

/// `Zhifuyun\ReplayGuard`.
pub(crate) fn replay_guard() -> &'static ClassEntry {
    class("ReplayGuard").unwrap_or_else(ce::traversable)
}

/// `Zhifuyun\Reservation`.
pub(crate) fn reservation() -> &'static ClassEntry {
    class("Reservation").unwrap_or_else(ce::traversable)
}

fn interfaces() -> Registered {
    let flags = MethodFlags::Public | MethodFlags::Abstract;
    let interface = |name| ClassBuilder::new(name).flags(ClassFlags::Interface).registration(keep);
    let reserve = FunctionBuilder::new_abstract("reserve").arg(Arg::new("key", DataType::String));
    interface("Zhifuyun\\ReplayGuard").method(reserve, flags).register()?;
    interface("Zhifuyun\\Reservation")
        .method(FunctionBuilder::new_abstract("commit"), flags)
        .method(FunctionBuilder::new_abstract("release"), flags)
        .register()
}

/// Registers all of them.
pub(crate) fn register() -> Registered {
    for (name, fields) in OTHERS {
        data(name, fields)?;
    }
    record::<Trend>(false)?;
    record::<Conversation>(true)?;
    record::<Ticket>(true)?;
    record::<Statistics>(true)?;
    record::<ConversationPayload>(false)?;
    record::<TicketPayload>(false)?;
    exceptions()?;
    interfaces()
}
