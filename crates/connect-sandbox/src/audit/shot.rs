//! One request to the app, and what should become of it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use url::Url;

use crate::{
    audit::report::{AuditCheck, Severity, curl},
    client::{Answer, Client, NoAnswer},
};

/// A request, by default a GET that the app should refuse.
#[derive(Clone, Debug)]
pub(super) struct Shot {
    pub(super) class: &'static str,
    pub(super) name: String,
    pub(super) severity: Severity,
    pub(super) expect: Expect,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What should become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    /// Any answer but 401 and 403: the app knows the sender, whatever else goes wrong.
    Known,
    /// Any answer but 401, 403 and a failure: the context may be one that the app has nothing for.
    LetIn,
    /// 400 or more.
    NotLetIn,
    /// 400 to 499: the app knows why.
    Refused,
    /// 200, 201 or 204.
    Success,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Fired {
    pub(super) check: AuditCheck,
    /// None when there was no answer in time.
    pub(super) answer: Option<Answer>,
}

impl Shot {
    pub(super) fn new(
        class: &'static str,
        name: impl Into<String>,
        severity: Severity,
        url: &Url,
    ) -> Self {
        Self {
            class,
            name: name.into(),
            severity,
            expect: Expect::Refused,
            method: Method::GET,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
    }

    pub(super) fn expect(self, expect: Expect) -> Self {
        Self { expect, ..self }
    }

    /// A POST of this JSON.
    pub(super) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.post("application/json", body.into())
    }

    pub(super) fn post(self, content_type: &'static str, body: Vec<u8>) -> Self {
        Self {
            method: Method::POST,
            body,
            ..self
        }
        .header("content-type", content_type)
    }

    pub(super) fn jwt(self, token: &str) -> Self {
        self.header("authorization", &format!("JWT {token}"))
    }

    /// One more header; text that no header can have leaves it out, and the request is one
    /// without a token.
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.append(HeaderName::from_static(name), value);
        }
        self
    }

    /// Sends it and judges the answer.
    pub(super) async fn fire(self, client: &Client) -> Fired {
        let curl = curl(&self.method, &self.url, &self.headers, &self.body);
        let mut answer = self.send(client).await;
        // A connection that was kept may be closed in the very moment in which it is used again:
        // only what happens on a fresh one is the app's answer.
        if self.size() <= LARGE && matches!(answer, Err(NoAnswer::Broken)) {
            answer = self.send(client).await;
        }
        let (passed, severity) = self.judge(answer.as_ref());
        let answered = match &answer {
            Ok(answer) => answer.status.as_u16().to_string(),
            Err(NoAnswer::Timeout) => format!("no answer in {} s", PATIENCE.as_secs()),
            Err(problem) => format!("the app {}", problem.as_str()),
        };
        Fired {
            check: AuditCheck {
                class: self.class,
                name: self.name,
                severity,
                passed,
                expected: self.expect.as_str(),
                answered,
                curl,
            },
            answer: answer.ok(),
        }
    }

    async fn send(&self, client: &Client) -> Result<Answer, NoAnswer> {
        let sent = client.send(
            self.method.clone(),
            &self.url,
            self.headers.clone(),
            self.body.clone(),
            MOST_ANSWER,
        );
        let answer = tokio::time::timeout(PATIENCE, sent).await;
        answer.unwrap_or(Err(NoAnswer::Timeout))
    }

    /// Bytes of headers and body.
    fn size(&self) -> usize {
        let headers = self.headers.values().map(HeaderValue::len);
        headers.sum::<usize>() + self.body.len()
    }

    /// Whether the answer is good, and how bad it is if it is not: to fail instead of refusing is
    /// another fault than to let in.
    fn judge(&self, answer: Result<&Answer, &NoAnswer>) -> (bool, Severity) {
        let large = self.size() > LARGE;
        let Ok(Answer { status, .. }) = answer else {
            // To cut off what is far too large is a way to refuse it.
            let cut = large && answer.is_err_and(|no| *no == NoAnswer::Broken);
            return (cut, self.severity.min(Severity::Medium));
        };
        // A proxy before the app, the one of `connect dev` too, says so of a connection that was cut.
        let cut = large && *status == StatusCode::BAD_GATEWAY && self.expect == Expect::Refused;
        let passed = cut || self.expect.is_met(*status);
        let broke = status.is_server_error() && self.expect == Expect::Refused;
        let severity = match broke {
            true => self.severity.min(Severity::Low),
            false => self.severity,
        };
        (passed, severity)
    }
}

