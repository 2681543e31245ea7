//! Attacks a running app from outside, in any language, and says what it let in.
//!
//! The app is installed as hosts do it, so that there are genuine tokens to turn into others. What
//! is sent are the classes of mistakes that Connect apps are known to have made, and what
//! Atlassian's scanner sends ("Connect Security Requirements Tester"); requests that are genuine
//! are among them, or an app that refuses everybody would pass.

mod installs;
mod key_server;
mod report;
mod rules;
mod shot;
mod surface;
mod tenants;
mod token;
mod tokens;

use std::{sync::Arc, time::Instant};

use connect_core::{Kid, Product, Secret, jws::sign_rs256};
use serde_json::{Value, json};
use url::Url;

pub(crate) use surface::fill_in;

pub use report::{AuditCheck, AuditReport, Severity};

use crate::{
    audit::{
        shot::{Expect, Fired, Shot},
        surface::{Address, addresses},
        token::{Stranger, hs256, qsh},
    },
    descriptor::Descriptor,
    error::SandboxError,
    keys::HostKey,
    lifecycle, random,
    state::{App, Shared, Site},
};

/// An audit under way.
struct Audit<'a> {
    shared: &'a Arc<Shared>,
    site: &'a Arc<Site>,
    app: Arc<App>,
    host_key: Arc<HostKey>,
    stranger: Stranger,
    addresses: Vec<Address>,
    /// A page that takes a genuine token.
    probe: Option<Url>,
    /// The secret that attackers want to have stored.
    stolen: Secret,
    checks: Vec<AuditCheck>,
    left_out: Vec<String>,
}

