//! The routes every app has, what surrounds all routes, and the server.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRef, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Json, Response},
    routing::get,
};
use http::{Method, header};
use tokio::net::TcpListener;

use crate::{
    app::{ConnectApp, StartError},
    extract::{FormBody, Proved, Visitor},
    headers, lifecycle,
    rejection::Rejection,
    routes::{Routes, takes_form},
    webhooks,
};

/// Longest form body; the token may be in it, so it is read before the handler runs.
const MAX_FORM: usize = 1024 * 1024;
/// Where whoever watches the process asks for it.
const HEALTH: &str = "/healthz";
/// How long requests and hooks under way may take when the app is told to stop.
const DRAIN: Duration = Duration::from_secs(10);

impl ConnectApp {
    /// The app's routes and the ones every app has: the descriptor, the lifecycle calls, where the
    /// descriptor says they are, and `/healthz`, unless the app has one of its own.
    pub fn router(&self, routes: Routes<Self>) -> Router {
        self.router_with(routes, self.clone())
    }

    /// As [`ConnectApp::router`], with a state of the app's own.
    pub fn router_with<S>(&self, routes: Routes<S>, state: S) -> Router
    where
        S: Clone + Send + Sync + 'static,
        Self: FromRef<S>,
    {
        let all: Router = routes
            .into_router()
            .with_state(state)
            .merge(own_routes(self));
        // Behind a proxy that keeps the base path and behind one that takes it away.
        let base = self.config().local_base_url.path();
        let all = if base.is_empty() {
            all
        } else {
            Router::new().nest(base, all.clone()).fallback_service(all)
        };
        all.layer(middleware::from_fn_with_state(self.clone(), surround))
    }

    /// Listens on the configured port and serves until SIGINT or SIGTERM, then lets requests and
    /// hooks under way finish.
    ///
    /// # Errors
    /// [`StartError::Address`] when the port cannot be listened on.
    pub async fn serve(self, routes: Routes<Self>) -> Result<(), StartError> {
        let config = self.config();
        let address = format!("{}:{}", config.address, config.port);
        let listener = TcpListener::bind(&address)
            .await
            .map_err(|source| StartError::Address { address, source })?;
        self.serve_on(listener, routes, stop_signal()).await
    }

    /// Serves on a listener until `stop` is ready, then lets requests and hooks under way finish.
    ///
    /// # Errors
    /// [`StartError::Serve`].
    pub async fn serve_on(
        self,
        listener: TcpListener,
        routes: Routes<Self>,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StartError> {
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, url = %self.config().local_base_url, "listening");
        }
        let stopped = Arc::new(tokio::sync::Notify::new());
        let tell = Arc::clone(&stopped);
        let server =
            axum::serve(listener, self.router(routes)).with_graceful_shutdown(async move {
                stop.await;
                tell.notify_one();
            });
        // Connections that stay open do not keep the app alive for ever.
        let late = async {
            stopped.notified().await;
            tokio::time::timeout(DRAIN, std::future::pending::<()>())
                .await
                .ok();
        };
        tokio::select! {
            served = server => served.map_err(StartError::Serve)?,
            () = late => tracing::warn!("stopped with requests under way"),
        }
        let tasks = &self.inner().tasks;
        tasks.close();
        if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(tasks = tasks.len(), "stopped with hooks under way");
        }
        Ok(())
    }
}

/// The routes every app has.
fn own_routes(app: &ConnectApp) -> Router {
    Router::new()
        .route("/atlassian-connect.json", get(descriptor))
        .fallback(unrouted)
        .with_state(app.clone())
}

/// The descriptor: public, because the host reads it before it knows the app.
async fn descriptor(State(app): State<ConnectApp>) -> Response {
    let descriptor = app.descriptor();
    if descriptor.as_json().is_empty() {
        return Rejection::NotFound.into_response();
    }
    let mut response = Json(descriptor.as_json()).into_response();
    headers::set(response.headers_mut(), header::CACHE_CONTROL, "no-cache");
    response
}

