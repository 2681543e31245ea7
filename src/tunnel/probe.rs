//! Asks through a public address, to find out what is at its other end.

use std::time::Duration;

use connect_core::{AppKey, BaseUrl};
use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONNECTION, HeaderName, USER_AGENT};
use serde::Deserialize;
use tokio::time::Instant;
use url::Url;

use crate::http::{self, Answer, Http, HttpError};
use crate::proxy::{KNOCK, Knock, OURS};
use crate::random::secret_word;
use crate::tunnel::TunnelError;
use crate::tunnel::backoff::Backoff;
use crate::tunnel::error::Stage;
use crate::tunnel::ngrok::codes;
use crate::tunnel::race::pause;

/// Knocks at a public address, and listens at our own door.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// Outgoing HTTP.
    pub(crate) http: Http,
    /// The door of the proxy that the tunnel leads to.
    pub(crate) knock: Knock,
}

/// Who answered a knock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Our own proxy did.
    Us,
    /// Something else; what it said.
    Somebody(String),
}

/// Each keeps the warning page of an operator away: ngrok's, localtunnel's, dev tunnels'.
const SKIP: [&str; 3] = [
    "ngrok-skip-browser-warning",
    "bypass-tunnel-reminder",
    "x-tunnel-skip-antiphishing-page",
];
/// Where an operator says that it is the one who answers.
const EDGE_ERROR: &str = "ngrok-error-code";
/// Its number for the page that browsers see first on the free plan.
const WARNING_PAGE: u16 = 6024;
/// As a browser asks for a page.
const BROWSER: [(HeaderName, &str); 2] = [
    (
        USER_AGENT,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/140.0.0.0 Safari/537.36",
    ),
    (ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
];
/// Longest single look at the descriptor.
const LOOK: Duration = Duration::from_secs(8);
/// How long the descriptor may take to come through, but for the last look.
const PROOF: Duration = Duration::from_secs(6);

impl Probe {
    /// A door that knows our own requests, and a probe that knocks there.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn new(http: Http) -> Result<Self, TunnelError> {
        let knock = Knock::with_own(&word()?);
        Ok(Self { http, knock })
    }

    /// Fetches the app's descriptor through the public address, as a host will.
    ///
    /// # Errors
    /// When it does not come, is another app's, or names another address.
    pub(crate) async fn prove_descriptor(
        &self,
        address: &BaseUrl,
        key: &AppKey,
    ) -> Result<(), TunnelError> {
        let mut pauses = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
        let began = Instant::now();
        loop {
            let error = match self.look(address, key).await {
                Ok(()) => return Ok(()),
                Err(error @ TunnelError::OtherAddress { .. }) => return Err(error),
                Err(error) => error,
            };
            if began.elapsed() > PROOF {
                return Err(error);
            }
            pause(pauses.next(0.0)).await;
        }
    }

    /// Whether a page of the tunnel's operator comes before the app's own in a browser.
    ///
    /// None also when nobody answers, or with an error: it is asked once, for a warning.
    pub(crate) async fn interstitial(&self, address: &BaseUrl) -> Option<Interstitial> {
        let url = descriptor(address);
        let client = self.http.client(&Url::parse(&url).ok()?).ok()?;
        let mut request = self.ours(client.get(&url));
        for (name, value) in BROWSER {
            request = request.header(name, value);
        }
        let shown = http::send(request, LOOK).await.ok()?;
        let code = edge_code(&shown);
        if is_descriptor(&shown) || code.is_some_and(|code| code != WARNING_PAGE) {
            return None;
        }
        // Others than browsers get the descriptor in the same moment.
        let plain = self.get(&url, LOOK).await.ok()?;
        is_descriptor(&plain).then_some(Interstitial { code })
    }

    /// Knocks once.
    ///
    /// # Errors
    /// When nobody answers, or the tunnel's operator does in the app's place.
    pub(super) async fn knock(
        &self,
        url: &BaseUrl,
        deadline: Duration,
    ) -> Result<Heard, TunnelError> {
        let (word, expected) = (word()?, word()?);
        self.knock.expect(word.clone(), expected.clone());
        let answer = self.get(&format!("{url}{KNOCK}{word}"), deadline).await?;
        if answer.body == expected.as_bytes() {
            return Ok(Heard::Us);
        }
        Ok(Heard::Somebody(said(&answer)))
    }

    async fn look(&self, address: &BaseUrl, key: &AppKey) -> Result<(), TunnelError> {
        let not_ours = |detail: String| TunnelError::NotOurs {
            url: address.clone(),
            detail,
        };
        let answer = self.get(&descriptor(address), LOOK).await?;
        let Ok(served) = serde_json::from_slice::<Served>(&answer.body) else {
            return Err(not_ours(said(&answer)));
        };
        if served.key != key.as_str() {
            return Err(not_ours(format!("the app `{}` answers", served.key)));
        }
        match served.base_url {
            Some(base) if !address.is_spelled_by(&base) => Err(TunnelError::OtherAddress {
                url: address.clone(),
                found: base,
            }),
            _ => Ok(()),
        }
    }

    async fn get(&self, url: &str, deadline: Duration) -> Result<Answer, TunnelError> {
        let parsed = Url::parse(url).map_err(|_| TunnelError::BadAddress(url.to_owned()))?;
        let host = parsed.host_str().unwrap_or_default().to_owned();
        let client = self
            .http
            .client(&parsed)
            .map_err(|error| TunnelError::Unanswered(error.to_string()))?;
        // A connection of its own each time: one that is open says nothing about the next one.
        let mut request = self
            .ours(client.get(parsed))
            .header(ACCEPT, "application/json")
            .header(CONNECTION, "close");
        for name in SKIP {
            request = request.header(name, "1");
        }
        let answer = http::send(request, deadline)
            .await
            .map_err(|error| match error {
                HttpError::Connect(why) if is_unknown_name(&why) => TunnelError::DnsPending(host),
                HttpError::Timeout(after) => TunnelError::Timeout(Stage::Answer, after),
                error => TunnelError::Unanswered(error.to_string()),
            })?;
        match edge_code(&answer) {
            Some(code) => Err(TunnelError::Edge(code)),
            None => Ok(answer),
        }
    }

    /// Marks a request as our own, so that nobody is told of it.
    fn ours(&self, request: RequestBuilder) -> RequestBuilder {
        match self.knock.own() {
            Some(word) => request.header(OURS, word),
            None => request,
        }
    }
}

