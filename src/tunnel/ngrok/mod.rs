//! ngrok, through its crate, which is not let reconnect by itself.
//!
//! Its own reconnecting waits longer and longer without bound (127 s by the fourth try), keeps
//! the old address although the server handed out a new one, and takes a silent line for a good
//! one. So every connection is one [`Session`] of its own: it ends at the first failure, and the
//! keeper opens the next one, with whatever address that has.

pub(super) mod codes;
mod line;
mod proxy;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use connect_core::{BaseUrl, Secret};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use ngrok::prelude::*;
use ngrok::session::{ConnectError, RpcError, SessionBuilder};
use ngrok::tunnel::{AcceptError, HttpTunnel};
use ngrok::{EndpointConn, Session};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

pub(crate) use proxy::ProxyServer;

use crate::tunnel::error::{Refusal, Stage};
use crate::tunnel::ngrok::line::Switch;
use crate::tunnel::race::race;
use crate::tunnel::{Link, Tunnel, TunnelError};

/// What is known of the user's ngrok account and endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NgrokSettings {
    /// Token of the account.
    pub(crate) authtoken: Option<Secret>,
    /// The name to take; without one the account's own or a random one.
    pub(crate) domain: Option<String>,
    /// Shown in ngrok's dashboard.
    pub(crate) metadata: Option<String>,
    /// Compress answers.
    pub(crate) compression: bool,
    /// Share the name with other agents.
    pub(crate) pooling: bool,
    /// Networks that may come in, as `192.0.2.0/24`; all if there are none.
    pub(crate) allow: Vec<String>,
    /// Networks that may not.
    pub(crate) deny: Vec<String>,
    /// Fields to add to requests.
    pub(crate) request_headers: Headers,
    /// Fields to add to answers.
    pub(crate) response_headers: Headers,
    /// A traffic policy, in YAML or JSON.
    pub(crate) traffic_policy: Option<String>,
    /// Whose certificate the server must show: `trusted`, `host`, or a file in PEM.
    pub(crate) root_cas: Option<String>,
    /// Another server than ngrok's.
    pub(crate) server: Option<NgrokServer>,
    /// The proxy that connections go out by.
    pub(crate) proxy: Option<ProxyServer>,
    /// Keys of the file that mean nothing here.
    pub(crate) unused: Vec<String>,
}

/// What to do with the header fields of requests or answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    /// Name and value.
    pub(crate) add: Vec<(String, String)>,
    /// Names.
    pub(crate) remove: Vec<String>,
}

/// A server that is not ngrok's: a double on this machine, for tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NgrokServer {
    /// `localhost:<port>`; the name of this machine and nothing else.
    address: String,
    /// Its certificate authority, in PEM.
    ca: Bytes,
}

/// A tunnel through ngrok.
#[derive(Clone, Debug)]
pub(super) struct Ngrok {
    settings: Arc<NgrokSettings>,
    authtoken: Secret,
    pub(super) heartbeat: Heartbeat,
}

/// How a silent line is found out. The server checks both (`ERR_NGROK_111` and `112`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    /// Time between two.
    pub(super) interval: Duration,
    /// Longest wait for the answer to one.
    pub(super) tolerance: Duration,
}

/// Longest wait for a connection: name, TCP, TLS and log-in together.
const CONNECT: Duration = Duration::from_secs(15);
/// Longest wait for the server to forget us.
const CLOSE: Duration = Duration::from_secs(2);
/// Most connections at a time. The server opens no more streams in a session.
const CONNECTIONS: usize = 512;

impl NgrokServer {
    /// A server on this machine; none if the address is not `localhost:<port>`, because the
    /// authtoken is sent there.
    pub(crate) fn on_this_machine(address: &str, ca: Vec<u8>) -> Option<Self> {
        let port = address.strip_prefix("localhost:")?;
        port.parse::<u16>().ok()?;
        Some(Self {
            address: address.to_owned(),
            ca: Bytes::from(ca),
        })
    }
}

impl Ngrok {
    /// A tunnel that is not open; none without an authtoken.
    pub(super) fn new(settings: NgrokSettings) -> Option<Self> {
        let authtoken = settings.authtoken.clone()?;
        Some(Self {
            settings: Arc::new(settings),
            authtoken,
            heartbeat: Heartbeat {
                interval: Duration::from_secs(10),
                tolerance: Duration::from_secs(15),
            },
        })
    }

