//! Our side of `tests/interop/run`: one JSON command a line on stdin, one JSON answer a line on
//! stdout.
//!
//! | `do` | members | answer |
//! | --- | --- | --- |
//! | `accept-host` | `token`, request | `{}` or `{"error": ".."}` |
//! | `accept-install` | `token`, `pem`, request | as above |
//! | `canonical` | `method`, `target`, `base` | `{"canonical": "..", "qsh": ".."}` or an error |
//! | `mint-host`, `mint-request` | request | `{"token": ".."}` |
//! | `mint-install` | `key` (PKCS#8 DER, base64), `kid`, `claims` | `{"token": ".."}` |
//! | `mint-session` | `site` | `{"token": ".."}` |
//!
//! A request is `method`, `target`, perhaps `form`, `site` (base URL of the product), `app` (base
//! URL of the app). All have `now` in seconds since 1970; client key, app key and secret are those
//! of the test.

use std::{
    error::Error,
    io::{BufRead, Write},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use connect_core::{
    AppKey, BaseUrl, ClientKey, Kid, Product, Secret, Tenant, Timestamp, jws,
    keys::{RsaPublicKey, RsaSigningKey},
    mint,
    qsh::{self, Qsh, RequestLine},
    time::Seconds,
    verify::{Policy, Unverified, verify_host, verify_install},
};
use serde_json::{Value, json};

const APP_KEY: &str = "com.example.interop";
const CLIENT_KEY: &str = "interop-site-1";
const SECRET: &str = "the shared secret of the interop test, räksmörgås included";
const LIFE: Seconds = Seconds(180);

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let command: Value = serde_json::from_str(&line?)?;
        let answer = match answer(&command) {
            Ok(answer) => answer,
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(())
}

fn answer(command: &Value) -> Result<Value, Box<dyn Error>> {
    let text = |name: &str| command[name].as_str();
    let need = |name: &str| text(name).ok_or_else(|| format!("`{name}` is missing"));
    let now = Timestamp::from_unix(command["now"].as_i64().unwrap_or(0));
    let line = RequestLine {
        method: text("method").unwrap_or("GET"),
        target: text("target").unwrap_or("/"),
        form: text("form").map(str::as_bytes),
    };
    let app_key = AppKey::parse(APP_KEY)?;
    let tenant = Tenant::new(
        app_key.clone(),
        ClientKey::parse(CLIENT_KEY)?,
        BaseUrl::parse(text("site").unwrap_or("https://acme.example"))?,
        Product::Jira,
        Secret::new(SECRET),
        now,
    );
    let app_url = BaseUrl::parse(text("app").unwrap_or("https://app.example"))?;
    let policy = Policy {
        app_key: app_key.clone(),
        base_urls: vec![app_url.clone()],
        leeway: Seconds(30),
        max_lifetime: Seconds(24 * 60 * 60),
        max_session: Seconds(15 * 60),
        session_without_purpose: false,
    };
    Ok(match need("do")? {
        "accept-host" => {
            let token = Unverified::parse(need("token")?)?;
            verify_host(&token, &tenant, &line, &policy, now)?;
            json!({})
        }
        "accept-install" => {
            let token = Unverified::parse(need("token")?)?;
            let key = RsaPublicKey::from_pem(need("pem")?)?;
            verify_install(&token, &key, &line, &policy, now)?;
            json!({})
        }
        "canonical" => {
            let canonical = qsh::canonical(&line, text("base").unwrap_or(""))?;
            json!({ "qsh": Qsh::of(&canonical).as_str(), "canonical": canonical })
        }
        "mint-host" => {
            json!({ "token": mint::host_token(&tenant, &line, app_url.path(), LIFE, now)? })
        }
        "mint-install" => {
            let key = RsaSigningKey::from_pkcs8(&STANDARD.decode(need("key")?)?)?;
            let kid = Kid::parse(need("kid")?)?;
            let claims = command["claims"].to_string();
            json!({ "token": jws::sign_rs256(claims.as_bytes(), &key, &kid)? })
        }
        "mint-request" => {
            json!({ "token": mint::request_token(&tenant, &app_key, &line, LIFE, now)? })
        }
        "mint-session" => {
            json!({ "token": mint::session_token(&tenant, &app_key, None, LIFE, now)? })
        }
        other => return Err(format!("there is no command `{other}`").into()),
    })
}
