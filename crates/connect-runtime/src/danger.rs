//! The one door that turns authentication off.

use connect_core::{Tenant, mint, qsh::RequestLine, redact::redact};

use crate::{app::ConnectApp, rejection::Rejection};

/// Makes a token for a request that has none, with the secret of the first tenant installed, so
/// that a page can be looked at without a host (`AC_OPTS=no-auth`).
///
/// The token then goes through every check like any other, so nothing behind this door is weaker
/// than before it. It opens in the environment `development` only; elsewhere the configuration is
/// refused. Working without a site needs no such door: `connect dev` has a host that signs.
pub(crate) async fn vouch_without_token(
    app: &ConnectApp,
    line: &RequestLine<'_>,
) -> Result<Option<String>, Rejection> {
    let config = app.config();
    if !config.options.no_auth || !config.is_development() {
        return Ok(None);
    }
    let tenants = app.store().tenants(None, 100).await?.tenants;
    let Some(tenant) = tenants.iter().find(|tenant| tenant.is_installed()) else {
        return Ok(None);
    };
    let path = redact(line.target.split('?').next().unwrap_or_default());
    tracing::warn!(
        path,
        client_key = %tenant.client_key,
        "AC_OPTS=no-auth: a request WITHOUT A TOKEN was let in as this tenant"
    );
    token(app, tenant, line).map(Some)
}

fn token(app: &ConnectApp, tenant: &Tenant, line: &RequestLine<'_>) -> Result<String, Rejection> {
    let base = app.config().local_base_url.path();
    let life = app.config().token_life;
    Ok(mint::host_token(tenant, line, base, life, app.now())?)
}
