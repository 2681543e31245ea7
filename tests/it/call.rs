//! `connect call`: the product's REST interface as the app and as its users.

use serde_json::Value;

use crate::inspect::{Setup, setup, setup_with};
use crate::support::app;
use crate::support::env::TestEnv;
use crate::token::run;

#[test]
fn the_product_is_called_as_the_app() {
    let setup = setup();
    let (code, text) = run(&setup, &["call", "GET", "/rest/api/3/myself"], "");
    let myself: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &myself["accountType"]), (0, &"app".into()), "{text}");
    let part = |path: &str| {
        let call = ["call", "GET", "/rest/api/3/myself", "--jq", path];
        run(&setup, &call, "")
    };
    assert_eq!(part(".accountType"), (0, "app\n".to_owned()));
    assert_eq!(part(".accountType.x"), (1, String::new()));
    assert_eq!(part("length").0, 2);
    let (code, text) = run(
        &setup,
        &["call", "get", "rest/nothing", "-f", "a=b c", "-i"],
        "",
    );
    assert!(code == 1 && text.starts_with("HTTP 501"), "{text}");
    setup.session.interrupt();
}

/// Ada, an administrator of the sandbox.
const ADA: &str = "712020:ada";

fn acting() -> Setup {
    let descriptor = app::descriptor("com.example.a", "One");
    let scopes = r#""scopes": ["READ", "ACT_AS_USER"], "apiVersion""#;
    setup_with(
        TestEnv::new(),
        &descriptor.replace(r#""apiVersion""#, scopes),
    )
}

#[test]
fn the_product_is_called_as_a_user() {
    let setup = acting();
    let me = |arguments: &[&str]| {
        let arguments = [&["call", "GET", "/rest/api/3/myself"], arguments].concat();
        let (code, text) = run(&setup, &arguments, "");
        (
            code,
            serde_json::from_str::<Value>(&text).unwrap_or_default(),
        )
    };
    let (code, myself) = me(&["--as-user", ADA]);
    assert_eq!((code, &myself["accountId"]), (0, &ADA.into()), "{myself}");
    assert_eq!(myself["accountType"], "atlassian");
    let (_, myself) = me(&[]);
    assert_eq!(myself["accountType"], "app");

    let command = [
        "call",
        "GET",
        "/rest/api/3/myself",
        "--as-user",
        "712020:nobody",
    ];
    let output = setup.env.connect(&command).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("error[call/not-as-user]"), "{text}");
    setup.session.interrupt();
}

#[test]
fn without_the_scope_nobody_is_acted_for() {
    let setup = setup();
    let command = ["call", "GET", "/rest/api/3/myself", "--as-user", ADA];
    let output = setup.env.connect(&command).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("error[call/not-as-user]"), "{text}");
    assert!(text.contains("ACT_AS_USER"), "{text}");
    setup.session.interrupt();
}

#[test]
fn pages_are_followed_to_the_last_one_and_no_further_than_asked() {
    let setup = acting();
    let lines = |arguments: &[&str]| {
        let (code, text) = run(&setup, arguments, "");
        assert_eq!(code, 0, "{text}");
        let pages = text
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        pages.collect::<Vec<_>>()
    };
    let keys = |pages: &[Value], list: &str| {
        let entries = pages.iter().flat_map(|page| page[list].as_array().unwrap());
        let keys = entries.map(|entry| entry["key"].as_str().unwrap().to_owned());
        keys.collect::<Vec<_>>()
    };
    // Jira counts here, and hands out tokens there.
    for (path, list) in [
        ("/rest/api/3/project/search", "values"),
        ("/rest/api/3/search/jql", "issues"),
    ] {
        let whole = lines(&["call", "GET", path]);
        let all = ["call", "GET", path, "-f", "maxResults=1", "--paginate"];
        let pages = lines(&all);
        assert!(pages.len() > 1, "{path}: {pages:?}");
        assert_eq!(keys(&pages, list), keys(&whole, list), "{path}");
        // As a user too, whose one token is good for all of them.
        let pages = lines(&[&all[..], &["--as-user", ADA]].concat());
        assert_eq!(keys(&pages, list), keys(&whole, list), "{path}");
        let mut few = all;
        few[5] = "--paginate=1";
        assert_eq!(lines(&few).len(), 1, "{path}");
        let found = format!(".{list}[] | .key");
        let (_, found) = run(&setup, &[&all[..], &["--jq", &found]].concat(), "");
        let found: Vec<_> = found.lines().collect();
        assert_eq!(found, keys(&whole, list), "{path}");
        let output = setup.env.connect(&few).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("there are more than 1 pages"), "{text}");
    }
    let (code, _) = run(&setup, &["call", "POST", "/x", "--paginate"], "");
    assert_eq!(code, 2);
    setup.session.interrupt();
}
