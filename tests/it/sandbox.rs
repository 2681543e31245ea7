//! The sandbox: inside `connect dev`, and alone.

use serde_json::Value;

use crate::support::app;
use crate::support::env::TestEnv;
use crate::support::host::{exchange, exchange_as, fetch};
use crate::support::session::Session;

#[test]
fn without_hosts_the_app_is_installed_in_the_sandbox() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let mut session = Session::start(&env, &["--sandbox-port", "0", "--exec", &app::command()]);
    let ready = session.wait_for("ready");
    let url = ready["url"].as_str().unwrap();
    assert!(
        url.ends_with("/jira/plugins/servlet/ac/com.example.a/hello"),
        "{url}"
    );
    let (head, page) = exchange("GET", url);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(page.contains("<iframe"), "{page}");

    // A remote of Forge checks its invocations with keys from here.
    let app = ready["app"].as_str().unwrap();
    let keys = fetch("GET", &fetch("GET", &format!("{app}/forge-keys")));
    assert!(keys.contains("\"keys\":[{"), "{keys}");

    env.write(
        "atlassian-connect.json",
        &app::descriptor("com.example.a", "Two"),
    );
    session.wait_for("host.registered");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("host.registered"), 2);
    assert_eq!(ended.count("host.deregistered"), 1);
    assert!(
        ended.stderr.contains("using the sandbox"),
        "{}",
        ended.stderr
    );
    // Nothing outlives the sandbox, so nothing is noted.
    assert!(!env.path(".connect/session.json").exists());
}

#[test]
fn the_sandbox_alone_is_a_host_like_any_other() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let mut sandbox = Session::command(&env, &["sandbox", "--json", "--port", "0"]);
    let host = sandbox.wait_for("ready");
    let text = |name: &str| host[name].as_str().unwrap().to_owned();
    let (site, user, password) = (text("url"), text("username"), text("password"));
    assert!(text("keys").starts_with("http://127.0.0.1:"));
    env.write(
        "credentials.json",
        &format!(
            r#"{{"hosts":{{"{site}":{{"product":"jira","username":"{user}","password":"{password}"}}}}}}"#
        ),
    );
    let installed = || {
        let list = format!("{site}/rest/plugins/1.0/");
        let (head, body) = exchange_as(&user, &password, "GET", &list);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let list: Value = serde_json::from_str(&body).unwrap();
        let plugins = list["plugins"].as_array().unwrap().iter();
        let ours = plugins.filter(|plugin| plugin["key"] == "com.example.a");
        ours.count()
    };
    assert_eq!(installed(), 0);
    let mut session = Session::start(&env, &["--via", "upm", "--exec", &app::command()]);
    session.wait_for("ready");
    assert_eq!(installed(), 1);
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert!(!ended.stderr.contains(&password));
    assert_eq!(installed(), 0);
    let ended = sandbox.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_hole_of_the_app_of_a_session_is_found_from_its_folder() {
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let mut session = Session::start(&env, &["--sandbox-port", "0", "--exec", &app::command()]);
    session.wait_for("ready");
    // This app asks nobody for a token.
    let test = ["sandbox", "test", "--port", "0"];
    let tested = env
        .connect(&[&test[..], &["--json"]].concat())
        .assert()
        .code(1);
    let lines = String::from_utf8_lossy(&tested.get_output().stdout).into_owned();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let last = lines.last().unwrap();
    let count = |passed: bool| {
        let checks = lines.iter().filter(|line| line["event"] == "audit.check");
        checks.filter(|check| check["passed"] == passed).count()
    };
    assert_eq!(
        (&last["event"], &last["holes"]),
        (&Value::from("tested"), &Value::from(true))
    );
    assert_eq!(last["passed"], count(true));
    assert_eq!(last["failed"], count(false));
    assert!(count(true) > 0 && count(false) > 50, "{last}");

    let shown = env.connect(&test).assert().code(1);
    let output = shown.get_output();
    let (script, score) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(script.contains("# critical, stranger: GET /hello with no token: 204, expected 400 or more\ncurl -i -X GET 'http://"), "{script}");
    assert!(score.contains("       Score "), "{score}");
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
}

