//! Tenants among each other, and what is left of one that has gone.

use serde_json::json;
use url::Url;

use crate::{
    audit::{
        Audit,
        report::Severity::{Critical, Hardening, High, Interop},
        shot::{Expect, Shot},
        token::hs256,
    },
    lifecycle, random,
};

impl Audit<'_> {
    pub(super) async fn tenants(&mut self) {
        let installed = self.app.descriptor.lifecycle.installed.clone();
        if let (Some(url), Some(page)) = (installed, self.probe.clone()) {
            self.two_tenants(&url, &page).await;
        }
        let seen = self.shared.journal.last_id();
        lifecycle::uninstall(self.shared, self.site, &self.app.descriptor.key).await;
        self.uninstall_was_taken(seen);
        if let Some(page) = self.probe.clone() {
            if self.app.descriptor.lifecycle.uninstalled.is_none() {
                self.leave_out("tenant", "the app does not hear of its uninstallation");
                return;
            }
            let shot = Shot::new(
                "tenant",
                "a tenant that has uninstalled the app",
                High,
                &page,
            );
            let token = self.good("GET", &page);
            self.fire(shot.jwt(&token)).await;
        }
    }

    /// A second tenant, genuine like the first, and what each could do with its own secret.
    async fn two_tenants(&mut self, url: &Url, page: &Url) {
        let (client_key, secret) = (random::uuid(), random::secret());
        let mut claims = self.install_claims(url);
        claims["iss"] = client_key.as_str().into();
        let mut body = self.body("installed");
        body["clientKey"] = client_key.as_str().into();
        body["sharedSecret"] = secret.expose().into();
        body["baseUrl"] = format!("{}/second", self.shared.origin).into();
        let token = self.host_signed(&claims, &self.host_key.kid);
        let shot = Shot::new("genuine", "a second tenant", Interop, url);
        let shot = shot
            .json(body.to_string())
            .jwt(&token)
            .expect(Expect::Success);
        if !self.fire(shot).await.was_let_in() {
            self.leave_out("tenant", "the app took no second tenant");
            return;
        }
        let own = self.claims("GET", page);
        let mut second = own.clone();
        second["iss"] = client_key.as_str().into();
        let mut for_second = own.clone();
        for_second["aud"] = json!([client_key]);
        let secret = secret.expose().as_bytes();
        let shot = |name: &str, severity, token: &str| {
            Shot::new("tenant", name, severity, page).jwt(token)
        };
        let shots = vec![
            shot(
                "the second tenant as itself",
                Interop,
                &hs256(&second, secret),
            )
            // Its site is made up: an app that calls it in between cannot show its page.
            .expect(Expect::Known),
            shot(
                "the first in the name of the second",
                Critical,
                &hs256(&second, self.secret()),
            ),
            shot(
                "the second in the name of the first",
                Critical,
                &hs256(&own, secret),
            ),
            shot(
                "an audience that is another tenant",
                Hardening,
                &hs256(&for_second, self.secret()),
            ),
        ];
        self.fire_all(shots).await;
        // The second tenant leaves again.
        if let Some(url) = self.app.descriptor.lifecycle.uninstalled.clone() {
            let mut claims = self.install_claims(&url);
            claims["iss"] = client_key.as_str().into();
            body["eventType"] = "uninstalled".into();
            body.as_object_mut().map(|body| body.remove("sharedSecret"));
            let token = self.host_signed(&claims, &self.host_key.kid);
            let shot = Shot::new("genuine", "the second tenant leaves", Interop, &url);
            let shot = shot
                .json(body.to_string())
                .jwt(&token)
                .expect(Expect::Success);
            self.fire(shot).await;
        }
    }

    /// A host only notes it down when `uninstalled` fails; here it counts.
    fn uninstall_was_taken(&mut self, seen: u64) {
        let news = self.shared.journal.since(seen).into_iter();
        let sent = news
            .map(|recorded| recorded.event)
            .find_map(|event| match event {
                crate::SandboxEvent::LifecycleSent {
                    lifecycle: "uninstalled",
                    url,
                    status,
                    problem,
                    ..
                } => Some((url, status, problem)),
                _ => None,
            });
        if let Some((url, status, problem)) = sent {
            let status = status.map_or("no answer".to_owned(), |status| status.to_string());
            self.checks.push(crate::AuditCheck {
                class: "genuine",
                name: "uninstalled".to_owned(),
                severity: Interop,
                passed: problem.is_none(),
                expected: "200, 201 or 204",
                answered: problem.unwrap_or(status),
                curl: format!("curl -i -X POST '{url}'    # signed by the host"),
            });
        }
    }
}
