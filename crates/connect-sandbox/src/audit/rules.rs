//! What Atlassian's scanner asks of descriptor, headers and pages; numbers are those of the
//! "Security requirements for cloud apps".

use http::{Method, header};
use serde_json::json;
use url::Url;

use crate::audit::{
    Audit, MEMBER,
    report::Severity,
    shot::{Expect, Fired, Shot},
    token::{compact, hs256, qsh},
};

impl Audit<'_> {
    /// 3.0, 16, and what holds of every answer, on the descriptor's own address.
    pub(super) async fn descriptor_rules(&mut self, descriptor_url: &str) {
        let Ok(url) = Url::parse(descriptor_url) else {
            return;
        };
        let shot = Shot::new("headers", "descriptor", Severity::Interop, &url);
        let fired = self.fire(shot.expect(Expect::Success)).await;
        let transport = fired
            .header(header::STRICT_TRANSPORT_SECURITY)
            .is_some_and(|value| value.contains("max-age"));
        let broken = (!transport).then(|| "no Strict-Transport-Security".to_owned());
        // On this machine there is no TLS to insist on; in production there is.
        self.rule(
            &fired,
            "3.0 transport security is promised",
            Severity::Hardening,
            broken,
        );
        let name = self.app.descriptor.name.to_lowercase();
        let foreign = PRODUCTS.iter().any(|product| name.starts_with(product));
        let broken = (foreign || name.contains("premium")).then_some(name);
        self.rule(
            &fired,
            "16 the app's name is its own",
            Severity::Hardening,
            broken,
        );
    }

    /// 1.1 and 1.4: whoever has no token of the host stays outside, at every address.
    pub(super) async fn strangers(&mut self) {
        let mut answers = Vec::new();
        for address in self.addresses.clone() {
            for method in [Method::GET, Method::POST] {
                for (what, token) in self.forgeries(&method, &address.url) {
                    let name = format!("{method} {} with {what}", address.url.path());
                    let mut shot = Shot::new("stranger", name, Severity::Critical, &address.url);
                    if method == Method::POST {
                        shot = shot.json("{}");
                    }
                    if let Some(token) = token {
                        shot = shot.jwt(&token);
                    }
                    answers.push(self.fire(shot.expect(Expect::NotLetIn)).await);
                }
            }
        }
        for (event, url) in self.lifecycle() {
            let mut body = self.body(event);
            if event == "installed" {
                body["sharedSecret"] = self.stolen.expose().into();
            }
            for (what, token) in self.forgeries(&Method::POST, &url) {
                let name = format!("{event} with {what}");
                let mut shot =
                    Shot::new("stranger", name, Severity::Critical, &url).json(body.to_string());
                if let Some(token) = token {
                    shot = shot.jwt(&token);
                }
                let fired = self.fire(shot).await;
                if fired.was_let_in() {
                    self.restore().await;
                }
                answers.push(fired);
            }
        }
        self.header_rules(&answers);
    }

    /// 7.2, 7.3, 7.4: each rule once, shown on the first answer that breaks it.
    fn header_rules(&mut self, answers: &[Fired]) {
        let answered: Vec<&Fired> = answers.iter().filter(|f| f.answer.is_some()).collect();
        let Some(first) = answered.first().copied() else {
            return;
        };
        let rules: [(&str, Severity, Rule); 4] = [
            ("7.2 addresses do not travel on", Severity::Low, referrer),
            ("7.3 no cache keeps it", Severity::Low, cache),
            (
                "7.4 cookies are Secure and HttpOnly",
                Severity::Medium,
                cookie,
            ),
            ("strangers learn little", Severity::Hardening, length),
        ];
        for (name, severity, rule) in rules {
            let broken = answered
                .iter()
                .find_map(|fired| rule(fired).map(|text| (*fired, text)));
            let (fired, text) = match broken {
                Some((fired, text)) => (fired, Some(text)),
                None => (first, None),
            };
            self.rule(fired, name, severity, text);
        }
    }

    /// 1.2: what is for administrators is for nobody else, though a host signs for everybody.
    pub(super) async fn administrators(&mut self) {
        for address in self.addresses.clone() {
            if !address.admin {
                continue;
            }
            let mut claims = self.claims("GET", &address.url);
            claims["sub"] = MEMBER.into();
            let token = hs256(&claims, self.secret());
            let name = format!("{} as somebody who is no administrator", address.url.path());
            let shot = Shot::new("administrators", name, Severity::High, &address.url);
            self.fire(shot.jwt(&token).expect(Expect::NotLetIn)).await;
        }
    }

    /// The tokens of somebody who has read the documentation, knows the site, and has no secret.
    fn forgeries(&self, method: &Method, url: &Url) -> Vec<(&'static str, Option<String>)> {
        let claims = |issuer: &str| {
            json!({ "iss": issuer, "iat": self.now(), "exp": self.now() + 180, "sub": MEMBER,
                "aud": [self.app.descriptor.audience],
                "qsh": qsh(method.as_str(), url, self.base_path()) })
        };
        let (unknown, known) = (
            claims("a-site-nobody-knows"),
            claims(self.site.client_key.as_str()),
        );
        let unsigned = |claims: &serde_json::Value| {
            let header = br#"{"alg":"none","typ":"JWT"}"#;
            compact(header, claims.to_string().as_bytes(), |_| Vec::new())
        };
        let foreign = json!({ "typ": "JWT", "alg": "RS256", "kid": "a-key-nobody-knows" });
        let guess = b"a secret that nobody chose, long enough";
        vec![
            ("no token", None),
            ("an unknown site", Some(hs256(&unknown, guess))),
            ("an unknown site, unsigned", Some(unsigned(&unknown))),
            ("a guessed secret", Some(hs256(&known, guess))),
            ("a known site, unsigned", Some(unsigned(&known))),
            (
                "a foreign RSA key",
                Some(self.stranger.token(&foreign, &known)),
            ),
        ]
    }
}

