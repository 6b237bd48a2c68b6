//! The types that people and tools see. The engine does not check the arguments of internal functions against
//! them; the core does, in words that are the same in every language.

use crate::iterate;
use crate::shim::{self, Type};
use ext_php_rs::zend::ClassEntry;
use std::ffi::CStr;
use std::sync::Once;

/// A method, the types of its parameters in order, and that of its result.
type Signature = (&'static str, &'static str, &'static str);

const OPTIONS: &str = "?string ?float ?float ?float ?int ?float int|string|null ?string string|false|null \
    ?string ?string ?int ?float ?bool ?string ?string ?callable";
const CONVERSATIONS: &str = "Zhifuyun\\ConversationStatus|string|null DateTimeInterface|string|null \
    DateTimeInterface|string|null ?int ?int";
const TICKETS: &str = "Zhifuyun\\TicketStatus|string|null Zhifuyun\\Priority|string|null ?string ?int ?int";
const WALK: &str = "?string ?int ?int ?array";

const METHODS: &[(&str, &[Signature])] = &[
    (
        "Client",
        &[
            ("__construct", "?string ?string {options}", ""),
            ("fromEnv", "{options}", "Zhifuyun\\Client"),
            ("authenticate", "?array", ""),
            ("quota", "", "Zhifuyun\\Quota"),
        ],
    ),
    (
        "Conversations",
        &[
            ("list", "{conversations} ?array", "Zhifuyun\\Page"),
            ("iterate", "{conversations} {walk}", "Zhifuyun\\Iteration"),
            ("get", "string ?array", "Zhifuyun\\Conversation"),
            ("getMany", "array ?array", "array"),
            ("create", "?string Zhifuyun\\Channel|string|null ?string ?array", "Zhifuyun\\Conversation"),
        ],
    ),
    (
        "Tickets",
        &[
            ("list", "{tickets} ?array", "Zhifuyun\\Page"),
            ("iterate", "{tickets} {walk}", "Zhifuyun\\Iteration"),
            ("create", "?string ?string Zhifuyun\\Priority|string|null ?string ?array", "Zhifuyun\\Ticket"),
            ("update", "string Zhifuyun\\TicketStatus|string|null ?string ?array", "Zhifuyun\\Ticket"),
        ],
    ),
    (
        "StatisticsResource",
        &[(
            "get",
            "Zhifuyun\\StatisticsType|string|null DateTimeInterface|string|null DateTimeInterface|string|null \
            Zhifuyun\\GroupBy|string|null ?array",
            "Zhifuyun\\Statistics",
        )],
    ),
    ("Iteration", &[("current", "", "mixed"), ("report", "", "Zhifuyun\\Report")]),
    ("Pages", &[("current", "", "?Zhifuyun\\Page"), ("report", "", "Zhifuyun\\Report")]),
    ("ReplayGuard", &[("reserve", "string", "Zhifuyun\\Reservation")]),
    ("Reservation", &[("commit", "", "void"), ("release", "", "void")]),
    ("MemoryReplayGuard", &[("reserve", "string", "Zhifuyun\\Reservation")]),
    ("Exception\\ZhifuyunException", &[("__construct", "string int ?Throwable", "")]),
    ("Exception\\WebhookVerificationException", &[("__construct", "string int ?Throwable ?string", "")]),
    (
        "Webhook",
        &[
            ("__construct", "string|array string|array|null int|float|null ?int", ""),
            ("fromEnv", "string|array|null int|float|null ?int", "Zhifuyun\\Webhook"),
            ("verify", "array string DateTimeInterface|int|float|null", "Zhifuyun\\Event"),
            ("sign", "string ?string DateTimeInterface|int|float|null", "array"),
        ],
    ),
];

/// The properties of the client.
const RESOURCES: &[(&str, &str)] = &[
    ("conversations", "Zhifuyun\\Conversations"),
    ("tickets", "Zhifuyun\\Tickets"),
    ("statistics", "Zhifuyun\\StatisticsResource"),
];

/// Classes with objects that take no further properties. Those that hold data say so themselves.
const SEALED: &[&str] = &[
    "Client",
    "Conversations",
    "Tickets",
    "StatisticsResource",
    "Iteration",
    "Pages",
    "Webhook",
    "MemoryReplayGuard",
    "MemoryReservation",
];

/// Parameters that must not show up in a trace.
const SENSITIVE: &[(&str, &str, &CStr)] = &[
    ("Client", "__construct", c"clientSecret"),
    ("Client", "__construct", c"proxy"),
    ("Client", "fromEnv", c"proxy"),
    ("Webhook", "__construct", c"secrets"),
];

/// Tells the engine. Before the first request, because the classes are registered after the module's own start.
pub(crate) fn declare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (class, methods) in METHODS {
            let Some(class) = ClassEntry::try_find(&format!("Zhifuyun\\{class}")) else { continue };
            for (method, parameters, result) in *methods {
                let parameters = parameters
                    .replace("{options}", OPTIONS)
                    .replace("{conversations}", CONVERSATIONS)
                    .replace("{tickets}", TICKETS)
                    .replace("{walk}", WALK);
                for (index, of) in (0..).zip(parameters.split_whitespace()) {
                    shim::declare(class, method, index, &Type::parse(of));
                }
                if !result.is_empty() {
                    shim::declare(class, method, -1, &Type::parse(result));
                }
            }
        }
        for class in SEALED {
            if let Some(class) = ClassEntry::try_find(&format!("Zhifuyun\\{class}")) {
                shim::sealed(class, false);
            }
        }
        if let Some(class) = ClassEntry::try_find("Zhifuyun\\Iteration") {
            shim::walks(class, &iterate::STEPS);
        }
        if let Some(client) = ClassEntry::try_find("Zhifuyun\\Client") {
            for (property, of) in RESOURCES {
                shim::readonly(client, property, of);
            }
        }
        for (class, method, parameter) in SENSITIVE {
            if let Some(class) = ClassEntry::try_find(&format!("Zhifuyun\\{class}")) {
                shim::sensitive(class, method, parameter);
            }
        }
    });
}
