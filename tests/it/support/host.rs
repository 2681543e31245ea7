//! A host of our own making, so that the program is proven against a stranger: the few UPM calls
//! of a development loop over plain sockets, with faults on order.
//!
//! It is written from the description of UPM's REST API and shares no code with the sandbox.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::support::DEADLINE;

/// A host that is running. Clones are the same host.
#[derive(Clone)]
pub(crate) struct FakeHost {
    port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

/// What it does wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Status of every answer to the settings call.
    pub(crate) settings_status: Option<u16>,
    /// Installs from a descriptor are switched off.
    pub(crate) dev_mode_off: bool,
    /// Status of every answer to an install.
    pub(crate) install_status: Option<u16>,
    /// Every install fails with this `subCode`.
    pub(crate) install_fails: Option<&'static str>,
    /// How often a task is still running when asked.
    pub(crate) polls: usize,
    /// How long a task takes.
    pub(crate) takes: Duration,
    /// The DELETE is done, but never answered.
    pub(crate) silent_delete: bool,
    /// Status of every answer to a DELETE, which is not done.
    pub(crate) delete_status: Option<u16>,
    /// The app comes up disabled.
    pub(crate) disabled: bool,
    /// The install is taken, but never answered.
    pub(crate) silent_install: bool,
    /// The settings are never answered.
    pub(crate) silent_settings: bool,
    /// Status of every answer to the call for the token.
    pub(crate) list_status: Option<u16>,
    /// Status of every answer about a task.
    pub(crate) poll_status: Option<u16>,
    /// How many seconds its clock is behind ours.
    pub(crate) behind: i64,
    /// How many calls are answered with 503 before it works.
    pub(crate) stumbles: usize,
}

#[derive(Default)]
struct State {
    faults: Faults,
    /// Method and path of every call but polls.
    calls: Vec<String>,
    /// What is installed: key and served descriptor.
    apps: BTreeMap<String, Value>,
    /// Descriptors in the order they were installed.
    installs: Vec<Value>,
    tasks: Vec<Task>,
    /// Where addresses really lead.
    routes: Option<Route>,
    enabled: BTreeMap<String, bool>,
    /// An install was ordered, and its task is not there yet.
    ordered: bool,
    overlapped: bool,
    /// Access token and state, by app.
    licenses: BTreeMap<String, (String, String)>,
}

type Route = Arc<dyn Fn(&str) -> String + Send + Sync>;

struct Task {
    left: usize,
    done_at: Instant,
    outcome: Result<String, &'static str>,
    /// Whoever ordered it has been told how it ended.
    told: bool,
}

struct Request {
    method: String,
    path: String,
    authorization: String,
    body: Vec<u8>,
}

impl FakeHost {
    pub(crate) const PASSWORD: &'static str = "correct-horse-battery";
    /// The only access token that it takes.
    pub(crate) const ACCESS_TOKEN: &'static str = "of-a-private-listing";
    /// What it shares with the app at an install.
    pub(crate) const SHARED_SECRET: &'static str = "shared-with-the-app-alone";
    const API: &'static str = "/rest/plugins/1.0/";

    pub(crate) fn start() -> Self {
        Self::with(Faults::default())
    }

    pub(crate) fn with(faults: Faults) -> Self {
        let host = Self::on(TcpListener::bind("127.0.0.1:0").unwrap());
        host.set(faults);
        host
    }

