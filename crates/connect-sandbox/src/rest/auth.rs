//! Who is calling: the gate in front of every REST resource.

use connect_core::{
    AppKey, Claims, TokenError,
    jws::{Compact, VerifyingKey},
    qsh::{self, CONTEXT_QSH, Qsh, RequestLine},
    time::Seconds,
};
use http::{HeaderMap, Method, header};

use crate::{
    event::Refusal,
    grants::{self, Holder},
    rest::{
        Caller, Gate, explain, refusal,
        ticket::{HEADER, Ticket},
    },
    server::OnSite,
    upm,
    users::User,
};

/// Finds out who calls. A refusal is boxed: it is large and rare.
pub(crate) fn authenticate(
    on: &OnSite,
    gate: Gate,
    method: &Method,
    target: &str,
    headers: &HeaderMap,
) -> Result<Caller, Box<Refusal>> {
    if let Some(ticket) = headers.get(HEADER).filter(|_| gate == Gate::Site) {
        let ticket = ticket
            .to_str()
            .ok()
            .and_then(|text| Ticket::read(&on.shared, text));
        return bridge(on, ticket).map_err(Box::new);
    }
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        let many = headers.contains_key(header::AUTHORIZATION);
        return Err(Box::new(if many { two_tokens() } else { no_token(target) }));
    };
    if gate == Gate::Site && upm::is_administrator(value.as_bytes(), &on.shared.identity.password) {
        return Ok(Caller::Administrator(User::default_person()));
    }
    let (scheme, token) = value
        .to_str()
        .unwrap_or_default()
        .split_once(' ')
        .unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        return bearer(on, gate, token.trim()).map_err(Box::new);
    }
    if gate == Gate::Bearer || !scheme.eq_ignore_ascii_case("jwt") {
        return Err(Box::new(refusal(
            "auth/scheme",
            "the Authorization header is neither `JWT …` nor `Bearer …` of an installed app, nor `Basic …` of the administrator",
            "send `Authorization: JWT <token>`, or `Bearer <token>` through the gateway of Forge",
        )));
    }
    app(on, method, target, token.trim()).map_err(Box::new)
}

/// A token of the authorization server, or one that came with an invocation of Forge: the former
/// opens the site, the latter the gateway.
fn bearer(on: &OnSite, gate: Gate, token: &str) -> Result<Caller, Refusal> {
    let grant = grants::look_up(&on.shared, token);
    let grant = grant.filter(|grant| grant.site == on.site.base_url.path());
    let holder = grant.as_ref().map(|grant| &grant.holder);
    match (gate, holder) {
        (Gate::Bearer, Some(Holder::Forge { app, user })) => Ok(Caller::Forge {
            app: app.clone(),
            user: user.clone(),
        }),
        (Gate::Site, Some(Holder::Connect { app, user }))
            if on
                .site
                .app(&app.descriptor.key)
                .is_some_and(|app| app.enabled) =>
        {
            Ok(Caller::AsUser {
                app: app.clone(),
                user: user.clone(),
                scopes: grant.as_ref().and_then(|grant| grant.scopes.clone()),
            })
        }
        _ => Err(refusal(
            "auth/bearer",
            "the bearer token is unknown, has expired, or opens another site",
            "ask the authorization server for a new one, or take the one that came with the invocation",
        )),
    }
}

fn bridge(on: &OnSite, ticket: Option<Ticket>) -> Result<Caller, Refusal> {
    let expired = || {
        refusal(
            "auth/page",
            "the page is from another run of the sandbox, or too old",
            "reload the page",
        )
    };
    let ticket = ticket
        .filter(|ticket| ticket.site == on.site.base_url.path())
        .ok_or_else(expired)?;
    let user = ticket.user.as_deref().and_then(User::person);
    if ticket.app.is_empty() {
        return user.map(Caller::Person).ok_or_else(|| {
            refusal(
                "rest/anonymous",
                "nobody is logged in on the page",
                "choose a user on the page",
            )
        });
    }
    let app = on.site.app_named(&ticket.app).ok_or_else(expired)?;
    Ok(Caller::Bridge { app, user })
}

