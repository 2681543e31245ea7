//! What is lost and comes back.

use super::*;

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
