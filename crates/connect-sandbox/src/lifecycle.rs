//! Installing and removing apps, in the order in which a host does it.
//!
//! The order follows the host plugin: fetch and check the descriptor, make account and secret, call
//! `installed` and wait for its answer, roll back when it is not a good one, register, then tell
//! `enabled` on the side. On removal: `disabled`, then `uninstalled`, whatever they answer.

use std::{sync::Arc, time::Instant};

use connect_core::{AccountId, AppKey, Product, keys::HmacKey};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use crate::{
    advice::{self, Advice},
    client::{NoAnswer, signed_json},
    descriptor::{Descriptor, Refused},
    event::SandboxEvent,
    faults::Fault,
    keys::HostKey,
    random, sign,
    sign::{CALL_LIFE, Subject},
    state::{App, License, Shared, Site, lock},
};

/// Why an app is not installed.
#[derive(Clone, Debug)]
pub(crate) struct InstallFailure {
    /// Key of the app, if it got that far.
    pub(crate) app: Option<String>,
    /// UPM's code.
    pub(crate) sub_code: String,
    pub(crate) message: String,
}

/// Fetches a descriptor and installs its app, or installs it again.
pub(crate) async fn install(
    shared: &Arc<Shared>,
    site: &Arc<Site>,
    descriptor_url: &str,
) -> Result<AppKey, InstallFailure> {
    let _alone = site.changing.lock().await;
    let installed = try_install(shared, site, descriptor_url).await;
    note_failure(shared, site, &installed);
    installed
}

/// Tells an app a new secret, and where the site is now, as hosts do it now and then; nothing when
/// it is not installed.
pub(crate) async fn install_again(
    shared: &Arc<Shared>,
    site: &Arc<Site>,
    key: &AppKey,
) -> Option<Result<AppKey, InstallFailure>> {
    let _alone = site.changing.lock().await;
    let app = site.app(key)?;
    let installed = install_text(shared, site, app.source.as_bytes()).await;
    note_failure(shared, site, &installed);
    Some(installed)
}

fn note_failure(shared: &Shared, site: &Site, installed: &Result<AppKey, InstallFailure>) {
    if let Err(failure) = installed {
        let Advice { seen, hint } = advice::on_install(&failure.sub_code);
        shared.journal.record(SandboxEvent::InstallFailed {
            site: site.base_url.to_string(),
            app: failure.app.clone(),
            sub_code: failure.sub_code.clone(),
            message: failure.message.clone(),
            seen,
            hint,
        });
    }
}

/// Removes an app; false when it is not there.
pub(crate) async fn uninstall(shared: &Arc<Shared>, site: &Arc<Site>, key: &AppKey) -> bool {
    let _alone = site.changing.lock().await;
    let Some(app) = site.app(key) else {
        return false;
    };
    if app.enabled {
        tell(shared, site, &app, "disabled").await;
    }
    if let (Some(url), Ok(host_key)) = (
        &app.descriptor.lifecycle.uninstalled,
        shared.keys.key().await,
    ) {
        let call = Callback::new("uninstalled", url, body(site, &app, "uninstalled", None));
        // A host only notes it down when this fails: the customer wants the app gone.
        let _ = call
            .send_with_install_token(shared, site, &app.descriptor, &host_key)
            .await;
    }
    site.remove(key);
    shared.journal.record(SandboxEvent::Uninstalled {
        site: site.base_url.to_string(),
        app: key.to_string(),
    });
    // Hosts have been seen to send it late and without a token (AC-2561).
    let late = shared.take_fault(|fault| *fault == Fault::LateDisabled);
    if let (Some(_), Some(url)) = (late, &app.descriptor.lifecycle.disabled) {
        let call = Callback::new("disabled", url, body(site, &app, "disabled", None));
        let _ = call.send(shared, site, key, "").await;
    }
    true
}