/// A page of the tunnel's operator that comes before the app's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interstitial {
    /// The number of `ERR_NGROK_<number>`, if it is ngrok's.
    pub(crate) code: Option<u16>,
}

#[derive(Deserialize)]
struct Served {
    key: String,
    #[serde(rename = "baseUrl")]
    base_url: Option<String>,
}

fn is_descriptor(answer: &Answer) -> bool {
    serde_json::from_slice::<Served>(&answer.body).is_ok()
}

fn descriptor(address: &BaseUrl) -> String {
    format!("{address}/{DESCRIPTOR}")
}

/// The descriptor's file name, which is its path too.
const DESCRIPTOR: &str = "atlassian-connect.json";

/// The words of the resolvers of Linux, macOS and Windows for a name that has no address.
fn is_unknown_name(why: &str) -> bool {
    let words = [
        "failed to lookup address",
        "Name or service not known",
        "nodename nor servname",
        "No such host is known",
        "dns error",
    ];
    words.iter().any(|word| why.contains(word))
}

fn edge_code(answer: &Answer) -> Option<u16> {
    let header = answer.headers.get(EDGE_ERROR)?.to_str().ok()?;
    codes::number_in(header)
}

/// What an answer is, for people: its status, and its type if it has one.
fn said(answer: &Answer) -> String {
    let kind = answer.headers.get(reqwest::header::CONTENT_TYPE);
    let status = answer.status.as_u16();
    match kind.and_then(|kind| kind.to_str().ok()) {
        Some(kind) => format!("it answered {status} ({kind})"),
        None => format!("it answered {status}"),
    }
}

fn word() -> Result<String, TunnelError> {
    secret_word().map_err(|error| TunnelError::Broken(error.to_string()))
}