#[test]
fn a_running_sandbox_takes_orders_and_forgets_or_keeps_what_it_knows() {
    let env = TestEnv::new();
    let arguments = ["sandbox", "--json", "--port", "0", "--site", "acme"];
    let mut sandbox = Session::command(&env, &arguments);
    let ready = sandbox.wait_for("ready");
    let at = ready["sandbox"].as_str().unwrap().to_owned();
    let sites: Vec<&str> = ready["sites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| site.as_str().unwrap())
        .collect();
    assert_eq!(sites.len(), 4);
    assert_eq!(sites[2], format!("{at}/acme/jira"));

    let order = |arguments: &[&str]| {
        let all = [&["sandbox"], arguments, &["--at", &at]].concat();
        env.connect(&all).assert()
    };
    let text = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    let listed = order(&["fault", "answer:rest=429", "expired-token", "--times", "2"]).success();
    let listed = text(listed.get_output());
    assert_eq!(listed.lines().count(), 2);
    assert!(
        listed.starts_with("answer:rest=429") && listed.contains("2 times"),
        "{listed}"
    );
    let (head, _) = exchange("GET", &format!("{at}/jira/rest/api/3/myself"));
    assert!(
        head.starts_with("HTTP/1.1 429") && head.contains("retry-after: 5"),
        "{head}"
    );
    let cleared = order(&["fault", "--clear", "wrong-qsh", "--always"]).success();
    let cleared = text(cleared.get_output());
    assert!(
        cleared.starts_with("wrong-qsh") && cleared.contains("always"),
        "{cleared}"
    );
    order(&["fault", "rain"]).code(2);
    order(&["reset"]).success();
    let refused = order(&["record"]).code(1);
    let refused = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        refused.contains("error[sandbox/refused]") && refused.contains("name an app"),
        "{refused}"
    );
    let recorded = order(&["record", "--app", "com.example.a", "session.json"]);
    recorded.success();
    assert_eq!(
        serde_json::from_str::<Value>(&env.read("session.json")).unwrap()["steps"],
        serde_json::json!([])
    );
    let ended = sandbox.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    let gone = order(&["reset"]).code(1);
    let gone = String::from_utf8_lossy(&gone.get_output().stderr).into_owned();
    assert!(gone.contains("error[sandbox/not-running]"), "{gone}");

    // It is the same sandbox the next time.
    assert_eq!(env.read(".connect/.gitignore"), "*\n");
    let mut again = Session::command(&env, &arguments);
    assert_eq!(again.wait_for("ready")["password"], ready["password"]);
    assert_eq!(again.interrupt().status.code(), Some(0));
    let elsewhere = env.connect(&["sandbox", "reset", "--at", "http://example.com"]);
    elsewhere.assert().code(1);
    let name = env
        .connect(&["sandbox", "--port", "0", "--site", "jira"])
        .assert()
        .code(1);
    let name = String::from_utf8_lossy(&name.get_output().stderr).into_owned();
    assert!(name.contains("error[sandbox/site-name]"), "{name}");
}

#[test]
fn an_app_that_cannot_be_installed_is_not_scored() {
    let env = TestEnv::new();
    let refused = env.connect(&["sandbox", "test", "http://127.0.0.1:9", "--port", "0"]);
    let refused = refused.assert().code(1);
    let text = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        text.contains("error[sandbox/install]: http://127.0.0.1:9 cannot be installed"),
        "{text}"
    );
    assert!(
        text.contains("hint: start the app with CONNECT_KEYS_CDN_URL=http://127.0.0.1:"),
        "{text}"
    );
}

#[test]
fn a_sandbox_port_that_is_taken_is_an_error_when_it_was_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let env = TestEnv::new();
    let ended = Session::command(&env, &["sandbox", "--json", "--port", &port]).end();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended.stderr.contains("error[sandbox/port-taken]"),
        "{}",
        ended.stderr
    );
}
