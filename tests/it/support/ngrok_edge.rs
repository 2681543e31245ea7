//! A double of ngrok's server, for the whole way without ngrok: TLS with its own certificate,
//! muxado inside it, the calls of an agent, and a public side that anybody can connect to.
//!
//! It is written from the description of the protocol and what an agent sends, and shares no code
//! with the program. It stands alone, so that tests inside the program can include it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muxado::heartbeat::{Heartbeat, HeartbeatConfig};
use muxado::typed::{StreamType, Typed, TypedAccept, TypedOpenClose, TypedSession, TypedStream};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What the stream of a call begins with.
const AUTH: u32 = 0;
const BIND: u32 = 1;
const UNBIND: u32 = 2;
const PROXY: u32 = 3;
/// Order to an agent: end the session.
pub(crate) const STOP: u32 = 5;
/// Order to an agent: end a tunnel.
pub(crate) const STOP_TUNNEL: u32 = 9;

/// What it does wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Behaviour {
    /// Refuse to log in, with this text.
    pub(crate) auth_error: Option<String>,
    /// Refuse every tunnel, with this text.
    pub(crate) bind_error: Option<String>,
    /// Close connections before TLS.
    pub(crate) down: bool,
    /// Neither read nor write any more, without closing.
    pub(crate) stalled: bool,
    /// Hand out the same address each time.
    pub(crate) sticky: bool,
    /// Show browsers a page of its own first.
    pub(crate) interstitial: bool,
    /// Take requests at the public side, and never answer.
    pub(crate) silent: bool,
    /// Answer every request at the public side with this error code.
    pub(crate) public_error: Option<u16>,
}

/// The server; gone when dropped. Clones are the same server.
#[derive(Clone)]
pub(crate) struct NgrokEdge {
    shared: Arc<Shared>,
    /// Where agents connect, as `localhost:<port>`.
    pub(crate) address: String,
    /// Its certificate authority, in PEM.
    pub(crate) ca: String,
    _tasks: Arc<Mutex<JoinSet<()>>>,
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    /// What agents asked for, in order: `auth`, `bind` and so on, with the request.
    calls: watch::Sender<Vec<(&'static str, Value)>>,
    /// How many connections of agents are open.
    live: watch::Sender<usize>,
    drop_all: watch::Sender<u64>,
    /// Sessions by number.
    sessions: Mutex<BTreeMap<u64, Opener>>,
    /// Tunnels by public port: the session that serves it and its id there.
    tunnels: Mutex<BTreeMap<u16, (u64, String)>>,
    last_port: Mutex<Option<u16>>,
    publics: Mutex<JoinSet<()>>,
}

type Opener = Arc<tokio::sync::Mutex<Box<dyn TypedOpenClose + Send>>>;

/// Longest wait of any test for any single thing.
const DEADLINE: Duration = Duration::from_secs(30);

impl NgrokEdge {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        let (ca, tls) = certificates("localhost");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(behaviour),
            calls: watch::Sender::default(),
            live: watch::Sender::default(),
            drop_all: watch::Sender::default(),
            sessions: Mutex::default(),
            tunnels: Mutex::default(),
            last_port: Mutex::default(),
            publics: Mutex::default(),
        });
        let mut tasks = JoinSet::new();
        let serving = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            for number in 1.. {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                if serving.behaviour.lock().unwrap().down {
                    continue;
                }
                sessions.spawn(Arc::clone(&serving).agent(number, tcp, tls.clone()));
            }
        });
        Self {
            shared,
            address: format!("localhost:{port}"),
            ca,
            _tasks: Arc::new(Mutex::new(tasks)),
        }
    }

    /// Behaves differently from now on.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.shared.behaviour.lock().unwrap());
    }

    /// Closes every connection of an agent, as a network that breaks.
    pub(crate) fn drop_sessions(&self) {
        self.shared.drop_all.send_modify(|count| *count += 1);
    }

    /// Gives an order to the last session, and returns its answer if it gives one.
    pub(crate) async fn order(&self, kind: u32, body: &Value) -> Option<Value> {
        let opener = {
            let sessions = self.shared.sessions.lock().unwrap();
            Arc::clone(sessions.values().next_back().unwrap())
        };
        let mut stream = opener
            .lock()
            .await
            .open_typed(StreamType::clamp(kind))
            .await
            .unwrap();
        let text = serde_json::to_vec(body).unwrap();
        stream.write_all(&text).await.unwrap();
        if kind == STOP_TUNNEL {
            // Nobody answers that one; keep the stream until it was read.
            let _ = stream.shutdown().await;
            let _ = tokio::time::timeout(DEADLINE, stream.read(&mut [0])).await;
            return None;
        }
        tokio::time::timeout(DEADLINE, read_json(&mut stream))
            .await
            .unwrap()
    }

    /// Ids of the tunnels that are open.
    pub(crate) fn tunnels(&self) -> Vec<String> {
        let tunnels = self.shared.tunnels.lock().unwrap();
        tunnels.values().map(|(_, id)| id.clone()).collect()
    }

    /// The requests of one kind so far.
    pub(crate) fn calls(&self, kind: &str) -> Vec<Value> {
        let calls = self.shared.calls.borrow();
        let those = calls.iter().filter(|(name, _)| *name == kind);
        those.map(|(_, request)| request.clone()).collect()
    }

    /// Waits until there were so many requests of one kind.
    pub(crate) async fn wait_for(&self, kind: &str, count: usize) {
        let mut calls = self.shared.calls.subscribe();
        let enough =
            calls.wait_for(|calls| calls.iter().filter(|(name, _)| *name == kind).count() >= count);
        let reached = tokio::time::timeout(DEADLINE, enough).await.is_ok();
        assert!(reached, "{count} x {kind} never came");
    }

    /// Waits until so many connections of agents are open.
    pub(crate) async fn wait_for_live(&self, count: usize) {
        let mut live = self.shared.live.subscribe();
        let reached = tokio::time::timeout(DEADLINE, live.wait_for(|live| *live == count)).await;
        assert!(reached.is_ok(), "{} connections stay", self.live());
    }

    /// How many connections of agents are open.
    pub(crate) fn live(&self) -> usize {
        *self.shared.live.borrow()
    }
}

