//! A reverse proxy in front of the app: it owns the port people know, so that the process behind
//! it can be exchanged without a refused connection.
//!
//! The request line and the bodies pass byte for byte: hosts sign path and query as they are.
//! Bodies are streamed. While no process serves, requests wait, at most [`HOLD`], and then get a
//! 503 that says why. Who watches is told of each request and what it was made of. A connection may
//! change to another protocol, such as WebSocket.

mod raw;
mod record;
mod underway;
mod upgrade;

mod knock;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::listen;
use crate::proxy::record::{Copied, Heard, Kept, Listening};
use crate::proxy::upgrade::Crossing;

pub(crate) use crate::proxy::knock::{Knock, OURS, PREFIX as KNOCK};
pub(crate) use crate::proxy::raw::Raw;
pub(crate) use crate::proxy::record::BODY;
pub(crate) use crate::proxy::underway::Underway;

/// Longest time a request waits for a process that serves.
pub(crate) const HOLD: Duration = Duration::from_secs(10);
/// Most connections at a time; more wait to be accepted.
const CONNECTIONS: usize = 512;

/// Where requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Nowhere, and nothing is about to change that.
    Down,
    /// To the process that listens on this port of 127.0.0.1.
    Serving(u16),
    /// Nowhere yet: hold them.
    Starting,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    /// Its number in this session.
    pub(crate) id: u64,
    /// Status.
    pub(crate) status: u16,
    /// From the request's head to the answer's.
    pub(crate) took: Duration,
    /// The request as it came, the body as far as the app had read it when it answered.
    pub(crate) raw: Raw,
}

/// What is told of each request.
pub(crate) type Observer = Arc<dyn Fn(Served) + Send + Sync>;

/// What is behind a proxy, and beside it.
pub(crate) struct Behind {
    /// Where requests go.
    pub(crate) target: watch::Receiver<Target>,
    /// What is told of each request.
    pub(crate) observer: Observer,
    /// Where a tunnel knocks. These requests go nowhere and nobody is told of them.
    pub(crate) knock: Knock,
    /// Is told what the app serves as its descriptor, before whoever asked for it is.
    pub(crate) described: Described,
    /// Counts requests, so that who exchanges the process can wait for them.
    pub(crate) underway: Underway,
}

/// Hears of a descriptor: the path it is served at, and its text.
pub(crate) type Described = Arc<dyn Fn(&str, &[u8]) + Send + Sync>;

/// Where apps have their descriptor.
const DESCRIPTOR: &str = "/atlassian-connect.json";
/// Longest descriptor; hosts take far shorter ones.
const MAX_DESCRIPTOR: usize = 4 << 20;

/// Serves the listener for as long as the future is polled.
pub(crate) async fn serve(listener: TcpListener, behind: Behind) {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new())
        .http1_preserve_header_case(true)
        .set_host(false)
        // A process that ends takes its connections with it: use each while it is fresh.
        .pool_idle_timeout(Duration::from_secs(1))
        .build(connector);
    let forwarder = Arc::new(Forwarder {
        client,
        behind,
        count: std::sync::atomic::AtomicU64::new(0),
    });
    let serve = |stream| Arc::clone(&forwarder).connection(stream);
    listen::each(listener, CONNECTIONS, serve).await;
}

type Answer = Response<BoxBody<Bytes, hyper::Error>>;

struct Forwarder {
    client: Client<HttpConnector, Copied>,
    behind: Behind,
    count: std::sync::atomic::AtomicU64,
}

