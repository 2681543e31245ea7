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

#[path = "../../../tests/it/support/ngrok_edge.rs"]
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
            described: Arc::new(|_, _| {}),
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

mod lost;
mod open;
mod refused;
