//! Tunnels kept open, with a double of ngrok's server and a proxy that hears the knocks.

use std::sync::Mutex;

use connect_core::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::http::Http;
use crate::proxy::{self, Behind, Knock, Target};
use crate::tunnel::error::Refusal;
use crate::tunnel::ngrok::{Heartbeat, Ngrok, NgrokServer, NgrokSettings, ProxyServer};
use crate::tunnel::own::Own;

#[path = "../../tests/it/support/ngrok_edge.rs"]
#[expect(dead_code, reason = "tests of the whole program use the rest")]
mod ngrok_edge;

use ngrok_edge::{Behaviour, NgrokEdge, STOP, STOP_TUNNEL};

/// Longest wait for any single thing.
const DEADLINE: Duration = Duration::from_secs(30);
const TOKEN: &str = "2abcMadeUpAuthtoken_5xyz";

/// Impatient, so that tests need not wait.
const QUICK: Pace = Pace {
    first: Duration::from_millis(10),
    longest: Duration::from_millis(100),
    steady: Duration::ZERO,
    slow: Duration::from_millis(200),
    start: Duration::from_millis(500),
    ready: Duration::from_secs(20),
    patience: Duration::from_millis(50),
    every: Duration::from_millis(50),
    again: Duration::from_millis(30),
    answer: Duration::from_secs(5),
    misses: 3,
    tick: Duration::from_millis(10),
    asleep: Duration::from_secs(10),
    awake: Duration::from_secs(2),
};

struct Setup {
    edge: NgrokEdge,
    app: App,
    knock: Knock,
    slept: Arc<Mutex<Duration>>,
}

/// An app that greets, behind a proxy.
struct App {
    port: u16,
    _tasks: JoinSet<()>,
}

