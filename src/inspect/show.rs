//! Requests as people read them, as a command of curl, and as an HTTP archive.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::inspect::Entry;
use crate::inspect::auth::{Auth, Verdict};
use crate::proxy::Raw;
use crate::ui::timestamp;

/// One line: `12:04:40 GET    /hello   200   2 ms   HS256 ok   user ada   #2`.
pub(crate) fn line(entry: &Entry) -> String {
    let time = entry.at.get(11..19).unwrap_or_default();
    let mut line = format!(
        "{time} {:<6} {:<30} {}   {} ms",
        entry.method,
        entry.path(),
        entry.status,
        entry.ms
    );
    for part in [entry.auth.word(), user(&entry.auth)] {
        if !part.is_empty() {
            line.push_str("   ");
            line.push_str(&part);
        }
    }
    line.push_str(&format!("   #{}", entry.id));
    line
}

/// The user of a token that holds.
fn user(auth: &Auth) -> String {
    match (auth.verdict, auth.user()) {
        (Verdict::Ok, Some(user)) => format!("user {user}"),
        _ => String::new(),
    }
}

/// All that is known of a request.
pub(crate) fn whole(entry: &Entry) -> String {
    let mut text = format!("{}\n", line(entry));
    text.push_str(&token(&entry.auth));
    if entry.auth.verdict == Verdict::Refused && entry.status < 400 {
        let but = "the app answered all the same: is this a route for everybody?";
        text.push_str(&format!("{:>12} {but}\n", "but"));
    }
    text.push('\n');
    text.push_str(entry.head.trim_end());
    text.push('\n');
    if entry.body_length > 0 {
        text.push_str(&format!("\n{}\n", entry.body.trim_end()));
        if entry.body_length > entry.body.len() as u64 {
            text.push_str(&format!("({} bytes in all)\n", entry.body_length));
        }
    }
    text
}

/// What a token says and what it is worth.
pub(crate) fn token(auth: &Auth) -> String {
    let said = |part: &Option<String>| part.clone().unwrap_or_default();
    let json = |part: &Option<Value>| part.as_ref().map(Value::to_string).unwrap_or_default();
    let worth = match auth.verdict {
        Verdict::None => "none".to_owned(),
        Verdict::Ok => format!("holds, for {} routes", said(&auth.kind)),
        Verdict::Refused => format!("{}: {}", said(&auth.code), said(&auth.reason)),
        Verdict::Unknown => format!("not checked: {}", said(&auth.reason)),
    };
    let rows = [
        ("token", worth),
        ("header", json(&auth.header)),
        ("claims", json(&auth.claims)),
        ("times", times(auth).unwrap_or_default()),
        ("expected", said(&auth.expected)),
        ("received", said(&auth.received)),
        ("hint", said(&auth.hint)),
    ];
    let there = rows.iter().filter(|(_, text)| !text.is_empty());
    there
        .map(|(name, text)| format!("{name:>12} {text}\n"))
        .collect()
}

/// When a token was issued and when it expires, as people read it.
fn times(auth: &Auth) -> Option<String> {
    let claims = auth.claims.as_ref()?;
    let time = |name: &str| {
        let seconds = claims.get(name)?.as_u64()?;
        let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
        let year_9999 = 253_402_300_799;
        (seconds <= year_9999).then(|| timestamp(time))
    };
    let expires = time("exp")?;
    let issued = time("iat").map_or(String::new(), |at| format!("issued {at}, "));
    Some(format!("{issued}expires {expires}"))
}

/// A command that sends the request again, with its token.
pub(crate) fn curl(raw: &Raw, port: u16) -> String {
    let head = String::from_utf8_lossy(&raw.head);
    let mut command = format!("curl -i -X {}", raw.method());
    for field in head.lines().skip(1).filter(|line| !line.is_empty()) {
        let name = field.split(':').next().unwrap_or_default();
        // curl makes these itself.
        let own = ["content-length", "transfer-encoding", "connection"];
        if !own.contains(&name.to_ascii_lowercase().as_str()) {
            command.push_str(&format!(" \\\n  -H {}", quoted(field)));
        }
    }
    if !raw.body.is_empty() {
        let body = String::from_utf8_lossy(&raw.body);
        command.push_str(&format!(" \\\n  --data-raw {}", quoted(&body)));
    }
    let url = format!("http://127.0.0.1:{port}{}", raw.target());
    command.push_str(&format!(" \\\n  {}", quoted(&url)));
    command
}

/// A word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// An HTTP archive (HAR 1.2) of requests, without secrets. What was not kept is said to be
/// unknown, as the format has it: -1.
pub(crate) fn har(entries: &[Entry]) -> Value {
    let entries: Vec<_> = entries.iter().map(har_entry).collect();
    json!({ "log": {
        "version": "1.2",
        "creator": { "name": "connect", "version": env!("CARGO_PKG_VERSION") },
        "entries": entries,
    }})
}

fn har_entry(entry: &Entry) -> Value {
    let fields: Vec<_> = entry
        .head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.trim()))
        .collect();
    let value = |wanted: &str| {
        let mut found = fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| *value)
    };
    let headers: Vec<_> = fields
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let host = value("host").unwrap_or("localhost");
    let query: Vec<_> = entry
        .target
        .split_once('?')
        .map_or("", |(_, query)| query)
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let mut request = json!({
        "method": entry.method,
        "url": format!("http://{host}{}", entry.target),
        "httpVersion": "HTTP/1.1", "cookies": [], "headers": headers, "queryString": query,
        "headersSize": entry.head.len(), "bodySize": entry.body_length,
    });
    if entry.body_length > 0 {
        let kind = value("content-type").unwrap_or_default();
        request["postData"] = json!({ "mimeType": kind, "text": entry.body });
    }
    json!({
        "startedDateTime": entry.at, "time": entry.ms, "request": request,
        "response": {
            "status": entry.status, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": [], "content": { "size": -1, "mimeType": "" }, "redirectURL": "",
            "headersSize": -1, "bodySize": -1,
        },
        "cache": {}, "timings": { "send": 0, "wait": entry.ms, "receive": 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curl_says_what_came() {
        let raw = Raw {
            head: b"POST /a?jwt=t HTTP/1.1\r\nHost: app\r\nX-It: it's\r\nContent-Length: 2\r\n\r\n"
                .to_vec(),
            body: b"{}".to_vec(),
            body_length: 2,
        };
        assert_eq!(
            curl(&raw, 3000),
            "curl -i -X POST \\\n  -H 'Host: app' \\\n  -H 'X-It: it'\\''s' \\\n  \
             --data-raw '{}' \\\n  'http://127.0.0.1:3000/a?jwt=t'"
        );
    }
}