    pub(crate) fn on(listener: TcpListener) -> Self {
        let host = Self {
            port: listener.local_addr().unwrap().port(),
            state: Arc::default(),
        };
        let serving = host.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let host = serving.clone();
                std::thread::spawn(move || host.serve(stream.unwrap()));
            }
        });
        host
    }

    pub(crate) fn set(&self, faults: Faults) {
        self.state.0.lock().unwrap().faults = faults;
    }

    /// Has it reach addresses that are not on this machine by others that are.
    pub(crate) fn set_routes(&self, routes: impl Fn(&str) -> String + Send + Sync + 'static) {
        self.state.0.lock().unwrap().routes = Some(Arc::new(routes));
    }

    /// Whether an install was ordered while another one was under way.
    pub(crate) fn overlapped(&self) -> bool {
        self.state.0.lock().unwrap().overlapped
    }

    fn route(&self, url: &str) -> String {
        // One may take its time, and others look at the host meanwhile.
        let route = self.state.0.lock().unwrap().routes.clone();
        route.map_or_else(|| url.to_owned(), |route| route(url))
    }

    /// The site's address.
    pub(crate) fn site(&self) -> String {
        format!("http://127.0.0.1:{}/jira", self.port)
    }

    /// Keys of the installed apps.
    pub(crate) fn apps(&self) -> Vec<String> {
        self.state.0.lock().unwrap().apps.keys().cloned().collect()
    }

    /// Names of the descriptors, in the order they were installed.
    pub(crate) fn installed_names(&self) -> Vec<String> {
        let state = self.state.0.lock().unwrap();
        let names = state.installs.iter().map(|app| app["name"].as_str());
        names
            .map(|name| name.unwrap_or_default().to_owned())
            .collect()
    }

    /// The descriptor of an app, as it was served.
    pub(crate) fn descriptor(&self, key: &str) -> Value {
        self.state.0.lock().unwrap().apps[key].clone()
    }

    /// Where an app says it is.
    pub(crate) fn base_url(&self, key: &str) -> String {
        self.descriptor(key)["baseUrl"].as_str().unwrap().to_owned()
    }

    /// Whether the app is enabled.
    pub(crate) fn is_enabled(&self, key: &str) -> bool {
        self.state.0.lock().unwrap().enabled.get(key) == Some(&true)
    }

    /// How many calls began like this.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        let state = self.state.0.lock().unwrap();
        let calls = state.calls.iter();
        calls.filter(|call| call.starts_with(beginning)).count()
    }

    /// Waits until so many calls began like this.
    pub(crate) fn wait_for(&self, beginning: &str, count: usize) {
        let began = Instant::now();
        let mut state = self.state.0.lock().unwrap();
        loop {
            let calls = state.calls.iter();
            if calls.filter(|call| call.starts_with(beginning)).count() >= count {
                return;
            }
            let left = DEADLINE.saturating_sub(began.elapsed());
            assert!(
                !left.is_zero(),
                "{count} x `{beginning}` never came; {:?} did",
                state.calls
            );
            state = self.state.1.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until no app is installed, and says how long that took.
    pub(crate) fn wait_until_empty(&self) -> Duration {
        let began = Instant::now();
        let mut state = self.state.0.lock().unwrap();
        while !state.apps.is_empty() {
            let left = DEADLINE.saturating_sub(began.elapsed());
            assert!(!left.is_zero(), "{:?} stays", state.apps);
            state = self.state.1.wait_timeout(state, left).unwrap().0;
        }
        began.elapsed()
    }

    fn serve(&self, stream: TcpStream) {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let Some(request) = read_request(&stream) else {
            return;
        };
        let Some(answer) = self.answer(&request) else {
            // Silence until the caller gives up.
            let _ = (&stream).read(&mut [0]);
            return;
        };
        let behind = self.state.0.lock().unwrap().faults.behind;
        let shift = Duration::from_secs(behind.unsigned_abs());
        let date = match behind {
            0.. => SystemTime::now() - shift,
            _ => SystemTime::now() + shift,
        };
        let (line, rest) = answer.split_once("\r\n").unwrap();
        let date = httpdate::fmt_http_date(date);
        let answer = format!("{line}\r\nDate: {date}\r\n{rest}");
        let _ = (&stream).write_all(answer.as_bytes());
    }

    fn answer(&self, request: &Request) -> Option<String> {
        let expected = format!("Basic {}", base64(&format!("ada:{}", Self::PASSWORD)));
        if request.authorization != expected {
            let reason = "X-Seraph-LoginReason: AUTHENTICATED_FAILED\r\n";
            return Some(response(401, reason, "<html>who are you?</html>"));
        }
        // The same at the root and below `/wiki`, where Confluence is.
        let path = request.path.strip_prefix("/jira")?;
        let path = path.strip_prefix("/wiki").unwrap_or(path);
        let path = path.strip_prefix(Self::API)?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        if !path.starts_with("pending/") {
            self.note(format!("{} {path}", request.method));
        }
        let faults = self.state.0.lock().unwrap().faults.clone();
        if faults.stumbles > 0 {
            self.state.0.lock().unwrap().faults.stumbles -= 1;
            return Some(response(503, "", "<html>a moment, please</html>"));
        }
        Some(match (request.method.as_str(), path) {
            ("GET", "settings") if faults.silent_settings => return None,
            ("GET", "settings") => {
                let setting = json!({ "key": "connectDeveloperListingsEnabled", "value": !faults.dev_mode_off });
                let settings = json!({ "settings": [setting] });
                let status = faults.settings_status.unwrap_or(200);
                response(status, "", &settings.to_string())
            }
            ("GET", "") if faults.list_status.is_some() => response(
                faults.list_status.unwrap_or_default(),
                "",
                "<html>no</html>",
            ),
            ("GET", "") => response(200, "upm-token: a+b/c=\r\n", "{\"plugins\":[]}"),
            // The token has characters that a query must escape.
            ("POST", "license-tokens") => self.simulate(&request.body),
            ("GET", path) if path.starts_with("license-tokens/") => {
                let key = path["license-tokens/".len()..].strip_suffix("-key")?;
                let state = self.state.0.lock().unwrap();
                match state.licenses.get(key) {
                    None => response(404, "", "{}"),
                    Some((token, state)) => {
                        let said = json!({ "pluginKey": key, "token": token, "state": state });
                        response(200, "", &said.to_string())
                    }
                }
            }
            ("GET", path) if path.ends_with("-key/license") => {
                let key = path.strip_suffix("-key/license")?;
                let state = self.state.0.lock().unwrap();
                match state.licenses.get(key) {
                    None => response(404, "", "{}"),
                    Some((_, state)) => {
                        let (active, trial) =
                            (state.starts_with("ACTIVE"), state.ends_with("TRIAL"));
                        let said =
                            json!({ "active": active, "valid": active, "evaluation": trial });
                        response(200, "", &said.to_string())
                    }
                }
            }
            ("POST", "") if query != "token=a%2Bb%2Fc%3D" => response(409, "", "{}"),
            ("POST", "") if faults.silent_install => {
                self.install(&request.body, &faults);
                return None;
            }
            ("POST", "") => match faults.install_status {
                Some(status) => response(status, "", "<html>no</html>"),
                None => {
                    let id = self.install(&request.body, &faults);
                    let link = format!("/rest/plugins/1.0/pending/{id}");
                    let task = json!({
                        "type": "INSTALL", "pingAfter": 100, "id": id.to_string(),
                        "status": { "done": false }, "links": { "self": link },
                    });
                    response(202, "", &format!("<textarea>{task}</textarea>"))
                }
            },
            ("GET", path) if path.starts_with("pending/") && faults.poll_status.is_some() => {
                response(
                    faults.poll_status.unwrap_or_default(),
                    "",
                    "<html>no</html>",
                )
            }
            ("GET", path) if path.starts_with("pending/") => self.poll(&path["pending/".len()..]),
            ("DELETE", path) => {
                let key = path.strip_suffix("-key")?;
                if let Some(status) = faults.delete_status {
                    return Some(response(status, "", "{}"));
                }
                let known = self.state.0.lock().unwrap().apps.remove(key);
                self.state.1.notify_all();
                if faults.silent_delete {
                    return None;
                }
                response(if known.is_some() { 204 } else { 404 }, "", "")
            }
            ("PUT", path) => {
                let key = path.strip_suffix("-key")?.to_owned();
                let body: Value = serde_json::from_slice(&request.body).ok()?;
                let mut state = self.state.0.lock().unwrap();
                state.enabled.insert(key, body["enabled"] == true);
                response(200, "", "{}")
            }
            ("GET", path) => {
                let key = path.strip_suffix("-key")?;
                let state = self.state.0.lock().unwrap();
                match state.apps.get(key) {
                    None => response(404, "", "{}"),
                    Some(_) => {
                        let enabled = state.enabled.get(key) != Some(&false);
                        let app = json!({ "key": key, "enabled": enabled });
                        response(200, "", &app.to_string())
                    }
                }
            }
            _ => response(405, "", ""),
        })
    }

    /// Has an access token simulate a licence.
    fn simulate(&self, body: &[u8]) -> String {
        let order: Value = serde_json::from_slice(body).unwrap();
        let text = |name: &str| order[name].as_str().unwrap_or_default().to_owned();
        if text("token") != Self::ACCESS_TOKEN {
            let said =
                json!({ "subCode": "upm.license.token.invalid.error", "errorMessage": "no" });
            return response(400, "", &said.to_string());
        }
        let mut state = self.state.0.lock().unwrap();
        let license = (text("token"), text("state"));
        state.licenses.insert(text("pluginKey"), license);
        response(200, "", "{}")
    }

    fn note(&self, call: String) {
        self.state.0.lock().unwrap().calls.push(call);
        self.state.1.notify_all();
    }

    /// Fetches the descriptor and calls the app, as a host does; answers with the task's number.
    fn install(&self, body: &[u8], faults: &Faults) -> usize {
        {
            let mut state = self.state.0.lock().unwrap();
            state.overlapped |= state.ordered || state.tasks.iter().any(|task| !task.told);
            state.ordered = true;
        }
        let body: Value = serde_json::from_slice(body).unwrap();
        let url = self.route(body["pluginUri"].as_str().unwrap());
        if !url.starts_with("http://") {
            let outcome = faults.install_fails;
            let outcome = outcome.unwrap_or("upm.pluginInstall.error.response.exception");
            return self.begin(faults, Err(outcome));
        }
        let descriptor: Value = serde_json::from_str(&fetch("GET", &url)).unwrap();
        let key = descriptor["key"].as_str().unwrap().to_owned();
        let outcome = match faults.install_fails {
            Some(reason) => Err(reason),
            None => {
                let base = descriptor["baseUrl"].as_str().unwrap();
                let path = descriptor["lifecycle"]["installed"].as_str().unwrap();
                let tenant = json!({ "key": key, "sharedSecret": Self::SHARED_SECRET });
                let url = self.route(&format!("{base}{path}"));
                let (status, head, _) = send("POST", &url, &[], &tenant.to_string());
                assert!((200..300).contains(&status), "{head}");
                Ok(key.clone())
            }
        };
        let mut state = self.state.0.lock().unwrap();
        if outcome.is_ok() {
            state.enabled.insert(key.clone(), !faults.disabled);
            state.installs.push(descriptor.clone());
            state.apps.insert(key, descriptor);
        }
        drop(state);
        self.begin(faults, outcome)
    }

    /// A task that ends like this.
    fn begin(&self, faults: &Faults, outcome: Result<String, &'static str>) -> usize {
        let mut state = self.state.0.lock().unwrap();
        state.tasks.push(Task {
            left: faults.polls,
            done_at: Instant::now() + faults.takes,
            outcome,
            told: false,
        });
        state.ordered = false;
        self.state.1.notify_all();
        state.tasks.len() - 1
    }

    fn poll(&self, id: &str) -> String {
        let mut state = self.state.0.lock().unwrap();
        let task = id
            .parse()
            .ok()
            .and_then(|id: usize| state.tasks.get_mut(id));
        let Some(task) = task else {
            return response(404, "", "{}");
        };
        if task.left > 0 || Instant::now() < task.done_at {
            task.left = task.left.saturating_sub(1);
            return response(200, "", "{\"status\":{\"done\":false}}");
        }
        task.told = true;
        match &task.outcome {
            Ok(key) => {
                let location =
                    format!("Location: https://elsewhere.example/rest/plugins/1.0/{key}-key\r\n");
                response(303, &location, "")
            }
            Err(reason) => {
                let status =
                    json!({ "done": true, "subCode": reason, "errorMessage": "it did not work" });
                response(200, "", &json!({ "status": status }).to_string())
            }
        }
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "authorization" => authorization = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        authorization,
        body,
    })
}

