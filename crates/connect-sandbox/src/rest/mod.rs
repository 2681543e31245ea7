//! The products' REST resources, strict about who asks and honest about what they are not.
//!
//! Every call is authenticated first, then held against the app's scopes, then answered. What the
//! sandbox does not know answers 501 and says so: an invented answer would be worse than none.

mod attachments;
mod auth;
mod caller;
mod contents;
mod explain;
mod hooks;
mod issues;
mod lists;
mod notes;
mod own;
mod permissions;
mod resources;
pub(crate) mod ticket;
mod v2;

use std::time::Instant;

use axum::{
    Json, Router,
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use connect_core::Product;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use crate::{
    descriptor::Scope,
    event::{Refusal, RestCall, SandboxEvent},
    server::OnSite,
    urls,
    webhooks::{self, Change},
};

pub(crate) use attachments::media;
pub(crate) use caller::{Caller, Gate};
pub(crate) use explain::unproved_claims;
pub(crate) use own::Kept;

/// The same resources through Atlassian's gateway, where only bearer tokens open them.
pub(crate) fn gateway(on: OnSite, path: &str) -> Router {
    // Through the gateway the context path of Confluence is a part of the path.
    let context = match on.site.product {
        Product::Confluence => "/wiki",
        _ => "",
    };
    let base = format!("{path}{context}");
    let below = format!("{context}/rest/{{*path}}");
    let version_2 = format!("{context}/api/v2/{{*path}}");
    let handle = move |State(on): State<OnSite>, uri, method, headers, body| async move {
        handle(on, &base, Gate::Bearer, uri, method, headers, body).await
    };
    let mut router = Router::new().route(&below, any(handle.clone()));
    if on.site.product == Product::Confluence {
        router = router.route(&version_2, any(handle));
    }
    router.with_state(on)
}

/// The routes below a site's `/rest`, the plugin manager's aside, and below `/api/v2` where there
/// is that.
pub(crate) fn router(on: OnSite) -> Router {
    let mut router = Router::new().route("/rest/{*path}", any(at_site));
    if on.site.product == Product::Confluence {
        router = router.route("/api/v2/{*path}", any(at_site));
    }
    router.with_state(on)
}

/// One authenticated call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) on: &'a OnSite,
    pub(crate) caller: Caller,
    pub(crate) method: Method,
    /// The first segment of the path below the site: `rest` or `api`.
    pub(crate) root: &'static str,
    /// The decoded segments after it.
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Bytes,
}

/// What a resource answers.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// Where else it is.
    pub(crate) location: Option<String>,
    /// Where the next page of a list is.
    pub(crate) next: Option<String>,
    /// For the log only, never for the caller.
    pub(crate) refusal: Option<Refusal>,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self {
            body,
            ..Self::status(StatusCode::OK)
        }
    }

    pub(crate) fn status(status: StatusCode) -> Self {
        Self {
            status,
            body: Value::Null,
            location: None,
            next: None,
            refusal: None,
        }
    }

    pub(crate) fn refused(status: StatusCode, body: Value, refusal: Refusal) -> Self {
        Self {
            body,
            refusal: Some(refusal),
            ..Self::status(status)
        }
    }
}

impl Call<'_> {
    /// The first value of a query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Tells the apps of a change that the call made.
    pub(crate) fn changed(&self, change: Change) {
        webhooks::announce(self.on, change);
    }

    /// The path below the site.
    pub(crate) fn path(&self) -> String {
        let segments = self.segments.iter().map(|text| urls::percent_encode(text));
        format!("{}/{}", self.root, segments.collect::<Vec<_>>().join("/"))
    }

    /// The body, if it is JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

async fn at_site(
    State(on): State<OnSite>,
    uri: OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let base = on.site.base_url.path().to_owned();
    handle(on, &base, Gate::Site, uri, method, headers, body).await
}

