//! Against the peer itself: atlassian-connect-express from npm drives the sandbox's plugin
//! manager, and is the app of a session of ours.

use rustix::process::Signal;

use crate::support::ace::{APP, Ace, Host, packages, project};
use crate::support::app;
use crate::support::session::Session;

const KEY: &str = "com.example.ace";

#[test]
fn ace_registers_registers_again_and_deregisters_in_the_sandbox() {
    let Some(packages) = packages() else {
        return;
    };
    let mut host = Host::start();
    let (ace, env) = Ace::start(&packages, &host);
    let first = host.wait_for("installed", KEY, Some("One"));
    assert_eq!(first["data"]["again"], false);
    ace.wait_until_it_says("Registered with host");
    env.write("atlassian-connect.json", &app::descriptor(KEY, "Two"));
    let second = host.wait_for("installed", KEY, Some("Two"));
    assert_eq!(second["data"]["again"], true);
    ace.wait_until_it_says("Registered with host");
    ace.signal(Signal::INT);
    host.wait_for("uninstalled", KEY, None);
    ace.end();
    let ended = host.session.interrupt();
    // It took every one of the sandbox's install tokens.
    let refused = ended.events.iter().find(|event| {
        let data = &event["data"];
        data["event"] == "installFailed"
    });
    assert_eq!(refused, None);
}

#[test]
fn an_app_on_ace_is_driven_as_it_stands() {
    let Some(packages) = packages() else {
        return;
    };
    let env = project(&[], "$PORT").with("NODE_PATH", packages.to_str().unwrap());
    let command = format!("exec node {APP}");
    let mut session = Session::start(&env, &["--sandbox-port", "0", "--exec", &command]);
    session.wait_for("ready");
    env.write("atlassian-connect.json", &app::descriptor(KEY, "Two"));
    session.wait_for("host.registered");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("host.registered"), 2, "{}", ended.stderr);
    assert_eq!(ended.count("host.deregistered"), 1, "{}", ended.stderr);
    assert_eq!(ended.count("error"), 0, "{}", ended.stderr);
}