/// What no route takes: a webhook of the descriptor that no handler waits for is verified and
/// told to whoever listens, as ACE does; whoever watches the process is told that it answers;
/// anything else is not there.
async fn unrouted(State(app): State<ConnectApp>, request: Request) -> Response {
    let descriptor = app.descriptor();
    let (parts, body) = request.into_parts();
    let path = lifecycle::below_base(&app, parts.uri.path());
    // Says nothing of the store: a process that is restarted does not bring a database back.
    if path == HEALTH && matches!(parts.method, Method::GET | Method::HEAD) {
        return "ok\n".into_response();
    }
    match descriptor.webhook_event(path).map(str::to_owned) {
        Some(event) if parts.method == Method::POST => {
            let answer = webhooks::answer(&app, &event, parts, body).await;
            answer.unwrap_or_else(IntoResponse::into_response)
        }
        _ => Rejection::NotFound.into_response(),
    }
}

/// The host's own calls, wherever the descriptor puts them now. They come before the app's routes,
/// so that a route for every path cannot shut them out. They are boxed, because every request pays
/// for the size of this future.
async fn host_call(app: &ConnectApp, request: Request, next: Next) -> Response {
    if *request.method() != Method::POST {
        return next.run(request).await;
    }
    let path = lifecycle::below_base(app, request.uri().path());
    let descriptor = app.descriptor();
    if let Some(event) = descriptor.lifecycle_event(path)
        && app.config().setup_install_route
    {
        let (parts, body) = request.into_parts();
        let answer = Box::pin(lifecycle::answer(app, event, &parts, body)).await;
        return answer.unwrap_or_else(IntoResponse::into_response);
    }
    // An app may have a route of its own for an event that it has no handler for.
    if let Some(event) = descriptor.webhook_event(path)
        && app.handles(event)
    {
        let (parts, body) = request.into_parts();
        let answer = Box::pin(webhooks::answer(app, event, parts, body)).await;
        return answer.unwrap_or_else(IntoResponse::into_response);
    }
    next.run(request).await
}

/// Around every route: the request's id, the form body, the headers, and what a refusal says.
async fn surround(State(app): State<ConnectApp>, request: Request, next: Next) -> Response {
    let (mut parts, mut body) = request.into_parts();
    let id = request_id();
    let line = format!("{} {}", parts.method, parts.uri.path());
    let accept = parts.headers.get(header::ACCEPT).cloned();
    let proved = Proved::default();
    parts.extensions.insert(proved.clone());
    // For layers, which have no state.
    parts.extensions.insert(app.clone());

    let mut response = match put_form_aside(&mut parts, &mut body).await {
        Ok(()) => host_call(&app, Request::from_parts(parts, body), next).await,
        Err(rejection) => rejection.into_response(),
    };
    headers::explain(&app, &mut response, &id, &line, accept.as_ref());
    headers::secure(
        &app,
        &mut response,
        proved.0.get().unwrap_or(&Visitor::Anybody),
    );
    // An app below another one has named the request already, and logged that name.
    if !response.headers().contains_key("x-request-id") {
        headers::set(response.headers_mut(), "x-request-id", &id);
    }
    response
}

/// Reads the form body of a POST or PUT and puts it back, so that the token can be looked for in it
/// and the handler can still read it.
async fn put_form_aside(
    parts: &mut http::request::Parts,
    body: &mut Body,
) -> Result<(), Rejection> {
    if !takes_form(&parts.method)
        || !headers::is_of_type(&parts.headers, "application/x-www-form-urlencoded")
    {
        return Ok(());
    }
    let read = to_bytes(std::mem::take(body), MAX_FORM).await;
    let bytes = read.map_err(|_| Rejection::BodyTooLarge)?;
    parts.extensions.insert(FormBody(bytes.clone()));
    *body = Body::from(bytes);
    Ok(())
}

/// Names a request in the log and to the caller; says nothing else.
fn request_id() -> String {
    let mut bytes = [0_u8; 8];
    // Without random numbers the id is all zeros, which is a poor name but no danger.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut bytes);
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// SIGINT or SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let (Ok(mut interrupt), Ok(mut terminate)) = (
            signal(SignalKind::interrupt()),
            signal(SignalKind::terminate()),
        ) {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // No signals here: the process ends when it is killed.
        std::future::pending::<()>().await;
    }
}
