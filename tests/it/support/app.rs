//! An app in "any language": the test program itself, started again by `--exec`.
//!
//! It serves the descriptor of its folder with the address filled in, and below `/confluence` that
//! of its half for Confluence, and answers 204 to lifecycle calls. It reads the file at each request, as generated apps do in development.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// The command that starts it; to be run in its folder.
pub(crate) fn command() -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "TEST_APP=serve exec {} --exact support::app::run_as_an_app --nocapture",
        program.display()
    )
}

/// A descriptor for it.
pub(crate) fn descriptor(key: &str, name: &str) -> String {
    format!(
        r#"{{
  "key": "{key}",
  "name": "{name}",
  "baseUrl": "{{{{localBaseUrl}}}}",
  "authentication": {{ "type": "jwt" }},
  "lifecycle": {{ "installed": "/installed", "uninstalled": "/uninstalled" }},
  "apiVersion": 1,
  "apiMigrations": {{ "signed-install": true }},
  "modules": {{
    "generalPages": [
      {{ "key": "hello", "location": "system.top.navigation.bar", "name": {{ "value": "Hello" }}, "url": "/hello" }}
    ]
  }}
}}
"#
    )
}

#[test]
fn run_as_an_app() {
    if was_asked_to_run() {
        run();
    }
}

/// True in a process that is to be the app.
pub(crate) fn was_asked_to_run() -> bool {
    setting("TEST_APP").as_deref() == Some("serve")
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is told by its environment what to be"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Serves until it is killed.
pub(crate) fn run() {
    let port: u16 = setting("PORT").unwrap().parse().unwrap();
    let address = setting("AC_LOCAL_BASE_URL").unwrap();
    let switches = setting("AC_OPTS").unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    for stream in listener.incoming() {
        let (address, switches) = (address.clone(), switches.clone());
        std::thread::spawn(move || answer(stream.unwrap(), &address, &switches));
    }
}

fn described(file: &str, address: &str) -> (&'static str, String) {
    match fs::read_to_string(file) {
        Ok(text) => ("200 OK", text.replace("{{localBaseUrl}}", address)),
        Err(error) => ("500 Oops", error.to_string()),
    }
}

fn answer(mut stream: TcpStream, address: &str, switches: &str) {
    let mut request = Vec::new();
    let mut chunk = [0; 4096];
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(length) => request.extend_from_slice(&chunk[..length]),
        }
    }
    let head = String::from_utf8_lossy(&request);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let (status, body) = match path {
        "/atlassian-connect.json" => described("atlassian-connect.json", address),
        "/confluence/atlassian-connect.json" => {
            let address = format!("{address}/confluence");
            described("atlassian-connect.confluence.json", &address)
        }
        "/forge-keys" => (
            "200 OK",
            setting("CONNECT_FORGE_KEYS_URL").unwrap_or_default(),
        ),
        "/crash" => std::process::abort(),
        "/env" => ("200 OK", switches.to_owned()),
        "/pid" => ("200 OK", std::process::id().to_string()),
        "/port" => ("200 OK", stream.local_addr().unwrap().port().to_string()),
        "/target" => ("200 OK", target.to_owned()),
        _ => ("204 No Content", String::new()),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}