impl Fired {
    /// Whether the app took the request for genuine.
    pub(super) fn was_let_in(&self) -> bool {
        let answer = self.answer.as_ref();
        answer.is_some_and(|answer| answer.status.as_u16() < 400)
    }

    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.answer.as_ref()?.headers.get(name)?.to_str().ok()
    }

    /// All values of `Set-Cookie`.
    pub(super) fn cookies(&self) -> impl Iterator<Item = &str> {
        let headers = self.answer.iter().map(|answer| &answer.headers);
        headers
            .flat_map(|headers| headers.get_all(header::SET_COOKIE))
            .filter_map(|value| value.to_str().ok())
    }
}

impl Expect {
    fn is_met(self, status: StatusCode) -> bool {
        let code = status.as_u16();
        match self {
            Self::Known => !matches!(code, 401 | 403),
            Self::LetIn => !matches!(code, 401 | 403) && code < 500,
            Self::NotLetIn => code >= 400,
            Self::Refused => (400..500).contains(&code),
            Self::Success => matches!(code, 200 | 201 | 204),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Known => "any answer but 401 and 403",
            Self::LetIn => "any answer but 401, 403 and 5xx",
            Self::NotLetIn => "400 or more",
            Self::Refused => "4xx",
            Self::Success => "200, 201 or 204",
        }
    }
}

/// How long an app may think, also on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest answer that is read, in bytes.
const MOST_ANSWER: usize = 4 * 1024 * 1024;

/// A request from which on a cut connection counts as a refusal, in bytes.
const LARGE: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of a request to a server that closes so many connections without a word.
    async fn closed(times: usize) -> Fired {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let url = Url::parse(&url).unwrap();
        let shot = Shot::new("lifecycle", "closed", Severity::High, &url);
        let client = Client::new().unwrap();
        let served = async {
            for turn in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await.unwrap();
                if turn >= times {
                    let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
                    stream.write_all(answer).await.unwrap();
                    break;
                }
            }
        };
        tokio::join!(shot.fire(&client), served).0
    }

    #[tokio::test]
    async fn a_kept_connection_that_was_closed_is_no_answer_of_the_app() {
        for (times, passed) in [(0, true), (1, true), (2, false)] {
            let fired = closed(times).await;
            assert_eq!(
                fired.check.passed, passed,
                "{times}: {}",
                fired.check.answered
            );
        }
    }

    #[test]
    fn what_is_far_too_large_may_be_cut_off() {
        let url = Url::parse("http://127.0.0.1/installed").unwrap();
        let passes = |size: usize, answer: Result<u16, NoAnswer>| {
            let shot = Shot::new("lifecycle", "large", Severity::High, &url)
                .post("application/json", vec![b' '; size]);
            let answer = answer.map(|status| Answer {
                status: StatusCode::from_u16(status).unwrap(),
                headers: HeaderMap::new(),
                body: Vec::new(),
            });
            shot.judge(answer.as_ref()).0
        };
        for (size, answer, expected) in [
            (10, Ok(413), true),
            (10, Ok(502), false),
            (10, Err(NoAnswer::Broken), false),
            (LARGE + 1, Ok(413), true),
            (LARGE + 1, Ok(502), true),
            (LARGE + 1, Err(NoAnswer::Broken), true),
            (LARGE + 1, Ok(500), false),
            (LARGE + 1, Ok(204), false),
            (LARGE + 1, Err(NoAnswer::Timeout), false),
        ] {
            assert_eq!(passes(size, answer), expected, "{size} {answer:?}");
        }
    }
}
