//! `connect call`: calls the product's REST interface as the app or as one of its users, with
//! tokens that the running session signs.

mod filter;
mod pages;

use std::time::Duration;

use connect_core::impersonation::Grant;
use connect_core::{BaseUrl, Secret};
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use crate::context::Context;
use crate::error::CliError;
use crate::http::{self, Answer};
use crate::inspect::{self, AskError, Order, TokenKind};
use crate::project::{Product, read_json};
use crate::ui;

pub(crate) use filter::Filter;

/// What to call.
#[derive(Clone, Debug)]
pub(crate) struct CallOptions {
    /// Method, in any case.
    pub(crate) method: String,
    /// Path below the site's address.
    pub(crate) path: String,
    /// `NAME=VALUE`: members of the body, or parameters where there is none.
    pub(crate) fields: Vec<String>,
    /// Print status and header fields too.
    pub(crate) include: bool,
    /// File with the body, or `-` for stdin.
    pub(crate) input: Option<String>,
    /// Client key of the tenant.
    pub(crate) tenant: Option<String>,
    /// What the tenant is of, where none is named.
    pub(crate) product: Option<Product>,
    /// Account id of the user to act as.
    pub(crate) as_user: Option<String>,
    /// Follow to the next pages, so many in all.
    pub(crate) pages: Option<u32>,
    /// Print only what is there.
    pub(crate) filter: Option<Filter>,
}

/// Longest wait for the host.
const HOST: Duration = Duration::from_secs(30);

/// Calls the product and prints what it answers.
///
/// # Errors
/// When there is no session, the host refuses, or it does not answer.
pub(crate) async fn call(options: &CallOptions, context: &Context) -> Result<(), CliError> {
    let method: Method = options
        .method
        .to_ascii_uppercase()
        .parse()
        .map_err(CliError::call_arguments)?;
    if options.pages.is_some() && method != Method::GET {
        return Err(CliError::call_arguments("only a GET has pages"));
    }
    // Fields are the query of what has no body (hosts refuse a GET with one: CHANGE-2328).
    let has_body = !matches!(method, Method::GET | Method::HEAD | Method::DELETE);
    let mut target = format!("/{}", options.path.trim_start_matches('/'));
    if !has_body && !options.fields.is_empty() {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs(options))
            .finish();
        let between = if target.contains('?') { '&' } else { '?' };
        target = format!("{target}{between}{query}");
    }
    let body = if has_body {
        body(options, context)?
    } else {
        None
    };
    let caller = match &options.as_user {
        Some(user) => Caller::user(user, options, context).await?,
        None => Caller::App,
    };
    let most = options.pages.unwrap_or(1);
    for page in 1..=most {
        let (site, url, answer) =
            send(&method, &target, body.as_ref(), &caller, options, context).await?;
        print(&answer, options, context)?;
        if !answer.status.is_success() {
            return Err(CliError::call_refused(answer.status.as_u16()));
        }
        if options.pages.is_none() {
            return Ok(());
        }
        match pages::next(&site, &url, &answer).map_err(CliError::call_pages)? {
            None => return Ok(()),
            Some(_) if page == most => {
                let text = format!("there are more than {most} pages: --paginate={}", most * 10);
                context.ui.warning(&text);
            }
            Some(next) => target = next,
        }
    }
    Ok(())
}

/// Who calls.
enum Caller {
    /// The app: each request has a token of its own.
    App,
    /// A user, whose token is good for all of them, and the site it is for.
    User(Secret, String),
}

impl Caller {
    /// Gets a token for acting as a user (RFC 7523; Atlassian, "User impersonation for Connect
    /// apps").
    async fn user(user: &str, options: &CallOptions, context: &Context) -> Result<Self, CliError> {
        let question = json!({
            "tenant": options.tenant, "product": options.product, "user": user,
        });
        let said = match ask("api/assertion", &question, context).await {
            Err(AskError::Refused(why)) => return Err(CliError::not_as_user(&why)),
            said => said?,
        };
        let text = |name: &str| said[name].as_str().unwrap_or_default();
        let url = format!("{}/oauth2/token", text("server"));
        let url = Url::parse(&url).map_err(CliError::call_arguments)?;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", text("assertion"))
            .finish();
        let client = context.http.client(&url).map_err(CliError::call_failed)?;
        let request = client
            .post(url)
            .header("Accept", "application/json")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = http::send(request, HOST)
            .await
            .map_err(CliError::call_failed)?;
        if !answer.status.is_success() {
            let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            let why = said["error_description"].as_str();
            let status = answer.status.to_string();
            return Err(CliError::not_as_user(why.unwrap_or(&status)));
        }
        let grant = Grant::parse(&answer.body, inspect::now());
        let grant = grant.ok_or_else(|| CliError::not_as_user("the answer holds no token"))?;
        Ok(Self::User(grant.token, text("baseUrl").to_owned()))
    }
}

