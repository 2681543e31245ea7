//! What is wrong with a page of an app that does not come to life: what a real host makes of it,
//! and what to do.

use std::fmt::Display;

use http::{StatusCode, header};
use serde::Serialize;
use url::Url;

use crate::client::{Answer, NoAnswer};

/// One thing that is wrong.
#[derive(Debug, Serialize)]
pub(super) struct Diagnosis {
    /// A sentence.
    problem: String,
    /// What people see on a real site.
    seen: &'static str,
    /// What to do.
    hint: String,
}

impl Diagnosis {
    fn new(problem: impl Display, seen: &'static str, hint: impl Display) -> Self {
        Self {
            problem: problem.to_string(),
            seen,
            hint: hint.to_string(),
        }
    }

    /// The app did not answer.
    pub(super) fn of_silence(url: &Url, problem: NoAnswer) -> Self {
        let app = url.origin().ascii_serialization();
        let (seen, hint) = match problem {
            NoAnswer::Broken => (BROWSER, "Look at the app's log: it ended in the middle."),
            NoAnswer::Connect => (
                BROWSER,
                "Start the app, or correct `baseUrl`; then reload this page.",
            ),
            NoAnswer::Timeout => (
                SILENT,
                "Answer with a page at once, and fetch what takes long from there.",
            ),
            NoAnswer::Tls => (
                BROWSER,
                "Give the address a certificate of a public authority.",
            ),
            NoAnswer::TooLarge => (SILENT, "Answer with a smaller page."),
        };
        Self::new(
            format!("The app at {app} {}.", problem.as_str()),
            seen,
            hint,
        )
    }

    /// What of an answer keeps it from being shown in a host.
    pub(super) fn of_answer(answer: &Answer) -> Option<Self> {
        of_status(answer)
            .or_else(|| of_frame_rules(answer))
            .or_else(|| of_content(answer))
    }

    /// The page does not name the bridge's script.
    pub(super) fn without_script() -> Self {
        Self::new(
            "The page has loaded, but not all.js: it cannot talk to the host.",
            "the page, with a fixed height and without `AP`; it counts as one that failed to load.",
            "Load the bridge's script if the page needs it; the sandbox has one at /atlassian-connect/all.js.",
        )
    }

    /// Its script is somewhere in the internet.
    pub(super) fn of_foreign_script(script: &Url) -> Self {
        let host = script.host_str().unwrap_or_default();
        Self::new(
            format!("The page has loaded, but not all.js from {host}: it cannot talk to the host."),
            NO_BRIDGE,
            "Offline it is not to be had: load the sandbox's /atlassian-connect/all.js, for which our \
             runtime reads `AC_HOST_SCRIPT_URL`. Online, look at the browser's console.",
        )
    }

    /// What there is at the address of the script.
    pub(super) fn of_script(script: &Url, status: Result<StatusCode, NoAnswer>) -> Self {
        let at = script.path();
        let what = match status {
            Ok(StatusCode::OK) => {
                return Self::new(
                    "The page has loaded and names all.js, but has not talked to the host.",
                    NO_BRIDGE,
                    "Look at the browser's console: an error before it, or a `script-src` that \
                     forbids it, keeps the script from running.",
                );
            }
            Ok(status) => format!("is answered with {}", status.as_u16()),
            Err(_) => "is not answered".to_owned(),
        };
        Self::new(
            format!("The page has loaded, but its script {at} {what}: it cannot talk to the host."),
            NO_BRIDGE,
            "Correct the address; the sandbox has a script at /atlassian-connect/all.js.",
        )
    }
}

fn of_status(answer: &Answer) -> Option<Diagnosis> {
    let status = answer.status;
    let code = status.as_u16();
    if status.is_redirection() {
        let to = text(answer, header::LOCATION).unwrap_or("nowhere");
        // Where to without its query: it may carry a token.
        let to = to.split('?').next().unwrap_or_default();
        return Some(Diagnosis::new(
            format!("The app answered {code} and sends the browser to {to}."),
            "what the browser finds there, which it asks for without a token; log-in pages of \
             others refuse to be framed.",
            "Answer the signed request itself: what follows a redirect has no token.",
        ));
    }
    if status == StatusCode::UNAUTHORIZED || status == StatusCode::FORBIDDEN {
        return Some(Diagnosis::new(
            format!("The app refused the signed request with {code}."),
            OWN_ERROR,
            "Look at the app's log for the reason; “connect inspect” shows what the token was worth.",
        ));
    }
    (!status.is_success()).then(|| {
        Diagnosis::new(
            format!("The app answered {code}."),
            OWN_ERROR,
            "Look at the app's log.",
        )
    })
}

fn of_frame_rules(answer: &Answer) -> Option<Diagnosis> {
    let options = text(answer, header::X_FRAME_OPTIONS).map(str::trim);
    let denies =
        |options: &str| ["deny", "sameorigin"].contains(&options.to_ascii_lowercase().as_str());
    if options.is_some_and(denies) {
        return Some(Diagnosis::new(
            "The page forbids to be shown in a frame (X-Frame-Options).",
            BROWSER,
            "Leave that header out, and name the hosts in `Content-Security-Policy: frame-ancestors`.",
        ));
    }
    let policies = answer.headers.get_all(header::CONTENT_SECURITY_POLICY);
    let mut rules = policies
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|policy| policy.split(';'))
        .filter_map(|directive| directive.trim().strip_prefix("frame-ancestors"));
    let nobody = |sources: &str| {
        let mut sources = sources.split_whitespace();
        sources.all(|source| ["'none'", "'self'"].contains(&source))
    };
    rules.any(nobody).then(|| {
        Diagnosis::new(
            "The page forbids hosts to show it (Content-Security-Policy: frame-ancestors).",
            BROWSER,
            "Name the hosts there: https://*.atlassian.net, https://*.jira.com, and this sandbox.",
        )
    })
}

