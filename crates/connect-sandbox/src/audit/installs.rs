//! The lifecycle: who may store a secret for a tenant, and who may take a tenant away.

use serde_json::{Value, json};
use url::Url;

use crate::audit::{
    Audit,
    report::Severity::{self, Critical, Hardening, High, Interop, Medium},
    shot::{Expect, Shot},
    token::hs256,
};

impl Audit<'_> {
    pub(super) async fn installs(&mut self) {
        let Some(url) = self.app.descriptor.lifecycle.installed.clone() else {
            self.leave_out("lifecycle", "the descriptor has no `installed`");
            return;
        };
        let genuine = self.genuine_installs(&url);
        self.fire_all(genuine).await;
        let mut attacks = self.wrong_tokens("installed", &url);
        attacks.extend(self.wrong_kids(&url));
        attacks.extend(self.wrong_audiences(&url));
        attacks.extend(self.wrong_bodies(&url));
        for (event, url) in self.lifecycle() {
            if event == "uninstalled" {
                attacks.extend(self.wrong_tokens(event, &url));
            } else if event != "installed" {
                attacks.extend(self.wrong_switches(event, &url));
            }
        }
        for shot in attacks {
            if self.fire(shot).await.was_let_in() {
                // What was stored is put right, so that one hole is not counted twice.
                self.restore().await;
            }
        }
        self.restore().await;
        let webhooks = self.webhooks();
        self.fire_all(webhooks).await;
        self.secret_is_its_own().await;
    }

    /// The lifecycle calls that the descriptor wants.
    pub(super) fn lifecycle(&self) -> Vec<(&'static str, Url)> {
        let lifecycle = &self.app.descriptor.lifecycle;
        let all = [
            ("installed", &lifecycle.installed),
            ("enabled", &lifecycle.enabled),
            ("disabled", &lifecycle.disabled),
            ("uninstalled", &lifecycle.uninstalled),
        ];
        all.into_iter()
            .filter_map(|(event, url)| Some((event, url.clone()?)))
            .collect()
    }

    /// Installs the tenant again with the secret that it has, as a host would.
    pub(super) async fn restore(&self) {
        if let Some(url) = &self.app.descriptor.lifecycle.installed {
            let token = self.host_signed(&self.install_claims(url), &self.host_key.kid);
            let shot = Shot::new("lifecycle", "restore", Interop, url)
                .json(self.body("installed").to_string())
                .jwt(&token);
            // What becomes of it shows in the checks that follow.
            let _ = shot.fire(&self.shared.client).await;
        }
    }

    /// After all of that the tenant's secret is still its own.
    async fn secret_is_its_own(&mut self) {
        let Some(page) = self.probe.clone() else {
            return;
        };
        let shot =
            |name: &str, token: &str| Shot::new("lifecycle", name, Critical, &page).jwt(token);
        let own = shot(
            "the tenant's secret opens its page",
            &self.good("GET", &page),
        );
        let stolen = hs256(&self.claims("GET", &page), self.stolen.expose().as_bytes());
        let other = shot("a secret that was pushed in opens it", &stolen);
        self.fire(own.expect(Expect::Success)).await;
        self.fire(other).await;
    }

    fn genuine_installs(&self, url: &Url) -> Vec<Shot> {
        let shot = |name: &str, claims: &Value, body: &Value| {
            Shot::new("genuine", name, Interop, url)
                .json(body.to_string())
                .jwt(&self.host_signed(claims, &self.host_key.kid))
                .expect(Expect::Success)
        };
        let (claims, body) = (self.install_claims(url), self.body("installed"));
        let mut more = body.clone();
        more["aMemberOfTomorrow"] = json!({ "deep": [1, 2, 3] });
        let mut slash = claims.clone();
        let audience = self.app.descriptor.audience.trim_end_matches('/');
        slash["aud"] = json!([format!("{audience}/")]);
        let mut text = claims.clone();
        text["aud"] = audience.into();
        vec![
            shot("installed again", &claims, &body),
            shot("installed, with an unknown member", &claims, &more),
            shot("installed, the audience with a slash", &slash, &body),
            shot("installed, the audience as a text", &text, &body),
        ]
    }

    /// The body of an attacker: everything genuine but the secret.
    fn attack(&self, event: &str) -> Value {
        let mut body = self.body(event);
        if event == "installed" {
            body["sharedSecret"] = self.stolen.expose().into();
        }
        body
    }

    fn shot(&self, event: &str, name: &str, severity: Severity, url: &Url, token: &str) -> Shot {
        Shot::new("lifecycle", format!("{event}: {name}"), severity, url)
            .json(self.attack(event).to_string())
            .jwt(token)
    }

    /// Tokens that are not the host's, or not for this.
    fn wrong_tokens(&self, event: &str, url: &Url) -> Vec<Shot> {
        let claims = self.install_claims(url);
        let shot = |name: &str, severity, token: &str| self.shot(event, name, severity, url, token);
        let kid = self.host_key.kid.as_str();
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": kid });
        let with = |name: &str, value: Value| {
            let mut header = header.clone();
            header[name] = value;
            self.stranger.token(&header, &claims)
        };
        let pem = &self.host_key.public_pem;
        let changed = |claim: &str, value: Value| {
            let mut claims = claims.clone();
            claims[claim] = value;
            claims
        };
        let context = {
            let mut claims = self.claims("POST", url);
            claims["qsh"] = "context-qsh".into();
            hs256(&claims, self.secret())
        };
        let page = self.probe.as_ref().unwrap_or(url);
        let old = {
            let mut claims = claims.clone();
            claims["iat"] = json!(self.now() - 7_200);
            claims["exp"] = json!(self.now() - 7_020);
            self.host_signed(&claims, &self.host_key.kid)
        };
        let signed = |claims: &Value| self.host_signed(claims, &self.host_key.kid);
        let embedded = "https://keys.example/jwks.json";
        vec![
            shot("a context token of the browser", Critical, &context),
            shot("the token of a page", Critical, &self.good("GET", page)),
            shot(
                "HS256 with the shared secret",
                Hardening,
                &hs256(&claims, self.secret()),
            ),
            shot(
                "HS256 with the public key",
                Critical,
                &hs256(&claims, pem.as_bytes()),
            ),
            shot(
                "HS256 with the public key, trimmed",
                Critical,
                &hs256(&claims, pem.trim_end().as_bytes()),
            ),
            shot(
                "a foreign key under a known id",
                Critical,
                &self.stranger.token(&header, &claims),
            ),
            shot(
                "a foreign key that the token brings (jwk)",
                Critical,
                &with("jwk", self.stranger.jwk()),
            ),
            shot(
                "a foreign key that the token points to (jku)",
                Critical,
                &with("jku", embedded.into()),
            ),
            shot(
                "a foreign key that the token points to (x5u)",
                Critical,
                &with("x5u", embedded.into()),
            ),
            shot("expired two hours ago", Critical, &old),
            shot(
                "the hash of another request",
                Critical,
                &signed(&changed("qsh", "0".repeat(64).into())),
            ),
            shot(
                "the context hash",
                Critical,
                &signed(&changed("qsh", "context-qsh".into())),
            ),
            shot(
                "signed for another tenant",
                Critical,
                &signed(&changed("iss", "another-tenant".into())),
            ),
            shot(
                "iss a list",
                Hardening,
                &signed(&changed("iss", json!([self.site.client_key.as_str()]))),
            ),
        ]
    }

    /// Key ids that must not become addresses; nobody's signature fits them.
    fn wrong_kids(&self, url: &Url) -> Vec<Shot> {
        let claims = self.install_claims(url);
        let kids = [
            json!("../evil"),
            json!("..%2fevil"),
            json!("http://evil.example/key"),
            json!("@evil.example/key"),
            json!("kid-1?x=1"),
            json!("x#y"),
            json!("a\r\nHost: evil"),
            json!("a\u{0}b"),
            json!(""),
            json!("."),
            json!(".."),
            json!(1),
            json!(["a"]),
            json!(null),
        ];
        let mut shots: Vec<Shot> = kids
            .iter()
            .map(|kid| {
                let header = json!({ "typ": "JWT", "alg": "RS256", "kid": kid });
                let token = self.stranger.token(&header, &claims);
                self.shot("installed", &format!("kid {kid}"), High, url, &token)
            })
            .collect();
        let without = json!({ "typ": "JWT", "alg": "RS256" });
        let token = self.stranger.token(&without, &claims);
        shots.push(self.shot("installed", "no kid", High, url, &token));
        shots
    }

    /// Installs of other apps, which the host signs just as well.
    fn wrong_audiences(&self, url: &Url) -> Vec<Shot> {
        let audience = self.app.descriptor.audience.trim_end_matches('/');
        let port = if audience.ends_with('1') { "2" } else { "1" };
        let audiences = [
            (
                "aud of a longer name",
                Critical,
                json!([format!("{audience}.evil.example")]),
            ),
            (
                "aud at another port",
                Medium,
                json!([format!("{}{port}", &audience[..audience.len() - 1])]),
            ),
            (
                "aud of another app",
                Critical,
                json!(["https://other.example"]),
            ),
            ("aud empty", Critical, json!([])),
            ("aud an object", Critical, json!([{}])),
            ("aud a number", Critical, json!([1])),
            ("aud null", Critical, json!(null)),
        ];
        let mut shots: Vec<Shot> = audiences
            .into_iter()
            .map(|(name, severity, value)| {
                let mut claims = self.install_claims(url);
                claims["aud"] = value;
                let token = self.host_signed(&claims, &self.host_key.kid);
                self.shot("installed", name, severity, url, &token)
            })
            .collect();
        let mut claims = self.install_claims(url);
        claims.as_object_mut().map(|claims| claims.remove("aud"));
        let token = self.host_signed(&claims, &self.host_key.kid);
        shots.push(self.shot("installed", "no aud", Critical, url, &token));
        shots
    }

    /// Bodies that a host never sends, with its own signature: the body is not signed.
    fn wrong_bodies(&self, url: &Url) -> Vec<Shot> {
        let token = self.host_signed(&self.install_claims(url), &self.host_key.kid);
        let shot = |name: &str, severity, body: Vec<u8>| {
            Shot::new("lifecycle", format!("installed: {name}"), severity, url)
                .json(body)
                .jwt(&token)
        };
        let with = |member: &str, value: Value| {
            let mut body = self.attack("installed");
            body[member] = value;
            body.to_string().into_bytes()
        };
        let without = |member: &str| {
            let mut body = self.attack("installed");
            body.as_object_mut().map(|body| body.remove(member));
            body.to_string().into_bytes()
        };
        let attack = self.attack("installed").to_string();
        let doubled = format!(
            r#"{},"clientKey":"another-tenant"}}"#,
            &attack[..attack.len() - 1]
        );
        let mut padded = self.attack("installed");
        padded["description"] = "x".repeat(5 * 1024 * 1024).into();
        let mut shots = vec![
            shot(
                "another tenant in the body",
                Critical,
                with("clientKey", "another-tenant".into()),
            ),
            shot(
                "another app in the body",
                Medium,
                with("key", "com.example.other".into()),
            ),
            shot("the tenant twice in the body", High, doubled.into_bytes()),
            shot("no clientKey", Hardening, without("clientKey")),
            shot(
                "clientKey a list",
                Hardening,
                with("clientKey", json!([self.site.client_key.as_str()])),
            ),
            shot(
                "clientKey `__proto__`",
                Hardening,
                with("clientKey", "__proto__".into()),
            ),
            shot("no sharedSecret", Hardening, without("sharedSecret")),
            shot(
                "sharedSecret empty",
                Hardening,
                with("sharedSecret", "".into()),
            ),
            shot(
                "sharedSecret short",
                Hardening,
                with("sharedSecret", "short".into()),
            ),
            shot(
                "sharedSecret a list",
                Hardening,
                with("sharedSecret", json!(["a"])),
            ),
            shot(
                "an unknown product",
                Hardening,
                with("productType", "minesweeper".into()),
            ),
            shot("a list", Hardening, b"[]".to_vec()),
            shot("no JSON", Hardening, b"{".to_vec()),
            shot("5 MB", Hardening, padded.to_string().into_bytes()),
            Shot::new("lifecycle", "installed: a form", Hardening, url)
                .post(
                    "application/x-www-form-urlencoded",
                    b"clientKey=x&sharedSecret=y".to_vec(),
                )
                .jwt(&token),
        ];
        for address in [
            "javascript:alert(1)",
            "",
            "file:///etc/passwd",
            "not an address",
        ] {
            let name = format!("baseUrl `{address}`");
            shots.push(shot(&name, Hardening, with("baseUrl", address.into())));
        }
        shots
    }

    /// `enabled` and `disabled`: signed with the tenant's secret, for this tenant and this URL.
    fn wrong_switches(&self, event: &str, url: &Url) -> Vec<Shot> {
        let mut claims = self.claims("POST", url);
        let good = self.good("POST", url);
        claims["qsh"] = "context-qsh".into();
        let mut body = self.body(event);
        body["clientKey"] = "another-tenant".into();
        vec![
            self.shot(
                event,
                "a context token of the browser",
                Critical,
                url,
                &hs256(&claims, self.secret()),
            ),
            Shot::new(
                "lifecycle",
                format!("{event}: another tenant in the body"),
                Medium,
                url,
            )
            .json(body.to_string())
            .jwt(&good),
        ]
    }

    /// Webhooks take what a host posts, and nothing that a browser has.
    fn webhooks(&self) -> Vec<Shot> {
        let mut shots = Vec::new();
        for address in self.addresses.iter().filter(|address| address.webhook) {
            let url = &address.url;
            let mut claims = self.claims("POST", url);
            claims["qsh"] = "context-qsh".into();
            let shot = |name: &str, severity| {
                let name = format!("{} {name}", url.path());
                Shot::new("webhook", name, severity, url)
            };
            let context = hs256(&claims, self.secret());
            shots.push(
                shot("with a context token of the browser", Critical)
                    .json("{}")
                    .jwt(&context),
            );
            let good = self.good("POST", url);
            shots.push(shot("without JSON", Hardening).json("{").jwt(&good));
        }
        shots
    }
}
