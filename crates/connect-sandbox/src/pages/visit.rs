//! Who looks at a page, in which language, time zone and colours, and from where: chosen on the
//! page, kept in a cookie, and overridden by the query (`?as=grace`).

use std::{convert::Infallible, sync::Arc};

use axum::{
    Form,
    extract::{FromRequestParts, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use serde::Deserialize;

use crate::{
    pages::{Viewer, place::Place},
    server::OnSite,
    state::{App, License, Shared},
    users::User,
};

/// A request for a page.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) user: Option<User>,
    pub(crate) theme: &'static str,
    pub(crate) query: Vec<(String, String)>,
    /// Path and query, to come back to.
    pub(crate) target: String,
    pub(crate) path: String,
}

impl Visit {
    /// The visitor at a place, with what addresses handed over (`ac.NAME`).
    pub(crate) fn viewer(&self, mut place: Place) -> Viewer {
        for (name, value) in &self.query {
            if name.starts_with("ac.") {
                place.set(name, value);
            }
        }
        Viewer {
            user: self.user.clone(),
            place,
        }
    }

    fn read(shared: &Shared, parts: &Parts) -> Self {
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let query = query.map(|Query(query)| query).unwrap_or_default();
        let cookie = cookie(&parts.headers, &cookie_name(shared));
        let cookie = cookie.unwrap_or_default();
        let mut kept = cookie.split('|').map(str::to_owned);
        let mut next = || kept.next().unwrap_or_default();
        let (who, locale, zone, theme) = (next(), next(), next(), next());
        let asked = query.iter().find(|(name, _)| name == "as");
        let who = asked.map_or(who.as_str(), |(_, who)| who.as_str());
        let mut user = chosen_user(who);
        if let Some(user) = &mut user {
            user.locale = known(LOCALES, &locale).unwrap_or(user.locale);
            user.time_zone = known(ZONES, &zone).unwrap_or(user.time_zone);
        }
        let target = parts.uri.path_and_query();
        Self {
            user,
            theme: known(THEMES, &theme).unwrap_or(THEMES[0]),
            query,
            target: target
                .map_or("/", http::uri::PathAndQuery::as_str)
                .to_owned(),
            path: parts.uri.path().to_owned(),
        }
    }
}

impl FromRequestParts<OnSite> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, on: &OnSite) -> Result<Self, Infallible> {
        Ok(Self::of(&on.shared, parts))
    }
}

impl FromRequestParts<Arc<Shared>> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, on: &Arc<Shared>) -> Result<Self, Infallible> {
        Ok(Self::of(on, parts))
    }
}

impl Visit {
    /// Below a site the address is the one the browser asked for, not what the router left of it.
    fn of(shared: &Shared, parts: &Parts) -> Self {
        let original = parts.extensions.get::<axum::extract::OriginalUri>();
        let mut parts = parts.clone();
        if let Some(original) = original {
            parts.uri = original.0.clone();
        }
        Self::read(shared, &parts)
    }
}

/// What was chosen on a page.
#[derive(Debug, Deserialize)]
pub(crate) struct Chosen {
    #[serde(default)]
    user: String,
    #[serde(default)]
    locale: String,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    theme: String,
    /// Path of the site and key of the app whose licence is set.
    #[serde(default)]
    site: String,
    #[serde(default)]
    app: String,
    #[serde(default)]
    license: String,
    /// Where to go then.
    #[serde(default)]
    back: String,
}

/// `POST /_sandbox/view`: keeps what was chosen in a cookie, or sets the licence, and goes back.
pub(crate) async fn choose(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> Response {
    // SECURITY: only a page of the sandbox may change it; browsers say where a form comes from.
    // Test: only_pages_of_the_sandbox_change_the_view.
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    if origin.is_some_and(|origin| !is_own(&shared, origin)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let back = match chosen.back.as_str() {
        back if back.starts_with('/') && !back.starts_with("//") && !back.contains('\\') => back,
        _ => "/",
    };
    if !chosen.license.is_empty() {
        set_license(&shared, &chosen);
        return Redirect::to(back).into_response();
    }
    // A user who was chosen by the address would win over the cookie.
    let back = without_user(back);
    let known_or_empty = |list, text: &str| known(list, text).unwrap_or_default();
    let who = match chosen.user.as_str() {
        "anonymous" => "anonymous".to_owned(),
        id => User::person(id)
            .map(|user| user.account_id)
            .unwrap_or_default(),
    };
    let cookie = format!(
        "{}={who}|{}|{}|{}; Path=/; SameSite=Strict; HttpOnly",
        cookie_name(&shared),
        known_or_empty(LOCALES, &chosen.locale),
        known_or_empty(ZONES, &chosen.zone),
        known_or_empty(THEMES, &chosen.theme),
    );
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response()
}

fn set_license(shared: &Shared, chosen: &Chosen) {
    let license = match chosen.license.as_str() {
        "active" => License::Active,
        "none" => License::None,
        _ => return,
    };
    let site = shared.site_at(Some(&chosen.site));
    if let Some((site, app)) = site.and_then(|site| Some((site, site.app_named(&chosen.app)?))) {
        site.put(App {
            license,
            ..App::clone(&app)
        });
    }
}

fn is_own(shared: &Shared, origin: &str) -> bool {
    origin == shared.origin || origin == format!("http://localhost:{}", shared.port)
}

fn without_user(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("as="))
        .collect();
    if kept.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", kept.join("&"))
    }
}

/// The user of a name: an account id, its last part, or `anonymous`.
fn chosen_user(name: &str) -> Option<User> {
    match name {
        "anonymous" => None,
        id => User::person(id)
            .or_else(|| User::person(&format!("712020:{id}")))
            .or_else(|| Some(User::default_person())),
    }
}

/// Cookies are the same for all ports of a machine; the name tells sandboxes apart.
fn cookie_name(shared: &Shared) -> String {
    format!("sandbox-view-{}", shared.port)
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split("; "))
        .find_map(|pair| Some(pair.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}

fn known(list: &[&'static str], text: &str) -> Option<&'static str> {
    list.iter().copied().find(|known| *known == text)
}

pub(crate) const LOCALES: &[&str] = &[
    "de_DE", "en_GB", "en_US", "es_ES", "fr_FR", "ja_JP", "pt_BR", "zh_CN",
];

pub(crate) const ZONES: &[&str] = &[
    "America/Chicago",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Etc/UTC",
    "Europe/Berlin",
    "Europe/London",
];

/// The first one is what the browser prefers.
pub(crate) const THEMES: &[&str] = &["auto", "light", "dark"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_forgets_the_user_of_the_address() {
        assert_eq!(without_user("/jira"), "/jira");
        assert_eq!(without_user("/x?as=grace"), "/x");
        assert_eq!(without_user("/x?a=1&as=grace&b=2"), "/x?a=1&b=2");
    }

    #[test]
    fn users_have_short_names() {
        let grace = chosen_user("grace").unwrap();
        assert_eq!(grace.account_id, "712020:grace");
        assert_eq!(chosen_user("712020:grace"), Some(grace));
        assert_eq!(chosen_user("anonymous"), None);
        assert_eq!(chosen_user("nobody"), Some(User::default_person()));
    }
}