impl Forwarder {
    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let (heard, crossing) = (Heard::default(), Crossing::default());
        let service = service_fn(|mut request: Request<Incoming>| {
            let (this, heard) = (Arc::clone(&self), heard.clone());
            let crossing = crossing.clone();
            async move {
                let knocked = this.behind.knock.answer(request.uri().path());
                let ours = this.behind.knock.take_own(request.headers_mut());
                let head = heard.head(&request);
                let kept = Kept::default();
                let request = request.map(|body| Copied::new(body, kept.clone(), heard.clone()));
                let answer = match knocked {
                    Some(answer) => text(StatusCode::OK, answer),
                    None if ours => this.forward(request, &crossing).await,
                    None => this.observed(request, head, &kept, &crossing).await,
                };
                if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
                    heard.no_more();
                }
                Ok::<_, Infallible>(answer)
            }
        });
        // A broken connection is its client's trouble.
        let _ = hyper::server::conn::http1::Builder::new()
            .preserve_header_case(true)
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(30))
            .serve_connection(TokioIo::new(Listening::new(stream, heard.clone())), service)
            .with_upgrades()
            .await;
        crossing.pass().await;
    }

    async fn observed(
        &self,
        request: Request<Copied>,
        head: Vec<u8>,
        kept: &Kept,
        crossing: &Crossing,
    ) -> Answer {
        let began = Instant::now();
        let answer = self.forward(request, crossing).await;
        let (body, body_length) = kept.take();
        let id = 1 + self
            .count
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        (self.behind.observer)(Served {
            id,
            status: answer.status().as_u16(),
            took: began.elapsed(),
            raw: Raw {
                head,
                body,
                body_length,
            },
        });
        answer
    }

    async fn forward(&self, mut request: Request<Copied>, crossing: &Crossing) -> Answer {
        let mut target = self.behind.target.clone();
        let (port, counted) = loop {
            let serving = target.wait_for(|target| *target != Target::Starting);
            let port = match tokio::time::timeout(HOLD, serving).await {
                Ok(Ok(target)) => match *target {
                    Target::Serving(port) => port,
                    Target::Down | Target::Starting => {
                        return refuse("the app is not running; see the output of `connect dev`");
                    }
                },
                _ => return refuse("the app does not answer yet; see the output of `connect dev`"),
            };
            // Counted first, looked again then: who was not seen goes to the new process.
            let counted = self.behind.underway.enter(port);
            if *target.borrow() == Target::Serving(port) {
                break (port, counted);
            }
        };
        let path = request.uri().path();
        let describes = path.ends_with(DESCRIPTOR).then(|| path.to_owned());
        let wanted = upgrade::take(&mut request);
        if prepare(&mut request, port).is_none() {
            return text(
                StatusCode::BAD_REQUEST,
                "this request target is not served\n".to_owned(),
            );
        }
        if let Some(wanted) = &wanted {
            upgrade::ask(request.headers_mut(), wanted.protocols());
        }
        match self.client.request(request).await {
            Ok(answer) if answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                changed(answer, wanted, crossing)
            }
            Ok(mut answer) => {
                take_hop_by_hop(answer.headers_mut());
                if let Some(path) = describes
                    && answer.status().is_success()
                {
                    return self.describe(&path, answer).await;
                }
                // Under way until its last byte has passed.
                answer.map(|body| {
                    let pass = move |frame| {
                        let _ = &counted;
                        frame
                    };
                    body.map_frame(pass).boxed()
                })
            }
            Err(_) => text(
                StatusCode::BAD_GATEWAY,
                "the app closed the connection; see the output of `connect dev`\n".to_owned(),
            ),
        }
    }
}

impl Forwarder {
    /// Hands a descriptor on once whoever has to know what it says knows.
    async fn describe(&self, path: &str, answer: Response<Incoming>) -> Answer {
        let (head, body) = answer.into_parts();
        match Limited::new(body, MAX_DESCRIPTOR).collect().await {
            Ok(body) => {
                let bytes = body.to_bytes();
                (self.behind.described)(path, &bytes);
                let body = Full::new(bytes).map_err(|never| match never {});
                Response::from_parts(head, body.boxed())
            }
            Err(_) => text(
                StatusCode::BAD_GATEWAY,
                "the descriptor broke off, or is longer than 4 MiB\n".to_owned(),
            ),
        }
    }
}

/// The answer of an app that changes to another protocol. The request is over with it: a process
/// that is exchanged does not wait for the connection's end, which may never come.
fn changed(
    mut answer: Response<Incoming>,
    wanted: Option<upgrade::Wanted>,
    crossing: &Crossing,
) -> Answer {
    let Some(wanted) = wanted else {
        return text(
            StatusCode::BAD_GATEWAY,
            "the app changed to another protocol, which was not asked for\n".to_owned(),
        );
    };
    wanted.agreed(&mut answer, crossing);
    let chosen: Vec<_> = answer
        .headers()
        .get_all(header::UPGRADE)
        .iter()
        .cloned()
        .collect();
    take_hop_by_hop(answer.headers_mut());
    upgrade::ask(answer.headers_mut(), &chosen);
    answer.map(|body| body.boxed())
}

/// Points the request at the port; path and query stay the bytes they were.
fn prepare(request: &mut Request<Copied>, port: u16) -> Option<()> {
    let target = request.uri().path_and_query()?.clone();
    let uri = Uri::builder()
        .scheme("http")
        .authority(SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string())
        .path_and_query(target)
        .build()
        .ok()?;
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_11;
    take_hop_by_hop(request.headers_mut());
    Some(())
}

/// Takes out the fields that concern one connection only (RFC 9110, section 7.6.1).
fn take_hop_by_hop(headers: &mut hyper::HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ] {
        headers.remove(name);
    }
}

fn refuse(why: &str) -> Answer {
    let mut answer = text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"));
    let soon = HeaderValue::from_static("1");
    answer.headers_mut().insert(header::RETRY_AFTER, soon);
    answer
}

fn text(status: StatusCode, text: String) -> Answer {
    let body = Full::new(Bytes::from(text));
    let mut answer = Response::new(body.map_err(|never| match never {}).boxed());
    *answer.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, plain);
    answer
}

#[cfg(test)]
mod tests;
