//! `connect info`: the settings in force, and where each comes from.

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;

fn lines(env: &TestEnv, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["info"], arguments].concat();
    let output = env.connect(&arguments).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    // SECURITY: whatever is asked, no secret is said.
    assert!(!text.contains("secret"), "{text}");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect()
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    env.write(
        "config.json",
        "{\n  port: 1,\n  // comes first\n  development: {\n    port: '$MY_PORT',\n  },\n}",
    );
    env.write(
        "credentials.json",
        "{ hosts: {\n  'a.example': { product: 'jira', username: 'ada',\n    password: 'secret' },\n  'b.example': { product: 'confluence', username: 'bob',\n    password: { command: ['op', 'read', 'secret'] } },\n},\n ngrok: { authtoken: 'secret', domain: 'a.ngrok.app' } }",
    );
    let has = |lines: &[String], line: &str| {
        assert!(
            lines.iter().any(|known| known == line),
            "no `{line}`: {lines:#?}"
        );
    };
    let plain = lines(&env, &[]);
    has(&plain, "port = 3000");
    let env = env
        .with("MY_PORT", "4000")
        .with("CONNECT_TOKEN_B_EXAMPLE", "secret");
    let all = lines(&env, &["--origin"]);
    for line in [
        "app.key = com.example.a (atlassian-connect.json:2)",
        "environment = development (default)",
        "port = 4000 (config.json:5, $MY_PORT)",
        "hosts.https://a.example = Jira (credentials.json:2)",
        "hosts.https://a.example.password = set (credentials.json:3)",
        "hosts.https://b.example/wiki.username = bob (credentials.json:4)",
        "hosts.https://b.example/wiki.password = set (env CONNECT_TOKEN_B_EXAMPLE)",
        "ngrok.authtoken = set (credentials.json:7)",
    ] {
        has(&all, line);
    }
    let env = env
        .with("PORT", "5000")
        .with("NODE_ENV", "production")
        .with("AC_LOCAL_BASE_URL", "https://ada:secret@app.example")
        .with("DATABASE_URL", "postgres://app:secret@db.example/app");
    let all = lines(&env, &["--origin"]);
    for line in [
        "environment = production (env NODE_ENV)",
        "localBaseUrl = https://[redacted]@app.example (env AC_LOCAL_BASE_URL)",
        "port = 5000 (env PORT)",
        "store = postgres://db.example/app (env DATABASE_URL)",
    ] {
        has(&all, line);
    }
}

#[test]
fn scripts_get_one_object() {
    let env = TestEnv::new().with("PORT", "5000");
    let output = env.connect(&["info", "--json"]).assert().success();
    let all: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(all["version"], 1);
    let settings = all["settings"].as_array().unwrap();
    let port = settings.iter().find(|one| one["name"] == "port").unwrap();
    assert_eq!(port["value"], "5000");
    assert_eq!(port["origin"]["variable"], "PORT");
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let env = TestEnv::new();
    env.write("config.json", "{ port: 'many' }");
    let output = env.connect(&["info"]).assert().code(1);
    let text = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    assert!(text.contains("error[file/values]"), "{text}");
}
