//! Our side of tests/interop: makes and checks tokens on request, one JSON object per line.
//!
//! `do` is `qsh`, `request_token`, `session_token`, `install_token`, or one of `verify_host`,
//! `verify_context`, `verify_session`, `verify_install`; the answer is `{"ok": …}` or
//! `{"refused": "…"}`. The app, its tenant and its secret are made up and fixed; the time comes
//! with the request.
#![expect(
    clippy::print_stdout,
    reason = "a program for a script, which reads what it prints"
)]

use std::{
    error::Error,
    io::{self, BufRead},
};

use connect_core::{
    AccountId, AppKey, BaseUrl, ClientKey, Kid, Product, Secret, Tenant, Timestamp,
    jws::sign_rs256,
    keys::{RsaPublicKey, RsaSigningKey},
    mint,
    qsh::{Qsh, RequestLine},
    time::Seconds,
    verify::{Policy, Unverified, verify_context, verify_host, verify_install, verify_session},
};
use serde_json::{Value, json};

const HOST_KEY: &[u8] = include_bytes!("../tests/data/test-only-host-key.pk8");
const LIFE: Seconds = Seconds(180);

fn main() -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lock().lines() {
        let order: Value = serde_json::from_str(&line?)?;
        let answer = match answer(&order) {
            Ok(value) => json!({ "ok": value }),
            Err(error) => json!({ "refused": error.to_string() }),
        };
        println!("{answer}");
    }
    Ok(())
}

fn answer(order: &Value) -> Result<Value, Box<dyn Error>> {
    let text = |name: &'static str| order[name].as_str().ok_or(name);
    let request = RequestLine {
        method: order["method"].as_str().unwrap_or("GET"),
        target: order["target"].as_str().unwrap_or("/"),
        form: None,
    };
    let now = Timestamp::from_unix(order["now"].as_i64().unwrap_or(0));
    let app_key = AppKey::parse("org.sample.planner")?;
    let tenant = Tenant::new(
        app_key.clone(),
        ClientKey::parse("marmot-91c0")?,
        BaseUrl::parse("https://marmot.atlassian.net/wiki")?,
        Product::Confluence,
        Secret::new("marmot/made-up+secret~for~tests~5c1a7e0d93b2f684"),
        now,
    );
    let policy = Policy {
        app_key: app_key.clone(),
        base_urls: vec![BaseUrl::parse("https://planner.sample.org")?],
        leeway: Seconds(30),
        max_lifetime: Seconds(24 * 60 * 60),
        max_session: Seconds(15 * 60),
        session_without_purpose: false,
    };
    let account = |account: Option<AccountId>| json!(account.map(|account| account.to_string()));
    Ok(match text("do")? {
        "qsh" => {
            let base = order["base"].as_str().unwrap_or("");
            json!(Qsh::sign(&request, base)?.as_str())
        }
        "request_token" => json!(mint::request_token(&tenant, &app_key, &request, LIFE, now)?),
        "session_token" => {
            let user = AccountId::parse(text("user")?)?;
            let token = mint::session_token(&tenant, &app_key, Some(&user), LIFE, now)?;
            json!(token)
        }
        "install_token" => {
            let key = RsaSigningKey::from_pkcs8(HOST_KEY)?;
            let claims = json!({
                "iss": tenant.client_key.as_str(), "aud": ["https://planner.sample.org"],
                "iat": now.unix(), "exp": (now + LIFE).unix(),
                "qsh": Qsh::sign(&request, "")?.as_str(),
            });
            let kid = Kid::parse("interop")?;
            let token = sign_rs256(claims.to_string().as_bytes(), &key, &kid)?;
            json!({ "token": token, "pem": key.public_pem() })
        }
        "verify_host" => {
            let token = Unverified::parse(text("token")?)?;
            account(verify_host(&token, &tenant, &request, &policy, now)?.account_id())
        }
        "verify_context" => {
            let token = Unverified::parse(text("token")?)?;
            account(verify_context(&token, &tenant, &policy, now)?.account_id())
        }
        "verify_session" => {
            let token = Unverified::parse(text("token")?)?;
            account(verify_session(&token, &tenant, &policy, now)?.account_id())
        }
        "verify_install" => {
            let token = Unverified::parse(text("token")?)?;
            let key = RsaPublicKey::from_pem(text("pem")?)?;
            let proof = verify_install(&token, &key, &request, &policy, now)?;
            json!(proof.claims().iss)
        }
        other => return Err(format!("no such order: {other}").into()),
    })
}
