//! Lists that come in pages.

use std::{collections::VecDeque, fmt, marker::PhantomData};

use futures_util::stream::{self, Stream};
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use super::{Call, Caller, HostCall, HostError};

/// A list that is read page by page, as far as somebody asks for more.
///
/// Every page is a call of its own and signed as one. A host whose pages do not follow one another
/// is found out: reading ends with an error, not never.
///
/// ```no_run
/// # use connect_runtime::{HostClient, HostError};
/// # async fn of(client: HostClient) -> Result<(), HostError> {
/// let search = client.get("/rest/api/3/search/jql").query("jql", "project = PLAN");
/// let mut issues = search.jira_pages::<serde_json::Value>("issues");
/// while let Some(issue) = issues.next().await? {
///     println!("{}", issue["key"]);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list does nothing until it is read"]
pub struct Pages<T> {
    style: Style,
    next: Next,
    ready: VecDeque<Value>,
    /// The call of the page that is being read, for errors.
    call: Option<Call>,
    turned: usize,
    item: PhantomData<fn() -> T>,
}

#[derive(Clone, Copy, Debug)]
enum Style {
    Confluence,
    Jira { items: &'static str },
}

/// Where the next page is.
enum Next {
    /// Nothing was asked for yet.
    First(Box<HostCall>),
    At(Box<(Caller, Url)>),
    /// There is no further page, or there was an error.
    Nowhere,
}

/// Pages of one list; a host that has more goes round in a circle.
const MAX_PAGES: usize = 10_000;

impl<T: DeserializeOwned> Pages<T> {
    pub(super) fn jira(call: HostCall, items: &'static str) -> Self {
        Self::new(call, Style::Jira { items })
    }

    pub(super) fn confluence(call: HostCall) -> Self {
        Self::new(call, Style::Confluence)
    }

    fn new(call: HostCall, style: Style) -> Self {
        Self {
            style,
            next: Next::First(Box::new(call)),
            ready: VecDeque::new(),
            call: None,
            turned: 0,
            item: PhantomData,
        }
    }

    /// The next item; nothing at the end of the list.
    ///
    /// # Errors
    /// [`HostError`]; after one the list is at its end.
    pub async fn next(&mut self) -> Result<Option<T>, HostError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                let item = serde_json::from_value(item).ok();
                return item.map(Some).ok_or_else(|| self.wrong_item());
            }
            if !self.turn().await? {
                return Ok(None);
            }
        }
    }

    /// All items up to so many, which is as far as is read.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn up_to(mut self, most: usize) -> Result<Vec<T>, HostError> {
        let mut all = Vec::new();
        while all.len() < most
            && let Some(item) = self.next().await?
        {
            all.push(item);
        }
        Ok(all)
    }

    /// The same as a stream of items, which ends after an error.
    pub fn into_stream(self) -> impl Stream<Item = Result<T, HostError>> {
        stream::try_unfold(self, async |mut pages: Self| {
            Ok(pages.next().await?.map(|item| (item, pages)))
        })
    }

    /// Fetches a page; false when there is none.
    async fn turn(&mut self) -> Result<bool, HostError> {
        let (caller, url) = match std::mem::replace(&mut self.next, Next::Nowhere) {
            Next::First(call) => {
                let (caller, call, url) = call.into_list()?;
                self.call = Some(call);
                (caller, url)
            }
            Next::At(at) => *at,
            Next::Nowhere => return Ok(false),
        };
        let fetch = HostCall::new(caller.clone(), Method::GET, url.as_str()).fetch();
        let mut page: Map<String, Value> = fetch.await?;
        let (name, next) = match self.style {
            Style::Confluence => ("results", confluence_next(&url, &page)),
            Style::Jira { items } => (items, jira_next(&url, &page, items)),
        };
        let Some(Value::Array(items)) = page.remove(name) else {
            return Err(self.out_of_order("the answer is no page of it"));
        };
        self.ready = items.into();
        self.turned += 1;
        let next = next.map_err(|problem| self.out_of_order(problem))?;
        self.next = match next {
            None => Next::Nowhere,
            Some(next) if next == url => {
                return Err(self.out_of_order("a page is followed by itself"));
            }
            Some(_) if self.turned >= MAX_PAGES => {
                return Err(self.out_of_order("there are too many"));
            }
            Some(next) => Next::At(Box::new((caller, next))),
        };
        Ok(true)
    }

    fn out_of_order(&mut self, problem: &'static str) -> HostError {
        self.ready.clear();
        HostError::Paging {
            call: self.page_call(),
            problem,
        }
    }

    fn wrong_item(&mut self) -> HostError {
        self.ready.clear();
        self.next = Next::Nowhere;
        HostError::Decode {
            call: self.page_call(),
            line: 0,
            column: 0,
        }
    }

    fn page_call(&self) -> Call {
        self.call
            .clone()
            .expect("a page was fetched, and its call was kept before")
    }
}

impl<T> fmt::Debug for Pages<T> {
    /// Without the items, which are the site's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("style", &self.style)
            .field("ready", &self.ready.len())
            .field("turned", &self.turned)
            .finish_non_exhaustive()
    }
}

