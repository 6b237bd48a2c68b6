//! The routes of the API: one list for dispatch, for the OpenAPI document and for its test.

use http::Method;

use crate::keys::Scope;

/// What a route does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreateToken,
    ListConversations,
    CreateConversation,
    GetConversation,
    ListTickets,
    CreateTicket,
    UpdateTicket,
    GetStatistics,
}

/// One operation of the API.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) template: &'static str,
    pub(crate) operation: Operation,
    /// What a key must be allowed; `None` needs no token at all.
    pub(crate) scope: Option<Scope>,
}

const fn route(method: Method, template: &'static str, operation: Operation, scope: Option<Scope>) -> Route {
    Route { method, template, operation, scope }
}

/// Every route.
pub(crate) const ROUTES: &[Route] = &[
    route(Method::POST, "/oauth/token", Operation::CreateToken, None),
    route(Method::GET, "/v1/conversations", Operation::ListConversations, Some(Scope::ConversationsRead)),
    route(Method::POST, "/v1/conversations", Operation::CreateConversation, Some(Scope::ConversationsWrite)),
    route(
        Method::GET,
        "/v1/conversations/{conversation_id}",
        Operation::GetConversation,
        Some(Scope::ConversationsRead),
    ),
    route(Method::GET, "/v1/tickets", Operation::ListTickets, Some(Scope::TicketsRead)),
    route(Method::POST, "/v1/tickets", Operation::CreateTicket, Some(Scope::TicketsWrite)),
    route(Method::PATCH, "/v1/tickets/{ticket_id}", Operation::UpdateTicket, Some(Scope::TicketsWrite)),
    route(Method::GET, "/v1/statistics", Operation::GetStatistics, Some(Scope::StatisticsRead)),
];

/// Where a request belongs.
#[derive(Debug)]
pub(crate) enum Found {
    /// A route, and the value of its path parameter (empty if it has none).
    Route(&'static Route, String),
    /// A path of the API that does not take this method.
    WrongMethod { template: &'static str, allow: String },
    /// Nothing of the API.
    Nothing,
}

impl Found {
    pub(crate) fn template(&self) -> Option<&'static str> {
        match self {
            Self::Route(route, _) => Some(route.template),
            Self::WrongMethod { template, .. } => Some(template),
            Self::Nothing => None,
        }
    }
}

/// Finds the route of a request. Whoever takes GET takes HEAD, and the connection leaves the body out (RFC 9110,
/// 9.3.2).
pub(crate) fn find(method: &Method, path: &str) -> Found {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let mut allow: Vec<&str> = Vec::new();
    let mut template = "";
    for route in ROUTES {
        let Some(parameter) = matches(route.template, path) else { continue };
        if route.method == *method {
            return Found::Route(route, parameter);
        }
        allow.push(if route.method == Method::GET { "GET, HEAD" } else { route.method.as_str() });
        template = route.template;
    }
    if allow.is_empty() { Found::Nothing } else { Found::WrongMethod { template, allow: allow.join(", ") } }
}

/// The decoded parameter of `path` if it fits the template; empty if the template has none.
fn matches(template: &str, path: &str) -> Option<String> {
    let Some((prefix, _)) = template.split_once('{') else {
        return (template == path).then(String::new);
    };
    let segment = path.strip_prefix(prefix)?;
    if segment.is_empty() || segment.contains('/') {
        return None;
    }
    Some(percent_decoded(segment))
}

/// Undoes percent-encoding; what is not valid stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let pair = (byte == b'%').then(|| Some((hex(ahead.next()?)?, hex(ahead.next()?)?))).flatten();
        match pair {
            Some((high, low)) => {
                out.push(high * 16 + low);
                bytes = ahead;
            }
            None => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_find_their_route() {
        let Found::Route(route, id) = find(&Method::GET, "/v1/conversations/conv%5F1%2F%zz") else {
            panic!()
        };
        assert_eq!((route.operation, id.as_str()), (Operation::GetConversation, "conv_1/%zz"));
        let Found::WrongMethod { allow, .. } = find(&Method::DELETE, "/v1/conversations") else { panic!() };
        assert_eq!(allow, "GET, HEAD, POST");
        for nothing in ["/", "/v1/conversations/", "/v1/conversations/a/b", "/v1", "/V1/tickets"] {
            assert!(matches!(find(&Method::GET, nothing), Found::Nothing), "{nothing}");
        }
    }
}