impl App {
    async fn start(knock: Knock) -> Self {
        let mut tasks = JoinSet::new();
        let app = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let app_port = app.local_addr().unwrap().port();
        tasks.spawn(async move {
            loop {
                let (mut stream, _) = app.accept().await.unwrap();
                let mut request = vec![0; 4096];
                let _ = stream.read(&mut request).await;
                let answer =
                    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let front = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = front.local_addr().unwrap().port();
        let (target, receiver) = watch::channel(Target::Serving(app_port));
        let behind = Behind {
            target: receiver,
            observer: Arc::new(|_| {}),
            knock,
            described: Arc::new(|_| {}),
            underway: proxy::Underway::default(),
        };
        tasks.spawn(async move {
            proxy::serve(front, behind).await;
            drop(target);
        });
        Self {
            port,
            _tasks: tasks,
        }
    }
}

async fn setup(behaviour: Behaviour) -> Setup {
    let knock = Knock::default();
    Setup {
        edge: NgrokEdge::start(behaviour).await,
        app: App::start(knock.clone()).await,
        knock,
        slept: Arc::default(),
    }
}

impl Setup {
    fn ngrok(&self) -> Ngrok {
        let server = NgrokServer::on_this_machine(&self.edge.address, self.edge.ca.clone().into());
        let settings = NgrokSettings {
            authtoken: Some(Secret::new(TOKEN)),
            server,
            ..NgrokSettings::default()
        };
        Ngrok::new(settings).unwrap()
    }

    fn keep(&self, tunnel: impl Tunnel + 'static, pace: Pace) -> Running {
        let probe = Probe {
            http: Http::default(),
            knock: self.knock.clone(),
        };
        let mut keeper = Keeper::new(Box::new(tunnel), probe, self.app.port);
        keeper.pace = pace;
        let slept = Arc::clone(&self.slept);
        keeper.clock = Arc::new(move || SystemTime::now() + *slept.lock().unwrap());
        let (tell, news) = mpsc::channel(16);
        Running {
            kept: keeper.start(tell),
            news,
        }
    }

    fn start(&self) -> Running {
        self.keep(self.ngrok(), QUICK)
    }
}

struct Running {
    kept: Kept,
    news: mpsc::Receiver<News>,
}

impl Running {
    async fn next(&mut self) -> News {
        tokio::time::timeout(DEADLINE, self.news.recv())
            .await
            .expect("news in time")
            .expect("news")
    }

    /// The address it opens next, whatever comes before.
    async fn opened(&mut self) -> BaseUrl {
        loop {
            match self.next().await {
                News::Opened { url, .. } => return url,
                News::Ended(error) => panic!("it gave up: {error}"),
                News::Lost { .. } | News::Waiting(_) => {}
            }
        }
    }

    async fn lost(&mut self) -> TunnelError {
        loop {
            match self.next().await {
                News::Lost { error, .. } => return error,
                News::Waiting(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn ended(&mut self) -> TunnelError {
        loop {
            if let News::Ended(error) = self.next().await {
                return error;
            }
        }
    }
}

async fn get(url: &BaseUrl, path: &str) -> String {
    let authority = url.as_str().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(DEADLINE, read).await.unwrap().unwrap();
    answer
}

#[tokio::test]
async fn requests_at_the_public_address_reach_the_app() {
    let setup = setup(Behaviour::default()).await;
    let mut running = setup.start();
    let url = running.opened().await;
    let answer = get(&url, "/hello").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
    let auth = &setup.edge.calls("auth")[0];
    assert_eq!(auth["Extra"]["AuthToken"], TOKEN);
    // The service holds both against its own limits.
    assert_eq!(auth["Extra"]["ClientType"], "ngrok-rust");
    assert_eq!(auth["Extra"]["HeartbeatInterval"], 10_000_000_000_i64);
    assert_eq!(auth["Extra"]["StopUnsupportedError"], "");
    let bind = &setup.edge.calls("bind")[0];
    assert_eq!(bind["Proto"], "https");
    let to = format!("http://127.0.0.1:{}", setup.app.port);
    assert_eq!(bind["ForwardsTo"], to.as_str());
    running.kept.close().await;
}

#[tokio::test]
async fn closing_tells_the_edge_and_leaves_no_connection() {
    let setup = setup(Behaviour::default()).await;
    let mut running = setup.start();
    running.opened().await;
    running.kept.close().await;
    assert_eq!(setup.edge.calls("unbind").len(), 1);
    assert!(setup.edge.tunnels().is_empty());
    setup.edge.wait_for_live(0).await;
}

#[tokio::test]
async fn what_is_dropped_leaves_no_connection_either() {
    let setup = setup(Behaviour::default()).await;
    let mut running = setup.start();
    running.opened().await;
    drop(running);
    setup.edge.wait_for_live(0).await;
}

#[tokio::test]
async fn a_dropped_session_is_opened_again_and_may_have_another_address() {
    for sticky in [false, true] {
        let setup = setup(Behaviour {
            sticky,
            ..Behaviour::default()
        })
        .await;
        let mut running = setup.start();
        let before = running.opened().await;
        setup.edge.drop_sessions();
        assert!(matches!(running.lost().await, TunnelError::Broken(_)));
        let after = running.opened().await;
        assert_eq!(before == after, sticky, "{before} {after}");
        assert!(get(&after, "/hello").await.ends_with("hello"));
        // One session at a time: free accounts have few.
        assert_eq!(setup.edge.live(), 1);
        running.kept.close().await;
    }
}

#[tokio::test]
async fn a_server_that_is_down_for_a_while_is_waited_for() {
    let setup = setup(Behaviour::default()).await;
    let mut running = setup.start();
    running.opened().await;
    setup.edge.change(|edge| edge.down = true);
    setup.edge.drop_sessions();
    assert!(matches!(running.lost().await, TunnelError::Broken(_)));
    assert!(matches!(
        running.lost().await,
        TunnelError::Unreachable(_) | TunnelError::Broken(_)
    ));
    setup.edge.change(|edge| edge.down = false);
    running.opened().await;
    running.kept.close().await;
}

#[tokio::test]
async fn a_silent_session_is_found_out_by_its_heartbeat() {
    let setup = setup(Behaviour {
        sticky: true,
        ..Behaviour::default()
    })
    .await;
    let mut ngrok = setup.ngrok();
    ngrok.heartbeat = Heartbeat {
        interval: Duration::from_millis(200),
        tolerance: Duration::from_millis(300),
    };
    // So that no probe gets there first.
    let pace = Pace {
        every: DEADLINE * 10,
        ..QUICK
    };
    let mut running = setup.keep(ngrok, pace);
    running.opened().await;
    setup.edge.change(|edge| edge.stalled = true);
    let why = running.lost().await;
    assert_eq!(
        why,
        TunnelError::Broken("no heartbeat came back".to_owned())
    );
    setup.edge.change(|edge| edge.stalled = false);
    running.opened().await;
    assert_eq!(setup.edge.live(), 1);
    running.kept.close().await;
}

#[tokio::test]
async fn a_public_side_that_falls_silent_is_found_out_by_knocking() {
    let setup = setup(Behaviour::default()).await;
    let pace = Pace {
        answer: Duration::from_millis(300),
        ..QUICK
    };
    let mut running = setup.keep(setup.ngrok(), pace);
    let url = running.opened().await;
    setup.edge.change(|edge| edge.silent = true);
    match running.lost().await {
        TunnelError::Lost { url: lost, .. } => assert_eq!(lost, url),
        other => panic!("{other:?}"),
    }
    setup.edge.change(|edge| edge.silent = false);
    running.opened().await;
    running.kept.close().await;
}

#[tokio::test]
async fn after_a_sleep_one_knock_decides() {
    let setup = setup(Behaviour::default()).await;
    let pace = Pace {
        every: DEADLINE * 10,
        awake: Duration::from_millis(300),
        ..QUICK
    };
    let mut running = setup.keep(setup.ngrok(), pace);
    let url = running.opened().await;
    setup.edge.change(|edge| edge.silent = true);
    *setup.slept.lock().unwrap() += Duration::from_secs(3600);
    assert_eq!(running.lost().await, TunnelError::LostInSleep(url));
    setup.edge.change(|edge| edge.silent = false);
    running.opened().await;
    // One that survived the sleep goes on.
    *setup.slept.lock().unwrap() += Duration::from_secs(3600);
    setup.edge.drop_sessions();
    assert!(matches!(running.lost().await, TunnelError::Broken(_)));
    running.kept.close().await;
}

#[tokio::test]
async fn a_wrong_authtoken_is_hopeless_and_never_shown() {
    let setup = setup(Behaviour {
        auth_error: Some(format!(
            "The authtoken you specified is properly formed, but it is invalid.\r\n\
             Your authtoken: {TOKEN}\r\n\r\nERR_NGROK_107\r\n"
        )),
        ..Behaviour::default()
    })
    .await;
    let mut running = setup.start();
    let error = running.ended().await;
    let text = "The authtoken you specified is properly formed, but it is invalid.";
    let refusal = Refusal {
        code: Some(107),
        text: text.to_owned(),
    };
    assert_eq!(error, TunnelError::Ngrok(refusal));
    let shown = format!("{error:?} {:?}", crate::error::CliError::tunnel(&error));
    assert!(!shown.contains("2abcMadeUp"), "{shown}");
    assert_eq!(setup.edge.calls("auth").len(), 1);
    running.kept.close().await;
}

#[tokio::test]
async fn an_authtoken_in_a_refusal_without_a_code_is_not_shown() {
    let said = || Some(format!("no such token: {TOKEN}"));
    for (auth_error, bind_error) in [(said(), None), (None, said())] {
        let setup = setup(Behaviour {
            auth_error,
            bind_error,
            ..Behaviour::default()
        })
        .await;
        let mut running = setup.start();
        let error = running.lost().await;
        let TunnelError::Ngrok(refusal) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(refusal.code, None);
        let shown = format!("{error:?} {:?}", crate::error::CliError::tunnel(&error));
        assert!(shown.contains("no such token: "), "{shown}");
        assert!(!shown.contains("2abcMadeUp"), "{shown}");
        running.kept.close().await;
    }
}

#[tokio::test]
async fn the_session_limit_is_final_at_the_start_and_waited_out_later() {
    let limit = "Your account is limited to 1 simultaneous ngrok agent session.\r\n\r\n\
        ERR_NGROK_108\r\n";
    let setup = setup(Behaviour {
        auth_error: Some(limit.to_owned()),
        ..Behaviour::default()
    })
    .await;
    let mut running = setup.start();
    let error = running.ended().await;
    assert!(matches!(&error, TunnelError::Ngrok(refusal) if refusal.code == Some(108)));
    running.kept.close().await;

    setup.edge.change(|edge| edge.auth_error = None);
    let mut running = setup.start();
    running.opened().await;
    setup
        .edge
        .change(|edge| edge.auth_error = Some(limit.to_owned()));
    setup.edge.drop_sessions();
    assert!(matches!(running.lost().await, TunnelError::Broken(_)));
    assert!(matches!(running.lost().await, TunnelError::Ngrok(_)));
    setup.edge.change(|edge| edge.auth_error = None);
    running.opened().await;
    running.kept.close().await;
}

#[tokio::test]
async fn a_domain_that_is_not_ours_is_hopeless() {
    let setup = setup(Behaviour {
        bind_error: Some(
            "This domain is reserved for another account.\n\nERR_NGROK_320".to_owned(),
        ),
        ..Behaviour::default()
    })
    .await;
    let mut running = setup.start();
    let error = running.ended().await;
    assert!(matches!(&error, TunnelError::Ngrok(refusal) if refusal.code == Some(320)));
    running.kept.close().await;
    setup.edge.wait_for_live(0).await;
}

#[tokio::test]
async fn a_server_that_is_never_there_ends_the_first_try_in_time() {
    let setup = setup(Behaviour {
        down: true,
        ..Behaviour::default()
    })
    .await;
    let mut running = setup.start();
    assert!(matches!(running.lost().await, TunnelError::Unreachable(_)));
    assert!(matches!(running.ended().await, TunnelError::Unreachable(_)));
    running.kept.close().await;
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_refused() {
    let (setup, other) = (
        setup(Behaviour::default()).await,
        setup(Behaviour::default()).await,
    );
    let server = NgrokServer::on_this_machine(&setup.edge.address, other.edge.ca.clone().into());
    let settings = NgrokSettings {
        authtoken: Some(Secret::new(TOKEN)),
        server,
        ..NgrokSettings::default()
    };
    let mut running = setup.keep(Ngrok::new(settings).unwrap(), QUICK);
    assert!(matches!(running.ended().await, TunnelError::Tls(_)));
    assert!(setup.edge.calls("auth").is_empty());
    running.kept.close().await;
}

#[tokio::test]
async fn a_tunnel_that_the_edge_stops_is_opened_again_and_a_session_is_not() {
    let setup = setup(Behaviour::default()).await;
    let mut running = setup.start();
    running.opened().await;
    let id = &setup.edge.tunnels()[0];
    let order =
        serde_json::json!({ "Id": id, "Message": "stopped by ada", "ErrorCode": "ERR_NGROK_8" });
    setup.edge.order(STOP_TUNNEL, &order).await;
    let refusal = Refusal {
        code: Some(8),
        text: "stopped by ada".to_owned(),
    };
    assert_eq!(running.lost().await, TunnelError::Ngrok(refusal));
    running.opened().await;

    let answer = setup.edge.order(STOP, &serde_json::json!({})).await;
    assert!(answer.unwrap()["Error"].is_null());
    assert_eq!(running.ended().await, TunnelError::NgrokStopped);
    running.kept.close().await;
    setup.edge.wait_for_live(0).await;
}

#[tokio::test]
async fn an_address_that_leads_elsewhere_is_no_tunnel() {
    let setup = setup(Behaviour::default()).await;
    // Its door is another one.
    let elsewhere = App::start(Knock::default()).await;
    let probe = Probe {
        http: Http::default(),
        knock: setup.knock.clone(),
    };
    let mut keeper = Keeper::new(Box::new(setup.ngrok()), probe, elsewhere.port);
    keeper.pace = Pace {
        ready: Duration::from_millis(500),
        ..QUICK
    };
    let (tell, news) = mpsc::channel(16);
    let kept = keeper.start(tell);
    let mut running = Running { kept, news };
    assert!(matches!(running.next().await, News::Waiting(_)));
    assert!(matches!(running.ended().await, TunnelError::NotOurs { .. }));
    running.kept.close().await;
}

#[tokio::test]
async fn an_error_page_of_the_operator_is_not_the_app() {
    let setup = setup(Behaviour {
        public_error: Some(3200),
        ..Behaviour::default()
    })
    .await;
    let mut running = setup.start();
    assert_eq!(running.next().await, News::Waiting(TunnelError::Edge(3200)));
    setup.edge.change(|edge| edge.public_error = None);
    running.opened().await;
    running.kept.close().await;
}

#[tokio::test]
async fn what_the_user_opened_may_lead_past_our_door() {
    let setup = setup(Behaviour::default()).await;
    let past = App::start(Knock::default()).await;
    let url = BaseUrl::parse(&format!("http://127.0.0.1:{}", past.port)).unwrap();
    let mut running = setup.keep(Own(url.clone()), QUICK);
    assert_eq!(running.opened().await, url);
    running.kept.close().await;
}

/// A proxy that asks for a log-in and carries one connection.
async fn proxy_server(tasks: &mut JoinSet<String>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tasks.spawn(async move {
        let (mut agent, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(agent.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        if !head.contains("Proxy-Authorization: Basic YWRhOnNlY3JldA==\r\n") {
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n";
            agent.write_all(answer.as_bytes()).await.unwrap();
            return head;
        }
        let to = head.strip_prefix("CONNECT ").unwrap().split(' ').next();
        let mut server = TcpStream::connect(to.unwrap()).await.unwrap();
        agent.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut agent, &mut server).await;
        head
    });
    port
}

#[tokio::test]
async fn ngrok_is_reached_through_a_proxy_with_its_log_in() {
    for (login, good) in [("ada:secret@", true), ("", false)] {
        let setup = setup(Behaviour::default()).await;
        let mut tasks = JoinSet::new();
        let port = proxy_server(&mut tasks).await;
        let server =
            NgrokServer::on_this_machine(&setup.edge.address, setup.edge.ca.clone().into());
        let settings = NgrokSettings {
            authtoken: Some(Secret::new(TOKEN)),
            server,
            proxy: ProxyServer::parse(&format!("http://{login}127.0.0.1:{port}")),
            ..NgrokSettings::default()
        };
        let mut running = setup.keep(Ngrok::new(settings).unwrap(), QUICK);
        if good {
            running.opened().await;
        } else {
            let error = running.lost().await;
            assert!(
                error.to_string().contains("wants a log-in (407)"),
                "{error}"
            );
        }
        running.kept.close().await;
        let head = tasks.join_next().await.unwrap().unwrap();
        assert!(!head.contains(TOKEN), "{head}");
    }
}

#[test]
fn only_this_machine_can_stand_in_for_ngrok() {
    for (address, expected) in [
        ("localhost:4443", true),
        ("localhost", false),
        ("localhost:", false),
        ("localhost:x", false),
        ("localhost.evil.example:443", false),
        ("localhost:443@evil.example", false),
        ("127.0.0.1:443", false),
        ("evil.example:443", false),
        ("", false),
    ] {
        let server = NgrokServer::on_this_machine(address, Vec::new());
        assert_eq!(server.is_some(), expected, "{address}");
    }
}
