//! Schemas and error answers of the document.

use serde_json::{Map, Value, json};

use crate::model::{CONVERSATION_STATUSES, PRIORITIES, TICKET_STATUSES};

fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn envelope(data: Value) -> Value {
    object(&["code", "data"], json!({ "code": { "type": "integer", "const": 200 }, "data": data }))
}

fn page(item: &str) -> Value {
    envelope(object(
        &["total", "page", "limit", "items"],
        json!({
            "total": { "type": "integer", "minimum": 0, "description": "Matching items on all pages." },
            "page": { "type": "integer", "minimum": 1 },
            "limit": { "type": "integer", "minimum": 1, "maximum": 100 },
            "items": { "type": "array", "items": reference(item), "maxItems": 100 },
        }),
    ))
}

/// A field of text with bounds on its length.
fn text(least: u32, most: u32) -> Value {
    json!({ "type": "string", "minLength": least, "maxLength": most })
}

/// Such a field that may be null, which means the same as leaving it out.
fn nullable_text(least: u32, most: u32) -> Value {
    json!({ "type": ["string", "null"], "minLength": least, "maxLength": most })
}

fn nullable_choice(names: &[&str]) -> Value {
    let mut names: Vec<Value> = names.iter().map(|name| json!(name)).collect();
    names.push(Value::Null);
    json!({ "type": ["string", "null"], "enum": names })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

/// Every schema by name.
pub(super) fn all() -> Value {
    let mut all = requests();
    all.extend(answers());
    Value::Object(all)
}

fn requests() -> Map<String, Value> {
    let mut all = Map::new();
    all.insert(
        "TokenRequest".to_owned(),
        object(
            &["grant_type", "client_id", "client_secret"],
            json!({
                "grant_type": { "type": "string", "const": "client_credentials" },
                "client_id": text(1, 256),
                "client_secret": text(1, 1024),
            }),
        ),
    );
    all.insert(
        "NewConversation".to_owned(),
        object(
            &["user_id", "channel"],
            json!({
                "user_id": text(1, 128),
                "channel": text(1, 64),
                "initial_message": nullable_text(0, 10_000),
            }),
        ),
    );
    let mut email = nullable_text(3, 254);
    if let Some(email) = email.as_object_mut() {
        email.insert("format".to_owned(), json!("email"));
    }
    all.insert(
        "NewTicket".to_owned(),
        object(
            &["title"],
            json!({
                "title": text(1, 200),
                "description": nullable_text(0, 20_000),
                "priority": nullable_choice(PRIORITIES),
                "customer_email": email,
            }),
        ),
    );
    let mut update = object(
        &[],
        json!({ "status": nullable_choice(TICKET_STATUSES), "comment": nullable_text(0, 10_000) }),
    );
    if let Some(update) = update.as_object_mut() {
        let given = |name: &str| json!({ "required": [name], "properties": { name: { "type": "string" } } });
        update.insert("anyOf".to_owned(), json!([given("status"), given("comment")]));
    }
    all.insert("TicketUpdate".to_owned(), update);
    all
}

fn answers() -> Map<String, Value> {
    let conversation = json!({
        "id": { "type": "string" },
        "user_id": { "type": "string" },
        "channel": { "type": "string" },
        "status": { "type": "string", "enum": CONVERSATION_STATUSES },
        "created_at": time(),
        "updated_at": time(),
    });
    let ticket = json!({
        "id": { "type": "string" },
        "title": { "type": "string" },
        "description": { "type": "string" },
        "status": { "type": "string", "enum": TICKET_STATUSES },
        "priority": { "type": "string", "enum": PRIORITIES },
        "assignee_id": { "type": ["string", "null"] },
        "customer_email": { "type": ["string", "null"] },
        "created_at": time(),
        "updated_at": time(),
    });
    let with = |name: &str, more: Value| json!({ "allOf": [reference(name), object(&[], more)] });
    let comment =
        object(&["content", "created_at"], json!({ "content": { "type": "string" }, "created_at": time() }));
    let count = || json!({ "type": "integer", "minimum": 0 });
    let trend = object(
        &["date", "conversations", "tickets"],
        json!({
            "date": { "type": "string", "format": "date", "description": "First day of the period." },
            "conversations": count(),
            "tickets": count(),
        }),
    );
    let named = [
        (
            "Token",
            object(
                &["access_token", "token_type", "expires_in"],
                json!({
                    "access_token": { "type": "string", "minLength": 1 },
                    "token_type": { "type": "string", "const": "Bearer" },
                    "expires_in": { "type": "integer", "description": "Seconds." },
                }),
            ),
        ),
        (
            "Conversation",
            object(&["id", "user_id", "channel", "status", "created_at", "updated_at"], conversation),
        ),
        ("ConversationPage", page("Conversation")),
        (
            "ConversationAnswer",
            envelope(with("Conversation", json!({ "initial_message": { "type": "string" } }))),
        ),
        (
            "Ticket",
            object(
                &[
                    "id",
                    "title",
                    "description",
                    "status",
                    "priority",
                    "assignee_id",
                    "customer_email",
                    "created_at",
                    "updated_at",
                ],
                ticket,
            ),
        ),
        ("TicketPage", page("Ticket")),
        (
            "TicketAnswer",
            envelope(with("Ticket", json!({ "comments": { "type": "array", "items": comment } }))),
        ),
        (
            "StatisticsAnswer",
            envelope(object(
                &["total_conversations", "total_tickets", "avg_response_time", "satisfaction_rate", "trends"],
                json!({
                    "total_conversations": count(),
                    "total_tickets": count(),
                    "avg_response_time": { "type": "number", "minimum": 0 },
                    "satisfaction_rate": { "type": "number", "minimum": 0, "maximum": 1 },
                    "trends": { "type": "array", "items": trend },
                }),
            )),
        ),
        ("Error", error(&[])),
        ("TokenError", error(&["error", "error_description"])),
    ];
    named.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

fn error(more: &[&str]) -> Value {
    let field = object(
        &["field", "message"],
        json!({ "field": { "type": "string" }, "message": { "type": "string" } }),
    );
    let required = [&["code", "message", "request_id"], more].concat();
    let mut schema = object(
        &required,
        json!({
            "code": { "type": "integer", "minimum": 400, "maximum": 599 },
            "message": { "type": "string" },
            "errors": { "type": "array", "items": field, "description": "What is wrong, field by field." },
            "request_id": { "type": "string" },
        }),
    );
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for name in more {
            properties.insert((*name).to_owned(), json!({ "type": "string" }));
        }
    }
    schema
}

/// Every error answer by name.
pub(super) fn error_responses() -> Value {
    let texts = [
        ("400", "A parameter or the body is invalid.", "limit: must be at most 100"),
        ("401", "There is no token, or it is wrong, expired or revoked.", "the access token has expired"),
        ("403", "The key lacks the scope for this operation.", "this key lacks the scope tickets:write"),
        ("404", "There is no such thing.", "there is no such conversation"),
        ("413", "The body is too large.", "the body is larger than 1048576 bytes"),
        ("415", "The body is not JSON.", "the Content-Type must be application/json"),
        ("429", "Too many requests within a minute.", "more than 100 requests per minute; try again later"),
        ("500", "The server failed.", "internal error"),
    ];
    let mut all = Map::new();
    for (status, description, message) in texts {
        let code: u16 = status.parse().unwrap_or(500);
        let mut example =
            json!({ "code": code, "message": message, "request_id": "req_5f0c2a91be77_000001" });
        if let (400, Some(example)) = (code, example.as_object_mut()) {
            example
                .insert("errors".to_owned(), json!([{ "field": "limit", "message": "must be at most 100" }]));
        }
        all.insert(format!("Error{status}"), response(status, description, "Error", example));
    }
    for (status, description, message, error) in [
        (
            "400",
            "The request is incomplete or asks for another grant.",
            "grant_type must be client_credentials",
            "unsupported_grant_type",
        ),
        (
            "401",
            "The credentials are wrong.",
            "client_id or client_secret is wrong, or the key was revoked",
            "invalid_client",
        ),
    ] {
        let code: u16 = status.parse().unwrap_or(500);
        let example = json!({
            "code": code, "message": message, "error": error, "error_description": message,
            "request_id": "req_5f0c2a91be77_000001",
        });
        all.insert(format!("Token{status}"), response(status, description, "TokenError", example));
    }
    Value::Object(all)
}

fn response(status: &str, description: &str, schema: &str, example: Value) -> Value {
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/RequestId" } });
    if let ("429", Some(headers)) = (status, headers.as_object_mut()) {
        for name in ["Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"] {
            headers.insert(
                name.to_owned(),
                json!({
                    "description": "Sent when the service is set up to send it.",
                    "schema": { "type": "string" },
                }),
            );
        }
    }
    if let ("401", Some(headers)) = (status, headers.as_object_mut()) {
        headers.insert(
            "WWW-Authenticate".to_owned(),
            json!({ "description": "The kind of token that is needed.", "required": true,
                "schema": { "type": "string" } }),
        );
    }
    json!({
        "description": description,
        "headers": headers,
        "content": { "application/json": { "schema": reference(schema), "example": example } },
    })
}
