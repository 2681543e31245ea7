//! The proxy between raw sockets, so that every byte can be seen.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::*;

const DEADLINE: Duration = Duration::from_secs(30);

struct Setup {
    port: u16,
    target: watch::Sender<Target>,
    served: mpsc::UnboundedReceiver<Served>,
    described: mpsc::UnboundedReceiver<Vec<u8>>,
    underway: Underway,
    proxy: JoinSet<()>,
    tasks: JoinSet<()>,
}

async fn setup(target: Target) -> Setup {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (target, receiver) = watch::channel(target);
    let (tell, served) = mpsc::unbounded_channel();
    let observer: Observer = Arc::new(move |one| {
        let _ = tell.send(one);
    });
    let (mut proxy, underway) = (JoinSet::new(), Underway::default());
    let knock = Knock::default();
    knock.expect("word".to_owned(), "answer".to_owned());
    let (tell, described) = mpsc::unbounded_channel();
    let behind = Behind {
        target: receiver,
        observer,
        knock,
        described: Arc::new(move |_, bytes| {
            let _ = tell.send(bytes.to_vec());
        }),
        underway: underway.clone(),
    };
    proxy.spawn(serve(listener, behind));
    Setup {
        port,
        target,
        served,
        described,
        underway,
        proxy,
        tasks: JoinSet::new(),
    }
}

/// A process that answers one connection with `answer` and tells what it was sent.
async fn process(tasks: &mut JoinSet<()>, answer: &'static str) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = mpsc::channel(1);
    tasks.spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        let mut chunk = [0; 1024];
        while !String::from_utf8_lossy(&all).contains("\r\n\r\n") {
            let length = stream.read(&mut chunk).await.unwrap();
            all.extend_from_slice(&chunk[..length]);
        }
        tell.send(String::from_utf8(all).unwrap()).await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    (port, heard)
}

async fn exchange(port: u16, request: &str) -> String {
    let work = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    tokio::time::timeout(DEADLINE, work)
        .await
        .expect("an answer")
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nX-Odd: Case\r\ncontent-length: 2\r\n\r\nhi";

#[tokio::test]
async fn path_query_and_header_case_pass_untouched() {
    let mut setup = setup(Target::Starting).await;
    let (port, mut heard) = process(&mut setup.tasks, ANSWER).await;
    setup.target.send_replace(Target::Serving(port));
    let target = "/a%2fb//c/../d?q=a+b%20c&e&&f=%7e|{x}&jwt=secret";
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: app.example:81\r\nX-AuThor: Me\r\nConnection: close\r\n\r\n"
    );
    let answer = exchange(setup.port, &request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("X-Odd: Case\r\n"), "{answer}");
    let sent = heard.recv().await.unwrap();
    assert!(
        sent.starts_with(&format!("GET {target} HTTP/1.1\r\n")),
        "{sent}"
    );
    assert!(sent.contains("\r\nHost: app.example:81\r\n"), "{sent}");
    assert!(sent.contains("\r\nX-AuThor: Me\r\n"), "{sent}");
    let served = setup.served.recv().await.unwrap();
    assert_eq!(served.raw.target(), target);
    assert_eq!((served.id, served.status), (1, 200));
}

#[tokio::test]
async fn a_request_waits_for_the_process_that_is_starting() {
    let mut setup = setup(Target::Starting).await;
    let (port, mut heard) = process(&mut setup.tasks, ANSWER).await;
    let waiting = exchange(
        setup.port,
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    );
    let (answer, ()) = tokio::join!(waiting, async {
        setup.target.send_replace(Target::Serving(port));
        heard.recv().await.unwrap();
    });
    assert!(answer.ends_with("hi"), "{answer}");
}

#[tokio::test]
async fn without_a_process_the_answer_says_so() {
    let mut setup = setup(Target::Down).await;
    let request =
        "POST /installed HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let answer = exchange(setup.port, request).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert_eq!(setup.served.recv().await.unwrap().status, 503);
}

#[tokio::test]
async fn a_knock_is_answered_here_and_not_told() {
    let mut setup = setup(Target::Down).await;
    let knock = "GET /base/.connect/knock/word HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let answer = exchange(setup.port, knock).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.ends_with("\r\n\r\nanswer"), "{answer}");
    // The second one is a request like any other.
    let answer = exchange(setup.port, knock).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert_eq!(setup.served.recv().await.unwrap().id, 1);
}

#[tokio::test]
async fn a_descriptor_is_told_before_it_is_handed_on() {
    let mut setup = setup(Target::Starting).await;
    let (port, _heard) = process(&mut setup.tasks, ANSWER).await;
    setup.target.send_replace(Target::Serving(port));
    let path = "/base/atlassian-connect.json?x=1";
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let answer = exchange(setup.port, &request).await;
    assert!(
        answer.contains("X-Odd: Case") && answer.ends_with("\r\n\r\nhi"),
        "{answer}"
    );
    assert_eq!(setup.described.try_recv().unwrap(), b"hi");
}

mod upgrade;