/// Sends one request, and says which site and which address it went to.
async fn send(
    method: &Method,
    target: &str,
    body: Option<&Value>,
    caller: &Caller,
    options: &CallOptions,
    context: &Context,
) -> Result<(BaseUrl, Url, Answer), CliError> {
    let (authorization, site) = match caller {
        Caller::App => {
            let order = Order {
                method: method.to_string(),
                target: target.to_owned(),
                tenant: options.tenant.clone(),
                product: options.product,
                user: None,
                kind: TokenKind::App,
                flaw: None,
            };
            let signed = ask("api/sign", &json!(order), context).await?;
            let text = |name: &str| signed[name].as_str().unwrap_or_default().to_owned();
            (format!("JWT {}", text("token")), text("baseUrl"))
        }
        Caller::User(token, site) => (format!("Bearer {}", token.expose()), site.clone()),
    };
    let site = BaseUrl::parse(&site).map_err(CliError::call_arguments)?;
    let url = Url::parse(&format!("{site}{target}")).map_err(CliError::call_arguments)?;
    let client = context.http.client(&url).map_err(CliError::call_failed)?;
    let mut request = client
        .request(method.clone(), url.clone())
        .header("Authorization", authorization)
        .header("Accept", "application/json");
    if let Some(body) = body {
        request = request.header("Content-Type", "application/json");
        request = request.body(body.to_string());
    }
    let answer = http::send(request, HOST).await;
    Ok((site, url, answer.map_err(CliError::call_failed)?))
}

async fn ask(path: &str, question: &Value, context: &Context) -> Result<Value, AskError> {
    inspect::ask(&context.cwd, &context.http, path, Some(question)).await
}

fn print(answer: &Answer, options: &CallOptions, context: &Context) -> Result<(), CliError> {
    if options.include {
        context.ui.data(&format!("HTTP {}", answer.status));
        for (name, value) in &answer.headers {
            let value = value.to_str().unwrap_or_default();
            context.ui.data(&format!("{name}: {value}"));
        }
        context.ui.data("");
    }
    let body = String::from_utf8_lossy(&answer.body);
    // What a refusal says is no answer to filter.
    if let (Some(filter), true) = (&options.filter, answer.status.is_success()) {
        let value: Value = serde_json::from_str(&body).map_err(CliError::call_filter)?;
        for found in filter.run(&value).map_err(CliError::call_filter)? {
            context.ui.data(&match found {
                Value::String(text) => text.clone(),
                Value::Array(_) | Value::Object(_) if ui::stdout_is_terminal() => {
                    format!("{found:#}")
                }
                found => found.to_string(),
            });
        }
        return Ok(());
    }
    context
        .ui
        .data(&match serde_json::from_str::<Value>(&body) {
            // Indented for people; for programs as it came, or a page a line.
            Ok(value) if ui::stdout_is_terminal() => format!("{value:#}"),
            Ok(value) if options.pages.is_some() => value.to_string(),
            _ => body.trim_end().to_owned(),
        });
    Ok(())
}

fn pairs(options: &CallOptions) -> impl Iterator<Item = (&str, &str)> {
    let fields = options.fields.iter();
    fields.filter_map(|field| field.split_once('='))
}

/// The body, from a file, stdin or fields.
fn body(options: &CallOptions, context: &Context) -> Result<Option<Value>, CliError> {
    match options.input.as_deref() {
        Some("-") => {
            let text = ui::read_stdin(http::MAX_BODY as u64).map_err(CliError::call_arguments)?;
            serde_json::from_str(&text)
                .map(Some)
                .map_err(CliError::call_arguments)
        }
        Some(file) => Ok(Some(read_json(&context.cwd.join(file))?)),
        None if options.fields.is_empty() => Ok(None),
        None => {
            // What reads as JSON is JSON: `-f maxResults=5` is a number.
            let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.into());
            let all: Map<_, _> = pairs(options)
                .map(|(name, text)| (name.to_owned(), value(text)))
                .collect();
            Ok(Some(all.into()))
        }
    }
}