fn response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

/// The body of an answer to a request without one.
pub(crate) fn fetch(method: &str, url: &str) -> String {
    let (status, head, body) = send(method, url, &[], "");
    assert!((200..300).contains(&status), "{method} {url}: {head}");
    body
}

/// Sends a request whatever becomes of it.
pub(crate) fn poke(url: &str) {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    if let Ok(mut stream) = TcpStream::connect(authority) {
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let _ = write!(stream, "GET /{path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
        let _ = stream.read(&mut [0; 64]);
    }
}

/// Head and body of an answer.
pub(crate) fn exchange(method: &str, url: &str) -> (String, String) {
    let (_, head, body) = send(method, url, &[], "");
    (head, body)
}

/// Head and body of an answer to a request with Basic authentication.
pub(crate) fn exchange_as(user: &str, password: &str, method: &str, url: &str) -> (String, String) {
    let login = format!("Basic {}", base64(&format!("{user}:{password}")));
    let (_, head, body) = send(method, url, &[("Authorization", &login)], "");
    (head, body)
}

/// Status, head and body of an answer to a request with these headers and this body.
pub(crate) fn send(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String, String) {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut request = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_owned(), body.to_owned())
}

pub(crate) fn base64(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut coded = String::new();
    for three in text.as_bytes().chunks(3) {
        let group = three
            .iter()
            .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        let group = group << (8 * (3 - three.len()));
        for index in 0..4 {
            let six = usize::try_from(group >> (18 - 6 * index) & 63).unwrap();
            coded.push(if index <= three.len() {
                ALPHABET[six] as char
            } else {
                '='
            });
        }
    }
    coded
}
