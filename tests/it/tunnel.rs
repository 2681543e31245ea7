//! `connect dev` through a tunnel: ngrok's server is a double, all else is as people have it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, fetch};
use crate::support::ngrok::{Ngrok, TOKEN, start};
use crate::support::ngrok_edge::{Behaviour, STOP};
use crate::support::session::Session;
use crate::support::terminal::press;

#[test]
fn an_app_is_installed_through_ngrok_and_nothing_is_left() {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    let opened = session.wait_for("tunnel.opened");
    assert_eq!(opened["provider"], "ngrok");
    let url = opened["url"].as_str().unwrap().to_owned();
    let ready = session.wait_for("ready");
    assert_eq!(ready["app"], url.as_str());
    // The host fetched the descriptor there, and calls the app there.
    let descriptor: Value =
        serde_json::from_str(&fetch("GET", &format!("{url}/atlassian-connect.json"))).unwrap();
    assert_eq!(descriptor["baseUrl"], url.as_str());
    assert_eq!(host.apps(), ["com.example.a"]);

    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
    assert_eq!(ended.count("tunnel.closed"), 1);
    assert_eq!(ngrok.edge.calls("unbind").len(), 1);
    ngrok.runtime.block_on(ngrok.edge.wait_for_live(0));
    let public = ended.stderr.find("becomes public through ngrok").unwrap();
    let open = ended.stderr.find("Opened tunnel").unwrap();
    assert!(public < open, "{}", ended.stderr);
    let all = format!("{:?}{}", ended.events, ended.stderr);
    assert!(!all.contains(TOKEN), "{all}");
    // What we ask ourselves is not told: the first requests are the host's.
    assert!(!all.contains(".connect/knock"), "{all}");
    let events = ended.events.iter();
    let paths: Vec<_> = events
        .filter(|event| event["event"] == "request.in")
        .map(|event| event["path"].as_str().unwrap())
        .collect();
    assert_eq!(paths[..2], ["/atlassian-connect.json", "/installed"]);
}

#[test]
fn a_new_address_is_registered_with_an_app_that_knows_it() {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    let before = session.wait_for("tunnel.opened")["url"].clone();
    session.wait_for("ready");
    ngrok.edge.drop_sessions();
    let lost = session.wait_for("tunnel.lost");
    assert_eq!(lost["code"], "tunnel/broken");
    let after = session.wait_for("tunnel.opened")["url"].clone();
    assert_ne!(before, after);
    let again = session.wait_for("host.registered");
    assert_eq!(again["reason"], "address");
    let url = after.as_str().unwrap();
    let text = fetch("GET", &format!("{url}/atlassian-connect.json"));
    let descriptor: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(descriptor["baseUrl"], after);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn both_halves_of_an_app_come_through_and_follow_a_new_address() {
    let ngrok = Ngrok::start(Behaviour::default());
    let (jira, wiki) = (FakeHost::start(), FakeHost::start());
    let env = ngrok.project(&[&jira, &wiki]);
    let mut file: Value = serde_json::from_str(&env.read("credentials.json")).unwrap();
    file["hosts"][wiki.site()]["product"] = json!("confluence");
    env.write("credentials.json", &file.to_string());
    let other = app::descriptor("com.example.wiki", "Wiki");
    env.write("atlassian-connect.confluence.json", &other);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    assert_eq!(
        (jira.apps().len(), wiki.apps()),
        (1, vec!["com.example.wiki".to_owned()])
    );
    ngrok.edge.drop_sessions();
    let after = session.wait_for("tunnel.opened")["url"].clone();
    for _ in 0..2 {
        let again = session.wait_for("host.registered");
        assert_eq!(again["reason"], "address");
    }
    let url = format!("{}/confluence", after.as_str().unwrap());
    let text = fetch("GET", &format!("{url}/atlassian-connect.json"));
    let descriptor: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&descriptor["baseUrl"], &descriptor["key"]),
        (&json!(url), &json!("com.example.wiki"))
    );
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(jira.apps().is_empty() && wiki.apps().is_empty());
}

