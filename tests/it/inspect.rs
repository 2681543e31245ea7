//! `connect inspect`: what came to the app, and what its token was worth.

use serde_json::Value;

use crate::support::browser::{Browser, chromium};
use crate::support::env::TestEnv;
use crate::support::host::{exchange, fetch, send};
use crate::support::session::Session;
use crate::support::{self, app};

pub(crate) struct Setup {
    pub(crate) env: TestEnv,
    pub(crate) session: Session,
    /// The inspector's address and key.
    url: String,
    key: String,
    /// The address that the host gives the app's frame.
    pub(crate) frame: String,
}

pub(crate) fn setup() -> Setup {
    let descriptor = app::descriptor("com.example.a", "One");
    let reading = r#""scopes": ["READ"], "apiVersion""#;
    setup_with(
        TestEnv::new(),
        &descriptor.replace(r#""apiVersion""#, reading),
    )
}

/// The same with another descriptor and more variables.
pub(crate) fn setup_with(env: TestEnv, descriptor: &str) -> Setup {
    let env = env.with_descriptor(descriptor);
    let mut session = Session::start(&env, &["--sandbox-port", "0", "--exec", &app::command()]);
    let inspector = session.wait_for("inspector");
    let (url, key) = inspector["url"].as_str().unwrap().split_once("/#").unwrap();
    let ready = session.wait_for("ready");
    let page = fetch("GET", ready["url"].as_str().unwrap());
    let frame = page.split("<iframe").nth(1).unwrap();
    let frame = frame.split("src=\"").nth(1).unwrap().split('"').next();
    Setup {
        frame: frame.unwrap().replace("&amp;", "&"),
        url: url.to_owned(),
        key: key.to_owned(),
        env,
        session,
    }
}

impl Setup {
    /// The event of the next request for this path.
    pub(crate) fn request(&mut self, path: &str) -> Value {
        let is_it = |event: &Value| event["event"] == "request.in" && event["path"] == path;
        self.session.wait_for_where(path, is_it)
    }

    /// The event of a request for this path that may have been told already.
    pub(crate) fn request_so_far(&mut self, path: &str) -> Value {
        let mut told = self.session.events.iter();
        match told.find(|event| event["path"] == path).cloned() {
            Some(event) => event,
            None => self.request(path),
        }
    }

    fn inspect(&self, arguments: &[&str]) -> String {
        let output = self
            .env
            .connect(&[&["inspect"], arguments].concat())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {text}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let (status, _, body) = send(method, &format!("{}{path}", self.url), headers, "");
        (status, body)
    }
}

#[test]
fn a_session_says_what_each_token_is_worth_and_keeps_no_secret() {
    let mut setup = setup();
    let installed = setup.request_so_far("/installed");
    assert_eq!(
        (&installed["auth"], &installed["verdict"]),
        (&"RS256".into(), &"ok".into())
    );

    exchange("GET", &setup.frame);
    let good = setup.request("/hello");
    assert_eq!(
        (&good["auth"], &good["verdict"]),
        (&"HS256".into(), &"ok".into())
    );

    exchange("GET", &format!("{}&added=1", setup.frame));
    let bad = setup.request("/hello");
    assert_eq!(
        (&bad["verdict"], &bad["code"]),
        (&"refused".into(), &"auth/qsh-mismatch".into())
    );

    let list = setup.inspect(&[]);
    assert!(
        list.contains("HS256 ok") && list.contains("auth/qsh-mismatch"),
        "{list}"
    );
    let one = setup.inspect(&[&bad["id"].to_string()]);
    let row = |name: &str| one.lines().find(|line| line.trim_start().starts_with(name));
    let (expected, received) = (row("expected").unwrap(), row("received").unwrap());
    assert!(
        received.contains("added=1") && !expected.contains("added"),
        "{one}"
    );
    assert!(one.contains("GET /hello?"), "{one}");

    // Neither the token nor the secret of the install is on the disk or shown.
    let token = setup
        .frame
        .split("jwt=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let signature = token.rsplit('.').next().unwrap();
    let install = setup.inspect(&[&installed["id"].to_string()]);
    assert!(install.contains("\"sharedSecret\""), "{install}");
    let har = setup.env.path("all.har");
    setup.inspect(&["--har", "all.har"]);
    let mut texts = vec![list, one, install, std::fs::read_to_string(har).unwrap()];
    for file in std::fs::read_dir(setup.env.path(".connect/requests")).unwrap() {
        texts.push(std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    assert!(texts.len() >= 7);
    for text in texts {
        assert!(!text.contains(signature), "{text}");
        if let Some((_, after)) = text.split_once("sharedSecret") {
            assert!(
                after
                    .trim_start_matches(['\\', '"', ':', ' '])
                    .starts_with("[redacted]"),
                "{text}"
            );
        }
    }
    setup.session.interrupt();
    assert!(!setup.env.path(".connect/inspector.json").exists());
}

#[test]
fn a_request_is_sent_again_as_it_was() {
    let mut setup = setup();
    let target = "/target?b=%7e&a=1+2&jwt=x";
    let address = setup.frame.split("/hello").next().unwrap().to_owned();
    assert_eq!(fetch("GET", &format!("{address}{target}")), target);
    let first = setup.request("/target");
    let said = setup.inspect(&["--replay", &first["id"].to_string()]);
    assert_eq!(said.trim(), r#"{"status":200}"#);
    let again = setup.request("/target");
    assert_ne!(again["id"], first["id"]);
    let heads = [&first, &again].map(|event| {
        let all = setup.inspect(&["--json", &event["id"].to_string()]);
        serde_json::from_str::<Value>(&all).unwrap()["head"].clone()
    });
    assert_eq!(heads[0], heads[1]);
    let curl = setup.inspect(&["--curl", &first["id"].to_string()]);
    assert!(curl.contains(&format!("{target}'")), "{curl}");
    setup.session.interrupt();
}

#[test]
fn strangers_learn_nothing() {
    let setup = setup();
    let bearer = format!("Bearer {}", setup.key);
    let key = ("Authorization", &*bearer);
    assert_eq!(setup.ask("GET", "/api/requests?after=0", &[key]).0, 200);
    for headers in [
        &[][..],
        &[("Authorization", "Bearer nothing")],
        &[key, ("Host", "evil.example")],
    ] {
        let (status, body) = setup.ask("GET", "/api/requests?after=0", headers);
        assert!(matches!(status, 401 | 403), "{headers:?}: {status}");
        assert!(!body.contains("installed"), "{body}");
    }
    assert_eq!(setup.ask("GET", "/api/requests/1/replay", &[key]).0, 404);
    assert_eq!(setup.ask("POST", "/api/requests/99/replay", &[key]).0, 404);
    // The page itself is the same for everybody.
    assert_eq!(setup.ask("GET", "/", &[]).0, 200);
    setup.session.interrupt();
}

#[test]
fn without_a_session_the_last_requests_can_still_be_read() {
    let env = TestEnv::new();
    let run = |arguments: &[&str]| env.connect(arguments).output().unwrap();
    assert!(run(&["inspect"]).status.success());
    for (arguments, code) in [
        (&["inspect", "7"][..], "inspect/no-such-request"),
        (&["inspect", "--replay", "7"], "inspect/no-session"),
        (&["inspect", "--follow"], "inspect/no-session"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(code), "{text}");
    }
}

#[test]
fn the_page_shows_what_the_token_was_made_for_beside_what_came() {
    let Some(chromium) = chromium() else {
        return support::left_out("there is no Chromium here; install it or set CONNECT_CHROMIUM");
    };
    let mut setup = setup();
    exchange("GET", &setup.frame);
    exchange("GET", &setup.frame.replace("/hello?", "/hello?utm=mail&"));
    let bad = setup.request("/hello")["id"].as_u64().unwrap() + 1;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut browser = Browser::start(chromium).await;
        browser.open(&format!("{}/#{}", setup.url, setup.key)).await;
        let button = format!("document.querySelector('button[data-id=\"{bad}\"]')");
        browser.wait_for("", &button).await;
        browser.eval("", &format!("{button}.click()")).await;
        browser
            .wait_for("", "document.querySelector('#one mark')")
            .await;
        let marked = browser
            .eval("", "document.querySelector('#one mark').textContent")
            .await;
        assert!(marked.as_str().unwrap().contains("utm=mail"), "{marked}");
        keep(&mut browser, "inspector").await;
        for (name, width, dark) in [
            ("inspector-dark", 1280, true),
            ("inspector-narrow", 360, false),
        ] {
            browser.resize(width, 800).await;
            browser.dark(dark).await;
            let wide = "document.documentElement.scrollWidth > innerWidth";
            assert_eq!(browser.eval("", wide).await, false, "{name}");
            keep(&mut browser, name).await;
        }
        let again = "[...document.querySelectorAll('.buttons button')][0].click()";
        browser.eval("", again).await;
        browser
            .wait_for(
                "",
                "document.querySelector('#state').textContent.startsWith('Sent #')",
            )
            .await;
        assert_eq!(browser.console, Vec::<String>::new());
    });
    setup.session.interrupt();
}

/// Keeps a picture of the page where `CONNECT_SCREENSHOTS` says, if it does.
async fn keep(browser: &mut Browser, name: &str) {
    #[expect(clippy::disallowed_methods, reason = "tests have no context.rs")]
    let folder = std::env::var_os("CONNECT_SCREENSHOTS");
    if let Some(folder) = folder {
        let file = std::path::Path::new(&folder).join(format!("{name}.png"));
        std::fs::write(file, browser.screenshot().await).unwrap();
    }
}
