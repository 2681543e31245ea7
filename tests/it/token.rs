//! `connect token`: what a host would sign, and what it would not.

use serde_json::Value;

use crate::inspect::{Setup, setup};
use crate::support::env::TestEnv;

/// Exit code and data of a command.
pub(crate) fn run(setup: &Setup, arguments: &[&str], stdin: &str) -> (i32, String) {
    let command = setup
        .env
        .connect(arguments)
        .stdin(stdin.as_bytes().to_vec());
    let output = command.output().unwrap();
    let code = output.status.code().unwrap();
    (code, String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_session_signs_what_its_host_would_sign() {
    let mut setup = setup();
    let (code, token) = run(
        &setup,
        &[
            "token",
            "mint",
            "--kind",
            "host",
            "--path",
            "/hello?a=1",
            "--user",
            "ada",
        ],
        "",
    );
    assert_eq!(code, 0);
    let decode = ["token", "decode", "--json", "--path"];
    let (code, good) = run(&setup, &[&decode[..], &["/hello?a=1"]].concat(), &token);
    let good: Value = serde_json::from_str(&good).unwrap();
    assert_eq!(
        (code, &good["verdict"], &good["claims"]["sub"]),
        (0, &"ok".into(), &"ada".into())
    );
    let (code, bad) = run(&setup, &[&decode[..], &["/hello?a=2"]].concat(), &token);
    let bad: Value = serde_json::from_str(&bad).unwrap();
    assert_eq!((code, &bad["code"]), (1, &"auth/qsh-mismatch".into()));
    assert_eq!(bad["received"], "GET&/hello&a=2");

    // A call of the app to its host is not a call of the host to the app.
    let (_, token) = run(
        &setup,
        &["token", "mint", "--path", "/rest/api/3/myself"],
        "",
    );
    let (code, _) = run(
        &setup,
        &[&decode[..], &["/rest/api/3/myself"]].concat(),
        &token,
    );
    assert_eq!(code, 1);

    let frame = setup.frame.clone();
    crate::support::host::exchange("GET", &frame);
    let id = setup.request("/hello")["id"].to_string();
    let (code, text) = run(&setup, &["token", "explain", "--from-request", &id], "");
    assert!(
        code == 0 && text.contains("holds, for host routes"),
        "{text}"
    );
    setup.session.interrupt();
}

#[test]
fn without_a_session_a_token_can_be_read_and_none_be_made() {
    let env = TestEnv::new();
    // {"alg":"HS256"} and {"iss":"a","exp":2}
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJhIiwiZXhwIjoyfQ.AA";
    let command = env
        .connect(&["token", "decode"])
        .stdin(token.as_bytes().to_vec());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        text.contains("not checked") && text.contains("1970-01-01T00:00:02"),
        "{text}"
    );
    let output = env
        .connect(&["token", "mint", "--path", "/"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("error[inspect/no-session]"), "{text}");
}