/// Installs the app of a descriptor on a site, attacks it, and takes it away again unless it was
/// there before.
pub(crate) async fn audit(
    shared: &Arc<Shared>,
    descriptor_url: &str,
    product: Option<Product>,
) -> Result<AuditReport, SandboxError> {
    let started = Instant::now();
    let text = lifecycle::fetch(shared, descriptor_url).await?;
    let site = site_for(shared, product, &text);
    let there = Descriptor::parse(&text, site.product)
        .ok()
        .is_some_and(|descriptor| site.app(&descriptor.key).is_some());
    let key = lifecycle::install(shared, site, descriptor_url).await?;
    let gone = SandboxError::Key {
        problem: "the app was removed meanwhile",
    };
    let app = site.app(&key).ok_or(gone)?;
    let stranger = tokio::task::spawn_blocking(Stranger::new).await;
    let stranger = stranger.map_err(|_| SandboxError::Key {
        problem: "interrupted",
    })??;
    let mut audit = Audit {
        shared,
        site,
        addresses: addresses(&app.descriptor),
        host_key: shared.keys.key().await?,
        stranger,
        probe: None,
        stolen: random::secret(),
        checks: Vec::new(),
        left_out: Vec::new(),
        app,
    };
    audit.run(descriptor_url).await;
    if there {
        lifecycle::install(shared, site, descriptor_url).await?;
    }
    Ok(AuditReport {
        app: key.to_string(),
        checks: audit.checks,
        left_out: audit.left_out,
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

/// The site of the product that was named, else of the first one that takes the descriptor.
fn site_for<'a>(shared: &'a Shared, product: Option<Product>, text: &[u8]) -> &'a Arc<Site> {
    let takes = |site: &&Arc<Site>| match product {
        Some(product) => site.product == product,
        None => Descriptor::parse(text, site.product).is_ok(),
    };
    let found = shared.sites.iter().find(takes);
    found.unwrap_or(&shared.sites[0])
}

impl Audit<'_> {
    async fn run(&mut self, descriptor_url: &str) {
        self.descriptor_rules(descriptor_url).await;
        self.genuine_pages().await;
        self.strangers().await;
        match self.probe.clone() {
            Some(probe) => self.tokens(&probe).await,
            None => self.leave_out("tokens", "no page answers a genuine request with 200"),
        }
        self.administrators().await;
        self.installs().await;
        self.key_server().await;
        self.tenants().await;
    }

    /// Every page with the token that a host sends along: nobody may be turned away. The first
    /// that shows something is the one to attack.
    async fn genuine_pages(&mut self) {
        for address in self.addresses.clone() {
            let mut url = address.url;
            let shot = if address.webhook {
                let token = self.good("POST", &url);
                Shot::new(
                    "genuine",
                    format!("webhook {}", url.path()),
                    Severity::Interop,
                    &url,
                )
                .json(json!({ "timestamp": 0 }).to_string())
                .jwt(&token)
            } else {
                let token = self.good("GET", &url);
                let name = format!("page {}", url.path());
                url.query_pairs_mut().append_pair("jwt", &token);
                Shot::new("genuine", name, Severity::Interop, &url)
            };
            let fired = self.fire(shot.expect(Expect::LetIn)).await;
            let shows = fired.answer.is_some_and(|answer| answer.status == 200);
            if shows && !address.webhook && !address.admin && self.probe.is_none() {
                url.set_query(without_token(&url).as_deref());
                self.probe = Some(url);
            }
        }
    }

    /// Fires and notes down.
    async fn fire(&mut self, shot: Shot) -> Fired {
        let fired = shot.fire(&self.shared.client).await;
        self.checks.push(fired.check.clone());
        fired
    }

    async fn fire_all(&mut self, shots: Vec<Shot>) {
        for shot in shots {
            self.fire(shot).await;
        }
    }

    /// Notes down a rule about an answer that was given already.
    fn rule(&mut self, fired: &Fired, name: &str, severity: Severity, broken: Option<String>) {
        self.checks.push(AuditCheck {
            class: "headers",
            name: name.to_owned(),
            severity,
            passed: broken.is_none(),
            expected: "what Atlassian's security requirements ask for",
            answered: broken.unwrap_or_else(|| "so it is".to_owned()),
            curl: fired.check.curl.clone(),
        });
    }

    fn leave_out(&mut self, class: &str, why: &str) {
        self.left_out.push(format!("{class}: {why}"));
    }

    /// Base path of the app.
    fn base_path(&self) -> &str {
        self.app.descriptor.base_url.path()
    }

    fn now(&self) -> i64 {
        self.shared.now().unix()
    }

    fn secret(&self) -> &[u8] {
        self.app.secret.expose().as_bytes()
    }

    /// The claims of a genuine request.
    fn claims(&self, method: &str, url: &Url) -> Value {
        json!({
            "sub": ADMINISTRATOR, "qsh": qsh(method, url, self.base_path()),
            "iss": self.site.client_key.as_str(), "context": {},
            "exp": self.now() + 180, "iat": self.now(),
        })
    }

    /// A genuine token.
    fn good(&self, method: &str, url: &Url) -> String {
        hs256(&self.claims(method, url), self.secret())
    }

    /// The claims of a genuine `installed` or `uninstalled`.
    fn install_claims(&self, url: &Url) -> Value {
        let mut claims = self.claims("POST", url);
        claims["aud"] = json!([self.app.descriptor.audience]);
        claims.as_object_mut().map(|claims| claims.remove("sub"));
        claims
    }

    /// Signs with the host's own key.
    fn host_signed(&self, claims: &Value, kid: &Kid) -> String {
        let signed = sign_rs256(claims.to_string().as_bytes(), &self.host_key.signing, kid);
        signed.unwrap_or_default()
    }

    /// The body of a genuine lifecycle call.
    fn body(&self, event: &str) -> Value {
        let key = (event == "installed").then_some(&*self.host_key);
        lifecycle::body(self.site, &self.app, event, key)
    }
}

/// The query without the parameter that was added.
fn without_token(url: &Url) -> Option<String> {
    let query = url.query()?;
    let (before, _) = query.rsplit_once("jwt=")?;
    let before = before.trim_end_matches('&');
    (!before.is_empty()).then(|| before.to_owned())
}

/// Account id of the sandbox's administrator.
const ADMINISTRATOR: &str = "712020:ada";

/// Account id of somebody who is none.
const MEMBER: &str = "712020:grace";
