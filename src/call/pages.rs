//! Where the next page of a list is, by what the products say of it.
//!
//! Jira counts (`startAt`, `total`, `isLast`) or hands out a `nextPageToken`; Confluence links
//! (`_links.next`, or a `Link` field of the header).

use connect_core::BaseUrl;
use serde_json::{Map, Value};
use url::Url;

use crate::http::Answer;

/// Path and query of the next page, below the site; none if this was the last one.
///
/// # Errors
/// When the host leads elsewhere, or would lead in circles.
pub(super) fn next(
    site: &BaseUrl,
    url: &Url,
    answer: &Answer,
) -> Result<Option<String>, &'static str> {
    let page: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let by_body = match &page {
        Value::Object(page) => by_body(site, url, page)?,
        _ => None,
    };
    let found = match by_body {
        None => linked(answer).map(|link| joined(site, link)).transpose()?,
        found => found,
    };
    let Some(found) = found else {
        return Ok(None);
    };
    if found == *url {
        return Err("the host calls a page its own next page");
    }
    // The token is for this site: nothing leads away from it.
    let below = found.as_str().strip_prefix(site.as_str());
    let below = below.filter(|below| below.starts_with('/'));
    below
        .map(|below| Some(below.to_owned()))
        .ok_or("the next page is on another site")
}

fn by_body(
    site: &BaseUrl,
    url: &Url,
    page: &Map<String, Value>,
) -> Result<Option<Url>, &'static str> {
    let is_last = page.get("isLast") == Some(&Value::Bool(true));
    if let Some(link) = page.get("_links").and_then(|links| links["next"].as_str()) {
        return joined(site, link).map(Some);
    }
    if is_last {
        return Ok(None);
    }
    if let Some(token) = page.get("nextPageToken").and_then(Value::as_str) {
        return Ok((!token.is_empty()).then(|| with(url, "nextPageToken", token)));
    }
    let Some(start) = page.get("startAt").and_then(Value::as_u64) else {
        return Ok(None);
    };
    let asked = url.query_pairs().find(|(name, _)| name == "startAt");
    let asked = asked.and_then(|(_, value)| value.parse().ok());
    if asked.is_some_and(|asked: u64| asked != start) {
        return Err("the host answers another page than the one that was asked for");
    }
    let length = list(page).map_or(0, Vec::len) as u64;
    let after = start.saturating_add(length);
    let total = page.get("total").and_then(Value::as_u64);
    if length == 0 || total.is_some_and(|total| after >= total) {
        return Ok(None);
    }
    Ok(Some(with(url, "startAt", &after.to_string())))
}

/// The list of a page that is counted: `values` in most, else the only list that there is.
fn list(page: &Map<String, Value>) -> Option<&Vec<Value>> {
    let named = ["values", "issues"].iter().find_map(|name| page.get(*name));
    let named = named.and_then(Value::as_array);
    named.or_else(|| {
        let mut lists = page.values().filter_map(Value::as_array);
        lists.next().filter(|_| lists.next().is_none())
    })
}

/// A link that is relative to the site's address or to its origin, or that is whole.
fn joined(site: &BaseUrl, link: &str) -> Result<Url, &'static str> {
    let whole = if link.starts_with("https://") || link.starts_with("http://") {
        link.to_owned()
    } else if !link.starts_with('/') || link.starts_with("//") {
        return Err("the link to the next page cannot be read");
    } else if link.starts_with(&format!("{}/", site.path())) {
        format!("{}{link}", site.origin())
    } else {
        format!("{site}{link}")
    };
    Url::parse(&whole).map_err(|_| "the link to the next page cannot be read")
}

/// The link with the relation `next` (RFC 8288).
fn linked(answer: &Answer) -> Option<&str> {
    let fields = answer.headers.get_all("link").iter();
    let links = fields.filter_map(|field| field.to_str().ok());
    let mut links = links.flat_map(|field| field.split(','));
    links.find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |parameter: &str| matches!(parameter.trim(), "rel=\"next\"" | "rel=next");
        parameters.split(';').any(is_next).then_some(target)
    })
}

/// The address with another value of a parameter.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(known, _)| known != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let mut next = url.clone();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair(name, value);
    next
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    /// The target of the next page, for a site with a context path.
    fn check(target: &str, page: &Value, link: &str) -> Result<Option<String>, &'static str> {
        let site = BaseUrl::parse("https://a.example/wiki").unwrap();
        let url = Url::parse(&format!("{site}{target}")).unwrap();
        let mut headers = HeaderMap::new();
        if !link.is_empty() {
            headers.insert("link", link.parse().unwrap());
        }
        let answer = Answer {
            status: StatusCode::OK,
            headers,
            body: page.to_string().into_bytes(),
        };
        next(&site, &url, &answer)
    }

    fn leads(target: &str, page: Value) -> Option<String> {
        check(target, &page, "").unwrap()
    }

    #[test]
    fn jira_counts_or_hands_out_a_token() {
        let some = |text: &str| Some(text.to_owned());
        let page = json!({"startAt": 0, "total": 3, "values": [1, 2]});
        assert_eq!(leads("/x?a=1", page.clone()), some("/x?a=1&startAt=2"));
        let page = json!({"startAt": 2, "total": 3, "values": [3]});
        assert_eq!(leads("/x?a=1&startAt=2", page), None);
        let page = json!({"startAt": 0, "isLast": true, "values": [1]});
        assert_eq!(leads("/x", page), None);
        let page = json!({"startAt": 0, "values": []});
        assert_eq!(leads("/x", page), None);
        let page = json!({"startAt": 0, "maxResults": 1, "total": 2, "comments": [1]});
        assert_eq!(leads("/x", page), some("/x?startAt=1"));
        let page = json!({"nextPageToken": "a b", "issues": [1]});
        assert_eq!(
            leads("/x?nextPageToken=o", page),
            some("/x?nextPageToken=a+b")
        );
        let page = json!({"isLast": true, "nextPageToken": "a", "issues": [1]});
        assert_eq!(leads("/x", page), None);
        assert_eq!(leads("/x", json!([1, 2])), None);
    }

    #[test]
    fn confluence_links() {
        let some = |text: &str| Some(text.to_owned());
        let old = json!({"_links": {"next": "/rest/api/content?cursor=x", "context": "/wiki"}});
        assert_eq!(
            leads("/rest/api/content", old),
            some("/rest/api/content?cursor=x")
        );
        let new = json!({"_links": {"next": "/wiki/api/v2/pages?cursor=x"}});
        assert_eq!(leads("/api/v2/pages", new), some("/api/v2/pages?cursor=x"));
        let header = "</wiki/api/v2/pages?cursor=y>; rel=\"next\", </wiki>; rel=\"base\"";
        let found = check("/api/v2/pages", &json!({}), header);
        assert_eq!(found, Ok(some("/api/v2/pages?cursor=y")));
    }

    #[test]
    fn nothing_leads_away_or_in_circles() {
        for link in [
            "https://evil.example/wiki/x",
            "https://a.example.evil.example/wiki/x",
            "https://a.example/wikipedia",
            "//evil.example/wiki/x",
            "x",
        ] {
            let page = json!({"_links": {"next": link}});
            assert!(check("/x", &page, "").is_err(), "{link}");
        }
        let page = json!({"_links": {"next": "/x?a=1"}});
        assert!(check("/x?a=1", &page, "").is_err());
        let page = json!({"startAt": 0, "total": 9, "values": [1]});
        assert!(check("/x?startAt=5", &page, "").is_err());
    }
}
