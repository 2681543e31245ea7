//! The authorization server: bearer tokens for users, as Atlassian's gives them to Connect apps,
//! and those that Forge hands out.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use connect_core::{
    Timestamp,
    jws::{Compact, VerifyingKey},
    time::Seconds,
};
use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    descriptor::Scope,
    event::SandboxEvent,
    random,
    rest::unproved_claims,
    state::{App, Shared, Site, lock},
    users::User,
};

/// What a bearer token opens.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    /// Context path of the site.
    pub(crate) site: String,
    pub(crate) holder: Holder,
    /// No more than these of the app's scopes; none for all of them.
    pub(crate) scopes: Option<BTreeSet<Scope>>,
    pub(crate) expires_at: Timestamp,
}

/// Who calls with a bearer token.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    /// An app of Connect, as one of the site's users.
    Connect { app: Arc<App>, user: User },
    /// An app of Forge, as itself or as a user.
    Forge { app: String, user: Option<User> },
}

/// Why there is no token (RFC 6749 section 5.2).
struct Refused {
    error: &'static str,
    description: &'static str,
}

/// The route of the authorization server.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().route("/oauth2/token", post(token))
}

/// Makes a token that nobody can guess, and remembers what it opens.
pub(crate) fn issue(shared: &Shared, grant: Grant) -> String {
    let token = random::secret().expose().to_owned();
    let now = shared.now();
    let mut grants = lock(&shared.grants);
    grants.retain(|_, grant| grant.expires_at > now);
    grants.insert(token.clone(), grant);
    token
}

/// What a token opens now.
pub(crate) fn look_up(shared: &Shared, token: &str) -> Option<Grant> {
    let grant = lock(&shared.grants).get(token).cloned()?;
    (grant.expires_at > shared.now()).then_some(grant)
}

async fn token(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let granted = grant(&shared, &form);
    let status = if granted.is_ok() { 200 } else { 400 };
    shared.journal.record(SandboxEvent::TokenAsked {
        user: granted.as_ref().ok().and_then(|(_, user)| user.clone()),
        status,
        problem: granted
            .as_ref()
            .err()
            .map(|refused| refused.description.to_owned()),
    });
    match granted {
        Ok((token, _)) => Json(json!({
            "access_token": token, "expires_in": LIFE.0, "token_type": "Bearer",
        }))
        .into_response(),
        Err(Refused { error, description }) => (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": error, "error_description": description })),
        )
            .into_response(),
    }
}

fn grant(shared: &Shared, form: &[(String, String)]) -> Result<(String, Option<String>), Refused> {
    let field = |name: &str| {
        let mut found = form.iter().filter(|(known, _)| known == name);
        let first = found.next().map(|(_, value)| value.as_str());
        first.filter(|_| found.next().is_none())
    };
    if field("grant_type") != Some("urn:ietf:params:oauth:grant-type:jwt-bearer") {
        return Err(Refused {
            error: "unsupported_grant_type",
            description: "only the JWT bearer grant is known here",
        });
    }
    let invalid = |description| Refused {
        error: "invalid_grant",
        description,
    };
    let assertion = field("assertion").ok_or(invalid("there is no assertion"))?;
    // Only to find the key: nothing of it is believed before the signature holds.
    let unproved = unproved_claims(assertion).ok_or(invalid("the assertion is no token"))?;
    let client_id = unproved["iss"]
        .as_str()
        .and_then(|iss| iss.strip_prefix("urn:atlassian:connect:clientid:"))
        .ok_or(invalid("iss is not the URN of an OAuth client id"))?;
    let (site, app) = find(shared, client_id).ok_or(invalid("no app has this OAuth client id"))?;
    let holds = Compact::parse(assertion).and_then(|compact| {
        compact
            .verify(VerifyingKey::Hmac(&app.hmac))
            .map(<[u8]>::to_vec)
    });
    let payload =
        holds.map_err(|_| invalid("the assertion is not signed with the shared secret"))?;
    let claims: Value =
        serde_json::from_slice(&payload).map_err(|_| invalid("the assertion is no token"))?;
    check(shared, site, &claims).map_err(invalid)?;
    let user = claims["sub"]
        .as_str()
        .and_then(|sub| sub.strip_prefix("urn:atlassian:connect:useraccountid:"))
        .and_then(User::person)
        .ok_or(invalid("sub is not the URN of a user of the site"))?;
    if !app.descriptor.scopes.contains(&Scope::ActAsUser) {
        return Err(invalid("the app has no scope ACT_AS_USER"));
    }
    let scopes = scopes(&app, field("scope")).ok_or(Refused {
        error: "invalid_scope",
        description: "the app has no such scope",
    })?;
    let account_id = user.account_id.clone();
    let token = issue(
        shared,
        Grant {
            site: site.base_url.path().to_owned(),
            holder: Holder::Connect { app, user },
            scopes,
            expires_at: shared.now() + LIFE,
        },
    );
    Ok((token, Some(account_id)))
}

fn find<'a>(shared: &'a Shared, client_id: &str) -> Option<(&'a Arc<Site>, Arc<App>)> {
    shared.sites.iter().find_map(|site| {
        let mut apps = site.apps().into_iter();
        let app = apps.find(|app| app.oauth_client_id == client_id)?;
        Some((site, app))
    })
}

/// Everything that an assertion must say, signature and user aside.
fn check(shared: &Shared, site: &Site, claims: &Value) -> Result<(), &'static str> {
    if claims["tnt"].as_str() != Some(site.told_url().as_str()) {
        return Err("tnt is not the site's base URL");
    }
    if claims["aud"].as_str() != Some(&shared.origin) {
        return Err("aud is not this authorization server");
    }
    let (Some(iat), Some(exp)) = (claims["iat"].as_i64(), claims["exp"].as_i64()) else {
        return Err("iat and exp must be whole seconds");
    };
    let now = shared.now().unix();
    if exp - iat > MOST_ASSERTION.0 {
        return Err("the assertion lives longer than a minute");
    }
    if exp <= now || iat > now + LEEWAY.0 {
        return Err("the assertion is not valid now");
    }
    Ok(())
}

/// The scopes asked for; nothing when the app lacks one. The outer nothing refuses.
fn scopes(app: &App, asked: Option<&str>) -> Option<Option<BTreeSet<Scope>>> {
    let Some(asked) = asked else {
        return Some(None);
    };
    let known = |word: &str| {
        let scope = Scope::parse(word).filter(|_| word == word.to_ascii_uppercase())?;
        let mut own = app.descriptor.scopes.iter();
        own.any(|own| own.implies(scope)).then_some(scope)
    };
    let scopes: Option<BTreeSet<Scope>> = asked.split(' ').map(known).collect();
    scopes.map(Some)
}

/// Life of a token.
const LIFE: Seconds = Seconds(15 * 60);

/// Longest life of an assertion.
const MOST_ASSERTION: Seconds = Seconds(60);

const LEEWAY: Seconds = Seconds(30);