/// Says how an answer breaks a rule, if it does.
type Rule = fn(&Fired) -> Option<String>;

fn referrer(fired: &Fired) -> Option<String> {
    let policy = fired.header(header::REFERRER_POLICY).unwrap_or_default();
    let unsafe_ones = ["", "no-referrer-when-downgrade", "unsafe-url"];
    let bad = unsafe_ones.contains(&policy.to_ascii_lowercase().trim());
    bad.then(|| format!("Referrer-Policy: {policy}"))
}

fn cache(fired: &Fired) -> Option<String> {
    let control = fired.header(header::CACHE_CONTROL).unwrap_or_default();
    let lower = control.to_ascii_lowercase();
    let good = lower.contains("no-cache") && lower.contains("no-store");
    (!good).then(|| format!("Cache-Control: {control}"))
}

fn cookie(fired: &Fired) -> Option<String> {
    let open = fired.cookies().find(|cookie| {
        let lower = cookie.to_ascii_lowercase();
        !(lower.contains("secure") && lower.contains("httponly"))
    });
    let name = open?.split('=').next().unwrap_or_default().to_owned();
    Some(format!("Set-Cookie: {name} without Secure or HttpOnly"))
}

fn length(fired: &Fired) -> Option<String> {
    let length = fired.answer.as_ref()?.body.len();
    let refused = !fired.was_let_in();
    (refused && length > MOST_SAID).then(|| format!("{length} bytes say more than no"))
}

/// Names of products that begin no app's name.
const PRODUCTS: &[&str] = &[
    "atlassian",
    "bitbucket",
    "confluence",
    "jira",
    "opsgenie",
    "statuspage",
    "trello",
];

/// Longest refusal that tells a stranger nothing, in bytes.
const MOST_SAID: usize = 300;
