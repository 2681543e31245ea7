//! `connect license`: what the app is told its customer has paid for.

use snapbox::cmd::Command;

use crate::inspect::setup_with;
use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, fetch};
use crate::support::session::Session;

/// Exit code, data, and text for people.
fn run(command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (data, people) = (text(output.stdout), text(output.stderr));
    for secret in [FakeHost::PASSWORD, FakeHost::ACCESS_TOKEN] {
        assert!(
            !data.contains(secret) && !people.contains(secret),
            "{data}{people}"
        );
    }
    (output.status.code().unwrap(), data, people)
}

fn descriptor() -> String {
    let wanted = r#""enableLicensing": true, "scopes": ["READ"], "apiVersion""#;
    app::descriptor("com.example.a", "One").replace(r#""apiVersion""#, wanted)
}

#[test]
fn in_the_sandbox_it_is_set_at_once() {
    let setup = setup_with(TestEnv::new(), &descriptor());
    let license = |arguments: &[&str]| run(setup.env.connect(&[&["license"], arguments].concat()));
    assert_eq!(license(&[]).1.split_whitespace().last(), Some("active"));
    let page = setup
        .session
        .events
        .iter()
        .find(|event| event["event"] == "ready");
    let page = page.unwrap()["url"].as_str().unwrap().to_owned();
    for (state, expected) in [
        ("none", "lic=none"),
        ("trial", "lic=active"),
        ("inactive", "lic=none"),
    ] {
        let (code, _, text) = license(&[state]);
        assert_eq!(code, 0, "{text}");
        let shown = fetch("GET", &page);
        assert!(shown.contains(expected), "{state}: {shown}");
    }
    let (_, data, _) = license(&["--json"]);
    assert!(
        data.contains(r#""event":"license""#) && data.contains(r#""active":false"#),
        "{data}"
    );
    let (code, _, text) = license(&["--key", "com.example.other"]);
    assert!(
        code == 1 && text.contains("error[license/not-installed]"),
        "{text}"
    );
    setup.session.interrupt();
}

#[test]
fn an_app_that_asks_for_no_licence_is_told_so() {
    let wanted = descriptor().replace("true", "false");
    let setup = setup_with(TestEnv::new(), &wanted);
    let (code, _, text) = run(setup.env.connect(&["license", "none"]));
    assert!(code == 0 && text.contains("enableLicensing"), "{text}");
    setup.session.interrupt();
}

#[test]
fn a_real_site_simulates_it_by_an_access_token_after_it_was_confirmed() {
    let host = FakeHost::start();
    let env = TestEnv::new()
        .with_descriptor(&descriptor())
        .with_hosts(&[&host]);
    let mut session = Session::start(&env, &["--exec", &app::command()]);
    session.wait_for("ready");
    let license = |arguments: &[&str], token: &str| {
        let command = env.connect(&[&["license"], arguments].concat());
        run(command.stdin(token.as_bytes().to_vec()))
    };
    let posts = || host.count("POST license-tokens");
    let (code, data, text) = license(&[], "");
    assert!(code == 0 && data.trim().ends_with("none"), "{data}{text}");
    // Without a token there is nothing to simulate it with.
    let (code, _, text) = license(&["active", "--yes"], "");
    assert!(
        code == 1 && text.contains("error[license/no-access-token]"),
        "{text}"
    );
    // Others use the site: it is said what would change, and nothing changes by itself.
    let (code, _, text) = license(&["active", "--token", "-"], FakeHost::ACCESS_TOKEN);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("error[license/unconfirmed]"), "{text}");
    assert!(text.contains("ACTIVE_SUBSCRIPTION"), "{text}");
    assert_eq!(posts(), 0);
    let (code, _, text) = license(&["active", "--token", "-", "--yes"], "another");
    assert!(
        code == 1 && text.contains("error[upm/license-token]"),
        "{text}"
    );

    let (code, _, text) = license(&["trial", "--token", "-", "--yes"], FakeHost::ACCESS_TOKEN);
    assert_eq!(code, 0, "{text}");
    let (_, data, _) = license(&[], "");
    assert!(data.contains("active trial, by an access token"), "{data}");
    // The site has the token now.
    let (code, _, text) = license(&["trial-ended", "--yes"], "");
    assert_eq!(code, 0, "{text}");
    let (_, data, _) = license(&[], "");
    assert!(data.contains("inactive trial"), "{data}");
    assert_eq!(posts(), 3);
    let (code, _, text) = license(&["--host", "elsewhere.example"], "");
    assert!(
        code == 1 && text.contains("error[license/no-site]"),
        "{text}"
    );
    session.interrupt();
}

#[test]
fn without_a_session_and_hosts_there_is_nothing_to_license() {
    let env = TestEnv::new().with_descriptor(&descriptor());
    let (code, _, text) = run(env.connect(&["license"]));
    assert!(
        code == 1 && text.contains("error[license/no-site]"),
        "{text}"
    );
}
