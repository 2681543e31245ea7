//! Finds out what an app hashed when it was not what the host hashed.
//!
//! A token holds a hash, not the text. But apps go wrong in few ways, so we hash what they may have
//! hashed and see which one it is.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use connect_core::qsh::Qsh;
use serde_json::Value;

use crate::{event::Refusal, urls};

/// What a token says, before anything is proved.
pub(crate) fn unproved_claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Explains a hash that does not fit; `expected` is the canonical request of the host.
pub(crate) fn qsh_mismatch(
    claimed: &str,
    expected: &str,
    base_path: &str,
    target: &str,
) -> Refusal {
    let guess = guesses(expected, base_path, target)
        .into_iter()
        .find(|guess| is_hash_of(claimed, &guess.canonical));
    let (received, reason, hint) = match guess {
        Some(guess) => (Some(guess.canonical), guess.reason, guess.hint),
        None if claimed.is_empty() => (
            None,
            "the token has no query string hash".to_owned(),
            "set `qsh` to the SHA-256 of the canonical request".to_owned(),
        ),
        None => (
            None,
            "the token was made for another request".to_owned(),
            "hash the method, the path below the base URL, and the sorted query, exactly as they are sent".to_owned(),
        ),
    };
    Refusal {
        code: "auth/qsh-mismatch",
        reason,
        expected: Some(expected.to_owned()),
        received,
        hint: Some(hint),
    }
}

struct Guess {
    canonical: String,
    reason: String,
    hint: String,
}

fn is_hash_of(claimed: &str, canonical: &str) -> bool {
    claimed == Qsh::of(canonical).as_str()
}

/// What apps hash by mistake, the likeliest first. One mistake at a time, and pairs of a path and a
/// query mistake.
fn guesses(expected: &str, base_path: &str, target: &str) -> Vec<Guess> {
    let mut parts = expected.splitn(3, '&');
    let (Some(method), Some(path), Some(query)) = (parts.next(), parts.next(), parts.next()) else {
        return Vec::new();
    };
    let raw_query = target.split_once('?').map_or("", |(_, query)| query);
    let same = (String::new(), String::new());

    let mut paths = vec![(path.to_owned(), same.clone())];
    let mut add_path = |text: String, reason: &str, hint: &str| {
        if text != path {
            paths.push((text, (reason.to_owned(), hint.to_owned())));
        }
    };
    let slash = if path == "/" { "" } else { path };
    add_path(
        format!("{base_path}{slash}"),
        "the app hashed the path with the context path of the site",
        &format!("leave `{base_path}` out: the path begins below the base URL of the install call"),
    );
    add_path(
        format!("{path}/"),
        "the app hashed a trailing slash",
        "leave a trailing slash out of the hash",
    );
    if let Some(decoded) = urls::percent_decode(path) {
        add_path(
            decoded,
            "the app hashed the decoded path",
            "hash the path as it is sent, escapes included",
        );
    }
    if let Some(shorter) = path.strip_prefix("/rest") {
        add_path(
            shorter.to_owned(),
            "the app left `/rest` out of the path",
            "hash the whole path below the base URL",
        );
    }

    let mut queries = vec![(query.to_owned(), same)];
    let mut add_query = |text: String, reason: &str, hint: &str| {
        if text != query {
            queries.push((text, (reason.to_owned(), hint.to_owned())));
        }
    };
    add_query(
        String::new(),
        "the app left the query out of the hash",
        "hash the query too, sorted and encoded",
    );
    add_query(
        raw_query.to_owned(),
        "the app hashed the query as it is sent",
        "sort the parameters by name and encode them by RFC 3986",
    );
    add_query(
        query.replace("%20", "+"),
        "the app encoded blanks as `+`",
        "encode a blank as `%20` in the canonical query",
    );
    if let Some(decoded) = urls::percent_decode(query) {
        add_query(
            decoded,
            "the app hashed the decoded query",
            "encode names and values by RFC 3986",
        );
    }
    add_query(
        lower_escapes(query),
        "the app wrote escapes in lower case",
        "write escapes in upper case: `%2C`",
    );

    let mut all = Vec::new();
    for (path, (path_reason, path_hint)) in &paths {
        for (query, (query_reason, query_hint)) in &queries {
            all.push(Guess {
                canonical: format!("{method}&{path}&{query}"),
                reason: joined(path_reason, query_reason, " and "),
                hint: joined(path_hint, query_hint, "; "),
            });
        }
    }
    for other in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"] {
        if other != method {
            all.push(Guess {
                canonical: format!("{other}&{path}&{query}"),
                reason: format!("the token was made for {other}, and the request is {method}"),
                hint: "make the token for the method that is sent".to_owned(),
            });
        }
    }
    all.push(Guess {
        canonical: format!("{}&{path}&{query}", method.to_ascii_lowercase()),
        reason: "the app wrote the method in lower case".to_owned(),
        hint: "write the method in upper case".to_owned(),
    });
    all
}

fn joined(a: &str, b: &str, between: &str) -> String {
    if a.is_empty() || b.is_empty() {
        format!("{a}{b}")
    } else {
        format!("{a}{between}{b}")
    }
}

fn lower_escapes(text: &str) -> String {
    let mut left = 0_u8;
    text.chars()
        .map(|c| {
            if c == '%' {
                left = 3;
            }
            let inside = left > 0;
            left = left.saturating_sub(1);
            if inside { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hashed: &str, target: &str, expected: &str) -> Refusal {
        qsh_mismatch(Qsh::of(hashed).as_str(), expected, "/jira", target)
    }

    #[test]
    fn common_mistakes_are_named() {
        let target = "/jira/rest/api/3/user?b=2&accountId=a%20b";
        let expected = "GET&/rest/api/3/user&accountId=a%20b&b=2";
        for (hashed, word) in [
            (
                "GET&/jira/rest/api/3/user&accountId=a%20b&b=2",
                "context path",
            ),
            ("GET&/rest/api/3/user&", "left the query out"),
            ("GET&/rest/api/3/user&b=2&accountId=a%20b", "as it is sent"),
            ("GET&/rest/api/3/user&accountId=a+b&b=2", "`+`"),
            ("POST&/rest/api/3/user&accountId=a%20b&b=2", "made for POST"),
            (
                "GET&/jira/rest/api/3/user&",
                "context path of the site and the app left the query out",
            ),
        ] {
            let refusal = check(hashed, target, expected);
            assert!(
                refusal.reason.contains(word),
                "{hashed}: {}",
                refusal.reason
            );
            assert_eq!(refusal.received.as_deref(), Some(hashed));
            assert_eq!(refusal.expected.as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_cannot_be_guessed_is_not_invented() {
        let refusal = check("GET&/something/else&", "/jira/rest/x", "GET&/rest/x&");
        assert_eq!(refusal.received, None);
    }
}
