//! A site's Universal Plugin Manager, through its REST API below `/rest/plugins/1.0/`.
//!
//! Order of a register: settings (once), token, install, poll, enable if it came up disabled.
//! Only the path of a `Location` or a link is followed, on the host we were given, so that a
//! strange answer cannot send the log-in elsewhere.

mod answers;
mod license;
mod look;
mod patience;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use connect_core::{AppKey, BaseUrl, Secret};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use crate::host::upm::answers::{Progress, accept, body, location, progress, refusal, unexpected};
use crate::host::upm::patience::{call, patient};
use crate::host::{BoxFuture, Go, Host, HostError, Installation, RegisterError, Verdict};
use crate::http::{self, Http};

pub(crate) use license::{License, LicenseState};
pub(crate) use look::Look;

/// One site.
#[derive(Debug)]
pub(crate) struct Upm {
    http: Http,
    site: BaseUrl,
    login: Login,
    /// Its settings allowed installs from a descriptor; they are asked for once.
    allowed: AtomicBool,
    /// Longest uninstall.
    uninstall: Duration,
}

/// Who we are there.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    /// E-mail address.
    pub(crate) username: String,
    /// API token.
    pub(crate) password: Secret,
}

/// Longest single call.
const CALL: Duration = Duration::from_secs(10);
/// Longest install, from the request to the end of its task.
const INSTALL: Duration = Duration::from_secs(30);
/// Longest uninstall of a session that leaves: that may take five seconds in all.
const UNINSTALL: Duration = Duration::from_millis(4500);
/// Longest uninstall where nothing presses: a host that tells an app which is gone waits ten seconds
/// for its answer.
const PATIENT_UNINSTALL: Duration = Duration::from_secs(15);
/// Where UPM's API begins on each site.
const API: &str = "/rest/plugins/1.0/";

impl Upm {
    /// A site that nothing was asked of yet.
    pub(crate) fn new(http: Http, site: BaseUrl, login: Login) -> Self {
        Self {
            http,
            site,
            login,
            allowed: AtomicBool::new(false),
            uninstall: UNINSTALL,
        }
    }

    /// Gives the site the time it gives a silent app.
    pub(crate) fn patient(self) -> Self {
        Self {
            uninstall: PATIENT_UNINSTALL,
            ..self
        }
    }

    /// Whether the app is installed there.
    ///
    /// # Errors
    /// When the site does not say.
    pub(crate) async fn has(&self, key: &AppKey) -> Result<bool, HostError> {
        let request = self.request(Method::GET, &self.url(&format!("{key}-key"))?)?;
        let answer = call(request, CALL).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        accept("GET app", &answer).map(|()| true)
    }

    async fn install(&self, app: &Installation, go: Go<'_>) -> Result<(), RegisterError> {
        self.check_settings().await.map_err(RegisterError::Unsent)?;
        let token = self.token().await.map_err(RegisterError::Unsent)?;
        match go() {
            Verdict::Blocked(why) => return Err(RegisterError::Unsent(HostError::Blocked(why))),
            Verdict::Go => {}
            Verdict::Overtaken => return Err(RegisterError::Overtaken),
        }
        let began = Instant::now();
        let installed = tokio::time::timeout(INSTALL, self.send_install(app, &token));
        match installed.await {
            Ok(Ok(key)) if key != app.key => Err(RegisterError::OtherKey(key)),
            Ok(result) => result.map(drop).map_err(RegisterError::Failed),
            Err(_) => Err(RegisterError::Failed(HostError::Timeout(began.elapsed()))),
        }
    }

