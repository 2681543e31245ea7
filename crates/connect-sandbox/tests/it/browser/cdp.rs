//! Just enough of the Chrome DevTools Protocol to look at a page, over a pair of pipes.
//!
//! Chromium reads commands from descriptor 3 and writes answers and events to 4, each a JSON text
//! ended by a zero byte (`--remote-debugging-pipe`). A shell puts our two pipes there.

use std::{
    collections::HashMap,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout},
};

/// A browser that ends when it is dropped.
pub(crate) struct Browser {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    next: u64,
    session: String,
    /// Frame id -> the context in which its scripts run.
    contexts: HashMap<String, i64>,
    /// What pages wrote to their consoles.
    pub(crate) console: Vec<String>,
    _profile: tempfile::TempDir,
}

/// The Chromium of this machine.
#[expect(
    clippy::disallowed_methods,
    reason = "tests have no context.rs; the variable is read here only"
)]
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CONNECT_CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|path| !path.as_os_str().is_empty());
    }
    let known = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ];
    known
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
}

impl Browser {
    /// Starts Chromium with an empty profile and one empty page.
    #[expect(clippy::disallowed_methods, reason = "the tests' one child process")]
    pub(crate) async fn start(chromium: PathBuf) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args([
                "-c",
                r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>/dev/null"#,
            ])
            .arg(chromium)
            .args([
                "--headless=new",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-extensions",
                "--hide-scrollbars",
                "--disable-background-networking",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = ChildStdin::from_std(child.stdin.take().unwrap()).unwrap();
        let answers = ChildStdout::from_std(child.stdout.take().unwrap()).unwrap();
        let mut browser = Self {
            child,
            commands,
            answers: BufReader::new(answers),
            next: 0,
            session: String::new(),
            contexts: HashMap::new(),
            console: Vec::new(),
            _profile: profile,
        };
        let target = browser
            .send("Target.createTarget", json!({ "url": "about:blank" }))
            .await;
        let attached = browser
            .send(
                "Target.attachToTarget",
                json!({ "targetId": target["targetId"], "flatten": true }),
            )
            .await;
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        browser.send("Page.enable", json!({})).await;
        browser.send("Runtime.enable", json!({})).await;
        browser.resize(1280, 800).await;
        browser
    }

    pub(crate) async fn resize(&mut self, width: u32, height: u32) {
        self.send(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false }),
        )
        .await;
    }

    pub(crate) async fn dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        self.send(
            "Emulation.setEmulatedMedia",
            json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] }),
        )
        .await;
    }

    /// Opens a page and does not wait for its frames.
    pub(crate) async fn open_at_once(&mut self, url: &str) {
        let opened = self.send("Page.navigate", json!({ "url": url })).await;
        assert!(opened["errorText"].is_null(), "{url}: {opened}");
    }

    /// Opens a page and waits until it has loaded.
    pub(crate) async fn open(&mut self, url: &str) {
        self.open_at_once(url).await;
        self.wait_for(
            "",
            "document.readyState === 'complete' && location.href !== 'about:blank'",
        )
        .await;
    }

    /// Evaluates an expression, a promise too, in the frame whose address contains `frame`; the
    /// empty text means the page itself.
    pub(crate) async fn eval(&mut self, frame: &str, expression: &str) -> Value {
        let context = self.context(frame).await;
        let evaluated = self
            .send("Runtime.evaluate", json!({ "expression": expression, "contextId": context, "awaitPromise": true, "returnByValue": true, "userGesture": true }))
            .await;
        assert!(
            evaluated["exceptionDetails"].is_null(),
            "{expression}\n{}\nconsole: {:#?}",
            evaluated["exceptionDetails"],
            self.console
        );
        evaluated["result"]["value"].clone()
    }

    /// Waits until an expression is true in a frame.
    pub(crate) async fn wait_for(&mut self, frame: &str, expression: &str) {
        let poll = format!(
            "new Promise((done) => {{ const until = Date.now() + 15000; const look = () => {{ let is; try {{ is = Boolean({expression}); }} catch {{ is = false; }} if (is || Date.now() > until) done(is); else setTimeout(look, 10); }}; look(); }})"
        );
        // A page that is being replaced takes the promise with it: then look again.
        let until = Instant::now() + Duration::from_secs(40);
        while Instant::now() < until {
            let Some(context) = self.find_context(frame).await else {
                continue;
            };
            let evaluated = self
                .try_send("Runtime.evaluate", json!({ "expression": poll, "contextId": context, "awaitPromise": true, "returnByValue": true }))
                .await;
            if let Ok(evaluated) = evaluated {
                assert_eq!(
                    evaluated["result"]["value"], true,
                    "waited in vain for {expression}; console: {:#?}",
                    self.console
                );
                return;
            }
        }
        panic!(
            "no frame {frame:?} stayed long enough for {expression}; console: {:#?}",
            self.console
        );
    }

    pub(crate) async fn screenshot(&mut self) -> Vec<u8> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let shot = self
            .send("Page.captureScreenshot", json!({ "format": "png" }))
            .await;
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    async fn context(&mut self, frame: &str) -> i64 {
        let until = Instant::now() + Duration::from_secs(40);
        while Instant::now() < until {
            if let Some(context) = self.find_context(frame).await {
                return context;
            }
        }
        panic!("no frame with {frame:?} in its address");
    }

    async fn find_context(&mut self, frame: &str) -> Option<i64> {
        fn search(tree: &Value, wanted: &str, top: bool) -> Option<String> {
            let url = tree["frame"]["url"].as_str().unwrap_or_default();
            if top == wanted.is_empty() && url.contains(wanted) {
                return tree["frame"]["id"].as_str().map(str::to_owned);
            }
            tree["childFrames"]
                .as_array()?
                .iter()
                .find_map(|child| search(child, wanted, false))
        }
        let tree = self.send("Page.getFrameTree", json!({})).await;
        let id = search(&tree["frameTree"], frame, true)?;
        self.contexts.get(&id).copied()
    }

    pub(crate) async fn send(&mut self, method: &str, params: Value) -> Value {
        let sent = self.try_send(method, params).await;
        sent.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    async fn try_send(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let id = self.next;
        let mut command = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            command["sessionId"] = self.session.as_str().into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).await.unwrap();
        let answer = async {
            loop {
                let mut bytes = Vec::new();
                self.answers.read_until(0, &mut bytes).await.unwrap();
                assert_eq!(bytes.pop(), Some(0), "the browser is gone");
                let message: Value = serde_json::from_slice(&bytes).unwrap();
                if message["id"] == id {
                    return match message.get("error") {
                        Some(error) => Err(error.clone()),
                        None => Ok(message["result"].clone()),
                    };
                }
                Self::note(&mut self.contexts, &mut self.console, &message);
            }
        };
        let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
        answer.unwrap_or_else(|_| panic!("no answer to {command}; console: {:#?}", self.console))
    }

    fn note(contexts: &mut HashMap<String, i64>, console: &mut Vec<String>, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Runtime.consoleAPICalled" => {
                let args = params["args"].as_array().into_iter().flatten();
                let words: Vec<String> = args
                    .map(|arg| {
                        arg["value"]
                            .as_str()
                            .map_or_else(|| arg.to_string(), str::to_owned)
                    })
                    .collect();
                console.push(format!(
                    "{}: {}",
                    params["type"].as_str().unwrap_or_default(),
                    words.join(" ")
                ));
            }
            "Runtime.exceptionThrown" => {
                console.push(format!("exception: {}", params["exceptionDetails"]))
            }
            "Runtime.executionContextCreated" => {
                let context = &params["context"];
                if context["auxData"]["isDefault"] == true {
                    let frame = context["auxData"]["frameId"].as_str().unwrap_or_default();
                    contexts.insert(frame.to_owned(), context["id"].as_i64().unwrap_or_default());
                }
            }
            "Runtime.executionContextDestroyed" => {
                contexts.retain(|_, id| Some(*id) != params["executionContextId"].as_i64())
            }
            "Runtime.executionContextsCleared" => contexts.clear(),
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ours by process id; a browser that is gone already is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
