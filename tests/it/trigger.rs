//! `connect trigger`: what a host sends, signed as it signs, and wrong on purpose.

use serde_json::Value;

use crate::inspect::{Setup, setup, setup_with};
use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{FakeHost, exchange};
use crate::support::session::Session;
use crate::token::run;

#[test]
fn a_trigger_is_what_it_says_flaw_included() {
    let mut setup = setup();
    let (code, list) = run(&setup, &["trigger"], "");
    assert!(code == 0 && list.starts_with("installed"), "{list}");
    assert!(list.contains("\niframe:hello"), "{list}");
    // This app lets everybody in, so what is good succeeds and every flaw is a hole.
    let (code, _) = run(&setup, &["trigger", "iframe:hello", "--user", "ada"], "");
    assert_eq!(code, 0);
    assert_eq!(setup.request("/hello")["verdict"], "ok");
    for (flaw, verdict, expected) in [
        ("alg-none", "refused", "auth/algorithm"),
        ("bad-qsh", "refused", "auth/qsh-mismatch"),
        ("bad-signature", "refused", "auth/signature"),
        ("expired", "refused", "auth/expired"),
        ("no-token", "none", ""),
        ("wrong-aud", "refused", "auth/audience"),
    ] {
        is_a_hole(
            &mut setup,
            ("iframe:hello", "/hello"),
            flaw,
            (verdict, expected),
        );
    }
    let output = setup
        .env
        .connect(&["trigger", "iframe:other"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("error[trigger/unknown]"), "{text}");
    setup.session.interrupt();
}

/// A session of an app that wants to be told of everything.
fn listening(env: TestEnv) -> Setup {
    let descriptor = app::descriptor("com.example.a", "One")
        .replace(
            r#""uninstalled": "/uninstalled""#,
            r#""uninstalled": "/uninstalled", "enabled": "/enabled", "disabled": "/disabled""#,
        )
        .replace(
            r#""generalPages": ["#,
            r#""webhooks": [{ "event": "jira:issue_created", "url": "/hook?a=1" }], "generalPages": ["#,
        )
        .replace(r#""apiVersion""#, r#""scopes": ["READ"], "apiVersion""#);
    setup_with(env, &descriptor)
}

/// All that the session kept of a request.
fn kept(setup: &Setup, event: &Value) -> Value {
    let id = event["id"].to_string();
    let (_, text) = run(setup, &["inspect", "--json", &id], "");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn lifecycle_calls_are_signed_as_the_host_signs_them() {
    let mut setup = listening(TestEnv::new());
    // Those that the host itself made at the start have been told.
    setup.request_so_far("/enabled");
    for (event, algorithm) in [
        ("disabled", "HS256"),
        ("enabled", "HS256"),
        ("uninstalled", "RS256"),
        ("installed", "RS256"),
    ] {
        let (code, _) = run(&setup, &["trigger", event], "");
        assert_eq!(code, 0, "{event}");
        let told = setup.request(&format!("/{event}"));
        assert_eq!(
            (&told["verdict"], &told["auth"], &told["status"]),
            (&"ok".into(), &algorithm.into(), &204.into()),
            "{told}"
        );
        let body = kept(&setup, &told)["body"].as_str().unwrap().to_owned();
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["eventType"], event);
        assert_eq!(body["key"], "com.example.a");
        assert_eq!(body.get("sharedSecret").is_some(), event == "installed");
    }
    // The secret is that of the host: what it signs still holds.
    exchange("GET", &setup.frame);
    assert_eq!(setup.request("/hello")["verdict"], "ok");
    setup.session.interrupt();
}

/// The app lets everybody in, so every flaw is a hole, and the request is told with this verdict and
/// code.
fn is_a_hole(
    setup: &mut Setup,
    (trigger, path): (&str, &str),
    flaw: &str,
    (verdict, code): (&str, &str),
) -> Value {
    let (exit, _) = run(setup, &["trigger", trigger, "--flaw", flaw], "");
    assert_eq!(exit, 1, "{flaw}");
    let told = setup.request(path);
    assert_eq!(told["verdict"], verdict, "{flaw}: {told}");
    assert_eq!(told["code"].as_str().unwrap_or_default(), code, "{flaw}");
    told
}

#[test]
fn each_flaw_of_an_install_is_its_own() {
    let mut setup = listening(TestEnv::new());
    for (flaw, verdict, expected) in [
        ("alg-none", "refused", "auth/algorithm"),
        ("bad-qsh", "refused", "auth/qsh-mismatch"),
        ("bad-signature", "refused", "auth/signature"),
        ("expired", "refused", "auth/expired"),
        ("no-token", "none", ""),
        // It holds for a route of the other kind: an app that looks at the signature alone errs.
        ("shared-secret", "ok", ""),
        ("unknown-key", "unknown", ""),
        ("wrong-aud", "refused", "auth/audience"),
    ] {
        let uninstalled = ("uninstalled", "/uninstalled");
        let told = is_a_hole(&mut setup, uninstalled, flaw, (verdict, expected));
        if flaw == "shared-secret" {
            assert_eq!(told["auth"], "HS256");
        }
    }
    // On other calls those two would be no flaws.
    let command = ["trigger", "enabled", "--flaw", "shared-secret"];
    let output = setup.env.connect(&command).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("`installed` and `uninstalled` only"),
        "{text}"
    );
    setup.session.interrupt();
}

#[test]
fn for_a_real_host_it_is_said_what_nobody_can_sign() {
    let host = FakeHost::start();
    let env = TestEnv::new()
        .with_descriptor(&app::descriptor("com.example.a", "One"))
        .with_hosts(&[&host]);
    let mut session = Session::start(&env, &["--exec", &app::command()]);
    session.wait_for("ready");
    for event in ["installed", "uninstalled"] {
        let output = env.connect(&["trigger", event]).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text.contains("error[trigger/no-key]"), "{text}");
        assert!(text.contains("connect dev --via sandbox"), "{text}");
    }
    session.interrupt();
}

