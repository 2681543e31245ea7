//! What an app makes of a key server that answers nonsense, and of none at all.

use std::time::Duration;

use connect_core::Kid;
use serde_json::json;
use url::Url;

use crate::{
    audit::{
        Audit,
        report::Severity::{self, High, Interop, Low, Medium},
        shot::{Expect, Shot},
    },
    keys::ServedKey,
    random,
};

impl Audit<'_> {
    pub(super) async fn key_server(&mut self) {
        let Some(url) = self.app.descriptor.lifecycle.installed.clone() else {
            return;
        };
        let pem = self.host_key.public_pem.clone();
        // A key of the host under a new name: an app that takes it has asked this key server.
        let Some(kid) = self.serve(ServedKey::ok(&pem)) else {
            return;
        };
        let fresh = self.genuine_with(&url, &kid, "a key of the host under a new id");
        let fired = fresh.fire(&self.shared.client).await;
        if !self.shared.keys.was_asked(kid.as_str()) {
            self.leave_out(
                "key-server",
                "the app asks another key server than this one",
            );
            return;
        }
        self.checks.push(fired.check);
        for (name, text) in [
            ("the key with other line ends", pem.replace('\n', "\r\n")),
            ("the key with blanks before it", format!("\n  {pem}")),
        ] {
            if let Some(kid) = self.serve(ServedKey::ok(&text)) {
                let shot = self.genuine_with(&url, &kid, name);
                self.fire(shot).await;
            }
        }
        let stranger = self.stranger.pem.clone();
        let private = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";
        let attacks: [(&str, Severity, ServedKey); 7] = [
            (
                "the status 404 with a key",
                High,
                ServedKey::with_status(404, &stranger),
            ),
            (
                "the status 500 with a key",
                High,
                ServedKey::with_status(500, &stranger),
            ),
            (
                "a page of HTML",
                Medium,
                ServedKey::ok("<html>login</html>"),
            ),
            ("a private key", Medium, ServedKey::ok(private)),
            ("an elliptic key", Medium, ServedKey::ok(ELLIPTIC)),
            (
                "a foreign key before the host's",
                Low,
                ServedKey::ok(&format!("{stranger}{pem}")),
            ),
            ("nothing", Medium, ServedKey::silent(SILENCE)),
        ];
        for (name, severity, served) in attacks {
            let Some(kid) = self.serve(served) else {
                continue;
            };
            let header = json!({ "typ": "JWT", "alg": "RS256", "kid": kid.as_str() });
            let token = self.stranger.token(&header, &self.install_claims(&url));
            let name = format!("the key server answers {name}");
            let mut body = self.body("installed");
            body["sharedSecret"] = self.stolen.expose().into();
            let shot = Shot::new("key-server", name, severity, &url)
                .json(body.to_string())
                .jwt(&token)
                .expect(Expect::NotLetIn);
            if self.fire(shot).await.was_let_in() {
                self.restore().await;
            }
        }
        self.shared.keys.forget_served();
    }

    /// Has the key server answer this at an id of its own.
    fn serve(&self, served: ServedKey) -> Option<Kid> {
        let kid = Kid::parse(&format!(
            "sandbox/audit-{}",
            random::hex(&random::bytes::<8>())
        ))
        .ok()?;
        self.shared.keys.serve(kid.as_str(), served);
        Some(kid)
    }

    fn genuine_with(&self, url: &Url, kid: &Kid, name: &str) -> Shot {
        Shot::new(
            "key-server",
            format!("the key server answers {name}"),
            Interop,
            url,
        )
        .json(self.body("installed").to_string())
        .jwt(&self.host_signed(&self.install_claims(url), kid))
        .expect(Expect::Success)
    }
}

/// How long the key server says nothing: longer than an app may wait for its key.
const SILENCE: Duration = Duration::from_secs(8);

/// A key of the wrong kind: a point of P-256.
const ELLIPTIC: &str = "-----BEGIN PUBLIC KEY-----\n\
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+Z+XgPTL/k1PWi8CzFFgYKDx4pHW\n\
    o4O5te5CTFuFlpn4ol8XAapv3h7X7Bd7M7XxH6Nq+AdoK4IIjTmgkJ3+dw==\n\
    -----END PUBLIC KEY-----\n";
