//! What is open, and what it must lead to.

use super::*;

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
