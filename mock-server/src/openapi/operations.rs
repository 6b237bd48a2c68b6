//! One entry of the document per route.

use serde_json::{Map, Value, json};

use crate::api::routes::{Operation, Route};
use crate::model::{CONVERSATION_STATUSES, PRIORITIES, TICKET_STATUSES};

/// The operation object of a route.
pub(super) fn describe(route: &Route) -> Value {
    let mut object = match route.operation {
        Operation::CreateToken => token(),
        Operation::ListConversations => list_conversations(),
        Operation::CreateConversation => create_conversation(),
        Operation::GetConversation => get_conversation(),
        Operation::ListTickets => list_tickets(),
        Operation::CreateTicket => create_ticket(),
        Operation::UpdateTicket => update_ticket(),
        Operation::GetStatistics => statistics(),
    };
    let Some(operation) = object.as_object_mut() else { return object };
    let security = match route.scope {
        Some(scope) => json!([{ "oauth": [scope.as_str()] }]),
        None => json!([]),
    };
    operation.insert("security".to_owned(), security);
    let mut errors = vec!["400", "401", "429", "500"];
    if route.scope.is_some() {
        errors.push("403");
    }
    if route.template.contains('{') {
        errors.push("404");
    }
    if operation.contains_key("requestBody") {
        errors.extend(["413", "415"]);
    }
    if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
        for status in errors {
            let name = match (status, route.operation) {
                ("400" | "401", Operation::CreateToken) => format!("Token{status}"),
                _ => format!("Error{status}"),
            };
            responses.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
    object
}

pub(super) fn path_parameter(name: &str) -> Value {
    let (what, example) = match name {
        "conversation_id" => ("Id of the conversation.", "conv_000001"),
        _ => ("Id of the ticket.", "ticket_000001"),
    };
    json!({
        "name": name, "in": "path", "required": true, "description": what,
        "schema": { "type": "string", "minLength": 1, "maxLength": 256 }, "example": example,
    })
}

fn query(name: &str, description: &str, schema: Value) -> Value {
    let example = match name {
        "page" => json!(1),
        "limit" => json!(20),
        "start_time" => json!("2025-07-01T00:00:00Z"),
        "end_time" => json!("2026-01-01T00:00:00Z"),
        "start_date" => json!("2025-07-01"),
        "end_date" => json!("2025-12-31"),
        "assignee_id" => json!("agent_1"),
        // The others are one of a few words.
        _ => schema.pointer("/enum/0").cloned().unwrap_or_default(),
    };
    json!({
        "name": name, "in": "query", "required": false, "description": description,
        "schema": schema, "example": example,
    })
}

fn paging() -> [Value; 2] {
    [
        query(
            "page",
            "Number of the page, from 1.",
            json!({ "type": "integer", "minimum": 1, "default": 1 }),
        ),
        query(
            "limit",
            "Items per page.",
            json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 }),
        ),
    ]
}

fn success(description: &str, schema: &str, example: Value, links: Value) -> Value {
    let mut response = json!({
        "description": description,
        "headers": { "X-Request-Id": { "$ref": "#/components/headers/RequestId" } },
        "content": { "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{schema}") },
            "example": example,
        } },
    });
    if let (Some(object), Value::Object(links)) = (response.as_object_mut(), links)
        && !links.is_empty()
    {
        object.insert("links".to_owned(), Value::Object(links));
    }
    json!({ "200": response })
}

fn body(schema: &str, example: Value, form: bool) -> Value {
    let media = json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") }, "example": example });
    let mut content = Map::new();
    if form {
        content.insert("application/x-www-form-urlencoded".to_owned(), media.clone());
    }
    content.insert("application/json".to_owned(), media);
    json!({ "required": true, "content": content })
}

fn enveloped(data: Value) -> Value {
    json!({ "code": 200, "data": data })
}

fn page(item: Value) -> Value {
    enveloped(json!({ "total": 1, "page": 1, "limit": 20, "items": [item] }))
}

fn conversation() -> Value {
    json!({
        "id": "conv_000001", "user_id": "user_123", "channel": "web", "status": "active",
        "created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-01T10:05:00Z",
    })
}

fn conversation_detail() -> Value {
    let mut detail = conversation();
    if let Some(object) = detail.as_object_mut() {
        object.insert("initial_message".to_owned(), json!("Hello, I have a question about your product"));
    }
    detail
}

fn ticket(status: &str) -> Value {
    json!({
        "id": "ticket_000001", "title": "Question about a product",
        "description": "What can it do, and what does it cost?", "status": status, "priority": "medium",
        "assignee_id": null, "customer_email": "customer@example.com",
        "created_at": "2024-01-01T10:00:00Z", "updated_at": "2024-01-01T10:05:00Z",
    })
}

fn ticket_detail(status: &str, comments: Value) -> Value {
    let mut detail = ticket(status);
    if let Some(object) = detail.as_object_mut() {
        object.insert("comments".to_owned(), comments);
    }
    detail
}

fn to_conversation() -> Value {
    json!({ "GetConversation": {
        "operationId": "getConversation",
        "description": "The conversation on its own.",
        "parameters": { "conversation_id": "$response.body#/data/id" },
    } })
}

