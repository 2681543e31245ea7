//! The signed address of a module, and the name its iframe carries.

use std::sync::LazyLock;

use connect_core::Product;
use serde_json::{Value, json};
use url::Url;

use crate::{
    descriptor::Module,
    pages::{
        conditions::{self, Situation},
        place::Place,
        variables::expand,
    },
    random,
    rest::ticket::Ticket,
    sign::{self, PAGE_LIFE, Subject},
    state::{App, Shared, Site},
    urls,
    users::User,
};

/// Who looks at a module, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    pub(crate) user: Option<User>,
    pub(crate) place: Place,
}

/// What of a module is shown, and how.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    /// One of its further addresses, by its name in the table of modules.
    pub(crate) part: Option<&'a str>,
    /// What the frame's options say besides the usual.
    pub(crate) options: Value,
}

/// Everything a page needs to show one module.
#[derive(Debug)]
pub(crate) struct Frame {
    /// `APP__MODULE__RANDOM`, the id by which both sides of the bridge know the frame.
    pub(crate) id: String,
    pub(crate) src: String,
    /// The iframe's `name`: the bridge's first message, in JSON.
    pub(crate) name: String,
    /// What the host's script must know: ids, origin, and the ticket to be served with.
    pub(crate) setup: Value,
    /// The address without its token, for people.
    pub(crate) shown_url: String,
}

/// Makes the frame of a module; nothing when its URL is not one.
pub(crate) fn frame(
    shared: &Shared,
    site: &Site,
    app: &App,
    module: &Module,
    viewer: &Viewer,
    wanted: Wanted<'_>,
) -> Option<Frame> {
    let url = expanded(site, app, module, viewer, wanted.part)?;
    let (src, shown_url) = signed_url(shared, site, app, module, viewer, &url)?;
    let app_key = app.descriptor.key.as_str();
    let unique = format!("{app_key}__{}", module.key);
    let id = format!("{unique}__{}", random::hex(&random::bytes::<4>()));
    let claims = viewer.place.claims(site.product);
    let mut all = json!({
        "autoresize": true,
        "widthinpx": true,
        "hostOrigin": site.base_url.origin(),
        "origin": app.descriptor.base_url.origin(),
        "moduleType": module.kind,
        "moduleLocation": module.location,
        "isFullPage": module.is_page(),
        "productContext": viewer.place.variables(),
        "structuredContext": claims,
        "contextJwt": sign::context_token(shared, site, app, &subject(site, viewer)),
        "user": viewer.user.as_ref().map(|user| json!({
            "timeZone": user.time_zone,
            "fullName": user.display_name,
            "uid": user.account_id,
            "ukey": user.account_id,
        })),
        "uniqueKey": unique,
        "noSub": true,
        "globalOptions": {},
        "platformFeatureFlags": {},
    });
    if let (Value::Object(all), Value::Object(options)) = (&mut all, wanted.options) {
        all.extend(options);
    }
    let name = json!({
        "extension_id": id,
        "api": api(site.product),
        "origin": site.base_url.origin(),
        "options": all,
    });
    let setup = json!({
        "id": id,
        "app": app_key,
        "module": module.key,
        "part": wanted.part,
        "title": module.name,
        "origin": Url::parse(&src).ok()?.origin().ascii_serialization(),
        "ticket": ticket(shared, site, Some(app), viewer),
        "context": claims,
    });
    Some(Frame {
        name: name.to_string(),
        setup,
        id,
        src,
        shown_url,
    })
}

/// What the page shows to be served for an app, or for the product itself, for this visitor in this
/// place.
pub(crate) fn ticket(shared: &Shared, site: &Site, app: Option<&App>, viewer: &Viewer) -> String {
    let ticket = Ticket {
        site: site.base_url.path().to_owned(),
        app: app
            .map(|app| app.descriptor.key.to_string())
            .unwrap_or_default(),
        user: viewer.user.as_ref().map(|user| user.account_id.clone()),
        place: viewer.place.clone(),
    };
    ticket.sign(shared)
}

/// The bridge's methods, as frames of a product are told of them.
pub(crate) fn api(product: Product) -> &'static Value {
    static JIRA: LazyLock<Value> = LazyLock::new(|| api_without(&["confluence", "customContent"]));
    static CONFLUENCE: LazyLock<Value> = LazyLock::new(|| api_without(&["jira"]));
    match product {
        Product::Confluence => &CONFLUENCE,
        Product::Bitbucket | Product::Jira => &JIRA,
    }
}

fn api_without(others: &[&str]) -> Value {
    let mut api: Value =
        serde_json::from_str(include_str!("assets/api.json")).unwrap_or_else(|error| {
            // Test: the_api_is_json.
            tracing::error!(%error, "the list of bridge methods is not JSON");
            json!({})
        });
    if let Some(api) = api.as_object_mut() {
        api.retain(|module, _| !others.contains(&module.as_str()));
    }
    api
}

pub(crate) fn subject<'a>(site: &Site, viewer: &'a Viewer) -> Subject<'a> {
    Subject {
        user: viewer.user.as_ref().map(|user| user.account_id.as_str()),
        context: viewer.place.claims(site.product),
    }
}

/// An address of a module with its variables filled in, not yet signed.
pub(crate) fn expanded(
    site: &Site,
    app: &App,
    module: &Module,
    viewer: &Viewer,
    part: Option<&str>,
) -> Option<Url> {
    let situation = Situation { site, app, viewer };
    let written = app.descriptor.address(module, part)?;
    let text = expand(written, viewer.place.variables(), |name, params| {
        conditions::holds(name, params, situation)
    });
    app.descriptor.url(&text)
}

/// The address with the host's parameters in the host's order, and the same without the token.
pub(crate) fn signed_url(
    shared: &Shared,
    site: &Site,
    app: &App,
    module: &Module,
    viewer: &Viewer,
    url: &Url,
) -> Option<(String, String)> {
    let descriptor = &app.descriptor;
    if module.cacheable {
        // A cacheable page is the same for everyone: no parameters, no token.
        return Some((url.to_string(), url.to_string()));
    }
    let mut text = url.to_string();
    let fragment = text
        .find('#')
        .map(|at| text.split_off(at))
        .unwrap_or_default();
    let key = descriptor.key.as_str();
    urls::add_param(&mut text, "xdm_e", site.base_url.origin());
    urls::add_param(
        &mut text,
        "xdm_c",
        &format!("channel-{key}__{}", module.key),
    );
    urls::add_param(&mut text, "cp", site.base_url.path());
    urls::add_param(&mut text, "xdm_deprecated_addon_key_do_not_use", key);
    urls::add_param(&mut text, "lic", app.license.as_str());
    urls::add_param(&mut text, "cv", "1001.0.0-SNAPSHOT");
    let shown = text.clone();
    // A page elsewhere is shown without a token.
    if descriptor.jwt && descriptor.owns(url) {
        let signed = Url::parse(&text).ok()?;
        let token = sign::request_token(
            shared,
            site,
            app,
            "GET",
            &signed,
            PAGE_LIFE,
            &subject(site, viewer),
        )?;
        urls::add_param(&mut text, "jwt", &token);
    }
    text.push_str(&fragment);
    Some((text, shown))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_api_is_json() {
        let api = super::api(connect_core::Product::Jira);
        assert!(api["context"]["getToken"]["returnsPromise"].is_boolean());
        assert!(api["jira"].is_object() && api["confluence"].is_null());
    }
}