/// Jira, "Pagination" and "Enhanced search": `startAt` and `maxResults`, or a token.
fn jira_next(
    url: &Url,
    page: &Map<String, Value>,
    items: &str,
) -> Result<Option<Url>, &'static str> {
    let text = |name: &str| page.get(name).and_then(Value::as_str);
    let number = |name: &str| page.get(name).and_then(Value::as_u64);
    if page.get("isLast").and_then(Value::as_bool) == Some(true) {
        return Ok(None);
    }
    if let Some(token) = text("nextPageToken").filter(|token| !token.is_empty()) {
        return Ok(Some(with_param(url, "nextPageToken", token)));
    }
    let Some(start) = number("startAt") else {
        return Ok(None);
    };
    let asked = url.query_pairs().find(|(name, _)| name == "startAt");
    let asked = asked.map_or(Ok(0), |(_, value)| value.parse::<u64>());
    if asked != Ok(start) {
        return Err("the host answered another page than was asked for");
    }
    let count = page
        .get(items)
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let next = start.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    let ended = count == 0 || number("total").is_some_and(|total| next >= total);
    Ok((!ended).then(|| with_param(url, "startAt", &next.to_string())))
}

/// Confluence, "Pagination": a link relative to the context path in version 1, to the host in
/// version 2; to us it is one below the base URL, which the client looks at again.
fn confluence_next(url: &Url, page: &Map<String, Value>) -> Result<Option<Url>, &'static str> {
    let link = |name: &str| page.get("_links")?.get(name)?.as_str();
    let Some(next) = link("next").filter(|next| !next.is_empty()) else {
        return Ok(None);
    };
    let context = link("context").unwrap_or_default();
    let before = match url
        .path()
        .find("/rest/")
        .or_else(|| url.path().find("/api/"))
    {
        Some(at) => &url.path()[..at],
        None => "",
    };
    let no_link = "the link to the next page cannot be read";
    if !next.starts_with('/') || next.starts_with("//") {
        return Url::parse(next).map(Some).map_err(|_| no_link);
    }
    let below_context = !context.is_empty() && next.starts_with(&format!("{context}/"));
    // Up to where this very page is, its own context path included once.
    let place = match before.strip_suffix(context) {
        Some(outer) if below_context => outer,
        _ if next.starts_with(&format!("{before}/")) => "",
        _ => before,
    };
    url.join(&format!("{place}{next}"))
        .map(Some)
        .map_err(|_| no_link)
}

/// The same URL with one parameter set, whatever it was.
fn with_param(url: &Url, name: &str, value: &str) -> Url {
    let mut next = url.clone();
    let others = url.query_pairs().filter(|(other, _)| other != name);
    next.query_pairs_mut()
        .clear()
        .extend_pairs(others)
        .append_pair(name, value);
    next
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jira(url: &str, page: &Value) -> Result<Option<String>, &'static str> {
        let url = Url::parse(url).unwrap();
        let next = jira_next(&url, page.as_object().unwrap(), "values")?;
        Ok(next.map(String::from))
    }

    #[test]
    fn jiras_two_styles_go_on_and_end() {
        let base = "https://a.example/rest/api/3/project/search?expand=lead";
        let page = json!({"startAt": 0, "total": 3, "values": [1, 2]});
        assert_eq!(
            jira(base, &page).unwrap().unwrap(),
            format!("{base}&startAt=2")
        );
        let second = format!("{base}&startAt=2");
        let page = json!({"startAt": 2, "total": 3, "values": [3]});
        assert_eq!(jira(&second, &page), Ok(None));
        let page = json!({"startAt": 2, "isLast": true, "values": [3]});
        assert_eq!(jira(&second, &page), Ok(None));
        let page = json!({"startAt": 2, "values": []});
        assert_eq!(jira(&second, &page), Ok(None));
        let page = json!({"nextPageToken": "a b", "values": [3]});
        assert_eq!(
            jira(base, &page).unwrap().unwrap(),
            format!("{base}&nextPageToken=a+b")
        );
        assert_eq!(jira(base, &json!({"values": [3]})), Ok(None));
    }

    #[test]
    fn a_host_that_answers_another_page_is_found_out() {
        let page = json!({"startAt": 0, "total": 3, "values": [1, 2]});
        let url = "https://a.example/x?startAt=2";
        assert!(jira(url, &page).is_err());
    }

    #[test]
    fn confluences_links_are_below_its_base() {
        let check = |url: &str, links: Value, expected: &str| {
            let url = Url::parse(url).unwrap();
            let page = json!({ "_links": links });
            let next = confluence_next(&url, page.as_object().unwrap());
            assert_eq!(next.unwrap().unwrap().as_str(), expected);
        };
        let site = "https://a.example/wiki";
        let next = "/rest/api/content?cursor=x";
        check(
            &format!("{site}/rest/api/content"),
            json!({"next": next, "context": "/wiki"}),
            &format!("{site}{next}"),
        );
        check(
            &format!("{site}/api/v2/pages"),
            json!({"next": "/wiki/api/v2/pages?cursor=x"}),
            &format!("{site}/api/v2/pages?cursor=x"),
        );
        let gateway = "https://api.example/ex/confluence/1";
        check(
            &format!("{gateway}/wiki/rest/api/content"),
            json!({"next": next, "context": "/wiki"}),
            &format!("{gateway}/wiki{next}"),
        );
        check(
            &format!("{gateway}/wiki/api/v2/pages"),
            json!({"next": "/wiki/api/v2/pages?cursor=x", "context": "/wiki"}),
            &format!("{gateway}/wiki/api/v2/pages?cursor=x"),
        );
    }
}