#[test]
fn the_same_address_again_is_no_install() {
    let ngrok = Ngrok::start(Behaviour {
        sticky: true,
        ..Behaviour::default()
    });
    let host = FakeHost::start();
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    ngrok.edge.drop_sessions();
    session.wait_for("tunnel.lost");
    session.wait_for("tunnel.opened");
    // The one that counts proves that there was none before it.
    let changed = app::descriptor("com.example.a", "Two");
    env.write("atlassian-connect.json", &changed);
    let again = session.wait_for("host.registered");
    assert_eq!(again["reason"], "descriptor");
    session.interrupt();
    assert_eq!(host.installed_names(), ["One", "Two"]);
}

#[test]
fn what_ngrok_refuses_is_explained_without_the_authtoken() {
    for (behaviour, code, exit) in [
        (
            Behaviour {
                auth_error: Some(format!(
                    "The authtoken you specified is properly formed, but it is invalid.\r\n\
                     Your authtoken: {TOKEN}\r\n\r\nERR_NGROK_107\r\n"
                )),
                ..Behaviour::default()
            },
            "tunnel/ngrok-auth",
            1,
        ),
        (
            Behaviour {
                auth_error: Some(
                    "Your account is limited to 1 simultaneous ngrok agent session.\r\n\r\n\
                     ERR_NGROK_108\r\n"
                        .to_owned(),
                ),
                ..Behaviour::default()
            },
            "tunnel/ngrok-session-limit",
            3,
        ),
        (
            Behaviour {
                bind_error: Some("It is reserved for another account.\n\nERR_NGROK_320".to_owned()),
                ..Behaviour::default()
            },
            "tunnel/ngrok-domain",
            1,
        ),
    ] {
        let (ngrok, host) = (Ngrok::start(behaviour), FakeHost::start());
        let env = ngrok.project(&[&host]);
        let mut session = start(&env, &["-v"]);
        let error = session.wait_for_error(code);
        assert_eq!(error["fatal"], true, "{error}");
        let ended = session.end();
        assert_eq!(ended.status.code(), Some(exit), "{}", ended.stderr);
        assert_eq!(host.count("POST"), 0, "{code}");
        let all = format!("{:?}{}", ended.events, ended.stderr);
        assert!(!all.contains(TOKEN), "{all}");
    }
}

#[test]
fn a_session_that_is_stopped_from_the_dashboard_takes_the_app_away() {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    session.wait_for("ready");
    ngrok.runtime.block_on(ngrok.edge.order(STOP, &json!({})));
    session.wait_for_error("tunnel/ngrok-stopped");
    let ended = session.end();
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    assert!(host.apps().is_empty());
}

#[test]
fn an_interrupt_while_the_tunnel_opens_ends_the_session_at_once() {
    let ngrok = Ngrok::start(Behaviour {
        stalled: true,
        ..Behaviour::default()
    });
    let host = FakeHost::start();
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    session.wait_for("descriptor.validated");
    ngrok.runtime.block_on(ngrok.edge.wait_for_live(1));
    let began = Instant::now();
    let ended = session.interrupt();
    // The server is given 15 s; leaving does not wait for them.
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("tunnel.closed"), 0);
    ngrok.runtime.block_on(ngrok.edge.wait_for_live(0));
}

#[test]
fn on_a_terminal_the_opening_is_shown() {
    let ngrok = Ngrok::start(Behaviour {
        stalled: true,
        ..Behaviour::default()
    });
    let host = FakeHost::start();
    let env = ngrok.project(&[&host]);
    let arguments = ["dev", "--tunnel", "ngrok", "--exec", &app::command()];
    let Some(ended) = press(&env, "for ngrok to open a tunnel", "\\x03", &arguments) else {
        return;
    };
    assert_eq!(ended.code, 0, "{}", ended.shown);
}

#[test]
fn an_app_with_a_port_of_its_own_is_started_anew_for_a_new_address() {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]);
    let port = free_port().to_string();
    let mut session = start(&env, &["--port", &port]);
    session.wait_for("ready");
    ngrok.edge.drop_sessions();
    let again = session.wait_for("host.registered");
    assert_eq!(again["reason"], "address");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("app.started"), 2);
}

