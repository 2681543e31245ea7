//! The inspector's page and what it asks for, on loopback.
//!
//! The page itself is for everybody on this machine; what it shows needs the key that is in the
//! address which the session prints. A page of another site cannot ask: it has no key, and a name
//! that was bound to this address is refused.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use connect_core::Secret;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::inspect::api::{Api, Stage};
use crate::inspect::judge::Judge;
use crate::inspect::ring::{Ring, write_private};
use crate::listen;
use crate::random::secret_word;

/// Most connections at a time: those of a few pages and commands.
const CONNECTIONS: usize = 64;

/// Where the inspector of a session is, for other commands: a file that only its owner can read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Door {
    /// Its address, without a path.
    pub(crate) url: String,
    /// What opens it.
    pub(crate) key: String,
}

impl Door {
    /// The address for a browser. The key is behind `#`, which is not sent.
    pub(crate) fn page(&self) -> String {
        format!("{}/#{}", self.url, self.key)
    }

    /// The door of the session that runs in a project, if one does.
    pub(crate) fn find(project: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::file(project)).ok()?).ok()
    }

    /// Says to other commands where it is.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write(&self, project: &Path) -> io::Result<()> {
        let text = serde_json::to_string(self)?;
        write_private(&Self::file(project), text.as_bytes())
    }

    /// A file of our user's alone that leads a browser to the page.
    ///
    /// SECURITY: the address has the key, and what a program is started with every user can read.
    /// Test: `dev_keys::o_opens_the_page_of_the_app_and_i_that_of_its_requests`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write_way_in(&self, project: &Path) -> io::Result<PathBuf> {
        let (file, page) = (Self::way_in(project), self.page());
        let text = format!("<meta http-equiv=\"refresh\" content=\"0; url={page}\">\n");
        write_private(&file, text.as_bytes())?;
        Ok(file)
    }

    /// Takes the files away.
    pub(crate) fn remove(project: &Path) {
        // Gone already is as good.
        let _ = std::fs::remove_file(Self::file(project));
        let _ = std::fs::remove_file(Self::way_in(project));
    }

    fn way_in(project: &Path) -> PathBuf {
        project.join(".connect").join("inspector.html")
    }

    fn file(project: &Path) -> PathBuf {
        project.join(".connect").join("inspector.json")
    }
}

/// Listens on a free port of this machine.
///
/// # Errors
/// When there is none, or no key can be made.
pub(crate) async fn listen() -> io::Result<(TcpListener, Door)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let key = secret_word()?;
    Ok((listener, Door { url, key }))
}

/// Answers for as long as it is polled. Requests are sent again to `front`, the proxy's port.
pub(crate) async fn serve(
    listener: TcpListener,
    door: Door,
    ring: Arc<Ring>,
    judge: Arc<Judge>,
    front: u16,
    stage: Option<Stage>,
) {
    let inspector = Arc::new(Inspector {
        host: door.url.trim_start_matches("http://").to_owned(),
        key: Secret::new(door.key),
        api: Api {
            ring,
            judge,
            front,
            stage,
        },
    });
    let serve = |stream| {
        let inspector = Arc::clone(&inspector);
        async move {
            let service = service_fn(|request| {
                let inspector = Arc::clone(&inspector);
                async move { Ok::<_, Infallible>(inspector.answer(request).await) }
            });
            // A broken connection is its browser's trouble.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(30))
                .serve_connection(TokioIo::new(stream), service)
                .await;
        }
    };
    listen::each(listener, CONNECTIONS, serve).await;
}

pub(super) type Answer = Response<Full<Bytes>>;

struct Inspector {
    host: String,
    key: Secret,
    api: Api,
}

impl Inspector {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let fields = request.headers();
        // SECURITY: a name of somebody else's that leads here is not ours (DNS rebinding).
        // Test: strangers_learn_nothing.
        let hosts: Vec<_> = fields.get_all(header::HOST).iter().collect();
        if hosts != [&*self.host] {
            return text(StatusCode::FORBIDDEN, "not this host");
        }
        match request.uri().path() {
            "/" => return page("text/html; charset=utf-8", include_str!("page/index.html")),
            "/page.css" => {
                let style = [connect_sandbox::PALETTE, include_str!("page/page.css")].concat();
                return with(StatusCode::OK, "text/css", style);
            }
            "/page.js" => return page("text/javascript", include_str!("page/page.js")),
            _ => {}
        }
        let shown = fields.get(header::AUTHORIZATION);
        let shown = shown.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        if shown.map(Secret::new).as_ref() != Some(&self.key) {
            return text(
                StatusCode::UNAUTHORIZED,
                "the key is missing or another one",
            );
        }
        self.api.answer(request).await
    }
}

pub(super) fn data(value: &Value) -> Answer {
    with(StatusCode::OK, "application/json", value.to_string())
}

pub(super) fn text(status: StatusCode, text: &str) -> Answer {
    with(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

fn page(kind: &'static str, text: &'static str) -> Answer {
    with(StatusCode::OK, kind, text.to_owned())
}

fn with(status: StatusCode, kind: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let fields = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in fields {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}
