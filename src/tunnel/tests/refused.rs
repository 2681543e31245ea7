//! What a server refuses.

use super::*;

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