async fn handle(
    on: OnSite,
    base: &str,
    gate: Gate,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let started = Instant::now();
    let target = uri
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let mut call = RestCall {
        site: on.site.base_url.to_string(),
        app: None,
        user: None,
        method: method.to_string(),
        path: uri.path().to_owned(),
        status: 0,
        ms: 0,
        refusal: None,
    };
    let reply = reply(
        &on,
        &mut call,
        (base, gate),
        &method,
        target,
        &headers,
        body,
    );
    if method != Method::GET && reply.status.is_success() {
        on.site.saver.changed();
    }
    call.status = reply.status.as_u16();
    call.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    call.refusal = reply.refusal;
    on.shared.journal.record(SandboxEvent::RestCall(call));
    let mut response = if reply.body.is_null() {
        reply.status.into_response()
    } else {
        (reply.status, Json(reply.body)).into_response()
    };
    let next = reply.next.map(|next| format!("<{next}>; rel=\"next\""));
    for (name, value) in [(header::LOCATION, reply.location), (header::LINK, next)] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn reply(
    on: &OnSite,
    log: &mut RestCall,
    (base, gate): (&str, Gate),
    method: &Method,
    target: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Reply {
    let path = log.path.strip_prefix(base).unwrap_or(&log.path);
    let caller = match auth::authenticate(on, gate, method, target, headers) {
        Ok(caller) => caller,
        // What the product shows to visitors, it shows without a token.
        Err(_)
            if gate == Gate::Site
                && !headers.contains_key(header::AUTHORIZATION)
                && !target.contains("jwt=")
                && resources::is_public(on.site.product, method, path) =>
        {
            Caller::Anonymous
        }
        Err(refusal) => return unauthorized(*refusal),
    };
    log.app = caller.app_name();
    log.user = caller.account_id();
    let path = path.to_owned();
    let path = path.as_str();
    let Some((root, segments)) = segments(path) else {
        let refusal = refusal(
            "rest/improper-path",
            "the path is not in its normal form",
            "write it without `.`, `..`, `//` and broken escapes",
        );
        return Reply::refused(
            StatusCode::BAD_REQUEST,
            json!({ "message": "The request URI is improperly formed" }),
            refusal,
        );
    };
    if let Some(missing) = missing_scope(&caller, method, &segments) {
        let refusal = refusal(
            "rest/scope",
            &format!(
                "{method} needs the scope {}, which the app's descriptor does not ask for",
                missing.as_str()
            ),
            &format!(
                "add \"{}\" to `scopes` in the descriptor and register again",
                missing.as_str()
            ),
        );
        return Reply::refused(
            StatusCode::FORBIDDEN,
            json!({ "message": "Request not in an authorized API scope" }),
            refusal,
        );
    }
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let call = Call {
        on,
        caller,
        method: method.clone(),
        root,
        segments,
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers,
        body,
    };
    resources::answer(&call).unwrap_or_else(|| unknown(&call))
}

/// A host says little here; the reason is in the log of the sandbox.
fn unauthorized(refusal: Refusal) -> Reply {
    let body = json!({ "message": "Client must be authenticated to access this resource.", "status-code": 401 });
    Reply::refused(StatusCode::UNAUTHORIZED, body, refusal)
}

fn unknown(call: &Call<'_>) -> Reply {
    let message = format!(
        "the sandbox does not have {} /{}/{}",
        call.method,
        call.root,
        call.segments.join("/")
    );
    let refusal = refusal(
        "rest/not-implemented",
        &message,
        "try it on a real site, or open an issue that names the resource",
    );
    let body = json!({ "message": message, "hint": "this says nothing about the real product: try it on a site" });
    Reply::refused(StatusCode::NOT_IMPLEMENTED, body, refusal)
}

/// The first segment of a path, and the others decoded; nothing for a path that is not in its
/// normal form.
fn segments(path: &str) -> Option<(&'static str, Vec<String>)> {
    let under = |root: &'static str| {
        let below = path.strip_prefix('/')?.strip_prefix(root)?;
        Some((root, below.strip_prefix('/')?))
    };
    let (root, below) = under("rest").or_else(|| under("api"))?;
    let segments = below.trim_end_matches('/').split('/');
    let decode = |segment: &str| {
        let text = urls::percent_decode(segment)?;
        let plain = !matches!(text.as_str(), "" | "." | "..") && !text.contains(['/', '\\', '\0']);
        plain.then_some(text)
    };
    let segments: Option<Vec<String>> = segments.map(decode).collect();
    Some((root, segments?))
}

fn missing_scope(caller: &Caller, method: &Method, segments: &[String]) -> Option<Scope> {
    let app = caller.app()?;
    // An app may always look after itself.
    if segments
        .first()
        .is_some_and(|first| first == "atlassian-connect")
    {
        return None;
    }
    let reads = matches!(
        segments.last().map(String::as_str),
        Some("check" | "search" | "jql")
    );
    let needed = match *method {
        Method::DELETE => Scope::Delete,
        Method::GET | Method::HEAD | Method::OPTIONS => Scope::Read,
        Method::POST if reads => Scope::Read,
        _ => Scope::Write,
    };
    let scopes = match caller {
        Caller::AsUser {
            scopes: Some(scopes),
            ..
        } => scopes,
        _ => &app.descriptor.scopes,
    };
    let granted = scopes.iter().any(|scope| scope.implies(needed));
    (!granted).then_some(needed)
}

fn jira_error(status: StatusCode, message: &str, hint: &str) -> Reply {
    Reply::refused(
        status,
        json!({ "errorMessages": [message], "errors": {} }),
        refusal("rest/request", message, hint),
    )
}

pub(crate) fn refusal(code: &'static str, reason: &str, hint: &str) -> Refusal {
    Refusal {
        code,
        reason: reason.to_owned(),
        expected: None,
        received: None,
        hint: Some(hint.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_normal_paths_have_segments() {
        assert_eq!(
            segments("/rest/api/3/issue/A%20B").unwrap().1,
            ["api", "3", "issue", "A B"]
        );
        assert_eq!(segments("/rest/api/").unwrap().1, ["api"]);
        assert_eq!(segments("/api/v2/pages").unwrap().0, "api");
        for path in [
            "/rest/api/../x",
            "/rest//api",
            "/rest/a%2Fb",
            "/rest/%2e%2e/x",
            "/rest/%zz",
            "/other",
            "/restless/api",
        ] {
            assert_eq!(segments(path), None, "{path}");
        }
    }
}
