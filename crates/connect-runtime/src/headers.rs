//! The headers of every response, and the body of a refusal.

use axum::{body::Body, response::Response};
use connect_core::{BaseUrl, Tenant};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{app::ConnectApp, extract::Visitor, rejection::Refused};

/// Sets a header from a text; leaves it out when the text cannot be one.
pub(crate) fn set(headers: &mut HeaderMap, name: impl http::header::IntoHeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Safe by default; a handler that has set a header itself keeps it.
///
/// The set is what Atlassian's security requirements 3.0, 7.2 and 7.3 for cloud apps ask for.
pub(crate) fn secure(app: &ConnectApp, response: &mut Response, visitor: &Visitor) {
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &str| {
        if !headers.contains_key(&name) {
            set(headers, name, value);
        }
    };
    default(
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=31536000; includeSubDomains",
    );
    default(header::REFERRER_POLICY, "same-origin");
    default(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(
        header::CONTENT_SECURITY_POLICY,
        &frame_ancestors(app, visitor),
    );
    if let Visitor::Tenant(_) = visitor {
        default(header::CACHE_CONTROL, "no-cache, no-store");
    }
}

/// Logs a refusal with its reason and gives it a body without one.
pub(crate) fn explain(response: &mut Response, id: &str, line: &str, accept: Option<&HeaderValue>) {
    let Some(Refused {
        public,
        code,
        reason,
    }) = response.extensions_mut().remove::<Refused>()
    else {
        return;
    };
    if public.status.is_server_error() {
        tracing::error!(
            request = id,
            status = public.status.as_u16(),
            code,
            reason,
            "{line}"
        );
    } else {
        tracing::info!(
            request = id,
            status = public.status.as_u16(),
            code,
            reason,
            "{line}"
        );
    }
    let class = public.class;
    let accept = accept.and_then(|value| value.to_str().ok()).unwrap_or("");
    let (kind, body) = if accept.contains("text/html") {
        (
            "text/html; charset=utf-8",
            format!(
                "<!doctype html><meta charset=\"utf-8\"><title>{class}</title>\
                 <p>This page cannot be shown: {class}.</p><p><small>request {id}</small></p>"
            ),
        )
    } else if accept.contains("text/plain") {
        (
            "text/plain; charset=utf-8",
            format!("{class} (request {id})\n"),
        )
    } else {
        (
            "application/json",
            format!("{{\"error\":\"{class}\",\"requestId\":\"{id}\"}}"),
        )
    };
    let headers = response.headers_mut();
    set(headers, header::CONTENT_TYPE, kind);
    set(headers, header::CACHE_CONTROL, "no-cache, no-store");
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(body);
}

/// Who may show the page in a frame: the tenant's own addresses, or any site of Atlassian's when
/// the page is for nobody in particular.
fn frame_ancestors(app: &ConnectApp, visitor: &Visitor) -> String {
    let mut policy = String::from("frame-ancestors 'self'");
    match visitor {
        Visitor::Anybody => {
            policy.push_str(" https://*.atlassian.net https://*.jira.com");
            if app.config().is_development() {
                policy.push_str(" http://127.0.0.1:* http://localhost:*");
            }
        }
        Visitor::Tenant(tenant) => {
            for origin in origins(tenant) {
                policy.push(' ');
                policy.push_str(&origin);
            }
        }
    }
    policy
}

/// A site has one address for its REST resources and may have others that people see.
fn origins(tenant: &Tenant) -> Vec<String> {
    let mut all = vec![tenant.base_url.origin().to_owned()];
    for name in ["displayUrl", "displayUrlServicedeskHelpCenter"] {
        let text = tenant.details.get(name).and_then(|value| value.as_str());
        if let Some(url) = text.and_then(|text| BaseUrl::parse(text).ok())
            && !all.iter().any(|known| known == url.origin())
        {
            all.push(url.origin().to_owned());
        }
    }
    all
}
