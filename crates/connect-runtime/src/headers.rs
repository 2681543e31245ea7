//! The headers of every response, and the body of a refusal.

use axum::{body::Body, response::Response};
use connect_core::{BaseUrl, redact::redact};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{app::ConnectApp, extract::Visitor, rejection::Refused};

/// Sets a header from a text; leaves it out when the text cannot be one.
pub(crate) fn set(headers: &mut HeaderMap, name: impl http::header::IntoHeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Whether a body is of this media type, its parameters left aside (RFC 9110 section 8.3).
pub(crate) fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case(media_type)
}

/// Safe by default; a handler that has set a header itself keeps it.
///
/// The set is what Atlassian's security requirements 3.0, 7.2 and 7.3 for cloud apps ask for.
pub(crate) fn secure(app: &ConnectApp, response: &mut Response, visitor: &Visitor) {
    let cacheable = !app.config().is_development();
    let failed = !response.status().is_success() && !response.status().is_redirection();
    let headers = response.headers_mut();
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let policy = frame_ancestors(app, visitor);
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let mut default = |name: HeaderName, value: HeaderValue| {
        if let Ok(entry) = headers.try_entry(name) {
            entry.or_insert(value);
        }
    };
    default(header::STRICT_TRANSPORT_SECURITY, HSTS);
    default(header::REFERRER_POLICY, SAME_ORIGIN);
    default(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    match visitor {
        _ if failed => default(header::CACHE_CONTROL, NO_STORE),
        Visitor::Anybody => {}
        // The descriptor promised the host that the page may be kept.
        Visitor::Cache if cacheable => default(header::CACHE_CONTROL, KEEP_AN_HOUR),
        Visitor::Cache => default(header::CACHE_CONTROL, NO_CACHE),
        Visitor::Remote | Visitor::Tenant(_) => default(header::CACHE_CONTROL, NO_STORE),
    }
}

/// Logs a refusal with its reason and gives it a body without one.
pub(crate) fn explain(
    app: &ConnectApp,
    response: &mut Response,
    id: &str,
    line: &str,
    accept: Option<&HeaderValue>,
) {
    let Some(Refused {
        public,
        code,
        reason,
    }) = response.extensions_mut().remove::<Refused>()
    else {
        return;
    };
    // SECURITY: a URL that was encoded once too often has its query, and the token, in its path.
    // Test: canary, no_secret_leaves.
    let line = redact(line);
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
            error_view(app, class).unwrap_or_else(|| {
                format!(
                    "<!doctype html><meta charset=\"utf-8\"><title>{class}</title>\
                 <p>This page cannot be shown: {class}.</p><p><small>request {id}</small></p>"
                )
            }),
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

/// The app's own view of a refusal (`errorTemplate` of config.json), with ACE's `message` in it.
#[cfg(feature = "views")]
fn error_view(app: &ConnectApp, class: &str) -> Option<String> {
    let view = app.config().error_view.as_ref()?;
    let values = serde_json::Value::Object(view.values.clone());
    let message = serde_json::json!({ "message": class });
    let html = app.inner().views.render(&view.name, &message, &values);
    html.inspect_err(|error| tracing::error!(%error, "the error view fails"))
        .ok()
        .map(|html| html.0)
}

#[cfg(not(feature = "views"))]
fn error_view(_: &ConnectApp, _: &str) -> Option<String> {
    None
}

/// Who may show the page in a frame: the tenant's own addresses, or any site of Atlassian's when
/// the page is for nobody in particular.
fn frame_ancestors(app: &ConnectApp, visitor: &Visitor) -> HeaderValue {
    let Visitor::Tenant(tenant) = visitor else {
        return if app.config().is_development() {
            ANY_SITE_OR_LOCAL
        } else {
            ANY_SITE
        };
    };
    let site = tenant.base_url.origin();
    // Of that very length, which a header takes over as it is.
    let mut policy = ["frame-ancestors 'self' ", site].concat();
    // A site has one address for its REST resources and may have others that people see.
    for name in ["displayUrl", "displayUrlServicedeskHelpCenter"] {
        let text = tenant.details.get(name).and_then(|value| value.as_str());
        // Most often it is the same address, which is not worth parsing.
        if let Some(text) = text.filter(|text| *text != site)
            && let Ok(url) = BaseUrl::parse(text)
            && !policy.split(' ').any(|known| known == url.origin())
        {
            policy.push(' ');
            policy.push_str(url.origin());
        }
    }
    // A base URL holds nothing that a header cannot; without it only the app may frame the page.
    HeaderValue::try_from(policy).unwrap_or(ONLY_SELF)
}

// Constants, because a value that is made from a text is checked byte by byte each time.
const ANY_SITE: HeaderValue =
    HeaderValue::from_static("frame-ancestors 'self' https://*.atlassian.net https://*.jira.com");
const ANY_SITE_OR_LOCAL: HeaderValue = HeaderValue::from_static(
    "frame-ancestors 'self' https://*.atlassian.net https://*.jira.com \
     http://127.0.0.1:* http://localhost:*",
);
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");
const KEEP_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-cache, no-store");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const ONLY_SELF: HeaderValue = HeaderValue::from_static("frame-ancestors 'self'");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