    /// Whether the site installs from a descriptor at all. A site without that setting may.
    async fn check_settings(&self) -> Result<(), HostError> {
        if self.allowed.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.look().await?.development_mode == Some(false) {
            return Err(HostError::DevModeOff);
        }
        self.allowed.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The token that an install must carry.
    async fn token(&self) -> Result<String, HostError> {
        let request = self
            .request(Method::GET, &self.url("")?)?
            .header(ACCEPT, "application/vnd.atl.plugins.installed+json");
        let answer = patient(request, CALL, http::send_for_headers).await?;
        accept("GET token", &answer)?;
        let token = answer.headers.get("upm-token");
        match token.and_then(|token| token.to_str().ok()) {
            Some(token) => Ok(token.to_owned()),
            None => Err(unexpected("GET token", &answer, "no `upm-token` header")),
        }
    }

    /// Installs and answers with the key of what was installed.
    async fn send_install(&self, app: &Installation, token: &str) -> Result<AppKey, HostError> {
        let mut url = self.url("")?;
        url.query_pairs_mut().append_pair("token", token);
        let body_text = json!({ "pluginUri": app.descriptor_url }).to_string();
        let request = self
            .request(Method::POST, &url)?
            .header(
                CONTENT_TYPE,
                "application/vnd.atl.plugins.remote.install+json",
            )
            .body(body_text);
        let answer = http::send(request, CALL).await?;
        if answer.status != StatusCode::ACCEPTED {
            return Err(refusal("POST install", &answer));
        }
        let task = body(&answer.body);
        let link = task["links"]["self"].as_str();
        let link = link.or_else(|| location(&answer.headers));
        let Some(link) = link.and_then(|link| self.below_api(link)) else {
            return Err(unexpected("POST install", &answer, "no link to its task"));
        };
        self.wait_for_task(&link, &task, app).await
    }

    /// Polls the task of an install until it ends: at once, then in growing steps up to what the
    /// host asks for.
    async fn wait_for_task(
        &self,
        link: &Url,
        task: &Value,
        app: &Installation,
    ) -> Result<AppKey, HostError> {
        let asked = task["pingAfter"].as_u64().unwrap_or(200);
        let (first, longest) = match self.site.is_loopback() {
            // No network between us, and nobody else whom it would cost anything.
            true => (5, 20),
            false => (100, asked.clamp(100, 5000)),
        };
        let (mut pause, cap) = (Duration::from_millis(first), Duration::from_millis(longest));
        loop {
            let answer = call(self.request(Method::GET, link)?, CALL).await?;
            let plugin = if answer.status == StatusCode::SEE_OTHER {
                let plugin = location(&answer.headers).and_then(|link| self.below_api(link));
                let Some(plugin) = plugin else {
                    return Err(unexpected("GET task", &answer, "no `Location`"));
                };
                let answer = call(self.request(Method::GET, &plugin)?, CALL).await?;
                accept("GET plugin", &answer)?;
                body(&answer.body)
            } else {
                accept("GET task", &answer)?;
                body(&answer.body)
            };
            match progress(&plugin) {
                Progress::Failed(error) => return Err(error),
                Progress::Installed { enabled, key } => {
                    let key = key.and_then(|key| AppKey::parse(&key).ok());
                    let key = key.unwrap_or_else(|| app.key.clone());
                    if !enabled {
                        self.enable(&key).await?;
                    }
                    return Ok(key);
                }
                Progress::Running => {}
            }
            #[expect(clippy::disallowed_methods, reason = "back-off between polls")]
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(cap);
        }
    }

    /// An app that was disabled by hand stays so when it is installed again.
    async fn enable(&self, key: &AppKey) -> Result<(), HostError> {
        let request = self
            .request(Method::PUT, &self.url(&format!("{key}-key"))?)?
            .header(CONTENT_TYPE, "application/vnd.atl.plugins.plugin+json")
            .body(json!({ "enabled": true }).to_string());
        let answer = call(request, CALL).await?;
        if answer.status.is_success() {
            Ok(())
        } else {
            Err(HostError::Disabled)
        }
    }

    async fn uninstall(&self, key: &AppKey) -> Result<bool, HostError> {
        let request = self.request(Method::DELETE, &self.url(&format!("{key}-key"))?)?;
        let answer = call(request, self.uninstall).await?;
        match answer.status {
            status if status.is_success() => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(refusal("DELETE app", &answer)),
        }
    }

    fn request(&self, method: Method, url: &Url) -> Result<RequestBuilder, HostError> {
        let client = self.http.client(url)?;
        let (user, password) = (&self.login.username, self.login.password.expose());
        Ok(client
            .request(method, url.clone())
            .basic_auth(user, Some(password)))
    }

    fn url(&self, path: &str) -> Result<Url, HostError> {
        let text = format!("{}{API}{path}", self.site);
        Url::parse(&text).map_err(|_| HostError::Unexpected {
            call: "address",
            status: 0,
            detail: "the address of this site cannot be used".to_owned(),
        })
    }

    /// The part of a link from `/rest/plugins/1.0/` on, on our own site.
    fn below_api(&self, link: &str) -> Option<Url> {
        let at = link.find(API)?;
        let path = &link[at + API.len()..];
        let url = self.url(path).ok()?;
        // Dots could climb out of the API.
        url.path()
            .starts_with(&format!("{}{API}", self.site.path()))
            .then_some(url)
    }
}

impl Host for Upm {
    fn site(&self) -> &BaseUrl {
        &self.site
    }

    fn register<'a>(
        &'a self,
        app: &'a Installation,
        go: Go<'a>,
    ) -> BoxFuture<'a, Result<(), RegisterError>> {
        Box::pin(self.install(app, go))
    }

    fn deregister<'a>(&'a self, key: &'a AppKey) -> BoxFuture<'a, Result<bool, HostError>> {
        Box::pin(self.uninstall(key))
    }
}

impl From<http::HttpError> for HostError {
    fn from(error: http::HttpError) -> Self {
        Self::Http(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_on_the_site_they_were_given() {
        let site = |text| {
            let login = Login {
                username: "ada".to_owned(),
                password: Secret::new("x"),
            };
            Upm::new(Http::default(), BaseUrl::parse(text).unwrap(), login)
        };
        let jira = site("http://127.0.0.1:1/jira");
        for (link, expected) in [
            (
                "/rest/plugins/1.0/pending/1",
                Some("http://127.0.0.1:1/jira/rest/plugins/1.0/pending/1"),
            ),
            (
                "https://evil.example/x/rest/plugins/1.0/pending/1",
                Some("http://127.0.0.1:1/jira/rest/plugins/1.0/pending/1"),
            ),
            ("/rest/plugins/1.0/../../../secrets", None),
            ("https://evil.example/pending/1", None),
        ] {
            let url = jira.below_api(link).map(String::from);
            assert_eq!(url.as_deref(), expected, "{link}");
        }
        let wiki = site("https://a.atlassian.net/wiki");
        assert_eq!(
            wiki.below_api("/wiki/rest/plugins/1.0/a-key")
                .unwrap()
                .as_str(),
            "https://a.atlassian.net/wiki/rest/plugins/1.0/a-key"
        );
    }
}