#[test]
fn a_request_that_came_is_sent_again_with_another_body_and_a_good_token() {
    let mut setup = listening(TestEnv::new());
    let first = ["trigger", "jira:issue_created", "--set", "issue.key=A-1"];
    assert_eq!(run(&setup, &first, "").0, 0);
    let came = setup.request("/hook");
    let id = came["id"].to_string();
    let again = ["trigger", "--from", &id, "--set", "issue.key=B-2"];
    assert_eq!(run(&setup, &again, "").0, 0);
    let told = setup.request("/hook");
    assert_eq!(
        (&told["verdict"], &told["auth"]),
        (&"ok".into(), &"HS256".into())
    );
    let (before, after) = (kept(&setup, &came), kept(&setup, &told));
    assert_eq!(after["target"], "/hook?a=1");
    let body =
        |kept: &Value| serde_json::from_str::<Value>(kept["body"].as_str().unwrap()).unwrap();
    assert_eq!(body(&after)["issue"]["key"], "B-2");
    // What is not asked for stays.
    assert_eq!(body(&after)["timestamp"], body(&before)["timestamp"]);

    // A page's token is in its address, and the user stays who it was.
    let page = ["trigger", "iframe:hello", "--user", "712020:ada"];
    assert_eq!(run(&setup, &page, "").0, 0);
    let id = setup.request("/hello")["id"].to_string();
    assert_eq!(run(&setup, &["trigger", "--from", &id], "").0, 0);
    let told = setup.request("/hello");
    assert_eq!(told["verdict"], "ok");
    assert_eq!(kept(&setup, &told)["auth"]["claims"]["sub"], "712020:ada");
    // And with a flaw it is as wrong as anything else.
    assert_eq!(
        run(&setup, &["trigger", "--from", &id, "--flaw", "expired"], "").0,
        1
    );
    assert_eq!(setup.request("/hello")["code"], "auth/expired");
    let output = setup
        .env
        .connect(&["trigger", "--from", "9999"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("error[inspect/no-such-request]"), "{text}");
    setup.session.interrupt();
}

#[cfg(unix)]
#[test]
fn an_editor_sees_no_secret_and_the_app_gets_it_back() {
    // Keeps what it was given, and changes one word of it.
    let editor = "sh -c 'cp \"$1\" seen.json; sed -i s/Sandbox/Changed/ \"$1\"' --";
    let mut setup = listening(TestEnv::new().with("EDITOR", editor));
    setup.request_so_far("/enabled");
    let (code, _) = run(&setup, &["trigger", "installed", "--edit"], "");
    assert_eq!(code, 0);
    let told = setup.request("/installed");
    assert_eq!(told["verdict"], "ok", "{told}");
    let sent = kept(&setup, &told)["body"].as_str().unwrap().to_owned();
    assert!(sent.contains("Changed Jira"), "{sent}");
    let seen: Value = serde_json::from_str(&setup.env.read("seen.json")).unwrap();
    assert_eq!(seen["sharedSecret"], "[redacted]");
    assert_eq!(seen["eventType"], "installed");
    // The session learned the secret from what was sent: it is still the host's.
    exchange("GET", &setup.frame);
    assert_eq!(setup.request("/hello")["verdict"], "ok");

    // Who leaves nothing sends nothing.
    let command = ["trigger", "installed", "--edit"];
    for (editor, code) in [
        ("sh -c ': > \"$1\"' --", "edit/empty"),
        ("false", "edit/failed"),
        ("", "edit/no-editor"),
    ] {
        let edited = setup.env.connect(&command).env("EDITOR", editor);
        let output = edited.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(code), "{editor}: {text}");
    }
    let files = std::fs::read_dir(setup.env.path(".connect")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|name| name.starts_with("edit-")));
    setup.session.interrupt();
}
