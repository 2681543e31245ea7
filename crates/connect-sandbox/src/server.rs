//! The listening socket, the routes, and the faults that concern connections.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use connect_core::BaseUrl;
use http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use serde_json::json;
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt;

use crate::{
    control,
    event::SandboxEvent,
    faults::{Fault, Operation},
    forge, grants, pages, rest,
    state::{Shared, Site, lock},
    upm,
};

/// What a handler of one site needs.
#[derive(Clone, Debug)]
pub(crate) struct OnSite {
    pub(crate) shared: Arc<Shared>,
    pub(crate) site: Arc<Site>,
}

/// Answers requests until the sandbox closes.
pub(crate) async fn run(shared: Arc<Shared>, listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let next = || async {
        let place = places.clone().acquire_owned().await.ok()?;
        Some((place, listener.accept().await))
    };
    while let Some(Some((place, accepted))) = shared.tasks.closing.run_until_cancelled(next()).await
    {
        let Ok((stream, _)) = accepted else {
            // The peer was gone already, or we are out of descriptors: give others time to end.
            wait(Duration::from_millis(20)).await;
            continue;
        };
        // Small answers must not wait for more; failing to say so costs speed only.
        let _ = stream.set_nodelay(true);
        let (router, handler) = (router.clone(), shared.clone());
        let service = service_fn(move |request| answer(handler.clone(), router.clone(), request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(30))
            .max_buf_size(MOST_HEAD)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        shared.tasks.start(async move {
            // An error here is the client's: it went away, or spoke no HTTP.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Every route of the sandbox.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new()
        .route("/install-keys/{*kid}", get(install_key))
        .route("/_media/{ticket}", get(rest::media))
        .merge(control::router(shared))
        .merge(forge::router())
        .merge(grants::router())
        .merge(pages::router())
        .with_state(shared.clone());
    // The first customer's, ready; those of others when they are asked for.
    let (first, others) = shared.sites.split_at(2);
    for site in first {
        router = router.merge(site_routes(shared, site));
    }
    if !others.is_empty() {
        let later = Arc::new(Later {
            shared: shared.clone(),
            routers: Mutex::default(),
        });
        router = router.fallback(async move |request| later.answer(request).await);
    }
    router.layer(DefaultBodyLimit::max(MOST_BODY))
}

/// Routes of sites that are made when somebody comes: a thousand sites cost nothing before.
struct Later {
    shared: Arc<Shared>,
    /// By context path.
    routers: Mutex<HashMap<String, Router>>,
}

impl Later {
    async fn answer(&self, request: Request<Body>) -> Response {
        let path = request.uri().path();
        let meant = |site: &&Arc<Site>| {
            let below = path.strip_prefix(site.base_url.path());
            let gateway = || path.strip_prefix(gateway_path(site).as_str());
            let below = below.or_else(|| path.starts_with("/ex/").then(gateway).flatten());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let Some(site) = self.shared.sites[2..].iter().find(meant) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let router = {
            let mut routers = lock(&self.routers);
            let made = || site_routes(&self.shared, site);
            let known = routers.entry(site.base_url.path().to_owned());
            known.or_insert_with(made).clone()
        };
        let answered: Result<Response, Infallible> = router.oneshot(request).await;
        let Ok(response) = answered;
        response
    }
}

/// Through Atlassian's gateway the same resources are below another path.
fn gateway_path(site: &Site) -> String {
    format!("/ex/{}/{}", site.product.as_str(), site.cloud_id)
}

fn site_routes(shared: &Arc<Shared>, site: &Arc<Site>) -> Router {
    let on = OnSite {
        shared: shared.clone(),
        site: site.clone(),
    };
    let site_router = Router::new()
        .merge(upm::router(on.clone()))
        .merge(rest::router(on.clone()))
        .merge(pages::site_router(on.clone()));
    let path = site.base_url.path();
    let without_slash = Redirect::permanent(path);
    let gateway = gateway_path(site);
    Router::new()
        .nest(&gateway, rest::gateway(OnSite::clone(&on), &gateway))
        .route(&format!("{path}/"), get(async move || without_slash))
        .nest(path, site_router)
        .layer(DefaultBodyLimit::max(MOST_BODY))
}

/// The key server: PEM by key id, nothing else (Atlassian, "Signed install callback").
async fn install_key(State(shared): State<Arc<Shared>>, Path(kid): Path<String>) -> Response {
    if let Some(served) = shared.keys.served(&kid) {
        let closing = &shared.tasks.closing;
        // A sandbox that closes does not wait for it.
        let _ = closing.run_until_cancelled(wait(served.after)).await;
        return (ordered_status(served.status), served.text).into_response();
    }
    let found = shared
        .keys
        .key()
        .await
        .ok()
        .filter(|key| key.kid.as_str() == kid);
    let with_404 = shared
        .take_fault(|fault| *fault == Fault::KeyWith404)
        .is_some();
    let status = if found.is_some() && !with_404 {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    shared.journal.record(SandboxEvent::KeyServed {
        status: status.as_u16(),
    });
    match found {
        Some(key) => (
            status,
            [(header::CONTENT_TYPE, "application/x-pem-file")],
            key.public_pem.clone(),
        )
            .into_response(),
        None => (status, "no such key\n").into_response(),
    }
}

/// The connection is to be cut.
#[derive(Debug, thiserror::Error)]
#[error("cut on order")]
struct Cut;

async fn answer(
    shared: Arc<Shared>,
    router: Router,
    request: Request<Incoming>,
) -> Result<Response, Cut> {
    if !is_ours(request.headers().get(header::HOST), shared.port) {
        // SECURITY: a page of the Internet whose name is made to point here must not read tokens
        // (DNS rebinding). Test: other_host_names_are_refused.
        return Ok((
            StatusCode::MISDIRECTED_REQUEST,
            "this sandbox answers to localhost only\n",
        )
            .into_response());
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let operation = Operation::of(&shared, &method, &path);
    let fault = operation
        .and_then(|operation| shared.take_fault(|fault| fault.operation() == Some(operation)));
    let run = async {
        let response: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
        let Ok(response) = response;
        response
    };
    let response = match &fault {
        Some(Fault::Answer { status, .. }) => Some(ordered_answer(*status)),
        Some(Fault::Delay { by, .. }) => {
            wait(*by).await;
            Some(run.await)
        }
        Some(Fault::LoseAnswer { .. }) => {
            run.await;
            None
        }
        Some(Fault::Silence { .. }) => {
            shared.tasks.closing.cancelled().await;
            None
        }
        _ => Some(run.await),
    };
    if path.contains("/rest/plugins/1.0") {
        shared.journal.record(SandboxEvent::UpmCall {
            method: method.to_string(),
            path,
            status: response.as_ref().map(|response| response.status().as_u16()),
        });
    }
    response.ok_or(Cut)
}

fn is_ours(host: Option<&HeaderValue>, port: u16) -> bool {
    let Some(host) = host.and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let url = BaseUrl::parse(&format!("http://{host}"));
    url.is_ok_and(|url| {
        url.is_loopback()
            && url.path().is_empty()
            && (url.origin().ends_with(&format!(":{port}")) || port == 80)
    })
}

fn ordered_status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
}

fn ordered_answer(status: u16) -> Response {
    let status = ordered_status(status);
    let body = Json(json!({ "message": "this answer was ordered as a fault" }));
    if status == StatusCode::TOO_MANY_REQUESTS {
        return (status, [(header::RETRY_AFTER, "5")], body).into_response();
    }
    (status, body).into_response()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a delay that somebody ordered and faults.rs bounds, or a back-off"
)]
pub(crate) async fn wait(by: Duration) {
    tokio::time::sleep(by).await;
}

impl Operation {
    fn of(shared: &Shared, method: &Method, path: &str) -> Option<Self> {
        if path.starts_with("/install-keys/") {
            return Some(Self::InstallKey);
        }
        match path {
            forge::JWKS => return Some(Self::ForgeKeys),
            "/oauth2/token" => return Some(Self::Token),
            gateway if gateway.starts_with("/ex/") => return Some(Self::Rest),
            _ => {}
        }
        let site = shared
            .sites
            .iter()
            .find_map(|site| path.strip_prefix(site.base_url.path()))?;
        let Some(upm) = site.strip_prefix("/rest/plugins/1.0") else {
            let rest = ["/rest/", "/api/v2/"];
            let is_rest = rest.iter().any(|root| site.starts_with(root));
            return is_rest.then_some(Self::Rest);
        };
        match (method.as_str(), upm) {
            ("GET" | "HEAD", "" | "/") => Some(Self::List),
            ("POST", "" | "/") => Some(Self::Register),
            ("GET", "/settings") => Some(Self::Settings),
            ("GET", task) if task.starts_with("/pending/") => Some(Self::Poll),
            ("DELETE", _) => Some(Self::Deregister),
            _ => None,
        }
    }
}

/// Binds a loopback port; 0 is any.
pub(crate) async fn listen(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await
}

/// Far above what one developer opens; below what a process may.
const MOST_CONNECTIONS: usize = 512;

/// Longest request line and headers, in bytes.
const MOST_HEAD: usize = 128 * 1024;

/// Largest request body, in bytes.
const MOST_BODY: usize = 4 * 1024 * 1024;
