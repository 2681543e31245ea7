//! A minimal Connect app: it verifies what the sandbox sends with `connect-core` and keeps what it
//! saw, so that tests can ask.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use connect_core::{
    AppKey, BaseUrl, ClientKey, Clock, Product, Secret, Tenant, TokenError,
    keys::RsaPublicKey,
    mint::request_token,
    qsh::RequestLine,
    time::Seconds,
    token_place,
    verify::{Context, Policy, Unverified, Verified, verify_context, verify_host, verify_install},
};
use connect_sandbox::SystemClock;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

pub(crate) const KEY: &str = "com.example.test";

/// What the app was sent and what it made of it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) verdict: Result<(), TokenError>,
    pub(crate) context: Option<Value>,
    /// Identifier and count of a webhook.
    pub(crate) webhook: (Option<String>, Option<String>),
}

#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) base_url: BaseUrl,
    descriptor: Mutex<Value>,
    pub(crate) seen: Mutex<Vec<Seen>>,
    tenant: Mutex<Option<Tenant>>,
    keys_url: Mutex<String>,
    /// Path -> content type and text of what is served there.
    pages: Mutex<HashMap<String, (String, String)>>,
    /// The status answered to `installed`.
    pub(crate) install_status: Mutex<u16>,
    /// Path -> statuses that are answered first, the last one first.
    pub(crate) stumbles: Mutex<HashMap<String, Vec<u16>>>,
    /// Path -> what is answered there, to anybody.
    odd: Mutex<HashMap<String, Odd>>,
    /// Path -> closed when the app may answer there.
    late: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// An answer that no good app gives.
#[derive(Clone, Debug)]
pub(crate) struct Odd {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) body: String,
}

/// The app, running; it stops when dropped.
pub(crate) struct App {
    pub(crate) state: Arc<AppState>,
    pub(crate) descriptor_url: String,
    _tasks: JoinSet<()>,
}

impl App {
    /// Starts an app at a base URL with this path (`""`, `/base`).
    pub(crate) async fn start(path: &str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let base_url = BaseUrl::parse(&format!("{origin}{path}")).unwrap();
        let state = Arc::new(AppState {
            descriptor: Mutex::new(descriptor(&base_url)),
            seen: Mutex::default(),
            tenant: Mutex::default(),
            keys_url: Mutex::default(),
            pages: Mutex::default(),
            install_status: Mutex::new(204),
            stumbles: Mutex::default(),
            odd: Mutex::default(),
            late: Mutex::default(),
            base_url,
        });
        let own = Router::new()
            .route("/atlassian-connect.json", get(show_descriptor))
            .route("/installed", post(install))
            .route("/uninstalled", post(install))
            .fallback(call)
            .with_state(state.clone());
        let router = if path.is_empty() {
            own
        } else {
            Router::new().nest(path, own)
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self {
            descriptor_url: format!("{}/atlassian-connect.json", state.base_url),
            state,
            _tasks: tasks,
        }
    }

    pub(crate) fn trust(&self, keys_url: &str) {
        *self.state.keys_url.lock().unwrap() = keys_url.to_owned();
    }

    pub(crate) fn change_descriptor(&self, change: impl FnOnce(&mut Value)) {
        change(&mut self.state.descriptor.lock().unwrap());
    }

    /// Serves a text; HTML only to requests that prove themselves.
    pub(crate) fn serve(&self, path: &str, content_type: &str, text: &str) {
        let page = (content_type.to_owned(), text.to_owned());
        self.state
            .pages
            .lock()
            .unwrap()
            .insert(path.to_owned(), page);
    }

    /// Answers so at a path, to anybody.
    pub(crate) fn answer_oddly(
        &self,
        path: &str,
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &str,
    ) {
        let odd = Odd {
            status,
            headers: headers.to_vec(),
            body: body.to_owned(),
        };
        self.state.odd.lock().unwrap().insert(path.to_owned(), odd);
    }

    /// Answers nothing at a path until the semaphore is closed.
    pub(crate) fn wait_at(&self, path: &str) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        let mut late = self.state.late.lock().unwrap();
        late.insert(path.to_owned(), gate.clone());
        gate
    }