    async fn connect(&self, port: u16) -> Result<NgrokLink, TunnelError> {
        // The crate takes the process-wide provider of cryptography, and panics where several
        // could be it. That one is set already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let line = Line::default();
        let (tell, orders) = mpsc::channel(1);
        let session = self
            .builder(&line.0, &tell)?
            .connect()
            .await
            .map_err(|error| self.connect_error(&error))?;
        let tunnel = self.endpoint(&session, port).listen().await;
        let tunnel = tunnel.map_err(|error| match &error {
            RpcError::Response(_) => self.refusal(&error),
            error => TunnelError::Broken(codes::without_secret(&error.msg(), &self.authtoken)),
        })?;
        let text = tunnel.url();
        let url = BaseUrl::parse(text).ok();
        let url = url.filter(|url| url.is_https() || self.settings.server.is_some());
        let url = url.ok_or_else(|| TunnelError::BadAddress(text.to_owned()))?;
        Ok(NgrokLink {
            url,
            port,
            tunnel,
            line,
            orders,
            authtoken: self.authtoken.clone(),
        })
    }

    fn builder(
        &self,
        switch: &Switch,
        tell: &mpsc::Sender<TunnelError>,
    ) -> Result<SessionBuilder, TunnelError> {
        let settings = &self.settings;
        let unusable = |error: &dyn std::fmt::Display| TunnelError::Unreachable(error.to_string());
        let mut builder = Session::builder();
        builder
            .authtoken(self.authtoken.expose())
            // Not `client_info`: it changes the version that the server holds against its oldest.
            .metadata(concat!(
                "{\"agent\":\"connect-cli/",
                env!("CARGO_PKG_VERSION"),
                "\"}"
            ))
            .heartbeat_interval(self.heartbeat.interval)
            .map_err(|error| unusable(&error))?
            .heartbeat_tolerance(self.heartbeat.tolerance)
            .map_err(|error| unusable(&error))?
            .connector(line::connector(switch.clone(), settings.proxy.clone()));
        let (cut, silent) = (switch.clone(), tell.clone());
        builder.handle_heartbeat(move |latency: Option<Duration>| {
            if latency.is_none() {
                let why = "no heartbeat came back";
                let _ = silent.try_send(TunnelError::Broken(why.to_owned()));
                cut.cut();
            }
            async { Ok(()) }
        });
        // Orders from ngrok's dashboard; a full channel says as much.
        let stop = tell.clone();
        builder.handle_stop_command(move |_| {
            let _ = stop.try_send(TunnelError::NgrokStopped);
            std::future::ready(Ok(()))
        });
        let restart = tell.clone();
        builder.handle_restart_command(move |_| {
            let why = "ngrok's dashboard asked for a new one";
            let _ = restart.try_send(TunnelError::Broken(why.to_owned()));
            std::future::ready(Ok(()))
        });
        if let Some(root_cas) = &settings.root_cas {
            let set = builder.root_cas(root_cas.as_str());
            set.map_err(|error| TunnelError::Tls(format!("`root_cas` is `{root_cas}`: {error}")))?;
        }
        if let Some(server) = &settings.server {
            builder
                .ca_cert(server.ca.clone())
                .server_addr(server.address.as_str())
                .map_err(|error| unusable(&error))?;
        }
        Ok(builder)
    }

    fn endpoint(&self, session: &Session, port: u16) -> HttpTunnelBuilder {
        let settings = &self.settings;
        let mut endpoint = session.http_endpoint();
        endpoint.forwards_to(format!("http://127.0.0.1:{port}"));
        if let Some(domain) = &settings.domain {
            endpoint.domain(domain.as_str());
        }
        if let Some(metadata) = &settings.metadata {
            endpoint.metadata(metadata.as_str());
        }
        if let Some(policy) = &settings.traffic_policy {
            endpoint.traffic_policy(policy.as_str());
        }
        if settings.compression {
            endpoint.compression();
        }
        if settings.pooling {
            endpoint.pooling_enabled(true);
        }
        for network in &settings.allow {
            endpoint.allow_cidr(network.as_str());
        }
        for network in &settings.deny {
            endpoint.deny_cidr(network.as_str());
        }
        for (name, value) in &settings.request_headers.add {
            endpoint.request_header(name.as_str(), value.as_str());
        }
        for name in &settings.request_headers.remove {
            endpoint.remove_request_header(name.as_str());
        }
        for (name, value) in &settings.response_headers.add {
            endpoint.response_header(name.as_str(), value.as_str());
        }
        for name in &settings.response_headers.remove {
            endpoint.remove_response_header(name.as_str());
        }
        endpoint
    }

