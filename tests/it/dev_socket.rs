//! A WebSocket through the session: a browser at one end, an app on node at the other.

use std::path::Path;

use crate::support::browser::{Browser, chromium};
use crate::support::env::TestEnv;
use crate::support::session::Session;
use crate::support::{app, left_out};

const APP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/socket.cjs");

/// Opens a socket and keeps what it says; `next` waits for the next message or the end.
const CLIENT: &str = r#"
(() => {
  const said = [], waiting = [];
  const tell = (text) => waiting.length ? waiting.shift()(text) : said.push(text);
  window.next = () => said.length ? said.shift() : new Promise((done) => waiting.push(done));
  window.socket = new WebSocket(location.href.replace("http", "ws") + "socket");
  socket.onmessage = (event) => tell(event.data);
  socket.onclose = () => tell("closed");
})()
"#;

#[test]
fn a_browser_and_an_app_talk_until_the_session_ends() {
    let Some(chromium) = chromium() else {
        return left_out("there is no Chromium here; install it or set CONNECT_CHROMIUM");
    };
    let node = ["/usr/local/bin/node", "/usr/bin/node"];
    if !node.iter().any(|path| Path::new(path).exists()) {
        return left_out("node is not installed");
    }
    let env = TestEnv::new().with_descriptor(&app::descriptor("com.example.a", "One"));
    let command = format!("exec node {APP}");
    let mut session = Session::start(&env, &["--via", "none", "--exec", &command]);
    let app = session.wait_for("ready")["app"]
        .as_str()
        .unwrap()
        .to_owned();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut browser = Browser::start(chromium).await;
        browser.open(&format!("{app}/")).await;
        browser.eval("", CLIENT).await;
        assert_eq!(browser.eval("", "next()").await, "welcome");
        let asked = session.wait_for_where("its request", |event| event["path"] == "/socket");
        assert_eq!(asked["status"], 101, "{asked}");
        // In a frame of each of the three kinds of length.
        for length in [2, 1_000, 300_000] {
            let said = browser
                .eval(
                    "",
                    &format!("socket.send('ab'.repeat({length} / 2)), next()"),
                )
                .await;
            assert!(said == "ab".repeat(length), "{length}");
        }
        let ended = session.interrupt();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.stderr);
        assert_eq!(browser.eval("", "next()").await, "closed");
    });
}
