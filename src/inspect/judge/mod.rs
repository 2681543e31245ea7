//! Judges tokens as the app's runtime does, with the secrets that pass with installs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use connect_core::install_keys::KeyHosts;
use connect_core::keys::{Algorithm, RsaPublicKey};
use connect_core::lifecycle::{LifecycleCall, LifecycleEvent};
use connect_core::qsh::{CONTEXT_QSH, Qsh, RequestLine, candidates};
use connect_core::time::Seconds;
use connect_core::verify::{
    Context, Host, Kind, Policy, RouteKind, Session, Unverified, Verified, verify_context,
    verify_host, verify_install, verify_session,
};
use connect_core::{AppKey, BaseUrl, Kid, Tenant, TenantState, Timestamp, TokenError, token_place};
use url::Url;

use crate::http::{self, Http};
use crate::inspect::auth::Auth;
use crate::project::{Half, Product, half_for};
use crate::proxy::Raw;

/// Longest time a key server may take.
const KEY: Duration = Duration::from_secs(5);
/// Most keys and most tenants that are kept.
const MOST: usize = 64;

/// Says where the app is reached.
pub(crate) type Address = Box<dyn Fn() -> BaseUrl + Send + Sync>;

/// Judges tokens. Its secrets stay in its memory.
pub(crate) struct Judge {
    /// Where the app is reached now: a tunnel may get another address.
    address: Address,
    /// Its descriptors; at least one.
    halves: Vec<Half>,
    /// Where install keys come from, and the way there.
    keys: KeyHosts,
    http: Http,
    learned: Mutex<Learned>,
}

/// What passed with installs, and the keys that proved them.
#[derive(Debug, Default)]
struct Learned {
    keys: HashMap<String, RsaPublicKey>,
    tenants: HashMap<String, Tenant>,
}

impl Judge {
    /// A judge for the app at this address, which knows no tenant yet.
    pub(crate) fn new(address: Address, halves: Vec<Half>, keys: KeyHosts, http: Http) -> Self {
        Self {
            address,
            halves,
            keys,
            http,
            learned: Mutex::default(),
        }
    }

    /// Where the app is reached.
    pub(super) fn address(&self) -> BaseUrl {
        (self.address)()
    }

    /// Where the app is that a tenant has installed.
    pub(super) fn address_of(&self, tenant: &Tenant) -> BaseUrl {
        self.half_of(tenant).address(&self.address())
    }

    fn half_of(&self, tenant: &Tenant) -> &Half {
        &self.halves[half_for(&self.halves, tenant.product)]
    }