fn to_ticket() -> Value {
    json!({ "UpdateTicket": {
        "operationId": "updateTicket",
        "description": "The ticket can be updated.",
        "parameters": { "ticket_id": "$response.body#/data/id" },
    } })
}

fn token() -> Value {
    let example = json!({
        "grant_type": "client_credentials", "client_id": "your_client_id",
        "client_secret": "your_client_secret",
    });
    let answer = json!({ "access_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token_type": "Bearer", "expires_in": 3600 });
    json!({
        "operationId": "createToken", "tags": ["auth"], "summary": "Get an access token",
        "requestBody": body("TokenRequest", example, true),
        "responses": success("A token.", "Token", answer, json!({})),
    })
}

fn list_conversations() -> Value {
    let mut parameters = paging().to_vec();
    parameters.push(query(
        "status",
        "Only conversations in this state.",
        json!({ "type": "string", "enum": CONVERSATION_STATUSES }),
    ));
    for (name, what) in [
        ("start_time", "Only conversations created at this time or later."),
        ("end_time", "Only conversations created at this time or earlier; not before `start_time`."),
    ] {
        parameters.push(query(name, what, json!({ "type": "string", "format": "date-time" })));
    }
    json!({
        "operationId": "listConversations", "tags": ["conversations"], "summary": "List conversations",
        "description": "Newest first.",
        "parameters": parameters,
        "responses": success(
            "One page.", "ConversationPage", page(conversation()), json!({}),
        ),
    })
}

fn create_conversation() -> Value {
    let example = json!({
        "user_id": "user_123", "channel": "web",
        "initial_message": "Hello, I have a question about your product",
    });
    json!({
        "operationId": "createConversation", "tags": ["conversations"], "summary": "Create a conversation",
        "requestBody": body("NewConversation", example, false),
        "responses": success(
            "The new conversation.", "ConversationAnswer", enveloped(conversation_detail()),
            to_conversation(),
        ),
    })
}

fn get_conversation() -> Value {
    json!({
        "operationId": "getConversation", "tags": ["conversations"], "summary": "Get a conversation",
        "responses": success(
            "The conversation.", "ConversationAnswer", enveloped(conversation_detail()), json!({}),
        ),
    })
}

fn list_tickets() -> Value {
    let mut parameters = paging().to_vec();
    for (name, what, schema) in [
        ("status", "Only tickets in this state.", json!({ "type": "string", "enum": TICKET_STATUSES })),
        ("priority", "Only tickets of this priority.", json!({ "type": "string", "enum": PRIORITIES })),
        (
            "assignee_id",
            "Only tickets that this person handles.",
            json!({ "type": "string", "minLength": 1 }),
        ),
    ] {
        parameters.push(query(name, what, schema));
    }
    json!({
        "operationId": "listTickets", "tags": ["tickets"], "summary": "List tickets",
        "description": "Newest first.",
        "parameters": parameters,
        "responses": success("One page.", "TicketPage", page(ticket("open")), json!({})),
    })
}

fn create_ticket() -> Value {
    let example = json!({
        "title": "Question about a product", "description": "What can it do, and what does it cost?",
        "priority": "medium", "customer_email": "customer@example.com",
    });
    json!({
        "operationId": "createTicket", "tags": ["tickets"], "summary": "Create a ticket",
        "requestBody": body("NewTicket", example, false),
        "responses": success(
            "The new ticket.", "TicketAnswer", enveloped(ticket_detail("open", json!([]))),
            to_ticket(),
        ),
    })
}

fn update_ticket() -> Value {
    let comment = json!([{ "content": "Solved", "created_at": "2024-01-01T10:05:00Z" }]);
    json!({
        "operationId": "updateTicket", "tags": ["tickets"], "summary": "Update the state of a ticket",
        "requestBody": body("TicketUpdate", json!({ "status": "resolved", "comment": "Solved" }), false),
        "responses": success(
            "The changed ticket.", "TicketAnswer", enveloped(ticket_detail("resolved", comment)), json!({}),
        ),
    })
}

fn statistics() -> Value {
    let date = || json!({ "type": "string", "format": "date" });
    let one_of = |names: [&str; 3]| json!({ "type": "string", "enum": names });
    json!({
        "operationId": "getStatistics", "tags": ["statistics"], "summary": "Get statistics",
        "parameters": [
            query("type", "What the trends count; everything without it.",
                one_of(["conversation", "ticket", "satisfaction"])),
            query("start_date", "First day (UTC).", date()),
            query("end_date", "Last day (UTC); not before `start_date`.", date()),
            query("group_by", "Length of the periods; by day without it. Weeks begin on Monday.",
                one_of(["day", "week", "month"])),
        ],
        "responses": success("The statistics.", "StatisticsAnswer", enveloped(json!({
            "total_conversations": 1000, "total_tickets": 200, "avg_response_time": 120,
            "satisfaction_rate": 0.85,
            "trends": [{ "date": "2024-01-01", "conversations": 50, "tickets": 10 }],
        })), json!({})),
    })
}