/// Switches an app on or off, and tells it.
pub(crate) async fn set_enabled(
    shared: &Arc<Shared>,
    site: &Arc<Site>,
    key: &AppKey,
    enabled: bool,
) -> Option<Arc<App>> {
    let _alone = site.changing.lock().await;
    let app = site.app(key)?;
    if app.enabled == enabled {
        return Some(app);
    }
    let app = site.put(App {
        enabled,
        ..App::clone(&app)
    });
    tell(
        shared,
        site,
        &app,
        if enabled { "enabled" } else { "disabled" },
    )
    .await;
    Some(app)
}

async fn try_install(
    shared: &Arc<Shared>,
    site: &Arc<Site>,
    descriptor_url: &str,
) -> Result<AppKey, InstallFailure> {
    let closed = |fault: &Fault| {
        matches!(
            fault,
            Fault::DevelopmentModeOff | Fault::PrivateInstallsClosed
        )
    };
    if shared.take_fault(closed).is_some() {
        return Err(failure(
            None,
            "upm.pluginInstall.error.descriptor.not.from.marketplace",
            "this site installs apps from the Marketplace only".to_owned(),
        ));
    }
    if let Some(Fault::TaskFails { sub_code }) =
        shared.take_fault(|fault| matches!(fault, Fault::TaskFails { .. }))
    {
        return Err(failure(
            None,
            &sub_code,
            "this failure was ordered".to_owned(),
        ));
    }
    let text = fetch(shared, descriptor_url).await?;
    install_text(shared, site, &text).await
}

/// Installs the app of a descriptor that was fetched.
async fn install_text(
    shared: &Arc<Shared>,
    site: &Arc<Site>,
    text: &[u8],
) -> Result<AppKey, InstallFailure> {
    let source = String::from_utf8_lossy(text);
    let descriptor = Descriptor::parse(text, site.product)
        .map_err(|Refused { sub_code, message }| failure(None, sub_code, message))?;
    let key = descriptor.key.clone();
    let bug = |message: &str| {
        failure(
            Some(&key),
            "connect.install.error.user.provisioning",
            message.to_owned(),
        )
    };

    let before = site.app(&key);
    let secret = random::secret();
    let hmac = HmacKey::new(&secret).map_err(|_| bug("no secret could be made"))?;
    let account_id = match &before {
        Some(app) => app.account_id.clone(),
        None => AccountId::parse(&format!("557058:{}", random::uuid()))
            .map_err(|_| bug("no account could be made"))?,
    };
    let app = App {
        descriptor: Arc::new(descriptor),
        source: source.into(),
        account_id,
        // What an administrator switched off stays off when it is installed again.
        enabled: before.as_ref().is_none_or(|app| app.enabled),
        license: before.as_ref().map_or(License::Active, |app| app.license),
        oauth_client_id: before
            .as_ref()
            .map_or_else(random::token, |app| app.oauth_client_id.clone()),
        secret,
        hmac,
    };
    if let Some(url) = &app.descriptor.lifecycle.installed {
        let host_key = shared
            .keys
            .key()
            .await
            .map_err(|_| bug("the sandbox has no signing key"))?;
        let call = Callback::new(
            "installed",
            url,
            body(site, &app, "installed", Some(&host_key)),
        );
        let sent = call
            .send_with_install_token(shared, site, &app.descriptor, &host_key)
            .await;
        // Nothing was changed yet, so rolling back means leaving the previous install as it is.
        sent.map_err(|problem| problem.of_install(&app.descriptor.key))?;
    }
    let app = site.put(app);
    shared.journal.record(SandboxEvent::Installed {
        site: site.base_url.to_string(),
        app: key.to_string(),
        name: app.descriptor.name.clone(),
        again: before.is_some(),
    });
    if app.enabled {
        let (shared, site) = (shared.clone(), site.clone());
        shared
            .clone()
            .tasks
            .start(async move { tell(&shared, &site, &app, "enabled").await });
    }
    Ok(key)
}

