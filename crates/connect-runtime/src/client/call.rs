//! A call that is being put together.

use std::{fmt, time::Duration};

use connect_core::redact::redact;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::{Serialize, de::DeserializeOwned};
use url::{Position, Url};

use super::{
    Call, Caller, Download, HostError, HostResponse, Multipart, Pages, body::Body, send::Prepared,
    url as place,
};

/// A call that is being put together.
#[must_use = "a call does nothing until it is sent"]
pub struct HostCall {
    caller: Caller,
    method: Method,
    target: Target,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Result<Body, serde_json::Error>>,
    within: Option<Duration>,
}

/// Where a call goes.
enum Target {
    /// Below the base URL of whom the caller calls.
    Below(String),
    /// Anywhere, in nobody's name.
    Foreign(String),
}

/// How long a download may take altogether.
pub(super) const DOWNLOAD: Duration = Duration::from_secs(300);

impl HostCall {
    pub(crate) fn new(caller: Caller, method: Method, path: &str) -> Self {
        Self {
            caller,
            method,
            target: Target::Below(path.to_owned()),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            within: None,
        }
    }

    pub(super) fn foreign(caller: Caller, method: Method, url: &str) -> Self {
        Self {
            target: Target::Foreign(url.to_owned()),
            ..Self::new(caller, method, "")
        }
    }

    /// Adds a query parameter to those that the path already has.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a header, such as `X-Atlassian-Token: no-check`. `Authorization` is not one of them:
    /// the client says who calls.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if name != header::AUTHORIZATION {
            self.headers.insert(name, value);
        }
        self
    }

    /// Sets a JSON body. A GET has none: hosts answer 403 to a GET with a body (CHANGE-2328), so
    /// there it is an error at sending.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(Body::json(body));
        self
    }

    /// Sets the fields of a form as body (`application/x-www-form-urlencoded`).
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = Some(Ok(Body::form(fields)));
        self
    }

    /// Sets a form with files as body, and the header without which hosts refuse one.
    pub fn multipart(mut self, form: Multipart) -> Self {
        self.body = Some(Ok(form.into_body()));
        let name = HeaderName::from_static("x-atlassian-token");
        self.header(name, HeaderValue::from_static("no-check"))
    }

    /// How long the call may take altogether, its answer included: 20 s unless it is said here.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }

    /// Sends the call and reads the answer as JSON.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn fetch<T: DeserializeOwned>(self) -> Result<T, HostError> {
        self.send().await?.json().await
    }

    /// Sends the call.
    ///
    /// A call that may be repeated (GET, HEAD, OPTIONS, PUT, DELETE) and is answered 429 or 503
    /// with a `Retry-After` of a few seconds is sent again, twice at most, each time with a token
    /// of its own.
    ///
    /// # Errors
    /// [`HostError`]; a status outside 200 to 299 is one, with the host's own message.
    pub async fn send(self) -> Result<HostResponse, HostError> {
        self.prepare()?.send().await
    }

    /// Sends the call and reads the answer piece by piece, up to so many bytes: an attachment.
    ///
    /// Products redirect to a media server of Atlassian's. Such a redirect is followed, without
    /// any credential: the URL itself is what opens it.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn download(mut self, limit: usize) -> Result<Download, HostError> {
        self.within.get_or_insert(DOWNLOAD);
        let accept = (header::ACCEPT, HeaderValue::from_static("*/*"));
        let prepared = self.header(accept.0, accept.1).prepare()?;
        let answer = prepared.follow(prepared.send_once().await?).await?;
        Ok(Download::new(answer.checked().await?, limit))
    }

    /// Reads a list of Jira's page by page; the items are in the member of that name (`values`,
    /// `issues`, `comments`).
    ///
    /// Both of Jira's styles are known: `startAt` with `isLast` or `total`, and `nextPageToken`.
    pub fn jira_pages<T: DeserializeOwned>(self, items: &'static str) -> Pages<T> {
        Pages::jira(self, items)
    }

    /// Reads a list of Confluence's page by page, following its `_links.next`.
    pub fn confluence_pages<T: DeserializeOwned>(self) -> Pages<T> {
        Pages::confluence(self)
    }

    /// Who calls, and the whole URL: what the first page of a list is read from.
    pub(super) fn into_list(self) -> Result<(Caller, Call, Url), HostError> {
        let prepared = self.prepare()?;
        Ok((prepared.caller, prepared.call, prepared.url))
    }

    fn prepare(self) -> Result<Prepared, HostError> {
        let to = &self.caller.to;
        let url = match &self.target {
            Target::Below(path) => place::resolve(to.base_url(), path, &self.query),
            Target::Foreign(url) => place::foreign(url, &self.query),
        };
        let url = url.ok_or_else(|| HostError::OtherHost {
            callee: to.callee(),
        })?;
        let shown = match self.target {
            Target::Below(_) => Position::BeforePath,
            Target::Foreign(_) => Position::BeforeScheme,
        };
        let call = Call {
            callee: to.callee(),
            method: self.method,
            path: url[shown..Position::AfterPath].to_owned(),
        };
        let body = match self.body {
            None => None,
            Some(_) if call.method == Method::GET => {
                return Err(HostError::BodyOnGet { call });
            }
            Some(body) => Some(body.map_err(|source| HostError::Encode {
                call: call.clone(),
                source,
            })?),
        };
        Ok(Prepared {
            caller: self.caller,
            call,
            url,
            headers: self.headers,
            body,
            within: self.within,
        })
    }
}

impl fmt::Debug for HostCall {
    /// Without query, headers and body, which may be personal or secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Target::Below(text) | Target::Foreign(text)) = &self.target;
        let path = text.split('?').next().unwrap_or_default();
        f.debug_struct("HostCall")
            .field("callee", &self.caller.to.callee())
            .field("method", &self.method)
            .field("path", &redact(path))
            .finish_non_exhaustive()
    }
}
