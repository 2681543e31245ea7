//! The host's lifecycle calls.

use std::sync::Arc;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use connect_core::{
    InstallationId, LifecycleError, Tenant,
    lifecycle::{
        Decision, LifecycleCall, LifecycleEvent, decide_installed, decide_switched,
        decide_uninstalled,
    },
    qsh::RequestLine,
    store::StoreError,
    token_place,
    verify::{Host, Unverified, refuse_unknown_tenant, verify_host, verify_install},
};
use http::{StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Limited};

use crate::{app::ConnectApp, events::AppEvent, extract::target, headers, rejection::Rejection};

/// A lifecycle body has about a dozen short members.
const MAX_BODY: usize = 64 * 1024;

/// Answers a lifecycle call: 204 when it is carried out and stored.
pub(crate) async fn answer(
    app: &ConnectApp,
    event: LifecycleEvent,
    parts: &Parts,
    body: Body,
) -> Result<Response, Rejection> {
    let decision = decide(app, event, parts, body).await?;
    carry_out(app, event, decision).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Verifies a lifecycle call and decides on it; stores nothing.
pub(crate) async fn decide(
    app: &ConnectApp,
    event: LifecycleEvent,
    parts: &Parts,
    body: Body,
) -> Result<Decision, Rejection> {
    let target = target(parts);
    let line = RequestLine {
        method: parts.method.as_str(),
        target: target.as_str(),
        form: None,
    };
    // The token first: without one, nothing of the body is read. `disabled` comes so after an
    // `uninstalled` (AC-2561), and changes nothing.
    let values = parts.headers.get_all(header::AUTHORIZATION);
    let values = values.iter().filter_map(|value| value.to_str().ok());
    let token = token_place::find(values, &line)?;
    let token = Unverified::parse(&token)?;
    if !headers::is_of_type(&parts.headers, "application/json") {
        return Err(Rejection::UnsupportedType);
    }
    let body = read(body).await?;
    match event {
        LifecycleEvent::Installed | LifecycleEvent::Uninstalled => {
            install(app, event, &token, &line, &body).await
        }
        LifecycleEvent::Disabled | LifecycleEvent::Enabled => {
            switch(app, event, &token, &line, &body).await
        }
    }
}

/// Stores what was decided and tells everybody.
pub(crate) async fn carry_out(
    app: &ConnectApp,
    event: LifecycleEvent,
    decision: Decision,
) -> Result<Option<Arc<Tenant>>, StoreError> {
    let Decision::Save(tenant) = decision else {
        return Ok(None);
    };
    let client_key = tenant.client_key.clone();
    let saved = match app.inner().tenants.save(*tenant).await {
        Ok(tenant) => associate(app, event, &tenant).await.map(|()| tenant),
        Err(error) => Err(error),
    };
    match saved {
        Ok(tenant) => {
            log(event, &tenant);
            app.tell(AppEvent::HostSettingsSaved { client_key });
            app.after(event, &tenant);
            Ok(Some(tenant))
        }
        Err(error) => {
            app.tell(AppEvent::HostSettingsNotSaved {
                client_key,
                error: error.to_string(),
            });
            Err(error)
        }
    }
}

/// An app that Forge has installed is one of both worlds: what its invocations know and what its
/// tenant knows belong together. A reinstall names another installation.
async fn associate(
    app: &ConnectApp,
    event: LifecycleEvent,
    tenant: &Tenant,
) -> Result<(), StoreError> {
    let id = tenant.installation_id.as_deref();
    let id = id.and_then(|id| InstallationId::parse(id).ok());
    match (event, id) {
        (LifecycleEvent::Installed, Some(id)) => {
            app.store().associate(&id, &tenant.client_key).await
        }
        (LifecycleEvent::Uninstalled, Some(id)) => app.store().dissociate(&id).await.map(drop),
        _ => Ok(()),
    }
}

/// A path without the app's base path, whether or not a proxy has taken that away.
pub(crate) fn below_base<'a>(app: &ConnectApp, path: &'a str) -> &'a str {
    match path.strip_prefix(app.config().local_base_url.path()) {
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// `installed` and `uninstalled`: signed by the host, with a key we may have to fetch. Everything
/// that can be refused without the key is refused before it is fetched.
async fn install(
    app: &ConnectApp,
    event: LifecycleEvent,
    token: &Unverified<'_>,
    line: &RequestLine<'_>,
    body: &[u8],
) -> Result<Decision, Rejection> {
    let inner = app.inner();
    let now = app.now();
    token.precheck_install(line, &inner.policy, now)?;
    let kid = token.compact().kid()?;
    let call = LifecycleCall::parse(body)?;
    call.precheck(event, &inner.install_policy)?;
    if token.tenant_hint::<connect_core::verify::Install>()? != call.client_key {
        return Err(LifecycleError::AnotherTenant.into());
    }
    let key = inner.install_keys.get(&kid).await?;
    let proof = verify_install(token, &key, line, &inner.policy, now)?;
    let existing = inner.tenants.fresh(&call.client_key).await?;
    let policy = &inner.install_policy;
    Ok(match event {
        LifecycleEvent::Installed => {
            decide_installed(existing.as_ref(), call, &proof, policy, now)?
        }
        _ => decide_uninstalled(existing.as_ref(), &call, &proof, policy, now)?,
    })
}

/// `enabled` and `disabled`: signed with the shared secret.
async fn switch(
    app: &ConnectApp,
    event: LifecycleEvent,
    token: &Unverified<'_>,
    line: &RequestLine<'_>,
    body: &[u8],
) -> Result<Decision, Rejection> {
    let inner = app.inner();
    let client_key = token.tenant_hint::<Host>()?;
    let Some(existing) = inner.tenants.fresh(&client_key).await? else {
        return Err(refuse_unknown_tenant(token).into());
    };
    let proof = verify_host(token, &existing, line, &inner.policy, app.now())?;
    let call = LifecycleCall::parse(body)?;
    Ok(decide_switched(
        &existing,
        &call,
        &proof,
        event,
        &inner.install_policy,
    )?)
}

/// Reads a body up to the limit of lifecycle calls.
async fn read(body: Body) -> Result<Bytes, Rejection> {
    match Limited::new(body, MAX_BODY).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            Err(Rejection::BodyTooLarge)
        }
        Err(_) => Err(Rejection::Body),
    }
}

/// Fields from a list, never the record: it holds the secret.
fn log(event: LifecycleEvent, tenant: &Arc<Tenant>) {
    tracing::info!(
        event = event.as_str(),
        client_key = %tenant.client_key,
        site = %tenant.base_url,
        product = tenant.product.as_str(),
        "lifecycle call stored"
    );
}
