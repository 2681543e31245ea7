//! What is refused: tokens, webhooks and lifecycle calls with something wrong.

use connect_runtime::{
    core::{ClientKey, Secret, Tenant, qsh::Qsh},
    http::StatusCode,
};
use serde_json::{Value, json};

use crate::{
    journal::Journal,
    paths::{FORM, JSON},
    world::{NOW, Served, claims_token, host_token, install_body, install_token, tenant},
};

/// Every way in which a token is refused, in every place in which it may be.
pub(crate) async fn refusals(journal: &Journal, app: &Served, one: &Tenant) {
    let stranger = tenant(journal, "stranger", "https://acme.atlassian.net");
    let mut impostor = one.clone();
    let secret = journal.plant(
        "secret of an impostor",
        "canary \"impostor\" secret: räk+/&=",
    );
    impostor.rotate_secret(Secret::new(secret), None);
    let good = host_token(journal, one, "GET /page");
    let claims = |change: Value| {
        let qsh = Qsh::of("GET&/page&");
        let mut claims =
            json!({"iss": "site-1", "iat": NOW, "exp": NOW + 180, "qsh": qsh.as_str()});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims_token(journal, one, &claims)
    };
    let aud = journal.plant("audience", "canary-in-the-audience");
    let tokens = [
        format!("{good}="),
        format!("{good}."),
        good.replace('.', "%252E"),
        good.split_at(good.len() - 4).0.to_owned(),
        format!("{}{}", good, "A".repeat(17_000)),
        host_token(journal, &stranger, "GET /page"),
        host_token(journal, &impostor, "GET /page"),
        host_token(journal, one, "GET /other"),
        install_token(journal, "/page", "site-1", "good/1"),
        claims(json!({"exp": NOW - 600, "iat": NOW - 900})),
        claims(json!({"iat": NOW + 600, "exp": NOW + 900})),
        claims(json!({"exp": NOW + 900_000})),
        claims(json!({"aud": [aud]})),
        claims(json!({"iat": aud})),
        claims(json!({"iss": aud})),
        claims(json!({"qsh": "context-qsh"})),
    ];
    for token in &tokens {
        let header = format!("JWT {token}");
        for accept in ["text/html", "text/plain", "application/json"] {
            for (line, headers, body) in [
                (
                    "GET /page".to_owned(),
                    vec![("authorization", header.as_str())],
                    "",
                ),
                (format!("GET /page?jwt={token}"), vec![], ""),
                (
                    "GET /session".to_owned(),
                    vec![("x-acpt", token.as_str())],
                    "",
                ),
                (format!("GET /session?acpt={token}&jwt={token}"), vec![], ""),
                ("POST /form".to_owned(), vec![FORM], &format!("jwt={token}")),
                (
                    "POST /hooks/created".to_owned(),
                    vec![JSON, ("authorization", &header)],
                    "{}",
                ),
                (
                    "POST /enabled".to_owned(),
                    vec![JSON, ("authorization", &header)],
                    "{}",
                ),
                (
                    "POST /installed".to_owned(),
                    vec![JSON, ("authorization", &header)],
                    "{}",
                ),
            ] {
                let mut headers = headers;
                headers.push(("accept", accept));
                let answer = app.send(&line, &headers, body).await;
                assert!(answer.status.is_client_error(), "{line}: {}", answer.status);
            }
        }
    }
    let header = format!("JWT {good}");
    let encoded = good.replace('.', "%2E");
    for (line, headers) in [
        // Two tokens, a broken query, and URLs that somebody has encoded once too often.
        (
            format!("GET /page?jwt={}", tokens[5]),
            vec![("authorization", header.as_str())],
        ),
        (format!("GET /page?a=%zz&jwt={good}"), vec![]),
        (format!("GET /page%3Fjwt%3D{encoded}"), vec![]),
        (format!("GET /nowhere;jwt={good}"), vec![]),
        (format!("POST /nowhere?jwt={good}"), vec![]),
        (format!("DELETE /page?jwt={good}"), vec![]),
        (
            "GET /page".to_owned(),
            vec![("authorization", good.as_str())],
        ),
        ("GET /page".to_owned(), vec![("cookie", good.as_str())]),
    ] {
        let answer = app.send(&line, &headers, "").await;
        assert!(answer.status.is_client_error(), "{line}: {}", answer.status);
    }
    let large = format!("jwt={good}&a={}", "x".repeat(1024 * 1024));
    let answer = app.send("POST /form", &[FORM], &large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// Webhooks whose handlers fail, whose bodies are secret or broken.
pub(crate) async fn hooks(journal: &Journal, app: &Served, one: &Tenant) {
    let secret = journal.plant("body of a webhook", "canary-body-\"räk\"-of-a-webhook");
    let wrong_type = json!({ "name": secret }).to_string();
    for (path, body, expected) in [
        (
            "/hooks/created",
            wrong_type.as_str(),
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
        (
            "/hooks/deleted",
            &wrong_type,
            StatusCode::INTERNAL_SERVER_ERROR,
        ),
        ("/hooks/updated", &wrong_type, StatusCode::BAD_REQUEST),
        ("/hooks/updated", &secret, StatusCode::BAD_REQUEST),
    ] {
        let header = format!("JWT {}", host_token(journal, one, &format!("POST {path}")));
        let headers = [JSON, ("authorization", &header)];
        let answer = app.send(&format!("POST {path}"), &headers, body).await;
        assert_eq!(answer.status, expected, "{path}");
    }
}

/// Lifecycle calls: good, with every other key, and with everything wrong in turn.
pub(crate) async fn installs(journal: &Journal, app: &Served, site: &str) {
    let ok = StatusCode::NO_CONTENT;
    let no = StatusCode::UNAUTHORIZED;
    let bad = StatusCode::BAD_REQUEST;
    let body = install_body(journal, "installed", "site-2", site);
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body.to_string()
    };
    let gone = install_body(journal, "uninstalled", "site-2", site).to_string();
    let weak = journal.plant("weak secret", "canary-weak-secret");
    let other_secret = journal.plant("new secret", "canary \"new\" secret of site-2: räk+/&=");
    let plain = body.to_string();
    let cut = plain[..plain.len() - 20].to_owned();
    let evil = with("baseUrl", "https://evil.example".into());
    for (kid, path, body, expected) in [
        ("bad/1", "/installed", plain.clone(), no),
        ("garbage/1", "/installed", plain.clone(), no),
        (
            "down/1",
            "/installed",
            plain.clone(),
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        (
            "good/1",
            "/installed",
            with("sharedSecret", weak.into()),
            bad,
        ),
        (
            "good/1",
            "/installed",
            with("sharedSecret", json!([plain])),
            bad,
        ),
        ("good/1", "/installed", cut, bad),
        (
            "good/1",
            "/installed",
            with("key", "another.app".into()),
            no,
        ),
        (
            "good/1",
            "/installed",
            with("clientKey", "site-3".into()),
            no,
        ),
        (
            "good/1",
            "/installed",
            with("eventType", "enabled".into()),
            no,
        ),
        ("good/1", "/installed", evil, StatusCode::FORBIDDEN),
        (
            "good/1",
            "/installed",
            with("a", "x".repeat(70_000).into()),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
        ("good/1", "/installed", plain.clone(), ok),
        (
            "good/1",
            "/installed",
            with("sharedSecret", other_secret.into()),
            ok,
        ),
        ("good/1", "/uninstalled", gone, ok),
    ] {
        let header = format!("JWT {}", install_token(journal, path, "site-2", kid));
        let headers = [JSON, ("authorization", &header)];
        let answer = app.send(&format!("POST {path}"), &headers, &body).await;
        assert_eq!(answer.status, expected, "{kid} {body:.200}");
    }
    let header = format!(
        "JWT {}",
        install_token(journal, "/installed", "site-2", "good/1")
    );
    let headers = [
        ("authorization", header.as_str()),
        ("content-type", "text/plain"),
    ];
    let answer = app.send("POST /installed", &headers, &plain).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(
        app.send("POST /installed", &[JSON], &plain).await.status,
        no
    );
    let key = ClientKey::parse("site-2").unwrap();
    let stored = app.app.store().tenant(&key).await.unwrap().unwrap();
    journal.debug("Tenant", &stored);
}
