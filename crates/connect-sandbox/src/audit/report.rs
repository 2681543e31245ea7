//! What came out of it, and how to try each request again.

use http::{HeaderMap, HeaderValue, Method, header};
use serde::Serialize;
use url::Url;

/// What an app lets in and what it keeps out.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditReport {
    /// Key of the app.
    pub app: String,
    /// Every request made and every rule held against the answers, in order.
    pub checks: Vec<AuditCheck>,
    /// What could not be tried, and why.
    pub left_out: Vec<String>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// One request, or one rule about answers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditCheck {
    /// What it belongs to, such as `qsh` or `lifecycle`.
    pub class: &'static str,
    /// What was sent, in a few words.
    pub name: String,
    /// How bad it is when it fails.
    pub severity: Severity,
    /// Whether the app did as it should.
    pub passed: bool,
    /// What should have happened.
    pub expected: &'static str,
    /// What did happen.
    pub answered: String,
    /// A shell command that sends the same again, as long as its token lives.
    pub curl: String,
}

/// How bad it is when an app fails a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Only somebody who has the secret can do it, or it is advice.
    Hardening,
    /// A genuine request was refused.
    Interop,
    /// A hole of little use.
    Low,
    /// A hole that needs luck, or a way to make the app fail.
    Medium,
    /// A hole for whoever holds some token.
    High,
    /// A hole for everybody, or one that gives tenants away.
    Critical,
}

impl AuditReport {
    /// How many checks the app passed.
    pub fn passed(&self) -> usize {
        self.checks.iter().filter(|check| check.passed).count()
    }

    /// The checks that it did not, the worst first.
    pub fn failed(&self) -> Vec<&AuditCheck> {
        let mut failed: Vec<_> = self.checks.iter().filter(|check| !check.passed).collect();
        failed.sort_by_key(|check| std::cmp::Reverse(check.severity));
        failed
    }

    /// Whether a failed check is more than advice.
    pub fn has_holes(&self) -> bool {
        self.failed()
            .iter()
            .any(|check| check.severity > Severity::Hardening)
    }
}

impl Severity {
    /// The word for people and for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Hardening => "hardening",
            Self::High => "high",
            Self::Interop => "interop",
            Self::Low => "low",
            Self::Medium => "medium",
        }
    }
}

/// The request as a line for a shell.
pub(super) fn curl(method: &Method, url: &Url, headers: &HeaderMap, body: &[u8]) -> String {
    let mut line = format!("curl -i -X {method} {}", quoted(url.as_str()));
    for (name, value) in headers {
        if name == header::CONTENT_LENGTH {
            continue;
        }
        let value = String::from_utf8_lossy(HeaderValue::as_bytes(value)).into_owned();
        line.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
    }
    match str::from_utf8(body) {
        Ok("") => {}
        Ok(text) if text.len() <= MOST_SHOWN => {
            line.push_str(&format!(" --data-binary {}", quoted(text)));
        }
        _ => line.push_str(&format!(
            " --data-binary @-    # {} bytes, left out here",
            body.len()
        )),
    }
    line
}

/// In single quotes, as every POSIX shell reads it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Longest body in a line for a shell.
const MOST_SHOWN: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_survives_quotes() {
        let url = Url::parse("http://127.0.0.1:3000/a?b='c'").unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x", HeaderValue::from_static("it's"));
        assert_eq!(
            curl(&Method::POST, &url, &headers, b"{}"),
            r"curl -i -X POST 'http://127.0.0.1:3000/a?b=%27c%27' -H 'x: it'\''s' --data-binary '{}'"
        );
    }

    #[test]
    fn advice_is_no_hole() {
        let check = |severity, passed| AuditCheck {
            class: "qsh",
            name: String::new(),
            severity,
            passed,
            expected: "",
            answered: String::new(),
            curl: String::new(),
        };
        let mut report = AuditReport {
            app: "a".to_owned(),
            checks: vec![
                check(Severity::Hardening, false),
                check(Severity::Critical, true),
            ],
            left_out: Vec::new(),
            ms: 0,
        };
        assert!(!report.has_holes());
        report.checks.push(check(Severity::High, false));
        assert!(report.has_holes());
        assert_eq!(
            (report.passed(), report.failed()[0].severity),
            (1, Severity::High)
        );
    }
}