impl Shared {
    async fn agent(self: Arc<Self>, number: u64, tcp: TcpStream, tls: TlsAcceptor) {
        let mut dropped = self.drop_all.subscribe();
        dropped.mark_unchanged();
        self.live.send_modify(|live| *live += 1);
        // The session lives in tasks of its own, so what ends it is the end of this relay.
        let (inside, outside) = tokio::io::duplex(1 << 16);
        tokio::select! {
            () = self.session(number, inside, tls) => {}
            () = self.relay(tcp, outside) => {}
            _ = dropped.changed() => {}
        }
        self.sessions.lock().unwrap().remove(&number);
        let mut tunnels = self.tunnels.lock().unwrap();
        tunnels.retain(|_, (session, _)| *session != number);
        drop(tunnels);
        self.live.send_modify(|live| *live -= 1);
    }

    /// Carries bytes until one side closes; while it is stalled, they are swallowed.
    async fn relay(&self, mut tcp: TcpStream, outside: DuplexStream) {
        let (mut from_agent, mut to_agent) = tcp.split();
        let (mut from_inside, mut to_inside) = tokio::io::split(outside);
        tokio::select! {
            () = self.pump(&mut from_agent, &mut to_inside) => {}
            () = self.pump(&mut from_inside, &mut to_agent) => {}
        }
    }

    async fn pump(&self, from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
        let mut chunk = vec![0; 1 << 16];
        loop {
            let Ok(length @ 1..) = from.read(&mut chunk).await else {
                return;
            };
            let stalled = self.behaviour.lock().unwrap().stalled;
            if !stalled && to.write_all(&chunk[..length]).await.is_err() {
                return;
            }
        }
    }

    async fn session(self: &Arc<Self>, number: u64, inside: DuplexStream, tls: TlsAcceptor) {
        let Ok(stream) = tls.accept(inside).await else {
            return;
        };
        let session = muxado::SessionBuilder::new(stream).server().start();
        // It answers heartbeats and sends none itself.
        let quiet = HeartbeatConfig {
            interval: Duration::from_secs(3600),
            ..HeartbeatConfig::default()
        };
        let started = Heartbeat::start(Typed::new(session), quiet).await;
        let Ok((session, _control)) = started else {
            return;
        };
        let (open, mut accept) = session.split_typed();
        let opener: Opener = Arc::new(tokio::sync::Mutex::new(Box::new(open)));
        self.sessions.lock().unwrap().insert(number, opener);
        while let Ok(mut stream) = accept.accept_typed().await {
            let kind = *stream.typ();
            let Some(request) = read_json(&mut stream).await else {
                continue;
            };
            let (name, answer) = self.answer(number, kind, &request).await;
            let text = serde_json::to_vec(&answer).unwrap();
            let _ = stream.write_all(&text).await;
            let _ = stream.shutdown().await;
            self.calls.send_modify(|calls| calls.push((name, request)));
        }
    }