fn of_content(answer: &Answer) -> Option<Diagnosis> {
    let kind = text(answer, header::CONTENT_TYPE).unwrap_or("text/html");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_page = ["text/html", "application/xhtml+xml"];
    if !is_page.contains(&kind.to_ascii_lowercase().as_str()) {
        return Some(Diagnosis::new(
            format!("The app answered with `{kind}`, which is no page."),
            "its text as it is, or a download.",
            "Answer with `Content-Type: text/html`.",
        ));
    }
    answer.body.iter().all(u8::is_ascii_whitespace).then(|| {
        Diagnosis::new(
            "The app answered with an empty page.",
            SILENT,
            "Look at the app's log: what makes the page stopped before it wrote anything.",
        )
    })
}

fn text(answer: &Answer, name: header::HeaderName) -> Option<&str> {
    answer.headers.get(name)?.to_str().ok()
}

/// Where a page says that the bridge's script is.
pub(super) fn script(page: &str, url: &Url) -> Option<Url> {
    let names = ["all.js", "iframe.js", "all-debug.js"];
    let sources = page.split("src").skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest
            .chars()
            .next()
            .filter(|first| ['"', '\''].contains(first));
        match quote {
            Some(quote) => rest[1..].split(quote).next(),
            None => rest.split([' ', '>', '\n']).next(),
        }
    });
    let is_bridge = |source: &&str| {
        let path = source.split(['?', '#']).next().unwrap_or_default();
        names.iter().any(|name| path.ends_with(name))
    };
    sources
        .filter(is_bridge)
        .find_map(|source| url.join(source).ok())
}

/// The frame holds what the browser has to say.
const BROWSER: &str = "an empty frame with the browser's own words in it, that it refused to \
    connect, and nothing of the product's.";

const NO_BRIDGE: &str = "the page, but `AP` is missing or does nothing, and after 12 \
    seconds it counts as one that failed to load.";

const OWN_ERROR: &str =
    "the page of that error, as the app answers it, in the middle of the product.";

const SILENT: &str = "a frame that stays empty, and after 12 seconds the product's word that the \
    app does not respond, with the choice to wait or to cancel.";

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn said(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> String {
        let headers = headers.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                header::HeaderValue::from_static(value),
            )
        });
        let answer = Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect::<HeaderMap>(),
            body: body.as_bytes().to_owned(),
        };
        let found = Diagnosis::of_answer(&answer);
        found.map(|found| found.problem).unwrap_or_default()
    }

    #[test]
    fn what_keeps_a_page_from_being_shown_is_said() {
        let good = "<script src=\"https://connect-cdn.atl-paas.net/all.js\"></script>";
        assert_eq!(said(200, &[], good), "");
        assert_eq!(
            said(200, &[("content-type", "text/HTML; charset=x")], good),
            ""
        );
        let policy = "default-src 'self'; frame-ancestors 'self' https://*.atlassian.net";
        assert_eq!(said(200, &[("content-security-policy", policy)], good), "");
        for (status, headers, body, part) in [
            (401, &[][..], good, "refused the signed request with 401"),
            (500, &[], good, "answered 500"),
            (302, &[("location", "/login?next=secret")], "", "to /login."),
            (200, &[("x-frame-options", "DENY")], good, "X-Frame-Options"),
            (
                200,
                &[("content-security-policy", "frame-ancestors 'none'")],
                good,
                "frame-ancestors",
            ),
            (
                200,
                &[(
                    "content-security-policy",
                    "default-src *; frame-ancestors 'self'",
                )],
                good,
                "frame-ancestors",
            ),
            (
                200,
                &[("content-type", "application/json")],
                "{}",
                "`application/json`",
            ),
            (200, &[], " \n", "empty page"),
        ] {
            let said = said(status, headers, body);
            assert!(said.contains(part), "{part}: {said}");
            assert!(!said.contains("secret"));
        }
    }

    #[test]
    fn the_bridges_script_is_found_where_the_page_has_it() {
        let page = Url::parse("http://127.0.0.1:3000/a/b?jwt=x").unwrap();
        for (html, expected) in [
            (
                "<script src=\"/all.js\">",
                Some("http://127.0.0.1:3000/all.js"),
            ),
            (
                "<script src='x/all.js?v=1' defer>",
                Some("http://127.0.0.1:3000/a/x/all.js?v=1"),
            ),
            (
                "<script data-x=1 src = https://cdn.example/all.js>",
                Some("https://cdn.example/all.js"),
            ),
            (
                "<img src=\"a.png\"><script src=\"//cdn.example/iframe.js\">",
                Some("http://cdn.example/iframe.js"),
            ),
            ("<p>all.js is not here</p>", None),
            ("<script src=\"/install.json\">", None),
            ("src", None),
            ("src=", None),
        ] {
            let found = script(html, &page);
            assert_eq!(found.as_ref().map(Url::as_str), expected, "{html}");
        }
    }
}