    fn connect_error(&self, error: &ConnectError) -> TunnelError {
        let chain = crate::error::sources(error);
        let innermost = chain.last().cloned().unwrap_or_else(|| error.to_string());
        // SECURITY: the server sends back what it got, also where it gives no code.
        // Test: an_authtoken_in_a_refusal_without_a_code_is_not_shown.
        let innermost = codes::without_secret(&innermost, &self.authtoken);
        match error {
            ConnectError::Auth(RpcError::Response(_)) => self.refusal(error),
            // Also what is no TLS at all: nothing that speaks it closes before its first word.
            ConnectError::Tls(cause) if cause.kind() == std::io::ErrorKind::InvalidData => {
                TunnelError::Tls(innermost)
            }
            ConnectError::Tcp(cause) if cause.kind() == std::io::ErrorKind::TimedOut => {
                TunnelError::Timeout(Stage::Connect, CONNECT)
            }
            ConnectError::Tcp(_) | ConnectError::ProxyConnect(_) | ConnectError::Tls(_) => {
                TunnelError::Unreachable(innermost)
            }
            _ => TunnelError::Broken(innermost),
        }
    }

    /// What the server said.
    fn refusal(&self, error: &dyn ngrok::Error) -> TunnelError {
        TunnelError::Ngrok(Refusal {
            code: error.error_code().and_then(codes::number),
            text: codes::without_secret(&error.msg(), &self.authtoken),
        })
    }
}

impl Tunnel for Ngrok {
    fn name(&self) -> &'static str {
        "ngrok"
    }

    fn open(&self, port: u16) -> BoxFuture<'_, Result<Box<dyn Link>, TunnelError>> {
        Box::pin(async move {
            let link = tokio::time::timeout(CONNECT, self.connect(port))
                .await
                .unwrap_or(Err(TunnelError::Timeout(Stage::Connect, CONNECT)))?;
            Ok(Box::new(link) as Box<dyn Link>)
        })
    }
}

/// A session with ngrok's server, and its one endpoint.
struct NgrokLink {
    url: BaseUrl,
    port: u16,
    tunnel: HttpTunnel,
    /// Ends the session when dropped.
    #[expect(dead_code, reason = "held for its end")]
    line: Line,
    /// Why to end, from whoever else may say so.
    orders: mpsc::Receiver<TunnelError>,
    authtoken: Secret,
}

impl Link for NgrokLink {
    fn url(&self) -> &BaseUrl {
        &self.url
    }

    fn serve(&mut self) -> BoxFuture<'_, TunnelError> {
        let (port, authtoken) = (self.port, &self.authtoken);
        let (tunnel, orders) = (&mut self.tunnel, &mut self.orders);
        Box::pin(async move {
            let ordered = async {
                match orders.recv().await {
                    Some(why) => why,
                    None => std::future::pending().await,
                }
            };
            race(ordered, accept(tunnel, port, authtoken)).await
        })
    }

    fn close(mut self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            // The server may be what is gone.
            let _ = tokio::time::timeout(CLOSE, self.tunnel.close()).await;
        })
    }
}

/// The connection of a session, which ends with this.
#[derive(Default)]
struct Line(Switch);

impl Drop for Line {
    fn drop(&mut self) {
        // INVARIANT: without this the crate keeps the session, and the account's place for it.
        // Tests: closing_tells_the_edge_and_leaves_no_connection, a_domain_that_is_not_ours_is_hopeless.
        self.0.cut();
    }
}

/// Carries connections until the session ends, and says why it did.
async fn accept(tunnel: &mut HttpTunnel, port: u16, authtoken: &Secret) -> TunnelError {
    let mut connections = JoinSet::new();
    loop {
        match tunnel.next().await {
            // It must be taken at once: one that waits holds up the whole session.
            Some(Ok(connection)) if connections.len() < CONNECTIONS => {
                connections.spawn(carry(connection, port));
            }
            Some(Ok(_)) => {}
            Some(Err(AcceptError::ListenerClosed {
                message,
                error_code,
            })) => {
                let code = error_code.as_deref().unwrap_or_default();
                return TunnelError::Ngrok(Refusal {
                    code: codes::number(code),
                    text: codes::without_secret(&message, authtoken),
                });
            }
            Some(Err(AcceptError::Reconnect(_))) | None => {
                return TunnelError::Broken("it was closed".to_owned());
            }
            Some(Err(error)) => return TunnelError::Broken(error.to_string()),
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Carries one connection to the port, byte for byte.
async fn carry(mut connection: EndpointConn, port: u16) {
    match TcpStream::connect(("127.0.0.1", port)).await {
        Ok(mut app) => {
            let _ = app.set_nodelay(true);
            // A broken connection is its client's trouble.
            let _ = tokio::io::copy_bidirectional(&mut connection, &mut app).await;
        }
        Err(_) => {
            let _ = connection.write_all(NOBODY).await;
            let _ = connection.shutdown().await;
        }
    }
}

const NOBODY: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\n\
    connection: close\r\n\r\nthe app is not running; see the output of `connect dev`\n";
