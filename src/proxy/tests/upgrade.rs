//! Connections that leave HTTP.

use super::*;

/// What a browser asks with.
const ASK: &str = "GET /socket?jwt=t HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
/// What an app agrees with.
const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: a\r\n\r\n";

async fn within<T>(work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(DEADLINE, work).await;
    done.expect("it goes on")
}

/// Everything up to the blank line.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(within(stream.read_u8()).await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// A client that has sent `request`, and the app's side of it with the head that came there.
async fn asked(setup: &Setup, request: &str) -> (TcpStream, TcpStream, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    setup.target.send_replace(Target::Serving(port));
    let mut client = TcpStream::connect(("127.0.0.1", setup.port)).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut app, _) = within(listener.accept()).await.unwrap();
    let head = head(&mut app).await;
    (client, app, head)
}

/// The same once the app has agreed and the client knows.
async fn changed(setup: &Setup) -> (TcpStream, TcpStream) {
    let (mut client, mut app, _) = asked(setup, ASK).await;
    app.write_all(AGREED.as_bytes()).await.unwrap();
    head(&mut client).await;
    (client, app)
}

async fn carries(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    from.write_all(bytes).await.unwrap();
    let mut came = vec![0; bytes.len()];
    within(to.read_exact(&mut came)).await.unwrap();
    assert_eq!(came, bytes);
}

async fn ended(mut stream: TcpStream) {
    let end = within(stream.read(&mut [0])).await;
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}

#[tokio::test]
async fn bytes_pass_both_ways_and_the_request_is_told_as_it_came() {
    let mut setup = setup(Target::Starting).await;
    let (mut client, mut app, asked) = asked(&setup, ASK).await;
    assert!(asked.contains("\r\nUpgrade: websocket\r\n"), "{asked}");
    assert!(asked.contains("\r\nConnection: Upgrade\r\n"), "{asked}");
    assert!(asked.contains("\r\nSec-WebSocket-Key: k\r\n"), "{asked}");
    // What the app says at once comes with its answer.
    app.write_all(AGREED.as_bytes()).await.unwrap();
    app.write_all(b"first").await.unwrap();
    let answer = head(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    assert!(answer.contains("\r\nUpgrade: websocket\r\n"), "{answer}");
    assert!(answer.contains("\r\nConnection: Upgrade\r\n"), "{answer}");
    assert!(
        answer.contains("\r\nSec-WebSocket-Accept: a\r\n"),
        "{answer}"
    );
    let mut first = [0; 5];
    within(client.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"first");
    let long = vec![7; 1 << 20];
    for _ in 0..2 {
        tokio::join!(
            async { within(client.write_all(&long)).await.unwrap() },
            async { within(app.read_exact(&mut vec![0; 1 << 20])).await.unwrap() }
        );
        carries(&mut app, &mut client, b"\x81\x02hi").await;
    }
    let served = setup.served.recv().await.unwrap();
    assert_eq!((served.id, served.status), (1, 101));
    assert_eq!(served.raw.head, ASK.as_bytes());
    assert_eq!((served.raw.body, served.raw.body_length), (Vec::new(), 0));
    // Nothing that passes is a request.
    carries(&mut client, &mut app, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(setup.served.try_recv().is_err());
    drop(app);
    ended(client).await;
}

#[tokio::test]
async fn what_a_client_sends_before_the_answer_reaches_the_app_after_it() {
    let setup = setup(Target::Starting).await;
    let (mut client, mut app, _) = asked(&setup, &format!("{ASK}early")).await;
    app.write_all(AGREED.as_bytes()).await.unwrap();
    head(&mut client).await;
    let mut early = [0; 5];
    within(app.read_exact(&mut early)).await.unwrap();
    assert_eq!(&early, b"early");
}

#[tokio::test]
async fn an_app_that_refuses_is_heard_and_what_follows_is_no_request() {
    let mut setup = setup(Target::Starting).await;
    let (mut client, mut app, _) = asked(&setup, &format!("{ASK}\x01 no request\r\n\r\n")).await;
    let refused = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno";
    app.write_all(refused.as_bytes()).await.unwrap();
    let answer = head(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let mut rest = Vec::new();
    within(client.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.starts_with(b"noHTTP/1.1 400 "), "{rest:?}");
    assert_eq!(setup.served.recv().await.unwrap().status, 403);
    assert!(setup.served.try_recv().is_err());
}

#[tokio::test]
async fn a_refused_client_goes_on_with_the_same_connection() {
    let mut setup = setup(Target::Starting).await;
    let (mut client, mut app, _) = asked(&setup, ASK).await;
    let refused = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    app.write_all(refused.as_bytes()).await.unwrap();
    head(&mut client).await;
    let (port, _heard) = process(&mut setup.tasks, ANSWER).await;
    setup.target.send_replace(Target::Serving(port));
    client
        .write_all(b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    assert!(head(&mut client).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(setup.served.recv().await.unwrap().status, 404);
    let next = setup.served.recv().await.unwrap();
    assert_eq!(next.raw.head, b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[tokio::test]
async fn http_2_is_not_changed_to() {
    for protocols in ["h2c", "websocket, H2C"] {
        let setup = setup(Target::Starting).await;
        let request = format!(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
             Upgrade: {protocols}\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
        );
        let (_client, _app, asked) = asked(&setup, &request).await;
        let asked = asked.to_lowercase();
        assert!(
            !asked.contains("upgrade") && !asked.contains("http2"),
            "{asked}"
        );
    }
}

#[tokio::test]
async fn who_does_not_ask_as_he_must_changes_nothing() {
    for request in [
        "GET / HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n",
    ] {
        let mut setup = setup(Target::Starting).await;
        let (mut client, mut app, asked) = asked(&setup, request).await;
        assert!(!asked.to_lowercase().contains("upgrade"), "{asked}");
        // An app that changes all the same is not followed.
        app.write_all(AGREED.as_bytes()).await.unwrap();
        let answer = head(&mut client).await;
        assert!(answer.contains(" 502 "), "{answer}");
        assert_eq!(setup.served.recv().await.unwrap().status, 502);
    }
}

#[tokio::test]
async fn the_end_of_the_proxy_is_the_end_of_both_sides() {
    let mut setup = setup(Target::Starting).await;
    let (mut client, mut app) = changed(&setup).await;
    carries(&mut client, &mut app, b"ping").await;
    setup.proxy.shutdown().await;
    ended(client).await;
    ended(app).await;
}

#[tokio::test]
async fn a_process_that_is_exchanged_does_not_wait_for_them() {
    let setup = setup(Target::Starting).await;
    let (mut client, mut app) = changed(&setup).await;
    let port = app.local_addr().unwrap().port();
    let began = Instant::now();
    within(setup.underway.ended(port)).await;
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    // They go on until the process ends.
    carries(&mut client, &mut app, b"ping").await;
}