    /// The app that a request is for: the last whose path it begins with.
    fn half_at(&self, line: &RequestLine<'_>) -> &Half {
        let server = self.address();
        let target = line.target.split('?').next().unwrap_or_default();
        let is_for = |half: &&Half| {
            let address = half.address(&server);
            let rest = target.strip_prefix(address.path());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let found = self.halves.iter().rfind(is_for);
        found.unwrap_or(&self.halves[0])
    }

    /// The tenant of that client key; without a name, the only one that has the app, or had it, on
    /// that product. Where the app is two and no product is named, it is a tenant of the first.
    pub(super) fn tenant(
        &self,
        name: Option<&str>,
        product: Option<Product>,
    ) -> Result<Tenant, &'static str> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match name {
            Some(name) => learned.tenants.get(name),
            None => {
                let of_first = |tenant: &Tenant| self.half_of(tenant) == &self.halves[0];
                let has_first = learned.tenants.values().any(of_first);
                let is_meant = |tenant: &&Tenant| match product {
                    Some(product) => tenant.product == product.into(),
                    None => !has_first || of_first(tenant),
                };
                let all: Vec<_> = learned.tenants.values().filter(is_meant).collect();
                let there = all.iter().filter(|tenant| tenant.is_installed());
                match (&there.collect::<Vec<_>>()[..], &all[..]) {
                    ([only], _) => Some(**only),
                    ([], [only]) => Some(*only),
                    (_, []) => None,
                    _ => {
                        return Err("several tenants have installed the app: name one by --tenant");
                    }
                }
            }
        };
        found
            .cloned()
            .ok_or("no install of such a tenant has passed in this session")
    }

    /// What the token of a request is worth that was answered with this status.
    pub(crate) async fn judge(&self, raw: &Raw, status: u16) -> Auth {
        let line = RequestLine {
            method: raw.method(),
            target: raw.target(),
            form: raw.form(),
        };
        let token = match token_place::find(raw.values("authorization"), &line) {
            Ok(token) => token,
            Err(TokenError::Missing) => return Auth::default(),
            Err(error) => return Auth::default().refuse(&error),
        };
        let mut auth = Auth::read(&token);
        let token = match Unverified::parse(&token) {
            Ok(token) => token,
            Err(error) => return auth.refuse(&error),
        };
        let now = now();
        if token.compact().algorithm() == Algorithm::Rs256 {
            auth.kind = Some(word(RouteKind::Install).to_owned());
            let (auth, call) = self.install(raw, &line, &token, auth, now).await;
            if let Some(call) = call.filter(|_| (200..300).contains(&status)) {
                self.learn(call, now);
            }
            return auth;
        }
        let claims = auth.claims.clone().unwrap_or_default();
        if claims["qsh"] == CONTEXT_QSH {
            let check =
                |tenant: &Tenant, policy: &Policy| verify_context(&token, tenant, policy, now);
            return self.secret::<Context>(&token, &line, auth, check);
        }
        // ACE's session tokens have no purpose, but like ours they name the tenant as receiver.
        if claims["purpose"].is_string() || claims["qsh"].is_null() && !claims["aud"].is_null() {
            let check =
                |tenant: &Tenant, policy: &Policy| verify_session(&token, tenant, policy, now);
            return self.secret::<Session>(&token, &line, auth, check);
        }
        let check =
            |tenant: &Tenant, policy: &Policy| verify_host(&token, tenant, &line, policy, now);
        self.secret::<Host>(&token, &line, auth, check)
    }

    /// An install call, whose key comes from the key server; with the call if its token holds.
    async fn install(
        &self,
        raw: &Raw,
        line: &RequestLine<'_>,
        token: &Unverified<'_>,
        auth: Auth,
        now: Timestamp,
    ) -> (Auth, Option<LifecycleCall>) {
        let kid = match token.compact().kid() {
            Ok(kid) => kid,
            Err(error) => return (auth.refuse(&error), None),
        };
        let Ok(call) = LifecycleCall::parse(&raw.body) else {
            return (auth.unknown("the body is no install call"), None);
        };
        let policy = self.policy(call.key.clone(), line);
        if let Err(error) = token.precheck_install(line, &policy, now) {
            return (self.refuse(auth, &error, line), None);
        }
        let Some(key) = self.key(&kid).await else {
            return (auth.unknown("its key is not on the key server"), None);
        };
        match verify_install(token, &key, line, &policy, now) {
            Err(error) => (self.refuse(auth, &error, line), None),
            Ok(_) => (auth.ok(), Some(call)),
        }
    }

    /// A token that is signed with a tenant's secret.
    fn secret<K: Kind>(
        &self,
        token: &Unverified<'_>,
        line: &RequestLine<'_>,
        mut auth: Auth,
        check: impl Fn(&Tenant, &Policy) -> Result<Verified<K>, TokenError>,
    ) -> Auth {
        auth.kind = Some(word(K::ROUTE).to_owned());
        let client_key = match token.tenant_hint::<K>() {
            Ok(client_key) => client_key,
            Err(error) => return auth.refuse(&error),
        };
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tenant) = learned.tenants.get(client_key.as_str()) else {
            // A call of the app to its host is not one of the host to the app.
            let mut tenants = learned.tenants.values();
            if tenants.any(|tenant| tenant.app_key.as_str() == client_key.as_str()) {
                return auth.refuse(&TokenError::Issuer);
            }
            return auth.unknown("no install of this tenant has passed here yet");
        };
        // A token for one app of the server is worth nothing at the other.
        if self.half_of(tenant) != self.half_at(line) {
            return auth.refuse(&TokenError::UnknownTenant);
        }
        match check(tenant, &self.policy(tenant.app_key.clone(), line)) {
            Err(error) => self.refuse(auth, &error, line),
            Ok(_) => auth.ok(),
        }
    }

    /// A refusal, with both canonical requests when it is about the request.
    fn refuse(&self, mut auth: Auth, error: &TokenError, line: &RequestLine<'_>) -> Auth {
        if *error == TokenError::QshMismatch {
            let address = self.half_at(line).address(&self.address());
            let came = candidates(line, [address.path()]).unwrap_or_default();
            let claimed = auth
                .claims
                .as_ref()
                .and_then(|claims| claims["qsh"].as_str());
            auth.expected = claimed.and_then(|claimed| made_for(claimed, &came, line));
            auth.received = came.into_iter().next();
        }
        auth.refuse(error)
    }

    fn learn(&self, call: LifecycleCall, now: Timestamp) {
        let name = call.client_key.as_str().to_owned();
        if call.event == LifecycleEvent::Uninstalled {
            let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(tenant) = learned.tenants.get_mut(&name) {
                tenant.state = TenantState::Uninstalled { at: now };
            }
            return;
        }
        let (LifecycleEvent::Installed, Some(secret)) = (call.event, call.shared_secret) else {
            return;
        };
        let mut tenant = Tenant::new(
            call.key,
            call.client_key,
            call.base_url,
            call.product,
            secret,
            now,
        );
        tenant.oauth_client_id = call.oauth_client_id;
        tenant.details = call.details;
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.tenants.len() >= MOST {
            learned.tenants.retain(|_, tenant| tenant.is_installed());
        }
        if learned.tenants.len() < MOST || learned.tenants.contains_key(&name) {
            learned.tenants.insert(name, tenant);
        }
    }

    async fn key(&self, kid: &Kid) -> Option<RsaPublicKey> {
        let known = |learned: &Learned| learned.keys.get(kid.as_str()).cloned();
        let found = known(&self.learned.lock().unwrap_or_else(PoisonError::into_inner));
        if found.is_some() {
            return found;
        }
        for url in self.keys.urls(kid) {
            let Ok(url) = Url::parse(&url) else { continue };
            let Ok(client) = self.http.client(&url) else {
                continue;
            };
            if let Ok(answer) = http::send(client.get(url.clone()), KEY).await
                && answer.status.is_success()
                && let Ok(pem) = std::str::from_utf8(&answer.body)
                && let Ok(key) = RsaPublicKey::from_pem(pem)
            {
                let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
                if learned.keys.len() < MOST {
                    learned.keys.insert(kid.as_str().to_owned(), key.clone());
                }
                return Some(key);
            }
        }
        None
    }

    fn policy(&self, app_key: AppKey, line: &RequestLine<'_>) -> Policy {
        Policy {
            app_key,
            base_urls: vec![self.half_at(line).address(&self.address())],
            leeway: Seconds(30),
            max_lifetime: Seconds(24 * 60 * 60),
            max_session: Seconds(24 * 60 * 60),
            session_without_purpose: true,
        }
    }
}