/// Fetches a descriptor as a host does it.
pub(crate) async fn fetch(shared: &Shared, url: &str) -> Result<Vec<u8>, InstallFailure> {
    let refuse = |code: &str, message: String| {
        failure(None, &format!("upm.pluginInstall.error.{code}"), message)
    };
    let url = Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(|| {
        refuse(
            "unsupported.protocol",
            "the descriptor's address is not an http or https URL".to_owned(),
        )
    })?;
    let mut headers = HeaderMap::new();
    headers.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, */*;q=0.5"),
    );
    let answer = shared
        .client
        .send(Method::GET, &url, headers, Vec::new(), MOST_DESCRIPTOR)
        .await;
    let answer = answer.map_err(|problem| {
        let code = if problem == NoAnswer::Tls {
            "ssl"
        } else {
            "response.exception"
        };
        refuse(
            code,
            format!("the address of the descriptor {}", problem.as_str()),
        )
    })?;
    match answer.status {
        StatusCode::OK => Ok(answer.body),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(refuse(
            "access.denied",
            format!(
                "the address of the descriptor answered {}",
                answer.status.as_u16()
            ),
        )),
        StatusCode::NOT_FOUND => Err(refuse(
            "file.not.found",
            "there is no descriptor at that address (404)".to_owned(),
        )),
        status => Err(refuse(
            "response.exception",
            format!("the address of the descriptor answered {}", status.as_u16()),
        )),
    }
}

/// Tells an app that it was switched on or off; what it answers changes nothing.
async fn tell(shared: &Shared, site: &Site, app: &App, lifecycle: &'static str) {
    let url = match lifecycle {
        "enabled" => &app.descriptor.lifecycle.enabled,
        _ => &app.descriptor.lifecycle.disabled,
    };
    let Some(url) = url else {
        return;
    };
    let Some(token) =
        sign::request_token(shared, site, app, "POST", url, CALL_LIFE, &Subject::host())
    else {
        return;
    };
    let call = Callback::new(lifecycle, url, body(site, app, lifecycle, None));
    let _ = call.send(shared, site, &app.descriptor.key, &token).await;
}

/// One lifecycle call under way.
struct Callback<'a> {
    lifecycle: &'static str,
    url: &'a Url,
    body: Value,
}

/// How a lifecycle call failed.
#[derive(Clone, Copy, Debug)]
enum Problem {
    NoAnswer(NoAnswer),
    /// The URL or the key does not allow a signature.
    Signature,
    Status(StatusCode),
}

impl<'a> Callback<'a> {
    fn new(lifecycle: &'static str, url: &'a Url, body: Value) -> Self {
        Self {
            lifecycle,
            url,
            body,
        }
    }

    async fn send_with_install_token(
        self,
        shared: &Shared,
        site: &Site,
        descriptor: &Descriptor,
        key: &HostKey,
    ) -> Result<(), Problem> {
        let token = sign::install_token(
            shared,
            site,
            key,
            &descriptor.audience,
            descriptor.base_url.path(),
            self.url,
        );
        self.send(
            shared,
            site,
            &descriptor.key,
            &token.ok_or(Problem::Signature)?,
        )
        .await
    }

    async fn send(
        self,
        shared: &Shared,
        site: &Site,
        app: &AppKey,
        token: &str,
    ) -> Result<(), Problem> {
        let started = Instant::now();
        let body = self.body.to_string().into_bytes();
        let sent = shared
            .client
            .send(
                Method::POST,
                self.url,
                signed_json(token),
                body,
                MOST_ANSWER,
            )
            .await;
        let timed_out = self.lifecycle == "installed"
            && shared
                .take_fault(|fault| *fault == Fault::CallbackTimeout)
                .is_some();
        let (status, result) = match sent {
            _ if timed_out => (None, Err(Problem::NoAnswer(NoAnswer::Timeout))),
            Err(problem) => (None, Err(Problem::NoAnswer(problem))),
            // Only these three count as success.
            Ok(answer) if matches!(answer.status.as_u16(), 200 | 201 | 204) => {
                (Some(answer.status), Ok(()))
            }
            Ok(answer) => (Some(answer.status), Err(Problem::Status(answer.status))),
        };
        shared.journal.record(SandboxEvent::LifecycleSent {
            site: site.base_url.to_string(),
            app: app.to_string(),
            lifecycle: self.lifecycle,
            url: self.url.to_string(),
            status: status.map(|status| status.as_u16()),
            ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            problem: result.err().map(Problem::text),
        });
        result
    }
}

impl Problem {
    /// UPM's code and words for a failed install.
    fn of_install(self, app: &AppKey) -> InstallFailure {
        let tail = match self {
            Self::NoAnswer(NoAnswer::Connect) => "bad.domain".to_owned(),
            Self::NoAnswer(NoAnswer::Timeout) => "timeout".to_owned(),
            Self::NoAnswer(NoAnswer::Tls) => "ssl".to_owned(),
            Self::Status(status) if matches!(status.as_u16(), 400..=404 | 500..=503) => {
                format!("bad.response.{}", status.as_u16())
            }
            Self::NoAnswer(NoAnswer::Broken | NoAnswer::TooLarge)
            | Self::Signature
            | Self::Status(_) => "bad.response".to_owned(),
        };
        failure(
            Some(app),
            &format!("connect.install.error.remote.host.{tail}"),
            self.text(),
        )
    }

    fn text(self) -> String {
        match self {
            Self::NoAnswer(problem) => format!("the app {}", problem.as_str()),
            Self::Signature => "the address of the callback cannot be signed".to_owned(),
            Self::Status(status) => format!(
                "the app answered {} to its lifecycle callback",
                status.as_u16()
            ),
        }
    }
}

/// The body of a lifecycle call (Atlassian, "App descriptor: lifecycle, HTTP request contents").
pub(crate) fn body(site: &Site, app: &App, event: &str, install: Option<&HostKey>) -> Value {
    let (product, url) = (site.product_name(), site.told_url());
    let mut body = json!({
        "key": app.descriptor.key.as_str(),
        "clientKey": site.client_key.as_str(),
        "oauthClientId": app.oauth_client_id,
        "cloudId": site.cloud_id,
        "serverVersion": "100276",
        "pluginsVersion": "1001.0.0-SNAPSHOT",
        "baseUrl": url.as_str(),
        "displayUrl": url.as_str(),
        "productType": site.product.as_str(),
        "description": format!("Sandbox {product} at {url}"),
        "eventType": event,
    });
    if site.product == Product::Jira {
        body["displayUrlServicedeskHelpCenter"] = url.as_str().into();
    }
    if let Some(key) = install {
        body["publicKey"] = legacy_public_key(&key.public_pem).into();
        body["sharedSecret"] = app.secret.expose().into();
    }
    if let Some(id) = &*lock(&site.installation) {
        body["installationId"] = id.as_str().into();
    }
    if app.license == License::Active && app.descriptor.licensing {
        // What identifies the customer's licence, in the three forms that there have been.
        body["entitlementId"] = site.cloud_id.as_str().into();
        body["entitlementNumber"] = "E-SANDBOX-1".into();
        body["serviceEntitlementNumber"] = "SEN-SANDBOX-1".into();
    }
    body
}

/// The old member `publicKey` has the base64 text without armour and line ends.
fn legacy_public_key(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

fn failure(app: Option<&AppKey>, sub_code: &str, message: String) -> InstallFailure {
    InstallFailure {
        app: app.map(AppKey::to_string),
        sub_code: sub_code.to_owned(),
        message,
    }
}

/// Largest descriptor that is read, in bytes.
const MOST_DESCRIPTOR: usize = 1024 * 1024;

/// Largest answer of a lifecycle callback that is read, in bytes; it is only read to reuse the connection.
const MOST_ANSWER: usize = 64 * 1024;