#[test]
fn a_page_of_ngrok_before_the_app_s_own_is_explained() {
    let ngrok = Ngrok::start(Behaviour {
        interstitial: true,
        ..Behaviour::default()
    });
    let host = FakeHost::start();
    let env = ngrok.project(&[&host]);
    let mut session = start(&env, &[]);
    // Hosts are no browsers, so the install works.
    session.wait_for("ready");
    // It is looked for at the same time, so it may have been said before.
    let mut told = session.events.iter();
    let told = told.find(|event| event["event"] == "warning").cloned();
    let warning = told.unwrap_or_else(|| session.wait_for("warning"));
    assert_eq!(warning["code"], "tunnel/interstitial");
    assert!(
        warning["message"]
            .as_str()
            .unwrap()
            .contains("ERR_NGROK_6024")
    );
    session.interrupt();
}

#[test]
fn an_app_that_runs_already_must_know_the_public_address() {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    // An app that was started for another address.
    let running = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let command = app::command();
    let mut other = Session::start(&running, &["--via", "none", "--exec", &command]);
    let app = other.wait_for("ready")["app"].as_str().unwrap().to_owned();
    let port = app.rsplit_once(':').unwrap().1;

    let env = ngrok.project(&[&host]);
    let mut session = Session::start(&env, &["--tunnel", "ngrok", "--port", port]);
    let error = session.wait_for_error("tunnel/other-address");
    assert!(error["message"].as_str().unwrap().contains(&app), "{error}");
    assert_eq!(host.count("POST"), 0);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    other.interrupt();
}

#[test]
fn neither_the_app_nor_its_command_line_sees_the_authtoken() {
    let (ngrok, host) = (Ngrok::start(Behaviour::default()), FakeHost::start());
    let env = ngrok.project(&[&host]).with("NGROK_AUTHTOKEN", TOKEN);
    let mut session = start(&env, &[]);
    let opened = session.wait_for("tunnel.opened");
    session.wait_for("ready");
    let url = opened["url"].as_str().unwrap();
    let pid = fetch("GET", &format!("{url}/pid"));
    for file in ["environ", "cmdline"] {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains(TOKEN), "{file}: {text}");
    }
    session.interrupt();
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn the_double_of_ngrok_s_server_is_on_this_machine_only() {
    let env = TestEnv::new()
        .with("CONNECT_NGROK_SERVER", "evil.example:443")
        .with("CONNECT_NGROK_CA", "edge.pem")
        .with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write("edge.pem", "");
    env.write(
        "credentials.json",
        &json!({ "ngrok": { "authtoken": TOKEN } }).to_string(),
    );
    let arguments = [
        "dev", "--via", "none", "--tunnel", "ngrok", "--exec", "true",
    ];
    let assert = env.connect(&arguments).assert().code(2);
    let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(stderr.contains("error[tunnel/ngrok-server]"), "{stderr}");
}

#[test]
fn a_host_elsewhere_without_a_tunnel_is_told_how_to_get_one() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let host = json!({ "product": "jira", "username": "a", "password": "b" });
    let file = json!({ "hosts": { "far.example.invalid": host } });
    env.write("credentials.json", &file.to_string());
    for (arguments, code, exit) in [
        (&["dev", "--exec", "true"][..], "tunnel/no-provider", 1),
        (
            &["dev", "--exec", "true", "--tunnel", "none"],
            "tunnel/none",
            2,
        ),
        (
            &["dev", "--exec", "true", "--tunnel", "ngrok"],
            "tunnel/ngrok-auth",
            1,
        ),
        (
            &["dev", "--exec", "true", "--tunnel", "cloudflared"],
            "tunnel/no-cloudflared",
            1,
        ),
    ] {
        let assert = env.connect(arguments).assert().code(exit);
        let stderr = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        assert!(stderr.contains(&format!("error[{code}]")), "{stderr}");
        assert!(stderr.contains("hint: "), "{stderr}");
    }
}
