//! Asks a busy or stumbling host again, a few times and only within the call's own deadline.
//!
//! Only for calls that may be repeated. The install itself is not: its token is for one use.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use tokio::time::Instant;

use crate::http::{self, Answer, HttpError};

/// How often a call is sent, at most.
const TRIES: u32 = 3;
/// First pause; the second one is three times as long.
const PAUSE: Duration = Duration::from_millis(150);
/// Longest pause a host may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Sends a request, again if need be, and reads the whole answer.
///
/// # Errors
/// As [`http::send`]; a status is an answer, also if it is the third 503.
pub(super) async fn call(request: RequestBuilder, within: Duration) -> Result<Answer, HttpError> {
    patient(request, within, http::send).await
}

/// The same with another way to send.
pub(super) async fn patient<F, A>(
    request: RequestBuilder,
    within: Duration,
    send: F,
) -> Result<Answer, HttpError>
where
    F: Fn(RequestBuilder, Duration) -> A,
    A: Future<Output = Result<Answer, HttpError>>,
{
    let began = Instant::now();
    let mut request = request;
    let mut pause = PAUSE;
    for _ in 1..TRIES {
        let again = request.try_clone();
        let result = send(request, within.saturating_sub(began.elapsed())).await;
        let wanted = match &result {
            Ok(answer) if is_passing(answer.status) => asked_pause(&answer.headers),
            Err(HttpError::Connect(_)) => None,
            _ => return result,
        };
        let wait = wanted.unwrap_or(pause).min(LONGEST_PAUSE);
        let left = within.saturating_sub(began.elapsed());
        match again {
            Some(again) if wait < left => request = again,
            _ => return result,
        }
        // A future that never ends, given up after the pause.
        let _ = tokio::time::timeout(wait, std::future::pending::<()>()).await;
        pause *= 3;
    }
    send(request, within.saturating_sub(began.elapsed())).await
}

/// Statuses that may be another one a moment later.
fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// `Retry-After` in seconds (RFC 9110 section 10.2.3); a date is left out of account.
fn asked_pause(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// The statuses that were used up when a call ended with the last of them.
    async fn check(statuses: &[u16], within: Duration) -> (usize, Result<u16, HttpError>) {
        let sent = Mutex::new(0);
        let url = url::Url::parse("http://127.0.0.1:1/").unwrap();
        let http = http::Http::default();
        let request = http.client(&url).unwrap().get(url);
        let result = patient(request, within, |_, _| {
            let mut sent = sent.lock().unwrap();
            let status = statuses[*sent];
            *sent += 1;
            std::future::ready(match status {
                0 => Err(HttpError::Connect("refused".to_owned())),
                status => Ok(Answer {
                    status: StatusCode::from_u16(status).unwrap(),
                    headers: HeaderMap::new(),
                    body: Vec::new(),
                }),
            })
        });
        let result = result.await.map(|answer| answer.status.as_u16());
        (*sent.lock().unwrap(), result)
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_three_times_and_no_longer_than_the_deadline() {
        let long = Duration::from_secs(10);
        assert_eq!(check(&[503, 429, 200], long).await, (3, Ok(200)));
        assert_eq!(check(&[500, 500, 502], long).await, (3, Ok(502)));
        assert_eq!(check(&[0, 204], long).await, (2, Ok(204)));
        assert_eq!(check(&[401], long).await, (1, Ok(401)));
        assert_eq!(check(&[404], long).await, (1, Ok(404)));
        let short = Duration::from_millis(100);
        assert_eq!(check(&[503], short).await, (1, Ok(503)));
    }

    #[test]
    fn a_host_says_in_seconds_how_long_to_wait() {
        let mut headers = HeaderMap::new();
        assert_eq!(asked_pause(&headers), None);
        headers.insert(RETRY_AFTER, "2".parse().unwrap());
        assert_eq!(asked_pause(&headers), Some(Duration::from_secs(2)));
    }
}