/// A kind of route, for people and programs.
fn word(kind: RouteKind) -> &'static str {
    match kind {
        RouteKind::Context => "context",
        RouteKind::Host => "host",
        RouteKind::Install => "install",
        RouteKind::Link => "link",
        RouteKind::Session => "session",
    }
}

/// What a token was made for when it was not made for what came: one change of method, path or
/// query, as proxies and links make them.
fn made_for(claimed: &str, came: &[String], line: &RequestLine<'_>) -> Option<String> {
    let mut guesses = Vec::new();
    for canonical in came {
        let mut parts = canonical.splitn(3, '&');
        let (method, path, query) = (parts.next()?, parts.next()?, parts.next()?);
        for other in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"] {
            guesses.push(format!("{other}&{path}&{query}"));
        }
        for path in paths(path) {
            guesses.push(format!("{method}&{path}&{query}"));
        }
        guesses.push(format!("{method}&{path}&"));
        let all: Vec<_> = query.split('&').collect();
        for left_out in 0..all.len() {
            let mut fewer = all.clone();
            fewer.remove(left_out);
            guesses.push(format!("{method}&{path}&{}", fewer.join("&")));
        }
    }
    let raw = line
        .target
        .split_once('?')
        .map_or(line.target, |(path, _)| path);
    guesses.push(format!("{}&{raw}&", line.method));
    guesses
        .into_iter()
        .find(|guess| Qsh::of(guess).as_str() == claimed)
}

/// The path with a trailing slash, and without its first segments, which a proxy may have added.
fn paths(path: &str) -> impl Iterator<Item = String> {
    let shorter = path
        .match_indices('/')
        .skip(1)
        .map(|(at, _)| path[at..].to_owned());
    std::iter::once(format!("{path}/"))
        .chain(shorter)
        .chain(["/".to_owned()])
}

/// The current time.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests;