    async fn answer(
        self: &Arc<Self>,
        number: u64,
        kind: u32,
        request: &Value,
    ) -> (&'static str, Value) {
        let behaviour = self.behaviour.lock().unwrap().clone();
        match kind {
            AUTH => match behaviour.auth_error {
                Some(error) => ("auth", json!({ "Error": error })),
                None => (
                    "auth",
                    json!({
                        "Version": "3", "ClientId": format!("session_{number}"), "Error": "",
                        "Extra": { "Region": "eu", "AccountName": "Ada", "PlanName": "Free" },
                    }),
                ),
            },
            BIND => match behaviour.bind_error {
                Some(error) => ("bind", json!({ "Error": error })),
                None => {
                    let id = format!("tunnel_{number}");
                    let port = self.public(number, &id, behaviour.sticky).await;
                    (
                        "bind",
                        json!({
                            "Id": id, "URL": format!("http://127.0.0.1:{port}"), "Error": "",
                            "Proto": request["Proto"], "Opts": request["Opts"],
                            "Extra": { "Token": "" },
                        }),
                    )
                }
            },
            UNBIND => {
                let mut tunnels = self.tunnels.lock().unwrap();
                tunnels.retain(|_, (_, id)| request["Id"] != id.as_str());
                ("unbind", json!({ "Error": "" }))
            }
            _ => ("unknown", json!({ "Error": "no such call" })),
        }
    }

    /// A public port for a tunnel: a new one, or the last one again.
    async fn public(self: &Arc<Self>, number: u64, id: &str, sticky: bool) -> u16 {
        let known = self.last_port.lock().unwrap().filter(|_| sticky);
        let port = match known {
            Some(port) => port,
            None => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                let serving = Arc::clone(self);
                let mut publics = self.publics.lock().unwrap();
                publics.spawn(async move {
                    let mut visitors = JoinSet::new();
                    loop {
                        let (tcp, _) = listener.accept().await.unwrap();
                        tcp.set_nodelay(true).unwrap();
                        visitors.spawn(Arc::clone(&serving).visit(port, tcp));
                        while visitors.try_join_next().is_some() {}
                    }
                });
                port
            }
        };
        *self.last_port.lock().unwrap() = Some(port);
        let tunnel = (number, id.to_owned());
        self.tunnels.lock().unwrap().insert(port, tunnel);
        port
    }

    /// One connection at the public side.
    async fn visit(self: Arc<Self>, port: u16, mut tcp: TcpStream) {
        let mut head = Vec::new();
        while !head.windows(4).any(|four| four == b"\r\n\r\n") {
            match tcp.read_buf(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let behaviour = self.behaviour.lock().unwrap().clone();
        if behaviour.silent {
            let _ = tcp.read(&mut [0]).await;
            return;
        }
        let lower = String::from_utf8_lossy(&head).to_lowercase();
        let browser = lower.contains("user-agent: mozilla/")
            && !lower.contains("ngrok-skip-browser-warning:");
        let tunnel = self.tunnels.lock().unwrap().get(&port).cloned();
        let error = match (behaviour.public_error, tunnel) {
            (Some(code), _) => code,
            _ if behaviour.interstitial && browser => 6024,
            (None, None) => 3200,
            (None, Some((session, id))) => {
                let opener = self.sessions.lock().unwrap().get(&session).cloned();
                if let Some(opener) = opener {
                    self.carry(&opener, &id, &head, tcp).await;
                }
                return;
            }
        };
        let page = format!("<html>ERR_NGROK_{error}</html>");
        let answer = format!(
            "HTTP/1.1 404 Not Found\r\nngrok-error-code: ERR_NGROK_{error}\r\n\
             content-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
            page.len()
        );
        let _ = tcp.write_all(answer.as_bytes()).await;
    }

    async fn carry(&self, opener: &Opener, id: &str, head: &[u8], mut tcp: TcpStream) {
        let opened = opener
            .lock()
            .await
            .open_typed(StreamType::clamp(PROXY))
            .await;
        let Ok(mut stream) = opened else {
            return;
        };
        let header = json!({
            "Id": id, "ClientAddr": "192.0.2.7:4711", "Proto": "https", "EdgeType": "0",
            "PassthroughTLS": false,
        });
        let header = serde_json::to_vec(&header).unwrap();
        let length = i64::try_from(header.len()).unwrap().to_le_bytes();
        for part in [&length[..], &header, head] {
            if stream.write_all(part).await.is_err() {
                return;
            }
        }
        let _ = tokio::io::copy_bidirectional(&mut tcp, &mut *stream).await;
    }
}

/// An authority, and a server that shows its certificate for a name.
pub(crate) fn certificates(name: &str) -> (String, TlsAcceptor) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = server.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// One JSON value; agents do not say where it ends.
async fn read_json(stream: &mut TypedStream) -> Option<Value> {
    let mut text = Vec::new();
    loop {
        match stream.read_buf(&mut text).await {
            Ok(0) | Err(_) => return serde_json::from_slice(&text).ok(),
            Ok(_) => {}
        }
        if let Ok(value) = serde_json::from_slice(&text) {
            return Some(value);
        }
    }
}