    /// Verifies a context token of the bridge.
    pub(crate) fn verify_context(&self, token: &str) -> Result<Verified<Context>, TokenError> {
        let policy = policy(&self.state.base_url);
        verify_context(
            &Unverified::parse(token)?,
            &self.tenant(),
            &policy,
            SystemClock.now(),
        )
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The paths called so far, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// What the app asks to be allowed.
    pub(crate) fn allow(&self, scopes: &[&str]) {
        self.change_descriptor(|descriptor| descriptor["scopes"] = json!(scopes));
    }

    /// From now on no request proves itself.
    pub(crate) fn forget_tenant(&self) {
        *self.state.tenant.lock().unwrap() = None;
    }

    pub(crate) fn tenant(&self) -> Tenant {
        self.state.tenant.lock().unwrap().clone().unwrap()
    }

    /// The header of a signed call to the host.
    pub(crate) fn sign(&self, method: &Method, url: &str) -> String {
        let request = RequestLine {
            method: method.as_str(),
            target: url,
            form: None,
        };
        let key = AppKey::parse(KEY).unwrap();
        let token = request_token(
            &self.tenant(),
            &key,
            &request,
            Seconds(180),
            SystemClock.now(),
        );
        format!("JWT {}", token.unwrap())
    }
}

pub(crate) fn descriptor(base_url: &BaseUrl) -> Value {
    json!({
        "key": KEY,
        "name": "Test <App> & Co",
        "description": "An app of the tests",
        "baseUrl": base_url.as_str(),
        "authentication": { "type": "jwt" },
        "lifecycle": {
            "installed": "/installed",
            "uninstalled": "/uninstalled",
            "enabled": "/enabled",
            "disabled": "/disabled",
        },
        "scopes": ["READ"],
        "apiVersion": 1,
        "modules": {
            "generalPages": [
                { "key": "hello", "url": "/hello?name={ac.name}", "name": { "value": "Hello" } },
                { "key": "odd-path", "url": "/a%20b/c?x=1%2C2", "name": { "value": "Odd \"path\"" } },
                { "key": "cached", "url": "/cached", "name": { "value": "Cached" }, "cacheable": true },
            ],
        },
    })
}

async fn show_descriptor(State(state): State<Arc<AppState>>) -> String {
    state.descriptor.lock().unwrap().to_string()
}

/// `installed` and `uninstalled`: RS256, with the key of the host's key server.
async fn install(
    State(state): State<Arc<AppState>>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let verdict = verify_with_host_key(&state, &headers, &uri.to_string()).await;
    let body: Value = serde_json::from_slice(&body).unwrap();
    let status = *state.install_status.lock().unwrap();
    let path = uri.path().to_owned();
    if verdict.is_ok() && path.ends_with("/installed") && status < 300 {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let tenant = Tenant::new(
            AppKey::parse(&text("key")).unwrap(),
            ClientKey::parse(&text("clientKey")).unwrap(),
            BaseUrl::parse(&text("baseUrl")).unwrap(),
            Product::parse(&text("productType")).unwrap(),
            Secret::new(text("sharedSecret")),
            SystemClock.now(),
        );
        *state.tenant.lock().unwrap() = Some(tenant);
    }
    let refused = verdict.is_err();
    state.seen.lock().unwrap().push(Seen {
        path,
        body,
        verdict,
        context: None,
        webhook: (None, None),
    });
    let status = if refused { 401 } else { status };
    StatusCode::from_u16(status).unwrap().into_response()
}

/// Everything else: HS256 with the tenant's secret.
async fn call(
    State(state): State<Arc<AppState>>,
    OriginalUri(uri): OriginalUri,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let gate = state.late.lock().unwrap().get(uri.path()).cloned();
    if let Some(gate) = gate {
        gate.acquire().await.unwrap_err();
    }
    let odd = state.odd.lock().unwrap().get(uri.path()).cloned();
    if let Some(odd) = odd {
        let mut response = (StatusCode::from_u16(odd.status).unwrap(), odd.body).into_response();
        for (name, value) in odd.headers {
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        return response;
    }
    let target = uri.to_string();
    let request = RequestLine {
        method: method.as_str(),
        target: &target,
        form: None,
    };
    let tenant = state.tenant.lock().unwrap().clone();
    let mut context = None;
    let verdict = token_place::find(authorization(&headers), &request).and_then(|token| {
        let token = Unverified::parse(&token)?;
        let tenant = tenant.as_ref().ok_or(TokenError::UnknownTenant)?;
        let proof = verify_host(&token, tenant, &request, &policy(&state.base_url), SystemClock.now())?;
        context = Some(json!({ "sub": proof.claims().sub.as_ref().map(|sub| sub.as_str()), "claims": proof.claims().context }));
        Ok(())
    });
    let page = state.pages.lock().unwrap().get(uri.path()).cloned();
    let public = page.as_ref().is_some_and(|(kind, _)| kind != "text/html");
    let status = if verdict.is_ok() || public {
        StatusCode::OK
    } else {
        StatusCode::UNAUTHORIZED
    };
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let path = uri.path().to_owned();
    let header = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let webhook = (
        header("x-atlassian-webhook-identifier"),
        header("x-atlassian-webhook-retry"),
    );
    let stumble = state
        .stumbles
        .lock()
        .unwrap()
        .get_mut(&path)
        .and_then(Vec::pop);
    let status = match stumble {
        Some(stumble) => StatusCode::from_u16(stumble).unwrap(),
        None => status,
    };
    state.seen.lock().unwrap().push(Seen {
        path,
        body,
        verdict,
        context,
        webhook,
    });
    match page {
        Some((kind, text)) if status == StatusCode::OK => {
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        _ => status.into_response(),
    }
}

async fn verify_with_host_key(
    state: &AppState,
    headers: &HeaderMap,
    target: &str,
) -> Result<(), TokenError> {
    let request = RequestLine {
        method: "POST",
        target,
        form: None,
    };
    let token = token_place::find(authorization(headers), &request)?.into_owned();
    let token = Unverified::parse(&token)?;
    let keys_url = state.keys_url.lock().unwrap().clone();
    let url = format!("{keys_url}/{}", token.compact().kid()?);
    let answer = crate::client::get(&url).await;
    let pem = match answer.status {
        200 => answer.body,
        _ => return Err(TokenError::Kid),
    };
    let key = RsaPublicKey::from_pem(&pem).map_err(|_| TokenError::Kid)?;
    verify_install(
        &token,
        &key,
        &request,
        &policy(&state.base_url),
        SystemClock.now(),
    )
    .map(|_| ())
}

fn policy(base_url: &BaseUrl) -> Policy {
    Policy {
        app_key: AppKey::parse(KEY).unwrap(),
        base_urls: vec![base_url.clone()],
        leeway: Seconds(30),
        max_lifetime: Seconds(24 * 60 * 60),
        max_session: Seconds(15 * 60),
        session_without_purpose: false,
    }
}

fn authorization(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(http::header::AUTHORIZATION).iter();
    values.filter_map(|value| value.to_str().ok())
}

/// How long tests wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
