//! The README's first command, with a generated app that is really built: slow, so only with
//! `CONNECT_SLOW_TESTS=1`. `CONNECT_APP_TARGET_DIR` keeps what was built for the next time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::env::TestEnv;
use crate::support::host::exchange;
use crate::support::session::Session;
use crate::support::setting;

/// A cold debug build on a slow machine.
pub(crate) const BUILD: Duration = Duration::from_secs(20 * 60);

/// An environment in which cargo works: the true one's toolchain and registry.
pub(crate) fn env() -> TestEnv {
    let cargo = PathBuf::from(env!("CARGO"));
    let tools = cargo.parent().unwrap().display().to_string();
    let home =
        setting("CARGO_HOME").unwrap_or_else(|| format!("{}/.cargo", setting("HOME").unwrap()));
    // cargo finds `fmt` and `clippy` beside rustup, which would fetch a toolchain for another HOME.
    let rustup =
        setting("RUSTUP_HOME").unwrap_or_else(|| format!("{}/.rustup", setting("HOME").unwrap()));
    let mut env = TestEnv::new()
        .with("CARGO", env!("CARGO"))
        .with("CARGO_HOME", &home)
        .with("RUSTUP_HOME", &rustup)
        .with("PATH", &format!("{tools}:/usr/local/bin:/usr/bin:/bin"));
    if let Some(target) = setting("CONNECT_APP_TARGET_DIR") {
        env = env.with("CARGO_TARGET_DIR", &target);
    }
    env
}

/// The address of the page's iframe.
pub(crate) fn iframe(page: &str) -> String {
    let tag = page
        .split("<iframe")
        .nth(1)
        .expect("the page has an iframe");
    let source = tag
        .split("src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    source
        .replace("&amp;", "&")
        .replace("&#x2f;", "/")
        .replace("&#x3D;", "=")
        .replace("&#x3d;", "=")
}

#[test]
fn one_command_makes_builds_installs_and_shows_an_app() {
    if setting("CONNECT_SLOW_TESTS").is_none() {
        eprintln!("not run: it builds an app; set CONNECT_SLOW_TESTS=1");
        return;
    }
    let env = env();
    let mut session = Session::command(&env, &["new", "hello", "--dev", "--yes", "--json"]);
    let ready = session.wait_within(BUILD, "ready", |event| event["event"] == "ready");
    let url = ready["url"].as_str().unwrap();

    let (head, page) = exchange("GET", url);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let iframe = iframe(&page);
    let (head, content) = exchange("GET", &iframe);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{content}");
    assert!(content.contains("Ada Lovelace"), "{content}");

    // One character of the token's signature changed.
    let (before, token) = iframe.split_once("jwt=").unwrap();
    let end = token.find('&').unwrap_or(token.len());
    let at = token[..end].rfind('.').unwrap() + 5;
    let other = if token.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    let forged = format!("{before}jwt={}{other}{}", &token[..at], &token[at + 1..]);
    let (head, _) = exchange("GET", &forged);
    assert!(head.starts_with("HTTP/1.1 401"), "{head}");

    // A changed view shows at the next request, without a build.
    let view = env.read("hello/views/hello.hbs");
    let changed = view.replacen("Hello, {{name}}", "Good day, {{name}}", 1);
    assert_ne!(view, changed);
    env.write("hello/views/hello.hbs", &changed);
    let (_, content) = exchange("GET", &iframe);
    assert!(content.contains("Good day, Ada Lovelace"), "{content}");

    // Nobody gets in by a hole: full score for the app as it is generated.
    let app = ready["app"].as_str().unwrap();
    let tested = env.connect(&["-C", "hello", "sandbox", "test", app, "--strict", "--json"]);
    let tested = tested.assert().success();
    let lines = String::from_utf8_lossy(&tested.get_output().stdout).into_owned();
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["failed"], 0, "{lines}");
    assert!(last["passed"].as_u64() > Some(150), "{last}");

    let descriptor = env.read("hello/atlassian-connect.json");
    let renamed = descriptor.replacen("Hello", "Renamed", 1);
    assert_ne!(descriptor, renamed);
    env.write("hello/atlassian-connect.json", &renamed);
    session.wait_for("host.registered");

    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    assert_eq!(ended.count("host.registered"), 2, "{}", ended.stderr);
    assert_eq!(ended.count("host.deregistered"), 1, "{}", ended.stderr);
    assert_eq!(ended.count("app.built"), 1, "{}", ended.stderr);

    env.connect(&["-C", "hello", "validate", "descriptor"])
        .assert()
        .success();
    env.write(
        "hello/atlassian-connect.json",
        &renamed.replacen(',', "", 1),
    );
    env.connect(&["-C", "hello", "validate", "descriptor"])
        .assert()
        .code(1);
}

#[test]
fn what_is_saved_shows_and_no_request_is_refused_meanwhile() {
    if setting("CONNECT_SLOW_TESTS").is_none() {
        eprintln!("not run: it builds an app; set CONNECT_SLOW_TESTS=1");
        return;
    }
    let env = env();
    // A name of its own: programs of one name are one file in a target folder that is shared.
    let mut session = Session::command(&env, &["new", "saved", "--dev", "--yes", "--json"]);
    let ready = session.wait_within(BUILD, "ready", |event| event["event"] == "ready");
    let (_, page) = exchange("GET", ready["url"].as_str().unwrap());
    let iframe = iframe(&page);
    // A request that is refused, or not answered, fails here.
    let open = || {
        let (head, content) = exchange("GET", &iframe);
        assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{content}");
        content
    };
    let save = |path: &str, from: &str, to: &str| {
        let text = env.read(path);
        let changed = text.replacen(from, to, 1);
        assert_ne!(text, changed, "{path}");
        env.write(path, &changed);
        Instant::now()
    };
    open();

    let saved = save(
        "saved/views/hello.hbs",
        "Hello, {{name}}",
        "Good day, {{name}}",
    );
    let content = open();
    let view = saved.elapsed();
    assert!(content.contains("Good day, Ada Lovelace"), "{content}");

    let built = |session: &mut Session| {
        let built = session.wait_within(BUILD, "app.built", |event| event["event"] == "app.built");
        built["ms"].as_f64().unwrap() / 1e3
    };
    let named = |round| match round {
        0 => "\"name\": name }".to_owned(),
        round => format!("\"name\": format!(\"{{name}}, number {round}\") }}"),
    };
    let mut builds = 0;
    let (mut asked, mut longest) = (0, Duration::ZERO);
    for round in 1..=3 {
        let saved = save("saved/src/app.rs", &named(round - 1), &named(round));
        let shown = format!("Good day, Ada Lovelace, number {round}");
        loop {
            let began = Instant::now();
            let content = open();
            longest = longest.max(began.elapsed());
            asked += 1;
            if content.contains(&shown) {
                break;
            }
            assert!(saved.elapsed() < BUILD, "it never shows: {content}");
        }
        let took = saved.elapsed();
        let cargo = built(&mut session);
        builds += 1;
        eprintln!(
            "Rust code, saved to shown: {:.2} s, {cargo:.2} s of them cargo's",
            took.as_secs_f64()
        );
    }
    eprintln!(
        "view, saved to shown: {:.1} ms; {asked} requests during three rebuilds, 0 refused, the longest {:.1} ms",
        view.as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3,
    );
    let ended = session.interrupt();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
    // The first one, and one each time.
    assert_eq!(ended.count("app.built"), 1 + builds, "{}", ended.stderr);
}
