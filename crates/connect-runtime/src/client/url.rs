//! Where a call goes.

use connect_core::BaseUrl;
use url::Url;

/// The URL of a path below a base URL; nothing when it would leave that.
pub(super) fn resolve(base: &BaseUrl, path: &str, query: &[(String, String)]) -> Option<Url> {
    let text = if path.contains("://") {
        path.to_owned()
    } else {
        let path = path.trim_start_matches('/');
        // A path that already has the context path, such as a `next` link, does not get it twice.
        let context = base.path().trim_start_matches('/');
        let below = path.strip_prefix(context);
        match below {
            Some(rest) if !context.is_empty() && rest.starts_with('/') => {
                format!("{}/{path}", base.origin())
            }
            _ => format!("{base}/{path}"),
        }
    };
    let url = parse(&text, query)?;
    // SECURITY: the token must not leave for another host, nor for another application of this one.
    // Test: nothing_is_sent_elsewhere.
    let is_below = url
        .path()
        .strip_prefix(base.path())
        .is_some_and(|rest| rest.starts_with('/'));
    (url.origin().ascii_serialization() == base.origin() && is_below).then_some(url)
}

/// A URL of another host: https, or this machine.
pub(super) fn foreign(text: &str, query: &[(String, String)]) -> Option<Url> {
    let url = parse(text, query)?;
    let origin = BaseUrl::parse(&url.origin().ascii_serialization()).ok()?;
    (origin.is_https() || origin.is_loopback()).then_some(url)
}

/// Without user, password and fragment, and with these parameters behind those it has.
fn parse(text: &str, query: &[(String, String)]) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    url.set_fragment(None);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Some(url)
}
