//! `connect dev` behind cloudflared, of which there is a double, and behind an address of the
//! user's own.

use rustix::process::{Pid, Signal};
use serde_json::json;

use crate::support::app;
use crate::support::cloud::Cloud;
use crate::support::env::TestEnv;
use crate::support::host::FakeHost;
use crate::support::ngrok::TOKEN;
use crate::support::ngrok_edge::certificates;
use crate::support::session::{Session, wait_until_gone};
use crate::tunnel::free_port;

/// A project on a host that reaches it through the internet of a quick tunnel.
fn behind_a_cloud() -> (Cloud, FakeHost, TestEnv) {
    let host = FakeHost::start();
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let (cloud, env) = Cloud::before(env);
    host.set_routes(cloud.routes());
    (cloud, host, env)
}

fn start_cloudflared(env: &TestEnv) -> Session {
    let command = app::command();
    Session::start(env, &["--tunnel", "cloudflared", "--exec", &command])
}

#[test]
fn an_authority_that_only_the_user_trusts_is_named() {
    let (_cloud, _host, env) = behind_a_cloud();
    // The system knows another one.
    env.write("system.pem", &certificates("elsewhere.example").0);
    let system = env.path("system.pem");
    let env = env.with("SSL_CERT_FILE", system.to_str().unwrap());
    let mut session = start_cloudflared(&env);
    let unanswered = session.wait_for_error("tunnel/unanswered");
    let message = unanswered["message"].as_str().unwrap();
    assert!(message.contains("certificate"), "{message}");
    session.interrupt();

    let command = app::command();
    let arguments = [
        "--tunnel",
        "cloudflared",
        "--cacert",
        "cloud.pem",
        "--exec",
        &command,
    ];
    let mut session = Session::start(&env, &arguments);
    session.wait_for("ready");
    session.interrupt();
    let env = env.with("CONNECT_CACERT", "cloud.pem");
    let mut session = start_cloudflared(&env);
    session.wait_for("ready");
    session.interrupt();

    env.write("none.pem", "no certificate");
    for file in ["none.pem", "nowhere.pem"] {
        let refused = env
            .connect(&["validate", "--cacert", file])
            .assert()
            .code(1);
        refused.stderr_eq(format!(
            "error[cli/cacert]: `[..]{file}` cannot be used for `--cacert`\ncaused by: [..]\n"
        ));
    }
}

#[test]
fn an_app_is_installed_through_cloudflared_and_its_new_address_too() {
    let (cloud, host, env) = behind_a_cloud();
    let mut session = start_cloudflared(&env);
    let opened = session.wait_for("tunnel.opened");
    assert_eq!(opened["provider"], "cloudflared");
    assert_eq!(opened["url"], "https://word-1.trycloudflare.com");
    session.wait_for("ready");
    let first = cloud.pid();

    cloud.end_tunnel();
    let lost = session.wait_for("tunnel.lost");
    assert_eq!(lost["code"], "tunnel/cloudflared-exited");
    let opened = session.wait_for("tunnel.opened");
    assert_eq!(opened["url"], "https://word-2.trycloudflare.com");
    let again = session.wait_for("host.registered");
    assert_eq!(again["reason"], "address");
    let second = cloud.pid();
    assert_ne!(first, second);

    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("Unauthorized: Tunnel not found"),
        "{}",
        ended.stderr
    );
    assert!(host.apps().is_empty());
    wait_until_gone(Pid::from_raw(second).unwrap());
}

#[test]
fn cloudflared_does_not_outlive_a_session_that_is_killed() {
    let (cloud, host, env) = behind_a_cloud();
    let mut session = start_cloudflared(&env);
    session.wait_for("ready");
    let pid = Pid::from_raw(cloud.pid()).unwrap();
    session.signal(Signal::KILL);
    wait_until_gone(pid);
    host.wait_until_empty();
    session.end();
}

#[test]
fn cloudflared_gets_no_log_in() {
    let (cloud, _host, env) = behind_a_cloud();
    let env = env
        .with("NGROK_AUTHTOKEN", TOKEN)
        .with("ADMIN", FakeHost::PASSWORD);
    let mut session = start_cloudflared(&env);
    session.wait_for("ready");
    let environment = cloud.environment();
    assert!(environment.contains("NGROK_AUTHTOKEN=\n"), "{environment}");
    assert!(!environment.contains(TOKEN), "{environment}");
    assert!(!environment.contains(FakeHost::PASSWORD), "{environment}");
    session.interrupt();
}

#[test]
fn the_limit_of_quick_tunnels_is_explained() {
    let (cloud, _host, env) = behind_a_cloud();
    cloud.limit();
    let mut session = start_cloudflared(&env);
    let error = session.wait_for_error("tunnel/cloudflared-limit");
    assert_eq!(error["fatal"], true);
    let ended = session.end();
    assert_eq!(ended.status.code(), Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("--tunnel ngrok"), "{}", ended.stderr);
}

#[test]
fn an_address_of_the_user_s_own_is_proven_before_the_install() {
    let (cloud, _host, env) = behind_a_cloud();
    // A host that is elsewhere, and takes an address of one's own.
    let far = json!({ "product": "jira", "username": "a", "password": "b" });
    let file = json!({ "hosts": { "far.example.invalid": far } });
    env.write("credentials.json", &file.to_string());
    let url = "https://word-9.trycloudflare.com";
    let command = app::command();
    let port = free_port();
    let env = env.with("PORT", &port.to_string());
    let mut session = Session::start(&env, &["--url", url, "--exec", &command]);
    // Nothing leads there yet.
    let warning = session.wait_for("warning");
    assert_eq!(warning["code"], "tunnel/unanswered", "{warning}");
    cloud.lead("word-9", port);
    let opened = session.wait_for("tunnel.opened");
    assert_eq!(
        (&opened["url"], &opened["provider"]),
        (&json!(url), &json!("own"))
    );
    // The app came through; the host, which does not exist, did not.
    let error = session.wait_for("error");
    assert!(
        error["code"].as_str().unwrap().starts_with("net/"),
        "{error}"
    );
    session.interrupt();
}
