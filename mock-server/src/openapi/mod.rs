//! The OpenAPI document of the API, put together from the list of routes.
//!
//! `docs/openapi.json` is the same document, checked in; a test keeps both equal. It describes the service
//! in its default options and nothing of the control plane.

mod operations;
mod schemas;

use std::sync::OnceLock;

use axum::body::Body;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Map, Value, json};

use crate::api::routes::ROUTES;
use crate::keys::Scope;

/// The document as JSON.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = paths.entry(route.template).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), operations::describe(route));
            if let Some((_, name)) = route.template.split_once('{') {
                let name = name.trim_end_matches('}');
                path.insert("parameters".to_owned(), json!([operations::path_parameter(name)]));
            }
        }
    }
    let scopes: Map<String, Value> =
        Scope::ALL.iter().map(|scope| (scope.as_str().to_owned(), json!(purpose(*scope)))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Zhifuyun API",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Conversations, tickets and statistics of the Zhifuyun customer service platform.",
            "description": "Every answer is JSON in an envelope: `code` and `data`, or `code`, `message` and, \
                for invalid parameters, `errors` field by field. The token endpoint answers without envelope.",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
        },
        "servers": [
            { "url": "https://api.zhifuyun.com", "description": "The service" },
            { "url": "http://127.0.0.1:8787", "description": "The mock server on its default port" },
        ],
        "tags": [
            { "name": "auth", "description": "Access tokens" },
            { "name": "conversations", "description": "Conversations with customers" },
            { "name": "tickets", "description": "Tickets" },
            { "name": "statistics", "description": "Counts over time" },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": { "oauth": {
                "type": "oauth2",
                "description": "Client credentials; a token lasts one hour.",
                "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": scopes } },
            } },
            "schemas": schemas::all(),
            "responses": schemas::error_responses(),
            "headers": { "RequestId": {
                "description": "Names this answer in logs and support requests.",
                "required": true,
                "schema": { "type": "string" },
                "example": "req_5f0c2a91be77_000001",
            } },
        },
    })
}

fn purpose(scope: Scope) -> &'static str {
    match scope {
        Scope::ConversationsRead => "List and get conversations",
        Scope::ConversationsWrite => "Create conversations",
        Scope::TicketsRead => "List tickets",
        Scope::TicketsWrite => "Create and update tickets",
        Scope::StatisticsRead => "Get statistics",
    }
}

/// The document as it is served and checked in.
pub fn text() -> Bytes {
    static TEXT: OnceLock<Bytes> = OnceLock::new();
    let make = || Bytes::from(format!("{:#}\n", document()));
    TEXT.get_or_init(make).clone()
}

/// Answers `/openapi.json`.
pub(crate) fn answer(method: &Method) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let mut response = Response::new(Body::from(text()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