fn app(on: &OnSite, method: &Method, target: &str, token: &str) -> Result<Caller, Refusal> {
    let compact = Compact::parse(token).map_err(|error| token_refusal(&error))?;
    // Only to find the key: nothing of it is believed before the signature holds.
    let issuer = explain::unproved_claims(token)
        .and_then(|claims| claims["iss"].as_str().map(str::to_owned))
        .ok_or_else(|| token_refusal(&TokenError::Claim { claim: "iss" }))?;
    let app = AppKey::parse(&issuer).ok().and_then(|key| on.site.app(&key)).ok_or_else(|| {
        let site = if issuer == on.site.client_key.as_str() {
            "the token's issuer (iss) is the client key; an app that calls the host issues its own tokens under its app key".to_owned()
        } else {
            format!("no app with the key `{}` is installed on this site", printable(&issuer))
        };
        refusal("auth/unknown-tenant", &site, "set `iss` to the app key, and install the app on this site first")
    })?;
    let payload = compact.verify(VerifyingKey::Hmac(&app.hmac)).map_err(|error| {
        let mut refusal = token_refusal(&error);
        if error == TokenError::Signature {
            refusal.hint = Some("sign with the sharedSecret of the last `installed` call: every install brings a new one".to_owned());
        }
        refusal
    })?;
    let claims = Claims::parse(payload).map_err(|error| token_refusal(&error))?;
    let now = on.shared.now();
    if now.since(claims.exp) >= LEEWAY {
        return Err(token_refusal(&TokenError::Expired));
    }
    if claims.iat.since(now) > LEEWAY || claims.nbf.is_some_and(|nbf| nbf.since(now) > LEEWAY) {
        return Err(token_refusal(&TokenError::NotYetValid));
    }
    if !app.enabled {
        return Err(refusal(
            "auth/not-installed",
            "the app is switched off on this site",
            "switch it on in the plugin manager",
        ));
    }
    let request = RequestLine {
        method: method.as_str(),
        target,
        form: None,
    };
    let expected = qsh::canonical(&request, on.site.base_url.path())
        .map_err(|error| token_refusal(&TokenError::Request(error)))?;
    let claimed = claims.qsh.as_deref().unwrap_or_default();
    if claimed == CONTEXT_QSH {
        return Err(refusal(
            "auth/qsh-mismatch",
            "the token is a context token of the bridge; hosts take no such tokens",
            "sign the request on the app's server",
        ));
    }
    if claimed != Qsh::of(&expected).as_str() {
        return Err(explain::qsh_mismatch(
            claimed,
            &expected,
            on.site.base_url.path(),
            target,
        ));
    }
    Ok(Caller::App(app))
}

fn no_token(target: &str) -> Refusal {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let in_query = url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "jwt");
    if in_query {
        return refusal(
            "auth/query-token",
            "the token is in the query, where hosts have not taken it since February 2022",
            "send it as `Authorization: JWT <token>`",
        );
    }
    refusal(
        "auth/no-token",
        "the request carries no token",
        "sign it and send `Authorization: JWT <token>`",
    )
}

fn two_tokens() -> Refusal {
    refusal(
        "auth/ambiguous-token",
        "the request carries more than one Authorization header",
        "send one",
    )
}

fn token_refusal(error: &TokenError) -> Refusal {
    let hint = match error {
        TokenError::Expired | TokenError::NotYetValid => {
            "compare the clocks of app and host; make a new token for each request"
        }
        TokenError::AlgorithmRefused => "apps sign with HS256 and the shared secret",
        _ => "make the token with `connect token mint`, and compare",
    };
    refusal(error.code(), &error.to_string(), hint)
}

/// A foreign text, cut and cleaned for a log line.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(90).collect()
}

/// How far clocks may differ: the leeway of Atlassian's Java library.
const LEEWAY: Seconds = Seconds(30);
